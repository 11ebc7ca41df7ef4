"""Inspection: every cured tire passes each test in turn; after the last it is good, or rejected for the fault that spoiled it."""

from __future__ import annotations

from collections import deque

from qiantang.domains.factory.simulation.making import COUNTS
from qiantang.domains.factory.simulation.repairs import Machine, Repairs, Steps
from qiantang.domains.factory.simulation.steps.cycles import machine, tells, waits, works
from qiantang.domains.factory.simulation.steps.stocks import Green, Place
from qiantang.domains.factory.simulation.truth import Fault, Tire, tire_id

TESTS = ("uniformity", "xray", "balance")
LATENCY_S = 120.0
"""Seconds on conveyors between press and first test."""


class Inspection:
    """The machines that test, the tires that wait for each test, and all that were judged."""

    def __init__(self, repairs: Repairs) -> None:
        self.repairs = repairs
        self.tires: list[Tire] = []
        self.queues: dict[str, deque[Green]] = {name: deque() for name in TESTS}
        self.queued = {name: Place(repairs.env) for name in TESTS}

    def start(self) -> None:
        """Set the machines going."""
        for family in TESTS:
            for n in range(1, COUNTS[family] + 1):
                tester = machine(self.repairs, family, n, self.repairs.figures[f"inspection.{family}_s"])
                self.repairs.env.process(self._tester(tester, family))

    def receives(self, pair: tuple[Green, Green]) -> Steps:
        """Two cured tires travel from their press to the first test."""
        yield self.repairs.env.timeout(LATENCY_S)
        self.queues[TESTS[0]].extend(pair)
        self.queued[TESTS[0]].changed()

    def _tester(self, tester: Machine, family: str) -> Steps:
        repairs, queue = self.repairs, self.queues[family]
        seconds = repairs.figures[f"inspection.{family}_s"]
        after = TESTS[TESTS.index(family) + 1] if family != TESTS[-1] else ""
        while True:
            yield from repairs.stands(tester)
            if not queue:
                yield from waits(repairs, tester, self.queued[family])
                continue
            tire = queue.popleft()
            setattr(tire, family, tester.id)
            if tire.faults:
                tester.course.marks[len(tester.course.start)] = tuple(fault.number for fault in tire.faults)
            yield from works(repairs, tester, seconds, 2, 1)
            tire.faults.extend(repairs.scrapping(tester.id))
            tells(repairs, tester, tire_id(tire.number), "inspection", cause="" if after else self._judged(tire))
            if after:
                self.queues[after].append(tire)
                self.queued[after].changed()

    def _judged(self, tire: Green) -> str:
        """The last test is over: why the tire is rejected, empty for a good one."""
        repairs, now = self.repairs, self.repairs.env.now
        draw = repairs.draw("judging")
        cause = ""
        blamed: Fault | None = None
        for fault in tire.faults:
            fault.pieces.append(tire.number)
            if not cause and draw.random() < repairs.causes[fault.cause].bad:
                cause, blamed = fault.cause, fault
        if not cause and draw.random() < repairs.figures["line.base_scrap"]:
            cause = "chance"
        press = tire.press
        assert press is not None
        if cause:
            # A reject is booked on the machine that caused it, where that machine makes tires; otherwise on the press.
            owner = repairs.machines[blamed.machine] if blamed is not None else press
            (owner if owner.family in ("builder", "press", *TESTS) else press).course.rejected.append(now)
            if blamed is not None:
                blamed.scrapped += 1
        self.tires.append(Tire(
            tire.number, tire.product, tire.builder.id, tire.operator, tire.drum, tire.built, tire.lots, press.id, tire.cavity, tire.bladder, tire.mould,
            tire.cycle, tire.cured, tire.uniformity, tire.xray, tire.balance, now, cause))
        return cause
