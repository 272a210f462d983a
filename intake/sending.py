"""
On the way out: what it is and how soon, typed where it was asked instead of tapped.

A frightened person answers "how soon?" with a word and puts the phone away. What says nothing else is that
answer. A short message that answers in words of its own ("they come on Thursday") is that and a message.
"""

from __future__ import annotations

from dataclasses import replace

from intake import noticing, screens, topics
from intake.acts import Act, stay
from intake.effects import Note
from intake.state import State
from intake.world import Step, World


def hear(state: State, text: str, world: World, send: Act) -> Step | None:
    """Take *text* as the answer to what was asked before sending; then *send*, or ask what is left to ask."""
    if state.filed or state.case is None or state.stage not in ("kind", "urgency"):
        return None
    choice = topics.understand(state.stage, text)
    if state.stage == "kind" and topics.is_skip(text):
        return stay(replace(state, stage="urgency"), screens.ask_urgency(state))
    return None if choice is None else _take(state, choice.code, world, send)


def note(state: State, text: str, world: World, send: Act) -> Step | None:
    """Take what a message says in words of its own as the answer; the message itself is kept."""
    if state.filed or state.case is None or state.stage not in ("kind", "urgency"):
        return None
    code = noticing.answer(state.stage, text, world.now)
    return None if code is None else _take(state, code, world, send)


def _take(state: State, code: str, world: World, send: Act) -> Step | None:
    if state.stage == "urgency":
        return send(replace(state, stage="free", urgency=code), world)
    if code not in screens.kinds(world.teams):
        return None
    after = replace(state, kind=code, stage="urgency")
    if after.urgency is not None:
        return send(after, world)
    return stay(after, screens.ask_urgency(after), Note())


def presses(state: State, text: str) -> bool:
    """Tell whether a message, sent while it is still being written, says that it cannot wait."""
    if state.filed or state.urgency is not None:
        return False
    choice = topics.understand("urgency", text)
    return choice is not None and choice.code == "now" and any(word in text.lower() for word in PRESSING)


# Among the words for "now" those that ask for haste, and do not only name a time.
PRESSING = ("срочн", "термінов", "немедлен", "негайн", "urgent", "immediately")
