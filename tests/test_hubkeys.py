"""What desks seal to is the hub's own, and still opens something."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from casework import hubkeys
from casework.tables import HubKey
from crypto.errors import TamperedError
from crypto.xwing import Identity
from tests.house import House

PURPOSES = (hubkeys.COURIER, hubkeys.HANDIN, hubkeys.PRESS, hubkeys.CONTACT)


def publish(house: House) -> None:
    """Publish as the hub does after a rotation."""
    with house.database.write() as session:
        hubkeys.publish(session, house.strongbox, house.now.date())


@pytest.mark.parametrize("purpose", PURPOSES)
def test_mallory_puts_no_key_of_hers_there(sqlite_house: House, purpose: str) -> None:
    house = sqlite_house
    hers = Identity.generate().recipient.raw
    with house.database.write() as session:
        session.execute(update(HubKey).where(HubKey.purpose == purpose).values(recipient=hers))
        with pytest.raises(TamperedError):
            hubkeys.find(session, purpose, house.roster)


def test_a_key_of_one_purpose_serves_no_other(sqlite_house: House) -> None:
    house = sqlite_house
    with house.database.write() as session:
        press = session.get_one(HubKey, (hubkeys.PRESS, 1))
        courier = session.get_one(HubKey, (hubkeys.COURIER, 1))
        courier.recipient, courier.signature = press.recipient, press.signature
        session.flush()
        with pytest.raises(TamperedError):
            hubkeys.find(session, hubkeys.COURIER, house.roster)


@pytest.mark.parametrize("family", [hubkeys.COURIER, hubkeys.HANDIN])
def test_the_public_half_of_a_key_that_died_goes_with_it(sqlite_house: House, family: str) -> None:
    house = sqlite_house
    old = house.strongbox.families[family].current.number
    house.now += timedelta(days=30)
    house.strongbox.add(family, house.now)
    publish(house)
    house.strongbox.families[family].drop(old)
    publish(house)
    with house.database.read() as session:
        numbers = session.scalars(select(HubKey.number).where(HubKey.purpose == family)).all()
        found, _recipient = hubkeys.find(session, family, house.roster)
    assert numbers == [found]
    assert found != old
