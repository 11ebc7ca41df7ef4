"""How far and how long: people and vehicles go along aisles at right angles, by way of the stores where parts lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from qiantang.domains.factory.dispatch.tasks import Metres, Task, Worker


@dataclass(frozen=True, slots=True)
class Travel:
    """The ways of one plant. ``walking_m_s`` is metres per second on foot; ``stores`` says where each part lies."""

    walking_m_s: float = 1.2
    stores: Mapping[str, Metres] = field(default_factory=dict)

    def metres(self, a: Metres, b: Metres) -> float:
        """From one place to another along the aisles."""
        return abs(a[0] - b[0]) + abs(a[1] - b[1])

    def per_minute(self, worker: Worker) -> float:
        """Metres that the worker makes in a minute."""
        return 60.0 * (self.walking_m_s if worker.speed_m_s is None else worker.speed_m_s)

    def entry(self, task: Task) -> tuple[Metres, float]:
        """Where the way to a task begins (its place, or the first store it needs), and the metres from there to its place."""
        stops = [self.stores[part] for part, _ in task.parts if part in self.stores]
        stops = [*dict.fromkeys(stops), task.place]
        return stops[0], sum(self.metres(a, b) for a, b in pairwise(stops))

    def minutes(self, worker: Worker, start: Metres, task: Task) -> float:
        """How long the worker takes from ``start`` to the task, breaks and charging not counted."""
        first, inside = self.entry(task)
        return (self.metres(start, first) + inside) / self.per_minute(worker)
