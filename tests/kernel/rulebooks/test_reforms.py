"""A rulebook reads on a day, and a reform changes one value or criterion with everything that is built on it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from qiantang.kernel.errors import RulebookError
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.evaluate import Evaluation, Stored
from qiantang.kernel.expressions.walking import facts_of
from qiantang.kernel.findings.judging import Judged, judged
from qiantang.kernel.rulebooks.rulebook import Case, Criterion, Outline, Role, Rulebook
from qiantang.kernel.sources import Status
from qiantang.kernel.words import same
from tests.kernel.rulebooks.workbench import DAY, DOSSIER, FORM, PARAMETERS, library, per_mu, written

FIRM: dict[str, Stored] = {"uscc": "1", "year": 2022, "tax": 12 * 10**6, "land": 10**4, "veto": None}
"""12 万元 on 1 mu: 30 × 12 / 24.097 = 14.94 points, just below 15."""


@pytest.fixture
def book(tmp_path: Path) -> Rulebook:
    return library(tmp_path, [written()]).book("mu/test")


def _judged(book: Rulebook, **facts: Stored) -> Judged:
    found, = judged(book.on(DAY), [{**FIRM, **facts}])
    assert found is not None
    return found


def test_a_subject_gets_an_outcome_its_reason_and_every_part_of_every_criterion(book: Rulebook) -> None:
    found = _judged(book)
    assert found.values == {"veto__met": False, "tax_per_mu__value": 12 * 10**6, "tax_per_mu__points": 1494,
                            "good__value": 1494, "good__met": False, "outcome": "B", "decided_by": "good"}
    assert _judged(book, veto=True).values["decided_by"] == "veto"
    assert {(b.why, b.name) for b in _judged(book, land=None).blames["outcome"]} == {("missing", "land")}


def test_a_law_read_before_its_first_day_says_for_which_days_it_has_values(book: Rulebook) -> None:
    with pytest.raises(RulebookError) as refused:
        book.on(date(2021, 12, 31))
    assert "parameter weight (weight) has no value on 2021-12-31; it has values for: 2022-01-01 to 2022-12-31" in refused.value.said("en")
    assert book.on().day == date(2022, 12, 31)


def test_a_changed_value_changes_what_is_built_on_it_and_is_an_assumption(book: Rulebook) -> None:
    changed = book.with_parameter("good_from", Decimal("14.94"))
    assert (_judged(changed).values["outcome"], _judged(book).values["outcome"]) == ("A", "B")
    assert (book.on(DAY).status, changed.on(DAY).status) == (Status.SOURCED, Status.ASSUMPTION)
    assert changed.id == book.id


def test_a_changed_value_of_no_parameter_suggests_a_near_one(book: Rulebook) -> None:
    with pytest.raises(RulebookError, match=r"(?i)no parameter good_form\. near names: good_from"):
        book.with_parameter("good_form", Decimal(1))


def test_a_form_that_asks_for_a_misspelt_parameter_is_told_the_near_one(tmp_path: Path) -> None:
    book = library(tmp_path, [written(parameters=PARAMETERS.replace("benchmark:", "benchmrak:"))]).book("mu/test")
    with pytest.raises(RulebookError, match=r"(?i)lacks parameter benchmark\. near: benchmrak"):
        book.on(DAY)


def test_a_replaced_value_of_a_criterion_reaches_its_own_points_and_the_outcome(tmp_path: Path) -> None:
    """Not only the criteria after it: its own other parts are built on the value too."""
    def build(p, d) -> Outline:
        value = d.fact("tax")
        met = value >= n.constant(10, "万元")
        return Outline((Criterion("tax", same("tax"), Role.CONDITION, value=value, met=met),), (Case(met, "A", "tax"),),
                       Case(n.flag_constant(True), "B", "tax"), ())

    document = library(tmp_path, [written()]).document("mu/test")
    book = Rulebook(document, replace(FORM, build=build), DOSSIER, document.parameters)
    halved = book.with_criterion("tax", value=n.divide(DOSSIER.fact("tax"), n.constant(2), 6))
    found = _judged(halved)
    assert (found.values["tax__value"], found.values["tax__met"], found.values["outcome"]) == (6 * 10**6, False, "B")
    assert _judged(book).values["outcome"] == "A"


def test_a_replaced_criterion_changes_the_outcome_and_what_would_reach_it(book: Rulebook) -> None:
    generous = book.with_criterion("tax_per_mu", points=n.constant(99, "分"))
    assert _judged(generous).values["outcome"] == "A"
    needed = dict(generous.on(DAY).outline.reach)["A"]
    assert "tax" not in {f.column.name for f in facts_of(needed)}, "what would reach A rests on the replaced points"
    assert Evaluation([FIRM], DAY).of(needed) == [15]


def test_a_reform_of_a_criterion_that_is_not_there_is_refused_when_it_is_read(book: Rulebook) -> None:
    with pytest.raises(RulebookError, match="no criterion profit"):
        book.with_criterion("profit", points=n.constant(1, "分")).on(DAY)


def test_the_version_changes_with_every_change_of_content_and_with_nothing_else(tmp_path: Path) -> None:
    def made(name: str, text: str) -> Rulebook:
        (tmp_path / name).mkdir()
        return library(tmp_path / name, [text]).book("mu/test")

    book, again, other = made("a", written()), made("b", written()), made("c", written() + "# one more line\n")
    ten, eleven = (n.constant(v, "分") for v in (10, 11))
    versions = [book.version, other.version, book.with_parameter("weight", Decimal(31)).version,
                book.with_parameter("weight", Decimal(32)).version, book.with_criterion("tax_per_mu", points=ten).version,
                book.with_criterion("tax_per_mu", points=eleven).version, book.with_criterion("good", value=ten).version,
                book.with_criterion("tax_per_mu", points=ten).with_parameter("weight", Decimal(31)).version]
    assert len(set(versions)) == len(versions)
    assert again.version == book.version
    assert book.with_criterion("tax_per_mu", points=n.constant("10.0", "分")).version == versions[4]


def test_a_reformed_rulebook_is_still_one_of_its_form(book: Rulebook) -> None:
    """Views, openings and published findings are found by the form's name."""
    assert book.with_criterion("tax_per_mu", points=n.constant(1, "分")).form.name == book.form.name


