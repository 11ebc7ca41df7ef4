"""The enterprise's dossier: one row an enterprise and year, with all facts that several domains judge by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.facts.dossier import Derived, Dossier, Gathered, How
from qiantang.kernel.facts.schema import Column, Table, area, code, count, day, flag
from qiantang.kernel.units import unit
from qiantang.kernel.words import Text
from qiantang.registers.enterprise_years import ENTERPRISE_YEARS
from qiantang.registers.enterprises import ENTERPRISES
from qiantang.registers.events import EVENTS
from qiantang.registers.honours import HONOURS
from qiantang.registers.intellectual_property import INTELLECTUAL_PROPERTY, is_class_one
from qiantang.registers.parcels import LEASES, PARCELS
from qiantang.registers.projects import PROJECTS
from qiantang.registers.published import EVALUATIONS

MASTER = tuple(c.name for c in ENTERPRISES.columns if c.name != "uscc")
"""Everything the register of enterprises says of a subject."""


@cache
def year_of(table: Table, column: str) -> Expr:
    """The year of a day of a gathered row, to match with the dossier's year."""
    return n.year_of(table.fact(column))


def valid_on_law_date(table: Table, since: str, until: str) -> Expr:
    """Whether a row with a first and a last day holds on the day the law is read; an open end holds on."""
    return n.all_of(table.fact(since) <= n.law_date(),
                    n.choose((n.is_known(table.fact(until)), table.fact(until) >= n.law_date()), otherwise=n.flag_constant(True)))


def back(name: str, years: int) -> Gathered:
    """A yearly fact of an earlier year, as ``<name>_<years>``."""
    column = ENTERPRISE_YEARS.column(name)
    title = Text(f"{column.title.zh}（前{years}年）", f"{column.title.en} ({years}y before)")
    renamed = replace(column, name=f"{name}_{years}", title=title, aliases=(), required=False)
    return Gathered(renamed, ENTERPRISE_YEARS, "greatest", ENTERPRISE_YEARS.fact(name), back=years)


def events(name: str, zh: str, en: str, kinds: Sequence[str], *, serious: bool = False) -> Gathered:
    """Whether an event of these kinds is on record in the year (``serious``: major or extreme ones only)."""
    test = n.among(EVENTS.fact("kind"), kinds)
    if serious:
        test = n.all_of(test, n.among(EVENTS.fact("severity"), ("major", "extreme")))
    return Gathered(flag(name, zh, en, required=True), EVENTS, "any", where=test, year=year_of(EVENTS, "occurred_on"))


def holds(name: str, zh: str, en: str, kind: str, levels: Sequence[str] = ()) -> Gathered:
    """Whether an honour of that kind is held on the law date."""
    test = n.all_of(HONOURS.fact("kind").equals(n.code_constant(kind)), valid_on_law_date(HONOURS, "since", "until"))
    if levels:
        test = n.all_of(test, n.among(HONOURS.fact("level"), levels))
    return Gathered(flag(name, zh, en, required=True), HONOURS, "any", where=test)


def latest_event(name: str, zh: str, en: str, kinds: Sequence[str], severities: Sequence[str]) -> Gathered:
    """The latest day, up to the law date, of an event of these kinds and severities; unknown where none is on record."""
    test = n.all_of(n.among(EVENTS.fact("kind"), kinds), n.among(EVENTS.fact("severity"), severities),
                    EVENTS.fact("occurred_on") <= n.law_date())
    return Gathered(day(name, zh, en), EVENTS, "greatest", EVENTS.fact("occurred_on"), test, back=None)


def latest_honour(name: str, zh: str, en: str, kind: str, levels: Sequence[str] = (), places: int | None = None) -> Gathered:
    """The latest day, up to the law date, on which an honour was won (``places``: among so many first units)."""
    test = n.all_of(HONOURS.fact("kind").equals(n.code_constant(kind)), HONOURS.fact("since") <= n.law_date())
    if levels:
        test = n.all_of(test, n.among(HONOURS.fact("level"), levels))
    if places is not None:
        test = n.all_of(test, HONOURS.fact("rank") <= n.constant(places, "名"))
    return Gathered(day(name, zh, en), HONOURS, "greatest", HONOURS.fact("since"), test, back=None)


