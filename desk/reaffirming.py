"""
Negative claims that age: "as of that day nobody was charged". Somebody has to look again, or take the day on.

Which entries say so is read from the register's records, which are public; nothing of a case is asked. A
record is read again only when its file was replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from desk import additions
from register import records
from register.errors import RegisterError
from register.vocabulary import Language

# How long such a claim stands before somebody is asked to look again.
AGES = timedelta(days=60)
_MARK = additions.AS_OF.encode()


@dataclass(frozen=True)
class Claim:
    """A public entry that says of a day that something was not so."""

    id: str
    title: dict[Language, str] = field(repr=False)
    day: date

    def called(self, language: str) -> str:
        """Return its title in *language*, or in the first it has."""
        return self.title.get(language) or next(iter(self.title.values()), "")  # type: ignore[call-overload]


@dataclass
class Claims:
    """What one desk knows of them, by the file they were read from."""

    known: dict[str, tuple[int, Claim | None]] = field(default_factory=dict, repr=False)

    def aged(self, folder: Path | None, today: date) -> Sequence[Claim]:
        """Return the claims that want a second look, the oldest first; none where no records are in reach."""
        if folder is None:
            return ()
        found: dict[str, tuple[int, Claim | None]] = {}
        for public_id, path, stamp in records.files(folder):
            before = self.known.get(public_id)
            is_read = before is not None and before[0] == stamp
            found[public_id] = before if is_read else (stamp, _read(folder, public_id, path))  # type: ignore[assignment]
        self.known = found
        claims = [claim for _, claim in found.values() if claim is not None and today - claim.day >= AGES]
        return sorted(claims, key=lambda one: (one.day, one.id))


def _read(folder: Path, public_id: str, path: Path) -> Claim | None:
    try:
        # Few entries say so; only those are worth decoding.
        if _MARK not in path.read_bytes():
            return None
        record = records.get(folder, public_id)
    except (RegisterError, OSError):
        return None
    entry = None if record is None else record.entry
    day = None if entry is None else additions.as_of(entry)
    return None if entry is None or day is None else Claim(public_id, dict(entry.title), day)
