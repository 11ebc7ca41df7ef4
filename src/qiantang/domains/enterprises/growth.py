"""Mean growth over three years: half the sum of two yearly ratios less one, exact where a threshold stands."""

from __future__ import annotations

from qiantang.domains.enterprises.conditions import SHARE_SCALE
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.units import unit

LEAST, MOST = n.constant(-1), n.constant(100)
"""A growth is shown from a total loss to a hundredfold; what lies beyond is shown as that end."""

NONE = n.constant(0)


def growth(last: Expr, before: Expr) -> Expr:
    """Growth from one year to the next; unknown where the earlier figure is 0."""
    return _grown(last, before)


def mean_growth(first: Expr, middle: Expr, last: Expr, years_on_record: Expr) -> Expr:
    """½ × (middle/first + last/middle) − 1, as one division, so that no intermediate rounding can miss a bracket.

    ``years_on_record`` (年) says for how many of the three years the enterprise existed. With two years, or a first
    year of 0, the last two years alone count; with one year, or nothing in the middle year, there is no growth to
    measure and it is 0. A first or middle figure below 0 is a base that nothing can grow from: 0 as well.
    """
    nothing = n.constant(0, middle.type.unit)
    one_year, two_years = years_on_record <= n.constant(1, unit("年")), years_on_record <= n.constant(2, unit("年"))
    three = _grown(middle * middle + first * last, first * middle * n.constant(2))
    return n.choose(
        (one_year, NONE),
        (middle <= nothing, NONE),
        (n.any_of(two_years, first.equals(nothing)), _grown(last, middle)),
        (first < nothing, NONE),
        otherwise=three,
    )


def _grown(above: Expr, below: Expr) -> Expr:
    """``above / below − 1`` cut to the grid; a growth smaller than the grid is still a growth."""
    cut = n.clip(n.divide(above, below, SHARE_SCALE, "down") - n.constant(1), LEAST, MOST)
    smallest = n.constant(f"0.{'0' * (SHARE_SCALE - 1)}1")
    return n.choose((above > below, n.greatest(cut, smallest)), otherwise=n.least(cut, NONE))
