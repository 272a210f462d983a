"""
Building the site: what is published goes in, a folder of plain files comes out.

* A file is made again only when what it shows has changed; what is owed is noted before it is made.
* Every file is replaced whole, never written in place. New pages come before the lists that lead to them,
  the manifest comes last, so a reader meets no dead link and a build cut short is finished by the next.
* What was taken down goes first; a build that is under way lets it in between two entries.
* Only files that an earlier build wrote are ever deleted; a folder with anything else in it is refused.
* Beside the output lies a state (:mod:`register.state`); without it everything is simply made again.
* Files that hold the whole register follow in :mod:`register.packing`.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from crypto.signature import SigningKey
from register import bundle, pictures, records
from register.builder import Builder, BuildReport, Issue, Progress, bell
from register.entry import is_id
from register.errors import MalformedEntryError
from register.settings import SiteSettings
from register.sheets import places_of_entry
from register.sources import Folder, Source
from register.state import beside, opened, state_file
from register.taking import BULK
from register.vocabulary import RetractionReason


def build(
    source: Source,
    output: Path,
    *,
    settings: SiteSettings,
    now: datetime,
    signing: SigningKey | None = None,
    progress: Progress = lambda _done, _owed: None,
    issue: Issue = lambda seen: seen + 1,
) -> BuildReport:
    """
    Bring the site in *output* up to what *source* holds, and sign the bundle where a key is given.

    Pages, feeds, recall list and manifest are right afterwards; files that hold the whole register may be
    behind until :func:`register.packing.pack`, and are missing rather than name what was taken down.
    Says nothing of approvals: a source holds only what was released.

    Raises:
        NotOurFolderError: *output* holds files that no build of ours wrote.
        BrokenRecordsError: records cannot be read; everything else has been built.
    """
    if signing is not None and settings.key is None:
        settings = replace(settings, key=signing.public)
    output.mkdir(parents=True, exist_ok=True)
    with alone(output), opened(state_file(output)) as state:
        return Builder(state, source, output, settings, signing, now.date(), progress, issue).run()


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
    Take one entry down everywhere at once: pages, record, lists, feeds, data, recall list, manifest.

    Its own files go first, which needs no room on the disk, then the record, then whatever mentions it. Doing
    it again after a crash is safe. A build that is under way is told.

    Raises:
        MalformedEntryError: *public_id* is not one.
        BrokenRecordsError: other records cannot be read, this one being down.
    """
    withdraw(output, public_id, folder=folder, reason=reason, now=now)
    return build(Folder(folder), output, settings=settings, now=now, signing=signing)


def withdraw(
    output: Path,
    public_id: str,
    *,
    folder: Path,
    reason: RetractionReason,
    now: datetime,
    into: str | None = None,
) -> None:
    """
    Take away the pages and the record of one entry; what else mentions it goes with the next build.

    Raises:
        MalformedEntryError: *public_id* is not one.
    """
    if not is_id(public_id):
        raise MalformedEntryError("the id")
    for place in places_of_entry(public_id):
        (output / place).unlink(missing_ok=True)
    home = output / pictures.folder_of(public_id)
    if home.exists():
        shutil.rmtree(home)
    records.retract(folder, public_id, now.date(), reason, into)
    # The next build would delete these too; a stop before it must not leave them.
    bundle.drop_archive(output)
    for path in (*(output / name for name in BULK), *output.glob("search/*/*.js")):
        path.unlink(missing_ok=True)
    output.mkdir(parents=True, exist_ok=True)
    bell(output).touch()


@contextmanager
def alone(output: Path) -> Iterator[None]:
    """Keep hub and command line from building into one folder at once; the second waits."""
    with beside(output, "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
