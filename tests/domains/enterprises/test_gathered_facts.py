"""Facts that the domain's rulebooks draw from the registers: only what lies before the law date and among the winners counts."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pytest

from qiantang.engines.duckdb import DuckDBEngine
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.facts.assembling import Where, assembled
from qiantang.kernel.facts.schema import Table
from qiantang.registers.dossiers import ENTERPRISE
from qiantang.registers.enterprise_years import ENTERPRISE_YEARS
from qiantang.registers.events import EVENTS
from qiantang.registers.honours import HONOURS
from tests.cases.runner import values

DAY = date(2023, 6, 1)


def _gathered(fact: str, table: Table, *rows: Mapping[str, Stored]) -> Stored:
    engine = DuckDBEngine(threads=1)
    years = values([c for c in ENTERPRISE_YEARS.columns if c.name in ("uscc", "year")], [{"uscc": "firm", "year": 2022}], engine.dialect)
    others = values(list(table.columns), [{"uscc": "firm", **row} for row in rows], engine.dialect)
    where = Where({"enterprise_years": years, table.name: others, "enterprises": years}, {})
    try:
        found, = engine.rows(assembled(ENTERPRISE, where, engine.dialect, DAY, 2022, only=frozenset({fact})))
    finally:
        engine.close()
    return found[fact]


@pytest.mark.parametrize(("severity", "day", "found"), [
    ("major", date(2023, 6, 1), date(2023, 6, 1)),
    ("major", date(2023, 6, 2), None),
    ("larger", date(2023, 1, 1), None),
    ("extreme", date(2019, 1, 1), date(2019, 1, 1)),
])
def test_the_latest_grave_event_lies_up_to_the_law_date(severity: str, day: date, found: date | None) -> None:
    event: dict[str, Stored] = {"event": "e1", "kind": "quality_accident", "severity": severity, "occurred_on": day}
    assert _gathered("latest_grave_event_on", EVENTS, event) == found


def test_a_larger_event_counts_where_larger_ones_are_asked() -> None:
    event: dict[str, Stored] = {"event": "e1", "kind": "quality_accident", "severity": "larger", "occurred_on": date(2023, 1, 1)}
    assert _gathered("latest_larger_event_on", EVENTS, event) == date(2023, 1, 1)


@pytest.mark.parametrize(("place", "found"), [(3, date(2022, 1, 8)), (4, None), (None, None)])
def test_an_award_counts_for_the_first_three_units(place: int | None, found: date | None) -> None:
    award: dict[str, Stored] = {"certificate": "c1", "kind": "science_award", "level": "national", "rank": place, "since": date(2022, 1, 8)}
    assert _gathered("national_award_top3_on", HONOURS, award) == found


def test_the_latest_certificate_tells_how_long_it_lasts() -> None:
    old: dict[str, Stored] = {"certificate": "c1", "kind": "hitech", "since": date(2018, 1, 1), "until": date(2020, 12, 31)}
    new: dict[str, Stored] = {"certificate": "c2", "kind": "hitech", "since": date(2021, 1, 1), "until": date(2023, 12, 31)}
    assert _gathered("hitech_until", HONOURS, old, new) == date(2023, 12, 31)


def test_results_of_earlier_years_are_kept_apart() -> None:
    assert ENTERPRISE.column("results_transformed_2").type.decimal(3) == Decimal(3)
