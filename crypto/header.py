"""The header of an age v1 file: text lines into stanzas and back. Knows no keys but the header's own MAC.

Rules:
* What parses writes back byte for byte; the MAC is taken over the bytes as they were read.
* Lines end in LF, base64 is canonical, a stanza body ends with a line shorter than 64 characters.
* At most 64 KiB and 24 stanzas: a header is small, whoever sends it.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from crypto.encoding import decode, encode
from crypto.errors import MalformedError, TamperedError, UnknownVersionError
from crypto.kdf import derive

FILE_KEY_SIZE = 16
HEADER_LIMIT = 64 * 1024
STANZA_LIMIT = 24  # sixteen recipients, the context, and room for stanzas that newer programs add

_VERSION = b"age-encryption.org/v1"
_ANY_VERSION = re.compile(rb"age-encryption\.org/v[0-9]+\Z")
_COLUMNS = 64
_WORD = re.compile(r"[!-~]+\Z")

ReadLine = Callable[[int], bytes]
"""Return the next line with its LF, or at most so many bytes of it; the shape of `BinaryIO.readline`."""


@dataclass(frozen=True)
class Stanza:
    """One line of words and a body: usually a file key wrapped to one recipient."""

    kind: str
    arguments: tuple[str, ...]
    body: bytes

    def lines(self) -> list[str]:
        """The text lines of this stanza, without line ends."""
        text = encode(self.body)
        # A body that fills its last line is closed by an empty one.
        body = [text[at : at + _COLUMNS] for at in range(0, len(text) + 1, _COLUMNS)]
        return [" ".join(("->", self.kind, *self.arguments)), *body]


@dataclass(frozen=True)
class Header:
    """The stanzas of one file, the exact bytes under the MAC, and the MAC."""

    stanzas: tuple[Stanza, ...]
    covered: bytes
    mac: bytes

    @classmethod
    def make(cls, stanzas: Sequence[Stanza], file_key: bytes) -> Header:
        """Build the header of these *stanzas*, bound together by *file_key*."""
        lines = [line for stanza in stanzas for line in stanza.lines()]
        covered = b"\n".join([_VERSION, *(line.encode("ascii") for line in lines), b"---"])
        return cls(tuple(stanzas), covered, _mac(file_key, covered))

    def verify(self, file_key: bytes) -> None:
        """Check that *file_key* is the one this header was made with.

        This is what commits a file to one key: two people who open it see the same thing.

        Raises:
            TamperedError: it is not, or a byte of the header was changed.
        """
        if not hmac.compare_digest(self.mac, _mac(file_key, self.covered)):
            raise TamperedError

    def write(self) -> bytes:
        """Return the header as bytes; the payload follows directly."""
        return self.covered + b" " + encode(self.mac).encode("ascii") + b"\n"


def read(readline: ReadLine) -> Header:
    """Read one header and leave the reader at the first byte of the payload.

    Raises:
        UnknownVersionError: an age file, but not version 1.
        MalformedError: anything else that is not exactly a header.
    """
    lines = _Lines(readline)
    first = lines.take()
    if first != _VERSION:
        if _ANY_VERSION.match(first):
            raise UnknownVersionError
        raise MalformedError("header: not an age file")
    stanzas: list[Stanza] = []
    covered = [first]
    while True:
        line = lines.take()
        if line.startswith(b"---"):
            break
        if len(stanzas) == STANZA_LIMIT:
            raise MalformedError("header: too many stanzas")
        stanza, taken = _read_stanza(line, lines)
        stanzas.append(stanza)
        covered += taken
    if not stanzas:
        raise MalformedError("header: no stanza")
    if line[3:4] != b" ":
        raise MalformedError("header: no MAC")
    mac = decode(_ascii(line[4:]), part="header MAC")
    if len(mac) != sha256().digest_size:
        raise MalformedError("header MAC: wrong length")
    return Header(tuple(stanzas), b"\n".join([*covered, b"---"]), mac)


class _Lines:
    """Lines of one header, counted against its limit."""

    def __init__(self, readline: ReadLine) -> None:
        self._readline = readline
        self._left = HEADER_LIMIT

    def take(self) -> bytes:
        line = self._readline(self._left)
        self._left -= len(line)
        if not line.endswith(b"\n"):
            raise MalformedError("header: too long" if self._left <= 0 else "header: ends too early")
        return line[:-1]


def _read_stanza(first: bytes, lines: _Lines) -> tuple[Stanza, list[bytes]]:
    words = _ascii(first).split(" ")
    if words[0] != "->" or len(words) < 2 or not all(_WORD.match(word) for word in words[1:]):
        raise MalformedError("header: not a stanza")
    taken, body = [first], b""
    while True:
        line = lines.take()
        taken.append(line)
        if len(line) > _COLUMNS:
            raise MalformedError("stanza: body line too long")
        body += decode(_ascii(line), part="stanza body")
        if len(line) < _COLUMNS:
            return Stanza(words[1], tuple(words[2:]), body), taken


def _ascii(line: bytes) -> str:
    try:
        return line.decode("ascii")
    except UnicodeDecodeError:
        raise MalformedError("header: not ASCII") from None


def _mac(file_key: bytes, covered: bytes) -> bytes:
    return hmac.digest(derive(file_key, "header"), covered, "sha256")
