"""Our own frozen vectors, one fault per file; `tests/vectors/README.md` says how to read them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from crypto import errors, keyring, lock, phrase, sealed
from crypto.roster import Anchor, UnverifiedRoster
from crypto.xwing import Identity

FOLDER = Path(__file__).parent / "vectors"
FILES = sorted(
    path for path in FOLDER.iterdir() if path.is_file() and not path.suffix and path.name[0] != "."
)
OUTCOMES: dict[str, type[errors.CryptoError]] = {
    "malformed": errors.MalformedError,
    "unknown version": errors.UnknownVersionError,
    "not for us": errors.NotForUsError,
    "tampered": errors.TamperedError,
    "wrong passphrase": keyring.WrongPassphraseError,
    "wrong check": phrase.WrongCheckError,
    "unknown words": phrase.UnknownWordsError,
    "wrong count": phrase.WrongCountError,
}


@dataclass(frozen=True)
class Vector:
    fields: dict[str, list[str]]
    body: bytes

    def one(self, name: str) -> str:
        (value,) = self.fields[name]
        return value


def _read(path: Path) -> Vector:
    head, _, body = path.read_bytes().partition(b"\n\n")
    fields: dict[str, list[str]] = {}
    for line in head.decode().split("\n"):
        name, _, value = line.partition(": ")
        fields.setdefault(name, []).append(value)
    return Vector(fields, body)


def _open(vector: Vector) -> bytes:
    match vector.one("kind"):
        case "sealed":
            identity = Identity.from_seed(bytes.fromhex(vector.one("seed")))
            return sealed.open_sealed(vector.body, identity, bytes.fromhex(vector.one("context")))
        case "locked":
            key = lock.Key(int(vector.one("number")), bytes.fromhex(vector.one("key")))
            return lock.unlock(key, vector.body, bytes.fromhex(vector.one("context")))
        case "keyring":
            staff = keyring.unlock(vector.body, vector.one("passphrase"))
            return staff.identity.seed + staff.signing.seed
        case "roster":
            roots = tuple(bytes.fromhex(root) for root in vector.fields["root"])
            return (
                UnverifiedRoster.parse(vector.body).verify(Anchor(roots, int(vector.one("threshold")))).digest
            )
        case "phrase":
            return phrase.parse(vector.body.decode()).entropy
    raise AssertionError("a vector of a kind that nobody opens")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_vector_opens_or_fails_as_it_says(path: Path) -> None:
    vector = _read(path)
    if vector.one("expect") == "success":
        assert _open(vector) == bytes.fromhex(vector.one("payload"))
        return
    with pytest.raises(errors.CryptoError) as caught:
        _open(vector)
    assert type(caught.value) is OUTCOMES[vector.one("expect")]


def test_every_outcome_has_a_vector_of_its_own() -> None:
    expected = {_read(path).one("expect") for path in FILES}
    assert expected == {"success", *OUTCOMES}
