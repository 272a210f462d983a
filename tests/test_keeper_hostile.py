"""What the keeper does when Mallory writes the database, and when a colleague's desk sends what it likes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from casework import asking, canonical, comparing, journal, keeper, keys
from casework.asking import REQUEST_TAG, GrantRef
from casework.tables import Answer, Case, Grant, JournalRow, Request, Writing
from crypto.xwing import Identity
from tests.house import House
from tests.test_keeper import ask, file_case, freeze, journal_card


def put(house: House, who: str, body: bytes, number: int = 1) -> bytes:
    """Put a request row with *body*, signed by *who*, into the database."""
    request = keys.new_id()
    with house.database.write() as session:
        session.add(
            Request(
                id=request, staff=who, number=number, body=body,
                signature=house.actor(who).signing.sign(REQUEST_TAG, body), at=house.now + timedelta(days=9),
            )
        )  # fmt: skip
    return request


def answer(house: House, counters: keeper.Counters | None = None) -> int:
    """Let the keeper look once."""
    return keeper.answer_requests(
        house.database, house.strongbox, house.anchor, counters or keeper.Counters(), house.now
    )


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'"x"',
        b"{}",
        b"\xff",
        canonical.dumps({"at": 1, "frozen": None, "grants": ["x"], "id": "", "journal": None, "purpose": 1}),
        b'{"at":1,"grants":7}',
    ],
)
def test_what_is_no_request_goes_unanswered_and_holds_up_nobody(sqlite_house: House, body: bytes) -> None:
    house = sqlite_house
    case, _ = file_case(house, "legal", "alice")
    ref = GrantRef(case, keys.CONTENT, 0)
    put(house, "bob", body)
    answered = ask(house, "alice", [ref], asking.READ)
    assert answered is not None and ref in answered.grants
    with house.database.read() as session:
        assert session.scalars(select(Request)).all() == []


@pytest.mark.parametrize(
    "ref", ["0/content/0", "aa" * 16 + "/content/" + "9" * 30, "aa" * 16 + "/con\0tent/0"]
)
def test_a_reference_to_nothing_is_no_request(house: House, ref: str) -> None:
    session_key = Identity.generate().recipient.raw.hex()
    request = keys.new_id()
    body = canonical.dumps(
        {"at": int(house.now.timestamp()), "frozen": None, "grants": [ref], "id": request.hex(),
         "journal": None, "purpose": "read", "session": session_key}
    )  # fmt: skip
    with house.database.write() as session:
        signature = house.actor("bob").signing.sign(REQUEST_TAG, body)
        session.add(Request(id=request, staff="bob", number=1, body=body, signature=signature, at=house.now))
    assert answer(house) == 0
    assert ask(house, "alice", [], asking.READ) is not None


def test_a_damaged_grant_is_said_to_be_damaged_and_keeps_no_other_back(house: House) -> None:
    hurt, _ = file_case(house, "legal", "alice")
    whole, _ = file_case(house, "legal", "alice")
    with house.database.write() as session:
        session.execute(update(Grant).where(Grant.owner == hurt).values(locked=b"\0" * 60))
    refs = [GrantRef(case, keys.CONTENT, 0) for case in (hurt, whole)]
    answered = ask(house, "alice", refs, asking.READ)
    assert answered is not None
    assert answered.refused == {refs[0]: keeper.DAMAGED}
    assert refs[1] in answered.grants


def test_a_forged_newer_grant_does_not_hide_the_real_one(sqlite_house: House) -> None:
    house = sqlite_house
    case, _ = file_case(house, "legal", "alice")
    with house.database.write() as session:
        session.add(
            Grant(owner=case, compartment=keys.CONTENT, generation=0, staff="alice", number=9, epoch=1,
                  locked=b"\0" * 60)
        )  # fmt: skip
    ref = GrantRef(case, keys.CONTENT, 0)
    answered = ask(house, "alice", [ref], asking.READ)
    assert answered is not None and ref in answered.grants


def test_a_request_put_back_later_is_not_answered_again(sqlite_house: House) -> None:
    house = sqlite_house
    case, _ = file_case(house, "legal", "alice")
    counters = keeper.Counters()
    session_key = Identity.generate()
    with house.database.write() as session:
        request = asking.ask(
            session, house.actor("alice"), session_key, [GrantRef(case, keys.CONTENT, 0)],
            purpose=asking.READ, now=house.now,
        )  # fmt: skip
    with house.database.read() as session:
        kept = session.get_one(Request, request)
    assert answer(house, counters) == 1

    def put_back() -> int:
        with house.database.write() as session:
            session.execute(delete(Answer))
            session.add(
                Request(id=kept.id, staff=kept.staff, number=kept.number, body=kept.body,
                        signature=kept.signature, at=house.now)
            )  # fmt: skip
        return answer(house, counters)

    assert put_back() == 0
    house.now += timedelta(minutes=10)
    assert put_back() == 0
    counters = keeper.Counters()  # and the hub has restarted
    assert put_back() == 0


def test_an_answer_that_stands_already_stops_nobody(sqlite_house: House) -> None:
    house = sqlite_house
    with house.database.write() as session:
        request = asking.ask(
            session, house.actor("bob"), Identity.generate(), [], purpose=asking.READ, now=house.now
        )
        session.add(Answer(request=request, sealed=b"", at=house.now))
    assert ask(house, "alice", [], asking.READ) is not None


def test_a_flood_is_taken_in_portions_and_a_giant_not_at_all(sqlite_house: House) -> None:
    house = sqlite_house
    giant = put(house, "bob", b"x" * (keeper.BODY_LIMIT + 1))
    with house.database.write() as session:
        for _n in range(keeper.AT_ONCE + 5):
            session.add(
                Request(id=keys.new_id(), staff="bob", number=1, body=b"{}", signature=b"", at=house.now)
            )
    answer(house)
    with house.database.read() as session:
        assert session.get(Request, giant) is None
        assert len(session.scalars(select(Request.id)).all()) == 5


def test_a_card_is_not_shown_on_a_row_somebody_else_wrote_or_of_another_day(sqlite_house: House) -> None:
    house = sqlite_house
    case, _ = file_case(house, "legal", "alice")
    ref = GrantRef(case, keys.IDENTITY, 0)
    bobs = journal_card(house, "bob", case)
    with house.database.write() as session:
        session.execute(update(JournalRow).where(JournalRow.n == bobs).values(actor="alice"))
    forged = ask(house, "alice", [ref], asking.CARD, n=bobs)
    said = journal_card(house, "alice", case)
    house.now += timedelta(days=3)
    late = ask(house, "alice", [ref], asking.CARD, n=said)
    assert forged is not None and forged.refused == {ref: keeper.NO_JOURNAL}
    assert late is not None and late.refused == {ref: keeper.NO_JOURNAL}


def test_a_row_about_another_case_opens_no_card(sqlite_house: House) -> None:
    house = sqlite_house
    case, _ = file_case(house, "legal", "alice")
    other, _ = file_case(house, "legal", "alice")
    ref = GrantRef(case, keys.IDENTITY, 0)
    n = journal_card(house, "alice", other)
    with house.database.write() as session:
        session.execute(update(JournalRow).where(JournalRow.n == n).values(case=case))
    shown = ask(house, "alice", [ref], asking.CARD, n=n)
    assert shown is not None and shown.refused == {ref: keeper.NO_JOURNAL}


def test_an_opening_without_a_reason_opens_no_card(sqlite_house: House) -> None:
    house = sqlite_house
    case, _ = file_case(house, "legal", "alice")
    ref = GrantRef(case, keys.IDENTITY, 0)
    with house.database.write() as session:
        n = journal.write(session, "open-card", by=house.actor("alice"), day=house.now.date(), case=case).n
    shown = ask(house, "alice", [ref], asking.CARD, n=n)
    assert shown is not None and shown.refused == {ref: keeper.NO_JOURNAL}


def test_every_batch_of_cards_compared_stands_in_the_journal(sqlite_house: House) -> None:
    house = sqlite_house
    cases = [file_case(house, "editors", "carol")[0] for _ in range(3)]
    refs = [GrantRef(case, keys.IDENTITY, 0) for case in cases]
    draft = freeze(house, "erin")
    counters = keeper.Counters()
    for _again in range(2):
        given = ask(house, "erin", refs, asking.CHECK, counters)
        assert given is not None and set(given.grants) == set(refs)
    with house.database.read() as session:
        rows = session.scalars(select(JournalRow)).all()
    assert [(row.act, row.actor, row.subject) for row in rows] == [("check-card", "hub", draft)] * 2


@pytest.mark.parametrize("digest", [bytes(32), b"f" * 32, b"made up", b"conflict", b"edited", b"others"])
def test_what_is_the_digest_of_nothing_opens_nobodys_card(sqlite_house: House, digest: bytes) -> None:
    """Erin may check a tip's card against a text that exists, is frozen and is hers to read; no other."""
    house = sqlite_house
    one, other = (GrantRef(file_case(house, "editors", "carol")[0], keys.IDENTITY, 0) for _ in range(2))
    freeze(house, "erin", b"edited".ljust(32), "draft")
    freeze(house, "dan", b"others".ljust(32))
    frozen = comparing.conflict_digest(other.owner) if digest == b"conflict" else digest.ljust(32)
    given = ask(house, "erin", [one], asking.CHECK, frozen=frozen)
    assert given is not None and given.refused == {one: keeper.NOT_YOURS}
    with house.database.read() as session:
        assert session.scalars(select(JournalRow)).all() == []


