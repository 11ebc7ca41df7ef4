"""Who is on duty: technicians by the hours of their shift, also past midnight, and vehicles with their batteries."""

import pytest

from qiantang.domains.factory.dispatch.duty import TRANSPORT, on_duty, technicians_on, vehicle_worker
from qiantang.domains.factory.plant import Plant, Shift, Technician, Vehicle
from qiantang.kernel.words import same

MIDNIGHT = 1_800_000_000_000_000
HOUR = 3600 * 1_000_000
PLANT = Plant("p", same("p"), (), (), shifts=(Shift("day", same("day"), 8 * 3600, 16 * 3600, ((12 * 3600, 13 * 3600),)),
                                             Shift("night", same("night"), 22 * 3600, 30 * 3600)),
              technicians=(Technician("ann", "Ann", frozenset({"mechanic"}), "day", (3.0, 4.0)), Technician("bob", "Bob", frozenset({"electrician"}), "night")),
              vehicles=(Vehicle("agv", 1000.0, 0.5),))


def test_a_technician_is_free_from_the_beginning_of_the_shift_until_its_end_but_for_breaks() -> None:
    ann, _ = technicians_on(PLANT, MIDNIGHT, frozenset({"ann"}))
    assert (ann.free_at, ann.until) == (MIDNIGHT + 8 * HOUR, MIDNIGHT + 16 * HOUR)
    assert ann.breaks == ((MIDNIGHT + 12 * HOUR, MIDNIGHT + 13 * HOUR),)
    assert (ann.place, ann.lead) == ((3.0, 4.0), True)


@pytest.mark.parametrize(("hour", "people"), [(0, {"bob"}), (6, set()), (7.99, set()), (8, {"ann"}), (16, set()), (22, {"bob"})])
def test_the_night_that_began_yesterday_is_on_duty_until_its_end(hour: float, people: set[str]) -> None:
    here = {w.id for w in on_duty(PLANT, MIDNIGHT, MIDNIGHT + round(hour * HOUR))}
    assert here == people | {"agv"}


def test_a_vehicle_carries_its_battery_as_metres() -> None:
    agv = vehicle_worker(PLANT.vehicles[0], MIDNIGHT, left=0.25)
    assert agv.skills == {TRANSPORT}
    assert agv.battery is not None
    assert (agv.battery.full_m, agv.battery.left_m, agv.speed_m_s) == (2000.0, 500.0, 1.2)
