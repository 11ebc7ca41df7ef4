"""Ruin and recreate: a plan is improved by taking a few tasks out and putting each back where it costs least.

A large-neighbourhood search after Shaw (1998) and Schrimpf et al. (2000), with the random skipping of places of
Christiaens and Vanden Berghe (2020, "slack induction by string removals") and acceptance by simulated annealing. The
random numbers are xorshift64* (Vigna 2016) from the seed alone, so the same seed and moves give the same plan.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from qiantang.domains.factory.dispatch.situation import (
    AT_X,
    AT_Y,
    DUE,
    FREE,
    LEFT,
    LEFT_OUT,
    UNTIL,
    WEIGHT,
    WORK,
    Floats,
    Ground,
    X,
    Y,
)
from qiantang.domains.factory.dispatch.walking import step

Ints = NDArray[np.int32]

NOBODY = -1
# The columns of ``Routes.state``: minute of finishing, metres left in the battery then, cost, minute of beginning, minutes of travel.
FINISH, REST, COST, START, TRAVEL = range(5)


class Routes(NamedTuple):
    """A plan inside the search: for each worker the first task, for each task the next and the former one (NOBODY: none)
    and the worker, and of each task its finish, metres left in the battery, cost, start and travel."""

    first: Ints
    after: Ints
    before: Ints
    worker: Ints
    state: Floats


def empty(n: int, m: int) -> Routes:
    """No task with anybody."""
    return Routes(np.full(m, NOBODY, np.int32), np.full(n, NOBODY, np.int32), np.full(n, NOBODY, np.int32),
                  np.full(n, NOBODY, np.int32), np.zeros((n, 5)))


def copied(routes: Routes) -> Routes:
    """The same plan once more."""
    return Routes(routes.first.copy(), routes.after.copy(), routes.before.copy(), routes.worker.copy(), routes.state.copy())


@njit(cache=True)
def retold(ground: Ground, routes: Routes, w: int, j: int) -> float:
    """Reckons worker ``w``'s tasks anew from ``j`` on (NOBODY: from the first); gives the change in cost."""
    jobs, crew, breaks, state = ground.jobs, ground.crew, ground.breaks, routes.state
    i = routes.first[w] if j == NOBODY else j
    before = routes.before[i] if i != NOBODY else NOBODY
    t, x, y, left = crew[w, FREE], crew[w, AT_X], crew[w, AT_Y], crew[w, LEFT]
    if before != NOBODY:
        t, x, y, left = state[before, FINISH], jobs[before, X], jobs[before, Y], state[before, REST]
    change = 0.0
    while i != NOBODY:
        begins, ends, left, travelled = step(jobs, crew, breaks, w, i, t, x, y, left)
        cost = jobs[i, WEIGHT] * (max(ends - jobs[i, DUE], 0.0) + ground.haste * ends) + ground.travel * travelled
        change += cost - state[i, COST]
        state[i, FINISH], state[i, REST], state[i, COST], state[i, START], state[i, TRAVEL] = ends, left, cost, begins, travelled
        t, x, y = ends, jobs[i, X], jobs[i, Y]
        i = routes.after[i]
    return change


@njit(cache=True)
def put(ground: Ground, routes: Routes, w: int, j: int, i: int) -> float:
    """Puts task ``i`` behind ``j`` in worker ``w``'s day (NOBODY: first); gives the change in cost."""
    following = routes.first[w] if j == NOBODY else routes.after[j]
    routes.after[i], routes.before[i], routes.worker[i] = following, j, w
    if j == NOBODY:
        routes.first[w] = i
    else:
        routes.after[j] = i
    if following != NOBODY:
        routes.before[following] = i
    routes.state[i, COST] = 0.0
    return retold(ground, routes, w, i)


@njit(cache=True)
def take(ground: Ground, routes: Routes, i: int) -> float:
    """Takes task ``i`` out of whose day it is in; gives the change in cost, without that of being left out."""
    w = routes.worker[i]
    if w == NOBODY:
        return 0.0
    former, following = routes.before[i], routes.after[i]
    if former == NOBODY:
        routes.first[w] = following
    else:
        routes.after[former] = following
    routes.worker[i], routes.before[i], routes.after[i] = NOBODY, NOBODY, NOBODY
    change = -float(routes.state[i, COST])
    if following != NOBODY:
        routes.before[following] = former
        change += retold(ground, routes, w, following)
    return change


