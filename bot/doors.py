"""
The doors of one house: a bot each, so that a token that is taken away closes one door and not the house.

A person has the same chat id with every bot, so a conversation goes on wherever they write next. Messages
belong to the bot they stand with: their numbers mean nothing at another door, and neither does a file.

An answer goes out at the door its question came in by. Where that is shut (token refused, the person
stopped that bot) any other door may say it; Telegram lets only those that the person opened themselves.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from bot.send import BLOCKED, GONE, TOKEN_PAUSE, GivenUpError, LaterError, PausedError, send
from bot.telegram import Door


class Doors:
    """All doors of a house, in the order of its settings."""

    def __init__(self, *doors: Door) -> None:
        if not doors or len({door.number for door in doors}) < len(doors):
            raise ValueError("bot: a house has at least one door, and no bot twice")
        self._doors = doors
        self._shut: dict[int, float] = {}  # a door whose token was refused, and until when it is left alone

    def __iter__(self) -> Iterator[Door]:
        return iter(self._doors)

    def __len__(self) -> int:
        return len(self._doors)

    @property
    def first(self) -> Door:
        """Return the door people are told of."""
        return self._doors[0]

    def at(self, number: int | None) -> Door | None:
        """Return the door with this number, or None where the house has it no more."""
        return next((door for door in self._doors if door.number == number), None)

    async def send(self, payload: dict[str, Any], text: str, content: bytes | None) -> tuple[Door, int]:
        """
        Send what *payload* says, at its own door or else at another; return which, and the message's number.

        Raises:
            LaterError, PausedError, GivenUpError: it is not known to have arrived, at no door.
        """
        ends: list[Exception] = []
        for door in self._order(payload.get("door")):
            said = payload
            if payload["do"] == "edit" and door.number != payload.get("door"):
                said = {**payload, "do": "say"}
            try:
                number = await send(door, said, text, content)
            except PausedError as error:
                if error.code != "token_refused":
                    raise
                self._shut[door.number] = time.monotonic() + TOKEN_PAUSE
                ends.append(error)
            except GivenUpError as error:
                if error.why not in (BLOCKED, GONE):
                    raise
                ends.append(error)
            else:
                self._shut.pop(door.number, None)
                return door, number
        raise _worst(ends)

    def _order(self, number: int | None) -> list[Door]:
        """Return the doors to try: the one meant, then the others, and those last that were shut just now."""
        now = time.monotonic()
        return sorted(
            self._doors, key=lambda door: (self._shut.get(door.number, 0.0) > now, door.number != number)
        )


def _worst(ends: list[Exception]) -> Exception:
    """Return what no door's taking a message means: a shut one may open again, a person who left may not."""
    refused = [end for end in ends if isinstance(end, PausedError)]
    if refused:
        return refused[0] if len(refused) == len(ends) else LaterError()
    given_up = [end for end in ends if isinstance(end, GivenUpError)]
    return next((end for end in given_up if end.why == BLOCKED), given_up[0])
