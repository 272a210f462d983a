"""
Notices to staff: that something waits, never what.

* A notice holds its kind alone; the text comes from the catalogue and is the same for every case.
* Each person chooses a channel; the address is sealed to the hub's contact key.
* An urgent case repeats until somebody accepts it. With nobody on duty the coordinators hear of it.
* A notice that cannot be delivered is named to the coordinators; it never just disappears.

Delivery is at least once: a row is claimed by moving its due time ahead, sent outside any transaction, and
dropped only when the channel took it.
"""

from __future__ import annotations

import gettext
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from casework import canonical, keys
from casework.channels import ChannelError, Send
from casework.database import Database
from casework.rosters import Staffing
from casework.rows import Rows
from casework.tables import Case, Contact, Notice
from crypto import context, sealed
from crypto.errors import CryptoError
from crypto.padding import CARD
from crypto.xwing import Identity, Recipient

NEW = "new"
URGENT = "urgent"
REPLY = "reply"  # a tipster wrote, or waits for an answer
DUTY = "duty"  # nobody took a case in time, or nobody is on duty
UNPARSED = "unparsed"
ASKED = "card"  # an editor asks for something of a card
WITHDRAWN = "withdrawn"  # a tipster took back a case that is held
LIMIT = "limit"  # somebody asked the keeper for more cards than one person may have
FAILED = "failed"  # an answer or a notice could not be delivered
TAKEN_OUT = "taken-out"  # somebody took keys out of the database
DOOR = "door"  # Telegram refused a bot's token: nobody can write to us there
REMIND = "remind"  # a day somebody set at a desk comes near
KINDS = (NEW, URGENT, REPLY, DUTY, UNPARSED, FAILED, REMIND, ASKED, WITHDRAWN, LIMIT, TAKEN_OUT, DOOR)

CHANNELS = ("smtp", "webhook", "telegram")

REPEAT = timedelta(minutes=10)
TRIES = 5
_BACK_OFF = timedelta(minutes=2)  # doubled with every try

