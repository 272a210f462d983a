"""
The Telegram library, dressed for this house: built in one place, silent about the token.

``request`` and ``updates_request`` let a caller put its own transport under every outgoing call.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from aiolimiter import AsyncLimiter
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import BaseRequest, HTTPXRequest

from bot import raw
from bot.errors import TokenMissingError
from casework.spill import PART, Spill

# Telegram gives bots files up to here.
FILE_LIMIT = 20 * 1024 * 1024
# Connections: senders and deletions, of which the library's pool scans all at every call; and downloads.
POOL, FILES_POOL = 16, 3
# What a download is read in.
PIECE = 64 * 1024
# Updates that Telegram gives at once, at most.
BATCH = 100
# Seconds Telegram may hold getUpdates open; it allows 50, proxies often cut at 30.
HOLD = 25
# Seconds beyond that until a connection counts as dead.
GRACE = 10
# Messages per second over all chats; Telegram's own limit is about 30.
RATE = 28
# Calls that delete a second, each for up to a hundred messages of one chat; Telegram names no limit for them.
DELETIONS = 10
DELETING = ("deleteMessage", "deleteMessages")

_TOKEN = re.compile(r"[1-9][0-9]{0,19}:[A-Za-z0-9_-]{5,60}\Z")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the Bot API is and how to get there."""

    api_base_url: str = "https://api.telegram.org"
    proxy: str | None = None


class TooLargeError(TelegramError):
    """Telegram does not give this file to bots."""

    def __init__(self) -> None:
        super().__init__("file too large")


class Limiter(AIORateLimiter):
    """Holds messages below Telegram's rate, and deletions apart from them: they must not use up its room."""

    def __init__(self) -> None:
        super().__init__(overall_max_rate=RATE, overall_time_period=1)
        self._deletions = AsyncLimiter(DELETIONS, 1)

    async def process_request(self, *told: Any, **named: Any) -> Any:
        """Carry out one call when it is its turn."""
        if named.get("endpoint") not in DELETING:
            return await super().process_request(*told, **named)
        async with self._deletions:
            return await named["callback"](*named["args"], **named["kwargs"])


class Door(ExtBot[int]):
    """The library's bot with the two calls it does not offer as we need them."""

    def __repr__(self) -> str:
        """Hide the token, which the library's own repr shows."""
        return "<Door>"

    @property
    def number(self) -> int:
        """Return the number that stays with this bot whatever its token."""
        return door_number(self.token)

    async def updates(self, offset: int) -> list[dict[str, Any]]:
        """
        Ask for updates from *offset* on, as Telegram sends them: an odd one must not hide the others.

        Raises:
            TelegramError: there is no answer, or none that is a list.
        """
        answer = await self._post(
            "getUpdates",
            {"offset": offset, "limit": BATCH, "timeout": HOLD, "allowed_updates": list(raw.KINDS)},
            read_timeout=HOLD + GRACE,
        )
        if not isinstance(answer, list):
            raise TelegramError("not a list")
        return [update for update in answer if isinstance(update, dict)]

    async def fetch(self, file_id: str, folder: Path, within: float) -> bytes | Spill:
        """
        Bring a file in, a longer one part by part into a spill in *folder*, within so many seconds.

        Raises:
            TooLargeError: Telegram refuses files of this size.
            BadRequest: Telegram knows no such file.
            TelegramError: it could not be had now, or not all of it.
            OSError: there is no room for it.
        """
        try:
            found = await self.get_file(file_id)
        except BadRequest as error:
            if "too big" in error.message.lower():
                raise TooLargeError from None
            raise
        if (found.file_size or 0) > FILE_LIMIT:
            raise TooLargeError
        request = self.request
        if not isinstance(request, Transport) or not found.file_path:
            raise TelegramError("no way to it")
        try:
            async with asyncio.timeout(within):
                return await request.download(found.file_path, found.file_size, folder)
        except TimeoutError:
            raise NetworkError("too slow") from None


