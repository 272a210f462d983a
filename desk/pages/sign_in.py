"""Sign in, sign out, the language of the pages, and the files every page links."""

from __future__ import annotations

import re
from pathlib import Path

from desk import handing, words
from desk.errors import LockedError, MissingError, WrongSignInError
from desk.pins import WrongPinError
from desk.routes import OPEN, ROLES, UNLOCK, Route
from desk.visit import PLACES, Reply, Visit

# Who freezes texts, or checks them against cards: the first of them should not wait for the gate to load.
GATED = frozenset({"editor", "custodian", "lawyer"})
_OURS = re.compile(r"/([A-Za-z0-9-][A-Za-z0-9/_.-]*)?(\?[A-Za-z0-9=&_-]*)?\Z")
STATIC = Path(__file__).parents[1] / "static"
STATIC_FILES = {"desk.css": "text/css", "keep.js": "text/javascript", "rose.svg": "image/svg+xml"}


def home(visit: Visit) -> Reply:
    """Lead to the first room this person has."""
    if visit.signed_in is None:
        if visit.cookie and visit.desk.sessions.is_locked(visit.cookie, visit.now):
            raise LockedError
        return visit.go("/sign-in")
    for _name, path, roles in PLACES:
        if not roles or roles & visit.roles:
            return visit.go(path)
    return visit.go("/account")


def show(visit: Visit) -> Reply:
    """Show the door."""
    language = visit.query.get("language", "")
    if language in words.LANGUAGES:
        return Reply(status=303, body=b"", headers={"Location": "/sign-in"}, language=language)
    return _door(visit, ended="ended" in visit.query)


def sign_in(visit: Visit) -> Reply:
    """Begin a session, or say the one sentence."""
    form = visit.form
    name = form.get("name")[:32].lower()
    try:
        staff = visit.desk.entrance.sign_in(name, form.get("passphrase"), form.get("code"), visit.now)
    except WrongSignInError:
        return _door(visit, wrong=True, name=name)
    visit.desk.sessions.end(visit.cookie)
    cookie, _session = visit.desk.sessions.begin(staff, visit.language, visit.now)
    _staffing, entry = visit.desk.entrance.standing(staff, visit.now)
    if entry is not None and not entry.roles.isdisjoint(GATED):
        visit.desk.warm()
    return Reply(status=303, body=b"", headers={"Location": "/"}, cookie=cookie)


def unlock(visit: Visit) -> Reply:
    """Take up a locked sitting with its PIN; the fifth wrong one ends it."""
    where = _ours(visit.form.get("back"))
    try:
        session = visit.desk.sessions.unlock(visit.cookie, visit.form.get("pin")[:32], visit.now)
    except WrongPinError:
        return visit.page("locked.html", status=401, wrong=True, kept="", back=where)
    if session is None:
        return Reply(status=303, body=b"", headers={"Location": "/sign-in?ended=1"}, cookie="")
    return visit.go(where)


def lock(visit: Visit) -> Reply:
    """Lock this sitting until its PIN is typed; without a PIN it ends."""
    if visit.desk.sessions.lock(visit.cookie, visit.now):
        return Reply(status=303, body=b"", headers={"Location": "/"})
    return Reply(status=303, body=b"", headers={"Location": "/sign-in"}, cookie="")


def sign_out(visit: Visit) -> Reply:
    """End this session; asks once where keys wait that the hub has not confirmed, for they end with it."""
    if visit.session.waiting and not visit.form.get("anyway"):
        handing.settle(visit)
        if visit.session.waiting:
            return visit.page("sign_out.html")
    visit.desk.sessions.end(visit.cookie)
    return Reply(status=303, body=b"", headers={"Location": "/sign-in"}, cookie="")


def choose_language(visit: Visit) -> Reply:
    """Show this session's pages in another language from now on."""
    language = visit.choose("language", words.LANGUAGES)
    visit.session.language = language
    where = _ours(visit.form.get("back"))
    return Reply(status=303, body=b"", headers={"Location": where}, language=language)


def _ours(back: str) -> str:
    """Return a path of ours only: "//elsewhere" would leave the house, and browsers pass over tabs."""
    return back if _OURS.match(back) else "/"


def static(visit: Visit) -> Reply:
    """Give the stylesheet or the mark."""
    name = visit.arguments.get("name", "")
    if name not in STATIC_FILES:
        raise MissingError
    headers = {"Cache-Control": "private, max-age=600"}
    return Reply(status=200, body=(STATIC / name).read_bytes(), mime=STATIC_FILES[name], headers=headers)


def _door(visit: Visit, *, ended: bool = False, wrong: bool = False, name: str = "") -> Reply:
    status = 401 if wrong else 200
    return visit.page("sign_in.html", status=status, ended=ended, wrong=wrong, name=name, kept="")


ROUTES = (
    Route("GET", "/", home, OPEN),
    Route("GET", "/sign-in", show, OPEN),
    Route("POST", "/sign-in", sign_in, OPEN, lane=UNLOCK),
    Route("GET", "/static/{name:str}", static, OPEN),
    Route("POST", "/unlock", unlock, OPEN, lane=UNLOCK),
    Route("POST", "/lock", lock, ROLES),
    Route("POST", "/sign-out", sign_out, ROLES),
    Route("POST", "/language", choose_language, ROLES),
)
