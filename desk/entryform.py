"""The form of a register entry: what an editor types, turned into an entry and back."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, get_args

import msgspec

from desk.errors import IncompleteError
from desk.forms import Form
from register import entry as entries
from register.entry import Entry, Force, Mark, Place, Source
from register.places import subjects
from register.vocabulary import Branch, Grade, Ground, ItemType, Outcome, Service

BRANCHES: tuple[str, ...] = get_args(Branch)
GRADES: tuple[str, ...] = get_args(Grade)
GROUNDS: tuple[str, ...] = get_args(Ground)
OUTCOMES: tuple[str, ...] = get_args(Outcome)
SERVICES: tuple[str, ...] = get_args(Service)
ITEM_TYPES: tuple[str, ...] = tuple(
    one for one in get_args(ItemType) if one not in ("notice", "boilerplate", "feature_article")
)
# The languages an editor writes here; Ukrainian joins with its own desk.
LANGUAGES = ("ru", "en")
TITLE_LIMIT = 300
_MONTH = re.compile(r"20[0-9][0-9]-(0[1-9]|1[0-2])\Z")
BODY_LIMIT = 20_000
# Breaks, fixed spaces, and the joiners that emoji and some scripts need.
_KEPT = "\n\t\u00a0\u2009\u202f\u200c\u200d"


def edited(entry: Entry, form: Form) -> Entry:
    """
    Return *entry* as the form now says it; what the form does not show stays.

    Raises:
        IncompleteError: a field holds something that is no value of it.
    """
    title = {language: _line(form, f"title_{language}", TITLE_LIMIT) for language in LANGUAGES}
    body = {language: _text(form, f"body_{language}") for language in LANGUAGES}
    subject = _choice(form, "subject", ("", *subjects()))
    service = _choice(form, "service", ("", *SERVICES))
    branch = _choice(form, "branch", BRANCHES)
    grounds = [_known("grounds", code, GROUNDS) for code in form.all("grounds") if code]
    outcomes = [_known("outcome", code, OUTCOMES) for code in form.all("outcome") if code]
    changes: dict[str, Any] = {
        "item_type": _choice(form, "item_type", ITEM_TYPES),
        "is_refusal": bool(form.get("is_refusal")),
        "title": {language: text for language, text in title.items() if text},
        "body": {language: entries.paragraphs(text) for language, text in body.items() if text},
        "original": _choice(form, "original", LANGUAGES),
        "month": _month(form.get("month")),
        "forces": () if branch == "unspecified" else (Force(branch=branch),),  # type: ignore[arg-type]
        "service": (service,) if service else (),
        "places": _places(subject),
        "grounds": tuple(Mark(code=code) for code in grounds),
        "outcome": tuple(Mark(code=code) for code in outcomes),
        "corroboration": msgspec.structs.replace(entry.corroboration, grade=_choice(form, "grade", GRADES)),
        "sources": _sources(form.get("sources")),
    }
    return msgspec.structs.replace(entry, **changes)


def source_line(source: Source) -> str:
    """Return a source as it stands in the form: outlet, day and address, divided by bars."""
    parts = [source.outlet, source.day.isoformat() if source.day else "", source.url or ""]
    return " | ".join(parts).rstrip(" |")


def _line(form: Form, name: str, limit: int) -> str:
    text = " ".join(_plain(form.get(name)).split())
    if len(text) > limit:
        raise IncompleteError(name)
    return text


def _text(form: Form, name: str) -> str:
    text = _plain(form.get(name))
    if len(text) > BODY_LIMIT:
        raise IncompleteError(name)
    return text


def _plain(text: str) -> str:
    """Return *text* without control characters, and without marks that turn the direction of writing."""
    kept = (letter if letter in _KEPT or letter.isprintable() else " " * letter.isspace() for letter in text)
    return "".join(kept)


def _choice(form: Form, name: str, allowed: tuple[str, ...]) -> str:
    return _known(name, form.get(name), allowed)


def _known(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise IncompleteError(name)
    return value


def _month(text: str) -> str | None:
    if text and not _MONTH.match(text):
        raise IncompleteError("month")
    return text or None


def _places(subject: str) -> tuple[Place, ...]:
    if not subject:
        return ()
    return (Place(name=subjects()[subject].en, role="unit_location", country="RU", subject=subject),)


def _sources(text: str) -> tuple[Source, ...]:
    """Read one source a line: outlet | day | address."""
    found = []
    for line in _plain(text).splitlines():
        outlet, _, rest = line.partition("|")
        day, _, url = rest.partition("|")
        if not outlet.strip():
            continue
        found.append(Source(outlet=outlet.strip()[:200], day=_day(day.strip()), url=url.strip() or None))
    return tuple(found)


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise IncompleteError("sources") from None
