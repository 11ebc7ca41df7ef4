"""Evaluates a tree over ranges: what each subject's value may turn out to be while some inputs are only bounded.

Sound: the value under any admissible choice of the inputs lies within what is given here. Numbers carry a lowest and
a highest scaled integer and whether they may be unknown; flags, codes and days carry the set of what they may be.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from itertools import accumulate, pairwise, product

from qiantang.kernel.errors import RulebookError
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions import population as p
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.expressions.rewrite import transformed
from qiantang.kernel.expressions.types import EXACT, number
from qiantang.kernel.expressions.walking import walk


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


def _flag(can_hold: bool, can_fail: bool, can_be_unknown: bool) -> Choice:
    return _FLAGS[can_hold, can_fail, can_be_unknown]


def _hull(values: Iterable[Possible]) -> Possible:
    """The least possibility that holds all of them; numbers must be at one scale."""
    found = list(values)
    if len(found) == 1:
        return found[0]
    ranges = [v for v in found if isinstance(v, Range)]
    if not ranges:
        return frozenset().union(*(v for v in found if not isinstance(v, Range)))
    null = any(v.null if isinstance(v, Range) else None in v for v in found)
    return Range(min(r.low for r in ranges), max(r.high for r in ranges), null)


class Between(n.Expr):
    """A parameter of which only the ends are known, as integers of the type's scale."""

    low: int
    high: int
    path: str

    @property
    def detail(self) -> tuple[object, ...]:
        return (self.low, self.high, self.type.scale, self.type.unit, self.path)


class SharesBetween(n.Expr):
    """A quota some of whose bounds are known only by their least and greatest share."""

    quota: p.Quota
    shares: tuple[tuple[Fraction, Fraction], ...]

    @property
    def children(self) -> tuple[n.Expr, ...]:
        return self.quota.children

    @property
    def detail(self) -> tuple[object, ...]:
        return (*self.quota.detail, self.shares)


def opened(root: n.Expr, ends: Mapping[str, tuple[Decimal, Decimal]], shares: Mapping[str, tuple[Fraction, Fraction]]) -> n.Expr:
    """The tree with parameters of these paths left open between their ends: numbers in their own unit, quotas as shares."""
    def change(node: n.Expr) -> n.Expr:
        if isinstance(node, n.Const) and node.path in ends and node.type.is_number:
            low, high = (n.constant(end, node.type.unit) for end in ends[node.path])
            scale = max(low.type.scale, high.type.scale)
            (least, _), (_, most) = low.type.rescaled_range(scale), high.type.rescaled_range(scale)
            return Between(number(scale, node.type.unit, least, most, nullable=False), least, most, node.path)
        if isinstance(node, p.Quota) and any(b.path in shares for b in node.bands):
            return SharesBetween(node.type, node, tuple(shares.get(b.path, (b.upto, b.upto)) for b in node.bands))
        return node

    return transformed(root, change) if ends or shares else root


class BoundsEvaluation:
    """Trees over rows some of whose facts are known only as ranges.

    ``rows`` hold stored values; ``open_facts`` the range of a fact (scaled integers) for the rows in which it is
    missing. What two trees have in common is worked out once.
    """

    def __init__(self, rows: Sequence[Mapping[str, Stored]], law_date: date, open_facts: Mapping[str, tuple[int, int]]) -> None:
        self.rows = rows
        self.law_date = law_date
        self.open_facts = open_facts
        self._shapes: dict[tuple[object, ...], int] = {}
        self._values: dict[int, list[Possible]] = {}
        self._numbers: dict[int, int] = {}

    def of(self, root: n.Expr) -> list[Possible]:
        """What the tree may be, for every row."""
        self._numbers = {}
        for node in walk(root):
            if isinstance(node, n.Step):
                self._numbers[id(node)] = self._numbers[id(node.of)]
                continue
            shape = (type(node), node.detail, tuple(self._numbers[id(c)] for c in node.children))
            number = self._numbers[id(node)] = self._shapes.setdefault(shape, len(self._shapes))
            if number not in self._values:
                self._values[number] = _COMPUTE[type(node)](self, node)
        return self.part(root)

    def part(self, node: n.Expr) -> list[Possible]:
        """The same of a node of the tree at hand whose parts are done."""
        return self._values[self._numbers[id(node)]]


