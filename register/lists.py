"""
A hand-made list as one body of bytes: what two staff look at, sign and release.

One thing a line, each in its canonical form: the outline, what waits for an editor's word, then the entries
by id. Notices travel with the list, so that it can be written out again, and reach no reader.

Once a list is public its outline and its notices are kept beside the records (:func:`keep`), and no word of
an entry with them: an entry that is taken down must not live on in there.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from register import outline as outlines
from register import proposals as proposing
from register.entry import Entry, dumps, loads
from register.errors import MalformedEntryError
from register.outline import Outline
from register.proposals import Proposal

_FOLDER = "lists"


@dataclass(frozen=True, slots=True)
class HandMade:
    """One list: its entries and notices, how they stood in its file, and what an editor has yet to decide."""

    entries: tuple[Entry, ...]
    outline: Outline | None = None
    proposals: tuple[Proposal, ...] = ()

    @property
    def name(self) -> str:
        """The name of the file it came from; nothing where that is not known."""
        return self.outline.document if self.outline else ""

    @property
    def publishable(self) -> tuple[Entry, ...]:
        """The entries that may be public."""
        return tuple(entry for entry in self.entries if entry.is_publishable)

    @property
    def notices(self) -> tuple[Entry, ...]:
        """What is kept and never public."""
        return tuple(entry for entry in self.entries if not entry.is_publishable)


class _Tagged(msgspec.Struct):
    """A line, seen only as far as it says what it is."""

    format: str = ""


def pack(
    entries: Iterable[Entry], outline: Outline | None = None, proposals: Iterable[Proposal] = ()
) -> bytes:
    """Write a list; the same entries in any order give the same bytes."""
    ordered = sorted(entries, key=lambda entry: entry.id)
    waiting = sorted(proposals, key=lambda one: one.line)
    lines = [] if outline is None else [outlines.dumps(outline)]
    lines += [proposing.dumps(one) for one in waiting]
    lines += [dumps(entry) for entry in ordered]
    return b"".join(line + b"\n" for line in lines)


def unpack(body: bytes) -> HandMade:
    """
    Read what :func:`pack` wrote.

    Raises:
        RegisterError: a line is nothing of a list.
    """
    entries, waiting, found = [], [], None
    for line in body.split(b"\n"):
        if not line:
            continue
        match _format(line):
            case outlines.FORMAT:
                found = outlines.loads(line)
            case proposing.FORMAT:
                waiting.append(proposing.loads(line))
            case _:
                entries.append(loads(line))
    return HandMade(tuple(entries), found, tuple(waiting))


def keep(folder: Path, listed: HandMade) -> None:
    """Keep the outline and the notices of a list beside the records in *folder*."""
    if listed.outline is None:
        return
    known = next((one for one in kept(folder) if _name(one) == _name(listed)), HandMade(()))
    standing = {item.id for item in listed.outline.items}
    notices = {one.id: one for one in (*known.notices, *listed.notices) if one.id in standing}
    # Exact words of entries stand in the spans; what is taken down must not be found here.
    items = tuple(msgspec.structs.replace(item, spans=()) for item in listed.outline.items)
    path = folder / _FOLDER / f"{_name(listed)}.list"
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".new")
    with aside.open("wb") as file:
        file.write(pack(notices.values(), msgspec.structs.replace(listed.outline, items=items)))
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def kept(folder: Path) -> Iterator[HandMade]:
    """
    Read the outlines and notices of every list that was released.

    Raises:
        RegisterError: a file is none of ours.
    """
    for path in sorted((folder / _FOLDER).glob("*.list")):
        yield unpack(path.read_bytes())


def _name(listed: HandMade) -> str:
    """Name the file of a list: its own name may hold what no file's may."""
    return hashlib.sha256(listed.name.encode()).hexdigest()[:20]


def _format(line: bytes) -> str:
    try:
        return msgspec.json.decode(line, type=_Tagged).format
    except (msgspec.DecodeError, RecursionError):
        raise MalformedEntryError("a line of a list cannot be read") from None
