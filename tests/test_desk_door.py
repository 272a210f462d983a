"""Who gets in, who stays in, and what a browser or a stranger's page can make the desk do: nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from casework.database import Database
from casework.tables import JournalRow
from crypto import keyring
from desk import door, forms, keyrings
from desk.entrance import Entrance
from desk.errors import ForgedFormError, TooLargeError, WrongSignInError
from desk.pages import ROUTES
from desk.routes import Route
from desk.settings import Settings
from tests.deskhouse import HOST, DeskHouse, open_desk

EVERYBODY = {"coordinator", "lawyer", "consultant", "editor", "custodian"}
CAST = {
    "alice": {"lawyer"},
    "bob": {"lawyer"},
    "carol": {"editor"},
    "dan": {"editor"},
    "erin": {"custodian"},
    "olga": {"coordinator"},
    "vera": {"consultant"},
}
WORKERS = {"lawyer", "consultant", "editor"}
TAKERS = {"lawyer", "editor"}
# Every address with a session behind it, and who may use it. A new one fails until it has a row here.
WHO = {
    "POST /sign-out": EVERYBODY,
    "POST /lock": EVERYBODY,
    "POST /restored": EVERYBODY,
    "POST /language": EVERYBODY,
    "GET /queue": WORKERS,
    "GET /search": WORKERS,
    "POST /search": WORKERS,
    "GET /case/{case:str}": WORKERS,
    "GET /case/{case:str}/work": WORKERS,
    "GET /case/{case:str}/people": TAKERS,
    "POST /case/{case:str}/party": TAKERS,
    "POST /case/{case:str}/party/strike": TAKERS,
    "POST /case/{case:str}/people": TAKERS,
    "POST /case/{case:str}/people/change": TAKERS,
    "GET /case/{case:str}/ties": WORKERS,
    "POST /case/{case:str}/tie": TAKERS,
    "POST /case/{case:str}/untie": TAKERS,
    "POST /case/{case:str}/split": TAKERS,
    "GET /case/{case:str}/papers": {"lawyer"},
    "GET /case/{case:str}/papers/{document:str}": {"lawyer"},
    "POST /case/{case:str}/papers/{document:str}": {"lawyer"},
    "POST /case/{case:str}/papers/{document:str}/docx": {"lawyer"},
    "POST /case/{case:str}/deadline": TAKERS,
    "POST /case/{case:str}/deadline/settle": TAKERS,
    "POST /case/{case:str}/task": TAKERS,
    "POST /case/{case:str}/task/tick": TAKERS,
    "POST /case/{case:str}/timeline": TAKERS,
    "POST /case/{case:str}/timeline/date": TAKERS,
    "POST /case/{case:str}/timeline/drop": TAKERS,
    "GET /case/{case:str}/export": TAKERS,
    "POST /case/{case:str}/export": TAKERS,
    "POST /case/{case:str}/export/{item:str}/agree": TAKERS,
    "POST /case/{case:str}/export/{item:str}/take": TAKERS,
    "GET /case/{case:str}/alike": WORKERS,
    "POST /case/{case:str}/alike": {"lawyer"},
    "POST /case/{case:str}/card": {"lawyer", "editor", "custodian", "coordinator"},
    "GET /case/{case:str}/card": {"lawyer", "editor", "custodian", "coordinator"},
    "POST /case/{case:str}/card/away": {"lawyer", "editor", "custodian", "coordinator"},
    "POST /case/{case:str}/accept": TAKERS,
    "POST /case/{case:str}/assign": TAKERS,
    "POST /case/{case:str}/give-back": TAKERS,
    "POST /case/{case:str}/decline": TAKERS,
    "POST /case/{case:str}/mute": TAKERS,
    "POST /case/{case:str}/spam": TAKERS,
    "POST /case/{case:str}/note": WORKERS,
    "POST /case/{case:str}/cover": WORKERS,
    "POST /case/{case:str}/calm": WORKERS,
    "POST /case/{case:str}/wait": TAKERS,
    "POST /case/{case:str}/close": TAKERS,
    "POST /case/{case:str}/reopen": TAKERS,
    "POST /case/{case:str}/merge": TAKERS,
    "GET /case/{case:str}/answer": WORKERS,
    "POST /case/{case:str}/answer": TAKERS,
    "POST /case/{case:str}/answer/template": WORKERS,
    "POST /case/{case:str}/scrap": WORKERS,
    "POST /case/{case:str}/reply": TAKERS,
    "POST /case/{case:str}/lend": {"lawyer"},
    "POST /case/{case:str}/pass-up": WORKERS,
    "GET /answers": WORKERS,
    "POST /answers": WORKERS,
    "POST /answers/undo": WORKERS,
    "POST /case/{case:str}/brief": {"lawyer"},
    "POST /case/{case:str}/draft": {"editor"},
    "GET /case/{case:str}/file/{item:str}": WORKERS,
    "GET /case/{case:str}/file/{item:str}/picture": WORKERS,
    "POST /case/{case:str}/file/{item:str}/export": WORKERS,
    "GET /drafts": {"editor", "lawyer", "custodian", "coordinator"},
    "POST /drafts": {"editor"},
    "GET /draft/{draft:str}": {"editor", "lawyer", "custodian", "coordinator"},
    "POST /draft/{draft:str}/unmask": {"editor"},
    "POST /draft/{draft:str}/keep": {"editor"},
    "POST /draft/{draft:str}/choose": {"editor"},
    "POST /draft/{draft:str}/show-source": {"editor"},
    "POST /draft/{draft:str}/source-said": {"lawyer"},
    "POST /draft/{draft:str}/undo-copy": {"editor"},
    "POST /draft/{draft:str}/take-copy": {"editor"},
    "POST /draft/{draft:str}/save": {"editor"},
    "POST /draft/{draft:str}/picture": {"editor"},
    "GET /draft/{draft:str}/picture/{picture:str}": {"editor"},
    "POST /draft/{draft:str}/picture/{picture:str}/click": {"editor"},
    "POST /draft/{draft:str}/picture/{picture:str}/box": {"editor"},
    "POST /draft/{draft:str}/picture/{picture:str}/change": {"editor"},
    "GET /draft/{draft:str}/pictures/{name:str}": {"editor", "lawyer", "custodian", "coordinator"},
    "POST /draft/{draft:str}/pictures/{name:str}/describe": {"editor"},
    "POST /draft/{draft:str}/pictures/{name:str}/take-out": {"editor"},
    "POST /draft/{draft:str}/mend": {"editor"},
    "POST /draft/{draft:str}/undo": {"editor"},
    "POST /draft/{draft:str}/freeze": {"editor"},
    "POST /draft/{draft:str}/discard": {"editor", "coordinator"},
    "POST /draft/{draft:str}/sign": {"editor"},
    "POST /draft/{draft:str}/check": {"custodian", "lawyer", "coordinator"},
    "POST /draft/{draft:str}/no-case": {"editor", "coordinator"},
    "POST /draft/{draft:str}/approve": {"editor", "coordinator", "lawyer"},
    "POST /draft/{draft:str}/hold": {"editor", "coordinator", "lawyer"},
    "POST /draft/{draft:str}/hold-until": {"editor", "coordinator", "lawyer"},
    "POST /draft/{draft:str}/answer": {"editor", "coordinator", "lawyer"},
    "POST /draft/{draft:str}/publish": {"editor", "coordinator", "lawyer"},
    "GET /bench": {"custodian", "coordinator"},
    "POST /bench/check": {"custodian", "coordinator"},
    "POST /case/{case:str}/card/ask": {"editor"},
    "POST /bench/{case:str}/answer": {"custodian", "coordinator"},
    "POST /bench/{case:str}/release": {"custodian", "coordinator"},
    "GET /published": EVERYBODY,
    "POST /published/{entry:str}/correct": {"editor"},
    "GET /published/{entry:str}/merge": {"editor"},
    "POST /published/{entry:str}/take-over": {"editor"},
    "POST /published/{entry:str}/take-down": EVERYBODY,
    "GET /imports": {"editor", "coordinator"},
    "GET /imports/{digest:str}": {"editor", "coordinator"},
    "POST /imports/{digest:str}/choose": {"editor", "coordinator"},
    "POST /imports/{digest:str}/decide": {"editor", "coordinator"},
    "POST /imports/{digest:str}/sign": {"editor", "coordinator"},
    "POST /imports/{digest:str}/withdraw": {"editor", "coordinator"},
    "GET /house": {"coordinator"},
    "POST /house/case/{case:str}/assign": {"coordinator"},
    "POST /house/{staff:str}/duty": {"coordinator"},
    "POST /house/{staff:str}/working": {"coordinator"},
    "POST /house/{staff:str}/lift": {"coordinator"},
    "GET /figures": {"coordinator"},
    "POST /figures/close": {"coordinator"},
    "POST /figures/tell": {"coordinator"},
    "GET /figures/table": {"coordinator"},
    "GET /keeping": {"lawyer", "editor", "coordinator"},
    "POST /keeping/{case:str}/hold": {"lawyer", "editor", "coordinator"},
    "GET /journal": {"coordinator"},
    "GET /account": EVERYBODY,
    "POST /account/duty": EVERYBODY,
    "POST /account/working": EVERYBODY,
    "POST /account/competences": EVERYBODY,
    "POST /account/team-check": {"lawyer"},
    "POST /account/contact": EVERYBODY,
    "POST /account/passphrase": EVERYBODY,
    "POST /account/pin": EVERYBODY,
    "POST /account/sessions": EVERYBODY,
    "POST /account/suspend/{staff:str}": EVERYBODY,
}
ABSENT = {
    "case": "0" * 32,
    "item": "0" * 32,
    "draft": "0" * 32,
    "digest": "0" * 64,
    "entry": "0" * 10,
    "staff": "nobody",
    "picture": "0" * 32,
    "name": "0" * 64,
    "document": "refusal_report",
}


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path, CAST) as opened:
        yield opened


def name(route: Route) -> str:
    return f"{route.method} {route.path}"


def address(route: Route) -> str:
    return re.sub(r"\{(\w+):str\}", lambda found: ABSENT[found[1]], route.path)


def test_every_address_is_listed_with_its_roles() -> None:
    behind = {name(route): set(route.roles) for route in ROUTES if not route.is_open}
    assert behind == WHO
    assert {route.path for route in ROUTES if route.is_open} == {
        "/",
        "/sign-in",
        "/unlock",
        "/static/{name:str}",
    }


def test_no_address_answers_a_stranger_or_the_wrong_role(desk: DeskHouse) -> None:
    stranger = desk.browser()
    people = {role: desk.sign_in(who) for who, (role,) in {n: tuple(r) for n, r in CAST.items()}.items()}
    tokens = {role: one.form("/account", "/account/duty") for role, one in people.items()}
    for route in ROUTES:
        if route.is_open or route.path in ("/sign-out", "/lock"):
            continue
        where = address(route)
        answer = stranger.get(where) if route.method == "GET" else stranger.post(where, {"a": "b"})
        assert (answer.status_code, answer.headers["location"][:8]) == (303, "/sign-in"), name(route)
        for role, one in people.items():
            if route.method == "GET":
                status = one.get(where).status_code
            else:
                status = one.post(where, {**tokens[role], "once": f"{name(route)} {role}"}).status_code
            refused = status == 403
            assert refused != (role in WHO[name(route)]), (name(route), role, status)
            assert status < 500, (name(route), role, status)


def test_one_sentence_answers_every_wrong_sign_in(desk: DeskHouse) -> None:
    right = {"name": "alice", "passphrase": desk.passphrases["alice"], "code": desk.code("alice")}
    wrong = [
        {**right, "name": "nobody"},
        {**right, "name": "../alice"},
        {**right, "passphrase": "abandon abandon abandon abandon abandon abandon"},
        {**right, "code": "000000"},
        {**right, "name": "bob"},
        {**right, "name": "", "passphrase": "", "code": ""},
    ]
    pages = [desk.browser().post("/sign-in", fields) for fields in wrong]
    assert {page.status_code for page in pages} == {401}
    said = {re.sub(r'value="[^"]*"|autofocus', "", page.text).replace(" >", ">") for page in pages}
    assert len(said) == 1
    assert desk.browser().post("/sign-in", right).status_code == 303


def test_a_password_manager_knows_what_each_field_is(desk: DeskHouse) -> None:
    def fields(page: str) -> list[tuple[str, str]]:
        inputs = re.findall(r"<input [^>]*>", page)
        found = [re.search(r'autocomplete="([^"]*)"', one) for one in inputs]
        names = [re.search(r' name="([^"]*)"', one) for one in inputs]
        return [
            (name.group(1) if name else "", what.group(1))
            for name, what in zip(names, found, strict=True)
            if what and what.group(1) != "off"
        ]

    assert fields(desk.browser().get("/sign-in").text) == [
        ("name", "username"), ("passphrase", "current-password"), ("code", "one-time-code")
    ]  # fmt: skip
    # A new passphrase takes the old one's place under the same name; the name itself is not sent.
    account = desk.sign_in("alice").page("/account")
    assert fields(account) == [("", "username"), ("passphrase", "current-password")]


def test_a_code_is_good_once(desk: DeskHouse) -> None:
    desk.sign_in("alice")
    again = {"name": "alice", "passphrase": desk.passphrases["alice"], "code": desk.code("alice")}
    assert desk.browser().post("/sign-in", again).status_code == 401


def test_guessing_codes_stops_and_strangers_cannot_lock_anybody_out(desk: DeskHouse) -> None:
    alice = {"name": "alice", "passphrase": desk.passphrases["alice"]}
    for _ in range(8):
        assert (
            desk.browser().post("/sign-in", {"name": "alice", "passphrase": "x", "code": "1"}).status_code
            == 401
        )
    assert desk.browser().post("/sign-in", {**alice, "code": desk.code("alice")}).status_code == 303
    desk.house.now += timedelta(minutes=1)
    for _ in range(5):
        desk.browser().post("/sign-in", {**alice, "code": "000000"})
    assert desk.browser().post("/sign-in", {**alice, "code": desk.code("alice")}).status_code == 401
    desk.house.now += timedelta(minutes=16)
    assert desk.browser().post("/sign-in", {**alice, "code": desk.code("alice")}).status_code == 303


def test_a_real_house_refuses_practice_keyrings(desk: DeskHouse, tmp_path: Path) -> None:
    settings = Settings(keyring_dir=tmp_path / "keyrings", hosts=frozenset({HOST}))
    entrance = Entrance(settings, desk.house.database, desk.house.anchor)
    with pytest.raises(WrongSignInError):
        entrance.sign_in("alice", desk.passphrases["alice"], desk.code("alice"), desk.house.now)


def test_a_keyring_of_other_keys_than_the_rosters_opens_nothing(desk: DeskHouse, tmp_path: Path) -> None:
    locked, passphrase, staff = keyring.create("alice", keyring.PRACTICE)
    secret = keyrings.enrol(tmp_path / "keyrings", locked, staff)
    desk.secrets["alice"] = secret
    fields = {"name": "alice", "passphrase": passphrase, "code": desk.code("alice")}
    assert desk.browser().post("/sign-in", fields).status_code == 401


def test_a_session_ends_after_a_quarter_of_an_hour_and_gives_back_unsent_words(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice")
    alice = desk.sign_in("alice")
    where = f"/case/{case.hex()}"
    alice.do(where, f"{where}/accept", second="")
    form = alice.form(where, f"{where}/note")
    desk.house.now += timedelta(minutes=16)
    answer = alice.post(f"{where}/note", {**form, "note": "Длинная заметка, которую жаль терять."})
    assert answer.status_code == 401
    assert "Длинная заметка, которую жаль терять." in answer.text
    assert alice.get(where).headers["location"].startswith("/sign-in")


def test_nobody_stays_signed_in_longer_than_a_shift(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    for _ in range(72):
        desk.house.now += timedelta(minutes=10)
        last = alice.get("/account").status_code
    assert last == 200
    desk.house.now += timedelta(minutes=10)
    assert alice.get("/account").status_code == 303


def test_a_revoked_member_is_out_at_the_next_click(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    desk.house.revoke("alice")
    assert alice.get("/queue").status_code == 303


def test_signing_out_forgets_the_session(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    cookie = alice.cookies["desk"]
    assert alice.do("/account", "/sign-out").status_code == 303
    alice.cookies.set("desk", cookie)
    assert alice.get("/queue").status_code == 303


def test_forms_of_other_pages_and_sessions_change_nothing(desk: DeskHouse) -> None:
    alice, bob = desk.sign_in("alice"), desk.sign_in("bob")
    form = {**alice.form("/account", "/account/duty"), "limit": "7"}
    assert bob.post("/account/duty", form).status_code == 403
    assert alice.post("/account/duty", {**form, "csrf": ""}).status_code == 403
    assert alice.post("/account/duty", {**form, "once": ""}).status_code == 403
    elsewhere = {"Origin": "http://elsewhere.test"}
    assert alice.ask("POST", "/account/duty", data=form, headers=elsewhere).status_code == 403
    aside = {"Sec-Fetch-Site": "cross-site"}
    assert alice.ask("POST", "/account/duty", data=form, headers=aside).status_code == 403
    assert alice.ask("GET", "/account", headers={"Host": "elsewhere.test"}).status_code == 403
    with desk.house.database.read() as session:
        assert "duty" not in set(session.scalars(select(JournalRow.act)))


def test_every_answer_forbids_scripts_frames_and_caches(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    for where in ("/sign-in", "/queue", "/account", "/nowhere", f"/case/{'0' * 32}"):
        headers = alice.get(where).headers
        assert "default-src 'none'" in headers["content-security-policy"], where
        assert "script-src" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store", where
        assert headers["x-content-type-options"] == "nosniff", where
        assert headers["referrer-policy"] == "same-origin"
    assert "<script" not in alice.page("/queue")


def test_the_session_cookie_is_hidden_from_scripts_and_other_sites(desk: DeskHouse) -> None:
    desk.house.now += timedelta(minutes=1)
    fields = {"name": "alice", "passphrase": desk.passphrases["alice"], "code": desk.code("alice")}
    cookie = desk.browser().post("/sign-in", fields).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Max-Age" not in cookie


def test_language_links_lead_nowhere_else(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    form = alice.form("/account", "/language")
    answer = alice.post("/language", {**form, "language": "ru", "back": "//elsewhere.test"})
    assert answer.headers["location"] == "/"
    assert "Моя очередь" in alice.page("/queue")


def test_a_door_check_compares_the_whole_host() -> None:
    settings = Settings(keyring_dir=Path(), hosts=frozenset({"desk.test:8480"}))
    door.check(settings, "GET", {"host": "desk.test:8480"})
    for host in ("", "desk.test", "desk.test:8481", "desk.test:8480.elsewhere.test"):
        with pytest.raises(ForgedFormError):
            door.check(settings, "GET", {"host": host})
    secure = replace(settings, is_https=True)
    with pytest.raises(ForgedFormError):
        door.check(secure, "POST", {"host": "desk.test:8480", "origin": "http://desk.test:8480"})


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b"--x--"),
        ("multipart/form-data; boundary=x", b"no boundary here"),
        ("application/x-www-form-urlencoded", "поле=1".encode()),
        ("application/x-www-form-urlencoded", b"a=%ff%fe"),
        ("application/x-www-form-urlencoded", b"a=1&" * 3000),
    ],
)
def test_broken_forms_are_refused(kind: str, body: bytes) -> None:
    with pytest.raises((ForgedFormError, TooLargeError)):
        forms.parse(kind, body)


def test_an_upload_larger_than_the_limit_is_refused_unread(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    answer = alice.ask(
        "POST",
        f"/case/{'0' * 32}/reply",
        headers={"content-length": str(50 * 1024 * 1024), "content-type": "multipart/form-data; boundary=x"},
        content=b"",
    )
    assert answer.status_code == 413


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), (f"/case/{'0' * 32}/accept", 405)])
def test_an_address_that_is_none_answers_a_page_in_ones_language(
    desk: DeskHouse, path: str, status: int
) -> None:
    alice = desk.sign_in("alice")
    answer = alice.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert "Content-Security-Policy" in answer.headers
    assert "<h1>" in answer.text
    assert alice.get("/queue").status_code == 200