Speak = Callable[[str], gettext.NullTranslations]
"""From a language to its catalogue."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """How many messages one round sent, and how many it could not."""

    sent: int = 0
    failed: int = 0
    unreachable: int = 0  # no channel chosen, or none that this house has


def choose(session: Session, staff: str, channel: str, address: str, language: str, hub: Recipient) -> None:
    """Note where *staff* wants notices; *hub* is the public half of its contact key."""
    if channel not in CHANNELS:
        raise ValueError("casework: no such channel")
    body = canonical.dumps({"address": address, "language": language})
    row = session.get(Contact, staff)
    if row is None:
        row = Contact(staff=staff)
        session.add(row)
    row.channel = channel
    row.sealed = sealed.seal(body, [hub], _where(staff), sizes=CARD)


def forget(session: Session, staff: str) -> None:
    """Send *staff* no more notices."""
    session.execute(delete(Contact).where(Contact.staff == staff))


def add(rows: Rows, kind: str, staff: Iterable[str], case: bytes | None, due: datetime) -> None:
    """Add one notice for each of *staff* to what a worker will write."""
    for one in staff:
        rows.add(Notice, id=keys.new_id(), staff=one, kind=kind, case=case, due=due, tries=0)


def tell(session: Session, kind: str, staff: Iterable[str], case: bytes | None, due: datetime) -> None:
    """Tell each of *staff* once: whoever still has the same notice waiting gets no second one."""
    waiting = set(
        session.scalars(
            select(Notice.staff).where(Notice.kind == kind, Notice.case.is_not_distinct_from(case))
        )
    )
    for one in sorted(set(staff) - waiting):
        session.add(Notice(id=keys.new_id(), staff=one, kind=kind, case=case, due=due, tries=0))


def withdraw(session: Session, case: bytes) -> None:
    """Drop what is still to be said about *case*."""
    session.execute(delete(Notice).where(Notice.case == case))


def audience(staffing: Staffing, team: str, assignee: str | None) -> list[str]:
    """Return who hears of a new case: its assignee, else those on duty, else the coordinators."""
    if assignee is not None:
        return [assignee]
    on_duty = [staff for staff in staffing.members(team) if staff in staffing.on_duty]
    return on_duty or staffing.coordinators() or staffing.members(team)


def deliver(
    database: Database,
    staffing: Staffing,
    contact: Identity,
    channels: Mapping[str, Send],
    speak: Speak,
    now: datetime,
    repeat: timedelta = REPEAT,
) -> Delivered:
    """
    Send what is due through *channels* and settle each notice by what became of it.

    Forty new cases are one message to each person, not forty: they would all say the same.
    """
    outcomes: Counter[str] = Counter()
    for jobs in _alike(_claim(database, contact, now, repeat)):
        send = channels.get(jobs[0].channel)
        outcome = "unreachable" if send is None else _send(send, jobs[0], speak)
        outcomes[outcome] += 1
        with database.write() as session:
            for job in jobs:
                _settle(session, job, outcome, staffing, now, repeat)
    return Delivered(outcomes["sent"], outcomes["failed"], outcomes["unreachable"])


@dataclass(frozen=True, slots=True)
class _Job:
    """One notice claimed, with where it goes."""

    notice: bytes
    kind: str
    staff: str
    case: bytes | None
    tries: int
    channel: str
    language: str
    address: str = field(repr=False)


def _alike(jobs: Iterable[_Job]) -> list[list[_Job]]:
    """Put together what would say the same to the same person."""
    groups: dict[tuple[str, str], list[_Job]] = {}
    for job in jobs:
        groups.setdefault((job.staff, job.kind), []).append(job)
    return list(groups.values())


def _claim(
    database: Database, contact: Identity, now: datetime, repeat: timedelta, limit: int = 500
) -> list[_Job]:
    """Move due notices ahead and return those this call may send."""
    jobs = []
    with database.write() as session:
        for row in session.scalars(
            select(Notice).where(Notice.due <= now).order_by(Notice.due).limit(limit)
        ).all():
            wait = repeat if row.kind == URGENT else _BACK_OFF * 2**row.tries
            claimed = session.execute(
                update(Notice)
                .where(Notice.id == row.id, Notice.due == row.due)
                .values(due=now + wait, tries=row.tries + 1)
                .execution_options(synchronize_session=False)
            )
            if getattr(claimed, "rowcount", 0):
                jobs.append(_job(session, row, contact))
    return jobs


def _job(session: Session, row: Notice, contact: Identity) -> _Job:
    channel = language = address = ""
    chosen = session.get(Contact, row.staff)
    if chosen is not None:
        try:
            body = canonical.loads(sealed.open_sealed(chosen.sealed, contact, _where(row.staff)))
            channel, language, address = chosen.channel, body["language"], body["address"]
        except (CryptoError, KeyError, TypeError):
            channel = ""  # sealed to a lost contact key: as if nothing had been chosen
    return _Job(row.id, row.kind, row.staff, row.case, row.tries + 1, channel, language, address)


def _send(send: Send, job: _Job, speak: Speak) -> str:
    say = speak(job.language).gettext
    try:
        send(job.address, say(f"notice.{job.kind}.subject"), say(f"notice.{job.kind}.text"))
    except ChannelError:
        return "failed"
    return "sent"


def _settle(
    session: Session, job: _Job, outcome: str, staffing: Staffing, now: datetime, repeat: timedelta
) -> None:
    """Drop what was said, keep what must be said again, and name what could not be said."""
    repeats = job.kind == URGENT and _is_unaccepted(session, job.case)
    if outcome == "sent" and repeats:
        session.execute(update(Notice).where(Notice.id == job.notice).values(due=now + repeat, tries=0))
        return
    if outcome != "sent":
        limit = 1 if outcome == "unreachable" else TRIES
        if job.tries == limit:
            _name_unreachable(session, job, staffing, now)
        if repeats or job.tries < limit:
            return
    session.execute(delete(Notice).where(Notice.id == job.notice))


def _name_unreachable(session: Session, job: _Job, staffing: Staffing, now: datetime) -> None:
    """Let the coordinators know that somebody could not be told; about themselves nobody is told."""
    if job.kind != FAILED:
        tell(session, FAILED, set(staffing.coordinators()) - {job.staff}, job.case, now)


def _is_unaccepted(session: Session, case: bytes | None) -> bool:
    return case is not None and session.scalar(select(Case.status).where(Case.id == case)) == "new"


def _where(staff: str) -> bytes:
    return context.named("contact", staff)
