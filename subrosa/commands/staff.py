"""``subrosa staff``: add and revoke members of the staff."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import click

from casework import journal, rosters
from casework.actors import OPERATOR, Actor
from crypto import keyring
from crypto.roster import ROLES, STAFF_ID, Roster, StaffEntry, sign, words
from crypto.signature import SigningKey
from subrosa import founding, keyfiles
from subrosa.errors import UsageError
from subrosa.opening import now, open_database, open_strongbox, with_settings
from subrosa.settings import Settings

ROOT = click.option(
    "--root",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="The root key, from its stick.",
)


@click.group("staff")
def command() -> None:
    """Add and revoke members of the staff."""


@command.command("add")
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(sorted(ROLES)))
@ROOT
@click.option("--json", "as_json", is_flag=True, help="Print the new member as JSON.")
@with_settings
def add(settings: Settings, name: str, roles: tuple[str, ...], root: Path, as_json: bool) -> None:
    """
    Make a keyring for NAME (a pseudonym) and put a roster in force that lists it.

    Passphrase and code secret are printed once. Read the twelve words aloud with the new member.
    """
    if not STAFF_ID.match(name):
        raise UsageError("a pseudonym is a-z, 0-9 and -, at most 32 characters, a letter first")
    key = keyfiles.read_root(root)
    roster = _current(settings)
    earlier = [entry for entry in roster.staff if entry.id == name]
    if any(not entry.revoked for entry in earlier):
        raise UsageError("somebody of this name is on the roster")
    number = max((entry.number for entry in earlier), default=0) + 1
    profile = keyring.PRACTICE if settings.house.practice else keyring.NORMAL
    person, entry = founding.enrol(settings, name, roles, profile, number)
    _enforce(settings, roster, [one for one in roster.staff if one.id != name] + [entry], key, "enrol")
    if as_json:
        click.echo(json.dumps({**asdict(person), "words": list(words(entry))}, ensure_ascii=False))
        return
    click.echo(f"{person.id} ({', '.join(person.roles)})")
    click.echo(f"  passphrase   {person.passphrase}")
    click.echo(f"  code secret  {person.totp_secret}")
    click.echo(f"  read aloud   {' '.join(words(entry))}")


@command.command("revoke")
@click.argument("name")
@ROOT
@with_settings
def revoke(settings: Settings, name: str, root: Path) -> None:
    """
    Revoke NAME at once: the keeper stops answering, nothing new is sealed to that key.

    What the person read before stays read. Acts signed before stay valid.
    """
    key = keyfiles.read_root(root)
    roster = _current(settings)
    if roster.find(name) is None:
        raise UsageError("nobody of this name is on the roster")
    staff = [replace(one, revoked=True) if one.id == name else one for one in roster.staff]
    _enforce(settings, roster, staff, key, "roster")
    click.echo(f"{name} is revoked; roster {roster.version + 1} is in force")


def _current(settings: Settings) -> Roster:
    with open_database(settings).read() as session:
        return rosters.current(session, settings.anchor)


def _enforce(settings: Settings, roster: Roster, staff: list[StaffEntry], key: SigningKey, act: str) -> None:
    """Sign the next roster and put it in force, with its journal row."""
    moment = now()
    strongbox = open_strongbox(settings, moment)
    note = sign(founding.next_roster(roster, staff, moment), key)
    with open_database(settings).write() as session:
        rosters.accept(session, note, settings.anchor, moment.date())
        journal.write(session, act, by=Actor(OPERATOR, 0, strongbox.signing), day=moment.date())
