"""Dynamic zero: how many cases were open at the end of each period, and what still stands against zero."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from qiantang.kernel.actions.cases import CaseEvent
from qiantang.kernel.actions.ports import DayCount, StateStore


class Every(StrEnum):
    """How long a counted period is."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class PeriodCount:
    """One period, as ``2024-02``, ``2024-Q1`` or ``2024``; ``standing`` is how many were open at its end."""

    period: str
    opened: int
    closed: int
    standing: int


@dataclass(frozen=True, slots=True)
class AgainstZero:
    """The count over time up to a day, and the cases that keep it from zero on that day, those due first in front."""

    process: str
    day: date
    periods: tuple[PeriodCount, ...]
    still_open: tuple[CaseEvent, ...]
    by_state: Mapping[str, int]
    by_owner: Mapping[str, int]
    overdue: int
    deadline_unknown: int

    @property
    def is_zero(self) -> bool:
        """Whether nothing stands open."""
        return not self.still_open


def against_zero(store: StateStore, process: str, day: date, every: Every = Every.MONTH,
                 scopes: frozenset[str] | None = None) -> AgainstZero:
    """How a process stood at the end of ``day``, worked out from the events up to then."""
    with store.reading() as reader:
        counts = reader.day_counts(process, day, scopes)
        standing = reader.standing(process, day, scopes)
    by_due = sorted(standing, key=lambda event: (event.due is None or event.due.day is None,
                                                 event.due.day if event.due and event.due.day else day, event.case))
    return AgainstZero(
        process, day, tuple(counted(counts, day, every)), tuple(by_due),
        _most_first(event.to_state for event in standing),
        _most_first(event.owner.role for event in standing if event.owner),
        sum(1 for event in standing if event.due and event.due.overdue_on(day)),
        sum(1 for event in standing if event.due and event.due.day is None))


def counted(counts: Iterable[DayCount], until: date, every: Every) -> list[PeriodCount]:
    """Days gathered into periods from the first case on; a period in which nothing happened is there too."""
    opened: Counter[str] = Counter()
    closed: Counter[str] = Counter()
    first = until
    for count in counts:
        first = min(first, count.day)
        opened[_period(count.day, every)] += count.opened
        closed[_period(count.day, every)] += count.closed
    periods: list[PeriodCount] = []
    standing = 0
    for period in _periods(first, until, every) if opened else ():
        standing += opened[period] - closed[period]
        periods.append(PeriodCount(period, opened[period], closed[period], standing))
    return periods


def _periods(first: date, last: date, every: Every) -> list[str]:
    months: list[date] = []
    month = first.replace(day=1)
    while month <= last:
        months.append(month)
        month = (month + timedelta(days=31)).replace(day=1)
    return list(dict.fromkeys(_period(month, every) for month in months))


def _period(day: date, every: Every) -> str:
    match every:
        case Every.MONTH:
            return f"{day.year:04d}-{day.month:02d}"
        case Every.QUARTER:
            return f"{day.year:04d}-Q{(day.month + 2) // 3}"
        case Every.YEAR:
            return f"{day.year:04d}"


def _most_first(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names).most_common())
