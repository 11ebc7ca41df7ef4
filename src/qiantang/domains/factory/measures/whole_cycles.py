"""How much of what was made lies wholly in the time when the machine's state was known, and in how much production time.

A span begins in the middle of a cycle and ends in the middle of another. Where a machine counts its pieces, what it would have needed at
best is compared with the time it took over its whole cycles only: from one piece counted to the next. A piece that is told of with its
own beginning and end is compared by the part of it that lies in the span, with all production time.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.measures.states import MachineState
from qiantang.kernel.pieces import PieceEvent

_NEVER = -1
_LONG = 20
_COLUMNS = ("cut", "timed", "state", "told_at", "since", "known_since", "run", "doubt")


class WholeCycles:
    """The whole cycles of machines, one row each, whose ``ideal`` cycle is in microseconds (0: none); those that are ``counting`` count
    their pieces themselves. What happened to a machine comes in the order of its time; how it is cut into batches changes nothing."""

    def __init__(self, ideal: NDArray[np.int64], counting: NDArray[np.bool_]) -> None:
        machines = len(ideal)
        self._ideal, self._counting = ideal, counting
        self.cut, self._timed = np.zeros(machines, np.int64), np.zeros(machines, np.int64)
        """What the pieces would have taken at best that may have been begun before the machine's state was known, and the production time
        of all others that were counted (microseconds)."""
        self._state, self._told_at, self._since = (np.zeros(machines, np.int64) for _ in range(3))
        self._known_since, self._run = np.full(machines, _NEVER, np.int64), np.zeros(machines, np.int64)
        self._doubt = np.ones(machines, np.int64)

    def feed(self, told: tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int8]],
             pieces: tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]) -> None:
        """States told (machine, instant in microseconds, MachineState) and pieces counted (machine, instant, how many). A state from before
        the last of its machine is passed over, as ``StateClock`` does."""
        timely = told[1] >= self._told_at[told[0]]
        machine, at, state = (column[timely] for column in told)
        np.maximum.at(self._told_at, machine, at)
        order = np.lexsort((at, machine))
        machine, at, state = machine[order], at[order], state[order]
        first = np.r_[True, machine[1:] != machine[:-1]][:len(machine)]
        before = np.where(first, self._state[machine], np.r_[np.int8(0), state[:-1]][:len(state)])
        changed = state != before
        changes = zip(at[changed].tolist(), machine[changed].tolist(), state[changed].tolist(), strict=True)
        counted = zip(pieces[1].tolist(), pieces[0].tolist(), pieces[2].tolist(), strict=True)
        # At one instant a piece comes before the state that follows it.
        for instant, kind, of, what in sorted([*((i, 0, m, n) for i, m, n in counted), *((i, 1, m, s) for i, m, s in changes)]):
            self._passed(of, instant)
            if kind == 0:
                self._made(of, what)
                continue
            self._state[of] = what
            if what == MachineState.UNKNOWN:
                self._doubt[of], self._known_since[of] = True, _NEVER
            elif self._known_since[of] == _NEVER:
                self._known_since[of] = instant

    def told(self, of: int, event: PieceEvent) -> None:
        """A piece of a machine that does not count itself. Of one told without a duration it is not known when it was begun: the first is
        not compared."""
        known, took, ideal = int(self._known_since[of]), event.until - event.since, int(self._ideal[of])
        if known == _NEVER or event.until <= known:
            self.cut[of] += ideal
        elif took > 0:
            self.cut[of] += ideal * max(known - event.since, 0) // took
        elif self._doubt[of]:
            self.cut[of] += ideal
            self._doubt[of] = False

    def timed_by(self, now: int, production: NDArray[np.int64]) -> NDArray[np.int64]:
        """The production time to compare with, up to an instant, of all ``production`` time (microseconds). A machine that claims to produce
        and makes nothing is not at its best: of a piece that is awaited, what goes beyond twenty ideal cycles is in it."""
        running = self._run + np.where(self._state == MachineState.PRODUCING, np.maximum(now - self._since, 0), 0)
        awaited = np.where(self._ideal > 0, np.maximum(running - _LONG * self._ideal, 0), 0)
        found: NDArray[np.int64] = np.where(self._counting, self._timed + awaited, production)
        return found

    def columns(self) -> dict[str, NDArray[np.int64]]:
        """Everything needed to go on, one row a machine."""
        return {name: getattr(self, name if name == "cut" else f"_{name}") for name in _COLUMNS}

    def restore(self, columns: Mapping[str, NDArray[np.int64]], here: NDArray[np.intp], there: NDArray[np.intp]) -> None:
        """Become, in the rows ``here``, what the rows ``there`` of the columns say."""
        for name, column in self.columns().items():
            column[here] = columns[name][there]

    def _passed(self, of: int, instant: int) -> None:
        passed = max(instant - int(self._since[of]), 0)
        if self._state[of] == MachineState.PRODUCING:
            self._run[of] += passed
        self._since[of] += passed

    def _made(self, of: int, many: int) -> None:
        if self._doubt[of]:
            self.cut[of] += many * self._ideal[of]
        else:
            self._timed[of] += self._run[of]
        self._run[of], self._doubt[of] = 0, self._state[of] == MachineState.UNKNOWN
