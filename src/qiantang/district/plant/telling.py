"""What a node writes into its plant's folder: the register, the book of tasks and the figures as plain values."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from qiantang.domains.factory.alarms.register import Register
from qiantang.domains.factory.dispatch.states import CLOSED, Change, Event, State
from qiantang.kernel.wires import Notice
from qiantang.kernel.words import Text, joined, same

if TYPE_CHECKING:
    from qiantang.domains.factory.dispatch.dispatcher import Dispatcher
    from qiantang.domains.factory.dispatch.joining import Concern
    from qiantang.links.unit_book import Doubt

_EVENTS_KEPT = 2000
_DONE_KEPT = 200
_FIRST_TOLD, _LATEST_TOLD = 6, 2
_NOTHING = same("")


class TaskNews:
    """What happened to tasks lately: the last changes, the reason each was last given out with, and those that are over."""

    def __init__(self) -> None:
        self.events: deque[Change] = deque(maxlen=_EVENTS_KEPT)
        self.done: deque[dict[str, Any]] = deque(maxlen=_DONE_KEPT)
        self._why: dict[str, Text] = {}
        self._rows: dict[str, dict[str, Any]] = {}

    def heard(self, changes: Iterable[Change]) -> None:
        """Take note of what the dispatcher says happened."""
        for change in changes:
            self.events.append(change)
            if change.event is Event.OFFER:
                self._why[change.task] = change.reason
            if change.after in CLOSED:
                self._why.pop(change.task, None)
                row = self._rows.pop(change.task, None)
                if row is not None:
                    self.done.appendleft({**row, "state": str(change.after), "since": change.at})

    def written(self) -> dict[str, Any]:
        """As plain values."""
        events = [[c.task, c.at, c.event, c.before, c.after, c.reason.zh, c.reason.en, c.worker, c.former, c.lead] for c in self.events]
        return {"events": events, "done": list(self.done), "rows": self._rows, "why": {task: [why.zh, why.en] for task, why in self._why.items()}}

    @classmethod
    def read(cls, written: Mapping[str, Any] | None) -> TaskNews:
        """What was written; nothing lately where nothing was."""
        made = cls()
        if written is not None:
            made.events.extend(Change(task, at, Event(event), State(before), State(after), Text(zh, en), *who)
                               for task, at, event, before, after, zh, en, *who in written["events"])
            made.done.extend(written["done"])
            made._rows = dict(written["rows"])
            made._why = {task: Text(*why) for task, why in written["why"].items()}
        return made

    def rows(self, dispatcher: Dispatcher, told: Mapping[str, Text], about: Mapping[str, Concern] | None = None) -> list[dict[str, Any]]:
        """The tasks that are not over, the most urgent first; ``told`` says what happened, by finding, and ``about`` which findings
        belong to a task beside the one that opened it, and how many in all."""
        found = []
        for entry in sorted(dispatcher.book.entries.values(), key=lambda e: (e.task.priority, e.task.due, e.task.id)):
            task, why = entry.task, self._why.get(entry.task.id, _NOTHING)
            concern = (about or {}).get(task.id)
            of = list(concern.alarms) if concern is not None and concern.alarms else [task.finding]
            between = 0 if concern is None else concern.between
            what = _together([told[one] for one in of if one in told], between)
            row = {"id": task.id, "asset": task.asset, "skill": task.skill, "priority": task.priority, "state": str(entry.state), "worker": entry.worker,
                   "due": task.due, "since": entry.since, "minutes": task.minutes, "parts": [list(part) for part in task.parts],
                   "finding": task.finding, "findings": of,
                   "findings_count": len(of) + between, "told_zh": what.zh, "told_en": what.en, "why_zh": why.zh, "why_en": why.en}
            self._rows[task.id] = row
            found.append(row)
        return found


def _together(said: Sequence[Text], unnamed: int) -> Text:
    """What was found, finding by finding; of many the first and the latest, and how many lie between."""
    total = len(said) + unnamed
    if total <= 1:
        return said[0] if said else _NOTHING
    numbered = [(n if n <= _FIRST_TOLD else n + unnamed, one) for n, one in enumerate(said, 1)]
    if total > _FIRST_TOLD + _LATEST_TOLD:
        numbered = [*numbered[:_FIRST_TOLD], *numbered[-_LATEST_TOLD:]]
    shown = [Text(f"({n}) {one.zh}", f"({n}) {one.en}") for n, one in numbered]
    hidden = total - len(shown)
    if hidden:
        shown.insert(_FIRST_TOLD, Text(f"其间另有 {hidden} 项。", f"{hidden} more between."))
    return joined(shown, " ", " ")


def spans_of(dispatcher: Dispatcher) -> list[dict[str, Any]]:
    """Everybody's tasks over time: the one in hand, then those of the last plan."""
    found: list[dict[str, Any]] = []
    book, plan = dispatcher.book, dispatcher.plan
    for worker, task in sorted(book.holds.items()):
        entry = book.entries[task]
        found.append({"worker": worker, "task": task, "asset": entry.task.asset, "start": entry.began or entry.since, "end": max(entry.ends, entry.since),
                      "late": entry.ends > entry.task.due})
    if plan is None:
        return found
    held = set(book.holds.values())
    for worker, row in plan.days.items():
        for task in row:
            stop = plan.stop(task)
            if stop is not None and task in book.entries and task not in held:
                found.append({"worker": worker, "task": task, "asset": book.entries[task].task.asset, "start": stop.begins, "end": stop.ends,
                              "late": stop.late > 0})
    return found


def told_of(at: int, register: Register, *, figures: Mapping[str, float | None] | None = None, counters: Mapping[str, int] | None = None,
            machines: Iterable[Mapping[str, Any]] = (), dispatcher: Dispatcher | None = None, news: TaskNews | None = None,
            told: Mapping[str, Text] | None = None, about: Mapping[str, Concern] | None = None, notices: Iterable[Notice] = (),
            since: int = 0, doubts: Iterable[Doubt] = ()) -> dict[str, Any]:
    """Everything that a plant's pages show, as plain values, up to an instant of the plant's clock; ``since`` is from when its sums count
    (both in microseconds UTC); ``doubts`` are the units that somebody is to confirm."""
    events = [] if news is None else [
        {"task": c.task, "at": c.at, "event": str(c.event), "state": str(c.after), "worker": c.worker or c.former, "reason_zh": c.reason.zh,
         "reason_en": c.reason.en} for c in news.events]
    return {
        "at": at, "since": since, "register": json.loads(register.snapshot()), "figures": dict(figures or {}), "counters": dict(counters or {}),
        "machines": list(machines), "doubts": [asdict(one) for one in doubts],
        "tasks": [] if dispatcher is None or news is None else news.rows(dispatcher, told or {}, about), "done": [] if news is None else list(news.done),
        "spans": [] if dispatcher is None else spans_of(dispatcher), "events": events,
        "notices": [{"at": n.at, "kind": n.kind, "source": n.source, "told_zh": n.told.zh, "told_en": n.told.en, "count": n.count} for n in notices]}
