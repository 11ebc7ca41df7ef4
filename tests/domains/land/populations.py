"""Small made-up populations for the tests of land rules, with ties, gaps and zeros as real folders have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.rulebooks.rulebook import Reading
from tests.cases.runner import Shown, stored_rows

FIGURES = {
    "tax_paid_wan": (0, 4000), "value_added_wan": (-200, 9000), "energy_tce": (0, 3000), "emission_t": (0, 5), "staff_mean": (1, 300),
    "rd_statistical_wan": (0, 500), "main_revenue_wan": (1, 20000), "revenue_wan": (1, 20000), "land_mu": (0, 60),
    "electricity_kwh": (0, 4000000), "technical_renovation_wan": (0, 500),
}


def enterprises(least: int = 1, most: int = 9, gaps: bool = True) -> st.SearchStrategy[dict[str, dict[str, Shown]]]:
    """Enterprises by code; few distinct values, so that ties occur."""
    def figure(low: int, high: int) -> st.SearchStrategy[Shown]:
        known: st.SearchStrategy[Shown] = st.sampled_from([Decimal(low + (high - low) * step // 5) for step in range(6)])
        return st.one_of(known, known, known, st.none()) if gaps else known

    facts: dict[str, st.SearchStrategy[Shown]] = {
        "sector": st.just("industry"), "above_scale": st.booleans(), "founded_on": st.just(date(2001, 1, 1)),
        "industry_group": st.sampled_from(["pharma", "equipment"]), "had_safety_accident": st.sampled_from([False, False, True]),
        **{name: figure(low, high) for name, (low, high) in FIGURES.items()}}
    drawn = st.lists(st.fixed_dictionaries(facts), min_size=least, max_size=most)
    return drawn.map(lambda rows: {f"E{i:02d}": row for i, row in enumerate(rows)})


def rows(reading: Reading, subjects: Mapping[str, Mapping[str, Shown]]) -> Sequence[dict[str, Stored]]:
    """The subjects' facts as stored."""
    return stored_rows(reading.book.dossier, subjects, reading.day)
