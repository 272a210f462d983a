"""Buttons of the short answers: which there are, one of them, and asking a person."""

from __future__ import annotations

from dataclasses import replace

from intake import question_screens, rights, screens
from intake.acts import Act, stay
from intake.state import State
from intake.world import Step, World


def find(action: str) -> Act | None:
    """Return what a button of the short answers does: ``law``, ``law.ask``, ``law.awol``."""
    if action == "law":
        return choose
    head, _, topic = action.partition(".")
    if head != "law":
        return None
    if topic == "ask":
        return ask
    return _show(topic) if topic in rights.answered() else None


def actions() -> tuple[str, ...]:
    """Return every action of their buttons."""
    return ("law", "law.ask", *(f"law.{topic}" for topic in rights.answered()))


def choose(state: State, _world: World) -> Step:
    """Offer the topics."""
    return stay(state, question_screens.short_answers(state, rights.answered()))


def ask(state: State, world: World) -> Step:
    """Invite to ask a person; whoever has told nothing yet asks for advice."""
    after = replace(state, stage="free", held="")
    if after.case is None and "legal" in screens.kinds(world.teams):
        after = replace(after, kind="legal")
    if after.filed:
        return stay(after, screens.told(after, "law.ask"))
    return stay(after, replace(screens.invitation(after, "law.ask"), replaces=False))


def _show(topic: str) -> Act:
    def act(state: State, _world: World) -> Step:
        return stay(state, question_screens.short_answer(state, topic))

    return act
