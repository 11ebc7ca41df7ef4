"""What a machine remembers: moving averages of its point and of its T² and SPE, by which small lasting changes are found.

The average of points is a point of its own kind, with a model of its own: T² of it is the MEWMA of C. A. Lowry, W. H. Woodall,
C. W. Champ and S. E. Rigdon (Technometrics 34 (1992) 46-53), within the principal components and beside them, and finds means
that moved by little. The averages of T² and SPE find that the machine scatters more than it did, which no mean shows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from qiantang.domains.factory.charts.multivariate import FEWEST, Floats, Model, Unseen, inliers, model, unseen


@dataclass(frozen=True, slots=True)
class Memory:
    """Limits of what is remembered with the weight λ of the newest point: ``averaged`` is the model of the averages of points,
    ``t2_limit`` and ``spe_limit`` belong to the averages of T² and SPE, and follow from those of points that no model had seen. Each is
    exceeded by a machine in control with the probability alpha."""

    weight: float
    averaged: Model
    t2_limit: float
    spe_limit: float
    unseen_t2: Unseen
    unseen_spe: Unseen

    def held_to(self, alpha: float) -> Memory:
        """The same with the limits that belong to another alpha."""
        return replace(self, averaged=self.averaged.held_to(alpha), t2_limit=self.unseen_t2.limit(alpha), spe_limit=self.unseen_spe.limit(alpha))


def remembered(before: Floats, point: Floats, weight: float) -> Floats:
    """The average with one more point; a signal without a value stays where it was."""
    found: Floats = np.where(np.isnan(point), before, np.where(np.isnan(before), point, before + weight * (point - before)))
    return found


def averages(points: Floats, weight: float) -> Floats:
    """The average after each point of phase I, begun at their mean."""
    here = ~np.isnan(points)
    many = here.sum(axis=0)
    average = np.where(many > 0, np.where(here, points, 0.0).sum(axis=0) / np.maximum(many, 1), np.nan)
    found = np.empty_like(points)
    for place, point in enumerate(points):
        average = remembered(average, point, weight)
        found[place] = average
    return found


def memory(points: Floats, of: Model, weight: float, alpha: float) -> Memory | None:
    """What phase I's points (n, p) say of their averages, ``of`` being the model of the points themselves; None where they are too
    few. Outliers are left out; the first 1/λ averages still lean on the mean they began at and do not count."""
    points = points[inliers(points)]
    begun = ceil(1.0 / weight)
    if len(points) < begun + FEWEST:
        return None
    averaged = model(averages(points, weight)[begun:], alpha, weight=weight)
    if averaged is None:
        return None
    z = np.array([of.standardised(point) for point in points])
    t2, spe = (Unseen.of(averages(values, weight)[begun:], weight) for values in unseen(z[:, of.used]))
    return Memory(weight, averaged, t2.limit(alpha), spe.limit(alpha), t2, spe)
