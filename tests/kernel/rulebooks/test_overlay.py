"""Where two rulebooks speak of one thing the nearer prevails, day by day; rings, wrong levels and wrong units are refused."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiantang.kernel.errors import Place, RulebookError
from qiantang.kernel.periods import Span
from qiantang.kernel.rulebooks.library import nearer
from qiantang.kernel.rulebooks.parameters import Entry, Parameter
from qiantang.kernel.sources import Source, Status
from qiantang.kernel.units import ONE
from qiantang.kernel.words import same
from tests.kernel.rulebooks.workbench import library, written

NEAR_WEIGHT = "weight: {title: {zh: 权重, en: weight}, unit: 分, values: [{since: 2022-07-01, value: 40}]}"


def _near(parameters: str = NEAR_WEIGHT, **more: str) -> str:
    return written(more.pop("id", "mu/zone"), level=more.pop("level", "zone"), more="extends: mu/test", parameters=parameters, **more)


def test_the_nearer_value_prevails_from_its_day_on_and_the_farther_holds_before(tmp_path: Path) -> None:
    book = library(tmp_path, [written(), _near()]).book("mu/zone")
    on = book.parameters["weight"].on
    assert [on(day).value for day in (date(2022, 1, 1), date(2022, 6, 30), date(2022, 7, 1), date(2022, 12, 31))] == [30, 30, 40, 40]
    assert book.parameters["benchmark"].on(date(2022, 7, 1)).place.file == "book0.yaml"
    assert book.parameters["weight"].on(date(2022, 7, 1)).place.file == "book1.yaml"


def test_a_nearer_rulebook_takes_its_form_from_the_one_it_extends(tmp_path: Path) -> None:
    book = library(tmp_path, [written(), _near()]).book("mu/zone")
    assert book.form.name == "test/per_mu"
    assert [d.id for d in book.lineage] == ["mu/test"]


def test_rulebooks_that_extend_each_other_in_a_ring_are_refused_with_the_ring(tmp_path: Path) -> None:
    books = library(tmp_path, [written(f"mu/{a}", more=f"extends: mu/{b}") for a, b in ("ab", "bc", "ca")])
    with pytest.raises(RulebookError, match="mu/a → mu/b → mu/c → mu/a"):
        books.book("mu/a")


def test_a_rulebook_that_extends_a_nearer_one_is_refused(tmp_path: Path) -> None:
    books = library(tmp_path, [written(level="zone"), _near(level="county")])
    with pytest.raises(RulebookError, match="mu/zone extends mu/test, which is nearer than itself"):
        books.book("mu/zone")


def test_a_parameter_extended_in_another_unit_is_refused(tmp_path: Path) -> None:
    other = "benchmark: {title: {zh: 基准, en: benchmark}, unit: 元/亩, values: [{since: 2022-07-01, value: 240970}]}"
    books = library(tmp_path, [written(), _near(other)])
    with pytest.raises(RulebookError, match="is in 'yuan/mu', but in '10k yuan/mu' where it is extended from"):
        books.book("mu/zone")


def test_an_unknown_form_and_an_unknown_id_are_told_with_what_there_is(tmp_path: Path) -> None:
    books = library(tmp_path, [written(more="form: test/per_acre")])
    with pytest.raises(RulebookError, match=r"(?i)no form 'test/per_acre'.* known: test/per_mu"):
        books.book("mu/test")
    with pytest.raises(RulebookError, match=r"(?i)no rulebook mu/tset.* near: mu/test"):
        books.book("mu/tset")
    assert list(books.check()) == ["mu/test"]


DAYS = st.dates(date(2020, 1, 1), date(2020, 1, 25))


def _entries(cuts: list[date], value: int, open_ended: bool) -> tuple[Entry, ...]:
    """Values of one parameter: no day in two, as any file that was read has them."""
    ordered = sorted(set(cuts))
    found = []
    for i, (since, following) in enumerate(zip_longest(ordered, ordered[1:])):
        if following is None and not open_ended:
            break
        until = None if following is None else following - timedelta(days=1)
        start = None if open_ended and i == 0 else since
        if i % 3 != 2:  # leave days out, as a rulebook that speaks of some years only
            found.append(Entry(Decimal(value + i), Span(start, until), Source("x", "y"), Status.SOURCED))
    return tuple(found)


def _parameter(entries: tuple[Entry, ...]) -> Parameter:
    return Parameter("x", same("x"), ONE, ONE, entries)


@settings(max_examples=200)
@given(st.lists(DAYS, max_size=6), st.booleans(), st.lists(DAYS, max_size=6), st.booleans())
def test_on_every_day_the_nearer_value_holds_where_there_is_one_and_else_the_farther(near, near_open, far, far_open) -> None:
    a, b = _parameter(_entries(near, 100, near_open)), _parameter(_entries(far, 200, far_open))
    both = nearer(a, b)
    for day in [date.min, *(date(2019, 12, 31) + timedelta(days=i) for i in range(28)), date.max]:
        held = [e.value for e in both.entries if day in e.span]
        expected = [e.value for e in a.entries if day in e.span] or [e.value for e in b.entries if day in e.span]
        assert held == expected, day


def test_a_day_without_a_value_is_told_with_all_the_days_that_have_one() -> None:
    spans = (Span(date(2020, 1, 1), date(2020, 12, 31)), Span(date(2022, 1, 1), None))
    parameter = _parameter(tuple(Entry(Decimal(1), span, Source("x", "y"), Status.SOURCED, None, Place()) for span in spans))
    with pytest.raises(RulebookError) as refused:
        parameter.on(date(2019, 12, 31))
    assert "has no value on 2019-12-31; it has values for: 2020-01-01 to 2020-12-31; 2022-01-01 to now" in refused.value.said("en")
