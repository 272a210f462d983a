"""
Identifiers with a pattern: phones, addresses of the net, documents, units, plates, coordinates, streets.

Found in any text; whether one is sealed, the gate decides. Checksums are checked where the document has one,
so that a random number is not called a passport.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from phonenumbers import Leniency, PhoneNumberMatcher

# An address is written plainly, with bracketed words, or in words altogether; spaces only in the last two.
_DOTTED = r"(?:\s?[\[(]\s?(?:dot|точка|\.)\s?[\])]\s?|\s(?:dot|точка)\s|\.(?=\w))"
_EMAIL = re.compile(
    rf"(?<![\w.+-])[\w.+-]{{1,64}}@[\w-]{{1,63}}(?:{_DOTTED}[\w-]{{1,63}}){{1,6}}|"
    rf"(?<![\w.+-])[\w.+-]{{1,64}}\s?(?:[\[(]\s?(?:at|@|собака)\s?[\])]|\sсобака\s)\s?[\w-]{{1,63}}(?:{_DOTTED}[\w-]{{1,63}}){{1,6}}|"
    r"(?<![\w.+-])[\w.+-]{1,64}\sat\s[\w-]{1,63}(?:\s(?:dot|точка)\s[\w-]{1,63}){1,6}",
    re.I,
)
_HANDLE = re.compile(
    r"(?<![\w@.])@[A-Za-z]\w{3,31}|(?:https?://)?(?:t(?:elegram)?\.me|vk\.com|ok\.ru|instagram\.com|"
    r"facebook\.com)/[\w./-]{3,64}",
    re.I,
)
_UNIT = re.compile(
    r"(?:(?:(?:[вb]\s*[/\\.|]?\s*[ч4](?:асть\w*)?|вэ\s*/?\s*чэ|войсков\w+\s+част\w+|"
    r"військов\w+\s+част\w+|част[ьи]|част[ию]ни?)\.?\s*(?:пп|п/п|полевая почта)?|"
    r"п/?п|пп|полев\w+ почт\w+|(?:military |army )?unit|field post)\s*(?:№|N|No\.?|номер\w*|#|"
    r"number)?\s*)(?:(?P<digits>\d{2,3}[ -]?\d{2,3}|\d{4,5})(?!\d)|(?P<ua>[АA]\s?-?\d{4})(?!\d))",
    re.I,
)
_PASSPORT = re.compile(r"(?<!\d)\d{2}\s?\d{2}\s?(?:№|N)?\s?\d{6}(?!\d)")
_SNILS = re.compile(r"(?<!\d)\d{3}[- ]?\d{3}[- ]?\d{3}[- ]?\d{2}(?!\d)")
_CALLED_SNILS = re.compile(r"(?:снилс|пенсионн\w+)\W{1,4}(?:№|номер)?\W{0,2}$", re.I)
_CARD = re.compile(r"(?<!\d)(?:\d[ -]?){15}\d(?!\d)")
_INN = re.compile(r"(?<!\d)\d{12}(?!\d)")
_MILITARY_ID = re.compile(r"(?<!\w)[А-ЯЁ]{2}\s?№?\s?\d{7}(?!\d)")
_PASSPORT_UA = re.compile(r"(?<!\w)[А-ЯІЇЄ]{2}\s?№?\s?\d{6}(?!\d)")
_IMEI = re.compile(r"(?<!\d)\d{15}(?!\d)")
_VIN = re.compile(r"(?<!\w)(?=[A-HJ-NPR-Z0-9]*\d)(?=[A-HJ-NPR-Z0-9]*[A-Z])[A-HJ-NPR-Z0-9]{17}(?!\w)")
_PLATE_LETTERS = "АВЕКМНОРСТУХABEKMHOPCTYX"
_PLATE = re.compile(
    rf"(?<!\w)[{_PLATE_LETTERS}]\s?\d{{3}}\s?[{_PLATE_LETTERS}]{{2}}\s?(?:\d{{2,3}})?(?!\w)|"
    rf"(?<!\w)\d{{4}}\s?[{_PLATE_LETTERS}]{{2}}\s?\d{{2,3}}(?!\w)",
    re.I,
)
_PLATE_REGION = re.compile(
    r"(?<!\d)\d{2,3}[- ]?(?:й|го|м|ый|ого)?\s+регион\w*|регион\w*\s+\d{2,3}(?!\d)|(?:plates?|"
    r"number)\w*\s+(?:from |of )?region\s+\d{2,3}",
    re.I,
)
_NORTH = r"(?:\s?°)?\s?(?:[NS](?!\w)|с\.?\s?ш\.?|пн\.?\s?ш\.?|северн\w+ широт\w+|градус\w*)?"
_EAST = r"(?:\s?°)?\s?(?:[EW](?!\w)|в\.?\s?д\.?|сх\.?\s?д\.?|восточн\w+ долгот\w+|градус\w*)?"
_COORDINATES = re.compile(
    rf"(?P<lat>-?\d{{1,2}}[.,]\d{{2,8}}){_NORTH}\s*(?:[,;/ ]|(?<=ш\.)|(?<=N))\s*"
    rf"(?:и\s+|E\s?|долгота:?\s+|довгота:?\s+|lon\w*:?\s+)?(?P<lon>-?\d{{1,3}}[.,]\d{{2,8}}){_EAST}",
    re.I,
)
_DEGREES = re.compile(
    r"(?P<lat>\d{1,2})\s?°\s?(?P<latm>\d{1,2})['′][^,;]{0,12}[,; ]+"
    r"(?P<lon>\d{1,3})\s?°\s?(?P<lonm>\d{1,2})['′]"
)
# A court's number of a case: 1-47/2023, 2а-1180/2022, 33-5512/23.
_DOCKET = re.compile(r"(?<![\w/.-])\d{1,2}[а-яa-z]{0,2}\s?-\s?\d{1,6}\s?/\s?(?:20)?\d{2}(?!\d)", re.I)
_CAPITAL = r"(?-i:[А-ЯЁІЇЄҐA-Z])"
_HOUSE = r"(?:,?\s*(?:д(?:ом)?\.?\s*)?\d+\w?(?:[-/ ]\d+)?(?:,?\s*(?:кв|корп|оф|к)\.?\s*\d+)*)"
_STREET = re.compile(
    rf"(?<!\w)(?:ул(?:иц[аыеу]\w*|\.)|пер(?:еул\w+|\.)|пр(?:оспект\w*|-?т\.?|-кт)|вул(?:иц\w+|\.)|"
    rf"наб(?:ережн\w+|\.)|бульвар\w*|б-р|шоссе)\s*{_CAPITAL}[\w-]{{1,40}}(?:\s{_CAPITAL}[\w-]{{1,40}})?{_HOUSE}?"
    rf"|(?<!\w){_CAPITAL}[\w-]{{1,40}}\s(?:улиц\w+|вулиц\w+|переул\w+){_HOUSE}?|"
    rf"(?<!\w)(?:\d+\s)?{_CAPITAL}[\w-]{{1,40}}\s(?-i:Street|Avenue|Lane|Road)(?!\w){_HOUSE}?",
    re.I,
)

REGIONS = ("RU", "UA")


@dataclass(frozen=True)
class Found:
    """An identifier at ``start``..``end`` of a clean text; ``kind`` is one of the gate's kinds."""

    start: int
    end: int
    kind: str

    def __repr__(self) -> str:
        return f"<Found {self.kind} {self.start}..{self.end}>"


