"""A cell is read for what it says: units, full-width digits and brackets are understood, guesses are not made."""

from datetime import date
from decimal import Decimal

import pytest

from qiantang.kernel.facts.cells import Reading, Why, read_cell
from qiantang.kernel.facts.schema import area, code, day, flag, money, quantity, ratio, text, year
from qiantang.kernel.units import unit
from qiantang.kernel.words import Text

TAX = money("tax_wan", "税", "tax")
PROFIT = money("profit_wan", "利润", "profit", low=None)
LAND = area("land_mu", "地", "land")
SHARE = ratio("share", "占比", "share")
POWER = quantity("power_kwh", "电", "power", "kWh", scale=2)
DAY = day("on", "日", "day")
FLAG = flag("is", "是", "is")
LEVEL = code("level", "级别", "level", (("national", Text("国家级", "national")), ("none", Text("无", "none"))))
ID = code("id", "编号", "id")
USCC = code("uscc", "代码", "code", check="uscc")


@pytest.mark.parametrize(("raw", "stored"), [
    ("36", 36_000_000), ("36.5", 36_500_000), (" 1,234.5 ", 1_234_500_000), ("１２．５", 12_500_000), ("1e3", 1_000_000_000),
    ("¥3", 3_000_000), ("0", 0), ("-0", 0), ("＋2", 2_000_000), (".5", 500_000), ("12万元", 12_000_000), ("5元", 500),
    ("1.2亿元", 12_000_000_000), ("12 万元", 12_000_000),
])
def test_a_figure_is_read_however_it_is_written(raw: str, stored: int) -> None:
    assert read_cell(TAX, raw) == Reading(stored)


def test_a_figure_in_brackets_is_negative() -> None:
    assert read_cell(PROFIT, "(1,234.50)") == Reading(-1_234_500_000)


@pytest.mark.parametrize("raw", ["", " ", "-", "——", "/", "无", "N/A", "#N/A", "NaN", "null", "未填"])
def test_a_word_for_nothing_is_unknown_and_not_zero(raw: str) -> None:
    assert read_cell(TAX, raw) == Reading(None)


@pytest.mark.parametrize(("raw", "why"), [
    ("约12", Why.NOT_A_NUMBER), ("12,3", Why.NOT_A_NUMBER), ("1,2345", Why.NOT_A_NUMBER), ("1.2.3", Why.NOT_A_NUMBER),
    ("true", Why.NOT_A_NUMBER), ("2022-01-05", Why.NOT_A_NUMBER), ("inf", Why.ENDLESS), ("-Infinity", Why.ENDLESS), ("1e99", Why.TOO_LARGE),
    ("1e9999", Why.TOO_LARGE), ("12亩", Why.OTHER_MEASURE), ("#DIV/0!", Why.BROKEN_FORMULA), ("#VALUE!", Why.BROKEN_FORMULA),
])
def test_what_is_no_figure_says_why(raw: str, why: Why) -> None:
    assert read_cell(TAX, raw) == Reading(why=why)


def test_more_decimals_than_fen_are_rounded_half_up_and_said_so() -> None:
    assert read_cell(TAX, "50.005", unit("元")) == Reading(5_001, rounded=True)
    assert read_cell(TAX, "-50.005", unit("元")) == Reading(-5_001, rounded=True)
    assert read_cell(TAX, "50.0049999", unit("元")) == Reading(5_000, rounded=True)
    assert read_cell(TAX, "50.010", unit("元")) == Reading(5_001)


def test_the_unit_of_the_header_converts_exactly() -> None:
    assert read_cell(TAX, "123456.78", unit("元")) == Reading(12_345_678)
    assert read_cell(LAND, "2000", unit("m²")) == Reading(30_000)
    assert read_cell(LAND, "1", unit("公顷")) == Reading(150_000)
    assert read_cell(POWER, "1.5", unit("万kWh")) == Reading(1_500_000)


def test_a_unit_in_the_cell_goes_before_that_of_the_header() -> None:
    assert read_cell(TAX, "3万元", unit("元")) == Reading(3_000_000)


def test_percent_is_a_hundredth() -> None:
    assert read_cell(SHARE, "3.02%") == Reading(30_200)
    assert read_cell(SHARE, "3.02", unit("%")) == Reading(30_200)
    assert read_cell(SHARE, "0.0302") == Reading(30_200)


def test_a_year_may_bear_its_word() -> None:
    assert read_cell(year(), "2022年度") == Reading(2022)


@pytest.mark.parametrize("raw", ["2022-01-05", "2022/1/5", "2022.1.5", "2022年1月5日", "20220105", "44566", "2022-01-05 00:00:00",
                                 "２０２２／１／５"])
def test_a_day_is_read_however_it_is_written(raw: str) -> None:
    assert read_cell(DAY, raw) == Reading(date(2022, 1, 5))


@pytest.mark.parametrize(("raw", "why"), [
    ("2022", Why.NO_WHOLE_DAY), ("2022年1月", Why.NO_WHOLE_DAY), ("2022-01", Why.NO_WHOLE_DAY), ("2022-02-30", Why.NOT_A_DAY),
    ("20221301", Why.NOT_A_DAY), ("1/5/2022", Why.NOT_A_DAY), ("昨天", Why.NOT_A_DAY), ("0022-01-01", Why.NOT_A_DAY),
])
def test_a_day_is_never_guessed(raw: str, why: Why) -> None:
    assert read_cell(DAY, raw) == Reading(why=why)


@pytest.mark.parametrize(("raw", "value"), [
    ("是", True), ("√", True), ("1.0", True), ("TRUE", True), ("否", False), ("0", False), ("无", False), ("-", None),
])
def test_yes_no_and_nothing(raw: str, value: bool | None) -> None:
    assert read_cell(FLAG, raw) == Reading(value)


def test_a_maybe_is_no_flag() -> None:
    assert read_cell(FLAG, "可能") == Reading(why=Why.NOT_A_FLAG)


def test_a_code_is_known_by_its_titles_and_goes_before_words_for_nothing() -> None:
    assert read_cell(LEVEL, "国家级").value == "national"
    assert read_cell(LEVEL, "National").value == "national"
    assert read_cell(LEVEL, "无").value == "none"
    assert read_cell(LEVEL, "火星级").value == "火星级", "left as it is: the check on the list says what may be entered"


def test_an_id_stays_text() -> None:
    assert read_cell(ID, "0012").value == "0012"
    assert read_cell(ID, "2022.0").value == "2022"
    assert read_cell(ID, "9.13301E+17") == Reading(why=Why.LOST_DIGITS)


def test_a_credit_code_loses_blanks_and_small_letters() -> None:
    assert read_cell(USCC, " 9133 0100-ma27xl0t2q　").value == "91330100MA27XL0T2Q"


def test_free_text_is_kept_as_it_stands() -> None:
    assert read_cell(text("remark", "备注", "remark"), " １号厂房 - 无 ").value == "１号厂房 - 无"


def test_a_huge_exponent_costs_nothing() -> None:
    assert read_cell(TAX, "1e-9999") == Reading(0, rounded=True)
    assert read_cell(TAX, "0e9999") == Reading(0)


def test_bounds_are_not_the_readers_business() -> None:
    assert read_cell(TAX, "-3.2") == Reading(-3_200_000)
    assert TAX.low == Decimal(0)
