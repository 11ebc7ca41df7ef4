"""A plan: who does which tasks in which order, when each begins and ends, what it costs, and what nobody can do and why."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.dispatch.policies import Rule, by_rule
from qiantang.domains.factory.dispatch.search import (
    FINISH,
    NOBODY,
    REST,
    START,
    TRAVEL,
    Routes,
    copied,
    empty,
    inserted,
    put,
    searched,
    settled,
    take,
    total,
)
from qiantang.domains.factory.dispatch.situation import DUE, LEFT_OUT, UNTIL, WEIGHT, Situation
from qiantang.kernel.words import Text, joined, same

_CHUNK = 40
"""Moves between two looks at the clock: one to two milliseconds at 500 tasks and 200 people."""
_HOT, _COLD = 2.0, 0.05
"""The rise in cost accepted with probability 1/e at the beginning and at the end of a search."""
_AT_ONCE = 8
_SKIPPED = 0.01
_SETTLING = 3


@dataclass(frozen=True, slots=True)
class Stop:
    """A task in somebody's day: instants of beginning and end, minutes of travel to it, minutes late, metres left in the
    battery afterwards (infinite: no battery)."""

    task: str
    worker: str
    begins: int
    ends: int
    travel: float
    late: float
    left_m: float


@dataclass(frozen=True)
class Plan:
    """Who does what in which order."""

    situation: Situation
    routes: Routes

    @cached_property
    def days(self) -> Mapping[str, tuple[str, ...]]:
        """Each worker's tasks in their order; without tasks, an empty row."""
        tasks, first, after = self.situation.tasks, self.routes.first.tolist(), self.routes.after.tolist()
        found: dict[str, tuple[str, ...]] = {}
        for worker, begin in zip(self.situation.workers, first, strict=True):
            row: list[str] = []
            i = begin
            while i != NOBODY:
                row.append(tasks[i].id)
                i = after[i]
            found[worker.id] = tuple(row)
        return found

    def stop(self, task: str) -> Stop | None:
        """Where and when a task is in the plan; None where nobody does it."""
        i = self.situation.number[task]
        w = int(self.routes.worker[i])
        if w == NOBODY:
            return None
        state = self.routes.state[i]
        due = self.situation.minute(self.situation.tasks[i].due)
        battery = self.situation.workers[w].battery
        return Stop(task, self.situation.workers[w].id, self.situation.instant(state[START]), self.situation.instant(state[FINISH]),
                    float(state[TRAVEL]), max(float(state[FINISH]) - due, 0.0), float(state[REST]) if battery else float("inf"))

    @property
    def travel(self) -> float:
        """Minutes of travel of all together."""
        return float(self.routes.state[self.routes.worker != NOBODY, TRAVEL].sum())

    @cached_property
    def cost(self) -> float:
        """Weighted minutes of lateness and travel, what is left out included; without the share of haste that the search looks at."""
        jobs, state, done = self.situation.ground.jobs, self.routes.state, self.routes.worker != NOBODY
        late = np.maximum(state[:, FINISH] - jobs[:, DUE], 0.0) * jobs[:, WEIGHT] + self.situation.weights.travel * state[:, TRAVEL]
        return float(np.where(done, late, jobs[:, LEFT_OUT]).sum())

    @cached_property
    def unassigned(self) -> Mapping[str, Text]:
        """The tasks that nobody does, each with the reason."""
        return {self.situation.tasks[i].id: why_nobody(self.situation, int(i)) for i in np.flatnonzero(self.routes.worker == NOBODY)}


def assign(situation: Situation, rule: Rule = "lap_atc") -> Plan:
    """A plan by a rule, at once and always valid; tens of milliseconds for 500 tasks and 200 people."""
    return _plan(situation, by_rule(situation, rule))


