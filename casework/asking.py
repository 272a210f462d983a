"""
The desk's side of the keeper: ask for grants, hand new ones in.

A desk never reads the epoch key. It writes a signed request row that names its session's ephemeral key; the
keeper answers sealed to that key. New grants go in sealed to the hub's hand-in key. Rows of both kinds live
seconds.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from casework import canonical, hubkeys, keys, vouching
from casework.actors import Actor
from casework.errors import NotFoundError
from casework.keys import Holder, NewKey, PublicKey
from casework.tables import Answer, HandIn, Request
from crypto import context, sealed
from crypto.roster import Roster
from crypto.xwing import Identity

REQUEST_TAG = "subrosa/request"
HANDIN_TAG = "subrosa/handin"
KEY_TAG = "subrosa/sealing-key"

READ = "read"
CARD = "card"
CHECK = "check"
MARKS = "marks"
TEAM = "team"


@dataclass(frozen=True, slots=True, order=True)
class GrantRef:
    """Which key a grant is of."""

    owner: bytes
    compartment: str
    generation: int

    def write(self) -> str:
        """Return the form that stands in requests and answers."""
        return f"{self.owner.hex()}/{self.compartment}/{self.generation}"

    @classmethod
    def read(cls, text: str) -> GrantRef:
        """Read what :meth:`write` wrote; a ValueError says that it did not."""
        owner, compartment, generation = text.split("/")
        ref = cls(bytes.fromhex(owner), compartment, int(generation))
        known = compartment in keys.COMPARTMENTS and 0 <= ref.generation < 2**31
        if not known or len(ref.owner) != keys.ID_SIZE or ref.write() != text:
            raise ValueError("not a grant")
        return ref


@dataclass(frozen=True, slots=True)
class Answered:
    """What the keeper said: grants without their epoch lock, and a code for each it refused."""

    grants: dict[GrantRef, bytes] = field(repr=False)
    refused: dict[GrantRef, str]
    ask: tuple[str, ...] = ()  # colleagues whose cases a team check found


def ask(
    session: Session,
    by: Actor,
    session_key: Identity,
    wanted: Iterable[GrantRef],
    *,
    purpose: str,
    now: datetime,
    journal: int | None = None,
    frozen: bytes | None = None,
    told: Mapping[str, Any] | None = None,
) -> bytes:
    """
    Write one request for the grants *wanted* and return its id.

    *purpose* is :data:`READ` (content, drafts), :data:`CARD` (show a card; *journal* is the number of the
    ``open-card`` row written for it) or :data:`CHECK` (compare cards; *frozen* is the digest compared with,
    *journal* the number of the ``check-card`` row; without one the hub writes its own). :data:`MARKS` and
    :data:`TEAM` are of :mod:`casework.teamcheck`, and hand in what was *told*, sealed to the hub.
    """
    request = keys.new_id()
    body = canonical.dumps(
        {
            "at": int(now.timestamp()),
            "frozen": None if frozen is None else frozen.hex(),
            "grants": sorted(ref.write() for ref in wanted),
            "id": request.hex(),
            "journal": journal,
            "purpose": purpose,
            "session": session_key.recipient.raw.hex(),
            "told": None if told is None else dict(told),
        }
    )
    session.add(
        Request(
            id=request,
            staff=by.staff,
            number=by.number,
            body=body,
            signature=by.signing.sign(REQUEST_TAG, body),
            at=now,
        )
    )
    return request


def collect(session: Session, request: bytes, session_key: Identity) -> Answered | None:
    """
    Return the answer to *request*, or None while there is none yet.

    Raises:
        CryptoError: the answer is not for this session.
    """
    answer = session.get(Answer, request)
    if answer is None:
        return None
    where = context.named("answer", request)
    payload = canonical.loads(sealed.open_sealed(answer.sealed, session_key, where))
    return Answered(
        {GrantRef.read(ref): base64.b64decode(grant) for ref, grant in payload["grants"].items()},
        {GrantRef.read(ref): why for ref, why in payload["refused"].items()},
        tuple(payload.get("ask", ())),
    )


@dataclass(frozen=True, slots=True)
class NewGrant:
    """A grant made at a desk, not yet under the epoch lock."""

    key: PublicKey
    holder: Holder
    grant: bytes = field(repr=False)

    @classmethod
    def make(cls, key: NewKey, holder: Holder) -> NewGrant:
        """Seal the seed of *key* to *holder*."""
        return cls(keys.public(key), holder, keys.grant_for(key, holder))

    def write(self) -> dict[str, Any]:
        """Return the form that is handed in."""
        return {
            "compartment": self.key.compartment,
            "generation": self.key.generation,
            "grant": base64.b64encode(self.grant).decode(),
            "number": self.holder.number,
            "owner": self.key.owner.hex(),
            "staff": self.holder.staff,
        }


def hand_in(
    session: Session,
    by: Actor,
    roster: Roster,
    *,
    now: datetime,
    new_keys: Sequence[PublicKey] = (),
    grants: Sequence[NewGrant] = (),
    mailboxes: Mapping[bytes, Sequence[bytes]] | None = None,
    retain: Mapping[tuple[bytes, str], Sequence[str]] | None = None,
) -> bytes:
    """
    Hand in what only the hub can put under the epoch lock, and return the row's id.

    *new_keys* are generations made here; *grants* seal their seeds, or older ones, to people. *mailboxes*
    adds mailbox ids to cases. *retain* names, for a case and compartment, the only people whose grants stay.
    Nothing holds until :func:`handed_in` says ``done``; keep what is handed in until then.
    """
    handin = keys.new_id()
    number, recipient = hubkeys.find(session, hubkeys.HANDIN, roster)
    body = canonical.dumps(
        {
            "at": int(now.timestamp()),
            "grants": [grant.write() for grant in grants],
            "id": handin.hex(),
            "keys": [
                {
                    "claim": vouching.claim(key).decode(),
                    "signature": by.signing.sign(KEY_TAG, vouching.claim(key)).hex(),
                }
                for key in new_keys
            ],
            "mailboxes": {case.hex(): [one.hex() for one in ids] for case, ids in (mailboxes or {}).items()},
            "retain": [
                {"compartment": compartment, "owner": owner.hex(), "staff": sorted(staff)}
                for (owner, compartment), staff in (retain or {}).items()
            ],
        }
    )
    session.add(
        HandIn(
            id=handin,
            staff=by.staff,
            number=by.number,
            key=number,
            sealed=sealed.seal(body, [recipient], context.named("handin", handin)),
            signature=by.signing.sign(HANDIN_TAG, body),
            state="new",
            at=now,
        )
    )
    return handin


def handed_in(session: Session, handin: bytes) -> str:
    """
    Return how far a hand-in has come: new, done, refused, or again (the hub restarted: hand in anew).

    Raises:
        NotFoundError: the row is gone; it was never written or has died.
    """
    row = session.get(HandIn, handin)
    if row is None:
        raise NotFoundError
    return row.state
