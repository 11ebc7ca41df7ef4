"""The synthetic plant at work in this process: its gateways publish Sparkplug over a line to a node, its technicians answer tasks.

Everything between is what a real plant has: births, the host, the durable log, order, charts, alarms, tasks, history, pages. The
plant's time runs faster than ours, and before it is shown its charts learn their limits from a while of its readings.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from qiantang.district.plant.charting import Charting
from qiantang.district.plant.folder import STATE, Order, PlantFolder
from qiantang.district.plant.naming import Naming
from qiantang.district.plant.node import Node, NodeSettings
from qiantang.district.plant.pipeline import Step
from qiantang.district.plant.simulated_gateways import SimulatedGateways
from qiantang.district.plant.simulated_pieces import SimulatedPieces
from qiantang.district.plant.sources import LATENESS_US
from qiantang.district.plant.wiring import piece_fields
from qiantang.district.plant.work import Work
from qiantang.domains.factory.actions import event_title
from qiantang.domains.factory.alarms.entry import Change
from qiantang.domains.factory.alarms.wording import place_title, told
from qiantang.domains.factory.dispatch.policy import Policy
from qiantang.domains.factory.dispatch.states import Change as TaskChange
from qiantang.domains.factory.dispatch.states import State
from qiantang.domains.factory.dispatch.tasks import Task
from qiantang.domains.factory.needs import Needs
from qiantang.domains.factory.plant import Plant
from qiantang.domains.factory.simulation.gateways import Gateways
from qiantang.domains.factory.simulation.kinds import COUNTING, stated_kinds
from qiantang.domains.factory.simulation.running import RunningPlant
from qiantang.domains.factory.simulation.signals import Signals
from qiantang.domains.factory.simulation.truth import Fault, instant
from qiantang.kernel.errors import FactsError, Place
from qiantang.kernel.readings import Readings, readings
from qiantang.kernel.wires import Delivery
from qiantang.kernel.words import Text
from qiantang.links.loopback import Loopback, LoopbackWire, Mischief
from qiantang.links.sparkplug.host import HostSettings, SparkplugHost
from qiantang.links.sparkplug.piece_metrics import PieceMetrics
from qiantang.stores import open_store

PLANT = "demo-tire"
"""The made-up plant's id, and the name of its folder."""
FAULTS: tuple[tuple[float, str, str], ...] = ((0.15, "thermocouple_frozen", "press-05-L"), (0.25, "network_loss", "gw-bld-1"))
"""Which causes begin on what, at which part of what is shown."""
_WARM_UP_S = 7200.0
_AT_WORK_S = 3600
"""For so long the gateways have been at work when the charts have learnt: longer than any cycle, so that each measured everything once."""
_STEP_S = 30
_BEAT_S = 0.2
_ANSWER_S = {State.OFFERED: 40.0, State.ACCEPTED: 60.0, State.STARTED: 240.0}
"""Seconds of the plant after which its technicians go on to the next state."""


@dataclass(frozen=True, slots=True)
class DemoStatus:
    """How the demonstration stands: whether the charts still learn and how far, the plant's instant (µs UTC), readings in the log
    and a second, figures, and what was told last: alarms and tasks."""

    learning: bool
    share: float
    at: int
    logged: int
    readings_s: float
    counts: dict[str, int]
    told: tuple[Text, ...]
    tasks: tuple[tuple[str, Text], ...]
    faults: tuple[Fault, ...]


class Struck(NamedTuple):
    """A fault of the demonstration: what and where, when it began (µs UTC), the first alarm told there after that and how many seconds later,
    who mended it and when; None and empty where that has not come yet."""

    cause: Text
    where: Text
    at: int
    alarm: Text | None
    after_s: float | None
    by: str
    mended_at: int | None


