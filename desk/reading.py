"""
What a person may read of a case, as the pages show it.

Everything here was opened with keys of this session and lives as long as one answer. An item that cannot be
opened is counted, never skipped in silence.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from casework import keys, permits, sheets
from casework.clocks import WITHDRAWN
from casework.sheets import Sheet
from casework.tables import Case, Clock, Grant, Item, JournalRow
from crypto.errors import CryptoError, TamperedError
from crypto.xwing import Identity
from desk import opening, preview
from desk.errors import MissingError
from desk.visit import Visit

# What a payload is marked with here when its signature does not hold.
UNPROVEN = "unproven"
# Kinds that belong in the conversation, in the order in which two of one minute are shown that have no place.
SPOKEN = ("message", "reply", "file", "note", "handover", "brief", "reason", "routing", "consent", "released")
# What lists and working pages are read from; a page without the conversation opens no more than this.
WORKING = ("answers", "cover", sheets.KIND)
_ID = re.compile(r"[0-9a-f]{32}\Z")
# Items a session keeps opened: some ten long cases.
READ_LIMIT = 3000
# What the types of office files have in common.
_OFFICE = ("msword", "officedocument", "ms-excel", "ms-powerpoint", "opendocument", "rtf")
# After whatever has a place in its minute.
LAST = 2**31


@dataclass(frozen=True)
class Paper:
    """A file of a case, as its head describes it. The name and type are the sender's word."""

    item: bytes
    name: str = field(repr=False)
    mime: str
    size: int
    digest: str  # of the content, as its author signed it

    @property
    def can_show(self) -> bool:
        """Tell whether there is a preview for what it claims to be."""
        return preview.can_show(self.mime)

    @property
    def why_not(self) -> str:
        """Name what it claims to be where that is why there is no preview; empty for anything else."""
        kind, _, more = self.mime.partition("/")
        if kind in ("audio", "video"):
            return "voice" if kind == "audio" else "video"
        return "office" if any(word in more for word in _OFFICE) else ""

    @property
    def sort(self) -> str:
        """Return up to four letters for its picture: what comes after the last dot of its name."""
        ending = self.name.rpartition(".")[2] if "." in self.name else self.mime.rpartition("/")[2]
        return "".join(letter for letter in ending if letter.isalnum())[:4]


@dataclass(frozen=True)
class Said:
    """One bubble: what somebody wrote, sent, noted or decided."""

    item: bytes
    kind: str
    author: str
    day: date
    at: str
    text: str = field(repr=False)
    state: str | None
    why: str | None
    payload: Mapping[str, Any] = field(repr=False)
    paper: Paper | None = None
    is_unproven: bool = False
    case: bytes = b""

    @property
    def began(self) -> bytes:
        """
        Return the case of the person who said this, or to whom it goes: what they began.

        After a merge whoever began the other case writes into this one, and is answered in theirs.
        """
        named = str(self.payload.get("began") or "")
        return bytes.fromhex(named) if _ID.match(named) else self.case

    @property
    def began_ref(self) -> str:
        """Return the short name of what that person began."""
        return ref(self.began)

    @property
    def is_ours(self) -> bool:
        """Tell whether it goes from the house to the tipster."""
        return self.kind == "reply" or (self.kind == "file" and self.author not in ("tipster", "hub"))


@dataclass(frozen=True)
class Reach:
    """How an answer gets to the tipster."""

    push: bool
    hours: str
    phrase: bool
    look: bool = False  # the tipster's own chat has a button that looks

    @property
    def is_any(self) -> bool:
        """Tell whether there is a way at all."""
        return self.push or self.phrase or self.look


@dataclass(frozen=True)
class Dossier:
    """One case as its reader sees it."""

    case: Case
    cover: Mapping[str, Any] = field(repr=False)
    said: Sequence[Said]
    unread: int
    forged: int
    reach: Reach
    has_card: bool
    may_card: bool
    clocks: Sequence[Clock]
    history: Sequence[JournalRow]
    items: Sequence[tuple[Item, Mapping[str, Any]]] = field(repr=False)

    @property
    def ref(self) -> str:
        """A short name for talking about this case."""
        return ref(self.case.id)

    @property
    def next_seq(self) -> int:
        """The place of what is said next: after everything known, within its minute."""
        places = [payload.get("seq") for _item, payload in self.items if not payload[UNPROVEN]]
        return max((one for one in places if isinstance(one, int)), default=-1) + 1

    def payloads(self, kind: str) -> list[Mapping[str, Any]]:
        """Return the payloads of every opened item of *kind*."""
        return [payload for item, payload in self.items if item.kind == kind]

    def sheet(self, name: str) -> Sheet:
        """Return one of the case's working sheets as it stands now."""
        return sheets.newest(name, self.payloads(sheets.KIND))

    @property
    def cover_number(self) -> int:
        """Return the number of the newest cover sheet a person wrote, 0 when nobody did."""
        return max((_number(payload) for payload in self.payloads("cover")), default=0)


