"""
What is public of one story in more than one entry: a whole and its parts.

Read from the register's records, which are public. A record is read again only when its file was replaced.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from register import kin, records
from register.entry import Entry
from register.errors import RegisterError

# How an entry that is a part says so in its bytes; only those are worth decoding.
_MARK = b'"parent":'


@dataclass(frozen=True)
class Relative:
    """A public entry that is the whole or a part of another, and whether that one's words stand in it too."""

    entry: Entry = field(repr=False)
    is_whole: bool
    shares: bool

    @property
    def id(self) -> str:
        """Its public id."""
        return self.entry.id

    def called(self, language: str) -> str:
        """Return its title in *language*, or in the first it has."""
        title = self.entry.title
        return title.get(language) or next(iter(title.values()), "")  # type: ignore[call-overload]


@dataclass
class Wholes:
    """What one desk knows of which entry is a part of which, by the file it was read from."""

    known: dict[str, tuple[int, str | None]] = field(default_factory=dict, repr=False)

    def relatives(self, folder: Path | None, ids: Collection[str]) -> Mapping[str, Sequence[Relative]]:
        """
        Return the whole and the parts of each of *ids*, those with the same words first.

        Without records in reach nothing is known of any.
        """
        if folder is None or not ids:
            return {}
        parts = self._parts(folder)
        found = {}
        for one in ids:
            whole = self.known.get(one, (0, None))[1]
            around = [*([whole] if whole else []), *parts.get(one, ())]
            entry = _public(folder, one) if around else None
            others = [_public(folder, other) for other in around]
            if entry is not None:
                near = [
                    Relative(other, is_whole=other.id == whole, shares=kin.holds(other, entry))
                    for other in others
                    if other is not None
                ]
                found[one] = sorted(near, key=lambda relative: not relative.shares)
        return {one: relatives for one, relatives in found.items() if relatives}

    def _parts(self, folder: Path) -> Mapping[str, Sequence[str]]:
        found: dict[str, tuple[int, str | None]] = {}
        for public_id, path, stamp in records.files(folder):
            before = self.known.get(public_id)
            is_read = before is not None and before[0] == stamp
            found[public_id] = before if is_read else (stamp, _whole_of(folder, public_id, path))  # type: ignore[assignment]
        self.known = found
        parts: dict[str, list[str]] = {}
        for public_id, (_, whole) in sorted(found.items()):
            if whole is not None:
                parts.setdefault(whole, []).append(public_id)
        return parts


def _whole_of(folder: Path, public_id: str, path: Path) -> str | None:
    try:
        if _MARK not in path.read_bytes():
            return None
    except OSError:
        return None
    entry = _public(folder, public_id)
    return None if entry is None else entry.parent


def _public(folder: Path, public_id: str) -> Entry | None:
    try:
        record = records.get(folder, public_id)
    except (RegisterError, OSError):
        return None
    return None if record is None else record.entry
