"""Little giant (小巨人): specialised, growing, digital, sound and leading in its niche, with R&D by tier of revenue."""

from __future__ import annotations

from qiantang.domains.enterprises.conditions import (
    Condition,
    burden,
    condition,
    figure,
    judged_by,
    share,
    share_bound,
    years_together,
)
from qiantang.domains.enterprises.growth import mean_growth
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Outline


def giant(p: Parameters, d: Dossier) -> Outline:
    """Pass or fail by all conditions together."""
    focus = share(d.fact("main_revenue_wan"), d.fact("revenue_wan"))
    grown = mean_growth(d.fact("main_revenue_wan_2"), d.fact("main_revenue_wan_1"), d.fact("main_revenue_wan"), n.constant(3, "年"))
    debt = burden(d.fact("total_debt_wan"), d.fact("total_assets_wan"))
    conditions = (
        condition("niche", "从事特定细分市场年限", "years in the niche", d.fact("years_in_niche") >= p.number("niche.years"),
                  d.fact("years_in_niche")),
        condition("focus", "主营业务收入占比", "share of main business", focus >= share_bound(p, "focus.share"), focus),
        condition("growth", "近两年主营业务收入平均增长率", "mean growth of two years", grown >= share_bound(p, "growth.least"), grown),
        condition("digital", "核心业务采用信息系统", "core process on an information system", d.fact("core_process_on_system")),
        condition("certified", "管理体系或产品认证", "management or product certification", d.fact("management_certified")),
        condition("debt", "资产负债率", "debt ratio", debt <= share_bound(p, "debt.most"), debt),
        condition("position", "国内细分市场占有率", "national share of the niche",
                  d.fact("niche_share_national") >= p.number("position.share"), d.fact("niche_share_national")),
        condition("brand", "自主品牌", "own brand", d.fact("own_brand")),
        _research(p, d),
        condition("institution", "研发机构", "R&D institution", d.fact("has_rd_institution")),
        condition("rights", "已应用的Ⅰ类知识产权", "class I rights in use", d.fact("class_one_in_use") >= p.number("rights.in_use"),
                  d.fact("class_one_in_use")),
    )
    return judged_by(conditions, (figure("equity", "近两年股权融资", "equity financing of two years",
                                         years_together(d, "equity_financing_wan", p.whole("tier.years"))),))


def _research(p: Parameters, d: Dossier) -> Condition:
    """The tier by last year's revenue: a share of revenue in each of two years, or financing, amount and people."""
    notion = p.word("rd.notion")
    revenue, research = d.fact("revenue_wan"), d.fact(notion)
    now, before = share(research, revenue), share(d.fact(f"{notion}_1"), d.fact("revenue_wan_1"))
    large, middle = (n.all_of(now >= share_bound(p, path), before >= share_bound(p, path))
                     for path in ("tier.large.share", "tier.middle.share"))
    people = share(d.fact("rd_staff"), d.fact("staff_mean"))
    small = n.all_of(years_together(d, "equity_financing_wan", p.whole("tier.years")) >= p.number("tier.small.equity"),
                     years_together(d, notion, p.whole("tier.small.rd_years")) >= p.number("tier.small.rd"),
                     people >= share_bound(p, "tier.small.staff"))
    met = n.choose((revenue >= p.number("tier.large.revenue"), large),
                   (revenue >= p.number("tier.middle.revenue"), middle), otherwise=small)
    return condition("research", "研发投入（按营业收入分档）", "R&D by tier of revenue", met, now, rests_on=("rd.notion",))
