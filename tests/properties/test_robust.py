"""Whatever the unread clauses and missing facts turn out to be, the real class is always among those that were named."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiantang.kernel.errors import RulebookError
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions import population as p
from qiantang.kernel.expressions.evaluate import Evaluation, Stored
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.expressions.walking import shape, walk
from qiantang.kernel.facts import schema as s
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.facts.schema import Table
from qiantang.kernel.findings.bounds import BoundsEvaluation
from qiantang.kernel.findings.possible import Possible, Range
from qiantang.kernel.findings.robust import OUTSIDE, Robustness, robust
from qiantang.kernel.rulebooks.document import parse_document
from qiantang.kernel.rulebooks.parameters import Parameters, ParameterValue
from qiantang.kernel.rulebooks.rulebook import Case, Criterion, FormDeclaration, Outline, Reading, Role, Rulebook
from qiantang.kernel.words import same
from tests.properties.subjects import BATCHES, FACTS, LAW_DATE, batches
from tests.properties.trees import POPULATION, ROW_WISE, columns

DAY = date(2022, 12, 31)
ROWS = 25
Row = Mapping[str, Stored]

# --- any tree ---------------------------------------------------------------------------------------------------


def holds(possible: Possible, value: Stored) -> bool:
    if isinstance(possible, Range):
        return possible.null if value is None else isinstance(value, int) and possible.low <= value <= possible.high
    return value in possible


@settings(max_examples=40)
@given(columns([*ROW_WISE, *POPULATION], most=16), st.integers(0, BATCHES - 1), st.data())
def test_the_value_of_any_tree_lies_within_its_bounds_whatever_the_missing_facts_are(
        wanted: dict[str, Expr], number: int, data: st.DataObject) -> None:
    known = [dict(row) for row in batches()[number].rows[:ROWS]]
    open_facts = {name: (f.type.low, f.type.high) for name, f in FACTS.items() if f.type.is_number and f.type.nullable and name != "patents"}
    bounds = BoundsEvaluation(known, LAW_DATE, open_facts)
    draw = data.draw(st.randoms(use_true_random=False))
    real = [row | {f: draw.choice((low, high, draw.randint(low, high))) for f, (low, high) in open_facts.items() if row.get(f) is None}
            for row in known]
    evaluation = Evaluation(real, LAW_DATE)
    for tree in wanted.values():
        if tree.type.kind == "text":
            continue
        for node in walk(tree):
            for possible, value in zip(bounds.of(node), evaluation.stored(node), strict=True):
                assert holds(possible, value), (possible, value, shape(node))


@given(columns(ROW_WISE, most=16), st.integers(0, BATCHES - 1))
def test_where_nothing_is_open_a_row_has_one_possible_value(wanted: dict[str, Expr], number: int) -> None:
    rows = batches()[number].rows[:ROWS]
    bounds, evaluation = BoundsEvaluation(rows, LAW_DATE, {}), Evaluation(rows, LAW_DATE)
    for tree in wanted.values():
        if tree.type.kind == "text":
            continue
        for possible, value in zip(bounds.of(tree), evaluation.stored(tree), strict=True):
            assert possible == (Range(value, value) if tree.type.is_number and isinstance(value, int) else frozenset({value}))


# --- a whole rulebook -------------------------------------------------------------------------------------------

FIRMS = Table("firms", same("firms"), (
    s.code("uscc", "编号", "code", required=True), s.year(required=True), s.code("pool", "组", "pool", required=True),
    s.money("tax", "税金", "tax", more_is="better"), s.area("land", "用地", "land", more_is="worse"),
    replace(s.count("marks", "专家分", "experts' points", "分", high="20", more_is="better"), possible=(Decimal(2), Decimal(9))),
    s.count("age", "年数", "years", "年", high="50", required=True),
    s.flag("veto", "否决", "veto"), s.flag("industrial", "工业", "industrial"),
), ("uscc", "year"), "uscc", "year")
DOSSIER = Dossier("firm", same("firm"), FIRMS)

BOOK = """\
id: mu/guessed
form: test/guessed
title: {zh: 测试, en: test}
level: county
valid: {since: 2022-01-01, until: 2022-12-31}
status: sourced
source: {issuer: 某区, document: 某办法}
parameters:
  weight: {title: {zh: 权重, en: weight}, unit: 分, value: 30}
  benchmark: {title: {zh: 基准, en: benchmark}, unit: 万元/亩, value: 10}
  cap: {title: {zh: 封顶, en: cap}, value: 1.5}
  quota.A: {title: {zh: A, en: A}, unit: "%", value: 20}
  quota.B: {title: {zh: B, en: B}, unit: "%", value: 70}
  rounding: {title: {zh: 取整, en: rounding}, value: half_up}
  closed: {title: {zh: 含端点, en: closed}, value: true}
  young: {title: {zh: 新办, en: young}, unit: 年, value: 2}
  least_land: {title: {zh: 最少用地, en: least land}, unit: 亩, value: 0}
  bonus: {title: {zh: 加分, en: bonus}, gives: 分, unit: 分, bands: [{from: 0, to: 4, gives: 0}, {from: 4, gives: 3}]}
