"""The two-way ladder: above-scale enterprises towards high-tech, and high-tech enterprises towards above-scale."""

from __future__ import annotations

from dataclasses import dataclass

from qiantang.domains.enterprises.conditions import figure
from qiantang.domains.enterprises.high_tech import high_tech_conditions, score_condition
from qiantang.domains.enterprises.innovation_score import InnovationScore, innovation_score
from qiantang.domains.enterprises.nearness import Nearness, distance, nearness, points_distance, ranked_by_nearness
from qiantang.domains.enterprises.scale import measure
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions import population as pop
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Case, Criterion, Outline, Role
from qiantang.kernel.words import Text

READY, EXPERTS, NEAR, FAR, OUTSIDE = "ready", "experts", "near", "far", "outside"
CANDIDATES = (READY, EXPERTS, NEAR)
"""The steps of the ladder from which an enterprise is cultivated."""


@dataclass(frozen=True, slots=True)
class Approach:
    """How near an enterprise is to high-tech: the score, what it lacks, and the criteria that show both."""

    score: InnovationScore
    nearness: Nearness
    criteria: tuple[Criterion, ...]


def approach_to_high_tech(p: Parameters, d: Dossier) -> Approach:
    """The eight conditions, their distances, and the ends of the score."""
    conditions = high_tech_conditions(p, d)
    score = innovation_score(p, d)
    passed = score_condition(p, score)
    found = nearness([*(distance(c, d) for c in conditions), points_distance(passed, score.high, p.number("score.above"))])
    return Approach(score, found, (*(c.criterion for c in conditions), passed, *score.criteria[-2:], *found.criteria))


def towards_high_tech(p: Parameters, d: Dossier) -> Outline:
    """Above-scale enterprises without a certificate, by what they still lack."""
    approach = approach_to_high_tech(p, d)
    found, score = approach.nearness, approach.score
    threshold = p.number("score.above")
    far = n.any_of(found.known_missing > p.number("near.conditions"), found.largest > p.number("near.distance"))
    to_give = n.clip(threshold + n.constant(1, "分") - score.low, n.constant(0, "分"))
    return Outline(
        criteria=(
            *approach.criteria,
            figure("points_to_give", "尚需专家给出的分数", "points that experts must still give", to_give),
            ranked_by_nearness(found, to_give, d),
        ),
        cases=(
            Case(far, FAR, "largest_gap"),
            Case(found.missing >= n.constant(1, "项"), NEAR, "missing"),
            Case(score.low > threshold, READY, "score"),
            Case(score.from_facts <= threshold, EXPERTS, "score"),
        ),
        otherwise=Case(n.flag_constant(True), EXPERTS, "score"),
        codes=(
            (READY, Text("可以申报", "ready to apply")),
            (EXPERTS, Text("条件齐备，取决于专家评分", "all conditions met, depends on the experts")),
            (NEAR, Text("临近", "near")),
            (FAR, Text("差距较大", "far")),
        ),
        cohort=n.all_of(d.fact("above_scale"), n.not_(d.fact("is_hitech"))),
    )


def towards_scale(p: Parameters, d: Dossier) -> Outline:
    """High-tech enterprises below scale, by the revenue they still lack."""
    found = measure(p, d)
    relative = n.divide(found.gap, found.threshold, 4, "up")
    place = pop.rank([(relative, False), (d.fact(d.subject), False)])
    return Outline(
        criteria=(
            Criterion("surveyed", Text("按规模标准纳统的行业", "sector with a threshold"), Role.CONDITION,
                      d.fact("sector"), None, found.by_threshold),
            Criterion("size", Text("达到规模标准", "reaches the threshold"), Role.CONDITION, found.size, None, found.reached),
            figure("threshold", "规模标准", "threshold", found.threshold),
            figure("gap", "距规模标准", "distance to the threshold", found.gap),
            figure("relative_gap", "相对差距", "relative distance", relative),
            Criterion("place", Text("接近程度名次", "place by nearness"), Role.FIGURE, place,
                      note=Text("按相对差距由小到大，相同者按统一社会信用代码",
                                "smallest relative distance first, equal ones by credit code")),
        ),
        cases=(
            Case(n.not_(found.by_threshold), OUTSIDE, "surveyed"),
            Case(found.reached, READY, "size"),
            Case(relative <= p.number("near.distance"), NEAR, "relative_gap"),
        ),
        otherwise=Case(n.flag_constant(True), FAR, "relative_gap"),
        codes=(
            (READY, Text("已达标，可申报入库", "reaches the threshold, to be enrolled")),
            (NEAR, Text("临近", "near")),
            (FAR, Text("差距较大", "far")),
            (OUTSIDE, Text("行业不按规模标准纳统", "sector without a threshold")),
        ),
        cohort=n.all_of(d.fact("is_hitech"), n.not_(d.fact("above_scale"))),
    )
