"""
Turn what happened in a chat into rows to write and replies to send.

A worker calls :func:`handle` with the event, the state of the conversation and a snapshot. It gets back an
:class:`Outcome`; the writer commits its rows together with the state and the outbox, and only then does
anything reach the chat. No database here; sealing needs no secret of staff.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from casework import mailboxes, withdrawal
from casework.errors import WrongStateError
from casework.rows import Rows
from casework.spill import Spill
from casework.tables import Case
from crypto import handle as handles
from crypto import lock, phrase
from intake import (
    effects,
    giveaways,
    handover,
    listening,
    machine,
    muting,
    noticing,
    opening,
    outlook,
    quarantining,
    screens,
    sealing,
)
from intake import writing as writings
from intake.cases import CaseFacts
from intake.coaching import Belated
from intake.events import Event, File
from intake.replies import Button, Reply, Say
from intake.snapshot import House, ReadCase, Snapshot, nobody
from intake.state import State
from intake.work import Awaited, Random, Work

# Kinds of what goes onto the card that were sent for nothing else.
PERSONAL = ("text", "contact", "location")


@dataclass(repr=False)
class Outcome:
    """What one event led to."""

    state: State | None  # none: forget this chat
    language: str
    rows: Rows = field(default_factory=Rows)
    replies: tuple[Reply, ...] = ()
    mailboxes: dict[bytes, tuple[bytes, ...]] = field(default_factory=dict)  # for remember_mailboxes
    phrases: dict[bytes, tuple[bytes, bytes]] = field(default_factory=dict)  # for end_phrases
    erase: bytes | None = None  # the case its tipster erased
    rung: bytes | None = None  # the case whose lines reach this chat
    severs: bool = False  # nothing that waits for the chat may reach it: somebody else may hold the phone
    silences: bool = False  # the chat is not to be rung any more: lines that wait are taken back
    leaves: bool = False  # the incoming message is deleted at once, and no sweep puts that off
    fades: timedelta | None = None  # so long after it the chat is swept; none: when it is asked for
    clearing: str = "send"
    awaited: tuple[Awaited, ...] = ()  # files the door goes on asking for

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
    world = outlook.look_out(state, snapshot, heard, now, outlook.fresh(secret, state, snapshot, random))
    step = machine.step(state, heard.event, world)
    basis = step.state
    work = Work(snapshot.house, snapshot.chat, now, random, basis, read_other=snapshot.read_other)
    facts = _facts_of(basis, snapshot.case, heard)
    if facts is not None:
        opening.take_up(work, facts)
    for effect in step.effects:
        _carry_out(work, effect, facts, snapshot, secret)
    work.note_answers()
    fades = _fades(work.state)
    if fades is not None and not any(isinstance(effect, effects.Sweep) for effect in step.effects):
        sealing.sweep(work, snapshot.tags, "soon")
    return Outcome(
        state=None if step.forgets else work.state,
        language=basis.language,
        rows=work.rows,
        replies=step.replies,
        mailboxes=work.mailboxes,
        phrases=work.phrases,
        erase=work.erase,
        rung=None if work.case is None else work.own,
        severs=_severs(step.effects),
        silences=_silences(work.state, step.effects),
        leaves=_leaves(work.state, heard, step.effects),
        fades=fades,
        clearing=basis.clearing or "send",
        awaited=tuple(work.awaited),
    )


def take_late(
    case: CaseFacts,
    note: bytes,
    head: dict[str, Any],
    content: bytes | Spill | None,
    why: str,
    house: House,
    now: datetime,
    random: Random,
) -> tuple[Rows, Belated | None]:
    """
    Seal the *content* of a file beside the *note* that stood for it; without it, *why* it never came.

    Returns also what is to be heard of it in its chat: what the file gives away, and what drops it.
    """
    work, came = Work(house, 0, now, random, State()), None
    opening.take_up(work, case)
    if content is None:
        sealing.give_up_late(work, note, why)
    else:
        kinds = giveaways.of_file(File(form=head["form"], mime=head["mime"], content=content))
        item = sealing.add_late(work, note, head, content)
        came = Belated(work.own.hex(), item.hex(), note.hex(), kinds)
    sealing.tell_of_late(work, case)
    return work.rows, came


def file_idle(
    case: CaseFacts,
    house: House,
    tags: tuple[bytes, ...],
    now: datetime,
    random: Random,
    read_other: ReadCase = nobody,
) -> Outcome:
    """
    File a case whose tipster has been silent for an hour.

    The chat hears one neutral line. The outcome's state says nothing: the conversation stays as it is.

    Raises:
        WrongStateError: it is filed already.
    """
    if case.writing is None:
        raise WrongStateError("file")
    kept = writings.read(case.id, case.writing, house.spools)
    if kept is None:
        return _file_without_answers(case, house, now, random)
    seems = noticing.read(kept.seems)
    state = State(
        language=kept.language,
        case=case.id.hex(),
        handle=kept.handle,
        kind=kept.kind or seems.kind,
        urgency=kept.urgency or seems.urgency,
        seems=kept.seems,
        reach=kept.reach,
        hours=kept.hours,
        clearing=kept.clearing,
        wrote_before=kept.wrote_before,
    )
    work = Work(house, kept.chat, now, random, state, read_other=read_other)
    opening.take_up(work, case)
    handover.file(work)
    if state.clearing != "self":
        sealing.sweep(work, tags, "now")
    button = Button("button.open", "open", handles.Handle(bytes.fromhex(kept.handle)))
    replies = (Say(((button,),), key="idle.filed"),)
    return Outcome(None, kept.language, work.rows, replies, work.mailboxes, clearing=kept.clearing or "send")


def chat_of(case: CaseFacts, house: House) -> int:
    """
    Return the chat a case is being written in, 0 when nobody can tell any more.

    Raises:
        WrongStateError: it is filed already.
    """
    if case.writing is None:
        raise WrongStateError("file")
    kept = writings.read(case.id, case.writing, house.spools)
    return 0 if kept is None else kept.chat


def _file_without_answers(case: CaseFacts, house: House, now: datetime, random: Random) -> Outcome:
    """File a case whose answers are lost: it stays with the default team, and nobody can be told."""
    state = State(language=case.language, case=case.id.hex(), reach="phrase")
    work = Work(house, 0, now, random, state)
    opening.take_up(work, case)
    handover.file(work)
    return Outcome(None, case.language, work.rows, mailboxes=work.mailboxes)


def quarantine(
    event: File, state: State | None, snapshot: Snapshot, now: datetime, random: Random
) -> Outcome:
    """
    Keep what is left of an update that nobody could read; its outcome has no state where no chat is known.

    Raises:
        KeyMissingError: the house has nobody who could open it.
        CryptoError: a row of the chat's case is damaged.
    """
    if state is not None and snapshot.case is not None and snapshot.case.is_muted:
        step = muting.tell(state, now)
        return Outcome(step.state, state.language, replies=step.replies, clearing=state.clearing or "send")
    work = quarantining.take_in(event, state, snapshot, now, random)
    after = work.state if work.chat else None
    is_alarm = after is not None and quarantining.severs(event, state)
    if is_alarm:
        sealing.sweep(work, (*snapshot.tags, *snapshot.fixed), "now")
    is_told = after is not None and event.form not in (quarantining.TAP, quarantining.OTHER)
    clearing = work.state.clearing or "send"
    return Outcome(
        state=after,
        language=work.state.language,
        rows=work.rows,
        replies=(_said_of(work.state, is_alarm=is_alarm),) if is_told else (),
        mailboxes=work.mailboxes,
        rung=work.own if work.chat else None,
        severs=is_alarm,
        leaves=is_alarm
        or clearing == "write"
        or (clearing != "self" and quarantining.is_personal(event, work.state)),
        fades=_fades(work.state),
        clearing=clearing,
        awaited=tuple(work.awaited),
    )


def _said_of(state: State, *, is_alarm: bool) -> Reply:
    """Say what cleaning says where the alarm word came, so that nothing on the screen tells of it."""
    return screens.cleaned(state) if is_alarm else screens.told(state, "unread")


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


def end_phrases(
    session: Session,
    epochs: Mapping[int, lock.Key],
    epoch: lock.Key,
    newest: Mapping[bytes, tuple[bytes, bytes]],
    tell: Callable[[Case], None],
) -> None:
    """
    Let only the newest code phrase of a case lead anywhere: its mailbox and item are in *newest*.

    *tell* is called with a case whose unseen answers went with an older one: somebody must write them again.
    """
    for case_id, (mailbox, item) in newest.items():
        case = session.get(Case, case_id)
        if case is not None and mailboxes.end_phrases(session, epochs, epoch, case, mailbox, item):
            tell(case)


def _leaves(state: State, heard: listening.Heard, carried: tuple[effects.Effect, ...]) -> bool:
    """Tell whether the message that was just answered must not stand in the chat any longer."""
    if heard.is_secret or state.clearing == "write":
        return True
    if _severs(carried):
        return True
    # Names and phones are sealed by now; on the screen they say whom this chat is about.
    return state.clearing != "self" and any(
        isinstance(effect, effects.AddCheck)
        or (isinstance(effect, effects.AddCard) and effect.kind in PERSONAL)
        for effect in carried
    )


def _severs(carried: tuple[effects.Effect, ...]) -> bool:
    """Tell whether the alarm word came alone."""
    return any(isinstance(effect, effects.Alarm) and effect.severs for effect in carried)


def _silences(state: State, carried: tuple[effects.Effect, ...]) -> bool:
    """Tell whether this step chose to be reached without lines."""
    return (
        state.filed
        and state.reach != "push"
        and any(isinstance(effect, effects.SetReach | effects.DropCourier) for effect in carried)
    )


def _fades(state: State) -> timedelta | None:
    """Return how long after the last word a chat is swept: with "send" there is nothing more to wait for."""
    return effects.SOON if state.filed and state.clearing != "self" else None


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
        case effects.AddAnswer():
            sealing.add_answer(work, facts, effect)
        case effects.Drop():
            sealing.drop(work, effect)
        case effects.AddCheck():
            sealing.add_check(work, effect)
        case effects.Alarm():
            sealing.raise_alarm(work, facts, effect)
        case effects.FileCase():
            handover.file(work)
        case effects.Sweep(when="now"):
            sealing.sweep(work, (*snapshot.tags, *snapshot.fixed), effect.when)
        case effects.Sweep():
            sealing.sweep(work, snapshot.tags, effect.when)
        case effects.ShowLetters():
            sealing.show(work, effect.match)
        case effects.OpenThread():
            opening.open_thread(work)
        case effects.Erase():
            # In a merged case others told their own; each takes back only theirs.
            work.erase = _own_case(work)
        case effects.TakeBack():
            taken = _own_case(work)
            if facts is not None and taken is not None and not facts.is_taken_back:
                told = tuple(dict.fromkeys((*facts.people, *facts.keepers)))
                withdrawal.take_back(work.rows, taken, told, work.house.staffing, work.now)
        case effects.MakePhrase():
            assert secret is not None
            sealing.make_phrase(work, effect, secret)
        case effects.MakeInvitation():
            assert secret is not None
            sealing.make_invitation(work, effect, secret)
        case _:
            _carry_out_choice(work, effect, facts)


def _own_case(work: Work) -> bytes | None:
    """Return the case that is this tipster's to take back."""
    return work.case if work.state.own is None else bytes.fromhex(work.state.own)


def _carry_out_choice(work: Work, effect: effects.Effect, facts: CaseFacts | None) -> None:
    match effect:
        case effects.RaiseUrgency():
            sealing.raise_urgency(work, facts)
        case effects.SetReach():
            sealing.set_reach(work, facts)
        case effects.SetConsent():
            sealing.set_consent(work)
        case effects.AnswerWording():
            sealing.answer_wording(work, facts, effect)
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
