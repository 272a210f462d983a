"""
New root keys in the configuration: after a lost root, or one that was stolen.

What is pinned is believed without proof, so a person types what two of the staff read aloud: twelve words
over the new roots, which each of them took from where the roots were made. Rosters of before stay good, as
far as the new one leads back to them (:func:`casework.rosters.at_version`).
"""

from __future__ import annotations

import os
import shutil
import tempfile
import tomllib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from sqlalchemy.orm import Session

from casework import journal, rosters
from casework.actors import OPERATOR, Actor
from casework.strongbox import Strongbox
from crypto import words as word_lists
from crypto.errors import CryptoError, MalformedError, TamperedError
from crypto.roster import Anchor, words
from subrosa import configuration, rostering
from subrosa.errors import ShellError, UsageError
from subrosa.rostering import ForkError, RefusedRosterError


class WrongWordsError(ShellError):
    """These are not the words of these root keys"""

    hint = "nothing was changed; let both read again what `subrosa roster anchor` showed them"


def anchor_of(roots: Sequence[str], threshold: int) -> Anchor:
    """
    Return the anchor of these public halves, in hex.

    Raises:
        UsageError: they are not keys, one is there twice, or the threshold does not fit.
    """
    try:
        return Anchor(tuple(bytes.fromhex(root) for root in roots), threshold)
    except (ValueError, MalformedError):
        raise UsageError("root keys are 64 hex digits each, and as many of them sign as there are") from None


def check_words(anchor: Anchor, typed: str) -> None:
    """
    Check that *typed* are the twelve words of *anchor*; four letters of each are enough.

    Raises:
        WrongWordsError: they are not.
    """
    wanted = word_lists.known(words(anchor))
    if all(word_lists.known(reading) != wanted for reading in word_lists.readings(typed)):
        raise WrongWordsError


def put_in_force(
    session: Session, note: bytes, old: Anchor, new: Anchor, strongbox: Strongbox, today: date
) -> None:
    """
    Put the roster that *new* signed in force, with its row in the journal; again changes nothing.

    Raises:
        RefusedRosterError, ForkError: as :func:`subrosa.rostering.accept`, or the journal would not hold.
    """
    offered = rostering.verify(note, new)
    try:
        held = rosters.current(session, old)
    except TamperedError:
        # Done before, and cut short before the configuration was written, or at another desk.
        held = rosters.current(session, new)
    if held.digest == offered.digest:
        return
    if held.compare(offered) == "fork":
        raise ForkError(f"version {offered.version} in the file does not follow the one in force")
    if offered.version != held.version + 1:
        raise RefusedRosterError(f"it is version {offered.version}, not {held.version + 1}")
    if offered.hub_signing != strongbox.signing.public:
        raise RefusedRosterError("it names another hub than this one")
    if rostering.newcomers(held, offered):
        raise RefusedRosterError("it enrols somebody: pin the roots first, and add people afterwards")
    rosters.accept(session, note, new, today)
    journal.write(session, "repin", by=Actor(OPERATOR, 0, strongbox.signing), day=today)
    session.flush()
    try:
        journal.verify_chain(session, new)
    except (CryptoError, journal.BrokenJournalError):
        raise RefusedRosterError("the journal would not hold under these roots") from None


def check_in_force(session: Session, note: bytes, new: Anchor) -> None:
    """
    Check, at a desk on another machine, that the hub has this roster in force already.

    Raises:
        RefusedRosterError: it has not.
    """
    offered = rostering.verify(note, new)
    try:
        is_there = rosters.current(session, new).digest == offered.digest
    except CryptoError:
        is_there = False
    if not is_there:
        raise RefusedRosterError("the hub does not have it in force", hint="repin at the hub first")


def rewrite(config: Path, anchor: Anchor) -> str:
    """
    Return the configuration with *anchor* pinned: two lines change, everything else stays as it lies.

    Raises:
        UsageError: the lines cannot be found; says what to write by hand.
    """
    roots = configuration.write(tuple(root.hex() for root in anchor.roots))
    before = config.read_text(encoding="utf-8")
    after = _changed(before, {"roots": roots, "threshold": str(anchor.threshold)})
    if not _is_that(before, after, anchor):
        said = f"write it by hand into [roster]: roots = {roots}, threshold = {anchor.threshold}"
        raise UsageError(f"the lines of [roster] are not of the usual form; {said}")
    return after


def replace(path: Path, text: str) -> None:
    """Replace the file, with the owner and mode it has: hub and desk may both read it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    there = path.stat()
    shutil.copymode(path, name)
    if os.geteuid() == 0:
        os.chown(name, there.st_uid, there.st_gid)
    Path(name).replace(path)


def _changed(text: str, values: dict[str, str]) -> str:
    """Replace the lines that set *values* in [roster]."""
    lines, section = [], ""
    for line in text.splitlines():
        name = line.partition("=")[0].strip()
        if line.startswith("["):
            section = line.strip()
        known = section == "[roster]" and name in values
        lines.append(f"{name} = {values[name]}" if known else line)
    return "\n".join(lines) + "\n"


def _is_that(before: str, after: str, anchor: Anchor) -> bool:
    """Tell whether *after* says what *before* says, but for the roots."""
    try:
        old, new = tomllib.loads(before), tomllib.loads(after)
    except tomllib.TOMLDecodeError:
        return False
    pinned = {"roots": [root.hex() for root in anchor.roots], "threshold": anchor.threshold}
    return new == {**old, "roster": {**old.get("roster", {}), **pinned}}
