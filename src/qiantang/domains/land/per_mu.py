"""The per-mu evaluation as one form: a county's rulebook in YAML says which indicators, weights, quotas and exceptions.

Parameters, by path (``<list>`` is ``above`` and ``below``, or ``large`` and ``small``; see ``lists.by``):

- ``cohort.sectors``, ``<list>.least_land``, ``cohort.all_inside_platforms``: who is evaluated;
- ``<list>.weight.<indicator>`` with ``<list>.family`` (``ratio``, ``min_max``, ``inverse``, ``best``), or
  ``<list>.ranked_on`` for a list ordered by one indicator; ``<list>.benchmark.<indicator>`` or ``<list>.benchmark_from``;
- ``<list>.missing.<indicator>``: what a missing figure earns (``list_mean``, ``zero``; else the score is unknown);
- ``score.decimals``, ``score.cap`` (times the weight, or ``none``), ``score.part_floor``, ``tax.added_back``,
  ``value_added.floor``; ``bonus.…``, ``deduction.…``, ``<list>.tenants.…``;
- ``classes`` from best to worst, ``<list>.quota.<class>`` (up to which share of the places), ``quota.rounding``,
  ``quota.closed``, ``rank.ties`` (``key``: the lower credit code wins; ``share``), ``pools.by_industry``;
- ``exempt.…``, ``veto.…``, ``protect.…`` (see ``standing``), ``mixed.ranked_by``, ``lessee.takes_landowners_class``.
"""

from __future__ import annotations

from qiantang.domains.land.adjusting import adjustments
from qiantang.domains.land.classes import CLASS_TITLES, Ranking, gap_to_next, ranking, reaches
from qiantang.domains.land.lists import EvaluationList, cohort, list_code, lists
from qiantang.domains.land.scoring import Part, criteria, listed_indicators, part
from qiantang.domains.land.sites import Following, followings, merged_score, on_mixed_site
from qiantang.domains.land.standing import applies, standings
from qiantang.kernel.expressions.nodes import (
    Expr,
    add,
    all_of,
    among,
    any_of,
    choose,
    code_constant,
    flag_constant,
    not_,
    rounded,
    surely,
)
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Case, Criterion, FormDeclaration, Outline, Role
from qiantang.kernel.words import Text, same

_FOLLOWING_TITLES = {
    "landowner": Text("随土地权利人定类", "takes the landowner's class"),
    "merged_site": Text("混合型地块合并定类", "takes the class of the mixed site"),
}


def build(p: Parameters, dossier: Dossier) -> Outline:
    """The evaluation of one year: indicators, adjustments, score, place, class, and the score each class needs."""
    both = lists(p, dossier)
    parts = [part(p, dossier, of, one) for one in both for of in listed_indicators(p, one)]
    adjusted = adjustments(p, dossier, both)
    scores = _scores(p, dossier, both, parts, adjusted)
    score = next(c.points for c in scores if c.id == "score")
    assert score is not None

    exempt = standings(p, dossier, "exempt", Role.EXEMPTION)
    vetoes = standings(p, dossier, "veto", Role.VETO)
    protections = standings(p, dossier, "protect", Role.PROTECTION)
    followers = followings(p, dossier, both[1])
    out = any_of(surely(applies(exempt)), *(surely(f.holds) for f in followers)) if exempt or followers else flag_constant(False)
    ranked = ranking(p, dossier, both, score, not_(out))

    cases = [*_exempted(p, exempt), *_vetoed(p, vetoes, ranked), *_protected(p, protections, vetoes, ranked)]
    otherwise = Case(flag_constant(True), ranked.by_place, "quota")
    own = choose(*((c.when, _given(c)) for c in cases), otherwise=ranked.by_place)
    led = [Case(f.holds, f.leaders_class(own), f.id) for f in followers]

    vetoed = surely(applies(vetoes)) if vetoes else flag_constant(False)
    best_vetoed = p.word("veto.best_class") if vetoes else ""
    reach = reaches(p, dossier, ranked, vetoed, best_vetoed)
    outcome = choose(*((c.when, _given(c)) for c in (*led, *cases)), otherwise=ranked.by_place)
    return Outline(
        criteria=(_list_criterion(both), *criteria(p, dossier, parts), *adjusted, *scores, *exempt, *vetoes, *protections,
                  *_following(followers), *_ranked(ranked),
                  Criterion("gap", Text("距上一类别分差", "points missing to the next class"), Role.FIGURE,
                            gap_to_next(reach, outcome, ranked.classes, score))),
        cases=(*led, *cases), otherwise=otherwise, codes=_codes(p, ranked, exempt), cohort=cohort(p, dossier, both),
        score="score", pool="pool", reach=reach)


