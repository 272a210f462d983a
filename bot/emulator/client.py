"""Play a stand-in over HTTP: for tests whose hub runs in another process, and for the demo."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import httpx

from bot.emulator.errors import EmulatorError

Json = dict[str, Any]

WAIT = 60.0  # seconds to wait for a message before giving up
PATIENCE = 60.0  # seconds for one HTTP exchange


class RefusedError(EmulatorError):
    """The stand-in refuses this control call."""


class NothingCameError(EmulatorError):
    """The message waited for did not come in time."""


@dataclass(frozen=True, slots=True)
class Line:
    """One message on a phone, as a person sees it."""

    message_id: int
    side: str
    text: str
    buttons: tuple[tuple[str, str], ...]
    is_deleted: bool
    is_silent: bool
    message: Json

    def __repr__(self) -> str:
        return f"<Line {self.message_id} by the {self.side}>"

    @property
    def from_bot(self) -> bool:
        """Whether the bot said it."""
        return self.side == "bot"

    @classmethod
    def of(cls, shown: Json) -> Line:
        """Read a line from what the control API shows."""
        message = shown["message"]
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        buttons = tuple((b["text"], b.get("callback_data", "")) for row in rows for b in row)
        words = message.get("text", message.get("caption", ""))
        is_deleted = shown["deleted_by"] is not None
        return cls(shown["message_id"], shown["side"], words, buttons, is_deleted, shown["silent"], message)


class Remote:
    """Speak to the control API of a running stand-in."""

    def __init__(self, base_url: str) -> None:
        # Environment proxies must not see what is said on this machine.
        self._http = httpx.AsyncClient(base_url=f"{base_url}/_sim", timeout=PATIENCE, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def call(self, verb: str, path: str, /, **fields: Any) -> Json:
        """
        Make one control call; fields travel as JSON, or in the query of a GET or DELETE.

        Raises:
            RefusedError: the stand-in refuses; says why.
        """
        if verb in ("GET", "DELETE"):
            answer = await self._http.request(verb, path, params=fields)
        else:
            answer = await self._http.request(verb, path, json=fields)
        return _read(answer)

    async def upload(self, path: str, content: bytes, file_name: str, **fields: str) -> Json:
        """Make a control call that carries a file."""
        answer = await self._http.post(path, data=fields, files={"file": (file_name, content)})
        return _read(answer)

    async def phone(self, **user: Any) -> RemotePhone:
        """Add a phone: ``first_name``, ``username``, ``language_code``, all optional."""
        made = await self.call("POST", "/phones", **user)
        return RemotePhone(self, made["phone"]["id"])

    async def calls(self, method: str = "", since: int = 0) -> list[Json]:
        """Return what bots called so far."""
        found: list[Json] = (await self.call("GET", "/calls", method=method, since=since))["calls"]
        return found

    async def fault(self, kind: str, **fields: Any) -> Json:
        """Order a fault; see ``bot.emulator.faults`` for kinds and fields."""
        return await self.call("POST", "/faults", kind=kind, **fields)

    async def advance(self, seconds: int) -> None:
        """Let time pass in the stand-in's world."""
        await self.call("POST", "/clock", advance=seconds)


class RemotePhone:
    """One phone in a running stand-in."""

    def __init__(self, remote: Remote, phone_id: int) -> None:
        self._remote = remote
        self.phone_id = phone_id

    async def act(self, act: str, **fields: Any) -> Json:
        """Do what the control API calls *act* on this phone."""
        return await self._remote.call("POST", f"/phones/{self.phone_id}/{act}", **fields)

    async def start(self, payload: str = "") -> None:
        """Press Start."""
        await self.act("start", payload=payload)

    async def text(self, text: str) -> list[int]:
        """Send a text and return the numbers of its messages."""
        numbers: list[int] = (await self.act("text", text=text))["message_ids"]
        return numbers

    async def send(self, kind: str, content: bytes, file_name: str, caption: str = "") -> int:
        """Send a file and return its message's number."""
        path = f"/phones/{self.phone_id}/{kind}"
        return int((await self._remote.upload(path, content, file_name, caption=caption))["message_ids"][0])

    async def press(self, message_id: int, *, text: str, times: int = 1) -> None:
        """Press the button that reads *text* under a message."""
        await self.act("press", message_id=message_id, text=text, times=times)

    async def see(self, **query: Any) -> Json:
        """Return everything that shows on the phone."""
        return await self._remote.call("GET", f"/phones/{self.phone_id}", **query)

    async def lines(self) -> list[Line]:
        """Return the chat, deleted messages included and marked."""
        return [Line.of(shown) for shown in (await self.see())["messages"]]

    async def standing(self) -> list[Line]:
        """Return what can still be read on the phone."""
        return [line for line in await self.lines() if not line.is_deleted]

    async def wait_for(
        self, wanted: str | Callable[[Line], bool], *, after: int = 0, timeout: float = WAIT
    ) -> Line:
        """
        Wait for a standing message of the bot's, numbered above *after*, that contains or satisfies *wanted*.

        Raises:
            NothingCameError: none came in *timeout* seconds.
        """
        ends = time.monotonic() + timeout
        seen: Json = await self.see()
        while True:
            for line in (Line.of(shown) for shown in seen["messages"]):
                if not line.from_bot or line.is_deleted or line.message_id <= after:
                    continue
                if wanted in line.text if isinstance(wanted, str) else wanted(line):
                    return line
            left = ends - time.monotonic()
            if left <= 0:
                raise NothingCameError
            await asyncio.sleep(0.01)
            seen = await self.see(version=seen["version"], wait=max(left, 0.1))


def _read(answer: httpx.Response) -> Json:
    body: Json = answer.json()
    if answer.is_error:
        raise RefusedError(str(body.get("error") or body.get("description") or answer.status_code))
    return body
