"""
Find sealed numbers, addresses, days and places in a draft.

Each function takes the draft and one kind of sealed thing and yields findings; none knows of the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from casework.redaction import dates, fold, formations, ids, numbers
from casework.redaction.fields import Sealed
from casework.redaction.findings import Finding, Level, mark
from casework.redaction.matching import Context
from casework.redaction.page import Page, inside
from casework.redaction.places import Gazetteer, SealedPlace, is_region_word
from casework.redaction.public import Public

_SHORT_WORD = 2  # letters of a word that stands between others
_LONG_PLACE = 6  # letters; shorter names are alike by chance
_SHORT_NUMBER = 4  # digits; orders, counts and flats have as many
_NEAR_DEGREES = 0.2  # about 20 km: two villages apart


def sealed_numbers(page: Page, sealed: Sealed) -> Iterator[Finding]:
    """Find whole and partial sealed numbers, in digits and in words."""
    known: dict[str, tuple[str, str] | None] = {}
    for run in page.runs:
        for reading in run.readings:
            if reading not in known:
                known[reading] = next((n for n in sealed.numbers if numbers.overlap(reading, n[0])), None)
            match = known[reading]
            if match is None:
                continue
            digits, kind = match
            is_short = kind == "number" and len(digits) <= _SHORT_NUMBER
            if not run.is_spelled and (reading != digits or is_short) and numbers.is_plain(page.text, run):
                continue
            yield mark(
                page.given,
                _widen(page, run, kind),
                _name(run, reading, digits, kind),
                Level.BLOCK,
                _mend(kind),
            )
            break


def _name(run: numbers.Run, reading: str, digits: str, kind: str) -> str:
    """Return the kind of a finding: the number whole, in part, or in words."""
    if run.is_spelled:
        return f"{kind}_spelled"
    return kind if reading.endswith(digits[-10:]) else f"{kind}_partial"


def _mend(kind: str) -> str:
    return "unit" if kind == "unit" else "number"


def _widen(page: Page, run: numbers.Run, kind: str) -> tuple[int, int]:
    """Take the words 'unit No.' into the span of a unit's number."""
    if kind == "unit":
        before = re.search(
            (
                r"(?:[вb]\s*[/\\.]?\s*[ч4]\.?|вэ\s?чэ|част[ьиию]+|unit)\s*(?:пп|п/п)?\s*(?:№|No\.?|"
                r"номер\w*)?\s*$"
            ),
            page.text[max(0, run.start - 40) : run.start],
            re.I,
        )
        if before:
            return page.span(before.start(), run.end)
    return page.span(run.start, run.end)


def sealed_literals(page: Page, sealed: Sealed) -> Iterator[Finding]:
    """Find e-mail addresses, user names and links, hidden or in part."""
    for found in page.identifiers:
        if found.kind == "email":
            key = ids.email_key(page.text[found.start : found.end])
            if any(
                kind == "email" and (key == value or key.split("@")[0] == value)
                for value, kind in sealed.literals
            ):
                yield mark(page.given, page.span(found.start, found.end), "email", Level.BLOCK, "remove")
    low = page.text.lower()
    for value, kind in sealed.literals:
        bare = re.sub(r"[\W_]+", r"[\\W_]{0,3}", value)
        if len(re.sub(r"[\W_]", "", value)) < 4:
            continue
        for match in re.finditer(rf"(?<![^\W_])@?{bare}(?![^\W_])", low):
            if len(value) >= 6 or match[0].startswith("@") or not value.isalpha():
                yield mark(page.given, page.span(*match.span()), kind, Level.BLOCK, "remove")


