"""
What people tell: text, files, voice, cards, places, in any state. All of it is kept and answered.

Rules:
* Whatever comes is content, but for an answer that was just asked for and fits (a short text for the card,
  two words of a phrase, what an alarm word is, an answer to a question that says nothing else).
* What names a person or a place apart from the words (contact card, map point, author of a forward) goes to
  the identity card; the content gets a mark that it came.
* A receipt follows everything that was kept, and is said after the commit.
"""

from __future__ import annotations

from dataclasses import replace

from crypto import words as wordlist
from intake import (
    coaching,
    events,
    giveaways,
    noticing,
    phrase_screens,
    questions,
    recognising,
    screens,
    sending,
)
from intake.effects import AddCard, AddFile, AddMessage, Effect, FileCase, StartCase, Sweep
from intake.replies import Receipt, Reply
from intake.state import State
from intake.world import Step, World

# Longer than any name, phone and unit: a story, typed where the card was asked for.
CARD_LENGTH = 400
# Two words and a little around them.
ANSWER_WORDS = 4
# Why a file is not there, where a sentence of its own says what to do instead.
TOLD_APART = ("too_large", "coming", "kind")
# Among what a chat was told once.
HURRIED = "hurry"
# How many messages back an edit still finds what it changed.
REMEMBERED = 60


def hear_text(state: State, event: events.Text, world: World) -> Step:
    """Take a text as what was asked for, or as content."""
    if recognising.is_alarm(state, event.text) and state.filed:
        return recognising.sever(state)
    if not world.teams:
        return nobody(state)
    if state.stage == "words" and not event.forwarded and _may_be_words(event.text):
        return _hear_words(state, event.text)
    if state.stage == "card" and not event.forwarded and _may_be_card(event.text):
        return _keep_card(state, event.text)
    if state.case is not None and not event.forwarded:
        answered = (
            sending.hear(state, event.text, world, file)
            or questions.hear(state, event.text)
            or recognising.hear(state, event.text, world)
        )
        if answered is not None:
            return answered
    noticed = giveaways.of_text(event)
    marks = tuple(kind for kind in ("author", "military") if kind in noticed)
    began, start = begin(state, world)
    effects: list[Effect] = [*start, *_author(event.author, began.seq)]
    effects.append(AddMessage(event.text, began.seq, forwarded=event.forwarded, marks=marks, doubts=noticed))
    effects += recognising.warn(state, event.text)
    passing = noticing.notice(event.text, world.now, forwarded=event.forwarded)
    after = coaching.note(_noted(_next(began, event.message), passing), noticed)
    step = _coached(kept(state, after, world, tuple(effects), messages=1))
    if state.case is not None and not event.forwarded and sending.presses(state, event.text):
        # Should nothing more come, the case is at least handed over as what it is.
        hurried = replace(step.state, urgency="now")
        return Step(hurried, (*step.replies, screens.hurry(hurried)), step.effects)
    answered = None if event.forwarded else sending.note(step.state, event.text, world, file)
    if answered is not None:
        # What stands under the receipt would offer to send what is just being sent.
        bare = (replace(one, keyboard=()) if isinstance(one, Receipt) else one for one in step.replies)
        return Step(answered.state, (*bare, *answered.replies), (*step.effects, *answered.effects))
    step = _hurried(state, step, passing, world)
    named = None if event.forwarded else questions.note(step.state, event.text)
    if named is None:
        return step
    return Step(named.state, (*step.replies, *named.replies), (*step.effects, *named.effects))


