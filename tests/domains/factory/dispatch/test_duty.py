"""Who is on duty: technicians by the hours of their shift, also past midnight, and vehicles with their batteries."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from qiantang.domains.factory.dispatch.duty import TRANSPORT, on_duty, technicians_on, vehicle_worker
from qiantang.domains.factory.plant import Plant, Shift, Technician, Vehicle
from qiantang.kernel.words import same

DAY = date(2027, 1, 15)
MIDNIGHT = 1_799_942_400_000_000
"""In Shanghai: four in the afternoon of the day before, UTC."""
HOUR = 3600 * 1_000_000
PLANT = Plant("p", same("p"), (), (), shifts=(Shift("day", same("day"), 8 * 3600, 16 * 3600, ((12 * 3600, 13 * 3600),)),
                                             Shift("night", same("night"), 22 * 3600, 30 * 3600)),
              technicians=(Technician("ann", "Ann", frozenset({"mechanic"}), "day", (3.0, 4.0)), Technician("bob", "Bob", frozenset({"electrician"}), "night")),
              vehicles=(Vehicle("agv", 1000.0, 0.5),))


def test_a_technician_is_free_from_the_beginning_of_the_shift_until_its_end_but_for_breaks() -> None:
    ann, _ = technicians_on(PLANT, DAY, frozenset({"ann"}))
    assert (ann.free_at, ann.until) == (MIDNIGHT + 8 * HOUR, MIDNIGHT + 16 * HOUR)
    assert ann.breaks == ((MIDNIGHT + 12 * HOUR, MIDNIGHT + 13 * HOUR),)
    assert (ann.place, ann.lead) == ((3.0, 4.0), True)


@pytest.mark.parametrize(("hour", "people"), [(0, {"bob"}), (6, set()), (7.99, set()), (8, {"ann"}), (16, set()), (22, {"bob"})])
def test_the_night_that_began_yesterday_is_on_duty_until_its_end(hour: float, people: set[str]) -> None:
    here = {w.id for w in on_duty(PLANT, MIDNIGHT + round(hour * HOUR))}
    assert here == people | {"agv"}


@pytest.mark.parametrize(("zone", "night", "begins", "ends"), [
    ("Europe/Berlin", date(2026, 3, 28), "2026-03-28T21:00", "2026-03-29T04:00"),  # seven hours: the clock is put forward at two
    ("Europe/Berlin", date(2026, 10, 24), "2026-10-24T20:00", "2026-10-25T05:00"),  # nine: it is put back at three
    ("America/New_York", date(2026, 3, 7), "2026-03-08T03:00", "2026-03-08T10:00"),
    ("America/New_York", date(2026, 10, 31), "2026-11-01T02:00", "2026-11-01T11:00"),
    ("Asia/Shanghai", date(2026, 3, 28), "2026-03-28T14:00", "2026-03-28T22:00"),
])
def test_a_night_shift_ends_by_the_clock_on_the_wall_also_when_that_clock_is_changed(zone: str, night: date, begins: str, ends: str) -> None:
    plant = replace(PLANT, zone=zone, vehicles=())
    first, last = (round(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp()) * 1_000_000 for at in (begins, ends))
    _, bob = technicians_on(plant, night)
    assert (bob.free_at, bob.until) == (first, last)
    assert [[w.id for w in on_duty(plant, at)] for at in (first - 1, first, last - 1, last)] == [[], ["bob"], ["bob"], []]


def test_a_break_that_the_clock_leaves_out_is_none_and_one_across_it_is_what_is_left() -> None:
    night = replace(PLANT.shifts[1], breaks=((26 * 3600, 27 * 3600), (26 * 3600 + 1800, 27 * 3600 + 1800)))
    plant = replace(PLANT, zone="Europe/Berlin", shifts=(PLANT.shifts[0], night))
    one = round(datetime(2026, 3, 29, 1, tzinfo=UTC).timestamp()) * 1_000_000
    assert technicians_on(plant, date(2026, 3, 28))[1].breaks == ((one, one + HOUR // 2),)


def test_a_vehicle_carries_its_battery_as_metres() -> None:
    agv = vehicle_worker(PLANT.vehicles[0], MIDNIGHT, left=0.25)
    assert agv.skills == {TRANSPORT}
    assert agv.battery is not None
    assert (agv.battery.full_m, agv.battery.left_m, agv.speed_m_s) == (2000.0, 500.0, 1.2)
