"""From an alarm that is told to a task that somebody has: opened once, given out at once, planned anew as things change.

What is found where a task for it is open already joins that task, which is then as urgent as the most urgent of its findings.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from qiantang.district.plant.folder import Order
from qiantang.district.plant.relearning import ALARMS, ASSET, SINCE, instant_said
from qiantang.district.plant.telling import TaskNews
from qiantang.domains.factory.alarms.entry import Change
from qiantang.domains.factory.alarms.wording import told
from qiantang.domains.factory.dispatch.dispatcher import Dispatcher
from qiantang.domains.factory.dispatch.duty import on_duty
from qiantang.domains.factory.dispatch.joining import Concerns
from qiantang.domains.factory.dispatch.policy import Policy
from qiantang.domains.factory.dispatch.states import Change as TaskChange
from qiantang.domains.factory.dispatch.states import State
from qiantang.domains.factory.dispatch.tasks import MINUTE, Task
from qiantang.domains.factory.dispatch.travel import Travel
from qiantang.domains.factory.plant import Plant
from qiantang.kernel.errors import ActionError, SubjectError
from qiantang.kernel.words import Text

TICK_US = 30_000_000
_DUE_MINUTES = (15.0, 60.0, 240.0, 1440.0)
_WORK_MINUTES = 30.0
"""Minutes until due by priority, and minutes of work: the project's assumptions where a plant says nothing."""
_MOVES = 300
_AMENDED_AWAY = Text("报警经更正后不再成立", "a late reading took the alarm away")

TaskOf = Callable[[Change], Task | None]


def usual_task(plant: Plant) -> TaskOf:
    """Tasks as a plant without rules of its own gives them: the skill named like the machine's step where people have it, else the
    skill that most people have."""
    having = [skill for person in plant.technicians for skill in sorted(person.skills)]
    usual = max(sorted(set(having)), key=having.count, default="")

    def made(change: Change) -> Task | None:
        asset = plant.asset[change.machine]
        skill = asset.step if asset.step in having else usual
        if not skill:
            return None
        due = change.at + round(_DUE_MINUTES[change.priority - 1] * MINUTE)
        return Task(f"task-{change.alarm.id}", change.machine, skill, change.priority, asset.place, _WORK_MINUTES, due, finding=change.alarm.id,
                    opened=change.at)

    return made


