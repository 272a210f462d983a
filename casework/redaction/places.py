"""
Places: the populated places of Russia and Ukraine, the federal subjects, and forms of a sealed settlement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from casework.redaction import fold
from casework.redaction.inflect import forms
from casework.redaction.lexicon import Lexicon
from casework.redaction.page import Page
from casework.redaction.romanise import keys_of, read_back, romanise

SMALL = 100_000  # people; a settlement below it may not be named without a look
_LEAST_ABROAD = 4  # letters; shorter stems are those of other words
SMALL_REGION = 500  # thousand people; a federal subject below it narrows as much as a town

_LONG = 6  # letters; shorter names are alike by chance
_VERY_LONG = 9  # letters; two vowels may differ
_ALIKE = 88.0  # of 100; as of surnames
_VOWELS = re.compile("[аеиоуюяaeiou]")
_ENDING = re.compile(r"(ого|его|ому|ему|ой|ей|ом|ем|ым|им|ая|ую|ое|ие|ий|ам|ах|ами|ою|[аеиоуюяй])$")
_ADJECTIVE_TAIL = re.compile(
    r"^(ов|ев|ин|ен|ан|ян|н|он)?(ск|цк|жск|шск|ч)(ий|ии|ого|ому|им|ом|ая|ои|ой|ую|ое|ие|их|ими|е|а|у|и|ою)$"
    r"|^(ин|ен|ов|ан|ян|н)?(ец|ц|ич|чан|жан|ан|ян|нин|анин|янин|к)(а|у|ем|ом|е|ы|и|ев|ей|ам|ами|ах|ин|"
    r"ина|ину|ином|ка|ки|ку|кои|кой)?$"
)
_BARE_TAIL = re.compile(r"^(?:ск|цк)(?:ий|ии|ого|ому|им|ом|ая|ои|ой|ую|ое|ие|их|ими|е|а|у|и|ою)$")
# Ukrainian hides the с of the ending in the sound before it: Сірогози, сірогозький.
_SOFT_TAIL = re.compile(r"^к(?:ий|ии|ого|ому|им|ом|а|ой|ої|ои|у|ою|е|и|их|ими)$")
_GENERIC = frozenset(
    fold.table(
        "нижний верхний новый старый большой малый нижній верхній новий старий "
        "малий середній красный белый черный средний великий первый второй "
        "северный южный западный восточный дальний ближний горный усть город село поселок пос деревня "
        "дер станица хутор аул улус район область край республика город г с п д пгт рп ст поселение "
        "сельский местечко місто село селище смт village town city settlement of the new old upper lower "
        "great region district republic oblast krai near"
    )
)


def is_generic(lemma: str) -> bool:
    """Say whether a word with this key says of a place only which of several it is: upper, new, great."""
    return lemma in _GENERIC_KEYS


_GENERIC_KEYS = frozenset(fold.key(word) for word in _GENERIC)


@dataclass(frozen=True)
class Subject:
    """A federal subject: the keys of its names and adjectives, and how many thousand people live there."""

    code: str
    thousands: int
    names: frozenset[str]
    adjectives: frozenset[str]
    phrases: frozenset[tuple[str, ...]]


@dataclass(frozen=True)
class Gazetteer:
    """Every place the table knows by the stem of its name, with the largest population under that name."""

    largest: dict[str, int]
    by_key: dict[str, list[Subject]]
    by_head: dict[str, list[tuple[tuple[str, ...], Subject]]]
    also: dict[str, set[str]] = field(default_factory=dict)

    def other_names(self, name: str) -> set[str]:
        """Return what the table calls the place of this name besides, in the other language."""
        return self.also.get(fold.key(re.sub(r"[\s-]+", "", name)), set())

    def __repr__(self) -> str:
        return f"<Gazetteer {len(self.largest)} names>"

    def population(self, word: str) -> int | None:
        """Return the population of the largest place that *word*, in any case, may name."""
        return max((self.largest[s] for s in _stems(fold.key(word)) if s in self.largest), default=None)


def rows(name: str) -> Iterator[list[str]]:
    text = resources.files("casework.redaction").joinpath(f"data/{name}").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def load(lexicon: Lexicon) -> Gazetteer:
    """Read the tables that come with the program."""
    largest: dict[str, int] = {}
    also: dict[str, set[str]] = {}
    for _, _, population, _, _, english, cyrillic in rows("places.tsv"):
        names = [name for name in cyrillic.split("|") if name]
        for name in names if len(names) > 1 else ():
            also.setdefault(fold.key(re.sub(r"[\s-]+", "", name)), set()).update(names)
        for name in (english, *names):
            stem = _stem(fold.key(re.sub(r"[\s-]+", "", name)))
            if len(stem) >= 2:
                largest[stem] = max(int(population), largest.get(stem, 0))
    # A name that a place here bears too is that place: nobody seals a foreign capital.
    for _, population, english, cyrillic in rows("places_abroad.tsv"):
        for name in filter(None, (english, *cyrillic.split("|"))):
            stem = _stem(fold.key(re.sub(r"[\s-]+", "", name)))
            if len(stem) >= _LEAST_ABROAD:
                largest.setdefault(stem, int(population))
    by_key: dict[str, list[Subject]] = {}
    by_head: dict[str, list[tuple[tuple[str, ...], Subject]]] = {}
    for row in rows("federal_subjects.tsv"):
        subject = _subject(row, lexicon)
        for key in subject.names | subject.adjectives:
            by_key.setdefault(key, []).append(subject)
        for phrase in subject.phrases:
            by_head.setdefault(phrase[0], []).append((phrase, subject))
    return Gazetteer(largest, by_key, by_head, also)


def _subject(row: list[str], lexicon: Lexicon) -> Subject:
    code, _, thousands, _, full, short, adjectives, _, ukrainian, english, _ = row
    names: set[str] = set()
    phrases: set[tuple[str, ...]] = set()
    for name in filter(None, (*short.split("|"), *ukrainian.split("|"), *english.split("|"), full)):
        words = re.findall(r"[^\W_]+", name)
        if len(words) == 1:
            names |= forms(name, lexicon) | romanise(name) if fold.is_cyrillic(name) else {fold.latin(name)}
        else:
            phrases.add(tuple(lexicon.lemma(w, "uk" if set(name) & set("іїєґІ") else "ru") for w in words))
    keys = {key for adjective in filter(None, adjectives.split("|")) for key in forms(adjective, lexicon)}
    return Subject(code, int(thousands), frozenset(names), frozenset(keys), frozenset(phrases))


def _stem(key: str) -> str:
    return _ENDING.sub("", key) if fold.is_cyrillic(key) and len(key) > 4 else key


def _stems(key: str) -> set[str]:
    found = {key, _stem(key)}
    if fold.is_cyrillic(key):
        found |= {key[:-n] for n in (1, 2) if len(key) - n >= 4}
        bare = _ENDING.sub("", key)
        # Short names are kept whole, since their stems are too short to tell: Чита, в Чите; Уфа, под Уфой.
        found |= {bare + end for end in "ая" if 2 <= len(bare) <= 3}
    return found


@dataclass(frozen=True)
class SealedPlace:
    """
    A sealed settlement: keys of its forms word by word and, of several, as one word; the stems its adjectives
    grow from, and the shorter ones from which nothing else does (Каменка, каменский).
    """

    words: tuple[frozenset[str], ...]
    telling: frozenset[int]
    stems: frozenset[str]
    is_large: bool
    joined: frozenset[str] = frozenset()
    short_stems: frozenset[str] = frozenset()
    soft_stems: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"<SealedPlace of {len(self.words)} words>"

    def matches(self, index: int, key: str) -> bool:
        """Say whether *key* is a form of word *index* of the name."""
        return key in self.words[index]

    def is_alike(self, index: int, key: str) -> bool:
        """Say whether *key* is one slip, or one vowel, away from a form of word *index*."""
        bones = _VOWELS.sub("*", key)
        return any(
            len(form) >= _LONG
            and form[0] == key[0]
            and (
                fuzz.ratio(form, key) >= _ALIKE
                or (
                    _VOWELS.sub("*", form) == bones
                    and OSA.distance(form, key) <= (2 if len(form) >= _VERY_LONG else 1)
                )
            )
            for form in self.words[index]
        )

    def is_adjective(self, key: str, *, is_ordinary: bool) -> bool:
        """Say whether *key* is an adjective of the place or, unless *is_ordinary*, a word for its people."""
        if is_ordinary and not re.search(r"[сцз]к", key):
            return False
        return (
            any(
                len(s) >= 3 and key.startswith(s) and _ADJECTIVE_TAIL.match(key[len(s) :]) for s in self.stems
            )
            or any(key.startswith(s) and _BARE_TAIL.match(key[len(s) :]) for s in self.short_stems)
            or any(key.startswith(s) and _SOFT_TAIL.match(key[len(s) :]) for s in self.soft_stems)
        )


def seal(value: str, gazetteer: Gazetteer, lexicon: Lexicon) -> SealedPlace | None:
    """Return *value*, the name of a settlement, ready for comparison; nothing if it names none."""
    words = [w for w in re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", value) if len(w) > 1]
    words = _without_district([w for w in words if fold.key(w) not in _DISCARD])
    if not words:
        return None
    others = [re.findall(r"[^\W\d_]+", name) for name in gazetteer.other_names("".join(words))]
    others = [other for other in others if len(other) == len(words)]
    keys = tuple(
        frozenset(_forms(w, lexicon)).union(*(_forms(other[i], lexicon) for other in others))
        for i, w in enumerate(words)
    )
    telling = frozenset(
        i for i, w in enumerate(words) if not _is_generic(w, lexicon) and len(w) >= 3
    ) or frozenset(range(len(words)))
    last = fold.key(words[max(telling)])
    lasts = (
        {last}
        if fold.is_cyrillic(last)
        else {last, *(fold.cyrillic(r) for r in read_back(words[max(telling)]))}
    )
    lasts |= {fold.key(other[-1]) for other in others}
    stems = {s for key in lasts for s in (key, _stem(key), key.removesuffix("ск"))}
    short = {
        s[:-1] + turned
        for key in lasts
        for s in (_stem(key),)
        for turned in _TURNED.get(s[-1:], ())
        if len(s) >= (6 if s.endswith("к") else 5)
    }
    stems |= {grown for stem in stems for grown in _loosened(stem)}
    # Of two like letters that meet the key keeps one: Плёс, плёсский.
    short |= {s[:-1] for key in lasts for s in {key, _stem(key)} if s.endswith("с") and len(s) >= 4}
    soft = {s for key in lasts for s in {key, _stem(key)} if s[-1:] in {"з", "ц", "с"} and len(s) >= 4}
    joined: set[str] = set()
    if len(words) > 1:
        start = "".join(fold.key(w) for w in words[:-1])
        joined = {start + key for key in keys[-1]}
        short = {begun + s for s in short for begun in ("", start, *_compounded(start))}
        soft = {begun + s for s in soft for begun in ("", start, *_compounded(start))}
        stems |= {begun + s for s in stems for begun in (start, *_compounded(start))}
    population = gazetteer.population("".join(words)) or gazetteer.population("-".join(words)) or 0
    return SealedPlace(
        keys,
        telling,
        frozenset(s for s in stems if len(s) >= 3),
        population >= SMALL,
        frozenset(joined),
        frozenset(short),
        frozenset(soft),
    )


def _is_generic(word: str, lexicon: Lexicon) -> bool:
    """Say whether *word* says of a place only which of several it is, in any number and either language."""
    lemmas = {fold.cyrillic(p.normal_form) for a in lexicon.analysers() for p in a.parse(word.lower())[:3]}
    return word.lower() in _GENERIC or bool(lemmas & _GENERIC_KEYS)


# What becomes of the last letter of a stem before the ending of an adjective: Каменка, каменский; Калуга,
# калужский; Лепетиха, лепетиський.
_TURNED = {"к": ("",), "г": ("ж",), "х": ("", "ш")}


_CONSONANTS = "бвгджзклмнпрстфхцчшщ"


def _loosened(stem: str) -> set[str]:
    """Return the stems an adjective takes where two consonants meet: Цильма, цилемский; Намцы, намский."""
    found = {stem[:-1]} if stem.endswith("ц") and len(stem) >= 4 else set()
    pair = re.fullmatch(rf"(.+[{_CONSONANTS}])([{_CONSONANTS}])", stem)
    return found | ({pair[1] + vowel + pair[2] for vowel in "ое"} if pair and len(stem) >= 4 else set())


def _compounded(adjective: str) -> tuple[str, ...]:
    """Return how an adjective begins a compound: Великая Лепетиха, великолепетихский; Нижний, нижне-."""
    bare = (
        re.sub(r"(?:ий|ой|ия|ая|яя|ое|ее|ие|а|я|е|и)$", "", adjective) if fold.is_cyrillic(adjective) else ""
    )
    return (bare + "о", bare + "е") if len(bare) >= 3 else ()


_DISCARD = frozenset(
    fold.key(w)
    for w in fold.table(
        "город г село с поселок пос пгт рп деревня дер станица ст ца хутор х аул улус местечко місто "
        "селище смт village town city settlement of the near под около возле"
    )
)


def _without_district(words: list[str]) -> list[str]:
    """Cut a name before its district or region: 'Кижинга, Кижингинский район'."""
    for index, word in enumerate(words):
        if (
            re.match(
                r"(район|област|кра[йяю]|республик|округ|улус|region|district|oblast|republic)", word, re.I
            )
            and index >= 2
        ):
            return words[: index - 1]
    return words


def _forms(word: str, lexicon: Lexicon) -> set[str]:
    if fold.is_cyrillic(word):
        found = forms(word, lexicon) | romanise(word)
        if word.lower().endswith(("ьке", "ше", "ве", "не", "ле", "ре")):
            russian = _FIRST.get(word.lower(), word.lower()[:-1].replace("і", "е") + "ое")
            found |= forms(russian, lexicon) | romanise(russian)
        if word.lower().endswith(("ні", "кі", "лі", "ві", "рі", "ті", "ді")):
            # "Нижні" is "Нижние" in the other language, and "Nizhnie" to whoever romanises that.
            for plural in (word[:-1] + "ие", word[:-1] + "ые"):
                found |= forms(plural, lexicon) | romanise(plural)
        return found
    readings = read_back(word)
    cyrillic = {key for r in readings for key in forms(r, lexicon)}
    return {fold.latin(word)} | cyrillic | keys_of(readings)


# What a place is called of several of one name, where the other language has another word.
_FIRST = {"перше": "первое", "друге": "второе", "велике": "великое"}

_REGION_WORDS = tuple(
    fold.key(w)
    for w in (
        "область",
        "области",
        "областью",
        "областей",
        "край",
        "края",
        "краю",
        "краем",
        "республика",
        "республики",
        "республике",
        "республику",
        "округ",
        "округа",
        "округе",
        "region",
        "oblast",
        "krai",
        "kray",
        "republic",
        "province",
        "області",
        "область",
        "направление",
        "направлении",
        "direction",
    )
)


def is_region_word(key: str) -> bool:
    """Say whether *key* is a word that makes a region of the name before it."""
    return key in _REGION_WORDS


def subjects_named(page: Page, gazetteer: Gazetteer) -> dict[int, Subject]:
    """Return the tokens that name a federal subject, each with the subject."""
    keys, lemmas = [t.key for t in page.tokens], page.lemmas
    named = [
        t.is_capital or (page.is_flat(i) and not page.lexicon.is_ordinary(t.text, page.lang))
        for i, t in enumerate(page.tokens)
    ]
    found: dict[int, Subject] = {}
    for index, key in enumerate(keys):
        for subject in gazetteer.by_key.get(key, ()):
            if key in subject.names and named[index]:
                found[index] = subject
            elif key in subject.adjectives:
                found.setdefault(index, subject)
                if index + 1 < len(keys) and is_region_word(keys[index + 1]):
                    found[index] = found[index + 1] = subject
    for index, lemma in enumerate(lemmas):
        for phrase, subject in gazetteer.by_head.get(lemma, ()):
            if tuple(lemmas[index : index + len(phrase)]) == phrase:
                found.update(dict.fromkeys(range(index, index + len(phrase)), subject))
    return found
