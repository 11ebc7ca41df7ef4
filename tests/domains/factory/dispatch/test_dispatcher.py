"""The dispatcher's stories: offered, accepted, done; refused, unanswered, interrupted, out of parts; and why in each case."""

from dataclasses import replace

import pytest

from qiantang.domains.factory.actions import TASK
from qiantang.domains.factory.dispatch.dispatcher import Dispatcher, warm
from qiantang.domains.factory.dispatch.explaining import by_worker
from qiantang.domains.factory.dispatch.policies import RULES, urgency
from qiantang.domains.factory.dispatch.policy import Policy
from qiantang.domains.factory.dispatch.search import inserted, put, searched, settled, take, total
from qiantang.domains.factory.dispatch.states import CLOSED, STEPS, Event, State
from qiantang.domains.factory.dispatch.tasks import Battery
from qiantang.kernel.errors import ActionError, SubjectError
from qiantang.kernel.words import Text
from tests.domains.factory.dispatch.halls import at, job, person

REPLAY = Policy(moves=60)


def _dispatcher(*workers: object, stock: dict[str, int] | None = None, policy: Policy = REPLAY) -> Dispatcher:
    return Dispatcher(workers, None, policy, stock)  # type: ignore[arg-type]  # workers all


def _offers(changes: list) -> dict[str, str]:
    return {c.task: c.worker for c in changes if c.event is Event.OFFER}


def test_the_steps_are_those_of_the_process_that_cases_follow() -> None:
    written = {(State(s.state), Event(s.event), State(s.next_state)) for s in TASK.steps}
    assert written == {(before, event, after) for (before, event), after in STEPS.items()}
    assert {State(s.name) for s in TASK.states if s.closed} == CLOSED


def test_a_task_goes_from_finding_to_finish_and_leaves_a_label() -> None:
    d = _dispatcher(person("ann", place=(72.0, 0.0)))
    opened = d.open(job("t"), at(0))
    assert "finding of t" in opened[0].reason.en
    offer, = d.tick(at(0))
    assert (offer.task, offer.worker, offer.before, offer.after) == ("t", "ann", State.OPEN, State.OFFERED)
    assert "ann begins in 1.0 min" in offer.reason.en
    assert "ann" in offer.reason.zh
    d.accepted("t", "ann", at(1))
    d.started("t", "ann", at(3))
    done, = d.finished("t", "ann", at(11), cause="bladder leak", done="bladder changed")
    assert done.after is State.FINISHED
    assert done.former == "ann"
    assert d.states() == {}
    label, = d.labels()
    assert (label.finding, label.cause, label.done, label.worked, label.expected) == ("finding of t", "bladder leak", "bladder changed", 8.0, 10.0)


def test_at_once_sends_the_free_without_a_plan_and_says_why() -> None:
    d = _dispatcher(person("ann"), person("bob", place=(144.0, 0.0)))
    d.open(job("t", 1), at(0))
    sent, = d.at_once(at(0))
    assert sent.worker == "ann"
    assert "next bob: 2.0 min later" in sent.reason.en


def test_who_becomes_free_gets_the_next_of_the_plan_at_once() -> None:
    d = _dispatcher(person("ann"))
    for name, due in (("a", 10), ("b", 40)):
        d.open(job(name, due=due), at(0))
    assert _offers(d.tick(at(0))) == {"a": "ann"}
    d.accepted("a", "ann", at(0))
    d.started("a", "ann", at(0))
    assert d.days() == {"ann": ("a", "b")}
    d.finished("a", "ann", at(10))
    assert _offers(d.at_once(at(10))) == {"b": "ann"}


