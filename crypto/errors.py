"""What can go wrong in the vault.

CryptoError                      never raised itself
├ MalformedError                 these bytes are not ours (says which part)
├ UnknownVersionError            made by a newer program
├ NotForUsError                  no stanza, or another key; the one that callers branch on
├ TamperedError                  authentication failed; says nothing more
├ WrongPassphraseError           a keyring stayed shut               (keyring.py)
└ PhraseError                    a code phrase could not be read     (phrase.py)
  ├ UnknownWordsError(positions, suggestions)
  ├ WrongCountError(count)
  └ WrongCheckError

An error carries no word, key, id or byte of what was being read: its text is safe to print and to log.
A caller's own mistake (a context with a NUL in it, no recipients) is a ValueError or TypeError instead.
"""

from __future__ import annotations


class CryptoError(Exception):
    """The vault refused."""

    def __str__(self) -> str:
        """Say what was given, or else the first sentence of the class."""
        if self.args:
            return str(self.args[0])
        return (type(self).__doc__ or "").strip().splitlines()[0]


class MalformedError(CryptoError):
    """This is not a file of ours, or it was cut."""


class UnknownVersionError(CryptoError):
    """This was made by a newer version of the program."""


class NotForUsError(CryptoError):
    """This was not sealed to this key."""


class TamperedError(CryptoError):
    """This was changed after it was made, or it belongs elsewhere."""
