"""Phase I: from the first points of a signal to its baseline, with outliers left out, autocorrelation and skewness fitted.

Everything here is compiled, because the kernel calls it in the middle of a batch: limits are set at the point that
completes phase I, whatever batch it lies in.
"""

from __future__ import annotations

from math import exp, log, sqrt
from typing import Any, Final

import numba as nb
import numpy as np

# Columns of a baseline; ORDER, LEARNED, VERSION and TRIES are whole numbers in the same memory.
CENTRE, SCALE, RAW_SCALE, SHAPE, ORDER, LEARNED, VERSION, TRIES, PHI1, PHI2, PHI3, GAMMA, DELTA, XI, SIDE, TRIMMED = range(16)
"""CENTRE and SCALE: mean and 1/σ of what is plotted (of the residuals where ORDER > 0); PHI1 to PHI3 the autoregression;
RAW_SCALE 1/σ before it; SHAPE which curve makes it normal; TRIMMED the share of phase I left out; LEARNED how many
points phase I has, IN_FORCE once it is done; VERSION the version of these limits; TRIES how often phase I was begun."""
BASELINE: Final = 16
IN_FORCE: Final = -1
PLAIN, LOGNORMAL = range(2)

TRIM: Final = 3.5
"""Points farther than this many robust standard deviations from the centre are left out of phase I."""
# The variance of a normal variable cut at ±3.5σ is this part of the whole.
_CUT: Final = 0.993885
MOST_TRIMMED: Final = 0.1
"""Where more than this share is left out the process was not in control: phase I begins anew. The last of MOST_TRIES leaves
nothing out: what keeps changing is how this process is, and limits that shut a part of it out would raise alarms for ever."""
MOST_TRIES: Final = 3
BLOCKS: Final = 5
FEWEST_A_BLOCK: Final = 10
# χ² with BLOCKS - 1 degrees of freedom exceeds this once in ten thousand.
_UNSTEADY: Final = 23.5127
FARTHEST: Final = 8.5
"""No normal score is farther out than this."""
# The normal score of 95 %.
_Z: Final = 1.6448536269514722


@nb.njit(cache=True, nogil=True)
def quantile(ordered: Any, share: Any) -> Any:
    """The quantile of ordered values at (i - 1/2)/n, between neighbours in a straight line."""
    place = share * len(ordered) - 0.5
    if place <= 0.0:
        return ordered[0]
    if place >= len(ordered) - 1:
        return ordered[-1]
    below = int(place)
    return ordered[below] + (place - below) * (ordered[below + 1] - ordered[below])


@nb.njit(cache=True, nogil=True)
def trimmed(x: Any) -> Any:
    """Mean, standard deviation and share left out: median and median absolute deviation first, then mean and deviation of
    what lies within TRIM of them, until no point changes sides (P. J. Huber, Robust Statistics, 1981, chapter 6)."""
    n = len(x)
    ordered = np.sort(x)
    centre = quantile(ordered, 0.5)
    away = np.sort(np.abs(ordered - centre))
    spread = quantile(away, 0.5) * 1.482602218505602
    if spread == 0.0:
        spread = np.sqrt(np.mean((ordered - centre) ** 2))
    if spread == 0.0:
        return centre, 0.0, 0.0
    kept = -1
    for _ in range(20):
        count = 0
        total = 0.0
        for value in ordered:
            if abs(value - centre) <= TRIM * spread:
                count += 1
                total += value
        if count == kept or count < 3:
            break
        mean = total / count
        squares = 0.0
        for value in ordered:
            if abs(value - centre) <= TRIM * spread:
                squares += (value - mean) ** 2
        kept = count
        centre = mean
        spread = sqrt(squares / (count - 1) / _CUT)
        if spread == 0.0:
            break
    return centre, spread, 1.0 - kept / n


@nb.njit(cache=True, nogil=True)
def unsteady(x: Any) -> Any:
    """Whether phase I shifted on its way: its fifths, one after the other, are of different height by the test of W. H. Kruskal and
    W. A. Wallis (Journal of the American Statistical Association 47 (1952) 583-621), which asks for no shape and minds no outliers.
    A baseline learnt partly while something was wrong would raise alarms as soon as it is mended. The points must not depend on
    each other."""
    n = len(x)
    if n < BLOCKS * FEWEST_A_BLOCK:
        return False
    order = np.argsort(x)
    sums = np.zeros(BLOCKS)
    many = np.zeros(BLOCKS)
    k = 0
    while k < n:
        beyond = k + 1
        while beyond < n and x[order[beyond]] == x[order[k]]:
            beyond += 1
        for tied in range(k, beyond):
            block = order[tied] * BLOCKS // n
            sums[block] += 0.5 * (k + beyond + 1)
            many[block] += 1.0
        k = beyond
    return 12.0 / (n * (n + 1.0)) * np.sum(sums * sums / many) - 3.0 * (n + 1.0) > _UNSTEADY


@nb.njit(cache=True, nogil=True)
def lognormal(x: Any, base: Any) -> Any:
    """Writes the lognormal curve with a threshold through three quantiles of x, at 5, 50 and 95 % (J. Aitchison and J. A. C. Brown,
    The Lognormal Distribution, 1957, section 6.24), to the side that is longer; PLAIN where both are nearly alike.

    More flexible curves (Johnson's) were tried and left: from a few hundred points their ends lie where no reading has been, and
    a limit beyond them raises a hundred times the alarms it promises.
    """
    ordered = np.sort(x)
    middle = quantile(ordered, 0.5)
    above, below = quantile(ordered, 0.95) - middle, middle - quantile(ordered, 0.05)
    base[SHAPE] = PLAIN
    if above <= 0.0 or below <= 0.0 or max(above, below) < 1.02 * min(above, below):
        return
    side = 1.0 if above > below else -1.0
    grows = max(above, below) / min(above, below)
    reach = max(above, below) / (grows - 1.0)
    base[SHAPE] = LOGNORMAL
    base[SIDE] = side
    base[DELTA] = _Z / log(grows)
    base[GAMMA] = -base[DELTA] * log(reach)
    base[XI] = middle - side * reach


