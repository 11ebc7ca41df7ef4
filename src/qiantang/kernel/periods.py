"""When a rule or a value holds: spans of days, with their gaps and overlaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from qiantang.kernel.words import Text


@dataclass(frozen=True, slots=True)
class Span:
    """From the first day to the last day, both included; None is open."""

    since: date | None = None
    until: date | None = None

    def __contains__(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)

    @property
    def title(self) -> Text:
        """The span as words."""
        since = str(self.since) if self.since else "…"
        return Text(f"{since} 至 {self.until or '今'}", f"{since} to {self.until or 'now'}")


def overlaps(spans: Sequence[Span]) -> list[tuple[Span, Span]]:
    """Neighbouring spans (by first day) that share a day."""
    ordered = sorted(spans, key=lambda s: s.since or date.min)
    return [(a, b) for a, b in pairwise(ordered)
            if a.until is None or (b.since or date.min) <= a.until]


def gaps(spans: Sequence[Span]) -> list[Span]:
    """Days between neighbouring spans that belong to none."""
    ordered = sorted(spans, key=lambda s: s.since or date.min)
    return [Span(a.until + timedelta(days=1), b.since - timedelta(days=1))
            for a, b in pairwise(ordered)
            if a.until is not None and b.since is not None and b.since - a.until > timedelta(days=1)]
