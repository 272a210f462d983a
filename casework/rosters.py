"""
The roster in force, and what it means for who is sealed to.

A roster is believed because the organisation's root keys signed it, never because it lies in the database:
every read verifies it against the anchor that hub and desks have pinned. Older versions are refused. The
hub never refuses a tip because of the roster: an expired one stays in use, and the doctor shouts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import papers
from casework.actors import HUB, OPERATOR
from casework.errors import CaseworkError, KeyMissingError
from casework.hands import Hands
from casework.keys import CONTENT, RECOVERY, Holder
from casework.tables import RosterNote, StaffState
from crypto.errors import TamperedError
from crypto.roster import Anchor, Roster, StaffEntry, UnverifiedRoster

LEGAL = "legal"
EDITORS = "editors"
ROLE_OF_TEAM = {LEGAL: "lawyer", EDITORS: "editor"}

# Sixteen recipients fit a header; recovery and a stand-in need two of them.
DUTY_LIMIT = 14

# Words that stand in the place of a staff id elsewhere; nobody may be called so.
RESERVED = frozenset({RECOVERY, HUB, OPERATOR, "tipster"})


# The end of a suspension that two people made last: until somebody lifts it.
LASTING = datetime(9999, 1, 1, tzinfo=UTC)
# Where a day begins for whoever named no place.
MOSCOW = timezone(timedelta(hours=3))

# So long an expired roster stays in use; then enrolment, new recipients and release stop.
GRACE = timedelta(days=30)


class OldRosterError(CaseworkError):
    """This roster is older than the one in force, or another one with the same number."""


class ReservedNameError(CaseworkError):
    """Somebody on this roster has a name that stands for something else."""


@dataclass(frozen=True, slots=True)
class Staffing:
    """The roster in force and who of it is at work now."""

    roster: Roster
    on_duty: frozenset[str]
    living: frozenset[str]  # neither revoked, expired nor suspended
    limits: dict[str, int]
    stand_ins: dict[str, str]
    lasting: frozenset[str] = frozenset()  # suspended until further notice
    languages: Mapping[str, frozenset[str]] = field(default_factory=dict)
    topics: Mapping[str, frozenset[str]] = field(default_factory=dict)
    subjects: Mapping[str, frozenset[str]] = field(default_factory=dict)
    zones: Mapping[str, str] = field(default_factory=dict)
    away: frozenset[str] = frozenset()  # living, and absent today
    paper: int = 0  # number of the recovery key in force
    unsigned: frozenset[str] = frozenset()  # not living only by a row nobody signed

    @property
    def as_signed(self) -> Staffing:
        """Return who is at work if only signed suspensions count: what moves keys goes by it."""
        return replace(
            self,
            living=self.living | self.unsigned,
            on_duty=self.on_duty | self.unsigned,
            unsigned=frozenset(),
        )

    @property
    def hands(self) -> Hands:
        """Return which staff keys are living, gone and lost; a suspension nobody signed makes none gone."""
        newest: dict[str, int] = {}
        at_work = self.living | self.unsigned
        for entry in self.roster.staff:
            newest[entry.id] = max(entry.number, newest.get(entry.id, 0))
        living = frozenset((staff, number) for staff, number in newest.items() if staff in at_work)
        others = [entry for entry in self.roster.staff if (entry.id, entry.number) not in living]
        lost = (one for one in others if one.revoked or one.id in self.lasting)
        return Hands(
            living,
            frozenset((one.id, one.number) for one in others),
            frozenset((one.id, one.number) for one in lost),
        )

    def speaks(self, staff: str, language: str) -> bool:
        """Tell whether *staff* works in *language*; whoever named none works in all."""
        named = self.languages.get(staff)
        return not named or language in named

    def zone(self, staff: str, default: tzinfo) -> tzinfo:
        """Return where the days of *staff* begin."""
        named = self.zones.get(staff)
        try:
            return ZoneInfo(named) if named else default
        except (ZoneInfoNotFoundError, ValueError):
            return default

    def holder(self, staff: str) -> Holder | None:
        """Return *staff* as a holder of grants, if it may still become one."""
        entry = self.roster.find(staff)
        if entry is None or staff not in self.living:
            return None
        return Holder(entry.id, entry.number, entry.recipient)

    def recovery(self) -> list[Holder]:
        """Return the recovery key as a holder, if the house has one."""
        key = self.roster.recovery
        return [] if key is None else [Holder(RECOVERY, self.paper, key)]

    def members(self, team: str) -> list[str]:
        """Return the living members of *team*, in the roster's order."""
        return [e.id for e in self.roster.holding(ROLE_OF_TEAM[team]) if e.id in self.living]

    def duty(self, team: str) -> list[Holder]:
        """
        Return who a new case of *team* is sealed to: its members on duty, else all living ones, at most 14.

        Empty only for a team without living members: such a team is not offered to anybody.
        """
        members = self.members(team)
        at_work = [staff for staff in members if staff in self.on_duty] or members
        return self._holders(at_work[:DUTY_LIMIT])

    def custodians(self) -> list[Holder]:
        """Return who holds the identity cards of tips: custodians, else coordinators, at most 14."""
        for role in ("custodian", "coordinator"):
            living = [e.id for e in self.roster.holding(role) if e.id in self.living]
            if living:
                return self._holders(living[:DUTY_LIMIT])
        return []

    def holders(self, team: str, compartment: str) -> list[Holder]:
        """Return who the first generation of *compartment* of a case of *team* is granted to."""
        if team == EDITORS and compartment == "identity":
            return self.custodians() + self.recovery()
        return self.duty(team) + self.recovery()

    def first_holders(self, team: str, compartment: str) -> list[Holder]:
        """
        Return who a new key is granted to; somebody living in any case, for a card nobody can open is lost.

        In a house without custodian and coordinator a tip's card goes to the team itself; the doctor says so.
        """
        holders = self.holders(team, compartment)
        if any(holder.staff != RECOVERY for holder in holders):
            return holders
        return self.holders(team, CONTENT)

    def next_holders(self, team: str, compartment: str, people: Iterable[str | None]) -> list[Holder]:
        """
        Return who the next key of a case is granted to: its own *people* and recovery, where that makes two.

        Else as for a new case: no case hangs on one person. The card of a tip is never the team's.
        """
        if team == LEGAL or compartment == CONTENT:
            members = self.members(team)
            own = self._holders([one for one in dict.fromkeys(people) if one is not None and one in members])
            if own and len(own + self.recovery()) >= 2:
                return own + self.recovery()
        return self.first_holders(team, compartment)

    def teams(self) -> list[str]:
        """Return the teams that have a living member."""
        return [team for team in (LEGAL, EDITORS) if self.members(team)]

    def default_team(self) -> str | None:
        """Return the team a tip goes to whose kind was never stated."""
        teams = self.teams()
        return teams[0] if teams else None

    def coordinators(self) -> list[str]:
        """Return the living coordinators."""
        return [e.id for e in self.roster.holding("coordinator") if e.id in self.living]

    def _holders(self, staff: list[str]) -> list[Holder]:
        holders = (self.holder(one) for one in staff)
        return [holder for holder in holders if holder is not None]


