"""What a story says in passing: how soon, of what, for whom; for people who tell it and tap nothing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.tables import Case
from intake import noticing, soon, topics
from intake.noticing import Noticed
from intake.state import dumps
from tests.house import NOON, House
from tests.phone import Phone, cases, clear_columns, read

# A Tuesday, as NOON is.
TUESDAY = NOON.date()


def read_all(*texts: str) -> Noticed:
    """Return what is noticed in a story of *texts*."""
    seems = ""
    for text in texts:
        seems = noticing.add(seems, noticing.notice(text, NOON))
    return noticing.read(seems)


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("завтра", 1), ("післязавтра", 2), ("the day after tomorrow", 2), ("до пятницы", 3), ("в пн", 6),
        ("у четвер", 2), ("on Friday", 3), ("16 марта", 6), ("до 17го", 7), ("числа 14-го", 4),
        ("березня 16", 6), ("к 15.03", 5), ("через три дня", 3), ("осталась неделя", 7),
        ("недели две у нас есть", 14),
        ("in 5 days", 5), ("дали 4 часа", 0), ("в 5 утра", 0), ("за кілька днів", 4),
        ("три дня назад", None), ("2 марта", None), ("пятница", None), ("через год", None),
        ("31 февраля", None),
    ],
)  # fmt: skip
def test_a_time_to_come_is_known_by_its_words(words: str, days: int | None) -> None:
    """What is over, or cannot be, is no time."""
    found = [number for _place, number in soon.ahead(noticing._split(words), TUESDAY)]
    assert found[:1] == ([] if days is None else [days])


def test_a_day_of_the_next_year_is_near_in_december() -> None:
    words = ["до", "3", "января"]
    assert [days for _place, days in soon.ahead(words, date(2026, 12, 30))] == [4]


@pytest.mark.parametrize(
    ("told", "urgency"),
    [
        (["сына завтра увозят на передовую"], "now"),
        (["завтра его никуда не увозят"], None),
        (["вчера всех увезли, завтра напишу подробнее"], None),
        (["в четверг уехал, с тех пор тихо"], None),
        (["в четверг отправка"], "now"),
        (["через неделю присяга, он не хочет"], "days"),
        (["держат в ангаре, воды не дают"], "now"),
        (["держали в ангаре, потом отпустили"], None),
        (["никого не бьют, просто пугают"], None),
        (["это не срочно, он служит срочную"], None),
        (["если повезут назад, я себя убью"], "now"),
        (["суд 16 марта"], "days"),
        (["they don't beat him"], None),
        (["they take him to the front tomorrow"], "now"),
        (["чоловіка зранку відправляють у Ростов"], "now"),
    ],
)
def test_how_soon_is_told_from_what_is_to_come_and_not_denied(told: list[str], urgency: str | None) -> None:
    """A word that was denied, or is over, says nothing of the kind."""
    assert read_all(*told).urgency == urgency


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (["опубликуйте это, меня не называйте"], "tell"),
        (["пусть люди знают", "и подскажите, что делать"], None),
        (["не публикуйте, но пусть все знают правду"], None),
        (["помощь мне не нужна, просто чтобы люди знали"], "tell"),
        (["напишите об этом, нас завтра увозят на штурм"], "both"),
        (["мне нужен адвокат"], None),
        (["I want this published. I do not need a lawyer"], "tell"),
    ],
)
def test_only_who_wants_it_known_and_asks_nothing_is_for_the_editors(
    told: list[str], kind: str | None
) -> None:
    """In doubt it goes where nothing is published; in danger a lawyer sees it first."""
    assert read_all(*told).kind == kind


def test_of_several_matters_the_gravest_is_noted_and_each_is_one_that_can_be_answered() -> None:
    assert read_all("он мобилизованный, контужен, и его бьют").matter == "held"
    assert read_all("у него контракт, он служит").matter is None
    names = set(noticing._lines("matter"))
    assert names == {one.code for one in topics.load("topic")} - {"other"}


def test_a_forward_says_how_soon_but_not_what_its_sender_wants() -> None:
    found = noticing.notice("опубликуйте! нас завтра увозят", NOON, forwarded=True)
    assert "now" in found
    assert not found & {"tell", "advice"}


@given(st.text(max_size=200), st.dates(date(2024, 1, 1), date(2030, 1, 1)))
def test_any_text_is_read_without_fault_and_leaves_names_only(text: str, today: date) -> None:
    """What is kept between two messages is a set of known names, never a word of the text."""
    known = {"now", "days", "advice", "no_advice", "tell", "not_tell"} | {
        one.code for one in topics.load("topic")
    }
    assert noticing.notice(text, NOON + (today - TUESDAY)) <= known


def told_silently(house: House, *texts: str) -> Case:
    """Let Tess tell *texts* and put the phone away for two hours."""
    tess = Phone(house, chat=800_000_000 + len(cases(house)))
    before = {one.id for one in cases(house)}
    for text in texts:
        tess.write(text)
    assert tess.state is not None
    assert "канарейк".encode() not in dumps(tess.state)
    tess.rest()
    house.now -= timedelta(hours=2)
    return next(one for one in cases(house) if one.id not in before)


def test_who_taps_nothing_is_handed_over_as_what_they_said(sqlite_house: House) -> None:
    """A mother and a witness who put the phone away: urgent with its matter, and to the editors."""
    mother = told_silently(sqlite_house, "сына завтра увозят канарейка", "ввк написала годен")
    assert (mother.team, mother.urgency) == ("legal", "now")
    (noted,) = read(sqlite_house, "alice", mother.id, "answers")
    assert (noted["matter"], noted["matter_noticed"]) == ("medical", True)
    witness = told_silently(sqlite_house, "канарейка: избили двоих", "опубликуйте, помощь не нужна")
    assert (witness.team, witness.urgency, witness.kind) == ("editors", "normal", "tip")
    assert "канарейк".encode() not in clear_columns(sqlite_house)


def test_what_is_answered_stands_above_what_was_noticed(sqlite_house: House) -> None:
    """She says it can wait and names another matter: so it is."""
    tess = Phone(sqlite_house)
    for text in ("мужа завтра увозят", "его бьют"):
        tess.write(text)
    assert tess.last is not None
    for action in ("legal", "u.normal", "q", "q.r.wife", "q.t.medical"):
        tess.press(action)
    (case,) = cases(sqlite_house)
    assert (case.team, case.urgency) == ("legal", "normal")
    noted = read(sqlite_house, "alice", case.id, "answers")
    assert [(one["matter"], one["matter_noticed"]) for one in noted if "matter" in one] == [
        ("held", True),
        ("medical", False),
    ]


def test_the_button_that_does_not_wait_is_shown_once(sqlite_house: House) -> None:
    """Before sending and, where it became urgent later, after; never twice."""
    tess = Phone(sqlite_house)
    tess.write("здравствуйте")
    assert tess.write("его завтра увозят")[-1].startswith("Если ждать нельзя")
    assert len(tess.write("слышите, завтра увозят")) == 1
    later = Phone(sqlite_house, chat=9)
    later.write("здравствуйте")
    for action in ("legal", "u.normal"):
        later.press(action)
    later.press("z.send")
    later.press("menu")
    assert later.write("его завтра увозят на штурм, номер части не знаю. " * 10)[-1].startswith(
        "Если стало срочно"
    )


def test_a_short_message_answers_in_words_of_its_own_and_is_kept(sqlite_house: House) -> None:
    """What says "on Thursday" where it is asked how soon is the answer, and a message a lawyer must read."""
    tess = Phone(sqlite_house)
    tess.write("заставляют подписать контракт")
    tess.press("send")
    tess.write("и помощь нужна, и пусть люди знают")
    said = tess.write("в четверг за ними приедут")
    assert any(one.startswith("Передано дежурному юристу как срочное") for one in said)
    # Nothing under the receipt offers to send what was just sent.
    assert [one.buttons for one in tess.screen if one.text == "Получено и запечатано."][-1] == []
    (case,) = cases(sqlite_house)
    assert (case.team, case.urgency) == ("legal", "now")
    texts = [one["text"] for one in read(sqlite_house, "alice", case.id, "message")]
    assert texts[-2:] == ["и помощь нужна, и пусть люди знают", "в четверг за ними приедут"]


def test_a_text_made_to_keep_the_hub_busy_is_read_as_any_other() -> None:
    """What is looked at together grows with the text, not with its square."""
    places = noticing._find(noticing._denied(noticing._split("держат " * 400 + "яме " * 400)))
    assert max(map(len, places.values())) == noticing.OFTEN
    assert noticing.notice("держат в яме " * 300, NOON) >= {"held", "now"}
