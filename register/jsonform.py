"""
The JSON form of a list: entries already coded by a person, as a transcription of the text form.

``entries`` is read strictly: an unknown field, a wrong type or an unknown code is a fault with its line.
Relations and parents name entries by the list's own keys; here they become public ids.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from register import coding, exporting, places
from register.entry import (
    Block,
    Corroboration,
    Count,
    DateSpan,
    Entry,
    Force,
    Origin,
    Place,
    Quote,
    Relation,
    Source,
    Update,
    derived_id,
)
from register.errors import ImportErrors
from register.outline import Item, Outline
from register.textform import blocks_of, split_bullet, unreadable
from register.transcription import (
    Seed,
    SeedCount,
    SeedDate,
    SeedEntry,
    SeedForce,
    SeedPlace,
    SeedQuote,
    SeedSource,
    SeedUpdate,
)
from register.vocabulary import WITHOUT_SOURCE_BY_NATURE

# Kinds that are neither stories nor notices: the introduction of a list.
INTRODUCTIONS = frozenset({"intro_claim", "context", "methodology_note"})


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in one entry."""

    place: int
    why: str


def read(data: bytes, document: str = "list") -> tuple[tuple[Entry, ...], Outline]:
    """
    Read the JSON form: the entries, and where each stands in the written list.

    A transcription says itself which list it is of; *document* names one that does not.

    Raises:
        ImportErrors: every fault found, with its line in the file.
    """
    try:
        seed = msgspec.json.decode(data, type=Seed)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ImportErrors((_decoding_fault(data, error),)) from None
    faults = _faults(seed.entries)
    if faults:
        raise _refused(data, faults)
    entries, outline = _entries(seed, document)
    faults = _losses(seed.entries, exporting.passages(outline, entries))
    if faults:
        raise _refused(data, faults)
    return entries, outline


def _refused(data: bytes, faults: list[Fault]) -> ImportErrors:
    lines = entry_lines(data)
    at = {fault: lines[fault.place] if fault.place < len(lines) else 1 for fault in faults}
    return ImportErrors(tuple(sorted({(at[fault], fault.why) for fault in faults})))


def _losses(entries: tuple[SeedEntry, ...], written: Mapping[int, str]) -> list[Fault]:
    """Look for words of a line that no record has, so that it would not come out as it went in."""
    texts: dict[int, set[str]] = defaultdict(set)
    for entry in entries:
        if entry.parent is None:
            texts[entry.lines[0]].add(entry.text)
    return [
        Fault(place, f"{entry.id} has words in its text that stand in none of its spans")
        for place, entry in enumerate(entries)
        if entry.parent is None and texts[entry.lines[0]] == {entry.text} != {written.get(entry.lines[0])}
    ]


def _entries(seed: Seed, document: str) -> tuple[tuple[Entry, ...], Outline]:
    document = str(seed.meta.get("seed_file", document))
    ids = {entry.id: derived_id(document, entry.id) for entry in seed.entries}
    alike = Counter((entry.lines[0], entry.text) for entry in seed.entries if entry.parent is None)
    entries, items = [], []
    for entry in seed.entries:
        body = _body(entry, is_alone=alike[entry.lines[0], entry.text] == 1)
        entries.append(_entry(entry, ids, document, body))
        items.append(_item(entry, ids[entry.id], is_written=_is_written(entry, seed.entries)))
    return tuple(entries), Outline(document=document, items=tuple(items))


def _item(entry: SeedEntry, public_id: str, *, is_written: bool) -> Item:
    return Item(
        id=public_id,
        key=entry.id,
        kind=entry.kind,
        first=entry.lines[0],
        last=entry.lines[1],
        bullet=split_bullet(entry.text)[0] if entry.bulleted and entry.parent is None else "",
        is_bulleted=entry.bulleted,
        is_written=is_written,
        spans=entry.spans,
    )


