"""The registers are sound: their references lead somewhere, their figures fit 64 bits, and people are marked."""

from decimal import Decimal

from qiantang.kernel.expressions.types import Kind
from qiantang.registers import REGISTERS
from qiantang.registers.enterprise_years import ENTERPRISE_YEARS
from qiantang.registers.intellectual_property import CLASS_ONE, CLASS_TWO, INTELLECTUAL_PROPERTY
from qiantang.registers.people import PEOPLE

NAMES = {t.name for t in REGISTERS}


def test_every_reference_leads_to_a_table_with_one_key() -> None:
    tables = {t.name: t for t in REGISTERS}
    for table in REGISTERS:
        for column in table.columns:
            if column.refers_to:
                assert len(tables[column.refers_to].key) == 1, f"{table.name}.{column.name}"


def test_every_key_is_required() -> None:
    assert [f"{t.name}.{k}" for t in REGISTERS for k in t.key if not t.column(k).required] == []


def test_every_stored_figure_fits_the_range_that_the_door_admits() -> None:
    for table in REGISTERS:
        for column in table.columns:
            if column.kind is Kind.NUMBER:
                assert column.high is not None
                assert max(abs(column.type.low), abs(column.type.high)) <= 10**15, f"{table.name}.{column.name}"


def test_the_three_notions_of_research_are_three_columns() -> None:
    assert len({ENTERPRISE_YEARS.column(f"rd_{n}_wan").title.zh for n in ("statistical", "hightech", "tax")}) == 3


def test_everything_about_a_person_is_marked_personal_but_the_employer() -> None:
    assert [c.name for c in PEOPLE.columns if not c.personal] == ["employer_uscc", "employer_organisation"]


def test_a_right_is_of_class_one_or_two_and_never_both() -> None:
    one, two = ({code for code, _ in kinds} for kinds in (CLASS_ONE, CLASS_TWO))
    assert not one & two
    assert one | two == {code for code, _ in INTELLECTUAL_PROPERTY.column("kind").choices}


def test_expert_marks_have_a_range_while_they_are_unknown() -> None:
    marks = [c for c in ENTERPRISE_YEARS.columns if c.name.startswith("expert_")]
    assert len(marks) == 12
    assert all(c.possible == (Decimal(0), c.high) for c in marks)
