"""Lift: which single change, or cheapest set of changes, would bring a subject to a better outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from qiantang.kernel.errors import RulebookError
from qiantang.kernel.expressions.dialects import Dialect
from qiantang.kernel.expressions.evaluate import Evaluation, Stored
from qiantang.kernel.expressions.nodes import Const, Expr, Fact, choose, constant, surely, unknown
from qiantang.kernel.expressions.population import Population
from qiantang.kernel.expressions.rewrite import rewritten
from qiantang.kernel.expressions.walking import facts_of, walk
from qiantang.kernel.facts.schema import Column
from qiantang.kernel.findings.inverting import Bound, Sense, inverted, met_by
from qiantang.kernel.rulebooks.rulebook import Reading, Role
from qiantang.kernel.words import Text


def reached_score(reading: Reading, outcome: str) -> Expr:
    """The score that would hold an outcome, as the rulebook's form gives it; RulebookError where it gives none."""
    for code, needed in reading.outline.reach:
        if code == outcome:
            return needed
    codes = [code for code, _ in reading.outline.reach]
    raise RulebookError.of(
        f"规则 {reading.book.id} 不能按得分提升到“{outcome}”", f"rulebook {reading.book.id} has no score that reaches '{outcome}'",
        value=outcome, remedy=Text("可选：" + "、".join(codes), "possible: " + ", ".join(codes)))


def scored(reading: Reading) -> Expr:
    """The score of a reading; RulebookError where the rulebook has none."""
    score = reading.score
    if score is None:
        raise RulebookError.of(f"规则 {reading.book.id} 没有得分", f"rulebook {reading.book.id} has no score")
    return score


def movable_facts(expr: Expr) -> list[Column]:
    """The facts of an expression that have a better direction: what an enterprise can work on."""
    return [f.column for f in facts_of(expr) if f.column.more_is != "neither" and f.type.is_number]


def better_way(column: Column) -> Sense:
    """Up where more is better, down where more is worse."""
    return "at_least" if column.more_is == "better" else "at_most"


# --- everybody at once ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LiftColumn:
    """A column of the population pass: the value that one fact needs, everything else held still."""

    name: str
    column: Column
    bound: Bound


def lift_columns(reading: Reading, outcome: str) -> tuple[LiftColumn, ...]:
    """For everybody below an outcome, per fact with a closed form, the value that reaches it.

    A value is given only where the fact would move in its better direction and stays in its admitted range. Facts
    that stand in several places of the score have no closed form; ``single_changes`` finds those for one subject.
    """
    score, needed = scored(reading), reached_score(reading, outcome)
    found = []
    for column in movable_facts(score):
        bound = inverted(score, needed, "at_least", column.name)
        if bound is None or bound.sense != better_way(column):
            continue
        kind, value = column.type, bound.value
        end = constant(kind.decimal(kind.high if bound.sense == "at_least" else kind.low), kind.unit)
        inside = value <= end if bound.sense == "at_least" else value >= end
        held = choose((needed <= score, unknown(value.type)), (inside, value), otherwise=unknown(value.type))
        found.append(LiftColumn(f"lift__{column.name}", column, Bound(bound.sense, held)))
    return tuple(found)


def gap_columns(reading: Reading) -> tuple[tuple[str, LiftColumn], ...]:
    """For every condition that is a comparison: the value each of its facts needs where it is not met.

    Pairs of criterion id and column; the column is unknown where the condition is met or cannot be judged.
    """
    found = []
    for criterion in reading.outline.criteria:
        if criterion.met is None or criterion.role not in (Role.CONDITION, Role.INDICATOR):
            continue
        for column in movable_facts(criterion.met):
            bound = met_by(criterion.met, column.name)
            if bound is None or bound.sense != better_way(column):
                continue
            held = choose((criterion.met, unknown(bound.value.type)), otherwise=bound.value)
            name = f"gap__{criterion.id}__{column.name}"
            found.append((criterion.id, LiftColumn(name, column, Bound(bound.sense, held))))
    return tuple(found)


# --- one subject ---------------------------------------------------------------------------------------------


def population_nodes(*exprs: Expr) -> dict[str, Expr]:
    """The whole-population parts of expressions, by a column name each, for reading their values off a run."""
    found: dict[int, Expr] = {}
    for expr in exprs:
        for node in walk(expr):
            if isinstance(node, Population):
                found.setdefault(id(node), node)
    return {f"still__{number}": node for number, node in enumerate(found.values())}


def held_still(expr: Expr, nodes: Mapping[str, Expr], row: Mapping[str, Stored]) -> Expr:
    """The expression with its whole-population parts fixed at the values a run gave this subject."""
    return rewritten(expr, {id(node): Const(node.type, row[name]) for name, node in nodes.items()})


@dataclass(frozen=True, slots=True)
class Change:
    """One fact moved: from, to (stored integers) and the share of its present value that it moves by."""

    column: Column
    before: int
    after: int

    @property
    def effort(self) -> Fraction:
        """The relative change in size; a fact at 0 counts as moved by all of the new value."""
        return abs(Fraction(self.after - self.before, self.before or self.after or 1))


