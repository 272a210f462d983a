"""Staff keyrings: one person's secret keys in a file, locked by a passphrase. Never imported by the hub.

The file is text:

    subrosa-keyring/v1
    staff <id>
    number <n>
    profile <name>
    salt <base64>
    commitment <base64>
    sealed <base64 of ChaCha20-Poly1305(X-Wing seed ‖ Ed25519 seed), the lines above as associated data>

Rules:
* The passphrase is generated, never chosen: six words of 2048, 66 bits, made slow by Argon2id.
* The commitment is compared first, so a file opens under one passphrase and no other.
* An unlock in profile `normal` takes 256 MiB; whoever serves several people allows two at once and queues
  the rest. Profile `practice` protects nothing: callers refuse it outside practice houses (`profile_of`).
"""

from __future__ import annotations

import hmac
import os
import secrets
from dataclasses import dataclass, field
from datetime import date

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from crypto import words
from crypto.encoding import decode, encode
from crypto.errors import CryptoError, MalformedError, UnknownVersionError
from crypto.kdf import derive
from crypto.roster import STAFF_ID, StaffEntry
from crypto.sealed import open_sealed
from crypto.signature import SigningKey
from crypto.xwing import SEED_SIZE, Identity

PASSPHRASE_WORDS = 6
SALT_SIZE = 16
COMMITMENT_SIZE = 32

_VERSION = "subrosa-keyring/v1"
_FAMILY = "subrosa-keyring/"
_NAMES = ("staff", "number", "profile", "salt", "commitment", "sealed")
_ONE_USE_NONCE = bytes(12)  # the salt is fresh in every file, and so is the key
_TYPED_LIMIT = 500  # characters of a passphrase that are looked at; six words have at most 53
_SIZE_LIMIT = 4096  # bytes; a keyring has about 350


class WrongPassphraseError(CryptoError):
    """The passphrase is wrong, or the keyring was changed."""


@dataclass(frozen=True)
class Profile:
    """How slow a guess is: Argon2id passes, KiB of memory, lanes."""

    name: str
    iterations: int
    memory: int
    lanes: int


NORMAL = Profile("normal", iterations=3, memory=256 * 1024, lanes=4)
PRACTICE = Profile("practice", iterations=1, memory=64, lanes=1)
PROFILES = {profile.name: profile for profile in (NORMAL, PRACTICE)}


@dataclass(frozen=True, eq=False)
class Staff:
    """An unlocked keyring: who it is, and what they can open and sign with."""

    staff: str
    number: int
    identity: Identity = field(repr=False)
    signing: SigningKey = field(repr=False)

    def entry(self, roles: frozenset[str], expires: date | None = None) -> StaffEntry:
        """Return the roster entry that makes these keys known, with *roles* and a last day."""
        return StaffEntry(
            id=self.staff,
            roles=roles,
            recipient=self.identity.recipient,
            signing=self.signing.public,
            number=self.number,
            expires=expires,
            revoked=False,
        )

    def __repr__(self) -> str:
        return "<Staff, unlocked>"

    def __reduce__(self) -> str:
        raise TypeError("an unlocked keyring is not to be pickled or copied")


def create(staff: str, profile: Profile, *, number: int = 1) -> tuple[bytes, str, Staff]:
    """Make keys for *staff* and return the locked file, its passphrase, and the keys unlocked.

    The passphrase exists only in what is returned.
    """
    if not STAFF_ID.match(staff):
        raise ValueError("crypto: a staff id is a-z, 0-9 and -, at most 32 characters, a letter first")
    if number < 1:
        raise ValueError("crypto: key numbers begin at 1")
    unlocked = Staff(staff, number, Identity.generate(), SigningKey.generate())
    passphrase = generate_passphrase()
    return _lock(unlocked, passphrase, profile), passphrase, unlocked


def unlock(data: bytes, passphrase: str) -> Staff:
    """Open a keyring. Case, separators, ё and anything after the fourth letter of a word do not matter.

    Costs what the file's profile says, right or wrong.

    Raises:
        WrongPassphraseError: another passphrase, or a changed file.
        MalformedError, UnknownVersionError: not a keyring that this program knows.
    """
    fields, covered = _parse(data)
    key, commitment = _stretch(passphrase, fields.salt, fields.profile)
    if not hmac.compare_digest(commitment, fields.commitment):
        raise WrongPassphraseError
    try:
        seeds = ChaCha20Poly1305(key).decrypt(_ONE_USE_NONCE, fields.sealed, covered)
    except InvalidTag:
        raise WrongPassphraseError from None
    if len(seeds) != 2 * SEED_SIZE:
        raise MalformedError("keyring: wrong length")
    identity, signing = Identity.from_seed(seeds[:SEED_SIZE]), SigningKey.from_seed(seeds[SEED_SIZE:])
    return Staff(fields.staff, fields.number, identity, signing)


def change_passphrase(data: bytes, passphrase: str) -> tuple[bytes, str]:
    """Return the same keys under a new passphrase, and that passphrase; also how a second copy is made.

    Old copies of the file still open with the old passphrase.

    Raises:
        CryptoError: as :func:`unlock`.
    """
    unlocked = unlock(data, passphrase)
    renewed = generate_passphrase()
    return _lock(unlocked, renewed, PROFILES[profile_of(data)]), renewed


