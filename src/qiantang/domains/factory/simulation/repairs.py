"""Faults strike machines, are found, become tasks, and end when somebody with the skill has worked there."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import simpy

from qiantang.domains.factory.dispatch.tasks import Task, Worker
from qiantang.domains.factory.measures.states import MachineState
from qiantang.domains.factory.plant import Plant, Shift, Technician
from qiantang.domains.factory.simulation.causes import Cause
from qiantang.domains.factory.simulation.figures import Figures
from qiantang.domains.factory.simulation.making import UTILITIES, family_of, gateway_of
from qiantang.domains.factory.simulation.mending import Mender
from qiantang.domains.factory.simulation.truth import Course, Fault, instant
from qiantang.kernel.pieces import PieceEvent

FoundBy = Literal["stated", "rounds", "outside"]
"""How faults are found: after each cause's stated delay of the charts, by people on their rounds, or by whoever calls ``find``."""
Steps = Generator[simpy.Event, object, None]

DAY = 86_400.0
OVERTIME_S = 1800.0
"""Work is not begun that would end later than this after the end of the shift."""
OVERRUN_S = 120.0
"""Somebody who should be done by now will be, as far as anybody knows, in so many seconds."""
DUE_MINUTES: Mapping[int, float] = {1: 5.0, 2: 45.0, 3: 480.0, 4: 1440.0}
"""How long after it was found the work on a fault should begin at the latest, by priority; it is due when it is then done."""
UPKEEP_FAMILIES: Mapping[str, str] = {
    "press": "curing", "builder": "building", "mixer": "mixing", "extruder": "extrusion", "calender": "extrusion", "cutter": "mechanical",
    "bead_line": "mechanical", "uniformity": "instrument", "xray": "instrument", "balance": "instrument", "steam": "steam",
    "nitrogen": "mechanical", "air": "mechanical", "water": "steam", "power": "electrical", "vehicle": "electrical",
}
"""The skill that the upkeep of each family asks for."""
STRIKES_ON: Mapping[str, tuple[str, ...]] = {"tester": ("uniformity", "xray", "balance")}
"""What a cause's ``on`` means where it is not the name of one family."""


class Machine:
    """A machine at work: its history, what is wrong with it, and whether somebody may work on it."""

    def __init__(self, name: str, family: str, place: tuple[float, float], cycle_s: float) -> None:
        self.id = name
        self.family = family
        self.place = place
        self.cycle_s = cycle_s
        self.course = Course()
        self.faults: list[Fault] = []
        self.jobs: list[Job] = []
        self.stops = 0
        self.slow = 1.0
        self.open = True
        """It is not in a cycle: somebody may work on it."""
        self.woken: simpy.Event | None = None
        self.exposed = 0
        self.next_at = math.inf
        self.pending: dict[tuple[str, str], float] = {}


@dataclass(slots=True)
class Job:
    """A task with what it does when it is done."""

    task: Task
    machine: Machine
    minutes: float
    fault: Fault | None
    stands: bool
    """Whether the machine must stand meanwhile."""
    planned: bool
    done: Callable[[Job, float], None] | None = None
    opened: simpy.Event | None = None
    begun: float = math.nan
    ended: float = math.nan
    sent: float = math.nan


@dataclass(slots=True)
class Hand:
    """A technician during the simulation."""

    of: Technician
    shift: Shift
    place: tuple[float, float]
    job: Job | None = None
    free_at: float = 0.0
    worked_s: float = 0.0


