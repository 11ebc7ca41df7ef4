"""How the Numenta Anomaly Benchmark scores detections by its standard profile: the earlier in a window the more, each false alarm a little less.

From the published formula (A. Lavin and S. Ahmad, "Evaluating Real-time Anomaly Detection Algorithms", 2015, arXiv:1510.03336), with the
weights of version 1.1. A window's first row lies at y = -1, its last at 0, rows after it on the same axis; σ(y) = 2/(1 + e^(5y)) - 1. The
first detection in a window counts A_tp·σ(y)/σ(-1), further ones nothing, a window without any -A_fn; a detection outside counts A_fp·σ(y)
by the preceding window, -A_fp where there is none. Rows of the probationary period, and windows wholly in it, do not count. The benchmark's
own reports count y within a window from one row beyond its last, which gives late detections a trifle more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from benchmarks.factory.nab_files import Windows

A_TP, A_FP, A_FN = 1.0, 0.11, 1.0
PROBATION, LONGEST_PROBATION = 0.15, 750
FAR = 100.0
"""Windows' lengths beyond which farther is the same: σ is -1 there to the last digit."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scored:
    """A detector's anomaly scores of one series by row, in [0, 1], beside the series' windows."""

    scores: Floats
    windows: Windows

    @property
    def judged(self) -> Windows:
        """The windows that end after the probationary period."""
        return tuple((first, last) for first, last in self.windows if last >= probation(len(self.scores)))


@dataclass(frozen=True, slots=True)
class Result:
    """The one threshold from which on a score is a detection, the total at it, and that total on the scale on which a detector
    that marks nothing has 0 and one that marks every window's first row, and nothing else, 100."""

    threshold: float
    raw: float
    normalised: float
    windows: int


def probation(rows: int) -> int:
    """How many rows at the beginning of a series do not count: 15 % of them, at most 750."""
    return min(int(PROBATION * rows), LONGEST_PROBATION)


def sigma(y: Floats) -> Floats:
    """From 0.987 at a window's first row through 0 at its last down to -1 far behind it."""
    return 2.0 / (1.0 + np.exp(5.0 * np.minimum(y, FAR))) - 1.0


def worth(rows: int, windows: Windows) -> Floats:
    """What a detection in each row counts, were it the first of its window; a window of one row is its own beginning."""
    found = np.full(rows, -A_FP)
    at_start = sigma(np.array(-1.0))
    for first, last in windows:
        y = (np.arange(first, rows) - last) / max(last - first, 1)
        found[first:] = np.where(y > 0.0, A_FP * sigma(y), A_TP * sigma(y) / at_start)
        found[first] = A_TP
    return found


def raw(scored: Scored, threshold: float) -> float:
    """The total of one series where scores from the threshold on are detections."""
    counted, marked = worth(len(scored.scores), scored.windows), scored.scores >= threshold
    marked[:probation(len(marked))] = False
    total = 0.0
    for first, last in scored.judged:
        detections = np.flatnonzero(marked[first:last + 1])
        total += float(counted[first + detections[0]]) if len(detections) else -A_FN
    for first, last in scored.windows:
        marked[first:last + 1] = False
    return total + float(counted[marked].sum())


def normalised(total: float, windows: int) -> float:
    """A total on the scale from 0 for a detector that marks nothing to 100 for the perfect one; raises ValueError without windows."""
    if windows == 0:
        raise ValueError("no series has a labelled window after its probationary period, so that there is nothing to score; take the labels as published")
    return 100.0 * (total + A_FN * windows) / ((A_TP + A_FN) * windows)


def result(series: Sequence[Scored]) -> Result:
    """All series at the one threshold of greatest total, the highest of equals; the scores should have few different values, each of which is tried."""
    windows = sum(len(one.judged) for one in series)
    tried: Iterable[float] = [inf, *np.unique(np.concatenate([one.scores for one in series]))[::-1]] if series else [inf]
    best, threshold = max(((sum(raw(one, at) for one in series), at) for at in tried), key=lambda pair: pair[0])
    return Result(float(threshold), best, normalised(best, windows), windows)
