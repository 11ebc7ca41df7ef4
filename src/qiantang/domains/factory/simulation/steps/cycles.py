"""What a machine does of itself: it is set up, works one cycle after the other, and waits for material or for room."""

from __future__ import annotations

from collections.abc import Iterable

from qiantang.domains.factory.measures.states import MachineState
from qiantang.domains.factory.simulation.making import machine_id
from qiantang.domains.factory.simulation.repairs import Machine, Repairs, Steps
from qiantang.domains.factory.simulation.steps.stocks import Place
from qiantang.domains.factory.simulation.truth import instant
from qiantang.kernel.pieces import PieceEvent


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


def tells(repairs: Repairs, at: Machine, piece: str, step: str, *, asset: str = "", tool: str = "", operator: str = "", materials: Iterable[str] = (),
          cause: str = "") -> None:
    """Tell whoever listens of a piece of the cycle that is just over; ``asset`` is the part of the machine it was in, ``cause`` why it is
    rejected, empty for a good one."""
    if repairs.on_piece:
        event = PieceEvent(piece, step, instant(at.course.start[-1]), instant(repairs.env.now), asset or at.id, tool, operator,
                           tuple(dict.fromkeys(materials)), "scrap" if cause else "good", cause)
        for heard in repairs.on_piece:
            heard(event)


def sets_up(repairs: Repairs, at: Machine, seconds: float) -> Steps:
    """Make ready for another size, or for the same again after a while."""
    at.course.turn(repairs.env.now, MachineState.SETUP)
    yield repairs.env.timeout(seconds)
