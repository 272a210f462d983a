"""
Suggest what to mask in a narrative before an editor reads or retells it.

Helps, and is never complete: it knows no secret, so it can only guess what identifies. What it must not
miss, the gate catches. Takes the union of every detector, because a span too many costs one click and a
span too few costs a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from casework.redaction import fold, formations, ids, loose, ner, numbers, people, places, traits
from casework.redaction.detectors import Detectors
from casework.redaction.errors import GateError
from casework.redaction.ner import Entity
from casework.redaction.page import Page

# What a reader sees in place of a span, by kind; doors translate by the key `suggest.mask.<kind>`.
PLACEHOLDERS: dict[str, str] = {
    "name": "человек",
    "nickname": "позывной",
    "place": "место",
    "date": "дата",
    "phone": "телефон",
    "email": "почта",
    "telegram": "телеграм",
    "unit": "часть",
    "passport": "паспорт",
    "snils": "СНИЛС",
    "inn": "ИНН",
    "card": "карта",
    "military_id": "военный билет",
    "imei": "IMEI",
    "vin": "VIN",
    "plate": "номер машины",
    "plate_region": "номер машины",
    "coords": "координаты",
    "address": "адрес",
    "number": "номер",
    "rank": "звание",
    "post": "должность",
    "age": "возраст",
    "family": "семья",
}

# Where two detectors claim the same letters, the earlier kind is kept.
_ORDER = fold.table(
    "email telegram coords snils card passport military_id inn imei vin phone plate plate_region unit "
    "address date nickname name place number post rank age family"
)


@dataclass(frozen=True, slots=True)
class Span:
    """Something to mask at ``start``..``end``. Spans of one surname or place share ``lemma``."""

    start: int
    end: int
    kind: str
    lemma: str
    given: str = ""  # of a person who is named by it, alone or beside the surname

    def __repr__(self) -> str:
        return f"<Span {self.kind} {self.start}..{self.end}>"


def suggest(detectors: Detectors, narrative: str, lang: str) -> list[Span]:
    """
    Return what identifies somebody in *narrative*, in order, without overlaps.

    Raises:
        UnsupportedLanguageError, MissingDictionaryError: nothing can be suggested in *lang*.
    """
    detectors.lexicon.require(lang)
    page = detectors.read(narrative, lang)
    if len(narrative) > MAX_CHARACTERS:
        raise GateError("text is too long to read")
    found = [
        *_patterned(page),
        *_named(page, detectors),
        *_placed(page, detectors),
        *_dated(page),
        *_described(page),
    ]
    ranked = sorted(found, key=lambda s: (_ORDER.index(s.kind), s.start - s.end))
    kept: list[Span] = []
    for span in ranked:
        if not any(k.start < span.end and span.start < k.end for k in kept):
            kept.append(span)
    return sorted(kept, key=lambda s: s.start)


# About twenty times the longest message Telegram carries.
MAX_CHARACTERS = 80_000


def mask(text: str, spans: Sequence[Span], words: Mapping[str, str] | None = None) -> str:
    """
    Return *text* with each span replaced by its kind and a number: [человек 1], [место 2].

    The same person or place keeps its number, so a reader can still follow. *words* are the reader's words
    for the kinds; Russian ones without.
    """
    words = words or PLACEHOLDERS
    counts: dict[str, dict[str, int]] = {}
    parts: list[str] = []
    at = 0
    for span in sorted(spans, key=lambda s: s.start):
        if span.start < at:
            continue
        numbered = counts.setdefault(words[span.kind], {})
        number = numbered.setdefault(span.lemma, len(numbered) + 1)
        parts += [text[at : span.start], f"[{words[span.kind]} {number}]"]
        at = span.end
    return "".join([*parts, text[at:]])


def _patterned(page: Page) -> Iterator[Span]:
    for found in page.identifiers:
        text = page.text[found.start : found.end]
        kind = "number" if found.kind == "docket" else found.kind
        yield Span(*page.span(found.start, found.end), kind, ids.digits_of(text) or text.lower())
    for start, end, kind in loose.find(page.text):
        yield Span(*page.span(start, end), kind, fold.key(page.text[start:end]))
    for start, end, number, kind in formations.find(page.text):
        shown = "address" if formations.is_house(kind) else "unit"
        yield Span(*page.span(start, end), shown, f"{number} {kind}")
    for run in page.runs:
        digits = min(run.readings)
        is_long = len(digits) >= 5 or (len(digits) == 4 and numbers.is_telling(page.text, run.start))
        if is_long and not (not run.is_spelled and numbers.is_plain(page.text, run)):
            yield Span(*page.span(run.start, run.end), "number", digits)


def _named(page: Page, detectors: Detectors) -> Iterator[Span]:
    for reading in _readings(page, detectors):
        for person in reading.people:
            kind = "nickname" if person.role == "nick" else "name"
            first, last = _widened(reading, person.first, person.last)
            yield Span(*reading.over(first, last), kind, *_person_lemmas(reading, person))
    for index, token in enumerate(page.tokens):
        if _may_be_surname(page, index):
            yield Span(token.start, token.end, "name", page.lemmas[index])


def _widened(page: Page, first: int, last: int) -> tuple[int, int]:
    """Return the first and last token of a person's name with the unusual words of it that stand beside."""
    while first > 0 and page.is_joined(first - 1) and _may_belong(page, first - 1, first):
        first -= 1
    while last + 1 < len(page.tokens) and page.is_joined(last) and _may_belong(page, last + 1, last):
        last += 1
    return first, last


_NAMING = frozenset({"Name", "Surn", "Patr"})


