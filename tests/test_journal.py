"""The journal cannot be changed unseen, and a later revocation orphans nothing."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import SQLAlchemyError

from casework import journal
from casework.actors import OPERATOR, Actor
from casework.tables import JournalRow
from tests.house import House

DAY = date(2026, 3, 10)


def fill(house: House) -> None:
    """Write a few acts of several people and of the hub."""
    with house.database.write() as session:
        for act, who in (("sign-in", "alice"), ("accept", "alice"), ("reply", "bob")):
            journal.write(
                session, act, by=house.actor(who), day=DAY, case=b"c" * 16, reason=journal.Reason.make("why")
            )
        journal.countersign(session, house.strongbox.signing, house.roster)


def test_an_untouched_journal_verifies_and_extends(house: House) -> None:
    fill(house)
    with house.database.write() as session:
        first = journal.verify_chain(session, house.anchor)
        journal.write(session, "close", by=house.actor("alice"), day=DAY)
        second = journal.verify_chain(session, house.anchor)
        row = session.get_one(JournalRow, 4)
    assert first != second
    assert row.previous == first


@pytest.mark.parametrize(
    "change",
    [
        update(JournalRow).where(JournalRow.n == 2).values(actor="bob"),
        update(JournalRow).where(JournalRow.n == 2).values(act="close"),
        update(JournalRow).where(JournalRow.n == 1).values(day=date(2026, 3, 9)),
        update(JournalRow).where(JournalRow.n == 3).values(case=b"d" * 16),
        update(JournalRow).where(JournalRow.n == 3).values(signature=bytes(64)),
        update(JournalRow).where(JournalRow.n == 3).values(countersignature=bytes(64)),
        delete(JournalRow).where(JournalRow.n == 2),
    ],
)
def test_any_change_breaks_the_chain(house: House, change: object) -> None:
    fill(house)
    with house.database.write() as session:
        session.execute(change)  # type: ignore[call-overload]
        session.expire_all()
        with pytest.raises(journal.BrokenJournalError):
            journal.verify_chain(session, house.anchor)


def test_a_later_revocation_orphans_nothing(house: House) -> None:
    fill(house)
    house.revoke("alice")
    with house.database.write() as session:
        journal.verify_chain(session, house.anchor)
        journal.write(session, "note", by=house.actor("bob"), day=DAY)
        journal.countersign(session, house.strongbox.signing, house.roster)
        journal.verify_chain(session, house.anchor)
        versions = session.scalars(select(JournalRow.roster).order_by(JournalRow.n)).all()
    assert versions == [1, 1, 1, 2]


def test_the_reason_does_not_stand_in_the_journal(house: House) -> None:
    reason = journal.Reason.make("канарейка")
    with house.database.write() as session:
        row = journal.write(session, "open-card", by=house.actor("alice"), day=DAY, reason=reason)
        assert row.reason == reason.digest
    assert "канарейка" not in repr(reason)
    assert reason.digest != journal.Reason.make("канарейка").digest


def test_hub_and_desks_write_at_once_and_nobody_fails(house: House) -> None:
    failed: list[str] = []

    def act(name: str) -> None:
        for _n in range(6):
            try:
                with house.database.write() as session:
                    journal.write(session, "note", by=house.actor(name), day=DAY)
            except SQLAlchemyError as error:
                failed.append(type(error).__name__)

    threads = [threading.Thread(target=act, args=(name,)) for name in ("alice", "bob", "carol", "dan")]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert failed == []
    with house.database.read() as session:
        journal.verify_chain(session, house.anchor)
        assert journal.count(session) == 24


def test_what_somebody_did_before_they_were_revoked_stands(house: House) -> None:
    with house.database.write() as session:
        journal.write(session, "note", by=house.actor("alice"), day=DAY)
    house.revoke("alice")  # while no hub was running
    operator = Actor(OPERATOR, 0, house.strongbox.signing)
    with house.database.write() as session:
        journal.write(session, "roster", by=operator, day=DAY)
        journal.verify_chain(session, house.anchor)
        assert journal.countersign(session, house.strongbox.signing, house.roster) == 2
        journal.verify_chain(session, house.anchor)


def test_the_revoked_write_nothing_more(house: House) -> None:
    house.revoke("alice")
    operator = Actor(OPERATOR, 0, house.strongbox.signing)
    with house.database.write() as session:
        journal.write(session, "roster", by=operator, day=DAY)
        journal.write(session, "open-card", by=house.actor("alice"), day=DAY)
        with pytest.raises(journal.BrokenJournalError, match="row 2"):
            journal.verify_chain(session, house.anchor)
        assert journal.countersign(session, house.strongbox.signing, house.roster) == 1
        journal.write(session, "roster", by=operator, day=DAY)
        assert journal.countersign(session, house.strongbox.signing, house.roster) == 1
        with pytest.raises(journal.BrokenJournalError, match="row 2"):
            journal.verify_chain(session, house.anchor)


def test_a_row_says_exactly_what_was_signed(house: House) -> None:
    with house.database.write() as session:
        row = journal.write(session, "open-card", by=house.actor("alice"), day=DAY, case=b"c" * 16)
        assert journal.is_signed(row, house.roster)
        row.case = b"d" * 16
        assert not journal.is_signed(row, house.roster)


@pytest.mark.parametrize("is_put_back", [False, True])
def test_a_row_that_only_looks_taken_orphans_none_before_it(
    sqlite_house: House, monkeypatch: pytest.MonkeyPatch, *, is_put_back: bool
) -> None:
    """Mallory marks the newest row as looked at, for an instant or for good."""
    house = sqlite_house
    monkeypatch.setattr(journal, "SETTLED", 2)
    with house.database.write() as session:
        rows = [journal.write(session, "note", by=house.actor("alice"), day=DAY) for _n in range(5)]
        rows[-1].roster = journal.REFUSED
        session.flush()
        if is_put_back:
            journal.write(session, "note", by=house.actor("bob"), day=DAY)
        taken = journal.countersign(session, house.strongbox.signing, house.roster)
        rows[-1].roster = None
        session.flush()
        taken += journal.countersign(session, house.strongbox.signing, house.roster)
        assert taken == journal.count(session)
        journal.verify_chain(session, house.anchor)
        assert all(row.roster == house.roster.version for row in rows)
