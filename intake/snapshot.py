"""
Everything a worker may know when it answers one update: the house as it is now, and the case at hand.

The readers below take a session and return plain values; the work itself has no database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import (
    BindParameter,
    LargeBinary,
    String,
    bindparam,
    cast,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from casework import handins, keys, lives, merging, post, proposing, routing, watching
from casework import newest as newest_keys
from casework.clocks import WITHDRAWN, Hours, Times
from casework.hands import Hands
from casework.notices import REPLY
from casework.parties import Book
from casework.post import Collected, Waiting
from casework.rosters import Staffing
from casework.rows import Rows
from casework.strongbox import Strongbox
from casework.tables import Case, Clock, Item, Notice, Wording, Writing
from crypto.lock import Key
from crypto.mailbox import Mailbox
from crypto.roster import Anchor
from crypto.signature import SigningKey
from crypto.xwing import Recipient
from intake.cases import Began, CaseFacts
from intake.outage import Outage
from intake.state import State

# The kind of a mailbox whose words are given to somebody else.
INVITATION = "invitation"
# How long copies of destroyed keys are kept, where the house does not say otherwise.
ESCROW_DAYS = 7


def _by_column(_session: Session, case: Case) -> str:
    """Return the team a case's column names."""
    return case.team


@dataclass(frozen=True, repr=False)
class House:
    """What is the same for every chat; good for some seconds, so it may be read once for many updates."""

    staffing: Staffing
    loads: dict[str, int]  # staff id -> open cases
    epoch: Key
    spools: Mapping[int, Key]
    spool: Key
    courier: tuple[int, Recipient]
    signing: SigningKey  # the hub's: it vouches for the keys it makes and signs what it takes in
    times: Times = field(default_factory=Times)
    hours: Hours = field(default_factory=Hours)
    escrow_days: int = ESCROW_DAYS
    outage: Outage | None = None
    book: Book = field(default_factory=Book)  # who is on which case
    team_of: Callable[[Session, Case], str] = _by_column

    def __repr__(self) -> str:
        return "<House>"

    @cached_property
    def hands(self) -> Hands:
        """Return which staff keys are living, gone and lost."""
        return self.staffing.hands

    @cached_property
    def teams(self) -> tuple[str, ...]:
        """Return the teams that have a living member."""
        return tuple(self.staffing.teams())

    @cached_property
    def resting(self) -> tuple[str, ...]:
        """Return the teams nobody of which is on duty."""
        return tuple(team for team in self.teams if not self._there(team))

    @cached_property
    def full(self) -> frozenset[str]:
        """Return the teams of which somebody is on duty, and nobody there can carry another case."""
        found = {
            team: routing.candidates(self._there(team), self.staffing.limits, self.loads)
            for team in self.teams
        }
        return frozenset(
            team for team, there in found.items() if there and all(one.open >= one.limit for one in there)
        )

    def _there(self, team: str) -> set[str]:
        return set(self.staffing.members(team)) & self.staffing.on_duty


@dataclass(frozen=True, repr=False)
class Match:
    """Where a mailbox led: the case, its letters, and what marks the waiting ones as shown."""

    case: CaseFacts
    letters: tuple[Waiting, ...]
    shown: Rows
    mailbox: bytes = b""
    is_invitation: bool = False  # it leads into the case of whoever gave it, and shows nothing of it

    def __repr__(self) -> str:
        return "<Match>"


LookUp = Callable[[Mailbox], Match | None]


def nothing(_mailbox: Mailbox) -> Match | None:
    """Find no mailbox."""
    return None


ReadCase = Callable[[bytes], CaseFacts | None]


def nobody(_case: bytes) -> CaseFacts | None:
    """Know no other case."""
    return None


@dataclass(frozen=True, repr=False)
class Snapshot:
    """The house, this chat and its case."""

    house: House
    chat: int
    tags: tuple[bytes, ...]  # of this chat under every living spool key, the current one first
    case: CaseFacts | None = None  # of State.case; none when there is no such case (any more)
    language_code: str | None = None
    look_up: LookUp = field(default=nothing)
    read_other: ReadCase = field(default=nobody)
    fixed: tuple[bytes, ...] = ()  # tags of messages with a time of their own, which only "clean now" changes

    def __repr__(self) -> str:
        return "<Snapshot>"


def read_house(
    session: Session,
    strongbox: Strongbox,
    anchor: Anchor,
    now: datetime,
    *,
    times: Times | None = None,
    hours: Hours | None = None,
    escrow_days: int = ESCROW_DAYS,
    outage: Outage | None = None,
) -> House:
    """Read what is the same for every chat."""
    number, identity = strongbox.courier
    staffing = watching.watched(session, strongbox, anchor, now)
    strongbox.parties.read(session, staffing.roster, anchor)
    return House(
        staffing=staffing,
        loads=proposing.loads(session),
        epoch=strongbox.epoch,
        spools=strongbox.spools,
        spool=strongbox.spool,
        courier=(number, identity.recipient),
        signing=strongbox.signing,
        times=times or Times(),
        hours=hours or Hours(),
        escrow_days=escrow_days,
        outage=outage,
        book=strongbox.parties,
        team_of=lambda session, case: handins.whose(session, strongbox, staffing, case),
    )


