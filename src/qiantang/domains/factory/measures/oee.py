"""OEE after ISO 22400-2:2014: availability × effectiveness × quality ratio, each a ratio of sums kept as whole numbers.

    availability   = actual production time ÷ planned busy time                     (APT / PBT)
    effectiveness  = planned run time per item × produced quantity ÷ APT            (PRI × PQ / APT)
    quality ratio  = good quantity ÷ produced quantity                              (GQ / PQ)
    OEE            = availability × effectiveness × quality ratio
    NEE            = (APT + set-up time) ÷ PBT × effectiveness × quality ratio      (net equipment effectiveness)

A plant's OEE is that of the sums over its machines, never the mean of their ratios. The effectiveness is of the pieces made wholly within
the span and of the production time they took: of a piece begun before it only a part of the time is in it, and with the whole piece
against that part a short span would pass 100 %. So it is above 1, by more than instants are told exactly, only where the planned run
time is longer than a piece takes at best.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.measures.pieces import Counts
from qiantang.domains.factory.measures.states import MachineState, StateClock


@dataclass(frozen=True, slots=True)
class Oee:
    """The sums that OEE is made of: times in microseconds, quantities in pieces. ``timed`` is the production
    time of the pieces made wholly in the span, ``ideal`` what they would have taken at best. A ratio over nothing is unknown (None)."""

    busy: int
    production: int
    setup: int
    down: int
    waiting: int
    planned: int
    unknown: int
    timed: int
    ideal: int
    produced: int
    good: int

    @property
    def availability(self) -> Fraction | None:
        """Production time in the planned busy time."""
        return _ratio(self.production, self.busy)

    @property
    def effectiveness(self) -> Fraction | None:
        """How fast it worked while it worked; above 1 the ideal cycle is set too long."""
        return _ratio(self.ideal, self.timed)

    @property
    def quality(self) -> Fraction | None:
        """Good pieces among those made."""
        return _ratio(self.good, self.produced)

    @property
    def oee(self) -> Fraction | None:
        """Overall equipment effectiveness."""
        return _product(self.availability, self.effectiveness, self.quality)

    @property
    def nee(self) -> Fraction | None:
        """Net equipment effectiveness: as OEE, with set-up counted as production time in the availability."""
        return _product(_ratio(self.production + self.setup, self.busy), self.effectiveness, self.quality)

    def __add__(self, other: Oee) -> Oee:
        return Oee(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


NO_TIME = Oee(*(0,) * len(fields(Oee)))


def oee_of(clock: StateClock, counts: Counts) -> list[Oee]:
    """One OEE a machine, from its times and the pieces it made. Time in an unknown state is told and is in no ratio."""
    spent = clock.spent

    def column(state: MachineState) -> NDArray[np.int64]:
        return spent[:, state]

    busy = spent.sum(axis=1) - column(MachineState.PLANNED) - column(MachineState.UNKNOWN)
    timed = column(MachineState.PRODUCING) if counts.timed is None else counts.timed
    rows = zip(busy, column(MachineState.PRODUCING), column(MachineState.SETUP), column(MachineState.DOWN), column(MachineState.WAITING),
               column(MachineState.PLANNED), column(MachineState.UNKNOWN), timed, counts.ideal, counts.produced, counts.good, strict=True)
    return [Oee(*(int(value) for value in row)) for row in rows]


def together(of: Iterable[Oee]) -> Oee:
    """The OEE of several machines or spans: their sums."""
    return sum(of, NO_TIME)


def _ratio(above: int, below: int) -> Fraction | None:
    return Fraction(above, below) if below else None


def _product(*parts: Fraction | None) -> Fraction | None:
    product = Fraction(1)
    for part in parts:
        if part is None:
            return None
        product *= part
    return product
