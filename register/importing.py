"""
Reading a hand-made list into entries, in review: nothing here publishes.

* :func:`read` takes the text form and the JSON form, and either gives all of it or raises every fault.
* What is known already keeps its id. A second reading of the same list changes nothing.
* What was corrected here since the list last brought it stays, and the list's words are put beside it.
* Two staff sign the hash of :func:`manifest`; it names every entry by id and hash, in one order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import msgspec

from register import coding, jsonform, textform
from register.basis import Basis, basis_of, is_corrected, words_of
from register.checks import problems
from register.citations import Citation, find
from register.entry import (
    Block,
    Corroboration,
    Entry,
    Origin,
    Quote,
    derived_id,
    dumps,
    fingerprint,
)
from register.errors import ImportErrors
from register.lists import HandMade
from register.outline import Item, Outline
from register.pairing import likely, pairs
from register.proposals import Proposal, headline, open_ones, propose
from register.recognising import moved, renamed_in, renewed, settled
from register.records import Published
from register.standing import recomposed
from register.vocabulary import Language

Fate = Literal["added", "changed", "unchanged"]


@dataclass(frozen=True, slots=True)
class Imported:
    """
    What a list holds, and what of it is new.

    ``entries`` has the notices too, which are never published, and lacks what was ``taken_down`` before.
    ``bases`` say what was public of each when the list was read; ``corrected`` names those corrected here.
    """

    entries: tuple[Entry, ...]
    outline: Outline
    stories: int
    source_references: int
    quotes: int
    follow_ups: int
    fates: dict[str, Fate]
    proposals: tuple[Proposal, ...] = ()
    taken_down: int = 0
    bases: tuple[Basis, ...] = ()
    corrected: tuple[str, ...] = ()

    @property
    def news(self) -> HandMade:
        """What two people have to look at: what is new or changed, and how the whole list stands."""
        news = tuple(entry for entry in self.entries if self.fates[entry.id] != "unchanged")
        theirs = {entry.id for entry in news}
        shown = {entry.id for entry in news if entry.is_publishable}
        bases = tuple(one for one in self.bases if one.entry in shown)
        # Where ours stays there is nothing to accept.
        theirs -= {one.entry for one in bases if one.keeps_ours}
        return HandMade(
            news, self.outline, tuple(one for one in self.proposals if one.entry in theirs), bases
        )

    @property
    def publishable(self) -> tuple[Entry, ...]:
        """The entries that may be released."""
        return tuple(entry for entry in self.entries if entry.is_publishable)

    def figures(self) -> dict[str, object]:
        """Return the counts that the command line prints."""
        fates = [self.fates[entry.id] for entry in self.publishable]
        return {
            "stories": self.stories,
            "entries": len(self.publishable),
            "notices": len(self.entries) - len(self.publishable),
            "source_references": self.source_references,
            "quotes": self.quotes,
            "follow_ups": self.follow_ups,
            "added": fates.count("added"),
            "changed": fates.count("changed"),
            "unchanged": fates.count("unchanged"),
            "taken_down": self.taken_down,
            "corrected_here": self.corrected_here(),
            "perhaps_known": self.perhaps_known(),
            "refused": [],
        }

    def corrected_here(self) -> list[dict[str, object]]:
        """Name what was corrected here since the list last brought it, with its line where it has one."""
        lines = {item.id: item.first for item in self.outline.items}
        return [
            {"line": lines.get(one), "id": one, "in_review": self.fates.get(one, "unchanged") != "unchanged"}
            for one in self.corrected
        ]

    def perhaps_known(self) -> list[dict[str, object]]:
        """Name what comes as new and may be an entry of ours, with its line and the id of that one."""
        return [
            {"line": one.line, "id": one.entry, "public": one.public}
            for one in self.proposals
            if one.kind == "same"
        ]


def read(
    data: bytes,
    *,
    year: int | None = None,
    existing: Iterable[Entry] = (),
    public: Iterable[Published] = (),
    gone: Collection[str] = (),
    document: str = "list",
    before: Outline | None = None,
    stood: Iterable[Outline] = (),
) -> Imported:
    """
    Read a list in either form and compare it with what the register has: what is *public*, and what waits.

    *before* is how the list stood when it last was released, where that is known; *stood* are the outlines of
    every list that is here or waits.

    *year* is that of days written without one; where it is ``None``, such days stay without a date. An entry
    under an id in *gone* was taken down and is left out; one taken down under other words is not known again.
    Codes found in the text form (branch, places, grade, follow-ups, parts) are proposals for an editor.

    Raises:
        ImportErrors: every line that cannot be read, with the reason; nothing was imported.
    """
    # Some editors put a byte order mark before JSON, which is no part of it.
    bare = data.removeprefix(b"\xef\xbb\xbf")
    is_json = bare.lstrip()[:1] == b"{"
    found = _from_json(bare, document) if is_json else _from_text(data, year, document)
    lines = jsonform.entry_lines(bare) if is_json else [item.first for item in found.outline.items]
    _refuse_what_cannot_be_public(found.entries, lines)
    records = {one.id: one for one in public}
    shown = (one.entry for one in records.values() if one.entry is not None)
    # What waits of an entry is what a list changes next.
    known = {one.id: one for one in (*shown, *existing)}
    existing = tuple(known.values())
    if not is_json:
        found = _recomposed(found, stood, existing)
    return _without(_matched(found, existing, records, before), gone)


def together(earlier: Iterable[HandMade], news: HandMade) -> HandMade:
    """
    Put what waits of the same list and its *news* into one: the news replace what they change.

    What stands in the list no more is left out; what an editor decided about the rest stays decided.
    """
    standing = {item.id for item in news.outline.items} if news.outline else set()
    changed = {entry.id for entry in news.entries}
    entries: dict[str, Entry] = {}
    waiting: list[Proposal] = []
    bases: dict[str, Basis] = {}
    for one in earlier:
        entries |= {entry.id: entry for entry in one.entries if {entry.id, entry.parent} & standing}
        waiting += [proposal for proposal in one.proposals if proposal.entry in standing - changed]
        bases |= {basis.entry: basis for basis in one.bases}
    entries |= {entry.id: entry for entry in news.entries}
    bases |= {basis.entry: basis for basis in news.bases}
    kept = tuple(basis for basis in bases.values() if basis.entry in entries)
    return HandMade(tuple(entries.values()), news.outline, (*waiting, *news.proposals), kept)


def manifest(entries: Iterable[Entry]) -> bytes:
    """Write the text whose SHA-256 two staff sign: id and hash of every entry, by id."""
    lines = sorted(f"{entry.id} {fingerprint(entry)}" for entry in entries)
    return ("subrosa import manifest v1\n" + "".join(f"{line}\n" for line in lines)).encode()


def _refuse_what_cannot_be_public(entries: Sequence[Entry], lines: Sequence[int]) -> None:
    """Refuse a list for an entry that the register would refuse: it would hold up the whole list later."""
    faults = {
        (line, f"the register would refuse this: {code.replace('_', ' ')}")
        for entry, line in zip(entries, lines, strict=False)
        if entry.is_publishable
        for code in problems(entry)
    }
    if faults:
        raise ImportErrors(tuple(sorted(faults)))


def _from_json(data: bytes, document: str) -> Imported:
    entries, outline = jsonform.read(data, document)
    at = {item.id: item for item in outline.items}
    stories = [
        entry
        for entry in entries
        if entry.parent is None and entry.is_publishable and at[entry.id].kind not in jsonform.INTRODUCTIONS
    ]
    # A citation may serve several entries, so references are counted in the written lines.
    cited = [citation for entry in entries if at[entry.id].is_written for citation in _citations(entry)]
    return Imported(
        entries=entries,
        outline=outline,
        stories=len(stories),
        source_references=sum(len(citation.sources) for citation in cited),
        quotes=sum(len(entry.quotes) for entry in entries),
        follow_ups=sum(len(entry.updates) for entry in entries),
        fates=dict.fromkeys((entry.id for entry in entries), "added"),
    )


def _citations(entry: Entry) -> tuple[Citation, ...]:
    return tuple(found for line in entry.written.split("\n") for found in find(line, None))


def _from_text(data: bytes, year: int | None, document: str) -> Imported:
    parsed = textform.parse(data, year=year)
    times: Counter[str] = Counter()
    entries = tuple(_entry(passage, document, times) for passage in parsed.passages)
    proposals = tuple(
        proposal
        for passage, entry in zip(parsed.passages, entries, strict=True)
        if passage.kind != "notice"
        for proposal in propose(passage, entry)
    )
    items = tuple(_item(passage, entry) for passage, entry in zip(parsed.passages, entries, strict=True))
    return Imported(
        entries=entries,
        outline=Outline(
            document=document,
            items=items,
            newline=parsed.newline,
            has_mark=parsed.mark,
            trailing=parsed.trailing,
        ),
        stories=sum(passage.kind == "story" for passage in parsed.passages),
        source_references=sum(len(entry.sources) for entry in entries),
        quotes=sum(len(entry.quotes) for entry in entries),
        follow_ups=sum(proposal.kind == "follow_up" for proposal in proposals),
        fates=dict.fromkeys((entry.id for entry in entries), "added"),
        proposals=proposals,
    )


def _recomposed(found: Imported, stood: Iterable[Outline], existing: Sequence[Entry]) -> Imported:
    """Let lines that a person coded before be what that person made of them."""
    entries, outline = recomposed(found.entries, found.outline, stood, existing)
    read = {entry.id for entry in found.entries} & {entry.id for entry in entries}
    return replace(
        found,
        entries=entries,
        outline=outline,
        fates=dict.fromkeys((entry.id for entry in entries), "added"),
        proposals=tuple(one for one in found.proposals if one.entry in read),
    )


def _item(passage: textform.Passage, entry: Entry) -> Item:
    return Item(
        id=entry.id,
        kind=passage.kind,
        first=passage.paragraphs[0].number,
        last=passage.paragraphs[-1].number,
        bullet=passage.bullet,
        is_bulleted=bool(passage.bullet),
    )


def _entry(passage: textform.Passage, document: str, times: Counter[str]) -> Entry:
    words = "\n".join(paragraph.text for paragraph in passage.paragraphs)
    # A line without bullet may stand in a list more than once.
    times[words] += 1
    again = (str(times[words]),) if times[words] > 1 else ()
    opening = passage.paragraphs[0].text
    is_story = passage.kind == "story"
    language = coding.language_of(words)
    sources = tuple(source for citation in passage.citations for source in citation.sources)
    grade, hedge = coding.grade_hedged(words, has_source=bool(sources), is_general=not is_story)
    return Entry(
        id=derived_id(words, *again),
        item_type={"story": "report", "context": "context", "notice": "notice"}[passage.kind],  # type: ignore[arg-type]
        title={language: headline(opening)},
        body={language: passage.blocks},
        original=language,
        is_refusal=is_story and coding.tells_of_refusal(opening),
        forces=coding.forces_in(opening) if is_story else (),
        service=coding.service_in(opening) if is_story else (),
        places=coding.subjects_in(opening) if is_story else (),
        sources=sources,
        corroboration=Corroboration(grade=grade, wording=(hedge,) if hedge else ()),
        quotes=tuple(_quote(block, language) for block in passage.blocks if block.kind in ("quote", "turn")),
        origin=Origin(document=document),
    )


def _quote(block: Block, language: Language) -> Quote:
    is_question = block.kind == "turn" and block.text.rstrip().endswith("?")
    kind: Literal["question", "answer", "quote"] = (
        "quote" if block.kind == "quote" else "question" if is_question else "answer"
    )
    return Quote(text=block.text, kind=kind, language=language, attributed_as=block.by)


def _matched(
    found: Imported, existing: tuple[Entry, ...], records: Mapping[str, Published], before: Outline | None
) -> Imported:
    """Give every entry that is known its id, and say what became of each."""
    known = pairs(found.entries, existing, records)
    renamed = {entry.id: old.id for entry, old in known}
    by_id = {old.id: old for _, old in known}
    told = tuple(renamed_in(entry, renamed) for entry in found.entries)
    entries = tuple(settled(entry, by_id.get(entry.id), records.get(entry.id)) for entry in told)
    bases = tuple(basis_of(entry, words_of(entry), records.get(entry.id)) for entry in told)
    fates: dict[str, Fate] = {
        entry.id: "added"
        if entry.id not in by_id
        else "unchanged"
        if dumps(entry) == dumps(by_id[entry.id])
        else "changed"
        for entry in entries
    }
    items = tuple(
        msgspec.structs.replace(item, id=renamed.get(item.id, item.id)) for item in found.outline.items
    )
    outline = msgspec.structs.replace(found.outline, items=items)
    proposals = open_ones((moved(one, renamed) for one in found.proposals), (*entries, *existing))
    return replace(
        found,
        entries=entries,
        outline=outline,
        fates=fates,
        proposals=(*proposals, *_perhaps_known(entries, outline, fates, records, before)),
        bases=bases,
        corrected=_corrected(told, bases, records),
    )


def _without(found: Imported, gone: Collection[str]) -> Imported:
    left = tuple(entry for entry in found.entries if entry.id not in gone)
    if len(left) == len(found.entries):
        return found
    items = tuple(item for item in found.outline.items if item.id not in gone)
    return replace(
        found,
        entries=left,
        outline=msgspec.structs.replace(found.outline, items=items),
        taken_down=len(found.entries) - len(left),
        proposals=tuple(one for one in found.proposals if one.entry not in gone),
    )


def _perhaps_known(
    entries: Sequence[Entry],
    outline: Outline,
    fates: Mapping[str, Fate],
    records: Mapping[str, Published],
    before: Outline | None,
) -> tuple[Proposal, ...]:
    """Propose which entry of ours a story may be that comes as new, where the list has lost one."""
    lines = {item.id: item.first for item in outline.items}
    new = [
        one
        for one in entries
        if fates[one.id] == "added"
        and one.is_publishable
        and not (one.parent or (one.origin and one.origin.key))
    ]
    lost = [one.entry for one in _lost(entries, records) if one.entry is not None]
    found = likely(new, lost, now=outline, before=before)
    return tuple(Proposal("same", one.id, lines[one.id], public=old.id) for one, old in found)


def _corrected(
    entries: Sequence[Entry], bases: Sequence[Basis], records: Mapping[str, Published]
) -> tuple[str, ...]:
    """Name what was corrected here since the list brought it, also what is not found in the list again."""
    found = [
        one.id
        for one, basis in zip(entries, bases, strict=True)
        if basis.is_corrected and _differs(one, records[one.id])
    ]
    return (*found, *(one.id for one in _lost(entries, records) if is_corrected(one)))


def _lost(entries: Sequence[Entry], records: Mapping[str, Published]) -> list[Published]:
    """Return what is public from this list and not found in it again."""
    here, documents = {one.id for one in entries}, {one.origin.document for one in entries if one.origin}
    return [
        one
        for one in records.values()
        if one.id not in here
        and one.listed
        and one.entry
        and (one.entry.origin and one.entry.origin.document in documents)
        and not one.entry.parent
    ]


def _differs(entry: Entry, record: Published) -> bool:
    """Tell whether a list says in *entry* what readers do not have."""
    return record.entry is not None and dumps(renewed(entry, record.entry)) != dumps(record.entry)
