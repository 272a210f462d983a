"""People at the practice house in browsers of their own, and the album their pages are kept in."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

from playwright.async_api import Browser, Page

from subrosa.demo.stage import Stage
from tests import tour

WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 360, "height": 740}
PATIENCE = 60_000  # ms


class Album:
    """Where pictures go: every page at two widths and in both themes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def keep(self, tab: Page, name: str) -> None:
        """Look at *tab* in every way, and insist that nothing runs out of the window."""
        for width, size in (("wide", WIDE), ("narrow", NARROW)):
            for theme in ("light", "dark"):
                await tab.set_viewport_size({"width": size["width"], "height": size["height"]})
                await tab.emulate_media(color_scheme=theme)
                over = await tab.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert over <= 0, f"{name} is {over} px too wide when {width}"
                await tab.screenshot(path=self.folder / f"{name}-{width}-{theme}.png", full_page=True)
                await tour.keep(tab, "phone", name, size["width"], theme)
        await tab.set_viewport_size({"width": WIDE["width"], "height": WIDE["height"]})
        await tab.emulate_media(color_scheme="light")
        await tour.keep_front(tab, name)


class Person:
    """Somebody at a desk, in a browser of their own."""

    def __init__(self, stage: Stage, tab: Page, complaints: list[str]) -> None:
        self.stage = stage
        self.tab = tab
        self.complaints = complaints

    async def sign_in(self, who: str) -> None:
        """Sign in as *who*."""
        person = self.stage.staff[who]
        await self.tab.goto(f"{self.stage.desk_url}/sign-in")
        await self.tab.fill("#name", who)
        await self.tab.fill("#passphrase", person.passphrase)
        await self.tab.fill("#code", self.stage.code(who))
        await self.tab.click("form[action='/sign-in'] button")
        await self.tab.wait_for_url(lambda url: "/sign-in" not in url)

    async def open(self, path: str) -> None:
        """Open a page of the desk."""
        await self.tab.goto(f"{self.stage.desk_url}{path}")

    async def unfold(self) -> None:
        """Open everything on the page that is folded away."""
        await self.tab.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")

    async def first_case(self) -> str:
        """Wait for a case in the queue and open it."""
        for _ in range(60):
            await self.open("/queue")
            link = self.tab.locator("a[href^='/case/']").first
            if await link.count():
                await link.click()
                return self.tab.url
            await self.tab.wait_for_timeout(250)
        raise AssertionError("no case came")

    async def wait_for_form(self, address: str, ending: str) -> None:
        """Look at a page anew until it offers a form: the hub grants keys a moment after the click."""
        for _ in range(120):
            await self.tab.goto(address)
            if await self.tab.locator(f"form[action$='{ending}']").count():
                return
            await self.tab.wait_for_timeout(500)
        raise AssertionError(f"no form for {ending} came")

    async def judge(self, draft: str) -> None:
        """Let this desk hold its cards against a text, by itself or at the press of a button."""
        for _ in range(240):
            await self.tab.goto(draft)
            if await self.tab.locator("form[action$='/check']").count():
                await self.press("/check")
                await self.tab.goto(draft)
            if await self.tab.locator("ol.steps li").nth(2).get_attribute("class") != "open":
                return
            await self.tab.wait_for_timeout(250)
        raise AssertionError("nobody could hold the cards against the text")

    async def press(self, ending: str, *, button: str = "button", **fields: str) -> int:
        """Fill the form whose address ends in *ending*, press its first *button*, and return the status."""
        form = self.tab.locator(f"form[action$='{ending}']").first
        await self.unfold()
        for name, value in fields.items():
            field = form.locator(f"[name='{name}']")
            if await field.evaluate("e => e.localName") == "select":
                await field.select_option(value)
            else:
                await field.fill(value)
        async with self.tab.expect_navigation(timeout=PATIENCE) as gone:
            await form.locator(button).first.click()
        answer = await gone.value
        return 0 if answer is None else answer.status


async def person(stack: AsyncExitStack, browser: Browser, stage: Stage, *, script: bool = False) -> Person:
    """Open a browser for one more person."""
    context = await browser.new_context(
        java_script_enabled=script, locale="ru-RU", viewport={"width": 1280, "height": 900}
    )
    stack.push_async_callback(context.close)
    tab = await context.new_page()
    tab.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    return Person(stage, tab, complaints)
