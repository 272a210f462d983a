"""
The public form of an entry. A field is public because a line below says so, and for no other reason.

These types are also the schema of the data files. Nothing is copied wholesale: a field added to
:class:`register.entry.Entry` stays inside until somebody writes it here.
"""

from __future__ import annotations

from datetime import date
from typing import get_args

from msgspec import Struct

from register import entry as inner
from register.facets import month
from register.pictures import is_name as is_digest
from register.pictures import is_place as is_picture
from register.pictures import place as picture_place
from register.places import subjects
from register.records import Published, first
from register.vocabulary import LANGUAGES, Ground, Language, Outcome, Pressure

Words = dict[Language, str]

# What the program itself writes into fields that a list may fill with any word: these say nothing of anybody.
_OWN_WORDS = {"paragraph", "quote", "turn", "mentioned", "unit_location", "RU", "follow_up"}
_OWN_WORDS |= {*get_args(Ground), *get_args(Pressure), *get_args(Outcome)}

_ANY_DAY = date(2000, 1, 1)


class PublicBlock(Struct, frozen=True, omit_defaults=True):
    text: str
    kind: str = "paragraph"
    speaker: str | None = None


class PublicForce(Struct, frozen=True, omit_defaults=True):
    branch: str
    formation: str | None = None
    unit: str | None = None


class PublicCount(Struct, frozen=True, omit_defaults=True):
    as_written: str
    count_of: str
    unit: str
    qualifier: str
    value: int | None = None
    min: int | None = None
    max: int | None = None
    approximate: bool = False
    of_group: str | None = None


class PublicPlace(Struct, frozen=True, omit_defaults=True):
    name: str
    role: str
    country: str | None = None
    subject: str | None = None
    precision: str | None = None


class PublicDate(Struct, frozen=True, omit_defaults=True):
    role: str
    precision: str
    as_written: str = ""
    start: date | None = None
    end: date | None = None


class PublicMark(Struct, frozen=True, omit_defaults=True):
    code: str
    words: Words = {}


class PublicSource(Struct, frozen=True, omit_defaults=True):
    outlet: str
    role: str
    outlet_full: str | None = None
    day: date | None = None
    url: str | None = None
    archive_url: str | None = None
    sha256: str | None = None
    link_no: int | None = None


class PublicQuote(Struct, frozen=True, omit_defaults=True):
    text: str
    kind: str
    language: str
    speaker: str | None = None


class PublicUpdate(Struct, frozen=True, omit_defaults=True):
    text: Words
    kind: str
    day: date | None = None
    sources: tuple[PublicSource, ...] = ()


class PublicRelation(Struct, frozen=True, omit_defaults=True):
    type: str
    target: str
    why: str | None = None


class PublicCorrection(Struct, frozen=True, omit_defaults=True):
    day: date
    text: Words


class PublicPicture(Struct, frozen=True, omit_defaults=True):
    """A picture of the bundle: ``file`` is its path, named by its SHA-256."""

    file: str
    width: int
    height: int
    alt: Words


class PublicChange(Struct, frozen=True, omit_defaults=True):
    day: date
    kind: str


class PublicEntry(Struct, frozen=True, omit_defaults=True):
    """One entry, or the tombstone of one (``status`` "retracted": id, days, reason, where it is told)."""

    id: str
    status: str
    published: date
    changed: date
    changes: tuple[PublicChange, ...] = ()
    reason: str | None = None
    merged_into: str | None = None
    type: str | None = None
    is_refusal: bool = False
    title: Words = {}
    text: dict[Language, tuple[PublicBlock, ...]] = {}
    original: str | None = None
    outdated_translations: tuple[str, ...] = ()
    part_of: str | None = None
    month: str | None = None
    service: tuple[str, ...] = ()
    forces: tuple[PublicForce, ...] = ()
    places: tuple[PublicPlace, ...] = ()
    dates: tuple[PublicDate, ...] = ()
    counts: tuple[PublicCount, ...] = ()
    what_refused: Words = {}
    grounds: tuple[PublicMark, ...] = ()
    pressure: tuple[PublicMark, ...] = ()
    outcome: tuple[PublicMark, ...] = ()
    articles: tuple[str, ...] = ()
    proceedings: tuple[str, ...] = ()
    attribution: tuple[str, ...] = ()
    corroboration: str | None = None
    wording: tuple[str, ...] = ()
    sources: tuple[PublicSource, ...] = ()
    quotes: tuple[PublicQuote, ...] = ()
    updates: tuple[PublicUpdate, ...] = ()
    relations: tuple[PublicRelation, ...] = ()
    corrections: tuple[PublicCorrection, ...] = ()
    pictures: tuple[PublicPicture, ...] = ()