def test_a_conflict_check_opens_the_card_of_its_case_alone_and_says_so(sqlite_house: House) -> None:
    house = sqlite_house
    one, other = (GrantRef(file_case(house, "legal", "alice")[0], keys.IDENTITY, 0) for _ in range(2))
    counters = keeper.Counters()
    given = ask(
        house, "bob", [one, other], asking.CHECK, counters, frozen=comparing.conflict_digest(one.owner)
    )
    assert given is not None and set(given.grants) == {one}
    assert given.refused == {other: keeper.NOT_YOURS}
    assert len(counters.checks["bob", house.now.date()]) == 1
    with house.database.read() as session:
        rows = session.scalars(select(JournalRow)).all()
    assert [(row.act, row.actor, row.case) for row in rows] == [("check-card", "hub", one.owner)]


def test_a_check_that_names_a_row_needs_its_own(sqlite_house: House) -> None:
    house = sqlite_house
    case, _ = file_case(house, "editors", "carol")
    ref = GrantRef(case, keys.IDENTITY, 0)
    draft, day, counters = freeze(house, "erin"), house.now.date(), keeper.Counters()
    with house.database.write() as session:
        mine, olgas = (
            journal.write(session, "check-card", by=house.actor(who), day=day, subject=draft).n
            for who in ("erin", "olga")
        )
    given = ask(house, "erin", [ref], asking.CHECK, counters, n=mine)
    assert given is not None and ref in given.grants
    for n in (olgas, mine):
        refused = ask(house, "erin", [ref], asking.CHECK, counters, n=n)
        assert refused is not None and refused.refused == {ref: keeper.NO_JOURNAL}
    with house.database.read() as session:
        assert session.scalars(select(JournalRow.actor)).all() == ["erin", "olga"]


