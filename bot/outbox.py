"""
The outbox: everything said to a chat is a row first, committed together with what it speaks of.

* Rows of one chat go out in their order; a row that must wait holds those behind it in the same chat.
* One message a second per chat with short bursts; the library's limiter holds the whole below Telegram's
  thirty a second; ``retry_after`` stops everything for as long as it says.
* Receipts that wait are merged: the first of a burst goes at once, the others become one. What would only
  repeat the message before it is merged too, so that a flood of commands is answered once.
* At least once: a crash between sending and committing sends again, because the Bot API has no way to
  recognise a repeated call. Whatever was sent gets a row in ``deletion``.
* A row ends sent, or given up with a code on the reply it announced. It never just disappears.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot import holding, outcomes
from bot import rows as build
from bot.dispatch import Dispatcher, Worked
from bot.doors import Doors
from bot.errors import BotError
from bot.health import Health
from bot.late import LateFiles, Wanted
from bot.outcomes import Audience
from bot.pace import Pace
from bot.send import BLOCKED, REFUSED, UNREACHABLE, GivenUpError, LaterError, PausedError
from bot.writer import Writer
from casework.database import Database
from casework.errors import CaseworkError
from casework.rows import Rows
from casework.strongbox import Strongbox
from casework.tables import Chunk
from casework.tables import Outbox as OutboxRow
from crypto.errors import CryptoError
from intake import texts
from intake.replies import Receipt

log = logging.getLogger(__name__)

# Messages on their way at once; Telegram takes about thirty a second, each call lasts some 50 ms.
WIDTH = 8
# Rows held in memory beyond those already there.
LOAD = 500
# Seconds without a call to look again for rows that have become due.
LOOK_AGAIN = 1.0
# Seconds between two receipts in one chat while nothing else is to be said there.
RECEIPT_GAP = 3.0
# Tries of one message: with the longest pause between them, two days.
FIRST_PAUSE, LONGEST_PAUSE, TRIES = 1.0, 300.0, 580
# Seconds until the next try while the database is away.
AWAY_PAUSE = 5.0
# Tries of one message that breaks our own code.
BROKEN_TRIES = 4


_DUE = (
    select(OutboxRow.id)
    .where(OutboxRow.due <= bindparam("now"))
    .order_by(OutboxRow.n)
    .limit(bindparam("limit"))
)
_THESE = select(OutboxRow).where(OutboxRow.id.in_(bindparam("ids", expanding=True))).order_by(OutboxRow.n)


class WithdrawnError(Exception):
    """This is not to be said any more, or not now."""


@dataclass(slots=True, repr=False)
class Outgoing:
    """One row in memory. Its chat is known only by opening it."""

    id: bytes
    item: bytes | None
    tries: int
    lane: bytes
    payload: dict[str, Any] = field(repr=False)

    @property
    def is_receipt(self) -> bool:
        """Tell whether it may be merged with its neighbours."""
        return bool(self.payload["do"] == "receipt")

    def absorbs(self, later: Outgoing) -> bool:
        """Tell whether saying this says *later* too: receipts add up, and the same words need no echo."""
        if self.is_receipt:
            return later.is_receipt
        is_plain = self.payload["do"] == "say" and self.item is None and "reply" not in self.payload
        return is_plain and later.item is None and later.payload == self.payload

    def __repr__(self) -> str:
        return f"<Outgoing {self.payload['do']}>"


class Outbox:
    """Loads rows that are due and sends them."""

    def __init__(
        self,
        doors: Doors,
        database: Database,
        writer: Writer,
        strongbox: Strongbox,
        clock: Callable[[], datetime],
        lane: Callable[[int], bytes],
        health: Health,
        audience: Callable[[], Audience],
        pace: Pace | None = None,
        late: LateFiles | None = None,
    ) -> None:
        self._doors = doors
        self._database = database
        self._writer = writer
        self._strongbox = strongbox
        self._clock = clock
        self._lane = lane
        self._health = health
        self._audience = audience
        self._pace = pace or Pace()
        self._late = late
        self._loaded: dict[bytes, Outgoing] = {}
        self._finished: set[bytes] = set()  # since the present look at the table began
        self._wake = asyncio.Event()
        self._sending: Dispatcher[bytes] = Dispatcher(self._work, WIDTH)
        self._open_from = 0.0  # loop time before which nothing is sent

    @property
    def is_busy(self) -> bool:
        """Tell whether something that is due still waits to be said."""
        return any(out.payload["do"] != build.FETCH for out in self._loaded.values())

    def wake(self) -> None:
        """Say that new rows were committed."""
        self._wake.set()

    async def run(self) -> None:
        """Load and send until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._sending.run())
            while True:
                self._wake.clear()
                try:
                    await self._load()
                except (SQLAlchemyError, CaseworkError, BotError):
                    self._health.trouble("outbox", "cannot_read")
                # Not wait_for: in Python 3.11 it swallows a cancellation that comes with the wake.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_AGAIN):
                        await self._wake.wait()

    async def _load(self) -> None:
        """Bring what has become due into memory, in order."""
        now = self._clock()
        self._finished.clear()
        known = frozenset(self._loaded)
        found = await asyncio.to_thread(self._due, now, known)
        for row in found:
            if row.id in self._loaded or row.id in self._finished:
                continue
            try:
                payload = build.open_outgoing(self._strongbox.spools, row.id, row.locked)
                lane = row.id if payload["do"] == build.FETCH else self._lane(payload["chat"])
                out = Outgoing(row.id, row.item, row.tries, lane, payload)
            except (CryptoError, KeyError, TypeError):
                await self._drop_unreadable(row)
                continue
            self._loaded[row.id] = out
            self._sending.put(out.lane, row.id)

    def _due(self, now: datetime, known: frozenset[bytes]) -> list[OutboxRow]:
        """Return rows that are due and not *known*, in order; in a flood nearly all are known already."""
        with self._database.read() as session:
            ids = session.scalars(_DUE, {"now": now, "limit": len(known) + LOAD})
            new = [row for row in ids if row not in known]
            if not new:
                return []
            return list(session.scalars(_THESE, {"ids": new}))

    async def _drop_unreadable(self, row: OutboxRow) -> None:
        """Give up a row that no key opens any more: nobody can say what it was, or to whom."""
        log.error("outbox.unreadable")
        audience, now = await asyncio.to_thread(self._audience), self._clock()
        await self._writer.do(
            lambda session: _drop(session, [row.id]),
            after=lambda session: _fail(session, row.item, {}, UNREACHABLE, audience, now),
        )

    async def _work(self, rows: Sequence[bytes]) -> Worked:
        again = await self._send(rows[0])
        return (1, None) if again is None else (0, again)

    async def _send(self, row: bytes) -> float | None:
        """Send one row, with the receipts behind it; return seconds to wait where it must."""
        out = self._loaded.get(row)
        if out is None:
            return None  # merged into an earlier receipt
        if out.payload["do"] == build.FETCH:
            return await self._fetch(out)
        loop = asyncio.get_running_loop()
        now = loop.time()
        if now < self._open_from:
            return self._open_from - now
        merged = self._merged(out)
        only_receipts = len(merged) == 1 + len(self._sending.behind(out.lane))
        wait = self._pace.wait(out.lane, now, RECEIPT_GAP if out.is_receipt and only_receipts else 0.0)
        if wait > 0:
            return wait
        self._pace.spend(out.lane, now, is_receipt=out.is_receipt)
        try:
            return await self._carry_out(out, merged)
        except (SQLAlchemyError, CaseworkError, BotError):
            self._health.trouble("outbox", "cannot_store")
            return AWAY_PAUSE

    async def _fetch(self, out: Outgoing) -> float | None:
        """Ask for a file once more; its row says when the next time is, also after a restart."""
        if self._late is None or out.item is None:
            return AWAY_PAUSE
        try:
            wait = await self._late.fetch(Wanted(out.id, out.item, out.tries, out.payload))
        except (SQLAlchemyError, CaseworkError, BotError):
            self._health.trouble("outbox", "cannot_store")
            return AWAY_PAUSE
        if wait is None:
            self._forget([out])
        return wait

    def _merged(self, out: Outgoing) -> list[Outgoing]:
        """Return *out* with what follows it directly and adds nothing to it."""
        merged = [out]
        for row in self._sending.behind(out.lane):
            later = self._loaded.get(row)
            if later is None or not out.absorbs(later):
                break
            merged.append(later)
        return merged

    async def _carry_out(self, out: Outgoing, merged: list[Outgoing]) -> float | None:
        payload, text = _merge(merged)
        try:
            content = await asyncio.to_thread(self._content, out)
        except WithdrawnError:
            self._forget([out])
            return None
        except CryptoError:
            await self._give_up(merged, UNREACHABLE)
            return None
        try:
            door, number = await self._doors.send(payload, text, content)
        except PausedError as pause:
            self._open_from = asyncio.get_running_loop().time() + pause.wait
            self._health.trouble("outbox", pause.code)
            return pause.wait
        except LaterError:
            return await self._try_later(out, UNREACHABLE, TRIES)
        except GivenUpError as given_up:
            await self._give_up(merged, given_up.why)
            return None
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            # A fault of ours in this one message; it must not hold the chat for days.
            log.error("outbox.broke %s", type(error).__name__)  # noqa: TRY400  a traceback may quote it
            return await self._try_later(out, REFUSED, BROKEN_TRIES)
        self._health.ok("outbox")
        await self._finish(merged, self._sent(payload, door.number, number, announces=out.item is not None))
        return None

    async def _try_later(self, out: Outgoing, why: str, tries: int) -> float | None:
        out.tries += 1
        if out.tries >= tries or holding.is_over(out.payload, self._clock()):
            await self._give_up([out], why)
            return None
        self._health.trouble("outbox", why)
        await self._writer.do(
            lambda session: (
                session.execute(update(OutboxRow).where(OutboxRow.id == out.id).values(tries=out.tries))
                and None
            )
        )
        return float(min(FIRST_PAUSE * 2 ** min(out.tries - 1, 16), LONGEST_PAUSE))

    async def _finish(self, merged: list[Outgoing], rows: Rows) -> None:
        """End rows that were said, in one transaction with what follows from it."""
        ids, today = [out.id for out in merged], self._clock().date()
        out = merged[0]
        item, letter = build.reply_in(out.payload)

        def said(session: Session) -> None:
            if out.item is not None:
                outcomes.announced(session, out.item)
            if item is not None:
                outcomes.shown(session, item, letter, today)

        await self._writer.do(lambda session: _drop(session, ids), rows, said)
        self._forget(merged)

    async def _give_up(self, merged: list[Outgoing], why: str) -> None:
        """End rows that cannot be said; where a chat has us blocked, hold all that waits for it."""
        audience, now = await asyncio.to_thread(self._audience), self._clock()
        ids, out, chat = [out.id for out in merged], merged[0], merged[0].payload["chat"]
        if why == BLOCKED:
            await self._writer.do(lambda session: holding.hold(session, self._strongbox, chat, now, audience))
        else:
            await self._writer.do(
                lambda session: _drop(session, ids),
                after=lambda session: _fail(session, out.item, out.payload, why, audience, now),
            )
        self._forget(merged)
        log.warning("outbox.failed %s", why)

    def _forget(self, merged: list[Outgoing]) -> None:
        """Let rows leave memory; the present look at the table may still see them as they were."""
        for out in merged:
            self._loaded.pop(out.id, None)
            self._finished.add(out.id)

    def _sent(self, payload: dict[str, Any], door: int, number: int, *, announces: bool) -> Rows:
        """
        Remember the message just sent, so that it can be deleted.

        The line that announces a reply stays until the chat is cleared: whoever looks after three days must
        still find it.
        """
        rows = Rows()
        now = self._clock()
        lasts = payload.get("lasts")
        time = payload.get("fades") if lasts is None else lasts
        due = None if time is None or announces else now + timedelta(seconds=time)
        build.deletion(
            rows,
            self._strongbox.spool,
            payload["chat"],
            [number],
            now,
            due,
            keep=announces or bool(payload.get("keep", False)),
            fixed=announces or lasts is not None,
            reply=payload.get("reply"),
            door=door,
        )
        return rows

    def _content(self, out: Outgoing) -> bytes | None:
        """
        Bring the document of *out* into memory.

        Raises:
            WithdrawnError: its chat was forgotten, or blocked us, while it waited here.
        """
        with self._database.read() as session:
            row = session.get(OutboxRow, out.id)
            if row is None or row.due > self._clock():
                raise WithdrawnError
            if "parts" not in out.payload:
                return None
            parts = list(session.scalars(select(Chunk.part).where(Chunk.owner == out.id).order_by(Chunk.n)))
        return build.open_parts(self._strongbox.spools, out.id, parts)


def _merge(merged: list[Outgoing]) -> tuple[dict[str, Any], str]:
    """Return the payload to send for all of *merged*, and its words."""
    payload = merged[-1].payload
    if payload["do"] != "receipt":
        return payload, payload["text"]
    receipt = Receipt(
        messages=sum(out.payload["messages"] for out in merged),
        files=sum(out.payload["files"] for out in merged),
    )
    return payload, texts.render(receipt, payload["language"]).text


def _drop(session: Session, ids: list[bytes]) -> None:
    session.execute(delete(Chunk).where(Chunk.owner.in_(ids)))
    session.execute(delete(OutboxRow).where(OutboxRow.id.in_(ids)))


def _fail(
    session: Session,
    announced: bytes | None,
    payload: dict[str, Any],
    why: str,
    audience: Audience,
    now: datetime,
) -> None:
    """Write why on the reply that was announced or carried, unless it has been shown already."""
    item, letter = build.reply_in(payload)
    if announced is not None:
        outcomes.unannounced(session, announced, why, audience, now)
    elif item is not None and letter is not None:
        outcomes.lost(session, item, letter, why, audience, now)
