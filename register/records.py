"""
What has been published: one file an entry, in a folder of its own, beside the site and not inside it.

* A file is whole or not there: written aside, flushed, renamed, the folder flushed.
* The same bytes put twice change nothing, so the hub may repeat an act after a crash.
* Whoever puts or retracts is alone in the folder: no publication writes over a retraction of that moment.
* What was retracted never comes back: its file keeps id, days and a reason code, and no word of the entry.
* Pictures lie there before the record that shows them, and go before the one that shows them no more.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import msgspec

from register import pictures
from register.checks import problems
from register.entry import Entry, Part, fingerprint, is_id
from register.errors import MalformedEntryError, NotPublishableError, RetractedError
from register.vocabulary import RetractionReason

_NONE: Mapping[str, bytes] = MappingProxyType({})


class Change(Part, frozen=True, kw_only=True):
    """One day on which the public text changed. ``fields`` names what was changed, never how it read."""

    day: date
    kind: Literal["published", "corrected", "retracted"]
    sha256: str | None = None
    fields: tuple[str, ...] = ()


class Listed(Part, frozen=True, kw_only=True):
    """*Private.* What a hand-made list last said of an entry, and what became public then; digests only."""

    words: str
    entry: str = ""


class Published(Part, frozen=True, kw_only=True, tag="subrosa-record-1", tag_field="format"):
    """An entry as the public has it, or the tombstone that is left of it."""

    id: str
    changes: tuple[Change, ...]
    entry: Entry | None = None
    reason: RetractionReason | None = None
    into: str | None = None  # of a duplicate taken down: the entry that tells the same
    listed: Listed | None = None  # private

    @property
    def is_tombstone(self) -> bool:
        """Whether the entry was taken down."""
        return self.entry is None

    @property
    def published(self) -> date:
        """The day it first was public."""
        return self.changes[0].day

    @property
    def changed(self) -> date:
        """The day it last changed."""
        return self.changes[-1].day

    @property
    def is_corrected(self) -> bool:
        """Whether readers of the first version should look again."""
        return any(change.kind == "corrected" for change in self.changes)


def first(entry: Entry, day: date) -> Published:
    """Make the record of an entry that was never public."""
    return Published(
        id=entry.id,
        changes=(Change(day=day, kind="published", sha256=fingerprint(entry)),),
        entry=entry,
    )


def put(
    folder: Path, entry: Entry, day: date, words: str = "", given: Mapping[str, bytes] = _NONE
) -> Published:
    """
    Keep *entry* as published on *day*; the same bytes again change nothing.

    *words* is the digest of what a list says, where the entry comes from one. *given* are those of its
    pictures that do not lie there already, by name. Checks form, not approval:
    whoever calls has verified approvals, verdicts and consent for this hash.

    Raises:
        NotPublishableError: with every reason.
        RetractedError: it was taken down.
        PictureError: a picture is missing, or is not what it is named.
    """
    reasons = problems(entry)
    if reasons:
        raise NotPublishableError(reasons)
    with _alone(folder):
        old = get(folder, entry.id)
        if old is None:
            record = first(entry, day)
        elif old.entry is None:
            raise RetractedError
        elif fingerprint(old.entry) == fingerprint(entry):
            record = old
        else:
            record = _corrected(old, old.entry, entry, day)
        pictures.put(folder, entry, given)
        if words:
            listed = Listed(words=words, entry=fingerprint(entry))
            record = msgspec.structs.replace(record, listed=listed)
        if record != old:
            _write(folder, record)
        pictures.tidy(folder, entry)
        return record


def keep_ours(folder: Path, public_id: str, words: str) -> None:
    """
    Note that a list says *words* of an entry, and that what is public was kept all the same.

    Raises:
        MalformedEntryError: *public_id* is not one, or the file is not ours.
    """
    with _alone(folder):
        old = get(folder, public_id)
        if old is None or old.entry is None:
            return
        brought = old.listed.entry if old.listed else ""
        record = msgspec.structs.replace(old, listed=Listed(words=words, entry=brought))
        if record != old:
            _write(folder, record)


def retract(
    folder: Path,
    public_id: str,
    day: date,
    reason: RetractionReason = "unstated",
    into: str | None = None,
) -> Published:
    """
    Leave only a tombstone of an entry. An id never published gets one too, so that nothing can bring it.

    *into* is the entry that a duplicate is merged into.

    Raises:
        MalformedEntryError: *public_id* is not one.
    """
    _path(folder, public_id)
    with _alone(folder):
        old = _whatever_is_left(folder, public_id)
        if old is not None and old.is_tombstone:
            pictures.drop(folder, public_id)
            return old
        change = Change(day=day, kind="retracted")
        # Hashes of earlier versions go as well: short texts could be guessed from them.
        earlier = tuple(msgspec.structs.replace(past, sha256=None) for past in old.changes) if old else ()
        record = Published(id=public_id, changes=(*earlier, change), reason=reason, into=into)
        _write(folder, record)
        pictures.drop(folder, public_id)
        return record


def get(folder: Path, public_id: str) -> Published | None:
    """
    Read one record, or ``None`` where there is none.

    Raises:
        MalformedEntryError: *public_id* is not one, or the file is not ours.
    """
    path = _path(folder, public_id)
    if not path.exists():
        return None
    return _read(path)


def read_all(folder: Path) -> Iterator[Published]:
    """Read every record, by id."""
    for path in sorted(folder.glob("[0-9a-z][0-9a-z]/*.json")):
        yield _read(path)


def files(folder: Path) -> Iterator[tuple[str, Path, int]]:
    """Return the id and the file of every record, and a number that changes when the file is replaced."""
    for path in folder.glob("[0-9a-z][0-9a-z]/*.json"):
        try:
            told = path.stat()
        except FileNotFoundError:
            continue
        yield path.stem, path, told.st_mtime_ns ^ told.st_ino


def keep(folder: Path, records: Iterable[Published]) -> None:
    """Write records as they are: how a folder is filled again from a bundle or a backup."""
    for record in records:
        _write(folder, record)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep everybody else, here and in other processes, from a record that is about to be replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _corrected(old: Published, before: Entry, after: Entry, day: date) -> Published:
    fields = tuple(name for name in Entry.__struct_fields__ if getattr(before, name) != getattr(after, name))
    change = Change(day=day, kind="corrected", sha256=fingerprint(after), fields=fields)
    return msgspec.structs.replace(old, entry=after, changes=(*old.changes, change))


def _whatever_is_left(folder: Path, public_id: str) -> Published | None:
    """Read a record that is to go; a broken one must not keep it from going."""
    path = _path(folder, public_id)
    try:
        return _read(path) if path.exists() else None
    except MalformedEntryError:
        return None


def _path(folder: Path, public_id: str) -> Path:
    if not is_id(public_id):
        raise MalformedEntryError("the id")
    return folder / public_id[:2] / f"{public_id}.json"


def _read(path: Path) -> Published:
    try:
        record = msgspec.json.decode(path.read_bytes(), type=Published)
    except (msgspec.DecodeError, RecursionError):
        raise MalformedEntryError("the record of a published entry cannot be read") from None
    if record.id != path.stem or not record.changes:
        raise MalformedEntryError("the record of a published entry is not whole")
    return record


def _write(folder: Path, record: Published) -> None:
    path = _path(folder, record.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".new")
    with aside.open("wb") as file:
        file.write(msgspec.json.encode(record, order="sorted"))
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    for directory in (path.parent, folder):
        _flush(directory)


def _flush(directory: Path) -> None:
    """Make a rename outlive a power cut."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
