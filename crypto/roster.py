"""The roster: who is staff, in which roles, with which keys; signed by the organisation's root keys.

Text, one fact a line, carried as a signed note:

    subrosa-roster/v1
    version <n>
    issued <day>
    expires <day>
    previous <hex of SHA-256 of the text before this, or ->
    hub-signing <base64>
    hub-courier <base64 or ->
    register-signing <base64>
    recovery <base64 or ->
    staff <id> <key number> <roles, by comma> <last day or -> <active or revoked> <signing> <recipient>

Rules:
* What parses writes back byte for byte; nothing is optional and nothing is ignored.
* A text becomes a `Roster` only through `UnverifiedRoster.verify` with pinned roots.
* No clock here: whether a roster has expired is for the caller, who knows the day and the 30 days of grace.
* A revoked entry stays, so that what it signed before can still be read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from crypto import note
from crypto import words as word_lists
from crypto.encoding import decode, encode
from crypto.errors import MalformedError, TamperedError, UnknownVersionError
from crypto.signature import PUBLIC_SIZE, SigningKey
from crypto.xwing import Recipient

ROLES = frozenset({"coordinator", "lawyer", "consultant", "editor", "custodian"})
STAFF_ID = re.compile(r"[a-z][a-z0-9-]{0,31}\Z")
STAFF_LIMIT = 200
SPOKEN_WORDS = 12

# All lines before the first of the staff end within this many bytes of the text, and so of the signed note.
HEAD_SIZE = 4096

_VERSION = "subrosa-roster/v1"
_FAMILY = "subrosa-roster/"
_HEAD = (
    "version",
    "issued",
    "expires",
    "previous",
    "hub-signing",
    "hub-courier",
    "register-signing",
    "recovery",
)
_NONE = "-"
_ENTRY_TAG = b"subrosa staff words v1\n"
_ROSTER_TAG = b"subrosa roster words v1\n"
_ANCHOR_TAG = b"subrosa anchor words v1\n"

Relation = Literal["same", "newer", "older", "fork"]


@dataclass(frozen=True)
class StaffEntry:
    """One person's one key: who, in which roles, until when."""

    id: str
    roles: frozenset[str]
    recipient: Recipient
    signing: bytes
    number: int
    expires: date | None
    revoked: bool

    def __post_init__(self) -> None:
        if not STAFF_ID.match(self.id):
            raise MalformedError("roster: not a staff id")
        if not self.roles or not self.roles <= ROLES:
            raise MalformedError("roster: not a role")
        if len(self.signing) != PUBLIC_SIZE or self.number < 1:
            raise MalformedError("roster: not a staff key")

    def line(self) -> str:
        """Return the entry as its line of the roster."""
        return " ".join(
            (
                "staff",
                self.id,
                str(self.number),
                ",".join(sorted(self.roles)),
                self.expires.isoformat() if self.expires else _NONE,
                "revoked" if self.revoked else "active",
                encode(self.signing),
                encode(self.recipient.raw),
            )
        )


