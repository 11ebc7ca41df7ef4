"""A rulebook read on one day: criteria in order, a score, and an outcome with the criterion that decided it."""

from __future__ import annotations

import builtins
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Literal

from qiantang.kernel.errors import Place, RulebookError
from qiantang.kernel.expressions.nodes import Expr, Fact, choose, code_constant
from qiantang.kernel.expressions.walking import facts_of, paths_of, shape
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.document import Document
from qiantang.kernel.rulebooks.parameters import Entry, Parameter, Parameters, ParameterValue
from qiantang.kernel.sources import Status
from qiantang.kernel.words import Text, same


class Role(StrEnum):
    """What a criterion does in its rulebook."""

    INDICATOR = "indicator"
    CONDITION = "condition"
    VETO = "veto"
    EXEMPTION = "exemption"
    PROTECTION = "protection"
    ADJUSTMENT = "adjustment"
    GROUP = "group"
    FIGURE = "figure"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion: the figure looked at, the points it earns, whether it is met. Each part may be absent.

    ``id`` is the stem of its columns (``tax_per_mu__value``, ``__points``, ``__met``). ``rests_on`` names
    parameters that shape the criterion without standing in its expressions (a rounding rule, a switch).
    """

    id: str
    title: Text
    role: Role
    value: Expr | None = None
    points: Expr | None = None
    met: Expr | None = None
    clause: str = ""
    rests_on: tuple[str, ...] = ()
    note: Text = field(default_factory=lambda: same(""))

    def parts(self) -> dict[str, Expr]:
        """The criterion's columns by full name."""
        named = {"value": self.value, "points": self.points, "met": self.met}
        return {f"{self.id}__{part}": expr for part, expr in named.items() if expr is not None}


@dataclass(frozen=True, slots=True)
class Case:
    """An outcome's case: when it holds, what it gives (a code or an expression), and the criterion it is due to."""

    when: Expr
    gives: str | Expr
    because: str


@dataclass(frozen=True, slots=True)
class Outline:
    """What a form makes of parameters: who is judged, by which criteria, with which score and outcome.

    ``cohort`` says who is judged at all (None: everybody in the dossier). ``cases`` are tried in order;
    ``otherwise`` ends them. ``codes`` are the outcomes from best to worst. ``score`` is the criterion id whose
    points are the total, ``pool`` the criterion id whose value names the group that competes for places. ``reach``
    gives for an outcome the score that would hold it, all other subjects held still (unknown where no score would).
    ``budget`` is the criterion id whose value is money that is paid or levied, so that a reform's cost can be summed.
    """

    criteria: tuple[Criterion, ...]
    cases: tuple[Case, ...]
    otherwise: Case
    codes: tuple[tuple[str, Text], ...]
    cohort: Expr | None = None
    score: str = ""
    pool: str = ""
    reach: tuple[tuple[str, Expr], ...] = ()
    budget: str = ""


Form = Callable[[Parameters, Dossier], Outline]
"""Builds criteria from parameters and the facts of a dossier; pure."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a subject may apply for by a form: a title or a benefit. ``granted`` are the outcomes that meet its
    conditions, ``open`` those where the facts suffice and somebody's judgement is still due; ``worth`` is the criterion
    id whose value is the money it brings, where the form works it out."""

    kind: Literal["title", "benefit"]
    granted: tuple[str, ...]
    open: tuple[str, ...] = ()
    worth: str = ""


@dataclass(frozen=True, slots=True)
class FormDeclaration:
    """A form by name, with the dossier whose subjects it judges and what it answers.

    ``words`` are the codes that its parameters may hold, as a reader is told of them; ``offers`` what one may apply for
    by it, None where it only judges.
    """

    name: str
    dossier: str
    build: Form
    answers: Text
    words: tuple[tuple[str, Text], ...] = ()
    offers: Offer | None = None


