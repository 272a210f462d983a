"""
The keeper: strips the outer lock for staff who may have it, and puts it on what desks hand in.

It runs inside the hub and trusts no row: a request or hand-in counts only if a living member of the roster
in force signed it. What it may give:

* content and drafts: whatever grants the asker has, without limit;
* a card to *show*: to the case's assignee, second or stand-in, for tips to custodians; the ``open-card``
  row in the journal is named by the request; ten an hour per person;
* cards to *check* (conflict, holder's half of the gate): to whoever has grants, in batches, six frozen
  digests a day; free on one's own cases.

It never sees what is inside a grant. Limits are counted in memory and start anew with the hub.
"""

from __future__ import annotations

import base64
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casework import canonical, keys, rosters
from casework.asking import CARD, CHECK, READ, REQUEST_TAG, GrantRef
from casework.database import Database
from casework.rosters import Staffing
from casework.strongbox import Strongbox
from casework.tables import Answer, Case, Grant, HandIn, JournalRow, Request
from crypto import context, lock, sealed
from crypto.errors import CryptoError
from crypto.roster import Anchor
from crypto.signature import verify
from crypto.xwing import Recipient

LIFETIME = timedelta(seconds=60)
CARDS_AN_HOUR = 10
CHECKS_A_DAY = 6

# What a desk is told when a grant is not given.
NOT_ON_ROSTER = "not-on-roster"
NO_GRANT = "no-grant"
NOT_YOURS = "not-yours"
NO_JOURNAL = "no-journal"
TOO_MANY = "too-many"


@dataclass
class Counters:
    """How often whom: in memory only."""

    cards: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    checks: dict[tuple[str, date], set[str]] = field(default_factory=lambda: defaultdict(set))
    journal: set[int] = field(default_factory=set)

    def may_show(self, staff: str, now: datetime) -> bool:
        """Count one card shown to *staff*, or say that it is one too many."""
        recent = [at for at in self.cards[staff] if now - at < timedelta(hours=1)]
        if len(recent) >= CARDS_AN_HOUR:
            return False
        self.cards[staff] = [*recent, now]
        return True

    def may_check(self, staff: str, frozen: str, day: date) -> bool:
        """Count one batch of comparisons with *frozen*, or say that it is one too many."""
        seen = self.checks[staff, day]
        if frozen not in seen and len(seen) >= CHECKS_A_DAY:
            return False
        seen.add(frozen)
        return True


def clear(database: Database) -> None:
    """Drop every request and answer, and ask desks to hand in again: called when the hub starts."""
    with database.write() as session:
        session.execute(delete(Request))
        session.execute(delete(Answer))
        for row in session.scalars(select(HandIn).where(HandIn.state == "new")):
            row.state = "again"


def answer_requests(
    database: Database, strongbox: Strongbox, anchor: Anchor, counters: Counters, now: datetime
) -> int:
    """Answer every waiting request, drop those older than a minute, and return how many were answered."""
    with database.read() as session:
        waiting = session.scalars(select(Request.id)).all()
        stale = session.scalar(select(Answer.request).where(Answer.at < now - LIFETIME).limit(1))
    if not waiting and stale is None:
        return 0
    answered = 0
    with database.write() as session:
        staffing = rosters.staffing(session, anchor, now)
        session.execute(delete(Answer).where(Answer.at < now - LIFETIME))
        for request in session.scalars(select(Request)):
            session.delete(request)
            if now - request.at > LIFETIME:
                continue
            answered += _answer(session, request, staffing, strongbox, counters, now)
    return answered


def _answer(
    session: Session,
    request: Request,
    staffing: Staffing,
    strongbox: Strongbox,
    counters: Counters,
    now: datetime,
) -> int:
    """Answer one request; one that nobody living signed gets no answer at all."""
    body = _signed_body(request, staffing)
    if body is None:
        return 0
    asked = _Asked(session, request.staff, staffing, strongbox, counters, body, now)
    grants: dict[str, str] = {}
    refused: dict[str, str] = {}
    for text in body["grants"]:
        given = asked.give(GrantRef.read(text))
        if isinstance(given, str):
            refused[text] = given
        else:
            grants[text] = base64.b64encode(given).decode()
    answer = canonical.dumps({"grants": grants, "refused": refused})
    where = context.named("answer", request.id)
    recipient = Recipient.parse(bytes.fromhex(body["session"]))
    session.add(Answer(request=request.id, sealed=sealed.seal(answer, [recipient], where), at=now))
    return 1


