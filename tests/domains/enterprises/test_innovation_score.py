"""Whatever marks experts give within the rule, the score lies in the interval told before they marked."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from qiantang.kernel.expressions.evaluate import Evaluation, Stored
from tests.domains.enterprises.firms import DAY, SOUND, book, stored

READING = book("hitech/2016-32").on(DAY)
MARKS = {
    "ip_advancement": "expert_ip_advancement", "ip_support": "expert_ip_support", "ip_quantity": "expert_ip_quantity",
    "ip_acquisition": "expert_ip_acquisition", "standards": "expert_standards", "transformation": "expert_transformation",
    "rd_management": "expert_rd_management", "rd_unit": "expert_rd_unit", "incentives": "expert_incentives",
    "talent": "expert_talent", "growth_net_assets": "expert_growth_net_assets", "growth_sales": "expert_growth_sales",
}
WANTED = {name: expr for name, expr in READING.columns().items()
          if name in ("outcome", "score_low__points", "score_high__points") or name.removesuffix("_low__value") in MARKS
          or name.removesuffix("_high__value") in MARKS}


def _columns(row: dict[str, Stored]) -> dict[str, Stored]:
    evaluation = Evaluation([row], DAY)
    return {name: evaluation.stored(WANTED[name])[0] for name in WANTED}


def _whole(value: Stored) -> int:
    assert isinstance(value, int)
    return value


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_the_marked_score_lies_in_the_unmarked_interval(data: st.DataObject) -> None:
    changed = {fact: Decimal(data.draw(st.integers(0, high), fact)) for fact, high in
               {"class_one_rights": 2, "class_two_rights": 6, "rights_own": 3, "results_transformed": 9, "net_assets_wan_2": 2000}.items()}
    row = stored(SOUND | changed)
    before = _columns(row)
    marks: dict[str, Stored] = {}
    for part, mark in MARKS.items():
        low, high = _whole(before[f"{part}_low__value"]), _whole(before[f"{part}_high__value"])
        marks[mark] = data.draw(st.integers(low, high), mark)
    after = _columns(row | marks)
    assert after["score_low__points"] == after["score_high__points"]
    assert _whole(before["score_low__points"]) <= _whole(after["score_low__points"]) <= _whole(before["score_high__points"])
    assert after["outcome"] in ("pass", "fail")
    if before["outcome"] != "depends_on_experts":
        assert after["outcome"] == before["outcome"]


def test_a_range_is_no_wider_than_the_part() -> None:
    columns = _columns(stored(SOUND))
    assert [columns[f"{part}_high__value"] for part in MARKS] == [8, 8, 8, 6, 2, 30, 6, 6, 4, 4, 0, 0]
