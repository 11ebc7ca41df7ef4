"""The last points of every machine as they were judged: T² and SPE, now and remembered, each with its limit at that time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.charts import rules

MOST: Final = 120
"""So many points are kept of each machine."""


class Trail:
    """A row a point: the instant (µs UTC), then a value and a limit for each of ``rules.OF_MACHINES``, NaN of what the machine is not judged by.

    It is told of points in the order in which they are judged; where readings are judged anew, what was kept from there on goes.
    """

    def __init__(self, machines: int) -> None:
        self._rows = np.full((machines, MOST, 1 + 2 * len(rules.OF_MACHINES)), np.nan)
        self._many = np.zeros(machines, np.int64)

    def add(self, machine: int, at: int, figures: Sequence[float]) -> None:
        """One more point: values and limits in turn, in the order of the rules, as far as there are any."""
        rows, many = self._rows[machine], int(self._many[machine])
        while many and rows[many - 1, 0] >= at:
            many -= 1
        if many == MOST:
            rows[:-1] = rows[1:]
            many -= 1
        rows[many] = np.nan
        rows[many, 0], rows[many, 1:1 + len(figures)] = at, figures
        self._many[machine] = many + 1

    def of(self, machine: int) -> NDArray[np.float64]:
        """The points of a machine, the oldest first."""
        found: NDArray[np.float64] = self._rows[machine, :self._many[machine]].copy()
        return found

    def take_over(self, before: Trail, then: int, now: int) -> None:
        """Go on with a machine's points under its number now."""
        self._rows[now], self._many[now] = before._rows[then], before._many[then]
