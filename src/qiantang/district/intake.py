"""Takes a folder of workbooks through the door: files are opened, sheets checked, and what is new is stored."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from qiantang.district.workspace import Workspace, write_whole
from qiantang.engines.duckdb import DuckDBEngine
from qiantang.engines.duckdb_door.door import Door
from qiantang.kernel.errors import FactsError, Fault, Place, QiantangError
from qiantang.kernel.facts.intake import FileIntake, IntakeReport, SheetIntake
from qiantang.kernel.facts.schema import Table
from qiantang.kernel.words import Text
from qiantang.links.files import handed_in, readable, sheets_of

Progress = Callable[[str, int, int], None]
"""Told before each file: its name, how many are done, how many there are."""


def read_folder(directory: Path, tables: Sequence[Table], store: Path, known_at: date, progress: Progress | None = None,
                engine: DuckDBEngine | None = None) -> IntakeReport:
    """Read every workbook below a directory into the store, as known from that day.

    A file that cannot be opened is a fault of its own and the others go on. Either all that is new is stored or, where
    the run is broken off, nothing. FactsError where there is no such directory.
    """
    files = handed_in(directory)
    own = engine or DuckDBEngine()
    door = Door(own, tables, store, known_at)
    try:
        opened: list[tuple[str, int, Fault | None, Text | None]] = []
        for number, path in enumerate(files):
            name = path.relative_to(directory).as_posix()
            if progress is not None:
                progress(name, number, len(files))
            opened.append(_taken(path, name, door))
        sheets = iter(door.closed())
        reports = tuple(FileIntake(name, _next(sheets, count), fault, aside) for name, count, fault, aside in opened)
        quarantine = store / "quarantine" / f"{known_at}.parquet"
        kept = door.write_quarantine(quarantine)
        if progress is not None:
            progress("", len(files), len(files))
        return IntakeReport(known_at, reports, tuple(door.warnings), str(quarantine) if kept else "")
    finally:
        if engine is None:
            own.close()
        else:
            door.cleared()


def take_in(workspace: Workspace, known_at: date, engine: DuckDBEngine, progress: Progress | None = None) -> IntakeReport:
    """Read a workspace's folder into its own store; the report is kept as ``intake.json`` beside it. FactsError where no row was accepted;
    a folder in which no sheet is one of a district's is the wrong one, and nothing is left there."""
    fresh = not workspace.hidden.exists()
    report = read_folder(workspace.folder, workspace.house.tables, workspace.hidden, known_at, progress, engine)
    if fresh and _of_no_district(report):
        shutil.rmtree(workspace.hidden, ignore_errors=True)
        report = replace(report, quarantine="")
    else:
        report = _listed(report, workspace.hidden / QUARANTINE, engine)
    _refuse_nothing(report, workspace)
    if not report.accepted and not any(workspace.facts.glob("*/*.parquet")):
        raise FactsError(*(report.faults or (_empty(workspace),)))
    kept = replace(report, quarantine=QUARANTINE if report.quarantine else "")
    write_whole(workspace.hidden / "intake.json", json.dumps(kept.to_json(), ensure_ascii=False, indent=1))
    return report


def look_over(workspace: Workspace, known_at: date, engine: DuckDBEngine, progress: Progress | None = None) -> IntakeReport:
    """Read a folder without keeping any fact of it; only the workbook of quarantined cells is written."""
    with tempfile.TemporaryDirectory(prefix="qiantang-check-") as scratch:
        report = read_folder(workspace.folder, workspace.house.tables, Path(scratch), known_at, progress, engine)
        _refuse_nothing(report, workspace)
        if not workspace.hidden.exists() and _of_no_district(report):
            return replace(report, quarantine="")
        return _listed(report, workspace.hidden / QUARANTINE, engine)


def _of_no_district(report: IntakeReport) -> bool:
    """Whether no sheet of any file is of a table that the district knows."""
    return all(sheet.table is None for file in report.files for sheet in file.sheets)


def _refuse_nothing(report: IntakeReport, workspace: Workspace) -> None:
    """A folder in which there is no workbook at all is the wrong one."""
    if all(f.left_aside is not None for f in report.files):
        raise FactsError(_nothing(workspace))


def _nothing(workspace: Workspace) -> Fault:
    return Fault(Text("文件夹中没有可读的工作簿", "the folder holds no workbook that can be read"), Place(str(workspace.folder)), rule="workbooks",
                 remedy=Text("放入 .xlsx、.csv 或 .parquet 文件；模板：qiantang template PATH。",
                             "Put .xlsx, .csv or .parquet files there; for a template: qiantang template PATH."))


def _empty(workspace: Workspace) -> Fault:
    return Fault(Text("工作簿中没有填写任何一行", "no row is filled in in any workbook"), Place(str(workspace.folder)), rule="rows",
                 remedy=Text("填写后再评价；qiantang check 会说明读到了什么。", "Fill in rows, then assess; qiantang check says what was read."))


QUARANTINE = "quarantine.xlsx"
"""Every quarantined cell with its reason, for the department that mends it."""


def _listed(report: IntakeReport, to: Path, engine: DuckDBEngine) -> IntakeReport:
    """The report with its quarantine as a workbook that people open."""
    if not report.quarantine:
        to.unlink(missing_ok=True)
        return report
    from qiantang.links.exports import write_workbook

    rows = engine.rows(f"SELECT * FROM {engine.parquet([Path(report.quarantine)])} AS q")
    headers = list(rows[0]) if rows else []
    write_workbook(to, [("quarantine", headers, ([row[h] for h in headers] for row in rows))])
    return replace(report, quarantine=str(to))


def _taken(path: Path, name: str, door: Door) -> tuple[str, int, Fault | None, Text | None]:
    """Take a file's sheets in: its name, how many they were, and why it could not be opened or was left aside."""
    if not readable(path):
        return name, 0, None, Text("不是工作簿、CSV 或 Parquet，未读", "no workbook, CSV or Parquet; not read")
    count = 0
    try:
        for sheet in sheets_of(path, name):
            door.take(sheet)
            count += 1
    except QiantangError as wrong:
        fault = wrong.faults[0]
        return name, count, fault if fault.place.file else Fault(fault.message, Place(name), fault.value, "unreadable", fault.remedy), None
    return name, count, None, None


def _next(sheets: Iterator[SheetIntake], count: int) -> tuple[SheetIntake, ...]:
    return tuple(next(sheets) for _ in range(count))
