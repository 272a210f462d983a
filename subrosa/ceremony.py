"""
The recovery key: made once, on a machine without network, and kept on paper.

It holds every grant beside the staff, so that a case is not lost with the last person who could open it.
Whoever has it, today's epoch key and the database opens every case of the house: it never lies on a machine.

    one paper    a QR code and 24 words; whoever finds it has the key
    five papers  SLIP-39, three of five; one or two of them tell nothing
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import jinja2
import segno
from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics

from casework.strongbox import write_file
from crypto import words as word_lists
from crypto.xwing import Identity, Recipient
from subrosa import keyfiles
from subrosa.errors import ShellError, UsageError

KEY = "subrosa-recovery-key-1"
SHARES = 5
NEEDED = 3
WORDS = 24
SPOKEN = 12

TEMPLATES = Path(__file__).parent / "templates"

_SEED = 32
_CHECK_BITS = WORDS * word_lists.BITS - 8 * _SEED
_CHECK = b"subrosa recovery check v1\n"
_SPOKEN = b"subrosa recovery words v1\n"


class NotTheKeyError(ShellError):
    """This is not the recovery key, or not all of it"""

    hint = "type one word after another; four letters of each are enough, but not in the words of a share"


@dataclass(frozen=True, slots=True)
class Paper:
    """One page to print: what stands on it is the key, or a part of it."""

    name: str
    html: str = field(repr=False)


def papers(key: Identity, language: str, *, shared: bool) -> list[Paper]:
    """Return the pages on which *key* is kept: one, or five of which three are needed."""
    public = spoken(key.recipient, language)
    if not shared:
        written = to_words(key, language)
        return [Paper("recovery.html", _page(language, f"{KEY} {key.seed.hex()}", written, public, 0))]
    shares: list[str] = generate_mnemonics(1, [(NEEDED, SHARES)], key.seed)[0]
    return [
        Paper(f"share-{n}.html", _page(language, share, share.split(), public, n))
        for n, share in enumerate(shares, start=1)
    ]


def write(folder: Path, key: Identity, pages: Sequence[Paper]) -> Path:
    """
    Write the pages, and beside them the public half for the roster; return where that lies.

    Raises:
        UsageError: something lies there already.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder.name} is not empty")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for page in pages:
        write_file(folder / page.name, page.html.encode())
    public = folder / "recovery.recipient"
    keyfiles.write_recovery_recipient(public, key.recipient)
    return public


def read(text: str) -> Identity:
    """
    Return the key in what was scanned or typed from the one paper: its line, its 64 digits or its 24 words.

    Raises:
        NotTheKeyError: it is none.
    """
    digits = "".join(text.replace(KEY, "", 1).split())
    if len(digits) == 2 * _SEED and set(digits.lower()) <= set("0123456789abcdef"):
        return Identity.from_seed(bytes.fromhex(digits))
    for reading in word_lists.readings(text):
        numbers = [number for number in word_lists.known(reading) if number is not None]
        if len(reading) != WORDS or len(numbers) != WORDS:
            continue
        value = word_lists.to_value(numbers)
        seed = (value >> _CHECK_BITS).to_bytes(_SEED, "big")
        if value & (1 << _CHECK_BITS) - 1 == _check(seed):
            return Identity.from_seed(seed)
    raise NotTheKeyError


def combine(shares: Sequence[str]) -> Identity:
    """
    Return the key three of the five papers make together.

    Raises:
        NotTheKeyError: a word is wrong, there are too few, or they are not of one key.
    """
    try:
        seed = combine_mnemonics([" ".join(share.lower().split()) for share in shares])
    except MnemonicError:
        raise NotTheKeyError from None
    if len(seed) != _SEED:
        raise NotTheKeyError
    return Identity.from_seed(seed)


def to_words(key: Identity, language: str) -> tuple[str, ...]:
    """Write the key as 24 words: 256 bits, and 8 that say whether it was read rightly."""
    value = int.from_bytes(key.seed, "big") << _CHECK_BITS | _check(key.seed)
    return word_lists.to_words(value, WORDS, language)


def spoken(recipient: Recipient, language: str = "en") -> tuple[str, ...]:
    """Return twelve words of the public half: read aloud before the roots sign it into a roster."""
    digest = hashlib.sha256(_SPOKEN + recipient.raw).digest()
    value = int.from_bytes(digest, "big") >> 8 * len(digest) - SPOKEN * word_lists.BITS
    return word_lists.to_words(value, SPOKEN, language)


def _check(seed: bytes) -> int:
    return hashlib.sha256(_CHECK + seed).digest()[0] >> 8 - _CHECK_BITS


def _page(language: str, code: str, written: Sequence[str], public: Sequence[str], share: int) -> str:
    drawn = io.BytesIO()
    segno.make(code, error="m", micro=False).save(drawn, kind="svg", omitsize=True, xmldecl=False, svgns=True)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template("recovery.html").render(
        language="en" if language == "en" else "ru",
        code=drawn.getvalue().decode(),
        words=written,
        public=" ".join(public),
        share=share,
        shares=SHARES,
        needed=NEEDED,
    )
