"""
Building the site: what is published goes in, a folder of plain files comes out.

* A sheet (one file) is made again only when what it shows has changed; its key says so.
* Every file is replaced whole, never written in place. New pages come before the lists that lead to them,
  the manifest comes last, so a reader meets no dead link and a build cut short is finished by the next.
* Only files that an earlier build wrote are ever deleted; a folder with anything else in it is refused.
* Beside the output lies one state file (paths, keys, sums); without it everything is simply made again.
"""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import ParamSpec

import msgspec

from crypto.signature import SigningKey
from register import bundle, datafiles, feeds, records
from register.errors import NotOurFolderError
from register.facets import Facet
from register.pages import Pages, environment, rose
from register.places import subjects
from register.records import Published
from register.settings import SiteSettings
from register.shelf import Row, Shelf, chunks
from register.totals import tally
from register.vocabulary import LANGUAGES, RetractionReason
from register.voice import speak

P = ParamSpec("P")

_HERE = Path(__file__).parent
# Not secret: only a name for the version of everything that shapes a page.
_SHAPING = ("templates/*.html", "static/*", "catalogues/*.po", "data/*", "*.py")
_CHANGES_ON_A_PAGE = 150


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did."""

    entries: int
    tombstones: int
    files: int
    written: int
    removed: int
    number: int | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file to be: where, what it depends on, and how to make it."""

    path: str
    key: str
    make: Callable[[], bytes]


class Made(msgspec.Struct, array_like=True):
    """One file as it was made: the key it was made from, and its sum."""

    key: str
    sha256: str


class State(msgspec.Struct):
    """What the last build left. ``number`` is that of its manifest."""

    files: dict[str, Made] = {}
    number: int = 0


