"""
The tipster's word on a text that would be public: shown exactly, answered by a button, bound to its digest.

A button names the text by the first bytes of its SHA-256. What was edited since is no longer asked about,
and an old button says so.
"""

from __future__ import annotations

import re
from dataclasses import replace

from casework.releases.wordings import tag
from intake import screens
from intake.acts import Act, stay
from intake.effects import AnswerWording
from intake.replies import ANSWER_LASTS, Say
from intake.state import State
from intake.world import Step, World

ANSWERS = {"y": "yes", "c": "change", "n": "no"}
_ACTION = re.compile(r"w\.([ycn])\.([a-z2-7]{16})\Z")
_TAG = re.compile(r"[a-z2-7]{16}\Z")


def question(state: State, name: str) -> Say:
    """Ask for a word on the text whose tag is *name*; what is no tag gets no buttons."""
    if not _TAG.match(name):
        return Say(screens.rows(state, ("menu",)), lasts=ANSWER_LASTS, key="word.old")
    keyboard = tuple(
        (screens.button(state, f"button.w.{letter}", f"w.{letter}.{name}"),) for letter in ANSWERS
    )
    return Say(keyboard, lasts=ANSWER_LASTS, key="word.ask")


def find(action: str) -> Act | None:
    """Return what a button of :func:`question` does: ``w.y.`` and a tag."""
    match = _ACTION.match(action)
    return None if match is None else _answer(ANSWERS[match[1]], match[2])


def _answer(answer: str, name: str) -> Act:
    def act(state: State, world: World) -> Step:
        meant = [one for one in (world.case.shown if world.case else ()) if tag(one) == name]
        # Of two texts with one tag nobody can say which was meant.
        if len(meant) != 1:
            return stay(state, screens.told(state, "word.old"))
        after = replace(state, stage="free", held="", seq=state.seq + 1)
        said = screens.told(after, f"word.{answer}")
        return stay(after, said, AnswerWording(meant[0], answer, state.seq))

    return act
