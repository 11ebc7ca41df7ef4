"""One node's value as a reader sees it: a figure with its unit, a share as a percentage, a code by its title."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions import population as p
from qiantang.kernel.expressions.evaluate import Value
from qiantang.kernel.expressions.figures import figure, grouped, plain
from qiantang.kernel.expressions.recalling import Named
from qiantang.kernel.expressions.types import Kind
from qiantang.kernel.expressions.walking import bare
from qiantang.kernel.units import ONE
from qiantang.kernel.words import Lang, Text


@dataclass(frozen=True, slots=True)
class Names:
    """What a formula calls things: parameters by path, nodes that are columns of a run by ``id``, and codes."""

    parameters: Mapping[str, Text] = field(default_factory=dict)
    columns: Mapping[int, Named] = field(default_factory=dict)
    codes: Mapping[str, Text] = field(default_factory=dict)


def shown(node: n.Expr, value: Value, lang: Lang, names: Names) -> str:
    """A node's value in one language; None is said as unknown."""
    if isinstance(value, Decimal):
        of = bare(node)
        if isinstance(of, p.Rank):
            return f"第 {grouped(value)} 位" if lang == "zh" else f"place {grouped(value)}"
        if isinstance(of, p.GroupFigure) and of.how == "count":
            return grouped(value)
        return figure(value, node.type.unit, lang, is_percent(node))
    if isinstance(value, str) and node.type.kind in (Kind.CODE, Kind.TEXT):
        return coded(node, value, lang, names)
    assert not isinstance(value, int) or isinstance(value, bool)
    return plain(value, lang)


def is_percent(node: n.Expr) -> bool:
    """A plain fraction kept to some decimals is read as a percentage; a whole number and a factor are not."""
    if not node.type.is_number or node.type.unit != ONE:
        return False
    if isinstance(node, n.Const):
        return isinstance(node.value, int) and 0 < abs(node.type.decimal(node.value)) < 1
    return node.type.scale >= 2


def coded(node: n.Expr, code: str, lang: Lang, names: Names) -> str:
    """A code that the node gives, by its title; as it is where it has none."""
    of = bare(node)
    if isinstance(of, n.Fact) and code in dict(of.column.choices):
        return of.column.choice(code).said(lang)
    return names.codes[code].said(lang) if code in names.codes else code
