"""Turning an expression round: stories of single bounds, and of what has none."""

from datetime import date
from decimal import Decimal

import pytest

from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.evaluate import Evaluation, Stored
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.facts import schema as s
from qiantang.kernel.findings.inverting import inverted, met_by

DAY = date(2022, 12, 31)
TAX = n.Fact.of(s.money("tax", "税金", "tax"))
COST = n.Fact.of(s.money("cost", "成本", "cost"))
LAND = n.Fact.of(s.area("land", "用地", "land"))
RATE = n.Fact.of(s.ratio("rate", "比率", "rate", high="10"))


def _bound(node: Expr, target: Expr, fact: str, **facts: Stored) -> tuple[str, object]:
    bound = inverted(node, target, "at_least", fact)
    assert bound is not None
    return bound.sense, Evaluation([facts], DAY).of(bound.value)[0]


def test_the_tax_that_brings_a_score_to_its_mark_is_the_least_that_rounds_up_to_it() -> None:
    per_mu = n.divide(TAX, LAND, 2)
    mark = n.constant("24.10", "万元/亩")
    assert _bound(per_mu, mark, "tax", land=2 * 10**4) == ("at_least", Decimal("48.19"))
    assert Evaluation([{"tax": 48_190000, "land": 20000}, {"tax": 48_189999, "land": 20000}], DAY).of(per_mu >= mark) == [True, False]


def test_more_land_is_worse_so_the_bound_on_land_turns_round() -> None:
    assert _bound(n.divide(TAX, LAND, 2), n.constant("24.10", "万元/亩"), "land", tax=48_190000) == ("at_most", Decimal("2.0000"))


def test_without_land_no_tax_is_enough() -> None:
    assert _bound(n.divide(TAX, LAND, 2), n.constant(1, "万元/亩"), "tax", land=0) == ("at_least", None)


def test_a_cap_that_lies_below_the_mark_cannot_be_lifted_past() -> None:
    capped = n.least(TAX, n.constant(5, "万元"))
    assert _bound(capped, n.constant(5, "万元"), "tax") == ("at_least", 5)
    assert _bound(capped, n.constant(6, "万元"), "tax") == ("at_least", None)


@pytest.mark.parametrize(("closed", "bound"), [(True, Decimal("0.05")), (False, Decimal("0.050001"))])
def test_the_band_that_gives_enough_is_entered_at_its_end(closed: bool, bound: Decimal) -> None:
    points = [n.constant(v, "分") for v in (0, 10, 20)]
    bands = n.banded(RATE, [n.Band(None, Decimal("0.05"), False, not closed, points[0]),
                            n.Band(Decimal("0.05"), Decimal("0.3"), closed, False, points[1]),
                            n.Band(Decimal("0.3"), None, True, False, points[2])])
    assert _bound(bands, n.constant(10, "分"), "rate") == ("at_least", bound)
    assert _bound(bands, n.constant(11, "分"), "rate") == ("at_least", Decimal("0.3"))
    assert _bound(bands, n.constant(21, "分"), "rate") == ("at_least", None)


def test_bands_that_fall_are_entered_from_above() -> None:
    points = [n.constant(v, "分") for v in (20, 10)]
    bands = n.banded(RATE, [n.Band(None, Decimal("0.1"), False, True, points[0]), n.Band(Decimal("0.1"), Decimal("0.3"), False, False, points[1])])
    assert _bound(bands, n.constant(20, "分"), "rate") == ("at_most", Decimal("0.1"))
    assert _bound(bands, n.constant(10, "分"), "rate") == ("at_most", Decimal("0.299999"))


def test_a_case_that_does_not_hold_the_fact_has_no_bound_for_it() -> None:
    veto = n.Fact.of(s.flag("veto", "否决", "veto"))
    chosen = n.choose((veto, n.constant(0, "万元")), otherwise=TAX)
    assert _bound(chosen, n.constant(3, "万元"), "tax", veto=True) == ("at_least", None)
    assert _bound(chosen, n.constant(3, "万元"), "tax", veto=False) == ("at_least", 3)


@pytest.mark.parametrize("node", [
    n.divide(TAX, TAX + COST, 4), TAX * TAX, n.subtract(TAX, n.divide(TAX, n.constant(2), 6)),
    n.choose((TAX > COST, TAX), otherwise=COST), n.divide(TAX, n.Fact.of(s.money("net", "净", "net", low=None)), 4),
    n.first_known(COST, TAX),
])
def test_what_has_no_closed_form_says_so(node: Expr) -> None:
    assert inverted(node, n.constant(1, node.type.unit), "at_least", "tax") is None


def test_a_fact_that_does_not_stand_in_the_expression_has_no_bound() -> None:
    assert inverted(TAX, n.constant(1, "万元"), "at_least", "cost") is None
    assert met_by(TAX >= COST, "land") is None


def test_an_equality_has_no_bound() -> None:
    assert met_by(TAX.equals(COST), "tax") is None


def test_a_comparison_may_stand_behind_a_named_step() -> None:
    flag = TAX > COST
    bound = met_by(n.Step(flag.type, "met", flag), "tax")
    assert bound is not None
    assert (bound.sense, Evaluation([{"cost": 7}], DAY).stored(bound.value)) == ("at_least", [8])
