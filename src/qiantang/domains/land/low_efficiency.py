"""Which enterprises use industrial land below the floor of tax per mu, how far they are from it, and their ways out."""

from __future__ import annotations

from qiantang.domains.land.indicators import VALUE_SCALE, evaluated_tax
from qiantang.kernel.errors import Place, RulebookError
from qiantang.kernel.expressions.nodes import (
    Expr,
    all_of,
    among,
    any_of,
    constant,
    divide,
    flag_constant,
    greatest,
    is_known,
    listed,
    not_,
    surely,
)
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Case, Criterion, FormDeclaration, Outline, Role
from qiantang.kernel.words import Text

CODES = (
    ("not_low", Text("不属低效", "not low-efficiency")),
    ("not_screened", Text("不在排查范围", "not screened")),
    ("low", Text("低效用地企业", "low-efficiency")),
)

def build(p: Parameters, dossier: Dossier) -> Outline:
    """Low is strictly below the floor; the enterprises screened are those above scale, and others on enough land."""
    land, floor = dossier.fact("land_mu"), p.number("floor.tax_per_mu")
    tax = evaluated_tax(p, dossier)
    # Cut off, not rounded: a figure a cent short of the floor must not be rounded up to it.
    per_mu = divide(tax, land, VALUE_SCALE, "down")
    reached = per_mu >= floor if p.yes("floor.strict") else per_mu > floor
    screened = any_of(dossier.fact("above_scale"), land >= p.number("screening.least_land"))
    none = constant(0, "万元")
    criteria = (
        Criterion("tax_per_mu", Text("亩均税收", "tax per mu"), Role.INDICATOR, per_mu, met=reached, rests_on=("floor.strict",)),
        Criterion("screened", Text("在排查范围", "screened"), Role.CONDITION, land, met=screened),
        Criterion("gap_per_mu", Text("亩均税收差距", "tax per mu missing"), Role.FIGURE,
                  greatest(floor - per_mu, constant(0, "万元/亩"))),
        Criterion("gap_tax", Text("税收差额", "tax missing"), Role.FIGURE, greatest(floor * land - tax, none)),
        Criterion("routes", Text("可选处置路径", "routes open"), Role.FIGURE,
                  _routes(p, dossier, all_of(screened, not_(reached))), rests_on=("routes",),
                  note=Text("五种路径有文件依据；对单个企业的适用条件为本系统假设",
                            "the five routes are published; which are open to an enterprise is an assumption of this system")),
    )
    return Outline(
        criteria,
        cases=(Case(not_(screened), "not_screened", "screened"), Case(reached, "not_low", "tax_per_mu")),
        otherwise=Case(flag_constant(True), "low", "tax_per_mu"), codes=CODES,
        cohort=among(dossier.fact("sector"), p.words("cohort.sectors"), "cohort.sectors"))


ROUTES = (
    ("improve", Text("改造提升", "improve")),
    ("merge", Text("兼并重组", "merge")),
    ("reclaim", Text("收回盘活", "reclaim")),
    ("move", Text("搬迁入园", "move into a park")),
    ("close", Text("关停淘汰", "close")),
)
"""The ways out, as the process of clearing names them."""

LOW_EFFICIENCY = FormDeclaration("low_efficiency", "enterprise", build,
                                 Text("企业是否属低效工业用地及如何退出",
                                      "whether an enterprise uses industrial land badly, and its way out"), ROUTES)


def _routes(p: Parameters, dossier: Dossier, low: Expr) -> Expr:
    """The ways out of whoever is low: land can be reclaimed from its owner; only who is outside every
    platform can move into a park; what is closed by law is the prohibited, restricted or substandard."""
    open_to = {
        "improve": flag_constant(True),
        "merge": flag_constant(True),
        "reclaim": surely(dossier.fact("land_owned_mu") > constant(0, "亩")),
        "move": all_of(not_(is_known(dossier.fact("platform"))), not_(dossier.fact("in_small_enterprise_park"))),
        "close": any_of(surely(dossier.fact("industry_restricted")), dossier.fact("was_substandard")),
    }
    names = p.words("routes")
    if not names or not set(names) <= set(open_to):
        raise RulebookError.of(f"处置路径有误：{'、'.join(names)}", f"routes out of order: {', '.join(names)}", place=Place(path="routes"),
                               remedy=Text("可用：" + "、".join(open_to), "known: " + ", ".join(open_to)))
    first, *others = ((name, open_to[name]) for name in names)
    return listed(low, first, *others)
