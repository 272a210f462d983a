"""Keyboards: read what a bot asks for, refuse what the official server refuses, in its words."""

from __future__ import annotations

from typing import Any

from bot.emulator.errors import bad_request
from bot.emulator.params import Params

Json = dict[str, Any]

MAX_CALLBACK = 64  # bytes
MAX_MARKUP = 10_240  # bytes of JSON
ACTIONS = (
    "url", "callback_data", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay",
)  # fmt: skip


def read_markup(params: Params) -> Json | None:
    """
    Return the keyboard of a call as the API would echo it, None where there is none.

    Raises:
        ApiError: not an object, not rows of rows, a button without an action or with too long data.
    """
    if len(params.text("reply_markup").encode()) > MAX_MARKUP:
        raise bad_request("reply markup is too long")
    markup = params.json("reply_markup", "can't parse reply keyboard markup JSON object")
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in markup:
        rows = _rows(markup["inline_keyboard"], "inline_keyboard", "InlineKeyboardMarkup")
        return {"inline_keyboard": [[_inline_button(button) for button in row] for row in rows if row]}
    if "keyboard" in markup:
        rows = _rows(markup["keyboard"], "keyboard", "ReplyKeyboardMarkup")
        return {**markup, "keyboard": [[_reply_button(button) for button in row] for row in rows if row]}
    return markup


def is_inline(markup: Json | None) -> bool:
    """Whether this keyboard hangs under its message rather than under the text field."""
    return markup is not None and "inline_keyboard" in markup


def _rows(value: Any, field: str, kind: str) -> list[list[Any]]:
    if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
        raise bad_request(f'field "{field}" of the {kind} must be an Array of Arrays')
    return value


def _inline_button(button: Any) -> Json:
    if not isinstance(button, dict) or not button.get("text"):
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be of type String')
    if not any(button.get(action) not in (None, "") for action in ACTIONS):
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if len(str(button.get("callback_data", "")).encode()) > MAX_CALLBACK:
        raise bad_request("BUTTON_DATA_INVALID")
    return button


def _reply_button(button: Any) -> Json:
    if isinstance(button, str):
        return {"text": button}
    if not isinstance(button, dict) or not button.get("text"):
        raise bad_request('can\'t parse keyboard button: Field "text" must be of type String')
    return button
