"""
What changes about a colleague between rosters: duty, limit, stand-in, suspension. Each change is journalled.

Any one of the staff suspends another for a day; a second person makes it last. In a house of two the other
one goes on suspending day by day, until the roster says more. Whoever is suspended is signed
out everywhere at this desk and gets nothing more from the keeper. A lasting suspension is lifted by a
coordinator who is not the one suspended.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import journal
from casework.actors import subject_of
from casework.errors import NotAllowedError, NotFoundError
from casework.permits import Acting
from casework.rosters import LASTING
from casework.tables import StaffState
from register import places

FIRST = timedelta(hours=24)
LIMITS = range(501)
LANGUAGES = ("ru", "uk", "en")
# What a case can be about, as its tipster is asked.
MATTERS = (
    "mobilised", "open_contract", "forced_contract", "refusal", "awol", "desertion", "article_332", "medical",
    "held", "missing", "travel_ban", "summons", "trial", "civil_service", "stamp", "other",
)  # fmt: skip
# Where Russian working days begin, west to east, and where those live who left.
ZONES = (
    "Europe/Kaliningrad", "Europe/Moscow", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Omsk",
    "Asia/Krasnoyarsk", "Asia/Irkutsk", "Asia/Yakutsk", "Asia/Vladivostok", "Asia/Magadan", "Asia/Kamchatka",
    "Europe/London", "Europe/Berlin", "Europe/Riga", "Europe/Kyiv", "Europe/Istanbul", "Asia/Tbilisi",
    "Asia/Yerevan", "Asia/Almaty", "Asia/Jerusalem",
)  # fmt: skip


def states(session: Session) -> Mapping[str, StaffState]:
    """Return the state of everybody the house ever listed."""
    return {row.staff: row for row in session.scalars(select(StaffState))}


def set_duty(
    session: Session, staff: str, acting: Acting, *, on_duty: bool, limit: int, stand_in: str | None
) -> None:
    """
    Say whether *staff* takes new cases, how many, and who stands in.

    Raises:
        NotAllowedError: neither oneself nor a coordinator, or a value that makes no sense.
        NotFoundError: nobody of the roster has this id.
    """
    acting.check_living("duty")
    if staff != acting.staff and not acting.has_role("coordinator"):
        raise NotAllowedError("duty")
    if limit not in LIMITS or stand_in == staff:
        raise NotAllowedError("duty")
    if stand_in is not None and acting.staffing.roster.find(stand_in) is None:
        raise NotFoundError
    row = _row(session, staff, acting)
    row.on_duty, row.case_limit, row.stand_in = on_duty, limit, stand_in
    _note(session, "duty", staff, acting)


@dataclass(frozen=True)
class Working:
    """When and in what somebody works: languages, weekdays, place, and the days they are away."""

    languages: tuple[str, ...] = ()
    rota: str = ""
    zone: str = ""
    away_from: date | None = None
    away_until: date | None = None

    @property
    def is_sound(self) -> bool:
        """Tell whether it makes sense."""
        both = (self.away_from is None) == (self.away_until is None)
        ordered = self.away_from is None or self.away_until is None or self.away_from <= self.away_until
        days = set(self.rota) <= set("1234567")
        known = self.zone in ("", *ZONES) and set(self.languages) <= set(LANGUAGES)
        return both and ordered and days and known


def set_working(session: Session, staff: str, acting: Acting, working: Working) -> None:
    """
    Say when and in what *staff* works.

    Raises:
        NotAllowedError: neither oneself nor a coordinator, or a value that makes no sense.
        NotFoundError: nobody of the roster has this id.
    """
    acting.check_living("duty")
    if staff != acting.staff and not acting.has_role("coordinator"):
        raise NotAllowedError("duty")
    if not working.is_sound:
        raise NotAllowedError("duty")
    row = _row(session, staff, acting)
    row.languages, row.rota, row.zone = " ".join(working.languages), working.rota, working.zone
    row.away_from, row.away_until = working.away_from, working.away_until
    _note(session, "duty", staff, acting)


def set_competences(
    session: Session, acting: Acting, topics: Collection[str], subjects: Collection[str]
) -> None:
    """
    Say what one works on, and of which federal subjects; nothing named is everything.

    Raises:
        NotAllowedError: no longer staff, or a word that is none.
    """
    acting.check_living("duty")
    if not set(topics) <= set(MATTERS) or not set(subjects) <= set(places.subjects()):
        raise NotAllowedError("duty")
    row = _row(session, acting.staff, acting)
    row.topics, row.subjects = " ".join(sorted(topics)), " ".join(sorted(subjects))
    _note(session, "duty", acting.staff, acting)


def set_compares(session: Session, acting: Acting, *, compares: bool) -> None:
    """
    Say whether one takes part in the team check.

    Raises:
        NotAllowedError: no longer staff.
    """
    acting.check_living("duty")
    _row(session, acting.staff, acting).compares = compares
    _note(session, "duty", acting.staff, acting)


def suspend(session: Session, staff: str, acting: Acting) -> bool:
    """
    Suspend a colleague for a day, or, as a second person, for good; tell whether it now lasts.

    The same person again changes nothing, but where nobody else is left to be the second: there another day
    begins, so that in a house of two a stolen keyring does not wake up by itself.

    Raises:
        NotAllowedError: oneself, or one is suspended.
        NotFoundError: nobody of the roster has this id.
    """
    acting.check_living("suspend")
    if staff == acting.staff:
        raise NotAllowedError("suspend")
    row = _row(session, staff, acting)
    still = row.suspended_until is not None and row.suspended_until > acting.now
    by = set(row.suspended_by.split()) if still else set()
    by.add(acting.staff)
    lasts = len(by) > 1
    row.suspended_by = " ".join(sorted(by))
    if lasts:
        row.suspended_until = LASTING
    elif not still or not acting.staffing.living - {acting.staff, staff}:
        row.suspended_until = acting.now + FIRST
    _note(session, "suspend", staff, acting)
    return lasts


def lift(session: Session, staff: str, acting: Acting) -> None:
    """
    Take a suspension back.

    Raises:
        NotAllowedError: no coordinator, or oneself.
        NotFoundError: nobody of the roster has this id.
    """
    acting.check_living("lift-suspension")
    if staff == acting.staff or not acting.has_role("coordinator"):
        raise NotAllowedError("lift-suspension")
    row = _row(session, staff, acting)
    row.suspended_until, row.suspended_by = None, ""
    _note(session, "lift-suspension", staff, acting)


def _row(session: Session, staff: str, acting: Acting) -> StaffState:
    if acting.staffing.roster.find(staff) is None:
        raise NotFoundError
    row = session.get(StaffState, staff, with_for_update=True)
    if row is None:
        row = StaffState(staff=staff, on_duty=True, case_limit=40, suspended_by="")
        session.add(row)
    return row


def _note(session: Session, act: str, staff: str, acting: Acting) -> None:
    journal.write(session, act, by=acting.by, day=acting.day, subject=subject_of(staff))
