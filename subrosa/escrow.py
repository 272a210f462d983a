"""
The second medium: sealed copies of the database and of the hub's keys, for the operator alone to open.

    <medium>/keys/<epoch>-<hour>.age     all keys of state_dir but spool.key, and what the hub remembers
    <medium>/dumps/<stamp>.age           the database (subrosa.dump), and a line signed by the hub
    <medium>/records/<count>-<hour>.age  what is public (subrosa.shelved), and a line signed by the hub
    <medium>/erased                      ids that must never come back, one a line, only ever appended to
    <medium>/heads                       daily heads of the journal (casework.dayheads), one a line

Keys are copied at every erasure, so the names of their copies say the hour only. Everything but ``erased``
and ``heads`` is sealed to the operator's escrow key, which lies off the machine. Copies older than
``escrow.keep_days`` are removed: until then an erased case can be opened by whoever has them, the escrow key
and a staff keyring.
Without ``spool.key`` nothing in flight can be restored; that is meant.

Whoever can write the medium can seal a dump of their own: the hub's signature over bytes and time says which
are ours. That an older one stands in place of a newer it does not say.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import re
import tarfile
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from casework import canonical
from casework.database import Database
from casework.dayheads import DayHead
from casework.families import read_file
from casework.strongbox import MEMORY, STATE, write_file
from crypto import context
from crypto.errors import CryptoError
from crypto.padding import FILE
from crypto.sealed import open_stream, seal_stream
from crypto.signature import SigningKey, verify
from crypto.xwing import Identity, Recipient
from subrosa import dump
from subrosa.errors import RestoreError

log = logging.getLogger(__name__)

NOT_COPIED = frozenset({"spool"})
ERASED = "erased"
HEADS = "heads"
_ID = re.compile(r"[0-9a-f]{32}")

_STAMP = "%Y%m%dT%H%M%SZ"
_KEYS = context.named("escrow", "keys")
_DUMP = context.named("escrow", "dump")

# What the hub signs a copy as: one that is moved to the place of another kind is not believed.
DUMP = "dump"
RECORDS = "records"


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
        plain, newest = _pack(self.state_dir)
        hour = now.replace(minute=0, second=0, microsecond=0)
        target = self.folder("keys") / f"{max(epoch, newest):08d}-{hour.strftime(_STAMP)}.age"
        write_file(target, _seal(plain, self.recipient, _KEYS))
        os.utime(target, (hour.timestamp(), hour.timestamp()))

    def copy_database(
        self, database: Database, epochs: set[int], now: datetime, hub: SigningKey | None = None
    ) -> Copy:
        """
        Seal a dump of *database* onto the medium, signed by *hub*.

        *epochs* are those whose keys lie there already. The plain dump never touches the medium.
        """
        target = self.folder("dumps") / f"{now.strftime(_STAMP)}.age"
        with tempfile.TemporaryFile(dir=self.state_dir) as plain:
            with database.read() as session:
                counts = dump.write(session, plain)
                named = dump.epochs_named(session)
            if hub is not None:
                plain.write(signed_line(plain, DUMP, now, hub))
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
        return {int(path.name.split("-")[0]) for path in self.folder("keys").glob("*.age")}

    def prune(self, keep: timedelta, now: datetime) -> int:
        """Remove copies older than *keep*, but never the newest of a kind; return how many."""
        removed = 0
        for folder in ("keys", "dumps"):
            for path in copies(self.folder(folder))[:-1]:
                if now - stamp_of(path) > keep:
                    path.unlink()
                    removed += 1
        return removed

    def newest(self) -> datetime | None:
        """Return when the newest dump was written, or None."""
        stamps = [stamp_of(path) for path in self.folder("dumps").glob("*.age")]
        return max(stamps, default=None)

    def remember_erased(self, case: bytes) -> None:
        """
        Append *case* to the ids that every restore leaves out, here and on the medium.

        A medium that is away stops no erasure: :meth:`copy_erased` brings the id there later.
        """
        _append(self.state_dir / ERASED, [case.hex()])
        try:
            _append(self.medium / ERASED, [case.hex()])
        except OSError:
            log.error("erased.medium_away")  # noqa: TRY400  a traceback tells no more

    def copy_erased(self) -> int:
        """Bring ids to the medium that were erased while it was away; return how many."""
        there = set(erased(self.medium))
        missing = [case for case in dict.fromkeys(erased(self.state_dir)) if case not in there]
        if missing:
            _append(self.medium / ERASED, [case.hex() for case in missing])
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


def open_keys(medium: Path, identity: Identity) -> dict[str, bytes]:
    """
    Open the newest copy of the hub's keys.

    Raises:
        RestoreError: there is none.
        CryptoError: it is not for this escrow key, or damaged.
    """
    found = _unpack(newest(medium / "keys"), identity)
    return {name: body for name, body in found.items() if name not in MEMORY}


def open_memory(medium: Path, identity: Identity) -> dict[str, bytes]:
    """
    Open what the hub remembered when its keys were last copied, by the names of its files.

    Raises:
        RestoreError, CryptoError: as :func:`open_keys`.
    """
    found = _unpack(newest(medium / "keys"), identity)
    return {name: body for name, body in found.items() if name in MEMORY}


def add_epochs(
    medium: Path, identity: Identity, epoch_key: bytes, wanted: set[int]
) -> tuple[bytes, set[int]]:
    """
    Add to the file *epoch_key* the epochs in *wanted* that only older copies hold.

    A dump may be older than the newest copy of the keys, and an erasure in between has retired the epoch its
    grants are under. Returns the file, and which of *wanted* no copy holds.

    Raises:
        CryptoError: a copy is not for this escrow key, or damaged.
    """
    keys: dict[str, Any] = canonical.loads(epoch_key)["keys"]
    for path in reversed(copies(medium / "keys")):
        missing = {str(number) for number in wanted} - keys.keys()
        if not missing:
            break
        older = canonical.loads(_unpack(path, identity)["epoch.key"])["keys"]
        keys |= {number: older[number] for number in missing & older.keys()}
    return canonical.dumps({"keys": keys}), {number for number in wanted if str(number) not in keys}


def open_dump(medium: Path, identity: Identity, folder: Path) -> tuple[IO[bytes], datetime]:
    """
    Open the newest dump into a file without a name in *folder*; return it with when it was written.

    Raises:
        RestoreError: there is none.
        CryptoError: it is not for this escrow key, or damaged.
    """
    path = newest(medium / "dumps")
    return open_into(path, identity, _DUMP, folder), stamp_of(path)


def open_into(path: Path, identity: Identity, where: bytes, folder: Path) -> IO[bytes]:
    """
    Open the copy at *path* into a file without a name in *folder*, to be read from its start.

    Raises:
        CryptoError: it is not for this escrow key, or damaged.
    """
    plain = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  it is the caller's to close
    try:
        with path.open("rb") as source:
            open_stream(source, plain, identity, where)
    except BaseException:
        plain.close()
        raise
    plain.seek(0)
    return plain


def check_signed(plain: IO[bytes], kind: str, taken: datetime, hub: bytes) -> None:
    """
    Check that the hub signed this copy as one of *kind*, for the time its name says.

    Raises:
        RestoreError: it did not.
    """
    digest, last = hashlib.sha256(), b""
    plain.seek(0)
    for line in plain:
        digest.update(last)
        last = line
    plain.seek(0)
    try:
        signature = bytes.fromhex(canonical.loads(last.rstrip(b"\n"))["hub"])
        verify(hub, f"subrosa/{kind}", _claim(kind, digest.digest(), taken), signature)
    except (CryptoError, KeyError, TypeError, ValueError):
        raise RestoreError(f"the copy of the {kind} is not signed by the hub of this house") from None


def erased(medium: Path) -> list[bytes]:
    """Return the ids that must never come back; lines that are none are passed over, and the log says so."""
    ids, damaged = _read_erased(medium)
    if damaged:
        log.error("erased.damaged_lines %d", damaged)
    return ids


def damaged_lines(medium: Path) -> int:
    """Return how many lines are no id of an erased case, nor the torn beginning of one that is there."""
    return _read_erased(medium)[1]


def _read_erased(medium: Path) -> tuple[list[bytes], int]:
    try:
        lines = (medium / ERASED).read_text(encoding="ascii", errors="replace").split()
    except FileNotFoundError:
        return [], 0
    whole = [line for line in lines if _ID.fullmatch(line)]
    torn = [line for line in lines if not _ID.fullmatch(line)]
    damaged = sum(not any(id_.startswith(line) for id_ in whole) for line in torn)
    return [bytes.fromhex(line) for line in whole], damaged


def day_heads(medium: Path) -> str:
    """Return the daily heads that lie on the medium, one a line."""
    try:
        return (medium / HEADS).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def _append(path: Path, lines: list[str]) -> None:
    """
    Append lines to the list at *path*, all of them, synced, readable by its owner only.

    A line that was cut short before, by a full disk or a power cut, is left to itself.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        end = os.fstat(handle).st_size
        begin = "" if end == 0 or os.pread(handle, 1, end - 1) == b"\n" else "\n"
        rest = memoryview((begin + "".join(f"{line}\n" for line in lines)).encode("ascii"))
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def signed_line(plain: IO[bytes], kind: str, now: datetime, hub: SigningKey) -> bytes:
    """Return the last line of a copy of *kind*: the hub's signature over all before it, and over when."""
    plain.seek(0)
    digest = hashlib.file_digest(plain, "sha256").digest()  # type: ignore[arg-type]
    plain.seek(0, os.SEEK_END)
    return canonical.dumps({"hub": hub.sign(f"subrosa/{kind}", _claim(kind, digest, now)).hex()}) + b"\n"


