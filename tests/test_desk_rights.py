"""
Every address, for every role, on one's own case, somebody else's, one that was erased, and while suspended.

The roles stand in the table of ``test_desk_door``; a route without a row there fails. What a row means is
said here once: a case that is not yours, or is no more, is not there at all, whoever asks; the wrong role is
told so, whatever it asks about; and whoever is suspended is at the door. What differs from this is a row of
:data:`OTHERWISE`, with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from casework import erasure
from casework.database import Database
from casework.tables import StaffState
from desk.pages import ROUTES
from desk.routes import Route
from desk.sessions import COOKIE
from tests.deskhouse import Browser, DeskHouse, open_desk
from tests.test_desk_door import ABSENT, CAST, WHO, name

IN = frozenset({200, 303, 409, 422})  # let in: shown, done, too late, or asked for more
MISSING = frozenset({404})
REFUSED = frozenset({403})
# A form with everything that any page asks for, made for a version that never was: it changes nothing.
FORM = {
    "version": "999999", "reason": "contact", "words": "Слова", "code": "full", "to": "nobody",
    "text": "Текст", "note": "Заметка", "handover": "Передаю", "outcome": "helped", "whom": "us",
    "into": "000-000", "topic": "refusal", "region": "", "branch": "", "relation": "", "mode": "reply",
    "answer": "yes", "limit": "none", "level": "whole", "key": "age1pq1",
}  # fmt: skip


@dataclass(frozen=True)
class Otherwise:
    """What one address answers a role that may use it, where it is not the rule."""

    why: str
    other: frozenset[int] = MISSING
    # Roles whose own case is closed to them here.
    shut: frozenset[str] = frozenset()


CUSTODY = "the card of a tip lies with the custodians until they release it"
OTHERWISE = {
    "POST /case/{case:str}/card": Otherwise(CUSTODY, shut=frozenset({"editor"})),
    "GET /case/{case:str}/card": Otherwise(CUSTODY, shut=frozenset({"editor"})),
    "POST /bench/{case:str}/answer": Otherwise("nobody asked", shut=frozenset({"custodian"})),
    "POST /case/{case:str}/card/away": Otherwise("what is not on the table can be put away", other=IN),
    "POST /keeping/{case:str}/hold": Otherwise("a coordinator holds any case, unread", other=MISSING | IN),
    "POST /house/case/{case:str}/assign": Otherwise("it waits: no word of it is shown", other=REFUSED | IN),
}


@dataclass
class Cases:
    """Whose case is whose."""

    own: dict[str, bytes]
    other: dict[str, bytes]
    erased: dict[str, bytes]


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path, CAST) as opened:
        yield opened


def erase(desk: DeskHouse, case: bytes) -> None:
    house = desk.house
    erasure.erase(
        house.database, house.strongbox, case, by=house.actor("olga"), now=house.now,
        mirror=lambda: None, remember=lambda _case: None, escrow_days=7,
    )  # fmt: skip


def accepted(desk: DeskHouse, team: str, who: Browser, assignee: str) -> bytes:
    case = desk.file_case(team, assignee=assignee)
    where = f"/case/{case.hex()}"
    assert who.do(where, f"{where}/accept", second="").status_code == 303
    return case


def lay(desk: DeskHouse, people: dict[str, Browser]) -> Cases:
    """Give the first of each team a case, the second another, and erase a third."""
    mine, theirs = (
        accepted(desk, "legal", people["alice"], "alice"),
        accepted(desk, "legal", people["bob"], "bob"),
    )
    tip, their_tip = (
        accepted(desk, "editors", people["carol"], "carol"),
        accepted(desk, "editors", people["dan"], "dan"),
    )
    gone, gone_tip = (
        accepted(desk, "legal", people["alice"], "alice"),
        accepted(desk, "editors", people["carol"], "carol"),
    )
    page = f"/case/{mine.hex()}"
    assert people["alice"].do(page, f"{page}/lend", to="vera").status_code == 303
    erase(desk, gone)
    erase(desk, gone_tip)
    waiting = desk.file_case("legal")
    return Cases(
        own={"lawyer": mine, "editor": tip, "custodian": tip, "coordinator": waiting, "consultant": mine},
        other={
            "lawyer": theirs, "editor": their_tip, "custodian": mine, "coordinator": theirs,
            "consultant": theirs,
        },
        erased={role: gone_tip if role in ("editor", "custodian") else gone for role in (
            "lawyer", "editor", "custodian", "coordinator", "consultant",
        )},
    )  # fmt: skip


def ask(one: Browser, route: Route, case: bytes, tokens: dict[str, str], once: str) -> int:
    where = route.path.replace("{case:str}", case.hex())
    where = re.sub(r"\{(\w+):str\}", lambda found: ABSENT[found[1]], where)
    if route.method == "GET":
        return one.get(where).status_code
    return one.post(where, {**FORM, **tokens, "once": f"{where} {once}"}).status_code


def test_every_case_address_answers_each_role_by_whose_case_it_is(desk: DeskHouse) -> None:
    people = {who: desk.sign_in(who) for who in CAST}
    cases = lay(desk, people)
    one_of = {role: people[who] for who, (role,) in reversed([(n, tuple(r)) for n, r in CAST.items()])}
    tokens = {role: one.form("/account", "/account/duty") for role, one in one_of.items()}
    wrong = []
    for route in (route for route in ROUTES if "{case:str}" in route.path):
        row, differs = WHO[name(route)], OTHERWISE.get(name(route))
        # A second address of a thing inside a case (a file, a task) names one that is not there.
        inside = set(re.findall(r"\{(\w+):str\}", route.path)) - {"case"}
        for role, one in one_of.items():
            # So does an act two steps inside, such as ticking a task, or untying: its form says which.
            is_inside = bool(inside) or route.path.partition("}")[2].count("/") > 1 or "/un" in route.path
            let_in = MISSING | IN if is_inside or role == "coordinator" else IN
            if differs and role in differs.shut:
                let_in = MISSING
            for situation, case, right in (
                ("own", cases.own[role], let_in),
                ("other", cases.other[role], differs.other if differs else MISSING),
                ("erased", cases.erased[role], (differs.other if differs else MISSING) | MISSING),
            ):
                expected = right if role in row else REFUSED
                status = ask(one, route, case, tokens[role], f"{situation} {role}")
                if status == 422 and expected == MISSING:
                    # A form refused unread is no answer about the case, if one that never was gets it too.
                    status = 404 if ask(one, route, bytes(16), tokens[role], f"never {role}") == 422 else 422
                if status not in expected:
                    wrong.append(f"{name(route)}: {role}, {situation}: {status}, not {sorted(expected)}")
    assert not wrong, "\n".join(wrong)


def test_whoever_is_suspended_stands_at_the_door_of_every_address(desk: DeskHouse) -> None:
    people = {who: desk.sign_in(who) for who in CAST}
    cases = lay(desk, people)
    one_of = {role: who for who, (role,) in reversed([(n, tuple(r)) for n, r in CAST.items()])}
    with desk.house.database.write() as session:
        for who in CAST:
            row = session.get(StaffState, who) or StaffState(staff=who, suspended_by="")
            row.suspended_until = desk.house.now + timedelta(hours=24)
            session.add(row)
    sessions = desk.app.state["desk"].sessions
    for route in (route for route in ROUTES if not route.is_open):
        for role, who in one_of.items():
            # A session as it was before the suspension: the next click must find out by itself.
            cookie, session = sessions.begin(desk.house.staff[who], "en", desk.house.now)
            one = desk.browser()
            one.cookies.set(COOKIE, cookie)
            status = ask(one, route, cases.own[role], {"csrf": session.csrf}, "suspended")
            assert status in (303, 401), (name(route), role, status)
            assert sessions.find(cookie, desk.house.now) is None, (name(route), role)


def test_the_rows_that_differ_name_addresses_that_exist() -> None:
    assert set(OTHERWISE) <= {name(route) for route in ROUTES}


DRAFT_LOST = frozenset({200, 303, 404, 409, 422})
# Whom an editor's draft is there for before it stands still, and afterwards.
WRITERS, JUDGES = {"editor", "coordinator"}, {"custodian", "lawyer"}


@pytest.mark.full
def test_every_draft_address_answers_each_role_by_who_holds_its_key(desk: DeskHouse) -> None:
    """A draft nobody froze is not there for those who will judge it; one that was discarded, for nobody."""
    people = {who: desk.sign_in(who) for who in CAST}
    one_of = {role: people[who] for who, (role,) in reversed([(n, tuple(r)) for n, r in CAST.items()])}
    tokens = {role: one.form("/account", "/account/duty") for role, one in one_of.items()}
    gone = people["carol"].do("/drafts", "/drafts").headers["location"]
    assert people["carol"].do(gone, f"{gone}/discard").status_code == 303
    written = people["carol"].do("/drafts", "/drafts").headers["location"]
    wrong = []
    for route in (route for route in ROUTES if "{draft:str}" in route.path):
        is_inside = "{" in route.path.partition("}")[2]
        for role, one in one_of.items():
            for situation, draft in (("gone", gone), ("written", written)):
                where = route.path.replace("/draft/{draft:str}", draft)
                where = re.sub(r"\{(\w+):str\}", lambda found: ABSENT[found[1]], where)
                form = {**FORM, **tokens[role], "once": f"{where} {role}"}
                answer = one.get(where) if route.method == "GET" else one.post(where, form)
                is_there = situation == "written" and role in WRITERS
                expected = DRAFT_LOST if is_there and not is_inside else MISSING | IN if is_there else MISSING
                if role not in WHO[name(route)]:
                    expected = REFUSED
                elif answer.status_code in (409, 422) and not is_there:
                    # Refused unread, as for a draft that never was.
                    never = where.replace(draft, f"/draft/{'0' * 32}")
                    again = one.post(never, {**form, "once": f"{never} {role}"})
                    expected = MISSING | {again.status_code}
                if answer.status_code not in expected:
                    wrong.append(f"{name(route)}: {role}, {situation}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
