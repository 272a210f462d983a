"""
Find people in a text when nobody said who they are: the union of a model, the dictionaries and the ways
people introduce themselves and their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from casework.redaction import fold
from casework.redaction.page import Page

_NAMING = frozenset({"Name", "Surn", "Patr"})

_KIN = (
    "мать мама отец папа батя сын сынок дочь дочка дочурка муж жена супруг супруга брат братишка сестра сестренка дед дедушка бабушка дядя тетя племянник племянница внук внучка теща тесть "
    "свекровь невеста жених девушка подруга мати матир тато батько син донька дочка чоловик дружина брат сестра дид бабуся онук онука наречена "
    "mother mom mum father dad son daughter husband wife brother sister grandfather grandmother uncle aunt nephew niece fiancee girlfriend cousin"
).split()
_SELF = re.compile(
    r"(?:меня зовут|мене звати|мене звуть|звати|зовут меня|это пишет|пишет вам|моя фамилия|мо[её] имя|my name is|i am|i['’]m|this is|зовут|звать|menya zovut|zovut menya|"
    r"(?<!\w)я,?)\s+$",
    re.I,
)
_NICK = re.compile(
    r"(?:позывн\w+|кличк\w+|погонял\w+|прозвищ\w+|прізвиськ\w+|callsign|call sign|nickname(?:d)?|звали|называли|прозвали|known as|called)\s*(?:у \w+\s)?[-—:]?\s*(?:его |меня |ее |him |me |her )?[«\"“'„]?(?P<nick>[А-ЯЁІЇЄA-Z][\w-]{1,20})",
)
_TITLES = (
    "комбат замкомбат комполка комвзвода командир ротный взводный старшина прапорщик лейтенант капитан майор подполковник полковник генерал рядовой ефрейтор сержант адвокат юрист журналист "
    "военком замполит следователь врач боец солдат mr mrs ms dr private sergeant lieutenant captain major colonel general commander lawyer journalist judge soldier officer corporal serviceman "
    "adjutant ensign warrant"
).split()
_TITLE_KEYS = frozenset(fold.key(w) for w in _TITLES)
_KIN_KEYS = frozenset(fold.key(w) for w in _KIN)
_SURNAME_SHAPE = re.compile(
    r"(ov|ova|ev|eva|in|ina|skii?|skaia|enko|4uk|iuk|dze|6vili|ovi4|evi4|zade|oglu|u7in|ikh|ih|nko|aev|iev)$"
)
_ENGLISH = frozenset(
    "the a an in on at of for and or but he she they it his her their this that these those when where who which what one two three some many most all after before during since while as if then "
    "there here not no yes also according several dozens hundreds thousands according on by from to with without within more less about at least servicemen soldiers contract military army "
    "russian russia ukrainian ukraine war unit units january february march april may june july august september october november december monday tuesday wednesday thursday friday saturday "
    "sunday spring summer autumn winter defense defence ministry court regional district region garrison lawyer lawyers human rights group center centre committee republic first second third "
    "fourth guards brigade regiment division battalion army corps company platoon marine marines airborne navy fleet state duma president minister government national guard federal security "
    "service north south east west northern southern eastern western central far great new old main directorate special operation orthodox christian muslim buddhist ossetian buryat chechen dagestani "
    "tuvan european american telegram people man woman men women mother father wife son relatives journalists media report reports article criminal code constitution".split()
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


def _is_cyrillic_name(page: Page, index: int) -> bool:
    token, label = page.tokens[index], page.labels[index]
    if label == "PER":
        is_title_word = (
            token.is_first
            and page.lexicon.is_ordinary(token.text, page.lang)
            and not _NAMING & page.lexicon.tags(token.text, page.lang)
        )
        return (
            (token.is_capital or page.is_lower_case)
            and not is_title_word
            and "Geox" not in page.lexicon.tags(token.text, page.lang)
        )
    if not (token.is_capital or page.is_lower_case) or token.text.isupper() and not page.is_lower_case:
        return False
    parses = [p for p in page.lexicon.parses(token.text.lower(), page.lang) if p.score >= 0.05]
    share = sum(p.score for p in parses if _NAMING & p.tag.grammemes)
    is_naming = bool(parses) and _NAMING & parses[0].tag.grammemes and share >= 0.4
    if token.is_first or page.is_lower_case:
        return (
            bool(is_naming) and label not in {"LOC", "ORG"} and (share >= 0.75 or _beside_name(page, index))
        )
    return bool(is_naming) and label not in {"LOC", "ORG"}


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
    if low in _ENGLISH or len(low) < 3 or token.text.isupper():
        return False
    if token.key in page.lexicon.given_names:
        return not token.is_first or _capital_after(page, index)
    has_given = (
        index > 0
        and page.is_joined(index - 1)
        and page.tokens[index - 1].key in page.lexicon.given_names
        and page.tokens[index - 1].is_capital
    )
    has_title = index > 0 and page.tokens[index - 1].key in _TITLE_KEYS and page.is_joined(index - 1)
    return (
        has_given
        or has_title
        or (
            bool(_SURNAME_SHAPE.search(token.key))
            and len(low) >= 5
            and not token.is_first
            and low not in _ENGLISH_LIKE
        )
    )


_ENGLISH_LIKE = frozenset(
    "captain ukrain certain britain berlin kremlin latin cabin origin admin putin chechen kazan penza berlin lenin stalin martin benjamin moscow kherson protein medicine marina crimea china argentina cuisine".split()
) - {"putin"}


def _capital_after(page: Page, index: int) -> bool:
    return (
        index + 1 < len(page.tokens)
        and page.is_joined(index)
        and page.tokens[index + 1].is_capital
        and page.tokens[index + 1].text.lower() not in _ENGLISH
    )


def _role(page: Page, first: int) -> str:
    token = page.tokens[first]
    before = page.text[max(0, token.at - 40) : token.at]
    if _SELF.search(before) and (len(before.strip()) > 2 or page.lang != "en"):
        return "self"
    if re.search(
        r"(?:позывн|кличк|погонял|прозвищ|прізвиськ|callsign|call sign|nickname|звали|называли|прозвали)\w*\s*\W{0,3}(?:его |меня )?[«\"“]?$",
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


def ordinary_english() -> frozenset[str]:
    """Return English words, some of which are also somebody's name in Latin letters."""
    return _ENGLISH | _ENGLISH_LIKE | _NAMESAKES


