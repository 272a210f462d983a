"""From Telegram's words to the conversation's: content is kept, the sender is not."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram import Update

from bot.hear import Heard, hear
from bot.replies import cut
from intake import events

TESS = {
    "id": 41,
    "is_bot": False,
    "first_name": "Тесс-К4471",
    "username": "tess_k4471",
    "language_code": "uk",
}


@pytest.fixture(autouse=True)
def _spans(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opt in to spans of time, as :func:`bot.telegram.build` does for a hub."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


def heard(kind: str = "message", **content: Any) -> Heard | None:
    """Hear one message of Tess's."""
    message = {
        "message_id": 7,
        "date": 1_790_000_000,
        "chat": {"id": 41, "type": "private", "first_name": "Тесс-К4471"},
        "from": TESS,
        **content,
    }
    return hear(Update.de_json({"update_id": 1, kind: message}, None))


def event(**content: Any) -> events.Event:
    found = heard(**content)
    assert found is not None
    return found.event


def file(kind: str, **fields: Any) -> dict[str, Any]:
    media = {"file_id": "F", "file_unique_id": "U", "file_size": 5, "width": 1, "height": 1, "length": 1}
    return {kind: {**media, "duration": 1, **fields}}


def test_the_sender_is_dropped_at_the_door() -> None:
    found = heard(text="слова")
    assert found is not None
    assert "К4471" not in str(astuple(found.event))
    assert "k4471" not in str(found.language_code)
    assert (found.chat, found.language_code, found.event.message) == (41, "uk", 7)


def test_no_word_shows_in_a_repr() -> None:
    found = heard(text="слова")
    assert "слова" not in repr(found)
    assert "41" not in repr(found)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"text": "слова"}, events.Text(7, text="слова")),
        ({"text": "/start abc"}, events.Command(7, name="start", payload="abc")),
        ({"text": "/HELP@our_bot"}, events.Command(7, name="help")),
        (
            {"contact": {"phone_number": "+7", "first_name": "А", "last_name": "Б"}},
            events.Contact(7, name="А Б", phone="+7"),
        ),
        (
            {"location": {"latitude": 1.5, "longitude": 2.5}},
            events.Location(7, latitude=1.5, longitude=2.5),
        ),
        (
            {"text": "отсюда", "entities": [{"type": "text_link", "offset": 0, "length": 6, "url": "https://e/"}]},
            events.Text(7, text="отсюда\nhttps://e/"),
        ),
        (
            {"text": "да", "quote": {"text": "вопрос", "position": 0}},
            events.Text(7, text="> вопрос\nда"),
        ),
        (
            {
                "text": "/start",
                "forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "Автор"},
            },
            events.Text(7, text="/start", forwarded=True, author="Автор"),
        ),
        (
            {**file("voice"), "caption": "под"},
            events.File(7, form="voice", mime="audio/ogg", size=5, caption="под"),
        ),
        (file("video_note"), events.File(7, form="round", mime="video/mp4", size=5)),
        (
            {**file("document", file_name="а.pdf", mime_type="application/pdf"), "media_group_id": "9"},
            events.File(7, form="document", name="а.pdf", mime="application/pdf", size=5, group="9"),
        ),
    ],
)  # fmt: skip
def test_each_kind_of_message_is_heard(content: dict[str, Any], expected: events.Event) -> None:
    assert event(**content) == expected


def test_the_largest_size_of_a_photo_is_fetched() -> None:
    sizes = [
        {"file_id": name, "file_unique_id": name, "width": n, "height": n, "file_size": n}
        for name, n in (("small", 90), ("large", 800))
    ]
    found = heard(photo=sizes)
    assert found is not None
    assert found.file_id == "large"


def test_a_sticker_is_answered_and_a_service_note_is_not() -> None:
    sticker = {**file("sticker")["sticker"], "type": "regular", "is_animated": False, "is_video": False}
    assert event(sticker=sticker) == events.Unsupported(7, form="sticker")
    assert heard(message_auto_delete_timer_changed={"message_auto_delete_time": 5}) is None


def test_an_edit_is_heard_and_a_moving_location_is_not() -> None:
    found = heard("edited_message", text="иначе", edit_date=1_790_000_001)
    assert found is not None
    assert found.event == events.Edited(7, text="иначе")
    assert (
        heard("edited_message", location={"latitude": 1.5, "longitude": 2.5}, edit_date=1_790_000_001) is None
    )


def test_groups_and_channels_are_not_for_us() -> None:
    assert heard(text="слова", chat={"id": -5, "type": "group", "title": "g"}) is None


def test_a_tap_carries_what_must_be_answered() -> None:
    body = {"id": "q1", "from": TESS, "chat_instance": "c", "data": "menu"}
    message = {"message_id": 9, "date": 1, "chat": {"id": 41, "type": "private"}}
    found = hear(Update.de_json({"update_id": 1, "callback_query": {**body, "message": message}}, None))
    assert found is not None
    assert (found.query, found.event) == ("q1", events.Tap(9, action="menu"))


@given(text=st.text(max_size=300), longest=st.integers(8, 60))
@settings(max_examples=200, deadline=None)
def test_a_long_text_is_cut_to_what_fits_and_loses_only_blanks(text: str, longest: int) -> None:
    text = text.encode("utf-16-le", "ignore").decode("utf-16-le")
    pieces = cut(text, longest)
    assert all(len(piece.encode("utf-16-le")) // 2 <= longest for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
