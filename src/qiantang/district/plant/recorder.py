"""What a node puts on record, in the order in which it became known: findings, then history, then the snapshot that rests on both."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from qiantang.district.plant.gathering import Gathering
from qiantang.district.plant.inbox import weight
from qiantang.domains.factory.sorting import in_order
from qiantang.engines.duckdb_history import History, HistoryError
from qiantang.kernel.actions.ports import StateStore
from qiantang.kernel.actions.streams import record_findings
from qiantang.kernel.errors import ActionError
from qiantang.kernel.findings.stream import StreamedFinding
from qiantang.kernel.readings import Readings, together
from qiantang.kernel.wires import Counters, Notice
from qiantang.kernel.words import Text
from qiantang.stores.snapshots import Snapshot, Snapshots

_ENOUGH = 250_000
"""So many readings are worth a file of the history."""
_AGAIN_S = 1.0
_LOOK_S = 0.1
_CALM = 4
"""It is calm while less than this part of what may wait does. Then files are merged, and a file is written by groups of readings with a pause after
each, so that charts are not kept waiting; in a flood what comes is recorded first."""
_PAUSE_S = 0.003


@dataclass(frozen=True, slots=True)
class Recordable:
    """What one step leaves to be recorded: up to which place of the log, and from the last step of a stretch a snapshot."""

    upto: int
    findings: tuple[StreamedFinding, ...] = ()
    readings: tuple[Readings, ...] = ()
    older: Readings | None = None
    snapshot: Snapshot | None = None


class Recorder:
    """A thread that records. Findings and snapshots wait for as long as it takes and are never dropped: when a store fails they
    are tried again, and whoever hands over more waits. Readings for the history are shed, and counted (``shed_history``), while more
    than ``most_bytes`` wait: the log has them still.

    ``kept`` is told, of every snapshot once it is on the disk, from which place on it needs the log.
    """

    def __init__(self, plant: str, store: StateStore | None, history: History | None, snapshots: Snapshots | None, counters: Counters, *,
                 noticed: Callable[[Notice], None], kept: Callable[[int], None] = lambda _: None, most_bytes: int = 256 << 20) -> None:
        self.counters = counters
        self.bytes = 0
        self.recorded = 0
        """The place in the log up to which everything is on record."""
        self.failed: BaseException | None = None
        """What it ended with, where that was not foreseen: nothing is recorded any longer."""
        self._plant, self._store, self._history, self._snapshots = plant, store, history, snapshots
        self._noticed, self._kept, self._most_bytes = noticed, kept, most_bytes
        self._queue: queue.Queue[Recordable | None] = queue.Queue(10_000)
        self._gathered = Gathering(_ENOUGH)
        self._older: list[Readings] = []
        self._from = 0 if history is None else history.position
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._stopping = False
        if history is not None:
            history.between = self._pause

    def start(self) -> None:
        """Begin to record."""
        self._thread.start()

    def put(self, one: Recordable) -> None:
        """Hand over; waits where too many findings or snapshots wait already."""
        readings = sum(map(len, one.readings))
        if readings and self.bytes > self._most_bytes:
            self.counters.add("shed_history", readings)
            one = Recordable(one.upto, one.findings, (), one.older, one.snapshot)
        with self._lock:
            self.bytes += self._weight(one)
        self._queue.put(one)

    def stop(self) -> None:
        """Record what was handed over, then end. A store that still fails is tried once more."""
        self._stopping = True
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as wrong:  # noqa: BLE001  # a thread has nobody to raise to: the node ends with it
            self.failed = wrong
            # Nobody waits for room any longer; the log has it all still.
            while not (self._stopping and self._queue.empty()):
                with contextlib.suppress(queue.Empty):
                    self._queue.get(timeout=_LOOK_S)

    def _work(self) -> None:
        while True:
            one = self._queue.get()
            batch: list[Recordable] = []
            while one is not None:
                batch.append(one)
                if one.snapshot is not None or len(batch) >= 100:
                    break
                try:
                    one = self._queue.get_nowait()
                except queue.Empty:
                    break
            if batch:
                self._record(batch)
            if one is None:
                self._flush(self.recorded)
                return

    def _record(self, batch: list[Recordable]) -> None:
        findings = [f for one in batch for f in one.findings]
        if findings and self._store is not None:
            store = self._store
            self._insist("findings", lambda: self._record_findings(store, findings))
        for one in batch:
            if self._history is not None:
                self._gather(one)
            if one.snapshot is not None or len(self._gathered) + sum(map(len, self._older)) >= _ENOUGH:
                self._flush(one.upto)
            if one.snapshot is not None:
                self._keep(one.snapshot)
            self.recorded = one.upto
            with self._lock:
                self.bytes -= self._weight(one)

    def _gather(self, one: Recordable) -> None:
        for piece in one.readings:
            self._gathered.add(piece)
        if one.older is not None and len(one.older):
            self._older.append(one.older)

    def _record_findings(self, store: StateStore, findings: list[StreamedFinding]) -> None:
        """All together; where the store refuses one it is told, counted (``refused_findings``), and the others are recorded."""
        try:
            record_findings(store, findings, at=datetime.now(UTC), actor=f"plant/{self._plant}")
        except ActionError as wrong:
            if len(findings) > 1:
                for finding in findings:
                    self._record_findings(store, [finding])
                return
            self.counters.add("refused_findings")
            self._tell("refused", wrong.faults[0].told)

    def _flush(self, upto: int) -> None:
        """What was gathered goes into the history, up to this place of the log; older readings only where they are new."""
        if self._history is None or upto <= self._from:
            return
        older, self._older = self._older, []
        many = len(self._gathered) + sum(map(len, older))
        try:
            readings = self._gathered.held
            if older:
                every = together(older)
                once = in_order(every, first_stays=True)[0]
                known = self._history.known(once) | _among(once, readings)
                self.counters.add("repeated", len(every) - len(once) + int(known.sum()))
                self.counters.add("into_the_past", int((~known).sum()))
                readings = together([readings, once.taken(~known)])
            self._history.append(readings, self._from, upto)
            self._from = upto
        except HistoryError as wrong:
            self.counters.add("shed_history", many)
            self._tell("history", wrong.faults[0].told)
        finally:
            self._gathered.clear()

    def _keep(self, snapshot: Snapshot) -> None:
        if self._snapshots is not None:
            snapshots = self._snapshots
            if not self._insist("snapshot", lambda: snapshots.write(snapshot)):
                return
        if self._history is not None:
            try:
                self._history.settle(snapshot.offset)
                if self._calm:
                    self._history.compact()
            except HistoryError as wrong:
                self._tell("history", wrong.faults[0].told)
        self._kept(snapshot.rests_on)

    @property
    def _calm(self) -> bool:
        return self.bytes <= self._most_bytes // _CALM

    def _pause(self) -> None:
        if self._calm and not self._stopping:
            time.sleep(_PAUSE_S)

    def _insist(self, what: str, act: Callable[[], object]) -> bool:
        """Try until it is done; at the end of the node's life once."""
        while True:
            try:
                act()
            except Exception as wrong:  # noqa: BLE001  # whatever the store's driver raises: what is to be recorded is kept and tried again
                self.counters.add(f"failed_{what}")
                self._tell(what, Text(f"记录失败，稍后重试：{wrong}", f"recording failed and is tried again: {wrong}"))
                if self._stopping:
                    return False
                time.sleep(_AGAIN_S)
            else:
                return True

    def _tell(self, kind: str, told: Text) -> None:
        self._noticed(Notice(kind, self._plant, time.time_ns() // 1000, told))

    @staticmethod
    def _weight(one: Recordable) -> int:
        return sum(map(weight, one.readings)) + (0 if one.older is None else weight(one.older))


def _among(asked: Readings, readings: Readings) -> NDArray[np.bool_]:
    """Which of a few readings are among many, by signal, time and sequence."""
    near = readings.taken((readings.at >= asked.at.min()) & (readings.at <= asked.at.max()) & np.isin(readings.signal, asked.signal))
    keys = set(zip(near.signal.tolist(), near.at.tolist(), near.sequence.tolist(), strict=True))
    return np.array([key in keys for key in zip(asked.signal.tolist(), asked.at.tolist(), asked.sequence.tolist(), strict=True)], np.bool_)
