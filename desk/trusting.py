"""
Is it still the client, and can they still be reached: what the case page warns of before anybody answers.

An alarm stands until somebody who answers for the case says, in a sealed line, that the client is back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import select

from casework import epoch, hubkeys
from casework.tables import HubKey
from desk.reading import Dossier
from desk.visit import Visit

# From here on the page says that quiet lines will end.
SOON = timedelta(days=14)


@dataclass(frozen=True)
class Trust:
    """What there is to warn of."""

    alarm: str | None  # the minute the alarm word last came, while nobody said that it is over
    questions: Sequence[str] = field(repr=False)
    words: Sequence[str] = field(repr=False)  # alarm words that were agreed, the newest last
    push_ends: date | None = None  # named only when it is near, or past
    blocked: str | None = None  # the minute the tipster stopped the bot, while that lasts


def look(visit: Visit, dossier: Dossier) -> Trust:
    """Return what to warn of in this case."""
    agreed = dossier.payloads("check")
    return Trust(
        alarm=_alarm(dossier),
        questions=[str(one["question"]) for one in agreed if "question" in one],
        words=[str(one["alarm"]) for one in agreed if "alarm" in one],
        push_ends=_push_ends(visit, dossier),
        blocked=_blocked(dossier),
    )


def _alarm(dossier: Dossier) -> str | None:
    raised = max((str(one.get("at")) for one in dossier.payloads("alarm")), default=None)
    calmed = max((str(one.get("at")) for one in dossier.payloads("calm")), default="")
    return raised if raised is not None and raised >= calmed else None


def _blocked(dossier: Dossier) -> str | None:
    standings = sorted(
        (str(one.get("at")), one.get("blocked") is True) for one in dossier.payloads("standing")
    )
    return standings[-1][0] if standings and standings[-1][1] else None


def _push_ends(visit: Visit, dossier: Dossier) -> date | None:
    """Return when the key dies that alone can open the chat's address, if that is soon."""
    named = [one.get("courier") for one in dossier.payloads("courier")]
    numbers = [one for one in named if isinstance(one, int)]
    if not numbers:
        return None
    made: date | None
    with visit.database.read() as session:
        wanted = select(HubKey.day).where(HubKey.purpose == hubkeys.COURIER)
        made = session.scalar(wanted.where(HubKey.number == max(numbers)))
    # A key the hub no longer lists is gone already.
    ends = visit.today if made is None else made + epoch.KEPT[hubkeys.COURIER]
    return ends if ends - visit.today <= SOON else None
