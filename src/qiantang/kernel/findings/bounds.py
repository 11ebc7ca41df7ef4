"""Evaluates a tree over ranges: what each subject's value may turn out to be while some inputs are only bounded.

Sound: the value under any admissible choice of the inputs lies within what is given here. Numbers carry a lowest and
a highest scaled integer and whether they may be unknown; flags, codes and days carry the set of what they may be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise

from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions import population as p
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.expressions.types import EXACT
from qiantang.kernel.expressions.walking import walk
from qiantang.kernel.findings.opening import Between, SharesBetween
from qiantang.kernel.findings.population_bounds import class_bounds, figure_bounds, mean_bounds, place_bounds
from qiantang.kernel.findings.possible import NO, NOTHING, YES, Choice, Possible, Range, flag_that, hull


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
            return flag_that(al < bh, ah >= bl, null)
        if node.op == "<=":
            return flag_that(al <= bh, ah > bl, null)
        if node.op == ">":
            return flag_that(ah > bl, al <= bh, null)
        if node.op == ">=":
            return flag_that(ah >= bl, al < bh, null)
        meet, sure = al <= bh and bl <= ah, al == ah == bl == bh
        return flag_that(meet, not sure, null) if node.op == "=" else flag_that(not sure, meet, null)

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
        return flag_that(decided if decides else other, other if decides else decided, unknown)

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
        return flag_that(may_hold >= node.k, may_fail > len(values) - node.k, unknown)

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
        found.append(hull(possible))
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
                    return hull(possible)
            else:
                possible.append(value - NOTHING)
                if None not in value:
                    return hull(possible)
        return hull([*possible, NOTHING])

    return [one(values) for values in zip(*parts, strict=True)]


def _known(ev: BoundsEvaluation, node: n.Known) -> list[Possible]:
    def one(value: Possible) -> Choice:
        if isinstance(value, Range):
            return flag_that(True, value.null, False)
        return flag_that(value != NOTHING, None in value, False)

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
        return hull(possible)

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
    p.Rank: lambda ev, node: place_bounds(ev.part, node),
    p.GroupFigure: lambda ev, node: figure_bounds(ev.part, node),
    p.GroupMean: lambda ev, node: mean_bounds(ev.part, node),
    p.Quota: lambda ev, node: class_bounds(ev.part, node),
    SharesBetween: lambda ev, node: class_bounds(ev.part, node),
}
