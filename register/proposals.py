"""
What a reading of the text form proposes and an editor decides: follow-ups, parts, missing sources, and which
entry of ours a story may be that reads like none.

Nothing here changes an entry by itself; :func:`accept` does, for the proposals an editor chose.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise, takewhile
from typing import Literal

import msgspec

from register import canonical, coding
from register.citations import Citation
from register.entry import Block, Corroboration, Entry, Part, Relation, Source, Update, derived_id
from register.textform import Paragraph, Passage

FORMAT = "subrosa-proposal-1"
Kind = Literal["follow_up", "split", "no_source", "no_bullet", "same"]
# What an editor can accept; the others only say where to look.
ACCEPTABLE: frozenset[Kind] = frozenset({"follow_up", "split", "same"})

_SENTENCE_END = re.compile(r"[.!?…][’”\"»)\]]*\s+(?=[^\W\d_a-zа-яёіїєґ]|[‘“\[<])")
# A citation that closes more sentences than this vouches for a passage, not for one piece of news.
_LONGEST_FOLLOW_UP = 2
_EXAMPLE = re.compile(r"(?:For (?:example|instance)|Another|In one (?:unit|case)|One (?:of|more))\b")


class Proposal(Part, frozen=True, tag=FORMAT, tag_field="format"):
    """One proposal, the line it is about, and the words it takes."""

    kind: Kind
    entry: str
    line: int
    text: str = ""
    sources: tuple[Source, ...] = ()
    public: str = ""  # of "same": the id of the entry that it may be

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


def accept(entries: Iterable[Entry], chosen: Iterable[Proposal]) -> tuple[Entry, ...]:
    """
    Return *entries* with the *chosen* proposals carried out, and the parts that come of them.

    Which entry of ours one is takes more than the list: :func:`register.recognising.recognise` does that.
    """
    by_id = {entry.id: entry for entry in entries}
    for proposal in chosen:
        entry = by_id.get(proposal.entry)
        if entry is None:
            continue
        if proposal.kind == "follow_up":
            by_id[entry.id] = accept_follow_up(entry, proposal)
        elif proposal.kind == "split":
            part = accept_split(entry, proposal)
            by_id[part.id] = part
    return tuple(by_id.values())


def open_ones(proposals: Iterable[Proposal], entries: Sequence[Entry]) -> tuple[Proposal, ...]:
    """Return those *proposals* that nobody has accepted yet, given *entries* as they are now."""
    told = {(entry.id, text) for entry in entries for one in entry.updates for text in one.text.values()}
    parts = {entry.id for entry in entries if entry.parent}
    return tuple(
        one
        for one in proposals
        if (one.entry, one.text) not in told and derived_id(one.entry, one.text) not in parts
    )


def accept_follow_up(entry: Entry, proposal: Proposal) -> Entry:
    """Make a proposed follow-up part of *entry*, dated by its source; its sources go with it."""
    remaining = list(entry.sources)
    for source in proposal.sources:
        if source in remaining:
            remaining.remove(source)
    moved = tuple(msgspec.structs.replace(source, role="update") for source in proposal.sources)
    update = Update(text={entry.original: proposal.text}, kind="follow_up", day=proposal.day, sources=moved)
    return msgspec.structs.replace(entry, updates=(*entry.updates, update), sources=tuple(remaining))


def accept_split(entry: Entry, proposal: Proposal) -> Entry:
    """
    Return the proposed part as an entry of its own that names *entry* as its parent.

    A line that introduces an interview takes its turns along. What the part's own words say is coded anew;
    what they do not say of branch, service and place is the parent's.
    """
    turns = _turns_after(entry, proposal.text)
    sources = proposal.sources or tuple(_inherited(source) for source in entry.sources)
    is_general = entry.item_type == "context"
    grade, hedge = coding.grade_hedged(proposal.text, has_source=bool(sources), is_general=is_general)
    return Entry(
        id=derived_id(entry.id, proposal.text),
        item_type=entry.item_type,
        title={entry.original: headline(proposal.text)},
        body={entry.original: (Block(text=proposal.text), *turns)},
        original=entry.original,
        is_refusal=coding.tells_of_refusal(proposal.text),
        parent=entry.id,
        service=coding.service_in(proposal.text) or entry.service,
        forces=coding.forces_in(proposal.text) or entry.forces,
        places=coding.subjects_in(proposal.text) or entry.places,
        sources=sources,
        corroboration=Corroboration(grade=grade, wording=(hedge,) if hedge else ()),
        quotes=tuple(quote for quote in entry.quotes if quote.text in {turn.text for turn in turns}),
        relations=(Relation(type="part_of", target=entry.id),),
        origin=None if entry.origin is None else msgspec.structs.replace(entry.origin, key=""),
    )


def dumps(proposal: Proposal) -> bytes:
    """Write the canonical bytes of *proposal*."""
    return canonical.dumps(proposal)


def loads(data: bytes) -> Proposal:
    """
    Read a proposal.

    Raises:
        MalformedEntryError: these bytes are not exactly what :func:`dumps` writes.
    """
    return canonical.loads(data, Proposal, "a proposal")


def _turns_after(entry: Entry, text: str) -> tuple[Block, ...]:
    blocks = list(entry.body.get(entry.original, ()))
    place = next((n for n, block in enumerate(blocks) if block.text == text), None)
    if place is None:
        return ()
    return tuple(takewhile(lambda block: block.kind == "turn", blocks[place + 1 :]))


def headline(text: str, length: int = 90) -> str:
    """Cut the first sentence down to a title, at a word."""
    first = ""
    for _, _, words in sentences(text, ()):
        first = f"{first} {words}".strip()
        # "(Col. Smith)" does not end with "Col."
        if first.count("(") <= first.count(")"):
            break
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
