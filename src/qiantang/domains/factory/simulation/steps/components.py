"""Components: calenders make rolls of cord, extruders, cutters and bead lines make carriers of each component a tire is built of."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from qiantang.domains.factory.simulation.repairs import Machine, Repairs, Steps
from qiantang.domains.factory.simulation.steps.cycles import machine, sets_up, tells, waits, works
from qiantang.domains.factory.simulation.steps.mixing import Mixing
from qiantang.domains.factory.simulation.steps.stocks import FROM_BEFORE, Carrier, Place
from qiantang.domains.factory.simulation.truth import COMPONENTS, Fault, Lot, batch_id, lot_id

ROLLED = ("ply", "belt")
"""The components that are cut from calendered cord."""
MAKERS = {"tread": ("extruder", (1,)), "sidewall": ("extruder", (2,)), "liner": ("extruder", (3,)), "ply": ("cutter", (1, 2, 3)),
          "belt": ("cutter", (4, 5, 6)), "bead": ("bead_line", (1, 2, 3, 4))}
STEP_OF = {"extruder": "extrusion", "cutter": "cutting", "bead_line": "bead"}
AT_START = 12
"""Carriers of each component in stock when the simulation begins."""


class Components:
    """What makes components, and the rolls and carriers in stock."""

    def __init__(self, repairs: Repairs, mixing: Mixing) -> None:
        self.repairs = repairs
        self.mixing = mixing
        figures, env = repairs.figures, repairs.env
        self.per_carrier = int(figures["line.pieces_per_carrier"])
        self.lots: list[Lot] = []
        self.rolls = {name: deque([FROM_BEFORE] * int(figures["calendering.stock"] / 2)) for name in ROLLED}
        self.roll_left = dict.fromkeys(ROLLED, 0)
        self.rolled = {name: Place(env) for name in ROLLED}
        self.unrolled = {name: Place(env) for name in ROLLED}
        self.stock = {name: deque([FROM_BEFORE] * AT_START) for name in COMPONENTS}
        self.stocked = {name: Place(env) for name in COMPONENTS}
        self.fetched = {name: Place(env) for name in COMPONENTS}

    def start(self) -> None:
        """Set the calenders and what makes carriers going."""
        repairs, figures = self.repairs, self.repairs.figures
        for n, name in enumerate(ROLLED, 1):
            cycle = figures["calendering.piece_s"] * figures["calendering.roll_pieces"]
            repairs.env.process(self._calender(machine(repairs, "calender", n, cycle), name))
        for name, (family, numbers) in MAKERS.items():
            for n in numbers:
                made_by = machine(repairs, family, n, figures[f"{STEP_OF[family]}.piece_s"] * self.per_carrier)
                repairs.env.process(self._maker(made_by, name, STEP_OF[family]))

    def _lot(self, component: str, made_by: Machine, step: str, batches: Sequence[int]) -> int:
        number = len(self.lots)
        self.lots.append(Lot(number, component, made_by.id, self.repairs.env.now, tuple(batches)))
        tells(self.repairs, made_by, lot_id(component, number), step, materials=(batch_id(batch) for batch in batches if batch >= 0))
        return number

    def _calender(self, calender: Machine, component: str) -> Steps:
        repairs, figures, env = self.repairs, self.repairs.figures, self.repairs.env
        pieces, room = int(figures["calendering.roll_pieces"]), figures["calendering.stock"]
        set_up = env.now
        while True:
            yield from repairs.stands(calender)
            if len(self.rolls[component]) >= room:
                yield from waits(repairs, calender, self.unrolled[component])
                continue
            taken = self.mixing.takes(component, pieces)
            if taken is None:
                yield from waits(repairs, calender, self.mixing.mixed)
                continue
            if env.now - set_up >= figures["calendering.setup_every_s"]:
                set_up = env.now
                yield from sets_up(repairs, calender, figures["calendering.setup_s"])
            yield from works(repairs, calender, figures["calendering.piece_s"] * pieces, 2, 1)
            lot = self._lot(component, calender, "calendering", taken[0])
            self.rolls[component].append(Carrier(lot, (*taken[1], *repairs.scrapping(calender.id))))
            self.rolled[component].changed()

    def _maker(self, made_by: Machine, component: str, step: str) -> Steps:
        repairs, figures, env = self.repairs, self.repairs.figures, self.repairs.env
        room, seconds = figures[f"{step}.stock"], figures[f"{step}.piece_s"] * self.per_carrier
        set_up = env.now
        while True:
            yield from repairs.stands(made_by)
            if len(self.stock[component]) >= room:
                yield from waits(repairs, made_by, self.fetched[component])
                continue
            taken = self._unrolls(component) if component in ROLLED else self.mixing.takes(component, self.per_carrier)
            if taken is None:
                yield from waits(repairs, made_by, self.rolled[component] if component in ROLLED else self.mixing.mixed)
                continue
            if env.now - set_up >= figures[f"{step}.setup_every_s"]:
                set_up = env.now
                yield from sets_up(repairs, made_by, figures[f"{step}.setup_s"])
            yield from works(repairs, made_by, seconds, 2, 1)
            lot = self._lot(component, made_by, step, taken[0])
            self.stock[component].append(Carrier(lot, (*taken[1], *repairs.scrapping(made_by.id))))
            self.stocked[component].changed()

    def _unrolls(self, component: str) -> tuple[tuple[int, ...], tuple[Fault, ...]] | None:
        """Cord for one carrier from the roll in use: its batches and their faults; None where there is no roll."""
        rolls = self.rolls[component]
        if not rolls:
            return None
        roll = rolls[0]
        if self.roll_left[component] <= 0:
            self.roll_left[component] = int(self.repairs.figures["calendering.roll_pieces"])
        self.roll_left[component] -= self.per_carrier
        if self.roll_left[component] <= 0:
            rolls.popleft()
            self.unrolled[component].changed()
        return (self.lots[roll.lot].batches if roll.lot >= 0 else ()), roll.faults
