"""What goes along when a case goes: its matters by their own time, its briefs by its tipster's word."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from casework import briefs, clocks, erasure, holds, reach, retention, withdrawal
from casework.actors import HUB, Actor
from casework.errors import NotFoundError
from casework.tables import Case, Clock, Draft, Notice
from tests.cases import as_, begin, put
from tests.house import House
from tests.phone import Phone, cases

TODAY = date(2026, 3, 10)
PAST, LATER = TODAY - timedelta(days=5), TODAY + timedelta(days=5)


def chain(house: House, *columns: dict[str, object]) -> list[bytes]:
    """Put a case and matters split off one from the other, each with these columns."""
    made: list[bytes] = []
    with house.database.write() as session:
        for one in columns:
            values: dict[str, object] = {"status": "closed", "erase_on": PAST, **one}
            made.append(put(session, house, split_from=made[-1] if made else None, **values))  # type: ignore[arg-type]
    return made


def due(house: House) -> set[bytes]:
    with house.database.read() as session:
        return set(retention.due_erasures(session, TODAY))


def living(house: House) -> set[bytes]:
    with house.database.read() as session:
        return set(session.scalars(select(Case.id)))


def erase(house: House, case: bytes, goes: reach.Reach = reach.everything) -> list[bytes]:
    noted: list[bytes] = []
    erasure.erase(
        house.database,
        house.strongbox,
        case,
        by=Actor(HUB, 0, house.strongbox.signing),
        now=house.now,
        mirror=lambda: None,
        remember=noted.append,
        escrow_days=7,
        goes=goes,
    )
    return noted


@pytest.mark.parametrize(
    "third", [{"status": "open", "erase_on": None}, {"held": True}, {"erase_on": LATER}, {"erase_on": None}]
)
def test_by_its_time_a_case_waits_for_every_matter_split_off(house: House, third: dict[str, object]) -> None:
    first, second, _third = chain(house, {}, {}, third)
    other, alone = chain(house, {"erase_on": LATER}, {})
    assert due(house) == {alone}
    for case in (first, second, other):
        with pytest.raises(NotFoundError):
            erase(house, case, partial(retention.due_matters, today=TODAY))
    assert {first, second, other} <= living(house)


def test_a_second_matter_goes_by_its_own_time_and_the_first_stays(house: House) -> None:
    first, second, third = chain(house, {"status": "open", "erase_on": None}, {}, {})
    assert due(house) == {second, third}
    assert set(erase(house, second, partial(retention.due_matters, today=TODAY))) == {second, third}
    assert living(house) == {first}


def test_a_ring_of_matters_ends(sqlite_house: House) -> None:
    first, second = chain(sqlite_house, {}, {})
    with sqlite_house.database.write() as session:
        session.get_one(Case, first).split_from = second
    with sqlite_house.database.read() as session:
        assert set(reach.everything(session, first)) == {first, second} == set(reach.above(session, first))
    assert due(sqlite_house) == {first, second}


def test_the_tipsters_word_reaches_what_was_passed_to_editors(house: House) -> None:
    first, second = chain(house, {"status": "open"}, {"status": "open"})
    brief = briefs.build(
        "Отказ", "согласна", by=house.actor("alice"), staffing=house.staffing(), day=house.now.date()
    )
    with house.database.write() as session:
        briefs.write(session, second, 1, brief, as_(house, "alice"))
        row = session.get_one(Case, brief.key.owner)
        row.status, row.assignee, row.second = "open", "carol", "dan"
        draft = begin(session, house, brief.key.owner).id
        other = put(session, house, team="editors", status="open")
    # By its time a legal case leaves the brief to its own end.
    with house.database.read() as session:
        assert reach.matters(session, first) == [first, second]
    assert erase(house, first) == [first, second, brief.key.owner]
    assert living(house) == {other}
    with house.database.read() as session:
        assert session.get(Draft, draft) is None


def test_a_restore_erases_what_its_list_names_and_nothing_else(sqlite_house: House) -> None:
    first, second = chain(sqlite_house, {}, {"status": "open"})
    assert erase(sqlite_house, first, reach.alone) == [first]
    assert living(sqlite_house) == {second}


def told(house: House) -> set[str]:
    with house.database.read() as session:
        return {row.staff for row in session.scalars(select(Notice)) if row.kind == "withdrawn"}


def test_a_hold_on_any_part_gives_its_lawyer_72_hours(sqlite_house: House) -> None:
    house = sqlite_house
    tess = Phone(house)
    tess.write("нас держат в яме")
    tess.press("legal")
    tess.press("u.normal")
    (case,) = cases(house)
    with house.database.write() as session:
        row = session.get_one(Case, case.id)
        row.status, row.assignee, row.second = "open", "alice", None
        second = put(session, house, status="open", split_from=case.id)
        third = put(session, house, status="open", split_from=second, assignee="bob", second=None)
        holds.hold(session, third, as_(house, "bob"))
    tess.press("menu")
    tess.press("erase")
    assert tess.press("erase.yes")[0].startswith("Через 72 часа")
    assert told(house) == {"alice", "bob"}
    with house.database.write() as session:
        assert withdrawal.due(session, house.now) == []
        assert withdrawal.until(session, third) == house.now + withdrawal.NOTICE
        # Letting go of one part brings nothing forward while another is held.
        holds.hold(session, second, as_(house, "alice"))
        holds.let_go(session, third, as_(house, "bob"))
        assert withdrawal.due(session, house.now) == []
        holds.let_go(session, second, as_(house, "alice"))
        assert withdrawal.due(session, house.now) == [case.id]
        assert session.get(Clock, (third, clocks.WITHDRAWN)) is None
