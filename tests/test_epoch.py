"""Rotation keeps every live grant and no erased one, whenever the hub dies."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from casework import asking, epoch, erasure, keeper, keys, mailboxes
from casework.actors import HUB, Actor
from casework.asking import GrantRef
from casework.errors import KeyMissingError
from casework.strongbox import SETTLING, Strongbox
from casework.tables import Case, Grant, Item, JournalRow, Letter, Mailbox
from tests.house import House
from tests.test_keeper import ask, file_case


class PowerCutError(Exception):
    """The machine stops here."""


def nothing() -> None:
    """Copy nothing to the second medium."""


def test_every_live_grant_survives_a_rotation_and_the_old_key_dies(house: House) -> None:
    case, made = file_case(house, "legal", "alice")
    old = house.strongbox.epoch
    house.now += timedelta(days=1)
    assert "epoch" in epoch.keep_up(house.database, house.strongbox, nothing, house.now)
    house.now += SETTLING
    epoch.keep_up(house.database, house.strongbox, nothing, house.now)
    assert old.number not in house.strongbox.epochs
    ref = GrantRef(case, keys.CONTENT, 0)
    answered = ask(house, "alice", [ref], asking.READ)
    assert answered is not None and ref in answered.grants
    with house.database.read() as session:
        row = session.scalars(select(Grant).limit(1)).one()
    with pytest.raises(KeyMissingError):
        house.strongbox.lock_of("epoch", old.number)
    assert row.epoch == house.strongbox.epoch.number
    assert made


@pytest.mark.parametrize("step", ["mirror", "first batch", "before retiring"])
def test_a_crash_at_any_step_loses_no_grant(house: House, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [file_case(house, "legal", "alice")[0] for _ in range(3)]
    monkeypatch.setattr(epoch, "BATCH", 2)

    def mirror() -> None:
        if step == "mirror":
            raise PowerCutError

    batches = iter(range(10))
    carry = epoch._carry_batch

    def carry_until_cut(*args: object) -> int:
        if step == "first batch" and next(batches) == 1:
            raise PowerCutError
        return carry(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(epoch, "_carry_batch", carry_until_cut)
    if step == "before retiring":
        monkeypatch.setattr(epoch, "retire", lambda *_args: (_ for _ in ()).throw(PowerCutError))
    with pytest.raises(PowerCutError):
        epoch.keep_up(house.database, house.strongbox, mirror, house.now + timedelta(days=1))
    monkeypatch.undo()
    house.now += timedelta(days=1, minutes=1)
    state = house.strongbox.families["epoch"].path.parent
    house.strongbox = Strongbox.load(state, state.parent / "runtime", house.now)
    for case in cases:
        ref = GrantRef(case, keys.CONTENT, 0)
        answered = ask(house, "alice", [ref], asking.READ)
        assert answered is not None and ref in answered.grants
    epoch.keep_up(house.database, house.strongbox, nothing, house.now)
    with house.database.read() as session:
        assert set(session.scalars(select(Grant.epoch))) == {house.strongbox.epoch.number}


def test_an_old_key_stays_while_a_row_names_it(house: House) -> None:
    file_case(house, "legal", "alice")
    old = house.strongbox.epoch.number
    house.strongbox.add("epoch", house.now)
    epoch.retire(house.database, house.strongbox, house.now + timedelta(days=30))
    assert old in house.strongbox.epochs


def test_an_erased_case_opens_with_no_dump_and_no_keyring(house: House) -> None:
    case, made = file_case(house, "legal", "alice")
    other, _ = file_case(house, "legal", "alice")
    with house.database.write() as session:
        row = session.get_one(Case, case)
        mailboxes.add_ids(house.strongbox.epochs, house.strongbox.epoch, row, [b"m" * 16])
        session.add(Mailbox(id=b"m" * 16, recipient=b"", route=b"", expires=None))
        session.flush()
        session.add(Letter(id=b"l" * 16, mailbox=b"m" * 16, day=house.now.date(), chunks=0, sealed=b"s"))
    with house.database.read() as session:
        dumped = session.scalars(select(Grant).where(Grant.owner == case)).all()
    remembered: list[bytes] = []
    report = erasure.erase(
        house.database,
        house.strongbox,
        case,
        by=Actor(HUB, 0, house.strongbox.signing),
        now=house.now,
        mirror=nothing,
        remember=remembered.append,
        escrow_days=7,
    )
    house.now += SETTLING
    epoch.keep_up(house.database, house.strongbox, nothing, house.now)
    assert remembered == [case]
    assert (report.letters, report.items) == (1, 2)
    assert report.log_truncated
    with house.database.read() as session:
        assert session.get(Case, case) is None
        assert session.scalars(select(Item).where(Item.case == case)).all() == []
        assert session.scalars(select(Mailbox)).all() == []
        assert session.scalars(select(JournalRow.act)).all() == ["erase"]
    for grant in dumped:  # yesterday's dump, with the keys of today
        with pytest.raises(KeyMissingError):
            keeper.unlock_grant(grant, house.strongbox)
    ref = GrantRef(other, keys.CONTENT, 0)
    answered = ask(house, "alice", [ref], asking.READ)
    assert answered is not None and ref in answered.grants
    assert made


def test_a_reboot_makes_runtime_keys_anew_and_keeps_the_others(house: House) -> None:
    state = house.strongbox.families["epoch"].path.parent
    runtime = house.strongbox.families["link"].path.parent
    before = house.strongbox
    for path in runtime.iterdir():
        path.unlink()
    after = Strongbox.load(state, runtime, house.now)
    assert after.epoch == before.epoch
    assert after.link != before.link
    assert after.handin[0] != before.handin[0]


def test_a_damaged_key_file_is_named_and_never_replaced(house: House) -> None:
    path = house.strongbox.families["epoch"].path
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(KeyMissingError, match="epoch"):
        Strongbox.load(path.parent, path.parent.parent / "runtime", house.now)
    assert path.stat().st_mode & 0o077 == 0
