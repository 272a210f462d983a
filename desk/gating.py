"""
The gate at the desk: the same functions as on the command line, run over what this session has opened.

Fails closed: whatever goes wrong inside a check, there is no verdict, and without a verdict no release. What
is kept of a check are places and kinds; the words it matched are not.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from casework import canonical, keys
from casework.actors import HUB
from casework.asking import GrantRef
from casework.keys import PublicKey
from casework.tables import Item, JournalRow
from crypto import context
from crypto.errors import CryptoError
from crypto.sealed import open_sealed, seal
from crypto.xwing import Identity
from desk.errors import ConflictError
from desk.visit import Visit
from register import public, records
from register.entry import Entry

log = logging.getLogger("subrosa.desk")

LEVELS = ("pass", "warn", "block")
# Texts one person may freeze in a day: each is an answer of the gate, and answers can be collected.
FREEZES_A_DAY = 24


@dataclass(frozen=True)
class Judged:
    """What one half of the gate found in a draft, language by language."""

    level: str
    findings: Sequence[Mapping[str, Any]]


def doubted(judged: Judged, hints: Iterable[str]) -> Judged:
    """Add what only a person can check, a picture say: each is a warning without a place in the text."""
    doubts = [
        {"end": 0, "hint": hint, "kind": "picture", "lang": "", "level": "warn", "start": 0} for hint in hints
    ]
    if not doubts:
        return judged
    return Judged(max(judged.level, "warn", key=LEVELS.index), [*judged.findings, *doubts])


@dataclass(frozen=True)
class Cards:
    """Values of sealed cards, for the length of one comparison."""

    own: Mapping[str, Sequence[str]] = field(repr=False)
    others: Sequence[Mapping[str, Sequence[str]]] = field(repr=False)


def editors_half(visit: Visit, texts: Mapping[str, str], narrative: str) -> Judged:
    """
    Compare a draft with what its tipster told and with what the register already shows.

    Raises:
        ConflictError: the check could not be completed.
    """
    from casework.redaction import gate  # noqa: PLC0415  # dictionaries are loaded when first needed

    detectors = detectors_of(visit)
    verdicts = []
    for language, text in texts.items():
        with failing_closed():
            shown = _register_texts(visit, language)
            verdicts.append((language, gate.editors_half(detectors, text, narrative, shown, language)))
    return _joined(verdicts)


def holders_half(visit: Visit, texts: Mapping[str, str], cards: Cards) -> Judged:
    """
    Compare a draft with cards that were opened for this and are shown to nobody.

    Raises:
        ConflictError: the check could not be completed.
    """
    from casework.redaction import gate  # noqa: PLC0415

    detectors = detectors_of(visit)
    verdicts = []
    for language, text in texts.items():
        with failing_closed():
            verdict = gate.holders_half(detectors, text, cards.others, lang=language, own=cards.own)
            verdicts.append((language, verdict))
    return _joined(verdicts)


def asked(visit: Visit, days: int) -> Mapping[str, int]:
    """Return how many answers of the gate each person has asked for in the last *days*, today included."""
    since = visit.today - timedelta(days=days - 1)
    wanted = (
        select(JournalRow.actor, func.count())
        .where(JournalRow.act.in_(("freeze", "check-card")), JournalRow.day >= since, JournalRow.actor != HUB)
        .group_by(JournalRow.actor)
    )
    with visit.database.read() as session:
        return {str(actor): int(count) for actor, count in session.execute(wanted).all()}


def rungs(visit: Visit, finding: Mapping[str, Any], words: str) -> tuple[str, ...]:
    """Return what an editor may write instead of the *words* of a finding, the nearest first."""
    from casework.redaction import mending  # noqa: PLC0415

    with failing_closed():
        lexicon = detectors_of(visit).lexicon
        return mending.ladder(str(finding["hint"]), words, str(finding["lang"]), lexicon)
    raise AssertionError("unreachable")


def entry_texts(entry: Entry) -> Mapping[str, str]:
    """Return everything of *entry* that a reader would read, by language: what the gate judges."""
    return {str(language): text for language, text in public.texts(entry).items()}


def sealed_findings(key: PublicKey, digest: bytes, judged: Judged) -> bytes:
    """Seal places and kinds to the draft's key, bound to the digest they were found in."""
    body = canonical.dumps({"findings": [dict(one) for one in judged.findings], "level": judged.level})
    return seal(body, [key.recipient], _where(key.owner, digest))


