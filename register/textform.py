"""
The text form of a hand-made list: one paragraph a line, a bullet before each story.

What the form is, and all that is known of it here:

* Lines before the first bullet introduce the list. One that carries no source but an address is a notice.
* A bullet opens a story. Lines without a bullet belong to it: quotations (``words — speaker``), turns of an
  interview (``Name: words``) after a line that ends in a colon, further paragraphs.
* A line without a bullet is a story of its own when it brings its own source although the story above has
  had its source, and does not refer back ("Later …"); so the story after an interview is not swallowed.
* What follows the last source of the list and has none itself is a notice: kept, never published. So is a
  heading, which is a short line without a stop before a bullet.
* Every line is kept as it is. Whoever writes the blocks out again gets the same bytes.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from register.citations import Citation, CitationError, find
from register.entry import Block
from register.errors import ImportErrors

Kind = Literal["story", "context", "notice"]

_BULLET = re.compile(r"\s*(?:[•●▪‣◦][ \t\u00a0]*|[·*\-][ \t\u00a0]+)(?=\S)")
_BARE_BULLET = re.compile(r"\s*[•●▪‣◦·*\-]\s*")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.\w+|https?://|\bwww\.|\bt\.me/")
_QUOTE = re.compile(
    r"(?P<text>.+)(?P<joint>\s[—–-]\s)(?P<by>[^\W\d_][^—–.!?:]{1,78}[^\W_](?:\s\([^()]*\)\.?)?)\s*", re.DOTALL
)
# A speaker may be an outlet such as "7x7"; a time of day is none. "Q." and "A." are speakers too.
_TURN = re.compile(
    r"(?P<by>\d*[^\W\d_][\w’'.\-]*(?: [\w’'.\-]+){0,3}(?=:)|[QAВО](?=\.))(?P<joint>[:.] +)(?P<text>\S.*)",
    re.DOTALL,
)
_OPENS_A_QUOTATION = ("“", "«", "„", '"', "‘")
_ENDS_A_SENTENCE = (".", "!", "?", "…", ":", ";", ",", ")", "]", "”", "»", '"', "’")
# A heading is short; a line of a story that ends without a stop seldom is.
_LONGEST_HEADING = 40
# How a line ends that is whole: with a stop, or with a bracket or a quotation that is closed.
_WHOLE = (".", "!", "?", "…", ")", "]", ">", "”", "“", "»", '"', "’")
# In characters. No story comes near it, and a file without line ends would take minutes to read.
_LONGEST_LINE = 100_000
_FIRST_PERSON = re.compile(
    r"\b(?:I|we|me|my|our|us|you|your|я|мне|меня|мой|моя|мо[её]|мы|нас|нам|вы|вас|вам"
    r"|мені|мене|мій|моє|ми|нам|ви|вам)\b",
    re.IGNORECASE,
)
_BACK_REFERENCE = re.compile(
    r"(?:later|afterwards?|after (?:that|this)|earlier|meanwhile|then|subsequently|also|in addition|moreover|"
    r"however|nevertheless|at the same time|he|she|they|it|this|these|those|the same|his|her|their|"
    r"according to (?:him|her|them)|upd|update"
    r"|позже|позднее|затем|потом|ранее|тогда|также|однако|кроме того|при этом|он|она|они|это"
    r"|по (?:его|е[её]|их) словам|пізніше|згодом|потім|раніше|тоді|також|однак|крім того|він|вона|вони|це"
    r"|за (?:його|її|їхніми) словами)\b",
    re.IGNORECASE,
)
_ELLIPSIS = ("<…>", "…", "...", "<...>", "[…]")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One line of the list."""

    number: int  # counted from 1
    text: str
    bullet: str
    gap: int
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """The lines of one story, introduction or notice, already cut into blocks."""

    kind: Kind
    paragraphs: tuple[Paragraph, ...]
    blocks: tuple[Block, ...]

    @property
    def bullet(self) -> str:
        """The bullet with the space around it, or nothing."""
        return self.paragraphs[0].bullet

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Every citation of the passage, in reading order."""
        return tuple(citation for paragraph in self.paragraphs for citation in paragraph.citations)


@dataclass(frozen=True, slots=True)
class Document:
    """A list cut into passages, and what its file looks like between the lines."""

    passages: tuple[Passage, ...]
    newline: str
    mark: bool
    trailing: int


def parse(data: bytes, *, year: int | None) -> Document:
    """
    Cut a list into its passages.

    Raises:
        ImportErrors: every line that cannot be read, with the reason.
    """
    text, mark = _decode(data)
    body = text.rstrip("\r\n")
    newline, faults = _line_end(text)
    lines = body.split(newline)
    faults += [(1 + n, fault) for n, line in enumerate(lines) if (fault := _fault(line))]
    paragraphs, unreadable = _paragraphs(lines, year)
    faults += unreadable + _repeats(paragraphs)
    last = paragraphs[-1] if paragraphs and paragraphs[-1].number == len(lines) else None
    if _is_cut_short(text, last):
        faults.append(
            (paragraphs[-1].number, "the file ends within a sentence: the rest of it may be missing")
        )
    if not any(_BULLET.match(line) for line in lines):
        faults.append((1, "there is no story here: a story begins with a bullet, such as “• ”"))
    if faults:
        raise ImportErrors(tuple(sorted(set(faults))))
    return Document(_passages(paragraphs), newline, mark, text[len(body) :].count(newline))


def blocks_of(lines: list[str]) -> tuple[Block, ...]:
    """Cut the lines of one story into blocks; the first is without its bullet."""
    paragraphs, _ = _paragraphs(lines, None)
    reader = _Reader()
    for paragraph in paragraphs:
        reader.add(paragraph, reader.role(paragraph))
    return tuple(reader.blocks)


def unreadable(lines: list[str]) -> list[str]:
    """Say what cannot be read in the lines of one story."""
    _, faults = _paragraphs(lines, None)
    return [fault for line in lines if (fault := _fault(line))] + [why for _, why in faults]


def split_bullet(line: str) -> tuple[str, str]:
    """Divide a line into its bullet, if any, and the rest."""
    match = _BULLET.match(line)
    return (match[0], line[match.end() :]) if match else ("", line)


def _decode(data: bytes) -> tuple[str, bool]:
    mark = data.startswith(b"\xef\xbb\xbf")
    try:
        return data[3 if mark else 0 :].decode(), mark
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ImportErrors(((line, "this is not UTF-8 text"),)) from None


def _line_end(text: str) -> tuple[str, list[tuple[int, str]]]:
    """Say how lines end, and where one ends otherwise; a mixed file could not be written out again."""
    ends = [line.endswith("\r") for line in text.split("\n")[:-1]]
    newline = "\r\n" if sum(ends) * 2 > len(ends) else "\n"
    odd = [number for number, has_return in enumerate(ends, 1) if has_return != (newline == "\r\n")]
    return newline, [(number, "the line endings are mixed") for number in odd]


def _is_cut_short(text: str, last: Paragraph | None) -> bool:
    """Say whether the last line breaks off: it has no end of its own, no stop, and tells of a story."""
    if last is None or text.endswith("\n"):
        return False
    if last.text.rstrip().endswith(_WHOLE) or _QUOTE.fullmatch(last.text):
        return False
    return bool(last.bullet) or not (_TURN.fullmatch(last.text) or _ADDRESS.search(last.text))


def _fault(line: str) -> str | None:
    if len(line) > _LONGEST_LINE:
        return f"the line is longer than {_LONGEST_LINE:,} characters"
    if "\ufeff" in line:
        return "a byte order mark stands within the text"
    if "\ufffd" in line:
        return "a character was lost before this file was saved"
    if any(unicodedata.category(letter) == "Cc" and letter != "\t" for letter in line):
        return "there is a control character"
    if _BARE_BULLET.fullmatch(line):
        return "a bullet stands alone"
    if line.count("(") > line.count(")"):
        return "a parenthesis is opened and not closed"
    return None


def _paragraphs(lines: list[str], year: int | None) -> tuple[list[Paragraph], list[tuple[int, str]]]:
    found: list[Paragraph] = []
    faults: list[tuple[int, str]] = []
    gap = 0
    for number, line in enumerate(lines, 1):
        if not line.strip() or _BARE_BULLET.fullmatch(line):
            # An empty line with blanks in it would not come back as it was.
            if line and not line.strip():
                faults.append((number, "an empty line holds blanks"))
            gap += 1
            continue
        if len(line) > _LONGEST_LINE:
            # Its fault is told where every line is looked at.
            continue
        bullet, text = split_bullet(line)
        try:
            found.append(Paragraph(number, text, bullet, gap, find(text, year)))
        except CitationError as error:
            faults.append((number, str(error)))
        gap = 0
    return found, faults


def _repeats(paragraphs: list[Paragraph]) -> list[tuple[int, str]]:
    seen: dict[str, int] = {}
    faults = []
    for paragraph in paragraphs:
        if not paragraph.bullet:
            continue
        first = seen.setdefault(paragraph.text, paragraph.number)
        if first != paragraph.number:
            faults.append((paragraph.number, f"the same story stands in line {first}"))
    return faults


Role = Literal["story", "paragraph", "quote", "turn", "notice"]


@dataclass(slots=True)
class _Reader:
    """The story being read: its blocks so far, and whether it has had its source."""

    paragraphs: list[Paragraph] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    has_source: bool = False
    in_interview: bool = False

    def add(self, paragraph: Paragraph, role: Role) -> None:
        """Take one more line into the story."""
        self.in_interview = role == "turn"
        self.paragraphs.append(paragraph)
        self.blocks.append(_block(paragraph, role))
        self.has_source = self.has_source or bool(paragraph.citations)

    def role(self, paragraph: Paragraph) -> Role:
        """Say what *paragraph* is to the story read so far."""
        if paragraph.bullet or not self.paragraphs:
            return "story"
        if self.in_interview or self.paragraphs[-1].text.rstrip().endswith(":"):
            if _TURN.fullmatch(paragraph.text):
                return "turn"
            if self.in_interview:
                if paragraph.text.startswith(_ELLIPSIS) or not paragraph.citations:
                    return "turn"
                return "paragraph" if _BACK_REFERENCE.match(paragraph.text) else "story"
        if _QUOTE.fullmatch(paragraph.text):
            return "quote"
        if paragraph.citations:
            return "story" if self._is_closed_to(paragraph.text) else "paragraph"
        if self.has_source and _ADDRESS.search(paragraph.text):
            return "notice"
        return "quote" if _FIRST_PERSON.search(_without_quotations(paragraph.text)) else "paragraph"

    def _is_closed_to(self, text: str) -> bool:
        refers_back = _BACK_REFERENCE.match(text) or text.rstrip().endswith(":")
        return self.has_source and not refers_back


def _block(paragraph: Paragraph, role: Role) -> Block:
    pattern = {"quote": _QUOTE, "turn": _TURN}.get(role)
    match = pattern.fullmatch(paragraph.text) if pattern else None
    kind = role if role in ("quote", "turn") else "paragraph"
    if match is None:
        return Block(text=paragraph.text, kind=kind, gap=paragraph.gap)
    # Blanks after a speaker belong to the name, so that the line comes back whole.
    by = paragraph.text[match.start("by") :] if role == "quote" else match["by"]
    return Block(text=match["text"], kind=kind, by=by, joint=match["joint"], gap=paragraph.gap)


def _without_quotations(text: str) -> str:
    return re.sub(r"[‘“\"«][^’”\"»]*[’”\"»]", "", text)


def _passages(paragraphs: list[Paragraph]) -> tuple[Passage, ...]:
    first = next(n for n, paragraph in enumerate(paragraphs) if paragraph.bullet)
    last_source = max((n for n, paragraph in enumerate(paragraphs) if paragraph.citations), default=-1)
    found = [_introduction(one, after) for one, after in pairwise(paragraphs[: first + 1])]
    reader = _Reader()
    for place, paragraph in enumerate(paragraphs[first:], first):
        role = reader.role(paragraph)
        if place > last_source and _is_footer(paragraph, role, reader, paragraphs):
            role = "notice"
        # What stands close below an interview may be its last answer.
        is_apart = role == "paragraph" or (role == "turn" and paragraph.gap > 0)
        if is_apart and place + 1 < len(paragraphs) and _is_heading(paragraph, paragraphs[place + 1]):
            role = "notice"
        if role == "story" and not paragraph.bullet and not paragraph.citations:
            role = "notice"  # without bullet, source or story above it: kept, and not published
        if role in ("story", "notice"):
            found += _closed(reader)
            reader = _Reader()
        if role == "notice":
            found.append(Passage("notice", (paragraph,), (_block(paragraph, role),)))
        else:
            reader.add(paragraph, role)
    return (*found, *_closed(reader))


def _is_footer(paragraph: Paragraph, role: Role, reader: _Reader, whole: list[Paragraph]) -> bool:
    """Say whether a line after the last source of the list is no part of its last story."""
    if paragraph.bullet:
        return False
    if role == "story":
        return True
    if role in ("paragraph", "quote"):
        is_apart = reader.has_source or _is_foreign(paragraph, whole)
        is_quotation = _QUOTE.fullmatch(paragraph.text) or paragraph.text.startswith(_OPENS_A_QUOTATION)
        return is_apart and not is_quotation
    return role == "turn" and _TURN.fullmatch(paragraph.text) is None and _is_foreign(paragraph, whole)


def _is_foreign(paragraph: Paragraph, whole: list[Paragraph]) -> bool:
    """Say whether a line shares hardly a word with the rest: another language, such as a host's footer."""
    words = re.findall(r"\w+", paragraph.text.casefold())
    others = {word for other in whole if other is not paragraph for word in other.text.casefold().split()}
    # Lines of one language share their small words; a fifth is far below what they share.
    return len(words) >= 8 and sum(word in others for word in words) * 5 < len(words)


def _is_heading(paragraph: Paragraph, after: Paragraph) -> bool:
    """Say whether a line is only the heading of the stories that come *after* it."""
    if paragraph.bullet or paragraph.citations or not after.bullet:
        return False
    text = paragraph.text.rstrip()
    is_said = _TURN.fullmatch(text) or _QUOTE.fullmatch(text) or text.startswith(_OPENS_A_QUOTATION)
    return len(text) <= _LONGEST_HEADING and not is_said and not text.endswith(_ENDS_A_SENTENCE)


def _introduction(paragraph: Paragraph, after: Paragraph) -> Passage:
    is_address = not paragraph.citations and _ADDRESS.search(paragraph.text)
    is_notice = is_address or _is_heading(paragraph, after)
    return Passage("notice" if is_notice else "context", (paragraph,), (_block(paragraph, "paragraph"),))


def _closed(reader: _Reader) -> list[Passage]:
    if not reader.paragraphs:
        return []
    return [Passage("story", tuple(reader.paragraphs), tuple(reader.blocks))]
