"""The signals that births state: their numbers in the plant's directory, the datatype and unit each had first, and its last value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qiantang.kernel.readings import Directory, Quality, Readings, readings

_ROOM = 1024


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What a birth says otherwise than the first one did."""

    what: Literal["unit", "datatype"]
    was: str | int
    now: str | int


class Signals:
    """``standing`` is a mark for each signal by its number: ``Quality.UNIT`` while its unit or datatype is another than at first. ``last`` is its
    last value, NaN before any; whoever takes readings keeps it. No more than ``most`` signals are entered in the directory."""

    def __init__(self, directory: Directory, most: int) -> None:
        self.directory = directory
        self.standing = np.zeros(_ROOM, np.uint8)
        self.last = np.full(_ROOM, np.nan)
        self._most = most
        self._first: dict[int, tuple[int, str]] = {}

    def number(self, place: str) -> int | None:
        """The number of the signal at an address; None where it is new and there is no room for more."""
        if self.directory.known(place) is None and len(self.directory) >= self._most:
            return None
        signal = self.directory.number(place)
        if signal >= len(self.last):
            more = max(len(self.last), signal + 1)
            self.last = np.concatenate([self.last, np.full(more, np.nan)])
            self.standing = np.concatenate([self.standing, np.zeros(more, np.uint8)])
        return signal

    def stated(self, signal: int, datatype: int, unit: str) -> Contradiction | None:
        """A birth states this of a signal, which is marked where that is not what it first was, and unmarked where it is so again. Gives what
        is to be told: a mark that is new."""
        was_datatype, was_unit = self._first.setdefault(signal, (datatype, unit))
        marked = bool(self.standing[signal] & Quality.UNIT)
        if (was_datatype, was_unit) == (datatype, unit):
            self.standing[signal] &= ~np.uint8(Quality.UNIT)
            return None
        self.standing[signal] |= np.uint8(Quality.UNIT)
        if marked:
            return None
        return Contradiction("unit", was_unit, unit) if was_unit != unit else Contradiction("datatype", was_datatype, datatype)

    def accept(self, signal: int, stated: tuple[int, str] | None) -> None:
        """What is stated of a signal now, its datatype and unit, is right: it is marked no more."""
        self.standing[signal] &= ~np.uint8(Quality.UNIT)
        if stated is not None:
            self._first[signal] = stated

    def stale(self, signals: NDArray[np.int64], at: int, received: int | None = None) -> Readings:
        """The last values of signals, marked stale at an instant (microseconds UTC); one that never had any is marked as no number too."""
        values = self.last[signals]
        marks = np.uint8(Quality.STALE) | self.standing[signals] | np.where(np.isfinite(values), 0, Quality.NOT_A_NUMBER).astype(np.uint8)
        return readings(signals, at, values, received=at if received is None else received, quality=marks)

    def written(self) -> dict[str, tuple[int, str]]:
        """Datatype and unit that each signal had first, by its address."""
        return {self.directory.addresses[signal]: first for signal, first in self._first.items()}

    def restore(self, written: Mapping[str, tuple[int, str]]) -> None:
        """Take up what was written."""
        for place, (datatype, unit) in written.items():
            self._first[self.directory.number(place)] = (datatype, unit)
