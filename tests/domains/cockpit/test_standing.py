"""Where an indicator stands: on its path, behind it, or there; where it is heading, and what is not known."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from qiantang.domains.cockpit.standing import Point, measured, path_at, projection, tone
from qiantang.kernel.pages.declaring import Aim, Indicator, Measure, Tallied
from qiantang.kernel.units import unit
from qiantang.kernel.words import Text, same

D = Decimal


def indicator(better: str = "more", measure: Measure | None = None) -> Indicator:
    return Indicator("i", same("i"), same("i"), "innovation", unit("家"), better, measure, (), 12, True)  # type: ignore[arg-type]  # one of the two


def aim(goal: int, year: int | None, start: tuple[int, int] | None = (2021, 802), better: str = "more") -> Aim:
    return Aim("i", same("i"), "innovation", unit("家"), None if start is None else (start[0], D(start[1])), (year, D(goal)), better,  # type: ignore[arg-type]
               False, Text("来源", "source"))


def point(year: int, value: int) -> Point:
    return Point(str(year), D(value), date(year, 12, 31), same("x"))


def test_the_path_is_straight_from_the_start_to_the_target() -> None:
    a = aim(1000, 2023)
    assert path_at((2021, D(802)), a, date(2021, 12, 31)) == 802
    assert path_at((2021, D(802)), a, date(2022, 12, 31)) == 901
    assert path_at((2021, D(802)), a, date(2030, 1, 1)) == 1000
    assert path_at((2021, D(802)), a, date(2020, 1, 1)) == 802


def test_without_a_year_there_is_no_path() -> None:
    assert path_at((2021, D(802)), aim(1000, None), date(2022, 1, 1)) is None
    assert path_at(None, aim(1000, 2023), date(2022, 1, 1)) is None


@pytest.mark.parametrize(("value", "better", "expected", "said"), [
    (1000, "more", 901, "ok"), (856, "more", 901, "ok"), (855, "more", 901, "watch"), (0, "less", 50, "ok"), (40, "less", 50, "ok"), (50, "less", 50, "plain"),
    (51, "less", 50, "alarm"), (5, "less", None, "alarm"), (5, "more", None, "plain")])
def test_the_tone_turns_at_the_path(value: int, better: str, expected: int | None, said: str) -> None:
    goal = aim(1000 if better == "more" else 0, 2024, better=better)
    assert tone(indicator(better), goal, point(2022, value), None if expected is None else D(expected)) == said


def test_without_a_value_it_is_off_and_without_a_target_plain() -> None:
    assert tone(indicator(), aim(1, 2024), None, None) == "off"
    assert tone(indicator(), None, point(2022, 1), None) == "plain"


def test_the_projection_goes_on_with_the_mean_yearly_change() -> None:
    assert projection([point(2021, 802), point(2022, 850)], aim(1000, 2024)) == 946
    assert projection([point(2021, 802)], aim(1000, 2024)) is None
    assert projection([point(2021, 802), point(2021, 810)], aim(1000, 2024)) is None


def tally(known: int, holds: int, **sums: int) -> Tallied:
    return Tallied("", known, holds, {n: D(v) for n, v in sums.items()}, {}, "r", "k")


def test_a_measure_is_a_count_a_share_or_a_ratio_of_sums() -> None:
    assert measured(indicator(measure=Measure("count", "x")), tally(10, 4)) == 4
    assert measured(indicator(measure=Measure("share", "x")), tally(8, 2)) == 25
    assert measured(indicator(measure=Measure("ratio", "x", ("tax", "land"))), tally(1, 1, tax=120, land=15)) == 8


def test_of_nobody_there_is_no_share_and_no_ratio() -> None:
    assert measured(indicator(measure=Measure("share", "x")), tally(0, 0)) is None
    assert measured(indicator(measure=Measure("ratio", "x", ("tax", "land"))), tally(1, 1, tax=1, land=0)) is None
    assert measured(indicator(measure=Measure("ratio", "x", ("tax", "land"))), tally(1, 1, tax=1)) is None
