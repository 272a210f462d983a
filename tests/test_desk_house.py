"""The house from its desks: duty, suspension, waiting cases, lists, take-down, journal, one's own account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy import select

from casework import answers, documents, releases, rows, timelines
from casework.database import Database
from casework.routing import Route
from casework.tables import Case, Contact, JournalRow, Manifest, Published, StaffState, TakeDown
from desk import keyrings
from desk.words import load
from register import lists, records
from register.entry import Entry, Source
from tests.deskhouse import DeskHouse, open_desk


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


def state_of(desk: DeskHouse, staff: str) -> StaffState:
    with desk.house.database.read() as session:
        return session.get_one(StaffState, staff)


def acts(desk: DeskHouse) -> list[str]:
    with desk.house.database.read() as session:
        return list(session.scalars(select(JournalRow.act).order_by(JournalRow.n)))


def entry(title: str) -> Entry:
    source = Source(outlet="Медиазона", url="https://zona.media/a")
    return Entry.new(title={"ru": title}, body={"ru": "Текст."}, grade="reported", sources=[source])


def land(desk: DeskHouse, *entries: Entry) -> str:
    with desk.house.database.write() as session:
        digest = releases.land_manifest(
            session, lists.pack(entries), desk.house.actor("olga"), desk.house.now.date()
        )
    return f"/imports/{digest.hex()}"


def test_a_coordinator_proposes_a_waiting_case_without_seeing_a_word_of_it(desk: DeskHouse) -> None:
    case = desk.file_case("legal", text="Слова не для координатора.", urgency="now")
    olga = desk.sign_in("olga")
    page = olga.page("/house")
    assert "Слова" not in page
    assert olga.get(f"/case/{case.hex()}").status_code == 403
    where = f"/house/case/{case.hex()}/assign"
    assert olga.do("/house", where, to="erin").status_code == 403
    assert olga.do("/house", where, to="bob").status_code == 303
    with desk.house.database.read() as session:
        assert session.get_one(Case, case).assignee == "bob"


def test_a_crowd_that_waits_is_turned_over_page_by_page(desk: DeskHouse) -> None:
    """Each page is small, every case stands on one of them, and a proposal leads back to where it stood."""
    batch, day = rows.Rows(), desk.house.now.date()
    for n in range(60):
        batch.add(
            Case, id=n.to_bytes(16), kind="legal", team="legal", status="new", urgency="normal",
            language="ru", opened=day, touched=day,
        )  # fmt: skip
    with desk.house.database.write() as session:
        rows.write(session, [batch])
    olga = desk.sign_in("olga")
    pages = [olga.page(f"/house?waiting={at}") for at in (0, 25, 50)]
    assert all(len(page.encode()) < 100_000 for page in pages)
    seen = [re.findall(r"/house/case/([0-9a-f]{32})/assign", page) for page in pages]
    assert [len(some) for some in seen] == [25, 25, 10]
    assert len({one for some in seen for one in some}) == 60
    assert "/house?waiting=25#waiting" in pages[0] and "26–50 / 60" in pages[1]
    assert "/house?waiting=75" not in pages[2]
    where = f"/house/case/{seen[1][0]}/assign"
    done = olga.do("/house?waiting=25", where, to="bob")
    assert (done.status_code, done.headers["location"]) == (303, "/house?waiting=25#waiting")
    # Whatever stands in the address, there is a page.
    for odd in ("?waiting=999", "?waiting=-1", "?waiting=x", "?people=500"):
        assert "1–25 / 60" in olga.page(f"/house{odd}")


def test_a_stale_proposal_is_409(desk: DeskHouse) -> None:
    case = desk.file_case("legal")
    olga, alice = desk.sign_in("olga"), desk.sign_in("alice")
    where = f"/house/case/{case.hex()}/assign"
    form = olga.form("/house", where)
    alice.do(f"/case/{case.hex()}", f"/case/{case.hex()}/accept", second="")
    assert olga.post(where, {**form, "to": "bob"}).status_code == 409


def test_duty_is_set_by_oneself_or_a_coordinator_and_journalled(desk: DeskHouse) -> None:
    alice, olga = desk.sign_in("alice"), desk.sign_in("olga")
    alice.do("/account", "/account/duty", limit="12", stand_in="bob")
    assert (state_of(desk, "alice").on_duty, state_of(desk, "alice").case_limit) == (False, 12)
    assert state_of(desk, "alice").stand_in == "bob"
    olga.do("/house", "/house/alice/duty", limit="5", on_duty="1", stand_in="")
    assert (state_of(desk, "alice").on_duty, state_of(desk, "alice").case_limit) == (True, 5)
    assert olga.do("/house", "/house/alice/duty", limit="many").status_code == 422
    assert olga.do("/house", "/house/alice/duty", limit="9999").status_code == 403
    assert acts(desk).count("duty") == 2


def test_languages_weekdays_place_and_absence_are_set_by_oneself_or_a_coordinator(desk: DeskHouse) -> None:
    alice, olga = desk.sign_in("alice"), desk.sign_in("olga")
    form = alice.form("/account", "/account/working")
    asked = {**form, "languages": ["ru", "uk"], "rota": ["1", "5"], "zone": "Asia/Vladivostok"}
    assert alice.post("/account/working", asked).status_code == 303  # type: ignore[arg-type]
    state = state_of(desk, "alice")
    assert (state.languages, state.rota, state.zone) == ("ru uk", "15", "Asia/Vladivostok")
    where = "/house/bob/working"
    assert olga.do("/house", where, away_from="2026-03-09", away_until="2026-03-20").status_code == 303
    assert "Away until 20 Mar 2026" in olga.page("/house")
    for wrong in (
        {"away_from": "2026-03-09"},
        {"zone": "Mars/Olympus"},
        {"rota": "9"},
        {"away_from": "soon"},
    ):
        assert olga.do("/house", where, **wrong).status_code == 422, wrong
    assert acts(desk).count("duty") == 2


def test_a_coordinator_sees_who_gives_cases_back(desk: DeskHouse) -> None:
    alice, olga = desk.sign_in("alice"), desk.sign_in("olga")
    case = desk.file_case(assignee="alice")
    where = f"/case/{case.hex()}"
    assert alice.do(where, f"{where}/give-back", code="full").status_code == 303
    assert "gave 1 case back this month" in olga.page("/house")
    desk.house.now += timedelta(days=31)
    assert "this month" not in desk.sign_in("olga").page("/house")


def test_one_colleague_suspends_for_a_day_and_a_second_makes_it_last(desk: DeskHouse) -> None:
    alice, bob, carol = desk.sign_in("alice"), desk.sign_in("bob"), desk.sign_in("carol")
    where = "/account/suspend/bob"
    assert alice.do("/account", where).status_code == 422, "asked once more, clearly"
    alice.do("/account", where, confirm="bob")
    until = state_of(desk, "bob").suspended_until
    assert until == desk.house.now + timedelta(hours=24)
    assert bob.get("/queue").status_code == 303, "signed out at once"
    alice.do("/account", where, confirm="bob")
    assert state_of(desk, "bob").suspended_until == until, "the same person again changes nothing"
    carol.do("/account", where, confirm="bob")
    desk.house.now += timedelta(hours=25)
    fields = {"name": "bob", "passphrase": desk.passphrases["bob"], "code": desk.code("bob")}
    assert desk.browser().post("/sign-in", fields).status_code == 401
    olga = desk.sign_in("olga")
    assert olga.do("/house", "/house/bob/lift").status_code == 303
    assert desk.sign_in("bob").get("/queue").status_code == 200


def test_nobody_suspends_themselves_and_a_day_passes_by_itself(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    tokens = alice.form("/account", "/account/duty")
    assert alice.post("/account/suspend/alice", {**tokens, "confirm": "alice"}).status_code == 403
    alice.do("/account", "/account/suspend/olga", confirm="olga")
    desk.house.now += timedelta(hours=24, minutes=1)
    assert desk.sign_in("olga").get("/house").status_code == 200


def test_a_list_is_released_by_two_signatures_over_the_same_bytes(desk: DeskHouse) -> None:
    where = land(desk, entry("Первая запись списка"), entry("Вторая запись списка"))
    carol, dan = desk.sign_in("carol"), desk.sign_in("dan")
    assert "2 entries" in carol.page("/imports")
    assert "Первая запись списка" in carol.page(where)
    assert carol.do(where, f"{where}/sign").status_code == 303
    tokens = carol.form("/account", "/account/duty")
    carol.post(f"{where}/sign", {**tokens, "once": "again"})
    with desk.house.database.read() as session:
        assert session.scalars(select(Manifest.state)).one() == "review", "one person is one signature"
    assert dan.do(where, f"{where}/sign").status_code == 303
    with desk.house.database.read() as session:
        assert session.scalars(select(Manifest.state)).one() == "released"
    late = dan.post(f"{where}/sign", {**dan.form("/account", "/account/duty"), "once": "late"})
    assert late.status_code == 409


def test_a_list_in_review_can_be_withdrawn(desk: DeskHouse) -> None:
    where = land(desk, entry("Отзываемая"))
    carol = desk.sign_in("carol")
    assert carol.do(where, f"{where}/withdraw").status_code == 303
    with desk.house.database.read() as session:
        assert session.scalars(select(Manifest.state)).one() == "withdrawn"


def test_a_damaged_list_is_shown_as_damaged_and_signed_by_nobody(desk: DeskHouse) -> None:
    with desk.house.database.write() as session:
        digest = releases.land_manifest(
            session, b"not a list\n", desk.house.actor("olga"), desk.house.now.date()
        )
    carol = desk.sign_in("carol")
    where = f"/imports/{digest.hex()}"
    assert "damaged" in carol.page(where)
    assert carol.do(where, f"{where}/sign").status_code == 409


def test_anybody_of_the_staff_takes_an_entry_down_alone(desk: DeskHouse) -> None:
    with desk.house.database.write() as session:
        session.add(
            Published(public_id="0123456789", digest=b"d" * 32, day=desk.house.now.date(), state="published")
        )
    bob = desk.sign_in("bob")
    where = "/published/0123456789/take-down"
    assert bob.do("/published", where, code="because").status_code == 422
    assert bob.do("/published", where, code="safety").status_code == 303
    with desk.house.database.read() as session:
        order = session.scalars(select(TakeDown)).one()
        assert (order.staff, order.code) == ("bob", "safety")
    assert "being taken down" in bob.page("/published")
    tokens = bob.form("/account", "/account/duty")
    assert bob.post("/published/zzzzzzzzzz/take-down", {**tokens, "code": "safety"}).status_code == 404


def test_whoever_takes_a_part_down_is_told_where_its_words_stand_too(
    sqlite_database: Database, tmp_path: Path
) -> None:
    told = "A prosecutor said that he sits on reports of forty soldiers."
    folder = tmp_path / "records"
    whole = Entry.new(title={"en": "Reports"}, body={"en": f"Many refuse. {told}"}, original="en")
    part = Entry.new(title={"en": "Forty"}, body={"en": told}, original="en")
    other = Entry.new(title={"en": "A clerk"}, body={"en": "A clerk refused as well."}, original="en")
    parts = [msgspec.structs.replace(one, parent=whole.id) for one in (part, other)]
    with open_desk(sqlite_database, tmp_path / "desk", records_dir=folder) as desk:
        day = desk.house.now.date()
        with desk.house.database.write() as session:
            for one in (whole, *parts):
                records.put(folder, one, day)
                session.add(Published(public_id=one.id, digest=b"d" * 32, day=day, state="published"))
        bob = desk.sign_in("bob")
        page = bob.page(f"/published?id={part.id}")
        assert "the story it is a part of" in page
        assert "holds the same words" in page
        assert f'name="too" value="{whole.id}"' in page
        page = bob.page(f"/published?id={whole.id}")
        assert page.count('name="too"') == 2
        assert page.count("holds the same words") == 1
        # A number that nothing public has, from a page that stood open, keeps none of the others.
        too = [whole.id, "zzzzzzzzzz", "../etc", part.id]
        assert (
            bob.do("/published", f"/published/{part.id}/take-down", code="safety", too=too).status_code == 303
        )
        with desk.house.database.read() as session:
            orders = {one.public_id: (one.staff, one.code) for one in session.scalars(select(TakeDown))}
        assert orders == dict.fromkeys((whole.id, part.id), ("bob", "safety"))
        assert 'name="too"' not in bob.page(f"/published?id={other.id}"), "what goes is not offered again"


def test_a_changed_journal_is_said_with_the_row(desk: DeskHouse) -> None:
    desk.sign_in("alice")
    olga = desk.sign_in("olga")
    assert "The chain holds" in olga.page("/journal")
    with desk.house.database.write() as session:
        session.get_one(JournalRow, 1).actor = "bob"
    page = olga.page("/journal")
    assert "row 1 is the first that does not hold" in page
    assert "The chain holds" not in page


def test_a_notice_address_is_sealed_and_never_shown_again(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    alice.do("/account", "/account/contact", channel="smtp", address="alice@house.test")
    assert "alice@house.test" not in alice.page("/account")
    with desk.house.database.read() as session:
        row = session.get_one(Contact, "alice")
        assert b"alice@house" not in row.sealed
    alice.do("/account", "/account/contact", channel="")
    with desk.house.database.read() as session:
        assert session.get(Contact, "alice") is None


def test_a_new_passphrase_opens_and_the_old_one_does_not(desk: DeskHouse, tmp_path: Path) -> None:
    alice = desk.sign_in("alice")
    assert alice.do("/account", "/account/passphrase", passphrase="wrong words").status_code == 409
    old = desk.passphrases["alice"]
    before = keyrings.find(tmp_path / "keyrings", "alice")
    page = alice.do("/account", "/account/passphrase", passphrase=old).text
    desk.passphrases["alice"] = page.split('class="passphrase">')[1].split("<")[0]
    assert keyrings.find(tmp_path / "keyrings", "alice") != before
    desk.sign_in("alice")
    desk.house.now += timedelta(minutes=1)
    stale = {"name": "alice", "passphrase": old, "code": desk.code("alice")}
    assert desk.browser().post("/sign-in", stale).status_code == 401


def test_the_overview_names_the_roster_and_what_no_lawyer_has_read(
    desk: DeskHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    olga = desk.sign_in("olga")
    page = olga.page("/house")
    assert re.search(r"Roster \d+, signed", page)
    assert re.search(r"key \d+", page)
    monkeypatch.setattr(documents, "unreviewed", lambda: ("refusal",))
    shown = olga.page("/house")
    assert "Texts no lawyer has checked" in shown
    assert "refusal" in shown
    for texts in (answers, documents, timelines):
        monkeypatch.setattr(texts, "unreviewed", lambda: ())
    assert "Texts no lawyer has checked" not in olga.page("/house")


def test_what_somebody_works_on_is_set_by_oneself_and_seen_by_the_coordinator(desk: DeskHouse) -> None:
    alice, olga = desk.sign_in("alice"), desk.sign_in("olga")
    form = alice.form("/account", "/account/competences")
    asked = {**form, "topics": ["awol", "trial"], "subjects": ["RU-SVE"]}
    assert alice.post("/account/competences", asked).status_code == 303  # type: ignore[arg-type]
    state = state_of(desk, "alice")
    assert (state.topics, state.subjects) == ("awol trial", "RU-SVE")
    page = olga.page("/house")
    assert "Absence without leave, Art. 337" in page
    assert "Sverdlovsk" in page
    for wrong in ({"topics": "murder"}, {"subjects": "RU-CR"}):
        assert alice.do("/account", "/account/competences", **wrong).status_code == 403, wrong


def test_the_reason_of_a_proposal_names_what_was_asked_for() -> None:
    words = load(ZoneInfo("Europe/Moscow"))["en"]
    asked = {"language": "uk", "subject": "RU-SVE", "topic": "awol"}
    payload = Route("alice", "fits", 2, 40, 3, tuple(asked)).payload() | {"asked": asked}
    said = words.routing(payload)
    assert "asked for Ukrainian, Sverdlovsk region, Absence without leave, Art. 337;" in said
