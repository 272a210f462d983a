"""
One request as a page sees it, and the answer it gives.

A page is a function ``page(visit) -> Reply``. By the time it runs, the host, the form's origin, the session,
the role and the form's tokens have been checked; it may raise any :class:`desk.errors.DeskError`.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import jinja2
from markupsafe import Markup

from casework.actors import Actor
from casework.database import Database
from casework.heads import Judgement
from casework.parties import NOBODY, Book, Parties, team_of
from casework.permits import Acting
from casework.permits import Settings as CaseSettings
from casework.rosters import Staffing
from casework.tables import Case
from crypto.roster import Anchor, StaffEntry
from desk.batches import Batches
from desk.entrance import Entrance
from desk.errors import IncompleteError, MissingError, NotSignedInError
from desk.forms import Form
from desk.pinned import Pinned
from desk.reaffirming import Claims
from desk.sessions import Session, Sessions
from desk.settings import Settings
from desk.wholes import Wholes
from desk.words import Words

Clock = Callable[[], datetime]

_ID = re.compile(r"[0-9a-f]{32}\Z")
_CASE_OR_DRAFT = re.compile(r"/(case|draft)/[0-9a-f]{32}")
# The page of a case on which a form stands, by the first word of its address; else it is the conversation.
_PAGES: Mapping[str, str] = {
    "party": "people", "people": "people", "deadline": "work", "task": "work", "timeline": "work",
    "tie": "ties", "untie": "ties", "split": "ties", "answer": "answer", "export": "export", "alike": "alike",
}  # fmt: skip

# The rooms of the house, in the order of the menu, and who has a key to each; an empty set is everybody.
PLACES: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("queue", "/queue", frozenset({"lawyer", "consultant", "editor"})),
    ("search", "/search", frozenset({"lawyer", "consultant", "editor"})),
    ("bench", "/bench", frozenset({"custodian"})),
    ("house", "/house", frozenset({"coordinator"})),
    ("drafts", "/drafts", frozenset({"editor", "lawyer", "custodian", "coordinator"})),
    ("published", "/published", frozenset()),
    ("imports", "/imports", frozenset({"editor", "coordinator"})),
    ("keeping", "/keeping", frozenset({"lawyer", "editor", "coordinator"})),
    ("journal", "/journal", frozenset({"coordinator"})),
    ("account", "/account", frozenset()),
)


@dataclass(frozen=True)
class Place:
    """One entry of the menu."""

    name: str
    path: str
    is_here: bool


@dataclass(frozen=True)
class Reply:
    """What goes back to the browser."""

    status: int
    body: bytes = field(repr=False)
    mime: str = "text/html"
    headers: Mapping[str, str] = field(default_factory=dict)
    # The session cookie to set; empty removes it, none leaves it.
    cookie: str | None = None
    language: str | None = None

    @property
    def location(self) -> str | None:
        """Where a redirect leads."""
        return self.headers.get("Location")


@dataclass(frozen=True)
class Desk:
    """Everything one desk process has; made once by :func:`desk.app.build`."""

    settings: Settings
    database: Database
    anchor: Anchor
    clock: Clock
    words: Mapping[str, Words]
    templates: jinja2.Environment
    sessions: Sessions
    entrance: Entrance
    # The detectors of the gate take seconds and memory to load, so they are loaded when first needed,
    detectors: Callable[[], Any]
    # or in the background, once somebody signed in who may need them.
    warm: Callable[[], None] = lambda: None
    # Opens in the background what a session may search.
    read_ahead: Callable[[Desk, Session], None] = lambda _desk, _session: None
    cases: CaseSettings = field(default_factory=CaseSettings)
    # Answers to many that can still be taken back.
    batches: Batches = field(default_factory=Batches)
    # Public claims that age.
    claims: Claims = field(default_factory=Claims)
    # Which public entry is a part of which.
    wholes: Wholes = field(default_factory=Wholes)
    # Who is on which case, as the journal says.
    book: Book = field(default_factory=Book)
    # What this desk saw of the journal; a desk built for one purpose only has none.
    journal: Pinned | None = None

    @property
    def alarm(self) -> Judgement | None:
        """What is wrong with the journal and stands on every page."""
        return None if self.journal is None else self.journal.alarm


@dataclass(frozen=True)
class Visit:
    """One request, with what a page needs to answer it."""

    desk: Desk
    path: str
    arguments: Mapping[str, str]
    query: Mapping[str, str]
    form: Form
    words: Words
    now: datetime
    cookie: str = ""
    signed_in: Session | None = None
    known: Staffing | None = None
    me: StaffEntry | None = None

    def __repr__(self) -> str:
        return "<Visit>"

    @property
    def session(self) -> Session:
        """The session of whoever is signed in."""
        if self.signed_in is None:
            raise NotSignedInError
        return self.signed_in

    @property
    def staff(self) -> str:
        """The id of whoever is signed in."""
        return self.session.staff.staff

    @property
    def staffing(self) -> Staffing:
        """The roster in force and who of it is at work."""
        if self.known is None:
            raise NotSignedInError
        return self.known

    @property
    def roles(self) -> frozenset[str]:
        """The roles of whoever is signed in."""
        return self.me.roles if self.me is not None else frozenset()

    @property
    def actor(self) -> Actor:
        """Who signs what this visit does."""
        keys = self.session.staff
        return Actor(staff=keys.staff, number=keys.number, signing=keys.signing)

    @property
    def acting(self) -> Acting:
        """This person, acting now."""
        return Acting(self.actor, self.staffing, self.now, self.desk.cases)

    @property
    def today(self) -> date:
        """The day of this visit."""
        return self.now.date()

    @property
    def database(self) -> Database:
        """The house's database."""
        return self.desk.database

    def on(self, case: Case) -> Parties:
        """Return who is on *case* as signed; nobody while something is wrong with the journal."""
        if self.desk.alarm is not None:
            return NOBODY
        with self.database.read() as session:
            self.desk.book.read(session, self.staffing.roster, self.desk.anchor)
            # Which grants are real, only the hub can tell; it looks again at what is handed in.
            team = team_of(session, case, self.staffing.roster, lambda _row: True)
        return self.desk.book.of(case.id, team)

    def is_muted(self, case: Case) -> bool:
        """Tell whether the hub takes in nothing more from the chat that tells *case*."""
        with self.database.read() as session:
            self.desk.book.read(session, self.staffing.roster, self.desk.anchor)
        return self.desk.book.is_muted(case.id)

    def floor(self, owner: bytes, compartment: str) -> int:
        """Return from which generation on a key of *owner* may be sealed to, as the hub signed."""
        with self.database.read() as session:
            self.desk.book.read(session, self.staffing.roster, self.desk.anchor)
        return self.desk.book.floor(owner, compartment)

    @property
    def language(self) -> str:
        """The language of this visit's pages."""
        return self.words.language

    def id(self, name: str) -> bytes:
        """
        Return the random id in the address.

        Raises:
            MissingError: what stands there is no id.
        """
        text = self.arguments.get(name, "")
        if not _ID.match(text):
            raise MissingError
        return bytes.fromhex(text)

    def need(self, name: str, limit: int = 20_000) -> str:
        """
        Return a field of the form that must not be empty.

        Raises:
            IncompleteError: it is empty, or longer than *limit*.
        """
        value = self.form.get(name)
        if not value or len(value) > limit:
            raise IncompleteError(name)
        return value

    def choose(self, name: str, allowed: frozenset[str] | tuple[str, ...]) -> str:
        """
        Return a field of the form that must be one of *allowed*.

        Raises:
            IncompleteError: it is something else.
        """
        value = self.form.get(name)
        if value not in allowed:
            raise IncompleteError(name)
        return value

    def form_version(self) -> int:
        """
        Return the version the form was made for.

        Raises:
            IncompleteError: the form names none.
        """
        value = self.form.get("version")
        if not value.isdecimal() or len(value) > 9:
            raise IncompleteError("version")
        return int(value)

    def places(self) -> list[Place]:
        """Return the rooms of the house this person may enter, the present one marked."""
        return [
            Place(name, path, is_here=_is_within(self.path, path))
            for name, path, roles in PLACES
            if not roles or roles & self.roles
        ]

    def back(self, *, is_passing: bool = False) -> str:
        """
        Return where a refusal leads: from a form to the page it stands on.

        From a page that was only asked for: to itself if what refused it *is_passing*, else to one's first
        room, because it would be refused again.
        """
        if not self.form.texts:
            return self.path if is_passing else "/"
        found = _CASE_OR_DRAFT.match(self.path)
        if found is None:
            rooms = (*(place.path for place in self.places()), "/answers", "/figures")
            return next((room for room in rooms if _is_within(self.path, room)), "/")
        act, _, rest = self.path[found.end() :].lstrip("/").partition("/")
        page = _PAGES.get(act, "")
        if act == "papers":
            page = f"papers/{rest.removesuffix('/docx')}"
        return f"{found[0]}/{page}" if page else found[0]

    def page(self, template: str, /, status: int = 200, cookie: str | None = None, **values: Any) -> Reply:
        """Render a page."""
        notice = ""
        if self.signed_in is not None:
            notice, self.signed_in.notice = self.signed_in.notice, ""
        body = self.desk.templates.get_template(template).render(
            visit=self, t=self.words.say, n=self.words.count, words=self.words, notice=notice, **values
        )
        return Reply(status=status, body=body.encode(), cookie=cookie)

    def go(self, location: str, notice: str = "") -> Reply:
        """Lead on to another page of ours, which will show the sentence of *notice*."""
        if self.signed_in is not None and notice:
            self.signed_in.notice = notice
        return Reply(status=303, body=b"", headers={"Location": location})


def in_passing(desk: Desk, session: Session) -> Visit | None:
    """Return a visit nobody asked for, for what a session does by itself; none if they may not work now."""
    now = desk.clock()
    staffing, me = desk.entrance.standing(session.staff, now)
    if me is None:
        return None
    return Visit(
        desk=desk,
        path="",
        arguments={},
        query={},
        form=Form(),
        words=desk.words[session.language],
        now=now,
        signed_in=session,
        known=staffing,
        me=me,
    )


def tokens(visit: Visit) -> Markup:
    """Return the two hidden fields every form carries: whose session, and which one of its forms."""
    if visit.signed_in is None:
        return Markup("")
    fields = '<input type="hidden" name="csrf" value="{}"><input type="hidden" name="once" value="{}">'
    return Markup(fields).format(visit.signed_in.csrf, secrets.token_urlsafe(12))  # noqa: S704  # our own text


def _is_within(path: str, place: str) -> bool:
    rooms = {"/case": "/queue", "/draft/": "/drafts"}
    for prefix, room in rooms.items():
        if path.startswith(prefix) and room == place:
            return True
    return path == place or path.startswith(place + "/")
