"""Who is sent where: the seam between the simulated plant and a policy of dispatch, and the plainest policy, first come first served."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from qiantang.domains.factory.dispatch.tasks import MINUTE, Task, Worker


class Mender(Protocol):
    """A policy of dispatch."""

    def sends(self, tasks: Sequence[Task], workers: Sequence[Worker], now: int) -> Iterable[tuple[Task, Worker]]:
        """Who begins what at this instant.

        ``tasks`` wait, in the order they were opened; ``workers`` are all on duty, those with ``free_at`` after ``now`` still
        busy. Each task and each free worker may occur once; a task goes to somebody who has its skills.
        """
        ...


def in_time(task: Task, worker: Worker, now: int) -> bool:
    """Whether the worker has the skills and the work ends before the end of duty."""
    return worker.can(task) and (worker.until is None or now + task.minutes * MINUTE <= worker.until)


class FirstCome:
    """The oldest task first, each to the first free person of the roster who has the skill; neither priority nor way counts."""

    def sends(self, tasks: Sequence[Task], workers: Sequence[Worker], now: int) -> Iterable[tuple[Task, Worker]]:
        """Who begins what at this instant."""
        free = [worker for worker in workers if worker.free_at <= now]
        for task in tasks:
            for worker in free:
                if in_time(task, worker, now):
                    free.remove(worker)
                    yield task, worker
                    break
            if not free:
                return
