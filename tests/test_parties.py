"""Who is on a case is what the journal says, signed; what Mallory writes into the database adds nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import make_transient

from casework import handins, journal, keys, rows, succession
from casework.actors import HUB, Actor, subject_of
from casework.asking import NewGrant
from casework.errors import KeyMissingError
from casework.parties import Book
from casework.strongbox import JOURNAL, Strongbox
from casework.tables import Case, Grant, HandIn, JournalRow, SealingKey
from crypto.signature import SigningKey
from tests.house import House
from tests.test_handins_hostile import begin_draft, holder, holders_of, remake
from tests.test_keeper import file_case, hand_in
from tests.test_succession import add_fred, held, renew_keyring, suspend


@pytest.fixture
def house(sqlite_house: House) -> House:
    add_fred(sqlite_house)
    return sqlite_house


def write(house: House, act: str, by: str, case: bytes, subject: str | bytes | None = None) -> None:
    """Let *by* sign one row: a colleague who has the database's password can always do that."""
    actor = Actor(HUB, 0, house.strongbox.signing) if by == HUB else house.actor(by)
    named = subject_of(subject) if isinstance(subject, str) else subject
    with house.database.write() as session:
        journal.write(session, act, by=actor, day=house.now.date(), case=case, subject=named)


def on(house: House, case: bytes, team: str = "legal") -> tuple[str, ...]:
    """Return who is on *case*, and see that a hub started just now says the same."""
    book, fresh = house.book(), Book()
    with house.database.read() as session:
        fresh.read(session, house.roster, house.anchor)
    assert fresh.of(case, team) == book.of(case, team)
    return book.of(case, team).people


CASE, OTHER = b"c" * 16, b"o" * 16


def test_whoever_accepts_is_on_it_with_the_second_they_name(house: House) -> None:
    assert on(house, CASE) == ()
    house.put_on(CASE, "alice", "bob")
    assert on(house, CASE) == ("alice", "bob")
    assert on(house, CASE, "editors") == ()


@pytest.mark.parametrize(
    ("act", "by", "subject"),
    [
        ("accept", "fred", None),
        ("second", "fred", "fred"),
        ("second", "alice", "fred"),  # named once, right after; whoever wants another gives it anew
        ("assign", "fred", "fred"),
        ("assign", "olga", "fred"),  # a coordinator, while its people are there
        ("assign", "carol", "carol"),
        ("lend", "fred", "fred"),
        ("merge", "fred", OTHER),
        ("pass-up", "fred", None),
    ],
)
def test_rows_of_those_who_have_no_say_bring_nobody_in(
    house: House, act: str, by: str, subject: str | bytes | None
) -> None:
    house.put_on(OTHER, "fred")
    house.put_on(CASE, "alice", "bob")
    before = house.book().of(CASE, "legal")
    write(house, "note", "alice", CASE)
    write(house, act, by, CASE, subject)
    assert on(house, CASE) == ("alice", "bob")
    assert house.book().of(CASE, "legal") == before


def test_an_editor_accepts_no_lawyers_case_and_is_in_nobodys_way(house: House) -> None:
    house.put_on(CASE, "carol", "dan")
    assert on(house, CASE) == ()
    house.put_on(CASE, "alice")
    assert on(house, CASE) == ("alice",)


def test_its_people_the_hub_and_in_need_a_coordinator_give_it_on(house: House) -> None:
    house.put_on(CASE, "alice", "bob")
    write(house, "assign", "alice", CASE, "fred")
    write(house, "second", "alice", CASE, "alice")
    assert on(house, CASE) == ("fred", "alice")
    write(house, "assign", "olga", CASE, "alice")
    assert on(house, CASE) == ("alice",), "to its second"
    write(house, "assign", HUB, CASE, "bob")
    assert on(house, CASE) == ("bob",)
    house.revoke("bob")
    write(house, "assign", "olga", CASE, "fred")
    assert on(house, CASE) == ("fred",), "nobody of its people was left"


def test_a_consultant_is_lent_a_case_until_either_ends_it(house: House) -> None:
    house.put_on(CASE, "alice")
    for by in ("alice", "fred"):
        write(house, "lend", "alice", CASE, "fred")
        assert house.book().of(CASE, "legal").consultant == "fred"
        write(house, "pass-up", by, CASE)
        assert house.book().of(CASE, "legal").consultant is None


def test_merged_and_second_matters_have_the_people_of_the_other(house: House) -> None:
    house.put_on(CASE, "alice", "bob")
    house.put_on(OTHER, "fred")
    write(house, "split", "alice", CASE, b"s" * 16)
    write(house, "split", "fred", CASE, b"t" * 16)
    assert on(house, b"s" * 16) == ("alice", "bob")
    assert on(house, b"t" * 16) == (), "whoever is not on the first splits nothing off it"
    write(house, "merge", "fred", OTHER, CASE)
    assert on(house, OTHER) == ("alice", "bob")
    write(house, "assign", "bob", CASE, "fred")
    assert on(house, OTHER) == ("fred",)


