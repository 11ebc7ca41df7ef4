"""The table of streamed findings: each once, each amended at most once, none changed or removed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLE = "streamed_findings"


def upgrade() -> None:
    """Make the table and the triggers that guard it."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.ForeignKey("audit_log.seq"), nullable=False),
        sa.Column("rulebook", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("values_told", sa.Text(), nullable=False),
        sa.Column("amends", sa.String(64), sa.ForeignKey(f"{TABLE}.id")),
        sa.UniqueConstraint("amends", name="streamed_findings_amended_once"))
    op.create_index("streamed_findings_subject", TABLE, ["subject", "rulebook", "at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"CREATE TRIGGER {TABLE}_no_change BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION only_grows()")
        op.execute(f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT EXECUTE FUNCTION only_grows()")
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(f"CREATE TRIGGER {TABLE}_no_{change.lower()} BEFORE {change} ON {TABLE} "
                   f"BEGIN SELECT RAISE(ABORT, '{TABLE} only grows: {change} refused'); END")
    op.execute(f"CREATE TRIGGER {TABLE}_no_replace BEFORE INSERT ON {TABLE} "
               f"WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id OR amends = NEW.amends) "
               f"BEGIN SELECT RAISE(ABORT, '{TABLE} only grows: REPLACE refused'); END")
