"""The door in DuckDB: cells become typed rows a column at a time; what breaks a check stays out, with its reason."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from fractions import Fraction
from itertools import zip_longest
from pathlib import Path

from qiantang.engines.duckdb import DuckDBEngine
from qiantang.engines.duckdb_vintages import Vintages
from qiantang.kernel.errors import Fault, Place
from qiantang.kernel.expressions.types import WIDEST, Kind
from qiantang.kernel.facts.cells import MISSING, Why, factor, read_cell
from qiantang.kernel.facts.checks import cell_checks, printed, row_checks
from qiantang.kernel.facts.headers import HEADER_ROWS, Headed, Headers, Layout, Unread
from qiantang.kernel.facts.identity import expected_code, holds_in_sql
from qiantang.kernel.facts.intake import Given, SheetIntake
from qiantang.kernel.facts.schema import Check, Column, Table
from qiantang.kernel.facts.sheets import Cells, Sheet
from qiantang.kernel.facts.vintages import SEQUENCE, Vintage
from qiantang.kernel.units import Unit
from qiantang.kernel.words import Text

SHOWN = 200
"""Quarantined cells of a sheet that its report shows; the quarantine file has them all."""

_SQL_TYPES = {Kind.NUMBER: "BIGINT", Kind.FLAG: "BOOLEAN", Kind.DAY: "DATE", Kind.CODE: "VARCHAR", Kind.TEXT: "VARCHAR"}
_FINE = 9
_MOST = 1e15
_PLAIN = r"[+-]?\d+(\.\d*)?"
_SHORT = rf"[+-]?\d{{1,12}}(\.\d{{0,{_FINE}}})?"
_CODE = r"[0-9A-Za-z一-龥_\-]+"
_DAY = r"(18|19|20|21)\d\d-\d\d-\d\d"
_BLANK_END = r"^[\s\p{Z}\x{feff}\x{200b}#＃]|[\s\p{Z}\x{feff}\x{200b}]$"


@dataclass
class _Taken:
    """A sheet while it is being taken in."""

    number: int
    sheet: Sheet
    layout: Layout | None
    read: int
    report: SheetIntake
    columns: tuple[str, ...] = ()
    """Columns of its typed rows; empty where no row can be accepted."""
    faults: list[Fault] = field(default_factory=list)

    @property
    def table(self) -> Table:
        """The table it feeds."""
        assert self.layout is not None
        return self.layout.table

    @property
    def typed(self) -> str:
        """The name of its typed rows."""
        return f"typed_{self.number}"


class Door:
    """Takes sheets in one by one; ``closed`` compares them with each other and writes what is new to the store."""

    def __init__(self, engine: DuckDBEngine, tables: Sequence[Table], store: Path, known_at: date) -> None:
        self._engine = engine
        self._headers = Headers(tables)
        self._tables = {t.name: t for t in tables}
        self._store = store
        self._known_at = known_at
        self._vintages = Vintages(engine, store)
        self._taken: list[_Taken] = []
        self.warnings: list[Fault] = []
        engine.execute("CREATE OR REPLACE TABLE quarantine (sheet_number INTEGER, source_row BIGINT, place INTEGER, "
                       "header VARCHAR, column_name VARCHAR, value VARCHAR, rule VARCHAR, message_zh VARCHAR, "
                       "message_en VARCHAR, remedy_zh VARCHAR, remedy_en VARCHAR)")

    # --- one sheet ---

    def take(self, sheet: Sheet) -> None:
        """Read a sheet and keep its good rows for ``closed``."""
        number = len(self._taken)
        rows = sheet.rows if sheet.columnar is None else self._columnar_header(sheet.columnar)
        layout = self._headers.recognised(sheet.file, sheet.name, rows[:HEADER_ROWS])
        if layout is None:
            self._taken.append(self._unrecognised(number, sheet, rows))
            return
        if sheet.columnar is None:
            read, stray = self._load(number, layout, rows)
            layout = replace(layout, unread=layout.unread + stray)
        else:
            read = self._load_columnar(number, layout, sheet.columnar)
        given = tuple(Given(h.header, h.column.name, (h.unit or h.column.unit).title) for h in layout.headed)
        report = SheetIntake(sheet.file, sheet.name, layout.table.name, None if sheet.columnar else layout.header_row + 1,
                             read, 0, read, given, layout.unread)
        taken = _Taken(number, sheet, layout, read, report, faults=list(layout.faults))
        self._taken.append(taken)
        if layout.missing:
            taken.faults += [self._lacking(taken, c) for c in layout.missing]
        elif read:
            taken.report = replace(report, rounded=self._type(taken, layout))
            taken.columns = tuple(h.column.name for h in layout.headed) + (
                (str(layout.table.period),) if layout.year is not None else ())
            self._check(taken, layout)
        self._engine.execute(f"DROP TABLE IF EXISTS raw_{number}")

    def _unrecognised(self, number: int, sheet: Sheet, rows: Sequence[Cells]) -> _Taken:
        if sheet.columnar is None:
            filled = sum(1 for row in rows if _filled(row))
        else:
            filled = int(str(self._engine.execute(f"SELECT count(*) FROM {_parquet(sheet.columnar)}")[0][0]))
        report = SheetIntake(sheet.file, sheet.name, None, None, filled, 0, filled)
        taken = _Taken(number, sheet, None, filled, report)
        if filled:
            titles = [t.title for t in self._headers.tables]
            taken.faults.append(Fault(
                Text("认不出这张表对应哪类数据", "no table matches this sheet's headers"), Place(sheet.file, sheet.name),
                rule="no_table",
                remedy=Text("按模板的表名与列名填写：" + "、".join(t.zh for t in titles) + "。",
                            "Use the sheet and column names of the template: " + ", ".join(t.en for t in titles) + ".")))
        return taken

    def _lacking(self, taken: _Taken, column: Column) -> Fault:
        layout = taken.layout
        assert layout is not None
        meant = next((u for u in layout.unread if u.suggestion == column.title), None)
        remedy = Text(f"补上列“{column.title.zh}”。", f"Add the column '{column.title.en}'.")
        if meant is not None:
            remedy += Text(f"“{meant.header}”是否即此列？", f" Is it '{meant.header}'?")
        return Fault(Text(f"缺少必需的列“{column.title.zh}”，全部行未接收",
                          f"the required column '{column.title.en}' is missing; no row was accepted"),
                     Place(taken.sheet.file, taken.sheet.name, taken.report.header_row, column.title.zh), rule="missing_column",
                     remedy=remedy)

    # --- loading ---

    def _load(self, number: int, layout: Layout, rows: Sequence[Cells]) -> tuple[int, tuple[Unread, ...]]:
        """The understood columns as text, one row of ``raw_n`` a filled row of the sheet."""
        first = layout.header_row + 1
        places = [n for n, row in enumerate(rows[first:], start=first) if _filled(row)]
        width = max((len(rows[n]) for n in places), default=0)
        columns = list(zip_longest(*(rows[n] for n in places))) if places else []
        known = {h.position for h in layout.headed} | {u.position for u in layout.unread}
        stray = tuple(
            Unread(at, f"({at + 1})", Text(f"第 {at + 1} 列没有列名，未读", f"column {at + 1} has no header; not read"))
            for at in range(width) if at not in known and _filled(columns[at]))
        if places:
            parts = ["unnest(?::BIGINT[]) AS source_row"]
            kinds: list[str] = []
            values: list[object] = [[n + 1 for n in places]]
            for at, headed in enumerate(layout.headed):
                kind, cells = _as_list(columns[headed.position]) if headed.position < width else ("VARCHAR", [None] * len(places))
                kinds.append(kind)
                values.append(cells)
                parts.append(f"unnest(?::{kind}[]) AS c{at}")
            # Excel shows 15 digits of a number and means no more.
            texts = ", ".join(f"printf('%.15g', c{at}) AS c{at}" if kind == "DOUBLE" else f"c{at}" for at, kind in enumerate(kinds))
            self._engine.execute(f"CREATE OR REPLACE TABLE raw_{number} AS SELECT source_row{', ' if texts else ''}{texts} "
                                 f"FROM (SELECT {', '.join(parts)})", values)
        return len(places), stray

    def _columnar_header(self, path: Path) -> list[list[object]]:
        return [[str(name) for name, *_ in self._engine.execute(f"DESCRIBE SELECT * FROM {_parquet(path)}")]]

    def _load_columnar(self, number: int, layout: Layout, path: Path) -> int:
        kinds = [(str(name), str(kind)) for name, kind, *_ in self._engine.execute(f"DESCRIBE SELECT * FROM {_parquet(path)}")]
        quoted = self._engine.dialect.quoted
        parts = ["file_row_number + 1 AS source_row"]
        for at, headed in enumerate(layout.headed):
            name, kind = kinds[headed.position]
            parts.append((f"printf('%.15g', {quoted(name)}::DOUBLE)" if kind in ("DOUBLE", "FLOAT")
                          else f"CAST({quoted(name)} AS VARCHAR)") + f" AS c{at}")
        self._engine.execute(f"CREATE OR REPLACE TABLE raw_{number} AS SELECT {', '.join(parts)} "
                             f"FROM {_parquet(path, numbered=True)}")
        return int(str(self._engine.execute(f"SELECT count(*) FROM raw_{number}")[0][0]))

    # --- typing ---

    def _type(self, taken: _Taken, layout: Layout) -> int:
        """Texts become values; what is not plainly written is read word by word. Gives the number of rounded cells."""
        raw, run = f"raw_{taken.number}", self._engine.execute
        plain = [_plainly(h, f"r.c{at}") for at, h in enumerate(layout.headed)]
        values = ", ".join(f"{p.value} AS v{at}" for at, p in enumerate(plain))
        run(f"CREATE OR REPLACE TEMP TABLE plain AS SELECT r.*, {values} FROM {raw} AS r")
        counts = ", ".join(f"count(*) FILTER (WHERE c{at} IS NOT NULL AND v{at} IS NULL)" for at in range(len(plain)))
        rounded = " + ".join(f"count(*) FILTER (WHERE {p.rounded})" for p in plain if p.rounded) or "0"
        *unread, total = (int(str(n)) for n in run(f"SELECT {counts}, {rounded} FROM plain AS r")[0])
        joins, columns = "", []
        for at, headed in enumerate(layout.headed):
            name = self._engine.dialect.quoted(headed.column.name)
            if not unread[at]:
                columns.append(f"p.v{at} AS {name}")
                continue
            words = [str(w) for w, in run(f"SELECT DISTINCT c{at} FROM plain WHERE c{at} IS NOT NULL AND v{at} IS NULL")]
            readings = [read_cell(headed.column, w, headed.unit) for w in words]
            kind = _SQL_TYPES[headed.column.kind]
            run(f"CREATE OR REPLACE TEMP TABLE words_{at} AS SELECT unnest(?::VARCHAR[]) AS word, unnest(?::{kind}[]) AS value, "
                "unnest(?::VARCHAR[]) AS why, unnest(?::BOOLEAN[]) AS rounded",
                [words, [r.value for r in readings], [r.why.value if r.why else None for r in readings],
                 [r.rounded for r in readings]])
            if any(r.rounded for r in readings):
                total += int(str(run(f"SELECT count(*) FROM plain JOIN words_{at} AS w ON c{at} = w.word "
                                     f"WHERE v{at} IS NULL AND w.rounded")[0][0]))
            if any(r.why for r in readings):
                self._unreadable(taken, headed, at)
            joins += f" LEFT JOIN words_{at} ON p.v{at} IS NULL AND p.c{at} = words_{at}.word"
            columns.append(f"CAST(coalesce(p.v{at}, words_{at}.value) AS {kind}) AS {name}")
        if layout.year is not None and layout.table.period is not None:
            columns.append(f"CAST({layout.year} AS BIGINT) AS {self._engine.dialect.quoted(layout.table.period)}")
        run(f"CREATE OR REPLACE TABLE {taken.typed} AS SELECT p.source_row, {', '.join(columns)} FROM plain AS p{joins}")
        return total

    def _unreadable(self, taken: _Taken, headed: Headed, at: int) -> None:
        for why in Why:
            self._keep_out(taken, headed, why.value, why.message, why.remedy,
                           f"FROM plain AS t JOIN words_{at} AS w ON t.v{at} IS NULL AND t.c{at} = w.word "
                           f"WHERE w.why = '{why.value}'", f"t.c{at}")

    # --- checking ---

    def _check(self, taken: _Taken, layout: Layout) -> None:
        by_name = {h.column.name: h for h in layout.headed}
        checks = [c for h in layout.headed for c in cell_checks(h.column)]
        broken = self._broken(taken, checks, taken.typed)
        beyond: dict[str, list[str]] = {}
        quoted = self._engine.dialect.quoted
        for check in broken:
            tail = f"FROM flags AS t JOIN raw_{taken.number} AS r USING (source_row) WHERE NOT t.{quoted(check.id)}"
            if check.id.endswith(" required"):
                tail += (f" AND NOT EXISTS (SELECT 1 FROM quarantine AS q WHERE q.sheet_number = {taken.number} "
                         f"AND q.source_row = t.source_row AND q.column_name = '{check.column}')")
            else:
                beyond.setdefault(check.column, []).append(check.id)
            headed = by_name[check.column]
            self._keep_out(taken, headed, check.id.rpartition(" ")[2], check.message, check.remedy, tail,
                           f"r.c{layout.headed.index(headed)}")
        source = taken.typed
        if beyond:
            # A figure out of bounds is faulty in itself: it must not also break the checks that compare it.
            held = ", ".join(
                f"CASE WHEN {' AND '.join(f'f.{quoted(i)}' for i in beyond[c])} THEN t.{quoted(c)} END AS {quoted(c)}"
                for c in beyond)
            self._engine.execute("CREATE OR REPLACE TEMP TABLE held AS SELECT t.* EXCLUDE "
                                 f"({', '.join(quoted(c) for c in beyond)}), {held} FROM {taken.typed} AS t "
                                 "JOIN flags AS f USING (source_row)")
            source = "held"
        for check in self._broken(taken, row_checks(layout.table, set(by_name)), source):
            headed = by_name[check.column]
            self._keep_out(taken, headed, check.id, check.message, check.remedy,
                           f"FROM flags AS t JOIN raw_{taken.number} AS r USING (source_row) WHERE NOT t.{quoted(check.id)}",
                           f"r.c{layout.headed.index(headed)}")
        for at, headed in enumerate(layout.headed):
            if headed.column.check == "uscc":
                self._check_codes(taken, headed, at)

    def _broken(self, taken: _Taken, checks: Sequence[Check], source: str) -> list[Check]:
        """The checks that some row breaks; ``flags`` then says which rows."""
        if not checks:
            return []
        quoted, run = self._engine.dialect.quoted, self._engine.execute
        run(f"CREATE OR REPLACE TEMP TABLE flags AS {printed(checks, self._engine.dialect, source, self._known_at)}")
        counts = run(f"SELECT {', '.join(f'count(*) FILTER (WHERE NOT {quoted(c.id)})' for c in checks)} FROM flags")[0]
        return [c for c, n in zip(checks, counts, strict=True) if n]

    def _check_codes(self, taken: _Taken, headed: Headed, at: int) -> None:
        name = self._engine.dialect.quoted(headed.column.name)
        holds = holds_in_sql(name, lambda column, form: f"regexp_full_match({column}, '{form}')")
        tail = f"FROM {taken.typed} AS t JOIN raw_{taken.number} AS r USING (source_row) WHERE NOT {holds}"
        wrong = [str(w) for w, in self._engine.execute(f"SELECT DISTINCT {name} {tail}")]
        if not wrong:
            return
        meant = [expected_code(w) for w in wrong]
        self._engine.execute(
            "CREATE OR REPLACE TEMP TABLE codes AS SELECT unnest(?::VARCHAR[]) AS code, unnest(?::BOOLEAN[]) AS form",
            [wrong, [m is not None for m in meant]])
        joined = f"FROM ({f'SELECT t.source_row, t.{name} AS code, r.c{at} AS written {tail}'}) AS t JOIN codes USING (code) "
        self._keep_out(taken, headed, "check_character", Text("“{value}”的校验位不对", "the check character of '{value}' is wrong"),
                       Text("对照营业执照核对代码。", "Compare the code with the business licence."), joined + "WHERE form", "t.written")
        self._keep_out(taken, headed, "credit_code", Text("“{value}”不是 18 位统一社会信用代码",
                                                          "'{value}' is no unified social credit code of 18 characters"),
                       Text("填写 18 位代码，列格式为“文本”。", "Enter all 18 characters in a column formatted as text."),
                       joined + "WHERE NOT form", "t.written")

    def _keep_out(self, taken: _Taken, headed: Headed, rule: str, message: Text, remedy: Text, tail: str, value: str) -> None:
        """Put the cells that a query finds into quarantine."""
        shown = f"coalesce({value}, '')"
        self._engine.execute(
            f"INSERT INTO quarantine SELECT {taken.number}, t.source_row, {headed.position}, ?, ?, {value}, ?, "
            f"replace(?, '{{value}}', {shown}), replace(?, '{{value}}', {shown}), ?, ? {tail}",
            [headed.header, headed.column.name, rule, message.zh, message.en, remedy.zh, remedy.en])

    # --- all sheets together ---

    def closed(self) -> list[SheetIntake]:
        """Compare the sheets, write new vintages and the quarantine, and report each sheet."""
        for taken in self._taken:
            if taken.columns:
                bad = f"SELECT source_row FROM quarantine WHERE sheet_number = {taken.number}"
                self._engine.execute(f"DELETE FROM {taken.typed} WHERE source_row IN ({bad})")
        for table in self._tables.values():
            fed = [t for t in self._taken if t.columns and t.table is table]
            if fed:
                self._settle_doubles(table, fed)
        self._warn_of_strangers()
        added = self._written()
        return [self._reported(t, t.number in added) for t in self._taken]

    def _settle_doubles(self, table: Table, fed: list[_Taken]) -> None:
        """A key may stand once in a sheet; a second sheet may add to the row, not repeat or contradict it."""
        quoted, run = self._engine.dialect.quoted, self._engine.execute
        keys = ", ".join(quoted(k) for k in table.key)
        every = " UNION ALL BY NAME ".join(f"SELECT {t.number} AS sheet_number, * FROM {t.typed}" for t in fed)
        found = run(f"SELECT count(*), (SELECT count(*) FROM (SELECT DISTINCT {keys} FROM ({every}))) FROM ({every})")[0]
        if found[0] == found[1]:
            return
        run("CREATE OR REPLACE TEMP TABLE doubles AS SELECT *, CAST(sheet_number AS BIGINT) * 4294967296 + source_row AS place "
            f"FROM ({every}) QUALIFY count(*) OVER (PARTITION BY {keys}) > 1")
        twice = ("SELECT sheet_number, source_row, first_value(place) OVER w AS first_place, row_number() OVER w AS nth "
                 f"FROM doubles WINDOW w AS (PARTITION BY sheet_number, {keys} ORDER BY source_row)")
        key_header = table.key[0]
        self._double(fed, f"({twice})", "nth > 1", key_header, "duplicate",
                     Text("与{place}重复", "a duplicate of {place}"), Text("同一对象只保留一行。", "Keep one row for each subject."))
        run("DELETE FROM doubles USING quarantine AS q WHERE doubles.sheet_number = q.sheet_number "
            "AND doubles.source_row = q.source_row")
        if len(fed) == 1:
            return
        bearing = {c.name: [t.number for t in fed if c.name in t.columns] for c in table.columns if c.name not in table.key}
        shared = [c for c, sheets in bearing.items() if len(sheets) > 1]
        alone = [c for c, sheets in bearing.items() if len(sheets) == 1]
        window = f"(PARTITION BY {keys} ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
        parts = [f"first_value(place) OVER (PARTITION BY {keys} ORDER BY place) AS first_place"]
        for at, column in enumerate(shared):
            parts.append(f"first_value({quoted(column)} IGNORE NULLS) OVER {window} AS e{at}")
            parts.append(f"first_value(CASE WHEN {quoted(column)} IS NOT NULL THEN place END IGNORE NULLS) OVER {window} AS p{at}")
        run(f"CREATE OR REPLACE TEMP TABLE beside AS SELECT *, {', '.join(parts)} FROM doubles")
        for at, column in enumerate(shared):
            self._double(fed, f"(SELECT *, p{at} AS first_place_of FROM beside)", f"{quoted(column)} <> e{at}", column, "conflict",
                         Text("与{place}的值不同", "differs from {place}"),
                         Text("核对两处，保留正确的一处。", "Check both places and keep the right one."), first="first_place_of")
        new = [f"({quoted(c)} IS NOT NULL AND e{at} IS NULL)" for at, c in enumerate(shared)]
        new += [f"{quoted(c)} IS NOT NULL" for c in alone]
        differs = [f"coalesce({quoted(c)} <> e{at}, FALSE)" for at, c in enumerate(shared)]
        nothing_new = f"place > first_place AND NOT ({' OR '.join([*new, *differs]) or 'FALSE'})"
        self._double(fed, "beside", nothing_new, key_header, "duplicate",
                     Text("与{place}重复，没有新内容", "repeats {place} and adds nothing"),
                     Text("同一对象只保留一行。", "Keep one row for each subject."))

    def _double(self, fed: list[_Taken], source: str, test: str, column: str, rule: str, message: Text, remedy: Text,
                first: str = "first_place") -> None:
        """Quarantine doubled rows, each naming the place of the other."""
        run = self._engine.execute
        headed = [_header(t, column) for t in fed]
        run("CREATE OR REPLACE TEMP TABLE places AS SELECT unnest(?::INTEGER[]) AS sheet_number, unnest(?::VARCHAR[]) AS zh, "
            "unnest(?::VARCHAR[]) AS en, unnest(?::VARCHAR[]) AS header, unnest(?::INTEGER[]) AS at",
            [[t.number for t in fed],
             [Place(t.sheet.file, t.sheet.name).said("zh") for t in fed],
             [Place(t.sheet.file, t.sheet.name).said("en") for t in fed],
             [h.header if h else column for h in headed], [h.position if h else 0 for h in headed]])
        other_zh = f"(o.zh || '，第 ' || (d.{first} % 4294967296) || ' 行')"
        other_en = f"(o.en || ', row ' || (d.{first} % 4294967296))"
        name = self._engine.dialect.quoted(column)
        value = f"CAST(d.{name} AS VARCHAR)" if source == "beside" or first != "first_place" else "NULL"
        run(f"INSERT INTO quarantine SELECT d.sheet_number, d.source_row, s.at, s.header, ?, {value}, ?, "
            f"replace(?, '{{place}}', {other_zh}), replace(?, '{{place}}', {other_en}), ?, ? FROM {source} AS d "
            f"JOIN places AS s ON s.sheet_number = d.sheet_number "
            f"JOIN places AS o ON o.sheet_number = d.{first} // 4294967296 WHERE {test}",
            [column, rule, message.zh, message.en, remedy.zh, remedy.en])
        for taken in fed:
            run(f"DELETE FROM {taken.typed} WHERE source_row IN "
                f"(SELECT source_row FROM quarantine WHERE sheet_number = {taken.number})")

    def _warn_of_strangers(self) -> None:
        """Values that should be known in another table and are not: said, not refused."""
        quoted, run = self._engine.dialect.quoted, self._engine.execute
        for name in dict.fromkeys(c.refers_to for t in self._tables.values() for c in t.columns if c.refers_to in self._tables):
            target = self._tables[name]
            key = quoted(target.key[0])
            sources = [f"SELECT {key} AS k FROM {t.typed}" for t in self._taken if t.columns and t.table is target]
            if self._vintages.paths(target, self._known_at):
                sources.append(f"SELECT {key} AS k FROM {self._vintages.relation(target, self._known_at)}")
            if not sources:
                if any(t.columns and any(c.refers_to == name and c.name in t.columns for c in t.table.columns) for t in self._taken):
                    self.warnings.append(Fault(
                        Text(f"没有“{target.title.zh}”表，无法核对引用", f"there is no table '{target.title.en}' to check references with"),
                        rule="no_register", remedy=Text(f"交来“{target.title.zh}”。", f"Hand in '{target.title.en}'.")))
                continue
            run(f"CREATE OR REPLACE TEMP TABLE known AS SELECT DISTINCT k FROM ({' UNION ALL '.join(sources)})")
            for taken in self._taken:
                for column in taken.table.columns if taken.columns else ():
                    if column.refers_to == name and column.name in taken.columns:
                        self._warn(taken, column, target)

    def _warn(self, taken: _Taken, column: Column, target: Table) -> None:
        name = self._engine.dialect.quoted(column.name)
        count, first_row, example = self._engine.execute(
            f"SELECT count(*), min(source_row), arg_min({name}, source_row) FROM {taken.typed} AS t "
            f"WHERE {name} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM known WHERE known.k = t.{name})")[0]
        if count:
            header = _header(taken, column.name)
            self.warnings.append(Fault(
                Text(f"{count} 行的值在“{target.title.zh}”中没有，如 {example}",
                     f"{count} rows name what '{target.title.en}' does not know, such as {example}"),
                Place(taken.sheet.file, taken.sheet.name, int(str(first_row)), header.header if header else column.title.zh),
                example, "stranger",
                Text(f"补登“{target.title.zh}”，或更正该值。", f"Add it to '{target.title.en}', or correct the value.")))

    # --- writing ---

    def _written(self) -> set[int]:
        """Write what is new beside the store, then move it in whole; gives the numbers of the sheets that were new."""
        staging = self._store / f".incoming-{os.getpid()}"
        added: set[int] = set()
        moves: list[tuple[Path, Path]] = []
        number = self._vintages.last_number()
        try:
            for taken in self._taken:
                if not taken.columns:
                    continue
                digest, rows = self._digest(taken)
                source = hashlib.sha256(f"{taken.sheet.file}\n{taken.sheet.name}".encode()).hexdigest()[:8]
                if not rows or self._vintages.says_the_same(taken.table, source, digest, self._known_at):
                    continue
                number += 1
                vintage = Vintage(self._known_at, number, source, digest)
                target = self._vintages.home(taken.table) / f"{vintage.name}.parquet"
                self._engine.write(self._accepted(taken, vintage), staging / taken.table.name / target.name)
                moves.append((staging / taken.table.name / target.name, target))
                added.add(taken.number)
            for made, target in moves:
                target.parent.mkdir(parents=True, exist_ok=True)
                made.replace(target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        return added

    def _accepted(self, taken: _Taken, vintage: Vintage) -> str:
        d = self._engine.dialect
        columns = ", ".join(d.quoted(c) for c in taken.columns)
        return (f"SELECT {columns}, {d.string(taken.sheet.file)} AS _file, {d.string(taken.sheet.name)} AS _sheet, "
                f"source_row AS _row, {d.day(self._known_at)} AS _known_at, CAST({vintage.sequence} AS BIGINT) AS {SEQUENCE} "
                f"FROM {taken.typed} ORDER BY source_row")

    def _digest(self, taken: _Taken) -> tuple[str, int]:
        """A fingerprint of the accepted rows that does not depend on their order, and their number."""
        quoted = self._engine.dialect.quoted
        columns = sorted(taken.columns)
        row = ", ".join(f"coalesce(CAST({quoted(c)} AS VARCHAR), chr(1))" for c in columns)
        rows, mixed = self._engine.execute(f"SELECT count(*), bit_xor(md5_number(concat_ws(chr(0), {row}))) FROM {taken.typed}")[0]
        said = f"{taken.table.name}|{columns}|{rows}|{mixed}"
        return hashlib.sha256(said.encode()).hexdigest()[:16], int(str(rows))

    # --- reporting ---

    def _reported(self, taken: _Taken, added: bool) -> SheetIntake:
        run = self._engine.execute
        accepted = int(str(run(f"SELECT count(*) FROM {taken.typed}")[0][0])) if taken.columns else 0
        rules = run(f"SELECT rule, count(*) FROM quarantine WHERE sheet_number = {taken.number} GROUP BY rule ORDER BY 2 DESC, 1")
        cells = run("SELECT source_row, header, value, rule, message_zh, message_en, remedy_zh, remedy_en FROM quarantine "
                    f"WHERE sheet_number = {taken.number} ORDER BY source_row, place, rule LIMIT {SHOWN}")
        shown = tuple(
            Fault(Text(str(zh), str(en)), Place(taken.sheet.file, taken.sheet.name, int(str(row)), str(header)), value, str(rule),
                  Text(str(fix_zh), str(fix_en)))
            for row, header, value, rule, zh, en, fix_zh, fix_en in cells)
        by_rule = {str(rule): int(str(n)) for rule, n in rules}
        return replace(taken.report, accepted=accepted, quarantined=taken.read - accepted, faults=tuple(taken.faults), cells=shown,
                       cells_total=sum(by_rule.values()), by_rule=by_rule, added=added)

    def write_quarantine(self, to: Path) -> bool:
        """Write every quarantined cell with its place, rule, message and remedy; False where there is none."""
        if not int(str(self._engine.execute("SELECT count(*) FROM quarantine")[0][0])):
            to.unlink(missing_ok=True)
            return False
        self._engine.execute(
            "CREATE OR REPLACE TEMP TABLE sources AS SELECT unnest(?::INTEGER[]) AS sheet_number, unnest(?::VARCHAR[]) AS file, "
            "unnest(?::VARCHAR[]) AS sheet, unnest(?::VARCHAR[]) AS table_name",
            [[t.number for t in self._taken], [t.sheet.file for t in self._taken], [t.sheet.name for t in self._taken],
             [t.layout.table.name if t.layout else None for t in self._taken]])
        self._engine.write('SELECT s.file, s.sheet, q.source_row AS "row", s.table_name AS "table", q.column_name AS "column", '
                           "q.header, q.value, q.rule, q.message_zh, q.message_en, q.remedy_zh, q.remedy_en FROM quarantine AS q "
                           "JOIN sources AS s USING (sheet_number) ORDER BY q.sheet_number, q.source_row, q.place", to)
        return True


# --- how a plain text becomes a value ---


@dataclass(frozen=True, slots=True)
class _Plain:
    """SQL for the value of a plainly written text (null for any other), and for whether it was rounded."""

    value: str
    rounded: str = ""


def _plainly(headed: Headed, cell: str) -> _Plain:
    column = headed.column
    match column.kind:
        case Kind.NUMBER:
            return _plain_number(column, headed.unit or column.unit, cell)
        case Kind.FLAG:
            return _Plain(f"CASE {cell} WHEN '是' THEN TRUE WHEN '否' THEN FALSE WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END")
        case Kind.DAY:
            return _Plain(f"CASE WHEN regexp_full_match({cell}, '{_DAY}') THEN TRY_CAST({cell} AS DATE) END")
        case Kind.TEXT:
            return _Plain(f"CASE WHEN NOT regexp_matches({cell}, '{_BLANK_END}') AND {cell} <> '' THEN {cell} END")
        case Kind.CODE:
            if column.choices:
                codes = ", ".join(_string(code) for code, _ in column.choices)
                return _Plain(f"CASE WHEN {cell} IN ({codes}) THEN {cell} END")
            if column.check == "uscc":
                return _Plain(f"CASE WHEN regexp_full_match({cell}, '[0-9A-Z]{{18}}') THEN {cell} END")
            missing = ", ".join(_string(word) for word in sorted(MISSING))
            return _Plain(f"CASE WHEN regexp_full_match({cell}, '{_CODE}') AND lower({cell}) NOT IN ({missing}) THEN {cell} END")


def _plain_number(column: Column, given: Unit, cell: str) -> _Plain:
    by = factor(column, given)
    shift = _power_of_ten(by)
    if shift is not None and shift >= 0:
        value = (f"CASE WHEN regexp_full_match({cell}, '{_PLAIN}') THEN CAST(TRY_CAST({cell} || 'e{shift}' AS DECIMAL(15,0)) "
                 "AS BIGINT) END")
        rounded = (f"strpos({cell}, '.') > 0 AND length(rtrim({cell}, '0')) - strpos({cell}, '.') > {shift} "
                   f"AND regexp_full_match({cell}, '{_PLAIN}')")
        return _Plain(value, rounded)
    fine = f"CAST(TRY_CAST({cell} || 'e{_FINE}' AS DECIMAL(38,0)) AS HUGEINT)"
    above, below = f"({fine} * {by.numerator})", by.denominator * 10**_FINE
    size = f"((abs({above}) * 2 + {below}) // {2 * below})"
    value = (f"CASE WHEN regexp_full_match({cell}, '{_SHORT}') AND {size} <= {WIDEST} "
             f"THEN CAST(CASE WHEN {above} < 0 THEN -{size} ELSE {size} END AS BIGINT) END")
    return _Plain(value, f"regexp_full_match({cell}, '{_SHORT}') AND {above} % {below} <> 0")


def _power_of_ten(of: Fraction) -> int | None:
    if of.denominator != 1:
        return None
    digits = str(of.numerator)
    return len(digits) - 1 if digits.strip("0") == "1" and digits[0] == "1" else None


def _string(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _parquet(path: Path, numbered: bool = False) -> str:
    return f"read_parquet({_string(str(path))}{', file_row_number=true' if numbered else ''})"


def _filled(row: Cells) -> bool:
    return any(cell is not None and cell != "" and not (isinstance(cell, str) and cell.isspace()) for cell in row)


def _header(taken: _Taken, column: str) -> Headed | None:
    return next((h for h in taken.layout.headed if h.column.name == column), None) if taken.layout else None


def _as_list(cells: Sequence[object]) -> tuple[str, list[object]]:
    """A column of cells as one list DuckDB takes whole: all numbers, or all texts."""
    kinds = set(map(type, cells))
    if kinds <= {str, type(None)}:
        return "VARCHAR", [c or None for c in cells]
    if kinds <= {float, int, str, type(None)}:
        numbers = [c for c in cells if isinstance(c, float | int)]
        if len(numbers) == sum(1 for c in cells if c is not None and c != "") and all(abs(n) < _MOST for n in numbers):
            return "DOUBLE", [c if isinstance(c, float | int) else None for c in cells]
    return "VARCHAR", [_written(c) for c in cells]


def _written(cell: object) -> str | None:
    """A cell as the text that Excel would show without a format."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return f"{cell:.15g}"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)
