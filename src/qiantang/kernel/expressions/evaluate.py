"""The oracle: the same tree evaluated row by row in Decimal, with the reason for every unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Literal

from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions import population as p
from qiantang.kernel.expressions.types import EXACT, Type
from qiantang.kernel.expressions.walking import facts_of, parts_of

Value = Decimal | int | str | date | None
Stored = int | bool | str | date | None

_ROUNDINGS = {"half_up": ROUND_HALF_UP, "down": ROUND_DOWN, "up": ROUND_UP}


@dataclass(frozen=True, slots=True, order=True)
class Blame:
    """Why a value is unknown: a fact is ``missing``, a denominator is ``zero``, a figure falls in ``no_band``, the
    subject is ``outside`` the population that is ranked, or the ``population`` itself is not there to compare with."""

    why: Literal["missing", "zero", "no_band", "outside", "population"]
    name: str


class Evaluation:
    """Expressions over a list of rows (one subject a row); a single subject is a list of one.

    ``rows`` hold stored values by fact name (numbers as scaled integers); a name that is not there is unknown.
    """

    def __init__(self, rows: Sequence[Mapping[str, Stored]], law_date: date, alone: bool = False) -> None:
        """``alone`` says that the rows are no population: what depends on the others is unknown, never a guess."""
        self.alone = alone
        self.rows = rows
        self.law_date = law_date
        self._known: dict[int, tuple[n.Expr, list[Value]]] = {}

    def of(self, node: n.Expr) -> list[Value]:
        """The node's value for every row; numbers as exact Decimals in the node's unit."""
        waiting: list[tuple[n.Expr, bool]] = [(node, False)]
        while waiting:
            inner, ready = waiting.pop()
            if id(inner) in self._known:
                continue
            if not ready:
                waiting.append((inner, True))
                waiting += [(part, False) for part in parts_of(inner)]
                continue
            unasked = self.alone and isinstance(inner, p.Population)
            values: list[Value] = [None] * len(self.rows) if unasked else _COMPUTE[type(inner)](self, inner)
            self._known[id(inner)] = (inner, values)
        return self._known[id(node)][1]

    def stored(self, node: n.Expr) -> list[Stored]:
        """The same, as an engine stores it: numbers as integers of the node's scale."""
        return [node.type.stored(v) if isinstance(v, Decimal) else v for v in self.of(node)]

    def blame(self, node: n.Expr, row: int) -> frozenset[Blame]:
        """What makes the node unknown for one row; empty where it is known."""
        if self.of(node)[row] is not None:
            return frozenset()
        if isinstance(node, n.Fact):
            return frozenset({Blame("missing", node.column.name)})
        if isinstance(node, n.Step):
            return self.blame(node.of, row)
        if isinstance(node, n.Choose):
            for flag, value in node.cases:
                held = self.of(flag)[row]
                if held is None:
                    return self.blame(flag, row)
                if held:
                    return self.blame(value, row)
            return self.blame(node.otherwise, row)
        if self.alone and isinstance(node, p.Population):
            return frozenset({Blame("population", "")})
        if isinstance(node, p.GroupMean) or (isinstance(node, p.GroupFigure) and node.how != "count"):
            return frozenset({Blame("missing", f.column.name) for f in facts_of(node.of)})
        found: set[Blame] = set()
        for child in node.children:
            found |= self.blame(child, row)
        if isinstance(node, n.Divide) and self.of(node.below)[row] == 0:
            found |= {Blame("zero", f.column.name) for f in facts_of(node.below)}
        if found:
            return frozenset(found)
        if isinstance(node, n.Banded):
            return frozenset({Blame("no_band", node.path)})
        if isinstance(node, p.Rank | p.GroupFigure):
            return frozenset({Blame("outside", "")})
        return frozenset()


def _context_decimal(value: Stored, kind: Type) -> Value:
    return kind.decimal(value) if kind.is_number and isinstance(value, int) else value


def _fact(ev: Evaluation, node: n.Fact) -> list[Value]:
    return [_context_decimal(row.get(node.column.name), node.type) for row in ev.rows]


def _const(ev: Evaluation, node: n.Const) -> list[Value]:
    return [_context_decimal(node.value, node.type)] * len(ev.rows)


def _each(ev: Evaluation, parts: Sequence[n.Expr], does: Callable[..., Value]) -> list[Value]:
    """Apply to the parts' values row by row; unknown where one part is."""
    return [None if any(v is None for v in values) else does(*values)
            for values in zip(*(ev.of(part) for part in parts), strict=True)]


