"""From scores to classes: places within a pool, quotas with their stated rounding, and the score that would hold a class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import cast

from qiantang.domains.land.lists import EvaluationList
from qiantang.domains.land.scoring import POINTS
from qiantang.kernel.errors import Place, RulebookError
from qiantang.kernel.expressions.nodes import (
    Expr,
    all_of,
    among,
    choose,
    code_constant,
    constant,
    is_known,
    not_,
    unknown,
)
from qiantang.kernel.expressions.population import QuotaBand, Rounding, group_count, group_figure, quota, rank
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.words import Text
from qiantang.registers.classifications import INDUSTRY_GROUPS

CLASS_TITLES = {
    "A": Text("A类（优先发展）", "A (develop first)"),
    "B": Text("B类（鼓励提升）", "B (encourage)"),
    "C": Text("C类（监管调控）", "C (supervise)"),
    "D": Text("D类（落后整治）", "D (rectify)"),
    "T": Text("T类（不适宜评价）", "T (not suitable for evaluation)"),
    "none": Text("不定类", "no class"),
}
"""Outcomes by code; a rulebook may use any codes in ``classes``, these have titles."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Who competes with whom, on which score, and which class each place brings."""

    pool: Expr
    among: Expr
    score: Expr
    place: Expr
    count: Expr
    by_place: Expr
    classes: tuple[str, ...]
    paths: tuple[str, ...]


def pools(p: Parameters, dossier: Dossier, lists: tuple[EvaluationList, ...]) -> Expr:
    """The pool's code: the list, and inside it the industry group where the rulebook ranks by industry."""
    if not (p.has("pools.by_industry") and p.yes("pools.by_industry")):
        return choose(*((one.holds, code_constant(one.name)) for one in lists[:-1]), otherwise=code_constant(lists[-1].name))
    group = dossier.fact("industry_group")
    cases = [(all_of(one.holds, group.equals(code_constant(code))), code_constant(f"{one.name}.{code}"))
             for one in lists for code, _ in INDUSTRY_GROUPS]
    return choose(*cases, otherwise=unknown(cases[0][1].type))


def ranking(p: Parameters, dossier: Dossier, lists: tuple[EvaluationList, ...], score: Expr, competes: Expr) -> Ranking:
    """The ranking of everybody who competes and whose score is known."""
    pool = pools(p, dossier, lists)
    competing = all_of(competes, is_known(score))
    shared = p.word("rank.ties") == "share"
    keys = [(score, True)] if shared else [(score, True), (dossier.fact(dossier.subject), False)]
    place = rank(keys, within=(pool,), among=competing, ties="share" if shared else "key")
    count = group_count(within=(pool,), among=competing)
    classes = p.words("classes")
    written = p.word("quota.rounding")
    if written not in ("floor", "ceil", "half_up", "share"):
        raise RulebookError.of(f"名额取整方式“{written}”未知", f"places cannot be rounded by '{written}'", value=written,
                               place=Place(path="quota.rounding"),
                               remedy=Text("可用：floor、ceil、half_up、share", "known: floor, ceil, half_up, share"))
    rounding = cast(Rounding, written)
    closed = p.yes("quota.closed")
    cases = []
    paths = ["quota.rounding", "quota.closed", "rank.ties", "classes"]
    for one in lists:
        shares = [f"{one.name}.quota.{code}" for code in classes[:-1]]
        bands = [QuotaBand(code, p.fraction(path), closed, path) for code, path in zip(classes[:-1], shares, strict=True)]
        cases.append((one.holds, quota(place, count, bands, classes[-1], rounding)))
        paths += shares
    by_place = choose(*cases[:-1], otherwise=cases[-1][1])
    return Ranking(pool, competing, score, place, count, by_place, classes, tuple(paths))


def reaches(p: Parameters, dossier: Dossier, of: Ranking, capped: Expr, best_capped: str) -> tuple[tuple[str, Expr], ...]:
    """For each class but the last the score that holds it, all others held still: that of the last member by place.

    With ties settled by the key, one more unit of the score is needed by those whose key loses the tie. Unknown for
    whoever does not compete, where a class has no place at all, and for classes that a veto closes.
    """
    key = dossier.fact(dossier.subject)
    unit_of_score = constant(Decimal(1).scaleb(-of.score.type.scale), POINTS)
    found = []
    for position, code in enumerate(of.classes[:-1]):
        inside = among(of.by_place, of.classes[:position + 1])
        last = group_figure("least", of.score, within=(of.pool,), among=inside)
        needed = last
        if p.word("rank.ties") != "share":
            last_key = group_figure("greatest", key, within=(of.pool,), among=all_of(inside, of.score.equals(last)))
            needed = choose((key <= last_key, last), otherwise=last + unit_of_score)
        closed = [not_(of.among)]
        if best_capped in of.classes and position < of.classes.index(best_capped):
            closed.append(capped)
        found.append((code, choose(*((flag, unknown(needed.type)) for flag in closed), otherwise=needed)))
    return tuple(found)


def gap_to_next(reach: Sequence[tuple[str, Expr]], outcome: Expr, classes: tuple[str, ...], score: Expr) -> Expr:
    """How many points are missing to the next class above; unknown for the best class and outside the classes."""
    needed = dict(reach)
    cases = [(outcome.equals(code_constant(code)), needed[above] - score) for above, code in pairwise(classes)]
    return choose(*cases, otherwise=unknown(cases[0][1].type))
