"""The expression tree: what a rule computes, node by node, each with one stated meaning and a proven type.

A node is immutable and checked when it is built: units must agree, ranges are carried along. Numbers are scaled
integers (see ``types``). Unknown (None, NULL) spreads through arithmetic; comparisons and all/any are three-valued.
Whole-population nodes (rank, quota, sums over groups) live in ``population``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from inspect import get_annotations
from math import gcd
from typing import Any, ClassVar, Literal, dataclass_transform

from qiantang.kernel.errors import RulebookError
from qiantang.kernel.expressions.columns import Column
from qiantang.kernel.expressions.types import DAY, EXACT, FLAG, Kind, Type, number
from qiantang.kernel.units import ONE, Unit, unit

RoundingMode = Literal["half_up", "down", "up"]
Comparison = Literal["<", "<=", ">", ">=", "=", "<>"]


@dataclass_transform(eq_default=False, frozen_default=True)
class Node:
    """Sets a node's fields, those of its bases first; ``@dataclass`` would compile code for each kind at every start."""

    _fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls._fields = (*cls._fields, *get_annotations(cls))

    def __init__(self, *values: Any, **named: Any) -> None:
        self.__dict__.update(zip(self._fields, values, strict=False), **named)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name} of a node never changes")


class Expr(Node):
    """Base of all nodes. Two nodes are the same only if they are one object; ``shape`` compares by structure."""

    type: Type

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self.detail}"

    @property
    def children(self) -> tuple[Expr, ...]:
        """The nodes this one is made of, in written order."""
        return ()

    @property
    def detail(self) -> tuple[object, ...]:
        """What besides its children makes this node what it is."""
        return ()

    def __add__(self, other: Expr) -> Expr:
        return add(self, other)

    def __sub__(self, other: Expr) -> Expr:
        return subtract(self, other)

    def __mul__(self, other: Expr) -> Expr:
        return multiply(self, other)

    def __ge__(self, other: Expr) -> Expr:
        return compare(self, ">=", other)

    def __gt__(self, other: Expr) -> Expr:
        return compare(self, ">", other)

    def __le__(self, other: Expr) -> Expr:
        return compare(self, "<=", other)

    def __lt__(self, other: Expr) -> Expr:
        return compare(self, "<", other)

    def equals(self, other: Expr) -> Expr:
        """True where both values are the same, unknown where one is unknown."""
        return compare(self, "=", other)

    def differs(self, other: Expr) -> Expr:
        """True where the values differ, unknown where one is unknown."""
        return compare(self, "<>", other)

    def __bool__(self) -> bool:
        raise TypeError("an expression has no truth value; use all_of, any_of, when")


# --- leaves ----------------------------------------------------------------------------------------------------


class Fact(Expr):
    """A fact of the subject."""

    column: Column

    @classmethod
    def of(cls, column: Column) -> Fact:
        """The fact kept in this column."""
        return cls(column.type, column)

    @property
    def detail(self) -> tuple[object, ...]:
        return (self.column.name,)


class Const(Expr):
    """A fixed value; ``path`` names the parameter it was read from, empty for a plain constant.

    ``value`` is as stored: a scaled integer, a flag, a code or a day.
    """

    value: int | bool | str | date | None
    path: str = ""

    @property
    def detail(self) -> tuple[object, ...]:
        return (self.type.kind, self.value, self.type.scale, self.type.unit, self.path)


class LawDate(Expr):
    """The day on which the law is read."""


class Step(Expr):
    """The value of a named step of the same rulebook."""

    name: str
    of: Expr

    @property
    def detail(self) -> tuple[object, ...]:
        return (self.name,)


def constant(value: Decimal | int | str, written: str | Unit = ONE, path: str = "") -> Const:
    """A number with its unit. Its scale is just what its decimals need. RulebookError for what is no finite number."""
    exact = Decimal(value)
    if not exact.is_finite():
        raise RulebookError.of(f"“{value}”不是有限的数", f"'{value}' is no finite number", value=str(value))
    exact = EXACT.normalize(exact)
    exponent = exact.as_tuple().exponent
    scale = max(0, -exponent) if isinstance(exponent, int) else 0
    stored = int(EXACT.scaleb(exact, scale))
    of = written if isinstance(written, Unit) else unit(written)
    return Const(number(scale, of, stored, stored, nullable=False), stored, path)


