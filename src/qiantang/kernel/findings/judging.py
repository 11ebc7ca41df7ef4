"""Judging: a rulebook's reading as one SELECT over a dossier, or over plain rows by the Decimal evaluator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qiantang.kernel.expressions.dialects import Dialect
from qiantang.kernel.expressions.evaluate import Blame, Evaluation, Stored
from qiantang.kernel.expressions.nodes import Expr, Fact
from qiantang.kernel.expressions.plan import Plan, compile_plan
from qiantang.kernel.expressions.sql import Printer
from qiantang.kernel.expressions.types import Type
from qiantang.kernel.expressions.walking import facts_of
from qiantang.kernel.findings.blaming import unknown_because
from qiantang.kernel.rulebooks.rulebook import Reading


@dataclass(frozen=True, slots=True)
class Judging:
    """A reading compiled for one run: the plan, and the types of its columns (for showing stored integers)."""

    reading: Reading
    plan: Plan
    explained: bool

    @property
    def types(self) -> Mapping[str, Type]:
        """Each output column's type."""
        return self.plan.types

    def facts(self) -> frozenset[str]:
        """The facts that the run reads, the cohort's among them."""
        cohort = self.reading.outline.cohort
        names = {f.column.name for f in self.plan.facts}
        return frozenset(names | ({f.column.name for f in facts_of(cohort)} if cohort is not None else set()))

    def select(self, dossier: str, dialect: Dialect) -> str:
        """The run as one SELECT over a dossier relation; only subjects of the cohort are in it.

        A subject of whom it is unknown whether the rule applies stays in, and shows as unknown.
        """
        printer = Printer(dialect, self.plan, self.reading.day)
        cohort = self.reading.outline.cohort
        if cohort is None:
            return printer.select(dossier)
        test = Printer(dialect, _NO_PLAN, self.reading.day).of(cohort)
        return printer.select(f"(SELECT * FROM {dossier} AS _d WHERE {test}{' IS NOT FALSE' if cohort.type.nullable else ''}) AS _c")


_NO_PLAN = Plan((), (), (), {}, {}, {}, ())


def judging(reading: Reading, explained: bool = True, extra: Mapping[str, Expr] | None = None,
            carry: Sequence[Fact] = (), because: bool = False) -> Judging:
    """Compile a reading. ``extra`` adds columns (lift), ``carry`` hands facts through beside the subject, ``because``
    adds the column that names, for an unknown outcome, the facts that keep it unknown."""
    columns = dict(reading.columns(explained))
    if because:
        columns["unknown_because"] = unknown_because(reading.outcome)
    columns |= extra or {}
    subject = reading.book.dossier.fact(reading.book.dossier.subject)
    return Judging(reading, compile_plan(columns, [subject, *carry]), explained)


@dataclass(frozen=True, slots=True)
class Judged:
    """One subject's columns, with the reason for each unknown."""

    values: Mapping[str, Stored]
    blames: Mapping[str, frozenset[Blame]]


def judged(reading: Reading, rows: Sequence[Mapping[str, Stored]], alone: bool = False) -> list[Judged | None]:
    """The same columns by the Decimal evaluator, row by row; None for a subject outside the cohort."""
    cohort = reading.outline.cohort
    inside = [True] * len(rows)
    if cohort is not None:
        inside = [held is not False for held in Evaluation(rows, reading.day, alone).of(cohort)]
    kept = [row for row, is_in in zip(rows, inside, strict=True) if is_in]
    evaluation = Evaluation(kept, reading.day, alone)
    columns = reading.columns()
    stored = {name: evaluation.stored(expr) for name, expr in columns.items()}
    found: list[Judged | None] = []
    number = 0
    for is_in in inside:
        if not is_in:
            found.append(None)
            continue
        values = {name: column[number] for name, column in stored.items()}
        blames = {name: evaluation.blame(expr, number) for name, expr in columns.items() if values[name] is None}
        found.append(Judged(values, blames))
        number += 1
    return found


