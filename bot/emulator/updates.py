"""
One bot's queue of updates, and the long poll that empties it.

The rules are those of the official server:

* an ``offset`` above zero confirms and forgets every update below it; zero reads
  from the head; minus *n* keeps the last *n* and forgets the rest;
* a poll that finds nothing parks; a second poll that must park too ends the first
  with 409, at once or, if a conflict was answered less than three seconds ago,
  three seconds late;
* an update nobody fetched dies a day after its message, a button tap after 150 s;
* which kinds are wanted is remembered, and unwanted kinds are dropped when they
  occur, not when they are read.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.emulator.clock import Clock
from bot.emulator.errors import ApiError, conflict, unauthorized

MESSAGE_LIFE = 86_400  # seconds; the official server queues nothing older
CALLBACK_LIFE = 150  # seconds
MAX_TIMEOUT = 50  # seconds; longer waits are cut to this
MAX_LIMIT = 100  # updates in one answer
MAX_ANSWER = 4 * 1024 * 1024  # bytes; an answer stops near this size
CONFLICT_PACE = 3.0  # seconds between two conflict answers
COALESCE = 0.002  # seconds a woken poll waits for company
FUTURE = 10  # an offset further ahead of the tail than this belongs to an earlier numbering

KINDS = (
    "message", "edited_message", "channel_post", "edited_channel_post", "callback_query", "my_chat_member",
    "chat_member", "message_reaction", "message_reaction_count", "inline_query", "chosen_inline_result",
    "shipping_query", "pre_checkout_query", "poll", "poll_answer", "chat_join_request", "chat_boost",
    "removed_chat_boost", "business_connection", "business_message", "edited_business_message",
    "deleted_business_messages", "purchased_paid_media", "guest_message", "managed_bot",
)  # fmt: skip
UNASKED = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
DEFAULT_KINDS = frozenset(KINDS) - UNASKED

WEBHOOK_ACTIVE = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
OTHER_POLL = "terminated by other getUpdates request; make sure that only one bot instance is running"


@dataclass(frozen=True, slots=True)
class Pending:
    """One update that waits to be confirmed, already written as JSON."""

    update_id: int
    body: bytes
    expires: int


class UpdateQueue:
    """Keep one bot's updates until it confirms them."""

    def __init__(self, first_id: int, clock: Clock) -> None:
        self.wanted: frozenset[str] = DEFAULT_KINDS
        self.webhook: dict[str, Any] = {}
        self._clock = clock
        self._next_id = first_id
        self._pending: deque[Pending] = deque()
        self._confirmed: list[Pending] = []
        self._repeats = False
        self._restart_at: int | None = None
        self._parked: asyncio.Future[None] | None = None
        self._last_conflict = float("-inf")
        self._last_offset: int | None = None
        self._last_start = float("-inf")

    def __len__(self) -> int:
        now = self._clock.now()
        return sum(update.expires > now for update in self._pending)

    @property
    def next_id(self) -> int:
        """The number the next update will carry."""
        return self._next_id

    def put(self, kind: str, payload: dict[str, Any], *, life: int = MESSAGE_LIFE) -> int | None:
        """Queue an update and return its number, or None where the bot does not want this kind."""
        if kind not in self.wanted:
            return None
        return self.put_raw({kind: payload}, life=life)

    def put_raw(self, fields: dict[str, Any], *, life: int = MESSAGE_LIFE) -> int:
        """Queue *fields* as an update whatever they say, so that a test can send what no client can parse."""
        update_id = self._next_id
        self._next_id += 1
        body = json.dumps({"update_id": update_id, **fields}, separators=(",", ":"))
        self._pending.append(Pending(update_id, body.encode("ascii"), self._clock.now() + life))
        self._wake()
        return update_id

    def renumber(self, next_id: int) -> None:
        """Give the next update the number *next_id*, as the official server does after a quiet week."""
        self._next_id = next_id
        self._last_offset = None

    def restart(self, next_id: int) -> None:
        """Do as :meth:`renumber` once everything is confirmed: numbers do not start again before."""
        self._restart_at = next_id

    def repeat(self) -> None:
        """Hand out what was confirmed last once more with the next answer, as the official server may."""
        self._repeats = True

    def want(self, kinds: Iterable[str]) -> None:
        """Remember which kinds the bot wants; an empty list means the default ones."""
        known = frozenset(kinds) & frozenset(KINDS)
        self.wanted = known or DEFAULT_KINDS

    def set_webhook(self, webhook: dict[str, Any]) -> None:
        """Hand updates to a webhook from now on, which ends a parked poll."""
        self.webhook = webhook
        self._end_parked(conflict("terminated by setWebhook request"))

    def forget_all(self) -> None:
        """Drop everything that waits."""
        self._pending.clear()

    def release(self) -> None:
        """End a parked poll with an empty answer, so that the server can stop."""
        self._wake()

    def refuse(self) -> None:
        """End a parked poll as one whose token is no good any more."""
        self._end_parked(unauthorized())

    async def poll(self, offset: int, limit: int, timeout: int) -> list[bytes]:
        """
        Return waiting updates as JSON, waiting up to *timeout* seconds for the first.

        Raises:
            ApiError: a webhook is set, or another poll displaced this one (409).
        """
        if self.webhook:
            raise conflict(WEBHOOK_ACTIVE)
        limit, timeout = self._pace(offset, limit, timeout)
        self._confirm(offset)
        if self._restart_at is not None and not self._pending:
            self.renumber(self._restart_at)
            self._restart_at = None
        if self._repeats:
            self._repeats = False
            return [update.body for update in self._confirmed] + self._head(limit)
        batch = self._head(limit)
        if batch or timeout == 0:
            return batch
        await self._park(timeout)
        return self._head(limit)

    def _pace(self, offset: int, limit: int, timeout: int) -> tuple[int, int]:
        now = asyncio.get_running_loop().time()
        limit = min(max(limit, 1), MAX_LIMIT) if limit else MAX_LIMIT
        timeout = min(max(timeout, 0), MAX_TIMEOUT)
        if offset == self._last_offset:
            # A client that asks for the same again in a hurry is in a busy loop; the server slows it.
            if timeout < 3 and now < self._last_start + 3.0:
                timeout = 3
            if now < self._last_start + 0.5:
                limit = 1
        self._last_offset, self._last_start = offset, now
        return limit, timeout

    def _confirm(self, offset: int) -> None:
        if offset > 0 and offset <= self._next_id + FUTURE:
            confirmed = []
            while self._pending and self._pending[0].update_id < offset:
                confirmed.append(self._pending.popleft())
            self._confirmed = confirmed or self._confirmed
        if offset < 0:
            while len(self._pending) > -offset:
                self._pending.popleft()

    def _head(self, limit: int) -> list[bytes]:
        now = self._clock.now()
        batch: list[bytes] = []
        size = 0
        for update in self._pending:
            if len(batch) == limit or size >= MAX_ANSWER:
                break
            if update.expires > now:
                batch.append(update.body)
                size += len(update.body)
        return batch

    async def _park(self, timeout: int) -> None:
        self._end_parked(conflict(OTHER_POLL))
        parked = self._parked = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout):
                await parked
            await asyncio.sleep(COALESCE)
        except TimeoutError:
            return
        except ApiError as error:
            if error.code == 409:
                await self._wait_for_conflict_turn()
            raise
        finally:
            if self._parked is parked:
                self._parked = None

    async def _wait_for_conflict_turn(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._last_conflict < CONFLICT_PACE:
            await asyncio.sleep(CONFLICT_PACE)
        self._last_conflict = asyncio.get_running_loop().time()

    def _end_parked(self, error: ApiError) -> None:
        if self._parked is not None and not self._parked.done():
            self._parked.set_exception(error)
        self._parked = None

    def _wake(self) -> None:
        if self._parked is not None and not self._parked.done():
            self._parked.set_result(None)
        self._parked = None
