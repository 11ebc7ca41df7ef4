"""The tables of accounts, of their sessions and tokens, and of attempts to sign in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "users",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("capabilities", sa.Text(), nullable=False),
        sa.Column("scope_kind", sa.Text(), nullable=False),
        sa.Column("scope_codes", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("may_see_personal", sa.Boolean(), nullable=False),
        sa.Column("outside", sa.Boolean(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False))
    op.create_table(
        "sign_ins",
        sa.Column("secret_hash", sa.String(64), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("user_name", sa.Text(), sa.ForeignKey("users.name"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("capabilities", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.String(27), nullable=False),
        sa.Column("seen_at", sa.String(27), nullable=False),
        sa.Column("ends_at", sa.String(27), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False))
    op.create_index("sign_ins_user", "sign_ins", ["user_name"])
    op.create_table(
        "sign_in_attempts",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("at", sa.String(27), nullable=False))
    op.create_index("sign_in_attempts_about", "sign_in_attempts", ["about", "at"])
