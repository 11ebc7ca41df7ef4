"""How near an enterprise is: which conditions are missing, how far each is in its own unit, and the largest relative gap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qiantang.domains.enterprises.conditions import Condition, figure, one_if
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions import population as pop
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.findings.inverting import met_by
from qiantang.kernel.rulebooks.rulebook import Criterion, Role
from qiantang.kernel.words import Text

RELATIVE_SCALE = 4


@dataclass(frozen=True, slots=True)
class Distance:
    """How far one condition is: ``gap`` in its own unit (None where no figure measures it), ``relative`` to what is
    needed (a condition without a figure is a whole step, 1). Both are 0 where it is met, unknown where that is unknown.
    """

    id: str
    title: Text
    met: Expr
    gap: Expr | None
    relative: Expr


@dataclass(frozen=True, slots=True)
class Nearness:
    """All distances together. ``missing`` is unknown as soon as one condition is; the others count what is known."""

    distances: tuple[Distance, ...]
    missing: Expr
    known_missing: Expr
    open_: Expr
    largest: Expr
    criteria: tuple[Criterion, ...]


def distance(condition: Condition, d: Dossier) -> Distance:
    """A condition's distance: what its lever lacks, else what its figure lacks, else a whole step."""
    criterion, met = condition.criterion, condition.met
    needed, held = _needed(condition, d)
    if needed is None or held is None:
        return Distance(criterion.id, criterion.title, met, None, _open_step(met, n.constant(1)))
    lacking = n.clip(needed - held, n.constant(0, held.type.unit))
    return Distance(criterion.id, criterion.title, met, _open_step(met, lacking), _open_step(met, _relative(lacking, needed)))


def points_distance(criterion: Criterion, high: Expr, above: Expr) -> Distance:
    """The distance of a score in whole points: met, for the ladder, as long as experts could still give enough."""
    possible = high > above
    needed = above + n.constant(1, high.type.unit)
    lacking = n.clip(needed - high, n.constant(0, high.type.unit))
    return Distance(criterion.id, criterion.title, possible, lacking, _open_step(possible, _relative(lacking, needed)))


def nearness(distances: Sequence[Distance]) -> Nearness:
    """The distances counted and compared, with the columns that show them."""
    nothing = n.constant(0, "项")
    missing = n.add(*(one_if(n.not_(d.met)) for d in distances))
    known_missing = n.add(*(one_if(n.surely(n.not_(d.met))) for d in distances))
    open_ = n.add(*(one_if(n.not_(n.is_known(d.met))) if d.met.type.nullable else nothing for d in distances))
    largest = n.greatest(*(n.first_known(d.relative, n.constant(0)) for d in distances))
    columns = [figure(f"{d.id}_gap", f"{d.title.zh}：差距", f"{d.title.en}: distance", d.gap) for d in distances if d.gap is not None]
    columns += [
        figure("missing", "不满足的条件数", "conditions not met", known_missing),
        figure("open", "无法判断的条件数", "conditions that cannot be judged", open_),
        figure("missing_conditions", "不满足的条件", "which conditions are not met",
               n.listed(n.flag_constant(True), *((d.id, n.surely(n.not_(d.met))) for d in distances))),
        figure("open_conditions", "无法判断的条件", "which conditions cannot be judged",
               n.listed(n.flag_constant(True), *((d.id, n.not_(n.is_known(d.met))) for d in distances))),
        figure("largest_gap", "最大相对差距", "largest relative distance", largest),
    ]
    return Nearness(tuple(distances), missing, known_missing, open_, largest, tuple(columns))


def ranked_by_nearness(found: Nearness, points_to_give: Expr, d: Dossier) -> Criterion:
    """Place by conditions not shown to be met (missing or unknown), the largest relative distance, the points that
    experts must still give, and last the credit code."""
    place = pop.rank([(found.known_missing + found.open_, False), (found.largest, False), (points_to_give, False),
                      (d.fact(d.subject), False)])
    return Criterion("place", Text("接近程度名次", "place by nearness"), Role.FIGURE, place, note=Text(
        "依次比较：未满足与无法判断的条件数、最大相对差距、尚需专家给出的分数、统一社会信用代码",
        "by conditions missing or unknown, the largest relative distance, the points experts must still give, the credit code"))


def _needed(condition: Condition, d: Dossier) -> tuple[Expr | None, Expr | None]:
    """What the lever (or the figure) must be at least, and what it is."""
    if condition.lever:
        bound = met_by(condition.measured, condition.lever)
        if bound is not None and bound.sense == "at_least":
            return bound.value, d.fact(condition.lever)
    test = condition.measured
    if isinstance(test, n.Compare) and test.op == ">=" and test.left.type.is_number:
        return test.right, test.left
    return None, None


def _open_step(met: Expr, value: Expr) -> Expr:
    return n.choose((met, n.constant(0, value.type.unit)), otherwise=value)


def _relative(lacking: Expr, needed: Expr) -> Expr:
    return n.least(n.divide(lacking, needed, RELATIVE_SCALE, "up"), n.constant(1))
