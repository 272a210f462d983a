"""
The figures of a month: slips opened by a coordinator at a desk, counted, and deleted.

* Only a month that is over is counted, once: two counts of one month would give away what came in between.
* What is kept has its small cells hidden already. Nobody can bring them back: the slips are gone.
* A slip with an outcome tells of a case that was closed, one with hours of a first answer, any other of a
  case that came in.
* The figures are signed by who counted, so that a writer of rows cannot slip in others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from casework import canonical, clocks, journal, statistics
from casework.errors import NotAllowedError, NotFoundError, WrongStateError
from casework.permits import Acting
from casework.rosters import Staffing
from casework.tables import Clock, Slip
from casework.tables import Tally as TallyRow
from crypto import context, sealed
from crypto.errors import CryptoError, MalformedError
from crypto.roster import Roster
from crypto.signature import verify
from crypto.xwing import Identity

_TAG = "subrosa/tally"
IN, OUT, ANSWERS = "filed", "closed", "answers"

Cells = Mapping[str, Mapping[str, int | None]]


@dataclass(frozen=True)
class Month:
    """What was counted of one month: cases that came in and cases that were closed."""

    month: str
    by: str
    filed: int
    closed: int
    filed_fields: Cells
    closed_fields: Cells
    unread: int
    answered: int = 0
    hours: int | None = None  # half of the first answers came within these; None where there were too few


def unanswered(session: Session) -> int:
    """Return how many cases wait now: for somebody to take them, or for an answer."""
    kinds = (*clocks.STEPS, clocks.REPLY)
    return session.scalar(select(func.count(Clock.case.distinct())).where(Clock.kind.in_(kinds))) or 0


def waiting(session: Session) -> dict[str, int]:
    """Return how many slips of each month are not counted yet."""
    counted = select(Slip.month, func.count()).group_by(Slip.month).order_by(Slip.month)
    return {month: number for month, number in session.execute(counted)}  # noqa: C416  rows are no pairs


def close(session: Session, month: str, identity: Identity, acting: Acting) -> Month:
    """
    Count the slips of *month*, keep the figures, and delete the slips.

    Raises:
        NotAllowedError: no coordinator.
        WrongStateError: the month is not over, or was counted before.
        NotFoundError: it has no slips.
    """
    acting.check_living("tally")
    if not acting.has_role("coordinator"):
        raise NotAllowedError("tally")
    if month >= _month_of(acting.day) or session.get(TallyRow, month) is not None:
        raise WrongStateError("tally")
    slips = session.scalars(select(Slip).where(Slip.month == month)).all()
    if not slips:
        raise NotFoundError
    opened, unread = [], 0
    for slip in slips:
        try:
            opened.append(statistics.open_slip(slip, identity))
        except CryptoError:
            unread += 1
    figures = _count(opened, unread)
    body = canonical.dumps({"figures": figures, "month": month})
    signed = canonical.dumps(
        {
            "by": acting.staff,
            "figures": figures,
            "number": acting.by.number,
            "signature": acting.by.signing.sign(_TAG, body).hex(),
        }
    )
    readers = [holder.recipient for holder in _readers(acting.staffing)]
    session.add(TallyRow(month=month, sealed=sealed.seal(signed, readers, _where(month))))
    session.execute(delete(Slip).where(Slip.month == month))
    journal.write(session, "tally", by=acting.by, day=acting.day)
    return _month(month, acting.staff, figures)


def read(session: Session, identity: Identity, roster: Roster) -> list[Month]:
    """Return what was counted, the newest month first; figures nobody of the roster signed are left out."""
    found = []
    for row in session.scalars(select(TallyRow).order_by(TallyRow.month.desc())):
        try:
            found.append(_open(row, identity, roster))
        except CryptoError:
            continue
    return found


def _open(row: TallyRow, identity: Identity, roster: Roster) -> Month:
    said = canonical.loads(sealed.open_sealed(row.sealed, identity, _where(row.month)))
    try:
        by, number, figures = str(said["by"]), int(said["number"]), said["figures"]
        signature = bytes.fromhex(said["signature"])
    except (KeyError, TypeError, ValueError):
        raise MalformedError("tally") from None
    entry = next((one for one in roster.staff if (one.id, one.number) == (by, number)), None)
    if entry is None:
        raise MalformedError("tally: whose is it")
    verify(entry.signing, _TAG, canonical.dumps({"figures": figures, "month": row.month}), signature)
    return _month(row.month, by, figures)


def _count(slips: Sequence[dict[str, str]], unread: int) -> dict[str, Any]:
    answers = [slip for slip in slips if statistics.HOURS in slip]
    parts = {
        IN: [slip for slip in slips if "outcome" not in slip and statistics.HOURS not in slip],
        OUT: [slip for slip in slips if "outcome" in slip],
    }
    tallied = {name: statistics.tally(part) for name, part in parts.items()}
    return {
        "unread": unread,
        ANSWERS: {"total": len(answers), "hours": statistics.half_within(answers)},
        **{name: {"total": one.total, "fields": one.fields} for name, one in tallied.items()},
    }


def _month(month: str, by: str, figures: Mapping[str, Any]) -> Month:
    answers = figures.get(ANSWERS, {})  # a month counted before these were has none
    try:
        return Month(
            month,
            by,
            int(figures[IN]["total"]),
            int(figures[OUT]["total"]),
            figures[IN]["fields"],
            figures[OUT]["fields"],
            int(figures["unread"]),
            int(answers.get("total", 0)),
            None if answers.get("hours") is None else int(answers["hours"]),
        )
    except (KeyError, TypeError, ValueError):
        raise MalformedError("tally") from None


def _readers(staffing: Staffing) -> list[Any]:
    found = (staffing.holder(one) for one in staffing.coordinators())
    return [holder for holder in found if holder is not None] + staffing.recovery()


def _where(month: str) -> bytes:
    return context.named("tally", month)


def _month_of(day: date) -> str:
    return day.strftime("%Y-%m")
