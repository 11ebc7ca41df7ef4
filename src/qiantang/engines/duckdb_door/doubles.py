"""One row for each key: a sheet may not name it twice; a second sheet may add to it, not repeat or contradict it."""

from __future__ import annotations

from collections.abc import Sequence

from qiantang.engines.duckdb import DuckDBEngine
from qiantang.engines.duckdb_door.sheet import Typed
from qiantang.kernel.errors import Place
from qiantang.kernel.expressions.types import Kind
from qiantang.kernel.facts.schema import Table
from qiantang.kernel.words import Text

_ONE_ROW = Text("同一对象只保留一行。", "Keep one row for each subject.")
_SHEET = 2**32
"""A row's place is its sheet's number times this, plus its row."""


def settle(engine: DuckDBEngine, table: Table, fed: Sequence[Typed]) -> None:
    """Keep out every row of a table that doubles an earlier one, naming the place of the earlier."""
    quoted, run = engine.dialect.quoted, engine.execute
    keys = ", ".join(quoted(k) for k in table.key)
    every = " UNION ALL BY NAME ".join(f"SELECT {t.number} AS sheet_number, * FROM {t.name}" for t in fed)
    rows, different = run(f"SELECT count(*), (SELECT count(*) FROM (SELECT DISTINCT {keys} FROM ({every}))) FROM ({every})")[0]
    if rows == different:
        return
    run(f"CREATE OR REPLACE TEMP TABLE doubles AS SELECT *, CAST(sheet_number AS BIGINT) * {_SHEET} + source_row AS place "
        f"FROM ({every}) QUALIFY count(*) OVER (PARTITION BY {keys}) > 1")
    twice = ("(SELECT sheet_number, source_row, first_value(place) OVER w AS other, row_number() OVER w AS nth, "
             f"{quoted(table.key[0])} AS value FROM doubles WINDOW w AS (PARTITION BY sheet_number, {keys} ORDER BY source_row))")
    _keep_out(engine, fed, table.key[0], "duplicate", Text("与{place}重复", "a duplicate of {place}"), _ONE_ROW, twice, "nth > 1")
    if len(fed) > 1:
        run("DELETE FROM doubles USING quarantine AS q WHERE doubles.sheet_number = q.sheet_number "
            "AND doubles.source_row = q.source_row")
        _settle_between_sheets(engine, table, fed, keys)
    for typed in fed:
        run(f"DELETE FROM {typed.name} WHERE source_row IN (SELECT source_row FROM quarantine WHERE sheet_number = {typed.number})")


def _settle_between_sheets(engine: DuckDBEngine, table: Table, fed: Sequence[Typed], keys: str) -> None:
    quoted, run = engine.dialect.quoted, engine.execute
    facts = [c for c in table.columns if c.name not in table.key]
    shared = [c for c in facts if sum(c.name in t.columns for t in fed) > 1]
    alone = [c for c in facts if sum(c.name in t.columns for t in fed) == 1]
    earlier = f"OVER (PARTITION BY {keys} ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    parts = [f"first_value(place) OVER (PARTITION BY {keys} ORDER BY place) AS first_place"]
    for at, column in enumerate(shared):
        name = quoted(column.name)
        parts.append(f"first_value({name} IGNORE NULLS) {earlier} AS e{at}")
        parts.append(f"first_value(CASE WHEN {name} IS NOT NULL THEN place END IGNORE NULLS) {earlier} AS p{at}")
    run(f"CREATE OR REPLACE TEMP TABLE beside AS SELECT *, {', '.join(parts)} FROM doubles")
    for at, column in enumerate(shared):
        name = quoted(column.name)
        scale = column.scale if column.kind is Kind.NUMBER else None
        source = (f"(SELECT sheet_number, source_row, p{at} AS other, {_shown(name, scale)} AS value, {_shown(f'e{at}', scale)} AS "
                  f"other_value, {name} <> e{at} AS differs FROM beside)")
        _keep_out(engine, fed, column.name, "conflict", Text("{value} 与{place}的 {other} 不同", "{value} differs from {other} in {place}"),
                  Text("核对两处，保留正确的一处。", "Check both places and keep the right one."), source, "differs")
    new = [f"({quoted(c.name)} IS NOT NULL AND e{at} IS NULL)" for at, c in enumerate(shared)]
    new += [f"{quoted(c.name)} IS NOT NULL" for c in alone]
    differs = [f"coalesce({quoted(c.name)} <> e{at}, FALSE)" for at, c in enumerate(shared)]
    source = f"(SELECT *, first_place AS other, {quoted(table.key[0])} AS value FROM beside)"
    _keep_out(engine, fed, table.key[0], "duplicate", Text("与{place}重复，没有新内容", "repeats {place} and adds nothing"), _ONE_ROW,
              source, f"place > first_place AND NOT ({' OR '.join([*new, *differs]) or 'FALSE'})")


def _keep_out(engine: DuckDBEngine, fed: Sequence[Typed], column: str, rule: str, message: Text, remedy: Text, source: str,
              test: str) -> None:
    """Put into quarantine the rows of ``source`` (sheet_number, source_row, other, value) that the test finds."""
    headed = [t.headed(column) for t in fed]
    places = [Place(t.file, t.sheet) for t in fed]
    engine.execute(
        "CREATE OR REPLACE TEMP TABLE places AS SELECT unnest(?::INTEGER[]) AS sheet_number, unnest(?::VARCHAR[]) AS zh, "
        "unnest(?::VARCHAR[]) AS en, unnest(?::VARCHAR[]) AS header, unnest(?::INTEGER[]) AS at",
        [[t.number for t in fed], [p.said("zh") for p in places], [p.said("en") for p in places],
         [h.header if h else column for h in headed], [h.position if h else -1 for h in headed]])
    other_zh, other_en = (f"(o.zh || '，第 ' || (d.other % {_SHEET}) || ' 行')", f"(o.en || ', row ' || (d.other % {_SHEET}))")
    filled_in = "replace(replace(replace(?, '{{value}}', CAST(d.value AS VARCHAR)), '{{place}}', {place}), '{{other}}', {other})"
    other = "d.other_value" if rule == "conflict" else "''"
    engine.execute(
        f"INSERT INTO quarantine SELECT d.sheet_number, d.source_row, s.at, s.header, ?, CAST(d.value AS VARCHAR), ?, "
        f"{filled_in.format(place=other_zh, other=other)}, {filled_in.format(place=other_en, other=other)}, ?, ? FROM {source} AS d "
        f"JOIN places AS s ON s.sheet_number = d.sheet_number JOIN places AS o ON o.sheet_number = d.other // {_SHEET} WHERE {test}",
        [column, rule, message.zh, message.en, remedy.zh, remedy.en])


def _shown(value: str, scale: int | None) -> str:
    """A stored value as text, a number with its decimals."""
    if not scale:
        return f"CAST({value} AS VARCHAR)"
    unit = f"CAST('{10**-scale:.{scale}f}' AS DECIMAL({scale + 1},{scale}))"
    return f"rtrim(rtrim(CAST({value} * {unit} AS VARCHAR), '0'), '.')"
