"""
A week of a busy house, played through its desk with a moved clock.

Five lawyers, two consultants, a coordinator; one lawyer away, one arrested, one flood. Every hour the hub's
clocks tick. Afterwards nobody waited unseen, no clock ran out in silence, every case is open to exactly whom
it should be, and the journal verifies.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from casework import clocks, escalation, journal, lives, permits
from casework.actors import HUB, Actor
from casework.database import Database
from casework.tables import Case, Clock, Notice, StaffState
from tests.deskhouse import Browser, DeskHouse, open_desk

LAWYERS = ("alice", "bob", "cleo", "dora", "emil")
CAST = {
    **{name: {"lawyer"} for name in LAWYERS},
    "vera": {"consultant"},
    "walt": {"consultant"},
    "olga": {"coordinator"},
}
DAYS, A_DAY, FLOOD = 7, 4, 20
URGENCIES = ("now", "days", "normal", "normal")


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path, CAST, patience=60) as opened:
        yield opened


class Week:
    """The week as it goes: what came in, whom anybody told of what."""

    def __init__(self, desk: DeskHouse) -> None:
        self.desk = desk
        self.lot = random.Random(7)
        self.cases: list[bytes] = []
        self.told: dict[bytes, set[str]] = defaultdict(set)

    def come(self, count: int) -> None:
        """Let cases come in, proposed to whoever is on duty, by lot."""
        for _ in range(count):
            there = sorted(self.desk.house.staffing().on_duty & set(LAWYERS))
            to = self.lot.choice([*there, None])
            case = self.desk.file_case("legal", to, "Прошу помощи.", urgency=self.lot.choice(URGENCIES))
            self.cases.append(case)

    def pass_hours(self, hours: int) -> None:
        """Let the hub's clocks tick hour by hour, and hear what it says to whom."""
        house = self.desk.house
        hub = Actor(HUB, 0, house.strongbox.signing)
        for _ in range(hours):
            house.now += timedelta(hours=1)
            staffing, book = house.staffing(), house.book()
            with house.database.write() as session:
                escalation.escalate(session, staffing, house.now, permits.Settings())
                escalation.free_suspended(session, staffing, book, hub, house.now)
                escalation.hand_to_stand_ins(session, staffing, house.now)
                for row in session.scalars(select(Notice)):
                    assert row.staff in staffing.living, "nobody who is gone is told"
                    if row.case is not None:
                        self.told[row.case].add(row.staff)
                session.execute(delete(Notice))
                left = session.scalars(select(Clock).where(Clock.due < house.now)).all()
                assert not left, "no clock runs out unseen"

    def work(self, name: str, takes: int) -> None:
        """Let somebody take up what is next for them, and answer what they carry."""
        one = self.desk.sign_in(name)
        for _ in range(takes):
            page = one.page("/queue")
            if 'aria-labelledby="next"' not in page:
                break
            where = page.split('class="button strong" href="')[1].split('"')[0]
            second = self.lot.choice(sorted(self.desk.house.staffing().living & set(LAWYERS) - {name}))
            assert one.do(where, f"{where}/accept", second=second).status_code == 303
            assert one.do(where, f"{where}/reply", text="Мы на связи.", mode="reply").status_code == 303


def arrest(desk: DeskHouse, name: str) -> None:
    """Two colleagues take *name*'s access away for good."""
    for colleague in ("alice", "olga"):
        done = desk.sign_in(colleague).do("/account", f"/account/suspend/{name}", confirm=name)
        assert done.status_code == 303


def readers(browsers: dict[str, Browser], case: bytes) -> set[str]:
    return {name for name, one in browsers.items() if one.get(f"/case/{case.hex()}").status_code == 200}


def comes_to_read(browsers: dict[str, Browser], case: bytes, wanted: set[str | None], first: str) -> bool:
    """Tell whether *wanted* read *case* in the end: whoever became second gets keys when the first looks."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert browsers[first].get(f"/case/{case.hex()}").status_code == 200
        found = readers(browsers, case)
        assert found <= wanted, "nobody else ever does"
        if found == wanted:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.full
def test_after_a_busy_week_nobody_waited_unseen(desk: DeskHouse) -> None:
    house, week = desk.house, Week(desk)
    gone: set[str] = set()
    for day in range(DAYS):
        week.come(FLOOD if day == 3 else A_DAY)
        if day == 1:
            with house.database.write() as session:
                bob = session.get_one(StaffState, "bob")
                bob.stand_in = "cleo"
                bob.away_from, bob.away_until = house.now.date(), house.now.date() + timedelta(days=3)
        if day == 4:
            arrest(desk, "dora")
            gone = {"dora"}
        week.pass_hours(3)
        for name in sorted(set(LAWYERS) - gone - set(house.staffing().away)):
            week.work(name, takes=2)
        week.pass_hours(house.now.hour and 24 - house.now.hour)
    # What the flood left is taken up by those who are there, until nothing waits.
    for name in sorted(set(LAWYERS) - gone):
        week.work(name, takes=FLOOD)
    week.pass_hours(2)

    with house.database.read() as session:
        staffing = house.staffing()
        assert journal.verify_chain(session, house.anchor)
        rows = {row.id: row for row in session.scalars(select(Case))}
        marks = {row.case: row.missed for row in session.scalars(select(Clock))}
    assert len(rows) == len(week.cases) == (DAYS - 1) * A_DAY + FLOOD
    assert all(row.status in lives.ACTIVE for row in rows.values()), "everything was taken up"
    for case, row in rows.items():
        assert {row.assignee, row.second} <= staffing.living, "nothing hangs on somebody who is gone"
        assert not marks.get(case) or week.told[case], "what ran out was said to somebody"
        assert marks.get(case) != clocks.TOLD_LATE, "the hub never slept"
    assert any(week.told.values())

    browsers = {name: desk.sign_in(name) for name in ("alice", "bob", "cleo", "emil", "vera", "walt")}
    for case, row in week.lot.sample(sorted(rows.items(), key=lambda pair: pair[0]), 12):
        assert row.assignee is not None
        assert comes_to_read(browsers, case, {row.assignee, row.second}, row.assignee)
    assert browsers["alice"].get("/house").status_code == 403
