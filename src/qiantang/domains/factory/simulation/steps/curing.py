"""Curing: presses cure two tires at a time; their bladders age, leak and are changed, and so are their moulds."""

from __future__ import annotations

import math
from typing import NamedTuple

import simpy

from qiantang.domains.factory.measures.states import MachineState
from qiantang.domains.factory.simulation.making import COUNTS, CURE_FACTORS, SIZES
from qiantang.domains.factory.simulation.repairs import DAY, Job, Machine, Repairs, Steps
from qiantang.domains.factory.simulation.steps.building import Building
from qiantang.domains.factory.simulation.steps.cycles import machine, tells, waits, works
from qiantang.domains.factory.simulation.steps.inspection import Inspection
from qiantang.domains.factory.simulation.steps.stocks import Green
from qiantang.domains.factory.simulation.truth import Fault, green_id, tire_id


class Bladder(NamedTuple):
    """The bladder in a cavity: its number, the cycles it has made, and the age in cycles at which it will leak."""

    number: int
    cycles: int
    leaks_at: float


class Curing:
    """The presses with their bladders, by cavity, and moulds, by press."""

    def __init__(self, repairs: Repairs, building: Building, inspection: Inspection) -> None:
        self.repairs = repairs
        self.building = building
        self.inspection = inspection
        self.bladder_in: dict[str, Bladder] = {}
        self.mould_in: dict[str, int] = {}
        self._bladders = self._moulds = 0
        self._asked: set[str] = set()
        """Cavities for which a new bladder is asked for."""

    def start(self) -> None:
        """Set the presses going, each for one size."""
        figures = self.repairs.figures
        for n in range(1, COUNTS["press"] + 1):
            product = (n - 1) % len(SIZES)
            cycle = figures["curing.load_s"] + figures["curing.cure_s"] * CURE_FACTORS[product]
            self.repairs.env.process(self._press(machine(self.repairs, "press", n, cycle), product, cycle))

    def mended(self, fault: Fault) -> None:
        """What mending changes in a press: a leaking bladder was replaced by a new one."""
        if fault.cause == "bladder_leak":
            self._new_bladder(fault.asset, used=False)

    def _press(self, press: Machine, product: int, cycle: float) -> Steps:
        repairs, env = self.repairs, self.repairs.env
        cavities = (f"{press.id}-L", f"{press.id}-R")
        draw = repairs.draw(f"{press.id}/start")
        for cavity in cavities:
            self._new_bladder(cavity, used=True)
        self._new_mould(press)
        mould_s = repairs.figures["curing.mould_days"] * DAY
        env.process(self._mould_changes(press, draw.random() * mould_s, mould_s))
        at = env.now
        yield env.timeout(draw.random() * cycle)
        press.course.turn(at, MachineState.WAITING)
        waiting, built = self.building.green[product], self.building.built[product]
        number = 0
        while True:
            yield from repairs.stands(press)
            if len(waiting) < 2:
                yield from waits(repairs, press, built)
                continue
            pair = (waiting.popleft(), waiting.popleft())
            self.building.fetched.changed()
            before = [set(map(id, repairs.scrapping(cavity))) for cavity in cavities]
            yield from works(repairs, press, cycle, product, 2, repairs.plant_slow)
            number += 1
            for tire, cavity, known in zip(pair, cavities, before, strict=True):
                self._cured(tire, press, cavity, number, known)
                tells(repairs, press, tire_id(tire.number), "curing", asset=cavity, tool=f"mould-{tire.mould}", materials=(green_id(tire.number),))
                self._ages(press, cavity, cycle)
            env.process(self.inspection.receives(pair))

    def _cured(self, tire: Green, press: Machine, cavity: str, number: int, known: set[int]) -> None:
        """The tire's own record; a fault of the cavity spoils it unless it came in the last minute of the cycle."""
        now = self.repairs.env.now
        tire.press, tire.cavity, tire.cured, tire.cycle = press, cavity, now, number
        tire.bladder, tire.mould = self.bladder_in[cavity].number, self.mould_in[press.id]
        tire.faults.extend(fault for fault in self.repairs.scrapping(cavity) if id(fault) in known or fault.start < now - 60)

    # --- bladders ---

    def _new_bladder(self, cavity: str, used: bool) -> None:
        figures = self.repairs.figures
        draw = self.repairs.draw(f"{cavity}/bladder")
        leaks = figures["curing.bladder_scale"] * (-math.log(1.0 - draw.random())) ** (1 / figures["curing.bladder_shape"])
        age = int(draw.random() * figures["curing.bladder_cycles"] * 0.9) if used else 0
        self._bladders += 1
        self.bladder_in[cavity] = Bladder(self._bladders, age, max(leaks, age + 20.0 * draw.random()) if used else leaks)

    def _ages(self, press: Machine, cavity: str, cycle: float) -> None:
        """One cycle more: the bladder leaks at its age, or a new one is asked for in good time."""
        repairs, figures, old = self.repairs, self.repairs.figures, self.bladder_in[cavity]
        age = old.cycles + 1
        self.bladder_in[cavity] = old._replace(cycles=age)
        if old.cycles < old.leaks_at <= age and "bladder_leak" in repairs.causes:
            repairs.strike("bladder_leak", cavity)
        elif age >= figures["curing.bladder_cycles"] - figures["curing.bladder_window"] and cavity not in self._asked:
            self._ask_for_bladder(press, cavity, cycle)

    def _ask_for_bladder(self, press: Machine, cavity: str, cycle: float) -> None:
        self._asked.add(cavity)
        figures = self.repairs.figures
        minutes = figures["curing.bladder_minutes"]
        draw = self.repairs.draw(f"{cavity}/change")
        self.repairs.open_task(
            cavity, "curing", 3, minutes, figures["curing.bladder_window"] * cycle, press,
            actual=minutes * math.exp(draw.gauss(0, figures["people.spread"])), part="bladder", stands=True, planned=True, done=self._bladder_changed)

    def _bladder_changed(self, job: Job, at: float) -> None:
        cavity = job.task.asset
        self._asked.discard(cavity)
        self._new_bladder(cavity, used=False)
        for fault in [f for f in self.repairs.active.get(cavity, ()) if f.cause == "bladder_leak"]:
            self.repairs.end(fault, "")

    # --- moulds ---

    def _new_mould(self, press: Machine) -> None:
        self._moulds += 1
        self.mould_in[press.id] = self._moulds

    def _mould_changes(self, press: Machine, first_s: float, every_s: float) -> Steps:
        repairs, figures, env = self.repairs, self.repairs.figures, self.repairs.env
        minutes, ahead = figures["curing.mould_minutes"], figures["curing.mould_window_h"] * 3600
        draw = repairs.draw(f"{press.id}/moulds")
        yield env.timeout(first_s)
        while True:
            changed = env.event()

            def done(job: Job, at: float, changed: simpy.Event = changed) -> None:
                self._new_mould(press)
                changed.succeed()

            repairs.open_task(press.id, "mould", 3, minutes, ahead, press, actual=minutes * math.exp(draw.gauss(0, figures["people.spread"] / 2)),
                              part="mould_pair", stands=True, planned=True, done=done)
            yield changed
            yield env.timeout(every_s * draw.uniform(2 / 3, 4 / 3) - ahead)
