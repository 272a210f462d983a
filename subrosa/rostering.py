"""
The roster at the shell: drafts, signatures, and what is put in force.

    draft     the next roster as text, unsigned, in a file; changes may be added to it
    sign      each root adds its signature, on a machine without network
    accept    enough of the pinned roots signed, and it follows the one in force: then it is in force

A draft that follows a roster which is no longer in force is a fork, and refused like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from casework import journal, rosters
from casework.actors import OPERATOR, Actor
from casework.rosters import ReservedNameError
from casework.strongbox import Strongbox, write_file
from crypto.note import UnverifiedNote
from crypto.note import sign as sign_note
from crypto.roster import (
    Anchor,
    Roster,
    StaffEntry,
    UnverifiedRoster,
    add_signature,
    read_draft,
    root_name,
    sign,
    words,
)
from crypto.signature import SigningKey
from crypto.xwing import Recipient
from subrosa import founding
from subrosa.errors import ShellError, UsageError

Change = Callable[[Sequence[StaffEntry]], Sequence[StaffEntry]]


class RefusedRosterError(ShellError):
    """This roster is not put in force"""


class ForkError(ShellError):
    """This is a fork, and an ALARM: the root keys signed two rosters that exclude each other"""

    hint = (
        "put neither in force; read the words of each aloud with everybody who holds a root key,"
        " and treat a root key nobody can account for as stolen: subrosa roster repin"
    )


@dataclass(frozen=True, slots=True)
class Signed:
    """A roster as it lies in a file: what it claims, and whether somebody signed it yet."""

    claim: Roster
    note: bytes
    is_draft: bool


def read(path: Path) -> Signed:
    """
    Read a draft or a signed roster; a claim until its signatures are checked.

    Raises:
        CryptoError: it is neither.
    """
    body = path.read_bytes()
    if b"\n\n" not in body:
        return Signed(read_draft(body), body, is_draft=True)
    return Signed(read_draft(UnverifiedNote.parse(body).text), body, is_draft=False)


def draft(
    path: Path, in_force: Roster, change: Change, now: datetime, recovery: Recipient | None = None
) -> Roster:
    """
    Write the roster that follows *in_force* to *path*, or add *change* to the draft that lies there.

    *recovery* is named from then on as the one more holder of every new key.

    Raises:
        UsageError: what lies there is signed already, or follows another roster.
    """
    basis = in_force
    if path.exists():
        lying = read(path)
        if not lying.is_draft or lying.claim.previous != in_force.digest:
            raise UsageError(f"{path.name} is signed, or does not follow the roster in force")
        basis = lying.claim
    drafted = replace(
        founding.next_roster(in_force, list(change(basis.staff)), now), recovery=recovery or basis.recovery
    )
    write_file(path, drafted.text().encode("ascii"))
    return drafted


def add_root(signed: Signed, root: SigningKey) -> bytes:
    """Return the roster with one more root's signature."""
    if signed.is_draft:
        return sign_note(signed.note, root_name(root.public), root)
    return add_signature(signed.note, root)


def sign_all(roster: Roster, roots: Sequence[SigningKey]) -> bytes:
    """Return *roster* as a note signed by every one of *roots*."""
    note = sign(roster, roots[0])
    for root in roots[1:]:
        note = add_signature(note, root)
    return note


def revoked(name: str) -> Change:
    """Return the change that revokes every key of *name*."""

    def change(staff: Sequence[StaffEntry]) -> Sequence[StaffEntry]:
        if all(one.id != name for one in staff):
            raise UsageError(f"nobody is called {name} on the roster")
        return [replace(one, revoked=True) if one.id == name else one for one in staff]

    return change


def renewed(entry: StaffEntry) -> Change:
    """Return the change that puts *entry* in the place of every earlier key of that person."""

    def change(staff: Sequence[StaffEntry]) -> Sequence[StaffEntry]:
        return [*revoked(entry.id)(staff), entry]

    return change


