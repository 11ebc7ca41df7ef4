"""On which list an enterprise is evaluated: above or below scale, on much land or on little, and who is evaluated at all."""

from __future__ import annotations

from dataclasses import dataclass

from qiantang.kernel.errors import Place, RulebookError
from qiantang.kernel.expressions.nodes import (
    Expr,
    all_of,
    among,
    any_of,
    choose,
    code_constant,
    is_known,
    not_,
)
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.words import Text


@dataclass(frozen=True, slots=True)
class EvaluationList:
    """One list of a rulebook: its name, which begins its parameters' paths, and whether a subject stands on it."""

    name: str
    holds: Expr


def lists(p: Parameters, dossier: Dossier) -> tuple[EvaluationList, EvaluationList]:
    """The two lists of a rulebook: ``lists.by`` says by what they are told apart."""
    by = p.word("lists.by")
    if by == "scale":
        first, second = "above", "below"
        test: Expr = dossier.fact("above_scale")
    elif by == "land":
        # The bound itself belongs to the smaller ones: "more than 3 mu".
        first, second = "large", "small"
        test = dossier.fact("land_mu") > p.number("lists.land_bound")
    else:
        raise RulebookError.of(f"名单划分方式“{by}”未知", f"lists cannot be told apart by '{by}'", value=by,
                               place=Place(path="lists.by"), remedy=Text("可用：scale、land", "known: scale, land"))
    return EvaluationList(first, test), EvaluationList(second, not_(test))


def list_code(both: tuple[EvaluationList, EvaluationList]) -> Expr:
    """The list's name as a code."""
    first, second = both
    return choose((first.holds, code_constant(first.name)), otherwise=code_constant(second.name))


def cohort(p: Parameters, dossier: Dossier, both: tuple[EvaluationList, EvaluationList]) -> Expr:
    """Who is evaluated: the sectors named, on the least land that each list asks for."""
    tests: list[Expr] = [among(dossier.fact("sector"), p.words("cohort.sectors"), "cohort.sectors")]
    for a_list in both:
        path = f"{a_list.name}.least_land"
        if not p.has(path):
            continue
        enough: Expr = dossier.fact("land_mu") >= p.number(path)
        if p.has("cohort.all_inside_platforms") and p.yes("cohort.all_inside_platforms"):
            enough = any_of(is_known(dossier.fact("platform")), enough)
        tests.append(any_of(not_(a_list.holds), enough))
    return all_of(*tests)

