"""How a migration meets the database: on the connection, and in the transaction, that upgrade opened."""

from __future__ import annotations

from alembic import context

from casework.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=False,  # the transaction is the caller's
)
context.run_migrations()
