"""Rewards for growing above scale (小升规): on first entry, for emerging industries, and for staying or growing on."""

from __future__ import annotations

from qiantang.domains.enterprises.conditions import figure
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Case, Criterion, Outline, Role
from qiantang.kernel.words import Text

DUE, NOT_DUE, ELSEWHERE = "due", "not_due", "other_sector"


def entry_reward(p: Parameters, d: Dossier) -> Outline:
    """What an enterprise has earned by the end of the dossier's year since it grew above scale, in 万元, all together.

    The services' reward for growth is told in the year in which it falls due: later the two years lie too far back.
    """
    sector = d.fact("sector")
    industry = n.among(sector, p.words("industry.sectors"), "industry.sectors")
    services = n.among(sector, p.words("services.sectors"), "services.sectors")
    entered = d.fact("above_scale_since")
    inside = n.all_of(d.fact("above_scale"), n.any_of(industry, services))
    since = n.year_of(entered)
    kept = d.fact("year") - since + (n.constant(1, "年") if p.yes("industry.counts_entry_year") else n.constant(0, "年"))
    stayed = kept >= p.number("industry.kept_years")
    nothing = n.constant(0, "万元")
    entry = n.choose((industry, p.number("industry.entry")), otherwise=p.number("services.entry_most"))
    emerging = n.choose((industry, n.choose((d.fact("strategic_emerging"), p.number("industry.emerging")), otherwise=nothing)),
                        otherwise=nothing)
    growing = n.choose(
        (industry, n.choose((stayed, p.number("industry.kept")), otherwise=nothing)),
        (d.fact("year").differs(since + p.number("services.growth_years")), nothing),
        (n.all_of(_grew(p, d, "revenue_wan", "revenue_wan_1"), _grew(p, d, "revenue_wan_1", "revenue_wan_2")), p.number("services.growth")),
        otherwise=nothing)
    total = n.choose((inside, n.add(entry, emerging, growing)), otherwise=nothing)
    return Outline(
        criteria=(
            Criterion("sector", Text("工业或服务业", "industry or services"), Role.CONDITION, sector, None, n.any_of(industry, services)),
            Criterion("inside", Text("在库规上企业", "enrolled above scale"), Role.CONDITION, None, None, d.fact("above_scale")),
            figure("kept", "纳统年数", "years above scale", kept, rests_on=("industry.counts_entry_year",)),
            figure("entry", "首次上规奖励", "reward for first entry", entry),
            figure("emerging", "战略性新兴产业加奖", "addition for an emerging industry", emerging),
            figure("growing", "稳规或增长奖励", "reward for staying or growing", growing),
            figure("total", "累计奖励", "rewards together", total),
        ),
        cases=(
            Case(n.not_(n.any_of(industry, services)), ELSEWHERE, "sector"),
            Case(n.not_(d.fact("above_scale")), NOT_DUE, "inside"),
            Case(since <= d.fact("year"), DUE, "inside"),
        ),
        otherwise=Case(n.flag_constant(True), NOT_DUE, "kept"),
        codes=((DUE, Text("可兑现", "due")), (NOT_DUE, Text("未上规", "not above scale")), (ELSEWHERE, Text("不适用行业", "other sector"))),
    )


def _grew(p: Parameters, d: Dossier, last: str, before: str) -> Expr:
    """Revenue grew by more than the bound, compared without a division."""
    return d.fact(last) > d.fact(before) * (n.constant(1) + p.number("services.growth_above"))
