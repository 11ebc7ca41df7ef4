"""Several enterprises on one site: mixed ones are evaluated together as well, tenants may take their landowner's class."""

from __future__ import annotations

from dataclasses import dataclass

from qiantang.domains.land.indicators import Halves, halves
from qiantang.domains.land.lists import EvaluationList
from qiantang.domains.land.scoring import PART_SCALE, listed_indicators, points
from qiantang.kernel.expressions.nodes import (
    Expr,
    add,
    all_of,
    choose,
    constant,
    first_known,
    is_known,
    not_,
    rounded,
    surely,
    unknown,
)
from qiantang.kernel.expressions.population import group_figure, group_mean
from qiantang.kernel.expressions.types import CODE
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters


def on_mixed_site(dossier: Dossier) -> Expr:
    """Whether above- and below-scale enterprises share the subject's site."""
    return is_known(dossier.fact("mixed_site"))


def _complete(of: list[Halves], dossier: Dossier) -> Expr:
    """Whether every enterprise of a mixed site has all these figures: the sum of a site with a gap is unknown."""
    known = all_of(*(is_known(figure) for one in of for figure in (one.above, one.below)))
    absent = choose((known, constant(0, "家")), otherwise=constant(1, "家"))
    return group_figure("sum", absent, within=(dossier.fact("mixed_site"),), among=on_mixed_site(dossier)).equals(constant(0, "家"))


def _together(of: Halves, dossier: Dossier) -> Halves:
    """An indicator's figures summed over a mixed site."""
    site, mixed = (dossier.fact("mixed_site"),), on_mixed_site(dossier)
    return Halves(group_figure("sum", of.above, within=site, among=mixed), group_figure("sum", of.below, within=site, among=mixed))


def merged_score(p: Parameters, dossier: Dossier, above: EvaluationList, decimals: int) -> Expr:
    """What the enterprises of a mixed site score together, by the weights of the above-scale list.

    Unknown for an enterprise that shares no site, and for a site where one lacks a figure that has no substitute.
    """
    parts, needed = [], []
    for of in listed_indicators(p, above):
        own = halves(of, p, dossier)
        together = points(p, dossier, of, above, _together(own, dossier))
        missing = f"{above.name}.missing.{of.name}"
        if p.has(missing) and p.word(missing) == "list_mean":
            mean = group_mean(points(p, dossier, of, above, own), PART_SCALE, among=above.holds)
            together = first_known(choose((_complete([own], dossier), together), otherwise=unknown(together.type)), mean)
        else:
            needed.append(own)
        parts.append(together)
    total = rounded(add(*parts), decimals)
    return choose((on_mixed_site(dossier), choose((_complete(needed, dossier), total), otherwise=unknown(total.type))),
                  otherwise=unknown(total.type))


@dataclass(frozen=True, slots=True)
class Following:
    """Subjects that are not ranked themselves but take the class of the one they follow."""

    id: str
    holds: Expr
    leader: Expr
    """The code that the followers and their leader share."""

    def leaders_class(self, own_class: Expr) -> Expr:
        """The leader's class, for everybody who shares the leader's code."""
        led = choose((self.holds, unknown(CODE)), otherwise=own_class)
        return group_figure("greatest", led, within=(self.leader,))


def followings(p: Parameters, dossier: Dossier, below: EvaluationList) -> list[Following]:
    """Who follows whom: tenants their landowner, the small ones of a mixed site its above-scale enterprise."""
    found = []
    if p.has("mixed.ranked_by") and p.word("mixed.ranked_by") == "merged":
        found.append(Following("merged_site", all_of(below.holds, on_mixed_site(dossier)), dossier.fact("mixed_site")))
    if p.has("lessee.takes_landowners_class") and p.yes("lessee.takes_landowners_class"):
        found.append(_lessees(dossier, below))
    return found


def _lessees(dossier: Dossier, below: EvaluationList) -> Following:
    """Below-scale enterprises on land of another, unless that land lies in a small-enterprise park."""
    own_land = surely(dossier.fact("land_owned_mu") > constant(0, "亩"))
    on_others_land = all_of(is_known(dossier.fact("landlord")), not_(own_land))
    site = choose((on_others_land, dossier.fact("landlord")), otherwise=dossier.fact("uscc"))
    none, one = constant(0, "家"), constant(1, "家")
    in_park = choose((all_of(not_(on_others_land), dossier.fact("in_small_enterprise_park")), one), otherwise=none)
    outside_parks = group_figure("greatest", in_park, within=(site,)).equals(none)
    return Following("landowner", all_of(on_others_land, below.holds, outside_parks), site)
