"""Who the keeper gives what: the wall between teams is a key, and the outer lock is the hub's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from casework import asking, handins, journal, keeper, keys, notices, rows
from casework.asking import GrantRef, NewGrant
from casework.tables import Answer, Case, Draft, Grant, HandIn, Item, Notice, Request
from crypto import keyring
from crypto.errors import CryptoError
from crypto.xwing import Identity
from tests.house import House


def file_case(house: House, team: str, assignee: str | None) -> tuple[bytes, dict[str, keys.NewKey]]:
    """File one case of *team* as the hub would, with one message and one card."""
    batch, case = rows.Rows(), keys.new_id()
    staffing = house.staffing()
    day = house.now.date()
    batch.add(
        Case,
        id=case,
        kind="legal" if team == "legal" else "tip",
        team=team,
        status="new",
        urgency="normal",
        language="ru",
        assignee=assignee,
        opened=day,
        touched=day,
    )
    made = {}
    for compartment in (keys.CONTENT, keys.IDENTITY):
        key = made[compartment] = keys.make(case, compartment, 0)
        keys.add_key(batch, key, "hub", hub=house.strongbox.signing)
        keys.add_grants(batch, key, staffing.holders(team, compartment), house.strongbox.epoch)
    common = {"author": "tipster", "day": day}
    keys.seal_item(
        batch, keys.public(made[keys.CONTENT]), kind="message", payload={"text": "тихо, канарейка"}, **common
    )
    keys.seal_item(batch, keys.public(made[keys.IDENTITY]), kind="card", payload={"name": "Т."}, **common)
    with house.database.write() as session:
        rows.write(session, [batch])
    return case, made


def ask(
    house: House,
    who: str,
    refs: list[GrantRef],
    purpose: str,
    counters: keeper.Counters | None = None,
    n: int | None = None,
    frozen: bytes = b"f" * 32,
) -> asking.Answered | None:
    """Ask as *who*, let the keeper answer, and collect."""
    session_key = Identity.generate()
    with house.database.write() as session:
        request = asking.ask(
            session, house.actor(who), session_key, refs, purpose=purpose, now=house.now, journal=n,
            frozen=frozen,
        )  # fmt: skip
    keeper.answer_requests(
        house.database, house.strongbox, house.anchor, counters or keeper.Counters(), house.now
    )
    with house.database.read() as session:
        return asking.collect(session, request, session_key)


def open_seed(house: House, who: str, ref: GrantRef, answered: asking.Answered, made: keys.NewKey) -> bytes:
    """Open the grant *who* was given."""
    return keyring.open_grant(house.staff[who], answered.grants[ref], keys.grant_context(made, who))


def freeze(house: House, who: str, digest: bytes = b"f" * 32, status: str = "review") -> bytes:
    """Add a draft with *digest* to which *who* holds a key, and return its id."""
    draft = keys.new_id()
    with house.database.write() as session:
        session.add(
            Draft(id=draft, case=None, public_id=draft.hex(), status=status, author="carol",
                  day=house.now.date(), digest=digest, sealed=b"")
        )  # fmt: skip
    batch = rows.Rows()
    key, holder = keys.make(draft, keys.DRAFT, 0), house.staffing().holder(who)
    assert holder is not None
    keys.add_grants(batch, key, [holder], house.strongbox.epoch)
    with house.database.write() as session:
        rows.write(session, [batch])
    return draft


def journal_card(house: House, who: str, case: bytes) -> int:
    """Write the open-card row and return its number."""
    with house.database.write() as session:
        row = journal.write(
            session, "open-card", by=house.actor(who), day=house.now.date(), case=case,
            reason=journal.Reason.make("позвонить"),
        )  # fmt: skip
        return row.n


def test_alice_opens_what_she_is_granted(house: House) -> None:
    case, made = file_case(house, "legal", "alice")
    ref = GrantRef(case, keys.CONTENT, 0)
    answered = ask(house, "alice", [ref], asking.READ)
    assert answered is not None
    assert open_seed(house, "alice", ref, answered, made[keys.CONTENT]) == made[keys.CONTENT].identity.seed
    with house.database.read() as session:
        item = session.scalars(select(Item).where(Item.kind == "message")).one()
        opened = keys.open_item(item, made[keys.CONTENT].identity)
    assert opened["text"] == "тихо, канарейка"


def test_an_editor_has_no_grant_of_a_legal_case_and_a_lawyer_none_of_a_tip(house: House) -> None:
    legal, _ = file_case(house, "legal", "alice")
    tip, _ = file_case(house, "editors", "carol")
    for who, case in (("carol", legal), ("alice", tip), ("erin", legal), ("olga", legal)):
        ref = GrantRef(case, keys.CONTENT, 0)
        answered = ask(house, who, [ref], asking.READ)
        assert answered is not None
        assert answered.grants == {}
        assert answered.refused == {ref: keeper.NO_GRANT}


def test_a_card_is_shown_to_the_assignee_alone_and_only_after_the_journal(house: House) -> None:
    case, _ = file_case(house, "legal", "alice")
    ref = GrantRef(case, keys.IDENTITY, 0)
    counters = keeper.Counters()
    bobs = ask(house, "bob", [ref], asking.CARD, counters, journal_card(house, "bob", case))
    unsaid = ask(house, "alice", [ref], asking.CARD, counters)
    said = journal_card(house, "alice", case)
    shown = ask(house, "alice", [ref], asking.CARD, counters, said)
    again = ask(house, "alice", [ref], asking.CARD, counters, said)
    read = ask(house, "alice", [ref], asking.READ, counters)
    assert bobs is not None and bobs.refused == {ref: keeper.NOT_YOURS}
    assert unsaid is not None and unsaid.refused == {ref: keeper.NO_JOURNAL}
    assert shown is not None and ref in shown.grants
    assert again is not None and again.refused == {ref: keeper.NO_JOURNAL}
    assert read is not None and read.refused == {ref: keeper.NOT_YOURS}


def test_a_card_sealed_in_two_generations_is_one_showing(house: House) -> None:
    case, _ = file_case(house, "legal", "alice")
    house.put_on(case, "alice")
    new = keys.make(case, keys.IDENTITY, 1)
    holders = [house.staffing().holder("alice"), *house.staffing().recovery()]
    grants = [NewGrant.make(new, holder) for holder in holders if holder]
    assert hand_in(house, "alice", new_keys=[keys.public(new)], grants=grants) == "done"
    refs = [GrantRef(case, keys.IDENTITY, generation) for generation in (0, 1)]
    counters = keeper.Counters()
    answered = ask(house, "alice", refs, asking.CARD, counters, journal_card(house, "alice", case))
    assert answered is not None
    assert set(answered.grants) == set(refs)
    assert len(counters.cards["alice"]) == 1


def test_the_card_of_a_tip_is_the_custodians(house: House) -> None:
    case, _ = file_case(house, "editors", "carol")
    ref = GrantRef(case, keys.IDENTITY, 0)
    carols = ask(house, "carol", [ref], asking.CARD, n=journal_card(house, "carol", case))
    erins = ask(house, "erin", [ref], asking.CARD, n=journal_card(house, "erin", case))
    assert carols is not None and carols.refused == {ref: keeper.NO_GRANT}
    assert erins is not None and ref in erins.grants


def test_the_eleventh_card_in_an_hour_is_refused(house: House) -> None:
    case, _ = file_case(house, "legal", "alice")
    ref = GrantRef(case, keys.IDENTITY, 0)
    counters = keeper.Counters()
    for _n in range(keeper.CARDS_AN_HOUR):
        shown = ask(house, "alice", [ref], asking.CARD, counters, journal_card(house, "alice", case))
        assert shown is not None and ref in shown.grants
    refused = ask(house, "alice", [ref], asking.CARD, counters, journal_card(house, "alice", case))
    assert refused is not None and refused.refused == {ref: keeper.TOO_MANY}
    house.now += timedelta(hours=1)
    later = ask(house, "alice", [ref], asking.CARD, counters, journal_card(house, "alice", case))
    assert later is not None and ref in later.grants


def told(house: House) -> list[tuple[str, str, bytes | None]]:
    """Return what waits to be said, to whom, about which case."""
    with house.database.read() as session:
        return [(one.staff, one.kind, one.case) for one in session.scalars(select(Notice))]


def test_coordinators_hear_once_a_day_that_somebody_wanted_too_many_cards(house: House) -> None:
    """The eleventh card in an hour, and the seventh check in a day; whose it was is not said."""
    case, _ = file_case(house, "legal", "alice")
    ref = GrantRef(case, keys.IDENTITY, 0)
    counters = keeper.Counters()
    counters.cards["alice"] = [house.now] * (keeper.CARDS_AN_HOUR - 1)
    ask(house, "alice", [ref], asking.CARD, counters, journal_card(house, "alice", case))
    assert told(house) == [], "the tenth is given and nobody hears of it"
    refused = ask(house, "alice", [ref], asking.CARD, counters, journal_card(house, "alice", case))
    assert refused is not None and refused.refused == {ref: keeper.TOO_MANY}
    assert told(house) == [("olga", notices.LIMIT, None)]
    with house.database.write() as session:
        session.execute(delete(Notice))  # Olga was told
    ask(house, "alice", [ref], asking.CARD, counters, journal_card(house, "alice", case))
    assert told(house) == [], "once a day"
    freeze(house, "bob")
    counters.checks["bob", house.now.date()] = {bytes([n]) * 32 for n in range(keeper.CHECKS_A_DAY - 1)}
    given = ask(house, "bob", [ref], asking.CHECK, counters)
    assert given is not None and ref in given.grants and told(house) == []
    counters.checks["bob", house.now.date()] = {bytes([n]) * 32 for n in range(keeper.CHECKS_A_DAY)}
    refused = ask(house, "bob", [ref], asking.CHECK, counters)
    assert refused is not None and refused.refused == {ref: keeper.TOO_MANY}
    assert told(house) == [("olga", notices.LIMIT, None)], "for each person"
    with house.database.write() as session:
        session.execute(delete(Notice))
    house.now += timedelta(days=1)
    counters.cards["alice"] = [house.now] * keeper.CARDS_AN_HOUR
    ask(house, "alice", [ref], asking.CARD, counters, journal_card(house, "alice", case))
    assert told(house) == [("olga", notices.LIMIT, None)], "and again the next day"


def test_a_suspended_or_revoked_member_gets_no_answer(house: House) -> None:
    case, _ = file_case(house, "legal", "alice")
    house.revoke("alice")
    assert ask(house, "alice", [GrantRef(case, keys.CONTENT, 0)], asking.READ) is None


def test_mallory_cannot_turn_a_request_to_a_session_of_her_own(house: House) -> None:
    case, _ = file_case(house, "legal", "alice")
    mallory = Identity.generate()
    with house.database.write() as session:
        request = asking.ask(
            session, house.actor("alice"), Identity.generate(), [GrantRef(case, keys.CONTENT, 0)],
            purpose=asking.READ, now=house.now,
        )  # fmt: skip
        row = session.get_one(Request, request)
        ours = mallory.recipient.raw.hex().encode()
        at = row.body.index(b'"session":"') + len(b'"session":"')
        row.body = row.body[:at] + ours + row.body[at + len(ours) :]
    keeper.answer_requests(house.database, house.strongbox, house.anchor, keeper.Counters(), house.now)
    with house.database.read() as session:
        assert session.get(Answer, request) is None


def test_requests_die_after_a_minute_and_at_start(house: House) -> None:
    case, _ = file_case(house, "legal", "alice")
    with house.database.write() as session:
        request = asking.ask(
            session, house.actor("alice"), Identity.generate(), [GrantRef(case, keys.CONTENT, 0)],
            purpose=asking.READ, now=house.now - timedelta(seconds=61),
        )  # fmt: skip
    keeper.answer_requests(house.database, house.strongbox, house.anchor, keeper.Counters(), house.now)
    with house.database.read() as session:
        assert session.get(Answer, request) is None
        assert session.get(Request, request) is None
    ask(house, "alice", [GrantRef(case, keys.CONTENT, 0)], asking.READ)
    keeper.clear(house.database)
    with house.database.read() as session:
        assert session.scalars(select(Answer)).all() == []


def hand_in(house: House, who: str, **parts: object) -> str:
    """Hand in as *who*, let the hub take it, and return how it went."""
    with house.database.write() as session:
        handin = asking.hand_in(session, house.actor(who), house.roster, now=house.now, **parts)  # type: ignore[arg-type]
    handins.take(house.database, house.strongbox, house.anchor, house.now)
    with house.database.read() as session:
        return asking.handed_in(session, handin)


def test_acceptance_makes_a_generation_that_others_cannot_open(house: House) -> None:
    case, _ = file_case(house, "legal", "alice")
    house.put_on(case, "alice")
    new = keys.make(case, keys.CONTENT, 1)
    holders = [house.staffing().holder("alice"), *house.staffing().recovery()]
    grants = [NewGrant.make(new, holder) for holder in holders if holder]
    assert hand_in(
        house, "alice", new_keys=[keys.public(new)], grants=grants,
        retain={(case, keys.CONTENT): ["alice", keys.RECOVERY]},
    ) == "done"  # fmt: skip
    for generation in (0, 1):
        ref = GrantRef(case, keys.CONTENT, generation)
        bobs = ask(house, "bob", [ref], asking.READ)
        alices = ask(house, "alice", [ref], asking.READ)
        assert bobs is not None and bobs.refused == {ref: keeper.NO_GRANT}
        assert alices is not None and ref in alices.grants
    with house.database.read() as session:
        current = keys.current(session, case, keys.CONTENT, house.staffing().hands)
    assert current is not None and current.generation == 1


@pytest.mark.parametrize("who", ["carol", "erin"])
def test_a_hand_in_cannot_carry_a_legal_case_over_the_wall(house: House, who: str) -> None:
    case, made = file_case(house, "legal", "alice")
    house.put_on(case, "alice", who)
    holder = house.staffing().holder(who)
    assert holder is not None
    stolen = NewGrant.make(made[keys.CONTENT], holder)
    assert hand_in(house, "alice", grants=[stolen]) == "refused"
    with house.database.read() as session:
        assert session.scalars(select(Grant).where(Grant.staff == who, Grant.owner == case)).all() == []


def test_whoever_holds_nothing_makes_no_holders(house: House) -> None:
    case, made = file_case(house, "editors", "carol")
    holder = house.staffing().holder("carol")
    assert holder is not None
    assert hand_in(house, "alice", grants=[NewGrant.make(made[keys.CONTENT], holder)]) == "refused"
    assert hand_in(house, "bob", mailboxes={case: [b"m" * 16]}) == "refused"


def test_the_last_but_one_holder_stays(house: House) -> None:
    case, _ = file_case(house, "legal", "alice")
    house.put_on(case, "alice")
    assert hand_in(house, "alice", retain={(case, keys.CONTENT): ["alice"]}) == "done"
    with house.database.read() as session:
        holders = session.scalars(select(Grant.staff).where(Grant.compartment == keys.CONTENT)).all()
    assert set(holders) == {"alice", "bob", keys.RECOVERY}


def test_after_a_hub_restart_desks_hand_in_again(house: House) -> None:
    case, _ = file_case(house, "legal", "alice")
    with house.database.write() as session:
        handin = asking.hand_in(
            session, house.actor("alice"), house.roster, now=house.now, mailboxes={case: [b"m" * 16]}
        )
        session.get_one(HandIn, handin).key += 1
    handins.take(house.database, house.strongbox, house.anchor, house.now)
    with house.database.read() as session:
        assert asking.handed_in(session, handin) == "again"


def test_no_key_of_the_hub_opens_what_is_sealed_to_staff(house: House) -> None:
    file_case(house, "legal", "alice")
    file_case(house, "editors", "carol")
    box = house.strongbox
    held = [*box.couriers.values(), *box.handins.values(), box.press, box.contact]
    held += [
        Identity.from_seed(key.secret) for family in box.families.values() for key in family.keys.values()
    ]
    with house.database.read() as session:
        items = session.scalars(select(Item)).all()
        grants = session.scalars(select(Grant)).all()
    assert len(items) == 4
    for identity in held:
        for item in items:
            with pytest.raises(CryptoError):
                keys.open_item(item, identity)
        for grant in grants:
            inner = keeper.unlock_grant(grant, box)
            with pytest.raises(CryptoError):
                keyring.open_grant(keyring.Staff("hub", 0, identity, box.signing), inner, b"whatever")
