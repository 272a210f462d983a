"""Filing: what is said becomes sealed rows that exactly the right people open, on both databases."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from casework import keys, mailboxes
from casework.errors import KeyMissingError, WrongStateError
from casework.rows import Rows, write
from casework.tables import (
    Case,
    Clock,
    Deletion,
    Grant,
    Item,
    Letter,
    Mailbox,
    Notice,
    Slip,
    StaffState,
    Writing,
)
from crypto import context, handle, phrase, sealed
from intake import events, filing, snapshot
from intake import writing as writings
from intake.snapshot import find, read_case, read_house
from tests.house import House, build
from tests.phone import TAG, Phone, cases, clear_columns, holders, read, reply


def only(house: House) -> Case:
    (case,) = cases(house)
    return case


def count(house: House, table: type) -> int:
    with house.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def notices(house: House) -> set[tuple[str, str]]:
    with house.database.read() as session:
        return {(row.staff, row.kind) for row in session.scalars(select(Notice))}


def told_and_sent(house: House, kind: str, urgency: str = "u.normal") -> Phone:
    """Tess writes one message of *kind* and sends it."""
    tess = Phone(house)
    tess.write("нас держат в яме")
    if kind:
        tess.press(kind)
    tess.press(urgency)
    return tess


def test_from_the_first_message_the_duty_list_can_open_it(house: House) -> None:
    """A case in writing is sealed and granted at once: a hub that dies then loses nothing."""
    tess = Phone(house)
    tess.write("нас держат в яме")
    case = only(house)
    assert case.status == "writing"
    assert holders(house, case.id, "content") == {"alice", "bob", "recovery"}
    assert read(house, "bob", case.id, "message")[0]["text"] == "нас держат в яме"


def test_a_legal_case_is_for_lawyers_only(house: House) -> None:
    """Both compartments go to the duty list; no editor, custodian or coordinator holds either."""
    told_and_sent(house, "legal")
    case = only(house)
    assert (case.kind, case.team, case.status) == ("legal", "legal", "new")
    for compartment in ("content", "identity"):
        assert holders(house, case.id, compartment) == {"alice", "bob", "recovery"}


def test_a_tip_is_for_editors_and_its_names_for_custodians(house: House) -> None:
    """The lawyers' first grants are gone; an editor cannot open the card, a custodian cannot read the tip."""
    tess = told_and_sent(house, "tell")
    tess.press("go.card")
    tess.write("медсестра Иванова")
    case = only(house)
    assert (case.kind, case.team) == ("tip", "editors")
    assert holders(house, case.id, "content") == {"carol", "dan", "recovery"}
    assert holders(house, case.id, "identity") == {"erin", "recovery"}
    assert read(house, "erin", case.id, "card")[0]["text"] == "медсестра Иванова"
    assert "медсестра Иванова" not in str(read(house, "carol", case.id, "message", "cover", "routing"))


def test_help_him_and_tell_it_is_one_legal_case(house: House) -> None:
    """Editors get it only by a brief."""
    told_and_sent(house, "both")
    case = only(house)
    assert case.team == "legal"
    assert read(house, "alice", case.id, "cover")[0]["wants"] == "both"


def test_filing_forgets_the_seeds(house: House) -> None:
    """The row that could open the case dies in the transaction that files it."""
    tess = Phone(house)
    tess.write("x")
    assert count(house, Writing) == 1
    tess.press("u.now")
    assert count(house, Writing) == 0


def test_filing_proposes_starts_a_clock_and_tells_somebody(house: House) -> None:
    """One proposal, one clock to the quarter of an hour, one sealed reason, one slip."""
    told_and_sent(house, "legal", "u.days")
    case = only(house)
    assert case.assignee in {"alice", "bob"}
    assert notices(house) == {(case.assignee, "new")}
    with house.database.read() as session:
        clock = session.scalars(select(Clock)).one()
        slip = session.scalars(select(Slip)).one()
    assert (clock.kind, clock.due) == ("accept", house.now + timedelta(hours=12))
    assert read(house, "alice", case.id, "routing")[0]["assignee"] == case.assignee
    opened = sealed.open_sealed(
        slip.sealed, house.staff["olga"].identity, context.named("slip", slip.id, slip.month)
    )
    assert b'"urgency":"days"' in opened