class Reading:
    """A rulebook read on one day: parameters resolved, criteria built, expressions typed."""

    def __init__(self, book: Rulebook, day: date) -> None:
        self.book = book
        self.day = day
        parameters = Parameters(book.parameters, day)
        self.outline = book.form.build(parameters, book.dossier)
        self.used: dict[str, Entry] = dict(parameters.used)
        self._check()
        self.outcome = self._outcome()
        self.decided_by = self._decided_by()

    def _check(self) -> None:
        ids = [c.id for c in self.outline.criteria]
        wrong = {i for i in ids if ids.count(i) > 1}
        wrong |= {c.because for c in (*self.outline.cases, self.outline.otherwise)} - set(ids)
        wrong |= {i for i in (self.outline.score, self.outline.pool) if i} - set(ids)
        if wrong:
            raise RulebookError.of(f"标准编号重复或不存在：{sorted(wrong)}", f"criteria doubled or not there: {sorted(wrong)}",
                                   place=Place(path=self.book.id))

    def _outcome(self) -> Expr:
        def value(case: Case) -> Expr:
            return code_constant(case.gives) if isinstance(case.gives, str) else case.gives

        cases = self.outline.cases
        return choose(*((c.when, value(c)) for c in cases), otherwise=value(self.outline.otherwise))

    def _decided_by(self) -> Expr:
        cases = self.outline.cases
        return choose(*((c.when, code_constant(c.because)) for c in cases),
                      otherwise=code_constant(self.outline.otherwise.because))

    def criterion(self, id: str) -> Criterion:
        """The criterion of that id; RulebookError otherwise."""
        for found in self.outline.criteria:
            if found.id == id:
                return found
        raise RulebookError.of(f"规则 {self.book.id} 没有标准 {id}", f"rulebook {self.book.id} has no criterion {id}",
                               value=id)

    @property
    def score(self) -> Expr | None:
        """The total that is ranked or compared, where the rulebook has one."""
        return self.criterion(self.outline.score).points if self.outline.score else None

    @property
    def pool(self) -> Expr | None:
        """The group that competes for places, where there is one."""
        return self.criterion(self.outline.pool).value if self.outline.pool else None

    def columns(self, explained: bool = True) -> dict[str, Expr]:
        """The columns of a run: outcome and score, and with explanation every part of every criterion."""
        found: dict[str, Expr] = {}
        if explained:
            for criterion in self.outline.criteria:
                found |= criterion.parts()
        elif self.outline.score:
            found |= {n: e for n, e in self.criterion(self.outline.score).parts().items() if n.endswith("__points")}
        found["outcome"] = self.outcome
        found["decided_by"] = self.decided_by
        return found

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Every fact the rulebook may ask of a subject."""
        found: dict[str, Fact] = {}
        for expr in (*self.columns().values(), *([self.outline.cohort] if self.outline.cohort is not None else [])):
            for fact in facts_of(expr):
                found.setdefault(fact.column.name, fact)
        return tuple(found.values())

    def code_title(self, code: str) -> Text:
        """The title of an outcome."""
        return dict(self.outline.codes).get(code, same(code))

    def paths_of(self, criterion: Criterion) -> list[str]:
        """The parameters a criterion rests on."""
        found: dict[str, None] = dict.fromkeys(criterion.rests_on)
        for expr in criterion.parts().values():
            found |= dict.fromkeys(paths_of(expr))
        return list(found)

    @property
    def status(self) -> Status:
        """The least trustworthy status among the document and the parameters that were read."""
        order = list(Status)
        return max((self.book.document.status, *(e.status for e in self.used.values())), key=order.index)


class Rulebook:
    """A document with its form, dossier and effective parameters (its own over those it extends)."""

    def __init__(self, document: Document, form: FormDeclaration, dossier: Dossier,
                 parameters: Mapping[str, Parameter], lineage: Sequence[Document] = ()) -> None:
        self.document = document
        self.form = form
        self.dossier = dossier
        self.parameters = dict(parameters)
        self.lineage = tuple(lineage)
        self.changes: dict[str, ParameterValue] = {}
        self.replaced: dict[str, str] = {}
        """Criterion parts that a reform replaced, each with the shape of what stands there now."""
        self._readings: dict[date, Reading] = {}

    @property
    def id(self) -> str:
        """The rulebook's id, such as ``mu/huangyan-2022``."""
        return self.document.id

    @property
    def title(self) -> Text:
        """The document's title."""
        return self.document.title

    @property
    def version(self) -> str:
        """Names this text of the rulebook: its files' and forms' content and any change made to it."""
        parts = [self.document.digest, *(d.digest for d in self.lineage), self.form.name,
                 *(repr(sorted(changes.items())) for changes in (self.changes, self.replaced))]
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]

    @property
    def words(self) -> dict[str, Text]:
        """What the codes that its parameters may hold are called; the nearest document prevails."""
        documents = (*reversed(self.lineage), self.document)
        return dict(self.form.words) | {code: title for document in documents for code, title in document.codes}

    def on(self, day: date | None = None) -> Reading:
        """The rulebook as it reads on a day (default: the last day it holds, or its first where it has no end)."""
        day = day or self.usual_day
        if day not in self._readings:
            self._readings[day] = Reading(self, day)
        return self._readings[day]

    @property
    def usual_day(self) -> date:
        """The day a rulebook is read on where nobody says another."""
        return self.document.span.until or self.document.span.since or date.min

    def with_parameter(self, path: str, value: ParameterValue) -> Rulebook:
        """A reform: the same rulebook with one value changed; RulebookError where there is no such parameter."""
        if path not in self.parameters:
            import difflib

            near = difflib.get_close_matches(path, self.parameters, n=3, cutoff=0.4)
            raise RulebookError.of(
                f"规则 {self.id} 没有参数 {path}", f"rulebook {self.id} has no parameter {path}", place=Place(path=self.id),
                value=path, remedy=Text("相近的参数：" + "、".join(near), "Near names: " + ", ".join(near)) if near else
                Text(f"用 qiantang rulebooks {self.id} 查看全部参数。", f"See them all with: qiantang rulebooks {self.id}"))
        changed = Rulebook(self.document, self.form, self.dossier,
                           {**self.parameters, path: self.parameters[path].replaced(value)}, self.lineage)
        changed.changes, changed.replaced = {**self.changes, path: value}, dict(self.replaced)
        return changed

    def with_criterion(self, id: str, *, value: Expr | None = None, points: Expr | None = None,
                       met: Expr | None = None) -> Rulebook:
        """A reform: one criterion's ``value``, ``points`` or ``met`` replaced, and with it everything built on it."""
        inner = self.form.build
        named = {"value": value, "points": points, "met": met}
        parts = {part: expr for part, expr in named.items() if expr is not None}

        def build(parameters: Parameters, dossier: Dossier) -> Outline:
            outline = inner(parameters, dossier)
            if id not in {c.id for c in outline.criteria}:
                raise RulebookError.of(f"规则没有标准 {id}", f"the rulebook has no criterion {id}", value=id)
            return substituted(outline, id, parts)

        changed = Rulebook(self.document, replace(self.form, build=build), self.dossier, self.parameters, self.lineage)
        changed.changes = dict(self.changes)
        changed.replaced = {**self.replaced, **{f"{id}.{part}": shape(expr) for part, expr in parts.items()}}
        return changed