@pytest.mark.parametrize("trace", ["status", "row"])
def test_a_tip_still_being_written_is_opened_to_nobody(house: House, trace: str) -> None:
    case, _ = file_case(house, "legal", "alice")
    with house.database.write() as session:
        if trace == "status":
            session.execute(update(Case).where(Case.id == case).values(status="writing"))
        else:
            session.add(Writing(case=case, spool=1, locked=b"", touched=house.now))
    refs = [GrantRef(case, compartment, 0) for compartment in (keys.CONTENT, keys.IDENTITY)]
    read = ask(house, "alice", refs, asking.READ)
    checked = ask(house, "alice", refs, asking.CHECK)
    for answered in (read, checked):
        assert answered is not None
        assert answered.refused == dict.fromkeys(refs, keeper.NO_GRANT)


def test_a_released_card_is_shown_to_the_editor_of_the_tip(house: House) -> None:
    from casework.asking import NewGrant
    from tests.test_keeper import hand_in

    case, made = file_case(house, "editors", "carol")
    house.put_on(case, "carol")
    ref = GrantRef(case, keys.IDENTITY, 0)
    carol, dan = house.staffing().holder("carol"), house.staffing().holder("dan")
    assert carol is not None and dan is not None
    assert hand_in(house, "erin", grants=[NewGrant.make(made[keys.IDENTITY], dan)]) == "refused"
    assert hand_in(house, "erin", grants=[NewGrant.make(made[keys.IDENTITY], carol)]) == "done"
    shown = ask(house, "carol", [ref], asking.CARD, n=journal_card(house, "carol", case))
    assert shown is not None and ref in shown.grants
