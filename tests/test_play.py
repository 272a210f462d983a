"""
The whole way in a real browser: a phone, the desks and the register without JavaScript and with it.

With ``--tour FOLDER`` the pictures of the documents are renewed from what is seen here.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from html import escape
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from register import entry
from subrosa.demo.picture import draw_page
from subrosa.demo.play import ANSWER, BRIEF, CARD, CLEAN, LEAKY, SHEET, STORY, TITLE, Play
from subrosa.demo.stage import Stage
from tests.atdesks import Album, Person, person
from tests.browser import chromium
from tests.lived_in import ANY_PORTS


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Name the practice house of this module."""
    return Stage(tmp_path_factory.mktemp("play") / "house", ANY_PORTS)


@pytest.fixture
def album() -> Album:
    """Give the test a folder for its pictures."""
    return Album(Path(__file__).parents[1] / "shots")


async def tell(tab: Page, stage: Stage, photo: Path, album: Album) -> None:
    """Play the mother on the practice phone."""
    await tab.goto(stage.phone_url)
    await tab.get_by_role("button", name="Начать", exact=True).click()
    await tab.get_by_text("Telegram может читать").first.wait_for()
    for line in STORY:
        await tab.get_by_role("textbox").first.fill(line)
        await tab.keyboard.press("Enter")
    await tab.locator("input[type=file]").first.set_input_files(photo)
    await tab.get_by_text("Получено").first.wait_for()
    await album.keep(tab, "phone")
    chat = tab.locator(".chat")
    for label in ("И то, и другое", "Отправить", "Сейчас, часы", "После отправки"):
        await chat.get_by_role("button", name=label).last.click()
    await tab.get_by_text("О ком речь").wait_for()
    await tab.get_by_role("textbox").first.fill(CARD)
    await tab.keyboard.press("Enter")
    for label in (
        "Дальше",
        "Сюда, тихо",
        "В любое время",
        "Пересказать без имён",
        "Показать коллегам",
        "Готово",
    ):
        await chat.get_by_role("button", name=label).last.click()


@pytest.mark.browser
@pytest.mark.timeout(300)
@pytest.mark.parametrize("script", [False, pytest.param(True, marks=pytest.mark.full)])
async def test_a_story_travels_from_the_phone_to_the_register(
    stage: Stage, album: Album, tmp_path: Path, script: bool
) -> None:
    photo, sheet = tmp_path / "page.jpg", tmp_path / "raport.txt"
    photo.write_bytes(draw_page())
    sheet.write_bytes(SHEET)
    said: list[str] = []
    with stage:
        play = Play(stage, lambda door, text: said.append(f"{door} {text}"))
        play.import_examples()
        play.close()
        async with chromium() as browser, AsyncExitStack() as stack:
            mother = await person(stack, browser, stage, script=True)
            await tell(mother.tab, stage, photo, album)
            lawyer, case = await answer(stack, browser, stage, album, sheet, script)
            await mother.tab.get_by_role("button", name="Открыть").click()
            await mother.tab.get_by_text(ANSWER[:40]).wait_for()
            await album.keep(mother.tab, "answered")
            await lawyer.tab.goto(case)
            await lawyer.tab.locator("form[action$='/brief']").evaluate(
                "f => f.closest('details').open = true"
            )
            assert await lawyer.press("/brief", text=BRIEF, consent="Согласна, без имён") < 400
            public_id = await publish(stack, browser, stage, album, lawyer, script)
            play.wait_for_public("the new entry", lambda ids: public_id in ids)
            reader = await person(stack, browser, stage, script=script)
            await read(reader, stage, album, public_id)
            await show_terminal(reader.tab, "subrosa doctor", stage.run("doctor"))
            await album.keep(reader.tab, "doctor")
            assert mother.complaints == lawyer.complaints == reader.complaints == []


