"""Running text as HTML: citations link to the list of sources, follow-ups get anchors, glosses step back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from markupsafe import Markup, escape

# A gloss in square brackets is the editors', not the speaker's.
_GLOSS = re.compile(r"\[[^\[\]<>]{1,400}\]")


def render(text: str, *, citations: Mapping[str, str], anchors: Mapping[str, str]) -> Markup:
    """
    Escape *text* and mark what is known of it.

    *citations* gives for a citation as it is written the anchor of its source; *anchors* gives for the
    words of a follow-up its own.
    """
    marked = str(escape(text.strip()))
    marked = _GLOSS.sub(lambda gloss: f'<span class="gloss">{gloss[0]}</span>', marked)
    marked = _linked(marked, citations)
    for words, anchor in anchors.items():
        # The words are marked the same way first, so that they are found in marked text.
        inner = _linked(
            _GLOSS.sub(lambda gloss: f'<span class="gloss">{gloss[0]}</span>', str(escape(words.strip()))),
            citations,
        )
        marked = marked.replace(inner, f'<span class="followed" id="{escape(anchor)}">{inner}</span>', 1)
    return Markup(marked)  # noqa: S704 - every part was escaped above


def _linked(marked: str, citations: Mapping[str, str]) -> str:
    written = {str(escape(words)): anchor for words, anchor in citations.items() if words}
    if not written:
        return marked
    pattern = re.compile("|".join(re.escape(words) for words in _longest_first(written)))
    return pattern.sub(
        lambda match: f'<a class="cite" href="#{escape(written[match[0]])}">{match[0]}</a>', marked
    )


def _longest_first(words: Iterable[str]) -> list[str]:
    return sorted(words, key=lambda word: (-len(word), word))


def snippet(text: str, length: int) -> str:
    """Cut *text* at a word near *length* letters."""
    plain = " ".join(text.split())
    if len(plain) <= length:
        return plain
    return plain[:length].rsplit(" ", 1)[0].rstrip(" ,;:—–(") + "…"