def build(
    published: Iterable[Published],
    output: Path,
    *,
    settings: SiteSettings,
    now: datetime,
    signing: SigningKey | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> BuildReport:
    """
    Bring the site in *output* up to what is *published*, and sign the bundle where a key is given.

    Says nothing of approvals: whoever calls passes only what was released.

    Raises:
        NotOurFolderError: *output* holds files that no build of ours wrote.
    """
    if signing is not None and settings.key is None:
        settings = replace(settings, key=signing.public)
    output.mkdir(parents=True, exist_ok=True)
    with _alone(output):
        return _build(Shelf(published), output, settings, now.date(), signing, progress)


def _build(
    shelf: Shelf,
    output: Path,
    settings: SiteSettings,
    day: date,
    signing: SigningKey | None,
    progress: Callable[[int], None],
) -> BuildReport:
    state_path = state_file(output)
    unfinished = state_path.with_suffix(".unfinished")
    was_cut_short = unfinished.exists()
    state = _recover(output, state_path, is_ours=was_cut_short)
    unfinished.touch()
    made: dict[str, Made] = {}
    written = 0
    for place, sheet in enumerate(sheets(shelf, settings, signing)):
        made[sheet.path], is_new = _settle(output, sheet, state.files.get(sheet.path))
        written += is_new
        progress(place + 1)
    stale = set(state.files) | (_strays(output) if was_cut_short else set())
    removed = _remove(output, stale - set(made))
    number = _seal(output, made, state, shelf, signing, day)
    _save(state_path, State(made, number or state.number))
    unfinished.unlink()
    return BuildReport(
        entries=len(shelf.rows),
        tombstones=len(shelf.tombstones),
        files=len(made),
        written=written,
        removed=removed,
        number=number,
    )


@contextmanager
def _alone(output: Path) -> Iterator[None]:
    """Keep hub and command line from building into one folder at once; the second waits."""
    with state_file(output).with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def take_down(
    output: Path,
    public_id: str,
    *,
    folder: Path,
    reason: RetractionReason,
    settings: SiteSettings,
    now: datetime,
    signing: SigningKey,
) -> BuildReport:
    """
    Take one entry down everywhere at once: record, pages, lists, feeds, data, recall list, manifest.

    The record goes first, then the entry's own files, then everything that mentions it; a crash on the way
    leaves a site that the next build mends, never one that forgets.

    Raises:
        MalformedEntryError: *public_id* is not one.
    """
    records.retract(folder, public_id, now.date(), reason)
    _unlink_pages(output, public_id)
    return build(records.read_all(folder), output, settings=settings, now=now, signing=signing)


def _unlink_pages(output: Path, public_id: str) -> None:
    """Delete the entry's own files before anything else is worked out."""
    for language in LANGUAGES:
        (output / language / "entries" / f"{public_id}.html").unlink(missing_ok=True)
    for ending in ("json", "bib", "csl.json"):
        (output / "data" / "entries" / f"{public_id}.{ending}").unlink(missing_ok=True)


def state_file(output: Path) -> Path:
    """Return where the state of *output* lies: beside it, so that it is not published."""
    return output.parent / f".{output.name}.state"


def sheets(shelf: Shelf, settings: SiteSettings, signing: SigningKey | None = None) -> Iterator[Sheet]:
    """Name every file of the site, pages before the lists that lead to them."""
    shape = _shape(settings)
    made_with = environment()
    every = [Pages(made_with, speak(language), settings, shelf) for language in settings.languages]
    voices = [speak(language) for language in settings.languages]
    yield from _static(shape, settings, every)
    for pages in every:
        yield from _entries(pages, shelf, shape)
    yield from _records(shelf, settings, shape, every[0].site_name)
    for pages in every:
        yield from _lists(pages, shelf, shape)
        yield from _single(pages, shelf, shape)
        yield from _changes(pages, shelf, shape)
    whole = _key(
        shape,
        *(record.id + str(len(record.changes)) for record in shelf.records),
        *_keys(shelf.rows.values()),
    )
    for pages, voice in zip(every, voices, strict=True):
        rows = feeds.newest(shelf)
        recent = feeds.changes(shelf)[: feeds.LENGTH]
        key, name, language = _key(shape, *_keys(rows)), pages.site_name, pages.language
        yield Sheet(f"feeds/{language}.atom", key, _late(feeds.atom, rows, voice, settings, name))
        yield Sheet(f"feeds/{language}.json", key, _late(feeds.json_feed, rows, voice, settings, name))
        changed = _late(feeds.changes_atom, shelf, recent, voice, settings, name)
        yield Sheet(f"feeds/changes-{language}.atom", whole, changed)
    yield Sheet("data/register.json", whole, _late(datafiles.register_json, shelf.records))
    yield Sheet("data/register.csv", whole, _late(datafiles.table, shelf.records))
    totals = tally(row.entry for row in shelf.rows.values())
    yield Sheet("data/totals.json", whole, _late(datafiles.totals_json, totals))
    if signing is not None:
        gone = _key(shape, signing.public.hex(), *(record.id for record in shelf.tombstones))
        yield Sheet(bundle.RECALL, gone, _late(bundle.recall, shelf.tombstones, signing))


def _static(shape: str, settings: SiteSettings, every: list[Pages]) -> Iterator[Sheet]:
    for path in sorted((_HERE / "static").iterdir()):
        yield Sheet(path.name, shape, path.read_bytes)
    yield Sheet("data/schema.json", shape, datafiles.schema)
    names = [
        {
            "language": pages.language,
            "name": pages.site_name,
            "tagline": speak(pages.language).say("site.tagline"),
        }
        for pages in every
    ]
    template = environment().get_template("choose.html")
    yield Sheet(
        "index.html",
        shape,
        lambda: template.render(languages=settings.languages, names=names, rose=rose()).encode(),
    )
    if settings.key:
        yield Sheet(bundle.HOW_TO, shape, _late(bundle.how_to, settings.key))


def _entries(pages: Pages, shelf: Shelf, shape: str) -> Iterator[Sheet]:
    language = pages.language
    for row in shelf.rows.values():
        near = {row.entry.parent, *(relation.target for relation in row.entry.relations)}
        neighbours = [shelf.rows[one] for one in sorted(one for one in near if one in shelf.rows and one)]
        titles = [other.title(language) for other in (*neighbours, *shelf.parts.get(row.entry.id, ()))]
        path = f"{language}/entries/{row.entry.id}.html"
        yield Sheet(path, _key(shape, row.key, *titles), _text(pages.entry, row))
    for record in shelf.tombstones:
        path = f"{language}/entries/{record.id}.html"
        yield Sheet(path, _key(shape, record.id, f"{record.changed}"), _text(pages.tombstone, record))


def _records(shelf: Shelf, settings: SiteSettings, shape: str, name: str) -> Iterator[Sheet]:
    for row in shelf.rows.values():
        base, key = f"data/entries/{row.entry.id}", _key(shape, row.key)
        yield Sheet(f"{base}.json", key, _late(datafiles.entry_json, row.record))
        yield Sheet(f"{base}.bib", key, _late(datafiles.bibtex, row, settings, name))
        yield Sheet(f"{base}.csl.json", key, _late(datafiles.csl, row, settings, name))
    for record in shelf.tombstones:
        key = _key(shape, record.id, f"{record.changed}")
        yield Sheet(f"data/entries/{record.id}.json", key, _late(datafiles.entry_json, record))


def _lists(pages: Pages, shelf: Shelf, shape: str) -> Iterator[Sheet]:
    stories = shelf.stories
    cut = chunks(stories)
    names = ["index.html", *(f"from-{page[0].entry.id}.html" for page in cut[1:])]
    beside = _key(*(f"{place}{len(rows)}" for place, rows in sorted(shelf.by_code.items())))
    older = names[1] if len(names) > 1 else None
    yield Sheet(
        f"{pages.language}/index.html",
        _key(shape, *_listed(shelf, cut[0]), older or "", beside),
        _text(pages.front, cut[0], older),
    )
    yield from _paged(pages, shelf, shape, cut, names, None, len(stories), start=1)
    for (facet, code), rows in sorted(shelf.by_code.items()):
        if facet == "subject" and code not in subjects():
            continue
        cut = chunks(rows)
        first = f"by/{facet}-{code.lower()}"
        names = [f"{first}.html", *(f"{first}-from-{page[0].entry.id}.html" for page in cut[1:])]
        yield from _paged(pages, shelf, shape, cut, names, (facet, code), len(rows), start=0)


def _paged(
    pages: Pages,
    shelf: Shelf,
    shape: str,
    cut: list[tuple[Row, ...]],
    names: list[str],
    place: tuple[Facet, str] | None,
    total: int,
    *,
    start: int,
) -> Iterator[Sheet]:
    for number in range(start, len(cut)):
        newer = names[number - 1] if number else None
        older = names[number + 1] if number + 1 < len(names) else None
        # The length of a long list is told on its first page only, or one entry would change every page.
        told = total if number == start else None
        key = _key(shape, *_listed(shelf, cut[number]), newer or "", older or "", f"{told}")
        links = [one.rpartition("/")[2] if one else None for one in (newer, older)]
        make = _text(
            pages.listing, names[number], cut[number], place=place, total=told, newer=links[0], older=links[1]
        )
        yield Sheet(f"{pages.language}/{names[number]}", key, make)


def _single(pages: Pages, shelf: Shelf, shape: str) -> Iterator[Sheet]:
    language = pages.language
    counted = _key(shape, *(f"{place}{len(rows)}" for place, rows in sorted(shelf.by_code.items())))
    totals = tally(row.entry for row in shelf.rows.values())
    figures = [figure for listed in totals.figures.values() for figure in listed]
    titles = [f"{figure.entry.id}{figure.count}{figure.entry.title}{figure.reasons}" for figure in figures]
    yield Sheet(f"{language}/browse.html", counted, _text(pages.browse))
    summed = _key(shape, f"{totals.stories} {totals.refusals} {totals.parts} {totals.by}", *titles)
    yield Sheet(f"{language}/totals.html", summed, _text(pages.totals, totals))
    yield Sheet(f"{language}/method.html", shape, _text(pages.method))
    yield Sheet(f"{language}/data.html", shape, _text(pages.data))


def _changes(pages: Pages, shelf: Shelf, shape: str) -> Iterator[Sheet]:
    recent = feeds.changes(shelf)[:_CHANGES_ON_A_PAGE]
    days = [(day, list(group)) for day, group in groupby(recent, key=lambda pair: pair[1].day)]
    language = pages.language
    said = [
        f"{record.id}{change}{shelf.rows[record.id].title(language) if record.id in shelf.rows else ''}"
        for record, change in recent
    ]
    yield Sheet(f"{language}/changes.html", _key(shape, *said), _text(pages.changes, "changes.html", days))


def _settle(output: Path, sheet: Sheet, before: Made | None) -> tuple[Made, bool]:
    """Make a sheet unless it lies there already; say whether the file was written."""
    path = output / sheet.path
    if before is not None and before.key == sheet.key and path.is_file():
        return before, False
    data = sheet.make()
    digest = hashlib.sha256(data).hexdigest()
    if before is not None and before.sha256 == digest and path.is_file():
        return Made(sheet.key, digest), False
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.new")
    aside.write_bytes(data)
    aside.replace(path)
    return Made(sheet.key, digest), True


def _remove(output: Path, paths: set[str]) -> int:
    """Delete files of ours that are no longer made; a path that leaves the folder is nobody's of ours."""
    inside = [path for path in map(PurePosixPath, paths) if not path.is_absolute() and ".." not in path.parts]
    for path in inside:
        (output / path).unlink(missing_ok=True)
    return len(inside)


def _strays(output: Path) -> set[str]:
    """Find what a build that was cut short may have left in the folders that are ours alone."""
    ours = [folder for folder in output.iterdir() if folder.name in (*LANGUAGES, "data", "feeds")]
    left = [path for folder in ours for path in folder.rglob("*") if path.is_file()]
    aside = [path for path in output.glob(".*.new") if path.is_file()]
    return {path.relative_to(output).as_posix() for path in (*left, *aside)}


def _seal(
    output: Path, made: dict[str, Made], state: State, shelf: Shelf, signing: SigningKey | None, day: date
) -> int | None:
    """Write the sums and sign them, unless nothing changed."""
    listed = bundle.sums({path: one.sha256 for path, one in made.items()})
    path = output / bundle.SUMS
    is_same = path.is_file() and path.read_bytes() == listed
    if not is_same:
        aside = output / f".{bundle.SUMS}.new"
        aside.write_bytes(listed)
        aside.replace(path)
    if signing is None:
        return None
    if is_same and (output / bundle.MANIFEST).is_file():
        return state.number
    number = max(state.number, _number_of(output)) + 1
    return bundle.sign(output, signing, number=number, day=day, entries=len(shelf.rows)).number


def _number_of(output: Path) -> int:
    """Read the number of the manifest that lies there; who signs knows it is ours."""
    try:
        lines = (output / bundle.MANIFEST).read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, UnicodeDecodeError):
        return 0
    return next((int(line[7:]) for line in lines if line.startswith("number ") and line[7:].isdigit()), 0)


