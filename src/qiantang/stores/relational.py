"""The state store over SQLAlchemy: many may read at any moment, one writes at a time, and a commit is on the disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Select,
    Table,
    bindparam,
    case,
    create_engine,
    event,
    func,
    insert,
    select,
    true,
    update,
)
from sqlalchemy.engine import URL, make_url

from qiantang.kernel.actions.accounts import Account, Movement
from qiantang.kernel.actions.audit import Act, AuditEntry, Head, chained
from qiantang.kernel.actions.cases import Case, CaseEvent
from qiantang.kernel.actions.corrections import Correction
from qiantang.kernel.actions.messages import messages_of
from qiantang.kernel.actions.ports import CaseQuery, DayCount
from qiantang.kernel.actions.runs import RunRecord
from qiantang.kernel.findings.stream import StreamedFinding
from qiantang.stores import rows
from qiantang.stores.migration import migrate, version_of
from qiantang.stores.schema import (
    ACCOUNTS,
    AUDIT_LOG,
    CASE_EVENTS,
    CASES,
    CORRECTIONS,
    ENTRY_REFERENCES,
    MOVEMENTS,
    OUTBOX_MESSAGES,
    RUNS,
    STREAMED_FINDINGS,
    VERSION,
)

_WAIT_SECONDS = 60
_AT_ONCE = 1000
_WRITES = "qiantang_writes"


class RelationalStore:
    """A store in one SQLite file or one PostgreSQL database; opening it brings its tables up to date."""

    def __init__(self, where: Path | str) -> None:
        self._engine = opened_engine(where)

    @contextmanager
    def reading(self) -> Iterator[_Reader]:
        """One look at the store, the same moment throughout; it holds up no writer."""
        with self._transaction(writes=False) as connection:
            yield _Reader(connection)

    @contextmanager
    def writing(self) -> Iterator[_Writer]:
        """The only writer until the end; an error leaves the store as it was."""
        with self._transaction(writes=True) as connection:
            yield _Writer(connection)

    def close(self) -> None:
        """Let go of the store's connections."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        with transaction(self._engine, writes=writes) as connection:
            yield connection


