"""
What desks hand in: checked against the roster and the wall between teams, then put under the epoch lock.

The wall is held here a second time: whatever a desk asks, grants of a legal case go to lawyers and recovery
only, content of tips to editors, a tip's card to custodians (who may release it to the case's editor).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casework import canonical, keys, mailboxes, rosters
from casework.asking import HANDIN_TAG, KEY_TAG, new_key_claim
from casework.database import Database
from casework.errors import CaseworkError, KeyMissingError
from casework.keeper import LIFETIME
from casework.keys import PublicKey
from casework.rosters import Staffing
from casework.strongbox import Strongbox
from casework.tables import Case, Draft, Grant, HandIn, JournalRow, SealingKey
from crypto import context, lock, sealed
from crypto.errors import CryptoError, MalformedError
from crypto.roster import Anchor
from crypto.signature import verify
from crypto.xwing import Recipient

DRAFT_ROLES = frozenset({"editor", "coordinator", "lawyer", "custodian"})


class RefusedError(CaseworkError):
    """The hub refused what the desk handed in."""


def take(database: Database, strongbox: Strongbox, anchor: Anchor, now: datetime) -> int:
    """Take every waiting hand-in, each whole or not at all; return how many were done."""
    with database.read() as session:
        waiting = session.scalars(select(HandIn.id).where(HandIn.state == "new")).all()
        stale = session.scalar(
            select(HandIn.id).where(HandIn.at < now - LIFETIME, HandIn.state != "new").limit(1)
        )
    if stale is not None:
        with database.write() as session:
            session.execute(delete(HandIn).where(HandIn.at < now - LIFETIME, HandIn.state != "new"))
    return sum(_take_one(database, one, strongbox, anchor, now) for one in waiting)


def _take_one(database: Database, handin: bytes, strongbox: Strongbox, anchor: Anchor, now: datetime) -> bool:
    """Carry one hand-in out in a transaction of its own, or mark it with why not."""
    try:
        with database.write() as session:
            row = session.get_one(HandIn, handin)
            if row.key not in strongbox.handins:
                row.state = "again"
                return False
            staffing = rosters.staffing(session, anchor, now)
            body = _signed_body(row, staffing, strongbox)
            _Taking(session, row.staff, staffing, strongbox).carry_out(body)
            row.state = "done"
    except (RefusedError, CryptoError, KeyMissingError, KeyError, ValueError, TypeError):
        # Nothing of it was written. The desk is told; the journal of the act shows who tried.
        with database.write() as session:
            session.get_one(HandIn, handin).state = "refused"
        return False
    return True


def _signed_body(row: HandIn, staffing: Staffing, strongbox: Strongbox) -> dict[str, Any]:
    """Return what is handed in, if a living member of the roster signed exactly this row."""
    entry = staffing.roster.find(row.staff)
    if entry is None or entry.id not in staffing.living or entry.number != row.number:
        raise RefusedError
    opened = sealed.open_sealed(row.sealed, strongbox.handins[row.key], context.named("handin", row.id))
    verify(entry.signing, HANDIN_TAG, opened, row.signature)
    body: dict[str, Any] = canonical.loads(opened)
    if body["id"] != row.id.hex():
        raise MalformedError("hand-in")
    return body


@dataclass
class _Taking:
    """One hand-in being carried out."""

    session: Session
    staff: str
    staffing: Staffing
    strongbox: Strongbox

    def carry_out(self, body: dict[str, Any]) -> None:
        for made in body["keys"]:
            self._add_key(made)
        for grant in body["grants"]:
            self._add_grant(grant)
        for case, ids in body["mailboxes"].items():
            self._add_mailboxes(bytes.fromhex(case), [bytes.fromhex(one) for one in ids])
        self.session.flush()
        for kept in body["retain"]:
            self._retain(bytes.fromhex(kept["owner"]), kept["compartment"], frozenset(kept["staff"]))

    def _add_key(self, made: dict[str, str]) -> None:
        claim = made["claim"].encode()
        entry = self.staffing.roster.find(self.staff)
        assert entry is not None
        signature = bytes.fromhex(made["signature"])
        verify(entry.signing, KEY_TAG, claim, signature)
        fields = canonical.loads(claim)
        owner, compartment = bytes.fromhex(fields["owner"]), str(fields["compartment"])
        key = PublicKey(
            owner, compartment, int(fields["generation"]), Recipient.parse(bytes.fromhex(fields["recipient"]))
        )
        if new_key_claim(key) != claim or key.generation != keys.next_generation(
            self.session, owner, compartment
        ):
            raise RefusedError
        self._check_may_grant(owner, compartment)
        self.session.add(
            SealingKey(
                owner=owner,
                compartment=compartment,
                generation=key.generation,
                recipient=key.recipient.raw,
                made_by=self.staff,
                signature=signature,
            )
        )
        self.session.flush()

    def _add_grant(self, grant: dict[str, Any]) -> None:
        owner, compartment = bytes.fromhex(grant["owner"]), str(grant["compartment"])
        generation, number = int(grant["generation"]), int(grant["number"])
        holder = str(grant["staff"])
        if self.session.get(SealingKey, (owner, compartment, generation)) is None:
            raise RefusedError
        self._check_may_grant(owner, compartment)
        self._check_wall(owner, compartment, holder, number)
        place = keys.lock_context(owner, compartment, generation, holder, number)
        body = base64.b64decode(grant["grant"], validate=True)
        existing = self.session.get(Grant, (owner, compartment, generation, holder, number))
        if existing is not None and holder != self.staff:
            return  # somebody's grant is never replaced by another person
        row = existing or Grant(
            owner=owner, compartment=compartment, generation=generation, staff=holder, number=number
        )
        row.epoch = self.strongbox.epoch.number
        row.locked = lock.lock(self.strongbox.epoch, body, place)
        self.session.add(row)

    def _check_may_grant(self, owner: bytes, compartment: str) -> None:
        """Only a holder makes holders; the author of a new draft makes its first ones."""
        held = select(Grant.staff).where(
            Grant.owner == owner, Grant.compartment == compartment, Grant.staff == self.staff
        )
        if self.session.scalar(held) is not None:
            return
        if compartment == keys.CONTENT and self._wrote_brief(owner):
            return
        draft = self.session.get(Draft, owner) if compartment == keys.DRAFT else None
        if draft is None or draft.author != self.staff:
            raise RefusedError

    def _wrote_brief(self, owner: bytes) -> bool:
        """The lawyer who wrote a brief makes its holders without being one of them."""
        written = select(JournalRow.n).where(
            JournalRow.act == "brief", JournalRow.subject == owner, JournalRow.actor == self.staff
        )
        return self.session.scalars(written).first() is not None

    def _check_wall(self, owner: bytes, compartment: str, holder: str, number: int) -> None:
        if holder == keys.RECOVERY:
            if self.staffing.roster.recovery is None or number != 0:
                raise RefusedError
            return
        entry = self.staffing.roster.find(holder)
        if entry is None or holder not in self.staffing.living or entry.number != number:
            raise RefusedError
        if not entry.roles & self._roles_for(owner, compartment, holder):
            raise RefusedError

    def _roles_for(self, owner: bytes, compartment: str, holder: str) -> frozenset[str]:
        if compartment == keys.DRAFT:
            return DRAFT_ROLES
        case = self.session.get(Case, owner)
        if case is None:
            raise RefusedError
        if case.team == rosters.LEGAL:
            return frozenset({"lawyer"})
        if compartment == keys.CONTENT:
            return frozenset({"editor"})
        released = {"editor"} if holder in (case.assignee, case.second) else set()
        return frozenset({"custodian", "coordinator", *released})

    def _add_mailboxes(self, case_id: bytes, ids: list[bytes]) -> None:
        self._check_may_grant(case_id, keys.CONTENT)
        case = self.session.get(Case, case_id)
        if case is None or any(len(one) != 16 for one in ids):
            raise RefusedError
        mailboxes.add_ids(self.strongbox.epochs, self.strongbox.epoch, case, ids)

    def _retain(self, owner: bytes, compartment: str, staff: frozenset[str]) -> None:
        """Drop the grants of all others, never leaving a generation with fewer than two holders."""
        case = self.session.get(Case, owner)
        self._check_may_grant(owner, compartment)
        if case is not None and self.staff not in (case.assignee, case.second):
            raise RefusedError
        grants = self.session.scalars(
            select(Grant).where(Grant.owner == owner, Grant.compartment == compartment)
        ).all()
        for generation in {row.generation for row in grants}:
            holders = {row.staff for row in grants if row.generation == generation}
            if len(holders & staff) < min(2, len(holders)):
                continue
            for row in grants:
                if row.generation == generation and row.staff not in staff:
                    self.session.delete(row)
