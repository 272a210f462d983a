"""Rotation keeps every live grant and no erased one, whenever the hub dies."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import IO, Any

import pytest
from sqlalchemy import LargeBinary, String, delete, select, update
from sqlalchemy.orm import Session

from bot.guard import sole_hub
from casework import (
    asking,
    canonical,
    epoch,
    erasure,
    families,
    handins,
    journal,
    keeper,
    keys,
    mailboxes,
    rows,
)
from casework.actors import HUB, Actor
from casework.asking import GrantRef
from casework.database import Database
from casework.errors import KeyMissingError, NotFoundError
from casework.strongbox import SETTLING, Strongbox
from casework.tables import (
    Approval,
    Base,
    Case,
    Chunk,
    Clock,
    Draft,
    Grant,
    Item,
    JournalRow,
    Letter,
    Mailbox,
    Notice,
    Outbox,
    Press,
    Push,
    SealingKey,
    Verdict,
    Writing,
)
from crypto import context, lock, sealed
from crypto.xwing import Identity
from tests.house import House
from tests.test_keeper import ask, file_case, open_seed


class PowerCutError(Exception):
    """The machine stops here."""


def nothing() -> None:
    """Copy nothing to the second medium."""


def nothing_with(*_args: object) -> None:
    """Do nothing in place of something."""


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


class Power:
    """Counts every point at which the machine can stop, and stops it at one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, medium: Path) -> None:
        self.left = -1
        self.medium = medium
        real_write, begin = families.write_file, Database.write
        wipe = families._overwrite

        def write_file(path: Path, body: bytes) -> None:
            self.point()
            real_write(path, body)
            self.point()

        def overwrite(held: IO[bytes] | None) -> None:
            wipe(held)
            self.point()

        @contextmanager
        def write(database: Database) -> Iterator[Session]:
            with begin(database) as session:
                yield session
                self.point()
            self.point()

        monkeypatch.setattr(families, "write_file", write_file)
        monkeypatch.setattr(families, "_overwrite", overwrite)
        monkeypatch.setattr(Database, "write", write)

    def point(self) -> None:
        """Stop here if it is the point to stop at; below zero nothing stops."""
        self.left -= 1
        if self.left == -1:
            raise PowerCutError

    def mirror(self, house: House) -> None:
        """Copy the epoch keys to the second medium."""
        self.point()
        self.medium.write_bytes(house.strongbox.families["epoch"].path.read_bytes())
        self.point()


def rotate_wholly(house: House, mirror: Callable[[], None]) -> None:
    """Rotate, and drop the old key when its time has come."""
    epoch.keep_up(house.database, house.strongbox, mirror, house.now)
    house.now += SETTLING
    epoch.keep_up(house.database, house.strongbox, mirror, house.now)


