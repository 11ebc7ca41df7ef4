"""A machine as one point of many dimensions: principal components, T² within them, the squared error beside them.

T² says that the usual relations hold but the machine is far from its usual place; SPE that a relation is broken. After
J. E. Jackson, A User's Guide to Principal Components (1991), and J. F. MacGregor and T. Kourti, Control Engineering Practice 3
(1995) 403-414.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FEWEST = 20
"""A model needs at least so many points, and three times its components."""
_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Model:
    """Principal components of p signals, from phase I.

    ``used`` (p,) says which signals vary and are there often enough; ``mean`` and ``scale`` (p,) standardise, scale 0 where
    a signal is not used; ``loadings`` (p, a) and ``variances`` (a,) are the components kept: those whose variance is above
    the average. ``t2_limit`` and ``spe_limit`` are exceeded by a point in control with the probability alpha each.
    """

    mean: Floats
    scale: Floats
    loadings: Floats
    variances: Floats
    t2_limit: float
    spe_limit: float

    @property
    def used(self) -> NDArray[np.bool_]:
        """Which signals the model rests on."""
        return self.scale > 0.0

    def standardised(self, point: Floats) -> Floats:
        """A point in the model's own units; a signal without a value lies at its mean."""
        found: Floats = np.where(np.isnan(point), 0.0, (point - self.mean) * self.scale)
        return found

    def t2(self, z: Floats) -> float:
        """Hotelling's T² of a standardised point within the components kept."""
        scores = z @ self.loadings
        return float(np.sum(scores * scores / self.variances))

    def spe(self, z: Floats) -> float:
        """The squared prediction error of a standardised point: its squared distance from the space of the components."""
        left = z - self.loadings @ (z @ self.loadings)
        return float(left @ left)

    def t2_contributions(self, z: Floats) -> Floats:
        """What each signal adds to T²; they sum to it (P. Miller, R. E. Swanson and C. E. Heckler, Applied Mathematics and
        Computer Science 8 (1998) 775-792)."""
        found: Floats = z * (self.loadings @ ((z @ self.loadings) / self.variances))
        return found

    def spe_contributions(self, z: Floats) -> Floats:
        """What each signal adds to SPE; they sum to it."""
        left = z - self.loadings @ (z @ self.loadings)
        found: Floats = left * left
        return found


def t2_limit(components: int, n: int, alpha: float) -> float:
    """What T² of a new point exceeds with probability alpha: a(n²-1)/(n(n-a))·F(a, n-a) (N. D. Tracy, J. C. Young and
    R. L. Mason, Journal of Quality Technology 24 (1992) 88-95)."""
    from scipy.stats import f  # type: ignore[import-untyped]  # scipy ships no types

    return components * (n * n - 1) / (n * (n - components)) * float(f.isf(alpha, components, n - components))


def jackson_mudholkar(left: Floats, alpha: float) -> float:
    """What SPE exceeds with probability alpha, from the variances of the components left out (J. E. Jackson and
    G. S. Mudholkar, Technometrics 21 (1979) 341-349)."""
    from scipy.stats import norm

    one, two, three = (float(np.sum(left**k)) for k in (1, 2, 3))
    if two <= 0.0:
        return 0.0
    h = 1.0 - 2.0 * one * three / (3.0 * two * two)
    c = float(norm.isf(alpha))
    if h <= 0.0:
        return box(one, 2.0 * two, alpha)
    return float(one * (c * np.sqrt(2.0 * two * h * h) / one + 1.0 + two * h * (h - 1.0) / (one * one)) ** (1.0 / h))


def box(mean: float, variance: float, alpha: float) -> float:
    """What a quadratic form with this mean and variance exceeds with probability alpha: g·χ² with h degrees of freedom,
    g = variance/(2·mean), h = 2·mean²/variance (G. E. P. Box, Annals of Mathematical Statistics 25 (1954) 290-302;
    P. Nomikos and J. F. MacGregor, Technometrics 37 (1995) 41-59)."""
    from scipy.stats import chi2

    if mean <= 0.0 or variance <= 0.0:
        return 0.0
    return variance / (2.0 * mean) * float(chi2.isf(alpha, 2.0 * mean * mean / variance))


