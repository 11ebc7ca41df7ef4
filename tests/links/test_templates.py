"""The template asks for every fact in words an official knows, and what is filled in comes back whole."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from qiantang.district.intake import read_folder
from qiantang.engines.duckdb import DuckDBEngine
from qiantang.engines.duckdb_vintages import Vintages
from qiantang.kernel.expressions.types import Kind
from qiantang.kernel.facts.identity import check_character
from qiantang.kernel.facts.schema import Column, Table, Value
from qiantang.kernel.words import Lang
from qiantang.links.files import sheets_of
from qiantang.links.templates import header_of, write_template
from qiantang.registers import REGISTERS

DAY = date(2023, 4, 1)
MODESTLY = settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_template_has_a_sheet_a_table_with_every_column_and_nothing_filled_in(tmp_path: Path, lang: Lang) -> None:
    write_template(tmp_path / "t.xlsx", REGISTERS, lang)
    sheets = list(sheets_of(tmp_path / "t.xlsx", "t.xlsx"))
    assert [s.name for s in sheets] == [t.title.said(lang) for t in REGISTERS]
    for sheet, table in zip(sheets, REGISTERS, strict=True):
        assert [list(row) for row in sheet.rows] == [[header_of(c, lang) for c in table.columns]]


def test_an_empty_template_is_read_without_a_word(tmp_path: Path) -> None:
    write_template(tmp_path / "in" / "t.xlsx", REGISTERS, "zh")
    report = read_folder(tmp_path / "in", REGISTERS, tmp_path / "store", DAY)
    assert (report.read, report.faults, report.warnings) == (0, (), ())


def test_the_unit_stands_in_the_header() -> None:
    by_name = {c.name: c for t in REGISTERS for c in t.columns}
    assert header_of(by_name["tax_paid_wan"], "zh") == "实缴税金（万元）"
    assert header_of(by_name["tax_paid_wan"], "en") == "tax paid (10k yuan)"
    assert header_of(by_name["name"], "zh") != ""


def values(column: Column) -> st.SearchStrategy[Value]:
    """Any value that the column may hold."""
    if column.check == "uscc":
        return st.integers(0, 10**9 - 1).map(lambda n: f"91330114{n:09d}").map(lambda body: body + check_character(body))
    if column.choices:
        return st.sampled_from([code for code, _ in column.choices])
    match column.kind:
        case Kind.NUMBER:
            return st.integers(column.type.low, column.type.high)
        case Kind.FLAG:
            return st.booleans()
        case Kind.DAY:
            return st.dates(date(1950, 1, 1), date(2100, 1, 1))
        case Kind.CODE:
            return st.from_regex(r"[0-9A-Z]{1,3}-[0-9]{3}", fullmatch=True)
        case Kind.TEXT:
            return st.from_regex(r"示例[一-十甲-癸=+#]{1,5}", fullmatch=True)


@pytest.mark.parametrize("table", REGISTERS, ids=lambda t: t.name)
@MODESTLY
@given(data=st.data())
def test_what_is_filled_in_comes_back_whole(tmp_path_factory: pytest.TempPathFactory, table: Table, data: st.DataObject) -> None:
    root = tmp_path_factory.mktemp("template")
    row = {c.name: data.draw(st.one_of(values(c), *([] if c.required else [st.none()]))) for c in table.columns}
    for check in table.checks:
        if not table.column(check.column).required:
            row[check.column] = None
    assume(row.get("landlord_uscc", "") != row.get("tenant_uscc"))
    lang: Lang = data.draw(st.sampled_from(["zh", "en"]))
    write_template(root / "in" / "t.xlsx", [table], lang, {table.name: [row]})
    engine = DuckDBEngine(threads=1)
    report = read_folder(root / "in", REGISTERS, root / "store", DAY, engine=engine)
    assert [f.said("en") for f in report.faults] == []
    names = ", ".join(f'"{c.name}"' for c in table.columns)
    back = engine.execute(f"SELECT {names} FROM {Vintages(engine, root / 'store').relation(table, DAY)}")
    engine.close()
    assert back == [tuple(row.values())]
