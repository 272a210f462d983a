"""A brief is a one-way door: the lawyer writes, the editors read, and nobody reads back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from casework import asking, briefs, handins, keys, permits
from casework.errors import NotAllowedError, NotFoundError
from casework.releases import card_holders
from casework.tables import Case, Grant, Item, JournalRow, StaffState
from crypto import keyring, lock
from tests.cases import acts, as_, put
from tests.house import House

TEXT = "Отказ группы из одной части"


def write(house: House, case: bytes, version: int = 1, by: str = "alice") -> briefs.Brief:
    """Write a brief of *case* and let the hub take its key and grants."""
    day = house.now.date()
    if case not in house.book().accounts.cases:
        house.put_on(case, by)
    brief = briefs.build(TEXT, "согласна устно", by=house.actor(by), staffing=house.staffing(), day=day)
    with house.database.write() as session:
        briefs.write(session, case, version, brief, as_(house, by))
        asking.hand_in(
            session, house.actor(by), house.roster, now=house.now, new_keys=[brief.key], grants=brief.grants
        )
    assert handins.take(house.database, house.strongbox, house.anchor, house.now) == 1
    return brief


def seed(house: House, who: str, brief: briefs.Brief) -> keys.Identity:
    """Open the grant of *who* as a desk does, with the hub's lock taken off."""
    with house.database.read() as session:
        row = session.get_one(Grant, (brief.key.owner, keys.CONTENT, 0, who, 1))
    place = keys.lock_context(row.owner, keys.CONTENT, 0, who, 1)
    grant = lock.unlock(house.strongbox.epoch, row.locked, place)
    opened = keyring.open_grant(house.staff[who], grant, keys.grant_context(brief.key, who))
    return keys.Identity.from_seed(opened)


def test_editors_read_a_brief_and_its_lawyer_holds_no_key_to_it(house: House) -> None:
    with house.database.write() as session:
        case = put(session, house, status="open")
    brief = write(house, case)
    with house.database.read() as session:
        holders = set(session.scalars(select(Grant.staff).where(Grant.owner == brief.key.owner)))
        item = session.scalars(select(Item).where(Item.kind == "brief")).one()
        payload = keys.open_item(item, seed(house, "carol", brief))
        made = session.get_one(Case, brief.key.owner)
        assert permits.see(session, made.id, as_(house, "dan")).kind == "brief"
        with pytest.raises(NotFoundError):
            permits.see(session, made.id, as_(house, "alice"))
        with pytest.raises(NotFoundError):
            permits.see(session, case, as_(house, "carol"))
    assert holders == {"carol", "dan", keys.RECOVERY}
    assert payload == {"text": TEXT}
    assert (made.team, made.status, made.assignee, made.may_summarise) == ("editors", "new", None, True)


def test_only_the_journal_links_a_brief_to_its_case_and_only_by_ids(house: House) -> None:
    with house.database.write() as session:
        case = put(session, house, status="open")
    brief = write(house, case)
    with house.database.read() as session:
        assert acts(session, case)[1:] == acts(session, subject=brief.key.owner) == ["brief"]
        made = session.get_one(Case, brief.key.owner)
        columns = [column.name for column in Case.__table__.columns]
        assert case not in [getattr(made, name) for name in columns]


def test_without_the_clients_consent_there_is_no_brief(house: House) -> None:
    with house.database.write() as session:
        case = put(session, house, status="open", may_summarise=False)
    with pytest.raises(NotAllowedError):
        write(house, case)
    with house.database.read() as session:
        assert len(session.scalars(select(Case)).all()) == 1


def test_an_editors_case_has_no_brief_and_bob_writes_none_of_alices(house: House) -> None:
    with house.database.write() as session:
        tip = put(session, house, team="editors", status="open")
        case = put(session, house, status="open", second=None)
    with pytest.raises(NotAllowedError):
        write(house, tip, by="carol")
    with pytest.raises(NotFoundError):
        write(house, case, by="bob")


def test_a_house_without_editors_has_nobody_to_brief(house: House) -> None:
    for staff in ("carol", "dan"):
        house.revoke(staff)
    with pytest.raises(NotAllowedError):
        briefs.build(TEXT, "", by=house.actor("alice"), staffing=house.staffing(), day=house.now.date())


def test_the_holders_half_of_a_brief_is_its_lawyers(house: House) -> None:
    with house.database.write() as session:
        case = put(session, house, status="open")
    brief = write(house, case)
    with house.database.write() as session:
        made = session.get_one(Case, brief.key.owner)
        assert card_holders(session, made, house.staffing()) == {"alice", "bob"}
        session.get_one(StaffState, "alice").suspended_until = house.now.replace(year=2027)
    with house.database.read() as session:
        made = session.get_one(Case, brief.key.owner)
        assert card_holders(session, made, house.staffing()) == {"bob"}


def test_mallory_cannot_make_somebody_a_holder_by_a_row(house: House) -> None:
    with house.database.write() as session:
        case = put(session, house, status="open")
    brief = write(house, case)
    with house.database.write() as session:
        item = session.scalars(select(Item).where(Item.kind == "brief")).one()
        item.author = "dan"
        made = session.get_one(Case, brief.key.owner)
        assert "dan" not in card_holders(session, made, house.staffing())


def test_mallory_names_no_other_lawyer_as_the_holder_of_a_brief(house: House) -> None:
    with house.database.write() as session:
        case = put(session, house, status="open", second=None)
        other = put(session, house, status="open", assignee="bob", second=None)
    brief = write(house, case)
    with house.database.write() as session:
        made = session.get_one(Case, brief.key.owner)
        session.scalars(select(Item).where(Item.kind == "brief")).one().author = "bob"
        assert card_holders(session, made, house.staffing()) == {"alice"}
        row = session.scalars(select(JournalRow).where(JournalRow.act == "brief")).one()
        row.case = other
        assert card_holders(session, made, house.staffing()) == set()


def test_another_lawyer_hands_in_no_grants_for_a_brief(house: House) -> None:
    with house.database.write() as session:
        case = put(session, house, status="open", second=None)
    brief = write(house, case)
    with house.database.write() as session:
        ref = asking.hand_in(session, house.actor("bob"), house.roster, now=house.now, grants=brief.grants)
    handins.take(house.database, house.strongbox, house.anchor, house.now)
    with house.database.read() as session:
        assert asking.handed_in(session, ref) == "refused"
