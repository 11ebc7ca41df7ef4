"""Outcomes, figures and codes as cells of a page: what stands for a reader behind a stored value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from qiantang.district.asking import Asking
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.expressions.figures import unit_name
from qiantang.kernel.expressions.types import Kind, Type
from qiantang.kernel.facts.schema import Column
from qiantang.kernel.findings.explanation import Told
from qiantang.kernel.pages.declaring import Ask
from qiantang.kernel.pages.values import Amount, Cell, Mark, Tone
from qiantang.kernel.rulebooks.rulebook import Reading
from qiantang.kernel.units import ONE, Unit, unit
from qiantang.kernel.words import Text, same

UNKNOWN = Text("未知", "unknown")
_LETTER = 2


def asking(ask: Ask) -> Asking:
    """The district's own asking, which its pages know more of than a domain's do."""
    assert isinstance(ask, Asking)
    return ask


def unit_text(of: Unit) -> Text:
    """A unit as it stands in a header; nothing for plain numbers."""
    return same("") if of == ONE else Text(unit_name(of, "zh"), unit_name(of, "en"))


def figure(value: Decimal | None, of: Unit, decimals: int | None = None, percent: bool = False, because: Text | None = None) -> Amount:
    """A figure with its unit; money in 10,000 yuan is told in the size that suits it."""
    money = of == unit("万元")
    return Amount(value, same("") if money else unit_text(of), decimals, percent=percent, money=money, because=because or UNKNOWN)


def stored_cell(value: Stored, kind: Type, codes: Sequence[tuple[str, Text]] = (), decimals: int | None = None, percent: bool = False,
                bare: bool = False) -> Cell:
    """A stored value; ``bare`` figures have their unit in the header of their column."""
    if value is None:
        return Amount(None, because=UNKNOWN) if kind.kind is Kind.NUMBER else None
    if kind.kind is Kind.NUMBER and isinstance(value, int) and not isinstance(value, bool):
        number = kind.decimal(value)
        digits = decimals if decimals is not None else min(kind.scale, 2)
        if kind.unit == unit("年"):
            return str(number)
        return Amount(number, decimals=digits, percent=percent) if bare else figure(number, kind.unit, digits, percent)
    if isinstance(value, str):
        return dict(codes).get(value, value)
    return value if isinstance(value, bool | date) else str(value)


def told_cell(told: Told | None) -> Cell:
    """A value as an explanation tells it, rounded for reading; nothing where there is no such part."""
    if told is None:
        return ""
    if told.value is None:
        return Amount(None, because=told.said)
    if not isinstance(told.value, str) or not told.value.lstrip("-").replace(".", "", 1).isdigit() or told.said.zh.endswith("年"):
        return told.said
    number = Decimal(told.value)
    if told.said.zh.rstrip().endswith("%"):
        return Amount(number, decimals=2, percent=True)
    digits = 0 if number == number.to_integral_value() else 2
    return Amount(number, told.unit, digits, money=told.unit.zh == "万元") if told.said.zh != told.value else Amount(number, decimals=digits)


def code_title(column: Column, code: str, ask: Ask) -> Text:
    """A code as a reader knows it: a choice of its column, a platform, a leading industry; a sub-district by its name, too."""
    known = dict(column.choices) or {"platform": dict(ask.district.platforms), "subdistrict": dict(ask.district.sub_districts),
                                     "leading_industry": dict(ask.district.leading_industries)}.get(column.name, {})
    if column.name == "subdistrict":
        known |= {title.zh: title for title in known.values()}
    return known.get(code, same(code))


def outcome_mark(outcome: Stored, reading: Reading, acted_on: frozenset[str] = frozenset()) -> Mark:
    """An outcome: its letter where it has one; ``acted_on`` are those that open a case."""
    if outcome is None:
        return Mark(UNKNOWN, "watch")
    code = str(outcome)
    title = reading.code_title(code)
    letter = code if len(code) <= _LETTER else ""
    said = title if not letter or title.zh != code else same("")
    return Mark(said, outcome_tone(code, reading, acted_on), letter)


def outcome_tone(code: str, reading: Reading, acted_on: frozenset[str]) -> Tone:
    """The best outcome is fine, one that opens a case wants somebody to act, the rest is neither."""
    codes = [c for c, _ in reading.outline.codes]
    if code in acted_on:
        return "alarm" if code == codes[-1] or len(acted_on) == 1 else "watch"
    return "ok" if codes and code == codes[0] else "plain"


def acted_on(ask: Asking, form: str) -> frozenset[str]:
    """The outcomes of a form that open a case."""
    return frozenset(code for opening in ask.brain.workspace.house.openings if form in opening.forms for code in opening.outcomes)
