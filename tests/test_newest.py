"""One question for all keys of a case gives what the single questions give, whatever lies in the rows."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from casework import keys, newest
from casework.database import Database
from casework.hands import Hands
from casework.parties import Book
from casework.rows import Rows, write
from casework.tables import Grant, SealingKey
from tests.house import build

OWNER = bytes(range(16))
# Of each generation: who holds it, and whether the hub vouched for it.
GENERATIONS = [("alice", True), ("mallory", True), ("alice", False), ("carol", True)]


@pytest.mark.parametrize("order", list(product(range(4), repeat=2)))
def test_the_newest_keys_are_those_the_single_questions_name(
    order: tuple[int, int], sqlite_database: Database, tmp_path: Path
) -> None:
    _compare(sqlite_database, tmp_path, order)


def test_both_engines_name_the_same_newest_keys(database: Database, tmp_path: Path) -> None:
    _compare(database, tmp_path, (0, 1, 2, 3))


def _compare(database: Database, folder: Path, order: tuple[int, ...]) -> None:
    house = build(database, folder)
    rows = Rows()
    for generation, kind in enumerate(order):
        holder, is_vouched = GENERATIONS[kind]
        key = keys.make(OWNER, keys.CONTENT, generation)
        keys.add_key(rows, key, "hub", hub=house.strongbox.signing if is_vouched else None)
        place = {"owner": OWNER, "compartment": keys.CONTENT, "generation": generation}
        rows.add(Grant, **place, staff=holder, number=1, epoch=1, locked=b"")
        if holder == "carol":  # whose key is gone; somebody living beside her changes nothing
            rows.add(Grant, **place, staff="bob", number=1, epoch=1, locked=b"")
    forged = {"generation": 2**31 - 1, "recipient": b"forged", "made_by": "hub", "signature": b""}
    rows.add(SealingKey, owner=OWNER, compartment=keys.CONTENT, **forged)
    rows.add(SealingKey, owner=OWNER, compartment="none of ours", **forged)
    with database.write() as session:
        write(session, [rows])
    hands, roster = Hands(frozenset({("alice", 1), ("bob", 1)}), frozenset({("carol", 1)})), house.roster
    with database.read() as session:
        found = newest.read(session, OWNER, hands, roster, Book())
        for part in keys.COMPARTMENTS:
            assert found[part].key == keys.current(session, OWNER, part, hands, roster)
            assert found[part].following == keys.next_generation(session, OWNER, part)
