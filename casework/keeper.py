"""
The keeper: strips the outer lock for staff who may have it, and puts it on what desks hand in.

It runs inside the hub and trusts no row: a request or hand-in counts only if a living member of the roster
in force signed it. What it may give:

* content and drafts: whatever grants the asker has, without limit, once the case is filed;
* a card to *show*: to the case's assignee, second or stand-in, for tips to custodians; the ``open-card``
  row in the journal is named by the request; ten an hour per person;
* cards to *check* (conflict, holder's half of the gate): to whoever has grants, in batches, six digests of
  something (:mod:`casework.comparing`) a day; free on one's own cases. For every request that opens somebody
  else's cards a ``check-card`` row stands in the journal: the asker's if it names one, else the hub's;
* whom to ask, of colleagues who take part in the team check (:mod:`casework.teamcheck`): twenty times a day,
  with a ``team-check`` row of the asker's for each.

Whoever wants more than that gets nothing more, and the coordinators hear of it once a day, without a name:
the journal shows whose desk it was, and if that person knows nothing of it, their keys are in other hands.

It never sees what is inside a grant. Limits are counted in memory and start anew with the hub. A row that
does not unlock is said to be damaged and keeps no other from being given.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from casework import canonical, comparing, journal, keys, notices, rosters, signed, teamcheck, watching
from casework.actors import HUB, Actor
from casework.asking import CARD, CHECK, MARKS, READ, REQUEST_TAG, TEAM, GrantRef
from casework.comparing import Matter
from casework.database import Database
from casework.errors import KeyMissingError
from casework.limits import CARDS_AN_HOUR, CHECKS_A_DAY, Counters
from casework.rosters import Staffing
from casework.signed import LIFETIME
from casework.strongbox import Strongbox
from casework.tables import Answer, Case, Grant, HandIn, JournalRow, Request, Writing
from casework.teamcheck import Opened
from crypto import context, lock, sealed
from crypto.errors import CryptoError
from crypto.roster import Anchor
from crypto.xwing import Recipient

# Requests taken in one transaction, and the bytes of one: some thousand grants.
AT_ONCE = 100
BODY_LIMIT = 512 * 1024

__all__ = [
    "CARDS_AN_HOUR", "CHECKS_A_DAY", "LIFETIME", "Counters", "answer_requests", "clear", "open_grant",
    "unlock_grant",
]  # fmt: skip

# What stands in a request for a team check, whatever else does.
_ASKS_A_TEAM = canonical.dumps({"purpose": TEAM})[1:-1]

# How it shows that a request is not what a desk of living staff writes.
_UNREAD = (CryptoError, signed.OutOfTimeError, AttributeError, KeyError, TypeError, ValueError)

# Ids in one statement: engines bound their number.
SLICE = 500

# What a desk is told when a grant is not given.
NO_GRANT = "no-grant"
NOT_YOURS = "not-yours"
NO_JOURNAL = "no-journal"
TOO_MANY = "too-many"
DAMAGED = "damaged"
AGAIN = "again"


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
    """
    Answer waiting requests, the oldest first, and return how many were answered.

    Requests that nobody living signed, or not lately, go unanswered. At most :data:`AT_ONCE` are taken in
    one call, so that no flood of rows holds the database for long.
    """
    with database.read() as session:
        waiting = session.scalar(select(Request.id).limit(1))
        stale = session.scalar(select(Answer.request).where(Answer.at < now - LIFETIME).limit(1))
    if waiting is None and stale is None:
        return 0
    opened = _open_marks(database, strongbox, anchor, counters, now) if waiting is not None else {}
    answered = 0
    with database.write() as session:
        staffing = watching.watched(session, strongbox, anchor, now)
        session.execute(delete(Answer).where(Answer.at < now - LIFETIME))
        session.execute(delete(Request).where(func.length(Request.body) > BODY_LIMIT))
        for request in session.scalars(select(Request).order_by(Request.at).limit(AT_ONCE)).all():
            session.delete(request)
            answered += _answer(session, request, staffing, strongbox, counters, now, opened)
    return answered


def _open_marks(
    database: Database, strongbox: Strongbox, anchor: Anchor, counters: Counters, now: datetime
) -> Opened:
    """Unlock what a team check compares while nobody is kept waiting; nothing, if none may be asked now."""
    with database.read() as session:
        wanted = select(Request).where(func.length(Request.body) <= BODY_LIMIT)
        waiting = session.scalars(wanted.order_by(Request.at).limit(AT_ONCE)).all()
        # Most ask for something else: nothing is verified twice for them.
        waiting = [request for request in waiting if _ASKS_A_TEAM in request.body]
        staffing = watching.watched(session, strongbox, anchor, now) if waiting else None
        for request in waiting:
            assert staffing is not None
            try:
                is_asked = _read(request, staffing, now)["purpose"] == TEAM
            except _UNREAD:
                continue
            takes_part = is_asked and request.staff in teamcheck.members(session, staffing)
            # What was asked too often, or by whoever takes no part, is judged without: it comes to no marks.
            if takes_part and counters.may_open_marks(request.staff, now.date()):
                return teamcheck.open_ahead(session, strongbox)
    return {}


def _read(request: Request, staffing: Staffing, now: datetime) -> dict[str, Any]:
    """Return what a request says that a desk of living staff wrote lately; else raise one of _UNREAD."""
    said = signed.read(
        request.id, request.staff, request.number, REQUEST_TAG, request.body, request.signature, staffing
    )
    signed.check_fresh(said, now)
    return said


def _answer(
    session: Session,
    request: Request,
    staffing: Staffing,
    strongbox: Strongbox,
    counters: Counters,
    now: datetime,
    opened: Opened,
) -> int:
    """Answer one request; one that is not what a desk of living staff writes gets no answer at all."""
    try:
        said = _read(request, staffing, now)
        refs = [GrantRef.read(text) for text in said["grants"]]
        recipient = Recipient.parse(bytes.fromhex(said["session"]))
        asked = _Asked(
            session, request.staff, staffing, strongbox, counters, now,
            str(said["purpose"]), said["journal"], said["frozen"], _unfiled(session, refs),
            said.get("told"), opened,
        )  # fmt: skip
    except _UNREAD:
        return 0
    counters.heard = now
    if not counters.may_answer(request.id, now) or session.get(Answer, request.id) is not None:
        return 0
    grants: dict[str, str] = {}
    refused: dict[str, str] = {}
    if asked.purpose in (MARKS, TEAM):
        refused = asked.compare(refs)
        refs = []
    for ref in refs:
        given = asked.give(ref)
        if isinstance(given, str):
            refused[ref.write()] = given
        else:
            grants[ref.write()] = base64.b64encode(given).decode()
    answer = canonical.dumps({"ask": asked.ask, "grants": grants, "refused": refused})
    where = context.named("answer", request.id)
    session.add(Answer(request=request.id, sealed=sealed.seal(answer, [recipient], where), at=now))
    return 1


def _unfiled(session: Session, refs: list[GrantRef]) -> frozenset[bytes]:
    """
    Return the cases among *refs* that are still being written.

    Until then nobody knows which team they are for, and whoever was given a seed keeps it.
    """
    owners = sorted({ref.owner for ref in refs})
    found: set[bytes] = set()
    for at in range(0, len(owners), SLICE):
        some = owners[at : at + SLICE]
        found |= set(session.scalars(select(Case.id).where(Case.id.in_(some), Case.status == "writing")))
        found |= set(session.scalars(select(Writing.case).where(Writing.case.in_(some))))
    return frozenset(found)


@dataclass
class _Asked:
    """One request being answered."""

    session: Session
    staff: str
    staffing: Staffing
    strongbox: Strongbox
    counters: Counters
    now: datetime
    purpose: str
    journal: object
    frozen: object
    unfiled: frozenset[bytes]
    told: object = None
    opened: Opened = field(default_factory=dict)
    ask: list[str] = field(default_factory=list)
    shown: dict[bytes, str | None] = field(default_factory=dict)
    checked: dict[Matter, str | None] = field(default_factory=dict)

    def give(self, ref: GrantRef) -> bytes | str:
        """Return the grant without its epoch lock, or why not."""
        grant = self.held(ref)
        return grant if isinstance(grant, str) else self._why_not(ref) or grant

    def held(self, ref: GrantRef) -> bytes | str:
        """Return this person's own grant without its epoch lock, or why there is none."""
        rows = self.session.scalars(
            select(Grant)
            .where(
                Grant.owner == ref.owner,
                Grant.compartment == ref.compartment,
                Grant.generation == ref.generation,
                Grant.staff == self.staff,
            )
            .order_by(Grant.number.desc())
        ).all()
        if not rows:
            return NO_GRANT
        opened = (open_grant(row, self.strongbox) for row in rows)
        grant = next((one for one in opened if one is not None), None)
        return DAMAGED if grant is None else grant

    def compare(self, refs: list[GrantRef]) -> dict[str, str]:
        """Keep what was told of one case, or compare it with colleagues'; give no grant of anything."""
        if len(refs) != 1 or refs[0].compartment != keys.IDENTITY:
            return {ref.write(): NOT_YOURS for ref in refs}
        why = self._why_not_compare(refs[0])
        return {} if why is None else {refs[0].write(): why}

    def _why_not_compare(self, ref: GrantRef) -> str | None:
        case = self.session.get(Case, ref.owner)
        if case is None or case.id in self.unfiled or isinstance(self.held(ref), str):
            return NO_GRANT
        taking_part = teamcheck.members(self.session, self.staffing)
        if self.staff not in taking_part:
            return NOT_YOURS
        try:
            told = teamcheck.read(self.strongbox, case.id, self.told)
        except CryptoError:
            return NOT_YOURS
        if told is None:
            return AGAIN
        if self.purpose == MARKS:
            if self.staff not in self.strongbox.parties.of(case.id, rosters.LEGAL).people:
                return NOT_YOURS
            teamcheck.keep(self.session, self.strongbox, case.id, told)
            return None
        if case.team != rosters.LEGAL or case.status not in teamcheck.EARLY:
            return NOT_YOURS
        if not self._has_journal("team-check", case.id):
            return NO_JOURNAL
        if not self.counters.may_check_team(self.staff, self.now.date()):
            return self._too_many()
        self.ask = teamcheck.whom_to_ask(
            self.session, self.strongbox, case.id, self.staff, told, taking_part, self.opened
        )
        return None

    def _why_not(self, ref: GrantRef) -> str | None:
        if ref.owner in self.unfiled:
            return NO_GRANT
        if ref.compartment != keys.IDENTITY:
            return None if self.purpose in (READ, CHECK) else NOT_YOURS
        case = self.session.get(Case, ref.owner)
        if case is None:
            return NO_GRANT
        if self.purpose == CARD:
            return self._why_not_show(case)
        if self.purpose == CHECK:
            return None if self._is_own(case) else self._why_not_check(case)
        return NOT_YOURS

    def _why_not_check(self, case: Case) -> str | None:
        """Each card must have to do with the one text named; what they are opened for counts once."""
        try:
            digest = bytes.fromhex(str(self.frozen))
        except ValueError:
            return NOT_YOURS
        matter = comparing.matter(self.session, self.staff, case, digest, self.staffing)
        if matter is None:
            return NOT_YOURS
        if matter not in self.checked:
            self.checked[matter] = self._judge_check(digest, matter)
        return self.checked[matter]

    def _judge_check(self, digest: bytes, matter: Matter) -> str | None:
        """Count one batch; every request that opens others' cards leaves a row."""
        is_named = self.journal is not None
        if is_named and not self._has_journal("check-card", matter.case, matter.draft):
            return NO_JOURNAL
        if not self.counters.may_check(self.staff, digest, self.now.date()):
            return self._too_many()
        if not is_named:
            hub = Actor(HUB, 0, self.strongbox.signing)
            journal.write(
                self.session, "check-card", by=hub, day=self.now.date(), case=matter.case,
                subject=matter.draft,
            )  # fmt: skip
        return None

    def _why_not_show(self, case: Case) -> str | None:
        """One showing of one card, however many generations it was sealed in, is judged and counted once."""
        if case.id not in self.shown:
            if not self._may_show(case):
                self.shown[case.id] = NOT_YOURS
            elif not self._has_journal("open-card", case.id):
                self.shown[case.id] = NO_JOURNAL
            else:
                allowed = self.counters.may_show(self.staff, self.now)
                self.shown[case.id] = None if allowed else self._too_many()
        return self.shown[case.id]

    def _too_many(self) -> str:
        """Refuse, and let the coordinators know that somebody wanted too much."""
        if self.counters.may_tell(self.staff, self.now.date()):
            notices.tell(self.session, notices.LIMIT, self.staffing.coordinators(), None, self.now)
        return TOO_MANY

    def _is_own(self, case: Case) -> bool:
        stand_in = self.staffing.stand_ins.get(case.assignee or "")
        return self.staff in (case.assignee, case.second, stand_in)

    def _may_show(self, case: Case) -> bool:
        """A card of a tip goes to custodians, and to the case's own editor once they were granted it."""
        if self._is_own(case):
            return True
        if case.team == rosters.LEGAL:
            return False
        entry = self.staffing.roster.find(self.staff)
        roles = entry.roles if entry else frozenset()
        custodians = {holder.staff for holder in self.staffing.custodians()}
        return self.staff in custodians or "custodian" in roles

    def _has_journal(self, act: str, case: bytes | None, subject: bytes | None = None) -> bool:
        """Tell whether the act stands in the journal, named by this request and by none before it."""
        n = self.journal
        if not isinstance(n, int) or n in self.counters.journal:
            return False
        if not self._is_journalled(act, case, subject):
            return False
        self.counters.journal.add(n)
        return True

    def _is_journalled(self, act: str, case: bytes | None, subject: bytes | None) -> bool:
        """Tell whether the row this request names says so: signed by who asks, today, an opening with why."""
        if not isinstance(self.journal, int) or not 0 < self.journal < 2**31:
            return False
        row = self.session.get(JournalRow, self.journal)
        if row is None or not journal.is_signed(row, self.staffing.roster):
            return False
        if act == "open-card" and row.reason is None:
            return False
        is_late = abs(row.day - self.now.date()) > timedelta(days=1)
        return not is_late and (row.act, row.actor, row.case, row.subject) == (act, self.staff, case, subject)


def open_grant(row: Grant, strongbox: Strongbox) -> bytes | None:
    """Take the epoch lock off a grant; None for a row that no key of the hub on file ever locked."""
    try:
        return unlock_grant(row, strongbox)
    except (CryptoError, KeyMissingError):
        return None


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
