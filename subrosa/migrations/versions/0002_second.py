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


def _competences() -> None:
    """Add what cases somebody works on, and of where; nobody named any yet, which is all of them."""
    for name in ("topics", "subjects"):
        op.add_column("staff_state", sa.Column(name, sa.String(), nullable=False, server_default=""))
