"""Bounds over a population: the places, counts, sums, means and classes that are possible while others' figures are only bounded."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, product

from qiantang.kernel.errors import RulebookError
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions import population as p
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.findings.opening import SharesBetween
from qiantang.kernel.findings.possible import NOTHING, YES, Possible, Range, hull

Parts = Callable[[n.Expr], list[Possible]]
"""What a part of a node may be, for every row."""


@dataclass(frozen=True, slots=True)
class _Member:
    """A row's part in a group: whether it surely counts somewhere, and surely in this one, and what its keys may be."""

    row: int
    counts: bool
    surely: bool
    keys: tuple[Possible, ...]


def _members(part: Parts, node: p.Population, keys: Sequence[n.Expr]) -> dict[tuple[Stored, ...], list[_Member]]:
    """Every row that may count, in each group it may belong to."""
    groups: dict[tuple[Stored, ...], list[_Member]] = {}
    within = [part(w) for w in node.within]
    among = part(node.among)
    figures = [part(k) for k in keys]
    for row, held in enumerate(among):
        assert not isinstance(held, Range)
        values = tuple(f[row] for f in figures)
        if True not in held or any(v == NOTHING for v in values):
            continue
        unsure = any(v.null if isinstance(v, Range) else None in v for v in values)
        places = [_settled(w[row]) for w in within]
        counts = held == YES and not unsure
        surely = counts and all(len(place) == 1 for place in places)
        for group in product(*places):
            groups.setdefault(group, []).append(_Member(row, counts, surely, values))
    return groups


def _settled(value: Possible) -> list[Stored]:
    """The groups a row may belong to; groups named by an uncertain number are refused."""
    if isinstance(value, Range):
        if value.low != value.high:
            raise RulebookError.of("分组所依据的数值不确定，没有界限可言", "a group named by an uncertain number has no bounds")
        return [value.low]
    return sorted(value, key=repr)


def _turned(values: Sequence[Possible], descending: bool) -> list[tuple[int, int]]:
    """Each key's worst and best as whole numbers, turned so that greater is better."""
    codes = {v for value in values if not isinstance(value, Range) for v in value if v is not None}
    number = {code: place for place, code in enumerate(sorted(codes))}
    found = []
    for value in values:
        ends = (value.low, value.high) if isinstance(value, Range) else \
            (min(number[v] for v in value if v is not None), max(number[v] for v in value if v is not None))
        found.append(ends if descending else (-ends[1], -ends[0]))
    return found


def place_bounds(part: Parts, node: p.Rank) -> list[Possible]:
    """Best place: only those surely better stand before; worst place: all that may be better do.

    Where a tie is settled by a key that turns out to be equal too, either may stand before.
    """
    found: list[list[Possible]] = [[] for _ in part(node.among)]
    for members in _members(part, node, [e for e, _ in node.by]).values():
        keys = [_turned([m.keys[k] for m in members], down) for k, (_, down) in enumerate(node.by)]
        worst = [tuple(key[i][0] for key in keys) for i in range(len(members))]
        best = [tuple(key[i][1] for key in keys) for i in range(len(members))]
        sure = sorted(w for w, m in zip(worst, members, strict=True) if m.surely)
        may = sorted(best)
        for i, member in enumerate(members):
            ahead_surely = len(sure) - bisect_right(sure, best[i])
            if node.ties == "key":
                ahead_maybe = len(may) - bisect_left(may, worst[i]) - 1
            else:
                ahead_maybe = len(may) - bisect_right(may, worst[i]) - (1 if best[i] > worst[i] else 0)
            found[member.row].append(Range(1 + ahead_surely, 1 + ahead_maybe, not member.counts))
    return [hull(values) if values else NOTHING for values in found]


def figure_bounds(part: Parts, node: p.GroupFigure) -> list[Possible]:
    """A figure lies between what those who surely count make of it and what all who may count can make of it."""
    if node.how == "count":
        return _counts(part, node)
    figures = {group: _figure(node, members) for group, members in _members(part, node, (node.of,)).items()}
    return _given_to_groups(part, node, figures, Range(0, 0) if node.how == "members" else NOTHING)


def _counts(part: Parts, node: p.GroupFigure) -> list[Possible]:
    """Who counts is given the count, and counts itself."""
    found: list[list[Possible]] = [[] for _ in part(node.among)]
    for members in _members(part, node, ()).values():
        sure = sum(m.surely for m in members)
        for member in members:
            own = 0 if member.surely else 1
            found[member.row].append(Range(sure + own, len(members), not member.counts))
    return [hull(values) if values else NOTHING for values in found]


