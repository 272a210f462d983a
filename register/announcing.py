"""What is said of an entry in the public channel: the same few facts as in a list, from its public form."""

from __future__ import annotations

from register.places import subjects
from register.prose import snippet
from register.records import Published
from register.row import Row, row_of
from register.settings import SiteSettings
from register.voice import Voice

_TITLE = 300  # letters; a message has room for 4,096


def link(public_id: str, voice: Voice, settings: SiteSettings) -> str:
    """Say that there is an entry, and where; no word of what it says."""
    where = settings.address(f"{voice.language}/entries/{public_id}.html") if settings.base_url else public_id
    return f"{voice.say('channel.new')}\n{where}"


def whole(record: Published, voice: Voice, settings: SiteSettings) -> str | None:
    """Say what an entry is about; ``None`` where it was taken down or is never public."""
    if record.entry is None or not record.entry.is_publishable:
        return None
    row = row_of(record, record.entry)
    grade = f"{voice.say('facet.grade')}: {voice.say(f'grade.{row.grade}')}"
    corrected = [voice.say("index.corrected")] if row.is_corrected else []
    parts = [
        _kicker(row, voice),
        snippet(row.title(voice.language), _TITLE),
        row.snippet(voice.language),
        " · ".join([grade, *corrected]),
        link(record.id, voice, settings).partition("\n")[2],
    ]
    return "\n\n".join(part for part in parts if part)


def gone(voice: Voice) -> str:
    """Say that an entry was here and is no more."""
    return voice.say("tomb.title")


def _kicker(row: Row, voice: Voice) -> str:
    said = [voice.say(f"type.{row.item_type}")]
    said += [voice.say(f"branch.{code}") for code in row.codes["branch"][:1]]
    said += [subjects()[code].name(voice.language) for code in row.codes["subject"][:1]]
    said += [voice.month(code) for code in row.codes["month"]]
    return " · ".join(said)
