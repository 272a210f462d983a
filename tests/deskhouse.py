"""
A desk in a test: the whole house with keyrings that open, a hub's keeper at work, and browsers to visit with.

Nothing of ours is faked. The keeper runs in a thread as it does in the hub; the clock is the house's.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pyotp
from litestar import Litestar
from litestar.testing import TestClient

from casework import clocks, handins, keeper, keys, rows
from casework.database import Database
from casework.tables import Case
from crypto import context, keyring
from crypto.padding import CARD
from crypto.roster import Roster
from crypto.sealed import seal
from desk import app, keyrings
from desk.settings import Settings
from tests import house as houses
from tests.house import House

HOST = "desk.test"
# Seconds. A busy machine answers late; a hub that ended never does, and no test should wait for it.
PATIENCE, IN_VAIN = 20.0, 0.5
FORM = re.compile(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', re.DOTALL)
FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


class Hub(threading.Thread):
    """The part of the hub a desk talks to, several times a second."""

    def __init__(
        self, house: House, settings: Settings, patience: float = PATIENCE, every: float = 0.01
    ) -> None:
        super().__init__(daemon=True)
        self._every = every
        self._house = house
        self._patience = patience
        self.settings = settings
        self._over = threading.Event()
        self.counters = keeper.Counters()

    def run(self) -> None:
        house = self._house
        while not self._over.wait(self._every):
            keeper.answer_requests(house.database, house.strongbox, house.anchor, self.counters, house.now)
            handins.take(house.database, house.strongbox, house.anchor, house.now)

    def start(self) -> None:
        object.__setattr__(self.settings, "patience", self._patience)
        super().start()

    def end(self) -> None:
        object.__setattr__(self.settings, "patience", IN_VAIN)
        self._over.set()
        self.join(timeout=10)


@dataclass
class Browser:
    """One person's browser: cookies of its own over the one connection to the desk."""

    client: httpx.Client
    host: str = HOST
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    def ask(self, method: str, path: str, **how: Any) -> httpx.Response:
        """Ask the desk for something, as this browser."""
        self.client.cookies = self.cookies
        answer = self.client.request(method, path, **how)
        self.cookies = httpx.Cookies(self.client.cookies)
        return answer

    def get(self, path: str) -> httpx.Response:
        return self.ask("GET", path, follow_redirects=False)

    def page(self, path: str) -> str:
        """Follow to a page that must be there, and return it."""
        answer = self.ask("GET", path, follow_redirects=True)
        assert answer.status_code == 200, (answer.status_code, path)
        return answer.text

    def form(self, path: str, action: str) -> dict[str, str]:
        """Return the hidden fields of the form on *path* that posts to *action*."""
        page = self.ask("GET", path, follow_redirects=True).text
        for found, inside in FORM.findall(page):
            if unescape(found) == action:
                return {name: unescape(value) for name, value in FIELD.findall(inside)}
        raise AssertionError(f"no form for {action} on {path}")

    def post(self, action: str, fields: dict[str, str], files: Any = None) -> httpx.Response:
        return self.ask(
            "POST",
            action,
            data=fields,
            files=files,
            follow_redirects=False,
            headers={"Origin": f"http://{self.host}"},
        )

    def upload(self, path: str, action: str, files: Any, **fields: str) -> httpx.Response:
        """Fill the form on *path* that posts to *action*, with files, and post it."""
        return self.post(action, {**self.form(path, action), **fields}, files=files)

    def do(self, path: str, action: str, **fields: str) -> httpx.Response:
        """Fill the form on *path* that posts to *action*, and post it."""
        return self.post(action, {**self.form(path, action), **fields})


