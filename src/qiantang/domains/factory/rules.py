"""How an enterprise's plants stand by what they publish: OEE, takt, first-pass yield, alarms an operator and hour, equipment connected."""

from __future__ import annotations

from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Case, Criterion, FormDeclaration, Outline, Role
from qiantang.kernel.words import Text

STEADY, BEHIND = "steady", "behind"
_DECIMALS = 4
_TAKT_DECIMALS = 3


def plant_standing(p: Parameters, d: Dossier) -> Outline:
    """Steady where every bound holds, behind where one is known not to; unknown where a plant keeps a figure to itself.

    Each figure is a ratio of the year's sums; what should be large is cut off and what should be small is rounded up, so that a
    bound of no more decimals is met exactly where the fraction meets it.
    """
    def share(above: str, below: str) -> Expr:
        return n.divide(d.fact(above), d.fact(below), _DECIMALS, "down")

    oee, first_pass, connected = share("effective_h", "busy_h"), share("pieces_first_good", "pieces_first"), share("equipment_connected", "equipment")
    takt = n.divide(n.in_unit(d.fact("line_h"), "s"), d.fact("pieces_left"), _TAKT_DECIMALS, "up")
    alarms = n.divide(d.fact("alarms"), d.fact("operator_h"), _DECIMALS, "up")
    energy = n.divide(d.fact("energy_kwh"), d.fact("pieces_left"), _DECIMALS)
    conditions = (
        Criterion("oee", Text("设备综合效率 OEE", "OEE"), Role.CONDITION, oee, None, oee >= p.number("oee.least")),
        Criterion("takt", Text("平均节拍", "mean takt"), Role.CONDITION, takt, None, takt <= p.number("takt.most")),
        Criterion("first_pass", Text("一次合格率", "first-pass yield"), Role.CONDITION, first_pass, None, first_pass >= p.number("first_pass.least")),
        Criterion("alarms", Text("每操作员小时报警", "alarms an operator and hour"), Role.CONDITION, alarms, None, alarms <= p.number("alarms.most")),
        Criterion("connected", Text("设备联网率", "equipment connected"), Role.CONDITION, connected, None, connected >= p.number("connected.least")),
    )
    figures = (Criterion("energy", Text("单件用电", "electricity a piece"), Role.FIGURE, energy),
               Criterion("signals", Text("采集信号数", "signals collected"), Role.FIGURE, d.fact("signals_most")))
    held = n.all_of(*(c.met for c in conditions if c.met is not None))
    together = Criterion("all_conditions", Text("全部条件", "all conditions"), Role.GROUP, met=held)
    failing = tuple(Case(n.surely(n.not_(c.met)), BEHIND, c.id) for c in conditions if c.met is not None)
    return Outline(
        criteria=(*conditions, *figures, together), cases=(*failing, Case(held, STEADY, "all_conditions")),
        otherwise=Case(n.flag_constant(True), BEHIND, "all_conditions"),
        codes=((STEADY, Text("运行平稳", "runs steadily")), (BEHIND, Text("未达目标", "behind its targets"))),
        cohort=d.fact("plant_days") > n.constant(0, "天"))


PLANT_STANDING = FormDeclaration("factory/plant-standing", "plants", plant_standing,
                                 Text("工厂运行是否达到目标", "whether plants run as they should"))
