"""Keeping: what is erased when, and that a hold stops the calendar and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from casework import retention
from casework.database import Database
from casework.tables import Case, JournalRow
from tests.deskhouse import DeskHouse, open_desk


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


def ended(desk: DeskHouse, days: int) -> bytes:
    case = desk.file_case(assignee="alice")
    with desk.house.database.write() as session:
        row = session.get_one(Case, case)
        row.status, row.erase_on = "closed", desk.house.now.date() + timedelta(days=days)
    return case


def due(desk: DeskHouse, days: int) -> list[bytes]:
    with desk.house.database.read() as session:
        return retention.due_erasures(session, desk.house.now.date() + timedelta(days=days))


def test_a_held_case_outlives_its_time_and_is_let_go_with_notice(desk: DeskHouse) -> None:
    case = ended(desk, 1)
    alice = desk.sign_in("alice")
    where = f"/keeping/{case.hex()}/hold"
    assert alice.do("/keeping", where, what="hold").status_code == 303
    assert "held" in alice.page("/keeping")
    assert due(desk, 400) == []
    assert alice.do("/keeping", where, what="let_go").status_code == 303
    assert due(desk, 13) == []
    assert due(desk, 14) == [case]
    with desk.house.database.read() as session:
        acts = session.scalars(select(JournalRow.act).where(JournalRow.case == case)).all()
    assert acts == ["hold", "let-go"]


def test_a_coordinator_sees_every_calendar_and_no_word(desk: DeskHouse) -> None:
    case = ended(desk, 30)
    later = ended(desk, 200)
    olga, bob = desk.sign_in("olga"), desk.sign_in("bob")
    page = olga.page("/keeping")
    assert case.hex() in page
    assert later.hex() not in page
    assert "Прошу" not in page
    assert olga.do("/keeping", f"/keeping/{case.hex()}/hold", what="hold").status_code == 303
    assert case.hex() not in bob.page("/keeping")
    tokens = bob.form("/account", "/account/duty")
    assert bob.post(f"/keeping/{case.hex()}/hold", {**tokens, "what": "let_go"}).status_code == 404
