"""
Links of sources: which ones the register holds, and what a look at them found.

* What a look found is kept in one file beside the records, and is published nowhere. A link stands in it by
  the SHA-256 of its address, so an address that was taken down is not in it either.
* A look says of each link its state, the size and the SHA-256 of the bytes that came. It keeps none of them.
* A look may be made on another machine, over a copy that anybody has. Only links that stand in our records
  now are taken from it, so a look over a forged copy adds nothing.
* The bytes are *steady* when looks on two days brought the same. Only then is their hash the page's own: a
  page made anew for every visitor has one that leads its outlet to the visit.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Literal, get_args

import msgspec

from register import records
from register.entry import Entry, Part, Source
from register.errors import MalformedLooksError

NAME = "links.json"
# A look older than this is asked for again.
AGES = timedelta(days=60)
# An outlet that merely does not answer is called dead when looks this far apart agree.
AGREES = timedelta(days=1)

# found: it is there. gone: the outlet says so. shut: the outlet does not let us in.
# silent: no answer, or a broken one. unasked: it leads where no look may go.
State = Literal["found", "gone", "shut", "silent", "unasked"]
STATES: tuple[State, ...] = get_args(State)


class Look(Part, frozen=True, kw_only=True):
    """What one look at one link found."""

    day: date
    state: State
    status: int | None = None
    size: int | None = None
    sha256: str | None = None


class Looks(msgspec.Struct, frozen=True, kw_only=True, tag="subrosa-looks-1", tag_field="format"):
    """What one person's look at all links of a register found, by the SHA-256 of each address."""

    links: dict[str, Look]


class Link(Part, frozen=True, kw_only=True):
    """
    One link of the register: its last look, the bytes it last brought, and since when it fails.

    ``entries`` are those that name it; ``cited`` is the hash that one of them says it had.
    """

    last: Look
    entries: tuple[str, ...] = ()
    cited: str | None = None
    sha256: str | None = None
    same_since: date | None = None
    same_until: date | None = None
    failing_since: date | None = None

    @property
    def is_dead(self) -> bool:
        """Whether editors should do something about it."""
        if self.last.state == "silent":
            return self.failing_since is not None and self.last.day - self.failing_since >= AGREES
        return self.last.state in ("gone", "unasked")

    @property
    def is_changed(self) -> bool:
        """Whether it no longer brings the bytes that were cited."""
        return None not in (self.cited, self.sha256) and self.cited != self.sha256

    @property
    def steady(self) -> str | None:
        """The hash of its bytes, if looks on two days brought the same."""
        return None if self.same_since == self.same_until else self.sha256


class Known(
    msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, tag="subrosa-links-1", tag_field="format"
):
    """
    All that is known of the links of one register.

    ``day`` is that of the last look, if there was one; ``uncopied`` counts links without an archived copy.
    """

    links: dict[str, Link] = {}
    day: date | None = None
    uncopied: int = 0

    def of(self, url: str | None) -> Link | None:
        """Return what is known of one address."""
        return self.links.get(key(url)) if url else None

    def wants_look(self, today: date) -> bool:
        """Tell whether it is time to look again."""
        return self.day is None or today - self.day >= AGES


def key(url: str) -> str:
    """Return what stands for an address in our file."""
    return hashlib.sha256(url.encode()).hexdigest()


def sources(entry: Entry) -> Iterator[Source]:
    """Return the sources of an entry, those of its follow-ups as well."""
    yield from entry.sources
    for update in entry.updates:
        yield from update.sources


def in_records(folder: Path) -> set[str]:
    """Return every address that stands in the records of *folder*, archived copies as well."""
    living = (one.entry for one in records.read_all(folder) if one.entry is not None)
    cited = [source for entry in living for source in sources(entry)]
    return {url for source in cited for url in (source.url, source.archive_url) if url}


def in_copy(folder: Path) -> set[str]:
    """
    Return every address that a copy of the public site names.

    Raises:
        MalformedLooksError: it is not one.
    """
    try:
        copy = msgspec.json.decode((folder / "data" / "register.json").read_bytes(), type=_Copy)
    except (OSError, msgspec.DecodeError, RecursionError):
        raise MalformedLooksError("the folder holds no data/register.json") from None
    cited = [
        source
        for entry in copy.entries
        for source in (*entry.sources, *(one for update in entry.updates for one in update.sources))
    ]
    return {url for source in cited for url in (source.url, source.archive_url) if url}