_SHAPES = (
    (_EMAIL, "email"),
    (_HANDLE, "telegram"),
    (_UNIT, "unit"),
    (_MILITARY_ID, "military_id"),
    (_PASSPORT_UA, "passport"),
    (_VIN, "vin"),
    (_PLATE, "plate"),
    (_PLATE_REGION, "plate_region"),
    (_STREET, "address"),
    (_DEGREES, "coords"),
    (_DOCKET, "docket"),
)


def find(text: str) -> list[Found]:
    """Return the identifiers in *text*, the longest where two overlap."""
    ranked = sorted(_candidates(text), key=lambda f: (f.start - f.end, _ORDER.get(f.kind, 9)))
    kept: list[Found] = []
    for found in ranked:
        if not any(k.start < found.end and found.start < k.end for k in kept):
            kept.append(found)
    return sorted(kept, key=lambda f: f.start)


_ORDER = {"email": 0, "telegram": 1, "unit": 2, "snils": 3, "card": 3, "passport": 4, "phone": 5}


# Fewer digits near each other are no phone; asking the library costs a hundred times as much.
_MAY_BE_PHONE = re.compile(r"(?:\d\D{0,8}){8}\d")


def _candidates(text: str) -> Iterator[Found]:
    for region in REGIONS if _MAY_BE_PHONE.search(text) else ():
        for match in PhoneNumberMatcher(text, region, leniency=Leniency.POSSIBLE, max_tries=200):
            if len(str(match.number.national_number)) >= 9 and _is_phone_like(match.raw_string):
                yield Found(match.start, match.end, "phone")
    for pattern, kind in _SHAPES:
        yield from (Found(m.start(), m.end(), kind) for m in pattern.finditer(text))
    yield from (Found(m.start(), m.end(), "coords") for m in _COORDINATES.finditer(text) if coordinates(m[0]))
    yield from (
        Found(m.start(), m.end(), "snils")
        for m in _SNILS.finditer(text)
        # Called by its name it is one, even with a slip in it.
        if snils_is_valid(digits_of(m[0])) or _CALLED_SNILS.search(text, max(0, m.start() - 20), m.start())
    )
    yield from (
        Found(m.start(), m.end(), "card") for m in _CARD.finditer(text) if luhn_is_valid(digits_of(m[0]))
    )
    yield from (Found(m.start(), m.end(), "imei") for m in _IMEI.finditer(text) if luhn_is_valid(m[0]))
    yield from (Found(m.start(), m.end(), "inn") for m in _INN.finditer(text) if inn_is_valid(m[0]))
    for m in _PASSPORT.finditer(text):
        if re.search(
            r"паспорт|passport|серия|удостоверени|документ", text[max(0, m.start() - 40) : m.start()], re.I
        ):
            yield Found(m.start(), m.end(), "passport")


