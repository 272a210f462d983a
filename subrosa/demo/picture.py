"""A picture for the tipster of the demo to send: a page somebody photographed, with nobody's name on it."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw


def draw_page() -> bytes:
    """Draw a page of lines and return it as JPEG."""
    image = Image.new("RGB", (600, 800), (238, 234, 226))
    pen = ImageDraw.Draw(image)
    pen.rectangle((60, 60, 540, 740), fill=(252, 251, 248), outline=(200, 195, 186))
    pen.rectangle((100, 110, 330, 132), fill=(70, 66, 62))
    for row in range(14):
        width = 400 - (row * 53) % 120
        pen.rectangle((100, 180 + row * 34, 100 + width, 190 + row * 34), fill=(150, 145, 138))
    pen.ellipse((380, 620, 480, 720), outline=(108, 96, 160), width=5)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()
