"""
Every file of the site: where it goes, what it depends on, how it is made.

The files of one entry are made together, from its record read once. A list or a page of figures has a key
that changes when, and only when, what it shows may change; so it is made again only when it must be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import ParamSpec

from crypto.signature import SigningKey
from register import bundle, datafiles, feeds, pictures
from register.errors import MalformedEntryError
from register.facets import FACETS, Facet
from register.honesty import Honesty
from register.pages import Counted, Pages, environment, rose
from register.places import subjects
from register.public import public
from register.row import Row
from register.settings import SiteSettings
from register.shelf import STORIES, Shelf, chunks
from register.sources import Source
from register.totals import figures, tally
from register.vocabulary import LANGUAGES
from register.voice import Voice, speak

P = ParamSpec("P")
Listed = Sequence[tuple[str, str]]

_HERE = Path(__file__).parent
# Not secret: only a name for the version of everything that shapes a page.
_SHAPING = ("templates/*.html", "static/*", "catalogues/*.po", "data/*.tsv", "*.py")
_CHANGES_ON_A_PAGE = 100
# Readers poll; fifty entries outlast a week of silence.
_IN_A_FEED = 50
# Figures beyond this, in all units together, stand in the data file only.
_FIGURES_SHOWN = 70


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file to be: where, what it depends on, and how to make it."""

    path: str
    key: str
    make: Callable[[], bytes]


