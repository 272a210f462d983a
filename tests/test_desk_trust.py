"""What the case page warns of before anybody answers: perhaps not the client, and lines that will end."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from casework.database import Database
from tests.deskhouse import open_desk
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
