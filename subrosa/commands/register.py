"""``subrosa register``: import, export, build and verify the public register."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import click
import msgspec
from rich.console import Console
from rich.progress import Progress

from casework import releases
from casework.actors import OPERATOR, Actor
from casework.database import Database
from register import bundle, exporting, importing, lists, records, standing
from register.entry import Entry
from register.errors import ImportErrors, TamperedBundleError
from register.lists import HandMade
from register.outline import Outline
from register.records import Published
from subrosa import hub
from subrosa.errors import UsageError
from subrosa.opening import now, open_database, open_strongbox, with_settings
from subrosa.settings import Settings

# More lines than these scroll the first away.
_PROBLEMS_SHOWN = 50


@click.group("register")
def command() -> None:
    """Import, export, build and verify the public register."""


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--year", type=int, help="The year of days the list writes without one.")
@click.option("--shorter", is_flag=True, help="Let more than a few entries leave the list.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@with_settings
def import_list(settings: Settings, file: Path, year: int | None, shorter: bool, as_json: bool) -> int:
    """
    Read a hand-made list (text or JSON) into review. Nothing is published before two staff signed it.

    A list with a fault is refused whole, every faulty line named. So is one that lacks more than a few of the
    entries it had: a file that was cut short looks like that. With --shorter they are meant to go.
    """
    moment = now()
    database = open_database(settings)
    strongbox = open_strongbox(settings, moment)
    known = _known(settings, database)
    try:
        found = importing.read(
            file.read_bytes(),
            year=year,
            existing=known.entries,
            public=known.public,
            gone=known.gone,
            document=file.name,
            before=known.before(file.name),
            stood=known.outlines,
        )
    except ImportErrors as errors:
        return _refuse(errors, as_json)
    news = found.news
    is_new = bool(news.entries) or not known.has(news)
    # What waits of the same list makes way for it, or the older words could be released last.
    earlier = known.waiting(news)
    whole = importing.together(earlier.values(), news)
    left = known.left(whole) if is_new else ()
    if len({*left} - known.said_to_have_left(news)) > standing.A_FEW and not shorter:
        database.close()
        return _refuse_shorter(left, as_json)
    if is_new:
        assert whole.outline is not None
        outline = msgspec.structs.replace(whole.outline, left=left)
        body = lists.pack(whole.entries, outline, whole.proposals, whole.bases)
        with database.write() as session:
            by = Actor(OPERATOR, 0, strongbox.signing)
            releases.land_manifest(session, body, by, moment.date(), instead_of=tuple(earlier))
    database.close()
    figures = found.figures() | {"left": left}
    if as_json:
        click.echo(json.dumps(figures))
    else:
        for name, figure in figures.items():
            if isinstance(figure, int):
                click.echo(f"{name.replace('_', ' '):<18} {figure}")
        for one in found.corrected_here():
            place = f"line {one['line']}" if one["line"] else "not found in the list again"
            click.echo(f"corrected here since, ours stays: {one['id']}, {place}")
        for one in found.perhaps_known():
            click.echo(f"may be one we have: line {one['line']}, {one['public']}; an editor says at the desk")
        if left:
            click.echo(_no_longer_in(left))
        click.echo("in review: two of the staff sign it at the desk" if is_new else "nothing new")
    return 0


@command.command("export")
@click.argument("name", required=False)
@click.option("--to", "target", type=click.File("wb"), default="-", help="The file to write; else stdout.")
@with_settings
def export_list(settings: Settings, name: str | None, target: BinaryIO) -> None:
    """
    Write a hand-made list out again, from what is public now: the same text but for what was changed since.

    NAME is that of the file it came from; it may be left out while there is only one.
    """
    folder = settings.register.records_dir
    kept = {one.outline.document: one for one in lists.kept(folder) if one.outline}
    if name is None and len(kept) == 1:
        name = next(iter(kept))
    if name is None or name not in kept:
        known = ", ".join(sorted(kept)) or "none was released yet"
        raise UsageError(f"which list? there is: {known}")
    outline = kept[name].outline
    assert outline is not None
    here = (records.get(folder, item.id) for item in outline.items)
    entries = [record.entry for record in here if record is not None and record.entry is not None]
    target.write(exporting.text(outline, [*entries, *kept[name].notices]))


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
@click.option("--seen", type=int, default=0, help="The newest issue you saw; an older copy is refused.")
@click.option(
    "--recall",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A newer recall list; what it names must not be in the copy.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def verify(folder: Path, key: str, seen: int, recall: Path | None, as_json: bool) -> int:
    """Check a copy of the register in FOLDER against its signature. Needs no house."""
    try:
        public = bytes.fromhex(key)
    except ValueError:
        raise UsageError("a key is 64 hex digits") from None
    try:
        manifest = bundle.verify(folder, public, at_least=seen)
        if recall is not None:
            bundle.check_recalled(folder, recall.read_bytes(), public)
    except TamperedBundleError as error:
        return _not_genuine(error.problems, as_json)
    if as_json:
        found = {"genuine": True, "entries": manifest.entries, "issue": manifest.number}
        click.echo(json.dumps(found | {"day": f"{manifest.day}", "problems": []}))
    else:
        click.echo(f"genuine: {manifest.entries} entries, issue {manifest.number} of {manifest.day}")
    return 0


def _not_genuine(found: Sequence[str], as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps({"genuine": False, "problems": found}))
    for problem in found[:_PROBLEMS_SHOWN]:
        # A copy comes from strangers: a name of a file in it must not steer the terminal.
        click.echo("".join(letter if letter.isprintable() else "?" for letter in problem), err=True)
    if len(found) > _PROBLEMS_SHOWN:
        click.echo(f"and {len(found) - _PROBLEMS_SHOWN} more", err=True)
    click.echo("subrosa: error: this copy is not the register that was signed", err=True)
    return 1


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Show on a terminal how far a build is; elsewhere say nothing."""
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("building", total=None)
        yield lambda done, owed: bar.update(task, completed=done, total=owed)