def insert(situation: Situation, days: Mapping[str, Sequence[str]] | None = None) -> Plan:
    """A plan by best insertion, the first due first, into what ``days`` already says of each worker's order.

    Of ``days``, tasks and workers that the situation does not have, and tasks that a worker is no longer able to do, are passed over.
    """
    ground = situation.ground
    routes = empty(*ground.able.shape)
    for worker, row in (days or {}).items():
        w = situation.seat.get(worker, NOBODY)
        last = NOBODY
        for task in row if w != NOBODY else ():
            i = situation.number.get(task, NOBODY)
            if i != NOBODY and ground.able[i, w] and routes.worker[i] == NOBODY:
                put(ground, routes, w, last, i)
                last = i
    _within_duty(situation, routes)
    waiting = np.flatnonzero(routes.worker == NOBODY)
    order = waiting[np.argsort(ground.jobs[waiting, DUE], kind="stable")].astype(np.int32)
    inserted(ground, routes, order, _random(0), 0.0)
    return _plan(situation, routes)


def improve(plan: Plan, budget_ms: float = 100.0, *, moves: int | None = None, seed: int = 1) -> Plan:
    """A plan that costs no more, found by ruin and recreate within ``budget_ms`` of wall time.

    With ``moves`` the clock is not looked at: so many moves are made, and the same plan, moves and seed give the same plan
    on every machine. At the end no single task could be moved to a cheaper place.
    """
    ground = plan.situation.ground
    if not len(plan.situation.tasks) or not len(plan.situation.workers):
        return plan
    now, best, trial = (copied(plan.routes) for _ in range(3))
    costs = np.full(2, total(ground, now))
    random = _random(seed)
    began, made = time.perf_counter(), 0
    while True:
        done = made / moves if moves else (time.perf_counter() - began) * 1000.0 / budget_ms if moves is None and budget_ms > 0 else 1.0
        if done >= 1.0:
            break
        chunk = _CHUNK if moves is None else min(_CHUNK, moves - made)
        searched(ground, now, best, trial, costs, random, chunk, _HOT * (_COLD / _HOT) ** done, _AT_ONCE, _SKIPPED)
        made += chunk
    settled(ground, best, _SETTLING, random)
    return _plan(plan.situation, best)


def why_nobody(situation: Situation, i: int) -> Text:
    """Why no worker does task number ``i``: nobody on duty has the skill, all who have it are barred or out of reach, or no time is left."""
    task = situation.tasks[i]
    skilled = [situation.workers[k] for k in np.flatnonzero(situation.skilled[i])]
    skills = joined([same(s) for s in sorted(task.skills)], "、", " + ")
    if not skilled:
        return Text("当班人员中无人具备技能 {skills}", "nobody on duty has the skill {skills}").filled(skills=skills)
    asked = [w for w in skilled if (task.id, w.id) in situation.barred]
    if len(asked) == len(skilled):
        return Text("具备技能 {skills} 的 {n} 人均已拒绝或未应答", "all {n} people with the skill {skills} have refused or not answered").filled(
            skills=skills, n=len(skilled))
    if not situation.ground.able[i].any():
        return Text("{n} 台车辆满电也无法往返该地点", "none of {n} vehicles gets there and back on a full battery").filled(n=len(skilled) - len(asked))
    return Text("具备技能的 {n} 人在班次结束前都没有足够时间", "none of the {n} people with the skill has time enough before the end of duty").filled(
        n=len(skilled) - len(asked))


def hopeless(situation: Situation) -> Mapping[str, Text]:
    """The tasks that no worker of the situation is able to do at any time, each with the reason."""
    return {situation.tasks[i].id: why_nobody(situation, int(i)) for i in np.flatnonzero(~situation.ground.able.any(axis=1))}


def _plan(situation: Situation, routes: Routes) -> Plan:
    return Plan(situation, routes)


def _within_duty(situation: Situation, routes: Routes) -> None:
    """Takes out what an older plan holds beyond the end of somebody's duty, the last first."""
    ground = situation.ground
    for w in range(len(situation.workers)):
        while True:
            i = _last(routes, w)
            if i == NOBODY or routes.state[i, FINISH] <= ground.crew[w, UNTIL]:
                break
            take(ground, routes, i)


def _last(routes: Routes, w: int) -> int:
    i = int(routes.first[w])
    while i != NOBODY and routes.after[i] != NOBODY:
        i = int(routes.after[i])
    return i


def _random(seed: int) -> NDArray[np.uint64]:
    """The state of the random numbers, never zero."""
    return np.array([(seed * 0x9E3779B97F4A7C15 + 0x2545F4914F6CDD1D) % 2**64 or 1], np.uint64)