def accept(session: Session, note: bytes, anchor: Anchor, today: date) -> Roster:
    """
    Check a signed roster and put it in force.

    Accepting the one already in force again changes nothing.

    Raises:
        CryptoError: the root keys did not sign these bytes.
        OldRosterError: a newer one, or a different one of the same number, is already in force.
        ReservedNameError: somebody on it is called ``recovery``, ``hub``, ``operator`` or ``tipster``.
    """
    roster = _verified(note, anchor)
    newest = session.scalar(select(RosterNote).order_by(RosterNote.version.desc()).limit(1))
    if newest is not None:
        if newest.version == roster.version and newest.note == note:
            return roster
        if newest.version >= roster.version:
            raise OldRosterError
    session.add(RosterNote(version=roster.version, note=note, day=today))
    known = set(session.scalars(select(StaffState.staff)))
    for staff in dict.fromkeys(entry.id for entry in roster.staff):
        if staff not in known:
            session.add(StaffState(staff=staff, on_duty=True, case_limit=40, suspended_by=""))
    return roster


def current(session: Session, anchor: Anchor) -> Roster:
    """
    Return the roster in force, verified now.

    Raises:
        KeyMissingError: there is none yet.
        CryptoError: what lies in the database is not signed by the root keys.
    """
    note = session.scalar(select(RosterNote.note).order_by(RosterNote.version.desc()).limit(1))
    if note is None:
        raise KeyMissingError("roster")
    return _verified(note, anchor)


def at_version(session: Session, version: int, anchor: Anchor) -> Roster:
    """
    Return an earlier roster, verified now: old signatures are held against the roster of their day.

    One that other roots signed, before these were pinned, counts if the rosters after it lead back to it.

    Raises:
        KeyMissingError: no roster of that version was ever in force here.
        CryptoError: it is not signed by the root keys, nor named by what is.
    """
    note = session.scalar(select(RosterNote.note).where(RosterNote.version == version))
    if note is None:
        raise KeyMissingError("roster")
    try:
        return _verified(note, anchor)
    except TamperedError:
        return _named_by_later(session, version, anchor)


