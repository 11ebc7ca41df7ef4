"""Accepted facts at rest: one Parquet file a vintage, asked as known on a day, corrected by adding another."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from qiantang.engines.duckdb import DuckDBEngine
from qiantang.kernel.errors import FactsError, Place
from qiantang.kernel.expressions.dialects import Dialect
from qiantang.kernel.expressions.types import Kind
from qiantang.kernel.facts.checks import cell_checks, printed
from qiantang.kernel.facts.schema import Column, Table, Value
from qiantang.kernel.facts.vintages import SEQUENCE, Vintage, known, only_vintage
from qiantang.kernel.words import Text, same


class Vintages:
    """The facts of a store, in files ``facts/<table>/<known_at>-<number>-<source>-<digest>.parquet``."""

    def __init__(self, engine: DuckDBEngine, store: Path) -> None:
        self._engine = engine
        self._store = store

    def home(self, table: Table) -> Path:
        """The directory of a table's vintages."""
        return self._store / "facts" / table.name

    def vintages(self, table: Table, known_at: date | None = None) -> list[tuple[Vintage, Path]]:
        """All vintages known by a day (by now without one), in order."""
        named = ((Vintage.named(p.stem), p) for p in self.home(table).glob("*.parquet"))
        return sorted((v, p) for v, p in named if v is not None and (known_at is None or v.known_at <= known_at))

    def paths(self, table: Table, known_at: date) -> list[Path]:
        """The files known by a day."""
        return [p for _, p in self.vintages(table, known_at)]

    def relation(self, table: Table, known_at: date) -> str:
        """A sub-select with all columns of the table and their provenance, one row a key, as known on the day."""
        paths = self.paths(table, known_at)
        d = self._engine.dialect
        if not paths:
            columns = ", ".join(f"{d.null(c.type)} AS {d.quoted(c.name)}" for c in table.columns)
            return (f"(SELECT {columns}, CAST(NULL AS VARCHAR) AS _file, CAST(NULL AS VARCHAR) AS _sheet, CAST(NULL AS BIGINT) AS _row, "
                    "CAST(NULL AS DATE) AS _known_at WHERE FALSE)")
        source = self._engine.parquet(paths)
        given = self._engine.columns(source)
        if len(paths) == 1:
            return only_vintage(table, source, d, given)
        return known(table, source, d, known_at, given)

    def last_number(self) -> int:
        """The highest number any vintage of the store bears."""
        named = (Vintage.named(p.stem) for p in self._store.glob("facts/*/*.parquet"))
        return max((v.number for v in named if v is not None), default=0)

    def says_the_same(self, table: Table, source: str, digest: str, known_at: date) -> bool:
        """Whether the last vintage from the same sheet already says what the sheet says now."""
        earlier = [v for v, _ in self.vintages(table, known_at) if v.source == source]
        return bool(earlier) and earlier[-1].digest == digest

    def correct(self, table: Table, key: Mapping[str, Value], column: str, value: Value, evidence: str, actor: str,
                on: date) -> Value:
        """Add a vintage of one value that replaces the one known so far, and give the old one.

        The earlier value stays in its own vintage. FactsError where the row is not known, nothing would change, or the
        new value breaks a check.
        """
        d = self._engine.dialect
        changed = table.column(column)
        if set(key) != set(table.key):
            raise FactsError.of(f"键应为 {'、'.join(table.key)}", f"the key is {', '.join(table.key)}", value=dict(key))
        place = Place(path=f"{table.name} {' '.join(str(v) for v in key.values())} {column}")
        if column in table.key or value is None or not evidence.strip():
            raise FactsError.of("更正需要非键列、新值与依据", "a correction needs a column outside the key, a value and evidence",
                                place=place, remedy=Text("写明依据的文书。", "Name the document it rests on."))
        tests = " AND ".join(f"{d.quoted(k)} = ?" for k in table.key)
        now = self._engine.execute(f"SELECT {d.quoted(column)} FROM {self.relation(table, on)} WHERE {tests}",
                                   [key[k] for k in table.key])
        if not now:
            raise FactsError.of("没有这一行", "there is no such row", place=place, value=dict(key))
        old: Value = now[0][0]  # type: ignore[assignment] # DuckDB's values
        if old == value:
            raise FactsError.of("新值与原值相同", "the new value is the one already known", place=place, value=value)
        self._checked(changed, value, place)
        said = hashlib.sha256(repr((sorted(key.items()), column, value, evidence, actor)).encode()).hexdigest()[:16]
        vintage = Vintage(on, self.last_number() + 1, hashlib.sha256(b"correction").hexdigest()[:8], said)
        parts = [f"{_literal(d, key[k])} AS {d.quoted(k)}" for k in table.key]
        parts.append(f"{_literal(d, value)} AS {d.quoted(column)}")
        self._engine.write(
            f"SELECT {', '.join(parts)}, {d.string(evidence)} AS _file, {d.string(actor)} AS _sheet, CAST(0 AS BIGINT) AS _row, "
            f"{d.day(on)} AS _known_at, CAST({vintage.sequence} AS BIGINT) AS {SEQUENCE}",
            self.home(table) / f"{vintage.name}.parquet")
        return old

    def _checked(self, column: Column, value: Value, place: Place) -> None:
        d = self._engine.dialect
        checks = cell_checks(column)
        if not checks:
            return
        source = f"(SELECT CAST(0 AS BIGINT) AS source_row, {_literal(d, value)} AS {d.quoted(column.name)}) AS t"
        flags = self._engine.rows(printed(checks, d, source, date.min.replace(year=2000)))[0]
        for check in checks:
            if flags[check.id] is False:
                shown = str(column.type.decimal(value)) if column.kind is Kind.NUMBER and isinstance(value, int) else str(value)
                message = check.message.filled(value=same(shown))
                raise FactsError.of(message.zh, message.en, place=place, value=value, rule=check.id, remedy=check.remedy)


def _literal(d: Dialect, value: Value) -> str:
    """A stored value, not unknown, as SQL."""
    if isinstance(value, bool):
        return d.truth(value)
    if isinstance(value, int):
        return d.whole(value)
    return d.day(value) if isinstance(value, date) else d.string(str(value))
