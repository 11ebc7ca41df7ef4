"""What holds for every population: more of a good thing never lowers a class, reach holds it exactly, engines agree."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiantang.district.assembly import assemble
from qiantang.domains.land import DOMAIN
from qiantang.engines.duckdb import DuckDBEngine
from qiantang.kernel.expressions.evaluate import Evaluation
from qiantang.kernel.rulebooks.rulebook import Reading
from tests.cases.runner import Case, Shown, disagreements, on_duckdb, on_evaluator
from tests.domains.land.populations import enterprises, rows

LIBRARY = assemble([DOMAIN]).library
READINGS = {rulebook: LIBRARY.book(rulebook).with_parameter("quota.rounding", "half_up").on()
            for rulebook in ("mu/huangyan-2022", "mu/jingde-2022", "mu/changle-2023", "mu/qiantang-placeholder", "mu/jingning-2022")}
GOOD = {"mu/huangyan-2022": ("tax_paid_wan", "value_added_wan", "rd_statistical_wan"),
        "mu/jingde-2022": ("tax_paid_wan", "technical_renovation_wan"),
        "mu/changle-2023": ("tax_paid_wan", "value_added_wan"),
        "mu/qiantang-placeholder": ("tax_paid_wan", "value_added_wan", "rd_statistical_wan"),
        "mu/jingning-2022": ("tax_paid_wan",)}
"""Facts that stand above a line only: main-business revenue, say, is below that of R&D."""
Population = dict[str, dict[str, Shown]]


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(threads=1)
    yield engine
    engine.close()


def _class(reading: Reading, population: Population, subject: str) -> str | None:
    found = Evaluation(rows(reading, population), reading.day).of(reading.outcome)[sorted(population).index(subject)]
    return None if found is None else str(found)


@pytest.mark.parametrize("rulebook", GOOD)
@settings(max_examples=40)
@given(data=st.data())
def test_more_of_a_good_thing_never_lowers_a_class(rulebook: str, data: st.DataObject) -> None:
    reading = READINGS[rulebook]
    population = data.draw(enterprises(least=2, gaps=data.draw(st.booleans())))
    subject = data.draw(st.sampled_from(sorted(population)))
    fact = data.draw(st.sampled_from(GOOD[rulebook]))
    before, value = _class(reading, population, subject), population[subject][fact]
    if before is None or not isinstance(value, Decimal):
        return
    more = value + data.draw(st.sampled_from([Decimal("0.000001"), Decimal(1), Decimal(900)]))
    after = _class(reading, {**population, subject: {**population[subject], fact: more}}, subject)
    codes = [code for code, _ in reading.outline.codes]
    assert after is not None
    assert codes.index(after) <= codes.index(before)


@pytest.mark.parametrize("ties", ["key", "share"])
@settings(max_examples=30)
@given(population=enterprises(least=2, gaps=False))
def test_the_score_that_is_said_to_hold_a_class_holds_it_and_one_unit_less_does_not(ties: str, population: Population) -> None:
    reading = LIBRARY.book("mu/huangyan-2022").with_parameter("quota.rounding", "half_up").with_parameter("rank.ties", ties).on()
    evaluation = Evaluation(rows(reading, population), reading.day)
    assert reading.score is not None
    scores, classes = evaluation.of(reading.score), evaluation.of(reading.outcome)
    codes = [code for code, _ in reading.outline.codes]
    for code, needed in reading.outline.reach:
        for score, own, reach in zip(scores, classes, evaluation.of(needed), strict=True):
            if reach is None or own is None:
                continue
            assert isinstance(score, Decimal)
            assert isinstance(reach, Decimal)
            assert (score >= reach) == (codes.index(str(own)) <= codes.index(code))


@pytest.mark.parametrize("rulebook", READINGS)
@settings(max_examples=6)
@given(population=enterprises(least=4, most=14))
def test_duckdb_and_the_evaluator_agree_in_every_column(rulebook: str, engine: DuckDBEngine, population: Population) -> None:
    case = Case("drawn", rulebook, None, {}, population, {})
    assert disagreements(on_evaluator(case, READINGS[rulebook]), on_duckdb(case, READINGS[rulebook], engine)) == []


def test_a_class_that_has_no_place_has_no_reach() -> None:
    reading = LIBRARY.book("mu/huangyan-2022").on()
    one: Population = {"only": {"sector": "industry", "above_scale": False, "land_mu": Decimal(10), "tax_paid_wan": Decimal(80),
                                "electricity_kwh": Decimal(1000000)}}
    evaluation = Evaluation(rows(reading, one), reading.day)
    assert [evaluation.of(needed) for _, needed in reading.outline.reach] == [[None], [None], [None]]


def test_a_veto_closes_the_classes_above_it() -> None:
    reading = LIBRARY.book("mu/changle-2023").on()
    population: Population = {
        f"E{i:02d}": {"sector": "industry", "above_scale": False, "land_mu": Decimal(10), "revenue_wan": Decimal(100),
                      "tax_paid_wan": Decimal(1000 - i), "had_safety_accident": i == 5} for i in range(20)}
    evaluation = Evaluation(rows(reading, population), reading.day)
    reach = {code: evaluation.of(needed)[5] for code, needed in reading.outline.reach}
    assert reach["A"] is None
    assert reach["B"] is None
    assert reach["C"] is not None
