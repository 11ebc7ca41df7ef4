"""The book of tasks: every task that is not over stands in it once, with at most one worker, who has at most one task."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace

from qiantang.domains.factory.dispatch.states import CLOSED, HELD, WAITING, Change, Event, Label, State, after
from qiantang.domains.factory.dispatch.stock import Stock
from qiantang.domains.factory.dispatch.tasks import MINUTE, Battery, Task, Worker
from qiantang.kernel.errors import ActionError, Fault, Place
from qiantang.kernel.words import Text, same

EVER = 2**62
"""An instant that never comes: who refused a task is not asked for it again."""
REMEMBERED = 20_000
"""How many tasks that are over are remembered, so that none is opened a second time."""
KEPT_LABELS = 1_000


@dataclass(slots=True)
class Entry:
    """A task in the book: its state since when, who has it, the work that is left, and what happened so far.

    ``ends`` is the instant at which its worker is expected to be free, ``rest_m`` the metres then left in a battery.
    ``barred`` says until when a worker is not asked for it again. ``waits`` is the last reason told why nobody does it.
    """

    task: Task
    state: State = State.OPEN
    since: int = 0
    worker: str = ""
    left: float = 0.0
    began: int = 0
    worked: float = 0.0
    ends: int = 0
    rest_m: float | None = None
    unanswered: int = 0
    interruptions: int = 0
    barred: dict[str, int] = field(default_factory=dict)
    waits: Text | None = None

    @property
    def rest(self) -> Task:
        """The task with the work that is left of it."""
        return self.task if self.left == self.task.minutes else replace(self.task, minutes=self.left)


class Book:
    """Exact bookkeeping: an event that cannot happen is refused with its reason and changes nothing."""

    def __init__(self, workers: Iterable[Worker] = (), stock: Mapping[str, int] | None = None) -> None:
        self.workers: dict[str, Worker] = {w.id: w for w in workers}
        self.entries: dict[str, Entry] = {}
        self.holds: dict[str, str] = {}
        self.silent: dict[str, int] = {}
        self.closed: dict[str, State] = {}
        self.labels: list[Label] = []
        self.stock = Stock(stock)

    def waiting(self) -> list[Entry]:
        """The tasks that nobody has, in the order in which they came."""
        return [e for e in self.entries.values() if e.state in WAITING]

    def opened(self, task: Task, now: int) -> list[Change]:
        """A new task. One that is in the book or was is not taken a second time: nothing changes."""
        if task.id in self.entries or task.id in self.closed:
            return []
        self.entries[task.id] = Entry(replace(task, opened=task.opened or now), since=now, left=task.minutes)
        return [Change(task.id, now, Event.OPEN, State.OPEN, State.OPEN, Text("由结论 {f} 产生", "opened by finding {f}").filled(f=same(task.finding or "–")))]

    def joined(self, task: str, finding: str, priority: int, due: int, now: int) -> Change:
        """A further finding of the same cause: the task takes the graver priority and the earlier deadline; whoever has it keeps it."""
        entry = self.entry(task)
        entry.task = replace(entry.task, priority=min(priority, entry.task.priority), due=min(due, entry.task.due))
        return Change(task, now, Event.JOIN, entry.state, entry.state, Text("并入结论 {f}", "finding {f} belongs to it").filled(f=same(finding)),
                      entry.worker, entry.worker)

    def offered(self, task: str, worker: str, now: int, ends: int, rest_m: float | None, reason: Text) -> Change:
        """A waiting task goes to a worker who has the skills and no other task; its parts are put aside."""
        entry, person = self.entry(task), self.worker(worker)
        following = after(task, entry.state, Event.OFFER)
        if not person.can(entry.task):
            self._refuse(task, worker, Text("{worker} 不具备所需技能", "{worker} lacks a skill it asks for"), "task-skill",
                         Text("请选择具备全部技能的人员。", "Choose somebody with all the skills."))
        if worker in self.holds:
            self._refuse(task, worker, Text("{worker} 手上已有任务", "{worker} already has a task"), "task-one-each",
                         Text("请等其完成，或先中断该任务。", "Wait until it is done, or interrupt that task first."))
        lacking = self.stock.lacking(entry.task)
        if lacking is not None:
            self._refuse(task, worker, lacking, "task-parts", Text("请先补货。", "Bring the parts first."))
        self.stock.put_aside(entry.task)
        entry.ends, entry.rest_m, entry.waits = ends, rest_m, None
        self.holds[worker] = task
        return self._moved(entry, Event.OFFER, following, worker, now, reason)

    def accepted(self, task: str, worker: str, now: int) -> Change:
        """The worker takes it and goes there."""
        entry, following = self._by_holder(task, worker, Event.ACCEPT)
        entry.ends = max(entry.ends, now + round(entry.left * MINUTE))
        entry.unanswered = 0
        return self._moved(entry, Event.ACCEPT, following, worker, now, Text("{worker} 接单", "accepted by {worker}").filled(worker=same(worker)))

    def started(self, task: str, worker: str, now: int) -> Change:
        """The worker has come and begins."""
        entry, following = self._by_holder(task, worker, Event.START)
        entry.began = now
        entry.ends = now + round(entry.left * MINUTE)
        self._at_place(worker, entry, now)
        return self._moved(entry, Event.START, following, worker, now, Text("{worker} 到场开始", "begun by {worker}").filled(worker=same(worker)))

    def finished(self, task: str, worker: str, now: int, cause: str, done: str) -> Change:
        """The work is done; what was the cause and what was done is kept as a label of the finding. Its parts are used up."""
        entry, following = self._by_holder(task, worker, Event.FINISH)
        worked = entry.worked + self._worked(entry, now)
        self.labels.append(Label(entry.task.finding, task, entry.task.asset, cause, done, worker, now, worked, entry.task.minutes))
        del self.labels[:-KEPT_LABELS]
        self._let_go(entry, now)
        return self._moved(entry, Event.FINISH, following, "", now, Text(
            "{worker} 完成：{done}（原因：{cause}）", "finished by {worker}: {done} (cause: {cause})").filled(
                worker=same(worker), done=done or "–", cause=cause or "–"))

    def refused(self, task: str, worker: str, reason: str, now: int) -> Change:
        """The worker does not take it and says why; not asked for it again."""
        if not reason.strip():
            self._refuse(task, worker, Text("拒绝须说明理由", "a refusal needs a reason"), "task-reason", Text("请填写理由。", "Say why."))
        entry, following = self._by_holder(task, worker, Event.REFUSE)
        entry.barred[worker] = EVER
        self._back(entry, now)
        return self._moved(entry, Event.REFUSE, following, "", now, Text(
            "{worker} 拒绝：{why}", "refused by {worker}: {why}").filled(worker=same(worker), why=reason))

    def escalated(self, task: str, now: int, silent_until: int, lead: str) -> Change:
        """Nobody answered in time: the next is asked, the silent one is passed over for a while."""
        entry = self.entry(task)
        following = after(task, entry.state, Event.ESCALATE)
        worker = entry.worker
        entry.unanswered += 1
        entry.barred[worker] = max(entry.barred.get(worker, 0), silent_until)
        self.silent[worker] = silent_until
        self._back(entry, now)
        told = Text("；已通知班长 {lead}", "; shift lead {lead} told").filled(lead=same(lead)) if lead else same("")
        return self._moved(entry, Event.ESCALATE, following, "", now, Text(
            "{worker} 未在时限内应答（第 {n} 次）", "{worker} did not answer in time (offer {n})").filled(worker=same(worker), n=entry.unanswered) + told, lead)

    def interrupted(self, task: str, now: int, reason: Text) -> Change:
        """The work stops; what is left of it is kept."""
        entry, following = self._by_holder(task, self.entry(task).worker, Event.INTERRUPT)
        if entry.state is State.STARTED:
            worked = self._worked(entry, now)
            entry.worked += worked
            entry.left = max(entry.left - worked, min(1.0, entry.left))
        entry.interruptions += 1
        self._back(entry, now)
        return self._moved(entry, Event.INTERRUPT, following, "", now, reason)

    def taken_back(self, task: str, now: int, reason: Text) -> Change:
        """An offer that has not been begun is taken back; the task is open again."""
        entry = self.entry(task)
        following = after(task, entry.state, Event.TAKE_BACK)
        self._back(entry, now)
        return self._moved(entry, Event.TAKE_BACK, following, "", now, reason)

    def withdrawn(self, task: str, reason: Text, now: int) -> Change:
        """The task is no longer needed, whoever has it."""
        entry = self.entry(task)
        following = after(task, entry.state, Event.WITHDRAW)
        if entry.state in HELD:
            self._back(entry, now)
        return self._moved(entry, Event.WITHDRAW, following, "", now, reason)

    def here(self, worker: Worker) -> None:
        """Somebody comes on duty, or is known better than before (place, battery, skills)."""
        self.workers[worker.id] = worker
        self.silent.pop(worker.id, None)

    def stopped(self, task: str, worker: str, reason: str, now: int, until: int) -> Change:
        """The worker cannot go on, and is not asked for it again before ``until``; what is left of the work is kept."""
        entry, _ = self._by_holder(task, worker, Event.INTERRUPT)
        entry.barred[worker] = max(entry.barred.get(worker, 0), until)
        return self.interrupted(task, now, Text("{worker} 中断：{why}", "interrupted by {worker}: {why}").filled(worker=same(worker), why=reason))

    def gone(self, worker: str, now: int) -> list[Change]:
        """Somebody leaves: what was begun is interrupted, what was not is open again."""
        self.worker(worker)
        changes = []
        held = self.holds.get(worker)
        if held is not None:
            reason = Text("{worker} 离岗", "{worker} has left").filled(worker=same(worker))
            begun = self.entries[held].state is State.STARTED
            changes.append(self.interrupted(held, now, reason) if begun else self.taken_back(held, now, reason))
        del self.workers[worker]
        self.silent.pop(worker, None)
        return changes

    def entry(self, task: str) -> Entry:
        """A task that is not over; raises ActionError for any other."""
        if task not in self.entries:
            over = self.closed.get(task)
            what = Text("已结束（{state}）", "it is over ({state})").filled(state=over.said) if over else Text("没有这个任务", "no such task")
            self._refuse(task, task, what, "task-known", Text("请刷新任务列表。", "Reload the list of tasks."))
        return self.entries[task]

    def worker(self, worker: str) -> Worker:
        """Somebody on duty; raises ActionError for anybody else."""
        if worker not in self.workers:
            raise ActionError(Fault(Text("{worker} 不在岗", "{worker} is not on duty").filled(worker=same(worker)), Place(path=f"workers.{worker}"), worker,
                                    "worker-known", Text("请先登记到岗。", "Report for duty first.")))
        return self.workers[worker]

    def snapshot(self) -> dict[str, object]:
        """The whole book as plain values for JSON."""
        return {
            "workers": [asdict(w) | {"skills": sorted(w.skills)} for w in self.workers.values()],
            "entries": [_entry_row(e) for e in self.entries.values()],
            "silent": self.silent, "closed": self.closed, "labels": [asdict(v) for v in self.labels],
            "stock": None if self.stock.unlimited else dict(self.stock.counts()),
        }

    @classmethod
    def restored(cls, rows: Mapping[str, object]) -> Book:
        """The book that gave these values."""
        plain = json.loads(json.dumps(rows))
        book = cls((_worker(w) for w in plain["workers"]), plain["stock"])
        book.entries = {row["task"]["id"]: _entry(row) for row in plain["entries"]}
        book.holds = {e.worker: task for task, e in book.entries.items() if e.state in HELD}
        book.silent = dict(plain["silent"])
        book.closed = {task: State(state) for task, state in plain["closed"].items()}
        book.labels = [Label(**row) for row in plain["labels"]]
        return book

    def _by_holder(self, task: str, worker: str, event: Event) -> tuple[Entry, State]:
        """The entry and the state that follows, where this worker has the task."""
        entry = self.entry(task)
        following = after(task, entry.state, event)
        if entry.worker != worker:
            self._refuse(task, worker, Text("任务不在 {worker} 手上", "{worker} does not have it"), "task-holder",
                         Text("请刷新任务：可能已改派。", "Reload the task: it may have gone to somebody else."))
        self.silent.pop(worker, None)
        return entry, following

    def _back(self, entry: Entry, now: int) -> None:
        """The worker is free where the worker is, and the parts are free again."""
        self.stock.put_back(entry.task)
        person = self.workers[entry.worker]
        if entry.state is State.STARTED:
            self._at_place(entry.worker, entry, now)
        else:
            self.workers[entry.worker] = replace(person, free_at=max(person.free_at, now))
        del self.holds[entry.worker]

    def _let_go(self, entry: Entry, now: int) -> None:
        self._at_place(entry.worker, entry, now)
        del self.holds[entry.worker]

    def _at_place(self, worker: str, entry: Entry, now: int) -> None:
        """The worker stands at the task; a vehicle has used its battery for the way once."""
        person = self.workers[worker]
        battery = person.battery
        if battery is not None and entry.rest_m is not None:
            battery = replace(battery, left_m=entry.rest_m)
        self.workers[worker] = replace(person, place=entry.task.place, free_at=now, battery=battery)

    def _worked(self, entry: Entry, now: int) -> float:
        """Minutes of work since it was begun, the worker's breaks not counted."""
        rest = sum(max(min(end, now) - max(start, entry.began), 0) for start, end in self.workers[entry.worker].breaks)
        return max(now - entry.began - rest, 0) / MINUTE

    def _moved(self, entry: Entry, event: Event, following: State, worker: str, now: int, reason: Text, lead: str = "") -> Change:
        change = Change(entry.task.id, now, event, entry.state, following, reason, worker, "" if entry.worker == worker else entry.worker, lead)
        entry.state, entry.worker, entry.since = following, worker, now
        if following in CLOSED:
            del self.entries[entry.task.id]
            self.closed[entry.task.id] = following
            if len(self.closed) > REMEMBERED:
                del self.closed[next(iter(self.closed))]
        return change

    def _refuse(self, task: str, value: str, what: Text, rule: str, remedy: Text) -> None:
        raise ActionError(Fault(Text("任务 {task}：{what}", "task {task}: {what}").filled(task=same(task), what=what.filled(worker=same(value))),
                                Place(path=f"tasks.{task}"), value, rule, remedy))


