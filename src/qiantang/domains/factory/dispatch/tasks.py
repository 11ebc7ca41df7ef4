"""What is to be done and who can do it: tasks, workers, vehicles' batteries, and what lateness and travel weigh."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from qiantang.kernel.errors import FactsError, Fault, Place, raise_all
from qiantang.kernel.words import Text

MINUTE = 60_000_000
"""Microseconds in a minute: instants are whole microseconds UTC, lengths of work and travel are minutes."""
PRIORITIES = (1, 2, 3, 4)
"""1: at once; 2: within the hour; 3: within the shift; 4: when somebody passes."""

Metres = tuple[float, float]
"""Metres east and north of the site's corner."""


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work at one place.

    ``skill`` is what it asks for, ``also`` further skills of the same person. ``minutes`` of work when begun afresh;
    ``due`` the instant by which it should be finished, ``ready`` the earliest at which it can begin. ``parts`` are ids of
    spare parts with how many of each; ``finding`` the id of the alarm or finding it came from.
    Raises FactsError for a priority that does not exist or work that is not a positive number of minutes.
    """

    id: str
    asset: str
    skill: str
    priority: int
    place: Metres
    minutes: float
    due: int
    parts: tuple[tuple[str, int], ...] = ()
    finding: str = ""
    also: frozenset[str] = frozenset()
    opened: int = 0
    ready: int = 0

    def __post_init__(self) -> None:
        raise_all(FactsError, self._faults())

    def _faults(self) -> Iterator[Fault]:
        if self.priority not in PRIORITIES:
            yield _fault(self.id, "priority", self.priority, Text("优先级只有 1 至 4", "a priority is 1 to 4"),
                         Text("请写 1（立即）至 4（顺路）。", "Write 1 (at once) to 4 (in passing)."))
        if not (math.isfinite(self.minutes) and self.minutes > 0):
            yield _fault(self.id, "minutes", self.minutes, Text("工时应是正的分钟数", "work is a positive number of minutes"),
                         Text("请填写预计工时。", "Enter the minutes expected."))
        if not all(map(math.isfinite, self.place)):
            yield _fault(self.id, "place", self.place, Text("地点应是两个有限的米数", "a place is two finite numbers of metres"),
                         Text("请检查设备的坐标。", "Look at the coordinates of the asset."))
        for part, number in self.parts:
            if number < 1:
                yield _fault(self.id, "parts", f"{part}: {number}", Text("备件数至少为 1", "at least one of a part is needed"),
                             Text("不需要的备件请删去。", "Take out a part that is not needed."))

    @property
    def skills(self) -> frozenset[str]:
        """All the skills that one person must have for it."""
        return self.also | {self.skill} if self.skill else self.also


@dataclass(frozen=True, slots=True)
class Battery:
    """A vehicle's battery told in metres: how far it runs when full, how far still, metres regained per minute at the charger."""

    full_m: float
    left_m: float
    charge_m_per_minute: float
    charger: Metres


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody, or a vehicle, that does tasks.

    On duty from ``free_at`` (the instant of being free next) until ``until`` (None: no end is known), but for ``breaks``,
    pairs of instants. ``place`` is where the worker is at ``free_at``. ``speed_m_s`` None: as fast as people walk here.
    ``lead`` is who leads the shift: told when nobody accepts.
    """

    id: str
    skills: frozenset[str]
    place: Metres = (0.0, 0.0)
    free_at: int = 0
    until: int | None = None
    breaks: tuple[tuple[int, int], ...] = ()
    battery: Battery | None = None
    speed_m_s: float | None = None
    lead: bool = False

    def can(self, task: Task) -> bool:
        """Whether the worker has every skill of the task."""
        return task.skills <= self.skills


@dataclass(frozen=True, slots=True)
class Weights:
    """What the planner makes small: minutes of lateness by priority, plus minutes of travel.

    The values are the project's own setting, not a standard: a minute of lateness at priority 1 counts as eight at
    priority 4, and a minute of travel as a fiftieth of the latter. ``haste`` is the share of a
    task's weight that each minute until its end counts although it is not late: above 0 a plan does early what it can, because
    more will come. A plant sets its own.
    """

    late: tuple[float, float, float, float] = (8.0, 4.0, 2.0, 1.0)
    travel: float = 0.02
    haste: float = 0.0

    def of(self, task: Task) -> float:
        """The weight of a minute that the task is late."""
        return self.late[task.priority - 1]


def _fault(task: str, column: str, value: object, message: Text, remedy: Text) -> Fault:
    return Fault(Text("任务 {task}：{what}", "task {task}: {what}").filled(task=task, what=message),
                 Place(column=column), value, f"task-{column}", remedy)
