"""``subrosa register``: import, build and verify the public register."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from casework import releases
from casework.actors import OPERATOR, Actor
from register import bundle, importing, lists, records
from register.entry import Entry
from register.errors import ImportErrors
from subrosa import hub
from subrosa.errors import UsageError
from subrosa.opening import now, open_database, open_strongbox, with_settings
from subrosa.settings import Settings


@click.group("register")
def command() -> None:
    """Import, build and verify the public register."""


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--year", type=int, help="The year of days the list writes without one.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@with_settings
def import_list(settings: Settings, file: Path, year: int | None, as_json: bool) -> int:
    """
    Read a hand-made list (text or JSON) into review. Nothing is published before two staff signed it.

    A list with a fault is refused whole, every faulty line named.
    """
    moment = now()
    database = open_database(settings)
    strongbox = open_strongbox(settings, moment)
    try:
        with database.read() as session:
            waiting = [one for body in releases.manifests_in_review(session) for one in lists.unpack(body)]
        found = importing.read(file.read_bytes(), year=year, existing=[*_published(settings), *waiting])
    except ImportErrors as errors:
        return _refuse(errors, as_json)
    figures = found.figures()
    body = lists.pack(one for one in found.publishable if found.fates[one.id] != "unchanged")
    if body:
        with database.write() as session:
            by = Actor(OPERATOR, 0, strongbox.signing)
            releases.land_manifest(session, body, by, moment.date())
    database.close()
    if as_json:
        click.echo(json.dumps(figures))
    else:
        for name, figure in figures.items():
            if name != "refused":
                click.echo(f"{name.replace('_', ' '):<18} {figure}")
        click.echo("in review: two of the staff sign it at the desk" if body else "nothing new")
    return 0


@command.command("build")
@click.option("--json", "as_json", is_flag=True, help="Print figures as JSON.")
@with_settings
def build(settings: Settings, as_json: bool) -> None:
    """Build the static site from what is published; only what changed is written."""
    moment = now()
    database = open_database(settings)
    printer = hub.make_printer(settings, database, open_strongbox(settings, moment), now)
    with _progress() as shown:
        report = printer.build(moment, shown)
    packed = printer.pack(moment)
    database.close()
    figures = {
        "archive_bytes": packed.archive_bytes if packed else 0,
        "entries": report.entries,
        "files": report.files,
        "removed": report.removed,
        "tombstones": report.tombstones,
        "written": report.written,
    }
    if as_json:
        click.echo(json.dumps(figures))
    else:
        click.echo(f"{report.entries} entries, {report.written} of {report.files} files written")


@command.command("verify")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--key", required=True, help="The register's public key, in hex, from a place you trust.")
def verify(folder: Path, key: str) -> None:
    """Check a copy of the register in FOLDER against its signature. Needs no house."""
    try:
        public = bytes.fromhex(key)
    except ValueError:
        raise UsageError("a key is 64 hex digits") from None
    manifest = bundle.verify(folder, public)
    click.echo(f"genuine: {manifest.entries} entries, issue {manifest.number} of {manifest.day}")


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Show on a terminal how far a build is; elsewhere say nothing."""
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("building", total=None)
        yield lambda done, owed: bar.update(task, completed=done, total=owed)


def _published(settings: Settings) -> list[Entry]:
    """Return what the register holds already."""
    every = records.read_all(settings.register.records_dir)
    return [record.entry for record in every if record.entry is not None]


def _refuse(errors: ImportErrors, as_json: bool) -> int:
    refused = [{"line": line, "why": why} for line, why in errors.refused]
    if as_json:
        click.echo(json.dumps({"refused": refused}, ensure_ascii=False))
    for fault in refused:
        click.echo(f"line {fault['line']}: {fault['why']}", err=True)
    click.echo("subrosa: error: nothing was imported", err=True)
    return 1
