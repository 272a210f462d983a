"""``subrosa roster``: show, draft, sign and put in force the list of staff and keys; pin new roots."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import click

from bot.guard import sole_hub
from casework import rosters
from casework.strongbox import Strongbox
from crypto.roster import Anchor, Roster, words
from crypto.signature import SigningKey
from subrosa import ceremony, keyfiles, pinning, rostering
from subrosa.errors import UsageError
from subrosa.opening import now, open_database, open_strongbox, with_settings
from subrosa.settings import Settings

EXISTING = click.Path(path_type=Path, exists=True, dir_okay=False)
NEW = click.Path(path_type=Path, dir_okay=False)
ROOTS = click.argument("roots", metavar="ROOT...", nargs=-1, required=True)
THRESHOLD = click.option(
    "--threshold", type=int, default=1, show_default=True, help="How many of the root keys must sign."
)


@click.group("roster")
def command() -> None:
    """Show, draft, sign and put in force the list of staff and keys; pin new root keys."""


@command.command("show")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@with_settings
def show(settings: Settings, as_json: bool) -> None:
    """Print the roster in force, verified now, with the words to read aloud."""
    with open_database(settings).read() as session:
        roster = rosters.current(session, settings.anchor)
    today = now().date()
    click.echo(
        json.dumps(_as_json(roster, today), ensure_ascii=False) if as_json else _as_text(roster, today)
    )


@command.command("draft")
@click.argument("file", type=NEW)
@click.option("--revoke", "leaving", multiple=True, metavar="NAME", help="Somebody whose keys end with it.")
@click.option("--recovery", type=EXISTING, help="The public half of a recovery key, from `recovery make`.")
@with_settings
def draft(settings: Settings, file: Path, leaving: tuple[str, ...], recovery: Path | None) -> None:
    """
    Write the next roster to FILE, unsigned: the same staff, good for 90 days.

    Further changes may be added to it with --revoke, and with `staff add --draft FILE`. Then every root
    signs it, on a machine without network.
    """
    with open_database(settings).read() as session:
        in_force = rosters.current(session, settings.anchor)
    named = None if recovery is None else keyfiles.read_recovery_recipient(recovery)
    drafted = rostering.draft(file, in_force, lambda staff: staff, now(), named)
    for name in leaving:
        drafted = rostering.draft(file, in_force, rostering.revoked(name), now())
    click.echo(_as_text(drafted, now().date()))
    click.echo(
        f"unsigned: {file}; {settings.roster.threshold} of {len(settings.roster.roots)} roots must sign"
    )


@command.command("sign")
@click.argument("file", type=EXISTING)
@click.option("--root", type=EXISTING, required=True, help="A root key, from its stick.")
@click.option("--output", type=NEW, help="Where to write; default: in place.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def sign(file: Path, root: Path, output: Path | None, yes: bool) -> None:
    """
    Look at the roster in FILE and add one root signature. Needs no house and no network.

    Whoever signs answers for every name and key on it: compare the words with the others who sign.
    """
    signed = rostering.read(file)
    click.echo(_as_text(signed.claim, now().date()))
    if not yes:
        click.confirm("Sign this?", abort=True, err=True)
    (output or file).write_bytes(rostering.add_root(signed, keyfiles.read_root(root)))
    click.echo(f"signed: {output or file}")


@command.command("accept")
@click.argument("file", type=EXISTING)
@with_settings
def accept(settings: Settings, file: Path) -> None:
    """Check the roster in FILE against the pinned root keys and the one in force, and put it in force."""
    moment = now()
    strongbox = open_strongbox(settings, moment)
    with open_database(settings).write() as session:
        roster = rostering.accept(session, file.read_bytes(), settings.anchor, strongbox, moment.date())
    click.echo(_as_text(roster, moment.date()))


@command.command("root")
@click.argument("file", type=NEW)
def root(file: Path) -> None:
    """Make a new root key in FILE, on a machine without network, and print its public half."""
    if file.exists():
        raise UsageError(f"{file.name} is there already")
    made = SigningKey.generate()
    keyfiles.write_root(file, made)
    click.echo(made.public.hex())


@command.command("anchor")
@ROOTS
@THRESHOLD
def anchor(roots: tuple[str, ...], threshold: int) -> None:
    """Print the twelve words of these root keys (public halves, in hex), for two people to read aloud."""
    click.echo(" ".join(words(pinning.anchor_of(roots, threshold))))


@command.command("repin")
@click.argument("file", type=EXISTING)
@ROOTS
@THRESHOLD
@with_settings
def repin(settings: Settings, file: Path, roots: tuple[str, ...], threshold: int) -> None:
    """
    Pin new root keys after one was lost or stolen, and put the roster in FILE in force, which they signed.

    Stop the hub first: it believes the roots it started with. Two of the staff read aloud the words that
    `roster anchor` showed them; you type what you hear. Do the same at every desk that runs elsewhere.
    """
    pinned = pinning.anchor_of(roots, threshold)
    rostering.verify(file.read_bytes(), pinned)
    for who in ("the first", "the second"):
        pinning.check_words(pinned, click.prompt(f"the words as {who} of two reads them", err=True))
    configured = pinning.rewrite(settings.path, pinned)
    _put(settings, file.read_bytes(), pinned)
    pinning.replace(settings.path, configured)
    click.echo(
        f"pinned {len(pinned.roots)} root keys, {pinned.threshold} must sign; start the hub, restart desks"
    )


def _put(settings: Settings, note: bytes, pinned: Anchor) -> None:
    """At the hub, put the roster in force; at a desk elsewhere, see that the hub has done so."""
    moment = now()
    if not any(settings.hub.state_dir.glob("*.key")):
        with open_database(settings).read() as session:
            pinning.check_in_force(session, note, pinned)
        return
    strongbox: Strongbox = open_strongbox(settings, moment)
    with sole_hub(settings.hub.state_dir), open_database(settings).write() as session:
        pinning.put_in_force(session, note, settings.anchor, pinned, strongbox, moment.date())


def _as_text(roster: Roster, today: date) -> str:
    left = (roster.expires - today).days
    lines = [f"roster {roster.version}, issued {roster.issued}, expires {roster.expires} ({left} days left)"]
    for entry in roster.staff:
        state = " REVOKED" if entry.revoked else ""
        lines.append(f"  {entry.id}{state}: {', '.join(sorted(entry.roles))}")
    if roster.recovery is not None:
        lines.append(f"  recovery key: {' '.join(ceremony.spoken(roster.recovery))}")
    return "\n".join([*lines, "read aloud: " + " ".join(words(roster))])


def _as_json(roster: Roster, today: date) -> dict[str, object]:
    return {
        "days_left": (roster.expires - today).days,
        "expires": roster.expires.isoformat(),
        "grace_over": rosters.is_past_grace(roster, today),
        "issued": roster.issued.isoformat(),
        "staff": [
            {"id": entry.id, "revoked": entry.revoked, "roles": sorted(entry.roles)} for entry in roster.staff
        ],
        "version": roster.version,
        "words": list(words(roster)),
    }
