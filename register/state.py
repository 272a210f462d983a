"""
What a builder remembers between two builds: a small SQLite file beside the output, not published.

* It holds what lists need of every entry, the sum of every file made, and what is still to be made.
* It is a cache. Losing it, or finding one that does not fit the output, costs a full build and nothing else.
* What was taken down leaves no word in it: deleted bytes are overwritten.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

# Raised when the tables below change; a state of another version counts as lost.
_VERSION = 2
# Seconds to wait for the other of two builders to finish a transaction.
_PATIENCE = 60

# entry: one line an entry that is or was public; `row` is its register.row.Row, `state` living or gone.
# carried: which stories and parts stand in which list, in the order of the list; `story` is the whole that
#   a part belongs to; `look` changes when what the list shows of it does.
# counted: how many entries and how many stories stand in each list, so that nobody counts all of them again.
# figure: which entries give figures in which unit.   near: which entry names which other.
# file: every file that lies in the output.           work, stale: what is still to be made, and to go.
_TABLES = """
CREATE TABLE seen (id TEXT PRIMARY KEY, mark TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE entry (
    id TEXT PRIMARY KEY, state TEXT NOT NULL, place INTEGER NOT NULL, published TEXT NOT NULL,
    changed TEXT NOT NULL, reason TEXT, parent TEXT, row BLOB NOT NULL
);
CREATE INDEX entry_parent ON entry (parent) WHERE parent IS NOT NULL;
CREATE INDEX entry_newest ON entry (state, published, id);
CREATE TABLE carried (
    facet TEXT NOT NULL, code TEXT NOT NULL, place INTEGER NOT NULL, id TEXT NOT NULL,
    story TEXT NOT NULL, look TEXT NOT NULL, PRIMARY KEY (facet, code, place, id)
) WITHOUT ROWID;
CREATE INDEX carried_id ON carried (id);
CREATE TABLE counted (
    facet TEXT NOT NULL, code TEXT NOT NULL, entries INTEGER NOT NULL, stories INTEGER NOT NULL,
    PRIMARY KEY (facet, code)
) WITHOUT ROWID;
CREATE TABLE figure (
    unit TEXT NOT NULL, place INTEGER NOT NULL, id TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (unit, place, id, n)
) WITHOUT ROWID;
CREATE INDEX figure_id ON figure (id);
CREATE TABLE near (
    id TEXT NOT NULL, target TEXT NOT NULL, type TEXT NOT NULL, PRIMARY KEY (id, target, type)
) WITHOUT ROWID;
CREATE INDEX near_target ON near (target);
CREATE TABLE change (
    day TEXT NOT NULL, id TEXT NOT NULL, n INTEGER NOT NULL, kind TEXT NOT NULL, fields TEXT NOT NULL,
    PRIMARY KEY (day, id, n)
) WITHOUT ROWID;
CREATE INDEX change_id ON change (id);
CREATE TABLE work (
    urgency INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (kind, name)
) WITHOUT ROWID;
CREATE TABLE file (path TEXT PRIMARY KEY, key TEXT NOT NULL, sha256 TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE stale (path TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
# The key of a file that lies in the output since before everything was forgotten.
_OLD = "old"
_OF_ENTRIES = ("seen", "entry", "carried", "counted", "figure", "near", "change", "work")


class State:
    """The open state of one output."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.db = connection

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Do everything in the block, or nothing of it."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    @contextmanager
    def hurrying(self) -> Iterator[None]:
        """
        Do not wait for the disk at every commit in the block; the first one after it makes all of them last.

        A power cut before that leaves a state older than the output, which costs a mending or a full build.
        """
        self.db.execute("PRAGMA synchronous = NORMAL")
        try:
            yield
        finally:
            self.db.execute("PRAGMA synchronous = FULL")

    def fact(self, name: str) -> str:
        """Return one fact of the output, empty where it is unknown."""
        found = self.db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return found[0] if found else ""

    def note(self, name: str, value: str) -> None:
        """Remember one fact of the output."""
        self.db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    def made(self, path: str) -> tuple[str, str] | None:
        """Return the key a file was made from and its sum, or ``None`` where it was not made."""
        found = self.db.execute("SELECT key, sha256 FROM file WHERE path = ?", (path,)).fetchone()
        return (found[0], found[1]) if found else None

    def made_between(self, low: str, high: str) -> dict[str, str]:
        """Return every file from *low* up to *high* with the key it was made from."""
        found = self.db.execute("SELECT path, key FROM file WHERE path >= ? AND path < ?", (low, high))
        return dict(found.fetchall())

    def keep(self, path: str, key: str, sha256: str) -> None:
        """Remember a file that was made."""
        self.db.execute("INSERT OR REPLACE INTO file VALUES (?, ?, ?)", (path, key, sha256))
        self.db.execute("DELETE FROM stale WHERE path = ?", (path,))

    def drop(self, paths: Iterable[str]) -> None:
        """Remember that of *paths* those that were made must go."""
        self.db.executemany(
            "INSERT OR IGNORE INTO stale SELECT path FROM file WHERE path = ?", ((path,) for path in paths)
        )

    def banish(self, paths: Iterable[str]) -> None:
        """Remember that *paths* must go, which are in no list of what was made."""
        self.db.executemany("INSERT OR IGNORE INTO stale VALUES (?)", ((path,) for path in paths))

    def owe(self, kind: str, names: Iterable[str], urgency: int) -> None:
        """Remember what is to be made; what is owed already only gets more urgent."""
        self.db.executemany(
            "INSERT INTO work VALUES (?, ?, ?)"
            " ON CONFLICT (kind, name) DO UPDATE SET urgency = min(urgency, excluded.urgency)",
            ((urgency, kind, name) for name in names),
        )

    def paid(self, kind: str, names: Iterable[str]) -> None:
        """Remember that something was made."""
        self.db.executemany("DELETE FROM work WHERE kind = ? AND name = ?", ((kind, one) for one in names))

    def drop_between(self, low: str, high: str) -> None:
        """Remember that every file from *low* up to *high* must go."""
        self.db.execute(
            "INSERT OR IGNORE INTO stale SELECT path FROM file WHERE path >= ? AND path < ?", (low, high)
        )

    def believe(self, files: Iterable[tuple[str, str]]) -> None:
        """Take files and their sums, of which nothing is known, for ours."""
        self.db.execute("DELETE FROM file")
        self.db.executemany("INSERT OR IGNORE INTO file VALUES (?, '', ?)", files)

    def forget_entries(self) -> None:
        """Forget everything of the entries, so that all of them are read and made again."""
        for table in _OF_ENTRIES:
            self.db.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
        self.db.execute("UPDATE file SET key = ?", (_OLD,))

    def distrust(self, paths: Iterable[str]) -> None:
        """Forget from what *paths* were made; they are made again as soon as somebody looks."""
        self.db.executemany(
            "UPDATE file SET sha256 = '', key = CASE key WHEN ? THEN key ELSE '' END WHERE path = ?",
            ((_OLD, path) for path in paths),
        )

    def lists(self) -> list[str]:
        """Name every list as ``facet/code``."""
        found = self.db.execute("SELECT facet, code FROM counted WHERE facet != 'refusal'")
        return [f"{facet}/{code}" for facet, code in found]

    def drop_old(self) -> None:
        """Remember that files which were not made again since :meth:`forget_entries` must go."""
        self.db.execute("INSERT OR IGNORE INTO stale SELECT path FROM file WHERE key = ?", (_OLD,))


def beside(output: Path, ending: str) -> Path:
    """Return a place of ours beside *output*, so that it is not published."""
    return output.parent / f".{output.name}.{ending}"


def state_file(output: Path) -> Path:
    """Return where the state of *output* lies."""
    return beside(output, "state")


@contextmanager
def opened(path: Path) -> Iterator[State]:
    """Open the state at *path*; one that is not ours, or of another version, is begun anew."""
    connection = _connect(path)
    if connection is None:
        for ending in ("", "-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        connection = _connect(path)
        assert connection is not None
    try:
        yield State(connection)
    finally:
        connection.close()


def in_memory() -> State:
    """Make a state that nobody keeps."""
    connection = _connect(Path(":memory:"))
    assert connection is not None
    return State(connection)


def _connect(path: Path) -> sqlite3.Connection | None:
    """Open or lay out one state; ``None`` where the file is no state of this version."""
    connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if tables == 0:
            connection.executescript(f"BEGIN;{_TABLES}PRAGMA user_version = {_VERSION};COMMIT;")
            return connection
        if version == _VERSION:
            return connection
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            connection.close()
            raise
    connection.close()
    return None
