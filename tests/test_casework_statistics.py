"""Slips are sealed, name no case, and small cells stay hidden."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from casework import rows, statistics
from casework.tables import Slip
from crypto.errors import CryptoError
from crypto.xwing import Identity
from tests.house import House

FACTS = {"topic": "discharge", "region": "RU-BEL", "urgency": "now", "name": "Иван"}


def test_a_slip_holds_categories_only_and_opens_for_the_coordinator_alone(house: House) -> None:
    batch = rows.Rows()
    olga = house.staff["olga"].identity
    statistics.add_slip(batch, [olga.recipient], "2026-03", FACTS)
    with house.database.write() as session:
        rows.write(session, [batch])
        slip = session.scalars(select(Slip)).one()
    assert statistics.open_slip(slip, olga) == {k: v for k, v in FACTS.items() if k != "name"}
    with pytest.raises(CryptoError):
        statistics.open_slip(slip, house.staff["alice"].identity)
    slip.month = "2026-04"
    with pytest.raises(CryptoError):
        statistics.open_slip(slip, olga)


def test_all_slips_have_one_size() -> None:
    sizes = set()
    for region in ("", "RU-KDA", "очень далеко " * 20):
        batch = rows.Rows()
        statistics.add_slip(batch, [Identity.generate().recipient], "2026-03", {"region": region})
        sizes.add(len(batch.inserts[0][1]["sealed"]))
    assert len(sizes) == 1


def test_a_house_without_a_coordinator_keeps_no_slips() -> None:
    batch = rows.Rows()
    statistics.add_slip(batch, [], "2026-03", FACTS)
    assert batch.inserts == []


@given(st.lists(st.sampled_from("aaaaaaaabbbbbcccd"), max_size=60))
def test_a_small_cell_is_neither_shown_nor_to_be_reckoned_from_the_rest(values: list[str]) -> None:
    tallied = statistics.tally({"topic": value} for value in values)
    true, cells = Counter(values), tallied.fields["topic"]
    assert tallied.total == len(values)
    assert set(cells) == set(true)
    hidden = [value for value, shown in cells.items() if shown is None]
    assert all(cells[value] in (None, true[value]) for value in cells)
    assert all(value in hidden for value in true if true[value] < statistics.FLOOR)
    if hidden and len(hidden) < len(cells):
        assert sum(true[value] for value in hidden) >= statistics.FLOOR
