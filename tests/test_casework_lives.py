"""One table of transitions per thing; what it does not name cannot happen."""

from __future__ import annotations

from itertools import product

import pytest

from casework import lives
from casework.errors import WrongStateError

LIVES = {
    "case": (lives.CASE, lives.CASE_STATES),
    "entry": (lives.ENTRY, lives.ENTRY_STATES),
    "reply": (lives.REPLY, lives.REPLY_STATES),
}


@pytest.mark.parametrize("name", LIVES)
def test_a_life_names_only_known_states_and_reaches_each_of_them(name: str) -> None:
    life, states = LIVES[name]
    assert {state for state, _act in life} | set(life.values()) <= set(states)
    reached, grown = {states[0]} | ({"waiting"} if name == "reply" else set()), True
    while grown:
        later = {after for (state, _act), after in life.items() if state in reached}
        grown = not later <= reached
        reached |= later
    assert reached == set(states)


@pytest.mark.parametrize("name", LIVES)
def test_what_a_table_does_not_name_is_refused(name: str) -> None:
    life, states = LIVES[name]
    acts = {act for _state, act in life}
    for state, act in product(states, acts):
        if act in lives.acts_from(state, life):
            assert lives.step(life, state, act) in states
        else:
            with pytest.raises(WrongStateError):
                lives.step(life, state, act)


def test_an_erased_case_and_a_retracted_entry_have_no_way_back() -> None:
    assert lives.acts_from("erased") == ()
    assert lives.acts_from("retracted", lives.ENTRY) == ()


def test_every_living_case_can_be_erased() -> None:
    assert all("erase" in lives.acts_from(state) for state in lives.CASE_STATES if state != "erased")


def test_an_entry_becomes_public_only_from_the_press_and_enters_it_only_approved() -> None:
    assert [state for (state, _act), after in lives.ENTRY.items() if after == "published"] == ["scheduled"]
    ways = {state for (state, act), after in lives.ENTRY.items() if after == "scheduled" and act == "release"}
    assert ways == {"approved"}


def test_any_edit_of_a_frozen_text_takes_it_back_to_the_desk() -> None:
    for state in ("review", "approved", "scheduled"):
        assert lives.step(lives.ENTRY, state, "save") == "draft"


def test_whoever_writes_again_is_looked_at_again() -> None:
    assert lives.step(lives.CASE, "declined", "hear") == "new"
    assert lives.step(lives.CASE, "closed", "hear") == "open"
    assert lives.step(lives.CASE, "waiting_source", "hear") == "open"
