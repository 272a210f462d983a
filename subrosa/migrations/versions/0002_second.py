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


def _competences() -> None:
    """Add what cases somebody works on, and of where; nobody named any yet, which is all of them."""
    for name in ("topics", "subjects"):
        op.add_column("staff_state", sa.Column(name, sa.String(), nullable=False, server_default=""))


def _lists() -> None:
    """Let lists, loads and the count of failed replies find their rows in a house with many cases."""
    op.create_index("case_second", "case", ["second"])
    op.create_index("case_consultant", "case", ["consultant"])
    op.create_index("case_carried", "case", ["status", "assignee"])
    op.drop_index("ix_case_status", "case")
    op.create_index("journal_act", "journal", ["act", "day"])
    has_state = sa.text("state IS NOT NULL")
    op.create_index("item_state", "item", ["state"], sqlite_where=has_state, postgresql_where=has_state)
