"""What was handed on lately: kept to recognise what is repeated, and to compute a window anew when a reading comes late."""

from __future__ import annotations

from collections.abc import Sequence

import numba
import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.glances import newest
from qiantang.kernel.readings import Readings, together

_I4, _I8 = (numba.types.Array(kind, 1, "C", readonly=True) for kind in (numba.int32, numba.int64))
NEVER = np.iinfo(np.int64).min // 4
"""Before every instant, and far enough from the end of the numbers to be reckoned with."""
_SLOTS = numba.types.Array(numba.uint64, 1, "C")


NOWHERE = -1
"""The place of what does not lie in the log as it was handed on: it waited there with others, or more than once."""

Chunk = tuple[Readings, ...]
"""What was handed on between two closings, in pieces."""
_SMALL = 4096
"""Pieces smaller than this, in the mean, are joined: what each takes beside its readings would weigh."""


class Recent:
    """The readings handed on in the last ``horizon_us``, at most ``most`` of them, in chunks.

    Whether a reading is among them is looked up in a table of 64-bit marks of (signal, time, sequence), which is only made when
    somebody asks; two different readings share a mark once in about 10¹².
    """

    def __init__(self, horizon_us: int, most: int) -> None:
        self.horizon_us, self.most = horizon_us, most
        self.source = np.zeros(0, np.int32)
        self.forgotten = np.zeros(0, np.int64)
        """For each source the latest time of what is no longer kept: what happened up to then cannot be computed anew."""
        self._chunks: list[Chunk] = []
        self._places: list[tuple[int, ...]] = []
        self._open: list[Readings] = []
        self._open_at: list[int] = []
        self._upto: list[int] = []
        self._count, self._newest = 0, NEVER
        self._marks: _Marks | None = None

    def __len__(self) -> int:
        return self._count

    def know(self, source: NDArray[np.int32], sources: int) -> None:
        """The source of each signal, and how many sources there are."""
        self.source = source
        self.forgotten = np.concatenate([self.forgotten, np.full(sources - len(self.forgotten), NEVER, np.int64)])

    def regroup(self, source: NDArray[np.int32], forgotten: NDArray[np.int64]) -> None:
        """Other sources: that of each signal, and what of each is no longer kept."""
        self.source, self.forgotten = source, forgotten

    def add(self, piece: Readings, place: int = NOWHERE) -> None:
        """Keep a piece; ``place`` is where in the log it lies as it is."""
        if len(piece):
            self._open.append(piece)
            self._open_at.append(place)
            self._count += len(piece)
            if self._marks is not None:
                self._marks.lack(piece)

    def close(self) -> None:
        """Make a chunk of what was added since the last closing, and forget what is too old or too much: only here, so that
        what is remembered does not depend on how readings were split into batches."""
        if self._open:
            opened = tuple(self._open)
            self._upto.append(max(int(newest(piece.at)) for piece in opened))
            self._newest = max(self._newest, self._upto[-1])
            if sum(map(len, opened)) >= _SMALL * len(opened):
                self._chunks.append(opened)
                self._places.append(tuple(self._open_at))
            else:
                self._chunks.append((together(opened),))
                self._places.append((_place(opened, self._open_at),))
            self._open, self._open_at = [], []
        while len(self._chunks) > 1 and (self._count > self.most or self._upto[0] < self._newest - self.horizon_us):
            self._upto.pop(0)
            self._places.pop(0)
            for gone in self._chunks.pop(0):
                self._count -= len(gone)
                _forget(self.forgotten, self.source, gone.signal, gone.at)
        if self._marks is not None and 2 * self._marks.lacking > self._count:
            self._marks = None

    def keep(self, chunks: Sequence[Chunk], places: Sequence[tuple[int, ...]], forgotten: NDArray[np.int64]) -> None:
        """Begin with what was kept before, in the same chunks, their pieces at these places."""
        self._chunks, self._places = list(chunks), list(places)
        self._open, self._open_at, self._marks = [], [], None
        self._upto = [max(int(piece.at.max()) for piece in chunk) for chunk in self._chunks]
        self._count, self._newest = sum(len(piece) for chunk in self._chunks for piece in chunk), max(self._upto, default=NEVER)
        self.forgotten[:len(forgotten)] = forgotten

    def holds(self, asked: Readings) -> NDArray[np.bool_]:
        """Which of these readings were handed on already; of those at or before ``forgotten`` the answer means nothing."""
        if self._marks is None or self._marks.full:
            self._marks = _Marks(self._pieces())
        return self._marks.hold(asked)

    def since(self, from_us: NDArray[np.int64]) -> Readings:
        """What was handed on at or after an instant that is each signal's own, as it was handed on."""
        found = together(self._pieces())
        return found.taken(found.at >= from_us[found.signal]) if len(found) else found

    @property
    def chunks(self) -> tuple[Chunk, ...]:
        """Everything kept, as it is kept; to be asked for after a closing."""
        return (*self._chunks, tuple(self._open)) if self._open else tuple(self._chunks)

    @property
    def places(self) -> tuple[tuple[int, ...], ...]:
        """Where in the log each piece of ``chunks`` lies as it is; NOWHERE for one that does not."""
        return (*self._places, tuple(self._open_at)) if self._open else tuple(self._places)

    def _pieces(self) -> list[Readings]:
        return [*(piece for chunk in self._chunks for piece in chunk), *self._open]


