"""Who wins, the court or the tipster: the tipster, after 72 hours in which the lawyer is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from casework import cases as acts
from casework import clocks, erasure, escalation, holds, withdrawal
from casework.actors import HUB, Actor
from casework.database import Database
from casework.permits import Settings
from casework.tables import Case, Clock, Item, Notice
from tests.cases import as_
from tests.deskhouse import DeskHouse, open_desk
from tests.house import House
from tests.phone import Phone, cases


def hold(house: House, case: bytes) -> None:
    with house.database.write() as session:
        holds.hold(session, case, as_(house, "alice"))


def clock(house: House, case: bytes) -> Clock | None:
    with house.database.read() as session:
        return session.get(Clock, (case, clocks.WITHDRAWN))


def due(house: House, **later: int) -> list[bytes]:
    with house.database.read() as session:
        return withdrawal.due(session, house.now + timedelta(**later))


def accepted(house: House) -> tuple[Phone, bytes]:
    """Tess tells and sends; Alice accepts."""
    tess = Phone(house)
    tess.write("нас держат в яме")
    tess.press("legal")
    tess.press("u.normal")
    (case,) = cases(house)
    with house.database.write() as session:
        row = session.get_one(Case, case.id)
        row.status, row.assignee, row.second = "open", "alice", "bob"
    return tess, case.id


def test_without_a_hold_the_tipsters_word_is_done_at_once(sqlite_house: House) -> None:
    tess, case = accepted(sqlite_house)
    tess.press("menu")
    assert tess.press("erase")[0].startswith("Мы сотрём весь разговор")
    tess.press("erase.yes")
    assert clock(sqlite_house, case) is None


def test_a_held_case_is_erased_72_hours_after_its_tipster_says_so(sqlite_house: House) -> None:
    house = sqlite_house
    tess, case = accepted(house)
    hold(house, case)
    tess.press("menu")
    assert tess.press("erase")[0].startswith("Юрист бережёт это дело для суда")
    assert tess.press("erase.yes")[0].startswith("Через 72 часа")
    running = clock(house, case)
    assert running is not None and running.due == house.now + timedelta(hours=72)
    with house.database.read() as session:
        told = {(row.staff, row.kind) for row in session.scalars(select(Notice)) if row.case == case}
        assert session.scalars(select(Item).where(Item.case == case, Item.kind == "courier")).all() == []
    assert {("alice", "withdrawn"), ("bob", "withdrawn")} <= told
    assert due(house, hours=71, minutes=59) == []
    assert due(house, hours=72) == [case]


def test_nothing_staff_do_stops_or_delays_it(house: House) -> None:
    tess, case = accepted(house)
    hold(house, case)
    tess.press("menu")
    tess.press("erase")
    tess.press("erase.yes")
    before = clock(house, case)
    assert before is not None
    with house.database.write() as session:
        row = session.get_one(Case, case)
        acts.close(session, case, row.version, "helped", as_(house, "alice"))
        acts.reopen(session, case, row.version, as_(house, "alice"))
        holds.hold(session, case, as_(house, "bob"))
        escalation.escalate(session, house.staffing(), house.now + timedelta(hours=80), Settings())
    after = clock(house, case)
    assert after is not None and after.due == before.due
    with house.database.write() as session:
        holds.let_go(session, case, as_(house, "bob"))
    assert due(house) == [case], "held no longer, it is erased at once"


def test_with_nobody_left_on_the_case_the_coordinator_is_told(sqlite_house: House) -> None:
    house = sqlite_house
    tess, case = accepted(house)
    hold(house, case)
    house.revoke("alice")
    house.revoke("bob")
    tess.press("menu")
    tess.press("erase")
    tess.press("erase.yes")
    with house.database.read() as session:
        told = {row.staff for row in session.scalars(select(Notice)) if row.kind == "withdrawn"}
    assert told == {"olga"}


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


def test_the_page_says_until_when(desk: DeskHouse) -> None:
    case = desk.file_case("legal")
    where = f"/case/{case.hex()}"
    alice = desk.sign_in("alice")
    alice.do(where, f"{where}/accept", second="bob")
    with desk.house.database.write() as session:
        session.add(Clock(case=case, kind=clocks.WITHDRAWN, due=desk.house.now + withdrawal.NOTICE))
    assert "takes this case back" in alice.page(where)


def _merged(house: House) -> tuple[Phone, bytes, bytes]:
    """Tess's case went into another person's; return her phone, her case and theirs."""
    tess, first = accepted(house)
    other = Phone(house, chat=8)
    other.write("второе")
    other.press("u.normal")
    second = next(one.id for one in cases(house) if one.id != first)
    with house.database.write() as session:
        taken = session.get_one(Case, second)
        taken.status, taken.assignee, taken.second = "open", "alice", "bob"
        row = session.get_one(Case, first)
        row.status, row.merged_into = "merged", second
    tess.write("третье")
    assert tess.state is not None
    assert (tess.state.case, tess.state.own) == (second.hex(), first.hex())
    return tess, first, second


def test_a_hold_on_what_she_told_delays_her_also_after_it_was_merged(sqlite_house: House) -> None:
    """The clock runs on her own case, also where the other has one of its own."""
    house = sqlite_house
    tess, first, second = _merged(house)
    hold(house, first)
    with house.database.write() as session:
        session.add(Clock(case=second, kind=clocks.WITHDRAWN, due=house.now))
    tess.press("erase.yes")
    running = clock(house, first)
    assert running is not None
    assert running.due == house.now + withdrawal.NOTICE
    assert tess.last is not None
    assert tess.last.erase is None


def test_a_hold_on_the_case_it_went_to_is_not_hers(sqlite_house: House) -> None:
    tess, first, second = _merged(sqlite_house)
    hold(sqlite_house, second)
    tess.press("erase.yes")
    assert tess.last is not None
    assert tess.last.erase == first
    assert clock(sqlite_house, first) is None


def test_erasing_the_case_it_went_to_gives_hers_back_to_her(sqlite_house: House) -> None:
    """Her thread goes on in what she told, her word counts for it, and none of it went with the other."""
    house = sqlite_house
    tess, first, second = _merged(house)
    erasure.erase(
        house.database,
        house.strongbox,
        second,
        by=Actor(HUB, 0, house.strongbox.signing),
        now=house.now,
        mirror=lambda: None,
        remember=lambda _case: None,
        escrow_days=7,
    )
    with house.database.read() as session:
        row = session.get_one(Case, first)
        assert (row.status, row.merged_into) == ("closed", None)
    tess.write("четвёртое")
    assert tess.state is not None
    assert (tess.state.case, tess.state.own) == (first.hex(), None)
    (left,) = cases(house)
    assert (left.id, left.status) == (first, "open")
    tess.press("erase.yes")
    assert tess.last is not None
    assert tess.last.erase == first
