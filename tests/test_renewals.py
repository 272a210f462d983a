"""What was renewed because somebody was gone stays so, though Mallory takes the newer keys out again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update

from casework import journal, keys, newest, renewals, succession
from casework.database import Database
from casework.errors import KeyMissingError
from casework.strongbox import RENEWED, Strongbox
from casework.tables import Case, Grant, Item, JournalRow, Notice, SealingKey
from crypto.errors import MalformedError
from tests.deskhouse import DeskHouse, open_desk
from tests.house import House
from tests.test_keeper import file_case
from tests.test_succession import accept, add_fred, held, newest_of, renew, suspend


def restart(house: House) -> None:
    """Start the hub anew, with the files it kept."""
    state = house.strongbox.families["epoch"].path.parent
    house.strongbox = Strongbox.load(state, state.parent / "runtime", house.now)


def take_out_newer(house: House, case: bytes) -> None:
    """Mallory takes every later key out, and what says that Alice holds the first one."""
    with house.database.write() as session:
        for table in (SealingKey, Grant):
            session.execute(delete(table).where(table.owner == case, table.generation > 0))
        session.execute(delete(Grant).where(Grant.owner == case, Grant.staff == "alice"))


def arrested(house: House) -> bytes:
    """File a case of Alice and Bob, and let Alice be arrested."""
    case, _ = file_case(house, "legal", "alice")
    accept(house, case)
    house.put_on(case, "alice", "bob")
    suspend(house, "alice")
    assert renew(house) == 2
    return case


@pytest.mark.parametrize("is_restarted", [False, True])
@pytest.mark.parametrize("is_cut_off", [False, True])
def test_a_newer_key_taken_out_brings_no_older_one_back(
    house: House, is_restarted: bool, is_cut_off: bool
) -> None:
    """Also where the journal's end was cut off with it, and the hub was started since."""
    case = arrested(house)
    take_out_newer(house, case)
    if is_cut_off:
        with house.database.write() as session:
            session.execute(delete(JournalRow).where(JournalRow.act == "renew"))
    if is_restarted:
        restart(house)
    house.book()
    assert newest_of(house, case) is None, "whoever seals next makes a new one"
    book = house.strongbox.parties
    with house.database.read() as session:
        found = newest.read(session, case, house.staffing().hands, house.roster, book)
    assert {found[part].following for part in (keys.CONTENT, keys.IDENTITY)} == {2}


def test_the_hub_makes_anew_what_was_taken_out_and_tells_the_coordinators(house: House) -> None:
    case = arrested(house)
    assert replace_taken_out(house) == 0
    take_out_newer(house, case)
    assert replace_taken_out(house) == 2
    assert held(house, case)[2] == {("bob", 1), ("recovery", 0)}
    key = newest_of(house, case)
    assert key is not None and key.generation == 2
    with house.database.read() as session:
        told = list(session.execute(select(Notice.kind, Notice.staff, Notice.case)))
    assert told == [("taken-out", "olga", None)]
    assert replace_taken_out(house) == 0


def test_what_was_erased_is_not_missed(sqlite_house: House) -> None:
    house = sqlite_house
    case = arrested(house)
    with house.database.write() as session:
        for table in (SealingKey, Grant):
            session.execute(delete(table).where(table.owner == case))
        session.execute(update(Case).values(status="erased"))
    assert replace_taken_out(house) == 0


def replace_taken_out(house: House) -> int:
    return succession.replace_taken_out(house.database, house.strongbox, house.staffing(), house.now)


def test_the_next_key_of_a_case_goes_to_its_people_though_a_row_was_slipped_in(sqlite_house: House) -> None:
    """Fred is on the duty list: a row of his making must not give him what is told to Alice and Bob."""
    house = sqlite_house
    add_fred(house)
    case, _ = file_case(house, "legal", None)
    house.put_on(case, "alice", "bob")
    house.book()
    with house.database.write() as session:
        last = session.scalars(select(JournalRow).order_by(JournalRow.n.desc()).limit(1)).one()
        session.add(
            JournalRow(n=last.n + 1, act="note", actor="fred", number=1, day=house.now.date(),
                       previous=bytes(32), head=b"h" * 32, signature=b"")
        )  # fmt: skip
    assert house.book().is_broken
    suspend(house, "alice")
    assert renew(house) == 2
    assert held(house, case)[1] == {("bob", 1), ("recovery", 0)}


def test_a_damaged_memory_of_what_was_renewed_is_named_and_never_passed_over(sqlite_house: House) -> None:
    house = sqlite_house
    arrested(house)
    path = house.strongbox.families["epoch"].path.parent / RENEWED
    assert renewals.loads(path.read_bytes()) == house.strongbox.parties.renewed
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(KeyMissingError):
        restart(house)


@pytest.mark.parametrize("compartment", keys.COMPARTMENTS)
def test_a_row_says_what_was_renewed(compartment: str) -> None:
    said = renewals.subject(compartment, 258)
    assert said.hex().startswith("00000102")
    assert len(said) == 16
    assert renewals.read_subject(said) == (compartment, 258)
    for other in (None, b"", bytes(16), b"\xff" * 16):
        assert renewals.read_subject(other) is None
    with pytest.raises(MalformedError):
        renewals.loads(b'{"zz/content":1}')


def test_nobody_but_the_hub_renews(sqlite_house: House) -> None:
    """Mallory, who is staff, could otherwise make everybody wait for a key that never comes."""
    house = sqlite_house
    case, _ = file_case(house, "legal", None)
    said = renewals.subject(keys.CONTENT, 2**31)
    with house.database.write() as session:
        journal.write(session, "renew", by=house.actor("bob"), day=house.now.date(), case=case, subject=said)
    assert house.book().floor(case, keys.CONTENT) == 0


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


def test_a_desk_seals_nothing_to_the_older_key_either(desk: DeskHouse) -> None:
    """It says that it waits for the hub; once that has made the next one, the same note is taken."""
    house = desk.house
    case = desk.file_case("legal")
    where = f"/case/{case.hex()}"
    desk.sign_in("bob").do(where, f"{where}/accept", second="alice")
    suspend(house, "alice")
    renew(house)
    bob = desk.sign_in("bob")
    with house.database.write() as session:
        for table in (SealingKey, Grant):
            session.execute(delete(table).where(table.owner == case, table.generation > 1))
    bob = desk.sign_in("bob")
    before = items(house)
    assert bob.do(where, f"{where}/note", note="Слова после ареста.").status_code == 503
    assert items(house) == before
    assert replace_taken_out(house) > 0
    assert bob.do(where, f"{where}/note", note="Слова после ареста.").status_code == 303
    with house.database.read() as session:
        newest_item = session.scalars(select(Item.generation).where(Item.kind == "note")).all()
    assert set(newest_item) == {3}


def items(house: House) -> int:
    with house.database.read() as session:
        return session.scalar(select(func.count()).select_from(Item)) or 0