def code_constant(value: str, path: str = "") -> Const:
    """A code or a text."""
    return Const(Type(Kind.CODE, nullable=False), value, path)


def flag_constant(value: bool, path: str = "") -> Const:
    """Yes or no."""
    return Const(FLAG.known(), value, path)


def day_constant(value: date, path: str = "") -> Const:
    """A calendar day."""
    return Const(DAY.known(), value, path)


def unknown(of: Type) -> Const:
    """The unknown value of a type."""
    return Const(replace(of, nullable=True), None)


def law_date() -> Expr:
    """The day on which the law is read."""
    return LawDate(DAY.known())


# --- arithmetic ------------------------------------------------------------------------------------------------


class Add(Expr):
    """Exact sum; parts are brought to the finest scale among them."""

    parts: tuple[Expr, ...]

    @property
    def children(self) -> tuple[Expr, ...]:
        return self.parts


class Subtract(Expr):
    """Exact difference."""

    left: Expr
    right: Expr

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.left, self.right)


class Multiply(Expr):
    """Exact product; scales add up."""

    left: Expr
    right: Expr

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.left, self.right)


class Divide(Expr):
    """``above / below`` rounded once to the type's scale; unknown where ``below`` is 0.

    ``how`` is ``half_up`` (half away from zero) for figures of the law, ``up`` or ``down`` (away from, towards zero)
    where a bound is sought.
    """

    above: Expr
    below: Expr
    how: RoundingMode

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.above, self.below)

    @property
    def detail(self) -> tuple[object, ...]:
        return (self.type.scale, self.how)


class Rounded(Expr):
    """The value at a coarser scale: ``half_up`` (half away from zero), ``down`` or ``up`` (both by size)."""

    of: Expr
    how: RoundingMode

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.of,)

    @property
    def detail(self) -> tuple[object, ...]:
        return (self.how, self.type.scale)


class Extreme(Expr):
    """The least or the greatest of several; unknown as soon as one of them is (a cap never stands in for a fact)."""

    which: Literal["least", "greatest"]
    parts: tuple[Expr, ...]

    @property
    def children(self) -> tuple[Expr, ...]:
        return self.parts

    @property
    def detail(self) -> tuple[object, ...]:
        return (self.which, self.type.scale)


class InUnit(Expr):
    """The same figure read in a unit of the same measure, by an exact whole factor up or down."""

    of: Expr
    up: int
    down: int

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.of,)

    @property
    def detail(self) -> tuple[object, ...]:
        return (self.up, self.down, self.type.unit)


def _numbers(*nodes: Expr) -> None:
    for node in nodes:
        if not node.type.is_number:
            raise RulebookError.of(f"需要数值，得到{node.type.kind}", f"a number is needed, not a {node.type.kind}")


def _same_unit(nodes: Sequence[Expr], doing: str) -> None:
    _numbers(*nodes)
    units = dict.fromkeys(n.type.unit for n in nodes)
    if len(units) > 1:
        zh = "、".join(u.title.zh or "无量纲" for u in units)
        en = ", ".join(u.title.en or "plain fraction" for u in units)
        raise RulebookError.of(f"单位不一致（{doing}）：{zh}", f"units differ ({doing}): {en}")


def _nullable(*nodes: Expr) -> bool:
    return any(n.type.nullable for n in nodes)


def add(*parts: Expr) -> Expr:
    """Exact sum of figures in one unit."""
    _same_unit(parts, "add")
    if len(parts) == 1:
        return parts[0]
    scale = max(p.type.scale for p in parts)
    ranges = [p.type.rescaled_range(scale) for p in parts]
    return Add(number(scale, parts[0].type.unit, sum(r[0] for r in ranges), sum(r[1] for r in ranges),
                      _nullable(*parts)), parts)


def subtract(left: Expr, right: Expr) -> Expr:
    """Exact difference of figures in one unit."""
    _same_unit((left, right), "subtract")
    scale = max(left.type.scale, right.type.scale)
    (a, b), (c, d) = left.type.rescaled_range(scale), right.type.rescaled_range(scale)
    return Subtract(number(scale, left.type.unit, a - d, b - c, _nullable(left, right)), left, right)


