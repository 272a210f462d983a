"""
Building the site: what is published goes in, a folder of plain files comes out.

* A sheet (one file) is made again only when what it shows has changed; its key says so.
* Every file is replaced whole, never written in place. New pages come before the lists that lead to them,
  the manifest comes last, so a reader meets no dead link and a build cut short is finished by the next.
* Only files that an earlier build wrote are ever deleted; a folder with anything else in it is refused.
* Beside the output lies one state file (paths, keys, sums); without it everything is simply made again.
"""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path, PurePosixPath

import msgspec

from crypto.signature import SigningKey
from register import bundle, records
from register.errors import NotOurFolderError
from register.records import Published
from register.settings import SiteSettings
from register.sheets import Sheet, sheets
from register.shelf import Shelf
from register.vocabulary import LANGUAGES, RetractionReason


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did."""

    entries: int
    tombstones: int
    files: int
    written: int
    removed: int
    number: int | None


class Made(msgspec.Struct, array_like=True):
    """One file as it was made: the key it was made from, and its sum."""

    key: str
    sha256: str


class State(msgspec.Struct):
    """What the last build left. ``number`` is that of its manifest."""

    files: dict[str, Made] = {}
    number: int = 0


def build(
    published: Iterable[Published],
    output: Path,
    *,
    settings: SiteSettings,
    now: datetime,
    signing: SigningKey | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> BuildReport:
    """
    Bring the site in *output* up to what is *published*, and sign the bundle where a key is given.

    Says nothing of approvals: whoever calls passes only what was released.

    Raises:
        NotOurFolderError: *output* holds files that no build of ours wrote.
    """
    if signing is not None and settings.key is None:
        settings = replace(settings, key=signing.public)
    output.mkdir(parents=True, exist_ok=True)
    with _alone(output):
        return _build(Shelf(published), output, settings, now.date(), signing, progress)


def _build(
    shelf: Shelf,
    output: Path,
    settings: SiteSettings,
    day: date,
    signing: SigningKey | None,
    progress: Callable[[int], None],
) -> BuildReport:
    state_path = state_file(output)
    unfinished = state_path.with_suffix(".unfinished")
    was_cut_short = unfinished.exists()
    state = _recover(output, state_path, is_ours=was_cut_short)
    unfinished.touch()
    made: dict[str, Made] = {}
    written = 0
    for place, sheet in enumerate(sheets(shelf, settings, signing)):
        made[sheet.path], is_new = _settle(output, sheet, state.files.get(sheet.path))
        written += is_new
        progress(place + 1)
    stale = set(state.files) | (_strays(output) if was_cut_short else set())
    removed = _remove(output, stale - set(made))
    number = _seal(output, made, state, shelf, signing, day)
    _save(state_path, State(made, number or state.number))
    unfinished.unlink()
    return BuildReport(
        entries=len(shelf.rows),
        tombstones=len(shelf.tombstones),
        files=len(made),
        written=written,
        removed=removed,
        number=number,
    )


@contextmanager
def _alone(output: Path) -> Iterator[None]:
    """Keep hub and command line from building into one folder at once; the second waits."""
    with state_file(output).with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def take_down(
    output: Path,
    public_id: str,
    *,
    folder: Path,
    reason: RetractionReason,
    settings: SiteSettings,
    now: datetime,
    signing: SigningKey,
) -> BuildReport:
    """
    Take one entry down everywhere at once: record, pages, lists, feeds, data, recall list, manifest.

    The record goes first, then the entry's own files, then everything that mentions it; a crash on the way
    leaves a site that the next build mends, never one that forgets.

    Raises:
        MalformedEntryError: *public_id* is not one.
    """
    records.retract(folder, public_id, now.date(), reason)
    _unlink_pages(output, public_id)
    return build(records.read_all(folder), output, settings=settings, now=now, signing=signing)


def _unlink_pages(output: Path, public_id: str) -> None:
    """Delete the entry's own files before anything else is worked out."""
    for language in LANGUAGES:
        (output / language / "entries" / f"{public_id}.html").unlink(missing_ok=True)
    for ending in ("json", "bib", "csl.json"):
        (output / "data" / "entries" / f"{public_id}.{ending}").unlink(missing_ok=True)


def state_file(output: Path) -> Path:
    """Return where the state of *output* lies: beside it, so that it is not published."""
    return output.parent / f".{output.name}.state"


def _settle(output: Path, sheet: Sheet, before: Made | None) -> tuple[Made, bool]:
    """Make a sheet unless it lies there already; say whether the file was written."""
    path = output / sheet.path
    if before is not None and before.key == sheet.key and path.is_file():
        return before, False
    data = sheet.make()
    digest = hashlib.sha256(data).hexdigest()
    if before is not None and before.sha256 == digest and path.is_file():
        return Made(sheet.key, digest), False
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.new")
    aside.write_bytes(data)
    aside.replace(path)
    return Made(sheet.key, digest), True


def _remove(output: Path, paths: set[str]) -> int:
    """Delete files of ours that are no longer made; a path that leaves the folder is nobody's of ours."""
    inside = [path for path in map(PurePosixPath, paths) if not path.is_absolute() and ".." not in path.parts]
    for path in inside:
        (output / path).unlink(missing_ok=True)
    return len(inside)


def _strays(output: Path) -> set[str]:
    """Find what a build that was cut short may have left in the folders that are ours alone."""
    ours = [folder for folder in output.iterdir() if folder.name in (*LANGUAGES, "data", "feeds")]
    left = [path for folder in ours for path in folder.rglob("*") if path.is_file()]
    aside = [path for path in output.glob(".*.new") if path.is_file()]
    return {path.relative_to(output).as_posix() for path in (*left, *aside)}


def _seal(
    output: Path, made: dict[str, Made], state: State, shelf: Shelf, signing: SigningKey | None, day: date
) -> int | None:
    """Write the sums and sign them, unless nothing changed."""
    listed = bundle.sums({path: one.sha256 for path, one in made.items()})
    path = output / bundle.SUMS
    is_same = path.is_file() and path.read_bytes() == listed
    if not is_same:
        aside = output / f".{bundle.SUMS}.new"
        aside.write_bytes(listed)
        aside.replace(path)
    if signing is None:
        return None
    if is_same and (output / bundle.MANIFEST).is_file():
        return state.number
    number = max(state.number, _number_of(output)) + 1
    return bundle.sign(output, signing, number=number, day=day, entries=len(shelf.rows)).number


def _number_of(output: Path) -> int:
    """Read the number of the manifest that lies there; who signs knows it is ours."""
    try:
        lines = (output / bundle.MANIFEST).read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, UnicodeDecodeError):
        return 0
    return next((int(line[7:]) for line in lines if line.startswith("number ") and line[7:].isdigit()), 0)


def _recover(output: Path, state_path: Path, *, is_ours: bool) -> State:
    """Read the state; where it is lost or broken, take the sums that lie in *output* for it."""
    try:
        return msgspec.json.decode(state_path.read_bytes(), type=State)
    except (FileNotFoundError, msgspec.DecodeError):
        pass
    listed = output / bundle.SUMS
    if listed.is_file():
        lines = listed.read_text(encoding="utf-8").splitlines()
        return State({line[66:]: Made("", line[:64]) for line in lines if ".." not in line})
    if not is_ours and any(path.name != ".gitkeep" for path in output.iterdir()):
        raise NotOurFolderError
    return State()


def _save(path: Path, state: State) -> None:
    aside = path.with_name(f"{path.name}.new")
    aside.write_bytes(msgspec.json.encode(state))
    aside.replace(path)