@dataclass(frozen=True)
class _Known:
    """What the house has: what is public, notices and what is in review, what was taken down, every list."""

    public: tuple[Published, ...]
    entries: tuple[Entry, ...]
    gone: frozenset[str]
    kept: tuple[HandMade, ...]
    in_review: dict[bytes, HandMade]

    def has(self, news: HandMade) -> bool:
        """Tell whether a list stands here exactly as it stands in *news*."""
        return news.outline is not None and any(
            _shape(one.outline) == _shape(news.outline)
            for one in (*self.kept, *self.in_review.values())
            if one.outline is not None
        )

    def before(self, name: str) -> Outline | None:
        """Return how the list of that *name* stood when it last was released."""
        return next((one.outline for one in self.kept if one.name == name), None)

    @property
    def outlines(self) -> tuple[Outline, ...]:
        """How every list stands, what waits after what is public."""
        every = (*self.kept, *self.in_review.values())
        return tuple(one.outline for one in every if one.outline is not None)

    def left(self, whole: HandMade) -> tuple[str, ...]:
        """Name what stood in the list of that name, here or in review, and stands in *whole* no more."""
        before = [one for one in self.kept if one.name == whole.name]
        before += self.waiting(whole).values()
        public = [one.entry for one in self.public if one.entry is not None]
        return standing.left_out(before, whole, public, self.gone)

    def said_to_have_left(self, news: HandMade) -> set[str]:
        """Return what was let go before, and waits for those who sign."""
        outlines = [one.outline for one in self.waiting(news).values()]
        return {one for outline in outlines if outline for one in outline.left}

    def waiting(self, news: HandMade) -> dict[bytes, HandMade]:
        """Return the lists in review that are of the same name as *news*, by their digests."""
        return {digest: one for digest, one in self.in_review.items() if one.name == news.name != ""}


def _known(settings: Settings, database: Database) -> _Known:
    folder = settings.register.records_dir
    every = list(records.read_all(folder))
    kept = list(lists.kept(folder))
    with database.read() as session:
        bodies = releases.manifests_in_review(session)
    waiting = {hashlib.sha256(body).digest(): lists.unpack(body) for body in bodies}
    noted = [notice for one in kept for notice in one.notices]
    in_review = [entry for one in waiting.values() for entry in one.entries]
    return _Known(
        public=tuple(record for record in every if record.entry is not None),
        entries=(*noted, *in_review),
        gone=frozenset(record.id for record in every if record.is_tombstone),
        kept=tuple(kept),
        in_review=waiting,
    )


def _shape(outline: Outline) -> Outline:
    """Return how a list stands, without the words of any entry."""
    items = tuple(msgspec.structs.replace(item, spans=()) for item in outline.items)
    return msgspec.structs.replace(outline, items=items, left=())


def _no_longer_in(left: Sequence[str]) -> str:
    entries = "1 entry of this list is" if len(left) == 1 else f"{len(left)} entries of this list are"
    return f"{entries} no longer in the file: {', '.join(left)}"


def _refuse_shorter(left: Sequence[str], as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps({"left": left, "refused": []}))
    click.echo(_no_longer_in(left), err=True)
    click.echo(
        "subrosa: error: nothing was imported; if they are meant to go, import it with --shorter", err=True
    )
    return 1


def _refuse(errors: ImportErrors, as_json: bool) -> int:
    refused = [{"line": line, "why": why} for line, why in errors.refused]
    if as_json:
        click.echo(json.dumps({"refused": refused}, ensure_ascii=False))
    for fault in refused:
        click.echo(f"line {fault['line']}: {fault['why']}", err=True)
    click.echo("subrosa: error: nothing was imported", err=True)
    return 1
