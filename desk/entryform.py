"""The form of a register entry: what an editor types, turned into an entry and back."""

from __future__ import annotations

import re
from typing import Any, get_args

import msgspec

from desk import additions, otherwords, particulars, sourcelines
from desk.errors import IncompleteError
from desk.forms import Form
from register import entry as entries
from register.entry import Block, Entry, Force, Mark, Place
from register.places import subjects
from register.vocabulary import Branch, Grade, Ground, ItemType, Outcome, Pressure, Service

BRANCHES: tuple[str, ...] = get_args(Branch)
GRADES: tuple[str, ...] = get_args(Grade)
GROUNDS: tuple[str, ...] = get_args(Ground)
OUTCOMES: tuple[str, ...] = get_args(Outcome)
PRESSURES: tuple[str, ...] = get_args(Pressure)
SERVICES: tuple[str, ...] = get_args(Service)
ITEM_TYPES: tuple[str, ...] = tuple(
    one for one in get_args(ItemType) if one not in ("notice", "boilerplate", "feature_article")
)
LANGUAGES = ("ru", "uk", "en")
TITLE_LIMIT = 300
_MONTH = re.compile(r"20[0-9][0-9]-(0[1-9]|1[0-2])\Z")
BODY_LIMIT = 20_000
# Breaks, fixed spaces, and the joiners that emoji and some scripts need.
_KEPT = "\n\t\u00a0\u2009\u202f\u200c\u200d"


def edited(entry: Entry, form: Form) -> Entry:
    """
    Return *entry* as the form now says it.

    What the form does not show stays, and so does all that lies behind a field nobody touched: speakers of
    quotations, further branches and places, the words a list coded an outcome from.

    Raises:
        IncompleteError: a field holds something that is no value of it.
    """
    entry = particulars.named(additions.confirmed(otherwords.reworded(entry, form), form), form)
    subject = _choice(form, "subject", ("", *subjects()))
    service = _choice(form, "service", ("", *SERVICES))
    branch = _choice(form, "branch", BRANCHES)
    changes: dict[str, Any] = {
        "item_type": _choice(form, "item_type", types_for(entry)),
        "is_refusal": bool(form.get("is_refusal")),
        "title": _titles(entry, form),
        "body": _bodies(entry, form),
        "original": _choice(form, "original", LANGUAGES),
        "month": _month(form.get("month")),
        "grounds": _marks(form, "grounds", GROUNDS, entry.grounds),
        "pressure": _marks(form, "pressure", PRESSURES, entry.pressure),
        "outcome": _marks(form, "outcome", OUTCOMES, entry.outcome),
        "corroboration": msgspec.structs.replace(entry.corroboration, grade=_choice(form, "grade", GRADES)),
        "sources": sourcelines.read(_plain(form.get("sources")), entry.sources),
    }
    if branch != branch_of(entry):
        first = () if branch == "unspecified" else (Force(branch=branch),)  # type: ignore[arg-type]
        changes["forces"] = (*first, *entry.forces[1:])
    if service != (entry.service[0] if entry.service else ""):
        changes["service"] = (*((service,) if service else ()), *entry.service[1:])
    if subject != subject_of(entry):
        changes["places"] = (*_places(subject), *entry.places[1:])
    return msgspec.structs.replace(entry, **changes)


def types_for(entry: Entry) -> tuple[str, ...]:
    """Return what an entry may be called: what editors choose from, and what this one already is."""
    return ITEM_TYPES if entry.item_type in ITEM_TYPES else (*ITEM_TYPES, entry.item_type)


def branch_of(entry: Entry) -> str:
    """Return the branch as the form shows it: the first, where there are several."""
    return entry.forces[0].branch if entry.forces else "unspecified"


def subject_of(entry: Entry) -> str:
    """Return the federal subject as the form shows it: that of the first place, or none."""
    subject = entry.places[0].subject if entry.places else None
    return subject if subject is not None and subject in subjects() else ""


def _titles(entry: Entry, form: Form) -> dict[str, str]:
    found = {}
    for language in LANGUAGES:
        text, before = _line(form, f"title_{language}", TITLE_LIMIT), entry.title.get(language, "")  # type: ignore[call-overload]
        if text:
            found[language] = before if text == " ".join(_plain(before).split()) else text
    return found


def _bodies(entry: Entry, form: Form) -> dict[str, tuple[Block, ...]]:
    found = {}
    for language in LANGUAGES:
        text = _text(form, f"body_{language}")
        if text:
            before = entry.body.get(language, ())  # type: ignore[call-overload]
            is_same = _lines(text) == _lines(_plain(entry.text(language)))  # type: ignore[arg-type]
            found[language] = before if is_same else _kept(before, entries.paragraphs(text))
    return found


def _kept(before: tuple[Block, ...], typed: tuple[Block, ...]) -> tuple[Block, ...]:
    """Keep the block of every paragraph that reads as it did: a quotation stays one, with its speaker."""
    known = [(_lines(_plain(entries.line(block))), block) for block in before]
    found = []
    for block in typed:
        same = next((one for one in known if one[0] == block.text), None)
        if same is not None:
            known.remove(same)
        found.append(block if same is None else same[1])
    return tuple(found)


def _lines(text: str) -> str:
    """Return *text* as browsers do not change it: their line ends and outer blanks taken away."""
    return text.replace("\r\n", "\n").strip()


def _marks(form: Form, name: str, allowed: tuple[str, ...], before: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """Return the ticked codes; one that stood there before keeps its words, and one off our list stays."""
    if not form.all(name):
        return before
    codes = {_known(name, code, allowed) for code in form.all(name) if code}
    kept = tuple(mark for mark in before if mark.code in codes or mark.code not in allowed)
    had = {mark.code for mark in kept}
    return (*kept, *(Mark(code=code) for code in allowed if code in codes - had))


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
