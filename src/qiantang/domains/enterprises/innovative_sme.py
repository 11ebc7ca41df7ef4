"""Innovative SME: a hundred points in three groups, each with its own floor, or one of four shortcuts."""

from __future__ import annotations

from qiantang.domains.enterprises.conditions import (
    burden,
    condition,
    figure,
    judged_by,
    share,
    share_bands,
    within_years,
    years_together,
)
from qiantang.domains.enterprises.growth import growth
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Criterion, Outline, Role
from qiantang.kernel.words import Text

_GROUPS = {
    "innovation": Text("创新能力", "innovation"),
    "momentum": Text("成长性", "growth"),
    "specialisation": Text("专业化", "specialisation"),
}


def innovative_sme(p: Parameters, d: Dossier) -> Outline:
    """Pass or fail by points with three floors, or by a shortcut."""
    research = share(d.fact(p.word("rd.notion")), d.fact("revenue_wan"))
    grown = growth(d.fact("main_revenue_wan"), d.fact("main_revenue_wan_1"))
    debt = burden(d.fact("total_debt_wan"), d.fact("total_assets_wan"))
    focus = share(d.fact("main_revenue_wan"), d.fact("revenue_wan"))
    indicators = (
        Criterion("rights", Text("知识产权", "intellectual property"), Role.INDICATOR, None, _rights(p, d)),
        Criterion("research", Text("研发强度", "R&D intensity"), Role.INDICATOR, research, share_bands(p, "score.research", research),
                  rests_on=("rd.notion",)),
        Criterion("growth", Text("主营业务收入增长率", "growth of main revenue"), Role.INDICATOR, grown,
                  share_bands(p, "score.growth", grown)),
        Criterion("debt", Text("资产负债率", "debt ratio"), Role.INDICATOR, debt, share_bands(p, "score.debt", debt)),
        Criterion("field", Text("所属领域", "field"), Role.INDICATOR, None,
                  n.choose((d.fact("strategic_emerging"), p.number("score.field.emerging")), otherwise=p.number("score.field.other"))),
        Criterion("focus", Text("主营业务收入占比", "share of main business"), Role.INDICATOR, focus, share_bands(p, "score.focus", focus)),
    )
    points = [c.points for c in indicators if c.points is not None]
    groups = {"innovation": n.add(*points[:2]), "momentum": n.add(*points[2:4]), "specialisation": n.add(*points[4:])}
    total = n.add(*groups.values())
    enough = n.all_of(total >= p.number("score.least"), *(value >= p.number(f"floor.{name}") for name, value in groups.items()))
    shortcut = _shortcut(p, d)
    others = (
        *indicators,
        *(Criterion(name, _GROUPS[name], Role.GROUP, None, value, value >= p.number(f"floor.{name}")) for name, value in groups.items()),
        Criterion("score", Text("总分", "score"), Role.FIGURE, None, total, enough),
        Criterion("shortcut", Text("直通条件", "shortcut"), Role.FIGURE, None, None, shortcut),
        figure("equity", "近三年股权融资", "equity financing of three years",
               years_together(d, "equity_financing_wan", p.whole("shortcut.years"))),
    )
    return judged_by((condition("evaluation", "评分或直通条件", "points or a shortcut", n.any_of(shortcut, enough),
                                rests_on=("score.least",)),), others)


def _rights(p: Parameters, d: Dossier) -> Expr:
    """The best kind of right on record decides; several do not add up."""
    none = n.constant(0, "件")
    return n.choose(
        (d.fact("class_one_high_value") > none, p.number("score.rights.high_value")),
        (d.fact("class_one_own") > none, p.number("score.rights.own_class_one")),
        (d.fact("class_one_rights") > none, p.number("score.rights.class_one")),
        (d.fact("class_two_rights") > none, p.number("score.rights.class_two")),
        otherwise=n.constant(0, "分"),
    )


def _shortcut(p: Parameters, d: Dossier) -> Expr:
    equity = years_together(d, "equity_financing_wan", p.whole("shortcut.years"))
    return n.any_of(within_years(d.fact("provincial_award_on"), p.number("shortcut.years")), d.fact("is_hitech"),
                    d.fact("holds_ip_honour"), d.fact("has_provincial_rd_institution"), equity >= p.number("shortcut.equity"))
