"""An explanation gives the answer, the clause, the formula with numbers, the source row, and what is not firm."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.expressions.population import group_figure
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.findings.explaining import explained
from qiantang.kernel.findings.explanation import CriterionTold, Explanation, Origin
from qiantang.kernel.findings.judging import judged
from qiantang.kernel.findings.telling import rendered
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Case, Criterion, Outline, Reading, Role
from qiantang.kernel.sources import Status
from qiantang.kernel.words import LANGS, Lang, Text
from tests.kernel.findings.workshops import BOOK, FORM, YEARS, reading, six, workshop

TAX_CELL = Origin(YEARS.title, YEARS.column("tax_wan").title, "税务.xlsx", "2022", 18, date(2023, 3, 1))


@pytest.fixture
def book(tmp_path: Path) -> Reading:
    return reading(tmp_path)


def explain(book: Reading, rows: Sequence[dict[str, Stored]], subject: str = "W1", alone: bool = False,
            origins: dict[str, list[Origin]] | None = None) -> Explanation:
    """Judge all rows and explain one of them."""
    number = next(i for i, row in enumerate(rows) if row["workshop"] == subject)
    found = judged(book, rows, alone)[number]
    assert found is not None
    return explained(book, subject, found.values, rows[number], origins or {}, alone)


def criterion(told: Explanation, name: str) -> CriterionTold:
    return next(c for c in told.criteria if c.id == name)


def answer(told: Explanation, lang: Lang) -> list[str]:
    """The lines before the first blank one."""
    return rendered(told, lang).split("\n\n")[0].splitlines()


OTHERS = [workshop("W2", tax_wan=300 * 10**6), workshop("W3", added_wan=7000 * 10**6), workshop("W4", size="small")]
SIX = [workshop("W1"), *OTHERS, workshop("W5", added_wan=1000 * 10**6)]


# --- the answer ---


def test_the_first_lines_are_the_answer_a_person_wants(book: Reading) -> None:
    assert answer(explain(book, SIX), "zh")[:5] == [
        "W1 · 工坊亩均效益评价办法",
        "结论：B 支持发展类",
        "得分：121.93 分",
        "名次：在“规上企业”的 4 个参评对象中列第 2 位",
        "决定因素：按名次定档（第八条）：在“规上企业”的 4 个参评对象中列第 2 位，在前 20 % 之后、前 80 %（含）之内：B 支持发展类",
    ]
    assert answer(explain(book, SIX), "en")[:5] == [
        "W1 · Workshop evaluation",
        "Outcome: B to be supported",
        "Score: 121.93 points",
        "Place: 2 of 4 in “above-scale”",
        ("Decided by: class by place (第八条): place 2 of 4 in “above-scale”, past the first 20 %, "
         "within the first 80 % (inclusive): B to be supported"),
    ]


def test_the_parts_of_the_score_sum_to_the_score_before_its_rounding(book: Reading) -> None:
    told = explain(book, SIX)
    assert [part.criterion for part in told.score_parts] == [
        "tax_per_mu", "added_per_mu", "added_per_energy", "added_per_person", "rd_ratio", "emission", "rd_bonus"]
    assert told.score is not None
    assert sum(Decimal(str(part.points.value)) for part in told.score_parts) == Decimal("121.9305")
    assert told.score.value == "121.93"


def test_a_veto_says_which_fact_broke_it(book: Reading) -> None:
    told = explain(book, [workshop("W1", accidents=2), *OTHERS])
    assert told.outcome == "D"
    assert told.decided_by is not None
    assert told.decided_by.criterion == "accident"
    assert told.decided_by.clause == "第十条"
    assert told.decided_by.why == Text("重大事故 2 次 不低于 重大事故限值 1 次：成立",
                                       "major accidents 2 times at least limit of major accidents 1 time: holds")


def test_an_exempt_subject_has_no_place_and_no_complaint(book: Reading) -> None:
    told = explain(book, [workshop("W1", moving=True), *OTHERS])
    assert (told.outcome, told.standing, told.unknown) == ("T", None, ())
    assert criterion(told, "place").unknown == (Text("不在参加排名的对象之列", "the subject is not among those who are ranked"),)


# --- clause by clause ---


def test_a_criterion_shows_value_points_formulas_and_clause(book: Reading) -> None:
    tax = criterion(explain(book, SIX), "tax_per_mu")
    assert tax.value is not None
    assert tax.points is not None
    assert tax.clause == "第五条"
    assert tax.value.value.said == Text("36 万元/亩", "360,000 yuan/mu")
    assert (tax.value.value.value, tax.value.value.unit.zh) == ("36", "万元/亩")
    assert tax.value.words.zh == "净税金 ÷ 用地面积，四舍五入到 0.000001 万元/亩"
    assert tax.value.numbers.zh == "净税金 1,440 万元 ÷ 用地面积 40 亩 = 36 万元/亩"
    assert tax.points.numbers.zh == (
        "亩均税收 36 万元/亩 × 亩均税收权重 30 分 ÷ 亩均税收基准 24.097 万元/亩（不低于 0 分，"
        "不高于 亩均税收权重 30 分 × 单项得分上限倍数 1.5 = 45 分） = 44.8189 分（四舍五入到 0.0001 分）")


def test_a_parameter_shows_its_days_its_place_in_the_text_and_its_trust(book: Reading) -> None:
    parameters = {p.path: p for p in criterion(explain(book, SIX), "tax_per_mu").parameters}
    assert list(parameters) == ["tax_per_mu.weight", "tax_per_mu.benchmark", "cap", "decimals"]
    benchmark = parameters["tax_per_mu.benchmark"]
    assert benchmark.value == Text("24.097 万元/亩", "240,970 yuan/mu")
    assert (benchmark.since, benchmark.status) == (date(2022, 1, 1), Status.SOURCED)
    assert (benchmark.source.issuer, benchmark.source.number, benchmark.source.clause) == (
        "某县人民政府", "某政发〔2022〕1号", "附件1")
    assert benchmark.source.link == "https://example.org/1"
    assert parameters["cap"].status is Status.PLACEHOLDER
    assert parameters["cap"].admissible == Text("1.5 至 2", "1.5 to 2")


def test_a_total_rests_on_its_parts_and_repeats_none_of_their_parameters(book: Reading) -> None:
    total = criterion(explain(book, SIX), "score")
    assert (total.parameters, total.facts) == ((), ())


def test_quotas_are_among_the_parameters_of_the_class(book: Reading) -> None:
    assert [p.path for p in criterion(explain(book, SIX), "class").parameters] == ["quota.a", "quota.b"]


def test_a_parameter_of_another_text_names_that_text(tmp_path: Path) -> None:
    changed = BOOK.replace("value: 0.0302}", "value: 0.0302, source: {document: 研发统计通知, number: 某统〔2022〕7号}}")
    text = rendered(explain(reading(tmp_path, changed), SIX), "zh")
    assert "研发占比基准 3.02 %（《研发统计通知》（某统〔2022〕7号））" in text
    assert "某县人民政府《研发统计通知》（某统〔2022〕7号）" in text


def test_a_parameter_that_came_later_than_the_rulebook_says_since_when(tmp_path: Path) -> None:
    changed = BOOK.replace("unit: 万元/亩, value: 24.097, clause: 附件1",
                           "unit: 万元/亩, values: [{since: 2022-01-01, value: 26}, {since: 2022-07-01, value: 24.097}]")
    text = rendered(explain(reading(tmp_path, changed), SIX), "zh")
    assert "亩均税收基准 24.097 万元/亩（自 2022-07-01 起）" in text


# --- facts ---


def test_a_fact_leads_to_its_cell(book: Reading) -> None:
    text = rendered(explain(book, SIX, origins={"tax_wan": [TAX_CELL]}), "zh")
    assert "实缴税金：1,500 万元 ← 税务.xlsx，工作表 2022，第 18 行，实缴税金（2023-03-01 起知悉）" in text
    text = rendered(explain(book, SIX, origins={"tax_wan": [TAX_CELL]}), "en")
    assert "tax paid: 15,000,000 yuan ← 税务.xlsx, sheet 2022, row 18, tax paid (known since 2023-03-01)" in text


def test_a_derived_fact_shows_how_and_from_what(book: Reading) -> None:
    tax = criterion(explain(book, SIX), "tax_per_mu")
    assert [fact.name for fact in tax.facts] == ["tax_net_wan", "tax_wan", "refund_wan", "land_mu"]
    assert tax.facts[0].made.zh == "推算：实缴税金 1,500 万元 − 退税 60 万元 = 1,440 万元"


def test_many_cells_of_one_fact_are_cut_short_in_text_and_whole_in_json(book: Reading) -> None:
    told = explain(book, SIX, origins={"land_mu": [replace(TAX_CELL, row=row) for row in range(1, 9)]})
    assert "另有 3 处" in rendered(told, "zh")
    assert len(criterion(told, "added_per_mu").facts[1].origins) == 8


# --- unknown ---


def test_a_missing_fact_is_named_with_the_criteria_it_stops(book: Reading) -> None:
    told = explain(book, [workshop("W1", land_mu=None), *OTHERS])
    assert (told.outcome, told.standing) == (None, None)
    assert [reason.zh for reason in told.unknown] == [
        "“亩均税收”无法判定：缺少事实“用地面积”", "“亩均增加值”无法判定：缺少事实“用地面积”"]
    assert told.unknown[0].en == "“tax per mu” cannot be judged: the fact “land area” is missing"
    assert answer(told, "zh")[1:3] == ["结论：未知", "得分：未知"]
    assert told.decided_by is not None
    assert told.decided_by.why.en == "it would decide, but cannot be judged"
    tax = criterion(told, "tax_per_mu")
    assert tax.value is not None
    assert (tax.value.value.value, tax.value.numbers.zh) == (None, "净税金 1,440 万元 ÷ 用地面积（缺失）：未知")


def test_a_zero_below_the_line_is_told_apart_from_a_missing_fact(book: Reading) -> None:
    told = explain(book, [workshop("W1", energy_tce=0), *OTHERS])
    assert [reason.zh for reason in told.unknown] == ["“单位能耗增加值”无法判定：“综合能耗”为 0，不能作除数"]


def test_a_figure_in_no_band_names_the_table_of_bands(book: Reading, tmp_path: Path) -> None:
    gap = reading(tmp_path, BOOK.replace("{from: 0.03, to: 0.05, gives: 1}, ", ""))
    told = explain(gap, SIX)
    assert [reason.zh for reason in told.unknown] == ["“研发加分”无法判定：数值不在“研发档次加分”的任何一档内"]


def test_a_missing_emission_that_the_mean_stands_in_for_does_not_hold_up_the_outcome(book: Reading) -> None:
    told = explain(book, [workshop("W1", emission_t=None), *OTHERS])
    assert told.outcome is not None
    assert told.unknown == ()
    emission = criterion(told, "emission")
    assert emission.points is not None
    assert emission.points.numbers.zh.startswith("单位排放增加值得分缺失，取 全体的单位排放增加值得分平均值 = ")
    assert criterion(told, "added_per_emission").unknown == (
        Text("缺少事实“污染物排放量”", "the fact “pollutants emitted” is missing"),)


def test_alone_what_needs_the_others_says_so_and_the_rest_is_told(book: Reading) -> None:
    told = explain(book, [workshop("W1")], alone=True)
    assert told.outcome is None
    assert told.score is not None
    assert told.score.value == "121.93"
    assert [reason.en for reason in told.unknown] == [
        "“place” cannot be judged: it needs the population", "“competitors” cannot be judged: it needs the population"]
    assert "需要全体数据" in rendered(told, "zh")


def test_alone_a_veto_still_decides(book: Reading) -> None:
    assert explain(book, [workshop("W1", accidents=1)], alone=True).outcome == "D"


def test_whether_the_rule_applies_may_itself_be_unknown(tmp_path: Path) -> None:
    def with_cohort(p: Parameters, dossier: Dossier) -> Outline:
        return replace(six(p, dossier), cohort=dossier.fact("size").equals(dossier.fact("size")))

    book = reading(tmp_path, form=replace(FORM, build=with_cohort))
    told = explain(book, [workshop("W1", size=None), *OTHERS])
    assert told.applies is None
    assert told.unknown[0].zh == "是否属于本规则的评价对象未知：缺少事实“规模”"
    assert explain(book, SIX).applies is True


# --- a rulebook with two lists ---


def two_lists(p: Parameters, dossier: Dossier) -> Outline:
    """Large workshops earn points by tax and by energy, small ones by tax alone; the score is built anew from the facts."""
    f = dossier.fact
    large = f("size").equals(n.code_constant("large"))

    def tax() -> Expr:
        return n.divide(f("tax_wan"), f("land_mu"), 6)

    def energy() -> Expr:
        return n.divide(f("added_wan"), f("energy_tce") - f("energy_tce") + f("energy_tce"), 6)

    def points(value: Expr, name: str) -> Expr:
        return n.divide(value * p.number(f"{name}.weight"), p.number(f"{name}.benchmark"), 4)

    def large_only(expr: Expr) -> Expr:
        return n.choose((large, expr), otherwise=n.unknown(expr.type))

    small_points = n.divide(tax() * p.number("rd_ratio.weight"), p.number("tax_per_mu.benchmark"), 4)
    total = n.choose((large, points(tax(), "tax_per_mu") + points(energy(), "added_per_energy")), otherwise=small_points)
    best = group_figure("greatest", total, among=f("moving"))
    criteria = (
        Criterion("tax", Text("亩均税收", "tax per mu"), Role.INDICATOR, tax(),
                  n.choose((large, points(tax(), "tax_per_mu")), otherwise=small_points)),
        Criterion("energy", Text("单位能耗增加值", "value added per energy"), Role.INDICATOR, large_only(energy()),
                  large_only(points(energy(), "added_per_energy"))),
        Criterion("score", Text("总分", "total"), Role.FIGURE, points=total),
        Criterion("gap", Text("与最佳者之差", "gap to the best"), Role.FIGURE, best - total),
    )
    return Outline(criteria, (), Case(n.flag_constant(True), "A", "score"), (("A", Text("甲", "first")),), score="score")


@pytest.fixture
def lists(tmp_path: Path) -> Reading:
    return reading(tmp_path, form=replace(FORM, build=two_lists))


def test_a_total_over_several_lists_is_told_by_the_list_that_applied(lists: Reading) -> None:
    told = explain(lists, [workshop("W1")])
    assert [part.criterion for part in told.score_parts] == ["tax", "energy"]
    total = criterion(told, "score")
    assert total.points is not None
    assert total.points.numbers.zh == ("因规模“规上企业” 为 “规上企业”：亩均税收得分 46.6863 分 + 单位能耗增加值得分 14.8478 分"
                                       " = 61.5341 分")
    assert [p.path for p in criterion(told, "tax").parameters] == ["tax_per_mu.weight", "tax_per_mu.benchmark"]


def test_an_indicator_of_another_list_does_not_apply_instead_of_being_unknown(lists: Reading) -> None:
    told = explain(lists, [workshop("W1", size="small")])
    energy = criterion(told, "energy")
    assert energy.value is not None
    assert (energy.applies, energy.unknown, energy.value.value.said.zh) == (False, (), "不适用")
    assert "2. 单位能耗增加值（指标）：不适用于该对象\n" in rendered(told, "zh")
    assert "energy_tce" not in [fact.name for fact in criterion(told, "score").facts]


def test_a_missing_fact_of_the_list_that_applies_is_unknown_and_not_inapplicable(lists: Reading) -> None:
    energy = criterion(explain(lists, [workshop("W1", energy_tce=None)]), "energy")
    assert energy.applies
    assert energy.unknown == (Text("缺少事实“综合能耗”", "the fact “energy use” is missing"),)


def test_a_denominator_computed_to_zero_does_not_call_its_facts_zero(lists: Reading) -> None:
    energy = criterion(explain(lists, [workshop("W1", energy_tce=0)]), "energy")
    assert energy.unknown[0].zh == "“综合能耗”为 0，不能作除数"
    tax = lists.book.with_criterion("tax", value=n.divide(lists.book.dossier.fact("tax_wan"), lists.book.dossier.fact(
        "land_mu") - lists.book.dossier.fact("land_mu"), 6)).on(date(2022, 12, 31))
    assert criterion(explain(tax, [workshop("W1")]), "tax").unknown[0].zh == "由“用地面积”算出的除数为 0"


def test_a_comparison_with_nobody_says_so(lists: Reading) -> None:
    gap = criterion(explain(lists, [workshop("W1"), workshop("W2")]), "gap")
    assert gap.applies
    assert gap.unknown == (Text("全体数据中没有可供计算的对象", "nobody in the population gives a figure to compare with"),)


def test_a_formula_that_nobody_can_read_stays_out_of_the_text_but_not_of_the_json(lists: Reading) -> None:
    tax = lists.book.dossier.fact("tax_wan")
    long = lists.book.with_criterion("gap", value=n.add(*[tax] * 60)).on(date(2022, 12, 31))
    told = explain(long, [workshop("W1")])
    assert "数值：90,000 万元（算式过长，见 JSON 输出）" in rendered(told, "zh")
    gap = criterion(told, "gap")
    assert gap.value is not None
    assert gap.value.numbers.zh.count("实缴税金") == 60


def test_a_parameter_that_names_a_fact_is_told_by_the_title_of_the_fact(tmp_path: Path) -> None:
    named = BOOK + "  notion: {title: {zh: 考察的指标, en: notion}, value: rd_wan, status: assumption}\n"

    def with_notion(p: Parameters, dossier: Dossier) -> Outline:
        p.word("notion")
        return six(p, dossier)

    told = explain(reading(tmp_path, named, replace(FORM, build=with_notion)), SIX)
    assert "考察的指标 研发费用：假设，没有官方文本依据" in [ground.said.zh for ground in told.not_firm]


# --- not firm ---


def test_every_ground_that_is_not_firm_is_said_in_words(book: Reading) -> None:
    told = explain(book, SIX)
    assert {ground.path: ground.status for ground in told.not_firm} == {
        "cap": Status.PLACEHOLDER, "rd_bonus": Status.DRAFT}
    said = {ground.path: ground.said for ground in told.not_firm}
    assert said["cap"] == Text("单项得分上限倍数 1.5：占位值，尚无官方文本；可能为 1.5 至 2",
                               "cap on an indicator 1.5: a placeholder, there is no official text yet; it may be 1.5 to 2")
    assert said["rd_bonus"].zh.endswith("：出自征求意见稿，尚未生效")
    assert (told.status, told.weakest) == (Status.SOURCED, Status.PLACEHOLDER)
    assert "注意：有 2 处依据尚未坐实（占位值、征求意见稿），见文末" in answer(told, "zh")


def test_a_rulebook_that_is_itself_assumed_says_so_first(tmp_path: Path) -> None:
    told = explain(reading(tmp_path, BOOK.replace("status: sourced", "status: assumption")), SIX)
    assert told.not_firm[0].path == ""
    assert told.not_firm[0].said == Text("假设，没有官方文本依据", "an assumption, no official text says so")


def test_a_changed_parameter_is_an_assumption_and_never_looks_sourced(book: Reading) -> None:
    reform = book.book.with_parameter("tax_per_mu.benchmark", Decimal(30)).on(date(2022, 12, 31))
    told = explain(reform, SIX)
    assert Text("亩均税收基准", "benchmark of tax per mu") in [ground.title for ground in told.not_firm]


# --- forms ---


def test_the_tree_is_json_in_one_language_or_both(book: Reading) -> None:
    told = explain(book, SIX, origins={"tax_wan": [TAX_CELL]})
    both = json.loads(json.dumps(told.to_json()))
    assert both["outcome_title"] == {"zh": "B 支持发展类", "en": "B to be supported"}
    one = json.loads(json.dumps(told.to_json("en")))
    assert one["outcome_title"] == "B to be supported"
    assert one["standing"]["place"] == 2
    assert one["criteria"][0]["facts"][1]["origins"][0] == {
        "table": "workshop years", "column": "tax paid", "file": "税务.xlsx", "sheet": "2022", "row": 18,
        "known_at": "2023-03-01", "former": ""}


@pytest.mark.parametrize("lang", LANGS)
def test_the_text_goes_from_answer_to_clauses_to_sources_to_doubts(book: Reading, lang: Lang) -> None:
    heads = [block.splitlines()[0] for block in rendered(explain(book, SIX), lang).split("\n\n")[1:]]
    assert heads == {
        "zh": ["得分构成", "逐条说明", "事实来源", "规则来源", "尚未坐实之处"],
        "en": ["How the score is made up", "Clause by clause", "Where the facts come from", "Where the rules come from",
               "What is not firm"],
    }[lang]


def test_an_english_text_has_no_chinese_but_names_of_documents_and_clauses(book: Reading) -> None:
    text = rendered(explain(book, SIX), "en")
    for name in ("某县人民政府", "工坊亩均效益评价办法", "某政发", "号", "附件", "第", "条", "五", "七", "八", "十", "三"):
        text = text.replace(name, "")
    assert [c for c in text if "一" <= c <= "鿿"] == []
