"""Sign in, sign out, the language of the pages, and the files every page links."""

from __future__ import annotations

import re
from pathlib import Path

from desk import words
from desk.errors import MissingError, WrongSignInError
from desk.routes import OPEN, ROLES, UNLOCK, Route
from desk.visit import PLACES, Reply, Visit

# Who freezes texts, or checks them against cards: the first of them should not wait for the gate to load.
GATED = frozenset({"editor", "custodian", "lawyer"})
_OURS = re.compile(r"/([A-Za-z0-9-][A-Za-z0-9/_.-]*)?(\?[A-Za-z0-9=&_-]*)?\Z")
STATIC = Path(__file__).parents[1] / "static"
STATIC_FILES = {"desk.css": "text/css", "rose.svg": "image/svg+xml"}


def home(visit: Visit) -> Reply:
    """Lead to the first room this person has."""
    if visit.signed_in is None:
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
    if visit.signed_in is not None:
        visit.desk.sessions.end(visit.cookie)
    cookie, _session = visit.desk.sessions.begin(staff, visit.language, visit.now)
    _staffing, entry = visit.desk.entrance.standing(staff, visit.now)
    if entry is not None and not entry.roles.isdisjoint(GATED):
        visit.desk.warm()
    return Reply(status=303, body=b"", headers={"Location": "/"}, cookie=cookie)


def sign_out(visit: Visit) -> Reply:
    """End this session."""
    visit.desk.sessions.end(visit.cookie)
    return Reply(status=303, body=b"", headers={"Location": "/sign-in"}, cookie="")


def choose_language(visit: Visit) -> Reply:
    """Show this session's pages in another language from now on."""
    language = visit.choose("language", words.LANGUAGES)
    visit.session.language = language
    back = visit.form.get("back")
    # A path of ours only: "//elsewhere" would leave the house, and browsers pass over tabs in between.
    safe = back if _OURS.match(back) else "/"
    return Reply(status=303, body=b"", headers={"Location": safe}, language=language)


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
    Route("POST", "/sign-out", sign_out, ROLES),
    Route("POST", "/language", choose_language, ROLES),
)
