"""Where an indicator stands: its value now, the path to its target, the change and its basis, and where it is heading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from qiantang.kernel.pages.declaring import Aim, Ask, Indicator, Tallied
from qiantang.kernel.pages.values import Tone
from qiantang.kernel.words import Text

_PERCENT = Decimal(100)
_SLACK = Decimal("0.95")
"""As far below its path an indicator may be and still count as on it."""


@dataclass(frozen=True, slots=True)
class Point:
    """A value of a period, as of a day; ``found`` says that it was worked out of findings."""

    period: str
    value: Decimal
    as_of: date
    source: Text
    placeholder: bool = False
    found: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """An indicator at one moment. ``progress`` is a fraction of the way; ``expected`` what a straight path to the target
    expects by now; ``projected`` where the last change leads by the target's year; None is unknown."""

    indicator: Indicator
    aim: Aim | None
    points: tuple[Point, ...]
    tally: Tallied | None
    progress: Decimal | None
    expected: Decimal | None
    projected: Decimal | None
    tone: Tone
    stale: bool

    @property
    def now(self) -> Point | None:
        """The newest value."""
        return self.points[-1] if self.points else None

    @property
    def change(self) -> Decimal | None:
        """The newest value less the one before."""
        return self.points[-1].value - self.points[-2].value if len(self.points) > 1 else None


def standing(ask: Ask, indicator: Indicator) -> Standing:
    """The standing of an indicator: what was published, and what the findings give on top of it."""
    aim = next((a for a in ask.district.aims if a.code == indicator.code), None)
    points = [Point(v.period, v.value, v.as_of, v.source, v.placeholder) for v in indicator.values if v.as_of <= ask.today]
    tally = _tally(ask, indicator)
    if tally is not None and not ask.sees_everybody():
        # A part of the district is not held against what was published and planned of the whole.
        aim, points = None, []
    if tally is not None:
        value = measured(indicator, tally)
        run = next((r for r in ask.runs() if r.key == tally.run), None)
        if value is not None and run is not None:
            points = [p for p in points if p.period != str(run.year)]
            points.append(Point(str(run.year), value, run.known_at, Text("由结论汇总", "worked out of findings"), found=True))
    start = _start(aim, points)
    last = points[-1] if points else None
    expected = path_at(start, aim, ask.today)
    return Standing(indicator, aim, tuple(points), tally, _progress(start, aim, last), expected, projection(points, aim),
                    tone(indicator, aim, last, expected), last is not None and not last.found and _months(last.as_of, ask.today) > indicator.months)


def measured(indicator: Indicator, tally: Tallied) -> Decimal | None:
    """The measure's value in the indicator's unit: a count, a percentage, or a ratio of sums; None where nothing is known."""
    measure = indicator.measure
    assert measure is not None
    if measure.how == "count":
        return Decimal(tally.holds)
    if measure.how == "share":
        return None if not tally.known else Decimal(tally.holds) / tally.known * _PERCENT
    above, below = (tally.sums.get(name) for name in measure.of)
    return None if above is None or not below else above / below


def _tally(ask: Ask, indicator: Indicator) -> Tallied | None:
    measure = indicator.measure
    if measure is None:
        return None
    found = ask.tally(measure.over, sums=measure.of, where=measure.where)
    return found[0] if found else None


def _start(aim: Aim | None, points: Sequence[Point]) -> tuple[int, Decimal] | None:
    if aim is not None and aim.start is not None and aim.start[0] is not None:
        return aim.start[0], aim.start[1]
    return (points[0].as_of.year, points[0].value) if points else None


def path_at(start: tuple[int, Decimal] | None, aim: Aim | None, day: date) -> Decimal | None:
    """What a straight path from the end of the start year to the end of the target year expects on a day.

    None where there is no target or it names no year; before the start the start itself, after the end the target.
    """
    if start is None or aim is None or aim.goal[0] is None:
        return None
    first, last = date(start[0], 12, 31), date(aim.goal[0], 12, 31)
    if day >= last or last <= first:
        return aim.goal[1]
    share = Decimal(max(0, (day - first).days)) / (last - first).days
    return start[1] + (aim.goal[1] - start[1]) * share


def _progress(start: tuple[int, Decimal] | None, aim: Aim | None, last: Point | None) -> Decimal | None:
    """How far towards the target: value over target where more is better, how much of the way to less is gone otherwise."""
    if aim is None or last is None:
        return None
    if aim.better == "more":
        return min(Decimal(1), last.value / aim.goal[1]) if aim.goal[1] > 0 else None
    if last.value <= aim.goal[1]:
        return Decimal(1)
    if start is None or start[1] <= aim.goal[1]:
        return Decimal(0)
    return max(Decimal(0), (start[1] - last.value) / (start[1] - aim.goal[1]))


def projection(points: Sequence[Point], aim: Aim | None) -> Decimal | None:
    """Where the mean yearly change since the first value leads by the target's year; None with fewer than two years."""
    if aim is None or aim.goal[0] is None or len(points) < 2:
        return None
    first, last = points[0], points[-1]
    years = last.as_of.year - first.as_of.year
    if years <= 0:
        return None
    return last.value + (last.value - first.value) / years * max(0, aim.goal[0] - last.as_of.year)


def tone(indicator: Indicator, aim: Aim | None, last: Point | None, expected: Decimal | None) -> Tone:
    """Fine at the target or within a twentieth of the path; below it to be watched; what must go to zero and is behind
    its path wants somebody to act."""
    if last is None:
        return "off"
    if aim is None:
        return "plain"
    goal = aim.goal[1]
    reached = last.value >= goal if indicator.better == "more" else last.value <= goal
    if reached:
        return "ok"
    if expected is None:
        return "plain" if indicator.better == "more" else "alarm"
    if indicator.better == "more":
        return "ok" if last.value >= expected * _SLACK else "watch"
    if last.value == expected != goal:
        return "plain"
    return "alarm" if last.value > expected or expected == goal else "ok"


def _months(since: date, until: date) -> int:
    return (until.year - since.year) * 12 + until.month - since.month
