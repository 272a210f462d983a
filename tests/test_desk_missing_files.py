"""A file that Telegram did not hand over: whoever answers sees that there was one, and why it is missing."""

from __future__ import annotations

from pathlib import Path

from casework import keys
from casework.database import Database
from casework.rows import Rows, write
from tests.deskhouse import open_desk


def test_a_file_that_could_not_be_had_is_named_with_the_reason(
    sqlite_database: Database, tmp_path: Path
) -> None:
    with open_desk(sqlite_database, tmp_path) as desk:
        case = desk.file_case(assignee="alice")
        house, rows = desk.house, Rows()
        with house.database.read() as session:
            key = keys.current(session, case, keys.CONTENT, house.staffing().hands)
        assert key is not None
        payload = {"at": house.now.isoformat(), "seq": 1, "text": "вот видео", "name": "yama.mp4"}
        payload["missing"] = "too_large"
        keys.seal_item(
            rows, key, kind="message", author="tipster", payload=payload, day=house.now.date(),
            signing=house.strongbox.signing,
        )  # fmt: skip
        with house.database.write() as session:
            write(session, [rows])
        page = desk.sign_in("alice").page(f"/case/{case.hex()}")
    assert "вот видео" in page
    assert "yama.mp4" in page
    assert "file over 20 MB: not received" in page
