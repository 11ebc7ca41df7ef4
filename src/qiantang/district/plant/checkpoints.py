"""The charts as they were at places of the log, from which what follows a late reading is computed anew; and how they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qiantang.district.plant.raisings import Raising
from qiantang.domains.factory.charts.analysis import Analysis, ChartsState
from qiantang.domains.factory.charts.first_points import HeldPoints
from qiantang.domains.factory.charts.relearning import Anew
from qiantang.domains.factory.ordering import Ordering
from qiantang.domains.factory.recent import NEVER
from qiantang.kernel.words import Text


@dataclass(frozen=True, slots=True)
class LearntAgain:
    """Signals and machines whose phase I began anew at an instant: by whom, and why. Machines forget what they learnt since something was
    ``wrong_since``."""

    anew: Anew
    wrong_since: int
    at: int
    by: str
    why: Text

    def begin(self, analysis: Analysis) -> None:
        """Have the charts begin anew."""
        analysis.learn_again(np.array(self.anew.signals, np.int64), self.anew.machines, self.wrong_since, at=self.at, who=self.by, why=self.why)

    def written(self) -> list[object]:
        """As plain values."""
        return [*_plain(self.anew), self.wrong_since, self.at, self.by, self.why.zh, self.why.en]

    @classmethod
    def read(cls, written: Sequence[Any]) -> LearntAgain:
        """What was written."""
        signals, machines, wrong_since, at, by, zh, en = written
        return cls(Anew(tuple(signals), tuple(machines)), wrong_since, at, by, Text(zh, en))


@dataclass(frozen=True, slots=True)
class ArmedAgain:
    """Signals and machines of which what is still wrong is to be raised anew."""

    anew: Anew

    def begin(self, analysis: Analysis) -> None:
        """Arm the charts."""
        analysis.arm_again(self.anew.signals)
        for machine in self.anew.machines:
            analysis.machines.arm_again(machine)

    def written(self) -> list[object]:
        """As plain values."""
        return _plain(self.anew)


def _plain(anew: Anew) -> list[object]:
    return [list(anew.signals), list(anew.machines)]


def begun(written: Sequence[Any] | None) -> LearntAgain | ArmedAgain | None:
    """What charts began anew, as it was written; None where they did not."""
    if written is None:
        return None
    return LearntAgain.read(written) if len(written) > 2 else ArmedAgain(Anew(*map(tuple, written)))


@dataclass(slots=True)
class Checkpoint:
    """The charts as they were when each source had been handed on up to its frontier, and what was raised since; ``since`` says for each
    signal from which instant on nothing was. ``begun`` is what began anew at this very place, just before."""

    frontier: NDArray[np.int64]
    since: NDArray[np.int64]
    charts: ChartsState
    raisings: list[Raising] = field(default_factory=list)
    begun: LearntAgain | ArmedAgain | None = None

    def know(self, ordering: Ordering) -> None:
        """The sources and signals there are now: those that came later were not handed on from then."""
        self.frontier = np.concatenate([self.frontier, ordering.frontier[len(self.frontier):]])
        unread = ordering.judged_from(self.frontier, np.full(len(ordering.source), NEVER))
        self.since = np.concatenate([self.since, unread[len(self.since):]])


class SharedBlocks:
    """Blocks of points of the states of one snapshot, each once, with as many rows as the longest state has of it."""

    def __init__(self) -> None:
        self._place: dict[int, int] = {}
        self._blocks: list[NDArray[np.float64]] = []
        self._rows: list[int] = []

    def told(self, state: ChartsState) -> dict[str, list[Any]]:
        """For each machine by its number how many points there are, and the numbers of their blocks; ``charts_state`` reads it."""
        return {str(machine): [points.n, [self._number(points, k) for k in range(len(points.blocks))]] for machine, points in state.points.items()}

    def _number(self, points: HeldPoints, k: int) -> int:
        block = points.blocks[k]
        number = self._place.setdefault(id(block), len(self._blocks))
        if number == len(self._blocks):
            self._blocks.append(block)
            self._rows.append(0)
        self._rows[number] = max(self._rows[number], points.filled(k))
        return number

    def tables(self) -> list[NDArray[np.float64]]:
        """The blocks by their number, shared and not copied."""
        return [block[:rows] for block, rows in zip(self._blocks, self._rows, strict=True)]


def charts_state(packed: bytes, told: Mapping[str, Sequence[Any]], tables: Sequence[NDArray[np.float64]]) -> ChartsState:
    """A state as it was told, over the tables of its snapshot."""
    return ChartsState(packed, {int(machine): HeldPoints(tuple(tables[k] for k in blocks), n) for machine, (n, blocks) in told.items()})