def _is_phone_like(raw: str) -> bool:
    return not re.search(r"\d{1,2}\.\d{1,2}\.\d{4}", raw)


def digits_of(text: str) -> str:
    """Return the digits of *text*."""
    return re.sub(r"\D", "", text)


def luhn_is_valid(digits: str) -> bool:
    """Say whether the last of *digits* is the Luhn check digit of the others (ISO/IEC 7812)."""
    total = sum(d if i % 2 == 0 else d * 2 - 9 * (d > 4) for i, d in enumerate(map(int, reversed(digits))))
    return bool(digits.strip("0")) and total % 10 == 0


def snils_is_valid(digits: str) -> bool:
    """Say whether *digits* are a Russian pension number: nine digits and their sum, modulo 101, as two."""
    if len(digits) != 11:
        return False
    total = sum(int(d) * (9 - i) for i, d in enumerate(digits[:9]))
    return total % 101 % 100 == int(digits[9:])


def inn_is_valid(digits: str) -> bool:
    """Say whether *digits* are a person's Russian tax number with both check digits right."""
    numbers = [int(d) for d in digits]
    if len(numbers) != 12:
        return False
    first = sum(a * b for a, b in zip((7, 2, 4, 10, 3, 5, 9, 4, 6, 8), numbers, strict=False)) % 11 % 10
    second = sum(a * b for a, b in zip((3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8), numbers, strict=False)) % 11 % 10
    return (first, second) == (numbers[10], numbers[11])


def coordinates(text: str) -> tuple[float, float] | None:
    """Return latitude and longitude in degrees, if *text* is a pair that can be a place on land we know."""
    match = _COORDINATES.search(text)
    if match:
        lat, lon = (float(match[g].replace(",", ".")) for g in ("lat", "lon"))
        return (lat, lon) if 35 <= abs(lat) <= 82 and 19 <= abs(lon) <= 180 else None
    match = _DEGREES.search(text)
    if match:
        lat, lon = int(match["lat"]) + int(match["latm"]) / 60, int(match["lon"]) + int(match["lonm"]) / 60
        return lat, lon
    return None


_TO_LATIN = str.maketrans("АВЕКМНОРСТУХ", "ABEKMHOPCTYX")


def plate_key(text: str) -> str:
    """Return a number plate in one script without spaces."""
    return re.sub(r"[^A-Z0-9]", "", text.upper().translate(_TO_LATIN))


_AT = re.compile(r"\s*[\[(]\s?(?:at|@|собака)\s?[\])]\s*|\s+(?:at|собака)\s+", re.I)
_DOT = re.compile(r"\s*[\[(]\s?(?:dot|точка|\.)\s?[\])]\s*|\s+(?:dot|точка)\s+", re.I)


def email_key(text: str) -> str:
    """Return an e-mail address as it is written when nobody hides it."""
    return re.sub(r"\s", "", _DOT.sub(".", _AT.sub("@", text))).lower().strip(".")
