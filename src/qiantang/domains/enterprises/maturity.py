"""Smart-manufacturing maturity: level scores become one total, and the total a level from 0 to 5."""

from __future__ import annotations

from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Case, Criterion, Outline, Role
from qiantang.kernel.words import Text

LEVELS = (1, 2, 3, 4, 5)
_NAMES = ("规划级", "规范级", "集成级", "优化级", "引领级")
_ENGLISH = ("planned", "managed", "integrated", "optimised", "leading")


def maturity(p: Parameters, d: Dossier) -> Outline:
    """A level that is met counts 1; of those not met, all count or only the first, as ``unmet_levels`` says."""
    threshold, one = p.number("level.met"), p.number("level.full")
    alone = p.word("unmet_levels") == "first_only"
    parts: list[Expr] = []
    criteria: list[Criterion] = []
    below: Expr = n.flag_constant(True)
    for level, name, english in zip(LEVELS, _NAMES, _ENGLISH, strict=True):
        score = d.fact(f"maturity_level_{level}_score")
        met = score >= threshold
        counted = n.choose((met, one), otherwise=score)
        part = n.choose((below, counted), otherwise=n.constant(0, "分")) if alone else counted
        below = n.all_of(below, met)
        parts.append(part)
        criteria.append(Criterion(f"level_{level}", Text(f"{name}得分", f"level {level} ({english})"), Role.INDICATOR, score, part, met,
                                  rests_on=("unmet_levels",)))
    total = n.add(*parts)
    criteria.append(Criterion("total", Text("总得分", "total"), Role.FIGURE, None, total))
    return Outline(
        criteria=tuple(criteria),
        cases=(),
        otherwise=Case(n.flag_constant(True), p.bands("level.by_total", total), "total"),
        codes=(*((str(level), Text(name, english)) for level, name, english in
                 reversed(list(zip(LEVELS, _NAMES, _ENGLISH, strict=True)))), ("0", Text("未达规划级", "below level 1"))),
        score="total",
    )
