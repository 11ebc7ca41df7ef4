"""Firm or hanging on a guess: which outcomes each subject may have over all admissible values of what is not known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import product

from qiantang.kernel.errors import RulebookError
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.expressions.nodes import Banded, Const, Expr, walk
from qiantang.kernel.expressions.population import Quota
from qiantang.kernel.findings.bounds import BoundsEvaluation, Range
from qiantang.kernel.rulebooks.parameters import Entry, ParameterValue
from qiantang.kernel.rulebooks.rulebook import Reading, Rulebook
from qiantang.kernel.words import Text

MOST_COMBINATIONS = 512


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

    ``None`` among the outcomes means that it may stay unknown. ``decides`` holds parameter paths and fact names that
    move the outcome with everything else at its present value; ``jointly`` says that only several together do.
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


def robust(reading: Reading, rows: Sequence[Mapping[str, Stored]], splits: int = 2) -> Robustness:
    """What every subject's outcome may be. ``rows`` are all subjects' facts (a quota needs everybody).

    Alternatives are tried one by one, in every combination; a range is cut into ``splits`` parts, each evaluated over
    its bounds, which keeps the answer sound and makes it tighter the finer the cut. RulebookError where there are
    more than ``MOST_COMBINATIONS``, or where a range shapes the rulebook and so has no bounds.
    """
    guesses = guesses_of(reading)
    facts = open_facts_of(reading)
    everything = BoundsEvaluation(rows, reading.day, facts, {})
    nothing = BoundsEvaluation(rows, reading.day, {}, {})
    whole, combinations = _outcomes(reading, everything, guesses, splits)
    alone: dict[str, list[frozenset[str | None]]] = {}
    open_subjects = [i for i, outcomes in enumerate(whole) if len(outcomes) > 1]
    if open_subjects:
        for guess in guesses:
            alone[guess.path] = _outcomes(reading, nothing, (guess,), splits)[0]
        missing = {name for i in open_subjects for name in facts if rows[i].get(name) is None}
        for name in sorted(missing):
            only = BoundsEvaluation(rows, reading.day, {name: facts[name]}, {})
            alone[name] = _outcomes(reading, only, (), splits)[0]
    subject = reading.book.dossier.subject
    base = _outcomes(reading, nothing, (), 1)[0] if open_subjects else whole
    standings = []
    for i, outcomes in enumerate(whole):
        decides = tuple(name for name, found in alone.items() if len(found[i] | base[i]) > 1) if len(outcomes) > 1 else ()
        standings.append(Standing(str(rows[i][subject]), outcomes, decides, jointly=len(outcomes) > 1 and not decides))
    return Robustness(tuple(standings), guesses, facts, combinations)


def _outcomes(reading: Reading, evaluation: BoundsEvaluation, guesses: Sequence[Guess],
              splits: int) -> tuple[list[frozenset[str | None]], int]:
    found: list[set[str | None]] = [set() for _ in evaluation.rows]
    many = 0
    for book, ranges in _worlds(reading.book, guesses, splits):
        many += 1
        if many > MOST_COMBINATIONS:
            raise RulebookError.of(
                f"组合超过 {MOST_COMBINATIONS} 种", f"more than {MOST_COMBINATIONS} combinations",
                remedy=Text("请减少备选值，或调小 --splits。", "Give fewer alternatives, or lower --splits."))
        world = book.on(reading.day)
        _refuse_structural(world, ranges)
        for i, possible in enumerate(evaluation.under(ranges).of(world.outcome)):
            assert not isinstance(possible, Range)
            found[i] |= {None if v is None else str(v) for v in possible}
    return [frozenset(f) for f in found], many


def _worlds(book: Rulebook, guesses: Sequence[Guess], splits: int) -> Iterator[tuple[Rulebook, dict[str, tuple[Decimal, Decimal]]]]:
    """Every combination of an alternative for each listed guess and a part of each range."""
    options: list[list[tuple[str, ParameterValue | None, tuple[Decimal, Decimal] | None]]] = []
    for guess in guesses:
        if guess.alternatives:
            options.append([(guess.path, value, None) for value in guess.alternatives])
        elif guess.ends is not None:
            low, high = guess.ends
            step = (high - low) / splits
            options.append([(guess.path, None, (low + step * i, low + step * (i + 1) if i + 1 < splits else high)) for i in range(splits)])
    for choice in product(*options):
        world, ranges = book, {}
        for path, value, part in choice:
            if part is not None:
                ranges[path] = part
            elif value is not None:
                world = world.with_parameter(path, value)
        yield world, ranges


def _refuse_structural(reading: Reading, ranges: Mapping[str, tuple[Decimal, Decimal]]) -> None:
    """A range is bounded only where the parameter stands as a number or a quota in the expressions."""
    if not ranges:
        return
    inside: set[str] = set()
    for node in walk(reading.outcome):
        if isinstance(node, Const) and node.path:
            inside.add(node.path)
        elif isinstance(node, Quota):
            inside |= {b.path for b in node.bands}
        elif isinstance(node, Banded):
            inside -= {node.path}
    outcome_free = {path for path in ranges if path not in inside and path in _paths(reading.outcome)}
    if outcome_free:
        raise RulebookError.of(
            f"参数 {'、'.join(sorted(outcome_free))} 决定规则结构，请用 any_of 列出备选值",
            f"{', '.join(sorted(outcome_free))} shapes the rulebook; list alternatives with any_of", value=sorted(outcome_free))


def _paths(expr: Expr) -> set[str]:
    return {path for node in walk(expr) if (path := getattr(node, "path", ""))}
