"""Whole-population nodes: a subject's place among the others, quotas, and sums and means over groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from qiantang.kernel.errors import RulebookError
from qiantang.kernel.expressions.nodes import Expr, all_of, constant, divide, flag_constant, is_known, multiply
from qiantang.kernel.expressions.types import Kind, Type, number
from qiantang.kernel.units import ONE, unit
from qiantang.kernel.words import Text

Rounding = Literal["floor", "ceil", "half_up", "share"]

MOST_SUBJECTS = 10**9
"""A population is assumed to be smaller than this when ranges are proven."""


class Population(Expr):
    """Base: computed over the subjects of a group for which ``among`` holds; unknown for all others."""

    within: tuple[Expr, ...]
    among: Expr


class Rank(Population):
    """Place in the group, 1 for the best. ``by`` lists (key, descending); ``ties`` is ``share`` (equal keys get
    the same, better place, and the next place is skipped) or ``key`` (the last key, an identity, settles them)."""

    by: tuple[tuple[Expr, bool], ...]
    ties: Literal["share", "key"]

    @property
    def children(self) -> tuple[Expr, ...]:
        return (*self.within, self.among, *(e for e, _ in self.by))

    @property
    def detail(self) -> tuple[object, ...]:
        return (len(self.within), tuple(d for _, d in self.by), self.ties)


class GroupFigure(Population):
    """A figure over the group. Sums are sums of integers; sums of ratios are refused.

    ``count`` is given to those who count only; ``members`` is the same number (of those whose figure is known) given
    to the whole group.
    """

    how: Literal["count", "members", "sum", "least", "greatest"]
    of: Expr

    @property
    def children(self) -> tuple[Expr, ...]:
        return (*self.within, self.among, self.of)

    @property
    def detail(self) -> tuple[object, ...]:
        return (len(self.within), self.how)


class GroupMean(Population):
    """Mean over the members of the group where the figure is known, rounded half up to the type's scale.

    It is given to every member of the group, also to those outside ``among`` (a missing emission takes the
    mean of those who have one); unknown where nobody has one. ``quotient`` is how an engine computes it.
    """

    of: Expr
    quotient: Expr

    @property
    def children(self) -> tuple[Expr, ...]:
        return (*self.within, self.among, self.of, self.quotient)

    @property
    def detail(self) -> tuple[object, ...]:
        return (len(self.within), self.type.scale)


@dataclass(frozen=True, slots=True)
class QuotaBand:
    """Up to which share of the places a class reaches, counted from the best, and whether the end is included."""

    code: str
    upto: Fraction
    closed: bool
    path: str = ""


class Quota(Expr):
    """The class of a place among so many. ``rounding`` says what 4.6 places are: ``floor`` 4, ``ceil`` 5,
    ``half_up`` 5, or ``share``: the place's own share of the count is compared with the bound as a fraction."""

    place: Expr
    count: Expr
    bands: tuple[QuotaBand, ...]
    last: str
    rounding: Rounding

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.place, self.count)

    @property
    def detail(self) -> tuple[object, ...]:
        return (self.bands, self.last, self.rounding)


def _among(among: Expr | None) -> Expr:
    return flag_constant(True) if among is None else among


def rank(by: Sequence[tuple[Expr, bool]], *, within: Sequence[Expr] = (), among: Expr | None = None,
         ties: Literal["share", "key"] = "key") -> Expr:
    """Place among the group (unit 名), best first; subjects with an unknown key have no place."""
    return Rank(number(0, unit("名"), 1, MOST_SUBJECTS), tuple(within), _among(among), tuple(by), ties)


def group_count(*, within: Sequence[Expr] = (), among: Expr | None = None) -> Expr:
    """How many members the group has, given to members only (unit 名)."""
    one = flag_constant(True)
    return GroupFigure(number(0, unit("名"), 0, MOST_SUBJECTS), tuple(within), _among(among), "count", one)


