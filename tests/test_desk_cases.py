"""The desk as Alice (assigned), Bob (not on the case) and the others of the house see cases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import delete, event, select

from casework import keeper, keys, rows
from casework.database import Database
from casework.tables import (
    Case,
    Grant,
    HandIn,
    Item,
    JournalRow,
    Letter,
    Mailbox,
    Push,
    SealingKey,
    StaffState,
)
from crypto.xwing import Identity
from register.places import subjects
from tests.deskhouse import DeskHouse, open_desk


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


def case_of(desk: DeskHouse, case: bytes) -> Case:
    with desk.house.database.read() as session:
        return session.get_one(Case, case)


def acts(desk: DeskHouse, case: bytes | None = None) -> list[str]:
    with desk.house.database.read() as session:
        wanted = select(JournalRow.act).order_by(JournalRow.n)
        if case is not None:
            wanted = wanted.where(JournalRow.case == case)
        return list(session.scalars(wanted))


def test_alice_takes_the_next_case_and_answers_it(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice")
    alice = desk.sign_in("alice")
    where = f"/case/{case.hex()}"
    assert where in alice.page("/queue")
    assert "Прошу помощи" in alice.page(where)
    assert alice.do(where, f"{where}/accept", second="bob").status_code == 303
    assert case_of(desk, case).assignee == "alice"
    assert "You and your second hold its keys now" in alice.page(where)
    assert alice.do(where, f"{where}/reply", text="Не подписывайте ничего.", mode="reply").status_code == 303
    page = alice.page(where)
    assert "Не подписывайте ничего." in page
    assert "sealed and on its way" in page
    with desk.house.database.read() as session:
        assert session.scalar(select(Item.state).where(Item.kind == "reply")) == "sealed"
        assert session.scalars(select(Push)).one().item is not None
    assert acts(desk, case) == ["open-case", "accept", "second", "reply"]


def test_the_lawyer_reads_what_was_typed_as_topic_and_an_editor_sees_no_unmasked_words(
    desk: DeskHouse,
) -> None:
    cover = {"topic": "awol", "topic_said": "ушёл <b>сам</b>"}
    page = desk.sign_in("alice").page(f"/case/{desk.file_case(cover=cover).hex()}")
    assert "in their own words: «ушёл &lt;b&gt;сам&lt;/b&gt;»" in page
    tip = desk.file_case(team="editors", cover=cover)
    assert "own words" not in desk.sign_in("carol").page(f"/case/{tip.hex()}")


def test_a_case_is_worked_on_either_database(database: Database, tmp_path: Path) -> None:
    with open_desk(database, tmp_path) as desk:
        case = desk.file_case(assignee="alice", files=(("a.bin", "application/x", b"1" * 300_000),))
        where = f"/case/{case.hex()}"
        alice, bob = desk.sign_in("alice"), desk.sign_in("bob")
        assert alice.do(where, f"{where}/accept", second="bob").status_code == 303
        assert alice.do(where, f"{where}/reply", text="Ответ.", mode="ask").status_code == 303
        assert bob.do(where, f"{where}/note", note="От второго.").status_code == 303
        assert alice.do(where, f"{where}/card", reason="contact").status_code == 303
        assert "От второго." in alice.page(where)
        assert case_of(desk, case).status == "waiting_source"
        olga = desk.sign_in("olga")
        assert "The chain holds" in olga.page("/journal")


def test_bob_finds_nothing_once_alice_has_accepted(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice", text="Слова, которых Боб не увидит.")
    where = f"/case/{case.hex()}"
    alice, bob = desk.sign_in("alice"), desk.sign_in("bob")
    assert "Слова" in bob.page(where)
    before = bob.form(where, f"{where}/accept")
    alice.do(where, f"{where}/accept", second="")
    for path in (where, f"{where}/card"):
        assert bob.get(path).status_code == 404
    more = {"note": "x", "text": "x", "outcome": "helped", "reason": "contact"}
    for act in ("accept", "note", "reply", "close", "card"):
        # The form is one he was shown, so he hears that he was too late, and not a word of the case.
        late = bob.post(f"{where}/{act}", {**before, **more, "once": act})
        assert late.status_code == 409, act
        assert "Somebody was faster" in late.text
        assert "Слова" not in late.text
        assert "alice" not in late.text
    anew = desk.sign_in("bob")
    mine = {**before, **more, **anew.form("/queue", "/sign-out")}
    for act in ("accept", "note", "reply", "close", "card"):
        # A sitting that was never shown the case is told what anybody is told of a case that never was.
        assert anew.post(f"{where}/{act}", {**mine, "once": act}).status_code == 404, act
        nowhere = f"/case/{'0' * 32}/{act}"
        assert bob.post(nowhere, {**before, **more, "once": act + "2"}).status_code == 404, act
    assert where not in bob.page("/queue")
    with desk.house.database.read() as session:
        holders = set(session.scalars(select(Grant.staff).where(Grant.owner == case)))
    assert holders == {"alice", "recovery"}


def test_an_editor_never_sees_a_legal_case_nor_a_lawyer_a_tip(desk: DeskHouse) -> None:
    legal, tip = desk.file_case("legal"), desk.file_case("editors")
    alice, carol = desk.sign_in("alice"), desk.sign_in("carol")
    assert alice.get(f"/case/{legal.hex()}").status_code == 200
    assert carol.get(f"/case/{tip.hex()}").status_code == 200
    assert carol.get(f"/case/{legal.hex()}").status_code == 404
    assert alice.get(f"/case/{tip.hex()}").status_code == 404


def test_a_stale_form_is_answered_409_and_writes_nothing(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice")
    where = f"/case/{case.hex()}"
    alice, bob = desk.sign_in("alice"), desk.sign_in("bob")
    old = bob.form(where, f"{where}/accept")
    mine = alice.form(where, f"{where}/accept")
    assert alice.post(f"{where}/accept", {**mine, "second": "bob"}).status_code == 303
    answer = bob.post(f"{where}/accept", {**old, "second": "alice"})
    assert answer.status_code == 409
    assert case_of(desk, case).assignee == "alice"
    note = alice.form(where, f"{where}/note")
    alice.do(where, f"{where}/note", note="первая")
    late = alice.post(f"{where}/note", {**note, "note": "Вторая заметка, написанная по старой странице."})
    assert late.status_code == 409
    assert "Вторая заметка, написанная по старой странице." in late.text, "what was typed is given back"
    assert "Вторая заметка" not in alice.page(where)


def test_a_form_posted_twice_is_done_once(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice")
    where = f"/case/{case.hex()}"
    alice = desk.sign_in("alice")
    alice.do(where, f"{where}/accept", second="bob")
    form = {**alice.form(where, f"{where}/reply"), "text": "Один раз.", "mode": "reply"}
    first, second = alice.post(f"{where}/reply", form), alice.post(f"{where}/reply", form)
    assert (first.status_code, second.status_code) == (303, 303)
    assert second.headers["location"] == first.headers["location"]
    with desk.house.database.read() as session:
        assert len(session.scalars(select(Item.id).where(Item.kind == "reply")).all()) == 1
        assert len(session.scalars(select(Push.id)).all()) == 1


def test_the_second_reads_everything_and_takes_over_with_a_handover_note(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice", text="Первые слова.")
    where = f"/case/{case.hex()}"
    alice, bob = desk.sign_in("alice"), desk.sign_in("bob")
    alice.do(where, f"{where}/accept", second="bob")
    alice.do(where, f"{where}/note", note="Заметка до передачи.")
    assert "Первые слова." in bob.page(where)
    bare = alice.do(where, f"{where}/assign", to="bob", handover="")
    assert bare.status_code == 422
    given = alice.do(where, f"{where}/assign", to="bob", handover="Срок жалобы пятого числа.")
    assert given.status_code == 303
    assert (case_of(desk, case).assignee, case_of(desk, case).second) == ("bob", "alice")
    page = bob.page(where)
    assert "Заметка до передачи." in page
    assert "Срок жалобы пятого числа." in page


def test_a_card_is_shown_for_a_reason_and_journalled(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice", card={"kind": "text", "text": "Иванченко Пётр, 8 900 000-00-00"})
    where = f"/case/{case.hex()}"
    alice = desk.sign_in("alice")
    assert "Иванченко" not in alice.page(where)
    alice.do(where, f"{where}/accept", second="bob")
    assert alice.get(f"{where}/card").status_code == 303
    assert alice.do(where, f"{where}/card", reason="curiosity").status_code == 422
    assert alice.do(where, f"{where}/card", reason="other").status_code == 422
    assert "open-card" not in acts(desk, case)
    assert alice.do(where, f"{where}/card", reason="contact").status_code == 303
    assert "Иванченко Пётр" in alice.page(f"{where}/card")
    assert acts(desk, case).count("open-card") == 1
    assert "Иванченко" not in alice.page(where)
    alice.do(f"{where}/card", f"{where}/card/away")
    assert alice.get(f"{where}/card").status_code == 303


def test_a_card_goes_away_by_itself(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice")
    where = f"/case/{case.hex()}"
    alice = desk.sign_in("alice")
    alice.do(where, f"{where}/accept", second="bob")
    alice.do(where, f"{where}/card", reason="safety")
    desk.house.now += timedelta(minutes=4)
    assert alice.get(f"{where}/card").status_code == 303


def test_a_tips_card_stays_with_the_custodian_until_released(desk: DeskHouse) -> None:
    case = desk.file_case("editors", assignee="carol", card={"kind": "text", "text": "Сокровенное имя"})
    where = f"/case/{case.hex()}"
    carol, erin = desk.sign_in("carol"), desk.sign_in("erin")
    carol.do(where, f"{where}/accept", second="dan")
    form = carol.form(where, f"{where}/note")
    assert carol.post(f"{where}/card", {**form, "reason": "contact"}).status_code == 404
    assert erin.get(where).status_code == 403, "a custodian reads no narrative"
    erin.do("/bench", f"/case/{case.hex()}/card", reason="safety")
    assert "Сокровенное имя" in erin.page(f"{where}/card")
    released = erin.do("/bench", f"/bench/{case.hex()}/release", words="Угроза: нужно позвонить.")
    assert released.status_code == 303
    with desk.house.database.read() as session:
        held = select(Grant.staff).where(Grant.owner == case, Grant.compartment == "identity")
        assert {"carol", "dan", "erin"} <= set(session.scalars(held))
    assert acts(desk, case).count("grant") == 1


def test_a_file_is_shown_as_a_picture_and_exported_only_with_a_journal_row(desk: DeskHouse) -> None:
    picture = BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "JPEG")
    body = picture.getvalue()
    case = desk.file_case(assignee="alice", files=(("../../рапорт.jpg", "image/jpeg", body),))
    where = f"/case/{case.hex()}"
    alice, bob = desk.sign_in("alice"), desk.sign_in("bob")
    alice.do(where, f"{where}/accept", second="")
    with desk.house.database.read() as session:
        item = session.scalars(select(Item.id).where(Item.kind == "file")).one().hex()
    shown = alice.get(f"{where}/file/{item}/picture")
    assert shown.headers["content-type"] == "image/png"
    assert shown.content.startswith(b"\x89PNG")
    assert "export" not in acts(desk, case)
    saved = alice.do(f"{where}/file/{item}", f"{where}/file/{item}/export")
    assert saved.content == body
    assert saved.headers["content-type"] == "application/octet-stream"
    assert "attachment" in saved.headers["content-disposition"]
    assert "/" not in saved.headers["content-disposition"].partition("''")[2]
    assert acts(desk, case).count("export") == 1
    for path in (f"{where}/file/{item}", f"{where}/file/{item}/picture"):
        assert bob.get(path).status_code == 404
    other = desk.file_case(assignee="alice")
    assert alice.get(f"/case/{other.hex()}/file/{item}").status_code == 404


def test_a_reply_carries_a_file_only_after_it_was_looked_at(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice")
    where = f"/case/{case.hex()}"
    alice = desk.sign_in("alice")
    alice.do(where, f"{where}/accept", second="bob")
    paper = {"file": ("C:\\жалоба.docx", b"PK" * 500, "application/msword")}
    assert alice.upload(where, f"{where}/reply", paper, mode="reply").status_code == 409
    sent = alice.upload(where, f"{where}/reply", paper, mode="reply", file_is_safe="1")
    assert sent.status_code == 303
    page = alice.page(where)
    assert "жалоба.docx" in page
    assert "C:\\" not in page


def test_an_answer_needs_words_and_a_way_to_the_person(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice", push=False)
    where = f"/case/{case.hex()}"
    alice = desk.sign_in("alice")
    alice.do(where, f"{where}/accept", second="bob")
    assert "No way to answer" in alice.page(where)
    form = alice.form(where, f"{where}/reply")
    assert alice.post(f"{where}/reply", {**form, "text": ""}).status_code == 422
    assert alice.post(f"{where}/reply", {**form, "text": "слово"}).status_code == 409
    assert "reply" not in acts(desk, case)


def test_declining_giving_back_and_spam_need_codes_of_the_house(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    for act, code in (("give-back", "conflict"), ("decline", "out_of_scope"), ("spam", "")):
        case = desk.file_case(assignee="alice")
        where = f"/case/{case.hex()}"
        if code:
            assert alice.do(where, f"{where}/{act}", code="mood").status_code == 422
        done = alice.do(where, f"{where}/{act}", code=code, reason="Родственник моего клиента.")
        assert done.status_code == 303
        assert acts(desk, case)[-1] == act
    with desk.house.database.read() as session:
        assert len(session.scalars(select(Item.id).where(Item.kind == "reason")).all()) == 2


def test_a_closed_case_reopens_and_the_cover_sheet_names_it(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice", cover={"wants": "legal"})
    where = f"/case/{case.hex()}"
    alice = desk.sign_in("alice")
    assert "Needs a lawyer" in alice.page("/queue")
    alice.do(where, f"{where}/accept", second="bob")
    alice.do(where, f"{where}/cover", topic="absence", region="RU-PRI", branch="marines", relation="mother")
    assert "Absence without leave" in alice.page("/queue")
    assert subjects()["RU-PRI"].en in alice.page("/queue")
    alice.do(where, f"{where}/close", outcome="advised")
    assert case_of(desk, case).status == "closed"
    assert where not in alice.page("/queue")
    assert where in alice.page("/queue?ended=1")
    alice.do(where, f"{where}/reopen")
    assert case_of(desk, case).status == "open"


def test_cases_merge_into_one_this_person_has_opened(desk: DeskHouse) -> None:
    one, other = desk.file_case(assignee="alice"), desk.file_case(assignee="alice")
    alice = desk.sign_in("alice")
    where = f"/case/{one.hex()}"
    alice.page(where)
    ghost = alice.do(where, f"{where}/merge", into="000-000")
    assert ghost.status_code == 409
    alice.page(f"/case/{other.hex()}")
    done = alice.do(where, f"{where}/merge", into=f"{other.hex()[:3]}-{other.hex()[3:6]}")
    assert done.headers["location"] == f"/case/{other.hex()}"
    assert case_of(desk, one).merged_into == other


def test_a_silent_hub_is_said_and_nothing_is_shown(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice")
    alice = desk.sign_in("alice")
    desk.hub.end()
    answer = alice.get(f"/case/{case.hex()}")
    assert answer.status_code == 503
    assert "Прошу помощи" not in answer.text


def test_without_a_hub_an_acceptance_stands_and_its_keys_follow(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice")
    where = f"/case/{case.hex()}"
    alice = desk.sign_in("alice")
    alice.page(where)
    desk.hub.end()
    assert alice.do(where, f"{where}/accept", second="bob").status_code == 303
    assert "has not confirmed" in alice.page(where)
    desk.restart_hub()
    assert desk.waits_for(lambda: "has not confirmed" not in alice.page(where))
    with desk.house.database.read() as session:
        generations = select(Grant.generation).where(Grant.owner == case, Grant.compartment == "content")
        assert set(session.scalars(generations)) == {0, 1}


def test_text_of_the_tipster_is_never_markup(desk: DeskHouse) -> None:
    nasty = "<script>alert(1)</script> {{ 7*7 }} \u202e <img src=x>"
    case = desk.file_case(assignee="alice", text=nasty)
    page = desk.sign_in("alice").page(f"/case/{case.hex()}")
    assert "<script>" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;" in page


def test_addresses_that_are_no_ids_lead_nowhere(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    for name in ("x", "0" * 31, "0" * 33, "Z" * 32, "%00", "..%2f..%2fetc"):
        assert alice.get(f"/case/{name}").status_code == 404, name


def test_a_hand_in_the_hub_lost_is_handed_in_anew(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice")
    where = f"/case/{case.hex()}"
    alice = desk.sign_in("alice")
    alice.page(where)
    desk.hub.end()
    alice.do(where, f"{where}/accept", second="bob")
    keeper.clear(desk.house.database)
    desk.restart_hub()
    assert desk.waits_for(lambda: "has not confirmed" not in alice.page(where))
    with desk.house.database.read() as session:
        assert session.get(SealingKey, (case, "content", 1)) is not None


def test_a_handover_cut_short_is_finished_when_its_lawyer_looks(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice")
    where = f"/case/{case.hex()}"
    alice = desk.sign_in("alice")
    alice.page(where)
    desk.hub.end()
    alice.do(where, f"{where}/accept", second="")
    with desk.house.database.write() as session:
        # What was handed in is lost with the desk that kept it.
        session.execute(delete(HandIn))
    desk.app.state.desk.sessions.end_of("alice")
    desk.restart_hub()
    desk.sign_in("alice").page(where)
    with desk.house.database.read() as session:
        holders = set(session.scalars(select(Grant.staff).where(Grant.owner == case)))
    assert holders == {"alice", "recovery"}


def test_only_the_signed_in_make_the_desk_hold_a_file(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice")
    body = {"file": ("large.bin", b"0" * 2_000_000, "application/octet-stream")}
    stranger = desk.browser().post(f"/case/{case.hex()}/reply", {"text": "x"}, files=body)
    assert stranger.status_code == 413


def test_words_slipped_into_the_database_are_marked_as_nobodys(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice", text="Настоящие слова.")
    where = f"/case/{case.hex()}"
    alice = desk.sign_in("alice")
    assert "signature does not hold" not in alice.page(where)
    with desk.house.database.write() as session:
        # Mallory holds the disk: the public half is there, so anybody can seal to it.
        key = keys.public_of(session.get_one(SealingKey, (case, "content", 0)))
        batch = rows.Rows()
        payload = {"text": "Встретимся у части в полночь.", "at": desk.house.now.isoformat(), "seq": 9}
        keys.seal_item(
            batch, key, kind="message", author="tipster", payload=payload, day=desk.house.now.date()
        )
        rows.write(session, [batch])
    page = alice.page(where)
    assert page.count("signature does not hold") == 1


def test_an_answer_never_goes_to_a_mailbox_somebody_slipped_in(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice")
    where = f"/case/{case.hex()}"
    alice = desk.sign_in("alice")
    alice.do(where, f"{where}/accept", second="bob")
    mallory = Identity.generate()
    with desk.house.database.write() as session:
        key = keys.public_of(session.get_one(SealingKey, (case, "content", 1)))
        batch = rows.Rows()
        box = {"id": "ab" * 16, "recipient": mallory.recipient.raw.hex()}
        keys.seal_item(batch, key, kind="mailbox", author="hub", payload=box, day=desk.house.now.date())
        batch.add(Mailbox, id=b"\xab" * 16, recipient=mallory.recipient.raw, route=b"", expires=None)
        rows.write(session, [batch])
    assert "1 item without a valid signature was set aside" in alice.page(where)
    alice.do(where, f"{where}/reply", text="Только тому, кто писал.", mode="reply")
    with desk.house.database.read() as session:
        boxes = session.scalars(select(Letter.mailbox)).all()
    assert boxes
    assert b"\xab" * 16 not in boxes


def test_nobody_is_offered_a_case_that_came_while_they_were_away(desk: DeskHouse) -> None:
    with desk.house.database.write() as session:
        session.get_one(StaffState, "bob").on_duty = False
    case = desk.file_case("legal").hex()
    with desk.house.database.write() as session:
        session.get_one(StaffState, "bob").on_duty = True
    assert case in desk.sign_in("alice").page("/queue")
    assert case not in desk.sign_in("bob").page("/queue")


def test_a_full_disk_is_named_and_what_was_written_is_handed_back(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice")
    alice = desk.sign_in("alice")
    where = f"/case/{case.hex()}"
    alice.do(where, f"{where}/accept", second="")
    fields = alice.form(where, f"{where}/note")
    pages = [1]  # SQLite takes what it has already as the least

    @event.listens_for(desk.house.database.engine, "begin")
    def _limit(connection: Any) -> None:
        connection.connection.dbapi_connection.execute(f"PRAGMA max_page_count={pages[0]}")

    full = alice.post(f"{where}/note", {**fields, "note": "слова, которых жаль " + "ж" * 19_000})
    assert full.status_code == 503
    assert "the disk is full" in full.text
    assert "слова, которых жаль" in full.text
    pages[0] = 1_000_000
    alice.do(where, f"{where}/note", note="слова, которых жаль")
    assert "слова, которых жаль" in alice.page(where)
