"""The unified social credit code of GB 32100-2015: its form, its check character, and the same check as SQL."""

from __future__ import annotations

import re
from collections.abc import Callable

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of a code; I, O, S, V and Z are left out because they look like others."""

_WEIGHTS = tuple(pow(3, n, 31) for n in range(17))
_SIGN = "[0-9A-HJ-NPQRTUWXY]"
FORM = f"{_SIGN}{{2}}[0-9]{{6}}{_SIGN}{{10}}"
"""Registering department and kind, six digits of the place, organisation code, check character."""

_FORM = re.compile(FORM)


def check_character(first: str) -> str:
    """The 18th character that belongs to the first 17; ValueError for a character no code has."""
    total = sum(ALPHABET.index(sign) * weight for sign, weight in zip(first[:17], _WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def is_credit_code(written: str) -> bool:
    """Whether the text is a whole code with the right check character."""
    return _FORM.fullmatch(written) is not None and check_character(written[:17]) == written[17]


def expected_code(written: str) -> str | None:
    """The code with the check character put right, or None where its form is wrong elsewhere."""
    whole = written[:17] + "0"
    return written[:17] + check_character(written) if len(written) == 18 and _FORM.fullmatch(whole) else None


def holds_in_sql(column: str, matches: Callable[[str, str], str]) -> str:
    """The same check over a column; ``matches(column, form)`` writes the dialect's whole-text match."""
    places = [f"(position(substr({column}, {n}, 1) in '{ALPHABET}') - 1)" for n in range(1, 19)]
    total = " + ".join(f"{weight} * {place}" for weight, place in zip(_WEIGHTS, places[:17], strict=True))
    return f"({matches(column, FORM)} AND mod({total} + {places[17]}, 31) = 0)"