def multiply(left: Expr, right: Expr) -> Expr:
    """Exact product; units multiply."""
    _numbers(left, right)
    a, b = left.type, right.type
    corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
    return Multiply(number(a.scale + b.scale, a.unit * b.unit, min(corners), max(corners), _nullable(left, right)),
                    left, right)


def whole_quotient(above: int, below: int, how: RoundingMode = "half_up") -> int:
    """Integer quotient rounded by size: half up (away from zero), up or down."""
    a, b = abs(above), abs(below)
    size = {"half_up": (2 * a + b) // (2 * b), "up": -(-a // b), "down": a // b}[how]
    return size if (above < 0) == (below < 0) else -size


def divide(above: Expr, below: Expr, scale: int, how: RoundingMode = "half_up") -> Expr:
    """``above / below`` at a stated scale; unknown where the denominator is 0."""
    _numbers(above, below)
    a, b = above.type, below.type
    shift = scale + b.scale - a.scale
    up, down = (10**shift, 1) if shift >= 0 else (1, 10**-shift)
    bottoms = {x for x in (b.low, b.high, 1 if b.low <= 1 <= b.high else b.low, -1 if b.low <= -1 <= b.high else b.low)
               if x != 0}
    corners = [whole_quotient(x * up, y * down, how) for x in (a.low, a.high) for y in bottoms] or [0]
    may_vanish = b.low <= 0 <= b.high
    low, high = min(corners), max(corners)
    return Divide(number(scale, a.unit / b.unit, min(low, 0) if a.low <= 0 else low, max(high, 0), may_vanish
                         or _nullable(above, below)), above, below, how)


def rounded(of: Expr, scale: int, how: RoundingMode = "half_up") -> Expr:
    """The value at a coarser scale; a finer scale only appends zeros."""
    _numbers(of)
    if scale >= of.type.scale:
        low, high = of.type.rescaled_range(scale)
    else:
        cut = 10 ** (of.type.scale - scale)
        low, high = of.type.low // cut, -(-of.type.high // cut)
    return Rounded(number(scale, of.type.unit, low, high, of.type.nullable), of, how)


def _extreme(which: Literal["least", "greatest"], parts: tuple[Expr, ...]) -> Expr:
    _same_unit(parts, which)
    scale = max(p.type.scale for p in parts)
    ranges = [p.type.rescaled_range(scale) for p in parts]
    pick = min if which == "least" else max
    return Extreme(number(scale, parts[0].type.unit, pick(r[0] for r in ranges), pick(r[1] for r in ranges),
                          _nullable(*parts)), which, parts)


def least(*parts: Expr) -> Expr:
    """The least; unknown if any part is unknown."""
    return _extreme("least", parts)


def greatest(*parts: Expr) -> Expr:
    """The greatest; unknown if any part is unknown."""
    return _extreme("greatest", parts)


def clip(of: Expr, low: Expr | None = None, high: Expr | None = None) -> Expr:
    """The value held between two bounds; unknown stays unknown."""
    held = of if low is None else greatest(of, low)
    return held if high is None else least(held, high)


def in_unit(of: Expr, written: str | Unit) -> Expr:
    """The same figure in another unit of the same measure (万元 to 元). The factor must be a power of ten or whole."""
    _numbers(of)
    target = written if isinstance(written, Unit) else unit(written)
    factor = of.type.unit.factor_to(target)
    up, down = factor.numerator, factor.denominator
    grown = 0
    while (step := gcd(down, 10)) > 1:
        up, down, grown = up * (10 // step), down // step, grown + 1
    if down != 1:
        raise RulebookError.of(f"换算系数 {factor} 不是有限小数", f"factor {factor} is no finite decimal",
                               value=target.title.zh)
    scale = of.type.scale + grown
    while scale > 0 and up % 10 == 0:
        up, scale = up // 10, scale - 1
    return InUnit(number(scale, target, of.type.low * up, of.type.high * up, of.type.nullable), of, up, 1)


# --- logic -----------------------------------------------------------------------------------------------------


class Compare(Expr):
    """A comparison of two numbers in one unit, two days or two codes; unknown where one of them is."""

    left: Expr
    op: Comparison
    right: Expr

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.left, self.right)

    @property
    def detail(self) -> tuple[object, ...]:
        return (self.op,)


class Among(Expr):
    """Whether a code is in a list; unknown where the code is."""

    of: Expr
    codes: tuple[str, ...]
    path: str = ""

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.of,)

    @property
    def detail(self) -> tuple[object, ...]:
        return (self.codes, self.path)


