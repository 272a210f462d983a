"""``subrosa roster``: show, sign and put in force the list of staff and keys."""

from __future__ import annotations

import json
from pathlib import Path

import click

from casework import journal, rosters
from casework.actors import OPERATOR, Actor
from crypto.roster import Roster, add_signature, words
from subrosa import keyfiles
from subrosa.opening import now, open_database, open_strongbox, with_settings
from subrosa.settings import Settings

EXISTING = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group("roster")
def command() -> None:
    """Show, sign and put in force the list of staff and keys."""


@command.command("show")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@with_settings
def show(settings: Settings, as_json: bool) -> None:
    """Print the roster in force, verified now, with the words to read aloud."""
    with open_database(settings).read() as session:
        roster = rosters.current(session, settings.anchor)
    click.echo(json.dumps(_as_json(roster), ensure_ascii=False) if as_json else _as_text(roster))


@command.command("sign")
@click.argument("note", type=EXISTING)
@click.option("--root", type=EXISTING, required=True, help="A root key, from its stick.")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="Where to write; default: in place."
)
def sign(note: Path, root: Path, output: Path | None) -> None:
    """Add one root signature to the roster in the file NOTE. Needs no house and no network."""
    (output or note).write_bytes(add_signature(note.read_bytes(), keyfiles.read_root(root)))
    click.echo(f"signed: {output or note}")


@command.command("accept")
@click.argument("note", type=EXISTING)
@with_settings
def accept(settings: Settings, note: Path) -> None:
    """Check the roster in the file NOTE against the pinned root keys and put it in force."""
    moment = now()
    strongbox = open_strongbox(settings, moment)
    with open_database(settings).write() as session:
        roster = rosters.accept(session, note.read_bytes(), settings.anchor, moment.date())
        journal.write(session, "roster", by=Actor(OPERATOR, 0, strongbox.signing), day=moment.date())
    click.echo(_as_text(roster))


def _as_text(roster: Roster) -> str:
    lines = [f"roster {roster.version}, issued {roster.issued}, expires {roster.expires}"]
    for entry in roster.staff:
        state = " REVOKED" if entry.revoked else ""
        lines.append(f"  {entry.id}{state}: {', '.join(sorted(entry.roles))}")
    return "\n".join([*lines, "read aloud: " + " ".join(words(roster))])


def _as_json(roster: Roster) -> dict[str, object]:
    return {
        "expires": roster.expires.isoformat(),
        "issued": roster.issued.isoformat(),
        "staff": [
            {"id": entry.id, "revoked": entry.revoked, "roles": sorted(entry.roles)} for entry in roster.staff
        ],
        "version": roster.version,
        "words": list(words(roster)),
    }
