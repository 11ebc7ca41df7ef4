"""From named expressions to layers of columns: each column is computed once, from facts or from earlier layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from qiantang.kernel.errors import RulebookError
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.population import Population
from qiantang.kernel.expressions.types import Type
from qiantang.kernel.expressions.walking import walk


@dataclass(frozen=True, slots=True)
class Cell:
    """A column of the plan: its name and the expression that gives it."""

    name: str
    expr: n.Expr


@dataclass(frozen=True, slots=True)
class Plan:
    """What to compute: the facts read, the layers in order, and the columns wanted at the end.

    ``made`` maps a node's number to the column that holds it; ``numbers`` maps a node to its number: two nodes of
    one shape share one. A printer that meets a node with a column of an earlier layer writes the column's name.
    """

    facts: tuple[n.Fact, ...]
    layers: tuple[tuple[Cell, ...], ...]
    outputs: tuple[tuple[str, str], ...]
    types: Mapping[str, Type]
    numbers: Mapping[int, int]
    made: Mapping[int, str]
    carried: tuple[frozenset[str], ...]
    """For each layer, the earlier columns (facts included) that it or a later one still needs."""


def _is_leaf(node: n.Expr) -> bool:
    return isinstance(node, n.Fact | n.Const | n.LawDate)


_REPEATING = n.Divide | n.Rounded | n.Extreme | n.Choose | n.AtLeast | n.Banded
"""Nodes whose SQL says a part more than once: such a part may not repeat its own parts, or the text would explode."""


def _beneath_factor(nodes: list[n.Expr], children: list[list[int]], number: int) -> int:
    """What a constant factor multiplies: a division takes the factor into its own."""
    if isinstance(nodes[number], n.Multiply):
        for part, other in (children[number], reversed(children[number])):
            if isinstance(nodes[other], n.Const) and not _is_leaf(nodes[part]):
                return part
    return number


def _layered(nodes: list[n.Expr], children: list[list[int]], kept: Mapping[int, str]) -> tuple[list[set[int]], dict[int, int]]:
    """The columns and facts that each node reads, and each column's layer: one above the highest that it reads from."""
    reads: list[set[int]] = []
    layer_of: dict[int, int] = {}
    for number in range(len(nodes)):
        below: set[int] = set()
        for c in children[number]:
            below |= {c} if c in kept or isinstance(nodes[c], n.Fact) else reads[c]
        reads.append(below)
        if number in kept:
            layer_of[number] = 1 + max((layer_of.get(c, -1) for c in below), default=-1)
    return reads, layer_of


def _leanest(nodes: list[n.Expr], children: list[list[int]], kept: dict[int, str],
             roots: set[int]) -> tuple[dict[int, str], list[set[int]], dict[int, int]]:
    """The layers, with what waits for a whole-population figure worked out before it where fewer columns then wait.

    An engine holds all rows with every such column to find places or sums; a sum of six figures is one column then.
    """
    reads, layer_of = _layered(nodes, children, kept)
    height = [0] * len(nodes)
    waiting: set[int] = set()
    for number, inner in enumerate(children):
        height[number] = max((height[c] + isinstance(nodes[c], Population) for c in inner), default=0)
        waiting |= {c for c in inner if height[c] < height[number] and c not in kept and len(reads[c]) > 1}
    if not waiting:
        return kept, reads, layer_of
    early = kept | {number: f"_w{number}" for number in sorted(waiting)}
    early_reads, early_layers = _layered(nodes, children, early)
    if _passing(nodes, early_reads, early_layers, roots) < _passing(nodes, reads, layer_of, roots):
        return early, early_reads, early_layers
    return kept, reads, layer_of


def _passing(nodes: list[n.Expr], reads: list[set[int]], layer_of: Mapping[int, int], roots: set[int]) -> int:
    """How many columns wait in all the layers that find whole-population figures."""
    last = dict.fromkeys(roots, max(layer_of.values(), default=0) + 1)
    for number, layer in layer_of.items():
        for c in reads[number]:
            last[c] = max(layer, last.get(c, layer))
    held = {layer for number, layer in layer_of.items() if isinstance(nodes[number], Population)}
    return sum(layer_of.get(c, -1) < layer <= until for c, until in last.items() for layer in held)


class _Numbering:
    """Gives one number to all nodes of one shape."""

    def __init__(self) -> None:
        self.numbers: dict[int, int] = {}
        self.nodes: list[n.Expr] = []
        self._shapes: dict[tuple[object, ...], int] = {}

    def add(self, root: n.Expr) -> int:
        for node in walk(root):
            if id(node) in self.numbers:
                continue
            if isinstance(node, n.Step):
                self.numbers[id(node)] = self.numbers[id(node.of)]
                continue
            shape = (type(node), node.detail, tuple(self.numbers[id(c)] for c in node.children))
            found = self._shapes.setdefault(shape, len(self.nodes))
            if found == len(self.nodes):
                self.nodes.append(node)
            self.numbers[id(node)] = found
        return self.numbers[id(root)]


