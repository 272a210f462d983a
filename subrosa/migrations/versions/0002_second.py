"""The second version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring a house of version 1 to version 2."""
    _competences()
    _lists()
    _team_check()
    _pictures()


def _competences() -> None:
    """Add what cases somebody works on, and of where; nobody named any yet, which is all of them."""
    for name in ("topics", "subjects"):
        op.add_column("staff_state", sa.Column(name, sa.String(), nullable=False, server_default=""))


def _lists() -> None:
    """Let lists, loads and the count of failed replies find their rows in a house with many cases."""
    op.create_index("case_second", "case", ["second", "status"])
    op.create_index("case_consultant", "case", ["consultant", "status"])
    op.create_index("case_carried", "case", ["status", "assignee"])
    op.drop_index("ix_case_status", "case")
    op.create_index("journal_act", "journal", ["act", "day"])
    has_state = sa.text("state IS NOT NULL")
    op.create_index("item_state", "item", ["state"], sqlite_where=has_state, postgresql_where=has_state)


def _team_check() -> None:
    """Make room for the team check; nobody takes part yet."""
    op.add_column(
        "staff_state", sa.Column("compares", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "mark",
        sa.Column("case", sa.LargeBinary(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cards", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("locked", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case.id"]),
        sa.PrimaryKeyConstraint("case"),
        sqlite_with_rowid=False,
    )
    op.create_index("mark_epoch", "mark", ["epoch"])
    op.create_table(
        "mark_key",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_with", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", "staff", "key"),
    )


def _pictures() -> None:
    """Add pictures of drafts, and the consent to show one; nobody was asked for it yet, so nobody gave it."""
    op.add_column("case", sa.Column("may_picture", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "draft_picture",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("draft", sa.LargeBinary(length=16), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["draft"], ["draft.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_draft_picture_draft", "draft_picture", ["draft"], unique=False)
