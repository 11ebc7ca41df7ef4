"""Which open task a finding belongs to: one of the same machine and skill whose alarms have a cause in common with it.

A cause is in common as it is when alarms are grouped: the same unit, the same signal, or a signal that moved with the other's; and what
the register put into one group is one group here. That the machine stands (``down``) is of the cause of any task that is open there. One
person goes there once, and is told everything that was found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from qiantang.domains.factory.alarm import Alarm

FIRST = 8
LATEST = 64
"""So many of a task's findings stay named, the first ones and the latest; those between are counted. No late reading takes away what is
further back than the latest that many."""


@dataclass(slots=True)
class Concern:
    """What a task is about: its alarms by id in the order in which they came, those whose groups they joined, the units and signals
    concerned, and since when (microseconds UTC) something was wrong as far as the alarms tell.

    Of many alarms the first ones and the latest are named; ``between`` counts the others, and ``passed`` says of each chart that raised
    them (the head of the alarm's id) the instant of the latest of them, so that one told again is known.
    """

    since: int
    alarms: list[str] = field(default_factory=list)
    leaders: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    signals: list[int] = field(default_factory=list)
    between: int = 0
    passed: dict[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many alarms there are."""
        return len(self.alarms) + self.between

    def knows(self, alarm: str) -> bool:
        """Whether the alarm of that id was taken in."""
        chart, at = _chart_and_instant(alarm)
        return alarm in self.alarms or at <= self.passed.get(chart, -1)

    def shares(self, alarm: Alarm, leader: str) -> bool:
        """Whether the alarm is of a cause that the task is about."""
        return alarm.rule == "down" or (leader != "" and (leader in self.leaders or self.knows(leader))) or alarm.asset in self.units or any(
            signal in self.signals for signal in _moved(alarm))

    def take(self, alarm: Alarm, leader: str) -> None:
        """Take the alarm in."""
        self.since = min(self.since, alarm.since)
        self.alarms.append(alarm.id)
        if leader and leader not in self.leaders:
            self.leaders.append(leader)
        if alarm.asset not in self.units:
            self.units.append(alarm.asset)
        self.signals += [signal for signal in _moved(alarm) if signal not in self.signals]
        self.bound()

    def bound(self) -> None:
        """Keep no more names than are to stay."""
        for gone in self.alarms[FIRST:-LATEST]:
            chart, at = _chart_and_instant(gone)
            self.passed[chart] = max(at, self.passed.get(chart, 0))
            self.between += 1
        del self.alarms[FIRST:-LATEST]
        del self.leaders[:-LATEST]


class Concerns:
    """What every open task is about, by its id."""

    def __init__(self) -> None:
        self.of: dict[str, Concern] = {}

    def fitting(self, tasks: Mapping[str, tuple[str, str]], alarm: Alarm, machine: str, skill: str, leader: str) -> str | None:
        """The oldest of the open ``tasks`` (machine and skill of each) that the alarm belongs to; None where there is none."""
        return next((task for task, where in tasks.items()
                     if where == (machine, skill) and task in self.of and self.of[task].shares(alarm, leader)), None)

    def knows(self, alarm: str) -> bool:
        """Whether the alarm of that id belongs to an open task already."""
        return any(concern.knows(alarm) for concern in self.of.values())

    def take(self, task: str, alarm: Alarm, leader: str) -> None:
        """The alarm belongs to that task."""
        self.of.setdefault(task, Concern(alarm.since)).take(alarm, leader)

    def left(self, alarm: str) -> tuple[str, bool] | None:
        """An alarm was taken away: the task it belonged to, and whether nothing is left of that; None where it belongs to none."""
        for task, concern in self.of.items():
            if alarm in concern.alarms:
                concern.alarms.remove(alarm)
                return task, not concern.count
        return None

    def forget(self, still: Mapping[str, object]) -> None:
        """Only these tasks are open."""
        self.of = {task: concern for task, concern in self.of.items() if task in still}

    def written(self) -> dict[str, Any]:
        """As plain values."""
        return {task: asdict(concern) for task, concern in self.of.items()}

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Concerns:
        """What was written."""
        made = cls()
        made.of = {task: Concern(**concern) for task, concern in written.items()}
        for concern in made.of.values():
            concern.bound()
        return made


def _moved(alarm: Alarm) -> list[int]:
    """The alarm's own signal and those that moved with it."""
    return [signal for signal in (alarm.signal, *alarm.others) if signal >= 0]


def _chart_and_instant(alarm: str) -> tuple[str, int]:
    """What an alarm's id is made of: the chart that raised it, and when; an id of another form stands for itself."""
    chart, _, at = alarm.rpartition(":")
    return (chart, int(at)) if at.isdecimal() else (alarm, 0)
