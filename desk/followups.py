"""
What became known later: a dated follow-up of an entry, with its own source, wherever editors want it.

Their order is the editors', not the calendar's: a list tells April before March where that reads better.
"""

from __future__ import annotations

from datetime import date
from typing import get_args

import msgspec

from desk import sourcelines
from desk.errors import IncompleteError
from desk.forms import Form
from register.entry import Entry, Source, Update
from register.vocabulary import LANGUAGES, SourceRole

# What a later report does to the entry. Nothing else of the list of roles is said of a follow-up.
ROLES: tuple[SourceRole, ...] = tuple(one for one in get_args(SourceRole) if one != "primary")
KIND = "follow_up"
LIMIT = 5_000


def added(entry: Entry, form: Form) -> Entry:
    """
    Return *entry* with the follow-up that the empty row of *form* holds, in the place the form names.

    Raises:
        IncompleteError: something in the row is no value of it, or there is a source or a day and no text.
    """
    texts = {language: form.get(f"new_update_text_{language}") for language in LANGUAGES}
    text = {language: _plain(said) for language, said in texts.items() if said}
    if any(len(said) > LIMIT for said in text.values()):
        raise IncompleteError("new_update_text")
    day, sources = _day(form.get("new_update_day")), _sources(form)
    if not text:
        if day or sources:
            raise IncompleteError("new_update_text")
        return entry
    place = _place(entry, form.get("new_update_place"))
    update = Update(text=text, kind=KIND, day=day, sources=sources)
    updates = (*entry.updates[:place], update, *entry.updates[place:])
    return msgspec.structs.replace(entry, updates=updates)


def _sources(form: Form) -> tuple[Source, ...]:
    found = sourcelines.read(_plain(form.get("new_update_sources")))
    role = form.get("new_update_role")
    if found and role not in ROLES:
        raise IncompleteError("new_update_role")
    return tuple(msgspec.structs.replace(one, role=role) for one in found)


def _place(entry: Entry, text: str) -> int:
    """Return behind how many others it goes: behind all where nobody says."""
    if not text:
        return len(entry.updates)
    if not text.isdecimal() or int(text[:6]) > len(entry.updates):
        raise IncompleteError("new_update_place")
    return int(text[:6])


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise IncompleteError("new_update_day") from None


def _plain(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable() or letter == "\n")
