"""Vintages are ordered by the day they became known, and their names say everything."""

from datetime import date

import pytest
import sqlglot

from qiantang.kernel.expressions.dialects import DIALECTS
from qiantang.kernel.facts.vintages import Vintage, known
from qiantang.registers import REGISTERS

FIRST = Vintage(date(2023, 4, 1), 7, "0123abcd", "0123456789abcdef")


def test_a_name_can_be_read_back() -> None:
    assert Vintage.named(FIRST.name) == FIRST
    assert Vintage.named("notes") is None


def test_what_came_in_later_about_an_earlier_day_does_not_overtake() -> None:
    backfilled = Vintage(date(2022, 4, 1), 8, "0123abcd", "0123456789abcdef")
    assert backfilled.sequence < FIRST.sequence
    assert Vintage(date(2023, 4, 1), 8, "0123abcd", "0123456789abcdef").sequence > FIRST.sequence


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_what_was_known_is_asked_in_every_dialect(dialect: str) -> None:
    for table in REGISTERS:
        given = {c.name for c in table.columns[:3]} | set(table.key)
        written = known(table, "vintages", DIALECTS[dialect], FIRST.known_at, given)
        (select,) = sqlglot.parse(f"SELECT * FROM {written} AS k", dialect=dialect)
        inner = select.find(sqlglot.exp.Subquery) if select else None
        assert inner is not None
        assert {c.name for c in table.columns} <= {e.alias_or_name for e in inner.this.expressions}
