"""Runs rulebook cases written in YAML, so that an official can read what is expected of a rule and why.

    rulebook: mu/huangyan-2022
    on: 2022-12-31                      # the day the law is read; without it the rulebook's usual day
    every: {sector: industry}           # facts that all subjects of the file share
    cases:
      all-values-on-the-benchmark:
        why: {zh: …, en: …}
        set: {score.cap: 1.5}           # parameters changed for this case
        alone: true                     # no population: what needs the others must be unknown
        facts: {tax_paid_wan: 3744}     # one subject, in the facts' natural units …
        rows: {tiny: {…}, big: {…}}     # … or several by name (the name is the credit code),
        many: [{name: firm, count: 97, facts: {tax_paid_wan: {from: 100, step: 2}}}]
        expect: {outcome: A}            # exact; null is unknown, `outside` instead of columns is outside the cohort
        rounded: {score__points: 120.93}    # compared after rounding half up to the decimals written
        because: {outcome: [land_mu]}   # the facts that keep a column unknown
      Where there are several subjects, expect, rounded and because are given by name.

Every case runs on the Decimal evaluator and on DuckDB, and all columns of both must agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from qiantang.district.assembly import house
from qiantang.engines.duckdb import DuckDBEngine
from qiantang.kernel.expressions.dialects import Dialect
from qiantang.kernel.expressions.evaluate import Blame, Evaluation, Stored
from qiantang.kernel.expressions.types import Kind, Type
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.facts.schema import Column
from qiantang.kernel.findings.judging import judged, judging
from qiantang.kernel.rulebooks.library import Library
from qiantang.kernel.rulebooks.parameters import ParameterValue
from qiantang.kernel.rulebooks.rulebook import Reading

HERE = Path(__file__).parent
OUTSIDE = "outside"
Shown = Decimal | bool | str | date | None


@dataclass(frozen=True)
class Expected:
    """What is expected of one subject."""

    exact: Mapping[str, Shown] = field(default_factory=dict)
    rounded: Mapping[str, Decimal] = field(default_factory=dict)
    because: Mapping[str, Sequence[str]] = field(default_factory=dict)
    outside: bool = False


@dataclass(frozen=True)
class Case:
    """One case: the rulebook and day, the subjects with their facts, and what is expected of some of them."""

    id: str
    rulebook: str
    on: date | None
    changes: Mapping[str, ParameterValue]
    subjects: Mapping[str, Mapping[str, Shown]]
    expected: Mapping[str, Expected]
    alone: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a run says: each subject's columns (None: outside the cohort), and why a column is unknown."""

    columns: Mapping[str, Mapping[str, Shown] | None]
    because: Mapping[str, Mapping[str, frozenset[str]]]


class _Exact(yaml.SafeLoader):
    """Reads numbers as the decimals they are written as, and only true and false as flags (``on`` is a key here)."""


