"""Mixing: mixers make master batches and of them the compound that is wanted most; others take their kilograms from the stock."""

from __future__ import annotations

from collections import deque

from qiantang.domains.factory.simulation.making import COMPOUNDS, COUNTS
from qiantang.domains.factory.simulation.repairs import Machine, Repairs, Steps
from qiantang.domains.factory.simulation.steps.cycles import machine, tells, waits, works
from qiantang.domains.factory.simulation.steps.stocks import Place
from qiantang.domains.factory.simulation.truth import Batch, Fault, batch_id

FINAL = COMPOUNDS[:3]
COMPOUND_OF = {"tread": "tread", "sidewall": "side", "liner": "side", "ply": "carcass", "belt": "carcass", "bead": "carcass"}
SHARE_OF = {"tread": 1.0, "sidewall": 0.6, "liner": 0.4, "ply": 0.45, "belt": 0.4, "bead": 0.15}
"""Which part of its compound's kilograms a tire's piece of each component takes."""
MOST_MASTER = 60
"""Master batches that may lie in stock."""


class Mixing:
    """The mixers and the compound in stock. Stocks begin half full, so that the start is no worse than an ordinary morning."""

    def __init__(self, repairs: Repairs) -> None:
        self.repairs = repairs
        figures, env = repairs.figures, repairs.env
        self.kilograms = {name: figures[f"mixing.{name}_kg"] for name in FINAL}
        self.batches: list[Batch] = []
        self.master = 20.0
        self.compound: dict[str, deque[tuple[int, float, tuple[Fault, ...]]]] = {
            name: deque([(-1, figures["mixing.stock_kg"] / 2, ())]) for name in FINAL}
        self.compound_kg = dict.fromkeys(FINAL, figures["mixing.stock_kg"] / 2)
        self.mixed = Place(env)
        self.taken = Place(env)

    def start(self) -> None:
        """Set the mixers going."""
        for n in range(1, COUNTS["mixer"] + 1):
            self.repairs.env.process(self._mixer(machine(self.repairs, "mixer", n, self.repairs.figures["mixing.batch_s"])))

    def _mixer(self, mixer: Machine) -> Steps:
        repairs, figures = self.repairs, self.repairs.figures
        room, batch_kg, before = figures["mixing.stock_kg"], figures["mixing.batch_kg"], figures["mixing.passes"] - 1
        while True:
            yield from repairs.stands(mixer)
            needy = min(FINAL, key=lambda name: self.compound_kg[name] / self.kilograms[name])
            final = self.master >= before and self.compound_kg[needy] + batch_kg <= room
            if final:
                self.master -= before
            elif self.master >= MOST_MASTER:
                yield from waits(repairs, mixer, self.taken)
                continue
            yield from works(repairs, mixer, figures["mixing.batch_s"], COMPOUNDS.index(needy) if final else 3, 1)
            if final:
                number = len(self.batches)
                self.batches.append(Batch(number, needy, mixer.id, repairs.env.now))
                tells(repairs, mixer, batch_id(number), "mixing")
                self.compound[needy].append((number, batch_kg, tuple(repairs.scrapping(mixer.id))))
                self.compound_kg[needy] += batch_kg
            else:
                self.master += 1
            self.mixed.changed()

    def takes(self, component: str, pieces: int) -> tuple[tuple[int, ...], tuple[Fault, ...]] | None:
        """Compound for so many pieces: its batches and their faults; None where there is not enough."""
        name = COMPOUND_OF[component]
        need = self.kilograms[name] * SHARE_OF[component] * pieces
        if self.compound_kg[name] < need:
            return None
        self.compound_kg[name] -= need
        batches: list[int] = []
        faults: dict[int, Fault] = {}
        stock = self.compound[name]
        while need > 0 and stock:
            number, kilograms, at_work = stock[0]
            batches.append(number)
            faults |= {fault.number: fault for fault in at_work}
            if kilograms > need:
                stock[0] = (number, kilograms - need, at_work)
                break
            need -= kilograms
            stock.popleft()
        self.taken.changed()
        return tuple(batches), tuple(faults.values())
