"""
A few questions after filing, one at a time, so that a lawyer can begin sooner. All can be skipped.

Rules:
* Nothing waits for them: the case is handed over before the first is asked.
* An answer is sealed by itself, so that who stops half-way has told what was answered so far.
* What is typed instead of tapped is an answer when it says nothing else; anything else is a message.
"""

from __future__ import annotations

from dataclasses import replace

from intake import question_screens, screens, topics
from intake.acts import Act, stay
from intake.effects import AddAnswer
from intake.state import State
from intake.world import Step, World

# Who writes about himself is not asked whether he knows.
HIMSELF = "serviceman"
_QUESTIONS = {letter: question for question, letter in screens.LETTERS.items()}


def find(action: str) -> Act | None:
    """Return what a button of a question does: ``q``, ``q.x.t`` (skip), ``q.t.awol`` (answer)."""
    if action == "q":
        return begin
    head, _, rest = action.partition(".")
    letter, _, code = rest.partition(".")
    if head != "q" or not code:
        return None
    if letter == "x":
        return _skip(_QUESTIONS[code]) if code in _QUESTIONS else None
    question = _QUESTIONS.get(letter)
    if question is None or topics.find(question, code) is None:
        return None
    return _answer(question, code)


def actions() -> tuple[str, ...]:
    """Return every action of a question's buttons."""
    skips = [f"q.x.{letter}" for letter in _QUESTIONS]
    answers = [
        f"q.{letter}.{choice.code}"
        for question, letter in screens.LETTERS.items()
        if question != "region"
        for choice in topics.load(question)
    ]
    return ("q", *skips, *answers)


def begin(state: State, _world: World) -> Step:
    """Ask the first; what it was asked from stays on the screen."""
    return _ask(state, topics.QUESTIONS[0], replaces=False)


def hear(state: State, text: str) -> Step | None:
    """Take *text* as the answer to the question that stands; none when it is something to tell."""
    question = screens.asked_in(state)
    if question is None:
        return None
    if topics.is_skip(text):
        return _next(state, question, replaces=False)
    choice = topics.understand(question, text)
    return None if choice is None else _take(state, question, choice.code, text)


def note(state: State, text: str) -> Step | None:
    """Note the answer a message names in passing, and ask what comes next; the message itself is kept."""
    question = screens.asked_in(state)
    choice = None if question is None else topics.hint(question, text)
    return (
        None
        if question is None or choice is None
        else _take(state, question, choice.code, "", replaces=False)
    )


def _answer(question: str, code: str) -> Act:
    def act(state: State, world: World) -> Step:
        if not world.teams:
            return stay(state, screens.told(state, "house.empty"))
        return _take(state, question, code, "")

    return act


def _skip(question: str) -> Act:
    def act(state: State, _world: World) -> Step:
        return _next(state, question, replaces=True)

    return act


def _take(state: State, question: str, code: str, said: str, *, replaces: bool | None = None) -> Step:
    topic = code if question == "topic" else state.topic
    effect = AddAnswer(question, code, state.seq, said, topic)
    after = replace(state, seq=state.seq + 1, topic=topic)
    if question == "relation":
        after = replace(after, of_another=code != HIMSELF)
    return _next(after, question, effect, replaces=not said if replaces is None else replaces)


def _next(state: State, question: str, *effects: AddAnswer, replaces: bool) -> Step:
    following = topics.QUESTIONS[topics.QUESTIONS.index(question) + 1 :]
    later = [one for one in following if state.of_another or one not in topics.OF_ANOTHER]
    if later:
        return _ask(state, later[0], *effects, replaces=replaces)
    after = replace(state, stage="free", held="")
    return stay(after, question_screens.answered(after, replaces=replaces), *effects)


def _ask(state: State, question: str, *effects: AddAnswer, replaces: bool) -> Step:
    after = replace(state, stage=f"q.{question}", held="")
    return stay(after, question_screens.question(after, question, replaces=replaces), *effects)
