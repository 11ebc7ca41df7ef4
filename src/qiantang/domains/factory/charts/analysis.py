"""The charts of a whole plant, fed with readings in event-time order: what was raised, in columns, and as alarms.

The same readings give the same alarms however they are cut into batches, and after a restart from a snapshot.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.alarm import Alarm
from qiantang.domains.factory.arrays import packed, unpacked
from qiantang.domains.factory.charts import layout, rules
from qiantang.domains.factory.charts.carrying import Carried, carried, carry
from qiantang.domains.factory.charts.charting import charted
from qiantang.domains.factory.charts.first_points import HeldPoints
from qiantang.domains.factory.charts.fitting import (
    BASELINE,
    CENTRE,
    IN_FORCE,
    LEARNED,
    RAW_SCALE,
    SCALE,
    TRIES,
    VERSION,
)
from qiantang.domains.factory.charts.machines import NOT_YET, MachineEvent, Machines
from qiantang.domains.factory.charts.points import gathered
from qiantang.domains.factory.charts.policy import MOVED
from qiantang.domains.factory.charts.settings import ChartSettings
from qiantang.domains.factory.charts.state import aligned
from qiantang.domains.factory.glances import bounds
from qiantang.kernel.readings import Readings
from qiantang.kernel.words import Text

MACHINE = -1
"""The signal of an event that belongs to a whole machine."""
_CHUNK = 32_768
"""So many readings go through both kernels at a time: each kernel lets other threads work, and coming back costs a wait, while their points (56 bytes
each) still fit a processor's cache between the two."""


@dataclass(frozen=True, slots=True)
class Raised:
    """What began and what ceased in a batch.

    One row an event: ``index`` the place in the batch of the reading that decided it, ``signal`` its number or MACHINE,
    ``machine`` the number of the machine (-1: none), ``mask`` the rules that began, ``cleared`` those that ceased, either
    of which may be 0. One detail for each rule that began: ``event`` its row, ``bit``, ``at`` and ``since`` (µs UTC),
    ``value`` and ``limit``, ``readings`` in the pattern, ``version`` of the limits, ``others`` (details × OTHERS) the
    signals of the machine that moved with it, -1 where there are fewer.
    """

    index: NDArray[np.int64]
    signal: NDArray[np.int32]
    machine: NDArray[np.int32]
    mask: NDArray[np.uint32]
    cleared: NDArray[np.uint32]
    event: NDArray[np.int64]
    bit: NDArray[np.int64]
    at: NDArray[np.int64]
    since: NDArray[np.int64]
    value: NDArray[np.float64]
    limit: NDArray[np.float64]
    readings: NDArray[np.int64]
    version: NDArray[np.int64]
    others: NDArray[np.int64]

    def __len__(self) -> int:
        """How many rules began."""
        return len(self.event)


@dataclass(frozen=True, slots=True)
class PointJudged:
    """One point of a signal: instant, value, the row of its chart, its baseline (columns as in ``fitting``), the chart's words after it (columns as
    in ``layout``; None where no baseline was in force and it was not judged), and the rules that began with it."""

    signal: int
    at: int
    value: float
    chart: int
    baseline: NDArray[np.float64]
    words: NDArray[np.float64] | None
    began: int


@dataclass(frozen=True, slots=True)
class LimitsVersion:
    """Why limits are as they are: the version's number, when it came into force, who set it, and why."""

    number: int
    at: int
    who: str
    why: Text


@dataclass(frozen=True, slots=True)
class ChartsState:
    """What charts have in memory: state and limits as bytes, and the points of machines that are in phase I, by the machine's number;
    these are shared with the charts that go on, for each is written once."""

    packed: bytes
    points: Mapping[int, HeldPoints]


