"""A plant's node: one process that takes what the wires bring into the durable log, and makes alarms, tasks and history of it.

Three threads and the wires' loop, with the log between them: what is acknowledged is in the log, and everything behind the log
can be done again from it. When more comes than can be used, this is shed, in this order: readings for the history (the log has
them still), nothing else. Alarms and the log are never shed: the log is read later, and when it cannot be written the wires are
made to wait. Every reading that is shed is counted.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from qiantang.district.plant.answers import ANSWERS, Answers
from qiantang.district.plant.charting import Charts, Given
from qiantang.district.plant.clock import SteadyClock
from qiantang.district.plant.folder import PlantFolder
from qiantang.district.plant.inbox import Inbox
from qiantang.district.plant.models import ModelRecord, difference
from qiantang.district.plant.notices import told, why
from qiantang.district.plant.orders import Orders
from qiantang.district.plant.pipeline import Pace, Pipeline, Step
from qiantang.district.plant.recorder import Recordable, Recorder
from qiantang.district.plant.showing import Showing
from qiantang.district.plant.tail import Tail
from qiantang.district.plant.tracing import RECORD
from qiantang.district.plant.work import Work
from qiantang.district.plant.workbook import numbered
from qiantang.domains.factory.alarms.bearing import Bearing
from qiantang.domains.factory.alarms.entry import Change, has
from qiantang.domains.factory.ordering import TICK, Allowances
from qiantang.domains.factory.plant import Plant
from qiantang.engines.duckdb_history import History
from qiantang.kernel.actions.ports import StateStore
from qiantang.kernel.pieces import PieceEvent
from qiantang.kernel.readings import Readings, readings, together
from qiantang.kernel.wires import Counters, Delivery, Notice, Wire
from qiantang.links.unit_book import UNITS, UnitBook
from qiantang.stores.piece_record import Kept, PieceRecord
from qiantang.stores.reading_log import LogFullError, LogWriteError, ReadingLog
from qiantang.stores.signal_directory import SignalDirectory
from qiantang.stores.snapshots import Snapshot, Snapshots

_GROUP = 65_536
"""Readings in one commit at most."""
_NOTICES = 1000
_HISTORY_MIB = 64
"""What DuckDB may hold in a node; it sorts on the disk what is more."""


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """How a node is run. Sizes in bytes.

    ``most_waiting`` may lie between the wires and the log, ``most_tail`` of the log's end is kept in memory for the charts (what
    is older is read from the disk), ``most_recording`` may wait to be recorded. A snapshot is written every ``snapshot_s``, or
    after ``snapshot_readings``. When charts are ``most_behind`` readings behind the log nothing more is taken. The log is cut down
    to ``most_log`` where everybody is past it and no snapshot that is kept rests on it.
    """

    most_waiting: int = 32 << 20
    most_tail: int = 32 << 20
    most_recording: int = 64 << 20
    most_log: int = 20 << 30
    snapshot_s: float = 10.0
    snapshot_readings: int = 5_000_000
    tick_s: float = 0.1
    idle_tick_s: float = 1.0
    settling_s: float = 4.0
    again_s: float = 0.5
    wire_again_s: float = 5.0
    allowances: Allowances = field(default_factory=Allowances)
    pace: Pace = field(default_factory=Pace)
    bearing: Bearing = field(default_factory=Bearing)
    most_behind: int = 200_000_000
    with_history: bool = True


@dataclass(frozen=True, slots=True)
class Status:
    """How a node stands: readings that are in the log and that were judged (the clock that the node itself tells the log in silence is none),
    the place up to which everything is on record, bytes that wait, readings a second over the last while, and every counter."""

    logged: int
    judged: int
    recorded: int
    waiting_bytes: int
    most_waiting_bytes: int
    recording_bytes: int
    pending: int
    readings_s: float
    full: bool
    counts: dict[str, int]

    @property
    def behind(self) -> int:
        """Readings that are in the log and were not judged yet."""
        return self.logged - self.judged


class Node:
    """A plant's node over a folder; opening it recovers what was there.

    Where ``plant`` or ``charts`` are not what they were when it was last open they are a new version, in force for what is logged from now
    on. ``directory`` numbers signals and is given to the wires, ``clock`` is what they stamp readings with. ``heard`` is told every
    step as it ends, with what changed and whether the step was in the log when the node was opened (it may have been told before),
    ``judged`` every batch after charts have read it, both in the charts' thread. ``shown`` is the folder that pages read.
    """

    def __init__(self, folder: Path, plant: Plant, *, store: StateStore | None = None, settings: NodeSettings | None = None,
                 charts: Charts | None = None, clock: Callable[[], int] | None = None,
                 heard: Callable[[Step, Sequence[Change], bool], None] | None = None, judged: Callable[[int, Readings], None] | None = None,
                 shown: PlantFolder | None = None, work: Callable[[Plant], Work] | None = None) -> None:
        self.settings = settings or NodeSettings()
        self.counters = Counters()
        self.notices: deque[Notice] = deque(maxlen=_NOTICES)
        self._noticed = 0
        self.directory = SignalDirectory(folder / "signals")
        self.plant = numbered(plant, self.directory)
        self.directory.commit()
        self.units = UnitBook(folder / UNITS, {signal.address: signal.unit for signal in plant.signals})
        self.log = ReadingLog(folder / "log")
        self.clock: Callable[[], int] = clock or SteadyClock(self._last_received())
        self._history = History(folder / "history", memory_mib=_HISTORY_MIB, threads=1) if self.settings.with_history else None
        self._snapshots = Snapshots(folder / "snapshots", self.log.read)
        self._needed = deque([self.log.start], maxlen=2)
        """From which place on each of the snapshots that are kept needs the log."""
        self.pieces = PieceRecord(folder / RECORD)
        self._heard, self._judged = heard, judged
        self.work = None if work is None else work(self.plant)
        self.showing = None if shown is None else Showing(shown, self.plant, history=folder / "history" if self.settings.with_history else None)
        self._orders = Orders(Answers(folder / ANSWERS, self.log.end), tuple if shown is None else shown.orders, self.plant, self.work, self.counters,
                              self.notice, self.units)
        self.inbox = Inbox(self.settings.most_waiting)
        self._tail = Tail(self.log, self.settings.most_tail)
        self._stopping = threading.Event()
        self._full = False
        self._ticks: deque[int] = deque()
        """Places of the log at which our clock stands and no reading, of those that charts have not read yet."""
        self._rate, self._rate_at, self._rate_from = 0.0, time.monotonic(), -1
        self._failed: BaseException | None = None
        self._shown_upto = -1
        self._snapshots.cut(self.log.end)
        found = self._snapshots.latest()
        if found is not None and found.offset < self.log.start:
            found = None
        self._record, self._charts = ModelRecord(folder), charts or Given()
        self._models = self._record.with_this(self.plant, self._charts, self.log.end, self.clock(), self.log.start if found is None else found.offset)
        if self.showing is not None:
            self.showing.promise(self._models[-1])
        self.pipeline = self._new_pipeline()
        self._model = self._models[0]
        self._recover(found)
        self._live_from = self.log.end
        self.recorder = Recorder(plant.id, store, self._history, self._snapshots, self.counters, noticed=self.notice, kept=self._kept,
                                 most_bytes=self.settings.most_recording)
        self._snapshot_at, self._snapshot_from = time.monotonic(), self.pipeline.position
        self._threads = [threading.Thread(target=self._guarded, args=(work_,), name=name, daemon=True)
                         for name, work_ in (("log", self._log_loop), ("charts", self._chart_loop))]

    # --- what wires see ---

    async def deliver(self, delivery: Delivery) -> None:
        """Take a batch; waits while too much is waiting already."""
        await self.inbox.put(delivery)

    def notice(self, notice: Notice) -> None:
        """Take note of something about a source."""
        self.counters.add(f"notice_{notice.kind}", notice.count)
        self.notices.append(notice)
        self._noticed += 1

    def noticed(self, seen: int) -> tuple[int, list[Notice]]:
        """The notices after so many (those that are kept still; -1: all of them), and how many there were so far."""
        many, kept = self._noticed, list(self.notices)
        return many, kept if seen < 0 else kept[max(len(kept) - (many - seen), 0):]

    # --- its life ---

    async def run(self, wires: Sequence[Wire]) -> None:
        """Work until cancelled, then bring everything that was taken to its end. An error of one of its threads ends it."""
        self.start()
        tasks = [asyncio.create_task(self._wired(wire)) for wire in wires]
        try:
            while self._failed is None and self.recorder.failed is None:
                await asyncio.sleep(0.2)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.get_running_loop().run_in_executor(None, self.stop)

    async def _wired(self, wire: Wire) -> None:
        """Receive over a wire. One that stumbles over an error of its own is told and begins anew; what it had not acknowledged comes again."""
        while True:
            try:
                await wire.run(self)
            except Exception as wrong:  # noqa: BLE001  # whatever a wire did not foresee: the others go on, and somebody must hear of it
                self.notice(told("wire", self.plant.id, self.clock(), name=type(wire).__name__, why=f"{type(wrong).__name__}: {wrong}"))
                await asyncio.sleep(self.settings.wire_again_s)
            else:
                return

    def start(self) -> None:
        """Start the threads."""
        self.recorder.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Log, judge and record what was taken, and let everything go. Raises what a thread failed with."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        self.recorder.stop()
        self._failed = self._failed or self.recorder.failed
        self._close()
        if self._failed is not None:
            raise self._failed

    def status(self) -> Status:
        """How it stands."""
        now, position, ticks = time.monotonic(), self.pipeline.position, self.pipeline.ticks
        logged, judged = self.log.end - ticks - sum(1 for place in tuple(self._ticks) if place >= position), position - ticks
        if self._rate_from < 0:
            self._rate_from = logged
        if now - self._rate_at >= 1.0:
            self._rate, self._rate_at, self._rate_from = (logged - self._rate_from) / (now - self._rate_at), now, logged
        counts = self.counters.counts | self.pipeline.ordering.counters.counts | self.pipeline.counters.counts
        return Status(logged, judged, self.recorder.recorded, self.inbox.bytes, self.inbox.most_seen, self.recorder.bytes,
                      self.pipeline.ordering.pending, self._rate, self._full, counts | {"waited": self.inbox.waited})

    def _close(self) -> None:
        self.log.close()
        self.directory.close()
        self._orders.close()
        self.pieces.close()
        if self._history is not None:
            self._history.close()

    # --- recovery ---

    def _new_pipeline(self) -> Pipeline:
        s = self.settings
        return Pipeline(self._models, self._step, addresses=self.directory.addresses, allowances=s.allowances, pace=s.pace, bearing=s.bearing)

    def _recover(self, found: Snapshot | None) -> None:
        """Become what the last snapshot was; the log from there on is read by the charts' thread as if it came now."""
        for path in self._snapshots.unsound():
            self.notice(told("snapshot", self.plant.id, self.clock(), name=path.name))
        if self.log.torn:
            self.counters.add("torn_bytes", self.log.torn)
        self._tell_damage()
        behind = getattr(self.clock, "behind", 0)
        if behind > 1_000_000:
            self.notice(told("clock", self.plant.id, self.clock(), seconds=round(behind / 1e6)))
        if found is not None:
            try:
                self.pipeline.restore(found)
                if self.work is not None and "work" in found.parts:
                    self.work.restore(found.parts["work"])
            except ValueError as wrong:
                self.notice(told("settings", self.plant.id, self.clock(), why=wrong))
                self._models = self._record.read(self._charts, self.log.start)
                self.pipeline = self._new_pipeline()
            if self.showing is not None:
                # Figures of what is in the snapshot are not reckoned again, even where its charts are.
                self.showing.restore(found.parts)
                self._shown_upto = found.offset
        if self.pipeline.position < self.log.start:
            self.pipeline.begin(self.log.start)
        self._model = self.pipeline.model
        if self._history is not None:
            self._history.truncate(self.pipeline.position)

    def _tell_model(self) -> None:
        """Readings are judged by another version from now on."""
        before, now = self._model, self.pipeline.model
        self._model = now
        what, anew = difference(before.plant, now.plant), len(self.pipeline.begun_anew)
        self.pipeline.begun_anew.clear()
        self.notice(told("model", self.plant.id, self.clock(), number=now.number, came=len(what.came), went=len(what.went), changed=anew))

    def _last_received(self) -> int:
        return max((int(batch.received.max()) for _, batch in self.log.read(max(self.log.end - 1, 0))), default=0)

    def _tell_damage(self) -> None:
        for damage in self.log.damage[self.counters.counts.get("damaged_places", 0):]:
            self.counters.add("damaged_places")
            self.counters.add("damaged_readings", damage.after - damage.first)
            self.notice(Notice("damage", self.plant.id, self.clock(), damage.told))

    # --- the log's thread ---

    def _log_loop(self) -> None:
        spoke = ticked = time.monotonic()
        while True:
            if self._tail.logged - self.pipeline.position > self.settings.most_behind and not self._stopping.wait(0.05):
                continue
            taken = self.inbox.take(_GROUP, min(self.settings.tick_s, 0.1))
            now = time.monotonic()
            if taken:
                self._log(taken)
                spoke = ticked = now
            elif self._stopping.is_set():
                break
            elif now - ticked >= (self.settings.tick_s if now - spoke < self.settings.settling_s else self.settings.idle_tick_s):
                while self._ticks and self._ticks[0] < self.pipeline.position:
                    self._ticks.popleft()
                self._ticks.append(self.log.end)
                self._log([Delivery(readings([TICK], [self.clock()], [0.0]))])
                ticked = now
        self._tail.end()

    def _log(self, taken: list[Delivery]) -> None:
        """Into the log, and only then acknowledged."""
        batch = together([d.readings for d in taken if len(d.readings)])
        pieces = [event for delivery in taken for event in delivery.pieces]
        offset = self.log.append(batch) if len(batch) else self.log.end
        if (len(batch) or pieces) and not self._committed(pieces):
            return
        if len(batch):
            self._tail.add(offset, batch)
        for delivery in taken:
            delivery.settle()

    def _committed(self, pieces: Sequence[PieceEvent]) -> bool:
        """Commit, trying again until it is done; meanwhile nothing is acknowledged and the wires come to wait. At the end of the
        node's life it gives up: what is not acknowledged the senders keep."""
        while True:
            try:
                self.directory.commit()
                self.log.commit()
                if pieces:
                    self._piece_news(self.pieces.keep(pieces, self.log.end))
            except (LogFullError, LogWriteError, OSError, sqlite3.Error) as wrong:
                self.counters.add("log_failed")
                if not self._full:
                    self._full = True
                    self.notice(told("log", self.plant.id, self.clock(), why=why(wrong)))
                if self._stopping.wait(self.settings.again_s):
                    return False
            else:
                if self._full:
                    self._full = False
                    self.notice(told("log_again", self.plant.id, self.clock()))
                return True

    def _piece_news(self, kept: Kept) -> None:
        """Count what became of piece events; one that says otherwise than the record is told."""
        for what, many in (("pieces", kept.new), ("pieces_repeated", kept.repeated), ("pieces_otherwise", len(kept.otherwise))):
            if many:
                self.counters.add(what, many)
        if kept.otherwise:
            first = kept.otherwise[0]
            self.notice(told("piece_otherwise", first.asset or self.plant.id, self.clock(), len(kept.otherwise), n=len(kept.otherwise), piece=first.piece,
                             step=first.step))

    # --- the charts' thread ---

    def _chart_loop(self) -> None:
        while True:
            found = self._tail.next(self.pipeline.position)
            if found is None:
                return
            self._tell_damage()
            offset, batch = found
            if len(self.directory) > len(self.pipeline.sources.of):
                self.pipeline.know(list(self.directory.addresses))
            self.pipeline.take(offset, batch)
            if self.pipeline.model is not self._model:
                self._tell_model()
            if self._judged is not None:
                self._judged(offset, batch)

    def _step(self, step: Step) -> None:
        """A step has ended: what people answered up to it and, once the log is read up to its end, what is new; tasks, records, a snapshot when
        it is time."""
        changes = [*step.changes, *self._orders.carried_out(self.pipeline, step, taking=step.upto > self._live_from)]
        if self.work is not None:
            # What an earlier version of the plant told of equipment that is gone is nobody's task, and what stands in another machine now is one there.
            here = [replace(change, machine=self.plant.machine(change.alarm.asset)) for change in changes
                    if has(self.plant, change.alarm.asset, change.alarm.signal)]
            self.work.heard(here, step.clock, [alarm.amends for alarm in step.alarms if alarm.withdrawn])
        if self.showing is not None and step.upto > self._shown_upto:
            self.showing.seen(step.readings)
        if self.showing is not None and (strangers := self.showing.told_of_pieces(self.pieces, step.upto)):
            self.counters.add("pieces_of_strangers", strangers)
            self.notice(told("piece_stranger", self.plant.id, step.clock, strangers, n=strangers))
        now = time.monotonic()
        due = now - self._snapshot_at >= self.settings.snapshot_s or step.upto - self._snapshot_from >= self.settings.snapshot_readings
        snapshot = self._snapshot() if due and step.upto > self._snapshot_from else None
        self.recorder.put(Recordable(step.upto, step.findings, step.pieces, step.older, snapshot))
        for kind, n in (("not_anew", step.not_anew), ("older", len(step.older))):
            if n:
                self.notice(told(kind, self.plant.id, step.clock, n, n=n))
        if self.showing is not None and self.pipeline.newest and self.showing.due(now):
            self.showing.show(self.pipeline, self.counters, self.work, step.clock, self.noticed(-1)[1], list(dict(self.units.doubts).values()))
        if self._heard is not None:
            self._heard(step, changes, step.upto <= self._live_from)

    def _snapshot(self) -> Snapshot:
        self._snapshot_at, self._snapshot_from = time.monotonic(), self.pipeline.position
        taken = self.pipeline.snapshot()
        parts = dict(taken.parts)
        if self.work is not None:
            parts["work"] = self.work.snapshot()
        if self.showing is not None:
            parts |= self.showing.snapshot()
        return replace(taken, parts=parts)

    def _kept(self, place: int) -> None:
        """A snapshot is on the disk: what no reader and none of the snapshots needs may go from the log."""
        self._needed.append(place)
        removed = self.log.retire(min(self._needed), most_bytes=self.settings.most_log)
        if removed:
            self.counters.add("log_bytes_removed", removed)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as wrong:  # noqa: BLE001  # a thread has nobody to raise to: the node ends with it
            self._failed = wrong
            self._stopping.set()
            self._tail.end()