def public(record: Published) -> PublicEntry:
    """Return what the public may have of *record*."""
    changes = tuple(PublicChange(day=change.day, kind=change.kind) for change in record.changes)
    if record.entry is None:
        return PublicEntry(
            id=record.id,
            status="retracted",
            published=record.published,
            changed=record.changed,
            changes=changes,
            reason=record.reason,
            merged_into=record.into,
        )
    return _living(record, record.entry, changes)


def texts(entry: inner.Entry) -> dict[Language, str]:
    """
    Return every free text of *entry* that would be public, by language: what a gate has to look at.

    Title and body come first, as an editor sees them, so that places found there can be shown there; then
    whatever else a reader gets: quotations, follow-ups, words of a source, outlets and addresses. Text that
    has no language of its own stands under every one. Codes of closed lists, ids and publication days are
    left out; a field that any word may fill is text, whatever it is called.
    """
    shown = public(first(entry, _ANY_DAY))
    common = _without_language(shown)
    languages = {*shown.title, *shown.text, *(one for said in _said(shown) for one in said)}
    found = {}
    for language in sorted(languages):
        parts = [shown.title.get(language, ""), entry.text(language), *_in_language(shown, language), *common]
        found[language] = "\n\n".join(dict.fromkeys(part for part in parts if part.strip()))
    return found


def _in_language(shown: PublicEntry, language: Language) -> list[str]:
    return [said[language] for said in _said(shown) if language in said]


def _said(shown: PublicEntry) -> list[Words]:
    """Return what is said by language beside title and text."""
    marks = (*shown.grounds, *shown.pressure, *shown.outcome)
    words = [shown.what_refused, *(mark.words for mark in marks)]
    words += [update.text for update in shown.updates]
    return [*words, *(one.text for one in shown.corrections), *(one.alt for one in shown.pictures)]


def _is_subject_itself(place: PublicPlace) -> bool:
    """Tell whether the name of a place says no more than its federal subject does."""
    subject = subjects().get(place.subject or "")
    return subject is not None and place.name in {None, *(subject.name(one) for one in LANGUAGES)}


def _without_language(shown: PublicEntry) -> list[str]:
    named = [block.kind for blocks in shown.text.values() for block in blocks]
    named += [mark.code for mark in (*shown.grounds, *shown.pressure, *shown.outcome)]
    named += [
        words for place in shown.places for words in (place.role, place.country, place.precision) if words
    ]
    named += [words for span in shown.dates for words in (span.role, span.precision)]
    named += [count.count_of for count in shown.counts]
    named += [update.kind for update in shown.updates]
    found: list[str | None] = [words for words in named if words not in _OWN_WORDS]
    found += [*shown.articles, *shown.proceedings, *shown.attribution, *shown.wording]
    found += [words for force in shown.forces for words in (force.formation, force.unit)]
    # A federal subject is as coarse as the register gets; any other place is somebody's words.
    found += [place.name for place in shown.places if not _is_subject_itself(place)]
    found += [span.as_written for span in shown.dates]
    found += [f"{day:%Y-%m-%d}" for span in shown.dates for day in (span.start, span.end) if day]
    found += [words for count in shown.counts for words in (count.as_written, count.of_group)]
    found += [words for quote in shown.quotes for words in (quote.text, quote.speaker)]
    found += [relation.why for relation in shown.relations]
    found += [one.file for one in shown.pictures if not is_picture(one.file)]
    sources = [*shown.sources, *(source for update in shown.updates for source in update.sources)]
    found += [
        words
        for source in sources
        for words in (source.outlet, source.outlet_full, source.url, source.archive_url)
    ]
    found += [one.sha256 for one in sources if one.sha256 and not is_digest(one.sha256)]
    return [words for words in found if words]


