"""Phase I: from the first points of a signal to its baseline, with outliers left out, autocorrelation and skewness fitted.

Everything here is compiled, because the kernel calls it in the middle of a batch: limits are set at the point that
completes phase I, whatever batch it lies in.
"""

from __future__ import annotations

from math import acosh, asinh, exp, log, sinh, sqrt
from typing import Any, Final

import numba as nb
import numpy as np

# Columns of a baseline; ORDER, LEARNED, VERSION and TRIES are whole numbers in the same memory.
CENTRE, SCALE, RAW_SCALE, SHAPE, ORDER, LEARNED, VERSION, TRIES, PHI1, PHI2, PHI3, GAMMA, DELTA, XI, LAMBDA, TRIMMED = range(16)
"""CENTRE and SCALE: mean and 1/σ of what is plotted (of the residuals where ORDER > 0); PHI1 to PHI3 the autoregression;
RAW_SCALE 1/σ before it; SHAPE which Johnson curve makes it normal; TRIMMED the share of phase I left out; LEARNED how many
points phase I has, IN_FORCE once it is done; VERSION the version of these limits; TRIES how often phase I was begun."""
BASELINE: Final = 16
IN_FORCE: Final = -1
PLAIN, UNBOUNDED, LOGNORMAL, BOUNDED = range(4)

TRIM: Final = 3.5
"""Points farther than this many robust standard deviations from the centre are left out of phase I."""
# The variance of a normal variable cut at ±3.5σ is this part of the whole.
_CUT: Final = 0.993885
MOST_TRIMMED: Final = 0.1
"""Where more than this share is left out the process was not in control: phase I begins anew. The last of MOST_TRIES leaves
nothing out: what keeps changing is how this process is, and limits that shut a part of it out would raise alarms for ever."""
MOST_TRIES: Final = 3
FARTHEST: Final = 8.5
"""No normal score is farther out than this."""
_Z: Final = 0.524


@nb.njit(cache=True)
def quantile(ordered: Any, share: Any) -> Any:
    """The quantile of ordered values at (i - 1/2)/n, between neighbours in a straight line."""
    place = share * len(ordered) - 0.5
    if place <= 0.0:
        return ordered[0]
    if place >= len(ordered) - 1:
        return ordered[-1]
    below = int(place)
    return ordered[below] + (place - below) * (ordered[below + 1] - ordered[below])


@nb.njit(cache=True)
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


@nb.njit(cache=True)
def johnson(x: Any, base: Any) -> Any:
    """Writes the Johnson curve through four quantiles of x (J. F. Slifker and S. S. Shapiro, Technometrics 22 (1980) 239-246,
    z = 0.524) into a baseline; SHAPE says which, PLAIN where none fits."""
    ordered = np.sort(x)
    # Φ(3z), Φ(z): 0.9420, 0.6999.
    far, near = quantile(ordered, 0.942018), quantile(ordered, 0.699860)
    close, deep = quantile(ordered, 0.300140), quantile(ordered, 0.057982)
    m, n, p = far - near, close - deep, near - close
    base[SHAPE] = PLAIN
    if m <= 0.0 or n <= 0.0 or p <= 0.0:
        return
    middle = 0.5 * (near + close)
    ratio = m * n / (p * p)
    mp, np_ = m / p, n / p
    if ratio > 1.02:
        both = mp + np_
        delta = 2.0 * _Z / acosh(0.5 * both)
        root = sqrt(ratio - 1.0)
        base[SHAPE] = UNBOUNDED
        base[DELTA] = delta
        base[GAMMA] = delta * asinh((np_ - mp) / (2.0 * root))
        base[LAMBDA] = 2.0 * p * root / ((both - 2.0) * sqrt(both + 2.0))
        base[XI] = middle + p * (np_ - mp) / (2.0 * (both - 2.0))
    elif ratio < 0.98:
        pm, pn = p / m, p / n
        product = (1.0 + pm) * (1.0 + pn)
        inverse = pm * pn - 1.0
        delta = _Z / acosh(0.5 * sqrt(product))
        base[SHAPE] = BOUNDED
        base[DELTA] = delta
        base[GAMMA] = delta * asinh((pn - pm) * sqrt(product - 4.0) / (2.0 * inverse))
        base[LAMBDA] = p * sqrt((product - 2.0) ** 2 - 4.0) / inverse
        base[XI] = middle - 0.5 * base[LAMBDA] + p * (pn - pm) / (2.0 * inverse)
    elif mp > 1.02 or mp < 0.98:
        # A lognormal curve to the right, or, mirrored by a negative scale, to the left.
        side = 1.0 if mp > 1.0 else -1.0
        grows = mp if mp > 1.0 else 1.0 / mp
        delta = 2.0 * _Z / log(grows)
        base[SHAPE] = LOGNORMAL
        base[DELTA] = delta
        base[LAMBDA] = side
        base[GAMMA] = delta * log((grows - 1.0) / (p * sqrt(grows)))
        base[XI] = middle - side * p * (grows + 1.0) / (2.0 * (grows - 1.0))


@nb.njit(cache=True)
def score(x: Any, base: Any) -> Any:
    """The normal score of a value on its Johnson curve; beyond the curve's ends the farthest score."""
    shape = base[SHAPE]
    if shape == PLAIN:
        return x
    away = x - base[XI]
    found = 0.0
    if shape == UNBOUNDED:
        found = base[GAMMA] + base[DELTA] * asinh(away / base[LAMBDA])
    elif shape == LOGNORMAL:
        away *= base[LAMBDA]
        if away <= 0.0:
            return -FARTHEST * base[LAMBDA]
        found = base[LAMBDA] * (base[GAMMA] + base[DELTA] * log(away))
    else:
        if away <= 0.0:
            return -FARTHEST
        if away >= base[LAMBDA]:
            return FARTHEST
        found = base[GAMMA] + base[DELTA] * log(away / (base[LAMBDA] - away))
    return min(max(found, -FARTHEST), FARTHEST)


@nb.njit(cache=True)
def unscored(z: Any, base: Any) -> Any:
    """The value whose normal score is z: the quantile limit in the signal's own unit."""
    shape = base[SHAPE]
    if shape == PLAIN:
        return z
    if shape == UNBOUNDED:
        return base[XI] + base[LAMBDA] * sinh((z - base[GAMMA]) / base[DELTA])
    if shape == LOGNORMAL:
        return base[XI] + base[LAMBDA] * exp((base[LAMBDA] * z - base[GAMMA]) / base[DELTA])
    return base[XI] + base[LAMBDA] / (1.0 + exp(-(z - base[GAMMA]) / base[DELTA]))


@nb.njit(cache=True)
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


@nb.njit(cache=True)
def fit(points: Any, skewed: Any, most_order: Any, base: Any, base_whole: Any) -> Any:
    """Sets a baseline from the points of phase I; False where too many lie outside and phase I must begin anew.

    A signal that never moved gets SCALE 0, by which the kernel does not chart it.
    """
    base_whole[TRIES] += 1
    if skewed:
        johnson(points, base)
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
    base_whole[LEARNED] = IN_FORCE
    return True
