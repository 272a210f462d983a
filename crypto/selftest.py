"""Known answers: what hub and desk compute before they start, so that a broken library is noticed first.

A machine whose OpenSSL lacks or breaks one of these must not seal anything; there is no second choice of
algorithm anywhere. The answers are published ones where there are any (X-Wing draft, RFC 9106, RFC 8032),
and one frozen file of our own that exercises all of the sealed format.
"""

from __future__ import annotations

import hashlib
import os
from base64 import b64decode
from functools import cache
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from crypto import handle, lock, phrase, sealed, signature, words, xwing
from crypto.context import named
from crypto.errors import CryptoError

_ANSWERS = "known_answers.txt"


class SelfTestError(AssertionError):
    """This machine computes wrongly, or lacks a cipher: nothing may be sealed on it."""


def run() -> None:
    """Compute every known answer; takes a few milliseconds.

    Raises:
        SelfTestError: naming the test that failed.
    """
    for test in (_xwing, _argon2id, _ed25519, _sealed, _lock, _phrase, _handle):
        try:
            test()
        except (SelfTestError, CryptoError, UnsupportedAlgorithm, ValueError) as error:
            raise SelfTestError(f"crypto: self-test failed: {test.__name__[1:]}") from error


def _xwing() -> None:
    identity = xwing.Identity.from_seed(_answer("xwing-seed"))
    _expect(hashlib.sha256(identity.recipient.raw).digest(), _answer("xwing-recipient-sha256"))
    file_key = os.urandom(16)
    _expect(identity.unwrap([identity.recipient.wrap(file_key)]), file_key)


def _argon2id() -> None:
    kdf = Argon2id(
        salt=b"\2" * 16, length=32, iterations=3, lanes=4, memory_cost=32, ad=b"\4" * 12, secret=b"\3" * 8
    )
    _expect(kdf.derive(b"\1" * 32), _answer("argon2id"))


def _ed25519() -> None:
    key = signature.SigningKey.from_seed(_answer("ed25519-seed"))
    _expect(key.public, _answer("ed25519-public"))
    _expect(key.sign("subrosa self-test", b"message"), _answer("ed25519-signature"))


def _sealed() -> None:
    identity, context = xwing.Identity.from_seed(_answer("xwing-seed")), named("self-test", b"\0", 1)
    _expect(sealed.open_sealed(_answer("sealed"), identity, context), b"sub rosa")
    again = sealed.seal(b"sub rosa", [identity.recipient], context)
    _expect(sealed.open_sealed(again, identity, context), b"sub rosa")
    try:
        sealed.open_sealed(again[:-1] + bytes([again[-1] ^ 1]), identity, context)
    except CryptoError:
        return
    raise SelfTestError("crypto: self-test failed: a changed file was opened")


def _lock() -> None:
    key = lock.Key(7, _answer("lock-key"))
    _expect(lock.unlock(key, _answer("locked"), named("self-test")), b"sub rosa")
    _expect(lock.tag(key, "self-test", b"data"), _answer("tag"))


def _phrase() -> None:
    known = phrase.Phrase(_answer("phrase"))
    for lang in ("ru", "en"):
        spoken = " ".join(known.words(lang))
        _expect(hashlib.sha256(spoken.encode()).digest(), _answer(f"phrase-{lang}-sha256"))
        _expect(phrase.parse(spoken), known)
    _expect(known.mailbox().id, _answer("phrase-mailbox"))
    # Every word is part of the format, not only the ten above.
    lists = "\n".join(words.load("ru").words + words.load("en").words)
    _expect(hashlib.sha256(lists.encode()).digest(), _answer("words-sha256"))


def _handle() -> None:
    action, known = handle.parse(handle.Handle(_answer("handle")).data("open"))
    _expect(action, "open")
    _expect(known.mailbox().id, _answer("handle-mailbox"))


def _expect(found: object, known: object) -> None:
    # Not an assert statement: that would vanish under `python -O`.
    if found != known:
        raise SelfTestError("crypto: internal error: not the known answer")


def _answer(name: str) -> bytes:
    return _answers()[name]


@cache
def _answers() -> dict[str, bytes]:
    lines = (Path(__file__).parent / _ANSWERS).read_text("ascii").splitlines()
    pairs = (line.split(" ", 1) for line in lines if not line.startswith("#"))
    return {name: b64decode(value) for name, value in pairs}