def _is_written(entry: SeedEntry, entries: tuple[SeedEntry, ...]) -> bool:
    """Say whether a list is written out from this entry, or from the parent that has its words already."""
    if entry.parent is None:
        return True
    parent = next(other for other in entries if other.id == entry.parent)
    # A part stands beside its parent, not inside it, where the parent's own claim leaves its words out
    # and the parent shares the line; so it is with the claims of an introduction.
    return parent.kind in INTRODUCTIONS and parent.lines == entry.lines and not _holds(parent, entry)


def _holds(parent: SeedEntry, part: SeedEntry) -> bool:
    return any(span in own for span in part.spans for own in parent.spans)


def _body(entry: SeedEntry, *, is_alone: bool) -> tuple[Block, ...]:
    is_whole = entry.parent is None and is_alone and entry.kind not in INTRODUCTIONS
    if not is_whole:
        return tuple(Block(text=span) for span in entry.spans)
    text = split_bullet(entry.text)[1] if entry.bulleted else entry.text
    return blocks_of(text.split("\n"))


def _entry(seed: SeedEntry, ids: dict[str, str], document: str, body: tuple[Block, ...]) -> Entry:
    sources = tuple(_source(source) for source in seed.sources)
    return Entry(
        id=ids[seed.id],
        item_type=seed.item_type,
        title={"en": seed.title},
        body={"en": body},
        original="en",
        is_refusal=seed.is_refusal,
        parent=ids[seed.parent] if seed.parent else None,
        service=seed.service_status,
        roles=seed.roles_ranks,
        forces=tuple(_force(force) for force in seed.forces),
        counts=tuple(_count(count) for count in seed.counts),
        places=tuple(_place(place) for place in seed.places),
        dates=tuple(_date(span) for span in seed.dates),
        what_refused={"en": seed.what_refused} if seed.what_refused else {},
        grounds=coding.grounds(seed.grounds),
        pressure=coding.pressure(seed.pressure),
        outcome=coding.outcomes(seed.outcome),
        legal=seed.legal,
        attribution=seed.attribution,
        sources=sources,
        corroboration=_corroboration(seed, has_source=bool(sources)),
        quotes=tuple(_quote(quote) for quote in seed.quotes),
        updates=tuple(_update(update) for update in seed.updates),
        relations=tuple(
            Relation(type=relation.type, target=ids[relation.target], why=relation.why)
            for relation in seed.relations
        ),
        glosses=seed.editor_glosses,
        persons=seed.persons_named,
        identity=seed.identity,
        identity_note=seed.identity_note,
        notes=seed.notes,
        origin=Origin(document=document, key=seed.id),
    )


def _source(seed: SeedSource) -> Source:
    return Source(
        outlet=seed.outlet,
        outlet_full=seed.outlet_full,
        day=seed.date,
        day_as_written=seed.date_as_written,
        as_written=seed.as_written,
        role=seed.role,
        url=seed.url,
        archive_url=seed.archive_url,
        link_no=seed.link_no,
        inherited=seed.inherited_from_parent,
    )


def _force(seed: SeedForce) -> Force:
    words = " ".join(filter(None, (seed.branch, seed.formation, seed.unit, seed.as_written)))
    return Force(
        branch=coding.branch_of(words),
        formation=seed.formation,
        unit=seed.unit,
        as_written=seed.as_written,
        coded_as=seed.branch,
    )


def _count(seed: SeedCount) -> Count:
    return Count(
        as_written=seed.as_written,
        count_of=seed.count_of,
        unit=seed.unit,
        qualifier=seed.qualifier,
        value=seed.value,
        min=seed.min,
        max=seed.max,
        approximate=seed.approximate,
        countable=seed.countable_as_refusers,
    )


def _place(seed: SeedPlace) -> Place:
    subject = places.subject_of(seed.name) if seed.country == "RU" else None
    return Place(
        name=seed.name,
        role=seed.role,
        as_written=seed.as_written,
        kind=seed.kind,
        country=seed.country,
        subject=subject,
    )


