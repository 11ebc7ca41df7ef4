"""What stands above the score: exemptions from a class, vetoes that cap it, protections that hold it up."""

from __future__ import annotations

from datetime import date

from qiantang.kernel.expressions.nodes import Expr, any_of, day_constant, flag_constant, surely
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Criterion, Role
from qiantang.kernel.words import Text

_DAYS = (
    ("founded_under", "founded_on", Text("新办企业", "newly founded")),
    ("production_under", "production_started_on", Text("投产未满年限", "newly in production")),
    ("land_granted_under", "land_granted_on", Text("新供地企业", "newly granted land")),
    ("above_scale_under", "above_scale_since", Text("新上规企业", "newly above scale")),
)
"""Standings that last some years from a day: the parameter that says how many, the fact, and the title."""


def standings(p: Parameters, dossier: Dossier, stem: str, role: Role) -> tuple[Criterion, ...]:
    """The criteria under ``stem`` (``exempt``, ``veto``, ``protect``): ``met`` says that the standing applies.

    ``<stem>.flags`` lists facts of the dossier; where ``<stem>.blank_is_no`` is set, a blank means no. ``founded_under``
    and its kin are years from a day, which end on the anniversary; a day that is not on record begins nothing, but
    an enterprise without a founding day may be new.
    """
    lenient = p.has(f"{stem}.blank_is_no") and p.yes(f"{stem}.blank_is_no")
    made = []
    if p.has(f"{stem}.flags"):
        for name in p.words(f"{stem}.flags"):
            fact: Expr = dossier.fact(name)
            made.append(Criterion(f"{stem}_{name}", dossier.column(name).title, role, met=surely(fact) if lenient else fact,
                                  clause=p.entry(f"{stem}.flags").source.clause,
                                  rests_on=tuple(x for x in (f"{stem}.flags", f"{stem}.blank_is_no") if p.has(x))))
    for name, since, title in _DAYS:
        path = f"{stem}.{name}"
        if p.has(path):
            begun: Expr = dossier.fact(since) > day_constant(_years_before(p.day, p.whole(path)), path)
            met = begun if since == "founded_on" else surely(begun)
            made.append(Criterion(f"{stem}_{name}", title, role, met=met, clause=p.entry(path).source.clause, rests_on=(path,)))
    return tuple(made)


def applies(of: tuple[Criterion, ...]) -> Expr:
    """Whether any of the standings applies."""
    return any_of(*(c.met for c in of if c.met is not None)) if of else flag_constant(False)


def _years_before(day: date, years: int) -> date:
    """The same day so many years earlier; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
