"""One way to write every figure, day and missing value, for pages, charts and letters alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from qiantang.kernel.pages.values import Amount
from qiantang.kernel.words import Lang, Text

MISSING = "—"
_WAN = Decimal(10_000)
_TEN_THOUSAND = "10k "


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as it is read: digits and unit apart, so that each can be set in its own size."""

    digits: str
    unit: str = ""

    def __str__(self) -> str:
        spaced = " " if self.unit and self.unit[0].isascii() and self.unit[0] != "%" else ""
        return f"{self.digits}{spaced}{self.unit}"


def amount(of: Amount, lang: Lang) -> Figure:
    """An amount as it is read. Percentages are told with the sign ``%``, differences of them in percentage points."""
    if of.value is None:
        return Figure(MISSING)
    value = Decimal(of.value)
    if of.points:
        return Figure(number(value * 100, 2 if of.decimals is None else of.decimals, of.signed), "个百分点" if lang == "zh" else "pp")
    if of.percent:
        return Figure(number(value * 100, of.decimals, of.signed), "%")
    if of.money:
        return money(value, lang, of.signed)
    unit = of.unit.said(lang)
    if lang == "en" and unit.startswith(_TEN_THOUSAND):
        return Figure(number(value * _WAN, 0, of.signed), unit.removeprefix(_TEN_THOUSAND))
    return Figure(number(value, of.decimals, of.signed), unit)


def money(wan: Decimal, lang: Lang, signed: bool = False) -> Figure:
    """Money given in 10,000 yuan, in the size that suits it; one digit after the point below 1,000 units of it."""
    yuan = wan * _WAN
    size = abs(yuan)
    if lang == "zh":
        sizes = ((Decimal(10) ** 8, "亿元"), (_WAN, "万元"), (Decimal(1), "元"))
        step, unit = next(((s, u) for s, u in sizes if size >= s), sizes[-1])
        return Figure(number(yuan / step, _digits(size / step, step), signed), unit)
    scales = ((Decimal(10) ** 9, "bn"), (Decimal(10) ** 6, "m"), (Decimal(1000), "k"), (Decimal(1), ""))
    step, unit = next(((s, u) for s, u in scales if size >= s), scales[-1])
    return Figure(f"CNY {number(yuan / step, _digits(size / step, step), signed)}", unit)


def _digits(shown: Decimal, step: Decimal) -> int:
    return 0 if step == 1 or shown >= 1000 else 1


def number(value: Decimal, decimals: int | None = None, signed: bool = False) -> str:
    """A number with thousands separated; rounded half up where the digits to show are given."""
    shown = value if decimals is None else value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    if decimals is None:
        shown = shown.normalize()
        if shown.as_tuple().exponent > 0:  # type: ignore[operator]  # the exponent of a finite number
            shown = shown.quantize(Decimal(1))
    if shown == 0:
        shown = abs(shown)
    said = f"{shown:,f}"
    return f"+{said}" if signed and shown > 0 else said.replace("-", "−")


def day(of: date | datetime) -> str:
    """A day or instant in a table; instants by the clock of the place that they name (a plant's), all others in the machine's local time."""
    if isinstance(of, datetime):
        return (of if isinstance(of.tzinfo, ZoneInfo) else of.astimezone()).strftime("%Y-%m-%d %H:%M")
    return of.isoformat()


def day_in_full(of: date, lang: Lang) -> str:
    """A day as a letter writes it."""
    return f"{of.year} 年 {of.month} 月 {of.day} 日" if lang == "zh" else f"{of.day} {of:%B} {of.year}"


def yes_no(value: bool, lang: Lang) -> str:
    """Yes or no."""
    return Text("是", "yes").said(lang) if value else Text("否", "no").said(lang)
