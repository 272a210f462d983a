"""
Turn a text into tokens to compare, without losing where each came from.

Rules:
- Every offset in a token is an offset into the text as given, so a finding can be shown and mended.
- What hides a word is undone: invisible characters, look-alike letters of another script, stress marks,
  markup inside words, entities, percent encoding. Hiding is also reported: it is never right in a draft.
- Case is kept on the token; keys are folded.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass, field
from urllib.parse import unquote

from casework.redaction import fold

_INVISIBLE_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u180e")
_EMOJI_JOINERS = frozenset("\u200d\ufe0f\ufe0e")
# Nearly all of a text: letters that hide nothing, with single spaces between them. Read in one go.
_PLAIN = r"[А-Яа-яЁёІіЇїЄєҐґA-Za-z0-9.,:;!?()«»—-]+(?: [А-Яа-яЁёІіЇїЄєҐґA-Za-z0-9.,:;!?()«»—-]+)*"
_PIECE = re.compile(
    rf"(?P<plain>{_PLAIN})|"
    r"<[/a-zA-Z!][^<>]{0,200}>|&#?\w{1,10};|(?:%[0-9A-Fa-f]{2})+|(?<=\w)(?:\*\*|__|~~|\|\||``?)(?=\w)|.",
    re.S,
)
_ATTRIBUTE = re.compile(r"=\s*[\"']?([^\"'<>]+)")
# Inside a word stand apostrophes and the marks Latin schemes use for signs and for ш before ч.
_WORD = re.compile(r"[^\W\d_]+(?:['’ʼ`´·\"]{1,2}[^\W\d_]+)*|\d+")
_POSSESSIVE = re.compile(r"['’ʼ`´\"]{1,2}s?$", re.I)

# Letters that look alike in Latin (and Greek) and in Cyrillic, upper case first.
_TO_CYRILLIC = dict(
    zip(
        "ABEKMHOPCTXYIaeopcyxikmtnbuΑΒΕΗΚΜΝΟΡΤΧοανρυι",
        "АВЕКМНОРСТХУІаеорсухікмтпьиАВЕНКМНОРТХоаврчі",
        strict=True,
    )
)
_TO_LATIN = dict(zip("АВЕКМНОРСТХУІаеорсухікмтһјѕԁԛԝѵпьи", "ABEKMHOPCTXYIaeopcyxikmthjsdqwvnbu", strict=True))
_LEET = str.maketrans("0346@1", "озчбаі")
_LEET_A = str.maketrans("0346@1", "оеабаі")
_LATIN_LEET = str.maketrans("0134578@$", "oieastbas")
_LATIN_LEET_L = str.maketrans("0134578@$", "oleastbas")


@dataclass(frozen=True, slots=True)
class Token:
    """
    A word or a run of digits. ``start``..``end`` is its place in the text as given, ``at`` in the clean one;
    ``key`` is what it is compared by; ``sentence`` counts from 0.
    """

    start: int
    end: int
    at: int
    text: str
    key: str
    sentence: int
    is_first: bool

    def __repr__(self) -> str:
        return f"<Token {self.start}..{self.end}>"

    @property
    def is_number(self) -> bool:
        return self.text[0].isdigit()

    @property
    def is_capital(self) -> bool:
        return self.text[0].isupper()


@dataclass(slots=True)
class Clean:
    """A text with its disguises removed; ``origin[i]`` is where character *i* stood in the text as given."""

    text: str
    origin: list[int]
    hidden: list[tuple[int, int]] = field(default_factory=list)
    mixed: list[tuple[int, int]] = field(default_factory=list)
    foreign: list[tuple[int, int]] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<Clean {len(self.text)} characters>"

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span in the text as given that *start*..*end* of the clean text came from."""
        return self.origin[start], (self.origin[end - 1] + 1 if end > start else self.origin[start])


def clean(text: str) -> Clean:
    """Undo what hides words in *text* and keep the way back."""
    letters: list[str] = []
    origin: list[int] = []
    hidden: list[tuple[int, int]] = []
    for piece in _PIECE.finditer(text):
        raw = piece[0]
        if piece["plain"]:
            letters.extend(raw)
            origin.extend(range(*piece.span()))
            continue
        if len(raw) > 1:
            raw = _decode(raw)
        elif _is_hidden(raw):
            if not (raw in _EMOJI_JOINERS and letters and unicodedata.category(letters[-1]) in {"So", "Sk"}):
                hidden.append(piece.span())
            continue
        elif unicodedata.category(raw) == "Mn" and letters:
            _attach(letters, raw)
            continue
        else:
            raw = unicodedata.normalize("NFKC", raw)
        if raw.isspace() and "".join(letters[-2:]).isspace() and len(letters) > 1:
            letters[-1] = "\n" if "\n" in raw else letters[-1]
            continue  # a page of blank lines says nothing, and every grammar would walk it
        letters.extend(raw)
        origin.extend([piece.start()] * len(raw))
    origin.append(len(text))
    page = Clean("".join(letters), origin, hidden)
    _unmix(page)
    return page


