"""How often the keeper gives whom what. Counted in memory, so it starts anew with the hub."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from casework.signed import AHEAD, LIFETIME

CARDS_AN_HOUR = 10
CHECKS_A_DAY = 6
TEAM_CHECKS_A_DAY = 20
# A desk says every five minutes that somebody is signed in; two of these may be late.
QUIET = timedelta(minutes=15)


@dataclass
class Counters:
    """How often whom: in memory only."""

    cards: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    checks: dict[tuple[str, date], set[bytes]] = field(default_factory=lambda: defaultdict(set))
    team_checks: dict[tuple[str, date], int] = field(default_factory=lambda: defaultdict(int))
    opened: dict[tuple[str, date], int] = field(default_factory=lambda: defaultdict(int))
    journal: set[int] = field(default_factory=set)
    answered: dict[bytes, datetime] = field(default_factory=dict)
    told: dict[str, date] = field(default_factory=dict)
    heard: datetime | None = None  # when a desk last asked for anybody who works there

    def is_quiet(self, since: datetime, now: datetime) -> bool:
        """Tell whether no desk has asked for :data:`QUIET`; *since* is when this hub began to listen."""
        return now - (self.heard or since) > QUIET

    def may_answer(self, request: bytes, now: datetime) -> bool:
        """Count one answer to *request*, or say that it was answered before."""
        self.answered = {one: at for one, at in self.answered.items() if now - at <= LIFETIME + AHEAD}
        if request in self.answered:
            return False
        self.answered[request] = now
        return True

    def may_show(self, staff: str, now: datetime) -> bool:
        """Count one card shown to *staff*, or say that it is one too many."""
        recent = [at for at in self.cards[staff] if now - at < timedelta(hours=1)]
        if len(recent) >= CARDS_AN_HOUR:
            return False
        self.cards[staff] = [*recent, now]
        return True

    def may_tell(self, staff: str, day: date) -> bool:
        """Note that others hear today of *staff* wanting too much, or say that they heard it already."""
        if self.told.get(staff) == day:
            return False
        self.told[staff] = day
        return True

    def may_check(self, staff: str, frozen: bytes, day: date) -> bool:
        """Count one batch of comparisons with *frozen*, or say that it is one too many."""
        seen = self.checks[staff, day]
        if frozen not in seen and len(seen) >= CHECKS_A_DAY:
            return False
        seen.add(frozen)
        return True

    def may_check_team(self, staff: str, day: date) -> bool:
        """Count one question to colleagues' cases, or say that it is one too many."""
        if not self.has_team_checks(staff, day):
            return False
        self.team_checks[staff, day] += 1
        return True

    def may_open_marks(self, staff: str, day: date) -> bool:
        """Count that all marks are unlocked for one question, whatever comes of it; false: once too often."""
        if not self.has_team_checks(staff, day) or self.opened[staff, day] >= TEAM_CHECKS_A_DAY:
            return False
        self.opened[staff, day] += 1
        return True

    def has_team_checks(self, staff: str, day: date) -> bool:
        """Tell whether *staff* may ask once more today; counts nothing."""
        return self.team_checks.get((staff, day), 0) < TEAM_CHECKS_A_DAY
