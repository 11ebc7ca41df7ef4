"""The points that pages draw: of signals with standing alarms and of those somebody asked for, as their charts judged them.

Each of these signals is followed by charts of its own beside the plant's. Where following begins, what was before is read from the
history and judged by the baselines in force, in a thread of its own, so that the plant's charts wait for none of it. The points around
the moment an alarm was told are kept as they were then, whatever is learnt again later.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import Any, Final

import numpy as np

from qiantang.district.plant.folder import PlantFolder
from qiantang.district.plant.pipeline import Pipeline
from qiantang.domains.factory.alarms.entry import Entry
from qiantang.domains.factory.charts import layout, rules
from qiantang.domains.factory.charts.analysis import Analysis
from qiantang.domains.factory.charts.following import MOST, Followed, Plotted
from qiantang.engines.duckdb_history import History
from qiantang.kernel.readings import Readings, together

_MOST_FOLLOWED: Final = 32
"""Signals that are followed at once; of more alarms, those of the gravest."""
_AFTER: Final = 30
"""So many points after the moment of an alarm belong to what is kept of it."""
_EVERY_S: Final = 3.0


class _Beginning:
    """A signal of which what was before is being judged; what the plant's charts judge meanwhile waits. ``over`` once it is."""

    def __init__(self, signal: int, one: Followed, lately: Readings, before: Callable[[], Readings]) -> None:
        self.signal, self.one, self.meanwhile = signal, one, [lately]
        self.over = threading.Event()
        self._before = before
        threading.Thread(target=self._judge, name="traces", daemon=True).start()

    def _judge(self) -> None:
        # A history that cannot be read just now is no reason to follow nothing: then the points begin here.
        try:
            self.one.feed(self._before())
        finally:
            self.over.set()

    def joined(self, of: Analysis) -> Followed:
        """The signal as followed from now on, standing where the plant's charts stand."""
        for readings in self.meanwhile:
            self.one.feed(readings)
        self.one.go_on(of)
        return self.one


