"""
The hub's own keys, as files.

``state_dir`` survives a reboot, ``runtime_dir`` does not (it should be a tmpfs). Neither lies in the
database or its dumps. One file per family of keys (:mod:`casework.families`).

    state_dir    epoch.key        the second lock on every grant, rotated daily
                 spool.key        incoming, outbox, deletions; never escrowed
                 remembered.key   links of chats that asked to be remembered for 30 days
                 courier.key      seeds that open courier addresses
                 press.key, contact.key   seeds that open approved bytes and staff contacts
                 hub.key, register.key    seeds that sign for the hub and for the register
                 roster.seen      the newest roster this hub ever saw in force; newest.roster: as signed
                 suspended.seen   suspensions that were signed, so that taking them out lifts none
                 journal.seen     the journal's head when the hub read it last
                 renewed.seen     keys renewed because somebody was gone: no older one is sealed to
                 settled.seen     keyrings that are gone and can open nothing new, whatever rows say
                 parties.seen     a bookmark: where the journal was read to, locked (casework/bookmarks.py)
    runtime_dir  link.key         conversations in progress, weekly
                 handin.key       grants on their way in, daily

None of these opens anything sealed to staff.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from casework import bookmarks, canonical, renewals
from casework.accounts import Accounts
from casework.errors import KeyMissingError
from casework.families import SETTLING, Family, write_file
from casework.hands import StaffKey
from casework.heads import Head
from casework.parties import Book
from casework.renewals import Renewals
from crypto.errors import CryptoError
from crypto.lock import Key
from crypto.signature import SigningKey
from crypto.xwing import Identity

__all__ = ["RUNTIME", "SETTLING", "STATE", "Family", "Strongbox", "write_file"]

STATE = ("epoch", "spool", "remembered", "courier", "press", "contact", "hub", "register")
RUNTIME = ("link", "handin")

SEEN = "roster.seen"
NOTE = "newest.roster"
SUSPENDED = "suspended.seen"
JOURNAL = "journal.seen"
RENEWED = "renewed.seen"
SETTLED = "settled.seen"

# What the hub remembers besides its keys and what is copied with them, so that rows taken out or put back
# convince nobody, nor those of an older dump. What was settled is not: after a restore it is done again.
MEMORY = (SEEN, NOTE, SUSPENDED, JOURNAL, RENEWED)


@dataclass(frozen=True, slots=True)
class Suspension:
    """A suspension the hub saw signed: by which row of the journal, until when, and since which row."""

    n: int
    until: datetime
    since: int


@dataclass
class Settling:
    """The keys still to be renewed because one *of* these keyrings, which are gone, could hold them."""

    of: frozenset[StaffKey] = frozenset()
    left: list[tuple[bytes, str]] = field(default_factory=list)


class Strongbox:
    """Every key a running hub holds."""

    def __init__(self, families: dict[str, Family], state_dir: Path) -> None:
        self.families = families
        self._seen_file = state_dir / SEEN
        self._note_file = state_dir / NOTE
        self.roster_seen = _read_number(self._seen_file)
        self._suspended_file = state_dir / SUSPENDED
        self.suspended = _read_suspended(self._suspended_file)
        self._settled_file = state_dir / SETTLED
        self.settled = _read_settled(self._settled_file)
        self.settling = Settling()
        self._journal_file = state_dir / JOURNAL
        self.journal_seen = _read_head(self._journal_file)
        # Who is on which case, as the journal says.
        self._renewed_file = state_dir / RENEWED
        self.renewed = _read_renewed(self._renewed_file)
        bookmark = state_dir / bookmarks.NAME
        self.parties = Book(
            accounts=Accounts(renewed=dict(self.renewed)),
            seen=self.journal_seen,
            remember=self.see_journal,
            bookmark=bookmarks.read(bookmark),
            lay_down=partial(write_file, bookmark),
        )
        self.taken_out: set[str] = set()  # suspended, though the database says no longer

    def __repr__(self) -> str:
        return "<Strongbox>"

    @classmethod
    def create(cls, state_dir: Path, runtime_dir: Path, now: datetime) -> Strongbox:
        """Make all keys of a new house."""
        for folder in (state_dir, runtime_dir):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in STATE:
            Family.create(state_dir / f"{name}.key", 1, now)
        return cls.load(state_dir, runtime_dir, now)

    @classmethod
    def load(cls, state_dir: Path, runtime_dir: Path, now: datetime) -> Strongbox:
        """
        Read all keys; those of ``runtime_dir`` are made anew where a reboot took them.

        Raises:
            KeyMissingError: a key of ``state_dir`` is not there or damaged. A new spool key is made when
                only that one is missing, because a restored house comes without it.
        """
        runtime_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        families = {}
        for name in STATE:
            path = state_dir / f"{name}.key"
            if name == "spool" and not path.exists():
                Family.create(path, _fresh_number(), now)
            families[name] = Family.load(path)
        for name in RUNTIME:
            families[name] = _load_or_make(runtime_dir / f"{name}.key", now)
        return cls(families, state_dir)

    # --- symmetric locks ---

    @property
    def epoch(self) -> Key:
        """Return the lock that new grants get."""
        return self._lock("epoch")

    @property
    def epochs(self) -> dict[int, Key]:
        """Return every epoch lock on file."""
        return self._locks("epoch")

    @property
    def spool(self) -> Key:
        """Return the lock of new spool, outbox and deletion rows."""
        return self._lock("spool")

    @property
    def spools(self) -> dict[int, Key]:
        """Return every spool lock on file."""
        return self._locks("spool")

    @property
    def link(self) -> Key:
        """Return the lock of conversations in progress; it dies with ``runtime_dir``."""
        return self._lock("link")

    @property
    def links(self) -> dict[int, Key]:
        """Return the link locks still good, the current one included."""
        return self._locks("link")

    @property
    def remembered(self) -> Key:
        """Return the lock of links that live 30 days and survive a reboot."""
        return self._lock("remembered")

    # --- keys that open what desks seal to the hub ---

    @property
    def courier(self) -> tuple[int, Identity]:
        """Return the number and identity new courier addresses are sealed to."""
        key = self.families["courier"].current
        return key.number, Identity.from_seed(key.secret)

    @property
    def couriers(self) -> dict[int, Identity]:
        """Return every courier identity on file."""
        return {n: Identity.from_seed(k.secret) for n, k in self.families["courier"].keys.items()}

    @property
    def handin(self) -> tuple[int, Identity]:
        """Return the number and identity desks hand grants in to."""
        key = self.families["handin"].current
        return key.number, Identity.from_seed(key.secret)

    @property
    def handins(self) -> dict[int, Identity]:
        """Return every hand-in identity on file."""
        return {n: Identity.from_seed(k.secret) for n, k in self.families["handin"].keys.items()}

    @property
    def press(self) -> Identity:
        """Return what opens bytes approved for publication."""
        return Identity.from_seed(self.families["press"].current.secret)

    @property
    def contact(self) -> Identity:
        """Return what opens the addresses staff want notices at."""
        return Identity.from_seed(self.families["contact"].current.secret)

    # --- keys that sign ---

    @property
    def signing(self) -> SigningKey:
        """Return the hub's roster key."""
        return SigningKey.from_seed(self.families["hub"].current.secret)

    @property
    def register(self) -> SigningKey:
        """Return the key that signs the register's bundle."""
        return SigningKey.from_seed(self.families["register"].current.secret)

    def lock_of(self, name: str, number: int) -> Key:
        """
        Return lock *number* of family *name*.

        Raises:
            KeyMissingError: it is not on file: rotated away, or never here.
        """
        family = self.families[name]
        if number not in family.keys:
            family.reload()
        if number not in family.keys:
            raise KeyMissingError(name)
        return Key(number, family.keys[number].secret)

    def reload(self) -> None:
        """Read every file again: another process of this house may have rotated."""
        for family in self.families.values():
            family.reload()

    def see_roster(self, version: int, note: Callable[[], bytes]) -> None:
        """Remember that this roster is in force, and its *note*; a lower *version* changes nothing."""
        if version > self.roster_seen or not self._note_file.exists():
            # First the bytes: a number without them would keep a restored house from coming back by itself.
            write_file(self._note_file, note())
            write_file(self._seen_file, f"{version}\n".encode())
            self.roster_seen = version

    def see_suspended(self, suspended: dict[str, Suspension]) -> None:
        """Remember who is suspended; the same as before changes nothing."""
        if suspended == self.suspended:
            return
        body = {
            staff: {"n": one.n, "since": one.since, "until": one.until.isoformat()}
            for staff, one in suspended.items()
        }
        write_file(self._suspended_file, canonical.dumps(body))
        self.suspended = dict(suspended)

    def see_journal(self, head: Head) -> None:
        """Remember where the journal is; the same as before changes nothing."""
        if head != self.journal_seen:
            write_file(self._journal_file, f"{head.write()}\n".encode("ascii"))
            self.journal_seen = head

    def see_renewed(self) -> None:
        """Remember which keys were renewed; the same as before changes nothing."""
        with self.parties.lock:
            renewed = dict(self.parties.renewed)
        if renewed != self.renewed:
            write_file(self._renewed_file, renewals.dumps(renewed))
            self.renewed = renewed

    def see_settled(self, settled: frozenset[StaffKey]) -> None:
        """Remember which keyrings that are gone can open nothing new; the same as before changes nothing."""
        if settled == self.settled:
            return
        write_file(self._settled_file, canonical.dumps(sorted([*one] for one in settled)))
        self.settled = settled

    def add(self, name: str, now: datetime) -> int:
        """Make a new current key in family *name* and return its number."""
        family = self.families[name]
        number = _fresh_number() if name in RUNTIME else max(family.keys) + 1
        return family.add(number, now).number

    def prepare(self, name: str, now: datetime) -> int:
        """Put the next key of family *name* on file, without letting it serve, and return its number."""
        family = self.families[name]
        return family.prepare(max(family.keys) + 1, now).number

    def begin(self, name: str, number: int, now: datetime) -> None:
        """Let a prepared key of family *name* serve from now on."""
        self.families[name].begin(number, now)

    def _lock(self, name: str) -> Key:
        key = self.families[name].current
        return Key(key.number, key.secret)

    def _locks(self, name: str) -> dict[int, Key]:
        return {n: Key(n, key.secret) for n, key in self.families[name].keys.items()}


