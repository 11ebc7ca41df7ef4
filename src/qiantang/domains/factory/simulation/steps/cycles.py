"""What a machine does of itself: it is set up, works one cycle after the other, and waits for material or for room."""

from __future__ import annotations

from qiantang.domains.factory.measures.states import MachineState
from qiantang.domains.factory.simulation.making import machine_id
from qiantang.domains.factory.simulation.repairs import Machine, Repairs, Steps
from qiantang.domains.factory.simulation.steps.stocks import Place


def machine(repairs: Repairs, family: str, number: int, cycle_s: float = 0.0) -> Machine:
    """A machine of the plant, from now on at work; faults may strike it."""
    name = machine_id(family, number)
    return repairs.add(Machine(name, family, repairs.plant.asset[name].place, cycle_s))


def waits(repairs: Repairs, at: Machine, place: Place) -> Steps:
    """Stay until the place changes; meanwhile somebody may work on the machine."""
    at.course.turn(repairs.env.now, MachineState.WAITING)
    repairs.opens(at)
    yield place.changes()
    at.open = False


def works(repairs: Repairs, at: Machine, seconds: float, product: int, pieces: int, plant_slow: float = 1.0) -> Steps:
    """One cycle."""
    seconds *= at.slow * plant_slow
    start = repairs.env.now
    at.course.turn(start, MachineState.PRODUCING)
    repairs.exposes(at, seconds)
    at.course.begin(start, start + seconds, product)
    yield repairs.env.timeout(seconds)
    at.course.finish(repairs.env.now, pieces)


def sets_up(repairs: Repairs, at: Machine, seconds: float) -> Steps:
    """Make ready for another size, or for the same again after a while."""
    at.course.turn(repairs.env.now, MachineState.SETUP)
    yield repairs.env.timeout(seconds)
