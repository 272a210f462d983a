"""
Filing: a case being written goes to the team it is for, in one transaction.

Final grants are made and the others dropped, the routing answers leave the hub's memory as one proposal and
one sealed sentence, clocks and notices start, and the row with the seeds dies.
"""

from __future__ import annotations

from dataclasses import replace

from casework import canonical, clocks, keys, notices, proposing, routing, statistics
from casework.keys import Holder
from casework.routing import Route
from casework.tables import Grant
from casework.tables import Writing as WritingRow
from crypto import context, sealed
from crypto.padding import CARD
from intake import joining, noticing, opening, topics
from intake.work import Work
from intake.writing import Writing


def file(work: Work) -> None:
    """Hand the case over; one that is filed already stays as it is."""
    if work.filed or work.case is None:
        return
    state = work.state
    shared = joining.of(work)
    team = _team(work) if shared is None else shared.team
    work.team = team
    urgency = state.urgency or "normal"
    if work.writing is not None:
        _regrant(work, work.writing, team, [] if shared is None else shared.holders)
    route = _route(work, team) if shared is None else shared.route
    work.change_case(
        kind="tip" if team == "editors" else "legal",
        team=team,
        status="new" if shared is None else shared.status,
        urgency=urgency,
        language=state.language,
        assignee=route.assignee,
        second=None if shared is None else shared.second,
        wrote_before=state.wrote_before,
        touched=work.now.date(),
    )
    work.rows.drop(WritingRow, case=work.case)
    work.seal(keys.CONTENT, "cover", "hub", _cover(work, urgency))
    work.seal(keys.CONTENT, "routing", "hub", {"at": work.at, **route.payload()})
    is_taken = shared is not None and shared.is_taken
    clock = clocks.REPLY if is_taken else clocks.ACCEPT
    clocks.start(work.rows, work.case, clock, clocks.due(urgency, work.now, work.house.times))
    # Urgent ones are repeated until somebody accepts; this one is.
    kind = notices.URGENT if urgency == "now" and not is_taken else notices.NEW
    # What cannot wait is told to everybody on duty, not only to whom it is proposed.
    first = None if urgency == "now" and not is_taken else route.assignee
    notices.add(work.rows, kind, notices.audience(work.house.staffing, team, first), work.case, work.now)
    _add_slip(work, team, urgency)
    if state.reach in (None, "push"):
        set_courier(work)
    if state.reach != "phrase":
        set_chat(work)
    if shared is not None:
        joining.link(work, shared.case)
        joining.note(work, shared)
    _note_matter(work)
    work.writing, work.filed = None, True
    work.state = replace(work.state, joins=None, joins_by=None, seems="")


def _note_matter(work: Work) -> None:
    """Seal what the story seems to be about; any answer of its tipster comes after it and stands above it."""
    matter = noticing.read(work.state.seems).matter
    choice = None if matter is None else topics.find("topic", matter)
    if choice is not None:
        payload = {
            "at": work.at, "seq": 0, "topic": choice.sheet, "matter": choice.code, "matter_noticed": True,
        }  # fmt: skip
        work.seal(keys.CONTENT, "answers", "hub", payload)


def set_courier(work: Work) -> None:
    """Seal how to reach this chat: staff relay to it unread, the hub reads it but does not hold it."""
    number, recipient = work.house.courier
    address = sealed.seal(
        canonical.dumps({"chat": work.chat}), [recipient], context.named("courier", work.own), sizes=CARD
    )
    payload = {
        "address": address.hex(),
        "at": work.at,
        "courier": number,
        "hours": work.state.hours,
        "language": work.state.language,
    }
    work.seal_own("courier", payload)
    work.state = replace(work.state, courier=number)


def set_chat(work: Work) -> None:
    """Let desks write to the mailbox of this chat's own buttons, where its menu looks."""
    if work.state.handle is None:
        return
    mailbox = opening.thread_of(work)
    recipient = mailbox.identity.recipient.raw.hex()
    work.seal_own("chat", {"at": work.at, "id": mailbox.id.hex(), "recipient": recipient})


def _team(work: Work) -> str:
    """Return the team this is for: legal first where both are wanted, the default where nothing was said."""
    if work.writing is None and work.team is not None:
        return work.team  # without the seeds it stays with whom it was granted to
    offered = work.house.staffing.teams()
    wanted = {"tell": "editors", "legal": "legal", "both": "legal"}.get(work.state.kind or "")
    return wanted if wanted in offered else (offered[0] if offered else work.team or "legal")


def _regrant(work: Work, writing: Writing, team: str, known: list[Holder]) -> None:
    """Grant both compartments to whom they are for (*known*, where it is known), and to nobody else."""
    for compartment in (keys.CONTENT, keys.IDENTITY):
        final = known or work.house.staffing.first_holders(team, compartment)
        before = {(staff, number) for part, staff, number in writing.granted if part == compartment}
        missing = [holder for holder in final if (holder.staff, holder.number) not in before]
        keys.add_grants(work.rows, work.seed(compartment), missing, work.house.epoch)
        for staff, number in sorted(before - {(holder.staff, holder.number) for holder in final}):
            work.rows.drop(
                Grant, owner=work.case, compartment=compartment, generation=0, staff=staff, number=number
            )


def _route(work: Work, team: str) -> Route:
    staffing = work.house.staffing
    holders: list[Holder] = staffing.duty(team)
    on_duty = [holder.staff for holder in holders if holder.staff in staffing.on_duty]
    matter = noticing.read(work.state.seems).matter
    candidates = routing.candidates(
        on_duty,
        staffing.limits,
        work.house.loads,
        speaks=lambda staff: staffing.speaks(staff, work.state.language),
        is_awake=lambda staff: proposing.is_awake(staffing, staff, work.now, work.house.times),
        topic=lambda staff: routing.rank(staffing.topics.get(staff, ()), matter),
    )
    return routing.route(candidates, work.random, is_urgent=work.state.urgency == "now")


def _add_slip(work: Work, team: str, urgency: str) -> None:
    """Add the statistics slip; only coordinators open it."""
    staffing = work.house.staffing
    found = (staffing.holder(staff) for staff in staffing.coordinators())
    facts = {
        "kind": "tip" if team == "editors" else "legal",
        "language": work.state.language,
        "urgency": urgency,
    }
    recipients = [holder.recipient for holder in found if holder is not None]
    statistics.add_slip(work.rows, recipients, work.now.strftime("%Y-%m"), facts)


def _cover(work: Work, urgency: str) -> dict[str, object]:
    """Return the first cover sheet: what the tipster said of it, and room for what a careful reader finds."""
    return {
        "at": work.at,
        "branch": None,
        "language": work.state.language,
        "region": None,
        "topic": None,
        "urgency": urgency,
        "wants": work.state.kind,
    }
