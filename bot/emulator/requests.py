"""Read one HTTP request whole, within bounds, and write one answer."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, FormParser, parse_options_header

from bot.emulator.errors import ApiError, bad_request
from bot.emulator.files import MAX_UPLOAD
from bot.emulator.params import Params, Upload

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MAX_BODY = MAX_UPLOAD + 1024 * 1024  # bytes: the largest upload and the form around it
MAX_FIELDS = 1000
IN_MEMORY = {"MAX_MEMORY_FILE_SIZE": MAX_BODY + 1, "MAX_FIELDS": MAX_FIELDS}
TICK = 0.1  # seconds between two drops of a slow answer


class GoneError(Exception):
    """The client hung up before its answer was ready."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: status, body, what the body is, and how fast it trickles (bytes a second, 0 = at once)."""

    status: int
    body: bytes
    media_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    rate: int = 0
    is_cut: bool = False  # half of it goes, then the connection drops

    @classmethod
    def of(cls, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
        """Write *value* as JSON."""
        return cls(status, write_json(value), headers=headers or {})

    async def send(self, send: Send) -> None:
        """Put the answer on the wire."""
        head = {
            "content-type": self.media_type,
            "content-length": str(len(self.body)),
            "x-content-type-options": "nosniff",
            "cache-control": "no-store",
            **self.headers,
        }
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in head.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        if self.is_cut:
            await send(
                {"type": "http.response.body", "body": self.body[: len(self.body) // 2], "more_body": True}
            )
            raise GoneError
        rest = self.body
        while self.rate and len(rest) > (drop := max(int(self.rate * TICK), 1)):
            await send({"type": "http.response.body", "body": rest[:drop], "more_body": True})
            rest = rest[drop:]
            await asyncio.sleep(TICK)
        await send({"type": "http.response.body", "body": rest})


@dataclass(frozen=True, slots=True)
class Request:
    """One request with its body in memory."""

    verb: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    receive: Receive

    def __repr__(self) -> str:
        return f"<Request {self.verb} with {len(self.body)} bytes>"

    @classmethod
    async def read(cls, scope: Scope, receive: Receive) -> Request:
        """
        Read the request to its end.

        Raises:
            ApiError: more bytes than the official server takes (413).
            GoneError: the client hung up in the middle.
        """
        pieces: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise GoneError
            pieces.append(message.get("body", b""))
            size += len(pieces[-1])
            if size > MAX_BODY:
                raise ApiError(413, "Request Entity Too Large")
            more = message.get("more_body", False)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        query = scope["query_string"].decode("latin-1")
        return cls(scope["method"], scope["path"], query, headers, b"".join(pieces), receive)

    def params(self) -> Params:
        """
        Return the parameters of query string and body together.

        Raises:
            ApiError: the body is not what its type says.
        """
        values: dict[str, Any] = dict(parse_qsl(self.query, keep_blank_values=True))
        uploads: dict[str, Upload] = {}
        kind = self.headers.get("content-type", "")
        if kind.startswith("application/json"):
            values |= _read_object(self.body)
        elif kind.startswith("multipart/form-data"):
            _read_multipart(kind, self.body, values, uploads)
        elif kind.startswith("application/x-www-form-urlencoded"):
            values |= dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))
        return Params(values, uploads)

    async def hung_up(self) -> None:
        """Wait until the client hangs up."""
        while (await self.receive())["type"] != "http.disconnect":
            pass


def write_json(value: Any) -> bytes:
    """Write JSON as compactly as the official server does."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _read_object(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        value = json.loads(body)
    except ValueError:
        raise bad_request("can't parse JSON object") from None
    if not isinstance(value, dict):
        raise bad_request("object expected as the request's body")
    return value


def _read_multipart(kind: str, body: bytes, values: dict[str, Any], uploads: dict[str, Upload]) -> None:
    def on_field(part: Field) -> None:
        values[_name(part.field_name)] = (part.value or b"").decode("utf-8", "replace")

    def on_file(part: File) -> None:
        shelf = part.file_object
        content = shelf.getvalue() if isinstance(shelf, io.BytesIO) else b""
        uploads[_name(part.field_name)] = Upload(_name(part.file_name), part.content_type or "", content)
        part.close()

    boundary = parse_options_header(kind)[1].get(b"boundary")
    try:
        parser = FormParser("multipart/form-data", on_field, on_file, boundary=boundary, config=IN_MEMORY)
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise bad_request("can't parse multipart form data") from None


def _name(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "replace")