def _columns(nodes: list[n.Expr], children: list[list[int]], roots: Mapping[str, int]) -> dict[int, str]:
    """The nodes that become columns, by name: what is wanted, what the population is asked, what is used or said twice."""
    uses = [0] * len(nodes)
    for number in (*(c for inner in children for c in inner), *roots.values()):
        uses[number] += 1
    kept: dict[int, str] = {}
    for name, number in roots.items():
        if not _is_leaf(nodes[number]):
            kept.setdefault(number, name)
    for number, node in enumerate(nodes):
        if isinstance(node, Population):
            kept.setdefault(number, f"_p{number}")
            for c in children[number]:
                if not _is_leaf(nodes[c]):
                    kept.setdefault(c, f"_a{c}")
        elif uses[number] > 1 and not _is_leaf(node):
            kept.setdefault(number, f"_s{number}")

    repeats: list[bool] = []
    for number, node in enumerate(nodes):
        if isinstance(node, _REPEATING):
            for c in children[number]:
                if repeats[c]:
                    part = _beneath_factor(nodes, children, c) if isinstance(node, n.Divide) else c
                    kept.setdefault(part, f"_s{part}")
        open_parts = any(repeats[c] and c not in kept for c in children[number])
        repeats.append(isinstance(node, _REPEATING) or open_parts)
    return kept


def _facts_read(nodes: list[n.Expr], carry: Iterable[n.Fact], kept: Mapping[int, str]) -> tuple[n.Fact, ...]:
    """The facts to read, each once; RulebookError where a column of the plan bears the name of one."""
    facts: dict[str, n.Fact] = {}
    for fact in (*carry, *(node for node in nodes if isinstance(node, n.Fact))):
        if fact.column.name.startswith("_"):
            raise RulebookError.of(f"列名不能以下划线开头：{fact.column.name}", f"a fact's name may not start with _: {fact.column.name}")
        facts.setdefault(fact.column.name, fact)
    clash = {name for name in kept.values() if name in facts}
    if clash:
        raise RulebookError.of(f"步骤与事实同名：{sorted(clash)}", f"a step bears the name of a fact: {sorted(clash)}")
    return tuple(facts.values())


def _carried(layers: tuple[tuple[Cell, ...], ...], outputs: Iterable[tuple[str, str]],
             read: Callable[[n.Expr], set[str]]) -> tuple[frozenset[str], ...]:
    """For each layer the earlier columns that it or a later one needs; ``read`` names those that a cell is made from."""
    needed = {column for _, column in outputs}
    carried: list[frozenset[str]] = []
    for cells in reversed(layers):
        needed = needed - {cell.name for cell in cells}
        carried.append(frozenset(needed))
        for cell in cells:
            needed |= read(cell.expr)
    return tuple(reversed(carried))


def compile_plan(wanted: Mapping[str, n.Expr], carry: Iterable[n.Fact] = ()) -> Plan:
    """Lay out the wanted columns. ``carry`` are facts handed through unchanged (identity columns)."""
    carry = tuple(carry)
    numbering = _Numbering()
    roots = {name: numbering.add(expr) for name, expr in wanted.items()}
    nodes, numbers = numbering.nodes, numbering.numbers
    children = [[numbers[id(c)] for c in node.children] for node in nodes]
    kept, reads, layer_of = _leanest(nodes, children, _columns(nodes, children, roots), set(roots.values()))
    names = {number: node.column.name for number, node in enumerate(nodes) if isinstance(node, n.Fact)} | kept
    facts = _facts_read(nodes, carry, kept)

    depth = 1 + max(layer_of.values(), default=-1)
    layers = tuple(tuple(Cell(name, nodes[number]) for number, name in kept.items() if layer_of[number] == d)
                   for d in range(depth))
    literals = tuple(Cell(name, nodes[number]) for name, number in roots.items() if number not in names)
    if literals:
        layers = (*layers[:-1], (*layers[-1], *literals)) if layers else (literals,)

    outputs = (*((f.column.name, f.column.name) for f in carry), *((name, names.get(number, name)) for name, number in roots.items()))
    types = {f.column.name: f.type for f in carry} | {name: expr.type for name, expr in wanted.items()}
    carried = _carried(layers, outputs, lambda expr: {names[c] for c in reads[numbers[id(expr)]]})
    return Plan(facts, layers, outputs, types, numbers, names, carried)
