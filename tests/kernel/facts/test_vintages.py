"""Vintages are ordered by the day they became known, and their names say everything."""

from datetime import date

from qiantang.kernel.facts.vintages import Vintage

FIRST = Vintage(date(2023, 4, 1), 7, "0123abcd", "0123456789abcdef")


def test_a_name_can_be_read_back() -> None:
    assert Vintage.named(FIRST.name) == FIRST
    assert Vintage.named("notes") is None


def test_what_came_in_later_about_an_earlier_day_does_not_overtake() -> None:
    backfilled = Vintage(date(2022, 4, 1), 8, "0123abcd", "0123456789abcdef")
    assert backfilled.sequence < FIRST.sequence
    assert Vintage(date(2023, 4, 1), 8, "0123abcd", "0123456789abcdef").sequence > FIRST.sequence
