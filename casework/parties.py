"""
Who is on a case, as signed.

The columns that say who answers for a case are anybody's who can write the database. Keys follow the journal
instead: whoever accepted, was given, was lent a case stands there by name, signed by who had the say
(:mod:`casework.accounts`). A book reads the journal once, row by row, and remembers; what is changed behind
it later changes nothing. A chain that does not go on from where it was leaves nobody on any case until it
does: then the book reads on, with nothing lost. A book may be told where the journal was when it was read
last: one that leads elsewhere holds for nothing.

A row nobody signed counts for nothing. Whether the people on a case may still hold a key is asked of the
roster when they are given one.

Who signed a row, and that the hub took it, stands beside the chain, not under its hash. So a row that did not
verify is tried again later: once it does, all from the first such row on is read anew with it in its place.
What was read before that row is kept and not looked at again, and a row after it that verified must do so
once more. So what somebody spoils for an instant is never passed over for good, nothing else can be spoiled
meanwhile, and no bookmark is laid down beyond it.

A long journal takes long to read, so a book leaves a bookmark now and then (:mod:`casework.bookmarks`), and
the next one begins there. Whoever has time lets it then follow the rows before, from the first to the
bookmark: one that was changed meanwhile is an alarm as it would have been, some minutes later.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from casework import bookmarks, journal, keys, voices
from casework.accounts import ACTS, NOBODY, Accounts, Founding, Parties
from casework.heads import Head
from casework.renewals import Renewals
from casework.rosters import EDITORS, LEGAL, ROLE_OF_TEAM
from casework.tables import Case, Grant, JournalRow
from crypto.journal import GENESIS
from crypto.roster import Anchor, Roster

__all__ = ["NOBODY", "Book", "Founding", "Parties", "team_of"]

log = logging.getLogger(__name__)

# Rows read in one go.
AT_ONCE = 2000
# Rows before a bookmark that are followed in one go: a fifth of a second of the processor.
FOLLOWED_AT_ONCE = 10_000
# No more rows than are read in a tenth of a second.
BETWEEN_BOOKMARKS = 2000
# Rows that did not verify which are tried again in one look: less than a tenth of a second of the processor.
TRIED_AT_ONCE = 200

_BEGINNING = Head(0, GENESIS)


@dataclass
class Book:
    """What the journal says of who is on which case. In memory, and made anew by reading it again."""

    n: int = 0
    head: bytes = GENESIS
    is_broken: bool = False
    accounts: Accounts = field(default_factory=Accounts, repr=False)
    known: dict[int, Roster | None] = field(default_factory=dict, repr=False)
    seen: Head | None = None  # where the journal was when somebody read it before this book was begun
    remember: Callable[[Head], None] = lambda _head: None
    bookmark: bytes | None = field(default=None, repr=False)  # where an earlier book was laid down
    lay_down: Callable[[bytes], None] = lambda _bookmark: None
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _marked: Head | None = None  # the bookmark this book began at, until all before it was followed
    _followed: Head = _BEGINNING
    _changed: int = 0  # a row before the bookmark that does not follow
    _laid: int = 0
    _doubted: deque[int] = field(
        default_factory=deque
    )  # rows that would have said something, did they verify
    _before_doubt: bytes | None = field(default=None, repr=False)  # a bookmark that may still be laid down
    # Where the first of these follows, and what was known there.
    _sure: tuple[Head, Accounts] = field(default_factory=lambda: (_BEGINNING, Accounts()), repr=False)
    _held: set[int] = field(default_factory=set, repr=False)  # rows after it that verified

    def read(self, session: Session, roster: Roster, anchor: Anchor) -> None:
        """
        Read what was committed since, under the *roster* in force. *session* must have written nothing.

        While the journal does not hold, each call looks whether it does again.
        """
        with self.lock:
            if self._stands(session):
                self._read(session, roster, anchor)
                return
            # Another thread may have read on since *session* began: what began earlier cannot tell.
            with Session(session.get_bind()) as later:
                self._read(later, roster, anchor)

    def _read(self, session: Session, roster: Roster, anchor: Anchor) -> None:
        was_broken = self.is_broken
        if was_broken and self._is_before_seen:
            self._begin()  # what was read until here may be what somebody wrote in its place
        elif not was_broken and (n := self._verifies_now(session, roster, anchor)):
            log.warning("parties.read_anew %d", n)
            self._begin_at_doubt()
        if not self.n:
            self._begin_at_bookmark(session, anchor)
        before = self.n
        self.is_broken = bool(self._changed) or not self._stands(session)
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
            self._lay_down(session, anchor)

    def follow(self, session: Session) -> None:
        """
        Go on through the rows before the bookmark this book began at; one that does not follow breaks it.

        Nobody waits for this meanwhile. The next :meth:`read` says what came of it.
        """
        with self.lock:
            marked, followed = self._marked, self._followed
        if marked is None:
            return
        changed = 0
        for row in self._rows(session, followed.n, min(FOLLOWED_AT_ONCE, marked.n - followed.n)):
            if not journal.follows(row, followed.n, followed.head):
                changed = followed.n + 1
                break
            followed = Head(row.n, row.head)
        if followed.n == marked.n and followed != marked:
            changed = marked.n
        with self.lock:
            if self._marked is not marked:
                return
            # What is put back is believed once the rows were followed anew, from the first to beyond it.
            self._followed = _BEGINNING if changed else followed
            if changed or followed.n >= self._changed:
                self._changed = changed
            if followed == marked:
                self._marked = None

    def forget(self) -> None:
        """Begin anew: somebody looked at a journal that does not go on from here, and found it right."""
        with self.lock:
            self.seen = self.bookmark = None
            self.accounts.renewed.clear()
            self._begin()

    @property
    def renewed(self) -> Renewals:
        """Return which keys were renewed because somebody was gone."""
        return self.accounts.renewed

    def of(self, case: bytes, team: str) -> Parties:
        """Return who is on *case*, if it is one of *team*; nobody while the journal does not hold."""
        with self.lock:
            return NOBODY if self.is_broken else self.accounts.of(case, team)

    def is_muted(self, case: bytes) -> bool:
        """Tell whether the chat that began *case* is not listened to; a broken journal mutes no one."""
        with self.lock:
            return not self.is_broken and case in self.accounts.muted

    def founding(self, case: bytes) -> Founding | None:
        """Return how *case* began, if one of the staff began it; none while the journal does not hold."""
        with self.lock:
            return None if self.is_broken else self.accounts.founded.get(case)

    def last_known(self, case: bytes, team: str) -> Parties:
        """
        Return who was on *case* before a row was slipped in that does not follow; who is, while all do.

        For the hub's own next key alone: a row that says nothing must not give it to the whole duty list.
        Where rows that somebody saw are gone, nobody can say.
        """
        with self.lock:
            return NOBODY if self._is_before_seen else self.accounts.of(case, team)

    def floor(self, owner: bytes, compartment: str) -> int:
        """Return from which generation on a key may be sealed to, also while the journal does not hold."""
        with self.lock:
            return self.accounts.renewed.get((owner, compartment), 0)

    def renew(self, owner: bytes, compartment: str, generation: int) -> None:
        """Note that this key was made because somebody was gone; no older one counts from now on."""
        with self.lock:
            self.accounts.renew(owner, compartment, generation)

    def author(self, draft: bytes) -> str | None:
        """Return who began *draft*, as signed; nobody while the journal does not hold."""
        with self.lock:
            return None if self.is_broken else self.accounts.drafts.get(draft)

    def ever_on(self, case: bytes) -> frozenset[str]:
        """Return everybody who was ever on *case*, or on one it was merged into, whatever its team."""
        with self.lock:
            return self.accounts.ever_on(case)

    @property
    def _is_before_seen(self) -> bool:
        return self.seen is not None and self.n < self.seen.n

    def _begin(self) -> None:
        self.n, self.head, self.is_broken = 0, GENESIS, False
        self.accounts = Accounts(renewed=self.accounts.renewed)
        self.known.clear()
        self._marked, self._followed, self._changed, self._laid = None, _BEGINNING, 0, 0
        self._doubted.clear()
        self._held.clear()
        self._before_doubt = None

    def _begin_at_doubt(self) -> None:
        """Begin at the first row that did not verify, with what was known there."""
        before, accounts = self._sure
        self.n, self.head, self.accounts = before.n, before.head, accounts.copied()
        self._doubted.clear()

    def _begin_at_bookmark(self, session: Session, anchor: Anchor) -> None:
        """Begin where an earlier book was laid down, if that place of the journal is as it was."""
        bookmark, self.bookmark = self.bookmark, None
        found = None if bookmark is None else bookmarks.find(session, bookmark, anchor)
        if found is None:
            return
        self._marked, accounts = found
        for (owner, compartment), generation in self.accounts.renewed.items():
            accounts.renew(owner, compartment, generation)
        self.accounts = accounts
        self.n, self.head, self._laid = self._marked.n, self._marked.head, self._marked.n

    def _lay_down(self, session: Session, anchor: Anchor) -> None:
        made, self._before_doubt = self._before_doubt, None
        if not self._doubted and self.n - self._laid >= BETWEEN_BOOKMARKS:
            self._laid = self.n
            made = bookmarks.make(session, Head(self.n, self.head), self.accounts, anchor)
        if made is None:
            return
        try:
            self.lay_down(made)
        except OSError as error:
            log.warning("parties.no_bookmark %s", type(error).__name__)

    def _stands(self, session: Session) -> bool:
        """Tell whether what was read last lies where it was, and what was seen before this book was begun."""
        expected = [(self.n, self.head)] if self.n else []
        if self.seen is not None and self._is_before_seen:
            expected.append((self.seen.n, self.seen.head))
        return all(
            session.scalar(select(JournalRow.head).where(JournalRow.n == n)) == head for n, head in expected
        )

    def _next(self, session: Session, limit: int) -> Sequence[Row[Any]]:
        return self._rows(session, self.n, limit)

    def _rows(self, session: Session, after: int, limit: int) -> Sequence[Row[Any]]:
        # Columns, not objects: most rows are only followed, and there may be hundreds of thousands.
        later = select(*JournalRow.__table__.columns).where(JournalRow.n > after)
        return session.execute(later.order_by(JournalRow.n).limit(limit)).all()

    def _say(self, was_broken: bool) -> None:
        if self.is_broken and not was_broken:
            log.error("parties.broken %d", self._changed or self.n + 1)
        elif was_broken and not self.is_broken:
            log.warning("parties.holds_again %d", self.n)

    def _add(self, session: Session, row: Row[Any], roster: Roster, anchor: Anchor) -> None:
        is_other = self.seen is not None and row.n == self.seen.n and row.head != self.seen.head
        if self.is_broken or is_other or not journal.follows(row, self.n, self.head):
            self.is_broken = True
            return
        before = Head(self.n, self.head)
        if row.act in ACTS:
            said = JournalRow(**row._asdict())
            of = self._signed_by(session, said, roster, anchor)
            if of is None and row.n in self._held:
                self.is_broken = True  # it verified when it was read first
                return
            if of is None:
                self._doubt(session, row.n, before, anchor)
            else:
                self.accounts.note(said, of)
                if self._doubted:
                    self._held.add(row.n)
        self.n, self.head = row.n, row.head
        if row.case is not None:
            self.accounts.named.add(row.case)

    def _doubt(self, session: Session, n: int, before: Head, anchor: Anchor) -> None:
        """Keep in mind that row *n* does not verify, and what was known before the first of these."""
        if not self._doubted:
            self._sure = before, self.accounts.copied()
            self._held = {later for later in self._held if later > n}
        if not self._doubted and before.n - self._laid >= BETWEEN_BOOKMARKS:
            self._laid = before.n
            self._before_doubt = bookmarks.make(session, before, self.accounts, anchor)
        self._doubted.append(n)

    def _verifies_now(self, session: Session, roster: Roster, anchor: Anchor) -> int:
        """Try some rows again that did not verify when they were read; return one that does now, else 0."""
        turn = [self._doubted.popleft() for _ in range(min(TRIED_AT_ONCE, len(self._doubted)))]
        if not turn:
            return 0
        self._doubted.extend(turn)
        # A roster that could not be read is looked for again too.
        self.known = {version: of for version, of in self.known.items() if of is not None}
        rows = session.execute(select(*JournalRow.__table__.columns).where(JournalRow.n.in_(turn))).all()
        found = (JournalRow(**row._asdict()) for row in rows)
        return next((row.n for row in found if self._signed_by(session, row, roster, anchor)), 0)

    def _signed_by(self, session: Session, row: JournalRow, roster: Roster, anchor: Anchor) -> Roster | None:
        """Return by which roster the named signed a row, and may have; none if it counts for nothing."""
        of = voices.roster_of(session, row, roster, anchor, self.known)
        if of is None or not journal.is_signed(row, of):
            return None
        entry = of.find(row.actor)
        return None if entry is not None and entry.revoked and row.roster is None else of


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
