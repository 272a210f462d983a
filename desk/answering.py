"""From a request to an answer: the gates every page stands behind, and what is said when one stays shut."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy.exc import DBAPIError

from casework import errors as casework_errors
from crypto.errors import CryptoError
from desk import reading, words
from desk.errors import (
    ConflictError,
    DeskError,
    ForbiddenError,
    ForgedFormError,
    HubSilentError,
    IncompleteError,
    LockedError,
    MissingError,
    NotSignedInError,
    NotStoredError,
    StaleFormError,
    TooManyError,
)
from desk.forms import Form
from desk.routes import Route
from desk.sessions import Session
from desk.visit import Desk, Reply, Visit

# Characters: longer than any code a form sends by itself.
KEPT_FROM = 16
# What people write at length, by the name of its field or how that begins. Secrets have other names.
WRITTEN = (
    "text", "note", "reason", "handover", "words", "about", "names", "source", "why", "consent", "condition",
    "sources", "body_", "title_", "correction_", "alt_", "new_", "f_",
)  # fmt: skip
LANGUAGE_COOKIE = "desk_language"

log = logging.getLogger("subrosa.desk")


@dataclass
class Asked:
    """What the browser sent, before anything of it is believed."""

    path: str
    arguments: Mapping[str, str]
    query: Mapping[str, str]
    cookie: str
    language: str
    form: Form

    def __repr__(self) -> str:
        return "<Asked>"


def language_of(cookies: Mapping[str, str], accepted: str) -> str:
    """Return the language somebody chose before, or the one the browser asks for."""
    chosen = cookies.get(LANGUAGE_COOKIE, "")
    return chosen if chosen in words.LANGUAGES else words.preferred(accepted)


def answer(desk: Desk, route: Route, asked: Asked) -> Reply:
    """Let *asked* through the gates of *route* and return what its page answers; never raises."""
    visit = _visit(desk, asked)
    try:
        visit = _recognised(visit)
        return _pass(visit, route)
    except DeskError as error:
        return refuse(desk, asked, error, visit)
    except (casework_errors.CaseworkError, CryptoError) as error:
        return refuse(desk, asked, _translated(error), visit)
    except (DBAPIError, OSError) as error:
        log.error("desk.not_stored %s %s", route.path, type(error).__name__)  # noqa: TRY400  it may quote a row
        return refuse(desk, asked, NotStoredError(), visit)
    except Exception as error:  # noqa: BLE001  # the last line: a page must never show or log what it held
        log.error("desk.fault %s %s", route.path, type(error).__name__)  # noqa: TRY400
        return refuse(desk, asked, DeskError(), visit)


def refuse(desk: Desk, asked: Asked, error: DeskError, visit: Visit | None = None) -> Reply:
    """Return the page that says why not, and what now."""
    visit = visit or _visit(desk, asked)
    if isinstance(error, LockedError):
        where = asked.path if not asked.form.texts else "/"
        return visit.page("locked.html", status=error.status, wrong=False, kept=_kept(asked.form), back=where)
    if isinstance(error, NotSignedInError):
        return _to_sign_in(visit)
    status = error.status
    return visit.page(
        "error.html",
        status=status,
        key=error.key,
        reasons=error.reasons if isinstance(error, ConflictError) else (),
        field=error.field if isinstance(error, IncompleteError) else "",
        kept=_kept(asked.form),
        back=visit.back(is_passing=status >= 500),
    )


def _visit(desk: Desk, asked: Asked) -> Visit:
    now = desk.clock()
    session = desk.sessions.find(asked.cookie, now) if asked.cookie else None
    language = session.language if session is not None else asked.language
    return Visit(
        desk=desk,
        path=asked.path,
        arguments=asked.arguments,
        query=asked.query,
        form=asked.form,
        words=desk.words[language],
        now=now,
        cookie=asked.cookie,
        signed_in=session,
    )


def _recognised(visit: Visit) -> Visit:
    """Look up whoever is signed in; a session whose keys are no longer those of a living member ends."""
    session = visit.signed_in
    if session is None:
        return visit
    staffing, me = visit.desk.entrance.standing(session.staff, visit.now)
    if me is None:
        visit.desk.sessions.end(visit.cookie)
        return replace(visit, signed_in=None)
    return replace(visit, known=staffing, me=me)


def _pass(visit: Visit, route: Route) -> Reply:
    if route.is_open:
        return route.page(visit)
    if visit.signed_in is None:
        if visit.cookie and visit.desk.sessions.is_locked(visit.cookie, visit.now):
            raise LockedError
        raise NotSignedInError
    if not route.roles & visit.roles:
        raise ForbiddenError
    if route.method != "POST":
        return route.page(visit)
    return _carry_out_once(visit, visit.session, route)


def _carry_out_once(visit: Visit, session: Session, route: Route) -> Reply:
    """Carry out a form of this session; the same form again leads where the first one led."""
    if not session.is_form(visit.form.get("csrf")):
        raise ForgedFormError
    once = visit.form.get("once")
    if not once:
        raise ForgedFormError
    with session.lock:
        if once in session.done:
            return visit.go(session.done[once])
        if session.shown is not None and session.shown[0] == once:
            # What is shown once must not be lost to a double click.
            shown: Reply = session.shown[1]
            return shown
        reply = _carry_out(visit, session, route)
        if reply.location is not None:
            session.remember_done(once, reply.location)
        elif reply.mime == "text/html":
            session.shown = (once, reply)
        return reply


def _carry_out(visit: Visit, session: Session, route: Route) -> Reply:
    """
    Carry a form out; one for a case that went to somebody else since this session read it came too late.

    Only a session that was shown the case hears so, and nothing of the case as it is now.
    """
    try:
        return route.page(visit)
    except (MissingError, casework_errors.NotFoundError):
        if session.has_read(visit.arguments.get("case", "")) and _is_gone(visit):
            raise StaleFormError from None
        raise


def _is_gone(visit: Visit) -> bool:
    """Tell whether the case itself went to others, not only what they asked of it; if erased, to nobody."""
    try:
        reading.see(visit, visit.id("case"))
    except (MissingError, casework_errors.NotFoundError):
        return reading.is_kept(visit, visit.id("case"))
    return False


def _to_sign_in(visit: Visit) -> Reply:
    """Lead to the sign-in page; whoever was writing gets the words back to copy, since they were not kept."""
    kept = _kept(visit.form)
    if not kept:
        where = "/sign-in?ended=1" if visit.cookie else "/sign-in"
        return Reply(status=303, body=b"", headers={"Location": where}, cookie="")
    return visit.page("sign_in.html", status=401, cookie="", ended=True, wrong=False, kept=kept, name="")


def _kept(form: Form) -> str:
    """Return what a person wrote in *form*, in its order, if any of it is longer than a code or a name."""
    written = [form.get(name) for name in form.texts if name.startswith(WRITTEN) and form.get(name)]
    return "\n\n".join(written) if any(len(one) > KEPT_FROM for one in written) else ""


def _translated(error: Exception) -> DeskError:
    """Return the desk's word for an outcome of another room."""
    if isinstance(error, casework_errors.NotAllowedError):
        return ForbiddenError()
    if isinstance(error, casework_errors.NotFoundError):
        return MissingError()
    if isinstance(error, casework_errors.StaleError):
        return StaleFormError()
    if isinstance(error, casework_errors.NotReleasableError):
        return ConflictError(error.reasons)
    if isinstance(error, casework_errors.WrongStateError):
        return ConflictError(("wrong_state",))
    if isinstance(error, casework_errors.LimitReachedError):
        return TooManyError()
    if isinstance(error, casework_errors.KeyMissingError):
        return HubSilentError()
    if isinstance(error, CryptoError):
        return ConflictError(("sealed",))
    return DeskError()
