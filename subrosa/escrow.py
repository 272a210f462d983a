"""
The second medium: sealed copies of the database and of the hub's keys, for the operator alone to open.

    <medium>/keys/<epoch>-<stamp>.age    all of state_dir but spool.key
    <medium>/dumps/<stamp>.age           the database, see subrosa.dump
    <medium>/erased                      ids that must never come back, one a line, only ever appended to

Everything but ``erased`` is sealed to the operator's escrow key, which lies off the machine. Copies older
than ``escrow.keep_days`` are removed: until then an erased case can be opened by whoever has them, the
escrow key and a staff keyring. Without ``spool.key`` nothing in flight can be restored; that is meant.
"""

from __future__ import annotations

import io
import os
import tarfile
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from casework.database import Database
from casework.strongbox import STATE, write_file
from crypto import context
from crypto.padding import FILE
from crypto.sealed import open_stream, seal_stream
from crypto.xwing import Identity, Recipient
from subrosa import dump
from subrosa.errors import RestoreError

NOT_COPIED = frozenset({"spool"})
ERASED = "erased"

_STAMP = "%Y%m%dT%H%M%SZ"
_KEYS = context.named("escrow", "keys")
_DUMP = context.named("escrow", "dump")


@dataclass(frozen=True, slots=True)
class Copy:
    """What one backup wrote."""

    rows: int
    bytes: int
    epochs_named: tuple[int, ...]
    epochs_copied: tuple[int, ...]

    @property
    def is_green(self) -> bool:
        """Tell whether every epoch the dump names can be opened with what is on the medium."""
        return set(self.epochs_named) <= set(self.epochs_copied)


class Escrow:
    """The second medium of one house."""

    def __init__(self, medium: Path, state_dir: Path, recipient: Recipient) -> None:
        self.medium = medium
        self.state_dir = state_dir
        self.recipient = recipient

    def copy_keys(self, epoch: int, now: datetime) -> None:
        """Seal all of ``state_dir`` but the spool key onto the medium, synced."""
        plain = _pack(self.state_dir)
        target = self._folder("keys") / f"{epoch:08d}-{now.strftime(_STAMP)}.age"
        write_file(target, _seal(plain, self.recipient, _KEYS))

    def copy_database(self, database: Database, epochs: set[int], now: datetime) -> Copy:
        """Seal a dump of *database* onto the medium; *epochs* are those whose keys lie there already."""
        with tempfile.TemporaryFile(dir=self._folder("dumps")) as plain:
            with database.read() as session:
                counts = dump.write(session, plain)
                named = dump.epochs_named(session)
            length = plain.tell()
            plain.seek(0)
            target = self._folder("dumps") / f"{now.strftime(_STAMP)}.age"
            partial = target.with_suffix(".part")
            with partial.open("wb") as sink:
                seal_stream(plain, sink, [self.recipient], _DUMP, length, sizes=FILE)
                sink.flush()
                os.fsync(sink.fileno())
            partial.replace(target)
        return Copy(sum(counts.values()), target.stat().st_size, tuple(sorted(named)), tuple(sorted(epochs)))

    def epochs(self) -> set[int]:
        """Return the epochs whose keys lie on the medium."""
        return {int(path.name.split("-")[0]) for path in self._folder("keys").glob("*.age")}

    def prune(self, keep: timedelta, now: datetime) -> int:
        """Remove copies older than *keep*, but never the newest of a kind; return how many."""
        removed = 0
        for folder in ("keys", "dumps"):
            copies = sorted(self._folder(folder).glob("*.age"), key=_stamp_of)
            for path in copies[:-1]:
                if now - _stamp_of(path) > keep:
                    path.unlink()
                    removed += 1
        return removed

    def newest(self) -> datetime | None:
        """Return when the newest dump was written, or None."""
        stamps = [_stamp_of(path) for path in self._folder("dumps").glob("*.age")]
        return max(stamps, default=None)

    def remember_erased(self, case: bytes) -> None:
        """Append *case* to the ids that every restore leaves out."""
        for folder in (self.medium, self.state_dir):
            with (folder / ERASED).open("a", encoding="ascii") as out:
                out.write(f"{case.hex()}\n")
                out.flush()
                os.fsync(out.fileno())

    def _folder(self, name: str) -> Path:
        folder = self.medium / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder


def open_keys(medium: Path, identity: Identity) -> dict[str, bytes]:
    """
    Open the newest copy of the hub's keys.

    Raises:
        RestoreError: there is none.
        CryptoError: it is not for this escrow key, or damaged.
    """
    plain = _open(_newest(medium / "keys"), identity, _KEYS)
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        return {
            member.name: extracted.read()
            for member in archive.getmembers()
            if (extracted := archive.extractfile(member)) is not None
        }


def open_dump(medium: Path, identity: Identity) -> tuple[io.BytesIO, datetime]:
    """
    Open the newest dump; return it with when it was written.

    Raises:
        RestoreError: there is none.
        CryptoError: it is not for this escrow key, or damaged.
    """
    path = _newest(medium / "dumps")
    return io.BytesIO(_open(path, identity, _DUMP)), _stamp_of(path)


def erased(medium: Path) -> list[bytes]:
    """Return the ids that must never come back."""
    try:
        lines = (medium / ERASED).read_text(encoding="ascii").split()
    except FileNotFoundError:
        return []
    return [bytes.fromhex(line) for line in lines]


def _pack(state_dir: Path) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name in STATE:
            if name not in NOT_COPIED:
                archive.add(state_dir / f"{name}.key", arcname=f"{name}.key")
    return packed.getvalue()


def _seal(plain: bytes, recipient: Recipient, where: bytes) -> bytes:
    sink = io.BytesIO()
    seal_stream(io.BytesIO(plain), sink, [recipient], where, len(plain), sizes=FILE)
    return sink.getvalue()


def _open(path: Path, identity: Identity, where: bytes) -> bytes:
    sink = io.BytesIO()
    with path.open("rb") as source:
        open_stream(source, sink, identity, where)
    return sink.getvalue()


def _newest(folder: Path) -> Path:
    copies = sorted(folder.glob("*.age"), key=_stamp_of)
    if not copies:
        raise RestoreError(f"no copy in {folder.name}")
    return copies[-1]


def _stamp_of(path: Path) -> datetime:
    stamp = path.stem.rsplit("-", 1)[-1]
    return datetime.strptime(f"{stamp}+0000", "%Y%m%dT%H%M%SZ%z")