def hear_file(state: State, event: events.File, world: World) -> Step:
    """Keep a file; of one that could not be had, keep the caption and say why."""
    if not world.teams:
        return nobody(state)
    noticed = giveaways.of_file(event)
    began, start = begin(state, world)
    effects = (*start, *_author(event.author, began.seq), AddFile(event, began.seq, noticed))
    effects += recognising.warn(state, event.caption)
    passing = noticing.notice(event.caption, world.now, forwarded=event.forwarded)
    after = coaching.note(_noted(_next(began, event.message), passing), noticed)
    if event.content is not None:
        return _coached(kept(state, after, world, effects, files=1))
    key = f"file.{event.missing}" if event.missing in TOLD_APART else "file.unavailable"
    step = kept(state, after, world, effects, messages=1 if event.caption.strip() else 0)
    return _coached(step.with_replies(screens.told(after, key)))


def hear_contact(state: State, event: events.Contact, world: World) -> Step:
    """Keep a contact card with the identity card."""
    values = {"name": event.name, "phone": event.phone}
    if state.stage == "card" and state.case is not None:
        effect = AddCard("contact", values, state.seq)
        after = replace(_next(state, event.message), stage="free")
        return Step(after, (screens.card_kept(after),), (effect,))
    return _hear_personal(state, event.message, world, "contact", values)


def hear_location(state: State, event: events.Location, world: World) -> Step:
    """Keep a place with the identity card, and say that places are better told in words, or not at all."""
    values = {
        "latitude": f"{event.latitude:.5f}",
        "longitude": f"{event.longitude:.5f}",
        "title": event.title,
    }
    step = _hear_personal(state, event.message, world, "location", values)
    return step.with_replies(screens.told(step.state, "location.live")) if event.live else step


def hear_edit(state: State, event: events.Edited, world: World) -> Step:
    """Keep the new wording beside the old one, and say so: what was sent once may have been read."""
    if state.case is None and event.text.strip():
        return hear_text(state, events.Text(event.message, text=event.text), world)
    if not event.text.strip():
        # A picture was exchanged for another, or its caption taken away.
        return Step(state, (screens.told(state, "edit.file"),))
    of = dict(state.recent).get(event.message)
    effect = AddMessage(event.text, state.seq, edited=True, of=of)
    after = _noted(_next(state, 0), noticing.notice(event.text, world.now))
    warned = recognising.warn(state, event.text)
    said = [screens.told(after, "edit.kept")]
    said += [screens.told(after, "edit.file")] if event.has_file else []
    return Step(after, tuple(said), (effect, *warned))


def hear_unsupported(state: State, _event: events.Unsupported, _world: World) -> Step:
    """Say what we cannot keep and what works instead."""
    return Step(state, (screens.told(state, "unsupported"),))


def tell_held(state: State, world: World) -> Step:
    """Take as content the text that was held as a possible phrase or card."""
    if not state.held or not world.teams:
        return Step(state, (screens.told(state, "button.old"),))
    before = replace(state, held="", stage="free")
    return hear_text(before, events.Text(text=state.held), world)


def begin(state: State, world: World) -> tuple[State, tuple[Effect, ...]]:
    """Return the state with a case to write to, and what opens it if there was none."""
    if state.case is not None:
        return state, ()
    fresh = world.fresh
    began = replace(
        state,
        case=fresh.case,
        own=None,
        handle=fresh.handle,
        filed=False,
        seq=0,
        recent=(),
        courier=0,
        reach=None,
    )
    return began, (StartCase(),)


def kept(
    before: State,
    after: State,
    world: World,
    effects: tuple[Effect, ...],
    *,
    messages: int = 0,
    files: int = 0,
) -> Step:
    """Acknowledge what was kept; the first time say who we are, and file at once what is urgent."""
    after = replace(after, held="")
    if before.case is not None:
        said = (screens.receipt(after, messages, files),) if messages or files else ()
        return Step(after, said, effects)
    # What can be done next stands under the second line, once.
    received = (Receipt(messages=messages, files=files),) if messages or files else ()
    if after.urgency == "now":
        step = file(after, world)
        return Step(step.state, (*received, *step.replies), (*effects, *step.effects))
    return Step(after, (*received, screens.first_notice(after, world)), effects)


