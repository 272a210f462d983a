"""
One entry of the register, and the exact bytes that approvals bind.

* ``dumps`` is canonical: UTF-8, sorted keys, no numbers with a fraction, fields at their default left out,
  so an old entry keeps its hash when the model grows. ``loads`` accepts exactly what ``dumps`` writes.
* An entry knows nothing of a case: no field here can hold a case id, a name of a tipster or a chat.
* What of an entry is public is decided in :mod:`register.public`, line by line, not here. Fields marked
  *private* travel with the entry for the editors and are written to no page and no data file.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import TypeVar

import msgspec
from msgspec import Struct

from register.errors import MalformedEntryError, UnknownVersionError
from register.places import subject_named
from register.vocabulary import (
    NEVER_PUBLISHED,
    Branch,
    Grade,
    Ground,
    ItemType,
    Language,
    Outcome,
    Pressure,
    Qualifier,
    QuoteKind,
    RelationType,
    Service,
    SourceRole,
    Unit,
)

Random = Callable[[int], bytes]
Words = dict[Language, str]

FORMAT = "subrosa-entry-1"
# No i, l, o, u: an id is read aloud and typed from paper.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
# 50 bits: 50,000 entries collide with a chance of about one in a million.
ID_LENGTH = 10
_ID = re.compile(rf"[{_ALPHABET}]{{{ID_LENGTH}}}")


class Part(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How every part is written: defaults left out, unknown fields refused."""


class Block(Part, frozen=True, kw_only=True):
    """A paragraph, a quotation with its speaker, or one turn of an interview."""

    text: str
    kind: str = "paragraph"  # paragraph | quote | turn
    by: str | None = None
    joint: str = ""  # what stands between text and speaker in a written list
    gap: int = 0  # empty lines before this one in a written list


class Force(Part, frozen=True, kw_only=True):
    """Which branch, and what the source calls it."""

    branch: Branch = "unspecified"
    formation: str | None = None
    unit: str | None = None
    as_written: str = ""
    coded_as: str | None = None  # private: the word an imported list used for the branch


class Count(Part, frozen=True, kw_only=True):
    """A figure as the source gives it: of what, in which unit, and how firm."""

    as_written: str
    count_of: str
    unit: Unit
    qualifier: Qualifier = "exact"
    value: int | None = None
    min: int | None = None
    max: int | None = None
    approximate: bool = False
    countable: bool = False
    of_group: str | None = None  # of which group of this entry these are a part, in words


class Place(Part, frozen=True, kw_only=True):
    """A place in the precision that was decided to be safe; ``kind`` says where editors coarsened it."""

    name: str
    role: str = "mentioned"
    as_written: str = ""
    kind: str | None = None
    country: str | None = None
    subject: str | None = None  # ISO 3166-2 code of the federal subject


class DateSpan(Part, frozen=True, kw_only=True):
    """A day, month, range or relative date; ``as_of`` marks a negative claim that ages."""

    role: str
    precision: str
    as_written: str = ""
    start: date | None = None
    end: date | None = None
    qualifier: str | None = None


class Mark(Part, frozen=True, kw_only=True):
    """One coded ground, pressure or outcome, with the words it was coded from."""

    code: str
    words: Words = {}


class Source(Part, frozen=True, kw_only=True):
    """One published report; ``as_written`` is the citation as it stands in the text."""

    outlet: str
    outlet_full: str | None = None
    day: date | None = None
    day_as_written: str = ""
    as_written: str = ""
    role: SourceRole = "primary"
    url: str | None = None
    archive_url: str | None = None
    sha256: str | None = None  # of the bytes the address gave on two days alike, in hexadecimal
    link_no: int | None = None
    inherited: bool = False


class Quote(Part, frozen=True, kw_only=True):
    """Words somebody said or wrote."""

    text: str
    kind: QuoteKind = "quote"
    speaker: str | None = None
    attributed_as: str | None = None
    language: Language = "en"
    lines: tuple[int, int] | None = None  # private: where a written list has it


class Update(Part, frozen=True, kw_only=True):
    """A dated follow-up inside an entry. Order is the editors', not the calendar's."""

    text: Words
    kind: str
    day: date | None = None
    sources: tuple[Source, ...] = ()


class Relation(Part, frozen=True, kw_only=True):
    """A link to another entry; ``target`` is its permanent id."""

    type: RelationType
    target: str
    why: str | None = None


class Correction(Part, frozen=True, kw_only=True):
    """What a reader is told about a change."""

    day: date
    text: Words


