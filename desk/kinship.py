"""
Conflict before disclosure, and who wrote before: a case compared with the others its reader may open.

Everything is compared in memory, at this desk, with keys of this session. Of a case that is not accepted yet
the card is opened for the comparison and shown to nobody; the keeper gives it under the rules of a check
(free for whom it is proposed to, six a day otherwise), and the journal names the comparison. What comes out
is which of one's own cases it is like, and by what sort of thing: never a name or a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from casework import comparing, journal, likeness, lives, rosters, teamcheck
from casework.likeness import EVENT, PERSON, Traces
from casework.tables import Case
from desk import crosscheck, opening, reading, shelving, tracing
from desk.visit import Visit


@dataclass(frozen=True)
class Alike:
    """One of one's own cases that may be about the same person or event, and whom to ask about it."""

    case: Case
    what: str
    because: tuple[str, ...]

    @property
    def ref(self) -> str:
        """Its short name."""
        return reading.ref(self.case.id)

    @property
    def ask(self) -> str | None:
        """Who answers for it."""
        return self.case.assignee


def alike(visit: Visit, case_id: bytes) -> list[Alike]:
    """
    Return what one may read and is like *case_id*, by what stands outside the cards.

    Raises:
        HubSilentError: the keeper did not answer in time.
    """
    shelf = shelving.filled(visit)
    with shelf.lock:
        found = dict(shelf.like(case_id))
    return _named(visit, {case: (one.what, one.because) for case, one in found.items()})


def must_compare(visit: Visit, case: Case) -> bool:
    """Tell whether the card of *case* stays shut until it was compared in this session."""
    return _is_early(case) and case.id not in visit.session.compared


def _is_early(case: Case) -> bool:
    return case.team == rosters.LEGAL and case.status in teamcheck.EARLY


def compare(visit: Visit, case: Case) -> list[Alike]:
    """
    Compare the parties of *case*, its card included, with those of every case this person answers for.

    Where this person takes part in the team check, the card is held against colleagues' cases too. Noted in
    the journal, and in the session, so that the card may be opened afterwards.

    Raises:
        HubSilentError, TooManyError: the cards were not given; nothing was compared.
    """
    others = _answered_for(visit) - {case.id}
    digest = comparing.conflict_digest(case.id)
    # One's own cost nothing; the new one is asked for by itself, so that a refusal says what it is about.
    opened = opening.open_for_check(visit, [case.id], digest)
    opened |= opening.open_for_check(visit, sorted(others), digest)
    cards = tracing.of_cards(visit, [case.id, *others], opened)
    shelf = shelving.filled(visit)
    with shelf.lock:
        told = {one: shelf.volumes[one].traces for one in (case.id, *others) if one in shelf.volumes}
    mine = cards.get(case.id, Traces()) | told.get(case.id, Traces())
    found: dict[bytes, tuple[str, tuple[str, ...]]] = {}
    for other in others:
        theirs = cards.get(other, Traces()) | told.get(other, Traces())
        if because := likeness.person(mine, theirs):
            found[other] = (PERSON, because)
    with visit.database.write() as session:
        journal.write(session, "check-card", by=visit.actor, day=visit.today, case=case.id)
    asked = visit.session.colleagues.get(case.id)
    # Asked once in a session: every question is one of twenty a day.
    if _is_early(case) and (asked is None or asked.why):
        visit.session.colleagues[case.id] = crosscheck.ask(visit, case, cards.get(case.id, Traces()))
    visit.session.compared.add(case.id)
    return _named(visit, found)


def says_something(visit: Visit, case: Case) -> bool:
    """Compare as :func:`compare`, and tell whether its reader should look at what was found."""
    found = compare(visit, case)
    asked = visit.session.colleagues.get(case.id)
    return bool(found) or (asked is not None and asked.is_worth_a_look)


def _answered_for(visit: Visit) -> set[bytes]:
    with visit.database.read() as session:
        return set(
            session.scalars(
                select(Case.id).where(
                    (Case.assignee == visit.staff) | (Case.second == visit.staff),
                    Case.team == rosters.LEGAL,
                    Case.status.in_((*lives.ACTIVE, "closed", "merged")),
                )
            )
        )


def _named(visit: Visit, found: Mapping[bytes, tuple[str, tuple[str, ...]]]) -> list[Alike]:
    ids = list(found)
    cases: list[Case] = []
    with visit.database.read() as session:
        for at in range(0, len(ids), shelving.PORTION):
            cases += session.scalars(select(Case).where(Case.id.in_(ids[at : at + shelving.PORTION])))
    return _sorted(Alike(case, *found[case.id]) for case in cases)


def _sorted(found: Iterable[Alike]) -> list[Alike]:
    return sorted(found, key=lambda one: (one.what == EVENT, -len(one.because), one.case.id))
