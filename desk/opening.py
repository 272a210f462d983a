"""
Opening what is sealed: the keeper takes off the outer lock, the session's keyring opens the rest.

Identities that were opened stay in the session's memory, so a page asks the keeper once. Cards do not: their
key is dropped when the few minutes for which a card may be looked at are over.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from sqlalchemy import select

from casework import asking, keys
from casework.asking import GrantRef
from casework.tables import Grant, SealingKey
from crypto.errors import CryptoError
from crypto.keyring import open_grant
from crypto.xwing import Identity
from desk.errors import ConflictError, ForbiddenError, HubSilentError, MissingError, TooManyError
from desk.visit import Visit

# The keeper looks for requests several times a second; asking the database more often finds nothing new.
PAUSE = 0.02
# Grants in one request: an answer of a megabyte, and a tenth of the hub's patience.
PORTION = 400


def readable(visit: Visit, owners: Iterable[bytes], compartment: str) -> set[GrantRef]:
    """Return the keys of *compartment* this person has a grant of, among *owners*."""
    wanted = list(set(owners))
    found: set[GrantRef] = set()
    with visit.database.read() as session:
        # SQLite takes a bounded number of parameters in one statement.
        for at in range(0, len(wanted), 500):
            rows = session.execute(
                select(Grant.owner, Grant.compartment, Grant.generation).where(
                    Grant.staff == visit.staff,
                    Grant.number == visit.session.staff.number,
                    Grant.compartment == compartment,
                    Grant.owner.in_(wanted[at : at + 500]),
                )
            )
            found |= {GrantRef(*row) for row in rows}
    return found


def open_content(visit: Visit, owners: Iterable[bytes], compartment: str = keys.CONTENT) -> None:
    """
    Open every generation of content (or drafts) of *owners* that this person may open.

    Raises:
        HubSilentError: the keeper did not answer in time.
    """
    missing = {ref for ref in readable(visit, owners, compartment) if _place(ref) not in visit.session.opened}
    if missing:
        visit.session.opened |= _fetch(visit, missing, asking.READ)


def open_card(visit: Visit, case: bytes, journal: int) -> dict[GrantRef, Identity]:
    """
    Open the card of *case* to look at it; *journal* is the row that says who looks and why.

    Raises:
        HubSilentError, ForbiddenError, TooManyError, MissingError: it was not given.
    """
    refs = readable(visit, [case], keys.IDENTITY)
    if not refs:
        raise MissingError
    return {GrantRef(*place): key for place, key in _fetch(visit, refs, asking.CARD, journal=journal).items()}


def open_for_check(visit: Visit, cases: Sequence[bytes], frozen: bytes) -> dict[GrantRef, Identity]:
    """
    Open the cards of *cases* to compare them with the draft whose digest is *frozen*; nobody sees them.

    Raises:
        HubSilentError, TooManyError: they were not given.
    """
    refs = readable(visit, cases, keys.IDENTITY)
    if not refs:
        return {}
    return {GrantRef(*place): key for place, key in _fetch(visit, refs, asking.CHECK, frozen=frozen).items()}


def identity(visit: Visit, owner: bytes, compartment: str, generation: int) -> Identity | None:
    """Return what this session already opened of that key, or none."""
    return visit.session.opened.get((owner, compartment, generation))


def _place(ref: GrantRef) -> tuple[bytes, str, int]:
    return ref.owner, ref.compartment, ref.generation


def _fetch(
    visit: Visit,
    refs: set[GrantRef],
    purpose: str,
    *,
    journal: int | None = None,
    frozen: bytes | None = None,
) -> dict[tuple[bytes, str, int], Identity]:
    """Ask the keeper for *refs*, wait, and open what comes; many are asked for in portions."""
    ordered = sorted(refs)
    found: dict[tuple[bytes, str, int], Identity] = {}
    for at in range(0, len(ordered), PORTION):
        portion = set(ordered[at : at + PORTION])
        found |= _fetch_portion(visit, portion, purpose, journal=journal, frozen=frozen)
    return found


def _fetch_portion(
    visit: Visit,
    refs: set[GrantRef],
    purpose: str,
    *,
    journal: int | None,
    frozen: bytes | None,
) -> dict[tuple[bytes, str, int], Identity]:
    with visit.database.write() as session:
        request = asking.ask(
            session,
            visit.actor,
            visit.session.answers,
            refs,
            purpose=purpose,
            now=visit.now,
            journal=journal,
            frozen=frozen,
        )
    answered = _wait(visit, request) if purpose == asking.READ else answer_to(visit, request)
    # All at once: a question for each of hundreds of cases is what a long list would wait for.
    owners = {ref.owner for ref in answered.grants}
    with visit.database.read() as session:
        rows = session.scalars(select(SealingKey).where(SealingKey.owner.in_(owners))).all()
    keys_of = {(row.owner, row.compartment, row.generation): row for row in rows}
    return {
        _place(ref): _open(visit, keys_of.get(_place(ref)), grant) for ref, grant in answered.grants.items()
    }


def answer_to(visit: Visit, request: bytes) -> asking.Answered:
    """
    Wait for what the keeper says to *request*.

    Raises:
        HubSilentError, TooManyError, ForbiddenError, ConflictError: nothing, or that it refuses.
    """
    answered = _wait(visit, request)
    _raise_refusal(set(answered.refused.values()))
    return answered


def _wait(visit: Visit, request: bytes) -> asking.Answered:
    until = time.monotonic() + visit.desk.settings.patience
    while time.monotonic() < until:
        with visit.database.read() as session:
            answered = asking.collect(session, request, visit.session.answers)
        if answered is not None:
            return answered
        time.sleep(PAUSE)
    raise HubSilentError


def _raise_refusal(codes: set[str]) -> None:
    if "too-many" in codes:
        raise TooManyError
    if "not-yours" in codes or "not-on-roster" in codes:
        raise ForbiddenError
    if "no-journal" in codes:
        raise ConflictError(("no_journal",))
    if "again" in codes:
        # The hub has started anew meanwhile.
        raise HubSilentError


def _open(visit: Visit, row: SealingKey | None, grant: bytes) -> Identity:
    """Open one grant, and make sure that its seed is that of the key it claims to be of."""
    if row is None:
        raise MissingError
    key = keys.believe(row, visit.staffing.roster)
    seed = open_grant(visit.session.staff, grant, keys.grant_context(key, visit.staff))
    opened = Identity.from_seed(seed)
    if opened.recipient != key.recipient:
        raise CryptoError
    return opened