def _may_belong(page: Page, index: int, beside: int) -> bool:
    """Say whether the word at *index* may be part of the name that token *beside* is part of."""
    token = page.tokens[index]
    if token.is_number or not fold.is_cyrillic(token.text) or people.is_title(token.key):
        return False
    if "-" in page.between(min(index, beside), max(index, beside)):
        return True
    tags = page.lexicon.tags(token.text, page.lang)
    if len(token.text) < 2 or not (token.is_capital or page.is_flat(index)):
        return False
    if tags & _NAMING or not tags:
        return True
    is_marked = token.is_capital and not page.is_flat(index)
    return is_marked and "ADJF" in tags and not tags & {"Apro", "PREP", "CONJ", "PRCL"}


# Endings of surnames with their case endings, for words that no dictionary has.
_SURNAME_ENDING = re.compile(
    r"(?:[ое]в|[иы]н|[сц]к|енк|[уюі]к|янц|[ея]н|ец|ц|ун|швили|дзе|ович|евич|[иы]х|ай|ой|ей|ян|иш|уш|аш)"
    r"(?:а|у|ым|им|ом|ем|е|ой|ою|ы|и|ых|ими|ыми|ий|ого|ому|ая|ую|о|ові|еві|я|ю|і)?$"
)


def _may_be_surname(page: Page, index: int) -> bool:
    """Say whether a word that no dictionary has stands where, or ends as, a surname does."""
    token = page.tokens[index]
    if (
        token.is_number
        or not fold.is_cyrillic(token.text)
        or len(token.text) < 4
        or people.is_title(token.key)
        or page.lexicon.is_known(token.text)
    ):
        return False
    if token.is_capital and not token.is_first and not token.text.isupper():
        return page.labels[index] not in {"LOC", "ORG"}
    return bool(_SURNAME_ENDING.search(token.key)) and len(token.text) >= 5


def _readings(page: Page, detectors: Detectors) -> Iterator[Page]:
    """Yield the page, and again as if its capitals meant nothing where names may hide in lower case."""
    yield page
    if ner.has_few_capitals([t for i, t in enumerate(page.tokens) if not page.is_flat(i)]):
        again = detectors.read(page.given, page.lang)
        again.flat_sentences = {t.sentence for t in again.tokens}
        yield again


def _person_lemmas(page: Page, person: people.Person) -> tuple[str, str]:
    """Return what the forms of one person's name share: the lemma of the surname, and the given name's."""
    tokens = [i for i in range(person.first, person.last + 1) if not people.is_title(page.tokens[i].key)]
    given = next((page.lemmas[i] for i in tokens if page.lemmas[i] in page.lexicon.given_names), "")
    rest = [
        page.lemmas[i]
        for i in tokens
        if page.lemmas[i] not in page.lexicon.given_names
        and not ("Patr" in page.lexicon.tags(page.tokens[i].text, page.lang) and len(tokens) > 1)
    ]
    return (rest or [given] if given else rest or [page.lemmas[person.last]])[0], given


def _placed(page: Page, detectors: Detectors) -> Iterator[Span]:
    subjects = places.subjects_named(page, detectors.gazetteer)
    for index, subject in subjects.items():
        first = index - 1 if _is_of_place(page, index - 1) else index
        yield Span(*page.over(first, index), "place", subject.code)
    for entity in page.entities:
        if entity.kind == "LOC":
            yield Span(
                *page.span(entity.start, entity.end),
                "place",
                _place_lemma(page, entity),
            )
    for index, token in enumerate(page.tokens):
        if index in subjects or token.is_number or len(token.text) < 4:
            continue
        is_marked = (token.is_capital and not token.is_first) or (
            page.is_flat(index) and len(token.text) >= 6 and not page.lexicon.is_known(token.text)
        )
        if (is_marked and detectors.gazetteer.population(token.text) is not None) or _is_town_word(
            page, index
        ):
            before = index - 1 if _is_of_place(page, index - 1) else index
            yield Span(*page.over(before, index), "place", page.lemmas[index])


def _is_of_place(page: Page, index: int) -> bool:
    """Say whether the word at *index* is the adjective of the place after it: Верхняя Балкария."""
    if index < 0 or not page.is_joined(index):
        return False
    token = page.tokens[index]
    return "ADJF" in page.lexicon.tags(token.text, page.lang) and (
        (token.is_capital and not token.is_first) or places.is_generic(page.lemmas[index])
    )


def _place_lemma(page: Page, entity: Entity) -> str:
    """Return what the forms of one place's name share."""
    words = [page.lemmas[i] for i, t in enumerate(page.tokens) if entity.start <= t.at < entity.end]
    return " ".join(words)


def _is_town_word(page: Page, index: int) -> bool:
    """Say whether the dictionary calls the word a place, or a word for a settlement stands before it."""
    token = page.tokens[index]
    before = page.tokens[index - 1].key if index else ""
    if before.startswith(("сел", "посел", "деревн", "станиц", "аул", "хутор", "vilage", "town")) and (
        token.is_capital or page.is_flat(index)
    ):
        return not page.lexicon.is_ordinary(token.text, page.lang)
    return (
        fold.is_cyrillic(token.text)
        and "Geox" in page.lexicon.parses(token.text.lower(), page.lang)[0].tag.grammemes
    )


def _dated(page: Page) -> Iterator[Span]:
    for mention in (*page.days, *page.relative_days):
        yield Span(*page.span(mention.start, mention.end), "date", f"{mention.day}.{mention.month}")


def _described(page: Page) -> Iterator[Span]:
    for kind, start, end in traits.described(page):
        yield Span(*page.span(start, end), kind, page.text[start:end].lower())
