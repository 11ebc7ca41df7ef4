"""Turns an expression round: which value of one fact brings it to a target, in closed form, for everybody at once."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.nodes import Expr, Fact
from qiantang.kernel.expressions.walking import facts_of, walk

Sense = Literal["at_least", "at_most"]


@dataclass(frozen=True, slots=True)
class Bound:
    """The fact must be at least, or at most, this value (unknown where no value of it is enough)."""

    sense: Sense
    value: Expr


def inverted(node: Expr, target: Expr, sense: Sense, fact: str) -> Bound | None:
    """The bound on ``fact`` at which ``node`` is at least (or at most) ``target``; None where there is no closed form.

    Everything else is held still. The bound is tight to the fact's own scale. A fact that stands in more than one
    place of the expression has no closed form here.
    """
    if fact not in _names(node):
        return None
    if isinstance(node, Fact):
        return Bound(sense, _on_grid(target, node.type.scale, sense))
    inverse = _INVERSE.get(type(node))
    return inverse(node, target, sense, fact) if inverse else None


def met_by(flag: Expr, fact: str) -> Bound | None:
    """The bound on ``fact`` at which a comparison holds; None for other flags or without a closed form."""
    while isinstance(flag, n.Step):
        flag = flag.of
    if not isinstance(flag, n.Compare) or not flag.left.type.is_number:
        return None
    in_left, in_right = fact in _names(flag.left), fact in _names(flag.right)
    if in_left == in_right:
        return None
    side, other = (flag.left, flag.right) if in_left else (flag.right, flag.left)
    mirrored = {">=": "<=", "<=": ">=", ">": "<", "<": ">"}
    op = flag.op if in_left else mirrored.get(flag.op, flag.op)
    if op in (">=", ">"):
        least = _above(other, side.type.scale) if op == ">" else other
        return inverted(side, least, "at_least", fact)
    if op in ("<=", "<"):
        most = _below(other, side.type.scale) if op == "<" else other
        return inverted(side, most, "at_most", fact)
    return None


def _names(node: Expr) -> set[str]:
    return {f.column.name for f in facts_of(node)}


def _one_unit(like: Expr, scale: int, times: str = "1") -> Expr:
    return n.constant(Decimal(times).scaleb(-scale), like.type.unit)


def _towards(of: Expr, scale: int, up: bool) -> Expr:
    """Rounded to the grid towards plus (or minus) infinity; the tree's own ``up`` and ``down`` go by size."""
    if scale >= of.type.scale:
        return of
    plain, other = n.rounded(of, scale, "up" if up else "down"), n.rounded(of, scale, "down" if up else "up")
    if of.type.low >= 0:
        return plain
    return n.choose((of < n.constant(0, of.type.unit), other), otherwise=plain)


def _on_grid(of: Expr, scale: int, sense: Sense) -> Expr:
    return _towards(of, scale, up=sense == "at_least")


def _above(of: Expr, scale: int) -> Expr:
    """The least value of the grid that is greater."""
    return _towards(of, scale, up=False) + _one_unit(of, scale)


def _below(of: Expr, scale: int) -> Expr:
    """The greatest value of the grid that is less."""
    return _towards(of, scale, up=True) - _one_unit(of, scale)


def _reaching(node: n.Rounded | n.Divide, target: Expr, sense: Sense) -> tuple[Expr, Expr]:
    """The end of the values that round to at least (or at most) the target, and a flag: the end itself is one of them.

    ``half_up`` and ``up`` round away from zero, ``down`` towards it, so which end belongs turns with the target's sign.
    Where the figure is never negative, targets below zero do not matter.
    """
    grid = _on_grid(target, node.type.scale, sense)
    step, half = _one_unit(target, node.type.scale), _one_unit(target, node.type.scale, "0.5")
    zero = n.constant(0, target.type.unit)
    inward, outward = (grid - half, grid - step) if sense == "at_least" else (grid + half, grid + step)
    beyond = grid > zero if sense == "at_least" else grid < zero
    if sense == "at_least" and (node.type.low >= 0 or target.type.low > 0):
        beyond = n.flag_constant(True)
    elif sense == "at_most" and (node.type.low >= 0 or target.type.low >= 0):
        beyond = n.flag_constant(False)
    if node.how == "half_up":
        return inward, beyond
    if node.how == "down":
        return _picked(beyond, grid, outward), beyond
    return _picked(beyond, outward, grid), _picked(beyond, n.flag_constant(False), n.flag_constant(True))