class Analysis:
    """Every chart of a plant's signals and machines.

    Signals without a known baseline begin with phase I: their first points set the limits (version 1). ``limits`` lists
    the versions; ``counters`` how many readings were of unknown signals: those that the plant has no longer, or never had.
    """

    def __init__(self, settings: ChartSettings) -> None:
        self.settings = settings
        self._known = settings.known_signals()
        self._laid = settings.laid()
        n = len(settings)
        reading, chart = aligned((n, layout.READING_ROW)), aligned((settings.charts, layout.CHART_ROW))
        base = aligned((max(settings.bases, 1), BASELINE))
        chart[:, layout.LAST] = np.nan
        reading.view(np.int64)[:, layout.GROUP_BASE] = -1
        whole = base.view(np.int64)
        whole[:, VERSION] = 1
        machines = np.zeros((len(settings.machines), layout.MACHINE_ROW), np.int64)
        machines[:, layout.EVERY_US] = settings.machine_every_us
        machines[(self._laid.machine_contexts >= 0) | (settings.machine_every_us == 0), layout.SAMPLE_AT] = layout.NEVER
        self._kept = layout.Kept(
            reading, reading.view(np.int64), chart, chart.view(np.int64), chart.view(np.uint64), np.zeros((settings.charts, layout.RING), np.int64),
            base, whole, np.zeros(int(self._laid.base_starts[-1])),
            np.full((max(len(settings.context_members), 1), 3), -1, np.int64), machines)
        self._largest = int(np.diff(self._laid.context_starts).max(initial=0))
        self._rooms: tuple[layout.Points, layout.Room] | None = None
        for number, (mean, deviation) in settings.known.items():
            self._set(number, mean, deviation, 1)
        self._machines = Machines(settings.machine_members, settings.machine_points(), settings.machine_alphas(), settings.machine_weight)
        self.limits: list[LimitsVersion] = [LimitsVersion(1, 0, "phase I", Text("首批读数自动建立", "set by the first points read"))]
        self.counters: dict[str, int] = {}

    def feed(self, readings: Readings, *, group: NDArray[np.int64] | None = None, phase: NDArray[np.int64] | None = None,
             ends: NDArray[np.bool_] | None = None) -> Raised:
        """Judge readings, which come in event-time order. ``group`` and ``phase`` (recipe · phases + phase) may be given for
        each reading, -1 where the plant's own counters say it; ``ends`` marks the last reading of a subgroup."""
        signal = readings.signal
        least, most = bounds(np.ascontiguousarray(signal, np.int32))
        beyond = least < 0 or most >= len(self.settings)
        if beyond or self._known is not None:
            known = (signal >= 0) & (signal < len(self.settings))
            if self._known is not None:
                known[known] = self._known[signal[known]]
            if known.all():
                return self._judged(readings, group, phase, ends)
            self.counters["unknown_signal"] = self.counters.get("unknown_signal", 0) + int((~known).sum())
            found = self._judged(readings.taken(known), None if group is None else group[known], None if phase is None else phase[known],
                                 None if ends is None else ends[known])
            return _moved(found, np.flatnonzero(known))
        return self._judged(readings, group, phase, ends)

    def _judged(self, readings: Readings, group: NDArray[np.int64] | None, phase: NDArray[np.int64] | None,
                ends: NDArray[np.bool_] | None) -> Raised:
        none = np.zeros(0, np.int64)
        columns = (np.ascontiguousarray(readings.signal), np.ascontiguousarray(readings.at), np.ascontiguousarray(readings.value),
                   np.ascontiguousarray(readings.quality), none if group is None else np.ascontiguousarray(group, np.int64),
                   none if phase is None else np.ascontiguousarray(phase, np.int64),
                   np.zeros(0, np.uint8) if ends is None else np.ascontiguousarray(ends, np.uint8))
        points, room = self._space(min(len(readings), _CHUNK))
        place = 0
        parts: list[Raised] = []
        while place < len(readings):
            points.counts[:] = 0
            room.counts[:] = 0
            place = gathered(place, min(place + _CHUNK, len(readings)), *columns, self._kept, self._laid, points, room)
            self._collect(room, parts)
            many = int(points.counts[layout.N_POINTS])
            done = 0
            while done < many:
                room.counts[:] = 0
                done = charted(done, points.whole, points.value, points.blur, many, self._kept, self._laid, room)
                self._collect(room, parts)
        return _in_order(_joined(parts)) if parts else _of_machines([])

    def each_point(self, readings: Readings) -> Iterator[PointJudged]:
        """Judge readings as ``feed`` does, and give what became of every point: for the few that somebody looks at, for it takes a thousand
        times as long."""
        none, kept, place = np.zeros(0, np.int64), self._kept, 0
        points, room = self._space(min(len(readings), _CHUNK))
        while place < len(readings):
            points.counts[:] = room.counts[:] = 0
            place = gathered(place, min(place + _CHUNK, len(readings)), readings.signal, readings.at, readings.value, readings.quality, none, none,
                             np.zeros(0, np.uint8), kept, self._laid, points, room)
            for k in range(int(points.counts[layout.N_POINTS])):
                signal, base, at = (int(points.whole[k, column]) for column in (layout.P_SIGNAL, layout.P_BASE, layout.P_AT))
                room.counts[:] = 0
                in_force = base >= 0 and kept.base_whole[base, LEARNED] == IN_FORCE and kept.base[base, SCALE] > 0.0
                before = kept.chart_whole[self._chart_of(signal, base), layout.MANY] if in_force else 0
                charted(k, points.whole, points.value, points.blur, k + 1, kept, self._laid, room)
                if base < 0:
                    continue
                chart = self._chart_of(signal, base)
                judged = in_force and kept.chart_whole[chart, layout.MANY] > before
                began = int(room.raised[0]) if room.counts[layout.N_EVENTS] else 0
                yield PointJudged(signal, at, float(points.value[k]), chart, kept.base[base].copy(), kept.chart[chart].copy() if judged else None, began)

    def _chart_of(self, signal: int, base: int) -> int:
        """The row of the chart on which points of a baseline go."""
        plan = self.settings.plan[signal]
        return int(plan[layout.CHARTS] + (base - plan[layout.FIRST_BASE]) % plan[layout.PHASES]) if plan[layout.CHARTS] else signal

    def take_baselines(self, baselines: NDArray[np.float64]) -> None:
        """Judge by these baselines (columns as in ``fitting``), with nothing read yet."""
        self._kept.base[:] = baselines

    def become(self, other: Analysis, signals: NDArray[np.int64]) -> None:
        """Stand where another stands: ``signals`` are there, in the order of the signals here. What is in phase I there is not learnt here."""
        kept, there = self._kept, other._kept
        kept.reading_whole[:] = there.reading_whole[signals]
        kept.contexts[:len(there.contexts)] = there.contexts
        for here, signal in enumerate(signals.tolist()):
            charts, theirs = self._charts_of(here), other._charts_of(signal)
            kept.chart_whole[charts], kept.ring[charts] = there.chart_whole[theirs], there.ring[theirs]
            plan, of = self.settings.plan[here], other.settings.plan[signal]
            many = int(plan[layout.PHASES] * plan[layout.RECIPES] * plan[layout.PARTS])
            bases = slice(int(plan[layout.FIRST_BASE]), int(plan[layout.FIRST_BASE]) + many)
            kept.base_whole[bases] = there.base_whole[of[layout.FIRST_BASE]:of[layout.FIRST_BASE] + many]
            kept.base_whole[bases, LEARNED] = np.minimum(kept.base_whole[bases, LEARNED], 0)
            if kept.reading_whole[here, layout.GROUP_BASE] >= 0:
                kept.reading_whole[here, layout.GROUP_BASE] += plan[layout.FIRST_BASE] - of[layout.FIRST_BASE]

    def _space(self, n: int) -> tuple[layout.Points, layout.Room]:
        """Room for n readings, kept from one batch to the next."""
        if self._rooms is None or len(self._rooms[0].value) < n + self._largest + 8:
            room = n + self._largest + 8
            self._rooms = layout.Points(np.zeros(1, np.int64), np.empty((room, layout.POINT), np.int64), np.empty(room), np.empty(room)), \
                self._room(n)
        return self._rooms

    def _room(self, n: int) -> layout.Room:
        """Room for what n readings or points may raise, as far as it is not written out meanwhile."""
        widest = int(np.diff(self._laid.machine_starts).max(initial=0))
        events, samples = n + 16, min(n, 256) + 2
        details = min(n, 2048) + 32
        return layout.Room(np.zeros(5, np.int64), np.empty(events, np.int64), np.empty(events, np.int32), np.empty(events, np.uint32),
                           np.empty(events, np.uint32), np.empty((details, layout.DETAIL), np.int64), np.empty((details, 2)),
                           np.empty((samples, 4), np.int64), np.empty((samples + 1) * max(widest, 1)))

    def _collect(self, room: layout.Room, parts: list[Raised]) -> None:
        """Adds what a kernel wrote, and what its samples say of the machines."""
        events, details, samples = (int(room.counts[c]) for c in (layout.N_EVENTS, layout.N_DETAILS, layout.N_SAMPLES))
        if events:
            whole, measured = room.details[:details].copy(), room.measured[:details].copy()
            signals = room.signals[:events].copy()
            parts.append(Raised(
                room.places[:events].copy(), signals, self.settings.plan[signals, layout.MACHINE].astype(np.int32), room.raised[:events].copy(),
                room.cleared[:events].copy(), whole[:, layout.D_EVENT], whole[:, layout.D_BIT], whole[:, layout.D_AT],
                whole[:, layout.D_SINCE], measured[:, 0], measured[:, 1], whole[:, layout.D_READINGS], whole[:, layout.D_VERSION],
                whole[:, layout.D_OTHERS:]))
        if samples:
            of_machines = self._machines.judged(room.samples[:samples], room.flat)
            if of_machines:
                parts.append(_of_machines(of_machines))

    def alarms_of(self, raised: Raised, *, offset: int = -1) -> list[Alarm]:
        """An alarm for each rule that began, in the order they began."""
        return list(self._alarms(raised, offset))

    def _alarms(self, raised: Raised, offset: int) -> Iterator[Alarm]:
        for k in range(len(raised)):
            event = int(raised.event[k])
            signal, at, rule = int(raised.signal[event]), int(raised.at[k]), rules.RULES[int(raised.bit[k])]
            machine = int(raised.machine[event])
            asset = self.settings.asset_of[signal] if signal != MACHINE else self.settings.machines[machine]
            subject = f"s{signal}" if signal != MACHINE else asset
            yield Alarm(f"{subject}:{rule}:{at}", signal, asset, rule, at, int(raised.since[k]), float(raised.value[k]),
                        float(raised.limit[k]), offset, int(raised.version[k]), int(raised.readings[k]),
                        tuple(int(o) for o in raised.others[k] if o >= 0))

    @property
    def holding(self) -> NDArray[np.uint32]:
        """The rules that hold now, a mask for each signal."""
        found: NDArray[np.uint32] = (self._kept.chart_whole[:len(self.settings), layout.NOW] | self._kept.reading_whole[:, layout.HELD]).astype(np.uint32)
        return found

    @property
    def moved(self) -> NDArray[np.float64]:
        """How far each signal's moving average is from its centre, in standard deviations of that average; NaN before its first point."""
        kept, policy = self._kept, self._laid.plan[:, layout.POLICY]
        average = kept.chart[:len(self.settings), layout.AVERAGE] / (0.5 * self._laid.numbers[policy, MOVED])
        found: NDArray[np.float64] = np.where(average != 0.0, average, np.nan)
        return found

    def holds(self, asset: str, signal: int, rule: str) -> bool:
        """Whether a rule of a signal, or of the machine ``asset`` where the signal is MACHINE, holds now."""
        if signal == MACHINE:
            held = self._machines.holding(self.settings.machines.index(asset)) if asset in self.settings.machines else 0
        else:
            held = self._held(signal)
        return bool(held & rules.BIT[rule])

    @property
    def learned(self) -> NDArray[np.bool_]:
        """Which baselines are in force."""
        found: NDArray[np.bool_] = self._kept.base_whole[:, LEARNED] == IN_FORCE
        return found

    def charted_and_learnt(self) -> NDArray[np.int64]:
        """machines × 2: how many of its signals are charted, and of how many of them a baseline is in force, of any recipe and phase."""
        plan, so_far = self.settings.plan, np.concatenate([[0], np.cumsum(self.learned)])
        first = plan[:, layout.FIRST_BASE]
        learnt = so_far[first + plan[:, layout.PHASES] * plan[:, layout.RECIPES] * plan[:, layout.PARTS]] > so_far[first]
        return np.array([[len(members), np.count_nonzero(learnt[list(members)])] for members in self.settings.machine_members], np.int64).reshape(-1, 2)

    @property
    def points_so_far(self) -> NDArray[np.int64]:
        """How many points phase I has of each baseline that is not yet in force; 0 of those that are."""
        found: NDArray[np.int64] = np.maximum(self._kept.base_whole[:, LEARNED], 0)
        return found

    @property
    def baselines(self) -> NDArray[np.float64]:
        """A copy of the baselines, columns as in ``fitting``."""
        return self._kept.base.copy()

    def set_limits(self, baselines: dict[int, tuple[float, float]], *, at: int, who: str, why: Text) -> int:
        """Baselines (mean, standard deviation) set by hand, by their number; gives the new version's number."""
        version = self._versioned(at, who, why)
        for number, (mean, deviation) in baselines.items():
            self._set(number, mean, deviation, version)
        return version

    @property
    def machines(self) -> Machines:
        """T² and SPE of the machines."""
        return self._machines

    def learn_again(self, signals: NDArray[np.int64], machines: Iterable[int] = (), since: int = NOT_YET, *, at: int, who: str, why: Text) -> int:
        """Begin phase I anew for these signals, and have these machines forget what they learnt since an instant, after a repair or a change;
        gives the new version's number."""
        version = self._versioned(at, who, why)
        kept = self._kept
        for s in signals:
            plan = self.settings.plan[s]
            bases = slice(plan[layout.FIRST_BASE], plan[layout.FIRST_BASE] + plan[layout.PHASES] * plan[layout.RECIPES] * plan[layout.PARTS])
            kept.base[bases] = 0.0
            kept.base_whole[bases, VERSION] = version
            charts = self._charts_of(s)
            kept.chart[charts] = 0.0
            kept.chart[charts, layout.LAST] = np.nan
            kept.reading[s, layout.SUM] = 0.0
            kept.reading_whole[s, [layout.COUNT, layout.STUCK_NEED, layout.SEEN, layout.REPEATS]] = 0
        for machine in machines:
            self._machines.learn_again(machine, since)
        return version

    def going_on(self, settings: ChartSettings, changed: Collection[int], *, at: int, who: str, why: Text) -> tuple[Analysis, Carried]:
        """Charts by other settings that go on with everything these know of what is charted as before; the limits of all else, and of the
        ``changed`` signals, are a new version. Gives the charts, and who was carried over."""
        found = Analysis(settings)
        kept = carried(self.settings, settings, changed)
        going_on = carry(self._kept, self.settings, found._kept, settings, kept)
        found._machines.take_over(self._machines, map(tuple, kept.machines.tolist()))
        found.limits, found.counters = list(self.limits), dict(self.counters)
        version = found._versioned(at, who, why)
        fresh = np.setdiff1d(np.arange(len(found._kept.base)), going_on)
        found._kept.base_whole[fresh, VERSION] = version
        return found, kept

    def arm_again(self, signals: Iterable[int]) -> dict[int, int]:
        """Charts that say that something is wrong begin without memory, as after any corrective action: what is still wrong is raised
        anew by points to come, though it never ceased. Gives the mask of rules that held, of those signals of which any did."""
        kept, found = self._kept, {}
        for s in signals:
            held = self._held(s)
            if held:
                found[s] = held
                charts = self._charts_of(s)
                kept.chart[charts] = 0.0
                kept.chart[charts, layout.LAST] = np.nan
                kept.reading_whole[s, layout.HELD] = 0
                if self.settings.plan[s, layout.BY] == layout.STATE:
                    kept.machines[self.settings.plan[s, layout.MACHINE], [layout.LOOK_AT, layout.NEXT_AT]] = 0
        return found

    def _held(self, signal: int) -> int:
        """The mask of the rules of a signal that hold now, in whichever phase."""
        kept = self._kept
        charts = int(np.bitwise_or.reduce(kept.chart_whole[self._charts_of(signal), layout.NOW]))
        return (charts | int(kept.reading_whole[signal, layout.HELD])) & 0xFFFFFFFF

    def _charts_of(self, signal: int) -> list[int]:
        """The rows of a signal's charts: its own, and one for each phase."""
        plan = self.settings.plan[signal]
        return [signal, *range(plan[layout.CHARTS], plan[layout.CHARTS] + plan[layout.PHASES])] if plan[layout.CHARTS] else [signal]

    def _versioned(self, at: int, who: str, why: Text) -> int:
        version = self.limits[-1].number + 1
        self.limits.append(LimitsVersion(version, at, who, why))
        return version

    def _set(self, number: int, mean: float, deviation: float, version: int) -> None:
        base, whole = self._kept.base[number], self._kept.base_whole[number]
        base[:] = 0.0
        base[CENTRE] = mean
        base[SCALE] = base[RAW_SCALE] = 1.0 / deviation
        whole[LEARNED], whole[VERSION], whole[TRIES] = IN_FORCE, version, 0

    def snapshot(self) -> ChartsState:
        """State and limits; ``restored`` of the same settings goes on from there as if nothing had happened."""
        kept = self._kept
        said = {"limits": [asdict(v) for v in self.limits], "counters": self.counters, "signals": len(self.settings)}
        state = packed({"reading": kept.reading_whole, "chart": kept.chart_whole, "ring": kept.ring, "base": kept.base_whole,
                       "learning": kept.learning[self._unlearned()], "contexts": kept.contexts, "machines": kept.machines,
                       "said": np.frombuffer(json.dumps(said).encode(), np.uint8), **self._machines.columns()})
        return ChartsState(state, self._machines.held())

    def _unlearned(self) -> NDArray[np.bool_] | slice:
        """Which points of phase I belong to baselines that are still to be set."""
        if self.learned.all():
            return slice(0)
        return np.repeat(~self.learned, np.diff(self._laid.base_starts))

    def restored(self, snapshot: ChartsState) -> Analysis:
        """This plant's charts as they were; raises ValueError where the snapshot is of other settings."""
        found = Analysis(self.settings)
        kept = found._kept
        read = unpacked(snapshot.packed)
        if any(read[name].shape != getattr(kept, name).shape for name in ("reading", "chart", "base", "machines")):
            raise ValueError(f"the snapshot holds {read['reading'].shape[0]} signals, {read['chart'].shape[0]} charts, {read['base'].shape[0]} baselines and "
                             f"{read['machines'].shape[0]} machines, the settings {len(kept.reading)}, {len(kept.chart)}, {len(kept.base)} and "
                             f"{len(kept.machines)}")
        kept.reading_whole[:], kept.chart_whole[:] = read["reading"], read["chart"]
        kept.ring[:], kept.base_whole[:] = read["ring"], read["base"]
        kept.learning[found._unlearned()] = read["learning"]
        kept.contexts[:], kept.machines[:] = read["contexts"], read["machines"]
        said = json.loads(bytes(read["said"]))
        found._machines.restore(read, snapshot.points)
        found._machines.trail = self._machines.trail
        found.limits = [LimitsVersion(v["number"], v["at"], v["who"], Text(**v["why"])) for v in said["limits"]]
        found.counters = said["counters"]
        return found


