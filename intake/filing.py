"""
Turn what happened in a chat into rows to write and replies to send.

A worker calls :func:`handle` with the event, the state of the conversation and a snapshot. It gets back an
:class:`Outcome`; the writer commits its rows together with the state and the outbox, and only then does
anything reach the chat. No database here; sealing needs no secret of staff.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.orm import Session

from casework import clocks, mailboxes
from casework.errors import WrongStateError
from casework.rows import Rows
from casework.tables import Case
from crypto import handle as handles
from crypto import lock, phrase
from intake import effects, handover, listening, machine, opening, quarantining, sealing
from intake import writing as writings
from intake.cases import CaseFacts
from intake.events import Event
from intake.replies import Button, Reply, Say
from intake.snapshot import House, Snapshot
from intake.state import State
from intake.work import Work
from intake.world import Fresh, World

Random = Callable[[int], bytes]

LANGUAGES = ("ru", "uk", "en")
# Phones set to these speak Russian with us; every other one hears English.
SPEAKS_RUSSIAN = ("ru", "be", "kk", "ky", "uz", "tg", "tt", "ba", "ce", "cv", "sah", "hy", "ka", "az", "mo")


@dataclass(repr=False)
class Outcome:
    """What one event led to."""

    state: State | None  # none: forget this chat
    language: str
    rows: Rows = field(default_factory=Rows)
    replies: tuple[Reply, ...] = ()
    mailboxes: dict[bytes, tuple[bytes, ...]] = field(default_factory=dict)  # for remember_mailboxes
    erase: bytes | None = None  # the case its tipster erased
    delete_incoming: bool = False  # now, not with the next sweep
    incoming_due: datetime | None = None  # when to delete it; none: with the next sweep
    clearing: str = "send"

    def __repr__(self) -> str:
        return f"<Outcome {len(self.replies)} replies>"


def handle(event: Event, state: State | None, snapshot: Snapshot, now: datetime, random: Random) -> Outcome:
    """
    Answer one event.

    Nothing in the replies is true before the rows are committed. Calling it again with the same arguments
    makes other ids and keys, so exactly one outcome of an event may be written.

    Raises:
        CryptoError, KeyMissingError: a row this chat needs is damaged, or its key is gone.
    """
    heard = listening.listen(event, state, snapshot)
    secret = phrase.generate(random) if listening.may_show_phrase(event) else None
    world = _world(state, snapshot, heard, now, _fresh(secret, state, snapshot, random))
    step = machine.step(state, heard.event, world)
    basis = step.state
    work = Work(snapshot.house, snapshot.chat, now, random, basis)
    facts = _facts_of(basis, snapshot.case, heard)
    if facts is not None:
        opening.take_up(work, facts)
    for effect in step.effects:
        _carry_out(work, effect, facts, snapshot, secret)
    work.note_answers()
    return Outcome(
        state=None if step.forgets else work.state,
        language=basis.language,
        rows=work.rows,
        replies=step.replies,
        mailboxes=work.mailboxes,
        erase=work.erase,
        delete_incoming=heard.is_secret or basis.clearing == "write",
        incoming_due=_incoming_due(work.state, heard, now),
        clearing=basis.clearing or "send",
    )


def file_idle(
    case: CaseFacts, house: House, tags: tuple[bytes, ...], now: datetime, random: Random
) -> Outcome:
    """
    File a case whose tipster has been silent for an hour.

    The chat hears one neutral line. The outcome's state says nothing: the conversation stays as it is.

    Raises:
        WrongStateError: it is filed already.
    """
    if case.writing is None:
        raise WrongStateError("file")
    kept = writings.unlock(case.id, case.writing, house.spools)
    state = State(
        language=kept.language,
        case=case.id.hex(),
        handle=kept.handle,
        kind=kept.kind,
        urgency=kept.urgency,
        reach=kept.reach,
        hours=kept.hours,
        clearing=kept.clearing,
        wrote_before=kept.wrote_before,
    )
    work = Work(house, kept.chat, now, random, state)
    opening.take_up(work, case)
    handover.file(work)
    if state.clearing != "self":
        sealing.sweep(work, tags, "now")
    button = Button("button.open", "open", handles.Handle(bytes.fromhex(kept.handle)))
    replies = (Say(((button,),), key="idle.filed"),)
    return Outcome(None, kept.language, work.rows, replies, work.mailboxes, clearing=kept.clearing or "send")


def chat_of(case: CaseFacts, house: House) -> int:
    """
    Return the chat a case is being written in.

    Raises:
        WrongStateError: it is filed already.
    """
    if case.writing is None:
        raise WrongStateError("file")
    return writings.unlock(case.id, case.writing, house.spools).chat


def quarantine(raw: bytes, house: House, now: datetime, random: Random) -> Rows:
    """Seal an update nobody could read into a case of its own, and name it to the coordinators."""
    return quarantining.seal_raw(raw, house, now, random)


def remember_mailboxes(
    session: Session,
    epochs: Mapping[int, lock.Key],
    epoch: lock.Key,
    added: Mapping[bytes, Iterable[bytes]],
) -> None:
    """Write new mailbox ids onto their cases, in the transaction that adds the mailboxes."""
    for case_id, ids in added.items():
        case = session.get(Case, case_id)
        if case is not None:
            mailboxes.add_ids(epochs, epoch, case, ids)


def _incoming_due(state: State, heard: listening.Heard, now: datetime) -> datetime | None:
    """Return when the message that was just answered leaves the chat."""
    if heard.is_secret or state.clearing == "write":
        return now
    # After filing there is no "send" any more: whatever is written then is sent at once.
    return now + effects.SOON if state.filed and state.clearing != "self" else None


def _world(
    state: State | None, snapshot: Snapshot, heard: listening.Heard, now: datetime, fresh: Fresh
) -> World:
    house = snapshot.house
    staffing = house.staffing
    teams = tuple(staffing.teams())
    resting = [team for team in teams if not set(staffing.members(team)) & staffing.on_duty]
    honest = {
        (team, urgency): clocks.honest_hour(now, urgency, 0, house.times, house.hours)
        for team in resting
        for urgency in ("now", "days", "normal")
    }
    return World(
        now=now,
        language=guess_language(snapshot.language_code),
        teams=teams,
        honest=honest,
        case=snapshot.case if state is not None else None,
        match=heard.match,
        fresh=fresh,
    )


def guess_language(code: str | None) -> str:
    """Guess a language from that of the phone; Russian when it says nothing."""
    short = (code or "ru").split("-")[0].lower()
    if short in LANGUAGES:
        return short
    return "ru" if short in SPEAKS_RUSSIAN else "en"


def _fresh(secret: phrase.Phrase | None, state: State | None, snapshot: Snapshot, random: Random) -> Fresh:
    language = state.language if state is not None else guess_language(snapshot.language_code)
    words = () if secret is None else secret.words(language)
    first, second = sorted(_two_of(phrase.WORDS, random))
    asked = tuple((place + 1, words[place]) for place in (first, second)) if words else ()
    return Fresh(random(16).hex(), random(handles.SIZE).hex(), words, asked)


def _two_of(count: int, random: Random) -> tuple[int, int]:
    """Draw two different places; a slight preference for the first few does no harm here."""
    first, step = random(2)
    return first % count, (first % count + 1 + step % (count - 1)) % count


def _facts_of(state: State, case: CaseFacts | None, heard: listening.Heard) -> CaseFacts | None:
    """Return the case this step ends in: the one at hand, or the one a handle or phrase led to."""
    known = [case, None if heard.match is None else heard.match.case]
    return next((facts for facts in known if facts is not None and facts.id.hex() == state.case), None)


def _carry_out(
    work: Work,
    effect: effects.Effect,
    facts: CaseFacts | None,
    snapshot: Snapshot,
    secret: phrase.Phrase | None,
) -> None:
    match effect:
        case effects.StartCase():
            opening.begin(work)
            opening.open_thread(work)
        case effects.AddMessage():
            sealing.add_message(work, effect)
            sealing.hear(work, facts)
        case effects.AddFile():
            sealing.add_file(work, effect)
            sealing.hear(work, facts)
        case effects.AddCard():
            sealing.add_card(work, effect)
        case effects.FileCase():
            handover.file(work)
        case effects.Sweep():
            sealing.sweep(work, snapshot.tags, effect.when)
        case effects.ShowLetters():
            work.rows.extend(effect.match.shown)
        case effects.Erase():
            work.erase = work.case
        case effects.MakePhrase():
            assert secret is not None
            sealing.make_phrase(work, effect, secret)
        case _:
            _carry_out_choice(work, effect, facts)


def _carry_out_choice(work: Work, effect: effects.Effect, facts: CaseFacts | None) -> None:
    match effect:
        case effects.RaiseUrgency():
            sealing.raise_urgency(work, facts)
        case effects.SetReach():
            sealing.set_reach(work, facts)
        case effects.SetConsent():
            sealing.set_consent(work)
        case effects.SetLanguage():
            work.change_case(language=work.state.language)
        case effects.DropCourier():
            sealing.drop_courier(work, facts)
            work.state = replace(work.state, reach="phrase")
        case effects.Note() if work.case is None:
            pass  # kept in the state until there is a case
        case effects.Note():
            work.change_case(wrote_before=work.state.wrote_before)
        case _:
            raise AssertionError("intake: internal error: an effect nobody carries out")