def latest_project(name: str, zh: str, en: str, column: str) -> Gathered:
    """The latest of a kind of day among the digital projects of the enterprise."""
    test = PROJECTS.fact("kind").equals(n.code_constant("digital"))
    return Gathered(day(name, zh, en), PROJECTS, "greatest", PROJECTS.fact(column), test, back=None)


def rights(name: str, zh: str, en: str, test: Expr) -> Gathered:
    """How many valid rights of a kind the enterprise owns (an exclusive licence is no ownership)."""
    ip = INTELLECTUAL_PROPERTY
    owned = n.not_(n.surely(ip.fact("acquired_by").equals(n.code_constant("licence"))))
    granted = n.choose((n.is_known(ip.fact("granted_on")), ip.fact("granted_on") <= n.law_date()), otherwise=n.flag_constant(True))
    alive = n.choose((n.is_known(ip.fact("expires_on")), ip.fact("expires_on") >= n.law_date()), otherwise=n.flag_constant(True))
    return Gathered(count(name, zh, en, "件", required=True, more_is="better"), ip, "count", where=n.all_of(test, owned, granted, alive))


def _parcel_area() -> Expr:
    """The larger of registered and actually used land."""
    used = n.first_known(PARCELS.fact("area_used_mu"), PARCELS.fact("area_mu"))
    return n.greatest(PARCELS.fact("area_mu"), used)


def _leased_that_year(name: str, zh: str, en: str, party: str) -> Gathered:
    return Gathered(area(name, zh, en), LEASES, "sum", LEASES.fact("area_mu"), valid_on_law_date(LEASES, "since", "until"), match=party)


def _land(figure: str, table: Table, column: Column, how: How, of: Expr | None, where: Expr | None = None) -> Gathered:
    return Gathered(replace(column, name=figure), table, how, of, where)


