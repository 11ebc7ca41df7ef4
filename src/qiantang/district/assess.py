"""One assessment: every chosen rulebook over the facts as known, results kept whole, cases opened on findings."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

import qiantang
from qiantang.district.assembly import House
from qiantang.district.known import KnownFacts
from qiantang.district.relations import beside, published_values
from qiantang.district.workspace import StoredRun, Workspace
from qiantang.kernel.actions.cases import Actor, CaseFinding
from qiantang.kernel.actions.desk import Applied, CaseDesk
from qiantang.kernel.domains import Domain, Opening
from qiantang.kernel.errors import FactsError
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.expressions.types import Kind
from qiantang.kernel.facts.assembling import Where, assembled
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.findings.judging import Judging, judging
from qiantang.kernel.findings.lifting import gap_columns, lift_columns
from qiantang.kernel.findings.views import RunView
from qiantang.kernel.ports import Engine
from qiantang.kernel.rulebooks.rulebook import Reading
from qiantang.kernel.words import Text

Progress = Callable[[Text, float], None]
"""Told what is being done and how much of the whole is behind."""


@dataclass(frozen=True, slots=True)
class Run:
    """A rulebook's run in this assessment, with what is needed to look into it."""

    stored: StoredRun
    judged: Judging
    fresh: bool
    """Whether it was computed now; a run of the same key is never computed twice."""

    @property
    def reading(self) -> Reading:
        """The rulebook as it was read."""
        return self.judged.reading


@dataclass(frozen=True, slots=True)
class Finding:
    """A published finding: the key of the run it is from, and its values as a relation of subject and value."""

    run: str
    relation: str


@dataclass(frozen=True, slots=True)
class CasesApplied:
    """What a rulebook's run did to the cases of a process."""

    process: str
    rulebook: str
    applied: Applied


@dataclass(frozen=True, slots=True)
class Skipped:
    """A rulebook that was not applied, and why."""

    rulebook: str
    why: Text


@dataclass(frozen=True, slots=True)
class Assessment:
    """What one assessment did: its runs in order, the rulebooks left out, and what it did to the cases."""

    workspace: Workspace
    known: KnownFacts
    year: int
    runs: tuple[Run, ...]
    skipped: tuple[Skipped, ...]
    applied: tuple[CasesApplied, ...]

    def run(self, rulebook: str) -> Run | None:
        """The run of a rulebook, if it was applied."""
        return next((r for r in self.runs if r.stored.rulebook == rulebook), None)


def assess(workspace: Workspace, engine: Engine, *, known_at: date, at: datetime, actor: Actor, year: int | None = None,
           on: date | None = None, rulebooks: Sequence[str] = (), cases: bool | None = None,
           progress: Progress = lambda _, __: None) -> Assessment:
    """Apply rulebooks to the facts known on a day and keep the results.

    ``year`` is the year the facts are about and ``on`` the day the law is read; both default to the district's
    settings. With ``rulebooks`` empty, the district's own list is applied. Cases are opened on the findings of that list
    alone: a rulebook that is only tried opens none, unless ``cases`` says yes to all or no to all. Until everything is done the previous
    results stand; an error or an interruption leaves them whole. FactsError where there is nothing to judge.
    """
    house, district = workspace.house, workspace.district
    year = district.evaluation_year if year is None else year
    known = KnownFacts(workspace.facts, known_at, workspace.hidden / "known")
    chosen = tuple(rulebooks) or district.rulebooks or house.usual
    readings, skipped = _readings(house, chosen, on or (district.law_day if year == district.evaluation_year else date(year, 12, 31)),
                                  asked_for=bool(rulebooks))
    findings: dict[str, Finding] = {}
    runs: list[Run] = []
    for number, reading in enumerate(readings):
        progress(Text(f"评价：{reading.book.title.zh}", f"judging: {reading.book.title.en}"), number / max(1, len(readings)))
        dossier = kept_dossier(workspace, engine, known, reading.book.dossier, reading.day, year, findings)
        run = _run(workspace, engine, known, reading, dossier, year, house)
        runs.append(run)
        for published in house.published:
            if reading.book.form.name in published.forms and published.name not in findings:
                rows = rows_of(engine, run.stored, reading.book.dossier)
                findings[published.name] = Finding(run.stored.key, published_values(published, run.judged, rows, engine.dialect))
    progress(Text("办理案件", "opening cases"), 0.97)
    own = set(district.rulebooks or house.usual)
    opening = {r.stored.rulebook for r in runs if (r.stored.rulebook in own if cases is None else cases)}
    applied = _open_cases(workspace, engine, house, runs, opening, at=at, actor=actor)
    workspace.publish_latest({r.stored.rulebook: r.stored.key for r in runs})
    progress(Text("完成", "done"), 1.0)
    return Assessment(workspace, known, year, tuple(runs), tuple(skipped), applied)


