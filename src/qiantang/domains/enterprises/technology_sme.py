"""Technology SME: size limits, a clean record, and sixty points of which staff must earn some, or a direct route."""

from __future__ import annotations

from qiantang.domains.enterprises.conditions import condition, figure, judged_by, share, share_bands, within_years
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Criterion, Outline, Role
from qiantang.kernel.words import Text


def technology_sme(p: Parameters, d: Dossier) -> Outline:
    """Pass or fail; the enterprise chooses the better of two ways to measure its R&D."""
    staff = share(d.fact("sci_tech_staff"), d.fact("staff_mean"))
    staff_points = share_bands(p, "score.staff", staff)
    research = d.fact(p.word("rd.notion"))
    over_sales, over_costs = share(research, d.fact("sales_wan")), share(research, d.fact("total_costs_wan"))
    research_points = _better(share_bands(p, "score.rd_sales", over_sales), share_bands(p, "score.rd_costs", over_costs))
    rights_points = n.choose((d.fact("class_one_rights") > n.constant(0, "件"), p.number("score.ip.class_one")),
                             otherwise=p.bands("score.ip.class_two", d.fact("class_two_rights")))
    score = n.add(staff_points, research_points, rights_points)
    enough = n.all_of(score >= p.number("score.least"), staff_points > n.constant(0, "分"))
    direct = _direct(p, d)
    misconduct = d.fact("latest_misconduct_on")
    conditions = (
        condition("resident", "居民企业", "resident for tax", d.fact("resident_for_tax")),
        condition("staff_limit", "职工总数", "staff", d.fact("staff_mean") <= p.number("size.staff"), d.fact("staff_mean")),
        condition("sales_limit", "年销售收入", "sales", d.fact("sales_wan") <= p.number("size.sales"), d.fact("sales_wan")),
        condition("assets_limit", "资产总额", "assets", d.fact("total_assets_wan") <= p.number("size.assets"), d.fact("total_assets_wan")),
        condition("permitted", "不属于禁止、限制和淘汰类", "not prohibited, restricted or eliminated",
                  n.not_(d.fact("industry_restricted"))),
        condition("clean", "上年与当年无重大事故、严重违法和科研失信", "clean last year and this",
                  n.not_(within_years(misconduct, p.number("clean.years")))),
        condition("listed", "未列入异常名录和失信名单", "on no list of bad faith", n.not_(d.fact("on_a_bad_faith_list"))),
        condition("evaluation", "得分或直通条件", "points or a direct route", n.any_of(direct, enough), rests_on=("score.least",)),
    )
    others = (
        Criterion("staff", Text("科技人员占比", "share of S&T staff"), Role.INDICATOR, staff, staff_points),
        figure("rd_over_sales", "研发费用占销售收入", "R&D over sales", over_sales),
        figure("rd_over_costs", "研发费用占成本费用", "R&D over costs", over_costs),
        Criterion("research", Text("研发投入", "R&D"), Role.INDICATOR, None, research_points, rests_on=("rd.notion",)),
        Criterion("rights", Text("科技成果", "intellectual property"), Role.INDICATOR, None, rights_points),
        Criterion("score", Text("综合得分", "score"), Role.FIGURE, None, score, enough),
        Criterion("direct", Text("直通条件", "direct route"), Role.FIGURE, None, None, direct),
    )
    return judged_by(conditions, others)


def _better(one: Expr, other: Expr) -> Expr:
    """The better of two ways; an enterprise that gives the figures for one way only has chosen it."""
    return n.first_known(n.greatest(one, other), one, other)


def _direct(p: Parameters, d: Dossier) -> Expr:
    years = p.number("direct.years")
    return n.any_of(d.fact("is_hitech"), within_years(d.fact("national_award_top3_on"), years),
                    d.fact("has_provincial_rd_institution"), within_years(d.fact("standard_led_on"), years))
