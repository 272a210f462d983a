"""
Sources as a person types them: one a line, outlet | day | address | archived copy | SHA-256.

What no line shows (the role of a source, its citation in a list) stays with a source that is recognised.
"""

from __future__ import annotations

from datetime import date

import msgspec

from desk.errors import IncompleteError
from register.entry import Source


def line(source: Source) -> str:
    """Return a source as it stands in the form: outlet, day, address, archived copy, SHA-256."""
    day = source.day.isoformat() if source.day else ""
    parts = [source.outlet, day, source.url or "", source.archive_url or "", source.sha256 or ""]
    return " | ".join(parts).rstrip(" |")


def read(text: str, before: tuple[Source, ...] = ()) -> tuple[Source, ...]:
    """
    Read one source a line. An untouched line stays as it was, and so does its role where an address is added.

    Raises:
        IncompleteError: something that should be a day is none.
    """
    known = [(line(source), source) for source in before]
    found = []
    for written in text.splitlines():
        outlet, _, rest = written.partition("|")
        day, _, rest = rest.partition("|")
        url, _, rest = rest.partition("|")
        archive, _, digest = rest.partition("|")
        if not outlet.strip():
            continue
        same = next((one for one in known if one[0] == written.strip()), None)
        if same is not None:
            known.remove(same)
            found.append(same[1])
            continue
        typed = Source(
            outlet=outlet.strip()[:200],
            day=_day(day.strip()),
            url=url.strip() or None,
            archive_url=archive.strip() or None,
            sha256=digest.strip().lower() or None,
        )
        grown = next((one for one in known if _is_grown(one[1], typed)), None)
        if grown is not None:
            known.remove(grown)
        found.append(typed if grown is None else _grown(grown[1], typed))
    return tuple(found)


def _is_grown(before: Source, typed: Source) -> bool:
    return before.outlet == typed.outlet and before.day == typed.day and before.url in (None, typed.url)


def _grown(before: Source, typed: Source) -> Source:
    """Return *before* with the addresses and the hash of *typed*: its role and its citation stay."""
    return msgspec.structs.replace(before, url=typed.url, archive_url=typed.archive_url, sha256=typed.sha256)


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise IncompleteError("sources") from None
