"""Which missing facts made an outcome unknown, for a whole population: a flag for each fact, by structure."""

from __future__ import annotations

from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions import population as p
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.expressions.types import TEXT
from qiantang.kernel.expressions.walking import parts_of, walk


class _Blaming:
    def __init__(self) -> None:
        self._facts: dict[int, frozenset[str]] = {}
        self._flags: dict[tuple[int, str], Expr | None] = {}

    def facts(self, node: Expr) -> frozenset[str]:
        for inner in () if id(node) in self._facts else walk(node):
            if id(inner) not in self._facts:
                own = {inner.column.name} if isinstance(inner, n.Fact) else set()
                self._facts[id(inner)] = frozenset(own).union(*(self._facts[id(part)] for part in parts_of(inner)))
        return self._facts[id(node)]

    def flag(self, node: Expr, name: str) -> Expr | None:
        """Whether the fact is to blame for the node being unknown; None where it never can be."""
        key = (id(node), name)
        if key not in self._flags:
            blameless = not node.type.nullable or name not in self.facts(node)
            self._flags[key] = None if blameless else self._built(node, name)
        return self._flags[key]

    def _built(self, node: Expr, name: str) -> Expr | None:
        open_ = n.not_(n.is_known(node))
        if isinstance(node, n.Fact):
            return open_
        if isinstance(node, n.Step):
            return self.flag(node.of, name)
        if isinstance(node, p.GroupMean) or (isinstance(node, p.GroupFigure) and node.how != "count"):
            return open_ if name in self.facts(node.of) else None
        if isinstance(node, n.Choose):
            return self._choice(node, name)
        blames = [b for b in (self.flag(c, name) for c in node.children) if b is not None]
        if isinstance(node, n.Divide) and name in self.facts(node.below):
            blames.append(n.surely(node.below.equals(n.constant(0, node.below.type.unit))))
        return n.all_of(open_, n.any_of(*blames)) if blames else None

    def _choice(self, node: n.Choose, name: str) -> Expr | None:
        cases: list[tuple[Expr, Expr]] = []
        for flag, value in node.cases:
            if flag.type.nullable:
                cases.append((n.not_(n.is_known(flag)), _or(self.flag(flag, name))))
            cases.append((n.surely(flag), _or(self.flag(value, name))))
        return n.choose(*cases, otherwise=_or(self.flag(node.otherwise, name)))


def _or(flag: Expr | None) -> Expr:
    return n.flag_constant(False) if flag is None else flag


def unknown_because(outcome: Expr) -> Expr:
    """The names of the facts that keep the outcome unknown, with a comma between; unknown where it is known.

    A fact is named that is missing, or that is 0 below a fraction line.
    """
    blaming = _Blaming()
    entries = [(name, flag) for name in sorted(blaming.facts(outcome))
               if (flag := blaming.flag(outcome, name)) is not None]
    return n.listed(n.not_(n.is_known(outcome)), *entries) if entries else n.unknown(TEXT)
