"""Draws what became of the files handed in: per file and sheet what was read, kept out, not understood, and why."""

from __future__ import annotations

from collections.abc import Iterator

from qiantang.cli.language import said, told
from qiantang.cli.screen import Screen
from qiantang.kernel.errors import Fault
from qiantang.kernel.facts.intake import FileIntake, IntakeReport, SheetIntake
from qiantang.kernel.words import Text, preferred_lang

_SHOWN, _BRIEF = 20, 4


def draw_intake(screen: Screen, report: IntakeReport, brief: bool = False) -> None:
    """The whole report; ``brief`` leaves out the sheets, and shows the first few faults only."""
    files, most = report.files, _BRIEF if brief else _SHOWN
    screen.line(said(f"{len(report.files)} 个文件，读入 {report.read:,} 行：接受 {report.accepted:,}，隔离 {report.quarantined:,}。",
                     f"{len(report.files)} files, {report.read:,} rows read: {report.accepted:,} accepted, {report.quarantined:,} quarantined."))
    if not brief:
        screen.table([said("文件", "file"), said("工作表", "sheet"), said("数据表", "table"), said("读入", "read"), said("接受", "accepted"),
                      said("隔离", "quarantined")], [row for file in files for row in _rows(file)], right=[3, 4, 5])
    unread = [line for file in files for sheet in file.sheets for line in _unread(sheet)]
    if unread:
        screen.heading(said("未读的列", "Columns not read"))
        screen.faults(unread[:most], max(0, len(unread) - most))
    if report.faults:
        total = sum(1 for f in report.files if f.fault) + sum(len(s.faults) + s.cells_total for f in report.files for s in f.sheets)
        screen.heading(said(f"需要处理（{total:,} 处）", f"To be mended ({total:,})"))
        screen.faults([_said(f) for f in report.faults[:most]], max(0, total - most))
    if report.warnings:
        screen.heading(said(f"请留意（{len(report.warnings):,} 处，不影响读入）", f"Worth a look ({len(report.warnings):,}; nothing is kept out)"))
        screen.faults([_said(w) for w in report.warnings[:most]], max(0, len(report.warnings) - most))
    if report.quarantine:
        screen.note(said(f"全部隔离单元格及原因：{report.quarantine}", f"Every quarantined cell with its reason: {report.quarantine}"))


def _rows(file: FileIntake) -> Iterator[list[str]]:
    if file.fault is not None:
        yield [file.file, "", said("无法打开", "cannot be opened"), "", "", ""]
    elif file.left_aside is not None:
        yield [file.file, "", told(file.left_aside), "", "", ""]
    for number, sheet in enumerate(file.sheets):
        yield ["" if number else file.file, sheet.sheet, sheet.table or said("未识别", "not recognised"), f"{sheet.read:,}", f"{sheet.accepted:,}",
               f"{sheet.quarantined:,}" if sheet.quarantined else ""]


def _unread(sheet: SheetIntake) -> Iterator[str]:
    for header in sheet.unread:
        where = f"{sheet.file}{'，' if preferred_lang() == 'zh' else ', '}{sheet.sheet}" if sheet.sheet else sheet.file
        meant = "" if header.suggestion is None else told(Text("；是否为：", "; did you mean: ") + header.suggestion)
        yield said(f"{where}：“{header.header}”{header.why.zh}{meant}", f"{where}: '{header.header}' {header.why.en}{meant}")


def _said(fault: Fault) -> str:
    return fault.said(preferred_lang())
