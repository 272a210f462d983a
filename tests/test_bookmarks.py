"""A book goes on from its bookmark: nothing is read twice, and nothing passes that did not pass before."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from casework import bookmarks, journal, keys, parties, renewals
from casework.accounts import Accounts, Founding, Parties
from casework.actors import HUB, Actor, subject_of
from casework.heads import Head
from casework.parties import Book
from casework.strongbox import Strongbox
from casework.tables import JournalRow
from casework.voices import Voices
from crypto import journal as chain
from crypto.roster import Anchor
from crypto.signature import SigningKey
from desk import app
from desk.settings import Settings
from desk.visit import Desk
from tests.deskhouse import no_detectors
from tests.house import NOON, House

ONE, OTHER, THIRD = (bytes([n] * 16) for n in (1, 2, 3))
ROWS = 12


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lay a bookmark down after each few rows, and follow few at a look."""
    monkeypatch.setattr(parties, "BETWEEN_BOOKMARKS", 4)
    monkeypatch.setattr(parties, "FOLLOWED_AT_ONCE", 5)


def live(house: House) -> None:
    """Write rows of every kind that a book notes, and some that it only follows."""
    day = house.now.date()
    draft, hub = bytes([9] * 16), Actor(HUB, 0, house.strongbox.signing)
    acts = (
        ("alice", "accept", ONE, None),
        ("alice", "second", ONE, subject_of("bob")),
        ("alice", "mute", ONE, None),
        ("alice", "split", ONE, THIRD),
        ("bob", "accept", OTHER, None),
        ("bob", "merge", OTHER, ONE),
        ("carol", "draft", None, draft),
        ("olga", "suspend", None, subject_of("dan")),
        ("carol", "suspend", None, subject_of("dan")),
        ("alice", "note", ONE, None),
        ("alice", "brief", ONE, bytes([8] * 16)),
    )
    with house.database.write() as session:
        for who, act, case, subject in acts:
            journal.write(session, act, by=house.actor(who), day=day, case=case, subject=subject)
        journal.write(session, "renew", by=hub, day=day, case=ONE, subject=renewals.subject(keys.CONTENT, 3))


def again(house: House) -> Book:
    """Start the hub anew."""
    state = house.strongbox.families["epoch"].path.parent
    house.strongbox = Strongbox.load(state, state.parent / "runtime", house.now)
    return house.book()


def follow(house: House) -> None:
    with house.database.read() as session:
        house.strongbox.parties.follow(session)


def path_of(house: House) -> Path:
    return house.strongbox.families["epoch"].path.parent / bookmarks.NAME


@pytest.fixture
def signed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the rows whose signature is looked at."""
    looked: list[int] = []
    real = journal.is_signed

    def counted(row: JournalRow, roster: object) -> bool:
        looked.append(row.n)
        return real(row, roster)  # type: ignore[arg-type]

    monkeypatch.setattr(journal, "is_signed", counted)
    return looked


def test_a_restarted_hub_knows_all_it_knew_and_reads_only_what_follows(
    house: House, signed: list[int]
) -> None:
    live(house)
    before = house.book().accounts
    assert path_of(house).exists()
    signed.clear()
    book = again(house)
    assert book.accounts == before
    assert book.n == ROWS
    assert signed == []
    house.put_on(bytes([7] * 16), "bob")
    assert house.book().of(bytes([7] * 16), "legal").people == ("bob",)
    assert signed == [ROWS + 1]
    assert book.of(OTHER, "legal").people == ("alice", "bob"), "merged"
    assert book.author(bytes([9] * 16)) == "carol"
    assert book.is_muted(ONE)
    assert book.floor(ONE, keys.CONTENT) == 3


def test_a_row_before_the_bookmark_that_was_changed_is_still_an_alarm(sqlite_house: House) -> None:
    house = sqlite_house
    live(house)
    house.book()
    with house.database.write() as session:
        session.execute(update(JournalRow).where(JournalRow.n == 7).values(subject=bytes(16)))
    book = again(house)
    follow(house)
    assert not house.book().is_broken, "five rows are followed at a time"
    follow(house)
    assert house.book().is_broken
    assert book.of(ONE, "legal").people == ()
    follow(house)
    assert house.book().is_broken, "as long as it is not put back"
    with house.database.write() as session:
        session.execute(update(JournalRow).where(JournalRow.n == 7).values(subject=bytes([9] * 16)))
    for _ in range(2):
        follow(house)
        assert not house.book().is_broken
    assert book.of(ONE, "legal").people == ("alice", "bob")


def test_what_was_written_anew_before_the_bookmark_is_an_alarm_though_it_holds(sqlite_house: House) -> None:
    """Mallory, who has Alice's key, writes rows before the bookmark anew, and leaves its own row as it is."""
    house = sqlite_house
    live(house)
    house.book()
    with house.database.write() as session:
        rows = session.scalars(select(JournalRow).order_by(JournalRow.n)).all()
        rows[0].act = "note"
        rows[0].head = chain.head(rows[0].previous, journal._entry(rows[0]))
        rows[1].previous = rows[0].head
        rows[1].head = chain.head(rows[1].previous, journal._entry(rows[1]))
    again(house)
    for _ in range(3):
        follow(house)
    assert house.book().is_broken