def _fact(ev: BoundsEvaluation, node: n.Fact) -> list[Possible]:
    name = node.column.name
    bounds = ev.open_facts.get(name)
    missing: Possible = NOTHING if bounds is None else Range(*bounds)
    found: list[Possible] = []
    for row in ev.rows:
        value = row.get(name)
        if value is None:
            found.append(missing)
        elif node.type.is_number and isinstance(value, int):
            found.append(Range(value, value))
        else:
            found.append(frozenset({value}))
    return found


def _const(ev: BoundsEvaluation, node: n.Const) -> list[Possible]:
    value: Possible
    if node.value is None:
        value = NOTHING
    elif node.type.is_number and isinstance(node.value, int):
        value = Range(node.value, node.value)
    else:
        value = frozenset({node.value})
    return [value] * len(ev.rows)


def _numeric(ev: BoundsEvaluation, parts: Sequence[n.Expr], does: Callable[..., Possible]) -> list[Possible]:
    """Apply to the parts' ranges; surely unknown where one part surely is; may be unknown where one may be."""
    found: list[Possible] = []
    for values in zip(*(ev.part(part) for part in parts), strict=True):
        if any(not isinstance(v, Range) for v in values):
            found.append(NOTHING)
            continue
        result = does(*values)
        null = any(isinstance(v, Range) and v.null for v in values)
        found.append(Range(result.low, result.high, True) if null and isinstance(result, Range) else result)
    return found


def _grow(value: Range, times: int) -> tuple[int, int]:
    return value.low * times, value.high * times


def _scales(node: n.Expr, parts: Sequence[n.Expr]) -> list[int]:
    return [int(10 ** (node.type.scale - part.type.scale)) for part in parts]


def _add(ev: BoundsEvaluation, node: n.Add) -> list[Possible]:
    times = _scales(node, node.parts)

    def one(*values: Range) -> Possible:
        ends = [_grow(v, t) for v, t in zip(values, times, strict=True)]
        return Range(sum(e[0] for e in ends), sum(e[1] for e in ends))

    return _numeric(ev, node.parts, one)


def _subtract(ev: BoundsEvaluation, node: n.Subtract) -> list[Possible]:
    left, right = _scales(node, node.children)
    return _numeric(ev, node.children, lambda a, b: Range(a.low * left - b.high * right, a.high * left - b.low * right))


def _multiply(ev: BoundsEvaluation, node: n.Multiply) -> list[Possible]:
    def one(a: Range, b: Range) -> Possible:
        corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
        return Range(min(corners), max(corners))

    return _numeric(ev, node.children, one)


def _divide(ev: BoundsEvaluation, node: n.Divide) -> list[Possible]:
    shift = node.type.scale + node.below.type.scale - node.above.type.scale
    up, down = (10**shift, 1) if shift >= 0 else (1, 10**-shift)

    def one(a: Range, b: Range) -> Possible:
        bottoms = {x for x in (b.low, b.high, *((1,) if b.low <= 1 <= b.high else ()), *((-1,) if b.low <= -1 <= b.high else ()))
                   if x != 0}
        if not bottoms:
            return NOTHING
        corners = [n.whole_quotient(x * up, y * down, node.how) for x in (a.low, a.high) for y in bottoms]
        if a.low <= 0 <= a.high:
            corners.append(0)
        return Range(min(corners), max(corners), b.low <= 0 <= b.high)

    return _numeric(ev, node.children, one)


