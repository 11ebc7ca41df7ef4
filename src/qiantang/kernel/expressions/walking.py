"""Walking a tree: every node below a root, and what the whole of it rests on: facts, parameters, its shape."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from qiantang.kernel.expressions.nodes import Expr, Fact, Step


def parts_of(node: Expr) -> tuple[Expr, ...]:
    """The nodes right below this one; of a named step, the expression it names."""
    return (node.of,) if isinstance(node, Step) else node.children


def bare(node: Expr) -> Expr:
    """What a named step, or a step of a step, in the end stands for."""
    while isinstance(node, Step):
        node = node.of
    return node


def walk(root: Expr) -> Iterable[Expr]:
    """Every node below and including ``root``, each once, parts before wholes."""
    seen: set[int] = set()
    stack: list[tuple[Expr, bool]] = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            yield node
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((part, False) for part in reversed(parts_of(node)))


def facts_of(root: Expr) -> list[Fact]:
    """The facts an expression rests on, in the order met, each once by name."""
    return list(_facts_of(root))


@lru_cache(maxsize=8192)
def _facts_of(root: Expr) -> tuple[Fact, ...]:
    """The same, remembered: a tree never changes, and explanations ask it of every part again and again."""
    found: dict[str, Fact] = {}
    for node in walk(root):
        if isinstance(node, Fact):
            found.setdefault(node.column.name, node)
    return tuple(found.values())


def shape(root: Expr) -> str:
    """The expression by structure alone: trees of one shape compute the same."""
    numbers: dict[int, int] = {}
    lines = []
    for node in walk(root):
        lines.append(f"{type(node).__name__} {node.detail!r} {[numbers[id(part)] for part in parts_of(node)]}")
        numbers[id(node)] = len(numbers)
    return "\n".join(lines)


def paths_of(root: Expr) -> list[str]:
    """The parameter paths an expression rests on."""
    found: dict[str, None] = {}
    for node in walk(root):
        path = getattr(node, "path", "")
        if path:
            found.setdefault(path)
    return list(found)


