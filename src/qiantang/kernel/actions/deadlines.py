"""A deadline is counted from the day, or the instant, a case enters a state; where it cannot be told, it is unknown and says why."""

from __future__ import annotations

import calendar as gregorian
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from qiantang.kernel.actions.calendar import why_unknown, working_day_after
from qiantang.kernel.errors import DomainError, Fault, Place
from qiantang.kernel.words import Text, same


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day in time, or the reason why nobody can name it yet: always one of the two."""

    day: date | None
    why_unknown: Text | None = None

    def __post_init__(self) -> None:
        if (self.day is None) == (self.why_unknown is None):
            raise ValueError("a deadline has either a day or the reason why it is unknown")

    def overdue_on(self, day: date) -> bool | None:
        """Whether ``day`` lies after the deadline; ``None`` where the deadline is unknown."""
        return None if self.day is None else day > self.day

    @property
    def said(self) -> Text:
        """The day, or "unknown" with its reason."""
        if self.why_unknown is not None:
            return Text("未知：", "unknown: ") + self.why_unknown
        return same(str(self.day))


class Count(StrEnum):
    """How a deadline rule counts."""

    MINUTES = "minutes"
    HOURS = "hours"
    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    MONTHS = "months"
    END_OF_YEAR = "end_of_year"
    ON = "on"


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """One way of counting: a number of minutes, hours, days, months or years, or a fixed day.

    ``rolls`` moves a day that falls on a rest day to the next working day, where the document says so.
    """

    count: Count
    number: int = 0
    day: date | None = None
    rolls: bool = False

    def due(self, entered_on: date) -> Deadline:
        """The deadline of a case that entered its state on this day; the day of entering is not counted.

        Of minutes and hours it is the last day on which they may end, for they may have begun late in the day.
        """
        if self.count is Count.WORKING_DAYS:
            return _told(working_day_after(entered_on, self.number))
        last = self._last_day(entered_on)
        return _told(working_day_after(last, 0)) if self.rolls else Deadline(last)

    def due_at(self, entered_at: datetime) -> datetime | None:
        """The last instant in time of a case that entered its state at this one; None for a rule that counts in days."""
        return entered_at + timedelta(minutes=self.number * _MINUTES[self.count]) if self.count in _MINUTES else None

    def _last_day(self, entered_on: date) -> date:
        match self.count:
            case Count.MINUTES | Count.HOURS:
                return entered_on + timedelta(minutes=_MINUTES_A_DAY - 1 + self.number * _MINUTES[self.count])
            case Count.MONTHS:
                return _months_later(entered_on, self.number)
            case Count.END_OF_YEAR:
                return date(entered_on.year + self.number, 12, 31)
            case Count.ON:
                return self.day or entered_on
            case _:
                return entered_on + timedelta(days=self.number)

    @property
    def said(self) -> Text:
        """The rule in words."""
        words = _THIS_YEAR if self.count is Count.END_OF_YEAR and self.number == 0 else _WORDS[self.count]
        return words.filled(n=self.number, day=str(self.day)) + (_ROLLED if self.rolls else same(""))

    def __str__(self) -> str:
        inside = str(self.day) if self.count is Count.ON else str(self.number)
        return f"{self.count.value}({inside}{', rolls' if self.rolls else ''})"


def minutes(number: int) -> DeadlineRule:
    """So many minutes after the instant of entering."""
    return DeadlineRule(Count.MINUTES, _not_negative(number))


def hours(number: int) -> DeadlineRule:
    """So many hours after the instant of entering."""
    return DeadlineRule(Count.HOURS, _not_negative(number))


def working_days(number: int) -> DeadlineRule:
    """So many working days of the official calendar after the day of entering; 0 means that very day."""
    return DeadlineRule(Count.WORKING_DAYS, _not_negative(number))


def calendar_days(number: int, *, rolls: bool = False) -> DeadlineRule:
    """So many days after the day of entering, rest days counted."""
    return DeadlineRule(Count.CALENDAR_DAYS, _not_negative(number), rolls=rolls)


def months(number: int, *, rolls: bool = False) -> DeadlineRule:
    """The same day so many months on, or the month's last day where there is no such day."""
    return DeadlineRule(Count.MONTHS, _not_negative(number), rolls=rolls)


def end_of_year(number: int = 0, *, rolls: bool = False) -> DeadlineRule:
    """31 December of the year of entering, or so many years on."""
    return DeadlineRule(Count.END_OF_YEAR, _not_negative(number), rolls=rolls)


def on(day: date, *, rolls: bool = False) -> DeadlineRule:
    """A fixed day; a case that enters its state later is overdue at once."""
    return DeadlineRule(Count.ON, day=day, rolls=rolls)


def read_deadline_rule(written: str, place: Place) -> DeadlineRule:
    """The rule written as in a file: ``working_days(15)``, ``months(6, rolls)``, ``on(2024-12-31)``."""
    found = _WRITTEN.fullmatch(written.strip())
    if found:
        inside, rolls = found["inside"], found["rolls"] is not None
        count = Count(found["count"])
        if count is Count.ON and "-" in inside:
            try:
                return on(date.fromisoformat(inside), rolls=rolls)
            except ValueError:
                pass
        elif count is not Count.ON and inside.isdigit() and not (count in _NEVER_ROLL and rolls):
            return DeadlineRule(count, int(inside), rolls=rolls)
    raise DomainError(Fault(
        Text("读不懂期限“{rule}”。", "cannot read the deadline “{rule}”.").filled(rule=written),
        place, written, "deadline-rule",
        Text("请写成 minutes(10)、hours(2)、working_days(15)、calendar_days(30)、months(6, rolls)、end_of_year(1) 或 on(2024-12-31)。",
             "Write minutes(10), hours(2), working_days(15), calendar_days(30), months(6, rolls), end_of_year(1) or on(2024-12-31).")))


_MINUTES_A_DAY = 1440
_MINUTES = {Count.MINUTES: 1, Count.HOURS: 60}
"""How many minutes one of what a rule counts has."""
_NEVER_ROLL = (Count.MINUTES, Count.HOURS, Count.WORKING_DAYS)
_WRITTEN = re.compile(r"(?P<count>minutes|hours|working_days|calendar_days|months|end_of_year|on)"
                      r"\(\s*(?P<inside>[0-9-]+)\s*(?P<rolls>,\s*rolls\s*)?\)")
_WORDS = {
    Count.MINUTES: Text("{n} 分钟内", "within {n} minutes"),
    Count.HOURS: Text("{n} 小时内", "within {n} hours"),
    Count.WORKING_DAYS: Text("{n} 个工作日内", "within {n} working days"),
    Count.CALENDAR_DAYS: Text("{n} 日内", "within {n} days"),
    Count.MONTHS: Text("{n} 个月内", "within {n} months"),
    Count.END_OF_YEAR: Text("其后第 {n} 年年底前", "by the end of the year, {n} on"),
    Count.ON: Text("{day} 前", "by {day}"),
}
_THIS_YEAR = Text("当年年底前", "by the end of the year")
_ROLLED = Text("，遇休息日顺延", ", a rest day moving to the next working day")


def _told(day: date | None) -> Deadline:
    return Deadline(None, why_unknown()) if day is None else Deadline(day)


def _months_later(day: date, number: int) -> date:
    whole = day.year * 12 + day.month - 1 + number
    year, month = divmod(whole, 12)
    return date(year, month + 1, min(day.day, gregorian.monthrange(year, month + 1)[1]))


def _not_negative(number: int) -> int:
    if number < 0:
        raise ValueError(f"a deadline counts forward: {number}")
    return number
