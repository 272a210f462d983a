"""
Cases that belong together: somebody was invited by a tipster, and each of the two has a case of their own.

Each is read with its own keys. Which belong together the hub sealed into both; nobody else can say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from casework.errors import CaseworkError
from casework.tables import Case
from desk import reading, turning
from desk.errors import MissingError
from desk.reading import Dossier, Said
from desk.visit import Visit

# What of the other conversation stands here; its own page has all of it.
SHOWN = ("message", "file", "reply")
# Bytes of it here, beside a conversation of its own.
ROOM = 12_000


@dataclass(frozen=True)
class Beside:
    """The other case, as its reader sees it from here; without *case* it is not this person's to see."""

    id: bytes
    came: str  # invited: this case's tipster was invited by that one's; inviting: the other way round
    case: Case | None = None
    relation: str = ""
    said: Sequence[Said] = field(default=(), repr=False)
    earlier: int = 0  # how much was said before that and does not stand here

    @property
    def ref(self) -> str:
        """Its short name."""
        return reading.ref(self.id)


def beside(visit: Visit, dossier: Dossier) -> list[Beside]:
    """Return the cases that belong to that of *dossier*, each once."""
    found: dict[bytes, Beside] = {}
    for payload in dossier.payloads("joined"):
        try:
            other, came = bytes.fromhex(str(payload["case"])), str(payload["came"])
        except (KeyError, ValueError):
            continue
        found[other] = _look(visit, other, came)
    return list(found.values())


def _look(visit: Visit, other: bytes, came: str) -> Beside:
    try:
        seen = reading.dossier(visit, other)
    except (CaseworkError, MissingError):
        return Beside(other, came)
    said = [one for one in seen.said if one.kind in SHOWN and not one.is_unproven]
    latest = turning.stretch(said, room=ROOM)
    return Beside(other, came, seen.case, str(seen.cover.get("relation") or ""), latest.said, latest.at)
