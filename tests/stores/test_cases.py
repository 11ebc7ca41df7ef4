"""A finding opens one case and no second; the case then moves by its table, and time chases it."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from qiantang.kernel.actions.calendar import last_known_day
from qiantang.kernel.actions.cases import Actor, Case, CaseFinding, Owner
from qiantang.kernel.actions.deadlines import Deadline, working_days
from qiantang.kernel.actions.desk import CaseDesk
from qiantang.kernel.actions.history import Every, against_zero
from qiantang.kernel.actions.ports import CaseQuery, StateStore
from qiantang.kernel.actions.proof import prove_case, verify_log
from qiantang.kernel.errors import ActionError, SubjectError
from tests.kernel.actions.clearing import AT, BUREAU, CLEARING, DISTRICT, PLAN, PLATFORM, SYSTEM, apply, low, one_case

DAY = date(2024, 1, 30)


def _step(desk: CaseDesk, case_id: str, event: str, actor: Actor, day: date = DAY, **payload: Any) -> Case:
    return desk.step(case_id, event, payload, day=day, at=AT, actor=actor)


def _entries(store: StateStore) -> int:
    with store.reading() as reader:
        return reader.head().seq


def test_a_finding_opens_a_case_with_one_owner_and_a_deadline_in_working_days(desk: CaseDesk) -> None:
    case = one_case(desk)
    assert (case.id, case.state, case.subject) == ("clearing-2024-000001", "listed", "ent-1")
    assert case.owner == Owner("platform", "east")
    assert case.due == Deadline(date(2024, 2, 23))
    assert desk.case(case.id) == case


def test_cases_are_numbered_in_the_order_of_their_subjects_year_by_year(desk: CaseDesk) -> None:
    first = apply(desk, [low("ent-3"), low("ent-1")])
    second = apply(desk, [low("ent-2")], run="run-2", day=date(2024, 6, 1))
    later = apply(desk, [low("ent-9")], run="run-3", day=date(2025, 6, 1))
    named = {case.subject: case.id for applied in (first, second, later) for case in applied.opened}
    assert named == {"ent-1": "clearing-2024-000001", "ent-3": "clearing-2024-000002",
                     "ent-2": "clearing-2024-000003", "ent-9": "clearing-2025-000001"}


def test_the_same_run_applied_again_changes_nothing(desk: CaseDesk, store: StateStore) -> None:
    apply(desk, [low("ent-1"), low("ent-2", holds=False)])
    before = _entries(store)
    again = apply(desk, [low("ent-1"), low("ent-2", holds=False)])
    assert (again.opened, again.changed) == ((), ())
    assert again.kept == ("clearing-2024-000001",)
    assert _entries(store) == before


def test_a_later_run_opens_no_second_case_while_one_is_open(desk: CaseDesk) -> None:
    case = one_case(desk)
    assert apply(desk, [low("ent-1")], run="run-2").opened == ()
    assert [one.id for one in desk.cases(CaseQuery(subject="ent-1", open_only=False))] == [case.id]


def test_the_same_run_opens_no_second_case_even_after_the_first_is_closed(desk: CaseDesk) -> None:
    case = one_case(desk)
    _step(desk, case.id, "withdraw", BUREAU)
    assert apply(desk, [low("ent-1")]).opened == ()
    assert [one.id for one in apply(desk, [low("ent-1")], run="run-2").opened] == ["clearing-2024-000002"]


def test_a_finding_that_is_unknown_or_does_not_hold_opens_nothing(desk: CaseDesk) -> None:
    assert apply(desk, [low("ent-1", holds=None), low("ent-2", holds=False)]).opened == ()


def test_a_finding_that_no_longer_holds_is_recorded_and_leaves_the_case_open(desk: CaseDesk) -> None:
    case = one_case(desk)
    applied = apply(desk, [low("ent-1", holds=False)], run="run-2", day=date(2024, 2, 1))
    assert applied.changed == (case.id,)
    now = desk.case(case.id)
    assert now.is_open
    assert (now.state, now.due, now.owner) == (case.state, case.due, case.owner)
    assert (now.basis.run, now.last_seen.run, now.last_seen.holds) == ("run-1", "run-2", False)
    event = desk.history(case.id)[-1]
    assert (event.event, event.detail["outcome"], event.detail["was"]) == ("finding_changed", "not low", "low")


def test_a_changed_finding_is_recorded_once_and_again_when_it_turns_back(desk: CaseDesk) -> None:
    case = one_case(desk)
    for run, holds in (("run-2", None), ("run-3", None), ("run-4", True)):
        apply(desk, [low("ent-1", holds=holds)], run=run)
    assert [event.event for event in desk.history(case.id)] == ["opened", "finding_changed", "finding_changed"]


def test_a_run_that_does_not_mention_a_subject_leaves_its_case_alone(desk: CaseDesk) -> None:
    case = one_case(desk)
    applied = apply(desk, [low("ent-2")], run="run-2")
    assert applied.unexamined == (case.id,)
    assert desk.case(case.id) == case


def test_a_run_of_an_earlier_day_brings_no_news(desk: CaseDesk) -> None:
    case = one_case(desk)
    assert apply(desk, [low("ent-1", holds=False)], run="run-0", day=date(2023, 1, 1)).changed == ()
    assert desk.case(case.id) == case


def test_two_findings_for_one_subject_in_one_run_are_refused(desk: CaseDesk) -> None:
    with pytest.raises(ActionError, match="ent-1"):
        apply(desk, [low("ent-1"), low("ent-1")])
    assert desk.cases(CaseQuery()) == []


def test_a_finding_that_cannot_be_kept_opens_no_case_at_all(desk: CaseDesk, store: StateStore) -> None:
    with pytest.raises(ActionError):
        apply(desk, [low("ent-1"), CaseFinding("ent-2", "low", holds=True, payload={"land_mu": 1.5})])
    assert desk.cases(CaseQuery()) == []
    assert _entries(store) == 0


def test_a_case_walks_from_the_list_to_the_end(desk: CaseDesk, store: StateStore) -> None:
    case = one_case(desk)
    planned = _step(desk, case.id, "submit_plan", PLATFORM, date(2024, 2, 18), **PLAN, ready_on=date(2024, 12, 1))
    assert (planned.state, planned.owner, planned.due) == (
        "planned", Owner("bureau", "east"), Deadline(date(2024, 3, 19)))
    under_way = _step(desk, case.id, "approve", BUREAU, date(2024, 2, 29))
    assert under_way.due == Deadline(date(2024, 8, 29))
    reported = _step(desk, case.id, "report", PLATFORM, date(2024, 5, 1))
    assert reported.due == under_way.due, "a report does not put the deadline off"
    extended = _step(desk, case.id, "extend", BUREAU, date(2024, 8, 1))
    assert extended.due == Deadline(date(2025, 2, 1))
    cleared = _step(desk, case.id, "accept", BUREAU, date(2025, 1, 6), evidence="acceptance 7", photos=3)
    assert (cleared.state, cleared.owner, cleared.due, cleared.closed_on) == ("cleared", None, None, date(2025, 1, 6))
    assert cleared.payload == {**PLAN, "ready_on": "2024-12-01", "evidence": "acceptance 7", "photos": 3}
    assert [event.event for event in desk.history(case.id)] == [
        "opened", "submit_plan", "approve", "report", "extend", "accept"]
    assert prove_case(store, case.id).holds
    assert prove_case(store, case.id).entries == 6


def test_a_case_sent_back_has_its_owner_and_a_fresh_deadline_again(desk: CaseDesk) -> None:
    case = one_case(desk)
    _step(desk, case.id, "submit_plan", PLATFORM, **PLAN)
    back = _step(desk, case.id, "send_back", BUREAU, date(2024, 2, 19), reason="no figures")
    assert (back.owner, back.due) == (Owner("platform", "east"), Deadline(date(2024, 3, 11)))


def test_every_reason_why_a_step_is_refused_is_told_together(desk: CaseDesk, store: StateStore) -> None:
    case = one_case(desk)
    elsewhere = Actor("Sun", frozenset({"bureau"}), frozenset({"west"}))
    with pytest.raises(ActionError) as refused:
        _step(desk, case.id, "submit_plan", elsewhere, date(2024, 1, 1), plan_route="sell", ready_on="soon", colour=1)
    assert [fault.rule for fault in refused.value.faults] == [
        "who-may", "who-may", "days-run-forward", "field-kind", "field-given", "field-kind", "field-known"]
    assert "improve" in refused.value.said("en")
    assert "改造提升" in refused.value.said("zh")
    assert desk.case(case.id) == case
    assert _entries(store) == 1


def test_an_event_that_the_table_does_not_know_in_this_state_is_refused_with_those_it_does(desk: CaseDesk) -> None:
    case = one_case(desk)
    with pytest.raises(ActionError) as refused:
        _step(desk, case.id, "approve", BUREAU)
    assert "submit_plan" in refused.value.said("en")
    assert "withdraw" in refused.value.said("zh")


def test_a_closed_case_takes_no_further_step(desk: CaseDesk) -> None:
    case = one_case(desk)
    _step(desk, case.id, "withdraw", BUREAU)
    for refused in (lambda: _step(desk, case.id, "submit_plan", PLATFORM, **PLAN),
                    lambda: desk.assign(case.id, "Li", day=DAY, at=AT, actor=BUREAU)):
        with pytest.raises(ActionError, match="was closed on 2024-01-30"):
            refused()


@pytest.mark.parametrize("value", ["", "  ", 3, None])
def test_evidence_must_be_words(desk: CaseDesk, value: object) -> None:
    case = one_case(desk)
    _step(desk, case.id, "submit_plan", PLATFORM, **PLAN)
    _step(desk, case.id, "approve", BUREAU)
    with pytest.raises(ActionError, match="evidence"):
        _step(desk, case.id, "accept", BUREAU, evidence=value)


@pytest.mark.parametrize(("land", "taken"), [("12.5", True), (12, True), (12.5, False), (True, False), ("NaN", False)])
def test_an_area_is_an_exact_number(desk: CaseDesk, land: object, taken: bool) -> None:
    case = one_case(desk)
    if taken:
        assert _step(desk, case.id, "submit_plan", PLATFORM, plan_route="merge", land_mu=land).state == "planned"
    else:
        with pytest.raises(ActionError, match="land_mu"):
            _step(desk, case.id, "submit_plan", PLATFORM, plan_route="merge", land_mu=land)


def test_unknown_cases_and_processes_are_named(desk: CaseDesk) -> None:
    with pytest.raises(SubjectError, match="clearing-1999-000001"):
        desk.case("clearing-1999-000001")
    with pytest.raises(SubjectError, match="clearing"):
        desk.process("unheard")


def test_a_case_is_assigned_by_its_owner_and_found_by_the_person(desk: CaseDesk) -> None:
    case = one_case(desk)
    assert desk.assign(case.id, "Li", day=DAY, at=AT, actor=PLATFORM).owner == Owner("platform", "east", "Li")
    assert [one.id for one in desk.cases(CaseQuery(person="Li"))] == [case.id]
    stranger = Actor("Sun", frozenset({"visitor"}))
    with pytest.raises(ActionError, match="may not"):
        desk.assign(case.id, "Sun", day=DAY, at=AT, actor=stranger)


def test_an_overdue_case_goes_up_role_by_role_over_the_spring_festival(desk: CaseDesk, store: StateStore) -> None:
    case = one_case(desk)

    def chase(day: date):
        return [(one.owner.role, one.due.day) for one in desk.chase(day=day, at=AT, actor=SYSTEM)
                if one.owner and one.due]

    assert chase(date(2024, 2, 23)) == [], "the fifteenth working day is still in time"
    assert chase(date(2024, 2, 24)) == [("bureau", date(2024, 3, 1))]
    assert chase(date(2024, 2, 24)) == [], "asked twice on a day, it goes up once"
    assert chase(date(2024, 3, 2)) == [("district", date(2024, 3, 8))]
    assert chase(date(2024, 6, 1)) == [], "the last role keeps it"
    last = desk.case(case.id)
    assert (last.state, last.level, last.overdue_on(date(2024, 6, 1))) == ("listed", 2, True)
    escalated = [event for event in desk.history(case.id) if event.event == "escalated"]
    assert [(event.detail["was"], event.detail["missed"]) for event in escalated] == [
        ("platform", "2024-02-23"), ("bureau", "2024-03-01")]
    assert prove_case(store, case.id).holds


def test_the_role_an_overdue_case_went_up_to_may_act_in_the_owners_place(desk: CaseDesk) -> None:
    case = one_case(desk)
    with pytest.raises(ActionError, match="may not"):
        _step(desk, case.id, "submit_plan", DISTRICT, date(2024, 3, 4), **PLAN)
    for day in (date(2024, 2, 24), date(2024, 3, 2)):
        desk.chase(day=day, at=AT, actor=SYSTEM)
    with pytest.raises(ActionError, match="may not"):
        _step(desk, case.id, "withdraw", DISTRICT, date(2024, 3, 4))
    planned = _step(desk, case.id, "submit_plan", DISTRICT, date(2024, 3, 4), **PLAN)
    assert (planned.owner, planned.level) == (Owner("bureau", "east"), 0)


def test_beyond_the_published_calendar_a_case_is_open_with_an_unknown_deadline(desk: CaseDesk) -> None:
    end = last_known_day()
    case = one_case(desk, end)
    assert case.due is not None
    assert case.due.day is None
    assert desk.case(case.id).due == case.due
    assert [one.id for one in desk.cases(CaseQuery(deadline_unknown=True))] == [case.id]
    assert desk.chase(day=end + timedelta(days=400), at=AT, actor=SYSTEM) == ()
    assert against_zero(desk._store, "clearing", end).deadline_unknown == 1


def test_an_unknown_deadline_is_filled_in_once_the_calendar_is_published(desk: CaseDesk) -> None:
    case = one_case(desk, last_known_day())
    listed = replace(CLEARING.state("listed"), deadline=working_days(0))
    published = replace(CLEARING, states=(listed, *CLEARING.states[1:]))
    known, = CaseDesk(desk._store, [published]).chase(day=last_known_day(), at=AT, actor=SYSTEM)
    assert known.due == Deadline(last_known_day())
    assert desk.history(case.id)[-1].event == "deadline_known"


def test_open_cases_are_found_by_owner_state_scope_and_overdue(desk: CaseDesk) -> None:
    apply(desk, [low("ent-1"), low("ent-2", scope="west"), low("ent-3")])
    _step(desk, "clearing-2024-000001", "submit_plan", PLATFORM, **PLAN)
    _step(desk, "clearing-2024-000003", "withdraw", BUREAU)

    def found(**asked: Any) -> list[int]:
        return [int(case.id[-6:]) for case in desk.cases(CaseQuery(**asked))]

    assert found() == [1, 2]
    assert found(open_only=False) == [1, 2, 3]
    assert found(role="bureau") == [1]
    assert found(state="listed") == [2]
    assert found(scopes=frozenset({"west"})) == [2]
    assert found(scopes=frozenset()) == []
    assert found(overdue_on=date(2024, 2, 29)) == [2]
    assert found(overdue_on=date(2024, 2, 23)) == []
    assert found(open_only=False, limit=2, offset=1) == [2, 3]
    assert found(process="another") == []


def test_an_offset_without_a_limit_skips_too(desk: CaseDesk, store: StateStore) -> None:
    apply(desk, [low("ent-1"), low("ent-2")])
    assert [case.subject for case in desk.cases(CaseQuery(offset=1))] == ["ent-2"]
    with store.reading() as reader:
        assert reader.count_cases(CaseQuery(limit=1)) == 2


def test_dynamic_zero_counts_months_that_passed_quietly_and_what_still_stands(desk: CaseDesk, store) -> None:
    apply(desk, [low("ent-1"), low("ent-2", scope="west"), low("ent-3")])
    _step(desk, "clearing-2024-000001", "withdraw", BUREAU, date(2024, 1, 31))
    _step(desk, "clearing-2024-000003", "withdraw", BUREAU, date(2024, 4, 1))
    apply(desk, [low("ent-4")], run="run-2", day=date(2024, 4, 30))

    def counted(day: date, every: Every = Every.MONTH) -> list[tuple[str, int, int, int]]:
        return [(one.period, one.opened, one.closed, one.standing)
                for one in against_zero(store, "clearing", day, every).periods]

    assert counted(date(2024, 4, 30)) == [("2024-01", 3, 1, 2), ("2024-02", 0, 0, 2), ("2024-03", 0, 0, 2),
                                          ("2024-04", 1, 1, 2)]
    assert counted(date(2024, 4, 30), Every.QUARTER) == [("2024-Q1", 3, 1, 2), ("2024-Q2", 1, 1, 2)]
    assert counted(date(2024, 4, 30), Every.YEAR) == [("2024", 4, 2, 2)]
    assert counted(date(2024, 1, 29)) == []
    then = against_zero(store, "clearing", date(2024, 3, 31))
    assert [event.case[-1] for event in then.still_open] == ["2", "3"]
    assert (then.by_state, then.by_owner, then.overdue) == ({"listed": 2}, {"platform": 2}, 2)
    west = against_zero(store, "clearing", date(2024, 4, 30), scopes=frozenset({"west"}))
    assert [(one.period, one.standing) for one in west.periods][-1] == ("2024-04", 1)
    assert len(west.still_open) == 1


def test_zero_is_reached_when_the_last_case_closes(desk: CaseDesk, store: StateStore) -> None:
    case = one_case(desk)
    assert not against_zero(store, "clearing", DAY).is_zero
    _step(desk, case.id, "withdraw", BUREAU, date(2024, 2, 1))
    assert against_zero(store, "clearing", date(2024, 2, 1)).is_zero
    assert not against_zero(store, "clearing", date(2024, 1, 31)).is_zero


def test_every_step_stands_in_the_log_with_who_and_when(desk: CaseDesk, store: StateStore) -> None:
    case = one_case(desk)
    _step(desk, case.id, "submit_plan", PLATFORM, **PLAN)
    with store.reading() as reader:
        first, second = reader.entries(f"case:{case.id}")
    assert (first.action, first.actor) == ("case.opened", "system")
    assert (second.action, second.actor, second.at) == ("case.submit_plan", "Li", "2024-01-30T02:00:00.000000Z")
    assert second.told()["detail"] == {"payload": PLAN}
    assert verify_log(store).count == 2
