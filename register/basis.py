"""
What an entry of a list stands on: what was public when the list was read, and what the list says of it.

* A record remembers what the list last said of its entry (a digest) and what became public then. So an entry
  corrected here since is told from one that only the list changed, and is not overwritten by the list.
* What was corrected here stays as it is, until those who sign the list choose the list's words for it.
* A list may wait. What was corrected meanwhile is found when the list is released, and goes back to them.
"""

from __future__ import annotations

import hashlib

import msgspec

from register import canonical
from register.entry import Entry, Part, fingerprint
from register.records import Published

FORMAT = "subrosa-basis-1"


class Basis(Part, frozen=True, kw_only=True, tag=FORMAT, tag_field="format"):
    """Of one entry of a list: what was public when it was read, the list's words, and whose words stand."""

    entry: str
    on: str = ""  # fingerprint of what was public; nothing where nothing was
    words: str = ""  # digest of what the list says
    is_corrected: bool = False  # what is public was corrected here since the list last was taken in
    keeps_ours: bool = False  # what is public stays


def words_of(entry: Entry) -> str:
    """Return a digest of what a list says of *entry*: all that a person coded, or else the written words."""
    if entry.origin and entry.origin.key:
        return fingerprint(entry)
    return words_of_text(entry.written)


def words_of_text(written: str) -> str:
    """Return a digest of the words of a list that has no keys of its own."""
    return hashlib.sha256(written.encode()).hexdigest()


def is_corrected(record: Published) -> bool:
    """Tell whether what is public is not as a list last brought it, but was written or corrected here."""
    if record.entry is None:
        return False
    return record.listed is None or record.listed.entry != fingerprint(record.entry)


def basis_of(entry: Entry, words: str, record: Published | None) -> Basis:
    """Return what a reading of a list that says *words* stands on; what was corrected here stays at first."""
    if record is None or record.entry is None:
        return Basis(entry=entry.id, words=words)
    ours = is_corrected(record)
    on = fingerprint(record.entry)
    return Basis(entry=entry.id, on=on, words=words, is_corrected=ours, keeps_ours=ours)


def kept(basis: Basis, record: Published) -> Basis:
    """Return *basis* as of now, with what is public staying as it is."""
    on = "" if record.entry is None else fingerprint(record.entry)
    return msgspec.structs.replace(basis, on=on, is_corrected=True, keeps_ours=True)


def is_overtaken(entry: Entry, basis: Basis, record: Published) -> bool:
    """Tell whether what is public changed since the reading, so that *entry* would undo that."""
    if basis.keeps_ours or record.entry is None:
        return False
    # The entry itself may be there already, if the hub stopped while it took the list in.
    return fingerprint(record.entry) not in (basis.on, fingerprint(entry))


def dumps(basis: Basis) -> bytes:
    """Write the canonical bytes of *basis*."""
    return canonical.dumps(basis)


def loads(data: bytes) -> Basis:
    """
    Read a basis.

    Raises:
        MalformedEntryError: these bytes are not exactly what :func:`dumps` writes.
    """
    return canonical.loads(data, Basis, "what an entry of a list stands on")
