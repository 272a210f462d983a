"""Every desk demands that the journal goes on from where it saw it last."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select

from casework import heads, journal
from casework.actors import OPERATOR, Actor
from casework.database import Database
from casework.heads import Head
from casework.tables import JournalRow
from crypto.signature import SigningKey
from desk.pinned import SEEN, Pinned
from tests.deskhouse import DeskHouse, open_desk
from tests.house import House


def write(house: House, act: str = "note", by: Actor | None = None, times: int = 1) -> None:
    with house.database.write() as session:
        for _ in range(times):
            journal.write(session, act, by=by or house.actor("alice"), day=house.now.date())


def cut(house: House, after: int) -> list[JournalRow]:
    """Take every row after *after* out of the journal, and return them."""
    with house.database.write() as session:
        gone = list(session.scalars(select(JournalRow).where(JournalRow.n > after)))
        session.execute(delete(JournalRow).where(JournalRow.n > after))
    return gone


def operator(house: House) -> Actor:
    return Actor(OPERATOR, 0, house.strongbox.signing)


def state(pinned: Pinned, house: House) -> str:
    return pinned.look(house.database, house.anchor).state


def test_a_journal_that_grows_goes_on(sqlite_house: House, tmp_path: Path) -> None:
    house = sqlite_house
    pinned = Pinned(tmp_path)
    assert state(pinned, house) == "goes on"
    for _ in range(5):
        write(house, times=3)
        assert state(pinned, house) == "goes on"
    lines = (tmp_path / SEEN).read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["3", "6", "9", "12", "15"]
    assert state(Pinned(tmp_path), house) == "goes on", "also after a restart"


def test_an_end_cut_off_is_a_fork_and_stays_one(sqlite_house: House, tmp_path: Path) -> None:
    house = sqlite_house
    pinned = Pinned(tmp_path)
    write(house, times=6)
    state(pinned, house)
    cut(house, 4)
    assert state(pinned, house) == "fork"
    assert (pinned.judgement.row, pinned.judgement.lost) == (1, 6)  # type: ignore[union-attr]
    # The chain that is left holds by itself; without the heads nobody would know.
    with house.database.read() as session:
        assert journal.verify_chain(session, house.anchor)
    write(house, "close", times=6)
    assert state(pinned, house) == "fork", "new rows in their place make it no better"
    assert not pinned.accept_restored(house.database, house.anchor)
    assert state(Pinned(tmp_path), house) == "fork"


def test_a_hub_that_lies_rewrites_no_past(sqlite_house: House, tmp_path: Path) -> None:
    """Mallory has the hub's key and every staff key: the chain she writes anew holds, but for the desks."""
    house = sqlite_house
    pinned = Pinned(tmp_path)
    write(house, times=2)
    state(pinned, house)
    write(house, "suspend")
    state(pinned, house)
    cut(house, 2)
    write(house, "note")
    with house.database.write() as session:
        journal.countersign(session, house.strongbox.signing, house.roster)
    assert state(pinned, house) == "fork"


def test_a_restored_house_is_accepted_after_a_person_looked(house: House, tmp_path: Path) -> None:
    pinned = Pinned(tmp_path)
    write(house, times=4)
    state(pinned, house)
    write(house, times=3)
    state(pinned, house)
    cut(house, 5)
    write(house, "restored", operator(house))
    found = pinned.look(house.database, house.anchor)
    assert (found.state, found.row, found.lost) == ("restored", 5, 3)
    assert pinned.alarm is not None
    write(house, times=9)
    assert state(pinned, house) == "restored", "until somebody looks"
    assert pinned.accept_restored(house.database, house.anchor)
    assert pinned.alarm is None
    assert state(Pinned(tmp_path), house) == "goes on"
    cut(house, 9)
    write(house, "close", times=9)
    assert state(pinned, house) == "fork", "an old restore excuses nothing that comes later"


def test_a_restore_nobody_of_the_hub_signed_is_a_fork(sqlite_house: House, tmp_path: Path) -> None:
    house = sqlite_house
    pinned = Pinned(tmp_path)
    write(house, times=4)
    state(pinned, house)
    cut(house, 2)
    write(house, "restored", house.actor("alice"))
    assert state(pinned, house) == "fork"
    cut(house, 2)
    write(house, "restored", Actor(OPERATOR, 0, SigningKey.generate()))
    assert state(pinned, house) == "fork"


def test_a_damaged_memory_is_never_taken_for_an_empty_one(sqlite_house: House, tmp_path: Path) -> None:
    (tmp_path / SEEN).write_text("3 not-a-head\n")
    with pytest.raises(ValueError, match="hex"):
        Pinned(tmp_path).look(sqlite_house.database, sqlite_house.anchor)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=300))
def test_few_heads_are_kept_and_there_is_always_one_not_much_older(steps: list[int]) -> None:
    seen: list[Head] = []
    n, every = 0, []
    for step in steps:
        n += step
        every.append(n)
        seen = heads.keep(seen, Head(n, bytes(32)))
    assert len(seen) <= heads.KEPT
    assert seen[0].n == every[0] and seen[-1].n == n
    assert [head.n for head in seen] == sorted({head.n for head in seen})


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


def test_a_fork_stands_on_every_page_and_a_restore_is_accepted_there(desk: DeskHouse) -> None:
    house, of = desk.house, desk.app.state["desk"]
    alice = desk.sign_in("alice")
    write(house, times=5)
    of.journal.look(house.database, house.anchor)
    assert "alarm" not in alice.page("/account").lower()
    cut(house, 2)
    of.journal.look(house.database, house.anchor)
    for where in ("/queue", "/account"):
        assert "the journal was cut or rewritten" in alice.page(where)
    assert alice.get("/queue").status_code == 200, "work goes on: an alarm stops nobody"
    write(house, "restored", operator(house))
    of.journal.look(house.database, house.anchor)
    page = alice.page("/queue")
    assert "restored from a copy" in page
    assert alice.do("/queue", "/restored").status_code == 303
    assert "restored from a copy" not in alice.page("/queue")