@dataclass
class DeskHouse:
    """A house with a desk in it."""

    house: House
    app: Litestar
    hub: Hub
    passphrases: dict[str, str]
    secrets: dict[str, str]
    host: str = HOST
    client: httpx.Client = field(init=False)

    def browser(self) -> Browser:
        """Open a browser in which nobody is signed in."""
        return Browser(self.client, self.host)

    def restart_hub(self) -> None:
        """Start the hub's part again after it ended."""
        self.hub = Hub(self.house, self.hub.settings)
        self.hub.start()

    def waits_for(self, claim: Callable[[], bool]) -> bool:
        """Tell whether *claim* comes to hold within a few seconds."""
        until = time.monotonic() + 5
        while time.monotonic() < until:
            if claim():
                return True
            time.sleep(0.02)
        return False

    def code(self, name: str) -> str:
        """Return the code *name*'s phone shows now."""
        return pyotp.TOTP(self.secrets[name]).at(self.house.now)

    def sign_in(self, name: str, language: str = "en") -> Browser:
        """Sign *name* in, a minute later than whatever happened before."""
        self.house.now += timedelta(minutes=1)
        browser = self.browser()
        browser.cookies.set("desk_language", language)
        answer = browser.post(
            "/sign-in", {"name": name, "passphrase": self.passphrases[name], "code": self.code(name)}
        )
        assert answer.status_code == 303, answer.text
        return browser

    def file_case(
        self,
        team: str = "legal",
        assignee: str | None = None,
        text: str = "Прошу помощи, отказ от отправки.",
        *,
        urgency: str = "normal",
        push: bool = True,
        files: tuple[tuple[str, str, bytes], ...] = (),
        cover: dict[str, str] | None = None,
        card: dict[str, str] | None = None,
        more: tuple[str, ...] = (),
    ) -> bytes:
        """File one case as the hub would: a message, files, a cover sheet, a card, a way to answer."""
        house, staffing = self.house, self.house.staffing()
        batch, case, day = rows.Rows(), keys.new_id(), house.now.date()
        batch.add(
            Case, id=case, kind="legal" if team == "legal" else "tip", team=team, status="new",
            urgency=urgency, language="ru", assignee=assignee, opened=day, touched=day, may_summarise=True,
        )  # fmt: skip
        made = {}
        for compartment in (keys.CONTENT, keys.IDENTITY):
            key = keys.make(case, compartment, 0)
            keys.add_key(batch, key, "hub", hub=house.strongbox.signing)
            keys.add_grants(batch, key, staffing.holders(team, compartment), house.strongbox.epoch)
            made[compartment] = keys.public(key)
        content = made[keys.CONTENT]
        at = house.now.replace(second=0).isoformat()
        said = {"author": "tipster", "day": day, "signing": house.strongbox.signing}
        keys.seal_item(batch, content, kind="message", payload={"text": text, "at": at, "seq": 0}, **said)
        for seq, (name, mime, body) in enumerate(files, start=1):
            head = {"name": name, "mime": mime, "size": len(body), "at": at, "seq": seq, "caption": ""}
            keys.seal_file(batch, content, kind="file", head=head, content=body, **said)
        for seq, text in enumerate(more, start=1 + len(files)):
            payload = {"text": text, "at": at, "seq": seq}
            keys.seal_item(batch, content, kind="message", payload=payload, **said)
        sheet = cover or {"topic": "refusal", "region": "RU-SVE"}
        keys.seal_item(batch, content, kind="cover", payload=sheet, **{**said, "author": "hub"})
        who = card or {"kind": "text", "text": "Тестов Тест Тестович"}
        keys.seal_item(batch, made[keys.IDENTITY], kind="card", payload=who, **said)
        if push:
            self._add_courier(batch, content, day)
        clocks.start(batch, case, clocks.ACCEPT, clocks.due(urgency, house.now, clocks.Times()))
        with house.database.write() as session:
            rows.write(session, [batch])
        return case

    def _add_courier(self, batch: rows.Rows, content: keys.PublicKey, day: Any) -> None:
        number, courier = self.house.strongbox.courier
        where = context.named("courier", content.owner)
        address = seal(b'{"chat":4711}', [courier.recipient], where, sizes=CARD)
        payload = {"courier": number, "address": address.hex(), "hours": "any", "language": "ru"}
        keys.seal_item(
            batch,
            content,
            kind="courier",
            payload=payload,
            author="hub",
            day=day,
            signing=self.house.strongbox.signing,
        )


def no_detectors() -> Any:
    """Stand where the gate's detectors are, in tests that never come near the gate."""
    raise AssertionError("this test needs no detectors")


@contextmanager
def lay_out(
    database: Database,
    folder: Path,
    cast: dict[str, set[str]] | None = None,
    *,
    host: str = HOST,
    detectors: Callable[[], Any] = no_detectors,
    patience: float = PATIENCE,
    every: float = 0.01,
    records_dir: Path | None = None,
) -> Iterator[DeskHouse]:
    """Lay out a house, start its keeper, build its desk for *host*; end all of it afterwards."""
    house = houses.build(database, folder, cast)
    keyring_dir = folder / "keyrings"
    passphrases, secrets = _enrol(house, keyring_dir)
    settings = Settings(
        keyring_dir=keyring_dir,
        hosts=frozenset({host}),
        is_practice=True,
        patience=patience,
        records_dir=records_dir,
    )
    desk = app.build(
        settings,
        database,
        house.anchor,
        lambda: house.now,
        zone=ZoneInfo("Europe/Moscow"),
        detectors=detectors,
    )
    opened = DeskHouse(house, desk, Hub(house, settings, patience, every), passphrases, secrets, host)
    opened.hub.start()
    try:
        yield opened
    finally:
        opened.hub.end()


@contextmanager
def open_desk(
    database: Database,
    folder: Path,
    cast: dict[str, set[str]] | None = None,
    *,
    detectors: Callable[[], Any] = no_detectors,
    patience: float = PATIENCE,
    every: float = 0.01,
    records_dir: Path | None = None,
) -> Iterator[DeskHouse]:
    """Lay out a house and open its desk for browsers that are none."""
    with (
        lay_out(
            database,
            folder,
            cast,
            detectors=detectors,
            patience=patience,
            every=every,
            records_dir=records_dir,
        ) as desk,
        TestClient(desk.app, base_url=f"http://{HOST}") as desk.client,
    ):
        yield desk


def _enrol(house: House, folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Give everybody of the cast a keyring of the practice profile, and put those keys in force."""
    passphrases, secrets = {}, {}
    entries = []
    for entry in house.roster.staff:
        locked, passphrase, staff = keyring.create(entry.id, keyring.PRACTICE)
        secrets[entry.id] = keyrings.enrol(folder, locked, staff)
        passphrases[entry.id] = passphrase
        house.staff[entry.id] = staff
        entries.append(staff.entry(entry.roles))
    roster: Roster = replace(house.roster, version=2, previous=house.roster.digest, staff=tuple(entries))
    house.enforce(roster)
    return passphrases, secrets
