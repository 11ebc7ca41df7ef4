"""Headers are recognised as departments write them; what is not recognised is listed, with what it may have meant."""

import pytest

from qiantang.kernel.facts.headers import Headers, Layout
from qiantang.kernel.units import unit
from qiantang.links.templates import header_of
from qiantang.registers import REGISTERS

HEADERS = Headers(REGISTERS)
CODE = "统一社会信用代码"


def laid_out(*header: str, sheet: str = "Sheet1", file: str = "a.xlsx", above: tuple[tuple[object, ...], ...] = ()) -> Layout:
    layout = HEADERS.recognised(file, sheet, [*above, header])
    assert layout is not None
    return layout


def given(layout: Layout) -> dict[str, str]:
    return {h.column.name: h.unit.title.zh if h.unit else "" for h in layout.headed}


@pytest.mark.parametrize(("header", "name", "written"), [
    ("实缴税金", "tax_paid_wan", ""), ("实缴税金(元)", "tax_paid_wan", "元"),
    ("实缴税金（万元）", "tax_paid_wan", "万元"), ("实缴税金[亿元]", "tax_paid_wan", "亿元"),
    ("入库税收 （单位：千元）", "tax_paid_wan", "千元"), ("*实缴税金\n(万元)", "tax_paid_wan", "万元"),
    ("实缴税金/元", "tax_paid_wan", "元"), ("tax paid (yuan)", "tax_paid_wan", "元"),
    ("Tax Paid", "tax_paid_wan", ""), ("tax_paid_wan", "tax_paid_wan", ""),
    ("研发经费（统计口径）(元)", "rd_statistical_wan", "元"), ("R&D经费", "rd_statistical_wan", ""),
    ("用电量(万千瓦时)", "electricity_kwh", "万kWh"), ("用电量（KWh）", "electricity_kwh", "kWh"),
    ("用水量(㎥)", "water_m3", "m³"), ("国内细分市场占有率(%)", "niche_share_national", "%"),
    ("2022年实缴税金(元)", "tax_paid_wan", "元"), ("实缴税金(2022年)", "tax_paid_wan", ""),
])
def test_a_header_is_recognised(header: str, name: str, written: str) -> None:
    assert given(laid_out(CODE, "年度", header)) == {"uscc": "", "year": "", name: unit(written).title.zh if written else ""}


def test_every_header_of_the_template_is_recognised_in_both_languages() -> None:
    for table in REGISTERS:
        for lang in ("zh", "en"):
            layout = laid_out(*(header_of(c, lang) for c in table.columns), sheet=table.title.said(lang))
            assert layout.table is table
            assert [h.column for h in layout.headed] == list(table.columns)


def test_names_are_not_shared_by_two_columns_of_a_table() -> None:
    for table in REGISTERS:
        for column in table.columns:
            for name in (column.name, column.title.zh, column.title.en, *column.aliases):
                assert [h.column.name for h in laid_out(name, sheet=table.name).headed] == [column.name], f"{table.name}: {name}"


def test_the_header_stands_below_title_rows() -> None:
    layout = laid_out(CODE, "年度", "实缴税金", above=(("2022年度税收情况表", None), (None, None), ("填报单位：税务局", "")))
    assert layout.header_row == 3


def test_a_unit_above_the_header_counts_for_columns_of_its_measure_without_their_own() -> None:
    layout = laid_out(CODE, "年度", "实缴税金", "营业收入(万元)", "用水量", above=(("单位：元", None, None),))
    assert given(layout) == {"uscc": "", "year": "", "tax_paid_wan": "元", "revenue_wan": "万元", "water_m3": ""}


@pytest.mark.parametrize(("file", "sheet", "year"), [
    ("税务局.xlsx", "2022", 2022), ("2021年税收.xlsx", "Sheet1", 2021), ("2020-2022.xlsx", "2021年", 2021),
    ("2020-2022.xlsx", "Sheet1", None), ("a.xlsx", "b", None),
])
def test_the_year_comes_from_the_nearest_title_that_names_just_one(file: str, sheet: str, year: int | None) -> None:
    layout = laid_out(CODE, "实缴税金", sheet=sheet, file=file)
    assert layout.year == year
    assert [c.name for c in layout.missing] == ([] if year else ["year"])


def test_an_unknown_column_is_listed_with_what_it_may_have_meant() -> None:
    layout = laid_out(CODE, "年度", "实缴税金", "实缴税收额", "颜色")
    assert [(u.header, u.suggestion.zh if u.suggestion else None) for u in layout.unread] == [("实缴税收额", "实缴税金"), ("颜色", None)]


def test_a_column_of_another_table_is_said_to_be_one() -> None:
    layout = laid_out(CODE, "年度", "实缴税金", "法定代表人", "企业名称")
    assert {u.header: u.why.en for u in layout.unread}["企业名称"] == "belongs to the table 'enterprises'; not read here"


def test_a_unit_of_another_measure_is_a_fault_of_its_column() -> None:
    layout = laid_out(CODE, "年度", "实缴税金(亩)", "营业收入")
    assert "tax_paid_wan" not in given(layout)
    assert [f.rule for f in layout.faults] == ["unit"]


def test_words_in_brackets_that_change_the_meaning_are_not_read_over() -> None:
    layout = laid_out(CODE, "年度", "实缴税金（含附加）")
    assert [(u.header, u.suggestion.zh if u.suggestion else None) for u in layout.unread] == [("实缴税金（含附加）", "实缴税金")]


def test_a_fact_given_twice_is_read_once_and_said() -> None:
    layout = laid_out(CODE, "年度", "入库税收", "实缴税金")
    assert [h.header for h in layout.headed] == [CODE, "年度", "实缴税金"]
    assert [u.header for u in layout.unread] == ["入库税收"]


def test_the_sheets_name_decides_between_tables_alike() -> None:
    assert laid_out(CODE, "企业名称", sheet="企业名录").table.name == "enterprises"
    assert laid_out("机构编号", "机构名称", "机构类型").table.name == "organisations"


def test_a_sheet_that_resembles_no_table_is_not_forced_into_one() -> None:
    assert HEADERS.recognised("a.xlsx", "食堂", [["菜名", "价格", "星期"], ["鱼", 12, "一"]]) is None
    assert HEADERS.recognised("a.xlsx", "空", []) is None
