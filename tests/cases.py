"""Cases and drafts for tests of the rules: rows as they would lie after filing, without a conversation."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import clocks, keys, releases, rows
from casework.keys import PublicKey
from casework.permits import Acting, Settings
from casework.tables import Case, Clock, Draft, JournalRow
from crypto.xwing import Identity
from tests.house import House

FINDINGS = b"sealed findings"
PUBLIC = '{"title":"Отказ в одном из приграничных регионов"}'.encode()
DIGEST = hashlib.sha256(PUBLIC).digest()


def as_(house: House, name: str, **later: int) -> Acting:
    """Return *name* acting now, or so much *later*."""
    now = house.now + timedelta(**later)
    settings = Settings(random=bytes)
    return Acting(house.actor(name), house.staffing(), now, settings)


def put(session: Session, house: House, team: str = "legal", status: str = "new", **columns: Any) -> bytes:
    """Add one case in *status*; an accepted one is Alice's (a tip, Carol's) with Bob (Dan) as second."""
    case = keys.new_id()
    first, second = ("alice", "bob") if team == "legal" else ("carol", "dan")
    taken = status in ("accepted", "open", "waiting_source", "waiting_authority", "waiting_us", "closed")
    values = {
        "kind": "legal" if team == "legal" else "tip",
        "urgency": "normal",
        "language": "ru",
        "assignee": first if taken else None,
        "second": second if taken else None,
        "opened": house.now.date(),
        "touched": house.now.date(),
        "may_summarise": True,
        **columns,
    }
    session.add(Case(id=case, team=team, status=status, version=1, **values))
    if status == "new":
        until = clocks.due(values["urgency"], house.now, clocks.Times())
        session.add(Clock(case=case, kind=clocks.ACCEPT, due=until))
    session.flush()
    return case


def written(case: bytes, kind: str, author: str = "alice") -> rows.Rows:
    """Return the rows of one sealed item, as a desk would hand them over."""
    batch = rows.Rows()
    key = PublicKey(case, keys.CONTENT, 0, Identity.generate().recipient)
    day = date(2026, 3, 10)
    keys.seal_item(batch, key, kind=kind, author=author, payload={"text": "тихо"}, day=day)
    return batch


def acts(session: Session, case: bytes | None = None, subject: bytes | None = None) -> list[str]:
    """Return what the journal says was done, in order."""
    wanted = select(JournalRow.act).order_by(JournalRow.n)
    if case is not None:
        wanted = wanted.where(JournalRow.case == case)
    if subject is not None:
        wanted = wanted.where(JournalRow.subject == subject)
    return list(session.scalars(wanted))


def begin(session: Session, house: House, case: bytes | None, author: str = "carol") -> Draft:
    """Begin a draft of *author*."""
    draft, public_id = keys.new_id(), "e" + keys.new_id().hex()[:11]
    return releases.new_draft(session, draft, case, public_id, b"sealed", as_(house, author))


def freeze(session: Session, house: House, draft: Draft) -> None:
    """Freeze *draft* over :data:`PUBLIC`."""
    releases.freeze(session, draft.id, draft.version, DIGEST, as_(house, draft.author))


def judge(session: Session, house: House, draft: Draft, **verdicts: str) -> None:
    """Record verdicts: ``editor="pass"`` by Carol, ``holder="pass"`` by Erin, ``no_case="pass"`` by Dan."""
    by = {"editor": "carol", "holder": "erin", "no_case": "dan"}
    for half, level in verdicts.items():
        releases.record_verdict(session, draft.id, DIGEST, half, level, FINDINGS, as_(house, by[half]))


def sign(session: Session, house: House, draft: Draft, approver: str = "dan") -> None:
    """Let the author and *approver* sign."""
    releases.sign_as_author(session, draft.id, draft.version, DIGEST, as_(house, draft.author))
    releases.approve(session, draft.id, draft.version, DIGEST, as_(house, approver))


def approved(session: Session, house: House, case: bytes | None) -> Draft:
    """Return a draft that may be released."""
    draft = begin(session, house, case)
    freeze(session, house, draft)
    judge(session, house, draft, editor="pass")
    if case is None:
        judge(session, house, draft, no_case="pass")
    else:
        judge(session, house, draft, holder="pass")
    sign(session, house, draft)
    return draft


def release(
    session: Session, house: House, draft: Draft, by: str = "carol", due: date | None = None
) -> bytes:
    """Send *draft* to the press, for a batch of today if no other day is named."""
    press, acting = house.strongbox.press.recipient, as_(house, by)
    due = due or house.now.date()
    return releases.send_to_press(session, draft.id, draft.version, PUBLIC, ["summary"], press, acting, due)
