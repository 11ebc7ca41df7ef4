"""A stored value as a reader sees it: figures in their unit, codes as words, unknown as a dash."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from qiantang.cli.language import said, told
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.expressions.figures import figure, grouped, plain, unit_name
from qiantang.kernel.expressions.types import Kind, Type
from qiantang.kernel.units import ONE, unit
from qiantang.kernel.words import Text, preferred_lang

UNKNOWN = "—"
Codes = Sequence[tuple[str, Text]]


def headed(title: Text, kind: Type, percent: bool = False) -> str:
    """The title of a column with the unit its cells are in."""
    name = "%" if percent else unit_name(kind.unit, preferred_lang()) if kind.is_number and kind.unit not in (ONE, unit("名")) else ""
    return f"{told(title)}{said(f'（{name}）', f' ({name})')}" if name else told(title)


def cell(value: Stored, kind: Type, codes: Codes = (), decimals: int | None = None, percent: bool = False) -> str:
    """A value of a column; the unit stands in its header."""
    if value is None:
        return UNKNOWN
    number = exact(value, kind)
    if isinstance(number, Decimal):
        shown = number * 100 if percent else number
        return grouped(shown if decimals is None else rounded(shown, decimals))
    if isinstance(value, str):
        return told(dict(codes)[value]) if value in dict(codes) else value
    return plain(value, preferred_lang()) if not isinstance(value, int) or isinstance(value, bool) else str(value)


def sentence(value: Stored, kind: Type, codes: Codes = ()) -> str:
    """A value that stands alone, with its unit."""
    number = exact(value, kind)
    return figure(number, kind.unit, preferred_lang()) if isinstance(number, Decimal) else cell(value, kind, codes)


def exact(value: Stored, kind: Type) -> Decimal | Stored:
    """The value in its unit, exact."""
    return kind.decimal(value) if kind.kind is Kind.NUMBER and isinstance(value, int) and not isinstance(value, bool) else value


def rounded(value: Decimal, decimals: int) -> Decimal:
    """For showing only: half up, to so many digits."""
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
