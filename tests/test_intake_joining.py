"""The son beside his mother: one lawyer, two conversations, nothing that passes between them by itself."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from casework import erasure, post
from casework.tables import Case, Item, Mailbox, Notice
from tests.house import House
from tests.phone import Phone, cases, clear_columns, holders, read, reply

HER, HIS = "сын в части, его не отпускают", "меня держат, рапорт порвали"


def case_at(phone: Phone) -> Case:
    assert phone.state is not None
    here = bytes.fromhex(phone.state.case or "")
    return next(one for one in cases(phone.house) if one.id == here)


def shown(phone: Phone) -> str:
    """Return the ten words that stand on the newest screen which shows some."""
    lines = [one.text for one in phone.screen if "\n10. " in one.text][-1].splitlines()
    return " ".join(line.split(". ")[1] for line in lines if line[:1].isdigit())


def a_mother(house: House, kind: str = "legal") -> Phone:
    """She told, and holds words for her son."""
    mother = Phone(house)
    mother.write(HER)
    for action in (kind, "u.days", "go.reach", "r.push", "h.any"):
        mother.press(action)
    return mother


def invited(house: House) -> tuple[Phone, str]:
    mother = a_mother(house)
    mother.press("go.inv")
    mother.press("i.show")
    return mother, shown(mother)


def joined(house: House, words: str, chat: int = 700_000_055) -> Phone:
    """He typed the words, told and sent."""
    son = Phone(house, chat=chat)
    son.write(words)
    son.write(HIS)
    for action in ("u.days", "go.reach", "r.push", "h.any"):
        son.press(action)
    return son


def accept(house: House, case: bytes, second: str | None = "bob") -> None:
    """Let Alice answer for a case, as its row and the journal say."""
    with house.database.write() as session:
        taken = {"status": "accepted", "assignee": "alice", "second": second}
        session.execute(update(Case).where(Case.id == case).values(**taken))
    house.put_on(case, "alice", second)


def test_the_invited_one_comes_to_the_same_people_with_a_case_of_his_own(sqlite_house: House) -> None:
    """New where hers is new; the other one's id is sealed into both, and stands nowhere in clear."""
    mother, words = invited(sqlite_house)
    son = joined(sqlite_house, words)
    hers, his = case_at(mother), case_at(son)
    assert (his.team, his.kind, his.status) == ("legal", "legal", "new")
    assert his.assignee == hers.assignee
    assert read(sqlite_house, "alice", hers.id, "joined")[0]["case"] == his.id.hex()
    assert read(sqlite_house, "alice", his.id, "joined")[0]["case"] == hers.id.hex()
    assert hers.id.hex().encode() not in clear_columns(sqlite_house)


def test_an_accepted_case_is_joined_by_one_that_only_its_people_hold(sqlite_house: House) -> None:
    """Whoever answers for hers answers for his at once and hears of it; nobody else holds a key."""
    mother, words = invited(sqlite_house)
    accept(sqlite_house, case_at(mother).id)
    sqlite_house.revoke("bob")
    son = joined(sqlite_house, words)
    his = case_at(son)
    assert (his.status, his.assignee, his.second) == ("accepted", "alice", None)
    for compartment in ("content", "identity"):
        assert holders(sqlite_house, his.id, compartment) == {"alice", "recovery"}
    with sqlite_house.database.read() as session:
        told = set(session.scalars(select(Notice.staff).where(Notice.case == his.id)))
    assert told == {"alice"}
    assert sqlite_house.book().of(his.id, "legal").people == ("alice",), "signed by the hub"


def test_a_column_sends_nobody_into_the_hands_of_mallory(sqlite_house: House) -> None:
    mother, words = invited(sqlite_house)
    accept(sqlite_house, case_at(mother).id, second=None)
    with sqlite_house.database.write() as session:
        session.execute(update(Case).values(assignee="bob", second="bob"))
    his = case_at(joined(sqlite_house, words))
    assert (his.assignee, his.second) == ("alice", None)
    assert holders(sqlite_house, his.id, "content") == {"alice", "recovery"}


def test_each_is_shown_only_what_was_said_to_them(sqlite_house: House) -> None:
    """An answer to one is in no mailbox of the other, and no screen of one holds a word of the other."""
    mother, words = invited(sqlite_house)
    son = joined(sqlite_house, words)
    reply(sqlite_house, "alice", case_at(son).id, "только ему")
    reply(sqlite_house, "alice", case_at(mother).id, "только ей")
    for phone, own, other in ((mother, "только ей", "только ему"), (son, "только ему", "только ей")):
        phone.ring()
        assert own in phone.tap("Открыть")
        everything = "\n".join(one.text for one in phone.screen)
        assert other not in everything
        assert (HIS if phone is mother else HER) not in everything


