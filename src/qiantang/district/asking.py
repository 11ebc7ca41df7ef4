"""A page's view of the district: what it may ask and do, limited to what the asker may see, and every act logged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cached_property

from qiantang.district.brain import Brain
from qiantang.district.correcting import correct, readable
from qiantang.district.identity import Identity
from qiantang.district.inquiries import Inquiry
from qiantang.district.keeping import keep_file, kept_file
from qiantang.district.known import KnownFacts
from qiantang.district.plant.views import plants_seen
from qiantang.district.reading import ReadService
from qiantang.district.small_counts import SIZE, hidden_groups, withheld, withheld_from
from qiantang.district.verdicts import verdict
from qiantang.district.workspace import StoredRun
from qiantang.engines.duckdb import DuckDBEngine
from qiantang.kernel.actions.audit import Act
from qiantang.kernel.actions.cases import Actor, Case, CaseEvent, CaseFinding
from qiantang.kernel.actions.desk import CaseDesk
from qiantang.kernel.actions.ports import CaseQuery, StateReader, StateWriter
from qiantang.kernel.domains import Published
from qiantang.kernel.errors import ActionError, SubjectError
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.expressions.plan import compile_plan
from qiantang.kernel.expressions.sql import Printer
from qiantang.kernel.expressions.types import Kind
from qiantang.kernel.findings.views import Figure, RunView, Tally, printed
from qiantang.kernel.pages.declaring import Capability, DistrictFacts, RunChange, RunFacts, Tallied, Verdict, ViewRows
from qiantang.kernel.pages.live import Live
from qiantang.kernel.pages.values import Address, to
from qiantang.kernel.rulebooks.rulebook import Reading
from qiantang.kernel.words import Text
from qiantang.registers.dossiers import ENTERPRISE


class Asking:
    """One asking by one account: the kernel's ``Ask`` and ``Doing`` over a district at work."""

    def __init__(self, brain: Brain, reads: ReadService, identity: Identity, asked: Mapping[str, str]) -> None:
        self.brain = brain
        self.reads = reads
        self.identity = identity
        self._asked = dict(asked)
        self._inquiries: dict[tuple[str, str | None], Inquiry] = {}

    # --- who asks, and what ---

    @property
    def asked(self) -> Mapping[str, str]:
        """What the page was asked, by parameter."""
        return self._asked

    @property
    def today(self) -> date:
        """The day of the asking."""
        return self.brain.today

    @property
    def who(self) -> str:
        """The name of the account that asks."""
        return self.identity.name

    @property
    def district(self) -> DistrictFacts:
        """The district."""
        return self.brain.district

    def may(self, capability: Capability) -> bool:
        """Whether the asker may do such a thing at all."""
        return capability in self.identity.capabilities

    def sees_everybody(self) -> bool:
        """Whether no subject is hidden from the asker."""
        return self.reads.sees_everybody

    @property
    def actor(self) -> Actor:
        """The asker as the case desk knows it."""
        roles = self.identity.roles
        held = frozenset(r.name for p in self.brain.workspace.house.processes for r in p.roles) if "*" in roles else roles
        scope = self.identity.scope
        return Actor(self.who, held, frozenset(scope.codes) if scope.kind == "platforms" else None)

    # --- findings ---

    def inquiry(self, rulebook: str, run: str | None = None) -> Inquiry:
        """The latest run of a rulebook, or the kept one of that key, for questions."""
        found = self._inquiries.get((rulebook, run))
        if found is None:
            stored = None if run is None else self.stored(run)
            found = self._inquiries[rulebook, run] = self.brain.inquiry(self.reads, rulebook, stored)
        return found

    def stored(self, key: str) -> StoredRun:
        """The kept run of a key; SubjectError where there is none."""
        found = self.brain.workspace.stored(key) if key.isalnum() else None
        if found is None:
            raise SubjectError.of(f"没有评价批次 {key}", f"there is no run {key}", value=key)
        return found

    def runs(self) -> Sequence[RunFacts]:
        """The latest run of each rulebook, in the district's order."""
        workspace = self.brain.workspace
        return [self.told(workspace.latest(id)) for id in workspace.assessed]

    def earlier_runs(self, rulebook: str) -> Sequence[RunFacts]:
        """All kept runs of a rulebook, oldest first."""
        with self.state() as reader:
            keys = dict.fromkeys(record.key for record in reader.runs(rulebook))
        found = (self.brain.workspace.stored(key) for key in keys)
        return [self.told(run) for run in found if run is not None]

    def told(self, run: StoredRun) -> RunFacts:
        """What is told of a run. Counts are those of the subjects that the asker sees."""
        book = self.brain.workspace.house.library.book(run.rulebook)
        reading = book.on(run.law_date)
        counts: Mapping[str, int] = run.counts
        if not self.sees_everybody():
            counts = self.brain.remembered(("counts", self.identity.scope, run.key), lambda: self._counts(run, reading))
        if withheld_from(self.identity):
            hidden = hidden_groups(list(counts.values()))
            counts = {outcome: many for n, (outcome, many) in enumerate(counts.items()) if n not in hidden}
        return RunFacts(run.key, run.rulebook, book.title, run.version, run.law_date, run.known_at, run.year, counts, str(reading.status))

    def _counts(self, run: StoredRun, reading: Reading) -> Mapping[str, int]:
        rows = self.reads.engine.rows(f"SELECT outcome, CAST(count(*) AS BIGINT) AS many FROM {self.reads.findings(run, reading)} AS r "
                                      "GROUP BY outcome ORDER BY outcome")
        return {str(row["outcome"] or ""): int(str(row["many"])) for row in rows}

    def view(self, name: str, rulebook: str | None = None, limit: int | None = None, run: str | None = None) -> ViewRows | None:
        """A declared view over a run; None where no such rulebook has been assessed."""
        house = self.brain.workspace.house
        declared = next(v for v in house.views if v.name == name)
        for id in (rulebook,) if rulebook else self.brain.workspace.assessed:
            if house.library.book(id).form.name not in declared.forms or id not in self.brain.workspace.assessed:
                continue
            inquiry = self.inquiry(id, run)
            if declared.applies(inquiry.reading):
                made = inquiry.view(declared, limit)
                rows = self._without_small(inquiry, made.view) if isinstance(made.view, Tally) and withheld_from(self.identity) else made.rows
                return ViewRows(name, declared.title, made.view, made.printed.types, made.printed.titles, rows, made.reading,
                                self.told(inquiry.run))
        return None

    def _without_small(self, inquiry: Inquiry, view: Tally) -> Sequence[Mapping[str, Stored]]:
        """A tally's rows for somebody outside: small counts are withheld."""
        sized = replace(view, figures=(*view.figures, Figure(SIZE, Text("家数", "subjects"), "count")))
        written = printed(sized, self.reads.rows(inquiry.run, inquiry.reading), self.reads.engine.dialect, inquiry.reading)
        return withheld(view, self.reads.engine.rows(written.select))

    def total(self, rulebook: str, column: str, run: str | None = None, *, where: Mapping[str, str] | None = None) -> Decimal | None:
        """The sum of a fact or run column over the subjects seen, of those whose columns equal ``where``."""
        inquiry = self.inquiry(rulebook, run)
        view = RunView(inquiry.judged)
        kind = (view.column(column) if view.has(column) else view.fact(column)).type
        d = self.reads.engine.dialect
        tests = "".join(f" AND {d.quoted(name)} = {d.string(value)}" for name, value in (where or {}).items())
        rows = self.reads.engine.rows(f"SELECT CAST(sum({d.quoted(column)}) AS BIGINT) AS s "
                                      f"FROM {self.reads.rows(inquiry.run, inquiry.reading)} AS r WHERE TRUE{tests}")
        found = rows[0]["s"]
        return kind.decimal(found) if isinstance(found, int) else None

    def tally(self, published: str, by: str = "", sums: Sequence[str] = (), where: Sequence[tuple[str, str]] = ()) -> Sequence[Tallied]:
        """A published finding counted over the subjects seen, in groups by a fact."""
        house = self.brain.workspace.house
        named = next((p for p in house.published if p.name == published), None)
        id = next((i for i in self.brain.workspace.assessed if named and house.library.book(i).form.name in named.forms), None)
        if named is None or id is None:
            return []
        inquiry = self.inquiry(id)
        seen = (self.identity.scope, withheld_from(self.identity))
        asked = ("tally", seen, inquiry.run.key, inquiry.run.dossier.name, published, by, tuple(sums), tuple(where))
        return self.brain.remembered(asked, lambda: self._tallied(inquiry, named, by, sums, where))

    def _tallied(self, inquiry: Inquiry, named: Published, by: str, sums: Sequence[str], where: Sequence[tuple[str, str]]) -> Sequence[Tallied]:
        d, view = self.reads.engine.dialect, RunView(inquiry.judged)
        dossier = inquiry.dossier
        known = {c.name for c in dossier.columns}
        if not {*([by] if by else []), *sums, *(n for n, _ in where)} <= known:
            return []
        flags = {c.name for c in dossier.columns if c.kind is Kind.FLAG}
        tests = " AND ".join(f"{d.quoted(n)} = {('TRUE' if v == 'yes' else 'FALSE') if n in flags else d.string(v)}" for n, v in where) or "TRUE"
        wanted: dict[str, Expr] = {"_value": named.value(view), **{n: view.fact(n) for n in dict.fromkeys([*sums, *([by] if by else [])])}}
        relation = f"(SELECT * FROM {self.reads.rows(inquiry.run, inquiry.reading)} AS w WHERE {tests})"
        plan = compile_plan(wanted)
        select = Printer(d, plan, inquiry.reading.day).select(relation)
        is_flag = plan.types["_value"].kind is Kind.FLAG
        holds = "_value" if is_flag else "_value IS NOT NULL"
        key = f"COALESCE(CAST({d.quoted(by)} AS VARCHAR), '')" if by else "''"
        parts = [f"CAST(sum(CASE WHEN {test} THEN {d.quoted(n)} END) AS BIGINT) AS {d.quoted(f'{kind}_{n}')}"
                 for n in sums for kind, test in (("known", "_value IS NOT NULL"), ("held", holds))]
        rows = self.reads.engine.rows(
            f"SELECT {key} AS k, CAST(count(_value) AS BIGINT) AS known, CAST(count(CASE WHEN {holds} THEN 1 END) AS BIGINT) AS held"
            f"{''.join(f', {p}' for p in parts)} FROM (\n{select}\n) AS t GROUP BY 1 ORDER BY 1")

        def summed(row: Mapping[str, Stored], kind: str) -> dict[str, Decimal]:
            found = ((n, row[f"{kind}_{n}"]) for n in sums)
            return {n: plan.types[n].decimal(v) for n, v in found if isinstance(v, int)}

        hidden = hidden_groups([int(str(r["known"])) for r in rows]) if withheld_from(self.identity) else frozenset()
        return [Tallied(str(r["k"]), int(str(r["known"])), int(str(r["held"])), summed(r, "known"), summed(r, "held"), inquiry.book.id,
                        inquiry.run.key)
                for n, r in enumerate(rows) if n not in hidden]

    def rows(self, table: str) -> Sequence[Mapping[str, Stored]]:
        """The rows of a table as known today. A table with subjects gives those of the subjects seen."""
        declared = next(t for t in self.brain.workspace.house.tables if t.name == table)
        known = KnownFacts(self.brain.workspace.facts, self.today, self.brain.workspace.hidden / "known")
        found = self.reads.engine.rows(f"SELECT * FROM {known.relation(self.reads.engine, declared)} AS t")
        if self.sees_everybody() or declared.subject != ENTERPRISE.subject:
            return found
        return [row for row in found if self.sees(str(row[declared.subject]))]

    def verdict(self, subject: str, rulebook: str, run: str | None = None) -> Verdict:
        """What a run says of a subject that the asker sees."""
        inquiry = self.inquiry(rulebook, run)
        return verdict(inquiry, inquiry.subject(subject), self.told(inquiry.run))

    def published_outcomes(self, run: str) -> Sequence[tuple[str, str, str | None, Text]]:
        """Everybody a run judged, whoever asks."""
        stored = self.stored(run)
        reading = self.brain.workspace.house.library.book(stored.rulebook).on(stored.law_date)
        d, subject = self.reads.engine.dialect, reading.book.dossier.subject
        named = d.quoted("name") if any(c.name == "name" for c in reading.book.dossier.columns) else d.quoted(subject)
        everybody = ReadService(self.brain.workspace, self.reads.engine)
        rows = self.reads.engine.rows(f"SELECT {d.quoted(subject)} AS s, {named} AS n, outcome FROM {everybody.rows(stored, reading)} AS r ORDER BY 1")
        return [(str(r["s"]), str(r["n"] or r["s"]), _code(r["outcome"]),
                 Text("未知", "unknown") if r["outcome"] is None else reading.code_title(str(r["outcome"]))) for r in rows]

    def sees(self, subject: str) -> bool:
        """Whether the asker may see this subject."""
        return self.sees_everybody() or subject in self._seen

    @cached_property
    def _seen(self) -> frozenset[str]:
        assessed = self.brain.workspace.assessed
        if not assessed:
            return frozenset()
        inquiry = self.inquiry(assessed[0])
        return self.reads.seen_subjects(inquiry.run, inquiry.reading) or frozenset()

    def address_of(self, subject: str, rulebook: str | None = None) -> Address:
        """The page of a subject."""
        return to("enterprise", subject=subject, rulebook=rulebook)

    # --- what is at work and tells of itself ---

    def live_sources(self) -> Sequence[Live]:
        """The plants that the asker may see."""
        return plants_seen(self.brain.workspace.hidden, self.identity)

    def live(self, name: str) -> Live:
        """The plant of that name, if the asker may see it."""
        found = next((plant for plant in self.live_sources() if plant.name == name), None)
        if found is None:
            raise SubjectError.of(f"没有工厂 {name}", f"there is no plant {name}", value=name)
        return found

    # --- cases ---

    def cases(self, query: CaseQuery) -> Sequence[Case]:
        """The cases of the query that the asker may see."""
        with self.state() as reader:
            if self.sees_everybody():
                return reader.cases(query)
            seen = [case for case in reader.cases(replace(query, limit=None, offset=0)) if self.sees(case.subject)]
        return seen[query.offset:None if query.limit is None else query.offset + query.limit]

    def count_cases(self, query: CaseQuery) -> int:
        """How many cases of the query the asker may see."""
        if self.sees_everybody():
            with self.state() as reader:
                return reader.count_cases(query)
        return len(self.cases(replace(query, limit=None, offset=0)))

    def case(self, case_id: str) -> Case | None:
        """The case of this number, if the asker may see it."""
        with self.state() as reader:
            found = reader.case(case_id)
        return found if found is not None and self.sees(found.subject) else None

    def case_events(self, case_id: str) -> Sequence[CaseEvent]:
        """A case's history; empty for a case not seen."""
        if self.case(case_id) is None:
            return []
        with self.state() as reader:
            return reader.case_events(case_id)

    def state(self) -> AbstractContextManager[StateReader]:
        """The store as a whole."""
        return self.brain.store.reading()

    # --- acts ---

    def writing(self) -> AbstractContextManager[StateWriter]:
        """The store, written by one at a time."""
        return self.brain.store.writing()

    def log(self, action: str, subject: str, detail: Mapping[str, object]) -> None:
        """An entry of the audit log under the asker's name."""
        with self.writing() as writer:
            writer.log([Act(self.brain.now, self.who or "—", action, subject, detail)])

    @property
    def desk(self) -> CaseDesk:
        """The desk where cases are moved."""
        return CaseDesk(self.brain.store, self.brain.workspace.house.processes)

    def step(self, case_id: str, event: str, payload: Mapping[str, object]) -> Case:
        """An event raised on a case that the asker sees, by a role that the asker holds."""
        if self.case(case_id) is None:
            raise SubjectError.of(f"没有案号为 {case_id} 的案件", f"there is no case {case_id}", value=case_id)
        return self.desk.step(case_id, event, payload, day=self.today, at=self.brain.now, actor=self.actor)

    def open_case(self, process: str, subject: str, payload: Mapping[str, object], rulebook: str, run: str, scope: str = "") -> Case:
        """A case opened by a person. ActionError where the subject has an open one of this process."""
        applied = self.desk.apply(process, [CaseFinding(subject, "asked", True, scope, payload)], rulebook=rulebook,
                                  run=f"{run}:{self.brain.now.isoformat()}", day=self.today, at=self.brain.now, actor=self.actor)
        if not applied.opened:
            raise ActionError.of("已有未办结的同类案件", "a case of this kind is still open", value=subject)
        return applied.opened[0]

    def correct(self, table: str, key: str, column: str, value: str, evidence: str) -> Sequence[RunChange]:
        """A fact corrected with evidence; everybody judged anew."""
        with self.brain.changing:
            done = correct(self.brain.workspace, self.duckdb, table=table, key=key, column=column, written=value, evidence=evidence,
                           actor=self.actor, on=self.today, at=self.brain.now)
        self._inquiries.clear()  # the latest runs are others now
        return [RunChange(d.before.rulebook, d.reading.book.title, d.before.key, d.after.key,
                          [(str(m["subject"]), _code(m["before"]), _code(m["after"])) for m in d.moved]) for d in done.differences]

    def readable(self, table: str, column: str, value: str) -> None:
        """FactsError where a correction could not take this value."""
        readable(self.brain.workspace, table, column, value)

    @property
    def duckdb(self) -> DuckDBEngine:
        """The engine as the one that keeps facts."""
        assert isinstance(self.reads.engine, DuckDBEngine)
        return self.reads.engine

    def keep_file(self, name: str, content: bytes) -> str:
        """A file handed in, kept under the hash of its content."""
        return keep_file(self.brain.workspace, name, content)

    def kept_file(self, reference: str) -> tuple[str, bytes] | None:
        """Name and content of a file that was kept."""
        return kept_file(self.brain.workspace, reference)


def _code(value: Stored) -> str | None:
    return None if value is None else str(value)


@contextmanager
def asking(brain: Brain, identity: Identity, asked: Mapping[str, str]) -> Iterator[Asking]:
    """One asking, with an engine of its own for as long as it lasts."""
    with brain.reads(identity.viewer) as reads:
        yield Asking(brain, reads, identity, asked)
