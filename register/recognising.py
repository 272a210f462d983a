"""
An entry of a list that is known: it takes the id it has, and keeps what editors made of it.

What a list says of it anew comes in; translations, follow-ups and what readers were told stay.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec

from register.basis import basis_of, words_of
from register.entry import Entry, Source
from register.lists import HandMade
from register.proposals import Proposal
from register.records import Published


def recognise(listed: HandMade, proposal: Proposal, record: Published) -> HandMade:
    """
    Return *listed* with one story known as the entry of ours in *record*, as an editor says it is.

    What readers have stays where it was corrected here, until those who sign choose the words of the list.
    """
    old, new = record.entry, {one.id: one for one in listed.entries}.get(proposal.entry)
    assert old is not None
    if new is None:
        return listed
    names = {new.id: old.id}
    told = renamed_in(new, names)
    known = settled(told, old, record)
    # A follow-up that was accepted before goes with it.
    later = tuple(one for one in told.updates if one not in known.updates)
    known = msgspec.structs.replace(known, updates=(*known.updates, *later))
    entries = tuple(known if one.id == new.id else renamed_in(one, names) for one in listed.entries)
    bases = (
        *(one for one in listed.bases if one.entry not in (new.id, old.id)),
        basis_of(told, words_of(told), record),
    )
    settles = {new.id, old.id}
    proposals = tuple(
        moved(one, names)
        for one in listed.proposals
        if not (one.kind == "same" and settles & {one.entry, one.public})
    )
    outline = listed.outline
    if outline is not None:
        items = tuple(msgspec.structs.replace(item, id=names.get(item.id, item.id)) for item in outline.items)
        # It stands in the list again, under words that nobody knew it by.
        left = tuple(one for one in outline.left if one != old.id)
        outline = msgspec.structs.replace(outline, items=items, left=left)
    return replace(listed, entries=entries, outline=outline, proposals=proposals, bases=bases)


def moved(proposal: Proposal, renamed: dict[str, str]) -> Proposal:
    """Return *proposal* about the entry it is about by another id."""
    return msgspec.structs.replace(proposal, entry=renamed.get(proposal.entry, proposal.entry))


def renamed_in(entry: Entry, renamed: dict[str, str]) -> Entry:
    """Return *entry* with every id in it that was *renamed*."""
    relations = tuple(
        msgspec.structs.replace(relation, target=renamed.get(relation.target, relation.target))
        for relation in entry.relations
    )
    return msgspec.structs.replace(
        entry,
        id=renamed.get(entry.id, entry.id),
        parent=renamed.get(entry.parent, entry.parent) if entry.parent else None,
        relations=relations,
    )


def settled(entry: Entry, old: Entry | None, record: Published | None) -> Entry:
    """Keep what editors made of a story that a list gives again; only what it says anew can be new."""
    if old is None:
        return entry
    is_public = record is not None and old is record.entry
    if is_public and record and record.listed and record.listed.words == words_of(entry):
        return old
    return renewed(entry, old)


def renewed(entry: Entry, old: Entry) -> Entry:
    """Return *old* with what a list says of it in *entry*."""
    if entry.origin and entry.origin.key:
        return _coded_anew(entry, old)
    if old.written == entry.written:
        return old
    # A source that went with a follow-up stays there.
    moved = {_place_of(source) for update in old.updates for source in update.sources}
    others = {*old.title, *old.body} - {old.original}
    return msgspec.structs.replace(
        old,
        body={**old.body, old.original: entry.body[entry.original]},
        sources=tuple(source for source in entry.sources if _place_of(source) not in moved),
        quotes=entry.quotes,
        outdated=tuple(sorted(others)),
    )


def _coded_anew(entry: Entry, old: Entry) -> Entry:
    """Return a coded *entry* with what a list cannot bring: translations, and what readers were told."""
    title = {language: text for language, text in old.title.items() if language not in entry.title}
    body = {language: text for language, text in old.body.items() if language not in entry.body}
    is_same = entry.title.items() <= old.title.items() and entry.body.items() <= old.body.items()
    return msgspec.structs.replace(
        entry,
        title={**title, **entry.title},
        body={**body, **entry.body},
        outdated=old.outdated if is_same else tuple(sorted({*title, *body})),
        corrections=old.corrections,
    )


def _place_of(source: Source) -> tuple[object, ...]:
    return source.as_written, source.outlet, source.day_as_written, source.link_no
