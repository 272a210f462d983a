"""
The three calls to Telegram that a channel needs, made by a bot of its own.

They run in a tick's thread, one after another, so a plain HTTP client is enough. No error carries an address:
it holds the token.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from bot.errors import ChannelError
from bot.send import REFUSED, TOKEN_PAUSE, GivenUpError, LaterError, PausedError
from bot.telegram import read_token

# Seconds to wait for Telegram where it does not say how long.
_SLOWED = 30.0


class MissingError(Exception):
    """There is no such post any more."""


class FixedPostError(Exception):
    """Telegram does not let this post be deleted or changed."""


def read_own_token(path: Path, *others: Path) -> str:
    """
    Read the token of the publishing bot.

    Raises:
        TokenMissingError: there is no file, or no token in it.
        ChannelError: it is a bot of the tipsters', which must never be seen to publish.
    """
    token = read_token(path)
    if token.partition(":")[0] in [read_token(one).partition(":")[0] for one in others]:
        raise ChannelError
    return token


class ChannelCalls:
    """One channel, seen by one bot."""

    def __init__(self, client: httpx.Client, api_base_url: str, token: str, channel: str) -> None:
        self._client = client
        self._address = f"{api_base_url.rstrip('/')}/bot{token}"
        self._channel = channel

    def __repr__(self) -> str:
        """Hide the token."""
        return "<ChannelCalls>"

    def post(self, text: str) -> int:
        """Put a new post, silently, and return its number."""
        sent = self._call("sendMessage", text=text, disable_notification=True, **_PLAIN)
        try:
            return int(sent["message_id"])
        except (KeyError, TypeError, ValueError):
            raise LaterError from None

    def edit(self, message: int, text: str) -> None:
        """
        Give a post other words; the same words again change nothing.

        Raises:
            MissingError: it is not there any more.
            FixedPostError: Telegram does not allow it.
        """
        self._call("editMessageText", message_id=message, text=text, **_PLAIN)

    def delete(self, message: int) -> None:
        """
        Take a post away.

        Raises:
            MissingError: it is not there any more.
            FixedPostError: Telegram does not allow it.
        """
        self._call("deleteMessage", message_id=message)

    def _call(self, method: str, **body: Any) -> Any:
        try:
            answer = self._client.post(f"{self._address}/{method}", json={"chat_id": self._channel, **body})
            told = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            raise LaterError from None
        if not isinstance(told, dict):
            raise LaterError
        if told.get("ok") is True:
            return told.get("result")
        return _refused(told)


# No preview: it would have Telegram's servers fetch the page, and every reader's client show a picture of it.
_PLAIN = {"link_preview_options": {"is_disabled": True}}


def _refused(told: dict[str, Any]) -> None:
    """Say what a refusal means; return where it means that nothing had to be done."""
    code, why = told.get("error_code"), str(told.get("description", "")).lower()
    if code == 429:
        parameters = told.get("parameters")
        wait = parameters.get("retry_after") if isinstance(parameters, dict) else None
        raise PausedError(float(wait) if isinstance(wait, int | float) else _SLOWED, "slowed")
    if code in (401, 403, 404) or "chat not found" in why or "not enough rights" in why:
        raise PausedError(TOKEN_PAUSE, "channel_refused")
    if code != 400:
        raise LaterError
    if "not modified" in why:
        return
    if "not found" in why or "message_id_invalid" in why:
        raise MissingError
    if "can't be deleted" in why or "can't be edited" in why:
        raise FixedPostError
    raise GivenUpError(REFUSED)
