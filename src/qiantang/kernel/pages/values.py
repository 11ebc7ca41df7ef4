"""What stands in a cell, a card or a sentence: an amount with its unit, a mark, a link; never a formatted text."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from qiantang.kernel.words import Text, same

Tone = Literal["plain", "ok", "watch", "alarm", "off"]
"""How much a thing asks for a decision: ``alarm`` is for "act now" only, ``off`` for what does not apply."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its unit as the field writes it. ``value`` None is unknown, and ``because`` says why.

    ``decimals`` is how many digits a reader sees (None: those it has). ``percent`` shows a fraction as a percentage;
    ``points`` says that it is a difference of percentages, told in percentage points. ``money`` is in 万元 (10,000 yuan)
    and told in the size that suits it.
    """

    value: Decimal | int | None
    unit: Text = field(default_factory=lambda: same(""))
    decimals: int | None = None
    percent: bool = False
    points: bool = False
    money: bool = False
    signed: bool = False
    because: Text = field(default_factory=lambda: same(""))


Ring = tuple[tuple[float, float], ...]
"""A closed line on a map: points as fractions of its width and height, from the upper left corner."""


@dataclass(frozen=True, slots=True)
class Address:
    """Another page, and what it is asked: never a path of the web."""

    page: str
    asked: tuple[tuple[str, str], ...] = ()


def to(page: str, **asked: object) -> Address:
    """The address of a page; what is None is not asked."""
    return Address(page, tuple((name, str(value)) for name, value in asked.items() if value is not None))


@dataclass(frozen=True, slots=True)
class Mark:
    """A state or class: its code is always shown as a letter or word, never by colour alone."""

    said: Text
    tone: Tone = "plain"
    code: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead to another page, or to a file to take away when ``download`` is its name."""

    said: Text
    to: Address
    download: str = ""


Cell = Amount | Mark | Link | Text | str | date | datetime | bool | None
"""What a place can hold: a code or name as it is (str), a sentence in both languages (Text), yes or no, nothing known."""


_OVER_A_YEAR = range(-26, 27, 2)
"""Weeks from an instant: no change of clocks is undone within two of them."""


def zone_said(of: datetime) -> str:
    """The time zone of an instant as a table names it, such as ``UTC+08:00``, or the name of the place where clocks are changed in the
    course of a year, such as ``Europe/Berlin``; empty for one that has none."""
    if isinstance(of.tzinfo, ZoneInfo) and any((of + timedelta(weeks=n)).utcoffset() != of.utcoffset() for n in _OVER_A_YEAR):
        return of.tzinfo.key
    offset = of.strftime("%z")
    if not offset:
        return ""
    return "UTC" if offset.strip("+-0") == "" else f"UTC{offset[:3]}:{offset[3:5]}"
