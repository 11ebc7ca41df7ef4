"""What formulas of a reading call its columns, parameters and codes, and each column's formula in those words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.expressions.plan import compile_plan
from qiantang.kernel.expressions.recalling import Named, Recalled
from qiantang.kernel.expressions.shown import Names
from qiantang.kernel.expressions.walking import bare, walk
from qiantang.kernel.expressions.wording import Wording
from qiantang.kernel.facts.schema import Column
from qiantang.kernel.rulebooks.rulebook import Criterion, Reading
from qiantang.kernel.words import LANGS, Lang, Text, both, same

_POINTS = Text("{title}得分", "points for {title}")


@dataclass(frozen=True, slots=True)
class Calling:
    """What a reading calls things, which nodes are of one shape, and which fact a list of codes is about; the same for every
    subject."""

    names: Names
    shapes: Mapping[int, int]
    alike: Mapping[int, tuple[n.Expr, ...]]
    lists: Mapping[str, Column]

    def twins(self, node: n.Expr) -> tuple[n.Expr, ...]:
        """Every node that computes the very same thing."""
        return self.alike.get(self.shapes.get(id(node), -1), (node,))


@lru_cache(maxsize=32)
def calling(reading: Reading) -> Calling:
    """How a reading calls things. A figure that is a part of two criteria bears the name of the first."""
    book = reading.book
    columns = reading.columns()
    shapes = compile_plan(columns).numbers
    alike: dict[int, list[n.Expr]] = {}
    lists: dict[str, Column] = {}
    seen: set[int] = set()
    for root in columns.values():
        for node in walk(root):
            if id(node) not in seen:
                seen.add(id(node))
                alike.setdefault(shapes[id(node)], []).append(node)
                if isinstance(node, n.Among) and isinstance(node.of, n.Fact):
                    lists.setdefault(node.path, node.of.column)
    found = Calling(Names(), shapes, {shape: tuple(nodes) for shape, nodes in alike.items()}, lists)
    named: dict[int, Named] = {}
    for criterion in reading.outline.criteria:
        for column, expr in criterion.parts().items():
            _name(named, found, bare(expr), column, _title(criterion, column))
    names = Names({path: parameter.title for path, parameter in book.parameters.items()}, named,
                  book.words | {code: _labelled(code, title) for code, title in reading.outline.codes})
    return replace(found, names=names)


@lru_cache(maxsize=32)
def formulas(reading: Reading) -> Mapping[str, Text]:
    """Every column's formula in words, the same for every subject."""
    names = calling(reading).names
    writers = {lang: Wording(lang, names) for lang in LANGS}

    def said(column: str, node: n.Expr, lang: Lang) -> str:
        owner = names.columns.get(id(bare(node)))
        mine = owner is None or owner.column == column
        return writers[lang].formula(node, column) if mine else writers[lang].mention(node)

    return {column: both(partial(said, column, node)) for column, node in reading.columns().items()}


def names_for(reading: Reading, values: Mapping[str, Stored], alone: bool) -> Names:
    """The same for one subject, by its values: a branch that a column's choices took for it bears the column's name too,
    since it has the same value and other formulas are built on it."""
    common = calling(reading)
    recalled = Recalled(values, reading.day, common.names.columns, alone)
    named = dict(common.names.columns)
    for criterion in reading.outline.criteria:
        for column, expr in criterion.parts().items():
            node: n.Expr | None = expr
            while node is not None:
                _name(named, common, node, column, _title(criterion, column))
                node = recalled.picked(node)
    return replace(common.names, columns=named)


def _name(named: dict[int, Named], common: Calling, node: n.Expr, column: str, title: Text) -> None:
    """Call a node and its twins by a column, unless they are plain facts or constants, or have a name already."""
    if not isinstance(node, n.Fact | n.Const | n.LawDate):
        for twin in common.twins(node):
            named.setdefault(id(twin), Named(twin, column, title))


def _title(criterion: Criterion, column: str) -> Text:
    points = column.endswith("__points") and criterion.value is not None
    return _POINTS.filled(title=criterion.title) if points else criterion.title


def _labelled(code: str, title: Text) -> Text:
    """A class letter is a word that officials use, so it is said with its title; a longer code is only a key."""
    return same(code + " ") + title if len(code) <= 2 and not title.zh.startswith(code) else title