_NAMESAKES = frozenset(
    "mark will rose may dan den dim dime gene kit lion mat mir nick pen pet ray rob rod roman sam san serge son stan tim tony van vera vale vital lena ira inn ally art bore don ed elm fed gal gosh "
    "max bob grab bud rat park pack pan pun can ten tan tsar war lie lies dolly gain gift grin ham hand hard hill hope hunt jack joy jury just karma king lad lam lamb land lane lava law led leg "
    "let lid life lily line love low mad main male mama mana mare mars mass master mate mean med mill mine mint miss mode mole mood moon moral moss mud net nets nil nod note ode oil opera oral "
    "palm part pasha past pat paul pick pike pin plan plus pole pop port post pot prop pub put ram ran rang rank rate raw red rest rice rich rid ring rise road rock role room root row rub rule "
    "run rush rust sad safe sage said sail sale sand sara sasha sat saw sea seal seen sell send senior set shaman shame share shed ship shop shot show side sign silk sin sing sir site skin sky "
    "sly smart soda soft soil sold sole solo some song soon sort soul sour spit spot star stop storm sub such sun sure swan tag take tale talk tall tank tar tart task tax team tear tell tent term "
    "test than tide tie time tin tip tire told toll toma tomb tome ton tone took tool top tore torn toy train tree trap trial trick trip true tub tube turn type van vast vest via view vote wage wait "
    "wall want warm wash watch water way weak wear week well wet wide wife wild win wind wine wing wish wolf wood word work yard year young zone beloved sorokin pushka sever north".split()
) - {"sasha", "sorokin", "toma", "tolya", "paul", "shaman", "pushka", "sara"}