def sealed_plates(page: Page, sealed: Sealed) -> Iterator[Finding]:
    """Find number plates whole; their digits and region code near a word for a car."""
    for plate in sealed.plates:
        pattern = r"[\s-]?".join(f"[{c}{_CYRILLIC_OF.get(c, '')}]" for c in plate)
        core = r"[\s-]?".join(f"[{c}{_CYRILLIC_OF.get(c, '')}]" for c in plate[:6])
        tail = (
            r"[\s-]?".join(f"[{c}{_CYRILLIC_OF.get(c, '')}]" for c in plate[1:6])
            if plate[1:2].isdigit()
            else core
        )
        for match in [
            *re.finditer(rf"(?<!\w){pattern}(?!\w)", page.text, re.I),
            *re.finditer(rf"(?<!\w){core}(?!\w)", page.text, re.I),
            *re.finditer(rf"(?<![\w.,]){tail}(?!\w)", page.text, re.I),
        ]:
            yield mark(page.given, page.span(*match.span()), "plate", Level.BLOCK, "plate")
        digits, region = re.findall(r"\d+", plate)[:1], plate[6:]
        for number in {*digits, region} - {""}:
            for match in re.finditer(rf"(?<![\d.,]){number}(?![\d.,]\d|\d|\s?%)", page.text):
                around = page.text[max(0, match.start() - 50) : match.end() + 20]
                if re.search(
                    r"номер|машин|автомоб|уаз|камаз|дверц|регион|plate|licen|\bcar\b|truck|vehicle|цифр",
                    around,
                    re.I,
                ):
                    kind = (
                        "plate_region"
                        if number == region and "егион" in around + "регион" * (number == region)
                        else "plate_partial"
                    )
                    yield mark(page.given, page.span(*match.span()), kind, Level.WARN, "plate")


_CYRILLIC_OF = dict(zip("ABEKMHOPCTYX", "АВЕКМНОРСТУХ", strict=True))


def sealed_coordinates(page: Page, sealed: Sealed) -> Iterator[Finding]:
    """Find coordinates near the sealed ones."""
    for found in page.identifiers:
        here = ids.coordinates(page.text[found.start : found.end]) if found.kind == "coords" else None
        if here and any(
            abs(here[0] - lat) <= _NEAR_DEGREES and abs(here[1] - lon) <= _NEAR_DEGREES
            for lat, lon in sealed.coordinates
        ):
            yield mark(page.given, page.span(found.start, found.end), "coords", Level.BLOCK, "remove")


def sealed_units(page: Page, sealed: Sealed, context: Context) -> Iterator[Finding]:
    """Find a unit, a school or a colony named by number and kind: the 64th brigade."""
    wanted = set(sealed.formations)
    for start, end, number, kind in formations.find(page.text):
        if (number, kind) in wanted:
            shown, mend = ("institution", "remove") if formations.is_house(kind) else ("unit", "unit")
            yield mark(page.given, page.span(start, end), shown, Level.BLOCK, mend)
    bare = {number for number, kind in wanted if not formations.is_house(kind)}
    for start, end, number in formations.numbers_alone(page.text) if bare else ():
        if number in bare:
            yield mark(page.given, page.span(start, end), "unit", Level.BLOCK, "unit")
    for start, end in formations.numbers_apart(page.text, wanted):
        yield mark(page.given, page.span(start, end), "unit", Level.BLOCK, "unit")
    for name in sealed.honorary:
        for index in range(len(page.tokens) - len(name) + 1):
            last = index + len(name) - 1
            words = page.tokens[index : last + 1]
            if not all(word.key in keys for word, keys in zip(words, name, strict=True)):
                continue
            around = page.text[max(0, words[0].at - 40) : words[-1].at + len(words[-1].text) + 40]
            is_called = (
                page.is_flat(index) and index > 0 and formations.is_near_unit(page.tokens[index - 1].text)
            )
            is_marked = (words[0].is_capital or is_called) and not context.listed.issuperset(
                range(index, last + 1)
            )
            is_quoted = page.text[max(0, words[0].at - 1) : words[0].at] in {"«", '"', "“", "„"}
            if is_marked and (len(name) > 1 or is_quoted or formations.is_near_unit(around)):
                yield mark(page.given, page.over(index, last), "unit", Level.BLOCK, "unit")


