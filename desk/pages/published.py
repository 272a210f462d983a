"""What is public: correcting it, by two people as ever, and taking it down, by any one at once."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from sqlalchemy import func, select

from casework import releases
from casework.errors import NotFoundError
from casework.tables import Published, TakeDown
from desk import correcting, deadlinks, turning
from desk.errors import IncompleteError, MissingError
from desk.routes import EDITORS, ROLES, Route
from desk.visit import Reply, Visit
from register import records
from register.entry import is_id
from register.errors import RegisterError

# Lines on one page: a form to correct and one to take down stand in each.
ENTRIES = 40


def show(visit: Visit) -> Reply:
    """List what the register shows, the newest first, or the one entry that is asked for by its id."""
    wanted = select(Published).order_by(Published.day.desc(), Published.public_id)
    sought = visit.query.get("id", "").strip().lower()
    if sought:
        wanted = wanted.where(Published.public_id == sought)
    with visit.database.read() as session:
        total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
        at = turning.start(visit, "entries", total)
        rows = session.scalars(wanted.offset(at).limit(ENTRIES)).all()
        ordered = {row.public_id for row in session.scalars(select(TakeDown))}
    return visit.page(
        "published.html",
        rows=turning.Part("/published", "entries", at, ENTRIES, rows, total),
        titles=_titles(visit, [row.public_id for row in rows]),
        ordered=ordered,
        relatives=visit.desk.wholes.relatives(
            visit.desk.settings.records_dir,
            [row.public_id for row in rows if row.state != "retracted" and row.public_id not in ordered],
        ),
        codes=releases.CODES,
        may_correct="editor" in visit.roles and visit.desk.settings.records_dir is not None,
        sought=sought[:20],
        aged=visit.desk.claims.aged(visit.desk.settings.records_dir, visit.today),
        links=deadlinks.read(visit.desk.settings.records_dir, visit.today),
    )


def correct(visit: Visit) -> Reply:
    """Begin a correction of one entry."""
    draft = correcting.begin(visit, visit.arguments.get("entry", ""))
    return visit.go(f"/draft/{draft.hex()}")


def take_down(visit: Visit) -> Reply:
    """Order one entry out of the register, now, and with it those that were ticked: its whole, its parts."""
    public_id = visit.arguments.get("entry", "")
    if not is_id(public_id):
        raise MissingError
    code = visit.choose("code", releases.CODES)
    into = visit.form.get("into").lower() if code == releases.DUPLICATE else ""
    if into and not is_id(into):
        raise IncompleteError("into")
    with visit.database.write() as session:
        releases.order_take_down(session, public_id, code, visit.acting, into or None)
        for one in dict.fromkeys(visit.form.all("too")):
            if not is_id(one) or one in (public_id, into):
                continue
            # A page may have stood open while one of them went; the others go all the same.
            with suppress(NotFoundError):
                releases.order_take_down(session, one, code, visit.acting)
    return visit.go(turning.where(visit, "/published", "entries"), "notice.taken_down")


def _titles(visit: Visit, ids: list[str]) -> Mapping[str, str]:
    """Return the public titles, read from the register's records where this desk can reach them."""
    folder = visit.desk.settings.records_dir
    if folder is None:
        return {}
    titles = {}
    for public_id in ids:
        try:
            record = records.get(folder, public_id)
        except (RegisterError, OSError):
            continue
        if record is not None and record.entry is not None:
            title = record.entry.title
            titles[public_id] = title.get(visit.language) or next(iter(title.values()), "")  # type: ignore[call-overload]
    return titles


ROUTES = (
    Route("GET", "/published", show, ROLES),
    Route("POST", "/published/{entry:str}/correct", correct, EDITORS),
    Route("POST", "/published/{entry:str}/take-down", take_down, ROLES),
)
