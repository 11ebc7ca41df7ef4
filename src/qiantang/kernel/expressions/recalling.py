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
        for named in columns.values():
            if named.column in values:
                stored, kind = values[named.column], named.node.type
                number = kind.is_number and isinstance(stored, int)
                self._kept[id(named.node)] = kind.decimal(stored) if number and isinstance(stored, int) else stored
        self._at_hand: dict[int, tuple[n.Expr, bool]] = {}

    def of(self, node: n.Expr) -> list[Value]:
        """The node's value in a list of one; None also where it is not at hand."""
        if id(node) in self._kept:
            return [self._kept[id(node)]]
        return [None] if isinstance(node, p.Population) else super().of(node)

    def value(self, node: n.Expr) -> Value:
        """The node's value for the subject."""
        return self.of(node)[0]

    def at_hand(self, node: n.Expr) -> bool:
        """Whether ``value`` tells what the run found: None then means unknown."""
        if id(node) in self._kept:
            return True
        if id(node) not in self._at_hand:
            inner = (node.of,) if isinstance(node, n.Step) else node.children
            found = self.alone if isinstance(node, p.Population) else all(self.at_hand(c) for c in inner)
            self._at_hand[id(node)] = (node, found)
        return self._at_hand[id(node)][1]

    def blame(self, node: n.Expr, row: int = 0) -> frozenset[Blame]:
        """What makes the node unknown; a figure over the population that is not at hand is blamed for nothing."""
        if not self.alone and isinstance(node, p.GroupMean | p.GroupFigure) and id(node) not in self._kept:
            return frozenset()
        return super().blame(node, row)
