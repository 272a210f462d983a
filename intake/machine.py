"""
The conversation as a pure machine: (state, event, world) -> (state, replies, effects).

No I/O, no clock, no randomness, no keys. Rules it keeps, held by tests:
* From every state every event gets an answer, and no event raises.
* Whatever is told is kept, or the answer says that it was not and why; a muted chat hears that once a day.
* From every state the menu is one tap away, and a person reads whatever is simply written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from intake import coaching, events, muting, recognising, returning, screens, taps, telling
from intake.replies import Button, Say
from intake.state import State
from intake.world import Step, World

# Buttons that show letters; they are looked up every time, for what waits changes.
LETTERS = ("open", "again")

COMMANDS: Mapping[str, str] = MappingProxyType({"help": "help", "menu": "menu", "clear": "clean"})


def step(state: State | None, event: events.Event, world: World) -> Step:
    """Answer one event."""
    known = reconciled(state or State(language=world.language), world)
    answered = _coach(_answer(known, event, world), event)
    return _tell_of_outage(_note_greeting(_forget_topic(answered)), world)


def _coach(step: Step, event: events.Event) -> Step:
    """Say what a file gave away that came late also to whoever only looks for an answer."""
    if not isinstance(event, events.Tap) or event.action not in ("menu", *LETTERS) or step.forgets:
        return step
    after, said = coaching.say(step.state)
    return replace(step, state=after).with_replies(*said)


def _forget_topic(step: Step) -> Step:
    """Remember what a case is about no longer than its questions are asked."""
    if not step.state.topic or step.state.stage.startswith("q."):
        return step
    return replace(step, state=replace(step.state, topic=""))


def _answer(known: State, event: events.Event, world: World) -> Step:
    muted = muting.hear(known, event, world)
    if muted is not None:
        return muted
    match event:
        case events.PhraseTyped():
            return returning.hear_phrase(known, event, world)
        case events.Text():
            return telling.hear_text(known, event, world)
        case events.File():
            return telling.hear_file(known, event, world)
        case events.Contact():
            return telling.hear_contact(known, event, world)
        case events.Location():
            return telling.hear_location(known, event, world)
        case events.Edited():
            return telling.hear_edit(known, event, world)
        case events.Command():
            return _hear_command(known, event, world)
        case events.Tap():
            return _hear_tap(known, event, world)
        case _:
            return telling.hear_unsupported(known, events.Unsupported(), world)


def reconciled(state: State, world: World) -> State:
    """Believe the case row rather than the state: a clock may have filed it, or it may be gone."""
    if state.case is None:
        return state
    if world.case is None:
        return screens.fresh(state)
    # A merged case goes on under the id of the other; what its tipster may take back stays their own.
    own = state.own if world.case.own is None else world.case.own.hex()
    if own == world.case.id.hex():
        own = None  # the other is gone, and theirs is a case of its own again
    seems = state.seems if world.case.is_writing else ""
    return replace(state, case=world.case.id.hex(), own=own, filed=not world.case.is_writing, seems=seems)


def _note_greeting(step: Step) -> Step:
    """Remember that the notice was said, so that nobody reads it twice in a minute."""
    said = {reply.key for reply in step.replies if isinstance(reply, Say)}
    if step.state.greeted or not said & {"hello", "hello.after"}:
        return step
    return replace(step, state=replace(step.state, greeted=True))


def _tell_of_outage(step: Step, world: World) -> Step:
    """Say once to every chat which hours were lost: nobody can tell any more who wrote in them."""
    outage = world.outage
    if outage is None or step.forgets or step.state.heard_of == outage.name:
        return step
    told = replace(step, state=replace(step.state, heard_of=outage.name))
    return told.with_replies(screens.lost(told.state, outage))


def _hear_command(state: State, event: events.Command, world: World) -> Step:
    if event.name == "start":
        after = replace(state, stage="free", held="")
        say = screens.hello(after, world) if after.case is None else screens.menu(after, world)
        return Step(after, (say,))
    if state.filed and recognising.is_alarm(state, event.payload):
        return recognising.sever(state)
    if event.name in COMMANDS:
        return taps.ACTS[COMMANDS[event.name]](state, world)
    if event.payload:
        # A slash before a sentence is a slip of the finger, not a command.
        return telling.hear_text(
            state, events.Text(event.message, text=f"/{event.name} {event.payload}"), world
        )
    return Step(state, (screens.told(state, "command.unknown"),))


def _hear_tap(state: State, event: events.Tap, world: World) -> Step:
    if event.handle is not None and event.handle.raw.hex() != state.handle:
        if world.match is None:
            # Two fingers tap twice, and after the first tap there is nothing left to know this chat by.
            key = "erase.twice" if event.action == "erase.yes" else "button.old"
            return Step(state, (screens.told(state, key),))
        return _hear_returning_tap(state, event, world)
    if event.action in LETTERS:
        if world.match is None or event.handle is None:
            return Step(state, (screens.told(state, "answers.none"),))
        return returning.show(state, world.match, Button("button.again", event.action, event.handle))
    act = taps.find(event.action)
    if act is None:
        return Step(state, (screens.told(state, "button.old"),))
    return act(state, world)


def _hear_returning_tap(state: State, event: events.Tap, world: World) -> Step:
    """Take up the thread a button belongs to, then do what it says."""
    assert world.match is not None
    assert event.handle is not None
    after = returning.adopt(state, world.match, world.now)
    if event.action in LETTERS:
        if after.handle is None:
            after = replace(after, handle=event.handle.raw.hex())
        return returning.show(after, world.match, Button("button.again", event.action, event.handle))
    after = replace(after, handle=event.handle.raw.hex())
    act = taps.find(event.action)
    if act is None:
        return Step(after, (screens.told(after, "button.old"),))
    return act(after, replace(world, case=world.match.case))