@dataclass(frozen=True)
class Roster:
    """One version of the roster. Days are days of the organisation's calendar, both included."""

    version: int
    issued: date
    expires: date
    previous: bytes
    staff: tuple[StaffEntry, ...]
    hub_signing: bytes
    register_signing: bytes
    hub_courier: Recipient | None = None
    recovery: Recipient | None = None

    def __post_init__(self) -> None:
        if self.version < 1 or self.expires < self.issued or len(self.previous) not in (0, 32):
            raise MalformedError("roster: version, days or previous")
        if len(self.hub_signing) != PUBLIC_SIZE or len(self.register_signing) != PUBLIC_SIZE:
            raise MalformedError("roster: not a signing key")
        if len(self.staff) > STAFF_LIMIT:
            raise MalformedError("roster: too many staff")
        keys = [(entry.id, entry.number) for entry in self.staff]
        signing = [entry.signing for entry in self.staff]
        recipients = [entry.recipient for entry in self.staff]
        if any(len(set(column)) != len(column) for column in (keys, signing, recipients)):
            raise MalformedError("roster: a key is listed twice")

    def text(self) -> str:
        """Return the text that is signed."""
        values = (
            str(self.version),
            self.issued.isoformat(),
            self.expires.isoformat(),
            self.previous.hex() or _NONE,
            encode(self.hub_signing),
            encode(self.hub_courier.raw) if self.hub_courier else _NONE,
            encode(self.register_signing),
            encode(self.recovery.raw) if self.recovery else _NONE,
        )
        head = (f"{name} {value}" for name, value in zip(_HEAD, values, strict=True))
        staff = (entry.line() for entry in self.staff)
        return "".join(line + "\n" for line in (_VERSION, *head, *staff))

    @property
    def digest(self) -> bytes:
        """SHA-256 of the text: what the next version calls *previous*."""
        return hashlib.sha256(self.text().encode("ascii")).digest()

    def find(self, staff: str, number: int | None = None) -> StaffEntry | None:
        """Return the entry of *staff* with key *number*, or with the newest one; it may be revoked."""
        own = [entry for entry in self.staff if entry.id == staff and number in (None, entry.number)]
        return max(own, key=lambda entry: entry.number, default=None)

    def holding(self, role: str, on: date | None = None) -> tuple[StaffEntry, ...]:
        """Return who holds *role*: each person's newest key, not revoked, nor expired on a given day."""
        newest = (entry for entry in self.staff if entry is self.find(entry.id))
        return tuple(
            entry
            for entry in newest
            if role in entry.roles
            and not entry.revoked
            and (on is None or entry.expires is None or on <= entry.expires)
        )

    def compare(self, offered: Roster) -> Relation:
        """Say what *offered* is to somebody who holds this one.

        "fork" means that the roots signed two rosters that exclude each other: an alarm, never a choice.
        """
        if offered.digest == self.digest:
            return "same"
        if offered.version < self.version:
            return "older"
        if offered.version == self.version:
            return "fork"
        follows_on = offered.version > self.version + 1 or offered.previous == self.digest
        return "newer" if follows_on else "fork"


@dataclass(frozen=True)
class Anchor:
    """The pinned root keys, and how many of them must sign."""

    roots: tuple[bytes, ...]
    threshold: int

    def __post_init__(self) -> None:
        if len(set(self.roots)) != len(self.roots) or not 1 <= self.threshold <= len(self.roots):
            raise MalformedError("anchor: roots or threshold")
        if any(len(root) != PUBLIC_SIZE for root in self.roots):
            raise MalformedError("anchor: not a root key")


@dataclass(frozen=True)
class UnverifiedRoster:
    """A roster as it was read: a claim until its signatures are checked."""

    claim: note.UnverifiedNote

    @classmethod
    def parse(cls, signed: bytes) -> UnverifiedRoster:
        """Read a signed note; its text is not looked at yet.

        Raises:
            MalformedError: not a signed note.
        """
        return cls(note.UnverifiedNote.parse(signed))

    def verify(self, anchor: Anchor) -> Roster:
        """Return the roster if enough of the pinned roots signed it.

        Does not say that it is the newest, nor that it has not expired.

        Raises:
            TamperedError: too few signatures, or one that is false.
            MalformedError, UnknownVersionError: signed, but not a roster that this program knows.
        """
        keys = {root_name(root): root for root in anchor.roots}
        if len(self.claim.signers(keys)) < anchor.threshold:
            raise TamperedError
        return _parse(self.claim.text)

    def precede(self, successor: Roster) -> Roster:
        """Return the roster if *successor*, itself verified, names it as the one before it.

        Its own signatures are not looked at: whoever signed *successor* signed this text's hash.

        Raises:
            TamperedError: *successor* names another.
            MalformedError, UnknownVersionError: as :meth:`verify`.
        """
        if hashlib.sha256(self.claim.text).digest() != successor.previous:
            raise TamperedError
        return _parse(self.claim.text)


def read_draft(text: bytes) -> Roster:
    """Read the text of a roster that nobody signed yet: a claim, to be looked at before one signs.

    Raises:
        MalformedError, UnknownVersionError: not a roster that this program knows.
    """
    return _parse(text)


