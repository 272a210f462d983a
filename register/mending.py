"""
After a build that was cut short, by a crash or a power cut: the output is held against the state.

* Between its first and its last write a build leaves a mark on the disk, so the next one knows.
* A file that is not what the state says is owed again; one that the state does not know is deleted.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from register import bundle
from register.plain import NotPlainError
from register.state import State
from register.taking import ENTRIES, LISTS
from register.vocabulary import LANGUAGES

# Beyond so many files it is quicker to have the machine write out everything.
ONE_BY_ONE = 300
_OF_ENTRY = re.compile(r"(?:(?:\w+|data)/entries/|pictures/)(?P<id>[0-9a-z]+)[./][0-9a-z.]+")


def mend(state: State, output: Path) -> None:
    """Delete what nobody knows of, and owe again what is not as it was made."""
    for path in _ours(output):
        if state.made(path.relative_to(output).as_posix()) is None:
            path.unlink(missing_ok=True)
    broken = list(_broken(state, output))
    entries = sorted({match["id"] for path in broken if (match := _OF_ENTRY.fullmatch(path))})
    with state.writing():
        state.distrust(broken)
        # These are not made by a build, only packed after it.
        state.drop(path for path in broken if path.startswith(("data/register.", "data/totals.", "search/")))
        state.owe("entry", entries, ENTRIES)
        if len(broken) > len(entries):
            state.owe("list", state.lists(), LISTS)
            state.note("packed", "")


def make_lasting(output: Path, written: Iterable[str]) -> None:
    """Make what was written or deleted outlive a power cut."""
    paths = [*written, bundle.SUMS, bundle.MANIFEST]
    if len(paths) > ONE_BY_ONE:
        os.sync()
        return
    folders = {(output / path).parent for path in paths}
    for path in (*(output / path for path in paths), *sorted(folders)):
        flush(path)


def flush(path: Path) -> None:
    """Write one file or folder out to the disk, if it is still there."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _ours(output: Path) -> Iterator[Path]:
    """Walk through the folders that are ours alone, and what was written aside."""
    for folder in output.iterdir():
        if folder.name in (*LANGUAGES, "data", "feeds", "search", "pictures"):
            yield from (path for path in folder.rglob("*") if path.is_file())
    yield from (path for path in output.glob(".*.new") if path.is_file())


def _broken(state: State, output: Path) -> Iterator[str]:
    """Name the files that are not, or not any more, what the state says."""
    for path, digest in state.db.execute("SELECT path, sha256 FROM file ORDER BY path"):
        try:
            if bundle.sha256(output / path) != digest:
                yield path
        except (FileNotFoundError, NotPlainError):
            yield path
