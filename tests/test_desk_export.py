"""A case leaves the house sealed to one key, with a second person's consent, or not at all."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from casework import keys
from casework.database import Database
from casework.redaction.detectors import Detectors
from casework.tables import Case, Chunk, JournalRow
from crypto import context
from crypto.errors import CryptoError, MalformedError
from crypto.sealed import open_sealed
from crypto.xwing import Identity
from desk import agekeys
from tests.agekit import bech32
from tests.deskhouse import Browser, DeskHouse, open_desk

TOLD = "Меня зовут Анна Кошкина. Анну Кошкину вызвали в часть 12345."


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path, detectors: Detectors) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path, detectors=lambda: detectors) as opened:
        yield opened


def held(desk: DeskHouse, alice: Browser, files: tuple[tuple[str, str, bytes], ...] = ()) -> str:
    case = desk.file_case(assignee="alice", text=TOLD, files=files)
    where = f"/case/{case.hex()}"
    assert alice.do(where, f"{where}/accept", second="bob").status_code == 303
    return where


def wish(one: Browser, where: str, key: str, level: str = "whole", form: str = "text") -> str:
    asked = {"key": key, "level": level, "form": form, "reason": "Для суда."}
    done = one.do(f"{where}/export", f"{where}/export", **asked)
    assert done.status_code == 303
    return one.page(f"{where}/export")


def item_in(page: str, where: str) -> str:
    return page.split(f"{where}/export/")[1].split("/", maxsplit=1)[0]


def exports(desk: DeskHouse) -> list[str]:
    with desk.house.database.read() as session:
        return list(session.scalars(select(JournalRow.actor).where(JournalRow.act == "export")))


def test_a_case_is_taken_out_sealed_once_a_second_person_agreed(desk: DeskHouse) -> None:
    alice, bob, theirs = desk.sign_in("alice"), desk.sign_in("bob"), Identity.generate()
    where = held(desk, alice)
    page = wish(alice, where, agekeys.write(theirs.recipient))
    assert "/agree" not in page
    assert "/take" not in page
    seen = bob.page(f"{where}/export")
    assert "Для суда." in seen
    item = item_in(seen, where)
    tokens = alice.form("/account", "/account/duty")
    early = alice.post(f"{where}/export/{item}/take", {**tokens, "once": "early"})
    own = alice.post(f"{where}/export/{item}/agree", {**tokens, "once": "own", "version": "3"})
    assert (early.status_code, own.status_code) == (409, 403)
    assert exports(desk) == []
    assert bob.do(f"{where}/export", f"{where}/export/{item}/agree").status_code == 303
    taken = alice.do(f"{where}/export", f"{where}/export/{item}/take")
    case = bytes.fromhex(where.removeprefix("/case/"))
    text = open_sealed(taken.content, theirs, context.named("export", case, bytes.fromhex(item))).decode()
    assert TOLD in text
    assert "Тестов Тест" not in text, "the card stays"
    assert TOLD.encode() not in taken.content
    assert exports(desk) == ["alice"]
    with pytest.raises(CryptoError):
        open_sealed(taken.content, Identity.generate(), context.named("export", case, bytes.fromhex(item)))


def test_masked_a_person_has_one_name_throughout(desk: DeskHouse) -> None:
    alice, bob, theirs = desk.sign_in("alice"), desk.sign_in("bob"), Identity.generate()
    where = held(desk, alice)
    item = item_in(
        wish(alice, where, agekeys.write(theirs.recipient), "masked") and bob.page(f"{where}/export"), where
    )
    bob.do(f"{where}/export", f"{where}/export/{item}/agree")
    taken = alice.do(f"{where}/export", f"{where}/export/{item}/take").content
    case = bytes.fromhex(where.removeprefix("/case/"))
    text = open_sealed(taken, theirs, context.named("export", case, bytes.fromhex(item))).decode()
    assert "Кошкин" not in text
    assert "12345" not in text
    assert text.count("[человек 1]") == 2


def test_what_is_no_post_quantum_key_is_refused(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    where = held(desk, alice)
    good = agekeys.write(Identity.generate().recipient)
    for key in ("", "age1qqqq", good[:-1] + ("q" if good[-1] != "q" else "p"), good[:-9]):
        status = alice.do(
            f"{where}/export", f"{where}/export", key=key, level="whole", form="text", reason="Зачем"
        ).status_code
        assert status == 422, key[:12]


def test_keys_are_written_as_the_age_tools_write_them() -> None:
    one = Identity.generate().recipient
    assert bech32(agekeys.write(one)) == one.raw
    assert agekeys.parse(agekeys.write(one).upper()) == one
    with pytest.raises(MalformedError):
        agekeys.parse("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p")


def agreed(desk: DeskHouse, alice: Browser, bob: Browser) -> tuple[str, str]:
    where = held(desk, alice)
    wish(alice, where, agekeys.write(Identity.generate().recipient))
    item = item_in(bob.page(f"{where}/export"), where)
    assert bob.do(f"{where}/export", f"{where}/export/{item}/agree").status_code == 303
    return where, item


def take(one: Browser, where: str, item: str) -> int:
    form = {**one.form("/account", "/account/duty"), "once": keys.new_id().hex()}
    return one.post(f"{where}/export/{item}/take", form).status_code


def test_whoever_agreed_does_not_take_it(desk: DeskHouse) -> None:
    alice, bob = desk.sign_in("alice"), desk.sign_in("bob")
    where, item = agreed(desk, alice, bob)
    assert f"{item}/take" not in bob.page(f"{where}/export")
    assert take(bob, where, item) == 403
    assert take(alice, where, item) == 200


def test_an_agreement_ends_with_the_words_it_was_given_to(desk: DeskHouse) -> None:
    alice, bob = desk.sign_in("alice"), desk.sign_in("bob")
    where, item = agreed(desk, alice, bob)
    assert alice.do(where, f"{where}/note", note="Ещё одно").status_code == 303
    assert "has to agree again" in alice.page(f"{where}/export")
    assert take(alice, where, item) == 409
    assert bob.do(f"{where}/export", f"{where}/export/{item}/agree").status_code == 303
    assert take(alice, where, item) == 200


def test_an_agreement_ends_after_a_week_and_with_who_gave_it(desk: DeskHouse) -> None:
    alice, bob = desk.sign_in("alice"), desk.sign_in("bob")
    where, item = agreed(desk, alice, bob)
    case = bytes.fromhex(where.removeprefix("/case/"))
    with desk.house.database.write() as session:
        session.get_one(Case, case).second = None
    assert take(alice, where, item) == 409
    with desk.house.database.write() as session:
        session.get_one(Case, case).second = "bob"
    assert take(alice, where, item) == 200
    desk.house.now += timedelta(days=8)
    assert take(desk.sign_in("alice"), where, item) == 409


@pytest.mark.parametrize("level", ["whole", "masked"])
def test_an_archive_holds_words_paper_and_files_and_masked_no_file(desk: DeskHouse, level: str) -> None:
    """What no mask covers does not leave masked, not even its name; what leaves names no hour."""
    alice, bob, theirs = desk.sign_in("alice"), desk.sign_in("bob"), Identity.generate()
    sent = (("../Кошкина Анна.jpg", "image/jpeg", b"\xff\xd8 a picture"), ("b", "text/plain", b"second"))
    where = held(desk, alice, sent)
    wish(alice, where, agekeys.write(theirs.recipient), level, "archive")
    item = item_in(bob.page(f"{where}/export"), where)
    assert bob.do(f"{where}/export", f"{where}/export/{item}/agree").status_code == 303
    taken = alice.do(f"{where}/export", f"{where}/export/{item}/take").content
    place = context.named("export", bytes.fromhex(where.removeprefix("/case/")), bytes.fromhex(item))
    with zipfile.ZipFile(io.BytesIO(open_sealed(taken, theirs, place))) as archive:
        names = archive.namelist()
        text = archive.read("case.txt").decode()
        paper = zipfile.ZipFile(io.BytesIO(archive.read("case.docx"))).read("word/document.xml").decode()
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert ("Кошкин" in text, "Кошкин" in paper) == (level == "whole",) * 2
        if level == "whole":
            assert names == ["case.txt", "case.docx", "files/001-.._Кошкина_Анна.jpg", "files/002-b"]
            assert archive.read(names[2]) == sent[0][2]
            assert f"[{names[2]}]" in text
        else:
            assert names == ["case.txt", "case.docx"]
    assert exports(desk) == ["alice"]


def test_a_file_that_was_changed_keeps_the_whole_archive_in(desk: DeskHouse) -> None:
    """Mallory holds the disk: what is not as it was sent is named, and nothing is saved without it."""
    alice, bob = desk.sign_in("alice"), desk.sign_in("bob")
    where = held(desk, alice, (("a.jpg", "image/jpeg", b"as it was sent"),))
    wish(alice, where, agekeys.write(Identity.generate().recipient), form="archive")
    item = item_in(bob.page(f"{where}/export"), where)
    assert bob.do(f"{where}/export", f"{where}/export/{item}/agree").status_code == 303
    with desk.house.database.write() as session:
        chunk = session.scalars(select(Chunk)).one()
        chunk.part = chunk.part[:-1] + bytes([chunk.part[-1] ^ 1])
    assert take(alice, where, item) == 409
    assert exports(desk) == []
