"""Imported lists at the desk: an editor decides what was proposed, two people sign what came of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from casework import releases
from casework.database import Database
from casework.tables import Manifest, ManifestSignature
from register import lists, records
from register.basis import words_of
from register.entry import Block
from register.lists import HandMade
from tests.deskhouse import DeskHouse, open_desk
from tests.test_register_import import SMALL, long_list, of

TOLD = SMALL.replace("Two were later", "For example, two were later")


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


def land(desk: DeskHouse, text: str, *left: str) -> str:
    news = of(text, document="small.txt").news
    assert news.outline is not None
    outline = msgspec.structs.replace(news.outline, left=left)
    body = lists.pack(news.entries, outline, news.proposals)
    with desk.house.database.write() as session:
        digest = releases.land_manifest(session, body, desk.house.actor("olga"), desk.house.now.date())
    return f"/imports/{digest.hex()}"


def in_review(desk: DeskHouse) -> HandMade:
    with desk.house.database.read() as session:
        (body,) = releases.manifests_in_review(session)
    return lists.unpack(body)


def names(page: str) -> list[str]:
    return re.findall(r'name="proposal" value="(\d+)"', page)


def test_an_editor_accepts_some_proposals_and_drops_others(desk: DeskHouse) -> None:
    where = land(desk, TOLD, "0123456789")
    carol = desk.sign_in("carol")
    page = carol.page(where)
    assert "small.txt" in page
    # Whoever signs is told what the file lacks that was in it before.
    assert "1 entry of this list is no longer in its file" in page
    assert 'href="/published?id=0123456789"' in page
    assert "A dated follow-up" in page
    assert "2 notices, never published" in page
    listed = in_review(desk)
    by_name = {str(n): one for n, one in enumerate(listed.proposals)}
    assert sorted(names(page)) == sorted(by_name)
    wanted = [name for name, one in by_name.items() if one.kind in ("follow_up", "split")]
    answer = carol.do(where, f"{where}/decide", proposal=wanted, does="accept")
    assert answer.status_code == 303
    after = in_review(desk)
    assert sum(len(one.updates) for one in after.entries) == 1
    assert sum(one.parent is not None for one in after.entries) == 2  # of a story, and of the introduction
    assert {one.kind for one in after.proposals} == {"no_source", "no_bullet"}
    where = answer.headers["location"]
    answer = carol.do(where, f"{where}/decide", proposal=names(carol.page(where)), does="drop")
    assert answer.status_code == 303
    assert in_review(desk).proposals == ()
    assert in_review(desk).outline == listed.outline
    assert carol.get(where).status_code == 404


def test_a_decision_voids_the_signatures_that_were_there(desk: DeskHouse) -> None:
    where = land(desk, TOLD)
    carol, dan = desk.sign_in("carol"), desk.sign_in("dan")
    carol.do(where, f"{where}/sign")
    answer = dan.do(where, f"{where}/decide", proposal=names(dan.page(where))[:1], does="accept")
    with desk.house.database.read() as session:
        assert session.scalars(select(ManifestSignature)).all() == []
    dan.do(answer.headers["location"], f"{answer.headers['location']}/sign")
    with desk.house.database.read() as session:
        assert session.scalars(select(Manifest.state)).all() == ["review"]


def test_a_decision_about_nothing_or_by_the_wrong_person_changes_nothing(desk: DeskHouse) -> None:
    where = land(desk, TOLD)
    carol = desk.sign_in("carol")
    before = in_review(desk)
    assert carol.do(where, f"{where}/decide", does="accept").status_code == 422
    assert carol.do(where, f"{where}/decide", proposal=["99"], does="accept").status_code == 422
    assert carol.do(where, f"{where}/decide", proposal=["0"], does="burn").status_code == 422
    bob = desk.sign_in("bob")
    assert bob.post(f"{where}/decide", {**bob.form("/account", "/account/duty")}).status_code == 403
    assert in_review(desk) == before


def test_other_words_under_a_digest_are_neither_shown_nor_signed_nor_decided_upon(desk: DeskHouse) -> None:
    where = land(desk, TOLD)
    carol = desk.sign_in("carol")
    sign, decide = carol.form(where, f"{where}/sign"), carol.form(where, f"{where}/decide")
    with desk.house.database.write() as session:
        # Mallory, who writes to the database, shows something harmless in place of what will be signed.
        row = session.scalars(select(Manifest)).one()
        row.body = lists.pack(of(SMALL.replace("Twelve", "Harmless")).entries)
    page = carol.page(where)
    assert "damaged" in page
    assert "Harmless" not in page
    assert carol.post(f"{where}/sign", sign).status_code == 409
    assert carol.post(f"{where}/decide", {**decide, "proposal": "0", "does": "drop"}).status_code == 409


def test_a_stale_form_of_a_list_decides_nothing(desk: DeskHouse) -> None:
    where = land(desk, TOLD)
    carol, dan = desk.sign_in("carol"), desk.sign_in("dan")
    form = dan.form(where, f"{where}/decide")
    carol.do(where, f"{where}/decide", proposal=["0"], does="drop")
    after = in_review(desk)
    assert dan.post(f"{where}/decide", {**form, "proposal": "1", "does": "accept"}).status_code == 404
    assert in_review(desk) == after


def test_a_long_list_comes_in_pages_and_what_needs_a_decision_comes_first(desk: DeskHouse) -> None:
    text = long_list(120) + "\n• A stoker refused. Nobody told us where this is from."
    where = land(desk, text)
    carol = desk.sign_in("carol")
    page = carol.page(where)
    assert page.count('<section class="sheet" id=') == 50
    assert page.index("A stoker refused") < page.index("Group number 0 ")
    assert "page 1 of 3" in page
    assert carol.page(f"{where}?page=3").count('<section class="sheet" id=') == 21
    for odd in ("0", "-1", "x", "9" * 5000, "٣"):
        assert carol.get(f"{where}?page={odd}").status_code in (200, 400, 414)


@pytest.fixture
def desk_with_records(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path, records_dir=tmp_path / "records") as opened:
        yield opened


NAMED = SMALL.replace("Their captain", "Captain Brand")


def contested(desk: DeskHouse, folder: Path) -> tuple[str, str]:
    """Land a renewed list of which one entry was corrected here; return its address and that entry's id."""
    first = of(NAMED, document="small.txt")
    (sailors,) = [one for one in first.entries if "Brand" in one.written]
    day = desk.house.now.date()
    for one in first.publishable:
        records.put(folder, one, day, words_of(one))
    opening, *rest = sailors.body["en"]
    opening = msgspec.structs.replace(opening, text=opening.text.replace("Captain Brand", "Their captain"))
    records.put(folder, msgspec.structs.replace(sailors, body={"en": (opening, *rest)}), day)
    renewed = NAMED.replace("Two were later", "Three were later")
    news = of(renewed, document="small.txt", public=records.read_all(folder)).news
    body = lists.pack(news.entries, news.outline, news.proposals, news.bases)
    with desk.house.database.write() as session:
        digest = releases.land_manifest(session, body, desk.house.actor("olga"), day)
    return f"/imports/{digest.hex()}", sailors.id


