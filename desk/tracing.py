"""What stands on cards, as what tells people apart: read for a comparison, shown to nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from casework import keys, likeness
from casework.asking import GrantRef
from casework.likeness import Traces
from casework.tables import Item
from crypto.errors import CryptoError
from crypto.xwing import Identity
from desk import shelving
from desk.visit import Visit


def of_cards(
    visit: Visit, cases: Sequence[bytes], opened: Mapping[GrantRef, Identity]
) -> dict[bytes, Traces]:
    """Return what stands on the cards of *cases*; a card that does not open is as if it were empty."""
    found: dict[bytes, Traces] = {}
    for at in range(0, len(cases), shelving.PORTION):
        with visit.database.read() as session:
            cards = session.scalars(
                select(Item).where(
                    Item.case.in_(cases[at : at + shelving.PORTION]), Item.compartment == keys.IDENTITY
                )
            ).all()
        for item in cards:
            identity = opened.get(GrantRef(item.case, keys.IDENTITY, item.generation))
            if identity is None:
                continue
            try:
                text = shelving.text_of(keys.open_item(item, identity))
            except CryptoError:
                continue
            found[item.case] = found.get(item.case, Traces()) | likeness.traces(text)
    return found
