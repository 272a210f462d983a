"""What the page of one entry shows, in one language, taken from its public form."""

from __future__ import annotations

from typing import Any

from register.facets import Facet
from register.places import subjects
from register.prose import render, snippet
from register.public import PublicCount, PublicEntry, PublicMark, PublicSource, PublicUpdate
from register.records import Change, Published
from register.row import Row, chosen
from register.shelf import Shelf
from register.vocabulary import Language
from register.voice import Voice

# The fields a change is named by; every other is "details".
_NAMED_FIELDS = ("title", "body", "sources", "corroboration", "updates", "pictures")


class EntryPage:
    """The contents of entry pages in one language."""

    def __init__(self, voice: Voice, shelf: Shelf) -> None:
        self._voice = voice
        self._shelf = shelf

    @property
    def _language(self) -> Language:
        return self._voice.language

    def context(self, record: Published, row: Row, shown: PublicEntry) -> dict[str, Any]:
        """Return everything the template of an entry asks for."""
        tongue = row.tongue(self._language)
        sources = _numbered(record, shown)
        # One citation may name several sources; its link leads to the first.
        citations = {as_written: anchor for as_written, anchor, _ in reversed(sources) if as_written}
        anchors = {self._words(update): f"update-{n}" for n, update in enumerate(shown.updates, 1)}
        blocks = self._blocks(shown, tongue, citations, anchors)
        in_text = "".join(str(block["html"]) for block in blocks)
        return {
            "e": shown,
            "tongue": tongue,
            "title": row.title(self._language),
            "kicker": self.kicker(row),
            "parent": self._neighbour(shown.part_of),
            "notes": self._notes(shown, tongue),
            "blocks": blocks,
            "quotes": self._quotes(shown),
            "pictures": self._pictures(shown, row),
            "updates": self._updates(shown, citations, in_text),
            "wording": shown.wording,
            "sources": [self._source(anchor, source) for _, anchor, source in sources],
            "parts": [self._mention(part) for part in self._shelf.parts(row.id)] if row.parts else [],
            "related": self._related(shown),
            "facts": self._facts(shown),
            "history": self._history(record, row, shown),
        }

    def kicker(self, row: Row) -> str:
        """Return the line above a title: what it is, who, where, when."""
        say = self._voice.say
        parts = [say(f"type.{row.item_type}")]
        parts += [say(f"branch.{code}") for code in row.codes["branch"][:1]]
        parts += [subjects()[code].name(self._language) for code in row.codes["subject"][:1]]
        parts += [self._voice.month(code) for code in row.codes["month"]]
        return " · ".join(parts)

    def fields(self, change: Change) -> str:
        """Name what a correction touched."""
        named = [
            name if name in _NAMED_FIELDS else "other" for name in change.fields if name != "corrections"
        ]
        return ", ".join(self._voice.say(f"field.{name}") for name in dict.fromkeys(named))

    def _blocks(
        self, shown: PublicEntry, tongue: Language, citations: dict[str, str], anchors: dict[str, str]
    ) -> list[dict[str, Any]]:
        first_asks = next((b.speaker for b in shown.text.get(tongue, ()) if b.kind == "turn"), None)
        return [
            {
                "kind": block.kind,
                "by": block.speaker,
                "asks": block.kind == "turn" and _asks(block.speaker, first_asks),
                "html": render(block.text, citations=citations, anchors=anchors),
            }
            for block in shown.text.get(tongue, ())
        ]

    def _notes(self, shown: PublicEntry, tongue: Language) -> list[str]:
        say = self._voice.say
        notes = []
        if tongue != self._language:
            notes.append(say("entry.only_in", languages=", ".join(say(f"lang.{one}") for one in shown.text)))
        if self._language in shown.outdated_translations:
            notes.append(say("entry.outdated"))
        if any(place.precision == "coarsened_by_editors" for place in shown.places):
            notes.append(say("entry.coarsened"))
        return notes

    def _words(self, update: PublicUpdate) -> str:
        return chosen(update.text, self._language, next(iter(update.text), "en"))

    def _updates(self, shown: PublicEntry, citations: dict[str, str], in_text: str) -> list[dict[str, Any]]:
        found = []
        for number, update in enumerate(shown.updates, 1):
            words = self._words(update)
            anchor = f"update-{number}"
            found.append(
                {
                    "anchor": anchor,
                    "inline": f'id="{anchor}"' in in_text,
                    "day": update.day,
                    "short": snippet(words, 140),
                    "html": render(words, citations=citations, anchors={}),
                    "tongue": self._language
                    if self._language in update.text
                    else next(iter(update.text), "en"),
                }
            )
        return found

    def _quotes(self, shown: PublicEntry) -> list[dict[str, Any]]:
        """Return the quotations that the text itself does not hold."""
        told = " ".join(" ".join(block.text for block in blocks) for blocks in shown.text.values())
        told = " ".join(told.split())
        return [
            {"text": quote.text, "by": quote.speaker, "tongue": quote.language}
            for quote in shown.quotes
            if " ".join(quote.text.split()) not in told
        ]

    def _pictures(self, shown: PublicEntry, row: Row) -> list[dict[str, Any]]:
        return [
            {
                "src": picture.file,
                "width": picture.width,
                "height": picture.height,
                "alt": chosen(picture.alt, self._language, row.original),
                "tongue": self._language if self._language in picture.alt else row.original,
            }
            for picture in shown.pictures
        ]

    def _source(self, anchor: str, source: PublicSource) -> dict[str, Any]:
        return {
            "anchor": anchor,
            "outlet": source.outlet_full or source.outlet,
            "day": source.day,
            "url": _of_the_web(source.url),
            "archive_url": _of_the_web(source.archive_url),
            "sha256": source.sha256,
            "link_no": source.link_no,
            "role": "" if source.role == "primary" else self._voice.say(f"entry.source_role.{source.role}"),
        }

    def _neighbour(self, public_id: str | None) -> dict[str, Any] | None:
        row = self._shelf.row(public_id) if public_id else None
        return None if row is None else self._mention(row)

    def _mention(self, row: Row) -> dict[str, Any]:
        return {
            "href": f"{row.id}.html",
            "title": row.title(self._language),
            "tongue": row.tongue(self._language),
        }

    def _related(self, shown: PublicEntry) -> list[dict[str, Any]]:
        return [
            {**other, "relation": self._voice.say(f"relation.{relation.type}")}
            for relation in shown.relations
            if relation.type != "part_of" and (other := self._neighbour(relation.target))
        ]

    def _history(self, record: Published, row: Row, shown: PublicEntry) -> list[dict[str, Any]]:
        # A correction is written on one day and published on another: their order pairs them, not the day.
        explained = [n for n, one in enumerate(record.changes) if "corrections" in one.fields]
        pairs = zip(reversed(explained), reversed(shown.corrections), strict=False)
        told = {n: chosen(correction.text, self._language, row.original) for n, correction in pairs}
        return [
            {
                "day": change.day,
                "said": self._voice.say(f"change.{change.kind}")
                + (f" ({fields})" if (fields := self.fields(change)) else ""),
                "text": told.get(n, "") if change.kind == "corrected" else "",
                "tongue": self._language,
            }
            for n, change in enumerate(record.changes)
        ]

    def _facts(self, shown: PublicEntry) -> list[dict[str, Any]]:
        tongue = shown.original or "en"
        found: list[tuple[str, list[dict[str, Any]]]] = [
            ("branch", self._branches(shown)),
            ("service", [self._coded("service", code) for code in shown.service]),
            ("when", [self._coded("month", shown.month)] if shown.month else []),
            ("where", self._places(shown)),
            ("refused", self._own_words(shown.what_refused)),
            ("grounds", [self._mark("ground", mark) for mark in shown.grounds]),
            ("pressure", [self._mark("pressure", mark) for mark in shown.pressure]),
            ("outcome", [self._mark("outcome", mark) for mark in shown.outcome]),
            ("as_of", self._as_of(shown)),
            ("figures", [self._figure(count, tongue) for count in shown.counts]),
            ("legal", [_plain(words, tongue) for words in (*shown.articles, *shown.proceedings)]),
            ("said", [_plain(words, tongue) for words in shown.attribution]),
        ]
        return [
            {"name": self._voice.say(f"entry.{name}"), "lines": values} for name, values in found if values
        ]

    def _as_of(self, shown: PublicEntry) -> list[dict[str, Any]]:
        """Say up to which day the newest denial of an entry holds: it was true of that day."""
        days = [span.start for span in shown.dates if span.role == "as_of" and span.start]
        return [_plain(self._voice.day(max(days)), "")] if days else []

    def _figure(self, count: PublicCount, tongue: str) -> dict[str, Any]:
        """Return a figure as its source has it, with the group it is a part of."""
        said = _plain(count.as_written, tongue)
        if count.of_group:
            said["words"] = self._voice.say("entry.of_group", words=count.of_group)
        return said

    def _branches(self, shown: PublicEntry) -> list[dict[str, Any]]:
        found = []
        for force in shown.forces:
            words = ", ".join(filter(None, (force.formation, force.unit)))
            if force.branch in ("unspecified", "other") and not words:
                continue
            found.append(
                {**self._coded("branch", force.branch), "words": words, "tongue": shown.original or "en"}
            )
        return _once(found)

    def _places(self, shown: PublicEntry) -> list[dict[str, Any]]:
        found = []
        for place in shown.places:
            if place.subject:
                found.append(self._coded("subject", place.subject))
            else:
                found.append(_plain(place.name, shown.original or "en"))
        return _once(found)

    def _coded(self, facet: Facet, code: str) -> dict[str, Any]:
        label = {
            "subject": lambda: subjects()[code].name(self._language),
            "month": lambda: self._voice.month(code),
        }.get(facet, lambda: self._voice.say(f"{facet}.{code}"))()
        linked = code not in ("other", "unspecified")
        return {
            "label": label,
            "href": f"../by/{facet}-{code.lower()}.html" if linked else None,
            "words": "",
            "tongue": "",
        }

    def _mark(self, kind: str, mark: PublicMark) -> dict[str, Any]:
        words = chosen(mark.words, self._language, "en")
        tongue = self._language if self._language in mark.words else "en"
        if mark.code == "other" and words:
            return _plain(words, tongue)
        label = self._voice.say(f"{kind}.{mark.code}")
        linked = kind in ("pressure", "outcome") and mark.code != "other"
        return {
            "label": label,
            "href": f"../by/{kind}-{mark.code}.html" if linked else None,
            "words": words,
            "tongue": tongue,
        }

    def _own_words(self, words: dict[Language, str]) -> list[dict[str, Any]]:
        if not words:
            return []
        tongue = self._language if self._language in words else next(iter(words))
        return [_plain(words[tongue], tongue)]


def _numbered(record: Published, shown: PublicEntry) -> list[tuple[str, str, PublicSource]]:
    """Give every source its place in the list: its citation as written, its anchor, itself."""
    entry = record.entry
    assert entry is not None
    inner = [*entry.sources, *(source for update in entry.updates for source in update.sources)]
    outer = [*shown.sources, *(source for update in shown.updates for source in update.sources)]
    return [
        (source.as_written, f"source-{number}", seen)
        for number, (source, seen) in enumerate(zip(inner, outer, strict=True), 1)
    ]


def _of_the_web(url: str | None) -> str | None:
    """Pass on an address only where following it can do nothing but open a page."""
    return url if url and url.startswith(("https://", "http://")) else None


def _asks(speaker: str | None, first: str | None) -> bool:
    """The one who speaks first asks; lists write the name once and its first letter afterwards."""
    return bool(speaker and first and speaker[0] == first[0])


def _plain(label: str, tongue: str) -> dict[str, Any]:
    return {"label": label, "href": None, "words": "", "tongue": tongue}


def _once(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({(value["label"], value["words"]): value for value in values}.values())
