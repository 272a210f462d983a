"""While somebody is signed in the hub knows, from a row that lives a minute, and holds batches back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from casework import asking, keeper
from casework.actors import Actor
from casework.database import Database
from casework.limits import QUIET
from casework.tables import Request, StaffState
from crypto import keyring
from crypto.xwing import Identity
from desk import attending, chores
from tests.deskhouse import DeskHouse, open_desk


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        opened.hub.end()
        yield opened


def listen(desk: DeskHouse, counters: keeper.Counters) -> None:
    house = desk.house
    keeper.answer_requests(house.database, house.strongbox, house.anchor, counters, house.now)


def test_a_session_says_every_few_minutes_that_somebody_is_there(desk: DeskHouse) -> None:
    desk.sign_in("carol")
    state, house, counters = desk.app.state.desk, desk.house, keeper.Counters()
    (session,) = state.sessions.living(house.now)
    assert attending.attend in chores.CHORES
    assert chores.do(attending.attend, state, session)
    assert not chores.do(attending.attend, state, session)
    began = house.now
    listen(desk, counters)
    house.now += QUIET
    assert not counters.is_quiet(began, house.now)
    assert chores.do(attending.attend, state, session)
    listen(desk, counters)
    house.now += QUIET + timedelta(minutes=1)
    assert counters.is_quiet(began, house.now)
    with house.database.read() as rows:
        assert rows.scalars(select(Request)).all() == []


def test_a_hub_that_has_just_begun_to_listen_does_not_know_yet(desk: DeskHouse) -> None:
    counters, began = keeper.Counters(), desk.house.now
    assert not counters.is_quiet(began, began + QUIET)
    assert counters.is_quiet(began, began + 2 * QUIET)


def test_mallory_without_a_key_of_the_house_holds_nothing_back(desk: DeskHouse) -> None:
    house, counters = desk.house, keeper.Counters()
    _locked, _passphrase, hers = keyring.create("carol", keyring.PRACTICE)
    with house.database.write() as session:
        by = Actor(staff="carol", number=hers.number, signing=hers.signing)
        asking.ask(session, by, Identity.generate(), (), purpose=asking.READ, now=house.now)
    listen(desk, counters)
    assert counters.heard is None


def test_nothing_is_done_for_somebody_who_may_not_work(desk: DeskHouse) -> None:
    desk.sign_in("carol")
    state, house = desk.app.state.desk, desk.house
    (session,) = state.sessions.living(house.now)
    with house.database.write() as rows:
        rows.get_one(StaffState, "carol").suspended_until = house.now + timedelta(days=1)
    assert [chores.do(chore, state, session) for chore in chores.CHORES] == [0] * len(chores.CHORES)
    with house.database.read() as rows:
        assert rows.scalars(select(Request)).all() == []