_OWNED = area("land_owned_mu", "自有用地面积", "land owned")
_GATHERED: tuple[Gathered, ...] = (
    _land("land_owned_mu", PARCELS, _OWNED, "sum", _parcel_area()),
    _leased_that_year("land_rented_in_mu", "租入用地面积", "land rented in", "tenant_uscc"),
    _leased_that_year("land_rented_out_mu", "租出用地面积", "land rented out", "landlord_uscc"),
    Gathered(count("leases_out", "出租户数", "leases granted", "户", required=True), LEASES, "count",
             where=valid_on_law_date(LEASES, "since", "until"), match="landlord_uscc"),
    Gathered(code("landlord", "出租方", "landlord"), LEASES, "greatest", LEASES.fact("landlord_uscc"),
             valid_on_law_date(LEASES, "since", "until"), match="tenant_uscc"),
    Gathered(day("land_granted_on", "最近供地日期", "latest land grant"), PARCELS, "greatest", PARCELS.fact("granted_on")),
    Gathered(flag("in_small_enterprise_park", "位于小微企业园", "in a small-enterprise park", required=True), PARCELS, "any",
             where=n.surely(PARCELS.fact("small_enterprise_park"))),
    events("had_safety_accident", "本年发生生产安全事故", "work-safety accident this year", ("work_safety_accident",)),
    events("had_environmental_accident", "本年发生重大环境事故", "major environmental accident this year",
           ("environmental_accident",), serious=True),
    events("had_food_accident", "本年发生食品安全事故", "food accident this year", ("food_accident",)),
    events("missed_energy_or_capacity_task", "未完成节能或去产能任务", "missed an energy or capacity task",
           ("missed_energy_task", "missed_capacity_task")),
    events("was_substandard", "环保、能耗、质量、安全不达标", "substandard in environment, energy, quality or safety",
           ("environment_substandard", "energy_substandard", "quality_substandard", "safety_substandard")),
    events("declared_false_zero_emission", "瞒报零排放", "falsely declared zero emission", ("false_zero_emission",)),
    latest_event("latest_grave_event_on", "最近一次重大安全、质量事故或严重环境违法",
                 "latest major safety or quality accident or serious environmental violation",
                 ("work_safety_accident", "quality_accident", "environmental_accident", "environmental_violation"), ("major", "extreme")),
    latest_event("latest_misconduct_on", "最近一次重大事故、严重违法或科研失信", "latest major accident, serious violation or misconduct",
                 ("work_safety_accident", "environmental_accident", "quality_accident", "environmental_violation", "research_misconduct",
                  "tax_violation"), ("major", "extreme")),
    latest_event("latest_larger_event_on", "最近一次较大以上事故或违法", "latest accident or violation that was larger or worse",
                 ("work_safety_accident", "environmental_accident", "food_accident", "quality_accident", "environmental_violation",
                  "research_misconduct", "tax_violation", "labour_violation", "illegal_building", "other_violation"),
                 ("larger", "major", "extreme")),
    Gathered(flag("on_a_bad_faith_list", "列入异常或失信名单", "on an abnormal or untrustworthy list", required=True), EVENTS, "any",
             where=n.all_of(n.among(EVENTS.fact("kind"), ("untrustworthy_list", "abnormal_list")),
                            n.not_(n.is_known(EVENTS.fact("closed_on")))), back=None),
    rights("class_one_rights", "Ⅰ类知识产权", "class I rights", is_class_one(INTELLECTUAL_PROPERTY.fact("kind"))),
    rights("class_two_rights", "Ⅱ类知识产权", "class II rights", n.not_(is_class_one(INTELLECTUAL_PROPERTY.fact("kind")))),
    rights("class_one_in_use", "已应用的Ⅰ类知识产权", "class I rights in use",
           n.all_of(is_class_one(INTELLECTUAL_PROPERTY.fact("kind")), n.surely(INTELLECTUAL_PROPERTY.fact("in_use")))),
    rights("class_one_high_value", "高价值Ⅰ类知识产权", "high-value class I rights",
           n.all_of(is_class_one(INTELLECTUAL_PROPERTY.fact("kind")), n.surely(INTELLECTUAL_PROPERTY.fact("high_value")))),
    rights("class_one_own", "自主研发的Ⅰ类知识产权", "class I rights of own research",
           n.all_of(is_class_one(INTELLECTUAL_PROPERTY.fact("kind")),
                    n.surely(INTELLECTUAL_PROPERTY.fact("acquired_by").equals(n.code_constant("own"))))),
    rights("rights_own", "自主研发的知识产权", "rights of own research",
           n.surely(INTELLECTUAL_PROPERTY.fact("acquired_by").equals(n.code_constant("own")))),
    holds("is_hitech", "高新技术企业", "high-tech enterprise", "hitech"),
    holds("is_techsme", "科技型中小企业", "technology SME", "techsme"),
    holds("is_innosme", "创新型中小企业", "innovative SME", "innosme"),
    holds("is_zjtx", "专精特新中小企业", "specialist SME", "zjtx"),
    holds("is_giant", "专精特新“小巨人”", "little giant", "giant"),
    holds("is_champion", "制造业单项冠军", "manufacturing single champion", "champion"),
    holds("has_provincial_rd_institution", "省级以上研发机构", "R&D institution, provincial or above", "rd_institution",
          ("international", "national", "provincial")),
    holds("has_rd_institution", "研发机构", "R&D institution", "rd_institution"),
    holds("has_digital_workshop", "数字化车间", "digital workshop", "digital_workshop"),
    holds("has_smart_factory", "智能工厂", "smart factory", "smart_factory"),
    holds("has_provincial_smart_factory", "省级智能工厂", "provincial smart factory", "smart_factory", ("national", "provincial")),
    holds("has_future_factory", "未来工厂", "future factory", "future_factory"),
    holds("holds_ip_honour", "知识产权示范（优势）企业", "IP demonstration enterprise", "ip_demonstration"),
    holds("on_leader_ladder", "头雁企业", "leader ladder", "leader_goose"),
    holds("on_growth_ladder", "雨燕企业", "growth ladder", "leader_swift"),
    Gathered(day("hitech_until", "高新技术企业证书有效期至", "high-tech certificate valid until"), HONOURS, "greatest",
             HONOURS.fact("until"), HONOURS.fact("kind").equals(n.code_constant("hitech"))),
    latest_honour("provincial_award_on", "最近获省级以上科技奖", "latest science award, provincial or above", "science_award",
                  ("international", "national", "provincial")),
    latest_honour("provincial_award_top3_on", "最近获省级科技奖（前三单位）", "latest provincial science award among the first three units",
                  "science_award", ("provincial",), 3),
    latest_honour("national_award_top3_on", "最近获国家科技奖（前三单位）", "latest national science award among the first three units",
                  "science_award", ("national",), 3),
    latest_honour("national_award_top5_on", "最近获国家科技奖（前五单位）", "latest national science award among the first five units",
                  "science_award", ("national",), 5),
    latest_honour("maker_top500_on", "最近入围“创客中国”全国500强", "latest place in the Maker in China national top 500", "maker_top500"),
    latest_honour("standard_led_on", "最近主导制定标准", "latest standard led", "standard_led"),
    latest_project("digital_project_completed_on", "数字化项目竣工日期", "digital project completed on", "completed_on"),
    latest_project("digital_project_due_on", "数字化项目计划竣工日期", "digital project due on", "due_on"),
    *(Gathered(replace(EVALUATIONS.column("class"), name=f"class_{years}", title=Text(f"前{years}年评价等级", f"class {years}y before"),
                       required=False), EVALUATIONS, "least", EVALUATIONS.fact("class"), back=years) for years in (1, 2, 3)),
    *(back(name, years) for years in (1, 2) for name in (
        "rd_hightech_wan", "rd_statistical_wan", "rd_domestic_wan", "sales_wan", "revenue_wan", "main_revenue_wan", "net_assets_wan",
        "equity_financing_wan",
        "tax_paid_wan", "district_contribution_wan", "digital_investment_wan", "results_transformed")),
    *(back("digital_investment_wan", years) for years in (3, 4)),
)


