"""
Find people in a text when nobody said who they are: the union of a model, the dictionaries and the ways
people introduce themselves and their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from casework.redaction import fold

if TYPE_CHECKING:
    from casework.redaction.page import Page

_NAMING = frozenset({"Name", "Surn", "Patr"})

_KIN = fold.table(
    "мать мама отец папа батя сын сынок дочь дочка дочурка муж жена супруг супруга брат братишка сестра "
    "сестренка дед дедушка бабушка дядя тетя племянник племянница внук внучка теща тесть свекровь "
    "невеста жених девушка подруга мати матир тато батько син донька дочка чоловик дружина брат сестра "
    "дид бабуся онук онука наречена mother mom mum father dad son daughter husband wife brother sister "
    "grandfather grandmother uncle aunt nephew niece fiancee girlfriend cousin"
)
_SELF = re.compile(
    r"(?:меня зовут|мене звати|мене звуть|звати|зовут меня|это пишет|пишет вам|моя фамилия|мо[её] "
    r"имя|my name is|i am|i['’]m|this is|зовут|звать|menya zovut|zovut menya|"
    r"(?<!\w)я,?)\s+$",
    re.I,
)
_NICK = re.compile(
    (
        r"(?:позывн\w+|кличк\w+|погонял\w+|прозвищ\w+|прізвиськ\w+|callsign|call sign|nickname(?:d)?|"
        r"звали|называли|прозвали|known as|called)\s*(?:у \w+\s)?[-—:]?\s*(?:его |меня |ее |him |me |her "
        r")?[«\"“'„]?(?P<nick>[А-ЯЁІЇЄA-Z][\w-]{1,20})"
    ),
)
_TITLES = fold.table(
    "комбат замкомбат комполка комвзвода командир ротный взводный старшина прапорщик лейтенант капитан "
    "майор подполковник полковник генерал рядовой ефрейтор сержант адвокат юрист журналист военком "
    "замполит следователь врач боец солдат mr mrs ms dr private sergeant lieutenant captain major "
    "colonel general commander lawyer journalist judge soldier officer corporal serviceman adjutant "
    "ensign warrant старлей прапор начмед замкомвзвода хорунжий есаул"
)
_TITLE_KEYS = frozenset(fold.key(w) for w in _TITLES)
_KIN_KEYS = frozenset(fold.key(w) for w in _KIN)
_SURNAME_SHAPE = re.compile(
    r"(ov|ova|ev|eva|in|ina|skii?|skaia|enko|4uk|iuk|dze|6vili|ovi4|evi4|zade|oglu|u7in|ikh|ih|nko|aev|iev)$"
)


@dataclass(frozen=True)
class Person:
    """A person named at tokens ``first``..``last``; *role* is self, kin, nick or other."""

    first: int
    last: int
    role: str


def find(page: Page) -> list[Person]:
    """Return the people *page* names, in order. Helps, and is never complete."""
    marked = [_is_name(page, i) for i in range(len(page.tokens))]
    for match in _NICK.finditer(page.text):
        for i, token in enumerate(page.tokens):
            if token.at == match.start("nick"):
                marked[i] = True
    found: list[Person] = []
    i = 0
    while i < len(marked):
        if not marked[i]:
            i += 1
            continue
        last = i
        while last + 1 < len(marked) and marked[last + 1] and _continues(page, last):
            last += 1
        found.append(Person(i, last, _role(page, i)))
        i = last + 1
    return found


def _continues(page: Page, index: int) -> bool:
    return page.is_joined(index) or (
        len(page.tokens[index].text) == 1 and page.between(index, index + 1).strip() == "."
    )


def _is_name(page: Page, index: int) -> bool:
    token = page.tokens[index]
    if token.is_number or (len(token.text) < 2):
        return False
    if fold.is_cyrillic(token.text):
        return _is_cyrillic_name(page, index)
    return token.is_capital and _is_latin_name(page, index)


# What soldiers and their families call many; the model, which read newspapers, takes it for a surname.
_SLANG = re.compile(
    r"(?:ч?моби[кч]|контрач|контрабас|пятисот|двухсот|трехсот|трьохсот|двохсот|срочник|чвкш|дембел|"
    r"вагнеров|ахматов|отказн|видмовник|ждун|волонт)\w*"
)


def _is_cyrillic_name(page: Page, index: int) -> bool:
    token, label = page.tokens[index], page.labels[index]
    if _SLANG.fullmatch(token.key) and (page.is_flat(index) or token.is_first):
        return False
    if label == "PER" and _is_lone_adjective(page, index):
        return False
    if label == "PER":
        is_title_word = (
            token.is_first
            and page.lexicon.is_ordinary(token.text, page.lang)
            and not _NAMING & page.lexicon.tags(token.text, page.lang)
        )
        return (
            (token.is_capital or page.is_flat(index))
            and not is_title_word
            and "Geox" not in page.lexicon.tags(token.text, page.lang)
        )
    if not (token.is_capital or page.is_flat(index)) or (token.text.isupper() and not page.is_flat(index)):
        return False
    parses = [p for p in page.lexicon.parses(token.text.lower(), page.lang) if p.score >= 0.05]
    share = sum(p.score for p in parses if _NAMING & p.tag.grammemes)
    is_naming = bool(parses) and _NAMING & parses[0].tag.grammemes and share >= 0.4
    if token.is_first or page.is_flat(index):
        return (
            bool(is_naming) and label not in {"LOC", "ORG"} and (share >= 0.75 or _beside_name(page, index))
        )
    return bool(is_naming) and label not in {"LOC", "ORG"}


def _is_lone_adjective(page: Page, index: int) -> bool:
    """Say whether the model took a dictionary adjective, alone, for a person: the Geneva conventions."""
    near = [i for i in (index - 1, index + 1) if 0 <= i < len(page.tokens)]
    top = page.lexicon.parses(page.tokens[index].text.lower(), page.lang)[0]
    return (
        "ADJF" in top.tag
        and not _NAMING & top.tag.grammemes
        and not any(page.labels[i] == "PER" for i in near)
    )


def _beside_name(page: Page, index: int) -> bool:
    for near in (index - 1, index + 1):
        if 0 <= near < len(page.tokens) and page.is_joined(min(near, index)):
            top = page.lexicon.parses(page.tokens[near].text.lower(), page.lang)[0]
            if _NAMING & top.tag.grammemes:
                return True
    return False


def _is_latin_name(page: Page, index: int) -> bool:
    token = page.tokens[index]
    low = token.text.lower()
    if low in page.lexicon.english or len(low) < 3 or token.text.isupper():
        return False
    if token.key in page.lexicon.given_names:
        return not token.is_first or _capital_after(page, index)
    has_given = (
        index > 0
        and page.is_joined(index - 1)
        and page.tokens[index - 1].key in page.lexicon.given_names
        and page.tokens[index - 1].is_capital
    )
    has_title = (
        index > 0 and page.tokens[index - 1].key in _TITLE_KEYS | _KIN_KEYS and page.is_joined(index - 1)
    )
    return (
        has_given
        or has_title
        or (bool(_SURNAME_SHAPE.search(token.key)) and len(low) >= 5 and not token.is_first)
    )


def _capital_after(page: Page, index: int) -> bool:
    return (
        index + 1 < len(page.tokens)
        and page.is_joined(index)
        and page.tokens[index + 1].is_capital
        and page.tokens[index + 1].text.lower() not in page.lexicon.english
    )


def _role(page: Page, first: int) -> str:
    token = page.tokens[first]
    before = page.text[max(0, token.at - 40) : token.at]
    if _SELF.search(before) and (len(before.strip()) > 2 or page.lang != "en"):
        return "self"
    if re.search(
        (
            r"(?:позывн|кличк|погонял|прозвищ|прізвиськ|callsign|call sign|nickname|звали|называли|"
            r"прозвали)\w*\s*\W{0,3}(?:его |меня )?[«\"“]?$"
        ),
        before,
        re.I,
    ):
        return "nick"
    for back in (1, 2):
        if (
            first - back >= 0
            and {page.lemmas[first - back], page.tokens[first - back].key} & _KIN_KEYS
            and page.tokens[first - back].sentence == token.sentence
        ):
            return "kin"
    return "other"


def kin_keys() -> frozenset[str]:
    """Return the keys of words for relatives."""
    return _KIN_KEYS


def is_title(key: str) -> bool:
    """Say whether *key* is a word that stands before a name: a rank, a profession, a form of address."""
    return key in _TITLE_KEYS