@njit(cache=True)
def cheapest(ground: Ground, routes: Routes, i: int, skip: float, random: NDArray[np.uint64], only: int = NOBODY) -> tuple[float, int, int]:
    """The least cost of putting in task ``i``, with whom and behind what; each place is passed over with probability ``skip``.

    The worker is NOBODY where nobody is able, where everybody's day would end after duty, or where leaving the task out
    costs less than any place. With ``only`` a single worker is looked at.
    """
    jobs, able, crew, breaks, price = ground.jobs, ground.able, ground.crew, ground.breaks, ground.travel
    haste = ground.haste
    first, after, state = routes.first, routes.after, routes.state
    weight, due, work = jobs[i, WEIGHT], jobs[i, DUE], jobs[i, WORK]
    best, best_w, best_j = jobs[i, LEFT_OUT], NOBODY, NOBODY
    start, stop = (0, crew.shape[0]) if only == NOBODY else (only, only + 1)
    for w in range(start, stop):
        if able[i, w] == 0:
            continue
        j = NOBODY
        k = first[w]
        t0, x0, y0, left0 = crew[w, FREE], crew[w, AT_X], crew[w, AT_Y], crew[w, LEFT]
        until = crew[w, UNTIL]
        while True:
            if weight * (t0 + work - due) >= best:
                break
            if skip == 0.0 or drawn(random) >= skip:
                _, t, left, travelled = step(jobs, crew, breaks, w, i, t0, x0, y0, left0)
                cost = weight * (max(t - due, 0.0) + haste * t) + price * travelled
                fits = t <= until
                x, y = jobs[i, X], jobs[i, Y]
                n = k
                opening = True
                while fits and n != NOBODY and (opening or cost < best):
                    _, t, left, travelled = step(jobs, crew, breaks, w, n, t, x, y, left)
                    fits = t <= until or t <= state[n, FINISH]
                    cost += jobs[n, WEIGHT] * (max(t - jobs[n, DUE], 0.0) + haste * t) + price * travelled - state[n, COST]
                    if t == state[n, FINISH] and left == state[n, REST]:
                        break
                    x, y = jobs[n, X], jobs[n, Y]
                    n = after[n]
                    opening = False
                if fits and cost < best:
                    best, best_w, best_j = cost, w, j
            if k == NOBODY:
                break
            j = k
            t0, x0, y0, left0 = state[j, FINISH], jobs[j, X], jobs[j, Y], state[j, REST]
            k = after[j]
    return best, best_w, best_j


