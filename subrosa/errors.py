"""
What can go wrong at the shell, and how it is told.

    ShellError
    ├ SettingsError(what)      the configuration cannot be used
    ├ UsageError(what)         the command line asks for something that cannot be
    ├ NoHouseError             there is no database where the settings say
    ├ UnreadableError          the database is there and cannot be read
    ├ SilentError              the database does not answer
    ├ KeysAwayError(what)      a key of the hub, or what it remembers, is not there
    ├ NoCaseError              nothing is erased, because no case has this id
    ├ MediumAwayError          the second medium is not there
    ├ PortError(what)          the desk cannot listen where the settings say
    ├ NotGreenError            something the doctor looked at is red
    └ RestoreError(what)       the copy cannot be restored here
      └ UnsealedError(cases)   the clear list alone calls cases erased that the copy holds

Every error of the house is printed as one line, ``subrosa: error: …``, made of the first sentence of its
class docstring and, where the class says so, of a ``what`` that never holds anything of a tipster.
"""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from casework.errors import KeyMissingError


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
    """This cannot be done"""


class NoHouseError(ShellError):
    """There is no house at this place: its database is not there"""

    hint = "look at database.url, or make a house with `subrosa init DIR`"


class UnreadableError(ShellError):
    """The database cannot be read"""

    hint = (
        "look at database.url and who may read it; where the file is damaged: stop the hub; subrosa restore"
    )


class SilentError(ShellError):
    """The database does not answer"""

    hint = "is PostgreSQL running? look at database.url"


class KeysAwayError(ShellError):
    """A key of the hub, or what it remembers, is missing or damaged"""

    hint = "look at hub.state_dir; subrosa doctor names what is missing, subrosa restore brings it back"


class NoCaseError(ShellError):
    """No case has this id: mistyped, or erased already"""

    hint = "the address of a case's page at a desk ends in its id"


class MediumAwayError(ShellError):
    """The second medium is not there"""

    hint = "mount it, or set escrow.medium"


class PortError(ShellError):
    """The desk cannot listen there"""

    hint = "is another desk running? look at desk.host and desk.port"


class NotGreenError(ShellError):
    """Something is red"""


class RestoreError(ShellError):
    """This copy cannot be restored here"""


class UnsealedError(RestoreError):
    """The medium's list calls cases erased that the list sealed with the keys does not name"""

    hint = (
        "ask who may know; then add --unsealed erase or --unsealed keep"
        " (docs/operations.md, Restore drill); on a house that runs: subrosa backup"
    )

    def __init__(self, cases: list[bytes]) -> None:
        super().__init__(str(len(cases)))
        self.cases = cases


def plain(error: BaseException) -> BaseException:
    """Return the shell's word for a missing key or an error of the database's driver; else as it is."""
    if isinstance(error, KeyMissingError):
        return KeysAwayError(str(error))
    if not isinstance(error, DBAPIError):
        return error
    return UnreadableError() if type(error.orig).__module__ == "sqlite3" else SilentError()


def sentence(error: BaseException) -> str:
    """Return what a person reads for *error*: its class's sentence and, if it has one, its ``what``."""
    text = (type(error).__doc__ or type(error).__name__).strip().split("\n\n")[0]
    text = " ".join(text.split()).removesuffix(".")
    what = getattr(error, "what", "")
    return f"{text}: {what}" if what else text
