"""How a long answer is cut into messages: the phone shows it so, and the desk's preview the same."""

from __future__ import annotations

# Telegram takes 4096 UTF-16 units; a letter of emoji still fits.
PART_LENGTH = 2000


def cut(text: str) -> tuple[str, ...]:
    """Cut a text longer than one message at its last blank, so that no word of it is lost."""
    parts = []
    while len(text) > PART_LENGTH:
        at = max(text.rfind("\n", 0, PART_LENGTH), text.rfind(" ", 0, PART_LENGTH)) + 1 or PART_LENGTH
        parts.append(text[:at].rstrip())
        text = text[at:]
    return (*parts, text)
