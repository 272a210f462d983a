"""
Tess's phone, without Telegram: what she does goes through the conversation into a real database.

It does what the bot does with an outcome, and nothing else: one transaction, then the screen.
"""

from __future__ import annotations

import gettext
import hashlib
import os
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import canonical, catalogue, hubkeys, keys, post, releases
from casework.hands import Hands
from casework.permits import Acting
from casework.post import Attachment, Box, Courier
from casework.releases import wordings
from casework.rows import write
from casework.tables import Base, Case, Draft, Grant, Item, Outbox, Writing
from crypto import context, lock
from crypto.handle import Handle
from crypto.keyring import open_grant
from crypto.mailbox import Mailbox
from crypto.xwing import Identity
from intake import events, filing, snapshot, texts
from intake import state as states
from intake.cases import CaseFacts
from intake.filing import Outcome
from intake.replies import Reply, Say
from intake.snapshot import Match, Snapshot
from intake.state import State
from tests.house import House

TAG = b"\x07" * 16


@dataclass
class Shown:
    """One message of the bot as Tess sees it."""

    text: str
    buttons: list[tuple[str, str]]
    reply: Reply


@dataclass
class Phone:
    """One chat with the bot."""

    house: House
    chat: int = 700_000_001
    language_code: str | None = "ru"
    link: bytes | None = None
    screen: list[Shown] = field(default_factory=list)
    message: int = 100
    last: Outcome | None = None

    @property
    def state(self) -> State | None:
        """Return what the hub remembers of this chat."""
        return None if self.link is None else states.loads(self.link)

    # --- what Tess does ---

    def write(self, text: str, **more: Any) -> list[str]:
        """Send a text and return what the bot says."""
        return self.do(events.Text(self._next(), text=text, **more))

    def file(self, form: str = "photo", content: bytes | None = b"...", **more: Any) -> list[str]:
        """Send a file."""
        return self.do(events.File(self._next(), form=form, content=content, **more))

    def edit(self, message: int, text: str) -> list[str]:
        """Change a message sent before."""
        return self.do(events.Edited(message, text=text))

    def command(self, line: str) -> list[str]:
        """Send a command."""
        name, _, payload = line.removeprefix("/").partition(" ")
        return self.do(events.Command(self._next(), name=name, payload=payload))

    def tap(self, label: str) -> list[str]:
        """Tap the newest button with this label."""
        for shown in reversed(self.screen):
            for text, data in shown.buttons:
                if text == label:
                    return self.tap_data(data)
        raise AssertionError(f"no button {label!r} on the screen")

    def tap_data(self, data: str) -> list[str]:
        """Tap a button by what it carries."""
        return self.do(events.tap(data, self.message))

    def press(self, action: str) -> list[str]:
        """Tap the conversation's button for *action*, wherever it stands."""
        state = self.state
        handle = None if state is None or state.handle is None else bytes.fromhex(state.handle)
        return self.tap_data(action if handle is None else Handle(handle).data(action))

    def do(self, event: events.Event) -> list[str]:
        """Let *event* happen, as the bot's worker and writer do."""
        self.last = filing.handle(event, self.state, self._snapshot(), self.house.now, os.urandom)
        self._commit(self.last)
        self.link = None if self.last.state is None else states.dumps(self.last.state)
        return self._show(self.last)

    # --- what happens to her ---

    def rest(self, passed: timedelta = timedelta(hours=2)) -> list[str]:
        """Let time pass in which she does nothing, and idle cases be filed."""
        self.house.now += passed
        said = []
        with self.house.database.read() as session:
            idle = session.scalars(select(Writing.case)).all()
        for case_id in idle:
            with self.house.database.read() as session:
                place = self._house(session)
                facts = snapshot.read_case(session, case_id, place)
                assert facts is not None
            assert filing.chat_of(facts, place) == self.chat
            outcome = filing.file_idle(facts, place, (TAG,), self.house.now, os.urandom, self._read_case)
            self._commit(outcome)
            said += self._show(outcome)
        return said

    def reboot(self) -> None:
        """Let the hub forget every conversation in progress."""
        self.link = None

    def ring(self) -> None:
        """Let the hub turn waiting pushes into lines on the screen."""
        for line in pushed_lines(self.house):
            if line["chat"] != self.chat:
                continue
            buttons = [(str(label), str(data)) for row in line["buttons"] for label, data in row]
            # What was sent once is not sent again.
            if any(buttons == shown.buttons for shown in self.screen):
                continue
            self.screen.append(Shown(line["text"], buttons, Say(key="push")))

    # --- inside ---

    def _next(self) -> int:
        self.message += 1
        return self.message

    def _house(self, session: Session) -> snapshot.House:
        return snapshot.read_house(session, self.house.strongbox, self.house.anchor, self.house.now)

    def _read_case(self, case: bytes) -> CaseFacts | None:
        with self.house.database.read() as session:
            return snapshot.read_case(session, case, self._house(session))

    def _snapshot(self) -> Snapshot:
        state = self.state
        with self.house.database.read() as session:
            place = self._house(session)
            case = snapshot.read_case_of(session, state, place)

        def look_up(mailbox: Mailbox) -> Match | None:
            with self.house.database.read() as session:
                return snapshot.find(session, mailbox, place, self.house.now)

        return Snapshot(
            place, self.chat, (TAG,), case, self.language_code, look_up, read_other=self._read_case
        )

    def _commit(self, outcome: Outcome) -> None:
        box = self.house.strongbox
        with self.house.database.write() as session:
            write(session, [outcome.rows])
            filing.remember_mailboxes(session, box.epochs, box.epoch, outcome.mailboxes)
            filing.end_phrases(session, box.epochs, box.epoch, outcome.phrases, lambda _case: None)

    def _show(self, outcome: Outcome) -> list[str]:
        said = []
        for reply in outcome.replies:
            message = texts.render(reply, outcome.language)
            buttons = [button for row in message.keyboard for button in row]
            self.screen.append(Shown(message.text, buttons, reply))
            said.append(message.text)
        return said


