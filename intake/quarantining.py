"""
What nobody could read, or what broke our code: its words are kept where others of its chat are, and marked.

Rules:
* It goes into the case of its chat; a chat without one begins one as with any first message, so that it is
  answered, swept and erased like all it says. Only what has no chat becomes a case nobody can be reached by.
* What came while something else than the story was asked for may name a person: short, it goes to the card.
* None of what usually answers a message is called here, because that may be what broke.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from casework import keys, notices
from casework.errors import KeyMissingError
from intake import handover, opening, outlook, recognising, screens, sealing
from intake.effects import Alarm
from intake.events import File
from intake.snapshot import Snapshot
from intake.state import State
from intake.telling import CARD_LENGTH
from intake.work import Awaited, Random, Work

# Forms of what tells nothing: a tap, and whatever is no message.
TAP, OTHER = "tap", "update"


def take_in(event: File, state: State | None, snapshot: Snapshot, now: datetime, random: Random) -> Work:
    """
    Seal what is left of an update, name it to the coordinators, and return what changes.

    Raises:
        KeyMissingError: the house has nobody who could open it, so it must be kept where it is.
    """
    house, facts = snapshot.house, snapshot.case
    if not house.staffing.teams():
        raise KeyMissingError("team")
    if state is None or facts is None:
        begun = _begun(event, state, snapshot, random)
        work = Work(house, snapshot.chat if begun.reach is None else 0, now, random, begun)
        opening.begin(work)
    else:
        work = Work(house, snapshot.chat, now, random, replace(state, filed=not facts.is_writing))
        opening.take_up(work, facts)
    _seal(work, event)
    if (state is not None and state.filed) and recognising.holds_alarm(state, event.caption):
        sealing.raise_alarm(work, facts, Alarm(severs=severs(event, state)))
    if work.begun and work.chat:
        opening.open_thread(work)
    elif work.begun:
        handover.file(work)
    elif event.form not in (TAP, OTHER):
        sealing.hear(work, facts)
    work.note_answers()
    told = house.staffing.coordinators()
    work.rows.then(partial(_tell, staff=told, case=work.case, now=now))
    return work


def severs(event: File, state: State | None) -> bool:
    """Tell whether the words that are left are the alarm word and nothing else."""
    return state is not None and state.filed and recognising.is_alarm(state, event.caption)


def is_personal(event: File, state: State) -> bool:
    """Tell whether *event* came where a name, a secret word or a phrase was asked for, and may be that."""
    is_story = state.stage == "free" or state.stage.startswith("q.") or event.forwarded
    return not is_story and 0 < len(event.caption) <= CARD_LENGTH


def _begun(event: File, state: State | None, snapshot: Snapshot, random: Random) -> State:
    known = screens.fresh(state or State(language=outlook.guess_language(snapshot.language_code)))
    begun = replace(known, case=random(16).hex(), handle=random(32).hex())
    is_anybodys = snapshot.chat == 0 or event.form in (TAP, OTHER)
    return replace(begun, reach="phrase") if is_anybodys else begun


def _seal(work: Work, event: File) -> None:
    """Seal the words, and a note of what else there was; a file is asked for later, as one that is late."""
    state, words = work.state, event.caption
    if is_personal(event, state):
        work.seal(keys.IDENTITY, "card", sealing.TIPSTER, {"at": work.at, "seq": state.seq, "text": words})
        words = ""
    head: dict[str, Any] = {"at": work.at, "form": event.form, "group": None, "mime": event.mime}
    head["seq"] = state.seq
    payload = {**head, "name": event.name or "", "size": event.size, "text": words, "unread": True}
    payload |= {"missing": event.missing} if event.missing else {}
    payload |= {"forwarded": True} if event.forwarded else {}
    payload |= {"began": work.began.id.hex()} if work.began is not None else {}
    note = work.seal(keys.CONTENT, "message", sealing.TIPSTER, payload)
    if event.missing == "coming":
        work.awaited.append(Awaited(note, head))
    work.state = replace(state, seq=state.seq + 1)


def _tell(session: Any, *, staff: list[str], case: bytes | None, now: datetime) -> None:
    notices.tell(session, notices.UNPARSED, staff, case, now)