class _Reader:
    """Reads within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def case(self, case_id: str) -> Case | None:
        row = self._row(select(CASES).where(CASES.c.id == case_id))
        return None if row is None else rows.case_from(row)

    def cases(self, query: CaseQuery) -> list[Case]:
        first = (CASES.c.due_on.is_(None), CASES.c.due_on) if query.by_deadline else ()
        asked = _narrowed(select(CASES), query).order_by(*first, CASES.c.process, CASES.c.year, CASES.c.number)
        return [rows.case_from(row) for row in self._rows(asked.limit(query.limit).offset(query.offset or None))]

    def count_cases(self, query: CaseQuery) -> int:
        return self._number(_narrowed(select(func.count()).select_from(CASES), query))

    def case_events(self, case_id: str) -> list[CaseEvent]:
        asked = select(CASE_EVENTS).where(CASE_EVENTS.c.case_id == case_id).order_by(CASE_EVENTS.c.seq)
        return [rows.event_from(row) for row in self._rows(asked)]

    def day_counts(self, process: str, until: date, scopes: frozenset[str] | None = None) -> list[DayCount]:
        opens, closes = CASE_EVENTS.c.event == "opened", CASE_EVENTS.c.owner_role.is_(None)
        opened, closed = (func.sum(case((which, 1), else_=0)) for which in (opens, closes))
        asked = (select(CASE_EVENTS.c.day, opened.label("opened"), closed.label("closed"))
                 .join(CASES, CASES.c.id == CASE_EVENTS.c.case_id)
                 .where(CASE_EVENTS.c.process == process, CASE_EVENTS.c.day <= until, opens | closes, _within(scopes))
                 .group_by(CASE_EVENTS.c.day).order_by(CASE_EVENTS.c.day))
        return [DayCount(row["day"], int(row["opened"]), int(row["closed"])) for row in self._rows(asked)]

    def standing(self, process: str, day: date, scopes: frozenset[str] | None = None) -> list[CaseEvent]:
        last = (select(func.max(CASE_EVENTS.c.seq)).join(CASES, CASES.c.id == CASE_EVENTS.c.case_id)
                .where(CASE_EVENTS.c.process == process, CASE_EVENTS.c.day <= day, _within(scopes))
                .group_by(CASE_EVENTS.c.case_id))
        asked = (select(CASE_EVENTS).where(CASE_EVENTS.c.seq.in_(last), CASE_EVENTS.c.owner_role.is_not(None))
                 .order_by(CASE_EVENTS.c.seq))
        return [rows.event_from(row) for row in self._rows(asked)]

    def subjects_with_case(self, process: str, rulebook: str, run: str) -> set[str]:
        asked = select(CASES.c.subject).where(CASES.c.process == process, CASES.c.rulebook == rulebook,
                                              CASES.c.run == run)
        return set(self._connection.execute(asked).scalars())

    def last_number(self, process: str, year: int) -> int:
        return self._number(select(func.coalesce(func.max(CASES.c.number), 0))
                            .where(CASES.c.process == process, CASES.c.year == year))

    def entries(self, subject: str | None = None) -> Iterator[AuditEntry]:
        asked = select(AUDIT_LOG).order_by(AUDIT_LOG.c.seq)
        if subject is not None:
            asked = asked.where(AUDIT_LOG.c.subject == subject)
        with self._connection.execute(asked, execution_options={"yield_per": _AT_ONCE}) as found:
            for row in found.mappings():
                yield rows.entry_from(dict(row))

    def head(self) -> Head:
        last = self._row(select(AUDIT_LOG.c.seq, AUDIT_LOG.c.hash).order_by(AUDIT_LOG.c.seq.desc()).limit(1))
        return Head() if last is None else Head(last["seq"], last["hash"])

    def last_referred_entry(self) -> int:
        return max(self._number(select(func.coalesce(func.max(column), 0))) for column in ENTRY_REFERENCES)

    def account(self, account_id: str) -> Account | None:
        row = self._row(select(ACCOUNTS).where(ACCOUNTS.c.id == account_id))
        return None if row is None else Account(row["id"], row["unit"], row["scale"], row["balance"])

    def movement(self, account_id: str, reference: str) -> Movement | None:
        row = self._row(select(MOVEMENTS).where(MOVEMENTS.c.account_id == account_id,
                                                MOVEMENTS.c.reference == reference))
        return None if row is None else rows.movement_from(row)

    def movements(self, account_id: str) -> list[Movement]:
        asked = select(MOVEMENTS).where(MOVEMENTS.c.account_id == account_id).order_by(MOVEMENTS.c.seq)
        return [rows.movement_from(row) for row in self._rows(asked)]

    def run(self, key: str) -> RunRecord | None:
        row = self._row(select(RUNS).where(RUNS.c.key == key))
        return None if row is None else rows.run_from(row)

    def runs(self, rulebook: str | None = None) -> list[RunRecord]:
        asked = select(RUNS).where(true() if rulebook is None else RUNS.c.rulebook == rulebook)
        return [rows.run_from(row) for row in self._rows(asked.order_by(RUNS.c.seq))]

    def finding(self, finding_id: str) -> StreamedFinding | None:
        row = self._row(select(STREAMED_FINDINGS).where(STREAMED_FINDINGS.c.id == finding_id))
        return None if row is None else rows.finding_from(row)

    def amendment(self, finding_id: str) -> StreamedFinding | None:
        row = self._row(select(STREAMED_FINDINGS).where(STREAMED_FINDINGS.c.amends == finding_id))
        return None if row is None else rows.finding_from(row)

    def findings(self, rulebook: str | None = None, subject: str | None = None) -> list[StreamedFinding]:
        asked = select(STREAMED_FINDINGS).where(true() if rulebook is None else STREAMED_FINDINGS.c.rulebook == rulebook,
                                                true() if subject is None else STREAMED_FINDINGS.c.subject == subject)
        return [rows.finding_from(row) for row in self._rows(asked.order_by(STREAMED_FINDINGS.c.at, STREAMED_FINDINGS.c.id))]

    def findings_after(self, seq: int, most: int) -> list[tuple[int, StreamedFinding]]:
        number = STREAMED_FINDINGS.c.seq
        entries = select(number).where(number > seq).distinct().order_by(number).limit(most).subquery()
        asked = select(STREAMED_FINDINGS).where(number.in_(select(entries.c.seq)))
        return [(int(row["seq"]), rows.finding_from(row)) for row in self._rows(asked.order_by(number, STREAMED_FINDINGS.c.at, STREAMED_FINDINGS.c.id))]

    def count_findings_after(self, seq: int) -> int:
        return self._number(select(func.count()).select_from(STREAMED_FINDINGS).where(STREAMED_FINDINGS.c.seq > seq))

    def corrections(self, table: str | None = None, key: str | None = None) -> list[Correction]:
        asked = select(CORRECTIONS).where(true() if table is None else CORRECTIONS.c.table_name == table,
                                          true() if key is None else CORRECTIONS.c.row_key == key)
        return [rows.correction_from(row) for row in self._rows(asked.order_by(CORRECTIONS.c.number))]

    def _rows(self, asked: Select[Any]) -> Sequence[rows.Row]:
        return [dict(row) for row in self._connection.execute(asked).mappings()]

    def _row(self, asked: Select[Any]) -> rows.Row | None:
        found = self._connection.execute(asked).mappings().first()
        return None if found is None else dict(found)

    def _number(self, asked: Select[Any]) -> int:
        return int(self._connection.execute(asked).scalar_one())


class _Writer(_Reader):
    """Reads and writes within one transaction that no other writer shares."""

    def log(self, acts: Sequence[Act]) -> list[AuditEntry]:
        entries = chained(self.head(), acts)
        self._add(AUDIT_LOG, [rows.entry_cells(entry) for entry in entries])
        return entries

    def add_cases(self, cases: Sequence[Case]) -> None:
        self._add(CASES, [rows.case_cells(case) for case in cases])

    def change_cases(self, cases: Sequence[Case]) -> None:
        if cases:
            cells = [rows.case_cells(case) for case in cases]
            changed = update(CASES).where(CASES.c.id == bindparam("which"))
            self._connection.execute(changed, [{**row, "which": row["id"]} for row in cells])

    def add_events(self, events: Sequence[CaseEvent]) -> None:
        self._add(CASE_EVENTS, [rows.event_cells(event) for event in events])
        # The owner's message stands or falls with the step that causes it.
        self._add(OUTBOX_MESSAGES, [rows.message_cells(message) for message in messages_of(events)])

    def put_account(self, account: Account) -> None:
        known = self.account(account.id)
        if known is None:
            self._add(ACCOUNTS, [{"id": account.id, "unit": account.unit, "scale": account.scale,
                                  "balance": account.balance}])
        else:
            self._connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account.id)
                                     .values(balance=account.balance))

    def add_movements(self, movements: Sequence[tuple[Movement, int]]) -> None:
        self._add(MOVEMENTS, [rows.movement_cells(movement, seq) for movement, seq in movements])

    def add_run(self, run: RunRecord, seq: int) -> None:
        self._add(RUNS, [rows.run_cells(run, seq)])

    def add_findings(self, findings: Sequence[StreamedFinding], seq: int) -> None:
        self._add(STREAMED_FINDINGS, [rows.finding_cells(finding, seq) for finding in findings])

    def add_correction(self, correction: Correction) -> None:
        self._add(CORRECTIONS, [rows.correction_cells(correction)])

    def _add(self, table: Table, cells: list[rows.Cells]) -> None:
        if cells:
            self._connection.execute(insert(table), cells)


def _narrowed(asked: Select[Any], query: CaseQuery) -> Select[Any]:
    for column, value in ((CASES.c.process, query.process), (CASES.c.subject, query.subject),
                          (CASES.c.state, query.state), (CASES.c.owner_role, query.role),
                          (CASES.c.owner_person, query.person)):
        if value is not None:
            asked = asked.where(column == value)
    if query.open_only:
        asked = asked.where(CASES.c.closed_on.is_(None))
    if query.overdue_on is not None:
        asked = asked.where(CASES.c.due_on < query.overdue_on)
    if query.deadline_unknown:
        asked = asked.where(CASES.c.due_unknown_en.is_not(None))
    return asked.where(_within(query.scopes))


def _within(scopes: frozenset[str] | None) -> Any:
    return true() if scopes is None else CASES.c.scope.in_(sorted(scopes))


@contextmanager
def transaction(engine: Engine, *, writes: bool) -> Iterator[Connection]:
    """One transaction; where it writes, the only one that does until its end."""
    with engine.connect().execution_options(**{_WRITES: writes}) as connection, connection.begin():
        yield connection


def opened_engine(where: Path | str) -> Engine:
    """The connections to a store whose tables are up to date."""
    engine = _engine(where)
    with engine.connect() as connection:
        version = version_of(connection)
    if version != VERSION:
        with transaction(engine, writes=True) as connection:
            migrate(connection)
    return engine


def _engine(where: Path | str) -> Engine:
    if isinstance(where, str) and "://" in where:
        url = make_url(where)
    else:
        Path(where).parent.mkdir(parents=True, exist_ok=True)
        url = URL.create("sqlite", database=str(where))
    engine = create_engine(url, connect_args={"timeout": _WAIT_SECONDS} if url.get_backend_name() == "sqlite" else {})
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", _begin_postgresql)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # The driver would begin transactions by its own lights; here the listener below begins every one.
    connection.isolation_level = None
    for setting in (f"busy_timeout = {_WAIT_SECONDS * 1000}", "journal_mode = WAL", "synchronous = FULL",
                    "foreign_keys = ON"):
        connection.execute(f"PRAGMA {setting}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    """One writer at a time, by a lock that ends with the transaction; a reader sees one moment throughout."""
    if connection.get_execution_options().get(_WRITES):
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('qiantang state'))")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