def _place(pieces: Sequence[Readings], places: Sequence[int]) -> int:
    """Where in the log some pieces lie one after the other."""
    follows = all(place >= 0 and place + len(piece) == after for piece, place, after in zip(pieces, places, places[1:], strict=False))
    return places[0] if follows else NOWHERE


class _Marks:
    """A table of the marks of some pieces, with room for as many more; marks of what was forgotten stay in it."""

    def __init__(self, pieces: Sequence[Readings]) -> None:
        self._slots = np.zeros(max(1 << 12, 1 << (4 * sum(map(len, pieces))).bit_length()), np.uint64)
        self._used, self.lacking = 0, 0
        """``lacking``: readings of pieces that are not marked yet."""
        self._unmarked: list[Readings] = []
        for piece in pieces:
            self.lack(piece)

    @property
    def full(self) -> bool:
        """Whether it has no room for what is lacking."""
        return 2 * (self._used + self.lacking) > len(self._slots)

    def lack(self, piece: Readings) -> None:
        """A piece that is to be marked before the next question."""
        self._unmarked.append(piece)
        self.lacking += len(piece)

    def hold(self, asked: Readings) -> NDArray[np.bool_]:
        """Which of these readings are marked."""
        for piece in self._unmarked:
            _mark(self._slots, piece.signal, piece.at, piece.sequence)
        self._used, self.lacking, self._unmarked = self._used + self.lacking, 0, []
        return np.asarray(_marked(self._slots, asked.signal, asked.at, asked.sequence))


@numba.njit((numba.types.Array(numba.int64, 1, "C"), _I4, _I4, _I8), cache=True, nogil=True)
def _forget(forgotten, source, signal, at):  # type: ignore[no-untyped-def]  # numba
    for i in range(len(signal)):
        g = source[signal[i]]
        forgotten[g] = max(forgotten[g], at[i])


@numba.njit(numba.uint64(numba.int64, numba.int64, numba.int64), cache=True, nogil=True, inline="always")
def _mark_of(signal, at, sequence):  # type: ignore[no-untyped-def]  # numba
    """A mark that is never zero, by multiplying and shifting (constants of SplitMix64, Steele, Lea, Flood 2014)."""
    x = numba.uint64(at) + numba.uint64(signal) * numba.uint64(0x9E3779B97F4A7C15) + numba.uint64(sequence) * numba.uint64(0xD1B54A32D192ED03)
    x = (x ^ (x >> numba.uint64(30))) * numba.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> numba.uint64(27))) * numba.uint64(0x94D049BB133111EB)
    return (x ^ (x >> numba.uint64(31))) | numba.uint64(1)


@numba.njit((_SLOTS, _I4, _I8, _I8), cache=True, nogil=True)
def _mark(slots, signal, at, sequence):  # type: ignore[no-untyped-def]  # numba
    last = numba.uint64(len(slots) - 1)
    for i in range(len(signal)):
        mark = _mark_of(signal[i], at[i], sequence[i])
        k = (mark >> numba.uint64(1)) & last
        while slots[k] != 0 and slots[k] != mark:
            k = (k + numba.uint64(1)) & last
        slots[k] = mark


@numba.njit((_SLOTS, _I4, _I8, _I8), cache=True, nogil=True)
def _marked(slots, signal, at, sequence):  # type: ignore[no-untyped-def]  # numba
    last = numba.uint64(len(slots) - 1)
    found = np.zeros(len(signal), np.bool_)
    for i in range(len(signal)):
        mark = _mark_of(signal[i], at[i], sequence[i])
        k = (mark >> numba.uint64(1)) & last
        while slots[k] != 0 and slots[k] != mark:
            k = (k + numba.uint64(1)) & last
        found[i] = slots[k] == mark
    return found
