"""Coming back: a code phrase typed, a button tapped weeks later, a thread taken up again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from casework.post import Waiting, cut
from intake import events, inviting, phrase_screens, screens, wording
from intake.effects import Effect, SetReach, ShowLetters
from intake.replies import ANSWER_LASTS, Button, Deliver, Reply, Say
from intake.snapshot import Match
from intake.state import State
from intake.telling import nobody
from intake.world import Step, World


def hear_phrase(state: State, event: events.PhraseTyped, world: World) -> Step:
    """Answer a text meant as a code phrase: what waits, or exactly what is wrong with it."""
    if not world.teams:
        return nobody(state)
    if event.problem is None and world.match is None:
        after = replace(state, stage="phrase", held="")
        return Step(after, (phrase_screens.unknown(after),))
    if event.problem is None and world.match is not None and world.match.is_invitation:
        return inviting.come(state, world.match)
    if event.problem is None and world.match is not None:
        after = replace(adopt(state, world.match, world.now), confirmed=True)
        return show(after, world.match, again=None)
    after = replace(state, held=event.text)
    if event.problem == "words":
        places = ", ".join(str(place) for place in event.positions)
        near = "\n".join(
            f"{place}. {' / '.join(words)}"
            for place, words in zip(event.positions, event.suggestions, strict=True)
            if words
        )
        key = "phrase.typo.near" if near else "phrase.typo"
        return Step(after, (phrase_screens.problem(after, key, places=places, near=near),))
    return Step(after, (phrase_screens.problem(after, f"phrase.{event.problem}"),))


def adopt(state: State, match: Match, now: datetime) -> State:
    """Take up the thread of the case a phrase or handle led to; the chat's own choices stay."""
    case = match.case
    if state.case == case.id.hex():
        return replace(state, stage="free", held="")
    base = screens.fresh(state)
    return replace(
        base,
        case=case.id.hex(),
        own=None if case.own is None else case.own.hex(),
        seq=_place(now),
        filed=not case.is_writing,
        kind="tell" if case.team == "editors" else "legal",
        urgency=None if case.is_writing else case.urgency,
        summarise=case.may_summarise,
        quote=case.may_quote,
        share=case.may_share,
        picture=case.may_picture,
        word=case.wants_word,
    )


def _place(now: datetime) -> int:
    """
    Return where a thread that is taken up goes on: after all that was told before, in whatever thread.

    To the minute, as everything that is sealed; a thousand messages fit into one.
    """
    return int(now.timestamp()) // 60 * 1000


def show(state: State, match: Match, again: Button | None) -> Step:
    """Show the letters that wait, or lately did; their time in the chat begins now."""
    waiting = [letter for letter in match.letters if not letter.shown] or list(match.letters)
    if again is not None and again.action == "again":
        waiting = list(match.letters)
    if not waiting:
        return Step(state, (screens.told(state, "answers.none"),))
    replies: list[Reply] = [
        Deliver(lasts=ANSWER_LASTS, letter=part) for letter in waiting for part in _parts(letter)
    ]
    keyboard = screens.rows(state, ("menu",))
    if again is not None:
        keyboard = ((Button("button.again", "again", again.handle),), *keyboard)
    key = "answers.after" if again is not None else "answers.after.phrase"
    replies += [wording.question(state, tag) for tag in dict.fromkeys(one.word for one in waiting) if tag]
    effects: tuple[Effect, ...] = (ShowLetters(match),)
    hours = _new_hours(match, waiting) if again is not None else ""
    if hours:
        state = replace(state, reach="push", hours=hours)
        effects = (*effects, SetReach())
    return Step(state, (*replies, Say(keyboard, lasts=ANSWER_LASTS, key=key)), effects)


def _new_hours(match: Match, waiting: list[Waiting]) -> str:
    """
    Return the hours in which to ring this chat from now on, where the button asks for a new address.

    Only while there is an old one: whoever has chosen a phrase meanwhile is not rung again.
    """
    if not match.case.my_couriers or match.case.is_writing:
        return ""
    return next((one.hours for one in waiting if one.hours and one.shown is None), "")


def _parts(letter: Waiting) -> tuple[Waiting, ...]:
    return tuple(replace(letter, text=part) for part in cut(letter.text))
