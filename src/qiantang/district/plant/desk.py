"""The desk of a plant's node: told alarms become tasks, tasks find their people, people's orders are carried out, all is told.

It holds no clock: instants are the plant's own, as the log tells them, so that a replay does the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qiantang.district.plant.folder import Order, PlantFolder
from qiantang.district.plant.telling import TaskNews, told_of
from qiantang.domains.factory.alarms.entry import Change
from qiantang.domains.factory.alarms.life import Event
from qiantang.domains.factory.alarms.register import Register
from qiantang.domains.factory.alarms.wording import told
from qiantang.domains.factory.dispatch.dispatcher import Dispatcher
from qiantang.domains.factory.dispatch.duty import on_duty
from qiantang.domains.factory.dispatch.policy import Policy
from qiantang.domains.factory.dispatch.states import CLOSED, WAITING
from qiantang.domains.factory.dispatch.states import Change as TaskChange
from qiantang.domains.factory.dispatch.tasks import MINUTE
from qiantang.domains.factory.dispatch.travel import Travel
from qiantang.domains.factory.measures.reckoning import Reckoning
from qiantang.domains.factory.needs import Needs
from qiantang.domains.factory.plant import Plant
from qiantang.kernel.errors import QiantangError
from qiantang.kernel.readings import Readings
from qiantang.kernel.words import Text

PLAN_EVERY_US = 30_000_000
"""How often everybody's day is planned anew; who is free is sent at once all the same."""
_DAY_US = 86_400_000_000
_WITHDRAWN = Text("报警已因迟到数据撤回", "a late reading withdrew the alarm")
_TEXTS_KEPT = 1000
_FINE, _WATCH, _ALARM, _OFF = range(4)
_SILENT_US = 60_000_000


