"""What would lift a subject: by its score where the rulebook has one, by its conditions elsewhere, always proved."""

from __future__ import annotations

from pathlib import Path

import pytest

from qiantang.district.inquiries import Inquiry
from qiantang.district.reading import ReadService
from qiantang.district.workspace import Workspace
from qiantang.engines.duckdb import DuckDBEngine
from qiantang.kernel.errors import SubjectError
from tests.cli.conftest import assessed_once
from tests.cli.tiny import code

__all__ = ["assessed_once"]


def _asked(folder: Path, book: str) -> Inquiry:
    return Inquiry(ReadService(Workspace(folder), DuckDBEngine(threads=1)), book)


def test_a_rulebook_of_conditions_names_the_tax_and_the_land_that_reach_the_floor(assessed_once: Path) -> None:
    found = _asked(assessed_once, "lowland/qiantang-5wan").lift(code(2), "not_low")
    needed = {c.column.name: c.column.type.decimal(c.after) for p in found.singles for c in p.changes}
    assert found.before == "low"
    # 12 mu at 5 (10k yuan) per mu is 60; 20 (10k yuan) of tax reaches the floor on 4 mu.
    assert needed["tax_paid_wan"] == 60
    assert needed["land_mu"] == 4
    assert all(p.holds and p.tight for p in found.singles)


def test_a_class_by_score_is_reached_and_one_unit_less_misses_it(assessed_once: Path) -> None:
    inquiry = _asked(assessed_once, "mu/huangyan-2022")
    below = next(str(r["uscc"]) for r in inquiry.engine.rows(
        f"SELECT uscc FROM {inquiry.engine.parquet([inquiry.run.path])} AS r WHERE outcome = 'C' ORDER BY uscc"))
    found = inquiry.lift(below, "B")
    assert found.singles
    assert all(p.holds and p.tight for p in found.singles)


def test_who_holds_the_outcome_needs_no_lift(assessed_once: Path) -> None:
    assert _asked(assessed_once, "lowland/qiantang-5wan").lift(code(20), "not_low").already


def test_an_outcome_the_rulebook_does_not_know_is_answered_with_those_it_knows(assessed_once: Path) -> None:
    with pytest.raises(SubjectError, match="not_low"):
        _asked(assessed_once, "lowland/qiantang-5wan").lift(code(1), "Z")
