"""
Bringing in the person it is about: ten words for him, and what happens when he types them.

Rules:
* Who was invited gets a case of his own beside this one (:mod:`intake.joining`): neither sees the other's
  words.
* The words show nothing of the case they lead to, work once and for two weeks, and new ones end the old.
"""

from __future__ import annotations

from dataclasses import replace

from intake import screens
from intake.acts import stay
from intake.effects import MakeInvitation
from intake.replies import PHRASE_LASTS, Keyboard, Say
from intake.snapshot import Match
from intake.state import State
from intake.world import Step, World

# Only who asks for help has somebody to bring in: a tip for editors has witnesses of its own.
TEAM = "legal"


def offer(state: State, world: World) -> Step:
    """Say what an invitation is, before there is one."""
    after = replace(state, stage="free", held="")
    if not can_invite(state, world):
        return stay(after, screens.told(after, "invite.not"))
    return stay(after, Say(screens.rows(after, ("i.show",), ("menu",)), key="invite.ask", replaces=True))


def show(state: State, world: World) -> Step:
    """Show ten words for him, once."""
    after = replace(state, stage="free", held="")
    if not can_invite(state, world):
        return stay(after, screens.told(after, "invite.not"))
    words = "\n".join(f"{place}. {word}" for place, word in enumerate(world.fresh.words, 1))
    said = Say(
        screens.rows(after, ("menu",)),
        lasts=PHRASE_LASTS,
        key="invite.words",
        params={"words": words},
        replaces=True,
    )
    return stay(after, said, MakeInvitation(state.invitation))


def can_invite(state: State, world: World) -> bool:
    """Tell whether this chat has a case with the lawyers to bring somebody into, and it is handed over."""
    return state.filed and world.case is not None and world.case.team == TEAM


def come(state: State, match: Match) -> Step:
    """Answer words that somebody was given."""
    if state.case == match.case.id.hex():
        return stay(state, screens.told(state, "join.own"))
    if state.case is not None:
        return stay(state, Say(screens.rows(state, ("new", "menu")), key="join.busy"))
    after = replace(
        screens.fresh(state),
        joins=match.case.id.hex(),
        joins_by=match.mailbox.hex(),
        kind="legal",
        greeted=True,
    )
    return stay(after, Say(_ways(after), key="join.hello"))


def leave(state: State, _world: World) -> Step:
    """Write apart from whoever invited."""
    if state.case is not None:
        return stay(state, screens.told(state, "filed.already" if state.filed else "button.old"))
    after = replace(state, joins=None, joins_by=None)
    return stay(after, screens.invitation(after, "join.not"))


def _ways(state: State) -> Keyboard:
    return screens.rows(state, ("now",), ("j.no",), ("help", "menu"), ("lang",))