def _picked(flag: Expr, then: Expr, otherwise: Expr) -> Expr:
    """One of two, settled at once where the flag is a constant."""
    if isinstance(flag, n.Const):
        return then if flag.value else otherwise
    return n.choose((flag, then), otherwise=otherwise)


def _inside(end: Expr, belongs: Expr, scale: int, sense: Sense) -> Expr:
    """The outermost value of a grid within an end that belongs or does not."""
    past = _above(end, scale) if sense == "at_least" else _below(end, scale)
    return _picked(belongs, end, past)


def _rounded(node: n.Rounded, target: Expr, sense: Sense, fact: str) -> Bound | None:
    if node.type.scale >= node.of.type.scale:
        return inverted(node.of, target, sense, fact)
    end, belongs = _reaching(node, target, sense)
    return inverted(node.of, _inside(end, belongs, node.of.type.scale, sense), sense, fact)


def _divide(node: n.Divide, target: Expr, sense: Sense, fact: str) -> Bound | None:
    above, below = fact in _names(node.above), fact in _names(node.below)
    if above == below or node.below.type.low < 0:
        return None
    end, belongs = _reaching(node, target, sense)
    nothing = n.constant(0, node.below.type.unit)
    if above:
        reached = _in_unit_of(end * node.below, node.above)
        found = inverted(node.above, _inside(reached, belongs, node.above.type.scale, sense), sense, fact)
        # Nothing above the line helps while nothing stands below it.
        return found if found is None or node.below.type.low > 0 else _only(node.below > nothing, found)
    if node.above.type.low < 0 or (not isinstance(node.below, Fact) and any(isinstance(x, n.Divide | n.Rounded) for x in walk(node.below))):
        # A denominator that is itself rounded may jump past every value that would do, down to 0.
        return None
    # a / b >= t means b <= a / t: the sense turns round; t must be above 0, and so must the b that is reached.
    scale = node.below.type.scale
    cut = _in_unit_of(n.divide(node.above, end, scale, "down"), node.below)
    exact, one = (cut * end).equals(node.above), _one_unit(node.below, scale)
    possible = end > n.constant(0, end.type.unit)
    if sense == "at_least":
        most = _picked(belongs, cut, n.choose((exact, cut - one), otherwise=cut))
        found = inverted(node.below, most, "at_most", fact)
        possible = n.all_of(possible, most > nothing)
    else:
        least = _picked(belongs, n.choose((exact, n.greatest(cut, one)), otherwise=cut + one), cut + one)
        found = inverted(node.below, least, "at_least", fact)
    return None if found is None else _only(possible, found)


def _only(possible: Expr, bound: Bound) -> Bound:
    """The bound where it is possible, else unknown."""
    return Bound(bound.sense, n.choose((possible, bound.value), otherwise=n.unknown(bound.value.type)))


def _in_unit_of(node: Expr, like: Expr) -> Expr:
    assert node.type.unit == like.type.unit, (node.type.unit, like.type.unit)
    return node


def _multiply(node: n.Multiply, target: Expr, sense: Sense, fact: str) -> Bound | None:
    left, right = fact in _names(node.left), fact in _names(node.right)
    if left == right:
        return None
    side, other = (node.left, node.right) if left else (node.right, node.left)
    if other.type.low < 0:
        return None
    return inverted(side, _in_unit_of(_share(target, other, side.type.scale, sense), side), sense, fact)


def _share(target: Expr, of: Expr, scale: int, sense: Sense) -> Expr:
    """``target / of`` on a grid, towards plus infinity for ``at_least``; ``of`` is above 0, else the share is unknown."""
    up = sense == "at_least"
    plain = n.divide(target, of, scale, "up" if up else "down")
    if target.type.low >= 0:
        return plain
    return n.choose((target < n.constant(0, target.type.unit), n.divide(target, of, scale, "down" if up else "up")), otherwise=plain)


def _add(node: n.Add, target: Expr, sense: Sense, fact: str) -> Bound | None:
    own = [p for p in node.parts if fact in _names(p)]
    if len(own) != 1:
        return None
    others = [p for p in node.parts if p is not own[0]]
    return inverted(own[0], target - n.add(*others) if others else target, sense, fact)


