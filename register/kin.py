"""
An entry, the whole it is a part of, and its parts: whether one would go on telling what another tells.

A list may tell one line as a whole and as parts of it, so the words of a part often stand in its whole too.
Taking down the one alone leaves them with the readers.
"""

from __future__ import annotations

from register import public
from register.entry import Entry
from register.proposals import sentences

# In letters. Shorter sentences ("He refused.") stand in many entries without being the same words.
_TELLING = 20


def holds(other: Entry, entry: Entry) -> bool:
    """Tell whether readers of *other* find a sentence there that *entry* tells them."""
    shown = _plain("\n".join(public.texts(other).values()))
    return any(sentence in shown for sentence in _sentences(entry))


def _sentences(entry: Entry) -> set[str]:
    texts = [block.text for blocks in entry.body.values() for block in blocks]
    texts += [quote.text for quote in entry.quotes]
    texts += [text for update in entry.updates for text in update.text.values()]
    found = {_plain(words) for text in texts for _, _, words in sentences(text, ())}
    # A part may be a single name out of its whole.
    return {words for words in found if len(words) >= _TELLING} or found - {""}


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