_Exact.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":bool") or first in "tTfF"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def _decimal(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(str(loader.construct_scalar(node)))


for _tag in ("int", "float"):
    _Exact.add_constructor(f"tag:yaml.org,2002:{_tag}", _decimal)

_FILE = {"rulebook", "on", "every", "cases"}
_CASE = {"why", "set", "on", "alone", "facts", "rows", "many", "expect", "rounded", "because"}
_ONE = "the-subject"


def case_files() -> list[Path]:
    """Every file of cases."""
    return sorted(HERE.rglob("*.yaml"))


def read_cases(path: Path) -> list[Case]:
    """The cases of one file; a misspelt key or a case without its reason is refused."""
    return cases_from(path.read_text(encoding="utf-8"), path.stem)


def cases_from(written: str, stem: str) -> list[Case]:
    """The cases written in this text."""
    found = yaml.load(written, Loader=_Exact)
    _only(found, _FILE, stem)
    cases = []
    for name, body in found["cases"].items():
        _only(body, _CASE, f"{stem}/{name}")
        if set(body.get("why", {})) != {"zh", "en"}:
            raise ValueError(f"{stem}/{name}: a case says why, in zh and en")
        cases.append(_case(f"{stem}/{name}", found, body))
    return cases


def _only(given: Mapping[str, Any], known: set[str], place: str) -> None:
    if strangers := set(given) - known:
        raise ValueError(f"{place}: unknown {sorted(strangers)}; known are {sorted(known)}")


def _case(name: str, file: Mapping[str, Any], body: Mapping[str, Any]) -> Case:
    single = "facts" in body
    subjects: dict[str, dict[str, Shown]] = {_ONE: body["facts"]} if single else dict(body.get("rows", {}))
    for group in body.get("many", []):
        for number in range(int(group["count"])):
            subjects[f"{group['name']}-{number + 1:03d}"] = {
                fact: value["from"] + number * value["step"] if isinstance(value, dict) else value
                for fact, value in group["facts"].items()}
    every = file.get("every", {})
    expected = {subject: Expected(outside=True) if columns == OUTSIDE else Expected(columns)
                for subject, columns in _by_subject(body.get("expect", {}), single).items()}
    for part in ("rounded", "because"):
        for subject, columns in _by_subject(body.get(part, {}), single).items():
            before = expected.get(subject, Expected())
            expected[subject] = Expected(before.exact, **{"rounded": before.rounded, "because": before.because} | {part: columns})
    if not expected or not set(expected) <= set(subjects):
        raise ValueError(f"{name}: something is expected of each subject named, and of at least one: {sorted(expected)}")
    changes = {path: tuple(value) if isinstance(value, list) else value for path, value in body.get("set", {}).items()}
    return Case(name, file["rulebook"], body.get("on", file.get("on")), changes,
                {subject: {**every, **facts} for subject, facts in subjects.items()}, expected, bool(body.get("alone")))


def _by_subject(given: Any, single: bool) -> Mapping[str, Any]:
    return {_ONE: given} if single and given else given


# --- the rulebooks ---


@cache
def library() -> Library:
    """Every rulebook of the house."""
    return house().library


def reading_of(case: Case, books: Library | None = None) -> Reading:
    """The case's rulebook with its changes, read on its day."""
    book = (books or library()).book(case.rulebook)
    for path, value in case.changes.items():
        book = book.with_parameter(path, value)
    return book.on(case.on)


# --- the two ways to run a case ---


def stored_rows(dossier: Dossier, subjects: Mapping[str, Mapping[str, Shown]], day: date) -> list[dict[str, Stored]]:
    """The subjects' facts as stored: what gathering gives for no rows is filled in, derived facts are computed."""
    rows = []
    for name, facts in subjects.items():
        row: dict[str, Stored] = {dossier.subject: name}
        row |= {g.column.name: False if g.how == "any" else 0 if g.how == "count" else g.empty for g in dossier.gathered}
        if dossier.base.period is not None:
            row[dossier.base.period] = day.year
        row |= {fact: _stored(dossier.column(fact), value) for fact, value in facts.items()}
        for derived in dossier.derived:
            if derived.column.name not in facts:
                row[derived.column.name] = Evaluation([row], day).stored(derived.expr)[0]
        rows.append(row)
    return rows


def on_evaluator(case: Case, reading: Reading) -> Outcome:
    """The case by the Decimal evaluator."""
    dossier = reading.book.dossier
    rows = stored_rows(dossier, case.subjects, reading.day)
    types = {name: expr.type for name, expr in reading.columns().items()}
    columns: dict[str, Mapping[str, Shown] | None] = {}
    because: dict[str, Mapping[str, frozenset[str]]] = {}
    for row, found in zip(rows, judged(reading, rows, case.alone), strict=True):
        name = str(row[dossier.subject])
        columns[name] = None if found is None else {c: _shown(types[c], v) for c, v in found.values.items()}
        because[name] = {} if found is None else {c: _names(blames) for c, blames in found.blames.items()}
    return Outcome(columns, because)


def on_duckdb(case: Case, reading: Reading, engine: DuckDBEngine) -> Outcome:
    """The case by DuckDB."""
    dossier = reading.book.dossier
    compiled = judging(reading, because=True)
    rows = stored_rows(dossier, case.subjects, reading.day)
    read = [dossier.column(name) for name in sorted(compiled.facts() | {dossier.subject})]
    found = engine.rows(compiled.select(values(read, rows, engine.dialect), engine.dialect))
    columns: dict[str, Mapping[str, Shown] | None] = dict.fromkeys(case.subjects)
    because: dict[str, Mapping[str, frozenset[str]]] = {name: {} for name in case.subjects}
    for row in found:
        name = str(row[dossier.subject])
        columns[name] = {c: _shown(compiled.types[c], v) for c, v in row.items()}
        because[name] = {"outcome": frozenset(str(row["unknown_because"] or "").split(",")) - {""}}
    return Outcome(columns, because)


def values(columns: Sequence[Column], rows: Sequence[Mapping[str, Stored]], dialect: Dialect) -> str:
    """Stored rows as a relation that any dialect reads."""
    names = ", ".join(dialect.quoted(c.name) for c in columns)
    lines = ", ".join("(" + ", ".join(_literal(c.type, row.get(c.name), dialect) for c in columns) + ")" for row in rows)
    return f"(SELECT * FROM (VALUES {lines}) AS _v ({names}))"


def _literal(kind: Type, value: Stored, dialect: Dialect) -> str:
    if value is None:
        return dialect.null(kind)
    if isinstance(value, bool):
        return dialect.truth(value)
    if isinstance(value, int):
        return dialect.whole(value)
    return dialect.day(value) if isinstance(value, date) else dialect.string(value)


def _stored(column: Column, value: Shown) -> Stored:
    if isinstance(value, Decimal):
        return column.type.stored(value)
    of_kind = {Kind.FLAG: bool, Kind.DAY: date}.get(column.kind, str)
    if value is not None and not isinstance(value, of_kind):
        raise ValueError(f"{column.name} is a {column.kind}, not {value!r}")
    return value


def _shown(kind: Type, value: Stored) -> Shown:
    return value if isinstance(value, bool | str | date | None) else kind.decimal(int(value))


def _names(blames: frozenset[Blame]) -> frozenset[str]:
    """The facts to blame, or else the plain reason."""
    return frozenset(b.name for b in blames if b.name) or frozenset(b.why for b in blames)


# --- comparing ---


def differences(case: Case, found: Outcome) -> list[str]:
    """What is not as expected, a line each; empty where all is well."""
    wrong = []
    for name, expected in case.expected.items():
        columns = found.columns[name]
        if columns is None or expected.outside:
            if columns is not None:
                wrong.append(f"{name}: expected outside the cohort, found {columns['outcome']!r}")
            elif not expected.outside:
                wrong.append(f"{name}: is outside the cohort")
            continue
        because = found.because[name]
        wrong += [f"{name}.{c}: there is no such column; there are {sorted(columns)}"
                  for c in (*expected.exact, *expected.rounded) if c not in columns]
        wrong += [f"{name}.{c}: expected {wanted!r}, found {columns[c]!r}"
                  for c, wanted in expected.exact.items() if c in columns and columns[c] != wanted]
        wrong += [f"{name}.{c}: expected about {wanted}, found {columns[c]!r}"
                  for c, wanted in expected.rounded.items() if c in columns and not _agrees(columns[c], wanted)]
        wrong += [f"{name}.{c}: expected unknown because of {sorted(wanted)}, found {sorted(because[c])}"
                  for c, wanted in expected.because.items() if c in because and because[c] != frozenset(wanted)]
    return wrong


def disagreements(one: Outcome, other: Outcome) -> list[str]:
    """Where the two ways differ in any column that both have, a line each."""
    wrong = []
    for name, columns in one.columns.items():
        others = other.columns[name]
        if columns is None or others is None:
            if columns is not others:
                wrong.append(f"{name}: in the cohort by one way only")
            continue
        wrong += [f"{name}.{c}: {columns[c]!r} against {others[c]!r}"
                  for c in columns.keys() & others.keys() if columns[c] != others[c]]
    return wrong


def _agrees(value: Shown, wanted: Decimal) -> bool:
    return isinstance(value, Decimal) and value.quantize(wanted, ROUND_HALF_UP) == wanted
