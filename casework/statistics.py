"""
Statistics: sealed slips, tallied by a coordinator at a desk, then deleted.

A case gives one when it is filed, one at its first answer, one when it is closed. The hub keeps no counters
by topic or region. A slip carries categories, or how long an answer took; never words, and no case id. Its
month stands in clear. Cells under five are suppressed, and so is a second cell where one alone would follow
from the total.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from casework import canonical, keys
from casework.rows import Rows
from casework.tables import Slip
from crypto import context, sealed
from crypto.errors import MalformedError
from crypto.padding import CARD
from crypto.xwing import Identity, Recipient

FIELDS = ("branch", "kind", "language", "outcome", "region", "relation", "topic", "urgency")
FLOOR = 5
# What the slip of a first answer holds, and nothing else: hours, in steps that do not pretend to be exact.
HOURS, STEP, LONGEST = "hours", 6, 720


def add_slip(rows: Rows, recipients: Sequence[Recipient], month: str, facts: dict[str, str]) -> None:
    """Add a slip of the categories in *facts*, of :data:`FIELDS` only; others are left out."""
    _add(rows, recipients, month, {name: facts[name] for name in FIELDS if name in facts})


def add_answer(rows: Rows, recipients: Sequence[Recipient], month: str, hours: float) -> None:
    """Add the slip of a first answer that took so many *hours*, rounded up before they are sealed."""
    steps = max(1, math.ceil(hours / STEP))
    _add(rows, recipients, month, {HOURS: str(min(STEP * steps, LONGEST))})


def _add(rows: Rows, recipients: Sequence[Recipient], month: str, facts: dict[str, str]) -> None:
    if not recipients:
        return
    slip = keys.new_id()
    where = context.named("slip", slip, month)
    sealed_facts = sealed.seal(canonical.dumps(facts), recipients, where, sizes=CARD)
    rows.add(Slip, id=slip, month=month, sealed=sealed_facts)


def open_slip(slip: Slip, identity: Identity) -> dict[str, str]:
    """
    Open one slip with a coordinator's own key.

    Raises:
        CryptoError: not for this key, or moved to another month.
    """
    where = context.named("slip", slip.id, slip.month)
    facts = canonical.loads(sealed.open_sealed(slip.sealed, identity, where))
    if not isinstance(facts, dict) or not (set(facts) <= set(FIELDS) or _is_answer(facts)):
        raise MalformedError("slip")
    return facts


def half_within(slips: Iterable[dict[str, str]], floor: int = FLOOR) -> int | None:
    """Return the hours within which half of the first answers came; ``None`` below *floor* of them."""
    hours = sorted(int(slip[HOURS]) for slip in slips if HOURS in slip)
    return hours[(len(hours) - 1) // 2] if len(hours) >= floor else None


def _is_answer(facts: dict[str, str]) -> bool:
    return set(facts) == {HOURS} and str(facts[HOURS]).isdecimal() and int(facts[HOURS]) <= LONGEST


@dataclass(frozen=True, slots=True)
class Tally:
    """How many slips there were, and for each field how often each value came; None is a suppressed cell."""

    total: int
    fields: dict[str, dict[str, int | None]]


def tally(slips: Iterable[dict[str, str]], floor: int = FLOOR) -> Tally:
    """Count *slips*, with every cell below *floor* suppressed."""
    opened = list(slips)
    counted = {name: Counter(slip[name] for slip in opened if name in slip) for name in FIELDS}
    return Tally(len(opened), {name: _suppress(cells, floor) for name, cells in counted.items()})


def _suppress(cells: Counter[str], floor: int) -> dict[str, int | None]:
    small = {value for value, count in cells.items() if count < floor}
    rest = sorted((count, value) for value, count in cells.items() if value not in small)
    if small and sum(cells[value] for value in small) < floor and rest:
        small.add(rest[0][1])
    return {value: None if value in small else cells[value] for value in sorted(cells)}
