"""
From one event to all rows that follow from it: no Telegram here, and no writing.

Reads are short and closed before the conversation answers; what it answers becomes rows of the outbox,
and the message it came in becomes a row of deletions.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot import belated, fetch, holding, link, replies, runs, sweeps
from bot import rows as build
from bot.hear import Heard, Note, Standing
from bot.outcomes import Audience
from bot.replies import Address
from bot.rows import Numbers
from bot.spool import AlreadyWorkedError
from casework import keys, notices, post
from casework.database import Database
from casework.rows import Rows
from casework.rows import write as write_rows
from casework.spill import Spill
from casework.strongbox import Strongbox
from casework.tables import Case, Item, Writing
from crypto.lock import Key
from crypto.mailbox import Mailbox
from intake import filing, screens, snapshot
from intake.cases import CaseFacts
from intake.coaching import Belated
from intake.effects import SOON
from intake.events import File
from intake.filing import Outcome
from intake.limits import Budgets
from intake.snapshot import House, Match, Snapshot
from intake.state import State

# Seconds one reading of roster, duty list and loads is good for.
HOUSE_LASTS = 1.0
# A tip nobody touched for so long is filed as it is.
IDLE = timedelta(hours=1)

# Reads the house as it is at ``now``.
ReadHouse = Callable[..., House]


@dataclass(frozen=True, repr=False)
class Prepared:
    """What one event led to, ready to be committed."""

    chat: int
    outcome: Outcome
    rows: Rows
    before: State | None

    def __repr__(self) -> str:
        return "<Prepared>"


class Answerer:
    """Lets the conversation answer, on what the house looks like now. Thread-safe."""

    def __init__(
        self,
        database: Database,
        strongbox: Strongbox,
        read_house: ReadHouse,
        numbers: Numbers,
        budgets: Budgets,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._strongbox = strongbox
        self._read = read_house
        self._numbers = numbers
        self._budgets = budgets
        self._clock = clock
        self._reading = threading.Lock()
        self._house: tuple[float, House] | None = None

    def answer(self, heard: Heard, now: datetime) -> Prepared:
        """Answer *heard*, which came in at *now*."""
        return self.answer_run([(heard, now)])[1]

    def answer_run(self, run: Sequence[tuple[Heard, datetime]]) -> tuple[int, Prepared]:
        """
        Answer what one chat said, each with the time it came in; return how much of it, and what to commit.

        That is the first always, and of the others what :mod:`bot.runs` lets go with it.
        """
        first, now = run[0]
        house, chat = self._read_house(), first.chat
        with self._database.read() as session:
            before = link.read(session, self._strongbox, chat)
            case = snapshot.read_case_of(session, before, house)
        known = Snapshot(
            house=house,
            chat=chat,
            tags=build.tags_of(self._strongbox, chat),
            case=case,
            language_code=first.language_code,
            look_up=partial(self._look_up, house, now),
            read_other=partial(self._read_case, house),
            fixed=build.fixed_tags_of(self._strongbox, chat),
        )
        state, outcomes = before, list[Outcome]()
        for heard, at in run:
            try:
                outcome = filing.handle(heard.event, state, known, at, os.urandom)
            except Exception:
                if not outcomes:
                    raise
                break  # it fails again as the first of its own run, and is counted there
            is_quiet = runs.is_quiet(state, outcome)
            if outcomes and not is_quiet:
                break
            outcomes.append(outcome)
            state = outcome.state
            if not is_quiet:
                break
        outcome = runs.join(outcomes)
        said = [heard for heard, _at in run[: len(outcomes)]]
        sweeps.add(outcome.rows, house.spool, said, outcome, run[len(outcomes) - 1][1])
        self._await_files(outcome, first, now, house.spool)
        tapped = sweeps.editable(first, now)
        self._reply(outcome.rows, outcome, chat, first.door, tapped, spent=len(outcomes))
        return len(outcomes), Prepared(chat, outcome, outcome.rows, before)

    def _look_up(self, house: House, now: datetime, mailbox: Mailbox) -> Match | None:
        with self._database.read() as session:
            return snapshot.find(session, mailbox, house, now)

    def _await_files(self, outcome: Outcome, heard: Heard, taken: datetime, key: Key) -> None:
        """Have asked for again what Telegram did not give yet; nothing of it says whose it is."""
        for one in outcome.awaited:
            until = (taken + fetch.LASTS).isoformat()
            payload = {"door": heard.door, "file": heard.file_id, "head": one.head, "until": until}
            if outcome.state is not None:
                remember = outcome.state.remember
                payload["thread"] = belated.place_of(self._strongbox, heard.chat, remember=remember)
            due = self._clock() + timedelta(seconds=fetch.FIRST_PAUSE)
            build.fetching(outcome.rows, key, one.item, payload, self._numbers.next(), due)

    def take_late(
        self, note: bytes, head: dict[str, Any], content: bytes | Spill | None, why: str
    ) -> tuple[Rows, Belated | None] | None:
        """Seal a file that came late, or *why* it never did; None when its case, or its note, is gone."""
        house = self._read_house()
        with self._database.read() as session:
            item = session.get(Item, note)
            case = None if item is None else snapshot.read_case(session, item.case, house)
        if case is None:
            return None
        return filing.take_late(case, note, head, content, why, house, self._clock(), os.urandom)

    def leave_belated(self, session: Session, place: dict[str, Any], came: Belated, today: date) -> None:
        """Leave for a chat what a file gave away that came late."""
        belated.leave(session, self._strongbox, place, came, today)

    def is_muted(self, chat: int) -> bool:
        """Tell whether nothing more is taken in from *chat*: then its files need not be fetched."""
        house = self._read_house()
        with self._database.read() as session:
            state = link.read(session, self._strongbox, chat)
            case = snapshot.read_case_of(session, state, house)
        return case is not None and case.is_muted

    def sweep_note(self, note: Note) -> Rows:
        """Have a note that Telegram itself put into a chat swept with the rest."""
        rows = Rows()
        with self._database.read() as session:
            state = link.read(session, self._strongbox, note.chat)
        keep = state is not None and state.clearing == "self"
        fades = state is not None and state.filed and not keep
        due = self._clock() + SOON if fades else None
        key = self._strongbox.spool
        build.deletion(rows, key, note.chat, [note.message], note.at, due, keep=keep, door=note.door)
        return rows

    def file_idle(self, case_id: bytes) -> Prepared | None:
        """File a case left in writing; None when it was touched again or is filed already."""
        now = self._clock()
        house = self._read_house()
        with self._database.read() as session:
            writing = session.get(Writing, case_id)
            if writing is None or writing.touched > now - IDLE:
                return None
            case = snapshot.read_case(session, case_id, house)
        if case is None:
            return None
        chat = filing.chat_of(case, house)
        tags = build.tags_of(self._strongbox, chat)
        outcome = filing.file_idle(case, house, tags, now, os.urandom, partial(self._read_case, house))
        self._reply(outcome.rows, outcome, chat, None, None)
        return Prepared(chat, outcome, outcome.rows, None)

    def idle(self) -> list[tuple[bytes, int]]:
        """Return the cases left in writing, each with its chat."""
        house = self._read_house()
        found = []
        with self._database.read() as session:
            before = self._clock() - IDLE
            for case_id in session.scalars(select(Writing.case).where(Writing.touched <= before)):
                case = snapshot.read_case(session, case_id, house)
                if case is not None:
                    found.append((case_id, filing.chat_of(case, house)))
        return found

    def quarantine(self, left: Heard, taken: datetime) -> Prepared:
        """Keep what is *left* of an update that nobody could read, with what else its chat told."""
        house = self._read_house()
        with self._database.read() as session:
            before = link.read(session, self._strongbox, left.chat)
            case = snapshot.read_case_of(session, before, house)
        return self._take_in(left, before, case, taken)

    def quarantine_apart(self, left: Heard, taken: datetime) -> Prepared:
        """Do so as if the chat were new: its thread is what breaks, and is left for a new one."""
        return self._take_in(left, None, None, taken)

    def _take_in(
        self, left: Heard, before: State | None, case: CaseFacts | None, taken: datetime
    ) -> Prepared:
        house = self._read_house()
        assert isinstance(left.event, File)
        known = Snapshot(
            house=house,
            chat=left.chat,
            tags=build.tags_of(self._strongbox, left.chat),
            case=case,
            language_code=left.language_code,
            fixed=build.fixed_tags_of(self._strongbox, left.chat),
        )
        outcome = filing.quarantine(left.event, before, known, taken, os.urandom)
        # What is nobody's leaves the thread of its chat as it is.
        chat = 0 if outcome.state is None else left.chat
        if chat and left.event.message:
            sweeps.add(outcome.rows, house.spool, [left], outcome, taken)
        if chat:
            self._reply(outcome.rows, outcome, chat, left.door, None)
        self._await_files(outcome, left, taken, house.spool)
        return Prepared(chat, outcome, outcome.rows, before)

    def tell(self, chat: int, key: str, door: int | None = None) -> Rows:
        """Say the sentence of *key* to *chat*, in its language."""
        rows = Rows()
        house = self._read_house()
        with self._database.read() as session:
            state = link.read(session, self._strongbox, chat)
        state = state or State()
        keep = state.clearing == "self"
        fades = SOON if state.filed and not keep else None
        to = Address(chat, state.language, house.spool, self._clock(), keep=keep, fades=fades, door=door)
        replies.add(rows, (screens.told(state, key),), to, self._numbers)
        return rows

    def withdraw(self, session: Session, prepared: Prepared) -> None:
        """Take back what still waits for a chat that is being forgotten, or is not to be rung any more."""
        outcome = prepared.outcome
        if outcome.rung is not None and (outcome.state is None or outcome.severs or outcome.silences):
            # Whoever rings holds it too: a line on its way is seen here, or the ringing sees that it is over.
            post.hold(session, outcome.rung)
        if outcome.state is None or outcome.severs:
            holding.withdraw(session, self._strongbox, prepared.chat)
        elif outcome.silences:
            holding.silence(session, self._strongbox, prepared.chat)

    def stand(self, session: Session, standing: Standing, audience: Audience) -> None:
        """Hold what waits for a chat that blocked us, and let it go when that is over."""
        now = self._clock()
        if standing.is_blocked:
            holding.hold(session, self._strongbox, standing.chat, now, audience)
        else:
            holding.release(session, self._strongbox, standing.chat, now)
        self._note_standing(session, standing, now)

    def _note_standing(self, session: Session, standing: Standing, now: datetime) -> None:
        """Seal into the case of this chat, as long as it is known, whether lines still arrive there."""
        state, house = link.read(session, self._strongbox, standing.chat), self._read_house()
        case = snapshot.read_case_of(session, state, house)
        key = None if case is None else case.content if case.began is None else case.began.content
        if case is None or key is None or case.is_writing:
            return
        rows = Rows()
        at = now.replace(second=0, microsecond=0).isoformat()
        keys.seal_item(
            rows,
            key,
            kind="standing",
            author="hub",
            payload={"at": at, "blocked": standing.is_blocked},
            day=now.date(),
            signing=house.signing,
        )
        write_rows(session, [rows])

    def open(self, session: Session, chat: int) -> None:
        """Let go what was held for a chat that writes to us, at whichever door."""
        holding.release(session, self._strongbox, chat, self._clock())

    def tell_refused(self, session: Session) -> None:
        """Let the coordinators hear that a token was refused: which, and whose, no notice says."""
        staffing = self._read_house().staffing
        told = staffing.coordinators() or [one for team in staffing.teams() for one in staffing.members(team)]
        notices.tell(session, notices.DOOR, told, None, self._clock())

    def audience(self) -> Audience:
        """Return who is to hear of what, as of now."""
        return partial(notices.audience, self._read_house().staffing)

    def commit(self, session: Session, prepared: Prepared, today: date) -> None:
        """Write what rows cannot say: the state of the conversation, and what belongs to a row in use."""
        outcome = prepared.outcome
        link.put(session, self._strongbox, prepared.chat, outcome.state, today)
        self.remember(session, outcome)
        was_kept = prepared.before is not None and prepared.before.clearing == "self"
        if sweeps.keeps(outcome) != was_kept:
            build.keep(session, self._strongbox, prepared.chat, keep=sweeps.keeps(outcome))

    def remember(self, session: Session, outcome: Outcome) -> None:
        """Add new mailboxes to their cases; other acts change that column too, so it is done here."""
        box = self._strongbox
        filing.remember_mailboxes(session, box.epochs, box.epoch, outcome.mailboxes)
        if outcome.phrases:
            filing.end_phrases(
                session, box.epochs, box.epoch, outcome.phrases, partial(self._tell_lost, session)
            )

    def _tell_lost(self, session: Session, case: Case) -> None:
        told = self.audience()(case.team, case.assignee)
        notices.tell(session, notices.FAILED, told, case.id, self._clock())

    def _reply(
        self, rows: Rows, outcome: Outcome, chat: int, door: int | None, tapped: int | None, spent: int = 1
    ) -> None:
        """Add what *outcome* says, late where its chat *spent* its budget with so many messages."""
        now = self._clock()
        delay = [self._budgets.delay(chat, now) for _ in range(spent)][-1]
        to = Address(
            chat=chat,
            language=outcome.language,
            key=self._strongbox.spool,
            due=now + delay,
            door=door,
            tapped=tapped,
            keep=sweeps.keeps(outcome),
            fades=outcome.fades,
        )
        replies.add(rows, outcome.replies, to, self._numbers)

    def _read_case(self, house: House, case_id: bytes) -> CaseFacts | None:
        with self._database.read() as session:
            return snapshot.read_case(session, case_id, house)

    def _read_house(self) -> House:
        """Return the house, read at most once a second however many updates come."""
        with self._reading:
            if self._house is None or time.monotonic() - self._house[0] > HOUSE_LASTS:
                with self._database.read() as session:
                    house = self._read(session, now=self._clock())
                self._house = (time.monotonic(), house)
            return self._house[1]


def claim_writing(session: Session, case_id: bytes) -> None:
    """
    Make sure that a case left in writing is filed once.

    Raises:
        AlreadyWorkedError: it was filed before.
    """
    claimed = session.execute(update(Writing).where(Writing.case == case_id).values(touched=Writing.touched))
    if claimed.rowcount != 1:  # type: ignore[attr-defined]
        raise AlreadyWorkedError
