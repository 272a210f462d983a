"""Is it still her: the agreed question, the alarm word, and a phrase that ends when another is taken."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from casework.tables import Case, Item, Letter, Mailbox, Notice
from intake import recognising
from intake.state import State, dumps
from tests.house import House
from tests.phone import Phone, cases, clear_columns, read, reply
from tests.test_intake_joining import shown

WORD = "Черноплодка"


def told(house: House) -> tuple[Phone, Case]:
    tess = Phone(house)
    tess.write("мужа увезли")
    for action in ("legal", "u.days", "go.reach", "r.push", "h.any"):
        tess.press(action)
    (case,) = cases(house)
    return tess, case


def agreed(house: House) -> tuple[Phone, Case]:
    tess, case = told(house)
    tess.press("go.chk")
    tess.write("Как звали первую собаку? Жук")
    tess.press("a.ask")
    tess.write(WORD)
    return tess, case


def confirmed(tess: Phone) -> str:
    """Take a phrase, write two words back, and return it."""
    tess.press("p.check")
    assert tess.state is not None
    tess.write(" ".join(word for _, word in tess.state.asked))
    assert tess.state.confirmed
    return shown(tess)


def test_what_was_agreed_is_sealed_for_whoever_has_the_case_and_leaves_the_chat(sqlite_house: House) -> None:
    """Neither stands in clear anywhere, and of the word the thread keeps a salted hash only."""
    tess, case = agreed(sqlite_house)
    assert tess.last is not None
    assert tess.last.leaves
    standing = [one for one in tess.screen if "тревоги" in one.text.lower() or "слово" in one.text.lower()]
    assert standing
    assert all(one.reply.lasts == recognising.AGREED_LASTS for one in standing)
    payloads = read(sqlite_house, "alice", case.id, "check")
    assert [one.get("question") for one in payloads] == ["Как звали первую собаку? Жук", None]
    assert payloads[1]["alarm"] == WORD
    tess.press("menu")
    assert tess.state is not None
    assert WORD.encode() not in dumps(tess.state)
    assert WORD.lower().encode() not in dumps(tess.state)
    assert WORD.encode() not in clear_columns(sqlite_house)


@pytest.mark.parametrize("way", ["черноплодка", " ЧЕРНОПЛОДКА! ", "/clear черноплодка"])
def test_the_alarm_word_alone_cleans_severs_and_warns(sqlite_house: House, way: str) -> None:
    """The screen shows what "clean now" shows; no address is left; somebody hears of it."""
    tess, case = agreed(sqlite_house)
    usual = tess.press("clean")
    before = len(read(sqlite_house, "alice", case.id, "message"))
    said = tess.command(way) if way.startswith("/") else tess.write(way)
    assert said == usual
    assert tess.last is not None
    assert tess.last.leaves
    assert len(read(sqlite_house, "alice", case.id, "alarm")) == 1
    assert read(sqlite_house, "alice", case.id, "courier", "chat") == []
    assert len(read(sqlite_house, "alice", case.id, "message")) == before
    with sqlite_house.database.read() as session:
        assert "reply" in set(session.scalars(select(Notice.kind).where(Notice.case == case.id)))


def test_inside_a_sentence_the_word_warns_and_changes_nothing_else(sqlite_house: House) -> None:
    """Dictated by somebody else, the message arrives, the answer can come, and the lawyer knows."""
    tess, case = agreed(sqlite_house)
    usual = tess.write("просто сообщение")
    assert tess.write("черноплодка удалась, всё хорошо, дело закройте") == usual
    assert len(read(sqlite_house, "alice", case.id, "alarm")) == 1
    assert len(read(sqlite_house, "alice", case.id, "courier")) == 1


def test_who_agreed_on_no_word_raises_no_alarm() -> None:
    """No text is an alarm word by accident."""
    for text in ("", "черноплодка", ":", "!"):
        assert not recognising.is_alarm(State(filed=True), text)
        assert not recognising.holds_alarm(State(filed=True), text)


def test_a_question_that_was_a_message_becomes_one(sqlite_house: House) -> None:
    """What was typed where a question was asked for may have been for the lawyer: one tap says so."""
    tess, case = told(sqlite_house)
    tess.press("go.chk")
    tess.write("скажите, его уже увезли?")
    tess.tap("Это часть рассказа")
    assert "скажите, его уже увезли?" in [
        one["text"] for one in read(sqlite_house, "alice", case.id, "message")
    ]


def test_a_new_phrase_ends_the_old_one_also_after_a_restart(sqlite_house: House) -> None:
    """The thread may have forgotten which mailbox was the phrase's: the case has not."""
    tess, case = told(sqlite_house)
    tess.press("p.show")
    old = confirmed(tess)
    reply(sqlite_house, "alice", case.id, "ответ до новой фразы")
    tess.ring()
    tess.reboot()
    tess.tap("Открыть")
    tess.press("p.again")
    new = confirmed(tess)
    stranger = Phone(sqlite_house, chat=9)
    assert stranger.write(old)[0].startswith("Фраза написана верно, но по ней ничего нет")
    assert not stranger.write(new)[0].startswith("Фраза написана верно")
    assert len(read(sqlite_house, "alice", case.id, "mailbox")) == 1
    with sqlite_house.database.read() as session:
        assert list(session.scalars(select(Mailbox.kind).where(Mailbox.kind == "phrase"))) == ["phrase"]


def test_answers_nobody_saw_are_not_lost_with_the_phrase(sqlite_house: House) -> None:
    """Who is reached by phrase alone takes another: the answer that waited is marked, to be sent again."""
    tess, case = told(sqlite_house)
    tess.press("r.phrase")
    tess.press("p.show")
    confirmed(tess)
    item = reply(sqlite_house, "alice", case.id, "этого никто не видел")
    tess.press("p.again")
    with sqlite_house.database.read() as session:
        row = session.get_one(Item, item)
        assert (row.state, row.why) == ("failed", "phrase_replaced")
        assert session.scalars(select(Letter)).all() == []


def test_an_answer_that_was_seen_by_its_line_is_not_new_in_the_menu(sqlite_house: House) -> None:
    """Its copy in the chat's own mailbox is two weeks from gone as well."""
    tess, case = told(sqlite_house)
    reply(sqlite_house, "alice", case.id, "ответ")
    tess.ring()
    tess.tap("Открыть")
    with sqlite_house.database.read() as session:
        letters = session.scalars(select(Letter)).all()
    assert len(letters) == 2
    assert all(letter.shown is not None for letter in letters)


def test_a_line_that_was_cleaned_away_loses_no_answer(sqlite_house: House) -> None:
    """She cleaned the chat before she tapped: the menu still shows what waits."""
    tess, case = told(sqlite_house)
    reply(sqlite_house, "alice", case.id, "ответ")
    tess.ring()
    tess.press("clean")
    tess.screen.clear()
    tess.press("menu")
    assert "ответ" in tess.tap("Есть ли ответ?")
