"""
Links of public entries that somebody should look after: dead, changed since they were cited, unlooked at.

What looks found lies beside the register's records (:mod:`register.links`); the addresses are read from the
records themselves. The desk visits nothing. A desk that cannot reach the records has no list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from register import links, records
from register.entry import Entry
from register.errors import RegisterError
from register.links import Known, Link
from register.vocabulary import Language


@dataclass(frozen=True)
class Broken:
    """One link of a public entry, and what is wrong with it: the state of its last look, or ``changed``."""

    id: str
    title: dict[Language, str] = field(repr=False)
    outlet: str = field(repr=False)
    url: str = field(repr=False)
    how: str
    since: date
    is_copy: bool
    is_copied: bool

    def called(self, language: str) -> str:
        """Return its entry's title in *language*, or in the first it has."""
        return self.title.get(language) or next(iter(self.title.values()), "")  # type: ignore[call-overload]


@dataclass(frozen=True)
class Links:
    """What this desk says of the links of the register; ``day`` is that of the last look, if any."""

    broken: Sequence[Broken] = ()
    day: date | None = None
    wants_look: bool = False
    uncopied: int = 0


def read(folder: Path | None, today: date) -> Links | None:
    """Return what is known of the links; nothing where no records are in reach."""
    if folder is None:
        return None
    try:
        known = links.read(folder)
    except RegisterError:
        return Links(wants_look=True)
    wrong = {name: link for name, link in known.links.items() if link.is_dead or link.is_changed}
    ids = sorted({one for link in wrong.values() for one in link.entries})
    entries = [entry for one in ids if (entry := _entry(folder, one)) is not None]
    found = [one for entry in entries for one in _broken(entry, wrong)]
    return Links(
        broken=sorted(found, key=lambda one: (one.how == "changed", one.is_copied, one.since, one.id)),
        day=known.day,
        wants_look=known.wants_look(today),
        uncopied=known.uncopied,
    )


def known(folder: Path | None) -> Known:
    """Return what is known of every link, for the page on which sources are written."""
    try:
        return Known() if folder is None else links.read(folder)
    except RegisterError:
        return Known()


def _broken(entry: Entry, wrong: dict[str, Link]) -> Iterator[Broken]:
    for source in links.sources(entry):
        for url in (source.url, source.archive_url):
            link = wrong.get(links.key(url)) if url else None
            if url is None or link is None:
                continue
            yield Broken(
                id=entry.id,
                title=dict(entry.title),
                outlet=source.outlet,
                url=url,
                how=link.last.state if link.is_dead else "changed",
                since=link.failing_since or link.same_since or link.last.day,
                is_copy=url == source.archive_url,
                is_copied=source.archive_url is not None,
            )


def _entry(folder: Path, public_id: str) -> Entry | None:
    try:
        record = records.get(folder, public_id)
    except (RegisterError, OSError):
        return None
    return None if record is None else record.entry