def test_what_is_urgent_is_told_to_everybody_on_duty(house: House) -> None:
    """The proposed one may sleep."""
    told_and_sent(house, "legal", "u.now")
    assert notices(house) == {("alice", "urgent"), ("bob", "urgent")}


def test_with_nobody_on_duty_the_coordinator_hears(house: House) -> None:
    """The case is still granted to living members, and assigned to nobody."""
    with house.database.write() as session:
        session.execute(update(StaffState).values(on_duty=False))
    told_and_sent(house, "legal")
    case = only(house)
    assert case.assignee is None
    assert notices(house) == {("olga", "new")}
    assert holders(house, case.id, "content") == {"alice", "bob", "recovery"}


def test_more_words_after_filing_reach_the_holder_once(house: House) -> None:
    """Seven messages make seven items and one notice; the clock that runs stays."""
    tess = told_and_sent(house, "legal")
    for n in range(7):
        tess.write(f"ещё {n}")
    case = only(house)
    assert [one["text"] for one in read(house, "alice", case.id, "message")][1:] == [
        f"ещё {n}" for n in range(7)
    ]
    with house.database.read() as session:
        told = session.scalars(select(Notice).where(Notice.kind == "reply")).all()
    assert [one.staff for one in told] == [case.assignee]
    assert count(house, Clock) == 1


def test_writing_into_a_closed_case_opens_it_again(house: House) -> None:
    """It comes back to its holder, and its erasure is called off; spam stays spam and rings nobody."""
    tess = told_and_sent(house, "legal")
    for status, after in (("closed", "open"), ("waiting_source", "open"), ("spam", "spam")):
        with house.database.write() as session:
            session.execute(update(Case).values(status=status, assignee="alice", erase_on=house.now.date()))
            session.execute(Notice.__table__.delete())
        tess.write("он вернулся")
        assert only(house).status == after
        assert notices(house) == (set() if after == "spam" else {("alice", "reply")})
        assert (only(house).erase_on is None) == (status == "closed")


def test_edits_keep_both_wordings_and_say_which_is_which(sqlite_house: House) -> None:
    """The edit names the place of what it changes."""
    tess = Phone(sqlite_house)
    tess.write("я Полунощик Егор")
    tess.edit(tess.message, "я из связи")
    first, second = read(sqlite_house, "alice", only(sqlite_house).id, "message")
    assert (first["text"], first["seq"]) == ("я Полунощик Егор", 0)
    assert (second["text"], second["edited"], second["of"]) == ("я из связи", True, 0)


def test_files_come_whole_and_what_is_missing_is_named(sqlite_house: House) -> None:
    """A file over several rows opens to the same bytes; one that could not be had leaves its caption."""
    tess = Phone(sqlite_house)
    body = os.urandom(700_000)
    tess.file("document", body, name="рапорт.pdf", mime="application/pdf", caption="вот")
    tess.file("video", None, name="v.mp4", size=25_000_000, caption="суть", missing="too_large")
    file, missing = read(sqlite_house, "alice", only(sqlite_house).id, "file", "message")
    assert (file["name"], file["caption"], file["size"]) == ("рапорт.pdf", "вот", len(body))
    assert file["content"] == body
    assert (missing["text"], missing["missing"], missing["name"]) == ("суть", "too_large", "v.mp4")


