"""The five ways in which counties turn an indicator into points, with caps, floors and what a missing figure earns."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from qiantang.domains.land.indicators import VALUE_SCALE, Halves, Indicator, halves, indicator
from qiantang.domains.land.lists import EvaluationList
from qiantang.kernel.errors import Place, RulebookError
from qiantang.kernel.expressions.nodes import (
    Expr,
    all_of,
    choose,
    clip,
    constant,
    divide,
    first_known,
    is_known,
    unknown,
)
from qiantang.kernel.expressions.population import group_figure, group_mean
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Criterion, Role
from qiantang.kernel.units import unit
from qiantang.kernel.words import Text

PART_SCALE = 8
"""Decimals that a part of the score keeps; the total alone is rounded to what the rulebook says."""

POINTS = unit("分")


@dataclass(frozen=True, slots=True)
class Part:
    """What one indicator earns on one list. ``rests_on`` names the parameters that stand in no expression."""

    indicator: Indicator
    a_list: EvaluationList
    points: Expr
    rests_on: tuple[str, ...]


def listed_indicators(p: Parameters, a_list: EvaluationList) -> list[Indicator]:
    """The indicators of a list, in the rulebook's order: those with a weight, or the one it is ranked on."""
    ranked_on = f"{a_list.name}.ranked_on"
    if p.has(ranked_on):
        return [indicator(p.word(ranked_on), ranked_on)]
    weights = f"{a_list.name}.weight"
    found = [indicator(name, f"{weights}.{name}") for name in p.under(weights)]
    if not found:
        raise RulebookError.of(f"名单 {a_list.name} 没有指标", f"list {a_list.name} has no indicators", place=Place(path=weights),
                               remedy=Text("请写 weight.<指标> 或 ranked_on。", "Write weight.<indicator> or ranked_on."))
    return found


def part(p: Parameters, dossier: Dossier, of: Indicator, a_list: EvaluationList) -> Part:
    """What an indicator earns by its own figures, and what it earns where they are missing."""
    own = points(p, dossier, of, a_list, halves(of, p, dossier))
    paths = [f"{a_list.name}.family", f"{a_list.name}.family_of.{of.name}", f"{a_list.name}.benchmark_from", "score.cap"]
    missing = f"{a_list.name}.missing.{of.name}"
    if p.has(missing):
        paths.append(missing)
        own = first_known(own, _instead(p, missing, own, a_list))
    return Part(of, a_list, own, tuple(path for path in paths if p.has(path)))


def points(p: Parameters, dossier: Dossier, of: Indicator, a_list: EvaluationList, given: Halves) -> Expr:
    """What these figures earn on this list. The yardsticks (means, bests, ranges) are those of the list's own members,
    whosever figures are given."""
    name = a_list.name
    if p.has(f"{name}.ranked_on"):
        # One point for each whole unit: the order of the points is the order of the figures.
        return divide(given.value * constant(1, POINTS), constant(1, given.value.type.unit), PART_SCALE)
    weight = p.number(f"{name}.weight.{of.name}")
    earned = _earned(p, a_list, of, given.value, halves(of, p, dossier).value, weight)
    if p.has("score.cap"):
        cap = p.entry("score.cap").value
        if isinstance(cap, Decimal):
            earned = clip(earned, high=weight * p.number("score.cap"))
    return clip(earned, low=p.number("score.part_floor")) if p.has("score.part_floor") else earned


def _earned(p: Parameters, a_list: EvaluationList, of: Indicator, value: Expr, members: Expr, weight: Expr) -> Expr:
    """Weight times what the family makes of the value; ``members`` is the same indicator of everybody on the list."""
    family = _word(p, f"{a_list.name}.family_of.{of.name}", f"{a_list.name}.family")
    if family == "ratio":
        return divide(value * weight, _benchmark(p, a_list, of, members), PART_SCALE)
    if family == "min_max":
        return _min_max(p, a_list, value, members, weight)
    if family == "inverse":
        benchmark = _benchmark(p, a_list, of, members)
        return divide((benchmark * p.number("inverse.zero_at") - value) * weight, benchmark, PART_SCALE)
    if family == "best":
        best = group_figure("greatest", members, among=a_list.holds)
        return divide(value * weight, best, PART_SCALE)
    raise RulebookError.of(f"计分方式“{family}”未知", f"there is no way of scoring called '{family}'", value=family,
                           place=Place(path=f"{a_list.name}.family"),
                           remedy=Text("可用：ratio、min_max、inverse、best", "known: ratio, min_max, inverse, best"))


