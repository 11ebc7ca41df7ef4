"""What really happened in the simulated plant: faults with their pieces, states of machines, genealogy of each tire, OEE."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from qiantang.domains.factory.measures.oee import Oee
from qiantang.domains.factory.measures.states import MachineState

EPOCH_US = 1_772_380_800_000_000
"""Second 0 of a simulation, microseconds UTC: Monday 2 March 2026, midnight in China."""


def instant(seconds: float) -> int:
    """The instant, in microseconds UTC, of a second of the simulation."""
    return EPOCH_US + round(seconds * 1e6)


@dataclass(slots=True)
class Fault:
    """A fault and its ground truth. Times are seconds of the simulation; None: not yet.

    ``asset`` is the cavity, machine, gateway or vehicle; ``machine`` the work cell. ``pieces`` are the numbers of the tires it
    touched, ``scrapped`` how many of them were rejected for it.
    """

    number: int
    cause: str
    asset: str
    machine: str
    start: float
    skill: str
    minutes: float
    found: float | None = None
    begun: float | None = None
    end: float | None = None
    by: str = ""
    pieces: list[int] = field(default_factory=list)
    scrapped: int = 0


class Tire(NamedTuple):
    """One tire's genealogy; times in seconds of the simulation. ``lots`` are the numbers of its component lots in the order of
    ``COMPONENTS``; ``cause`` the cause it was rejected for, empty for a good one, ``chance`` where no fault was at work."""

    number: int
    product: int
    builder: str
    operator: str
    drum: str
    built: float
    lots: tuple[int, ...]
    press: str
    cavity: str
    bladder: int
    mould: int
    cycle: int
    cured: float
    uniformity: str
    xray: str
    balance: str
    done: float
    cause: str

    @property
    def good(self) -> bool:
        """Whether it left the plant as a good tire."""
        return not self.cause


COMPONENTS = ("tread", "sidewall", "liner", "ply", "belt", "bead")


class Lot(NamedTuple):
    """A carrier of one component: what made it when, and the numbers of the compound batches in it."""

    number: int
    component: str
    machine: str
    made: float
    batches: tuple[int, ...]


class Batch(NamedTuple):
    """A batch of final compound: its mixer and the end of mixing."""

    number: int
    compound: str
    machine: str
    made: float


def batch_id(number: int) -> str:
    """What the plant's records call a batch."""
    return f"batch-{number}"


def lot_id(component: str, number: int) -> str:
    """What they call a roll or carrier of a component."""
    return f"{component}-{number}"


def green_id(number: int) -> str:
    """What they call a green tire."""
    return f"green-{number}"


def tire_id(number: int) -> str:
    """What they call a cured tire."""
    return f"tire-{number}"


class Course:
    """One machine's history: states as they change, and its cycles with start, end and product. Kept as packed columns."""

    def __init__(self) -> None:
        self.changed = array("d", [-1e18])
        self.state = array("b", [MachineState.WAITING])
        self.start = array("d")
        self.end = array("d")
        """When each cycle ends: known when it begins, because nothing breaks a cycle off."""
        self.product = array("b")
        self.rejected = array("d")
        """When each piece attributed to the machine was rejected."""
        self.made_at = array("d")
        self.made = array("q")
        """How many pieces had been made by each ``made_at``."""
        self.marks: dict[int, tuple[int, ...]] = {}
        """For a cycle by its place: the numbers of the faults that its piece brought along from earlier steps."""

    def turn(self, at: float, state: MachineState) -> None:
        """Note a change of state."""
        if self.state[-1] != state:
            self.changed.append(at)
            self.state.append(state)

    def begin(self, start: float, end: float, product: int) -> None:
        """Note the beginning of a cycle."""
        self.start.append(start)
        self.end.append(end)
        self.product.append(product)

    def finish(self, at: float, pieces: int) -> None:
        """Note the end of the cycle."""
        self.made_at.append(at)
        self.made.append((self.made[-1] if self.made else 0) + pieces)

    def spent_us(self, start: float, end: float) -> list[int]:
        """Microseconds spent in each MachineState between two times, by the state's number."""
        edges = np.clip(np.append(np.frombuffer(self.changed), end), start, end)
        lengths = np.diff(np.rint(edges * 1e6).astype(np.int64))
        found = np.zeros(len(MachineState), np.int64)
        np.add.at(found, np.frombuffer(self.state, np.int8), lengths)
        return [int(of) for of in found]

    def pieces(self, start: float, end: float) -> int:
        """How many pieces were finished after ``start`` and not after ``end``."""
        return self.pieces_by(end) - self.pieces_by(start)

    def pieces_by(self, at: float) -> int:
        """How many pieces were finished by then."""
        place = bisect_right(self.made_at, at)
        return self.made[place - 1] if place else 0

    def whole_cycles(self, start: float, end: float) -> tuple[float, float]:
        """From the end of the cycle under way at ``start`` to that of the last cycle finished by ``end``; nothing lies between where no cycle
        began and ended."""
        place = bisect_left(self.start, start) - 1
        begun = max(start, self.end[place]) if place >= 0 else start
        last = bisect_right(self.made_at, end) - 1
        return begun, max(begun, self.made_at[last]) if last >= 0 else begun

    def rejects(self, start: float, end: float) -> int:
        """How many pieces were rejected for it after ``start`` and not after ``end``."""
        return bisect_right(self.rejected, end) - bisect_right(self.rejected, start)


def effectiveness(course: Course, ideal_s: float, start: float, end: float) -> Oee:
    """A machine's true OEE between two times, after ISO 22400-2; ``ideal_s`` seconds one piece takes at best."""
    spent = course.spent_us(start, end)
    made = course.pieces(start, end)
    whole = course.whole_cycles(start, end)
    busy = sum(spent) - spent[MachineState.PLANNED] - spent[MachineState.UNKNOWN]
    return Oee(busy, spent[MachineState.PRODUCING], spent[MachineState.SETUP], spent[MachineState.DOWN], spent[MachineState.WAITING],
               spent[MachineState.PLANNED], spent[MachineState.UNKNOWN], course.spent_us(*whole)[MachineState.PRODUCING],
               round(ideal_s * 1e6) * course.pieces(*whole), made, made - course.rejects(start, end))
