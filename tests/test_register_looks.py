"""The site in a browser, JavaScript off: nothing runs out of the page, in both themes, 360 to 1440 pixels."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser

from crypto.signature import SigningKey
from register import examples, packing, records, site
from register.entry import Entry
from register.settings import SiteSettings
from register.sources import Held
from tests import tour
from tests.axe import barriers
from tests.browser import chromium

SHOTS = Path(__file__).resolve().parents[1] / "shots" / "register"
STYLE = Path(site.__file__).parent / "static" / "style.css"


def colours(theme: str) -> dict[str, str]:
    """Read the colours of one theme from the stylesheet."""
    light, dark, *_ = re.findall(r":root \{(.*?)\}", STYLE.read_text(), re.DOTALL)
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
    pairs = [(text, ground) for text in ("ink", "soft", "rose") for ground in ("paper", "card")]
    pairs += [
        ("rose", "rose-soft"),
        ("amber", "amber-soft"),
        ("green", "green-soft"),
        ("ink", "q0"),
        ("soft", "q0"),
    ]
    pairs += [("ink", "q1")]
    for text, ground in pairs:
        assert contrast(found[text], found[ground]) >= 4.5, (theme, text, ground)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("register") / "site"
    now = datetime(2026, 3, 9, tzinfo=UTC)
    key, settings = SigningKey.from_seed(bytes(32)), SiteSettings(bots=("practice_bot",), channel="practice")
    site.build(Held(examples.load()), output, settings=settings, now=now, signing=key)
    assert packing.pack(Held(examples.load()), output, settings=settings, now=now, signing=key)
    return output


LONG_WORDS = """document.querySelectorAll(
    'main :is(h1, h2, h3, p:not(.marks), li, li > a, dd, dt, td, cite, figcaption, blockquote p)'
).forEach(one => one.append(' ' + 'Щ'.repeat(150)))"""


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_no_page_runs_out_of_the_window(
    browser: Browser, built: Path, theme: Literal["light", "dark"]
) -> None:
    entry, gone = (next(r.id for r in examples.load() if r.is_tombstone is dead) for dead in (False, True))
    names = {name: name for name in tour.REGISTER}
    names |= {"entry": f"entries/{entry}", "tombstone": f"entries/{gone}"}
    SHOTS.mkdir(parents=True, exist_ok=True)
    context = await browser.new_context(color_scheme=theme, java_script_enabled=False)
    page = await context.new_page()
    for name, path in names.items():
        await page.goto((built / "uk" / f"{path}.html").as_uri())
        for width in (360, 390, 1280, 1440):
            await page.set_viewport_size({"width": width, "height": 900})
            wide = await page.locator("html").evaluate("html => html.scrollWidth")
            assert wide <= width, (name, width, wide)
            if width in (390, 1280):
                shot = SHOTS / f"{name}-{theme}-{width}.png"
                await page.screenshot(path=shot, full_page=name == "index")
            await tour.keep(page, "register", name, width, theme)
        for tiles in await page.locator(".tiles").all():
            await page.set_viewport_size({"width": 320, "height": 900})
            box = await tiles.bounding_box()
            assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 320, "half a country"
        # A list or a source may bring a word that ends nowhere.
        await page.evaluate(LONG_WORDS)
        for width in (320, 360, 1440):
            await page.set_viewport_size({"width": width, "height": 900})
            wide = await page.locator("html").evaluate("html => html.scrollWidth")
            assert wide <= width, (name, width, wide)
    await context.close()


@pytest.mark.browser
async def test_a_reader_finds_an_entry_by_keyboard(browser: Browser, built: Path) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto((built / "ru" / "index.html").as_uri())
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    assert page.url.endswith("#content")
    await page.locator(".finder a", has_text="Морская пехота").press("Enter")
    await page.locator(".story a").first.press("Enter")
    assert "контрактников" in await page.locator("h1").inner_text()
    await context.close()


@pytest.mark.browser
async def test_a_reader_searches_a_copy_on_a_stick_and_nothing_is_sent(browser: Browser, built: Path) -> None:
    page = await browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto((built / "ru" / "search.html").as_uri())
    # Other cases of the words than those in the text, and words in any order.
    await page.fill("#q", "отказа Морским")
    await page.locator("#found a").first.wait_for()
    assert await page.locator("#found a").all_inner_texts() == [
        "Группа контрактников отказалась возвращаться после отпуска"
    ]
    assert await page.locator("#said").inner_text() == "Найдено записей: 1"
    await page.fill("#q", "абракадабра")
    await page.locator("#said", has_text="Ничего не нашлось").wait_for()
    assert all(url.startswith(built.as_uri()) for url in asked)
    await page.fill("#q", "отказа морским")
    await page.locator("#found a").first.click()
    assert "Группа контрактников" in await page.locator("h1").inner_text()
    await page.close()


@pytest.mark.browser
async def test_without_scripts_the_search_page_leads_to_the_lists(browser: Browser, built: Path) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto((built / "en" / "search.html").as_uri())
    assert not await page.locator("#q").is_visible()
    assert await page.get_by_text("Everything can be found in the lists").is_visible()
    await page.locator("a", has_text="All filters").click()
    assert page.url.endswith("browse.html")
    await context.close()


@pytest.mark.browser
async def test_words_from_an_index_stay_words(browser: Browser, tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)> злое"
    entry = Entry.new(title={"ru": evil}, body={"ru": evil}, month="2026-02")
    now, settings = datetime(2026, 3, 9, tzinfo=UTC), SiteSettings()
    held = Held([records.first(entry, now.date())])
    site.build(held, tmp_path / "site", settings=settings, now=now)
    packing.pack(held, tmp_path / "site", settings=settings, now=now)
    page = await browser.new_page()
    await page.goto((tmp_path / "site/ru/search.html").as_uri())
    await page.fill("#q", "злое")
    await page.locator("#found a").wait_for()
    assert await page.locator("#found a").inner_text() == evil
    assert await page.locator("#found img").count() == 0
    await page.close()


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing(browser: Browser, built: Path, theme: Literal["light", "dark"]) -> None:
    context = await browser.new_context(color_scheme=theme)
    page = await context.new_page()
    entry, gone = (next(r.id for r in examples.load() if r.is_tombstone is dead) for dead in (False, True))
    names = [path.stem for path in (built / "uk").glob("*.html")] + [f"entries/{entry}", f"entries/{gone}"]
    for name in names:
        await page.goto((built / "uk" / f"{name}.html").as_uri())
        for width in (360, 1440):
            await page.set_viewport_size({"width": width, "height": 900})
            assert await barriers(page) == [], (name, width)
    await page.goto((built / "index.html").as_uri())
    assert await barriers(page) == []
    await context.close()