class Corroboration(Part, frozen=True, kw_only=True):
    """The public grade; the hedging words of the source are kept as they are."""

    grade: Grade = "withheld"
    wording: tuple[str, ...] = ()
    stated: str | None = None  # private: the status an imported list was coded with
    basis: str | None = None  # private


class Legal(Part, frozen=True, kw_only=True):
    """Articles and proceedings; the lawyers' names are private."""

    articles: tuple[str, ...] = ()
    proceedings: tuple[str, ...] = ()
    lawyers: tuple[str, ...] = ()  # private


class Picture(Part, frozen=True, kw_only=True):
    """A redacted picture by the SHA-256 of its file, so whoever signs the entry signs every pixel of it."""

    sha256: str
    width: int
    height: int
    alt: Words  # what it shows, for whoever does not see it; readers read it below as well


class Person(Part, frozen=True, kw_only=True):
    """*Private.* A name that stands in the published text; the register keeps no index of names."""

    name: str
    role: str
    variants: tuple[str, ...] = ()


class Origin(Part, frozen=True, kw_only=True):
    """*Private.* Which hand-made list an entry came from, and the list's own key for it, if it has one."""

    document: str
    key: str = ""


class Entry(Part, frozen=True, kw_only=True, tag=FORMAT, tag_field="format"):
    """One entry. Equal entries have equal bytes."""

    id: str
    item_type: ItemType
    title: Words
    body: dict[Language, tuple[Block, ...]]
    original: Language = "ru"
    outdated: tuple[Language, ...] = ()  # translations older than the original
    is_refusal: bool = False
    parent: str | None = None
    month: str | None = None  # YYYY-MM, when editors chose to give no more
    service: tuple[Service, ...] = ()
    roles: tuple[str, ...] = ()
    forces: tuple[Force, ...] = ()
    counts: tuple[Count, ...] = ()
    places: tuple[Place, ...] = ()
    dates: tuple[DateSpan, ...] = ()
    what_refused: Words = {}
    grounds: tuple[Mark, ...] = ()
    pressure: tuple[Mark, ...] = ()
    outcome: tuple[Mark, ...] = ()
    legal: Legal = Legal()
    attribution: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    corroboration: Corroboration = Corroboration()
    quotes: tuple[Quote, ...] = ()
    updates: tuple[Update, ...] = ()
    relations: tuple[Relation, ...] = ()
    glosses: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    pictures: tuple[Picture, ...] = ()
    persons: tuple[Person, ...] = ()  # private
    identity: str | None = None  # private
    identity_note: str | None = None  # private
    notes: tuple[str, ...] = ()  # private
    origin: Origin | None = None  # private

    @classmethod
    def new(
        cls,
        *,
        title: Mapping[Language, str],
        body: Mapping[Language, str],
        original: Language = "ru",
        item_type: ItemType = "refusal_individual",
        is_refusal: bool = True,
        branch: Branch = "unspecified",
        service: Service | None = None,
        month: str | None = None,
        subject: str | None = None,
        grounds: Sequence[Ground] = (),
        pressure: Sequence[Pressure] = (),
        outcome: Sequence[Outcome] = (),
        grade: Grade = "withheld",
        sources: Sequence[Source] = (),
        random: Random = os.urandom,
    ) -> Entry:
        """
        Begin an entry from a redacted summary, under a new permanent id.

        Only coarse facts are asked for: a branch, a month (``2026-03``), a federal subject by its ISO code.
        A blank line in *body* divides paragraphs. Without sources the grade stays "sources withheld".
        """
        return cls(
            id=new_id(random),
            item_type=item_type,
            is_refusal=is_refusal,
            title={lang: text.strip() for lang, text in title.items() if text.strip()},
            body={lang: paragraphs(text) for lang, text in body.items() if text.strip()},
            original=original,
            month=month or None,
            forces=() if branch == "unspecified" else (Force(branch=branch),),
            service=() if service is None else (service,),
            places=()
            if not subject
            else (
                Place(name=subject_named(subject).en, role="unit_location", country="RU", subject=subject),
            ),
            grounds=tuple(Mark(code=code) for code in grounds),
            pressure=tuple(Mark(code=code) for code in pressure),
            outcome=tuple(Mark(code=code) for code in outcome),
            corroboration=Corroboration(grade=grade),
            sources=tuple(sources),
        )

    @property
    def is_publishable(self) -> bool:
        """Whether this kind of entry may ever be public; notices and footers may not."""
        return self.item_type not in NEVER_PUBLISHED

    @property
    def written(self) -> str:
        """The words of the original as one text, line by line, which is how two readings are compared."""
        return "\n".join(line(block) for block in self.body.get(self.original, ()))

    def text(self, language: Language) -> str:
        """Return the body in *language* as an editor types it, paragraphs divided by a blank line."""
        return "\n\n".join(line(block) for block in self.body.get(language, ()))


