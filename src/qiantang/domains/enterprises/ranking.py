"""The innovation ranking of high-tech enterprises: a stated index of indicators, each full at its own figure."""

from __future__ import annotations

from collections.abc import Callable

from qiantang.domains.enterprises.conditions import share
from qiantang.domains.enterprises.growth import growth
from qiantang.kernel.errors import Place, RulebookError
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions import population as pop
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Case, Criterion, Outline, Role
from qiantang.kernel.words import Text

INDICATORS: dict[str, Callable[[Dossier], Expr]] = {
    "research": lambda d: share(d.fact("rd_hightech_wan"), d.fact("sales_wan")),
    "staff": lambda d: share(d.fact("sci_tech_staff"), d.fact("staff_mean")),
    "rights": lambda d: d.fact("class_one_rights"),
    "income": lambda d: share(d.fact("hitech_income_wan"), d.fact("total_income_wan")),
    "results": lambda d: d.fact("results_transformed"),
    "growth": lambda d: n.clip(growth(d.fact("sales_wan"), d.fact("sales_wan_1")), n.constant(0)),
}
"""What an index may be made of; which of them it is made of, with which weights, the rulebook says."""


def innovation_ranking(p: Parameters, d: Dossier) -> Outline:
    """Place among the high-tech enterprises by index; equal scores are settled by credit code, as the rulebook notes."""
    decimals = p.whole("score.decimals")
    criteria = []
    for name in p.under("indicator"):
        if name not in INDICATORS:
            raise RulebookError.of(f"没有指标 {name}", f"there is no indicator {name}", place=Place(path=f"indicator.{name}"), value=name,
                                   remedy=Text("可用：" + "、".join(INDICATORS), "known: " + ", ".join(INDICATORS)))
        value = INDICATORS[name](d)
        weight, full = p.number(f"indicator.{name}.weight"), p.number(f"indicator.{name}.full")
        points = n.divide(n.least(value, full) * weight, full, 4)
        criteria.append(Criterion(f"index_{name}", p.title(f"indicator.{name}.weight"), Role.INDICATOR, value, points))
    score = n.rounded(n.add(*(c.points for c in criteria if c.points is not None)), decimals)
    place = pop.rank([(score, True), (d.fact(d.subject), False)], among=n.is_known(score))
    top = place <= p.number("top.places")
    return Outline(
        criteria=(*criteria, Criterion("score", Text("创新指数", "innovation index"), Role.FIGURE, None, score),
                  Criterion("place", Text("名次", "place"), Role.FIGURE, place, None, top)),
        cases=(Case(top, "top", "place"),),
        otherwise=Case(n.flag_constant(True), "ranked", "place"),
        codes=(("top", Text("前列", "among the first")), ("ranked", Text("已排名", "ranked"))),
        cohort=d.fact("is_hitech"),
        score="score",
    )