def group_figure(how: Literal["sum", "least", "greatest"], of: Expr, *, within: Sequence[Expr] = (),
                 among: Expr | None = None) -> Expr:
    """Sum, least or greatest over a group, given to every member of the group, in or out of ``among``."""
    kind = of.type
    if kind.kind is Kind.FLAG or (how == "sum" and not kind.is_number):
        raise RulebookError.of(f"分组的{how}不能用于{kind.kind}", f"a group has no {how} of a {kind.kind}")
    if how == "sum":
        if kind.unit.is_ratio:
            raise RulebookError.of(
                f"比率（{kind.unit.title.zh or '无量纲'}）不能相加", f"ratios ({kind.unit.title.en or 'plain'}) cannot be added",
                remedy=Text("请分别汇总分子与分母再相除。", "Sum numerator and denominator and divide."),
            )
        kind = number(kind.scale, kind.unit, min(0, kind.low) * MOST_SUBJECTS, max(0, kind.high) * MOST_SUBJECTS)
    return GroupFigure(Type(kind.kind, kind.scale, kind.unit, kind.low, kind.high), tuple(within), _among(among), how, of)


def group_mean(of: Expr, scale: int, *, within: Sequence[Expr] = (), among: Expr | None = None) -> Expr:
    """Mean of the known figures of a group, for everybody in the group."""
    keys, counts, kind = tuple(within), _among(among), of.type
    low, high = kind.rescaled_range(scale) if scale >= kind.scale else (kind.low, kind.high)
    total = GroupFigure(number(kind.scale, kind.unit, min(0, kind.low) * MOST_SUBJECTS, max(0, kind.high) * MOST_SUBJECTS),
                        keys, counts, "sum", of)
    many = GroupFigure(number(0, ONE, 0, MOST_SUBJECTS), keys, counts, "members", of)
    quotient = divide(total, many, scale)
    return GroupMean(number(scale, kind.unit, low, high), keys, counts, of, quotient)


def quantile(of: Expr, at: Fraction, *, within: Sequence[Expr] = (), among: Expr | None = None) -> Expr:
    """Nearest-rank quantile, for everybody in the group: the lowest known figure with at least the share ``at`` of
    the group's known figures at or below it. No interpolation."""
    known = all_of(_among(among), is_known(of))
    place = rank([(of, False)], within=within, among=known)
    count = group_count(within=within, among=known)
    reached = multiply(place, constant(at.denominator)) >= multiply(count, constant(at.numerator))
    return group_figure("least", of, within=within, among=all_of(known, reached))


def quota(place: Expr, count: Expr, bands: Sequence[QuotaBand], last: str, rounding: Rounding | None) -> Expr:
    """Classes by place. Refuses to guess how places are rounded: the rulebook must say."""
    if rounding is None:
        raise RulebookError.of(
            "名额未说明如何取整", "the quota does not say how places are rounded",
            remedy=Text("请写明 floor、ceil、half_up 或 share。", "State floor, ceil, half_up or share."),
        )
    uptos = [b.upto for b in bands]
    if uptos != sorted(set(uptos)) or any(not 0 <= u <= 1 for u in uptos):
        raise RulebookError.of(f"名额界限须递增且在 0 至 1 之间：{uptos}", f"quota bounds must rise within 0 to 1: {uptos}")
    return Quota(Type(Kind.CODE), place, count, tuple(bands), last, rounding)


def cutoff(count: int, upto: Fraction, closed: bool, rounding: Rounding) -> int:
    """The last place that still belongs within the bound, of so many places.

    An open end leaves out the place that stands exactly on the bound.
    """
    exact = upto * count
    if exact.denominator == 1:
        return exact.numerator if closed else exact.numerator - 1
    below = exact.numerator // exact.denominator
    if rounding in ("share", "floor"):
        return below
    return below + 1 if rounding == "ceil" else (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