def tail_limit(values: Floats, alpha: float) -> float:
    """What values exceed with probability alpha where their upper tail, beyond the largest twentieth, falls off exponentially:
    u + β·ln(share beyond u / alpha), β the mean excess over u (J. Pickands, Annals of Statistics 3 (1975) 119-131). A machine's
    points are not all alike: some rest on many readings and some on few, so that no one quadratic form fits them."""
    ordered = np.sort(values)
    many = max(len(values) // 20, 5)
    threshold = float(ordered[-many - 1])
    return threshold + float(np.mean(ordered[-many:] - threshold)) * float(np.log(many / len(values) / alpha))


def _components(z: Floats) -> tuple[Floats, Floats, Floats]:
    """Loadings and variances of the components kept, and the variances of those left out, of standardised points."""
    variances, vectors = np.linalg.eigh(np.cov(z, rowvar=False, ddof=1).reshape(z.shape[1], z.shape[1]))
    order = np.argsort(variances)[::-1]
    variances, vectors = variances[order], vectors[:, order]
    kept = int(np.clip(np.sum(variances > variances.mean() * (1 + 1e-9)), 1, max(1, min(len(z) // 3, z.shape[1] - 1))))
    return vectors[:, :kept], variances[:kept], np.maximum(variances[kept:], 0.0)


def model(points: Floats, alpha: float) -> Model | None:
    """The model of phase I's points (n, p); None where fewer than two signals vary. Points beyond the limits at a thousandth
    are left out once and the model made anew.

    The limit of SPE is the greater of Jackson and Mudholkar's and of Box's from points that a model of the other four fifths
    had not seen: with few points the components fit their own noise, and a new point lies farther out than theirs. Where alpha is
    rarer than one of those points, neither limit is less than where their own upper tail leads.
    """
    here = ~np.isnan(points)
    often = here.mean(axis=0) >= 0.5
    mean = np.where(often, np.nan_to_num(np.sum(np.where(here, points, 0.0), axis=0) / np.maximum(here.sum(axis=0), 1)), 0.0)
    squares = np.sum(np.where(here, points - mean, 0.0) ** 2, axis=0) / np.maximum(here.sum(axis=0) - 1, 1)
    scale = np.where(often & (squares > 1e-24), 1.0 / np.sqrt(np.where(squares > 1e-24, squares, 1.0)), 0.0)
    if np.count_nonzero(scale) < 2 or len(points) < FEWEST:
        return None
    z = np.where(here, (points - mean) * scale, 0.0)
    used = scale > 0.0
    first = _made(z[:, used], mean, scale, used, 1e-3, far=False)
    inside = np.array([first.t2(row) <= first.t2_limit and first.spe(row) <= first.spe_limit for row in z])
    if inside.sum() < max(FEWEST, 0.7 * len(z)):
        inside[:] = True
    return _made(z[inside][:, used], mean, scale, used, alpha, far=alpha * inside.sum() < 1.0)


def _made(z: Floats, mean: Floats, scale: Floats, used: NDArray[np.bool_], alpha: float, *, far: bool) -> Model:
    """The model of standardised points of the signals used."""
    loadings, variances, left = _components(z)
    unseen, distances = [], []
    for fold in range(_FOLDS):
        away = np.arange(len(z)) % _FOLDS == fold
        others, wide, _ = _components(z[~away])
        scores = z[away] @ others
        error = z[away] - scores @ others.T
        distances.append(np.sum(scores * scores / wide, axis=1))
        unseen.append(np.sum(error * error, axis=1))
    errors = np.concatenate(unseen)
    whole = np.zeros((len(used), loadings.shape[1]))
    whole[used] = loadings
    beyond = tail_limit(errors, alpha) if far else 0.0
    inner = tail_limit(np.concatenate(distances), alpha) if far else 0.0
    return Model(mean, scale, whole, variances, max(t2_limit(len(variances), len(z), alpha), inner),
                 max(jackson_mudholkar(left, alpha), box(float(errors.mean()), float(errors.var(ddof=1)), alpha), beyond))
