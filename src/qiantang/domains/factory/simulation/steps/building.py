"""Building: each machine builds green tires of one size, and changes to another when that is scarce."""

from __future__ import annotations

from collections import deque

from qiantang.domains.factory.simulation.making import COUNTS, SIZES, machine_id
from qiantang.domains.factory.simulation.repairs import DAY, Machine, Repairs, Steps
from qiantang.domains.factory.simulation.steps.cycles import machine, sets_up, tells, waits, works
from qiantang.domains.factory.simulation.steps.stocks import Carrier, Green, Place, Rack
from qiantang.domains.factory.simulation.steps.transport import Transport
from qiantang.domains.factory.simulation.truth import COMPONENTS, Fault, green_id, lot_id

HOUR_OF_BUILDING = 70
"""Tires that a building machine makes in about an hour."""
ENOUGH, SCARCE = 0.7, 0.25
"""Shares of the room for a size: above the one it wants no further machine, below the other it is scarce."""


class Building:
    """The building machines, and the green tires of each size that wait for a press."""

    def __init__(self, repairs: Repairs, transport: Transport) -> None:
        self.repairs = repairs
        self.transport = transport
        self.per_carrier = transport.components.per_carrier
        self.green: list[deque[Green]] = [deque() for _ in SIZES]
        self.built = [Place(repairs.env) for _ in SIZES]
        self.fetched = Place(repairs.env)
        """A press took green tires: there is room again."""
        self.builders_on = [0] * len(SIZES)
        self.numbers = 0

    def start(self) -> None:
        """Set the machines going; half the room is taken by tires that lay there before."""
        repairs, figures = self.repairs, self.repairs.figures
        for n in range(1, COUNTS["builder"] + 1):
            repairs.env.process(self._builder(machine(repairs, "builder", n, figures["building.cycle_s"]), (n - 1) % len(SIZES)))
        for product in range(len(SIZES)):
            self.green[product].extend(self._old_green(product) for _ in range(int(figures["building.stock"] / 2)))

    def _old_green(self, product: int) -> Green:
        """A green tire that lay there at the start."""
        self.numbers += 1
        number = self.numbers % COUNTS["builder"] + 1
        builder = self.repairs.machines[machine_id("builder", number)]
        return Green(self.numbers, product, builder, f"op-b{number:02d}-0", f"{builder.id}-d1", self.repairs.env.now, (-1,) * len(COMPONENTS), [])

    def _wanted(self, product: int, run: int) -> int:
        """The size to build next, after ``run`` tires of this one.

        A machine goes on with its size. It changes when there is no more room for it and another is wanting, or when another
        is scarce while its own would still be well covered; what the other machines are set up for counts as cover.
        """
        room = self.repairs.figures["building.stock"]
        cover = [len(self.green[p]) + HOUR_OF_BUILDING * self.builders_on[p] for p in range(len(SIZES))]
        scarcest = min(range(len(SIZES)), key=cover.__getitem__)
        mine, least = len(self.green[product]), len(self.green[scarcest])
        if mine >= room:
            return scarcest if least < ENOUGH * room else product
        scarce = run >= self.per_carrier and least < SCARCE * room and cover[scarcest] < (cover[product] - HOUR_OF_BUILDING) / 2
        return scarcest if scarce else product

    def _builder(self, builder: Machine, product: int) -> Steps:
        repairs, figures = self.repairs, self.repairs.figures
        draw = repairs.draw(f"{builder.id}/cycles")
        rack = Rack(repairs.env, self.per_carrier)
        carriers, room = int(figures["moving.carriers_at_builder"]), figures["building.stock"]
        cycle, spread = figures["building.cycle_s"], figures["building.spread"]
        run = 0
        self.builders_on[product] += 1
        while True:
            yield from repairs.stands(builder)
            wanted = self._wanted(product, run)
            if len(self.green[wanted]) >= room:
                yield from waits(repairs, builder, self.fetched)
                continue
            if wanted != product:
                self.builders_on[product] -= 1
                self.builders_on[wanted] += 1
                product, run = wanted, 0
                yield from sets_up(repairs, builder, figures["building.setup_s"])
            self.transport.fills(rack, carriers)
            if not rack.complete:
                yield from waits(repairs, builder, rack.fed)
                continue
            yield from works(repairs, builder, cycle * max(0.8, draw.gauss(1.0, spread)), product, 1)
            run += 1
            tire = self._built(builder, product, rack.takes())
            tells(repairs, builder, green_id(tire.number), "building", tool=tire.drum, operator=tire.operator,
                  materials=(lot_id(name, lot) for name, lot in zip(COMPONENTS, tire.lots, strict=True) if lot >= 0))
            self.green[product].append(tire)
            self.built[product].changed()

    def _built(self, builder: Machine, product: int, taken: list[Carrier]) -> Green:
        """The tire just built, with every fault that was at work when it or a part of it was made."""
        repairs, now = self.repairs, self.repairs.env.now
        self.numbers += 1
        faults: dict[int, Fault] = {fault.number: fault for carrier in taken for fault in carrier.faults}
        faults |= {fault.number: fault for fault in repairs.scrapping(builder.id)}
        shift = int(now % DAY // (DAY / 3))
        return Green(self.numbers, product, builder, f"op-b{builder.id[-2:]}-{shift}", f"{builder.id}-d{self.numbers % 2 + 1}", now,
                     tuple(carrier.lot for carrier in taken), list(faults.values()))
