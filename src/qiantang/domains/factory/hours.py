"""Local days and hours of a plant as instants: a shift ends when the clock on the wall says so, also in a night when that clock is changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_SECOND_US = 1_000_000
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # days and hours are counted from it in every zone
_NO_PLACE = ("localtime", "Factory", "posixrules", "posix", "right")
"""Names beside those of the database, or before them: a zone of the machine's own, and whole copies, one of which counts leap seconds."""


def known_zone(name: str) -> str:
    """The name of a time zone in the IANA database, such as ``Asia/Shanghai``; ValueError for any other word."""
    try:
        if name.partition("/")[0] not in _NO_PLACE:
            return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    raise ValueError(f"{name!r} is no time zone")


def instant(at: int, zone: tzinfo = UTC) -> datetime:
    """Microseconds UTC as an instant of a time zone, exact to the microsecond."""
    return datetime.fromtimestamp(at // _SECOND_US, zone).replace(microsecond=at % _SECOND_US)


def shown_instant(at: int, zone: tzinfo) -> str:
    """Microseconds UTC as a sentence tells them: day and time by the clock of a zone, and how far it is ahead of UTC, such as
    ``2026-11-26 08:30:00+08:00``."""
    return instant(at, zone).isoformat(" ", "seconds")


def instant_of(wall: datetime, zone: tzinfo) -> int:
    """Microseconds UTC of what the clock of a zone shows; ``wall`` bears no zone. A time that comes twice is its first coming, one that is
    left out is the instant at which the clock is put forward: what is later on the clock is never earlier."""
    first, second = (_offset(wall.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    shown = round((wall - _EPOCH) / timedelta(microseconds=1))
    if second <= first:
        return shown - first
    # The clock goes forward between the two readings of the time that is left out.
    before, after = (shown - second) // _SECOND_US, -(-(shown - first) // _SECOND_US)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(datetime.fromtimestamp(middle, zone)) == first:
            before = middle
        else:
            after = middle
    return after * _SECOND_US


def hour_of(day: date, second: int, zone: tzinfo) -> int:
    """Microseconds UTC of a time of a local day, in seconds after midnight; beyond 86,400 it is a time of the days after."""
    return instant_of(datetime.combine(day, time()) + timedelta(seconds=second), zone)


def _offset(at: datetime) -> int:
    """How far the clock is ahead of UTC, in microseconds."""
    offset = at.utcoffset()
    assert offset is not None
    return round(offset / timedelta(microseconds=1))
