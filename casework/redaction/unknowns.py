"""
Deny by default: what a draft names although nothing says it may.

Rules:
- These are warnings, never blocks: the editor declares the person public, cites the press, or coarsens.
- A passage that cites a listed outlet, the reviewed list, and what the register already shows excuse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from casework.redaction import dates, fold, numbers, ordinary
from casework.redaction.findings import Finding, Level, mark
from casework.redaction.matching import Context
from casework.redaction.page import Page, inside
from casework.redaction.people import Person
from casework.redaction.places import SMALL, Gazetteer
from casework.redaction.public import Public

_LONG_NUMBER = 5  # digits; shorter numbers are counts far more often than identifiers
_PLACE_BEFORE = re.compile(
    (
        r"(?:(?<!\w)(?:из|под|в|во|у|возле|около|близ|на|з|із|під|біля|from|in|near|at|of|"
        r"outside)\s+(?:(?:сел\w+|пос[её]лк\w+|деревн\w+|станиц\w+|город\w*|аул\w*|хутор\w*|местечк\w+|"
        r"міст\w+|the (?:village|town|settlement|city) of)\s+)?)$"
    ),
    re.I,
)
_SETTLEMENT_BEFORE = re.compile(
    (
        r"(?:сел\w{1,3}|пос[её]л\w+|деревн\w+|станиц\w+|аул\w*|хутор\w*|местечк\w+|селищ\w+|пгт|village "
        r"of|town of|settlement of|village|hamlet)\s+[«\"]?$"
    ),
    re.I,
)


def persons(page: Page, context: Context, known: frozenset[str]) -> Iterator[Finding]:
    """Warn of people who are neither public nor cited nor in the register."""
    for person in page.people:
        span = page.over(person.first, person.last)
        indexes = range(person.first, person.last + 1)
        if (
            inside(span, context.sourced)
            or inside(span, context.citations)
            or any(i in context.public | context.listed | context.allowed for i in indexes)
        ):
            continue
        if all(i in context.regions or page.tokens[i].key in known for i in indexes) or not _is_plausible(
            page, person
        ):
            continue
        yield mark(page.given, span, "unknown_person", Level.WARN, "declare")


def _is_plausible(page: Page, person: Person) -> bool:
    """
    A single word that is also an ordinary word, at the start of a sentence, is hardly a person.

    The model read Russian: of a Ukrainian word it knows little, unless the sentence goes on as of a person.
    """
    first = page.tokens[person.first]
    is_single = person.first == person.last
    is_read_so = page.labels[person.first] == "PER" and (
        page.lang != "uk" or ordinary.acts(page, person.first)
    )
    return not (
        is_single and first.is_first and page.lexicon.is_ordinary(first.text, page.lang) and not is_read_so
    )


def days(page: Page, context: Context, public: Public) -> Iterator[Finding]:
    """Warn of exact days that no source and no calendar excuses."""
    for mention in page.days:
        span = page.span(mention.start, mention.end)
        if (
            inside(span, context.sourced)
            or inside(span, context.citations)
            or dates.is_legal_reference(page.text, mention)
        ):
            continue
        if any(dates.is_same(mention, day) for day in public.days if mention.year or day.year == 2022):
            continue
        yield mark(page.given, span, "exact_date", Level.WARN, "date")


def identifiers(page: Page, context: Context) -> Iterator[Finding]:
    """Warn of phones, addresses and documents that belong to nobody known."""
    taken: list[tuple[int, int]] = []
    for found in page.identifiers:
        span = page.span(found.start, found.end)
        taken.append((found.start, found.end))
        # A court publishes the numbers of its cases; only a sealed one gives anybody away.
        if (
            found.kind == "docket"
            or inside(span, context.citations)
            or (found.kind in {"unit", "telegram"} and inside(span, context.sourced))
        ):
            continue
        hint = {"unit": "unit", "plate": "plate", "plate_region": "plate", "address": "address"}.get(
            found.kind, "remove"
        )
        yield mark(
            page.given,
            span,
            found.kind if found.kind == "plate_region" else f"unknown_{found.kind}",
            Level.WARN,
            hint,
        )
    for run in page.runs:
        span = page.span(run.start, run.end)
        if not _is_telling(page, run) or any(a < run.end and run.start < b for a, b in taken):
            continue
        if not inside(span, context.sourced) and not inside(span, context.citations):
            yield mark(page.given, span, "unknown_number", Level.WARN, "number")


def _is_telling(page: Page, run: numbers.Run) -> bool:
    """Say whether *run* is one long number that is no day, no count and no sum of money."""
    text = page.text[run.start : run.end]
    is_one = re.fullmatch(r"\d{5,}|\d{2,4}(?:[ -]\d{2,4}){2,}", text)
    is_grouped = re.fullmatch(r"\d{1,3}(?:[ \u00a0,.]\d{3})+", text)
    if run.is_spelled or not is_one or is_grouped or len(min(run.readings)) < _LONG_NUMBER:
        return False
    is_day = any(m.start <= run.start and run.end <= m.end + 6 for m in page.days)
    return not is_day and not numbers.is_plain(page.text, run)


def places(
    page: Page, context: Context, gazetteer: Gazetteer, public: Public, known: frozenset[str]
) -> Iterator[Finding]:
    """Warn of settlements below 100,000 people and of places no table knows."""
    for index, token in enumerate(page.tokens):
        if (
            not token.is_capital
            or token.is_number
            or len(token.text) < 3
            or index in context.public | context.listed | context.allowed
        ):
            continue
        span = (token.start, token.end)
        if (
            inside(span, context.sourced)
            or inside(span, context.citations)
            or token.key in public.small_places
            or token.key in known
        ):
            continue
        before = page.text[max(0, token.at - 40) : token.at]
        is_named_place = bool(_SETTLEMENT_BEFORE.search(before))
        if index in context.regions and (not is_named_place or index + 1 in context.regions):
            continue
        if not (is_named_place or _names_place(page, index, before, gazetteer)):
            continue
        if (
            is_named_place
            or (gazetteer.population(_full_name(page, index)) or gazetteer.population(token.text) or 0)
            < SMALL
        ):
            yield mark(page.given, page.over(index, _last(page, index)), "small_place", Level.WARN, "place")


def _names_place(page: Page, index: int, before: str, gazetteer: Gazetteer) -> bool:
    token = page.tokens[index]
    if fold.is_cyrillic(token.text):
        starts = index == 0 or page.labels[index - 1] != "LOC" or not page.is_joined(index - 1)
        words = [page.tokens[i].text for i in range(index, _last(page, index) + 1)]
        return (
            page.labels[index] == "LOC"
            and starts
            and not all(page.lexicon.is_ordinary(w, page.lang) for w in words)
        )
    if (
        token.is_first
        or token.text.lower() in page.lexicon.english
        or (index + 1 < len(page.tokens) and page.is_joined(index) and page.tokens[index + 1].is_capital)
    ):
        return False
    return bool(_PLACE_BEFORE.search(before)) and gazetteer.population(token.text) is not None


def _last(page: Page, index: int) -> int:
    last = index
    while (
        last + 1 < len(page.tokens)
        and page.is_joined(last)
        and page.labels[last + 1] == "LOC"
        and page.tokens[last + 1].is_capital
    ):
        last += 1
    return last


def _full_name(page: Page, index: int) -> str:
    return "".join(page.tokens[i].text for i in range(index, _last(page, index) + 1))


def hidden(page: Page) -> Iterator[Finding]:
    """Block invisible characters, words of two scripts and words in a script nobody here can check."""
    for span in page.clean.hidden:
        yield mark(page.given, span, "invisible", Level.BLOCK, "retype")
    for span in page.clean.mixed:
        yield mark(page.given, span, "homoglyph", Level.BLOCK, "retype")
    for span in page.clean.foreign:
        yield mark(page.given, span, "unsupported_script", Level.BLOCK, "translate")