async def answer(
    stack: AsyncExitStack, browser: Browser, stage: Stage, album: Album, sheet: Path, script: bool
) -> tuple[Person, str]:
    """Let the proposed lawyer accept, look at the card, and answer with a file."""
    for who in ("lawyer-1", "lawyer-2"):
        lawyer = await person(stack, browser, stage, script=script)
        await lawyer.sign_in(who)
        await lawyer.first_case()
        if not await lawyer.tab.locator("form[action$='/give-back']").count():
            continue
        await lawyer.open("/queue")
        await album.keep(lawyer.tab, "queue")
        await lawyer.first_case()
        await lawyer.press("/accept")
        case = lawyer.tab.url
        await lawyer.press("/card")
        assert CARD.split(",")[0] in await lawyer.tab.inner_text("main")
        await album.keep(lawyer.tab, "card")
        await lawyer.tab.goto(case)
        form = lawyer.tab.locator("form[action$='/reply']")
        await form.locator("details").evaluate("d => d.open = true")
        await form.locator("[name=text]").fill(ANSWER)
        await form.locator("[name=file]").set_input_files(sheet)
        await form.locator("[name=file_is_safe]").check()
        await form.locator("button[value=reply]").click()
        await lawyer.tab.get_by_text(ANSWER[:40]).wait_for()
        await album.keep(lawyer.tab, "case")
        return lawyer, case
    raise AssertionError("the case was proposed to nobody")


async def publish(
    stack: AsyncExitStack, browser: Browser, stage: Stage, album: Album, lawyer: Person, script: bool
) -> str:
    """Let two editors and the lawyer's desk bring the brief to the press."""
    author = await person(stack, browser, stage, script=script)
    approver = await person(stack, browser, stage, script=script)
    await author.sign_in("editor-1")
    await approver.sign_in("editor-2")
    await author.first_case()
    await author.press("/accept")
    await author.press("/draft")
    draft = author.tab.url.split("?")[0].split("#")[0]
    for words in (LEAKY, CLEAN):
        await author.tab.goto(draft)
        form = author.tab.locator("form[action$='/save']")
        await form.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
        for language in ("ru", "en"):
            await form.locator(f"[name=title_{language}]").fill(TITLE[language])
            await form.locator(f"[name=body_{language}]").fill(words[language])
        await form.locator("[name=month]").fill("2026-03")
        await form.locator("[name=branch]").select_option("ground_forces")
        await form.locator("[name=grade]").select_option("withheld")
        async with author.tab.expect_navigation():
            await form.locator("button[formaction$='/freeze']").click()
        await author.press("/sign")
        await lawyer.judge(draft)
        if words is LEAKY:
            await author.tab.goto(draft)
            assert await author.tab.locator(".findings li.block").count() >= 1
            await album.keep(author.tab, "draft")
            await approver.tab.goto(draft)
            assert await approver.press("/approve") == 409
    await approver.tab.goto(draft)
    assert await approver.press("/approve") < 400
    await album.keep(approver.tab, "approved")
    text = await approver.tab.inner_text("main")
    await approver.tab.locator("[name=when]").select_option("now")
    assert await approver.press("/publish", why="Показ: ждать ближайшего выпуска некому.") < 400
    return next(word for word in text.split() if entry.is_id(word))


async def read(reader: Person, stage: Stage, album: Album, public_id: str) -> None:
    """Read the register as anybody does."""
    register = stage.serve_register()
    await reader.tab.goto(f"{register}/ru/index.html")
    assert TITLE["ru"] in await reader.tab.inner_text("body")
    await album.keep(reader.tab, "register")
    await reader.tab.goto(f"{register}/ru/entries/{public_id}.html")
    text = await reader.tab.inner_text("body")
    assert CLEAN["ru"].split(".")[0] in text
    assert "Несебятьев" not in text
    assert "Белгород" not in text
    await album.keep(reader.tab, "entry")


async def show_terminal(tab: Page, command: str, text: str) -> None:
    """Show what a command printed, as a terminal shows it."""
    style = (
        "body{margin:0;background:#1f1b1d;color:#e9e3dd;font:15px/1.55 monospace}"
        "pre{margin:0;padding:28px 32px;white-space:pre-wrap;overflow-wrap:anywhere}b{color:#e58aa8}"
    )
    await tab.set_content(f"<style>{style}</style><pre><b>$ {command}</b>\n\n{escape(text)}</pre>")