class Desk:
    """One plant's tasks, figures and last values. ``zone_us`` is how far the plant's midnight lies before that of UTC.

    ``refused`` lists what was wrong with orders that could not be carried out, the latest last.
    """

    def __init__(self, plant: Plant, *, policy: Policy | None = None, needs: Needs | None = None, zone_us: int = 0) -> None:
        self.plant = plant
        self.needs = needs or Needs()
        self.dispatcher = Dispatcher((), Travel(stores={part.id: part.place for part in plant.parts}), policy, {p.id: p.stock for p in plant.parts})
        self.reckoning = Reckoning(plant)
        self.news = TaskNews()
        self.refused: list[tuple[Order, str]] = []
        self.now = 0
        numbers = max((s.number for s in plant.signals), default=-1) + 1
        self._value = np.full(numbers, np.nan)
        self._at = np.full(numbers, -1, np.int64)
        self._patience = np.full(numbers, _SILENT_US, np.int64)
        """How long each signal may be silent: three of its own intervals."""
        for signal in plant.signals:
            self._patience[signal.number] = max(round(3e6 / max(signal.rate_hz, 1e-6)), _SILENT_US)
        self._texts: dict[str, Text] = {}
        self._zone_us = zone_us
        self._planned = 0

    # --- what happens ---

    def read(self, readings: Readings) -> None:
        """Readings as they became known: the figures are reckoned and the last values kept."""
        known = readings.signal < len(self._at)
        signal, at, value = readings.signal[known], readings.at[known], readings.value[known]
        newer = at >= self._at[signal]
        # Of several of one signal in a batch the last one stands.
        self._value[signal[newer]], self._at[signal[newer]] = value[newer], at[newer]
        self.reckoning.feed(readings)

    def heard(self, changes: Iterable[Change]) -> list[TaskChange]:
        """What changed in the register: an alarm told to the operator becomes a task, unless its machine has one at least as
        urgent; one withdrawn takes back the task nobody has begun."""
        done: list[TaskChange] = []
        for change in changes:
            if change.told:
                done += self._opened(change)
            elif change.event is Event.WITHDRAWN:
                done += self._withdrawn(change)
        self.news.heard(done)
        return done

    def passed(self, now: int) -> list[TaskChange]:
        """Time passed up to an instant of the plant: people come and go, whoever is free is sent, every half minute all is planned anew."""
        if now <= self.now:
            return []
        self.now = now
        done = self._shifts(now)
        if now - self._planned >= PLAN_EVERY_US:
            self._planned = now
            done += self.dispatcher.tick(now)
        elif self.dispatcher.book.waiting():
            done += self.dispatcher.at_once(now)
        self.news.heard(done)
        return done

    def carry_out(self, orders: Iterable[Order], register: Register) -> list[Change]:
        """Orders that people left. One that can no longer be carried out is noted with its reason and changes nothing."""
        changes: list[Change] = []
        for order in orders:
            try:
                changes += self._alarm_order(order, register) if "alarm" in order.values else []
                if "task" in order.values:
                    self._task_order(order)
            except QiantangError as wrong:
                self.refused.append((order, wrong.said("en")))
                del self.refused[:-100]
        return changes

    # --- what is told ---

    def tell(self, folder: PlantFolder, register: Register, *, counters: Mapping[str, int] | None = None,
             deviation: NDArray[np.floating[Any]] | None = None) -> None:
        """Everything that pages and walls show. ``deviation`` of every signal in standard deviations, where charts know it."""
        states, oee = self.reckoning.states(), self.reckoning.oee()
        machines = []
        for machine, state, of in zip(self.reckoning.machines, states, oee, strict=True):
            cycle = of.production / of.produced / 1e6 if of.produced else None
            machines.append({"id": machine, "state": state.name.lower(), "oee": None if of.oee is None else float(of.oee), "cycle_s": cycle})
        figures = self.reckoning.figures() | {"refused_orders": float(len(self.refused))}
        folder.tell(told_of(max(self.now, self.reckoning.now), register, figures=figures, counters=counters, machines=machines,
                            dispatcher=self.dispatcher, news=self.news, told=self._texts))
        many = len(self._value)
        moved = np.zeros(many, np.float32)
        if deviation is not None:
            moved[:min(many, len(deviation))] = deviation[:many]
        folder.tell_cells(self._value, moved, self._states(register))

    def _states(self, register: Register) -> NDArray[np.uint8]:
        silent = (self._at < 0) | (self.reckoning.now - self._at > self._patience)
        state = np.where(silent, _OFF, _FINE).astype(np.uint8)
        for entry in register.shown():
            if 0 <= entry.alarm.signal < len(state):
                state[entry.alarm.signal] = _ALARM if entry.priority <= 2 else max(int(state[entry.alarm.signal]) % _OFF, _WATCH)
        return state

    # --- how ---

    def _opened(self, change: Change) -> list[TaskChange]:
        book = self.dispatcher.book
        if any(e.task.asset == change.machine and e.task.priority <= change.priority for e in book.entries.values()):
            return []
        self._texts[change.alarm.id] = told(change.alarm, self.plant)
        while len(self._texts) > _TEXTS_KEPT:
            self._texts.pop(next(iter(self._texts)))
        return self.dispatcher.open(self.needs.task(self.plant, change), change.at)

    def _withdrawn(self, change: Change) -> list[TaskChange]:
        book = self.dispatcher.book
        named = {change.alarm.id, change.alarm.amends}
        gone = [t for t, e in book.entries.items() if e.task.finding in named and e.state in WAITING]
        return [c for task in gone for c in self.dispatcher.withdrawn(task, _WITHDRAWN, max(self.now, change.at))]

    def _shifts(self, now: int) -> list[TaskChange]:
        midnight = (now + self._zone_us) // _DAY_US * _DAY_US - self._zone_us
        here = {w.id: w for w in on_duty(self.plant, midnight, now) if w.battery is None}
        known = self.dispatcher.book.workers
        done: list[TaskChange] = []
        for gone in [name for name in known if name not in here and name not in self.dispatcher.book.holds]:
            done += self.dispatcher.gone(gone, now)
        for name, worker in here.items():
            if name not in known:
                done += self.dispatcher.here(worker, now)
        return done

    def _alarm_order(self, order: Order, register: Register) -> list[Change]:
        at, alarm = max(register.now, self.now), order.values["alarm"]
        if order.order == "shelve":
            until = at + int(order.values.get("minutes") or 0) * MINUTE
            return register.shelve(alarm, order.by, order.values.get("reason", ""), until, at)
        return register.acknowledge(alarm, order.by, at) if order.order == "acknowledge" else register.unshelve(alarm, order.by, at)

    def _task_order(self, order: Order) -> None:
        task, of = order.values["task"], self.dispatcher
        entry = of.book.entry(task)
        worker = order.by if order.by in of.book.workers else entry.worker
        now = max(self.now, entry.since)
        match order.order:
            case "accept":
                done = of.accepted(task, worker, now)
            case "start":
                done = of.started(task, worker, now)
            case "refuse":
                done = of.refused(task, worker, order.values.get("reason", ""), now)
            case _:
                done = of.finished(task, worker, now, order.values.get("cause", ""), order.values.get("done", ""))
        self.news.heard(done)

    @property
    def open_tasks(self) -> Sequence[str]:
        """The tasks that are not over."""
        return [task for task, entry in self.dispatcher.book.entries.items() if entry.state not in CLOSED]

    # --- kept and taken up again ---

    def snapshot(self) -> dict[str, bytes]:
        """Everything needed to go on but the news of tasks that are over."""
        state = {"now": self.now, "planned": self._planned, "texts": {name: [t.zh, t.en] for name, t in self._texts.items()}}
        return {"desk": json.dumps(state, ensure_ascii=False).encode(), "dispatcher": self.dispatcher.snapshot(), "reckoning": self.reckoning.snapshot(),
                "values": np.stack([self._value, self._at.view(np.float64)]).tobytes()}

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Become what the snapshot was. ValueError where it is of another plant."""
        state = json.loads(parts["desk"])
        self.now, self._planned = state["now"], state["planned"]
        self._texts = {name: Text(zh, en) for name, (zh, en) in state["texts"].items()}
        self.dispatcher = Dispatcher.restored(parts["dispatcher"], self.dispatcher.travel, self.dispatcher.policy)
        self.reckoning.restore(parts["reckoning"])
        values = np.frombuffer(parts["values"], np.float64).reshape(2, -1)
        self._value, self._at = values[0].copy(), values[1].view(np.int64).copy()


