"""What the conversation may know besides its own state, and what one step of it yields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from intake.cases import CaseFacts
from intake.effects import Effect
from intake.outage import Outage
from intake.replies import Reply, Span
from intake.snapshot import Match
from intake.state import State


@dataclass(frozen=True, repr=False)
class Fresh:
    """Randomness for what this step may begin: ids of a new case and handle (hex), a new code phrase."""

    case: str
    handle: str
    words: tuple[str, ...]
    asked: tuple[tuple[int, str], ...]  # positions (1 is the first) and words to ask back

    def __repr__(self) -> str:
        return "<Fresh>"


@dataclass(frozen=True, repr=False)
class World:
    """The house as the conversation sees it."""

    now: datetime
    language: str  # a guess, for a chat we do not know
    teams: tuple[str, ...]  # those with living members: legal, editors
    honest: Mapping[tuple[str, str], datetime]  # team, urgency -> answer by; only where nobody is on duty
    waits: Mapping[str, Span]  # urgency -> within what time somebody usually answers
    escrow_days: int  # how long copies of destroyed keys stay in the operator's escrow
    outage: Outage | None  # hours that were lost, while chats are to hear of it
    case: CaseFacts | None
    match: Match | None  # where the phrase or handle of this event led
    fresh: Fresh
    full: frozenset[str] = frozenset()  # teams in which everybody on duty has as many cases as they can carry

    def __repr__(self) -> str:
        return "<World>"


@dataclass(frozen=True, repr=False)
class Step:
    """
    The state after this step, what to do, and what to say once it is done.

    With *forgets* the state is what the effects are about, and then forgotten.
    """

    state: State
    replies: tuple[Reply, ...] = ()
    effects: tuple[Effect, ...] = ()
    forgets: bool = False

    def __repr__(self) -> str:
        return f"<Step {len(self.effects)} effects, {len(self.replies)} replies>"

    def with_replies(self, *replies: Reply) -> Step:
        """Return this step with *replies* said after its own."""
        return Step(self.state, self.replies + replies, self.effects)
