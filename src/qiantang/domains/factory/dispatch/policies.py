"""Rules that assign at once: first come first served, the nearest, earliest due, by weight, by urgency, and urgency matched as a whole.

The urgency of a task is its apparent tardiness cost (Vepsalainen and Morton 1987): weight over work, falling exponentially
with the slack that is left. ``lap_atc`` matches all free people and tasks at once by the assignment problem (Kuhn 1955;
scipy's ``linear_sum_assignment``) instead of one after the other.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numba import njit
from numpy.typing import NDArray

from qiantang.domains.factory.dispatch.search import NOBODY, Ints, Routes, empty, put
from qiantang.domains.factory.dispatch.situation import (
    AT_X,
    AT_Y,
    DUE,
    ENTRY_X,
    ENTRY_Y,
    FREE,
    INSIDE,
    LEFT,
    OPENED,
    PACE,
    UNTIL,
    WEIGHT,
    WORK,
    Floats,
    Ground,
    Situation,
    X,
    Y,
)
from qiantang.domains.factory.dispatch.walking import step

Rule = Literal["fifo", "nearest", "edd", "wspt", "atc", "lap_atc"]
"""First in first out; the nearest task; earliest due date; weight over work; urgency one by one; urgency matched as a whole."""
RULES: tuple[Rule, ...] = get_args(Rule)
FIFO, NEAREST, EDD, WSPT, ATC = range(5)

LOOKAHEAD = 2.0
"""How many mean lengths of work ahead urgency looks: the scale of the literature lies between 1 and 4.5."""
_LEAST = 1e-12
"""The urgency of what can wait for ever; 0 is kept for what a worker cannot do."""


def by_rule(situation: Situation, rule: Rule, rounds: int | None = None) -> Routes:
    """A plan by a rule: whoever is free first takes the task that ranks first, and so on; always a valid plan.

    With ``rounds`` each worker gets at most that many tasks; a rolling dispatcher asks for one. What nobody is able to do,
    or to finish within duty, is with NOBODY.
    """
    ground = situation.ground
    routes = empty(*ground.able.shape)
    most = len(situation.tasks) if rounds is None else rounds
    if rule == "lap_atc":
        _matched(ground, routes, most)
    else:
        _one_by_one(ground, routes, ("fifo", "nearest", "edd", "wspt", "atc").index(rule), most, LOOKAHEAD)
    return routes


def _matched(ground: Ground, routes: Routes, rounds: int) -> None:
    """Round after round everybody who can gets one task, matched so that the sum of urgency is greatest."""
    from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]  # scipy ships no types

    last: Ints = np.full(ground.crew.shape[0], NOBODY, np.int32)
    for _ in range(rounds):
        urgent = urgency(ground, routes, last, LOOKAHEAD)
        tasks = np.flatnonzero(urgent.max(axis=1, initial=0.0) > 0.0)
        people = np.flatnonzero(urgent.max(axis=0, initial=0.0) > 0.0)
        if not len(tasks):
            break
        narrow = urgent[np.ix_(tasks, people)]
        for row, column in zip(*linear_sum_assignment(narrow, maximize=True), strict=True):
            if narrow[row, column] > 0.0:
                i, w = int(tasks[row]), int(people[column])
                put(ground, routes, w, int(last[w]), i)
                last[w] = i


@njit(cache=True)
def _standing(ground: Ground, routes: Routes, w: int, j: int) -> tuple[float, float, float, float]:
    """Minute, place and battery of worker ``w`` behind task ``j``; NOBODY: at the beginning."""
    if j == NOBODY:
        return ground.crew[w, FREE], ground.crew[w, AT_X], ground.crew[w, AT_Y], ground.crew[w, LEFT]
    return routes.state[j, 0], ground.jobs[j, X], ground.jobs[j, Y], routes.state[j, 1]


@njit(cache=True)
def urgency(ground: Ground, routes: Routes, last: Ints, lookahead: float) -> Floats:
    """n × m: how urgent each unassigned task is for each worker behind the task ``last`` in the worker's day; 0: not able.

    Slack is what is left after going there and doing it. Work counts with the way to it, so that near tasks come first
    among equals, and what is late anyway does not lose its rank.
    """
    jobs, able, crew = ground.jobs, ground.able, ground.crew
    n, m = able.shape
    found = np.zeros((n, m))
    mean = max(jobs[:, WORK].mean(), 1e-6) if n else 1.0
    for w in range(m):
        t, x, y, left = _standing(ground, routes, w, last[w])
        for i in range(n):
            if able[i, w] == 0 or routes.worker[i] != NOBODY:
                continue
            begins, ends, _, travelled = step(jobs, crew, ground.breaks, w, i, t, x, y, left)
            if ends > crew[w, UNTIL]:
                continue
            slack = max(jobs[i, DUE] - ends, 0.0)
            length = ends - begins + travelled
            found[i, w] = max(jobs[i, WEIGHT] / length * np.exp(-slack / (lookahead * mean)) / (1.0 + t / mean), _LEAST)
    return found


@njit(cache=True)
def _one_by_one(ground: Ground, routes: Routes, rule: int, most: int, lookahead: float) -> None:
    """Whoever is free first takes the able task with the least rank; ties by the order of the tasks."""
    jobs, able, crew = ground.jobs, ground.able, ground.crew
    n, m = able.shape
    given = np.zeros(m, np.int32)
    last = np.full(m, NOBODY, np.int32)
    mean = max(jobs[:, WORK].mean(), 1e-6) if n else 1.0
    over: NDArray[np.bool_] = np.zeros(m, np.bool_)
    for _ in range(n + m):
        w = NOBODY
        soonest = np.inf
        for k in range(m):
            if not over[k] and given[k] < most:
                t = crew[k, FREE] if last[k] == NOBODY else routes.state[last[k], 0]
                if t < soonest:
                    w, soonest = k, t
        if w == NOBODY:
            break
        t, x, y, left = _standing(ground, routes, w, last[w])
        least, chosen = np.inf, NOBODY
        for i in range(n):
            if able[i, w] == 0 or routes.worker[i] != NOBODY:
                continue
            if rule == FIFO:
                rank = jobs[i, OPENED]
            elif rule == NEAREST:
                rank = (abs(x - jobs[i, ENTRY_X]) + abs(y - jobs[i, ENTRY_Y]) + jobs[i, INSIDE]) / crew[w, PACE]
            elif rule == EDD:
                rank = jobs[i, DUE]
            else:
                rank = -jobs[i, WEIGHT] / jobs[i, WORK]
                if rule == ATC:
                    rank *= np.exp(-max(jobs[i, DUE] - jobs[i, WORK] - t, 0.0) / (lookahead * mean))
            if rank < least:
                _, ends, _, _ = step(jobs, crew, ground.breaks, w, i, t, x, y, left)
                if ends <= crew[w, UNTIL]:
                    least, chosen = rank, i
        if chosen == NOBODY:
            over[w] = True
            continue
        put(ground, routes, w, last[w], chosen)
        last[w] = chosen
        given[w] += 1