class Work:
    """The dispatcher of a plant's node, told what happens to alarms. ``heard`` is told what happens to tasks.

    By default the search makes a fixed number of moves, not as many as fit into a time, so that a replay gives the same plans.
    """

    def __init__(self, plant: Plant, task_of: TaskOf | None = None, *, policy: Policy | None = None,
                 heard: Callable[[Sequence[TaskChange]], None] = lambda _: None) -> None:
        self.plant = plant
        self.policy = policy or Policy(moves=_MOVES)
        self.news = TaskNews()
        self.told: dict[str, Text] = {}
        self.concerns = Concerns()
        stores = Travel(stores={part.id: part.place for part in plant.parts})
        self.dispatcher = Dispatcher((), stores, policy=self.policy, stock={part.id: part.stock for part in plant.parts})
        self._task_of = task_of or usual_task(plant)
        self._heard = heard
        self._planned_at = 0
        self._here: set[str] = set()

    def heard(self, changes: Sequence[Change], clock: int, withdrawn: Sequence[str] = ()) -> None:
        """What happened to alarms, which of them a late reading took away, and that time has passed."""
        said: list[TaskChange] = []
        fresh = False
        if clock - self._planned_at >= TICK_US:
            said += self._people(clock)
        for change in changes:
            task = self._task_of(change) if change.told else None
            if task is not None:
                said += self._found(change, task, clock)
                fresh = True
        for alarm in withdrawn:
            said += self._withdrawn(alarm, clock)
        if clock - self._planned_at >= TICK_US:
            said += self.dispatcher.tick(clock)
            self._planned_at = clock
        elif fresh:
            said += self.dispatcher.at_once(clock)
        self._tell(said)

    def answered(self, order: Order, clock: int) -> None:
        """A worker's answer to a task. ActionError where it cannot be, KeyError where something is not said."""
        task, values = order.values["task"], order.values
        worker = values.get("worker", order.by)
        match order.order:
            case "accept":
                said = self.dispatcher.accepted(task, worker, clock)
            case "start":
                said = self.dispatcher.started(task, worker, clock)
            case "finish":
                said = self.dispatcher.finished(task, worker, clock, values.get("cause", ""), values.get("done", ""))
            case "refuse":
                said = self.dispatcher.refused(task, worker, values.get("reason", ""), clock)
            case _:
                raise ActionError.of(f"没有这样的操作：{order.order}", f"there is no order {order.order}", value=order.order)
        self._tell([*said, *self.dispatcher.at_once(clock)])

    def repaired(self, values: Mapping[str, str], by: str) -> dict[str, str]:
        """What a finished task says beyond its own values: the machine that was mended, the alarms it was about, and since when something
        was wrong, by what the worker says or else by the alarms. Nothing where the task cannot be finished now, or the machine is none of the plant's any more.
        ActionError for a time that cannot be read."""
        entry = self.dispatcher.book.entries.get(values.get("task", ""))
        if entry is None or entry.state is not State.STARTED or entry.worker != values.get("worker", by) or entry.task.asset not in self.plant.asset:
            return {}
        said, concern = values.get("since", "").strip(), self.concerns.of.get(entry.task.id)
        since = instant_said(said, self.plant.local) if said else entry.task.opened if concern is None else concern.since
        alarms = [entry.task.finding] if concern is None or not concern.alarms else concern.alarms
        return {ASSET: entry.task.asset, SINCE: str(since), ALARMS: json.dumps(alarms)}

    def snapshot(self) -> bytes:
        """Everything needed to go on."""
        kept = {"dispatcher": self.dispatcher.snapshot().decode(), "planned": self._planned_at, "here": sorted(self._here),
                "told": {name: (text.zh, text.en) for name, text in self.told.items()}, "concerns": self.concerns.written(), "news": self.news.written()}
        return json.dumps(kept, ensure_ascii=False).encode()

    def restore(self, snapshot: bytes) -> None:
        """Become what the snapshot was."""
        kept = json.loads(snapshot)
        self.dispatcher = Dispatcher.restored(kept["dispatcher"].encode(), self.dispatcher.travel, self.policy)
        self._planned_at, self._here = kept["planned"], set(kept["here"])
        self.told = {name: Text(*text) for name, text in kept["told"].items()}
        self.concerns = Concerns.read(kept.get("concerns", {}))
        self.news = TaskNews.read(kept.get("news"))

    def _found(self, change: Change, task: Task, clock: int) -> list[TaskChange]:
        """The alarm joins the open task it belongs to, or opens its own."""
        alarm, dispatcher = change.alarm, self.dispatcher
        if self.concerns.knows(alarm.id):
            return []
        known = {name: (entry.task.asset, entry.task.skill) for name, entry in dispatcher.book.entries.items()}
        joins = self.concerns.fitting(known, alarm, change.machine, task.skill, change.leader)
        self.told[alarm.id] = told(alarm, self.plant)
        said = dispatcher.open(task, clock) if joins is None else dispatcher.joined(joins, alarm.id, task.priority, task.due, clock)
        self.concerns.take(joins or task.id, alarm, change.leader)
        return said

    def _people(self, clock: int) -> list[TaskChange]:
        """Who comes on duty, who leaves, and who stays for other hours: where one shift follows on another, or the plant's clock is another."""
        workers = {w.id: w for w in on_duty(self.plant, clock)}
        said: list[TaskChange] = []
        for gone in sorted(self._here - set(workers)):
            said += self.dispatcher.gone(gone, clock)
        for name, worker in sorted(workers.items()):
            known = self.dispatcher.book.workers.get(name) if name in self._here else None
            if known is None:
                said += self.dispatcher.here(worker, clock)
            elif (known.until, known.breaks) != (worker.until, worker.breaks):
                said += self.dispatcher.here(replace(known, until=worker.until, breaks=worker.breaks), clock)
        self._here = set(workers)
        return said

    def _withdrawn(self, alarm: str, clock: int) -> list[TaskChange]:
        left = self.concerns.left(alarm)
        if left is None or not left[1]:
            return []
        try:
            return self.dispatcher.withdrawn(left[0], _AMENDED_AWAY, clock)
        except (SubjectError, ActionError):
            return []

    def _tell(self, said: Sequence[TaskChange]) -> None:
        if said:
            self.news.heard(said)
            self.concerns.forget(self.dispatcher.book.entries)
            still = {alarm for concern in self.concerns.of.values() for alarm in concern.alarms}
            self.told = {name: text for name, text in self.told.items() if name in still}
            self._heard(said)