def sealed_days(
    page: Page, sealed: Sealed, context: Context, excused: list[tuple[int, int]], public: Public
) -> Iterator[Finding]:
    """
    Find the sealed days, exact, off by one, relative and by weekday.

    A day with its year is no coincidence: only a citation in its own sentence makes it less than a block.
    """
    for mention in page.days:
        span = page.span(mention.start, mention.end)
        if inside(span, context.citations):
            continue
        is_sourced = inside(span, context.cited if mention.year else excused) or dates.is_legal_reference(
            page.text, mention
        )
        is_known = any(dates.is_same(mention, day) for day in public.days if mention.year or day.year == 2022)
        if any(dates.is_same(mention, day) for day in sealed.days):
            if not (is_known and is_sourced):
                level = Level.WARN if is_sourced or is_known else Level.BLOCK
                yield mark(page.given, span, "date", level, "date")
        elif any(dates.is_same(mention, day) for day in sealed.births):
            is_birth = mention.year is not None or re.search(
                r"род(?:ил|ивш)|рожд|народ|born|birthday|день рожд",
                page.text[max(0, mention.start - 60) : mention.end + 40],
                re.I,
            )
            if is_birth or not (is_sourced or is_known):
                yield mark(page.given, span, "birth_date", Level.BLOCK if is_birth else Level.WARN, "birth")
        elif dates.near(sealed.days, mention) and not is_sourced and not is_known:
            yield mark(page.given, span, "date_near", Level.WARN, "date")
    yield from _relative_days(page, sealed, context)
    for year in {day.year for day in sealed.births}:
        for match in re.finditer(
            rf"(?<!\d){year}\s?(?:г\.?\s?р|года рождения|року народження)|born in {year}|родил\w+ в {year}",
            page.text,
            re.I,
        ):
            yield mark(page.given, page.span(*match.span()), "birth_date", Level.WARN, "birth")


def _relative_days(page: Page, sealed: Sealed, context: Context) -> Iterator[Finding]:
    for mention in page.relative_days:
        span = page.span(mention.start, mention.end)
        if any(dates.is_same(mention, day) for day in sealed.days) and not inside(span, context.sourced):
            yield mark(page.given, span, "date_relative", Level.WARN, "date")
    months = dates.months_named(page.text)
    for start, end, weekday in dates.find_weekdays(page.text):
        span = page.span(start, end)
        if any(
            day.weekday() == weekday and day.month in months and day.year > 1900 for day in sealed.days
        ) and not inside(span, context.sourced):
            yield mark(page.given, span, "weekday", Level.WARN, "date")


def sealed_places(
    page: Page, sealed: Sealed, context: Context, excused: list[tuple[int, int]], gazetteer: Gazetteer
) -> Iterator[Finding]:
    """Find the sealed settlement in any form, its adjectives, its street and its district."""
    for place in sealed.settlements:
        yield from _settlement(page, place, context, excused, gazetteer)
    for place in sealed.districts:
        for index in _occurrences(page, place, whole=True):
            yield mark(page.given, page.over(index, index), "district", Level.WARN, "place")
    for street in sealed.streets:
        yield from _street(page, street)


