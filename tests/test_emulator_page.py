"""The practice phone in a real browser: a person plays a tipster on it, on a wide screen and a narrow one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, ReplyKeyboardMarkup, Update

from bot.emulator import Emulator, page
from bot.emulator.media import plain_picture
from tests.browser import chromium

TOKEN = "5550001:practice-token"
KEYS = InlineKeyboardMarkup([[InlineKeyboardButton("Send it", callback_data="send")]])
BELOW = ReplyKeyboardMarkup([["Русский", "English"]])


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as running:
        yield running


@pytest.fixture
async def bot(emulator: Emulator) -> AsyncIterator[Bot]:
    library = Bot(TOKEN, base_url=emulator.bot_base_url, base_file_url=emulator.file_base_url)
    async with library as running:
        yield running


async def next_update(bot: Bot, after: int = -1) -> Update:
    (update,) = await bot.get_updates(offset=after + 1, limit=1, timeout=5)
    return update


async def open_page(browser_page: Page, emulator: Emulator) -> list[str]:
    complaints: list[str] = []
    browser_page.on("pageerror", lambda error: complaints.append(str(error)))
    browser_page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    await browser_page.goto(emulator.base_url)
    return complaints


async def overflow(browser_page: Page) -> int:
    return int(await browser_page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@pytest.mark.browser
async def test_a_person_plays_a_tipster_from_start_to_deletion(
    emulator: Emulator, bot: Bot, tmp_path: Path
) -> None:
    async with chromium() as browser:
        tab = await browser.new_page(locale="en-US", viewport={"width": 1440, "height": 900})
        complaints = await open_page(tab, emulator)
        await tab.get_by_role("button", name="Start", exact=True).click()
        started = await next_update(bot)
        assert started.message is not None
        chat_id = started.message.chat.id
        asked = await bot.send_message(chat_id, "What happened?", reply_markup=KEYS)
        await bot.send_message(chat_id, "Language", reply_markup=BELOW)

        await tab.get_by_role("textbox", name="Message").fill("He refused. <b>Help</b>")
        await tab.get_by_role("button", name="Send", exact=True).click()
        written = await next_update(bot, started.update_id)
        assert written.message is not None
        assert written.message.text == "He refused. <b>Help</b>"

        photo = tmp_path / "page.jpg"
        photo.write_bytes(plain_picture())
        paper = tmp_path / "order.pdf"
        paper.write_bytes(b"%PDF-1.4 practice")
        await tab.get_by_label("Attach a file").set_input_files([photo, paper])
        pictured = await next_update(bot, written.update_id)
        assert pictured.message is not None
        assert pictured.message.photo
        filed = await next_update(bot, pictured.update_id)
        assert filed.message is not None
        assert filed.message.document is not None
        assert filed.message.document.file_name == "order.pdf"

        await tab.get_by_role("button", name="Send it").click()
        tapped = await next_update(bot, filed.update_id)
        assert tapped.callback_query is not None
        assert tapped.callback_query.data == "send"
        await tapped.callback_query.answer("On its way")
        await tab.get_by_text("On its way").wait_for()
        await tab.get_by_role("button", name="Русский").click()
        keyed = await next_update(bot, tapped.update_id)
        assert keyed.message is not None
        assert keyed.message.text == "Русский"

        await bot.delete_messages(chat_id, [asked.message_id, written.message.message_id])
        await tab.get_by_text("He refused.").wait_for(state="detached")
        assert await tab.get_by_text("deleted by the bot").count() == 2
        assert complaints == []


@pytest.mark.browser
async def test_the_page_fits_a_narrow_screen_in_both_themes_and_tongues(emulator: Emulator, bot: Bot) -> None:
    tess = emulator.world.add_phone({"first_name": "Tess"})
    emulator.world.add_phone({"first_name": "Olena", "language_code": "uk"})
    async with chromium() as browser:
        tab = await browser.new_page(
            locale="ru-RU", viewport={"width": 360, "height": 720}, color_scheme="dark"
        )
        complaints = await open_page(tab, emulator)
        await tab.get_by_role("button", name="Начать", exact=True).click()
        await next_update(bot)
        await bot.send_message(tess.phone_id, "слово" * 200, reply_markup=KEYS)
        await tab.get_by_text("словослово").wait_for()
        dark = await tab.evaluate("getComputedStyle(document.body).backgroundColor")
        assert await overflow(tab) <= 0
        await tab.emulate_media(color_scheme="light")
        assert await tab.evaluate("getComputedStyle(document.body).backgroundColor") != dark
        await tab.get_by_role("button", name="Olena").click()
        await tab.get_by_role("button", name="Eng").click()
        await tab.get_by_role("button", name="Start", exact=True).wait_for()
        assert await overflow(tab) <= 0
        assert complaints == []


async def test_every_label_has_words_in_both_tongues() -> None:
    russian, english = page.read_labels("ru"), page.read_labels("en")
    assert russian.keys() == english.keys()
    assert all(russian.values())
    assert all(english.values())
    folder = Path(page.__file__).parent
    used = "".join((folder / "phone" / name).read_text() for name in ("phone.html", "phone.js", "chat.js"))
    spoken = [key for key in russian if f'"{key}"' in used or key.startswith("kind.")]
    assert sorted(russian.keys() - spoken) == []


async def test_the_page_runs_no_foreign_script(emulator: Emulator) -> None:
    answer = page.asset("/")
    assert answer is not None
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert b"<script>" not in answer.body
    assert page.asset("/../server.py") is None
