"""
The vault in any order: accept, reassign, suspend, re-wrap, renew, rotate, erase, back up, restore; drafts
written, renewed and erased; the recovery key exchanged.

What must hold after every act stands in :mod:`tests.vaultlife` and :mod:`tests.writtenlife`.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from casework import epoch, erasure, succession
from casework.keys import DRAFT, RECOVERY, PublicKey
from casework.rosters import Staffing
from casework.tables import Case, Draft, Grant
from desk import accepting, drafting, handing, people, relieving, rewrapping
from desk.visit import Visit
from subrosa.escrow import Escrow
from tests.writtenlife import Life


def live(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            # A life that fails is short enough to read; to make it shorter takes minutes.
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_whatever_happens_to_keys_the_right_people_open_and_nobody_else() -> None:
    live(examples=4, steps=40)


def _nothing(*_: Any, **__: Any) -> Any:
    return 0


def _no_steps(_visit: Visit) -> Any:
    return ()


def _handover_to_one(visit: Visit, case: Case, first: str, second: str | None) -> handing.HandIn:
    del second
    return _HANDOVER(visit, case, first, None)


def _oldest_key(visit: Visit, draft: Draft) -> PublicKey:
    generation, identity = drafting.opened(visit, draft.id)[-1]
    return PublicKey(draft.id, DRAFT, generation, identity.recipient)


def _is_any_paper(row: Grant, _staffing: Staffing) -> bool:
    return row.staff == RECOVERY


_HANDOVER = accepting.handover

# One line each that could go wrong, where it would, and what the life test says then.
FAULTS = {
    "accept": (accepting, "handover", _handover_to_one, "who should open it does not"),
    "re-wrap": (rewrapping, "rewrap", _no_steps, "who should open it does not"),
    "suspend": (people, "suspend", _nothing, "whoever is suspended is out"),
    "renew": (succession, "_renew_one", _nothing, "opens with what was taken"),
    "settle": (succession, "_could_hold", lambda *_: [], "opens with what was taken"),
    "relieve": (relieving, "relieve", _no_steps, "never told to them"),
    "erase": (epoch, "retire", _nothing, "DID NOT RAISE"),
    "write": (drafting, "draft_key", _oldest_key, "opens with what was taken"),
    "exchange": (rewrapping, "_of_exchanged", lambda _visit: [], "was not passed on"),
    "paper": (succession, "_is_for_paper", _is_any_paper, "the earlier paper opens it still"),
    "draft": (erasure, "_drop_drafts", _nothing, "erased drafts stay erased"),
    "remember": (Escrow, "remember_erased", _nothing, "erased cases stay erased"),
}


def live_as_written() -> None:
    """A short life that meets each of them; lives drawn at random do too, some only after many."""
    for with_recovery in (True, False):
        _live_as_written(with_recovery)


def _live_as_written(with_recovery: bool) -> None:
    vault = Life()
    try:
        vault.found(with_recovery=with_recovery)
        vault.write("carol", True)
        vault.write("dan", True)
        vault.suspend("bob", "alice")
        vault.tell(0)
        vault.lift("alice")
        vault.rewrap("bob")
        vault.tell(0)
        vault.rob("bob", "fred")
        vault.tell(1)
        vault.rob("bob", "dan")
        vault.write("carol", False)
        if with_recovery:
            vault.exchange_paper()
            for name in ("alice", "bob", "carol", "olga"):
                vault.rewrap(name)
            vault.tick()
        vault.back_up()
        vault.file()
        vault.erase(1)
        vault.take_back()
        vault.restore()
    finally:
        vault.teardown()


def test_a_life_as_written_passes() -> None:
    live_as_written()


@pytest.mark.full
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_one_line_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held after every act is worth something: it fails as soon as one thing is not done."""
    where, name, broken, said = FAULTS[fault]
    monkeypatch.setattr(where, name, broken)
    with pytest.raises((AssertionError, pytest.fail.Exception), match=said):
        live_as_written()


@pytest.mark.full
@pytest.mark.timeout(1500)
def test_whatever_happens_to_keys_for_long_the_right_people_open_and_nobody_else() -> None:
    live(examples=25, steps=50)
