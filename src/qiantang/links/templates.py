"""Writes the workbook that a department fills in: one sheet a table, headers with units, notes, lists to choose from."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from qiantang.kernel.expressions.types import Kind
from qiantang.kernel.facts.schema import Column, Table, Value
from qiantang.kernel.units import ONE
from qiantang.kernel.words import Lang, Text, joined

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

Rows = Sequence[Mapping[str, Value]]

_NOTES = Text("说明", "README")
_CODES = Text("代码", "codes")
_YES_NO = Text("是", "yes"), Text("否", "no")
_LAST_ROW = 1_048_575
_KINDS = {
    Kind.NUMBER: Text("数字", "number"), Kind.FLAG: Text("是/否", "yes or no"), Kind.DAY: Text("日期，如 2022-01-31", "day, as 2022-01-31"),
    Kind.CODE: Text("文本", "text"), Kind.TEXT: Text("文本", "text"),
}
_ADVICE = (
    Text("每张表一个工作表；不用的表可以删除，列的次序可以调整。",
         "One sheet a table; delete sheets you do not need, order columns as you like."),
    Text("没有数据的单元格留空：空白表示“未知”，不是零。", "Leave a cell empty where there is no figure: empty means unknown, not zero."),
    Text("列名括号中的单位可以改成同类单位（如“元”“亿元”“m²”），读入时自动换算。",
         "The unit in a header may be changed to another of its kind (yuan, 100m yuan, m²); figures are converted."),
    Text("信用代码、编号按文本填写。深色列名为必填。", "Enter credit codes and ids as text. Dark headers are required."),
)


def header_of(column: Column, lang: Lang) -> str:
    """The header of a column: its title, with its unit where it has one."""
    title, unit = column.title.said(lang), column.unit.title.said(lang)
    if column.unit == ONE:
        return title
    return f"{title}（{unit}）" if lang == "zh" else f"{title} ({unit})"


def write_template(path: Path, tables: Sequence[Table], lang: Lang, filled: Mapping[str, Rows] | None = None) -> None:
    """Write the template, whole or not at all; ``filled`` gives rows of stored values for some tables by name."""
    import xlsxwriter

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with xlsxwriter.Workbook(str(part), {"default_date_format": "yyyy-mm-dd", "strings_to_formulas": False,
                                             "strings_to_urls": False}) as book:
            _Template(book, tables, lang).write(filled or {})
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


class _Template:
    def __init__(self, book: Workbook, tables: Sequence[Table], lang: Lang) -> None:
        self.book = book
        self.tables = tables
        self.lang = lang
        self.bold = book.add_format({"bold": True})
        self.wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        look = {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1}
        self.required = book.add_format({**look, "bg_color": "#1F4E79", "font_color": "#FFFFFF"})
        self.optional = book.add_format({**look, "bg_color": "#DDEBF7"})
        self.as_text = book.add_format({"num_format": "@"})
        self.as_day = book.add_format({"num_format": "yyyy-mm-dd"})
        self.as_number = book.add_format({"num_format": "#,##0.######"})
        self.as_whole = book.add_format({"num_format": "0"})

    def write(self, filled: Mapping[str, Rows]) -> None:
        """Notes first, then the tables, then the hidden lists that the sheets choose from."""
        self._notes(self.book.add_worksheet(_NOTES.said(self.lang)))
        sheets = [(table, self.book.add_worksheet(table.title.said(self.lang)[:31])) for table in self.tables]
        codes = self.book.add_worksheet(_CODES.said(self.lang))
        codes.hide()
        lists = 0
        for table, sheet in sheets:
            sheet.freeze_panes(1, len([k for k in table.key if k in (table.subject, table.period)]))
            sheet.set_row(0, 32)
            for at, column in enumerate(table.columns):
                sheet.write_string(0, at, header_of(column, self.lang),
                                   self.required if column.required or column.name in table.key else self.optional)
                sheet.set_column(at, at, max(10, min(24, len(header_of(column, self.lang)) * 2)), self._format(column))
                sheet.write_comment(0, at, self._comment(column), {"x_scale": 2})
                listed = [title.said(self.lang) for _, title in column.choices]
                if column.kind is Kind.FLAG:
                    listed = [word.said(self.lang) for word in _YES_NO]
                if listed:
                    codes.write_column(0, lists, listed)
                    source = f"='{codes.get_name()}'!{_absolute(lists)}$1:{_absolute(lists)}${len(listed)}"
                    sheet.data_validation(1, at, _LAST_ROW, at, {"validate": "list", "source": source})
                    lists += 1
            for number, row in enumerate(filled.get(table.name, ()), start=1):
                for at, column in enumerate(table.columns):
                    self._cell(sheet, number, at, column, row.get(column.name))

    def _notes(self, sheet: Worksheet) -> None:
        sheet.set_column(0, 2, 26)
        sheet.set_column(3, 3, 90)
        for number, advice in enumerate(_ADVICE):
            sheet.write_string(number, 0, advice.said(self.lang))
        number = len(_ADVICE) + 1
        for at, word in enumerate((Text("表", "table"), Text("列", "column"), Text("必填", "required"), Text("说明", "notes"))):
            sheet.write_string(number, at, word.said(self.lang), self.bold)
        for table in self.tables:
            for column in table.columns:
                number += 1
                needed = _YES_NO[0] if column.required or column.name in table.key else Text("", "")
                for at, cell in enumerate((table.title.said(self.lang), header_of(column, self.lang), needed.said(self.lang))):
                    sheet.write_string(number, at, cell)
                sheet.write_string(number, 3, self._comment(column), self.wrapped)

    def _comment(self, column: Column) -> str:
        parts = [_KINDS[column.kind]]
        if column.kind is Kind.NUMBER:
            if column.unit != ONE:
                parts.append(Text("单位：", "unit: ") + column.unit.title)
            if column.low is not None and column.high is not None:
                parts.append(Text(f"范围 {column.low:,f} 至 {column.high:,f}", f"from {column.low:,f} to {column.high:,f}"))
        if column.choices:
            parts = [Text("可填：", "one of: ") + joined([title for _, title in column.choices])]
        if column.note.zh:
            parts.append(column.note)
        if column.personal:
            parts.append(Text("个人信息", "personal"))
        if column.aliases:
            parts.append(Text("也认得：" + "、".join(column.aliases), "also known as: " + ", ".join(column.aliases)))
        return joined(parts, "；", "; ").said(self.lang)

    def _format(self, column: Column) -> Format:
        if column.kind is Kind.NUMBER:
            return self.as_whole if column.scale == 0 else self.as_number
        return self.as_day if column.kind is Kind.DAY else self.as_text

    def _cell(self, sheet: Worksheet, row: int, at: int, column: Column, value: Value) -> None:
        if value is None:
            return
        if isinstance(value, bool):
            sheet.write_string(row, at, _YES_NO[0 if value else 1].said(self.lang))
        elif isinstance(value, int):
            figure = column.type.decimal(value)
            # Excel keeps 15 digits of a number; a longer one is written as text, which the door reads as exactly.
            if len(figure.as_tuple().digits) > 15:
                sheet.write_string(row, at, f"{figure:f}", self.as_text)
            else:
                sheet.write_number(row, at, float(figure))
        elif isinstance(value, date):
            sheet.write_datetime(row, at, value, self.as_day)
        else:
            sheet.write_string(row, at, column.choice(value).said(self.lang), self.as_text)


def _absolute(column: int) -> str:
    """The letters of a column with a dollar sign before them."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"${letters}"
