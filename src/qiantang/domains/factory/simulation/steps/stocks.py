"""What lies between two steps, and who waits for it to change: carriers, the rack at a building machine, tires on their way."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

import simpy

from qiantang.domains.factory.simulation.repairs import Machine
from qiantang.domains.factory.simulation.truth import COMPONENTS, Fault


class Place:
    """Where something waits, and who waits for it to change."""

    def __init__(self, env: simpy.Environment) -> None:
        self.env = env
        self._waiting: list[simpy.Event] = []

    def changes(self) -> simpy.Event:
        """An event that happens at the next change."""
        event = self.env.event()
        self._waiting.append(event)
        return event

    def changed(self) -> None:
        """Wake who waits."""
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            for event in waiting:
                event.succeed()


class Carrier(NamedTuple):
    """A carrier or roll in a stock: its lot, and the faults that were at work when it was made."""

    lot: int
    faults: tuple[Fault, ...]


FROM_BEFORE = Carrier(-1, ())
"""What lay in stock when the simulation began: it has no origin."""


@dataclass(slots=True)
class OnRack:
    """A carrier at a building machine, and the pieces left on it."""

    carrier: Carrier
    left: int


class Rack:
    """The carriers of each component that stand at a building machine, and how many are on their way to it."""

    def __init__(self, env: simpy.Environment, per_carrier: int) -> None:
        self.standing: dict[str, deque[OnRack]] = {name: deque([OnRack(FROM_BEFORE, per_carrier)]) for name in COMPONENTS}
        self.coming = dict.fromkeys(COMPONENTS, 0)
        self.fed = Place(env)

    @property
    def complete(self) -> bool:
        """Whether a piece of every component is at hand."""
        return all(self.standing.values())

    def takes(self) -> list[Carrier]:
        """One piece of every component: the carriers they are taken from."""
        taken = []
        for carriers in self.standing.values():
            first = carriers[0]
            taken.append(first.carrier)
            first.left -= 1
            if first.left <= 0:
                carriers.popleft()
        return taken


class Green:
    """A tire on its way, until it is judged."""

    __slots__ = (
        "balance",
        "bladder",
        "builder",
        "built",
        "cavity",
        "cured",
        "cycle",
        "drum",
        "faults",
        "lots",
        "mould",
        "number",
        "operator",
        "press",
        "product",
        "uniformity",
        "xray",
    )

    def __init__(self, number: int, product: int, builder: Machine, operator: str, drum: str, built: float, lots: tuple[int, ...],
                 faults: list[Fault]) -> None:
        self.number = number
        self.product = product
        self.builder = builder
        self.operator = operator
        self.drum = drum
        self.built = built
        self.lots = lots
        self.faults = faults
        self.press: Machine | None = None
        self.cavity = ""
        self.bladder = self.mould = self.cycle = 0
        self.cured = 0.0
        self.uniformity = self.xray = self.balance = ""
