"""Spare parts: how many lie in the stores, how many are put aside for a task; none is promised twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from qiantang.domains.factory.dispatch.tasks import Task
from qiantang.kernel.words import Text, joined, same


class Stock:
    """Counts by part id. A part that the stock has never heard of is not there. With ``unlimited`` stock is not kept here."""

    def __init__(self, counts: Mapping[str, int] | None = None) -> None:
        self._free: dict[str, int] = dict(counts or {})
        self.unlimited = counts is None

    def counts(self) -> Mapping[str, int]:
        """How many of each part are free."""
        return dict(self._free)

    def brought(self, part: str, number: int) -> None:
        """More of a part has come."""
        self._free[part] = self._free.get(part, 0) + number

    def lacking(self, task: Task) -> Text | None:
        """Which parts are missing for a task, as a reason; None where all are there."""
        if self.unlimited:
            return None
        missing = [Text("{part}（需 {n}，存 {free}）", "{part} ({n} needed, {free} there)").filled(part=same(part), n=number, free=self._free.get(part, 0))
                   for part, number in _needed(task.parts).items() if self._free.get(part, 0) < number]
        return Text("缺备件：{missing}", "parts out of stock: {missing}").filled(missing=joined(missing)) if missing else None

    def put_aside(self, task: Task) -> None:
        """Take the parts of a task out of what is free; ``lacking`` must have said that they are there."""
        self._moved(task, -1)

    def put_back(self, task: Task) -> None:
        """The parts of a task that was not done are free again."""
        self._moved(task, 1)

    def share(self, tasks: Iterable[Task]) -> dict[str, Text]:
        """Goes through tasks in their order, each taking its parts if they are there; the reasons of those for which they are not."""
        rest = Stock(None if self.unlimited else self._free)
        without: dict[str, Text] = {}
        for task in tasks:
            reason = rest.lacking(task)
            if reason is None:
                rest.put_aside(task)
            else:
                without[task.id] = reason
        return without

    def _moved(self, task: Task, way: int) -> None:
        if not self.unlimited:
            for part, number in task.parts:
                self._free[part] = self._free.get(part, 0) + way * number


def _needed(parts: Iterable[tuple[str, int]]) -> dict[str, int]:
    whole: dict[str, int] = {}
    for part, number in parts:
        whole[part] = whole.get(part, 0) + number
    return whole
