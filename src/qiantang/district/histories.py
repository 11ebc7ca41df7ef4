"""What was said of a subject over the years: its outcome in every run that is kept, oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from qiantang.district.inquiries import Inquiry
from qiantang.district.reading import ReadService
from qiantang.kernel.actions.corrections import Correction
from qiantang.kernel.actions.runs import RunRecord
from qiantang.kernel.errors import QiantangError, SubjectError
from qiantang.kernel.words import Text


@dataclass(frozen=True, slots=True)
class Past:
    """One run's word on a subject. ``judged`` is false where the rulebook did not apply to it. ``again`` later runs for the same
    year under the same law said just this."""

    run: RunRecord
    judged: bool
    outcome: str | None
    outcome_title: Text | None
    score: Decimal | None
    decided_by: Text | None
    again: int = 0

    def says_as(self, other: Past) -> bool:
        """Whether another run for the same year under the same law said the same."""
        def told(past: Past) -> tuple[object, ...]:
            run = past.run
            return run.rulebook, run.period, run.law_date, past.judged, past.outcome, past.score, past.decided_by

        return told(self) == told(other)


@dataclass(frozen=True, slots=True)
class History:
    """A subject's runs, and the corrections of its facts."""

    subject: str
    name: str
    past: tuple[Past, ...]
    corrections: tuple[Correction, ...]


def history_of(reads: ReadService, asked: str, rulebook: str | None = None, known: Inquiry | None = None) -> History:
    """The history of a code or a name, by one rulebook or all; SubjectError where the viewer sees no such subject.

    ``known`` is an inquiry into one of its runs that is at hand already.
    """
    workspace = reads.workspace
    assessed = workspace.assessed
    if not assessed:
        workspace.latest(rulebook or "—")
    first = known or Inquiry(reads, rulebook or assessed[0])
    subject = first.subject(asked)
    name = str(first.facts(subject).get("name") or subject)
    store = workspace.state()
    try:
        with store.reading() as reader:
            records = reader.runs(rulebook)
            corrections = tuple(c for c in reader.corrections() if subject in c.key.split("/"))
    finally:
        store.close()
    found = [past for record in records if (past := _past(reads, record, subject, first)) is not None]
    found.sort(key=lambda p: (p.run.rulebook, p.run.period, p.run.law_date, p.run.created_at))
    return History(subject, name, tuple(_folded(found)), corrections)


def _folded(past: Sequence[Past]) -> list[Past]:
    """Runs that say what the run before them said, counted with it: a correction judges everybody anew, and most are as they were."""
    folded: list[Past] = []
    for one in past:
        if folded and folded[-1].says_as(one):
            folded[-1] = replace(folded[-1], again=folded[-1].again + 1)
        else:
            folded.append(one)
    return folded


def _past(reads: ReadService, record: RunRecord, subject: str, first: Inquiry) -> Past | None:
    """The run's word; None where its rows are no longer kept or its rulebook no longer known."""
    stored = reads.workspace.stored(record.key)
    if stored is None:
        return None
    try:
        inquiry = first if record.key == first.run.key else Inquiry(reads, record.rulebook, stored)
    except QiantangError:
        return None
    try:
        row = inquiry.row(subject)
    except SubjectError:
        return Past(record, False, None, None, None, None)
    outcome = row["outcome"]
    reading = inquiry.reading
    column = f"{reading.outline.score}__points"
    score, kind = row.get(column), stored.types.get(column)
    decided = row.get("decided_by")
    ids = {c.id: c.title for c in reading.outline.criteria}
    return Past(record, True, None if outcome is None else str(outcome), None if outcome is None else reading.code_title(str(outcome)),
                kind.decimal(score) if kind is not None and isinstance(score, int) else None, ids.get(str(decided)))
