"""
The source's own words in a draft: runs of shared lemmas, near copies, and direct speech.

The thresholds are measured: two independent texts in Russian never shared six lemmas in a row, two English
ones never nine. Stock formulas of law and of the register are cut out first.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from casework.redaction import fold
from casework.redaction.page import Page

BLOCK_RUN = 9
WARN_RUN = {"ru": 6, "uk": 6, "en": 7}
_SHINGLE = 4
_SHINGLES_TO_WARN = 2  # one shared four-lemma phrase is idiom, two are memory
_QUOTE_WORDS = 5
# So many longer words of a sentence, and so great a part of them, stand in one sentence of the narrative.
_SAME_WORDS = 5
_SAME_SHARE = 0.6

_PRONOUNS = frozenset(
    fold.table(
        "я мы ты вы он она они оно мой наш твой ваш его ее их свой себя ми ти ви вин вона вони воно мий "
        "ий йего i we you he she they it my our your his her their me us him them myself himself"
    )
)
# Formulas of law and of the register, as comparison keys of lemmas; sharing one says nothing.
_STOCK = (
    "отказ от участие в специалний военний операция",
    "уголовний дело по статя",
    "уголовний кодекс росийский федерация",
    "министерство оборона росийский федерация",
    "самоволний оставление част",
    "неисполнение приказ в период мобилизация",
    "указ президент о частичний мобилизация",
    "в период частичний мобилизация",
    "расторжение контракт о прохождение военний служба",
    "контракт о прохождение военний служба",
    "refuse to take part in the war in ukraine",
    "refuse to participate in the military action",
    "report on refusal to participate",
    "the ministry of defense of the russian federation",
)
_QUOTE = re.compile(r"[«“\"„‘]([^«»“”\"„]{12,600})[»”\"’]")


# What stands in quotes after these is a title.
_TITLE_BEFORE = re.compile(
    r"(?:закон|указ|постановлени|приказ|наказ|проект|программ|фильм|книг|роман|статт|стать|act|law|film|book)"
    r"[а-яёіїє]{0,4}\s+$",
    re.I,
)


@dataclass(frozen=True)
class Copied:
    """Tokens ``first``..``last`` of the draft repeat the narrative; *is_exact* unless pronouns changed."""

    first: int
    last: int
    length: int
    is_exact: bool


def copied_runs(draft: Page, source: Page, known: Iterable[Page] = ()) -> list[Copied]:
    """Return the runs of the draft that repeat *source* beyond chance, texts already *known* aside."""
    mine, theirs = draft.lemmas, source.lemmas
    stock = _stock_positions(mine, known)
    found = [Copied(a, b, n, True) for a, b, n in _runs(mine, theirs, WARN_RUN[draft.lang], stock)]
    folded = [_same_person(w) for w in mine], [_same_person(w) for w in theirs]
    for a, b, n in _runs(*folded, WARN_RUN[draft.lang], stock):
        if not any(f.first <= a and b <= f.last for f in found):
            found.append(Copied(a, b, n, False))
    return found or _shingles(*folded, stock) or _reordered(draft, source, stock)


def _same_person(lemma: str) -> str:
    return "@" if lemma in _PRONOUNS else lemma


def _runs(mine: list[str], theirs: list[str], least: int, stock: set[int]) -> list[tuple[int, int, int]]:
    """Return maximal common runs of at least *least* lemmas as ``(first, last, length without stock)``."""
    where: dict[tuple[str, ...], list[int]] = {}
    for i, shingle in enumerate(_shingled(theirs)):
        where.setdefault(shingle, []).append(i)
    found: list[tuple[int, int, int]] = []
    shingles = list(_shingled(mine))
    if where.keys().isdisjoint(shingles):
        return found
    i = 0
    while i <= len(mine) - _SHINGLE:
        best = 0
        for j in where.get(shingles[i], ())[:50]:
            length = _SHINGLE
            while (
                i + length < len(mine) and j + length < len(theirs) and mine[i + length] == theirs[j + length]
            ):
                length += 1
            best = max(best, length)
        telling = sum(k not in stock for k in range(i, i + best))
        if best and telling >= least:
            found.append((i, i + best - 1, telling))
        i += best or 1
    return found


def _shingled(lemmas: list[str]) -> Iterable[tuple[str, ...]]:
    """Return every four neighbouring lemmas."""
    return zip(*(lemmas[n:] for n in range(_SHINGLE)), strict=False)


def _stock_positions(mine: list[str], known: Iterable[Page]) -> set[int]:
    """Return the positions of the draft that repeat a legal formula or a text already public."""
    positions: set[int] = set()
    texts = [formula.split() for formula in _STOCK] + [page.lemmas for page in known]
    for text in texts:
        for first, last, _ in _runs(mine, text, min(_SHINGLE, len(text)), set()):
            positions.update(range(first, last + 1))
    return positions


def _shingles(mine: list[str], theirs: list[str], stock: set[int]) -> list[Copied]:
    """Return one near copy where several rare four-lemma phrases are shared close together."""
    common = Counter(theirs)
    other = {tuple(theirs[i : i + _SHINGLE]) for i in range(len(theirs) - _SHINGLE + 1)}
    hits = [
        i
        for i in range(len(mine) - _SHINGLE + 1)
        if tuple(mine[i : i + _SHINGLE]) in other
        and i not in stock
        and sum(len(w) > 3 and common[w] < 4 for w in mine[i : i + _SHINGLE]) >= 2
    ]
    apart = [i for n, i in enumerate(hits) if n == 0 or i - hits[n - 1] >= 1]
    if len(apart) < _SHINGLES_TO_WARN or apart[-1] - apart[0] > 30:
        return []
    return [Copied(apart[0], apart[-1] + _SHINGLE - 1, len(apart) + _SHINGLE - 1, False)]


def _reordered(draft: Page, source: Page, stock: set[int]) -> list[Copied]:
    """Return the sentences of the draft that are made of the words of one sentence, in another order."""
    told = [set(words.values()) for words in _telling(source, set()).values()]
    found = []
    for words in _telling(draft, stock).values():
        mine = set(words.values())
        shared = max((len(mine & theirs) for theirs in told), default=0)
        if shared >= _SAME_WORDS and shared >= _SAME_SHARE * len(mine):
            found.append(Copied(min(words), max(words), shared, False))
    return found


def _telling(page: Page, stock: set[int]) -> dict[int, dict[int, str]]:
    """Return, sentence by sentence, the longer lemmas of *page* at their positions."""
    sentences: dict[int, dict[int, str]] = {}
    for index, lemma in enumerate(page.lemmas):
        if len(lemma) > 3 and index not in stock:
            sentences.setdefault(page.tokens[index].sentence, {})[index] = lemma
    return sentences


def quotations(page: Page) -> list[tuple[int, int]]:
    """Return where *page* quotes speech of five words or more, in offsets of the given text."""
    return [
        page.span(m.start(), m.end())
        for m in _QUOTE.finditer(page.text)
        if len(m[1].split()) >= _QUOTE_WORDS
        and not _TITLE_BEFORE.search(page.text, max(0, m.start() - 30), m.start())
    ]
