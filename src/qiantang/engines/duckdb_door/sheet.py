"""One sheet at the door: its understood columns are loaded, made into values, and checked cell by cell and row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from pathlib import Path

from qiantang.engines.duckdb import DuckDBEngine
from qiantang.engines.duckdb_door.cells import SQL_TYPES, blank, figure_of, filled, loaded, plainly, sql_string, worded
from qiantang.engines.duckdb_door.quarantine import Quarantine
from qiantang.kernel.expressions.types import Kind
from qiantang.kernel.facts.cells import Reading, read_cell
from qiantang.kernel.facts.checks import cell_checks, printed, row_checks
from qiantang.kernel.facts.headers import Headed, Layout, Unread
from qiantang.kernel.facts.identity import expected_code, holds_in_sql
from qiantang.kernel.facts.schema import Check, Table
from qiantang.kernel.facts.sheets import Cells
from qiantang.kernel.words import Text

_BINARY = ("DOUBLE", "FLOAT")


@dataclass(frozen=True, slots=True)
class Typed:
    """The rows of a sheet as values, in a table of the engine: which sheet, whose file, which columns it gives."""

    number: int
    file: str
    sheet: str
    layout: Layout

    @property
    def table(self) -> Table:
        """The table it feeds."""
        return self.layout.table

    @property
    def name(self) -> str:
        """The engine's name of the rows."""
        return f"typed_{self.number}"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it gives."""
        given = tuple(h.column.name for h in self.layout.headed)
        return given if self.layout.year is None else (*given, str(self.table.period))

    def headed(self, column: str) -> Headed | None:
        """The header under which a column came."""
        return next((h for h in self.layout.headed if h.column.name == column), None)


class SheetAtTheDoor:
    """Takes one sheet through loading, reading and checking; the faulty cells go into quarantine."""

    def __init__(self, engine: DuckDBEngine, quarantine: Quarantine, number: int, layout: Layout, known_at: date) -> None:
        self._run = engine.execute
        self._dialect = engine.dialect
        self._quarantine = quarantine
        self._number = number
        self._layout = layout
        self._known_at = known_at
        self._raw = f"raw_{number}"
        self._typed = f"typed_{number}"
        self._figures: list[bool] = []

    def load(self, rows: Sequence[Cells]) -> tuple[int, tuple[Unread, ...]]:
        """Load the filled rows below the header: figures as such, all else as text.

        Gives how many they are, and the filled columns that have no header.
        """
        layout = self._layout
        first = layout.header_row + 1
        places = [n for n, row in enumerate(rows[first:], start=first) if filled(row)]
        if not places:
            return 0, ()
        columns = list(zip_longest(*(rows[n] for n in places)))
        nothing: Cells = (None,) * len(places)
        kept, parts, values = ["source_row"], [f"{_numbers(places)} AS source_row"], list[object]()
        for at, headed in enumerate(layout.headed):
            cells = columns[headed.position] if headed.position < len(columns) else nothing
            if blank(cells):
                self._figures.append(False)
                parts.append(f"CAST(NULL AS VARCHAR) AS c{at}")
                kept.append(f"c{at}")
                continue
            column = loaded(cells)
            self._figures.append(column.as_figures and headed.column.kind is Kind.NUMBER)
            parts.append(f"{column.rows} AS c{at}")
            kept.append(f"{worded(f'c{at}')} AS c{at}" if column.as_figures and not self._figures[at] else f"c{at}")
            values.append(column.value)
        self._run(f"CREATE OR REPLACE TABLE {self._raw} AS SELECT {', '.join(kept)} FROM (SELECT {', '.join(parts)})", values)
        known = {h.position for h in layout.headed} | {u.position for u in layout.unread}
        stray = (at for at, column in enumerate(columns) if at not in known and filled(column))
        return len(places), tuple(
            Unread(at, f"({at + 1})", Text(f"第 {at + 1} 列没有列名，未读", f"column {at + 1} has no header; not read")) for at in stray)

    def load_columnar(self, path: Path) -> int:
        """Load the rows of a Parquet file, and give how many they are."""
        kinds = [(str(name), str(kind)) for name, kind, *_ in self._run(f"DESCRIBE SELECT * FROM {parquet(path)}")]
        parts = ["file_row_number + 1 AS source_row"]
        for at, headed in enumerate(self._layout.headed):
            name, kind = self._dialect.quoted(kinds[headed.position][0]), kinds[headed.position][1]
            self._figures.append(kind in _BINARY and headed.column.kind is Kind.NUMBER)
            cell = f"CAST({name} AS {'DOUBLE' if kind in _BINARY else 'VARCHAR'})"
            parts.append(f"{worded(cell) if kind in _BINARY and not self._figures[at] else cell} AS c{at}")
        self._run(f"CREATE OR REPLACE TABLE {self._raw} AS SELECT {', '.join(parts)} FROM {parquet(path, numbered=True)}")
        return int(str(self._run(f"SELECT count(*) FROM {self._raw}")[0][0]))

    def read(self) -> int:
        """Make cells into values: the plainly written at once, the others word by word. Gives how many were rounded."""
        headed = self._layout.headed
        plain = [figure_of(h, f"r.c{at}") if self._figures[at] else plainly(h, f"r.c{at}") for at, h in enumerate(headed)]
        values = "".join(f", {p.value} AS v{at}" for at, p in enumerate(plain))
        self._run(f"CREATE OR REPLACE TEMP TABLE plain AS SELECT r.*{values} FROM {self._raw} AS r")
        odd = "".join(f"count(*) FILTER (WHERE c{at} IS NOT NULL AND v{at} IS NULL), " for at in range(len(plain)))
        fine = " + ".join(f"count(*) FILTER (WHERE {p.rounded})" for p in plain if p.rounded) or "0"
        *unread, rounded = (int(str(n)) for n in self._run(f"SELECT {odd}{fine} FROM plain AS r")[0])
        columns, joins = ["p.source_row"], ""
        for at, h in enumerate(headed):
            name = self._dialect.quoted(h.column.name)
            if unread[at]:
                rounded += self._read_words(at, h)
                joins += f" LEFT JOIN words_{at} ON p.v{at} IS NULL AND {self._cell(at, 'p')} = words_{at}.word"
                columns.append(f"CAST(coalesce(p.v{at}, words_{at}.value) AS {SQL_TYPES[h.column.kind]}) AS {name}")
            else:
                columns.append(f"p.v{at} AS {name}")
        if self._layout.year is not None:
            columns.append(f"CAST({self._layout.year} AS BIGINT) AS {self._dialect.quoted(str(self._layout.table.period))}")
        self._run(f"CREATE OR REPLACE TABLE {self._typed} AS SELECT {', '.join(columns)} FROM plain AS p{joins}")
        for at, odd_words in enumerate(unread):
            if odd_words:
                self._run(f"DROP TABLE words_{at}")
        return rounded

    def check(self) -> None:
        """Keep out the cells that break a check, and give the raw cells up."""
        quoted = self._dialect.quoted
        outside: dict[str, list[str]] = {}
        for check in self._broken([c for h in self._layout.headed for c in cell_checks(h.column)], self._typed):
            rule = check.id.rpartition(" ")[2]
            if rule != "required":
                outside.setdefault(check.column, []).append(check.id)
            self._keep_out(check, rule)
        source = self._typed
        if outside:
            # A figure out of bounds is faulty in itself: it must not also break the checks that compare it.
            held = ", ".join(f"CASE WHEN {' AND '.join(f'f.{quoted(i)}' for i in ids)} THEN t.{quoted(c)} END AS {quoted(c)}"
                             for c, ids in outside.items())
            self._run(f"CREATE OR REPLACE TEMP TABLE held AS SELECT t.* EXCLUDE ({', '.join(map(quoted, outside))}), {held} "
                      f"FROM {self._typed} AS t JOIN flags AS f USING (source_row)")
            source = "held"
        for check in self._broken(row_checks(self._layout.table, {h.column.name for h in self._layout.headed}), source):
            self._keep_out(check, check.id)
        for at, h in enumerate(self._layout.headed):
            if h.column.check == "uscc":
                self._check_codes(at, h)
        self._run(f"DROP TABLE {self._raw}")

    def _cell(self, at: int, alias: str) -> str:
        """The cell of an understood column as text."""
        return worded(f"{alias}.c{at}") if self._figures[at] else f"{alias}.c{at}"

    def _read_words(self, at: int, headed: Headed) -> int:
        """Read each distinct odd text of a column once, into ``words_<at>``; gives how many cells were rounded."""
        found = self._run(f"SELECT DISTINCT {self._cell(at, 'p')} FROM plain AS p WHERE c{at} IS NOT NULL AND v{at} IS NULL")
        words = [str(word) for word, in found]
        readings: list[Reading] = [read_cell(headed.column, word, headed.unit) for word in words]
        self._run(f"CREATE OR REPLACE TEMP TABLE words_{at} AS SELECT unnest(?::VARCHAR[]) AS word, "
                  f"unnest(?::{SQL_TYPES[headed.column.kind]}[]) AS value, unnest(?::VARCHAR[]) AS why, unnest(?::BOOLEAN[]) AS rounded",
                  [words, [r.value for r in readings], [r.why.value if r.why else None for r in readings],
                   [r.rounded for r in readings]])
        tail = f"FROM plain AS t JOIN words_{at} AS w ON t.v{at} IS NULL AND {self._cell(at, 't')} = w.word WHERE "
        for why in sorted({r.why for r in readings if r.why}):
            self._quarantine.keep_out(self._number, headed, why.value, why.message, why.remedy, f"{tail}w.why = {sql_string(why.value)}",
                                      self._cell(at, "t"))
        return int(str(self._run(f"SELECT count(*) {tail}w.rounded")[0][0])) if any(r.rounded for r in readings) else 0

    def _broken(self, checks: Sequence[Check], source: str) -> list[Check]:
        """The checks that some row breaks; ``flags`` then says which rows."""
        if not checks:
            return []
        self._run(f"CREATE OR REPLACE TEMP TABLE flags AS {printed(checks, self._dialect, source, self._known_at)}")
        counts = ", ".join(f"count(*) FILTER (WHERE NOT {self._dialect.quoted(c.id)})" for c in checks)
        return [c for c, broken in zip(checks, self._run(f"SELECT {counts} FROM flags")[0], strict=True) if broken]

    def _keep_out(self, check: Check, rule: str) -> None:
        at, headed = next((n, h) for n, h in enumerate(self._layout.headed) if h.column.name == check.column)
        # A cell that could not be read has been kept out already; its value is not missing on top of that.
        seen = (f" AND NOT EXISTS (SELECT 1 FROM quarantine AS q WHERE q.sheet_number = {self._number} AND q.source_row = t.source_row "
                f"AND q.column_name = {sql_string(check.column)})" if rule == "required" else "")
        self._quarantine.keep_out(
            self._number, headed, rule, check.message, check.remedy,
            f"FROM flags AS t JOIN {self._raw} AS r USING (source_row) WHERE NOT t.{self._dialect.quoted(check.id)}{seen}",
            self._cell(at, "r"))

    def _check_codes(self, at: int, headed: Headed) -> None:
        name = self._dialect.quoted(headed.column.name)
        holds = holds_in_sql(name, lambda column, form: f"regexp_full_match({column}, {sql_string(form)})")
        wrong = f"FROM {self._typed} WHERE NOT {holds}"
        codes = [str(code) for code, in self._run(f"SELECT DISTINCT {name} {wrong}")]
        if not codes:
            return
        self._run("CREATE OR REPLACE TEMP TABLE codes AS SELECT unnest(?::VARCHAR[]) AS code, unnest(?::BOOLEAN[]) AS formed",
                  [codes, [expected_code(code) is not None for code in codes]])
        tail = f"FROM {self._typed} AS t JOIN codes ON t.{name} = codes.code JOIN {self._raw} AS r USING (source_row) WHERE "
        for rule, test, message, remedy in (
            ("check_character", "formed", Text("“{value}”的校验位不对", "the check character of '{value}' is wrong"),
             Text("对照营业执照核对代码。", "Compare the code with the business licence.")),
            ("credit_code", "NOT formed", Text("“{value}”不是 18 位统一社会信用代码",
                                               "'{value}' is no unified social credit code of 18 characters"),
             Text("填写 18 位代码，列格式为“文本”。", "Enter all 18 characters in a column formatted as text.")),
        ):
            self._quarantine.keep_out(self._number, headed, rule, message, remedy, tail + test, self._cell(at, "r"))


def _numbers(places: list[int]) -> str:
    """The row numbers as SQL; mostly one run without gaps, which costs nothing to say."""
    if places[-1] - places[0] == len(places) - 1:
        return f"unnest(range({places[0] + 1}, {places[-1] + 2}))"
    return f"unnest([{', '.join(str(n + 1) for n in places)}]::BIGINT[])"


def parquet(path: Path, numbered: bool = False) -> str:
    """A Parquet file as a relation; ``numbered`` adds ``file_row_number``."""
    return f"read_parquet({sql_string(str(path))}{', file_row_number=true' if numbered else ''})"