@njit(cache=True)
def drawn(random: NDArray[np.uint64]) -> float:
    """The next random number in [0, 1): xorshift64*."""
    x = random[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    random[0] = x
    return float((x * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(11)) / 9007199254740992.0


@njit(cache=True)
def inserted(ground: Ground, routes: Routes, order: Ints, random: NDArray[np.uint64], skip: float = 0.0) -> float:
    """Puts the tasks of ``order`` in, one by one, each where it costs least; gives the change in cost, those left out included."""
    change = 0.0
    for o in range(order.shape[0]):
        i = order[o]
        cost, w, j = cheapest(ground, routes, i, skip, random)
        change += cost if w == NOBODY else put(ground, routes, w, j, i)
    return change


@njit(cache=True)
def total(ground: Ground, routes: Routes) -> float:
    """The cost of the whole plan, tasks left out included."""
    cost = 0.0
    for i in range(ground.jobs.shape[0]):
        cost += ground.jobs[i, LEFT_OUT] if routes.worker[i] == NOBODY else routes.state[i, COST]
    return cost


@njit(cache=True, inline="always")
def _copy(source: Routes, target: Routes) -> None:
    target.first[:] = source.first
    target.after[:] = source.after
    target.before[:] = source.before
    target.worker[:] = source.worker
    target.state[:, :] = source.state


@njit(cache=True)
def _pick(ground: Ground, routes: Routes, out: Ints, most: int, random: NDArray[np.uint64]) -> int:
    """Which tasks to take out: one at random, preferring the costly, and then such as are like it; gives how many."""
    jobs = ground.jobs
    n = jobs.shape[0]
    seed = int(drawn(random) * n)
    for _ in range(2):
        other = int(drawn(random) * n)
        if routes.worker[seed] != NOBODY and (routes.worker[other] == NOBODY or routes.state[other, COST] > routes.state[seed, COST]):
            seed = other
    out[0] = seed
    count = 1
    wanted = min(1 + int(drawn(random) * most), n)
    while count < wanted:
        pattern = out[int(drawn(random) * count)]
        best, nearest = np.inf, NOBODY
        for _ in range(12):
            k = int(drawn(random) * n)
            apart = (abs(jobs[k, X] - jobs[pattern, X]) + abs(jobs[k, Y] - jobs[pattern, Y])) / 72.0
            if routes.worker[k] != NOBODY and routes.worker[pattern] != NOBODY:
                apart += abs(routes.state[k, START] - routes.state[pattern, START])
                if ground.able[k, routes.worker[pattern]] == 0:
                    apart += 30.0
                if routes.worker[k] == routes.worker[pattern]:
                    apart -= 5.0
            if apart < best:
                chosen = False
                for c in range(count):
                    chosen = chosen or out[c] == k
                if not chosen:
                    best, nearest = apart, k
        if nearest == NOBODY:
            break
        out[count] = nearest
        count += 1
    return count


@njit(cache=True)
def _ordered(jobs: Floats, routes: Routes, out: Ints, count: int, random: NDArray[np.uint64]) -> None:
    """The tasks taken out, in the order in which they are put back: at random, the heavy first, or the first due first."""
    way = drawn(random)
    key = np.empty(count)
    for c in range(count):
        i = out[c]
        if way < 0.4:
            key[c] = drawn(random)
        elif way < 0.7:
            key[c] = -jobs[i, WEIGHT] / jobs[i, WORK]
        elif way < 0.9:
            key[c] = jobs[i, DUE]
        else:
            key[c] = -jobs[i, WEIGHT]
    for a in range(1, count):
        for b in range(a, 0, -1):
            if key[b] < key[b - 1]:
                key[b], key[b - 1] = key[b - 1], key[b]
                out[b], out[b - 1] = out[b - 1], out[b]


@njit(cache=True, nogil=True)
def searched(ground: Ground, now: Routes, best: Routes, trial: Routes, costs: Floats, random: NDArray[np.uint64],
             moves: int, heat: float, most: int, skip: float) -> None:
    """Makes ``moves`` moves on ``now`` at one temperature; ``best`` keeps the best plan seen.

    ``costs`` is (cost of now, cost of best); ``heat`` the rise in cost that is accepted with probability 1/e; ``most`` how
    many tasks are taken out at once. All in place, so that a caller may look at the clock between calls.
    """
    out = np.empty(most, np.int32)
    for _ in range(moves):
        count = _pick(ground, now, out, most, random)
        _copy(now, trial)
        change = 0.0
        for c in range(count):
            i = out[c]
            change += -ground.jobs[i, LEFT_OUT] if trial.worker[i] == NOBODY else take(ground, trial, i)
        _ordered(ground.jobs, now, out, count, random)
        allowed = -heat * np.log(1.0 - drawn(random))
        change += inserted(ground, trial, out[:count], random, skip)
        if change <= allowed:
            _copy(trial, now)
            costs[0] += change
            if costs[0] < costs[1] - 1e-9:
                costs[1] = costs[0]
                _copy(now, best)


@njit(cache=True, nogil=True)
def settled(ground: Ground, routes: Routes, rounds: int, random: NDArray[np.uint64]) -> float:
    """Moves single tasks, each to the place that costs least, until none gains or ``rounds`` are over; gives the change in cost."""
    whole = 0.0
    for _ in range(rounds):
        gained = 0.0
        for i in range(ground.jobs.shape[0]):
            w, j = routes.worker[i], routes.before[i]
            change = -ground.jobs[i, LEFT_OUT] if w == NOBODY else take(ground, routes, i)
            cost, new_w, new_j = cheapest(ground, routes, i, 0.0, random)
            if new_w != NOBODY and change + cost < -1e-7:
                gained += change + put(ground, routes, new_w, new_j, i)
            elif w != NOBODY:
                put(ground, routes, w, j, i)
        whole += gained
        if gained > -1e-7:
            break
    return whole
