"""A draft is whose who signed that they began it, and gets a new key when somebody is gone who held it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from casework import draftkeys, journal, keys, releases
from casework.asking import NewGrant
from casework.database import Database
from casework.keeper import open_grant
from casework.tables import Draft, Grant, JournalRow, SealingKey
from crypto import keyring
from crypto.errors import CryptoError
from crypto.xwing import Identity
from desk import drafting, standing
from desk import visit as visits
from tests.deskhouse import DeskHouse, open_desk
from tests.house import House
from tests.test_desk_drafts import write
from tests.test_desk_rewrapping import passes
from tests.test_handins_hostile import begin_draft, holder, remake
from tests.test_keeper import hand_in
from tests.test_succession import held, renew, renew_keyring, suspend, take_out

CONDITION = "когда он уедет из части"


def test_the_column_of_its_author_makes_nobody_a_drafts_author(sqlite_house: House) -> None:
    """Dan holds Carol's draft and has the database's password."""
    house = sqlite_house
    draft = begin_draft(house, "carol", ["dan"])
    with house.database.write() as session:
        session.execute(update(Draft).values(author="dan"))
        journal.write(session, "draft", by=house.actor("dan"), day=house.now.date(), subject=draft)
    assert remake(house, "dan", draft, keys.DRAFT) == "refused"
    assert hand_in(house, "dan", retain={(draft, keys.DRAFT): ["dan", "recovery"]}) == "refused"
    with house.database.read() as session:
        key = keys.public_of(session.scalars(select(SealingKey)).one())
    for name, outcome in (("alice", "refused"), ("olga", "done")):
        again = NewGrant(key, holder(house, name), bytes(1759))
        assert hand_in(house, "dan", grants=[again]) == outcome, "he lets nobody judge it, writers hold it"
    assert remake(house, "carol", draft, keys.DRAFT) == "done"


def test_nobody_founds_a_draft_that_a_lawyer_said_to_have_begun(sqlite_house: House) -> None:
    house = sqlite_house
    draft = keys.new_id()
    with house.database.write() as session:
        session.add(
            Draft(id=draft, case=None, public_id="r-one", status="draft", author="alice",
                  day=house.now.date(), sealed=b"")
        )  # fmt: skip
        journal.write(session, "draft", by=house.actor("alice"), day=house.now.date(), subject=draft)
    assert remake(house, "alice", draft, keys.DRAFT, generation=0) == "refused"


@pytest.mark.parametrize("is_taken_out", [False, True])
def test_a_draft_gets_a_key_that_nobody_gone_holds(house: House, is_taken_out: bool) -> None:
    """Also where Mallory took the row out that said that Dan held the older one."""
    draft = begin_draft(house, "carol", ["dan", "olga", "erin"])
    with house.database.write() as session:
        session.get_one(Draft, draft).status = "published"
    other = begin_draft(house, "carol", ["dan"])
    if is_taken_out:
        take_out(house, other, "dan")
    suspend(house, "dan")
    assert renew(house) == 1, "what is public is sealed to no more"
    assert held(house, other, keys.DRAFT)[1] == {("carol", 1), ("olga", 1), ("recovery", 0)}
    with house.database.write() as session:
        journal.countersign(session, house.strongbox.signing, house.roster)
    renew_keyring(house, "carol")
    assert renew(house) == 1
    assert held(house, other, keys.DRAFT)[2] == {("carol", 2), ("olga", 1), ("recovery", 0)}
    with house.database.read() as session:
        assert list(session.scalars(select(JournalRow.act))).count("renew") == 2
        journal.verify_chain(session, house.anchor)


def test_whoever_was_let_judge_a_draft_goes_on_and_nobody_else_begins(sqlite_house: House) -> None:
    house = sqlite_house
    draft = begin_draft(house, "carol", ["dan", "erin"])
    with house.database.write() as session:
        session.add(
            Grant(owner=draft, compartment=keys.DRAFT, generation=0, staff="alice", number=1, epoch=1,
                  locked=bytes(1800))
        )  # fmt: skip
    suspend(house, "dan")
    assert renew(house) == 1
    people = {("carol", 1), ("erin", 1), ("olga", 1), ("recovery", 0)}
    assert held(house, draft, keys.DRAFT)[1] == people, "a row alone made nobody a judge"


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


def taken(desk: DeskHouse, name: str) -> dict[int, Identity]:
    """Open every draft key that a thief of *name*'s keyring and of the hub's epoch key can open now."""
    found = {}
    with desk.house.database.read() as session:
        for row in session.scalars(select(Grant).where(Grant.staff == name, Grant.compartment == keys.DRAFT)):
            key = keys.public_of(session.get_one(SealingKey, (row.owner, row.compartment, row.generation)))
            inner = open_grant(row, desk.house.strongbox)
            assert inner is not None
            seed = keyring.open_grant(desk.house.staff[name], inner, keys.grant_context(key, name))
            found[row.generation] = Identity.from_seed(seed)
    return found


def condition_of(desk: DeskHouse, name: str, draft: bytes) -> str:
    """Return what a text waits for, as the desk of *name* opens it."""
    of = desk.app.state["desk"]
    session = next(one for one in of.sessions.living(desk.house.now) if one.staff.staff == name)
    visit = visits.in_passing(of, session)
    assert visit is not None
    return standing.of(visit, drafting.open_sheet(visit, draft)).condition


def test_what_carol_writes_after_dans_arrest_does_not_open_with_what_was_taken(desk: DeskHouse) -> None:
    """And what she wrote before, and said of it, stays readable to her."""
    carol = desk.sign_in("carol")
    where = carol.do("/drafts", "/drafts").headers["location"]
    assert write(carol, where, title_ru="До ареста").status_code == 303
    with desk.house.database.write() as session:
        draft = session.scalars(select(Draft)).one()
        key = keys.public_of(session.get_one(SealingKey, (draft.id, keys.DRAFT, 0)))
        draft.condition, draft.asked = releases.seal_condition(key, CONDITION), "carol"
    suspend(desk.house, "dan", lasting=True)
    assert renew(desk.house) == 1
    stolen = taken(desk, "dan")
    with desk.house.database.read() as session:
        draft = session.scalars(select(Draft)).one()
        assert draft.generation == 0
        releases.open_draft(draft, stolen[0])
    assert "До ареста" in carol.page(where), "the older text opens still"
    assert write(carol, where, title_ru="После ареста").status_code == 303
    assert "После ареста" in carol.page(where)
    assert condition_of(desk, "carol", draft.id) == CONDITION, "said of it before, under the older key"
    with desk.house.database.read() as session:
        draft = session.scalars(select(Draft)).one()
        assert draft.generation == 1
        with pytest.raises(CryptoError):
            releases.open_draft(draft, stolen[0])
    assert set(stolen) == {0}
    olga = desk.sign_in("olga")
    assert "После ареста" in olga.page(where)


def test_an_editor_who_joined_later_is_passed_what_is_being_written(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    carol.do("/drafts", "/drafts")
    with desk.house.database.write() as session:
        draft = session.scalars(select(Draft.id)).one()
    take_out(desk.house, draft, "olga")
    take_out(desk.house, draft, "recovery")
    assert passes(desk, "carol") == 2
    assert held(desk.house, draft, keys.DRAFT)[0] == {(n, 1) for n in ("carol", "dan", "olga")} | {
        ("recovery", 0)
    }
    assert passes(desk, "carol") == 0


def test_a_judge_is_passed_later_keys_and_no_earlier_ones(sqlite_house: House) -> None:
    house = sqlite_house
    known = {0: {("carol", 1), ("dan", 1)}, 1: {("carol", 1), ("erin", 1)}, 2: {("carol", 1)}}

    def names(generation: int) -> set[str]:
        found = draftkeys.lacking(house.staffing(), known, generation)
        return {one.staff for one in found} - {"olga", "recovery"}

    assert names(0) == set()
    assert names(1) == {"dan"}
    assert names(2) == {"dan", "erin"}
