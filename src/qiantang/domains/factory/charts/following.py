"""One signal's charts followed point by point beside the kernels: what each point was, on which scale, and which rules it broke.

The kernels keep no point once it is judged. Of the few signals that somebody looks at, their readings are judged once more by charts of
their own, which stand where the plant's stand: the same kernels, the same baselines, the same limits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.charts import layout, rules
from qiantang.domains.factory.charts.analysis import Analysis, PointJudged
from qiantang.domains.factory.charts.fitting import CENTRE, ORDER, PLAIN, SCALE, SHAPE
from qiantang.domains.factory.charts.settings import ChartSettings
from qiantang.kernel.readings import Readings

MOST: Final = 120
"""So many points are kept of each chart."""
_FAST_POINTS: Final = 3 * MOST
"""Averages that were begun so many points ago have forgotten at what."""
_LONGEST_US: Final = 36 * 3_600_000_000


@dataclass(frozen=True, slots=True)
class Plotted:
    """A point as it was judged: its value in the signal's unit; ``z``, the averages and the cumulative sums in standard deviations of its baseline
    (NaN: not judged, the chart was learning); centre and σ of the baseline in the unit, NaN where it is not a straight scale (skewed, or charted by
    residuals); the rules that began with it."""

    at: int
    value: float
    chart: int
    z: float = np.nan
    average: float = np.nan
    slow: float = np.nan
    high: float = np.nan
    low: float = np.nan
    centre: float = np.nan
    sigma: float = np.nan
    began: tuple[str, ...] = ()


class Followed:
    """One signal of a plant, with what it takes to judge it: the counters that say its cycle, phase and recipe."""

    def __init__(self, settings: ChartSettings, signal: int) -> None:
        self.signal = signal
        self.policy = settings.policies[int(settings.plan[signal, layout.POLICY])]
        self._alone, self.signals = alone(settings, signal)
        self._charts = Analysis(self._alone)
        self._kept: dict[int, deque[Plotted]] = {}
        self._upto = np.zeros(len(self.signals), np.int64)
        self.chart = len(self.signals) - 1
        """The chart to look at: the last on which a rule was broken."""

    def reach_us(self, rate_hz: float) -> int:
        """How far back readings are to be fed so that there are enough points."""
        plan = self._alone.plan[-1]
        if plan[layout.BY] == layout.CONTEXT or plan[layout.PHASES] * plan[layout.RECIPES] > 1 or rate_hz <= 0.0:
            return _LONGEST_US
        every = int(plan[layout.WINDOW_US]) if plan[layout.BY] == layout.WINDOW else round(1e6 / rate_hz)
        return min(_FAST_POINTS * every, _LONGEST_US)

    def learnt_as(self, of: Analysis) -> None:
        """Take the baselines of the plant's charts, before what is long past is fed."""
        self._charts.become(of, self.signals)
        fresh = Analysis(self._alone)
        baselines = self._charts.baselines
        self._charts = fresh
        fresh.take_baselines(baselines)

    def go_on(self, of: Analysis) -> None:
        """Stand where the plant's charts stand, when both were fed the same."""
        self._charts.become(of, self.signals)

    def feed(self, readings: Readings) -> None:
        """Readings of the plant in the order in which they were judged; those of other signals, and late ones, are passed over."""
        mine = np.flatnonzero(np.isin(readings.signal, self.signals))
        if not len(mine):
            return
        number = np.searchsorted(self.signals, readings.signal[mine], sorter=np.argsort(self.signals))
        number = np.argsort(self.signals)[number]
        newer = readings.at[mine] > self._upto[number]
        mine, number = mine[newer], number[newer]
        if not len(mine):
            return
        np.maximum.at(self._upto, number, readings.at[mine])
        own = readings.taken(mine)
        for point in self._charts.each_point(replace(own, signal=number.astype(own.signal.dtype))):
            if point.signal == len(self.signals) - 1:
                self._kept.setdefault(point.chart, deque(maxlen=MOST)).append(_plotted(point))
                if point.began:
                    self.chart = point.chart

    def points(self, chart: int | None = None) -> list[Plotted]:
        """The last points of a chart; of the one to look at, where none is named."""
        wanted = self.chart if chart is None else chart
        found = self._kept.get(wanted)
        if found is None and self._kept:
            found = max(self._kept.values(), key=len)
        return list(found or ())


def _plotted(point: PointJudged) -> Plotted:
    words, base = point.words, point.baseline
    if words is None:
        return Plotted(point.at, point.value, point.chart)
    straight = base[SHAPE] == PLAIN and base.view(np.int64)[ORDER] == 0
    z, average, slow, high, low = words[[layout.LAST, layout.AVERAGE, layout.SLOW, layout.HIGH, layout.LOW]].tolist()
    return Plotted(point.at, point.value, point.chart, z, average, slow, high, low, float(base[CENTRE]) if straight else np.nan,
                   1.0 / float(base[SCALE]) if straight else np.nan, rules.names(point.began))


def alone(settings: ChartSettings, signal: int) -> tuple[ChartSettings, NDArray[np.int64]]:
    """The settings of one signal and the counters it needs, itself the last, and their numbers in the plant."""
    plan = settings.plan
    contexts = {int(plan[signal, column]) for column in (layout.GROUP_CONTEXT, layout.PHASE_CONTEXT, layout.RECIPE_CONTEXT)} - {layout.NO_CONTEXT}
    counters = [int(s) for s in np.flatnonzero(np.isin(plan[:, layout.SETS], list(contexts))) if s != signal] if contexts else []
    signals = np.array([*counters, signal], np.int64)
    own = plan[signals].copy()
    own[:, layout.MACHINE] = layout.NO_CONTEXT
    bases = list(_bases(plan, signals))
    own[:, layout.FIRST_BASE] = np.cumsum([0, *(len(of) for of in bases)])[:-1]
    if own[-1, layout.CHARTS]:
        own[-1, layout.CHARTS] = len(signals)
    place = np.concatenate(bases)
    members = tuple((len(signals) - 1,) if signal in of else () for of in settings.context_members)
    starts = np.diff(settings.starts())
    return replace(settings, plan=own, bounds=settings.bounds[signals], context_members=members, machines=(), machine_members=(), machine_contexts=(),
                   machine_cycles_us=(), asset_of=tuple(settings.asset_of[s] for s in signals), bases=len(place), needs=starts[place],
                   settling=None if settings.settling is None else settings.settling[place],
                   gaps=None if settings.gaps is None else settings.gaps[signals], known={}), signals


def _bases(plan: NDArray[np.int64], signals: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """The baselines of each signal, by their number."""
    for s in signals:
        first, phases, recipes, parts = (int(plan[s, column]) for column in (layout.FIRST_BASE, layout.PHASES, layout.RECIPES, layout.PARTS))
        yield np.arange(first, first + phases * recipes * parts)
