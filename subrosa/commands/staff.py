"""``subrosa staff``: people come and go, and keep their keyrings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from casework import rosters
from casework.database import Database
from crypto import keyring
from crypto.roster import ROLES, STAFF_ID, Roster, StaffEntry, words
from crypto.signature import SigningKey
from desk import keyrings
from subrosa import founding, keyfiles, rostering, typing_in
from subrosa.errors import UsageError
from subrosa.founding import NewStaff
from subrosa.opening import now, open_database, open_strongbox, with_settings
from subrosa.rostering import Change
from subrosa.settings import Settings

EXISTING = click.Path(path_type=Path, exists=True, dir_okay=False)
ROOT = click.option(
    "--root", "roots", type=EXISTING, multiple=True, help="A root key, from its stick; as many as must sign."
)
DRAFT = click.option(
    "--draft",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the next roster there instead, for the roots to sign elsewhere.",
)


@click.group("staff")
def command() -> None:
    """Add and revoke members of the staff; renew a keyring, change a passphrase, copy a keyring."""


@command.command("add")
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(sorted(ROLES)))
@ROOT
@DRAFT
@click.option("--json", "as_json", is_flag=True, help="Print the new member as JSON.")
@with_settings
def add(
    settings: Settings,
    name: str,
    roles: tuple[str, ...],
    roots: tuple[Path, ...],
    draft: Path | None,
    as_json: bool,
) -> None:
    """
    Make a keyring for NAME (a pseudonym) and put a roster in force that lists it, or draft one.

    Passphrase and code secret are printed once. Read the twelve words aloud with the new member.
    """
    if not STAFF_ID.match(name) or name in rosters.RESERVED:
        raise UsageError("a pseudonym is a-z, 0-9 and -, at most 32 characters, a letter first")
    keys = _read_roots(settings, roots, draft)
    roster = _current(settings)
    rostering.check_may_enrol(roster, now().date())
    earlier = [entry for entry in roster.staff if entry.id == name]
    if any(not entry.revoked for entry in earlier):
        raise UsageError("somebody of this name is on the roster")
    number = max((entry.number for entry in earlier), default=0) + 1
    profile = keyring.PRACTICE if settings.house.practice else keyring.NORMAL
    person, entry = founding.enrol(settings, name, roles, profile, number)
    _carry_out(settings, roster, rostering.enrolled(entry), keys, draft)
    _show(person, entry, as_json=as_json)


@command.command("renew")
@click.argument("name")
@ROOT
@DRAFT
@click.option("--json", "as_json", is_flag=True, help="Print the new keyring's secrets as JSON.")
@with_settings
def renew(settings: Settings, name: str, roots: tuple[Path, ...], draft: Path | None, as_json: bool) -> None:
    """
    Give NAME a new keyring after a lost passphrase, and revoke the one before it.

    Colleagues who hold the same keys give them back by themselves while they are signed in. What only the
    lost keyring could open takes the recovery key: subrosa recovery. The old file is kept beside the new one.
    """
    keys = _read_roots(settings, roots, draft)
    roster = _current(settings)
    rostering.check_may_enrol(roster, now().date())
    old = roster.find(name)
    if old is None or old.revoked:
        raise UsageError(f"nobody who may work is called {name}; subrosa staff add")
    profile = keyring.PRACTICE if settings.house.practice else keyring.NORMAL
    keyrings.put_aside(settings.desk.keyring_dir, name, old.number)
    person, entry = founding.enrol(settings, name, sorted(old.roles), profile, old.number + 1)
    _carry_out(settings, roster, rostering.renewed(entry), keys, draft)
    _show(person, entry, as_json=as_json)


@command.command("revoke")
@click.argument("name")
@ROOT
@DRAFT
@with_settings
def revoke(settings: Settings, name: str, roots: tuple[Path, ...], draft: Path | None) -> None:
    """
    Revoke NAME at once: the keeper stops answering, nothing new is sealed to that key.

    What the person read before stays read. Acts signed before stay valid.
    """
    keys = _read_roots(settings, roots, draft)
    roster = _current(settings)
    _carry_out(settings, roster, rostering.revoked(name), keys, draft)
    if draft is None:
        click.echo(f"{name} is revoked; roster {roster.version + 1} is in force")
    else:
        click.echo(f"{name} will be revoked once {draft} is signed and accepted; suspend them until then")


@command.command("passphrase")
@click.argument("name")
@typing_in.PASSPHRASE_FILE
@with_settings
def passphrase(settings: Settings, name: str, from_file: Path | None) -> None:
    """
    Lock the keyring of NAME under a new passphrase, which is printed once.

    Copies of the old file still open with the old passphrase: wipe them.
    """
    locked, renewed = keyring.change_passphrase(_keyring(settings, name), typing_in.passphrase(from_file))
    keyrings.replace(settings.desk.keyring_dir, name, locked)
    click.echo(f"  passphrase   {renewed}")


@command.command("copy")
@click.argument("name")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@typing_in.PASSPHRASE_FILE
@with_settings
def copy(settings: Settings, name: str, folder: Path, from_file: Path | None) -> None:
    """
    Put a second copy of the keyring of NAME into FOLDER, under a passphrase of its own, printed once.

    For a second machine of the same person. The sign-in code stays the same on both.
    """
    locked, renewed = keyring.change_passphrase(_keyring(settings, name), typing_in.passphrase(from_file))
    keyrings.copy(settings.desk.keyring_dir, folder, name, locked)
    click.echo(f"  passphrase   {renewed}")
    click.echo(f"{folder / name}.keyring and .totp: carry them in person", err=True)


def _show(person: NewStaff, entry: StaffEntry, *, as_json: bool) -> None:
    """Print what exists nowhere else."""
    if as_json:
        click.echo(json.dumps({**asdict(person), "words": list(words(entry))}, ensure_ascii=False))
        return
    click.echo(f"{person.id} ({', '.join(person.roles)})")
    click.echo(f"  passphrase   {person.passphrase}")
    click.echo(f"  code secret  {person.totp_secret}")
    click.echo(f"  read aloud   {' '.join(words(entry))}")


def _read_roots(settings: Settings, roots: Sequence[Path], draft: Path | None) -> list[SigningKey]:
    """Read the root keys that will sign, and refuse before anything is made when they are too few."""
    if draft is not None and not roots:
        return []
    keys = [keyfiles.read_root(root) for root in roots]
    missing = settings.anchor.threshold - len({key.public for key in keys})
    if draft is not None or missing > 0:
        raise UsageError(
            f"{settings.anchor.threshold} root keys sign a roster: name as many with --root, or use --draft"
        )
    return keys


def _current(settings: Settings) -> Roster:
    with open_database(settings).read() as session:
        return rosters.current(session, settings.anchor)


def _carry_out(
    settings: Settings, roster: Roster, change: Change, keys: Sequence[SigningKey], draft: Path | None
) -> None:
    """Draft the next roster, or sign it and put it in force with its journal row."""
    moment = now()
    if draft is not None:
        rostering.draft(draft, roster, change, moment)
        return
    strongbox = open_strongbox(settings, moment)
    note = rostering.sign_all(founding.next_roster(roster, list(change(roster.staff)), moment), keys)
    database: Database = open_database(settings)
    with database.write() as session:
        rostering.accept(session, note, settings.anchor, strongbox, moment.date())


def _keyring(settings: Settings, name: str) -> bytes:
    data = keyrings.find(settings.desk.keyring_dir, name)
    if data is None:
        raise UsageError("there is no keyring of this name at this desk")
    return data
