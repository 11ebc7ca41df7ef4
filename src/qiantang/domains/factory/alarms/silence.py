"""A source that has fallen silent, as one alarm: the gateway or server through which stale signals came, since when, and how many they are.

What is stale is read from readings in their order, so that the same log gives the same alarms. A signal's own alarm of bad quality is
held back while its source is silent; what is still bad once the source is heard again is raised then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from qiantang.domains.factory.alarm import Alarm
from qiantang.domains.factory.alarms.bearing import MINUTE
from qiantang.domains.factory.alarms.entry import Key
from qiantang.domains.factory.alarms.grouping import SILENT, connection
from qiantang.domains.factory.glances import any_has
from qiantang.domains.factory.plant import Plant
from qiantang.kernel.readings import Quality, Readings

_RETURNING = MINUTE
"""So long after some of its signals came back a source is waited for before those that did not are told as what they are."""
_STALE = int(Quality.STALE)


def of_a_silent_source(alarm: Alarm) -> bool:
    """Whether a chart says only that its signal's source is silent."""
    return alarm.rule == "quality" and bool(int(alarm.value) & _STALE)


@dataclass(frozen=True, slots=True)
class Said:
    """What silences came to: alarms that begin, and what is over (when, asset, signal, rule)."""

    alarms: tuple[Alarm, ...]
    over: tuple[tuple[int, str, int, str], ...]


@dataclass(slots=True)
class _Source:
    """A gateway or server: its signals, what an alarm of it is of, and how it stands. ``told`` is how many stale signals were told last,
    ``shrunk`` until when those are waited for that did not come back with the others (0: all are stale still, or none)."""

    signals: list[int] = field(default_factory=list)
    asset: str = ""
    signal: int = -1
    told: int = 0
    shrunk: int = 0


class Silences:
    """Which signals of a plant are stale, by the source through which they come. ``heard`` readings in their order, then ``ended`` a step."""

    def __init__(self, plant: Plant) -> None:
        self._since: dict[int, int] = {}
        """Of each stale signal, since when."""
        self._bad: dict[int, tuple[int, int]] = {}
        """Of signals that are heard again and bad all the same: when, and what is known against them."""
        self._sources: dict[str, _Source] = {}
        self._touched: dict[str, int] = {}
        """Sources of which something changed in this step, and when last."""
        self._know(plant)

    def _know(self, plant: Plant) -> None:
        before, self._sources = self._sources, {}
        self._assets = {signal.number: signal.asset for signal in plant.signals}
        self._through = {signal.number: connection(signal.address) for signal in plant.signals if signal.address}
        for number, through in sorted(self._through.items()):
            self._sources.setdefault(through, _Source()).signals.append(number)
        taken: set[str] = set()
        for through, source in self._sources.items():
            # A gateway that the plant lists itself is what the alarm is of, else the unit of its first signal.
            own = through.rpartition("/")[2]
            named = own in plant.asset and own not in taken
            source.asset, source.signal = (own, -1) if named else (self._assets[source.signals[0]], source.signals[0])
            taken.add(source.asset)
            if through in before:
                source.told, source.shrunk = before[through].told, before[through].shrunk

    def go_on(self, plant: Plant) -> None:
        """Go on for the plant as it is now."""
        self._know(plant)
        self._since = {signal: at for signal, at in self._since.items() if signal in self._through}
        self._bad = {signal: one for signal, one in self._bad.items() if signal in self._through}

    def heard(self, readings: Readings) -> None:
        """Readings in the order of their time, source by source."""
        if not self._since and not any_has(np.ascontiguousarray(readings.quality), _STALE):
            return
        stale = readings.quality & _STALE != 0
        look = np.flatnonzero(stale | np.isin(readings.signal, np.fromiter(self._since, np.int32, len(self._since)))) if self._since else np.flatnonzero(stale)
        for place in look[np.argsort(readings.at[look], kind="stable")].tolist():
            signal, at, quality = int(readings.signal[place]), int(readings.at[place]), int(readings.quality[place])
            through = self._through.get(signal)
            if through is None:
                continue
            if quality & _STALE:
                if signal not in self._since:
                    self._since[signal] = at
                    self._bad.pop(signal, None)
                    self._touched[through] = max(at, self._touched.get(through, 0))
            elif self._since.pop(signal, None) is not None:
                self._bad[signal] = (at, quality)
                self._touched[through] = max(at, self._touched.get(through, 0))

    def ended(self, clock: int, offset: int, still: Callable[[Key], bool]) -> Said:
        """A step has ended; ``still`` says whether the charts call a signal's readings bad."""
        alarms: list[Alarm] = []
        over: list[tuple[int, str, int, str]] = []
        for signal, (at, quality) in sorted(self._bad.items()):
            asset = self._assets[signal]
            if still((asset, signal, "quality")):
                alarms.append(Alarm(f"s{signal}:quality:{at}", signal, asset, "quality", at, at, float(quality), 0.0, offset))
        self._bad = {}
        due = {through for through, source in self._sources.items() if source.shrunk and clock >= source.shrunk}
        for through in sorted({*self._touched, *due}):
            source = self._sources.get(through)
            if source is None:
                continue
            stale = [signal for signal in source.signals if signal in self._since]
            at = self._touched.get(through, source.shrunk)
            if source.told and (not stale or through in due):
                over.append((at, source.asset, source.signal, SILENT))
                source.told = source.shrunk = 0
            if len(stale) > source.told:
                alarms.append(self._alarm(source, stale, at, offset))
                source.told, source.shrunk = len(stale), 0
            elif len(stale) < source.told:
                source.shrunk = clock + _RETURNING
        self._touched = {}
        return Said(tuple(alarms), tuple(over))

    def _alarm(self, source: _Source, stale: Collection[int], at: int, offset: int) -> Alarm:
        subject = f"s{source.signal}" if source.signal >= 0 else source.asset
        return Alarm(f"{subject}:{SILENT}:{at}", source.signal, source.asset, SILENT, at, min(self._since[signal] for signal in stale), float(len(stale)),
                     float(len(source.signals)), offset, readings=len(stale), others=tuple(stale))

    def holds(self, key: Key) -> bool:
        """Whether the source that an alarm is of is silent still."""
        asset, signal, _ = key
        return any(source.told and (source.asset, source.signal) == (asset, signal) for source in self._sources.values())

    # --- kept and taken up again ---

    def written(self) -> dict[str, Any]:
        """As plain values, when a step has ended."""
        sources = {name: [s.told, s.shrunk] for name, s in self._sources.items() if s.told}
        return {"since": [[signal, at] for signal, at in self._since.items()], "sources": sources}

    def read(self, written: Mapping[str, Any] | None) -> None:
        """Take up what was written; nothing where nothing was."""
        pairs: Iterable[Any] = () if written is None else written["since"]
        self._since = {int(signal): int(at) for signal, at in pairs if int(signal) in self._through}
        for name, (told, shrunk) in ({} if written is None else written["sources"]).items():
            if name in self._sources:
                self._sources[name].told, self._sources[name].shrunk = told, shrunk
