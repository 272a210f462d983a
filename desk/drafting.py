"""
Drafts at the desk: who can open one, what its form says, and when its text may stand still.

The words of a draft are one register entry in its canonical bytes, sealed to the draft's own key. Its SHA-256
is what verdicts and approvals are bound to, and exactly these bytes go to the press.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import msgspec
from sqlalchemy.orm import Session

from casework import draftkeys, keys, releases
from casework.asking import NewGrant
from casework.keys import Holder, NewKey, PublicKey
from casework.tables import Draft
from crypto.errors import CryptoError
from crypto.xwing import Identity
from desk import handing, opening
from desk.errors import ConflictError, KeyAwaitedError, MissingError
from desk.handing import HandIn
from desk.visit import Visit
from register import entry as entries
from register.checks import problems
from register.entry import Entry
from register.errors import RegisterError

# How many changes of one draft a sitting can take back.
UNDONE = 50


@dataclass(frozen=True)
class Sheet:
    """A draft and the entry in it."""

    draft: Draft
    entry: Entry = field(repr=False)

    @property
    def digest(self) -> bytes:
        """SHA-256 of exactly what would be public."""
        return digest_of(self.entry)

    @property
    def bytes(self) -> bytes:
        """Exactly what would be public."""
        return entries.dumps(self.entry)

    @property
    def problems(self) -> tuple[str, ...]:
        """What the register itself would refuse."""
        return problems(self.entry)


def digest_of(entry: Entry) -> bytes:
    """Return what approvals of *entry* are bound to."""
    return hashlib.sha256(entries.dumps(entry)).digest()


def blank() -> Entry:
    """Return an entry in which nothing is said yet, under a new public id."""
    return Entry.new(title={}, body={})


def begin(visit: Visit, case: bytes | None, entry: Entry) -> bytes:
    """
    Begin a draft, and grant its key to those who may write and approve; return its id.

    Raises:
        CaseworkError: this person may not, or the case is not theirs.
        ConflictError: the hub refused its key.
    """
    key = keys.make(keys.new_id(), keys.DRAFT, 0)
    public = keys.public(key)
    with visit.database.write() as session:
        body = releases.seal_draft(public, entries.dumps(entry))
        releases.new_draft(session, key.owner, case, entry.id, body, visit.acting)
    visit.session.opened[key.owner, keys.DRAFT, 0] = key.identity
    grants = [NewGrant.make(key, holder) for holder in _writers(visit)]
    handing.hand_in(visit, HandIn(new_keys=[public], grants=grants))
    return key.owner


def open_sheet(visit: Visit, draft_id: bytes) -> Sheet:
    """
    Open one draft.

    Raises:
        MissingError: there is none for this person.
    """
    with visit.database.read() as session:
        draft = session.get(Draft, draft_id)
    if draft is None:
        raise MissingError
    sheet = open_sheets(visit, [draft]).get(draft_id)
    if sheet is None:
        raise MissingError
    return sheet


def open_sheets(visit: Visit, drafts: list[Draft]) -> dict[bytes, Sheet]:
    """Open many drafts at once; those this person holds no key to are left out."""
    opening.open_content(visit, [draft.id for draft in drafts], keys.DRAFT)
    sheets: dict[bytes, Sheet] = {}
    for draft in drafts:
        identity = opening.identity(visit, draft.id, keys.DRAFT, draft.generation)
        if identity is None:
            continue
        try:
            entry = entries.loads(releases.open_draft(draft, identity))
        except (CryptoError, RegisterError):
            continue
        # Under the id of another entry it would take that one's place.
        if entry.id == draft.public_id:
            sheets[draft.id] = Sheet(draft, entry)
    return sheets


def keep(visit: Visit, sheet: Sheet, entry: Entry) -> Sheet:
    """
    Keep what is written now, and for this sitting what was written before.

    Raises:
        CaseworkError: this person may not, or somebody was faster.
    """
    with visit.database.write() as session:
        draft = save(visit, session, sheet, entry)
    if entry != sheet.entry:
        earlier = visit.session.earlier.setdefault(draft.id, [])
        earlier.append(sheet.bytes)
        del earlier[:-UNDONE]
    return Sheet(draft, entry)


def save(visit: Visit, session: Session, sheet: Sheet, entry: Entry) -> Draft:
    """Seal *entry* as what the draft says now, as part of a larger act. Raises as :func:`keep`."""
    key = draft_key(visit, sheet.draft)
    body = releases.seal_draft(key, entries.dumps(entry))
    return releases.save_draft(
        session, sheet.draft.id, visit.form_version(), body, key.generation, visit.acting
    )


def undo(visit: Visit, sheet: Sheet) -> Sheet:
    """
    Take back the last change of this sitting to the words; pictures stay as they are.

    Raises:
        ConflictError: there is none.
        CaseworkError: this person may not, or somebody was faster.
    """
    earlier = visit.session.earlier.get(sheet.draft.id)
    if not earlier:
        raise ConflictError(("nothing_to_undo",))
    entry = msgspec.structs.replace(entries.loads(earlier[-1]), pictures=sheet.entry.pictures)
    with visit.database.write() as session:
        draft = save(visit, session, sheet, entry)
    earlier.pop()
    return Sheet(draft, entry)


def draft_key(visit: Visit, draft: Draft) -> PublicKey:
    """
    Return the key to seal words about *draft* to: the newest this session holds, as it opened it.

    Raises:
        MissingError: this session holds no key of it.
        KeyAwaitedError: it holds none that is still good since somebody was gone.
    """
    held = opened(visit, draft.id)
    if not held:
        raise MissingError
    if held[0][0] < visit.floor(draft.id, keys.DRAFT):
        raise KeyAwaitedError
    generation, identity = held[0]
    return PublicKey(draft.id, keys.DRAFT, generation, identity.recipient)


def opened(visit: Visit, draft: bytes) -> list[tuple[int, Identity]]:
    """
    Return every key of a draft this session has opened, with its generation, the newest first.

    What was said of a text may be sealed to a newer one than the text, or to an older one.
    """
    held = [
        (generation, identity)
        for (owner, compartment, generation), identity in list(visit.session.opened.items())
        if owner == draft and compartment == keys.DRAFT
    ]
    return sorted(held, key=lambda one: one[0], reverse=True)


def grant_to_holders(visit: Visit, draft: Draft) -> bool:
    """Once frozen, let those who hold cards open *draft* for their half; tell whether it is done."""
    identity = opening.identity(visit, draft.id, keys.DRAFT, draft.generation)
    if identity is None:
        raise MissingError
    key = NewKey(draft.id, keys.DRAFT, draft.generation, identity)
    return handing.hand_in(
        visit, HandIn(grants=[NewGrant.make(key, holder) for holder in _card_holders(visit)])
    )


def _writers(visit: Visit) -> list[Holder]:
    """Return who holds a draft from the start: its author, editors and coordinators, and recovery."""
    own = _holders(visit, [visit.staff])
    others = [one for one in draftkeys.writers(visit.staffing) if one not in own]
    return own + others + visit.staffing.recovery()


def _card_holders(visit: Visit) -> list[Holder]:
    roster, living = visit.staffing.roster, visit.staffing.living
    names = [one.staff for one in visit.staffing.custodians()]
    names += [one.id for one in roster.holding("lawyer") if one.id in living]
    return _holders(visit, names)


def _holders(visit: Visit, names: list[str]) -> list[Holder]:
    found = [visit.staffing.holder(name) for name in dict.fromkeys(names)]
    return [holder for holder in found if holder is not None]
