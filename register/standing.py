"""
How a list stands here, beside a new reading of it: what a person coded stays coded, what left is named.

A transcription tells one line of the written list as several entries, or as a whole with parts. The written
form knows no such thing; where its line still reads as those entries do together, it is them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from register import exporting
from register.entry import Entry
from register.lists import HandMade
from register.outline import Item, Outline

# A list loses a story or two when somebody edits it; more than these go when its file is not whole.
A_FEW = 3


def recomposed(
    entries: Sequence[Entry], outline: Outline, stood: Iterable[Outline], known: Sequence[Entry]
) -> tuple[tuple[Entry, ...], Outline]:
    """
    Put the coded entries that are *known* in the place of the lines that still say what they say.

    *stood* are the outlines of lists as they stand here. A line that was changed is left as it was read.
    """
    coded = _coded(outline, stood, known)
    written = exporting.passages(outline, entries)
    at = {item.id: item for item in outline.items}
    by_id = {entry.id: entry for entry in known}
    found: list[Entry] = []
    items: list[Item] = []
    for entry in entries:
        item = at[entry.id]
        group = coded.get(written.get(item.first, ""), ())
        if not group:
            found.append(entry)
            items.append(item)
            continue
        found += [by_id[one.id] for one in group]
        down = item.first - group[0].first
        items += [msgspec.structs.replace(one, first=one.first + down, last=one.last + down) for one in group]
    return tuple(found), msgspec.structs.replace(outline, items=tuple(items))


def left_out(
    before: Iterable[HandMade], after: HandMade, known: Iterable[Entry], gone: Collection[str] = ()
) -> tuple[str, ...]:
    """
    Name what stood in a list and stands in it no more, but for notices and for what was taken down (*gone*).

    *before* is what waits of it, and how it stood when it last was released; *after* is what will wait. A
    part stands as long as its whole does; *known* are the entries that say which those are.
    """
    before = tuple(before)
    stands = {entry.id for entry in after.entries} | {*_stood(after)}
    parts = {entry.id for listed in before for entry in listed.entries if entry.parent in stands}
    parts |= {entry.id for entry in known if entry.parent in stands}
    notices = {one.id for listed in (*before, after) for one in listed.notices}
    stood = dict.fromkeys(one for listed in before for one in _stood(listed))
    return tuple(one for one in stood if one not in stands | parts | notices | {*gone})


def _stood(listed: HandMade) -> tuple[str, ...]:
    outline = listed.outline
    items = () if outline is None else (*(item.id for item in outline.items), *outline.left)
    return (*items, *(entry.id for entry in listed.publishable))


def _coded(
    outline: Outline, stood: Iterable[Outline], known: Sequence[Entry]
) -> Mapping[str, tuple[Item, ...]]:
    """Return the items of every coded line of the same list, by what they say together."""
    by_id = {entry.id: entry for entry in known}
    found: dict[str, tuple[Item, ...]] = {}
    for one in stood:
        if one.document != outline.document:
            continue
        for first, text in exporting.passages(one, known).items():
            group = _with_parts(one, first, by_id)
            if all(item.key and item.id in by_id for item in group):
                found[text] = group
    return found


def _with_parts(outline: Outline, first: int, by_id: Mapping[str, Entry]) -> tuple[Item, ...]:
    """Return the items that are written on a line, and those of their parts."""
    wholes = {item.id for item in outline.items if item.first == first and item.is_written}
    return tuple(
        item
        for item in outline.items
        if item.id in wholes or (not item.is_written and item.id in by_id and by_id[item.id].parent in wholes)
    )
