"""
A hand-made list as one body of bytes: what two staff look at, sign and release.

One thing a line, each in its canonical form: the outline, what waits for an editor's word, what the entries
stand on, then the entries by id. Notices travel with the list, so that it can be written out again, and
reach no reader.

Once a list is public its outline and its notices are kept beside the records (:func:`keep`), and no word of
an entry with them: an entry that is taken down must not live on in there.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from register import basis as basing
from register import outline as outlines
from register import proposals as proposing
from register.basis import Basis
from register.entry import Entry, dumps, loads
from register.errors import MalformedEntryError
from register.outline import Outline
from register.proposals import Proposal
from register.records import Published

_FOLDER = "lists"


@dataclass(frozen=True, slots=True)
class HandMade:
    """
    One list: its entries and notices, how they stood in its file, what an editor has yet to decide.

    ``bases`` say what was public when it was read.
    """

    entries: tuple[Entry, ...]
    outline: Outline | None = None
    proposals: tuple[Proposal, ...] = ()
    bases: tuple[Basis, ...] = ()

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

    @property
    def standing(self) -> Iterator[tuple[Entry, Basis]]:
        """The entries that may be public, each with what it stands on."""
        known = {one.entry: one for one in self.bases}
        return ((one, known.get(one.id) or Basis(entry=one.id)) for one in self.publishable)


class _Tagged(msgspec.Struct):
    """A line, seen only as far as it says what it is."""

    format: str = ""


def pack(
    entries: Iterable[Entry],
    outline: Outline | None = None,
    proposals: Iterable[Proposal] = (),
    bases: Iterable[Basis] = (),
) -> bytes:
    """Write a list; the same entries in any order give the same bytes."""
    ordered = sorted(entries, key=lambda entry: entry.id)
    waiting = sorted(proposals, key=lambda one: one.line)
    lines = [] if outline is None else [outlines.dumps(outline)]
    lines += [proposing.dumps(one) for one in waiting]
    lines += [basing.dumps(one) for one in sorted(bases, key=lambda one: one.entry)]
    lines += [dumps(entry) for entry in ordered]
    return b"".join(line + b"\n" for line in lines)


def unpack(body: bytes) -> HandMade:
    """
    Read what :func:`pack` wrote.

    Raises:
        RegisterError: a line is nothing of a list.
    """
    entries, waiting, bases, found = [], [], [], None
    for line in body.split(b"\n"):
        if not line:
            continue
        match _format(line):
            case outlines.FORMAT:
                found = outlines.loads(line)
            case proposing.FORMAT:
                waiting.append(proposing.loads(line))
            case basing.FORMAT:
                bases.append(basing.loads(line))
            case _:
                entries.append(loads(line))
    return HandMade(tuple(entries), found, tuple(waiting), tuple(bases))


def overtaken(listed: HandMade, public: Callable[[str], Published | None]) -> HandMade | None:
    """
    Return *listed* with what was corrected here since it was read kept as it is; ``None`` if nothing was.

    Whoever signs the list has to look at it again then.
    """
    found = {}
    for entry, basis in listed.standing:
        record = public(entry.id)
        if record is not None and basing.is_overtaken(entry, basis, record):
            found[entry.id] = basing.kept(basis, record)
    if not found:
        return None
    bases = {one.entry: one for one in listed.bases} | found
    return replace(listed, bases=tuple(bases.values()))


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
        file.write(pack(notices.values(), msgspec.structs.replace(listed.outline, items=items, left=())))
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
