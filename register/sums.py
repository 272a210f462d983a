"""
The list of every file of the bundle with its SHA-256, in the form of ``sha256sum`` and in the order of paths.

After a change only its lines are other ones: they are put into the list that lies there, because of fifty
thousand entries it has 350,000.
"""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

SUMS = "SHA256SUMS"

_LINES = 5000  # lines written at once
_PIECE = 1 << 20  # bytes copied at once
_PATH = 66  # where in a line its path begins


@dataclass(frozen=True, slots=True)
class Listed:
    """The list of sums as it was written: how many files it names, and its own sum."""

    files: int
    sums: str


def write(folder: Path, lines: Iterable[tuple[str, str]]) -> Listed:
    """Write the sums of all files, given as path and SHA-256 in the order of the paths, aside."""
    return _write(folder, _written(lines))


def renew(folder: Path, renewed: Mapping[str, str | None]) -> Listed:
    """
    Write the list that lies in *folder* aside, with the sums of *renewed* files; ``None`` leaves a file out.

    Trusts the list that lies there: whoever calls has held it against its sum.
    """
    with (folder / SUMS).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as lines:
        return _write(folder, _with(lines, renewed))


def place(folder: Path) -> None:
    """Put the sums just written in the place of the old ones."""
    _aside(folder).replace(folder / SUMS)


def _aside(folder: Path) -> Path:
    return folder / f".{SUMS}.new"


def _write(folder: Path, pieces: Iterable[bytes]) -> Listed:
    digest, files = hashlib.sha256(), 0
    with _aside(folder).open("wb") as written:
        for piece in pieces:
            digest.update(piece)
            written.write(piece)
            files += piece.count(b"\n")
    return Listed(files, digest.hexdigest())


def _written(lines: Iterable[tuple[str, str]]) -> Iterator[bytes]:
    walking = iter(lines)
    while some := list(islice(walking, _LINES)):
        yield "".join([f"{one}  {path}\n" for path, one in some]).encode()


def _with(lines: mmap.mmap, renewed: Mapping[str, str | None]) -> Iterator[bytes]:
    """Copy *lines* with those of *renewed* files in their places."""
    done = 0
    for path, digest in sorted((path.encode(), digest) for path, digest in renewed.items()):
        start, end = _find(lines, path)
        yield from _pieces(lines, done, start)
        if digest is not None:
            yield digest.encode() + b"  " + path + b"\n"
        done = end
    yield from _pieces(lines, done, len(lines))


def _pieces(lines: mmap.mmap, start: int, end: int) -> Iterator[bytes]:
    for place in range(start, end, _PIECE):
        yield lines[place : min(place + _PIECE, end)]


def _find(lines: mmap.mmap, path: bytes) -> tuple[int, int]:
    """Return from where to where the line of *path* goes; where it would stand, if there is none."""
    low, high = 0, len(lines)
    while low < high:
        middle = (low + high) // 2
        start = lines.rfind(b"\n", low, middle) + 1 or low
        end = lines.find(b"\n", middle) + 1
        there = lines[start + _PATH : end - 1]
        if there == path:
            return start, end
        if there < path:
            low = end
        else:
            high = start
    return low, low
