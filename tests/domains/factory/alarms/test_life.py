"""The life of an alarm keeps to the table of ISA-18.2, and the table itself is whole."""

from __future__ import annotations

import pytest

from qiantang.domains.factory.alarms.life import EVENTS, HELD, LIFE, SHOWN, STATES, Event, State, after, ways


def test_every_state_and_event_has_a_name_and_a_row() -> None:
    assert set(STATES) == set(State)
    assert set(EVENTS) == set(Event)
    assert {step.state for step in LIFE} == set(State)
    assert {step.event for step in LIFE} == set(Event)
    assert len({letter for letter, _ in STATES.values()}) == len(State)
    assert SHOWN | HELD | {State.NORMAL} == set(State)


def test_no_row_contradicts_another() -> None:
    seen: dict[tuple[State, Event, str], State] = {}
    for step in LIFE:
        for when in (("holds", "over") if step.when == "any" else (step.when,)):
            assert (step.state, step.event, when) not in seen
            seen[step.state, step.event, when] = step.next_state


@pytest.mark.parametrize(("state", "event", "holds", "leads_to"), [
    (State.NORMAL, Event.RAISED, True, State.UNACKNOWLEDGED),
    (State.UNACKNOWLEDGED, Event.ACKNOWLEDGED, True, State.ACKNOWLEDGED),
    (State.ACKNOWLEDGED, Event.RETURNED, False, State.NORMAL),
    (State.UNACKNOWLEDGED, Event.RETURNED, False, State.RETURNED),
    (State.RETURNED, Event.ACKNOWLEDGED, False, State.NORMAL),
    (State.RETURNED, Event.RAISED, True, State.UNACKNOWLEDGED),
    (State.SHELVED, Event.UNSHELVED, True, State.UNACKNOWLEDGED),
    (State.SHELVED, Event.UNSHELVED, False, State.NORMAL),
    (State.SUPPRESSED, Event.RAISED, True, State.SUPPRESSED),
    (State.OUT_OF_SERVICE, Event.RESTORED, True, State.UNACKNOWLEDGED),
])
def test_the_standards_transitions(state: State, event: Event, holds: bool, leads_to: State) -> None:
    assert after(state, event, holds=holds) is leads_to


def test_what_stands_in_no_row_cannot_happen() -> None:
    assert after(State.NORMAL, Event.ACKNOWLEDGED, holds=False) is None
    assert after(State.OUT_OF_SERVICE, Event.SHELVED, holds=True) is None
    assert Event.ACKNOWLEDGED not in ways(State.SHELVED)


def test_from_every_state_an_alarm_can_come_back_to_normal() -> None:
    back = {State.NORMAL}
    for _ in State:
        back |= {step.state for step in LIFE if step.next_state in back}
    assert back == set(State)
