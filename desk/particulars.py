"""
Further branches and places, names that stand in the text, and what is to be taken out again.

* Branch and place of the form's own fields are the first; the rows here add to them.
* A name is marked so that no index of the register leads to it. Marks are never public, and hold no name that
  the text does not.
* What is taken out is named by its place. Only saving moves places, and then the page is loaded anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import get_args

import msgspec

from casework.redaction import fold
from desk.errors import IncompleteError
from desk.forms import Form
from register import public, unnamed
from register.entry import Count, Entry, Force, Part, Person, Place, Quote, Relation, Update
from register.places import subjects
from register.vocabulary import Branch

BRANCHES: tuple[str, ...] = get_args(Branch)
# How a place is told: as the source has it, or coarser than the editors know. Readers are told the second.
COARSENED = "coarsened_by_editors"
LIMIT = 300
_WORD = re.compile(r"[^\W\d_]{2,40}")
_ROLE = "named"
REMOVABLE = ("forces", "places", "counts", "quotes", "updates", "relations")


@dataclass(frozen=True)
class Held:
    """One part of an entry that can be taken out: ``name`` is that of its tick."""

    name: str
    part: str
    text: str = field(repr=False)
    code: str = ""


def held(entry: Entry) -> list[Held]:
    """Return every part of *entry* that the form can take out, field by field."""
    found = []
    for name in REMOVABLE:
        for n, part in enumerate(getattr(entry, name)):
            text, code = _said(part)
            found.append(Held(f"{name}:{n}", name, text, code))
    return found


def without(before: Entry, after: Entry, form: Form) -> Entry:
    """
    Return *after* without what was ticked on the page of *before*.

    Of branches and places the form's own field may have dropped the first by then.
    """
    ticked = set(form.all("take_out"))
    changes = {}
    for name in REMOVABLE:
        parts = getattr(after, name)
        gone = len(getattr(before, name)) - len(parts)
        kept = tuple(part for n, part in enumerate(parts) if f"{name}:{n + gone}" not in ticked)
        if len(kept) < len(parts):
            changes[name] = kept
    return msgspec.structs.replace(after, **changes) if changes else after


def added(entry: Entry, form: Form) -> Entry:
    """
    Return *entry* with the branch and the place that the empty rows of *form* hold.

    Raises:
        IncompleteError: a row holds something that is no value of it, or lacks what it cannot do without.
    """
    forces, places = tuple(_force(form)), tuple(_place(form))
    if not forces and not places:
        return entry
    return msgspec.structs.replace(entry, forces=(*entry.forces, *forces), places=(*entry.places, *places))


def names(entry: Entry) -> str:
    """Return the marked names as they stand in the form, one a line: name | other spelling, another."""
    return "\n".join(_line(person) for person in entry.persons)


def named(entry: Entry, form: Form) -> Entry:
    """
    Return *entry* with the names that *form* marks; who was marked before keeps their role.

    Raises:
        IncompleteError: a name is too long.
    """
    if not form.all("names") or form.get("names") == names(entry):
        return entry
    known = {_line(person): person for person in entry.persons}
    found = []
    for line in _plain(form.get("names")).splitlines():
        if len(line) > LIMIT:
            raise IncompleteError("names")
        name, _, others = (part.strip() for part in line.partition("|"))
        if name:
            variants = tuple(one.strip() for one in others.split(",") if one.strip())
            person = Person(name=name, role=_ROLE, variants=variants)
            found.append(known.get(_line(person), person))
    return msgspec.structs.replace(entry, persons=tuple(found))


def marked(entry: Entry) -> Entry:
    """
    Return *entry* with every marked name cut to what of it stands in the public text, in any form.

    Marks lie beside the public record in clear: no name may lie there that readers do not have anyway, and
    one that was taken out of the text goes from there too.
    """
    told = {fold.key(word) for text in public.texts(entry).values() for word in _WORD.findall(text.lower())}
    found = []
    for person in entry.persons:
        name = _standing(person.name, told)
        others = dict.fromkeys(_standing(one, told) for one in person.variants)
        variants = tuple(one for one in others if one and one != name)
        if not name:
            name, variants = (variants[0], variants[1:]) if variants else ("", ())
        if name:
            kept = msgspec.structs.replace(person, name=name, variants=variants)
            found.append(person if kept == person else kept)
    return entry if tuple(found) == entry.persons else msgspec.structs.replace(entry, persons=tuple(found))


def _standing(name: str, told: set[str]) -> str:
    """Return the words of *name* that stand in a text of which *told* are the folded words."""
    words = _WORD.findall(name)
    standing = [word for word in words if told & unnamed.keys_of([word])]
    return name if len(standing) == len(words) > 0 else " ".join(standing)


def _line(person: Person) -> str:
    return f"{person.name} | {', '.join(person.variants)}" if person.variants else person.name


def _force(form: Form) -> Iterator[Force]:
    formation, unit = (_text(form, f"new_force_{part}") for part in ("formation", "unit"))
    branch = form.get("new_force_branch") or "unspecified"
    if branch not in BRANCHES:
        raise IncompleteError("new_force_branch")
    if branch != "unspecified" or formation or unit:
        yield Force(branch=branch, formation=formation or None, unit=unit or None)  # type: ignore[arg-type]


def _place(form: Form) -> Iterator[Place]:
    name, subject = _text(form, "new_place_name"), form.get("new_place_subject")
    if subject and subject not in subjects():
        raise IncompleteError("new_place_subject")
    is_coarsened = bool(form.get("new_place_coarsened"))
    if not name and not subject:
        if is_coarsened:
            raise IncompleteError("new_place_name")
        return
    yield Place(
        name=name or subjects()[subject].en,
        country="RU" if subject else None,
        subject=subject or None,
        kind=COARSENED if is_coarsened else None,
    )


def _said(part: Part) -> tuple[str, str]:
    """Return what a part says in words, and the key of the code it carries, if it has one to show."""
    match part:
        case Force():
            return ", ".join(filter(None, (part.formation, part.unit))), f"branch.{part.branch}"
        case Place():
            return part.name, ""
        case Count():
            return ", ".join(filter(None, (part.as_written, part.count_of, part.of_group))), ""
        case Quote():
            return part.text, ""
        case Update():
            day = f"{part.day} " if part.day else ""
            return day + next(iter(part.text.values()), ""), ""
        case Relation():
            return " ".join(filter(None, (part.target, part.why))), f"relation.{part.type}"
    raise AssertionError("desk: internal error: a part that cannot be taken out")


def _text(form: Form, name: str) -> str:
    text = " ".join(_plain(form.get(name)).split())
    if len(text) > LIMIT:
        raise IncompleteError(name)
    return text


def _plain(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable() or letter == "\n")