def named_recovery(head: bytes) -> bytes | None:
    """
    Return the recovery key that the first :data:`HEAD_SIZE` bytes of a roster name; none where they do not.

    A claim: nobody's signature is looked at, nor whether it is a key.
    """
    _first, _, rest = head.partition(b"\nrecovery ")
    named, end, _ = rest.partition(b"\n")
    try:
        return decode(named.decode("ascii"), part="roster recipient") if end else None
    except (MalformedError, UnicodeDecodeError):
        return None


def sign(roster: Roster, root: SigningKey) -> bytes:
    """Return *roster* as a note signed by one root key."""
    return note.sign(roster.text().encode("ascii"), root_name(root.public), root)


def add_signature(signed: bytes, root: SigningKey) -> bytes:
    """Return the note with one more root's signature.

    Raises:
        MalformedError: not a signed note.
    """
    return note.add_signature(signed, root_name(root.public), root)


def root_name(public: bytes) -> str:
    """Return the name under which a root key signs."""
    return f"subrosa-root-{hashlib.sha256(public).hexdigest()[:8]}"


def words(of: Roster | StaffEntry | Anchor, lang: str = "en") -> tuple[str, ...]:
    """Return 12 words, 132 bits, to be read aloud and compared.

    Of a whole roster, of one person's keys, or of the roots to be pinned, in whatever order these stand.
    """
    if isinstance(of, Roster):
        digest = hashlib.sha256(_ROSTER_TAG + of.text().encode("ascii")).digest()
    elif isinstance(of, Anchor):
        pinned = f"{of.threshold}\n".encode("ascii") + b"".join(sorted(of.roots))
        digest = hashlib.sha256(_ANCHOR_TAG + pinned).digest()
    else:
        named = f"{of.id} {of.number}\n".encode("ascii")
        digest = hashlib.sha256(_ENTRY_TAG + named + of.signing + of.recipient.raw).digest()
    value = int.from_bytes(digest, "big") >> 8 * len(digest) - SPOKEN_WORDS * word_lists.BITS
    return word_lists.to_words(value, SPOKEN_WORDS, lang)


def _parse(text: bytes) -> Roster:
    try:
        lines = iter(text.decode("ascii").split("\n"))
    except UnicodeDecodeError:
        raise MalformedError("roster: not ASCII") from None
    first = next(lines)
    if first != _VERSION:
        if first.startswith(_FAMILY):
            raise UnknownVersionError
        raise MalformedError("roster: not a roster")
    version, issued, expires, previous, hub, courier, register, recovery = (_value(lines, n) for n in _HEAD)
    roster = Roster(
        version=_number(version),
        issued=_day(issued),
        expires=_day(expires),
        previous=_digest(previous),
        staff=tuple(_entry(line) for line in lines if line),
        hub_signing=decode(hub, part="roster hub key"),
        hub_courier=_recipient(courier),
        register_signing=decode(register, part="roster register key"),
        recovery=_recipient(recovery),
    )
    # One roster, one text: a second spelling of the same facts would have a second digest.
    if roster.text().encode("ascii") != text:
        raise MalformedError("roster: not canonical")
    return roster


def _value(lines: Iterator[str], name: str) -> str:
    found, _, value = next(lines, "").partition(" ")
    if found != name:
        raise MalformedError(f"roster: no {name}")
    return value


def _entry(line: str) -> StaffEntry:
    fields = line.split(" ")
    if len(fields) != 8 or fields[0] != "staff" or fields[5] not in ("active", "revoked"):
        raise MalformedError("roster: not a staff line")
    return StaffEntry(
        id=fields[1],
        number=_number(fields[2]),
        roles=frozenset(fields[3].split(",")),
        expires=None if fields[4] == _NONE else _day(fields[4]),
        revoked=fields[5] == "revoked",
        signing=decode(fields[6], part="roster staff key"),
        recipient=Recipient.parse(decode(fields[7], part="roster staff recipient")),
    )


def _number(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise MalformedError("roster: not a number")
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise MalformedError("roster: not a day") from None


def _digest(text: str) -> bytes:
    try:
        return b"" if text == _NONE else bytes.fromhex(text)
    except ValueError:
        raise MalformedError("roster: not a digest") from None


def _recipient(text: str) -> Recipient | None:
    return None if text == _NONE else Recipient.parse(decode(text, part="roster recipient"))
