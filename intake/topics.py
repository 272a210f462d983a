"""
What may be answered with a button, and what people type instead: lists in ``intake/topics``, dated, not code.

Rules:
* A typed answer is one only when nothing else is said in it: whatever is left over makes it a message. Of a
  short one it is still noted which answer it names, where it names exactly one and denies nothing.
* Endings are not compared ("в Свердловской области", "Свердловская"), and a name two places share is none.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("topics")

# In the order they are asked: what tells a lawyer most comes first, for people stop half-way.
QUESTIONS = ("relation", "topic", "knows", "contact", "service", "branch", "region")
# Asked only of who writes about somebody else.
OF_ANOTHER = ("knows", "contact")
# Questions whose answers a message may name in passing. Who is meant by "brother", or by "no", it may not.
HINTED = ("topic", "service", "branch", "region")
# Longer than any answer; a story is longer still.
ANSWER_LENGTH = 60

_ENDING = re.compile(
    "(?:ыми|ими|ого|ому|ему|его|ами|ями|ая|яя|ое|ее|ой|ей|ий|ый|ую|юю|ом|ем|ым|им|ых|их|ам|ям|ах|ях"
    "|иях|ией|ия|ии|ию|ією|ія|ію|ьою|ою|ьої|ої|ій|ії|а|я|о|е|у|ю|ы|и|ь|й|і|ї)$"
)
# Short kinds of regions, and words whose endings mislead ("другое" is no friend).
_INSTEAD = {
    "другое": "иное",
    "обл": "область",
    "респ": "республика",
    "края": "край",
    "краю": "край",
    "крае": "край",
}
_DENIALS = frozenset({"не", "нет", "ни", "без", "ні", "немає", "not", "no", "never", "without"})
_SKIPS = frozenset({"пропустить", "пропустити", "дальше", "далі", "не знаю", "skip", "next", "i do not know"})


@dataclass(frozen=True)
class Choice:
    """One answer. *sheet* is the word for it on a cover sheet, *law* what it rests on and as of when."""

    code: str
    sheet: str
    labels: Mapping[str, str]
    words: tuple[str, ...]
    law: str | None = None
    law_as_of: date | None = None
    of: tuple[str, ...] = ()  # whoever names exactly these other answers means this one


@cache
def load(question: str) -> tuple[Choice, ...]:
    """Return the answers to *question*, in their order; for ``region`` those that are only typed."""
    if question == "region":
        return _subjects()
    with (FOLDER / f"{question}.toml").open("rb") as source:
        data = tomllib.load(source)
    return tuple(
        Choice(
            code=one["code"],
            sheet=one.get("sheet", one["code"]),
            labels=one["label"],
            words=tuple(one["words"]),
            law=one.get("law"),
            law_as_of=one.get("law_as_of"),
            of=tuple(one.get("of", ())),
        )
        for one in data["choice"]
    )


def find(question: str, code: str) -> Choice | None:
    """Return the answer with *code*."""
    return next((one for one in load(question) if one.code == code), None)


def label(question: str, code: str, language: str) -> str:
    """
    Return what stands on the button of an answer.

    Raises:
        KeyError: there is no such answer.
    """
    choice = find(question, code)
    if choice is None:
        raise KeyError(code)
    return choice.labels.get(language) or choice.labels["ru"]


def understand(question: str, text: str) -> Choice | None:
    """Return the answer *text* is, and none when it says anything else, or more, or two things."""
    if len(text) > ANSWER_LENGTH or "?" in text:
        return None
    said = _stems(text)
    names = _names(question)
    spans = [
        (start, end, names[said[start:end]])
        for start in range(len(said))
        for end in range(start + 1, len(said) + 1)
        if said[start:end] in names
    ]
    longest = [span for span in spans if not any(_holds(other, span) for other in spans)]
    covered = {place for start, end, _code in longest for place in range(start, end)}
    rest = {word for place, word in enumerate(said) if place not in covered}
    codes = {code for _start, _end, code in longest}
    if len(codes) > 1:
        codes = {one.code for one in load(question) if set(one.of) == codes}
    return find(question, codes.pop()) if len(codes) == 1 and rest <= _filler_stems() else None


def hint(question: str, text: str) -> Choice | None:
    """Return the one answer a short message names among other words; none where it says "not" of anything."""
    said = _stems(text)
    if len(text) > ANSWER_LENGTH or "?" in text or question not in HINTED:
        return None
    there, names = set(said), _names(question)
    found = [name for name in names if set(name) <= there and name not in _vague()]
    longest = [name for name in found if not any(set(name) < set(other) for other in found)]
    denied = there & _DENIALS - {stem for name in longest for stem in name}
    codes = {names[name] for name in longest}
    return find(question, codes.pop()) if len(codes) == 1 and not denied else None


def is_skip(text: str) -> bool:
    """Tell whether somebody typed that they would rather not say."""
    return " ".join(_words(text)) in _SKIPS


def _holds(longer: tuple[int, int, str], span: tuple[int, int, str]) -> bool:
    """Tell whether *span* is only a part of *longer*: "Алтай" of "Алтайский край"."""
    return longer[0] <= span[0] and span[1] <= longer[1] and longer[:2] != span[:2]


@cache
def _names(question: str) -> dict[tuple[str, ...], str]:
    """Return every name of an answer by its stems; one that two answers share leads to neither."""
    choices = load(question)
    whole = _unshared((name, one) for one in choices for name in (*one.labels.values(), *one.words))
    return _unshared((name, one) for one in choices for name in _short(one.words)) | whole


def _unshared(named: Iterable[tuple[str, Choice]]) -> dict[tuple[str, ...], str]:
    pairs = {(stems, choice.code) for name, choice in named if (stems := _stems(name))}
    shared = Counter(stems for stems, _code in pairs)
    return {stems: code for stems, code in pairs if shared[stems] == 1}


def _short(names: Iterable[str]) -> Iterable[str]:
    """Yield "Свердловская" for "Свердловская область", as people say it."""
    for name in names:
        first, _, kind = name.partition(" ")
        if kind.lower() in ("область", "край", "республика", "республіка", "region", "oblast", "krai"):
            yield first


@cache
def _filler_stems() -> frozenset[str]:
    """Return what is said around an answer, and is no part of it."""
    said = (FOLDER / "around.txt").read_text(encoding="utf-8")
    return frozenset(_stem(word) for word in said.split())


@cache
def _vague() -> frozenset[tuple[str, ...]]:
    """Return the words that name an answer alone, and in a sentence may mean anything."""
    said = (FOLDER / "vague.txt").read_text(encoding="utf-8")
    return frozenset((_stem(word),) for word in said.split())


def _stems(text: str) -> tuple[str, ...]:
    return tuple(_stem(word) for word in _words(text))


def _words(text: str) -> list[str]:
    words = re.findall(r"[^\W_]+(?:['’][^\W_]+)?", text.lower().replace("ё", "е"))
    return [_INSTEAD.get(word, word) for word in words]


def _stem(word: str) -> str:
    bare = _ENDING.sub("", word)
    return bare if len(bare) >= 2 else word


def _subjects() -> tuple[Choice, ...]:
    lines = (FOLDER / "subjects.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return tuple(
        Choice(code, code, {"ru": words.split("|")[0]}, tuple(words.split("|")))
        for code, words in rows
        if code != "code"
    )
