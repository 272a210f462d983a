"""Who counts as staff: the newest roster ever seen, and each person's newest key."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import delete

from casework import keeper, rosters, watching
from casework.rosters import OldRosterError, ReservedNameError
from casework.strongbox import Strongbox
from casework.tables import RosterNote
from crypto.keyring import Staff
from crypto.roster import sign
from crypto.signature import SigningKey
from crypto.xwing import Identity
from tests.house import House, entry


def see(house: House) -> None:
    """Let the hub look at the roster once."""
    with house.database.read() as session:
        watching.watched(session, house.strongbox, house.anchor, house.now)


def test_a_hub_never_goes_back_behind_the_newest_roster_it_saw(sqlite_house: House) -> None:
    house = sqlite_house
    house.revoke("bob")
    see(house)
    with house.database.write() as session:
        session.execute(delete(RosterNote).where(RosterNote.version == 2))
    with pytest.raises(OldRosterError):
        see(house)
    state = house.strongbox.families["epoch"].path.parent
    house.strongbox = Strongbox.load(state, state.parent / "runtime", house.now)
    with pytest.raises(OldRosterError):
        see(house)


def test_a_rolled_back_roster_gets_nobody_an_answer(sqlite_house: House) -> None:
    from tests.test_keeper import ask

    house = sqlite_house
    house.revoke("bob")
    assert ask(house, "alice", [], "read") is not None
    with house.database.write() as session:
        session.execute(delete(RosterNote).where(RosterNote.version == 2))
    with pytest.raises(OldRosterError):
        ask(house, "bob", [], "read")
    assert keeper.Counters().answered == {}


def test_an_older_key_left_on_the_roster_brings_nobody_back(sqlite_house: House) -> None:
    house = sqlite_house
    renewed = replace(
        entry(Staff("alice", 2, Identity.generate(), SigningKey.generate()), {"lawyer"}), revoked=True
    )
    staff = (*house.roster.staff, renewed)
    house.enforce(replace(house.roster, version=2, previous=house.roster.digest, staff=staff))
    staffing = house.staffing()
    assert "alice" not in staffing.living
    assert staffing.holder("alice") is None
    assert "alice" not in [holder.staff for holder in staffing.duty("legal")]


@pytest.mark.parametrize("name", ["recovery", "hub", "operator", "tipster"])
def test_nobody_is_called_what_stands_for_something_else(sqlite_house: House, name: str) -> None:
    house = sqlite_house
    somebody = entry(Staff(name, 1, Identity.generate(), SigningKey.generate()), {"lawyer"})
    roster = replace(house.roster, version=2, staff=(*house.roster.staff, somebody))
    with house.database.write() as session, pytest.raises(ReservedNameError):
        rosters.accept(session, sign(roster, house.root), house.anchor, house.now.date())


def test_somebody_new_with_two_keys_comes_onto_the_roster_once(sqlite_house: House) -> None:
    house = sqlite_house
    keys = [entry(Staff("faye", n, Identity.generate(), SigningKey.generate()), {"editor"}) for n in (1, 2)]
    house.enforce(replace(house.roster, version=2, staff=(*house.roster.staff, *keys)))
    assert "faye" in house.staffing().living