def _sum(*values: Decimal) -> Decimal:
    total = Decimal(0)
    for value in values:
        total = EXACT.add(total, value)
    return total


def _quotient(above: Decimal, below: Decimal, scale: int, how: n.RoundingMode = "half_up") -> Decimal:
    return EXACT.divide(above, below).quantize(Decimal(1).scaleb(-scale), _ROUNDINGS[how], EXACT)


def _divide(ev: Evaluation, node: n.Divide) -> list[Value]:
    def one(above: Decimal, below: Decimal) -> Value:
        return None if below == 0 else _quotient(above, below, node.type.scale, node.how)

    return _each(ev, (node.above, node.below), one)


def _rounded(ev: Evaluation, node: n.Rounded) -> list[Value]:
    grid, how = Decimal(1).scaleb(-node.type.scale), _ROUNDINGS[node.how]
    return _each(ev, (node.of,), lambda v: v.quantize(grid, rounding=how, context=EXACT))


def _compare(ev: Evaluation, node: n.Compare) -> list[Value]:
    tests: dict[str, Callable[[Value, Value], bool]] = {
        "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,  # type: ignore[operator] # both of one kind
        ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,  # type: ignore[operator] # both of one kind
        "=": lambda a, b: a == b, "<>": lambda a, b: a != b,
    }
    return _each(ev, (node.left, node.right), tests[node.op])


def _junction(ev: Evaluation, node: n.Junction) -> list[Value]:
    decides = node.which == "any"

    def one(values: Sequence[Value]) -> Value:
        if any(v is decides for v in values):
            return decides
        return None if any(v is None for v in values) else not decides

    if not node.parts:
        return [not decides] * len(ev.rows)
    return [one(values) for values in zip(*(ev.of(part) for part in node.parts), strict=True)]


def _at_least(ev: Evaluation, node: n.AtLeast) -> list[Value]:
    def one(values: Sequence[Value]) -> Value:
        holds, open_ = sum(v is True for v in values), sum(v is None for v in values)
        return True if holds >= node.k else (None if holds + open_ >= node.k else False)

    parts = [ev.of(part) for part in node.parts]
    return [one([part[row] for part in parts]) for row in range(len(ev.rows))]


def _choose(ev: Evaluation, node: n.Choose) -> list[Value]:
    flags = [ev.of(flag) for flag, _ in node.cases]
    values = [ev.of(value) for _, value in node.cases]
    other = ev.of(node.otherwise)

    def one(row: int) -> Value:
        for flag, value in zip(flags, values, strict=True):
            if flag[row] is None:
                return None
            if flag[row]:
                return value[row]
        return other[row]

    return [one(row) for row in range(len(ev.rows))]


def _first_known(ev: Evaluation, node: n.FirstKnown) -> list[Value]:
    return [next((v for v in values if v is not None), None)
            for values in zip(*(ev.of(part) for part in node.parts), strict=True)]


def _banded(ev: Evaluation, node: n.Banded) -> list[Value]:
    def one(value: Decimal) -> Value:
        for band in node.bands:
            if band.holds(value):
                return _context_decimal(band.gives.value, band.gives.type)
        return None

    return _each(ev, (node.of,), one)


def _groups(ev: Evaluation, node: p.Population, known: Sequence[n.Expr]) -> tuple[list[tuple[Value, ...]], list[bool]]:
    """Each row's group, and whether the row counts (is among, with all ``known`` figures known)."""
    keys: list[tuple[Value, ...]] = [()] * len(ev.rows)
    if node.within:
        keys = list(zip(*(ev.of(w) for w in node.within), strict=True))
    figures = [ev.of(k) for k in known]
    among = ev.of(node.among)
    return keys, [among[i] is True and all(f[i] is not None for f in figures) for i in range(len(ev.rows))]