@pytest.mark.parametrize(("parameters", "asked", "wrong"), [
    ("x: {title: {zh: 值, en: x}, value: 2.5}", lambda p: p.whole("x"), "no whole number"),
    ("x: {title: {zh: 值, en: x}, value: a}", lambda p: p.decimal("x"), "no number"),
    ("x: {title: {zh: 值, en: x}, value: 1}", lambda p: p.yes("x"), "no flag"),
    ("x: {title: {zh: 值, en: x}, value: 1}", lambda p: p.words("x"), "no list"),
    ("x: {title: {zh: 值, en: x}, value: 1}", lambda p: p.bands("x", n.constant(1)), "no bands"),
    ("x: {title: {zh: 值, en: x}, unit: 分, value: 20}", lambda p: p.fraction("x"), "no fraction"),
    ("x: {title: {zh: 值, en: x}, unit: 亩, bands: [{from: 0, gives: 1}]}", lambda p: p.bands("x", n.constant(1)), "are in 'mu'"),
])
def test_a_parameter_of_the_wrong_kind_is_refused_with_its_name(tmp_path: Path, parameters: str, asked, wrong: str) -> None:
    def build(p, d) -> Outline:
        asked(p)
        return per_mu(p, d)

    document = library(tmp_path, [written(parameters=PARAMETERS + parameters)]).document("mu/test")
    with pytest.raises(RulebookError, match=wrong) as refused:
        Rulebook(document, replace(FORM, build=build), DOSSIER, document.parameters).on(DAY)
    assert "x" in refused.value.said("en")


def test_a_share_in_percent_is_the_same_share(tmp_path: Path) -> None:
    shares = []

    def build(p, d) -> Outline:
        shares.extend([p.fraction("a"), p.fraction("b")])
        return per_mu(p, d)

    both = "a: {title: {zh: 甲, en: a}, unit: '%', value: 20}\nb: {title: {zh: 乙, en: b}, value: 0.2}"
    document = library(tmp_path, [written(parameters=PARAMETERS + both)]).document("mu/test")
    Rulebook(document, replace(FORM, build=build), DOSSIER, document.parameters).on(DAY)
    assert shares[0] == shares[1]


def test_criteria_that_bear_one_name_or_decide_without_being_there_are_refused(tmp_path: Path) -> None:
    def build(p, d) -> Outline:
        outline = per_mu(p, d)
        return replace(outline, criteria=(*outline.criteria, outline.criteria[0]), score="profit")

    document = library(tmp_path, [written()]).document("mu/test")
    with pytest.raises(RulebookError, match=r"\['profit', 'veto'\]"):
        Rulebook(document, replace(FORM, build=build), DOSSIER, document.parameters).on(DAY)