def ref(case: bytes) -> str:
    """Return the short name of a case: enough to talk about it, not enough to find it elsewhere."""
    text = case.hex()[:6].upper()
    return f"{text[:3]}-{text[3:]}"


def see(visit: Visit, case_id: bytes) -> Case:
    """
    Return a case this person may see and open.

    Raises:
        CaseworkError, MissingError: there is none for them.
        HubSilentError: the keeper does not answer.
    """
    with visit.database.read() as session:
        case = permits.see(session, case_id, visit.acting)
    opening.open_content(visit, [case_id])
    if not opening.readable(visit, [case_id], keys.CONTENT):
        raise MissingError
    return case


def is_kept(visit: Visit, case_id: bytes) -> bool:
    """Tell whether there is such a case and it was not erased, whoever may see it."""
    with visit.database.read() as session:
        status = session.scalar(select(Case.status).where(Case.id == case_id))
    return status not in (None, "erased")


def dossier(visit: Visit, case_id: bytes, kinds: Collection[str] | None = None) -> Dossier:
    """Read one case, or of its items only those of *kinds*. Raises as :func:`see`."""
    case = see(visit, case_id)
    wanted = select(Item).where(Item.case == case_id)
    if kinds is not None:
        wanted = wanted.where(Item.kind.in_(sorted(kinds)))
    with visit.database.read() as session:
        items = session.scalars(wanted).all()
        clocks = session.scalars(select(Clock).where(Clock.case == case_id).order_by(Clock.due)).all()
        history = session.scalars(
            select(JournalRow).where(JournalRow.case == case_id).order_by(JournalRow.n.desc()).limit(60)
        ).all()
        held = session.scalar(
            select(Grant.staff).where(
                Grant.owner == case_id, Grant.compartment == keys.IDENTITY, Grant.staff == visit.staff
            )
        )
    opened = [(item, _open(visit, item)) for item in items if item.compartment == keys.CONTENT]
    read = [(item, payload) for item, payload in opened if payload is not None]
    # What is shown may be shown with a mark; what is acted upon (where answers go) must be proven.
    trusted = [pair for pair in read if pair[0].kind in SPOKEN or not pair[1][UNPROVEN]]
    return Dossier(
        case=case,
        cover=cover_of(trusted),
        said=conversation(trusted),
        unread=len(opened) - len(read),
        forged=len(read) - len(trusted),
        reach=_reach(trusted),
        has_card=any(item.kind == "card" for item in items),
        may_card=held is not None,
        clocks=clocks,
        history=history,
        items=trusted,
    )


def covers(visit: Visit, cases: Iterable[Case]) -> dict[bytes, Mapping[str, Any]]:
    """
    Open the cover sheets of many cases at once, for a list. A case without one is left out.

    What was opened and proven stays with the session: an item never changes, so a list opens what is new.
    """
    ids = [case.id for case in cases]
    opening.open_content(visit, ids)
    places = _cover_places(visit, ids)
    _open_covers(visit, [item for item, _case in places if item not in visit.session.covers])
    found: dict[bytes, list[tuple[Any, Mapping[str, Any]]]] = {}
    for item, case in places:
        if item in visit.session.covers:
            found.setdefault(case, []).append(visit.session.covers[item])
    return {case: cover_of(items) for case, items in found.items()}


