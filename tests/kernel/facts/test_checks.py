"""The checks of a table are expressions: they print in every dialect and hold or fail as the oracle says."""

from datetime import date

import pytest
import sqlglot

from qiantang.kernel.expressions.dialects import DIALECTS
from qiantang.kernel.expressions.evaluate import Evaluation
from qiantang.kernel.facts.checks import cell_checks, printed, row_checks
from qiantang.kernel.facts.schema import code, money
from qiantang.kernel.words import Text
from qiantang.registers import REGISTERS
from qiantang.registers.parcels import LEASES

TAX = money("tax_wan", "税", "tax", note=Text("入库数；退税另列", "what reached the treasury; refunds have their own columns"))
TODAY = date(2023, 4, 1)


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_the_checks_of_every_table_print_in_every_dialect(dialect: str) -> None:
    for table in REGISTERS:
        checks = [*(check for column in table.columns for check in cell_checks(column)), *table.checks]
        written = printed(checks, DIALECTS[dialect], "incoming", TODAY)
        assert len(sqlglot.parse(written, dialect=dialect)) == 1


@pytest.mark.parametrize(("stored", "broken"), [(-1, ["tax_wan low"]), (0, []), (10**13, []), (10**13 + 1, ["tax_wan high"]), (None, [])])
def test_bounds_belong_to_what_is_admitted_and_unknown_breaks_none(stored: int | None, broken: list[str]) -> None:
    rows = Evaluation([{"tax_wan": stored}], TODAY)
    assert [c.id for c in cell_checks(TAX) if rows.stored(c.holds)[0] is False] == broken


def test_a_required_value_must_be_there() -> None:
    required = code("kind", "类型", "kind", (("a", Text("甲", "A")),), required=True)
    rows = Evaluation([{"kind": None}, {"kind": "b"}, {"kind": "a"}], TODAY)
    assert {c.id: rows.stored(c.holds) for c in cell_checks(required)} == {"kind required": [False, True, True],
                                                                          "kind choice": [None, False, True]}


def test_the_message_names_the_bound_and_the_remedy_is_the_columns_own() -> None:
    low = cell_checks(TAX)[0]
    assert low.message.filled(value="-3.2").en == "-3.2 is below 0"
    assert low.remedy.en == "What reached the treasury; refunds have their own columns."


def test_a_check_over_columns_that_were_not_given_is_not_asked() -> None:
    assert [c.id for c in row_checks(LEASES, {"since", "until"})] == ["lease_ends_after_it_begins"]
    assert row_checks(LEASES, {"since"}) == ()
