"""A made-up rulebook of six indicators, a veto and quotas, with a handful of made-up workshops to judge by it."""

from datetime import date
from pathlib import Path

from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.expressions.nodes import (
    Expr,
    add,
    all_of,
    clip,
    constant,
    divide,
    first_known,
    flag_constant,
    is_known,
    not_,
    rounded,
    surely,
)
from qiantang.kernel.expressions.population import QuotaBand, group_count, group_mean, quota, rank
from qiantang.kernel.facts.dossier import Derived, Dossier
from qiantang.kernel.facts.schema import Table, area, code, count, flag, money, quantity, year
from qiantang.kernel.rulebooks.library import Library
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Case, Criterion, FormDeclaration, Outline, Reading, Role
from qiantang.kernel.words import Text

POOLS = (("large", Text("规上企业", "above-scale")), ("small", Text("规下企业", "below-scale")))

YEARS = Table("workshop_years", Text("工坊年度表", "workshop years"), (
    code("workshop", "编号", "code", required=True),
    year(required=True),
    code("size", "规模", "size", POOLS),
    money("tax_wan", "实缴税金", "tax paid", more_is="better"),
    money("refund_wan", "退税", "refunds"),
    money("added_wan", "工业增加值", "value added", low=None),
    money("rd_wan", "研发费用", "R&D expense"),
    money("revenue_wan", "营业收入", "operating revenue"),
    area("land_mu", "用地面积", "land area"),
    quantity("energy_tce", "综合能耗", "energy use", "tce"),
    quantity("emission_t", "污染物排放量", "pollutants emitted", "t"),
    quantity("staff", "年平均职工数", "average staff", "人", scale=2),
    count("accidents", "重大事故", "major accidents", "次"),
    flag("moving", "政策性搬迁", "moved by policy"),
), ("workshop", "year"), "workshop", "year")

_BASE = Dossier("workshops", Text("工坊案卷", "workshops"), YEARS)
DOSSIER = Dossier("workshops", Text("工坊案卷", "workshops"), YEARS, derived=(
    Derived(money("tax_net_wan", "净税金", "net tax", low=None), _BASE.fact("tax_wan") - _BASE.fact("refund_wan")),))

INDICATORS = ("tax_per_mu", "added_per_mu", "added_per_energy", "added_per_emission", "added_per_person", "rd_ratio")

BOOK = """# A made-up rulebook for the tests of explanations.
id: workshop/2022
form: workshop/six
title: {zh: 工坊亩均效益评价办法, en: Workshop evaluation}
level: county
place: 某县
valid: {since: 2022-01-01, until: 2022-12-31}
status: sourced
source: {issuer: 某县人民政府, document: 工坊亩均效益评价办法, number: 某政发〔2022〕1号, published: 2022-01-05, link: "https://example.org/1"}
codes:
  large: {zh: 规上企业, en: above-scale}
  small: {zh: 规下企业, en: below-scale}
parameters:
  tax_per_mu.weight: {title: {zh: 亩均税收权重, en: weight of tax per mu}, unit: 分, value: 30, clause: 第五条}
  tax_per_mu.benchmark: {title: {zh: 亩均税收基准, en: benchmark of tax per mu}, unit: 万元/亩, value: 24.097, clause: 附件1}
  added_per_mu.weight: {title: {zh: 亩均增加值权重, en: weight of value added per mu}, unit: 分, value: 20, clause: 第五条}
  added_per_mu.benchmark: {title: {zh: 亩均增加值基准, en: benchmark of value added per mu}, unit: 万元/亩, value: 136.16}
  added_per_energy.weight: {title: {zh: 单位能耗增加值权重, en: weight of value added per energy}, unit: 分, value: 20}
  added_per_energy.benchmark: {title: {zh: 单位能耗增加值基准, en: benchmark of value added per energy}, unit: 万元/tce, value: 2.694}
  added_per_emission.weight: {title: {zh: 单位排放增加值权重, en: weight of value added per emission}, unit: 分, value: 10}
  added_per_emission.benchmark: {title: {zh: 单位排放增加值基准, en: benchmark of value added per emission}, unit: 万元/t, value: 4929.81}
  added_per_person.weight: {title: {zh: 劳动生产率权重, en: weight of labour productivity}, unit: 分, value: 10}
  added_per_person.benchmark: {title: {zh: 劳动生产率基准, en: benchmark of labour productivity}, unit: 万元/人, value: 18.14}
  rd_ratio.weight: {title: {zh: 研发占比权重, en: weight of the R&D share}, unit: 分, value: 10}
  rd_ratio.benchmark: {title: {zh: 研发占比基准, en: benchmark of the R&D share}, value: 0.0302}
  cap: {title: {zh: 单项得分上限倍数, en: cap on an indicator}, value: 1.5, status: placeholder, admissible: {from: 1.5, to: 2}}
  decimals: {title: {zh: 得分小数位, en: decimals of a score}, value: 4, clause: 第七条}
  accidents.limit: {title: {zh: 重大事故限值, en: limit of major accidents}, unit: 次, value: 1, clause: 第十条}
  rd_bonus:
    title: {zh: 研发档次加分, en: bonus by R&D share}
    gives: 分
    status: draft
    bands: [{from: 0, to: 0.03, gives: 0}, {from: 0.03, to: 0.05, gives: 1}, {from: 0.05, gives: 2}]
  quota.a: {title: {zh: A类名额, en: quota of A}, value: 0.2, clause: 第八条}
  quota.b: {title: {zh: B类名额, en: quota of B}, value: 0.8, clause: 第八条}
"""


