"""`docs/protocol.md` says what the vault does: its worked examples are computed anew."""

from __future__ import annotations

import hashlib
import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from casework import canonical, families, vouching
from casework.tables import JournalRow
from crypto import context, handle, journal, keyring, lock, phrase, roster, sealed
from crypto.errors import MalformedError
from crypto.grant import seal_grant
from crypto.kdf import derive
from crypto.signature import SigningKey
from crypto.xwing import Identity
from desk.app import LANES
from desk.entrance import Entrance
from desk.errors import DeskError
from desk.pages import ROUTES
from desk.routes import UNLOCK
from desk.settings import Settings as DeskSettings
from subrosa import ceremony, copies, shelved
from tests.house import House

ROOT = Path(__file__).parents[1]
PROTOCOL = (ROOT / "docs/protocol.md").read_text("utf-8")
HERE = context.item(b"\xca" * 16, "content", 0, b"\x17" * 16, "text")
PLAINTEXT = "под розой".encode()


def _vector(name: str) -> bytes:
    return (ROOT / "tests/vectors" / name).read_bytes().partition(b"\n\n")[2]


def _said(*values: bytes | str) -> None:
    compact = re.sub(r"\s", "", PROTOCOL)
    for value in values:
        text = value.hex() if isinstance(value, bytes) else value.replace(" ", "")
        assert text in compact


def test_the_example_of_a_context_is_right() -> None:
    assert repr(HERE.decode())[1:-1].replace("\\x00", "\\0") in PROTOCOL
    _said(hashlib.sha256(HERE).digest())


def test_the_example_of_a_sealed_file_is_right() -> None:
    file = _vector("sealed_ok")
    assert sealed.open_sealed(file, Identity.from_seed(b"\1" * 32), HERE) == PLAINTEXT
    _said(hashlib.sha256(file).digest(), f"has {len(file)} bytes")


def test_the_example_of_a_locked_row_is_right() -> None:
    key, row = lock.Key(7, b"k" * 32), _vector("locked_ok")
    assert lock.unlock(key, row, HERE) == PLAINTEXT
    _said(row, derive(key.secret, "subrosa lock v1", salt=row[4:28]), lock.tag(key, "link", b"1234"))


def test_the_examples_of_a_phrase_and_a_handle_are_right() -> None:
    one = phrase.Phrase(bytes(range(13)))
    box, button = one.mailbox(), handle.Handle(bytes(range(32)))
    assert " ".join(one.words("ru")) in PROTOCOL
    assert " ".join(one.words("en")) in PROTOCOL
    _said(box.id, box.identity.seed, box.route_key, button.data("open"), button.mailbox().id)


def test_the_example_of_a_signature_is_right() -> None:
    key = SigningKey.from_seed(b"\x0b" * 32)
    _said(key.public, key.sign("subrosa accept", b"case"))


def test_the_example_of_a_roster_is_right() -> None:
    roots = tuple(SigningKey.from_seed(bytes([number]) * 32).public for number in (11, 12, 13))
    one = roster.UnverifiedRoster.parse(_vector("roster_ok")).verify(roster.Anchor(roots, 2))
    _said(one.digest, " ".join(roster.words(one)), " ".join(roster.words(one.staff[0])))


def test_the_example_of_a_journal_head_is_right() -> None:
    _said(journal.head(journal.GENESIS, b"entry"))


def test_the_example_of_a_grant_is_right() -> None:
    case = Identity.from_seed(b"\1" * 32)
    where = context.grant(b"\xca" * 16, "content", 0, "alice", case.recipient)
    grant = seal_grant(case, Identity.generate().recipient, where)
    row = lock.lock(lock.Key(1, bytes(32)), grant, context.named("grant-lock"))
    _said(hashlib.sha256(where).digest(), f"have {len(grant)} bytes", f"`grant-lock`: {len(row)} bytes")


def test_the_example_of_a_journal_row_is_right() -> None:
    entry = {
        "act": "sign-in", "actor": "alice", "case": None, "day": "2026-11-27", "n": 1, "number": 1,
        "reason": None, "subject": None,
    }  # fmt: skip
    said = canonical.dumps(entry)
    assert said.decode() in PROTOCOL
    _said(journal.head(journal.GENESIS, said))
    columns = {column.name for column in JournalRow.__table__.columns}
    assert set(entry) == columns - {"previous", "head", "signature", "roster", "countersignature"}


def test_the_example_of_an_item_is_right() -> None:
    payload = {"text": PLAINTEXT.decode()}
    said = {
        "author": "alice",
        "payload": hashlib.sha256(canonical.dumps(payload)).hexdigest(),
        "where": hashlib.sha256(HERE).hexdigest(),
    }
    assert canonical.dumps(said).decode() in PROTOCOL
    key = SigningKey.from_seed(b"\x0b" * 32)
    signature = vouching.sign_item(HERE, "alice", payload, key)
    assert signature == key.sign("subrosa/item", canonical.dumps(said))
    _said(signature)
    assert f"`{'`, `'.join(sorted(vouching.HUBS_OWN))}`" in PROTOCOL


