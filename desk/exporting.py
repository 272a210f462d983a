"""
A case to take out of the house: written as text, masked if wanted, sealed to one named key.

Nothing leaves in clear. Who asks names the key, the level and a reason, all sealed in the case; a second
person who answers for it agrees; then the file can be taken, each time with a row in the journal. The card is
never in it, and files are named, not contained. Masking suggests, and is never complete: whoever agrees has
to read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from casework import journal
from casework.journal import Reason
from casework.redaction import suggest
from casework.redaction.errors import GateError
from crypto import context
from crypto.errors import CryptoError
from crypto.sealed import seal
from desk import agekeys
from desk.errors import ConflictError, MissingError
from desk.reading import Dossier
from desk.visit import Visit

WHOLE, MASKED = "whole", "masked"
LEVELS = (MASKED, WHOLE)
ASKED, AGREED = "export", "export-agreed"


@dataclass(frozen=True)
class Wish:
    """One export that was asked for, and who agreed to it."""

    item: bytes
    by: str
    at: str
    level: str
    key: str = field(repr=False)
    reason: str = field(repr=False)
    agreed: str | None = None

    @property
    def short_key(self) -> str:
        """Enough of the key to compare it by eye."""
        return f"{self.key[:14]}…{self.key[-10:]}"


def wishes(dossier: Dossier) -> list[Wish]:
    """Return what was asked for, the newest first; only what its author signed counts."""
    agreed: dict[str, tuple[str, Mapping[str, Any]]] = {
        str(payload.get("of")): (item.author, payload)
        for item, payload in dossier.items
        if item.kind == AGREED
    }
    found = []
    for item, payload in dossier.items:
        if item.kind != ASKED:
            continue
        who, said = agreed.get(item.id.hex(), ("", {}))
        key, level = str(payload.get("key")), str(payload.get("level"))
        # Agreed to exactly this key and level, by somebody else.
        holds = who not in ("", item.author) and (said.get("key"), said.get("level")) == (key, level)
        found.append(
            Wish(
                item.id, item.author, str(payload.get("at", "")), level, key, str(payload.get("text", "")),
                who if holds else None,
            )
        )  # fmt: skip
    return sorted(found, key=lambda wish: wish.at, reverse=True)


def find(dossier: Dossier, item: bytes) -> Wish:
    """
    Return one wish.

    Raises:
        MissingError: there is none.
    """
    for wish in wishes(dossier):
        if wish.item == item:
            return wish
    raise MissingError


def take(visit: Visit, dossier: Dossier, wish: Wish) -> bytes:
    """
    Return the sealed file, once the journal says that it was taken.

    Raises:
        ConflictError: nobody else agreed, or it cannot be masked.
    """
    if wish.agreed is None or wish.level not in LEVELS:
        raise ConflictError(("not_agreed",))
    try:
        recipient = agekeys.parse(wish.key)
    except CryptoError:
        raise ConflictError(("not_agreed",)) from None
    text = written(visit, dossier)
    if wish.level == MASKED:
        text = masked(visit, text, dossier.case.language)
    sealed = seal(text.encode(), [recipient], context.named("export", dossier.case.id, wish.item))
    with visit.database.write() as session:
        journal.write(
            session, "export", by=visit.actor, day=visit.today, case=dossier.case.id, subject=wish.item,
            reason=Reason.make(wish.reason),
        )  # fmt: skip
    return sealed


def written(visit: Visit, dossier: Dossier) -> str:
    """Write what was said in a case as text anybody can read. Routing, reasons and the card are not in it."""
    lines = [f"Subrosa {dossier.ref}", ""]
    for said in dossier.said:
        # What nobody of the house stands by was slipped in, and does not leave under its name.
        if said.is_unproven or said.kind in ("routing", "reason", "consent", "released"):
            continue
        who = (
            visit.words.say("author.tipster") if said.author == "tipster" else visit.words.say("export.house")
        )
        lines.append(f"{said.day.isoformat()} · {who} · {visit.words.say(f'export.kind.{said.kind}')}")
        if said.paper is not None:
            lines.append(f"  [{said.paper.name}]")
        lines += [f"  {line}" for line in said.text.splitlines()]
        lines.append("")
    return "\n".join(lines)


def masked(visit: Visit, text: str, language: str) -> str:
    """
    Return *text* with what identifies people replaced, each of them by one name throughout.

    Raises:
        ConflictError: nothing can be suggested for it.
    """
    detectors = visit.desk.detectors()
    try:
        return suggest.mask(text, suggest.suggest(detectors, text, language))
    except GateError:
        raise ConflictError(("not_masked",)) from None
