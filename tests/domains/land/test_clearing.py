"""The clearing of low-efficiency land as a table: five routes, an end to reach, a relapse that takes it up again."""

from datetime import date

from qiantang.domains.land import DOMAIN
from qiantang.domains.land.actions import LOWLAND
from qiantang.kernel.sources import Status
from tests.domains.land.test_rulebooks import LIBRARY


def test_there_are_the_five_routes_of_the_rulebook() -> None:
    route = LOWLAND.event("submit_plan").needs[0]
    book = LIBRARY.book("lowland/qiantang-5wan")
    assert tuple(choice.name for choice in route.choices) == book.parameters["routes"].entries[0].value
    assert tuple((choice.name, choice.title) for choice in route.choices) == book.document.codes


def test_the_target_of_three_years_is_the_last_day_of_2024() -> None:
    deadline = LOWLAND.state("in_hand").deadline
    assert deadline is not None
    assert deadline.due(date(2022, 7, 1)).day == date(2024, 12, 31)
    assert LOWLAND.state("in_hand").status is Status.PARTIAL


def test_deadlines_that_nobody_published_are_assumptions() -> None:
    assert {LOWLAND.state(name).status for name in ("listed", "planned", "to_accept", "watched")} == {Status.ASSUMPTION}


def test_done_is_reported_with_evidence() -> None:
    needed = {need.name for need in LOWLAND.event("report_done").needs if not need.optional}
    assert needed == {"by", "document"}


def test_a_relapse_is_taken_up_again() -> None:
    step = LOWLAND.step("watched", "relapse")
    assert step is not None
    assert step.next_state == LOWLAND.start


def test_findings_that_open_cases_exist_in_their_forms() -> None:
    readings = [LIBRARY.book(rulebook).on() for rulebook in LIBRARY.ids]
    processes = {p.name for p in DOMAIN.processes}
    for opening in DOMAIN.openings:
        assert opening.process in processes
        fit = [r for r in readings if r.book.form.name in opening.forms]
        assert fit
        for reading in fit:
            columns = {*reading.columns(), *(c.name for c in reading.book.dossier.columns)}
            assert set(opening.details) - columns == set()
            assert {*opening.outcomes} & {code for code, _ in reading.outline.codes}
