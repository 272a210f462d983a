"""What a colleague's desk cannot hand in, even where it can write the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from casework import asking, canonical, handins, journal, keys
from casework.actors import subject_of
from casework.asking import HANDIN_TAG, GrantRef, NewGrant
from casework.database import Database
from casework.keys import Holder
from casework.tables import Case, Draft, Grant, HandIn, Item, Mailbox, SealingKey
from crypto import context, sealed
from tests import house as houses
from tests.house import House
from tests.test_keeper import ask, file_case, hand_in
from tests.test_succession import renew_keyring


def holder(house: House, name: str) -> Holder:
    """Return *name* as somebody a grant can be made for."""
    found = house.staffing().holder(name)
    assert found is not None
    return found


def remake(
    house: House,
    who: str,
    case: bytes,
    compartment: str = keys.CONTENT,
    generation: int = 1,
    holders: Sequence[str] = (),
) -> str:
    """Hand in a new generation that *holders*, by default *who* alone, and recovery can open."""
    new = keys.make(case, compartment, generation)
    people = [*(holder(house, one) for one in holders or [who]), *house.staffing().recovery()]
    return hand_in(
        house, who, new_keys=[keys.public(new)], grants=[NewGrant.make(new, one) for one in people]
    )


def holders_of(house: House, owner: bytes, compartment: str = keys.CONTENT) -> set[str]:
    """Return who has a grant row."""
    with house.database.read() as session:
        wanted = select(Grant.staff).where(Grant.owner == owner, Grant.compartment == compartment)
        return set(session.scalars(wanted))


@pytest.mark.parametrize("compartment", [keys.CONTENT, keys.IDENTITY])
def test_a_colleague_on_the_duty_list_makes_no_keys_for_a_case_of_alices(
    house: House, compartment: str
) -> None:
    case, _ = file_case(house, "legal", "alice")
    house.put_on(case, "alice")
    assert remake(house, "bob", case, compartment) == "refused"
    assert remake(house, "alice", case, compartment) == "done"


def test_a_forged_grant_row_makes_nobody_a_holder(sqlite_house: House) -> None:
    house = sqlite_house
    case, made = file_case(house, "editors", "carol")
    with house.database.write() as session:
        real = session.get_one(Grant, (case, keys.CONTENT, 0, "dan", 1))
        session.add(
            Grant(owner=case, compartment=keys.CONTENT, generation=0, staff="alice", number=1,
                  epoch=real.epoch, locked=real.locked)
        )  # fmt: skip
        session.execute(update(Case).values(assignee="alice", team="legal"))
    assert remake(house, "alice", case) == "refused"
    assert (
        hand_in(house, "alice", grants=[NewGrant.make(made[keys.CONTENT], holder(house, "bob"))]) == "refused"
    )


def test_whoever_gave_a_case_away_hands_its_keys_over_once(sqlite_house: House) -> None:
    house = sqlite_house
    case, _ = file_case(house, "legal", "bob")
    subject = subject_of("bob")
    for outcome in ("refused", "done"):
        with house.database.write() as session:
            journal.write(
                session, "assign", by=house.actor("alice"), day=house.now.date(), case=case, subject=subject
            )
        assert remake(house, "alice", case, holders=["bob"]) == outcome
        if outcome == "refused":
            house.put_on(case, "alice")  # only then was it hers to give
    house.now += timedelta(days=2)
    assert remake(house, "alice", case, generation=2, holders=["bob"]) == "refused"


def test_a_new_key_that_nobody_at_work_would_hold_is_refused(sqlite_house: House) -> None:
    house = sqlite_house
    case, _ = file_case(house, "legal", "alice")
    house.put_on(case, "alice")
    made = keys.make(case, keys.CONTENT, 1)
    paper = [NewGrant.make(made, one) for one in house.staffing().recovery()]
    assert hand_in(house, "alice", new_keys=[keys.public(made)], grants=paper) == "refused"
    assert hand_in(house, "alice", new_keys=[keys.public(made)]) == "refused"
    grants = [NewGrant.make(made, holder(house, "alice")), *paper]
    assert hand_in(house, "alice", new_keys=[keys.public(made)], grants=grants) == "done"


def begin_draft(house: House, author: str, others: list[str]) -> bytes:
    """Begin a draft as *author*, granted to *others* too."""
    key = keys.make(keys.new_id(), keys.DRAFT, 0)
    with house.database.write() as session:
        session.add(
            Draft(id=key.owner, case=None, public_id="r-one", status="draft", author=author,
                  day=house.now.date(), sealed=b"")
        )  # fmt: skip
        journal.write(session, "draft", by=house.actor(author), day=house.now.date(), subject=key.owner)
    grants = [NewGrant.make(key, holder(house, one)) for one in [author, *others]]
    assert hand_in(house, author, new_keys=[keys.public(key)], grants=grants) == "done"
    return key.owner


def test_only_its_author_takes_a_draft_from_others(sqlite_house: House) -> None:
    house = sqlite_house
    draft = begin_draft(house, "carol", ["dan", "erin"])
    everybody = {"carol", "dan", "erin"}
    assert hand_in(house, "erin", retain={(draft, keys.DRAFT): ["erin", "dan"]}) == "refused"
    assert holders_of(house, draft, keys.DRAFT) == everybody
    assert hand_in(house, "carol", retain={(draft, keys.DRAFT): ["carol", "dan"]}) == "done"
    assert holders_of(house, draft, keys.DRAFT) == {"carol", "dan"}


def test_the_lawyer_of_a_brief_founds_it_and_makes_no_keys_later(sqlite_house: House) -> None:
    house = sqlite_house
    brief = keys.new_id()
    with house.database.write() as session:
        session.add(
            Case(id=brief, kind="brief", team="editors", status="new", urgency="normal", language="ru",
                 opened=house.now.date(), touched=house.now.date())
        )  # fmt: skip
    house.put_on(b"o" * 16, "alice")
    with house.database.write() as session:
        journal.write(
            session, "brief", by=house.actor("alice"), day=house.now.date(), case=b"o" * 16, subject=brief
        )
    key = keys.make(brief, keys.CONTENT, 0)
    grants = [NewGrant.make(key, holder(house, one)) for one in ("carol", "dan")]
    card = keys.make(brief, keys.IDENTITY, 0)
    assert hand_in(house, "bob", new_keys=[keys.public(key)], grants=grants) == "refused"
    assert hand_in(house, "alice", new_keys=[keys.public(card)]) == "refused"
    assert hand_in(house, "alice", new_keys=[keys.public(key)], grants=grants) == "done"
    later = keys.make(brief, keys.CONTENT, 1)
    grants = [NewGrant.make(later, holder(house, "carol"))]
    assert hand_in(house, "alice", new_keys=[keys.public(later)], grants=grants) == "refused"
    assert hand_in(house, "alice", grants=[NewGrant.make(key, holder(house, "carol"))]) == "refused"


@pytest.mark.parametrize(
    "kept", [["alice"], ["alice", "bob"], ["bob", keys.RECOVERY, "nobody"], [keys.RECOVERY, "nobody"], []]
)
def test_nobody_living_recovery_and_the_last_but_one_are_never_dropped(
    sqlite_house: House, kept: list[str]
) -> None:
    house = sqlite_house
    case, _ = file_case(house, "legal", "alice")
    house.put_on(case, "alice", "bob")
    if "nobody" in kept:
        house.revoke("bob")
    hand_in(house, "alice", retain={(case, keys.CONTENT): kept})
    assert holders_of(house, case) == {"alice", "bob", keys.RECOVERY}


def test_a_keyring_that_was_replaced_is_no_holder_to_be_left_with(sqlite_house: House) -> None:
    """Alice's grant is her old keyring's: leaving her and recovery would leave nobody living."""
    house = sqlite_house
    case, _ = file_case(house, "legal", "bob")
    renew_keyring(house, "alice")
    house.put_on(case, "bob", "alice")
    assert hand_in(house, "bob", retain={(case, keys.CONTENT): ["alice", keys.RECOVERY]}) == "done"
    assert holders_of(house, case) == {"alice", "bob", keys.RECOVERY}


def test_a_hand_in_put_back_later_brings_no_dropped_grant_back(sqlite_house: House) -> None:
    house = sqlite_house
    case, made = file_case(house, "legal", "alice")
    house.put_on(case, "alice", "bob")
    with house.database.write() as session:
        again = NewGrant.make(made[keys.CONTENT], holder(house, "bob"))
        handin = asking.hand_in(session, house.actor("alice"), house.roster, now=house.now, grants=[again])
    with house.database.read() as session:
        kept = session.get_one(HandIn, handin)
    handins.take(house.database, house.strongbox, house.anchor, house.now)
    assert hand_in(house, "alice", retain={(case, keys.CONTENT): ["alice", keys.RECOVERY]}) == "done"
    house.now += timedelta(minutes=2)
    handins.take(house.database, house.strongbox, house.anchor, house.now)
    with house.database.write() as session:
        session.add(
            HandIn(id=kept.id, staff=kept.staff, number=kept.number, key=kept.key, sealed=kept.sealed,
                   signature=kept.signature, state="new", at=house.now)
        )  # fmt: skip
    handins.take(house.database, house.strongbox, house.anchor, house.now)
    with house.database.read() as session:
        assert asking.handed_in(session, kept.id) == "again"
    assert holders_of(house, case) == {"alice", keys.RECOVERY}


def put(house: House, who: str, body: dict[str, object] | list[object]) -> bytes:
    """Hand in whatever *body* is, signed by *who*."""
    handin = keys.new_id()
    if isinstance(body, dict):
        body |= {"id": handin.hex(), "at": int(house.now.timestamp())}
    raw = canonical.dumps(body)
    number, identity = house.strongbox.handin
    with house.database.write() as session:
        session.add(
            HandIn(id=handin, staff=who, number=1, key=number, state="new", at=house.now + timedelta(days=99),
                   sealed=sealed.seal(raw, [identity.recipient], context.named("handin", handin)),
                   signature=house.actor(who).signing.sign(HANDIN_TAG, raw))
        )  # fmt: skip
    return handin


EMPTY: dict[str, object] = {"keys": [], "grants": [], "mailboxes": {}, "retain": []}


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        EMPTY | {"keys": [{"claim": 7, "signature": ""}]},
        EMPTY | {"keys": [{"claim": "[]", "signature": "00"}]},
        EMPTY | {"grants": [{"owner": "aa" * 16, "compartment": "con\0tent", "generation": 0, "number": 1,
                             "staff": "bob", "grant": ""}]},
        EMPTY | {"grants": [{"owner": "aa" * 16, "compartment": "content", "generation": 10**30, "number": 1,
                             "staff": "bob", "grant": ""}]},
        EMPTY | {"mailboxes": []},
        EMPTY | {"mailboxes": {"aa" * 16: ["bb" * 16]}},
        EMPTY | {"retain": [{"owner": "aa" * 16, "compartment": "content", "staff": 5}]},
    ],
)  # fmt: skip
def test_whatever_is_handed_in_the_next_one_is_looked_at(house: House, body: object) -> None:
    case, _ = file_case(house, "legal", "alice")
    house.put_on(case, "alice", "bob")
    bad = put(house, "bob", body)  # type: ignore[arg-type]
    assert hand_in(house, "alice", retain={(case, keys.CONTENT): ["alice", keys.RECOVERY]}) == "done"
    handins.take(house.database, house.strongbox, house.anchor, house.now)
    with house.database.read() as session:
        assert asking.handed_in(session, bad) == "refused"
    house.now += timedelta(minutes=2)
    handins.take(house.database, house.strongbox, house.anchor, house.now)
    with house.database.read() as session:
        assert session.scalars(select(HandIn)).all() == []


def test_a_giant_is_refused_unread(sqlite_house: House) -> None:
    house = sqlite_house
    with house.database.write() as session:
        session.add(
            HandIn(id=b"g" * 16, staff="bob", number=1, key=house.strongbox.handin[0], signature=b"",
                   sealed=b"x" * (handins.SIZE_LIMIT + 1), state="new", at=house.now)
        )  # fmt: skip
    handins.take(house.database, house.strongbox, house.anchor, house.now)
    with house.database.read() as session:
        assert asking.handed_in(session, b"g" * 16) == "refused"


def test_a_case_gets_no_mailbox_that_is_not_there(sqlite_house: House) -> None:
    house = sqlite_house
    case, _ = file_case(house, "legal", "alice")
    assert hand_in(house, "alice", mailboxes={case: [b"m" * 16]}) == "refused"
    with house.database.write() as session:
        session.add(Mailbox(id=b"m" * 16, recipient=b"", route=b"", expires=None))
    assert hand_in(house, "alice", mailboxes={case: [b"m" * 16]}) == "done"


def test_an_erased_case_takes_nothing_in(sqlite_house: House) -> None:
    house = sqlite_house
    case, made = file_case(house, "legal", "alice")
    with house.database.write() as session:
        for item in session.scalars(select(Item)):
            session.delete(item)
        session.flush()
        session.delete(session.get_one(Case, case))
    again = NewGrant.make(made[keys.CONTENT], holder(house, "alice"))
    assert hand_in(house, "alice", grants=[again]) == "refused"
    assert remake(house, "alice", case) == "refused"


def test_mallory_slips_no_key_under_what_is_sealed_next(house: House) -> None:
    case, made = file_case(house, "legal", "alice")
    hands, roster = house.staffing().hands, house.roster
    mallorys = keys.make(case, keys.CONTENT, 1)
    with house.database.write() as session:
        for made_by, signature in (("hub", b""), ("bob", house.actor("bob").signing.sign("x", b"y") * 2)):
            session.merge(
                SealingKey(owner=case, compartment=keys.CONTENT, generation=1, made_by=made_by,
                           recipient=mallorys.recipient.raw, signature=signature)
            )  # fmt: skip
            session.merge(
                Grant(owner=case, compartment=keys.CONTENT, generation=1, staff="alice", number=1,
                      epoch=1, locked=b"\0" * 60)
            )  # fmt: skip
            session.flush()
            found = keys.current(session, case, keys.CONTENT, hands, roster)
            assert found == keys.public(made[keys.CONTENT])
        row = session.get_one(SealingKey, (case, keys.CONTENT, 0))
        row.recipient = mallorys.recipient.raw
        session.flush()
        assert keys.current(session, case, keys.CONTENT, hands, roster) is None


def test_a_key_vouched_for_one_case_is_nobodys_in_another(sqlite_house: House) -> None:
    house = sqlite_house
    one, _ = file_case(house, "legal", "alice")
    other, made = file_case(house, "legal", "alice")
    hands, roster = house.staffing().hands, house.roster
    with house.database.write() as session:
        theirs = session.get_one(SealingKey, (one, keys.CONTENT, 0))
        ours = session.get_one(SealingKey, (other, keys.CONTENT, 0))
        ours.recipient, ours.signature = theirs.recipient, theirs.signature
        session.flush()
        assert keys.current(session, other, keys.CONTENT, hands, roster) is None
        assert keys.current(session, one, keys.CONTENT, hands, roster) is not None
    assert made


def test_a_key_made_at_a_desk_is_vouched_for_when_it_is_taken(house: House) -> None:
    case, _ = file_case(house, "legal", "alice")
    house.put_on(case, "alice", "bob")
    assert remake(house, "alice", case) == "done"
    with house.database.read() as session:
        found = keys.current(session, case, keys.CONTENT, house.staffing().hands, house.roster)
        row = session.get_one(SealingKey, (case, keys.CONTENT, 1))
    assert found is not None and found.generation == 1
    assert (row.made_by, len(row.signature)) == ("alice", 128)


def test_a_forged_generation_does_not_use_up_the_numbers(sqlite_house: House) -> None:
    house = sqlite_house
    case, made = file_case(house, "legal", "alice")
    house.put_on(case, "alice", "bob")
    with house.database.write() as session:
        session.add(
            SealingKey(owner=case, compartment=keys.CONTENT, generation=2**31 - 1, made_by="hub",
                       recipient=made[keys.CONTENT].recipient.raw, signature=b"")
        )  # fmt: skip
    assert remake(house, "alice", case) == "done"
    ref = GrantRef(case, keys.CONTENT, 1)
    answered = ask(house, "alice", [ref], asking.READ)
    assert answered is not None and ref in answered.grants


def test_a_consultant_holds_content_of_the_cases_lent_to_them_and_no_card(
    sqlite_database: Database, tmp_path: Path
) -> None:
    house = houses.build(sqlite_database, tmp_path, {**houses.CAST, "vera": {"consultant"}})
    case, made = file_case(house, "legal", "alice")
    vera = holder(house, "vera")
    content, card = (NewGrant.make(made[part], vera) for part in (keys.CONTENT, keys.IDENTITY))
    house.put_on(case, "alice")
    with house.database.write() as session:
        session.execute(update(Case).values(consultant="vera"))
    assert hand_in(house, "alice", grants=[content]) == "refused", "a column lends nothing"
    with house.database.write() as session:
        by, subject = house.actor("alice"), subject_of("vera")
        journal.write(session, "lend", by=by, day=house.now.date(), case=case, subject=subject)
    assert hand_in(house, "alice", grants=[card]) == "refused"
    assert hand_in(house, "alice", grants=[content]) == "done"
    assert "vera" in holders_of(house, case) and "vera" not in holders_of(house, case, keys.IDENTITY)
