"""What nobody could read keeps its words and its file, and nothing of whoever sent it."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.hear import Heard
from bot.sifting import INSIDE, SAID, sift
from bot.sound import is_sound
from casework import canonical
from crypto import phrase
from intake import events

SENDER = {"id": 447100447, "first_name": "Тесс-К4471", "last_name": "Л4471", "username": "u4471"}
CHAT = {**SENDER, "type": "private", "title": "Н4471"}
OTHERS = {
    "sender_chat": CHAT,
    "via_bot": SENDER,
    "contact": {"phone_number": "+7904471", "first_name": "Вера-4471", "user_id": 447100448},
    "forward_origin": {"type": "user", "sender_user": SENDER, "date": 1},
    "reply_to_message": {"from": SENDER, "chat": CHAT, "text": "чужое 4471"},
    "venue": {"title": "дома 4471", "address": "ул. 4471", "location": {"latitude": 44.71}},
    "entities": [
        {"type": "text_mention", "user": SENDER},
        {"type": "text_link", "url": "https://example.org"},
        {"type": "text_link", "url": "tg://user?id=447100449"},
    ],
    "author_signature": "П4471",
}


def sifted(kind: str = "message", **content: Any) -> Heard:
    message = {"message_id": 7, "date": 1_790_000_000, "chat": CHAT, "from": SENDER, **content}
    return sift({"update_id": 1, kind: message}, 2)


def file(found: Heard) -> events.File:
    assert isinstance(found.event, events.File)
    return found.event


def test_only_words_are_left_of_a_broken_poll() -> None:
    options = [{"text": "да", "persistent_id": "id4471"}, {"text": "нет", "voter": SENDER}, 7, None]
    found = sifted(poll={"id": "4471", "question": "кто здесь?", "options": options}, **OTHERS)
    assert set(file(found).caption.split("\n")) == {"кто здесь?", "да", "нет", "https://example.org"}
    assert (file(found).form, file(found).forwarded) == ("poll", True)
    assert "4471" not in json.dumps(vars(file(found)), ensure_ascii=False)
    assert found.chat == SENDER["id"]


def test_of_a_file_its_name_kind_and_size_stay_and_its_number_is_for_fetching_alone() -> None:
    video = {
        "file_id": "F4471",
        "file_unique_id": "U",
        "file_name": "a.mp4",
        "mime_type": "video/x",
        "file_size": 9,
    }
    found = sifted(video=video, caption="нас держат", caption_entities="7")
    said = file(found)
    assert (said.form, said.name, said.mime, said.size) == ("video", "a.mp4", "video/x", 9)
    assert (said.caption, said.missing, found.file_id) == ("нас держат", "coming", "F4471")
    assert "4471" not in json.dumps(vars(said))


def test_a_tap_tells_nothing_of_what_it_was_on() -> None:
    query = {"id": "1", "from": SENDER, "data": "secret", "message": {"chat": CHAT, "text": "ваша фраза"}}
    found = sift({"callback_query": query}, 0)
    assert (file(found).form, file(found).caption, found.chat) == ("tap", "", SENDER["id"])


def test_a_code_phrase_is_no_part_of_a_story() -> None:
    words = " ".join(phrase.generate(lambda size: b"\x07" * size).words("ru"))
    assert file(sifted(text=words, caption="слова")).caption == "слова"


def test_a_sender_who_is_no_number_is_nobody() -> None:
    for strange in ("x", None, True, -5, 0, 1 << 60, [1]):
        assert sift({"message": {"chat": {"id": strange}, "text": "да"}}, 0).chat in (0, 1)


NAMES = st.sampled_from(
    [*SAID, *INSIDE, "message", "photo", "voice", "file_id", "file_size", "date", "from", "chat", "id"]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
THINGS = st.recursive(
    LEAVES, lambda part: st.lists(part, max_size=4) | st.dictionaries(NAMES, part, max_size=5)
)


@given(st.dictionaries(NAMES, THINGS, max_size=4), st.dictionaries(NAMES, THINGS, max_size=6))
def test_whatever_comes_is_sifted_and_can_be_stored(update: dict[str, Any], message: dict[str, Any]) -> None:
    for one in (update, {"message": message}, {"edited_message": message | {"text": "\ud800 слово"}}):
        found = sift(one, 0)
        assert is_sound(found)
        canonical.dumps(vars(found.event))


def test_what_is_nested_without_end_is_dropped() -> None:
    thing: Any = "глубоко"
    for _ in range(5000):
        thing = {"options": [thing]}
    assert file(sifted(poll=thing, text="слова")).caption == "слова"
    assert file(sift(None, 0)).form == "update"