def _entry_row(entry: Entry) -> dict[str, object]:
    task = asdict(entry.task) | {"also": sorted(entry.task.also)}
    return asdict(entry) | {"task": task, "waits": None if entry.waits is None else [entry.waits.zh, entry.waits.en]}


def _entry(row: dict[str, object]) -> Entry:
    waits = row["waits"]
    return Entry(**row | {  # type: ignore[arg-type]  # the row was made from an entry
        "task": _task(row["task"]), "state": State(str(row["state"])),  # type: ignore[arg-type]  # likewise
        "waits": Text(*waits) if isinstance(waits, list) else None})


def _task(row: dict[str, object]) -> Task:
    return Task(**row | {
        "place": tuple(row["place"]), "also": frozenset(row["also"]),  # type: ignore[call-overload, arg-type]  # likewise
        "parts": tuple(tuple(part) for part in row["parts"])})  # type: ignore[attr-defined]  # likewise


def _worker(row: dict[str, object]) -> Worker:
    battery = row["battery"]
    return Worker(**row | {
        "skills": frozenset(row["skills"]), "place": tuple(row["place"]),  # type: ignore[call-overload, arg-type]  # likewise
        "breaks": tuple(tuple(b) for b in row["breaks"]),  # type: ignore[attr-defined]  # likewise
        "battery": Battery(**battery | {"charger": tuple(battery["charger"])}) if isinstance(battery, dict) else None})
