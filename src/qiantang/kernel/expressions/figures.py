"""A number with its unit as each language's reader expects it: 1,440 万元 in Chinese, 14,400,000 yuan in English."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache

from qiantang.kernel.units import ONE, Unit, unit
from qiantang.kernel.words import Lang, Text

YES, NO = Text("是", "yes"), Text("否", "no")
UNKNOWN, NOT_APPLICABLE = Text("未知", "unknown"), Text("不适用", "not applicable")

# English counts by thousands: ten-thousands read as a misprint there, so they are written out.
_SPELT_OUT = {"千元": "元", "万元": "元", "百万元": "元", "亿元": "元", "万tce": "tce", "万kWh": "kWh"}


def grouped(value: Decimal, separator: str = ",") -> str:
    """The number with thousands separators and without trailing zeros."""
    written = f"{value:,f}".replace(",", separator)
    if "." in written:
        written = written.rstrip("0").rstrip(".")
    return "0" if written == "-0" else written


def figure(value: Decimal, of: Unit, lang: Lang, percent: bool = False) -> str:
    """The number with its unit; ``percent`` writes a plain fraction as a percentage."""
    if percent and of == ONE:
        return f"{grouped(value * 100)} %"
    if of == unit("年"):
        return f"{grouped(value, separator='')} 年" if lang == "zh" else _years(value)
    if lang == "en":
        of, factor = _spelt_out(of)
        value *= factor
    name = unit_name(of, lang, single=abs(value) == 1)
    return f"{grouped(value)} {name}" if name else grouped(value)


@cache
def _spelt_out(of: Unit) -> tuple[Unit, int]:
    """The unit without ten-thousands above the line, and the whole number of it that one of the old unit is."""
    read = ONE
    for name, power in of.atoms:
        read = read * Unit(((_SPELT_OUT.get(name, name) if power == 1 else name, power),))
    return read, int(of.factor_to(read))


def _years(value: Decimal) -> str:
    """A calendar year stands alone in English, a length of time does not."""
    written = grouped(value, separator="")
    return written if value >= 1000 else f"{written} {'year' if value == 1 else 'years'}"


@cache
def unit_name(of: Unit, lang: Lang, single: bool = False) -> str:
    """The unit in one language; in English the singular below the line, and above it for exactly one."""
    if lang == "zh":
        return of.title.zh
    above, line, below = of.title.en.partition("/")
    return _singular(above, single) + line + _singular(below, True)


def _singular(words: str, single: bool) -> str:
    return "·".join(w.removesuffix("s") for w in words.split("·")) if single else words


def share(of: Fraction) -> str:
    """A share of a whole as a percentage, or as a fraction where no decimal is exact."""
    hundredfold = of * 100
    decimals = 0
    while hundredfold.denominator > 1 and decimals < 6:
        hundredfold, decimals = hundredfold * 10, decimals + 1
    if hundredfold.denominator > 1:
        return str(of)
    return f"{grouped(Decimal(hundredfold.numerator).scaleb(-decimals))} %"


def band_ends(low: Decimal | None, high: Decimal | None, low_closed: bool, high_closed: bool, of: Unit, lang: Lang,
              percent: bool) -> str:
    """The ends of a band as tests: ≥30 % and <40 %."""
    if low is not None and low == high:
        return f"={figure(low, of, lang, percent)}"
    ends = [] if low is None else [f"{'≥' if low_closed else '>'}{figure(low, of, lang, percent)}"]
    if high is not None:
        ends.append(f"{'≤' if high_closed else '<'}{figure(high, of, lang, percent)}")
    return (" 且 " if lang == "zh" else " and ").join(ends) or ("任何值" if lang == "zh" else "any value")


def plain(value: bool | str | date | None, lang: Lang) -> str:
    """A flag, a word or a day."""
    if value is None:
        return UNKNOWN.said(lang)
    if isinstance(value, bool):
        return (YES if value else NO).said(lang)
    return str(value)
