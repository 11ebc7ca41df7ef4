"""The first tables: audit log, cases and their events, accounts and movements, runs, corrections; history is add-only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ADD_ONLY = ("audit_log", "case_events", "movements", "runs", "corrections")


def upgrade() -> None:
    """Make the tables and the triggers that guard them."""
    _audit_log()
    _cases()
    _ledger()
    _records()
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _entry(name: str = "seq", *, primary_key: bool = False) -> sa.Column[int]:
    return sa.Column(name, _number(), sa.ForeignKey("audit_log.seq"), primary_key=primary_key, autoincrement=False,
                     nullable=False)


def _owner_and_deadline() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("owner_role", sa.Text()), sa.Column("owner_scope", sa.Text()), sa.Column("owner_person", sa.Text()),
        sa.Column("due_on", sa.Date()), sa.Column("due_unknown_zh", sa.Text()),
        sa.Column("due_unknown_en", sa.Text()))


def _audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("seq", _number(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False))
    op.create_index("audit_log_subject", "audit_log", ["subject", "seq"])


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("counted_from", sa.Date(), nullable=False),
        sa.Column("last_event_on", sa.Date(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        *_owner_and_deadline(),
        sa.Column("rulebook", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("seen_run", sa.Text(), nullable=False),
        sa.Column("seen_outcome", sa.Text(), nullable=False),
        sa.Column("seen_holds", sa.Boolean()),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("closed_on", sa.Date()),
        sa.UniqueConstraint("process", "year", "number", name="cases_number"),
        sa.UniqueConstraint("process", "rulebook", "run", "subject", name="cases_finding"),
        sa.CheckConstraint(
            "(closed_on IS NULL) = (owner_role IS NOT NULL AND (due_on IS NOT NULL OR due_unknown_en IS NOT NULL))",
            name="cases_open_is_owned_and_due"))
    op.create_index("cases_one_open", "cases", ["process", "subject"], unique=True,
                    sqlite_where=sa.text("closed_on IS NULL"), postgresql_where=sa.text("closed_on IS NULL"))
    op.create_index("cases_due", "cases", ["process", "closed_on", "due_on"])
    op.create_index("cases_subject", "cases", ["subject"])
    op.create_table(
        "case_events",
        _entry(primary_key=True),
        sa.Column("case_id", sa.Text(), sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        *_owner_and_deadline(),
        sa.Column("detail", sa.Text(), nullable=False))
    op.create_index("case_events_case", "case_events", ["case_id", "seq"])
    op.create_index("case_events_day", "case_events", ["process", "day"])


def _ledger() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("scale", sa.Integer(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("balance >= 0", name="accounts_not_overdrawn"))
    op.create_table(
        "movements",
        _entry(primary_key=True),
        sa.Column("account_id", sa.Text(), sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("way", sa.String(8), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("account_id", "reference", name="movements_reference"))


def _records() -> None:
    op.create_table(
        "runs",
        sa.Column("key", sa.Text(), primary_key=True),
        _entry(),
        sa.Column("rulebook", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("law_date", sa.Date(), nullable=False),
        sa.Column("known_at", sa.Date(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False))
    op.create_index("runs_rulebook", "runs", ["rulebook", "seq"])
    op.create_table(
        "corrections",
        _entry("number", primary_key=True),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("old", sa.Text(), nullable=False),
        sa.Column("new", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("personal", sa.Boolean(), nullable=False))
    op.create_index("corrections_cell", "corrections", ["table_name", "row_key", "column_name"])


def _guard_sqlite() -> None:
    """Refuse change and removal; and an entry that does not follow, for REPLACE would remove without a trigger."""
    for table in ADD_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} only grows: {change} refused'); END")
        key = {"corrections": "number"}.get(table, "seq")
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key}) "
            f"BEGIN SELECT RAISE(ABORT, '{table} only grows: REPLACE refused'); END")
    op.execute(
        "CREATE TRIGGER audit_log_follows BEFORE INSERT ON audit_log "
        "WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit_log) "
        "OR NEW.previous IS NOT coalesce((SELECT hash FROM audit_log ORDER BY seq DESC LIMIT 1), NEW.previous) "
        "BEGIN SELECT RAISE(ABORT, 'audit_log only grows at its end: the entry does not follow the last one'); END")


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION only_grows() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION '% only grows: % refused', TG_TABLE_NAME, TG_OP; END $$")
    for table in ADD_ONLY:
        op.execute(f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
                   "FOR EACH ROW EXECUTE FUNCTION only_grows()")
        op.execute(f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                   "FOR EACH STATEMENT EXECUTE FUNCTION only_grows()")
    op.execute(
        "CREATE FUNCTION audit_entry_follows() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "DECLARE last audit_log%ROWTYPE; BEGIN "
        "SELECT * INTO last FROM audit_log ORDER BY seq DESC LIMIT 1; "
        "IF NEW.seq <> coalesce(last.seq, 0) + 1 OR NEW.previous <> coalesce(last.hash, NEW.previous) THEN "
        "RAISE EXCEPTION 'audit_log only grows at its end: the entry does not follow the last one'; END IF; "
        "RETURN NEW; END $$")
    op.execute("CREATE TRIGGER audit_log_follows BEFORE INSERT ON audit_log "
               "FOR EACH ROW EXECUTE FUNCTION audit_entry_follows()")
