"""
What can go wrong at the Telegram door. The class docstring is the sentence a person reads.

    BotError
    ├ SecondHubError      another hub serves this house
    ├ TokenMissingError   no token, or not the form of one
    ├ TokenRefusedError   Telegram does not know the token (any more)
    ├ ChannelError        the public channel cannot be brought up to date
    └ UnreadableError     an update that cannot be read; says nothing more
"""

from __future__ import annotations


class BotError(Exception):
    """Something at the Telegram door could not be done."""

    def __str__(self) -> str:
        """Say the sentence of the class: nothing that came in is ever part of it."""
        return (type(self).__doc__ or "").strip()


class SecondHubError(BotError):
    """Another hub already serves this house. Stop it first."""


class TokenMissingError(BotError):
    """The file named by telegram.token_file is missing or holds no bot token."""


class TokenRefusedError(BotError):
    """Telegram refuses the bot token. Get a new one from BotFather; nothing received is lost."""


class ChannelError(BotError):
    """The channel cannot be kept: its bot must be an administrator there, and never the tipsters' bot."""


class UnreadableError(BotError):
    """An update could not be read."""
