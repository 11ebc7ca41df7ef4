"""Small counts are withheld from those outside: a group of few, and whatever would let it be worked out from the total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qiantang.district.identity import Identity
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.findings.views import Tally

FEWEST = 5
"""Fewer subjects than this are not told of as a group: a house rule, no rule of law."""
SIZE = "_size"


def withheld_from(who: Identity) -> bool:
    """Whether small counts are withheld from somebody: from those outside who see others than themselves."""
    return who.outside and who.scope.kind in ("district", "platforms", "subdistricts")


def hidden_groups(sizes: Sequence[int]) -> frozenset[int]:
    """The places of groups that are not told of: the small ones, and where that is one alone the smallest other beside it,
    since the total less all others would tell it."""
    small = {n for n, size in enumerate(sizes) if 0 < size < FEWEST}
    others = [n for n, size in enumerate(sizes) if size >= FEWEST]
    if len(small) == 1 and others:
        small.add(min(others, key=lambda n: sizes[n]))
    return frozenset(small)


def withheld(view: Tally, rows: Sequence[Mapping[str, Stored]]) -> list[Mapping[str, Stored]]:
    """A tally's rows, each with its ``SIZE``, with the figures of small groups taken out, and counts that are small."""
    last = len(rows) - 1 if view.total and view.by else len(rows)
    sizes = [_whole(row[SIZE]) for row in rows]
    hidden = {*hidden_groups(sizes[:last]), *(n for n in range(last, len(rows)) if sizes[n] < FEWEST)}
    counts = {f.name for f in view.figures if f.how == "count"}
    names = [f.name for f in view.figures]
    told: list[Mapping[str, Stored]] = []
    for n, row in enumerate(rows):
        kept = {name: value for name, value in row.items() if name != SIZE}
        gone = names if n in hidden else [name for name in counts if 0 < _whole(row[name]) < FEWEST]
        told.append({**kept, **dict.fromkeys(gone)})
    return told


def _whole(value: Stored) -> int:
    return value if isinstance(value, int) else 0