def _rounded(ev: BoundsEvaluation, node: n.Rounded) -> list[Possible]:
    cut = node.of.type.scale - node.type.scale
    if cut <= 0:
        return _numeric(ev, (node.of,), lambda v: Range(*_grow(v, 10**-cut)))
    step = 10**cut
    return _numeric(ev, (node.of,), lambda v: Range(n.whole_quotient(v.low, step, node.how), n.whole_quotient(v.high, step, node.how)))


def _extreme(ev: BoundsEvaluation, node: n.Extreme) -> list[Possible]:
    times, pick = _scales(node, node.parts), min if node.which == "least" else max

    def one(*values: Range) -> Possible:
        ends = [_grow(v, t) for v, t in zip(values, times, strict=True)]
        return Range(pick(e[0] for e in ends), pick(e[1] for e in ends))

    return _numeric(ev, node.parts, one)


def _compare(ev: BoundsEvaluation, node: n.Compare) -> list[Possible]:
    if not node.left.type.is_number:
        return [_compare_choices(a, node.op, b) for a, b in zip(ev.part(node.left), ev.part(node.right), strict=True)]
    scale = max(node.left.type.scale, node.right.type.scale)
    times = [10 ** (scale - side.type.scale) for side in (node.left, node.right)]

    def one(a: Possible, b: Possible) -> Choice:
        if not isinstance(a, Range) or not isinstance(b, Range):
            return NOTHING
        (al, ah), (bl, bh) = _grow(a, times[0]), _grow(b, times[1])
        null = a.null or b.null
        if node.op == "<":
            return _flag(al < bh, ah >= bl, null)
        if node.op == "<=":
            return _flag(al <= bh, ah > bl, null)
        if node.op == ">":
            return _flag(ah > bl, al <= bh, null)
        if node.op == ">=":
            return _flag(ah >= bl, al < bh, null)
        meet, sure = al <= bh and bl <= ah, al == ah == bl == bh
        return _flag(meet, not sure, null) if node.op == "=" else _flag(not sure, meet, null)

    return [one(a, b) for a, b in zip(ev.part(node.left), ev.part(node.right), strict=True)]


def _compare_choices(a: Possible, op: str, b: Possible) -> Choice:
    assert not isinstance(a, Range)
    assert not isinstance(b, Range)
    tests: dict[str, Callable[[Stored, Stored], bool]] = {
        "<": lambda x, y: x < y, "<=": lambda x, y: x <= y,  # type: ignore[operator] # both of one kind
        ">": lambda x, y: x > y, ">=": lambda x, y: x >= y,  # type: ignore[operator] # both of one kind
        "=": lambda x, y: x == y, "<>": lambda x, y: x != y,
    }
    return frozenset(None if x is None or y is None else tests[op](x, y) for x in a for y in b)


def _junction(ev: BoundsEvaluation, node: n.Junction) -> list[Possible]:
    decides = node.which == "any"

    def one(values: Sequence[Choice]) -> Choice:
        decided = any(decides in v for v in values)
        surely = any(v == {decides} for v in values)
        unknown = not surely and any(None in v for v in values)
        other = not surely and all((not decides) in v for v in values)
        return _flag(decided if decides else other, other if decides else decided, unknown)

    return [one(values) for values in _choices(ev, node.parts)]


def _choices(ev: BoundsEvaluation, parts: Sequence[n.Expr]) -> Iterable[Sequence[Choice]]:
    """The flags of each row; there may be none."""
    flags = [ev.part(part) for part in parts]
    for row in range(len(ev.rows)):
        yield [v for flag in flags if not isinstance(v := flag[row], Range)]


def _at_least(ev: BoundsEvaluation, node: n.AtLeast) -> list[Possible]:
    def one(values: Sequence[Choice]) -> Choice:
        surely, may_hold = sum(v == YES for v in values), sum(True in v for v in values)
        may_fail, may_count = sum(False in v for v in values), sum(v != NO for v in values)
        unknown = any(None in v for v in values) and surely < node.k <= may_count
        return _flag(may_hold >= node.k, may_fail > len(values) - node.k, unknown)

    return [one(values) for values in _choices(ev, node.parts)]


