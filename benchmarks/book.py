"""The work that the kernel benchmarks measure: six indicators with caps, bonuses, vetoes, quotas, and nine high-tech conditions."""

from __future__ import annotations

from fractions import Fraction

from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions import population as p
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.facts.schema import Table, area, code, count, day, flag, money, quantity, ratio
from qiantang.kernel.rulebooks.document import parse_document
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Case, Criterion, FormDeclaration, Outline, Role, Rulebook
from qiantang.kernel.words import Text, same

FACTS = Table(
    name="bench_facts", title=Text("基准事实", "benchmark facts"), key=("uscc",), subject="uscc",
    columns=(
        code("uscc", "统一社会信用代码", "credit code", required=True),
        code("pool", "组别", "pool", required=True),
        money("tax", "实缴税金", "tax", more_is="better"),
        money("value_added", "增加值", "value added", more_is="better"),
        money("main_revenue", "主营收入", "main revenue"),
        money("rd", "研发费用", "R&D", more_is="better"),
        area("land", "用地", "land", more_is="worse"),
        quantity("energy", "能耗", "energy", "tce", more_is="worse"),
        quantity("emission", "排放", "emission", "t", scale=6, high="1000000", more_is="worse"),
        quantity("staff", "职工", "staff", "人", scale=2, high="1000000"),
        flag("listed", "上市", "listed", required=True), flag("giant", "小巨人", "little giant", required=True),
        flag("award", "质量奖", "quality award", required=True),
        flag("accident", "事故", "accident", required=True), flag("pollution", "污染", "pollution", required=True),
        flag("missed_task", "未完成任务", "missed task", required=True), flag("new", "新办", "newly founded", required=True),
        day("registered_on", "注册日", "registered on"), count("class_one", "Ⅰ类", "class I", "件", required=True),
        count("class_two", "Ⅱ类", "class II", "件", required=True), flag("field", "领域", "field"),
        quantity("st_staff", "科技人员", "S&T staff", "人", scale=2, high="1000000"),
        money("rd_1", "研发-1", "R&D -1"), money("rd_2", "研发-2", "R&D -2"), money("sales", "销售", "sales"),
        money("sales_1", "销售-1", "sales -1"), money("sales_2", "销售-2", "sales -2"),
        money("rd_domestic", "境内研发", "domestic R&D"), money("hitech_income", "高新收入", "hi-tech income"),
        money("total_income", "总收入", "total income"), count("score", "创新得分", "innovation score", "分", high="100"),
        flag("serious", "重大事故", "serious event", required=True),
        code("street", "街道", "street"), code("industry", "行业", "industry"), ratio("debt", "负债率", "debt ratio"),
        count("patents", "专利", "patents", "件"), money("profit", "利润", "profit", low=None),
    ),
)
DOSSIER = Dossier("bench", Text("基准案卷", "benchmark dossier"), FACTS)
INDICATORS = {
    "tax_per_mu": ("tax", "land", "30", "24.097"), "va_per_mu": ("value_added", "land", "20", "136.16"),
    "va_per_energy": ("value_added", "energy", "20", "2.694"), "va_per_emission": ("value_added", "emission", "10", "4929.81"),
    "productivity": ("value_added", "staff", "10", "18.14"), "rd_ratio": ("rd", "main_revenue", "10", "0.0302"),
}


def _indicators(p_: Parameters, d: Dossier) -> tuple[list[Criterion], list[n.Expr]]:
    criteria, points = [], []
    for name, (above, below, _, _) in INDICATORS.items():
        value = n.divide(d.fact(above), d.fact(below), 6)
        weight, benchmark = p_.number(f"weight.{name}"), p_.number(f"benchmark.{name}")
        most = n.constant(p_.decimal(f"weight.{name}") * p_.decimal("cap"), "分")
        part = n.clip(n.divide(n.multiply(value, weight), benchmark, 6), n.constant(0, "分"), most)
        if name == "va_per_emission":
            part = n.first_known(part, p.group_mean(part, 6, within=[d.fact("pool")]))
        criteria.append(Criterion(name, same(name), Role.INDICATOR, value=value, points=part))
        points.append(part)
    return criteria, points


