"""
Joining: somebody who was invited gets a case of their own beside that of whoever invited them.

Two cases and not one, so that each of the two has keys, mailboxes, consent and erasure of their own, and
nothing either says can reach the other by mistake. Both are in the hands of the same people, and each holds
a sealed line that names the other; the desk shows them together. In clear nothing says that they belong
together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from casework import journal, keys, lives
from casework.actors import HUB, Actor, subject_of
from casework.keys import Holder
from casework.rosters import Staffing
from casework.routing import JOINED, Route
from intake.cases import CaseFacts
from intake.work import Work


@dataclass(frozen=True, slots=True)
class Shared:
    """In whose hands the other case is, and so this one."""

    case: CaseFacts
    status: str
    route: Route
    second: str | None = None
    holders: list[Holder] = field(default_factory=list)  # none: the duty list, as for any new case

    @property
    def team(self) -> str:
        """Return the team both are with."""
        return self.case.team

    @property
    def is_taken(self) -> bool:
        """Tell whether somebody has accepted the other case, and so answers for this one."""
        return bool(self.holders)


def of(work: Work) -> Shared | None:
    """Return in whose hands the case of whoever invited this tipster is; none when nobody did."""
    if work.writing is None or work.writing.joins is None:
        return None
    joined = work.read_other(bytes.fromhex(work.writing.joins))
    if joined is None or joined.team not in work.house.staffing.teams():
        return None
    staffing = work.house.staffing
    people = _holders(joined, staffing)
    holders = [*people, *staffing.recovery()]
    # One holder alone is never enough: then the duty list has it too, as it has any new case.
    if not people or len(holders) < 2:
        route = Route(joined.assignee if joined.status == "new" else None, JOINED)
        return Shared(joined, "new", route)
    second = people[1].staff if len(people) > 1 else None
    return Shared(joined, "accepted", Route(people[0].staff, JOINED), second, holders)


def link(work: Work, joined: CaseFacts) -> None:
    """Seal into each of the two cases which the other is."""
    assert work.case is not None
    work.seal(keys.CONTENT, "joined", "hub", {"at": work.at, "case": joined.id.hex(), "came": "invited"})
    if joined.content is not None:
        keys.seal_item(
            work.rows,
            joined.content,
            kind="joined",
            author="hub",
            payload={"at": work.at, "case": work.case.hex(), "came": "inviting"},
            day=work.now.date(),
            signing=work.house.signing,
        )


def note(work: Work, shared: Shared) -> None:
    """Let the journal say, signed by the hub, who answers for a case that nobody had to accept."""
    if not shared.is_taken:
        return
    by, day = Actor(HUB, 0, work.house.signing), work.now.date()
    for act, staff in (("assign", shared.route.assignee), ("second", shared.second)):
        if staff is not None:
            work.rows.then(
                partial(journal.write, act=act, by=by, day=day, case=work.case, subject=subject_of(staff))
            )


def _holders(joined: CaseFacts, staffing: Staffing) -> list[Holder]:
    """Return who answers for an accepted case and is still there, the assignee first."""
    if joined.status not in lives.ACTIVE:
        return []
    found = (staffing.holder(one) for one in joined.parties)
    return [holder for holder in found if holder is not None]
