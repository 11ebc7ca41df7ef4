"""Whoever closes the distance that the ladder tells meets the condition; whoever stops one step short does not."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiantang.kernel.expressions.evaluate import Evaluation, Stored
from qiantang.kernel.findings.judging import judged
from tests.domains.enterprises.firms import DAY, SOUND, book, stored

READING = book("ladder/to-high-tech").on(DAY)
TO_SCALE = book("ladder/to-scale").on(DAY)
LEVERS = {"staff": "sci_tech_staff", "research": "rd_hightech_wan", "domestic": "rd_domestic_wan", "income": "hitech_income_wan"}


def _told(row: dict[str, Stored], *criteria: str) -> list[Stored]:
    """The value of each gap and whether each other condition is met, of one enterprise."""
    evaluation = Evaluation([row], DAY)
    found = [READING.criterion(name) for name in criteria]
    return [evaluation.stored(expr)[0] for c in found if (expr := c.value if c.id.endswith("_gap") else c.met) is not None]


@pytest.mark.parametrize(("condition", "lever"), LEVERS.items())
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_closing_the_gap_meets_the_condition_and_one_step_less_does_not(condition: str, lever: str, data: st.DataObject) -> None:
    figures = {fact: data.draw(st.integers(1, 10**12), fact) for fact in
               ("rd_hightech_wan", "rd_hightech_wan_1", "rd_domestic_wan_1", "sales_wan", "sales_wan_1", "sales_wan_2", "total_income_wan")}
    row = stored(SOUND) | figures | {"staff_mean": data.draw(st.integers(1, 10**6)), lever: data.draw(st.integers(0, 10**6))}
    met, gap = _told(row, condition, f"{condition}_gap")
    held = row[lever]
    assert isinstance(gap, int)
    assert isinstance(held, int)
    if met:
        assert gap == 0
        return
    assert gap > 0
    assert _told(row | {lever: held + gap}, condition) == [True]
    assert _told(row | {lever: held + gap - 1}, condition) == [False]


def test_the_revenue_gap_reaches_the_threshold_to_the_cent() -> None:
    firm = stored({"year": Decimal(2022), "above_scale": False, "is_hitech": True, "sector": "industry",
                   "main_revenue_wan": Decimal("1234.56")})
    before, = judged(TO_SCALE, [firm])
    assert before is not None
    gap, held = before.values["gap__value"], firm["main_revenue_wan"]
    assert isinstance(gap, int)
    assert isinstance(held, int)
    outcomes = [found.values["outcome"] for found in judged(TO_SCALE, [firm | {"main_revenue_wan": held + gap - short} for short in (0, 1)])
                if found is not None]
    assert outcomes == ["ready", "near"]


def test_the_ladder_follows_the_law_it_extends() -> None:
    stricter = book("ladder/to-high-tech").with_parameter("staff.share", Decimal("0.25")).on(DAY)
    found, = judged(stricter, [stored(SOUND)])
    assert found is not None
    assert found.values["staff_gap__value"] == 500, "a quarter of 100 is 25 persons, 5.00 more than there are"
