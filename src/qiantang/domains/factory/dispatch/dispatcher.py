"""The dispatcher of a plant: tasks come in, workers answer, time passes, and every change goes out with its reason.

It holds no clock: each call says what time it is, so that the same calls give the same changes when a log is replayed
(with ``Policy.moves``; with a budget in milliseconds a plan depends on how fast the machine is).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from qiantang.domains.factory.dispatch.book import Book, Entry
from qiantang.domains.factory.dispatch.explaining import Explanation, explain
from qiantang.domains.factory.dispatch.planning import Plan, Stop, assign, hopeless, improve, insert
from qiantang.domains.factory.dispatch.policies import RULES, Rule, by_rule
from qiantang.domains.factory.dispatch.policy import Policy
from qiantang.domains.factory.dispatch.situation import Situation
from qiantang.domains.factory.dispatch.states import WAITING, Change, Event, Label, State
from qiantang.domains.factory.dispatch.tasks import MINUTE, Task, Worker
from qiantang.domains.factory.dispatch.travel import Travel
from qiantang.kernel.errors import SubjectError
from qiantang.kernel.words import Text, same

_BY_HAND = Text("由 {by} 指派", "given by {by}")
_IN_TURN = Text("计划中 {worker} 的下一项", "next in the plan of {worker}")
_OFF_DUTY = Text("{worker} 已下班", "{worker} is off duty")
_AT_ONCE = Text("{worker} 空闲，立即派出：{why}", "{worker} is free and is sent at once: {why}")


class Dispatcher:
    """Gives tasks to workers: never to one without the skill, never to two, never losing one.

    ``open``, the workers' answers and ``here``/``gone`` keep the book; ``at_once`` sends free people out within milliseconds
    and ``tick`` plans anew. Events that cannot happen raise ActionError and change nothing.
    """

    def __init__(self, workers: Iterable[Worker], travel: Travel | None = None, policy: Policy | None = None,
                 stock: Mapping[str, int] | None = None) -> None:
        self.travel = travel or Travel()
        self.policy = policy or Policy()
        self.book = Book(workers, stock)
        self.plan: Plan | None = None
        self._days: dict[str, list[str]] = {}
        self._ticks = 0

    # what is told to the dispatcher

    def open(self, task: Task, now: int) -> list[Change]:
        """A finding has become a task. The same id a second time changes nothing."""
        return self.book.opened(task, now)

    def joined(self, task: str, finding: str, priority: int, due: int, now: int) -> list[Change]:
        """A further finding belongs to a task that is not over, which is from now on as urgent as the most urgent of them."""
        return [self.book.joined(task, finding, priority, due, now)]

    def accepted(self, task: str, worker: str, now: int) -> list[Change]:
        """The worker takes the offer and sets out."""
        return [self.book.accepted(task, worker, now)]

    def started(self, task: str, worker: str, now: int) -> list[Change]:
        """The worker is there and begins."""
        return [self.book.started(task, worker, now)]

    def finished(self, task: str, worker: str, now: int, cause: str = "", done: str = "") -> list[Change]:
        """The work is done; cause and remedy become a label of the finding."""
        return [self.book.finished(task, worker, now, cause, done)]

    def refused(self, task: str, worker: str, reason: str, now: int) -> list[Change]:
        """The worker refuses with a reason, before beginning."""
        return [self.book.refused(task, worker, reason, now)]

    def interrupted(self, task: str, worker: str, reason: str, now: int) -> list[Change]:
        """The worker cannot go on; what is left of the work waits for somebody else."""
        return [self.book.stopped(task, worker, reason, now, now + round(self.policy.silent_minutes * MINUTE))]

    def withdrawn(self, task: str, reason: Text, now: int) -> list[Change]:
        """The task is no longer needed (its alarm was amended away, the machine is off)."""
        return [self.book.withdrawn(task, reason, now)]

    def given(self, task: str, worker: str, by: str, now: int) -> list[Change]:
        """The shift lead decides by hand. Skill, parts and one task each still hold."""
        entry, person = self.book.entry(task), self.book.worker(worker)
        stop = self._alone(entry, person, now)
        ends, rest = (stop.ends, stop.left_m) if stop else (now + round(entry.left * MINUTE), None)
        return [self.book.offered(task, worker, now, ends, rest, _BY_HAND.filled(by=same(by)))]

    def here(self, worker: Worker, now: int) -> list[Change]:
        """Somebody comes on duty or is known better; a task in hand stays where the new skills allow it, else is taken back."""
        held = self.book.holds.get(worker.id)
        changes = []
        if held is not None and not worker.can(self.book.entries[held].task):
            changes = self.book.gone(worker.id, now)
        self.book.here(worker)
        return changes

    def gone(self, worker: str, now: int) -> list[Change]:
        """Somebody leaves; the task in hand waits again."""
        self._days.pop(worker, None)
        return self.book.gone(worker, now)

    def brought(self, part: str, number: int) -> None:
        """Spare parts have come."""
        self.book.stock.brought(part, number)

    # what the dispatcher decides

    def at_once(self, now: int) -> list[Change]:
        """Sends out who is free, in milliseconds: first what the plan says, then what is not planned yet by matched urgency."""
        changes = self.due(now)
        missing = self._without_parts()
        for worker in self._idle(now):
            task = next((t for t in self._days.get(worker.id, ()) if self._can_take(t, worker, now, missing)), None)
            if task is not None:
                stop = self._alone(self.book.entries[task], worker, now)
                if stop is not None:
                    changes.append(self._offer(stop, now, _IN_TURN.filled(worker=same(worker.id))))
        planned = {t for row in self._days.values() for t in row}
        fresh = [e for e in self.book.waiting() if e.task.id not in missing and e.task.id not in planned]
        idle = [w for w in self._idle(now) if not self._days.get(w.id)]
        return changes + self._by_rule(fresh, idle, "lap_atc", now)

    def tick(self, now: int) -> list[Change]:
        """Plans anew: unanswered offers go on, urgent work interrupts, free people get what the plan gives them first.

        Whoever waits for nobody is told why, once for each new reason. The same in three steps, for a caller that must not
        stand still while the search runs: ``due``, then ``better(draft(now))`` in a thread, then ``adopt``.
        """
        changes = self.due(now)
        if self.policy.rule is None:
            return changes + self.adopt(self.better(self.draft(now)), now)
        missing = self._without_parts()
        waiting = self._plannable(missing)
        changes += self._by_rule(waiting, self._idle(now), self.policy.rule, now)
        self.plan = None
        return changes + self._told_waiting({**missing, **hopeless(self._situation(waiting, self._everybody(now), now))}, now)

    def due(self, now: int) -> list[Change]:
        """What the clock alone brings: unanswered offers, ends of duty, and urgent tasks that interrupt lighter ones."""
        return self._unanswered(now) + self._interruptions(now)

    def draft(self, now: int) -> Plan:
        """The last plan with what is new put in where it costs least: milliseconds, and nothing is changed by it."""
        return insert(self._situation(self._plannable(self._without_parts()), self._everybody(now), now), self._days)

    def better(self, plan: Plan) -> Plan:
        """The plan improved within the policy's budget. It looks at the plan only, so it may run in a thread beside all else."""
        self._ticks += 1
        if self.policy.moves is None and self.policy.budget_ms <= 0:
            return plan
        return improve(plan, self.policy.budget_ms, moves=self.policy.moves, seed=self.policy.seed + self._ticks)

    def adopt(self, plan: Plan, now: int) -> list[Change]:
        """Makes a plan the one in force: free people are offered their first task. What has changed since it was drafted is
        passed over: tasks that somebody has taken, people who have gone."""
        self.plan = plan
        waiting = {e.task.id for e in self.book.waiting()}
        self._days = {worker: kept for worker, row in plan.days.items() if worker in self.book.workers and (kept := [t for t in row if t in waiting])}
        changes = []
        for worker in self._idle(now):
            row = self._days.get(worker.id)
            stop = plan.stop(row[0]) if row else None
            if stop is not None and self._can_take(stop.task, worker, now, {}):
                changes.append(self._offer(stop, now, explain(plan, stop.task).told))
        return changes + self._told_waiting({**self._without_parts(), **plan.unassigned}, now)

    def explain(self, task: str) -> Explanation:
        """Why the last plan gives a task to whom it does; raises SubjectError where it is not in that plan."""
        if self.plan is None or task not in self.plan.situation.number:
            raise SubjectError.of(f"任务 {task} 不在最近一次计划中", f"task {task} is not in the last plan", value=task, rule="task-planned",
                                  remedy=Text("请在下一次计划后再看。", "Look again after the next plan."))
        return explain(self.plan, task)

    def states(self) -> Mapping[str, State]:
        """The state of every task that is not over."""
        return {task: entry.state for task, entry in self.book.entries.items()}

    def days(self) -> Mapping[str, tuple[str, ...]]:
        """Each worker's tasks: the one in hand, then those planned."""
        found = {w: [t] for w, t in self.book.holds.items()}
        for worker, row in self._days.items():
            found.setdefault(worker, []).extend(t for t in row if t in self.book.entries and self.book.entries[t].state in WAITING)
        return {w: tuple(row) for w, row in found.items()}

    def labels(self) -> list[Label]:
        """What was found and done, for the findings the tasks came from; the newest thousand."""
        return list(self.book.labels)

    # keeping

    def snapshot(self) -> bytes:
        """Everything that the next call rests on but travel and policy, as canonical JSON."""
        rows = self.book.snapshot() | {"days": self._days, "ticks": self._ticks}
        return json.dumps(rows, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def restored(cls, snapshot: bytes, travel: Travel | None = None, policy: Policy | None = None) -> Dispatcher:
        """The dispatcher that gave the snapshot, with the same travel and policy."""
        rows = json.loads(snapshot)
        made = cls((), travel, policy)
        made.book = Book.restored(rows)
        made._days = rows["days"]
        made._ticks = rows["ticks"]
        return made

    # inside

    def _unanswered(self, now: int) -> list[Change]:
        """Offers whose time to answer is over (after several the shift lead is told), and what somebody off duty has not begun."""
        changes = []
        for entry in list(self.book.entries.values()):
            until = self.book.workers[entry.worker].until if entry.state in (State.OFFERED, State.ACCEPTED) else None
            if until is not None and until <= now:
                changes.append(self.book.taken_back(entry.task.id, now, _OFF_DUTY.filled(worker=same(entry.worker))))
                continue
            if entry.state is State.OFFERED and now - entry.since >= self.policy.accept_within[entry.task.priority - 1] * MINUTE:
                told = entry.unanswered + 1 >= self.policy.before_lead
                lead = next((w.id for w in self.book.workers.values() if w.lead), "") if told else ""
                changes.append(self.book.escalated(entry.task.id, now, now + round(self.policy.silent_minutes * MINUTE), lead))
        return changes

    def _interruptions(self, now: int) -> list[Change]:
        """Urgent tasks for which nobody skilled is free: who is soonest there leaves lighter work, where that gains enough."""
        changes: list[Change] = []
        missing = self._without_parts()
        urgent = sorted((e for e in self.book.waiting() if e.task.priority == self.policy.interrupting and e.task.id not in missing),
                        key=lambda e: (e.task.due, e.task.id))
        free = self._idle(now)
        for entry in urgent:
            ready = [w for w in free if w.can(entry.task) and not self._barred(entry, w.id, now)]
            if ready:
                free.remove(min(ready, key=lambda w: self.travel.minutes(w, w.place, entry.task)))
                continue
            changes += self._interruption(entry, now)
        return changes

    def _interruption(self, entry: Entry, now: int) -> list[Change]:
        soonest, chosen = float("inf"), None
        able = [w for w in self.book.holds if self.book.workers[w].can(entry.task) and not self._barred(entry, w, now)]
        for worker in able:
            held = self.book.entries[self.book.holds[worker]]
            if held.task.priority in self.policy.interruptible and held.interruptions < self.policy.most_interruptions:
                person = self.book.workers[worker]
                arrives = self.travel.minutes(person, held.task.place if held.state is State.STARTED else person.place, entry.task)
                if arrives < soonest and not _pausing(person, now):
                    soonest, chosen = arrives, worker
        if chosen is None:
            return []
        others = min(self._reaches(w, entry, now) for w in able)
        if soonest + self.policy.gain_minutes > others:
            return []
        held = self.book.entries[self.book.holds[chosen]]
        after = replace(self.book.workers[chosen], place=held.task.place if held.state is State.STARTED else self.book.workers[chosen].place, free_at=now)
        stop = self._alone(entry, after, now)
        if stop is None:
            return []
        reason = Text("为优先级 {p} 的任务 {task} 让路，可早到 {gain:.1f} 分钟",
                      "makes way for task {task} of priority {p}, reached {gain:.1f} min sooner").filled(
            p=entry.task.priority, task=same(entry.task.id), gain=others - soonest)
        first = self.book.taken_back(held.task.id, now, reason) if held.state is State.OFFERED else self.book.interrupted(held.task.id, now, reason)
        why = Text("优先级 {p}，无人空闲：{worker} 中断 {held}（优先级 {q}），{wait:.1f} 分钟到场",
                   "priority {p} and nobody free: {worker} leaves {held} (priority {q}) and is there in {wait:.1f} min").filled(
            p=entry.task.priority, worker=same(chosen), held=same(held.task.id), q=held.task.priority, wait=soonest)
        return [first, self._offer(stop, now, why)]

    def _reaches(self, worker: str, entry: Entry, now: int) -> float:
        """Minutes until somebody busy could be at a task, the work in hand finished first."""
        held, person = self.book.entries[self.book.holds[worker]], self.book.workers[worker]
        return (self._ends(held, now) - now) / MINUTE + self.travel.minutes(person, held.task.place, entry.task)

    def _plannable(self, missing: Mapping[str, Text]) -> list[Entry]:
        return [e for e in self.book.waiting() if e.task.id not in missing]

    def _by_rule(self, waiting: list[Entry], idle: list[Worker], rule: Rule, now: int) -> list[Change]:
        """One task to each free worker by a rule."""
        if not waiting or not idle:
            return []
        situation = self._situation(waiting, idle, now)
        plan = Plan(situation, by_rule(situation, rule, rounds=1))
        changes = []
        for row in plan.days.values():
            stop = plan.stop(row[0]) if row else None
            if stop is not None:
                why = explain(plan, stop.task).told
                changes.append(self._offer(stop, now, _AT_ONCE.filled(worker=same(stop.worker), why=why)))
        return changes

    def _offer(self, stop: Stop, now: int, reason: Text) -> Change:
        rest = stop.left_m if self.book.workers[stop.worker].battery is not None else None
        row = self._days.get(stop.worker)
        if row and stop.task in row:
            row.remove(stop.task)
        return self.book.offered(stop.task, stop.worker, now, stop.ends, rest, reason)

    def _told_waiting(self, reasons: Mapping[str, Text], now: int) -> list[Change]:
        changes = []
        for entry in self.book.waiting():
            reason = reasons.get(entry.task.id)
            if reason is not None and reason != entry.waits:
                changes.append(Change(entry.task.id, now, Event.WAIT, entry.state, entry.state, reason))
            entry.waits = reason
        return changes

    def _situation(self, waiting: list[Entry], workers: Iterable[Worker], now: int) -> Situation:
        barred = frozenset((e.task.id, w) for e in waiting for w, until in e.barred.items() if until > now)
        return Situation(tuple(e.rest for e in waiting), tuple(workers), now, self.travel, self.policy.weights, barred)

    def _alone(self, entry: Entry, worker: Worker, now: int) -> Stop | None:
        """When one worker would do one task, were there nothing else; None where the worker cannot, or not within duty."""
        return assign(self._situation([entry], [replace(worker, free_at=max(worker.free_at, now))], now), "edd").stop(entry.task.id)

    def _without_parts(self) -> dict[str, Text]:
        """The waiting tasks for which parts are missing once the more urgent have taken theirs."""
        ranked = sorted(self.book.waiting(), key=lambda e: (e.task.priority, e.task.due, e.task.id))
        return self.book.stock.share(e.task for e in ranked if e.task.parts)

    def _idle(self, now: int) -> list[Worker]:
        """Who is on duty, has no task, is not in a break and does answer."""
        return [w for w in self.book.workers.values() if w.id not in self.book.holds and w.free_at <= now and (w.until is None or now < w.until)
                and not _pausing(w, now) and self.book.silent.get(w.id, 0) <= now]

    def _everybody(self, now: int) -> list[Worker]:
        """All on duty, each with the instant and place of being free next."""
        found = []
        for worker in self.book.workers.values():
            if worker.until is not None and worker.until <= now:
                continue
            held = self.book.holds.get(worker.id)
            if held is None:
                found.append(replace(worker, free_at=max(worker.free_at, now, self.book.silent.get(worker.id, 0))))
                continue
            entry = self.book.entries[held]
            battery = worker.battery
            if battery is not None and entry.rest_m is not None:
                battery = replace(battery, left_m=entry.rest_m)
            found.append(replace(worker, place=entry.task.place, free_at=self._ends(entry, now), battery=battery))
        return found

    def _ends(self, entry: Entry, now: int) -> int:
        """When a worker is likely to be free: who is over the time is taken to need a tenth of the work more, a minute at least."""
        return entry.ends if entry.ends > now else now + round(max(entry.left * 0.1, 1.0) * MINUTE)

    def _can_take(self, task: str, worker: Worker, now: int, missing: Mapping[str, Text]) -> bool:
        """Whether a planned task can be offered to its worker now: it waits, its parts are there, and the way is no longer than its time to be ready."""
        entry = self.book.entries.get(task)
        if entry is None or entry.state not in WAITING or task in missing or self._barred(entry, worker.id, now):
            return False
        way = round(self.travel.minutes(worker, worker.place, entry.task) * MINUTE)
        return worker.can(entry.task) and self.book.stock.lacking(entry.task) is None and entry.task.ready - way <= now

    def _barred(self, entry: Entry, worker: str, now: int) -> bool:
        return entry.barred.get(worker, 0) > now


def warm() -> None:
    """Has all compiled code ready, so that the first alarm does not wait for the compiler: about twenty seconds of one core,
    once after installing, then a second."""
    for rule in (None, *RULES):
        dispatcher = Dispatcher((Worker("a", frozenset(), breaks=((MINUTE, 2 * MINUTE),)), Worker("b", frozenset())), None, Policy(rule, moves=1))
        for name in ("first", "second", "third"):
            dispatcher.open(Task(name, "", "", 2, (1.0, 1.0), 1.0, MINUTE), 0)
        dispatcher.tick(0)


def _pausing(worker: Worker, now: int) -> bool:
    return any(start <= now < end for start, end in worker.breaks)
