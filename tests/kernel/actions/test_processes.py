"""A process table with a dead end, a gap or a state that nobody owns is refused, with all its faults at once."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiantang.kernel.actions.cases import EVENT_TITLES
from qiantang.kernel.actions.deadlines import working_days
from qiantang.kernel.actions.process_files import process_from, read_process
from qiantang.kernel.actions.process_rows import Choice, Escalation, Event, Kind, Need, Role, State, Step, Table
from qiantang.kernel.actions.processes import Process
from qiantang.kernel.actions.soundness import RESERVED_EVENTS, faults_of
from qiantang.kernel.errors import DomainError
from qiantang.kernel.sources import Status
from qiantang.kernel.words import same
from tests.kernel.actions.clearing import CLEARING

FILE = Path(__file__).with_name("clearing.yaml")


def _table(states: tuple[State, ...], steps: tuple[Step, ...], start: str = "a") -> Table:
    events = tuple(Event(name, same(name)) for name in dict.fromkeys(step.event for step in steps))
    return Table("made", same("made"), start, (Role("clerk", same("clerk")),), states, events, steps)


def _open(name: str) -> State:
    return State(name, same(name), "clerk", working_days(1))


def _closed(name: str) -> State:
    return State(name, same(name), closed=True)


def _go(state: str, event: str, next_state: str) -> Step:
    return Step(state, event, next_state, ("clerk",))


SOUND = _table((_open("a"), _open("b"), _closed("z")), (_go("a", "on", "b"), _go("b", "end", "z")))


def _rules(table: Table) -> list[str]:
    return [fault.rule for fault in faults_of(table)]


def test_a_sound_table_has_no_fault() -> None:
    assert faults_of(SOUND) == ()
    assert faults_of(CLEARING) == ()


def test_every_walk_through_the_clearing_table_can_still_reach_a_closed_state() -> None:
    ends = {state.name for state in CLEARING.states if state.closed}
    for state in CLEARING.states:
        reached = {state.name}
        for _ in CLEARING.states:
            reached |= {step.next_state for step in CLEARING.steps if step.state in reached}
        assert reached & ends, state.name
        assert state.closed or (state.owner and state.deadline), state.name


def test_a_state_without_a_way_out_is_a_dead_end() -> None:
    table = _table((_open("a"), _open("b"), _closed("z")), (_go("a", "on", "b"), _go("a", "end", "z")))
    assert _rules(table) == ["no-dead-end"]


def test_two_states_that_only_lead_to_each_other_are_a_dead_end() -> None:
    table = _table((_open("a"), _open("b"), _open("c"), _closed("z")),
                   (_go("a", "on", "b"), _go("a", "end", "z"), _go("b", "on", "c"), _go("c", "back", "b")))
    assert [(fault.rule, fault.value) for fault in faults_of(table)] == [("no-dead-end", "b"), ("no-dead-end", "c")]


def test_a_state_that_no_way_leads_to_is_refused() -> None:
    table = replace(SOUND, states=(*SOUND.states, _closed("y")))
    assert _rules(table) == ["reachable"]


def test_an_open_state_needs_an_owner_and_a_deadline() -> None:
    table = replace(SOUND, states=(_open("a"), State("b", same("b")), _closed("z")))
    assert _rules(table) == ["one-owner", "one-deadline"]


def test_a_state_written_twice_would_have_two_owners_and_is_refused() -> None:
    table = replace(SOUND, states=(*SOUND.states, replace(_open("b"), deadline=working_days(9))))
    assert _rules(table) == ["declared-once"]


@pytest.mark.parametrize(("changed", "rule"), [
    ({"name": "Made-1"}, "process-name"),
    ({"start": "z"}, "start-state"),
    ({"start": "nowhere"}, "start-state"),
    ({"roles": (*SOUND.roles, *SOUND.roles)}, "declared-once"),
    ({"events": (*SOUND.events, Event("never", same("never")))}, "event-used"),
    ({"steps": (*SOUND.steps, _go("a", "on", "z"))}, "declared-once"),
    ({"steps": (*SOUND.steps, _go("a", "end", "elsewhere"))}, "known-state"),
    ({"steps": (*SOUND.steps, _go("a", "unheard", "z"))}, "known-event"),
    ({"steps": (*SOUND.steps, _go("z", "on", "a"))}, "closed-state"),
    ({"steps": (*SOUND.steps, Step("a", "end", "z", ()))}, "somebody-may"),
    ({"steps": (*SOUND.steps, Step("a", "end", "z", ("ghost",)))}, "known-role"),
    ({"states": (_open("a"), _open("b"), replace(_closed("z"), owner="clerk"))}, "closed-state"),
    ({"states": (replace(_open("a"), owner="ghost"), *SOUND.states[1:])}, "known-role"),
    ({"states": (replace(_open("a"), escalations=(Escalation("clerk", working_days(1)),)), *SOUND.states[1:])},
     "escalation-moves-on"),
    ({"events": (Event("on", same("on"), (Need("f", same("f"), Kind.CHOICE),)), SOUND.events[1])}, "choices"),
    ({"events": (Event("on", same("on"), (Need("f", same("f"), choices=(Choice("x", same("x")),)),)),
                 SOUND.events[1])}, "choices"),
    ({"events": (Event("on", same("on"), (Need("f", same("f")), Need("f", same("f")))), SOUND.events[1])},
     "declared-once"),
])
def test_one_slip_in_the_table_is_one_named_fault(changed, rule) -> None:
    assert rule in _rules(replace(SOUND, **changed))


def test_an_owner_who_may_raise_nothing_in_its_state_is_refused() -> None:
    table = replace(SOUND, roles=(*SOUND.roles, Role("chief", same("chief"))),
                    states=(replace(_open("a"), owner="chief"), *SOUND.states[1:]))
    assert _rules(table) == ["owner-can-act"]


@pytest.mark.parametrize("name", RESERVED_EVENTS)
def test_the_systems_own_events_cannot_be_declared(name: str) -> None:
    table = _table((_open("a"), _closed("z")), (_go("a", name, "z"),))
    assert _rules(table) == ["reserved-event"]


def test_every_event_of_the_system_has_a_title() -> None:
    assert set(EVENT_TITLES) == set(RESERVED_EVENTS)


def test_all_faults_of_a_table_are_told_together_in_both_languages() -> None:
    with pytest.raises(DomainError) as refused:
        Process("made", same("made"), "a", SOUND.roles, (State("a", same("a")), _open("b"), _closed("z")),
                SOUND.events, (_go("a", "on", "nowhere"),))
    rules = {fault.rule for fault in refused.value.faults}
    assert {"one-owner", "one-deadline", "known-state", "event-used", "no-dead-end", "reachable"} <= rules
    assert "没有责任方" in refused.value.said("zh")
    assert "has no owner" in refused.value.said("en")


NAMES = ("a", "b", "c", "d", "z")


@given(st.sets(st.sampled_from([(one, two) for one, two in product(NAMES, NAMES) if one != "z"])))
def test_a_table_is_refused_exactly_where_some_state_cannot_be_reached_or_cannot_end(ways) -> None:
    states = (*(_open(name) for name in NAMES[:-1]), _closed("z"))
    table = _table(states, tuple(_go(one, f"to_{two}", two) for one, two in sorted(ways)))

    def leads(one: str, two: str) -> bool:
        reached = {one}
        for _ in NAMES:
            reached |= {there for here, there in ways if here in reached}
        return two in reached

    faults = {(fault.rule, fault.value) for fault in faults_of(table)}
    assert faults == ({("reachable", name) for name in NAMES if not leads("a", name)}
                      | {("no-dead-end", name) for name in NAMES if not leads(name, "z")})


def test_a_process_file_gives_states_deadlines_fields_and_their_standing() -> None:
    listed, planned = CLEARING.state("listed"), CLEARING.state("carried_out")
    assert (listed.owner, listed.deadline, listed.status) == ("platform", working_days(15), Status.ASSUMPTION)
    assert [step.role for step in listed.escalations] == ["bureau", "district"]
    assert planned.status is Status.DRAFT
    assert planned.source is not None
    assert planned.source.clause == "第三条"
    route, land, ready = CLEARING.event("submit_plan").needs
    assert [choice.name for choice in route.choices] == ["improve", "merge", "reclaim", "move", "close"]
    assert (route.kind, land.kind, ready.kind, ready.optional) == (Kind.CHOICE, Kind.DECIMAL, Kind.DAY, True)


def test_a_process_file_is_refused_with_every_fault_and_its_line() -> None:
    written = FILE.read_text(encoding="utf-8")
    for before, after in (("deadline: working_days(15)", "deadline: soon"), ("status: draft", "status: perhaps"),
                          ("kind: flag", "kind: colour"), ("    owner: bureau", "    ownner: bureau"),
                          ("published_on: 2022-06-07", "published_on: 2022-06-31"),
                          ("to: withdrawn, may: [bureau]", "to: withdrawn, may: bureau"),
                          ("{zh: 延期, en: extend}", "{zh: 延期}")):
        assert before in written
        written = written.replace(before, after)
    with pytest.raises(DomainError) as refused:
        process_from(written, "clearing.yaml")
    lines = written.splitlines()
    told = {(fault.rule, lines[fault.place.row - 1].strip().split(":")[0])
            for fault in refused.value.faults if fault.place.row}
    assert {("deadline-rule", "deadline"), ("known-word", "status"), ("known-name", "ownner"), ("day", "source")} <= told
    assert {"shape", "given"} <= {rule for rule, _ in told}
    assert all(fault.place.file == "clearing.yaml" for fault in refused.value.faults)


@pytest.mark.parametrize("written", ["", "- a\n- b\n", "name: [", "just words"])
def test_a_file_that_holds_no_process_is_refused_and_not_a_crash(written: str) -> None:
    with pytest.raises(DomainError):
        process_from(written, "clearing.yaml")


def test_a_process_is_read_from_its_file() -> None:
    assert read_process(FILE) == CLEARING
