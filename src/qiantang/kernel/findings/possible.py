"""What a value may turn out to be: a number between two ends, or one of several flags, codes or days; and unknown, perhaps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from qiantang.kernel.expressions.evaluate import Stored


@dataclass(frozen=True, slots=True)
class Range:
    """A number between two scaled integers, both possible ends included; ``null``: it may also be unknown."""

    low: int
    high: int
    null: bool = False


Choice = frozenset[Stored]
Possible = Range | Choice
"""What a value may be. A number that is surely unknown is the set holding only None."""

NOTHING: Choice = frozenset({None})
YES: Choice = frozenset({True})
NO: Choice = frozenset({False})
_FLAGS: dict[tuple[bool, bool, bool], Choice] = {
    (t, f, u): frozenset(v for v, there in ((True, t), (False, f), (None, u)) if there)
    for t, f, u in product((True, False), repeat=3)
}


def flag_that(may_hold: bool, may_fail: bool, may_be_unknown: bool) -> Choice:
    """What a flag may be."""
    return _FLAGS[may_hold, may_fail, may_be_unknown]


def hull(values: Iterable[Possible]) -> Possible:
    """The least possibility that holds all of them; numbers must be at one scale."""
    found = list(values)
    if len(found) == 1:
        return found[0]
    ranges = [v for v in found if isinstance(v, Range)]
    if not ranges:
        return frozenset().union(*(v for v in found if not isinstance(v, Range)))
    null = any(v.null if isinstance(v, Range) else None in v for v in found)
    return Range(min(r.low for r in ranges), max(r.high for r in ranges), null)
