"""
The desk in a browser: nothing runs out of the window in any width or theme, nothing is nameless, nothing
needs JavaScript, axe-core finds nothing, and nothing is asked of anybody but the desk.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import pytest
from PIL import Image
from playwright.async_api import Browser, Page

from casework import releases
from casework.database import Database
from casework.redaction.detectors import Detectors
from casework.tables import Published
from desk import serve, words
from desk import visit as visits
from register import lists
from register.entry import Entry, Source
from tests import tour
from tests.axe import barriers
from tests.browser import chromium
from tests.deskhouse import DeskHouse, lay_out

SHOTS = Path(__file__).resolve().parents[1] / "shots" / "desk"
STYLE = words.CATALOGUES.parent / "static" / "desk.css"
LATER = timedelta(minutes=1)
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (360, 768, 1280, 1440)
AXE = ((360, "dark"), (1280, "light"))
# The template of the page that was shown last.
SHOWN = [""]
PAGE_LIMIT = 100_000  # bytes
TEXT_ON = {
    "ink": ("ground", "sheet", "raised", "sunk", "rose-wash", "amber-wash", "danger-wash", "green-wash"),
    "soft": ("ground", "sheet", "raised", "sunk", "rose-wash", "amber-wash"),
    "faint": ("ground", "sheet", "raised"),
    "rose": ("ground", "sheet", "raised", "rose-wash"),
    "danger": ("sheet", "danger-wash"),
    "amber": ("sheet", "amber-wash"),
    "green": ("sheet", "green-wash"),
    "blue": ("sheet", "blue-wash"),
    "on-rose": ("rose", "rose-strong"),
    "ground": ("mask",),
}
# What a page is asked: names of everything that can be filled in or pressed, and how its headings run.
QUESTIONS = """() => {
  const named = e => [...(e.labels || [])].some(l => l.textContent.trim()) || e.ariaLabel || e.alt;
  const fields = [...document.querySelectorAll('input, select, textarea')].filter(e => e.type != 'hidden');
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  return {
    nameless: fields.filter(e => !named(e)).map(e => e.name),
    silent: [...document.querySelectorAll('button, a')].filter(e => !e.textContent.trim()).length,
    pictures: [...document.querySelectorAll('img:not([alt])')].length,
    doubled: ids.filter((id, n) => ids.indexOf(id) !== n),
    headings: [...document.querySelectorAll('h1')].length,
    lang: document.documentElement.lang,
    mains: document.querySelectorAll('main').length,
    over: document.documentElement.scrollWidth - innerWidth,
  };
}"""


def colours(theme: str) -> dict[str, str]:
    """Read the colours of one theme from the stylesheet."""
    light, dark, *_ = re.findall(r":root \{(.*?)\n\s*\}", STYLE.read_text(), re.DOTALL)
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light))
    return found if theme == "light" else {**found, **dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", dark))}


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG defines it."""

    def light(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    brighter, darker = sorted((light(one), light(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(theme: str) -> None:
    found = colours(theme)
    for text, grounds in TEXT_ON.items():
        for ground in grounds:
            assert contrast(found[text], found[ground]) >= 4.5, (theme, text, ground)


class Served:
    """A desk on loopback."""

    def __init__(self, desk: DeskHouse, url: str) -> None:
        self.desk = desk
        self.url = url

    async def sign_in(self, browser: Browser, who: str, *, scripts: bool) -> Page:
        """Sign *who* in, in a browser with or without JavaScript."""
        context = await browser.new_context(java_script_enabled=scripts, locale="ru-RU")
        tab = await context.new_page()
        await tab.goto(self.url)
        # The step of a sign-in code passes.
        self.desk.house.now += LATER
        await tab.fill("#name", who)
        await tab.fill("#passphrase", self.desk.passphrases[who])
        await tab.fill("#code", self.desk.code(who))
        await tab.click("form[action='/sign-in'] button")
        await tab.wait_for_url(lambda url: "/sign-in" not in url)
        return tab


@contextmanager
def serving(
    database: Database,
    folder: Path,
    detectors: Detectors,
    cast: dict[str, set[str]] | None = None,
    *,
    patience: float = 60,
) -> Iterator[Served]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    host = f"127.0.0.1:{port}"
    with lay_out(
        database, folder, cast, host=host, detectors=lambda: detectors, patience=patience,
        records_dir=folder / "records",
    ) as desk:  # fmt: skip
        show = visits.Visit.page

        def noting(visit: visits.Visit, template: str, /, *given: Any, **named: Any) -> visits.Reply:
            SHOWN[0] = template.removesuffix(".html")
            return show(visit, template, *given, **named)

        visits.Visit.page = noting  # type: ignore[method-assign]
        server = serve.server(desk.app, "127.0.0.1", port)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        until = time.monotonic() + 10
        while not server.started and time.monotonic() < until:
            time.sleep(0.02)
        try:
            yield Served(desk, f"http://{host}")
        finally:
            server.should_exit = True
            thread.join(timeout=10)
            visits.Visit.page = show  # type: ignore[method-assign]


@pytest.fixture
def served(sqlite_database: Database, tmp_path: Path, detectors: Detectors) -> Iterator[Served]:
    with serving(sqlite_database, tmp_path, detectors) as desk:
        yield desk


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


def furnish(desk: DeskHouse) -> dict[str, bytes]:
    """Fill the house with something for every page."""
    photo = BytesIO()
    Image.new("RGB", (600, 800), (240, 235, 225)).save(photo, "JPEG")
    files = (("рапорт.jpg", "image/jpeg", photo.getvalue()), ("голос.ogg", "audio/ogg", b"0" * 9000))
    story = "Здравствуйте. Командир порвал рапорт, сына хотят увезти. Что делать? " * 3
    cover = {"topic": "refusal", "region": "RU-BU", "branch": "marines", "relation": "mother"}
    made = {"case": desk.file_case(assignee="alice", text=story, urgency="now", files=files, cover=cover)}
    desk.file_case(assignee="bob", text="Прошу помощи.", urgency="days", cover={"wants": "legal"})
    told = "Меня зовут Анна Кошкина. Двенадцатого марта муж и ещё восемь человек отказались идти на позиции."
    made["tip"] = desk.file_case("editors", assignee="carol", text=told)
    source = Source(
        outlet="Медиазона", url="https://zona.media/a-very-long-address/that-must-not-push-the-page-wide"
    )
    entry = Entry.new(
        title={"ru": "Запись списка", "en": "Entry"},
        body={"ru": "Текст."},
        grade="reported",
        sources=[source],
    )
    day = desk.house.now.date()
    with desk.house.database.write() as session:
        releases.land_manifest(session, lists.pack([entry]), desk.house.actor("olga"), day)
        session.add(Published(public_id="0123456789", digest=b"d" * 32, day=day, state="published"))
    return made


async def look(tab: Page, name: str, url: str) -> list[str]:
    """Return what is wrong with the page in *tab*, in every width and theme; keep a picture of what is."""
    wrong: list[str] = []
    if tour.DESK[name][0] != SHOWN[0]:
        wrong.append(f"{name} shows {SHOWN[0]}")
    body = await tab.content()
    if len(body.encode()) > PAGE_LIMIT:
        wrong.append(f"{name}: {len(body)} characters")
    for width in WIDTHS:
        for theme in THEMES:
            await tab.set_viewport_size({"width": width, "height": 900})
            await tab.emulate_media(color_scheme=theme)
            right = len(wrong)
            found: dict[str, Any] = await tab.evaluate(QUESTIONS)
            if found["over"] > 0:
                wrong.append(f"{name}: {found['over']} px too wide at {width}")
            if (width, theme) in AXE:
                wrong += [f"{name} {width} {theme}: {one}" for one in await barriers(tab)]
            if len(wrong) > right:
                await tab.screenshot(path=SHOTS / f"{name}-{width}-{theme}.png", full_page=True)
            await tour.keep(tab, "desk", name, width, theme)
    faults = {key: found[key] for key in ("nameless", "silent", "pictures", "doubled") if found[key]}
    if faults or found["headings"] != 1 or found["mains"] != 1 or found["lang"] != "ru":
        wrong.append(f"{name}: {faults} {found['headings']} {found['mains']} {found['lang']} {url}")
    return wrong


@pytest.mark.browser
async def test_every_page_holds_together_in_every_width_and_theme(browser: Browser, served: Served) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    made = furnish(served.desk)
    wrong: list[str] = []
    context = await browser.new_context(locale="ru-RU")
    tab = await context.new_page()
    await tab.goto(served.url)
    wrong += await look(tab, "sign-in", tab.url)
    case, tip = f"/case/{made['case'].hex()}", f"/case/{made['tip'].hex()}"
    alice = await served.sign_in(browser, "alice", scripts=True)
    strange = watch(alice, served.url)
    for name, path in (("queue", "/queue"), ("case-new", case)):
        await alice.goto(served.url + path)
        wrong += await look(alice, name, path)
    await alice.click("form[action$='/accept'] button")
    await alice.fill("#text", "Рапорт можно подать ещё раз: два экземпляра, на вашем входящий номер.")
    await alice.click("button[value=reply]")
    wrong += await look(alice, "case", case)
    await alice.click("form[action$='/card'] button")
    wrong += await look(alice, "card", case)
    await alice.goto(served.url + case)
    await alice.click("text=рапорт.jpg")
    wrong += await look(alice, "file", case)
    for name in ("account", "published", "drafts"):
        await alice.goto(f"{served.url}/{name}")
        wrong += await look(alice, name, name)
    await alice.goto(f"{served.url}/case/{'0' * 32}")
    wrong += await look(alice, "missing", "missing")
    carol = await served.sign_in(browser, "carol", scripts=True)
    await carol.goto(served.url + tip)
    await carol.click("form[action$='/accept'] button")
    await carol.click("form[action$='/draft'] button")
    wrong += await look(carol, "draft", "draft")
    await carol.evaluate("document.querySelectorAll('#entry-form details').forEach(d => { d.open = true; })")
    wrong += await look(carol, "draft-adding", "draft")
    await carol.click("button[value='accept kind any']")
    wrong += await look(carol, "draft-copy", "draft")
    await carol.fill("#title_ru", "Отказались идти на позиции")
    await carol.fill("#body_ru", "Группа военных отказалась. Анна Кошкина рассказала об этом.")
    await carol.click("button[formaction$='/freeze']")
    wrong += await look(carol, "draft-frozen", "draft")
    for name in ("imports", "published"):
        await carol.goto(f"{served.url}/{name}")
        wrong += await look(carol, name, name)
    await carol.goto(f"{served.url}/imports")
    await carol.click("main a.line")
    wrong += await look(carol, "import", "import")
    erin = await served.sign_in(browser, "erin", scripts=True)
    wrong += await look(erin, "bench", "bench")
    olga = await served.sign_in(browser, "olga", scripts=True)
    for name in ("house", "journal"):
        await olga.goto(f"{served.url}/{name}")
        wrong += await look(olga, name, name)
    assert not wrong, "\n".join(wrong)
    assert not strange, strange


def watch(tab: Page, url: str) -> list[str]:
    """Collect what a page asks of others, and what its own policy had to refuse."""
    strange: list[str] = []
    tab.on("request", lambda asked: None if asked.url.startswith(url) else strange.append(asked.url))
    tab.on(
        "console",
        lambda said: strange.append(said.text) if said.type == "error" and "404" not in said.text else None,
    )
    tab.on("pageerror", lambda error: strange.append(str(error)))
    return strange


@pytest.mark.browser
async def test_a_case_is_worked_without_javascript_and_by_keyboard_alone(
    browser: Browser, served: Served
) -> None:
    case = served.desk.file_case(assignee="alice", text="Прошу помощи.")
    alice = await served.sign_in(browser, "alice", scripts=False)
    await alice.goto(f"{served.url}/case/{case.hex()}")
    await alice.focus("form[action$='/accept'] button")
    await alice.keyboard.press("Enter")
    await alice.wait_for_selector("#text")
    await alice.focus("#text")
    await alice.keyboard.type("Отвечаем с клавиатуры.")
    # From the text: the file box, then "answer".
    for _ in range(2):
        await alice.keyboard.press("Tab")
    await alice.keyboard.press("Enter")
    await alice.wait_for_selector("text=Отвечаем с клавиатуры.")
    assert await alice.locator(".bubble.ours").count() == 1


@pytest.mark.browser
async def test_a_double_click_sends_one_answer(browser: Browser, served: Served) -> None:
    case = served.desk.file_case(assignee="alice", text="Прошу помощи.")
    alice = await served.sign_in(browser, "alice", scripts=False)
    await alice.goto(f"{served.url}/case/{case.hex()}")
    await alice.click("form[action$='/accept'] button")
    await alice.fill("#text", "Только один раз.")
    await alice.dblclick("button[value=reply]")
    await alice.wait_for_selector(".bubble.ours")
    await alice.goto(f"{served.url}/case/{case.hex()}")
    assert await alice.locator(".bubble.ours").count() == 1


@pytest.mark.browser
async def test_a_draft_is_kept_while_it_is_written_and_before_another_button_works(
    browser: Browser, served: Served
) -> None:
    made = furnish(served.desk)
    carol = await served.sign_in(browser, "carol", scripts=True)
    strange = watch(carol, served.url)
    await carol.goto(f"{served.url}/case/{made['tip'].hex()}")
    await carol.click("form[action$='/accept'] button")
    await carol.click("form[action$='/draft'] button")
    await carol.fill("#title_ru", "Отказались идти")
    await carol.wait_for_selector("#kept:has-text('Сохранено само')")
    await carol.reload()
    assert await carol.input_value("#title_ru") == "Отказались идти"
    await carol.fill("#body_ru", "Написано и не сохранено.")
    await carol.click("button[value='accept kind any']")
    await carol.wait_for_selector(".narrative.copy")
    assert await carol.input_value("#body_ru") == "Написано и не сохранено."
    await carol.fill("#month", "2026-")
    await carol.wait_for_selector("#kept.warn")
    assert [one for one in strange if "422" not in one] == []