def _benchmark(p: Parameters, a_list: EvaluationList, of: Indicator, members: Expr) -> Expr:
    """A published constant, or so many times the mean of the list's members."""
    published = f"{a_list.name}.benchmark.{of.name}"
    if p.has(published):
        return p.number(published)
    origin = p.word(f"{a_list.name}.benchmark_from")
    if origin != "list_mean":
        raise RulebookError.of(f"基准值来源“{origin}”未知", f"benchmarks cannot come from '{origin}'", value=origin,
                               place=Place(path=f"{a_list.name}.benchmark_from"),
                               remedy=Text(f"请写 list_mean，或给出 {published}", f"Write list_mean, or give {published}"))
    mean = group_mean(members, VALUE_SCALE, among=a_list.holds)
    times = f"{a_list.name}.benchmark_times"
    return mean * p.number(times) if p.has(times) else mean


def _min_max(p: Parameters, a_list: EvaluationList, value: Expr, members: Expr, weight: Expr) -> Expr:
    lowest = group_figure("least", members, among=a_list.holds)
    highest = group_figure("greatest", members, among=a_list.holds)
    width = highest - lowest
    earned = width * p.number("min_max.floor") + (value - lowest) * p.number("min_max.span")
    alike = all_of(is_known(value), highest.equals(lowest))
    return choose((alike, weight * p.number("min_max.all_alike")), otherwise=divide(earned * weight, width, PART_SCALE))


def _instead(p: Parameters, path: str, own: Expr, a_list: EvaluationList) -> Expr:
    written = p.word(path)
    if written == "list_mean":
        return group_mean(own, PART_SCALE, among=a_list.holds)
    if written == "zero":
        return constant(0, POINTS)
    raise RulebookError.of(f"缺数处理“{written}”未知", f"a missing figure cannot earn '{written}'", value=written,
                           place=Place(path=path), remedy=Text("可用：list_mean、zero", "known: list_mean, zero"))


def _word(p: Parameters, near: str, far: str) -> str:
    return p.word(near if p.has(near) else far)


def criteria(p: Parameters, dossier: Dossier, parts: list[Part]) -> tuple[Criterion, ...]:
    """One criterion an indicator, over all lists that use it; on other lists its columns are unknown without a blame."""
    found: dict[str, list[Part]] = {}
    for one in parts:
        found.setdefault(one.indicator.name, []).append(one)
    everywhere = len({one.a_list.name for one in parts})
    made = []
    for same in found.values():
        of = same[0].indicator
        value = halves(of, p, dossier).value
        made.append(Criterion(
            of.name, of.title, Role.INDICATOR, _where(same, [value] * len(same), everywhere),
            _where(same, [one.points for one in same], everywhere), clause=_clause(p, same[0]),
            rests_on=tuple(dict.fromkeys(path for one in same for path in one.rests_on))))
    return tuple(made)


def _where(parts: list[Part], values: list[Expr], everywhere: int) -> Expr:
    """The value of the list that the subject stands on."""
    if len(parts) == everywhere and len({id(v) for v in values}) == 1:
        return values[0]
    cases = [(one.a_list.holds, value) for one, value in zip(parts, values, strict=True)]
    last = cases.pop()[1] if len(parts) == everywhere else unknown(values[0].type)
    return choose(*cases, otherwise=last)


def _clause(p: Parameters, one: Part) -> str:
    path = f"{one.a_list.name}.weight.{one.indicator.name}"
    return p.entry(path).source.clause if p.has(path) else ""
