"""Atom and JSON Feed: what is new, and what was corrected or withdrawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from xml.etree import ElementTree as ET

import msgspec

from register.entry import Entry
from register.records import Change
from register.row import Row
from register.settings import SiteSettings
from register.shelf import Shelf
from register.voice import Voice

_ATOM = "http://www.w3.org/2005/Atom"
# Readers poll; fifty entries outlast a week of silence.


def atom(rows: Sequence[Row], voice: Voice, settings: SiteSettings, name: str) -> bytes:
    """Write the feed of new entries."""
    language = voice.language
    feed = _feed(voice.say("feed.title", name=name), settings, f"feeds/{language}.atom", language)
    _add(feed, "updated", text=_instant(max((row.changed for row in rows), default=None)))
    for row in rows:
        item = _item(feed, settings, language, row.id, row.title(language))
        _add(item, "published", text=_instant(row.published))
        _add(item, "updated", text=_instant(row.changed))
        _add(item, "summary", text=row.snippet(language))
        _add(item, "category", term=row.grade, label=_grade(row, voice))
    return _written(feed)


def changes_atom(
    shelf: Shelf, pairs: Sequence[tuple[str, Change]], voice: Voice, settings: SiteSettings, name: str
) -> bytes:
    """Write the feed of changes; a retraction carries its reason and nothing of the entry."""
    language = voice.language
    feed = _feed(voice.say("feed.changes", name=name), settings, f"feeds/changes-{language}.atom", language)
    _add(feed, "updated", text=_instant(pairs[0][1].day if pairs else None))
    for public_id, change in pairs:
        row = shelf.row(public_id)
        said = voice.say(f"change.{change.kind}")
        title = f"{said}: {row.title(language) if row else public_id}"
        item = _item(feed, settings, language, public_id, title, f"{change.kind}-{change.day}")
        _add(item, "updated", text=_instant(change.day))
        grave = shelf.grave(public_id) if change.kind == "retracted" else None
        _add(item, "summary", text=voice.say(f"reason.{grave.reason}") if grave else said)
        _add(item, "category", term=change.kind)
    return _written(feed)


def json_feed(
    rows: Sequence[Row], entries: Mapping[str, Entry], voice: Voice, settings: SiteSettings, name: str
) -> bytes:
    """Write the feed of new entries as JSON Feed 1.1, with the text of those that are in *entries*."""
    language = voice.language
    items = [
        {
            "id": row.id,
            "url": settings.address(f"{language}/entries/{row.id}.html"),
            "title": row.title(language),
            "summary": row.snippet(language),
            "content_text": entries[row.id].text(row.tongue(language))
            if row.id in entries
            else row.snippet(language),
            "date_published": _instant(row.published),
            "date_modified": _instant(row.changed),
            "language": row.tongue(language),
            "tags": [_grade(row, voice)],
        }
        for row in rows
    ]
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": voice.say("feed.title", name=name),
        "home_page_url": settings.address(f"{language}/index.html"),
        "feed_url": settings.address(f"feeds/{language}.json"),
        "language": language,
        "items": items,
    }
    return msgspec.json.format(msgspec.json.encode(feed), indent=1)


def _feed(title: str, settings: SiteSettings, path: str, language: str) -> ET.Element:
    feed = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": language})
    _add(feed, "title", text=title)
    _add(feed, "id", text=f"tag:subrosa,2022:{path}")
    _add(feed, "link", rel="self", href=settings.address(path))
    _add(feed, "link", rel="alternate", href=settings.address(f"{language}/index.html"))
    author = _add(feed, "author")
    _add(author, "name", text=title.partition(":")[0])
    return feed


def _item(
    feed: ET.Element, settings: SiteSettings, language: str, public_id: str, title: str, part: str = ""
) -> ET.Element:
    item = _add(feed, "entry")
    _add(item, "id", text=f"tag:subrosa,2022:{public_id}" + (f":{part}" if part else ""))
    _add(item, "title", text=title)
    _add(item, "link", rel="alternate", href=settings.address(f"{language}/entries/{public_id}.html"))
    return item


def _add(parent: ET.Element, name: str, *, text: str | None = None, **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, name, attributes)
    child.text = text
    return child


def _grade(row: Row, voice: Voice) -> str:
    return voice.say(f"grade.{row.grade}")


def _instant(day: date | None) -> str:
    """Write a day as the instant feeds demand; the hour is noon for all, because only days are known."""
    return f"{day or date(2022, 1, 1):%Y-%m-%d}T12:00:00Z"


def _written(feed: ET.Element) -> bytes:
    written: str = ET.tostring(feed, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{written}\n'.encode()
