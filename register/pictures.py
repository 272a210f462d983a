"""
Files of redacted pictures: what one may be, and where those of an entry lie beside its record.

* A file is named by its SHA-256, which is in the bytes that two people signed. Another is refused.
* Only plain pixels: a JPEG of known parts, none of which can carry words, places or another picture.
* They lie in a folder of their entry's own, so that taking it down is taking that folder away.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from register.entry import Entry, is_id
from register.errors import PictureError

EDGE = 1600  # pixels of the longer side
MOST = 6  # pictures of one entry
SIZE_LIMIT = 1024 * 1024  # bytes of one file
_NAME = re.compile(r"[0-9a-f]{64}")
# JPEG markers that a picture of ours is made of: tables, frame, scan, and the bare head of the format.
_START, _END, _HEAD, _FRAME, _SCAN = 0xD8, 0xD9, 0xE0, 0xC0, 0xDA
_PARTS = frozenset({_HEAD, 0xDB, _FRAME, 0xC4})
_FRAME_SIZE = 6
_JFIF = b"JFIF\0"
_JFIF_SIZE = 14  # a longer head holds a second, small picture


def is_name(text: str) -> bool:
    """Say whether *text* can name a picture."""
    return _NAME.fullmatch(text) is not None


def place(public_id: str, name: str) -> str:
    """Return where the site shows a picture of an entry."""
    return f"{folder_of(public_id)}{name}.jpg"


def is_place(text: str) -> bool:
    """Say whether *text* is where a picture can lie, so that it says nothing else."""
    return is_name(text.rpartition("/")[2].removesuffix(".jpg"))


def folder_of(public_id: str) -> str:
    """Return the folder of the site that holds the pictures of one entry, and nothing else."""
    return f"pictures/{public_id}/"


def check(name: str, data: bytes) -> None:
    """
    Check that *data* is the picture *name* and nothing but a picture.

    Raises:
        PictureError: it is another, too large, or holds more than pixels.
    """
    if len(data) > SIZE_LIMIT or hashlib.sha256(data).hexdigest() != name or measure(data) is None:
        raise PictureError


def measure(data: bytes) -> tuple[int, int] | None:
    """
    Return width and height of a JPEG of pixels alone, none of anything else.

    Pixels alone: no EXIF, no profile, no comment, no second picture, nothing after the end.
    """
    if data[:2] != bytes((0xFF, _START)) or data[-2:] != bytes((0xFF, _END)):
        return None
    found = None
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, size = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if marker == _SCAN:
            # Inside a scan every FF of the picture itself is followed by a zero; the only marker is the end.
            rest = data[at + 2 + size :]
            return found if rest.count(b"\xff") == rest.count(b"\xff\0") + 1 else None
        if marker not in _PARTS or size < 2:
            return None
        body = data[at + 4 : at + 2 + size]
        if marker == _HEAD and (body[: len(_JFIF)] != _JFIF or len(body) != _JFIF_SIZE):
            return None
        if marker == _FRAME and len(body) > _FRAME_SIZE:
            # Precision, height, width, components.
            found = int.from_bytes(body[3:5]), int.from_bytes(body[1:3])
        at += 2 + size
    return None


def put(folder: Path, entry: Entry, given: Mapping[str, bytes]) -> None:
    """
    Lay the pictures of *entry* into *folder*, those that are *given* and those that lie there already.

    Raises:
        PictureError: one is neither there nor given, or is not what it is named.
    """
    wanted = [one.sha256 for one in entry.pictures]
    for name in wanted:
        data = given.get(name)
        if data is None:
            read(folder, entry.id, name)
            continue
        lay(folder, entry.id, name, data)


def lay(folder: Path, public_id: str, name: str, data: bytes) -> None:
    """
    Lay one picture of an entry into *folder*.

    Raises:
        PictureError: it is not what it is named.
    """
    check(name, data)
    _write(_path(folder, public_id, name), data)


def missing(folder: Path, entry: Entry) -> list[str]:
    """Name the pictures of *entry* that do not lie in *folder*, or not whole."""
    found = []
    for one in entry.pictures:
        try:
            read(folder, entry.id, one.sha256)
        except PictureError:
            found.append(one.sha256)
    return found


def tidy(folder: Path, entry: Entry) -> None:
    """Delete the pictures that *entry* does not show any more."""
    kept = {f"{one.sha256}.jpg" for one in entry.pictures}
    home = _home(folder, entry.id)
    if not kept:
        drop(folder, entry.id)
    elif home.is_dir():
        for path in home.iterdir():
            if path.name not in kept:
                path.unlink()


def drop(folder: Path, public_id: str) -> None:
    """Delete every picture of one entry."""
    shutil.rmtree(_home(folder, public_id), ignore_errors=True)
    if _home(folder, public_id).exists():
        raise OSError("register: a picture cannot be deleted")


def read(folder: Path, public_id: str, name: str) -> bytes:
    """
    Read one picture.

    Raises:
        PictureError: it is not there, or not what it is named.
    """
    try:
        data = _path(folder, public_id, name).read_bytes()
    except FileNotFoundError:
        raise PictureError from None
    check(name, data)
    return data


def _home(folder: Path, public_id: str) -> Path:
    if not is_id(public_id):
        raise PictureError
    return folder / public_id[:2] / public_id


def _path(folder: Path, public_id: str, name: str) -> Path:
    if not is_name(name):
        raise PictureError
    return _home(folder, public_id) / f"{name}.jpg"


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".new")
    with aside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
