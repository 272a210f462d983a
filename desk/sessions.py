"""
Sessions: who is signed in, with what their keys have opened so far. In memory only; gone with the process.

A session forgets everything when it ends: on signing out, after :attr:`Settings.idle` without a click, after
:attr:`Settings.shift` at the latest. Its cookie is a random token; the table holds only the token's hash.
One with a PIN is locked where others end (see :mod:`desk.pins`), and ends with the shift.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from casework.asking import GrantRef
from casework.tables import Item
from crypto.keyring import Staff
from crypto.xwing import Identity
from desk import pins
from desk.pins import Pin, Shut, WrongPinError
from desk.settings import Settings
from desk.shelf import Shelf

if TYPE_CHECKING:
    from desk.crosscheck import Colleagues
    from desk.handing import Pending

COOKIE = "desk"
# A person with many tabs open; the oldest forms then ask to be loaded again.
ONCE_LIMIT = 400

SealingKeyId = tuple[bytes, str, int]
"""Owner, compartment, generation."""


@dataclass
class Session:
    """One person at one browser, with unlocked keys. Never written anywhere."""

    staff: Staff
    language: str
    began: datetime
    seen: datetime
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    # What the list of sessions calls it; opens nothing.
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    pin: Pin | None = None
    # The ephemeral key to which the keeper seals its answers.
    answers: Identity = field(default_factory=Identity.generate)
    opened: dict[SealingKeyId, Identity] = field(default_factory=dict)
    # Cover sheets already opened and proven, by item: what lists are read from.
    covers: dict[bytes, tuple[Item, Mapping[str, Any]]] = field(default_factory=dict, repr=False)
    # Cards on the table: case → until when it may be looked at again without a new reason.
    cards: dict[bytes, datetime] = field(default_factory=dict)
    card_keys: dict[bytes, dict[GrantRef, Identity]] = field(default_factory=dict)
    # What a draft, or a case's redacted copy, said before each change of this sitting, the last at the end.
    earlier: dict[bytes, list[bytes]] = field(default_factory=dict, repr=False)
    # Suggested spans somebody chose to read: (draft's case, span) pairs.
    unmasked: set[tuple[bytes, str]] = field(default_factory=set)
    # Cases already noted in the journal as opened by this session.
    noted: set[bytes] = field(default_factory=set)
    # New cases whose parties this session has compared with its own before the card may be opened.
    compared: set[bytes] = field(default_factory=set)
    # What colleagues' cases said to each of them: whom to ask.
    colleagues: dict[bytes, Colleagues] = field(default_factory=dict, repr=False)
    # Own cases whose people this session has told the hub of, or tried to, and how many cards they had.
    untold: set[tuple[bytes, int]] = field(default_factory=set)
    # Cases whose holders this session has put right, or tried to.
    mended: set[tuple[bytes, int]] = field(default_factory=set)
    # Cases whose tipsters this session has told who answers now, or tried to.
    reassured: set[bytes] = field(default_factory=set)
    # Grants to colleagues this session has made, or tried to: key, holder, number of the holder's key.
    rewrapped: set[tuple[GrantRef, str, int]] = field(default_factory=set)
    # When the hub was last told that somebody is here.
    attended: datetime | None = None
    # Hand-ins the hub has not confirmed yet: sealed grants, no seeds.
    waiting: list[Pending] = field(default_factory=list)
    # Frozen texts that could not be checked in passing: digests; a person has to press the button.
    unchecked: set[bytes] = field(default_factory=set)
    # Forms already carried out: token → where its answer led.
    done: OrderedDict[str, str] = field(default_factory=OrderedDict)
    # The page the last form led to, where it led to no other address: form, and what it showed.
    shown: tuple[str, Any] | None = None
    # What was opened of items, by id and the roster it was checked against.
    read: dict[tuple[bytes, int], Any] = field(default_factory=dict)
    notice: str = ""
    # What was read of one's cases, by its words: for searching, and for telling what is alike.
    shelf: Shelf = field(default_factory=Shelf)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __repr__(self) -> str:
        return "<Session>"

    def remember_done(self, once: str, location: str) -> None:
        """Keep where the form *once* led, so that a second posting leads there too and does nothing."""
        self.done[once] = location
        self.shown = None
        while len(self.done) > ONCE_LIMIT:
            self.done.popitem(last=False)

    def is_form(self, csrf: str) -> bool:
        """Tell whether a form carries this session's token."""
        return hmac.compare_digest(csrf.encode(), self.csrf.encode())

    def has_read(self, case: str) -> bool:
        """Tell whether this session was shown the case of this id, in hex; what is none it was not."""
        return case in {one.hex() for one in self.noted}

    def put_away(self, case: bytes) -> None:
        """Drop the key of a card."""
        self.cards.pop(case, None)
        self.card_keys.pop(case, None)

    def put_away_late(self, now: datetime) -> None:
        """Drop the keys of cards whose minutes are over."""
        for case in [case for case, until in list(self.cards.items()) if until < now]:
            self.put_away(case)

    def forget(self) -> None:
        """Drop every key and everything opened."""
        self.card_keys.clear()
        self.waiting.clear()
        self.opened.clear()
        self.covers.clear()
        self.read.clear()
        self.cards.clear()
        self.unmasked.clear()
        self.colleagues.clear()
        self.earlier.clear()
        self.done.clear()
        self.shown = None
        self.pin = None
        self.shelf = Shelf()


