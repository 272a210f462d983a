"""The stand-in's Bot API: official refusals word for word, answers as described, a real library on top."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from telegram import Bot as LibraryBot
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters
from telegram.error import BadRequest

from bot.emulator import Emulator, phones
from bot.emulator.media import plain_picture
from bot.emulator.params import Upload
from bot.emulator.phones import Hand
from tests.telegram_api import MismatchError, Specification

TOKEN = "5550001:practice-token"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
INLINE = {"inline_keyboard": [[{"text": "ok", "callback_data": "yes"}]]}


class Caller:
    """Call the stand-in as any HTTP client would."""

    def __init__(self, emulator: Emulator, http: httpx.AsyncClient) -> None:
        self.emulator = emulator
        self.http = http
        self.answers: list[tuple[str, dict[str, Any]]] = []

    async def __call__(self, method: str, token: str = TOKEN, **fields: Any) -> tuple[int, dict[str, Any]]:
        answer = await self.http.post(f"/bot{token}/{method}", json=fields)
        body = answer.json()
        self.answers.append((method, body))
        return answer.status_code, body

    async def ok(self, method: str, **fields: Any) -> Any:
        status, body = await self(method, **fields)
        assert status == 200, body
        return body["result"]

    async def refusal(self, method: str, **fields: Any) -> tuple[int, str]:
        status, body = await self(method, **fields)
        assert body["ok"] is False
        assert body["error_code"] == status
        return status, body["description"]


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(clock=lambda: NOON, random=Random(7)) as running:
        yield running


@pytest.fixture
async def call(emulator: Emulator) -> AsyncIterator[Caller]:
    async with httpx.AsyncClient(base_url=emulator.base_url, trust_env=False) as http:
        caller = Caller(emulator, http)
        await caller.ok("getMe")
        yield caller


@pytest.fixture
def tess(emulator: Emulator, call: Caller) -> Hand:
    phone = emulator.world.add_phone({"first_name": "Tess", "language_code": "ru"})
    hand = phones.hold(emulator.world, phone.phone_id)
    phones.start(hand)
    return hand


@pytest.fixture(scope="module")
def specification(shared: Path) -> Specification:
    path = shared / "telegram" / "api.json"
    if not path.is_file():
        pytest.skip("the Bot API's description is not beside this checkout")
    return Specification.load(path)


def sending(**fields: Any) -> dict[str, Any]:
    return {"text": "hello", **fields}


UNKNOWN_CHAT = 42
REFUSED_SENDS = [
    ({"text": ""}, 400, "Bad Request: message text is empty"),
    ({"text": " \n "}, 400, "Bad Request: text must be non-empty"),
    ({"text": "<b></b>", "parse_mode": "HTML"}, 400, "Bad Request: text must be non-empty"),
    ({"text": "я" * 4097}, 400, "Bad Request: message is too long"),
    ({"text": "🌹" * 2049}, 400, "Bad Request: message is too long"),
    ({"text": "я" * 16385}, 400, "Bad Request: text is too long"),
    ({"parse_mode": "Word"}, 400, "Bad Request: unsupported parse_mode"),
    (
        {"text": "<x>a</x>", "parse_mode": "HTML"},
        400,
        'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 0',
    ),
    (
        {"text": "<b>a", "parse_mode": "HTML"},
        400,
        "Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\"",
    ),
    (
        {"text": "я <3 b>", "parse_mode": "HTML"},
        400,
        'Bad Request: can\'t parse entities: Unsupported start tag "3" at byte offset 3',
    ),
    (
        {"text": "a <b", "parse_mode": "HTML"},
        400,
        "Bad Request: can't parse entities: Unclosed start tag at byte offset 2",
    ),
    ({"reply_markup": "{"}, 400, "Bad Request: can't parse reply keyboard markup JSON object"),
    ({"reply_markup": "[]"}, 400, "Bad Request: object expected as reply markup"),
    (
        {"reply_markup": {"inline_keyboard": [{"text": "a"}]}},
        400,
        'Bad Request: field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays',
    ),
    (
        {"reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": ""}]]}},
        400,
        "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
    ),
    (
        {"reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "я" * 33}]]}},
        400,
        "Bad Request: BUTTON_DATA_INVALID",
    ),
    ({"reply_parameters": {"message_id": 999}}, 400, "Bad Request: message to be replied not found"),
    ({"chat_id": ""}, 400, "Bad Request: chat_id is empty"),
    ({"chat_id": UNKNOWN_CHAT}, 400, "Bad Request: chat not found"),
    ({"chat_id": "@nowhere"}, 400, "Bad Request: chat not found"),
]


@pytest.mark.parametrize(("fields", "status", "words"), REFUSED_SENDS, ids=lambda value: str(value)[:40])
async def test_a_bad_message_is_refused_in_the_official_words(
    call: Caller, tess: Hand, fields: dict[str, Any], status: int, words: str
) -> None:
    given = sending(chat_id=tess.phone.phone_id) | fields
    assert await call.refusal("sendMessage", **given) == (status, words)


async def test_words_are_checked_before_the_keyboard_and_the_keyboard_before_the_chat(call: Caller) -> None:
    assert (await call.refusal("sendMessage", text="", reply_markup="{"))[1].endswith("message text is empty")
    assert (await call.refusal("sendMessage", text="a", reply_markup="{"))[1].endswith("JSON object")


async def test_a_person_who_cannot_be_written_to_gives_403(call: Caller, tess: Hand) -> None:
    world = tess.world
    stranger = world.add_phone({})
    assert await call.refusal("sendMessage", **sending(chat_id=stranger.phone_id)) == (
        403,
        "Forbidden: bot can't initiate conversation with a user",
    )
    phones.block(tess)
    to_tess = sending(chat_id=tess.phone.phone_id)
    assert await call.refusal("sendMessage", **to_tess) == (403, "Forbidden: bot was blocked by the user")
    phones.unblock(tess)
    await call.ok("sendMessage", **to_tess)
    phones.delete_account(world, tess.phone.phone_id)
    assert await call.refusal("sendMessage", **to_tess) == (403, "Forbidden: user is deactivated")


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/getMe", 404, "Not Found"),
        (f"/bot{TOKEN}/getMoon", 404, "Not Found: method not found"),
        ("/botnocolon/getMe", 401, "Unauthorized: invalid token specified"),
        ("/bot0123:abc/getMe", 401, "Unauthorized: invalid token specified"),
        (f"/bot5550001:{'a' * 80}/getMe", 401, "Unauthorized: invalid token specified"),
        ("/bot5550001:another/getMe", 401, "Unauthorized"),
    ],
)
async def test_a_wrong_address_is_refused_in_the_official_words(
    call: Caller, path: str, status: int, words: str
) -> None:
    answer = await call.http.get(path)
    assert answer.status_code == status
    assert answer.json() == {"ok": False, "error_code": status, "description": words}


async def test_a_revoked_token_is_refused_until_a_new_one_is_given(call: Caller, emulator: Emulator) -> None:
    emulator.world.bot(None).is_revoked = True
    assert await call.refusal("getMe") == (401, "Unauthorized")
    emulator.world.add_bot("5550001:new-one")
    assert await call.refusal("getMe") == (401, "Unauthorized")
    assert (await call("getMe", token="5550001:new-one"))[0] == 200


async def test_parameters_may_travel_as_query_form_multipart_or_json(call: Caller, tess: Hand) -> None:
    fields = {"chat_id": str(tess.phone.phone_id), "text": "same", "reply_markup": json.dumps(INLINE)}
    path = f"/bot{TOKEN}/SENDmessage"
    answers = [
        await call.http.get(path, params=fields),
        await call.http.post(path, data=fields),
        await call.http.post(path, data=fields, files={"unused": b"x"}),
        await call.http.post(path, json=fields | {"reply_markup": INLINE}),
    ]
    for answer in answers:
        assert answer.json()["result"]["text"] == "same"
        assert answer.json()["result"]["reply_markup"] == INLINE


async def test_an_edit_that_changes_nothing_is_refused(call: Caller, tess: Hand) -> None:
    chat_id = tess.phone.phone_id
    sent = await call.ok("sendMessage", **sending(chat_id=chat_id, reply_markup=INLINE))
    target = {"chat_id": chat_id, "message_id": sent["message_id"]}
    status, words = await call.refusal("editMessageText", **target, text="hello", reply_markup=INLINE)
    assert (status, words[:40]) == (400, "Bad Request: message is not modified: sp")
    edited = await call.ok("editMessageText", **target, text="hello")
    assert "reply_markup" not in edited
    assert (await call.refusal("editMessageReplyMarkup", **target))[1].startswith(
        "Bad Request: message is not"
    )


async def test_only_an_own_message_that_still_stands_can_be_edited(call: Caller, tess: Hand) -> None:
    chat_id = tess.phone.phone_id
    theirs = phones.write(tess, "mine")[0].message["message_id"]
    assert await call.refusal("editMessageText", chat_id=chat_id, message_id=theirs, text="x") == (
        400,
        "Bad Request: message can't be edited",
    )
    assert await call.refusal("editMessageText", chat_id=chat_id, message_id=999, text="x") == (
        400,
        "Bad Request: message to edit not found",
    )


async def test_a_bot_deletes_both_sides_messages_once_and_for_48_hours_only(call: Caller, tess: Hand) -> None:
    chat_id = tess.phone.phone_id
    own = (await call.ok("sendMessage", **sending(chat_id=chat_id)))["message_id"]
    theirs = phones.write(tess, "please forget this")[0].message["message_id"]
    late = phones.write(tess, "and this")[0].message["message_id"]
    assert await call.ok("deleteMessage", chat_id=chat_id, message_id=own) is True
    assert await call.ok("deleteMessage", chat_id=chat_id, message_id=theirs) is True
    gone = (400, "Bad Request: message to delete not found")
    assert await call.refusal("deleteMessage", chat_id=chat_id, message_id=own) == gone
    tess.world.clock.advance(48 * 3600)
    assert await call.ok("deleteMessages", chat_id=chat_id, message_ids=[own, 12345]) is True
    tess.world.clock.advance(1)
    too_old = (400, "Bad Request: message can't be deleted for everyone")
    assert await call.refusal("deleteMessage", chat_id=chat_id, message_id=late) == too_old
    assert await call.refusal("deleteMessages", chat_id=chat_id, message_ids=[late]) == too_old
    assert tess.chat.posts[late].deleted_by is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"message_id": 1}, "chat identifier is not specified"),
        ({"chat_id": 1}, "message identifier is not specified"),
        ({"chat_id": 1, "message_id": -1}, "message identifier is not specified"),
    ],
)
async def test_a_deletion_without_target_is_refused(call: Caller, fields: dict[str, Any], words: str) -> None:
    assert await call.refusal("deleteMessage", **fields) == (400, f"Bad Request: {words}")


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ([], "message identifiers are not specified"),
        (list(range(1, 102)), "too many message identifiers specified"),
        ([1, 0], "invalid message identifier specified"),
    ],
)
async def test_a_bad_list_of_deletions_is_refused(
    call: Caller, tess: Hand, numbers: list[int], words: str
) -> None:
    answer = await call.refusal("deleteMessages", chat_id=tess.phone.phone_id, message_ids=numbers)
    assert answer == (400, f"Bad Request: {words}")


async def test_a_tap_is_answered_once_and_in_time(call: Caller, tess: Hand) -> None:
    sent = await call.ok("sendMessage", **sending(chat_id=tess.phone.phone_id, reply_markup=INLINE))
    first, second = phones.press(tess, sent["message_id"], {"data": "yes"}, times=2)
    assert await call.ok("answerCallbackQuery", callback_query_id=first, text="fine") is True
    assert tess.chat.toasts[-1].text == "fine"
    late = (
        400,
        "Bad Request: query is too old and response timeout expired or query ID is invalid",
    )
    assert await call.refusal("answerCallbackQuery", callback_query_id=first) == late
    tess.world.clock.advance(tess.world.callback_answerable + 1)
    assert await call.refusal("answerCallbackQuery", callback_query_id=second) == late


async def test_a_file_travels_both_ways_byte_for_byte(call: Caller, tess: Hand) -> None:
    body = bytes(range(256)) * 40
    phones.send_file(tess, "document", Upload("приказ.pdf", "", body))
    document = (await call.ok("getUpdates"))[-1]["message"]["document"]
    assert (document["file_name"], document["mime_type"]) == ("приказ.pdf", "application/pdf")
    link = await call.ok("getFile", file_id=document["file_id"])
    fetched = await call.http.get(f"/file/bot{TOKEN}/{link['file_path']}")
    assert fetched.content == body
    tess.world.clock.advance(3601)
    assert (await call.http.get(f"/file/bot{TOKEN}/{link['file_path']}")).status_code == 404


async def test_getfile_refuses_what_is_unknown_foreign_or_over_20_mib(call: Caller, tess: Hand) -> None:
    assert await call.refusal("getFile") == (400, "Bad Request: file_id not specified")
    assert await call.refusal("getFile", file_id="zzz") == (400, "Bad Request: invalid file_id")
    large = phones.send_file(tess, "video", Upload("film.mp4", "", bytes(20 * 1024 * 1024 + 1)))
    file_id = large.message["video"]["file_id"]
    assert await call.refusal("getFile", file_id=file_id) == (400, "Bad Request: file is too big")
    other = "777:another-bot"
    await call("getMe", token=other)
    assert (await call("getFile", token=other, file_id=file_id))[1]["description"].endswith("invalid file_id")


async def test_sending_a_file_checks_that_there_is_one(call: Caller, tess: Hand) -> None:
    chat_id = tess.phone.phone_id
    for kind in ("document", "photo"):
        words = f"Bad Request: there is no {kind} in the request"
        assert await call.refusal(f"send{kind.capitalize()}", chat_id=chat_id) == (400, words)
    path = f"/bot{TOKEN}/sendPhoto"
    answer = await call.http.post(
        path, data={"chat_id": chat_id}, files={"photo": ("a.jpg", b"not a picture")}
    )
    assert answer.json()["description"] == "Bad Request: IMAGE_PROCESS_FAILED"
    answer = await call.http.post(
        f"/bot{TOKEN}/sendDocument",
        data={"chat_id": chat_id, "caption": "я" * 1025},
        files={"document": ("a.txt", b"text")},
    )
    assert answer.json()["description"] == "Bad Request: message caption is too long"


async def test_what_the_api_echoes_is_echoed_and_what_it_hides_is_hidden(call: Caller, tess: Hand) -> None:
    chat_id = tess.phone.phone_id
    asked = phones.write(tess, "question")[0].message["message_id"]
    sent = await call.ok(
        "sendMessage",
        **sending(
            chat_id=chat_id,
            protect_content=True,
            disable_notification=True,
            reply_parameters={"message_id": asked},
            reply_markup={"keyboard": [["one", {"text": "two"}]], "resize_keyboard": True},
        ),
    )
    assert sent["has_protected_content"] is True
    assert sent["reply_to_message"]["text"] == "question"
    assert "reply_markup" not in sent
    assert tess.chat.posts[sent["message_id"]].silent
    assert tess.chat.keyboard is not None
    assert tess.chat.keyboard["keyboard"] == [[{"text": "one"}, {"text": "two"}]]
    await call.ok("sendMessage", **sending(chat_id=chat_id, reply_markup={"remove_keyboard": True}))
    assert tess.chat.keyboard is None


async def test_entities_count_utf16_units(call: Caller, tess: Hand) -> None:
    text = "  🌹 <b>роза</b> https://a.example/я. "
    sent = await call.ok("sendMessage", chat_id=tess.phone.phone_id, text=text, parse_mode="HTML")
    raw = sent["text"].encode("utf-16-le")
    shown = [
        raw[e["offset"] * 2 : (e["offset"] + e["length"]) * 2].decode("utf-16-le") for e in sent["entities"]
    ]
    assert sent["text"] == "🌹 роза https://a.example/я."
    assert shown == ["роза", "https://a.example/я"]


async def test_a_channel_takes_posts_edits_and_deletions(call: Caller, emulator: Emulator) -> None:
    world = emulator.world
    channel = world.add_public_chat("channel", "Register", "practice_register")
    outside = await call.refusal("sendMessage", **sending(chat_id="@practice_register"))
    assert outside == (403, "Forbidden: bot is not a member of the channel chat")
    world.bot(None).chats[channel.chat_id] = channel
    post = await call.ok("sendMessage", **sending(chat_id="@practice_register"))
    assert post["sender_chat"]["id"] == channel.chat_id
    target = {"chat_id": channel.chat_id, "message_id": post["message_id"]}
    assert (await call.ok("editMessageText", **target, text="corrected"))["text"] == "corrected"
    assert await call.ok("deleteMessage", **target) is True
    assert channel.posts[post["message_id"]].deleted_by == "bot"


async def test_a_bot_is_told_of_a_group_and_can_leave_it(call: Caller, tess: Hand) -> None:
    group = tess.world.add_public_chat("supergroup", "Neighbours", "")
    phones.invite(phones.hold(tess.world, tess.phone.phone_id, chat_id=group.chat_id))
    update = (await call.ok("getUpdates"))[-1]["my_chat_member"]
    assert update["new_chat_member"]["status"] == "member"
    assert await call.ok("leaveChat", chat_id=group.chat_id) is True
    words = "Forbidden: bot is not a member of the supergroup chat"
    assert await call.refusal("sendMessage", **sending(chat_id=group.chat_id)) == (403, words)


async def test_the_bots_face_is_kept_by_language(call: Caller) -> None:
    await call.ok("setMyName", name="Field post")
    await call.ok("setMyName", name="Полевая почта", language_code="ru")
    assert await call.ok("getMyName", language_code="ru") == {"name": "Полевая почта"}
    assert await call.ok("getMyName", language_code="uk") == {"name": "Field post"}
    await call.ok("setMyDescription", description="We answer.", language_code="en")
    assert await call.ok("getMyDescription", language_code="en") == {"description": "We answer."}
    assert await call.ok("getMyDescription") == {"description": ""}
    await call.ok("setMyShortDescription", short_description="Letters")
    assert await call.ok("getMyShortDescription") == {"short_description": "Letters"}
    commands = [{"command": "start", "description": "begin"}]
    await call.ok("setMyCommands", commands=commands, scope={"type": "all_private_chats"})
    assert await call.ok("getMyCommands", scope={"type": "all_private_chats"}) == commands
    assert await call.ok("getMyCommands") == []
    bad = [{"command": "Start!", "description": "begin"}]
    assert await call.refusal("setMyCommands", commands=bad) == (400, "Bad Request: BOT_COMMAND_INVALID")


async def play_everything(call: Caller, tess: Hand) -> None:
    chat_id = tess.phone.phone_id
    sent = await call.ok(
        "sendMessage", **sending(chat_id=chat_id, text="see https://a.example", reply_markup=INLINE)
    )
    tap = phones.press(tess, sent["message_id"], {"text": "ok"})[0]
    await call.ok("answerCallbackQuery", callback_query_id=tap)
    await call.ok("editMessageText", chat_id=chat_id, message_id=sent["message_id"], text="other")
    await call.ok("sendChatAction", chat_id=chat_id, action="typing")
    words = phones.write(tess, "a question with a /command", reply_to=sent["message_id"])[0]
    phones.edit(tess, words.message["message_id"], "a better question")
    for kind in ("document", "voice", "video", "video_note", "audio", "sticker", "animation"):
        phones.send_file(tess, kind, Upload("", "", b"bytes"), "words" if kind == "document" else "")
    album = phones.send_album(tess, [("photo", Upload("", "", plain_picture(n)), "") for n in range(3)])
    phones.say(tess, {"contact": {"phone_number": "+70000000000", "first_name": "P"}})
    phones.say(tess, {"location": {"latitude": 1.5, "longitude": 2}})
    gone = await call.ok("sendMessage", **sending(chat_id=chat_id, reply_markup=INLINE))
    await call.ok("deleteMessage", chat_id=chat_id, message_id=gone["message_id"])
    phones.press(tess, gone["message_id"], {"row": 0})
    phones.block(tess)
    phones.unblock(tess)
    for update in await call.ok("getUpdates"):
        document = update.get("message", {}).get("document")
        if document:
            await call.ok("getFile", file_id=document["file_id"])
    await call.http.post(
        f"/bot{TOKEN}/sendDocument", data={"chat_id": chat_id}, files={"document": ("a.pdf", b"%PDF")}
    )
    await call.ok(
        "sendPhoto",
        chat_id=chat_id,
        photo=album[0].message["photo"][0]["file_id"],
    )
    for method in (
        "getMe",
        "getWebhookInfo",
        "getMyCommands",
        "getMyName",
        "getChatMenuButton",
        "deleteWebhook",
    ):
        await call.ok(method)
    await call.ok("getChat", chat_id=chat_id)


async def test_every_answer_fits_the_bot_apis_description(
    call: Caller, tess: Hand, specification: Specification
) -> None:
    await play_everything(call, tess)
    tess.world.faults.order({"kind": "flood", "retry_after": 7})
    await call("getMe")
    for method, answer in call.answers:
        specification.check_answer(method, answer)
    kinds = {
        key for _, a in call.answers if isinstance(a.get("result"), list) for u in a["result"] for key in u
    }
    assert {"message", "edited_message", "callback_query", "my_chat_member"} <= kinds


async def test_the_record_of_calls_fits_the_description_too(
    call: Caller, tess: Hand, specification: Specification
) -> None:
    await play_everything(call, tess)
    assert len(call.emulator.world.calls) > 15
    for made in call.emulator.world.calls:
        specification.check_call(made.method, made.params)


async def test_the_checker_catches_what_does_not_fit(specification: Specification) -> None:
    user = {"id": 1, "is_bot": False, "first_name": "T"}
    specification.check(user, "User")
    for broken in (user | {"id": "1"}, user | {"height": 180}, {"id": 1}, user | {"is_bot": 1}, [user]):
        with pytest.raises(MismatchError):
            specification.check(broken, "User")
    specification.check_call("sendmessage", {"chat_id": "1", "text": "a", "protect_content": "true"})
    for call_ in ({"chat_id": 1}, {"chat_id": 1, "text": "a", "colour": "b"}, {"chat_id": 1, "text": 5}):
        with pytest.raises(MismatchError):
            specification.check_call("sendMessage", call_)
    with pytest.raises(MismatchError):
        specification.check_call("sendMoon", {})


async def test_python_telegram_bot_runs_on_it(emulator: Emulator) -> None:
    library = LibraryBot(TOKEN, base_url=emulator.bot_base_url, base_file_url=emulator.file_base_url)
    async with library as bot:
        phone = emulator.world.add_phone({"first_name": "Tess"})
        tess = phones.hold(emulator.world, phone.phone_id)
        phones.start(tess)
        phones.send_file(tess, "photo", Upload("", "", plain_picture()), "page one")
        started, photo = await bot.get_updates(timeout=1)
        assert started.message is not None
        assert started.message.text == "/start"
        assert photo.message is not None
        assert (
            bytes(await (await photo.message.photo[-1].get_file()).download_as_bytearray()) == plain_picture()
        )
        keys = InlineKeyboardMarkup([[InlineKeyboardButton("yes", callback_data="1")]])
        answer = await bot.send_message(
            phone.phone_id,
            "<i>heard</i>",
            parse_mode="HTML",
            reply_markup=keys,
            reply_parameters=ReplyParameters(photo.message.message_id),
        )
        sent = await bot.send_document(phone.phone_id, b"%PDF", filename="ответ.pdf", caption="an answer")
        assert sent.document is not None
        assert sent.document.file_name == "ответ.pdf"
        phones.press(tess, answer.message_id, {"text": "yes"})
        (tap,) = await bot.get_updates(offset=photo.update_id + 1, timeout=1)
        assert tap.callback_query is not None
        assert await tap.callback_query.answer("fine")
        assert await bot.delete_messages(phone.phone_id, [answer.message_id])
        with pytest.raises(BadRequest, match="Message to delete not found"):
            await bot.delete_message(phone.phone_id, answer.message_id)