def test_names_that_come_beside_words_lie_with_the_card(sqlite_house: House) -> None:
    """Contact, map point, author of a forward: marked in the content, readable in the card only."""
    tess = Phone(sqlite_house)
    tess.write("скинь в газету", forwarded=True, author="Лёха Брат")
    tess.do(events.Contact(2, name="Командир Сапсан", phone="+79380007707"))
    tess.do(events.Location(3, latitude=48.05, longitude=37.93))
    case = only(sqlite_house).id
    cards = read(sqlite_house, "alice", case, "card")
    assert {"Лёха Брат", "Командир Сапсан, +79380007707", "48.05000, 37.93000"} == {
        one.get("author") or one.get("contact") or one.get("location") for one in cards
    }
    said = read(sqlite_house, "alice", case, "message")
    assert [one["marks"] for one in said] == [["author"], ["contact"], ["location"]]
    assert "Сапсан" not in str(said)


def test_text_with_half_characters_is_kept(sqlite_house: House) -> None:
    """A broken client must not be able to make a message that cannot be stored."""
    tess = Phone(sqlite_house)
    tess.write("да \ud83d нет\x00")
    assert read(sqlite_house, "alice", only(sqlite_house).id, "message")[0]["text"].startswith("да ")


def test_push_is_the_default_and_phrase_only_leaves_no_address(house: House) -> None:
    """Nobody who says "only by phrase" can be found again; who changes their mind can."""
    tess = told_and_sent(house, "legal")
    case = only(house).id
    (courier,) = read(house, "alice", case, "courier")
    assert courier["hours"] == "any"
    assert str(tess.chat) not in str(courier)
    tess.press("r.phrase")
    assert read(house, "alice", case, "courier") == []
    tess.press("h.eve")
    (again,) = read(house, "alice", case, "courier")
    assert again["hours"] == "evening"


def test_phrase_only_before_filing_never_seals_an_address(sqlite_house: House) -> None:
    """The choice is kept with the case while it is written."""
    tess = Phone(sqlite_house)
    tess.write("x")
    tess.press("r.phrase")
    tess.rest()
    assert read(sqlite_house, "alice", only(sqlite_house).id, "courier") == []


def test_the_courier_address_follows_the_hubs_newest_key(sqlite_house: House) -> None:
    """Old courier keys die; each contact seals the address anew."""
    tess = told_and_sent(sqlite_house, "legal")
    sqlite_house.strongbox.add("courier", sqlite_house.now)
    tess.write("ещё")
    (courier,) = read(sqlite_house, "alice", only(sqlite_house).id, "courier")
    assert courier["courier"] == sqlite_house.strongbox.courier[0] == 2


def test_consent_is_per_use_and_can_be_taken_back(sqlite_house: House) -> None:
    """Each tap is written at once."""
    tess = told_and_sent(sqlite_house, "legal")
    tess.press("k.sum")
    tess.press("k.quo")
    tess.press("k.sum")
    case = only(sqlite_house)
    assert (case.may_summarise, case.may_quote, case.may_share) == (False, True, False)


def test_a_phrase_opens_a_mailbox_and_a_new_one_kills_the_unconfirmed(house: House) -> None:
    """The database names no case beside the mailbox; erasing the case finds every mailbox of it."""
    tess = told_and_sent(house, "legal")
    tess.press("p.show")
    first = _phrase_on(tess)
    tess.press("p.show")
    second = _phrase_on(tess)
    with house.database.read() as session:
        place = read_house(session, house.strongbox, house.anchor, house.now)
        assert find(session, first.mailbox(), place, house.now) is None
        match = find(session, second.mailbox(), place, house.now)
        known = set(mailboxes.unlock_ids(house.strongbox.epochs, session.scalars(select(Case)).one()))
        there = set(session.scalars(select(Mailbox.id)))
    assert match is not None
    assert match.case.id == only(house).id
    assert there <= known
    assert len(read(house, "alice", only(house).id, "mailbox")) == 1


def _phrase_on(tess: Phone) -> phrase.Phrase:
    lines = str(getattr(tess.screen[-1].reply, "params", {})["words"]).splitlines()
    return phrase.parse(" ".join(line.split(". ")[1] for line in lines))


