"""The cultivation case leads to recognition or to enrolment, and nobody is left without an owner or a deadline."""

from datetime import UTC, date, datetime

import pytest

from qiantang.domains.enterprises.actions import CULTIVATION, OPENINGS
from qiantang.kernel.actions.cases import Actor, Case, CaseFinding, opened, stepped
from tests.domains.enterprises.firms import DAY, book

AT = datetime(2023, 6, 1, 2, 0, tzinfo=UTC)
OFFICER = Actor("officer", frozenset({"platform"}))
SCIENCE = Actor("science", frozenset({"science_bureau"}))
STATISTICS = Actor("statistics", frozenset({"statistics_bureau"}))


def _listed() -> Case:
    finding = CaseFinding("firm", "near", True, "east", {"missing": "staff"})
    return opened(CULTIVATION, 1, finding, rulebook="ladder/to-high-tech", run="run-1", day=DAY, at=AT, actor=OFFICER).case


def _walk(case: Case, *steps: tuple[str, dict[str, object], Actor]) -> Case:
    for event, payload, actor in steps:
        case = stepped(CULTIVATION, case, event, payload, day=DAY, at=AT, actor=actor).case
    return case


def _planned(goal: str) -> tuple[tuple[str, dict[str, object], Actor], ...]:
    return (("submit_plan", {"goal": goal, "measures": "招聘科技人员"}, OFFICER), ("approve", {}, SCIENCE))


def test_a_new_case_has_an_owner_and_a_deadline() -> None:
    case = _listed()
    assert case.owner is not None
    assert (case.owner.role, case.owner.scope) == ("platform", "east")
    assert case.due is not None
    assert case.due.day == date(2023, 6, 30), "twenty working days on: two rest days of the Dragon Boat Festival, one Sunday worked instead"


def test_the_way_to_a_certificate() -> None:
    case = _walk(_listed(), *_planned("high_tech"), ("apply", {"applied_on": "2023-08-01"}, OFFICER),
                 ("recognise", {"certificate": "GR202333000001"}, SCIENCE))
    assert case.state == "achieved"
    assert not case.is_open


def test_the_way_above_scale() -> None:
    case = _walk(_listed(), *_planned("above_scale"), ("declare", {"declared_on": "2023-11-20"}, OFFICER),
                 ("enrol", {"since": "2024-01-01"}, STATISTICS))
    assert case.state == "achieved"


def test_a_refusal_goes_back_to_cultivation() -> None:
    case = _walk(_listed(), *_planned("high_tech"), ("apply", {"applied_on": "2023-08-01"}, OFFICER),
                 ("refuse", {"reason": "得分不足"}, SCIENCE))
    assert case.state == "cultivated"
    assert case.due is not None


@pytest.mark.parametrize("opening", OPENINGS, ids=lambda opening: opening.forms[0])
def test_cases_open_on_outcomes_and_details_that_exist(opening) -> None:
    name, = [n for n in ("ladder/to-high-tech", "ladder/to-scale") if book(n).form.name in opening.forms]
    reading = book(name).on(DAY)
    assert set(opening.outcomes) <= {code for code, _ in reading.outline.codes}
    known = {*reading.columns(), *(c.name for c in reading.book.dossier.columns)}
    assert set(opening.details) <= known