def test_a_refusal_needs_a_reason_and_goes_to_the_next_and_never_back() -> None:
    d = _dispatcher(person("ann"), person("bob", place=(100.0, 0.0)))
    d.open(job("t"), at(0))
    assert _offers(d.tick(at(0))) == {"t": "ann"}
    with pytest.raises(ActionError, match=r"a refusal needs a reason|拒绝须说明理由"):
        d.refused("t", "ann", "  ", at(1))
    refused, = d.refused("t", "ann", "no ladder", at(1))
    assert (refused.after, refused.former) == (State.REFUSED, "ann")
    assert "no ladder" in refused.reason.zh
    assert _offers(d.tick(at(1))) == {"t": "bob"}
    d.refused("t", "bob", "ill", at(2))
    waits, = d.tick(at(600))
    assert waits.event is Event.WAIT
    assert "all 2 people" in waits.reason.en


def test_no_answer_goes_to_the_next_and_the_second_time_the_lead_is_told() -> None:
    d = _dispatcher(person("ann"), person("bob", place=(100.0, 0.0)), person("lea", "nothing", lead=True))
    d.open(job("t", 1), at(0))
    assert _offers(d.tick(at(0))) == {"t": "ann"}
    assert d.tick(at(1.9)) == [], "a tenth of a minute is left"
    escalated, offer = d.tick(at(2))
    assert (escalated.after, escalated.former, escalated.lead) == (State.ESCALATED, "ann", "")
    assert (offer.worker, offer.before) == ("bob", State.ESCALATED)
    again = d.tick(at(4))
    assert [c.lead for c in again if c.event is Event.ESCALATE] == ["lea"]
    assert d.states() == {"t": State.ESCALATED}, "both are silent; nobody else has the skill"
    assert _offers(d.tick(at(12))) == {"t": "ann"}, "ten minutes later ann is asked again"


def test_the_lead_may_give_a_task_by_hand_but_not_to_one_without_the_skill() -> None:
    d = _dispatcher(person("ann"), person("eve", "electrician"))
    d.open(job("t"), at(0))
    with pytest.raises(ActionError) as refused:
        d.given("t", "eve", "lea", at(0))
    assert refused.value.faults[0].rule == "task-skill"
    given, = d.given("t", "ann", "lea", at(0))
    assert (given.worker, given.reason.en) == ("ann", "given by lea")
    with pytest.raises(ActionError):
        d.given("t", "ann", "lea", at(0))


def test_priority_one_interrupts_priority_four_and_the_rest_of_the_work_is_kept() -> None:
    d = _dispatcher(person("ann"), person("bob", place=(300.0, 0.0)))
    d.open(job("slow", 4, minutes=60, due=500), at(0))
    d.open(job("grave", 2, minutes=60, due=500, place=(300.0, 0.0)), at(0))
    for task, worker in _offers(d.tick(at(0))).items():
        d.accepted(task, worker, at(0))
        d.started(task, worker, at(0))
    d.open(job("urgent", 1, minutes=5, due=10), at(20))
    interrupted, offer = d.at_once(at(20))
    assert (interrupted.task, interrupted.after, interrupted.former) == ("slow", State.INTERRUPTED, "ann")
    assert (offer.task, offer.worker) == ("urgent", "ann")
    assert "nobody free" in offer.reason.en
    for step in (d.accepted, d.started):
        step("urgent", "ann", at(20))
    d.finished("urgent", "ann", at(25))
    assert _offers(d.tick(at(25))) == {"slow": "ann"}
    d.accepted("slow", "ann", at(25))
    d.started("slow", "ann", at(25))
    d.finished("slow", "ann", at(65))
    assert d.labels()[-1].worked == pytest.approx(60.0), "20 before and 40 after the interruption"


def test_priority_two_does_not_interrupt_and_priority_one_not_who_is_soon_free() -> None:
    d = _dispatcher(person("ann"))
    d.open(job("slow", 4, minutes=20, due=500), at(0))
    d.tick(at(0))
    d.accepted("slow", "ann", at(0))
    d.started("slow", "ann", at(0))
    d.open(job("second", 2), at(1))
    assert _offers(d.tick(at(1))) == {}
    d.open(job("first", 1), at(18.5))
    assert _offers(d.tick(at(18.5))) == {}, "a minute and a half is less than the gain asked for"
    assert d.states()["slow"] is State.STARTED


