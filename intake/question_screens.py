"""Screens of the questions after filing, and of the short answers."""

from __future__ import annotations

from intake import screens, topics
from intake.replies import ANSWER_LASTS, Say
from intake.state import State


def question(state: State, asked: str, *, replaces: bool) -> Say:
    """Ask one question: its answers two in a row, or to be typed; then the way past it."""
    letter = screens.LETTERS[asked]
    choices = () if asked == "region" else topics.load(asked)
    buttons = [
        screens.button(state, f"choice.{asked}.{one.code}", f"q.{letter}.{one.code}") for one in choices
    ]
    pairs = tuple(tuple(buttons[at : at + 2]) for at in range(0, len(buttons), 2))
    skip = screens.button(state, "button.q.skip", f"q.x.{letter}")
    first = asked == "relation" and state.kind == "tell"
    key = "question.relation.editors" if first else f"question.{asked}"
    return Say((*pairs, (skip, screens.button(state, "button.menu", "menu"))), key=key, replaces=replaces)


def answered(state: State, *, replaces: bool) -> Say:
    """Say that these were all, and what else can be chosen."""
    invite = () if state.kind == "tell" else (("go.inv",),)
    return Say(
        screens.rows(state, ("go.card", "go.reach"), *invite, ("go.keep", "menu")),
        key="question.done",
        replaces=replaces,
    )


def short_answers(state: State, offered: tuple[str, ...]) -> Say:
    """Offer the topics of the short answers."""
    buttons = [(screens.button(state, f"choice.topic.{topic}", f"law.{topic}"),) for topic in offered]
    return Say((*buttons, *screens.rows(state, ("law.ask", "menu"))), key="law.choose", replaces=True)


def short_answer(state: State, topic: str) -> Say:
    """Show one; it ends with the way to a person, and goes from the chat by itself."""
    keyboard = screens.rows(state, ("law.ask",), ("now",), ("law", "menu"))
    return Say(keyboard, lasts=ANSWER_LASTS, key=f"rights.{topic}")
