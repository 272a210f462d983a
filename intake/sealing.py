"""Carry out the effects of a step: what was told becomes sealed rows, what was chosen becomes columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from casework import clocks, keys, lives, notices
from casework.errors import WrongStateError
from casework.fitting import Fitting
from casework.routing import Asked
from casework.spill import Spill
from casework.tables import Case, Chunk, Clock, Deletion, Item, Letter, Mailbox, Wording
from crypto.phrase import Phrase
from intake import coaching, effects, handover, opening, topics
from intake.cases import CaseFacts
from intake.snapshot import INVITATION, Match
from intake.work import Awaited, Work

TIPSTER = "tipster"


def add_message(work: Work, effect: effects.AddMessage) -> None:
    """Seal words."""
    payload: dict[str, Any] = {"at": work.at, "seq": effect.seq, "text": effect.text, **_whose(work)}
    payload |= {name: True for name in ("edited", "forwarded") if getattr(effect, name)}
    if effect.of is not None:
        payload["of"] = effect.of
    if effect.marks:
        payload["marks"] = list(effect.marks)
    doubt(work, effect.doubts, work.seal(keys.CONTENT, "message", TIPSTER, payload))


def add_file(work: Work, effect: effects.AddFile) -> None:
    """Seal a file, or the note that it could not be had and why."""
    file = effect.file
    head: dict[str, Any] = {
        "at": work.at,
        "caption": file.caption,
        "form": file.form,
        "group": file.group,
        "mime": file.mime,
        "name": file.name or "",
        "seq": effect.seq,
        "size": file.size,
        **_whose(work),
    }
    head |= {"forwarded": True} if file.forwarded else {}
    marks = [*(["author"] if file.author else []), *(["military"] if "military" in effect.doubts else [])]
    head |= {"marks": marks} if marks else {}
    if file.content is None:
        payload = head | {"missing": file.missing or "unavailable", "text": file.caption}
        note = work.seal(keys.CONTENT, "message", TIPSTER, payload)
        doubt(work, effect.doubts, note)
        if file.missing == "coming":
            # Neither name nor caption: those lie sealed in the note.
            later = {name: head[name] for name in ("at", "form", "group", "mime", "seq")}
            work.awaited.append(Awaited(note, later))
        return
    head["size"] = len(file.content)
    doubt(work, effect.doubts, work.seal_file(keys.CONTENT, TIPSTER, head, file.content))


def _whose(work: Work) -> dict[str, str]:
    """Say in a merged case whose words these are, so that an answer goes to whoever asked."""
    return {} if work.began is None else {"began": work.began.id.hex()}


def add_late(work: Work, note: bytes, head: dict[str, Any], content: bytes | Spill) -> bytes:
    """Seal a file that came later than the *note* that stands for it, and lead from one to the other."""
    later = {**head, "came": work.at, "name": "", "of": note.hex(), "size": len(content)}
    key = work.own_key()
    return keys.seal_file(
        work.rows, key, kind="file", author=TIPSTER, head=later, content=content, day=work.now.date(),
        signing=work.house.signing,
    )  # fmt: skip


def give_up_late(work: Work, note: bytes, why: str) -> None:
    """Seal that a file will not come any more, and why."""
    work.seal_own("late", {"at": work.at, "of": note.hex(), "missing": why})


def tell_of_late(work: Work, facts: CaseFacts) -> None:
    """Let whoever has a case hear that something changed in it; of one still being written nobody hears."""
    if work.filed and facts.status not in lives.ENDED and not facts.told:
        told = notices.audience(work.house.staffing, facts.team, facts.assignee)
        notices.add(work.rows, notices.REPLY, told, facts.id, work.now)


def doubt(work: Work, kinds: Iterable[str], item: bytes) -> None:
    """Remember an item that gives something away, so that its tipster may take it out again."""
    # The author of a forward lies with the card, in an item of its own.
    found = tuple((kind, item.hex()) for kind in kinds if kind != "author")
    doubtful = (*work.state.doubtful, *found)[-coaching.REMEMBERED :]
    work.state = replace(work.state, doubtful=doubtful)


def drop(work: Work, effect: effects.Drop) -> None:
    """Take items out of the case, with their chunks."""
    for item in map(bytes.fromhex, effect.items):
        work.rows.drop(Chunk, owner=item)
        work.rows.drop(Item, id=item)


def add_card(work: Work, effect: effects.AddCard) -> None:
    """Seal what names a person or a place apart from the story."""
    if effect.kind == "text":
        shown = effect.values["text"]
    else:
        shown = ", ".join(value for value in effect.values.values() if value)
    payload = {"at": work.at, "seq": effect.seq, effect.kind: shown}
    item = work.seal(keys.IDENTITY, "card", TIPSTER, payload)
    if effect.kind in ("author", *coaching.CARDS):
        doubtful = (*work.state.doubtful, (effect.kind, item.hex()))[-coaching.REMEMBERED :]
        work.state = replace(work.state, doubtful=doubtful)


def add_check(work: Work, effect: effects.AddCheck) -> None:
    """Seal what was agreed to know each other by."""
    payload = {"at": work.at, "seq": effect.seq, effect.kind: effect.text}
    work.seal(keys.CONTENT, "check", TIPSTER, payload)


def raise_alarm(work: Work, facts: CaseFacts | None, effect: effects.Alarm) -> None:
    """Seal that perhaps somebody else holds the phone, and let those who have the case hear of it."""
    if facts is None or work.case is None or not work.filed:
        return
    work.seal(keys.CONTENT, "alarm", "hub", {"at": work.at, **_whose(work)})
    told = notices.audience(work.house.staffing, facts.team, facts.assignee)
    notices.add(work.rows, notices.REPLY, told, work.case, work.now)
    if effect.severs:
        drop_courier(work, facts)
        work.state = replace(work.state, reach="phrase")


def add_answer(work: Work, facts: CaseFacts | None, effect: effects.AddAnswer) -> None:
    """
    Seal one answer, as cover sheets have it; what a careful reader wrote there stands above it.

    Nobody is told of it: whoever takes the case finds it filled in. Only a case that nobody accepted yet may
    go to somebody whom it fits better.
    """
    choice = topics.find(effect.question, effect.code)
    assert choice is not None
    payload: dict[str, Any] = {"at": work.at, "seq": effect.seq, effect.question: choice.sheet}
    if effect.question == "topic":
        payload |= {"matter": choice.code, "matter_noticed": False}
    if effect.said:
        payload[f"{effect.question}_said"] = effect.said
    work.seal(keys.CONTENT, "answers", TIPSTER, payload)
    if effect.question in ("topic", "region") and facts is not None and facts.status == "new":
        asked = Asked(
            topic=effect.topic or None,
            subject=choice.sheet if effect.question == "region" else None,
        )
        fitting = Fitting(
            case=facts.id, asked=asked, staffing=work.house.staffing, times=work.house.times, now=work.now,
            key=work.key(keys.CONTENT), signing=work.house.signing, random=work.random,
        )  # fmt: skip
        work.rows.then(fitting.propose)


def hear(work: Work, facts: CaseFacts | None) -> None:
    """A tipster wrote into a case: its holder hears of it, and a case that had ended is looked at again."""
    if facts is None or not work.filed or work.case is None:
        return
    try:
        status = lives.step(lives.CASE, facts.status, "hear")
    except WrongStateError:
        status = facts.status
    values: dict[str, Any] = {"touched": work.now.date()}
    if status != facts.status:
        values["status"] = status
    if facts.status in lives.ENDED and status not in lives.ENDED:
        values |= {"erase_on": None, "remind_on": None}
    work.change_case(**values)
    renew_courier(work, facts)
    if status in lives.ENDED:
        return
    kind = clocks.ACCEPT if status == "new" else clocks.REPLY
    running = facts.clocks & set(clocks.STEPS) if status == "new" else facts.clocks & {clocks.REPLY}
    if not running:
        until = clocks.due(facts.urgency, work.now, work.house.times)
        clocks.start(work.rows, work.case, kind, until)
    if not facts.told:
        told = notices.audience(work.house.staffing, facts.team, facts.assignee)
        notices.add(work.rows, notices.REPLY, told, work.case, work.now)


def show(work: Work, match: Match) -> None:
    """Mark letters as shown, also their copies in the mailbox of this chat's own buttons."""
    work.rows.extend(match.shown)
    for letter in match.letters:
        for copy in letter.copies if letter.shown is None else ():
            work.rows.change(Letter, {"id": copy}, shown=work.now.date())


