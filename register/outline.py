"""
The outline of a hand-made list: the order of its entries and the shape of its file.

Kept beside the entries, not in them, so that a story inserted above changes no other entry's bytes.
Never published.
"""

from __future__ import annotations

from register import canonical
from register.entry import Part

FORMAT = "subrosa-list-1"


class Item(Part, frozen=True, kw_only=True):
    """Where one entry stands. Entries that share a first line are written one after another on it."""

    id: str
    first: int
    last: int
    key: str = ""
    kind: str = ""
    bullet: str = ""
    is_bulleted: bool = False
    is_written: bool = True  # False for a part whose words stand in its parent
    spans: tuple[str, ...] = ()


class Outline(Part, frozen=True, kw_only=True, tag=FORMAT, tag_field="format"):
    """One list: its items in reading order, and what its file looks like between the lines."""

    document: str
    items: tuple[Item, ...] = ()
    newline: str = "\n"
    has_mark: bool = False  # a byte order mark opens the file
    trailing: int = 0  # line ends after the last line
    left: tuple[str, ...] = ()  # while it waits: ids of what stood in the list before and does no more


def dumps(outline: Outline) -> bytes:
    """Write the canonical bytes of *outline*."""
    return canonical.dumps(outline)


def loads(data: bytes) -> Outline:
    """
    Read an outline.

    Raises:
        MalformedEntryError: these bytes are not exactly what :func:`dumps` writes.
    """
    return canonical.loads(data, Outline, "the outline of a list")
