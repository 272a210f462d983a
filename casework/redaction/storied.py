"""
What a narrative tells by itself: the identifiers in it, sorted into the source's own and other people's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from casework.redaction import dates, fields, fold, ids, people, places
from casework.redaction.detectors import Detectors
from casework.redaction.fields import Sealed
from casework.redaction.names import Part, SealedName
from casework.redaction.page import Page
from casework.redaction.people import Person


@dataclass
class Told:
    """Identifiers in a narrative: the source's and kin's in ``sealed``, everybody else's in ``others``."""

    sealed: Sealed = field(default_factory=Sealed)
    others: list[SealedName] = field(default_factory=list)

    def __repr__(self) -> str:
        return "<Told>"


def identifiers(page: Page, detectors: Detectors, *, is_field: bool = False) -> Told:
    """
    Return what *page* gives away.

    In a sealed field everybody named counts as kin; in a narrative only the source, kin and nicknames do.
    """
    told = Told()
    for owner, person in enumerate(page.people, start=1000):
        words = _sealed_words(page, person, owner, detectors)
        if is_field or person.role in {"self", "kin", "nick"}:
            told.sealed.names.extend(words)
        elif not _is_public(person, page, detectors):
            told.others.extend(words)
    if not page.given.strip():
        return told
    fields.add_identifiers(told.sealed, page.text, "text")
    told.sealed.numbers = [(d, kind) for d, kind in told.sealed.numbers if len(d) >= 5 or kind != "number"]
    if not is_field:
        told.sealed.days.extend(dates.parse(page.text))
        told.sealed.settlements.extend(_settlements(page, detectors))
    return told


def _sealed_words(page: Page, person: Person, owner: int, detectors: Detectors) -> list[SealedName]:
    tokens = [
        t
        for t in page.tokens[person.first : person.last + 1]
        if len(t.text) > 1 and not people.is_title(t.key)
    ]
    words = [t.text for t in tokens if t.key not in people.kin_keys()]
    if person.role == "nick":
        return [detectors.sealer.word(_nominative(page, w), Part.NICKNAME, owner) for w in words]
    return detectors.sealer.person(_hyphened(page, person, words), owner)


def _hyphened(page: Page, person: Person, words: Sequence[str]) -> str:
    """Return *words* of a person's name in the nominative, halves of one name joined as they were."""
    said = page.text[page.tokens[person.first].at :]
    text = ""
    for before, word in zip(["", *words], words, strict=False):
        is_half = before and re.search(rf"{re.escape(before)}[-‑–]{re.escape(word)}", said)
        text += ("-" if is_half else " ") + _nominative(page, word)
    return text.strip()


def _nominative(page: Page, word: str) -> str:
    """Return the dictionary form of a name in the narrative; the word itself where no dictionary knows it."""
    if not fold.is_cyrillic(word):
        return word
    for parse in page.lexicon.parses(word.lower(), page.lang):
        if {"Name", "Surn", "Patr"} & parse.tag.grammemes:
            inflected = parse.inflect({"nomn", "sing"})
            return str(inflected.word if inflected else parse.normal_form)
    return word.lower()


def _is_public(person: Person, page: Page, detectors: Detectors) -> bool:
    return any(page.tokens[i].key in detectors.public.surnames for i in range(person.first, person.last + 1))


def _settlements(page: Page, detectors: Detectors) -> list[places.SealedPlace]:
    """Return the small settlements a narrative names; the large ones and the front are no secret."""
    found = []
    subjects = places.subjects_named(page, detectors.gazetteer)
    for entity in page.entities:
        inside = [i for i, t in enumerate(page.tokens) if entity.start <= t.at < entity.end]
        words = [page.tokens[i].text for i in inside]
        if (
            entity.kind != "LOC"
            or not words
            or any(i in subjects for i in inside)
            or not any(page.tokens[i].is_capital for i in inside)
        ):
            continue
        keys = {page.tokens[i].key for i in inside}
        lemmas = {tuple(page.lemmas[i] for i in inside)}
        population = detectors.gazetteer.population("".join(words))
        if (
            keys & detectors.public.small_places
            or lemmas & detectors.public.phrases
            or (population or 0) >= places.SMALL
        ):
            continue
        if population is None and not re.search(
            r"(?:сел\w+|пос[её]л\w+|деревн\w+|станиц\w+|аул\w*|хутор\w*|из|в|под|з|із|у)\s+$",
            page.text[max(0, entity.start - 12) : entity.start],
            re.I,
        ):
            continue
        place = places.seal(" ".join(words), detectors.gazetteer, detectors.lexicon)
        if place:
            found.append(place)
    return found


def capitalised_keys(texts: Sequence[str]) -> frozenset[str]:
    """Return the keys of every capitalised word of texts that are already public."""
    return frozenset(
        fold.key(word) for text in texts for word in re.findall(r"[^\W\d_a-zа-яё][^\W\d_]{2,}", text)
    )


def spans(page: Page) -> list[ids.Found]:
    """Return the patterned identifiers of a narrative."""
    return page.identifiers
