"""`docs/protocol.md` says what the vault does: its worked examples are computed anew."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from crypto import context, handle, journal, lock, phrase, roster, sealed
from crypto.kdf import derive
from crypto.signature import SigningKey
from crypto.xwing import Identity

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


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"tests/(?:vectors/)?[a-z_]+(?:\.py)?(?=[`, )])", PROTOCOL)))
)
def test_every_test_and_vector_that_the_protocol_names_exists(name: str) -> None:
    assert (ROOT / name).exists()
