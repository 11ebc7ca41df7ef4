"""Questions one asks of an assessment: why, what would lift it, what would a reform do, does it hang on a guess."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cached_property
from math import prod

from qiantang.district.assess import judged_for_run
from qiantang.district.known import KnownFacts
from qiantang.district.reading import ReadService
from qiantang.district.workspace import StoredRun
from qiantang.kernel.domains import ViewDeclaration
from qiantang.kernel.errors import Place, RulebookError, SubjectError
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.expressions.nodes import Expr, Fact, among
from qiantang.kernel.expressions.walking import facts_of
from qiantang.kernel.facts.dossier import Derived, Dossier
from qiantang.kernel.findings.comparing import moves
from qiantang.kernel.findings.explaining import explained
from qiantang.kernel.findings.explanation import Explanation
from qiantang.kernel.findings.judging import Judging, judging
from qiantang.kernel.findings.lifting import (
    Change,
    as_score,
    by_conditions,
    cheapest_set,
    held_still,
    population_nodes,
    reached_score,
    scored,
    single_changes,
    with_changes,
)
from qiantang.kernel.findings.robust import MOST_COMBINATIONS, Robustness, guesses_of, robust
from qiantang.kernel.findings.views import Printed, RunView, View, printed
from qiantang.kernel.rulebooks.parameters import Parameter, ParameterValue
from qiantang.kernel.rulebooks.rulebook import Reading, Role, Rulebook
from qiantang.kernel.words import Text

SUBJECT_HINTS = 5
_CANDIDATES = 300
_PLACING = ("name", "platform", "subdistrict", "leading_industry")
"""What a subject is called, and where it belongs, where the dossier says so."""


class Inquiry:
    """The latest run of one rulebook in a workspace, opened for a viewer's questions."""

    def __init__(self, reads: ReadService, rulebook: str, run: StoredRun | None = None) -> None:
        self.reads = reads
        self.engine = reads.engine
        workspace = reads.workspace
        self.run: StoredRun = run or workspace.latest(rulebook)
        self.book: Rulebook = workspace.house.library.book(rulebook)
        self.reading: Reading = self.book.on(self.run.law_date)
        self.dossier: Dossier = self.book.dossier
        self.known = KnownFacts(workspace.facts, self.run.known_at, workspace.hidden / "known")
        self._asked: dict[tuple[str, str], Mapping[str, Stored]] = {}
        """Rows that were asked for: a run never changes, and one page asks for the same subject again and again."""

    @cached_property
    def judged(self) -> Judging:
        """The reading compiled as the run was."""
        return judged_for_run(self.reading)

    @property
    def _facts(self) -> str:
        return self.reads.facts(self.run, self.reading)

    @property
    def _everybody(self) -> str:
        return self.reads.everybody(self.run)

    def subject(self, asked: str) -> str:
        """The subject's code for a code or a name, whole or in part; SubjectError lists those that fit, or near ones."""
        d, facts = self.engine.dialect, self._facts
        if ("facts", asked) in self._asked:
            return asked
        # Whoever asks for a subject asks for its facts next, so they are looked up at once.
        exact_row = self._rows(facts, asked, self._looked_at)
        if exact_row:
            self._asked["facts", asked] = exact_row[0]
            return asked
        subject = d.quoted(self.dossier.subject)
        name = d.quoted("name") if self._named else subject
        part = asked.replace("%", "").replace("_", "").strip()
        # Whoever types a name leaves out the spaces within it.
        like = d.string(f"%{part.replace(' ', '')}%") if part else d.string("")
        found = self.engine.rows(f"SELECT {subject} AS s, {name} AS name FROM {facts} AS f "
                                 f"WHERE replace({name}, ' ', '') LIKE {like} OR {subject} LIKE {like} "
                                 f"ORDER BY CASE WHEN {name} = {d.string(asked)} THEN 0 ELSE 1 END, 1 LIMIT {SUBJECT_HINTS + 1}")
        exact = [row for row in found if row["name"] == asked]
        if len(found) == 1 or len(exact) == 1:
            return str((exact or found)[0]["s"])
        names = [_called(row) for row in found[:SUBJECT_HINTS]]
        if names:
            more = "……" if len(found) > SUBJECT_HINTS else ""
            raise SubjectError.of(f"“{asked}”对应多个对象", f"'{asked}' fits several subjects", value=asked,
                                  remedy=Text("请写明：" + "、".join(names) + more, "Say which: " + ", ".join(names) + ("…" if more else "")))
        near = self._near(part)
        raise SubjectError.of(
            f"没有对象“{asked}”", f"there is no subject '{asked}'", value=asked, place=Place(str(self.reads.workspace.folder)),
            remedy=Text("您是否要找：" + "、".join(near), "Did you mean: " + ", ".join(near)) if near else
            Text("请写统一社会信用代码或名称的一部分。", "Give the credit code or a part of the name."))

    @property
    def _named(self) -> bool:
        return any(c.name == "name" for c in self.dossier.columns)

    def _near(self, asked: str) -> list[str]:
        """Subjects whose code or name is most like what was asked."""
        d = self.engine.dialect
        subject = d.quoted(self.dossier.subject)
        name = d.quoted("name") if self._named else subject
        pieces = {p for p in re.findall(r"[0-9A-Za-z]{3,}|[一-龥]{2,}", asked) if p}
        pieces |= {asked[:8], asked[-5:]} if len(asked) >= 8 else set()
        pieces |= {p[i:i + 2] for p in re.findall(r"[一-龥]{3,}", asked) for i in range(len(p) - 1)}
        if not pieces:
            return []
        tests = " OR ".join(f"{column} LIKE {d.string(f'%{p}%')}" for p in sorted(pieces) for column in (name, subject))
        found = self.engine.rows(f"SELECT {subject} AS s, {name} AS name FROM {self._facts} AS f WHERE {tests} ORDER BY 1 LIMIT {_CANDIDATES}")
        by_word = {word: _called(row) for row in found for word in (str(row["s"]), str(row["name"]))}
        near = difflib.get_close_matches(asked, by_word, n=SUBJECT_HINTS, cutoff=0.5)
        return list(dict.fromkeys(by_word[word] for word in near))

    def row(self, subject: str) -> Mapping[str, Stored]:
        """The run's row of a subject; SubjectError where the rulebook did not judge it."""
        known = self._asked.get(("row", subject))
        if known is not None:
            return known
        found = self._rows(self.reads.findings(self.run, self.reading), subject)
        if not found:
            raise SubjectError.of(f"规则 {self.book.id} 不适用于 {subject}", f"rulebook {self.book.id} does not apply to {subject}",
                                  value=subject)
        return self._asked.setdefault(("row", subject), found[0])

    def facts(self, subject: str) -> Mapping[str, Stored]:
        """The facts of a subject that the rulebook looks at, and those that name and place it."""
        known = self._asked.get(("facts", subject))
        return known if known is not None else self._asked.setdefault(("facts", subject), self._rows(self._facts, subject, self._looked_at)[0])

    def every_fact(self, subject: str) -> Mapping[str, Stored]:
        """All facts of a subject, for other rulebooks too."""
        return self._rows(self._facts, subject)[0]

    @cached_property
    def _looked_at(self) -> tuple[str, ...]:
        """The columns behind ``facts``: a dossier has hundreds, and each one read takes its time."""
        names = {f.column.name for f in self.reading.facts}
        origins = [self.dossier.origin(name) for name in names]
        names |= {f.column.name for origin in origins if isinstance(origin, Derived) for f in facts_of(origin.expr)}
        return tuple(c.name for c in self.dossier.columns if c.name in {self.dossier.subject, *_PLACING, *names})

    def names(self, subjects: Sequence[str]) -> dict[str, str]:
        """What subjects are called, where the dossier says it."""
        if not subjects or not self._named:
            return {}
        d = self.engine.dialect
        subject = d.quoted(self.dossier.subject)
        listed = ", ".join(d.string(s) for s in subjects)
        rows = self.engine.rows(f"SELECT {subject} AS s, {d.quoted('name')} AS name FROM {self._facts} AS f WHERE {subject} IN ({listed})")
        return {str(row["s"]): str(row["name"]) for row in rows if row["name"] is not None}

    def _rows(self, relation: str, subject: str, columns: Sequence[str] = ()) -> list[Mapping[str, Stored]]:
        d = self.engine.dialect
        asked = ", ".join(map(d.quoted, columns)) or "*"
        return self.engine.rows(f"SELECT {asked} FROM {relation} AS r WHERE {d.quoted(self.dossier.subject)} = {d.string(subject)}")

    # --- why ---

    def explain(self, asked: str) -> Explanation:
        """The finding of one subject, criterion by criterion, down to file and row."""
        subject = self.subject(asked)
        facts = [fact.column.name for fact in self.reading.facts]
        origins = self.known.origins(self.engine, self.dossier, facts, subject, self.run.year)
        return explained(self.reading, subject, self.row(subject), self.facts(subject), origins)

    # --- lift ---

    def lift(self, asked: str, outcome: str, most: Fraction = Fraction(3, 10)) -> Lift:
        """What single fact, or which facts moved by at most ``most`` each, would bring a subject to an outcome.

        Every answer is proved by judging everybody anew: at the value it holds, one unit short of it it does not.
        """
        subject = self.subject(asked)
        row = self.row(subject)
        codes = [c for c, _ in self.reading.outline.codes]
        if outcome not in codes:
            raise SubjectError.of(f"规则 {self.book.id} 没有结论“{outcome}”", f"rulebook {self.book.id} has no outcome '{outcome}'", value=outcome,
                                  remedy=Text("可选：" + "、".join(codes), "possible: " + ", ".join(codes)))
        if not self.reading.outline.reach:
            return self._lift_by_conditions(subject, row, outcome)
        score, needed = scored(self.reading), reached_score(self.reading, outcome)
        if row["outcome"] in codes and codes.index(str(row["outcome"])) <= codes.index(outcome):
            return Lift(subject, str(row["outcome"]), outcome, self.reading, already=True)
        nodes = population_nodes(score, needed)
        judged = judging(self.reading, explained=False, extra={**nodes, "_score": score, "_needed": needed})
        select = judged.select(self._everybody, self.engine.dialect)
        now = self._rows(f"(\n{select}\n)", subject)[0]
        facts = self.facts(subject)
        still, goal = held_still(score, nodes, now), held_still(needed, nodes, now)
        day = self.reading.day
        singles = [self._proved(subject, outcome, [change]) for change in single_changes(still, goal, facts, day)]
        several = cheapest_set(still, goal, facts, day, most)
        proved = self._proved(subject, outcome, several) if several else None
        return Lift(subject, None if row["outcome"] is None else str(row["outcome"]), outcome, self.reading,
                    score=_number(now["_score"], score), needed=_number(now["_needed"], needed),
                    singles=tuple(singles), several=proved, decided_by=str(row["decided_by"] or ""))

    def _lift_by_conditions(self, subject: str, row: Mapping[str, Stored], outcome: str) -> Lift:
        """The same for a rulebook whose outcome goes by conditions: one fact alone, or one fact for each condition."""
        codes = [c for c, _ in self.reading.outline.codes]
        before = None if row["outcome"] is None else str(row["outcome"])
        if before in codes and codes.index(before) <= codes.index(outcome):
            return Lift(subject, before, outcome, self.reading, already=True)
        reached = among(self.reading.outcome, codes[:codes.index(outcome) + 1])
        conditions = [c.met for c in self.reading.outline.criteria if c.met is not None and c.role is Role.CONDITION]
        nodes = population_nodes(reached, *conditions)
        judged = judging(self.reading, explained=False, extra=nodes)
        now = self._rows(f"(\n{judged.select(self._everybody, self.engine.dialect)}\n)", subject)[0]
        facts, day = self.facts(subject), self.reading.day
        goal = held_still(reached, nodes, now)
        singles = [self._proved(subject, outcome, [change]) for change in single_changes(*as_score(goal), facts, day)]
        several = None if singles else by_conditions([held_still(c, nodes, now) for c in conditions], goal, facts, day)
        return Lift(subject, before, outcome, self.reading, singles=tuple(singles),
                    several=self._proved(subject, outcome, several) if several else None, decided_by=str(row["decided_by"] or ""))

    def _proved(self, subject: str, outcome: str, changes: Sequence[Change]) -> ProvedChange:
        last = changes[-1]
        short = last.after - 1 if last.after > last.before else last.after + 1
        values = {c.column.name: c.after for c in changes}
        holds = self._outcome_with(subject, values)
        misses = self._outcome_with(subject, {**values, last.column.name: short})
        codes = [c for c, _ in self.reading.outline.codes]
        limit = codes.index(outcome)
        return ProvedChange(tuple(changes), holds in codes and codes.index(str(holds)) <= limit,
                            not (misses in codes and codes.index(str(misses)) <= limit), holds)

    def _outcome_with(self, subject: str, values: Mapping[str, int]) -> str | None:
        facts = [Fact.of(c) for c in self.dossier.columns]
        changed = with_changes(self._everybody, self.engine.dialect, facts, self.dossier.subject, subject, values)
        judged = judging(self.reading, explained=False)
        found = self._rows(f"(\n{judged.select(changed, self.engine.dialect)}\n)", subject)
        return None if not found or found[0]["outcome"] is None else str(found[0]["outcome"])

    # --- reform ---

    def compare(self, changes: Mapping[str, str]) -> Reform:
        """The same facts under the rulebook with changed parameters: who moves, because of what, at which cost."""
        reformed = self.book
        read: dict[str, ParameterValue] = {}
        for path, written in changes.items():
            read[path] = parameter_value(self.book, path, written)
            reformed = reformed.with_parameter(path, read[path])
        engine, d = self.engine, self.engine.dialect
        after_reading = reformed.on(self.reading.day)
        relations = []
        for reading in (self.reading, after_reading):
            whole = f"(\n{judging(reading).select(self._everybody, d)}\n)"
            relations.append(self.reads.seen(whole, self.run, self.reading))
        found = moves(self.reading, relations[0], relations[1], d)
        matrix = engine.rows(found.matrix)
        moved = engine.rows(found.moved)
        return Reform(self.reading, after_reading, read, matrix, moved, self._cost(relations))

    def _cost(self, relations: Sequence[str]) -> tuple[Decimal, Decimal] | None:
        budget = self.reading.outline.budget
        if not budget:
            return None
        value = self.reading.criterion(budget).value
        if value is None:
            return None
        column = self.engine.dialect.quoted(f"{budget}__value")
        sums = [self.engine.rows(f"SELECT CAST(COALESCE(sum({column}), 0) AS BIGINT) AS s FROM {r} AS b")[0]["s"] for r in relations]
        before, after = (value.type.decimal(s) for s in sums if isinstance(s, int))
        return before, after

    # --- guesses ---

    def robust(self, splits: int | None = None) -> Robustness:
        """Which outcomes each subject may have over all admissible values of what is not known.

        Ranges are cut into ``splits`` parts each; without it, into as many (at most two) as the combinations allow.
        """
        if splits is None:
            splits = 2 if combinations_of(self.reading, 2) <= MOST_COMBINATIONS else 1
        subject = self.engine.dialect.quoted(self.dossier.subject)
        rows = self.engine.rows(f"SELECT f.* FROM {self._everybody} AS f JOIN "
                                f"{self.engine.parquet([self.run.path])} AS r ON f.{subject} = r.{subject} ORDER BY f.{subject}")
        found = robust(self.reading, rows, splits)
        seen = self.reads.seen_subjects(self.run, self.reading)
        return found if seen is None else replace(found, standings=tuple(s for s in found.standings if s.subject in seen))

    # --- views ---

    def view(self, declared: ViewDeclaration, limit: int | None = None) -> ViewTable:
        """A declared view over the run, with its rows."""
        made = declared.build(RunView(self.judged))
        written = printed(made, self.reads.rows(self.run, self.reading), self.engine.dialect, self.reading, limit)
        return ViewTable(declared, made, written, self.reading, self.engine.rows(written.select))