def _rank(ev: Evaluation, node: p.Rank) -> list[Value]:
    keys, counts = _groups(ev, node, [e for e, _ in node.by])
    figures = [ev.of(e) for e, _ in node.by]
    places: list[Value] = [None] * len(ev.rows)
    members: dict[tuple[Value, ...], list[int]] = {}
    for i, counted in enumerate(counts):
        if counted:
            members.setdefault(keys[i], []).append(i)
    for group in members.values():
        for (_, descending), figure in reversed(list(zip(node.by, figures, strict=True))):
            group.sort(key=lambda i, f=figure: f[i], reverse=descending)  # type: ignore[misc] # bound per loop
        last: tuple[Value, ...] | None = None
        for place, i in enumerate(group, start=1):
            own = tuple(f[i] for f in figures)
            shared = node.ties == "share" and own == last
            places[i] = places[group[place - 2]] if shared else Decimal(place)
            last = own
    return places


def _group_figure(ev: Evaluation, node: p.GroupFigure) -> list[Value]:
    known = () if node.how == "count" else (node.of,)
    keys, counts = _groups(ev, node, known)
    figures = ev.of(node.of)
    gathered: dict[tuple[Value, ...], list[Value]] = {}
    for i, counted in enumerate(counts):
        if counted:
            gathered.setdefault(keys[i], []).append(Decimal(1) if node.how in ("count", "members") else figures[i])
    merge: Callable[..., Value] = {"least": min, "greatest": max}.get(node.how, lambda values: _sum(*values))
    totals = {key: merge(values) for key, values in gathered.items()}
    if node.how == "count":
        return [totals[keys[i]] if counted else None for i, counted in enumerate(counts)]
    if node.how == "members":
        return [totals.get(key, Decimal(0)) for key in keys]
    return [totals.get(key) for key in keys]


def _group_mean(ev: Evaluation, node: p.GroupMean) -> list[Value]:
    keys, counts = _groups(ev, node, (node.of,))
    figures = ev.of(node.of)
    sums: dict[tuple[Value, ...], tuple[Decimal, int]] = {}
    for i, counted in enumerate(counts):
        if counted:
            total, many = sums.get(keys[i], (Decimal(0), 0))
            figure = figures[i]
            assert isinstance(figure, Decimal)
            sums[keys[i]] = (EXACT.add(total, figure), many + 1)
    means = {key: _quotient(total, Decimal(many), node.type.scale) for key, (total, many) in sums.items()}
    return [means.get(key) for key in keys]


def _quota(ev: Evaluation, node: p.Quota) -> list[Value]:
    def one(place: Decimal, many: Decimal) -> Value:
        for band in node.bands:
            if place <= p.cutoff(int(many), band.upto, band.closed, node.rounding):
                return band.code
        return node.last

    return _each(ev, (node.place, node.count), one)


_COMPUTE: dict[type, Callable[..., list[Value]]] = {
    n.Fact: _fact,
    n.Const: _const,
    n.LawDate: lambda ev, _: [ev.law_date] * len(ev.rows),
    n.Step: lambda ev, node: ev.of(node.of),
    n.Add: lambda ev, node: _each(ev, node.parts, _sum),
    n.Subtract: lambda ev, node: _each(ev, (node.left, node.right), EXACT.subtract),
    n.Multiply: lambda ev, node: _each(ev, (node.left, node.right), EXACT.multiply),
    n.Divide: _divide,
    n.Rounded: _rounded,
    n.Extreme: lambda ev, node: _each(ev, node.parts, min if node.which == "least" else max),
    n.InUnit: lambda ev, node: _each(ev, (node.of,), lambda v: EXACT.multiply(
        v, Decimal(node.up).scaleb(node.of.type.scale - node.type.scale))),
    n.Compare: _compare,
    n.Among: lambda ev, node: _each(ev, (node.of,), lambda v: v in node.codes),
    n.Junction: _junction,
    n.AtLeast: _at_least,
    n.Not: lambda ev, node: _each(ev, (node.of,), lambda v: not v),
    n.Known: lambda ev, node: [v is not None for v in ev.of(node.of)],
    n.Choose: _choose,
    n.FirstKnown: _first_known,
    n.DaysBetween: lambda ev, node: _each(ev, (node.first, node.last), lambda a, b: Decimal((b - a).days)),
    n.YearOf: lambda ev, node: _each(ev, (node.of,), lambda v: Decimal(v.year)),
    n.Banded: _banded,
    n.Listed: lambda ev, node: [
        (",".join(w for w, v in zip(node.words, values, strict=True) if v) or None) if when else None
        for when, *values in zip(ev.of(node.when), *(ev.of(f) for f in node.flags), strict=True)],
    p.Rank: _rank,
    p.GroupFigure: _group_figure,
    p.GroupMean: _group_mean,
    p.Quota: _quota,
}
