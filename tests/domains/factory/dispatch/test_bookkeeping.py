"""Whatever happens in whatever order, no task goes to one without the skill, none is lost, none is with two."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from qiantang.domains.factory.dispatch.dispatcher import Dispatcher
from qiantang.domains.factory.dispatch.policy import Policy
from qiantang.domains.factory.dispatch.states import CLOSED, HELD, STEPS, Change, Event, State
from qiantang.domains.factory.dispatch.tasks import MINUTE, Task, Worker
from qiantang.domains.factory.dispatch.travel import Travel
from qiantang.kernel.errors import ActionError
from qiantang.kernel.words import same
from tests.domains.factory.dispatch.halls import NOON

SKILLS = ("mechanic", "electrician")
NAMES = ("ann", "bob", "cid", "dee")
PLACES = st.tuples(st.floats(0, 300), st.floats(0, 100))


class Shift(RuleBasedStateMachine):
    """A shift in which anything may happen; beside it runs a plain record made from the changes alone."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.seen: dict[str, State] = {}
        self.holder: dict[str, str] = {}
        self.jobs: dict[str, Task] = {}
        self.finished: list[str] = []
        self.number = 0
        self.brought = 0

    @initialize(rolling=st.sampled_from([None, "lap_atc", "edd"]), stock=st.sampled_from([None, {"belt": 2}]))
    def begin(self, rolling: str | None, stock: dict[str, int] | None) -> None:
        self.policy = Policy(rule=rolling, moves=20)  # type: ignore[arg-type]  # one of the rules
        self.stock = stock
        self.travel = Travel(stores={"belt": (10.0, 10.0)})
        self.dispatcher = Dispatcher([Worker(name, frozenset(SKILLS[k % 2:k % 2 + 1 + k // 2]), free_at=NOON, lead=k == 3)
                                      for k, name in enumerate(NAMES)], self.travel, self.policy, stock)

    def record(self, changes: list[Change]) -> None:
        """Follows each change, refusing what the promises forbid."""
        for c in changes:
            if c.event is Event.OPEN:
                assert c.task not in self.seen
                self.seen[c.task] = State.OPEN
                continue
            assert self.seen[c.task] is c.before
            assert c.reason.zh
            assert c.reason.en
            if c.event is Event.WAIT:
                assert c.after is c.before
                assert c.task not in self.holder
                continue
            assert STEPS[c.before, c.event] is c.after
            if c.event is Event.OFFER:
                assert self.jobs[c.task].skills <= self.dispatcher.book.workers[c.worker].skills
                assert c.task not in self.holder
                assert c.worker not in self.holder.values()
                self.holder[c.task] = c.worker
            elif c.after in HELD:
                assert self.holder[c.task] == c.worker
            else:
                assert self.holder.pop(c.task, "") == c.former
            self.seen[c.task] = c.after
            if c.after is State.FINISHED:
                assert c.task not in self.finished
                self.finished.append(c.task)

    @rule(skill=st.sampled_from((*SKILLS, "x-ray")), priority=st.integers(1, 4), place=PLACES, minutes=st.floats(1, 40),
          due=st.floats(-5, 90), belt=st.booleans())
    def opens(self, skill: str, priority: int, place: tuple[float, float], minutes: float, due: float, belt: bool) -> None:
        self.number += 1
        task = Task(f"t{self.number}", "a", skill, priority, place, minutes, self.now + round(due * MINUTE), (("belt", 1),) if belt else (), f"f{self.number}")
        self.jobs[task.id] = task
        self.record(self.dispatcher.open(task, self.now))

    @rule(minutes=st.sampled_from([0.0, 0.5, 3.0, 20.0]))
    def ticks(self, minutes: float) -> None:
        self.now += round(minutes * MINUTE)
        self.record(self.dispatcher.tick(self.now))

    @rule(minutes=st.sampled_from([0.0, 1.0]))
    def sends_at_once(self, minutes: float) -> None:
        self.now += round(minutes * MINUTE)
        self.record(self.dispatcher.at_once(self.now))

    @precondition(lambda self: bool(self.holder))
    @rule(data=st.data(), act=st.sampled_from(["go on", "go on", "go on", "refuse", "stop"]))
    def the_holder_acts(self, data: st.DataObject, act: str) -> None:
        task = data.draw(st.sampled_from(sorted(self.holder)))
        worker, state = self.holder[task], self.seen[task]
        d = self.dispatcher
        if act == "go on":
            step = {State.OFFERED: d.accepted, State.ACCEPTED: d.started, State.STARTED: d.finished}[state]
            self.record(step(task, worker, self.now))
        elif act == "refuse" and state is not State.STARTED:
            self.record(d.refused(task, worker, "no tools", self.now))
        elif act == "stop" and state is not State.OFFERED:
            self.record(d.interrupted(task, worker, "too hot", self.now))

    @rule(data=st.data(), act=st.sampled_from(["accepted", "started", "finished", "refused", "given", "withdrawn"]), worker=st.sampled_from(NAMES))
    def anybody_says_anything(self, data: st.DataObject, act: str, worker: str) -> None:
        task = data.draw(st.sampled_from([*sorted(self.seen), "ghost"]))
        before = self.dispatcher.snapshot()
        d = self.dispatcher
        try:
            if act == "refused":
                changes = d.refused(task, worker, "why", self.now)
            elif act == "given":
                changes = d.given(task, worker, "lead", self.now)
            elif act == "withdrawn":
                changes = d.withdrawn(task, same("over"), self.now)
            else:
                changes = {"accepted": d.accepted, "started": d.started, "finished": d.finished}[act](task, worker, self.now)
        except ActionError:
            assert d.snapshot() == before, "a refused event changes nothing"
        else:
            self.record(changes)

    @rule(worker=st.sampled_from(NAMES), skills=st.sets(st.sampled_from(SKILLS)), place=PLACES)
    def comes_or_is_known_better(self, worker: str, skills: set[str], place: tuple[float, float]) -> None:
        self.record(self.dispatcher.here(Worker(worker, frozenset(skills), place, self.now), self.now))

    @rule(worker=st.sampled_from(NAMES))
    def leaves(self, worker: str) -> None:
        if worker in self.dispatcher.book.workers:
            self.record(self.dispatcher.gone(worker, self.now))

    @rule()
    def brings_a_belt(self) -> None:
        self.dispatcher.brought("belt", 1)
        self.brought += 1

    @rule()
    def stops_and_starts_again(self) -> None:
        snapshot = self.dispatcher.snapshot()
        self.dispatcher = Dispatcher.restored(snapshot, self.travel, self.policy)
        assert self.dispatcher.snapshot() == snapshot

    @rule()
    def everybody_goes_on(self) -> None:
        for task, worker in list(self.holder.items()):
            d = self.dispatcher
            step = {State.OFFERED: d.accepted, State.ACCEPTED: d.started, State.STARTED: d.finished}[self.seen[task]]
            self.record(step(task, worker, self.now))

    @invariant()
    def none_is_taken_twice_whether_open_or_over(self) -> None:
        for task in self.jobs.values():
            assert self.dispatcher.open(task, self.now) == []

    @invariant()
    def none_is_lost_and_none_is_with_two(self) -> None:
        if not hasattr(self, "dispatcher"):
            return
        open_now = {task: state for task, state in self.seen.items() if state not in CLOSED}
        assert self.dispatcher.states() == open_now
        assert self.dispatcher.book.holds == {worker: task for task, worker in self.holder.items()}
        assert len(set(self.holder.values())) == len(self.holder)
        days = [t for row in self.dispatcher.days().values() for t in row]
        assert len(days) == len(set(days)), "nobody's day holds what another's does"

    @invariant()
    def each_finish_left_one_label_and_every_part_is_somewhere(self) -> None:
        if not hasattr(self, "dispatcher"):
            return
        assert [label.task for label in self.dispatcher.labels()] == self.finished
        if self.stock is not None:
            out = sum(bool(self.jobs[task].parts) for task in [*self.finished, *self.holder])
            assert self.dispatcher.book.stock.counts().get("belt", 0) == 2 + self.brought - out >= 0


Shift.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
TestShift = Shift.TestCase


def _days(events: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """A long shift of simple events, with the state after each."""
    d = Dispatcher([Worker(n, frozenset(SKILLS), (20.0 * k, 0.0), NOON) for k, n in enumerate(NAMES)], None, Policy(moves=30, seed=seed))
    for n in range(events):
        now = NOON + n * MINUTE
        d.open(Task(f"t{n}", "a", SKILLS[n % 2], n % 4 + 1, (float(n * 37 % 200), float(n * 13 % 90)), 3.0 + n % 9, now + (5 + n % 30) * MINUTE), now)
        told = [*d.tick(now), *d.at_once(now)]
        for worker, task in list(d.book.holds.items()):
            state = d.states()[task]
            step = {State.OFFERED: d.accepted, State.ACCEPTED: d.started, State.STARTED: d.finished}[state]
            told += step(task, worker, now)
        yield json.dumps([(c.task, c.event, c.worker, c.reason.en) for c in told]), d.snapshot()


def test_the_same_events_give_the_same_decisions_byte_for_byte() -> None:
    assert list(_days(40, 5)) == list(_days(40, 5))


@pytest.mark.parametrize("moves", [0, 20])
def test_a_task_waits_for_ever_only_while_it_has_a_reason(moves: int) -> None:
    d = Dispatcher([Worker("ann", frozenset({"mechanic"}), free_at=NOON)], None, Policy(moves=moves))
    for n in range(5):
        d.open(Task(f"t{n}", "a", "mechanic", 4, (0.0, 0.0), 5.0, NOON + 60 * MINUTE), NOON)
    for minute in range(0, 200, 2):
        now = NOON + minute * MINUTE
        d.tick(now)
        for worker, task in list(d.book.holds.items()):
            step = {State.OFFERED: d.accepted, State.ACCEPTED: d.started, State.STARTED: d.finished}[d.states()[task]]
            step(task, worker, now)
    assert d.states() == {}
    assert len(d.labels()) == 5