def test_his_consent_is_his_and_hers_is_hers(sqlite_house: House) -> None:
    mother, words = invited(sqlite_house)
    son = joined(sqlite_house, words)
    son.press("go.keep")
    son.press("k.sum")
    assert case_at(son).may_summarise
    assert not case_at(mother).may_summarise


def test_erasing_his_leaves_hers_and_hers_leaves_his(sqlite_house: House) -> None:
    """Each takes back only what they told."""
    mother, words = invited(sqlite_house)
    son = joined(sqlite_house, words)
    hers, his = case_at(mother).id, case_at(son).id
    son.press("erase.yes")
    assert son.last is not None
    assert son.last.erase == his
    erasure.erase(
        sqlite_house.database,
        sqlite_house.strongbox,
        his,
        by=sqlite_house.actor("alice"),
        now=sqlite_house.now,
        mirror=lambda: None,
        remember=lambda _: None,
        escrow_days=7,
    )
    with sqlite_house.database.read() as session:
        assert set(session.scalars(select(Item.case).distinct())) == {hers}
    assert mother.write("пишу дальше")[0] == "Получено и запечатано."


def test_the_words_work_once_and_two_weeks(sqlite_house: House) -> None:
    """Used, replaced or old, they lead nowhere; until he writes they go on working."""
    mother, first = invited(sqlite_house)
    mother.press("i.show")
    second = shown(mother)
    nobody = Phone(sqlite_house, chat=1)
    assert nobody.write(first)[0].startswith("Фраза написана верно, но по ней ничего нет")
    early = Phone(sqlite_house, chat=2)
    assert early.write(second)[0].startswith("Вас позвал сюда близкий человек")
    early.reboot()
    assert early.write(second)[0].startswith("Вас позвал сюда близкий человек")
    joined(sqlite_house, second)
    assert nobody.write(second)[0].startswith("Фраза написана верно, но по ней ничего нет")
    mother.press("i.show")
    third = shown(mother)
    sqlite_house.now += timedelta(days=15)
    assert nobody.write(third)[0].startswith("Фраза написана верно, но по ней ничего нет")
    with sqlite_house.database.write() as session:
        post.reap(session, sqlite_house.now.date())
        assert "invitation" not in set(session.scalars(select(Mailbox.kind)))


def test_the_words_show_nothing_of_the_case_they_lead_to(sqlite_house: House) -> None:
    """An officer who finds the paper reads no answer and cannot erase: he can only begin to write."""
    mother, words = invited(sqlite_house)
    reply(sqlite_house, "alice", case_at(mother).id, "ответ матери")
    finder = Phone(sqlite_house, chat=3)
    said = finder.write(words)
    assert "ответ матери" not in "\n".join(said)
    assert finder.press("erase")[0].startswith("Здесь нечего стирать")
    assert finder.state is not None
    assert finder.state.case is None


def test_a_hub_that_restarts_still_brings_him_to_his_mothers_lawyer(sqlite_house: House) -> None:
    """What he was invited to lies with the case he is writing, not only in the thread."""
    mother, words = invited(sqlite_house)
    son = Phone(sqlite_house, chat=4)
    son.write(words)
    son.write(HIS)
    son.reboot()
    son.rest()
    assert len(read(sqlite_house, "alice", case_at(mother).id, "joined")) == 1


def test_he_may_write_apart_and_a_case_that_is_gone_leads_nowhere(sqlite_house: House) -> None:
    """No joined line is written where he said no; where hers was erased meanwhile his is a case like any."""
    mother, words = invited(sqlite_house)
    son = Phone(sqlite_house, chat=5)
    son.write(words)
    son.tap("Нет, напишу отдельно")
    son.write(HIS)
    son.press("u.days")
    assert read(sqlite_house, "alice", case_at(son).id, "joined") == []
    other = Phone(sqlite_house, chat=6)
    other.write(words)
    with sqlite_house.database.write() as session:
        session.execute(update(Case).where(Case.id == case_at(mother).id).values(status="erased"))
    other.write(HIS)
    other.press("u.days")
    assert case_at(other).status == "new"
    assert read(sqlite_house, "alice", case_at(other).id, "joined") == []


def test_only_a_case_with_the_lawyers_can_be_joined(sqlite_house: House) -> None:
    """Before it is sent, or with the editors, there is nobody to bring in, and the answer says so."""
    early = Phone(sqlite_house, chat=7)
    early.write(HER)
    assert early.press("i.show")[0].startswith("Позвать ещё одного человека можно")
    witness = a_mother(sqlite_house, kind="tell")
    assert witness.press("go.inv")[0].startswith("Позвать ещё одного человека можно")
    with sqlite_house.database.read() as session:
        assert "invitation" not in set(session.scalars(select(Mailbox.kind)))
