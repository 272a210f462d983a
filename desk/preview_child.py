"""
The child of :mod:`desk.preview`: reads one file from standard input, writes one picture to standard output.

A preview comes back as a PNG. A picture that is to be public comes back as a JPEG with black boxes burned in:
drawn over the pixels before they are written, so that nothing of what lay there is in the file.

Started as a file in an isolated interpreter, so that nothing of the desk is imported here. Order matters:
first the libraries are loaded and the input read, then every door is shut, then the file is decoded.

The doors are shut twice: by resource limits (no descriptor left to open) and by a seccomp filter that lets
through computing, memory and writing the answer, and refuses every other system call.
"""

from __future__ import annotations

import ctypes
import os
import resource
import struct
import sys
from io import BytesIO
from typing import Any

MEMORY = 1536 * 1024 * 1024
SECONDS = 10
# 50 megapixels: more than any phone of this decade takes, and 200 MB once decoded.
PIXELS = 50_000_000
EDGE = 1600
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
ORIENTATION = 0x0112  # the EXIF tag that says which way up the phone was held
INPUT_LIMIT = 64 * 1024 * 1024
# Bytes of a picture that is to be public, and how coarse it may become to fit.
PUBLIC_LIMIT = 900_000
QUALITIES = (85, 75, 60, 45, 30, 15)


# The system calls it may still make, by machine and the machine's audit number. In the same order for each:
# plain reading and writing; memory; signals; questions to open descriptors; waiting; itself and its end; the
# clocks and randomness. A call is a number because it differs from machine to machine.
X86_64 = """
    0 1 3 5 8   9 10 11 12 25 28   13 14 15 131   16 72   24 202 334   39 186 234 60 231   96 228 229 98 318
"""
AARCH64 = """
    63 64 57 80 62   222 226 215 214 216 233   134 135 139 132   29 25   124 98 293   172 178 131 93 94
    169 113 114 165 278
"""
ALLOWED = {"x86_64": (0xC000003E, X86_64), "aarch64": (0xC00000B7, AARCH64)}
PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 4, 22, 38
FILTER_MODE = 2


# What is asked: I or P for a preview of an image or a PDF, i or p for one to be public; which page; how many
# boxes follow. Then the boxes, then the file.
HEAD, BOX = ">cIH", ">4H"
HEAD_SIZE, BOX_SIZE = struct.calcsize(HEAD), struct.calcsize(BOX)


class Instruction(ctypes.Structure):
    """`struct sock_filter`: one step of a packet filter program."""

    _fields_ = (
        ("code", ctypes.c_ushort),
        ("yes", ctypes.c_ubyte),
        ("no", ctypes.c_ubyte),
        ("k", ctypes.c_uint),
    )


class Program(ctypes.Structure):
    """`struct sock_fprog`: a packet filter program."""

    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.POINTER(Instruction)))


def limit() -> None:
    """Bound memory and time; leave no descriptor to open, no file to write, no core to dump."""
    limits = {
        resource.RLIMIT_AS: MEMORY,
        resource.RLIMIT_CPU: SECONDS,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: 0,
        # Sockets are descriptors too: with none left to open there is no network.
        resource.RLIMIT_NOFILE: 0,
    }
    for which, bound in limits.items():
        resource.setrlimit(which, (bound, bound))


