"""
The database: SQLite when one machine is enough, PostgreSQL when it is not.

One transaction per act. Every write begins IMMEDIATE on SQLite, because a read that later turns into a
write fails with BUSY_SNAPSHOT whatever the timeout. Every write checks the schema number first, so an old
program cannot write into a new house. Statements never carry their parameters into an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from casework.errors import SchemaMismatchError
from casework.tables import Base, House

# Raised by one with every migration.
SCHEMA = 2


class Database:
    """One engine, with the two ways to use it: :meth:`read` and :meth:`write`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def is_sqlite(self) -> bool:
        """Tell whether this is the embedded engine."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a short read; what it loaded stays usable afterwards, nothing it changed is kept."""
        with Session(self.engine, expire_on_commit=False, autoflush=False) as session:
            yield session
            session.expunge_all()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """
        Open one write transaction, committed at the end of the block and rolled back by any error.

        Raises:
            SchemaMismatchError: the database belongs to another version.
        """
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.connection(execution_options={"subrosa_write": True})
            check_schema(session)
            yield session

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def check_schema(session: Session) -> None:
    """
    Check that this database is of this program's version.

    Raises:
        SchemaMismatchError: it is not, or it holds no house yet.
    """
    try:
        number = session.scalar(select(House.schema_number))
    except DBAPIError as error:
        # Both engines name the table they miss; anything else is the database being away.
        if "house" not in str(error.orig):
            raise
        raise SchemaMismatchError from error
    if number != SCHEMA:
        raise SchemaMismatchError


def connect(url: str) -> Database:
    """Connect to the database at *url* (``sqlite:///…`` or ``postgresql+psycopg://…``)."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, hide_parameters=True, connect_args={"timeout": 30})
        _prepare_sqlite(engine)
    else:
        engine = create_engine(parsed, hide_parameters=True, pool_pre_ping=True)
    return Database(engine)


def create_tables(database: Database, sentinel: bytes) -> None:
    """Make every table of a new house and its one row."""
    Base.metadata.create_all(database.engine)
    with Session(database.engine) as session, session.begin():
        session.connection(execution_options={"subrosa_write": True})
        session.add(House(id=1, schema_number=SCHEMA, sentinel=sentinel))


def _prepare_sqlite(engine: Engine) -> None:
    """Set the pragmas of every connection, and let writes begin IMMEDIATE."""

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy says BEGIN, not the driver
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA busy_timeout=30000")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        immediate = connection.get_execution_options().get("subrosa_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