def test_an_offer_of_light_work_not_yet_answered_is_taken_back_for_urgent_work() -> None:
    d = _dispatcher(person("ann"))
    d.open(job("light", 4, minutes=30, due=500), at(0))
    d.tick(at(0))
    d.open(job("urgent", 1), at(1))
    back, offer = d.at_once(at(1))
    assert (back.task, back.event, back.after) == ("light", Event.TAKE_BACK, State.OPEN)
    assert (offer.task, offer.worker) == ("urgent", "ann")


def test_a_task_without_its_part_waits_and_says_which_until_the_part_comes() -> None:
    d = _dispatcher(person("ann"), person("bob"), stock={"bladder": 1})
    d.open(job("first", parts=(("bladder", 1),)), at(0))
    d.open(job("second", 4, parts=(("bladder", 1),)), at(0))
    changes = d.tick(at(0))
    assert set(_offers(changes)) == {"first"}
    assert d.tick(at(1)) == [], "the same reason is not told twice"
    waits, = (c for c in changes if c.event is Event.WAIT)
    assert (waits.task, waits.reason.en) == ("second", "parts out of stock: bladder (1 needed, 0 there)")
    d.brought("bladder", 1)
    assert set(_offers(d.tick(at(2)))) == {"second"}


def test_a_refused_task_gives_its_part_back_and_a_finished_one_has_used_it() -> None:
    d = _dispatcher(person("ann"), person("bob"), stock={"bladder": 1})
    d.open(job("t", parts=(("bladder", 1),)), at(0))
    first, = _offers(d.tick(at(0))).values()
    assert d.book.stock.counts() == {"bladder": 0}
    d.refused("t", first, "wrong size", at(1))
    assert d.book.stock.counts() == {"bladder": 1}
    second, = _offers(d.tick(at(1))).values()
    d.accepted("t", second, at(1))
    d.started("t", second, at(1))
    d.finished("t", second, at(9))
    assert d.book.stock.counts() == {"bladder": 0}


def test_an_event_out_of_turn_or_by_another_changes_nothing_and_says_what_is_possible() -> None:
    d = _dispatcher(person("ann"), person("bob"))
    d.open(job("t"), at(0))
    before = d.snapshot()
    with pytest.raises(ActionError, match=r"offer"):
        d.finished("t", "ann", at(1))
    with pytest.raises(ActionError, match=r"no such task|没有这个任务"):
        d.accepted("ghost", "ann", at(1))
    assert d.snapshot() == before
    holder, = _offers(d.tick(at(1))).values()
    other = "bob" if holder == "ann" else "ann"
    before = d.snapshot()
    with pytest.raises(ActionError) as refused:
        d.accepted("t", other, at(1))
    assert refused.value.faults[0].rule == "task-holder"
    assert d.snapshot() == before


def test_the_same_task_opened_again_even_after_its_end_is_not_taken_twice() -> None:
    d = _dispatcher(person("ann"))
    assert len(d.open(job("t"), at(0))) == 1
    assert d.open(job("t"), at(0)) == []
    d.withdrawn("t", Text("报警已更正", "the alarm was amended"), at(1))
    assert d.open(job("t"), at(2)) == []
    assert d.states() == {}


def test_who_leaves_lets_go_of_the_task_and_what_was_done_counts() -> None:
    d = _dispatcher(person("ann"))
    d.open(job("t", minutes=30), at(0))
    d.tick(at(0))
    d.accepted("t", "ann", at(0))
    d.started("t", "ann", at(0))
    left, = d.gone("ann", at(10))
    assert left.after is State.INTERRUPTED
    d.here(person("bob"), at(11))
    offer, = d.tick(at(11))
    assert offer.worker == "bob"
    assert d.book.entries["t"].left == pytest.approx(20.0)


