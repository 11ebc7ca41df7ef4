"""Above scale or not: the figure an enterprise's sector is measured by, against the sector's threshold."""

from __future__ import annotations

from dataclasses import dataclass

from qiantang.domains.enterprises.conditions import figure
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Case, Criterion, Outline, Role
from qiantang.kernel.words import Text

ABOVE, BY_QUALIFICATION, BY_ACTIVITY, BELOW, OUTSIDE = "above", "by_qualification", "by_activity", "below", "outside"
REACHED = (ABOVE, BY_QUALIFICATION, BY_ACTIVITY)
"""The outcomes by which an enterprise belongs among the "four above"."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Size against the sector's threshold, both in 万元; unknown for sectors that no threshold measures."""

    size: Expr
    threshold: Expr
    reached: Expr
    gap: Expr
    by_threshold: Expr


def measure(p: Parameters, d: Dossier) -> Measure:
    """The sector's own measure and threshold."""
    sector = d.fact("sector")
    sectors = p.words("by_threshold")
    sizes = [(sector.equals(n.code_constant(s)), d.fact(p.word(f"measure.{s}"))) for s in sectors]
    bounds = [(sector.equals(n.code_constant(s)), p.number(f"threshold.{s}")) for s in sectors]
    size = n.choose(*sizes, otherwise=n.unknown(sizes[0][1].type))
    threshold = n.choose(*bounds, otherwise=n.unknown(sizes[0][1].type))
    gap = n.clip(threshold - size, n.constant(0, "万元"))
    return Measure(size, threshold, size >= threshold, gap, n.among(sector, sectors, "by_threshold"))


def above_scale(p: Parameters, d: Dossier) -> Outline:
    """Above, below, in by qualification or by activity, or in a sector that is not surveyed this way."""
    found = measure(p, d)
    sector = d.fact("sector")
    qualified = n.among(sector, p.words("by_qualification"), "by_qualification")
    active = n.among(sector, p.words("by_activity"), "by_activity")
    surveyed = n.any_of(qualified, active, found.by_threshold)
    in_business = d.fact("status").equals(n.code_constant("active"))
    criteria = (
        Criterion("surveyed", Text("属于统计范围的行业", "sector is surveyed"), Role.CONDITION, sector, None, surveyed),
        Criterion("qualification", Text("建筑业资质", "contracting qualification"), Role.CONDITION, None, None,
                  n.all_of(qualified, d.fact("contracting_qualification"))),
        Criterion("activity", Text("有房地产开发经营活动", "has real-estate development activity"), Role.CONDITION, None, None,
                  n.all_of(active, in_business), note=Text("以在营状态认定", "taken from being in business")),
        Criterion("size", Text("达到规模标准", "reaches the threshold"), Role.CONDITION, found.size, None, found.reached),
        figure("threshold", "规模标准", "threshold", found.threshold),
        figure("gap", "距规模标准", "distance to the threshold", found.gap),
        Criterion("enrolled", Text("统计在库", "enrolled by the statistics office"), Role.FIGURE, None, None, d.fact("above_scale")),
    )
    return Outline(
        criteria=criteria,
        cases=(
            Case(n.not_(surveyed), OUTSIDE, "surveyed"),
            Case(qualified, n.choose((d.fact("contracting_qualification"), n.code_constant(BY_QUALIFICATION)),
                                     otherwise=n.code_constant(BELOW)), "qualification"),
            Case(active, n.choose((in_business, n.code_constant(BY_ACTIVITY)), otherwise=n.code_constant(BELOW)), "activity"),
            Case(found.reached, ABOVE, "size"),
        ),
        otherwise=Case(n.flag_constant(True), BELOW, "size"),
        codes=(
            (ABOVE, Text("达到规上标准", "reaches the threshold")),
            (BY_QUALIFICATION, Text("凭资质纳统", "in by qualification")),
            (BY_ACTIVITY, Text("凭经营活动纳统", "in by activity")),
            (BELOW, Text("规下", "below scale")),
            (OUTSIDE, Text("不在统计范围", "sector not surveyed")),
        ),
    )


def reaches_scale(outcome: Expr) -> Expr:
    """Whether an outcome of this rulebook means above scale."""
    return n.among(outcome, REACHED)
