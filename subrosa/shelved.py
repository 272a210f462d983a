"""
Copies of what is public, on the second medium, so that a restore brings the register back as it was last.

A copy is lines of canonical JSON, one for each record file as it lies, sealed to the operator's escrow key
and signed by the hub. It is taken right after anything was published or taken down, and with each backup: an
entry that was withdrawn, or a name that was corrected away, must not return with an older copy. For the same
reason only the newest is kept, unless it lacks what an older one has: records never become fewer by
themselves. A restore takes all copies together.

Pictures lie beside them, one sealed file each, copied once and gone when no record shows them any more.
Nobody signs them: a record names each by its hash, and what is another is not put back.
"""

from __future__ import annotations

import io
import logging
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
from crypto.errors import CryptoError, MalformedError
from crypto.sealed import open_stream
from crypto.signature import SigningKey
from crypto.xwing import Identity
from register import pictures, records
from register.entry import Entry
from register.errors import PictureError, RegisterError
from register.records import Published
from subrosa import copies
from subrosa.copies import PICTURES, RECORDS
from subrosa.errors import RestoreError, ShellError
from subrosa.escrow import Escrow

log = logging.getLogger(__name__)

FORMAT = "subrosa-records-1"

_WHERE = context.named("escrow", RECORDS)
_PICTURES = context.named("escrow", PICTURES)


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
    shown, lost = _copy_pictures(target, folder)
    hour = now.replace(minute=0, second=0, microsecond=0)
    with tempfile.TemporaryFile(dir=target.state_dir) as plain:
        whole, broken = _write(folder, plain)
        plain.write(copies.signed_line(plain, RECORDS, hour, hub))
        path = there / f"{whole:08d}-{copies.stamped(hour)}.age"
        target.seal_into(path, plain, _WHERE)
    if broken or lost or whole < max((_count_of(one) for one in older), default=0):
        raise RecordsLostError
    for other in {*older, *target.folder(PICTURES).glob("*.age")} - {path, *shown}:
        other.unlink()
    return whole


def _copy_pictures(target: Escrow, folder: Path) -> tuple[set[Path], int]:
    """Copy pictures that are not on the medium yet; return where all lie there, and how many are lost."""
    there, shown, lost = target.folder(PICTURES), set(), 0
    for path in sorted(folder.glob("[0-9a-z][0-9a-z]/*.json")):
        for name in _named(folder, path.stem):
            copied = there / f"{path.stem}-{name}.age"
            shown.add(copied)
            if copied.exists():
                continue
            try:
                data = pictures.read(folder, path.stem, name)
            except PictureError:
                # A correction of this moment may have taken it out.
                lost += name in _named(folder, path.stem)
                continue
            target.seal_into(copied, io.BytesIO(data), _PICTURES)
    return shown, lost


def _named(folder: Path, public_id: str) -> list[str]:
    record = _there(folder, public_id)
    return [] if record is None or record.entry is None else [one.sha256 for one in record.entry.pictures]


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


def put_back(
    session: Session, folder: Path, shelf: Shelf, now: datetime, medium: Path, identity: Identity
) -> None:
    """
    Fill *folder* from *shelf*, and let database and channel follow what was taken down since the dump.

    What lies in *folder* already stays where it tells more: a tombstone, or a longer history. A picture that
    is not on *medium* as it was is left out, which the log and ``doctor`` say.
    """
    for record in shelf.records:
        kept = _newer(_there(folder, record.id), record)
        if kept.entry is not None:
            _put_back_pictures(folder, kept.entry, medium, identity)
        records.keep(folder, [kept])
        if kept.is_tombstone and _state(session, kept.id) not in (None, "retracted"):
            channel.withdraw(session, kept.id, now)
            releases.mark_taken_down(session, kept.id, now)


def missing(session: Session, folder: Path) -> int:
    """Return how many entries the database calls public have no record in *folder*, or lack a picture."""
    public = session.scalars(select(Row.public_id).where(Row.state.in_(("published", "corrected"))))
    return sum(_is_missing(folder, _there(folder, public_id)) for public_id in public)


def _is_missing(folder: Path, record: Published | None) -> bool:
    return record is None or (record.entry is not None and bool(pictures.missing(folder, record.entry)))


def _put_back_pictures(folder: Path, entry: Entry, medium: Path, identity: Identity) -> None:
    for name in pictures.missing(folder, entry):
        try:
            copied = medium / PICTURES / f"{entry.id}-{name}.age"
            with copied.open("rb") as source:
                open_stream(source, plain := io.BytesIO(), identity, _PICTURES)
            pictures.lay(folder, entry.id, name, plain.getvalue())
        except (OSError, CryptoError, PictureError) as error:
            log.error("restore.picture_lost %s", type(error).__name__)  # noqa: TRY400  its id is public, no more


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