def test_two_cases_merged_into_each_other_lead_nobody_astray(house: House) -> None:
    for one, other in ((CASE, OTHER), (OTHER, CASE)):
        house.put_on(one, "alice")
        write(house, "merge", "alice", one, other)
    assert on(house, CASE) == ("alice",)


def test_what_two_colleagues_suspended_somebody_for_counts_no_more(house: House) -> None:
    house.put_on(CASE, "alice", "bob")
    for by in ("bob", "olga"):
        write(house, "suspend", by, CASE, "alice")
    write(house, "assign", "alice", CASE, "fred")
    assert on(house, CASE) == ("alice", "bob")
    write(house, "lift-suspension", "olga", CASE, "alice")
    write(house, "assign", "alice", CASE, "fred")
    assert on(house, CASE) == ("fred",)


def test_a_row_signed_by_another_key_is_nobodys(house: House) -> None:
    house.put_on(CASE, "alice", "bob")
    with house.database.write() as session:
        forged = Actor("alice", 1, SigningKey.generate())
        journal.write(
            session, "assign", by=forged, day=house.now.date(), case=CASE, subject=subject_of("fred")
        )
    assert on(house, CASE) == ("alice", "bob")


@pytest.mark.parametrize("gone", [[1], [2], [1, 2]])
def test_where_rows_were_taken_out_nobody_is_on_anything(house: House, gone: list[int]) -> None:
    house.put_on(CASE, "alice", "bob")
    write(house, "note", "bob", OTHER)
    seen = house.book()
    assert seen.of(CASE, "legal").people == ("alice", "bob")
    with house.database.write() as session:
        session.execute(delete(JournalRow).where(JournalRow.n.in_(gone)))
    write(house, "accept", "fred", CASE)
    fresh = Book()
    with house.database.read() as session:
        fresh.read(session, house.roster, house.anchor)
    assert fresh.is_broken and fresh.of(CASE, "legal").people == ()
    if gone == [1]:
        assert house.book().of(CASE, "legal").people == ("alice", "bob"), "what was read stays read"


def test_an_end_written_anew_convinces_nobody_who_saw_the_first(house: House) -> None:
    house.put_on(CASE, "alice", "bob")
    house.book()
    with house.database.write() as session:
        session.execute(delete(JournalRow))
    house.put_on(CASE, "fred", "alice")
    write(house, "note", "alice", CASE)
    assert house.book().is_broken
    assert house.book().of(CASE, "legal").people == ()


def again(house: House) -> Strongbox:
    """Return what a hub holds that is started now."""
    state = house.strongbox.families["epoch"].path.parent
    return Strongbox.load(state, state.parent / "runtime", house.now)


def test_a_hub_started_later_believes_no_end_that_was_cut_off_or_written_anew(house: House) -> None:
    house.put_on(CASE, "alice", "bob")
    write(house, "note", "bob", OTHER)
    house.book()
    with house.database.write() as session:
        gone = list(session.scalars(select(JournalRow)))
        session.execute(delete(JournalRow))
    house.strongbox = again(house)
    assert house.book().is_broken, "cut off"
    for _ in range(2):
        house.put_on(CASE, "fred", "alice")
        house.strongbox = again(house)
        assert house.book().of(CASE, "legal").people == (), "written anew"
    with house.database.write() as session:
        session.execute(delete(JournalRow))
        for row in gone:
            make_transient(row)
        session.add_all(gone)
    assert house.book().of(CASE, "legal").people == ("alice", "bob"), "put back, and nobody restarted the hub"


def test_a_garbled_row_stops_keys_until_it_is_mended_and_no_longer(house: House) -> None:
    case, _ = file_case(house, "legal", None)
    house.put_on(case, "alice")
    house.book()
    house.put_on(OTHER, "fred")
    with house.database.write() as session:
        row = session.get_one(JournalRow, 2)
        row.day += timedelta(days=1)
    assert remake(house, "alice", case) == "new", "it waits"
    write(house, "note", "bob", OTHER)
    with house.database.write() as session:
        session.get_one(JournalRow, 2).day = house.now.date()
    handins.take(house.database, house.strongbox, house.anchor, house.now)
    with house.database.read() as session:
        assert list(session.scalars(select(HandIn.state))) == ["done"], "the hub was not started anew"
    assert on(house, OTHER) == ("fred",)


def test_a_damaged_memory_of_the_journal_is_named_and_never_passed_over(house: House) -> None:
    house.put_on(CASE, "alice")
    house.book()
    (house.strongbox.families["epoch"].path.parent / JOURNAL).write_text("1 beef\n")
    with pytest.raises(KeyMissingError):
        again(house)


# --- what follows from it ---


def forge(house: House, case: bytes, **columns: object) -> None:
    with house.database.write() as session:
        session.execute(update(Case).where(Case.id == case).values(**columns))


def renew(house: House) -> int:
    return succession.renew(house.database, house.strongbox, house.staffing(), house.anchor, house.now.date())


