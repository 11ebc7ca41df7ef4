"""Run lengths measured: how many points each chart runs before it signals, on signals made by a seed, beside what theory says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.charts import rules
from qiantang.domains.factory.charts.analysis import Analysis
from qiantang.domains.factory.charts.settings import ChartSettings
from qiantang.kernel.readings import Readings

_SECOND = 1_000_000
_TICKS = 64


@dataclass(frozen=True, slots=True)
class RunLength:
    """The average run length of one rule over so many runs, and the half width of its 95 % interval. Runs that had not signalled
    when the measurement ended are counted with their length: ``open`` says how many, and the figure is then the total length
    over the number of signals, which is exact for run lengths without memory."""

    rule: str
    mean: float
    half_width: float
    runs: int
    open: int = 0

    def agrees(self, theory: float) -> bool:
        """Whether theory lies in the interval."""
        return abs(self.mean - theory) <= self.half_width


Maker = Callable[[np.random.Generator, int, int], NDArray[np.float64]]
"""Makes the next so many ticks of so many signals: ticks × signals."""


def independent(shift: float = 0.0) -> Maker:
    """Standard normal values, each on its own, moved by a shift."""
    def made(random: np.random.Generator, ticks: int, signals: int) -> NDArray[np.float64]:
        return random.standard_normal((ticks, signals)) + shift

    return made


class Autoregressive:
    """A stationary autoregression of the first order, with innovations of standard deviation 1: x = φ·x' + e + shift·(1-φ)."""

    def __init__(self, phi: float, shift: float = 0.0) -> None:
        self._phi, self._shift = phi, shift
        self._last: NDArray[np.float64] | None = None

    def __call__(self, random: np.random.Generator, ticks: int, signals: int) -> NDArray[np.float64]:
        """The next ticks."""
        if self._last is None or len(self._last) != signals:
            self._last = random.standard_normal(signals) / sqrt(1.0 - self._phi**2) + self._shift
        found = random.standard_normal((ticks, signals))
        last = self._last
        for tick in range(ticks):
            last = self._phi * last + found[tick] + self._shift * (1.0 - self._phi)
            found[tick] = last
        self._last = last
        return found


def measured_run_lengths(settings: ChartSettings, make: Maker, *, seed: int, most_ticks: int = 20_000, warm: int = 0,
                         watched: tuple[str, ...] = rules.RULES[:11]) -> Mapping[str, RunLength]:
    """The run length of each watched rule that is in force, over one run a signal, in ticks (one reading of every signal).

    ``warm`` ticks pass before the runs begin (phase I, for signals that learn). The measurement ends when every rule has
    signalled on every signal, or after ``most_ticks``.
    """
    random = np.random.default_rng(seed)
    n = len(settings)
    analysis = Analysis(settings)
    first = np.zeros((n, len(rules.RULES)), np.int64)
    in_force = np.bitwise_or.reduce([p.in_force for p in settings.policies])
    bits = [rules.RULES.index(name) for name in watched if in_force & rules.BIT[name]]
    signals = np.arange(n, dtype=np.int32)
    tick = 0
    while tick < most_ticks + warm and (tick < warm or (first[:, bits] == 0).any()):
        ticks = min(_TICKS, warm - tick) if tick < warm else _TICKS
        values = make(random, ticks, n)
        at = np.repeat((np.arange(ticks, dtype=np.int64) + tick + 1) * _SECOND, n)
        batch = Readings(np.tile(signals, ticks), at, at, values.ravel(), np.zeros(ticks * n, np.uint8), np.full(ticks * n, -1, np.int64))
        raised = analysis.feed(batch)
        if tick >= warm:
            of = raised.signal[raised.event]
            when = raised.at // _SECOND - warm
            # The first of each signal and rule: written backwards, the earliest stands.
            order = np.argsort(-when, kind="stable")
            seen = np.zeros_like(first)
            seen[of[order], raised.bit[order]] = when[order]
            first = np.where((first == 0) & (seen > 0), seen, first)
        tick += ticks
    return {rules.RULES[bit]: _of(rules.RULES[bit], first[:, bit], tick - warm) for bit in bits}


def _of(rule: str, first: NDArray[np.int64], ticks: int) -> RunLength:
    """The figure of one rule from the tick of each signal's first alarm, 0 where there was none."""
    signalled = first > 0
    many = int(signalled.sum())
    still = len(first) - many
    if not many:
        return RunLength(rule, float("inf"), float("inf"), len(first), still)
    if not still:
        return RunLength(rule, float(first.mean()), 1.96 * float(first.std(ddof=1)) / sqrt(len(first)), len(first))
    mean = float(first.sum() + still * ticks) / many
    return RunLength(rule, mean, 1.96 * mean / sqrt(many), len(first), still)

