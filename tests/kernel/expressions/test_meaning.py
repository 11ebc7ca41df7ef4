"""Each node has one stated meaning: one story each, at its edges."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from qiantang.kernel.errors import RulebookError
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions import population as p
from qiantang.kernel.expressions.dialects import DIALECTS
from qiantang.kernel.expressions.evaluate import Blame, Evaluation, Stored
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.expressions.plan import compile_plan
from qiantang.kernel.expressions.sql import Printer
from qiantang.kernel.expressions.walking import shape
from qiantang.kernel.facts import schema as s

DAY = date(2024, 2, 29)
TAX = n.Fact.of(s.money("tax", "税金", "tax"))
PROFIT = n.Fact.of(s.money("profit", "利润", "profit", low=None))
LAND = n.Fact.of(s.area("land", "用地", "land"))
STAFF = n.Fact.of(s.count("staff", "人数", "staff", "人"))
RATE = n.Fact.of(s.quantity("rate", "比例", "share", "%"))
A, B, C = (n.Fact.of(s.flag(name, name, name)) for name in "abc")
POOL = n.Fact.of(s.code("pool", "组别", "pool"))
CODE = n.Fact.of(s.code("code", "编号", "code", required=True))


def _value(expr: Expr, **facts: Stored) -> object:
    return Evaluation([facts], DAY).of(expr)[0]


def _blame(expr: Expr, **facts: Stored) -> set[tuple[str, str]]:
    return {(b.why, b.name) for b in Evaluation([facts], DAY).blame(expr, 0)}


def _points(value: str) -> Expr:
    return n.constant(value, "分")


# --- unknown -----------------------------------------------------------------------------------------------------


def test_the_least_of_an_unknown_and_a_cap_is_unknown() -> None:
    capped = n.least(TAX, n.constant(30, "万元"))
    assert _value(capped) is None
    assert _blame(capped) == {("missing", "tax")}
    assert _value(capped, tax=31_000000) == 30


def test_the_greatest_of_an_unknown_and_a_floor_is_unknown() -> None:
    assert _value(n.greatest(TAX, n.constant(0, "万元"))) is None


def test_what_is_no_finite_number_never_gets_into_a_tree() -> None:
    for value in ("NaN", "Infinity", "-Infinity"):
        with pytest.raises(RulebookError, match="no finite number"):
            n.constant(value, "万元")


def test_nothing_below_the_line_is_unknown_and_blamed_as_zero() -> None:
    per_mu = n.divide(TAX, LAND, 6)
    assert _value(per_mu, tax=5, land=0) is None
    assert _blame(per_mu, tax=5, land=0) == {("zero", "land")}
    assert _blame(per_mu, tax=0, land=0) == {("zero", "land")}


def test_a_missing_numerator_over_nothing_is_blamed_for_both() -> None:
    assert _blame(n.divide(TAX, LAND, 6), land=0) == {("missing", "tax"), ("zero", "land")}


def test_a_figure_in_a_gap_of_the_bands_is_unknown_and_says_which_bands() -> None:
    bands = [n.Band(None, Decimal(10), False, False, n.constant(1, "分")),
             n.Band(Decimal(20), None, True, False, n.constant(2, "分"))]
    looked_up = n.banded(STAFF, bands, "staff.bands")
    assert [_value(looked_up, staff=v) for v in (9, 10, 19, 20)] == [1, None, None, 2]
    assert _blame(looked_up, staff=15) == {("no_band", "staff.bands")}
    assert _blame(looked_up) == {("missing", "staff")}


def test_the_unknown_value_of_a_known_type_may_still_be_unknown() -> None:
    known = n.first_known(TAX, n.constant(0, "万元"))
    assert not known.type.nullable
    chosen = n.choose((n.is_known(TAX), known), otherwise=n.unknown(known.type))
    assert chosen.type.nullable


# --- rounding ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("profit", "half_up", "down", "up"), [
    (500000, 1, 0, 1), (-500000, -1, 0, -1), (499999, 0, 0, 1), (-499999, 0, 0, -1),
    (1500000, 2, 1, 2), (-1500000, -2, -1, -2), (2000000, 2, 2, 2), (0, 0, 0, 0),
])
def test_halves_round_away_from_zero_on_both_sides(profit: int, half_up: int, down: int, up: int) -> None:
    for how, expected in (("half_up", half_up), ("down", down), ("up", up)):
        assert _value(n.rounded(PROFIT, 0, how), profit=profit) == expected  # type: ignore[arg-type] # the three modes
        one = n.constant(1)
        assert _value(n.divide(PROFIT, one, 0, how), profit=profit) == expected  # type: ignore[arg-type] # the same


def test_a_quotient_is_rounded_once_not_twice() -> None:
    """0.4445 is 0.444 to three places; by way of four places (0.4445 from 0.44449…) it would be 0.445."""
    quotient = n.divide(TAX, LAND, 3)
    assert _value(quotient, tax=444_499900, land=1000_0000) == Decimal("0.444")
    assert _value(n.rounded(n.divide(TAX, LAND, 4), 3), tax=444_499900, land=1000_0000) == Decimal("0.445")


def test_rounding_to_a_finer_grid_changes_nothing() -> None:
    finer = n.rounded(LAND, 6)
    assert finer.type.scale == 6
    assert _value(finer, land=15000) == Decimal("1.5")


# --- logic -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("a", "b", "both", "either"), [
    (True, True, True, True), (True, False, False, True), (False, False, False, False), (True, None, None, True),
    (False, None, False, None), (None, None, None, None),
])
def test_one_false_decides_all_and_one_true_decides_any(a, b, both, either) -> None:
    for x, y in ((a, b), (b, a)):
        assert _value(n.all_of(A, B), a=x, b=y) is both
        assert _value(n.any_of(A, B), a=x, b=y) is either


def test_a_decided_flag_blames_nobody_and_an_open_one_only_what_is_open() -> None:
    assert _blame(n.all_of(A, B), a=False) == set()
    assert _blame(n.all_of(A, B), a=True) == {("missing", "b")}


def test_all_of_nothing_holds_and_any_of_nothing_does_not() -> None:
    assert (_value(n.all_of()), _value(n.any_of())) == (True, False)


def test_at_least_two_of_three_is_settled_as_soon_as_the_unknown_no_longer_matters() -> None:
    two = n.at_least(2, A, B, C)
    assert _value(two, a=True, b=True) is True
    assert _value(two, a=False, b=False) is False
    assert _value(two, a=True, b=False) is None
    assert _blame(two, a=True, b=False) == {("missing", "c")}
    assert (_value(n.at_least(0)), _value(n.at_least(1))) == (True, False)


def test_a_choice_that_is_open_before_any_case_holds_is_unknown() -> None:
    chosen = n.choose((A, _points("1")), (B, _points("2")), otherwise=_points("3"))
    assert _value(chosen, a=None, b=True) is None
    assert _blame(chosen, a=None, b=True) == {("missing", "a")}
    assert _value(chosen, a=True) == 1
    assert _value(chosen, a=False, b=True) == 2
    assert _value(chosen, a=False, b=False) == 3


def test_a_choice_blames_only_the_case_that_was_taken() -> None:
    chosen = n.choose((A, TAX), otherwise=PROFIT)
    assert _blame(chosen, a=True) == {("missing", "tax")}
    assert _blame(chosen, a=False) == {("missing", "profit")}


def test_a_missing_record_of_a_veto_is_no_veto_only_where_the_rulebook_says_surely() -> None:
    assert _value(n.not_(A)) is None
    assert _value(n.not_(n.surely(A))) is True


def test_a_code_is_in_no_empty_list_but_an_unknown_code_stays_unknown() -> None:
    assert _value(n.among(POOL, ()), pool="x") is False
    assert _value(n.among(POOL, ())) is None


def test_an_expression_has_no_truth_value_of_its_own() -> None:
    with pytest.raises(TypeError, match="all_of"):
        bool(A)


# --- units and kinds -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("build", [
    lambda: TAX + LAND, lambda: TAX - LAND, lambda: TAX >= LAND, lambda: n.least(TAX, LAND),
    lambda: n.choose((A, TAX), otherwise=LAND), lambda: n.first_known(TAX, LAND),
])
def test_units_that_do_not_agree_are_refused_with_both_named(build) -> None:
    with pytest.raises(RulebookError) as refused:
        build()
    assert "万元、亩" in refused.value.said("zh")
    assert "10k yuan, mu" in refused.value.said("en")


@pytest.mark.parametrize("build", [
    lambda: A + A, lambda: n.all_of(TAX), lambda: n.not_(POOL), lambda: n.compare(A, "=", B), lambda: n.among(TAX, ("1",)),
    lambda: n.compare(POOL, "=", n.law_date()), lambda: n.choose((A, POOL), otherwise=A),
    lambda: p.group_figure("least", A), lambda: p.group_figure("sum", POOL),
])
def test_a_part_of_the_wrong_kind_is_refused_when_the_rule_is_built(build) -> None:
    with pytest.raises(RulebookError):
        build()


def test_a_figure_is_read_in_another_unit_exactly_and_never_in_a_stranger() -> None:
    assert _value(n.in_unit(TAX, "元"), tax=1) == Decimal("0.01")
    assert _value(n.in_unit(TAX, "亿元"), tax=1) == Decimal("0.0000000001")
    assert _value(n.in_unit(RATE, ""), rate=35000) == Decimal("0.035")
    with pytest.raises(RulebookError, match="cannot be converted"):
        n.in_unit(TAX, "亩")
    with pytest.raises(RulebookError, match="finite decimal"):
        n.in_unit(LAND, "m²")


def test_a_quarter_is_a_finite_decimal_too() -> None:
    square = n.multiply(n.Fact.of(s.quantity("floor", "面积", "floor", "m²")), n.Fact.of(s.quantity("roof", "面积", "roof", "m²")))
    assert _value(n.in_unit(square, "亩·亩"), floor=2000_0000, roof=2000_0000) == 9


@pytest.mark.parametrize("of", [n.divide(TAX, LAND, 4), RATE, n.divide(TAX, PROFIT, 4)])
def test_ratios_are_never_added_over_a_group(of: Expr) -> None:
    with pytest.raises(RulebookError, match="cannot be added") as refused:
        p.group_figure("sum", of)
    assert "Sum numerator and denominator" in refused.value.said("en")


def test_a_quota_that_does_not_say_how_places_are_rounded_is_refused() -> None:
    place, count = p.rank([(TAX, True), (CODE, False)]), p.group_count()
    with pytest.raises(RulebookError, match="does not say how places are rounded"):
        p.quota(place, count, [p.QuotaBand("A", Fraction(1, 5), True)], "B", None)


@pytest.mark.parametrize("ends", [(Fraction(3, 5), Fraction(1, 5)), (Fraction(1, 5), Fraction(1, 5)), (Fraction(6, 5),)])
def test_quota_bounds_rise_and_stay_within_the_whole(ends: Sequence[Fraction]) -> None:
    bands = [p.QuotaBand("A", end, True) for end in ends]
    with pytest.raises(RulebookError, match="must rise"):
        p.quota(p.rank([(TAX, True)]), p.group_count(), bands, "B", "floor")


# --- ranges ------------------------------------------------------------------------------------------------------------


def _too_wide() -> list[Expr]:
    huge = n.multiply(n.multiply(TAX, TAX), TAX)
    return [n.multiply(huge, n.constant(10)), n.divide(huge, LAND, 9), n.add(huge, n.multiply(TAX, n.multiply(TAX, n.constant(10**13, "万元")))),
            n.compare(n.rounded(huge, 0), "<", n.multiply(n.multiply(TAX, TAX), n.constant("0.0000000000000000000000001", "万元")))]


@pytest.mark.parametrize("place", range(4))
def test_a_range_beyond_38_digits_is_refused_when_the_plan_is_printed(place: int) -> None:
    tree = _too_wide()[place]
    with pytest.raises(RulebookError, match="38 digits"):
        Printer(DIALECTS["duckdb"], compile_plan({"x": tree}), DAY).select("t")


@pytest.mark.parametrize(("expr", "low", "high"), [
    (TAX + TAX, 0, 2 * 10**13), (TAX - TAX, -(10**13), 10**13), (PROFIT * TAX, -(10**26), 10**26),
    (n.clip(PROFIT, n.constant(0, "万元"), n.constant(5, "万元")), 0, 5 * 10**6),
    (n.divide(TAX, n.constant(2), 6), 0, 5 * 10**12), (n.rounded(PROFIT, 0), -(10**7), 10**7),
    (n.divide(PROFIT, LAND, 2), -(10**13), 10**13),
])
def test_the_proven_range_holds_what_can_come_and_no_more(expr: Expr, low: int, high: int) -> None:
    assert (expr.type.low, expr.type.high) == (low, high)


# --- plans -------------------------------------------------------------------------------------------------------------


def test_a_flag_and_a_number_that_look_alike_are_not_taken_for_one_column() -> None:
    flag = n.choose((A, n.flag_constant(True)), otherwise=n.flag_constant(False))
    one = n.choose((A, n.constant(1)), otherwise=n.constant(0))
    plan = compile_plan({"flag": flag, "one": one})
    assert len({column for _, column in plan.outputs}) == 2


def test_bands_that_give_other_figures_are_not_taken_for_one_column() -> None:
    def bands(*gives: str) -> Expr:
        return n.banded(STAFF, [n.Band(Decimal(i), Decimal(i + 1), True, False, n.constant(g)) for i, g in enumerate(gives)])

    assert len({column for _, column in compile_plan({"x": bands("0.5", "1"), "y": bands("5", "0.1")}).outputs}) == 2


def test_two_nodes_of_one_shape_are_computed_once() -> None:
    plan = compile_plan({"x": n.divide(TAX, LAND, 6), "y": n.divide(TAX, LAND, 6)})
    assert [column for _, column in plan.outputs] == ["x", "x"]


def test_a_step_that_bears_the_name_of_a_fact_is_refused() -> None:
    with pytest.raises(RulebookError, match="bears the name of a fact"):
        compile_plan({"tax": TAX + TAX})


def test_nested_quotients_do_not_make_the_text_explode() -> None:
    def nested(depth: int) -> int:
        tree: Expr = PROFIT
        for _ in range(depth):
            tree = n.clip(n.divide(tree * n.constant(30, "分"), n.constant("7.5", "分"), 6), n.constant(-9, "万元"), n.constant(9, "万元"))
        return len(Printer(DIALECTS["duckdb"], compile_plan({"x": tree}), DAY).select("t"))

    assert nested(8) < 3 * nested(4)


def test_shape_is_the_same_for_the_same_tree_and_another_for_any_other() -> None:
    trees = [n.divide(TAX, LAND, 6), n.divide(TAX, LAND, 5), n.divide(TAX, LAND, 6, "up"), n.divide(LAND, TAX, 6),
             n.divide(TAX, LAND, 6) + n.constant(0, "万元/亩"), n.Step(TAX.type, "s", TAX), TAX]
    assert shape(trees[0]) == shape(n.divide(TAX, LAND, 6))
    assert len({shape(tree) for tree in trees}) == len(trees)


# --- the population ----------------------------------------------------------------------------------------------------


def _rows(*taxes: int | None, pool: str = "x") -> list[dict[str, Stored]]:
    return [{"tax": None if t is None else t * 10**6, "pool": pool, "code": f"{i:03d}"} for i, t in enumerate(taxes)]


def _values(expr: Expr, rows: Sequence[dict[str, Stored]]) -> list[object]:
    return list(Evaluation(rows, DAY).of(expr))


def test_equal_keys_share_the_better_place_and_the_next_place_is_skipped() -> None:
    rows = _rows(5, 3, 5, None, 1)
    assert _values(p.rank([(TAX, True)], ties="share"), rows) == [1, 3, 1, None, 4]
    assert _values(p.rank([(TAX, True), (CODE, False)]), rows) == [1, 3, 2, None, 4]


def test_who_is_not_among_them_has_no_place_and_is_said_to_stand_outside() -> None:
    place = p.rank([(TAX, True)], among=n.surely(A))
    evaluation = Evaluation([{"tax": 1, "a": True}, {"tax": 2, "a": False}], DAY)
    assert evaluation.of(place) == [1, None]
    assert evaluation.blame(place, 1) == {Blame("outside", "")}
    count = p.group_count(among=n.surely(A))
    assert evaluation.of(count) == [1, None]
    assert evaluation.blame(count, 1) == {Blame("outside", "")}


def test_a_missing_figure_takes_the_mean_of_those_who_have_one() -> None:
    rows: list[dict[str, Stored]] = [*_rows(1, 2, None), *_rows(None, pool="lonely"), {"tax": 8 * 10**6, "code": "900"}, {"code": "901"}]
    mean = p.group_mean(TAX, 0, within=[POOL])
    assert _values(n.first_known(TAX, mean), rows) == [1, 2, 2, None, 8, 8]
    assert Evaluation(rows, DAY).blame(mean, 3) == {Blame("missing", "tax")}


def test_a_quantile_is_a_figure_somebody_has() -> None:
    rows = _rows(10, 40, 20, 30, None)
    at = {str(f): _values(p.quantile(TAX, f), rows)[0] for f in (Fraction(0), Fraction(1, 4), Fraction(1, 2), Fraction(51, 100), Fraction(1))}
    assert at == {"0": 10, "1/4": 10, "1/2": 20, "51/100": 30, "1": 40}


@pytest.mark.parametrize(("many", "upto", "closed", "rounding", "last"), [
    (23, Fraction(1, 5), True, "floor", 4), (23, Fraction(1, 5), True, "ceil", 5), (23, Fraction(1, 5), True, "half_up", 5),
    (23, Fraction(1, 5), True, "share", 4), (22, Fraction(1, 5), True, "half_up", 4), (22, Fraction(1, 5), True, "ceil", 5),
    (20, Fraction(1, 5), True, "ceil", 4), (20, Fraction(1, 5), False, "ceil", 3), (20, Fraction(1, 5), False, "share", 3),
    (1, Fraction(1, 5), True, "floor", 0), (1, Fraction(1, 5), True, "ceil", 1), (1, Fraction(1), True, "floor", 1),
    (5, Fraction(0), True, "ceil", 0), (5, Fraction(1, 2), True, "half_up", 3),
])
def test_a_quota_ends_at_the_place_its_rounding_says(many: int, upto: Fraction, closed: bool, rounding: p.Rounding, last: int) -> None:
    assert p.cutoff(many, upto, closed, rounding) == last
    place, count = p.rank([(TAX, True), (CODE, False)]), p.group_count()
    classes = _values(p.quota(place, count, [p.QuotaBand("A", upto, closed)], "B", rounding), _rows(*range(many, 0, -1)))
    assert classes == ["A"] * last + ["B"] * (many - last)


def test_one_subject_alone_needs_the_population_and_never_guesses_it() -> None:
    alone = Evaluation(_rows(5), DAY, alone=True)
    place = p.rank([(TAX, True)])
    assert alone.of(place) == [None]
    assert alone.blame(place, 0) == {Blame("population", "")}