def filter_calls() -> None:
    """Refuse every system call but :data:`ALLOWED`; on a machine not listed there, refuse to work at all."""
    architecture, listed = ALLOWED[os.uname().machine]
    allowed = [int(call) for call in listed.split()]
    load, equal, give = 0x20, 0x15, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_RET|K
    permit, refuse, kill = 0x7FFF0000, 0x00050001, 0x80000000  # allow, EPERM, kill the process
    steps = [(load, 0, 0, 4), (equal, 1, 0, architecture), (give, 0, 0, kill), (load, 0, 0, 0)]
    steps += [(equal, len(allowed) - n, 0, call) for n, call in enumerate(allowed)]
    steps += [(give, 0, 0, refuse), (give, 0, 0, permit)]
    program = Program(len(steps), (Instruction * len(steps))(*(Instruction(*step) for step in steps)))
    libc = ctypes.CDLL(None, use_errno=True)
    asked = (
        (PR_SET_DUMPABLE, 0, 0, 0, 0),
        (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (PR_SET_SECCOMP, FILTER_MODE, ctypes.byref(program), 0, 0),
    )
    for call in asked:
        if libc.prctl(*call) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


def main() -> None:
    """Render what was asked and leave."""
    sys.path[:0] = sys.argv[1:]
    request = sys.stdin.buffer.read(INPUT_LIMIT)
    kind, page, count = struct.unpack_from(HEAD, request)
    boxes = [struct.unpack_from(BOX, request, HEAD_SIZE + BOX_SIZE * n) for n in range(count)]
    draw = load_pdf() if kind in b"Pp" else load_image()
    limit()
    filter_calls()
    image, pages = draw(request[HEAD_SIZE + BOX_SIZE * count :], page)
    made = public(image, boxes) if kind.islower() else bare(image)
    sys.stdout.buffer.write(struct.pack(">I", pages) + made)
    sys.stdout.buffer.flush()


def bare(image: Any) -> bytes:
    """Return the pixels of *image* alone, as a PNG of a screen's size: no EXIF, no text, no profile."""
    png = BytesIO()
    pixels(image).save(png, "PNG")
    return png.getvalue()


def public(image: Any, boxes: Any) -> bytes:
    """Return the pixels of *image* with *boxes* (left, top, right, bottom) in black, as a plain JPEG."""
    picture = pixels(image)
    for box in boxes:
        picture.paste((0, 0, 0), tuple(box))
    for quality in QUALITIES:
        jpeg = BytesIO()
        picture.save(jpeg, "JPEG", quality=quality)
        if jpeg.tell() <= PUBLIC_LIMIT:
            break
    return jpeg.getvalue()


def pixels(image: Any) -> Any:
    """Return *image* at a screen's size, stripped of all that is not pixels."""
    image.thumbnail((EDGE, EDGE))
    picture = image.convert("RGB")
    picture.info.clear()
    return picture


def load_image() -> Any:
    """Load the image library, and return how to draw a picture in one of the formats we show."""
    from PIL import Image, ImageOps  # noqa: PLC0415  # where it lies comes with the arguments

    Image.MAX_IMAGE_PIXELS = PIXELS // 2  # twice that is an error, not a warning

    def draw(content: bytes, _page: int) -> tuple[Any, int]:
        image = Image.open(BytesIO(content), formats=FORMATS)
        image.draft("RGB", (EDGE, EDGE))
        image.load()
        return ImageOps.exif_transpose(image), 1

    # A rehearsal: the library imports the rest of itself when it first meets a format, and later it cannot.
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    for kind in FORMATS:
        sample = BytesIO()
        Image.new("RGB", (2, 1)).save(sample, kind, exif=exif.tobytes())
        bare(draw(sample.getvalue(), 0)[0])
        public(draw(sample.getvalue(), 0)[0], [(0, 0, 1, 1)])
    return draw


def load_pdf() -> Any:
    """Load the PDF library, without forms and scripts, and return how to draw one page."""
    import pypdfium2  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    def draw(content: bytes, page: int) -> tuple[Any, int]:
        document = pypdfium2.PdfDocument(content)
        pages = len(document)
        sheet = document[min(page, pages - 1)]
        width, height = sheet.get_size()
        scale = min(EDGE / max(width, height, 1.0), 4.0)
        return sheet.render(scale=scale, may_draw_forms=False).to_pil(), pages

    sample = BytesIO()
    Image.new("RGB", (2, 1)).save(sample, "PDF")
    bare(draw(sample.getvalue(), 0)[0])
    public(draw(sample.getvalue(), 0)[0], [(0, 0, 1, 1)])
    return draw


if __name__ == "__main__":
    main()