"""


def form(p_: Parameters, d: Dossier) -> Outline:
    """Tax per mu against a benchmark, capped; a bonus by bands; places by quota; a veto; the young are spared the last class."""
    value = n.divide(d.fact("tax"), d.fact("land"), 6)
    weight = p_.number("weight")
    earned = n.clip(n.divide(value * weight, p_.number("benchmark"), 6), n.constant(0, "分"), weight * p_.number("cap"))
    score = n.rounded(n.add(earned, p_.bands("bonus", d.fact("marks"))), 2)
    vetoed = n.surely(d.fact("veto"))
    place = p.rank([(score, True), (d.fact("uscc"), False)], within=[d.fact("pool")])
    many = p.group_count(within=[d.fact("pool")], among=n.is_known(score))
    bands = [p.QuotaBand(c, p_.fraction(f"quota.{c}"), p_.yes("closed"), f"quota.{c}") for c in "AB"]
    quota = p.quota(place, many, bands, "C", p_.word("rounding"))  # type: ignore[arg-type] # a word of the test's own
    # The years shape the rulebook: they are read as a whole number, not as a figure.
    spared = n.all_of(quota.equals(n.code_constant("C")), d.fact("age") < n.constant(p_.whole("young"), "年"))
    criteria = (Criterion("score", same("score"), Role.FIGURE, points=score), Criterion("veto", same("veto"), Role.VETO, met=vetoed),
                Criterion("young", same("young"), Role.PROTECTION, met=spared), Criterion("quota", same("quota"), Role.FIGURE))
    return Outline(criteria, (Case(vetoed, "D", "veto"), Case(spared, "B", "young")), Case(n.flag_constant(True), quota, "quota"),
                   tuple((c, same(c)) for c in "ABCD"), score="score",
                   cohort=n.all_of(d.fact("industrial"), d.fact("land") >= p_.number("least_land")))


GUESSES: dict[str, tuple[str, Callable[[Any], ParameterValue]]] = {
    "weight": ("{from: 20, to: 40}", lambda draw: Decimal(draw.randint(20_000, 40_000)).scaleb(-3)),
    "benchmark": ("{from: 0.5, to: 12.25}", lambda draw: Decimal(draw.randint(500, 12_250)).scaleb(-3)),
    "cap": ("{any_of: [1.2, 1.5, 2]}", lambda draw: draw.choice([Decimal("1.2"), Decimal("1.5"), Decimal(2)])),
    "quota.A": ("{from: 10, to: 30}", lambda draw: Decimal(draw.randint(100, 300)).scaleb(-1)),
    "quota.B": ("{from: 60, to: 80}", lambda draw: Decimal(draw.randint(600, 800)).scaleb(-1)),
    "rounding": ("{any_of: [floor, half_up, ceil, share]}", lambda draw: draw.choice(["floor", "half_up", "ceil", "share"])),
    "closed": ("{any_of: [true, false]}", lambda draw: draw.choice([True, False])),
    "young": ("{from: 1, to: 3}", lambda draw: Decimal(draw.randint(1, 3))),
    "least_land": ("{from: 0, to: 5}", lambda draw: Decimal(draw.randint(0, 500)).scaleb(-2)),
}


def reading(guessed: Iterable[str], build: Callable[[Parameters, Dossier], Outline] = form) -> Reading:
    """The rulebook with these parameters as placeholders that may take their admissible values."""
    names = set(guessed)
    lines = []
    for line in BOOK.splitlines():
        name = line.strip().split(":")[0]
        lines.append(line[:-1] + f", status: placeholder, admissible: {GUESSES[name][0]}}}" if name in names else line)
    document = parse_document("\n".join(lines).encode(), "guessed.yaml")
    return Rulebook(document, FormDeclaration("test/guessed", "firm", build, same("class")), DOSSIER, document.parameters).on(DAY)


def firm(number: int, tax: str | None, land: str | None = "10", **others: Stored) -> Row:
    usual: dict[str, Stored] = {"uscc": f"{number:03d}", "pool": "x", "marks": 2, "age": 9, "veto": False, "industrial": True}
    tax_type, land_type = FIRMS.column("tax").type, FIRMS.column("land").type
    return usual | {"tax": None if tax is None else tax_type.stored(Decimal(tax)),
                    "land": None if land is None else land_type.stored(Decimal(land))} | others


def outcomes(found: Robustness) -> dict[str, frozenset[str | None]]:
    return {standing.subject: standing.outcomes for standing in found.standings}


def real_outcomes(of: Reading, rows: Sequence[Row]) -> list[str | None]:
    """By the Decimal evaluator, everybody judged together."""
    assert of.outline.cohort is not None
    inside = [held is not False for held in Evaluation(rows, DAY).of(of.outline.cohort)]
    judged = iter(Evaluation([row for row, is_in in zip(rows, inside, strict=True) if is_in], DAY).of(of.outcome))
    found = [next(judged) if is_in else OUTSIDE for is_in in inside]
    return [None if outcome is None else str(outcome) for outcome in found]


@st.composite
def populations(draw: Callable[..., Any]) -> list[Row]:
    tax = st.one_of(st.none(), st.integers(0, 40).map(lambda k: str(k * 5)))
    land = st.one_of(st.none(), st.sampled_from(["0", "1", "4.99", "5", "10", "20"]))
    return [firm(i, draw(tax), draw(land), pool=draw(st.sampled_from("xxy")), marks=draw(st.sampled_from([None, None, 0, 3, 4, 20])),
                 age=draw(st.integers(0, 4)), veto=draw(st.sampled_from([None, False, False, True])),
                 industrial=draw(st.sampled_from([True, True, True, False, None])))
            for i in range(draw(st.integers(0, 12)))]


@settings(max_examples=40)
@given(populations(), st.sets(st.sampled_from(sorted(GUESSES)), max_size=4), st.integers(1, 3), st.randoms(use_true_random=False))
def test_the_real_class_is_always_among_those_named(rows: list[Row], guessed: set[str], splits: int, draw: Any) -> None:
    of = reading(guessed)
    named = outcomes(robust(of, rows, splits))
    for _ in range(4):
        book = of.book
        for path in sorted(guessed):
            book = book.with_parameter(path, GUESSES[path][1](draw))
        real = [dict(row) | ({"marks": draw.randint(2, 9)} if row["marks"] is None else {}) for row in rows]
        for row, outcome in zip(rows, real_outcomes(book.on(DAY), real), strict=True):
            assert outcome in named.get(str(row["uscc"]), {OUTSIDE}), (row, outcome)


@given(populations())
def test_with_no_guess_and_no_open_fact_every_class_is_firm(rows: list[Row]) -> None:
    known = [dict(row) | {"marks": 3} for row in rows]
    of = reading(())
    for row, outcome in zip(known, real_outcomes(of, known), strict=True):
        assert outcomes(robust(of, known)).get(str(row["uscc"]), {OUTSIDE}) == {outcome}


# --- what is said of it -------------------------------------------------------------------------------------------

TEN = [firm(i, str(100 - 5 * i)) for i in range(10)]


def test_a_quota_s_range_names_both_classes_of_those_between_its_ends_and_of_nobody_else() -> None:
    found = robust(reading(["quota.A"]), TEN)
    assert [sorted(map(str, s.outcomes)) for s in found.standings] == [["A"], ["A", "B"], ["A", "B"], *[["B"]] * 4, *[["C"]] * 3]
    assert [s.decides for s in found.standings if not s.firm] == [("quota.A",)] * 2


def test_the_one_guess_that_decides_is_named_and_the_idle_one_is_not() -> None:
    # Everybody earns far less than any cap admits.
    found = robust(reading(["quota.B", "cap"]), [firm(i, str(9 - i)) for i in range(10)])
    assert {s.decides for s in found.standings if not s.firm} == {("quota.B",)}


def test_guesses_that_decide_only_together_are_said_to_be_joint() -> None:
    # With 9 firms the bound of A comes to 1.8 places: half a place up or on the dot takes both another rounding and an open end.
    found = robust(reading(["rounding", "closed"]), [firm(i, str(100 - 5 * i)) for i in range(10)])
    alone = [s for s in found.standings if s.decides]
    joint = [s for s in found.standings if s.jointly]
    assert not joint or all(not s.firm for s in joint)
    assert {name for s in alone for name in s.decides} == {"closed"}


def test_a_missing_fact_is_tried_over_the_range_its_schema_states() -> None:
    # From 4 experts' points on the bonus is 3: enough to pass the next firm, and no more.
    rows = [firm(0, "30"), firm(1, "29.5", marks=None), *(firm(i, "3") for i in range(2, 6))]
    found = robust(reading(()), rows)
    assert outcomes(found)["001"] == {"A", "B"}
    assert next(s for s in found.standings if s.subject == "001").decides == ("marks",)
    assert found.open_facts == {"marks": (2, 9)}


def test_a_range_read_as_a_whole_number_is_tried_number_by_number() -> None:
    rows = [*TEN[:9], firm(9, "1", age=2)]
    found = robust(reading(["young"]), rows)
    assert found.combinations == 3
    assert outcomes(found)["009"] == {"B", "C"}


def test_a_subject_that_a_guess_may_leave_out_is_named_as_such() -> None:
    rows = [*TEN, firm(10, "200", land="3")]
    found = outcomes(robust(reading(["least_land"]), rows))
    assert found["010"] >= {"A", OUTSIDE}
    assert not found["010"] & {"B", "C"}
    # 10 or 11 compete: the second and third place hang on it.
    assert found["000"] == {"A"}
    assert found["001"] == {"A", "B"}


def test_subjects_that_are_surely_not_judged_are_left_out() -> None:
    assert "010" not in outcomes(robust(reading(["quota.A"]), [*TEN, firm(10, "200", industrial=False)]))


def test_nobody_is_nothing() -> None:
    assert robust(reading(["quota.A", "cap"]), []).standings == ()


def test_finer_parts_never_name_more_classes() -> None:
    rows = [firm(i, str(round(10 * 1.3**i))) for i in range(10)]
    coarse, fine = (outcomes(robust(reading(["weight"]), rows, splits)) for splits in (1, 8))
    assert all(fine[subject] <= coarse[subject] for subject in coarse)
    assert sum(map(len, fine.values())) < sum(map(len, coarse.values()))


def test_a_range_that_shapes_the_rulebook_is_refused_by_name() -> None:
    def shaping(p_: Parameters, d: Dossier) -> Outline:
        made = form(p_, d)
        low = Case(n.flag_constant(True), "A" if p_.decimal("weight") > 30 else "B", "quota")
        return replace(made, otherwise=low)

    with pytest.raises(RulebookError) as refused:
        robust(reading(["weight"], shaping), TEN)
    assert "weight" in refused.value.said("en")
    assert "any_of" in refused.value.said("zh")


def test_a_range_hidden_in_a_constant_is_refused_too() -> None:
    def hidden(p_: Parameters, d: Dossier) -> Outline:
        made = form(p_, d)
        good = d.fact("tax") > n.constant(p_.decimal("weight") * 2, "万元")
        return replace(made, cases=(Case(good, "A", "quota"), *made.cases))

    with pytest.raises(RulebookError, match="weight"):
        robust(reading(["weight"], hidden), TEN)


def test_too_many_combinations_are_refused_with_their_number() -> None:
    of = reading(["cap", "rounding", "closed", "young"])
    entry = of.used["cap"]
    assert entry.admissible is not None
    many = tuple(Decimal(k).scaleb(-3) for k in range(1500, 2500))
    parameter = of.book.parameters["cap"]
    wide = replace(parameter, entries=(replace(entry, admissible=replace(entry.admissible, any_of=many)),))
    book = Rulebook(of.book.document, of.book.form, DOSSIER, {**of.book.parameters, "cap": wide})
    with pytest.raises(RulebookError, match="24000"):
        robust(book.on(DAY), TEN)


@pytest.mark.parametrize("rounding", ["floor", "half_up", "ceil", "share"])
@pytest.mark.parametrize("closed", [True, False])
def test_a_quota_over_an_uncertain_count_never_loses_a_class(rounding: p.Rounding, closed: bool) -> None:
    """An open end lowers the last place by one where the bound is a whole number: more subjects, fewer places."""
    from qiantang.kernel.findings.population_bounds import _cutoffs

    for share in (Fraction(1, 5), Fraction(1, 3), Fraction(9, 20), Fraction(1)):
        for first in range(1, 12):
            for last in range(first, 14):
                real = {p.cutoff(count, share, closed, rounding) for count in range(first, last + 1)}
                least, most = _cutoffs(share * first, share * last, closed, rounding)
                assert least <= min(real)
                assert max(real) <= most