def _of_machines(events: list[MachineEvent]) -> Raised:
    """Events of machines as columns."""
    details = [(k, e.at, *d) for k, e in enumerate(events) for d in e.details]
    others = np.full((len(details), layout.OTHERS), -1, np.int64)
    for row, (*_, foremost) in enumerate(details):
        others[row, :len(foremost)] = foremost
    at = np.array([d[1] for d in details], np.int64)
    one = np.ones(len(details), np.int64)
    return Raised(
        np.array([e.index for e in events], np.int64), np.full(len(events), MACHINE, np.int32),
        np.array([e.machine for e in events], np.int32), np.array([e.began for e in events], np.uint32),
        np.array([e.ceased for e in events], np.uint32), np.array([d[0] for d in details], np.int64),
        np.array([d[2].bit_length() - 1 for d in details], np.int64), at, at, np.array([d[3] for d in details], np.float64),
        np.array([d[4] for d in details], np.float64), one, one, others)


def _joined(parts: list[Raised]) -> Raised:
    """Several parts of one batch as one."""
    if len(parts) == 1:
        return parts[0]
    before = np.cumsum([0] + [len(p.index) for p in parts[:-1]])
    columns = {f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Raised)}
    columns["event"] = np.concatenate([p.event + start for p, start in zip(parts, before, strict=True)])
    return Raised(**columns)


