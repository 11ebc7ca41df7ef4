"""The tables of land use worth reading: classes per platform, what is unknown, who is nearly there, leaders, the low, prices."""

from __future__ import annotations

from qiantang.domains.land.indicators import VALUE_SCALE, halves, indicator
from qiantang.domains.land.price import CODES as PRICE_CODES
from qiantang.kernel.domains import ViewDeclaration
from qiantang.kernel.expressions.nodes import Expr, all_of, code_constant, constant, divide, is_known, not_, surely
from qiantang.kernel.expressions.population import group_count, group_figure, rank
from qiantang.kernel.findings.views import Figure, Listing, RunView, Shown, Tally, shown_columns
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.words import Text

LEADERS = 10
NEAREST = 20
LOWEST = 20
LOTS = 300
"""Points of a map at most."""

_ENTERPRISES = Text("企业数", "enterprises")
_LAND = Text("用地（亩）", "land (mu)")


def _is(view: RunView, code: str) -> Expr:
    """Whether the outcome is surely this one."""
    return surely(view.column("outcome").equals(code_constant(code)))


def _unknown(view: RunView) -> Expr:
    return not_(is_known(view.column("outcome")))


def _figure(view: RunView, name: str, half: str) -> Expr:
    """What stands above or below an indicator's line, as this rulebook counts it."""
    both = halves(indicator(name), Parameters(view.reading.book.parameters, view.reading.day), view.dossier)
    return both.above if half == "above" else both.below


def _count(name: str, title: Text, where: Expr | None = None) -> Figure:
    return Figure(name, title, "count", where=where)


def _outcome(view: RunView) -> Shown:
    return Shown("outcome", Text("类别", "class"), view.column("outcome"), view.reading.outline.codes)


def _classes(view: RunView) -> Tally:
    codes = view.reading.outline.codes
    tax, land = _figure(view, "tax_per_mu", "above"), _figure(view, "tax_per_mu", "below")
    return Tally(
        by=shown_columns(["platform"], view),
        figures=(
            _count("enterprises", _ENTERPRISES),
            *(_count(f"class_{number}", title, _is(view, code)) for number, (code, title) in enumerate(codes)),
            _count("unknown", Text("未知", "unknown"), _unknown(view)),
            Figure("land_mu", _LAND, "sum", land, decimals=0),
            Figure("tax_per_mu", Text("亩均税收（万元/亩）", "tax per mu (10k yuan)"), "ratio", tax, land, decimals=2),
        ),
        note=Text("亩均税收为税收合计÷用地合计，不是各企业之平均", "tax per mu is the sum of tax over the sum of land, no mean of ratios"))


def _reasons(view: RunView) -> Tally:
    return Tally(
        by=(Shown("missing", Text("缺少的事实", "missing facts"), view.column("unknown_because")),),
        figures=(_count("enterprises", _ENTERPRISES), Figure("land_mu", _LAND, "sum", view.fact("land_mu"), decimals=0)),
        where=_unknown(view))


def _nearly(view: RunView) -> Listing:
    gap = view.column("gap__value")
    return Listing(
        columns=(*shown_columns(["uscc", "name", "platform"], view), _outcome(view),
                 Shown("score", Text("得分", "score"), view.column("score__points"), decimals=2),
                 Shown("gap", Text("距上一类别（分）", "points to the next class"), gap, decimals=4)),
        where=is_known(gap), order=((gap, False), (view.fact("uscc"), False)), limit=NEAREST,
        note=Text("其他企业不变时的分差", "points missing while all others stand still"))


def _leaders(view: RunView) -> Listing:
    """The best above-scale enterprises of each leading industry, by score; who has no class leads nobody."""
    score, industry = view.column("score__points"), view.fact("leading_industry")
    eligible = all_of(surely(view.fact("above_scale")), is_known(view.column("place__value")), is_known(industry))
    place = rank([(score, True), (view.fact("uscc"), False)], within=(industry,), among=eligible)
    return Listing(
        columns=(*shown_columns(["leading_industry"], view), Shown("place", Text("名次", "place"), place),
                 *shown_columns(["uscc", "name", "platform"], view), _outcome(view),
                 Shown("score", Text("得分", "score"), score, decimals=2),
                 Shown("tax_per_mu", Text("亩均税收（万元/亩）", "tax per mu (10k yuan)"), view.column("tax_per_mu__value"), decimals=2)),
        where=surely(place <= constant(LEADERS, place.type.unit)), order=((industry, False), (place, False)))


def _parks(view: RunView) -> Listing:
    """Platforms by tax per mu: sums over their enterprises whose tax and land are both known."""
    platform, subject = view.fact("platform"), view.fact("uscc")
    tax, land = _figure(view, "tax_per_mu", "above"), _figure(view, "tax_per_mu", "below")
    measured = all_of(is_known(platform), is_known(tax), is_known(land))
    within = (platform,)
    sum_tax, sum_land = (group_figure("sum", figure, within=within, among=measured) for figure in (tax, land))
    tax_per_mu = divide(sum_tax, sum_land, VALUE_SCALE)
    speaks = rank([(subject, False)], within=within, among=measured).equals(constant(1, "名"))
    place = rank([(tax_per_mu, True), (platform, False)], among=surely(speaks))
    return Listing(
        columns=(Shown("place", Text("名次", "place"), place), *shown_columns(["platform"], view),
                 Shown("enterprises", _ENTERPRISES, group_count(within=within, among=measured)),
                 Shown("land", _LAND, sum_land, decimals=0), Shown("tax", Text("税收（万元）", "tax (10k yuan)"), sum_tax, decimals=0),
                 Shown("tax_per_mu", Text("亩均税收（万元/亩）", "tax per mu (10k yuan)"), tax_per_mu, decimals=2)),
        where=is_known(place), order=((place, False),))