class Sheets:
    """The files of one register in all its languages."""

    def __init__(
        self, shelf: Shelf, source: Source, settings: SiteSettings, shape: str, signing: SigningKey | None
    ) -> None:
        self._shelf = shelf
        self._source = source
        self._settings = settings
        self._signing = signing
        self._environment = environment()
        self._voices = [speak(language) for language in settings.languages]
        self._pages = [Pages(self._environment, voice, settings, shelf) for voice in self._voices]
        self._shape = shape

    def entry(self, public_id: str) -> dict[str, bytes]:
        """
        Make every file of one entry; of one that is no more, what is left.

        Raises:
            MalformedEntryError: its record cannot be read.
        """
        row, grave = self._shelf.row(public_id), self._shelf.grave(public_id)
        if row is None and grave is None:
            return {}
        record = self._source.read(public_id)
        shown = public(record)
        made = {f"data/entries/{public_id}.json": datafiles.entry_json(shown)}
        if row is None or record.entry is None:
            for pages in self._pages:
                made[_page(pages, public_id)] = pages.tombstone(shown).encode()
            return made
        for pages in self._pages:
            made[_page(pages, public_id)] = pages.entry(record, row, shown).encode()
        names = {pages.language: pages.site_name for pages in self._pages}
        name = names.get(row.original, self._pages[0].site_name)
        made[f"data/entries/{public_id}.bib"] = datafiles.bibtex(row, self._settings, name)
        made[f"data/entries/{public_id}.csl.json"] = datafiles.csl(row, self._settings, name)
        for one in record.entry.pictures:
            made[pictures.place(public_id, one.sha256)] = self._source.picture(public_id, one.sha256)
        return made

    def listing(self, name: str, there: Mapping[str, str]) -> tuple[list[Sheet], set[str]]:
        """
        Name the pages of one list, called ``facet/code``, in every language.

        Returns those to be made, and the paths of those that lie *there* and were made from the same key.
        """
        facet, _, code = name.partition("/")
        listed = self._shelf.listed(facet, code)
        if not listed or (facet == "subject" and code not in subjects()):
            return [], set()
        cut = chunks(listed)
        names = _names(facet, code, cut)
        place = next(((one, code) for one in FACETS if one == facet), None)
        first = 1 if place is None else 0
        owed, kept = [], set()
        for number in range(first, len(cut)):
            newer = names[number - 1] if number else None
            older = names[number + 1] if number + 1 < len(names) else None
            # The length of a long list is told on its first page only, or one entry would change every page.
            told = len(listed) if number == first else None
            key = _key(self._shape, *_looks(cut[number]), newer or "", older or "", f"{told}")
            for pages in self._pages:
                path = f"{pages.language}/{names[number]}"
                if there.get(path) == key:
                    kept.add(path)
                    continue
                beside = _beside(newer), _beside(older)
                make = _late(self._list_page, pages, names[number], cut[number], place, told, *beside)
                owed.append(Sheet(path, key, make))
        return owed, kept

    def single(self) -> Iterator[Sheet]:
        """Make what any change may touch: front pages, counts, feeds, the recall list, fixed pages."""
        yield from self._static()
        counted = self._shelf.counted()
        counts = _key(self._shape, *(f"{place}{number}" for place, number in sorted(counted.items())))
        listed = self._shelf.listed(STORIES, "")
        cut = chunks(listed)
        older = _names(STORIES, "", cut)[1] if len(cut) > 1 else None
        front = _key(counts, *_looks(cut[0]), older or "")
        for pages in self._pages:
            language = pages.language
            make = _late(self._front, pages, cut[0], older, counted)
            yield Sheet(f"{language}/index.html", front, make)
            yield Sheet(f"{language}/browse.html", counts, _text(pages.browse, counted))
            yield Sheet(f"{language}/method.html", self._shape, _text(pages.method))
            yield Sheet(f"{language}/data.html", self._shape, _text(pages.data))
            yield Sheet(f"{language}/search.html", self._shape, _text(pages.search))
            yield Sheet(f"{language}/copies.html", self._shape, _text(pages.copies))
        yield from self._honesty()
        yield from self._totals()
        yield from self._changes()
        yield from self._feeds()
        if self._signing is not None:
            gone = list(self._shelf.gone())
            key = _key(self._shape, self._signing.public.hex(), *(f"{one}" for one in gone))
            yield Sheet(bundle.RECALL, key, _late(bundle.recall, gone, self._signing))

    def _front(self, pages: Pages, listed: Listed, older: str | None, counted: Counted) -> bytes:
        return pages.front(self._shelf.rows([one for one, _ in listed]), older, counted).encode()

    def _list_page(
        self,
        pages: Pages,
        path: str,
        listed: Listed,
        place: tuple[Facet, str] | None,
        total: int | None,
        newer: str | None,
        older: str | None,
    ) -> bytes:
        rows = self._shelf.rows([one for one, _ in listed])
        return pages.listing(path, rows, place=place, total=total, newer=newer, older=older).encode()

    def _static(self) -> Iterator[Sheet]:
        for path in sorted((_HERE / "static").iterdir()):
            yield Sheet(path.name, self._shape, path.read_bytes)
        yield Sheet("data/schema.json", self._shape, datafiles.schema)
        yield Sheet("index.html", self._shape, self._choice)
        if self._settings.key:
            yield Sheet(bundle.HOW_TO, self._shape, _late(bundle.how_to, self._settings.key))

    def _choice(self) -> bytes:
        names = [
            {"language": pages.language, "name": pages.site_name, "tagline": voice.say("site.tagline")}
            for pages, voice in zip(self._pages, self._voices, strict=True)
        ]
        template = self._environment.get_template("choose.html")
        return template.render(languages=self._settings.languages, names=names, rose=rose()).encode()

    def _honesty(self) -> Iterator[Sheet]:
        living, gone = self._shelf.living(), sum(1 for _ in self._shelf.gone())
        corrections = self._shelf.corrections()
        key = _key(self._shape, f"{self._settings.honesty} {corrections} {living} {gone}")
        for pages in self._pages:
            make = _text(pages.honesty, corrections, living + gone, gone)
            yield Sheet(f"{pages.language}/honesty.html", key, make)

    def _totals(self) -> Iterator[Sheet]:
        totals = tally(self._shelf)
        share = _FIGURES_SHOWN // max(1, len(totals.figures))
        shown = {unit: list(figures(self._shelf, unit, share)) for unit in totals.figures}
        told = [
            f"{figure.row.id}{figure.count}{figure.row.titles}{figure.reasons}"
            for listed in shown.values()
            for figure in listed
        ]
        key = _key(self._shape, f"{totals}", *told)
        for pages in self._pages:
            yield Sheet(f"{pages.language}/totals.html", key, _text(pages.totals, totals, shown))

    def _changes(self) -> Iterator[Sheet]:
        recent = self._shelf.changes(_CHANGES_ON_A_PAGE)
        days = [(day, list(group)) for day, group in groupby(recent, key=lambda pair: pair[1].day)]
        key = _key(self._shape, *self._told(recent))
        for pages in self._pages:
            yield Sheet(f"{pages.language}/changes.html", key, _text(pages.changes, "changes.html", days))
        recent = recent[:_IN_A_FEED]
        key = _key(self._shape, *self._told(recent))
        for pages, voice in zip(self._pages, self._voices, strict=True):
            make = _late(feeds.changes_atom, self._shelf, recent, voice, self._settings, pages.site_name)
            yield Sheet(f"feeds/changes-{pages.language}.atom", key, make)

    def _told(self, changes: Sequence[tuple[str, object]]) -> list[str]:
        rows = {public_id: self._shelf.row(public_id) for public_id, _ in changes}
        return [f"{one}{change}{(row := rows[one]) and row.titles}" for one, change in changes]

    def _feeds(self) -> Iterator[Sheet]:
        rows = self._shelf.newest(_IN_A_FEED)
        key = _key(self._shape, *(row.key for row in rows))
        for pages, voice in zip(self._pages, self._voices, strict=True):
            language, name = pages.language, pages.site_name
            atom = _late(feeds.atom, rows, voice, self._settings, name)
            yield Sheet(f"feeds/{language}.atom", key, atom)
            yield Sheet(f"feeds/{language}.json", key, _late(self._json_feed, rows, voice, name))

    def _json_feed(self, rows: Sequence[Row], voice: Voice, name: str) -> bytes:
        entries = {}
        for row in rows:
            with suppress(MalformedEntryError):
                record = self._source.read(row.id)
                if record.entry is not None:
                    entries[row.id] = record.entry
        return feeds.json_feed(rows, entries, voice, self._settings, name)