def _named_by_later(session: Session, version: int, anchor: Anchor) -> Roster:
    """Go back from the roster in force, each naming the one before it, to *version*."""
    roster = current(session, anchor)
    between = (RosterNote.version >= version, RosterNote.version < roster.version)
    for note in session.scalars(select(RosterNote.note).where(*between).order_by(RosterNote.version.desc())):
        roster = UnverifiedRoster.parse(note).precede(roster)
    if roster.version != version:
        raise TamperedError
    return roster


def note(session: Session, version: int) -> bytes:
    """
    Return the roster of this *version* as the signed bytes it came in.

    Raises:
        KeyMissingError: no roster of that version was ever in force here.
    """
    found = session.get(RosterNote, version)
    if found is None:
        raise KeyMissingError("roster")
    return found.note


def version(session: Session) -> int:
    """Return the number of the roster in force, 0 before the first."""
    return session.scalar(select(func.max(RosterNote.version))) or 0


def staffing(session: Session, anchor: Anchor, now: datetime, *, at_least: int = 0) -> Staffing:
    """
    Return who is there to be sealed to, as of *now*.

    *at_least* is the newest version ever seen in force: who can write the database can take newer rosters
    out of it, and a revoked colleague would be back.

    Raises:
        OldRosterError: the newest roster in the database is older than that.
    """
    roster = current(session, anchor)
    if roster.version < at_least:
        raise OldRosterError
    states = {state.staff: state for state in session.scalars(select(StaffState))}
    # Only a person's newest key counts: an older one left on the roster brings nobody back who was revoked.
    newest = [entry for entry in roster.staff if entry is roster.find(entry.id)]
    alive = frozenset(entry.id for entry in newest if is_living(entry, states.get(entry.id), now))
    return Staffing(
        roster=roster,
        on_duty=frozenset(staff for staff in alive if staff in states and is_on_duty(states[staff], now)),
        living=alive,
        limits={staff: state.case_limit for staff, state in states.items()},
        stand_ins={staff: state.stand_in for staff, state in states.items() if state.stand_in},
        lasting=frozenset(
            staff
            for staff, state in states.items()
            if state.suspended_until and state.suspended_until >= LASTING
        ),
        languages={staff: frozenset(state.languages.split()) for staff, state in states.items()},
        topics={staff: frozenset(state.topics.split()) for staff, state in states.items()},
        subjects={staff: frozenset(state.subjects.split()) for staff, state in states.items()},
        zones={staff: state.zone for staff, state in states.items() if state.zone},
        away=frozenset(staff for staff in alive if staff in states and is_away(states[staff], now)),
        paper=papers.number_of(session, roster),
    )


def is_on_duty(state: StaffState, now: datetime) -> bool:
    """Tell whether new cases go to this person today: on duty, present, and by the rota."""
    if not state.on_duty or is_away(state, now):
        return False
    return not state.rota or str(_today(state, now).isoweekday()) in state.rota


def is_away(state: StaffState, now: datetime) -> bool:
    """Tell whether this person is absent on the day it is where they live."""
    if state.away_from is None or state.away_until is None:
        return False
    return state.away_from <= _today(state, now) <= state.away_until


def _today(state: StaffState, now: datetime) -> date:
    """Return the day it is where this person lives; UTC+3 where they named no place, as the house does."""
    try:
        zone: tzinfo = ZoneInfo(state.zone) if state.zone else MOSCOW
    except (ZoneInfoNotFoundError, ValueError):
        zone = MOSCOW
    return now.astimezone(zone).date()


def is_past_grace(roster: Roster, today: date) -> bool:
    """Tell whether nobody may be enrolled under this roster any more."""
    return today > roster.expires + GRACE


def is_living(entry: StaffEntry, state: StaffState | None, now: datetime) -> bool:
    """Tell whether new things may be sealed to this person: neither revoked, expired nor suspended."""
    if entry.revoked or (entry.expires is not None and entry.expires < now.date()):
        return False
    return state is None or state.suspended_until is None or state.suspended_until <= now


def _verified(note: bytes, anchor: Anchor) -> Roster:
    roster = UnverifiedRoster.parse(note).verify(anchor)
    if not RESERVED.isdisjoint(entry.id for entry in roster.staff):
        raise ReservedNameError
    return roster
