"""
What can go wrong at the shell, and how it is told.

    ShellError
    ├ SettingsError(what)      the configuration cannot be used
    ├ UsageError(what)         the command line asks for something that cannot be
    ├ NotGreenError            something the doctor looked at is red
    └ RestoreError(what)       the copy cannot be restored here

Every error of the house is printed as one line, ``subrosa: error: …``, made of the first sentence of its
class docstring and, where the class says so, of a ``what`` that never holds anything of a tipster.
"""

from __future__ import annotations


class ShellError(Exception):
    """The command could not be carried out."""

    hint: str | None = None

    def __init__(self, what: str = "", hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        if hint is not None:
            self.hint = hint


class SettingsError(ShellError):
    """The configuration cannot be used"""

    hint = "config.example.toml names every setting with its default"


class UsageError(ShellError):
    """This cannot be asked"""


class NotGreenError(ShellError):
    """Something is red"""


class RestoreError(ShellError):
    """This copy cannot be restored here"""


def sentence(error: BaseException) -> str:
    """Return what a person reads for *error*: its class's sentence and, if it has one, its ``what``."""
    text = (type(error).__doc__ or type(error).__name__).strip().split("\n\n")[0]
    text = " ".join(text.split()).removesuffix(".")
    what = getattr(error, "what", "")
    return f"{text}: {what}" if what else text
