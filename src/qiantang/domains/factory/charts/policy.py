"""How strict the charts of a signal are: multipliers, weights, lengths of runs, and which rules are in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.charts import rules

# Columns of the numbers of a policy.
LIMIT, WEIGHT, EWMA_LIMIT, SLACK, DECISION, CEILING, SLOW_WEIGHT, SLOW_LIMIT, MOVED, STUCK_RATE, RELEASE = range(11)
NUMBERS = 11
# Columns of the words of a policy.
ABOVE, BELOW, RISING, FALLING, IN_FORCE, STUCK_RUN, SIDE_RUN, TREND_RUN = range(8)
WORDS = 8


@dataclass(frozen=True, slots=True)
class Policy:
    """Settings that many signals share; distances are in standard deviations of the plotted statistic.

    ``limit``: rule 1 beyond this. ``side_run``: rule 2 after so many points on one side (9 Nelson, 8 Western Electric, up to
    19). ``trend_run``: rule 3 after so many points steadily one way (6; up to 14). ``ewma_weight`` λ and ``ewma_limit`` L:
    beyond L·√(λ/(2-λ)), the asymptotic limit (S. W. Roberts, Technometrics 1 (1959) 239-250; J. M. Lucas and M. S. Saccucci, Technometrics 32
    (1990) 1-12). ``cusum_slack`` k and ``cusum_decision`` h: two-sided tabular CUSUM (E. S. Page, Biometrika 41 (1954)
    100-115), never more than 2h, so that it is back below h within h/k readings of the cause being gone. ``drift_weight``
    and ``drift_limit``: a second, slow EWMA. ``stuck_run`` and ``stuck_rate``: readings are stuck after at least so many equal ones in a row, and after so many
that a signal which repeats itself as often as in phase I shows such a run with at most that probability a reading.
``release``: EWMA, CUSUM and drift hold until they are back within this part of their limits; at 1, an alarm follows
    each crossing, and one departure gives several. ``in_force``: bits of rules.
    """

    limit: float = 3.0
    side_run: int = 9
    trend_run: int = 6
    ewma_weight: float = 0.2
    ewma_limit: float = 3.0
    cusum_slack: float = 0.5
    cusum_decision: float = 5.0
    drift_weight: float = 0.02
    drift_limit: float = 3.0
    stuck_run: int = 10
    stuck_rate: float = 1e-6
    release: float = 1.0
    in_force: int = rules.ALL

    def numbers(self) -> list[float]:
        """The row of numbers the kernels read."""
        return [self.limit, self.ewma_weight, self.ewma_limit * sqrt(self.ewma_weight / (2.0 - self.ewma_weight)), self.cusum_slack,
                self.cusum_decision, 2.0 * self.cusum_decision, self.drift_weight,
                self.drift_limit * sqrt(self.drift_weight / (2.0 - self.drift_weight)),
                2.0 * sqrt(self.ewma_weight / (2.0 - self.ewma_weight)), self.stuck_rate, self.release]

    def words(self) -> list[int]:
        """The row of bit patterns the kernels read."""
        side, trend = (1 << self.side_run) - 1, (1 << (self.trend_run - 1)) - 1
        return [side << rules.ABOVE_AT, side << rules.BELOW_AT, trend << rules.RISE_AT, trend << rules.FALL_AT, self.in_force,
                self.stuck_run, self.side_run, self.trend_run]

    def __post_init__(self) -> None:
        if not (2 <= self.side_run <= rules.SIDE_BITS and 3 <= self.trend_run <= rules.STEP_BITS + 1):
            raise ValueError(f"runs of {self.side_run} and {self.trend_run} points do not fit: 2 to {rules.SIDE_BITS}, 3 to {rules.STEP_BITS + 1}")


TEXTBOOK = Policy()
"""What textbooks say: 3σ, Nelson's runs, λ = 0.2 with L = 3, k = 0.5 with h = 5. On ten thousand signals it is unbearable."""

CORE = Policy(in_force=rules.CORE)
"""The textbook's settings with the quick kernels' rules only."""


def packed(policies: Sequence[Policy]) -> tuple[NDArray[np.float64], NDArray[np.uint64]]:
    """The numbers (policies × NUMBERS) and words (policies × WORDS) of these policies."""
    return (np.array([p.numbers() for p in policies], np.float64).reshape(-1, NUMBERS),
            np.array([p.words() for p in policies], np.uint64).reshape(-1, WORDS))
