"""Punitive prices by class: what last year's class and the years spent in it add to the price of electricity and water."""

from __future__ import annotations

from qiantang.kernel.expressions.nodes import (
    Expr,
    add,
    all_of,
    among,
    choose,
    code_constant,
    constant,
    flag_constant,
    greatest,
    surely,
)
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Case, Criterion, FormDeclaration, Outline, Role
from qiantang.kernel.words import Text

CODES = (
    ("usual", Text("不加价", "usual price")),
    ("surcharged", Text("加价", "surcharged")),
)
_PER_KWH = "元/kWh"


def build(p: Parameters, dossier: Dossier) -> Outline:
    """Several punitive prices on one kWh do not add up: the highest alone is charged.

    The class charged is that of the year before; an earlier year without an evaluation ends the row of years.
    """
    none = constant(0, _PER_KWH)
    shares: list[Criterion] = []
    if p.has("electricity.years_in_class"):
        years = consecutive_years(dossier, p.word("electricity.years_in_class"))
        by_years = p.bands("electricity.by_years", years)
        shares.append(Criterion("by_years", Text("连续年数加价", "by consecutive years"), Role.INDICATOR, years, by_years,
                                by_years > none, rests_on=("electricity.years_in_class",)))
    classes = list(p.under("electricity.by_class"))
    if classes:
        by_class = choose(*((dossier.fact("class_1").equals(code_constant(code)), p.number(f"electricity.by_class.{code}"))
                            for code in classes), otherwise=none)
        shares.append(Criterion("by_class", Text("按类别加价", "by class"), Role.INDICATOR, dossier.fact("class_1"), by_class,
                                by_class > none))
    for name in p.under("electricity.by_flag"):
        own = choose((surely(dossier.fact(name)), p.number(f"electricity.by_flag.{name}")), otherwise=none)
        shares.append(Criterion(f"by_{name}", dossier.column(name).title, Role.INDICATOR, None, own, own > none))
    prices = [c.points for c in shares if c.points is not None]
    surcharge = greatest(*prices, none)
    cost = surcharge * dossier.fact("electricity_kwh")
    figures = [Criterion("surcharge", Text("每千瓦时加价", "surcharge per kWh"), Role.FIGURE, surcharge, met=surcharge > none),
               Criterion("cost", Text("全年加价电费", "surcharge of the year"), Role.FIGURE, cost), *_water(p, dossier)]
    decided = [Case(all_of(c.points.equals(surcharge), surcharge > none), "surcharged", c.id)
               for c in shares if c.points is not None]
    return Outline((*shares, *figures), cases=tuple(decided),
                   otherwise=Case(flag_constant(True), "usual", "surcharge"), codes=CODES,
                   cohort=among(dossier.fact("sector"), p.words("cohort.sectors"), "cohort.sectors"),
                   budget="cost")


PRICE = FormDeclaration("price", "enterprise", build,
                        Text("企业按评价等级应加收的电价、水价",
                             "what an evaluation class adds to an enterprise's electricity and water price"))


def consecutive_years(dossier: Dossier, code: str) -> Expr:
    """How many of the last three years in a row, counted back from last year, were spent in that class; 3 means three
    or more. Unknown where last year's class is."""
    def held(years: int) -> Expr:
        return dossier.fact(f"class_{years}").equals(code_constant(code))

    none, one = constant(0, "年"), constant(1, "年")
    third = choose((surely(held(3)), one), otherwise=none)
    second = choose((surely(held(2)), add(one, third)), otherwise=none)
    return choose((held(1), add(one, second)), otherwise=none)


def _water(p: Parameters, dossier: Dossier) -> list[Criterion]:
    """The surcharge on water as a share of its price; the price itself is set elsewhere."""
    classes = list(p.under("water.by_class"))
    if not classes:
        return []
    share = choose(*((dossier.fact("class_1").equals(code_constant(code)), p.number(f"water.by_class.{code}"))
                     for code in classes), otherwise=constant(0))
    return [Criterion("water_surcharge", Text("水价加价比例", "surcharge on water"), Role.FIGURE, share)]
