"""
The second medium: sealed copies of the database and of the hub's keys, for the operator alone to open.

    <medium>/keys/<epoch>-<hour>.age     all keys of state_dir but spool.key, and what the hub remembers
    <medium>/dumps/<stamp>.age           the database (subrosa.dump), and a line signed by the hub
    <medium>/records/<count>-<hour>.age  what is public (subrosa.shelved), and a line signed by the hub
    <medium>/pictures/<id>-<sha256>.age  pictures of what is public, which the records name by their hash
    <medium>/erased                      ids that must never come back (subrosa.erased), one a line
    <medium>/heads                       daily heads of the journal (casework.dayheads), one a line

Keys are copied at every erasure, so the names of their copies say the hour only. Everything but ``erased``
and ``heads`` is sealed to the operator's escrow key, which lies off the machine. Copies older than
``escrow.keep_days`` are removed: until then an erased case can be opened by whoever has them, the escrow key
and a staff keyring.
What a copy's name and its signature say is in :mod:`subrosa.copies`, what is in a copy of the keys in
:mod:`subrosa.keycopies`.
"""

from __future__ import annotations

import io
import logging
import os
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from casework.database import Database
from casework.dayheads import DayHead
from casework.strongbox import write_file
from crypto import context
from crypto.padding import FILE
from crypto.sealed import seal_stream
from crypto.signature import SigningKey
from crypto.xwing import Identity, Recipient
from subrosa import copies, dump, erased, keycopies

log = logging.getLogger(__name__)

HEADS = "heads"
_DUMP = context.named("escrow", copies.DUMP)


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
        """Seal ``state_dir``, without the spool key, onto the medium, synced; *epoch* is the current one."""
        plain, newest = keycopies.pack(self.state_dir)
        hour = now.replace(minute=0, second=0, microsecond=0)
        target = self.folder(keycopies.FOLDER) / f"{max(epoch, newest):08d}-{copies.stamped(hour)}.age"
        write_file(target, _seal(plain, self.recipient, keycopies.CONTEXT))
        os.utime(target, (hour.timestamp(), hour.timestamp()))

    def copy_database(
        self, database: Database, epochs: set[int], now: datetime, hub: SigningKey | None = None
    ) -> Copy:
        """
        Seal a dump of *database* onto the medium, signed by *hub*.

        *epochs* are those whose keys lie there already. The plain dump never touches the medium.
        """
        target = self.folder("dumps") / f"{copies.stamped(now)}.age"
        with tempfile.TemporaryFile(dir=self.state_dir) as plain:
            with database.read() as session:
                counts = dump.write(session, plain)
                named = dump.epochs_named(session)
            if hub is not None:
                plain.write(copies.signed_line(plain, copies.DUMP, now, hub))
            self.seal_into(target, plain, _DUMP)
        return Copy(sum(counts.values()), target.stat().st_size, tuple(sorted(named)), tuple(sorted(epochs)))

    def seal_into(self, target: Path, plain: IO[bytes], where: bytes) -> None:
        """Seal all of *plain* as the file *target*, whole or not at all, synced."""
        length = plain.seek(0, os.SEEK_END)
        plain.seek(0)
        partial = target.with_suffix(".part")
        with partial.open("wb") as sink:
            seal_stream(plain, sink, [self.recipient], where, length, sizes=FILE)
            sink.flush()
            os.fsync(sink.fileno())
        partial.replace(target)

    def epochs(self) -> set[int]:
        """Return the epochs whose keys lie on the medium."""
        return {int(path.name.split("-")[0]) for path in self.folder(keycopies.FOLDER).glob("*.age")}

    def prune(self, keep: timedelta, now: datetime) -> int:
        """Remove copies older than *keep*, but never the newest of a kind; return how many."""
        removed = 0
        for folder in (keycopies.FOLDER, "dumps"):
            for path in copies.oldest_first(self.folder(folder))[:-1]:
                if now - copies.stamp_of(path) > keep:
                    path.unlink()
                    removed += 1
        return removed

    def newest(self) -> datetime | None:
        """Return when the newest dump was written, or None."""
        stamps = [copies.stamp_of(path) for path in self.folder("dumps").glob("*.age")]
        return max(stamps, default=None)

    def remember_erased(self, case: bytes) -> None:
        """
        Append *case* to the ids that every restore leaves out, here and on the medium.

        A medium that is away stops no erasure: :meth:`copy_erased` brings the id there later.
        """
        erased.append(self.state_dir, [case])
        try:
            erased.append(self.medium, [case])
        except OSError:
            log.error("erased.medium_away")  # noqa: TRY400  a traceback tells no more

    def copy_erased(self) -> int:
        """Bring ids to the medium that were erased while it was away; return how many."""
        there = set(erased.read(self.medium))
        missing = [case for case in dict.fromkeys(erased.read(self.state_dir)) if case not in there]
        if missing:
            erased.append(self.medium, missing)
        return len(missing)

    def keep_head(self, head: DayHead) -> None:
        """Append the head of a day to the medium, unless that day has one."""
        lines = day_heads(self.medium)
        if not any(line.startswith(f"{head.day} ") for line in lines.splitlines()):
            write_file(self.medium / HEADS, f"{lines}{head.write()}\n".encode())

    def folder(self, name: str) -> Path:
        """Return the folder of one kind of copies, made if need be."""
        folder = self.medium / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder


def day_heads(medium: Path) -> str:
    """Return the daily heads that lie on the medium, one a line."""
    try:
        return (medium / HEADS).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def open_dump(medium: Path, identity: Identity, folder: Path) -> tuple[IO[bytes], datetime]:
    """
    Open the newest dump into a file without a name in *folder*; return it with when it was written.

    Raises:
        RestoreError: there is none.
        CryptoError: it is not for this escrow key, or damaged.
    """
    path = copies.newest(medium / "dumps")
    return copies.open_into(path, identity, _DUMP, folder), copies.stamp_of(path)


def _seal(plain: bytes, recipient: Recipient, where: bytes) -> bytes:
    sink = io.BytesIO()
    seal_stream(io.BytesIO(plain), sink, [recipient], where, len(plain), sizes=FILE)
    return sink.getvalue()
