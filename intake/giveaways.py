"""
What a message gives away besides what it tells, as far as its words, name and first bytes say.

Pure and careful: it follows no pointer out of the bytes, decodes no picture, and raises nothing. A guess is
only a guess; whoever says it words it so.
"""

from __future__ import annotations

import re
import struct

from casework.spill import Spill
from intake.events import Event, File, Text

# Gravest first: of several in one album only one is said.
KINDS = ("military", "papers", "name", "place", "author", "camera")

# Where cameras write it: the first segments of a picture, either end of a film.
_HEAD = 64 * 1024
_EXIF = b"Exif\0\0"
_GPS = 0x8825
_FILM_PLACES = (b"\xa9xyz", b"location.ISO6709")
# A first directory of a picture has a few dozen entries.
_ENTRIES = 200

_PAPERS = re.compile(
    r"паспорт|военник|воен\w* билет|свидетельств\w* о рожд|військов\w* квит|свідоцтв\w* про народж"
    r"|passport|military id|pasport|voennik|svidetelstvo|birth certificate",
    re.IGNORECASE,
)
# "Иванов Иван.pdf", "Рапорт_Петров_И.И.docx"; names a phone gives to files are not written so.
_NAME = re.compile(r"[А-ЯЁІЇЄ][а-яёіїє’']+[ _.-]+[А-ЯЁІЇЄ](?:[а-яёіїє’']+|[ _.])")
# "zayavlenie_AGS_Lyashok.docx": a word that begins with a capital, behind another word.
_LATIN_NAME = re.compile(r"(?<=[a-zA-Z][ _.-])[A-Z]{1,2}[a-z]{3,}(?![a-z])")
_NO_NAMES = frozenset(
    ("Image", "Photo", "Picture", "Video", "Audio", "Voice", "Screen", "Shot", "Scan", "Document", "Docs")
)
# Only what reads like reconnaissance: that somebody is "sent to the positions" is what we are here to hear.
_MILITARY = re.compile(
    r"координат|огнев\w+ позици|вогнев\w+ позиці|опорник|гаубиц|рсзо|искандер|іскандер|[сc]-[34]00\b"
    r"|план\w* (?:наступлени|штурм|атак|операци|наступ|атаки|операці)"
    r"|склад\w* (?:бк|боеприпас|снаряд|оружи|боєприпас|снаряд|зброї)"
    r"|coordinates|howitzer|ammunition dump|plan of (?:the )?(?:attack|assault|offensive)"
    r"|\b[1-8]\d[.,]\d{3,}\s*[,;/ ]\s*\d{1,3}[.,]\d{3,}"
    r"|\b\d{2}[a-z] ?[a-z]{2} ?\d{4,5} ?\d{4,5}\b",
    re.IGNORECASE,
)


def of_text(event: Text) -> tuple[str, ...]:
    """Return what a text gives away, gravest first."""
    return _ordered(_words(event.text) | _author(event))


def of_file(event: File) -> tuple[str, ...]:
    """Return what a file gives away, gravest first. Sent as a photo, Telegram takes camera data out."""
    found = _words(event.caption) | _author(event)
    if _PAPERS.search(f"{event.caption} {event.name or ''}"):
        found.add("papers")
    if event.form == "document" and _is_named(event.name or ""):
        found.add("name")
    if event.form in ("document", "video"):
        found |= _recorded(*_ends(event.content or b""))
    return _ordered(found)


def is_military(text: str) -> bool:
    """Tell whether *text* reads like positions, plans or weapons."""
    return bool(_MILITARY.search(text.replace("ё", "е")))


def _is_named(name: str) -> bool:
    """Tell whether the name of a file may hold that of a person."""
    return bool(_NAME.search(name)) or bool(set(_LATIN_NAME.findall(name)) - _NO_NAMES)


def _words(text: str) -> set[str]:
    return {"military"} if is_military(text) else set()


def _author(event: Event) -> set[str]:
    return {"author"} if getattr(event, "author", None) else set()


def _ends(content: bytes | Spill) -> tuple[bytes, bytes]:
    if isinstance(content, Spill):
        return content.ends(2 * _HEAD)
    return content[: 2 * _HEAD], content[-_HEAD:]


def _recorded(head: bytes, tail: bytes) -> set[str]:
    """Return whether a picture or film says where it was taken, or at least when and with what."""
    if any(mark in end for mark in _FILM_PLACES for end in (head[:_HEAD], tail[-_HEAD:])):
        return {"place"}
    at = head[:_HEAD].find(_EXIF)
    if at < 0:
        return set()
    return {"place"} if _names_place(head[at + len(_EXIF) : at + _HEAD]) else {"camera"}


def _names_place(tiff: bytes) -> bool:
    """Tell whether the first directory of camera data leads to one of places."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return False
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        tags = [
            struct.unpack_from(f"{order}H", tiff, start + 2 + 12 * at)[0]
            for at in range(min(count, _ENTRIES))
        ]
    except struct.error:
        return False
    return _GPS in tags


def _ordered(found: set[str]) -> tuple[str, ...]:
    return tuple(kind for kind in KINDS if kind in found)
