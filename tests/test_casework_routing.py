"""Fewest open cases under one's own limit; ties by lot; nobody is left out and nobody overloaded."""

from __future__ import annotations

from collections import Counter
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import casework
from casework import catalogue, routing
from casework.routing import Candidate, Route

CATALOGUES = Path(casework.__file__).parent / "catalogues"
PEOPLE = st.lists(
    st.builds(Candidate, st.sampled_from("abcdef"), st.integers(0, 5), st.integers(0, 6)),
    unique_by=lambda one: one.staff,
)


@given(PEOPLE, st.integers(0, 255))
def test_nobody_over_their_limit_gets_a_case_and_nobody_had_fewer(people: list[Candidate], lot: int) -> None:
    route = routing.route(people, lambda size: bytes([lot % 250]) * size)
    able = [one for one in people if one.open < one.limit]
    if route.assignee is None:
        assert able == []
        assert route.to_coordinator == (people == [])
        assert route.to_duty == (people != [])
    else:
        chosen = next(one for one in able if one.staff == route.assignee)
        assert chosen.open == min(one.open for one in able)


def test_the_lot_favours_nobody() -> None:
    people = [Candidate(name, 5, 1) for name in "abc"]
    draws = count()
    chosen = Counter(
        routing.route(people, lambda _size: bytes([next(draws) % 256])).assignee for _round in range(255)
    )
    assert chosen == {"a": 85, "b": 85, "c": 85}


def test_a_draw_that_would_favour_the_first_is_drawn_again() -> None:
    people = [Candidate(name, 5, 1) for name in "abc"]
    draws = iter([b"\xff", b"\x01"])
    assert routing.route(people, lambda _size: next(draws)).assignee == "b"


def test_the_order_of_the_list_decides_nothing() -> None:
    people = [Candidate("bob", 5, 1), Candidate("alice", 5, 1)]
    assert routing.route(people, bytes) == routing.route(people[::-1], bytes)


def test_somebody_whose_limit_nobody_knows_is_given_nothing() -> None:
    assert routing.route(routing.candidates(["alice"], {}, {}), bytes).code == routing.FULL


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
@pytest.mark.parametrize("code", [routing.FEWEST, routing.LOT, routing.FULL, routing.NOBODY, routing.FITS])
def test_the_reason_is_a_sentence_in_every_language(code: str, language: str) -> None:
    payload = Route("alice", code, 2, 40, 3).payload() | {"asked": "ст. 337"}
    sentence = routing.explain(payload, catalogue.load(CATALOGUES, language))
    assert sentence.endswith(".")
    assert "{" not in sentence
    assert not sentence.startswith("routing.")


RANKED = st.builds(
    Candidate, st.sampled_from("abcdef"), st.integers(0, 5), st.integers(0, 6), st.booleans(), st.booleans(),
    st.integers(0, 2), st.integers(0, 2),
)  # fmt: skip


@given(st.lists(RANKED, unique_by=lambda one: one.staff), st.booleans())
def test_nobody_better_is_passed_over_and_nobody_waits_for_a_specialist(
    people: list[Candidate], is_urgent: bool
) -> None:
    route = routing.route(people, bytes, is_urgent=is_urgent)
    able = [one for one in people if one.open < one.limit]
    assert (route.assignee is None) == (able == [])
    if route.assignee is not None:
        chosen = next(one for one in able if one.staff == route.assignee)
        better = [(one.speaks, one.topic, one.subject) for one in able]
        assert (chosen.speaks, chosen.topic, chosen.subject) == max(better)
        assert (
            chosen.is_awake
            or not is_urgent
            or not any(one.is_awake for one in able if (one.speaks, one.topic, one.subject) == max(better))
        )


def test_who_named_it_comes_before_who_named_nothing_and_that_one_before_the_others() -> None:
    assert routing.rank({"awol"}, "awol") > routing.rank((), "awol") > routing.rank({"trial"}, "awol")
    assert routing.rank({"trial"}, None) == routing.rank((), None)
    people = [Candidate("alice", 9, 0), Candidate("bob", 9, 5, topic=routing.NAMED)]
    assert routing.route(people, bytes) == Route("bob", routing.FITS, 5, 9, 1, ("topic",))