def test_a_shown_answer_is_marked_shown_and_only_then(house: House) -> None:
    """Sent, then shown by the tap; shown again changes nothing."""
    tess = told_and_sent(house, "legal")
    item = reply(house, "alice", only(house).id, "не подписывайте")
    tess.ring()

    def state() -> str | None:
        with house.database.read() as session:
            return session.get_one(Item, item).state

    assert state() == "sealed"
    assert tess.tap_data(tess.screen[-1].buttons[0][1])[0] == "не подписывайте"
    assert state() == "shown"
    tess.tap("Показать снова")
    with house.database.read() as session:
        # The copy in the mailbox of the chat itself is as old as the one that was shown.
        assert {one.shown for one in session.scalars(select(Letter))} == {house.now.date()}


def test_forgetting_the_chat_keeps_the_case_and_drops_the_way_to_the_chat(house: House) -> None:
    """A case still being written is filed first, without an address."""
    tess = Phone(house)
    tess.write("x")
    tess.press("forget.yes")
    assert tess.state is None
    case = only(house)
    assert case.status == "new"
    assert read(house, "alice", case.id, "courier") == []
    assert read(house, "alice", case.id, "message")[0]["text"] == "x"


def test_erasing_names_the_case_to_erase(sqlite_house: House) -> None:
    """The act itself is casework's; the outcome says which, and the chat is forgotten."""
    tess = told_and_sent(sqlite_house, "legal")
    tess.press("erase.yes")
    assert tess.last is not None
    assert tess.last.erase == only(sqlite_house).id
    assert tess.last.state is None


def test_a_silent_hour_files_what_is_there(house: House) -> None:
    """The answers given so far count; filing twice is refused, so one tick cannot file it twice."""
    tess = Phone(house)
    tess.write("x")
    tess.press("tell")
    tess.press("k.sum")
    assert tess.rest() == ["Готово."]
    case = only(house)
    assert (case.team, case.status, case.urgency) == ("editors", "new", "normal")
    with house.database.read() as session:
        place = read_house(session, house.strongbox, house.anchor, house.now)
        facts = read_case(session, case.id, place)
    assert facts is not None
    with pytest.raises(WrongStateError):
        filing.file_idle(facts, place, (TAG,), house.now, os.urandom)
    with pytest.raises(WrongStateError):
        filing.chat_of(facts, place)
    # The thread goes on where it was.
    assert tess.write("ещё")[0] == "Получено и запечатано."
    assert count(house, Case) == 1


def test_the_hub_files_after_a_restart_too(house: House) -> None:
    """Nothing of the conversation is left; the row under the spool key is enough."""
    tess = Phone(house)
    tess.write("x")
    tess.reboot()
    assert tess.rest() == ["Готово."]
    assert only(house).status == "new"


def test_a_writing_row_opens_with_its_own_key_and_place_only(sqlite_house: House) -> None:
    """Without the spool key, or in another case's place, it stays shut."""
    tess = Phone(sqlite_house)
    tess.write("x")
    with sqlite_house.database.read() as session:
        row = session.scalars(select(Writing)).one()
    assert writings.unlock(row.case, row.locked, sqlite_house.strongbox.spools).chat == tess.chat
    with pytest.raises(KeyMissingError):
        writings.unlock(row.case, row.locked, {})
    with pytest.raises(Exception, match=r"changed|elsewhere"):
        writings.unlock(b"\x00" * 16, row.locked, sqlite_house.strongbox.spools)


