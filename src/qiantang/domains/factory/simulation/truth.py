"""What really happened in the simulated plant: faults with their pieces, states of machines, genealogy of each tire, OEE."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

EPOCH_US = 1_772_380_800_000_000
"""Second 0 of a simulation, microseconds UTC: Monday 2 March 2026, midnight in China."""


def instant(seconds: float) -> int:
    """The instant, in microseconds UTC, of a second of the simulation."""
    return EPOCH_US + round(seconds * 1e6)


class State(IntEnum):
    """What a machine does; the value of its ``machine_state`` signal."""

    STARVED = 0
    """Nothing to work on."""
    RUN = 1
    BLOCKED = 2
    """No room for what it makes."""
    SETUP = 3
    DOWN = 4
    """A fault, from the stop until it is mended, waiting included."""
    PLANNED = 5
    """Planned work: bladder and mould changes."""


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


class Course:
    """One machine's history: states as they change, and its cycles with start, end and product. Kept as packed columns."""

    def __init__(self) -> None:
        self.changed = array("d", [-1e18])
        self.state = array("b", [State.STARVED])
        self.start = array("d")
        self.end = array("d")
        self.product = array("b")
        self.rejected = array("d")
        """When each piece attributed to the machine was rejected."""
        self.made_at = array("d")
        self.made = array("i")
        """How many pieces had been made by each ``made_at``."""

    def turn(self, at: float, state: State) -> None:
        """Note a change of state."""
        if self.state[-1] != state:
            self.changed.append(at)
            self.state.append(state)

    def cycle(self, start: float, end: float, product: int, pieces: int) -> None:
        """Note a whole cycle."""
        self.start.append(start)
        self.end.append(end)
        self.product.append(product)
        self.made_at.append(end)
        self.made.append((self.made[-1] if self.made else 0) + pieces)

    def seconds(self, start: float, end: float) -> NDArray[np.float64]:
        """Seconds spent in each State between two times; shape (6,)."""
        edges = np.clip(np.append(np.frombuffer(self.changed), end), start, end)
        return np.bincount(np.frombuffer(self.state, np.int8), np.diff(edges), len(State))

    def pieces(self, start: float, end: float) -> int:
        """How many pieces were finished after ``start`` and not after ``end``."""
        before, until = np.searchsorted(np.frombuffer(self.made_at), [start, end], "right") if self.made_at else (0, 0)
        counted = [self.made[int(i) - 1] if i else 0 for i in (before, until)]
        return counted[1] - counted[0]

    def rejects(self, start: float, end: float) -> int:
        """How many pieces were rejected for it in that time."""
        at = np.frombuffer(self.rejected) if self.rejected else np.empty(0)
        return int(np.count_nonzero((at > start) & (at <= end)))


@dataclass(frozen=True, slots=True)
class Effectiveness:
    """OEE of one machine after ISO 22400-2: ``availability`` is time producing ÷ planned busy time (all but planned work),
    ``performance`` ideal time of the pieces made ÷ time producing, ``quality`` good pieces ÷ pieces made."""

    machine: str
    busy_s: float
    producing_s: float
    ideal_s: float
    pieces: int
    rejects: int

    @property
    def availability(self) -> float:
        """0 to 1."""
        return self.producing_s / self.busy_s if self.busy_s else 0.0

    @property
    def performance(self) -> float:
        """0 to 1."""
        return self.ideal_s / self.producing_s if self.producing_s else 0.0

    @property
    def quality(self) -> float:
        """0 to 1."""
        return (self.pieces - self.rejects) / self.pieces if self.pieces else 0.0

    @property
    def oee(self) -> float:
        """The product of the three."""
        return self.availability * self.performance * self.quality


def effectiveness(machine: str, course: Course, ideal_s: float, start: float, end: float) -> Effectiveness:
    """A machine's OEE between two times; ``ideal_s`` seconds one piece takes at best."""
    spent = course.seconds(start, end)
    made = course.pieces(start, end)
    return Effectiveness(machine, float(spent.sum() - spent[State.PLANNED]), float(spent[State.RUN]), ideal_s * made, made,
                         course.rejects(start, end))


def mean_oee(of: Sequence[Effectiveness]) -> float:
    """The OEE of several machines as a ratio of sums: ideal time of their good pieces ÷ their planned busy time."""
    busy = sum(one.busy_s for one in of)
    return sum(one.ideal_s * one.quality for one in of) / busy if busy else 0.0
