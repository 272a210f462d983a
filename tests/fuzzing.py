"""
Updates nobody thought of: drawn from the machine-readable description of the Bot API, then bent.

What is drawn fits the description; what is bent need not fit anything. Both are JSON, as all that Telegram
sends is.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

Json = Any

DEEP = 3  # levels of optional fields
WORDS = (
    "мой сын", "отказался", "нас держат", "в яме", "/start", "/menu", "/stop", "/help@bot", "/нет", "/",
    "да", "нет", "срочно", "юрист", "😀", "👩‍👩‍👧", "\u202eпереворот", "\u200b", "\x00", "a" * 300,
    "Telegram", "<b>", "%s", "{}", "'; --", "ё", "Ё", "٣", "一", "\n\n", "\t", " ",
)  # fmt: skip
NUMBERS = (0, 1, 2, 7, 100, 65_535, 2**31 - 1, 2**31, 2**52, -1, -(2**31))
STATUSES = ("member", "kicked", "left", "restricted", "administrator", "creator")


@dataclass
class Drawer:
    """Draws updates from the description; *chats* are the people who write."""

    types: dict[str, Any]
    random: Random
    chats: Sequence[int]
    buttons: Callable[[int], Sequence[tuple[Json, str]]]  # what may be tapped in a chat: message, data
    files: Sequence[Json]  # things a message may carry that can be fetched

    def update(self) -> dict[str, Json]:
        """Draw one update of a kind the hub asks for."""
        chat = self.random.choice(self.chats)
        roll = self.random.random()
        if roll < 0.55:
            return {"message": self.message(chat)}
        if roll < 0.65:
            return {"edited_message": self.message(chat) | {"edit_date": 1_800_000_000}}
        if roll < 0.93:
            return {"callback_query": self.tap(chat)}
        if roll < 0.97:
            return {"my_chat_member": self.member(chat)}
        return {"message": self.message(chat) | {"chat": {"id": -chat, "type": "supergroup", "title": "t"}}}

    def message(self, chat: int) -> dict[str, Json]:
        """Draw a message: mostly what people send, at times anything the description knows."""
        drawn: dict[str, Json] = self.object("Message", DEEP if self.random.random() < 0.3 else DEEP + 9)
        if self.random.random() < 0.6:
            drawn |= {"text": self.text(4096)}
        elif self.random.random() < 0.4 and self.files:
            drawn |= copy.deepcopy(self.random.choice(self.files))
        return drawn | {
            "message_id": self.random.randrange(1, 5000),
            "date": 1_800_000_000,
            "chat": {"id": chat, "type": "private", "first_name": "T"},
            "from": {"id": chat, "is_bot": False, "first_name": "T", "language_code": self.language()},
        }

    def tap(self, chat: int) -> dict[str, Json]:
        """Draw a tap: on a button that stands, on one nobody ever made, or on a message that is gone."""
        standing = self.buttons(chat)
        message: Json = {
            "message_id": 1,
            "chat": {"id": chat, "type": "private", "first_name": "T"},
            "date": 0,
        }
        data = self.text(30)
        if standing and self.random.random() < 0.8:
            message, data = self.random.choice(standing)
        query = self.object("CallbackQuery", DEEP + 9)
        query |= {"from": {"id": chat, "is_bot": False, "first_name": "T"}, "message": message}
        return query | {"data": data} if self.random.random() < 0.98 else query

    def member(self, chat: int) -> dict[str, Json]:
        """Draw a change of standing in a chat."""
        user = {"id": 7, "is_bot": True, "first_name": "B"}
        place = {"id": chat, "type": "private", "first_name": "T"}
        if self.random.random() < 0.2:
            place = {"id": -chat, "type": self.random.choice(("group", "channel")), "title": "t"}
        sides = {
            side: {"status": self.random.choice(("member", "kicked")), "user": user, "until_date": 0}
            for side in ("old_chat_member", "new_chat_member")
        }
        return {"chat": place, "from": user | {"id": chat, "is_bot": False}, "date": 1_800_000_000, **sides}

    def language(self) -> str:
        """Draw the language of a phone."""
        return self.random.choice(("ru", "uk", "en", "kk", "", "xx-YY"))

    def text(self, longest: int) -> str:
        """Draw words that a message may hold."""
        count = self.random.choice((1, 1, 2, 3, 9, 60))
        return " ".join(self.random.choice(WORDS) for _ in range(count))[:longest] or "x"

    def object(self, kind: str, depth: int) -> dict[str, Json]:
        """Draw an object of *kind*: all it must have, and the less of the rest the deeper it lies."""
        fields = self.types[kind].get("fields", [])
        rest = 0.15 / max(depth - DEEP, 0.5) if depth >= DEEP else 0.05
        return {
            one["name"]: self.value(self.random.choice(one["types"]), one, depth - 1)
            for one in fields
            if one["required"] or (depth > 0 and self.random.random() < rest)
        }

    def value(self, kind: str, field: dict[str, Any], depth: int) -> Json:
        """Draw a value of *kind*."""
        if kind.startswith("Array of "):
            inner = kind.removeprefix("Array of ")
            return [self.value(inner, field, depth - 1) for _ in range(self.random.choice((0, 1, 1, 3)))]
        match kind:
            case "Integer":
                return 1_800_000_000 if "date" in field["name"] else abs(self.random.choice(NUMBERS))
            case "Float":
                return self.random.choice((0.0, 1.5, -89.9, 179.99))
            case "Boolean":
                return self.random.random() < 0.5
            case "True":
                return True
            case "String":
                return self.text(64)
        described = self.types[kind]
        if described.get("subtypes"):
            return self.variant(kind, depth)
        return self.object(kind, depth)

    def variant(self, kind: str, depth: int) -> Json:
        """Draw one of the shapes *kind* may have, marked as that shape where the description says how."""
        name = self.random.choice(self.types[kind]["subtypes"])
        if name in ("String", "Integer") or name.startswith("Array of "):
            return self.value(name, {"name": ""}, depth)
        drawn = self.object(name, depth)
        for field in self.types[name].get("fields", []):
            words = field["description"].split("“") if field["name"] in ("type", "source", "status") else []
            said = words[1].split("”")[0] if len(words) > 1 else field["description"].rpartition(" ")[2]
            if field["name"] in ("type", "source", "status"):
                drawn[field["name"]] = said.strip("“”\"'.")
        return drawn


def bend(update: dict[str, Json], random: Random) -> dict[str, Json]:
    """Return *update* with one to three things wrong with it."""
    bent = copy.deepcopy(update)
    for _ in range(random.choice((1, 1, 2, 3))):
        place: Json = bent
        while True:
            inside = [key for key in _keys(place) if _keys(place[key])]
            if not inside or random.random() < 0.3:
                break
            place = place[random.choice(inside)]
        keys = _keys(place)
        if not keys:
            continue
        key = random.choice(keys)
        if isinstance(place, dict) and random.random() < 0.25:
            del place[key]
        else:
            place[key] = copy.deepcopy(random.choice(ODD))
    return bent


def _keys(place: Json) -> list[Any]:
    if isinstance(place, dict):
        return list(place)
    return list(range(len(place))) if isinstance(place, list) else []


def _nested(levels: int) -> Json:
    value: Json = []
    for _ in range(levels):
        value = [value]
    return value


ODD: tuple[Json, ...] = (
    None, True, False, 0, -1, 2**63, -(2**63) - 1, 10**40, 0.5, "", "x", "\ud800", "\x00" * 3, "9" * 5000,
    [], {}, [[]], {"id": None}, {"id": "7"}, ["x", None], _nested(60), {"": {"": {}}},
)  # fmt: skip
