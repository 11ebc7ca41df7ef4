"""How a sensor measures: its resolution, its spread at a level, deviations that are skewed; and what is read once a cycle."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.plant import Signal
from qiantang.domains.factory.simulation.causes import Cause
from qiantang.domains.factory.simulation.kinds import Kind
from qiantang.domains.factory.simulation.noise import deviates, quantiles
from qiantang.domains.factory.simulation.truth import Fault

SKEW = 0.2
"""Shape of skewed deviations: those of a lognormal with this standard deviation of the logarithm, scaled to mean 0 and deviation 1."""
_MEAN = math.exp(SKEW * SKEW / 2)
_DEVIATION = _MEAN * math.sqrt(math.exp(SKEW * SKEW) - 1)


@nb.njit(cache=True, inline="always")
def skewed(x: Any) -> Any:
    """A skewed deviation from a normal one."""
    return (math.exp(SKEW * x) - _MEAN) / _DEVIATION


def resolution(kind: Kind) -> float:
    """How many steps a unit has: sensors give decimals, so fine that one to ten steps are a fifth of the spread in the quietest phase."""
    least = kind.sigma * min((loudness(kind, level) for level in kind.by_phase.values()), default=1.0)
    return 10.0 ** -math.floor(math.log10(least / 5.0)) if least > 0 else 1.0


def most(kind: Kind) -> float:
    """The upper end of the physical range, infinite where there is none."""
    return math.inf if kind.most is None else kind.most


def loudness(kind: Kind, level: float) -> float:
    """Spread at a level as a share of that at ``base``: what follows the recipe is the quieter the lower it stands."""
    return min(max(abs(level / kind.base), 0.05), 1.5) if kind.by_phase and kind.base else 1.0


def copy_of(signal: Signal) -> int:
    """Which of several alike on its asset a signal is, from 1."""
    tail = signal.name[len(signal.kind) + 1:]
    return int(tail) if tail else 1


class OnceACycle:
    """The signals of one machine that are read at the end of each cycle."""

    def __init__(self, signals: Sequence[Signal], kinds: Sequence[Kind], keys: NDArray[np.uint64], offsets: NDArray[np.float64]) -> None:
        self.signals = tuple(signals)
        self.kinds = tuple(kinds)
        self.numbers = np.array([s.number for s in signals])
        self.keys = keys
        self.offsets = offsets
        self.base = np.array([k.base for k in kinds])
        self.sigma = np.array([k.sigma for k in kinds])
        self.scale = np.array([resolution(k) for k in kinds])
        self.least = np.array([k.least for k in kinds])
        self.most = np.array([most(k) for k in kinds])
        self._skewed = np.array([k.skewed for k in kinds])
        self._timing = np.flatnonzero([k.role == "cycle_time" for k in kinds])

    def values(self, cycle: int, length_s: float) -> NDArray[np.float64]:
        """What is read at the end of this cycle, which took so long, where nothing is wrong; not yet rounded."""
        noise = deviates(self.keys, np.full(len(self.keys), cycle, np.uint64), quantiles())
        found: NDArray[np.float64] = self.base + self.sigma * (np.where(self._skewed, (np.exp(SKEW * noise) - _MEAN) / _DEVIATION, noise) + self.offsets)
        found[self._timing] = length_s + 0.1 * noise[self._timing]
        return found

    def rounded(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the sensors tell."""
        found: NDArray[np.float64] = np.clip(np.rint(values * self.scale) / self.scale, self.least, self.most)
        return found

    def spoil(self, values: NDArray[np.float64], fault: Fault, cause: Cause, since_s: float, *, brought: bool) -> None:
        """Put what a fault shows on the values; ``brought``: by the piece, from an earlier step."""
        for showing in cause.shows:
            if showing.later != brought:
                continue
            for i, (signal, kind) in enumerate(zip(self.signals, self.kinds, strict=True)):
                if kind.name == showing.kind and (brought or signal.asset == fault.asset) and showing.copy in (0, copy_of(signal)):
                    values[i] += showing.by * (min(since_s / showing.over_s, 1.0) if showing.how == "ramp" else 1.0)