def _subtract(node: n.Subtract, target: Expr, sense: Sense, fact: str) -> Bound | None:
    left, right = fact in _names(node.left), fact in _names(node.right)
    if left == right:
        return None
    if left:
        return inverted(node.left, target + node.right, sense, fact)
    return inverted(node.right, node.left - target, "at_most" if sense == "at_least" else "at_least", fact)


def _extreme(node: n.Extreme, target: Expr, sense: Sense, fact: str) -> Bound | None:
    own = [p for p in node.parts if fact in _names(p)]
    if len(own) != 1:
        return None
    found = inverted(own[0], target, sense, fact)
    others = [p for p in node.parts if p is not own[0]]
    binds = (node.which == "least") == (sense == "at_least")
    if found is None or not others:
        return found
    # A part that is unknown leaves the whole unknown, also where it does not bind.
    allow = n.all_of(*(((p >= target) if sense == "at_least" else (p <= target)) if binds else n.is_known(p) for p in others))
    return Bound(found.sense, n.choose((allow, found.value), otherwise=n.unknown(found.value.type)))


def _in_unit(node: n.InUnit, target: Expr, sense: Sense, fact: str) -> Bound | None:
    factor = Decimal(node.up).scaleb(node.of.type.scale - node.type.scale)
    per = n.constant(factor, node.type.unit / node.of.type.unit)
    return inverted(node.of, _share(target, per, node.of.type.scale, sense), sense, fact)


def _first_known(node: n.FirstKnown, target: Expr, sense: Sense, fact: str) -> Bound | None:
    """A fallback that rests on the same fact (a mean over the others) moves others too: no closed form."""
    if fact not in _names(node.parts[0]) or any(fact in _names(p) for p in node.parts[1:]):
        return None
    return inverted(node.parts[0], target, sense, fact)


def _choose(node: n.Choose, target: Expr, sense: Sense, fact: str) -> Bound | None:
    if any(fact in _names(flag) for flag, _ in node.cases):
        return None
    values = [v for _, v in node.cases] + [node.otherwise]
    found = [inverted(v, target, sense, fact) if fact in _names(v) else None for v in values]
    known = [f for f in found if f is not None]
    if not known or len({f.sense for f in known}) > 1:
        return None
    none = n.unknown(known[0].value.type)
    picked = [none if f is None else f.value for f in found]
    flags = [flag for flag, _ in node.cases]
    return Bound(known[0].sense, n.choose(*zip(flags, picked[:-1], strict=True), otherwise=picked[-1]))


def _banded(node: n.Banded, target: Expr, sense: Sense, fact: str) -> Bound | None:
    """The nearest end of the first band that gives enough, walking from the worst band to the best."""
    if sense != "at_least" or not node.type.is_number:
        return None
    lowest = Decimal("-Infinity")
    ordered = sorted(node.bands, key=lambda b: lowest if b.low is None else b.low)
    gives = [b.gives.type.decimal(b.gives.value) for b in ordered if isinstance(b.gives.value, int)]
    unit, grid = node.of.type.unit, node.of.type.scale
    cases: list[tuple[Expr, Expr]] = []
    if gives == sorted(gives):
        for band in ordered:
            if band.low is not None:
                end = n.constant(band.low, unit)
                cases.append((band.gives >= target, end if band.low_closed else _above(end, grid)))
        turned: Sense = "at_least"
    elif gives == sorted(gives, reverse=True):
        for band in reversed(ordered):
            if band.high is not None:
                end = n.constant(band.high, unit)
                cases.append((band.gives >= target, end if band.high_closed else _below(end, grid)))
        turned = "at_most"
    else:
        return None
    if not cases:
        return None
    return inverted(node.of, n.choose(*cases, otherwise=n.unknown(cases[0][1].type)), turned, fact)


_INVERSE = {
    n.Step: lambda node, target, sense, fact: inverted(node.of, target, sense, fact),
    n.Rounded: _rounded,
    n.Divide: _divide,
    n.Multiply: _multiply,
    n.Add: _add,
    n.Subtract: _subtract,
    n.Extreme: _extreme,
    n.InUnit: _in_unit,
    n.FirstKnown: _first_known,
    n.Choose: _choose,
    n.Banded: _banded,
}
