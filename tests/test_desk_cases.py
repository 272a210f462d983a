"""The desk as Alice (assigned), Bob (not on the case) and the others of the house see cases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from casework.database import Database
from casework.tables import Case, Item, JournalRow, Push
from tests.deskhouse import DeskHouse, open_desk


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


def case_of(desk: DeskHouse, case: bytes) -> Case:
    with desk.house.database.read() as session:
        return session.get_one(Case, case)


def acts(desk: DeskHouse, case: bytes | None = None) -> list[str]:
    with desk.house.database.read() as session:
        wanted = select(JournalRow.act).order_by(JournalRow.n)
        if case is not None:
            wanted = wanted.where(JournalRow.case == case)
        return list(session.scalars(wanted))


def test_alice_takes_the_next_case_and_answers_it(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice")
    alice = desk.sign_in("alice")
    where = f"/case/{case.hex()}"
    assert where in alice.page("/queue")
    assert "Прошу помощи" in alice.page(where)
    assert alice.do(where, f"{where}/accept", second="bob").status_code == 303
    assert case_of(desk, case).assignee == "alice"
    assert "You and your second hold its keys now" in alice.page(where)
    assert alice.do(where, f"{where}/reply", text="Не подписывайте ничего.", mode="reply").status_code == 303
    page = alice.page(where)
    assert "Не подписывайте ничего." in page
    assert "sealed and on its way" in page
    with desk.house.database.read() as session:
        assert session.scalar(select(Item.state).where(Item.kind == "reply")) == "sealed"
        assert session.scalars(select(Push)).one().item is not None
    assert acts(desk, case) == ["open-case", "accept", "reply"]
