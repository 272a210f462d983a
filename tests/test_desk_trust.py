"""What the case page warns of before anybody answers: perhaps not the client, and lines that will end."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from casework import keys, rows
from casework.database import Database
from tests.deskhouse import open_desk
from tests.house import House
from tests.test_intake_recognising import WORD, agreed


def test_the_banner_stands_until_somebody_says_it_is_the_client_again(
    sqlite_database: Database, tmp_path: Path
) -> None:
    """The agreed question lies beside it; the next alarm raises it anew."""
    with open_desk(sqlite_database, tmp_path) as desk:
        tess, case = agreed(desk.house)
        where = f"/case/{case.id.hex()}"
        alice = desk.sign_in("alice")
        assert alice.do(where, f"{where}/accept", second="bob").status_code == 303
        page = alice.page(where)
        assert "Perhaps this is not the client" not in page
        assert "Как звали первую собаку? Жук" in page
        desk.house.now += timedelta(minutes=2)
        tess.write(WORD)
        page = alice.page(where)
        assert "Perhaps this is not the client" in page
        desk.house.now += timedelta(minutes=2)
        assert alice.do(where, f"{where}/calm").status_code == 303
        assert "Perhaps this is not the client" not in alice.page(where)
        desk.house.now += timedelta(minutes=2)
        tess.write(WORD)
        assert "Perhaps this is not the client" in alice.page(where)


def test_the_page_says_two_weeks_ahead_that_lines_will_end(sqlite_database: Database, tmp_path: Path) -> None:
    """The address opens with one key of the hub, and that key's days are counted."""
    with open_desk(sqlite_database, tmp_path) as desk:
        _tess, case = agreed(desk.house)
        where = f"/case/{case.id.hex()}"
        desk.house.now += timedelta(days=74)
        assert "Lines can be sent" not in desk.sign_in("alice").page(where)
        desk.house.now += timedelta(days=3)
        assert "Lines can be sent" in desk.sign_in("bob").page(where)


def test_the_page_says_that_the_person_stopped_the_bot_until_they_come_back(
    sqlite_database: Database, tmp_path: Path
) -> None:
    """Only the hub can say so, and the newest word counts."""
    with open_desk(sqlite_database, tmp_path) as desk:
        _tess, case = agreed(desk.house)
        where = f"/case/{case.id.hex()}"
        alice = desk.sign_in("alice")
        for minute, author, blocked in ((1, "hub", True), (2, "bob", False), (3, "hub", False)):
            _seal_standing(desk.house, case.id, author, blocked=blocked, minute=minute)
            assert ("stopped the bot" in alice.page(where)) is (minute < 3)


def _seal_standing(house: House, case: bytes, author: str, *, blocked: bool, minute: int) -> None:
    batch = rows.Rows()
    with house.database.read() as session:
        key = keys.current(session, case, keys.CONTENT, house.staffing().hands)
    assert key is not None
    signing = house.strongbox.signing if author == "hub" else house.staff[author].signing
    keys.seal_item(
        batch,
        key,
        kind="standing",
        author=author,
        payload={"at": f"2026-03-10T13:0{minute}:00+00:00", "blocked": blocked},
        day=house.now.date(),
        signing=signing,
    )
    with house.database.write() as session:
        rows.write(session, [batch])