def new_id(random: Random = os.urandom) -> str:
    """Draw a permanent public id."""
    bits = int.from_bytes(random(7), "big") >> 6
    return _spell(bits)


def derived_id(*parts: str) -> str:
    """
    Return the id an imported entry gets, the same at every reading of the same list.

    Two people who read one file thus see one manifest, and what was taken down is known when the list brings
    it again. Says nothing that the published text does not say; but it outlives that text in a tombstone, and
    whoever has the exact words of a line can tell that it was this one.
    """
    digest = hashlib.sha256("\0".join(("subrosa list entry", *parts)).encode()).digest()
    return _spell(int.from_bytes(digest[:7], "big") >> 6)


def is_id(text: str) -> bool:
    """Say whether *text* has the form of a public id."""
    return _ID.fullmatch(text) is not None


def paragraphs(text: str) -> tuple[Block, ...]:
    """Divide typed text into paragraphs at blank lines."""
    parts = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return tuple(Block(text=part.strip()) for part in parts if part.strip())


def line(block: Block) -> str:
    """Write a block as one line of a list."""
    if block.by is None:
        return block.text
    if block.kind == "turn":
        return f"{block.by}{block.joint}{block.text}"
    return f"{block.text}{block.joint or ' — '}{block.by}"


def dumps(entry: Entry) -> bytes:
    """Write the canonical bytes of *entry*."""
    return msgspec.json.encode(_plain(entry), order="sorted")


def loads(data: bytes) -> Entry:
    """
    Read an entry from its canonical bytes.

    Raises:
        UnknownVersionError: a newer program wrote it.
        MalformedEntryError: it is not exactly what :func:`dumps` writes.
    """
    try:
        entry = msgspec.json.decode(data, type=Entry)
    except (msgspec.DecodeError, RecursionError) as error:
        _refuse_newer(data)
        raise MalformedEntryError(_part(error)) from None
    if dumps(entry) != data:
        raise MalformedEntryError("not in canonical form")
    return entry


def fingerprint(entry: Entry) -> str:
    """Return the SHA-256 of the canonical bytes, in hexadecimal: what approvals bind."""
    return hashlib.sha256(dumps(entry)).hexdigest()


P = TypeVar("P", bound=Part)


def _plain(part: P) -> P:
    """
    Put the default itself wherever *part* holds something equal to it.

    The encoder leaves out what *is* the default; typed anew, the same value would be written.
    """
    changes: dict[str, object] = {}
    for name, default in _defaults(type(part)):
        value = getattr(part, name)
        if value is default:
            continue
        plain = default if value == default else _plain_value(value)
        if plain is not value:
            changes[name] = plain
    return msgspec.structs.replace(part, **changes) if changes else part


def _plain_value(value: object) -> object:
    if isinstance(value, Part):
        return _plain(value)
    if isinstance(value, tuple):
        inside = tuple(_plain_value(one) for one in value)
        return inside if any(new is not old for new, old in zip(inside, value, strict=True)) else value
    if isinstance(value, dict):
        return {key: _plain_value(one) for key, one in value.items()}
    return value


@cache
def _defaults(kind: type[Part]) -> tuple[tuple[str, object], ...]:
    """Return the fields of a part with their defaults; what has none is equal to nothing."""
    return tuple((one.name, one.default) for one in msgspec.structs.fields(kind))


def _refuse_newer(data: bytes) -> None:
    """Raise :class:`UnknownVersionError` where the marker names another version of this format."""
    try:
        marker = msgspec.json.decode(data, type=dict[str, object]).get("format")
    except (msgspec.DecodeError, RecursionError):
        return
    if isinstance(marker, str) and marker.startswith("subrosa-entry-") and marker != FORMAT:
        raise UnknownVersionError


def _part(error: BaseException) -> str:
    """Name the place of a fault, and leave out the value that stood there."""
    found = re.search(r"at `(\$[^`]*)`", str(error))
    return f"something is wrong at {found[1]}" if found else "this is not JSON of an entry"


def _spell(bits: int) -> str:
    return "".join(_ALPHABET[bits >> shift & 31] for shift in range(5 * (ID_LENGTH - 1), -1, -5))
