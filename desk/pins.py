"""
The PIN: how somebody takes up a sitting that fell idle, without the six words and the code.

* It is chosen for one sitting, lives in memory, and is good until the shift is over. Five wrong ones end it.
* A locked sitting holds no key in clear: the seeds lie locked under what follows from the PIN and from the
  browser's cookie together, of which the desk keeps only a hash. Everything else that was opened is dropped
  and asked for anew.
* Against somebody who holds both the desk's memory and the browser a PIN of six digits is no protection.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from crypto import context, lock
from crypto.errors import CryptoError, TamperedError
from crypto.kdf import derive
from crypto.keyring import PRACTICE, Profile, Staff
from crypto.signature import SigningKey
from crypto.xwing import SEED_SIZE, Identity

TRIES = 5
# A million to guess from; whoever wants more digits may.
PIN = re.compile(r"[0-9]{6,12}\Z")
# A tenth of a second: the PIN protects an unattended browser, and is asked for many times a day.
COST = Profile("pin", iterations=2, memory=64 * 1024, lanes=2)

_SALT_SIZE = 16
_NUMBER = 1


class WrongPinError(CryptoError):
    """This PIN does not open this sitting."""


@dataclass(frozen=True)
class Pin:
    """What an open sitting keeps of its PIN: enough to lock itself when nobody is there to type it."""

    salt: bytes = field(repr=False)
    key: lock.Key = field(repr=False)


@dataclass(frozen=True)
class Shut:
    """The keys of one person, locked. Holds no seed in clear."""

    staff: str
    number: int
    salt: bytes = field(repr=False)
    locked: bytes = field(repr=False)


def is_pin(text: str) -> bool:
    """Tell whether *text* may be a PIN: six to twelve digits, and not one digit again and again."""
    return bool(PIN.match(text)) and len(set(text)) > 1


def choose(pin: str, token: str, *, cheap: bool) -> Pin:
    """Return what an open sitting keeps of *pin*, for the browser that holds the cookie *token*."""
    salt = os.urandom(_SALT_SIZE)
    return Pin(salt, _key(pin, token, salt, cheap=cheap))


def shut(staff: Staff, pin: Pin) -> Shut:
    """Lock the keys of *staff* under their PIN."""
    seeds = staff.identity.seed + staff.signing.seed
    return Shut(staff.staff, staff.number, pin.salt, lock.lock(pin.key, seeds, _where(staff.staff)))


def reopen(one: Shut, pin: str, token: str, *, cheap: bool) -> tuple[Staff, Pin]:
    """
    Return the keys again, and what the sitting keeps of its PIN.

    Raises:
        WrongPinError: another PIN, or another browser.
    """
    key = _key(pin, token, one.salt, cheap=cheap)
    try:
        seeds = lock.unlock(key, one.locked, _where(one.staff))
    except TamperedError:
        raise WrongPinError from None
    identity, signing = Identity.from_seed(seeds[:SEED_SIZE]), SigningKey.from_seed(seeds[SEED_SIZE:])
    return Staff(one.staff, one.number, identity, signing), Pin(one.salt, key)


def _key(pin: str, token: str, salt: bytes, *, cheap: bool) -> lock.Key:
    cost = PRACTICE if cheap else COST
    stretched = Argon2id(
        salt=salt, length=32, iterations=cost.iterations, lanes=cost.lanes, memory_cost=cost.memory
    ).derive(pin.encode())
    return lock.Key(_NUMBER, derive(token.encode() + stretched, "subrosa desk pin v1"))


def _where(staff: str) -> bytes:
    return context.named("sitting", staff)
