"""
How a lawyer knows that it is still the client: an agreed question, and a word for the moment of danger.

Rules:
* Both are agreed once there is a case, sealed for whoever answers for it, and leave the chat at once; what
  was said about them leaves it two minutes later.
* The alarm word alone does what "clean now" does, and says what that says: nothing on the screen tells that
  it was more. It also stops the quiet lines and warns the lawyer. Inside a sentence it only warns.
* Of the word the hub keeps a salted hash, in the thread: it is known there as long as the thread lasts.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta

from crypto import words as wordlist
from intake import screens
from intake.acts import stay
from intake.effects import AddCheck, Alarm, Effect, Sweep
from intake.replies import Keyboard, Say
from intake.state import State
from intake.world import Step, World

# Longer than a question and its answer: a story, typed where they were asked for.
QUESTION_LENGTH = 300
ALARM_WORDS, ALARM_LENGTH = 3, 40
# Long enough to read and answer; what stands there longer tells whoever takes the phone that there is a word.
AGREED_LASTS = timedelta(minutes=2)


def ask_question(state: State, _world: World) -> Step:
    """Ask for a question and its answer; the next short text is them."""
    if not state.filed:
        return stay(state, screens.told(state, "check.not"))
    after = replace(state, stage="check", held="")
    return stay(after, _passing(screens.rows(after, ("a.ask",), ("menu",)), "check.ask"))


def ask_alarm(state: State, _world: World) -> Step:
    """Ask for the alarm word; the next word or two are it."""
    if not state.filed:
        return stay(state, screens.told(state, "check.not"))
    after = replace(state, stage="alarm", held="")
    return stay(after, _passing(screens.rows(after, ("menu",)), "alarm.ask"))


def hear(state: State, text: str, world: World) -> Step | None:
    """Take *text* as what was just asked for; none when it is something to tell."""
    if state.stage == "check" and len(text) <= QUESTION_LENGTH:
        return _keep(replace(state, held=text), AddCheck("question", text, state.seq), "check.kept")
    if state.stage == "alarm" and len(text) <= ALARM_LENGTH and 1 <= len(_words(text)) <= ALARM_WORDS:
        after = replace(state, alarm=_hash(text, world.fresh.case), held=text)
        return _keep(after, AddCheck("alarm", text, state.seq), "alarm.kept")
    return None


def is_alarm(state: State, text: str) -> bool:
    """Tell whether *text* is the alarm word and nothing else."""
    return _is_word(state, _words(text))


def holds_alarm(state: State, text: str) -> bool:
    """Tell whether the alarm word is among the words of *text*."""
    words = _words(text)
    return any(
        _is_word(state, words[start:end])
        for start in range(len(words))
        for end in range(start + 1, min(start + ALARM_WORDS, len(words)) + 1)
    )


def sever(state: State) -> Step:
    """Clean the chat, stop the quiet lines, warn the lawyer, and say what cleaning says."""
    after = replace(state, stage="free", held="", reach="phrase")
    return stay(after, screens.cleaned(after), Alarm(severs=True), Sweep("now"))


def warn(state: State, text: str) -> tuple[Effect, ...]:
    """Return what follows from words that came, besides keeping them."""
    return (Alarm(severs=False),) if state.filed and holds_alarm(state, text) else ()


def _keep(state: State, effect: AddCheck, key: str) -> Step:
    after = replace(state, stage="free", seq=state.seq + 1)
    onward = ("a.ask",) if effect.kind == "question" else ()
    keyboard = screens.rows(after, *([onward] if onward else []), ("c.move", "menu"))
    return Step(after, (_passing(keyboard, key),), (effect,))


def _passing(keyboard: Keyboard, key: str) -> Say:
    return Say(keyboard, lasts=AGREED_LASTS, key=key)


def _words(text: str) -> list[str]:
    return wordlist.split(text)


def _is_word(state: State, words: list[str]) -> bool:
    salt, _, known = state.alarm.partition(":")
    return bool(known) and bool(words) and hmac.compare_digest(known, _digest(salt, words))


def _hash(text: str, salt: str) -> str:
    return f"{salt}:{_digest(salt, _words(text))}"


def _digest(salt: str, words: list[str]) -> str:
    return hashlib.sha256(f"{salt} {' '.join(words)}".encode()).hexdigest()
