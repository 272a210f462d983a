"""
Forms as they arrive, wholly in memory.

The framework would spool a large upload to a temporary file, in clear. Here a body is read into memory up to
a limit, and parts of a multipart form never touch a disk.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)

from desk.errors import ForgedFormError, TooLargeError

# The text fields of one form together; a draft in two languages stays far below.
TEXT_LIMIT = 512 * 1024
FIELDS = 2000


@dataclass(frozen=True)
class Upload:
    """One uploaded file."""

    name: str
    mime: str
    content: bytes

    def __repr__(self) -> str:
        return f"<Upload {len(self.content)} bytes>"


@dataclass
class Form:
    """The fields of one form. A field that was not sent is empty."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Form {len(self.texts)} fields>"

    def get(self, name: str) -> str:
        """Return the last value of *name*, line ends as LF, blanks around it cut."""
        values = self.texts.get(name)
        return values[-1].replace("\r\n", "\n").strip() if values else ""

    def all(self, name: str) -> list[str]:
        """Return every value of *name*."""
        return self.texts.get(name, [])

    def upload(self, name: str) -> Upload | None:
        """Return the file of *name*, none when nothing was chosen."""
        return self.uploads.get(name)


async def read_body(stream: AsyncIterable[bytes], limit: int) -> bytes:
    """
    Read a whole body of at most *limit* bytes.

    Raises:
        TooLargeError: there is more.
    """
    body = bytearray()
    async for chunk in stream:
        body += chunk
        if len(body) > limit:
            raise TooLargeError
    return bytes(body)


def parse(content_type: str, body: bytes) -> Form:
    """
    Read the form in *body*.

    Raises:
        ForgedFormError: it is of a type no page of ours sends, or broken.
        TooLargeError: its text is too long, or it has too many fields.
    """
    kind, options = parse_options_header(content_type)
    if kind == "application/x-www-form-urlencoded":
        return _urlencoded(body)
    if kind == "multipart/form-data":
        return _multipart(body, options.get("boundary", ""))
    raise ForgedFormError


def _urlencoded(body: bytes) -> Form:
    if len(body) > TEXT_LIMIT:
        raise TooLargeError
    form = Form()
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS, errors="strict"
        )
    except ValueError:
        raise ForgedFormError from None
    for name, value in pairs:
        form.texts.setdefault(name, []).append(value)
    return form


def _multipart(body: bytes, boundary: str) -> Form:
    form = Form()
    try:
        with PushMultipartParser(
            boundary, content_length=len(body), max_segment_count=FIELDS, max_segment_size=len(body) + 1
        ) as parser:
            _collect(form, parser.parse(body))
    except (MultipartError, UnicodeDecodeError):
        raise ForgedFormError from None
    if sum(len(value) for values in form.texts.values() for value in values) > TEXT_LIMIT:
        raise TooLargeError
    return form


def _collect(form: Form, events: Iterable[MultipartSegment | bytearray | None]) -> None:
    segment: MultipartSegment | None = None
    content = bytearray()
    for event in events:
        if isinstance(event, MultipartSegment):
            segment, content = event, bytearray()
        elif event is not None:
            content += event
        elif segment is not None:
            _keep(form, segment, bytes(content))
            segment = None


def _keep(form: Form, segment: MultipartSegment, content: bytes) -> None:
    if segment.filename is None:
        form.texts.setdefault(segment.name, []).append(content.decode("utf-8"))
    elif segment.filename:
        form.uploads[segment.name] = Upload(
            segment.filename, segment.content_type or "application/octet-stream", content
        )
