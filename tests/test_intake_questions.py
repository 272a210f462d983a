"""Questions after filing and short answers: complete lists, typed answers understood, nothing in clear."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest
from sqlalchemy import select

from casework import assigning, catalogue, journal
from casework import cases as staff_acts
from casework.tables import Case, Notice, StaffState
from desk.pages.acts import RELATIONS, TOPICS
from desk.people import MATTERS
from desk.reading import cover_of
from desk.words import CATALOGUES
from intake import question_screens, questions, rights, screens, texts, topics
from intake.state import State
from intake.topics import understand
from register.places import subjects
from register.vocabulary import Branch
from tests.cases import as_
from tests.house import House
from tests.phone import Phone, cases, clear_columns, read
from tests.test_intake_machine import world

LANGUAGES = ("ru", "uk", "en")
BY_LETTER = {letter: question for question, letter in screens.LETTERS.items()}
TAPPED = tuple(question for question in topics.QUESTIONS if question != "region")


@pytest.mark.parametrize("question", TAPPED)
def test_every_answer_has_a_short_label_in_three_languages(question: str) -> None:
    """A button on a phone holds about twenty letters; no two answers look alike."""
    choices = topics.load(question)
    assert len(choices) >= (5 if question in topics.OF_ANOTHER else 6)
    for language in LANGUAGES:
        labels = [choice.labels[language] for choice in choices]
        assert len(set(labels)) == len(labels)
        assert all(0 < len(label) <= 22 for label in labels), labels


def test_every_matter_of_law_says_as_of_when() -> None:
    """A topic without law and day cannot be checked by anybody."""
    undated = [one.code for one in topics.load("topic") if one.law is None or one.law_as_of is None]
    assert undated == ["other"]


def test_answers_are_words_the_cover_sheet_knows() -> None:
    """What a tipster taps is what the desk offers, so that lists show it and the form keeps it."""
    assert {one.sheet for one in topics.load("topic")} <= set(TOPICS)
    assert {one.sheet for one in topics.load("relation")} == set(RELATIONS)
    assert {one.sheet for one in topics.load("branch")} <= set(get_args(Branch))
    assert {one.sheet for one in topics.load("region")} == set(subjects())


@pytest.mark.parametrize(
    ("question", "text", "code"),
    [
        ("region", "в Свердловской области", "RU-SVE"),
        ("region", "Мы из Уфы", "RU-BA"),
        ("region", "респ. Дагестан", "RU-DA"),
        ("region", "Московская обл.", "RU-MOS"),
        ("region", "питер", "RU-SPE"),
        ("region", "Алтайский край", "RU-ALT"),
        ("region", "хабаровского края", "RU-KHA"),
        ("region", "Бурятія", "RU-BU"),
        ("region", "Buryatia", "RU-BU"),
        ("kind", "помогите пожалуйста юриста надо", "legal"),
        ("kind", "и совет нужен и рассказать хочу", "both"),
        ("kind", "щоб усі знали", "tell"),
        ("urgency", "в пятницу увозят", "days"),
        ("urgency", "терміново будь ласка", "now"),
        ("urgency", "by Friday please", "days"),
        ("urgency", "пока не горит", "normal"),
        ("relation", "я его мама", "mother"),
        ("relation", "сестра", "relative"),
        ("topic", "СОЧ", "awol"),
        ("topic", "ст. 337", "awol"),
        ("topic", "его бьют", "held"),
        ("topic", "в плену", "missing"),
        ("service", "мобик", "mobilised"),
        ("branch", "Морпех", "marines"),
    ],
)
def test_typed_answers_are_understood_in_any_form(question: str, text: str, code: str) -> None:
    """Cases, short forms, three languages."""
    choice = understand(question, text)
    assert choice is not None
    assert choice.code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("контракт давно закончился", "open_contract"),
        ("заставили контракт подписать", "forced_contract"),
        ("числится в соч с весны", "awol"),
        ("лежит после ранения в госпитале", "medical"),
        ("закрыли в подвале и бьют", "held"),
        ("уже месяц нет связи с мужем", "missing"),
        ("повестка через госуслуги", "summons"),
        ("чоловіка тримають у підвалі вже тиждень", "held"),
        ("my son is wounded", "medical"),
        ("он не отказался, его увезли силой", None),
        ("дело в том что боюсь", None),
        ("заставляют идти на штурм", None),
        ("контракт истек, и он ранен", None),
        ("помогите пожалуйста", None),
    ],
)
def test_a_message_is_kept_whole_and_what_it_names_is_noted(text: str, code: str | None) -> None:
    """One matter among other words; what denies, or names two, or may mean anything, names none."""
    found = topics.understand("topic", text) or topics.hint("topic", text)
    assert (None if found is None else found.code) == code


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("region", "Чита и Уфа"),
        ("region", "Новгород"),
        ("region", "сына из Читы увезли в четверг"),
        ("relation", "мать просит помочь"),
        ("topic", "сегодня бьют сильно, срочно"),
        ("topic", "контракт?"),
        ("topic", "..."),
        ("branch", "вдв " * 40),
    ],
)
def test_what_says_more_or_two_things_is_a_message(question: str, text: str) -> None:
    """Doubt goes to the lawyer as words, not into a field."""
    assert understand(question, text) is None


@pytest.mark.parametrize("question", [*topics.QUESTIONS, "kind", "urgency"])
def test_every_name_in_a_list_leads_to_its_own_answer(question: str) -> None:
    """No entry is dead because another took its words."""
    for choice in topics.load(question):
        for name in (*choice.labels.values(), *choice.words):
            found = understand(question, name)
            assert found is not None, name
            assert found.code == choice.code, name


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_desk_has_words_for_what_it_is_told(language: str) -> None:
    """A lawyer reads no codes."""
    desk = catalogue.load(CATALOGUES, language)
    keys = [f"matter.{one.code}" for one in topics.load("topic")]
    for question in ("service", *topics.OF_ANOTHER):
        keys += [f"{question}.{one.code}" for one in topics.load(question)]
    assert [key for key in keys if desk.gettext(key) == key] == []


def test_only_who_writes_about_another_is_asked_whether_he_knows() -> None:
    """A mother is asked if he knows and how he may be reached; a serviceman is not."""
    for code, asked in (("mother", True), ("serviceman", False)):
        state, seen = State(case="11" * 16, filed=True), []
        for action in (f"q.r.{code}", "q.x.t", "q.x.k", "q.x.c", "q.x.s", "q.x.b"):
            act = questions.find(action)
            assert act is not None
            if action[2] == "x" and state.stage != f"q.{BY_LETTER[action[4]]}":
                continue
            state = act(state, world()).state
            seen.append(state.stage)
        assert ("q.knows" in seen) is asked
        assert ("q.contact" in seen) is asked
        assert seen[-1] == "q.region"


def filed(house: House) -> Phone:
    tess = Phone(house)
    tess.write("сына заставляют подписать контракт")
    tess.press("f.legal")
    tess.press("u.days")
    return tess


def test_the_lawyer_finds_the_cover_sheet_filled_and_mallory_nothing(sqlite_house: House) -> None:
    """Tapped and typed answers are sealed; half a strand is kept as well as a whole one."""
    tess = filed(sqlite_house)
    tess.press("q")
    tess.press("q.r.mother")
    tess.press("q.t.forced_contract")
    tess.press("q.x.s")
    tess.write("морпех")
    tess.write("мы из Уфы")
    (case,) = cases(sqlite_house)
    found = read(sqlite_house, "alice", case.id, "answers", "cover")
    # Four answers, and what the story seemed to be about before any of them.
    assert [one["kind"] for one in found].count("answers") == 5
    merged = {name: value for one in found for name, value in one.items() if value is not None}
    assert merged["relation"] == "mother"
    assert (merged["topic"], merged["matter"]) == ("contract", "forced_contract")
    assert merged["branch"] == "marines"
    assert merged["region"] == "RU-BA"
    assert merged["region_said"] == "мы из Уфы"
    assert "service" not in merged
    stolen = clear_columns(sqlite_house)
    for secret in ("mother", "forced_contract", "marines", "RU-BA", "морпех", "мы из Уфы"):
        assert secret.encode() not in stolen


def test_questions_of_an_older_program_are_forgotten_not_fatal() -> None:
    """A stage this program does not know takes no text and breaks no receipt."""
    state = State(stage="q.rank", case="11" * 16)
    assert screens.asked_in(state) is None
    assert questions.hear(state, "сержант") is None
    assert texts.render(screens.receipt(state, 1, 0), "ru").text


def test_in_a_house_without_anybody_no_answer_is_taken() -> None:
    """Where nobody could open it, nothing is sealed and the person hears so."""
    empty = world(teams=())
    act = questions.find("q.t.awol")
    assert act is not None
    step = act(State(case="11" * 16), empty)
    assert not step.effects
    assert [getattr(reply, "key", "") for reply in step.replies] == ["house.empty"]


def test_the_last_answer_to_a_question_stands(sqlite_house: House) -> None:
    """A slip of the finger is mended by tapping again, within the same minute too."""
    tess = filed(sqlite_house)
    for action in ("q", "q.r.wife", "q.r.mother"):
        tess.press(action)
    (case,) = cases(sqlite_house)
    payloads = read(sqlite_house, "alice", case.id, "answers")
    assert [one["relation"] for one in payloads if "relation" in one] == ["wife", "mother"]


def test_a_story_told_among_the_questions_is_a_message(sqlite_house: House) -> None:
    """It is received as ever, and the next question is a tap away."""
    tess = filed(sqlite_house)
    tess.press("q")
    said = tess.write("подождите, он звонит, говорит что их строят")
    assert said == [texts.say("receipt.one", "ru")]
    assert texts.say("button.q.on", "ru") in [label for label, _ in tess.screen[-1].buttons]
    (case,) = cases(sqlite_house)
    assert "строят" in read(sqlite_house, "alice", case.id, "message")[-1]["text"]


def test_nothing_is_asked_before_the_case_is_handed_over(sqlite_house: House) -> None:
    """The questions are on no screen of a case still being written."""
    tess = Phone(sqlite_house)
    tess.write("начало")
    tess.press("menu")
    assert not [data for shown in tess.screen for _, data in shown.buttons if data.endswith("q")]


@pytest.mark.parametrize("topic", rights.answered())
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_short_answer_is_whole_dated_and_ends_with_a_person(topic: str, language: str) -> None:
    """It fits one message, says as of when and whether a lawyer saw it, and offers to ask one."""
    assert (rights.FOLDER / f"{topic}.{language}.txt").exists()
    assert not {"{", "}"} & set(rights.load(topic, language).text)
    said = question_screens.short_answer(State(), topic)
    message = texts.render(said, language)
    assert len(message.text.encode("utf-16-le")) // 2 <= texts.LONGEST
    assert f"{rights.load(topic, language).law_as_of:%d.%m.%Y}" in message.text
    checked = rights.load(topic, language).reviewed_by is not None
    assert (texts.say("law.unchecked", language) in message.text) is not checked
    assert message.keyboard[0][0][1] == "law.ask"


def test_an_answer_nobody_checked_is_listed() -> None:
    """Each name is one there is, so that the list shrinks by reviewing and not by renaming."""
    for name in rights.unreviewed():
        topic, language = name.split(".")
        assert rights.load(topic, language).reviewed_by is None


def test_a_reviewed_file_says_by_whom() -> None:
    """The head is two lines; without them a file is refused."""
    answer = rights.parse("law as of: 2026-01-31\nreviewed by: alice\n\nТекст.\n")
    assert (answer.law_as_of, answer.reviewed_by, answer.text) == (date(2026, 1, 31), "alice", "Текст.")
    for broken in ("Текст.", "law as of: 2026-01-31\n\nТекст.", "law as of: soon\nreviewed by:\n\nТекст."):
        with pytest.raises(ValueError, match=r"answer|isoformat"):
            rights.parse(broken)


def test_asking_a_person_after_a_short_answer_begins_a_request_for_advice(sqlite_house: House) -> None:
    """Whoever read first and wrote then need not say again what it is."""
    tess = Phone(sqlite_house)
    for action in ("law", "law.awol", "law.ask"):
        tess.press(action)
    tess.write("он ушёл неделю назад, что делать")
    tess.press("send")
    tess.press("u.days")
    (case,) = cases(sqlite_house)
    assert (case.team, case.status) == ("legal", "new")


def test_a_desks_own_cover_sheet_stands_above_the_answers() -> None:
    """What a careful reader wrote is not undone by a later tap."""

    class Row:
        generation = 0
        day = date(2026, 3, 10)

        def __init__(self, kind: str) -> None:
            self.kind = kind

    late = {"at": "2026-03-11T12:00", "seq": 9, "topic": "contract"}
    sheet = {"at": "2026-03-10T12:00", "topic": "refusal"}
    assert cover_of([(Row("answers"), late), (Row("cover"), sheet)])["topic"] == "refusal"  # type: ignore[list-item]


def works_on(house: House, staff: str, **named: str) -> None:
    with house.database.write() as session:
        row = session.get_one(StaffState, staff)
        for name, value in named.items():
            setattr(row, name, value)


def proposed(house: House) -> Case:
    with house.database.read() as session:
        return session.scalars(select(Case)).one()


def reasons(house: House, staff: str) -> list[tuple[str, object]]:
    items = read(house, staff, proposed(house).id, "routing")
    return [(one["code"], one.get("asked")) for one in items]


def test_what_a_case_turns_out_to_be_about_goes_to_whoever_works_on_it(sqlite_house: House) -> None:
    """Filed first, asked then: nobody waits for answers, and one sealed sentence says why it went over."""
    house = sqlite_house
    works_on(house, "bob", topics="awol trial", subjects="RU-BA", case_limit=3)
    works_on(house, "alice", case_limit=0)
    tess = filed(house)
    works_on(house, "alice", case_limit=9)
    assert proposed(house).assignee == "bob"
    for action in ("q", "q.r.mother", "q.t.forced_contract"):
        tess.press(action)
    assert proposed(house).assignee == "alice", "Bob works on other things"
    assert tess.state is not None
    assert tess.state.topic == "forced_contract"
    tess.press("q.t.awol")
    case = proposed(house)
    assert case.assignee == "bob"
    assert ("fits", {"topic": "awol"}) in reasons(house, "bob")
    with house.database.read() as session:
        told = session.scalars(select(Notice.staff).where(Notice.case == case.id)).all()
    assert told == ["bob"], "whoever it is no longer proposed to hears nothing more"
    works_on(house, "alice", subjects="RU-SVE", topics="awol")
    tess.press("q.x.s")
    tess.press("q.x.b")
    tess.write("Екатеринбург")
    assert proposed(house).assignee == "alice"
    assert ("fits", {"subject": "RU-SVE"}) in reasons(house, "alice")
    assert tess.state.topic == "", "no longer remembered than the questions are asked"
    assert proposed(house).version == 1, "nobody who looks at it is told that it changed"


@pytest.mark.parametrize("how", ["urgent", "accepted", "given", "gave back"])
def test_what_is_urgent_or_in_hands_stays_there(sqlite_house: House, how: str) -> None:
    """No answer takes a case from a person, and none costs an urgent one time."""
    house = sqlite_house
    works_on(house, "bob", case_limit=0)
    tess = filed(house)
    works_on(house, "bob", case_limit=9, topics="awol")
    case = proposed(house)
    assert case.assignee == "alice"
    with house.database.write() as session:
        if how == "urgent":
            session.get_one(Case, case.id).urgency = "now"
        elif how == "accepted":
            staff_acts.accept(session, case.id, 1, "bob", as_(house, "alice"))
        elif how == "given":
            assigning.assign(session, case.id, 1, "alice", None, as_(house, "olga"))
        else:
            journal.write(session, "give-back", by=house.actor("bob"), day=house.now.date(), case=case.id)
    tess.press("q")
    tess.press("q.t.awol")
    assert proposed(house).assignee == "alice"
    assert len(read(house, "alice", case.id, "routing")) == 1


def test_staff_name_what_tipsters_are_asked() -> None:
    assert tuple(one.code for one in topics.load("topic")) == MATTERS