def single_changes(score: Expr, needed: Expr, facts: Mapping[str, Stored], law_date: date) -> list[Change]:
    """For each fact alone, the least change that reaches the score needed; the smallest effort first.

    ``score`` and ``needed`` are held still (no whole-population part is left). The way is found by bisection with
    the Decimal evaluator, resting on the direction that the schema states; a fact that cannot reach it is left out.
    """
    found = []
    for column in movable_facts(score):
        after = _least_move(score, needed, facts, law_date, column)
        before = facts.get(column.name)
        if after is not None and isinstance(before, int) and after != before:
            found.append(Change(column, before, after))
    return sorted(found, key=lambda c: (c.effort, c.column.name))


def cheapest_set(score: Expr, needed: Expr, facts: Mapping[str, Stored], law_date: date,
                 most: Fraction) -> list[Change] | None:
    """Several facts moved by at most the share ``most`` of their value each: those that gain most by it first, the
    last one no further than needed. None where even all of them do not reach it.
    """
    now = _value(score, facts, law_date)
    goal = _value(needed, facts, law_date)
    if now is None or goal is None:
        return None
    moves = []
    for column in movable_facts(score):
        before = facts.get(column.name)
        if not isinstance(before, int) or before <= 0:
            continue
        step = int(before * most) or 1
        kind = column.type
        after = min(before + step, kind.high) if column.more_is == "better" else max(before - step, kind.low, 1)
        gained = _value(score, {**facts, column.name: after}, law_date)
        if gained is not None and gained > now:
            moves.append((gained - now, Change(column, before, after)))
    moved: dict[str, Stored] = dict(facts)
    chosen: list[Change] = []
    for _, change in sorted(moves, key=lambda m: (-m[0], m[1].column.name)):
        last = _least_move(score, needed, moved, law_date, change.column)
        within = last is not None and (last <= change.after if change.column.more_is == "better" else last >= change.after)
        if within and last is not None:
            return [*chosen, Change(change.column, change.before, last)]
        moved[change.column.name] = change.after
        chosen.append(change)
    return None


def as_score(flag: Expr) -> tuple[Expr, Expr]:
    """A flag as a score of 1 or 0 with the 1 that is needed: what reaches it makes the flag hold."""
    one, zero = constant(1, "分"), constant(0, "分")
    return choose((surely(flag), one), otherwise=zero), one


def by_conditions(conditions: Sequence[Expr], reached: Expr, facts: Mapping[str, Stored], law_date: date) -> list[Change] | None:
    """For each condition that does not hold, in order, the fact that meets it with the least effort; None where one
    cannot be met by a single fact, or where all of them together do not bring what is to be reached."""
    moved: dict[str, Stored] = dict(facts)
    chosen: dict[str, Change] = {}
    for condition in conditions:
        held, one = as_score(condition)
        if _reaches(held, one, moved, law_date):
            continue
        found = single_changes(held, one, moved, law_date)
        if not found:
            return None
        change, before = found[0], facts[found[0].column.name]
        assert isinstance(before, int)
        moved[change.column.name] = change.after
        chosen[change.column.name] = Change(change.column, before, change.after)
    return list(chosen.values()) if chosen and _reaches(*as_score(reached), moved, law_date) else None


def _value(expr: Expr, facts: Mapping[str, Stored], law_date: date) -> Decimal | None:
    value = Evaluation([facts], law_date).of(expr)[0]
    return value if isinstance(value, Decimal) else None


def _reaches(score: Expr, needed: Expr, facts: Mapping[str, Stored], law_date: date) -> bool:
    score_value, goal = _value(score, facts, law_date), _value(needed, facts, law_date)
    return score_value is not None and goal is not None and score_value >= goal


def _least_move(score: Expr, needed: Expr, facts: Mapping[str, Stored], law_date: date, column: Column) -> int | None:
    """The value nearest to the present one, in the better direction, that reaches the goal."""
    now = facts.get(column.name)
    if not isinstance(now, int) or isinstance(now, bool):
        return None
    kind = column.type
    far = kind.high if column.more_is == "better" else max(kind.low, 1)

    def reaches(value: int) -> bool:
        return _reaches(score, needed, {**facts, column.name: value}, law_date)

    if reaches(now):
        return now
    if not reaches(far):
        return None
    near = now
    while abs(far - near) > 1:
        middle = (near + far) // 2
        if reaches(middle):
            far = middle
        else:
            near = middle
    return far


# --- proof ---------------------------------------------------------------------------------------------------


def with_changes(relation: str, dialect: Dialect, facts: Sequence[Fact], subject_column: str, subject: str,
                 changes: Mapping[str, int]) -> str:
    """A dossier relation in which one subject's facts are changed, for judging everybody anew."""
    d = dialect
    columns = []
    for fact in facts:
        name = d.quoted(fact.column.name)
        if fact.column.name in changes:
            test = f"{d.quoted(subject_column)} = {d.string(subject)}"
            columns.append(f"CASE WHEN {test} THEN {d.whole(changes[fact.column.name])} ELSE {name} END AS {name}")
        else:
            columns.append(name)
    return f"(SELECT {', '.join(columns)} FROM {relation} AS _w)"
