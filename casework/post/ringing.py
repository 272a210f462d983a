"""The hub's side of the post: telling a chat, in one neutral line, that something waits."""

from __future__ import annotations

import gettext
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import canonical, keys
from casework.clocks import MOSCOW
from casework.rows import Rows
from casework.rows import write as write_rows
from casework.strongbox import Strongbox
from casework.tables import Case, Item, Outbox, Push
from crypto import context, handle, lock, sealed
from crypto.errors import CryptoError

# When a push may ring, in the tipster's choice of words; everybody is taken to live by Moscow's clock.
HOURS = {
    "any": (time(0), time(0)),
    "waking": (time(9), time(22)),
    "day": (time(9), time(18)),
    "evening": (time(18), time(22)),
}
ZONE = MOSCOW

COURIER_EXPIRED = "courier_expired"
DAMAGED = "damaged"

Speak = Callable[[str], gettext.NullTranslations]
"""From a language to its catalogue."""


def ring(
    session: Session,
    strongbox: Strongbox,
    speak: Speak,
    now: datetime,
    *,
    action: str = "open",
    limit: int = 50,
) -> int:
    """
    Turn waiting pushes into one neutral line each in the outbox; return how many were taken.

    A push that cannot be made says so on its reply; one whose case was erased since just goes. Where the
    tipster took the address away since, the answer waits in its mailbox and nothing rings.

    The row of its case is held from here on, as it is by whoever takes an address or a waiting line away
    (:func:`hold`): of the two, one sees what the other did. Take one push a transaction: then this waits for
    nobody who waits for it.
    """
    pushes = session.scalars(select(Push).order_by(Push.id).limit(limit)).all()
    write_rows(session, [_push_rows(session, push, strongbox, speak, now, action) for push in pushes])
    return len(pushes)


def _push_rows(
    session: Session, push: Push, strongbox: Strongbox, speak: Speak, now: datetime, action: str
) -> Rows:
    rows = Rows()
    rows.drop(Push, id=push.id)
    identity = strongbox.couriers.get(push.courier)
    if identity is None:
        return _failed(rows, push.item, COURIER_EXPIRED) if _is_there(session, push) else rows
    try:
        body = canonical.loads(sealed.open_sealed(push.sealed, identity, context.named("push", push.id)))
        addressed = strongbox.couriers.get(body["courier"])
        if addressed is None:
            return _failed(rows, push.item, COURIER_EXPIRED)
        hold(session, bytes.fromhex(body["case"]))
        if not _is_there(session, push):
            return rows
        where = context.named("courier", bytes.fromhex(body["case"]))
        chat = canonical.loads(sealed.open_sealed(bytes.fromhex(body["address"]), addressed, where))["chat"]
        data = handle.Handle(bytes.fromhex(body["handle"])).data(action)
    except (CryptoError, KeyError, TypeError, ValueError):
        return _failed(rows, push.item, DAMAGED)
    if not _is_rung(session, bytes.fromhex(body["case"])):
        return _wait(rows, push.item)
    say = speak(body["language"]).gettext
    line = {
        "buttons": [[[say("post.open"), data]]],
        "chat": chat,
        "do": "say",
        "lasts": None,
        "silent": True,
        "text": say("post.push"),
    }
    tag = lock.tag(strongbox.spool, "chat", str(chat).encode())
    outbox_row(rows, strongbox.spool, tag, 0, line, quiet_until(now, body["hours"]), push.item)
    return rows


def hold(session: Session, case: bytes) -> None:
    """Hold the row of *case* until the transaction ends, as everybody does who decides whether it rings."""
    session.execute(select(Case.id).where(Case.id == case).with_for_update())


def _is_there(session: Session, push: Push) -> bool:
    """Tell whether the reply of a push is there: it goes with its case."""
    if push.item is None:
        return True
    return session.scalar(select(Item.id).where(Item.id == push.item)) is not None


def _is_rung(session: Session, case: bytes) -> bool:
    """Tell whether a case still has a courier address: an alarm word, or a phrase instead, takes it away."""
    address = select(Item.id).where(Item.case == case, Item.kind == "courier")
    return session.scalar(address.limit(1)) is not None


def _wait(rows: Rows, item: bytes | None) -> Rows:
    if item is not None:
        rows.change(Item, {"id": item, "state": "sealed"}, state="waiting")
    return rows


def _failed(rows: Rows, item: bytes | None, why: str) -> Rows:
    if item is not None:
        rows.change(Item, {"id": item}, state="failed", why=why)
    return rows


def outbox_row(
    rows: Rows,
    spool: lock.Key,
    tag: bytes,
    n: int,
    payload: dict[str, Any],
    due: datetime,
    item: bytes | None = None,
) -> bytes:
    """Add one call to the outside, locked under the spool key, and return its id."""
    row = keys.new_id()
    locked = lock.lock(spool, canonical.dumps(payload), context.named("outbox", row))
    rows.add(Outbox, id=row, tag=tag, n=n, due=due, spool=spool.number, locked=locked, item=item, tries=0)
    return row


def quiet_until(now: datetime, hours: str) -> datetime:
    """Return *now* if a push may ring in these *hours*, else when it next may; unknown ones are the day's."""
    opens, closes = HOURS.get(hours, HOURS["day"])
    local = now.astimezone(ZONE)
    if opens == closes or opens <= local.time() < closes:
        return now
    day = local.date() + timedelta(days=local.time() >= closes)
    return datetime.combine(day, opens, ZONE).astimezone(UTC)
