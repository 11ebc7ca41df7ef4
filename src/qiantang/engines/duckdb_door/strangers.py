"""References to subjects that no register knows: said with their place, never refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qiantang.engines.duckdb import DuckDBEngine
from qiantang.engines.duckdb_door.sheet import Typed
from qiantang.kernel.errors import Fault, Place
from qiantang.kernel.facts.schema import Column, Table
from qiantang.kernel.facts.succession import Succeeds
from qiantang.kernel.words import Text


def strangers(engine: DuckDBEngine, tables: Sequence[Table], typed: Sequence[Typed], stored: dict[str, str]) -> Iterable[Fault]:
    """A warning for each column that names what its register does not know, neither in this intake nor in the store.

    ``stored`` are relations of what the store knows of each table.
    """
    quoted = engine.dialect.quoted
    for target in tables:
        naming = [(t, c) for t in typed for c in t.table.columns if c.refers_to == target.name and c.name in t.columns]
        if not naming:
            continue
        key = quoted(target.key[0])
        sources = [f"SELECT {key} AS k FROM {t.name}" for t in typed if t.table is target]
        if target.name in stored:
            sources.append(f"SELECT {key} AS k FROM {stored[target.name]}")
        sources += [_former(engine, t.table.succeeds, t.name) for t in typed if t.table.succeeds and t.table.succeeds.of == target.name]
        sources += [_former(engine, t.succeeds, stored[t.name]) for t in tables
                    if t.succeeds and t.succeeds.of == target.name and t.name in stored]
        if not sources:
            yield Fault(
                Text(f"没有“{target.title.zh}”表，无法核对引用", f"there is no table '{target.title.en}' to check references with"),
                rule="no_register", remedy=Text(f"交来“{target.title.zh}”。", f"Hand in '{target.title.en}'."))
            continue
        engine.execute(f"CREATE OR REPLACE TEMP TABLE known AS SELECT DISTINCT k FROM ({' UNION ALL '.join(sources)})")
        for sheet, column in naming:
            yield from _unknown(engine, sheet, column, target)


def _former(engine: DuckDBEngine, told: Succeeds, relation: str) -> str:
    """The keys of those that go on under another one: their past is somebody's."""
    d = engine.dialect
    kinds = ", ".join(d.string(k) for k in told.kinds)
    return f"SELECT {d.quoted(told.former)} AS k FROM {relation} AS s WHERE {d.quoted(told.kind)} IN ({kinds})"


def _unknown(engine: DuckDBEngine, typed: Typed, column: Column, target: Table) -> Iterable[Fault]:
    name = engine.dialect.quoted(column.name)
    count, row, example = engine.execute(
        f"SELECT count(*), min(source_row), arg_min({name}, source_row) FROM {typed.name} AS t "
        f"WHERE {name} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM known WHERE known.k = t.{name})")[0]
    if count:
        headed = typed.headed(column.name)
        yield Fault(
            Text(f"{count} 行的值在“{target.title.zh}”中没有，如 {example}",
                 f"{count} rows name what '{target.title.en}' does not know, such as {example}"),
            Place(typed.file, typed.sheet, int(str(row)), headed.header if headed else column.title.zh), example, "stranger",
            Text(f"补登“{target.title.zh}”，或更正该值。", f"Add it to '{target.title.en}', or correct the value."))