def _in_order(raised: Raised) -> Raised:
    """Events by their place in the batch; at one place first what the reading broke, then charts, then machines."""
    order = np.lexsort((raised.signal == MACHINE, raised.index))
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    event = rank[raised.event]
    details = np.argsort(event, kind="stable")
    columns = {name: getattr(raised, name)[order] for name in ("index", "signal", "machine", "mask", "cleared")}
    columns |= {f.name: getattr(raised, f.name)[details] for f in fields(Raised) if f.name not in columns and f.name != "event"}
    return Raised(**columns, event=event[details])


def _moved(raised: Raised, places: NDArray[np.int64]) -> Raised:
    """The same with places in the batch it was taken from."""
    columns = {f.name: getattr(raised, f.name) for f in fields(Raised)}
    columns["index"] = places[raised.index]
    return Raised(**columns)


def digest(readings: Readings, raised: Raised, so_far: tuple[int, int] = (0, 0)) -> tuple[int, int]:
    """How many events began, and a sum over (signal, instant, mask) that no order or split changes; goes on from ``so_far``."""
    began = raised.mask != 0
    return digest_of(raised.signal[began], readings.at[raised.index[began]], raised.mask[began], so_far)


def digest_of(signal: NDArray[np.int32], at: NDArray[np.int64], mask: NDArray[np.uint32], so_far: tuple[int, int] = (0, 0)) -> tuple[int, int]:
    """The same of columns. Mixing after S. Vigna's splitmix64."""
    word = signal.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) ^ at.astype(np.uint64) * np.uint64(0xBF58476D1CE4E5B9) \
        ^ mask.astype(np.uint64) * np.uint64(0x94D049BB133111EB)
    word ^= word >> np.uint64(30)
    word *= np.uint64(0xBF58476D1CE4E5B9)
    word ^= word >> np.uint64(27)
    return so_far[0] + len(word), (so_far[1] + int(word.sum(dtype=np.uint64))) % 2**64
