"""
Two entries that tell the same: what only the one that goes has said, and taking that over into the other.

Nothing here publishes: what comes of it is a correction of the entry that stays, judged and approved like
any.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from register import canonical
from register.entry import Entry, Quote, Source, Update

Kind = Literal["quotes", "updates", "sources"]


@dataclass(frozen=True, slots=True)
class Gain:
    """One quotation, follow-up or source that only the other entry has."""

    kind: Kind
    part: Quote | Update | Source = field(repr=False)

    @property
    def name(self) -> str:
        """A name by which a form that is not the newest still means the same words."""
        return hashlib.sha256(canonical.dumps(self.part)).hexdigest()[:16]


def gains(kept: Entry, other: Entry) -> tuple[Gain, ...]:
    """Return what *other* says by quotation, follow-up or source and *kept* does not."""
    said = {_plain(one.text) for one in kept.quotes}
    told = {_plain(text) for one in kept.updates for text in one.text.values()}
    cited = {_report(one) for one in (*kept.sources, *(s for u in kept.updates for s in u.sources))}
    return (
        *(Gain("quotes", one) for one in other.quotes if _plain(one.text) not in said),
        *(Gain("updates", one) for one in other.updates if not told & {*map(_plain, one.text.values())}),
        *(Gain("sources", one) for one in other.sources if _report(one) not in cited),
    )


def taken_over(kept: Entry, chosen: Iterable[Gain]) -> Entry:
    """Return *kept* with the *chosen* parts behind its own."""
    quotes, updates, sources = list(kept.quotes), list(kept.updates), list(kept.sources)
    for one in chosen:
        match one.part:
            case Quote():
                # Where a list had it, says nothing of this entry.
                quotes.append(msgspec.structs.replace(one.part, lines=None))
            case Update():
                updates.append(one.part)
            case Source():
                sources.append(msgspec.structs.replace(one.part, inherited=False))
    return msgspec.structs.replace(kept, quotes=tuple(quotes), updates=tuple(updates), sources=tuple(sources))


def _plain(text: str) -> str:
    return " ".join(text.split())


def _report(source: Source) -> tuple[object, ...]:
    return (
        source.outlet.casefold(),
        source.day,
        source.day_as_written if source.day is None else "",
        source.link_no,
    )