def _choose(ev: BoundsEvaluation, node: n.Choose) -> list[Possible]:
    flags = [ev.part(flag) for flag, _ in node.cases]
    branches = [_brought(ev, value, node) for _, value in node.cases]
    other = _brought(ev, node.otherwise, node)
    found: list[Possible] = []
    for row in range(len(ev.rows)):
        possible: list[Possible] = []
        for flag, branch in zip(flags, branches, strict=True):
            held = flag[row]
            assert not isinstance(held, Range)
            if True in held:
                possible.append(branch[row])
            if None in held:
                possible.append(NOTHING)
            if False not in held:
                break
        else:
            possible.append(other[row])
        found.append(_hull(possible))
    return found


def _brought(ev: BoundsEvaluation, value: n.Expr, whole: n.Expr) -> list[Possible]:
    """A branch's possibilities at the scale of the whole."""
    grow = 10 ** (whole.type.scale - value.type.scale) if whole.type.is_number else 1
    return [Range(*_grow(v, grow), v.null) if grow != 1 and isinstance(v, Range) else v for v in ev.part(value)]


def _first_known(ev: BoundsEvaluation, node: n.FirstKnown) -> list[Possible]:
    parts = [_brought(ev, part, node) for part in node.parts]

    def one(values: Sequence[Possible]) -> Possible:
        possible: list[Possible] = []
        for value in values:
            if value == NOTHING:
                continue
            if isinstance(value, Range):
                possible.append(Range(value.low, value.high))
                if not value.null:
                    return _hull(possible)
            else:
                possible.append(value - NOTHING)
                if None not in value:
                    return _hull(possible)
        return _hull([*possible, NOTHING])

    return [one(values) for values in zip(*parts, strict=True)]


def _known(ev: BoundsEvaluation, node: n.Known) -> list[Possible]:
    def one(value: Possible) -> Choice:
        if isinstance(value, Range):
            return _flag(True, value.null, False)
        return _flag(value != NOTHING, None in value, False)

    return [one(v) for v in ev.part(node.of)]


def _banded(ev: BoundsEvaluation, node: n.Banded) -> list[Possible]:
    """Between the whole numbers of its scale a figure that rests on an open parameter may stand anywhere."""
    scale, grow = node.of.type.scale, 10**node.type.scale
    on_grid = not any(isinstance(inner, Between) for inner in walk(node.of))

    def given(band: n.Band) -> Possible:
        if node.type.is_number and isinstance(band.gives.value, int):
            value = band.gives.value * grow // 10**band.gives.type.scale
            return Range(value, value)
        return frozenset({band.gives.value})

    reaches = [_Reach.of(band, scale, on_grid) for band in node.bands]
    gaps = _gaps(sorted(reaches, key=lambda r: (r.low is not None, r.low or Decimal(0))), on_grid)
    gives = [given(b) for b in node.bands]

    def one(value: Possible) -> Possible:
        if not isinstance(value, Range):
            return NOTHING
        possible = [gift for reach, gift in zip(reaches, gives, strict=True) if reach.meets(value)]
        if value.null or any(gap.meets(value) for gap in gaps):
            possible.append(NOTHING)
        return _hull(possible)

    return [one(v) for v in ev.part(node.of)]


@dataclass(frozen=True, slots=True)
class _Reach:
    """The figures of a band or of a gap between bands, in scaled units; ``None`` is an open end."""

    low: Decimal | None
    high: Decimal | None
    low_closed: bool
    high_closed: bool

    @classmethod
    def of(cls, band: n.Band, scale: int, on_grid: bool) -> _Reach:
        low, high = (None if end is None else end.scaleb(scale, EXACT) for end in (band.low, band.high))
        if not on_grid:
            return cls(low, high, band.low_closed, band.high_closed)
        if low is not None:
            first = low.to_integral_value(ROUND_CEILING)
            low = first + 1 if first == low and not band.low_closed else first
        if high is not None:
            last = high.to_integral_value(ROUND_FLOOR)
            high = last - 1 if last == high and not band.high_closed else last
        return cls(low, high, True, True)

    def meets(self, value: Range) -> bool:
        """Whether some figure of the range is in it."""
        above = self.low is None or value.high > self.low or (self.low_closed and value.high == self.low)
        below = self.high is None or value.low < self.high or (self.high_closed and value.low == self.high)
        empty = self.low is not None and self.high is not None and (
            self.low > self.high or (self.low == self.high and not (self.low_closed and self.high_closed)))
        return above and below and not empty


