"""
Find sealed names in a draft, however they are written.

Rules:
- An exact form blocks, unless the word is also an ordinary word and nothing marks it as a name; then it warns
  at the start of a sentence and is ignored in lower case.
- Likeness blocks from 88 of 100 and warns from 82; both are measured on Russian news (docs/gate.md).
- A public person's full name is not the sealed person; a shared surname alone warns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from casework.redaction import fold, normalise, ordinary
from casework.redaction.findings import Finding, Level, mark
from casework.redaction.names import Part, SealedName
from casework.redaction.normalise import Token
from casework.redaction.page import Page, inside
from casework.redaction.people import is_title
from casework.redaction.places import Gazetteer
from casework.redaction.romanise import transcribe

_BLOCK_LIKENESS = 88.0
_WARN_LIKENESS = 82.0
_SAME_PATRONYMIC = 92.0
_LEAST_FOR_LIKENESS = 6  # letters
_LONG_GIVEN = 7  # letters
_LONGEST_SPREAD = 24  # letters of a name written apart
_LEAST_SPREAD = 3  # letters
_ONE_LETTER_WORDS = frozenset("авикосуязій")
_MARK = re.compile(r"[`´'’ʼ·\"ʹʺ][\s._]*")  # of a scheme, for a sign that has no letter
_MOST_APART = 200  # letters standing apart in a row
_MOST_STUBS = 200  # words with their middle left out, in one draft


@dataclass
class Context:
    """What is known about the draft as a whole: public names, listed names, regions, sourced passages."""

    public: set[int] = field(default_factory=set)
    listed: set[int] = field(default_factory=set)
    regions: set[int] = field(default_factory=set)
    sourced: list[tuple[int, int]] = field(default_factory=list)
    cited: list[tuple[int, int]] = field(default_factory=list)
    allowed: set[int] = field(default_factory=set)
    citations: list[tuple[int, int]] = field(default_factory=list)


def find(page: Page, names: Sequence[SealedName], context: Context, gazetteer: Gazetteer) -> list[Finding]:
    """Return where *page* names one of *names*."""
    if not names:
        return []
    exact: dict[str, list[SealedName]] = {}
    for name in names:
        for key in name.keys:
            exact.setdefault(key, []).append(name)
    matcher = _Matcher(page, names, context, gazetteer, exact)
    return [
        *matcher.whole_words(),
        *matcher.hidden_words(),
        *_initials(page, names, context),
        *_stubs(page, names),
    ]


@dataclass
class _Matcher:
    page: Page
    names: Sequence[SealedName]
    context: Context
    gazetteer: Gazetteer
    exact: dict[str, list[SealedName]]

    def whole_words(self) -> Iterator[Finding]:
        for index, token in enumerate(self.page.tokens):
            if token.is_number or len(token.key) < 2:
                continue
            found = self._exact(index) or self._alike(index)
            if found:
                yield found

    def _matches(self, index: int) -> list[SealedName]:
        """Return the sealed names that token *index* is a form of, in its own script or as it sounds."""
        page, token = self.page, self.page.tokens[index]
        found = list(self.exact.get(token.key, ()))
        if not found and fold.is_cyrillic(token.text) and len(token.key) >= 4:
            found = [n for n in self.exact.get(page.sound(token.text), ()) if n.part is not Part.NICKNAME]
        disguised = normalise.looks_cyrillic(token.text)
        if not found and disguised:
            found = list(self.exact.get(fold.cyrillic(disguised), ()))
        return found

    def _exact(self, index: int) -> Finding | None:
        page, token = self.page, self.page.tokens[index]
        names = self._matches(index)
        if not names:
            return None
        name = min(names, key=lambda n: list(Part).index(n.part))
        level = self._weigh(index, name)
        if level is None:
            return None
        kind = _kind(name, token.text, token.key)
        if level is Level.WARN and index in self.context.public:
            return mark(page.given, (token.start, token.end), "namesake", level, "namesake")
        hint = "nickname" if name.part is Part.NICKNAME else "name"
        return mark(page.given, (token.start, token.end), kind, level, hint)

    def _weigh(self, index: int, name: SealedName) -> Level | None:
        """Return how grave an exact form is here; nothing if it is an ordinary word or somebody else."""
        page, token = self.page, self.page.tokens[index]
        is_beside_own = self._is_beside_own(index, name)
        if index in self.context.public and not is_beside_own:
            if name.part is not Part.SURNAME:
                return None
            # A private called like a minister is no minister: a rank of soldiers or kin before it says so.
            return Level.BLOCK if ordinary.is_soldier(page, index) else Level.WARN
        if index in self.context.listed or index in self.context.regions:
            return None
        # Many a town is called like a man; only of a man is told what people do.
        is_place = page.labels[index] == "LOC" and bool(self.gazetteer.population(token.text))
        if is_place and not is_beside_own and not self._is_person_there(index, name):
            return Level.WARN if name.part is Part.SURNAME else None
        if (
            name.part is Part.NICKNAME
            and page.labels[index] == "LOC"
            and not ordinary.is_quoted(page, index)
            and not ordinary.acts(page, index)
        ):
            return Level.WARN  # the mountain, not the man
        level = self._weigh_word(index, name)
        if (
            level is Level.BLOCK
            and name.part in {Part.GIVEN, Part.PATRONYMIC}
            and not is_beside_own
            and self._is_another(index)
        ):
            is_cited = inside((token.start, token.end), self.context.cited)
            return Level.WARN if is_cited or ordinary.is_introduced(page, index) else Level.BLOCK
        return level

    def _is_person_there(self, index: int, name: SealedName) -> bool:
        """Say whether a word that is also a town does what people do, and nothing is in it or from it."""
        before = self.page.tokens[index - 1].text if index else ""
        is_around = "PREP" in self.page.lexicon.tags(before, self.page.lang) if before else False
        return name.part is not Part.NICKNAME and not is_around and ordinary.acts(self.page, index)

    def _weigh_word(self, index: int, name: SealedName) -> Level | None:
        page, token = self.page, self.page.tokens[index]
        is_written_small = not token.is_capital and not page.is_flat(index)
        if is_written_small and len(token.key) < (3 if fold.is_cyrillic(token.text) else 5):
            return None
        if not self._is_ordinary(index):
            return Level.BLOCK
        is_beside_own = not is_written_small and self._is_beside_own(index, name)
        return ordinary.weigh(page, index, name.part, is_beside_own=is_beside_own)

    def _is_ordinary(self, index: int) -> bool:
        token = self.page.tokens[index]
        if fold.is_cyrillic(token.text):
            return self.page.lexicon.is_ordinary(token.text, self.page.lang)
        return token.text.lower() in self.page.lexicon.english or (
            len(token.key) <= 3 and not token.is_capital
        )

    def _is_beside_own(self, index: int, name: SealedName) -> bool:
        """Say whether another part of the same sealed name stands beside token *index*."""
        for near in (index - 1, index + 1):
            is_beside = 0 <= near < len(self.page.tokens) and self.page.is_joined(min(near, index))
            if is_beside and any(
                n.owner == name.owner and n.part is not name.part for n in self._matches(near)
            ):
                return True
        return False

    def _is_another(self, index: int) -> bool:
        """Say whether token *index* is the given name of somebody with another surname beside it."""
        for near in (index + 1, index - 1):
            if 0 <= near < len(self.page.tokens) and self.page.is_joined(min(near, index)):
                beside = self.page.tokens[near]
                if (
                    beside.is_capital
                    and not beside.is_first
                    and not self._matches(near)
                    and len(beside.key) >= 4
                ):
                    return True
        return False

    def _alike(self, index: int) -> Finding | None:
        page, token = self.page, self.page.tokens[index]
        if not self._may_be_misspelt(index):
            return None
        best: tuple[float, SealedName] | None = None
        for name in self.names:
            if name.part is Part.NICKNAME:
                continue
            # A name sealed in Latin letters may sound right and have been spelt back wrongly.
            is_across = name.is_latin and fold.is_cyrillic(token.text)
            for key in {token.key, page.sound(token.text)} if is_across else {token.key}:
                hit = process.extractOne(key, name.bases, scorer=fuzz.ratio, score_cutoff=_WARN_LIKENESS)
                if hit and len(hit[0]) >= _LEAST_FOR_LIKENESS and (best is None or hit[1] > best[0]):
                    best = (hit[1], name)
        if best is None:
            return None
        score, name = best
        if score < _BLOCK_LIKENESS and _is_swapped(token.key, name):
            score = _BLOCK_LIKENESS
        if name.part is not Part.SURNAME and not self._is_misspelt_given(token.key, token.text, score, name):
            return None
        is_doubtful = score < _BLOCK_LIKENESS or page.labels[index] == "LOC"
        if is_doubtful and inside((token.start, token.end), self.context.sourced):
            return None
        return mark(
            page.given,
            (token.start, token.end),
            "name_fuzzy",
            Level.WARN if is_doubtful else Level.BLOCK,
            "name",
        )

    def _is_misspelt_given(self, key: str, text: str, score: float, name: SealedName) -> bool:
        """Given names and patronymics are alike among themselves, so only a slip in a long one counts."""
        is_long = len(key) >= _LONG_GIVEN and all(len(base) >= _LONG_GIVEN for base in name.bases)
        is_slip = score >= _SAME_PATRONYMIC or _is_swapped(key, name)
        return is_long and is_slip and not _is_other_name(self.page, text)

    def _may_be_misspelt(self, index: int) -> bool:
        page, token = self.page, self.page.tokens[index]
        if (
            len(token.key) < _LEAST_FOR_LIKENESS - 1
            or index in self.context.public | self.context.listed | self.context.regions
        ):
            return False
        if not fold.is_cyrillic(token.text):
            return (
                token.is_capital or page.is_flat(index)
            ) and token.text.lower() not in self.page.lexicon.english
        if token.is_capital and not token.is_first and not page.is_flat(index):
            return self.gazetteer.population(token.text) is None or page.labels[index] != "LOC"
        is_written_as_name = token.is_capital and not page.is_flat(index)
        return not page.lexicon.is_ordinary(token.text, page.lang) and (
            is_written_as_name or not page.lexicon.is_known(token.text)
        )

    def hidden_words(self) -> Iterator[Finding]:
        """Find names cut by a space or a hyphen, spread letter by letter, or grown into a longer word."""
        page = self.page
        for index in range(len(page.tokens) - 1):
            left, right = page.tokens[index], page.tokens[index + 1]
            if left.is_number or right.is_number or len(page.between(index, index + 1)) > 2:
                continue
            if len(left.text) == 1 or len(right.text) == 1 or (right.is_capital and not left.is_capital):
                continue
            joined = fold.key(left.text + right.text)
            if right.is_capital and len(joined) < _LONG_GIVEN:
                continue
            if (
                len(left.text + right.text) >= (5 if self._is_torn(left, right) else 6)
                and any(n.part is not Part.NICKNAME for n in self.exact.get(joined, ()))
                and not (self._matches(index) or self._matches(index + 1))
            ):
                yield mark(page.given, page.over(index, index + 1), "name_split", Level.BLOCK, "name")
        yield from self._spread()
        yield from self._grown()

    def _spread(self) -> Iterator[Finding]:
        tokens = self.page.tokens
        start = 0
        while start < len(tokens):
            end = start
            while (
                end < len(tokens)
                and len(tokens[end].text) == 1
                and (end == start or len(_MARK.sub("", self.page.between(end - 1, end))) <= 3)
            ):
                end += 1
            if end - start > _MOST_APART:
                # No story is spelled out; reading it every way would hold the desk.
                yield mark(
                    self.page.given, self.page.over(start, end - 1), "name_spaced", Level.BLOCK, "retype"
                )
            elif end - start >= _LEAST_SPREAD:
                for first in range(start, end - _LEAST_SPREAD + 1):
                    for last in range(min(end, first + _LONGEST_SPREAD), first + _LEAST_SPREAD - 1, -1):
                        letters = "".join(t.text for t in tokens[first:last])
                        if self._is_named(letters) and not _ONE_LETTER_WORDS.issuperset(letters.lower()):
                            yield mark(
                                self.page.given,
                                self.page.over(first, last - 1),
                                "name_spaced",
                                Level.BLOCK,
                                "name",
                            )
                            break
            start = max(end, start + 1)

    def _is_torn(self, left: Token, right: Token) -> bool:
        """Say whether one half of a word cut in two is no word."""
        return not all(self.page.lexicon.is_known(token.text) for token in (left, right))

    def _is_named(self, letters: str) -> bool:
        """Say whether *letters* are a sealed name; apart, twins of another script stand out to nobody."""
        return any(fold.key(reading) in self.exact for reading in normalise.in_one_script(letters))

    def _grown(self) -> Iterator[Finding]:
        stems = [(b, n) for n in self.names if n.part is Part.SURNAME for b in n.bases if len(b) >= 7]
        for index, token in enumerate(self.page.tokens):
            if (
                len(token.key) < 8
                or token.key in self.exact
                or index in self.context.public | self.context.regions | self.context.listed
            ):
                continue
            if any(b in token.key for b, _ in stems) and not self.page.lexicon.is_known(token.text):
                yield mark(self.page.given, (token.start, token.end), "name_part", Level.BLOCK, "name")
        for match in re.finditer(r"(?<!\w)\w*(?:[^\W\d_][0-9@$]|[0-9@$][^\W\d_])[\w@$]*", self.page.text):
            readings = {fold.key(reading) for reading in normalise.unleet(match[0])}
            if any(len(plain) >= 5 and plain in self.exact for plain in readings):
                yield mark(self.page.given, self.page.span(*match.span()), "homoglyph", Level.BLOCK, "retype")


def _is_swapped(key: str, name: SealedName) -> bool:
    """Say whether *key* is a form of *name* with two neighbouring letters swapped, which no other name is."""
    letters = sorted(key)
    return any(
        len(base) == len(key) and sorted(base) == letters and OSA.distance(base, key) == 1
        for base in name.bases
    )


def _kind(name: SealedName, text: str, key: str) -> str:
    if name.part is Part.NICKNAME:
        return "nickname"
    if key in name.diminutives:
        return "name_diminutive"
    if name.part is Part.PATRONYMIC:
        return "name_patronymic"
    return "name_inflected" if fold.is_cyrillic(text) else "name_translit"


def _is_other_name(page: Page, word: str) -> bool:
    return bool({"Name", "Patr"} & page.lexicon.tags(word, page.lang))


_INITIALS = re.compile(
    r"(?<![\w.])(?P<all>(?:[А-ЯЁІЇЄҐ]|[A-Z](?:h|sh|u|a|s)?)\.?(?:[\s-]?(?:[А-ЯЁІЇЄҐ]|[A-Z](?:h|u|a|"
    r"s)?)\.){0,4})(?!\w)"
)


# As people type who use no capitals; two letters that are short for words are left out.
_SMALL_INITIALS = re.compile(
    r"(?<![\w.])(?!т\.\s?[едпкнч]\.|и\.\s?о\.|и\.\s?д\.|н\.\s?э\.|г\.\s?р\.|с\.\s?г\.|р\.\s?н\.|в\.\s?ч\.|с\.\s?ш\.|в\.\s?д\.)"
    r"(?P<all>(?:[а-яёіїє]\.\s?){2,3})(?!\w)"
)


def _is_flat_at(page: Page, at: int) -> bool:
    index = next((i for i, token in enumerate(page.tokens) if token.at >= at), None)
    return index is not None and page.is_flat(index)


def _initials(page: Page, names: Sequence[SealedName], context: Context) -> Iterator[Finding]:
    owners: dict[int, list[tuple[Part, set[str]]]] = {}
    for name in names:
        if name.part is not Part.NICKNAME and len(owners.get(name.owner, ())) < _MOST_INITIALS:
            owners.setdefault(name.owner, []).append((name.part, _initial_keys(name.initial)))
    letters = [parts for parts in owners.values() if len({part for part, _ in parts}) >= 2]
    small = (m for m in _SMALL_INITIALS.finditer(page.text) if _is_flat_at(page, m.start()))
    for match in (*_INITIALS.finditer(page.text), *small):
        span = page.span(*match.span())
        if (
            "." not in match["all"]
            or inside(span, context.citations)
            or _belongs_to_surname(page, match.start(), match.end())
        ):
            continue
        shown = [fold.key(x) for x in re.findall(r"[^\W\d_]+", match["all"])]
        if any(_fits(shown, parts) for parts in letters):
            yield mark(page.given, span, "name_initials", Level.WARN, "initials")


_MOST_INITIALS = 6  # of one person: two surnames, two given names, a patronymic of two

# How else a letter begins a name in Latin, and across the two languages.
_LATIN_INITIALS = {
    "г": "gh", "х": "khx", "ж": "zj7", "ц": "tc", "ч": "ct4", "ш": "s6", "щ": "s6", "ю": "yui", "я": "yia",
    "е": "yej", "є": "yej", "ё": "yej", "й": "yij", "і": "yi", "и": "yi", "к": "kc", "в": "vw", "ґ": "g",
    "э": "e", "о": "ao", "а": "ao",
}  # fmt: skip


def _initial_keys(letter: str) -> set[str]:
    if not fold.is_cyrillic(letter):
        return {fold.key(letter)}
    return {fold.key(letter), transcribe(letter), *_LATIN_INITIALS.get(letter, "")}


def _fits(shown: list[str], parts: list[tuple[Part, set[str]]]) -> bool:
    """Say whether *shown* initials are those of one person in any order; one alone must be the surname's."""
    if len(shown) == 1:
        return any(part is Part.SURNAME and shown[0] in keys for part, keys in parts)
    left = list(parts)
    for initial in shown:
        hit = next((item for item in left if initial in item[1]), None)
        if hit is None:
            return False
        left.remove(hit)
    return True


