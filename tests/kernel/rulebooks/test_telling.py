"""What a reader is told of a parameter's value: units, percentages, words by their titles, bands, and what a guess may turn out to be."""

from dataclasses import replace
from decimal import Decimal

from qiantang.kernel.periods import Span
from qiantang.kernel.rulebooks.parameters import Admissible, BandRow, Entry, Parameter, ParameterValue
from qiantang.kernel.rulebooks.telling import admissible_told, value_told
from qiantang.kernel.sources import Source, Status
from qiantang.kernel.units import ONE, Unit, unit
from qiantang.kernel.words import Text, same

WORDS = {"ceil": Text("进一", "rounded up"), "floor": Text("舍去尾数", "rounded down")}


def called(word: str) -> Text:
    return WORDS.get(word) or same(word)


def given(value: ParameterValue, of: Unit = ONE, gives: Unit = ONE, admissible: Admissible | None = None) -> tuple[Parameter, Entry]:
    entry = Entry(value, Span(None, None), Source("", ""), Status.SOURCED, admissible)
    return Parameter("a", same("a"), of, gives, (entry,)), entry


def test_a_number_is_told_with_its_unit_as_each_language_counts() -> None:
    assert value_told(*given(Decimal(1440), unit("万元")), called) == Text("1,440 万元", "14,400,000 yuan")


def test_a_share_is_told_as_a_percentage_and_a_whole_factor_is_not() -> None:
    assert value_told(*given(Decimal("0.3")), called) == same("30 %")
    assert value_told(*given(Decimal(1)), called) == same("1")


def test_a_word_is_told_by_its_title_and_one_without_as_it_is() -> None:
    assert value_told(*given("ceil"), called) == Text("进一", "rounded up")
    assert value_told(*given(("floor", "C26")), called) == Text("舍去尾数；C26", "rounded down; C26")


def test_all_ends_of_shares_are_percentages_as_soon_as_one_lies_between_nothing_and_the_whole() -> None:
    rows = (BandRow(None, Decimal(0), False, True, Decimal(0)),
            BandRow(Decimal(0), Decimal("0.05"), False, False, Decimal(3)),
            BandRow(Decimal("0.05"), None, True, False, "ceil"))
    assert value_told(*given(rows, gives=unit("分")), called) == Text(
        "≤0 % → 0 分；>0 % 且 <5 % → 3 分；≥5 % → 进一", "≤0 % → 0 points; >0 % and <5 % → 3 points; ≥5 % → rounded up")


def test_a_guess_is_told_with_its_range_or_its_alternatives() -> None:
    ranged, either = Admissible(Decimal("0.1"), Decimal("0.2")), Admissible(any_of=("floor", "ceil"))
    assert admissible_told(*given(Decimal("0.15"), admissible=ranged), called) == Text("10 % 至 20 %", "10 % to 20 %")
    assert admissible_told(*given("floor", admissible=either), called) == Text("舍去尾数 或 进一", "rounded down or rounded up")


def test_what_is_no_guess_may_be_nothing_else() -> None:
    parameter, entry = given(Decimal(1), admissible=Admissible(Decimal(1), Decimal(2)))
    assert admissible_told(parameter, replace(entry, admissible=None), called) == same("")
