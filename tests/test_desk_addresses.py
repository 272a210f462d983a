"""Where answers go is the hub's word: an address Mallory sealed to a case is nobody's."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from casework import keys, rows
from casework.database import Database
from casework.tables import Letter, Mailbox, Push, SealingKey
from crypto.xwing import Identity
from tests.deskhouse import open_desk


def test_no_answer_is_sealed_to_a_mailbox_mallory_added(sqlite_database: Database, tmp_path: Path) -> None:
    with open_desk(sqlite_database, tmp_path) as desk:
        case = desk.file_case(assignee="alice")
        hers = Identity.generate()
        batch = rows.Rows()
        with desk.house.database.read() as session:
            public = keys.public_of(session.get_one(SealingKey, (case, keys.CONTENT, 0)))
        bob = desk.house.actor("bob").signing
        for author, signing in (("hub", None), ("hub", bob), ("bob", bob)):
            keys.seal_item(
                batch, public, kind="mailbox", author=author, signing=signing, day=desk.house.now.date(),
                payload={"id": "aa" * 16, "recipient": hers.recipient.raw.hex()},
            )  # fmt: skip
        batch.add(Mailbox, id=b"\xaa" * 16, recipient=hers.recipient.raw, route=b"")
        with desk.house.database.write() as session:
            rows.write(session, [batch])
        alice = desk.sign_in("alice")
        where = f"/case/{case.hex()}"
        assert alice.do(where, f"{where}/accept", second="bob").status_code == 303
        assert alice.do(where, f"{where}/reply", text="Не подписывайте.", mode="reply").status_code == 303
        with desk.house.database.read() as session:
            assert session.scalars(select(Letter.mailbox).where(Letter.mailbox == b"\xaa" * 16)).all() == []
            assert len(session.scalars(select(Letter)).all()) == 1
            assert len(session.scalars(select(Push)).all()) == 1
