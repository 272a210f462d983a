"""
Proposing a case again once its tipster said what it is about, if nobody accepted it meanwhile.

A case is proposed when it is filed, before any question is asked, so that nobody waits for answers. What is
answered then may show that it fits somebody else better. An urgent one stays where it is, and so does one
that a person gave to somebody: no machine takes that back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import keys, notices, openers, proposing, routing
from casework.actors import HUB
from casework.clocks import Times
from casework.keys import PublicKey
from casework.rosters import Staffing
from casework.routing import Asked, Route
from casework.rows import Rows, write
from casework.tables import Case, JournalRow
from crypto.signature import SigningKey


@dataclass(frozen=True)
class Fitting:
    """One case that says more of itself now, the house as it is, and the key its reason is sealed to."""

    case: bytes
    asked: Asked
    staffing: Staffing = field(repr=False)
    times: Times
    now: datetime
    key: PublicKey = field(repr=False)
    signing: SigningKey = field(repr=False)
    random: Callable[[int], bytes] = field(repr=False)

    def propose(self, session: Session) -> bool:
        """Propose the case to somebody whom it fits better, if there is one; tell whether there was."""
        # Somebody acting on it just now goes first, and nobody waits here: other rows of this batch are held.
        wanted = select(Case).where(Case.id == self.case).with_for_update(skip_locked=True)
        case = session.scalars(wanted, execution_options={"populate_existing": True}).one_or_none()
        if case is None or case.status != "new" or case.urgency == "now" or case.assignee is None:
            return False
        if _is_given(session, case):
            return False
        able = openers.of(session, case.id, self.staffing.hands) - openers.shut_out(session, case.id)
        there = [one for one in self.staffing.members(case.team) if one in self.staffing.on_duty & able]
        found = proposing.candidates(session, case, there, self.staffing, self.now, self.times, self.asked)
        # This very case is among what its assignee carries.
        found = [replace(one, open=one.open - (one.staff == case.assignee)) for one in found]
        best, _asked = routing.fitting([one for one in found if one.open < one.limit])
        if not best or any(one.staff == case.assignee for one in best):
            return False
        self._give(session, case, routing.route(found, self.random))
        return True

    def _give(self, session: Session, case: Case, route: Route) -> None:
        assert route.assignee is not None
        case.assignee = route.assignee
        rows = Rows()
        at = self.now.replace(second=0, microsecond=0).isoformat()
        payload = {"at": at, **route.payload(), "asked": _named(route, case, self.asked)}
        keys.seal_item(
            rows, self.key, kind="routing", author=HUB, payload=payload, day=self.now.date(),
            signing=self.signing,
        )  # fmt: skip
        write(session, [rows])
        notices.withdraw(session, case.id)
        notices.tell(session, notices.NEW, [route.assignee], case.id, self.now)


def _named(route: Route, case: Case, asked: Asked) -> dict[str, str]:
    """Return what decided, as it is sealed beside the case."""
    known = {"language": case.language, "topic": asked.topic, "subject": asked.subject}
    return {name: value for name in route.asked if (value := known[name]) is not None}


def _is_given(session: Session, case: Case) -> bool:
    given = select(JournalRow.n).where(JournalRow.act == "assign", JournalRow.case == case.id)
    return session.scalar(given.limit(1)) is not None
