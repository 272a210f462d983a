"""One's own sign-in: duty, notices, a new passphrase; and what anybody may do to a colleague."""

from __future__ import annotations

from casework import hubkeys, notices, rosters
from casework.tables import Contact
from crypto import keyring
from crypto.keyring import WrongPassphraseError
from desk import keyrings, markkeys, people, pins
from desk.errors import ConflictError, IncompleteError, MissingError
from desk.pages.house import colleagues, keep_duty, working
from desk.routes import ROLES, UNLOCK, Route
from desk.visit import Reply, Visit
from register import places


def show(visit: Visit) -> Reply:
    """Show what this person may set about themselves."""
    with visit.database.read() as session:
        states = dict(people.states(session))
        contact = session.get(Contact, visit.staff)
    everybody = colleagues(visit, states, {})
    return visit.page(
        "account.html",
        mine=next((one for one in everybody if one.id == visit.staff), None),
        others=[one for one in everybody if one.id != visit.staff],
        channel=contact.channel if contact is not None else "",
        channels=notices.CHANNELS,
        sittings=visit.desk.sessions.of(visit.staff, visit.now),
        languages=people.LANGUAGES,
        zones=people.ZONES,
        matters=people.MATTERS,
        subjects=sorted(places.subjects().values(), key=lambda one: one.name(visit.language)),
        has_mark_key=markkeys.current(visit) is not None,
        this=visit.session.id,
        has_pin=visit.session.pin is not None,
        lasting=rosters.LASTING,
    )


def set_pin(visit: Visit) -> Reply:
    """Choose the PIN with which this sitting is taken up again when it fell idle."""
    pin = visit.form.get("pin")
    if not pins.is_pin(pin):
        raise IncompleteError("pin")
    cheap = visit.desk.settings.is_practice
    visit.session.pin = pins.choose(pin, visit.cookie, cheap=cheap)
    return visit.go("/account", "notice.pin")


def end_session(visit: Visit) -> Reply:
    """End one of one's own sessions at this desk, or all but this one."""
    which = visit.need("session", 16)
    if which == "others":
        visit.desk.sessions.end_of(visit.staff, but=visit.session.id)
    elif not visit.desk.sessions.end_of(visit.staff, only=which):
        raise MissingError
    return visit.go("/account", "notice.session_ended")


def set_duty(visit: Visit) -> Reply:
    """Say whether one takes new cases, and how many."""
    keep_duty(visit, visit.staff)
    return visit.go("/account", "notice.duty")


def set_working(visit: Visit) -> Reply:
    """Say when and in what one works, and when one is away."""
    with visit.database.write() as session:
        people.set_working(session, visit.staff, visit.acting, working(visit))
    return visit.go("/account", "notice.duty")


def set_competences(visit: Visit) -> Reply:
    """Say on what one works, and of which federal subjects."""
    topics, subjects = visit.form.all("topics"), visit.form.all("subjects")
    with visit.database.write() as session:
        people.set_competences(session, visit.acting, topics, subjects)
    return visit.go("/account", "notice.duty")


def set_compares(visit: Visit) -> Reply:
    """Take part in the team check, or no more."""
    markkeys.choose(visit, taking_part=visit.choose("compares", ("yes", "no")) == "yes")
    return visit.go("/account", "notice.duty")


def set_contact(visit: Visit) -> Reply:
    """Say where content-free notices go; the address is sealed to the hub and not shown again."""
    channel = visit.choose("channel", ("", *notices.CHANNELS))
    with visit.database.write() as session:
        if not channel:
            notices.forget(session, visit.staff)
        else:
            _number, hub = hubkeys.find(session, hubkeys.CONTACT, visit.staffing.roster)
            notices.choose(session, visit.staff, channel, visit.need("address", 300), visit.language, hub)
    return visit.go("/account", "notice.contact")


def change_passphrase(visit: Visit) -> Reply:
    """Lock the keyring with a new generated passphrase, shown once."""
    folder = visit.desk.settings.keyring_dir
    data = keyrings.find(folder, visit.staff)
    if data is None:
        raise MissingError
    try:
        locked, passphrase = keyring.change_passphrase(data, visit.need("passphrase", 400))
    except WrongPassphraseError:
        raise ConflictError(("wrong_passphrase",)) from None
    keyrings.replace(folder, visit.staff, locked)
    return visit.page("passphrase.html", passphrase=passphrase)


def suspend(visit: Visit) -> Reply:
    """Suspend a colleague for a day; as the second person, for good. Their sessions here end at once."""
    staff = visit.arguments["staff"]
    if visit.form.get("confirm") != staff:
        raise IncompleteError("confirm")
    with visit.database.write() as session:
        lasts = people.suspend(session, staff, visit.acting)
    visit.desk.sessions.end_of(staff)
    return visit.go("/account", "notice.suspended_lasting" if lasts else "notice.suspended")


ROUTES = (
    Route("GET", "/account", show, ROLES),
    Route("POST", "/account/duty", set_duty, ROLES),
    Route("POST", "/account/working", set_working, ROLES),
    Route("POST", "/account/competences", set_competences, ROLES),
    Route("POST", "/account/team-check", set_compares, frozenset({"lawyer"})),
    Route("POST", "/account/contact", set_contact, ROLES),
    Route("POST", "/account/passphrase", change_passphrase, ROLES, lane=UNLOCK),
    Route("POST", "/account/pin", set_pin, ROLES, lane=UNLOCK),
    Route("POST", "/account/sessions", end_session, ROLES),
    Route("POST", "/account/suspend/{staff:str}", suspend, ROLES),
)
