"""One subject's values recalled from its facts and its run's columns, long after the population has gone home."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions import population as p
from qiantang.kernel.expressions.evaluate import Blame, Evaluation, Stored, Value
from qiantang.kernel.words import Text


@dataclass(frozen=True, slots=True)
class Named:
    """A node that is a column of the run: the column's name, and what a reader calls it."""

    node: n.Expr
    column: str
    title: Text


class Recalled(Evaluation):
    """Evaluates any node for the one subject. A node that is a column keeps the value that the run gave it.

    A figure over the population that no column kept is *not at hand*: it was known in the run, but cannot be told
    from one row, and neither can what is built on it. Where the subject was judged ``alone`` it is unknown instead.
    """

    def __init__(self, values: Mapping[str, Stored], law_date: date, columns: Mapping[int, Named],
                 alone: bool = False) -> None:
        """``values`` holds facts and columns by name; ``columns`` the named nodes by ``id``."""
        super().__init__([values], law_date, alone)
        self._kept: dict[int, Value] = {}
        for key, named in columns.items():
            if named.column in values:
                stored, kind = values[named.column], named.node.type
                self._kept[key] = kind.decimal(stored) if kind.is_number and isinstance(stored, int) else stored
        self._at_hand: dict[int, tuple[n.Expr, bool]] = {}
        self._blamed: dict[int, tuple[n.Expr, frozenset[Blame]]] = {}

    def of(self, node: n.Expr) -> list[Value]:
        """The node's value in a list of one; None also where it is not at hand."""
        if id(node) in self._kept:
            return [self._kept[id(node)]]
        if isinstance(node, p.Population):
            return [None]
        return self._known[id(node)][1] if id(node) in self._known else super().of(node)

    def value(self, node: n.Expr) -> Value:
        """The node's value for the subject."""
        return self.of(node)[0]

    def at_hand(self, node: n.Expr) -> bool:
        """Whether ``value`` tells what the run found: None then means unknown."""
        if id(node) in self._kept:
            return True
        if id(node) not in self._at_hand:
            took = self.picked(node)
            found = self.alone if isinstance(node, p.Population) else \
                all(self.at_hand(c) for c in (node.children if took is None else (took,)))
            self._at_hand[id(node)] = (node, found)
        return self._at_hand[id(node)][1]

    def picked(self, node: n.Expr) -> n.Expr | None:
        """The part that a choice took its value from; None for other nodes, and where it cannot be told."""
        if isinstance(node, n.Step):
            return node.of
        if isinstance(node, n.Choose):
            for flag, value in node.cases:
                held = self.value(flag) if self.at_hand(flag) else None
                if held is not False:
                    return value if held else None
            return node.otherwise
        if isinstance(node, n.FirstKnown):
            for part in node.parts:
                if not self.at_hand(part):
                    return part if part is node.parts[-1] else None
                if self.value(part) is not None:
                    return part
        return None

    def settled(self, node: n.Expr) -> n.Expr:
        """The node after every choice that can be told: the formula that in the end gave the value."""
        took = self.picked(node)
        return node if took is None else self.settled(took)

    def consulted(self, node: n.Expr) -> tuple[n.Expr, ...]:
        """The parts that mattered for the value: of a choice only the case taken and the conditions before it."""
        took = self.picked(node)
        if took is None or isinstance(node, n.Step):
            return node.children if took is None else (took,)
        tried = node.children if isinstance(node, n.FirstKnown) else tuple(
            flag for flag, _ in node.cases) if isinstance(node, n.Choose) else ()
        found: list[n.Expr] = []
        for part in tried:
            if part is took:
                break
            found.append(part)
            if isinstance(node, n.Choose) and self.value(part):
                break
        return (*found, took)

    def is_void(self, node: n.Expr) -> bool:
        """Whether the value is unknown though nothing it rests on is: the rulebook gives this subject none."""
        if self.value(node) is not None or self.blame(node):
            return False
        end = self.settled(node)
        return all(self.at_hand(child) for child in end.children)

    def blame(self, node: n.Expr, row: int = 0) -> frozenset[Blame]:
        """What makes the node unknown; a figure over the population that is not at hand is blamed for nothing."""
        if not self.alone and isinstance(node, p.GroupMean | p.GroupFigure) and id(node) not in self._kept:
            return frozenset()
        if id(node) not in self._blamed:
            self._blamed[id(node)] = (node, super().blame(node, row))
        return self._blamed[id(node)][1]