def _gaps(reaches: Sequence[_Reach], on_grid: bool) -> list[_Reach]:
    """What lies in none of the bands, which do not overlap and are in order."""
    found = []
    for before, after in pairwise((None, *reaches, None)):
        low, high = (None if before is None else before.high), (None if after is None else after.low)
        if (before is not None and low is None) or (after is not None and high is None):
            continue
        if on_grid:
            found.append(_Reach(None if low is None else low + 1, None if high is None else high - 1, True, True))
        else:
            found.append(_Reach(low, high, before is not None and not before.high_closed, after is not None and not after.low_closed))
    return found


# --- populations ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Member:
    """A row's part in a group: whether it surely counts somewhere, and surely in this one, and what its keys may be."""

    row: int
    counts: bool
    surely: bool
    keys: tuple[Possible, ...]


def _members(ev: BoundsEvaluation, node: p.Population, keys: Sequence[n.Expr]) -> dict[tuple[Stored, ...], list[_Member]]:
    """Every row that may count, in each group it may belong to."""
    groups: dict[tuple[Stored, ...], list[_Member]] = {}
    within = [ev.part(w) for w in node.within]
    among = ev.part(node.among)
    figures = [ev.part(k) for k in keys]
    for row in range(len(ev.rows)):
        held = among[row]
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


def _rank(ev: BoundsEvaluation, node: p.Rank) -> list[Possible]:
    """Best place: only those surely better stand before; worst place: all that may be better do.

    Where a tie is settled by a key that turns out to be equal too, either may stand before.
    """
    found: list[list[Possible]] = [[] for _ in ev.rows]
    for members in _members(ev, node, [e for e, _ in node.by]).values():
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
    return [_hull(values) if values else NOTHING for values in found]


def _group_figure(ev: BoundsEvaluation, node: p.GroupFigure) -> list[Possible]:
    if node.how == "count":
        counts: list[list[Possible]] = [[] for _ in ev.rows]
        for members in _members(ev, node, ()).values():
            sure = sum(m.surely for m in members)
            for member in members:
                own = 0 if member.surely else 1
                counts[member.row].append(Range(sure + own, len(members), not member.counts))
        return [_hull(values) if values else NOTHING for values in counts]
    figures = {group: _figure(node, members) for group, members in _members(ev, node, (node.of,)).items()}
    return _given_to_groups(ev, node, figures, Range(0, 0) if node.how == "members" else NOTHING)


def _figure(node: p.GroupFigure, members: Sequence[_Member]) -> Possible:
    sure = [m.keys[0] for m in members if m.surely]
    every = [m.keys[0] for m in members]
    if node.how == "members":
        return Range(len(sure), len(every))
    if any(not isinstance(v, Range) for v in every):
        return _hull([*every, *(() if sure else (NOTHING,))])
    lows = [v.low for v in every if isinstance(v, Range)]
    highs = [v.high for v in every if isinstance(v, Range)]
    if node.how == "sum":
        low = sum(m.keys[0].low if m.surely else min(0, m.keys[0].low) for m in members if isinstance(m.keys[0], Range))
        high = sum(m.keys[0].high if m.surely else max(0, m.keys[0].high) for m in members if isinstance(m.keys[0], Range))
        return Range(low, high, not sure)
    if node.how == "least":
        return Range(min(lows), min((v.high for v in sure if isinstance(v, Range)), default=max(highs)), not sure)
    return Range(max((v.low for v in sure if isinstance(v, Range)), default=min(lows)), max(highs), not sure)


