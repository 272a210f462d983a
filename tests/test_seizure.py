"""The thief's part, played on our own house: exact counts of what opens, and not a word of anybody."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot import link
from bot.rows import outgoing
from casework import canonical, epoch, erasure, keeper, keys
from casework.actors import HUB, Actor
from casework.rows import Rows, write
from casework.tables import Case, Grant, Item, Letter, Outbox, Push, SealingKey, Spool
from crypto import keyring, lock
from crypto.context import named
from crypto.errors import CryptoError
from crypto.handle import Handle
from crypto.sealed import open_sealed, seal
from crypto.xwing import Identity
from intake.state import State
from subrosa import backup, configuration, founding, seizure
from subrosa.__main__ import run
from subrosa.escrow import Escrow
from subrosa.opening import now
from subrosa.seizure import Yield
from subrosa.settings import Settings
from tests.house import House
from tests.phone import TAG, Phone, cases, reply

WORDS = "выхухоль-квадрига"
CHATS = (700_000_001, 700_000_002, 700_000_003, 700_000_004)
TOKEN = "5550001:practice-token-for-hubs"


ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # where the engine does not matter


@pytest.fixture
def settings(house: House, tmp_path: Path) -> Settings:
    """Write the configuration of the house, with a token beside it."""
    values = {
        "roster.roots": (house.root.public.hex(),),
        "database.url": house.database.engine.url.render_as_string(hide_password=False),
    }
    (tmp_path / "subrosa.toml").write_text(configuration.example(values), encoding="utf-8")
    (tmp_path / "telegram.token").write_text(TOKEN)
    return configuration.load(tmp_path / "subrosa.toml")


def filed(house: House, chat: int, kind: str = "legal") -> Phone:
    """Let somebody write and send."""
    tess = Phone(house, chat=chat)
    tess.write(WORDS)
    tess.press(kind)
    tess.press("u.normal")
    return tess


def lived_in(house: House) -> tuple[Phone, Phone]:
    """File one case, leave one in writing, put one message into the outbox and one update into the spool."""
    tess, other = filed(house, CHATS[0]), Phone(house, chat=CHATS[1])
    other.write(WORDS)
    rows, key = Rows(), house.strongbox.spool
    outgoing(rows, key, {"chat": CHATS[2], "do": "say", "text": WORDS}, 1, house.now)
    arrived = {"update_id": 7, "message": {"chat": {"id": CHATS[3]}, "text": WORDS}}
    locked = lock.lock(key, json.dumps(arrived).encode(), named("spool", 7))
    with house.database.write() as session:
        write(session, [rows])
        session.add(
            Spool(update_id=7, state="new", tag=TAG, taken=house.now, day=house.now.date(), spool=key.number,
                  locked=locked)
        )  # fmt: skip
    return tess, other


def rehearse(house: House, settings: Settings, **more: object) -> Yield:
    """Play the thief."""
    with house.database.read() as session:
        return seizure.rehearse(session, settings, **more)  # type: ignore[arg-type]


def counts(found: Yield) -> dict[str, int]:
    """Return every count by its code."""
    return {
        one.code: one.count
        for part in (found.disk, found.running, found.closed, found.backup)
        for one in part
    }


def test_the_disk_yields_what_was_in_flight_and_nothing_that_was_filed(
    house: House, settings: Settings
) -> None:
    lived_in(house)
    found = rehearse(house, settings)
    got = counts(found)
    expected = {
        "token": 1, "chats": 3, "spool": 1, "outbox": 1, "deletions": 0, "pushes": 0, "writing": 1,
        "words": 1, "remembered": 0, "press": 0, "contacts": 0, "counts": 2, "clear": 0, "links": 0,
        "replies": 0, "items_opened": 0, "grants_opened": 0, "copies": 0,
    }  # fmt: skip
    assert {code: got[code] for code in expected} == expected
    tried = {one.code: (one.tried, one.opened_by) for one in (*found.disk, *found.closed)}
    assert tried["spool"] == (1, ("spool",))
    assert tried["outbox"] == (1, ("spool",))
    assert tried["writing"] == (1, ("spool",))
    assert tried["items_opened"][0] == got["items"] > 2
    assert tried["grants_opened"][0] == got["grants"] > 4


@ON_SQLITE
def test_nothing_of_anybody_is_printed(house: House, settings: Settings) -> None:
    tess, _other = lived_in(house)
    told = json.dumps(asdict(rehearse(house, settings, staff=house.staff["alice"])), ensure_ascii=False)
    assert tess.state is not None and tess.state.handle is not None
    for secret in (WORDS, TOKEN, *map(str, CHATS), tess.state.handle, house.strongbox.epoch.secret.hex()):
        assert secret not in told


@ON_SQLITE
def test_a_spool_key_that_is_gone_opens_nothing(house: House, settings: Settings) -> None:
    lived_in(house)
    (settings.hub.state_dir / "spool.key").unlink()
    got = counts(rehearse(house, settings))
    assert (got["spool"], got["outbox"], got["writing"], got["words"], got["chats"]) == (0, 0, 0, 0, 0)


@ON_SQLITE
def test_a_running_machine_yields_the_conversations_too(house: House, settings: Settings) -> None:
    tess = filed(house, CHATS[0])
    assert tess.state is not None
    with house.database.write() as session:
        link.put(session, house.strongbox, CHATS[0], tess.state, house.now.date())
    got = counts(rehearse(house, settings))
    # The handle in the conversation leads to the case; each announced answer has a handle of its own.
    assert (got["links"], got["live_threads"], got["live_replies"], got["remembered"]) == (1, 1, 0, 0)
    assert got["threads"] == 0
    with house.database.write() as session:
        remembered = replace(tess.state, remember=True)
        link.put(session, house.strongbox, CHATS[0], remembered, house.now.date())
    got = counts(rehearse(house, settings))
    assert (got["links"], got["remembered"], got["threads"]) == (0, 1, 1)


@ON_SQLITE
def test_a_push_on_its_way_leads_to_chat_and_reply(house: House, settings: Settings) -> None:
    tess = filed(house, CHATS[0])
    assert tess.state is not None
    (case,) = cases(house)
    assert counts(rehearse(house, settings))["chats"] == 0
    reply(house, "alice", case.id, WORDS)
    found = rehearse(house, settings)
    got = counts(found)
    assert (got["pushes"], got["chats"], got["replies"]) == (1, 1, 1)
    assert next(one.opened_by for one in found.disk if one.code == "pushes") == ("courier",)


@ON_SQLITE
def test_a_chat_that_stands_in_a_log_is_found(house: House, settings: Settings) -> None:
    lived_in(house)
    log = settings.path.with_name("hub.log")
    log.write_bytes(b"." * (1024 * 1024 - 4) + str(CHATS[2]).encode() + b" came in")
    assert counts(rehearse(house, settings))["clear"] == 1


@ON_SQLITE
def test_what_speaks_for_the_house_elsewhere_is_counted_and_searched_for(
    house: House, settings: Settings
) -> None:
    lived_in(house)
    got = counts(rehearse(house, settings))
    assert (got["others"], got["signing"], got["clear"]) == (0, 2, 0)
    settings.register.channel_token_file.write_text("5550002:practice-token-for-channels\n")
    settings.notices.smtp_password_file.write_text("practice-password\n")
    settings.path.with_name("mail.log").write_text("235 practice-password accepted")
    got = counts(rehearse(house, settings))
    assert (got["others"], got["clear"]) == (2, 1)


def test_a_keyring_opens_its_own_cases_with_todays_epoch_key_only(house: House, settings: Settings) -> None:
    filed(house, CHATS[0], "legal")
    filed(house, CHATS[1], "tell")
    epoch.rotate(house.database, house.strongbox, lambda: None, house.now)
    legal = next(case.id.hex() for case in cases(house) if case.team == "legal")
    tip = next(case.id.hex() for case in cases(house) if case.team == "editors")
    reaches = {one.epoch: one for one in rehearse(house, settings, staff=house.staff["alice"]).keyring}
    assert reaches["today"].content == (legal,)
    assert (reaches["earlier"].content, reaches["none"].content) == ((), ())
    assert (reaches["earlier"].grants, reaches["none"].grants) == (0, 0)
    (carol, *_rest) = rehearse(house, settings, staff=house.staff["carol"]).keyring
    assert carol.content == (tip,)
    assert carol.identity == ()


@ON_SQLITE
def test_a_found_recovery_paper_opens_nothing_without_the_epoch_key(house: House, settings: Settings) -> None:
    filed(house, CHATS[0])
    assert house.recovery is not None
    with house.database.read() as session:
        mine = session.scalars(select(Grant).where(Grant.staff == keys.RECOVERY)).all()
        places = {}
        for row in mine:
            key = session.get_one(SealingKey, (row.owner, row.compartment, row.generation))
            places[row.compartment] = keys.grant_context(keys.public_of(key), keys.RECOVERY)
    assert set(places) == {keys.CONTENT, keys.IDENTITY}
    for row in mine:
        for stripped in (row.locked, row.locked[lock.HEAD_SIZE :]):
            with pytest.raises(CryptoError):
                open_sealed(stripped, house.recovery, places[row.compartment])
        inner = keeper.open_grant(row, house.strongbox)
        assert inner is not None
        assert len(open_sealed(inner, house.recovery, places[row.compartment])) == 32


def backed_up(house: House, settings: Settings, escrow_key: Identity) -> Escrow:
    """Copy the house to its second medium."""
    settings.escrow.medium.mkdir(exist_ok=True)
    target = Escrow(settings.escrow.medium, settings.hub.state_dir, escrow_key.recipient)
    backup.back_up(settings, house.database, house.strongbox, target, house.now)
    return target


def test_the_medium_yields_rows_with_the_escrow_key_and_nothing_without(
    house: House, settings: Settings
) -> None:
    escrow_key = Identity.generate()
    lived_in(house)
    backed_up(house, settings, escrow_key)
    got = counts(rehearse(house, settings))
    assert (got["copies"], got["stamps"], "backup_cases" in got) == (0, 2, False)
    got = counts(rehearse(house, settings, escrow_key=escrow_key))
    with house.database.read() as session:
        grants = len(session.scalars(select(Grant)).all())
        assert len(session.scalars(select(Item)).all()) >= 2
        assert session.scalars(select(Letter)).all() == []
    assert (got["backup_cases"], got["backup_grants"]) == (2, grants)
    assert (got["backup_seeds"], got["backup_items"]) == (0, 0)
    with pytest.raises(Exception):  # noqa: B017, PT011 - another escrow key opens nothing, whatever is raised
        rehearse(house, settings, escrow_key=Identity.generate())


@ON_SQLITE
def test_medium_escrow_key_and_keyring_together_open_an_erased_case_and_are_said_to(
    house: House, settings: Settings
) -> None:
    escrow_key = Identity.generate()
    filed(house, CHATS[0])
    (case,) = cases(house)
    target = backed_up(house, settings, escrow_key)
    erasure.erase(
        house.database, house.strongbox, case.id, by=Actor(HUB, 0, house.strongbox.signing), now=house.now,
        mirror=lambda: target.copy_keys(house.strongbox.epoch.number, house.now),
        remember=target.remember_erased, escrow_days=7,
    )  # fmt: skip
    house.now += timedelta(hours=1)
    epoch.retire(house.database, house.strongbox, house.now)
    alone = rehearse(house, settings, staff=house.staff["alice"]).keyring
    assert all(one.content == () for one in alone)
    both = rehearse(house, settings, escrow_key=escrow_key, staff=house.staff["alice"])
    reached = {(one.place, one.epoch): one.content for one in both.keyring}
    assert reached["backup", "earlier"] == (case.id.hex(),)
    assert reached["backup", "today"] == reached["database", "earlier"] == reached["backup", "none"] == ()
    assert counts(both)["erased"] == 1
    with house.database.read() as session:
        assert session.get(Case, case.id) is None


def test_the_command_reads_the_passphrase_from_a_file_and_refuses_a_wrong_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "house"
    founded = founding.found(
        home,
        cast={"lawyer-1": ["lawyer"]},
        profile=keyring.PRACTICE,
        now=now(),
        values={"house.practice": True},
    )
    typed, ring = tmp_path / "typed", str(home / "keyrings" / "lawyer-1.keyring")
    typed.write_text(founded.staff[0].passphrase + "\n")
    config = ("--config", str(home / "subrosa.toml"))
    words = (
        "seizure",
        "--keyring",
        ring,
        "--passphrase-file",
        str(typed),
        "--escrow",
        str(founded.escrow_key),
    )
    assert run([*config, "backup"]) == 0
    capsys.readouterr()
    assert run([*config, *words]) == 0
    out, _err = capsys.readouterr()
    assert "With this keyring:" in out and "The first ten minutes:" in out
    assert founded.staff[0].passphrase not in out
    typed.write_text("wrong")
    assert run([*config, *words]) == 1
    assert "passphrase" in capsys.readouterr().err


@ON_SQLITE
def test_a_handle_in_the_outbox_is_followed(house: House, settings: Settings) -> None:
    tess = filed(house, CHATS[0])
    (case,) = cases(house)
    reply(house, "alice", case.id, WORDS)
    tess.ring()
    assert isinstance(tess.state, State) and tess.state.handle is not None
    assert Handle(bytes.fromhex(tess.state.handle)).mailbox().id
    got = counts(rehearse(house, settings))
    assert (got["pushes"], got["outbox"], got["threads"], got["replies"]) == (0, 1, 1, 1)


@ON_SQLITE
def test_rows_that_mallory_made_do_not_stop_the_rehearsal(house: House, settings: Settings) -> None:
    """She writes the database and seals to the hub's public halves; the counts of the rest stay right."""
    lived_in(house)
    number, courier = house.strongbox.courier
    bodies: list[object] = [
        {"handle": "00", "address": "zz"},
        {"handle": "00", "case": "", "address": "00"},
        [1],
    ]
    with house.database.write() as session:
        for n, body in enumerate(bodies):
            row = bytes([n]) * 16
            sealed = seal(canonical.dumps(body), [courier.recipient], named("push", row))
            session.add(Push(id=row, courier=number, item=None, sealed=sealed))
        session.add(Outbox(id=b"o" * 16, tag=TAG, n=9, due=house.now, spool=1, locked=b"short"))
        session.execute(update(SealingKey).values(recipient=b"no key"))
    found = rehearse(house, settings, staff=house.staff["alice"])
    got = counts(found)
    assert (got["pushes"], got["outbox"], got["chats"], got["words"]) == (3, 1, 3, 1)
    assert {one.grants for one in found.keyring} == {0}