def dummy_unlock(profile: Profile) -> None:
    """Cost what an unlock costs, for a name that has no keyring."""
    _stretch("", os.urandom(SALT_SIZE), profile)


def profile_of(data: bytes) -> str:
    """Return the name of the profile in the file's header.

    Raises:
        MalformedError, UnknownVersionError: not a keyring that this program knows.
    """
    return _parse(data)[0].profile.name


def is_practice(data: bytes) -> bool:
    """Whether the file is locked in the profile that protects nothing.

    Raises:
        MalformedError, UnknownVersionError: as :func:`profile_of`.
    """
    return profile_of(data) == PRACTICE.name


def staff_of(data: bytes) -> tuple[str, int]:
    """Return the staff id and key number in the file's header; only :func:`unlock` proves them.

    Raises:
        MalformedError, UnknownVersionError: as :func:`profile_of`.
    """
    fields = _parse(data)[0]
    return fields.staff, fields.number


def open_grant(staff: Staff, grant: bytes, context: bytes) -> bytes:
    """Return the case seed in *grant*, sealed to *staff* in *context*.

    The caller compares the recipient that follows from it with the case's: the hub could have granted
    another seed.

    Raises:
        CryptoError: as :func:`crypto.sealed.open_sealed`.
    """
    seed = open_sealed(grant, staff.identity, context)
    if len(seed) != SEED_SIZE:
        raise MalformedError("grant: wrong length")
    return seed


def generate_passphrase(lang: str = "en") -> str:
    """Return six random words, 66 bits, joined by hyphens so that a password manager keeps them whole."""
    value = secrets.randbits(PASSPHRASE_WORDS * words.BITS)
    return "-".join(words.to_words(value, PASSPHRASE_WORDS, lang))


@dataclass(frozen=True)
class _Fields:
    staff: str
    number: int
    profile: Profile
    salt: bytes
    commitment: bytes
    sealed: bytes


def _lock(unlocked: Staff, passphrase: str, profile: Profile) -> bytes:
    salt = os.urandom(SALT_SIZE)
    key, commitment = _stretch(passphrase, salt, profile)
    lines = (
        _VERSION,
        f"staff {unlocked.staff}",
        f"number {unlocked.number}",
        f"profile {profile.name}",
        f"salt {encode(salt)}",
        f"commitment {encode(commitment)}",
    )
    covered = "".join(line + "\n" for line in lines).encode("ascii")
    seeds = unlocked.identity.seed + unlocked.signing.seed
    sealed = ChaCha20Poly1305(key).encrypt(_ONE_USE_NONCE, seeds, covered)
    return covered + f"sealed {encode(sealed)}\n".encode("ascii")


def _parse(data: bytes) -> tuple[_Fields, bytes]:
    if len(data) > _SIZE_LIMIT:
        raise MalformedError("keyring: too long")
    try:
        lines = data.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise MalformedError("keyring: not text") from None
    if lines[0] != _VERSION:
        if lines[0].startswith(_FAMILY):
            raise UnknownVersionError
        raise MalformedError("keyring: not a keyring")
    if len(lines) != len(_NAMES) + 2 or lines[-1]:
        raise MalformedError("keyring: wrong lines")
    values = []
    for name, line in zip(_NAMES, lines[1:-1], strict=True):
        found, _, value = line.partition(" ")
        if found != name:
            raise MalformedError(f"keyring: no {name}")
        values.append(value)
    staff, number, profile, salt, commitment, sealed = values
    if not STAFF_ID.match(staff) or not number.isdecimal() or str(int(number)) != number:
        raise MalformedError("keyring: whose is it")
    if profile not in PROFILES:
        raise UnknownVersionError
    fields = _Fields(
        staff,
        int(number),
        PROFILES[profile],
        decode(salt, part="keyring salt"),
        decode(commitment, part="keyring commitment"),
        decode(sealed, part="keyring"),
    )
    if len(fields.salt) != SALT_SIZE or len(fields.commitment) != COMMITMENT_SIZE:
        raise MalformedError("keyring: wrong length")
    return fields, data[: data.rindex(b"sealed ")]


def _stretch(passphrase: str, salt: bytes, profile: Profile) -> tuple[bytes, bytes]:
    """Return key and commitment of *passphrase*: Argon2id once, then HKDF."""
    stretched = Argon2id(
        salt=salt,
        length=32,
        iterations=profile.iterations,
        lanes=profile.lanes,
        memory_cost=profile.memory,
    ).derive(_canonical(passphrase))
    return derive(stretched, "subrosa keyring key v1"), derive(stretched, "subrosa keyring commitment v1")


def _canonical(passphrase: str) -> bytes:
    """Return the one spelling of a passphrase; of anything else, something that is no passphrase."""
    typed = passphrase[:_TYPED_LIMIT]
    for reading in words.readings(typed):
        numbers = words.known(reading)
        known = [number for number in numbers if number is not None]
        if len(known) == len(numbers) == PASSPHRASE_WORDS:
            return " ".join(words.load("en").words[number] for number in known).encode("ascii")
    return b"\0" + words.fold(typed).encode("utf-8", "replace")
