"""The desk's side of the post: building a reply, its letters and the wish for a push."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from casework import canonical, keys
from casework.actors import Actor
from casework.errors import CaseworkError
from casework.keys import PublicKey
from casework.rows import Rows
from casework.tables import Letter, Mailbox, Push
from crypto import context, handle, sealed
from crypto.xwing import Recipient

Random = Callable[[int], bytes]


class NoWayError(CaseworkError):
    """There is no way to reach this person: neither a chat nor a code phrase."""


@dataclass(frozen=True, slots=True)
class Courier:
    """Where a push goes, as its sealed item says; the address itself only the hub can open."""

    number: int
    address: bytes = field(repr=False)
    hours: str
    language: str

    @classmethod
    def read(cls, payload: dict[str, Any]) -> Courier:
        """Read the payload of a ``courier`` item."""
        return cls(
            int(payload["courier"]),
            bytes.fromhex(payload["address"]),
            str(payload["hours"]),
            str(payload["language"]),
        )


@dataclass(frozen=True, slots=True)
class Box:
    """A mailbox as the case knows it: its id and what to seal to."""

    id: bytes
    recipient: Recipient

    @classmethod
    def read(cls, payload: dict[str, Any]) -> Box:
        """Read the payload of a ``mailbox`` item."""
        return cls(bytes.fromhex(payload["id"]), Recipient.parse(bytes.fromhex(payload["recipient"])))


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a reply."""

    name: str = field(repr=False)
    mime: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Written:
    """A reply ready to be written: its rows, its item, and the mailboxes to hand in for the case."""

    rows: Rows
    item: bytes
    mailboxes: tuple[bytes, ...]


def write_reply(
    key: PublicKey,
    text: str,
    attachments: Sequence[Attachment],
    *,
    by: Actor,
    now: datetime,
    courier: Courier | None,
    hub: tuple[int, Recipient],
    boxes: Sequence[Box],
    random: Random,
    seq: int = 0,
    template: str = "",
    renews: bool = False,
    word: str = "",
) -> Written:
    """
    Build a reply: its item under the case's content *key*, its letters, and the wish for a push.

    *hub* is the number and public half of the hub's courier key (:func:`casework.hubkeys.find`). Needs no
    secret but the key *by* signs with. *seq* is its place among what was said in the same minute: one more
    than the newest that is known; *template* names the legal text it was made from. The mailboxes named in
    the result must be handed in, or erasure cannot find them.

    With *word* the letter asks for a word on exactly this text, by the tag of its digest. With *renews*
    whoever taps the button gives a new courier address, with the hours the old one names.

    Raises:
        NoWayError: there is neither a courier address nor a mailbox.
    """
    if courier is None and not boxes:
        raise NoWayError
    rows, item = Rows(), keys.new_id()
    at = now.replace(second=0, microsecond=0).astimezone(UTC).isoformat()
    place = {"at": at, "seq": seq}
    files = [_seal_attachment(rows, key, one, by, place, now.date()) for one in attachments]
    rung = [] if courier is None else [_ring(rows, key.owner, item, courier, hub, random)]
    said: dict[str, Any] = {
        **place,
        "by": by.staff,
        "files": [one.hex() for one in files],
        "mailboxes": [box.id.hex() for box in rung],
        "text": text,
    }
    if template:
        said["template"] = template
    state = "waiting" if courier is None else "sealed"
    _seal_said(rows, key, item, said, state, by, now.date())
    asks: dict[str, Any] = {"word": word} if word else {}
    if renews and courier is not None:
        asks["hours"] = courier.hours
    head = {**place, **asks, "case": key.owner.hex(), "item": item.hex()}
    for box in [*boxes, *rung]:
        _post(rows, box, head, text, attachments, now.date())
    return Written(rows, item, tuple(box.id for box in rung))


def _seal_said(
    rows: Rows, key: PublicKey, item: bytes, said: dict[str, Any], state: str, by: Actor, day: date
) -> None:
    """Seal what was said as the reply's own item, which staff read."""
    keys.seal_item(
        rows,
        key,
        kind="reply",
        author=by.staff,
        payload=said,
        day=day,
        item=item,
        state=state,
        signing=by.signing,
    )


def _seal_attachment(
    rows: Rows, key: PublicKey, attachment: Attachment, by: Actor, place: dict[str, Any], day: date
) -> bytes:
    size = len(attachment.content)
    return keys.seal_file(
        rows,
        key,
        kind="file",
        author=by.staff,
        head={**place, "mime": attachment.mime, "name": attachment.name, "size": size},
        content=attachment.content,
        day=day,
        signing=by.signing,
    )


def _ring(
    rows: Rows,
    case: bytes,
    item: bytes,
    courier: Courier,
    hub: tuple[int, Recipient],
    random: Random,
) -> Box:
    """Open a mailbox for a new handle and ask the hub to put that handle on a button in the chat."""
    secret = handle.generate(random)
    mailbox = secret.mailbox()
    rows.add(
        Mailbox,
        id=mailbox.id,
        recipient=mailbox.identity.recipient.raw,
        route=mailbox.seal_route(case),
        expires=None,
    )
    push = keys.new_id()
    number, recipient = hub
    body = {
        "address": courier.address.hex(),
        "case": case.hex(),
        "courier": courier.number,
        "handle": secret.raw.hex(),
        "hours": courier.hours,
        "language": courier.language,
    }
    rows.add(
        Push,
        id=push,
        courier=number,
        item=item,
        sealed=sealed.seal(canonical.dumps(body), [recipient], context.named("push", push)),
    )
    return Box(mailbox.id, mailbox.identity.recipient)


def _post(
    rows: Rows, box: Box, head: dict[str, Any], text: str, attachments: Sequence[Attachment], day: date
) -> None:
    """Put the text, and each file, into *box* as letters of their own."""
    if text:
        _letter(rows, box, {**head, "kind": "text", "n": 0, "text": text}, None, day)
    for n, one in enumerate(attachments, start=1):
        file_head = {**head, "kind": "file", "mime": one.mime, "n": n, "name": one.name}
        _letter(rows, box, file_head, one.content, day)


def _letter(rows: Rows, box: Box, head: dict[str, Any], content: bytes | None, day: date) -> None:
    letter = keys.new_id()
    parts: list[int] = []
    row = {
        "id": letter,
        "mailbox": box.id,
        "day": day,
        "sealed": sealed.seal(canonical.dumps(head), [box.recipient], context.letter(box.id, letter)),
        "shown": None,
    }
    if content is not None:
        parts = keys.seal_chunks(rows, letter, content, [box.recipient], content_context(box.id, letter))
    rows.add(Letter, **row, chunks=len(parts))


def content_context(mailbox: bytes, letter: bytes) -> bytes:
    """Return what the content of a file letter is bound to."""
    return context.named("letter-content", mailbox, letter)