def pushed_lines(house: House) -> list[dict[str, Any]]:
    """Ring what waits to be pushed and return the lines that would go out."""
    with house.database.write() as session:
        post.ring(session, house.strongbox, _speak, house.now)
    lines = []
    with house.database.read() as session:
        for row in session.scalars(select(Outbox)):
            key = house.strongbox.spools[row.spool]
            lines.append(canonical.loads(lock.unlock(key, row.locked, context.named("outbox", row.id))))
    return lines


def _speak(language: str) -> gettext.NullTranslations:
    return catalogue.load(Path(catalogue.__file__).with_name("catalogues"), language)


# --- what staff can see ---


def cases(house: House) -> list[Case]:
    """Return every case."""
    with house.database.read() as session:
        return list(session.scalars(select(Case)))


def holders(house: House, case: bytes, compartment: str) -> set[str]:
    """Return who has a grant of any generation."""
    with house.database.read() as session:
        wanted = select(Grant.staff).where(Grant.owner == case, Grant.compartment == compartment)
        return set(session.scalars(wanted))


def seed(house: House, name: str, item: Item) -> Identity:
    """Open the grant of *name* for the key of *item*, through both locks."""
    staff = house.staff[name]
    with house.database.read() as session:
        place = (item.case, item.compartment, item.generation, name, staff.number)
        grant = session.get_one(Grant, place)
        key = keys.public_of(session.get_one(keys.SealingKey, (item.case, item.compartment, item.generation)))
    body = lock.unlock(house.strongbox.epochs[grant.epoch], grant.locked, keys.lock_context(*place))
    return Identity.from_seed(open_grant(staff, body, keys.grant_context(key, name)))


def read(house: House, name: str, case: bytes, *kinds: str) -> list[dict[str, Any]]:
    """Return what *name* reads of *case*, in order; the content of files under ``content``."""
    found = []
    with house.database.read() as session:
        items = session.scalars(select(Item).where(Item.case == case)).all()
        for item in items:
            if kinds and item.kind not in kinds:
                continue
            identity = seed(house, name, item)
            payload = {"kind": item.kind, **keys.open_item(item, identity)}
            if item.chunks:
                payload["content"] = keys.open_content(session, item, identity)
            found.append(payload)
    return sorted(found, key=lambda payload: (payload.get("at", ""), payload.get("seq", 0)))


def reply(house: House, name: str, case: bytes, text: str, *files: Attachment, word: str = "") -> bytes:
    """Let *name* answer the tipster as a desk does, and return the reply's item."""
    payloads = read(house, name, case, "courier", "mailbox", "chat")
    couriers = [Courier.read(one) for one in payloads if one["kind"] == "courier"]
    boxes = [Box.read(one) for one in payloads if one["kind"] != "courier"]
    with house.database.read() as session:
        key = keys.current(session, case, keys.CONTENT, Hands(frozenset({(name, house.staff[name].number)})))
        hub = hubkeys.find(session, hubkeys.COURIER, house.roster)
    assert key is not None
    written = post.write_reply(
        key,
        text,
        files,
        by=house.actor(name),
        now=house.now,
        courier=couriers[-1] if couriers else None,
        hub=hub,
        boxes=boxes,
        random=os.urandom,
        word=word,
    )
    with house.database.write() as session:
        write(session, [written.rows])
    return written.item


def show_text(house: House, case: bytes, text: str) -> tuple[bytes, bytes]:
    """Let Carol, who took *case*, freeze *text* and show it to its tipster; return draft and digest."""
    digest = hashlib.sha256(text.encode()).digest()
    acting = Acting(house.actor("carol"), house.staffing(), house.now)
    with house.database.write() as session:
        row = session.get_one(Case, case)
        row.assignee, row.status = "carol", "open"
        session.flush()
        draft = session.scalars(select(Draft).where(Draft.case == case)).first()
        if draft is None:
            new = keys.new_id()
            draft = releases.new_draft(session, new, case, "e" + new.hex()[:11], b"sealed", acting)
            session.flush()
        else:
            releases.save_draft(session, draft.id, draft.version, b"sealed anew", 0, acting)
        releases.freeze(session, draft.id, draft.version, digest, acting)
        releases.ask_source(session, draft.id, digest, acting)
        shown = draft.id
    reply(house, "carol", case, text, word=wordings.tag(digest))
    return shown, digest


def clear_columns(house: House) -> bytes:
    """Return every byte of the database that Mallory reads without a key: all columns of all rows."""
    seen = []
    with house.database.read() as session:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(select(table)):
                seen += [repr(value).encode() if not isinstance(value, bytes) else value for value in row]
    return b"\n".join(seen)
