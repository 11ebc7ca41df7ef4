"""What was handed on lately: kept to recognise what is repeated, and to compute a window anew when a reading comes late."""

from __future__ import annotations

from collections.abc import Sequence

import numba
import numpy as np
from numpy.typing import NDArray

from qiantang.kernel.readings import Readings, together

_I4, _I8 = (numba.types.Array(kind, 1, "C", readonly=True) for kind in (numba.int32, numba.int64))
NEVER = np.iinfo(np.int64).min // 4
"""Before every instant, and far enough from the end of the numbers to be reckoned with."""
_SLOTS = numba.types.Array(numba.uint64, 1, "C")


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
        self._chunks: list[Readings] = []
        self._upto: list[int] = []
        self._count, self._newest, self._gone, self._closed = 0, NEVER, 0, 0
        self._slots, self._used, self._marked = np.zeros(1 << 12, np.uint64), 0, 0

    def __len__(self) -> int:
        return self._count

    def know(self, source: NDArray[np.int32], sources: int) -> None:
        """The source of each signal, and how many sources there are."""
        self.source = source
        self.forgotten = np.concatenate([self.forgotten, np.full(sources - len(self.forgotten), NEVER, np.int64)])

    def add(self, chunk: Readings) -> None:
        """Keep a chunk."""
        if len(chunk):
            self._chunks.append(chunk)
            self._count += len(chunk)

    def close(self) -> None:
        """Make one chunk of what was added since the last closing, and forget what is too old or too much: only here, so that
        what is remembered does not depend on how readings were split into batches."""
        closed, opened = self._chunks[:self._closed], self._chunks[self._closed:]
        if opened:
            chunk = together(opened)
            self._upto.append(int(chunk.at.max()))
            self._newest = max(self._newest, self._upto[-1])
            if self._marked > self._gone + self._closed:
                self._marked = self._gone + self._closed + (self._marked == self._gone + len(self._chunks))
            closed.append(chunk)
        self._chunks = closed
        while len(self._chunks) > 1 and (self._count > self.most or self._upto[0] < self._newest - self.horizon_us):
            gone = self._chunks.pop(0)
            self._upto.pop(0)
            self._count -= len(gone)
            self._gone += 1
            _forget(self.forgotten, self.source, gone.signal, gone.at)
        self._closed = len(self._chunks)

    def keep(self, chunks: Sequence[Readings], forgotten: NDArray[np.int64]) -> None:
        """Begin with what was kept before, in the same chunks."""
        self._chunks = list(chunks)
        self._upto = [int(c.at.max()) for c in self._chunks]
        self._count, self._newest = sum(map(len, self._chunks)), max(self._upto, default=NEVER)
        self.forgotten[:len(forgotten)] = forgotten
        self._closed = len(self._chunks)
        self._slots, self._used, self._marked, self._gone = np.zeros(1 << 12, np.uint64), 0, 0, 0

    def holds(self, asked: Readings) -> NDArray[np.bool_]:
        """Which of these readings were handed on already; of those at or before ``forgotten`` the answer means nothing."""
        unmarked = self._chunks[max(self._marked - self._gone, 0):]
        if 2 * (self._used + sum(map(len, unmarked))) > len(self._slots):
            self._slots, self._used, unmarked = np.zeros(1 << (4 * self._count).bit_length(), np.uint64), 0, self._chunks
        for chunk in unmarked:
            _mark(self._slots, chunk.signal, chunk.at, chunk.sequence)
            self._used += len(chunk)
        self._marked = self._gone + len(self._chunks)
        return np.asarray(_marked(self._slots, asked.signal, asked.at, asked.sequence))

    def since(self, from_us: NDArray[np.int64]) -> Readings:
        """What was handed on at or after an instant that is each source's own, as it was handed on."""
        found = together(self._chunks)
        return found.taken(found.at >= from_us[self.source[found.signal]]) if len(found) else found

    @property
    def chunks(self) -> tuple[Readings, ...]:
        """Everything kept, as it is kept."""
        return tuple(self._chunks)


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
