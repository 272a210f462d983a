"""
What the journal says of who is on which case: the accounts that a book keeps (:mod:`casework.parties`).

* Whoever accepts a case that nobody is on is on it; the row after it may name a second.
* Whoever is on it gives it to others; so does the hub, and a coordinator to its second, or once nobody of its
  people is there any more.
* Whoever is on it lends it to a consultant, and either of them ends that.
* A case merged into another has the other's people; a second matter has the first's.
* Whoever is on it, before that any member of a team, mutes the chat that tells it, and ends that.
* A draft is of the editor who began it.
* The hub renews a key (:mod:`casework.renewals`).

A row by somebody whom two colleagues have suspended counts for nothing. Each team has its own account of a
case: only its members accept. That rows follow each other and are signed is for the book to see.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache

from casework import renewals
from casework.actors import HUB, subject_of
from casework.renewals import Renewals
from casework.rosters import ROLE_OF_TEAM
from casework.tables import JournalRow
from casework.voices import Voices
from crypto.roster import Roster, StaffEntry

_SUSPENSIONS = frozenset({"suspend", "lift-suspension"})
_FOUNDING = frozenset({"brief", "split"})
_MUTES = frozenset({"mute", "unmute"})
_ON_CASES = frozenset({"accept", "assign", "second", "lend", "pass-up", "merge"})
_DRAFT = "draft"
_RENEW = "renew"
ACTS = _ON_CASES | _FOUNDING | _SUSPENSIONS | _MUTES | {_DRAFT, _RENEW}
"""The acts that change an account."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Parties:
    """Who is on one case."""

    assignee: str | None = None
    second: str | None = None
    consultant: str | None = None
    giver: str | None = None  # who gave or took it last,
    n: int = 0  # in this row of the journal,
    day: date | None = None  # on this day
    into: bytes | None = None

    @property
    def people(self) -> tuple[str, ...]:
        """Return who answers for it."""
        return tuple(one for one in (self.assignee, self.second) if one is not None)


NOBODY = Parties()


@dataclass(frozen=True, slots=True)
class Founding:
    """By which act, by whom and when a case began that no tipster wrote."""

    act: str
    by: str
    day: date