def _signed_body(request: Request, staffing: Staffing) -> dict[str, Any] | None:
    """Return what the request asks, if a living member of the roster signed exactly this row."""
    entry = staffing.roster.find(request.staff)
    if entry is None or entry.id not in staffing.living or entry.number != request.number:
        return None
    try:
        verify(entry.signing, REQUEST_TAG, request.body, request.signature)
        body: dict[str, Any] = canonical.loads(request.body)
    except CryptoError:
        return None
    return body if body.get("id") == request.id.hex() else None


@dataclass
class _Asked:
    """One request being answered."""

    session: Session
    staff: str
    staffing: Staffing
    strongbox: Strongbox
    counters: Counters
    body: dict[str, Any]
    now: datetime
    shown: dict[bytes, str | None] = field(default_factory=dict)

    def give(self, ref: GrantRef) -> bytes | str:
        """Return the grant without its epoch lock, or why not."""
        row = self.session.scalars(
            select(Grant)
            .where(
                Grant.owner == ref.owner,
                Grant.compartment == ref.compartment,
                Grant.generation == ref.generation,
                Grant.staff == self.staff,
            )
            .order_by(Grant.number.desc())
        ).first()
        if row is None:
            return NO_GRANT
        why = self._why_not(ref)
        if why is not None:
            return why
        return unlock_grant(row, self.strongbox)

    def _why_not(self, ref: GrantRef) -> str | None:
        purpose = self.body["purpose"]
        if ref.compartment != keys.IDENTITY:
            return None if purpose in (READ, CHECK) else NOT_YOURS
        case = self.session.get(Case, ref.owner)
        if case is None:
            return NO_GRANT
        if purpose == CARD:
            return self._why_not_show(case)
        if purpose == CHECK:
            frozen = str(self.body["frozen"])
            if self._is_own(case) or self.counters.may_check(self.staff, frozen, self.now.date()):
                return None
            return TOO_MANY
        return NOT_YOURS

    def _why_not_show(self, case: Case) -> str | None:
        """One showing of one card, however many generations it was sealed in, is judged and counted once."""
        if case.id not in self.shown:
            if not self._may_show(case):
                self.shown[case.id] = NOT_YOURS
            elif not self._has_journal(case):
                self.shown[case.id] = NO_JOURNAL
            else:
                allowed = self.counters.may_show(self.staff, self.now)
                self.shown[case.id] = None if allowed else TOO_MANY
        return self.shown[case.id]

    def _is_own(self, case: Case) -> bool:
        stand_in = self.staffing.stand_ins.get(case.assignee or "")
        return self.staff in (case.assignee, case.second, stand_in)

    def _may_show(self, case: Case) -> bool:
        if case.team == rosters.LEGAL:
            return self._is_own(case)
        entry = self.staffing.roster.find(self.staff)
        roles = entry.roles if entry else frozenset()
        custodians = {holder.staff for holder in self.staffing.custodians()}
        return self.staff in custodians or "custodian" in roles

    def _has_journal(self, case: Case) -> bool:
        """Tell whether the act stands in the journal, named by this request and by none before it."""
        n = self.body["journal"]
        row = self.session.get(JournalRow, n) if isinstance(n, int) else None
        if row is None or n in self.counters.journal:
            return False
        if (row.act, row.actor, row.case) != ("open-card", self.staff, case.id):
            return False
        self.counters.journal.add(n)
        return True


def unlock_grant(row: Grant, strongbox: Strongbox) -> bytes:
    """
    Take the epoch lock off a grant.

    Raises:
        KeyMissingError: its epoch is not on file.
        CryptoError: the row was moved or changed.
    """
    key = strongbox.lock_of("epoch", lock.number_of(row.locked))
    place = keys.lock_context(row.owner, row.compartment, row.generation, row.staff, row.number)
    return lock.unlock(key, row.locked, place)
