"""Who is on duty: a plant's technicians and vehicles as workers with the hours of their shift on a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta, tzinfo

from qiantang.domains.factory.dispatch.tasks import Battery, Worker
from qiantang.domains.factory.hours import hour_of, instant
from qiantang.domains.factory.plant import Plant, Shift, Vehicle

TRANSPORT = "transport"
"""The skill of every vehicle."""
CHARGING_M_PER_MINUTE = 400.0
"""Metres of way that a minute at the charger gives: the project's assumption, as the plant's data do not say."""


def technicians_on(plant: Plant, day: date, leads: frozenset[str] = frozenset()) -> tuple[Worker, ...]:
    """The technicians of all shifts that begin on a day of the plant's own zone; their hours are microseconds UTC.

    Each is free from the beginning of the shift at the home place. Raises KeyError for a technician of a shift that the
    plant does not have.
    """
    hours = {s.name: _hours(s, day, plant.local) for s in plant.shifts}
    found = []
    for person in plant.technicians:
        start, end, breaks = hours[person.shift]
        found.append(Worker(person.id, person.skills, person.home, start, end, breaks, lead=person.id in leads))
    return tuple(found)


def on_duty(plant: Plant, now: int, leads: frozenset[str] = frozenset()) -> tuple[Worker, ...]:
    """Technicians whose shift runs at ``now`` (microseconds UTC) by the plant's own clock, also those whose shift began the day before,
    and all vehicles."""
    today = instant(now, plant.local).date()
    people = [w for day in (today - timedelta(1), today) for w in technicians_on(plant, day, leads)]
    here = [replace(w, free_at=max(w.free_at, now)) for w in people if w.free_at <= now and w.until is not None and now < w.until]
    return (*here, *(vehicle_worker(v, now) for v in plant.vehicles))


def vehicle_worker(vehicle: Vehicle, now: int, left: float = 1.0) -> Worker:
    """A vehicle as a worker with the one skill of transport; ``left`` is how full the battery is, 0 to 1."""
    full = vehicle.battery_wh / vehicle.use_wh_m
    return Worker(vehicle.id, frozenset({TRANSPORT}), vehicle.home, now, None, (),
                  Battery(full, full * left, CHARGING_M_PER_MINUTE, vehicle.home), vehicle.speed_m_s)


def _hours(shift: Shift, day: date, zone: tzinfo) -> tuple[int, int, tuple[tuple[int, int], ...]]:
    """From when until when, and the breaks between; one that the clock leaves out is none."""
    def at(second: int) -> int:
        return hour_of(day, second, zone)

    return at(shift.start_s), at(shift.end_s), tuple((at(a), at(b)) for a, b in shift.breaks if at(a) < at(b))