def _group_mean(ev: BoundsEvaluation, node: p.GroupMean) -> list[Possible]:
    shift = node.type.scale - node.of.type.scale
    up, down = (10**shift, 1) if shift >= 0 else (1, 10**-shift)
    figures: dict[tuple[Stored, ...], Possible] = {}
    for group, members in _members(ev, node, (node.of,)).items():
        ranges = [m.keys[0] for m in members if isinstance(m.keys[0], Range)]
        if all(m.surely for m in members):
            many = len(ranges) * down
            figures[group] = Range(n.whole_quotient(sum(r.low for r in ranges) * up, many),
                                   n.whole_quotient(sum(r.high for r in ranges) * up, many))
        else:
            low, high = min(r.low for r in ranges), max(r.high for r in ranges)
            figures[group] = Range(n.whole_quotient(low * up, down), n.whole_quotient(high * up, down),
                                   not any(m.surely for m in members))
    return _given_to_groups(ev, node, figures)


def _given_to_groups(ev: BoundsEvaluation, node: p.Population, figures: Mapping[tuple[Stored, ...], Possible],
                     nobody: Possible = NOTHING) -> list[Possible]:
    within = [ev.part(w) for w in node.within]
    found = []
    for row in range(len(ev.rows)):
        groups = product(*(_settled(w[row]) for w in within))
        found.append(_hull(figures.get(group, nobody) for group in groups))
    return found


def _quota(ev: BoundsEvaluation, node: p.Quota | SharesBetween) -> list[Possible]:
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

    return [one(a, b) for a, b in zip(ev.part(quota.place), ev.part(quota.count), strict=True)]


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


_COMPUTE: dict[type, Callable[..., list[Possible]]] = {
    n.Fact: _fact,
    n.Const: _const,
    Between: lambda ev, node: [Range(node.low, node.high)] * len(ev.rows),
    n.LawDate: lambda ev, _: [frozenset({ev.law_date})] * len(ev.rows),
    n.Add: _add,
    n.Subtract: _subtract,
    n.Multiply: _multiply,
    n.Divide: _divide,
    n.Rounded: _rounded,
    n.Extreme: _extreme,
    n.InUnit: lambda ev, node: _numeric(ev, (node.of,), lambda v: Range(v.low * node.up, v.high * node.up)),
    n.Compare: _compare,
    n.Among: lambda ev, node: [frozenset(None if v is None else v in node.codes for v in value) for value in ev.part(node.of)],
    n.Junction: _junction,
    n.AtLeast: _at_least,
    n.Not: lambda ev, node: [frozenset(None if v is None else not v for v in value) for value in ev.part(node.of)],
    n.Known: _known,
    n.Choose: _choose,
    n.FirstKnown: _first_known,
    n.DaysBetween: lambda ev, node: [_days(a, b) for a, b in zip(ev.part(node.first), ev.part(node.last), strict=True)],
    n.YearOf: lambda ev, node: [_year(v) for v in ev.part(node.of)],
    n.Banded: _banded,
    p.Rank: _rank,
    p.GroupFigure: _group_figure,
    p.GroupMean: _group_mean,
    p.Quota: _quota,
    SharesBetween: _quota,
}


def _days(first: Possible, last: Possible) -> Possible:
    if first == NOTHING or last == NOTHING:
        return NOTHING
    assert not isinstance(first, Range)
    assert not isinstance(last, Range)
    days = [(b - a).days for a in first for b in last if isinstance(a, date) and isinstance(b, date)]
    return Range(min(days), max(days), None in first or None in last)


def _year(of: Possible) -> Possible:
    assert not isinstance(of, Range)
    years = [v.year for v in of if isinstance(v, date)]
    return Range(min(years), max(years), None in of) if years else NOTHING