def _value(above: Expr, below: Expr) -> Expr:
    return divide(above, below, 6)


def _points(name: str, value: Expr, p: Parameters) -> Expr:
    weight = p.number(f"{name}.weight")
    ratio = divide(value * weight, p.number(f"{name}.benchmark"), 8)
    return rounded(clip(ratio, constant(0, "分"), weight * p.number("cap")), p.whole("decimals"))


def six(p: Parameters, dossier: Dossier) -> Outline:
    """Six indicators against benchmarks, a bonus, a veto, an exemption, and quotas within a size."""
    f = dossier.fact
    added = f("added_wan")
    titles = {
        "tax_per_mu": Text("亩均税收", "tax per mu"), "added_per_mu": Text("亩均增加值", "value added per mu"),
        "added_per_energy": Text("单位能耗增加值", "value added per energy"),
        "added_per_emission": Text("单位排放增加值", "value added per emission"),
        "added_per_person": Text("全员劳动生产率", "labour productivity"), "rd_ratio": Text("研发费用占比", "R&D share"),
    }
    values = {
        "tax_per_mu": _value(f("tax_net_wan"), f("land_mu")), "added_per_mu": _value(added, f("land_mu")),
        "added_per_energy": _value(added, f("energy_tce")), "added_per_emission": _value(added, f("emission_t")),
        "added_per_person": _value(added, f("staff")), "rd_ratio": _value(f("rd_wan"), f("revenue_wan")),
    }
    points = {name: _points(name, value, p) for name, value in values.items()}
    emission = first_known(points["added_per_emission"], group_mean(points["added_per_emission"], 4))
    bonus = p.bands("rd_bonus", values["rd_ratio"])
    scored = {**points, "added_per_emission": emission}
    total = rounded(add(*scored.values(), bonus), 2)
    vetoed = surely(f("accidents") >= p.number("accidents.limit"))
    exempt = surely(f("moving"))
    competes = all_of(is_known(total), not_(exempt))
    place = rank([(total, True), (f("workshop"), False)], within=(f("size"),), among=competes)
    competitors = group_count(within=(f("size"),), among=competes)
    bands = [QuotaBand(code, p.fraction(path), True, path) for code, path in (("A", "quota.a"), ("B", "quota.b"))]
    by_place = quota(place, competitors, bands, "C", "share")
    criteria = (
        *(Criterion(name, titles[name], Role.INDICATOR, values[name], points[name], clause="第五条", rests_on=("decimals",))
          for name in titles),
        Criterion("emission", Text("排放得分（缺失取平均）", "emission score, or the mean"), Role.FIGURE, points=emission,
                  note=Text("缺排放数据的取全体平均分", "without emission data the mean score of all is taken")),
        Criterion("rd_bonus", Text("研发加分", "R&D bonus"), Role.ADJUSTMENT, points=bonus),
        Criterion("score", Text("综合得分", "total score"), Role.FIGURE, points=total, clause="第七条"),
        Criterion("accident", Text("重大安全事故", "major accident"), Role.VETO, met=vetoed, clause="第十条"),
        Criterion("exempt", Text("政策性搬迁企业", "moved by policy"), Role.EXEMPTION, met=exempt, clause="第三条"),
        Criterion("pool", Text("分组", "pool"), Role.GROUP, f("size")),
        Criterion("place", Text("名次", "place"), Role.FIGURE, place),
        Criterion("competitors", Text("参评数", "competitors"), Role.FIGURE, competitors),
        Criterion("class", Text("按名次定档", "class by place"), Role.GROUP, by_place, clause="第八条"),
    )
    codes = (("A", Text("优先发展类", "to be favoured")), ("B", Text("支持发展类", "to be supported")),
             ("C", Text("提升发展类", "to be raised")), ("D", Text("整治提升类", "to be put right")),
             ("T", Text("不参评", "not evaluated")))
    return Outline(criteria, (Case(exempt, "T", "exempt"), Case(vetoed, "D", "accident")),
                   Case(flag_constant(True), by_place, "class"), codes, score="score", pool="pool")


FORM = FormDeclaration("workshop/six", "workshops", six, Text("六项指标", "six indicators"))


def reading(folder: Path, text: str = BOOK, form: FormDeclaration = FORM) -> Reading:
    """The made-up rulebook as it reads on the last day of 2022."""
    (folder / "workshop.yaml").write_text(text, encoding="utf-8")
    return Library([folder], {form.name: form}, {"workshops": DOSSIER}).book("workshop/2022").on(date(2022, 12, 31))


def workshop(name: str, **figures: Stored) -> dict[str, Stored]:
    """One workshop's facts as stored: 40 mu, 1,440 of tax (万元) and so on, unless said otherwise."""
    wan = 10**6
    usual: dict[str, Stored] = {
        "workshop": name, "year": 2022, "size": "large", "tax_wan": 1500 * wan, "refund_wan": 60 * wan,
        "added_wan": 6000 * wan, "rd_wan": 450 * wan, "revenue_wan": 10_000 * wan, "land_mu": 40 * 10**4,
        "energy_tce": 3000 * 10**4, "emission_t": 11_538, "staff": 24_000, "accidents": 0, "moving": False}
    found = usual | figures
    tax, refund = found["tax_wan"], found["refund_wan"]
    found["tax_net_wan"] = tax - refund if isinstance(tax, int) and isinstance(refund, int) else None
    return found