@dataclass
class Repairs:
    """Faults and people of a running plant, which works round the clock."""

    env: simpy.Environment
    plant: Plant
    figures: Figures
    causes: Mapping[str, Cause]
    seed: int
    mender: Mender
    watch: FoundBy
    machines: dict[str, Machine] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    active: dict[str, list[Fault]] = field(default_factory=dict)
    by_machine: dict[str, list[Fault]] = field(default_factory=dict)
    waiting: dict[str, Job] = field(default_factory=dict)
    done: list[Job] = field(default_factory=list)
    plant_slow: float = 1.0

    def __post_init__(self) -> None:
        self._draws: dict[str, random.Random] = {}
        shifts = {shift.name: shift for shift in self.plant.shifts}
        self.hands = {who.id: Hand(who, shifts[who.shift], who.home) for who in self.plant.technicians}
        self._number = 0
        self._on: dict[str, list[Cause]] = {}
        for cause in self.causes.values():
            for family in STRIKES_ON.get(cause.on, (cause.on,)):
                self._on.setdefault(family, []).append(cause)
        self.on_fault: list[Callable[[Fault], None]] = []
        self.on_task: list[Callable[[Job], None]] = []
        self.on_end: list[Callable[[Fault], None]] = []
        self.on_piece: list[Callable[[PieceEvent], None]] = []

    def draw(self, stream: str) -> random.Random:
        """The stream of random numbers of this name: the same for a seed whatever the policy does."""
        found = self._draws.get(stream)
        if found is None:
            found = self._draws[stream] = random.Random(f"{self.seed}/{stream}")
        return found

    # Machines and what strikes them

    def add(self, machine: Machine) -> Machine:
        """Take in a machine, and decide when each of its causes strikes first."""
        self.machines[machine.id] = machine
        spots = [(machine.id, machine.family)]
        if machine.family == "press":
            spots += [(f"{machine.id}-{side}", "cavity") for side in "LR"]
        for asset, family in spots:
            for cause in self._on.get(family, ()):
                if cause.cycles:
                    machine.pending[asset, cause.name] = self.draw(f"{asset}/{cause.name}").expovariate(1 / cause.cycles)
                elif cause.hours:
                    self.env.process(self._by_the_clock(machine, cause))
        machine.next_at = min(machine.pending.values(), default=math.inf)
        return machine

    def _by_the_clock(self, machine: Machine, cause: Cause) -> Steps:
        draw = self.draw(f"{machine.id}/{cause.name}")
        while True:
            yield self.env.timeout(draw.expovariate(1 / (cause.hours * 3600)))
            self.strike(cause.name, machine.id)

    def exposes(self, machine: Machine, seconds: float) -> None:
        """A cycle of so many seconds begins: what is due to strike in it will."""
        machine.exposed += 1
        if machine.exposed < machine.next_at:
            return
        for (asset, name), at in list(machine.pending.items()):
            if machine.exposed >= at:
                draw = self.draw(f"{asset}/{name}")
                machine.pending[asset, name] = machine.exposed + draw.expovariate(1 / self.causes[name].cycles)
                self.env.process(self._later(name, asset, draw.random() * seconds))
        machine.next_at = min(machine.pending.values())

    def _later(self, name: str, asset: str, seconds: float) -> Steps:
        yield self.env.timeout(seconds)
        self.strike(name, asset)

    def strike(self, name: str, asset: str, minutes: float | None = None) -> Fault | None:
        """The cause begins on the asset now; None where it is at work there already."""
        cause = self.causes[name]
        if any(fault.cause == name for fault in self.active.get(asset, ())):
            return None
        machine = self.machines[self.plant.machine(asset)]
        draw = self.draw(f"{asset}/{name}/mend")
        fault = Fault(len(self.faults), name, asset, machine.id, self.env.now, cause.skill,
                      minutes or cause.minutes * math.exp(draw.gauss(0, self.figures["people.spread"])))
        self.faults.append(fault)
        self.active.setdefault(asset, []).append(fault)
        self.by_machine.setdefault(machine.id, []).append(fault)
        machine.faults.append(fault)
        self._reckon(machine)
        for told in self.on_fault:
            told(fault)
        if self.watch != "outside":
            self.env.process(self._found_in_time(fault, cause, machine, draw.uniform(0.5, 1.5)))
        return fault

    def _reckon(self, machine: Machine) -> None:
        acts = [self.causes[fault.cause] for fault in machine.faults]
        machine.stops = sum(cause.acts == "stop" for cause in acts)
        machine.slow = math.prod(cause.slow for cause in acts if cause.acts == "slow")
        if machine.family in UTILITIES:
            self.plant_slow = math.prod(other.slow for other in self.machines.values() if other.family in UTILITIES)

    def scrapping(self, asset: str) -> list[Fault]:
        """The faults now at work on the asset that spoil pieces."""
        return [fault for fault in self.active.get(asset, ()) if self.causes[fault.cause].acts == "scrap"]

    # Finding

    def _found_in_time(self, fault: Fault, cause: Cause, machine: Machine, luck: float) -> Steps:
        if self.watch == "stated":
            yield self.env.timeout((cause.found_s + cause.found_cycles * machine.cycle_s) * luck)
            while cause.acts != "wire" and self._unheard(machine):
                yield self.env.timeout(60.0)
        else:
            yield self.env.timeout(cause.seen_s * luck)
        self.find(fault)

    def _unheard(self, machine: Machine) -> bool:
        """Whether the machine's gateway has lost its network, so that no chart sees the machine."""
        gateway = gateway_of(machine.family, int(machine.id.rpartition("-")[2]))
        return any(fault.cause == "network_loss" for fault in self.active.get(gateway, ()))

    def find(self, fault: Fault) -> None:
        """Somebody or something has found the fault: it becomes a task."""
        if fault.found is not None or fault.end is not None:
            return
        fault.found = self.env.now
        cause = self.causes[fault.cause]
        machine = self.machines[fault.machine]
        self.open_task(fault.asset, cause.skill, cause.priority, cause.minutes, (DUE_MINUTES[cause.priority] + cause.minutes) * 60, machine,
                       actual=fault.minutes, fault=fault, part=cause.part, stands=cause.acts in ("stop", "scrap", "slow") and bool(machine.cycle_s))

    # Tasks and people

    def open_task(self, asset: str, skill: str, priority: int, minutes: float, due_s: float, machine: Machine, *, actual: float,
                  fault: Fault | None = None, part: str = "", stands: bool = False, planned: bool = False,
                  done: Callable[[Job, float], None] | None = None) -> Job:
        """A task opens; ``actual`` is how many minutes it will take, which nobody knows before."""
        self._number += 1
        now = self.env.now
        task = Task(f"task-{self._number:06d}", asset, skill, priority, machine.place, minutes, instant(now + due_s),
                    ((part, 1),) if part else (), f"fault-{fault.number}" if fault else "", opened=instant(now))
        job = self.waiting[task.id] = Job(task, machine, actual, fault, stands, planned, done)
        for told in self.on_task:
            told(job)
        self.send()
        return job

    def workers(self) -> list[Worker]:
        """Everybody on duty, as a policy sees them."""
        now = self.env.now
        clock = now % DAY
        found = []
        for hand in self.hands.values():
            shift = hand.shift
            if not shift.start_s <= clock < shift.end_s:
                continue
            midnight = now - clock
            free_at = max(hand.free_at, now + OVERRUN_S) if hand.job is not None else now
            rest = next((end for start, end in shift.breaks if start <= clock < end), None)
            if rest is not None:
                free_at = max(free_at, midnight + rest)
            breaks = tuple((instant(midnight + start), instant(midnight + end)) for start, end in shift.breaks if end > clock)
            found.append(Worker(hand.of.id, hand.of.skills, hand.place, instant(free_at), instant(midnight + shift.end_s + OVERTIME_S), breaks))
        return found

    def send(self) -> None:
        """Ask the policy who begins what now, and let them go."""
        if not self.waiting:
            return
        now = instant(self.env.now)
        workers = self.workers()
        if not any(worker.free_at <= now for worker in workers):
            return
        for task, worker in list(self.mender.sends([job.task for job in self.waiting.values()], workers, now)):
            self.go(self.waiting[task.id], self.hands[worker.id])

    def go(self, job: Job, hand: Hand) -> None:
        """The technician leaves for the job. ValueError where the skill is missing: no policy may do that."""
        if job.task.skill not in hand.of.skills:
            raise ValueError(f"{hand.of.id} lacks the skill {job.task.skill} that {job.task.id} asks for")
        if hand.job is not None:
            raise ValueError(f"{hand.of.id} is at work on {hand.job.task.id} and cannot begin {job.task.id}")
        del self.waiting[job.task.id]
        hand.job = job
        job.sent = self.env.now
        way = sum(abs(a - b) for a, b in zip(hand.place, job.machine.place, strict=True)) / self.figures["people.walk_m_s"]
        hand.free_at = self.env.now + way + self.figures["people.ready_s"] + job.task.minutes * 60
        if job.stands:
            job.machine.jobs.append(job)
        self.env.process(self._works(job, hand, way + self.figures["people.ready_s"]))

    def _works(self, job: Job, hand: Hand, way_s: float) -> Steps:
        yield self.env.timeout(way_s)
        machine = job.machine
        hand.place = machine.place
        if job.stands and not machine.open:
            job.opened = self.env.event()
            yield job.opened
        job.begun = self.env.now
        if job.fault is not None and job.fault.end is None:
            job.fault.begun = job.begun
        yield self.env.timeout(job.minutes * 60)
        hand.worked_s += self.env.now - job.begun
        hand.job = None
        self._finish(job, hand.of.id)
        self.send()

    def _finish(self, job: Job, by: str) -> None:
        now = job.ended = self.env.now
        self.done.append(job)
        if job.fault is not None and job.fault.end is None:
            self.end(job.fault, by)
        if job in job.machine.jobs:
            job.machine.jobs.remove(job)
        if job.done is not None:
            job.done(job, now)
        self._wake(job.machine)

    def end(self, fault: Fault, by: str) -> None:
        """The fault is mended now."""
        fault.end, fault.by = self.env.now, by
        self.active[fault.asset].remove(fault)
        machine = self.machines[fault.machine]
        machine.faults.remove(fault)
        self._reckon(machine)
        for told in self.on_end:
            told(fault)
        self._wake(machine)

    def mended(self, fault: Fault, by: str) -> None:
        """Somebody from outside has mended the fault: nobody is sent to it any more, and the machine stands for nobody who was."""
        self.waiting = {name: job for name, job in self.waiting.items() if job.fault is not fault}
        machine = self.machines[fault.machine]
        for job in [job for job in machine.jobs if job.fault is fault]:
            machine.jobs.remove(job)
            if job.opened is not None and not job.opened.triggered:
                job.opened.succeed()
        self.end(fault, by)

    def _wake(self, machine: Machine) -> None:
        if machine.woken is not None and not machine.woken.triggered:
            machine.woken.succeed()

    def opens(self, machine: Machine) -> None:
        """The machine is between cycles: who waits for it can begin."""
        machine.open = True
        for job in machine.jobs:
            if job.opened is not None and not job.opened.triggered:
                job.opened.succeed()

    def stands(self, machine: Machine) -> Steps:
        """Between two cycles: stay while a fault stops the machine or somebody is on the way to it or at it."""
        while machine.stops or machine.jobs:
            planned = not machine.stops and all(job.planned for job in machine.jobs)
            machine.course.turn(self.env.now, MachineState.PLANNED if planned else MachineState.DOWN)
            self.opens(machine)
            machine.woken = self.env.event()
            yield machine.woken
        machine.woken = None
        machine.open = False

    def clock(self) -> Steps:
        """Shifts begin and breaks end: work that waited can be given out."""
        edges = sorted({edge for shift in self.plant.shifts for edge in (shift.start_s, *(end for _, end in shift.breaks))})
        while True:
            clock = self.env.now % DAY
            ahead = min((edge - clock) % DAY or DAY for edge in edges)
            yield self.env.timeout(ahead)
            for hand in self.hands.values():
                if hand.job is None and abs(self.env.now % DAY - hand.shift.start_s) < 1:
                    hand.place = hand.of.home
            self.send()

    def upkeep(self, machines: Sequence[Machine]) -> Steps:
        """Rounds, lubrication and calibration: small work all day that may wait."""
        draw = self.draw("upkeep")
        per_day = self.figures["people.upkeep_per_day"]
        minutes = self.figures["people.upkeep_minutes"]
        while True:
            yield self.env.timeout(draw.expovariate(per_day / DAY))
            machine = draw.choice(machines)
            actual = minutes * math.exp(draw.gauss(0, self.figures["people.spread"]))
            self.open_task(machine.id, UPKEEP_FAMILIES[family_of(machine.id)], 4, minutes, self.figures["people.upkeep_due_h"] * 3600,
                           machine, actual=actual)