@dataclass
class Accounts:
    """Who is on which case, by the rows noted so far."""

    cases: dict[bytes, dict[str, Parties]] = field(default_factory=dict, repr=False)
    founded: dict[bytes, Founding] = field(default_factory=dict, repr=False)
    drafts: dict[bytes, str] = field(default_factory=dict, repr=False)  # who began each
    muted: set[bytes] = field(default_factory=set, repr=False)  # cases whose chats are not listened to
    named: set[bytes] = field(default_factory=set, repr=False)  # every case something was done to
    ever: dict[bytes, set[str]] = field(default_factory=dict, repr=False)  # who was on a case at any time
    voices: dict[str, Voices] = field(default_factory=dict, repr=False)
    renewed: Renewals = field(default_factory=dict, repr=False)

    def copied(self) -> Accounts:
        """Return these accounts as they are now; what was renewed is shared, because it only ever grows."""
        return Accounts(
            cases={case: dict(teams) for case, teams in self.cases.items()},
            founded=dict(self.founded),
            drafts=dict(self.drafts),
            muted=set(self.muted),
            named=set(self.named),
            ever={case: set(who) for case, who in self.ever.items()},
            voices={who: replace(one, actors=set(one.actors)) for who, one in self.voices.items()},
            renewed=self.renewed,
        )

    def of(self, case: bytes, team: str) -> Parties:
        """Return who is on *case*, or on the one it was merged into."""
        found, seen = self._of(case, team), {case}
        while found.into is not None and found.into not in seen:
            seen.add(found.into)
            other = self._of(found.into, team)
            if not other.people and other.into is None:
                break
            found = other
        return found

    def ever_on(self, case: bytes) -> frozenset[str]:
        """Return everybody who was ever on *case*, or on one it was merged into, whatever its team."""
        found: set[str] = set()
        seen: set[bytes] = set()
        ahead = {case}
        while ahead:
            one = ahead.pop()
            seen.add(one)
            found |= self.ever.get(one, set())
            into = {parties.into for parties in self.cases.get(one, {}).values()}
            ahead |= {other for other in into if other is not None} - seen
        return frozenset(found)

    def renew(self, owner: bytes, compartment: str, generation: int) -> None:
        """Note that this key was made because somebody was gone; no older one counts from now on."""
        place = owner, compartment
        self.renewed[place] = max(generation, self.renewed.get(place, 0))

    def note(self, row: JournalRow, of: Roster) -> None:
        """Note what *row* says, which is signed by whom it names, by the roster *of* its day."""
        if row.actor == HUB:
            named = renewals.read_subject(row.subject) if row.act == _RENEW else None
            if row.case is not None and named is not None:
                self.renew(row.case, *named)
            elif row.case is not None:
                self._note(row, of, None)
            return
        actor = of.find(row.actor)
        if actor is None or (actor.revoked and row.roster is None) or self._is_out(row.actor):
            return
        if row.act in _SUSPENSIONS:
            self._hear(row, of, actor)
        elif row.act == _DRAFT:
            # The row that began it is the first that names it; nobody takes it over by a later one.
            if row.subject is not None and "editor" in actor.roles:
                self.drafts.setdefault(row.subject, actor.id)
        elif row.case is not None:
            self._note(row, of, actor)

    def _of(self, case: bytes, team: str) -> Parties:
        return self.cases.get(case, {}).get(team, NOBODY)

    # --- who is suspended ---

    def _is_out(self, staff: str) -> bool:
        found = self.voices.get(staff)
        return found is not None and found.is_lasting

    def _hear(self, row: JournalRow, of: Roster, actor: StaffEntry) -> None:
        staff = _people(of).get(row.subject or b"")
        if staff is None or staff == actor.id:
            return
        if row.act == "lift-suspension":
            if "coordinator" in actor.roles:
                self.voices.pop(staff, None)
            return
        found = self.voices.get(staff)
        if found is None or (not found.is_lasting and row.day > found.day + _DAY):
            found = self.voices[staff] = Voices(row.n, row.n, row.day)
        found.n, found.day = row.n, max(found.day, row.day)
        found.actors.add(actor.id)

    def _is_there(self, staff: str | None, row: JournalRow, of: Roster) -> bool:
        """Tell whether *staff* was at work when *row* was written."""
        entry = None if staff is None else of.find(staff)
        if entry is None or entry.revoked or (entry.expires is not None and entry.expires < row.day):
            return False
        heard = self.voices.get(entry.id)
        return heard is None or not (heard.is_lasting or row.day <= heard.day + _DAY)

    # --- who is on a case ---

    def _note(self, row: JournalRow, of: Roster, actor: StaffEntry | None) -> None:
        """Note one row in the account of each team; by the hub where there is no *actor*."""
        assert row.case is not None
        if row.act in _MUTES:
            self._mute(row, actor)
            return
        for team, role in ROLE_OF_TEAM.items():
            before = self._of(row.case, team)
            if row.act in _FOUNDING:
                if row.actor in before.people:
                    self._found(row, team, before)
                continue
            is_member = actor is not None and role in actor.roles
            after = self._after(row, of, actor, before, is_member=is_member)
            if after is not None:
                self._set(row.case, team, after)

    def _mute(self, row: JournalRow, actor: StaffEntry | None) -> None:
        """Note a mute or its end by whoever has the say: those on the case, before that any member."""
        if row.case is None or actor is None:
            return
        people = {one for team in ROLE_OF_TEAM for one in self.of(row.case, team).people}
        is_member = not actor.roles.isdisjoint(ROLE_OF_TEAM.values())
        if actor.id in people or (not people and is_member):
            (self.muted.add if row.act == "mute" else self.muted.discard)(row.case)

    def _found(self, row: JournalRow, team: str, before: Parties) -> None:
        """Note how a case began, unless something was done to it earlier: then it is somebody else's."""
        if row.subject is None or row.subject in self.named or row.subject in self.founded:
            return
        self.founded[row.subject] = Founding(row.act, row.actor, row.day)
        if row.act == "split":
            other = next((one for one in before.people if one != row.actor), None)
            after = Parties(row.actor, other, giver=row.actor, n=row.n, day=row.day)
            self._set(row.subject, team, after)

    def _set(self, case: bytes, team: str, parties: Parties) -> None:
        self.cases.setdefault(case, {})[team] = parties
        names = (*parties.people, *([] if parties.consultant is None else [parties.consultant]))
        self.ever.setdefault(case, set()).update(names)

    def _after(
        self, row: JournalRow, of: Roster, actor: StaffEntry | None, before: Parties, *, is_member: bool
    ) -> Parties | None:
        """Return who is on a case after *row*; none when it counts for nothing there."""
        named = _people(of).get(row.subject or b"")
        is_on = row.actor in before.people
        if row.act == "accept":
            if is_member and not before.people:
                return Parties(row.actor, giver=row.actor, n=row.n, day=row.day)
        elif row.act == "assign":
            if named is not None and (is_on or self._may_give(row, of, actor, before, named)):
                return Parties(named, giver=row.actor, n=row.n, day=row.day)
        elif row.act == "second":
            if named is not None and row.actor == before.giver and row.n == before.n + 1:
                return replace(before, second=named)
        elif row.act == "lend":
            return replace(before, consultant=named) if is_on else None
        elif row.act == "pass-up":
            return replace(before, consultant=None) if is_on or row.actor == before.consultant else None
        elif row.act == "merge" and (is_on or (is_member and not before.people)):
            return replace(before, into=row.subject)
        return None

    def _may_give(
        self, row: JournalRow, of: Roster, actor: StaffEntry | None, before: Parties, named: str
    ) -> bool:
        """Tell whether the hub, or a coordinator who is not on a case, gave it to *named*."""
        if actor is None:
            return True
        if "coordinator" not in actor.roles or not before.people:
            return False
        return named == before.second or not any(self._is_there(one, row, of) for one in before.people)


@lru_cache(maxsize=4)
def _people(roster: Roster) -> Mapping[bytes, str]:
    return {subject_of(entry.id): entry.id for entry in roster.staff}