def test_a_case_whose_spool_key_is_lost_is_filed_all_the_same(house: House) -> None:
    """As after a restore: the words were granted from the start, so only the answers are lost."""
    tess, silent = Phone(house), Phone(house, chat=9)
    tess.write("первое")
    silent.write("молчание")
    spool = house.strongbox.families["spool"]
    lost = spool.current.number
    house.strongbox.add("spool", house.now + timedelta(seconds=1))
    spool.drop(lost)
    assert tess.write("второе")[0] == "Получено и запечатано."
    tess.press("tell")
    tess.press("u.now")
    (case,) = (one for one in cases(house) if one.status == "new")
    assert (case.team, case.urgency) == ("legal", "now")
    assert [one["text"] for one in read(house, "alice", case.id, "message")] == ["первое", "второе"]
    with house.database.read() as session:
        place = read_house(session, house.strongbox, house.anchor, house.now)
        left = session.scalars(select(Writing.case)).one()
        facts = read_case(session, left, place)
    assert facts is not None
    assert filing.chat_of(facts, place) == 0
    outcome = filing.file_idle(facts, place, (TAG,), house.now, os.urandom)
    assert outcome.replies == ()
    with house.database.write() as session:
        write(session, [outcome.rows])
    assert {one.status for one in cases(house)} == {"new"}
    assert count(house, Writing) == 0


def test_a_damaged_mailbox_leads_nowhere_and_holds_up_nobody(sqlite_house: House) -> None:
    """The button says that it no longer works; the next message is taken in."""
    tess = told_and_sent(sqlite_house, "legal")
    data = tess.screen[-1].buttons[0][1]
    with sqlite_house.database.write() as session:
        session.execute(update(Mailbox).values(route=b"x" * 60))
    tess.reboot()
    assert tess.tap_data(data)[0].startswith("Эта кнопка больше не действует")
    assert tess.write("снова")[0] == "Получено и запечатано."


def test_a_key_without_a_living_holder_is_never_used(house: House) -> None:
    """When everybody who could open it is gone, a new generation is made for those who are there."""
    tess = told_and_sent(house, "legal")
    staff = tuple(
        replace(one, revoked=True)
        if one.id in ("alice", "bob")
        else replace(one, roles=one.roles | {"lawyer"})
        if one.id == "olga"
        else one
        for one in house.roster.staff
    )
    roster = house.roster
    house.enforce(replace(roster, version=2, previous=roster.digest, staff=staff))
    tess.write("после")
    case = only(house).id
    with house.database.read() as session:
        item = session.scalars(select(Item).where(Item.kind == "message", Item.generation == 1)).one()
        granted = set(session.scalars(select(Grant.staff).where(Grant.generation == 1, Grant.owner == case)))
    assert granted == {"olga", "recovery"}
    assert item.case == case


def test_a_key_mallory_slips_in_is_passed_over(house: House) -> None:
    """The hub vouches for the keys it makes, and seals to no other, whatever stands in the database."""
    tess = told_and_sent(house, "legal")
    case = only(house).id
    forged = keys.make(case, keys.CONTENT, 1)
    rows = Rows()
    keys.add_key(rows, forged, "hub")
    keys.add_grants(rows, forged, house.staffing().holders("legal", keys.CONTENT), house.strongbox.epoch)
    with house.database.write() as session:
        write(session, [rows])
    tess.write("после")
    with house.database.read() as session:
        believed = keys.current(session, case, keys.CONTENT, house.staffing().hands, house.roster)
        sealed_to = set(session.scalars(select(Item.generation).where(Item.kind == "message")))
    assert believed is not None
    assert sealed_to == {0}


