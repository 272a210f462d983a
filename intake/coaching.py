"""
What a file gives away besides what it shows: one line, after filing, so that the next one is sent otherwise.

Rules:
* Nothing is refused, changed or put off: the file is sealed as it came, and Telegram has had it already.
* One line for a whole album, and each thing is said once in a case. A guess is worded as one.
"""

from __future__ import annotations

import re
from dataclasses import replace

from intake.events import File
from intake.replies import Say
from intake.state import State

# Gravest first: of several only one is said when the case is handed over.
KINDS = ("papers", "name", "place")

# Where cameras write it: the first segments of a picture.
_HEAD = 64 * 1024
_PAPERS = re.compile(r"паспорт|военник|воен\w* билет|військов\w* квит|passport|military id", re.IGNORECASE)
# "Иванов Иван.pdf", "Рапорт_Петров_И.И.docx"; names a phone gives to files are not written so.
_NAME = re.compile(r"[А-ЯЁІЇЄ][а-яёіїє’']+[ _.-]+[А-ЯЁІЇЄ](?:[а-яёіїє’']+|[ _.])")


def notice(event: File) -> str | None:
    """Return the gravest thing *event* gives away, as far as its name, caption and first bytes tell."""
    if _PAPERS.search(f"{event.caption} {event.name or ''}"):
        return "papers"
    if event.form == "document" and _NAME.search(event.name or ""):
        return "name"
    # Sent as a photo, Telegram takes camera data out before we see it.
    if event.form == "document" and b"Exif\0\0" in (event.content or b"")[:_HEAD]:
        return "place"
    return None


def note(state: State, event: File) -> State:
    """Remember what is to be said of *event*, unless it was said before."""
    kinds = {state.coach, notice(event)} - {None, "", *state.coached.split()}
    return replace(state, coach=next((kind for kind in KINDS if kind in kinds), ""))


def say(state: State) -> tuple[State, tuple[Say, ...]]:
    """Say what waits to be said, once the case is handed over."""
    if not state.coach or not state.filed:
        return state, ()
    after = replace(state, coach="", coached=f"{state.coached} {state.coach}".strip())
    return after, (Say(key=f"coach.{state.coach}"),)
