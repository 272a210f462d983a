"""What hurts first stands first, and nobody sees a line that is not theirs."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete

from casework import clocks, queues
from casework.tables import Clock, Item, StaffState
from tests.cases import put
from tests.house import House


def lines(house: House, staff: str, team: str = "legal") -> list[tuple[bytes, str]]:
    with house.database.read() as session:
        found = queues.queue(session, staff, team, house.staffing())
        return [(line.case.id, line.whose) for line in found]


def test_late_comes_before_soon_before_later_before_without_a_clock(house: House) -> None:
    with house.database.write() as session:
        normal = put(session, house)
        urgent = put(session, house, urgency="now")
        late = put(session, house, status="open")
        clocks.restart(session, late, clocks.REPLY, house.now - timedelta(days=1))
        resting = put(session, house, status="waiting_authority")
        older = put(session, house, status="waiting_us", touched=house.now.date() - timedelta(days=9))
    assert lines(house, "alice") == [
        (late, "mine"),
        (urgent, "team"),
        (normal, "team"),
        (older, "mine"),
        (resting, "mine"),
    ]


def test_of_two_clocks_of_a_case_the_earlier_counts(house: House) -> None:
    with house.database.write() as session:
        case = put(session, house, status="open")
        clocks.restart(session, case, clocks.REPLY, house.now)
        clocks.restart(session, case, clocks.ORPHAN, house.now + timedelta(hours=1))
    with house.database.read() as session:
        [line] = queues.queue(session, "alice", "legal", house.staffing())
    assert line.due == house.now


def test_a_queue_holds_what_is_mine_what_i_second_and_what_nobody_took(house: House) -> None:
    with house.database.write() as session:
        mine = put(session, house, status="open")
        session.execute(delete(Clock))
        proposed = put(session, house, assignee="bob")
        put(session, house, status="open", second=None)
        put(session, house, status="writing")
        put(session, house, status="closed")
        put(session, house, team="editors")
        session.execute(delete(Clock))
    assert dict(lines(house, "bob")) == {mine: "second", proposed: "proposed"}
    assert dict(lines(house, "alice"))[proposed] == "team"


def test_another_team_a_coordinator_and_the_suspended_have_no_queue_here(house: House) -> None:
    with house.database.write() as session:
        put(session, house)
        session.get_one(StaffState, "bob").suspended_until = house.now + timedelta(hours=1)
    for staff in ("carol", "olga", "erin", "bob", "mallory"):
        assert lines(house, staff) == []
    assert len(lines(house, "alice")) == 1


def test_ended_cases_are_found_by_who_had_them(house: House) -> None:
    with house.database.write() as session:
        mine = put(session, house, status="closed")
        put(session, house, status="open")
        assert [case.id for case in queues.ended(session, "bob", "legal")] == [mine]
        assert queues.ended(session, "carol", "legal") == []


def test_a_coordinator_sees_how_many_wait_how_long_and_who_carries_what(house: House) -> None:
    with house.database.write() as session:
        waiting = put(session, house, urgency="now")
        open_case = put(session, house, status="open")
        orphan = put(session, house, status="open", assignee="mallory", second=None)
        session.add(
            Item(
                id=bytes(16), case=open_case, compartment="content", generation=0, kind="reply",
                author="alice", day=house.now.date(), size=1, state="failed", why="blocked", sealed=b"",
            )
        )  # fmt: skip
    with house.database.read() as session:
        seen = queues.overview(session, house.staffing(), house.now + timedelta(hours=2))
    assert [line.case.id for line in seen.unaccepted] == [waiting]
    assert seen.states == {("legal", "new"): 1, ("legal", "open"): 2}
    assert seen.loads == {"alice": 1, "bob": 0, "carol": 0, "dan": 0, "erin": 0, "olga": 0}
    assert (seen.overdue, seen.failed_replies) == (1, 1)
    assert [case.id for case in seen.without_holder] == [orphan]
