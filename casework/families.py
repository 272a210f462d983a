"""
Families of keys: one file each, with numbered keys of which one serves.

Every write is a new file, synced and renamed, so a crash leaves the old file or the new one. One process
writes at a time. What a new file replaces is overwritten: a key that was dropped must not lie about.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from casework import canonical
from casework.errors import KeyMissingError
from crypto.errors import MalformedError

# Rows built with a superseded key may still be on their way to the writer; they never take this long.
SETTLING = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Secret:
    """One numbered 32-byte key, and since when it serves; one that waits serves nothing yet."""

    number: int
    secret: bytes = field(repr=False)
    made: datetime
    waits: bool = False


class Family:
    """The numbered keys of one file."""

    def __init__(self, path: Path, keys: dict[int, Secret]) -> None:
        self.path = path
        self.keys = keys

    def __repr__(self) -> str:
        return f"<Family {self.path.stem} {sorted(self.keys)}>"

    @classmethod
    def create(cls, path: Path, number: int, now: datetime) -> Family:
        """Make a new file with one new key."""
        family = cls(path, {})
        family.add(number, now)
        return family

    @classmethod
    def load(cls, path: Path) -> Family:
        """
        Read the file at *path*.

        Raises:
            KeyMissingError: there is none, or it is damaged.
        """
        keys = _parse(read_file(path))
        return cls(path, {key.number: key for key in keys})

    @property
    def current(self) -> Secret:
        """Return the newest key that serves."""
        return max((key for key in self.keys.values() if not key.waits), key=_since)

    @property
    def waiting(self) -> Secret | None:
        """Return the key that was prepared and does not serve yet, if there is one."""
        return next((key for key in self.keys.values() if key.waits), None)

    def prepare(self, number: int, now: datetime) -> Secret:
        """Put a new key on file that does not serve yet; the one that waits there already, if there is."""
        with self._alone():
            if self.waiting is None:
                key = Secret(number, secrets.token_bytes(32), now, waits=True)
                self._save({**self.keys, number: key})
            assert self.waiting is not None
            return self.waiting

    def begin(self, number: int, now: datetime) -> None:
        """Let the prepared key *number* serve from now on; one that serves already is left as it is."""
        with self._alone():
            key = self.keys.get(number)
            if key is not None and key.waits:
                self._save({**self.keys, number: Secret(number, key.secret, now)})

    def add(self, number: int, now: datetime) -> Secret:
        """Make key *number* the current one; the others stay until dropped."""
        key = Secret(number, secrets.token_bytes(32), now)
        with self._alone():
            self._save({**self.keys, number: key})
        return key

    def drop(self, number: int) -> None:
        """Forget key *number* for good."""
        with self._alone():
            self._save({n: key for n, key in self.keys.items() if n != number})

    def reload(self) -> None:
        """Read the file again: another process of this house may have rotated."""
        if self.path.exists():
            self.keys = Family.load(self.path).keys

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the family's lock file and the newest state of its file."""
        lock_file = self.path.with_name(f".{self.path.name}.lock")
        handle = os.open(lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            self.reload()
            yield
        finally:
            os.close(handle)

    def superseded(self, now: datetime) -> list[int]:
        """Return the keys no new row names: their successor has served for longer than :data:`SETTLING`."""
        serving = sorted((key for key in self.keys.values() if not key.waits), key=_since)
        pairs = itertools.pairwise(serving)
        return sorted(key.number for key, successor in pairs if now - successor.made >= SETTLING)

    def _save(self, keys: dict[int, Secret]) -> None:
        entries = {
            str(n): {"made": k.made.isoformat(), "secret": k.secret.hex()}
            | ({"waits": True} if k.waits else {})
            for n, k in keys.items()
        }
        # Whoever holds the lock writes alone: what lies half-written here is of a process that died.
        for leftover in self.path.parent.glob(f"{_partial(self.path)}*"):
            _wipe(leftover)
            leftover.unlink(missing_ok=True)
        with _old_copy(self.path) as old:
            write_file(self.path, canonical.dumps({"keys": entries}))
            _overwrite(old)
        self.keys = keys


def write_file(path: Path, body: bytes) -> None:
    """Replace *path* by *body*, readable by its owner only, or leave it as it was."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=_partial(path))
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(body)
            out.flush()
            os.fsync(out.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _since(key: Secret) -> tuple[datetime, int]:
    return key.made, key.number


def _partial(path: Path) -> str:
    """Return how the name of a file begins that is to become *path*."""
    return f".new-{path.name}-"


def read_file(path: Path) -> bytes:
    """
    Return the bytes of a family's file, making sure that there are keys in it.

    Raises:
        KeyMissingError: there is none, or it is damaged.
    """
    for _attempt in range(2):
        with suppress(OSError):
            body = path.read_bytes()
            if _parse(body):
                return body
        # Replaced while it was read: what was there is wiped. The next look finds the new one.
    raise KeyMissingError(path.stem)


def _parse(body: bytes) -> list[Secret]:
    """Return the keys that *body* holds, none when it is damaged."""
    try:
        return [
            Secret(
                int(n),
                bytes.fromhex(e["secret"]),
                datetime.fromisoformat(e["made"]),
                bool(e.get("waits", False)),
            )
            for n, e in canonical.loads(body)["keys"].items()
        ]
    except (MalformedError, AttributeError, KeyError, TypeError, ValueError):
        return []


@contextmanager
def _old_copy(path: Path) -> Iterator[IO[bytes] | None]:
    """Hold on to what lies at *path* now while another file takes its name."""
    try:
        held = path.open("r+b")
    except FileNotFoundError:
        yield None
        return
    with held:
        yield held


def _overwrite(held: IO[bytes] | None) -> None:
    """
    Write zeros over a file that lost its name, so that a key that was dropped is not left in free blocks.

    Helps where the medium writes in place. Flash memory and copying file systems keep what they like.
    """
    if held is not None:
        length = held.seek(0, os.SEEK_END)
        held.seek(0)
        held.write(bytes(length))
        held.flush()
        os.fsync(held.fileno())


def _wipe(path: Path) -> None:
    with _old_copy(path) as held:
        _overwrite(held)