def _cover_places(visit: Visit, ids: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    """Return item and case of every cover sheet of *ids*, without their bytes."""
    found: list[tuple[bytes, bytes]] = []
    with visit.database.read() as session:
        for at in range(0, len(ids), 500):
            wanted = select(Item.id, Item.case).where(
                Item.case.in_(ids[at : at + 500]), Item.kind.in_(("cover", "answers"))
            )
            found += [(item, case) for item, case in session.execute(wanted)]
    return found


def _open_covers(visit: Visit, items: Sequence[bytes]) -> None:
    with visit.database.read() as session:
        for at in range(0, len(items), 500):
            for item in session.scalars(select(Item).where(Item.id.in_(items[at : at + 500]))):
                payload = _open(visit, item)
                if payload is not None and not payload[UNPROVEN]:
                    visit.session.covers[item.id] = (item, payload)


def cover_of(items: Iterable[tuple[Item, Mapping[str, Any]]]) -> Mapping[str, Any]:
    """Return what the newest cover sheet says, over the tipster's own answers."""
    merged: dict[str, Any] = {}
    for kind in ("answers", "cover"):
        written = [(item, payload) for item, payload in items if item.kind == kind]
        for _item, payload in sorted(written, key=lambda pair: _cover_order(*pair)):
            merged |= {name: value for name, value in payload.items() if value is not None}
    return merged


def _cover_order(item: Item, payload: Mapping[str, Any]) -> tuple[int, int, tuple[str, int, int]]:
    # People number theirs; the hub's, from filing, has no number and comes before all of them.
    return _number(payload), item.generation, _order(item, payload)


def _number(payload: Mapping[str, Any]) -> int:
    number = payload.get("n")
    return number if isinstance(number, int) else 0


def _open(visit: Visit, item: Item) -> Mapping[str, Any] | None:
    """Open one item, or return what this session opened of it before: an item never changes."""
    known = visit.session.read
    place = (item.id, visit.staffing.roster.version)
    if place not in known:
        payload = _open_anew(visit, item)
        if payload is None:
            return None
        known[place] = payload
        while len(known) > READ_LIMIT:
            known.pop(next(iter(known)), None)
    return known.get(place) or _open_anew(visit, item)


def _open_anew(visit: Visit, item: Item) -> Mapping[str, Any] | None:
    identity = opening.identity(visit, item.case, item.compartment, item.generation)
    if identity is None or item.sealed is None:
        return None
    try:
        try:
            payload, is_unproven = keys.open_item(item, identity, visit.staffing.roster), False
        except TamperedError:
            payload, is_unproven = keys.open_item(item, identity), True
    except CryptoError:
        return None
    payload[UNPROVEN] = is_unproven
    return payload


def is_proven(visit: Visit, item: Item, identity: Identity) -> bool:
    """Tell whether the author this row names stands by it: the hub also for what a tipster said."""
    try:
        keys.open_item(item, identity, visit.staffing.roster)
    except TamperedError:
        return False
    return True


def conversation(items: Iterable[tuple[Item, Mapping[str, Any]]]) -> list[Said]:
    """Return what was said in *items*, of one case or of several that were merged, in its order."""
    items = list(items)
    spoken = [(item, payload) for item, payload in items if item.kind in SPOKEN]
    spoken.sort(key=lambda pair: _order(*pair))
    late = [payload for item, payload in items if item.kind == "late" and not payload[UNPROVEN]]
    return _joined([_said(item, payload) for item, payload in spoken], late)


def _joined(said: list[Said], late: Sequence[Mapping[str, Any]]) -> list[Said]:
    """Let a file that came later stand where its note stood, or the note say that it never came."""
    came = {str(one.payload.get("of")): one for one in said if one.paper is not None and _is_late(one)}
    lost = {str(payload.get("of")): payload for payload in late}
    found = []
    for one in said:
        file, why = came.get(one.item.hex()), lost.get(one.item.hex())
        if file is not None and file.paper is not None:
            payload = {name: value for name, value in one.payload.items() if name != "missing"}
            paper = replace(file.paper, name=_shown(one.payload.get("name")))
            one = replace(one, paper=paper, payload=payload | {"came": file.payload.get("came")})
        elif why is not None:
            one = replace(one, payload={**one.payload, "missing": str(why.get("missing"))})
        if not _is_late(one) or str(one.payload.get("of")) not in {other.item.hex() for other in said}:
            found.append(one)
    return found


def _is_late(one: Said) -> bool:
    return "of" in one.payload and one.kind == "file" and one.author == "tipster" and not one.is_unproven


def _shown(name: object) -> str:
    """Return a file's name without what turns the direction of writing: no "exe" reads as a picture."""
    return "".join(letter for letter in str(name or "") if letter.isprintable())


def _order(item: Item, payload: Mapping[str, Any]) -> tuple[str, int, int]:
    # What has a day only comes after what was said on that day.
    at = str(payload.get("at") or f"{item.day.isoformat()}T24")
    seq = payload.get("seq")
    place = SPOKEN.index(item.kind) if item.kind in SPOKEN else 0
    return at, seq if isinstance(seq, int) else LAST, place


def _said(item: Item, payload: Mapping[str, Any]) -> Said:
    if payload.get(UNPROVEN):
        # Of what somebody slipped in, only the words are shown: its other fields may be anything at all.
        payload = {UNPROVEN: True, "text": payload.get("text")}
    paper = None
    if item.chunks:
        size = payload.get("size")
        paper = Paper(
            item=item.id,
            name=_shown(payload.get("name")),
            mime=str(payload.get("mime") or ""),
            size=size if isinstance(size, int) else 0,
            # Where nobody signed one, no content is the right one.
            digest=str(payload.get(keys.DIGEST) or ""),
        )
    return Said(
        item=item.id,
        kind=item.kind,
        author=item.author,
        day=item.day,
        at=str(payload.get("at") or ""),
        text=str(payload.get("text") or payload.get("caption") or payload.get("reason") or ""),
        state=item.state,
        why=item.why,
        payload=payload,
        paper=paper,
        is_unproven=bool(payload.get(UNPROVEN)),
        case=item.case,
    )


def _reach(items: Sequence[tuple[Item, Mapping[str, Any]]]) -> Reach:
    couriers = [payload for item, payload in items if item.kind == "courier"]
    hours = str(couriers[-1].get("hours") or "any") if couriers else "any"
    kinds = {item.kind for item, _payload in items}
    return Reach(bool(couriers), hours, "mailbox" in kinds, "chat" in kinds)


def left(clocks: Sequence[Clock], now: datetime) -> float | None:
    """Return the seconds until the first of *clocks* that waits for staff runs out, none when none runs."""
    waiting = [clock for clock in clocks if clock.kind != WITHDRAWN]
    return min(((clock.due - now).total_seconds() for clock in waiting), default=None)