def read_findings(
    draft: bytes, digest: bytes, sealed: bytes, identities: Iterable[Identity]
) -> list[Mapping[str, Any]]:
    """
    Open what :func:`sealed_findings` sealed, to whichever of a draft's keys.

    Findings that do not open are said to be unreadable.
    """
    for identity in identities:
        with suppress(CryptoError, KeyError, TypeError):
            body = canonical.loads(open_sealed(sealed, identity, _where(draft, digest)))
            found: list[Mapping[str, Any]] = body["findings"]
            return found
    return [{"kind": "unreadable", "level": "block", "hint": "stop", "lang": "", "start": 0, "end": 0}]


def cards(visit: Visit, own: Collection[bytes], opened: Mapping[GrantRef, Identity]) -> Cards:
    """
    Return what stands on the cards whose keys were *opened* for a check; *own* are the draft's own cases.

    Raises:
        ConflictError: a card does not open, or one of *own* was not given: an unread card is not a clean one.
    """
    by_case: dict[bytes, dict[str, list[str]]] = {}
    wanted = sorted({ref.owner for ref in opened} | set(own))
    with visit.database.read() as session:
        for at in range(0, len(wanted), 500):
            items = select(Item).where(
                Item.case.in_(wanted[at : at + 500]), Item.compartment == keys.IDENTITY, Item.kind == "card"
            )
            for item in session.scalars(items):
                identity = opened.get(GrantRef(item.case, keys.IDENTITY, item.generation))
                if identity is None:
                    if item.case in own:
                        raise ConflictError(("card_out_of_reach",))
                    continue
                with failing_closed():
                    _gather(by_case.setdefault(item.case, {}), keys.open_item(item, identity))
    mine: dict[str, list[str]] = {}
    for owner in own:
        for name, values in by_case.pop(owner, {}).items():
            mine.setdefault(name, []).extend(values)
    return Cards(mine, list(by_case.values()))


def _gather(fields: dict[str, list[str]], payload: Mapping[str, Any]) -> None:
    for name, value in payload.items():
        if name in ("seq", "kind", "at", "by"):
            continue
        # What the tipster typed on the card names people; the gate then doubts every word of it.
        name = "who" if name == "text" else name
        for one in value if isinstance(value, list) else [value]:
            fields.setdefault(name, []).append(str(one))


@contextmanager
def failing_closed() -> Iterator[None]:
    """Turn any fault of a check into a refusal that names no word of what was checked."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  # no verdict is safer than a wrong one, whatever went wrong
        log.error("desk.gate_failed %s", type(error).__name__)  # noqa: TRY400  # its text may be a tipster's
        raise ConflictError(("gate_failed",)) from None


def _register_texts(visit: Visit, language: str) -> list[str]:
    """Return what is public already, where this desk can reach the register's records."""
    folder = visit.desk.settings.records_dir
    if folder is None:
        return []
    found = [record.entry for record in records.read_all(folder) if record.entry is not None]
    return [text for entry in found for name, text in entry_texts(entry).items() if name == language]


def detectors_of(visit: Visit) -> Any:
    with failing_closed():
        return visit.desk.detectors()
    raise AssertionError("unreachable")


def _joined(verdicts: Iterable[tuple[str, Any]]) -> Judged:
    findings: list[Mapping[str, Any]] = []
    level = "pass"
    for language, verdict in verdicts:
        level = max(level, str(verdict.level.value), key=LEVELS.index)
        findings += [
            {
                "end": one.end,
                "hint": one.hint,
                "kind": one.kind,
                "lang": language,
                "level": str(one.level.value),
                "start": one.start,
            }
            for one in verdict.findings
        ]
    return Judged(level, findings)


def _where(draft: bytes, digest: bytes) -> bytes:
    return context.named("findings", draft, digest)
