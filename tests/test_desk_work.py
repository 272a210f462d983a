"""What is to be done in a case and by when: confirmed by a person, sealed, first when it hurts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from casework import deadlines, escalation, sheets, timelines
from casework.database import Database
from casework.tables import Case, Item, Notice
from tests.deskhouse import Browser, DeskHouse, open_desk

TODAY = date(2026, 3, 10)


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


def taken(desk: DeskHouse, alice: Browser, **how: str) -> str:
    """Let Alice accept a new case, and return its address."""
    where = f"/case/{desk.file_case(assignee='alice', **how).hex()}"
    assert alice.do(where, f"{where}/accept", second="bob").status_code == 303
    return where


def write_down(alice: Browser, where: str, day: date, kind: str = "court") -> None:
    answer = alice.do(
        f"{where}/work", f"{where}/deadline", kind=kind, day=day.isoformat(), source="Повестка суда"
    )
    assert answer.status_code == 303, answer.text


def test_a_deadline_stands_beside_the_clock_and_decides_the_place_in_the_list(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    sooner, later = taken(desk, alice, urgency="days"), taken(desk, alice)
    page = alice.page("/queue")
    assert page.index(sooner) < page.index(later)
    write_down(alice, later, TODAY)
    page = alice.page("/queue")
    assert page.index(later) < page.index(sooner)
    assert "court: today" in page
    assert "left" in page  # the response clock still stands beside it
    row = page[page.index(later) :].split("</a>")[0]
    assert "court: today" in row and "left" in row
    assert "Повестка суда" in alice.page(later)


def test_a_met_deadline_leaves_the_list_and_stays_on_the_case(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    where = taken(desk, alice)
    write_down(alice, where, TODAY + timedelta(days=2))
    with desk.house.database.read() as session:
        case = session.scalars(select(Case)).one()
    assert case.remind_on is not None and case.remind_on <= TODAY + timedelta(days=2)
    row = alice.page(f"{where}/work").split('name="row" value="')[1].split('"')[0]
    assert alice.do(f"{where}/work", f"{where}/deadline/settle", row=row, state="met").status_code == 303
    assert "court:" not in alice.page("/queue")
    assert "Earlier deadlines" in alice.page(f"{where}/work")
    with desk.house.database.read() as session:
        assert session.scalars(select(Case)).one().remind_on is None


def test_the_disk_shows_neither_kind_nor_day_of_a_deadline_nor_which_sheets_a_case_has(
    desk: DeskHouse, tmp_path: Path
) -> None:
    alice = desk.sign_in("alice")
    where = taken(desk, alice)
    write_down(alice, where, date(2031, 7, 19), kind="departure")
    alice.do(f"{where}/work", f"{where}/task", text="Позвонить канарейке")
    alice.do(f"{where}/work", f"{where}/timeline", timeline="refusal_report", day="2026-03-01")
    with desk.house.database.read() as session:
        kinds = set(session.scalars(select(Item.kind)))
        assert "sheet" in kinds and not kinds & {*sheets.NAMES, "deadline"}
        case = session.scalars(select(Case)).one()
    assert case.remind_on is not None and case.remind_on < date(2031, 7, 19)
    disk = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for canary in ("канарейке", "departure", "refusal_report", "2031-07-19"):
        assert canary.encode() not in disk, canary


def test_the_hub_reminds_the_holders_every_day_until_the_deadline_is_met(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    where = taken(desk, alice)
    write_down(alice, where, TODAY + timedelta(days=1))
    house = desk.house

    def told() -> set[str]:
        with house.database.write() as session:
            escalation.remind(session, house.staffing(), house.now)
            found = {one.staff for one in session.scalars(select(Notice).where(Notice.kind == "remind"))}
            for one in session.scalars(select(Notice)).all():
                session.delete(one)
        return found

    assert told() == {"alice", "bob"}
    assert told() == set()
    house.now += timedelta(days=1)
    assert told() == {"alice", "bob"}
    house.revoke("alice")
    house.revoke("bob")
    house.now += timedelta(days=1)
    assert told() == {"olga"}


def test_a_timeline_suggests_and_only_a_person_sets_a_deadline(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    where = taken(desk, alice)
    work = f"{where}/work"
    assert alice.do(work, f"{where}/timeline", timeline="refusal_report", day="2026-03-02").status_code == 303
    page = alice.page(work)
    assert "Usually by 5 Mar 2026" in page  # registered three days later
    assert "no lawyer has checked this yet" in page
    assert "No deadlines yet" in page
    assert "Usually by 4 Apr" not in page  # nothing is counted from what only was suggested
    rows = page.split('<ol class="steps">')[1].split('name="row" value="')[1:]
    registered = rows[1].split('"')[0]
    alice.do(work, f"{where}/timeline/date", row=registered, day="2026-03-05", **{"as": "done"})
    page = alice.page(work)
    assert "Usually by 4 Apr 2026" in page
    answer = page.split('<ol class="steps">')[1].split('name="row" value="')[2].split('"')[0]
    alice.do(work, f"{where}/timeline/date", row=answer, day="2026-04-06", **{"as": "deadline"})
    assert "6 Apr 2026" in alice.page(work).split('id="tasks"')[0]
    alice.do(work, f"{where}/timeline/drop", row=answer)
    page = alice.page(work)
    assert "Usually by" not in page
    assert "6 Apr 2026" in page


def test_tasks_are_ticked_off_struck_and_come_from_checklists(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    where = taken(desk, alice)
    work = f"{where}/work"
    alice.do(work, f"{where}/task", text="Позвонить в часть", due="2026-03-12")
    alice.do(work, f"{where}/task", checklist="refusal")
    alice.do(work, f"{where}/task", checklist="refusal")
    page = alice.page(work)
    assert page.count("Report in two copies") == 1
    assert "by 12 Mar 2026" in page
    row = page.split('id="tasks"')[1].split('name="row" value="')[1].split('"')[0]
    alice.do(work, f"{where}/task/tick", row=row, to="done")
    assert "✓ Позвонить в часть" in alice.page(work)
    alice.do(work, f"{where}/task/tick", row=row, to="gone")
    assert "Позвонить в часть" not in alice.page(work)
    assert alice.do(work, f"{where}/task/tick", row=row, to="done").status_code == 404


def test_bob_who_is_not_on_the_case_neither_reads_nor_writes_its_sheets(desk: DeskHouse) -> None:
    alice, bob = desk.sign_in("alice"), desk.sign_in("bob")
    where = f"/case/{desk.file_case(assignee='alice').hex()}"
    alice.do(where, f"{where}/accept", second="")
    tokens = alice.form(f"{where}/work", f"{where}/task")
    mine = {**bob.form("/account", "/account/duty"), "version": tokens["version"]}
    assert bob.get(f"{where}/work").status_code == 404
    for act in ("deadline", "deadline/settle", "task", "task/tick", "timeline", "timeline/date"):
        fields = {**mine, "once": act, "text": "x", "kind": "court", "day": "2026-04-01", "source": "x"}
        assert bob.post(f"{where}/{act}", fields).status_code == 404, act


def test_a_stale_form_changes_no_sheet(desk: DeskHouse) -> None:
    alice, bob = desk.sign_in("alice"), desk.sign_in("bob")
    where = taken(desk, alice)
    stale = bob.form(f"{where}/work", f"{where}/task")
    alice.do(f"{where}/work", f"{where}/task", text="Первая")
    answer = bob.post(f"{where}/task", {**stale, "text": "Вторая"})
    assert answer.status_code == 409
    page = alice.page(f"{where}/work")
    assert "Первая" in page and "Вторая" not in page


@pytest.mark.parametrize("day", ["", "2026-02-30", "12.03.2026", "0001-01-01", "20260312", "2026-W10-1"])
def test_what_is_no_day_is_no_deadline(desk: DeskHouse, day: str) -> None:
    alice = desk.sign_in("alice")
    where = taken(desk, alice)
    answer = alice.do(f"{where}/work", f"{where}/deadline", kind="court", day=day, source="x")
    assert answer.status_code == 422


def test_every_timeline_names_its_law_and_leads_only_to_known_deadlines() -> None:
    found = timelines.load()
    assert len(found) >= 4
    for one in found.values():
        assert one.law_as_of >= date(2024, 1, 1)
        assert not one.steps[0].after
        assert {step.deadline for step in one.steps} <= {"", *deadlines.KINDS}
    months = timelines.Step("x", {"ru": "x"}, months=3)
    assert months.suggest(date(2025, 11, 30)) == date(2026, 2, 28)