def substituted(outline: Outline, id: str, parts: Mapping[str, Expr]) -> Outline:
    """The outline with one criterion's parts replaced wherever they stand, in every expression built on them."""
    from qiantang.kernel.expressions.rewrite import rewritten

    node_id = builtins.id
    old = next(c for c in outline.criteria if c.id == id)
    swap: dict[int, Expr] = {}
    for part, expr in parts.items():
        before = getattr(old, part)
        if before is not None:
            swap[node_id(before)] = expr

    def new(expr: Expr | None) -> Expr | None:
        return None if expr is None else rewritten(expr, swap)

    def renewed(c: Criterion, part: str) -> Expr | None:
        return parts[part] if c is old and part in parts else new(getattr(c, part))

    criteria = tuple(replace(c, value=renewed(c, "value"), points=renewed(c, "points"), met=renewed(c, "met"))
                     for c in outline.criteria)

    def case(old_case: Case) -> Case:
        when = new(old_case.when)
        assert when is not None
        gives = old_case.gives if isinstance(old_case.gives, str) else rewritten(old_case.gives, swap)
        return Case(when, gives, old_case.because)

    return replace(outline, criteria=criteria, cases=tuple(case(c) for c in outline.cases), otherwise=case(outline.otherwise),
                   cohort=new(outline.cohort), reach=tuple((code, rewritten(needed, swap)) for code, needed in outline.reach))


