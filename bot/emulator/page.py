"""The practice phone's page: its files, its labels in each language, and the pictures sent to it."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from babel.messages.pofile import read_po

from bot.emulator.errors import ControlError
from bot.emulator.files import Shelf
from bot.emulator.requests import Answer, write_json

LANGUAGES = ("ru", "en")
FILE_PATH = re.compile(r"/files/([A-Za-z0-9]+)")
SHOWN_IN_PLACE = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ASSETS = {
    "/": ("phone.html", "text/html; charset=utf-8"),
    "/phone": ("phone.html", "text/html; charset=utf-8"),
    "/phone.css": ("phone.css", "text/css; charset=utf-8"),
    "/phone.js": ("phone.js", "text/javascript; charset=utf-8"),
    "/chat.js": ("chat.js", "text/javascript; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}


def asset(path: str) -> Answer | None:
    """Return a file of the page, or None where the page has none there."""
    headers = {"content-security-policy": POLICY, "referrer-policy": "no-referrer"}
    if path == "/labels.json":
        return Answer(200, labels(), "application/json", headers)
    if path not in ASSETS:
        return None
    name, media_type = ASSETS[path]
    return Answer(200, _folder().joinpath("phone", name).read_bytes(), media_type, headers)


def shown_file(shelf: Shelf, unique_id: str) -> Answer:
    """
    Return a file the person sees or saves on the phone; only plain pictures open in place.

    Raises:
        ControlError: no such file.
    """
    stored = shelf.show(unique_id)
    if stored is None:
        raise ControlError("no such file", 404)
    place = "inline" if stored.mime_type in SHOWN_IN_PLACE else "attachment"
    headers = {"content-security-policy": "default-src 'none'; sandbox", "content-disposition": place}
    media_type = stored.mime_type if place == "inline" else "application/octet-stream"
    return Answer(200, stored.content, media_type, headers)


@cache
def labels() -> bytes:
    """Return the page's words in every language, as JSON."""
    return write_json({language: read_labels(language) for language in LANGUAGES})


def read_labels(language: str) -> dict[str, str]:
    """Return the page's words in one language."""
    with _folder().joinpath("catalogues", f"{language}.po").open("rb") as catalogue:
        return {str(m.id): str(m.string) for m in read_po(catalogue, locale=language) if m.id}


def _folder() -> Traversable:
    return files("bot.emulator")
