"""A table taken away says the same as the page, and no cell of it is a formula."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from qiantang.kernel.pages.blocks import Column, Row, Table
from qiantang.kernel.pages.values import Amount, Mark
from qiantang.kernel.words import Text, same
from qiantang.web.exporting import FILE_FORMS, FileForm, harmless, written
from tests.web.conftest import Web

TABLE = Table("t", (Column("a", Text("名称", "name")), Column("b", Text("税", "tax"), Text("万元", "10k yuan"), True), Column("c", same("c"))), (
    Row((same("=cmd|'/c calc'!A1"), Amount(Decimal("12.50")), Mark(Text("甲", "A"), code="A"))), Row(("@x", Amount(None), True)),
    Row(("+1", Amount(Decimal(-3)), None))))


def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless() -> None:
    rows = list(csv.reader(io.StringIO(written(TABLE, "csv", "en").decode("utf-8-sig"))))
    assert rows == [["name", "tax (10k yuan)", "c"], ["'=cmd|'/c calc'!A1", "12.50", "A"], ["'@x", "", "True"], ["'+1", "-3", ""]]
    assert harmless("plain") == "plain"


def test_excel_keeps_texts_as_texts_and_figures_as_figures() -> None:
    from python_calamine import CalamineWorkbook

    rows = CalamineWorkbook.from_filelike(io.BytesIO(written(TABLE, "xlsx", "zh"))).get_sheet_by_index(0).to_python()
    assert rows[0] == ["名称", "税 (万元)", "c"]
    assert rows[1] == ["=cmd|'/c calc'!A1", 12.5, "A"]


def test_parquet_keeps_figures_exact(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(written(TABLE, "parquet", "en"))
    found = duckdb.execute(f"SELECT * FROM '{path}'").fetchall()
    assert [row[1] for row in found] == [Decimal("12.50"), None, Decimal(-3)]


@pytest.mark.parametrize("form", FILE_FORMS)
def test_the_whole_list_is_taken_away_and_only_what_one_may_see(web: Web, form: FileForm) -> None:
    many = {}
    for person in ("director", "officer"):
        answer = web.as_(person).get(f"/take/evaluation?rulebook=mu/huangyan-2022&table=evaluation&form={form}")
        assert answer.status_code == 200
        if form == "csv":
            many[person] = answer.text.count("\n") - 1
    assert form != "csv" or many == {"director": 60, "officer": 20}
