"""
The redacted copy of a narrative: every suggestion is replaced, said more coarsely, or left as it was told.

Rules:

* One person or place has one placeholder in all of the narrative, in whatever form it is named.
* What nobody decided about is replaced: only a person's word leaves something as it was told.
* A copy is text of its own. It holds places and what stands there now, never the words it replaced.

What was chosen, and how it is kept, is in :mod:`casework.redaction.marking`, which loads no dictionary.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from casework.redaction import fold, mending, suggest
from casework.redaction.detectors import Detectors
from casework.redaction.marking import ACCEPT, KEEP, RUNG, Mark
from casework.redaction.names import Relations

# What the ladder calls the mend of a suggestion, where it is not called as the suggestion.
_HINTS = {
    kind: kind
    for kind in ("date", "place", "unit", "age", "family", "rank", "post", "name", "nickname", "number")
}
# Characters after a unit's number in which its branch is looked for.
BESIDE = 40
# What belongs to an age and may stand outside of what was found.
_YEARS = re.compile(r"\s(?:лет|год(?:а|у|ом)?|рок(?:и|ів|у)|years?(?: old)?)(?!\w)")
# Shorter words are names of nobody alone.
NAME_LENGTH = 4


def marks(detectors: Detectors, told: Mapping[str, str], lang: str) -> list[Mark]:
    """
    Return what identifies somebody in the messages *told*, by item, in order and apart from each other.

    Raises:
        GateError: nothing can be suggested in *lang*.
    """
    found: list[Mark] = []
    for item, text in told.items():
        for span in suggest.suggest(detectors, text, lang):
            blank = len(text[span.start : span.end]) - len(text[span.start : span.end].lstrip())
            years = _YEARS.match(text, span.end) if span.kind == "age" else None
            end = years.end() if years else span.end
            found.append(Mark(item, span.start + blank, end, span.kind, span.lemma, span.given))
    again = [mark for item, text in told.items() for mark in _named_again(detectors, found, item, text, lang)]
    order = {item: n for n, item in enumerate(told)}
    found = sorted([*found, *again], key=lambda mark: (order[mark.item], mark.start))
    return _same_people(found, detectors.sealer.relations)


def rungs(detectors: Detectors, mark: Mark, told: str, lang: str) -> tuple[str, ...]:
    """Return what may stand instead of a suggestion, the nearest first; an empty text leaves it out."""
    words, after = told[mark.start : mark.end], told[mark.end : mark.end + BESIDE].partition(".")[0]
    return mending.ladder(_HINTS.get(mark.kind, "remove"), words, lang, detectors.lexicon, after)


def redact(text: str, within: Sequence[Mark], choices: Mapping[str, str], names: Mapping[str, str]) -> str:
    """Return *text* with each of the marks *within* as chosen; *names* are their placeholders, by place."""
    written = text
    for mark in sorted(within, key=lambda one: one.start, reverse=True):
        choice = choices.get(mark.place, ACCEPT)
        if choice == KEEP:
            continue
        rung = choice.removeprefix(RUNG) if choice.startswith(RUNG) else names[mark.place]
        written = mending.put(written, mark.start, mark.end, rung)
    # First name and surname may be two suggestions, and are one person.
    return re.sub(r"(\[[^\[\]]{1,40} \d{1,4}\])(?:\s+\1)+", r"\1", written)


def _named_again(
    detectors: Detectors, found: Sequence[Mark], item: str, text: str, lang: str
) -> Iterable[Mark]:
    """Yield names of people known from elsewhere in the narrative, where nothing marks them as names."""
    names = {word for mark in found if mark.kind == "name" for word in (mark.whom, mark.given)}
    taken = [(mark.start, mark.end) for mark in found if mark.item == item]
    page = detectors.read(text, lang)
    for token, lemma in zip(page.tokens, page.lemmas, strict=True):
        if lemma not in names or len(lemma) < NAME_LENGTH:
            continue
        is_marked = token.is_capital or not page.lexicon.is_ordinary(token.text, lang)
        if is_marked and not any(start < token.end and token.start < end for start, end in taken):
            given = lemma if lemma in page.lexicon.given_names else ""
            yield Mark(item, token.start, token.end, "name", lemma, given)


def _same_people(found: Sequence[Mark], relations: Relations) -> list[Mark]:
    """Let every name of one person name the same one: surname, given name or short form, in any case."""
    people: list[tuple[str, set[str]]] = []
    for mark in found:
        if mark.kind == "name" and mark.given and mark.given != mark.whom:
            _known(people, mark.whom, _forms(relations, mark.given))
    return [_of_person(mark, people, relations) if mark.kind == "name" else mark for mark in found]


def _known(people: list[tuple[str, set[str]]], surname: str, forms: set[str]) -> None:
    for known, givens in people:
        if known == surname and givens & forms:
            givens |= forms
            return
    people.append((surname, set(forms)))


def _of_person(mark: Mark, people: Sequence[tuple[str, set[str]]], relations: Relations) -> Mark:
    forms = _forms(relations, mark.given) if mark.given else set()
    may_be = [
        number
        for number, (surname, givens) in enumerate(people)
        if (mark.whom in (surname, mark.given)) and (not forms or forms & givens)
    ]
    # Whose name it is when two share it nobody can say: such a one stands by itself.
    return replace(mark, whom=f"person {may_be[0]}") if len(may_be) == 1 else mark


def _forms(relations: Relations, given: str) -> set[str]:
    return {fold.cyrillic(name) for name in relations.kin_of(given)}
