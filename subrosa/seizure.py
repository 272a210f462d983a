"""
What somebody gets who takes this machine, told without softening it.

Two readings: the disk alone (the machine was off), and the running machine (memory and ``runtime_dir`` with
it). Counts come from the rows themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework.tables import (
    Base,
    Case,
    Deletion,
    Grant,
    Item,
    JournalRow,
    Letter,
    Link,
    Mailbox,
    Outbox,
    Press,
    Push,
    Spool,
    StaffState,
    Writing,
)
from subrosa.settings import Settings


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a thief gets."""

    code: str
    count: int
    text: str


@dataclass(frozen=True, slots=True)
class Yield:
    """What a seizure yields, and what it does not."""

    disk: tuple[Finding, ...]
    running: tuple[Finding, ...]
    closed: tuple[Finding, ...]


def rehearse(session: Session, settings: Settings) -> Yield:
    """Count what a seizure would yield now."""
    spooled = _count(session, Spool, Spool.state != "done")
    pending = spooled + _count(session, Outbox) + _count(session, Deletion) + _count(session, Push)
    writing = _count(session, Writing)
    links = _count(session, Link)
    press = _count(session, Press)
    token = int(settings.telegram.token_file.exists())
    cases, staff = _count(session, Case), _count(session, StaffState)
    disk = (
        Finding("token", token, "the bot's token: with it, all that is still in the chats at Telegram"),
        Finding("chats", pending, "messages or deletions pending, with the chats they belong to"),
        Finding("words", spooled + writing, "tips not yet filed: their words can be read"),
        Finding("press", press, "summaries approved and waiting to be published, with their case ids"),
        Finding("counts", cases, "cases: team, status, urgency, language, days, sizes, who works on them"),
        Finding("staff", staff, "members of the staff: pseudonyms and roles, and what they did on which day"),
        Finding(
            "keyrings",
            _keyrings(settings.desk.keyring_dir),
            "locked keyrings, as strong as a passphrase of 66 bits",
        ),
    )
    running = (
        Finding("links", links, "conversations in progress: their chats can be enumerated"),
        Finding(
            "passing", 1, "whatever is typed while the thief keeps it running, and what desks on it have open"
        ),
    )
    closed = (
        Finding("items", _count(session, Item, Item.generation >= 0), "sealed words, files and cards"),
        Finding("grants", _count(session, Grant), "grants, each under a staff key and today's epoch key"),
        Finding(
            "letters", _count(session, Letter), "replies waiting in mailboxes that no column links to a case"
        ),
        Finding("mailboxes", _count(session, Mailbox), "mailboxes; a phrase or a button opens one"),
        Finding("journal", _count(session, JournalRow), "journal rows, without a word of a case"),
    )
    return Yield(disk, running, closed)


def _count(session: Session, kind: type[Base], *where: object) -> int:
    statement = select(func.count()).select_from(kind)
    for one in where:
        statement = statement.where(one)  # type: ignore[arg-type]
    return session.scalar(statement) or 0


def _keyrings(folder: Path) -> int:
    return len(list(folder.glob("*.keyring")))
