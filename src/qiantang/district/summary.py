"""What an assessment comes to: outcomes by rulebook, the views worth reading first, cases, and where to look next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from qiantang.district.assess import Assessment, Run
from qiantang.district.inquiries import Inquiry, ViewTable
from qiantang.district.reading import ReadService
from qiantang.kernel.actions.cases import Case
from qiantang.kernel.actions.ports import CaseQuery
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.findings.views import Listing, Tally
from qiantang.kernel.rulebooks.parameters import ParameterValue

_CaseOf = Callable[[str, str], Case | None]


@dataclass(frozen=True, slots=True)
class Opened:
    """A rulebook's cases of one process after this run."""

    process: str
    rulebook: str
    opened: int
    kept: int
    changed: int
    standing: int


@dataclass(frozen=True, slots=True)
class FirstLook:
    """Where a newcomer looks first: who stands out, the case of it, who is nearly lifted, and a reform to try.

    Each part is None where this assessment has nothing of the kind.
    """

    totals: ViewTable | None
    rulebook: str
    subject: str
    case: Case | None
    nearly: tuple[str, str, str] | None
    """Rulebook, subject and the outcome it nearly has."""
    reform: tuple[str, str, ParameterValue] | None
    """Rulebook, parameter path and a value to try."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One assessment, told."""

    assessment: Assessment
    views: tuple[ViewTable, ...]
    cases: tuple[Opened, ...]
    look: FirstLook | None


def summary_of(assessment: Assessment, reads: ReadService) -> Summary:
    """Draw up the summary from the runs just made."""
    views = _headlines(assessment, reads)
    store = assessment.workspace.state()
    try:
        with store.reading() as reader:
            cases = tuple(Opened(a.process, a.rulebook, len(a.applied.opened), len(a.applied.kept), len(a.applied.changed),
                                 reader.count_cases(CaseQuery(process=a.process))) for a in assessment.applied)
            look = _look(assessment, views, lambda process, subject: next(
                iter(reader.cases(CaseQuery(process=process, subject=subject, limit=1))), None))
    finally:
        store.close()
    return Summary(assessment, views, cases, look)


def _headlines(assessment: Assessment, reads: ReadService) -> tuple[ViewTable, ...]:
    """The headline views, each over the first run it fits."""
    found = []
    for declared in assessment.workspace.house.views:
        if not declared.headline:
            continue
        run = next((r for r in assessment.runs if r.reading.book.form.name in declared.forms and declared.applies(r.reading)), None)
        if run is not None:
            found.append(Inquiry(reads, run.stored.rulebook, run.stored).view(declared))
    return tuple(found)


def _look(assessment: Assessment, views: Sequence[ViewTable], case_of: _CaseOf) -> FirstLook | None:
    house = assessment.workspace.house
    for opening in house.openings:
        run = next((r for r in assessment.runs if r.reading.book.form.name in opening.forms), None)
        if run is None:
            continue
        form = run.reading.book.form.name
        listed = next((v for v in views if isinstance(v.view, Listing) and form in v.declared.forms and v.rows), None)
        if listed is None:
            continue
        subject = _subject(listed)
        totals = next((v for v in views if isinstance(v.view, Tally) and form in v.declared.forms and v.rows), None)
        return FirstLook(totals, run.stored.rulebook, subject, case_of(opening.process, subject), _nearly(assessment, views), _reform(run))
    return None


def _subject(listed: ViewTable) -> str:
    return str(listed.rows[0][listed.reading.book.dossier.subject])


def _nearly(assessment: Assessment, views: Sequence[ViewTable]) -> tuple[str, str, str] | None:
    """The first of the list of those just below an outcome, with the outcome just above its own."""
    for run in assessment.runs:
        reachable = [code for code, _ in run.reading.outline.reach]
        codes = [code for code, _ in run.reading.outline.codes]
        for listed in views:
            subject = run.reading.book.dossier.subject
            if listed.reading is not run.reading or not isinstance(listed.view, Listing) or not {"outcome", subject} <= set(listed.printed.types):
                continue
            for row in listed.rows:
                better = [c for c in reachable if row["outcome"] in codes and codes.index(c) < codes.index(str(row["outcome"]))]
                if better:
                    return run.stored.rulebook, str(row[subject]), better[-1]
    return None


def _reform(run: Run) -> tuple[str, str, ParameterValue] | None:
    """A number that decides the outcome, made a good half larger: a change to try, no proposal."""
    for because in (run.reading.outline.otherwise.because, *(c.because for c in run.reading.outline.cases)):
        for path in run.reading.paths_of(run.reading.criterion(because)):
            value = run.reading.used[path].value if path in run.reading.used else None
            if isinstance(value, Decimal) and value > 0:
                larger = value * Decimal("1.6")
                return run.stored.rulebook, path, larger.to_integral_value() if value >= 1 else larger.normalize()
    return None


def total_row(table: ViewTable) -> Mapping[str, Stored]:
    """The row over everybody, which a tally with a total puts last."""
    return table.rows[-1]
