"""Rebuilds an expression with some of its nodes replaced; types are proven anew on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions import population as p
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.expressions.walking import parts_of, walk


def rewritten(root: Expr, swap: Mapping[int, Expr]) -> Expr:
    """``swap`` maps ``id(node)`` to what stands in its place. Nodes above no replaced node stay the same objects."""
    done: dict[int, Expr] = {}
    for node in walk(root):
        if id(node) in swap:
            done[id(node)] = swap[id(node)]
            continue
        inner = parts_of(node)
        parts = [done[id(c)] for c in inner]
        same = all(a is b for a, b in zip(parts, inner, strict=True))
        done[id(node)] = node if same else _REBUILD[type(node)](node, parts)
    return done[id(root)]


def transformed(root: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """``change`` is asked of every node, after its parts were changed, and gives what stands in its place."""
    done: dict[int, Expr] = {}
    for node in walk(root):
        inner = parts_of(node)
        parts = [done[id(c)] for c in inner]
        same = all(a is b for a, b in zip(parts, inner, strict=True))
        done[id(node)] = change(node if same else _REBUILD[type(node)](node, parts))
    return done[id(root)]


def _population(node: p.Population, parts: list[Expr]) -> tuple[list[Expr], Expr, list[Expr]]:
    groups = len(node.within)
    return parts[:groups], parts[groups], parts[groups + 1:]


def _rank(node: p.Rank, parts: list[Expr]) -> Expr:
    within, among, keys = _population(node, parts)
    by = [(key, down) for key, (_, down) in zip(keys, node.by, strict=True)]
    return p.rank(by, within=within, among=among, ties=node.ties)


def _figure(node: p.GroupFigure, parts: list[Expr]) -> Expr:
    within, among, (of,) = _population(node, parts)
    if node.how == "count":
        return p.group_count(within=within, among=among)
    if node.how == "members":
        return p.GroupFigure(node.type, tuple(within), among, "members", of)
    return p.group_figure(node.how, of, within=within, among=among)


def _mean(node: p.GroupMean, parts: list[Expr]) -> Expr:
    within, among, (of, _) = _population(node, parts)
    return p.group_mean(of, node.type.scale, within=within, among=among)


def _choose(node: n.Choose, parts: list[Expr]) -> Expr:
    cases = [(parts[i], parts[i + 1]) for i in range(0, len(parts) - 1, 2)]
    return n.choose(*cases, otherwise=parts[-1])


def narrowed(node: Expr, to: Expr) -> Expr:
    """A whole-population node whose population is narrowed to those of whom a flag holds."""
    assert isinstance(node, p.Population)
    parts = list(node.children)
    groups = len(node.within)
    parts[groups] = n.all_of(parts[groups], to)
    return _REBUILD[type(node)](node, parts)


_REBUILD: dict[type, Callable[..., Expr]] = {
    n.Step: lambda node, parts: n.Step(parts[0].type, node.name, parts[0]),
    n.Add: lambda _, parts: n.add(*parts),
    n.Subtract: lambda _, parts: n.subtract(*parts),
    n.Multiply: lambda _, parts: n.multiply(*parts),
    n.Divide: lambda node, parts: n.divide(parts[0], parts[1], node.type.scale, node.how),
    n.Rounded: lambda node, parts: n.rounded(parts[0], node.type.scale, node.how),
    n.Extreme: lambda node, parts: (n.least if node.which == "least" else n.greatest)(*parts),
    n.InUnit: lambda node, parts: n.in_unit(parts[0], node.type.unit),
    n.Compare: lambda node, parts: n.compare(parts[0], node.op, parts[1]),
    n.Among: lambda node, parts: n.among(parts[0], node.codes, node.path),
    n.Junction: lambda node, parts: (n.all_of if node.which == "all" else n.any_of)(*parts),
    n.AtLeast: lambda node, parts: n.at_least(node.k, *parts),
    n.Not: lambda _, parts: n.not_(parts[0]),
    n.Known: lambda _, parts: n.is_known(parts[0]),
    n.Choose: _choose,
    n.FirstKnown: lambda _, parts: n.first_known(*parts),
    n.DaysBetween: lambda _, parts: n.days_between(*parts),
    n.YearOf: lambda _, parts: n.year_of(parts[0]),
    n.Listed: lambda node, parts: n.listed(parts[0], *zip(node.words, parts[1:], strict=True)),
    n.Banded: lambda node, parts: n.banded(parts[0], node.bands, node.path),
    p.Rank: _rank,
    p.GroupFigure: _figure,
    p.GroupMean: _mean,
    p.Quota: lambda node, parts: p.quota(parts[0], parts[1], node.bands, node.last, node.rounding),
}
