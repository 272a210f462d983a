"""
Routing: who is proposed for a new case, and the one sentence that says why.

Whoever works in the language, then on such cases, then of that federal subject, as far as these are known;
of them fewest open cases under one's own limit; ties are drawn by lot. Who named a topic comes before who
named none, and who named only others comes last: nobody waits for want of a specialist. An urgent case goes
to somebody whose day it is, while there is one. Nobody under the limit: the whole duty list is
told. Nobody on duty: the coordinator. Whoever said that they are in conflict with it is no candidate. Pure:
the same loads and the same lot give the same answer, and the answer holds nothing of the case itself.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Random = Callable[[int], bytes]

FEWEST = "fewest"  # one person had the fewest open cases
LOT = "lot"  # several had, and the lot fell
SPOKEN = "spoken"  # of those who work in the language, this one had the fewest
FITS = "fits"  # of those who work on what was asked for, this one had the fewest
AWAKE = "awake"  # of those whose day it is, this one had the fewest
FULL = "full"  # everybody on duty is at the limit
NOBODY = "nobody"  # nobody is on duty
JOINED = "joined"  # its tipster was invited by another, and it goes where that one's case is


# How well somebody's competences fit a case.
NAMED, ANY, OTHER = 2, 1, 0


@dataclass(frozen=True, slots=True)
class Asked:
    """What a case asks for, as far as it is known: none until its tipster answered."""

    topic: str | None = None
    subject: str | None = None

    def __repr__(self) -> str:
        return "<Asked>"


NOTHING = Asked()


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody on duty: how many cases they have open, and how many they said they can carry."""

    staff: str
    limit: int
    open: int
    speaks: bool = True  # works in the language of the case
    is_awake: bool = True  # it is a working hour where they are
    topic: int = ANY  # works on such cases
    subject: int = ANY  # works on cases of that federal subject


@dataclass(frozen=True, slots=True)
class Route:
    """Where a case goes first. Without an assignee it waits for everybody on *code*'s list."""

    assignee: str | None
    code: str
    open: int = 0
    limit: int = 0
    candidates: int = 0
    asked: tuple[str, ...] = ()  # which of language, topic and subject decided

    @property
    def to_duty(self) -> bool:
        """Tell whether the whole duty list is to be told."""
        return self.code == FULL

    @property
    def to_coordinator(self) -> bool:
        """Tell whether only a coordinator can help."""
        return self.code == NOBODY

    def payload(self) -> dict[str, Any]:
        """Return what is sealed beside the case as its routing reason."""
        return {
            "assignee": self.assignee,
            "candidates": self.candidates,
            "code": self.code,
            "limit": self.limit,
            "open": self.open,
        }


def route(candidates: Sequence[Candidate], random: Random, *, is_urgent: bool = False) -> Route:
    """Choose the person a new case is proposed to."""
    if not candidates:
        return Route(None, NOBODY)
    able = [one for one in candidates if one.open < one.limit]
    if not able:
        return Route(None, FULL, candidates=len(candidates))
    able, asked = fitting(able)
    able, by_hour = _narrowed(able, [one for one in able if one.is_awake] if is_urgent else able)
    fewest = min(one.open for one in able)
    tied = sorted((one for one in able if one.open == fewest), key=lambda one: one.staff)
    chosen = tied[_below(len(tied), random)]
    code = FEWEST if len(tied) == 1 else LOT
    if asked:
        code = SPOKEN if asked == ("language",) else FITS
    if by_hour:
        code, asked = AWAKE, ()
    among = len(able) if by_hour or asked else len(candidates)
    return Route(chosen.staff, code, chosen.open, chosen.limit, among, asked if code == FITS else ())


def fitting(able: list[Candidate]) -> tuple[list[Candidate], tuple[str, ...]]:
    """Return those whom a case fits best, and which of language, topic and subject left others out."""
    asked = []
    for name, rank in (
        ("language", lambda one: int(one.speaks)),
        ("topic", lambda one: one.topic),
        ("subject", lambda one: one.subject),
    ):
        best = max(map(rank, able), default=0)
        able, is_narrower = _narrowed(able, [one for one in able if rank(one) == best])
        asked += [name] if is_narrower else []
    return able, tuple(asked)


def _narrowed(able: list[Candidate], better: list[Candidate]) -> tuple[list[Candidate], bool]:
    """Return the better ones, if there are any, and whether that left anybody out."""
    return (better, len(better) < len(able)) if better else (able, False)


def candidates(
    on_duty: Iterable[str],
    limits: dict[str, int],
    loads: dict[str, int],
    *,
    speaks: Callable[[str], bool] = lambda _staff: True,
    is_awake: Callable[[str], bool] = lambda _staff: True,
    topic: Callable[[str], int] = lambda _staff: ANY,
    subject: Callable[[str], int] = lambda _staff: ANY,
) -> list[Candidate]:
    """Put together what :func:`route` needs from who is on duty, what they can carry and what they carry."""
    return [
        Candidate(
            staff, limits.get(staff, 0), loads.get(staff, 0), speaks(staff), is_awake(staff), topic(staff),
            subject(staff),
        )
        for staff in on_duty
    ]  # fmt: skip


def rank(named: Collection[str], wanted: str | None) -> int:
    """Tell how well what somebody *named* fits what is *wanted*; nothing is known of what is not."""
    if wanted is None or not named:
        return ANY
    return NAMED if wanted in named else OTHER


def explain(payload: dict[str, Any], catalogue: gettext.NullTranslations) -> str:
    """Return the sentence a person reads on the case."""
    return catalogue.gettext(f"routing.{payload['code']}").format_map(payload)


def _below(bound: int, random: Random) -> int:
    """Draw a number below *bound*, each as likely as any other."""
    if bound == 1:
        return 0
    # Draws that would favour the first few are drawn again.
    fair = 256 - 256 % bound
    while True:
        drawn = random(1)[0]
        if drawn < fair:
            return drawn % bound
