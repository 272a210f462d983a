"""
Who may do what to a case.

* A member of the team sees a new case; once accepted, only its assignee and its second do.
* What somebody may not see is not there for them: NotFoundError, the same as for a case that never was.
* A consultant sees the cases a holder lent them, while these are worked on: content, never a card.
* Coordinators assign without seeing; what they see of a case they see as members of its team.
* The suspended, the revoked and the expired do nothing, and a key the roster no longer lists signs nothing.

The wall between teams is a key (see :mod:`casework.keys`); this is the courtesy before it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.orm import Session

from casework import lives
from casework.actors import Actor
from casework.clocks import Times
from casework.errors import NotAllowedError, NotFoundError, StaleError
from casework.retention import Periods
from casework.rosters import ROLE_OF_TEAM, Staffing
from casework.tables import Case

MEMBER = "member"  # anybody of the team
PROPOSED = "proposed"  # whom the case is proposed to; anybody of the team if nobody is
HOLDER = "holder"  # assignee or second of an accepted case
ASSIGNER = "assigner"  # a holder, or a coordinator
HELPER = "helper"  # a holder, or the consultant a holder lent the case to
HUB = "hub"

WHO = {
    "accept": MEMBER,
    "give-back": PROPOSED,
    "decline": PROPOSED,
    "spam": PROPOSED,
    "assign": ASSIGNER,
    "note": HELPER,
    "reply": HELPER,
    "ask": HOLDER,
    "lend": HOLDER,
    "pass-up": HELPER,
    "wait-authority": HOLDER,
    "wait-us": HOLDER,
    "close": HOLDER,
    "brief": HOLDER,
    "split": HOLDER,
    "merge": PROPOSED,
    "reopen": PROPOSED,
    "mute": PROPOSED,
    "unmute": PROPOSED,
    "file": HUB,
    "hear": HUB,
    "erase": HUB,  # casework.erasure asks for more than a permit
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What the house decided once for all its cases."""

    times: Times = field(default_factory=Times)
    periods: Periods = field(default_factory=Periods)
    random: Callable[[int], bytes] = secrets.token_bytes


@dataclass(frozen=True, slots=True)
class Acting:
    """Somebody acting now: with their key, under the roster in force, in a house with these settings."""

    by: Actor
    staffing: Staffing
    now: datetime
    settings: Settings = field(default_factory=Settings)

    @property
    def staff(self) -> str:
        """Return the staff id."""
        return self.by.staff

    @property
    def day(self) -> date:
        """Return the day that is written down."""
        return self.now.date()

    def check_living(self, act: str) -> None:
        """
        Check that this is staff now, with the key the roster lists.

        Raises:
            NotAllowedError: suspended, revoked, expired, unknown, or acting with another key.
        """
        entry = self.staffing.roster.find(self.by.staff)
        if entry is None or self.by.staff not in self.staffing.living or entry.number != self.by.number:
            raise NotAllowedError(act)
        if entry.signing != self.by.signing.public:
            raise NotAllowedError(act)

    def has_role(self, *roles: str) -> bool:
        """Tell whether this person holds one of *roles* and is living."""
        return has_role(self.by.staff, self.staffing, *roles)


def has_role(staff: str, staffing: Staffing, *roles: str) -> bool:
    """Tell whether *staff* holds one of *roles* and is living."""
    entry = staffing.roster.find(staff)
    return entry is not None and staff in staffing.living and not entry.roles.isdisjoint(roles)


def is_member(staff: str, team: str, staffing: Staffing) -> bool:
    """Tell whether *staff* is a living member of *team*."""
    return has_role(staff, staffing, ROLE_OF_TEAM[team])


def is_holder(case: Case, staff: str) -> bool:
    """Tell whether *staff* is the assignee or the second of *case*."""
    return staff in (case.assignee, case.second)


def is_consultant_of(case: Case, staff: str, staffing: Staffing) -> bool:
    """Tell whether *case* is lent to *staff*, who still may have it."""
    lent = case.consultant is not None and case.consultant == staff and case.status in lives.ACTIVE
    return lent and has_role(staff, staffing, "consultant")


def sees(case: Case, staff: str, staffing: Staffing) -> bool:
    """Tell whether *case* is there for *staff* at all."""
    if case.status in ("writing", "erased"):
        return False
    if is_consultant_of(case, staff, staffing):
        return True
    if not is_member(staff, case.team, staffing):
        return False
    taken = case.status in lives.ACTIVE or case.status in ("closed", "merged")
    return is_holder(case, staff) or not (taken and case.assignee)


def may(case: Case, act: str, staff: str, staffing: Staffing) -> bool:
    """Tell whether *staff* may do *act* to *case*, whatever state it is in."""
    who = WHO[act]
    if act == "assign" and has_role(staff, staffing, "coordinator"):
        return True
    if who == HUB or not sees(case, staff, staffing):
        return False
    if who == HELPER and is_consultant_of(case, staff, staffing):
        return True
    if who == PROPOSED:
        return case.assignee is None or is_holder(case, staff)
    if who == MEMBER:
        return is_member(staff, case.team, staffing)
    return is_holder(case, staff)


def acts_for(case: Case, staff: str, staffing: Staffing) -> tuple[str, ...]:
    """Return the acts *staff* may do to *case* now: what a page draws its buttons from."""
    return tuple(act for act in lives.acts_from(case.status) if may(case, act, staff, staffing))


def see(session: Session, case_id: bytes, acting: Acting) -> Case:
    """
    Return the case as this person may see it. Says nothing about its keys.

    Raises:
        NotFoundError: there is none, or not for this person.
        NotAllowedError: this person is suspended or no longer staff.
    """
    acting.check_living("see")
    case = session.get(Case, case_id)
    if case is None or not sees(case, acting.staff, acting.staffing):
        raise NotFoundError
    return case


def take(session: Session, case_id: bytes, version: int, act: str, acting: Acting) -> Case:
    """
    Take hold of a case for one act: lock its row, check everything, step its state, raise its version.

    *version* is the one the person was looking at.

    Raises:
        NotFoundError, NotAllowedError: as :func:`see`, or this act is not theirs.
        StaleError: somebody changed the case since.
        WrongStateError: its state does not allow the act.
    """
    acting.check_living(act)
    case = session.get(Case, case_id, with_for_update=True, populate_existing=True)
    if case is None:
        raise NotFoundError
    if not may(case, act, acting.staff, acting.staffing):
        raise NotAllowedError(act) if sees(case, acting.staff, acting.staffing) else NotFoundError
    if case.version != version:
        raise StaleError
    case.status = lives.step(lives.CASE, case.status, act)
    case.version += 1
    case.touched = acting.day
    return case
