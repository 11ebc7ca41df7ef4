"""A clock that never goes back: the machine's own may be set back by a day, readings that were received may not."""

from __future__ import annotations

import time
from collections.abc import Callable


class SteadyClock:
    """Microseconds UTC that only grow: begun at the machine's clock, or at the last instant on record where that is later, and
    carried on by the time that passes."""

    def __init__(self, at_least: int = 0, wall: Callable[[], int] = lambda: time.time_ns() // 1000,
                 passing: Callable[[], int] = lambda: time.monotonic_ns() // 1000) -> None:
        now = wall()
        self.behind = max(at_least - now, 0)
        """By how much the machine's clock lay before what is on record, when this one was begun."""
        self._passing = passing
        self._begun = max(now, at_least) - passing()

    def __call__(self) -> int:
        """The instant."""
        return self._begun + self._passing()
