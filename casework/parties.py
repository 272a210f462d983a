"""
Who is on a case, as signed.

The columns that say who answers for a case are anybody's who can write the database. Keys follow the journal
instead: whoever accepted, was given, was lent a case stands there by name, signed by who had the say. A book
reads the journal once, row by row, and remembers; what is changed behind it later changes nothing. A chain
that does not go on from where it was leaves nobody on any case until it does: then the book reads on, with
nothing lost. A book may be told where the journal was when it was read last: one that leads elsewhere holds
for nothing.

* Whoever accepts a case that nobody is on is on it; the row after it may name a second.
* Whoever is on it gives it to others; so does the hub, and a coordinator to its second, or once nobody of its
  people is there any more.
* Whoever is on it lends it to a consultant, and either of them ends that.
* A case merged into another has the other's people; a second matter has the first's.
* Whoever is on it, before that any member of a team, mutes the chat that tells it, and ends that.
* A draft is of the editor who began it.
* The hub renews a key (:mod:`casework.renewals`).

A row nobody signed counts for nothing, nor does one by somebody whom two colleagues have suspended. Each team
has its own account of a case: only its members accept. Whether these people may still hold a key is asked of
the roster when they are given one.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from casework import journal, keys, renewals, voices
from casework.actors import HUB, subject_of
from casework.heads import Head
from casework.renewals import Renewals
from casework.rosters import EDITORS, LEGAL, ROLE_OF_TEAM
from casework.tables import Case, Grant, JournalRow
from casework.voices import Voices
from crypto.journal import GENESIS
from crypto.roster import Anchor, Roster, StaffEntry

log = logging.getLogger(__name__)

# Rows read in one go.
AT_ONCE = 2000

_SUSPENSIONS = frozenset({"suspend", "lift-suspension"})
_FOUNDING = frozenset({"brief", "split"})
_MUTES = frozenset({"mute", "unmute"})
_ON_CASES = frozenset({"accept", "assign", "second", "lend", "pass-up", "merge"})
_DRAFT = "draft"
_RENEW = "renew"
_ACTS = _ON_CASES | _FOUNDING | _SUSPENSIONS | _MUTES | {_DRAFT, _RENEW}
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Parties:
    """Who is on one case."""

    assignee: str | None = None
    second: str | None = None
    consultant: str | None = None
    giver: str | None = None  # who gave or took it last,
    n: int = 0  # in this row of the journal,
    day: date | None = None  # on this day
    into: bytes | None = None

    @property
    def people(self) -> tuple[str, ...]:
        """Return who answers for it."""
        return tuple(one for one in (self.assignee, self.second) if one is not None)


NOBODY = Parties()


@dataclass(frozen=True, slots=True)
class Founding:
    """By which act, by whom and when a case began that no tipster wrote."""

    act: str
    by: str
    day: date


@dataclass
class Book:
    """What the journal says of who is on which case. In memory only, and made anew by reading it again."""

    n: int = 0
    head: bytes = GENESIS
    is_broken: bool = False
    cases: dict[bytes, dict[str, Parties]] = field(default_factory=dict, repr=False)
    founded: dict[bytes, Founding] = field(default_factory=dict, repr=False)
    drafts: dict[bytes, str] = field(default_factory=dict, repr=False)  # who began each
    muted: set[bytes] = field(default_factory=set, repr=False)  # cases whose chats are not listened to
    named: set[bytes] = field(default_factory=set, repr=False)  # every case something was done to
    ever: dict[bytes, set[str]] = field(default_factory=dict, repr=False)  # who was on a case at any time
    voices: dict[str, Voices] = field(default_factory=dict, repr=False)
    known: dict[int, Roster | None] = field(default_factory=dict, repr=False)
    renewed: Renewals = field(default_factory=dict, repr=False)
    seen: Head | None = None  # where the journal was when somebody read it before this book was begun
    remember: Callable[[Head], None] = lambda _head: None
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def read(self, session: Session, roster: Roster, anchor: Anchor) -> None:
        """
        Read what was committed since, under the *roster* in force. *session* must have written nothing.

        While the journal does not hold, each call looks whether it does again.
        """
        with self.lock:
            was_broken = self.is_broken
            if was_broken and self._is_before_seen:
                self._begin()  # what was read until here may be what somebody wrote in its place
            before = self.n
            self.is_broken = not self._stands(session)
            # As long as the next row is not the one after this, no more than that is looked at.
            limit = 1 if was_broken and not self._is_before_seen else AT_ONCE
            while not self.is_broken and (rows := self._next(session, limit)):
                for row in rows:
                    self._add(session, row, roster, anchor)
                limit = AT_ONCE
            self.is_broken = self.is_broken or self._is_before_seen
            self._say(was_broken)
            if self.n > before and not self.is_broken:
                self.remember(Head(self.n, self.head))

    def forget(self) -> None:
        """Begin anew: somebody looked at a journal that does not go on from here, and found it right."""
        with self.lock:
            self.seen = None
            self.renewed.clear()
            self._begin()

    def of(self, case: bytes, team: str) -> Parties:
        """Return who is on *case*, if it is one of *team*; nobody while the journal does not hold."""
        with self.lock:
            return NOBODY if self.is_broken else self._followed(case, team)

    def _followed(self, case: bytes, team: str) -> Parties:
        """Return who is on *case*, or on the one it was merged into."""
        found, seen = self._of(case, team), {case}
        while found.into is not None and found.into not in seen:
            seen.add(found.into)
            other = self._of(found.into, team)
            if not other.people and other.into is None:
                break
            found = other
        return found

    def is_muted(self, case: bytes) -> bool:
        """Tell whether the chat that began *case* is not listened to; a broken journal mutes no one."""
        with self.lock:
            return not self.is_broken and case in self.muted

    def founding(self, case: bytes) -> Founding | None:
        """Return how *case* began, if one of the staff began it; none while the journal does not hold."""
        with self.lock:
            return None if self.is_broken else self.founded.get(case)

    def last_known(self, case: bytes, team: str) -> Parties:
        """
        Return who was on *case* before a row was slipped in that does not follow; who is, while all do.

        For the hub's own next key alone: a row that says nothing must not give it to the whole duty list.
        Where rows that somebody saw are gone, nobody can say.
        """
        with self.lock:
            return NOBODY if self._is_before_seen else self._followed(case, team)

    def floor(self, owner: bytes, compartment: str) -> int:
        """Return from which generation on a key may be sealed to, also while the journal does not hold."""
        with self.lock:
            return self.renewed.get((owner, compartment), 0)

    def renew(self, owner: bytes, compartment: str, generation: int) -> None:
        """Note that this key was made because somebody was gone; no older one counts from now on."""
        with self.lock:
            place = owner, compartment
            self.renewed[place] = max(generation, self.renewed.get(place, 0))

    def author(self, draft: bytes) -> str | None:
        """Return who began *draft*, as signed; nobody while the journal does not hold."""
        with self.lock:
            return None if self.is_broken else self.drafts.get(draft)

    def ever_on(self, case: bytes) -> frozenset[str]:
        """Return everybody who was ever on *case*, or on one it was merged into, whatever its team."""
        with self.lock:
            found: set[str] = set()
            seen: set[bytes] = set()
            ahead = {case}
            while ahead:
                one = ahead.pop()
                seen.add(one)
                found |= self.ever.get(one, set())
                into = {parties.into for parties in self.cases.get(one, {}).values()}
                ahead |= {other for other in into if other is not None} - seen
            return frozenset(found)

    def _of(self, case: bytes, team: str) -> Parties:
        return self.cases.get(case, {}).get(team, NOBODY)

    @property
    def _is_before_seen(self) -> bool:
        return self.seen is not None and self.n < self.seen.n

    def _begin(self) -> None:
        self.n, self.head, self.is_broken = 0, GENESIS, False
        for kept in (self.cases, self.founded, self.drafts, self.muted, self.named, self.ever):
            kept.clear()
        for known in (self.voices, self.known):
            known.clear()

    def _stands(self, session: Session) -> bool:
        """Tell whether what was read last lies where it was, and what was seen before this book was begun."""
        expected = [(self.n, self.head)] if self.n else []
        if self.seen is not None and self._is_before_seen:
            expected.append((self.seen.n, self.seen.head))
        return all(
            session.scalar(select(JournalRow.head).where(JournalRow.n == n)) == head for n, head in expected
        )

    def _next(self, session: Session, limit: int) -> Sequence[Row[Any]]:
        # Columns, not objects: most rows are only followed, and there may be hundreds of thousands.
        after = select(*JournalRow.__table__.columns).where(JournalRow.n > self.n)
        return session.execute(after.order_by(JournalRow.n).limit(limit)).all()

    def _say(self, was_broken: bool) -> None:
        if self.is_broken and not was_broken:
            log.error("parties.broken %d", self.n + 1)
        elif was_broken and not self.is_broken:
            log.warning("parties.holds_again %d", self.n)

    def _add(self, session: Session, row: Row[Any], roster: Roster, anchor: Anchor) -> None:
        is_other = self.seen is not None and row.n == self.seen.n and row.head != self.seen.head
        if self.is_broken or is_other or not journal.follows(row, self.n, self.head):
            self.is_broken = True
            return
        self.n, self.head = row.n, row.head
        if row.act in _ACTS:
            self._judge(session, JournalRow(**row._asdict()), roster, anchor)
        if row.case is not None:
            self.named.add(row.case)

    def _judge(self, session: Session, row: JournalRow, roster: Roster, anchor: Anchor) -> None:
        """Look who signed a row, and note what it says."""
        of = voices.roster_of(session, row, roster, anchor, self.known)
        if of is None or not journal.is_signed(row, of):
            return
        if row.actor == HUB:
            named = renewals.read_subject(row.subject) if row.act == _RENEW else None
            if row.case is not None and named is not None:
                self.renew(row.case, *named)
            elif row.case is not None:
                self._note(row, of, None)
            return
        actor = of.find(row.actor)
        if actor is None or (actor.revoked and row.roster is None) or self._is_out(row.actor):
            return
        if row.act in _SUSPENSIONS:
            self._hear(row, of, actor)
        elif row.act == _DRAFT:
            # The row that began it is the first that names it; nobody takes it over by a later one.
            if row.subject is not None and "editor" in actor.roles:
                self.drafts.setdefault(row.subject, actor.id)
        elif row.case is not None:
            self._note(row, of, actor)

    # --- who is suspended ---

    def _is_out(self, staff: str) -> bool:
        found = self.voices.get(staff)
        return found is not None and found.is_lasting

    def _hear(self, row: JournalRow, of: Roster, actor: StaffEntry) -> None:
        staff = _people(of).get(row.subject or b"")
        if staff is None or staff == actor.id:
            return
        if row.act == "lift-suspension":
            if "coordinator" in actor.roles:
                self.voices.pop(staff, None)
            return
        found = self.voices.get(staff)
        if found is None or (not found.is_lasting and row.day > found.day + _DAY):
            found = self.voices[staff] = Voices(row.n, row.n, row.day)
        found.n, found.day = row.n, max(found.day, row.day)
        found.actors.add(actor.id)

    def _is_there(self, staff: str | None, row: JournalRow, of: Roster) -> bool:
        """Tell whether *staff* was at work when *row* was written."""
        entry = None if staff is None else of.find(staff)
        if entry is None or entry.revoked or (entry.expires is not None and entry.expires < row.day):
            return False
        heard = self.voices.get(entry.id)
        return heard is None or not (heard.is_lasting or row.day <= heard.day + _DAY)

    # --- who is on a case ---

    def _note(self, row: JournalRow, of: Roster, actor: StaffEntry | None) -> None:
        """Note one row in the account of each team; by the hub where there is no *actor*."""
        assert row.case is not None
        if row.act in _MUTES:
            self._mute(row, actor)
            return
        for team, role in ROLE_OF_TEAM.items():
            before = self._of(row.case, team)
            if row.act in _FOUNDING:
                if row.actor in before.people:
                    self._found(row, team, before)
                continue
            is_member = actor is not None and role in actor.roles
            after = self._after(row, of, actor, before, is_member=is_member)
            if after is not None:
                self._set(row.case, team, after)

    def _mute(self, row: JournalRow, actor: StaffEntry | None) -> None:
        """Note a mute or its end by whoever has the say: those on the case, before that any member."""
        if row.case is None or actor is None:
            return
        people = {one for team in ROLE_OF_TEAM for one in self.of(row.case, team).people}
        is_member = not actor.roles.isdisjoint(ROLE_OF_TEAM.values())
        if actor.id in people or (not people and is_member):
            (self.muted.add if row.act == "mute" else self.muted.discard)(row.case)

    def _found(self, row: JournalRow, team: str, before: Parties) -> None:
        """Note how a case began, unless something was done to it earlier: then it is somebody else's."""
        if row.subject is None or row.subject in self.named or row.subject in self.founded:
            return
        self.founded[row.subject] = Founding(row.act, row.actor, row.day)
        if row.act == "split":
            other = next((one for one in before.people if one != row.actor), None)
            after = Parties(row.actor, other, giver=row.actor, n=row.n, day=row.day)
            self._set(row.subject, team, after)

    def _set(self, case: bytes, team: str, parties: Parties) -> None:
        self.cases.setdefault(case, {})[team] = parties
        names = (*parties.people, *([] if parties.consultant is None else [parties.consultant]))
        self.ever.setdefault(case, set()).update(names)

    def _after(
        self, row: JournalRow, of: Roster, actor: StaffEntry | None, before: Parties, *, is_member: bool
    ) -> Parties | None:
        """Return who is on a case after *row*; none when it counts for nothing there."""
        named = _people(of).get(row.subject or b"")
        is_on = row.actor in before.people
        if row.act == "accept":
            if is_member and not before.people:
                return Parties(row.actor, giver=row.actor, n=row.n, day=row.day)
        elif row.act == "assign":
            if named is not None and (is_on or self._may_give(row, of, actor, before, named)):
                return Parties(named, giver=row.actor, n=row.n, day=row.day)
        elif row.act == "second":
            if named is not None and row.actor == before.giver and row.n == before.n + 1:
                return replace(before, second=named)
        elif row.act == "lend":
            return replace(before, consultant=named) if is_on else None
        elif row.act == "pass-up":
            return replace(before, consultant=None) if is_on or row.actor == before.consultant else None
        elif row.act == "merge" and (is_on or (is_member and not before.people)):
            return replace(before, into=row.subject)
        return None

    def _may_give(
        self, row: JournalRow, of: Roster, actor: StaffEntry | None, before: Parties, named: str
    ) -> bool:
        """Tell whether the hub, or a coordinator who is not on a case, gave it to *named*."""
        if actor is None:
            return True
        if "coordinator" not in actor.roles or not before.people:
            return False
        return named == before.second or not any(self._is_there(one, row, of) for one in before.people)


@lru_cache(maxsize=4)
def _people(roster: Roster) -> Mapping[bytes, str]:
    return {subject_of(entry.id): entry.id for entry in roster.staff}


def team_of(session: Session, case: Case, roster: Roster, is_real: Callable[[Grant], bool]) -> str:
    """
    Return which team *case* is of: that of those who hold its first key, whatever its column says.

    The column decides where they belong to both, or nobody of the roster holds it. *is_real* tells whether a
    grant counts; who can tell is the hub, that locked it.
    """
    first = select(Grant).where(
        Grant.owner == case.id, Grant.compartment == keys.CONTENT, Grant.generation == 0
    )
    held = {row.staff for row in session.scalars(first) if row.staff != keys.RECOVERY and is_real(row)}
    roles = [entry.roles for staff in held if (entry := roster.find(staff)) is not None]
    members = {team: sum(role in one for one in roles) for team, role in ROLE_OF_TEAM.items()}
    if members[LEGAL] == members[EDITORS]:
        return case.team
    return max(members, key=lambda team: members[team])
