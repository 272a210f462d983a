"""
Every kind of message and update: kept, refused with a line that says what to do, or silent for a reason.

The table stands here. Where the description of the Bot API lies beside the checkout it is held against that:
a kind nobody has thought of fails.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from telegram import Update

from bot import raw
from bot.hear import crowd, hear, note, standing
from bot.sound import is_sound
from intake import events
from tests.house import House
from tests.phone import Phone, cases, read

Json = Any
TESS = {"id": 41, "is_bot": False, "first_name": "Тесс", "language_code": "ru"}
FILE = {"file_id": "f", "file_unique_id": "u", "file_size": 5}
SIZED = {**FILE, "width": 9, "height": 9}
PHOTO = [SIZED]

CHAT = {"id": -100, "type": "channel", "title": "Канал"}


@dataclass(frozen=True)
class Kept:
    """It lies in the case as an item of this kind, with these words; *also* is said besides."""

    kind: str = "message"
    words: str = ""
    also: str = ""


@dataclass(frozen=True)
class Refused:
    """It is not kept, and the answer says so and what to do instead."""

    says: str = "Напишите то же словами"


@dataclass(frozen=True)
class Silent:
    """Nothing is kept and nothing is said, because of *why*."""

    why: str


def _file(**more: Json) -> Json:
    return {**FILE, **more}


STICKER = _file(width=9, height=9, type="regular", is_animated=False, is_video=False)
UNIQUE = {
    "gift_id": "1", "base_name": "b", "name": "n", "number": 1,
    "model": {"name": "m", "sticker": STICKER, "rarity_per_mille": 1},
    "symbol": {"name": "s", "sticker": STICKER, "rarity_per_mille": 1},
    "backdrop": {
        "name": "b", "rarity_per_mille": 1,
        "colors": {"center_color": 1, "edge_color": 1, "symbol_color": 1, "text_color": 1},
    },
}  # fmt: skip
GIFT = {"id": "1", "sticker": STICKER, "star_count": 1}
REFUSED = Refused()
NOTE = Silent("Telegram's own note about a setting: nobody has told us anything")

# Each field of a message that can be what it is about, with an example and what becomes of it.
MESSAGES: dict[str, tuple[Json, Kept | Refused | Silent]] = {
    "text": ("слова", Kept(words="слова")),
    "rich_message": ({"blocks": []}, REFUSED),
    "animation": (
        (_file(width=9, height=9, duration=1), {"document": _file(file_name="a.mp4", mime_type="video/mp4")}),
        Kept("file"),
    ),
    "audio": (_file(duration=1, file_name="a.mp3"), Kept("file")),
    "document": (_file(file_name="рапорт.pdf", mime_type="application/pdf"), Kept("file")),
    "live_photo": ((_file(width=9, height=9, duration=1), {"photo": PHOTO}), Kept("file")),
    "paid_media": (
        ({"star_count": 1, "paid_media": []}, {"caption": "подпись"}),
        Kept(words="подпись", also="вложения такого вида мы не сохраняем"),
    ),
    "photo": ((PHOTO, {"caption": "подпись"}), Kept("file", words="подпись")),
    "sticker": (STICKER, REFUSED),
    "story": ({"chat": CHAT, "id": 1}, REFUSED),
    "video": (_file(width=9, height=9, duration=1), Kept("file")),
    "video_note": (_file(length=9, duration=1), Kept("file")),
    "voice": ((_file(duration=1), {"caption": "под"}), Kept("file", words="под")),
    "checklist": ({"title": "дела", "tasks": [{"id": 1, "text": "раз"}]}, REFUSED),
    "contact": (
        {"first_name": "Иван", "phone_number": "+7 900"},
        Kept(also="Карточку контакта положили отдельно"),
    ),
    "dice": ({"emoji": "🎲", "value": 3}, REFUSED),
    "game": ({"title": "г", "description": "и", "photo": PHOTO}, REFUSED),
    "poll": (
        {
            "id": "1", "question": "кто?", "is_closed": False,
            "options": [{"text": "я", "voter_count": 0, "persistent_id": "1"}],
            "total_voter_count": 0, "is_anonymous": True, "type": "regular", "allows_multiple_answers": False,
            "allows_revoting": True, "members_only": False,
        },
        REFUSED,
    ),
    "venue": (
        (
            {"location": {"latitude": 1.5, "longitude": 2.5}, "title": "Подвал", "address": "Лесная 1"},
            {"location": {"latitude": 1.5, "longitude": 2.5}},
        ),
        Kept(also="Точку на карте положили отдельно"),
    ),
    "location": (
        {"latitude": 1.5, "longitude": 2.5, "live_period": 900},
        Kept(also="Остановите показ"),
    ),
    "invoice": (
        {"title": "т", "description": "о", "start_parameter": "", "currency": "XTR", "total_amount": 1},
        REFUSED,
    ),
    "successful_payment": (
        {
            "currency": "XTR", "total_amount": 1, "invoice_payload": "", "telegram_payment_charge_id": "1",
            "provider_payment_charge_id": "",
        },
        REFUSED,
    ),
    "refunded_payment": (
        {"currency": "XTR", "total_amount": 1, "invoice_payload": "", "telegram_payment_charge_id": "1"},
        REFUSED,
    ),
    "gift": ({"gift": GIFT}, REFUSED),
    "unique_gift": ({"gift": UNIQUE, "origin": "upgrade"}, REFUSED),
    "gift_upgrade_sent": ({"gift": GIFT}, REFUSED),
    "passport_data": ({"data": [], "credentials": {"data": "", "hash": "", "secret": ""}}, REFUSED),
    "web_app_data": ({"data": "d", "button_text": "b"}, REFUSED),
    "proximity_alert_triggered": ({"traveler": TESS, "watcher": TESS, "distance": 5}, REFUSED),
    "checklist_tasks_done": ({"marked_as_done_task_ids": [1]}, REFUSED),
    "checklist_tasks_added": ({"tasks": []}, REFUSED),
    "giveaway": ({"chats": [CHAT], "winners_selection_date": 1, "winner_count": 1}, REFUSED),
    "giveaway_winners": (
        {
            "chat": CHAT, "giveaway_message_id": 1, "winners_selection_date": 1, "winner_count": 1,
            "winners": [TESS],
        },
        REFUSED,
    ),
    "giveaway_completed": ({"winner_count": 1}, REFUSED),
    "giveaway_created": ({}, REFUSED),
    "managed_bot_created": ({"bot": TESS}, REFUSED),
    "poll_option_added": ({"option_persistent_id": "1", "option_text": "я"}, REFUSED),
    "poll_option_deleted": ({"option_persistent_id": "1", "option_text": "я"}, REFUSED),
    "pinned_message": (
        {"message_id": 3, "date": 1, "chat": {"id": 41, "type": "private"}, "text": "т"}, NOTE
    ),
    "message_auto_delete_timer_changed": ({"message_auto_delete_time": 5}, NOTE),
    "write_access_allowed": ({"web_app_name": "w"}, NOTE),
    "chat_background_set": ({"type": {"type": "chat_theme", "theme_name": "n"}}, NOTE),
    "connected_website": ("example.org", NOTE),
    "users_shared": ({"request_id": 1, "users": [{"user_id": 5}]}, NOTE),
    "chat_shared": ({"request_id": 1, "chat_id": 5}, NOTE),
    "boost_added": ({"boost_count": 1}, NOTE),
}  # fmt: skip

# What stands only where we do not stay; in a private chat it would be refused like anything strange.
IN_GROUPS = (
    "new_chat_members", "left_chat_member", "chat_owner_left", "chat_owner_changed", "new_chat_title",
    "new_chat_photo", "delete_chat_photo", "group_chat_created", "supergroup_chat_created",
    "channel_chat_created", "migrate_to_chat_id", "migrate_from_chat_id", "direct_message_price_changed",
    "forum_topic_created", "forum_topic_edited", "forum_topic_closed", "forum_topic_reopened",
    "general_forum_topic_hidden", "general_forum_topic_unhidden", "paid_message_price_changed",
    "suggested_post_approved", "suggested_post_approval_failed", "suggested_post_declined",
    "suggested_post_paid", "suggested_post_refunded", "video_chat_scheduled", "video_chat_started",
    "video_chat_ended", "video_chat_participants_invited",
)  # fmt: skip

# Fields that say where, when, by whom or how: with the text beside them, the text is kept.
ABOUT = (
    "message_id", "message_thread_id", "direct_messages_topic", "from", "sender_chat", "sender_boost_count",
    "sender_business_bot", "sender_tag", "date", "guest_query_id", "business_connection_id", "chat",
    "forward_origin", "is_topic_message", "is_automatic_forward", "reply_to_message", "external_reply",
    "quote", "reply_to_story", "reply_to_checklist_task_id", "reply_to_poll_option_id", "via_bot",
    "guest_bot_caller_user", "guest_bot_caller_chat", "edit_date", "has_protected_content",
    "is_from_offline", "is_paid_post", "media_group_id", "author_signature", "paid_star_count", "entities",
    "link_preview_options", "suggested_post_info", "effect_id", "caption", "caption_entities",
    "show_caption_above_media", "has_media_spoiler", "reply_markup",
)  # fmt: skip

# Every kind of update, and why the hub asks for it or not.
UPDATES = {
    "message": "what people tell",
    "edited_message": "what they change",
    "callback_query": "what they tap",
    "my_chat_member": "that they blocked us, or put us into a group",
    **dict.fromkeys(("channel_post", "edited_channel_post"), "we stay in no channel"),
    **dict.fromkeys(
        ("business_connection", "business_message", "edited_business_message", "deleted_business_messages"),
        "the bot is nobody's business assistant, so it never reads a person's other chats",
    ),
    **dict.fromkeys(("guest_message", "managed_bot"), "the bot is summoned nowhere and manages no other"),
    **dict.fromkeys(("message_reaction", "message_reaction_count"), "a heart under a line tells no case"),
    **dict.fromkeys(("inline_query", "chosen_inline_result"), "nobody names the bot in another chat"),
    **dict.fromkeys(("shipping_query", "pre_checkout_query", "purchased_paid_media"), "nothing is sold"),
    **dict.fromkeys(("poll", "poll_answer"), "the bot asks by buttons"),
    **dict.fromkeys(("chat_member", "chat_join_request", "chat_boost", "removed_chat_boost"), "of groups"),
}


def update(kind: str = "message", **fields: Json) -> Update:
    """Return an update as the library reads it."""
    body = {
        "message_id": 7, "date": 1_790_000_000, "chat": {"id": 41, "type": "private"}, "from": TESS, **fields,
    }  # fmt: skip
    return Update.de_json({"update_id": 1, kind: body}, None)


def fields_of(name: str) -> dict[str, Json]:
    """Return the example of one field of a message, with what always comes with it."""
    example, _expected = MESSAGES[name]
    return {name: example[0], **example[1]} if isinstance(example, tuple) else {name: example}


@pytest.fixture(autouse=True)
def _as_the_hub_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever builds a door opts in to spans of time."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


def told(house: House) -> Phone:
    """Tess has a case with the lawyers."""
    tess = Phone(house)
    tess.write("первое")
    tess.press("legal")
    tess.press("u.normal")
    return tess


@pytest.fixture
def described() -> dict[str, Any]:
    shared = Path(os.environ.get("SUBROSA_SHARED", Path(__file__).parents[2] / "shared"))
    path = shared / "telegram" / "api.json"
    if not path.exists():
        pytest.skip("no description of the Bot API beside this checkout")
    types: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["types"]
    return types


def test_the_table_names_every_field_of_a_message_and_every_update(described: dict[str, Any]) -> None:
    named = {field["name"] for field in described["Message"]["fields"]}
    assert named == {*MESSAGES, *IN_GROUPS, *ABOUT}
    assert {field["name"] for field in described["Update"]["fields"]} - {"update_id"} == set(UPDATES)


def test_the_hub_asks_for_four_kinds_of_updates_and_says_nothing_to_others() -> None:
    asked = {name for name, why in UPDATES.items() if why.startswith(("what", "that"))}
    assert set(raw.KINDS) == asked
    for name in ("channel_post", "business_message", "guest_message"):
        assert hear(update(name, text="т", chat=CHAT)) is None
        assert note(update(name, text="т", chat=CHAT)) is None


def test_every_kind_of_message_is_kept_or_answered_or_silent_for_a_reason(sqlite_house: House) -> None:
    """In one conversation, one after the other; nothing is lost without a word."""
    house = sqlite_house
    tess = told(house)
    (case,) = cases(house)
    wrong = []
    for number, (name, (_example, expected)) in enumerate(MESSAGES.items(), start=500):
        heard = hear(update(message_id=number, **fields_of(name)))
        assert is_sound(heard), name
        if isinstance(expected, Silent):
            # What Telegram wrote itself is swept with the rest all the same.
            assert heard is None and note(update(**fields_of(name))) is not None, (name, expected.why)
            continue
        assert heard is not None, name
        event = heard.event
        if isinstance(event, events.File) and event.missing is None:
            assert heard.file_id == "f", name
            event = events.File(
                event.message, form=event.form, name=event.name, mime=event.mime, caption=event.caption,
                content=name.encode(), size=5,
            )  # fmt: skip
        before = read(house, "alice", case.id, "message", "file")
        said = " ".join(tess.do(event))
        new = [one for one in read(house, "alice", case.id, "message", "file") if one not in before]
        if isinstance(expected, Refused):
            if new or expected.says not in said:
                wrong.append((name, said, new))
            continue
        is_there = [one for one in new if one["kind"] == expected.kind and expected.words in str(one)]
        if (
            len(is_there) != 1
            or expected.also not in said
            or "Получено" not in said + "Получено" * bool(expected.also)
        ):
            wrong.append((name, said, new))
    assert wrong == []


def test_a_group_is_left_whatever_is_said_in_it() -> None:
    for name, example in (("new_chat_title", "г"), ("group_chat_created", True), ("text", "слова")):
        said = update(chat={"id": -5, "type": "group", "title": "г"}, **{name: example})
        assert (crowd(said), hear(said), note(said)) == (-5, None, None)


# Replies, quotes, forwards, effects: examples of what stands about a text.
BESIDE: dict[str, Json] = {
    "quote": {"text": "цитата", "position": 0},
    "forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "Автор"},
    "reply_to_message": {"message_id": 3, "date": 1, "chat": {"id": 41, "type": "private"}, "text": "т"},
    "external_reply": {"origin": {"type": "hidden_user", "date": 1, "sender_user_name": "А"}},
    "reply_to_story": {"chat": CHAT, "id": 1},
    "via_bot": {**TESS, "is_bot": True},
    "media_group_id": "9",
    "has_protected_content": True,
    "effect_id": "5",
    "entities": [{"type": "text_link", "offset": 0, "length": 2, "url": "https://example.org/"}],
}


@pytest.mark.parametrize("name", BESIDE)
def test_what_stands_about_a_text_takes_nothing_from_it(name: str) -> None:
    """Its words are heard; of a quote and a hidden address the words too, of a forward the author."""
    assert name in ABOUT
    heard = hear(update(text="😀 слова", **{name: BESIDE[name]}))
    assert heard is not None
    assert isinstance(heard.event, events.Text)
    assert "😀 слова" in heard.event.text
    assert ("цитата" in heard.event.text) == (name == "quote")
    assert ("https://example.org/" in heard.event.text) == (name == "entities")
    assert heard.event.author == ("Автор" if name == "forward_origin" else None)


def test_an_edit_is_kept_beside_the_first_and_an_exchanged_picture_is_not_taken_for_received(
    sqlite_house: House,
) -> None:
    tess = told(sqlite_house)
    changed = hear(update("edited_message", photo=PHOTO, caption="иначе", edit_date=1_790_000_001))
    bare = hear(update("edited_message", photo=PHOTO, edit_date=1_790_000_001))
    moved = hear(
        update("edited_message", location={"latitude": 1.5, "longitude": 2.5}, edit_date=1_790_000_001)
    )
    assert changed is not None and bare is not None
    assert moved is None  # a live location moves every few seconds, and nobody needs to know where to
    said = tess.do(changed.event)
    assert said[0].startswith("Исправление получено") and "пришлите новое отдельным" in said[1]
    (case,) = cases(sqlite_house)
    assert [one["text"] for one in read(sqlite_house, "alice", case.id, "message")] == ["первое", "иначе"]
    assert "пришлите новое отдельным" in tess.do(bare.event)[0]


@pytest.mark.parametrize(("status", "is_blocked"), [("kicked", True), ("left", True), ("member", False)])
def test_who_blocks_us_and_comes_back_is_noted(status: str, is_blocked: bool) -> None:
    member = {"status": status, "user": {**TESS, "is_bot": True}} | (
        {"until_date": 0} if status == "kicked" else {}
    )
    before = {"status": "member", "user": {**TESS, "is_bot": True}}
    body = {
        "chat": {"id": 41, "type": "private"}, "from": TESS, "date": 1, "old_chat_member": before,
        "new_chat_member": member,
    }  # fmt: skip
    found = standing(Update.de_json({"update_id": 1, "my_chat_member": body}, None))
    assert found is not None
    assert found.is_blocked is is_blocked
