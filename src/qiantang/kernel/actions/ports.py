"""Where state rests, as the kernel sees it: a store read as it stands, and written by one writer at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from qiantang.kernel.actions.accounts import Account, Movement
from qiantang.kernel.actions.audit import Act, AuditEntry, Head
from qiantang.kernel.actions.cases import Case, CaseEvent
from qiantang.kernel.actions.corrections import Correction
from qiantang.kernel.actions.runs import RunRecord
from qiantang.kernel.findings.stream import StreamedFinding


@dataclass(frozen=True, slots=True)
class CaseQuery:
    """Which cases are asked for; what is left out does not narrow. ``scopes`` is what the viewer may see.

    ``overdue_on`` gives the cases whose known deadline lies before that day; ``deadline_unknown`` those without one.
    ``by_deadline`` puts those first that are due first, those without a known deadline last.
    """

    process: str | None = None
    subject: str | None = None
    state: str | None = None
    role: str | None = None
    person: str | None = None
    scopes: frozenset[str] | None = None
    open_only: bool = True
    overdue_on: date | None = None
    deadline_unknown: bool = False
    by_deadline: bool = False
    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many cases of a process were opened and closed on one day."""

    day: date
    opened: int
    closed: int


class StateReader(Protocol):
    """One look at the store: everything asked through it is seen at the same moment."""

    def case(self, case_id: str) -> Case | None:
        """The case of this number."""

    def cases(self, query: CaseQuery) -> list[Case]:
        """Cases by number."""

    def count_cases(self, query: CaseQuery) -> int:
        """How many cases the query gives, its limit aside."""

    def case_events(self, case_id: str) -> list[CaseEvent]:
        """A case's history, oldest first."""

    def day_counts(self, process: str, until: date, scopes: frozenset[str] | None = None) -> list[DayCount]:
        """Cases opened and closed on each day up to and including ``until``, counted from their events."""

    def standing(self, process: str, day: date, scopes: frozenset[str] | None = None) -> list[CaseEvent]:
        """The last event, up to the end of that day, of each case that was then open."""

    def subjects_with_case(self, process: str, rulebook: str, run: str) -> set[str]:
        """Subjects for which this run's finding already opened a case, open or closed."""

    def last_number(self, process: str, year: int) -> int:
        """The highest case number given in a year; 0 before the first."""

    def entries(self, subject: str | None = None) -> Iterator[AuditEntry]:
        """The audit log in order, or one subject's part of it; read in pieces."""

    def head(self) -> Head:
        """The end of the audit log."""

    def last_referred_entry(self) -> int:
        """The highest audit number that any other table refers to; 0 where none does."""

    def account(self, account_id: str) -> Account | None:
        """The account of this id."""

    def movement(self, account_id: str, reference: str) -> Movement | None:
        """The movement of this reference."""

    def movements(self, account_id: str) -> list[Movement]:
        """An account's movements, oldest first."""

    def run(self, key: str) -> RunRecord | None:
        """The run of this key."""

    def runs(self, rulebook: str | None = None) -> list[RunRecord]:
        """Runs in the order they were recorded."""

    def finding(self, finding_id: str) -> StreamedFinding | None:
        """The streamed finding of this id."""

    def amendment(self, finding_id: str) -> StreamedFinding | None:
        """The finding that amends the one of this id."""

    def findings(self, rulebook: str | None = None, subject: str | None = None) -> list[StreamedFinding]:
        """Streamed findings, oldest first, amended ones among them."""

    def findings_after(self, seq: int, most: int) -> list[tuple[int, StreamedFinding]]:
        """Streamed findings in the order in which they were recorded, each with the number of its audit entry: those of entries after ``seq``,
        of so many entries at most, whole entries only."""

    def count_findings_after(self, seq: int) -> int:
        """How many streamed findings were recorded after that audit entry."""

    def corrections(self, table: str | None = None, key: str | None = None) -> list[Correction]:
        """Corrections in the order they were recorded."""


class StateWriter(StateReader, Protocol):
    """The only writer at this moment; all it does becomes visible together, or not at all."""

    def log(self, acts: Sequence[Act]) -> list[AuditEntry]:
        """Put the acts at the end of the audit log."""

    def add_cases(self, cases: Sequence[Case]) -> None:
        """Put new cases in."""

    def change_cases(self, cases: Sequence[Case]) -> None:
        """Let the cases stand as they do now."""

    def add_events(self, events: Sequence[CaseEvent]) -> None:
        """Put events, each with the number of its audit entry, at the end of their cases' histories."""

    def put_account(self, account: Account) -> None:
        """Put an account in, or let it stand as it does now."""

    def add_movements(self, movements: Sequence[tuple[Movement, int]]) -> None:
        """Put movements in, each with the number of its audit entry."""

    def add_run(self, run: RunRecord, seq: int) -> None:
        """Put a run in, with the number of its audit entry."""

    def add_findings(self, findings: Sequence[StreamedFinding], seq: int) -> None:
        """Put streamed findings in, amended ones first, with the number of the audit entry that names them."""

    def add_correction(self, correction: Correction) -> None:
        """Put a correction in, under the number of its audit entry."""


class StateStore(Protocol):
    """A store of cases, audit log, accounts, runs, corrections and streamed findings."""

    def reading(self) -> AbstractContextManager[StateReader]:
        """One look at the store; it holds up no writer."""

    def writing(self) -> AbstractContextManager[StateWriter]:
        """Wait for one's turn, write, and commit at the end; an error leaves the store as it was."""

    def close(self) -> None:
        """Let go of the store's connections."""
