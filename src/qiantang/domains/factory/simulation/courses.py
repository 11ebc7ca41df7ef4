"""What every machine was doing at each second: phase and the one before, seconds since it began, recipe, state and counters."""

from __future__ import annotations

from array import array
from typing import Any, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.simulation.figures import Figures
from qiantang.domains.factory.simulation.kinds import PLAIN, SHARES, START_S, phases
from qiantang.domains.factory.simulation.making import CURE_FACTORS, cure_phases
from qiantang.domains.factory.simulation.repairs import Machine
from qiantang.domains.factory.simulation.truth import Course

NO_PHASE = -1
"""The phase number that machines tell between two cycles."""
OLD_S = 1200.0
"""The age of a phase is told up to this: nothing follows a change of phase for longer."""

LONG_S = 86_400.0
"""And the time between two cycles up to this."""


class Seconds(NamedTuple):
    """Of machines × seconds: ``phase`` and ``before`` (places in the family's phases), ``age_s`` of the phase, ``recipe``,
    ``state`` (MachineState), ``pieces``, ``rejects``, ``cycle`` (cycles finished), ``told`` (the phase number that is published)."""

    phase: NDArray[np.int8]
    before: NDArray[np.int8]
    age_s: NDArray[np.float32]
    recipe: NDArray[np.int8]
    state: NDArray[np.int8]
    pieces: NDArray[np.int64]
    rejects: NDArray[np.int64]
    cycle: NDArray[np.int64]
    told: NDArray[np.int8]


def room_for(machines: int, seconds: int) -> Seconds:
    """Empty arrays."""
    shape = (machines, seconds)
    whole = [np.zeros(shape, np.int64) for _ in range(3)]
    return Seconds(np.zeros(shape, np.int8), np.zeros(shape, np.int8), np.zeros(shape, np.float32), np.zeros(shape, np.int8), np.zeros(shape, np.int8),
                   whole[0], whole[1], whole[2], np.zeros(shape, np.int8))


def shares_of(family: str, figures: Figures) -> NDArray[np.float64]:
    """How a cycle divides: for each recipe the cumulative shares at which its phases end; shape (recipes, phases)."""
    if family == "press":
        rows = [np.array(cure_phases(figures["curing.load_s"], figures["curing.cure_s"] * factor)) for factor in CURE_FACTORS]
        return np.array([np.cumsum(row) / row.sum() for row in rows])
    shares = SHARES.get(family, (1.0,))
    return np.tile(np.cumsum(shares), (len(CURE_FACTORS), 1))


@nb.njit(cache=True)
def _cycles(start: Any, end: Any, product: Any, shares: Any, t0: Any, steady_s: Any, row: Any, out: Any) -> None:
    """One machine's phases, recipes and finished cycles for whole seconds from ``t0``."""
    n = len(start)
    last = shares.shape[1]
    k = np.searchsorted(start, t0, "right") - 1
    busy_since = np.inf
    if k >= 0:
        busy_since = start[k]
        j = k
        while j > 0 and start[j] - end[j - 1] < 1.0 and start[k] - start[j] < OLD_S:
            j -= 1
            busy_since = start[j]
    for i in range(out.phase.shape[1]):
        t = t0 + i
        while k + 1 < n and start[k + 1] <= t:
            if k < 0 or start[k + 1] - end[k] >= 1.0:
                busy_since = start[k + 1]
            k += 1
        if k < 0:
            out.phase[row, i], out.before[row, i], out.age_s[row, i], out.told[row, i] = 0, 0, OLD_S, NO_PHASE
            continue
        out.recipe[row, i] = product[k]
        if t >= end[k]:
            out.cycle[row, i] = k + 1
            out.phase[row, i], out.before[row, i], out.age_s[row, i], out.told[row, i] = 0, last, min(t - end[k], LONG_S), NO_PHASE
            continue
        out.cycle[row, i] = k
        length = end[k] - start[k]
        at = (t - start[k]) / length
        p = 0
        while p < last - 1 and at >= shares[product[k], p]:
            p += 1
        if last == 1:
            out.phase[row, i], out.before[row, i], out.age_s[row, i] = 1, 0, min(t - busy_since, OLD_S)
            out.told[row, i] = 0 if t - busy_since >= steady_s else NO_PHASE
            continue
        began = start[k] + (shares[product[k], p - 1] * length if p > 0 else 0.0)
        out.phase[row, i], out.age_s[row, i], out.told[row, i] = p + 1, t - began, p
        out.before[row, i] = p


@nb.njit(cache=True)
def _counted(changed: Any, state: Any, made_at: Any, made: Any, rejected: Any, t0: Any, row: Any, out: Any) -> None:
    """One machine's state and counters for whole seconds from ``t0``."""
    s = np.searchsorted(changed, t0, "right") - 1
    m = np.searchsorted(made_at, t0, "right")
    r = np.searchsorted(rejected, t0, "right")
    for i in range(out.state.shape[1]):
        t = t0 + i
        while s + 1 < len(changed) and changed[s + 1] <= t:
            s += 1
        while m < len(made_at) and made_at[m] <= t:
            m += 1
        while r < len(rejected) and rejected[r] <= t:
            r += 1
        out.state[row, i] = state[s]
        out.pieces[row, i] = made[m - 1] if m > 0 else 0
        out.rejects[row, i] = r


def _column(of: array[Any], kind: type[np.generic]) -> NDArray[Any]:
    return np.frombuffer(of, kind) if len(of) else np.empty(0, kind)


def cycles_of(course: Course) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Start, end and product of a course's cycles as arrays; they stand for the time until the simulation moves on."""
    return _column(course.start, np.float64), _column(course.end, np.float64), _column(course.product, np.int8)


def watched(machines: list[Machine], shares: list[NDArray[np.float64]], t0: int, out: Seconds) -> None:
    """Fill in what the machines did from second ``t0`` on."""
    for row, (machine, of) in enumerate(zip(machines, shares, strict=True)):
        course = machine.course
        steady = START_S if phases(machine.family) == PLAIN and machine.family not in ("uniformity", "xray", "balance", "vehicle") else 0.0
        _cycles(*cycles_of(course), of, float(t0), steady, row, out)
        _counted(_column(course.changed, np.float64), _column(course.state, np.int8), _column(course.made_at, np.float64),
                 _column(course.made, np.int64), _column(course.rejected, np.float64), float(t0), row, out)
