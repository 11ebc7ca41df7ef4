"""How well a process keeps within its specification: Cp, Cpk within rational subgroups, Pp, Ppk over all, with intervals.

Definitions after ISO 22514-2 and AIAG SPC. The interval of Cp and Pp is exact for a normal process (the sample variance is
χ²-distributed); that of Cpk and Ppk is Bissell's (Applied Statistics 39, 1990, 331-340): index ± z·√(1/9n + index²/2ν).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, lgamma, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

_D2_OF_TWO = 1.128379167095513
"""The mean range of two normal values over σ: 2/√π."""
_MOVING_RANGE_FREEDOM = 0.62
"""Degrees of freedom in a mean moving range, a value (Wheeler, Advanced Topics in Statistical Process Control, 2004, table 10.1)."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An index with the interval that holds the true one at the stated confidence."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Capability:
    """``cp`` and ``pp`` are None where a limit of the specification is missing, for there is no width then.

    ``within`` is σ within subgroups with ``freedom`` degrees, ``overall`` the standard deviation of all ``n`` values.
    """

    n: int
    mean: float
    within: float
    overall: float
    freedom: float
    cp: Interval | None
    cpk: Interval
    pp: Interval | None
    ppk: Interval


def capability(values: NDArray[np.float64], group: NDArray[np.int64] | None, lower: float | None, upper: float | None,
               confidence: float = 0.95) -> Capability | None:
    """The indices of values in rational subgroups (``group``: which one each is of; None: each alone, by moving ranges).

    NaN is left out. None where the specification has no limit, fewer than two values are left, or they do not vary.
    """
    kept = np.isfinite(values)
    found = values[kept]
    n = len(found)
    if n < 2 or (lower is None and upper is None):
        return None
    mean, overall = float(found.mean()), float(found.std(ddof=1))
    within, freedom = _alone(found) if group is None else _pooled(found, group[kept])
    if not (overall > 0 and within > 0):
        return None
    lo, hi = -inf if lower is None else lower, inf if upper is None else upper

    def width(sigma: float, degrees: float) -> Interval | None:
        if lower is None or upper is None:
            return None
        index = (upper - lower) / (6 * sigma)
        tail = (1 - confidence) / 2
        return Interval(index, index * sqrt(_chi_square(tail, degrees) / degrees), index * sqrt(_chi_square(1 - tail, degrees) / degrees))

    def nearest(sigma: float, degrees: float) -> Interval:
        index = min(hi - mean, mean - lo) / (3 * sigma)
        reach = NormalDist().inv_cdf((1 + confidence) / 2) * sqrt(1 / (9 * n) + index * index / (2 * degrees))
        return Interval(index, index - reach, index + reach)

    return Capability(n, mean, within, overall, freedom, width(within, freedom), nearest(within, freedom), width(overall, n - 1),
                      nearest(overall, n - 1))


def _pooled(values: NDArray[np.float64], group: NDArray[np.int64]) -> tuple[float, float]:
    """σ from the variances within subgroups, without bias (÷ c4), and its degrees of freedom; 0 where every value stands alone."""
    _, place, size = np.unique(group, return_inverse=True, return_counts=True)
    means = np.bincount(place, values) / size
    freedom = len(values) - len(size)
    if freedom <= 0:
        return 0.0, 0.0
    return sqrt(float(np.square(values - means[place]).sum()) / freedom) / _c4(freedom + 1), float(freedom)


def _alone(values: NDArray[np.float64]) -> tuple[float, float]:
    """σ from the mean moving range of values one after another, and its degrees of freedom."""
    return float(np.abs(np.diff(values)).mean()) / _D2_OF_TWO, _MOVING_RANGE_FREEDOM * (len(values) - 1)


def _c4(n: int) -> float:
    """The mean of a standard deviation of n normal values over σ."""
    return sqrt(2 / (n - 1)) * exp(lgamma(n / 2) - lgamma((n - 1) / 2))


def _chi_square(share: float, degrees: float) -> float:
    """The quantile of χ²."""
    from scipy.special import gammaincinv  # type: ignore[import-untyped]  # scipy ships no types

    return 2 * float(gammaincinv(degrees / 2, share))
