"""
Every file of the site, named before any is made: where it goes, what it depends on, how to make it.

A sheet's key changes when, and only when, what the file shows may change; so a build makes only what it
must. Pages come before the lists that lead to them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import ParamSpec

from crypto.signature import SigningKey
from register import bundle, datafiles, feeds
from register.facets import Facet
from register.pages import Pages, environment, rose
from register.places import subjects
from register.settings import SiteSettings
from register.shelf import Row, Shelf, chunks
from register.totals import tally
from register.voice import speak

P = ParamSpec("P")

_HERE = Path(__file__).parent
# Not secret: only a name for the version of everything that shapes a page.
_SHAPING = ("templates/*.html", "static/*", "catalogues/*.po", "data/*", "*.py")
_CHANGES_ON_A_PAGE = 150


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file to be: where, what it depends on, and how to make it."""

    path: str
    key: str
    make: Callable[[], bytes]


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
