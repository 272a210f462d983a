"""What others wrote opens what we seal, and the other way: npm `age-encryption`, Debian's `age`, pyrage."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pyrage
import pytest

from crypto import context, header, stream
from crypto.encoding import encode
from crypto.errors import MalformedError, NotForUsError, TamperedError
from crypto.header import Header, Stanza
from crypto.padding import FILE, TEXT
from crypto.sealed import CONTEXT_STANZA, open_sealed, rewrap, seal
from crypto.xwing import Identity
from tests.agekit import X25519Identity, bech32, open_age, x25519_stanza

FOLDER = Path(__file__).parent / "elsewhere"
ALICE, BOB, MALLORY = (Identity.from_seed(bytes([number]) * 32) for number in (1, 2, 3))
HERE = context.item(b"c" * 16, "content", 0, b"i" * 16, "text")
THERE = context.item(b"d" * 16, "content", 0, b"i" * 16, "text")
WORDS = "мой сын отказался стрелять".encode()
LONG = WORDS * 4000  # three chunks

NODE, AGE = shutil.which("node"), shutil.which("age")
with_node = pytest.mark.skipif(
    NODE is None or not (FOLDER / "node_modules" / "age-encryption").is_dir(),
    reason="Node or the package age-encryption is not here: npm ci --ignore-scripts in tests/elsewhere",
)
with_age = pytest.mark.skipif(AGE is None, reason="the program age is not here")


def ask(*wishes: dict[str, Any]) -> list[bytes]:
    """Let the other implementation do what is wished, in one process."""
    assert NODE is not None
    told = [{name: _told(value) for name, value in wish.items()} for wish in wishes]
    done = subprocess.run(
        [NODE, "age.mjs"], input=json.dumps(told).encode(), capture_output=True, cwd=FOLDER, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()[-400:]
    return [b64decode(answer) for answer in json.loads(done.stdout)]


def _told(value: Any) -> Any:
    if isinstance(value, bytes):
        return b64encode(value).decode()
    return [_told(one) for one in value] if isinstance(value, list) else value


def framed(words: bytes, size: int) -> bytes:
    return (len(words).to_bytes(4, "big") + words).ljust(size, b"\0")


# --- npm age-encryption: X-Wing, both ways -----------------------------------------------------------------


@with_node
def test_node_opens_what_we_sealed_and_expands_a_seed_as_we_do() -> None:
    three = [MALLORY.recipient, BOB.recipient, ALICE.recipient]
    files = [
        seal(WORDS, [ALICE.recipient], HERE),
        seal(LONG, three, HERE, sizes=FILE),
        rewrap(seal(WORDS, [BOB.recipient], HERE), BOB, [ALICE.recipient], HERE),
        seal(b"", [ALICE.recipient], HERE),
    ]
    public, *opened = ask(
        {"wish": "recipient", "seed": ALICE.seed},
        *({"wish": "open", "seed": ALICE.seed, "file": file} for file in files),
    )
    assert public == ALICE.recipient.raw
    assert opened == [
        framed(WORDS, TEXT(4 + len(WORDS))),
        framed(LONG, FILE(4 + len(LONG))),
        framed(WORDS, TEXT(4 + len(WORDS))),
        framed(b"", TEXT(4)),
    ]


@with_node
def test_we_open_what_node_sealed_in_our_format_and_in_its_place_only() -> None:
    seeds = [BOB.seed, ALICE.seed]
    short, long, bare = ask(
        {"wish": "seal", "seeds": seeds, "words": WORDS, "size": 1024, "context": HERE},
        {"wish": "seal", "seeds": seeds, "words": LONG, "size": FILE(4 + len(LONG)), "context": HERE},
        {"wish": "seal", "seeds": seeds, "words": WORDS, "size": 1024},
    )
    for reader in (ALICE, BOB):
        assert open_sealed(short, reader, HERE) == WORDS
        assert open_sealed(long, reader, HERE) == LONG
    with pytest.raises(NotForUsError):
        open_sealed(short, MALLORY, HERE)
    with pytest.raises(TamperedError):
        open_sealed(short, ALICE, THERE)
    with pytest.raises(MalformedError):
        open_sealed(bare, ALICE, HERE)
    assert b"".join(open_age(bare, [ALICE])) == framed(WORDS, 1024)


# --- readers that know X25519 only, through the same header and stream -------------------------------------


def mixed(public: bytes) -> bytes:
    """Make a file with our context, an X-Wing stanza, and one that classic readers understand."""
    file_key, nonce = bytes(range(16)), bytes(16)
    bound = Stanza(CONTEXT_STANZA, (encode(bytes(32)),), b"")
    stanzas = [bound, ALICE.recipient.wrap(file_key), x25519_stanza(public, file_key)]
    key = stream.payload_key(file_key, nonce)
    body = b"".join(stream.encrypt_chunks(key, io.BytesIO(LONG).read))
    return Header.make(stanzas, file_key).write() + nonce + body


def test_pyrage_passes_over_our_context_and_our_recipients() -> None:
    key = pyrage.x25519.Identity.generate()
    assert pyrage.decrypt(mixed(bech32(str(key.to_public()))), [key]) == LONG


@with_age
def test_debians_age_passes_over_our_context_and_our_recipients(tmp_path: Path) -> None:
    key = pyrage.x25519.Identity.generate()
    (tmp_path / "key").write_text(f"{key}\n")
    done = subprocess.run(
        [str(AGE), "--decrypt", "--identity", str(tmp_path / "key")],
        input=mixed(bech32(str(key.to_public()))),
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, LONG)


@with_age
def test_our_header_and_stream_open_what_debians_age_wrote() -> None:
    keys = [pyrage.x25519.Identity.generate() for _ in range(2)]
    named = [word for key in keys for word in ("--recipient", str(key.to_public()))]
    done = subprocess.run([str(AGE), *named], input=LONG, capture_output=True, check=True, timeout=60)
    for key in keys:
        assert b"".join(open_age(done.stdout, [X25519Identity(str(key))])) == LONG
    source = io.BytesIO(done.stdout)
    assert header.read(source.readline).write() == done.stdout[: source.tell()]


@with_age
def test_debians_age_refuses_what_we_refuse(tmp_path: Path) -> None:
    key = pyrage.x25519.Identity.generate()
    (tmp_path / "key").write_text(f"{key}\n")
    whole = mixed(bech32(str(key.to_public())))
    for harmed in (whole[:-1], whole + b"\0", whole.replace(b"subrosa/context", b"subrosa/kontext", 1)):
        done = subprocess.run(
            [str(AGE), "--decrypt", "--identity", str(tmp_path / "key")],
            input=harmed,
            capture_output=True,
            timeout=60,
        )
        assert done.returncode != 0
        with pytest.raises((TamperedError, MalformedError)):
            b"".join(open_age(harmed, [X25519Identity(str(key))]))
