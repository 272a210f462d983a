"""Turn bytes into the media objects of the Bot API, and put the bytes on the shelf."""

from __future__ import annotations

import io
import mimetypes
from typing import Any

from PIL import Image, UnidentifiedImageError

from bot.emulator.errors import bad_request
from bot.emulator.files import StoredFile
from bot.emulator.params import Upload
from bot.emulator.world import Bot, World

Json = dict[str, Any]

PREVIEW_SIDE = 320  # pixels; the smaller of the two sizes a photo is offered in
FOLDERS = {
    "photo": "photos", "document": "documents", "voice": "voice", "video": "videos", "audio": "music",
    "video_note": "video_notes", "sticker": "stickers", "animation": "animations",
}  # fmt: skip
USUAL_NAME = {
    "photo": "photo.jpg", "document": "file.bin", "voice": "voice.oga", "video": "video.mp4",
    "audio": "audio.mp3", "video_note": "note.mp4", "sticker": "sticker.webp", "animation": "animation.mp4",
}  # fmt: skip


def put_media(world: World, bot: Bot, kind: str, upload: Upload, extras: Json) -> Json:
    """
    Shelve an upload and return the message field that shows it.

    A photo's bytes are kept as they came; the real service re-compresses them and
    drops their metadata. *extras* are further fields such as ``duration``.

    Raises:
        ApiError: an empty file, or a photo that is no picture.
    """
    if not upload.content:
        raise bad_request("file must be non-empty")
    name = upload.name.replace("\\", "/").rpartition("/")[2] or USUAL_NAME[kind]
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    mime_type = guessed if upload.mime_type in ("", "application/octet-stream") else upload.mime_type
    if kind == "photo":
        return {"photo": _photo_sizes(world, bot, upload.content)}
    stored = world.shelf.put(bot.bot_id, FOLDERS[kind], name, mime_type, upload.content)
    return {kind: {**stored.names(), **_usual_fields(kind, name, mime_type), **extras}}


def repeat_media(kind: str, stored: StoredFile) -> Json:
    """Return the message field for a file the bot names by its id instead of sending it again."""
    if kind == "photo":
        return {"photo": [{**stored.names(), "width": 320, "height": 320}]}
    return {kind: {**stored.names(), **_usual_fields(kind, stored.name, stored.mime_type)}}


def plain_picture(shade: int = 0) -> bytes:
    """Draw a small picture for tests that do not care what it shows."""
    out = io.BytesIO()
    Image.new("RGB", (48, 32), (120 + shade % 100, 90, 110)).save(out, "JPEG")
    return out.getvalue()


def _usual_fields(kind: str, name: str, mime_type: str) -> Json:
    match kind:
        case "document":
            return {"file_name": name, "mime_type": mime_type}
        case "voice":
            return {"duration": 3, "mime_type": "audio/ogg"}
        case "audio":
            return {"duration": 3, "file_name": name, "mime_type": mime_type}
        case "video_note":
            return {"duration": 3, "length": 240}
        case "sticker":
            return {
                "type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False,
                "emoji": "🌹",
            }  # fmt: skip
        case _:
            return {"duration": 3, "width": 640, "height": 360, "file_name": name, "mime_type": mime_type}


def _photo_sizes(world: World, bot: Bot, content: bytes) -> list[Json]:
    try:
        with Image.open(io.BytesIO(content)) as picture:
            width, height = picture.size
            small = _preview(picture) if max(width, height) > PREVIEW_SIDE else None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise bad_request("IMAGE_PROCESS_FAILED") from None
    sizes = []
    for body, (w, h) in [*([small] if small else []), (content, (width, height))]:
        stored = world.shelf.put(bot.bot_id, FOLDERS["photo"], USUAL_NAME["photo"], "image/jpeg", body)
        sizes.append({**stored.names(), "width": w, "height": h})
    return sizes


def _preview(picture: Image.Image) -> tuple[bytes, tuple[int, int]]:
    small = picture.convert("RGB")
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=70)
    return out.getvalue(), small.size
