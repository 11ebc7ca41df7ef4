"""The runner of cases finds what is wrong: a value off by its last digit, a misspelt key, a case without its reason."""

import pytest

from tests.cases.runner import cases_from, differences, on_evaluator, reading_of

CASE = """
rulebook: lowland/qiantang-5wan
every: {sector: industry, above_scale: true, land_mu: 100}
cases:
  one:
    why: {zh: 缘由, en: reason}
    facts: {tax_paid_wan: 499}
    %s
"""


def _wrong(expected: str) -> list[str]:
    case, = cases_from(CASE % expected, "made-up")
    return differences(case, on_evaluator(case, reading_of(case)))


def test_what_holds_is_found_to_hold() -> None:
    assert _wrong("expect: {outcome: low, gap_tax__value: 1, tax_per_mu__value: 4.99}") == []


@pytest.mark.parametrize("expected", [
    "expect: {outcome: not_low}", "expect: {gap_tax__value: 1.000001}", "expect: {outcome: null}", "expect: outside",
    "rounded: {tax_per_mu__value: 5.0}\n    expect: {tax_per_mu__value: 5.0}", "rounded: {tax_per_mu__value: 4.98}",
    "because: {outcome: [land_mu]}\n    expect: {outcome: null}", "expect: {no_such_column: 1}",
])
def test_what_does_not_hold_is_told(expected: str) -> None:
    assert _wrong(expected) != []


@pytest.mark.parametrize("expected", ["expekt: {outcome: low}", "expect: {}"])
def test_a_case_that_expects_nothing_is_refused(expected: str) -> None:
    with pytest.raises(ValueError, match="made-up"):
        _wrong(expected)


def test_a_case_without_its_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="says why"):
        cases_from(CASE.replace("why: {zh: 缘由, en: reason}", "why: {en: reason}") % "expect: {outcome: low}", "made-up")


def test_a_number_with_more_decimals_than_the_fact_keeps_is_refused() -> None:
    case, = cases_from(CASE.replace("499", "499.0000001") % "expect: {outcome: low}", "made-up")
    with pytest.raises(ValueError, match="decimals"):
        on_evaluator(case, reading_of(case))
