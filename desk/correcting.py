"""
Corrections: what is public, written anew under its permanent id.

A correction is a draft like any other, with the entry as readers have it to begin from. It is judged by the
gate again, signed by two people again, and tells readers in its own dated words what changed. Who approves
sees old and new side by side.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import msgspec
from sqlalchemy import select

from casework.tables import Draft
from desk import drafting, otherwords
from desk.entryform import LANGUAGES
from desk.errors import ConflictError, MissingError
from desk.forms import Form
from desk.visit import Visit
from register import entry as entries
from register import records
from register.entry import Correction, Entry
from register.errors import RegisterError
from register.records import Published
from register.vocabulary import Language

PENDING = ("draft", "review", "approved", "scheduled")
_WORD = re.compile(r"\s+|[^\s]+")
_SHOWN = ("title", "body")


@dataclass(frozen=True)
class Piece:
    """A stretch of text that stayed, went or came."""

    text: str = field(repr=False)
    state: str = ""  # "" | gone | new


@dataclass(frozen=True)
class Change:
    """What one field of an entry said and says; without pieces it is no words that changed."""

    name: str
    language: str
    pieces: Sequence[Piece]


def public_entry(visit: Visit, public_id: str) -> Entry | None:
    """Return an entry as readers have it, where this desk can reach the register's records."""
    record = public_record(visit, public_id)
    return None if record is None else record.entry


def public_record(visit: Visit, public_id: str) -> Published | None:
    """Return what the register holds under an id, where this desk can reach its records."""
    folder = visit.desk.settings.records_dir
    if folder is None or not entries.is_id(public_id):
        return None
    try:
        return records.get(folder, public_id)
    except (RegisterError, OSError):
        return None


def begin(visit: Visit, public_id: str) -> bytes:
    """
    Begin to correct what is public under *public_id*; return the id of the draft.

    Raises:
        MissingError: nothing is public under it, or this desk cannot read what is.
        ConflictError: somebody corrects it already; two at once would undo one another.
        CaseworkError: this person may not.
    """
    return begin_with(visit, correctable(visit, public_id))


def begin_with(visit: Visit, entry: Entry) -> bytes:
    """
    Begin a correction that says *entry* to begin with; return the id of the draft.

    Raises:
        CaseworkError: this person may not.
    """
    return drafting.begin(visit, None, entry)


def correctable(visit: Visit, public_id: str) -> Entry:
    """
    Return what is public under *public_id*, if nobody corrects it already.

    Raises:
        MissingError: nothing is public under it, or this desk cannot read what is.
        ConflictError: somebody corrects it already; two at once would undo one another.
    """
    entry = public_entry(visit, public_id)
    if entry is None:
        raise MissingError
    with visit.database.read() as session:
        other = select(Draft.id).where(Draft.public_id == public_id, Draft.status.in_(PENDING))
        if session.scalars(other).first() is not None:
            raise ConflictError(("in_correction",))
    return entry


def said(before: Entry, after: Entry) -> Mapping[str, str]:
    """Return what *after* tells readers about the change from *before*, by language."""
    new = after.corrections[len(before.corrections) :]
    return {str(language): text for language, text in new[-1].text.items()} if new else {}


def explained(before: Entry, after: Entry, form: Form, today: date) -> Entry:
    """Return *after* with what the form tells readers about the change; what was told earlier stays."""
    lines = {language: " ".join(form.get(f"correction_{language}").split())[:500] for language in LANGUAGES}
    told = {language: text for language, text in lines.items() if text}
    new = (Correction(day=today, text=told),) if told else ()  # type: ignore[arg-type]
    outdated = () if form.get("translations_hold") else _outdated(before, after)
    return msgspec.structs.replace(after, corrections=(*before.corrections, *new), outdated=outdated)


def is_said_to_hold(before: Entry, after: Entry) -> bool:
    """Tell whether the author said of *after* that its translations still hold."""
    return bool(_outdated(before, after)) and not after.outdated


def _outdated(before: Entry, after: Entry) -> tuple[Language, ...]:
    """Name the translations that say what the original said before."""
    is_changed = _said_in(before, after.original) != _said_in(after, after.original)
    return tuple(
        language
        for language in sorted({*after.title, *after.body} - {after.original})
        if (is_changed or language in before.outdated)
        and _said_in(before, language) == _said_in(after, language)
    )


def _said_in(entry: Entry, language: Language) -> tuple[str, str, tuple[str, ...]]:
    follow_ups = tuple(one.text.get(language, "") for one in entry.updates)
    return entry.title.get(language, ""), entry.text(language), follow_ups


def problems(before: Entry | None, after: Entry) -> tuple[str, ...]:
    """Return why *after* may not take the place of *before*: readers must be told of every change."""
    if before is None:
        return ()
    if msgspec.structs.replace(after, corrections=before.corrections) == before:
        return ("nothing_corrected",)
    return () if said(before, after).get(after.original) else ("correction_unexplained",)


def changes(before: Entry, after: Entry) -> list[Change]:
    """Return what differs, field by field: words where there are words, a bare name elsewhere."""
    found = []
    for name in _SHOWN:
        for language in LANGUAGES:
            pieces = list(_compared(*_texts(name, language, before, after)))
            if any(one.state for one in pieces):
                found.append(Change(name, language, pieces))
    old, new = otherwords.texts(before), otherwords.texts(after)
    for name in Entry.__struct_fields__:
        if name in (*_SHOWN, "corrections") or getattr(before, name) == getattr(after, name):
            continue
        pieces = list(_compared(old.get(name, ""), new.get(name, "")))
        found.append(Change(name, "", pieces if any(one.state for one in pieces) else ()))
    return found


def _texts(name: str, language: str, before: Entry, after: Entry) -> tuple[str, str]:
    if name == "title":
        return before.title.get(language, ""), after.title.get(language, "")  # type: ignore[call-overload]
    return before.text(language), after.text(language)  # type: ignore[arg-type]


def _compared(old: str, new: str) -> Iterator[Piece]:
    """Compare word by word."""
    left, right = _WORD.findall(old), _WORD.findall(new)
    for act, a, b, c, d in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if act == "equal":
            yield Piece("".join(left[a:b]))
            continue
        if b > a:
            yield Piece("".join(left[a:b]), "gone")
        if d > c:
            yield Piece("".join(right[c:d]), "new")
