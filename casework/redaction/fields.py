"""
Read the sealed fields of a case: any names, values in clear, each turned into what the gate compares.

Rules:
- The key of a field is a hint; the value decides. A field nobody foresaw is searched for names, numbers
  and addresses like a narrative.
- Nothing here is printed: every type hides its values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

from casework.redaction import dates, fold, formations, houses, ids, people, places, traits
from casework.redaction.errors import GateError
from casework.redaction.houses import House
from casework.redaction.names import Part, SealedName, Sealer
from casework.redaction.places import Gazetteer, SealedPlace

FieldValue: TypeAlias = "str | int | float | Sequence[str | int | float]"
SealedFields: TypeAlias = Mapping[str, FieldValue]

# The first pattern that fits a field's name says what its value is.
_KINDS: tuple[tuple[str, str], ...] = (
    ("who", r"^(?:who|о_ком)$"),
    ("telegram", r"telegram|user_?name|handle|social|vk|insta|whatsapp|signal|messenger|link|url|телегр|соц"),
    ("email", r"e_?mail|почт(?!овый)"),
    ("nickname", r"nick|call_?sign|alias|позывн|кличк|прозв"),
    ("children", r"(?:^|_)(?:children|kids|дети|детей|діти|дітей)(?:_|$)|number_of_(?:sons|daughters)"),
    (
        "relative",
        (
            r"relati|mother|father|wife|husband|spouse|brother|sister|(?:^|_)sons?(?:_|$)|daughter|(?:^|_)kin|"
            r"parent|family|child|родств|мать|отец|жена|муж|брат|сестр|сын|доч|lawyer|friend|witness|comrade|"
            r"contact_person|colleague|адвокат|друг|свидетел|third"
        ),
    ),
    ("birth", r"birth(?!_?place)|dob|born|рожден"),
    ("plate", r"plate|vehicle|car_?num|госномер|машин"),
    ("coords", r"coord|gps|(?:^|_)(?:lat|lon|lng)|geo(?!rg)|координат"),
    ("phone", r"phone|tel\b|tel_|mobile|телефон|моб"),
    ("number", (
        r"passport|snils|inn|card|account|iban|military_?id|imei|vin|id_?num|document|паспорт|снилс|инн|"
        r"карт|военн?ик|_id$|^id$|policy|полис"
    )),
    ("unit", r"unit|regiment|brigade|battalion|company|garrison|войск|част[ьи]|в_?ч"),
    ("address", r"address|street|адрес|улиц"),
    ("district", r"district|raion|rayon|район"),
    ("region", r"region|oblast|subject|krai|republic|област|регион|кра[йя]"),
    ("settlement", (
        r"settlement|city|town|village|place|home|residen|birth_?place|location|hamlet|село|город|насел|"
        r"посел|дерев|місто"
    )),
    ("rank", r"rank|звани"),
    ("position", r"position|post|job|duty|occupation|role|specialty|должност"),
    ("age", r"^age|возраст|вік"),
    ("date", r"date|day|when|дата|день"),
    ("number", r"number|номер|№|contract|контракт|договор"),
    ("name", r"name|fio|фио|имя|фамил|отчеств|surname|patronym|client|source|person"),
)  # fmt: skip


@dataclass
class Sealed:
    """Everything of a case that a draft must not give away, ready for comparison. Shows nothing of itself."""

    names: list[SealedName] = field(default_factory=list)
    numbers: list[tuple[str, str]] = field(default_factory=list)
    literals: list[tuple[str, str]] = field(default_factory=list)
    days: list[date] = field(default_factory=list)
    births: list[date] = field(default_factory=list)
    settlements: list[SealedPlace] = field(default_factory=list)
    streets: list[SealedPlace] = field(default_factory=list)
    districts: list[SealedPlace] = field(default_factory=list)
    coordinates: list[tuple[float, float]] = field(default_factory=list)
    plates: list[str] = field(default_factory=list)
    formations: list[tuple[str, str]] = field(default_factory=list)
    honorary: list[tuple[frozenset[str], ...]] = field(default_factory=list)
    houses: list[House] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)
    ranks: list[str] = field(default_factory=list)
    posts: list[str] = field(default_factory=list)
    ages: list[int] = field(default_factory=list)
    children: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        return "<Sealed>"


# Digits of a docket that tell it without its year; shorter ones are in every court.
_TELLING_DOCKET = 5

_BORN = (1900, 2012)  # years between which whoever a case tells of may be born, and no event of it lies
_HALVES = 2  # of one name with a hyphen

# Fields that hold words about people rather than one value.
_TOLD = frozenset({"text", "relative", "children", "who"})


def kind_of(key: str) -> str:
    """Return what a field of this name most likely holds; ``text`` if its name says nothing."""
    low = re.sub(r"[\s-]+", "_", key.strip().lower())
    return next((kind for kind, pattern in _KINDS if re.search(pattern, low)), "text")


def seal(fields: SealedFields, sealer: Sealer, gazetteer: Gazetteer) -> Sealed:
    """
    Return *fields* ready for comparison; of names, the parts that *sealer* writes out.

    Raises:
        GateError: a value is neither text nor a number nor a list of them, so it could not be compared.
    """
    sealed = Sealed()
    owner = 0
    for key, value in fields.items():
        for item in value if isinstance(value, (list, tuple)) else [value]:
            if item is None or isinstance(item, bool) or not str(item).strip():
                continue
            if not isinstance(item, (str, int, float)):
                raise GateError("a sealed field has an unknown shape")
            owner += 1
            _add(sealed, str(key), str(item).strip(), owner, sealer, gazetteer)
    return sealed


def _document_of(key: str) -> str:
    """Return which document a field of this name holds the number of."""
    return next((kind for kind, pattern in _DOCUMENTS if re.search(pattern, key.lower())), "number")


_DOCUMENTS = (
    ("passport", r"passport|паспорт"),
    ("snils", r"snils|снилс"),
    ("inn", r"inn|инн"),
    ("card", r"card|карт"),
    ("military_id", r"military|военн?ик"),
)


def _part_of(key: str) -> Part | None:
    """Return the part of a name that a field of this name holds alone."""
    low = key.lower()
    if re.search(r"patronym|middle|отчеств|по_батькові", low):
        return Part.PATRONYMIC
    if re.search(r"first|given|^имя|^ім", low):
        return Part.GIVEN
    return Part.SURNAME if re.search(r"last_?name|surname|family_?name|фамил|прізвищ", low) else None


def _add(sealed: Sealed, key: str, value: str, owner: int, sealer: Sealer, gazetteer: Gazetteer) -> None:
    kind = kind_of(key)
    if kind == "name":
        part = _part_of(key)
        # Parts sealed in fields of their own belong to one person.
        words = re.findall(r"[^\W\d_]{2,}", value) if part in sealer.parts else []
        # A name of two halves is also written as one word.
        words += ["".join(words)] if len(words) == _HALVES and "-" in value else []
        sealed.names.extend(sealer.word(w, part, 0) for w in words if part)
        sealed.names.extend(sealer.person(value, 0) if part is None else [])
    elif kind == "nickname" and Part.NICKNAME in sealer.parts:
        sealed.names.extend(sealer.word(w, Part.NICKNAME, owner) for w in re.findall(r"[^\W\d_]{2,}", value))
    elif kind in {"settlement", "district"}:
        _add_places(sealed, kind, value, sealer, gazetteer)
    elif kind == "address":
        _add_address(sealed, value, sealer, gazetteer)
    elif kind == "region":
        sealed.regions.append(value)
    elif kind == "rank":
        sealed.ranks.append(value)
    elif kind == "position":
        is_kin = all(fold.key(w) in people.kin_keys() for w in re.findall(r"[^\W\d_]+", value))
        sealed.posts.extend([] if is_kin else [value])
    elif kind == "age":
        sealed.ages.extend(int(n) for n in re.findall(r"\d{1,3}", value)[:1])
    elif kind == "birth":
        sealed.births.extend(dates.parse(value))
    elif kind == "date":
        sealed.days.extend(dates.parse(value))
    elif kind == "coords":
        add_coordinates(sealed, value)
    elif kind == "plate":
        sealed.plates.append(ids.plate_key(value))
    elif kind in {"children", "relative", "text", "who"}:
        sealed.texts.append(value)
        sealed.births.extend(day for day in dates.parse(value) if _BORN[0] < day.year < _BORN[1])
    if kind == "unit":
        for words in formations.honorary(value):
            sealed.honorary.append(tuple(sealer.word(w, Part.NICKNAME, owner).keys for w in words))
    if kind in {"unit", "text"}:
        sealed.houses.extend(houses.seal(value, sealer, gazetteer, owner))
    if kind == "unit":
        for word in houses.garrisons(value, sealer, gazetteer):
            _add_places(sealed, "settlement", word, sealer, gazetteer)
    if kind == "relative":
        sealed.names.extend(_kin_named(value, owner, sealer, gazetteer))
        for number, run in enumerate(_RUN_OF_NAMES.findall(value)):
            sealed.names.extend(sealer.person(run, owner * _MOST_KIN + number))
    if kind == "children":
        said = [traits.COLLECTIVE[w] for w in value.lower().split() if w in traits.COLLECTIVE]
        sealed.children.extend((said + [int(n) for n in re.findall(r"(?<!\d)\d{1,2}(?!\d)", value)])[:1])
    if kind == "who":
        sealed.names.extend(sealer.named(value, owner))
    if kind in {
        "telegram",
        "email",
        "phone",
        "number",
        "unit",
        "children",
        "relative",
        "text",
        "who",
        "plate",
    }:
        add_identifiers(sealed, value, _document_of(key) if kind == "number" else kind)


_MOST_KIN = 1000  # people in one field, each with a number of their own
# Two to four capitalised words in a row: the full name of somebody.
_RUN_OF_NAMES = re.compile(
    r"(?<![^\W\d_])(?:[А-ЯЁІЇЄҐ][^\W\d_]+(?:-[^\W\d_]+)?[ \u00a0]+){1,3}[А-ЯЁІЇЄҐ][^\W\d_]+(?:-[^\W\d_]+)?"
)
# A capitalised word with none beside it; where two stand together the text itself tells names.
_ALONE = re.compile(
    r"(?<![^\W\d_'’ʼ-])(?<![А-ЯЁІЇЄҐA-Z]\.\s)[А-ЯЁІЇЄҐA-Z][^\W\d_]{2,}(?![^\W\d_]|['’ʼ-])(?!\s+[А-ЯЁІЇЄҐA-Z])"
)


def _kin_named(value: str, owner: int, sealer: Sealer, gazetteer: Gazetteer) -> list[SealedName]:
    """Return the single words of a field about kin that may be a name: whoever is listed there has one."""
    if Part.GIVEN not in sealer.parts:
        return []
    lexicon = sealer.lexicon
    words = [
        word
        for word in _ALONE.findall(value)
        if not word.isupper()
        and (gazetteer.population(word) is None or sealer.is_given(word))
        and fold.key(word) not in gazetteer.by_key
        and fold.key(word) not in people.kin_keys()
        and not people.is_title(fold.key(word))
        and (not lexicon.is_ordinary(word) if fold.is_cyrillic(word) else word.lower() not in lexicon.english)
    ]
    return [sealer.word(word, Part.GIVEN, owner) for word in words]


def _add_places(sealed: Sealed, kind: str, value: str, sealer: Sealer, gazetteer: Gazetteer) -> None:
    coordinates = ids.coordinates(value)
    if coordinates:
        sealed.coordinates.append(coordinates)
        return
    for part in re.split(r"[;/]", value) if len(value) < 200 else [value[:200]]:
        place = places.seal(part, gazetteer, sealer.lexicon)
        if place:
            (sealed.settlements if kind == "settlement" else sealed.districts).append(place)


_STREET_NAME = re.compile(
    (
        r"(?:ул(?:ица|\.)?|пер(?:еулок|\.)?|просп(?:ект|\.)?|пр-т|пр\.|вул(?:иця|\.)?|наб\.?|бульвар|"
        r"шоссе|street|st\.)\s*(?P<name>[А-ЯЁІЇЄа-яёіїєA-Za-z][\w -]+?)(?=,|\s\d|\sд\.|$)|"
        r"(?P<name2>[\w-]+)\s+(?:улица|переулок|проспект|шоссе|бульвар|набережная|проезд|тракт|"
        r"street|st\.|вулиця|провулок)"
    ),
    re.I,
)


def _add_address(sealed: Sealed, value: str, sealer: Sealer, gazetteer: Gazetteer) -> None:
    match = _STREET_NAME.search(value)
    if match:
        place = places.seal((match["name"] or match["name2"]).strip(), gazetteer, sealer.lexicon)
        if place:
            sealed.streets.append(place)
    rest = value[: match.start()] if match else ""
    town = re.search(
        (
            r"(?:^|[\s,])(?:г|гор|с|пос|пгт|дер|ст-ца|х|город|село|посёлок|поселок|деревня|"
            r"станица)\.?\s+([А-ЯЁІЇЄ][\w-]+(?:\s[А-ЯЁІЇЄ][\w-]+)?)"
        ),
        rest or value,
    )
    if town:
        place = places.seal(town[1], gazetteer, sealer.lexicon)
        if place:
            sealed.settlements.append(place)
    add_identifiers(sealed, value, "address")


def add_coordinates(sealed: Sealed, value: str) -> None:
    """Add a pair of coordinates written as one string or as the first numbers in it."""
    found = ids.coordinates(value)
    if found is None:
        degrees = re.findall(r"-?\d+\.\d+", value)
        found = (float(degrees[0]), float(degrees[1])) if len(degrees) >= 2 else None
    if found:
        sealed.coordinates.append(found)


def add_identifiers(sealed: Sealed, value: str, kind: str) -> None:
    """Add the numbers, addresses of the net, plates and numbered units in *value*."""
    taken: list[tuple[int, int]] = []
    for found in ids.find(value):
        text = value[found.start : found.end]
        taken.append((found.start, found.end))
        if found.kind == "email":
            sealed.literals.append((ids.email_key(text), "email"))
            sealed.literals.append((ids.email_key(text).split("@")[0], "email"))
        elif found.kind == "telegram":
            sealed.literals.append((text.lower().lstrip("@").rstrip("/").rsplit("/", 1)[-1], "telegram"))
        elif found.kind == "plate":
            sealed.plates.append(ids.plate_key(text))
        elif found.kind == "coords":
            add_coordinates(sealed, text)
        elif found.kind == "docket":
            docket = re.sub(r"\s", "", text).lower()
            sealed.literals += [(docket, "docket"), (re.sub(r"/20(\d\d)$", r"/\1", docket), "docket")]
            bare = docket.split("/")[0]
            sealed.literals += [(bare, "docket")] if len(ids.digits_of(bare)) >= _TELLING_DOCKET else []
        elif found.kind not in {"address", "plate_region"}:
            sealed.numbers.append((ids.digits_of(text), found.kind))
    if kind == "telegram" and not any(c in value for c in " @/") and len(value) >= 4:
        sealed.literals.append((value.lower(), "telegram"))
    sealed.formations.extend((number, name) for _, _, number, name in formations.find(value))
    if kind not in {"email", "plate", "address"}:
        for match in re.finditer(r"\d[\d\s().-]*\d", value):
            digits = ids.digits_of(match[0])
            is_taken = any(a < match.end() and match.start() < b for a, b in taken)
            if (
                len(digits) >= 4
                and not is_taken
                and not (kind in _TOLD and re.fullmatch(r"(?:19|20)\d\d", digits))
            ):
                sealed.numbers.append((digits, kind if kind not in _TOLD else "number"))
