"""
The disk as it lies, and the machine as it runs: every row that a key of the hub is for, really tried.

Whoever takes the machine while it is off has ``state_dir`` and the database; whoever takes it running has
``runtime_dir`` besides. A handle found in what opens is used as the thief would use it: it leads to a
mailbox, and that to a case.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import raw, rows
from casework import canonical, keys
from casework.post import collecting
from casework.tables import Contact, Deletion, HandIn, Item, Link, Outbox, Press, Push, Spool, Writing
from crypto import context, handle, lock
from crypto.lock import Key
from crypto.sealed import open_sealed
from crypto.xwing import Identity
from intake import state, writing
from subrosa.seizure.findings import Finding
from subrosa.seizure.loot import Loot, attempt


@dataclass
class Tally:
    """How many rows of one kind were tried, and what opened."""

    tried: int = 0
    opened: int = 0
    days: set[date] = field(default_factory=set)
    by: set[str] = field(default_factory=set)

    def count(self, found: tuple[str, object] | None, day: date | None) -> None:
        """Count one attempt."""
        self.tried += 1
        if found is not None:
            self.opened += 1
            self.by.add(found[0])
            self.days |= set() if day is None else {day}

    def finding(self, code: str, text: str) -> Finding:
        """Return what came of it."""
        return Finding(code, self.opened, text, self.tried, len(self.days), tuple(sorted(self.by)))


@dataclass(repr=False)
class Burglary:
    """One thief with one bag of keys in one database."""

    session: Session
    loot: Loot
    chats: set[int] = field(default_factory=set)
    handles: set[bytes] = field(default_factory=set)

    def spool(self) -> Tally:
        """Open what came in and was not worked yet."""
        tally = Tally()
        for row in self.session.scalars(select(Spool).where(Spool.locked.is_not(None))):
            where = context.named("spool", row.update_id)
            found = self.loot.unlock(partial(_unlock, row.locked or b"", where))
            tally.count(found, row.day)
            if found is not None:
                attempt(partial(self._note_update, found[1]))
        return tally

    def outbox(self) -> Tally:
        """Open what waits to be sent."""
        tally = Tally()
        for row in self.session.scalars(select(Outbox)):
            found = self.loot.unlock(partial(_outgoing, row))
            tally.count(found, row.due.date())
            if found is not None:
                attempt(partial(self._note_payload, found[1]))
        return tally

    def deletions(self) -> Tally:
        """Open what is to be deleted from chats: which messages were ours, not what they said."""
        tally = Tally()
        for row in self.session.scalars(select(Deletion)):
            found = self.loot.unlock(partial(_deletion, row))
            tally.count(found, row.deadline.date())
            if found is not None:
                attempt(partial(self._note_payload, found[1]))
        return tally

    def pushes(self) -> Tally:
        """Open what desks asked the hub to ring: each leads to a chat and to a mailbox."""
        tally = Tally()
        for row in self.session.scalars(select(Push)):
            found = self.loot.open(partial(_open_json, row.sealed, context.named("push", row.id)))
            tally.count(found, None)
            if found is not None:
                attempt(partial(self._note_push, found[1]))
        return tally

    def writing(self) -> tuple[Tally, Tally]:
        """Open the seeds of tips not yet filed, and with them their words and cards."""
        tally, words = Tally(), Tally()
        for row in self.session.scalars(select(Writing)):
            found = self.loot.unlock(partial(writing.unlock, row.case, row.locked))
            tally.count(found, row.touched.date())
            if found is None:
                continue
            self.chats.add(found[1].chat)
            self.handles.add(bytes.fromhex(found[1].handle))
            seeds = [Identity.from_seed(bytes.fromhex(one)) for one in (found[1].content, found[1].identity)]
            for item in self.session.scalars(select(Item).where(Item.case == row.case)):
                opened = next((one for seed in seeds if (one := _open(item, seed)) is not None), None)
                words.count(None if opened is None else ("writing", opened), item.day)
        return tally, words

    def links(self) -> Tally:
        """Open conversations in progress; their chats follow from trying every number."""
        tally = Tally()
        for row in self.session.scalars(select(Link)):
            found = self.loot.unlock(partial(_unlock, row.locked, context.named("link", row.tag)))
            tally.count(found, None)
            known = None if found is None else state.loads(found[1])
            if known is not None and known.handle is not None:
                self.handles.add(bytes.fromhex(known.handle))
        return tally

    def press(self) -> Tally:
        """Open summaries that wait for publication."""
        return self._sealed(Press, "press", lambda row: row.id)

    def contacts(self) -> Tally:
        """Open where staff want their notices."""
        return self._sealed(Contact, "contact", lambda row: row.staff)

    def handins(self) -> Tally:
        """Open what desks handed in and the hub did not take yet: grants, still under staff keys."""
        return self._sealed(HandIn, "handin", lambda row: row.id)

    def mailboxes(self) -> tuple[Tally, Tally]:
        """Go where the handles lead that were found: to a mailbox, to its case, to waiting replies."""
        boxes, letters = Tally(), Tally()
        for one in self.handles:
            held = attempt(partial(self._collect, one))
            boxes.count(None if held is None else ("handle", held), None)
            for letter in () if held is None else held.letters:
                letters.count(("handle", letter), None)
        return boxes, letters

    def _sealed(self, table: Any, purpose: str, place: Callable[[Any], bytes | str]) -> Tally:
        tally = Tally()
        for row in self.session.scalars(select(table)):
            found = self.loot.open(partial(_open_sealed, row.sealed, context.named(purpose, place(row))))
            tally.count(found, getattr(row, "due", None))
        return tally

    def _collect(self, secret: bytes) -> collecting.Collected | None:
        return collecting.collect(self.session, handle.Handle(secret).mailbox())

    def _note_update(self, body: bytes) -> None:
        update = json.loads(body)
        self._note_chat(raw.chat_of(update))
        tapped = update.get("callback_query")
        self._note_button(tapped.get("data") if isinstance(tapped, dict) else None)

    def _note_payload(self, payload: Mapping[str, Any]) -> None:
        self._note_chat(payload.get("chat"))
        for line in payload.get("buttons") or ():
            for button in line:
                self._note_button(button[1] if len(button) > 1 else None)

    def _note_push(self, body: Mapping[str, Any]) -> None:
        self.handles.add(bytes.fromhex(body["handle"]))
        where = context.named("courier", bytes.fromhex(body["case"]))
        found = self.loot.open(partial(_open_json, bytes.fromhex(body["address"]), where))
        self._note_chat(None if found is None else found[1].get("chat"))

    def _note_chat(self, chat: object) -> None:
        if isinstance(chat, int):
            self.chats.add(chat)

    def _note_button(self, data: object) -> None:
        if isinstance(data, str):
            found = attempt(partial(handle.parse, data))
            self.handles |= set() if found is None else {found[1].raw}


def _unlock(locked: bytes, where: bytes, keys: Mapping[int, Key]) -> bytes:
    return lock.unlock(keys[lock.number_of(locked)], locked, where)


def _outgoing(row: Outbox, keys: Mapping[int, Key]) -> dict[str, Any]:
    return rows.open_outgoing(dict(keys), row.id, row.locked)


def _deletion(row: Deletion, keys: Mapping[int, Key]) -> dict[str, Any]:
    return rows.open_deletion(dict(keys), row.id, row.locked)


def _open_sealed(sealed: bytes, where: bytes, identity: Identity) -> bytes:
    return open_sealed(sealed, identity, where)


def _open_json(sealed: bytes, where: bytes, identity: Identity) -> dict[str, Any]:
    opened: dict[str, Any] = canonical.loads(open_sealed(sealed, identity, where))
    return opened


def _open(item: Item, identity: Identity) -> object | None:
    return attempt(partial(keys.open_item, item, identity))