def _land_used() -> Expr:
    """Owned plus rented in less rented out; unknown where no land of the enterprise is on record at all."""
    owned, rented_in, rented_out = (ENTERPRISE_LAND[name] for name in ("land_owned_mu", "land_rented_in_mu", "land_rented_out_mu"))
    none = n.constant(0, unit("亩"))
    total = n.first_known(owned, none) + n.first_known(rented_in, none) - n.first_known(rented_out, none)
    measured = n.any_of(n.is_known(owned), n.is_known(rented_in))
    used = n.greatest(total, none)
    return n.choose((measured, used), otherwise=n.unknown(used.type))


ENTERPRISE_LAND: dict[str, Expr] = {g.column.name: n.Fact.of(g.column) for g in _GATHERED if g.column.name.startswith("land_")}


def _emission_total() -> Expr:
    """COD, ammonia nitrogen, sulphur dioxide and nitrogen oxides together; unknown where one of them is."""
    return n.add(*(ENTERPRISE_YEARS.fact(name) for name in ("cod_t", "ammonia_nitrogen_t", "sulphur_dioxide_t", "nitrogen_oxides_t")))


ENTERPRISE = Dossier(
    name="enterprise",
    title=Text("企业年度案卷", "enterprise and year"),
    base=ENTERPRISE_YEARS,
    masters=((ENTERPRISES, MASTER),),
    gathered=_GATHERED,
    derived=(
        Derived(area("land_mu", "用地面积", "land used", more_is="worse",
                     note=Text("自有＋租入－租出", "owned + rented in - rented out")), _land_used()),
        Derived(replace(ENTERPRISE_YEARS.column("cod_t"), name="emission_t", title=Text("主要污染物排放量", "main pollutants"), aliases=()),
                _emission_total()),
    ),
)