def _recover(output: Path, state_path: Path, *, is_ours: bool) -> State:
    """Read the state; where it is lost or broken, take the sums that lie in *output* for it."""
    try:
        return msgspec.json.decode(state_path.read_bytes(), type=State)
    except (FileNotFoundError, msgspec.DecodeError):
        pass
    listed = output / bundle.SUMS
    if listed.is_file():
        lines = listed.read_text(encoding="utf-8").splitlines()
        return State({line[66:]: Made("", line[:64]) for line in lines if ".." not in line})
    if not is_ours and any(path.name != ".gitkeep" for path in output.iterdir()):
        raise NotOurFolderError
    return State()


def _save(path: Path, state: State) -> None:
    aside = path.with_name(f"{path.name}.new")
    aside.write_bytes(msgspec.json.encode(state))
    aside.replace(path)


def _shape(settings: SiteSettings) -> str:
    """Fingerprint everything but the entries that shapes a page: program, templates, sentences, settings."""
    files = sorted(path for pattern in _SHAPING for path in _HERE.glob(pattern) if path.is_file())
    return _key(repr(settings), *(hashlib.sha256(path.read_bytes()).hexdigest() for path in files))


def _listed(shelf: Shelf, rows: Iterable[Row]) -> list[str]:
    return [f"{row.key}{len(shelf.parts.get(row.entry.id, ()))}" for row in rows]


def _keys(rows: Iterable[Row]) -> list[str]:
    return [row.key for row in rows]


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def _late(make: Callable[P, bytes], *args: P.args, **kwargs: P.kwargs) -> Callable[[], bytes]:
    return lambda: make(*args, **kwargs)


def _text(make: Callable[P, str], *args: P.args, **kwargs: P.kwargs) -> Callable[[], bytes]:
    return lambda: make(*args, **kwargs).encode()
