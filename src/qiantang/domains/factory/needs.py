"""What an alarm asks for: which skill, how soon, how long, which spare parts; the task that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from qiantang.domains.factory.alarms.entry import Change
from qiantang.domains.factory.dispatch.tasks import MINUTE, Task
from qiantang.domains.factory.plant import Plant

BY_RULE: Mapping[str, tuple[str, ...]] = {"quality": ("electrical", "instrument"), "stuck": ("instrument", "electrical"),
                                            "silent": ("electrical", "instrument")}
"""Rules that speak of the measuring and not of the machine, with the skills that mend that."""
BY_STEP: Mapping[str, tuple[str, ...]] = {
    "calendering": ("extrusion",), "cutting": ("extrusion",), "bead": ("extrusion",), "inspection": ("instrument",), "network": ("electrical",),
}
"""Process steps whose machines are mended by a skill that does not bear the step's own name."""
GENERAL = ("mechanical", "mechanic")
OPENED_BY = "T:"
"""Stands before the id of the alarm that opened a task, in the task's own id."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a plant has settled: minutes until a task of each priority is due, and minutes of work expected (both assumptions)."""

    due: tuple[float, float, float, float] = (30.0, 120.0, 480.0, 1440.0)
    work: tuple[float, float, float, float] = (30.0, 30.0, 30.0, 20.0)
    by_rule: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: BY_RULE)
    by_step: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: BY_STEP)

    def skill(self, plant: Plant, asset: str, rule: str) -> str:
        """The first skill fit for it that somebody of the plant has; any at all where none is, empty where nobody has any."""
        had = dict.fromkeys(name for name, _ in plant.skills) | dict.fromkeys(s for t in plant.technicians for s in sorted(t.skills))
        step = plant.asset[plant.machine(asset)].step
        wanted = (*self.by_rule.get(rule, ()), step, *self.by_step.get(step, ()), *GENERAL, *had)
        return next((name for name in wanted if name in had), "")

    def task(self, plant: Plant, change: Change) -> Task:
        """The task of an alarm that was told. Its id is made of the alarm's, so that the same alarm never makes two."""
        machine, place = change.machine, plant.asset[change.machine].place
        late = self.due[change.priority - 1]
        kind = next((s.kind for s in plant.of_asset.get(change.alarm.asset, ()) if s.number == change.alarm.signal), "")
        parts = tuple((part.id, 1) for part in plant.parts if part.mends(kind, change.alarm.rule))
        return Task(f"{OPENED_BY}{change.alarm.id}", machine, self.skill(plant, change.alarm.asset, change.alarm.rule), change.priority, place,
                    self.work[change.priority - 1], change.at + round(late * MINUTE), parts=parts, finding=change.alarm.id, opened=change.at)
