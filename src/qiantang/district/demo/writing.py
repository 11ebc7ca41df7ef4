"""Writes the departments' sheets as workbooks, CSV or Parquet files; the same content always gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from qiantang.district.demo.dirt import LaidSheet

if TYPE_CHECKING:
    import duckdb

Form = Literal["xlsx", "csv", "parquet"]
FORMS: tuple[Form, ...] = ("xlsx", "csv", "parquet")
MOST_ROWS = 1_048_576
"""Rows an Excel sheet can hold."""

_MADE = datetime(2022, 4, 1)  # noqa: DTZ001  a workbook's stamp has no zone; fixed, so that files are alike
_AT_ONCE = 5_000


def write_workbook(connection: duckdb.DuckDBPyConnection, path: Path, sheets: Sequence[LaidSheet]) -> None:
    """One workbook of a department, row by row, so that a large one fits into little memory."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "in_memory": False, "strings_to_numbers": False,
                                         "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": "示范数据 / demonstration data", "created": _MADE})
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        for laid in sheets:
            page = book.add_worksheet(laid.name)
            for at, line in enumerate(laid.sheet.above):
                page.write_string(at, 0, line)
            headers = [h.written(laid.with_note) for h in laid.sheet.headings]
            top = len(laid.sheet.above)
            for column, header in enumerate(headers):
                page.write_string(top, column, header, bold)
            for row, values in enumerate(_rows(connection, laid, headers), start=top + 1):
                for column, value in enumerate(values):
                    if value is None:
                        continue
                    if isinstance(value, str):
                        page.write_string(row, column, value)
                    elif isinstance(value, date):
                        page.write_datetime(row, column, value, day)
                    else:
                        page.write_number(row, column, value)


def _rows(connection: duckdb.DuckDBPyConnection, laid: LaidSheet, headers: Sequence[str]) -> Iterable[Sequence[Any]]:
    kinds = {str(name): str(kind) for name, kind, *_ in connection.execute(f"DESCRIBE {laid.table}").fetchall()}
    columns = ", ".join(f'CAST("{h}" AS DOUBLE) AS "{h}"' if kinds[h].startswith("DECIMAL") else f'"{h}"' for h in headers)
    found = connection.execute(f"SELECT _at, {columns} FROM {laid.table} ORDER BY _at")
    texts: dict[int, dict[int, str]] = {}
    for (at, header), words in laid.texts.items():
        texts.setdefault(at, {})[headers.index(header)] = words
    while rows := found.fetchmany(_AT_ONCE):
        for at, *values in rows:
            if at in texts:
                for column, words in texts[at].items():
                    values[column] = words
            yield values


def write_columnar(connection: duckdb.DuckDBPyConnection, path: Path, laid: LaidSheet, form: Form) -> None:
    """One sheet as a CSV or Parquet file."""
    spoken: dict[str, list[tuple[int, str]]] = {}
    for (at, header), words in laid.texts.items():
        spoken.setdefault(header, []).append((at, words))
    columns = []
    for heading in laid.sheet.headings:
        header = heading.written(laid.with_note)
        quoted = f'"{header}"'
        if header in spoken:
            cases = " ".join(f"WHEN {at} THEN '{words}'" for at, words in sorted(spoken[header]))
            quoted = f"CASE _at {cases} ELSE CAST({quoted} AS VARCHAR) END AS {quoted}"
        columns.append(quoted)
    how = "FORMAT csv, HEADER" if form == "csv" else "FORMAT parquet, COMPRESSION zstd"
    connection.execute(f"COPY (SELECT {', '.join(columns)} FROM {laid.table} ORDER BY _at) TO '{path}' ({how})")
