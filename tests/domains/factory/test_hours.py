"""Local days and hours as instants, through the nights in which clocks are changed, and names that are time zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from qiantang.domains.factory.hours import hour_of, instant, instant_of, known_zone, shown_instant
from qiantang.domains.factory.plant import ZONE
from qiantang.domains.factory.simulation.making import made_plant
from qiantang.domains.factory.simulation.truth import EPOCH_US

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(("wall", "utc"), [
    ("2026-03-29 01:59:59", "2026-03-29 00:59:59"),
    ("2026-03-29 02:00", "2026-03-29 01:00"),
    ("2026-03-29 02:30", "2026-03-29 01:00"),  # left out: the clock is put forward then
    ("2026-03-29 03:00", "2026-03-29 01:00"),
    ("2026-10-25 02:30", "2026-10-25 00:30"),  # comes twice: the first
    ("2026-10-25 03:00", "2026-10-25 02:00"),
    ("2026-07-01 12:00:00.000001", "2026-07-01 10:00:00.000001"),
])
def test_what_a_clock_shows_is_an_instant(wall: str, utc: str) -> None:
    assert instant(instant_of(datetime.fromisoformat(wall), BERLIN)) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Asia/Beirut", "Asia/Shanghai"])
def test_what_is_later_on_the_clock_is_never_earlier(zone: str) -> None:
    quarters = [datetime(2026, 1, 1) + timedelta(minutes=15 * n) for n in range(366 * 96)]  # noqa: DTZ001 # the clock's own
    found = [instant_of(wall, ZoneInfo(zone)) for wall in quarters]
    assert all(a <= b for a, b in pairwise(found))
    assert sum(a == b for a, b in pairwise(found)) in (0, 2, 4)
    assert instant_of(datetime(1, 1, 1), ZoneInfo(zone)) < 0  # noqa: DTZ001 # likewise


def test_an_hour_beyond_the_day_is_one_of_the_next_day() -> None:
    day = datetime(2026, 12, 7, tzinfo=UTC).date()
    assert shown_instant(hour_of(day, 30 * 3600, ZoneInfo("Asia/Shanghai")), ZoneInfo("Asia/Shanghai")) == "2026-12-08 06:00:00+08:00"


@pytest.mark.parametrize("name", ["Asia/Shanghai", "Europe/Berlin", "UTC", "Etc/GMT-8"])
def test_a_name_of_the_database_is_a_zone(name: str) -> None:
    assert known_zone(name) == name


@pytest.mark.parametrize("name", ["", "Asia", "asia/shanghai", "UTC+8", "北京", "../etc/passwd", "/etc/localtime", "localtime", "right/UTC", "a\0b"])
def test_what_is_no_place_of_the_database_is_no_zone(name: str) -> None:
    with pytest.raises(ValueError, match="is no time zone"):
        known_zone(name)


def test_the_simulation_begins_at_midnight_of_the_made_up_plant() -> None:
    assert made_plant().zone == ZONE
    assert shown_instant(EPOCH_US, ZoneInfo(ZONE)) == "2026-03-02 00:00:00+08:00"
