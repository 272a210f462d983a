"""
What desks hand in: checked against the roster and the wall between teams, then put under the epoch lock.

The wall is held here a second time: whatever a desk asks, grants of a legal case go to lawyers and recovery
only, content of tips to editors, a tip's card to custodians (who may release it to the case's editor).
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from casework import canonical, draftkeys, keys, mailboxes, openers, rosters, signed, vouching, watching
from casework.asking import HANDIN_TAG, KEY_TAG
from casework.database import Database
from casework.errors import CaseworkError, SchemaMismatchError
from casework.keeper import open_grant
from casework.keys import PublicKey
from casework.parties import Parties, team_of
from casework.rosters import Staffing
from casework.signed import LIFETIME
from casework.strongbox import Strongbox
from casework.tables import Case, Draft, Grant, HandIn, Mailbox, SealingKey
from crypto import context, lock, sealed
from crypto.roster import Anchor, StaffEntry
from crypto.signature import verify
from crypto.xwing import Recipient

# Hand-ins looked at in one call, and the bytes of one: some hundred grants.
AT_ONCE = 50
SIZE_LIMIT = 2 * 1024 * 1024

# Mailboxes one hand-in may add: a reply has one.
MAILBOXES = 50

# The journal says who gave a case to whom; keys follow within a day.
HANDOVER = timedelta(days=1)


class RefusedError(CaseworkError):
    """The hub refused what the desk handed in."""


def take(database: Database, strongbox: Strongbox, anchor: Anchor, now: datetime) -> int:
    """
    Take waiting hand-ins, each whole or not at all; return how many were done.

    At most :data:`AT_ONCE` in one call, the oldest first. One that cannot be carried out is refused and
    holds up no other. While the journal does not hold they wait: nobody can say who is on which case.
    """
    with database.read() as session:
        new = select(HandIn.id).where(HandIn.state == "new")
        waiting = session.scalars(new.order_by(HandIn.at).limit(AT_ONCE)).all()
        stale = session.scalar(
            select(HandIn.id).where(HandIn.at < now - LIFETIME, HandIn.state != "new").limit(1)
        )
        if waiting:
            strongbox.parties.read(session, rosters.current(session, anchor), anchor)
    if stale is not None:
        with database.write() as session:
            session.execute(delete(HandIn).where(HandIn.at < now - LIFETIME, HandIn.state != "new"))
    if strongbox.parties.is_broken:
        return 0
    return sum(_take_one(database, one, strongbox, anchor, now) for one in waiting)


def _take_one(database: Database, handin: bytes, strongbox: Strongbox, anchor: Anchor, now: datetime) -> bool:
    """Carry one hand-in out in a transaction of its own, or mark it with how it ended."""
    try:
        with database.write() as session:
            _carry_out(session, handin, strongbox, anchor, now)
            _mark(session, handin, "done", now)
    except (OperationalError, InterfaceError, SchemaMismatchError, rosters.OldRosterError):
        raise  # nothing is wrong with the hand-in: it waits
    except _AgainError:
        state = "again"
    except Exception:  # noqa: BLE001  whatever a desk hands in, the next one is looked at
        # Nothing of it was written. The desk is told; the journal of the act shows who tried.
        state = "refused"
    else:
        return True
    with database.write() as session:
        _mark(session, handin, state, now)
    return False


def _mark(session: Session, handin: bytes, state: str, now: datetime) -> None:
    """Say how a hand-in ended; from now on it has a minute to live, whatever its row said before."""
    session.execute(update(HandIn).where(HandIn.id == handin).values(state=state, at=now))


def _carry_out(session: Session, handin: bytes, strongbox: Strongbox, anchor: Anchor, now: datetime) -> None:
    size = session.scalar(select(func.length(HandIn.sealed)).where(HandIn.id == handin))
    if size is None or size > SIZE_LIMIT:
        raise RefusedError
    row = session.get_one(HandIn, handin)
    identity = strongbox.handins.get(row.key)
    if identity is None:
        raise _AgainError
    staffing = watching.watched(session, strongbox, anchor, now)
    opened = sealed.open_sealed(row.sealed, identity, context.named("handin", row.id))
    said = signed.read(row.id, row.staff, row.number, HANDIN_TAG, opened, row.signature, staffing)
    try:
        signed.check_fresh(said, now)
    except signed.OutOfTimeError:
        raise _AgainError from None
    _Taking(session, row.staff, staffing, strongbox, now).carry_out(said)


class _AgainError(Exception):
    """This desk should hand in anew: the hub has another key by now, or too long a time has passed."""


def may_hold(compartment: str, team: str, on_it: Parties, holder: str) -> frozenset[str]:
    """
    Return the roles of which *holder* must have one to hold a key of a case: the wall between teams.

    *team* is whose case it is, *on_it* who is on it; neither is taken from its columns.
    """
    if team == rosters.LEGAL:
        # Content, and only to whom a holder lent the case; a card never.
        lent = compartment == keys.CONTENT and on_it.consultant == holder
        return frozenset({"lawyer", "consultant"} if lent else {"lawyer"})
    if compartment == keys.CONTENT:
        return frozenset({"editor"})
    released = {"editor"} if holder in on_it.people else set()
    return frozenset({"custodian", "coordinator", *released})


def roles_for(
    session: Session, strongbox: Strongbox, staffing: Staffing, owner: Case | Draft, compartment: str, to: str
) -> frozenset[str]:
    """Return :func:`may_hold` of a case, or who may hold a draft, as the hub knows it."""
    if isinstance(owner, Draft):
        return draftkeys.ROLES
    team = whose(session, strongbox, staffing, owner)
    return may_hold(compartment, team, strongbox.parties.of(owner.id, team), to)


def whose(session: Session, strongbox: Strongbox, staffing: Staffing, case: Case) -> str:
    """Return which team *case* is of: the hub goes by the grants it locked itself."""
    return team_of(session, case, staffing.roster, lambda row: open_grant(row, strongbox) is not None)


@dataclass
class _Taking:
    """One hand-in being carried out."""

    session: Session
    staff: str
    staffing: Staffing
    strongbox: Strongbox
    now: datetime
    founded: set[tuple[bytes, str]] = field(default_factory=set)

    def carry_out(self, body: dict[str, Any]) -> None:
        for made in body["keys"]:
            self._add_key(made)
        for grant in body["grants"]:
            self._add_grant(grant)
        for case, ids in body["mailboxes"].items():
            self._add_mailboxes(bytes.fromhex(case), [bytes.fromhex(one) for one in ids])
        self.session.flush()
        for made in body["keys"]:
            self._check_is_held(canonical.loads(made["claim"].encode()))
        for kept in body["retain"]:
            self._retain(bytes.fromhex(kept["owner"]), kept["compartment"], frozenset(kept["staff"]))

    def _add_key(self, made: dict[str, str]) -> None:
        claim = made["claim"].encode()
        entry = self.staffing.roster.find(self.staff)
        assert entry is not None
        signature = bytes.fromhex(made["signature"])
        verify(entry.signing, KEY_TAG, claim, signature)
        fields = canonical.loads(claim)
        key = PublicKey(
            bytes.fromhex(fields["owner"]),
            str(fields["compartment"]),
            int(fields["generation"]),
            Recipient.parse(bytes.fromhex(fields["recipient"])),
        )
        # The owner's row is held from here on, so that no two hand-ins make the same generation.
        owner = self._owner(key.owner, key.compartment)
        if vouching.claim(key) != claim:
            raise RefusedError
        if key.generation != keys.next_generation(self.session, key.owner, key.compartment):
            raise RefusedError
        self._check_may_make(key, owner)
        self.session.add(
            SealingKey(
                owner=key.owner,
                compartment=key.compartment,
                generation=key.generation,
                recipient=key.recipient.raw,
                made_by=self.staff,
                signature=vouching.vouch(key, self.staff, self.strongbox.signing) + signature,
            )
        )
        self.session.flush()

    def _check_is_held(self, made: dict[str, Any]) -> None:
        """A new key that no living keyring holds would take in what nobody at work can read."""
        held = select(Grant).where(
            Grant.owner == bytes.fromhex(made["owner"]),
            Grant.compartment == made["compartment"],
            Grant.generation == int(made["generation"]),
        )
        living = self.staffing.hands.living
        real = (row for row in self.session.scalars(held) if (row.staff, row.number) in living)
        if not any(open_grant(row, self.strongbox) is not None for row in real):
            raise RefusedError

    def _add_grant(self, grant: dict[str, Any]) -> None:
        owner, compartment = bytes.fromhex(grant["owner"]), str(grant["compartment"])
        generation, number = int(grant["generation"]), int(grant["number"])
        holder = str(grant["staff"])
        self._owner(owner, compartment)
        if self.session.get(SealingKey, (owner, compartment, generation)) is None:
            raise RefusedError
        self._check_may_grant(owner, compartment)
        self._check_wall(owner, compartment, generation, holder, number)
        place = keys.lock_context(owner, compartment, generation, holder, number)
        body = base64.b64decode(grant["grant"], validate=True)
        existing = self.session.get(Grant, (owner, compartment, generation, holder, number))
        if existing is not None and holder != self.staff and open_grant(existing, self.strongbox) is not None:
            return  # somebody's grant is never replaced by another person
        row = existing or Grant(
            owner=owner, compartment=compartment, generation=generation, staff=holder, number=number
        )
        row.epoch = self.strongbox.epoch.number
        row.locked = lock.lock(self.strongbox.epoch, body, place)
        self.session.add(row)

    def _owner(self, owner: bytes, compartment: str) -> Case | Draft:
        """Return the case or draft a key is of, held until the end, so that nothing erases it meanwhile."""
        row: Case | Draft | None
        if compartment == keys.DRAFT:
            row = self.session.get(Draft, owner, with_for_update=True, populate_existing=True)
        else:
            row = self.session.get(Case, owner, with_for_update=True, populate_existing=True)
        if row is None or compartment not in keys.COMPARTMENTS:
            raise RefusedError
        return row

    def _check_may_make(self, key: PublicKey, owner: Case | Draft) -> None:
        """
        Generation 0 comes from whoever founded the thing, later ones from who answers for it now.

        To hold a key of a case is not enough: the whole duty list holds generation 0 of every new one.
        """
        if key.generation == 0:
            if not self._founded(key, owner):
                raise RefusedError
            self.founded.add((key.owner, key.compartment))
            return
        self._check_may_grant(key.owner, key.compartment)
        if not self._answers_for(owner):
            raise RefusedError

    def _founded(self, key: PublicKey, owner: Case | Draft) -> bool:
        """
        A draft is its author's; a brief or second matter its writer's, for its content alone, and soon.

        Nothing has two first keys: where a grant still opens, the row of the key was only taken out.
        """
        held = select(Grant).where(Grant.owner == key.owner, Grant.compartment == key.compartment)
        if any(open_grant(row, self.strongbox) is not None for row in self.session.scalars(held)):
            return False
        if isinstance(owner, Draft):
            return self._is_author(owner)
        began = self.strongbox.parties.founding(key.owner)
        if began is None or key.compartment != keys.CONTENT or began.by != self.staff:
            return False
        return self.now.date() - began.day <= HANDOVER

    def _answers_for(self, owner: Case | Draft) -> bool:
        """Tell whether this person is on the case, or is the one who just gave it to somebody."""
        if isinstance(owner, Draft):
            return self._is_author(owner)
        on_it = self._on(owner)
        if self.staff in on_it.people:
            return True
        return on_it.giver == self.staff and on_it.day is not None and self.now.date() - on_it.day <= HANDOVER

    def _is_author(self, draft: Draft) -> bool:
        """Tell whether this person began a draft, as signed: its column says nothing."""
        return self.strongbox.parties.author(draft.id) == self.staff

    def _on(self, case: Case) -> Parties:
        """Return who is on a case, as signed."""
        team = whose(self.session, self.strongbox, self.staffing, case)
        return self.strongbox.parties.of(case.id, team)

    def _check_may_grant(self, owner: bytes, compartment: str) -> None:
        """Only a holder makes holders, and only a grant that the hub itself locked makes a holder."""
        if (owner, compartment) in self.founded:
            return
        held = select(Grant).where(
            Grant.owner == owner, Grant.compartment == compartment, Grant.staff == self.staff
        )
        if not any(open_grant(row, self.strongbox) is not None for row in self.session.scalars(held)):
            raise RefusedError

    def _check_wall(self, owner: bytes, compartment: str, generation: int, holder: str, number: int) -> None:
        if holder == keys.RECOVERY:
            if self.staffing.roster.recovery is None or number != self.staffing.paper:
                raise RefusedError
            return
        entry = self.staffing.roster.find(holder)
        if entry is None or holder not in self.staffing.living or entry.number != number:
            raise RefusedError
        thing = self._owner(owner, compartment)
        roles = roles_for(self.session, self.strongbox, self.staffing, thing, compartment, holder)
        if not entry.roles & roles or not self._is_due(thing, compartment, generation, entry):
            raise RefusedError

    def _is_due(self, thing: Case | Draft, compartment: str, generation: int, entry: StaffEntry) -> bool:
        """
        Tell whether somebody is to have this key: one of the case's people, or who really held it before.

        A brief goes to editors before anybody is on it, and a tip's cards are the custodians'. What waits for
        somebody to accept it goes to who is on duty by now. Every draft is the writers', and of whomever its
        author lets judge it.
        """
        if isinstance(thing, Draft):
            is_given = draftkeys.is_writer(entry) or self._is_author(thing)
            return is_given or self._held_before(thing, compartment, generation, entry)
        on_it = self._on(thing)
        if entry.id in on_it.people or (compartment == keys.CONTENT and entry.id == on_it.consultant):
            return True
        began = self.strongbox.parties.founding(thing.id)
        is_brief = (thing.id, compartment) in self.founded and began is not None and began.act == "brief"
        if not on_it.people and (is_brief or self._is_waited_for(thing, compartment, entry)):
            return True
        return self._held_before(thing, compartment, generation, entry)

    def _is_waited_for(self, case: Case, compartment: str, entry: StaffEntry) -> bool:
        """Tell whether nobody ever accepted a case and this person, away when it came, is on duty now."""
        team = whose(self.session, self.strongbox, self.staffing, case)
        if case.status != "new" or (compartment != keys.CONTENT and team != rosters.LEGAL):
            return False
        is_there = entry.id in self.staffing.on_duty and entry.id in self.staffing.members(team)
        return is_there and entry.id not in openers.shut_out(self.session, case.id)

    def _held_before(self, thing: Case | Draft, compartment: str, generation: int, entry: StaffEntry) -> bool:
        """
        Tell whether a grant of an earlier keyring of this person opens: a row alone says nothing.

        Whoever was let judge a draft goes on judging it when the hub made it a new key.
        """
        is_draft = isinstance(thing, Draft)
        earlier = select(Grant).where(
            Grant.owner == thing.id,
            Grant.compartment == compartment,
            Grant.generation <= generation if is_draft else Grant.generation == generation,
            Grant.staff == entry.id,
            Grant.number <= entry.number,
        )
        return any(open_grant(row, self.strongbox) is not None for row in self.session.scalars(earlier))

    def _add_mailboxes(self, case_id: bytes, ids: list[bytes]) -> None:
        case = self._owner(case_id, keys.CONTENT)
        self._check_may_grant(case_id, keys.CONTENT)
        assert isinstance(case, Case)
        if len(ids) > MAILBOXES or any(self.session.get(Mailbox, one) is None for one in ids):
            raise RefusedError
        mailboxes.add_ids(self.strongbox.epochs, self.strongbox.epoch, case, ids)

    def _retain(self, owner: bytes, compartment: str, staff: frozenset[str]) -> None:
        """
        Drop the grants of all others, where somebody living and one more holder are left.

        Recovery is never dropped: what would take it away is left as it is.
        """
        held = self._owner(owner, compartment)
        self._check_may_grant(owner, compartment)
        if not self._is_theirs(held):
            raise RefusedError
        grants = self.session.scalars(
            select(Grant).where(Grant.owner == owner, Grant.compartment == compartment)
        ).all()
        for generation in {row.generation for row in grants}:
            rows = [row for row in grants if row.generation == generation]
            if not self._is_enough(rows, staff):
                continue
            for row in rows:
                if row.staff not in staff:
                    self.session.delete(row)

    def _is_theirs(self, owner: Case | Draft) -> bool:
        if isinstance(owner, Draft):
            return self._is_author(owner)
        return self.staff in self._on(owner).people

    def _is_enough(self, rows: Sequence[Grant], staff: frozenset[str]) -> bool:
        """
        Tell whether *staff* leave enough of the grants of one key: all there are, or two, one of them living.

        A grant of a keyring that was replaced, or that the hub never locked, opens nothing.
        """
        living = self.staffing.hands.living
        real = [row for row in rows if row.staff == keys.RECOVERY or (row.staff, row.number) in living]
        holders = {row.staff for row in real if open_grant(row, self.strongbox) is not None}
        if keys.RECOVERY in holders - staff:
            return False
        kept = holders & staff
        return len(kept) >= min(2, len({row.staff for row in rows})) and kept != {keys.RECOVERY}