def test_a_house_of_editors_takes_everything_as_a_tip(database, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """No lawyers: nothing is granted to a team without members."""
    house = build(database, tmp_path, {"carol": {"editor", "coordinator"}})
    tess = Phone(house)
    tess.write("x")
    tess.press("u.normal")
    case = only(house)
    assert (case.team, case.kind) == ("editors", "tip")
    assert holders(house, case.id, "identity") == {"carol", "recovery"}


def test_without_custodians_a_card_is_not_lost(sqlite_database, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Somebody living must hold the card; in a house of one editor it is that editor."""
    house = build(sqlite_database, tmp_path, {"carol": {"editor"}})
    tess = Phone(house)
    tess.do(events.Contact(1, name="Вера", phone="+7"))
    tess.press("u.normal")
    assert "carol" in holders(house, only(house).id, "identity")


def test_what_nobody_could_read_and_nobody_said_becomes_a_case_of_its_own(house: House) -> None:
    """Filed at once, with no way back, and named to the coordinators."""
    with house.database.read() as session:
        place = read_house(session, house.strongbox, house.anchor, house.now)
    known = snapshot.Snapshot(place, 0, ())
    outcome = filing.quarantine(events.File(form="poll", caption="слова"), None, known, house.now, os.urandom)
    with house.database.write() as session:
        write(session, [outcome.rows])
    case = only(house)
    assert (case.status, outcome.state, outcome.replies) == ("new", None, ())
    assert read(house, "alice", case.id, "message")[0]["text"] == "слова"
    assert ("olga", "unparsed") in notices(house)
    assert count(house, Mailbox) == 0


def test_a_merged_case_is_found_where_it_went(house: House) -> None:
    """The thread goes on in the case it was merged into."""
    tess = told_and_sent(house, "legal")
    first = only(house).id
    other = Phone(house, chat=8)
    other.write("второе")
    other.press("u.normal")
    second = next(one.id for one in cases(house) if one.id != first)
    with house.database.write() as session:
        session.execute(update(Case).where(Case.id == first).values(status="merged", merged_into=second))
    tess.write("третье")
    assert tess.state is not None
    assert tess.state.case == second.hex()
    assert "третье" in [one["text"] for one in read(house, "alice", second, "message")]


def test_in_a_merged_case_each_takes_back_only_their_own(house: House) -> None:
    """Erasing names the case one began, consent given is for it alone, and others keep their way back."""
    tess = told_and_sent(house, "legal")
    first = only(house).id
    other = Phone(house, chat=8)
    other.write("второе")
    other.press("u.normal")
    second = next(one.id for one in cases(house) if one.id != first)
    with house.database.write() as session:
        session.execute(update(Case).where(Case.id == first).values(status="merged", merged_into=second))
        couriers = session.scalars(select(Item.id).where(Item.case == second, Item.kind == "courier")).all()
    tess.write("третье")
    tess.write("четвёртое")
    tess.press("k.sum")
    tess.press("r.push")
    with house.database.read() as session:
        assert [session.get_one(Case, one).may_summarise for one in (first, second)] == [True, False]
        assert (
            session.scalars(select(Item.id).where(Item.case == second, Item.kind == "courier")).all()
            == couriers
        )
    tess.press("erase.yes")
    assert tess.last is not None
    assert tess.last.erase == first


def test_a_case_that_is_gone_begins_anew(sqlite_house: House) -> None:
    """After an erasure the next word is a new case, and nothing fails."""
    tess = told_and_sent(sqlite_house, "legal")
    with sqlite_house.database.write() as session:
        session.execute(update(Case).values(status="erased"))
    assert tess.write("снова")[0] == "Получено и запечатано."
    assert count(sqlite_house, Case) == 2


def test_sweeps_reach_every_message_of_the_chat_and_no_other(house: House) -> None:
    """Soon after filing, now on demand, and taken back when Tess clears by hand."""
    tess = Phone(house)

    def deletion(tag: bytes) -> bytes:
        name = keys.new_id()
        with house.database.write() as session:
            late = house.now + timedelta(hours=47)
            session.add(Deletion(id=name, tag=tag, due=None, deadline=late, spool=1, locked=b"", tries=0))
        return name

    def due(name: bytes) -> object:
        with house.database.read() as session:
            return session.get_one(Deletion, name).due

    hers, another = deletion(TAG), deletion(b"\x08" * 16)
    tess.write("x")
    assert due(hers) is None
    tess.press("u.now")
    assert due(hers) == house.now + timedelta(minutes=10)
    tess.press("z.self")
    assert due(hers) is None
    tess.press("clean")
    assert due(hers) == house.now
    assert due(another) is None


def test_what_is_typed_leaves_the_chat_in_its_time(sqlite_house: House) -> None:
    """With the sweep; minutes after the last word once filed; at once for a phrase, or when Tess says so."""
    tess = Phone(sqlite_house)

    def fate() -> tuple[bool, timedelta | None]:
        assert tess.last is not None
        return tess.last.leaves, tess.last.fades

    soon = timedelta(minutes=10)
    tess.write("x")
    assert fate() == (False, None)
    tess.press("u.now")
    tess.write("y")
    assert fate() == (False, soon)
    tess.press("z.write")
    tess.write("Саватеев, +7900")
    assert fate() == (True, soon)
    tess.press("z.self")
    tess.write("z")
    assert fate() == (False, None)
    tess.write(" ".join(phrase.generate(os.urandom).words("ru")))
    assert fate() == (True, None)


@pytest.mark.parametrize("choice", ["z.send", "z.write", "z.self"])
def test_names_leave_the_screen_as_soon_as_they_are_sealed(sqlite_house: House, choice: str) -> None:
    """Card, contact, map point: whatever was chosen for the chat, but "I do it myself"."""
    tess = Phone(sqlite_house)
    tess.write("x")
    tess.press("u.now")
    tess.press(choice)
    for event in (
        events.Text(7, text="Саватеев Никита, +79005551122"),
        events.Contact(8, name="Сапсан", phone="+7938"),
        events.Location(9, latitude=48.0, longitude=37.0),
    ):
        tess.press("go.card")
        tess.do(event)
        assert tess.last is not None
        assert tess.last.leaves == (choice != "z.self")
    cards = read(sqlite_house, "alice", only(sqlite_house).id, "card")
    assert len(cards) == 3


def test_a_question_is_for_a_person_and_not_for_the_card(sqlite_house: House) -> None:
    """Whoever asks where the card was asked for is read by whoever answers."""
    tess = told_and_sent(sqlite_house, "tell")
    tess.press("z.send")
    tess.write("а сколько ждать ответа?")
    said = read(sqlite_house, "carol", only(sqlite_house).id, "message")
    assert said[-1]["text"] == "а сколько ждать ответа?"


def test_mallory_with_the_disk_reads_no_word_and_no_name(house: House) -> None:
    """Every column of every row, searched for what was said, who said it and where from."""
    tess = Phone(house, chat=718_281_828)
    tess.write("кирпичный-завод-437", author="Лёха-отправитель", forwarded=True)
    tess.file(
        "document", "содержимое-файла".encode() * 5000, name="рапорт-Сомин.pdf", caption="подпись-к-файлу"
    )
    tess.do(events.Contact(3, name="Вера-контакт", phone="+79510001840"))
    tess.do(events.Location(4, latitude=48.12345, longitude=37.93))
    tess.press("u.now")
    tess.press("go.card")
    tess.write("Саватеев-карта")
    tess.press("p.show")
    secret = _phrase_on(tess)
    reply(house, "alice", only(house).id, "ответ-юриста")
    disk = clear_columns(house)
    assert only(house).id in disk
    state = tess.state
    assert state is not None
    assert state.handle is not None
    for word in (
        "кирпичный-завод", "Лёха", "содержимое", "Сомин", "подпись", "Вера", "79510001840", "48.12345",
        "Саватеев", "718281828", "ответ-юриста", state.handle, secret.entropy.hex(),
    ):  # fmt: skip
        assert word.encode() not in disk, word
    assert bytes.fromhex(state.handle) not in disk
    assert secret.entropy not in disk


def test_nobody_but_the_chat_holds_a_handle(sqlite_house: House) -> None:
    """A stranger's handle finds nothing; a damaged route is an error, not another case."""
    told_and_sent(sqlite_house, "legal")
    with sqlite_house.database.read() as session:
        place = read_house(session, sqlite_house.strongbox, sqlite_house.anchor, sqlite_house.now)
        assert snapshot.find(session, handle.generate(os.urandom).mailbox(), place, sqlite_house.now) is None
