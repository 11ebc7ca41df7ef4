"""Opening a tree: parameters of which only the ends are known stand in it as ranges."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions import population as p
from qiantang.kernel.expressions.rewrite import transformed
from qiantang.kernel.expressions.types import number


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