def _settlement(
    page: Page, place: SealedPlace, context: Context, excused: list[tuple[int, int]], gazetteer: Gazetteer
) -> Iterator[Finding]:
    for index in _occurrences(page, place, whole=len(place.telling) > 1):
        if index in context.regions:
            continue
        first, last = _whole_name(page, place, index)
        span = page.over(first, last)
        if _is_region_name(page, last):
            continue
        is_doubtful = place.is_large and (inside(span, excused) or index in context.listed)
        token = page.tokens[index]
        is_word = page.lexicon.is_ordinary(token.text, page.lang)
        if is_word and (
            not token.is_capital or (token.is_first and first == last and not page.labels[index])
        ):
            continue
        yield mark(page.given, span, "settlement", Level.WARN if is_doubtful else Level.BLOCK, "place")
    for index in _misspelt(page, place, gazetteer):
        if index not in context.regions:
            yield mark(
                page.given, page.over(*_whole_name(page, place, index)), "settlement", Level.BLOCK, "place"
            )
    for first, last in (*_cut_or_grown(page, place), *_hyphened(page, place)):
        if first not in context.regions:
            yield mark(page.given, page.over(first, last), "settlement", Level.BLOCK, "place")
    for index, token in enumerate(page.tokens):
        if (
            place.is_adjective(token.key, is_ordinary=page.lexicon.is_ordinary(token.text, page.lang))
            and index not in context.regions
            and not (place.is_large and _is_region_name(page, index))
        ):
            span = (token.start, token.end)
            if index in context.listed:
                continue
            is_district = index + 1 < len(page.tokens) and page.tokens[index + 1].key.startswith(
                ("район", "округ", "област", "district")
            )
            level = Level.WARN if place.is_large or is_district else Level.BLOCK
            if not (level is Level.WARN and inside(span, context.sourced)):
                yield mark(page.given, span, "district" if is_district else "settlement", level, "place")


def _occurrences(page: Page, place: SealedPlace, *, whole: bool) -> Iterator[int]:
    """Yield the tokens that are telling words of *place*; with *whole* all its words must stand together."""
    for index, token in enumerate(page.tokens):
        if token.is_number or not (
            token.is_capital or page.is_flat(index) or not page.lexicon.is_ordinary(token.text, page.lang)
        ):
            continue
        for word in place.telling:
            if not place.matches(word, token.key):
                continue
            if whole and not _stands_whole(page, place, index, word):
                continue
            if (
                not whole
                and len(place.words) > 1
                and page.lexicon.is_ordinary(token.text, page.lang)
                and not _stands_whole(page, place, index, word)
            ):
                continue
            yield index
            break


def _cut_or_grown(page: Page, place: SealedPlace) -> Iterator[tuple[int, int]]:
    """Yield the first and last token of *place* where it is cut in two words, or two of its words are one."""
    for index, token in enumerate(page.tokens):
        if token.key in place.joined:
            yield index, index
        if len(place.words) > 1 or index + 1 == len(page.tokens) or page.tokens[index + 1].is_number:
            continue
        joined = fold.key(token.text + page.tokens[index + 1].text)
        # A conjunction after a word is no ending of it.
        is_part = len(page.tokens[index + 1].text) > _SHORT_WORD
        is_close = page.between(index, index + 1).strip() in {"", "-"} and is_part
        if len(joined) >= 6 and is_close and place.matches(0, joined):
            yield index, index + 1


def _misspelt(page: Page, place: SealedPlace, gazetteer: Gazetteer) -> Iterator[int]:
    """Yield tokens that are no place of the table and a slip, or another language, away from *place*."""
    if place.is_large:
        return
    for index, token in enumerate(page.tokens):
        is_marked = token.is_capital and not token.is_first and not page.is_flat(index)
        if not is_marked or token.is_number or len(token.key) < _LONG_PLACE:
            continue
        for word in place.telling:
            if place.matches(word, token.key) or not place.is_alike(word, token.key):
                continue
            is_whole = all(
                0 <= index - word + other < len(page.tokens)
                and place.matches(other, page.tokens[index - word + other].key)
                for other in range(len(place.words))
                if other != word
            )
            if is_whole and gazetteer.population(token.text) is None:
                yield index
                break


def _stands_whole(page: Page, place: SealedPlace, index: int, word: int) -> bool:
    return all(
        0 <= index - word + other < len(page.tokens)
        and (
            place.matches(other, page.tokens[index - word + other].key)
            or (other < word and _is_short_for(page, place, index - word + other, other))
        )
        for other in range(len(place.words))
    )