def build(p_: Parameters, d: Dossier) -> Outline:
    """The benchmark's criteria."""
    criteria, points = _indicators(p_, d)
    zero = n.constant(0, "分")
    bonus = n.least(n.add(*(n.choose((d.fact(f), n.constant(v, "分")), otherwise=zero) for f, v in (("listed", 3), ("giant", 2), ("award", 2)))),
                    n.constant(5, "分"))
    score = n.rounded(n.add(*points, bonus), 4)
    veto = n.any_of(*(d.fact(f) for f in ("accident", "pollution", "missed_task")))
    among = n.all_of(n.not_(d.fact("new")), n.is_known(score))
    place = p.rank([(score, True), (d.fact("uscc"), False)], within=[d.fact("pool")], among=among)
    many = p.group_count(within=[d.fact("pool")], among=among)
    bands = [p.QuotaBand(c, Fraction(u, 100), True) for c, u in (("A", 20), ("B", 70), ("C", 95))]
    quota = p.quota(place, many, bands, "D", "half_up")
    capped = n.choose((n.among(quota, ("A", "B")), n.code_constant("C")), otherwise=quota)
    tier = n.choose((d.fact("sales") <= n.constant(5000, "万元"), n.constant("0.05")),
                    (d.fact("sales") <= n.constant(20000, "万元"), n.constant("0.04")), otherwise=n.constant("0.03"))
    rd_all = n.add(d.fact("rd"), d.fact("rd_1"), d.fact("rd_2"))
    sales_all = n.add(d.fact("sales"), d.fact("sales_1"), d.fact("sales_2"))
    conditions = {
        "age": n.days_between(d.fact("registered_on"), n.law_date()) >= n.constant(365, "天"),
        "rights": n.add(d.fact("class_one"), d.fact("class_two")) >= n.constant(1, "件"),
        "field_ok": d.fact("field"),
        "staff_share": n.divide(d.fact("st_staff"), d.fact("staff"), 6, "down") >= n.constant("0.1"),
        "rd_share": n.divide(rd_all, sales_all, 6, "down") >= tier,
        "domestic": n.divide(d.fact("rd_domestic"), d.fact("rd"), 6, "down") >= n.constant("0.6"),
        "income": n.divide(d.fact("hitech_income"), d.fact("total_income"), 6, "down") >= n.constant("0.6"),
        "innovation": d.fact("score") > n.constant(70, "分"),
        "clean": n.not_(d.fact("serious")),
    }
    criteria += [Criterion(k, same(k), Role.CONDITION, met=v) for k, v in conditions.items()]
    criteria += [
        Criterion("bonus", same("bonus"), Role.ADJUSTMENT, points=bonus),
        Criterion("total", same("total"), Role.FIGURE, points=score),
        Criterion("pool_of", same("pool"), Role.GROUP, value=d.fact("pool")),
        Criterion("place", same("place"), Role.FIGURE, value=place),
        Criterion("many", same("many"), Role.FIGURE, value=many),
        Criterion("vetoed", same("veto"), Role.VETO, met=veto),
        Criterion("exempt", same("exempt"), Role.EXEMPTION, met=d.fact("new")),
        Criterion("hitech", same("high-tech"), Role.CONDITION, met=n.all_of(*conditions.values())),
        Criterion("quota", same("quota"), Role.FIGURE),
    ]
    last = p.group_figure("least", score, within=[d.fact("pool")], among=n.surely(n.among(quota, ("A",))))
    key = p.group_figure("greatest", d.fact("uscc"), within=[d.fact("pool")],
                         among=n.all_of(n.surely(n.among(quota, ("A",))), n.surely(score.equals(last))))
    reach = n.choose((d.fact("new"), n.unknown(score.type)), (veto, n.unknown(score.type)),
                     (d.fact("uscc") <= key, last), otherwise=n.add(last, n.constant("0.0001", "分")))
    return Outline(tuple(criteria), (Case(d.fact("new"), "exempt", "exempt"), Case(veto, capped, "vetoed")), Case(veto, quota, "quota"),
                   tuple((c, same(c)) for c in ("A", "B", "C", "D", "exempt")), score="total", pool="pool_of", reach=(("A", reach),))


def rulebook() -> Rulebook:
    """The benchmark's rulebook, from YAML text written here."""
    def unit(above: str, below: str) -> str:
        found = (FACTS.column(above).type.unit / FACTS.column(below).type.unit).title.zh
        return found or '""'

    lines = ["id: bench/six", "form: bench.six", "title: {zh: 基准, en: benchmark}", "level: county", "valid: {since: 2022-01-01}",
             "status: assumption", "source: {issuer: benchmark, document: benchmark}", "parameters:",
             "  cap: {title: {zh: 封顶, en: cap}, value: 1.5}"]
    for name, (above, below, weight, benchmark) in INDICATORS.items():
        lines.append(f"  weight.{name}: {{title: {{zh: 权重, en: weight}}, unit: 分, value: {weight}}}")
        lines.append(f"  benchmark.{name}: {{title: {{zh: 基准, en: benchmark}}, unit: {unit(above, below)}, value: {benchmark}}}")
    document = parse_document("\n".join(lines).encode(), "bench.yaml")
    form = FormDeclaration("bench.six", DOSSIER.name, build, Text("基准", "benchmark"))
    return Rulebook(document, form, DOSSIER, document.parameters)


