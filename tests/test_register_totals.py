"""Counting: stories yes, people no."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from register import datafiles, importing, records
from register.entry import Corroboration, Count, Entry, Place, Relation
from register.records import Published
from register.row import row_of
from register.shelf import Shelf
from register.sources import Held
from register.state import in_memory
from register.taking import take_in
from register.totals import figures, reasons, tally
from tests.sites import build


def told(**changes: Any) -> Entry:
    return msgspec.structs.replace(
        Entry.new(title={"ru": "А"}, body={"ru": "Б"}, branch="marines"), **changes
    )


def shelf(entries: Iterable[Entry]) -> Shelf:
    """Put entries on a shelf that nobody keeps."""
    state = in_memory()
    take_in(state, Held([published(entry) for entry in entries]))
    return Shelf(state)


def published(entry: Entry) -> Published:
    return records.first(entry, date(2026, 3, 9))


def people(number: int, **changes: Any) -> Count:
    fixed: dict[str, Any] = {"value": number, "min": number, "max": number, "countable": True, **changes}
    return Count(as_written=f"{number}", count_of="people_who_refused", unit="persons", **fixed)


def test_a_story_counts_once_with_all_its_parts() -> None:
    whole = told()
    parts = [told(parent=whole.id), told(parent=whole.id)]
    totals = tally(shelf([whole, *parts]))
    assert (totals.stories, totals.parts) == (1, 2)
    assert totals.by["branch"] == {"marines": 1}


def test_a_part_whose_story_is_gone_counts_by_itself() -> None:
    assert tally(shelf([told(parent="0000000000")])).stories == 1


def test_no_total_of_people_exists_anywhere() -> None:
    counted = shelf([told(counts=(people(80),)), told(counts=(people(12),))])
    assert "92" not in str(tally(counted))
    assert "92" not in b"".join(datafiles.totals_json(counted)).decode()
    assert tally(counted).figures == {"persons": 2}


def test_a_region_with_few_stories_is_counted_nowhere(tmp_path: Path) -> None:
    two = [told(places=(Place(name="Tula region", subject="RU-TUL"),)) for _ in range(2)]
    three = [told(places=(Place(name="Pskov region", subject="RU-PSK"),)) for _ in range(3)]
    data = json.loads(b"".join(datafiles.totals_json(shelf([*two, *three]))))
    assert data["stories_by"]["subject"] == {"RU-PSK": 3}
    assert data["fewer_than_three"] == ["RU-TUL"]
    build([published(entry) for entry in (*two, *three)], tmp_path / "site")
    few, more = ((tmp_path / f"site/en/by/subject-ru-{code}.html").read_text() for code in ("tul", "psk"))
    assert "3 entries" in more
    assert "2 entries" not in few
    browse, totals = ((tmp_path / f"site/en/{name}.html").read_text() for name in ("browse", "totals"))
    assert "Tula region: fewer than three" in browse
    assert re.search(r"Tula region</a> <span>&lt; 3<", browse)
    assert "Tula" not in totals


def test_every_figure_says_why_it_is_not_added() -> None:
    alleged = Corroboration(grade="alleged")
    cases = [
        (told(), people(20, qualifier="about"), "inexact"),
        (told(), people(3, value=None, min=None, max=None, qualifier="many"), "not_a_number"),
        (told(), people(9, countable=False), "not_refusers"),
        (told(), people(0), "zero"),
        (told(), Count(as_written="40 appeals", count_of="appeals", unit="appeals", value=40), "other_unit"),
        (told(), Count(as_written="20-40%", count_of="share", unit="percent", min=20, max=40), "percent"),
        (told(corroboration=alleged), people(500), "uncertain"),
        (told(parent="0000000000"), people(1), "part"),
        (told(), people(12), "same_people"),
    ]
    for entry, count, reason in cases:
        assert reason in reasons(row_of(published(entry), entry), count), reason


def test_overlap_is_said_on_both_sides() -> None:
    one = told(counts=(people(7),))
    other = told(counts=(people(9),), relations=(Relation(type="possible_overlap", target=one.id),))
    listed = figures(shelf([one, other]), "persons")
    assert [figure.reasons for figure in listed] == [("overlap",), ("overlap",)]


def test_the_sums_that_must_never_be_published_are_not(shared: Path) -> None:
    found = importing.read((shared / "data" / "seed_entries.json").read_bytes())
    counted = shelf(found.publishable)
    totals = tally(counted)
    numbers = [
        totals.stories,
        totals.refusals,
        totals.parts,
        *(n for by in totals.by.values() for n in by.values()),
    ]
    assert not {765, 176} & set(numbers)
    assert totals.stories < 54
    assert {"persons", "appeals", "percent", "reports", "cases", "vacancies"} == set(totals.figures)
    listed = [figure for unit in totals.figures for figure in figures(counted, unit)]
    assert len(listed) == sum(totals.figures.values())
    assert all(figure.reasons for figure in listed)
    told_of = json.loads(b"".join(datafiles.totals_json(counted)))
    assert sum(map(len, told_of["figures_not_added"].values())) == len(listed)
