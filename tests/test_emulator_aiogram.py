"""The stand-in seen by a client library that has nothing to do with ours: aiogram."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiogram.types import BufferedInputFile, InlineKeyboardButton, InlineKeyboardMarkup

from bot.emulator import Emulator, phones
from bot.emulator.params import Upload
from tests.hubs import until
from tests.stage import said

TOKEN = "5550001:practice-token"
BUTTON = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="ok", callback_data="yes")]])


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as running:
        running.world.add_bot(TOKEN)
        yield running


@pytest.fixture
async def bot(emulator: Emulator) -> AsyncIterator[Any]:
    server = TelegramAPIServer.from_base(emulator.base_url)
    async with Bot(TOKEN, session=AiohttpSession(api=server)) as made:
        yield made


def _tess(emulator: Emulator) -> phones.Hand:
    return phones.hold(emulator.world, emulator.world.add_phone({"language_code": "ru"}).phone_id)


async def test_its_poller_hears_what_a_phone_does_and_answers(emulator: Emulator, bot: Any) -> None:
    heard: list[str] = []
    dispatcher: Any = Dispatcher()

    async def on_message(message: Any) -> None:
        if message.document is not None:
            file = await bot.download(message.document)
            heard.append(file.read().decode())
        else:
            heard.append(message.text)
            await message.answer(f"получено: {message.text}", reply_markup=BUTTON)

    async def on_edit(message: Any) -> None:
        heard.append(f"исправлено: {message.text}")

    async def on_tap(tap: Any) -> None:
        await tap.answer("готово")
        await tap.message.edit_text("нажато")

    dispatcher.message.register(on_message)
    dispatcher.edited_message.register(on_edit)
    dispatcher.callback_query.register(on_tap)
    polling = asyncio.ensure_future(dispatcher.start_polling(bot, handle_signals=False, polling_timeout=1))
    tess = _tess(emulator)
    phones.start(tess)
    (second,) = phones.write(tess, "первое 😀 **второе**")
    phones.edit(tess, second.message["message_id"], "третье")
    phones.send_file(tess, "document", Upload("a.txt", "text/plain", "содержание".encode()))
    await until(lambda: len(heard) == 4 and len(said(tess)) == 2)
    assert heard[0] == "/start"
    assert {"содержание", "исправлено: третье"} < set(heard)
    answer = max(number for number, post in tess.chat.posts.items() if post.side == "bot")
    phones.press(tess, answer, {"text": "ok"})
    await until(lambda: "нажато" in said(tess) and tess.chat.toasts)
    await dispatcher.stop_polling()
    await polling


async def test_its_calls_are_answered_as_it_expects(emulator: Emulator, bot: Any) -> None:
    tess = _tess(emulator)
    phones.start(tess)
    chat = tess.phone.phone_id
    me = await bot.get_me()
    assert me.is_bot
    sent = await bot.send_message(chat, "одно", reply_markup=BUTTON, disable_notification=True)
    document = await bot.send_document(chat, BufferedInputFile(b"bytes", "a.txt"), caption="файл")
    assert document.document.file_name == "a.txt"
    assert await bot.delete_messages(chat, [sent.message_id, document.message_id])
    assert said(tess) == []
    with pytest.raises(TelegramBadRequest, match="message to delete not found"):
        await bot.delete_message(chat, sent.message_id)
    with pytest.raises(TelegramBadRequest, match="message text is empty"):
        await bot.send_message(chat, "")


async def test_its_errors_are_those_of_each_trouble(emulator: Emulator, bot: Any) -> None:
    tess = _tess(emulator)
    phones.start(tess)
    faults = emulator.world.faults
    faults.order({"scenario": "too_many_requests", "retry_after": 7})
    with pytest.raises(TelegramRetryAfter) as slowed:
        await bot.send_message(tess.phone.phone_id, "одно")
    assert slowed.value.retry_after == 7
    faults.cancel(scenario="too_many_requests")
    phones.block(tess)
    with pytest.raises(TelegramForbiddenError):
        await bot.send_message(tess.phone.phone_id, "одно")
    emulator.world.revoke(tess.bot)
    with pytest.raises(TelegramUnauthorizedError):
        await bot.get_me()