def read(folder: Path) -> Known:
    """
    Return what is known of the links whose records lie in *folder*; nothing before the first look.

    Raises:
        MalformedLooksError: the file is not ours.
    """
    try:
        return msgspec.json.decode((folder / NAME).read_bytes(), type=Known)
    except FileNotFoundError:
        return Known()
    except (OSError, msgspec.DecodeError, RecursionError):
        raise MalformedLooksError(NAME) from None


def unpack(data: bytes) -> Looks:
    """
    Read a look made elsewhere.

    Raises:
        MalformedLooksError: it is not one.
    """
    try:
        return msgspec.json.decode(data, type=Looks)
    except (msgspec.DecodeError, RecursionError):
        raise MalformedLooksError("the file is no look at links") from None


def pack(looks: Looks) -> bytes:
    """Write a look, to be carried to where the records lie."""
    return msgspec.json.encode(looks, order="sorted")


def take(folder: Path, looks: Looks, today: date) -> Known:
    """
    Take *looks* in, forget what the register no longer names, keep the rest; return what is known then.

    A day after *today* is no day anybody looked: such a look is left out, and so is one older than ours.

    Raises:
        MalformedLooksError: the file of earlier looks is not ours.
    """
    before, named = read(folder), _named(folder)
    links = {name: link for name, link in before.links.items() if name in named.entries}
    for name, look in looks.links.items():
        if name in named.entries and look.day <= today:
            links[name] = _after(links.get(name), look)
    known = Known(
        links={name: named.told(name, link) for name, link in links.items()},
        day=max((link.last.day for link in links.values()), default=before.day),
        uncopied=named.uncopied,
    )
    _write(folder, msgspec.json.encode(known, order="sorted"))
    return known


@dataclass
class _Named:
    """What the records say of links: which entries name each, what it was cited with, which lack a copy."""

    entries: dict[str, list[str]] = field(default_factory=dict)
    cited: dict[str, str] = field(default_factory=dict)
    uncopied: int = 0

    def told(self, name: str, link: Link) -> Link:
        """Return *link* with what the records say of it now."""
        ids = tuple(dict.fromkeys(self.entries[name]))
        return msgspec.structs.replace(link, entries=ids, cited=self.cited.get(name))


def _named(folder: Path) -> _Named:
    found = _Named()
    for record in records.read_all(folder):
        for source in sources(record.entry) if record.entry is not None else ():
            for url in (source.url, source.archive_url):
                if url:
                    found.entries.setdefault(key(url), []).append(record.id)
            if source.url and source.sha256:
                found.cited[key(source.url)] = source.sha256
            found.uncopied += bool(source.url and not source.archive_url)
    return found


def _write(folder: Path, content: bytes) -> None:
    """Replace our file whole."""
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f"{NAME}.new"
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(folder / NAME)


def _after(before: Link | None, look: Look) -> Link:
    if before is not None and look.day < before.last.day:
        return before
    is_failing = look.state in ("gone", "silent", "unasked")
    since = (before.failing_since if before else None) or look.day
    after = Link(last=look, failing_since=since if is_failing else None)
    if look.sha256 is None:
        kept = after if before is None else before
        return msgspec.structs.replace(kept, last=look, failing_since=after.failing_since)
    is_same = before is not None and before.sha256 == look.sha256
    return msgspec.structs.replace(
        after,
        sha256=look.sha256,
        same_since=before.same_since if before is not None and is_same else look.day,
        same_until=look.day,
    )


class _Cited(msgspec.Struct, frozen=True):
    url: str | None = None
    archive_url: str | None = None


class _Update(msgspec.Struct, frozen=True):
    sources: tuple[_Cited, ...] = ()


class _Told(msgspec.Struct, frozen=True):
    sources: tuple[_Cited, ...] = ()
    updates: tuple[_Update, ...] = ()


class _Copy(msgspec.Struct, frozen=True):
    entries: tuple[_Told, ...] = ()
