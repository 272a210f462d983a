"""
What acts of staff on a case have in common.

The sealed rows a desk built are looked at for where they belong, never inside, and written; the journal gets
its row, signed by who acted; a case that ends keeps no clock and tells nobody any more.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import clocks, journal, lives, notices, retention
from casework.actors import subject_of
from casework.errors import NotAllowedError, StaleError
from casework.journal import Reason
from casework.permits import Acting
from casework.rows import Rows
from casework.rows import write as write_rows
from casework.tables import Case, Chunk, Item, Letter, Mailbox, Push, Slip

_DESK_ROWS = {kind.__tablename__ for kind in (Item, Chunk, Mailbox, Letter, Push, Slip)}


def write_sealed(session: Session, case: Case, rows: Rows) -> None:
    """
    Write what a desk sealed, after a look at where it belongs.

    Raises:
        NotAllowedError: it would change or drop something, or belongs to another case.
        StaleError: a mailbox it writes to is gone: the tipster has another phrase by now.
    """
    if rows.changes or rows.drops or rows.steps:
        raise NotAllowedError("write")
    for table, values in rows.inserts:
        if table.name not in _DESK_ROWS or values.get("case", case.id) != case.id:
            raise NotAllowedError("write")
    _check_mailboxes(session, rows)
    write_rows(session, [rows])


def write(session: Session, case: Case, rows: Rows | None) -> None:
    """Write what a desk sealed, as :func:`write_sealed`, where an act was given anything at all."""
    if rows is not None:
        write_sealed(session, case, rows)


def descend(
    session: Session,
    origin: Case,
    case_id: bytes,
    acting: Acting,
    sealed: Rows,
    **own: object,
) -> Case:
    """
    Open a case that comes from another: it has that one's language and consent, and what is its *own*.

    Raises:
        CaseworkError: as :func:`write_sealed`.
    """
    case = Case(
        id=case_id,
        language=origin.language,
        opened=acting.day,
        touched=acting.day,
        may_summarise=origin.may_summarise,
        may_quote=origin.may_quote,
        may_share=origin.may_share,
        may_picture=origin.may_picture,
        wants_word=origin.wants_word,
        wrote_before=False,
        version=1,
        **own,
    )
    session.add(case)
    session.flush()
    write_sealed(session, case, sealed)
    return case


def record(
    session: Session,
    case: Case,
    act: str,
    acting: Acting,
    reason: Reason | None = None,
    subject: bytes | None = None,
) -> Case:
    """Write the journal row of an act, signed by who acted; return the case."""
    journal.write(session, act, by=acting.by, day=acting.day, case=case.id, subject=subject, reason=reason)
    return case


def record_second(session: Session, case: Case, acting: Acting) -> Case:
    """Name the second of an accepted case, in the row right after the one that gave it."""
    if case.second is None or case.status not in lives.ACTIVE:
        return case
    return record(session, case, "second", acting, subject=subject_of(case.second))


def end(
    session: Session,
    case: Case,
    act: str,
    acting: Acting,
    reason: Reason | None = None,
    subject: bytes | None = None,
) -> Case:
    """End a case: no clock runs any more, nobody is told any more, and the day it is erased is set."""
    clocks.stop(session, case.id)
    notices.withdraw(session, case.id)
    retention.end(case, acting.day, acting.settings.periods, acting.settings.random)
    return record(session, case, act, acting, reason, subject)


def _check_mailboxes(session: Session, rows: Rows) -> None:
    opened = {values["id"] for table, values in rows.inserts if table.name == "mailbox"}
    wanted = {values["mailbox"] for table, values in rows.inserts if table.name == "letter"} - opened
    known = set(session.scalars(select(Mailbox.id).where(Mailbox.id.in_(sorted(wanted)))))
    if wanted - known:
        raise StaleError
