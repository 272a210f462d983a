"""
Signing in: a name, a passphrase, a code; one sentence for every way in which they do not belong together.

* An unknown name costs what a known one costs (one Argon2id run); the lane that calls this is two wide.
* A code is good once. Five wrong codes after the right passphrase close the name for a quarter of an hour;
  since they are counted only after the right passphrase, a stranger cannot lock anybody out.
* Signing in is refused to whoever is not a living member of the roster in force with exactly these keys.
"""

from __future__ import annotations

import hmac
import threading
from collections import defaultdict
from datetime import datetime, timedelta

import pyotp

from casework import journal, rosters
from casework.actors import Actor
from casework.database import Database
from casework.rosters import Staffing
from crypto import keyring
from crypto.errors import CryptoError
from crypto.keyring import Staff
from crypto.roster import Anchor, StaffEntry
from desk import keyrings
from desk.errors import WrongSignInError
from desk.settings import Settings

STEP = 30  # seconds a code lasts
WRONG_CODES = 5
WRONG_WINDOW = timedelta(minutes=15)
# A passphrase has six words; whatever is longer than this was not typed by a person.
TYPED_LIMIT = 400


class Entrance:
    """Checks who may begin a session, and whether a session may still go on."""

    def __init__(self, settings: Settings, database: Database, anchor: Anchor) -> None:
        self._settings = settings
        self._database = database
        self._anchor = anchor
        self._lock = threading.Lock()
        self._used: dict[str, int] = {}
        self._wrong: dict[str, list[datetime]] = defaultdict(list)

    def sign_in(self, name: str, passphrase: str, code: str, now: datetime) -> Staff:
        """
        Return the unlocked keys of *name*, and note the sign-in in the journal.

        Raises:
            WrongSignInError: name, passphrase and code do not belong together, or the roster says no.
        """
        staff = self._unlock(name, passphrase[:TYPED_LIMIT])
        _staffing, entry = self.standing(staff, now)
        if entry is None or not self._is_code_good(staff, code, now):
            raise WrongSignInError
        with self._database.write() as session:
            by = Actor(staff=staff.staff, number=staff.number, signing=staff.signing)
            journal.write(session, "sign-in", by=by, day=now.date())
        return staff

    def standing(self, staff: Staff, now: datetime) -> tuple[Staffing, StaffEntry | None]:
        """Return who is at work and this person's entry, none if they may not work now."""
        with self._database.read() as session:
            staffing = rosters.staffing(session, self._anchor, now)
        entry = staffing.roster.find(staff.staff)
        if entry is None or entry.id not in staffing.living or entry.number != staff.number:
            return staffing, None
        same = entry.recipient == staff.identity.recipient and hmac.compare_digest(
            entry.signing, staff.signing.public
        )
        return staffing, entry if same else None

    def _unlock(self, name: str, passphrase: str) -> Staff:
        data = keyrings.find(self._settings.keyring_dir, name)
        try:
            if data is not None and not self._settings.is_practice and keyring.is_practice(data):
                data = None
            if data is None:
                keyring.dummy_unlock(keyring.PRACTICE if self._settings.is_practice else keyring.NORMAL)
                raise WrongSignInError
            staff = keyring.unlock(data, passphrase)
        except CryptoError:
            raise WrongSignInError from None
        if staff.staff != name:
            raise WrongSignInError
        return staff

    def _is_code_good(self, staff: Staff, code: str, now: datetime) -> bool:
        """Check one code; a good one is used up by this."""
        try:
            secret = keyrings.read_secret(self._settings.keyring_dir, staff)
        except (OSError, CryptoError):
            return False
        typed = "".join(code.split())
        with self._lock:
            recent = [at for at in self._wrong[staff.staff] if now - at < WRONG_WINDOW]
            if len(recent) >= WRONG_CODES:
                return False
            step = _matching_step(secret, typed, now)
            if step is None or step <= self._used.get(staff.staff, -1):
                self._wrong[staff.staff] = [*recent, now]
                return False
            self._used[staff.staff] = step
            return True


def _matching_step(secret: str, typed: str, now: datetime) -> int | None:
    """Return the step *typed* is the code of: this one, or a neighbour where clocks differ a little."""
    current = int(now.timestamp()) // STEP
    totp = pyotp.TOTP(secret, interval=STEP)
    for step in (current - 1, current, current + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), typed.encode()):
            return step
    return None