def raise_urgency(work: Work, facts: CaseFacts | None) -> None:
    """Make a filed case urgent: its clock is the urgent one, and everybody on duty hears of it."""
    if facts is None or work.case is None or facts.urgency == "now":
        return
    work.change_case(urgency="now", touched=work.now.date())
    until = clocks.due("now", work.now, work.house.times)
    kind = clocks.ACCEPT if facts.status == "new" else clocks.REPLY
    if kind in facts.clocks:
        work.rows.change(Clock, {"case": work.case, "kind": kind}, due=until)
    elif facts.status == "new" or facts.status in lives.ACTIVE:
        clocks.start(work.rows, work.case, kind, until)
    told = notices.audience(
        work.house.staffing, facts.team, None if facts.status == "new" else facts.assignee
    )
    notices.add(work.rows, notices.URGENT, told, work.case, work.now)


def set_reach(work: Work, facts: CaseFacts | None) -> None:
    """
    Seal the courier address anew, or forget it, as the state says; before filing just keep the answer.

    When the case was merged into another person's, all this lies in the one that was: an answer meant for
    them must never ring here.
    """
    if facts is None or not work.filed:
        return
    drop_courier(work, facts)
    if work.state.reach == "push":
        handover.set_courier(work)
    if work.state.reach != "phrase":
        handover.set_chat(work)


