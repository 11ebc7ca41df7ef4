"""Cells that stay out: each with its place, its value, the rule it breaks, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qiantang.engines.duckdb import DuckDBEngine
from qiantang.kernel.errors import Fault, Place
from qiantang.kernel.facts.headers import Headed
from qiantang.kernel.words import Text

SHOWN = 200
"""Quarantined cells of a sheet that its report shows; the file has them all."""

_COLUMNS = ("sheet_number INTEGER, source_row BIGINT, place INTEGER, header VARCHAR, column_name VARCHAR, value VARCHAR, "
            "rule VARCHAR, message_zh VARCHAR, message_en VARCHAR, remedy_zh VARCHAR, remedy_en VARCHAR")


class Quarantine:
    """A table of faulty cells beside the rows; a row with one of them is not accepted."""

    def __init__(self, engine: DuckDBEngine) -> None:
        self._engine = engine
        engine.execute(f"CREATE OR REPLACE TABLE quarantine ({_COLUMNS})")

    def keep_out(self, sheet_number: int, headed: Headed, rule: str, message: Text, remedy: Text, tail: str, value: str) -> None:
        """Keep out the cells of one column that a query finds.

        ``tail`` is the query from its FROM on, with the rows under the alias ``t``; ``value`` the cell as text, put in
        for ``{value}`` in the message.
        """
        shown = f"coalesce({value}, '')"
        self._engine.execute(
            f"INSERT INTO quarantine SELECT {sheet_number}, t.source_row, {headed.position}, ?, ?, {value}, ?, "
            f"replace(?, '{{value}}', {shown}), replace(?, '{{value}}', {shown}), ?, ? {tail}",
            [headed.header, headed.column.name, rule, message.zh, message.en, remedy.zh, remedy.en])

    def forget(self, sheet_number: int) -> None:
        """Let go of everything about a sheet that could not be taken in."""
        self._engine.execute(f"DELETE FROM quarantine WHERE sheet_number = {sheet_number}")

    def by_rule(self, sheet_number: int) -> dict[str, int]:
        """How many cells of a sheet break each rule, most first."""
        found = self._engine.execute(f"SELECT rule, count(*) FROM quarantine WHERE sheet_number = {sheet_number} "
                                     "GROUP BY rule ORDER BY 2 DESC, 1")
        return {str(rule): int(str(count)) for rule, count in found}

    def shown(self, sheet_number: int, file: str, sheet: str) -> tuple[Fault, ...]:
        """The first cells of a sheet, in the order of its rows."""
        found = self._engine.execute(
            "SELECT source_row, header, value, rule, message_zh, message_en, remedy_zh, remedy_en FROM quarantine "
            f"WHERE sheet_number = {sheet_number} ORDER BY source_row, place, rule, message_en LIMIT {SHOWN}")
        return tuple(
            Fault(Text(str(zh), str(en)), Place(file, sheet, int(str(row)), str(header)), value, str(rule),
                  Text(str(remedy_zh), str(remedy_en)))
            for row, header, value, rule, zh, en, remedy_zh, remedy_en in found)

    def write(self, to: Path, sheets: Sequence[tuple[int, str, str, str | None]], whole: Sequence[tuple[int, Fault]]) -> bool:
        """Write all cells, and the faults of whole sheets; False, and no file, where there is nothing.

        ``sheets`` are number, file, sheet and table.
        """
        if whole:
            numbers, faults = [n for n, _ in whole], [f for _, f in whole]
            columns = ([f.place.row for f in faults], [f.place.column for f in faults], [f.rule for f in faults],
                       [f.message.zh for f in faults], [f.message.en for f in faults],
                       [f.remedy.zh for f in faults], [f.remedy.en for f in faults])
            self._engine.execute(
                "INSERT INTO quarantine SELECT unnest(?::INTEGER[]), unnest(?::BIGINT[]), -1, unnest(?::VARCHAR[]), NULL, NULL, "
                f"{', '.join(['unnest(?::VARCHAR[])'] * 5)}", [numbers, *columns])
        if not self._engine.execute("SELECT 1 FROM quarantine LIMIT 1"):
            to.unlink(missing_ok=True)
            return False
        self._engine.execute(
            "CREATE OR REPLACE TEMP TABLE sources AS SELECT unnest(?::INTEGER[]) AS sheet_number, unnest(?::VARCHAR[]) AS file, "
            "unnest(?::VARCHAR[]) AS sheet, unnest(?::VARCHAR[]) AS table_name", [list(column) for column in zip(*sheets, strict=True)])
        self._engine.write('SELECT s.file, s.sheet, q.source_row AS "row", s.table_name AS "table", q.column_name AS "column", '
                           "q.header, q.value, q.rule, q.message_zh, q.message_en, q.remedy_zh, q.remedy_en FROM quarantine AS q "
                           "JOIN sources AS s USING (sheet_number) ORDER BY q.sheet_number, q.source_row, q.place, q.rule", to)
        return True
