"""
Where a build takes published records from, one at a time: a folder, or what a caller holds in memory.

A source names every record with a mark that changes when the record does, so a build reads only what is new.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from register import pictures, records
from register.entry import ID_LENGTH, fingerprint
from register.errors import MalformedEntryError, PictureError
from register.records import Published


class Source(Protocol):
    """Published records in the order of their ids."""

    def scan(self) -> Iterator[tuple[str, str]]:
        """Name every record with its mark, by id."""

    def read(self, public_id: str) -> Published:
        """
        Read one record.

        Raises:
            MalformedEntryError: it is not there, or not ours.
        """

    def picture(self, public_id: str, name: str, /) -> bytes:
        """
        Read one picture of an entry.

        Raises:
            PictureError: it is not there, or not what it is named.
        """


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder :mod:`register.records` keeps. A file's mark is what its replacing changes."""

    path: Path

    def scan(self) -> Iterator[tuple[str, str]]:
        """Name every record with its mark, by id, without opening it."""
        for letters in _names(self.path):
            if len(letters) != 2:
                continue
            for name, found in _files(self.path / letters):
                public_id = name.removesuffix(".json")
                if len(public_id) == ID_LENGTH and public_id != name:
                    yield public_id, f"{found.st_mtime_ns}-{found.st_size}-{found.st_ino}"

    def read(self, public_id: str) -> Published:
        """
        Read one record.

        Raises:
            MalformedEntryError: it is not there, or not ours.
        """
        found = records.get(self.path, public_id)
        if found is None:
            raise MalformedEntryError("the record is gone")
        return found

    def picture(self, public_id: str, name: str, /) -> bytes:
        """Read one picture of an entry."""
        return pictures.read(self.path, public_id, name)


class Held:
    """Records in memory, and their pictures by name: examples, and small registers in tests."""

    def __init__(self, published: Iterable[Published], shown: Mapping[str, bytes] | None = None) -> None:
        self._records = {record.id: record for record in published}
        self._pictures = shown or {}

    def scan(self) -> Iterator[tuple[str, str]]:
        """Name every record with its mark, by id."""
        for public_id, record in sorted(self._records.items()):
            told = "" if record.entry is None else fingerprint(record.entry)
            yield public_id, f"{record.changes}{told}"

    def read(self, public_id: str) -> Published:
        """Return one record."""
        return self._records[public_id]

    def picture(self, _public_id: str, name: str, /) -> bytes:
        """Return one picture."""
        if name not in self._pictures:
            raise PictureError
        return self._pictures[name]


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as found:
            return sorted(one.name for one in found if one.is_dir(follow_symlinks=False))
    except FileNotFoundError:
        return []


def _files(folder: Path) -> list[tuple[str, os.stat_result]]:
    with os.scandir(folder) as found:
        return sorted((one.name, one.stat(follow_symlinks=False)) for one in found if one.is_file())