def _is_short_for(page: Page, place: SealedPlace, index: int, word: int) -> bool:
    """Say whether token *index* is word *word* of the name cut short: "Ст. Какерли", "В.Тагил"."""
    token = page.tokens[index]
    is_cut = page.text[token.at + len(token.text) :][:1] == "." and len(token.text) <= _CUT
    return is_cut and any(form.startswith(token.key) for form in place.words[word])


def _hyphened(page: Page, place: SealedPlace) -> Iterator[tuple[int, int]]:
    """Yield where a place of two words is an adjective of two halves: Кам'янсько-дніпровський."""
    if len(place.words) != 2:
        return
    for index in range(1, len(page.tokens)):
        begun, token = page.tokens[index - 1], page.tokens[index]
        if page.between(index - 1, index) not in {"-", "‑", "–"} or not place.matches(1, token.key):
            continue
        if any(form[:_BEGUN] == begun.key[:_BEGUN] for form in place.words[0] if len(form) >= _BEGUN):
            yield index - 1, index


_CUT = 4  # letters of a word that is cut short
_BEGUN = 4  # letters that begin the first half as they begin the name


def _whole_name(page: Page, place: SealedPlace, index: int) -> tuple[int, int]:
    """Return the first and last token of the name around its telling word at *index*."""
    first = last = index
    while first > 0 and any(place.matches(w, page.tokens[first - 1].key) for w in range(len(place.words))):
        first -= 1
    while last + 1 < len(page.tokens) and any(
        place.matches(w, page.tokens[last + 1].key) for w in range(len(place.words))
    ):
        last += 1
    return first, last


def _is_region_name(page: Page, index: int) -> bool:
    """Say whether the word is part of a region's name: the Pskov region, Псковская область."""
    return (
        index + 1 < len(page.tokens) and page.is_joined(index) and is_region_word(page.tokens[index + 1].key)
    )


_STREET_BEFORE = re.compile(
    (
        r"(?:ул(?:иц\w+)?|пер(?:еул\w+)?|просп\w*|пр-?т|вул(?:иц\w+)?|наб(?:ережн\w+)?|бульвар\w*|шоссе|"
        r"street|st)\.?\s*(?:[А-ЯЁІЇЄ]\w{0,20}[.\s]\s*)?$"
    ),
    re.I,
)


def _street(page: Page, street: SealedPlace) -> Iterator[Finding]:
    for index in _occurrences(page, street, whole=False):
        # Of several words the number stands after the last: Рабочей молодёжи, 204.
        beyond = index + len(street.words) - 1
        is_said = (
            len(street.words) > 1 and beyond < len(page.tokens) and _stands_whole(page, street, index, 0)
        )
        first, token = page.tokens[index], page.tokens[beyond if is_said else index]
        tail = re.match(
            (
                r",?\s*(?:street|улиц\w+|вулиц\w+|переул\w+|провул\w+|проспект\w*|шоссе|бульвар\w*|"
                r"набережн\w+|проезд\w*|тракт\w*)?,?\s*(?:д(?:ом)?\.?\s*)?\d+\w?(?:\s?[-/]\s?\d+)?(?:,?\s*кв\.?\s*\d+)?"
            ),
            page.text[token.at + len(token.text) :],
        )
        is_street = bool(_STREET_BEFORE.search(page.text[max(0, first.at - 14) : first.at])) or bool(
            re.match(r"\s+(?:street|улиц|вулиц)", page.text[token.at + len(token.text) :], re.I)
        )
        is_whole = len(street.telling) == 1 or _stands_whole(page, street, index, max(street.telling))
        if not tail and not is_street and (not is_whole or first.is_first or not first.is_capital):
            continue
        end = token.at + len(token.text) + (tail.end() if tail else 0)
        level = Level.BLOCK if tail or is_street else Level.WARN
        yield mark(page.given, page.span(first.at, end), "address", level, "address")