def test_a_crash_at_every_step_loses_no_live_grant_and_keeps_no_erased_one(
    sqlite_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine stops before and after every write, commit, copy and drop there is, one after the other."""
    house, cuts = sqlite_house, 0
    live = [file_case(house, "legal", "alice")[0] for _ in range(2)]
    refs = [GrantRef(case, keys.CONTENT, 0) for case in live]
    state = house.strongbox.families["epoch"].path.parent
    power = Power(monkeypatch, state.parent / "medium")
    monkeypatch.setattr(epoch, "BATCH", 5)
    power.mirror(house)
    for at in itertools.count():
        gone, _ = file_case(house, "legal", "alice")
        with house.database.read() as session:
            dumped = session.scalars(select(Grant).where(Grant.owner == gone)).all()
            count = len(session.scalars(select(Grant).where(Grant.owner.in_(live))).all())
        with monkeypatch.context() as unplugged:
            unplugged.setattr(epoch, "rotate", nothing_with)
            erase(house, gone)
        house.now += timedelta(days=1)
        power.left = at
        try:
            rotate_wholly(house, partial(power.mirror, house))
        except PowerCutError:
            cuts += 1
        is_whole, power.left = power.left >= 0, -1
        house.now += timedelta(minutes=1)
        house.strongbox = Strongbox.load(state, state.parent / "runtime", house.now)
        # As the machine comes up: everything opens, by keys that lie on the second medium as well.
        answered = ask(house, "alice", refs, asking.READ)
        assert answered is not None and set(answered.grants) == set(refs), at
        with house.database.read() as session:
            rows = session.scalars(select(Grant)).all()
        assert {row.epoch for row in rows} <= set(families.Family.load(power.medium).keys), at
        rotate_wholly(house, partial(power.mirror, house))
        answered = ask(house, "alice", refs, asking.READ)
        assert answered is not None and set(answered.grants) == set(refs), at
        with house.database.read() as session:
            rows = session.scalars(select(Grant)).all()
        assert {row.owner for row in rows} == set(live) and len(rows) == count, at
        assert all(keeper.open_grant(row, house.strongbox) for row in rows), at
        for grant in dumped:  # yesterday's dump, with every key on file
            assert keeper.open_grant(grant, house.strongbox) is None, at
        if is_whole:
            break
    assert cuts >= 40


@pytest.mark.parametrize("answered", ["midway", "after"])
def test_a_rotation_waits_for_no_desk_and_no_desk_for_it(
    house: House, answered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alice asked, and handed in, before the rotation; the hub answers in the middle of it or after."""
    cases = [file_case(house, "legal", "alice") for _ in range(2)]
    refs = [GrantRef(case, keys.CONTENT, 0) for case, _ in cases]
    old, session_key = house.strongbox.epoch.number, Identity.generate()
    bob = house.staffing().holder("bob")
    assert bob is not None
    again = [asking.NewGrant.make(made[keys.CONTENT], bob) for _, made in cases]
    with house.database.write() as session:
        request = asking.ask(
            session, house.actor("alice"), session_key, refs, purpose=asking.READ, now=house.now
        )
        handin = asking.hand_in(session, house.actor("alice"), house.roster, now=house.now, grants=again)

    def answer() -> None:
        keeper.answer_requests(house.database, house.strongbox, house.anchor, keeper.Counters(), house.now)
        handins.take(house.database, house.strongbox, house.anchor, house.now)

    carry, batches = epoch._carry_batch, itertools.count()

    def carry_and_answer(*args: Any) -> int:
        if answered == "midway" and next(batches) == 1:
            with house.database.read() as session:
                assert len(set(session.scalars(select(Grant.epoch)))) == 2
            answer()
        return carry(*args)

    monkeypatch.setattr(epoch, "BATCH", 5)
    monkeypatch.setattr(epoch, "_carry_batch", carry_and_answer)
    epoch.rotate(house.database, house.strongbox, nothing, house.now)
    if answered == "after":
        answer()
    with house.database.read() as session:
        assert asking.handed_in(session, handin) == "done"
        given = asking.collect(session, request, session_key)
        assert set(session.scalars(select(Grant.epoch))) == {house.strongbox.epoch.number} != {old}
    assert given is not None and set(given.grants) == set(refs)
    for ref, (_, made) in zip(refs, cases, strict=True):
        assert open_seed(house, "alice", ref, given, made[keys.CONTENT]) == made[keys.CONTENT].identity.seed


def test_what_changed_while_it_was_relocked_stays_changed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between reading a batch and writing it, one grant is erased and another is replaced by a desk."""
    (gone, _), (replaced, _), (kept, _) = (file_case(house, "legal", "alice") for _ in range(3))
    old, relock = house.strongbox.epoch, epoch._relocked
    inner = b"handed in meanwhile"
    touched = []

    def while_somebody_writes(row: Grant, strongbox: Strongbox) -> dict[str, object]:
        if not touched:
            touched.append(row)
            with house.database.write() as session:
                session.execute(delete(Grant).where(Grant.owner == gone))
                for one in session.scalars(select(Grant).where(Grant.owner == replaced)).all():
                    place = keys.lock_context(
                        one.owner, one.compartment, one.generation, one.staff, one.number
                    )
                    one.locked = lock.lock(old, inner, place)
        return relock(row, strongbox)

    monkeypatch.setattr(epoch, "_relocked", while_somebody_writes)
    epoch.rotate(house.database, house.strongbox, nothing, house.now + timedelta(days=1))
    assert touched
    with house.database.read() as session:
        rows = session.scalars(select(Grant)).all()
        assert {row.owner for row in rows} == {replaced, kept}
        assert {row.epoch for row in rows} == {house.strongbox.epoch.number}
        for row in rows:
            opened = keeper.open_grant(row, house.strongbox)
            assert (opened == inner) == (row.owner == replaced)


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


def erase(
    house: House, case: bytes, mirror: Callable[[], None] = nothing, remembered: list[bytes] | None = None
) -> erasure.Report:
    """Erase *case* as the hub does."""
    return erasure.erase(
        house.database,
        house.strongbox,
        case,
        by=Actor(HUB, 0, house.strongbox.signing),
        now=house.now,
        mirror=mirror,
        remember=(remembered if remembered is not None else []).append,
        escrow_days=7,
    )


def away() -> None:
    """Stand for a second medium that is not plugged in."""
    raise OSError("no such device")


def test_a_forged_or_damaged_grant_stops_neither_rotation_nor_erasure(house: House) -> None:
    hurt, _ = file_case(house, "legal", "alice")
    case, _ = file_case(house, "legal", "alice")
    with house.database.write() as session:
        session.execute(
            update(Grant).where(Grant.owner == hurt, Grant.staff == "alice").values(locked=b"\0" * 60)
        )
        session.execute(update(Grant).where(Grant.owner == hurt, Grant.staff == "bob").values(epoch=77))
        session.execute(update(Case).where(Case.id == hurt).values(mailboxes=b"\0" * 60, epoch=1))
    old = house.strongbox.epoch.number
    house.now += timedelta(days=1)
    assert "epoch" in epoch.keep_up(house.database, house.strongbox, nothing, house.now)
    house.now += SETTLING
    epoch.keep_up(house.database, house.strongbox, nothing, house.now)
    assert old not in house.strongbox.epochs
    assert epoch.stranded(house.database, house.strongbox) == 4
    ref = GrantRef(case, keys.CONTENT, 0)
    answered = ask(house, "alice", [ref], asking.READ)
    assert answered is not None and ref in answered.grants
    report = erase(house, hurt)
    assert (report.mailboxes_known, report.key_renewed) == (False, True)
    with house.database.read() as session:
        assert session.get(Case, hurt) is None


def test_no_row_names_a_key_that_is_not_on_the_second_medium(house: House) -> None:
    file_case(house, "legal", "alice")
    old = house.strongbox.epoch.number
    house.now += timedelta(days=1)
    changed = epoch.keep_up(house.database, house.strongbox, away, house.now)
    assert "handin" in changed and "epoch" not in changed
    assert house.strongbox.epoch.number == old
    house.now += timedelta(minutes=1)
    mirrored: list[dict[int, bool]] = []

    def mirror() -> None:
        mirrored.append({n: key.waits for n, key in house.strongbox.families["epoch"].keys.items()})

    assert epoch.keep_up(house.database, house.strongbox, mirror, house.now) == ["epoch"]
    assert mirrored == [{old: False, old + 1: True}]
    assert house.strongbox.epoch.number == old + 1


def test_an_erasure_does_not_wait_for_the_second_medium(house: House) -> None:
    case, _ = file_case(house, "legal", "alice")
    old = house.strongbox.epoch.number
    report = erase(house, case, away)
    assert not report.key_renewed
    with house.database.read() as session:
        assert session.get(Case, case) is None
        assert session.scalars(select(Grant)).all() == []
    with pytest.raises(NotFoundError):
        erase(house, case)
    house.now += timedelta(minutes=1)
    assert epoch.keep_up(house.database, house.strongbox, nothing, house.now) == ["epoch"]
    house.now += SETTLING
    epoch.keep_up(house.database, house.strongbox, nothing, house.now)
    assert old not in house.strongbox.epochs


def test_an_erasure_cut_short_is_whole_and_the_next_start_rotates(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, _ = file_case(house, "legal", "alice")
    old = house.strongbox.epoch.number
    monkeypatch.setattr(epoch, "rotate", lambda *_args: (_ for _ in ()).throw(PowerCutError))
    with pytest.raises(PowerCutError):
        erase(house, case)
    monkeypatch.undo()
    with house.database.read() as session:
        assert session.scalars(select(Item)).all() == []
        assert session.scalars(select(JournalRow.act)).all() == ["erase"]
    state = house.strongbox.families["epoch"].path.parent
    house.strongbox = Strongbox.load(state, state.parent / "runtime", house.now)
    assert epoch.keep_up(house.database, house.strongbox, nothing, house.now) == ["epoch"]
    assert house.strongbox.epoch.number != old


def test_old_keys_die_however_often_somebody_erases(sqlite_house: House) -> None:
    house = sqlite_house
    first = house.strongbox.epoch.number
    for _n in range(4):
        case, _ = file_case(house, "legal", "alice")
        erase(house, case)
        house.now += SETTLING / 2
        epoch.keep_up(house.database, house.strongbox, nothing, house.now)
    assert first not in house.strongbox.epochs
    assert len(house.strongbox.epochs) <= 3


def fill_every_table(house: House, case: bytes) -> set[bytes]:
    """Put something of *case* into every table that can hold something of it; return all ids."""
    day = house.now.date()
    draft, press, letter, push = (keys.new_id() for _ in range(4))
    batch = rows.Rows()
    made = keys.make(case, keys.CONTENT, 1)
    keys.add_key(batch, made, "hub")
    common = {"author": "alice", "day": day}
    reply = keys.seal_item(batch, keys.public(made), kind="reply", payload={}, **common)
    file = keys.seal_file(batch, keys.public(made), kind="file", head={}, content=b"x" * 10, **common)
    batch.add(Mailbox, id=b"m" * 16, recipient=b"", route=b"")
    batch.add(Letter, id=letter, mailbox=b"m" * 16, day=day, chunks=1, sealed=b"s")
    batch.add(Chunk, owner=letter, n=0, part=b"p")
    batch.add(Writing, case=case, spool=1, locked=b"", touched=house.now)
    batch.add(Clock, case=case, kind="accept", due=house.now)
    batch.add(Notice, id=keys.new_id(), staff="alice", kind="new", case=case, due=house.now)
    batch.add(Push, id=push, courier=1, item=reply, sealed=b"")
    batch.add(Outbox, id=keys.new_id(), tag=b"t" * 16, n=0, due=house.now, spool=1, locked=b"", item=reply)
    batch.add(
        Draft, id=draft, case=case, public_id="r-x", status="scheduled", author="carol", day=day, sealed=b""
    )
    signed = {"digest": b"d" * 32, "staff": "carol", "number": 1, "day": day, "signature": b""}
    batch.add(Verdict, id=keys.new_id(), draft=draft, half="editor", level="pass", sealed=b"", **signed)
    batch.add(Approval, draft=draft, role="author", **signed)
    body = canonical.dumps({"case": case.hex()})
    opens = sealed.seal(body, [house.strongbox.press.recipient], context.named("press", press))
    batch.add(Press, id=press, draft=keys.new_id(), digest=b"d" * 32, due=day, sealed=opens)
    batch.add(Press, id=keys.new_id(), draft=draft, digest=b"d" * 32, due=day, sealed=b"unreadable")
    with house.database.write() as session:
        rows.write(session, [batch])
        mailboxes.add_ids(
            house.strongbox.epochs, house.strongbox.epoch, session.get_one(Case, case), [b"m" * 16]
        )
    return {case, draft, press, letter, push, reply, file, b"m" * 16}


def test_nothing_of_an_erased_case_is_left_in_any_table(house: House) -> None:
    other, _ = file_case(house, "legal", "alice")
    case, _ = file_case(house, "legal", "alice")
    ids = fill_every_table(house, case)
    erase(house, case)
    left = []
    with house.database.read() as session:
        for table in Base.metadata.sorted_tables:
            columns = [c for c in table.columns if isinstance(c.type, LargeBinary | String)]
            for row in session.execute(select(*columns)) if columns else []:
                left += [table.name for value in row if value in ids or value in {i.hex() for i in ids}]
        assert session.get(Case, other) is not None
        assert {grant.owner for grant in session.scalars(select(Grant))} == {other}
        assert {key.owner for key in session.scalars(select(SealingKey))} == {other}
    assert left == ["journal"]


def test_a_hand_in_that_comes_meanwhile_outlives_no_erasure(house: House) -> None:
    case, made = file_case(house, "legal", "alice")
    alice = house.staffing().holder("alice")
    assert alice is not None
    with house.database.write() as session:
        again = asking.NewGrant.make(made[keys.CONTENT], alice)
        handin = asking.hand_in(session, house.actor("alice"), house.roster, now=house.now, grants=[again])

    def take() -> None:
        handins.take(house.database, house.strongbox, house.anchor, house.now)

    hub = threading.Thread(target=take)

    def meanwhile(_case: bytes) -> None:
        hub.start()
        hub.join(0.3)

    erasure.erase(
        house.database, house.strongbox, case, by=Actor(HUB, 0, house.strongbox.signing), now=house.now,
        mirror=nothing, remember=meanwhile, escrow_days=7,
    )  # fmt: skip
    hub.join(30)
    with house.database.read() as session:
        assert asking.handed_in(session, handin) == "refused"
        assert session.scalars(select(Grant)).all() == []


def test_two_who_add_mailboxes_at_once_lose_none(house: House) -> None:
    case, _ = file_case(house, "legal", "alice")
    start = threading.Barrier(2)

    def add(first: int) -> None:
        for n in range(first, first + 8):
            with house.database.write() as session:
                row = session.get_one(Case, case)
                if n == first:
                    start.wait(10) if not house.database.is_sqlite else None
                mailboxes.add_ids(house.strongbox.epochs, house.strongbox.epoch, row, [bytes([n]) * 16])

    threads = [threading.Thread(target=add, args=(first,)) for first in (10, 50)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    with house.database.read() as session:
        found = mailboxes.unlock_ids(house.strongbox.epochs, session.get_one(Case, case))
    assert len(found) == 16


def test_a_dropped_key_is_in_no_file_that_ever_held_it(sqlite_house: House) -> None:
    house = sqlite_house
    path = house.strongbox.families["epoch"].path
    old = house.strongbox.epoch
    os.link(path, path.with_name("what the blocks of the disk still hold"))
    partial = path.with_name(".new-epoch.key-left by a power cut")
    partial.write_bytes(old.secret.hex().encode())
    house.strongbox.add("epoch", house.now)
    house.strongbox.families["epoch"].drop(old.number)
    body = b"".join(one.read_bytes() for one in path.parent.iterdir() if one.is_file())
    assert old.secret.hex().encode() not in body
    assert not partial.exists()
    assert house.strongbox.epoch.secret.hex().encode() in body


def test_no_family_waits_for_the_hub_that_runs(sqlite_house: House) -> None:
    state = sqlite_house.strongbox.families["hub"].path.parent
    with sole_hub(state):
        names = {name for name in sqlite_house.strongbox.families if (state / f"{name}.key").exists()}
        for name in names:
            sqlite_house.strongbox.add(name, sqlite_house.now)
    assert "hub" in names


def test_a_reader_who_comes_between_two_writes_looks_again(
    sqlite_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sqlite_house.strongbox.families["epoch"].path
    body = path.read_bytes()
    reads = iter([bytes(len(body)), body])
    monkeypatch.setattr(Path, "read_bytes", lambda _path: next(reads))
    assert families.Family.load(path).current.number == sqlite_house.strongbox.epoch.number


def test_the_journal_of_an_erasure_holds(house: House) -> None:
    case, _ = file_case(house, "legal", "alice")
    erase(house, case)
    with house.database.write() as session:
        journal.countersign(session, house.strongbox.signing, house.roster)
        journal.verify_chain(session, house.anchor)