@dataclass
class Idle:
    """A session that waits for its PIN: its keys are locked, what it had opened is dropped."""

    keys: Shut
    id: str
    language: str
    csrf: str
    began: datetime
    seen: datetime
    # Sealed grants and random ids, no seeds; and the forms that were carried out.
    waiting: list[Pending]
    noted: set[bytes]
    done: OrderedDict[str, str]
    tries: int = 0

    def __repr__(self) -> str:
        return "<Idle>"


@dataclass(frozen=True)
class Sitting:
    """One line of the list of sessions."""

    id: str
    began: datetime
    seen: datetime
    is_locked: bool


class Sessions:
    """Every live session of this process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._live: dict[bytes, Session] = {}
        self._idle: dict[bytes, Idle] = {}
        self._lock = threading.Lock()

    def begin(self, staff: Staff, language: str, now: datetime) -> tuple[str, Session]:
        """Begin a session and return its cookie."""
        token = secrets.token_urlsafe(32)
        session = Session(staff=staff, language=language, began=now, seen=now)
        with self._lock:
            self._live[_name(token)] = session
        return token, session

    def find(self, token: str, now: datetime) -> Session | None:
        """Return the live session of a cookie and note that it was used, or none."""
        with self._lock:
            session = self._live.get(_name(token))
            if session is None:
                return None
            if self._is_over(session, now):
                self._retire(_name(token), now)
                return None
            session.seen = now
            return session

    def lock(self, token: str, now: datetime) -> bool:
        """Lock the session of a cookie now; tell whether it waits for its PIN, or ended for want of one."""
        with self._lock:
            self._retire(_name(token), now)
            return _name(token) in self._idle

    def is_locked(self, token: str, now: datetime) -> bool:
        """Tell whether the session of a cookie waits for its PIN."""
        with self._lock:
            idle = self._idle.get(_name(token))
            if idle is not None and self._is_past(idle.began, now):
                del self._idle[_name(token)]
                idle = None
            return idle is not None

    def unlock(self, token: str, pin: str, now: datetime) -> Session | None:
        """
        Return the session of a cookie, open again; none when it is over, also by this wrong PIN.

        Raises:
            WrongPinError: not this PIN; there are tries left.
        """
        with self._lock:
            idle = self._idle.get(_name(token))
            if idle is None or self._is_past(idle.began, now):
                self._idle.pop(_name(token), None)
                return None
            # Counted before it is looked at: many tries at once are as many tries.
            idle.tries += 1
            if idle.tries >= pins.TRIES:
                self._idle.pop(_name(token), None)
        try:
            staff, chosen = pins.reopen(idle.keys, pin, token, cheap=self._settings.is_practice)
        except WrongPinError:
            if idle.tries >= pins.TRIES:
                return None
            raise
        session = Session(
            staff=staff, language=idle.language, began=idle.began, seen=now, csrf=idle.csrf, id=idle.id,
            pin=chosen, waiting=idle.waiting, noted=idle.noted, done=idle.done,
        )  # fmt: skip
        with self._lock:
            # Ended meanwhile by its owner or by a suspension: then it stays ended.
            if self._idle.pop(_name(token), None) is None and idle.tries < pins.TRIES:
                return None
            self._live[_name(token)] = session
        return session

    def end(self, token: str) -> None:
        """End the session of a cookie, if it lives."""
        with self._lock:
            session = self._live.pop(_name(token), None)
            self._idle.pop(_name(token), None)
        if session is not None:
            session.forget()

    def end_of(self, staff: str, only: str | None = None, but: str | None = None) -> int:
        """End the sessions of one person, *only* one, or all *but* one; return how many there were."""
        with self._lock:
            ended: list[Session] = []
            count = 0
            for name, session in list(self._live.items()):
                if session.staff.staff == staff and only in (None, session.id) and session.id != but:
                    ended.append(self._live.pop(name))
            for name, idle in list(self._idle.items()):
                if idle.keys.staff == staff and only in (None, idle.id) and idle.id != but:
                    del self._idle[name]
                    count += 1
        for session in ended:
            session.forget()
        return count + len(ended)

    def of(self, staff: str, now: datetime) -> list[Sitting]:
        """Return the sessions of one person at this desk, the newest first."""
        with self._lock:
            found = [
                Sitting(one.id, one.began, one.seen, is_locked=self._is_over(one, now))
                for one in self._live.values()
                if one.staff.staff == staff and (one.pin is not None or not self._is_over(one, now))
            ]
            found += [
                Sitting(one.id, one.began, one.seen, is_locked=True)
                for one in self._idle.values()
                if one.keys.staff == staff
            ]
        return sorted(
            (one for one in found if not self._is_past(one.began, now)),
            key=lambda one: one.began,
            reverse=True,
        )

    def sweep(self, now: datetime) -> None:
        """Lock or forget every session that is over, whether or not its browser comes back."""
        with self._lock:
            for name in [name for name, session in self._live.items() if self._is_over(session, now)]:
                self._retire(name, now)
            for name in [name for name, idle in self._idle.items() if self._is_past(idle.began, now)]:
                del self._idle[name]
            living = list(self._live.values())
        for session in living:
            session.put_away_late(now)

    def living(self, now: datetime) -> list[Session]:
        """Return the sessions that go on, without counting this as use."""
        with self._lock:
            return [session for session in self._live.values() if not self._is_over(session, now)]

    def __len__(self) -> int:
        return len(self._live)

    def _retire(self, name: bytes, now: datetime) -> None:
        """Take a session off the table: locked, if it has a PIN and the shift goes on."""
        session = self._live.pop(name, None)
        if session is None:
            return
        if session.pin is not None and not self._is_past(session.began, now):
            self._idle[name] = Idle(
                keys=pins.shut(session.staff, session.pin), id=session.id, language=session.language,
                csrf=session.csrf, began=session.began, seen=session.seen, waiting=list(session.waiting),
                noted=set(session.noted), done=OrderedDict(session.done),
            )  # fmt: skip
        session.forget()

    def _is_over(self, session: Session, now: datetime) -> bool:
        return now - session.seen > self._settings.idle or self._is_past(session.began, now)

    def _is_past(self, began: datetime, now: datetime) -> bool:
        return now - began > self._settings.shift


def _name(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
