"""
Sessions: who is signed in, with what their keys have opened so far. In memory only; gone with the process.

A session forgets everything when it ends: on signing out, after :attr:`Settings.idle` without a click, after
:attr:`Settings.shift` at the latest. Its cookie is a random token; the table holds only the token's hash.
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
from desk.settings import Settings

if TYPE_CHECKING:
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
    # The ephemeral key to which the keeper seals its answers.
    answers: Identity = field(default_factory=Identity.generate)
    opened: dict[SealingKeyId, Identity] = field(default_factory=dict)
    # Cover sheets already opened and proven, by item: what lists are read from.
    covers: dict[bytes, tuple[Item, Mapping[str, Any]]] = field(default_factory=dict, repr=False)
    # Cards on the table: case → until when it may be looked at again without a new reason.
    cards: dict[bytes, datetime] = field(default_factory=dict)
    card_keys: dict[bytes, dict[GrantRef, Identity]] = field(default_factory=dict)
    # Suggested spans somebody chose to read: (draft's case, span) pairs.
    unmasked: set[tuple[bytes, str]] = field(default_factory=set)
    # Cases already noted in the journal as opened by this session.
    noted: set[bytes] = field(default_factory=set)
    # Cases whose holders this session has put right, or tried to.
    mended: set[bytes] = field(default_factory=set)
    # Hand-ins the hub has not confirmed yet: sealed grants, no seeds.
    waiting: list[Pending] = field(default_factory=list)
    # Frozen texts that could not be checked in passing: digests; a person has to press the button.
    unchecked: set[bytes] = field(default_factory=set)
    # Forms already carried out: token → where its answer led.
    done: OrderedDict[str, str] = field(default_factory=OrderedDict)
    # The page the last form led to, where it led to no other address: form, and what it showed.
    shown: tuple[str, Any] | None = None
    notice: str = ""
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
        self.cards.clear()
        self.unmasked.clear()
        self.done.clear()
        self.shown = None


class Sessions:
    """Every live session of this process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._live: dict[bytes, Session] = {}
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
                del self._live[_name(token)]
                session.forget()
                return None
            session.seen = now
            return session

    def end(self, token: str) -> None:
        """End the session of a cookie, if it lives."""
        with self._lock:
            session = self._live.pop(_name(token), None)
        if session is not None:
            session.forget()

    def end_of(self, staff: str) -> int:
        """End every session of one person and return how many there were."""
        with self._lock:
            names = [name for name, session in self._live.items() if session.staff.staff == staff]
            ended = [self._live.pop(name) for name in names]
        for session in ended:
            session.forget()
        return len(ended)

    def sweep(self, now: datetime) -> None:
        """Forget every session that is over, whether or not its browser comes back."""
        with self._lock:
            over = [name for name, session in self._live.items() if self._is_over(session, now)]
            ended = [self._live.pop(name) for name in over]
            living = list(self._live.values())
        for session in ended:
            session.forget()
        for session in living:
            session.put_away_late(now)

    def living(self, now: datetime) -> list[Session]:
        """Return the sessions that go on, without counting this as use."""
        with self._lock:
            return [session for session in self._live.values() if not self._is_over(session, now)]

    def __len__(self) -> int:
        return len(self._live)

    def _is_over(self, session: Session, now: datetime) -> bool:
        settings = self._settings
        return now - session.seen > settings.idle or now - session.began > settings.shift


def _name(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