def _living(record: Published, entry: inner.Entry, changes: tuple[PublicChange, ...]) -> PublicEntry:
    return PublicEntry(
        id=entry.id,
        status="corrected" if record.is_corrected else "published",
        published=record.published,
        changed=record.changed,
        changes=changes,
        type=entry.item_type,
        is_refusal=entry.is_refusal,
        title=dict(entry.title),
        text={language: tuple(_block(block) for block in blocks) for language, blocks in entry.body.items()},
        original=entry.original,
        outdated_translations=entry.outdated,
        part_of=entry.parent,
        month=month(entry),
        service=entry.service,
        forces=tuple(_force(force) for force in entry.forces),
        places=tuple(_place(place) for place in entry.places),
        dates=tuple(_date(span) for span in entry.dates),
        counts=tuple(_count(count) for count in entry.counts),
        what_refused=dict(entry.what_refused),
        grounds=_marks(entry.grounds),
        pressure=_marks(entry.pressure),
        outcome=_marks(entry.outcome),
        articles=entry.legal.articles,
        proceedings=entry.legal.proceedings,
        attribution=entry.attribution,
        corroboration=entry.corroboration.grade,
        wording=entry.corroboration.wording,
        sources=tuple(_source(source) for source in entry.sources),
        quotes=tuple(_quote(quote) for quote in entry.quotes),
        updates=tuple(_update(update) for update in entry.updates),
        relations=tuple(_relation(relation) for relation in entry.relations),
        corrections=tuple(
            PublicCorrection(day=correction.day, text=dict(correction.text))
            for correction in entry.corrections
        ),
        pictures=tuple(_picture(entry, picture) for picture in entry.pictures),
    )


def _picture(entry: inner.Entry, picture: inner.Picture) -> PublicPicture:
    return PublicPicture(
        file=picture_place(entry.id, picture.sha256),
        width=picture.width,
        height=picture.height,
        alt=dict(picture.alt),
    )


def _block(block: inner.Block) -> PublicBlock:
    return PublicBlock(text=block.text, kind=block.kind, speaker=block.by)


def _force(force: inner.Force) -> PublicForce:
    return PublicForce(branch=force.branch, formation=force.formation, unit=force.unit)


def _place(place: inner.Place) -> PublicPlace:
    return PublicPlace(
        name=place.name,
        role=place.role,
        country=place.country,
        subject=place.subject,
        precision=place.kind,
    )


def _date(span: inner.DateSpan) -> PublicDate:
    return PublicDate(
        role=span.role,
        precision=span.precision,
        as_written=span.as_written,
        start=span.start,
        end=span.end,
    )


def _count(count: inner.Count) -> PublicCount:
    return PublicCount(
        as_written=count.as_written,
        count_of=count.count_of,
        unit=count.unit,
        qualifier=count.qualifier,
        value=count.value,
        min=count.min,
        max=count.max,
        approximate=count.approximate,
        of_group=count.of_group,
    )


def _marks(marks: tuple[inner.Mark, ...]) -> tuple[PublicMark, ...]:
    return tuple(PublicMark(code=mark.code, words=dict(mark.words)) for mark in marks)


def _source(source: inner.Source) -> PublicSource:
    return PublicSource(
        outlet=source.outlet,
        outlet_full=source.outlet_full,
        day=source.day,
        role=source.role,
        url=source.url,
        archive_url=source.archive_url,
        sha256=source.sha256,
        link_no=source.link_no,
    )


def _quote(quote: inner.Quote) -> PublicQuote:
    return PublicQuote(
        text=quote.text,
        kind=quote.kind,
        language=quote.language,
        speaker=quote.attributed_as or quote.speaker,
    )


def _update(update: inner.Update) -> PublicUpdate:
    return PublicUpdate(
        text=dict(update.text),
        kind=update.kind,
        day=update.day,
        sources=tuple(_source(source) for source in update.sources),
    )


def _relation(relation: inner.Relation) -> PublicRelation:
    return PublicRelation(type=relation.type, target=relation.target, why=relation.why)
