"""Firm or hanging on a guess: which outcomes each subject may have over all admissible values of what is not known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from itertools import pairwise, product
from math import prod

from qiantang.kernel.errors import Place, RulebookError
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.expressions.population import Population, Quota
from qiantang.kernel.expressions.rewrite import narrowed, transformed
from qiantang.kernel.expressions.walking import parts_of, walk
from qiantang.kernel.findings.bounds import BoundsEvaluation
from qiantang.kernel.findings.opening import opened
from qiantang.kernel.findings.possible import YES, Range
from qiantang.kernel.rulebooks.parameters import Entry, ParameterValue
from qiantang.kernel.rulebooks.rulebook import Reading, Rulebook
from qiantang.kernel.units import ONE
from qiantang.kernel.words import Text

MOST_COMBINATIONS = 4096
OUTSIDE = "outside"
"""The outcome of a subject that the rulebook would not judge at all."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A parameter that nobody has read in an official text, with what it may admissibly be."""

    path: str
    title: Text
    entry: Entry

    @property
    def alternatives(self) -> tuple[ParameterValue, ...]:
        """The values to try one by one; none for a range."""
        return self.entry.admissible.any_of if self.entry.admissible is not None else ()

    @property
    def ends(self) -> tuple[Decimal, Decimal] | None:
        """The ends of the range; None for alternatives."""
        choices = self.entry.admissible
        return None if choices is None or choices.low is None or choices.high is None else (choices.low, choices.high)


@dataclass(frozen=True, slots=True)
class Standing:
    """One subject: the outcomes that are possible, and the guesses and missing facts that each decide alone.

    ``None`` among the outcomes means that it may stay unknown, ``OUTSIDE`` that it may not be judged. ``decides`` holds
    parameter paths and fact names that move the outcome with everything else at its present value; ``jointly`` says
    that only several together do.
    """

    subject: str
    outcomes: frozenset[str | None]
    decides: tuple[str, ...]
    jointly: bool = False

    @property
    def firm(self) -> bool:
        """Whether one outcome holds whatever the unread says."""
        return len(self.outcomes) == 1


@dataclass(frozen=True, slots=True)
class Robustness:
    """All subjects, the guesses looked at, and the facts whose possible range was used."""

    standings: tuple[Standing, ...]
    guesses: tuple[Guess, ...]
    open_facts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    combinations: int = 1


def guesses_of(reading: Reading) -> tuple[Guess, ...]:
    """The parameters a reading rests on that are not firm and carry admissible values."""
    found = []
    for path, entry in reading.used.items():
        if entry.admissible is not None and not entry.status.firm:
            found.append(Guess(path, reading.book.parameters[path].title, entry))
    return tuple(found)


def open_facts_of(reading: Reading) -> dict[str, tuple[int, int]]:
    """The facts that, while missing, lie in a range the schema states (as stored integers)."""
    found = {}
    for fact in reading.facts:
        if fact.column.possible is not None and fact.type.is_number:
            low, high = (int(end.scaleb(fact.column.scale)) for end in fact.column.possible)
            found[fact.column.name] = (low, high)
    return found


