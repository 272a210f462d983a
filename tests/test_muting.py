"""A chat that the people of its case have muted: nothing more is kept of it, and it is told so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.emulator import phones
from bot.emulator.params import Upload
from casework import cases as acts
from casework import journal
from casework.database import Database
from casework.journal import Reason
from casework.rows import Rows
from casework.tables import Case, Item, Notice
from tests.cases import as_
from tests.deskhouse import DeskHouse, open_desk
from tests.house import House
from tests.phone import Phone, cases, clear_columns, read
from tests.stage import Stage, said, settled, staged, tap

LINE = "сейчас не принимают из этого чата"


def mute(house: House, who: str, case: bytes, act: Callable[..., Case] = acts.mute) -> None:
    with house.database.write() as session:
        version = session.get_one(Case, case).version
        act(session, case, version, Rows(), Reason.make("flood"), as_(house, who))


def told(house: House) -> tuple[Phone, bytes]:
    """Tess tells and sends; Alice accepts."""
    tess = Phone(house)
    tess.write("нас держат в яме")
    tess.press("legal")
    tess.press("u.normal")
    (case,) = cases(house)
    with house.database.write() as session:
        row = session.get_one(Case, case.id)
        acts.accept(session, case.id, row.version, "bob", as_(house, "alice"))
        for notice in session.scalars(select(Notice)):
            session.delete(notice)
    return tess, case.id


def count(house: House) -> int:
    with house.database.read() as session:
        return session.scalar(select(func.count()).select_from(Item)) or 0


def test_nothing_more_is_kept_and_she_is_told_so_once_a_day(house: House) -> None:
    """Whatever she sends; nobody is told, nothing is counted, and it is over when Alice ends it."""
    tess, case = told(house)
    mute(house, "alice", case)
    before = count(house)
    assert LINE in tess.write("раз")[0]
    number = tess.message
    assert tess.write("два") == tess.file(caption="три") == tess.edit(number, "четыре") == []
    assert tess.command("/нет в яме") == []
    assert count(house) == before
    with house.database.read() as session:
        assert session.scalars(select(Notice)).all() == []
    house.now += timedelta(days=1)
    assert LINE in tess.write("пять")[0]
    assert b"700000001" not in clear_columns(house)
    mute(house, "bob", case, acts.unmute)
    assert tess.write("шесть")[0].startswith("Получено")
    assert [one["text"] for one in read(house, "alice", case, "message")] == ["нас держат в яме", "шесть"]


def test_what_is_her_right_goes_on(sqlite_house: House) -> None:
    """Menu, taking back, a wish to be heard once a day; no urgency, no second case past the mute."""
    tess, case = told(sqlite_house)
    mute(sqlite_house, "alice", case)
    tess.write("раз")
    assert LINE in tess.press("now")[0] and LINE in tess.press("new")[0]
    assert tess.press("menu") and tess.press("help")
    assert tess.press("m.ask")[0].startswith("Просьба передана")
    assert tess.press("m.ask")[0].startswith("Сегодня просьба уже передана")
    assert [one.get("marks") for one in read(sqlite_house, "alice", case, "message")][1:] == [["unmute"]]
    with sqlite_house.database.read() as session:
        assert {row.staff for row in session.scalars(select(Notice))} == {"alice"}
    tess.press("erase")
    tess.press("erase.yes")
    assert tess.last is not None
    assert tess.last.erase == case


def test_the_alarm_word_still_warns(sqlite_house: House) -> None:
    tess, case = told(sqlite_house)
    tess.press("a.ask")
    tess.write("черемуха")
    mute(sqlite_house, "alice", case)
    tess.write("у нас цветёт черемуха")
    assert len(read(sqlite_house, "alice", case, "alarm")) == 1
    tess.write("черемуха")
    assert len(read(sqlite_house, "alice", case, "alarm")) == 2
    assert len(read(sqlite_house, "alice", case, "message")) == 1


def test_who_is_not_on_the_case_mutes_nobody(house: House) -> None:
    """Mallory writes rows, Carol of the other team signs one: the hub goes on listening."""
    tess, case = told(house)
    with house.database.write() as session:
        for who in ("carol", "erin"):
            journal.write(session, "mute", by=house.actor(who), day=house.now.date(), case=case)
    assert tess.write("раз")[0].startswith("Получено")


@pytest.fixture
async def stage(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(sqlite_database, tmp_path) as made:
        yield made


async def test_the_hub_fetches_no_file_and_listens_to_others_also_after_a_restart(stage: Stage) -> None:
    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "одно")
        await tap(tess, "now")
        await settled(stage)
    stage.house.now = stage.clock()
    (case,) = cases(stage.house)
    mute(stage.house, case.assignee or "alice", case.id)
    before = count(stage.house)
    # A file that could be had only once would be missed later, had anybody asked for it.
    stage.emulator.world.faults.order({"kind": "error", "method": "getFile", "times": None, "code": 500})
    async with stage.hub():
        phones.send_file(tess, "document", Upload("a.pdf", "application/pdf", b"x"), "подпись")
        await settled(stage)
        assert LINE in said(tess)[-1]
        assert count(stage.house) == before
        other = stage.phone()
        phones.write(other, "другой")
        await settled(stage)
    assert "другой" in stage.texts()


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


def test_a_button_mutes_with_a_reason_and_another_ends_it(desk: DeskHouse) -> None:
    """A flood comes as a new case: whoever it is proposed to mutes it before anybody has accepted."""
    case = desk.file_case(assignee="alice")
    where = f"/case/{case.hex()}"
    alice = desk.sign_in("alice")
    done = alice.do(where, f"{where}/mute", code="flood", reason="сто сообщений за час")
    assert done.status_code == 303
    page = alice.page(where)
    assert "This chat is muted" in page and "сто сообщений за час" in page and "muted the chat" in page
    assert alice.do(where, f"{where}/mute", code="mistaken").status_code == 303
    assert "This chat is muted" not in alice.page(where)
