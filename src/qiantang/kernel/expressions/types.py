"""What an expression yields: a scaled integer with a unit and a proven range, a flag, a code, a text or a day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Context, Decimal
from enum import StrEnum

from qiantang.kernel.units import ONE, Unit


class Kind(StrEnum):
    """The five kinds of value."""

    NUMBER = "number"
    FLAG = "flag"
    CODE = "code"
    TEXT = "text"
    DAY = "day"


EXACT = Context(prec=120)
"""Digits enough for every product of two 38-digit figures: the usual 28 would cut them."""

WIDEST = 10**15
"""The range of a number nobody bounded, in its own scaled integers."""


@dataclass(frozen=True, slots=True)
class Type:
    """Kind of a value and, for a number, its scale, unit and range.

    A number is carried as an integer of ``10**-scale`` units, everywhere and on every engine: no binary
    fraction ever decides a class. ``low`` and ``high`` bound that integer; from them a printer knows which
    integer type is wide enough. ``nullable`` is false where the value can never be unknown.
    """

    kind: Kind
    scale: int = 0
    unit: Unit = ONE
    low: int = -WIDEST
    high: int = WIDEST
    nullable: bool = True

    @property
    def is_number(self) -> bool:
        """Whether arithmetic applies."""
        return self.kind is Kind.NUMBER

    def rescaled_range(self, scale: int) -> tuple[int, int]:
        """The range in integers of a finer (or equal) scale."""
        grow = 10 ** (scale - self.scale)
        return self.low * grow, self.high * grow

    def known(self) -> Type:
        """The same type, never unknown."""
        return replace(self, nullable=False)

    def decimal(self, stored: int) -> Decimal:
        """The stored integer as the number that a person writes."""
        return EXACT.scaleb(Decimal(stored), -self.scale)

    def stored(self, value: Decimal) -> int:
        """The number as stored; ValueError where it has more decimals than the scale keeps."""
        scaled = EXACT.scaleb(value, self.scale)
        whole = int(scaled)
        if whole != scaled:
            raise ValueError(f"{value} has more than {self.scale} decimals")
        return whole


FLAG = Type(Kind.FLAG)
DAY = Type(Kind.DAY)
TEXT = Type(Kind.TEXT)
CODE = Type(Kind.CODE)


def number(scale: int, unit: Unit, low: int, high: int, nullable: bool = True) -> Type:
    """A number type from its parts."""
    return Type(Kind.NUMBER, scale, unit, low, high, nullable)
