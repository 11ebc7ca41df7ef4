"""High-tech enterprise: eight conditions, of which one is a score that experts have the last word on."""

from __future__ import annotations

from qiantang.domains.enterprises.conditions import (
    FAIL,
    MEETS,
    MEETS_NOT,
    PASS,
    Condition,
    all_met,
    condition,
    failing,
    figure,
    share,
    share_bound,
    years_together,
)
from qiantang.domains.enterprises.innovation_score import InnovationScore, existing_years, growth_of, innovation_score
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.expressions.types import FLAG
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Case, Criterion, Outline, Role
from qiantang.kernel.words import Text

EXPERTS = "depends_on_experts"


def high_tech(p: Parameters, d: Dossier) -> Outline:
    """Pass, fail, or depends on experts; unknown where a missing fact could still turn it."""
    conditions = high_tech_conditions(p, d)
    score = innovation_score(p, d)
    passed = score_condition(p, score)
    together = all_met(conditions, "得分以外的全部条件", "all conditions but the score")
    assert together.met is not None
    threshold = p.number("score.above")
    return Outline(
        criteria=(*(c.criterion for c in conditions), *shown_figures(p, d), *score.criteria, passed, together),
        cases=(
            *failing(conditions),
            Case(score.high <= threshold, FAIL, passed.id),
            Case(n.not_(together.met), FAIL, together.id),
            Case(score.low > threshold, PASS, together.id),
            Case(score.from_facts <= threshold, EXPERTS, passed.id),
        ),
        otherwise=Case(n.flag_constant(True), EXPERTS, passed.id),
        codes=(MEETS, (EXPERTS, Text("取决于专家评分", "depends on the experts")), MEETS_NOT),
    )


def score_condition(p: Parameters, score: InnovationScore) -> Criterion:
    """The score must lie above its bound: met or not where the whole interval does or does not, else open."""
    threshold = p.number("score.above")
    met = n.choose((score.low > threshold, n.flag_constant(True)), (score.high <= threshold, n.flag_constant(False)),
                   otherwise=n.unknown(FLAG))
    return Criterion("score", Text("创新能力评价", "innovation score"), Role.CONDITION, points=score.high, met=met,
                     clause="第十一条（七）", rests_on=("score.above",), note=Text(
                         "满足须高于界限；取决于专家时不作判断", "must lie above the bound; left open where it turns on experts"))


def shown_figures(p: Parameters, d: Dossier) -> tuple[Criterion, ...]:
    """The R&D share that applies, and the two growth rates that earn growth points."""
    return (figure("research_bound", "适用的研发费用占比", "R&D share that applies", research_bound(p, d)),
            figure("net_assets_growth", "净资产增长率", "growth of net assets", growth_of(p, d, "net_assets_wan")),
            figure("sales_growth", "销售收入增长率", "growth of sales", growth_of(p, d, "sales_wan")))


def high_tech_conditions(p: Parameters, d: Dossier) -> tuple[Condition, ...]:
    """The seven conditions that facts alone decide."""
    age = n.days_between(n.first_known(d.fact("registered_on"), d.fact("founded_on")), n.law_date())
    rights = d.fact("class_one_rights") + d.fact("class_two_rights")
    staff = share(d.fact("sci_tech_staff"), d.fact("staff_mean"))
    research = research_share(p, d)
    domestic = share(over_existing_years(p, d, "rd_domestic_wan"), over_existing_years(p, d, "rd_hightech_wan"))
    event = d.fact("latest_grave_event_on")
    quiet = n.days_between(event, n.law_date())
    return (
        condition("age", "注册成立时间", "time since registration", age >= p.number("age.days"), age, clause="第十一条（一）"),
        condition("rights", "核心知识产权", "intellectual property", rights >= p.number("ip.rights"), rights, clause="第十一条（二）",
                  note=Text("核心支持作用由专家判断", "whether it supports the main products is for the experts")),
        condition("field", "重点支持领域", "supported field", d.fact("field_supported"), clause="第十一条（三）"),
        condition("staff", "科技人员占比", "share of S&T staff", staff >= share_bound(p, "staff.share"), staff, clause="第十一条（四）",
                  lever="sci_tech_staff"),
        condition("research", "研发费用占销售收入", "R&D over sales", research >= research_bound(p, d), research, clause="第十一条（五）",
                  lever="rd_hightech_wan"),
        condition("domestic", "境内研发费用占比", "R&D inside China", domestic >= share_bound(p, "rd.domestic_share"), domestic,
                  clause="第十一条（五）", lever="rd_domestic_wan"),
        condition("income", "高新技术产品（服务）收入占比", "share of high-tech income", _income_met(p, d), income_share(d),
                  clause="第十一条（六）", lever="hitech_income_wan", measured=_income_known(p, d)),
        condition("clean", "无重大安全、质量事故和严重环境违法", "no grave accident or violation",
                  n.choose((n.is_known(event), quiet >= p.number("clean.days")), otherwise=n.flag_constant(True)), quiet,
                  clause="第十一条（八）"),
    )


def over_existing_years(p: Parameters, d: Dossier, name: str) -> Expr:
    """A yearly figure over the years looked at, or over the enterprise's own years where it is younger."""
    years, most = existing_years(p, d), p.whole("rd.years")
    return n.choose(*((years <= n.constant(lived, "年"), years_together(d, name, lived)) for lived in range(1, most)),
                    otherwise=years_together(d, name, most))


def research_share(p: Parameters, d: Dossier) -> Expr:
    """R&D of the years looked at over the sales of the same years."""
    return share(over_existing_years(p, d, "rd_hightech_wan"), over_existing_years(p, d, "sales_wan"))


def research_bound(p: Parameters, d: Dossier) -> Expr:
    """The R&D share that last year's sales ask for."""
    return p.bands("rd.tier", d.fact("sales_wan"))


def income_share(d: Dossier) -> Expr:
    """High-tech income over gross income less what is not taxable."""
    taxable = n.clip(d.fact("total_income_wan") - d.fact("nontaxable_income_wan"), n.constant(0, "万元"))
    return share(d.fact("hitech_income_wan"), taxable)


def _income_known(p: Parameters, d: Dossier) -> Expr:
    """The same condition as far as it can be measured: what is not known to be free of tax counts as income."""
    free = n.first_known(d.fact("nontaxable_income_wan"), n.constant(0, "万元"))
    taxable = n.clip(d.fact("total_income_wan") - free, n.constant(0, "万元"))
    return share(d.fact("hitech_income_wan"), taxable) >= share_bound(p, "income.share")


def _income_met(p: Parameters, d: Dossier) -> Expr:
    """Non-taxable income only shrinks the denominator: where the share of gross income is enough, it need not be known."""
    bound = share_bound(p, "income.share")
    return n.any_of(share(d.fact("hitech_income_wan"), d.fact("total_income_wan")) >= bound, income_share(d) >= bound)
