"""From a snapshot to what the conversation may know: no keys, no ids of staff, no way to open anything."""

from __future__ import annotations

from datetime import datetime, timedelta

from casework import clocks
from casework.clocks import Times
from crypto import handle as handles
from crypto import phrase
from intake.listening import Heard
from intake.outage import Outage
from intake.replies import Span
from intake.snapshot import Snapshot
from intake.state import State
from intake.work import Random
from intake.world import Fresh, World

LANGUAGES = ("ru", "uk", "en")
# Phones set to these speak Russian with us; every other one hears English.
SPEAKS_RUSSIAN = ("ru", "be", "kk", "ky", "uz", "tg", "tt", "ba", "ce", "cv", "sah", "hy", "ka", "az", "mo")


def look_out(state: State | None, snapshot: Snapshot, heard: Heard, now: datetime, fresh: Fresh) -> World:
    """Return the house as the conversation sees it now."""
    house = snapshot.house
    honest = {
        (team, urgency): clocks.honest_hour(now, urgency, 0, house.times, house.hours)
        for team in house.resting
        for urgency in ("now", "days", "normal")
    }
    return World(
        now=now,
        language=guess_language(snapshot.language_code),
        teams=house.teams,
        honest=honest,
        waits=waits(house.times),
        escrow_days=house.escrow_days,
        outage=_current(house.outage, now),
        case=snapshot.case if state is not None else None,
        match=heard.match,
        fresh=fresh,
        full=house.full,
    )


def waits(times: Times) -> dict[str, Span]:
    """Return within what time each urgency is usually answered, in the largest unit that fits."""
    return {"now": _span(times.now), "days": _span(times.days), "normal": Span("working", times.normal)}


def _span(time: timedelta) -> Span:
    minutes = max(round(time.total_seconds() / 60), 1)
    return Span("minutes", minutes) if minutes % 60 else Span("hours", minutes // 60)


def _current(outage: Outage | None, now: datetime) -> Outage | None:
    """Return *outage* while chats are to hear of it."""
    return outage if outage is not None and now < outage.tell_until else None


def guess_language(code: str | None) -> str:
    """Guess a language from that of the phone; Russian when it says nothing."""
    short = (code or "ru").split("-")[0].lower()
    if short in LANGUAGES:
        return short
    return "ru" if short in SPEAKS_RUSSIAN else "en"


def fresh(secret: phrase.Phrase | None, state: State | None, snapshot: Snapshot, random: Random) -> Fresh:
    """Draw what this step may begin; *secret* is the phrase it may show."""
    language = state.language if state is not None else guess_language(snapshot.language_code)
    words = () if secret is None else secret.words(language)
    first, second = sorted(_two_of(phrase.WORDS, random))
    asked = tuple((place + 1, words[place]) for place in (first, second)) if words else ()
    return Fresh(random(16).hex(), random(handles.SIZE).hex(), words, asked)


def _two_of(count: int, random: Random) -> tuple[int, int]:
    """Draw two different places; a slight preference for the first few does no harm here."""
    first, step = random(2)
    return first % count, (first % count + 1 + step % (count - 1)) % count
