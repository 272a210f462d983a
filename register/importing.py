"""
Reading a hand-made list into entries, in review: nothing here publishes.

* :func:`read` takes the text form and the JSON form, and either gives all of it or raises every fault.
* What is known already keeps its id. A second reading of the same list changes nothing.
* What was corrected here since the list last brought it stays, and the list's words are put beside it.
* Two staff sign the hash of :func:`manifest`; it names every entry by id and hash, in one order.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import msgspec
from rapidfuzz import fuzz, process

from register import coding, jsonform, textform
from register.basis import Basis, basis_of, is_corrected, words_of, words_of_text
from register.checks import problems
from register.citations import Citation, find
from register.entry import (
    Block,
    Corroboration,
    Entry,
    Origin,
    Quote,
    Source,
    derived_id,
    dumps,
    fingerprint,
)
from register.errors import ImportErrors
from register.lists import HandMade
from register.outline import Item, Outline
from register.proposals import Proposal, headline, open_ones, propose
from register.records import Published

Fate = Literal["added", "changed", "unchanged"]

# Two stories of a list seldom share half their letters in order; one that was edited keeps most of them.
_SAME_STORY = 75.0


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
            "refused": [],
        }

    def corrected_here(self) -> list[dict[str, object]]:
        """Name what was corrected here since the list last brought it, with its line where it has one."""
        lines = {item.id: item.first for item in self.outline.items}
        return [
            {"line": lines.get(one), "id": one, "in_review": self.fates.get(one, "unchanged") != "unchanged"}
            for one in self.corrected
        ]


def read(
    data: bytes,
    *,
    year: int | None = None,
    existing: Iterable[Entry] = (),
    public: Iterable[Published] = (),
    gone: Collection[str] = (),
    document: str = "list",
) -> Imported:
    """
    Read a list in either form and compare it with what the register has: what is *public*, and what waits.

    *year* is that of days written without one; where it is ``None``, such days stay without a date. An entry
    under an id in *gone* was taken down and is left out; one taken down under other words is not known again.
    Codes found in the text form (branch, places, grade, follow-ups, parts) are proposals for an editor.

    Raises:
        ImportErrors: every line that cannot be read, with the reason; nothing was imported.
    """
    is_json = data.lstrip()[:1] == b"{"
    found = _from_json(data, document) if is_json else _from_text(data, year, document)
    lines = jsonform.entry_lines(data) if is_json else [item.first for item in found.outline.items]
    _refuse_what_cannot_be_public(found.entries, lines)
    records = {one.id: one for one in public}
    shown = (one.entry for one in records.values() if one.entry is not None)
    # What waits of an entry is what a list changes next.
    known = {one.id: one for one in (*shown, *existing)}
    return _without(_matched(found, tuple(known.values()), records), gone)


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


def manifest_hash(entries: Iterable[Entry]) -> str:
    """Return the SHA-256 of the manifest, in hexadecimal."""
    return hashlib.sha256(manifest(entries)).hexdigest()


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
    sources = tuple(source for citation in passage.citations for source in citation.sources)
    grade, hedge = coding.grade_hedged(words, has_source=bool(sources), is_general=not is_story)
    return Entry(
        id=derived_id(words, *again),
        item_type={"story": "report", "context": "context", "notice": "notice"}[passage.kind],  # type: ignore[arg-type]
        title={"en": headline(opening)},
        body={"en": passage.blocks},
        original="en",
        is_refusal=is_story and coding.tells_of_refusal(opening),
        forces=coding.forces_in(opening) if is_story else (),
        service=coding.service_in(opening) if is_story else (),
        places=coding.subjects_in(opening) if is_story else (),
        sources=sources,
        corroboration=Corroboration(grade=grade, wording=(hedge,) if hedge else ()),
        quotes=tuple(_quote(block) for block in passage.blocks if block.kind in ("quote", "turn")),
        origin=Origin(document=document),
    )


def _quote(block: Block) -> Quote:
    is_question = block.kind == "turn" and block.text.rstrip().endswith("?")
    kind: Literal["question", "answer", "quote"] = (
        "quote" if block.kind == "quote" else "question" if is_question else "answer"
    )
    return Quote(text=block.text, kind=kind, attributed_as=block.by)


def _matched(found: Imported, existing: tuple[Entry, ...], records: Mapping[str, Published]) -> Imported:
    """Give every entry that is known its id, and say what became of each."""
    known = _pairs(found.entries, existing, records)
    renamed = {entry.id: old.id for entry, old in known}
    by_id = {old.id: old for _, old in known}
    told = tuple(_renamed(entry, renamed) for entry in found.entries)
    entries = tuple(_settled(entry, by_id.get(entry.id), records.get(entry.id)) for entry in told)
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
    return Imported(
        entries=entries,
        outline=msgspec.structs.replace(found.outline, items=items),
        stories=found.stories,
        source_references=found.source_references,
        quotes=found.quotes,
        follow_ups=found.follow_ups,
        fates=fates,
        proposals=open_ones((_moved(one, renamed) for one in found.proposals), (*entries, *existing)),
        bases=bases,
        corrected=_corrected(told, bases, records),
    )


def _pairs(
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
    pairs, rest, taken = [], [], set()
    for entry in entries:
        key = (entry.origin.document, entry.origin.key) if entry.origin else ("", "")
        same = [by_key[key]] if key in by_key else by_words.get(words_of_text(entry.written), [])
        same = [*same, *([by_id[entry.id]] if entry.id in by_id else [])]
        # A part and its whole may have the same words; a whole is paired with a whole.
        fitting = [old for old in same if old.id not in taken and bool(old.parent) == bool(entry.parent)]
        if fitting:
            pairs.append((entry, fitting[0]))
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
            pairs.append((entry, free[nearest[2]]))
            del texts[nearest[2]]
    return pairs


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


def _renamed(entry: Entry, renamed: dict[str, str]) -> Entry:
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


def _settled(entry: Entry, old: Entry | None, record: Published | None) -> Entry:
    """Keep what editors made of a story that a list gives again; only what it says anew can be new."""
    if old is None:
        return entry
    is_public = record is not None and old is record.entry
    if is_public and record and record.listed and record.listed.words == words_of(entry):
        return old
    return _renewed(entry, old)


def _renewed(entry: Entry, old: Entry) -> Entry:
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


def _corrected(
    entries: Sequence[Entry], bases: Sequence[Basis], records: Mapping[str, Published]
) -> tuple[str, ...]:
    """Name what was corrected here since the list brought it, also what is not found in the list again."""
    found = [
        one.id
        for one, basis in zip(entries, bases, strict=True)
        if basis.is_corrected and _differs(one, records[one.id])
    ]
    here, documents = {one.id for one in entries}, {one.origin.document for one in entries if one.origin}
    lost = [
        one.id
        for one in records.values()
        if one.id not in here
        and one.listed
        and one.entry
        and (one.entry.origin and one.entry.origin.document in documents)
        and not one.entry.parent
        and is_corrected(one)
    ]
    return (*found, *lost)


def _differs(entry: Entry, record: Published) -> bool:
    """Tell whether a list says in *entry* what readers do not have."""
    return record.entry is not None and dumps(_renewed(entry, record.entry)) != dumps(record.entry)


def _place_of(source: Source) -> tuple[object, ...]:
    return source.as_written, source.outlet, source.day_as_written, source.link_no


def _moved(proposal: Proposal, renamed: dict[str, str]) -> Proposal:
    return msgspec.structs.replace(proposal, entry=renamed.get(proposal.entry, proposal.entry))
