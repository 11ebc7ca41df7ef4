"""A page's table as a file to take away: CSV, Excel or Parquet, with no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, cast, get_args

from qiantang.engines.duckdb import DuckDBEngine
from qiantang.kernel.pages.blocks import Drawn, Folded, Table
from qiantang.kernel.pages.values import Amount, Cell, Link, Mark
from qiantang.kernel.words import Lang, Text

FileForm = Literal["csv", "xlsx", "parquet"]
FILE_FORMS: tuple[FileForm, ...] = get_args(FileForm)
MEDIA_TYPES: dict[FileForm, str] = {
    "csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_RUNS = ("=", "+", "-", "@", "\t", "\r", "|")
Written = str | Decimal | date | bool | None


def tables_of(drawn: Drawn) -> Iterator[Table]:
    """The tables of a page, those behind a heading too."""
    waiting: list[object] = [block for section in drawn.sections for block in section.blocks]
    while waiting:
        block = waiting.pop(0)
        if isinstance(block, Table):
            yield block
        elif isinstance(block, Folded):
            waiting += block.blocks


def written(table: Table, form: FileForm, lang: Lang) -> bytes:
    """The table's rows in a file."""
    heads = [_head(table, n, lang) for n in range(len(table.columns))]
    rows = [[_value(cell, lang) for cell in row.cells] for row in table.rows]
    if form == "csv":
        return _csv(heads, rows)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"table.{form}"
        if form == "xlsx":
            _xlsx(path, heads, rows)
        else:
            _parquet(path, heads, rows)
        return path.read_bytes()


def harmless(value: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(_RUNS) else value


def _head(table: Table, number: int, lang: Lang) -> str:
    column = table.columns[number]
    unit = column.unit.said(lang)
    return column.title.said(lang) + (f" ({unit})" if unit else "")


def _value(cell: Cell, lang: Lang) -> Written:
    if isinstance(cell, Amount):
        return None if cell.value is None else Decimal(cell.value)
    if isinstance(cell, Mark):
        return cell.code or cell.said.said(lang)
    if isinstance(cell, Link):
        return cell.said.said(lang)
    if isinstance(cell, Text):
        return cell.said(lang)
    return cell.isoformat() if isinstance(cell, datetime) else cell


def _csv(heads: Sequence[str], rows: Sequence[Sequence[Written]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([harmless(head) for head in heads])
    for row in rows:
        writer.writerow(["" if cell is None else harmless(cell) if isinstance(cell, str) else format(cell, "f") if isinstance(cell, Decimal)
                         else cell for cell in row])
    # Excel takes a CSV for UTF-8 only with this mark before it.
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _xlsx(path: Path, heads: Sequence[str], rows: Sequence[Sequence[Written]]) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True})
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    head = book.add_format({"bold": True})
    for column, title in enumerate(heads):
        sheet.write_string(0, column, title, head)
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            if isinstance(cell, bool):
                sheet.write_boolean(number, column, cell)
            elif isinstance(cell, Decimal):
                sheet.write_number(number, column, float(cell))
            elif isinstance(cell, date):
                sheet.write_datetime(number, column, datetime(cell.year, cell.month, cell.day), day)  # noqa: DTZ001  # a day in a sheet has no zone
            elif cell is not None:
                sheet.write_string(number, column, cell)
    book.close()


def _parquet(path: Path, heads: Sequence[str], rows: Sequence[Sequence[Written]]) -> None:
    engine = DuckDBEngine(threads=1)
    try:
        d = engine.dialect
        with TemporaryDirectory() as folder:
            source = Path(folder) / "table.csv"
            with source.open("w", encoding="utf-8", newline="") as file:
                out = csv.writer(file)
                out.writerow([f"c{n}" for n in range(len(heads))])
                for row in rows:
                    out.writerow(["" if cell is None else format(cell, "f") if isinstance(cell, Decimal) else cell for cell in row])
            kinds = [_kind([row[n] for row in rows]) for n in range(len(heads))]
            told = ", ".join(f"'c{n}': '{kind}'" for n, kind in enumerate(kinds))
            names = _distinct(heads)
            shown = ", ".join(f"c{n} AS {d.quoted(name)}" for n, name in enumerate(names)) or "1 AS nothing"
            engine.write(f"SELECT {shown} FROM read_csv({d.string(str(source))}, header=true, nullstr='', columns={{{told}}})", path)
    finally:
        engine.close()


def _kind(cells: Sequence[Written]) -> str:
    """The narrowest type that holds a column exactly."""
    found = [cell for cell in cells if cell is not None]
    if found and all(isinstance(cell, bool) for cell in found):
        return "BOOLEAN"
    if found and all(isinstance(cell, Decimal) for cell in found):
        scale = max(0, *(-int(cast(Decimal, cell).as_tuple().exponent) for cell in found))
        return f"DECIMAL(38, {min(scale, 18)})"
    if found and all(isinstance(cell, date) for cell in found):
        return "DATE"
    return "VARCHAR"


def _distinct(heads: Sequence[str]) -> list[str]:
    found: list[str] = []
    for head in heads:
        found.append(head if head not in found else f"{head} {len(found)}")
    return found
