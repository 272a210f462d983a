"""Conflict before disclosure: parties are compared before a card opens, and no more than that is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from casework.database import Database
from casework.tables import JournalRow
from tests.deskhouse import Browser, DeskHouse, open_desk

ANNA = {"kind": "text", "text": "Анна Кошкина, +7 913 000-17-42"}


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


def taken(desk: DeskHouse, who: Browser, name: str, **how: object) -> str:
    case = desk.file_case(assignee=name, **how)  # type: ignore[arg-type]
    where = f"/case/{case.hex()}"
    assert who.do(where, f"{where}/accept", second="").status_code == 303
    return where


def checks(desk: DeskHouse) -> list[str]:
    with desk.house.database.read() as session:
        return list(session.scalars(select(JournalRow.actor).where(JournalRow.act == "check-card")))


def test_a_card_with_a_conflict_opens_only_once_its_reader_knows(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    old = taken(desk, alice, "alice", card=ANNA, text="Первое дело.")
    new = desk.file_case(
        assignee="alice", card={"kind": "text", "text": "Кошкиной Анне: 8(913)0001742"}, text="Новое."
    )
    where = f"/case/{new.hex()}"
    answer = alice.do(where, f"{where}/card", reason="contact")
    assert answer.headers["location"] == f"{where}/alike"
    page = alice.page(f"{where}/alike")
    assert "Кошкин" not in page
    assert "0001742" not in page
    said = alice.do(f"{where}/alike", f"{where}/alike").text
    assert "There may be a conflict" in said
    assert old in said
    assert "a phone, a name" in said
    assert "Кошкин" not in said
    assert alice.do(where, f"{where}/card", reason="conflict").headers["location"] == f"{where}/card"
    assert "Кошкиной" in alice.page(f"{where}/card")


def test_without_a_conflict_the_card_opens_and_the_journal_says_it_was_compared(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    taken(desk, alice, "alice", card=ANNA)
    case = desk.file_case(assignee="alice", card={"kind": "text", "text": "Пётр Сомов, 8 999 111-22-33"})
    where = f"/case/{case.hex()}"
    assert alice.do(where, f"{where}/card", reason="contact").headers["location"] == f"{where}/card"
    assert checks(desk) == ["alice"]


def test_a_colleagues_case_is_compared_with_nobodys_but_ones_own(desk: DeskHouse) -> None:
    alice, bob = desk.sign_in("alice"), desk.sign_in("bob")
    taken(desk, bob, "bob", card=ANNA)
    case = desk.file_case(assignee="alice", card=ANNA)
    where = f"/case/{case.hex()}"
    said = alice.do(f"{where}/alike", f"{where}/alike").text
    assert "This person is in none of your cases" in said


def test_cases_not_proposed_to_one_are_compared_six_times_a_day(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    cases = [desk.file_case(assignee="bob", card=ANNA).hex() for _ in range(7)]
    answers = [alice.do(f"/case/{one}/alike", f"/case/{one}/alike").status_code for one in cases]
    assert answers == [200] * 6 + [429]


def test_one_event_told_by_several_is_shown_by_what_agrees(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    told = "12.03.2026 в части 12345 порвали рапорты."
    other = taken(desk, alice, "alice", text=told + " Пишет жена.", card={"kind": "text", "text": "Инна"})
    case = desk.file_case(assignee="alice", text="Сын служит, в/ч 12345, всё было 12.3.26 на плацу.")
    page = alice.page(f"/case/{case.hex()}/alike")
    assert other in page
    assert "same event?" in page
    assert "the unit, the day" in page


def test_whoever_is_in_conflict_is_offered_to_nobody(desk: DeskHouse) -> None:
    """Alice gives a case back for a conflict: it comes to her by nobody, not as second either."""
    case = desk.file_case(assignee="alice")
    where = f"/case/{case.hex()}"
    alice, bob, olga = desk.sign_in("alice"), desk.sign_in("bob"), desk.sign_in("olga")
    assert alice.do(where, f"{where}/give-back", code="conflict").status_code == 303
    offered = olga.page("/house").partition(f"/house/case/{case.hex()}/assign")[2].partition("</form>")[0]
    assert "<option selected>bob</option>" in offered and "alice" not in offered
    second = bob.page(where).partition('id="second"')[2].partition("</select>")[0]
    assert "alice" not in second
    assert bob.do(where, f"{where}/accept", second="").status_code == 303
    taker = bob.page(where).partition('id="to"')[2].partition("</select>")[0]
    assert "alice" not in taker
