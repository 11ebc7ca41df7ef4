"""Pieces as they leave a machine: counts, takt and cycle time, first-pass yield and energy a piece, all ratios of sums."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray


class Fate(IntEnum):
    """What a machine or a test said of a piece."""

    SCRAP = 0
    GOOD = 1
    REWORK = 2
    """To be done again; it is neither good nor lost yet."""


@dataclass(frozen=True, slots=True)
class PieceEvents:
    """Pieces leaving machines, one a row: the asset's number, the piece's number, the instant it left and how long it took (both
    in microseconds; 0: not timed), its fate, and which time it is there (1: the first)."""

    asset: NDArray[np.int32]
    piece: NDArray[np.int64]
    at: NDArray[np.int64]
    took: NDArray[np.int64]
    fate: NDArray[np.int8]
    turn: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.asset)


def piece_events(asset: object, piece: object, at: object, *, took: object = 0, fate: object = Fate.GOOD, turn: object = 1) -> PieceEvents:
    """Pieces from anything array-like; a single number stands for all."""
    pieces = np.asarray(piece, np.int64)

    def column(of: object, kind: type[np.generic]) -> NDArray[np.generic]:
        return np.ascontiguousarray(np.broadcast_to(np.asarray(of, kind), pieces.shape))

    return PieceEvents(column(asset, np.int32), pieces, column(at, np.int64), column(took, np.int64),  # type: ignore[arg-type]  # made of that kind
                       column(fate, np.int8), column(turn, np.int16))  # type: ignore[arg-type]  # likewise


class Counts:
    """What ``assets`` machines made so far: pieces, good ones, scrap, those sent back, first turns and those good at once.

    ``ideal_cycle`` is how long a piece takes at best on each machine (microseconds; 0: not timed). ``cut`` is what of that
    belongs to production before the time that is counted, and ``timed`` the production time to compare with where it is not all of it
    (microseconds both).
    """

    def __init__(self, ideal_cycle: NDArray[np.int64]) -> None:
        assets = len(ideal_cycle)
        self.ideal_cycle = ideal_cycle
        self.produced, self.good, self.scrap, self.rework, self.first, self.first_good, self.cut = (np.zeros(assets, np.int64) for _ in range(7))
        self.timed: NDArray[np.int64] | None = None

    def feed(self, events: PieceEvents) -> None:
        """Count a batch."""
        assets = len(self.ideal_cycle)
        once = events.turn == 1
        for counts, which in ((self.produced, np.ones(len(events), np.bool_)), (self.good, events.fate == Fate.GOOD),
                              (self.scrap, events.fate == Fate.SCRAP), (self.rework, events.fate == Fate.REWORK), (self.first, once),
                              (self.first_good, once & (events.fate == Fate.GOOD))):
            np.add(counts, np.bincount(events.asset[which], minlength=assets), out=counts)

    @property
    def ideal(self) -> NDArray[np.int64]:
        """How long the pieces wholly made would have taken at best, in microseconds."""
        found: NDArray[np.int64] = self.produced * self.ideal_cycle - self.cut
        return found

    def first_pass_yield(self, assets: NDArray[np.int64] | slice = slice(None)) -> Fraction | None:
        """Pieces good at the first turn among those that came for the first time; None where none came."""
        return _ratio(int(self.first_good[assets].sum()), int(self.first[assets].sum()))


def takt(at: NDArray[np.int64], since: int, until: int) -> Fraction | None:
    """Seconds a piece in the span [since, until): its length over the pieces that left the line in it; None where none did."""
    return _ratio(until - since, int(((at >= since) & (at < until)).sum()) * 1_000_000)


def takt_by_span(at: NDArray[np.int64], since: int, until: int, span: int) -> list[Fraction | None]:
    """The takt of each whole span from ``since`` up to ``until``."""
    many = max((until - since) // span, 0)
    place = (at - since) // span
    counts = np.bincount(place[(at >= since) & (place < many)], minlength=many)
    return [_ratio(span, int(count) * 1_000_000) for count in counts]


@dataclass(frozen=True, slots=True)
class Cycles:
    """How long a machine took: how many pieces were timed, and the mean, middle and slow end of it in seconds."""

    timed: int
    mean: float
    median: float
    slow: float
    """Nineteen of twenty took no longer."""


def cycles(took: NDArray[np.int64]) -> Cycles | None:
    """The cycle times (microseconds) that were timed; None where none was."""
    timed = took[took > 0]
    if not len(timed):
        return None
    middle, slow = np.quantile(timed, [0.5, 0.95]) / 1e6
    return Cycles(len(timed), float(timed.mean() / 1e6), float(middle), float(slow))


def metered(counter: NDArray[np.float64]) -> float:
    """What a running meter counted over its readings, in its unit; a meter that starts again at 0 goes on from there."""
    if len(counter) < 2:
        return 0.0
    steps = np.diff(counter)
    return float(np.where(steps < 0, counter[1:], steps).sum())


def energy_per_piece(kwh: float, good: int) -> float | None:
    """Energy over the good pieces made with it, kWh a piece; None where none was good."""
    return kwh / good if good else None


def rolled_yield(first_pass: list[Fraction | None]) -> Fraction | None:
    """The chance that a piece passes every step at once: the product of the steps' first-pass yields; None where one is unknown."""
    product = Fraction(1)
    for step in first_pass:
        if step is None:
            return None
        product *= step
    return product


def _ratio(above: int, below: int) -> Fraction | None:
    return Fraction(above, below) if below else None
