"""The door in the browser: workbooks handed in, what was accepted and what kept out and why, and the assessment begun."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from qiantang.district.asking import Asking
from qiantang.district.assess import assess
from qiantang.district.intake import QUARANTINE, take_in
from qiantang.district.pages.showing import asking
from qiantang.district.receiving import TAKEN, receive
from qiantang.kernel.errors import FactsError
from qiantang.kernel.pages.blocks import Column, Drawn, Field, Folded, Form, Prose, Row, Section, Table
from qiantang.kernel.pages.declaring import Act, Ask, Doing, Done, Page, Upload
from qiantang.kernel.pages.values import Address, Amount, to
from qiantang.kernel.words import Lang, Text, same

_TITLE = Text("交来工作簿", "Hand in workbooks")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOST_CELLS = 200


def draw(ask: Ask) -> Drawn:
    """What was handed in last, file by file, and the ways to hand in more."""
    own = asking(ask)
    report = _last(own)
    hand_in = Section(_TITLE, (
        Form("hand-in", (Field("workbook", Text("工作簿（可多选）", "workbooks (several)"), "file", required=True,
                               note=Text("可交 " + "、".join(TAKEN) + "；同名文件将替换，原文件仍保留", "one of " + ", ".join(TAKEN)
                                         + "; a file of the same name is replaced, and kept")),), Text("交来", "Hand in")),), span=6)
    languages = (("zh", same("中文")), ("en", same("English")))
    confirm = Text("按现有事实重新评价，并据以开立案件", "judge everybody on the facts as known, and open cases on it")
    template = Section(Text("模板与评价", "Template and assessment"), (
        Form("template", (Field("lang", Text("表头语言", "language of the headers"), "choice", options=languages, now="zh"),),
             Text("下载填报模板", "Get the template")), Form("assess", (), Text("重新评价", "Assess anew"), confirm=confirm)), span=6)
    if report is None:
        first = Prose(((Text("先下载模板，填好后交来。", "Get the template, fill it in, hand it in."), None),))
        empty = Section(Text("尚未交来任何工作簿", "Nothing has been handed in yet"), (first,))
        return Drawn(_TITLE, (hand_in, template, empty))
    read, accepted, kept_out = report["read"], report["accepted"], report["quarantined"]
    title = Text(f"读入 {read:,} 行：接收 {accepted:,}，退回 {kept_out:,}", f"{read:,} rows read: {accepted:,} accepted, {kept_out:,} kept out")
    tables = {t.name: t.title for t in own.brain.workspace.house.tables}
    return Drawn(title, (hand_in, template, _files(report, tables), _cells(report), *_warnings(report)), as_of=own.today)


def _last(ask: Asking) -> dict[str, Any] | None:
    path = ask.brain.workspace.hidden / "intake.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def _said(told: Mapping[str, str] | None) -> Text:
    return same("") if told is None else Text(told["zh"], told["en"])


def _files(report: Mapping[str, Any], tables: Mapping[str, Text]) -> Section:
    columns = (Column("file", Text("文件", "file")), Column("sheet", Text("工作表", "sheet")), Column("table", Text("识别为", "read as")),
               Column("read", Text("读入", "read"), number=True), Column("accepted", Text("接收", "accepted"), number=True),
               Column("out", Text("退回", "kept out"), number=True), Column("unread", Text("未用到的列", "columns not used")))
    rows = []
    for file in report["files"]:
        if file.get("fault"):
            rows.append(Row((file["file"], "", _said(file["fault"]["message"]), "", "", "", ""), tone="alarm"))
        for sheet in file["sheets"]:
            unread = "；".join(_unread(u) for u in sheet.get("unread", []))
            rows.append(Row((file["file"], sheet["sheet"], tables.get(sheet.get("table") or "", "—"), Amount(sheet["read"]), Amount(sheet["accepted"]),
                             Amount(sheet["quarantined"]), unread), tone="watch" if sheet["quarantined"] else "plain"))
    return Section(Text("逐个文件", "File by file"), (Table("files", columns, tuple(rows)),), Text("接收 + 退回 = 读入", "accepted + kept out = read"))


def _unread(told: Any) -> str:
    return told if isinstance(told, str) else str(told.get("header", ""))


def _cells(report: Mapping[str, Any]) -> Section:
    columns = (Column("file", Text("文件", "file")), Column("sheet", Text("工作表", "sheet")), Column("row", Text("行", "row"), number=True),
               Column("column", Text("列", "column")), Column("value", Text("值", "value")), Column("why", Text("为什么", "why")),
               Column("remedy", Text("怎样改", "what to do")))
    rows = [Row((c["file"], c["sheet"], "" if c["row"] is None else Amount(c["row"]), c["column"], c["value"] or "", _said(c["message"]), _said(c["remedy"])))
            for file in report["files"] for sheet in file["sheets"] for c in (*sheet.get("faults", []), *sheet.get("cells", []))]
    blocks = (Table("cells", columns, tuple(rows[:_MOST_CELLS]), empty=Text("没有退回的行。", "No row was kept out.")),)
    offer = (Form("quarantine", (), Text("下载全部退回的行以便修改", "Get all rows kept out, to mend them")),) if report.get("quarantine") else ()
    return Section(Text("退回的行与原因", "Rows kept out, and why"), (*blocks, *offer))


def _warnings(report: Mapping[str, Any]) -> tuple[Section, ...]:
    found = report.get("warnings", [])
    if not found:
        return ()
    said = tuple((Text(f"{w['file']} {w['message']['zh']}", f"{w['file']} {w['message']['en']}"), None) for w in found)
    return (Section(Text(f"{len(found)} 条提醒", f"{len(found)} warnings"), (Folded(Text("查看", "show"), (Prose(said),)),)),)


# --- acts ---


def _hand_in(doing: Doing, values: Mapping[str, str | Upload]) -> Done:
    own = asking(doing)
    handed = [v for v in values.values() if isinstance(v, Upload)]
    if not handed:
        raise FactsError.of("没有选择文件", "no file was chosen", remedy=Text("请选择工作簿。", "Choose a workbook."))
    with own.brain.changing:
        names = [receive(own.brain.workspace, upload.name, upload.content) for upload in handed]
        report = take_in(own.brain.workspace, own.today, own.duckdb)
    own.log("facts.handed-in", "door", {"files": names, "read": report.read, "accepted": report.accepted})
    said = Text(f"已收到 {len(names)} 个文件；读入 {report.read:,} 行，接收 {report.accepted:,}，退回 {report.quarantined:,}。",
                f"{len(names)} files taken: {report.read:,} rows read, {report.accepted:,} accepted, {report.quarantined:,} kept out.")
    return Done(to("door"), said)


def _assess(doing: Doing, values: Mapping[str, str | Upload]) -> Done:
    del values
    own = asking(doing)
    with own.brain.changing:
        done = assess(own.brain.workspace, own.duckdb, known_at=own.today, at=own.brain.now, actor=own.actor)
    fresh = sum(1 for run in done.runs if run.fresh)
    opened = sum(len(a.applied.opened) for a in done.applied)
    return Done(to("evaluation"), Text(f"已按 {len(done.runs)} 部规则评价（{fresh} 部有变化），新开 {opened} 件案件。",
                                       f"Judged by {len(done.runs)} rulebooks ({fresh} changed); {opened} cases opened."))


def _template(doing: Doing, values: Mapping[str, str | Upload]) -> Done:
    own = asking(doing)
    from qiantang.links.templates import write_template

    lang: Lang = "en" if values.get("lang") == "en" else "zh"
    with TemporaryDirectory() as folder:
        path = Path(folder) / "template.xlsx"
        write_template(path, own.brain.workspace.house.tables, lang)
        content = path.read_bytes()
    return Done(Address("door"), same(""), ("qiantang-template.xlsx", _XLSX, content))


def _quarantine(doing: Doing, values: Mapping[str, str | Upload]) -> Done:
    del values
    path = asking(doing).brain.workspace.hidden / QUARANTINE
    if not path.is_file():
        raise FactsError.of("没有退回的行", "no row was kept out")
    return Done(Address("door"), same(""), (QUARANTINE, _XLSX, BytesIO(path.read_bytes()).getvalue()))


PAGE = Page("door", _TITLE, draw, needs="configure", menu=60, acts=(
    Act("hand-in", Text("交来工作簿", "hand in workbooks"), "configure", _hand_in), Act("assess", Text("重新评价", "assess anew"), "configure", _assess),
    Act("template", Text("下载模板", "get the template"), "configure", _template),
    Act("quarantine", Text("下载退回的行", "get the rows kept out"), "configure", _quarantine)))
