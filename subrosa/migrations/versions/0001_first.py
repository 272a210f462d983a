"""The first version: a new house is laid out with it, so there is nothing to do."""

from __future__ import annotations

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Do nothing: the tables of a new house are made from their declarations."""
