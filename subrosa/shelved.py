"""
Copies of what is public, on the second medium, so that a restore brings the register back as it was last.

A copy is lines of canonical JSON, one for each record file as it lies, sealed to the operator's escrow key
and signed by the hub. It is taken right after anything was published or taken down, and with each backup: an
entry that was withdrawn, or a name that was corrected away, must not return with an older copy. For the same
reason only the newest is kept, unless it lacks what an older one has: records never become fewer by
themselves. A restore takes all copies together.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import channel
from casework import canonical, releases
from casework.tables import Published as Row
from crypto import context
from crypto.errors import MalformedError
from crypto.signature import SigningKey
from crypto.xwing import Identity
from register import records
from register.errors import RegisterError
from register.records import Published
from subrosa import copies
from subrosa.copies import RECORDS
from subrosa.errors import RestoreError, ShellError
from subrosa.escrow import Escrow

FORMAT = "subrosa-records-1"

_WHERE = context.named("escrow", RECORDS)


class RecordsLostError(ShellError):
    """Records of the register are missing or damaged on this machine"""

    hint = "older copies are kept: restore into a scratch folder, and put register.records_dir back"


@dataclass(frozen=True, slots=True)
class Shelf:
    """What was public when the copies were taken."""

    records: tuple[Published, ...] = ()


def mark(folder: Path) -> tuple[int, ...]:
    """Return what changes whenever a record is written: the moments at which each of its folders did."""
    return tuple(one.stat().st_mtime_ns for one in sorted(folder.glob("[0-9a-z][0-9a-z]")))


def copy(target: Escrow, folder: Path, now: datetime, hub: SigningKey) -> int:
    """
    Copy every record in *folder* to the medium, drop older copies, and return how many there are.

    A house that never published anything has nothing to copy.

    Raises:
        RecordsLostError: some were lost or damaged since; what is left was copied beside the older copies.
    """
    there = target.folder(RECORDS)
    older = copies.oldest_first(there)
    if not folder.is_dir() and not older:
        return 0
    hour = now.replace(minute=0, second=0, microsecond=0)
    with tempfile.TemporaryFile(dir=target.state_dir) as plain:
        whole, broken = _write(folder, plain)
        plain.write(copies.signed_line(plain, RECORDS, hour, hub))
        path = there / f"{whole:08d}-{copies.stamped(hour)}.age"
        target.seal_into(path, plain, _WHERE)
    if broken or whole < max((_count_of(one) for one in older), default=0):
        raise RecordsLostError
    for other in set(older) - {path}:
        other.unlink()
    return whole


def open_copies(medium: Path, identity: Identity, folder: Path, hub: bytes) -> Shelf:
    """
    Open the copies on *medium*, through files without a name in *folder*; without a copy the shelf is empty.

    Raises:
        RestoreError: one is not whole, or the hub whose key is *hub* did not sign it.
        CryptoError: one is not for this escrow key, or damaged.
    """
    found: dict[str, Published] = {}
    for path in copies.oldest_first(medium / RECORDS):
        with copies.open_into(path, identity, _WHERE, folder) as plain:
            copies.check_signed(plain, RECORDS, copies.stamp_of(path), hub)
            for record in _read(plain):
                found[record.id] = _newer(found.get(record.id), record)
    return Shelf(tuple(found.values()))


def put_back(session: Session, folder: Path, shelf: Shelf, now: datetime) -> None:
    """
    Fill *folder* from *shelf*, and let database and channel follow what was taken down since the dump.

    What lies in *folder* already stays where it tells more: a tombstone, or a longer history.
    """
    for record in shelf.records:
        kept = _newer(_there(folder, record.id), record)
        records.keep(folder, [kept])
        if kept.is_tombstone and _state(session, kept.id) not in (None, "retracted"):
            channel.withdraw(session, kept.id, now)
            releases.mark_taken_down(session, kept.id, now)


def missing(session: Session, folder: Path) -> int:
    """Return how many entries the database calls public have no record in *folder*."""
    public = session.scalars(select(Row.public_id).where(Row.state.in_(("published", "corrected"))))
    return sum(_there(folder, public_id) is None for public_id in public)


def _newer(one: Published | None, other: Published) -> Published:
    """Return the record that tells more: nothing that was taken down comes back, no correction is undone."""
    if one is None:
        return other
    return max(other, one, key=lambda record: (record.is_tombstone, len(record.changes)))


def _there(folder: Path, public_id: str) -> Published | None:
    try:
        return records.get(folder, public_id)
    except RegisterError:
        return None


def _state(session: Session, public_id: str) -> str | None:
    return session.scalar(select(Row.state).where(Row.public_id == public_id))


def _count_of(copied: Path) -> int:
    """Read from its name how many records a copy holds."""
    return int(copied.stem.split("-")[0])


def _write(folder: Path, sink: IO[bytes]) -> tuple[int, int]:
    """Write the records that can be read; return how many there are, and how many others."""
    sink.write(canonical.dumps({"format": FORMAT}) + b"\n")
    whole = broken = 0
    for path in sorted(folder.glob("[0-9a-z][0-9a-z]/*.json")):
        body = path.read_bytes().decode("utf-8", errors="replace")
        if _record(path.stem, body) is None:
            broken += 1
            continue
        sink.write(canonical.dumps({"id": path.stem, "record": body}) + b"\n")
        whole += 1
    sink.write(canonical.dumps({"end": whole}) + b"\n")
    return whole, broken


def _read(source: IO[bytes]) -> list[Published]:
    """Read a signed copy."""
    try:
        head, *lines, end, _signature = [canonical.loads(line.rstrip(b"\n")) for line in source]
        read = [_record(line["id"], line["record"]) for line in lines]
    except (MalformedError, LookupError, TypeError, ValueError):
        raise RestoreError("the copy of the records is of another version") from None
    if head != {"format": FORMAT} or end != {"end": len(lines)} or None in read:
        raise RestoreError("the copy of the records is not whole")
    return [record for record in read if record is not None]


def _record(public_id: str, body: str) -> Published | None:
    try:
        record = msgspec.json.decode(body, type=Published)
    except (msgspec.DecodeError, RecursionError):
        return None
    return record if record.id == public_id and record.changes else None
