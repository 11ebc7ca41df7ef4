"""The signals that births state: their numbers in the plant's directory, what their datatype and unit mean, and their last values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qiantang.kernel.readings import Directory, Quality, Readings, readings
from qiantang.links.unit_book import UnitBook

_ROOM = 1024


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What a birth says otherwise than the workbook, or the first one where that states no unit."""

    what: Literal["unit", "datatype"]
    was: str | int
    now: str | int


class Signals:
    """``standing`` is a mark for each signal by its number: ``Quality.UNIT`` while its unit or datatype is in doubt. ``last`` is its
    last value, NaN before any; whoever takes readings keeps it. No more than ``most`` signals are entered in the directory."""

    def __init__(self, directory: Directory, most: int, units: UnitBook | None = None) -> None:
        self.directory = directory
        self.units = units or UnitBook()
        self.standing = np.zeros(_ROOM, np.uint8)
        self.last = np.full(_ROOM, np.nan)
        self._most = most
        self._stated: dict[int, tuple[int, str]] = {}
        self._scale, self._offset = np.ones(_ROOM), np.zeros(_ROOM)
        self._converting = False
        self._version = self.units.version

    def number(self, place: str) -> int | None:
        """The number of the signal at an address; None where it is new and there is no room for more."""
        if self.directory.known(place) is None and len(self.directory) >= self._most:
            return None
        signal = self.directory.number(place)
        if signal >= len(self.last):
            more = max(len(self.last), signal + 1)
            self.last = np.concatenate([self.last, np.full(more, np.nan)])
            self.standing = np.concatenate([self.standing, np.zeros(more, np.uint8)])
            self._scale, self._offset = np.concatenate([self._scale, np.ones(more)]), np.concatenate([self._offset, np.zeros(more)])
        return signal

    def stated(self, signal: int, datatype: int, unit: str) -> Contradiction | None:
        """A birth states this of a signal, which is marked where that is not what it should be, and unmarked where it is so again. Gives what
        is to be told: a mark that is new."""
        self._stated[signal] = (datatype, unit)
        marked = bool(self.standing[signal] & Quality.UNIT)
        meant = self.units.told(self.directory.addresses[signal], unit, datatype)
        self._scale[signal], self._offset[signal] = meant.into.scale, meant.into.offset
        self._converting |= meant.into.changes
        if meant.doubt is None:
            self.standing[signal] &= ~np.uint8(Quality.UNIT)
            return None
        self.standing[signal] |= np.uint8(Quality.UNIT)
        if marked:
            return None
        doubt = meant.doubt
        return Contradiction("unit", doubt.was, unit) if doubt.what == "unit" else Contradiction("datatype", doubt.datatype_was, datatype)

    def look_again(self) -> None:
        """See what was confirmed since: those signals are marked no more."""
        if self._version == self.units.version:
            return
        self._version = self.units.version
        for signal, (datatype, unit) in list(self._stated.items()):
            self.stated(signal, datatype, unit)

    def converted(self, taken: Readings) -> Readings:
        """Readings in the signals' own units, where a unit that was confirmed is another; the last values likewise."""
        if not self._converting or not len(taken):
            return taken
        signal = taken.signal
        other = np.flatnonzero((self._scale[signal] != 1.0) | (self._offset[signal] != 0.0))
        if len(other):
            of = signal[other]
            taken.value[other] = taken.value[other] * self._scale[of] + self._offset[of]
            news = other[taken.quality[other] & int(Quality.HISTORICAL) == 0]
            self.last[signal[news]] = taken.value[news]
        return taken

    def stale(self, signals: NDArray[np.int64], at: int, received: int | None = None) -> Readings:
        """The last values of signals, marked stale at an instant (microseconds UTC); one that never had any is marked as no number too."""
        values = self.last[signals]
        marks = np.uint8(Quality.STALE) | self.standing[signals] | np.where(np.isfinite(values), 0, Quality.NOT_A_NUMBER).astype(np.uint8)
        return readings(signals, at, values, received=at if received is None else received, quality=marks)

    def written(self) -> dict[str, tuple[int, str]]:
        """Datatype and unit that each signal had first, by its address."""
        places = [self.directory.addresses[signal] for signal in self._stated]
        return {place: first for place in places if (first := self.units.first(place)) is not None}

    def restore(self, written: Mapping[str, tuple[int, str]]) -> None:
        """Take up what was written."""
        for place, (datatype, unit) in written.items():
            self.units.remember(place, unit, datatype)
            signal = self.number(place)
            if signal is not None:
                self._stated[signal] = (datatype, unit)