class Transport(HTTPXRequest):
    """
    The library's HTTP client, which takes answers whole, and one of our own for files, which come in parts.

    Both go the same way out. The environment's proxies are not asked: the way out is a setting.
    """

    def __init__(
        self, connections: int, proxy: str | None, downloads: httpx.AsyncClient | None = None
    ) -> None:
        super().__init__(
            connection_pool_size=connections,
            connect_timeout=10,
            read_timeout=20,
            write_timeout=20,
            media_write_timeout=120,
            pool_timeout=30,
            proxy=proxy,
            httpx_kwargs={"trust_env": False},
        )
        self._way_out = proxy
        self._downloads = downloads

    async def shutdown(self) -> None:
        """Close every connection."""
        if self._downloads is not None:
            await self._downloads.aclose()
            self._downloads = None
        await super().shutdown()

    def _files(self) -> httpx.AsyncClient:
        """Return the client for files; most hubs need none for hours, so it is made when one does."""
        if self._downloads is None:
            self._downloads = httpx.AsyncClient(
                proxy=self._way_out,
                trust_env=False,
                timeout=httpx.Timeout(60, connect=10),
                limits=httpx.Limits(max_connections=FILES_POOL),
            )
        return self._downloads

    async def download(self, address: str, size: int | None, folder: Path) -> bytes | Spill:
        """
        Fetch what lies at *address*: one part in memory, more of them in a spill.

        Raises:
            TooLargeError: it is longer than Telegram gives bots.
            NetworkError: it ended early, or did not begin.
            OSError: there is no room for it.
        """
        first, spill = bytearray(), None
        try:
            async with self._files().stream("GET", address) as answer:
                if answer.status_code != httpx.codes.OK:
                    raise NetworkError("refused")
                async for piece in answer.aiter_bytes(PIECE):
                    if spill is None and len(first) + len(piece) <= PART:
                        first += piece
                        continue
                    if spill is None:
                        spill = Spill(folder)
                        spill.write(bytes(first))
                    await asyncio.to_thread(spill.write, piece)
                    if len(spill) > FILE_LIMIT:
                        raise TooLargeError
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NetworkError(type(error).__name__) from None
        come = bytes(first) if spill is None else spill
        if size and len(come) != size:
            raise NetworkError("cut short")
        if isinstance(come, Spill):
            await asyncio.to_thread(come.end)
        return come


def door_number(token: str) -> int:
    """Return the number of the bot with this token: 30 bits, drawn from its id."""
    bot_id = token.partition(":")[0]
    return int.from_bytes(hashlib.sha256(bot_id.encode()).digest()[:4], "big") >> 2


def read_token(path: Path) -> str:
    """
    Read the bot token from its file.

    Raises:
        TokenMissingError: there is no file, or no token in it.
    """
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        raise TokenMissingError from None
    if not _TOKEN.match(token):
        raise TokenMissingError
    return token


def build(
    token: str,
    endpoint: Endpoint,
    request: BaseRequest | None = None,
    updates_request: BaseRequest | None = None,
) -> Door:
    """Build the bot; nothing is sent yet."""
    # The library's opt-in to spans of time; without it every "slow down" also prints a warning.
    os.environ["PTB_TIMEDELTA"] = "1"
    base = endpoint.api_base_url.rstrip("/")
    return Door(
        token,
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=request or transport(endpoint, POOL),
        get_updates_request=updates_request or transport(endpoint, 1),
        rate_limiter=Limiter(),
    )


def transport(endpoint: Endpoint, connections: int) -> Transport:
    """Make one HTTP client."""
    return Transport(connections, endpoint.proxy)


def seconds(error: RetryAfter) -> float:
    """Return how long Telegram asks us to wait."""
    wait = error.retry_after
    return float(wait) if isinstance(wait, int) else wait.total_seconds()


async def close(bot: Door) -> None:
    """Close the connections of *bot*."""
    for request in bot._request:  # noqa: SLF001  the library closes them only after getMe succeeded
        await request.shutdown()