def file(state: State, world: World) -> Step:
    """Hand the case over, and ask what may be asked afterwards."""
    after = replace(state, filed=True, stage="free", urgency=state.urgency or "normal")
    effects: list[Effect] = [FileCase()]
    if after.clearing != "self":
        effects.append(Sweep("soon"))
    after, coached = coaching.say(after)
    replies: list[Reply] = [screens.filed(after, world), *coached]
    if after.clearing is None:
        replies.append(screens.clear(after))
    else:
        after = replace(after, stage="card")
        replies.append(screens.card(after))
    return Step(after, tuple(replies), tuple(effects))


def nobody(state: State) -> Step:
    """Say plainly that nobody could read this now: nothing was kept, so nothing is acknowledged."""
    return Step(state, (screens.told(state, "house.empty"),))


def _hear_personal(state: State, message: int, world: World, kind: str, values: dict[str, str]) -> Step:
    if not world.teams:
        return nobody(state)
    began, start = begin(state, world)
    effects = (
        *start,
        AddCard(kind, values, began.seq),
        AddMessage("", began.seq, marks=(kind,)),
    )
    after = _next(began, message)
    step = kept(state, after, world, effects, messages=1)
    return step.with_replies(coaching.line(step.state, kind))


def _noted(state: State, passing: frozenset[str]) -> State:
    """Remember what was said in passing while the story is told; handed over, it is as it was answered."""
    return state if state.filed else replace(state, seems=noticing.add(state.seems, passing))


def _hurried(before: State, step: Step, passing: frozenset[str], world: World) -> Step:
    """Show once which button does not wait to whoever says in passing that it cannot; do nothing for them."""
    after = step.state
    urgency = before.urgency if world.case is None or not before.filed else world.case.urgency
    if before.case is None or "now" not in passing or urgency == "now" or HURRIED in after.coached.split():
        return step
    said = screens.hurry(after)
    after = replace(after, coached=f"{after.coached} {HURRIED}".strip())
    return Step(after, (*step.replies, said), step.effects)


def _coached(step: Step) -> Step:
    """Say after everything else what was given away, where the case is handed over already."""
    after, said = coaching.say(step.state)
    return Step(after, (*step.replies, *said), step.effects)


def _hear_words(state: State, text: str) -> Step:
    if _matches(state, text):
        after = replace(state, stage="free", asked=(), confirmed=True)
        return Step(after, (screens.told(after, "phrase.right"),))
    after = replace(state, held=text)
    return Step(after, (phrase_screens.again(after),))


def _may_be_words(text: str) -> bool:
    """Tell whether this may be the two words asked for; anything else is something to tell."""
    count = len(text.split())
    if count == 2:
        return True
    known = any(any(number is not None for number in wordlist.known(one)) for one in wordlist.readings(text))
    return count <= ANSWER_WORDS and known


def _may_be_card(text: str) -> bool:
    """Tell whether this may be the card asked for: a story is longer, and a question is for a person."""
    return len(text) <= CARD_LENGTH and "?" not in text


def _matches(state: State, text: str) -> bool:
    """Compare two words as loosely as a phrase is read: either list, four letters, wrong layout."""
    expected = wordlist.known([word for _, word in state.asked])
    return bool(expected) and any(wordlist.known(reading) == expected for reading in wordlist.readings(text))


def _keep_card(state: State, text: str) -> Step:
    effect = AddCard("text", {"text": text}, state.seq)
    after = replace(state, stage="free", held=text, seq=state.seq + 1)
    return Step(after, (screens.card_kept(after),), (effect,))


def _author(author: str | None, seq: int) -> tuple[Effect, ...]:
    return () if not author else (AddCard("author", {"name": author}, seq),)


def _next(state: State, message: int) -> State:
    recent = state.recent if not message else (*state.recent, (message, state.seq))[-REMEMBERED:]
    return replace(state, seq=state.seq + 1, recent=recent)
