"""
A sealed name, written out in every form a draft may give it.

Rules:
- The forms live in memory for one check and are never printed.
- Short names and nicknames match exactly; only surnames, patronymics and long given names match by likeness.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from importlib import resources

from names_translator.dicts import default_dicts

from casework.redaction import fold
from casework.redaction.inflect import forms, ruled_forms
from casework.redaction.lexicon import Lexicon
from casework.redaction.people import is_title, kin_keys
from casework.redaction.romanise import COMMON, declined, keys_of, read_back, romanise


class Part(Enum):
    """What part of a name a word is."""

    SURNAME = "surname"
    GIVEN = "given"
    PATRONYMIC = "patronymic"
    NICKNAME = "nickname"


ALL_PARTS = frozenset(Part)
_LONG = 6  # letters; shorter words are alike by chance


@dataclass(frozen=True)
class SealedName:
    """One word of a sealed name: ``keys`` are all its forms, ``bases`` those compared by likeness."""

    part: Part
    keys: frozenset[str]
    bases: tuple[str, ...]
    initial: str
    owner: int
    diminutives: frozenset[str] = field(default=frozenset())
    is_latin: bool = False

    def __repr__(self) -> str:
        return f"<SealedName {self.part.value}>"


@dataclass(frozen=True)
class Relations:
    """Which given names are forms of one another, within a language and across."""

    groups: Mapping[str, tuple[frozenset[str], ...]]
    across: Mapping[str, frozenset[str]]

    def __repr__(self) -> str:
        return f"<Relations {len(self.groups)} names>"

    def kin_of(self, given: str) -> set[str]:
        """Return every full and short form that belongs with *given*, lower case, itself included."""
        found = {given} | self._across(given)
        for name in list(found):
            for group in self.groups.get(fold.cyrillic(name), ()):
                found |= group
        for name in list(found):
            if name in self.groups or fold.cyrillic(name) in self.across:
                found |= self._across(name)
        return found

    def _across(self, given: str) -> set[str]:
        return set(self.across.get(fold.cyrillic(given), frozenset()))


def load_relations() -> Relations:
    """Read the short forms that come with the program and the Ukrainian-Russian pairs of names-translator."""
    text = resources.files("casework.redaction").joinpath("data/diminutives.tsv").read_text(encoding="utf-8")
    groups: dict[str, list[frozenset[str]]] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            full, _, short = line.partition("\t")
            group = frozenset({full, *short.split()})
            for name in group:
                groups.setdefault(fold.cyrillic(name), []).append(group)
    across: dict[str, set[str]] = {}
    for name, others in default_dicts().as_dict("first").items():
        for other in others:
            across.setdefault(fold.cyrillic(name), set()).add(other.lower())
            across.setdefault(fold.cyrillic(other), set()).add(name)
    return Relations(
        {k: tuple(v) for k, v in groups.items()}, {k: frozenset(v) for k, v in across.items() if len(v) <= 12}
    )


_PATRONYMIC = re.compile(
    (
        r"(ович|евич|ьич|[нтк]ич|мич|овна|евна|ична|инична|івна|ївна|йович|ovich|evich|yevich|ovna|evna|"
        r"ichna|ovych|yovych|ivna)$"
    ),
    re.I,
)
_SKIP = frozenset(fold.table("оглы оглу кызы угли oglu ogly kyzy и и and the de von"))
_WORD = re.compile(r"[^\W\d_]+(?:['’ʼ][^\W\d_]+)*")


_HALVES = re.compile(r"[^\W\d_]+(?:['’ʼ][^\W\d_]+)*(?:[-‑–][^\W\d_]+)+")


_GENDERS = (
    ("ова", "ов"),
    ("ева", "ев"),
    ("ёва", "ёв"),
    ("ина", "ин"),
    ("ская", "ский"),
    ("цкая", "цкий"),
    ("ська", "ський"),
    ("ная", "ный"),
    ("ая", "ой"),
)


# What a capital may stand on and still be a name; verbs, pronouns and particles are none.
_NAMING = frozenset({"NOUN", "ADJF", "PRTF", "Name", "Surn", "Patr"})
# In small letters a word counts as a name when so much of its use is one.
_NAME_SHARE = 0.2
# What people write on a card beside names.
_CARD_WORDS = frozenset(
    fold.key(word)
    for word in (
        "часть", "войсковая", "военная", "номер", "телефон", "тел", "город", "область",
        "край", "республика", "район", "улица", "дом", "квартира", "село", "посёлок",
        "рота", "полк", "бригада", "батальон", "взвод", "дивизия", "служба", "срочник",
        "срочная", "контрактник", "контракт", "мобилизованный", "военнослужащий", "солдат", "адрес", "имя",
        "фамилия", "отчество", "год", "рождения", "россия", "частина", "військова", "місто",
        "unit", "phone", "number", "name", "army",
    )
)  # fmt: skip


_ENDS_AS_SURNAME = re.compile(
    r"(?:[ое]в|[ое]ва|ин|ина|[сц]ки?й|[сц]кая|енко|чук|юк|як|ко|ян|швили|дзе|ович|евич|ична|овна|евна|ых|их|"
    r"ov|ova|ev|eva|in|ina|skii?|ski|enko|4uk|iuk|ian|dze|ovi4|evi4)$"
)
# What tenderness and roughness add to the stem of a given name; what only a man's name takes.
_TENDER = fold.table("ка ко енька онька очка ечка ушка юшка уша юша уня юня уля юля уся юся уха юха")
_TENDER_OF_MEN = fold.table("ик чик ок ец ушко ян он")
_FIRST_SYLLABLE = re.compile(r"^(?:[бвгджзклмнпрстфхцчшщ]{0,2}[аеёиоуыэюя][бвгджзклмнпрстфхцчшщ])")
_LEAST_TO_CUT = 5  # letters; a shorter name is short enough


def _spoken_patronymics(patronymic: str) -> list[str]:
    """Return a patronymic as it is said: Степаныч, Алексеич, Иванна."""
    spoken = re.fullmatch(r"(.{2,})(ович|евич|йович|овна|евна)", patronymic)
    if not spoken:
        return []
    if spoken[2].endswith("на"):
        return [spoken[1] + "на"]
    return [spoken[1] + "ич"] if spoken[2] == "евич" else [spoken[1] + "ыч", spoken[1] + "ич"]


@dataclass(frozen=True)
class Sealer:
    """What it takes to write names out: dictionaries and relations, loaded once."""

    lexicon: Lexicon
    relations: Relations
    parts: frozenset[Part] = ALL_PARTS
    written: dict[tuple[str, Part], SealedName] | None = None

    def __repr__(self) -> str:
        return "<Sealer>"

    def only(self, parts: frozenset[Part]) -> Sealer:
        """Return a sealer that writes out these parts of a name and skips the others."""
        return replace(self, parts=parts)

    def person(self, value: str, owner: int) -> list[SealedName]:
        """Return the words of a person's full name, in whatever order they were sealed."""
        words = [w for w in _WORD.findall(value) if self._is_part(w)]
        found = list(zip(words, self._parts(words), strict=True))
        part_of = dict(found)
        # A name of two halves is also written as one word: Чойган-оол, Чойганоол.
        found += [
            ("".join(halves), part_of[halves[-1]])
            for halves in map(_WORD.findall, _HALVES.findall(value))
            if halves[-1] in part_of
        ]
        if len(words) > 1 and Part.GIVEN not in part_of.values():
            # No table has the given name: whichever does not end as a surname may be it.
            found += [(w, Part.GIVEN) for w in words if not _ENDS_AS_SURNAME.search(fold.key(w))]
        return [self.word(w, part, owner) for w, part in found if part in self.parts]

    def named(self, card: str, owner: int) -> list[SealedName]:
        """
        Return every word of a typed identity card that may name somebody.

        A card is there to name people, so doubt counts as a name: each word with a capital, and in small
        letters each that is no everyday word.
        """
        if Part.SURNAME not in self.parts:
            return []
        words = [w for w in _WORD.findall(card) if self._is_part(w) and fold.key(w) not in _CARD_WORDS]
        beside = ["", *words, ""]
        return [
            self.word(word, Part.SURNAME, owner)
            for before, word, after in zip(beside, words, beside[2:], strict=False)
            if self._may_name(word, before, after)
        ]

    def _may_name(self, word: str, before: str, after: str) -> bool:
        if not fold.is_cyrillic(word):
            return word[0].isupper()
        tags = self.lexicon.tags(word)
        stands_for_name = not tags or bool(tags & _NAMING)
        if word[0].isupper() or any(one and self.is_given(one) for one in (before, after)):
            return stands_for_name
        return not self.lexicon.is_ordinary(word) or self.lexicon.name_share(word) > _NAME_SHARE

    def _is_part(self, word: str) -> bool:
        """Say whether *word* belongs to a name: not an initial, a rank, a word for kin or a particle."""
        key = fold.key(word)
        return len(word) > 1 and word.lower() not in _SKIP and key not in kin_keys() and not is_title(key)

    def _parts(self, words: list[str]) -> list[Part]:
        parts = [Part.SURNAME] * len(words)
        patronymics = [i for i, w in enumerate(words) if _PATRONYMIC.search(w)]
        if patronymics and len(words) > 1:
            parts[patronymics[-1]] = Part.PATRONYMIC
            if len(words) == 2 and not self._is_patronymic(words[patronymics[-1]]):
                # Ilya Rabinovich has a surname, Ilya Markovich none.
                parts[patronymics[-1]] = Part.SURNAME
                parts[1 - patronymics[-1]] = Part.GIVEN
                return parts
            if patronymics[-1] > 0 and self.is_given(words[patronymics[-1] - 1]):
                parts[patronymics[-1] - 1] = Part.GIVEN
                return parts
        given = [i for i, w in enumerate(words) if parts[i] is Part.SURNAME and self.is_given(w)]
        if given and (len(words) > 1 or self.is_given(words[0])):
            parts[given[-1] if len(words) == 2 and len(given) == 2 else given[0]] = Part.GIVEN
        return parts

    def _is_patronymic(self, word: str) -> bool:
        spellings = [word] if fold.is_cyrillic(word) else read_back(word)
        return any("Patr" in analyser_tags for analyser_tags in map(self.lexicon.tags, spellings))

    def is_given(self, word: str) -> bool:
        if fold.is_cyrillic(word):
            key = fold.cyrillic(word)
            return (
                key in self.relations.groups
                or key in self.relations.across
                or "Name" in self.lexicon.tags(word)
            )
        return any(
            fold.cyrillic(r) in self.relations.groups or fold.cyrillic(r) in self.relations.across
            for r in read_back(word)
        )

    def for_one_check(self) -> Sealer:
        """Return a sealer that writes each word out once, and is forgotten with the check."""
        return replace(self, written={})

    def word(self, word: str, part: Part, owner: int) -> SealedName:
        """Return one word of a name in every form."""
        if self.written is None:
            return replace(self._write_out(word, part), owner=owner)
        at = (word.lower(), part)
        if at not in self.written:
            self.written[at] = self._write_out(word, part)
        return replace(self.written[at], owner=owner)

    def _write_out(self, word: str, part: Part) -> SealedName:
        spellings = [word.lower()] if fold.is_cyrillic(word) else sorted(read_back(word))
        cyrillic = {key for s in spellings for key in forms(s, self.lexicon)}
        latin = set() if fold.is_cyrillic(word) else {fold.latin(word)}
        latin = latin.union(*(romanise(s) for s in spellings))
        bases = sorted(cyrillic | latin)
        latin = latin.union(*(keys_of(self._spoken(s, part)) for s in spellings))
        if part is Part.SURNAME:
            latin = latin.union(*(declined(s, self._spoken(s, part)) for s in spellings))
        short: set[str] = set()
        if part is Part.PATRONYMIC:
            short = {key for s in spellings for said in _spoken_patronymics(s) for key in ruled_forms(said)}
        elif part is Part.GIVEN:
            short = {key for s in spellings for said in self._tender(s) for key in ruled_forms(said)}
            for name in {n for s in spellings for n in self.relations.kin_of(s)}:
                short |= (
                    (forms(name, self.lexicon) | romanise(name, COMMON))
                    if fold.is_cyrillic(name)
                    else {fold.latin(name)}
                )
        elif part is Part.SURNAME:
            others = self._other_gender(spellings)
            cyrillic = cyrillic.union(*(forms(o, self.lexicon) for o in others))
            latin = latin.union(*(romanise(o) for o in others))
        keys = frozenset(k for k in cyrillic | latin | short if len(k) >= 2)
        long = tuple(b for b in bases if len(b) >= _LONG)
        is_latin = not fold.is_cyrillic(word)
        return SealedName(part, keys, long, word[0].lower(), 0, frozenset(short - cyrillic - latin), is_latin)

    def _tender(self, given: str) -> set[str]:
        """
        Return the tender and rough forms that any given name takes: Ринат, Ринатик; Алсу, Алсушка.

        A name that no table has is also cut after its first syllable: Азамат, Азик.
        """
        stem = given.rstrip("аяеоиыуюьй")
        if len(stem) < 3:
            return set()
        found = {stem + ending for ending in (_TENDER if stem != given else (*_TENDER, *_TENDER_OF_MEN))}
        found |= {given + ending for ending in ("шка", "ша", "ня", "нька") if given[-1] in "аеиоуюя"}
        cut = _FIRST_SYLLABLE.match(given)
        if cut and len(given) >= _LEAST_TO_CUT and fold.cyrillic(given) not in self.relations.groups:
            found.add(cut[0] + "ик")
        return {n for n in found if not (self.lexicon.is_known(n) and self.lexicon.is_ordinary(n))}

    def _other_gender(self, spellings: Iterable[str]) -> set[str]:
        """Return a man's surname as his wife bears it, and the other way round."""
        found: set[str] = set()
        for s in spellings:
            for woman, man in _GENDERS:
                if s.endswith(woman) and len(s) > len(woman) + 2:
                    found.add(s[: -len(woman)] + man)
                if s.endswith(man) and len(s) > len(man) + 2:
                    found.add(s[: -len(man)] + woman)
        return found

    def _spoken(self, spelling: str, part: Part) -> list[str]:
        """Return the Cyrillic forms that people also write in Latin letters."""
        if part is Part.NICKNAME or len(spelling) < 3:
            return [spelling]
        return sorted(forms(spelling, self.lexicon))[:40]
