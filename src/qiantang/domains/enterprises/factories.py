"""The rungs of the digital factory: workshop, smart factory, future factory, by investment, maturity and credit."""

from __future__ import annotations

from datetime import date

from qiantang.domains.enterprises.conditions import condition, figure, judged_by, within_years, years_together
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Case, Criterion, Outline, Role
from qiantang.kernel.words import Text

NO_RUNG = "none"
_TITLES = {
    "future": Text("未来工厂", "future factory"),
    "smart": Text("智能工厂", "smart factory"),
    "workshop": Text("数字化车间", "digital workshop"),
}


def factory_ladder(p: Parameters, d: Dossier) -> Outline:
    """The highest rung whose published conditions are met. A condition the call does not state is not asked."""
    invested = years_together(d, "digital_investment_wan", p.whole("investment.years"))
    criteria = [figure("investment", "数字化软硬件投入", "digital investment", invested, rests_on=("investment.years",)),
                figure("level", "成熟度等级", "maturity level", d.fact("digital_level"))]
    cases = []
    built = _built(p, d)
    if built is not None:
        criteria.append(Criterion("built", Text("建设时间", "time of building"), Role.CONDITION,
                                  d.fact("digital_project_completed_on"), None, built))
    for rung, title in _TITLES.items():
        asked = _asked(p, d, rung, invested)
        met = n.all_of(*asked, *(() if built is None else (built,)))
        criteria.append(Criterion(rung, title, Role.CONDITION, None, None, met))
        cases.append(Case(met, rung, rung))
    return Outline(tuple(criteria), tuple(cases), Case(n.flag_constant(True), NO_RUNG, "workshop"),
                   (*_TITLES.items(), (NO_RUNG, Text("未达任何层级", "no rung"))))


def _asked(p: Parameters, d: Dossier, rung: str, invested: Expr) -> list[Expr]:
    asked = [n.among(d.fact("credit_rating"), p.words(f"{rung}.credit"), f"{rung}.credit"),
             d.fact("digital_level") >= p.number(f"{rung}.level")]
    place = "in_mountains" if p.yes("place.in_mountains") else "usual"
    if p.has(f"{rung}.investment.{place}"):
        asked.append(invested >= p.number(f"{rung}.investment.{place}"))
    return asked


def _built(p: Parameters, d: Dossier) -> Expr | None:
    """Completed since a day, or due by another; None where the call sets no time."""
    if not p.has("built.since"):
        return None
    since = n.day_constant(date.fromisoformat(p.word("built.since")), "built.since")
    due = n.day_constant(date.fromisoformat(p.word("built.due_by")), "built.due_by")
    return n.any_of(d.fact("digital_project_completed_on") >= since, d.fact("digital_project_due_on") <= due)


def basic_factory(p: Parameters, d: Dossier) -> Outline:
    """What figures can tell of the national basic level: who passes is then examined on site."""
    level = d.fact("digital_level")
    outline = judged_by((
        condition("above_scale", "规模以上企业", "above scale", d.fact("above_scale")),
        condition("clean", "近三年无较大以上事故和违法", "no larger accident or violation in three years",
                  n.not_(within_years(d.fact("latest_larger_event_on"), p.number("clean.years"))), rests_on=("clean.years",)),
        condition("level", "智能制造能力成熟度", "maturity level", level >= p.number("level.least"), level),
    ))
    return Outline(outline.criteria, tuple(Case(c.when, "examine" if c.gives == "pass" else c.gives, c.because) for c in outline.cases),
                   outline.otherwise, (("examine", Text("数据条件符合，待现场核查", "figures suffice, to be examined on site")),
                                       ("fail", Text("不符合", "does not meet the conditions"))))
