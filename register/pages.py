"""
Pages as HTML. Templates get the public form of an entry (:mod:`register.public`) and sentences, nothing else.

Every link is relative, so the site works from any folder, a stick or a mirror; there is no script.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any, get_args

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from register import charts
from register.entrypage import EntryPage
from register.facets import FACETS, Facet
from register.places import subjects
from register.records import Change, Published
from register.settings import SiteSettings
from register.shelf import Row, Shelf, chosen
from register.totals import Totals
from register.vocabulary import Grade, Language
from register.voice import Voice

_HERE = Path(__file__).parent
SECTIONS = (
    ("entries", "index.html"),
    ("browse", "browse.html"),
    ("totals", "totals.html"),
    ("changes", "changes.html"),
    ("method", "method.html"),
    ("data", "data.html"),
)
# Figures of one unit beyond this stand in the data file only, or the page would outgrow a slow line.
_FIGURES_SHOWN = 60
_FRONT_FACETS: tuple[Facet, ...] = ("branch", "outcome", "pressure", "grade")
_FRONT_VALUES = 6


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

    def entry(self, row: Row) -> str:
        """Render the page of one entry."""
        return self._page("entry.html", f"entries/{row.entry.id}.html", "entries", **self._entry.context(row))

    def tombstone(self, record: Published) -> str:
        """Render what is left of an entry that was taken down."""
        return self._page("tombstone.html", f"entries/{record.id}.html", "", **self._entry.tombstone(record))

    def front(self, rows: Sequence[Row], older: str | None) -> str:
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
                facet for name in _FRONT_FACETS if (facet := self._facet(name, "", _FRONT_VALUES))["rows"]
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
        sentence = ""
        if place:
            heading = say("filter.title", facet=say(f"facet.{place[0]}"), value=self.label(*place))
            sentence = say(f"grade.{place[1]}.sentence") if place[0] == "grade" else ""
        return self._page(
            "list.html",
            path,
            "entries",
            heading=heading,
            sentence=sentence,
            how_many="" if total is None else self._voice.count("n.entries" if place else "n.stories", total),
            is_front=False,
            groups=self._groups(rows),
            list={"newer": newer, "older": older},
            facets=[],
        )

    def browse(self) -> str:
        """Render the page with every code and the map."""
        counted = {
            code: len(rows) for (facet, code), rows in self._shelf.by_code.items() if facet == "subject"
        }
        tiles = [
            charts.Tile(
                code,
                subject.name(self.language),
                f"by/subject-{code.lower()}.html" if code in counted else None,
                counted.get(code, 0),
            )
            for code, subject in subjects().items()
        ]
        drawn = charts.tile_map(tiles, self._voice.say("map.title"), self._voice.say("map.few"))
        facets = [facet for name in FACETS if (facet := self._facet(name, ""))["rows"]]
        return self._page("browse.html", "browse.html", "browse", tiles=drawn, facets=facets)

    def totals(self, totals: Totals) -> str:
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
            figure_count=sum(len(figures) for figures in totals.figures.values()),
            month_chart=charts.months(months, label) if months else "",
            facets=facets,
            units=self._units(totals),
        )

    def method(self) -> str:
        """Render how entries are made and graded."""
        return self._page("method.html", "method.html", "method", grades=get_args(Grade))

    def data(self) -> str:
        """Render the page of downloads, checks and mirrors."""
        key = self._settings.key.hex() if self._settings.key else ""
        return self._page("data.html", "data.html", "data", key=key, mirrors=self._settings.mirrors)

    def changes(self, path: str, days: Sequence[tuple[date, Sequence[tuple[Published, Change]]]]) -> str:
        """Render what was published, corrected and withdrawn, newest first."""
        groups = [
            {
                "name": self._voice.day(day),
                "rows": [self._change(record, change) for record, change in changes],
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
        entry = row.entry
        marks = []
        if parts := self._shelf.parts.get(entry.id):
            marks.append(self._voice.count("n.parts", len(parts)))
        if row.record.is_corrected:
            marks.append(say("index.corrected"))
        return {
            "id": entry.id,
            "tongue": row.tongue(self.language),
            "title": row.title(self.language),
            "snippet": row.snippet(self.language),
            "kicker": self._entry.kicker(row),
            "grade": entry.corroboration.grade,
            "grade_name": say(f"grade.{entry.corroboration.grade}"),
            "marks": marks,
        }

    def _facet(self, facet: Facet, here: str, most: int | None = None) -> dict[str, Any]:
        found = [(code, len(rows)) for (name, code), rows in self._shelf.by_code.items() if name == facet]
        ordered = sorted(
            found, key=(lambda pair: pair[0]) if facet == "month" else (lambda pair: (-pair[1], pair[0]))
        )
        if facet == "month":
            ordered.reverse()
        rows = [
            {
                "href": f"{here}by/{facet}-{code.lower()}.html",
                "label": self.label(facet, code),
                "number": self._number(facet, number),
            }
            for code, number in ordered[:most]
        ]
        return {"name": self._voice.say(f"facet.{facet}"), "rows": rows}

    def _number(self, facet: Facet, number: int) -> str:
        """Write how many; a region's small number is not spelled out."""
        return "< 3" if facet == "subject" and number < charts.SMALL_CELL else str(number)

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
            if facet != "subject" or number >= charts.SMALL_CELL
        ]
        return {"name": self._voice.say(f"facet.{facet}"), "rows": rows}

    def _units(self, totals: Totals) -> list[dict[str, Any]]:
        say = self._voice.say
        units = []
        for unit, figures in totals.figures.items():
            rows = [
                {
                    "written": figure.count.as_written,
                    "title": chosen(figure.entry.title, self.language, figure.entry.original),
                    "tongue": figure.entry.original,
                    "href": f"entries/{figure.entry.id}.html",
                    "why": " ".join(say(f"why.{reason}") for reason in figure.reasons),
                }
                for figure in figures[:_FIGURES_SHOWN]
            ]
            units.append(
                {"name": say(f"unit.{unit}"), "rows": rows, "more": max(0, len(figures) - _FIGURES_SHOWN)}
            )
        return units

    def _change(self, record: Published, change: Change) -> dict[str, Any]:
        row = self._shelf.rows.get(record.id)
        return {
            "kind": change.kind,
            "said": self._voice.say(f"change.{change.kind}"),
            "href": f"entries/{record.id}.html",
            "title": row.title(self.language) if row else record.id,
            "tongue": row.tongue(self.language) if row else "en",
            "fields": self._entry.fields(change),
            "reason": self._voice.say(f"reason.{record.reason}") if change.kind == "retracted" else "",
        }
