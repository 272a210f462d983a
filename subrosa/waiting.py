"""
Whether anything waits for a chore: one question to the database for each.

Chores that desks wait for are looked at many times a second, and nearly always there is nothing to do. So the
question must be cheap, and may say yes too often, never too seldom.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, or_, select
from sqlalchemy.orm import Session

from casework.journal import SETTLED
from casework.tables import (
    Answer,
    Approval,
    ChannelPost,
    HandIn,
    JournalRow,
    Manifest,
    Notice,
    Press,
    Published,
    Request,
    TakeDown,
    Verdict,
)


def _any(*wanted: Select[Any]) -> Select[tuple[bool]]:
    """Ask whether one of *wanted* finds a row."""
    return select(or_(*(one.exists() for one in wanted)))


_NEWEST = select(func.max(JournalRow.n)).scalar_subquery()

DESKS = _any(select(Request.id), select(HandIn.id), select(Answer.request))
SIGNED = _any(
    select(JournalRow.n).where(JournalRow.n > _NEWEST - SETTLED, JournalRow.roster.is_(None)),
    select(Verdict.id).where(Verdict.roster.is_(None)),
    select(Approval.draft).where(Approval.roster.is_(None)),
)
TAKE_DOWNS = _any(select(TakeDown.public_id))
PRESS = _any(
    select(Press.id).where(Press.why.is_(None)),
    select(Manifest.digest).where(Manifest.state == "released"),
    select(Published.public_id).where(Published.state.in_(("printing", "reprinting"))),
)
CHANNEL = _any(select(ChannelPost.public_id).where(ChannelPost.due <= bindparam("now")))
NOTICES = _any(select(Notice.id).where(Notice.due <= bindparam("now")))


def waits(session: Session, question: Select[tuple[bool]], now: datetime) -> bool:
    """Tell whether something waits as of *now*."""
    parameters = {"now": now} if question is NOTICES or question is CHANNEL else {}
    return bool(session.scalar(question, parameters))