def test_what_was_corrected_here_stays_until_the_signers_choose_the_lists_words(
    desk_with_records: DeskHouse, tmp_path: Path
) -> None:
    desk = desk_with_records
    where, sailors = contested(desk, tmp_path / "records")
    carol = desk.sign_in("carol")
    page = carol.page(where)
    assert "1 entry corrected here" in page
    assert "What readers have now stays." in page
    assert "<ins>Captain</ins>" in page
    assert carol.do(where, f"{where}/choose", takes="list").status_code == 422
    carol.do(where, f"{where}/sign")
    answer = carol.do(where, f"{where}/choose", contest=[sailors], takes="list")
    there = answer.headers["location"]
    assert there != where
    with desk.house.database.read() as session:
        assert session.scalars(select(ManifestSignature)).all() == []
    (basis,) = in_review(desk).bases
    assert basis.is_corrected
    assert not basis.keeps_ours
    assert "The words of the list take its place." in carol.page(there)
    back = carol.do(there, f"{there}/choose", contest=[sailors], takes="ours").headers["location"]
    assert back == where


def test_a_list_is_not_signed_over_a_correction_made_while_it_waited(
    desk_with_records: DeskHouse, tmp_path: Path
) -> None:
    desk, folder = desk_with_records, tmp_path / "records"
    where, sailors = contested(desk, folder)
    carol = desk.sign_in("carol")
    there = carol.do(where, f"{where}/choose", contest=[sailors], takes="list").headers["location"]
    record = records.get(folder, sailors)
    assert record is not None
    assert record.entry is not None
    later = msgspec.structs.replace(record.entry, body={"en": (Block(text="Later words."),)})
    records.put(folder, later, desk.house.now.date())
    assert carol.do(there, f"{there}/sign").status_code == 409
    assert "Corrected here while this list was waiting" in carol.page(there)
    kept = carol.do(there, f"{there}/choose", contest=[sailors], takes="ours").headers["location"]
    assert carol.do(kept, f"{kept}/sign").status_code == 303


def test_a_desk_that_cannot_see_what_is_public_only_keeps_it(desk: DeskHouse, tmp_path: Path) -> None:
    where, sailors = contested(desk, tmp_path / "records")
    carol = desk.sign_in("carol")
    assert "cannot read what is public" in carol.page(where)
    assert carol.do(where, f"{where}/choose", contest=[sailors], takes="list").status_code == 409
    assert carol.do(where, f"{where}/sign").status_code == 303


def test_an_editor_says_which_entry_a_rewritten_story_is_and_it_keeps_its_address(
    desk_with_records: DeskHouse, tmp_path: Path
) -> None:
    desk, folder = desk_with_records, tmp_path / "records"
    first = of(NAMED, document="small.txt")
    (sailors,) = [one for one in first.entries if "Brand" in one.written]
    day = desk.house.now.date()
    for one in first.publishable:
        records.put(folder, one, day, words_of(one))
    records.put(folder, msgspec.structs.replace(sailors, body={"en": (Block(text="Not so."),)}), day)
    rewritten = "\n".join(
        "• A dozen seamen stayed ashore (Harbour Post, Jan 10)." if "Brand" in line else line
        for line in NAMED.splitlines()
    )
    news = of(rewritten, document="small.txt", public=records.read_all(folder)).news
    with desk.house.database.write() as session:
        body = lists.pack(news.entries, news.outline, news.proposals, news.bases)
        digest = releases.land_manifest(session, body, desk.house.actor("olga"), day)
    where = f"/imports/{digest.hex()}"
    carol = desk.sign_in("carol")
    page = carol.page(where)
    assert "may be one we have" in page
    assert "<del>Not</del>" in page or "Not so." in page
    (tick,) = [str(n) for n, one in enumerate(in_review(desk).proposals) if one.kind == "same"]
    there = carol.do(where, f"{where}/decide", proposal=[tick], does="accept").headers["location"]
    assert sailors.id in {one.id for one in in_review(desk).entries}
    assert "What readers have now stays." in carol.page(there)
    # What was taken down meanwhile is nothing a story can be.
    records.retract(folder, sailors.id, day)
    with desk.house.database.write() as session:
        releases.land_manifest(session, body, desk.house.actor("olga"), day)
    assert carol.do(where, f"{where}/decide", proposal=[tick], does="accept").status_code == 409
