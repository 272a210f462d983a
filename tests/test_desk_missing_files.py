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


def test_a_file_that_came_later_stands_where_it_was_missed(sqlite_database: Database, tmp_path: Path) -> None:
    """The note says that it is missing until it comes; then the file stands there under the name it had."""
    with open_desk(sqlite_database, tmp_path) as desk:
        case = desk.file_case(assignee="alice")
        house = desk.house
        with house.database.read() as session:
            key = keys.current(session, case, keys.CONTENT, house.staffing().hands)
        assert key is not None
        said = {"author": "tipster", "day": house.now.date(), "signing": house.strongbox.signing}

        def note(seq: int) -> bytes:
            rows, at = Rows(), house.now.isoformat()
            payload = {
                "at": at,
                "seq": seq,
                "text": f"вот {seq}",
                "name": f"yama{seq}.pdf",
                "missing": "coming",
            }
            item = keys.seal_item(rows, key, kind="message", payload=payload, **said)
            with house.database.write() as session:
                write(session, [rows])
            return item

        here, lost, rows = note(1), note(2), Rows()
        alice = desk.sign_in("alice")
        assert alice.page(f"/case/{case.hex()}").count("attachment missing: Telegram has not") == 2
        head = {"at": house.now.isoformat(), "seq": 1, "mime": "application/pdf", "name": "", "size": 4}
        head |= {"of": here.hex(), "came": house.now.isoformat()}
        file = keys.seal_file(rows, key, kind="file", head=head, content=b"%PDF", **said)
        given_up = {"at": house.now.isoformat(), "of": lost.hex(), "missing": "never"}
        keys.seal_item(rows, key, kind="late", payload=given_up, **{**said, "author": "hub"})
        with house.database.write() as session:
            write(session, [rows])
        page = alice.page(f"/case/{case.hex()}")
        assert "attachment missing: Telegram has not" not in page
        assert page.count("attachment missing: Telegram never") == 1
        assert page.count("вот 1") == 1 and "came later" in page
        assert f"/file/{file.hex()}" in page and "yama1.pdf" in page
        shown = alice.page(f"/case/{case.hex()}/file/{file.hex()}")
        assert "yama1.pdf" in shown
