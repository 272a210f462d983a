"""
What can go wrong at the shell, and how it is told.

    ShellError
    ├ SettingsError(what)      the configuration cannot be used
    ├ UsageError(what)         the command line asks for something that cannot be
    ├ NoHouseError             there is no database where the settings say
    ├ UnreadableError          the database is there and cannot be read
    ├ SilentError              the database does not answer
    ├ MediumAwayError          the second medium is not there
    ├ PortError(what)          the desk cannot listen where the settings say
    ├ NotGreenError            something the doctor looked at is red
    └ RestoreError(what)       the copy cannot be restored here

Every error of the house is printed as one line, ``subrosa: error: …``, made of the first sentence of its
class docstring and, where the class says so, of a ``what`` that never holds anything of a tipster.
"""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError


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


def plain(error: BaseException) -> BaseException:
    """Return our own word for an error of the database's driver; any other comes back as it is."""
    if not isinstance(error, DBAPIError):
        return error
    return UnreadableError() if type(error.orig).__module__ == "sqlite3" else SilentError()


def sentence(error: BaseException) -> str:
    """Return what a person reads for *error*: its class's sentence and, if it has one, its ``what``."""
    text = (type(error).__doc__ or type(error).__name__).strip().split("\n\n")[0]
    text = " ".join(text.split()).removesuffix(".")
    what = getattr(error, "what", "")
    return f"{text}: {what}" if what else text
