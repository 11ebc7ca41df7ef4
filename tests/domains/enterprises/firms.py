"""Made-up enterprises for the tests about enterprises: one that meets every condition, and seeded random ones."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from qiantang.domains.enterprises import DOMAIN
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.expressions.types import Kind
from qiantang.kernel.facts.schema import Column
from qiantang.kernel.rulebooks.rulebook import Reading, Rulebook
from qiantang.registers.dossiers import ENTERPRISE
from tests.cases.runner import Shown, library, stored_rows

DAY = date(2023, 6, 1)

SOUND: dict[str, Shown] = {
    "year": Decimal(2022), "registered_on": date(2010, 1, 1), "above_scale": True, "field_supported": True,
    "class_one_rights": Decimal(2), "rights_own": Decimal(2), "staff_mean": Decimal(100), "sci_tech_staff": Decimal(20),
    **{f"rd_{notion}_wan{back}": Decimal(300) for notion in ("hightech", "domestic") for back in ("", "_1", "_2")},
    **{f"sales_wan{back}": Decimal(5000) for back in ("", "_1", "_2")},
    **{f"net_assets_wan{back}": Decimal(1000) for back in ("", "_1", "_2")},
    **{f"results_transformed{back}": Decimal(5) for back in ("", "_1", "_2")},
    "total_income_wan": Decimal(5000), "nontaxable_income_wan": Decimal(0), "hitech_income_wan": Decimal(4000),
}


BOOKS = tuple(name for name in library().ids if library().book(name).form in DOMAIN.forms)
"""Every rulebook of the domain."""


def book(name: str) -> Rulebook:
    """A rulebook of the house."""
    return library().book(name)


def stored(facts: Mapping[str, Shown], day: date = DAY) -> dict[str, Stored]:
    """One enterprise's facts as stored."""
    row, = stored_rows(ENTERPRISE, {"firm": facts}, day)
    return row


def strangers(reading: Reading, count: int, seed: int) -> list[dict[str, Stored]]:
    """Random enterprises with every fact the reading asks for: unknown, zero, on a round figure, or anything."""
    chance = random.Random(seed)
    columns = sorted({f.column.name: f.column for f in reading.facts}.values(), key=lambda c: c.name)
    rows: list[dict[str, Stored]] = []
    for number in range(count):
        row: dict[str, Stored] = {c.name: _random(c, chance) for c in columns}
        rows.append(row | {"uscc": f"firm-{number:04d}", "year": reading.day.year - 1})
    return rows


def _random(column: Column, chance: random.Random) -> Stored:
    if not column.required and chance.random() < 0.12:
        return None
    if column.kind is Kind.FLAG:
        return chance.random() < 0.7
    if column.kind is Kind.DAY:
        return DAY - timedelta(days=chance.choice([0, 364, 365, 366, 700, 1500, 5000]))
    if column.kind is not Kind.NUMBER:
        return chance.choice([code for code, _ in column.choices] or ["", "x1"])
    kind, one = column.type, 10**column.type.scale
    round_figures = [0, 1, 3 * one, 10 * one, 60 * one, 100 * one, 500 * one, 2000 * one, 5000 * one, 5000 * one + 1, 20000 * one]
    value = chance.choice(round_figures) if chance.random() < 0.5 else int(10 ** chance.uniform(0, 9))
    return max(kind.low, min(kind.high, value))
