"""
Which entry of a list is which that is known: by what is certain, or by what only an editor can say.

* :func:`pairs` takes what is certain: the list's own key, its words, or most of them.
* :func:`likely` names a story that reads like none we have, and may be one all the same: it cites a report of
  one that the list names no more, or stands where that one stood. Nothing follows from it by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from rapidfuzz import fuzz, process

from register.basis import words_of_text
from register.entry import Entry
from register.outline import Outline
from register.records import Published

# Two stories of a list seldom share half their letters in order; one that was edited keeps most of them.
_SAME_STORY = 75.0


def pairs(
    entries: Sequence[Entry], existing: Sequence[Entry], records: Mapping[str, Published]
) -> list[tuple[Entry, Entry]]:
    """
    Pair each entry with the one it was.

    By the list's key, by its words or those a list last had for it, by the id it got then, by most words.
    """
    by_key = {(old.origin.document, old.origin.key): old for old in existing if old.origin and old.origin.key}
    by_id = {old.id: old for old in existing}
    by_words: dict[str, list[Entry]] = {}
    for old in existing:
        by_words.setdefault(words_of_text(old.written), []).append(old)
        listed = records[old.id].listed if old.id in records else None
        if listed is not None:
            by_words.setdefault(listed.words, []).append(old)
    found, rest, taken = [], [], set()
    for entry in entries:
        key = (entry.origin.document, entry.origin.key) if entry.origin else ("", "")
        same = [by_key[key]] if key in by_key else by_words.get(words_of_text(entry.written), [])
        same = [*same, *([by_id[entry.id]] if entry.id in by_id else [])]
        # A part and its whole may have the same words; a whole is paired with a whole.
        fitting = [old for old in same if old.id not in taken and bool(old.parent) == bool(entry.parent)]
        if fitting:
            found.append((entry, fitting[0]))
            taken.add(fitting[0].id)
        else:
            rest.append(entry)
    # Only what came from this list can be a story of it that was edited since.
    documents = {entry.origin.document for entry in entries if entry.origin}
    free = {
        old.id: old
        for old in existing
        if old.origin and old.origin.document in documents and old.id not in taken and old.parent is None
    }
    texts = {old.id: old.written for old in free.values()}
    for entry in rest:
        if entry.origin and entry.origin.key:
            continue
        nearest = process.extractOne(entry.written, texts, scorer=fuzz.ratio, score_cutoff=_SAME_STORY)
        if nearest:
            found.append((entry, free[nearest[2]]))
            del texts[nearest[2]]
    return found


def likely(
    new: Sequence[Entry], lost: Sequence[Entry], *, now: Outline, before: Outline | None
) -> list[tuple[Entry, Entry]]:
    """
    Pair stories that are *new* with those the list has *lost*, where reports or their place say so.

    *now* and *before* are the outlines of the list, with the ids of what is known in both.
    """
    at = _together(new, lost, now, before)
    weighed = []
    for one in new:
        for old in lost:
            shared, is_there = len(_reports(one) & _reports(old)), (one.id, old.id) in at
            if shared or is_there:
                weight = (shared + is_there, fuzz.ratio(one.written, old.written))
                weighed.append((weight, one, old))
    found: list[tuple[Entry, Entry]] = []
    taken: set[str] = set()
    for _, one, old in sorted(weighed, key=lambda line: (line[0], line[1].id, line[2].id), reverse=True):
        if not {one.id, old.id} & taken:
            taken |= {one.id, old.id}
            found.append((one, old))
    return found


def _reports(entry: Entry) -> frozenset[tuple[str, str]]:
    """Name every report an entry stands on by outlet and day, and by its address where there is one."""
    found = set()
    for source in (*entry.sources, *(one for update in entry.updates for one in update.sources)):
        day = source.day.isoformat() if source.day else source.day_as_written
        found |= {(source.outlet.casefold(), day)} if day else set()
        found |= {("", source.url)} if source.url else set()
    return frozenset(found)


def _together(
    new: Sequence[Entry], lost: Sequence[Entry], now: Outline, before: Outline | None
) -> set[tuple[str, str]]:
    """Pair ids that stand between the same known neighbours, where as many are new there as were lost."""
    if before is None:
        return set()
    here, there = _gaps(now, {one.id for one in new}), _gaps(before, {one.id for one in lost})
    return {
        pair
        for place, ids in here.items()
        if len(ids) == len(there.get(place, ()))
        for pair in zip(ids, there[place], strict=True)
    }


def _gaps(outline: Outline, among: set[str]) -> Mapping[tuple[str, str], list[str]]:
    """Return what of *among* stands between two neighbours that are not of it, in the order of the list."""
    gaps: dict[tuple[str, str], list[str]] = defaultdict(list)
    last, waiting = "", []
    for item in (*(one.id for one in outline.items if one.is_written), ""):
        if item in among:
            waiting.append(item)
            continue
        if waiting:
            gaps[last, item] = waiting
        last, waiting = item, []
    return gaps
