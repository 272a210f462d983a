"""The roster and the people on it: what a house loses by being small."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from casework import rosters
from casework.errors import CaseworkError
from casework.rosters import EDITORS, GRACE, LEGAL, Staffing
from crypto.errors import CryptoError
from subrosa.checkups import Finding, ok, red, warn
from subrosa.errors import NoHouseError, SettingsError
from subrosa.opening import find_database
from subrosa.settings import Settings

WARNINGS = (3, 14, 30)


def check_people(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Look at the roster in force and who of it is there."""
    try:
        database = find_database(settings)
    except NoHouseError:
        return  # said by the look at the database
    try:
        with database.read() as session:
            staffing = rosters.staffing(session, settings.anchor, now)
    except SettingsError:
        yield red("roster", "no root key is pinned", "set roster.roots")
        return
    except (CaseworkError, CryptoError, SQLAlchemyError):
        yield red("roster", "there is none that the root keys signed", "subrosa roster accept FILE")
        return
    finally:
        database.close()
    yield from _expiry(staffing, now)
    yield from _roots(settings)
    yield from _teams(staffing)


def _expiry(staffing: Staffing, now: datetime) -> Iterator[Finding]:
    left = (staffing.roster.expires - now.date()).days
    hint = "subrosa roster draft FILE, sign it with the root keys, subrosa roster accept FILE"
    if left < -GRACE.days:
        yield red("roster", f"expired {-left} days ago: enrolment and release have stopped", hint)
    elif left < 0:
        yield red("roster", f"expired {-left} days ago; after {GRACE.days} enrolment and release stop", hint)
    elif left <= min(WARNINGS):
        yield red("roster", f"expires in {left} days", hint)
    elif left <= max(WARNINGS):
        soon = ", soon" if left <= sorted(WARNINGS)[1] else ""
        yield warn("roster", f"expires in {left} days{soon}", hint)
    else:
        yield ok("roster", f"version {staffing.roster.version}, good for {left} days")


def _roots(settings: Settings) -> Iterator[Finding]:
    if len(settings.roster.roots) == 1:
        yield warn(
            "roots",
            "one root key: whoever has it can enrol anybody, and if it is lost the roster ends",
            "when you are more, make it two of three",
        )


def _teams(staffing: Staffing) -> Iterator[Finding]:
    lawyers, editors = staffing.members(LEGAL), staffing.members(EDITORS)
    recovery = staffing.roster.recovery is not None
    if not lawyers and not editors:
        yield red("staff", "nobody can open a new case", "subrosa staff add")
    for team, members in (("lawyers", lawyers), ("editors", editors)):
        if len(members) == 1 and not recovery:
            yield red(
                team,
                "one member and no recovery key: if the passphrase is lost, so are the cases",
                "add a second member or a recovery key",
            )
        elif not members:
            yield warn(team, "nobody: the bot does not offer this", "subrosa staff add")
        else:
            yield ok(team, f"{len(members)} at work")
    releasers = set(editors) | set(staffing.coordinators())
    if editors and len(releasers | set(lawyers)) < 2:
        yield red(
            "release", "nobody but the author could approve: nothing can be published", "add a second person"
        )
    both = set(lawyers) & set(editors)
    if both:
        yield warn(
            "wall",
            f"{len(both)} people are lawyer and editor at once: for them the wall between teams is a promise",
            "separate the roles when you can",
        )
    custodians = {entry.id for entry in staffing.roster.holding("custodian")}
    if custodians & set(editors) or (editors and not custodians):
        yield warn("custodian", "an editor, or nobody, holds the cards of tips", "name a custodian")