def enrolled(entry: StaffEntry) -> Change:
    """Return the change that lists *entry*; revoked keys of that person stay, for what they signed."""
    place = (entry.id, entry.number)
    return lambda staff: [one for one in staff if (one.id, one.number) != place] + [entry]


def accept(
    session: Session, note: bytes, anchor: Anchor, strongbox: Strongbox, today: date, act: str | None = None
) -> Roster:
    """
    Put a signed roster in force, with its row in the journal; the one in force already changes nothing.

    *act* is the journal's word for it; without one, it is ``enrol`` where somebody is new, else ``roster``.

    Raises:
        RefusedRosterError: too few root keys signed it, it is older than the one in force, or expired, or
            leaves out versions, or is of another hub, or
            adds somebody who is sealed to after the grace of the last one.
        ForkError: the root keys signed another roster of this version, or one that follows another.
        CryptoError: a signature is false, or it is no roster.
    """
    offered = verify(note, anchor)
    held = rosters.current(session, anchor)
    relation = _judge(held, offered, strongbox, today)
    if relation == "same":
        return held
    try:
        rosters.accept(session, note, anchor, today)
    except ReservedNameError:
        raise RefusedRosterError("somebody on it has a name that stands for something else") from None
    by = Actor(OPERATOR, 0, strongbox.signing)
    journal.write(session, act or ("enrol" if newcomers(held, offered) else "roster"), by=by, day=today)
    return offered


def verify(note: bytes, anchor: Anchor) -> Roster:
    """
    Return the roster in *note* if enough of the roots of *anchor* signed it.

    Raises:
        RefusedRosterError: says how many signatures are missing.
        CryptoError: a signature is false, or it is no roster.
    """
    if b"\n\n" not in note:
        raise RefusedRosterError("nobody signed it", hint="subrosa roster sign FILE --root KEY")
    unverified = UnverifiedRoster.parse(note)
    signers = unverified.claim.signers({root_name(root): root for root in anchor.roots})
    if len(signers) < anchor.threshold:
        said = f"{len(signers)} of the pinned root keys signed it, {anchor.threshold} must"
        raise RefusedRosterError(said, hint="subrosa roster sign FILE --root KEY, with another root key")
    return unverified.verify(anchor)


def check_may_enrol(roster: Roster, today: date) -> None:
    """
    Check that somebody may be enrolled under this roster.

    Raises:
        RefusedRosterError: it expired, and its days of grace are over.
    """
    if rosters.is_past_grace(roster, today):
        days = (today - roster.expires).days
        raise RefusedRosterError(
            f"the one in force expired {days} days ago: nobody is enrolled until it is renewed",
            hint="subrosa roster draft FILE, sign it, subrosa roster accept FILE; then add people",
        )


def newcomers(held: Roster, offered: Roster) -> list[StaffEntry]:
    """Return the keys that *offered* lists and *held* does not."""
    known = {(one.id, one.number, one.signing) for one in held.staff}
    return [one for one in offered.staff if (one.id, one.number, one.signing) not in known]


def _judge(held: Roster, offered: Roster, strongbox: Strongbox, today: date) -> str:
    relation = held.compare(offered)
    if relation == "fork":
        raise ForkError(
            f"version {held.version} in force reads {' '.join(words(held))};"
            f" version {offered.version} in the file reads {' '.join(words(offered))}"
        )
    if relation == "older":
        raise RefusedRosterError(f"it is version {offered.version}, and version {held.version} is in force")
    if relation == "same":
        return relation
    if offered.version != held.version + 1:
        said = f"it is version {offered.version}, and version {held.version + 1} is missing"
        raise RefusedRosterError(said, hint="put the versions between in force first, or draft it anew")
    if offered.expires < today:
        raise RefusedRosterError(f"it expired on {offered.expires}")
    if offered.hub_signing != strongbox.signing.public:
        raise RefusedRosterError("it names another hub than this one")
    if newcomers(held, offered) or offered.recovery != held.recovery:
        check_may_enrol(held, today)
    return relation
