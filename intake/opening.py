"""Begin a case, or take up the one at hand."""

from __future__ import annotations

from datetime import date

from casework import keys
from casework.tables import Case, Mailbox
from crypto.handle import Handle
from crypto.mailbox import Mailbox as Secret
from intake import writing as writings
from intake.cases import CaseFacts
from intake.work import Work
from intake.writing import Writing


def take_up(work: Work, facts: CaseFacts) -> None:
    """Go on with a case that is there."""
    work.case, work.began = facts.id, facts.began
    work.team = facts.team
    work.parties = facts.parties
    found = {keys.CONTENT: facts.content, keys.IDENTITY: facts.identity}
    work.keys = {name: key for name, key in found.items() if key is not None}
    work.next_generation = {keys.CONTENT: facts.next_content, keys.IDENTITY: facts.next_identity}
    work.filed = not facts.is_writing
    if facts.writing is not None:
        work.writing = writings.read(facts.id, facts.writing, work.house.spools)


def begin(work: Work) -> None:
    """
    Open a case in state ``writing``: its row, its two keys, grants of the default team.

    The identity key of a house without lawyers goes to the custodians from the start.
    """
    staffing = work.house.staffing
    team = staffing.default_team()
    assert team is not None
    assert work.state.case is not None
    assert work.state.handle is not None
    work.case, work.team, work.begun = bytes.fromhex(work.state.case), team, True
    _add_case(work)
    made = {name: keys.make(work.case, name, 0) for name in (keys.CONTENT, keys.IDENTITY)}
    granted = []
    for name, key in made.items():
        holders = staffing.first_holders(team, name)
        keys.add_key(work.rows, key, "hub", hub=work.house.signing)
        keys.add_grants(work.rows, key, holders, work.house.epoch)
        granted += [(name, holder.staff, holder.number) for holder in holders]
        work.keys[name] = keys.public(key)
    work.writing = Writing(
        chat=work.chat,
        handle=work.state.handle,
        content=made[keys.CONTENT].identity.seed.hex(),
        identity=made[keys.IDENTITY].identity.seed.hex(),
        granted=tuple(granted),
        language=work.state.language,
        joins=work.state.joins,
    )
    if work.state.joins_by is not None:
        # Its words were for one person, and that person is here.
        work.rows.drop(Mailbox, id=bytes.fromhex(work.state.joins_by))
    writings.add(work.rows, work.case, work.writing, work.house.spool, work.now)


def _add_case(work: Work) -> None:
    today = work.now.date()
    work.rows.add(
        Case,
        id=work.case,
        kind="legal" if work.team == "legal" else "tip",
        team=work.team,
        status="writing",
        urgency="normal",
        language=work.state.language,
        opened=today,
        touched=today,
    )


def open_thread(work: Work) -> None:
    """Open the mailbox that the handle on this conversation's buttons leads to."""
    add_mailbox(work, thread_of(work), "chat")


def thread_of(work: Work) -> Secret:
    """Return the mailbox of this conversation's buttons."""
    assert work.state.handle is not None
    return Handle(bytes.fromhex(work.state.handle)).mailbox()


def add_mailbox(work: Work, mailbox: Secret, kind: str, expires: date | None = None) -> None:
    """Add a mailbox row, and remember with the case its tipster began that it is its own."""
    work.rows.add(
        Mailbox,
        id=mailbox.id,
        recipient=mailbox.identity.recipient.raw,
        route=mailbox.seal_route(work.own),
        kind=kind,
        expires=expires,
    )
    work.mailboxes[work.own] = (*work.mailboxes.get(work.own, ()), mailbox.id)
