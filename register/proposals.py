"""
What a reading of the text form proposes and an editor decides: follow-ups, parts, missing sources.

Nothing here changes an entry by itself; :func:`accept_follow_up` and :func:`accept_split` do, one at a time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

import msgspec

from register.citations import Citation
from register.entry import Block, Entry, Relation, Source, Update, derived_id
from register.textform import Paragraph, Passage

Kind = Literal["follow_up", "split", "no_source", "no_bullet"]

_SENTENCE_END = re.compile(r"[.!?…][’”\"»)\]]*\s+(?=[^\W\d_a-zа-яёіїєґ]|[‘“\[<])")
# A citation that closes more sentences than this vouches for a passage, not for one piece of news.
_LONGEST_FOLLOW_UP = 2
_EXAMPLE = re.compile(r"(?:For (?:example|instance)|Another|In one (?:unit|case)|One (?:of|more))\b")


@dataclass(frozen=True, slots=True)
class Proposal:
    """One proposal, the line it is about, and the words it takes."""

    kind: Kind
    entry: str
    line: int
    text: str = ""
    sources: tuple[Source, ...] = ()

    @property
    def day(self) -> date | None:
        """The latest day of the sources, if one is known."""
        return max((source.day for source in self.sources if source.day), default=None)


def propose(passage: Passage, entry: Entry) -> tuple[Proposal, ...]:
    """Look through one passage for what an editor should decide."""
    found: list[Proposal] = []
    if passage.kind == "story" and not passage.citations:
        found.append(Proposal("no_source", entry.id, passage.paragraphs[0].number))
    if passage.kind == "story" and not passage.bullet:
        found.append(Proposal("no_bullet", entry.id, passage.paragraphs[0].number))
    had_source = passage.kind == "context"
    for paragraph, block in zip(passage.paragraphs, passage.blocks, strict=True):
        if block.kind != "paragraph":
            continue
        as_kind: Kind = "split" if passage.kind == "context" else "follow_up"
        found += _dated(paragraph, entry.id, as_kind, had_source=had_source)
        if passage.kind == "story":
            found += _parts(paragraph, entry.id)
        had_source = had_source or bool(paragraph.citations)
    return tuple(found)


def accept_follow_up(entry: Entry, proposal: Proposal) -> Entry:
    """Make a proposed follow-up part of *entry*, dated by its source."""
    update = Update(
        text={entry.original: proposal.text}, kind="follow_up", day=proposal.day, sources=proposal.sources
    )
    remaining = list(entry.sources)
    for source in proposal.sources:
        remaining.remove(source)
    moved = tuple(msgspec.structs.replace(source, role="update") for source in proposal.sources)
    update = msgspec.structs.replace(update, sources=moved)
    return msgspec.structs.replace(entry, updates=(*entry.updates, update), sources=tuple(remaining))


def accept_split(entry: Entry, proposal: Proposal) -> Entry:
    """Return the proposed part as an entry of its own that names *entry* as its parent."""
    return msgspec.structs.replace(
        entry,
        id=derived_id(entry.id, proposal.text),
        parent=entry.id,
        title={entry.original: headline(proposal.text)},
        body={entry.original: (Block(text=proposal.text),)},
        sources=proposal.sources or tuple(_inherited(source) for source in entry.sources),
        quotes=(),
        updates=(),
        relations=(Relation(type="part_of", target=entry.id),),
    )


def headline(text: str, length: int = 90) -> str:
    """Cut the first sentence down to a title, at a word."""
    first = sentences(text, ())[0][2]
    plain = re.sub(r"\s*\([^()]*\d[^()]*\)", "", re.sub(r"\s*\[[^\]]*\]", "", first)).strip().rstrip(".")
    if len(plain) <= length:
        return plain
    return plain[:length].rsplit(" ", 1)[0].rstrip(",;:—– ") + "…"


def sentences(text: str, citations: tuple[Citation, ...]) -> list[tuple[int, int, str]]:
    """Cut *text* into sentences, never inside a citation; gives start, end and words of each."""
    ends = [
        match.end()
        for match in _SENTENCE_END.finditer(text)
        if not any(citation.start <= match.start() < citation.end for citation in citations)
    ]
    borders = [0, *ends, len(text)]
    return [(start, end, text[start:end].strip()) for start, end in pairwise(borders) if end > start]


def _dated(paragraph: Paragraph, entry: str, kind: Kind, *, had_source: bool) -> list[Proposal]:
    if paragraph.text.rstrip().endswith(":"):
        is_interview = Proposal("split", entry, paragraph.number, paragraph.text, _named(paragraph.citations))
        return [is_interview] if had_source else []
    found = []
    since = 0
    cut = sentences(paragraph.text, paragraph.citations)
    for place, (start, end, words) in enumerate(cut):
        inside = tuple(c for c in paragraph.citations if start <= c.start < end)
        if not inside:
            continue
        run = place - since + 1
        if had_source and (run <= _LONGEST_FOLLOW_UP or kind == "split"):
            found.append(Proposal(kind, entry, paragraph.number, words, _named(inside)))
        had_source, since = True, place + 1
    return found


def _parts(paragraph: Paragraph, entry: str) -> list[Proposal]:
    return [
        Proposal("split", entry, paragraph.number, words)
        for _, _, words in sentences(paragraph.text, paragraph.citations)
        if _EXAMPLE.match(words)
    ]


def _named(citations: tuple[Citation, ...]) -> tuple[Source, ...]:
    return tuple(source for citation in citations for source in citation.sources)


def _inherited(source: Source) -> Source:
    return msgspec.structs.replace(source, inherited=True)
