"""One build: what changed is taken in, what is owed is made, the whole is listed and signed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path, PurePosixPath

from crypto.signature import SigningKey
from register import bundle, pictures, sums
from register.errors import BrokenRecordsError, MalformedEntryError, NotOurFolderError
from register.mending import ONE_BY_ONE, flush, make_lasting, mend
from register.settings import SiteSettings
from register.sheets import Sheet, Sheets, places_of_entry, ranges_of_list, shape_of
from register.shelf import Shelf
from register.sources import Source
from register.state import State, beside
from register.sums import Listed
from register.taking import ENTRIES, LISTS, NOW, take_in

# Entries made between two commits, which is what a crash makes again.
_BATCH = 100
# So many sums are put into the list that lies there; beyond, it is written anew.
_FEW = 5000
# The key of files that are made with their entry.
_ENTRY = "entry"
Progress = Callable[[int, int], None]
# From the number of the last issue known here, 0 where none is, to that of the next.
Issue = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did."""

    entries: int
    tombstones: int
    files: int
    written: int
    removed: int
    number: int | None


class Builder:
    """One build of one output, alone with its state."""

    def __init__(
        self,
        state: State,
        source: Source,
        output: Path,
        settings: SiteSettings,
        signing: SigningKey | None,
        day: date,
        progress: Progress = lambda _done, _owed: None,
        issue: Issue = lambda seen: seen + 1,
    ) -> None:
        self._state = state
        self._source = source
        self._output = output
        self._settings = settings
        self._signing = signing
        self._day = day
        self._progress = progress
        self._issue = issue
        self._shelf = Shelf(state)
        self._shape = shape_of(settings)
        self._removed = self._done = 0
        self._written = 0
        self._touched: list[str] = []  # the first files written or deleted
        self._renewed: set[str] = set()  # what the list of sums must be told of
        self._is_listed = False  # whether that list says everything else
        self._broken: set[str] = set()

    def run(self) -> BuildReport:
        """Make what must be made."""
        unfinished = beside(self._output, "unfinished")
        was_cut_short = unfinished.exists()
        self._recover(is_ours=was_cut_short)
        unfinished.touch()
        flush(unfinished.parent)
        if was_cut_short:
            mend(self._state, self._output)
        with self._state.hurrying():
            is_new = self._take_in() or self._owed(LISTS) or was_cut_short or self._is_told_anew()
        number = self._make_all() if is_new else self._number()
        make_lasting(self._output, self._touched)
        unfinished.unlink()
        if self._broken:
            raise BrokenRecordsError(self._broken)
        return BuildReport(
            entries=self._shelf.living(),
            tombstones=self._count("SELECT count(*) FROM entry WHERE state = 'gone'"),
            files=int(self._state.fact("files") or 0),
            written=self._written,
            removed=self._removed,
            number=number,
        )

    @cached_property
    def _sheets(self) -> Sheets:
        return Sheets(self._shelf, self._source, self._settings, self._shape, self._signing)

    def _recover(self, *, is_ours: bool) -> None:
        """Believe the state only where it fits what lies in the output; else make everything again."""
        listed = self._output / bundle.SUMS
        there = bundle.sha256(listed) if listed.is_file() and not listed.is_symlink() else ""
        self._is_listed = not is_ours and there != "" and there == self._state.fact("sums")
        fits = there in (self._state.fact("sums"), self._state.fact("sums_before"))
        if fits and self._state.fact("shape") == self._shape and (there or is_ours):
            return
        if not there and not is_ours and any(path.name != ".gitkeep" for path in self._output.iterdir()):
            raise NotOurFolderError
        self._is_listed = False
        with self._state.writing():
            if not fits:
                lines = listed.read_text(encoding="utf-8").splitlines() if there else []
                self._state.believe((line[66:], line[:64]) for line in lines)
            self._state.forget_entries()
            self._state.note("shape", self._shape)
            self._state.note("packed", "")

    def _take_in(self) -> int:
        """Note what changed; where something was taken down, files that hold everything go at once."""
        bell(self._output).unlink(missing_ok=True)
        taken = take_in(self._state, self._source)
        self._broken |= set(taken.broken)
        if taken.gone:
            bundle.drop_archive(self._output)
        return taken.changed

    def _make_all(self) -> int | None:
        """Make everything owed, what was taken down first, and sign; return the number of the manifest."""
        urgent = self._owed(NOW)
        if urgent and self._owed(LISTS) > urgent + _BATCH:
            self._make(NOW)
            self._finish()
        while self._make(LISTS):
            self._take_in()
            self._make(NOW)
            self._finish()
        with self._state.writing():
            self._state.drop_old()
        return self._finish()

    def _make(self, urgency: int) -> bool:
        """Make what is owed up to *urgency*; return early with ``True`` when somebody rings."""
        for kind, most in (("entry", min(urgency, ENTRIES)), ("list", urgency)):
            while names := self._next(kind, most):
                with self._state.hurrying(), self._state.writing():
                    for name in names:
                        self._make_entry(name) if kind == "entry" else self._make_list(name)
                    self._state.paid(kind, [name for name in names if name not in self._broken])
                if urgency > NOW and bell(self._output).exists():
                    return True
                self._progress(self._done, self._done + self._owed(urgency))
        return False

    def _next(self, kind: str, urgency: int) -> list[str]:
        """Name what is to be made next."""
        number = _BATCH if kind == "entry" else 1
        found = self._state.db.execute(
            "SELECT name FROM work WHERE kind = ? AND urgency <= ? ORDER BY urgency, name LIMIT ?",
            (kind, urgency, number + len(self._broken)),
        )
        return [name for (name,) in found if name not in self._broken]

    def _make_entry(self, public_id: str) -> None:
        try:
            made = self._sheets.entry(public_id)
        except MalformedEntryError:
            self._broken.add(public_id)
            return
        home = pictures.folder_of(public_id)
        self._state.drop_between(home, f"{home}~")
        for path, data in made.items():
            self._settle(path, _ENTRY, data)
        self._state.drop(path for path in places_of_entry(public_id) if path not in made)
        self._done += 1

    def _make_list(self, name: str) -> None:
        there: dict[str, str] = {}
        for low, high in ranges_of_list(name):
            there |= self._state.made_between(low, high)
        owed, kept = self._sheets.listing(name, there)
        for sheet in owed:
            self._settle(sheet.path, sheet.key, sheet.make())
        self._state.drop(there.keys() - kept - {sheet.path for sheet in owed})
        self._done += 1

    def _keep(self, sheet: Sheet) -> None:
        """Make a sheet unless it lies there already."""
        before = self._state.made(sheet.path)
        if before is None or before[0] != sheet.key:
            self._settle(sheet.path, sheet.key, sheet.make())

    def _settle(self, path: str, key: str, data: bytes) -> None:
        """Put one file in its place, unless the same bytes lie there."""
        before = self._state.made(path)
        digest = hashlib.sha256(data).hexdigest()
        target = self._output / path
        if before is None or before[1] != digest or not target.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            aside = target.with_name(f".{target.name}.new")
            aside.write_bytes(data)
            aside.replace(target)
            self._written += 1
            self._touch(path)
        if before is None or before[1] != digest:
            self._renew(path)
        self._state.keep(path, key, digest)

    def _finish(self) -> int | None:
        """Bring what every change may touch up to date, delete what is stale, list and sign."""
        with self._state.hurrying(), self._state.writing():
            for sheet in self._sheets.single():
                self._keep(sheet)
        stale = [path for (path,) in self._state.db.execute("SELECT path FROM stale ORDER BY path")]
        self._removed += _remove(self._output, stale)
        for path in stale:
            self._renew(path)
            self._touch(path)
        with self._state.writing():
            self._state.db.execute("DELETE FROM file WHERE path IN (SELECT path FROM stale)")
            self._state.db.execute("DELETE FROM stale")
        listed = self._list()
        return seal(self._state, self._output, listed, self._signing, self._day, self._issue)

    def _list(self) -> Listed:
        """Write the sums aside: only what changed, where the list that lies there says everything else."""
        if self._is_listed and len(self._renewed) <= _FEW:
            lines = {path: (self._state.made(path) or ("", None))[1] for path in self._renewed}
            listed = sums.renew(self._output, lines)
        else:
            listed = list_all(self._state, self._output)
        self._is_listed = True
        self._renewed.clear()
        return listed

    def _touch(self, path: str) -> None:
        if len(self._touched) <= ONE_BY_ONE:
            self._touched.append(path)

    def _renew(self, path: str) -> None:
        if len(self._renewed) <= _FEW:
            self._renewed.add(path)

    def _is_told_anew(self) -> bool:
        """Tell whether there is something new to say of our own work, and note what is said now."""
        told = repr(self._settings.honesty)
        if self._state.fact("told") == told:
            return False
        with self._state.writing():
            self._state.note("told", told)
        return True

    def _number(self) -> int | None:
        """Return the number of the manifest that lies there; sign now where it was not."""
        if self._signing is None or (self._output / bundle.MANIFEST).is_file():
            return int(self._state.fact("number") or 0) or None
        return self._finish()

    def _owed(self, urgency: int) -> int:
        return self._count("SELECT count(*) FROM work WHERE urgency <= ?", urgency)

    def _count(self, query: str, *values: int) -> int:
        (number,) = self._state.db.execute(query, values).fetchone()
        return int(number)


