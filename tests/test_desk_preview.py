"""Hostile files: a picture or nothing, and never more than a child process harmed."""

from __future__ import annotations

import struct
import subprocess
import sys
import time
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from desk import preview, preview_child
from desk.preview import PreviewError

SECRET = b"GPS 55.7558"


def picture(kind: str, size: tuple[int, int] = (60, 40)) -> bytes:
    body = BytesIO()
    extra = {"exif": _exif()} if kind in ("JPEG", "WEBP") else {}
    Image.new("RGB", size, (120, 30, 80)).save(body, kind, **extra)
    return body.getvalue()


def _exif() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    return exif.tobytes()


@pytest.mark.parametrize(
    ("kind", "mime"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
        ("PDF", "application/pdf"),
    ],
)
def test_what_people_send_comes_back_as_a_bare_png(kind: str, mime: str) -> None:
    drawn = preview.render(picture(kind), mime)
    assert drawn.pages == 1
    image = Image.open(BytesIO(drawn.png))
    assert image.format == "PNG"
    assert image.size[0] > 0
    assert not image.info
    assert SECRET not in drawn.png


def test_a_large_photo_is_scaled_to_a_screen() -> None:
    drawn = preview.render(picture("JPEG", (4000, 3000)), "image/jpeg")
    assert max(Image.open(BytesIO(drawn.png)).size) == preview_child.EDGE


@pytest.mark.parametrize(
    "body",
    [b"", b"not a picture", b"\xff\xd8\xff" + b"\0" * 100, picture("PNG")[:60], b"GIF89a" + b"\xff" * 30],
)
def test_broken_files_have_no_preview(body: bytes) -> None:
    with pytest.raises(PreviewError):
        preview.render(body, "image/png")


def test_a_file_is_drawn_as_what_it_claims_or_not_at_all() -> None:
    with pytest.raises(PreviewError):
        preview.render(picture("JPEG"), "application/pdf")
    with pytest.raises(PreviewError):
        preview.render(picture("PDF"), "image/jpeg")
    for mime in ("text/html", "image/svg+xml", "audio/ogg", ""):
        assert not preview.can_show(mime)
        with pytest.raises(PreviewError):
            preview.render(picture("JPEG"), mime)


def test_a_bomb_goes_off_in_the_child_only() -> None:
    side = 100_000
    rows = zlib.compressobj(9)
    body = b"".join(rows.compress(bytes(1 + side // 8)) for _ in range(2000)) + rows.flush()
    with pytest.raises(PreviewError):
        preview.render(_png(side, side, body), "image/png")


def test_a_sleeper_is_woken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sleeper = tmp_path / "sleeper.py"
    sleeper.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(preview, "CHILD", sleeper)
    monkeypatch.setattr(preview, "PATIENCE", 0.5)
    began = time.monotonic()
    with pytest.raises(PreviewError):
        preview.render(picture("JPEG"), "image/jpeg")
    assert time.monotonic() - began < 10


def test_a_child_that_writes_without_end_fills_no_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    flood = tmp_path / "flood.py"
    flood.write_text(
        "import struct, sys\n"
        "sys.stdout.buffer.write(struct.pack('>I', 1) + b'\\x89PNG\\r\\n\\x1a\\n')\n"
        "while True:\n    sys.stdout.buffer.write(bytes(1 << 20))\n"
    )
    monkeypatch.setattr(preview, "CHILD", flood)
    began = time.monotonic()
    with pytest.raises(PreviewError):
        preview.render(picture("JPEG"), "image/jpeg")
    assert time.monotonic() - began < preview.PATIENCE / 2, "ended for what it wrote, not for its time"


@pytest.mark.parametrize(
    "attempt",
    [
        "open('/etc/hostname')",
        "open('/tmp/left-behind', 'w')",
        "__import__('socket').socket()",
        "__import__('os').fork()",
        "__import__('os').execv('/bin/true', ['true'])",
        "__import__('os').kill(__import__('os').getppid(), 0)",
        "__import__('os').stat('/')",
    ],
)
def test_the_child_has_no_files_network_processes_or_signals(attempt: str) -> None:
    """Even code that runs inside the child, after the doors are shut, reaches nothing."""
    script = (
        f"import sys, os, socket\nsys.path.insert(0, {str(preview.CHILD.parent)!r})\n"
        "import preview_child as child\nchild.limit(); child.filter_calls()\n"
        f"try:\n    {attempt}\nexcept OSError:\n    print('refused')\nelse:\n    print('reached')\n"
    )
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, timeout=20)
    assert done.stdout == b"refused\n", done.stderr


def test_the_child_inherits_no_secret_of_its_parent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    teller = tmp_path / "teller.py"
    teller.write_text(
        "import os, sys, struct\n"
        "found = repr(dict(os.environ)) + repr(sys.argv) + repr(os.listdir('/proc/self/fd'))\n"
        "sys.stdout.buffer.write(struct.pack('>I', 1) + b'\\x89PNG\\r\\n\\x1a\\n' + found.encode())\n"
    )
    monkeypatch.setenv("CANARY", "a secret of the desk")
    monkeypatch.setattr(preview, "CHILD", teller)
    with (tmp_path / "open").open("wb") as held:
        told = preview.render(b"strangers-name.jpg", "image/jpeg").png
        assert held.fileno() > 2
    assert b"CANARY" not in told
    assert b"strangers-name" not in told
    assert told.count(b"'") // 2 <= 12, "no more descriptors than the three and the listing itself"


def _png(width: int, height: int, body: bytes) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return preview.PNG + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
