"""
Texts that ask instead of telling: a phone book put into a draft to see which of its lines the gate blocks.

Such a text is blocked as a whole and held against no card, so the answer says nothing about anybody.
"""

from __future__ import annotations

from casework.redaction import fold
from casework.redaction.matching import Context
from casework.redaction.page import Page

# More than any entry of the register has, quotations and all.
MOST_PEOPLE = 40
MOST_NUMBERS = 25
_LONG = 6  # digits; shorter ones are years, counts and articles of law


def is_list(page: Page, context: Context) -> bool:
    """Say whether *page* names more people, or more long numbers, than a story does."""
    public = context.public | context.listed | context.regions
    found = {i for person in page.people for i in range(person.first, person.last + 1)}
    found |= {i for i in range(len(page.tokens)) if _may_name(page, i)}
    named = {page.tokens[i].key for i in found - public if not _is_word(page, i)}
    numbers = {min(run.readings) for run in page.runs if len(min(run.readings)) >= _LONG}
    return len(named) > MOST_PEOPLE or len(numbers) > MOST_NUMBERS


def _may_name(page: Page, index: int) -> bool:
    """Say whether the word may be a name: a capital inside a sentence, or a word no dictionary has."""
    token = page.tokens[index]
    if token.is_number or len(token.text) < 3:
        return False
    is_written_so = token.is_capital and not token.is_first
    return is_written_so or (fold.is_cyrillic(token.text) and not page.lexicon.is_known(token.text))


def _is_word(page: Page, index: int) -> bool:
    word = page.tokens[index].text
    return word.lower() in page.lexicon.english or (
        fold.is_cyrillic(word) and page.lexicon.is_ordinary(word, page.lang)
    )
