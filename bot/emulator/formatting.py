"""
Message text and its entities: HTML markup, and what clients mark by themselves.

Offsets and lengths count UTF-16 units, as everywhere in the Bot API. Markdown is
not played: a call that asks for it is refused rather than misread.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from bot.emulator.errors import bad_request

MAX_RAW = 32_768  # bytes before markup is read
MAX_TEXT = 4096  # UTF-16 units after
MAX_CAPTION = 1024  # UTF-16 units after

TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "code": "code", "pre": "pre",
    "a": "text_link", "blockquote": "blockquote", "tg-spoiler": "spoiler",
}  # fmt: skip
MARKED_BY_CLIENTS = (
    ("url", re.compile(r"https?://[^\s<>]+[^\s<>.,;:!?)]")),
    ("email", re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.]*\w")),
    ("bot_command", re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@\w+)?")),
    ("mention", re.compile(r"(?<![\w@])@[A-Za-z]\w{3,31}\b")),
    ("hashtag", re.compile(r"(?<!\w)#\w*[^\W\d]\w*")),
    ("phone_number", re.compile(r"(?<!\w)\+\d[\d ()-]{7,17}\d")),
)

STRAY = re.compile(r"<(?=[^>]*\Z)|<([^A-Za-z/\s>][^\s>]*|(?=[\s>]))")

Entity = dict[str, Any]


def units(text: str) -> int:
    """Count UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def mark(text: str) -> list[Entity]:
    """Find what a client marks by itself: links, commands, mentions, numbers."""
    found: list[Entity] = [
        {"type": kind, "offset": units(text[: hit.start()]), "length": units(hit.group())}
        for kind, pattern in MARKED_BY_CLIENTS
        for hit in pattern.finditer(text)
    ]
    found.sort(key=lambda entity: entity["offset"])
    apart: list[Entity] = []
    for entity in found:
        if not apart or entity["offset"] >= apart[-1]["offset"] + apart[-1]["length"]:
            apart.append(entity)
    return apart


def read(text: str, parse_mode: str, entities: list[Entity] | None) -> tuple[str, list[Entity]]:
    """
    Return the text as shown and its entities.

    Raises:
        ApiError: the markup is broken, or of a kind not played here.
    """
    mode = parse_mode.lower()
    if mode == "html":
        text, given = _read_html(text)
    elif mode in ("", "none"):
        given = list(entities or [])
    else:
        raise bad_request("unsupported parse_mode")
    shown = text.strip()
    skipped = units(text) - units(text.lstrip())
    room = units(shown)
    kept = []
    for entity in given:
        start = max(entity["offset"] - skipped, 0)
        end = min(entity["offset"] - skipped + entity["length"], room)
        if end > start:
            kept.append({**entity, "offset": start, "length": end - start})
    taken = [(e["offset"], e["offset"] + e["length"]) for e in kept]
    free = [
        e for e in mark(shown) if not any(a < e["offset"] + e["length"] and e["offset"] < b for a, b in taken)
    ]
    return shown, sorted(kept + free, key=lambda entity: (entity["offset"], -entity["length"]))


def _read_html(text: str) -> tuple[str, list[Entity]]:
    # Python's reader forgives a stray "<"; the official server does not, so unescaped words fail here too.
    stray = STRAY.search(text)
    if stray is not None:
        name = stray.group(1)
        kind = "Unclosed start tag" if name is None else f'Unsupported start tag "{name}"'
        at = len(text[: stray.start()].encode())
        raise bad_request(f"can't parse entities: {kind} at byte offset {at}")
    reader = _HtmlReader(text)
    reader.feed(text)
    reader.close()
    if reader.open:
        tag = reader.open[-1][0]
        raise bad_request(f"can't parse entities: Can't find end tag corresponding to start tag \"{tag}\"")
    return reader.shown, reader.entities


class _HtmlReader(HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.source = source
        self.shown = ""
        self.entities: list[Entity] = []
        self.open: list[tuple[str, Entity]] = []

    def handle_data(self, data: str) -> None:
        self.shown += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        kind = "spoiler" if tag == "span" and given.get("class") == "tg-spoiler" else TAGS.get(tag)
        if kind is None:
            where = f'Unsupported start tag "{tag}" at byte offset {self._byte_offset()}'
            raise bad_request(f"can't parse entities: {where}")
        entity: Entity = {"type": kind, "offset": units(self.shown)}
        if kind == "text_link":
            entity["url"] = given.get("href") or ""
        self.open.append((tag, entity))

    def handle_endtag(self, tag: str) -> None:
        at = self._byte_offset()
        if not self.open:
            raise bad_request(f"can't parse entities: Unexpected end tag at byte offset {at}")
        expected, entity = self.open.pop()
        if expected != tag:
            where = f'Unmatched end tag at byte offset {at}, expected "</{expected}>", found "</{tag}>"'
            raise bad_request(f"can't parse entities: {where}")
        entity["length"] = units(self.shown) - entity["offset"]
        if entity["length"]:
            self.entities.append(entity)

    def _byte_offset(self) -> int:
        line, column = self.getpos()
        before = self.source.split("\n")[: line - 1]
        return sum(len(part.encode()) + 1 for part in before) + len(
            self.source.split("\n")[line - 1][:column].encode()
        )
