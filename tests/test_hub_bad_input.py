"""What nobody asked for: each thing is answered clearly, nothing of it is lost, nobody sees a traceback."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.emulator import phones
from bot.emulator.media import plain_picture
from bot.emulator.params import Upload
from bot.emulator.phones import Hand
from casework.database import Database
from crypto import phrase
from tests.hubs import counts, opened, until
from tests.stage import CANARY, Stage, posts, said, settled, staged, tap

LAYOUT = str.maketrans(
    "абвгдежзийклмнопрстуфхцчшщъыьэюя", "f,dult;pbqrkvyjghcnea[wxio]sm'.z"
)  # the same keys with the keyboard left in English


@pytest.fixture
async def stage(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(sqlite_database, tmp_path) as made, made.hub():
        yield made


@pytest.fixture
async def tess(stage: Stage) -> Hand:
    hand = stage.phone()
    await settled(stage)
    return hand


def last(hand: Hand) -> str:
    return said(hand)[-1]


async def test_an_unknown_command_is_named_as_one(stage: Stage, tess: Hand) -> None:
    phones.write(tess, f"/{CANARY.encode().hex()[:8]}")
    await settled(stage)
    assert last(tess).startswith("Такой команды нет")
    assert stage.texts() == []


async def test_five_thousand_characters_arrive_whole(stage: Stage, tess: Hand) -> None:
    story = " ".join(f"слово{n}" for n in range(600))[:5000]
    phones.write(tess, story)
    await settled(stage)
    kept = [one.payload for one in opened(stage.house) if one.kind == "message"]
    arrived = "".join(one["text"] for one in sorted(kept, key=lambda one: one["seq"]))
    assert arrived.replace(" ", "") == story.replace(" ", "")
    assert "Получено и запечатано." in said(tess)


async def test_a_file_of_25_megabytes_is_refused_aloud_and_its_caption_kept(stage: Stage, tess: Hand) -> None:
    phones.send_file(tess, "video", Upload("v.mp4", "video/mp4", bytes(25 << 20)), "нас держат здесь")
    await settled(stage)
    assert "НЕ получен" in last(tess)
    (note,) = [one.payload for one in opened(stage.house) if one.kind == "message"]
    assert (note["text"], note["missing"]) == ("нас держат здесь", "too_large")


async def test_an_album_of_ten_is_ten_files_of_one_group(stage: Stage, tess: Hand) -> None:
    picture = Upload("a.jpg", "image/jpeg", plain_picture())
    phones.send_album(tess, [("photo", picture, "вот" if n == 0 else "") for n in range(10)])
    await settled(stage)
    files = [one.payload for one in opened(stage.house) if one.kind == "file"]
    assert len(files) == 10
    assert len({one["group"] for one in files}) == 1
    counted = [int(n) for line in said(tess) for n in re.findall(r"(\d+) файл", line)]
    assert sum(counted) + said(tess).count("Получено и запечатано.") == 10


async def test_an_edited_message_keeps_both_wordings(stage: Stage, tess: Hand) -> None:
    (post,) = phones.write(tess, "я Полунощик Егор")
    await settled(stage)
    phones.edit(tess, post.message["message_id"], "я из связи")
    await settled(stage)
    assert last(tess).startswith("Исправление получено.")
    assert stage.texts() == ["я Полунощик Егор", "я из связи"]


async def test_a_sticker_is_answered_with_what_works_instead(stage: Stage, tess: Hand) -> None:
    phones.send_file(tess, "sticker", Upload("s.webp", "image/webp", b"x" * 300))
    await settled(stage)
    assert last(tess).startswith("Стикеры, опросы, истории")
    assert counts(stage.house)["case"] == 0


async def test_a_voice_message_is_kept(stage: Stage, tess: Hand) -> None:
    phones.send_file(tess, "voice", Upload("v.ogg", "audio/ogg", b"voice" * 900))
    await settled(stage)
    (voice,) = [one for one in opened(stage.house) if one.kind == "file"]
    assert (voice.payload["form"], voice.content) == ("voice", b"voice" * 900)
    assert "Получено и запечатано." in said(tess)


async def test_a_forward_and_a_contact_put_their_names_on_the_card(stage: Stage, tess: Hand) -> None:
    origin = {"type": "hidden_user", "sender_user_name": "Лёха Брат", "date": 1_700_000_000}
    phones.say(tess, {"forward_origin": origin, "text": "скинь в газету"})
    phones.say(tess, {"contact": {"phone_number": "+79380007707", "first_name": "Сапсан"}})
    await settled(stage)
    items = opened(stage.house)
    cards = str([one.payload for one in items if one.compartment == "identity"])
    story = str([one.payload for one in items if one.compartment == "content"])
    for name in ("Лёха Брат", "Сапсан", "+79380007707"):
        assert name in cards
        assert name not in story
    assert "скинь в газету" in story
    # The contact card tells whom this is about, and is gone from the screen.
    await until(lambda: [p.deleted_by for p in posts(tess) if "contact" in p.message] == ["bot"])


async def test_a_phrase_with_a_slip_is_told_as_a_slip(stage: Stage, tess: Hand) -> None:
    words = await a_phrase(stage, tess)
    other = stage.phone()
    phones.write(other, " ".join(["жщжщжщ", *words[1:]]))
    await settled(stage)
    assert "под номером 1" in last(other)
    await until(
        lambda: (
            [p.deleted_by for p in posts(other) if f"{words[1]} {words[2]}" in p.message["text"]] == ["bot"]
        )
    )
    phones.write(other, " ".join([words[1], words[0], *words[2:]]))
    await settled(stage)
    assert last(other).startswith("Все слова знакомы, но вместе не сходятся")
    phones.write(other, " ".join(phrase.generate(lambda size: b"\x07" * size).words("ru")))
    await settled(stage)
    assert last(other).startswith("Фраза написана верно, но по ней ничего нет")
    assert counts(stage.house)["case"] == 1


async def test_a_phrase_typed_in_the_wrong_layout_is_understood(stage: Stage, tess: Hand) -> None:
    words = await a_phrase(stage, tess)
    other = stage.phone()
    phones.write(other, " ".join(words).translate(LAYOUT))
    await settled(stage)
    assert last(other).startswith("Ответа пока нет.")
    typed = [p for p in posts(other) if p.side == "phone"][-1]
    await until(lambda: typed.deleted_by == "bot")


async def test_a_phrase_leaves_the_screen_once_it_is_written_down(stage: Stage, tess: Hand) -> None:
    words = await a_phrase(stage, tess)
    assert numbered(words) in "".join(said(tess))
    await tap(tess, "p.check")
    await settled(stage)
    assert numbered(words) not in "".join(said(tess))


async def test_a_phrase_nobody_confirms_leaves_in_ten_minutes(stage: Stage, tess: Hand) -> None:
    words = await a_phrase(stage, tess)
    await tap(tess, "menu")
    await settled(stage)
    await tap(tess, "more")
    await tap(tess, "go.clear")
    await tap(tess, "z.self")
    await settled(stage)
    stage.forward(minutes=11)
    await until(lambda: numbered(words) not in "".join(said(tess)))


async def a_phrase(stage: Stage, hand: Hand) -> list[str]:
    """Play until a code phrase stands on the phone, and return its words."""
    phones.write(hand, "одно")
    await tap(hand, "now")
    await settled(stage)
    phones.write(hand, "/menu")
    await tap(hand, "go.phrase")
    await tap(hand, "p.show")
    await until(lambda: any("Ваша фраза" in line for line in said(hand)))
    await settled(stage)
    shown = next(line for line in said(hand) if "Ваша фраза" in line)
    return re.findall(r"\d+\. (\S+)", shown)


def numbered(words: list[str]) -> str:
    """Return the first word as the screen numbers it: alone it may stand in any other line of the bot."""
    return f"1. {words[0]}"


async def test_a_trembling_finger_files_once(stage: Stage, tess: Hand) -> None:
    phones.write(tess, "одно")
    await settled(stage)
    buttons = [one for one in posts(tess) if "reply_markup" in one.message][-1]
    number = buttons.message["message_id"]
    phones.press(tess, number, {"text": "Срочно, сейчас"}, times=3)
    phones.press(tess, number, {"text": "Хочу рассказать"})
    phones.press(tess, number, {"text": "Отправить"})
    await settled(stage)
    assert counts(stage.house)["case"] == 1
    assert sum(line.startswith("Передано") for line in said(tess)) == 1
    # What would only repeat the line before it is said once while that still waits to be sent.
    assert 1 <= sum(line.startswith("Это уже") for line in said(tess)) <= 4
    await until(lambda: len(stage.emulator.world.calls.since(0, "answerCallbackQuery")) == 5)


async def test_a_poisoned_update_is_kept_and_its_writer_is_told(stage: Stage, tess: Hand) -> None:
    bot = next(iter(stage.emulator.world.bots.values()))
    chat = {"id": tess.chat.chat_id, "type": "private"}
    bot.queue.put_raw({"message": {"message_id": "seven", "chat": chat, "text": CANARY}})
    await settled(stage)
    assert last(tess).startswith("Получено, но программа поняла не всё.")
    (kept,) = [one.payload for one in opened(stage.house) if one.kind == "message"]
    assert (kept["text"], kept["unread"]) == (CANARY, True)


async def test_what_is_said_in_a_group_is_neither_kept_nor_answered_and_the_group_is_left(
    stage: Stage, tess: Hand
) -> None:
    world = stage.emulator.world
    before = counts(stage.house)
    group = world.add_public_chat("supergroup", "Подъезд", "")
    crowd = phones.hold(world, tess.phone.phone_id, None, group.chat_id)
    phones.invite(crowd)
    phones.write(crowd, f"/start@bot {CANARY}")
    await settled(stage)
    assert [one for one in group.posts.values() if one.side == "bot"] == []
    assert group.chat_id in tess.bot.left
    assert counts(stage.house) == before


async def test_channel_posts_and_inline_questions_are_not_even_asked_for(stage: Stage, tess: Hand) -> None:
    asked = [call.params for call in stage.emulator.world.calls if call.method == "getUpdates"]
    assert asked
    assert all("channel_post" not in str(one) and "inline_query" not in str(one) for one in asked)
