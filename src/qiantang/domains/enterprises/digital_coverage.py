"""Digitalisation coverage of above-scale enterprises, and who holds which rung of the digital factory."""

from __future__ import annotations

from qiantang.domains.enterprises.conditions import figure
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Case, Criterion, Outline, Role
from qiantang.kernel.words import Text

COVERED, NOT_COVERED = "covered", "not_covered"
RUNGS = {
    "future": "has_future_factory",
    "provincial_smart": "has_provincial_smart_factory",
    "smart": "has_smart_factory",
    "workshop": "has_digital_workshop",
}
"""Which fact says that a rung is held."""


def digital_coverage(p: Parameters, d: Dossier) -> Outline:
    """Covered or not, for above-scale enterprises of the sectors named; a rung held or a maturity level counts too."""
    level = d.fact("digital_level")
    held = n.any_of(*(d.fact(fact) for fact in RUNGS.values()))
    reached = level >= p.number("level.least")
    covered = n.any_of(d.fact("digitalised"), reached, held)
    return Outline(
        criteria=(
            Criterion("digitalised", Text("已完成数字化改造", "digitalised"), Role.CONDITION, None, None, d.fact("digitalised")),
            Criterion("level", Text("成熟度达到下限", "maturity reaches the floor"), Role.CONDITION, level, None, reached),
            Criterion("rung", Text("持有数字化车间或工厂称号", "holds a rung of the digital factory"), Role.CONDITION, None, None, held),
            Criterion("covered", Text("数字化覆盖", "covered"), Role.GROUP, None, None, covered),
            figure("target", "覆盖率目标", "target coverage", p.number("target.share")),
        ),
        cases=(Case(covered, COVERED, "covered"),),
        otherwise=Case(n.flag_constant(True), NOT_COVERED, "covered"),
        codes=((COVERED, Text("已覆盖", "covered")), (NOT_COVERED, Text("未覆盖", "not covered"))),
        cohort=n.all_of(d.fact("above_scale"), n.among(d.fact("sector"), p.words("sectors"), "sectors")),
    )
