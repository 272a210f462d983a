"""
A chat that the people of its case have muted: what it tells is not kept, and it is told so.

Rules:
* Once a day one honest line says that nothing written here is kept, and how to ask for that to end.
* What is the tipster's right goes on: answers, clearing, taking everything back, the alarm word.
* Nothing is counted, and nobody at a desk learns which chat it is.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from intake import events, recognising, screens
from intake.acts import stay
from intake.effects import AddMessage
from intake.replies import Say
from intake.state import State
from intake.world import Step, World

# Buttons that would bring words in, ring somebody, or begin another case from this chat.
SHUT = frozenset({"p.msg", "c.move", "now", "new"})
# How a case names the wish to be heard again.
MARK = "unmute"


def hear(state: State, event: events.Event, world: World) -> Step | None:
    """Answer what a muted chat tells; none for anything that is answered as ever."""
    if state.case is None or world.case is None or not world.case.is_muted:
        return None
    match event:
        case events.Text(text=text) | events.File(caption=text) | events.Edited(text=text):
            if isinstance(event, events.Text) and recognising.is_alarm(state, text):
                return None
            told = tell(state, world.now)
            return replace(told, effects=recognising.warn(state, text))
        case events.Command(name=name, payload=payload):
            is_words = bool(payload) and name not in ("start", "help", "menu", "clear")
            return tell(state, world.now) if is_words else None
        case events.Contact() | events.Location() | events.Unsupported():
            return tell(state, world.now)
        case events.Tap(action=action) if action in SHUT:
            return Step(state, (_line(state),))
        case _:
            return None


def ask(state: State, world: World) -> Step:
    """Let the people of the case see, once a day, that somebody asks to be heard again."""
    today = world.now.date().isoformat()
    if world.case is None or not world.case.is_muted:
        return stay(state, screens.told(state, "muted.over"))
    if state.asked_on == today:
        return stay(state, screens.told(state, "muted.asked.today"))
    after = replace(state, asked_on=today, seq=state.seq + 1)
    return stay(after, screens.told(after, "muted.asked"), AddMessage("", state.seq, marks=(MARK,)))


def tell(state: State, now: datetime) -> Step:
    """Say, once a day, that nothing told here is kept."""
    today = now.date().isoformat()
    if state.muted_on == today:
        return Step(state)
    after = replace(state, muted_on=today, stage="free", held="")
    return Step(after, (_line(after),))


def _line(state: State) -> Say:
    return Say(screens.rows(state, ("m.ask",), ("menu",)), key="muted")
