"""
What can go wrong at the gate. Every one of them means: no release.

    CaseworkError
    └ GateError                   the check did not happen
      ├ MissingDictionaryError    a model or table is not on this machine
      └ UnsupportedLanguageError  no dictionary for this language or script

No message carries a word of a draft, a narrative or a sealed field.
"""

from __future__ import annotations

from casework.errors import CaseworkError


class GateError(CaseworkError):
    """The draft could not be checked, so it may not be released."""


class MissingDictionaryError(GateError):
    """A dictionary the check needs is not installed on this machine."""


class UnsupportedLanguageError(GateError):
    """There is no dictionary for this language, so the draft cannot be checked."""