@lru_cache(maxsize=64)
def judged_for_run(reading: Reading) -> Judging:
    """The reading compiled as runs are kept: explained, with lift and gap columns where it has any."""
    return judging(reading, extra=columns_beyond(reading), because=True)


def columns_beyond(reading: Reading) -> dict[str, Expr]:
    """What a run keeps beyond the criteria: the score each outcome needs, and what each fact needs for it."""
    extra: dict[str, Expr] = {}
    for code, needed in reading.outline.reach:
        extra[f"reach__{code}"] = needed
        for lift in lift_columns(reading, code):
            extra[f"{lift.name}__{code}"] = lift.bound.value
    for _, gap in gap_columns(reading):
        extra[gap.name] = gap.bound.value
    return extra


def rows_of(engine: Engine, run: StoredRun, dossier: Dossier) -> str:
    """A run's rows with the facts they rest on, side by side, as a relation."""
    facts, columns = engine.parquet([run.dossier]), engine.parquet([run.path])
    return beside(facts, columns, dossier.subject, [c.name for c in dossier.columns], list(run.types), engine.dialect)


def kept_dossier(workspace: Workspace, engine: Engine, known: KnownFacts, dossier: Dossier, day: date, year: int,
                 findings: Mapping[str, Finding]) -> Path:
    """The dossier of all subjects for a year, put together once for each edition of the facts and law day.

    Where it asks for published findings, these are part of what names it.
    """
    asked = "|".join(f"{a.name}={findings[a.name].run if a.name in findings else ''}" for a in dossier.asked)
    name = hashlib.sha256(f"{known.digest(dossier.tables())}|{day}|{year}|{asked}|{qiantang.__version__}|{dossier!r}".encode()).hexdigest()[:16]
    path = workspace.dossiers / f"{dossier.name}-{name}.parquet"
    if not path.is_file():
        where = Where({t.name: known.relation(engine, t) for t in dossier.tables()},
                      {published: finding.relation for published, finding in findings.items()})
        select = assembled(dossier, where, engine.dialect, day, year)
        if engine.write(select, path, [dossier.subject]) == 0:
            path.unlink()
            raise FactsError.of(
                f"{workspace.folder} 中没有 {year} 年的{dossier.title.zh}", f"{workspace.folder} has no facts of {year} ({dossier.title.en})",
                value=year, remedy=Text("请检查年度，或用 qiantang template 生成填报模板。",
                                        "Check the year, or make a workbook to fill in with: qiantang template"))
    return path


def _readings(house: House, chosen: Sequence[str], on: date, asked_for: bool) -> tuple[list[Reading], list[Skipped]]:
    """The rulebooks as they read on the day, in the domains' order; one not in force is left out unless asked for."""
    place = {d.name: i for i, d in enumerate(house.domains)}
    readings: list[tuple[int, Reading]] = []
    skipped: list[Skipped] = []
    for id in chosen:
        book = house.library.book(id)
        domain: Domain = house.domain_of(book.form.name)
        if on not in book.document.span and not asked_for:
            skipped.append(Skipped(id, Text(f"{on} 不在适用期内（{book.document.span.title.zh}）",
                                            f"not in force on {on} (in force {book.document.span.title.en})")))
            continue
        day = on if on in book.document.span else book.usual_day
        readings.append((place[domain.name], book.on(day)))
    return [r for _, r in sorted(readings, key=lambda r: r[0])], skipped


