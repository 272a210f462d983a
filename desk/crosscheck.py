"""
The team check at the desk: marks of the people on a card, told to the hub or held against colleagues' cases.

Only phones and names that stand on the card are marked, never a word of what was said. A mark is an HMAC
under the key of :mod:`desk.markkeys`; the hub keeps and compares them (:mod:`casework.teamcheck`). One's own
cases are told of by themselves while one is signed in; a new case is compared once, before its card opens.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import logging
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select

from casework import asking, comparing, journal, keys, lives, rosters, teamcheck
from casework.likeness import NAME, PHONE, Traces
from casework.tables import Case, Item, Mark
from casework.teamcheck import Told
from crypto.errors import CryptoError
from desk import markkeys, opening, tracing
from desk.errors import DeskError, HubSilentError, MissingError, TooManyError
from desk.markkeys import Key
from desk.visit import Visit

log = logging.getLogger("subrosa.desk")

# Cases told of in one round; the next one tells of the rest.
AT_ONCE = 20


@dataclass(frozen=True)
class Colleagues:
    """What a team check came to: whom to ask, or why nothing was compared."""

    ask: tuple[str, ...] = ()
    why: str = ""  # off | waiting | too_many

    @property
    def is_worth_a_look(self) -> bool:
        """Tell whether a lawyer should read it before the card opens."""
        return bool(self.ask) or self.why in ("waiting", "too_many")


def marks(key: Key, traces: Traces) -> tuple[bytes, ...]:
    """Return the marks of the phones and names among *traces*; any two words of a name make one."""
    pairs = {" ".join(sorted(two)) for name in traces.names for two in itertools.combinations(name, 2)}
    said = [(PHONE, one) for one in sorted(traces.phones)] + [(NAME, one) for one in sorted(pairs)]
    found = (hmac.digest(key[1], f"{kind}\0{one}".encode(), hashlib.sha256) for kind, one in said)
    return tuple(one[: teamcheck.MARK_SIZE] for one in found)[: teamcheck.LIMIT]


def ask(visit: Visit, case: Case, traces: Traces) -> Colleagues:
    """
    Hold what stands on the card of a new case against the cases of colleagues who take part.

    Raises:
        HubSilentError: the hub did not answer in time.
    """
    if not markkeys.takes_part(visit):
        return Colleagues(why="off")
    key = markkeys.renew(visit)
    if key is None:
        return Colleagues(why="waiting")
    told = Told(key[0], 0, marks(key, traces))
    if not told.marks:
        return Colleagues()
    with visit.database.write() as session:
        row = journal.write(session, "team-check", by=visit.actor, day=visit.today, case=case.id)
        number = row.n
    try:
        return Colleagues(_tell(visit, case.id, told, asking.TEAM, number))
    except TooManyError:
        return Colleagues(why="too_many")


def tell_of_own(visit: Visit) -> Iterator[int]:
    """Tell the hub the marks of one's own cases that it does not keep yet, one after the other."""
    if "lawyer" not in visit.roles or not markkeys.takes_part(visit):
        return
    key = markkeys.renew(visit)
    if key is None:
        return
    wanted = [one for one in _untold(visit, key[0]) if one not in visit.session.untold][:AT_ONCE]
    if not wanted:
        return
    with visit.database.write() as session:
        journal.write(session, "team-check", by=visit.actor, day=visit.today)
    opened = opening.open_for_check(visit, [case for case, _cards in wanted], comparing.NOTHING)
    found = tracing.of_cards(visit, [case for case, _cards in wanted], opened)
    for case, cards in wanted:
        told = Told(key[0], cards, marks(key, found.get(case, Traces())))
        try:
            _tell(visit, case, told, asking.MARKS)
        except HubSilentError:
            break
        except (DeskError, CryptoError) as error:
            # Tried once in a session: what the hub refuses it refuses again.
            visit.session.untold.add((case, cards))
            log.warning("desk.not_told %s", type(error).__name__)
        else:
            yield 1


def _untold(visit: Visit, number: int) -> list[tuple[bytes, int]]:
    """Return one's own cases whose cards the hub keeps no marks of, and how many things stand on each."""
    is_told = (Mark.number == number) & (Mark.cards == func.count(Item.id))
    wanted = (
        select(Case.id, func.count(Item.id))
        .join(Item, (Item.case == Case.id) & (Item.compartment == keys.IDENTITY))
        .outerjoin(Mark, Mark.case == Case.id)
        .where(
            Case.assignee == visit.staff,
            Case.team == rosters.LEGAL,
            Case.status.in_((*lives.ACTIVE, "closed")),
        )
        .group_by(Case.id, Mark.case, Mark.number, Mark.cards)
        .having(~func.coalesce(is_told, False))
        .order_by(Case.id)
    )
    with visit.database.read() as session:
        return [(case, cards) for case, cards in session.execute(wanted)]


def _tell(visit: Visit, case: bytes, told: Told, purpose: str, number: int | None = None) -> tuple[str, ...]:
    held = opening.readable(visit, [case], keys.IDENTITY)
    if not held:
        raise MissingError
    newest = max(held)
    with visit.database.write() as session:
        request = teamcheck.tell(
            session, visit.actor, visit.session.answers, newest, told, visit.staffing.roster,
            purpose=purpose, now=visit.now, journal=number,
        )  # fmt: skip
    return opening.answer_to(visit, request).ask
