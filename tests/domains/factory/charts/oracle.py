"""The charts in plain Python, one object a signal, written from the published rules and not from the kernels: their oracle."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass, field
from math import ceil, inf, isfinite, log, sqrt

from qiantang.domains.factory.charts import rules
from qiantang.domains.factory.charts.policy import Policy
from qiantang.kernel.readings import Quality

BAD = Quality.BAD | Quality.STALE | Quality.NOT_A_NUMBER | Quality.UNIT


@dataclass
class PlainCharts:
    """The eleven charts of one signal; ``point`` gives the names that hold after a point."""

    policy: Policy
    points: deque[float] = field(default_factory=lambda: deque(maxlen=20))
    average: float = 0.0
    slow: float = 0.0
    high: float = 0.0
    low: float = 0.0
    held: frozenset[str] = frozenset()

    def point(self, z: float) -> tuple[frozenset[str], frozenset[str]]:
        """What begins and what ceases with this point."""
        p = self.policy
        self.points.append(z)
        last = list(self.points)
        self.average = self.average + p.ewma_weight * (z - self.average)
        self.slow = self.slow + p.drift_weight * (z - self.slow)
        self.high = min(max(self.high + (z - p.cusum_slack), 0.0), 2.0 * p.cusum_decision)
        self.low = min(max(self.low - (z + p.cusum_slack), 0.0), 2.0 * p.cusum_decision)
        ewma_limit = p.ewma_limit * sqrt(p.ewma_weight / (2.0 - p.ewma_weight))
        slow_limit = p.drift_limit * sqrt(p.drift_weight / (2.0 - p.drift_weight))
        distances = {"ewma": (abs(self.average), ewma_limit), "drift": (abs(self.slow), slow_limit),
                     "cusum": (max(self.high, self.low), p.cusum_decision)}
        holds = {name for name, (far, limit) in distances.items() if far > limit}
        holds |= {f"nelson_{k}" for k in range(1, 9) if self.nelson(k, last)}
        holds = {name for name in holds if p.in_force & rules.BIT[name]}
        if holds != self.held:
            holds |= {name for name in self.held & set(distances) if distances[name][0] > p.release * distances[name][1]}
        began, ceased = frozenset(holds - self.held), frozenset(self.held - holds)
        self.held = frozenset(holds)
        return began, ceased

    def nelson(self, rule: int, last: list[float]) -> bool:
        """Whether the last points break Nelson's rule of that number."""
        p = self.policy

        def back(n: int) -> list[float]:
            return last[-n:] if len(last) >= n else []

        def of(n: int, beyond: float, least: int) -> bool:
            window = last[-n:]
            return sum(z > beyond for z in window) >= least or sum(z < -beyond for z in window) >= least

        if rule == 1:
            return abs(last[-1]) > p.limit
        if rule == 2:
            run = back(p.side_run)
            return bool(run) and (all(z > 0 for z in run) or all(z < 0 for z in run))
        if rule == 3:
            steps = [b - a for a, b in zip(back(p.trend_run)[:-1], back(p.trend_run)[1:], strict=True)]
            return bool(steps) and (all(d > 0 for d in steps) or all(d < 0 for d in steps))
        if rule == 4:
            signs = [(b > a) - (b < a) for a, b in zip(back(14)[:-1], back(14)[1:], strict=True)]
            return bool(signs) and all(signs) and all(a == -b for a, b in itertools.pairwise(signs))
        if rule == 5:
            return of(3, 2.0, 2)
        if rule == 6:
            return of(5, 1.0, 4)
        if rule == 7:
            return bool(back(15)) and all(abs(z) < 1 for z in back(15))
        eight = back(8)
        return bool(eight) and all(abs(z) > 1 for z in eight) and any(z > 0 for z in eight) and any(z < 0 for z in eight)


@dataclass
class PlainReadings:
    """What is wrong with the readings of one signal, and the means of its windows of time."""

    policy: Policy
    learning: int
    least: float = -inf
    most: float = inf
    fastest: float = inf
    window_us: int = 0
    last: tuple[int, float] | None = None
    same: int = 0
    seen: int = 0
    repeats: int = 0
    need: int = 0
    freed: int = 0
    held: frozenset[str] = frozenset()
    begun: int = 0
    values: list[float] = field(default_factory=list)

    def reading(self, at: int, x: float, quality: int) -> tuple[frozenset[str], frozenset[str], list[float]]:
        """What begins, what ceases, and the points that this reading completes."""
        points: list[float] = []
        if quality & BAD or not isfinite(x):
            return *self._changed(self.held | {"quality"}), points
        holds = set()
        usable = self.least <= x <= self.most
        if not usable:
            holds.add("range")
        if self.last is not None and at > self.last[0] and abs(x - self.last[1]) * 1e6 / (at - self.last[0]) > self.fastest:
            holds.add("rate")
        repeats = self.last is not None and x == self.last[1]
        self.same = self.same + 1 if repeats else 1
        if not self.need:
            self.seen += 1
            self.repeats += repeats
            if self.seen == self.learning:
                n = self.seen + 4.0
                share = (self.repeats + 2.0) / n
                share += 2.0 * sqrt(share * (1.0 - share) / n)
                self.need = 1 << 60 if share >= 0.995 else max(self.policy.stuck_run, ceil(log(self.policy.stuck_rate) / log(share)) + 1)
        self.freed = 0 if self.need and self.same >= self.need else self.freed + 1
        if self.need and (self.same >= self.need or ("stuck" in self.held and self.freed < 10 * self.need)):
            holds.add("stuck")
        self.last = (at, x)
        began, ceased = self._changed(holds)
        if not usable:
            return began, ceased, points
        if not self.window_us:
            return began, ceased, [x]
        if self.values and at - self.begun >= self.window_us:
            points.append(self._mean())
        if not self.values:
            self.begun = at
        self.values.append(x)
        return began, ceased, points

    def _mean(self) -> float:
        total = 0.0
        for value in self.values:
            total += value
        mean = total / len(self.values)
        self.values.clear()
        return mean

    def _changed(self, holds: set[str] | frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
        holds = {name for name in holds if self.policy.in_force & rules.BIT[name]}
        began, ceased = frozenset(holds - self.held), frozenset(self.held - holds)
        self.held = frozenset(holds)
        return began, ceased


def events_of(policy: Policy, signals: list[int], at: list[int], values: list[float], qualities: list[int], *, learning: int,
              bounds: tuple[float, float, float] = (-inf, inf, inf), window_us: int = 0) -> list[tuple[int, int, int]]:
    """Every (signal, instant, mask of what began) that the readings raise, sorted; all signals are known to be standard normal."""
    charts: dict[int, PlainCharts] = {}
    gates: dict[int, PlainReadings] = {}
    found = []
    for s, t, x, q in zip(signals, at, values, qualities, strict=True):
        gate = gates.setdefault(s, PlainReadings(policy, learning, *bounds, window_us=window_us))
        chart = charts.setdefault(s, PlainCharts(policy))
        began, _, points = gate.reading(t, x, q)
        if began:
            found.append((s, t, rules.mask(*began)))
        for z in points:
            began, _ = chart.point(z)
            if began:
                found.append((s, t, rules.mask(*began)))
    return sorted(found)
