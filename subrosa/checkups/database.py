"""The database: its version, its soundness, and what lies in it longer than it should."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from casework import epoch, heads, journal
from casework.database import SCHEMA, Database, check_schema
from casework.errors import CaseworkError, KeyMissingError, SchemaMismatchError
from casework.strongbox import Strongbox
from casework.tables import Case, Clock, JournalRow, Spool
from crypto.errors import CryptoError
from subrosa import schema
from subrosa.checkups import Finding, ok, red, warn
from subrosa.errors import NoHouseError
from subrosa.opening import find_database, open_strongbox
from subrosa.settings import Settings

HOLD = 'keep a copy, then docs/operations.md, "When the journal does not hold"'


def check_database(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Look at the version, the file and the journal."""
    strongbox = _strongbox(settings, now)
    try:
        database = find_database(settings)
    except NoHouseError:
        yield red("database", "is not there", "look at database.url; where the file is lost: subrosa restore")
        return
    try:
        with database.read() as session:
            check_schema(session)
            yield ok("database", "is of this program's version")
            yield from _soundness(database, session)
            yield from _backlog(session, now)
            yield from _journal(settings, session, strongbox)
        if strongbox is not None:
            yield from _grants(strongbox, database)
    except SchemaMismatchError:
        yield _mismatch(database)
    except (CaseworkError, SQLAlchemyError):
        yield red("database", "cannot be used as it is", "look at database.url")
    finally:
        database.close()


def _mismatch(database: Database) -> Finding:
    """Say which of the two is older, because only one of them can be brought up."""
    try:
        number = schema.version(database)
    except SchemaMismatchError:
        return red("database", "holds no house", "look at database.url")
    if number > SCHEMA:
        return red("database", "is of a newer version of the program", "install the newer program")
    return red("database", "is of an older version of the program", "subrosa upgrade")


def _strongbox(settings: Settings, now: datetime) -> Strongbox | None:
    try:
        return open_strongbox(settings, now)
    except KeyMissingError:
        return None  # said by the look at the keys


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


def _grants(strongbox: Strongbox, database: Database) -> Iterator[Finding]:
    stranded = epoch.stranded(database, strongbox)
    if stranded:
        yield red("grants", f"{stranded} open with no key on file: forged, damaged or left behind", "ask why")


def _journal(settings: Settings, session: Session, strongbox: Strongbox | None) -> Iterator[Finding]:
    try:
        journal.verify_chain(session, settings.anchor)
        seen = None if strongbox is None else strongbox.journal_seen
        found = heads.judge(session, settings.anchor, [] if seen is None else [seen])
    except journal.BrokenJournalError as error:
        yield red(
            "journal", f"row {error.n} was changed after it was written: no key moves until it holds", HOLD
        )
        return
    except (CryptoError, CaseworkError):
        yield red("journal", "cannot be verified: no key moves until it can", HOLD)
        return
    if found.state != "goes on":
        yield red(
            "journal",
            f"from row {found.row} on it is not the one the hub saw: cut off or written anew; no key moves",
            HOLD,
        )
        return
    untaken = session.scalar(select(func.count()).select_from(JournalRow).where(JournalRow.roster.is_(None)))
    if untaken:
        yield warn("journal", f"{untaken} acts not yet countersigned", "is the hub running?")
    else:
        yield ok("journal", "holds from the first row to the last")
