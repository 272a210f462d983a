"""Writing a list out again from its entries: the same bytes, but for the lines of entries that changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from register.entry import Entry, line
from register.outline import Item, Outline


def text(outline: Outline, entries: Iterable[Entry]) -> bytes:
    """
    Compose the text form of a list.

    What *entries* lacks (an entry that was retracted) is left out with its lines.
    """
    body = outline.newline.join(passages(outline, entries).values()) + outline.newline * outline.trailing
    return (b"\xef\xbb\xbf" if outline.has_mark else b"") + body.encode()


def passages(outline: Outline, entries: Iterable[Entry]) -> dict[int, str]:
    """Compose every passage of a list, in reading order, by the line it begins on."""
    by_id = {entry.id: entry for entry in entries}
    places: dict[int, list[str]] = defaultdict(list)
    for item in outline.items:
        entry = by_id.get(item.id)
        if entry is not None and item.is_written:
            places[item.first].append(_written(item, entry, outline.newline))
    # Claims that share a line are divided by a blank, as sentences are.
    return {first: " ".join(places[first]) for first in sorted(places)}


def _written(item: Item, entry: Entry, newline: str) -> str:
    blocks = entry.body.get(entry.original, ())
    return newline.join(
        newline * block.gap + (item.bullet if place == 0 else "") + line(block)
        for place, block in enumerate(blocks)
    )