class Junction(Expr):
    """All of, or any of: one false decides ``all``, one true decides ``any``, else one unknown makes it unknown."""

    which: Literal["all", "any"]
    parts: tuple[Expr, ...]

    @property
    def children(self) -> tuple[Expr, ...]:
        return self.parts

    @property
    def detail(self) -> tuple[object, ...]:
        return (self.which,)


class AtLeast(Expr):
    """At least k of several flags: true once k hold, false once k cannot be reached, else unknown."""

    k: int
    parts: tuple[Expr, ...]

    @property
    def children(self) -> tuple[Expr, ...]:
        return self.parts

    @property
    def detail(self) -> tuple[object, ...]:
        return (self.k,)


class Not(Expr):
    """The opposite; unknown stays unknown."""

    of: Expr

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.of,)


class Known(Expr):
    """Whether the value is known; never unknown itself."""

    of: Expr

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.of,)


class Choose(Expr):
    """The value of the first case that holds. A case that is unknown before any holds makes the whole unknown."""

    cases: tuple[tuple[Expr, Expr], ...]
    otherwise: Expr

    @property
    def children(self) -> tuple[Expr, ...]:
        return (*(n for case in self.cases for n in case), self.otherwise)


class FirstKnown(Expr):
    """The first of several values that is known."""

    parts: tuple[Expr, ...]

    @property
    def children(self) -> tuple[Expr, ...]:
        return self.parts

    @property
    def detail(self) -> tuple[object, ...]:
        return (self.type.scale,)


def compare(left: Expr, op: Comparison, right: Expr) -> Expr:
    """A comparison; both sides must be of one kind, and numbers of one unit."""
    if left.type.is_number or right.type.is_number:
        _same_unit((left, right), "compare")
    elif (left.type.kind is Kind.DAY) != (right.type.kind is Kind.DAY) or Kind.FLAG in (left.type.kind, right.type.kind):
        raise RulebookError.of(f"不能比较{left.type.kind}与{right.type.kind}",
                               f"cannot compare a {left.type.kind} with a {right.type.kind}")
    return Compare(Type(Kind.FLAG, nullable=_nullable(left, right)), left, op, right)


def among(of: Expr, codes: Iterable[str], path: str = "") -> Expr:
    """Whether a code is one of a list (false for an empty list)."""
    if of.type.kind not in (Kind.CODE, Kind.TEXT):
        raise RulebookError.of(f"需要代码，得到{of.type.kind}", f"a code is needed, not a {of.type.kind}")
    return Among(Type(Kind.FLAG, nullable=of.type.nullable), of, tuple(codes), path)


def _flags(parts: Sequence[Expr]) -> None:
    for part in parts:
        if part.type.kind is not Kind.FLAG:
            raise RulebookError.of(f"需要是非值，得到{part.type.kind}", f"a flag is needed, not a {part.type.kind}")


def all_of(*parts: Expr) -> Expr:
    """True where all hold (also for none)."""
    _flags(parts)
    return parts[0] if len(parts) == 1 else Junction(Type(Kind.FLAG, nullable=_nullable(*parts)), "all", parts)


def any_of(*parts: Expr) -> Expr:
    """True where one holds (false for none)."""
    _flags(parts)
    return parts[0] if len(parts) == 1 else Junction(Type(Kind.FLAG, nullable=_nullable(*parts)), "any", parts)


def at_least(k: int, *parts: Expr) -> Expr:
    """True where at least k hold."""
    _flags(parts)
    return AtLeast(Type(Kind.FLAG, nullable=_nullable(*parts)), k, parts)


def not_(of: Expr) -> Expr:
    """The opposite."""
    _flags((of,))
    return Not(Type(Kind.FLAG, nullable=of.type.nullable), of)


def is_known(of: Expr) -> Expr:
    """Whether the value is known."""
    return Known(FLAG.known(), of)


