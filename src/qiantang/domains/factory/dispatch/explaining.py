"""Why this person: who else could have come, by how much later and dearer, and whose tasks wait longer for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from qiantang.domains.factory.dispatch.planning import Plan
from qiantang.domains.factory.dispatch.search import FINISH, NOBODY, START, Routes, cheapest, copied, put, take
from qiantang.domains.factory.dispatch.situation import Floats, Ground
from qiantang.domains.factory.dispatch.tasks import MINUTE
from qiantang.kernel.words import Text, joined, same


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another worker at that worker's best place: begin and end, and by how much dearer the whole plan would be
    (weighted minutes; below 0: cheaper for this task alone)."""

    worker: str
    begins: int
    ends: int
    dearer: float


@dataclass(frozen=True, slots=True)
class Displaced:
    """A task that the same worker finishes later because of this one."""

    task: str
    minutes: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision as data. ``others`` are the next best, best first; ``without_skill`` how many on duty lack a skill and
    ``barred`` how many have it but refused or did not answer; ``reason`` why nobody does it (then worker is empty)."""

    task: str
    worker: str
    begins: int
    ends: int
    late: float
    travel: float
    cost: float
    others: tuple[Alternative, ...]
    displaced: tuple[Displaced, ...]
    without_skill: int
    barred: int
    told: Text


def explain(plan: Plan, task: str, most: int = 3) -> Explanation:
    """Why a task is with whom it is with in a plan, all other decisions of the plan taken as they are.

    Raises KeyError where the plan's situation does not have the task.
    """
    situation, ground = plan.situation, plan.situation.ground
    i = situation.number[task]
    barred = sum(name == task and worker in situation.seat for name, worker in situation.barred)
    lacking = len(situation.workers) - int(situation.skilled[i].sum())
    stop = plan.stop(task)
    routes = copied(plan.routes)
    given_back = -float(take(ground, routes, i))
    costs, behind = by_worker(ground, routes, i)
    chosen = int(plan.routes.worker[i])
    cost = given_back if stop else float("inf")
    order = [int(w) for w in np.argsort(costs, kind="stable")[:most + 1] if np.isfinite(costs[w]) and w != chosen][:most]
    others = tuple(_alternative(plan, routes, i, w, int(behind[w]), float(costs[w]) - (cost if stop else 0.0)) for w in order)
    if stop is None:
        reason = plan.unassigned[task]
        return Explanation(task, "", 0, 0, 0.0, 0.0, 0.0, others, (), lacking, barred, reason)
    displaced = _displaced(plan, routes, i)
    return Explanation(task, stop.worker, stop.begins, stop.ends, stop.late, stop.travel, cost, others, displaced, lacking, barred,
                       _told(plan, stop.worker, stop.begins, stop.late, stop.travel, others, displaced, lacking))


@njit(cache=True)
def by_worker(ground: Ground, routes: Routes, i: int) -> tuple[Floats, NDArray[np.int32]]:
    """For each worker the least cost of putting in task ``i`` and the task it would come behind; infinite where it cannot be."""
    m = ground.crew.shape[0]
    costs = np.full(m, np.inf)
    behind = np.full(m, NOBODY, np.int32)
    random = np.ones(1, np.uint64)
    for w in range(m):
        if ground.able[i, w]:
            cost, who, j = cheapest(ground, routes, i, 0.0, random, w)
            if who != NOBODY:
                costs[w], behind[w] = cost, j
    return costs, behind


def _alternative(plan: Plan, routes: Routes, i: int, w: int, j: int, dearer: float) -> Alternative:
    situation = plan.situation
    put(situation.ground, routes, w, j, i)
    begins, ends = situation.instant(routes.state[i, START]), situation.instant(routes.state[i, FINISH])
    take(situation.ground, routes, i)
    return Alternative(situation.workers[w].id, begins, ends, dearer)


def _displaced(plan: Plan, without: Routes, i: int) -> tuple[Displaced, ...]:
    found = []
    k = int(plan.routes.after[i])
    while k != NOBODY:
        later = float(plan.routes.state[k, FINISH] - without.state[k, FINISH])
        if later > 1e-6:
            found.append(Displaced(plan.situation.tasks[k].id, later))
        k = int(plan.routes.after[k])
    return tuple(found)


def _told(plan: Plan, worker: str, begins: int, late: float, travel: float, others: tuple[Alternative, ...],
          displaced: tuple[Displaced, ...], lacking: int) -> Text:
    first = Text("{worker} 在 {wait:.1f} 分钟后开始（路上 {travel:.1f} 分钟）{late}",
                 "{worker} begins in {wait:.1f} min ({travel:.1f} min of travel){late}").filled(
        worker=same(worker), wait=max(plan.situation.minute(begins), 0.0), travel=travel,
        late=Text("，超期 {m:.0f} 分钟", ", {m:.0f} min late").filled(m=late) if late > 0.5 else same(""))
    if others:
        other = others[0]
        minutes = (other.begins - begins) / MINUTE
        when = Text("晚 {m:.1f} 分钟", "{m:.1f} min later") if minutes >= 0 else Text("早 {m:.1f} 分钟", "{m:.1f} min sooner")
        second = Text("；其次 {other}：{when}，总代价{sign} {dearer:.1f}", "; next {other}: {when}, the plan {dearer:.1f} {sign}").filled(
            other=same(other.worker), when=when.filled(m=abs(minutes)), dearer=abs(other.dearer),
            sign=Text("高", "dearer") if other.dearer >= 0 else Text("低", "cheaper"))
    else:
        second = Text("；别无他人可派", "; nobody else could do it")
    third = Text("；因此推后：{tasks}", "; waiting longer for it: {tasks}").filled(tasks=joined([
        Text("{task} {m:.0f} 分钟", "{task} by {m:.0f} min").filled(task=same(d.task), m=d.minutes) for d in displaced[:3]])) if displaced else same("")
    fourth = Text("；{n} 人无此技能", "; {n} without the skill").filled(n=lacking) if lacking else same("")
    return first + second + third + fourth + Text("。", ".")
