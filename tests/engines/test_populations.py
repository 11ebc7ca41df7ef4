"""Every whole-population node over groups with ties, with one member, with none and with an unknown key: both engines agree."""

from fractions import Fraction
from typing import Any

import pytest

from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions import population as p
from qiantang.kernel.expressions.dialects import DIALECTS
from qiantang.kernel.expressions.evaluate import Evaluation
from qiantang.kernel.expressions.nodes import Expr
from tests.engines.running import Runs, differences
from tests.properties.subjects import BATCHES, FACTS, LAW_DATE, batches

GROUPS: dict[str, dict[str, Any]] = {
    "all": {},
    "pool": {"within": [FACTS["pool"]]},
    "two_keys": {"within": [FACTS["pool"], FACTS["listed"]], "among": n.not_(n.surely(FACTS["veto"]))},
    "nobody": {"within": [FACTS["class"]], "among": n.flag_constant(False)},
    "open": {"among": FACTS["veto"]},
}
ROUNDINGS: tuple[p.Rounding, ...] = ("floor", "ceil", "half_up", "share")


def _columns(group: dict[str, Any]) -> dict[str, Expr]:
    tax, profit, staff, uscc = (FACTS[name] for name in ("tax", "profit", "staff", "uscc"))
    place, count = p.rank([(staff, True), (uscc, False)], **group), p.group_count(**group)
    found = {
        "share_down": p.rank([(staff, True)], ties="share", **group),
        "share_up": p.rank([(staff, False), (FACTS["class"], True)], ties="share", **group),
        "key": place, "by_code": p.rank([(FACTS["class"], True), (uscc, True)], **group), "by_day": p.rank([(FACTS["since"], False), (uscc, False)], **group),
        "count": count, "sum": p.group_figure("sum", profit, **group), "sum_of_counts": p.group_figure("sum", staff, **group),
        **{f"{how}_{name}": p.group_figure(how, FACTS[name], **group) for how in ("least", "greatest") for name in ("profit", "class", "since")},
        **{f"mean_{scale}": p.group_mean(profit, scale, **group) for scale in (0, 6, 8)},
        "mean_of_huge": p.group_mean(n.multiply(tax, profit), 2, **group),
        **{f"quantile_{i}": p.quantile(profit, at, **group) for i, at in enumerate((Fraction(0), Fraction(1, 4), Fraction(2, 3), Fraction(1)))},
        "share_of_sum": n.divide(tax, p.group_figure("sum", tax, **group), 6), "of_a_figure": p.rank([(p.group_mean(profit, 2, **group), True)], ties="share"),
    }
    for rounding in ROUNDINGS:
        for closed in (True, False):
            ends = (Fraction(1, 5), Fraction(1, 4), Fraction(1, 2), Fraction(1))
            bands = [p.QuotaBand(code, end, closed ^ (code == "B")) for code, end in zip("ABCD", ends, strict=True)]
            found[f"quota_{rounding}_{closed}"] = p.quota(place, count, bands, "E", rounding)
    return found


@pytest.mark.parametrize("group", list(GROUPS))
def test_duckdb_agrees_on_every_figure_of_a_population(duckdb_runs: Runs, group: str) -> None:
    for batch in batches():
        assert differences(_columns(GROUPS[group]), batch, DIALECTS["duckdb"], duckdb_runs) == []


@pytest.mark.parametrize("group", list(GROUPS))
def test_postgresql_agrees_on_every_figure_of_a_population(postgresql_runs: Runs, group: str) -> None:
    for batch in batches()[::3]:
        assert differences(_columns(GROUPS[group]), batch, DIALECTS["postgres"], postgresql_runs) == []


def test_the_made_up_subjects_hold_what_these_comparisons_need() -> None:
    """Ties, an empty and a single-member population, unknown keys: without them the comparisons would prove little."""
    rows = batches()[0].rows
    places = Evaluation(rows, LAW_DATE).of(p.rank([(FACTS["staff"], True)], ties="share"))
    known = [x for x in places if x is not None]
    assert len(set(known)) < len(known) / 4
    assert {len(batch.rows) for batch in batches()} == {0, 1, 200}
    assert any(row["pool"] is None for batch in batches() for row in batch.rows)
    assert len(batches()) == BATCHES