def test_a_journal_that_leads_elsewhere_is_read_from_its_beginning(sqlite_house: House) -> None:
    house = sqlite_house
    live(house)
    house.book()
    with house.database.write() as session:
        for row in session.scalars(select(JournalRow)):
            session.delete(row)
    house.put_on(ONE, "bob")
    for book in (again(house), house.book()):
        assert book.is_broken, "rows that were seen are gone"
        assert book.of(ONE, "legal").people == ()
    house.book().forget()
    assert house.book().of(ONE, "legal").people == ("bob",), "a person looked, and the bookmark is no more"


def test_a_bookmark_says_nothing_without_the_database(sqlite_house: House) -> None:
    house = sqlite_house
    live(house)
    house.book()
    body = path_of(house).read_bytes()
    for word in (ONE, OTHER, ONE.hex().encode(), b"alice", b"cases"):
        assert word not in body
    with house.database.write() as session:
        session.execute(update(JournalRow).values(signature=bytes(64)))
    with house.database.read() as session:
        assert bookmarks.find(session, body, house.anchor) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(at=st.integers(0, 2000), bit=st.integers(0, 7), is_cut=st.booleans())
def test_a_damaged_bookmark_is_passed_over(sqlite_house: House, at: int, bit: int, is_cut: bool) -> None:
    house = sqlite_house
    if not path_of(house).exists():
        live(house)
        house.book()
        path_of(house).with_suffix(".kept").write_bytes(path_of(house).read_bytes())
    body = bytearray(path_of(house).with_suffix(".kept").read_bytes())
    at %= len(body)
    body[at] ^= 1 << bit
    path_of(house).write_bytes(body[:at] if is_cut else body)
    with house.database.read() as session:
        assert bookmarks.find(session, path_of(house).read_bytes(), house.anchor) is None
    assert again(house).of(ONE, "legal").people == ("alice", "bob")


