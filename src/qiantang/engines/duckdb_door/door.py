"""Sheets go in one by one; once all are in, they are compared with each other and what is new becomes a vintage."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from qiantang.engines.duckdb import DuckDBEngine
from qiantang.engines.duckdb_door.cells import filled
from qiantang.engines.duckdb_door.doubles import settle
from qiantang.engines.duckdb_door.quarantine import Quarantine
from qiantang.engines.duckdb_door.sheet import SheetAtTheDoor, Typed, parquet
from qiantang.engines.duckdb_door.strangers import strangers
from qiantang.engines.duckdb_vintages import Vintages
from qiantang.kernel.errors import Fault, Place, QiantangError
from qiantang.kernel.facts.headers import HEADER_ROWS, Headers, Layout
from qiantang.kernel.facts.intake import Given, SheetIntake
from qiantang.kernel.facts.schema import Column, Table
from qiantang.kernel.facts.sheets import Cells, Sheet
from qiantang.kernel.facts.vintages import SEQUENCE, Vintage
from qiantang.kernel.words import Text, joined

SCRATCH = ("quarantine", "plain", "flags", "held", "codes", "doubles", "beside", "places", "known", "sources")
"""Tables that the door makes on its way."""


class Door:
    """Takes sheets in one by one; ``closed`` settles them together and writes what is new to the store."""

    def __init__(self, engine: DuckDBEngine, tables: Sequence[Table], store: Path, known_at: date) -> None:
        self._engine = engine
        self._tables = tuple(tables)
        self._headers = Headers(tables)
        self._store = store
        self._known_at = known_at
        self._vintages = Vintages(engine, store)
        self._quarantine = Quarantine(engine)
        self._sheets: list[SheetIntake] = []
        self._typed: dict[int, Typed] = {}
        self.warnings: tuple[Fault, ...] = ()

    def take(self, sheet: Sheet) -> None:
        """Read and check a sheet, and keep its good rows until ``closed``.

        QiantangError where its file cannot be read: then nothing of the sheet is kept.
        """
        number = len(self._sheets)
        try:
            taken = self._taken(number, sheet)
        except QiantangError:
            self._quarantine.forget(number)
            self._typed.pop(number, None)
            raise
        self._sheets.append(taken)

    def closed(self) -> list[SheetIntake]:
        """Compare the sheets, write new vintages, and report each sheet in the order in which it came."""
        run = self._engine.execute
        for number, typed in self._typed.items():
            run(f"DELETE FROM {typed.name} WHERE source_row IN (SELECT source_row FROM quarantine WHERE sheet_number = {number})")
        for table in self._tables:
            fed = [t for t in self._typed.values() if t.table is table]
            if fed:
                settle(self._engine, table, fed)
        stored = {t.name: self._vintages.relation(t, self._known_at) for t in self._tables if self._vintages.paths(t, self._known_at)}
        self.warnings = tuple(strangers(self._engine, self._tables, list(self._typed.values()), stored))
        added = self._written()
        return [self._reported(number, sheet, number in added) for number, sheet in enumerate(self._sheets)]

    def write_quarantine(self, to: Path) -> bool:
        """Write every quarantined cell and sheet with its place, rule, message and remedy; False where there is none."""
        return self._quarantine.write(to, [(n, s.file, s.sheet, s.table) for n, s in enumerate(self._sheets)],
                                      [(n, f) for n, s in enumerate(self._sheets) for f in s.faults])

    def cleared(self) -> None:
        """Give the engine's memory back; the door is used up."""
        for typed in self._typed.values():
            self._engine.execute(f"DROP TABLE IF EXISTS {typed.name}")
        for scratch in SCRATCH:
            self._engine.execute(f"DROP TABLE IF EXISTS {scratch}")
        self._typed.clear()

    def _taken(self, number: int, sheet: Sheet) -> SheetIntake:
        columnar = sheet.columnar
        rows = sheet.rows if columnar is None else [self._engine.columns(parquet(columnar))]
        layout = self._headers.recognised(sheet.file, sheet.name, rows[:HEADER_ROWS])
        if layout is None:
            return self._unrecognised(sheet, rows)
        at_the_door = SheetAtTheDoor(self._engine, self._quarantine, number, layout, self._known_at)
        if columnar is None:
            read, stray = at_the_door.load(rows)
        else:
            read, stray = at_the_door.load_columnar(columnar), ()
        place = Place(sheet.file, sheet.name, None if columnar else layout.header_row + 1)
        faults = layout.faults + tuple(_lacking(layout, column, place) for column in layout.missing)
        rounded = 0
        if read and not layout.missing:
            rounded = at_the_door.read()
            at_the_door.check()
            self._typed[number] = Typed(number, sheet.file, sheet.name, layout)
        given = tuple(Given(h.header, h.column.name, (h.unit or h.column.unit).title) for h in layout.headed)
        return SheetIntake(sheet.file, sheet.name, layout.table.name, place.row, read, 0, read, given, layout.unread + stray, faults,
                           rounded=rounded)

    def _unrecognised(self, sheet: Sheet, rows: Sequence[Cells]) -> SheetIntake:
        if sheet.columnar is None:
            read = sum(1 for row in rows if filled(row))
        else:
            read = int(str(self._engine.execute(f"SELECT count(*) FROM {parquet(sheet.columnar)}")[0][0]))
        fault = Fault(
            Text("认不出这张表对应哪类数据，全部行未接收", "no table matches the headers of this sheet; no row was accepted"),
            Place(sheet.file, sheet.name), rule="no_table",
            remedy=Text("按模板的表名与列名填写：", "Use the sheet and column names of the template: ")
            + joined([t.title for t in self._tables]) + Text("。", "."))
        return SheetIntake(sheet.file, sheet.name, None, None, read, 0, read, faults=(fault,) if read else ())

    def _written(self) -> set[int]:
        """Write what is new beside the store, then move it in; gives the numbers of the sheets that told anything new."""
        staging = self._store / f".incoming-{os.getpid()}"
        moves: list[tuple[Path, Path]] = []
        added: set[int] = set()
        number = self._vintages.last_number()
        try:
            for typed in self._typed.values():
                digest = self._digest(typed)
                source = hashlib.sha256(f"{typed.file}\n{typed.sheet}".encode()).hexdigest()[:8]
                if digest is None or self._vintages.says_the_same(typed.table, source, digest, self._known_at):
                    continue
                number += 1
                vintage = Vintage(self._known_at, number, source, digest)
                target = self._vintages.home(typed.table) / f"{vintage.name}.parquet"
                made = staging / typed.table.name / target.name
                subject = typed.table.subject
                self._engine.write(self._accepted(typed, vintage), made, (subject, "_row") if subject in typed.columns else ("_row",))
                moves.append((made, target))
                added.add(typed.number)
            for made, target in moves:
                target.parent.mkdir(parents=True, exist_ok=True)
                made.replace(target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        return added

    def _accepted(self, typed: Typed, vintage: Vintage) -> str:
        d = self._engine.dialect
        return (f"SELECT {', '.join(map(d.quoted, typed.columns))}, {d.string(typed.file)} AS _file, {d.string(typed.sheet)} AS _sheet, "
                f"source_row AS _row, {d.day(self._known_at)} AS _known_at, {d.whole(vintage.sequence)} AS {SEQUENCE} "
                f"FROM {typed.name}")

    def _digest(self, typed: Typed) -> str | None:
        """A fingerprint of the accepted rows that does not depend on their order; None where there are none."""
        columns = sorted(typed.columns)
        row = ", ".join(f"coalesce(CAST({self._engine.dialect.quoted(c)} AS VARCHAR), chr(1))" for c in columns)
        rows, mixed = self._engine.execute(f"SELECT count(*), bit_xor(md5_number(concat_ws(chr(0), {row}))) FROM {typed.name}")[0]
        return hashlib.sha256(f"{typed.table.name}|{columns}|{rows}|{mixed}".encode()).hexdigest()[:16] if rows else None

    def _reported(self, number: int, sheet: SheetIntake, added: bool) -> SheetIntake:
        typed = self._typed.get(number)
        accepted = int(str(self._engine.execute(f"SELECT count(*) FROM {typed.name}")[0][0])) if typed else 0
        by_rule = self._quarantine.by_rule(number)
        return replace(sheet, accepted=accepted, quarantined=sheet.read - accepted, added=added, by_rule=by_rule,
                       cells=self._quarantine.shown(number, sheet.file, sheet.sheet), cells_total=sum(by_rule.values()))


def _lacking(layout: Layout, column: Column, place: Place) -> Fault:
    """A required column that a sheet lacks, with the header that may have been meant."""
    meant = next((u for u in layout.unread if u.suggestion == column.title), None)
    remedy = Text(f"补上列“{column.title.zh}”。", f"Add the column '{column.title.en}'.")
    if meant is not None:
        remedy += Text(f"是否就是“{meant.header}”？", f" Is it '{meant.header}'?")
    return Fault(Text(f"缺少必需的列“{column.title.zh}”，全部行未接收",
                      f"the required column '{column.title.en}' is missing; no row was accepted"),
                 replace(place, column=column.title.zh), rule="missing_column", remedy=remedy)
