"""Writes a table of results as Excel or CSV, whole or not at all."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from qiantang.kernel.errors import FactsError, Place
from qiantang.kernel.words import Text

Cell = Decimal | int | bool | str | date | None

_MOST_ROWS = 1_048_575
_EXACT_DIGITS = 15


def write_csv(path: Path, headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write CSV in UTF-8 with the mark by which Excel knows it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(headers)
            writer.writerows([_as_text(cell) for cell in row] for row in rows)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_workbook(path: Path, sheets: Sequence[tuple[str, Sequence[str], Iterable[Sequence[Cell]]]]) -> None:
    """Write sheets, each with its name, headers and rows; a sheet takes no more rows than Excel opens."""
    import xlsxwriter

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    settings = {"constant_memory": True, "default_date_format": "yyyy-mm-dd", "strings_to_formulas": False, "strings_to_urls": False}
    try:
        with xlsxwriter.Workbook(str(part), settings) as book:
            bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
            for name, headers, rows in sheets:
                sheet = book.add_worksheet(name)
                sheet.freeze_panes(1, 2)
                sheet.set_column(0, max(len(headers) - 1, 0), 16)
                sheet.write_row(0, 0, headers, bold)
                for number, row in enumerate(rows, start=1):
                    if number > _MOST_ROWS:
                        raise FactsError.of(f"超过 Excel 的 {_MOST_ROWS:,} 行", f"more than Excel's {_MOST_ROWS:,} rows", place=Place(str(path)),
                                            remedy=Text("请改用 parquet 或 csv。", "Take parquet or csv."))
                    for place, cell in enumerate(row):
                        if cell is not None:
                            sheet.write(number, place, _as_cell(cell))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _as_text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def _as_cell(cell: Cell) -> float | int | bool | str | date:
    """A figure as Excel keeps it, or as text where Excel would lose its last digits."""
    if isinstance(cell, Decimal):
        return float(cell) if len(cell.normalize().as_tuple().digits) <= _EXACT_DIGITS else f"{cell:f}"
    return "" if cell is None else cell