IDS = st.binary(min_size=16, max_size=16)
NAMES = st.sampled_from(["alice", "bob", "carol"])
DAYS = st.integers(0, 4000).map(lambda n: NOON.date() + timedelta(n))
PARTIES = st.builds(
    Parties,
    assignee=st.none() | NAMES, second=st.none() | NAMES, consultant=st.none() | NAMES,
    giver=st.none() | NAMES, n=st.integers(0, 2**31), day=st.none() | DAYS, into=st.none() | IDS,
)  # fmt: skip
ACCOUNTS = st.builds(
    Accounts,
    cases=st.dictionaries(IDS, st.dictionaries(st.sampled_from(["legal", "editors"]), PARTIES)),
    founded=st.dictionaries(
        IDS, st.builds(Founding, act=st.sampled_from(["split", "brief"]), by=NAMES, day=DAYS)
    ),
    drafts=st.dictionaries(IDS, NAMES),
    muted=st.sets(IDS),
    named=st.sets(IDS),
    ever=st.dictionaries(IDS, st.sets(NAMES)),
    voices=st.dictionaries(
        NAMES,
        st.builds(Voices, since=st.integers(1, 9), n=st.integers(1, 9), day=DAYS, actors=st.sets(NAMES)),
    ),
    renewed=st.dictionaries(st.tuples(IDS, st.sampled_from(keys.COMPARTMENTS)), st.integers(0, 2**30)),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(accounts=ACCOUNTS)
def test_what_was_noted_comes_back_as_it_was(sqlite_house: House, accounts: Accounts) -> None:
    house = sqlite_house
    if house.book().n == 0:
        live(house)
    with house.database.read() as session:
        last = session.scalars(select(JournalRow).order_by(JournalRow.n.desc()).limit(1)).one()
        head = Head(last.n, last.head)
        found = bookmarks.find(session, bookmarks.make(session, head, accounts, house.anchor), house.anchor)
    assert found == (head, accounts)


def test_a_desk_has_a_bookmark_of_its_own(sqlite_house: House, tmp_path: Path) -> None:
    house = sqlite_house
    live(house)

    def book() -> Book:
        """Build the desk anew, and let it look."""
        of = Settings(keyring_dir=tmp_path, hosts=frozenset(), is_practice=True)
        built = app.build(
            of, house.database, house.anchor, lambda: house.now, zone=ZoneInfo("UTC"), detectors=no_detectors
        )
        desk: Desk = built.state["desk"]
        with house.database.read() as session:
            desk.book.read(session, house.roster, house.anchor)
        return desk.book

    before = book()
    assert before.of(ONE, "legal").people == ("alice", "bob")
    with house.database.read() as session:
        found = bookmarks.find(session, (tmp_path / bookmarks.NAME).read_bytes(), house.anchor)
    assert found is not None and found[1] == before.accounts == book().accounts


def write(house: House, act: str, by: str, subject: bytes, case: bytes | None = None) -> int:
    with house.database.write() as session:
        day = house.now.date()
        return journal.write(session, act, by=house.actor(by), day=day, case=case, subject=subject).n


def spoil(house: House, n: int, **columns: object) -> None:
    with house.database.write() as session:
        session.execute(update(JournalRow).where(JournalRow.n == n).values(**columns))


@pytest.mark.parametrize("column", ["roster", "signature"])
def test_a_row_spoiled_for_an_instant_is_passed_over_by_nobody(sqlite_house: House, column: str) -> None:
    """Mallory hides that a second colleague suspended Bob, while hub and desk look, and puts it back."""
    house = sqlite_house
    house.put_on(ONE, "alice", "bob")
    house.book()
    write(house, "suspend", "alice", subject_of("bob"))
    n = write(house, "suspend", "olga", subject_of("bob"))
    with house.database.read() as session:
        signature = session.scalars(select(JournalRow.signature).where(JournalRow.n == n)).one()
    was: dict[str, object] = {"roster": None, "signature": signature}
    spoil(house, n, **{column: {"roster": journal.REFUSED, "signature": bytes(64)}[column]})
    for _ in range(5):
        write(house, "brief", "carol", bytes(16), OTHER)
    laid: list[bytes] = []
    desk = Book(lay_down=laid.append)

    def look(of: Book) -> Book:
        with house.database.read() as session:
            of.read(session, house.roster, house.anchor)
        return of

    look(desk)
    house.book()
    assert not desk.accounts.voices["bob"].is_lasting
    with house.database.read() as session:
        for body in (*laid, bookmarks.read(path_of(house))):
            found = bookmarks.find(session, body, house.anchor) if body else None
            assert found is None or found[0].n < n, "none beyond what did not verify"
    spoil(house, n, **{column: was[column]})
    again(house)  # from a bookmark, where there is one
    for book in (house.book(), look(desk), look(Book(bookmark=laid[-1] if laid else None))):
        assert book.accounts.voices["bob"].is_lasting
    write(house, "lend", "bob", subject_of("dan"), ONE)
    for book in (house.book(), look(desk)):
        assert book.of(ONE, "legal").consultant is None
        assert book.accounts == look(Book()).accounts


def test_reading_anew_asks_nothing_of_rows_before_and_lets_go_of_none_after(sqlite_house: House) -> None:
    """Mallory spoils a row of her own, then Alice's, and puts hers back so that all is read anew."""
    house = sqlite_house
    house.put_on(ONE, "alice", "bob")
    n = write(house, "brief", "carol", bytes(16), OTHER)
    with house.database.read() as session:
        own = session.scalars(select(JournalRow.signature).where(JournalRow.n == n)).one()
        alices = {row.n: row.signature for row in session.scalars(select(JournalRow)) if row.n != n}
    spoil(house, n, signature=bytes(64))
    later = write(house, "lend", "alice", subject_of("dan"), ONE)
    book = house.book()
    assert book.of(ONE, "legal").consultant == "dan"
    for old in alices:
        spoil(house, old, signature=bytes(64))
    spoil(house, n, signature=own)
    found = house.book().of(ONE, "legal")
    assert (found.people, found.consultant) == (("alice", "bob"), "dan"), "what came before is not looked at"
    spoil(house, n, signature=bytes(64))
    house.strongbox.parties.forget()
    for old, signature in alices.items():
        spoil(house, old, signature=signature)
    book = house.book()
    assert book.of(ONE, "legal").consultant == "dan"
    with house.database.read() as session:
        lent = session.scalars(select(JournalRow.signature).where(JournalRow.n == later)).one()
    spoil(house, later, signature=bytes(64))
    spoil(house, n, signature=own)
    assert house.book().of(ONE, "legal").people == (), "a row that verified must verify again"
    spoil(house, later, signature=lent)
    found = house.book().of(ONE, "legal")
    assert (found.people, found.consultant) == (("alice", "bob"), "dan")


def test_what_never_verifies_costs_the_shorter_start_and_no_more(
    sqlite_house: House, signed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    house = sqlite_house
    monkeypatch.setattr(parties, "TRIED_AT_ONCE", 2)
    live(house)
    refused = [write(house, "suspend", "alice", subject_of("bob")) for _ in range(5)]
    for n in refused:
        spoil(house, n, signature=bytes(64))
    with house.database.read() as session:
        laid: list[bytes] = []
        book = Book(lay_down=laid.append)
        for _ in range(4):
            signed.clear()
            book.read(session, house.roster, house.anchor)
        assert len(signed) == 2, "a few in their turn"
        found = bookmarks.find(session, laid[-1], house.anchor)
        assert found is not None and found[0].n == ROWS, "laid down before the first of them"
        assert len(laid) == 1
        after = Book(bookmark=laid[-1])
        after.read(session, house.roster, house.anchor)
    assert after.accounts == book.accounts
    assert "bob" not in book.accounts.voices


def test_whoever_signed_the_row_of_a_bookmark_does_not_open_it(sqlite_house: House) -> None:
    """The head lies beside it, and a signature can be made again: one colleague's keys are not enough."""
    house = sqlite_house
    live(house)
    house.put_on(OTHER, "carol")
    house.book()
    body = path_of(house).read_bytes()
    with house.database.write() as session:
        assert bookmarks.find(session, body, house.anchor) is not None
        row = session.scalars(select(JournalRow).where(JournalRow.n == ROWS - 3)).one()
        row.signature = bytes(64)
        session.flush()
        assert bookmarks.find(session, body, house.anchor) is None, "each of them makes the key"


def test_a_bookmark_is_believed_under_its_own_root_keys_only(sqlite_house: House) -> None:
    house = sqlite_house
    live(house)
    house.book()
    with house.database.read() as session:
        assert bookmarks.find(session, path_of(house).read_bytes(), house.anchor) is not None
        book = Book(bookmark=path_of(house).read_bytes())
        book.read(session, house.roster, Anchor((SigningKey.generate().public,), 1))
        assert book._marked is None
