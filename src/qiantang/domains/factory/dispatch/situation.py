"""A situation is what a planner looks at: waiting tasks, workers, ways and weights at one instant, also as arrays of minutes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.dispatch.tasks import MINUTE, Task, Weights, Worker
from qiantang.domains.factory.dispatch.travel import Travel

Floats = NDArray[np.float64]

FAR = 1e12
"""Minutes or metres that never end: no end of a shift, no battery."""


# The columns of ``Ground.jobs``: entry to the task (its place, or its first store), metres from there on, place, minutes of
# work, minutes at which it is due, ready and was opened, weight of a minute late, cost of leaving it out.
ENTRY_X, ENTRY_Y, INSIDE, X, Y, WORK, DUE, READY, OPENED, WEIGHT, LEFT_OUT = range(11)
# The columns of ``Ground.crew``: place and minute of being free, end of duty, metres a minute, metres left in the battery
# and when full, minutes of charging per metre, charger.
AT_X, AT_Y, FREE, UNTIL, PACE, LEFT, FULL, CHARGING, HOME_X, HOME_Y = range(10)

UNDONE = 120.0
"""Minutes of lateness, beyond those at the horizon, that a task left out is reckoned with."""


class Ground(NamedTuple):
    """A situation as arrays for compiled code, minutes counted from its instant: ``jobs`` (n × 11), ``able`` (n × m, 1 where
    a worker may do a task), ``crew`` (m × 10), ``breaks`` (m × k × 2, in order), ``travel`` (the weight of a minute
    of it), ``haste`` (the share of a task's weight that each minute until its end counts, late or not)."""

    jobs: Floats
    able: NDArray[np.uint8]
    crew: Floats
    breaks: Floats
    travel: float
    haste: float


@dataclass(frozen=True)
class Situation:
    """Tasks that wait and workers on duty at ``now``. ``barred`` holds pairs (task, worker) that must not come together:
    who refused a task is not asked again."""

    tasks: tuple[Task, ...]
    workers: tuple[Worker, ...]
    now: int
    travel: Travel = field(default_factory=Travel)
    weights: Weights = field(default_factory=Weights)
    barred: frozenset[tuple[str, str]] = frozenset()

    @cached_property
    def number(self) -> Mapping[str, int]:
        """The place of each task in ``tasks``."""
        return {t.id: i for i, t in enumerate(self.tasks)}

    @cached_property
    def seat(self) -> Mapping[str, int]:
        """The place of each worker in ``workers``."""
        return {w.id: k for k, w in enumerate(self.workers)}

    def minute(self, at: int) -> float:
        """An instant as minutes from now."""
        return (at - self.now) / MINUTE

    def instant(self, minute: float) -> int:
        """Minutes from now as an instant."""
        return self.now + round(minute * MINUTE)

    @cached_property
    def horizon(self) -> float:
        """The minute by which everything is over that can be done: the last end of duty, or where somebody's end is not
        known, that somebody doing all tasks alone, with the longest way and a full charge before each."""
        ends = [self.minute(w.until) for w in self.workers if w.until is not None]
        endless = [w for w in self.workers if w.until is None]
        if not endless:
            return max(ends, default=0.0)
        places = [w.place for w in self.workers] + [t.place for t in self.tasks] + [*self.travel.stores.values()] + [
            w.battery.charger for w in self.workers if w.battery]
        across = sum(max(p[k] for p in places) - min(p[k] for p in places) for k in (0, 1))
        stops = 2.0 + max((len(t.parts) for t in self.tasks), default=0)
        longest = 0.0
        for worker in endless:
            charge = worker.battery.full_m / worker.battery.charge_m_per_minute if worker.battery else 0.0
            rest = sum(end - start for start, end in worker.breaks) / MINUTE
            each = stops * across / self.travel.per_minute(worker) + charge
            longest = max(longest, max(self.minute(worker.free_at), 0.0) + rest + len(self.tasks) * each)
        ready = max((self.minute(t.ready) for t in self.tasks), default=0.0)
        return max([longest + max(ready, 0.0) + sum(t.minutes for t in self.tasks), *ends])

    @cached_property
    def ground(self) -> Ground:
        """The situation as arrays."""
        return Ground(self._jobs(), self._able(), *self._crew(), float(self.weights.travel), float(self.weights.haste))

    def _jobs(self) -> Floats:
        table = np.empty((len(self.tasks), 11))
        for i, task in enumerate(self.tasks):
            first, inside = self.travel.entry(task) if task.parts else (task.place, 0.0)
            due, weight = self.minute(task.due), self.weights.of(task)
            left_out = weight * (max(self.horizon - due, 0.0) + UNDONE)
            table[i] = (*first, inside, *task.place, task.minutes, due, max(self.minute(task.ready), 0.0),
                        self.minute(task.opened), weight, left_out)
        return table

    def _crew(self) -> tuple[Floats, Floats]:
        breaks = np.full((len(self.workers), max((len(w.breaks) for w in self.workers), default=0), 2), FAR)
        table = np.empty((len(self.workers), 10))
        for k, worker in enumerate(self.workers):
            battery = worker.battery
            ends = FAR if worker.until is None else self.minute(worker.until)
            power = (battery.left_m, battery.full_m, 1.0 / battery.charge_m_per_minute, *battery.charger) if battery \
                else (FAR, FAR, 0.0, *worker.place)
            table[k] = (*worker.place, max(self.minute(worker.free_at), 0.0), ends, self.travel.per_minute(worker), *power)
            for b, (start, end) in enumerate(sorted(worker.breaks)):
                breaks[k, b] = self.minute(start), self.minute(end)
        return table, breaks

    @cached_property
    def skilled(self) -> NDArray[np.bool_]:
        """n × m: whether a worker has every skill of a task."""
        bit: dict[str, int] = {}
        asks = [_bits(t.skills, bit) for t in self.tasks]
        has = [_bits(w.skills, bit) for w in self.workers]
        shape = len(asks), len(has)
        if len(bit) > 63:
            return np.array([[(a & ~h) == 0 for h in has] for a in asks], np.bool_).reshape(shape)
        lacking: NDArray[np.int64] = np.array(asks, np.int64).reshape(-1, 1) & ~np.array(has, np.int64).reshape(1, -1)
        found: NDArray[np.bool_] = lacking == 0
        return found

    def _able(self) -> NDArray[np.uint8]:
        """1 where a worker has every skill of a task, is not barred from it, and could reach it on one charge."""
        able: NDArray[np.uint8] = self.skilled.astype(np.uint8)
        for barred_task, barred_worker in self.barred:
            if barred_task in self.number and barred_worker in self.seat:
                able[self.number[barred_task], self.seat[barred_worker]] = 0
        for k, worker in enumerate(self.workers):
            if worker.battery is not None:
                for i, task in enumerate(self.tasks):
                    able[i, k] &= _within_reach(self.travel, worker, task)
        return able


def _bits(skills: Iterable[str], bit: dict[str, int]) -> int:
    return sum(1 << bit.setdefault(skill, len(bit)) for skill in skills)


def _within_reach(travel: Travel, worker: Worker, task: Task) -> bool:
    """A full battery brings the vehicle from its charger to the task and back."""
    if worker.battery is None:
        return True
    first, inside = travel.entry(task)
    home = worker.battery.charger
    return travel.metres(home, first) + inside + travel.metres(task.place, home) <= worker.battery.full_m
