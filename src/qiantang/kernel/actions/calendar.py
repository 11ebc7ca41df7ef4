"""Which days are working days in China: the published calendar, and nothing beyond it."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from types import ModuleType

from qiantang.kernel.words import Text, same

_ONE_DAY = timedelta(days=1)


@cache
def is_working_day(day: date) -> bool | None:
    """Working Saturdays and Sundays count, public holidays do not; ``None`` where no calendar was published."""
    if not _first_day() <= day <= last_known_day():
        return None
    return bool(_published().is_workday(day))


def working_day_after(day: date, count: int) -> date | None:
    """The ``count``-th working day after ``day``, which itself is not counted.

    A count of 0 gives ``day`` itself where it is a working day, else the next one. ``None`` as soon as the way there
    leaves the published calendar.
    """
    found = 0
    at = day if count == 0 else day + _ONE_DAY
    while True:
        working = is_working_day(at)
        if working is None:
            return None
        found += working
        if found >= max(count, 1):
            return at
        at += _ONE_DAY


def last_known_day() -> date:
    """The end of the last year whose holidays the calendar library knows."""
    return date(max(_published().holidays).year, 12, 31)


def why_unknown() -> Text:
    """Why a working day could not be told, with the years that can."""
    return Text(
        "已公布的法定工作日历只覆盖 {first} 至 {last}，此外的工作日未知",
        "the official working-day calendar is published only from {first} to {last}; working days outside are unknown",
    ).filled(first=same(_first_day().isoformat()), last=same(last_known_day().isoformat()))


def _first_day() -> date:
    return date(min(_published().holidays).year, 1, 1)


@cache
def _published() -> ModuleType:
    import chinese_calendar

    module: ModuleType = chinese_calendar
    return module
