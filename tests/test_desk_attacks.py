"""Attacks on a desk: rows Mallory wrote, words strangers chose, forms sent twice, colleagues gone too far."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete, select

from casework import keys, releases, rows
from casework.database import Database
from casework.redaction.detectors import Detectors
from casework.tables import Chunk, Draft, Grant, Item, ManifestSignature, Press, SealingKey
from desk import entryform
from register import entry as entries
from register import lists
from tests.deskhouse import DeskHouse, open_desk
from tests.test_desk_drafts import begin, row, write

UNPROVEN = "signature does not hold"


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path, detectors: Detectors) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path, detectors=lambda: detectors) as opened:
        yield opened


def slip_in(
    desk: DeskHouse, case: bytes, kind: str, author: str, where: str = "content", /, **said: Any
) -> None:
    """Write, as Mallory with the disk, an item sealed to the public half that lies there."""
    with desk.house.database.write() as session:
        held = select(SealingKey).where(SealingKey.owner == case, SealingKey.compartment == where)
        newest = session.scalars(held.order_by(SealingKey.generation.desc())).first()
        assert newest is not None
        key = keys.public_of(newest)
        batch = rows.Rows()
        keys.seal_item(batch, key, kind=kind, author=author, payload=said, day=desk.house.now.date())
        rows.write(session, [batch])


# --- rows Mallory wrote ---


@pytest.mark.parametrize(
    ("kind", "author"), [("reply", "alice"), ("note", "bob"), ("brief", "alice"), ("consent", "tipster")]
)
def test_nobody_speaks_in_a_colleagues_name(kind: str, author: str, desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice")
    where = f"/case/{case.hex()}"
    alice = desk.sign_in("alice")
    alice.do(where, f"{where}/accept", second="bob")
    alice.do(where, f"{where}/reply", text="Своё слово.", mode="reply")
    alice.do(where, f"{where}/note", note="Своя заметка.")
    assert UNPROVEN not in alice.page(where)
    slip_in(desk, case, kind, author, text="Чужое слово.")
    assert alice.page(where).count(UNPROVEN) == 1


def test_what_was_slipped_in_spoils_no_page(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice")
    alice = desk.sign_in("alice")
    odd = {"at": "yesterday", "seq": [1], "marks": 7, "missing": {}, "edited": 1, "text": {"a": 1}, "act": []}
    for kind in ("message", "file", "reply", "note", "reason", "routing", "consent", "brief"):
        slip_in(desk, case, kind, "tipster", **odd)
    page = alice.page(f"/case/{case.hex()}")
    assert page.count(UNPROVEN) == 8


def test_other_content_under_a_signed_file_is_never_given_out(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice", files=(("a.png", "image/png", b"what Tess sent"),))
    where = f"/case/{case.hex()}"
    alice = desk.sign_in("alice")
    item = alice.page(where).split(f"{where}/file/")[1].split('"')[0]
    paper = f"{where}/file/{item}"
    assert alice.do(paper, f"{paper}/export").content == b"what Tess sent"
    with desk.house.database.write() as session:
        row_of = session.get_one(Item, bytes.fromhex(item))
        key = keys.public_of(session.get_one(SealingKey, (case, "content", row_of.generation)))
        session.execute(delete(Chunk).where(Chunk.owner == row_of.id))
        batch = rows.Rows()
        inside = keys.item_context(key, row_of.id, "file-content")
        keys.seal_chunks(batch, row_of.id, b"what Mallory sends", [key.recipient], inside)
        rows.write(session, [batch])
    answer = alice.do(paper, f"{paper}/export")
    assert answer.status_code == 409
    assert b"Mallory" not in answer.content
    assert alice.get(f"{paper}/picture").status_code in (404, 409)


def test_a_card_somebody_slipped_in_says_so(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice")
    where = f"/case/{case.hex()}"
    alice = desk.sign_in("alice")
    alice.do(where, f"{where}/accept", second="bob")
    alice.do(where, f"{where}/card", reason="contact")
    assert UNPROVEN not in alice.page(f"{where}/card")
    slip_in(desk, case, "card", "tipster", "identity", kind="text", text="Звоните сюда: +7 900 000-00-00")
    alice.do(f"{where}/card", f"{where}/card/away")
    alice.do(where, f"{where}/card", reason="contact")
    assert alice.page(f"{where}/card").count(UNPROVEN) == 1


# --- what strangers send ---


def test_a_file_name_reads_as_it_is_written(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice", files=(("photo\u202egnp.exe", "image/png", b"x"),))
    where = f"/case/{case.hex()}"
    alice = desk.sign_in("alice")
    page = alice.page(where)
    assert "\u202e" not in page
    assert "photognp.exe" in page
    paper = f"{where}/file/" + page.split(f"{where}/file/")[1].split('"')[0]
    assert "%E2%80%AE" not in alice.do(paper, f"{paper}/export").headers["content-disposition"]


def test_an_entry_holds_no_marks_that_turn_or_hide_words(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft = begin(desk, carol)
    write(carol, draft, title_ru="Имя\u202eотказ\x0b\u200b", body_ru="Слово\u00a0и\u2066слово\x00\n\nещё")
    page = carol.page(draft)
    assert "Имяотказ" in page
    assert "Слово\u00a0ислово" in page
    assert not set("\u202e\u200b\u2066\x0b\x00") & set(page)


# --- forms ---


def test_a_new_passphrase_survives_a_double_click(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    form = {**alice.form("/account", "/account/passphrase"), "passphrase": desk.passphrases["alice"]}
    first = alice.post("/account/passphrase", form)
    assert first.status_code == 200
    assert alice.post("/account/passphrase", form).content == first.content


def test_language_links_with_blanks_in_them_lead_nowhere_else(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    for back in ("/\t/evil.example", "/\n/evil.example", "//evil.example", "/\\evil.example", "https:evil"):
        answer = alice.do("/account", "/language", language="en", back=back)
        assert answer.headers["location"] == "/"
    assert alice.do("/account", "/language", language="en", back="/account").headers["location"] == "/account"


# --- colleagues who go too far ---


def test_two_who_publish_at_once_publish_once(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft = begin(desk, carol)
    write(carol, draft, "freeze")
    desk.sign_in("erin").do("/bench", "/bench/check")
    carol.do(draft, f"{draft}/sign")
    dan = desk.sign_in("dan")
    dan.do(draft, f"{draft}/approve")
    forms = [(one, one.form(draft, f"{draft}/publish")) for one in (carol, dan)]
    assert [one.post(f"{draft}/publish", form).status_code for one, form in forms] == [303, 409]
    with desk.house.database.read() as session:
        assert len(session.scalars(select(Press)).all()) == 1


def test_a_draft_that_would_take_another_entrys_place_is_nobodys(
    desk: DeskHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    carol = desk.sign_in("carol")
    draft = begin(desk, carol)
    edited = entryform.edited
    other = entries.new_id()
    monkeypatch.setattr(entryform, "edited", lambda *how: msgspec.structs.replace(edited(*how), id=other))
    write(carol, draft)
    assert desk.sign_in("dan").get(draft).status_code == 404
    assert carol.get(draft).status_code == 404


def test_an_approver_sees_every_word_that_would_be_public(
    desk: DeskHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    carol = desk.sign_in("carol")
    draft = begin(desk, carol)
    edited = entryform.edited
    hidden = (entries.Quote(text="слова, которых нет в форме"),)
    monkeypatch.setattr(
        entryform, "edited", lambda *how: msgspec.structs.replace(edited(*how), quotes=hidden)
    )
    write(carol, draft, "freeze")
    assert row(desk).status == "review"
    assert hidden[0].text in desk.sign_in("dan").page(draft)


def test_a_list_that_may_not_be_public_is_signed_by_nobody(desk: DeskHouse) -> None:
    source = entries.Source(outlet="x", url="javascript:alert(1)")
    entry = entries.Entry.new(title={"ru": "Заголовок"}, body={"ru": "Текст"}, sources=[source])
    with desk.house.database.write() as session:
        day = desk.house.now.date()
        digest = releases.land_manifest(session, lists.pack([entry]), desk.house.actor("olga"), day)
    where = f"/imports/{digest.hex()}"
    carol = desk.sign_in("carol")
    assert carol.do(where, f"{where}/sign").status_code == 409
    with desk.house.database.read() as session:
        assert session.scalars(select(ManifestSignature)).all() == []


# --- keys and the gate ---


def test_a_second_who_joined_after_filing_opens_the_card_too(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice", card={"kind": "text", "text": "Имя с карточки"})
    where = f"/case/{case.hex()}"
    with desk.house.database.write() as session:
        session.execute(
            delete(Grant).where(Grant.owner == case, Grant.staff == "bob", Grant.compartment == "identity")
        )
    alice = desk.sign_in("alice")
    alice.do(where, f"{where}/accept", second="bob")
    bob = desk.sign_in("bob")
    bob.do(where, f"{where}/card", reason="contact")
    assert "Имя с карточки" in bob.page(f"{where}/card")


def test_the_gate_is_loaded_once_somebody_signs_in_who_may_need_it(
    sqlite_database: Database, tmp_path: Path
) -> None:
    asked: list[str] = []

    def load() -> Any:
        asked.append(threading.current_thread().name)
        raise OSError("no dictionaries")

    before = threading.active_count()
    with open_desk(sqlite_database, tmp_path, detectors=load) as desk:
        desk.sign_in("olga")
        assert asked == []
        carol = desk.sign_in("carol")
        assert desk.waits_for(lambda: len(asked) == 1)
        desk.sign_in("dan")
        assert asked[0].startswith("desk-warm")
        draft = carol.do("/drafts", "/drafts").headers["location"]
        assert write(carol, draft, "freeze").status_code == 409
        assert len(asked) == 2
    assert threading.active_count() <= before
    with sqlite_database.read() as session:
        assert session.scalars(select(Draft)).one().digest is None
