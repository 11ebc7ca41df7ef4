"""Specialist SME (专精特新): time in the niche, R&D, size or financing, and sixty points or one of four shortcuts."""

from __future__ import annotations

from qiantang.domains.enterprises.conditions import (
    condition,
    figure,
    judged_by,
    share,
    share_bound,
    within_years,
    years_together,
)
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Outline


def specialist(p: Parameters, d: Dossier) -> Outline:
    """Pass or fail; the evaluation table itself was not seen, so its score is a fact."""
    notion = p.word("rd.notion")
    research, revenue = d.fact(notion), d.fact("revenue_wan")
    intensity = share(research, revenue)
    equity = years_together(d, "equity_financing_wan", p.whole("equity.years"))
    mean_research = n.divide(research + d.fact(f"{notion}_1"), n.constant(2), 6, "down")
    years = p.number("shortcut.years")
    shortcut = n.any_of(
        within_years(d.fact("provincial_award_top3_on"), years), within_years(d.fact("national_award_top5_on"), years),
        mean_research >= p.number("shortcut.research"), equity >= p.number("shortcut.equity"),
        within_years(d.fact("maker_top500_on"), years))
    score = d.fact("specialist_score")
    conditions = (
        condition("niche", "从事特定细分市场年限", "years in the niche", d.fact("years_in_niche") >= p.number("niche.years"),
                  d.fact("years_in_niche")),
        condition("research", "上年研发费用总额", "R&D last year", research >= p.number("rd.least"), research,
                  rests_on=("rd.notion",)),
        condition("intensity", "上年研发费用占营业收入", "R&D over revenue", intensity >= share_bound(p, "rd.share"), intensity),
        condition("size", "营业收入或股权融资", "revenue or equity financing",
                  n.any_of(revenue >= p.number("size.revenue"), equity >= p.number("size.equity")), revenue),
        condition("evaluation", "评价得分或直通条件", "score or a shortcut", n.any_of(shortcut, score >= p.number("score.least")), score),
    )
    return judged_by(conditions, (figure("equity", "近两年股权融资", "equity financing of two years", equity),
                                  figure("mean_research", "近两年研发费用均值", "mean R&D of two years", mean_research)))
