"""Floods: one operator gets more alarms than can be answered, from which instant to which."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from qiantang.domains.factory.alarms.bearing import Bearing


@dataclass(slots=True)
class Flood:
    """One operator's last announced alarms, and the floods so far. ``since`` None: no flood now. All in microseconds."""

    bearing: Bearing
    recent: deque[int] = field(default_factory=deque)
    since: int | None = None
    lasted: int = 0
    times: int = 0
    most: int = 0
    """The most alarms that came within one span."""

    def announced(self, at: int) -> bool:
        """Count an announced alarm; whether a flood began with it."""
        self.passed(at)
        self.recent.append(at)
        self.most = max(self.most, len(self.recent))
        if self.since is None and len(self.recent) > self.bearing.flood_times:
            self.since, self.times = at, self.times + 1
            return True
        return False

    def passed(self, at: int) -> int | None:
        """Let time pass; the instant at which a flood ended, where one did.

        It ends when the alarm that made it one too many grows older than the span, not when somebody looks.
        """
        ended = None
        while self.recent and self.recent[0] <= at - self.bearing.flood:
            gone = self.recent.popleft()
            if self.since is not None and len(self.recent) < self.bearing.flood_over:
                ended = gone + self.bearing.flood
                self.lasted += ended - self.since
                self.since = None
        return ended

    def lasted_until(self, at: int) -> int:
        """How long there was a flood up to this instant, the running one included."""
        return self.lasted + (0 if self.since is None else at - self.since)
