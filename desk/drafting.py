"""
Drafts at the desk: who can open one, what its form says, and when its text may stand still.

The words of a draft are one register entry in its canonical bytes, sealed to the draft's own key. Its SHA-256
is what verdicts and approvals are bound to, and exactly these bytes go to the press.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any, get_args

import msgspec

from casework import keys, releases
from casework.asking import NewGrant
from casework.keys import Holder, NewKey, PublicKey
from casework.tables import Draft
from crypto.errors import CryptoError
from desk import handing, opening
from desk.errors import IncompleteError, MissingError
from desk.forms import Form
from desk.handing import HandIn
from desk.visit import Visit
from register import entry as entries
from register.checks import problems
from register.entry import Entry, Force, Mark, Place, Source
from register.errors import RegisterError
from register.places import subjects
from register.vocabulary import Branch, Grade, Ground, ItemType, Outcome, Service

BRANCHES: tuple[str, ...] = get_args(Branch)
GRADES: tuple[str, ...] = get_args(Grade)
GROUNDS: tuple[str, ...] = get_args(Ground)
OUTCOMES: tuple[str, ...] = get_args(Outcome)
SERVICES: tuple[str, ...] = get_args(Service)
ITEM_TYPES: tuple[str, ...] = tuple(
    one for one in get_args(ItemType) if one not in ("notice", "boilerplate", "feature_article")
)
# The languages an editor writes here; Ukrainian joins with its own desk.
LANGUAGES = ("ru", "en")
TITLE_LIMIT = 300
_MONTH = re.compile(r"20[0-9][0-9]-(0[1-9]|1[0-2])\Z")
BODY_LIMIT = 20_000


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
            sheets[draft.id] = Sheet(draft, entries.loads(releases.open_draft(draft, identity)))
        except (CryptoError, RegisterError):
            continue
    return sheets


def draft_key(visit: Visit, draft: Draft) -> PublicKey:
    """
    Return the key to seal words about *draft* to, as this session opened it.

    Raises:
        MissingError: this session holds no key of it.
    """
    identity = opening.identity(visit, draft.id, keys.DRAFT, draft.generation)
    if identity is None:
        raise MissingError
    return PublicKey(draft.id, keys.DRAFT, draft.generation, identity.recipient)


def grant_to_holders(visit: Visit, draft: Draft) -> bool:
    """Once frozen, let those who hold cards open *draft* for their half; tell whether it is done."""
    identity = opening.identity(visit, draft.id, keys.DRAFT, draft.generation)
    if identity is None:
        raise MissingError
    key = NewKey(draft.id, keys.DRAFT, draft.generation, identity)
    return handing.hand_in(
        visit, HandIn(grants=[NewGrant.make(key, holder) for holder in _card_holders(visit)])
    )


def edited(entry: Entry, form: Form) -> Entry:
    """
    Return *entry* as the form now says it; what the form does not show stays.

    Raises:
        IncompleteError: a field holds something that is no value of it.
    """
    title = {language: _line(form, f"title_{language}", TITLE_LIMIT) for language in LANGUAGES}
    body = {language: _text(form, f"body_{language}") for language in LANGUAGES}
    subject = _choice(form, "subject", ("", *subjects()))
    service = _choice(form, "service", ("", *SERVICES))
    branch = _choice(form, "branch", BRANCHES)
    grounds = [_known("grounds", code, GROUNDS) for code in form.all("grounds") if code]
    outcomes = [_known("outcome", code, OUTCOMES) for code in form.all("outcome") if code]
    changes: dict[str, Any] = {
        "item_type": _choice(form, "item_type", ITEM_TYPES),
        "is_refusal": bool(form.get("is_refusal")),
        "title": {language: text for language, text in title.items() if text},
        "body": {language: entries.paragraphs(text) for language, text in body.items() if text},
        "original": _choice(form, "original", LANGUAGES),
        "month": _month(form.get("month")),
        "forces": () if branch == "unspecified" else (Force(branch=branch),),  # type: ignore[arg-type]
        "service": (service,) if service else (),
        "places": _places(subject),
        "grounds": tuple(Mark(code=code) for code in grounds),
        "outcome": tuple(Mark(code=code) for code in outcomes),
        "corroboration": msgspec.structs.replace(entry.corroboration, grade=_choice(form, "grade", GRADES)),
        "sources": _sources(form.get("sources")),
    }
    written = msgspec.structs.replace(entry, **changes)
    # What came from a form equals a default without being it; read back, it is written as the canon wants.
    return msgspec.json.decode(entries.dumps(written), type=Entry)


def source_line(source: Source) -> str:
    """Return a source as it stands in the form: outlet, day and address, divided by bars."""
    parts = [source.outlet, source.day.isoformat() if source.day else "", source.url or ""]
    return " | ".join(parts).rstrip(" |")


def _writers(visit: Visit) -> list[Holder]:
    """Return who holds a draft from the start: its author, editors and coordinators, and recovery."""
    roster, living = visit.staffing.roster, visit.staffing.living
    names = [visit.staff]
    for role in ("editor", "coordinator"):
        names += [one.id for one in roster.holding(role) if one.id in living]
    return _holders(visit, names) + visit.staffing.recovery()


def _card_holders(visit: Visit) -> list[Holder]:
    roster, living = visit.staffing.roster, visit.staffing.living
    names = [one.staff for one in visit.staffing.custodians()]
    names += [one.id for one in roster.holding("lawyer") if one.id in living]
    return _holders(visit, names)


def _holders(visit: Visit, names: list[str]) -> list[Holder]:
    found = [visit.staffing.holder(name) for name in dict.fromkeys(names)]
    return [holder for holder in found if holder is not None]


def _line(form: Form, name: str, limit: int) -> str:
    text = " ".join(form.get(name).split())
    if len(text) > limit:
        raise IncompleteError(name)
    return text


def _text(form: Form, name: str) -> str:
    text = form.get(name)
    if len(text) > BODY_LIMIT:
        raise IncompleteError(name)
    return text


def _choice(form: Form, name: str, allowed: tuple[str, ...]) -> str:
    return _known(name, form.get(name), allowed)


def _known(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise IncompleteError(name)
    return value


def _month(text: str) -> str | None:
    if text and not _MONTH.match(text):
        raise IncompleteError("month")
    return text or None


def _places(subject: str) -> tuple[Place, ...]:
    if not subject:
        return ()
    return (Place(name=subjects()[subject].en, role="unit_location", country="RU", subject=subject),)


def _sources(text: str) -> tuple[Source, ...]:
    """Read one source a line: outlet | day | address."""
    found = []
    for line in text.splitlines():
        outlet, _, rest = line.partition("|")
        day, _, url = rest.partition("|")
        if not outlet.strip():
            continue
        found.append(Source(outlet=outlet.strip()[:200], day=_day(day.strip()), url=url.strip() or None))
    return tuple(found)


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise IncompleteError("sources") from None
