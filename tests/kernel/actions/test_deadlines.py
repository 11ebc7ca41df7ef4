"""Deadlines follow the published calendar of working days, and say so where it ends."""

from datetime import UTC, date, datetime, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiantang.kernel.actions.calendar import is_working_day, last_known_day, working_day_after
from qiantang.kernel.actions.deadlines import (
    Deadline,
    calendar_days,
    end_of_year,
    hours,
    minutes,
    months,
    on,
    read_deadline_rule,
    working_days,
)
from qiantang.kernel.errors import DomainError, Place
from qiantang.kernel.words import Text


def test_working_days_step_over_the_spring_festival_of_2024_and_count_its_make_up_days() -> None:
    # Rest 10 to 17 February 2024; work on Sunday the 4th and Sunday the 18th instead.
    assert working_days(5).due(date(2024, 2, 2)).day == date(2024, 2, 8)
    assert working_days(6).due(date(2024, 2, 2)).day == date(2024, 2, 9)
    assert working_days(7).due(date(2024, 2, 2)).day == date(2024, 2, 18)
    assert working_days(15).due(date(2024, 1, 30)).day == date(2024, 2, 23)


def test_a_make_up_saturday_is_a_working_day_and_a_holiday_monday_is_not() -> None:
    assert is_working_day(date(2024, 5, 11))
    assert not is_working_day(date(2024, 5, 18))
    assert not is_working_day(date(2024, 4, 29) + timedelta(days=2))
    assert working_days(1).due(date(2024, 5, 10)).day == date(2024, 5, 11)


def test_no_working_days_means_that_very_day_or_the_next_one_that_is() -> None:
    assert working_days(0).due(date(2024, 2, 9)).day == date(2024, 2, 9)
    assert working_days(0).due(date(2024, 2, 10)).day == date(2024, 2, 18)


def test_beyond_the_calendars_last_year_a_working_day_is_unknown_and_says_why() -> None:
    end = last_known_day()
    due = working_days(15).due(end - timedelta(days=3))
    assert due.day is None
    assert due.why_unknown is not None
    assert str(end) in due.said.en
    assert str(end) in due.said.zh
    assert "unknown" in due.said.en
    assert due.overdue_on(date(2999, 1, 1)) is None
    assert is_working_day(end + timedelta(days=1)) is None


def test_before_the_calendars_first_year_a_working_day_is_unknown() -> None:
    assert working_days(1).due(date(1999, 3, 1)).day is None


def test_the_last_known_day_itself_is_known() -> None:
    end = last_known_day()
    assert is_working_day(end) is not None
    assert calendar_days(10).due(end).day == end + timedelta(days=10)


def test_a_rolling_deadline_beyond_the_calendar_is_unknown() -> None:
    assert calendar_days(10, rolls=True).due(last_known_day()).day is None


@pytest.mark.parametrize(("rule", "entered_on", "due"), [
    (calendar_days(30), date(2024, 1, 31), date(2024, 3, 1)),
    (calendar_days(0), date(2024, 1, 31), date(2024, 1, 31)),
    (months(1), date(2024, 1, 31), date(2024, 2, 29)),
    (months(1), date(2023, 1, 31), date(2023, 2, 28)),
    (months(6), date(2023, 8, 31), date(2024, 2, 29)),
    (months(12), date(2024, 2, 29), date(2025, 2, 28)),
    (months(11), date(2024, 1, 15), date(2024, 12, 15)),
    (end_of_year(), date(2024, 12, 31), date(2024, 12, 31)),
    (minutes(0), date(2024, 12, 31), date(2024, 12, 31)),
    (minutes(10), date(2024, 12, 31), date(2025, 1, 1)),
    (hours(24), date(2024, 12, 30), date(2024, 12, 31)),
    (end_of_year(2), date(2022, 6, 7), date(2024, 12, 31)),
    (on(date(2024, 12, 31)), date(2022, 6, 7), date(2024, 12, 31)),
    (calendar_days(8, rolls=True), date(2024, 2, 3), date(2024, 2, 18)),
    (months(1, rolls=True), date(2024, 4, 1), date(2024, 5, 6)),
])
def test_days_months_and_years_are_counted_from_the_day_of_entering(rule, entered_on, due) -> None:
    assert rule.due(entered_on) == Deadline(due)


def test_a_deadline_is_kept_on_its_last_day_and_missed_the_day_after() -> None:
    due = on(date(2024, 2, 18)).due(date(2024, 1, 1))
    assert due.overdue_on(date(2024, 2, 18)) is False
    assert due.overdue_on(date(2024, 2, 19)) is True


def test_a_deadline_has_a_day_or_a_reason_but_never_both() -> None:
    with pytest.raises(ValueError, match="either a day or the reason"):
        Deadline(None)
    with pytest.raises(ValueError, match="either a day or the reason"):
        Deadline(date(2024, 1, 1), Text("原因", "reason"))


@pytest.mark.parametrize("rule", [
    minutes(10), hours(2), working_days(15), calendar_days(30), calendar_days(3, rolls=True), months(6), months(6, rolls=True),
    end_of_year(), end_of_year(1), on(date(2024, 12, 31)),
])
def test_a_rule_is_read_back_as_it_was_written(rule) -> None:
    assert read_deadline_rule(str(rule), Place()) == rule
    assert "{" not in rule.said.zh + rule.said.en


def test_minutes_and_hours_run_from_the_instant_and_days_name_none() -> None:
    entered = datetime(2024, 12, 31, 23, 55, tzinfo=UTC)
    assert minutes(10).due_at(entered) == datetime(2025, 1, 1, 0, 5, tzinfo=UTC)
    assert hours(2).due_at(entered) == datetime(2025, 1, 1, 1, 55, tzinfo=UTC)
    assert working_days(1).due_at(entered) is None


@pytest.mark.parametrize("written", ["15 days", "working_days(-1)", "working_days()", "on(2024-02-30)", "on(5)",
                                     "months(2024-01-01)", "working_days(3, rolls)", "minutes(3, rolls)",
                                     "hours(0.5)", "weeks(2)"])
def test_a_rule_that_cannot_be_read_is_refused_with_examples(written) -> None:
    with pytest.raises(DomainError) as refused:
        read_deadline_rule(written, Place(file="p.yaml", row=3))
    assert written in refused.value.said("en")
    assert "working_days(15)" in refused.value.said("zh")
    assert "row 3" in refused.value.said("en")


def test_no_rule_counts_backwards() -> None:
    with pytest.raises(ValueError, match="forward"):
        working_days(-1)


@given(st.dates(date(2004, 1, 1), date(2025, 6, 1)), st.integers(1, 60))
def test_between_a_day_and_its_nth_working_day_lie_exactly_n_working_days(day: date, count: int) -> None:
    found = working_day_after(day, count)
    assert found is not None
    assert len(chinese_calendar.get_workdays(day + timedelta(days=1), found)) == count
    assert chinese_calendar.is_workday(found)