def _claim(kind: str, digest: bytes, taken: datetime) -> bytes:
    return canonical.dumps({kind: digest.hex(), "taken": taken.strftime(_STAMP)})


def _pack(state_dir: Path) -> tuple[bytes, int]:
    """Pack the key files that are copied; return them with the newest epoch on file."""
    packed, newest = io.BytesIO(), 0
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name in STATE:
            if name in NOT_COPIED:
                continue
            body = read_file(state_dir / f"{name}.key")
            if name == "epoch":
                newest = max(int(number) for number in canonical.loads(body)["keys"])
            _add(archive, f"{name}.key", body)
        for name in MEMORY:
            with suppress(FileNotFoundError):
                _add(archive, name, (state_dir / name).read_bytes())
    return packed.getvalue(), newest


def _add(archive: tarfile.TarFile, name: str, body: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(body)
    archive.addfile(member, io.BytesIO(body))


def _unpack(path: Path, identity: Identity) -> dict[str, bytes]:
    plain = io.BytesIO()
    with path.open("rb") as source:
        open_stream(source, plain, identity, _KEYS)
    plain.seek(0)
    with tarfile.open(fileobj=plain) as archive:
        return {
            member.name: extracted.read()
            for member in archive.getmembers()
            if (extracted := archive.extractfile(member)) is not None
        }


def _seal(plain: bytes, recipient: Recipient, where: bytes) -> bytes:
    sink = io.BytesIO()
    seal_stream(io.BytesIO(plain), sink, [recipient], where, len(plain), sizes=FILE)
    return sink.getvalue()


def copies(folder: Path) -> list[Path]:
    """Return the copies in *folder*, oldest first."""
    return sorted(folder.glob("*.age"), key=lambda path: (stamp_of(path), path.name))


def newest(folder: Path) -> Path:
    """
    Return the newest copy in *folder*.

    Raises:
        RestoreError: there is none.
    """
    found = copies(folder)
    if not found:
        raise RestoreError(f"no copy in {folder.name}")
    return found[-1]


def stamped(when: datetime) -> str:
    """Write *when* as names of copies say it."""
    return when.strftime(_STAMP)


def stamp_of(path: Path) -> datetime:
    """Read from its name when a copy was taken."""
    stamp = path.stem.rsplit("-", 1)[-1]
    return datetime.strptime(f"{stamp}+0000", "%Y%m%dT%H%M%SZ%z")
