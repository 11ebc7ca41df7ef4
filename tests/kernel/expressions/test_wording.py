"""A formula reads as an official would say it, in both languages, with and without one subject's numbers."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.expressions.figures import figure, share
from qiantang.kernel.expressions.population import QuotaBand, group_count, group_figure, group_mean, quota, rank
from qiantang.kernel.expressions.recalling import Named, Recalled
from qiantang.kernel.expressions.shown import Names
from qiantang.kernel.expressions.wording import worded
from qiantang.kernel.facts.schema import Column, area, code, count, day, flag, money, quantity, ratio, year
from qiantang.kernel.units import unit
from qiantang.kernel.words import Text

WAN = 10**6

tax = n.Fact.of(money("tax", "实缴税金", "tax paid"))
refund = n.Fact.of(money("refund", "退税", "refunds"))
profit = n.Fact.of(money("profit", "利润", "profit", low=None))
land = n.Fact.of(area("land", "用地面积", "land area"))
rented = n.Fact.of(area("rented", "租入面积", "rented land"))
rd_share = n.Fact.of(ratio("share", "研发占比", "R&D share"))
accidents = n.Fact.of(count("accidents", "事故", "accidents", "次"))
listed = n.Fact.of(flag("listed", "上市", "listed company"))
hitech = n.Fact.of(flag("hitech", "高新技术企业", "high-tech enterprise"))
moving = n.Fact.of(flag("moving", "政策性搬迁", "moved by policy"))
founded = n.Fact.of(day("founded", "成立日期", "day of founding"))
trade = n.Fact.of(code("trade", "行业", "trade", (("C27", Text("医药制造", "medicine")), ("C26", Text("化工", "chemicals")))))
score = n.Fact.of(quantity("score", "得分", "score", "分", scale=2))

floor = n.constant("5", "万元/亩", "floor")
NAMES = Names({"floor": Text("亩均税收底线", "floor of tax per mu"), "weight": Text("权重", "weight")})
tax_per_mu = n.divide(tax, land, 4)


def zh(expr: n.Expr, names: Names = NAMES, **values: Stored) -> str:
    return worded(expr, "zh", values or None, names, date(2022, 12, 31))


def en(expr: n.Expr, names: Names = NAMES, **values: Stored) -> str:
    return worded(expr, "en", values or None, names, date(2022, 12, 31))


# --- figures ---


@pytest.mark.parametrize(("value", "of", "chinese", "english"), [
    ("1440", "万元", "1,440 万元", "14,400,000 yuan"),
    ("24.0970", "万元/亩", "24.097 万元/亩", "240,970 yuan/mu"),
    ("0.52", "tce/万元", "0.52 tce/万元", "0.52 tce/10k yuan"),
    ("18.14", "万元/人·年", "18.14 万元/人·年", "181,400 yuan/person·year"),
    ("1.2", "亿元", "1.2 亿元", "120,000,000 yuan"),
    ("1", "人", "1 人", "1 person"),
    ("1E+3", "人", "1,000 人", "1,000 persons"),
    ("-0.00", "分", "0 分", "0 points"),
    ("2022", "年", "2022 年", "2022"),
    ("3", "年", "3 年", "3 years"),
    ("20", "%", "20 %", "20 %"),
    ("1.5", "", "1.5", "1.5"),
])
def test_a_figure_reads_as_its_language_counts(value: str, of: str, chinese: str, english: str) -> None:
    assert figure(Decimal(value), unit(of), "zh") == chinese
    assert figure(Decimal(value), unit(of), "en") == english


def test_a_plain_fraction_may_be_shown_as_a_percentage() -> None:
    assert figure(Decimal("0.0302"), unit(""), "zh", percent=True) == "3.02 %"


def test_a_share_without_an_exact_percentage_stays_a_fraction() -> None:
    assert share(Fraction(1, 5)) == "20 %"
    assert share(Fraction(1, 3)) == "1/3"


# --- formulas in words ---


def test_a_quotient_names_its_facts_and_its_rounding() -> None:
    assert zh(tax_per_mu) == "实缴税金 ÷ 用地面积，四舍五入到 0.0001 万元/亩"
    assert en(tax_per_mu) == "tax paid ÷ land area, rounded half up to 1 yuan/mu"


def test_brackets_stand_only_where_order_needs_them() -> None:
    assert zh(n.divide(tax - refund, land + rented, 4)).startswith("（实缴税金 − 退税） ÷ （用地面积 + 租入面积）")
    assert zh(tax + refund - profit) == "实缴税金 + 退税 − 利润"
    assert zh(tax - (refund + profit)) == "实缴税金 − （退税 + 利润）"
    assert en(n.divide(tax, land * rd_share, 4)).startswith("tax paid ÷ (land area × R&D share)")


def test_a_parameter_is_named_with_its_value() -> None:
    assert zh(tax_per_mu >= floor) == "实缴税金 ÷ 用地面积 不低于 亩均税收底线 5 万元/亩"
    assert en(tax_per_mu >= floor) == "tax paid ÷ land area at least floor of tax per mu 50,000 yuan/mu"


def test_a_cap_and_a_floor_stand_beside_the_figure() -> None:
    capped = n.clip(score, n.constant(0, "分"), n.constant(45, "分"))
    assert zh(capped) == "得分（不低于 0 分，不高于 45 分）"
    assert en(capped) == "score (at least 0 points, at most 45 points)"


def test_the_greater_of_two_facts_lists_both() -> None:
    assert zh(n.greatest(land, rented)) == "取最大（用地面积；租入面积）"
    assert en(n.greatest(land, rented)) == "greatest of (land area; rented land)"


def test_a_fraction_is_compared_in_percent() -> None:
    assert zh(rd_share >= n.constant("0.03")) == "研发占比 不低于 3 %"
    assert zh(rd_share < n.constant("1")) == "研发占比 低于 100 %"


def test_and_binds_tighter_than_or() -> None:
    assert zh(n.all_of(n.any_of(listed, hitech), moving)) == "（上市 或 高新技术企业） 且 政策性搬迁"
    assert zh(n.any_of(n.all_of(listed, hitech), moving)) == "上市 且 高新技术企业 或 政策性搬迁"
    assert en(n.all_of(listed, hitech, moving)) == "all of: listed company; high-tech enterprise; moved by policy"


def test_a_rule_of_no_conditions_always_holds() -> None:
    assert zh(n.all_of()) == "恒成立"
    assert en(n.any_of()) == "never"


def test_a_denied_comparison_is_said_the_other_way_round() -> None:
    assert zh(n.not_(rd_share >= n.constant("0.03"))) == "研发占比 低于 3 %"
    assert zh(n.not_(n.is_known(land))) == "用地面积 未知"
    assert zh(n.not_(n.among(trade, ("C26",)))) == "行业 不属于 化工"


def test_days_are_before_and_after_not_below_and_above() -> None:
    assert zh(founded <= n.day_constant(date(2020, 1, 1))) == "成立日期 不晚于 2020-01-01"
    assert en(n.days_between(founded, n.law_date())) == "days from day of founding to the day the law is read"


def test_bands_say_which_end_belongs_to_them() -> None:
    bands = n.banded(rd_share, [n.Band(None, Decimal("0.03"), False, False, n.constant(0, "分")),
                             n.Band(Decimal("0.03"), Decimal("0.05"), True, True, n.constant(10, "分")),
                             n.Band(Decimal("0.05"), None, False, False, n.constant(20, "分"))])
    assert zh(bands) == "研发占比分档：<3 % 得 0 分；≥3 % 且 ≤5 % 得 10 分；>5 % 得 20 分"


def test_a_quota_says_its_ends_and_its_rounding() -> None:
    place, many = rank([(score, True)], within=[trade]), group_count(within=[trade])
    bands = [QuotaBand("A", Fraction(1, 5), True), QuotaBand("B", Fraction(19, 20), False)]
    assert zh(quota(place, many, bands, "C", "half_up")) == (
        "按在同一行业中按得分从高到低排的名次：前 20 %（含）为 “A”；前 95 %（不含）为 “B”；其余为 “C”（名额四舍五入）")


# --- with numbers ---


def test_numbers_are_put_in_and_the_result_follows() -> None:
    assert zh(tax_per_mu, tax=1440 * WAN, land=400_000) == "实缴税金 1,440 万元 ÷ 用地面积 40 亩 = 36 万元/亩"
    assert en(tax_per_mu, tax=1440 * WAN, land=400_000) == "tax paid 14,400,000 yuan ÷ land area 40 mu = 360,000 yuan/mu"


def test_a_quotient_that_had_to_be_cut_is_only_about_equal() -> None:
    assert zh(tax_per_mu, tax=100 * WAN, land=30_000).endswith("≈ 33.3333 万元/亩")


def test_rounding_by_the_law_is_told_beside_the_result() -> None:
    assert zh(n.rounded(tax_per_mu, 1), tax=100 * WAN, land=30_000).endswith(" = 33.3 万元/亩（四舍五入到 0.1 万元/亩）")


def test_a_test_shows_what_its_figure_came_to() -> None:
    assert zh(tax_per_mu >= floor, tax=192 * WAN, land=400_000) == (
        "实缴税金 192 万元 ÷ 用地面积 40 亩 = 4.8 万元/亩，不低于 亩均税收底线 5 万元/亩：不成立")
    assert en(rd_share >= n.constant("0.03"), share=30_000) == "R&D share 3 % at least 3 %: holds"


def test_a_missing_fact_is_named_and_the_result_is_unknown() -> None:
    assert zh(tax_per_mu, tax=1440 * WAN, land=None) == "实缴税金 1,440 万元 ÷ 用地面积（缺失）：未知"
    assert en(listed, listed=None) == "listed company (missing)"


def test_a_zero_denominator_is_unknown_and_never_a_number() -> None:
    assert zh(tax_per_mu, tax=WAN, land=0) == "实缴税金 1 万元 ÷ 用地面积 0 亩：未知"


def test_the_band_that_applied_is_named_and_no_other() -> None:
    bands = n.banded(rd_share, [n.Band(None, Decimal("0.3"), False, False, n.constant(0, "分")),
                             n.Band(Decimal("0.3"), None, True, False, n.constant(20, "分"))])
    assert zh(bands, share=300_000) == "研发占比 30 %，≥30 % 得 20 分"
    assert en(bands, share=299_999) == "R&D share 29.9999 %, <30 % gives 0 points"


def test_a_figure_in_a_gap_between_bands_says_so() -> None:
    bands = n.banded(rd_share, [n.Band(Decimal("0.3"), None, True, False, n.constant(20, "分"))])
    assert zh(bands, share=0) == "研发占比 0 %，不在任何一档内：未知"


def test_the_case_that_applied_says_why() -> None:
    choice = n.choose((hitech, n.constant(5, "分")), otherwise=n.constant(0, "分"))
    assert zh(choice, hitech=True) == "因高新技术企业（是）：5 分"
    assert zh(choice, hitech=False) == "其余情形：0 分"
    assert zh(choice, hitech=None) == "若高新技术企业（缺失），则为 5 分；否则为 0 分：未知"
    assert en(choice) == "if high-tech enterprise, then 5 points; otherwise 0 points"


def test_a_veto_without_a_record_counts_as_no_and_says_so() -> None:
    veto = n.surely(accidents >= n.constant(1, "次"))
    assert zh(veto, accidents=None) == "事故（缺失） 不低于 1 次（无记录视为否）：不成立"
    assert zh(veto, accidents=2) == "事故 2 次 不低于 1 次：成立"


def test_the_value_that_stood_in_for_a_missing_one_is_named() -> None:
    either = n.first_known(land, rented)
    assert zh(either, land=10_000, rented=20_000) == "用地面积 1 亩"
    assert zh(either, land=None, rented=20_000) == "用地面积缺失，取 租入面积 2 亩"


def test_some_of_several_conditions_are_counted() -> None:
    two = n.at_least(2, listed, hitech, moving)
    assert zh(two, listed=True, hitech=False, moving=True) == (
        "至少满足 2 项（共 3 项，已成立 2 项）：上市（是）；高新技术企业（否）；政策性搬迁（是）：成立")


def test_a_comparison_written_the_wrong_way_round_is_read_the_right_way() -> None:
    assert zh(n.compare(n.constant("0.03"), "<=", rd_share)) == "研发占比 不低于 3 %"


def test_codes_are_said_by_their_titles() -> None:
    assert zh(n.among(trade, ("C26", "C27")), trade="C27") == "行业“医药制造” 属于 化工、医药制造：成立"
    assert en(trade.equals(n.code_constant("C26")), trade="C27") == "trade “medicine” is “chemicals”: does not hold"


def test_a_calendar_year_has_no_thousands_separator() -> None:
    assert zh(n.Fact.of(year()), year=2022) == "年度 2022 年"


# --- columns of a run ---


def _named(expr: n.Expr, column: str, chinese: str, english: str) -> Names:
    return Names(NAMES.parameters, {id(expr): Named(expr, column, Text(chinese, english))}, {"A": Text("A 类", "class A")})


def test_a_column_of_the_run_is_called_by_its_name() -> None:
    names = _named(tax_per_mu, "tax_per_mu__value", "亩均税收", "tax per mu")
    points = n.rounded(n.divide(tax_per_mu * n.constant(30, "分", "weight"), n.constant("24.097", "万元/亩"), 8), 4)
    assert zh(points, names) == "亩均税收 × 权重 30 分 ÷ 24.097 万元/亩，四舍五入到 0.0001 分"
    assert zh(points, names, tax_per_mu__value=360_000) == (
        "亩均税收 36 万元/亩 × 权重 30 分 ÷ 24.097 万元/亩 = 44.8189 分（四舍五入到 0.0001 分）")
    assert zh(tax_per_mu, names, tax=1440 * WAN, land=400_000, tax_per_mu__value=360_000).startswith("实缴税金")


def test_a_step_without_a_title_is_spelt_out() -> None:
    step = n.Step(tax_per_mu.type, "tax_per_mu", tax_per_mu)
    assert zh(step >= floor).startswith("实缴税金 ÷ 用地面积 不低于")
    named = Names({"tax_per_mu": Text("亩均税收", "tax per mu")})
    assert zh(step >= floor, named).startswith("亩均税收 不低于")


def test_a_place_is_told_among_how_many_and_where() -> None:
    place, many = rank([(score, True)], within=[trade]), group_count(within=[trade])
    names = Names({}, {id(place): Named(place, "place", Text("名次", "place")), id(many): Named(many, "many", Text("数", "n"))})
    bands = [QuotaBand("A", Fraction(1, 5), True), QuotaBand("B", Fraction(3, 5), True)]
    classes = quota(place, many, bands, "C", "share")
    facts: dict[str, Stored] = {"trade": "C26", "many": 5}
    assert zh(classes, names, place=1, **facts) == "在“化工”的 5 个参评对象中列第 1 位，属前 20 %（含）：A"
    assert zh(classes, names, place=3, **facts) == "在“化工”的 5 个参评对象中列第 3 位，在前 20 % 之后、前 60 %（含）之内：B"
    assert en(classes, names, place=4, **facts) == "place 4 of 5 in “chemicals”, past the first 60 %: C"
    assert zh(classes, names, place=None, **facts) == "名次（未知）：未知"


def test_alone_a_population_figure_says_that_it_needs_the_population() -> None:
    mean = group_mean(score, 2, within=[trade])
    facts: dict[str, Stored] = {"score": 8000, "trade": "C26"}
    assert worded(mean, "zh", facts, NAMES, alone=True) == "“化工”的得分平均值（需要全体数据）：未知"
    assert worded(mean, "en", facts, NAMES, alone=True).endswith("(needs the population): unknown")


def test_a_population_figure_that_no_column_kept_is_never_guessed() -> None:
    mean = group_mean(score, 2)
    facts: dict[str, Stored] = {"score": 8000}
    assert zh(n.first_known(mean, n.constant(0, "分")), score=8000) == "全体的得分平均值（缺失时取 0 分）"
    assert zh(n.is_known(mean), score=8000) == "全体的得分平均值 已知"
    recalled = Recalled(facts, date(2022, 1, 1), {})
    assert not recalled.at_hand(score - group_figure("greatest", score))
    assert recalled.at_hand(score)


def test_every_kind_of_node_has_words() -> None:
    from qiantang.kernel.expressions.evaluate import _COMPUTE
    from qiantang.kernel.expressions.wording import _SPELT

    assert set(_COMPUTE) == set(_SPELT)


def test_a_column_title_is_used_in_both_languages() -> None:
    column = Column("x", land.type.kind, Text("甲", "alpha"))
    assert (zh(n.Fact.of(column)), en(n.Fact.of(column))) == ("甲", "alpha")
