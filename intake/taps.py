"""
What each button does. One table, from action to what follows; the lists of answers have their own.

Every act can be done twice or too late: a button stays in the chat for weeks, and two fingers tap two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from intake import (
    choosing,
    coaching,
    inviting,
    knowing,
    leaving,
    muting,
    questions,
    recognising,
    screens,
    wording,
)
from intake.acts import Act, stay
from intake.effects import Note, RaiseUrgency, SetLanguage
from intake.giveaways import KINDS
from intake.state import State
from intake.telling import file, tell_held
from intake.world import Step, World


def _of_a_case(act: Act) -> Act:
    """Return *act* for a chat with a case; any other is told that there is nothing yet."""

    def guarded(state: State, world: World) -> Step:
        if state.case is None:
            return stay(state, screens.invitation(state, "case.none"))
        return act(state, world)

    return guarded


def _set_kind(kind: str) -> Act:
    def act(state: State, world: World) -> Step:
        if state.filed:
            return stay(state, screens.told(state, "filed.already"))
        if kind not in screens.kinds(world.teams):
            return stay(state, screens.told(state, "button.old"))
        after = replace(state, kind=kind)
        if state.case is None:
            return stay(after, screens.invitation(after, f"tell.{kind}"))
        return stay(after, screens.invitation(after, "kind.noted"), Note())

    return act


def _send(state: State, world: World) -> Step:
    if state.case is None:
        return stay(state, screens.invitation(state, "send.empty"))
    if state.filed:
        return stay(state, screens.told(state, "filed.already"))
    if state.kind is None and screens.kinds(world.teams):
        return stay(replace(state, stage="kind"), screens.ask_kind(state, world))
    if state.urgency is None:
        return stay(replace(state, stage="urgency"), screens.ask_urgency(state))
    return file(state, world)


def _send_as(kind: str | None) -> Act:
    def act(state: State, world: World) -> Step:
        if state.filed or (kind and kind not in screens.kinds(world.teams)):
            return _send(state, world)
        after = replace(state, kind=kind)
        if after.urgency is None:
            return stay(replace(after, stage="urgency"), screens.ask_urgency(after), Note())
        return file(after, world)

    return act


def _urgent(state: State, world: World) -> Step:
    if state.case is None:
        return stay(replace(state, urgency="now"), screens.invitation(state, "now.first"))
    if not state.filed:
        return file(replace(state, urgency="now"), world)
    if world.case is not None and world.case.urgency == "now":
        return stay(state, screens.told(state, "now.already"))
    return stay(replace(state, urgency="now"), screens.told(state, "now.raised"), RaiseUrgency())


def _file_as(urgency: str) -> Act:
    def act(state: State, world: World) -> Step:
        if state.filed:
            return _send(state, world)
        return file(replace(state, urgency=urgency), world)

    return act


def _menu(state: State, world: World) -> Step:
    after = replace(state, stage="free", held="")
    return stay(after, screens.menu(after, world))


def _more(state: State, world: World) -> Step:
    if not state.filed:
        return _menu(state, world)
    after = replace(state, stage="free", held="")
    return stay(after, screens.more(after))


def _help(state: State, _world: World) -> Step:
    return stay(state, screens.help_text(state))


def _language_ask(state: State, _world: World) -> Step:
    return stay(state, screens.language(state))


def _language(language: str) -> Act:
    def act(state: State, world: World) -> Step:
        after = replace(state, language=language)
        return stay(after, screens.menu(after, world), *([SetLanguage()] if state.case else []))

    return act


_ANYWHERE: Mapping[str, Act] = {
    **{kind: _set_kind(kind) for kind in screens.KINDS},
    "send": _send,
    "now": _urgent,
    "menu": _menu,
    "more": _more,
    "phrase": choosing.phrase_type,
    "p.msg": tell_held,
    "p.none": choosing.phrase_lost,
    "go.clear": leaving.clear_ask,
    **{f"z.{choice}": leaving.clearing(choice) for choice in ("send", "write", "self")},
    "clean": leaving.clean,
    "forget": leaving.forget,
    "forget.yes": leaving.forget_now,
    "erase": leaving.erase,
    "erase.yes": leaving.erase_now,
    "new": leaving.new,
    "j.no": inviting.leave,
    "x.keep": coaching.keep,
    **{f"x.{kind}": coaching.drop(kind) for kind in (*KINDS, *coaching.CARDS)},
    "help": _help,
    "lang": _language_ask,
    **{f"lang.{language}": _language(language) for language in ("ru", "uk", "en")},
}
_IN_A_CASE: Mapping[str, Act] = {
    **{f"f.{kind}": _send_as(kind) for kind in screens.KINDS},
    "f.skip": _send_as(None),
    **{f"u.{urgency}": _file_as(urgency) for urgency in ("now", "days", "normal")},
    "go.card": choosing.card,
    "c.move": tell_held,
    **{f"{way}.reach": choosing.reach for way in ("go", "next", "s")},
    "r.push": choosing.reach_here,
    "r.phrase": choosing.reach_by_phrase,
    "h.any": choosing.hours("any"),
    "h.wak": choosing.hours("waking"),
    "h.day": choosing.hours("day"),
    "h.eve": choosing.hours("evening"),
    "h.mem": choosing.remember,
    **{f"{way}.keep": choosing.keep for way in ("go", "s")},
    "k.sum": choosing.summarise,
    "k.quo": choosing.quote,
    "k.pic": choosing.picture,
    "k.sha": choosing.share,
    "k.see": choosing.see_first,
    "k.ok": choosing.phrase_offer,
    "go.phrase": choosing.phrase_offer,
    "p.show": choosing.phrase_show,
    "p.check": choosing.phrase_check,
    "go.chk": recognising.ask_question,
    "a.ask": recognising.ask_alarm,
    "p.again": choosing.phrase_again,
    "h.nev": choosing.look,
    "m.ask": muting.ask,
    "go.inv": inviting.offer,
    "i.show": inviting.show,
    "s.end": choosing.end,
}
ACTS: Mapping[str, Act] = MappingProxyType(
    {**_ANYWHERE, **{action: _of_a_case(act) for action, act in _IN_A_CASE.items()}}
)


def find(action: str) -> Act | None:
    """Return what the button of *action* does; none of ours carries any other."""
    asked = questions.find(action) or wording.find(action)
    if asked is not None:
        return _of_a_case(asked)
    return ACTS.get(action) or knowing.find(action)


def actions() -> tuple[str, ...]:
    """Return every action there is."""
    return (*ACTS, *questions.actions(), *knowing.actions())
