"""Material through the plant: compound, components, green tires, cured tires, tests; each step waits for what it needs and for room."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import simpy

from qiantang.domains.factory.measures.states import MachineState
from qiantang.domains.factory.simulation.making import COMPOUNDS, COUNTS, CURE_FACTORS, SIZES, machine_id
from qiantang.domains.factory.simulation.repairs import DAY, Job, Machine, Repairs, Steps
from qiantang.domains.factory.simulation.truth import COMPONENTS, Batch, Fault, Lot, Tire

FINAL = COMPOUNDS[:3]
COMPOUND_OF = {"tread": "tread", "sidewall": "side", "liner": "side", "ply": "carcass", "belt": "carcass", "bead": "carcass"}
SHARE_OF = {"tread": 1.0, "sidewall": 0.6, "liner": 0.4, "ply": 0.45, "belt": 0.4, "bead": 0.15}
"""Which part of its compound's kilograms a tire's piece of each component takes."""
MAKERS = {"tread": ("extruder", (1,)), "sidewall": ("extruder", (2,)), "liner": ("extruder", (3,)), "ply": ("cutter", (1, 2, 3)),
          "belt": ("cutter", (4, 5, 6)), "bead": ("bead_line", (1, 2, 3, 4))}
STEP_OF = {"extruder": "extrusion", "cutter": "cutting", "bead_line": "bead"}
TESTS = ("uniformity", "xray", "balance")
LATENCY_S = 120.0
"""Seconds on conveyors between press and first test."""
HOUR_OF_BUILDING = 70
"""Tires that a building machine makes in about an hour."""
ENOUGH, SCARCE = 0.7, 0.25
"""Shares of the room for a size: above the one it wants no further machine, below the other it is scarce."""


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


class Carrier(NamedTuple):
    """A carrier or roll in a stock: its lot, and the faults that were at work when it was made."""

    lot: int
    faults: tuple[Fault, ...]


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


class Flow:
    """The steps of the plant, each machine a process."""

    def __init__(self, repairs: Repairs) -> None:
        self.repairs = repairs
        self.env = repairs.env
        figures = self.figures = repairs.figures
        env = self.env
        self.per_carrier = int(figures["line.pieces_per_carrier"])
        self.kilograms = {name: figures[f"mixing.{name}_kg"] for name in FINAL}
        self.batches: list[Batch] = []
        self.lots: list[Lot] = []
        self.tires: list[Tire] = []
        self.numbers = 0
        self.good = 0
        # Stocks begin half full, so that the start is no worse than an ordinary morning.
        self.master = 20.0
        self.compound: dict[str, deque[tuple[int, float, tuple[Fault, ...]]]] = {
            name: deque([(-1, figures["mixing.stock_kg"] / 2, ())]) for name in FINAL}
        self.compound_kg = dict.fromkeys(FINAL, figures["mixing.stock_kg"] / 2)
        self.mixed = Place(env)
        self.taken = Place(env)
        self.rolls = {name: deque([Carrier(-1, ())] * int(figures["calendering.stock"] / 2)) for name in ("ply", "belt")}
        self.roll_left = dict.fromkeys(("ply", "belt"), 0)
        self.rolled = {name: Place(env) for name in ("ply", "belt")}
        self.unrolled = {name: Place(env) for name in ("ply", "belt")}
        self.stock = {name: deque([Carrier(-1, ())] * 12) for name in COMPONENTS}
        self.stocked = {name: Place(env) for name in COMPONENTS}
        self.fetched = {name: Place(env) for name in COMPONENTS}
        self.green: list[deque[Green]] = [deque() for _ in SIZES]
        self.built = [Place(env) for _ in SIZES]
        self.builders_on = [0] * len(SIZES)
        self.cured = Place(env)
        self.queues: dict[str, deque[Green]] = {name: deque() for name in TESTS}
        self.queued = {name: Place(env) for name in TESTS}
        self.vehicles: deque[Machine] = deque()
        self.vehicle_free = Place(env)
        self.bladders = self.moulds = 0
        self.ages: dict[str, tuple[int, int, float]] = {}
        """For each cavity: number of its bladder, its cycles, the age at which it will leak."""
        self.mould_of: dict[str, int] = {}
        self.asked: set[str] = set()
        self._start()

    def _machine(self, family: str, number: int, cycle_s: float) -> Machine:
        name = machine_id(family, number)
        return self.repairs.add(Machine(name, family, self.repairs.plant.asset[name].place, cycle_s))

    def _start(self) -> None:
        figures, env = self.figures, self.env
        gateways = [a for a in self.repairs.plant.assets if a.step == "network"]
        for asset in gateways:
            self.repairs.add(Machine(asset.id, "gateway", asset.place, 0.0))
        for family in ("steam", "nitrogen", "air", "water", "power"):
            self._machine(family, 1, 0.0)
        for n in range(1, COUNTS["vehicle"] + 1):
            self.vehicles.append(self._machine("vehicle", n, 0.0))
        for n in range(1, COUNTS["mixer"] + 1):
            env.process(self._mixer(self._machine("mixer", n, figures["mixing.batch_s"])))
        for n, name in enumerate(("ply", "belt"), 1):
            env.process(self._calender(self._machine("calender", n, figures["calendering.piece_s"] * figures["calendering.roll_pieces"]), name))
        for name, (family, numbers) in MAKERS.items():
            for n in numbers:
                machine = self._machine(family, n, figures[f"{STEP_OF[family]}.piece_s"] * self.per_carrier)
                env.process(self._maker(machine, name, STEP_OF[family]))
        for n in range(1, COUNTS["builder"] + 1):
            env.process(self._builder(self._machine("builder", n, figures["building.cycle_s"]), (n - 1) % len(SIZES)))
        for product in range(len(SIZES)):
            self.green[product].extend(self._old_green(product) for _ in range(int(figures["building.stock"] / 2)))
        for n in range(1, COUNTS["press"] + 1):
            product = (n - 1) % len(SIZES)
            cycle = figures["curing.load_s"] + figures["curing.cure_s"] * CURE_FACTORS[product]
            env.process(self._press(self._machine("press", n, cycle), product, cycle))
        for family in TESTS:
            for n in range(1, COUNTS[family] + 1):
                env.process(self._tester(self._machine(family, n, figures[f"inspection.{family}_s"]), family))
        env.process(self.repairs.clock())
        env.process(self.repairs.upkeep([m for m in self.repairs.machines.values() if m.family != "gateway"]))

    # Waiting

    def _waits(self, machine: Machine, state: MachineState, place: Place) -> Steps:
        """Stay until the place changes; meanwhile somebody may work on the machine."""
        machine.course.turn(self.env.now, state)
        self.repairs.opens(machine)
        yield place.changes()
        machine.open = False

    def _works(self, machine: Machine, seconds: float, product: int, pieces: int, plant_slow: float = 1.0) -> Steps:
        """One cycle."""
        seconds *= machine.slow * plant_slow
        start = self.env.now
        machine.course.turn(start, MachineState.PRODUCING)
        self.repairs.exposes(machine, seconds)
        machine.course.begin(start, start + seconds, product)
        yield self.env.timeout(seconds)
        machine.course.finish(self.env.now, pieces)

    def _sets_up(self, machine: Machine, seconds: float) -> Steps:
        machine.course.turn(self.env.now, MachineState.SETUP)
        yield self.env.timeout(seconds)

    # Mixing

    def _mixer(self, machine: Machine) -> Steps:
        figures, repairs = self.figures, self.repairs
        room, batch_kg, before = figures["mixing.stock_kg"], figures["mixing.batch_kg"], figures["mixing.passes"] - 1
        while True:
            yield from repairs.stands(machine)
            needy = min(FINAL, key=lambda name: self.compound_kg[name] / self.kilograms[name])
            final = self.master >= before and self.compound_kg[needy] + batch_kg <= room
            if final:
                self.master -= before
            elif self.master >= 60:
                yield from self._waits(machine, MachineState.WAITING, self.taken)
                continue
            yield from self._works(machine, figures["mixing.batch_s"], COMPOUNDS.index(needy) if final else 3, 1)
            if final:
                number = len(self.batches)
                self.batches.append(Batch(number, needy, machine.id, self.env.now))
                self.compound[needy].append((number, batch_kg, tuple(repairs.scrapping(machine.id))))
                self.compound_kg[needy] += batch_kg
            else:
                self.master += 1
            self.mixed.changed()

    def _takes(self, component: str, pieces: int) -> tuple[tuple[int, ...], tuple[Fault, ...]] | None:
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

    def _lot(self, component: str, machine: Machine, batches: Sequence[int]) -> int:
        number = len(self.lots)
        self.lots.append(Lot(number, component, machine.id, self.env.now, tuple(batches)))
        return number

    # Components

    def _calender(self, machine: Machine, component: str) -> Steps:
        figures, repairs = self.figures, self.repairs
        pieces, room = int(figures["calendering.roll_pieces"]), figures["calendering.stock"]
        set_up = self.env.now
        while True:
            yield from repairs.stands(machine)
            if len(self.rolls[component]) >= room:
                yield from self._waits(machine, MachineState.WAITING, self.unrolled[component])
                continue
            taken = self._takes(component, pieces)
            if taken is None:
                yield from self._waits(machine, MachineState.WAITING, self.mixed)
                continue
            if self.env.now - set_up >= figures["calendering.setup_every_s"]:
                set_up = self.env.now
                yield from self._sets_up(machine, figures["calendering.setup_s"])
            yield from self._works(machine, figures["calendering.piece_s"] * pieces, 2, 1)
            lot = self._lot(component, machine, taken[0])
            self.rolls[component].append(Carrier(lot, (*taken[1], *repairs.scrapping(machine.id))))
            self.rolled[component].changed()

    def _unrolls(self, component: str) -> Carrier | None:
        """Cord for one carrier from the roll in use, None where there is none."""
        rolls = self.rolls[component]
        if not rolls:
            return None
        carrier = rolls[0]
        if self.roll_left[component] <= 0:
            self.roll_left[component] = int(self.figures["calendering.roll_pieces"])
        self.roll_left[component] -= self.per_carrier
        if self.roll_left[component] <= 0:
            rolls.popleft()
            self.unrolled[component].changed()
        return carrier

    def _maker(self, machine: Machine, component: str, step: str) -> Steps:
        figures, repairs = self.figures, self.repairs
        room, seconds = figures[f"{step}.stock"], figures[f"{step}.piece_s"] * self.per_carrier
        set_up = self.env.now
        while True:
            yield from repairs.stands(machine)
            if len(self.stock[component]) >= room:
                yield from self._waits(machine, MachineState.WAITING, self.fetched[component])
                continue
            batches: tuple[int, ...] = ()
            if step == "cutting":
                roll = self._unrolls(component)
                if roll is None:
                    yield from self._waits(machine, MachineState.WAITING, self.rolled[component])
                    continue
                faults = roll.faults
                if roll.lot >= 0:
                    batches = self.lots[roll.lot].batches
            else:
                taken = self._takes(component, self.per_carrier)
                if taken is None:
                    yield from self._waits(machine, MachineState.WAITING, self.mixed)
                    continue
                batches, faults = taken
            if self.env.now - set_up >= figures[f"{step}.setup_every_s"]:
                set_up = self.env.now
                yield from self._sets_up(machine, figures[f"{step}.setup_s"])
            yield from self._works(machine, seconds, 2, 1)
            lot = self._lot(component, machine, batches)
            self.stock[component].append(Carrier(lot, (*faults, *repairs.scrapping(machine.id))))
            self.stocked[component].changed()

    # Building

    def _brings(self, component: str, local: deque[list[object]], fed: Place, coming: dict[str, int]) -> Steps:
        """An AGV brings a carrier to a building machine."""
        figures, repairs = self.figures, self.repairs
        while not self.stock[component]:
            yield self.stocked[component].changes()
        carrier = self.stock[component].popleft()
        self.fetched[component].changed()
        while not self.vehicles:
            yield self.vehicle_free.changes()
        vehicle = self.vehicles.popleft()
        vehicle.course.turn(self.env.now, MachineState.PRODUCING)
        repairs.exposes(vehicle, figures["moving.carrier_s"])
        vehicle.course.begin(self.env.now, self.env.now + figures["moving.carrier_s"], 2)
        yield self.env.timeout(figures["moving.carrier_s"])
        while vehicle.faults:
            vehicle.course.turn(self.env.now, MachineState.DOWN)
            vehicle.woken = self.env.event()
            yield vehicle.woken
        vehicle.course.finish(self.env.now, 1)
        vehicle.course.turn(self.env.now, MachineState.WAITING)
        self.vehicles.append(vehicle)
        self.vehicle_free.changed()
        local.append([carrier, self.per_carrier])
        coming[component] -= 1
        fed.changed()

    def _wanted(self, product: int, run: int) -> int:
        """The size to build next, after ``run`` tires of this one.

        A machine goes on with its size. It changes when there is no more room for it and another is wanting, or when another
        is scarce while its own would still be well covered; what the other machines are set up for counts as cover.
        """
        room = self.figures["building.stock"]
        cover = [len(self.green[p]) + HOUR_OF_BUILDING * self.builders_on[p] for p in range(len(SIZES))]
        scarcest = min(range(len(SIZES)), key=cover.__getitem__)
        mine, least = len(self.green[product]), len(self.green[scarcest])
        if mine >= room:
            return scarcest if least < ENOUGH * room else product
        scarce = run >= self.per_carrier and least < SCARCE * room and cover[scarcest] < (cover[product] - HOUR_OF_BUILDING) / 2
        return scarcest if scarce else product

    def _old_green(self, product: int) -> Green:
        """A green tire that lay there at the start."""
        self.numbers += 1
        number = self.numbers % COUNTS["builder"] + 1
        builder = self.repairs.machines[machine_id("builder", number)]
        return Green(self.numbers, product, builder, f"op-b{number:02d}-0", f"{builder.id}-d1", self.env.now, (-1,) * len(COMPONENTS), [])

    def _builder(self, machine: Machine, product: int) -> Steps:
        figures, repairs = self.figures, self.repairs
        draw = repairs.draw(f"{machine.id}/cycles")
        local: dict[str, deque[list[object]]] = {name: deque([[Carrier(-1, ()), self.per_carrier]]) for name in COMPONENTS}
        coming = dict.fromkeys(COMPONENTS, 0)
        fed = Place(self.env)
        carriers, room = int(figures["moving.carriers_at_builder"]), figures["building.stock"]
        cycle, spread = figures["building.cycle_s"], figures["building.spread"]
        head = machine.id[-2:]
        run = 0
        self.builders_on[product] += 1
        while True:
            yield from repairs.stands(machine)
            wanted = self._wanted(product, run)
            if len(self.green[wanted]) >= room:
                yield from self._waits(machine, MachineState.WAITING, self.cured)
                continue
            if wanted != product:
                self.builders_on[product] -= 1
                self.builders_on[wanted] += 1
                product, run = wanted, 0
                yield from self._sets_up(machine, figures["building.setup_s"])
            for name in COMPONENTS:
                while len(local[name]) + coming[name] < carriers:
                    coming[name] += 1
                    self.env.process(self._brings(name, local[name], fed, coming))
            if not all(local.values()):
                yield from self._waits(machine, MachineState.WAITING, fed)
                continue
            yield from self._works(machine, cycle * max(0.8, draw.gauss(1.0, spread)), product, 1)
            self.numbers += 1
            run += 1
            lots: list[int] = []
            faults: dict[int, Fault] = {}
            for name in COMPONENTS:
                at = local[name][0]
                carrier, left = at
                assert isinstance(carrier, Carrier)
                assert isinstance(left, int)
                lots.append(carrier.lot)
                for fault in carrier.faults:
                    faults[fault.number] = fault
                at[1] = left - 1
                if left <= 1:
                    local[name].popleft()
            for fault in repairs.scrapping(machine.id):
                faults[fault.number] = fault
            shift = int(self.env.now % DAY // (DAY / 3))
            tire = Green(self.numbers, product, machine, f"op-b{head}-{shift}", f"{machine.id}-d{self.numbers % 2 + 1}", self.env.now, tuple(lots),
                         list(faults.values()))
            self.green[product].append(tire)
            self.built[product].changed()

    # Curing

    def _new_bladder(self, cavity: str, used: bool) -> None:
        figures = self.figures
        draw = self.repairs.draw(f"{cavity}/bladder")
        leaks = figures["curing.bladder_scale"] * (-math.log(1.0 - draw.random())) ** (1 / figures["curing.bladder_shape"])
        age = int(draw.random() * figures["curing.bladder_cycles"] * 0.9) if used else 0
        self.bladders += 1
        self.ages[cavity] = (self.bladders, age, max(leaks, age + 20.0 * draw.random()) if used else leaks)

    def _press(self, machine: Machine, product: int, cycle: float) -> Steps:
        figures, repairs, env = self.figures, self.repairs, self.env
        cavities = (f"{machine.id}-L", f"{machine.id}-R")
        draw = repairs.draw(f"{machine.id}/start")
        for cavity in cavities:
            self._new_bladder(cavity, used=True)
        self.moulds += 1
        self.mould_of[machine.id] = self.moulds
        mould_s = figures["curing.mould_days"] * DAY
        env.process(self._mould_changes(machine, draw.random() * mould_s, mould_s))
        at = env.now
        yield env.timeout(draw.random() * cycle)
        machine.course.turn(at, MachineState.WAITING)
        waiting, made = self.green[product], self.built[product]
        number = 0
        while True:
            yield from repairs.stands(machine)
            if len(waiting) < 2:
                yield from self._waits(machine, MachineState.WAITING, made)
                continue
            pair = (waiting.popleft(), waiting.popleft())
            self.cured.changed()
            before = [set(map(id, repairs.scrapping(cavity))) for cavity in cavities]
            yield from self._works(machine, cycle, product, 2, repairs.plant_slow)
            number += 1
            for tire, cavity, known in zip(pair, cavities, before, strict=True):
                bladder, age, leaks = self.ages[cavity]
                tire.press, tire.cavity, tire.cured, tire.cycle = machine, cavity, env.now, number
                tire.bladder, tire.mould = bladder, self.mould_of[machine.id]
                for fault in repairs.scrapping(cavity):
                    if id(fault) in known or fault.start < env.now - 60:
                        tire.faults.append(fault)
                age += 1
                self.ages[cavity] = (bladder, age, leaks)
                if age >= leaks and age - 1 < leaks and "bladder_leak" in repairs.causes:
                    repairs.strike("bladder_leak", cavity)
                elif age >= figures["curing.bladder_cycles"] - figures["curing.bladder_window"] and cavity not in self.asked:
                    self._ask_for_bladder(machine, cavity, cycle)
            env.process(self._travels(pair))

    def _ask_for_bladder(self, machine: Machine, cavity: str, cycle: float) -> None:
        self.asked.add(cavity)
        minutes = self.figures["curing.bladder_minutes"]
        draw = self.repairs.draw(f"{cavity}/change")
        self.repairs.open_task(
            cavity, "curing", 3, minutes, self.figures["curing.bladder_window"] * cycle, machine,
            actual=minutes * math.exp(draw.gauss(0, self.figures["people.spread"])), part="bladder", stands=True, planned=True, done=self._bladder_changed)

    def _bladder_changed(self, job: Job, at: float) -> None:
        cavity = job.task.asset
        self.asked.discard(cavity)
        self._new_bladder(cavity, used=False)
        for fault in [f for f in self.repairs.active.get(cavity, ()) if f.cause == "bladder_leak"]:
            self.repairs.end(fault, "")

    def mended(self, fault: Fault) -> None:
        """What mending changes in the machine: a leaking bladder was replaced by a new one."""
        if fault.cause == "bladder_leak":
            self._new_bladder(fault.asset, used=False)

    def _mould_changes(self, machine: Machine, first_s: float, every_s: float) -> Steps:
        figures, repairs = self.figures, self.repairs
        minutes, ahead = figures["curing.mould_minutes"], figures["curing.mould_window_h"] * 3600
        draw = repairs.draw(f"{machine.id}/moulds")
        yield self.env.timeout(first_s)
        while True:
            changed = self.env.event()

            def done(job: Job, at: float, changed: simpy.Event = changed) -> None:
                self.moulds += 1
                self.mould_of[machine.id] = self.moulds
                changed.succeed()

            repairs.open_task(machine.id, "mould", 3, minutes, ahead, machine, actual=minutes * math.exp(draw.gauss(0, figures["people.spread"] / 2)),
                              part="mould_pair", stands=True, planned=True, done=done)
            yield changed
            yield self.env.timeout(every_s * draw.uniform(2 / 3, 4 / 3) - ahead)

    # Testing

    def _travels(self, pair: tuple[Green, Green]) -> Steps:
        yield self.env.timeout(LATENCY_S)
        self.queues["uniformity"].extend(pair)
        self.queued["uniformity"].changed()

    def _tester(self, machine: Machine, family: str) -> Steps:
        repairs, queue = self.repairs, self.queues[family]
        seconds = self.figures[f"inspection.{family}_s"]
        after = TESTS[TESTS.index(family) + 1] if family != TESTS[-1] else ""
        while True:
            yield from repairs.stands(machine)
            if not queue:
                yield from self._waits(machine, MachineState.WAITING, self.queued[family])
                continue
            tire = queue.popleft()
            setattr(tire, family, machine.id)
            if tire.faults:
                machine.course.marks[len(machine.course.start)] = tuple(fault.number for fault in tire.faults)
            yield from self._works(machine, seconds, 2, 1)
            tire.faults.extend(repairs.scrapping(machine.id))
            if after:
                self.queues[after].append(tire)
                self.queued[after].changed()
            else:
                self._judged(tire)

    def _judged(self, tire: Green) -> None:
        """The last test is over: the tire is good, or rejected for the fault that spoiled it."""
        repairs, now = self.repairs, self.env.now
        draw = repairs.draw("judging")
        cause = ""
        blamed: Fault | None = None
        for fault in tire.faults:
            fault.pieces.append(tire.number)
            if not cause and draw.random() < repairs.causes[fault.cause].bad:
                cause, blamed = fault.cause, fault
        if not cause and draw.random() < self.figures["line.base_scrap"]:
            cause = "chance"
        press = tire.press
        assert press is not None
        if cause:
            # A reject is booked on the machine that caused it, where that machine makes tires; otherwise on the press.
            owner = repairs.machines[blamed.machine] if blamed is not None else press
            (owner if owner.family in ("builder", "press", *TESTS) else press).course.rejected.append(now)
            if blamed is not None:
                blamed.scrapped += 1
        else:
            self.good += 1
        self.tires.append(Tire(
            tire.number, tire.product, tire.builder.id, tire.operator, tire.drum, tire.built, tire.lots, press.id, tire.cavity, tire.bladder, tire.mould,
            tire.cycle, tire.cured, tire.uniformity, tire.xray, tire.balance, now, cause))