class Traces:
    """What is followed, and what was kept of alarms; all of it is made again from the history after a restart."""

    def __init__(self, folder: PlantFolder, history: Path | None) -> None:
        self._folder, self._history = folder, history
        self._followed: dict[int, Followed] = {}
        self._beginning: _Beginning | None = None
        self._then: dict[int, tuple[int, list[Plotted]]] = {}
        self._told_at = -_EVERY_S
        self._settings: object = None

    def seen(self, readings: Readings) -> None:
        """Readings that the plant's charts have judged, in their order."""
        beginning = self._beginning
        followed = [*self._followed.values(), *([] if beginning is None else [beginning.one])]
        if not followed:
            return
        wanted = np.zeros(max(int(readings.signal.max(initial=0)) + 1, 1), np.bool_)
        numbers = np.concatenate([one.signals for one in followed])
        wanted[numbers[numbers < len(wanted)]] = True
        of_them = readings.taken(wanted[readings.signal])
        if beginning is not None:
            beginning.meanwhile.append(of_them)
        for one in self._followed.values():
            one.feed(of_them)

    def tell(self, pipeline: Pipeline) -> None:
        """Follow what is to be followed as of now, and tell its points; to be asked when everything seen was judged."""
        if self._settings is not pipeline.settings:
            self._followed, self._beginning, self._settings = {}, None, pipeline.settings
        shown = [e for e in (*pipeline.register.shown(), *pipeline.register.held()) if e.alarm.signal >= 0]
        by_number = {s.number: s for s in pipeline.plant.signals}
        asked = [s.number for address in self._folder.asked() if (s := pipeline.plant.by_address.get(address)) is not None]
        wanted = [s for s in dict.fromkeys([*asked, *(e.alarm.signal for e in shown)])
                  if s in by_number and pipeline.settings.plan[s, layout.BY] < layout.UNCHARTED][:_MOST_FOLLOWED]
        self._followed = {s: one for s, one in self._followed.items() if s in wanted}
        for one in self._followed.values():
            one.go_on(pipeline.analysis)
        if self._beginning is not None and self._beginning.over.is_set():
            self._followed[self._beginning.signal] = self._beginning.joined(pipeline.analysis)
            self._beginning, self._told_at = None, -_EVERY_S
        new = next((s for s in wanted if s not in self._followed), None)
        if self._beginning is None and new is not None:
            self._beginning = self._begun(pipeline, new, by_number[new].rate_hz)
        raised: dict[int, int] = {}
        for entry in shown:
            raised[entry.alarm.signal] = max(raised.get(entry.alarm.signal, 0), entry.raised)
        self._keep(raised)
        now = time.monotonic()
        if now - self._told_at >= _EVERY_S:
            self._told_at = now
            self._folder.tell_traces({"signals": {by_number[s].address: self._signal(one) for s, one in self._followed.items()},
                                      "machines": _machines(pipeline)})

    def _begun(self, pipeline: Pipeline, signal: int, rate_hz: float) -> _Beginning:
        """Begin to follow a signal, with its points so far."""
        one = Followed(pipeline.settings, signal)
        one.learnt_as(pipeline.analysis)
        recent = np.full(len(pipeline.settings), np.iinfo(np.int64).max)
        recent[one.signals] = np.iinfo(np.int64).min
        lately = pipeline.ordering.anew(recent)
        until = int(lately.at.min()) if len(lately) else pipeline.clock
        return _Beginning(signal, one, lately, lambda: self._before(one, until - one.reach_us(rate_hz), until))

    def _before(self, one: Followed, since: int, until: int) -> Readings:
        """What the history has of a signal and its counters, in order of time."""
        if self._history is None or not self._history.is_dir():
            return together([])
        history = History(self._history, memory_mib=100, threads=1, asks_only=True)
        try:
            found = together([history.readings(int(signal), since, until) for signal in one.signals])
        finally:
            history.close()
        return found.taken(np.argsort(found.at, kind="stable"))

    def _keep(self, raised: Mapping[int, int]) -> None:
        """The points around the moment an alarm was told, until there are enough after it."""
        self._then = {signal: kept for signal, kept in self._then.items() if signal in raised}
        for signal, at in raised.items():
            one = self._followed.get(signal)
            known, kept = self._then.get(signal, (0, []))
            if one is not None and (known != at or sum(p.at > at for p in kept) < _AFTER):
                points = one.points()
                if points and points[0].at <= at:
                    self._then[signal] = (at, points)

    def _signal(self, one: Followed) -> dict[str, Any]:
        policy = one.policy.numbers()
        at, then = self._then.get(one.signal, (0, []))
        now = one.points()
        # What was kept of the alarm is told where it is not among the last points anyway.
        return {"limits": dict(zip(("limit", "ewma", "cusum", "drift"), (policy[0], policy[2], policy[4], policy[7]), strict=True)),
                "now": _columns(now), "then": _columns(then) if then and now and then[0].at < now[0].at else None, "raised": at}


def _columns(points: Sequence[Plotted]) -> dict[str, Any]:
    """Points as columns; what is not known is None."""
    def figures(name: str, digits: int) -> list[float | None]:
        return _figures([getattr(point, name) for point in points], digits)

    return {"at": [p.at for p in points], "value": figures("value", 10), **{name: figures(name, 5) for name in ("z", "average", "slow", "high", "low")},
            **{name: figures(name, 10) for name in ("centre", "sigma")}, "began": [list(p.began) for p in points]}


def _machines(pipeline: Pipeline) -> dict[str, Any]:
    """Of every machine with an alarm of its own, its last points: instants, and value and limit of each rule."""
    found: dict[str, Any] = {}
    numbers = {machine: number for number, machine in enumerate(pipeline.settings.machines)}
    alarmed: list[Entry] = [e for e in (*pipeline.register.shown(), *pipeline.register.held()) if e.alarm.rule in rules.OF_MACHINES]
    for entry in alarmed:
        number = numbers.get(entry.alarm.asset)
        if number is None or entry.alarm.asset in found:
            continue
        rows = pipeline.analysis.machines.trail.of(number)[-MOST:]
        found[entry.alarm.asset] = {"at": [int(at) for at in rows[:, 0]]} | {
            rule: {"value": _figures(rows[:, 1 + 2 * k].tolist(), 6), "limit": _figures(rows[:, 2 + 2 * k].tolist(), 6)}
            for k, rule in enumerate(rules.OF_MACHINES)}
    return found


def _figures(values: Sequence[float], digits: int) -> list[float | None]:
    return [None if isnan(value) else float(f"{value:.{digits}g}") for value in values]
