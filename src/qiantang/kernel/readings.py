"""Readings of a plant's signals as columns: one array a property, never one object a reading."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import IntFlag
from typing import Any

import numpy as np
from numpy.typing import NDArray

NO_SEQUENCE = -1
"""The sequence of a reading whose source counts none."""


class Quality(IntFlag):
    """What is known against a reading; GOOD is nothing. Several can hold at once."""

    GOOD = 0
    BAD = 1
    """The source itself says that the value is not to be relied on."""
    STALE = 2
    """The source is not connected: its last value stands."""
    HISTORICAL = 4
    """Kept at the edge while the line was down and sent later; it is history, not news."""
    NOT_A_NUMBER = 8
    """NaN, infinite, or null."""
    CLOCK = 16
    """The source's clock was off by more than is allowed; its time was moved by its constant distance to ours, or the time of
    receipt taken."""
    UNIT = 32
    """The source changed its unit since it was last described."""


@dataclass(frozen=True, slots=True)
class Readings:
    """A batch of n readings, in the order they arrived. All arrays have the length n.

    ``signal`` is the number of the signal in the plant's directory; ``at`` the source's instant and ``received`` ours,
    both in microseconds UTC since 1970; ``value`` in the signal's own unit; ``quality`` bits of ``Quality``;
    ``sequence`` the source's own count, or NO_SEQUENCE.
    """

    signal: NDArray[np.int32]
    at: NDArray[np.int64]
    received: NDArray[np.int64]
    value: NDArray[np.float64]
    quality: NDArray[np.uint8]
    sequence: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.signal)

    def taken(self, which: NDArray[np.int64] | NDArray[np.bool_] | slice) -> Readings:
        """The readings at these places, in that order."""
        if isinstance(which, np.ndarray) and which.dtype == np.bool_:
            # The places are looked for once, not once a column.
            which = np.flatnonzero(which)
        return Readings(self.signal[which], self.at[which], self.received[which], self.value[which], self.quality[which], self.sequence[which])


def readings(signal: object, at: object, value: object, *, received: object = None, quality: object = 0,
             sequence: object = NO_SEQUENCE) -> Readings:
    """A batch of anything array-like; a single number stands for all. Without ``received`` they arrived when they were read."""
    signals = np.asarray(signal, np.int32)
    n = signals.shape

    def column(of: object, kind: type[np.generic]) -> NDArray[np.generic]:
        # A copy of its own: compiled kernels know arrays that can be written from those that cannot.
        return np.array(np.broadcast_to(np.asarray(of, kind), n), order="C")

    at_us = column(at, np.int64)
    return Readings(signals, at_us, at_us if received is None else column(received, np.int64),  # type: ignore[arg-type]  # made of that kind above
                    column(value, np.float64), column(quality, np.uint8), column(sequence, np.int64))  # type: ignore[arg-type]  # likewise


def together(batches: Iterable[Readings]) -> Readings:
    """Several batches as one, one after the other; none of them gives an empty one."""
    found = list(batches)
    if len(found) == 1:
        return found[0]
    if not found:
        return _NONE
    return Readings(*(_joined([getattr(b, f.name) for b in found]) for f in fields(Readings)))


_NONE = readings([], [], [])
_WORTH_IT = 1 << 20


def _joined(columns: list[NDArray[Any]]) -> NDArray[Any]:
    """Columns one after the other, as ``np.concatenate`` gives them; but the interpreter is only let go where that is worth it, for each time a
    thread has to wait for the others to come back."""
    if sum(column.nbytes for column in columns) > _WORTH_IT or any(column.dtype != columns[0].dtype for column in columns):
        return np.concatenate(columns)
    return np.frombuffer(bytearray().join([np.ascontiguousarray(column).data for column in columns]), columns[0].dtype)


class Directory:
    """Which number each signal has: given once by its address, never given to another, the same after a restart.

    An address is what the wires call a signal: ``group/edge/device/metric`` in Sparkplug, ``server|node`` in OPC UA,
    ``host:port/unit/register`` in Modbus, the topic in plain JSON.
    """

    def __init__(self, addresses: Iterable[str] = ()) -> None:
        self.addresses: list[str] = list(addresses)
        self._numbers = {address: number for number, address in enumerate(self.addresses)}

    def __len__(self) -> int:
        return len(self.addresses)

    def number(self, address: str) -> int:
        """The signal's number; a new address gets the next one."""
        found = self._numbers.get(address)
        if found is None:
            found = self._numbers[address] = len(self.addresses)
            self.addresses.append(address)
        return found

    def known(self, address: str) -> int | None:
        """The signal's number, None where the address was never named."""
        return self._numbers.get(address)
