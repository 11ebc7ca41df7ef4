"""A machine as one point of many dimensions: principal components, T² within them, the squared error beside them.

T² says that the usual relations hold but the machine is far from its usual place; SPE that a relation is broken. After
J. E. Jackson, A User's Guide to Principal Components (1991), and J. F. MacGregor and T. Kourti, Control Engineering Practice 3
(1995) 403-414. A point says nothing of those before it; what is small and lasts is found with a ``Memory``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.charts.quantiles import (
    chi_square_beyond,
    fisher_beyond,
    normal_beyond,
    student_beyond,
)

Floats = NDArray[np.float64]
FEWEST = 20
"""A model needs at least so many points, and three times its components."""
_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Unseen:
    """What T² or SPE was of points that their model had not seen, as far as a limit asks for it: how many points, how many of them
    independent, their mean and variance; where their upper tail, the largest twentieth, begins, and the mean excess over that."""

    points: float
    independent: float
    mean: float
    variance: float
    threshold: float
    excess: float

    @classmethod
    def of(cls, values: Floats, weight: float = 1.0) -> Unseen:
        """Of these values; where they are moving averages, ``weight`` is that of the newest, and n of them say no more than n·λ/(2-λ)
        that do not overlap."""
        ordered = np.sort(values)
        many = _in_tail(len(values))
        threshold = float(ordered[-many - 1])
        return cls(float(len(values)), max(len(values) * weight / (2.0 - weight), 3.0), float(values.mean()), float(values.var(ddof=1)), threshold,
                   float(np.mean(ordered[-many:] - threshold)))

    def limit(self, alpha: float) -> float:
        """What T² or SPE exceeds with probability alpha: Box's limit by the mean and the variance, this taken as much wider as Student's
        prediction interval is than the normal one. Where alpha is so rare that none of the points may be beyond, at least where their
        tail leads."""
        m = self.independent
        wider = (student_beyond(alpha, m - 1.0) / normal_beyond(alpha)) ** 2 * (1.0 + 1.0 / m) / (1.0 - 1.0 / m)
        limit = box(self.mean, self.variance * wider, alpha)
        return max(limit, self.tail_limit(alpha)) if alpha * self.points < 1.0 else limit

    def tail_limit(self, alpha: float) -> float:
        """What values exceed with probability alpha where their upper tail falls off exponentially: u + β·ln(share beyond u / alpha), β the
        mean excess over u (J. Pickands, Annals of Statistics 3 (1975) 119-131). A machine's points are not all alike: some rest on many
        readings and some on few, so that no one quadratic form fits them."""
        return self.threshold + self.excess * float(np.log(_in_tail(int(self.points)) / self.points / alpha))


def _in_tail(points: int) -> int:
    return max(points // 20, 5)


@dataclass(frozen=True, slots=True)
class Model:
    """Principal components of p signals, from phase I.

    ``used`` (p,) says which signals vary and are there often enough; ``mean`` and ``scale`` (p,) standardise, scale 0 where
    a signal is not used; ``loadings`` (p, a) and ``variances`` (a,) are the components kept: those whose variance is above
    the average. ``t2_limit`` and ``spe_limit`` are exceeded by a point in control with the probability alpha each; they follow from
    the rest: how many ``points`` the model was made of, the variances of the components ``left`` out, and T² and SPE of points that a
    model had not seen.
    """

    mean: Floats
    scale: Floats
    loadings: Floats
    variances: Floats
    t2_limit: float
    spe_limit: float
    points: int
    left: Floats
    unseen_t2: Unseen
    unseen_spe: Unseen

    def held_to(self, alpha: float) -> Model:
        """The same model with the limits that belong to another alpha."""
        return replace(self, t2_limit=max(t2_limit(len(self.variances), self.points, alpha), self.unseen_t2.limit(alpha)),
                       spe_limit=max(jackson_mudholkar(self.left, alpha), self.unseen_spe.limit(alpha)))

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
    return components * (n * n - 1) / (n * (n - components)) * fisher_beyond(alpha, components, n - components)


def jackson_mudholkar(left: Floats, alpha: float) -> float:
    """What SPE exceeds with probability alpha, from the variances of the components left out (J. E. Jackson and
    G. S. Mudholkar, Technometrics 21 (1979) 341-349)."""
    one, two, three = (float(np.sum(left**k)) for k in (1, 2, 3))
    if two <= 0.0:
        return 0.0
    h = 1.0 - 2.0 * one * three / (3.0 * two * two)
    c = normal_beyond(alpha)
    if h <= 0.0:
        return box(one, 2.0 * two, alpha)
    return float(one * (c * np.sqrt(2.0 * two * h * h) / one + 1.0 + two * h * (h - 1.0) / (one * one)) ** (1.0 / h))


def box(mean: float, variance: float, alpha: float) -> float:
    """What a quadratic form with this mean and variance exceeds with probability alpha: g·χ² with h degrees of freedom,
    g = variance/(2·mean), h = 2·mean²/variance (G. E. P. Box, Annals of Mathematical Statistics 25 (1954) 290-302;
    P. Nomikos and J. F. MacGregor, Technometrics 37 (1995) 41-59)."""
    if mean <= 0.0 or variance <= 0.0:
        return 0.0
    return variance / (2.0 * mean) * chi_square_beyond(alpha, 2.0 * mean * mean / variance)


def _components(z: Floats) -> tuple[Floats, Floats, Floats]:
    """Loadings and variances of the components kept, and the variances of those left out, of standardised points."""
    variances, vectors = np.linalg.eigh(np.cov(z, rowvar=False, ddof=1).reshape(z.shape[1], z.shape[1]))
    order = np.argsort(variances)[::-1]
    variances, vectors = variances[order], vectors[:, order]
    kept = int(np.clip(np.sum(variances > variances.mean() * (1 + 1e-9)), 1, max(1, min(len(z) // 3, z.shape[1] - 1))))
    return vectors[:, :kept], variances[:kept], np.maximum(variances[kept:], 0.0)


def model(points: Floats, alpha: float, *, weight: float = 1.0) -> Model | None:
    """The model of phase I's points (n, p); None where fewer than two signals vary. Points beyond the limits at a thousandth
    are left out once and the model made anew. Where the points are moving averages, ``weight`` is that of the newest: they have no
    outliers of their own, and n of them say no more than n·λ/(2-λ) points that do not overlap.

    The limit of T² is the greater of its distribution's and of Box's, that of SPE the greater of Jackson and Mudholkar's and of
    Box's, from points that a model of the other four fifths had not seen: with few points, or points that depend on each
    other, components and means fit their own noise, and a new point lies farther out than theirs. The fifths follow one
    another in time, for a model that saw a point's neighbours has seen the point. Where alpha is rarer than one of those
    points, neither limit is less than where their own upper tail leads.
    """
    found = _standardised(points)
    if found is None:
        return None
    z, mean, scale = found
    used = scale > 0.0
    inside = inliers(points) if weight >= 1.0 else np.ones(len(z), np.bool_)
    return _made(z[inside][:, used], mean, scale, used, alpha, weight)


def _standardised(points: Floats) -> tuple[Floats, Floats, Floats] | None:
    """Points in units of their own deviation, mean and scale; None where fewer than two signals vary, or points are too few."""
    here = ~np.isnan(points)
    often = here.mean(axis=0) >= 0.5
    mean = np.where(often, np.nan_to_num(np.sum(np.where(here, points, 0.0), axis=0) / np.maximum(here.sum(axis=0), 1)), 0.0)
    squares = np.sum(np.where(here, points - mean, 0.0) ** 2, axis=0) / np.maximum(here.sum(axis=0) - 1, 1)
    scale = np.where(often & (squares > 1e-24), 1.0 / np.sqrt(np.where(squares > 1e-24, squares, 1.0)), 0.0)
    if np.count_nonzero(scale) < 2 or len(points) < FEWEST:
        return None
    return np.where(here, (points - mean) * scale, 0.0), mean, scale


def inliers(points: Floats) -> NDArray[np.bool_]:
    """Which of phase I's points lie within the limits at a thousandth of a first model; all, where too few do or there is none."""
    found = _standardised(points)
    if found is None:
        return np.ones(len(points), np.bool_)
    z, mean, scale = found
    used = scale > 0.0
    first = _made(z[:, used], mean, scale, used, 1e-3)
    inside = np.array([first.t2(row) <= first.t2_limit and first.spe(row) <= first.spe_limit for row in z])
    return inside if inside.sum() >= max(FEWEST, 0.7 * len(z)) else np.ones(len(z), np.bool_)


def _made(z: Floats, mean: Floats, scale: Floats, used: NDArray[np.bool_], alpha: float, weight: float = 1.0) -> Model:
    """The model of standardised points of the signals used."""
    loadings, variances, left = _components(z)
    distances, errors = (Unseen.of(values, weight) for values in unseen(z))
    whole = np.zeros((len(used), loadings.shape[1]))
    whole[used] = loadings
    return Model(mean, scale, whole, variances, np.nan, np.nan, len(z), left, distances, errors).held_to(alpha)


def unseen(z: Floats) -> tuple[Floats, Floats]:
    """T² and SPE of each standardised point by the mean and the components of the other four fifths, which have not seen it."""
    distances, errors = np.empty(len(z)), np.empty(len(z))
    for fold in range(_FOLDS):
        away = np.arange(len(z)) * _FOLDS // len(z) == fold
        others, wide, _ = _components(z[~away])
        points = z[away] - z[~away].mean(axis=0)
        scores = points @ others
        error = points - scores @ others.T
        distances[away] = np.sum(scores * scores / wide, axis=1)
        errors[away] = np.sum(error * error, axis=1)
    return distances, errors
