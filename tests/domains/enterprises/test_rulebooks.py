"""The rulebooks of the domain: when they hold, how far they are to be trusted, and which edits are refused."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from qiantang.domains.enterprises import DOMAIN
from qiantang.kernel.errors import RulebookError
from qiantang.kernel.expressions.evaluate import Evaluation, Stored
from qiantang.kernel.findings.judging import judging
from qiantang.kernel.findings.views import RunView
from qiantang.kernel.order import ordered
from qiantang.kernel.rulebooks.parameters import BandRow
from qiantang.kernel.rulebooks.rulebook import Reading
from qiantang.kernel.sources import Status
from tests.domains.enterprises.firms import BOOKS, DAY, SOUND, book, stored


@pytest.mark.parametrize("name", BOOKS)
def test_every_rulebook_reads_on_its_first_day(name: str) -> None:
    whole = book(name)
    assert whole.document.span.since is not None
    assert whole.on(whole.document.span.since).outline.criteria


@pytest.mark.parametrize("name", BOOKS)
def test_no_rulebook_reads_on_the_day_before(name: str) -> None:
    whole = book(name)
    assert whole.document.span.since is not None
    with pytest.raises(RulebookError):
        whole.on(whole.document.span.since - timedelta(days=1))


def test_every_usual_rulebook_is_there() -> None:
    assert set(DOMAIN.usual) <= set(BOOKS)


def test_what_rests_on_memory_says_so() -> None:
    status = {name: book(name).on(max(DAY, book(name).usual_day)).status for name in BOOKS}
    firm = [name for name, found in status.items() if found.firm]
    assert firm == ["factory/national-basic"], "every other one rests on an assumption, a placeholder or a draft"
    assert status["policy/qiantang-lingfei-draft"] is Status.DRAFT
    assert status["cmmm/39117-2020"] is Status.PLACEHOLDER


def test_the_growth_brackets_of_the_score_are_marked_as_assumed() -> None:
    reading = book("hitech/2016-32").on(DAY)
    assert {path for path, entry in reading.used.items() if entry.status is Status.ASSUMPTION} == {
        "age.days", "ip.rights", "clean.days", "score.growth.low", "score.growth.high"}


def test_a_bound_finer_than_a_share_is_refused() -> None:
    with pytest.raises(RulebookError, match=r"0\.1000001"):
        book("hitech/2016-32").with_parameter("staff.share", Decimal("0.1000001")).on(DAY)


def test_a_bracket_finer_than_a_share_is_refused() -> None:
    rows = (BandRow(None, Decimal("0.0000001"), False, False, Decimal(0)),)
    with pytest.raises(RulebookError, match=r"score\.staff"):
        book("techsme/2017-115").with_parameter("score.staff", rows).on(DAY)


def test_an_indicator_nobody_can_compute_is_refused() -> None:
    whole = book("ranking/innovation")
    whole.parameters["indicator.charm.weight"] = whole.parameters["indicator.staff.weight"]
    try:
        with pytest.raises(RulebookError, match="charm"):
            whole.on(date(2022, 1, 1))
    finally:
        del whole.parameters["indicator.charm.weight"]


def test_what_is_published_is_told_of_every_enterprise() -> None:
    assert ordered((DOMAIN,)) == (DOMAIN,)
    said = {}
    for published in DOMAIN.publishes:
        name = next(b for b in DOMAIN.usual if book(b).form.name in published.forms)
        reading = book(name).on(max(DAY, book(name).document.span.since or DAY))
        value = published.value(RunView(judging(reading)))
        assert value.type.kind is published.column.kind
        said[published.name] = Evaluation([stored(SOUND) | _columns(reading)], DAY).of(value)[0]
    assert said["enterprises.high_tech"] is False
    assert said["enterprises.high_tech_outlook"] == "depends_on_experts"
    assert said["enterprises.above_scale"] is True


def _columns(reading: Reading) -> dict[str, Stored]:
    evaluation = Evaluation([stored(SOUND)], reading.day)
    return {column: evaluation.stored(expr)[0] for column, expr in reading.columns().items()}