def _belongs_to_surname(page: Page, start: int, end: int) -> bool:
    """Say whether initials stand beside a surname, which is then checked itself, or before a place."""
    after = page.text[end : end + 30]
    before = page.text[max(0, start - 30) : start]
    word = re.search(r"(\w+)\s$", before)
    if word and is_title(fold.key(word[1])):
        before = ""
    if (re.match(r"\s?[А-ЯЁІЇЄҐA-Z][\w-]{2,}", after) and not re.match(r"\s[А-ЯЁA-Z]", after)) or re.match(
        r"\s[А-ЯЁІЇЄҐA-Z][а-яёіїєґa-z]+(?:ов|ев|ин|ск|ко|ук|юк|ян|ov|ev|in|sk|ko|uk)\w*", after
    ):
        return True
    return bool(re.search(r"[А-ЯЁІЇЄҐA-Z][\w]+(?:ов|ев|ин|ск|ко|ук|юк|ян|ov|ev|in|sk|ko|uk)\w*\s$", before))


_STUB = re.compile(
    r"(?<![\w-])(?P<head>[А-ЯЁІЇЄҐA-Z][\w]{0,11})\s?(?:[-‑–—*•#…_]{1,12}|"
    r"\.{2,4})\s?(?P<tail>[а-яёіїєґa-z]{1,10})(?![\w-])"
)
_STARRED = re.compile(r"(?<![\w*])(?P<head>[^\W\d_]{1,12})[*•#_]{1,12}(?P<tail>[^\W\d_]{2,12})(?![\w*])")
_MASKED = re.compile(r"(?<!\w)(?P<head>[А-ЯЁІЇЄҐA-Z]\w{2,})(?:[*•#…_]{2,12})(?!\w)")


def _stubs(page: Page, names: Iterable[SealedName]) -> Iterator[Finding]:
    """Find surnames with their middle left out: Ч-в, Чиг***ов."""
    surnames = [n for n in names if n.part in {Part.SURNAME, Part.GIVEN} and any(len(k) >= 5 for k in n.keys)]
    stubs = (
        *islice(_STUB.finditer(page.text), _MOST_STUBS),
        *islice(_STARRED.finditer(page.text), _MOST_STUBS),
    )
    for match in stubs:
        head, tail = fold.key(match["head"]), fold.key(match["tail"])
        if any(
            n.part is Part.SURNAME
            and k.startswith(head)
            and k.endswith(tail)
            and len(k) >= len(head) + len(tail)
            for n in surnames
            for k in n.keys
        ):
            yield mark(page.given, page.span(*match.span()), "name_initials", Level.BLOCK, "initials")
    for match in islice(_MASKED.finditer(page.text), _MOST_STUBS):
        head = fold.key(match["head"])
        if any(k.startswith(head) for n in surnames for k in n.keys):
            yield mark(page.given, page.span(*match.span()), "name_initials", Level.BLOCK, "initials")
