"""What the hub has not confirmed waits with the session, goes out again by itself, and is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from casework import keeper
from casework.database import Database
from casework.tables import SealingKey
from desk import chores, handing
from tests.deskhouse import Browser, DeskHouse, open_desk


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


def accept_in_vain(desk: DeskHouse) -> tuple[Browser, bytes]:
    """Alice accepts a case while the hub is down."""
    case = desk.file_case(assignee="alice")
    where = f"/case/{case.hex()}"
    alice = desk.sign_in("alice")
    alice.page(where)
    desk.hub.end()
    alice.do(where, f"{where}/accept", second="bob")
    return alice, case


def lies(desk: DeskHouse, case: bytes) -> bool:
    with desk.house.database.read() as session:
        return session.get(SealingKey, (case, "content", 1)) is not None


def test_what_the_hub_lost_is_handed_in_anew_though_nobody_opens_a_page(desk: DeskHouse) -> None:
    _alice, case = accept_in_vain(desk)
    state = desk.app.state.desk
    (session,) = state.sessions.living(desk.house.now)
    assert handing.settle in chores.CHORES
    assert chores.do(handing.settle, state, session) == 1
    keeper.clear(desk.house.database)
    desk.restart_hub()
    assert desk.waits_for(lambda: chores.do(handing.settle, state, session) == 0)
    assert lies(desk, case)


def test_who_signs_out_while_keys_wait_is_asked_once(desk: DeskHouse) -> None:
    alice, case = accept_in_vain(desk)
    asked = alice.do("/", "/sign-out")
    assert asked.status_code == 200 and "Keys are still on their way" in asked.text
    assert alice.get("/queue").status_code == 200, "still signed in"
    again = alice.do("/", "/sign-out", anyway="1")
    assert (again.status_code, again.headers["location"]) == (303, "/sign-in")
    assert not lies(desk, case)


def test_who_signs_out_once_the_hub_is_back_is_not_asked_and_loses_nothing(desk: DeskHouse) -> None:
    alice, case = accept_in_vain(desk)
    desk.restart_hub()
    assert desk.waits_for(lambda: lies(desk, case))
    assert alice.do("/", "/sign-out").status_code == 303