def list_all(state: State, output: Path) -> Listed:
    """Write the sums of everything that was made."""
    return sums.write(output, state.db.execute("SELECT path, sha256 FROM file ORDER BY path"))


def seal(
    state: State, output: Path, listed: Listed, signing: SigningKey | None, day: date, issue: Issue
) -> int | None:
    """Put the sums just written in their place and sign, unless nothing changed; return the number."""
    before = state.fact("sums")
    is_same = before == listed.sums
    with state.writing():
        state.note("sums_before", before)
        state.note("sums", listed.sums)
        state.note("files", f"{listed.files}")
    sums.place(output)
    if signing is None:
        return None
    number = int(state.fact("number") or 0)
    if is_same and number and (output / bundle.MANIFEST).is_file():
        return number
    number = issue(max(number, _number_of(output)))
    bundle.sign(output, signing, listed, number=number, day=day, entries=Shelf(state).living())
    with state.writing():
        state.note("number", str(number))
    return number


def bell(output: Path) -> Path:
    """Return the file by which a build that is under way hears that something must go now."""
    return beside(output, "bell")


def _remove(output: Path, paths: Iterable[str]) -> int:
    """Delete files of ours that are no longer made; a path that leaves the folder is nobody's of ours."""
    inside = [path for path in map(PurePosixPath, paths) if not path.is_absolute() and ".." not in path.parts]
    for path in inside:
        (output / path).unlink(missing_ok=True)
    return len(inside)


def _number_of(output: Path) -> int:
    """Read the number of the manifest that lies there; who signs knows it is ours."""
    try:
        lines = (output / bundle.MANIFEST).read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, UnicodeDecodeError):
        return 0
    return next((int(line[7:]) for line in lines if line.startswith("number ") and line[7:].isdigit()), 0)
