"""The district's draft ladder of leaders: support as a share of what an enterprise contributes to the district."""

from __future__ import annotations

from qiantang.domains.enterprises.conditions import figure
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Case, Criterion, Outline, Role
from qiantang.kernel.words import Text

LEADER, GROWTH, NO_LADDER = "leader", "growth", "none"
_YUAN_DECIMALS = 6


def leader_support(p: Parameters, d: Dossier) -> Outline:
    """Which ladder an enterprise stands on, and the support the draft would give it, in 万元.

    Listed enterprises also stand on the leaders' ladder and listing candidates on the growth ladder; who stands on
    both takes the leaders' support.
    """
    listing = d.fact("listing")
    leads = n.any_of(d.fact("on_leader_ladder"), n.among(listing, p.words("leader.listings"), "leader.listings"))
    grows = n.any_of(d.fact("on_growth_ladder"), n.among(listing, p.words("growth.listings"), "growth.listings"))
    before = d.fact("district_contribution_wan_1")
    increment = n.clip(d.fact("district_contribution_wan") - before, n.constant(0, "万元"))
    leading = _part(before, p.number("leader.base_share")) + _part(increment, _by_land(p, d, "leader"))
    growing = _part(increment, _by_land(p, d, "growth"))
    nothing = n.constant(0, "万元")
    support = n.choose((leads, leading), (grows, growing), otherwise=nothing)
    listed_this_year = n.choose((n.is_known(d.fact("listed_on")), n.year_of(d.fact("listed_on")).equals(d.fact("year"))),
                                otherwise=n.flag_constant(False))
    return Outline(
        criteria=(
            Criterion("leader", Text("头雁", "leader ladder"), Role.CONDITION, None, None, leads),
            Criterion("growth", Text("雨燕", "growth ladder"), Role.CONDITION, None, None, grows),
            figure("increment", "区级贡献增量", "increment of the contribution", increment),
            Criterion("land", Text("在区内已供地", "given land in the district"), Role.FIGURE,
                      met=d.fact("land_granted_by_district")),
            figure("support", "支持金额", "support", support),
            figure("listing_most", "凤凰（上市）支持上限", "most support for a listing",
                   n.choose((listed_this_year, p.number("phoenix.most")), otherwise=nothing)),
        ),
        cases=(Case(leads, LEADER, "leader"), Case(grows, GROWTH, "growth")),
        otherwise=Case(n.flag_constant(True), NO_LADDER, "growth"),
        codes=((LEADER, Text("头雁", "leader ladder")), (GROWTH, Text("雨燕", "growth ladder")),
               (NO_LADDER, Text("不在梯队", "on no ladder"))),
    )


def _part(of: Expr, rate: Expr) -> Expr:
    """A share of an amount, to the fen."""
    return n.rounded(of * rate, _YUAN_DECIMALS)


def _by_land(p: Parameters, d: Dossier, ladder: str) -> Expr:
    """The share of the increment, lower where the enterprise was given land."""
    return n.choose((d.fact("land_granted_by_district"), p.number(f"{ladder}.increment_share_with_land")),
                    otherwise=p.number(f"{ladder}.increment_share"))
