"""The database: its version, its soundness, and what lies in it longer than it should."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from casework import epoch, journal
from casework.database import Database, check_schema, connect
from casework.errors import CaseworkError, KeyMissingError
from casework.tables import Case, Clock, JournalRow, Spool
from crypto.errors import CryptoError
from subrosa.checkups import Finding, ok, red, warn
from subrosa.opening import open_strongbox
from subrosa.settings import Settings


def check_database(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Look at the version, the file and the journal."""
    database = connect(settings.database.url)
    try:
        with database.read() as session:
            check_schema(session)
            yield ok("database", "is of this program's version")
            yield from _soundness(database, session)
            yield from _backlog(session, now)
            yield from _journal(settings, session)
        yield from _grants(settings, database, now)
    except (CaseworkError, SQLAlchemyError):
        yield red("database", "cannot be used as it is", "subrosa upgrade, or look at database.url")
    finally:
        database.close()


def _soundness(database: Database, session: Session) -> Iterator[Finding]:
    if not database.is_sqlite:
        return
    if session.execute(text("PRAGMA quick_check")).scalar() != "ok":
        yield red("database", "the file is damaged", "stop the hub; subrosa restore")


def _backlog(session: Session, now: datetime) -> Iterator[Finding]:
    oldest = session.scalar(select(func.min(Spool.taken)).where(Spool.state != "done"))
    if oldest is not None and now - oldest > timedelta(minutes=10):
        minutes = int((now - oldest).total_seconds() // 60)
        yield red("intake", f"an update waits since {minutes} minutes", "is the hub running? see its log")
    late = session.scalar(select(func.count()).select_from(Clock).where(Clock.due < now)) or 0
    waiting = session.scalar(select(func.count()).select_from(Case).where(Case.status == "new")) or 0
    if late:
        yield red("cases", f"{late} wait longer than promised, {waiting} unaccepted", "tell the coordinator")
    else:
        yield ok("cases", f"{waiting} unaccepted, none late")


def _grants(settings: Settings, database: Database, now: datetime) -> Iterator[Finding]:
    try:
        strongbox = open_strongbox(settings, now)
    except KeyMissingError:
        return  # said by the look at the keys
    stranded = epoch.stranded(database, strongbox)
    if stranded:
        yield red("grants", f"{stranded} open with no key on file: forged, damaged or left behind", "ask why")


def _journal(settings: Settings, session: Session) -> Iterator[Finding]:
    try:
        journal.verify_chain(session, settings.anchor)
    except (journal.BrokenJournalError, CryptoError, CaseworkError):
        yield red("journal", "was changed after it was written", "subrosa journal verify names the row")
        return
    untaken = session.scalar(select(func.count()).select_from(JournalRow).where(JournalRow.roster.is_(None)))
    if untaken:
        yield warn("journal", f"{untaken} acts not yet countersigned", "is the hub running?")
    else:
        yield ok("journal", "holds from the first row to the last")
