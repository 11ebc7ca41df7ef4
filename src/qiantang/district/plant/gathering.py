"""Readings on their way into the history, gathered in memory that is used again: joining them all at once, when a file is due, kept charts waiting."""

from __future__ import annotations

import numba
import numpy as np

from qiantang.kernel.readings import Readings, readings

_FEW = 8_192
"""Fewer are copied without letting the interpreter go: the way back to it would take longer."""


class Gathering:
    """Readings one after the other. ``held`` is theirs until ``clear``, after which they are written over."""

    def __init__(self, usual: int) -> None:
        self._usual, self._n = usual, 0
        self._room = _empty(0)

    def __len__(self) -> int:
        return self._n

    def add(self, piece: Readings) -> None:
        """Copy a piece behind what is held."""
        n = self._n + len(piece)
        if n > len(self._room):
            before, self._room = self._room, _empty(max(n + n // 4, self._usual))
            self._put(before.taken(slice(0, self._n)), 0)
        self._put(piece, self._n)
        self._n = n

    @property
    def held(self) -> Readings:
        """All of them."""
        return self._room.taken(slice(0, self._n))

    def clear(self) -> None:
        """Begin anew; what a flood made is let go."""
        self._n = 0
        if len(self._room) > 4 * self._usual:
            self._room = _empty(0)

    def _put(self, piece: Readings, place: int) -> None:
        copied = _copied_at_once if len(piece) < _FEW else _copied
        to = self._room
        copied(piece.signal, piece.at, piece.received, piece.value, piece.quality, piece.sequence, place,
               to.signal, to.at, to.received, to.value, to.quality, to.sequence)


def _empty(n: int) -> Readings:
    return readings([], [], []) if not n else Readings(np.empty(n, np.int32), np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n), np.empty(n, np.uint8),
                                                       np.empty(n, np.int64))


_KINDS = (numba.int32, numba.int64, numba.int64, numba.float64, numba.uint8, numba.int64)
_OF_A_COPY = (*(numba.types.Array(kind, 1, "A", readonly=True) for kind in _KINDS), numba.int64, *(numba.types.Array(kind, 1, "C") for kind in _KINDS))


@numba.njit(inline="always")
def _copy(signal, at, received, value, quality, sequence, place,  # type: ignore[no-untyped-def]  # compiled: numba infers
          to_signal, to_at, to_received, to_value, to_quality, to_sequence):
    stop = place + len(signal)
    to_signal[place:stop], to_at[place:stop], to_received[place:stop] = signal, at, received
    to_value[place:stop], to_quality[place:stop], to_sequence[place:stop] = value, quality, sequence


@numba.njit(_OF_A_COPY, cache=True, nogil=True)
def _copied(signal, at, received, value, quality, sequence, place,  # type: ignore[no-untyped-def]  # compiled: numba infers
            to_signal, to_at, to_received, to_value, to_quality, to_sequence):
    _copy(signal, at, received, value, quality, sequence, place, to_signal, to_at, to_received, to_value, to_quality, to_sequence)


@numba.njit(_OF_A_COPY, cache=True)
def _copied_at_once(signal, at, received, value, quality, sequence, place,  # type: ignore[no-untyped-def]  # compiled: numba infers
                    to_signal, to_at, to_received, to_value, to_quality, to_sequence):
    _copy(signal, at, received, value, quality, sequence, place, to_signal, to_at, to_received, to_value, to_quality, to_sequence)