def _run(workspace: Workspace, engine: Engine, known: KnownFacts, reading: Reading, dossier: Path, year: int, house: House) -> Run:
    judged = judged_for_run(reading)
    named = f"{reading.book.id}|{reading.book.version}|{reading.day}|{dossier.name}|{year}|{code_digest(house, reading)}"
    key = hashlib.sha256(named.encode()).hexdigest()[:20]
    before = workspace.stored(key)
    if before is not None:
        return Run(before, judged, fresh=False)
    path = workspace.run_file(key)
    select = judged.select(engine.parquet([dossier]), engine.dialect)
    engine.write(select, path, [reading.book.dossier.subject])
    counted = engine.rows(f"SELECT outcome, CAST(count(*) AS BIGINT) AS many FROM {engine.parquet([path])} GROUP BY outcome ORDER BY outcome")
    counts = {str(row["outcome"] or ""): many for row in counted if isinstance(many := row["many"], int)}
    stored = StoredRun(key, reading.book.id, reading.book.version, reading.day, known.known_at, year, path, dossier, judged.types, counts)
    workspace.keep(stored)
    return Run(stored, judged, fresh=True)


def code_digest(house: House, reading: Reading) -> str:
    """Names the code of the form's domain: a changed formula is another version of the rulebook."""
    from importlib import import_module

    file = import_module(reading.book.form.build.__module__).__file__
    folder = Path(file or __file__).parent
    digest = hashlib.sha256(qiantang.__version__.encode())
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _open_cases(workspace: Workspace, engine: Engine, house: House, runs: Sequence[Run], opening_on: Collection[str], *, at: datetime,
                actor: Actor) -> tuple[CasesApplied, ...]:
    """Record the runs, and tell the desk what those of the rulebooks ``opening_on`` found."""
    from qiantang.kernel.actions.records import record_run
    from qiantang.kernel.actions.runs import RunRecord

    applied: list[CasesApplied] = []
    store = workspace.state()
    try:
        desk = CaseDesk(store, house.processes)
        for run in runs:
            stored = run.stored
            record_run(store, RunRecord(stored.key, stored.rulebook, stored.version, stored.law_date, stored.known_at, str(stored.year),
                                        engine.dialect.name, at, str(stored.path.relative_to(workspace.folder)), stored.counts),
                       actor=actor.name)
            for opening in (o for o in house.openings if stored.rulebook in opening_on and run.reading.book.form.name in o.forms):
                done = desk.apply(opening.process, _case_findings(engine, run, opening), rulebook=stored.rulebook, run=stored.key,
                                  day=stored.law_date, at=at, actor=actor)
                applied.append(CasesApplied(opening.process, stored.rulebook, done))
    finally:
        store.close()
    return tuple(applied)


def _case_findings(engine: Engine, run: Run, opening: Opening) -> list[CaseFinding]:
    """Every subject of the run as the desk hears of it; only those whose finding holds carry the details.

    A case always says whom it is about; it is in the scope of the platform the subject belongs to.
    """
    d = engine.dialect
    dossier = run.reading.book.dossier
    view = RunView(run.judged)
    known = {c.name for c in dossier.columns}
    names = dict.fromkeys((*(n for n in _WHO if n in known), *opening.details))
    details = {name: (view.column(name) if view.has(name) else view.fact(name)) for name in names}
    named = ", ".join(d.quoted(n) for n in (dossier.subject, "outcome", *details))
    found = []
    for row in engine.rows(f"SELECT {named} FROM {rows_of(engine, run.stored, dossier)} AS _c"):
        outcome = row["outcome"]
        holds = None if outcome is None else outcome in opening.outcomes
        payload: dict[str, object] = {}
        if holds:
            for name, expr in details.items():
                value = row[name]
                is_figure = expr.type.kind is Kind.NUMBER and isinstance(value, int)
                payload[name] = str(expr.type.decimal(value)) if is_figure and isinstance(value, int) else value
        found.append(CaseFinding(str(row[dossier.subject]), str(outcome or ""), holds, str(row.get(_WHO[1]) or ""), payload))
    return found


_WHO = ("name", "platform")
