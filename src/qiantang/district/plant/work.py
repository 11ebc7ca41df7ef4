"""From an alarm that is told to a task that somebody has: opened once, given out at once, planned anew as things change."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from qiantang.district.plant.folder import Order
from qiantang.district.plant.telling import TaskNews
from qiantang.domains.factory.alarms.entry import Change
from qiantang.domains.factory.alarms.wording import told
from qiantang.domains.factory.dispatch.dispatcher import Dispatcher
from qiantang.domains.factory.dispatch.duty import on_duty
from qiantang.domains.factory.dispatch.policy import Policy
from qiantang.domains.factory.dispatch.states import Change as TaskChange
from qiantang.domains.factory.dispatch.tasks import MINUTE, Task
from qiantang.domains.factory.dispatch.travel import Travel
from qiantang.domains.factory.plant import Plant
from qiantang.kernel.errors import ActionError, SubjectError
from qiantang.kernel.words import Text

TICK_US = 30_000_000
_DAY_US = 86_400_000_000
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
    ``midnight_us`` is where the plant's local day begins, microseconds after midnight UTC.
    """

    def __init__(self, plant: Plant, task_of: TaskOf | None = None, *, policy: Policy | None = None, midnight_us: int = 0,
                 heard: Callable[[Sequence[TaskChange]], None] = lambda _: None) -> None:
        self.plant = plant
        self.policy = policy or Policy(moves=_MOVES)
        self.news = TaskNews()
        self.told: dict[str, Text] = {}
        stores = Travel(stores={part.id: part.place for part in plant.parts})
        self.dispatcher = Dispatcher((), stores, policy=self.policy, stock={part.id: part.stock for part in plant.parts})
        self._task_of = task_of or usual_task(plant)
        self._midnight_us, self._heard = midnight_us, heard
        self._planned_at = 0
        self._here: set[str] = set()

    def heard(self, changes: Sequence[Change], clock: int, withdrawn: Sequence[str] = ()) -> None:
        """What happened to alarms, which of them a late reading took away, and that time has passed."""
        said: list[TaskChange] = []
        fresh = False
        if clock - self._planned_at >= TICK_US:
            said += self._people(clock)
        for change in changes:
            if change.told and not change.leader:
                task = self._task_of(change)
                if task is not None:
                    self.told[task.finding] = told(change.alarm, self.plant)
                    said += self.dispatcher.open(task, clock)
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

    def snapshot(self) -> bytes:
        """Everything needed to go on."""
        kept = {"dispatcher": self.dispatcher.snapshot().decode(), "planned": self._planned_at, "here": sorted(self._here),
                "told": {name: (text.zh, text.en) for name, text in self.told.items()}}
        return json.dumps(kept, ensure_ascii=False).encode()

    def restore(self, snapshot: bytes) -> None:
        """Become what the snapshot was."""
        kept = json.loads(snapshot)
        self.dispatcher = Dispatcher.restored(kept["dispatcher"].encode(), policy=self.policy)
        self._planned_at, self._here = kept["planned"], set(kept["here"])
        self.told = {name: Text(*text) for name, text in kept["told"].items()}

    def _people(self, clock: int) -> list[TaskChange]:
        """Who comes on duty and who leaves."""
        local = clock + self._midnight_us
        workers = {w.id: w for w in on_duty(self.plant, local - local % _DAY_US - self._midnight_us, clock)}
        said: list[TaskChange] = []
        for gone in sorted(self._here - set(workers)):
            said += self.dispatcher.gone(gone, clock)
        for come in sorted(set(workers) - self._here):
            said += self.dispatcher.here(workers[come], clock)
        self._here = set(workers)
        return said

    def _withdrawn(self, alarm: str, clock: int) -> list[TaskChange]:
        try:
            return self.dispatcher.withdrawn(f"task-{alarm}", _AMENDED_AWAY, clock)
        except (SubjectError, ActionError):
            return []

    def _tell(self, said: Sequence[TaskChange]) -> None:
        if said:
            self.news.heard(said)
            still = {entry.task.finding for entry in self.dispatcher.book.entries.values()}
            self.told = {name: text for name, text in self.told.items() if name in still}
            self._heard(said)