def drop_courier(work: Work, facts: CaseFacts | None) -> None:
    """Forget how to reach this chat; in a merged case others have addresses of their own, which stay."""
    for item in (*facts.my_couriers, *facts.my_chats) if facts is not None else ():
        work.rows.drop(Item, id=item)
    work.state = replace(work.state, courier=0)


def renew_courier(work: Work, facts: CaseFacts) -> None:
    """Seal the address to the present courier key: the old one dies, and with it the way back."""
    current, _recipient = work.house.courier
    if facts.my_couriers and work.state.courier not in (0, current):
        for item in facts.my_couriers:
            work.rows.drop(Item, id=item)
        handover.set_courier(work)


def set_consent(work: Work) -> None:
    """Write what may be done with the case; in a merged one a yes is for one's own part, a no for all."""
    state = work.state
    chosen = {
        "may_summarise": state.summarise,
        "may_quote": state.quote,
        "may_share": state.share,
        "may_picture": state.picture,
    }
    if state.own is None:
        work.change_case(**chosen, wants_word=state.word)
        return
    work.rows.change(Case, {"id": bytes.fromhex(state.own)}, **chosen, wants_word=state.word)
    refused = {name: yes for name, yes in chosen.items() if not yes}
    if refused:
        work.change_case(**refused)


def answer_wording(work: Work, facts: CaseFacts | None, effect: effects.AnswerWording) -> None:
    """Write what was said of a text that would be public; its people hear of it as of a message."""
    where = {"case": work.case, "digest": effect.digest}
    work.rows.change(Wording, where, answer=effect.answer, day=work.now.date())
    payload = {"at": work.at, "digest": effect.digest.hex(), "seq": effect.seq, "word": effect.answer}
    work.seal(keys.CONTENT, "consent", TIPSTER, payload)
    hear(work, facts)


def make_phrase(work: Work, effect: effects.MakePhrase, phrase: Phrase) -> None:
    """Open the mailbox of *phrase*, and let desks write to it."""
    assert work.case is not None
    if effect.previous is not None:
        previous = bytes.fromhex(effect.previous)
        work.rows.drop(Letter, mailbox=previous)
        work.rows.drop(Mailbox, id=previous)
        if effect.previous_item is not None:
            work.rows.drop(Item, id=bytes.fromhex(effect.previous_item))
    mailbox = phrase.mailbox()
    opening.add_mailbox(work, mailbox, "phrase")
    payload = {"at": work.at, "id": mailbox.id.hex(), "recipient": mailbox.identity.recipient.raw.hex()}
    item = work.seal_own("mailbox", payload)
    work.state = replace(work.state, mailbox=mailbox.id.hex(), mailbox_item=item.hex())
    if effect.ends_all:
        work.phrases[work.own] = (mailbox.id, item)


def make_invitation(work: Work, effect: effects.MakeInvitation, phrase: Phrase) -> None:
    """Open the mailbox of *phrase*: who types its words is led here, and shown nothing."""
    if effect.previous is not None:
        work.rows.drop(Mailbox, id=bytes.fromhex(effect.previous))
    mailbox = phrase.mailbox()
    opening.add_mailbox(work, mailbox, INVITATION, work.now.date() + effects.INVITED)
    work.state = replace(work.state, invitation=mailbox.id.hex())


def sweep(work: Work, tags: tuple[bytes, ...], when: str) -> None:
    """Say when the messages with these tags are to be deleted."""
    due = {"now": work.now, "soon": work.now + effects.SOON, "never": None}[when]
    for tag in tags:
        work.rows.change(Deletion, {"tag": tag}, due=due)