def combinations_of(reading: Reading, splits: int) -> int:
    """How many combinations of admissible values there are when every range is cut into so many parts."""
    return prod(len(guess.alternatives) or splits for guess in guesses_of(reading))


def inquiry_for_view(reads: ReadService, name: str, rulebook: str | None = None) -> tuple[ViewDeclaration, Inquiry]:
    """The view of that name and the run it is made from: the latest of the rulebook named, else the first that fits.

    SubjectError lists the views there are, or says which rulebooks to assess.
    """
    house = reads.workspace.house
    declared = next((v for v in house.views if v.name == name), None)
    if declared is None:
        names = [v.name for v in house.views]
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.3) or names
        raise SubjectError.of(f"没有视图 {name}", f"there is no view {name}", value=name,
                              remedy=Text("可选：" + "、".join(near), "There are: " + ", ".join(near)))
    for id in (rulebook,) if rulebook else reads.workspace.assessed:
        if house.library.book(id).form.name in declared.forms:
            inquiry = Inquiry(reads, id)
            if declared.applies(inquiry.reading):
                return declared, inquiry
    raise SubjectError.of(
        f"尚无可供视图 {name} 使用的评价结果", f"no rulebook that the view {name} shows has been assessed yet", value=rulebook or name,
        remedy=Text("请先评价形式为 " + "、".join(declared.forms) + " 的规则。", "Assess a rulebook of the form " + ", ".join(declared.forms) + " first."))


