"""Points that are added to or taken from a score beside the indicators: bonuses, deductions, tenants, missing figures."""

from __future__ import annotations

from qiantang.domains.land.lists import EvaluationList
from qiantang.domains.land.scoring import POINTS
from qiantang.kernel.expressions.nodes import (
    Expr,
    add,
    any_of,
    choose,
    clip,
    constant,
    first_known,
    is_known,
    not_,
    subtract,
    surely,
)
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Criterion, Role
from qiantang.kernel.words import Text

NO_POINTS = constant(0, POINTS)


def adjustments(p: Parameters, dossier: Dossier, lists: tuple[EvaluationList, ...]) -> tuple[Criterion, ...]:
    """Every adjustment that the rulebook knows, as criteria whose points join the score."""
    made = (_bonus(p, dossier), _deduction(p, dossier), _tenants(p, dossier, lists), _missing_energy(p, dossier),
            _false_zero(p, dossier))
    return tuple(c for c in made if c is not None)


def _bonus(p: Parameters, dossier: Dossier) -> Criterion | None:
    """Marks of the departments (a blank is no bonus) and points for honours held, together up to the cap."""
    marks = p.words("bonus.marks") if p.has("bonus.marks") else ()
    honours = list(p.under("bonus.points"))
    if not marks and not honours:
        return None
    given: list[Expr] = [first_known(dossier.fact(name), NO_POINTS) for name in marks]
    given += [choose((surely(dossier.fact(name)), p.number(f"bonus.points.{name}")), otherwise=NO_POINTS) for name in honours]
    total = add(*given)
    points = clip(total, high=p.number("bonus.cap")) if p.has("bonus.cap") else total
    return Criterion("bonus", Text("加分", "bonus"), Role.ADJUSTMENT, total, points,
                     rests_on=("bonus.marks",) if p.has("bonus.marks") else ())


def _deduction(p: Parameters, dossier: Dossier) -> Criterion | None:
    if not p.has("deduction.marks"):
        return None
    taken = add(*(first_known(dossier.fact(name), NO_POINTS) for name in p.words("deduction.marks")))
    return Criterion("deduction", Text("扣分", "deduction"), Role.ADJUSTMENT, taken, subtract(NO_POINTS, taken),
                     rests_on=("deduction.marks",))


def _tenants(p: Parameters, dossier: Dossier, lists: tuple[EvaluationList, ...]) -> Criterion | None:
    """Points taken for letting to below-scale tenants: so many for the first, so many for each further one.

    The department's own count prevails over the register of leases, which does not tell a tenant's scale.
    """
    taking = [one for one in lists if p.has(f"{one.name}.tenants.further")]
    if not taking:
        return None
    none, one_tenant = constant(0, "户"), constant(1, "户")
    many = first_known(dossier.fact("tenants_below_scale"), dossier.fact("leases_out"))
    cases: list[tuple[Expr, Expr]] = [(many.equals(none), NO_POINTS)]
    for one in taking:
        taken = p.number(f"{one.name}.tenants.first") + (many - one_tenant) * p.number(f"{one.name}.tenants.further")
        cases.append((one.holds, subtract(NO_POINTS, taken)))
    return Criterion("tenants", Text("出租规下企业扣分", "deduction for below-scale tenants"), Role.ADJUSTMENT, many,
                     choose(*cases, otherwise=NO_POINTS))


def _missing_energy(p: Parameters, dossier: Dossier) -> Criterion | None:
    """Points taken where energy use is declared as zero or not at all."""
    if not p.has("deduction.missing_energy"):
        return None
    energy = dossier.fact("energy_tce")
    absent = any_of(not_(is_known(energy)), surely(energy.equals(constant(0, "tce"))))
    points = choose((absent, subtract(NO_POINTS, p.number("deduction.missing_energy"))), otherwise=NO_POINTS)
    return Criterion("missing_energy", Text("能耗零申报或未申报扣分", "deduction for energy declared as zero or not at all"),
                     Role.ADJUSTMENT, None, points, absent)


def _false_zero(p: Parameters, dossier: Dossier) -> Criterion | None:
    """Points taken where an enterprise that emits declared zero and was found out."""
    if not p.has("deduction.false_zero_emission"):
        return None
    found = dossier.fact("declared_false_zero_emission")
    points = choose((found, subtract(NO_POINTS, p.number("deduction.false_zero_emission"))), otherwise=NO_POINTS)
    return Criterion("false_zero_emission", Text("瞒报零排放扣分", "deduction for a false declaration of zero emission"),
                     Role.ADJUSTMENT, None, points, found)