WORDS = (
    ("floor", Text("舍去尾数", "rounded down")),
    ("half_up", Text("四舍五入", "rounded half up")),
    ("ceil", Text("进一", "rounded up")),
    ("key", Text("按信用代码先后", "by order of the credit code")),
    ("share", Text("并列同位", "sharing a place")),
    ("none", Text("不设", "none")),
    ("zero", Text("计零分", "no points")),
    ("list_mean", Text("按同名单平均分", "the mean points of the list")),
    ("own", Text("本企业得分", "its own score")),
    ("merged", Text("合并得分", "the merged score")),
)
"""Codes that its parameters hold."""

PER_MU = FormDeclaration("per_mu", "enterprise", build,
                         Text("企业的亩均效益评价得分与类别", "an enterprise's per-mu score and class"), WORDS)


def _given(case: Case) -> Expr:
    return code_constant(case.gives) if isinstance(case.gives, str) else case.gives


def _list_criterion(both: tuple[EvaluationList, EvaluationList]) -> Criterion:
    return Criterion("list", Text("评价名单", "list"), Role.GROUP, list_code(both), rests_on=("lists.by",))


def _scores(p: Parameters, dossier: Dossier, both: tuple[EvaluationList, EvaluationList], parts: list[Part],
            adjusted: tuple[Criterion, ...]) -> tuple[Criterion, ...]:
    """The total, rounded once; beside it what a mixed site scores together, which may stand in its place."""
    decimals = p.whole("score.decimals")
    extra = [c.points for c in adjusted if c.points is not None]
    totals = [(one.holds, rounded(add(*(x.points for x in parts if x.a_list is one), *extra), decimals)) for one in both]
    own = choose(totals[0], otherwise=totals[1][1])
    rests_on = tuple(path for path in ("score.decimals", "mixed.ranked_by") if p.has(path))
    title = Text("综合得分", "score")
    if not p.has("mixed.ranked_by"):
        return (Criterion("score", title, Role.FIGURE, points=own, rests_on=rests_on),)
    merged = merged_score(p, dossier, both[0], decimals)
    together = Criterion("merged_score", Text("混合型地块合并得分", "score of the mixed site together"), Role.FIGURE, points=merged)
    if p.word("mixed.ranked_by") == "own":
        return together, Criterion("score", title, Role.FIGURE, points=own, rests_on=rests_on)
    alone = Criterion("own_score", Text("单独得分", "score on its own"), Role.FIGURE, points=own, rests_on=rests_on)
    return alone, together, Criterion("score", title, Role.FIGURE, points=choose((on_mixed_site(dossier), merged), otherwise=own),
                                      rests_on=rests_on)


def _exempted(p: Parameters, exempt: tuple[Criterion, ...]) -> list[Case]:
    return [Case(c.met, p.word("exempt.gives"), c.id) for c in exempt if c.met is not None]


def _vetoed(p: Parameters, vetoes: tuple[Criterion, ...], ranked: Ranking) -> list[Case]:
    """A veto lowers whoever stands better than the best class it leaves open; others it leaves where they are."""
    if not vetoes:
        return []
    best = p.word("veto.best_class")
    better = among(ranked.by_place, ranked.classes[:ranked.classes.index(best)], "veto.best_class")
    return [Case(all_of(c.met, better), best, c.id) for c in vetoes if c.met is not None]


def _protected(p: Parameters, protections: tuple[Criterion, ...], vetoes: tuple[Criterion, ...], ranked: Ranking) -> list[Case]:
    """Protection lifts from the class it closes to the one above, unless a veto applies."""
    if not protections:
        return []
    closed = p.word("protect.not_class")
    instead = ranked.classes[ranked.classes.index(closed) - 1]
    lifts = all_of(ranked.by_place.equals(code_constant(closed, "protect.not_class")), not_(applies(vetoes)))
    return [Case(all_of(c.met, lifts), instead, c.id) for c in protections if c.met is not None]


def _following(followers: list[Following]) -> tuple[Criterion, ...]:
    return tuple(Criterion(f.id, _FOLLOWING_TITLES[f.id], Role.GROUP, f.leader, met=f.holds,
                           rests_on=("lessee.takes_landowners_class" if f.id == "landowner" else "mixed.ranked_by",))
                 for f in followers)


def _ranked(ranked: Ranking) -> tuple[Criterion, ...]:
    return (Criterion("pool", Text("排序组别", "pool"), Role.GROUP, ranked.pool),
            Criterion("place", Text("组内名次", "place in the pool"), Role.FIGURE, ranked.place, rests_on=("rank.ties",)),
            Criterion("places", Text("组内家数", "enterprises in the pool"), Role.FIGURE, ranked.count),
            Criterion("quota", Text("按名次定类", "class by place"), Role.GROUP, ranked.by_place, rests_on=ranked.paths))


def _codes(p: Parameters, ranked: Ranking, exempt: tuple[Criterion, ...]) -> tuple[tuple[str, Text], ...]:
    codes = [*ranked.classes, *([p.word("exempt.gives")] if exempt else [])]
    return tuple((code, CLASS_TITLES.get(code, same(code))) for code in dict.fromkeys(codes))