def _called(row: Mapping[str, Stored]) -> str:
    return str(row["s"]) if row["name"] in (None, row["s"]) else f"{row['name']} ({row['s']})"


@dataclass(frozen=True, slots=True)
class ViewTable:
    """A view with its rows, and what they were made from."""

    declared: ViewDeclaration
    view: View
    printed: Printed
    reading: Reading
    rows: Sequence[Mapping[str, Stored]]


@dataclass(frozen=True, slots=True)
class ProvedChange:
    """Facts moved together; ``holds`` and ``tight`` were seen when everybody was judged anew with them."""

    changes: tuple[Change, ...]
    holds: bool
    tight: bool
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Lift:
    """The answer to: what would lift it?"""

    subject: str
    before: str | None
    outcome: str
    reading: Reading
    already: bool = False
    score: Decimal | None = None
    needed: Decimal | None = None
    singles: tuple[ProvedChange, ...] = ()
    several: ProvedChange | None = None
    decided_by: str = ""


@dataclass(frozen=True, slots=True)
class Reform:
    """The answer to: what would it do? ``cost`` is the budget's sum before and after, where the rulebook has one."""

    before: Reading
    after: Reading
    changes: Mapping[str, ParameterValue]
    matrix: Sequence[Mapping[str, Stored]]
    moved: Sequence[Mapping[str, Stored]]
    cost: tuple[Decimal, Decimal] | None


