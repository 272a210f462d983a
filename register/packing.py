"""
Files that hold the whole register: data for programs, the search index, the archive.

They take longer than a take-down may, so they follow in a pass of their own. It works aside, without keeping
anybody from building; only what still fits the site at the end is put in its place.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path

from crypto.signature import SigningKey
from register import bundle, datafiles, search, zipping
from register.builder import Issue, list_all, seal
from register.errors import MalformedEntryError
from register.mending import flush, make_lasting
from register.public import public
from register.records import Published
from register.settings import SiteSettings
from register.shelf import Shelf
from register.site import alone
from register.sources import Source
from register.state import State, beside, opened, state_file
from register.sums import Listed
from register.taking import BULK, SEARCH

_BULK = "bulk"
_PIECE = 1 << 20  # bytes read at once


@dataclass(frozen=True, slots=True)
class PackReport:
    """What a packing made."""

    files: int
    archive_bytes: int


class _OvertakenError(Exception):
    """The site changed while its whole was being written."""


def pack(
    source: Source,
    output: Path,
    *,
    settings: SiteSettings,
    now: datetime,
    signing: SigningKey | None = None,
    issue: Issue = lambda seen: seen + 1,
) -> PackReport | None:
    """
    Bring the files that hold the whole register up to the site, and sign the bundle and its archive anew.

    Returns ``None`` where nothing is due, or the site changed meanwhile, and the next call will do it. An
    archive is made only where a key is given, because nobody could tell whether it is ours.

    Raises:
        MalformedEntryError: a record cannot be read; the older files are gone, the site may have moved on.
    """
    edition = _due(output)
    if edition is None:
        return None
    aside = beside(output, "packing")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        aside.mkdir()
        seals = partial(seal, signing=signing, day=now.date(), issue=issue)
        try:
            files = _write_bulk(source, output, aside, settings)
        except MalformedEntryError:
            _place(output, aside, {}, edition, seals)
            raise
        _place(output, aside, files, edition, seals)
        size = 0 if signing is None else _archive(output, aside, edition, signing, now.date())
        with alone(output), opened(state_file(output)) as state:
            _check(state, edition)
            with state.writing():
                state.note("packed", edition)
    except _OvertakenError:
        return None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return PackReport(len(files), size)


def _due(output: Path) -> str | None:
    """Return which edition of the site lacks its whole; ``None`` where none does, or a build is under way."""
    if not state_file(output).exists():
        return None
    with opened(state_file(output)) as state:
        edition = state.fact("edition")
        return edition if edition != state.fact("packed") and _is_at_rest(state) else None


def _is_at_rest(state: State) -> bool:
    (owed,) = state.db.execute("SELECT (SELECT count(*) FROM work) + (SELECT count(*) FROM stale)").fetchone()
    return bool(owed == 0 and state.fact("sums"))


def _check(state: State, edition: str) -> None:
    if state.fact("edition") != edition or not _is_at_rest(state):
        raise _OvertakenError


def _write_bulk(source: Source, output: Path, aside: Path, settings: SiteSettings) -> dict[str, str]:
    """Write everything that is listed in the sums; return the sum of every file."""
    with opened(state_file(output)) as state:
        shelf = Shelf(state)
        for path, pieces in (
            (BULK[0], datafiles.register_json(_records(source, shelf))),
            (BULK[1], datafiles.table(_records(source, shelf))),
            (BULK[2], datafiles.totals_json(shelf)),
        ):
            (aside / path).parent.mkdir(exist_ok=True)
            with (aside / path).open("wb") as written:
                written.writelines(pieces)
        (aside / "search").mkdir()
        names = search.write(aside / "search", _living(source, shelf), settings.languages)
    paths = [*BULK, *(f"search/{name}" for name in names)]
    return {path: bundle.sha256(aside / path) for path in paths}


def _records(source: Source, shelf: Shelf) -> Iterator[Published]:
    return (source.read(public_id) for public_id in shelf.ids())


def _living(source: Source, shelf: Shelf) -> Iterator[search.Page]:
    for public_id in shelf.ids_newest_first():
        record = source.read(public_id)
        if record.entry is not None:
            names = [name for one in record.entry.persons for name in (one.name, *one.variants)]
            yield search.Page(
                public(record), (*names, *record.entry.legal.lawyers), search.coded(record.entry)
            )


def _place(
    output: Path,
    aside: Path,
    files: dict[str, str],
    edition: str,
    seals: Callable[[State, Path, Listed], int | None],
) -> None:
    """Put what was written in its place, if the site is still what it was written from; drop what is old."""
    with alone(output), opened(state_file(output)) as state:
        _check(state, edition)
        bundle.drop_archive(output)
        old = {
            path for (path,) in state.db.execute("SELECT path FROM file WHERE path >= ? AND path < ?", SEARCH)
        } | {path for path in BULK if state.made(path)}
        if not files and not old:
            return
        unfinished = beside(output, "unfinished")
        unfinished.touch()
        flush(unfinished.parent)
        with state.writing():
            for path, digest in files.items():
                (output / path).parent.mkdir(parents=True, exist_ok=True)
                (aside / path).replace(output / path)
                state.keep(path, _BULK, digest)
            for path in old - set(files):
                (output / path).unlink(missing_ok=True)
                state.db.execute("DELETE FROM file WHERE path = ?", (path,))
        seals(state, output, list_all(state, output))
        make_lasting(output, files)
        unfinished.unlink()


def _archive(output: Path, aside: Path, edition: str, signing: SigningKey, day: date) -> int:
    """Put the whole bundle into one archive, and sign a note of its sum."""
    archive = aside / bundle.ARCHIVE
    with opened(state_file(output)) as state, archive.open("xb") as written:
        listed = state.db.execute("SELECT path, sha256 FROM file ORDER BY path")
        zipping.write(written, _members(output, listed), day)
        number = int(state.fact("number"))
    with alone(output), opened(state_file(output)) as state:
        _check(state, edition)
        if int(state.fact("number")) != number:
            raise _OvertakenError
        gone = sum(1 for _ in Shelf(state).gone())
        note = bundle.archive_note(archive, signing, number=number, day=day, gone=gone)
        (output / bundle.ARCHIVE_NOTE).write_bytes(note)
        archive.replace(output / bundle.ARCHIVE)
    return (output / bundle.ARCHIVE).stat().st_size


def _members(output: Path, listed: Iterable[tuple[str, str]]) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Read every file of the bundle, those in the list as they were listed."""
    for name in (bundle.MANIFEST, bundle.SUMS):
        yield name, _pieces(output / name, None)
    for path, digest in listed:
        yield path, _pieces(output / path, digest)


def _pieces(path: Path, expected: str | None) -> Iterator[bytes]:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
                yield piece
    except FileNotFoundError:
        raise _OvertakenError from None
    if expected is not None and digest.hexdigest() != expected:
        raise _OvertakenError