def test_the_example_of_a_copy_is_right(tmp_path: Path) -> None:
    plain = io.BytesIO()
    assert shelved._write(tmp_path, plain) == (0, 0)
    taken = datetime(2026, 11, 27, 22, tzinfo=UTC)
    digest = hashlib.sha256(plain.getvalue()).hexdigest()
    claim = canonical.dumps({"records": digest, "taken": copies.stamped(taken)})
    line = copies.signed_line(plain, copies.RECORDS, taken, SigningKey.from_seed(b"\x0b" * 32))
    assert claim.decode() in PROTOCOL
    assert line.decode().rstrip() in PROTOCOL
    family = families.Family.create(tmp_path / "epoch.key", 3, taken)
    read = canonical.loads((tmp_path / "epoch.key").read_bytes())
    assert read == {"keys": {"3": {"made": taken.isoformat(), "secret": family.current.secret.hex()}}}


def test_the_example_of_a_recovery_key_is_right() -> None:
    key = Identity.from_seed(b"\1" * 32)
    words = " ".join(ceremony.to_words(key, "en"))
    assert f"*{words}*" in PROTOCOL
    assert ceremony.read(words).seed == key.seed
    assert f"*{' '.join(ceremony.spoken(key.recipient))}*" in PROTOCOL


@pytest.mark.parametrize(
    "other",
    [b'{"b":1,"a":2}', b'{"a": 1}', b'{"a":1}\n', b'{"a":1,"a":1}', b'"\\u043f"', b"1.5", b"1.0", b"1e3",
     b"NaN", b"", b"{", b"[1,]", b"\xff"],
)  # fmt: skip
def test_json_that_is_not_canonical_is_refused(other: bytes) -> None:
    with pytest.raises(MalformedError):
        canonical.loads(other)
    assert canonical.loads(canonical.dumps({"at": 1, "text": "под розой"}))["at"] == 1
    assert canonical.dumps({"text": "под розой", "at": 1}).decode() in PROTOCOL


def test_a_desk_stretches_two_passphrases_at_once_and_one_for_an_unknown_name(
    monkeypatch: pytest.MonkeyPatch, sqlite_house: House, tmp_path: Path
) -> None:
    assert LANES[UNLOCK][0] == 2
    stretching = {("POST", "/sign-in"), ("POST", "/unlock"), ("POST", "/account/passphrase")}
    assert {(one.method, one.path) for one in ROUTES if one.lane == UNLOCK} >= stretching
    stretched: list[str] = []
    monkeypatch.setattr(keyring, "dummy_unlock", stretched.append)
    settings = DeskSettings(keyring_dir=tmp_path, hosts=frozenset())
    door = Entrance(settings, sqlite_house.database, sqlite_house.anchor)
    with pytest.raises(DeskError):
        door.sign_in("nobody", "six words that nobody ever had", "000000", sqlite_house.now)
    assert stretched == [keyring.NORMAL]


def test_every_context_and_every_tag_of_the_house_is_named() -> None:
    purposes, tags = set(), set()
    for room in ("casework", "crypto", "intake", "bot", "desk", "subrosa"):
        for path in (ROOT / room).rglob("*.py"):
            code = path.read_text("utf-8")
            purposes |= set(re.findall(r"(?<![a-z_])(?:context\.)?named\(\s*\"([a-z-]+)\"", code))
            tags |= set(re.findall(r"TAG = \"subrosa/([a-z-]+)\"", code))
    assert len(purposes) > 20 and len(tags) > 10
    quoted = set(re.findall(r"`([a-z-]+)`", PROTOCOL))
    assert sorted((purposes | tags) - quoted - {"self-test"}) == []


def test_every_must_names_what_holds_it() -> None:
    """A sentence with MUST is followed, before its paragraph ends, by a test or vector that exists."""
    found = 0
    for block in re.split(r"\n(?:\n|(?=[*\d|] ?\.? ?))", PROTOCOL):
        musts = re.findall(
            r"\bMUST\b", block.replace("The words MUST, MUST NOT", "").replace("each MUST", "")
        )
        if not musts:
            continue
        named = re.findall(r"`(?:tests/(test_\w+\.py)::(\w+)|([a-z]+_[a-z0-9_]+))`", block)
        held = [name for name in named if name[0] or (ROOT / "tests" / "vectors" / name[2]).is_file()]
        assert held, block
        found += len(musts)
    assert found >= 20


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"tests/(?:vectors/)?[a-z_]+(?:\.py)?(?=[`, )])", PROTOCOL)))
)
def test_every_test_and_vector_that_the_protocol_names_exists(name: str) -> None:
    assert (ROOT / name).exists()