def parameter_value(book: Rulebook, path: str, written: str) -> ParameterValue:
    """A value as a person writes it on the command line, read in the parameter's own kind; RulebookError otherwise."""
    parameter: Parameter | None = book.parameters.get(path)
    if parameter is None:
        book.with_parameter(path, written)  # refuses, and suggests near names
        raise AssertionError(path)
    example = parameter.entries[0].value
    if isinstance(example, bool):
        if written.lower() in ("true", "yes", "是", "1", "false", "no", "否", "0"):
            return written.lower() in ("true", "yes", "是", "1")
    elif isinstance(example, Decimal):
        try:
            value = Decimal(written.rstrip("%"))
            if value.is_finite():
                return value / 100 if written.endswith("%") else value
        except InvalidOperation:
            pass
    elif isinstance(example, str):
        return written
    elif all(isinstance(v, str) for v in example):
        return tuple(w.strip() for w in written.split(",") if w.strip())
    raise RulebookError.of(f"参数 {path} 不能取“{written}”", f"parameter {path} cannot be '{written}'", value=written, place=Place(path=path),
                           remedy=Text(f"现值：{example}", f"its value now: {example}"))


def _number(stored: Stored, like: Expr) -> Decimal | None:
    return like.type.decimal(stored) if isinstance(stored, int) else None
