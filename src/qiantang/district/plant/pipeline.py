"""From the log to alarms: order, charts, amendments, register; a function of the log alone, so that a replay says the same.

The log is cut into steps where our clock, as the log tells it, passes a tenth of a second. Within a step readings are judged as
they come; at its end its alarms are put in order, told and registered, and windows that a late reading touched are computed anew.
Where the log was read in pieces, and how large, changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qiantang.district.plant.checkpoints import (
    ArmedAgain,
    Checkpoint,
    LearntAgain,
    SharedBlocks,
    begun,
    charts_state,
)
from qiantang.district.plant.models import Model, difference, in_force
from qiantang.district.plant.raisings import Raising, amended, order, raised
from qiantang.district.plant.relearning import Relearning
from qiantang.district.plant.sources import Sources, sources
from qiantang.domains.factory.alarm import Alarm
from qiantang.domains.factory.alarms.bearing import Bearing
from qiantang.domains.factory.alarms.entry import Change, Key
from qiantang.domains.factory.alarms.finding import finding_of
from qiantang.domains.factory.alarms.grouping import SILENT
from qiantang.domains.factory.alarms.register import Register
from qiantang.domains.factory.alarms.silence import Silences, of_a_silent_source
from qiantang.domains.factory.arrays import packed, unpacked
from qiantang.domains.factory.charts import rules
from qiantang.domains.factory.charts.analysis import MACHINE, Analysis, Raised
from qiantang.domains.factory.charts.relearning import Anew, LearntSince
from qiantang.domains.factory.charts.settings import ChartSettings
from qiantang.domains.factory.glances import counted, first_from
from qiantang.domains.factory.ordering import TICK, Allowances, Ordering, OrderingState
from qiantang.domains.factory.plant import Plant
from qiantang.domains.factory.recent import NEVER
from qiantang.kernel.findings.stream import StreamedFinding
from qiantang.kernel.readings import Readings, together
from qiantang.kernel.wires import Counters
from qiantang.kernel.words import Text
from qiantang.stores.snapshots import Snapshot

_MODEL = Text("工厂模型第 {n} 版", "version {n} of the plant's model")
_LOOK_US = 5_000_000
"""How exactly it is known since when a baseline is in force."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How the log is cut: a step ends when our clock passes a multiple of ``step_us`` or after ``step_most`` readings; every
    ``checkpoint_steps`` steps the charts' state is kept, to compute what follows anew; ``remember_us`` and ``remember_most``
    bound how far back that goes."""

    step_us: int = 100_000
    step_most: int = 500_000
    checkpoint_steps: int = 50
    remember_us: int = 30_000_000
    remember_most: int = 2_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """What a step came to: findings on record (new alarms and amendments), what changed in the register, readings for the
    history in the order they became known (``pieces``, as they were judged), and late ones older than what is remembered (they may
    be repetitions). ``start`` and ``upto`` are places in the log."""

    start: int
    upto: int
    clock: int
    alarms: tuple[Alarm, ...]
    findings: tuple[StreamedFinding, ...]
    changes: tuple[Change, ...]
    pieces: tuple[Readings, ...]
    older: Readings
    not_anew: int = 0
    """Late readings whose window reaches back beyond the last checkpoint: kept in the history, judged by no chart."""

    @property
    def readings(self) -> Readings:
        """The pieces as one."""
        return together(self.pieces)


@dataclass(slots=True)
class _Open:
    """What the step that is under way has come to so far; ``changes`` are those that no chart said."""

    changes: list[Change] = field(default_factory=list)
    raised: list[Alarm] = field(default_factory=list)
    ceased: list[tuple[int, str, int, str]] = field(default_factory=list)
    readings: list[Readings] = field(default_factory=list)
    late: list[Readings] = field(default_factory=list)
    older: list[Readings] = field(default_factory=list)


class Pipeline:
    """One plant's charts and alarms over its log. ``take`` in the order of the log; ``heard`` is called at the end of each step.

    ``models`` are the plant and its charts, and each from which place in the log on. Where one is followed by another a step ends, and
    everything that is charted as before goes on; what is late from before that place is judged by no chart.
    """

    def __init__(self, models: Sequence[Model], heard: Callable[[Step], None], *, addresses: Sequence[str] = (), allowances: Allowances | None = None,
                 pace: Pace | None = None, bearing: Bearing | None = None) -> None:
        self.pace, self.counters = pace or Pace(), Counters()
        self._models, self._heard = models, heard
        self._allowances, self._bearing = allowances, bearing
        self._addresses: Sequence[str] = ()
        self.position = 0
        """The place in the log up to which everything was taken."""
        self.clock = 0
        """Our clock as the log tells it, microseconds UTC."""
        self.ticks = 0
        """How many of what was taken were no readings, but our clock told in silence."""
        self.begun_anew: set[int] = set()
        """Signals, by their number, that learn again because a version charts them otherwise, until whoever tells of it clears them."""
        self._start, self._steps, self._in_step = 0, 0, 0
        self._open = _Open()
        self._checkpoints: list[Checkpoint] = []
        self._proofs: list[tuple[int, tuple[int, ...]]] = []
        """Repairs that are to have helped by an instant, and the signals that are to show it."""
        self._judge_by(in_force(models, 0))
        self.know(addresses)

    def _judge_by(self, model: Model) -> None:
        """Begin with nothing by this version."""
        self.model = model
        self.analysis = Analysis(model.settings)
        self._learnt = LearntSince(self.analysis)
        self.register = Register(model.plant, self._bearing, self._still)
        self._silences = Silences(model.plant)
        self._sources = Sources(np.zeros(0, np.int32), (), np.zeros(0, np.int64))
        self.ordering = Ordering(self._sources.of, self._sources.lateness_us, self._allowances, remember_us=self.pace.remember_us,
                                 remember_most=self.pace.remember_most)

    @property
    def plant(self) -> Plant:
        """The plant by which readings are judged now."""
        return self.model.plant

    @property
    def settings(self) -> ChartSettings:
        """The charts by which readings are judged now."""
        return self.model.settings

    @property
    def newest(self) -> bool:
        """Whether readings are judged by the last version there is."""
        return self.model is self._models[-1]

    @property
    def sources(self) -> Sources:
        """What is put in order together."""
        return self._sources

    def know(self, addresses: Sequence[str]) -> None:
        """The signals of the directory as it is now."""
        self._addresses = addresses
        if len(addresses) > len(self._sources.of):
            before = self._sources if len(self._sources.of) else None
            self._sources = sources(addresses, self.settings, self.model.charts.lateness, before=before)
            self.ordering.know(self._sources.of, self._sources.lateness_us)
            for checkpoint in self._checkpoints:
                checkpoint.know(self.ordering)

    def take(self, offset: int, batch: Readings) -> None:
        """The log's readings from a place on; those that were taken already are passed over."""
        batch = _own(batch)
        if offset < self.position:
            batch, offset = batch.taken(slice(self.position - offset, None)), self.position
        # What is damaged in the log is passed over at once, whoever reads it: a step's end must not hang on where its reader noticed.
        self.position = offset
        while len(batch):
            following = self._following()
            if following is not None and offset >= following.place:
                self._go_on_by(following, int(batch.received[0]))
                continue
            most = len(batch) if following is None else following.place - offset
            n = min(self._until_step_ends(batch.received), most)
            if n:
                self._feed(batch if n == len(batch) else batch.taken(slice(0, n)))
                self.position = offset + n
            if n < min(len(batch), most):
                self._end_step(int(batch.received[n]))
            batch, offset = batch.taken(slice(n, None)), offset + n

    def finish(self) -> None:
        """Nothing more will come: hand on and tell everything that waits, as if every source had fallen silent."""
        if not self._checkpoints:
            self._end_step(self.clock)
        self._judge(self.ordering.flush().readings)
        self._end_step(self.clock)

    def begin(self, place: int) -> None:
        """Begin at a place in the log, for what lies before is there no more."""
        self.position = self._start = place
        self._judge_by(in_force(self._models, place))
        self.know(self._addresses)

    def learn_again(self, asked: Relearning) -> Anew:
        """Have charts learn anew, to be asked when a step has just ended (in ``heard``); gives the signals and machines concerned.

        A late reading from before this is judged by the charts as they were, and what follows is learnt anew again at the same place.
        What is still wrong when an alarm would have fallen quiet is raised anew: the repair did not help.
        """
        if asked.signals:
            self._proofs.append((self.clock + self.register.bearing.quiet, asked.signals))
        self._learnt.look(self.analysis, self.clock)
        signals = {*asked.changed, *self._learnt.in_doubt(self.analysis, asked.signals, asked.wrong_since)}
        # A machine's model reads deviations from the baselines: what moved a level and had it learnt again leaves the model as it is.
        anew = Anew(tuple(sorted(signals)), tuple(self.analysis.machines.in_doubt(asked.signals, asked.wrong_since)))
        if anew:
            learnt = LearntAgain(anew, asked.wrong_since, self.clock, asked.by, asked.why)
            learnt.begin(self.analysis)
            self._learnt.look(self.analysis, self.clock)
            self._keep(learnt)
            for what, of in (("learnt_again", anew.signals), ("machines_learnt_again", anew.machines)):
                if of:
                    self.counters.add(what, len(of))
        return anew

    def mended(self, asked: Relearning, learnt: Anew) -> list[Change]:
        """Tell the register, after ``learn_again`` gave these: what still goes wrong on the machines concerned is news again."""
        over = {key for key in self._keys(learnt) if not self._still(key)}
        return self.register.mended(self._machines_of({*asked.signals, *asked.changed}), over, self.clock)

    def _keys(self, of: Anew) -> Iterator[Key]:
        """Every alarm that there may be of signals and machines."""
        for rule in rules.RULES:
            yield from ((self.settings.asset_of[signal], signal, rule) for signal in of.signals)
            yield from ((self.settings.machines[machine], MACHINE, rule) for machine in of.machines)

    # --- another version ---

    def _following(self) -> Model | None:
        return next((model for model in self._models if model.number > self.model.number), None)

    def _go_on_by(self, model: Model, clock: int) -> None:
        """Everything before is judged by the version so far and told; then what is charted as before goes on by the next one."""
        before = {gateway: number for number, source in enumerate(self._sources.gateways) for gateway in source}
        there = sources(self._addresses, model.settings, model.charts.lateness)
        came_of = [sorted({before[gateway] for gateway in source if gateway in before}) for source in there.gateways]
        if self._start < self.position:
            self.ordering.go_ahead(came_of, there.lateness_us)
            self._end_step(clock)
        self._open.changes += self.register.gone(model.plant)
        changed = {signal.number for signal in difference(self.plant, model.plant).changed}
        self.analysis, kept = self.analysis.going_on(model.settings, changed, at=self.clock, who="model", why=_MODEL.filled(n=model.number))
        self.begun_anew |= {s.number for s in model.plant.signals} & {s.number for s in self.plant.signals} - set(kept.signals.tolist())
        self._learnt = self._learnt.going_on(self.analysis, kept)
        self.register.go_on(model.plant)
        self._silences.go_on(model.plant)
        self.model = model
        self._sources = there
        self.ordering.regroup(there.of, there.lateness_us, came_of)
        self._proofs = [(instant, tuple(s for s in signals if s < len(model.settings))) for instant, signals in self._proofs]
        self._checkpoints = []
        self._keep()
        self.counters.add("model_changed")

    # --- a step ---

    def _until_step_ends(self, received: NDArray[np.int64]) -> int:
        """How many of these readings belong to the step that is under way."""
        room = self.pace.step_most - self._in_step
        if not self.clock:
            return 0
        end = self.clock - self.clock % self.pace.step_us + self.pace.step_us
        return min(int(first_from(received, end)), room)

    def _feed(self, batch: Readings) -> None:
        self._in_step += len(batch)
        ticks, newest = counted(batch.signal, batch.received, TICK, self.clock)
        self.ticks, self.clock = self.ticks + int(ticks), int(newest)
        found = self.ordering.feed(batch, self.position)
        self._judge(found.readings)
        if len(found.late):
            self._open.late.append(found.late)
        if len(found.older):
            self._open.older.append(found.older)

    def _judge(self, readings: Readings) -> None:
        """Charts read what is in order; what begins and ceases waits for the end of the step."""
        if not len(readings):
            return
        self._open.readings.append(readings)
        self._silences.heard(readings)
        found = self.analysis.feed(readings)
        if len(found):
            self._open.raised += _of_their_own(self.analysis.alarms_of(found, offset=self._start))
        if found.cleared.any():
            self._open.ceased += _ceased(found, readings, self.settings)

    def _end_step(self, clock: int) -> None:
        """Everything that is ripe is judged, told and registered; then our clock goes on to where the next step begins."""
        self._judge(self.ordering.step())
        now, self._open = self._open, _Open()
        alarms: list[Alarm] = []
        findings: list[StreamedFinding] = []
        for alarm in sorted(now.raised, key=order):
            raising, finding = raised(alarm, self.plant)
            alarms.append(raising.alarm)
            findings.append(finding)
            if self._checkpoints:
                self._checkpoints[-1].raisings.append(raising)
        late = together(now.late)
        not_anew = 0
        if len(late):
            corrected, said, not_anew = self._anew(late)
            alarms += corrected
            findings += said
        silences = self._silences.ended(self.clock, self._start, self._still)
        alarms += silences.alarms
        findings += [finding_of(alarm, self.plant) for alarm in silences.alarms]
        changes = [*now.changes, *self._registered(alarms, [*now.ceased, *silences.over]), *self._unhelped()]
        fresh = len(now.raised) + len(silences.alarms)
        for what, times in (("alarms", fresh), ("amended", len(alarms) - fresh), ("not_anew", not_anew)):
            if times:
                self.counters.add(what, times)
        step = Step(self._start, self.position, self.clock, tuple(alarms), tuple(findings), tuple(changes), (*now.readings, late),
                    together(now.older), not_anew)
        if not self._checkpoints or (self._steps % self.pace.checkpoint_steps == 0 and self._moved_on()):
            self._keep()
        self._steps, self._in_step, self._start = self._steps + 1, 0, self.position
        if clock // _LOOK_US > self.clock // _LOOK_US:
            self._learnt.look(self.analysis, self.clock)
        self.clock = max(self.clock, clock)
        self._heard(step)

    def _unhelped(self) -> list[Change]:
        """Of repairs that are to have helped by now, what charts still call wrong: over in the register, and news where points to come show
        it again."""
        due = [signals for instant, signals in self._proofs if instant <= self.clock]
        if not due:
            return []
        self._proofs = [one for one in self._proofs if one[0] > self.clock]
        signals = sorted({signal for of in due for signal in of})
        held = {(self.settings.asset_of[signal], signal): mask for signal, mask in self.analysis.arm_again(signals).items()}
        armed = {machine: mask for machine in self.analysis.machines.of(signals) if (mask := self.analysis.machines.arm_again(machine))}
        if not held and not armed:
            return []
        self._keep(ArmedAgain(Anew(tuple(signal for _, signal in held), tuple(armed))))
        self.counters.add("armed_again", len(held) + len(armed))
        held |= {(self.settings.machines[machine], MACHINE): mask for machine, mask in armed.items()}
        over = {(*of, rule) for of, mask in held.items() for bit, rule in enumerate(rules.RULES) if mask >> bit & 1}
        return self.register.mended(sorted({self.plant.machine(asset) for asset, _ in held}), over, self.clock)

    def _still(self, key: Key) -> bool:
        """Whether the charts, as they are now, say that the condition behind an alarm is there."""
        asset, signal, rule = key
        if rule == SILENT:
            return self._silences.holds(key)
        return self.analysis.holds(asset, signal, rule)

    def _machines_of(self, signals: Collection[int]) -> list[str]:
        return sorted({self.plant.machine(s.asset) for s in self.plant.signals if s.number in signals})

    def _registered(self, alarms: Sequence[Alarm], ceased: Sequence[tuple[int, str, int, str]]) -> list[Change]:
        """What the register makes of it; that an alarm is withdrawn which is normal again already is no news to an operator."""
        events: list[tuple[tuple[int, int, str, int, str], Alarm | None]] = [
            ((a.at, self.register.priority(a), a.asset, a.signal, a.rule), a) for a in alarms]
        events += [((at, 0, asset, signal, rule), None) for at, asset, signal, rule in ceased]
        changes: list[Change] = []
        shown = {i for e in (*self.register.shown(), *self.register.held()) for i in (e.alarm.id, e.first)} if any(a.withdrawn for a in alarms) else set()
        for (at, _, asset, signal, rule), alarm in sorted(events, key=lambda e: e[0]):
            if alarm is None:
                changes += self.register.returned(signal, asset, rule, at)
            elif not alarm.withdrawn or alarm.amends in shown:
                changes += self.register.raised([alarm])
                shown |= {alarm.id}
        reached = int(self.ordering.frontier.max(initial=0))
        return changes + (self.register.passed(min(reached, self.clock)) if reached > 0 else [])

    # --- computing anew ---

    def _keep(self, anew: LearntAgain | ArmedAgain | None = None) -> None:
        """Let go of what can no longer be computed anew, and keep the charts as they are now."""
        while self._checkpoints and not self._usable(self._checkpoints[0]):
            self._checkpoints.pop(0)
        frontier = self.ordering.frontier
        self._checkpoints.append(Checkpoint(frontier, self.ordering.judged_from(frontier), self.analysis.snapshot(), begun=anew))

    def _moved_on(self) -> bool:
        """Whether anything was handed on since the last checkpoint. In silence nothing is forgotten, so none would ever be let go of."""
        return not np.array_equal(self._checkpoints[-1].frontier, self.ordering.frontier)

    def _usable(self, checkpoint: Checkpoint) -> bool:
        """Whether everything that was handed on since is still remembered."""
        forgotten = self.ordering.recent.forgotten
        return not ((forgotten >= checkpoint.frontier) & (forgotten > NEVER)).any()

    def _anew(self, late: Readings) -> tuple[list[Alarm], list[StreamedFinding], int]:
        """Compute what follows the late readings anew, from the last checkpoint before all of them that can be."""
        usable = [c for c in self._checkpoints if self._usable(c)]
        if not usable:
            return [], [], len(late)
        beyond = late.at < usable[0].since[late.signal]
        at, signal = late.at[~beyond], late.signal[~beyond]
        if not len(at):
            return [], [], int(beyond.sum())
        first = max(k for k, c in enumerate(usable) if (at >= c.since[signal]).all())
        window = usable[first:]
        readings = self.ordering.anew(window[0].since)
        self.analysis = self.analysis.restored(window[0].charts)
        alarms: list[Alarm] = []
        corrected: list[StreamedFinding] = []
        for place, checkpoint in enumerate(window):
            if place:
                if checkpoint.begun is not None:
                    checkpoint.begun.begin(self.analysis)
                checkpoint.charts = self.analysis.snapshot()
            mine = readings.at >= checkpoint.since[readings.signal]
            if place + 1 < len(window):
                mine &= readings.at < window[place + 1].since[readings.signal]
            anew = _of_their_own(self.analysis.alarms_of(self.analysis.feed(readings.taken(mine))))
            before = checkpoint.raisings
            checkpoint.raisings, findings = amended(before, anew, self.plant, self._start)
            kept = {id(one) for one in before}
            alarms += [one.alarm for one in checkpoint.raisings if id(one) not in kept]
            corrected += findings
        self.counters.add("computed_anew", len(readings))
        return alarms, corrected, int(beyond.sum())

    # --- kept and taken up again ---

    def snapshot(self) -> Snapshot:
        """Everything needed to go on from ``position``; to be taken when a step has just ended (in ``heard``)."""
        blocks = SharedBlocks()
        states = {"analysis": self.analysis.snapshot()} | {f"analysis-{k}": one.charts for k, one in enumerate(self._checkpoints)}
        state = {"model": self.model.number, "position": self.position, "clock": self.clock, "start": self._start, "steps": self._steps, "ticks": self.ticks,
                 "counts": self.counters.counts,
                 "checkpoints": [[one.written() for one in c.raisings] for c in self._checkpoints],
                 "begun": [None if c.begun is None else c.begun.written() for c in self._checkpoints], "proofs": self._proofs,
                 "silences": self._silences.written(), "points": {name: blocks.told(one) for name, one in states.items()}}
        order = self.ordering.snapshot()
        parts = {"learnt": self._learnt.snapshot(), "state": json.dumps(state, ensure_ascii=False).encode(), "ordering": order.state,
                 "register": self.register.snapshot()} | {name: one.packed for name, one in states.items()}
        for number, checkpoint in enumerate(self._checkpoints):
            parts[f"frontier-{number}"] = packed({"frontier": checkpoint.frontier, "since": checkpoint.since})
        return Snapshot(self.position, parts, {"pending": tuple((one,) for one in order.pending), "recent": order.recent}, blocks.tables(),
                        {"recent": order.places})

    def restore(self, snapshot: Snapshot) -> None:
        """Become what the snapshot was, by the version it was judged by. ValueError where that is not known, or of other settings."""
        parts = snapshot.parts
        state = json.loads(parts["state"])
        model = next((one for one in self._models if one.number == state["model"]), None)
        if model is None:
            raise ValueError(f"the snapshot was judged by version {state['model']} of the plant, of which there is no record")
        self._judge_by(model)
        self.know(self._addresses)
        self.position, self.clock, self._start, self._steps = (state[name] for name in ("position", "clock", "start", "steps"))
        self.counters.counts, self.ticks = state["counts"], state.get("ticks", 0)
        self._proofs = [(instant, tuple(signals)) for instant, signals in state["proofs"]]
        pending, recent = snapshot.readings["pending"], snapshot.readings["recent"]
        self.ordering.restore(OrderingState(parts["ordering"], tuple(one for chunk in pending for one in chunk), tuple(recent),
                                            tuple(snapshot.places["recent"]), "recent" in snapshot.lacking))
        states = {name: charts_state(parts[name], told, snapshot.tables) for name, told in state["points"].items()}
        self.analysis = self.analysis.restored(states["analysis"])
        self._learnt = LearntSince(self.analysis)
        if "learnt" in parts:
            self._learnt.restore(parts["learnt"])
        self.register = Register.restored(self.plant, parts["register"], self._bearing, self._still)
        self._silences.read(state.get("silences"))
        self._checkpoints = [
            Checkpoint(**unpacked(parts[f"frontier-{k}"]), charts=states[f"analysis-{k}"], raisings=[Raising.read(one) for one in raisings], begun=begun(anew))
            for k, (raisings, anew) in enumerate(zip(state["checkpoints"], state["begun"], strict=True))]
        for checkpoint in self._checkpoints:
            checkpoint.know(self.ordering)


def _own(batch: Readings) -> Readings:
    """The same in arrays that may be written to: kernels are compiled for those, and would be once more for others."""
    columns = [getattr(batch, name) for name in Readings.__slots__]
    if all(column.flags.writeable and column.flags.c_contiguous for column in columns):
        return batch
    return Readings(*(np.array(column) for column in columns))


def _of_their_own(alarms: Sequence[Alarm]) -> list[Alarm]:
    """The alarms that are not told with the silence of a source."""
    return [alarm for alarm in alarms if not of_a_silent_source(alarm)]


def _ceased(found: Raised, readings: Readings, settings: ChartSettings) -> list[tuple[int, str, int, str]]:
    """When which rule of which asset and signal ceased to be broken."""
    told = []
    for row in np.flatnonzero(found.cleared).tolist():
        signal, mask = int(found.signal[row]), int(found.cleared[row])
        asset = settings.asset_of[signal] if signal != MACHINE else settings.machines[int(found.machine[row])]
        told += [(int(readings.at[found.index[row]]), asset, signal, rule) for bit, rule in enumerate(rules.RULES) if mask >> bit & 1]
    return told