def _figure(node: p.GroupFigure, members: Sequence[_Member]) -> Possible:
    sure = [m.keys[0] for m in members if m.surely]
    every = [m.keys[0] for m in members]
    if node.how == "members":
        return Range(len(sure), len(every))
    if any(not isinstance(v, Range) for v in every):
        return hull([*every, *(() if sure else (NOTHING,))])
    lows = [v.low for v in every if isinstance(v, Range)]
    highs = [v.high for v in every if isinstance(v, Range)]
    if node.how == "sum":
        low = sum(m.keys[0].low if m.surely else min(0, m.keys[0].low) for m in members if isinstance(m.keys[0], Range))
        high = sum(m.keys[0].high if m.surely else max(0, m.keys[0].high) for m in members if isinstance(m.keys[0], Range))
        return Range(low, high, not sure)
    if node.how == "least":
        return Range(min(lows), min((v.high for v in sure if isinstance(v, Range)), default=max(highs)), not sure)
    return Range(max((v.low for v in sure if isinstance(v, Range)), default=min(lows)), max(highs), not sure)


def mean_bounds(part: Parts, node: p.GroupMean) -> list[Possible]:
    """The means of the least and of the greatest figures; where it is not sure who counts, those figures themselves."""
    shift = node.type.scale - node.of.type.scale
    up, down = (10**shift, 1) if shift >= 0 else (1, 10**-shift)
    figures: dict[tuple[Stored, ...], Possible] = {}
    for group, members in _members(part, node, (node.of,)).items():
        ranges = [m.keys[0] for m in members if isinstance(m.keys[0], Range)]
        if all(m.surely for m in members):
            many = len(ranges) * down
            figures[group] = Range(n.whole_quotient(sum(r.low for r in ranges) * up, many),
                                   n.whole_quotient(sum(r.high for r in ranges) * up, many))
        else:
            low, high = min(r.low for r in ranges), max(r.high for r in ranges)
            figures[group] = Range(n.whole_quotient(low * up, down), n.whole_quotient(high * up, down),
                                   not any(m.surely for m in members))
    return _given_to_groups(part, node, figures)


def _given_to_groups(part: Parts, node: p.Population, figures: Mapping[tuple[Stored, ...], Possible],
                     nobody: Possible = NOTHING) -> list[Possible]:
    within = [part(w) for w in node.within]
    found = []
    for row in range(len(part(node.among))):
        groups = product(*(_settled(w[row]) for w in within))
        found.append(hull(figures.get(group, nobody) for group in groups))
    return found


def class_bounds(part: Parts, node: p.Quota | SharesBetween) -> list[Possible]:
    """Between the class of the best place and that of the worst, over every count and every admissible bound."""
    quota = node.quota if isinstance(node, SharesBetween) else node
    shares = node.shares if isinstance(node, SharesBetween) else tuple((b.upto, b.upto) for b in quota.bands)
    codes = [b.code for b in quota.bands] + [quota.last]
    choices = {(i, j): frozenset(codes[i:j + 1]) for i in range(len(codes)) for j in range(i, len(codes))}
    ends: dict[tuple[int, int], tuple[list[int], list[int]]] = {}

    def one(place: Possible, count: Possible) -> Possible:
        if not isinstance(place, Range) or not isinstance(count, Range):
            return NOTHING
        counts = (count.low, count.high)
        if counts not in ends:
            cut = [_cutoffs(low * max(count.low, 1), high * count.high, band.closed, quota.rounding)
                   for band, (low, high) in zip(quota.bands, shares, strict=True)]
            # The bounds rise, and what no earlier class takes a later one may.
            ends[counts] = list(accumulate((least for least, _ in cut), max)), list(accumulate((most for _, most in cut), max))
        least, most = ends[counts]
        possible = choices[bisect_left(most, place.low), bisect_left(least, place.high)]
        return possible | NOTHING if place.null or count.null else possible

    return [one(a, b) for a, b in zip(part(quota.place), part(quota.count), strict=True)]


def _cutoffs(low: Fraction, high: Fraction, closed: bool, rounding: p.Rounding) -> tuple[int, int]:
    """The least and the greatest last place within a bound that comes to between so many and so many places.

    With an open end the last place falls by one where the bound comes to a whole number, so it does not only rise.
    """
    least, most = p.cutoff(1, low, closed, rounding), p.cutoff(1, high, closed, rounding)
    if low < high and not closed:
        whole = -(-low.numerator // low.denominator)
        least = min(least, whole - 1) if whole <= high else least
        most = p.cutoff(1, high, True, rounding)
    return least, most
