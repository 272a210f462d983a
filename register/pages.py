"""
Pages as HTML. Templates get the public form of an entry (:mod:`register.public`) and sentences, nothing else.

Every link is relative, so the site works from any folder, a stick or a mirror; there is no script.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any, get_args

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from register import candour, charts
from register.entrypage import EntryPage
from register.facets import FACETS, Facet
from register.places import subjects
from register.prose import snippet
from register.public import PublicEntry
from register.records import Change, Published
from register.row import Row
from register.settings import SiteSettings
from register.shelf import Shelf
from register.totals import SMALL_CELL, Figure, Totals, is_small
from register.vocabulary import Grade, Language, Unit
from register.voice import Voice

_HERE = Path(__file__).parent
SECTIONS = (
    ("entries", "index.html"),
    ("search", "search.html"),
    ("browse", "browse.html"),
    ("totals", "totals.html"),
    ("changes", "changes.html"),
    ("method", "method.html"),
    ("honesty", "honesty.html"),
    ("data", "data.html"),
)
Counted = Mapping[tuple[Facet, str], int]
_FRONT_FACETS: tuple[Facet, ...] = ("branch", "outcome", "pressure", "grade")
_FRONT_VALUES = 6
_TITLE = 140  # letters of a title in a list; the whole stands on its own page


def environment() -> Environment:
    """Make the template environment; what a template asks for and does not get is an error."""
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=False,
        lstrip_blocks=False,
        auto_reload=False,
    )


def rose() -> Markup:
    """Return the mark, to stand inside a page."""
    drawn = (_HERE / "static" / "rose.svg").read_text(encoding="utf-8").strip()
    return Markup(drawn.replace("<svg ", '<svg class="rose" aria-hidden="true" ', 1))  # noqa: S704 - our own file


class Pages:
    """All pages of one language."""

    def __init__(self, environment: Environment, voice: Voice, settings: SiteSettings, shelf: Shelf) -> None:
        self._environment = environment
        self._voice = voice
        self._settings = settings
        self._shelf = shelf
        self._rose = rose()
        self._entry = EntryPage(voice, shelf)

    @property
    def language(self) -> Language:
        """The language of these pages."""
        return self._voice.language

    @cached_property
    def site_name(self) -> str:
        """What the site calls itself in this language."""
        return self._settings.names.get(self.language) or self._voice.say("site.name")

    def entry(self, record: Published, row: Row, shown: PublicEntry) -> str:
        """Render the page of one entry."""
        context = self._entry.context(record, row, shown)
        return self._page("entry.html", f"entries/{row.id}.html", "entries", **context)

    def tombstone(self, shown: PublicEntry) -> str:
        """Render what is left of an entry that was taken down."""
        return self._page("tombstone.html", f"entries/{shown.id}.html", "", e=shown)

    def front(self, rows: Sequence[Row], older: str | None, counted: Counted) -> str:
        """Render the front page: the newest stories and the way to the others."""
        return self._page(
            "list.html",
            "index.html",
            "entries",
            heading=self._voice.say("index.title"),
            is_front=True,
            groups=self._groups(rows),
            list={"newer": None, "older": older},
            facets=[
                facet
                for name in _FRONT_FACETS
                if (facet := self._facet(name, counted, _FRONT_VALUES))["rows"]
            ],
        )

    def listing(
        self,
        path: str,
        rows: Sequence[Row],
        *,
        place: tuple[Facet, str] | None,
        total: int | None,
        newer: str | None,
        older: str | None,
    ) -> str:
        """Render one page of a longer list, or of the entries under one code."""
        say = self._voice.say
        heading = say("index.title")
        sentence = how_many = ""
        if total is not None and not (place and is_small(place[0], total)):
            how_many = self._voice.count("n.entries" if place else "n.stories", total)
        if place:
            heading = say("filter.title", facet=say(f"facet.{place[0]}"), value=self.label(*place))
            sentence = say(f"grade.{place[1]}.sentence") if place[0] == "grade" else ""
        return self._page(
            "list.html",
            path,
            "entries",
            heading=heading,
            sentence=sentence,
            how_many=how_many,
            is_front=False,
            groups=self._groups(rows),
            list={"newer": newer, "older": older},
            facets=[],
        )

    def browse(self, counted: Counted) -> str:
        """Render the page with every code and the map."""
        by_subject = {code: number for (facet, code), number in counted.items() if facet == "subject"}
        tiles = [
            charts.Tile(
                code,
                subject.name(self.language),
                f"by/subject-{code.lower()}.html" if code in by_subject else None,
                by_subject.get(code, 0),
            )
            for code, subject in subjects().items()
        ]
        drawn = charts.tile_map(tiles, self._voice.say("map.title"), self._voice.say("map.few"))
        facets = [facet for name in FACETS if (facet := self._facet(name, counted))["rows"]]
        return self._page("browse.html", "browse.html", "browse", tiles=drawn, facets=facets)

    def totals(self, totals: Totals, figures: Mapping[Unit, Sequence[Figure]]) -> str:
        """Render what may be counted, and the figures that may not."""
        months = totals.by["month"]
        label = self._voice.say("totals.chart", what=self._voice.say("totals.of_month"))
        every = [
            self._bars(facet, totals.by[facet]) for facet in FACETS if facet != "month" and totals.by[facet]
        ]
        facets = [facet for facet in every if facet["rows"]]
        return self._page(
            "totals.html",
            "totals.html",
            "totals",
            totals=totals,
            figure_count=sum(totals.figures.values()),
            month_chart=charts.months(months, label) if months else "",
            facets=facets,
            units=[self._unit(unit, totals.figures[unit], shown) for unit, shown in figures.items()],
        )

    def method(self) -> str:
        """Render how entries are made and graded."""
        return self._page("method.html", "method.html", "method", grades=get_args(Grade))

    def data(self) -> str:
        """Render the page of downloads, checks and mirrors."""
        key = self._settings.key.hex() if self._settings.key else ""
        return self._page("data.html", "data.html", "data", key=key)

    def search(self) -> str:
        """Render the one page with a script."""
        return self._page("search.html", "search.html", "search")

    def copies(self) -> str:
        """Render where else the register is, and how to tell a copy from a forgery."""
        settings = self._settings
        return self._page(
            "copies.html",
            "copies.html",
            "copies",
            mirrors=settings.mirrors,
            bots=settings.bots,
            channel=settings.channel,
            key=settings.key.hex() if settings.key else "",
        )

    def honesty(self, corrections: int, ever: int, gone: int) -> str:
        """Render what we say of our own work; *ever* counts entries that are or were public."""
        told = self._settings.honesty
        return self._page(
            "honesty.html",
            "honesty.html",
            "honesty",
            answers=candour.answers(self._voice, told.answers),
            gate=candour.gate(self._voice, told.gate),
            corrections=candour.corrections(self._voice, corrections, ever, gone),
        )

    def changes(self, path: str, days: Sequence[tuple[date, Sequence[tuple[str, Change]]]]) -> str:
        """Render what was published, corrected and withdrawn, newest first."""
        groups = [
            {
                "name": self._voice.day(day),
                "rows": [self._change(public_id, change) for public_id, change in changes],
            }
            for day, changes in days
        ]
        return self._page("changes.html", path, "changes", groups=groups)

    def label(self, facet: Facet, code: str) -> str:
        """Return the words for one code."""
        if facet == "subject":
            return subjects()[code].name(self.language)
        if facet == "month":
            return self._voice.month(code)
        return self._voice.say(f"{facet}.{code}")

    def _page(self, template: str, path: str, section: str, **context: Any) -> str:
        depth = path.count("/")
        return self._environment.get_template(template).render(
            lang=self.language,
            languages=self._settings.languages,
            path=path,
            root="../" * (depth + 1),
            here="../" * depth,
            section=section,
            sections=SECTIONS,
            site_name=self.site_name,
            rose=self._rose,
            say=self._voice.say,
            count=self._voice.count,
            day=self._voice.day,
            page_title=f"{section}.title",
            **context,
        )

    def _groups(self, rows: Iterable[Row]) -> list[dict[str, Any]]:
        def month(row: Row) -> str:
            return next(iter(row.codes["month"]), "")

        return [
            {
                "name": self._voice.month(name) if name else self._voice.say("index.undated"),
                "rows": [self._row(row) for row in group],
            }
            for name, group in groupby(rows, key=month)
        ]

    def _row(self, row: Row) -> dict[str, Any]:
        say = self._voice.say
        marks = [self._voice.count("n.parts", row.parts)] if row.parts else []
        marks += [say("index.corrected")] if row.is_corrected else []
        return {
            "id": row.id,
            "tongue": row.tongue(self.language),
            "title": snippet(row.title(self.language), _TITLE),
            "snippet": row.snippet(self.language),
            "kicker": self._entry.kicker(row),
            "grade": row.grade,
            "grade_name": say(f"grade.{row.grade}"),
            "marks": marks,
        }

    def _facet(self, facet: Facet, counted: Counted, most: int | None = None) -> dict[str, Any]:
        found = [(code, number) for (name, code), number in counted.items() if name == facet]
        ordered = sorted(
            found, key=(lambda pair: pair[0]) if facet == "month" else (lambda pair: (-pair[1], pair[0]))
        )
        if facet == "month":
            ordered.reverse()
        rows = [
            {
                "href": f"by/{facet}-{code.lower()}.html",
                "label": self.label(facet, code),
                "number": self._number(facet, number),
            }
            for code, number in ordered[:most]
        ]
        return {"name": self._voice.say(f"facet.{facet}"), "rows": rows}

    def _number(self, facet: Facet, number: int) -> str:
        """Write how many; a region's small number is not spelled out."""
        return f"< {SMALL_CELL}" if is_small(facet, number) else str(number)

    def _bars(self, facet: Facet, counted: dict[str, int]) -> dict[str, Any]:
        highest = max(counted.values())
        rows = [
            {
                "label": self.label(facet, code),
                "href": f"by/{facet}-{code.lower()}.html",
                "bar": charts.bar(number, highest),
                "number": number,
            }
            for code, number in counted.items()
            # On the map and here alike, a region's small number is not spelled out.
            if not is_small(facet, number)
        ]
        return {"name": self._voice.say(f"facet.{facet}"), "rows": rows}

    def _unit(self, unit: Unit, number: int, figures: Sequence[Figure]) -> dict[str, Any]:
        say = self._voice.say
        rows = [
            {
                "written": snippet(figure.count.as_written, _TITLE),
                "title": snippet(figure.row.title(self.language), _TITLE),
                "tongue": figure.row.original,
                "href": f"entries/{figure.row.id}.html",
                "why": " ".join(say(f"why.{reason}") for reason in figure.reasons),
            }
            for figure in figures
        ]
        return {"name": say(f"unit.{unit}"), "rows": rows, "more": number - len(rows)}

    def _change(self, public_id: str, change: Change) -> dict[str, Any]:
        row = self._shelf.row(public_id)
        grave = self._shelf.grave(public_id) if change.kind == "retracted" else None
        return {
            "kind": change.kind,
            "said": self._voice.say(f"change.{change.kind}"),
            "href": f"entries/{public_id}.html",
            "title": snippet(row.title(self.language), _TITLE) if row else public_id,
            "tongue": row.tongue(self.language) if row else "en",
            "fields": self._entry.fields(change),
            "reason": self._voice.say(f"reason.{grave.reason}") if grave else "",
        }
