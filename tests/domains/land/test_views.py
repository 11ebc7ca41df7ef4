"""The tables of land use over a small population: counts, ratios of sums, leaders, the low, and what is unknown."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

import pytest

from qiantang.district.assembly import assemble
from qiantang.domains.land import DOMAIN
from qiantang.engines.duckdb import DuckDBEngine
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.findings.judging import judging
from qiantang.kernel.findings.views import RunView, printed
from qiantang.kernel.rulebooks.parameters import ParameterValue
from tests.cases.runner import Shown, stored_rows, values

LIBRARY = assemble([DOMAIN]).library
VIEWS = {view.name: view for view in DOMAIN.views}


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(threads=1)
    yield engine
    engine.close()


def _enterprise(tax: str | None, land: str, platform: str | None = "P1", **more: Shown) -> dict[str, Shown]:
    return {"sector": "industry", "above_scale": False, "platform": platform, "land_mu": Decimal(land), "electricity_kwh": Decimal(1000000),
            "tax_paid_wan": None if tax is None else Decimal(tax), "leading_industry": "biopharma", **more}


POPULATION: dict[str, dict[str, Shown]] = {
    "one": _enterprise("100", "10"), "two": _enterprise("30", "10"), "three": _enterprise("20", "10", "P2"),
    "silent": _enterprise(None, "40"), "nowhere": _enterprise("400", "10", None),
    "big": _enterprise("500", "100", "P2", above_scale=True, value_added_wan=Decimal(1000), energy_tce=Decimal(100), emission_t=Decimal(1),
                       staff_mean=Decimal(50), rd_statistical_wan=Decimal(10), main_revenue_wan=Decimal(2000)),
}


def _shown(engine: DuckDBEngine, rulebook: str, name: str, population: Mapping[str, Mapping[str, Shown]] = POPULATION,
           **changes: ParameterValue) -> list[dict[str, Shown]]:
    """The view over facts and run columns side by side, numbers in their units."""
    book = LIBRARY.book(rulebook)
    for path, value in changes.items():
        book = book.with_parameter(path.replace("__", "."), value)
    reading = book.on()
    d = engine.dialect
    compiled = judging(reading, because=True)
    facts = values(reading.book.dossier.columns, stored_rows(reading.book.dossier, population, reading.day), d)
    run = compiled.select(facts, d)
    both = f"(SELECT f.*, r.* EXCLUDE (uscc) FROM {facts} AS f JOIN ({run}) AS r ON r.uscc = f.uscc)"
    found = printed(VIEWS[name].build(RunView(compiled)), both, d, reading)

    def number(column: str, value: Stored) -> Shown:
        kind = found.types[column]
        return kind.decimal(int(str(value))) if kind.is_number and value is not None else value  # type: ignore[return-value] # a number is no int here

    return [{c: number(c, v) for c, v in row.items()} for row in engine.rows(found.select)]


def test_classes_per_platform_end_with_everybody(engine: DuckDBEngine) -> None:
    shown = _shown(engine, "mu/huangyan-2022", "land_classes")
    assert [row["platform"] for row in shown] == ["P1", "P2", None, None]
    assert [row["enterprises"] for row in shown] == [3, 2, 1, 6]
    assert [row["unknown"] for row in shown] == [1, 0, 0, 1]


def test_a_platforms_tax_per_mu_is_the_sum_of_tax_over_the_sum_of_land(engine: DuckDBEngine) -> None:
    p1, p2, _, everybody = (row["tax_per_mu"] for row in _shown(engine, "mu/huangyan-2022", "land_classes"))
    assert p1 == Decimal("6.5")  # 130 / 20: who pays an unknown tax does not count, and ratios 10 and 3 are not averaged
    assert p2 == Decimal("4.7273")  # 520 / 110
    assert everybody == Decimal("7.5")  # 1050 / 140


def test_m10_the_sum_of_county_ratios_means_nothing(engine: DuckDBEngine) -> None:
    halves = {"east": _enterprise("300000", "10000", above_scale=True), "west": _enterprise("273564", "20341", above_scale=True)}
    everybody = _shown(engine, "mu/huangyan-2022", "land_classes", halves)[-1]
    assert everybody["tax_per_mu"] == Decimal("18.9039")


def test_what_is_unknown_is_counted_by_its_reason(engine: DuckDBEngine) -> None:
    shown = _shown(engine, "mu/huangyan-2022", "land_unknown")
    assert [(row["missing"], row["enterprises"], row["land_mu"]) for row in shown] == [("tax_paid_wan", 1, 40), (None, 1, 40)]


def test_the_nearest_to_the_next_class_come_first(engine: DuckDBEngine) -> None:
    gaps = [row["gap"] for row in _shown(engine, "mu/huangyan-2022", "land_nearly", quota__rounding="ceil")]
    assert gaps == sorted(gaps, key=lambda gap: gap if isinstance(gap, Decimal) else Decimal(0))
    assert len(gaps) == 3  # four below scale and one above, of which the best of each list has nothing above it


def test_platforms_are_ranked_by_their_sums(engine: DuckDBEngine) -> None:
    shown = _shown(engine, "mu/huangyan-2022", "land_parks")
    assert [(row["place"], row["platform"], row["enterprises"], row["tax_per_mu"]) for row in shown] == [
        (1, "P1", 2, Decimal("6.5")), (2, "P2", 2, Decimal("4.727273"))]


def test_only_ranked_above_scale_enterprises_lead_their_industry(engine: DuckDBEngine) -> None:
    shown = _shown(engine, "mu/huangyan-2022", "land_leaders")
    assert [(row["leading_industry"], row["place"], row["uscc"]) for row in shown] == [("biopharma", 1, "big")]


def test_the_low_are_counted_with_their_land(engine: DuckDBEngine) -> None:
    shown = _shown(engine, "lowland/qiantang-5wan", "land_low_by_platform")
    assert [(row["platform"], row["low"], row["low_mu"], row["gap_tax"], row["unknown"]) for row in shown] == [
        ("P1", 1, 10, 20, 1), ("P2", 1, 10, 30, 0), (None, 0, None, None, 0), (None, 2, 20, 50, 1)]


def test_the_low_are_listed_with_their_ways_out(engine: DuckDBEngine) -> None:
    shown = _shown(engine, "lowland/qiantang-5wan", "land_lowest")
    assert [(row["uscc"], row["tax_per_mu"], row["gap_tax"], row["routes"]) for row in shown] == [
        ("three", 2, 30, "improve,merge"), ("two", 3, 20, "improve,merge")]


def test_surcharges_add_up_by_class(engine: DuckDBEngine) -> None:
    classed = {"d": _enterprise("1", "10", class_1="D"), "e": _enterprise("1", "10", class_1="D", class_2="D"),
               "b": _enterprise("1", "10", class_1="B")}
    shown = _shown(engine, "price/shandong-2022", "land_surcharges", classed)
    assert [(row["class_1"], row["surcharged"], row["cost"]) for row in shown] == [("B", 0, None), ("D", 2, 150000), (None, 2, 150000)]
    highest = _shown(engine, "price/shandong-2022", "land_highest_surcharges", classed)
    assert [(row["uscc"], row["cost"]) for row in highest] == [("e", 100000), ("d", 50000)]


def test_every_view_is_built_for_every_rulebook_of_its_forms(engine: DuckDBEngine) -> None:
    for rulebook in LIBRARY.ids:
        reading = LIBRARY.book(rulebook).on()
        run = RunView(judging(reading, because=True))
        for view in DOMAIN.views:
            if reading.book.form.name in view.forms:
                assert printed(view.build(run), "x", engine.dialect, reading).select
