"""Streamed findings are found by the audit entry that recorded them: whoever hands them on asks what is new."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index("streamed_findings_seq", "streamed_findings", ["seq"])