def surely(of: Expr) -> Expr:
    """True only where the flag is known to hold: a missing record of a veto is no veto (say so in the rulebook)."""
    return first_known(of, flag_constant(False))


def _one_type(nodes: Sequence[Expr], nullable: bool) -> Type:
    kinds = {n.type.kind for n in nodes} - ({Kind.TEXT} if any(n.type.kind is Kind.CODE for n in nodes) else set())
    if len(kinds) > 1:
        raise RulebookError.of(f"类型不一致：{'、'.join(sorted(kinds))}", f"kinds differ: {', '.join(sorted(kinds))}")
    if not nodes[0].type.is_number:
        return Type(next(iter(kinds)), nullable=nullable)
    _same_unit(nodes, "choose")
    scale = max(n.type.scale for n in nodes)
    ranges = [n.type.rescaled_range(scale) for n in nodes]
    return number(scale, nodes[0].type.unit, min(r[0] for r in ranges), max(r[1] for r in ranges), nullable)


def choose(*cases: tuple[Expr, Expr], otherwise: Expr) -> Expr:
    """``choose((flag, value), …, otherwise=value)``: the value of the first case that holds."""
    _flags([c for c, _ in cases])
    values = [v for _, v in cases] + [otherwise]
    kind = _one_type(values, _nullable(*values) or any(c.type.nullable for c, _ in cases))
    return Choose(kind, cases, otherwise) if cases else otherwise


def first_known(*parts: Expr) -> Expr:
    """The first value that is known; unknown where none is."""
    return FirstKnown(_one_type(parts, all(p.type.nullable for p in parts)), parts)


# --- days ------------------------------------------------------------------------------------------------------


class DaysBetween(Expr):
    """Calendar days from one day to a later one (negative if it is earlier)."""

    first: Expr
    last: Expr

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.first, self.last)


class YearOf(Expr):
    """The calendar year of a day."""

    of: Expr

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.of,)


def days_between(first: Expr, last: Expr) -> Expr:
    """Whole calendar days from ``first`` to ``last``."""
    return DaysBetween(number(0, unit("天"), -3_700_000, 3_700_000, _nullable(first, last)), first, last)


def year_of(of: Expr) -> Expr:
    """The calendar year of a day, in 年."""
    return YearOf(number(0, unit("年"), 1, 9999, of.type.nullable), of)


# --- lists -----------------------------------------------------------------------------------------------------


class Listed(Expr):
    """Where ``when`` holds, the words whose flag holds, in order, with a comma between; else unknown."""

    when: Expr
    words: tuple[str, ...]
    flags: tuple[Expr, ...]

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.when, *self.flags)

    @property
    def detail(self) -> tuple[object, ...]:
        return self.words


def listed(when: Expr, first: tuple[str, Expr], *others: tuple[str, Expr]) -> Expr:
    """``listed(when, (word, flag), …)``: where ``when`` holds, the words whose flag holds."""
    entries = (first, *others)
    _flags([when, *(flag for _, flag in entries)])
    return Listed(Type(Kind.TEXT), when, tuple(w for w, _ in entries), tuple(f for _, f in entries))


# --- bands -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Band:
    """From ``low`` to ``high`` (None is open), each end closed or not, and the value that such a figure gets."""

    low: Decimal | None
    high: Decimal | None
    low_closed: bool
    high_closed: bool
    gives: Const

    def holds(self, figure: Decimal) -> bool:
        """Whether a figure, in the unit of the ends, falls in it."""
        above = self.low is None or figure > self.low or (self.low_closed and figure == self.low)
        return above and (self.high is None or figure < self.high or (self.high_closed and figure == self.high))


class Banded(Expr):
    """The value of the band that the figure falls in; unknown where it falls in none (a gap in the law is a gap)."""

    of: Expr
    bands: tuple[Band, ...]
    path: str

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.of,)

    @property
    def detail(self) -> tuple[object, ...]:
        return (self.path, tuple((b.low, b.high, b.low_closed, b.high_closed, b.gives.detail) for b in self.bands),
                self.type.scale)


def banded(of: Expr, bands: Sequence[Band], path: str = "") -> Expr:
    """Look a figure up in bands that do not overlap."""
    _numbers(of)
    gives = _one_type([b.gives for b in bands], nullable=True)
    return Banded(gives, of, tuple(bands), path)
