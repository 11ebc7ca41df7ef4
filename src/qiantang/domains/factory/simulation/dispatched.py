"""The policy of the house: a plan of all open tasks, re-made at every change by insertion and ruin-and-recreate, of which the next step is taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from qiantang.domains.factory.dispatch.planning import improve, insert
from qiantang.domains.factory.dispatch.situation import Situation
from qiantang.domains.factory.dispatch.tasks import MINUTE, Task, Worker

SOON = MINUTE // 2
"""A plan's first stop begins within this after now plus the way there: then the person goes now."""


class Dispatched:
    """Skill-aware, prioritised dispatch by ``domains/factory/dispatch``.

    ``moves`` of the search are made at each call; a count, not a time, so that a seed gives the same week on every machine.
    """

    def __init__(self, moves: int = 120) -> None:
        self.moves = moves
        self._days: Mapping[str, tuple[str, ...]] = {}

    def sends(self, tasks: Sequence[Task], workers: Sequence[Worker], now: int) -> Iterable[tuple[Task, Worker]]:
        """Who begins what at this instant."""
        situation = Situation(tuple(tasks), tuple(workers), now)
        plan = insert(situation, self._days)
        if len(tasks) > 1 and self.moves:
            plan = improve(plan, moves=self.moves)
        self._days = plan.days
        by_id = {task.id: task for task in tasks}
        for worker in workers:
            row = plan.days[worker.id]
            if not row or worker.free_at > now:
                continue
            stop = plan.stop(row[0])
            if stop is not None and stop.begins - round(stop.travel * MINUTE) <= now + SOON:
                yield by_id[row[0]], worker