Ends = tuple[Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class _Options:
    """What is tried of one guess: values one by one, or parts of a range that are each evaluated as a whole."""

    path: str
    values: tuple[ParameterValue, ...] = ()
    parts: tuple[Ends, ...] = ()
    worth_cutting: bool = False
    """Whether smaller parts tell more: a quota's own bound is exact over the whole range."""

    @property
    def many(self) -> int:
        """How many worlds this makes of one."""
        return len(self.values) or len(self.parts)


def robust(reading: Reading, rows: Sequence[Mapping[str, Stored]], splits: int = 2) -> Robustness:
    """What every subject's outcome may be. ``rows`` are the facts of everybody the rulebook might judge.

    Alternatives are tried one by one, in every combination; so is a range whose parameter the rulebook reads as a
    whole number. Any other range is cut into up to ``splits`` parts, each evaluated over its bounds, which keeps the
    answer sound and makes it tighter the finer the cut. Subjects that are surely not judged are left out.
    RulebookError where there are more than ``MOST_COMBINATIONS``, or where a range shapes the rulebook otherwise than
    as a figure and so has no bounds.
    """
    guesses = guesses_of(reading)
    facts = open_facts_of(reading)
    options = _cut([_options(reading, guess) for guess in guesses], splits)
    everywhere = _Possibilities(reading, rows, facts)
    whole = everywhere.outcomes(options)
    hanging = [i for i, outcomes in enumerate(whole) if len(outcomes) > 1]
    alone: dict[str, list[frozenset[str | None]]] = {}
    base = whole
    if hanging:
        here = _Possibilities(reading, rows, {})
        base = here.outcomes(())
        alone = {one.path: here.outcomes((one,)) for one in options}
        for name in sorted({name for i in hanging for name in facts if rows[i].get(name) is None}):
            alone[name] = _Possibilities(reading, rows, {name: facts[name]}).outcomes(())
    subject = reading.book.dossier.subject
    standings = []
    for i, outcomes in enumerate(whole):
        if outcomes == {OUTSIDE}:
            continue
        decides = tuple(name for name, found in alone.items() if len(found[i] | base[i]) > 1) if len(outcomes) > 1 else ()
        standings.append(Standing(str(rows[i][subject]), outcomes, decides, jointly=len(outcomes) > 1 and not decides))
    return Robustness(tuple(standings), guesses, facts, prod(one.many for one in options))


class _Possibilities:
    """The outcomes of everybody over worlds that differ in their parameters; the facts' ranges are the same in all."""

    def __init__(self, reading: Reading, rows: Sequence[Mapping[str, Stored]], facts: Mapping[str, tuple[int, int]]) -> None:
        self._reading = reading
        self._many = len(rows)
        self._evaluation = BoundsEvaluation(rows, reading.day, facts)

    def outcomes(self, options: Sequence[_Options]) -> list[frozenset[str | None]]:
        """Each subject's outcomes over every combination of the options; all else has its present value."""
        found: list[set[str | None]] = [set() for _ in range(self._many)]
        for book, ends in _worlds(self._reading.book, options):
            world = book.on(self._reading.day)
            shares = _shares(world, ends)
            outcome, inside = world.outcome, [YES] * self._many
            if world.outline.cohort is not None:
                judged = n.first_known(world.outline.cohort, n.flag_constant(True))
                inside = [flag for flag in self._evaluation.of(opened(judged, ends, shares)) if not isinstance(flag, Range)]
                if any(flag != YES for flag in inside):
                    outcome = _among_the_judged(outcome, judged)
            outcome = opened(outcome, ends, shares)
            for outcomes, possible, flag in zip(found, self._evaluation.of(outcome), inside, strict=True):
                assert not isinstance(possible, Range)
                if True in flag:
                    outcomes.update(None if v is None else str(v) for v in possible)
                if flag != YES:
                    outcomes.add(OUTSIDE)
        return [frozenset(outcomes) for outcomes in found]


def _among_the_judged(outcome: Expr, judged: Expr) -> Expr:
    """The same outcome where only those who are judged count in a population."""
    def change(node: Expr) -> Expr:
        return narrowed(node, judged) if isinstance(node, Population) else node

    return transformed(outcome, change)


def _options(reading: Reading, guess: Guess) -> _Options:
    """How a guess is tried."""
    if guess.alternatives:
        return _Options(guess.path, values=guess.alternatives)
    assert guess.ends is not None
    low, high = guess.ends
    book, path = reading.book, guess.path
    try:
        shapes = {_shape(book.with_parameter(path, value).on(reading.day), path, value)
                  for value in (low, high, low + (high - low) * Decimal("0.37"))}
    except RulebookError:
        # The form takes no such value: only whole numbers are admissible.
        first, last = int(low.to_integral_value(ROUND_CEILING)), int(high.to_integral_value(ROUND_FLOOR))
        if first > last:
            raise
        return _Options(path, values=tuple(Decimal(whole) for whole in range(first, last + 1)))
    if len(shapes) > 1:
        raise RulebookError.of(
            f"参数 {path} 决定规则结构，其可能范围无法求界", f"{path} shapes the rulebook: its admissible range has no bounds",
            place=Place(path=path), remedy=Text("请用 any_of 列出备选值。", "List alternatives with any_of."))
    figure = any(isinstance(node, n.Const) and node.path == path for root in _roots(reading) for node in walk(root))
    return _Options(path, parts=((low, high),), worth_cutting=figure)


def _roots(reading: Reading) -> tuple[Expr, ...]:
    cohort = reading.outline.cohort
    return (reading.outcome,) if cohort is None else (reading.outcome, cohort)


def _shape(reading: Reading, path: str, value: Decimal) -> tuple[object, ...]:
    """Who is judged and with which outcome, by structure, with the places left open where the parameter stands as a figure."""
    numbers: dict[int, int] = {}
    found: list[object] = []
    for root in _roots(reading):
        for node in walk(root):
            detail = node.detail
            if isinstance(node, n.Extreme | n.FirstKnown | n.Banded):
                detail = detail[:-1]  # the scale, which only follows from the parts' own
            elif isinstance(node, n.Const) and node.path == path and isinstance(node.value, int) and node.type.decimal(node.value) == value:
                detail = ("open", node.type.unit)
            elif isinstance(node, Quota) and any(b.path == path for b in node.bands):
                share = Fraction(value) * reading.book.parameters[path].unit.factor_to(ONE)
                bands = tuple((b.code, b.closed, b.path, "open" if b.path == path and b.upto == share else b.upto) for b in node.bands)
                detail = (bands, node.last, node.rounding)
            found.append((type(node).__name__, detail, tuple(numbers[id(part)] for part in parts_of(node))))
            numbers[id(node)] = len(numbers)
    return tuple(found)


def _cut(options: Sequence[_Options], splits: int) -> list[_Options]:
    """Ranges cut into parts, as finely as asked or as the number of combinations allows."""
    many = prod(one.many for one in options)
    if many > MOST_COMBINATIONS:
        raise RulebookError.of(f"组合达 {many} 种，超过 {MOST_COMBINATIONS} 种", f"{many} combinations, more than {MOST_COMBINATIONS}",
                               value=many, remedy=Text("请减少备选值。", "Give fewer alternatives."))
    found = []
    for one in options:
        parts = max(1, min(splits, MOST_COMBINATIONS // many)) if one.worth_cutting else 1
        many *= parts
        found.append(replace(one, parts=tuple(_parts(one.parts[0], parts))) if parts > 1 else one)
    return found


def _parts(ends: Ends, many: int) -> Iterator[Ends]:
    """A range in so many parts that share their ends."""
    low, high = ends
    grid = Decimal(1).scaleb(min(int(end.as_tuple().exponent) for end in ends) - 2)
    borders = [low, *((low + (high - low) * i / many).quantize(grid) for i in range(1, many)), high]
    yield from pairwise(borders)


def _worlds(book: Rulebook, options: Sequence[_Options]) -> Iterator[tuple[Rulebook, dict[str, Ends]]]:
    """Every combination of a value or a part of a range for each guess."""
    valued, ranged = [one for one in options if one.values], [one for one in options if not one.values]
    for values in product(*(one.values for one in valued)):
        world = book
        for one, value in zip(valued, values, strict=True):
            world = world.with_parameter(one.path, value)
        for parts in product(*(one.parts for one in ranged)):
            yield world, {one.path: part for one, part in zip(ranged, parts, strict=True)}


def _shares(reading: Reading, ends: Mapping[str, Ends]) -> dict[str, tuple[Fraction, Fraction]]:
    """The open parameters that are plain fractions, as the shares of places that a quota makes of them."""
    found = {}
    for path, (low, high) in ends.items():
        unit = reading.book.parameters[path].unit
        if not unit.measure():
            factor = unit.factor_to(ONE)
            found[path] = (Fraction(low) * factor, Fraction(high) * factor)
    return found
