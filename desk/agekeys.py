"""Public keys as the age tools write them: Bech32 without its length limit, `age1pq1…` for X-Wing."""

from __future__ import annotations

from crypto.errors import MalformedError
from crypto.xwing import Recipient

PREFIX = "age1pq"
_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
# 1216 bytes make 1946 letters, with prefix and checksum.
LONGEST = 2000


def parse(text: str) -> Recipient:
    """
    Read a post-quantum age recipient.

    Raises:
        MalformedError: it is none, or mistyped; a classic one (`age1…`) is refused too.
    """
    typed = text.strip().lower()
    head, _, tail = typed.rpartition("1")
    if head != PREFIX or len(typed) > LONGEST or len(tail) < 6 or set(tail) - set(_LETTERS):
        raise MalformedError("recipient: not a post-quantum age key")
    values = [_LETTERS.index(letter) for letter in tail]
    if _polymod([*_expanded(head), *values]) != 1:
        raise MalformedError("recipient: mistyped")
    return Recipient.parse(_bytes(values[:-6]))


def write(recipient: Recipient) -> str:
    """Write *recipient* as the age tools do."""
    bits = int.from_bytes(recipient.raw, "big")
    spare = -len(recipient.raw) * 8 % 5
    count = (len(recipient.raw) * 8 + spare) // 5
    values = [(bits << spare >> 5 * (count - 1 - at)) & 31 for at in range(count)]
    check = _polymod([*_expanded(PREFIX), *values, *[0] * 6]) ^ 1
    values += [check >> 5 * (5 - at) & 31 for at in range(6)]
    return f"{PREFIX}1" + "".join(_LETTERS[value] for value in values)


def _expanded(head: str) -> list[int]:
    return [*(ord(letter) >> 5 for letter in head), 0, *(ord(letter) & 31 for letter in head)]


def _polymod(values: list[int]) -> int:
    sum_ = 1
    for value in values:
        top = sum_ >> 25
        sum_ = (sum_ & 0x1FFFFFF) << 5 ^ value
        for at, part in enumerate(_GENERATOR):
            sum_ ^= part if top >> at & 1 else 0
    return sum_


def _bytes(values: list[int]) -> bytes:
    bits = 0
    for value in values:
        bits = bits << 5 | value
    spare = len(values) * 5 % 8
    if spare > 4 or bits & ((1 << spare) - 1):
        raise MalformedError("recipient: wrong length")
    return (bits >> spare).to_bytes(len(values) * 5 // 8, "big")