def read_case(session: Session, case_id: bytes, house: House) -> CaseFacts | None:
    """Read a case, or the one it was merged into; none when it is gone."""
    case = merging.follow(session, case_id)
    if case is None or case.status == "erased":
        return None
    staffing, beside = house.staffing, _read_beside(session, case.id)
    # Taking back is about what this tipster began, and so is what delays it.
    begun = beside if case.id == case_id else _read_beside(session, case_id)
    newest = newest_keys.read(session, case.id, house.hands, staffing.roster, house.book)
    content, identity = newest[keys.CONTENT], newest[keys.IDENTITY]
    # Where a key must be made, the column alone does not say for which team.
    is_settled = content.key is not None and identity.key is not None
    team = case.team if is_settled else house.team_of(session, case)
    return CaseFacts(
        id=case.id,
        team=team,
        status=case.status,
        urgency=case.urgency,
        language=case.language,
        assignee=case.assignee,
        second=case.second,
        people=_people_of(case),
        parties=house.book.last_known(case.id, team).people,
        held=bool(begun["held"]),
        keepers=tuple(sorted(set(begun["keeper"]))),
        is_taken_back=WITHDRAWN in begun["clock"],
        content=content.key,
        identity=identity.key,
        next_content=content.following,
        next_identity=identity.following,
        may_summarise=case.may_summarise,
        may_quote=case.may_quote,
        may_share=case.may_share,
        may_picture=case.may_picture,
        wants_word=case.wants_word,
        shown=tuple(beside["shown"]),
        writing=next(iter(beside["writing"]), None),
        couriers=tuple(beside["courier"]),
        chats=tuple(beside["chat"]),
        clocks=frozenset(beside["clock"]),
        told=bool(beside["told"]),
        is_muted=house.book.is_muted(case_id),
        began=None if case.id == case_id else _read_began(session, case_id, begun, house),
    )


def _read_began(session: Session, case_id: bytes, beside: Mapping[str, list[Any]], house: House) -> Began:
    """Read what leads to the tipster of a case that was merged into another."""
    newest = newest_keys.read(session, case_id, house.staffing.hands, house.staffing.roster, house.book)[
        keys.CONTENT
    ]
    return Began(case_id, newest.key, newest.following, tuple(beside["courier"]), tuple(beside["chat"]))


def read_case_of(session: Session, state: State | None, house: House) -> CaseFacts | None:
    """
    Read the case of a conversation: by the one its tipster began, while that is there.

    So what belongs to that one alone is known too, and it goes on when the case it went into is erased.
    """
    begun = () if state is None else (state.own, state.case)
    for name in begun:
        case = None if name is None else read_case(session, bytes.fromhex(name), house)
        if case is not None:
            return case
    return None


def _people_of(case: Case) -> tuple[str, ...]:
    """Return who answers for the case; to whom it is only proposed does not count."""
    if case.status not in (*lives.ACTIVE, "closed"):
        return ()
    return tuple(one for one in (case.assignee, case.second) if one is not None)


# What stands beside a case, in one question: this is asked for every single message.
_CASE: BindParameter[bytes] = bindparam("case")
# Matters split off from it, and theirs, go with it when its tipster says so: a hold of any counts.
_FIRST = select(Case.id).where(Case.id == _CASE).cte("matters", recursive=True)
_MATTERS = _FIRST.union(select(Case.id).where(Case.split_from == _FIRST.c.id))
_HELD = select(Case).where(Case.id.in_(select(_MATTERS.c.id)), Case.held).subquery()
_NO_BYTES, _NO_WORD = cast(null(), LargeBinary), cast(null(), String)
_BESIDE = union_all(
    select(literal("writing"), Writing.locked, _NO_WORD).where(Writing.case == _CASE),
    select(literal("courier"), Item.id, _NO_WORD).where(Item.case == _CASE, Item.kind == "courier"),
    select(literal("chat"), Item.id, _NO_WORD).where(Item.case == _CASE, Item.kind == "chat"),
    select(literal("shown"), Wording.digest, _NO_WORD).where(Wording.case == _CASE),
    select(literal("clock"), _NO_BYTES, Clock.kind).where(Clock.case == _CASE),
    select(literal("held"), _HELD.c.id, _NO_WORD),
    select(literal("keeper"), _NO_BYTES, _HELD.c.assignee).where(_HELD.c.assignee.is_not(None)),
    select(literal("keeper"), _NO_BYTES, _HELD.c.second).where(_HELD.c.second.is_not(None)),
    select(literal("told"), _NO_BYTES, Notice.kind).where(Notice.case == _CASE, Notice.kind == REPLY),
)


def _read_beside(session: Session, case_id: bytes) -> dict[str, list[Any]]:
    beside = defaultdict(list)
    rows: Iterable[Any] = session.execute(_BESIDE, {"case": case_id})
    for what, found, word in rows:
        beside[what].append(word if found is None else found)
    return beside


def find(session: Session, mailbox: Mailbox, house: House, now: datetime) -> Match | None:
    """
    Return where *mailbox* leads, with every letter in it opened; none when it leads nowhere.

    Raises:
        CryptoError: the mailbox's row was changed.
    """
    collected = post.collect(session, mailbox)
    case = None if collected is None else read_case(session, collected.case, house)
    if collected is None or case is None or is_over(collected, now):
        return None
    shown = post.shown_rows(collected, now.date())
    return Match(case, collected.letters, shown, mailbox.id, collected.kind == INVITATION)


def is_over(collected: Collected, now: datetime) -> bool:
    """Tell whether an invitation was not taken up in time."""
    return collected.expires is not None and collected.expires < now.date()