def test_who_cannot_go_on_says_so_and_somebody_else_takes_the_rest() -> None:
    d = _dispatcher(person("ann"), person("bob", place=(200.0, 0.0)))
    d.open(job("t", minutes=30), at(0))
    d.tick(at(0))
    d.accepted("t", "ann", at(0))
    d.started("t", "ann", at(0))
    with pytest.raises(ActionError):
        d.interrupted("t", "bob", "not mine", at(5))
    stopped, = d.interrupted("t", "ann", "press too hot", at(5))
    assert "press too hot" in stopped.reason.en
    assert _offers(d.tick(at(5))) == {"t": "bob"}


def test_work_not_begun_by_the_end_of_duty_is_taken_back() -> None:
    d = _dispatcher(person("ann", until=30), person("bob", place=(250.0, 0.0), free=20.0))
    d.open(job("t", 4, minutes=10), at(0))
    d.tick(at(0))
    d.accepted("t", "ann", at(0))
    changes = d.tick(at(30))
    assert [(c.event, c.worker) for c in changes] == [(Event.TAKE_BACK, ""), (Event.OFFER, "bob")]


def test_nobody_is_sent_out_in_a_break_nor_before_a_task_is_ready() -> None:
    d = _dispatcher(person("ann", breaks=((5, 15),)))
    d.open(job("t", ready=3), at(0))
    assert d.tick(at(0)) == []
    assert d.tick(at(5)) == []
    assert _offers(d.tick(at(15))) == {"t": "ann"}


def test_breaks_do_not_count_as_work_in_the_label() -> None:
    d = _dispatcher(person("ann", breaks=((5, 15),)))
    d.open(job("t"), at(0))
    d.tick(at(0))
    d.accepted("t", "ann", at(0))
    d.started("t", "ann", at(0))
    d.finished("t", "ann", at(20))
    assert d.labels()[0].worked == pytest.approx(10.0)


def test_a_vehicle_uses_its_battery_once_for_each_way() -> None:
    d = _dispatcher(person("agv", "transport", battery=Battery(1000.0, 500.0, 100.0, (0.0, 0.0))))
    d.open(job("t", skill="transport", place=(60.0, 40.0)), at(0))
    d.tick(at(0))
    d.accepted("t", "agv", at(0))
    d.started("t", "agv", at(2))
    d.finished("t", "agv", at(12))
    agv = d.book.workers["agv"]
    assert agv.battery is not None
    assert agv.battery.left_m == pytest.approx(400.0)
    assert agv.place == (60.0, 40.0)


@pytest.mark.parametrize("rule", RULES)
def test_a_dispatcher_by_a_single_rule_keeps_the_same_promises(rule: str) -> None:
    d = _dispatcher(person("ann"), person("eve", "electrician"), policy=Policy(rule=rule))  # type: ignore[arg-type]  # one of RULES
    for name, skill in (("m1", "mechanic"), ("m2", "mechanic"), ("e1", "electrician"), ("x", "x-ray")):
        d.open(job(name, skill=skill), at(0))
    offers = _offers(d.tick(at(0)))
    assert sorted(offers.values()) == ["ann", "eve"]
    assert offers["e1"] == "eve"
    assert d.states()["x"] is State.OPEN


def test_a_task_that_nobody_can_do_says_so_under_every_policy() -> None:
    for policy in (REPLAY, Policy(rule="edd")):
        d = _dispatcher(person("ann"), policy=policy)
        d.open(job("x", skill="x-ray"), at(0))
        waits, = d.tick(at(0))
        assert (waits.event, waits.reason.en) == (Event.WAIT, "nobody on duty has the skill x-ray")


