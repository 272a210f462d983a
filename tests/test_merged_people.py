"""Two people in one case after a merge: each hears what is meant for them, and nothing of the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from casework import cases as acts
from casework import erasure
from casework.actors import HUB, Actor
from casework.database import Database
from casework.errors import NotFoundError
from casework.rows import Rows
from casework.tables import Case, Item, Letter, Mailbox
from intake.replies import Say
from tests.cases import as_
from tests.deskhouse import DeskHouse, open_desk
from tests.house import House
from tests.phone import Phone, cases, read

HERS, HIS = 700_000_001, 700_000_002


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


class Two:
    """Tess's case was merged into Tom's; Alice answers for both."""

    def __init__(self, desk: DeskHouse) -> None:
        self.desk, house = desk, desk.house
        self.tess, self.tom = Phone(house, chat=HERS), Phone(house, chat=HIS)
        self.first = self._tell(self.tess, "Пишет мать.")
        self.second = self._tell(self.tom, "Пишет сын.")
        self.alice = desk.sign_in("alice")
        for case in (self.first, self.second):
            where = f"/case/{case.hex()}"
            self.alice.do(where, f"{where}/accept", second="bob")
        where = f"/case/{self.first.hex()}"
        done = self.alice.do(where, f"{where}/merge", into=ref(self.second))
        assert done.status_code == 303

    @property
    def where(self) -> str:
        return f"/case/{self.second.hex()}"

    def _tell(self, phone: Phone, text: str) -> bytes:
        known = {one.id for one in cases(self.desk.house)}
        phone.write(text)
        phone.press("legal")
        phone.press("u.normal")
        return next(one.id for one in cases(self.desk.house) if one.id not in known)

    def answer(self, text: str, **fields: str) -> int:
        return self.alice.do(self.where, f"{self.where}/reply", text=text, mode="reply", **fields).status_code

    def heard(self, phone: Phone) -> list[str]:
        """Ring, tap the newest line if there is a new one, and return what is read."""
        before = len(phone.screen)
        phone.ring()
        if len(phone.screen) == before:
            return []
        return phone.tap_data(phone.screen[-1].buttons[0][1])


def ref(case: bytes) -> str:
    return f"{case.hex()[:3]}-{case.hex()[3:6]}"


@pytest.fixture
def two(desk: DeskHouse) -> Two:
    return Two(desk)


def test_whoever_is_chosen_hears_the_answer_and_the_other_does_not(two: Two) -> None:
    """Tess, whose case was merged, is rung for what is meant for her; Tom reads none of it."""
    assert two.answer("Только матери.", to=two.first.hex()) == 303
    assert two.heard(two.tom) == []
    assert two.heard(two.tess)[0] == "Только матери."
    assert two.answer("Только сыну.", to=two.second.hex()) == 303
    assert two.heard(two.tess) == []
    assert two.heard(two.tom)[0] == "Только сыну."
    assert two.tess.press("open")[0] == "Только матери."
    # Where two could be meant the form asks, and what belongs to neither of them is not there.
    assert two.answer("Кому?") == 422
    assert two.answer("Чужому.", to="ab" * 16) == 409
    assert two.heard(two.tess) == two.heard(two.tom) == []
    # The lawyer reads one conversation that says who speaks.
    two.tess.write("Пишет мать снова.")
    page = two.alice.page(two.where)
    assert "Пишет мать." in page and "Пишет сын." in page
    again = page.split("Пишет мать снова.")[0].rsplit("<article", 1)[1]
    assert f"from {ref(two.first).upper()}" in again
    reply = page.split("Только матери.")[0].rsplit("<article", 1)[1]
    assert f"to {ref(two.first).upper()}" in reply
    with two.desk.house.database.read() as session:
        assert session.get_one(Case, two.second).status == "open"


def test_what_leads_to_her_is_hers_alone(two: Two) -> None:
    """It is made after the merge, lies with what she began, and leads back to her own thread."""
    two.tess.press("go.phrase")
    two.tess.press("p.show")
    words = " ".join(line.split()[1] for line in two.tess.screen[-1].text.splitlines() if line[:1].isdigit())
    two.answer("Только сыну.", to=two.second.hex())
    two.answer("Только матери.", to=two.first.hex())
    two.tess.reboot()
    said = two.tess.write(words)
    assert said[0] == "Только матери."
    assert not any("сыну" in line for line in said)
    assert two.tess.state is not None
    assert (two.tess.state.case, two.tess.state.own) == (two.second.hex(), two.first.hex())
    payloads = read(two.desk.house, "alice", two.second, "mailbox", "chat", "courier")
    assert len([one for one in payloads if one["kind"] == "mailbox"]) == 0
    _choose_reach(two)


def _choose_reach(two: Two) -> None:
    """No line, then lines again: his address stands, and hers lies with what she began."""

    def couriers(case: bytes) -> set[bytes]:
        with two.desk.house.database.read() as session:
            return set(
                session.scalars(select(Item.id).where(Item.case == case, Item.kind == "courier")).all()
            )

    his = couriers(two.second)
    two.tess.press("h.nev")
    assert couriers(two.first) == set()
    two.tess.press("r.push")
    assert len(couriers(two.first)) == 1
    assert couriers(two.second) == his
    two.answer("Снова слышно.", to=two.first.hex())
    two.tess.ring()
    # Both lines stand there, in no order.
    pushed = [one for one in two.tess.screen if isinstance(one.reply, Say) and one.reply.key == "push"]
    lines = [one.buttons[0][1] for one in pushed]
    assert "Снова слышно." in [said for line in lines for said in two.tess.tap_data(line)]


def test_her_erasure_takes_the_answers_to_her_and_none_of_his(two: Two) -> None:
    house = two.desk.house
    two.answer("Только матери.", to=two.first.hex())
    two.answer("Только сыну.", to=two.second.hex())
    assert two.desk.waits_for(lambda: _is_settled(house, two.first))
    erasure.erase(
        house.database, house.strongbox, two.first, by=Actor(HUB, 0, house.strongbox.signing), now=house.now,
        mirror=lambda: None, remember=lambda _case: None, escrow_days=7,
    )  # fmt: skip
    with house.database.read() as session:
        assert session.scalars(select(Item).where(Item.case == two.first)).all() == []
        letters = session.scalars(select(Letter.mailbox)).all()
        assert letters and set(letters) <= set(session.scalars(select(Mailbox.id)))
    assert two.heard(two.tess) == []
    assert two.heard(two.tom)[0] == "Только сыну."
    assert "Только матери." not in two.alice.page(two.where)


def test_an_answer_goes_only_into_what_was_merged(house: House) -> None:
    """A desk that names any other case writes nothing at all."""
    tess, tom = Phone(house, chat=HERS), Phone(house, chat=HIS)
    for phone in (tess, tom):
        phone.write("одно")
        phone.press("u.normal")
    one, other = cases(house)
    with house.database.write() as session:
        row = session.get_one(Case, one.id)
        row.status, row.assignee = "open", "alice"
    with pytest.raises(NotFoundError), house.database.write() as session:
        acts.reply(session, one.id, one.version, Rows(), as_(house, "alice"), {other.id: Rows()})


def _is_settled(house: House, case: bytes) -> bool:
    """Tell whether the hub knows the mailbox of the answer: chat's own and the one on the line."""
    with house.database.read() as session:
        row = session.get_one(Case, case)
        return row.mailboxes is not None and len(row.mailboxes) > 16 * 2 + 40


def test_each_of_two_is_muted_by_themselves_and_the_case_that_goes_on_says_so(two: Two) -> None:
    """Tess floods: she is muted on the page of what she began; Tom is heard, and Alice sees it beside him."""
    hers = f"/case/{two.first.hex()}"
    assert two.alice.do(hers, f"{hers}/mute", code="flood").status_code == 303
    assert "сейчас не принимают из этого чата" in two.tess.write("ещё сто сообщений")[0]
    assert two.tom.write("нас повезли")[0].startswith("Получено")
    page = two.alice.page(two.where)
    assert f'<a class="mono" href="{hers}">' in page and "of a merged case is not listened to" in page
    assert "нас повезли" in page and "ещё сто сообщений" not in page
    assert two.alice.do(hers, f"{hers}/mute", code="asked").status_code == 303
    assert two.tess.write("простите")[0].startswith("Получено")
    assert "of a merged case is not listened to" not in two.alice.page(two.where)
