"""Whose word an item is: signed inside by its author, whatever its row says."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from casework import keys, rows
from casework.tables import Case, Item
from crypto.errors import MalformedError, TamperedError
from crypto.signature import SigningKey
from tests.house import House

DAY = date(2026, 3, 10)


@pytest.fixture
def case(sqlite_house: House) -> keys.NewKey:
    """Make a case with one key."""
    key = keys.make(keys.new_id(), keys.CONTENT, 0)
    with sqlite_house.database.write() as session:
        session.add(
            Case(id=key.owner, kind="legal", team="legal", status="new", urgency="normal", language="ru",
                 opened=DAY, touched=DAY)
        )  # fmt: skip
    return key


def seal(
    house: House,
    key: keys.NewKey,
    author: str,
    signing: SigningKey | None,
    kind: str = "note",
    **payload: Any,
) -> Item:
    """Seal one item and return its row."""
    batch = rows.Rows()
    item = keys.seal_item(
        batch, keys.public(key), kind=kind, author=author, payload=payload, day=DAY, signing=signing
    )
    with house.database.write() as session:
        rows.write(session, [batch])
    with house.database.read() as session:
        return session.get_one(Item, item)


def test_what_the_hub_and_staff_signed_opens_without_the_signature(
    sqlite_house: House, case: keys.NewKey
) -> None:
    house = sqlite_house
    hubs = seal(house, case, "hub", house.strongbox.signing, text="a")
    taken_in = seal(house, case, "tipster", house.strongbox.signing, text="b")
    alices = seal(house, case, "alice", house.actor("alice").signing, text="c")
    opened = [keys.open_item(item, case.identity, house.roster) for item in (hubs, taken_in, alices)]
    assert opened == [{"text": "a"}, {"text": "b"}, {"text": "c"}]
    assert keys.open_item(hubs, case.identity) == {"text": "a"}


def test_whoever_can_seal_is_not_yet_an_author(sqlite_house: House, case: keys.NewKey) -> None:
    house = sqlite_house
    bob = house.actor("bob").signing
    forged = [
        seal(house, case, "hub", None, text="x"),
        seal(house, case, "hub", bob, text="x"),
        seal(house, case, "alice", bob, text="x"),
        seal(house, case, "nobody", bob, text="x"),
        seal(house, case, "hub", None, text="x", signed="zz"),
        seal(house, case, "hub", None, text="x", signed=7),
    ]
    renamed = seal(house, case, "bob", bob, text="x")
    renamed.author = "hub"
    for item in [*forged, renamed]:
        with pytest.raises(TamperedError):
            keys.open_item(item, case.identity, house.roster)


@pytest.mark.parametrize("kind", ["courier", "mailbox", "routing"])
def test_no_colleague_says_where_answers_go(sqlite_house: House, case: keys.NewKey, kind: str) -> None:
    house = sqlite_house
    hubs = seal(house, case, "hub", house.strongbox.signing, kind, id="aa")
    bobs = seal(house, case, "bob", house.actor("bob").signing, kind, id="bb")
    assert keys.open_item(hubs, case.identity, house.roster) == {"id": "aa"}
    with pytest.raises(TamperedError):
        keys.open_item(bobs, case.identity, house.roster)


def test_a_signed_file_is_its_content_too(sqlite_house: House, case: keys.NewKey) -> None:
    house, batch = sqlite_house, rows.Rows()
    item_id = keys.seal_file(
        batch, keys.public(case), kind="file", author="tipster", head={"name": "a"}, content=b"harmless",
        day=DAY, signing=house.strongbox.signing,
    )  # fmt: skip
    with house.database.write() as session:
        rows.write(session, [batch])
        item = session.scalars(select(Item)).one()
        head = keys.open_item(item, case.identity, house.roster)
        assert keys.open_content(session, item, case.identity, head[keys.DIGEST]) == b"harmless"
        with pytest.raises(TamperedError):
            keys.open_content(session, item, case.identity, "00" * 32)
    assert item.id == item_id


def test_an_item_with_nothing_in_it_is_malformed(sqlite_house: House, case: keys.NewKey) -> None:
    item = seal(sqlite_house, case, "hub", None, text="x")
    item.sealed = None
    with pytest.raises(MalformedError):
        keys.open_item(item, case.identity)