def _decode(piece: str) -> str:
    if piece[0] == "<":
        # What stands in an attribute is read by somebody: a title, an alternative text, an address.
        told = " ".join(value for value in _ATTRIBUTE.findall(piece) if len(value) > 3)
        return f" {told} " if told else " " * bool(re.match(r"</?(p|br|div|li|h\d|td|tr)\b", piece, re.I))
    if piece[0] == "&":
        return html.unescape(piece)
    if piece[0] == "%":
        try:
            return unquote(piece, errors="strict")
        except UnicodeDecodeError:
            return piece
    return ""


def _is_hidden(char: str) -> bool:
    return (
        char in _INVISIBLE_LETTERS
        or char in _EMOJI_JOINERS
        or unicodedata.category(char) in {"Cf", "Co", "Cn"}
    )


def _attach(letters: list[str], mark: str) -> None:
    """Compose a mark with its letter; a mark that does not compose (a stress mark) is dropped."""
    composed = unicodedata.normalize("NFC", letters[-1] + mark)
    if len(composed) == 1:
        letters[-1] = composed


def _unmix(page: Clean) -> None:
    """Bring each word to its main script and report the words that mixed two."""
    letters = list(page.text)
    for word in re.finditer(r"[^\W\d_]+", page.text):
        scripts = [_script(c) for c in word[0]]
        cyrillic, latin, other = scripts.count("c"), scripts.count("l"), scripts.count("o")
        if other >= 2 and not cyrillic and not latin:
            page.foreign.append(page.span(*word.span()))
            continue
        if not ((cyrillic and latin) or (other and (cyrillic or latin))):
            continue
        # The fewer letters are the disguise, unless they look like none of the others: then it is the many.
        ways = [(_TO_CYRILLIC, "c"), (_TO_LATIN, "l")]
        for table, main in ways if cyrillic >= latin else reversed(ways):
            if all(c in table for c, s in zip(word[0], scripts, strict=True) if s != main):
                page.mixed.append(page.span(*word.span()))
                letters[word.start() : word.end()] = [
                    table.get(c, c) if _script(c) != main else c for c in word[0]
                ]
                break
    page.text = "".join(letters)


def _script(char: str) -> str:
    if "\u0400" <= char <= "\u052f":
        return "c"
    return "l" if char < "\u0250" or "\u1e00" <= char <= "\u1eff" or char in "ʹʺʼ" else "o"


def looks_cyrillic(word: str) -> str | None:
    """Return a word of Latin letters only, read as the Cyrillic letters it looks like, or nothing."""
    if len(word) >= 4 and all(c in _TO_CYRILLIC for c in word):
        return "".join(_TO_CYRILLIC[c] for c in word)
    return None


def in_one_script(word: str) -> set[str]:
    """Return *word* as it stands and, where its letters allow, with twins of another script replaced."""
    readings = {word}
    for table, main in ((_TO_CYRILLIC, "c"), (_TO_LATIN, "l")):
        if all(_script(c) == main or c in table for c in word):
            readings.add("".join(c if _script(c) == main else table[c] for c in word))
    return readings


def unleet(word: str) -> tuple[str, ...]:
    """Return *word* with digits and signs read as the letters they stand for, in Cyrillic and in Latin."""
    return (
        word.translate(_LEET),
        word.translate(_LEET_A),
        word.translate(_LATIN_LEET),
        word.translate(_LATIN_LEET_L),
    )


_END = re.compile(r"[.!?…]+[»”\"')\]]*\s+(?=[«„“\"'(\[—–-]*\s?[A-ZА-ЯЁІЇЄҐ0-9])|\n+|[•]\s")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(«])(?:[A-ZА-ЯЁІЇЄҐ]|г|гг|ул|д|кв|пер|пр|ст|т|тел|им|р|с|п|пос|дер|обл|вул|св|см|ср|мл|стр|рис|"
    r"No|Mr|Mrs|Ms|Dr|St|Lt|Sgt|Col|Gen|Capt|Art|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)\.$"
)


def sentence_starts(text: str) -> list[int]:
    """Return where each sentence of *text* begins."""
    starts = [0]
    for end in _END.finditer(text):
        before = text[max(0, end.start() - 6) : end.start() + 1]
        if "\n" not in end[0] and _ABBREVIATION.search(before) and end[0][:2] not in {"..", "!.", "?."}:
            continue
        starts.append(end.end())
    return starts


def tokens(page: Clean) -> list[Token]:
    """Split a clean text into words and numbers."""
    starts = sentence_starts(page.text)
    found: list[Token] = []
    sentence = -1
    for match in _WORD.finditer(page.text):
        is_first = False
        while sentence + 1 < len(starts) and match.start() >= starts[sentence + 1]:
            sentence += 1
            is_first = True
        word = match[0]
        end = match.end()
        if not fold.is_cyrillic(word) and not word[0].isdigit():
            word = _POSSESSIVE.sub("", word)
            end = match.start() + len(word)
        start, stop = page.span(match.start(), end)
        key = word if word[0].isdigit() else fold.key(word)
        found.append(Token(start, stop, match.start(), word, key, sentence, is_first))
    return found
