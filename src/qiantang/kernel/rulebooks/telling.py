"""A parameter's value as a reader is told of it: a number with its unit, a word by its title, a table band by band."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from qiantang.kernel.expressions.figures import band_ends, figure, plain
from qiantang.kernel.rulebooks.parameters import BandRow, Entry, Parameter, ParameterValue
from qiantang.kernel.units import ONE
from qiantang.kernel.words import Text, both, joined, same

Called = Callable[[str], Text]
"""What a word of a rulebook is called: a code, or the name of a fact."""


def value_told(parameter: Parameter, entry: Entry, called: Called) -> Text:
    """The value that an entry gives its parameter."""
    return _told(parameter, entry, entry.value, called)


def admissible_told(parameter: Parameter, entry: Entry, called: Called) -> Text:
    """What the value may turn out to be; empty where it is no guess."""
    choices = entry.admissible
    if choices is None:
        return same("")
    ends = choices.any_of or tuple(end for end in (choices.low, choices.high) if end is not None)
    told = [_told(parameter, entry, end, called) for end in ends]
    return joined(told, " 或 ", " or ") if choices.any_of else joined(told, " 至 ", " to ")


def _told(parameter: Parameter, entry: Entry, value: ParameterValue, called: Called) -> Text:
    percent = _in_percent(parameter, entry)
    if isinstance(value, tuple):
        return joined([_band(one, parameter, percent, called) if isinstance(one, BandRow) else called(one) for one in value], "；", "; ")
    if isinstance(value, str):
        return called(value)
    return both(lambda lang: figure(value, parameter.unit, lang, percent) if isinstance(value, Decimal) else plain(value, lang))


def _band(row: BandRow, parameter: Parameter, percent: bool, called: Called) -> Text:
    given = row.gives
    ends = both(lambda lang: band_ends(row.low, row.high, row.low_closed, row.high_closed, parameter.unit, lang, percent))
    gives = called(given) if isinstance(given, str) else both(lambda lang: figure(given, parameter.gives, lang, 0 < abs(given) < 1))
    return ends + same(" → ") + gives


def _in_percent(parameter: Parameter, entry: Entry) -> bool:
    """Whether a plain fraction is a share, as soon as one of its figures lies between nothing and the whole."""
    figures: list[object] = [entry.value]
    if isinstance(entry.value, tuple):
        figures = [end for row in entry.value if isinstance(row, BandRow) for end in (row.low, row.high)]
    if entry.admissible is not None:
        figures += [entry.admissible.low, entry.admissible.high, *entry.admissible.any_of]
    return parameter.unit == ONE and any(isinstance(f, Decimal) and 0 < abs(f) < 1 for f in figures)
