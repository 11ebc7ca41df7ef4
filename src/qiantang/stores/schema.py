"""The tables of the state store, valid for SQLite and PostgreSQL alike; the migrations make exactly these."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

VERSION = "0005"
"""The migration that this code works with; a store that says otherwise is migrated when it is opened."""

TABLES = MetaData()

# SQLite counts its rows by a column of exactly the type INTEGER, which holds 64 bits there.
_ENTRY_NUMBER = BigInteger().with_variant(Integer, "sqlite")


def _entry(name: str = "seq", *, primary_key: bool = False) -> Column[int]:
    return Column(name, _ENTRY_NUMBER, ForeignKey("audit_log.seq"), primary_key=primary_key, autoincrement=False,
                  nullable=False)


AUDIT_LOG = Table(
    "audit_log", TABLES,
    Column("seq", _ENTRY_NUMBER, primary_key=True, autoincrement=False),
    Column("at", String(27), nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("audit_log_subject", "subject", "seq"),
)

CASES = Table(
    "cases", TABLES,
    Column("id", Text, primary_key=True),
    Column("process", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("subject", Text, nullable=False),
    Column("opened_on", Date, nullable=False),
    Column("state", Text, nullable=False),
    Column("counted_from", Date, nullable=False),
    Column("last_event_on", Date, nullable=False),
    Column("scope", Text, nullable=False),
    Column("level", Integer, nullable=False),
    Column("owner_role", Text),
    Column("owner_scope", Text),
    Column("owner_person", Text),
    Column("due_on", Date),
    Column("due_unknown_zh", Text),
    Column("due_unknown_en", Text),
    Column("rulebook", Text, nullable=False),
    Column("run", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("seen_run", Text, nullable=False),
    Column("seen_outcome", Text, nullable=False),
    Column("seen_holds", Boolean),
    Column("payload", Text, nullable=False),
    Column("closed_on", Date),
    UniqueConstraint("process", "year", "number", name="cases_number"),
    UniqueConstraint("process", "rulebook", "run", "subject", name="cases_finding"),
    CheckConstraint(
        "(closed_on IS NULL) = (owner_role IS NOT NULL AND (due_on IS NOT NULL OR due_unknown_en IS NOT NULL))",
        name="cases_open_is_owned_and_due"),
    Index("cases_one_open", "process", "subject", unique=True, sqlite_where=text("closed_on IS NULL"),
          postgresql_where=text("closed_on IS NULL")),
    Index("cases_due", "process", "closed_on", "due_on"),
    Index("cases_subject", "subject"),
)

CASE_EVENTS = Table(
    "case_events", TABLES,
    _entry(primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("process", Text, nullable=False),
    Column("at", String(27), nullable=False),
    Column("day", Date, nullable=False),
    Column("actor", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("from_state", Text, nullable=False),
    Column("to_state", Text, nullable=False),
    Column("owner_role", Text),
    Column("owner_scope", Text),
    Column("owner_person", Text),
    Column("due_on", Date),
    Column("due_unknown_zh", Text),
    Column("due_unknown_en", Text),
    Column("detail", Text, nullable=False),
    Index("case_events_case", "case_id", "seq"),
    Index("case_events_day", "process", "day"),
)

ACCOUNTS = Table(
    "accounts", TABLES,
    Column("id", Text, primary_key=True),
    Column("unit", Text, nullable=False),
    Column("scale", Integer, nullable=False),
    Column("balance", BigInteger, nullable=False),
    CheckConstraint("balance >= 0", name="accounts_not_overdrawn"),
)

MOVEMENTS = Table(
    "movements", TABLES,
    _entry(primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("reference", Text, nullable=False),
    Column("way", String(8), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("balance", BigInteger, nullable=False),
    UniqueConstraint("account_id", "reference", name="movements_reference"),
)

RUNS = Table(
    "runs", TABLES,
    Column("key", Text, primary_key=True),
    _entry(),
    Column("rulebook", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("law_date", Date, nullable=False),
    Column("known_at", Date, nullable=False),
    Column("period", Text, nullable=False),
    Column("engine", Text, nullable=False),
    Column("created_at", String(27), nullable=False),
    Column("path", Text, nullable=False),
    Column("counts", Text, nullable=False),
    Index("runs_rulebook", "rulebook", "seq"),
)

CORRECTIONS = Table(
    "corrections", TABLES,
    _entry("number", primary_key=True),
    Column("table_name", Text, nullable=False),
    Column("row_key", Text, nullable=False),
    Column("column_name", Text, nullable=False),
    Column("old", Text, nullable=False),
    Column("new", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", String(27), nullable=False),
    Column("personal", Boolean, nullable=False),
    Index("corrections_cell", "table_name", "row_key", "column_name"),
)

STREAMED_FINDINGS = Table(
    "streamed_findings", TABLES,
    Column("id", String(64), primary_key=True),
    Column("seq", _ENTRY_NUMBER, ForeignKey("audit_log.seq"), nullable=False),
    Column("rulebook", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("at", String(27), nullable=False),
    Column("outcome", Text),
    Column("values_told", Text, nullable=False),
    Column("amends", String(64), ForeignKey("streamed_findings.id")),
    UniqueConstraint("amends", name="streamed_findings_amended_once"),
    Index("streamed_findings_subject", "subject", "rulebook", "at"),
    Index("streamed_findings_seq", "seq"),
)

ENTRY_REFERENCES = (CASE_EVENTS.c.seq, MOVEMENTS.c.seq, RUNS.c.seq, CORRECTIONS.c.number, STREAMED_FINDINGS.c.seq)
"""Every column that refers to an audit entry."""

USERS = Table(
    "users", TABLES,
    Column("name", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("capabilities", Text, nullable=False),
    Column("scope_kind", Text, nullable=False),
    Column("scope_codes", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("may_see_personal", Boolean, nullable=False),
    Column("outside", Boolean, nullable=False),
    Column("disabled", Boolean, nullable=False),
)

SIGN_INS = Table(
    "sign_ins", TABLES,
    Column("secret_hash", String(64), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("user_name", Text, ForeignKey("users.name"), nullable=False),
    Column("title", Text, nullable=False),
    Column("capabilities", Text, nullable=False),
    Column("begun_at", String(27), nullable=False),
    Column("seen_at", String(27), nullable=False),
    Column("ends_at", String(27), nullable=False),
    Column("ended", Boolean, nullable=False),
    Index("sign_ins_user", "user_name"),
)

SIGN_IN_ATTEMPTS = Table(
    "sign_in_attempts", TABLES,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("about", Text, nullable=False),
    Column("at", String(27), nullable=False),
    Index("sign_in_attempts_about", "about", "at"),
)

OUTBOX_MESSAGES = Table(
    "outbox_messages", TABLES,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("cause", Text, nullable=False),
    Column("at", String(27), nullable=False),
    Column("event", Text, nullable=False),
    Column("process", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("due_on", Date),
    Column("urgent", Boolean, nullable=False),
    Column("detail", Text, nullable=False),
    Column("state", Text, nullable=False),
    UniqueConstraint("cause", name="outbox_messages_once"),
    Index("outbox_messages_state", "state", "number"),
)

OUTBOX_DELIVERIES = Table(
    "outbox_deliveries", TABLES,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("messages", Text, nullable=False),
    Column("planned_at", String(27), nullable=False),
    Column("not_before", String(27), nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("claim", Text, nullable=False),
    Column("claimed_until", String(27)),
    Column("ended_at", String(27)),
    Column("told", Text, nullable=False),
    UniqueConstraint("key", name="outbox_deliveries_once"),
    Index("outbox_deliveries_state", "state", "not_before"),
)