def _date(seed: SeedDate) -> DateSpan:
    return DateSpan(
        role=seed.role,
        precision=seed.precision,
        as_written=seed.as_written,
        start=seed.value,
        end=seed.end,
        qualifier=seed.qualifier,
    )


def _corroboration(seed: SeedEntry, *, has_source: bool) -> Corroboration:
    is_general = seed.item_type in WITHOUT_SOURCE_BY_NATURE
    stated = seed.corroboration.explicit_status
    return Corroboration(
        grade=coding.grade_stated(stated, has_source=has_source, is_general=is_general),
        wording=seed.corroboration.wording,
        stated=stated,
        basis=seed.corroboration.basis,
    )


def _quote(seed: SeedQuote) -> Quote:
    return Quote(
        text=seed.text,
        kind=seed.kind,
        speaker=seed.speaker,
        attributed_as=seed.attributed_as,
        lines=seed.lines,
    )


def _update(seed: SeedUpdate) -> Update:
    return Update(
        text={"en": seed.text},
        kind=seed.kind,
        day=seed.date,
        sources=tuple(_source(source) for source in seed.sources),
    )


def _faults(entries: tuple[SeedEntry, ...]) -> list[Fault]:
    """Look for what types cannot say: keys that do not meet, words that are not in the text."""
    keys = Counter(entry.id for entry in entries)
    statuses = coding.stated_statuses()
    found = []
    for place, entry in enumerate(entries):
        if keys[entry.id] > 1:
            found.append(Fault(place, f"two entries are called {entry.id}"))
        targets = [relation.target for relation in entry.relations] + [entry.parent or entry.id]
        found += [
            Fault(place, f"{entry.id} names {target}, which is not here")
            for target in targets
            if target not in keys
        ]
        if entry.corroboration.explicit_status not in statuses:
            found.append(Fault(place, f"{entry.id} states a certainty that is not on the list"))
        found += [Fault(place, f"{entry.id}: {why}") for why in unreadable(entry.text.split("\n"))]
        found += [
            Fault(place, f"{entry.id} quotes words that are not in its text")
            for words in _exact_words(entry)
            if words not in entry.text
        ]
    return found


def _exact_words(entry: SeedEntry) -> list[str]:
    parts: tuple[SeedCount | SeedPlace | SeedDate | SeedForce, ...] = (
        *entry.counts,
        *entry.places,
        *entry.dates,
        *entry.forces,
    )
    own = [source for source in entry.sources if not source.inherited_from_parent]
    updates = [source for update in entry.updates for source in update.sources]
    return [
        *entry.spans,
        *(part.as_written for part in parts),
        *(source.as_written for source in (*own, *updates)),
        *(quote.text for quote in entry.quotes),
        *(update.text for update in entry.updates),
        *entry.corroboration.wording,
        *entry.editor_glosses,
    ]


def entry_lines(data: bytes) -> list[int]:
    """Return the line on which each entry opens: that of its own ``id``."""
    opening = re.search(rb'"entries":\s*\[', data)
    start = opening.end() if opening else 0
    return [
        data.count(b"\n", 0, match.start()) + 1 for match in re.compile(rb'"id":\s*"').finditer(data, start)
    ] or [1]


def _decoding_fault(data: bytes, error: BaseException) -> tuple[int, str]:
    message = str(error)
    at_entry = re.search(r"\$\.entries\[(\d+)\]([^`]*)", message)
    if at_entry:
        lines = entry_lines(data)
        place = int(at_entry[1])
        return (
            lines[place] if place < len(lines) else 1,
            f"the field {at_entry[2].lstrip('.') or 'entry'} cannot be read",
        )
    at_byte = re.search(r"byte (\d+)", message)
    position = int(at_byte[1]) if at_byte else len(data) if "truncated" in message else 0
    return data.count(b"\n", 0, position) + 1, "this is not JSON, or not a list of entries"