def places_of_entry(public_id: str) -> list[str]:
    """Name every file that an entry may have."""
    pages = [f"{language}/entries/{public_id}.html" for language in LANGUAGES]
    return [*pages, *(f"data/entries/{public_id}.{ending}" for ending in ("json", "bib", "csl.json"))]


def ranges_of_list(name: str) -> list[tuple[str, str]]:
    """Name where the pages of a list lie, from a path up to another; the front page belongs to no list."""
    facet, _, code = name.partition("/")
    if facet == STORIES:
        return [(f"{language}/from-", f"{language}/from-~") for language in LANGUAGES]
    stems = [f"{language}/by/{facet}-{code.lower()}" for language in LANGUAGES]
    first = [(f"{stem}.html", f"{stem}.html~") for stem in stems]
    return first + [(f"{stem}-from-", f"{stem}-from-~") for stem in stems]


def _names(facet: str, code: str, cut: Sequence[Listed]) -> list[str]:
    """Name the pages of a list: the first for good, each other by the newest entry on it."""
    stem = "" if facet == STORIES else f"by/{facet}-{code.lower()}"
    first, further = (f"{stem}.html", f"{stem}-from-") if stem else ("index.html", "from-")
    return [first, *(f"{further}{page[0][0]}.html" for page in cut[1:])]


def _page(pages: Pages, public_id: str) -> str:
    return f"{pages.language}/entries/{public_id}.html"


def _beside(path: str | None) -> str | None:
    """Return a link to a page in the same folder."""
    return path.rpartition("/")[2] if path else None


def _looks(listed: Listed) -> list[str]:
    return [f"{one}{look}" for one, look in listed]


def shape_of(settings: SiteSettings) -> str:
    """Fingerprint everything but the entries that shapes a page: program, templates, sentences, settings."""
    files = sorted(path for pattern in _SHAPING for path in _HERE.glob(pattern) if path.is_file())
    # What is said of our own work stands on one page, which has a key of its own.
    settings = replace(settings, honesty=Honesty())
    return _key(repr(settings), *(hashlib.sha256(path.read_bytes()).hexdigest() for path in files))


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def _late(make: Callable[P, bytes], *args: P.args, **kwargs: P.kwargs) -> Callable[[], bytes]:
    return lambda: make(*args, **kwargs)


def _text(make: Callable[P, str], *args: P.args, **kwargs: P.kwargs) -> Callable[[], bytes]:
    return lambda: make(*args, **kwargs).encode()