def test_the_hub_makes_the_next_key_for_the_people_who_signed(house: House) -> None:
    case, _ = file_case(house, "legal", "alice")
    house.put_on(case, "alice", "bob")
    forge(house, case, status="open", assignee="carol", second="dan", team="editors")
    suspend(house, "alice")
    assert renew(house) == 2
    for compartment in (keys.CONTENT, keys.IDENTITY):
        assert held(house, case, compartment)[1] == {("bob", 1), ("recovery", 0)}


@pytest.mark.parametrize("column", ["assignee", "second", "consultant"])
def test_a_column_makes_nobody_a_holder(house: House, column: str) -> None:
    case, made = file_case(house, "legal", "alice")
    house.put_on(case, "alice", "bob")
    forge(house, case, status="open", **{column: "fred"})
    for compartment in (keys.CONTENT, keys.IDENTITY):
        with house.database.write() as session:
            session.execute(delete(Grant).where(Grant.owner == case, Grant.staff == "fred"))
        for by in ("alice", "bob"):
            grant = NewGrant.make(made[compartment], holder(house, "fred"))
            assert hand_in(house, by, grants=[grant]) == "refused"
    assert remake(house, "fred", case) == "refused"
    assert "fred" not in holders_of(house, case)


def test_the_column_of_the_team_opens_no_wall(house: House) -> None:
    case, made = file_case(house, "legal", "alice")
    house.put_on(case, "alice", "carol")
    forge(house, case, status="open", second="carol", team="editors")
    house.put_on(case, "carol", "alice")  # her own row, in the account of her own team
    for compartment in (keys.CONTENT, keys.IDENTITY):
        grant = NewGrant.make(made[compartment], holder(house, "carol"))
        assert hand_in(house, "alice", grants=[grant]) == "refused"
    assert "carol" not in holders_of(house, case)


def test_an_earlier_keyring_that_never_held_it_is_given_nothing(house: House) -> None:
    """The row says that she held it; no grant in it opens."""
    case, made = file_case(house, "legal", "alice")
    house.put_on(case, "alice", "bob")
    draft = begin_draft(house, "carol", ["dan"])
    with house.database.write() as session:
        session.execute(delete(Grant).where(Grant.staff == "fred"))
        for owner, compartment in ((case, keys.CONTENT), (draft, keys.DRAFT)):
            session.add(
                Grant(owner=owner, compartment=compartment, generation=0, staff="fred", number=1,
                      epoch=house.strongbox.epoch.number, locked=bytes(1800))
            )  # fmt: skip
    renew_keyring(house, "fred")
    grant = NewGrant.make(made[keys.CONTENT], holder(house, "fred"))
    assert hand_in(house, "alice", grants=[grant]) == "refused"
    with house.database.read() as session:
        key = keys.public_of(session.get_one(SealingKey, (draft, keys.DRAFT, 0)))
    again = NewGrant(key, holder(house, "fred"), bytes(1759))
    assert hand_in(house, "dan", grants=[again]) == "refused"
    with house.database.read() as session:
        numbers = set(session.scalars(select(Grant.number).where(Grant.staff == "fred")))
    assert numbers == {1}


@pytest.mark.parametrize("act", ["split", "brief"])
@pytest.mark.parametrize("with_grants", [True, False])
def test_nobody_founds_a_case_that_was_there_before(house: House, act: str, with_grants: bool) -> None:
    case, _ = file_case(house, "legal", "alice")
    house.put_on(case, "alice", "bob")
    house.put_on(OTHER, "fred")
    write(house, act, "fred", OTHER, case)
    with house.database.write() as session:
        session.execute(delete(SealingKey).where(SealingKey.owner == case))
        if not with_grants:
            session.execute(delete(Grant).where(Grant.owner == case))
    assert remake(house, "fred", case, generation=0) == "refused"
    assert on(house, case) == ("alice", "bob")


def test_whoever_splits_grants_it_to_nobody_but_its_people(house: House) -> None:
    house.put_on(OTHER, "alice", "bob")
    second = keys.new_id()
    batch = rows.Rows()
    batch.add(
        Case, id=second, kind="legal", team="legal", status="accepted", urgency="normal", language="ru",
        assignee="alice", second="fred", split_from=None, opened=house.now.date(), touched=house.now.date(),
    )  # fmt: skip
    with house.database.write() as session:
        rows.write(session, [batch])
    write(house, "split", "alice", OTHER, second)
    assert remake(house, "alice", second, generation=0, holders=["alice", "fred"]) == "refused"
    assert remake(house, "alice", second, generation=0, holders=["alice", "bob"]) == "done"


def test_a_reader_that_began_earlier_does_not_call_the_journal_broken(sqlite_house: House) -> None:
    house = sqlite_house
    book = house.book()
    with house.database.read() as early:
        early.scalar(select(Case.id))  # its snapshot begins here
        with house.database.write() as session:
            journal.write(session, "sign-in", by=house.actor("alice"), day=house.now.date())
        house.book()  # another thread reads on
        book.read(early, house.roster, house.anchor)
        assert not book.is_broken
