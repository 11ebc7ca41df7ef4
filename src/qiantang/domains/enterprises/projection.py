"""Where the number of high-tech enterprises is heading: stock, certificates that end, candidates by what they lack."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from qiantang.domains.enterprises.conditions import figure
from qiantang.domains.enterprises.ladder import approach_to_high_tech
from qiantang.kernel.errors import Place, RulebookError
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions import population as pop
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Case, Criterion, Outline, Role
from qiantang.kernel.words import Text

End = Literal["low", "usual", "high"]
ENDS: tuple[tuple[End, str, str], ...] = (("low", "低情形", "low"), ("usual", "基准情形", "usual"), ("high", "高情形", "high"))
_SCALE = 4
_ONE = "家"


def high_tech_projection(p: Parameters, d: Dossier) -> Outline:
    """Every enterprise's expected share of a certificate at the horizon, and the district's total against its target.

    Rates are assumptions of the rulebook; the low and the high case take the ends of the range each one admits.
    """
    approach = approach_to_high_tech(p, d)
    found, score = approach.nearness, approach.score
    threshold = p.number("score.above")
    holder = d.fact("is_hitech")
    years = p.number("horizon.years")
    until = n.year_of(d.fact("hitech_until")) - n.year_of(n.law_date())
    lasting = n.all_of(holder, n.surely(until > years))
    none_missing = found.missing.equals(n.constant(0, "项"))
    standings: tuple[tuple[str, Expr, Text], ...] = (
        ("lasting", lasting, Text("证书在期末仍有效", "certificate outlasts the horizon")),
        ("renewal", holder, Text("证书期内到期，需重新认定", "certificate ends, to be renewed")),
        ("ready", n.surely(n.all_of(none_missing, score.low > threshold)), Text("可以申报", "ready to apply")),
        ("experts", n.surely(n.all_of(none_missing, score.from_facts <= threshold)), Text("取决于专家评分", "depends on the experts")),
        ("one_missing", n.surely(found.missing.equals(n.constant(1, "项"))), Text("差一项条件", "one condition missing")),
        ("several_missing", found.known_missing > n.constant(1, "项"), Text("差多项条件", "several conditions missing")),
    )
    open_ = ("not_judged", Text("事实不足，无法判断", "facts are missing"))
    expected = {end: _expected(p, standings, end) for end, _, _ in ENDS}
    totals = {end: pop.group_figure("sum", value) + _newcomers(p, end) for end, value in expected.items()}
    target = p.number("target.stock")
    stock = pop.group_figure("sum", n.choose((holder, n.constant(1, _ONE)), otherwise=n.constant(0, _ONE)))
    return Outline(
        criteria=(
            *(Criterion(name, title, Role.GROUP, None, None, flag) for name, flag, title in standings),
            Criterion(open_[0], open_[1], Role.GROUP, None, None, n.not_(n.any_of(*(flag for _, flag, _ in standings)))),
            *(figure(f"expected_{end}", f"期末期望（{zh}）", f"expected at the horizon ({en})", expected[end]) for end, zh, en in ENDS),
            figure("stock", "全区现有", "district's stock", stock),
            *(figure(f"district_{end}", f"全区期末（{zh}）", f"district at the horizon ({en})", totals[end]) for end, zh, en in ENDS),
            figure("target", "目标", "target", target),
            Criterion("reaches_target", Text("基准情形超过目标", "usual case passes the target"), Role.FIGURE,
                      met=totals["usual"] > target),
        ),
        cases=tuple(Case(flag, name, name) for name, flag, _ in standings),
        otherwise=Case(n.flag_constant(True), open_[0], open_[0]),
        codes=(*((name, title) for name, _, title in standings), open_),
    )


def _expected(p: Parameters, standings: tuple[tuple[str, Expr, Text], ...], end: End) -> Expr:
    cases: list[tuple[Expr, Expr]] = []
    for name, flag, _ in standings:
        if name == "lasting":
            cases.append((flag, n.constant(1, _ONE)))
        else:
            rate = _rate(p, f"rate.{name}", end)
            cases.append((flag, rate * n.constant(1, _ONE) if name == "renewal" else _within_horizon(p, rate)))
    return n.choose(*cases, otherwise=_within_horizon(p, _rate(p, "rate.not_judged", end)))


def _within_horizon(p: Parameters, yearly: Expr) -> Expr:
    """The chance of succeeding at least once in so many yearly rounds."""
    one = n.constant(1)
    failing: Expr = one
    for _ in range(p.whole("horizon.years")):
        failing = n.rounded(failing * (one - yearly), _SCALE)
    return (one - failing) * n.constant(1, _ONE)


def _rate(p: Parameters, path: str, end: End) -> Expr:
    return n.constant(_at_end(p, path, end), p.unit(path), path)


def _newcomers(p: Parameters, end: End) -> Expr:
    """Enterprises that are not on the register yet, over the whole horizon."""
    yearly = n.constant(_at_end(p, "newcomers.yearly", end), p.unit("newcomers.yearly"), "newcomers.yearly")
    return yearly * n.constant(p.whole("horizon.years"))


def _at_end(p: Parameters, path: str, end: End) -> Decimal:
    entry = p.entry(path)
    if end == "usual":
        return p.decimal(path)
    ends = entry.admissible
    if ends is None or ends.low is None or ends.high is None:
        raise RulebookError.of(f"测算参数 {path} 须写明可能范围", f"the projection's parameter {path} must state its range",
                               place=Place(path=path), remedy=Text("请写 admissible 的 from 与 to。", "Write admissible with from and to."))
    return ends.low if end == "low" else ends.high