@nb.njit(cache=True, nogil=True)
def score(x: Any, base: Any) -> Any:
    """The normal score of a value on its curve; beyond the curve's threshold the farthest score."""
    if base[SHAPE] == PLAIN:
        return x
    away = (x - base[XI]) * base[SIDE]
    if away <= 0.0:
        return -FARTHEST * base[SIDE]
    return base[SIDE] * min(max(base[GAMMA] + base[DELTA] * log(away), -FARTHEST), FARTHEST)


@nb.njit(cache=True, nogil=True)
def unscored(z: Any, base: Any) -> Any:
    """The value whose normal score is z: the quantile limit in the signal's own unit."""
    if base[SHAPE] == PLAIN:
        return z
    return base[XI] + base[SIDE] * exp((base[SIDE] * z - base[GAMMA]) / base[DELTA])


@nb.njit(cache=True, nogil=True)
def autoregression(d: Any, most: Any, base: Any) -> Any:
    """Writes ORDER and PHI of the shortest autoregression, up to ``most`` ≤ 3, whose partial autocorrelations beyond it are
    within ±1.96/√n; d is centred. By Durbin and Levinson (G. E. P. Box and G. M. Jenkins, Time Series Analysis, 1970,
    chapter 3.2); at order 1 the estimate's bias of -(1+3φ)/n is taken back (M. G. Kendall, Biometrika 41 (1954) 403-404)."""
    n = len(d)
    base[PHI1] = base[PHI2] = base[PHI3] = 0.0
    whole = 0.0
    for value in d:
        whole += value * value
    if whole == 0.0 or most == 0 or n < 20:
        return 0
    r = np.zeros(4)
    for lag in range(1, most + 1):
        total = 0.0
        for i in range(lag, n):
            total += d[i] * d[i - lag]
        r[lag] = total / whole
    phi = np.zeros((4, 4))
    left = 1.0
    order = 0
    for k in range(1, most + 1):
        top = r[k]
        for j in range(1, k):
            top -= phi[k - 1, j] * r[k - j]
        partial = top / left
        phi[k, k] = partial
        for j in range(1, k):
            phi[k, j] = phi[k - 1, j] - partial * phi[k - 1, k - j]
        left *= 1.0 - partial * partial
        if abs(partial) > 1.96 / sqrt(n):
            order = k
        if left <= 1e-9:
            break
    if order == 1:
        phi[1, 1] = min(max(phi[1, 1] + (1.0 + 3.0 * phi[1, 1]) / n, -0.99), 0.99)
    if order > 0:
        base[PHI1] = phi[order, 1]
    if order > 1:
        base[PHI2] = phi[order, 2]
    if order > 2:
        base[PHI3] = phi[order, 3]
    return order


@nb.njit(cache=True, nogil=True)
def fit(points: Any, skewed: Any, grouped: Any, most_order: Any, base: Any, base_whole: Any) -> Any:
    """Sets a baseline from the points of phase I; False where too many lie outside, or the means of cycles, batches and pieces
    (``grouped``) shifted on the way, and phase I must begin anew.

    A signal that never moved gets SCALE 0, by which the kernel does not chart it. Where a curve was fitted, its scores count for
    less by 1 + 2/√n: that is what the curve's own error adds to the tail.
    """
    base_whole[TRIES] += 1
    if grouped and base_whole[TRIES] < MOST_TRIES and unsteady(points):
        return False
    if skewed:
        lognormal(points, base)
    else:
        base[SHAPE] = PLAIN
    scores = np.empty(len(points))
    for i in range(len(points)):
        scores[i] = score(points[i], base)
    centre, spread, out = trimmed(scores)
    if out > MOST_TRIMMED:
        if base_whole[TRIES] < MOST_TRIES:
            return False
        centre, spread, out = np.mean(scores), np.std(scores), 0.0
    base[TRIMMED] = out
    base[CENTRE] = centre
    base[SCALE] = base[RAW_SCALE] = 1.0 / spread if spread > 0.0 else 0.0
    # A spread below what the value's own digits carry is no spread.
    if spread <= 1e-12 * abs(centre):
        base[SCALE] = base[RAW_SCALE] = 0.0
    base_whole[ORDER] = 0
    if spread > 0.0 and most_order > 0:
        for i in range(len(scores)):
            scores[i] = min(max(scores[i] - centre, -TRIM * spread), TRIM * spread)
        order = autoregression(scores, most_order, base)
        base_whole[ORDER] = order
        if order > 0:
            left = np.empty(len(scores) - order)
            for i in range(order, len(scores)):
                expected = base[PHI1] * scores[i - 1]
                if order > 1:
                    expected += base[PHI2] * scores[i - 2]
                if order > 2:
                    expected += base[PHI3] * scores[i - 3]
                left[i - order] = scores[i] - expected
            _, residual, _ = trimmed(left)
            if residual > 0.0:
                base[SCALE] = 1.0 / residual
    if base[SHAPE] != PLAIN:
        base[SCALE] /= 1.0 + 2.0 / sqrt(len(points))
    base_whole[LEARNED] = IN_FORCE
    return True
