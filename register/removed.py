"""
Entries that were removed from a copy together with their lines in the sums: what else still names them.

Nothing signed says which lines a list of sums once had. But lists, feeds and data name entries too, and who
removed one seldom rewrote all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from register import plain
from register.entry import ID_LENGTH

_DATA = "data/register.json"
_LED_TO = re.compile(rb"entries/([0-9a-z]{%d})\.html" % ID_LENGTH)
_HELD = re.compile(rb'\{"id":"([0-9a-z]{%d})"' % ID_LENGTH)
_PIECE = 1 << 20  # bytes read at once
_MORE = 64  # bytes read twice, so that no name is cut in two


def named(folder: Path, listed: Iterable[str]) -> list[str]:
    """Name the entries that a *listed* file of the copy in *folder* names, and that no listed file holds."""
    pages, held = [], set()
    for path in listed:
        place = PurePosixPath(path)
        if place.parent.name == "entries":
            held.add(place.name.partition(".")[0])
        elif place.suffix in (".html", ".atom") or path == _DATA:
            pages.append(path)
    found: dict[str, str] = {}
    for path in sorted(pages):
        for one in _ids(folder / path, _HELD if path == _DATA else _LED_TO):
            if one not in held:
                found.setdefault(one, path)
    return [
        f"{one}: removed with its lines in the sums; {path} names it" for one, path in sorted(found.items())
    ]


def _ids(path: Path, pattern: re.Pattern[bytes]) -> Iterator[str]:
    try:
        with plain.opened(path) as file:
            kept = b""
            while piece := file.read(_PIECE):
                kept += piece
                yield from (match[1].decode() for match in pattern.finditer(kept))
                kept = kept[-_MORE:]
    except OSError:
        return  # named as missing or changed already