def _load_or_make(path: Path, now: datetime) -> Family:
    """Load a runtime family, or make it anew when the reboot took it."""
    try:
        return Family.load(path)
    except KeyMissingError:
        return Family.create(path, _fresh_number(), now)


def _read_number(path: Path) -> int:
    """
    Read a file that holds one number; 0 when there is none yet.

    Raises:
        KeyMissingError: it is damaged.
    """
    try:
        return int(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        return 0
    except (OSError, ValueError):
        raise KeyMissingError(path.stem) from None


def _read_suspended(path: Path) -> dict[str, Suspension]:
    """
    Read who was suspended; nobody when there is no such file yet.

    Raises:
        KeyMissingError: it is damaged.
    """
    try:
        return read_suspensions(path.read_bytes())
    except FileNotFoundError:
        return {}
    except OSError:
        raise KeyMissingError(path.stem) from None


def read_suspensions(body: bytes) -> dict[str, Suspension]:
    """
    Read what :meth:`Strongbox.see_suspended` wrote.

    Raises:
        KeyMissingError: it is damaged.
    """
    try:
        return {
            str(staff): Suspension(int(one["n"]), datetime.fromisoformat(one["until"]), int(one["since"]))
            for staff, one in canonical.loads(body).items()
        }
    except (AttributeError, CryptoError, KeyError, TypeError, ValueError):
        raise KeyMissingError("suspended") from None


def _read_head(path: Path) -> Head | None:
    """
    Read where the journal was; none when nobody read it yet.

    Raises:
        KeyMissingError: it is damaged.
    """
    try:
        return Head.read(path.read_text(encoding="ascii").rstrip("\n"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        raise KeyMissingError(path.stem) from None


def _read_renewed(path: Path) -> Renewals:
    """
    Read which keys were renewed; none when there is no such file yet.

    Raises:
        KeyMissingError: it is damaged.
    """
    try:
        return renewals.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (CryptoError, OSError):
        raise KeyMissingError(path.stem) from None


def _read_settled(path: Path) -> frozenset[StaffKey]:
    """Read which keyrings are settled; a file that is missing or damaged only makes the hub do it again."""
    try:
        return frozenset((str(staff), int(number)) for staff, number in canonical.loads(path.read_bytes()))
    except (CryptoError, OSError, TypeError, ValueError):
        return frozenset()


def _fresh_number() -> int:
    """Return a number no earlier key of a lost file had, save by a one in two billion chance."""
    return secrets.randbelow(2**31 - 2) + 1
