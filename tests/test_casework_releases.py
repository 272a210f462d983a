"""Nobody alone can publish, anybody alone can take down, and any edit voids what was said of the text."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casework import clocks, journal, keys, releases, rosters
from casework.database import Database
from casework.errors import CaseworkError, NotAllowedError, NotFoundError, NotReleasableError, StaleError
from casework.journal import Reason
from casework.releases import approvals
from casework.tables import Approval, Case, Clock, Draft, Notice, Press, Published, StaffState, Verdict
from crypto.errors import CryptoError
from crypto.xwing import Identity
from tests.cases import (
    DIGEST,
    FINDINGS,
    PUBLIC,
    acts,
    approved,
    as_,
    begin,
    freeze,
    judge,
    put,
    release,
    sign,
)
from tests.house import House, build

HASTE = releases.Haste(Reason.make("the court sits tomorrow"), b"sealed")
OTHER = hashlib.sha256(b"another text").digest()


@pytest.fixture
def house(sqlite_house: House) -> House:
    """Lay the house out on SQLite: the rules are the same on each engine, and one test holds that."""
    return sqlite_house


@pytest.fixture
def tip(house: House) -> bytes:
    """Give a tip that Carol answers for; Erin holds its card."""
    with house.database.write() as session:
        return put(session, house, team="editors", status="open")


def reasons(
    house: House, draft: bytes, digest: bytes = DIGEST, uses: tuple[str, ...] = ("summary",)
) -> list[str]:
    """Return every reason against releasing *draft* now."""
    with house.database.read() as session:
        try:
            releases.check_releasable(session, draft, digest, uses, house.staffing(), house.now)
        except NotReleasableError as error:
            return list(error.reasons)
    return []


def ready(house: House, **later: int) -> list[releases.Ready]:
    """Let the hub look at what is due."""
    now = house.now + timedelta(**later)
    with house.database.write() as session:
        return releases.due_press(session, house.strongbox.press, house.staffing(), now)


def publish(house: House) -> list[str]:
    """Let the hub publish what is due, and return the ids."""
    taken = ready(house)
    with house.database.write() as session:
        for one in taken:
            releases.mark_published(session, one, house.actor("olga"), house.now)
    return [one.public_id for one in taken]


def test_a_text_travels_from_draft_to_public_and_forgets_its_case(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = approved(session, house, tip)
        release(session, house, draft)
        assert draft.status == "scheduled"
    [one] = ready(house)
    assert (one.public, one.digest, one.public_id) == (PUBLIC, DIGEST, draft.public_id)
    assert publish(house) == [draft.public_id]
    with house.database.read() as session:
        after = session.get_one(Draft, draft.id)
        assert (after.status, after.case) == ("published", None)
        assert session.scalars(select(Press)).all() == []
        assert session.get_one(Published, draft.public_id).digest == DIGEST
        assert acts(session, subject=draft.id) == [
            "draft", "freeze", "verdict", "verdict", "approve", "approve", "release", "publish",
        ]  # fmt: skip
        assert acts(session, case=tip) == []
    assert ready(house) == []


def test_the_whole_life_of_an_entry_is_the_same_on_each_engine(database: Database, tmp_path: Path) -> None:
    house = build(database, tmp_path)
    with house.database.write() as session:
        tip = put(session, house, team="editors", status="open")
        draft = approved(session, house, tip)
        releases.save_draft(session, draft.id, draft.version, b"another", 0, as_(house, "carol"))
        assert session.scalars(select(Approval)).all() == []
        freeze(session, house, draft)
        judge(session, house, draft, editor="pass", holder="pass")
        sign(session, house, draft)
        release(session, house, draft)
    with house.database.write() as session:
        releases.countersign(session, house.strongbox.signing, house.roster)
    assert publish(house) == [draft.public_id]
    with house.database.write() as session:
        releases.order_take_down(session, draft.public_id, "safety", as_(house, "erin"))
    with house.database.write() as session:
        assert len(releases.due_take_downs(session, house.staffing()).valid) == 1
        releases.mark_taken_down(session, draft.public_id, house.now)
        digest = releases.land_manifest(session, b"list", house.actor("olga"), house.now.date())
        for who in ("carol", "dan"):
            releases.sign_manifest(session, digest, as_(house, who))
    with house.database.read() as session:
        assert releases.released_manifests(session, house.staffing()) == [b"list"]
        assert session.get_one(Draft, draft.id).status == "retracted"
        journal.verify_chain(session, house.anchor)


def test_every_act_on_a_draft_is_signed_by_who_did_it(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        approved(session, house, tip)
    with house.database.write() as session:
        journal.countersign(session, house.strongbox.signing, house.roster)
        assert journal.verify_chain(session, house.anchor)
        assert releases.countersign(session, house.strongbox.signing, house.roster) == 4
        assert releases.countersign(session, house.strongbox.signing, house.roster) == 0


def test_a_new_draft_lacks_everything(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = begin(session, house, tip)
    assert reasons(house, draft.id) == [
        "edited",
        "unsigned",
        "unapproved",
        "editor_missing",
        "holder_missing",
    ]


@pytest.mark.parametrize("missing", ["editor", "holder"])
def test_without_either_half_of_the_gate_nothing_is_released(missing: str, house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = begin(session, house, tip)
        freeze(session, house, draft)
        judge(session, house, draft, **{"holder" if missing == "editor" else "editor": "pass"})
        releases.sign_as_author(session, draft.id, draft.version, DIGEST, as_(house, "carol"))
    with house.database.write() as session:
        draft = session.get_one(Draft, draft.id)
        if missing == "editor":
            with pytest.raises(NotReleasableError):
                releases.approve(session, draft.id, draft.version, DIGEST, as_(house, "dan"))
        else:
            releases.approve(session, draft.id, draft.version, DIGEST, as_(house, "dan"))
            with pytest.raises(NotReleasableError) as caught:
                release(session, house, draft)
            assert caught.value.reasons == ("holder_missing",)
    assert f"{missing}_missing" in reasons(house, draft.id)


def test_the_author_is_not_the_approver(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = begin(session, house, tip)
        freeze(session, house, draft)
        judge(session, house, draft, editor="pass", holder="pass")
        releases.sign_as_author(session, draft.id, draft.version, DIGEST, as_(house, "carol"))
    with pytest.raises(NotAllowedError), house.database.write() as session:
        releases.approve(session, draft.id, 3, DIGEST, as_(house, "carol"))
    with pytest.raises(NotAllowedError), house.database.write() as session:
        releases.sign_as_author(session, draft.id, 3, DIGEST, as_(house, "dan"))


def test_the_approver_comes_after_the_author(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = begin(session, house, tip)
        freeze(session, house, draft)
        judge(session, house, draft, editor="pass")
    with pytest.raises(NotReleasableError) as caught, house.database.write() as session:
        releases.approve(session, draft.id, 2, DIGEST, as_(house, "dan"))
    assert caught.value.reasons == ("unsigned",)


@pytest.mark.parametrize(
    ("who", "may"), [("dan", True), ("olga", True), ("bob", True), ("carol", False), ("erin", False)]
)
def test_who_may_be_the_second_person(who: str, may: bool, house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = begin(session, house, tip)
        assert releases.may_approve(session, draft, who, house.staffing()) is may


@pytest.mark.parametrize("status", ["review", "approved", "scheduled"])
def test_any_edit_voids_digest_verdicts_approvals_and_press(status: str, house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = approved(session, house, tip)
        if status == "scheduled":
            release(session, house, draft)
        if status == "review":
            draft.status = "review"
        version = draft.version
    with house.database.write() as session:
        releases.save_draft(session, draft.id, version, b"another", 0, as_(house, "carol"))
    with house.database.read() as session:
        after = session.get_one(Draft, draft.id)
        assert (after.status, after.digest, after.sealed) == ("draft", None, b"another")
        for table in (Verdict, Approval, Press):
            assert session.scalars(select(table)).all() == []
    assert "edited" in reasons(house, draft.id)
    assert ready(house) == []


def test_a_form_for_a_text_edited_since_changes_nothing(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = approved(session, house, tip)
        version = draft.version
    with house.database.write() as session:
        releases.save_draft(session, draft.id, version, b"another", 0, as_(house, "carol"))
    with pytest.raises(NotReleasableError) as caught, house.database.write() as session:
        releases.send_to_press(
            session,
            draft.id,
            version,
            PUBLIC,
            ["summary"],
            house.strongbox.press.recipient,
            as_(house, "dan"),
        )
    assert "edited" in caught.value.reasons
    with pytest.raises(CaseworkError), house.database.write() as session:
        releases.approve(session, draft.id, version + 1, DIGEST, as_(house, "dan"))
    with house.database.read() as session:
        assert session.get_one(Draft, draft.id).status == "draft"
        assert session.scalars(select(Press)).all() == []


def test_bytes_other_than_those_approved_do_not_enter_the_press(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = approved(session, house, tip)
    with pytest.raises(NotReleasableError), house.database.write() as session:
        releases.send_to_press(
            session, draft.id, draft.version, PUBLIC + b" ", ["summary"],
            house.strongbox.press.recipient, as_(house, "carol"),
        )  # fmt: skip


def test_a_verdict_over_a_text_that_is_no_longer_there_is_stale(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = begin(session, house, tip)
        freeze(session, house, draft)
    with pytest.raises(StaleError), house.database.write() as session:
        releases.record_verdict(session, draft.id, OTHER, "holder", "pass", FINDINGS, as_(house, "erin"))


@pytest.mark.parametrize("half", ["editor", "holder"])
def test_a_block_stops_a_release_until_the_approver_overrides_it_with_a_reason(
    half: str, house: House, tip: bytes
) -> None:
    with house.database.write() as session:
        draft = begin(session, house, tip)
        freeze(session, house, draft)
        judge(session, house, draft, **{"editor": "pass", "holder": "pass", half: "block"})
        releases.sign_as_author(session, draft.id, draft.version, DIGEST, as_(house, "carol"))
    with pytest.raises(NotReleasableError) as caught, house.database.write() as session:
        releases.approve(session, draft.id, 3, DIGEST, as_(house, "dan"))
    assert caught.value.reasons == ("blocked",)
    reason = journal.Reason.make("имя публичного лица")
    with house.database.write() as session:
        override = approvals.Override(reason, b"sealed reason")
        releases.approve(session, draft.id, 3, DIGEST, as_(house, "dan"), override)
        assert acts(session, subject=draft.id)[-2:] == ["override", "approve"]
    assert reasons(house, draft.id) == []


def test_a_block_that_comes_after_the_approval_stops_it_again(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = approved(session, house, tip)
        release(session, house, draft)
    with house.database.write() as session:
        judge(session, house, draft, holder="block")
    assert reasons(house, draft.id) == ["unapproved", "blocked"]
    assert publish(house) == []
    with house.database.read() as session:
        assert session.scalars(select(Press)).all() == []
        assert set(session.scalars(select(Notice.staff))) == {"carol", "dan"}


def test_an_override_covers_the_blocks_its_approver_saw_and_no_later_one(house: House, tip: bytes) -> None:
    override = approvals.Override(journal.Reason.make("имя публичного лица"), b"sealed reason")
    with house.database.write() as session:
        draft = begin(session, house, tip)
        freeze(session, house, draft)
        judge(session, house, draft, editor="block")
        releases.sign_as_author(session, draft.id, draft.version, DIGEST, as_(house, "carol"))
        releases.approve(session, draft.id, draft.version, DIGEST, as_(house, "dan"), override)
        judge(session, house, draft, holder="block")
    assert reasons(house, draft.id) == ["unapproved", "blocked"]
    with house.database.write() as session:
        draft = session.get_one(Draft, draft.id)
        releases.approve(session, draft.id, draft.version, DIGEST, as_(house, "dan"), override)
    assert reasons(house, draft.id) == []


def test_a_block_outlives_the_suspension_of_who_gave_it_and_a_pass_does_not(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = approved(session, house, tip)
        judge(session, house, draft, holder="block")
        session.get_one(StaffState, "erin").suspended_until = house.now + timedelta(days=1)
    # With their only custodian gone the coordinator holds the cards, and has judged nothing.
    assert reasons(house, draft.id) == ["unapproved", "holder_missing", "blocked"]


@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        ("carol", ["unsigned", "editor_missing"]),
        ("dan", ["unapproved"]),
        ("erin", ["holder_missing"]),
    ],
)
def test_what_the_suspended_and_revoked_said_lapses_while_it_is_pending(
    gone: str, expected: list[str], house: House, tip: bytes
) -> None:
    with house.database.write() as session:
        draft = approved(session, house, tip)
        release(session, house, draft)
    with house.database.write() as session:
        session.get_one(StaffState, gone).suspended_until = house.now + timedelta(days=1)
    assert reasons(house, draft.id) == expected
    with house.database.write() as session:
        session.get_one(StaffState, gone).suspended_until = None
    assert reasons(house, draft.id) == []
    house.revoke(gone)
    assert reasons(house, draft.id) == expected
    assert publish(house) == []


def test_an_expired_roster_releases_nothing_after_its_grace(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = approved(session, house, tip)
    house.now += timedelta(days=90 + 30)
    assert reasons(house, draft.id) == []
    house.now += timedelta(days=1)
    assert reasons(house, draft.id) == ["roster_expired"]


@pytest.mark.parametrize("status", ["new", "declined", "spam", "merged", "writing"])
def test_a_case_that_was_not_taken_on_releases_nothing(status: str, house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = approved(session, house, tip)
        session.get_one(Case, tip).status = status
    assert reasons(house, draft.id) == ["case_ended"]


@pytest.mark.parametrize(
    ("use", "column"),
    [
        ("summary", "may_summarise"),
        ("quote", "may_quote"),
        ("share", "may_share"),
        ("picture", "may_picture"),
    ],
)
def test_each_use_of_somebodys_words_needs_its_own_consent(
    use: str, column: str, house: House, tip: bytes
) -> None:
    with house.database.write() as session:
        draft = approved(session, house, tip)
        case = session.get_one(Case, tip)
        case.may_summarise = case.may_quote = case.may_share = case.may_picture = True
    assert reasons(house, draft.id, uses=(use,)) == []
    with house.database.write() as session:
        setattr(session.get_one(Case, tip), column, False)
    assert reasons(house, draft.id, uses=(use,)) == ["no_consent"]


def test_what_a_tipster_took_back_is_not_public_while_a_court_keeps_it(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        other = put(session, house, team="editors", status="merged")
        session.get_one(Case, other).merged_into = tip
        draft = approved(session, house, tip)
        release(session, house, draft)
        session.add(Clock(case=other, kind=clocks.WITHDRAWN, due=house.now + timedelta(hours=72)))
    assert publish(house) == []
    with house.database.read() as session:
        assert session.scalars(select(Press)).one().why == "no_consent"


@pytest.mark.parametrize("days", [0, 30])
def test_consent_taken_back_stops_what_waits_in_the_press_whatever_its_day(
    days: int, house: House, tip: bytes
) -> None:
    due = house.now.date() + timedelta(days=days)
    with house.database.write() as session:
        draft = approved(session, house, tip)
        release(session, house, draft, due=due)
        session.get_one(Case, tip).may_summarise = False
    assert publish(house) == []
    with house.database.read() as session:
        row = session.scalars(select(Press)).one()
        assert (row.why, row.sealed) == ("no_consent", b"")
        assert session.get_one(Draft, draft.id).status == "review"
        assert session.scalars(select(Notice.staff)).all() == ["carol"]
    with house.database.write() as session:
        session.get_one(Case, tip).may_summarise = True
    assert publish(house) == []


def test_a_colleague_suspended_for_a_day_does_not_send_back_what_is_due_later(
    house: House, tip: bytes
) -> None:
    with house.database.write() as session:
        draft = approved(session, house, tip)
        release(session, house, draft, due=house.now.date() + timedelta(days=3))
        session.get_one(StaffState, "dan").suspended_until = house.now + timedelta(days=1)
    assert ready(house) == []
    house.now += timedelta(days=3)
    assert len(ready(house)) == 1


def test_consent_taken_back_for_quotes_leaves_a_summary_on_its_way(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        release(session, house, approved(session, house, tip))
        session.get_one(Case, tip).may_quote = False
    assert len(publish(house)) == 1


def test_a_brief_is_released_only_while_its_client_agrees(house: House) -> None:
    with house.database.write() as session:
        legal = put(session, house, status="open")
        brief = put(session, house, team="editors", status="open", kind="brief")
        journal.write(
            session, "brief", by=house.actor("alice"), day=house.now.date(), case=legal, subject=brief
        )
        draft = begin(session, house, brief)
        freeze(session, house, draft)
        judge(session, house, draft, editor="pass")
        releases.record_verdict(session, draft.id, DIGEST, "holder", "pass", FINDINGS, as_(house, "alice"))
        sign(session, house, draft)
    assert reasons(house, draft.id) == []
    with house.database.write() as session:
        session.get_one(Case, legal).may_summarise = False
    assert reasons(house, draft.id) == ["no_consent"]
    with house.database.write() as session:
        session.delete(session.get_one(Case, legal))
    assert reasons(house, draft.id) == ["case_ended"]


def test_an_embargo_waits_without_losing_anything(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = approved(session, house, tip)
        until = house.now.date() + timedelta(days=3)
        releases.embargo(session, draft.id, draft.version, until, as_(house, "carol"))
        draft.status = "scheduled"
    assert reasons(house, draft.id) == ["embargoed"]
    with house.database.write() as session:
        draft = session.get_one(Draft, draft.id)
        draft.status, draft.embargo_until = "approved", None
        release(session, house, draft)
        releases.embargo(session, draft.id, draft.version, until, as_(house, "carol"))
    assert ready(house) == []
    assert len(ready(house, days=3)) == 1
    with house.database.write() as session:
        draft = session.get_one(Draft, draft.id)
        releases.embargo(session, draft.id, draft.version, None, as_(house, "dan"))
        assert acts(session, subject=draft.id)[-1] == "lift"
    assert len(ready(house)) == 1


def test_a_lawyer_or_custodian_lifts_no_embargo(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = begin(session, house, tip)
        releases.embargo(session, draft.id, 1, house.now.date() + timedelta(days=9), as_(house, "carol"))
    for who in ("alice", "erin"):
        with pytest.raises(NotAllowedError), house.database.write() as session:
            releases.embargo(session, draft.id, 2, None, as_(house, who))


def test_what_is_due_on_a_later_day_waits_for_it(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = approved(session, house, tip)
        due = house.now.date() + timedelta(days=2)
        release(session, house, draft, "dan", due)
    assert [len(ready(house)), len(ready(house, days=1)), len(ready(house, days=2))] == [0, 0, 1]


def test_a_batch_goes_out_in_its_hours_and_what_cannot_wait_at_any(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        release(session, house, approved(session, house, tip))
        hurried = approved(session, house, tip).id

    def at_once(who: str, haste: releases.Haste | None) -> None:
        with house.database.write() as session:
            version = session.get_one(Draft, hurried).version
            press, acting = house.strongbox.press.recipient, as_(house, who)
            releases.send_to_press(session, hurried, version, PUBLIC, ["summary"], press, acting, haste=haste)

    for who, haste in (("dan", None), ("carol", HASTE)):
        with pytest.raises(NotAllowedError):
            at_once(who, haste)
    at_once("dan", HASTE)

    def out(hour: int, days: int = 1, *, is_quiet: bool = True) -> int:
        with house.database.write() as session:
            now = house.now.replace(hour=hour) + timedelta(days=days)
            ready = releases.due_press(
                session, house.strongbox.press, house.staffing(), now, (5, 17), is_quiet=is_quiet
            )
            return len(ready)

    assert out(16) == 1
    assert out(17) == 2
    assert out(17, is_quiet=False) == 1, "somebody is at work"
    assert out(17, days=2, is_quiet=False) == 2, "in a busy house somebody always is"
    assert out(16, days=2, is_quiet=False) == 1


def test_an_entry_without_a_case_needs_its_approvers_word_that_there_is_none(house: House) -> None:
    with house.database.write() as session:
        draft = begin(session, house, None)
        freeze(session, house, draft)
        judge(session, house, draft, editor="pass")
        with pytest.raises(NotAllowedError):
            releases.record_verdict(
                session, draft.id, DIGEST, "no_case", "pass", FINDINGS, as_(house, "carol")
            )
        by_olga = as_(house, "olga")
        releases.record_verdict(session, draft.id, DIGEST, "no_case", "pass", FINDINGS, by_olga)
        sign(session, house, draft)
    assert reasons(house, draft.id) == ["no_case_missing"]
    with house.database.write() as session:
        judge(session, house, draft, no_case="pass")
    assert reasons(house, draft.id) == []


def test_a_draft_with_a_case_cannot_be_called_one_without(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = begin(session, house, tip)
        freeze(session, house, draft)
        with pytest.raises(NotAllowedError):
            judge(session, house, draft, no_case="pass")


def test_who_holds_no_card_does_not_give_the_holders_half(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = begin(session, house, tip)
        freeze(session, house, draft)
        for who in ("carol", "dan", "olga"):
            with pytest.raises(NotAllowedError):
                releases.record_verdict(
                    session, draft.id, DIGEST, "holder", "pass", FINDINGS, as_(house, who)
                )
        # A lawyer's pass over other cases is taken, but opens nothing.
        releases.record_verdict(session, draft.id, DIGEST, "holder", "pass", FINDINGS, as_(house, "bob"))
        judge(session, house, draft, editor="pass")
        sign(session, house, draft)
    assert reasons(house, draft.id) == ["holder_missing"]


def test_a_lawyers_block_over_another_case_counts(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = approved(session, house, tip)
        releases.record_verdict(session, draft.id, DIGEST, "holder", "block", FINDINGS, as_(house, "bob"))
    assert reasons(house, draft.id) == ["unapproved", "blocked"]


def test_bob_begins_no_draft_of_carols_case_and_edits_none_of_hers(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        case = session.get_one(Case, tip)
        case.second = None
        legal = put(session, house, status="open")
    for who, of in (("dan", tip), ("bob", tip), ("alice", legal), ("erin", tip)):
        with pytest.raises((NotFoundError, NotAllowedError)), house.database.write() as session:
            begin(session, house, of, who)
    with pytest.raises(NotFoundError), house.database.write() as session:
        begin(session, house, legal, "carol")
    with house.database.write() as session:
        draft = begin(session, house, tip)
    with pytest.raises(NotAllowedError), house.database.write() as session:
        releases.save_draft(session, draft.id, 1, b"x", 0, as_(house, "dan"))
    with pytest.raises(NotAllowedError), house.database.write() as session:
        releases.freeze(session, draft.id, 1, DIGEST, as_(house, "dan"))


def test_only_who_signed_sends_a_text_to_the_press(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = approved(session, house, tip)
    for who in ("olga", "bob", "erin"):
        with pytest.raises(NotAllowedError), house.database.write() as session:
            release(session, house, draft, by=who)


def test_the_words_of_a_draft_open_with_its_own_key_only_and_only_as_this_draft(house: House) -> None:
    made = keys.make(keys.new_id(), keys.DRAFT, 0)
    body = releases.seal_draft(keys.public(made), b"words")
    draft = Draft(id=made.owner, generation=0, sealed=body)
    assert releases.open_draft(draft, made.identity) == b"words"
    for wrong, key in (
        (draft, Identity.generate()),
        (Draft(id=bytes(16), generation=0, sealed=body), made.identity),
    ):
        with pytest.raises(CryptoError):
            releases.open_draft(wrong, key)


# --- Mallory writes into the database ---


def forge_approval(session: Session, draft: Draft) -> None:
    row = session.scalars(select(Approval).where(Approval.role == "approver")).one()
    row.staff = "olga"


def forge_override(session: Session, draft: Draft) -> None:
    judged = session.scalars(select(Verdict).where(Verdict.half == "holder")).one()
    judged.level = "warn"


def forge_digest(session: Session, draft: Draft) -> None:
    session.get_one(Draft, draft.id).digest = OTHER


def forge_press(session: Session, draft: Draft) -> None:
    session.scalars(select(Press)).one().digest = OTHER


def forge_case(session: Session, draft: Draft) -> None:
    session.get_one(Draft, draft.id).case = None


def forge_day(session: Session, draft: Draft) -> None:
    session.scalars(select(Approval).where(Approval.role == "author")).one().day -= timedelta(days=1)


@pytest.mark.parametrize(
    "forge", [forge_approval, forge_override, forge_digest, forge_press, forge_case, forge_day]
)
def test_mallory_changing_a_row_publishes_nothing(
    forge: Callable[[Session, Draft], None], house: House, tip: bytes
) -> None:
    with house.database.write() as session:
        draft = approved(session, house, tip)
        release(session, house, draft)
    with house.database.write() as session:
        forge(session, draft)
    assert publish(house) == []
    with house.database.read() as session:
        row = session.scalars(select(Press)).one()
        assert row.why
        assert row.sealed == b""


def test_mallory_sealing_her_own_text_to_the_press_publishes_nothing(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = approved(session, house, tip)
        release(session, house, draft)
    with house.database.write() as session:
        row = session.scalars(select(Press)).one()
        session.add(
            Press(id=keys.new_id(), draft=row.draft, digest=row.digest, due=row.due, sealed=row.sealed)
        )
        session.delete(row)
    assert publish(house) == []


def test_a_text_that_nobody_released_is_not_published_though_it_is_approved(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = approved(session, house, tip)
        release(session, house, draft)
    with house.database.write() as session:
        session.get_one(Draft, draft.id).status = "approved"
    assert publish(house) == []


def test_the_case_behind_a_waiting_text_is_not_in_clear_beside_it(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        release(session, house, approved(session, house, tip))
        row = session.scalars(select(Press)).one()
        for secret in (tip, tip.hex().encode(), PUBLIC, PUBLIC.hex().encode()):
            assert secret not in row.sealed


def test_publishing_twice_after_a_crash_is_publishing_once(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = approved(session, house, tip)
        release(session, house, draft)
    [one] = ready(house)
    for _time in range(2):
        with house.database.write() as session:
            releases.mark_published(session, one, house.actor("olga"), house.now)
    with house.database.read() as session:
        assert acts(session, subject=draft.id).count("publish") == 1
        assert session.get_one(Published, draft.public_id).state == "published"


def withdraw_consent(session: Session, draft: Draft, tip: bytes) -> None:
    session.get_one(Case, tip).may_summarise = False


def erase(session: Session, draft: Draft, tip: bytes) -> None:
    for table in (Press, Verdict, Approval):
        session.execute(delete(table).where(table.draft == draft.id))
    session.delete(session.get_one(Draft, draft.id))
    session.delete(session.get_one(Case, tip))


@pytest.mark.parametrize("change", [withdraw_consent, erase])
@pytest.mark.parametrize("is_noted", [True, False])
def test_what_was_handed_out_before_a_withdrawal_is_found_and_taken_down(
    change: Callable[[Session, Draft, bytes], None], is_noted: bool, house: House, tip: bytes
) -> None:
    """The hub may die between handing a text to the register and noting it, or the tipster be that quick."""
    with house.database.write() as session:
        draft = approved(session, house, tip)
        release(session, house, draft)
    [one] = ready(house)
    with house.database.write() as session:
        assert releases.stranded(session) == []
        change(session, draft, tip)
    if is_noted:
        with house.database.write() as session:
            releases.mark_published(session, one, house.actor("olga"), house.now)
    assert ready(house) == []
    with house.database.write() as session:
        assert releases.stranded(session) == [draft.public_id]
        releases.mark_taken_down(session, draft.public_id, house.now)
        assert releases.stranded(session) == []
        assert session.get_one(Published, draft.public_id).state == "retracted"


def test_a_block_taken_out_of_the_database_still_stops_a_release(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = begin(session, house, tip)
        freeze(session, house, draft)
        judge(session, house, draft, editor="pass", holder="pass")
        block = releases.record_verdict(
            session, draft.id, DIGEST, "holder", "block", FINDINGS, as_(house, "alice")
        ).id
    for forged in (False, True):
        with house.database.write() as session:
            if forged:
                # In its place a row that nobody signed, so that the count is right again.
                session.add(Verdict(**_columns(session, draft.id), id=keys.new_id(), staff="alice"))
            else:
                session.delete(session.get_one(Verdict, block))
                sign(session, house, session.get_one(Draft, draft.id))
        assert reasons(house, draft.id) == ["verdict_lost"]
    with house.database.write() as session:
        draft = session.get_one(Draft, draft.id)
        releases.save_draft(session, draft.id, draft.version, b"text", 0, as_(house, "carol"))
        freeze(session, house, draft)
        judge(session, house, draft, editor="pass", holder="pass")
        sign(session, house, draft)
    assert reasons(house, draft.id) == []


def _columns(session: Session, draft: bytes) -> dict[str, Any]:
    """Return what a passing verdict over *draft* says, but for who gave it."""
    row = session.scalars(select(Verdict).where(Verdict.draft == draft, Verdict.half == "holder")).one()
    names = ("draft", "digest", "half", "level", "number", "day", "sealed", "signature")
    return {name: getattr(row, name) for name in names}


def test_a_day_brought_forward_in_the_database_publishes_nothing(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        release(session, house, approved(session, house, tip), due=house.now.date() + timedelta(days=3))
    assert ready(house) == []
    with house.database.write() as session:
        row = session.scalars(select(Press)).one()
        row.due, row.now = house.now.date(), True
    assert publish(house) == []


def test_a_correction_takes_the_place_of_what_it_corrects(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        first = approved(session, house, tip)
        release(session, house, first)
    publish(house)
    with house.database.write() as session:
        again = approved(session, house, None)
        again.public_id = first.public_id
        release(session, house, again)
    publish(house)
    with house.database.read() as session:
        assert session.get_one(Draft, first.id).status == "corrected"
        assert session.get_one(Draft, again.id).status == "published"
        assert session.get_one(Published, first.public_id).state == "corrected"


# --- taking down ---


@pytest.mark.parametrize("who", ["alice", "carol", "erin", "olga"])
def test_anybody_of_the_staff_alone_takes_down(who: str, house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = approved(session, house, tip)
        release(session, house, draft)
    publish(house)
    for _time in range(2):
        with house.database.write() as session:
            releases.order_take_down(session, draft.public_id, "safety", as_(house, who))
    with house.database.write() as session:
        orders = releases.due_take_downs(session, house.staffing())
        assert [(one.public_id, one.code) for one in orders.valid] == [(draft.public_id, "safety")]
        releases.mark_taken_down(session, draft.public_id, house.now)
    with house.database.read() as session:
        gone = session.get_one(Published, draft.public_id)
        assert (gone.state, gone.digest) == ("retracted", b"")
        assert session.get_one(Draft, draft.id).status == "retracted"
        assert acts(session).count("take-down") == 1
        assert releases.due_take_downs(session, house.staffing()).valid == ()


def test_a_take_down_also_stops_what_waits_in_the_press(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = approved(session, house, tip)
        release(session, house, draft)
    with house.database.write() as session:
        releases.order_take_down(session, draft.public_id, "error", as_(house, "erin"))
    assert publish(house) == []
    with house.database.read() as session:
        assert session.get_one(Draft, draft.id).status == "draft"


def test_a_second_order_stops_what_was_frozen_after_the_first(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = begin(session, house, tip)
        freeze(session, house, draft)
        releases.order_take_down(session, draft.public_id, "error", as_(house, "alice"))
    with house.database.write() as session:
        draft = session.get_one(Draft, draft.id)
        freeze(session, house, draft)
        releases.order_take_down(session, draft.public_id, "error", as_(house, "alice"))
    with house.database.read() as session:
        assert session.get_one(Draft, draft.id).status == "draft"


def test_nothing_is_released_while_an_order_against_it_waits_or_after(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = begin(session, house, tip)
        freeze(session, house, draft)
        releases.order_take_down(session, draft.public_id, "error", as_(house, "alice"))
        freeze(session, house, draft)
        judge(session, house, draft, editor="pass", holder="pass")
        sign(session, house, draft)
    assert reasons(house, draft.id) == ["retracted"]
    with house.database.write() as session:
        releases.mark_taken_down(session, draft.public_id, house.now)
    assert reasons(house, draft.id) == ["retracted"]


def test_a_retracted_id_is_never_published_again(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = approved(session, house, tip)
        session.add(
            Published(public_id=draft.public_id, digest=OTHER, day=house.now.date(), state="retracted")
        )
    assert reasons(house, draft.id) == ["retracted"]
    with pytest.raises(NotAllowedError), house.database.write() as session:
        releases.new_draft(session, keys.new_id(), None, draft.public_id, b"x", as_(house, "carol"))


def test_the_suspended_take_nothing_down_and_an_order_given_before_still_stands(
    house: House, tip: bytes
) -> None:
    with house.database.write() as session:
        first, second = (approved(session, house, tip) for _n in range(2))
        for draft in (first, second):
            session.add(
                Published(public_id=draft.public_id, digest=DIGEST, day=house.now.date(), state="published")
            )
        releases.order_take_down(session, first.public_id, "safety", as_(house, "bob"))
    house.revoke("bob")
    with pytest.raises(NotAllowedError), house.database.write() as session:
        releases.order_take_down(session, second.public_id, "safety", as_(house, "bob"))
    with house.database.read() as session:
        orders = releases.due_take_downs(session, house.staffing())
    assert ([one.public_id for one in orders.valid], orders.forged) == ([first.public_id], 0)


def test_an_order_nobody_signed_is_not_believed_and_not_in_the_way(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = approved(session, house, tip)
        session.add(
            Published(public_id=draft.public_id, digest=DIGEST, day=house.now.date(), state="published")
        )
        session.add(
            releases.takedowns.TakeDown(
                public_id=draft.public_id, staff="alice", number=1, day=house.now.date(),
                code="safety", signature=bytes(64),
            )
        )  # fmt: skip
    with house.database.write() as session:
        orders = releases.due_take_downs(session, house.staffing())
        assert (orders.valid, orders.forged) == ((), 1)
        releases.order_take_down(session, draft.public_id, "safety", as_(house, "alice"))
        assert len(releases.due_take_downs(session, house.staffing()).valid) == 1


def test_what_is_not_public_cannot_be_taken_down(house: House) -> None:
    with pytest.raises(NotFoundError), house.database.write() as session:
        releases.order_take_down(session, "nothing-here", "safety", as_(house, "alice"))


# --- imported lists ---


def test_an_imported_list_is_released_by_two_people_and_not_by_one_twice(house: House) -> None:
    body = b'{"entries":["a","b"]}'
    with house.database.write() as session:
        digest = releases.land_manifest(session, body, house.actor("olga"), house.now.date())
        assert releases.land_manifest(session, body, house.actor("olga"), house.now.date()) == digest
        for _time in range(2):
            assert releases.sign_manifest(session, digest, as_(house, "carol")).state == "review"
        assert releases.released_manifests(session, house.staffing()) == []
        for who in ("alice", "erin"):
            with pytest.raises(NotAllowedError):
                releases.sign_manifest(session, digest, as_(house, who))
    with house.database.write() as session:
        assert releases.sign_manifest(session, digest, as_(house, "dan")).state == "released"
        assert acts(session) == ["import", "sign-import", "sign-import", "sign-import"]
    house.revoke("dan")
    with house.database.read() as session:
        assert releases.released_manifests(session, house.staffing()) == [body]


def test_an_entry_of_a_list_can_be_taken_down_like_any_other(house: House) -> None:
    body, kept = b"a list", {"entry-aaaa": DIGEST, "entry-bbbb": DIGEST}
    with house.database.write() as session:
        digest = releases.land_manifest(session, body, house.actor("olga"), house.now.date())
        for who in ("carol", "dan"):
            releases.sign_manifest(session, digest, as_(house, who))
        for _time in range(2):
            releases.note_entries(session, body, kept, house.now)
            releases.mark_public(session, body)
    with house.database.write() as session:
        releases.order_take_down(session, "entry-aaaa", "safety", as_(house, "alice"))
        releases.mark_taken_down(session, "entry-aaaa", house.now)
    # The list once more brings neither the entry back nor what its text could be told by.
    with house.database.write() as session:
        digest = releases.land_manifest(session, body, house.actor("olga"), house.now.date())
        for who in ("carol", "dan"):
            releases.sign_manifest(session, digest, as_(house, who))
        releases.note_entries(session, body, kept, house.now)
        releases.mark_public(session, body)
    with house.database.read() as session:
        found = {row.public_id: (row.state, row.digest) for row in session.scalars(select(Published))}
        assert found == {"entry-aaaa": ("retracted", b""), "entry-bbbb": ("published", DIGEST)}
        assert releases.released_manifests(session, house.staffing()) == []


def test_a_list_changed_in_the_database_is_not_released(house: House) -> None:
    with house.database.write() as session:
        digest = releases.land_manifest(session, b"one", house.actor("olga"), house.now.date())
        for who in ("carol", "dan"):
            manifest = releases.sign_manifest(session, digest, as_(house, who))
        manifest.body = b"two"
        forged = releases.land_manifest(session, b"three", house.actor("olga"), house.now.date())
        session.get_one(type(manifest), forged).state = "released"
    with house.database.read() as session:
        assert releases.released_manifests(session, house.staffing()) == []


def test_a_signature_of_somebody_suspended_since_does_not_help_release_a_list(house: House) -> None:
    with house.database.write() as session:
        digest = releases.land_manifest(session, b"one", house.actor("olga"), house.now.date())
        releases.sign_manifest(session, digest, as_(house, "carol"))
        session.get_one(StaffState, "carol").suspended_until = house.now + timedelta(days=1)
    with house.database.write() as session:
        assert releases.sign_manifest(session, digest, as_(house, "dan")).state == "review"
        assert releases.sign_manifest(session, digest, as_(house, "olga")).state == "released"


# --- in any order ---

MOVES: dict[str, Callable[[Session, House, Draft, str], object]] = {
    "save": lambda s, h, d, who: releases.save_draft(s, d.id, d.version, b"text", 0, as_(h, who)),
    "freeze": lambda s, h, d, who: releases.freeze(s, d.id, d.version, DIGEST, as_(h, who)),
    "sign": lambda s, h, d, who: releases.sign_as_author(s, d.id, d.version, DIGEST, as_(h, who)),
    "approve": lambda s, h, d, who: releases.approve(s, d.id, d.version, DIGEST, as_(h, who)),
    "pass": lambda s, h, d, who: releases.record_verdict(s, d.id, DIGEST, "editor", "pass", b"", as_(h, who)),
    "hold": lambda s, h, d, who: releases.record_verdict(s, d.id, DIGEST, "holder", "pass", b"", as_(h, who)),
    "block": lambda s, h, d, who: releases.record_verdict(
        s, d.id, DIGEST, "holder", "block", b"", as_(h, who)
    ),
    "release": release,
    "take-down": lambda s, h, d, who: releases.order_take_down(s, d.public_id, "safety", as_(h, who)),
}
HAPPY = ("freeze", "pass", "hold", "sign", "approve", "release")
RIGHT = ("carol", "carol", "erin", "carol", "dan", "dan")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_in_whatever_order_nothing_is_public_without_two_people_and_both_halves(
    sqlite_house: House, data: st.DataObject
) -> None:
    _play(sqlite_house, data, 2)


@pytest.mark.full
@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_in_whatever_long_order_nothing_is_public_without_two_people_and_both_halves(
    sqlite_house: House, data: st.DataObject
) -> None:
    _play(sqlite_house, data, 5)


def _play(house: House, data: st.DataObject, stray: int) -> None:
    """Play the right moves with strays between, and hold what becomes public against what was signed."""
    strays = st.lists(st.tuples(st.sampled_from(sorted(MOVES)), st.sampled_from(sorted(house.staff))))
    moves: list[tuple[str, str]] = []
    for right in zip(HAPPY, RIGHT, strict=True):
        moves += [*data.draw(strays)[:stray], *[right] * data.draw(st.sampled_from([1, 1, 1, 0, 2]))]
    with house.database.write() as session:
        draft_id = begin(session, house, put(session, house, team="editors", status="open")).id
    said: set[tuple[str, str]] = set()
    for name, who in moves:
        try:
            with house.database.write() as session:
                MOVES[name](session, house, session.get_one(Draft, draft_id), who)
        except CaseworkError:
            continue
        said = set() if name in ("save", "take-down") else said | {(name, who)}
        if not publish(house):
            continue
        assert ("sign", "carol") in said
        assert {who for act, who in said if act == "approve"} - {"carol"}
        assert ("hold", "erin") in said
        assert any(act == "pass" for act, _who in said)
        assert not any(act == "block" for act, _who in said)
        return


def test_the_happy_order_of_that_game_does_publish(sqlite_house: House) -> None:
    house = sqlite_house
    with house.database.write() as session:
        draft = begin(session, house, put(session, house, team="editors", status="open"))
        for name, who in zip(HAPPY, RIGHT, strict=True):
            MOVES[name](session, house, draft, who)
    assert publish(house) == [draft.public_id]


def test_a_house_of_two_releases_and_a_house_of_one_does_not(house: House) -> None:
    roster = house.roster
    both = frozenset({"editor", "custodian", "coordinator"})
    staff = tuple(
        rosters.StaffEntry(e.id, both, e.recipient, e.signing, e.number, None, False)
        for e in roster.staff
        if e.id in ("carol", "dan")
    )
    smaller = type(roster)(
        version=2, issued=roster.issued, expires=roster.expires, previous=roster.digest, staff=staff,
        hub_signing=roster.hub_signing, register_signing=roster.register_signing, recovery=roster.recovery,
    )  # fmt: skip
    house.enforce(smaller)
    with house.database.write() as session:
        draft = begin(session, house, put(session, house, team="editors", status="open"))
        freeze(session, house, draft)
        for half in ("editor", "holder"):
            releases.record_verdict(session, draft.id, DIGEST, half, "pass", FINDINGS, as_(house, "carol"))
        releases.sign_as_author(session, draft.id, draft.version, DIGEST, as_(house, "carol"))
        with pytest.raises(NotAllowedError):
            releases.approve(session, draft.id, draft.version, DIGEST, as_(house, "carol"))
    with house.database.write() as session:
        draft = session.get_one(Draft, draft.id)
        releases.approve(session, draft.id, draft.version, DIGEST, as_(house, "dan"))
    assert reasons(house, draft.id) == []


def test_a_draft_whose_author_is_gone_is_discarded_by_another(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = begin(session, house, tip)
        freeze(session, house, draft)
        judge(session, house, draft, editor="pass")
        kept, version = draft.id, draft.version
    for who in ("dan", "olga", "alice"):
        with pytest.raises(NotAllowedError), house.database.write() as session:
            releases.discard(session, kept, version, as_(house, who))
    with house.database.write() as session:
        # A colleague's word for one day makes no author gone.
        session.get_one(StaffState, "carol").suspended_until = house.now + timedelta(hours=24)
    with pytest.raises(NotAllowedError), house.database.write() as session:
        releases.discard(session, kept, version, as_(house, "dan"))
    house.revoke("carol")
    for who in ("alice", "erin"):
        with pytest.raises(NotAllowedError), house.database.write() as session:
            releases.discard(session, kept, version, as_(house, who))
    with house.database.write() as session:
        releases.discard(session, kept, version, as_(house, "dan"))
        assert [session.get(Draft, kept), session.scalar(select(Verdict.id))] == [None, None]
        assert acts(session, subject=kept)[-1] == "discard"
    with pytest.raises(NotFoundError), house.database.write() as session:
        releases.discard(session, kept, version, as_(house, "dan"))


def test_a_stale_form_discards_nothing_and_nor_does_one_for_what_is_public(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = begin(session, house, tip)
        kept, version = draft.id, draft.version
    with pytest.raises(StaleError), house.database.write() as session:
        releases.discard(session, kept, version + 1, as_(house, "carol"))
    with house.database.write() as session:
        session.get_one(Draft, kept).status = "published"
    with pytest.raises(CaseworkError), house.database.write() as session:
        releases.discard(session, kept, version, as_(house, "carol"))


def test_nothing_is_discarded_that_the_register_may_hold_already(house: House, tip: bytes) -> None:
    with house.database.write() as session:
        draft = approved(session, house, tip)
        release(session, house, draft)
        kept, version = draft.id, draft.version
    assert len(ready(house)) == 1
    with pytest.raises(NotReleasableError), house.database.write() as session:
        releases.discard(session, kept, version, as_(house, "carol"))
