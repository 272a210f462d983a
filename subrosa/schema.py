"""
The version of the database: laid out new, or brought up by ``subrosa upgrade`` and by nothing else.

An upgrade holds the lock that a running hub holds, copies the database first, and does everything in one
transaction: migrations, foreign keys checked, grants counted and the sentinel opened before and after. What
does not come out equal is rolled back. No sealed byte is touched by a migration.

A copy of an older version is laid out as it was, filled, and brought up in the same way.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from bot.guard import claim, sole_hub
from casework import epoch
from casework.database import SCHEMA, Database, create_tables
from casework.errors import SchemaMismatchError
from casework.strongbox import Strongbox
from crypto import lock
from subrosa.errors import RestoreError, ShellError
from subrosa.settings import Settings

MIGRATIONS = Path(__file__).parent / "migrations"


class UpgradeError(ShellError):
    """The upgrade was rolled back"""


class NoCopyError(ShellError):
    """The database cannot be copied before the upgrade"""

    hint = "on PostgreSQL, pg_dump must be installed"


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What an upgrade did."""

    before: int
    after: int
    grants: int
    copy: Path | None


def lay_out(database: Database, sentinel: bytes) -> None:
    """Make the tables of a new house, at this program's version."""
    create_tables(database, sentinel)
    _stamp(database)


@contextmanager
def as_of(database: Database, number: int) -> Iterator[Session]:
    """
    Lay out the tables of version *number* in an empty database, to be filled: all of it or nothing.

    Until :func:`bring_up` the session speaks to tables of that version, and no mapped class fits them.

    Raises:
        RestoreError: this program knows no such version.
    """
    if not 1 <= number <= SCHEMA:
        raise RestoreError("the dump is of a newer version")
    with _exclusive(database) as connection:
        command.upgrade(_config(connection, MIGRATIONS), revision_of(number))
        with Session(connection) as session:
            yield session


def bring_up(session: Session) -> None:
    """
    Bring what was filled into the tables of an older version to this program's.

    Raises:
        UpgradeError: a row lost what it belongs to, or a grant was lost.
    """
    _run(session.connection(), MIGRATIONS, SCHEMA)


def upgrade(
    settings: Settings,
    database: Database,
    strongbox: Strongbox,
    now: datetime,
    *,
    migrations: Path = MIGRATIONS,
    target: int = SCHEMA,
) -> Upgraded:
    """
    Bring the database to version *target*.

    Raises:
        SchemaMismatchError: it is newer than this program.
        SecondHubError: a hub is running.
        NoCopyError: it could not be copied first; nothing was changed.
        UpgradeError: something did not come out as it went in; nothing was changed.
    """
    with sole_hub(settings.hub.state_dir), database.engine.connect() as guard:
        claim(guard)
        before = version(database)
        if before > target:
            raise SchemaMismatchError
        if before == target:
            return Upgraded(before, before, _grants(guard), None)
        guard.rollback()
        copied = copy(settings, now)
        with _exclusive(database) as connection:
            grants = _migrate(connection, strongbox, migrations, target)
        return Upgraded(before, target, grants, copied)


def version(database: Database) -> int:
    """
    Return the schema number of the database.

    Raises:
        SchemaMismatchError: it holds no house.
    """
    with database.engine.connect() as connection:
        if not database.engine.dialect.has_table(connection, "house"):
            raise SchemaMismatchError
        number = connection.execute(text("SELECT schema_number FROM house")).scalar()
    if number is None:
        raise SchemaMismatchError
    return int(number)


def copy(settings: Settings, now: datetime) -> Path:
    """
    Copy the database as it lies, beside it.

    Raises:
        NoCopyError: there is no way to.
    """
    url = make_url(settings.database.url)
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    if url.get_backend_name() == "sqlite":
        assert url.database is not None
        source = Path(url.database)
        target = source.with_name(f"{source.stem}-before-{stamp}{source.suffix}")
        _vacuum_into(source, target)
        return target
    tool = shutil.which("pg_dump")
    if tool is None:
        raise NoCopyError
    target = settings.hub.state_dir / f"before-{stamp}.dump"
    address = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = {**os.environ, **({"PGPASSWORD": url.password} if url.password else {})}
    done = subprocess.run(  # noqa: S603 - a fixed program, and an address from the operator's own file
        [tool, "--format=custom", f"--file={target}", address],
        env=environment,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise NoCopyError
    return target


def revision_of(number: int) -> str:
    """Return the name of the migration that leads to schema *number*."""
    return f"{number:04d}"


def head(migrations: Path = MIGRATIONS) -> str | None:
    """Return the newest migration there is."""
    return ScriptDirectory(str(migrations)).get_current_head()


def _migrate(connection: Connection, strongbox: Strongbox, migrations: Path, target: int) -> int:
    """Run the migrations and hold the house against what it was before."""
    _open_sentinel(connection, strongbox)
    grants = _run(connection, migrations, target)
    _open_sentinel(connection, strongbox)
    return grants


def _run(connection: Connection, migrations: Path, target: int) -> int:
    grants = _grants(connection)
    command.upgrade(_config(connection, migrations), revision_of(target))
    connection.execute(text("UPDATE house SET schema_number = :n"), {"n": target})
    if connection.dialect.name == "sqlite" and connection.execute(text("PRAGMA foreign_key_check")).first():
        raise UpgradeError("a row lost what it belongs to")
    if _grants(connection) != grants:
        raise UpgradeError("grants were lost")
    return grants


@contextmanager
def _exclusive(database: Database) -> Iterator[Connection]:
    """Open one transaction; foreign keys are off before it begins, because SQLite ignores it inside."""
    connection = database.engine.connect().execution_options(subrosa_write=True)
    try:
        if database.is_sqlite:
            driver = connection.connection.dbapi_connection
            assert driver is not None
            driver.cursor().execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            yield connection
    finally:
        connection.invalidate()
        connection.close()


def _stamp(database: Database) -> None:
    with database.engine.connect().execution_options(subrosa_write=True) as connection, connection.begin():
        command.stamp(_config(connection, MIGRATIONS), revision_of(SCHEMA))


def _grants(connection: Connection) -> int:
    return int(connection.execute(text('SELECT count(*) FROM "grant"')).scalar() or 0)


def _open_sentinel(connection: Connection, strongbox: Strongbox) -> None:
    locked = bytes(connection.execute(text("SELECT sentinel FROM house")).scalar() or b"")
    key = strongbox.lock_of("epoch", lock.number_of(locked))
    lock.unlock(key, locked, epoch.SENTINEL_CONTEXT)


def _vacuum_into(source: Path, target: Path) -> None:
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with sqlite3.connect(source) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))
    connection.close()


def _config(connection: Connection, migrations: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes["connection"] = connection
    return config
