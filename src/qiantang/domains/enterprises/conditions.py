"""A condition of a title: the figure looked at, whether it is met, and the fact an enterprise can move to meet it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from qiantang.kernel.errors import Place, RulebookError
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.nodes import Const, Expr
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Case, Criterion, Outline, Role
from qiantang.kernel.words import Text, same

PASS, FAIL = "pass", "fail"
MEETS = (PASS, Text("符合", "meets the conditions"))
MEETS_NOT = (FAIL, Text("不符合", "does not meet the conditions"))

SHARE_SCALE = 5
"""Decimals to which a share is kept. It is cut off there, so that comparing it with a bound of no more decimals is exact."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A criterion that must be met. ``lever`` names the fact that moves it; empty where no figure does.

    ``measured`` is the comparison from which the distance is read, where ``met`` is more than one comparison.
    """

    criterion: Criterion
    met: Expr
    lever: str
    measured: Expr


def condition(name: str, zh: str, en: str, met: Expr, value: Expr | None = None, *, clause: str = "", lever: str = "",
              measured: Expr | None = None, rests_on: tuple[str, ...] = (), note: Text | None = None) -> Condition:
    """A condition from its parts."""
    criterion = Criterion(name, Text(zh, en), Role.CONDITION, value, None, met, clause, rests_on, note or same(""))
    return Condition(criterion, met, lever, met if measured is None else measured)


def figure(name: str, zh: str, en: str, value: Expr, *, note: Text | None = None, rests_on: tuple[str, ...] = ()) -> Criterion:
    """A figure that is shown and decides nothing by itself."""
    return Criterion(name, Text(zh, en), Role.FIGURE, value, rests_on=rests_on, note=note or same(""))


def share(above: Expr, below: Expr) -> Expr:
    """A share cut off, never rounded up: it reaches a bound exactly where the fraction does. Unknown over 0."""
    return n.divide(above, below, SHARE_SCALE, "down")


def burden(above: Expr, below: Expr) -> Expr:
    """A share rounded up, never cut off: it keeps within a bound exactly where the fraction does. Unknown over 0."""
    return n.divide(above, below, SHARE_SCALE, "up")


def share_bound(p: Parameters, path: str) -> Const:
    """A bound that a share is compared with; RulebookError where it is finer than a share is kept."""
    _no_finer(path, [p.decimal(path)])
    return p.number(path)


def share_bands(p: Parameters, path: str, of: Expr) -> Expr:
    """What bands give for a share; RulebookError where an end of a band is finer than a share is kept."""
    _no_finer(path, [end for row in p.band_rows(path) for end in (row.low, row.high) if end is not None])
    return p.bands(path, of)


def _no_finer(path: str, bounds: Sequence[Decimal]) -> None:
    grid = Decimal(1).scaleb(-SHARE_SCALE)
    for bound in bounds:
        if bound % grid:
            raise RulebookError.of(
                f"界限 {bound} 的小数多于 {SHARE_SCALE} 位", f"the bound {bound} has more than {SHARE_SCALE} decimals",
                place=Place(path=path), value=str(bound),
                remedy=Text("请四舍五入到允许的位数。", "Round it to the decimals allowed."))


def years_together(dossier: Dossier, name: str, years: int) -> Expr:
    """A yearly figure added over the dossier's year and the years before it."""
    return n.add(*(dossier.fact(name if back == 0 else f"{name}_{back}") for back in range(years)))


def one_if(flag: Expr, written: str = "项") -> Expr:
    """1 where the flag holds, 0 where it does not, unknown where it is unknown."""
    return n.choose((flag, n.constant(1, written)), otherwise=n.constant(0, written))


def within_years(day: Expr, years: Expr) -> Expr:
    """Whether a day lies in the so many calendar years that end with the law date's; no day on record is no."""
    recent = n.year_of(n.law_date()) - n.year_of(day) < years
    return n.choose((n.is_known(day), recent), otherwise=n.flag_constant(False))


def failing(conditions: Sequence[Condition], gives: str = FAIL) -> tuple[Case, ...]:
    """One case a condition: where it is known not to be met, that condition decides."""
    return tuple(Case(n.surely(n.not_(c.met)), gives, c.criterion.id) for c in conditions)


def all_met(conditions: Sequence[Condition], zh: str = "全部条件", en: str = "all conditions") -> Criterion:
    """Whether all conditions are met; unknown where none fails and one is unknown."""
    return Criterion("all_conditions", Text(zh, en), Role.GROUP, met=n.all_of(*(c.met for c in conditions)))


def judged_by(conditions: Sequence[Condition], others: Sequence[Criterion] = ()) -> Outline:
    """The outline of a title that is gained by meeting every condition; ``others`` are shown before them."""
    together = all_met(conditions)
    assert together.met is not None
    return Outline(
        criteria=(*others, *(c.criterion for c in conditions), together),
        cases=(*failing(conditions), Case(together.met, PASS, together.id)),
        otherwise=Case(n.flag_constant(True), FAIL, together.id),
        codes=(MEETS, MEETS_NOT),
    )
