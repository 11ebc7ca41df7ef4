"""The declaration of the factory: light to import, its task a sound table in minutes, its figures read by name."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from qiantang.district.assembly import house
from qiantang.domains.factory import DOMAIN
from qiantang.domains.factory.actions import TASK
from qiantang.domains.factory.dispatch.states import STEPS, State
from qiantang.domains.factory.published import PUBLISHED, RESTS_ON
from qiantang.kernel.actions.cases import Actor, CaseFinding, opened, stepped
from qiantang.kernel.errors import ActionError
from qiantang.kernel.expressions.walking import facts_of
from tests.house.plan import said_by_a_fresh_python

AT = datetime(2024, 5, 6, 8, 0, tzinfo=UTC)
DISPATCH, LI, LEAD = (Actor(name, frozenset({role})) for name, role in (("system", "dispatch"), ("li", "technician"), ("chen", "lead")))
HEAVY = ("numpy", "numba", "scipy", "ortools", "simpy", "asyncua", "gmqtt", "pymodbus")


def test_the_declaration_loads_nothing_heavy() -> None:
    program = f"import sys, qiantang.domains.factory; print([m for m in {HEAVY!r} if m in sys.modules])"
    assert said_by_a_fresh_python(program).strip() == "[]"


def test_the_house_knows_the_domain_and_what_it_publishes() -> None:
    names = {p.name for p in house().published}
    assert {"factory.oee", "factory.takt", "factory.equipment_connected"} <= names
    assert DOMAIN.name in {d.name for d in house().domains}


def test_a_name_rests_on_the_columns_that_its_criterion_reads() -> None:
    outline = house().library.book("factory/plant-standing").on().outline
    criteria = {"factory.oee": "oee", "factory.takt": "takt", "factory.first_pass_yield": "first_pass", "factory.alarms_per_operator_hour": "alarms",
                "factory.energy_per_piece": "energy", "factory.equipment_connected": "connected", "factory.signals": "signals"}
    for name, criterion in criteria.items():
        value = next(c.value for c in outline.criteria if c.id == criterion)
        assert value is not None
        assert {fact.column.name.removesuffix("_most") for fact in facts_of(value)} == set(RESTS_ON[name]), name
    conditions = {column for name in criteria if criteria[name] not in ("energy", "signals") for column in RESTS_ON[name]}
    assert set(RESTS_ON["factory.steady"]) == conditions
    assert set(RESTS_ON) == {p.name for p in PUBLISHED}


def test_the_states_of_a_task_are_those_stated() -> None:
    assert [state.name for state in TASK.states] == ["open", "offered", "accepted", "started", "refused", "escalated", "interrupted", "finished",
                                                     "withdrawn"]
    assert all(state.closed or (state.deadline is not None and state.deadline.due_at(AT) is not None) for state in TASK.states)


def test_dispatch_moves_tasks_by_the_very_same_table() -> None:
    table = {(step.state, step.event): step.next_state for step in TASK.steps}
    assert {(str(state), str(event)): str(following) for (state, event), following in STEPS.items()} == table
    assert {str(state) for state in State} == {state.name for state in TASK.states}


def _stepped(*steps: tuple[str, dict[str, object], Actor]) -> str:
    finding = CaseFinding("small/P1", "nelson_1", True)
    case = opened(TASK, 1, finding, rulebook="factory/charts", run="f1", day=AT.date(), at=AT, actor=DISPATCH).case
    for event, payload, actor in steps:
        case = stepped(TASK, case, event, payload, day=AT.date(), at=AT, actor=actor).case
    return case.state


OFFER: tuple[str, dict[str, object], Actor] = ("offer", {"technician": "li"}, DISPATCH)
ACCEPT: tuple[str, dict[str, object], Actor] = ("accept", {}, LI)
START: tuple[str, dict[str, object], Actor] = ("start", {}, LI)


@pytest.mark.parametrize(("steps", "state"), [
    ((OFFER, ACCEPT, START, ("finish", {"cause": "bladder", "done": "changed"}, LI)), "finished"),
    ((OFFER, ("refuse", {"reason": "busy"}, LI), OFFER), "offered"),
    ((OFFER, ("escalate", {}, DISPATCH), ("offer", {"technician": "wang"}, LEAD)), "offered"),
    ((OFFER, ACCEPT, START, ("interrupt", {"reason": "priority 1"}, DISPATCH), OFFER, ACCEPT, START), "started"),
    ((("withdraw", {"reason": "alarm withdrawn"}, DISPATCH),), "withdrawn"),
])
def test_ways_through_a_task(steps, state) -> None:
    assert _stepped(*steps) == state


@pytest.mark.parametrize("step", [
    ("finish", {"cause": "bladder"}, LI),  # what was done is missing
    ("finish", {"cause": "bladder", "done": "changed"}, DISPATCH),  # only who mends may finish
    ("accept", {}, LI),  # it is started already
])
def test_what_a_started_task_refuses(step) -> None:
    with pytest.raises(ActionError):
        _stepped(OFFER, ACCEPT, START, step)
