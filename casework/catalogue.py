"""Message catalogues: gettext ``.po`` files with stable keys, one folder per door, compiled in memory."""

from __future__ import annotations

import gettext
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("ru", "uk", "en")


def load(folder: Path, language: str) -> gettext.GNUTranslations:
    """
    Load the catalogue of *language* from *folder*; a sentence it lacks falls back to Russian.

    Raises:
        FileNotFoundError: there is no Russian catalogue in *folder*.
    """
    catalogue = _compile(folder / "ru.po") if language == "ru" else None
    if catalogue is None:
        fallback = load(folder, "ru")
        path = folder / f"{language}.po"
        if not path.exists():
            return fallback
        catalogue = _compile(path)
        catalogue.add_fallback(fallback)
    return catalogue


def _compile(path: Path) -> gettext.GNUTranslations:
    """Compile one ``.po`` file without leaving a file behind; each caller may add fallbacks of its own."""
    return gettext.GNUTranslations(BytesIO(_compiled(path, path.stat().st_mtime_ns)))


@cache
def _compiled(path: Path, _changed: int) -> bytes:
    """Return a catalogue as gettext reads it: compiled once a process and file."""
    with path.open("rb") as source:
        messages = read_po(source, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, messages)
    return compiled.getvalue()
