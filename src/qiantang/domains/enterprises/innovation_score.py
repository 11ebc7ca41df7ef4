"""The innovation score of a high-tech enterprise as an interval: what facts settle is a point, what experts judge a range."""

from __future__ import annotations

from dataclasses import dataclass

from qiantang.domains.enterprises.conditions import figure, share_bands, years_together
from qiantang.domains.enterprises.growth import mean_growth
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Criterion, Role
from qiantang.kernel.words import Text


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the score: the least and the most it can be. Unknown where a fact that bounds it is missing."""

    id: str
    title: Text
    low: Expr
    high: Expr
    full: Expr


@dataclass(frozen=True, slots=True)
class InnovationScore:
    """The whole score. ``low`` and ``high`` are always known: a missing fact opens its part to its whole range.

    ``from_facts`` is the low end where no fact is missing, and unknown otherwise: it carries the blame.
    """

    low: Expr
    high: Expr
    from_facts: Expr
    criteria: tuple[Criterion, ...]


def existing_years(p: Parameters, d: Dossier) -> Expr:
    """How many of the accounting years looked at the enterprise existed for, in 年."""
    lived = d.fact("year") - n.year_of(n.first_known(d.fact("registered_on"), d.fact("founded_on"))) + n.constant(1, "年")
    return n.clip(lived, n.constant(1, "年"), p.number("rd.years"))


def innovation_score(p: Parameters, d: Dossier) -> InnovationScore:
    """Intellectual property, transformation, organisation and growth, each with its range."""
    property_parts = _property(p, d)
    groups = {
        "ip": property_parts,
        "transformation": [_transformation(p, d)],
        "organisation": [_by_experts(p, d, name) for name in ("rd_management", "rd_unit", "incentives", "talent")],
        "growth": [_growth(p, d, "net_assets", "net_assets_wan"), _growth(p, d, "sales", "sales_wan")],
    }
    cap = p.number("score.ip.cap")
    lows, highs, strict, criteria = [], [], [], []
    for name, parts in groups.items():
        held = cap if name == "ip" else None
        lows.append(_together([_floor(part) for part in parts], held))
        highs.append(_together([_ceiling(part) for part in parts], held))
        strict.append(_together([part.low for part in parts], held))
        for part in parts:
            criteria += [figure(f"{part.id}_low", f"{part.title.zh}（最低）", f"{part.title.en} (least)", _floor(part)),
                         figure(f"{part.id}_high", f"{part.title.zh}（最高）", f"{part.title.en} (most)", _ceiling(part))]
    low, high = n.add(*lows), n.add(*highs)
    criteria += [
        Criterion("score_low", Text("创新能力得分下限", "innovation score, least"), Role.FIGURE, points=low),
        Criterion("score_high", Text("创新能力得分上限", "innovation score, most"), Role.FIGURE, points=high),
    ]
    return InnovationScore(low, high, n.add(*strict), tuple(criteria))


def _floor(part: Part) -> Expr:
    return n.first_known(part.low, n.constant(0, "分"))


def _ceiling(part: Part) -> Expr:
    return n.first_known(part.high, part.full)


def _together(parts: list[Expr], cap: Expr | None) -> Expr:
    total = n.add(*parts)
    return total if cap is None else n.least(total, cap)


def _marked(mark: Expr, low: Expr, high: Expr) -> tuple[Expr, Expr]:
    """The expert's mark where it is given, else the range the rule leaves; no mark that is still to come is blamed."""
    given = n.is_known(mark)
    return n.choose((given, mark), otherwise=low), n.choose((given, mark), otherwise=high)


def _property(p: Parameters, d: Dossier) -> list[Part]:
    one, two, own = (d.fact(f) for f in ("class_one_rights", "class_two_rights", "rights_own"))
    none = n.constant(0, "件")
    has_any, has_one, has_own = one + two > none, one > none, own > none
    zero = n.constant(0, "分")
    parts = []
    for name in ("ip_advancement", "ip_support"):
        full = p.number(f"score.{name}.full")
        low, high = _marked(d.fact(f"expert_{name}"), zero, n.choose((has_any, full), otherwise=zero))
        parts.append(Part(name, p.title(f"score.{name}.full"), low, high, full))
    low, high = _marked(
        d.fact("expert_ip_quantity"),
        n.choose((has_one, p.number("score.ip_quantity.class_one_low")), otherwise=p.bands("score.ip_quantity.class_two_low", two)),
        n.choose((has_one, p.number("score.ip_quantity.full")), otherwise=p.bands("score.ip_quantity.class_two_high", two)))
    parts.append(Part("ip_quantity", p.title("score.ip_quantity.full"), low, high, p.number("score.ip_quantity.full")))
    least = p.number("score.ip_acquisition.low")
    low, high = _marked(
        d.fact("expert_ip_acquisition"), n.choose((has_any, least), otherwise=zero),
        n.choose((has_own, p.number("score.ip_acquisition.full")), (has_any, p.number("score.ip_acquisition.transferred_high")),
                 otherwise=zero))
    parts.append(Part("ip_acquisition", p.title("score.ip_acquisition.full"), low, high, p.number("score.ip_acquisition.full")))
    full = p.number("score.standards.full")
    low, high = _marked(d.fact("expert_standards"), zero, full)
    parts.append(Part("standards", p.title("score.standards.full"), low, high, full))
    return parts


def _transformation(p: Parameters, d: Dossier) -> Part:
    years = existing_years(p, d)
    name, most = "results_transformed", p.whole("rd.years")
    results = n.choose(*((years <= n.constant(lived, "年"), years_together(d, name, lived)) for lived in range(1, most)),
                       otherwise=years_together(d, name, most))
    yearly = n.divide(results, years, 2, "down")
    mark, full = d.fact("expert_transformation"), p.number("score.transformation.full")
    low, high = _marked(mark, p.bands("score.transformation.low", yearly), p.bands("score.transformation.high", yearly))
    return Part("transformation", p.title("score.transformation.full"), low, high, full)


def _by_experts(p: Parameters, d: Dossier, name: str) -> Part:
    full = p.number(f"score.{name}.full")
    low, high = _marked(d.fact(f"expert_{name}"), n.constant(0, "分"), full)
    return Part(name, p.title(f"score.{name}.full"), low, high, full)


def _growth(p: Parameters, d: Dossier, name: str, fact: str) -> Part:
    grown = growth_of(p, d, fact)
    low, high = _marked(d.fact(f"expert_growth_{name}"), share_bands(p, "score.growth.low", grown),
                        share_bands(p, "score.growth.high", grown))
    return Part(f"growth_{name}", p.title(f"score.growth_{name}.full"), low, high, p.number(f"score.growth_{name}.full"))


def growth_of(p: Parameters, d: Dossier, fact: str) -> Expr:
    """The growth that the guideline measures for net assets or sales, as a fraction."""
    return mean_growth(d.fact(f"{fact}_2"), d.fact(f"{fact}_1"), d.fact(fact), existing_years(p, d))