def test_a_restored_dispatcher_goes_on_exactly_as_the_one_it_was() -> None:
    d = _dispatcher(person("ann"), person("bob", place=(90.0, 10.0), battery=Battery(900.0, 300.0, 50.0, (1.0, 2.0))), stock={"belt": 2})
    for n in range(6):
        d.open(job(f"t{n}", n % 4 + 1, minutes=5 + n, due=20 + 7 * n, parts=(("belt", 1),) if n % 3 == 0 else ()), at(0))
    d.tick(at(0))
    holder, task = next(iter(d.book.holds.items()))
    d.accepted(task, holder, at(0.5))
    twin = Dispatcher.restored(d.snapshot(), None, REPLAY)
    assert twin.snapshot() == d.snapshot()
    for one in (d, twin):
        one.started(task, holder, at(1))
        one.finished(task, holder, at(9), "wear", "replaced")
    assert d.tick(at(9)) == twin.tick(at(9))
    assert d.tick(at(31)) == twin.tick(at(31))
    assert twin.snapshot() == d.snapshot()
    assert twin.labels() == d.labels()


def test_why_is_told_of_the_last_plan_only() -> None:
    d = _dispatcher(person("ann"))
    with pytest.raises(SubjectError):
        d.explain("t")
    d.open(job("t"), at(0))
    d.tick(at(0))
    assert d.explain("t").worker == "ann"


def test_whoever_takes_longer_than_planned_is_still_planned_for() -> None:
    d = _dispatcher(person("ann"))
    d.open(job("a", minutes=10), at(0))
    d.tick(at(0))
    d.accepted("a", "ann", at(0))
    d.started("a", "ann", at(0))
    d.open(job("b"), at(1))
    d.tick(at(50))
    assert d.explain("b").begins == at(51), "a tenth of the work more, a minute at least"


def test_a_better_known_worker_keeps_the_task_unless_the_skill_is_gone() -> None:
    d = _dispatcher(person("ann"))
    d.open(job("t"), at(0))
    d.tick(at(0))
    assert d.here(replace(person("ann"), place=(5.0, 5.0)), at(0)) == []
    assert d.states()["t"] is State.OFFERED
    back, = d.here(person("ann", "electrician"), at(1))
    assert back.after is State.OPEN
    assert d.tick(at(1))[0].event is Event.WAIT


def test_a_plan_searched_beside_the_work_is_adopted_but_for_what_has_changed_meanwhile() -> None:
    d = _dispatcher(person("ann"), person("bob", place=(9.0, 9.0)), person("cid", "electrician"))
    for name in ("a", "b", "c"):
        d.open(job(name), at(0))
    d.open(job("e", skill="electrician"), at(0))
    plan = d.better(d.draft(at(0)))
    assert set(d.states().values()) == {State.OPEN}, "drafting and searching change nothing"
    d.given("a", "ann", "lea", at(0))
    d.withdrawn("b", Text("报警已更正", "the alarm was amended"), at(0))
    d.gone("cid", at(0))
    offers = _offers(d.adopt(plan, at(0)))
    assert offers in ({"c": "bob"}, {})
    assert "a" not in d.days()["ann"][1:]
    assert "cid" not in d.days()
    assert _offers(d.tick(at(0))) == ({} if offers else {"c": "bob"})


def test_once_warm_nothing_is_compiled_any_more() -> None:
    def compiled() -> int:
        return sum(len(kernel.signatures) for kernel in (by_worker, urgency, put, take, inserted, searched, settled, total))

    warm()
    before = compiled()
    d = _dispatcher(person("ann", breaks=((50, 55),), until=300), person("agv", battery=Battery(900.0, 300.0, 50.0, (1.0, 2.0))), stock={"belt": 1})
    for n in range(5):
        d.open(job(f"t{n}", n % 4 + 1, place=(float(n), 0.0), parts=(("belt", 1),) if n == 2 else ()), at(0))
    d.at_once(at(0))
    d.tick(at(1))
    assert before == compiled()
