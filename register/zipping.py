"""
A zip archive written file by file, in constant memory: the library's writer holds a record of every member.

The same members give the same bytes. Readers need nothing special; more than 65,535 members make it a zip64.
"""

from __future__ import annotations

import struct
import tempfile
import zlib
from collections.abc import Iterable
from datetime import date
from typing import BinaryIO

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
_DEFLATED, _UTF8, _VERSION, _VERSION64 = 8, 0x800, 20, 45
# A regular file, readable by all; the upper half is what Unix tools look at.
_MODE = 0o100644 << 16
_MANY, _FAR = 0xFFFF, 0xFFFFFFFF


def write(archive: BinaryIO, members: Iterable[tuple[str, Iterable[bytes]]], day: date) -> int:
    """
    Write *members*, given with their bytes piece by piece and dated *day*, into an empty *archive*.

    Returns how many there were. A single member may have up to 4 GiB.
    """
    stamp = (max(day.year, 1980) - 1980) << 9 | day.month << 5 | day.day
    number = 0
    with tempfile.TemporaryFile() as directory:
        for name, pieces in members:
            directory.write(_member(archive, name.encode(), pieces, stamp))
            number += 1
        start = archive.tell()
        directory.seek(0)
        while piece := directory.read(1 << 20):
            archive.write(piece)
    _close(archive, number, start, archive.tell() - start)
    return number


def _member(archive: BinaryIO, name: bytes, pieces: Iterable[bytes], stamp: int) -> bytes:
    """Write one member and return its line for the directory."""
    offset = archive.tell()
    archive.write(bytes(_LOCAL.size) + name)
    packing = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    check, size = 0, 0
    for piece in pieces:
        check, size = zlib.crc32(piece, check), size + len(piece)
        archive.write(packing.compress(piece))
    archive.write(packing.flush())
    end = archive.tell()
    sizes = (check, end - offset - _LOCAL.size - len(name), size)
    extra = struct.pack("<2HQ", 1, 8, offset) if offset >= _FAR else b""
    version = _VERSION64 if extra else _VERSION
    # What stands before the bytes is known only after them.
    archive.seek(offset)
    archive.write(_LOCAL.pack(b"PK\3\4", version, _UTF8, _DEFLATED, 0, stamp, *sizes, len(name), 0))
    archive.seek(end)
    made_by_unix = 3 << 8 | version
    head = _CENTRAL.pack(
        b"PK\1\2", made_by_unix, version, _UTF8, _DEFLATED, 0, stamp, *sizes,
        len(name), len(extra), 0, 0, 0, _MODE, min(offset, _FAR),
    )  # fmt: skip
    return head + name + extra


def _close(archive: BinaryIO, number: int, start: int, size: int) -> None:
    """Write where the directory is, in the long form too where a short field is not enough."""
    if number >= _MANY or start >= _FAR or size >= _FAR:
        place = archive.tell()
        archive.write(
            _END64.pack(
                b"PK\6\6",
                _END64.size - 12,
                3 << 8 | _VERSION64,
                _VERSION64,
                0,
                0,
                number,
                number,
                size,
                start,
            )
        )
        archive.write(_LOCATOR64.pack(b"PK\6\7", 0, place, 1))
    few, near, small = min(number, _MANY), min(start, _FAR), min(size, _FAR)
    archive.write(_END.pack(b"PK\5\6", 0, 0, few, few, small, near, 0))
