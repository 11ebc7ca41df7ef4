"""Manufacturing single champion: long in its field, first in the world or the country, sound, clean and researching."""

from __future__ import annotations

from qiantang.domains.enterprises.conditions import (
    SHARE_SCALE,
    Condition,
    condition,
    judged_by,
    share,
    share_bound,
    within_years,
)
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Outline


def champion(p: Parameters, d: Dossier) -> Outline:
    """Pass or fail. What a later call added (national rank, R&D share) is asked from the day it holds."""
    years = d.fact("years_in_niche")
    long_enough = n.any_of(years >= p.number("field.years"),
                           n.all_of(d.fact("new_product"), years >= p.number("field.years_new_product")))
    standing = [d.fact("world_rank") <= p.number("standing.world")]
    if p.has("standing.national"):
        standing.append(d.fact("national_rank") <= p.number("standing.national"))
    profit = n.divide(d.fact("profit_wan"), d.fact("revenue_wan"), SHARE_SCALE)
    above_industry = d.fact("profit_wan") > d.fact("revenue_wan") * d.fact("industry_profit_rate")
    focus = share(d.fact("main_product_revenue_wan"), d.fact("revenue_wan"))
    conditions = (
        condition("field", "从事相关领域年限", "years in the field", long_enough, years),
        condition("standing", "市场地位", "standing in the market", n.any_of(*standing), d.fact("world_rank")),
        condition("product", "产品统计代码已填报", "product code of the catalogue given",
                  d.fact("product_code").differs(n.code_constant("")), d.fact("product_code")),
        condition("profit", "利润率高于行业平均", "profit rate above the industry's", above_industry, profit),
        condition("energy", "能耗达先进值", "energy at the advanced quota", d.fact("energy_at_advanced_quota")),
        condition("clean", "无较大以上事故和违法", "no larger accident or violation",
                  n.not_(within_years(d.fact("latest_larger_event_on"), p.number("clean.years"))), rests_on=("clean.years",)),
        condition("focus", "主导产品收入占比", "share of the main product", focus >= share_bound(p, "focus.share"), focus),
        *_research(p, d),
    )
    return judged_by(conditions)


def _research(p: Parameters, d: Dossier) -> tuple[Condition, ...]:
    if not p.has("rd.share"):
        return ()
    notion = p.word("rd.notion")
    now, before = share(d.fact(notion), d.fact("revenue_wan")), share(d.fact(f"{notion}_1"), d.fact("revenue_wan_1"))
    bound = share_bound(p, "rd.share")
    return (condition("research", "研发费用占营业收入（各年）", "R&D over revenue, each year", n.all_of(now >= bound, before >= bound), now,
                      rests_on=("rd.notion",)),)