class Demonstration:
    """One run over a plant's folder, which is begun anew. ``operators`` bear its alarms; ``learn_s`` seconds of the plant are learnt
    from, ``speed`` is how much faster than ours its time runs. ``mischief`` is what the line does to messages."""

    def __init__(self, folder: PlantFolder, *, seed: int = 1, learn_s: int = 1800, speed: float = 10.0, learning: int = 60, budget: bool = True,
                 mischief: Mischief | None = None, faults: Sequence[tuple[float, str, str]] = FAULTS) -> None:
        _emptied(folder)
        self._store = open_store(folder.path / STATE)
        # Until it is shown, the plant's own people find and mend what breaks; then only what the node finds is mended.
        self.running = RunningPlant(seed, begin_s=-float(learn_s) - _WARM_UP_S, watch="stated")
        self.plant = self.running.plant
        self.speed, self.learn_s, self._faults = speed, learn_s, list(faults)
        self.folder = folder
        self.signals = Signals(self.running)
        self.gateways = Gateways(self.signals)
        self._pieces = SimulatedPieces(self.running)
        many = len(self.plant.signals)
        # Taken by an array of places, the columns are its own to write in.
        self._last = readings(np.arange(many), 0, np.nan).taken(np.arange(many))
        self.live = False
        self._sent_s = -learn_s
        self._live_at = 0.0
        self.told: list[Text] = []
        self._alarms: list[Change] = []
        self._answered: set[tuple[str, State, int]] = set()
        self.happened: list[TaskChange] = []
        unwatched = frozenset(kind.name for kind in stated_kinds() if kind.role != "measured" and kind.role not in COUNTING)
        # What takes a second of ours on its way takes so many of the plant.
        charting = Charting(learning, unwatched, round(LATENESS_US * max(speed, 1.0)), budget)
        self.node = Node(folder.path, self.plant, store=self._store, settings=NodeSettings(snapshot_s=30.0),
                         charts=charting, clock=self._clock,
                         heard=self._heard, shown=folder, work=self._work)
        line = Loopback(mischief)
        metrics = piece_fields(self.plant, "sparkplug")
        host = SparkplugHost("qiantang", self.node.directory, HostSettings(read_elsewhere=frozenset(metrics)), units=self.node.units)
        self._host = LoopbackWire(line.join(PieceMetrics(host, metrics)), self._clock)
        self._line = SimulatedGateways(self.gateways, line)

    def event_title(self, name: str) -> Text:
        """What a reader calls something that happened to a task."""
        return event_title(name)

    @property
    def naming(self) -> Naming:
        """What the plant calls that which ids in sentences stand for."""
        return Naming(self.plant)

    def struck(self) -> list[Struck]:
        """Every fault that began while the plant was shown, and what became of it."""
        found = []
        for fault in self.running.faults:
            if fault.start < 0:
                continue
            since = instant(fault.start)
            after = [change.alarm for change in self._alarms if change.alarm.at >= since
                     and (fault.asset == change.alarm.asset or fault.machine in (change.machine, change.alarm.asset))]
            first = min(after, key=lambda alarm: alarm.at, default=None)
            found.append(Struck(self.running.causes[fault.cause].title, place_title(self.plant, fault.asset), since,
                                None if first is None else told(first, self.plant), None if first is None else (first.at - since) / 1e6,
                                fault.by, None if fault.end is None else instant(fault.end)))
        return found

    async def run(self, seconds: float, heard: Callable[[DemoStatus], None], *, until: Callable[[DemoStatus], bool] = lambda _: False) -> DemoStatus:
        """Learn, then show for so many of our seconds, or until ``until`` says that enough was seen; ``heard`` is told about twice a
        second how it stands."""
        running = asyncio.create_task(self.node.run([self._host]))
        try:
            await self._learn(heard)
            await self._show(seconds, heard, until)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            self._store.close()
        return self.status(1.0)

    def status(self, share: float) -> DemoStatus:
        """How it stands."""
        status = self.node.status()
        work = self.node.work
        tasks = [] if work is None else [(e.task.asset, e.state.said) for e in work.dispatcher.book.entries.values()]
        return DemoStatus(not self.live, share, self._clock(), status.logged, status.readings_s, status.counts, tuple(self.told[-5:]), tuple(tasks[:8]),
                          self.running.faults)

    # --- how ---

    async def _learn(self, heard: Callable[[DemoStatus], None]) -> None:
        """The charts read a while of the plant as fast as they can; what the gateways read before, nobody is told."""
        for start in range(-max(self.learn_s, _AT_WORK_S), -self.learn_s, _STEP_S):
            await asyncio.to_thread(self._sent, start, min(start + _STEP_S, -self.learn_s))
            heard(self.status(0.0))
        for start in range(-self.learn_s, 0, _STEP_S):
            end = min(start + _STEP_S, 0)
            await self.node.deliver(Delivery(await asyncio.to_thread(self._sent, start, end)))
            self._sent_s = end
            heard(self.status((start + self.learn_s) / self.learn_s))
        while self.node.status().behind:
            await asyncio.sleep(_BEAT_S)
        self.told.clear()

    async def _show(self, seconds: float, heard: Callable[[DemoStatus], None], until: Callable[[DemoStatus], bool]) -> None:
        self._live_at = time.monotonic()
        self.live = True
        self.running.repairs.watch = "outside"
        # Gateways know the last value of each signal before they are born, so that their births state it.
        self._line.know(self._last.taken(np.flatnonzero(np.isfinite(self._last.value))), self._clock())
        self._line.born(self._clock())
        while (passed := time.monotonic() - self._live_at) < seconds:
            self._strike(passed / seconds)
            now_s = int(self._plant_s())
            if now_s > self._sent_s:
                sent = await asyncio.to_thread(self._sent, self._sent_s, now_s)
                self._line.come_or_go(self.gateways.notices(self._sent_s, now_s), self._clock())
                self._line.read(sent, self._clock())
                self._line.over(self._pieces.taken())
                self._sent_s = now_s
                self._answer(now_s)
            self._line.beat(self._clock())
            status = self.status(passed / seconds)
            heard(status)
            if until(status):
                return
            await asyncio.sleep(_BEAT_S)

    def _sent(self, start: int, end: int) -> Readings:
        self.running.run(float(end))
        found = self.gateways.sent(self.signals.between(start, end), start, end)
        self._last.value[found.signal], self._last.at[found.signal] = found.value, found.at
        return found

    def _strike(self, share: float) -> None:
        while self._faults and self._faults[0][0] <= share:
            _, cause, asset = self._faults.pop(0)
            self.running.inject(cause, asset)

    def _answer(self, now_s: int) -> None:
        """The technicians of the plant do what people do: accept, go there, mend."""
        work = self.node.work
        for entry in list(work.dispatcher.book.entries.values()) if work is not None else ():
            wait = _ANSWER_S.get(entry.state)
            if wait is None or instant(now_s) - entry.since < wait * 1e6:
                continue
            step = (entry.task.id, entry.state, entry.since)
            if step in self._answered:
                continue
            self._answered.add(step)
            order = {State.OFFERED: "accept", State.ACCEPTED: "start", State.STARTED: "finish"}[entry.state]
            said = {"task": entry.task.id} | ({"cause": "found on the spot", "done": "mended"} if order == "finish" else {})
            self.folder.leave(Order(order, said, entry.worker, self._clock()))
            if order == "finish":
                self._mend(entry.task.asset, entry.worker)

    def _mend(self, machine: str, by: str) -> None:
        for asset in [a.id for a in self.plant.assets if self.plant.machine(a.id) == machine]:
            self.running.repair(asset, by)

    def _clock(self) -> int:
        return instant(self._plant_s())

    def _plant_s(self) -> float:
        return (time.monotonic() - self._live_at) * self.speed if self.live else float(self._sent_s)

    def _work(self, plant: Plant) -> Work:
        needs = Needs()

        def task_of(change: Change) -> Task | None:
            return needs.task(plant, change) if self.live else None

        return Work(plant, task_of, policy=Policy(moves=100), heard=self.happened.extend)

    def _heard(self, step: Step, changes: Sequence[Change], before: bool) -> None:
        del step, before
        news = [change for change in changes if change.told]
        self._alarms += news
        self.told += [told(change.alarm, self.plant) for change in news]


def _emptied(folder: PlantFolder) -> None:
    """Begin anew; only a folder of a made-up plant is emptied."""
    before = folder.plant()
    if before is not None and not before.synthetic:
        raise FactsError.of("此文件夹属于真实工厂", "this folder is of a real plant", place=Place(str(folder.path)),
                            remedy=Text("请另选文件夹。", "Name another folder."))
    if folder.path.is_dir():
        shutil.rmtree(folder.path)
    Path(folder.path).mkdir(parents=True)