def _low_by_platform(view: RunView) -> Tally:
    low = _is(view, "low")
    return Tally(
        by=shown_columns(["platform"], view),
        figures=(
            _count("low", Text("低效企业数", "low-efficiency enterprises"), low),
            Figure("low_mu", Text("低效用地（亩）", "low-efficiency land (mu)"), "sum", view.fact("land_mu"), where=low, decimals=0),
            Figure("gap_tax", Text("税收差额（万元）", "tax missing (10k yuan)"), "sum", view.column("gap_tax__value"), where=low,
                   decimals=0),
            _count("screened", Text("排查企业数", "screened"), surely(view.column("screened__met"))),
            _count("unknown", Text("未知", "unknown"), _unknown(view)),
        ))


def _lowest(view: RunView) -> Listing:
    per_mu = view.column("tax_per_mu__value")
    return Listing(
        columns=(*shown_columns(["uscc", "name", "platform", "land_mu"], view),
                 Shown("tax_per_mu", Text("亩均税收（万元/亩）", "tax per mu (10k yuan)"), per_mu, decimals=2),
                 Shown("gap_tax", Text("税收差额（万元）", "tax missing (10k yuan)"), view.column("gap_tax__value"), decimals=2),
                 Shown("routes", Text("可选处置路径", "routes open"), view.column("routes__value"))),
        where=_is(view, "low"), order=((view.fact("land_mu"), True), (view.fact("uscc"), False)), limit=LOWEST,
        note=Text("按用地面积由大到小", "by land, largest first"))


def _lots(view: RunView) -> Listing:
    return Listing(columns=(*shown_columns(["uscc", "name", "subdistrict", "land_mu"], view),
                            Shown("tax_per_mu", Text("亩均税收（万元/亩）", "tax per mu (10k yuan)"), view.column("tax_per_mu__value"), decimals=2)),
                   where=_is(view, "low"), order=((view.fact("land_mu"), True), (view.fact("uscc"), False)), limit=LOTS)


def _surcharges(view: RunView) -> Tally:
    charged = _is(view, "surcharged")
    return Tally(
        by=(Shown("class_1", Text("上年类别", "last year's class"), view.fact("class_1")),),
        figures=(
            _count("enterprises", _ENTERPRISES),
            _count("surcharged", dict(PRICE_CODES)["surcharged"], charged),
            Figure("kwh", Text("用电量（kWh）", "electricity (kWh)"), "sum", view.fact("electricity_kwh"), where=charged, decimals=0),
            Figure("cost", Text("加价电费（元）", "surcharge (yuan)"), "sum", view.column("cost__value"), where=charged, decimals=0),
            _count("unknown", Text("未知", "unknown"), _unknown(view)),
        ))


def _highest_surcharges(view: RunView) -> Listing:
    cost = view.column("cost__value")
    return Listing(
        columns=(*shown_columns(["uscc", "name", "platform", "class_1"], view),
                 Shown("surcharge", Text("每千瓦时加价（元）", "surcharge per kWh (yuan)"), view.column("surcharge__value"), decimals=2),
                 Shown("cost", Text("全年加价（元）", "surcharge of the year (yuan)"), cost, decimals=0)),
        where=_is(view, "surcharged"), order=((cost, True), (view.fact("uscc"), False)), limit=LOWEST)


VIEWS = (
    ViewDeclaration("land_classes", Text("各平台亩均评价类别", "classes per platform"), ("per_mu",), _classes, True, 10),
    ViewDeclaration("land_unknown", Text("类别未知及原因", "class unknown, and why"), ("per_mu",), _reasons, True, 11),
    ViewDeclaration("land_nearly", Text("距上一类别最近的企业", "just below a class"), ("per_mu",), _nearly, True, 12),
    ViewDeclaration("land_low_by_platform", Text("亩均税收低于底线的企业", "enterprises under the floor of tax per mu"),
                    ("low_efficiency",), _low_by_platform, True, 13),
    ViewDeclaration("land_lowest", Text("低效用地企业名单", "low-efficiency list"), ("low_efficiency",), _lowest, True, 14),
    ViewDeclaration("land_lots", Text("低效用地分布", "where low-efficiency land lies"), ("low_efficiency",), _lots, False, 15),
    ViewDeclaration("land_leaders", Text("分行业领跑者", "leaders by industry"), ("per_mu",), _leaders, False, 15),
    ViewDeclaration("land_parks", Text("平台亩均税收排名", "platforms by tax per mu"), ("per_mu",), _parks, False, 16),
    ViewDeclaration("land_surcharges", Text("差别化电价", "electricity surcharges"), ("price",), _surcharges, True, 17),
    ViewDeclaration("land_highest_surcharges", Text("加价电费最高的企业", "highest surcharges"), ("price",), _highest_surcharges,
                    False, 18),
)
