"""
A picture of a stranger's file, made where it can do no harm.

The file goes to a throw-away child process on its standard input, and one picture comes back: a PNG to look
at, or a JPEG with black boxes that may become public. The child has no
keys (a fresh interpreter with an empty environment), no network and no files (no new descriptor can be
opened once it has read), a bound on memory and time, and is killed when it is late. What it returns is
checked to be such a picture and nothing else before a browser sees it.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from desk.preview_child import BOX, HEAD
from register import pictures

CHILD = Path(__file__).with_name("preview_child.py")
# A scan of twenty pages on a slow machine takes two seconds a page; one page is asked for at a time.
PATIENCE = 15.0
OUTPUT_LIMIT = 12 * 1024 * 1024
PNG = b"\x89PNG\r\n\x1a\n"

IMAGES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
PDF = "application/pdf"


class PreviewError(Exception):
    """There is no safe preview of this file."""


@dataclass(frozen=True)
class Picture:
    """One page as a PNG, and how many pages there are."""

    png: bytes
    pages: int


@dataclass(frozen=True)
class Redacted:
    """One page as a JPEG of plain pixels with its boxes burned in."""

    jpeg: bytes
    width: int
    height: int
    pages: int


Box = tuple[int, int, int, int]
"""Left, top, right and bottom, in pixels of the picture as it would be public."""


def can_show(mime: str) -> bool:
    """Tell whether files that call themselves *mime* have a preview at all."""
    return mime in IMAGES or mime == PDF


def render(content: bytes, mime: str, page: int = 0) -> Picture:
    """
    Render one page of *content*, scaled to fit a screen and without any metadata.

    Raises:
        PreviewError: it is not what it says, too large, too slow, or broken.
    """
    pages, drawn = _asked(b"P" if mime == PDF else b"I", content, mime, page)
    if drawn[: len(PNG)] != PNG:
        raise PreviewError
    return Picture(png=drawn, pages=pages)


def redact(content: bytes, mime: str, page: int, boxes: Sequence[Box]) -> Redacted:
    """
    Draw one page of *content* as it may become public: plain pixels, and black where *boxes* are.

    Raises:
        PreviewError: it is not what it says, too large, too slow, or broken.
    """
    pages, drawn = _asked(b"p" if mime == PDF else b"i", content, mime, page, boxes)
    size = pictures.measure(drawn)
    if size is None or max(size) > pictures.EDGE or len(drawn) > pictures.SIZE_LIMIT:
        raise PreviewError
    return Redacted(drawn, *size, pages)


def _asked(kind: bytes, content: bytes, mime: str, page: int, boxes: Sequence[Box] = ()) -> tuple[int, bytes]:
    """Ask the child for one page; return how many there are, and the picture it drew."""
    if not can_show(mime):
        raise PreviewError
    request = struct.pack(HEAD, kind, page, len(boxes)) + b"".join(struct.pack(BOX, *box) for box in boxes)
    try:
        answer = _run_child(request + content)
    except (OSError, subprocess.SubprocessError):
        raise PreviewError from None
    if not 4 + len(PNG) <= len(answer) <= OUTPUT_LIMIT:
        raise PreviewError
    return int(struct.unpack(">I", answer[:4])[0]), answer[4:]


def _run_child(request: bytes) -> bytes:
    """Run the child to its end, or end it; return what it wrote, and one byte too many at most."""
    child = subprocess.Popen(  # noqa: S603  # our own file, no shell, nothing of the stranger's in argv
        [sys.executable, "-I", "-S", "-B", str(CHILD), *_import_paths()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={},
        close_fds=True,
        start_new_session=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    late = threading.Timer(PATIENCE, child.kill)
    feeding = threading.Thread(target=_feed, args=(child.stdin, request))
    late.start()
    feeding.start()
    try:
        # Whoever took over the child may write without end; nobody here reads without end.
        answer = child.stdout.read(OUTPUT_LIMIT + 1)
        if len(answer) <= OUTPUT_LIMIT and child.wait() != 0:
            raise PreviewError
    finally:
        late.cancel()
        child.kill()
        feeding.join()
        late.join()
        child.stdout.close()
        child.wait()
    return answer


def _feed(door: IO[bytes], request: bytes) -> None:
    """Give the child its input; one that ends before it has read all of it has said enough."""
    with suppress(OSError):
        door.write(request)
    with suppress(OSError):
        door.close()


def _import_paths() -> list[str]:
    """Where the child finds its two libraries: the folders this process found them in."""
    import PIL  # noqa: PLC0415  # the desk never decodes anything; it only asks where the library lies
    import pypdfium2  # noqa: PLC0415

    return sorted({str(Path(str(module.__file__)).parents[1]) for module in (PIL, pypdfium2)})
