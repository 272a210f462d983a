"""
What each button does. One table, from action to what follows.

Every act can be done twice or too late: a button stays in the chat for weeks, and two fingers tap two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from intake import screens
from intake.effects import (
    DropCourier,
    Effect,
    Erase,
    FileCase,
    MakePhrase,
    Note,
    RaiseUrgency,
    SetConsent,
    SetLanguage,
    SetReach,
    Sweep,
)
from intake.replies import Say
from intake.state import State
from intake.telling import file, tell_held
from intake.world import Step, World

Act = Callable[[State, World], Step]


def _of_a_case(act: Act) -> Act:
    """Return *act* for a chat with a case; any other is told that there is nothing yet."""

    def guarded(state: State, world: World) -> Step:
        if state.case is None:
            return _stay(state, screens.invitation(state, "case.none"))
        return act(state, world)

    return guarded


def _stay(state: State, say: Say, *effects: Effect) -> Step:
    return Step(state, (say,), effects)


def _set_kind(kind: str) -> Act:
    def act(state: State, world: World) -> Step:
        if state.filed:
            return _stay(state, screens.told(state, "filed.already"))
        if kind not in screens.kinds(world.teams):
            return _stay(state, screens.told(state, "button.old"))
        after = replace(state, kind=kind)
        if state.case is None:
            return _stay(after, screens.invitation(after, f"tell.{kind}"))
        return _stay(after, screens.invitation(after, "kind.noted"), Note())

    return act


def _send(state: State, world: World) -> Step:
    if state.case is None:
        return _stay(state, screens.invitation(state, "send.empty"))
    if state.filed:
        return _stay(state, screens.told(state, "filed.already"))
    if state.kind is None and screens.kinds(world.teams):
        return _stay(state, screens.ask_kind(state, world))
    if state.urgency is None:
        return _stay(state, screens.ask_urgency(state))
    return file(state, world)


def _send_as(kind: str | None) -> Act:
    def act(state: State, world: World) -> Step:
        if state.filed or (kind and kind not in screens.kinds(world.teams)):
            return _send(state, world)
        after = replace(state, kind=kind)
        if after.urgency is None:
            return _stay(after, screens.ask_urgency(after), Note())
        return file(after, world)

    return act


def _urgent(state: State, world: World) -> Step:
    if state.case is None:
        return _stay(replace(state, urgency="now"), screens.invitation(state, "now.first"))
    if not state.filed:
        return file(replace(state, urgency="now"), world)
    if world.case is not None and world.case.urgency == "now":
        return _stay(state, screens.told(state, "now.already"))
    return _stay(replace(state, urgency="now"), screens.told(state, "now.raised"), RaiseUrgency())


def _file_as(urgency: str) -> Act:
    def act(state: State, world: World) -> Step:
        if state.filed:
            return _send(state, world)
        return file(replace(state, urgency=urgency), world)

    return act


def _menu(state: State, world: World) -> Step:
    after = replace(state, stage="free", held="")
    return _stay(after, screens.menu(after, world))


def _card(state: State, _world: World) -> Step:
    after = replace(state, stage="card", held="")
    return _stay(after, screens.card(after))


def _reach(state: State, _world: World) -> Step:
    after = replace(state, stage="free", held="")
    return _stay(after, screens.reach(after))


def _reach_here(state: State, _world: World) -> Step:
    after = replace(state, reach="push")
    return _stay(after, screens.hours(after), SetReach())


def _reach_by_phrase(state: State, _world: World) -> Step:
    after = replace(state, reach="phrase", remember=False)
    return _stay(after, screens.phrase_offer(after), SetReach())


def _hours(hours: str) -> Act:
    def act(state: State, _world: World) -> Step:
        after = replace(state, reach="push", hours=hours)
        return _stay(after, screens.keep(after), SetReach())

    return act


def _remember(state: State, _world: World) -> Step:
    after = replace(state, remember=not state.remember)
    return _stay(after, screens.hours(after))


def _keep(state: State, _world: World) -> Step:
    after = replace(state, stage="free", held="")
    return _stay(after, screens.keep(after))


def _summarise(state: State, _world: World) -> Step:
    after = replace(state, summarise=not state.summarise)
    return _stay(after, screens.keep(after), SetConsent())


def _quote(state: State, _world: World) -> Step:
    after = replace(state, quote=not state.quote)
    return _stay(after, screens.keep(after), SetConsent())


def _share(state: State, _world: World) -> Step:
    after = replace(state, share=not state.share)
    return _stay(after, screens.keep(after), SetConsent())


def _phrase_offer(state: State, _world: World) -> Step:
    after = replace(state, stage="free", held="")
    return _stay(after, screens.phrase_offer(after))


def _phrase_show(state: State, world: World) -> Step:
    if state.confirmed:
        return _stay(state, screens.phrase_offer(state))
    after = replace(state, stage="free", asked=world.fresh.asked)
    return _stay(
        after, screens.phrase_words(after, world.fresh.words), MakePhrase(state.mailbox, state.mailbox_item)
    )


def _phrase_check(state: State, _world: World) -> Step:
    if not state.asked:
        return _stay(state, screens.phrase_offer(state))
    after = replace(state, stage="words")
    return _stay(after, screens.phrase_ask(after))


def _phrase_type(state: State, _world: World) -> Step:
    after = replace(state, stage="phrase", held="")
    return _stay(after, screens.phrase_type(after))


def _phrase_lost(state: State, _world: World) -> Step:
    after = replace(state, stage="free", held="", wrote_before=True)
    return _stay(after, screens.invitation(after, "before.write"), Note())


def _clear_ask(state: State, _world: World) -> Step:
    return _stay(replace(state, stage="free"), screens.clear(state))


def _clearing(choice: str) -> Act:
    def act(state: State, _world: World) -> Step:
        first = state.clearing is None and state.filed
        after = replace(state, clearing=choice, stage="card" if first else "free")
        sweep = Sweep("never" if choice == "self" else "now")
        if not first:
            return _stay(after, screens.told(after, f"clear.{choice}"), sweep)
        return Step(after, (screens.told(after, f"clear.{choice}"), screens.card(after)), (sweep,))

    return act


def _clean(state: State, _world: World) -> Step:
    return _stay(state, screens.cleaned(state), Sweep("now"))


def _forget(state: State, _world: World) -> Step:
    if state.case is None:
        return _stay(state, screens.told(state, "forget.nothing"))
    return _stay(state, screens.forget(state))


def _forget_now(state: State, _world: World) -> Step:
    goodbye = (screens.goodbye("forget.done"),)
    if state.case is None:
        return Step(state, goodbye, (Sweep("now"),), forgets=True)
    handed_over = () if state.filed else (FileCase(),)
    return Step(state, goodbye, (DropCourier(), *handed_over, Sweep("now")), forgets=True)


def _erase(state: State, _world: World) -> Step:
    if state.case is None:
        return _stay(state, screens.told(state, "erase.nothing"))
    return _stay(state, screens.erase(state))


def _erase_now(state: State, _world: World) -> Step:
    if state.case is None:
        return _stay(state, screens.told(state, "erase.nothing"))
    return Step(state, (screens.goodbye("erase.done"),), (Erase(), Sweep("now")), forgets=True)


def _new(state: State, world: World) -> Step:
    if state.case is not None and not state.filed:
        return _stay(state, screens.menu(state, world))
    after = screens.fresh(state)
    return _stay(after, screens.hello(after, world))


def _help(state: State, _world: World) -> Step:
    return _stay(state, screens.help_text(state))


def _language_ask(state: State, _world: World) -> Step:
    return _stay(state, screens.language(state))


def _language(language: str) -> Act:
    def act(state: State, world: World) -> Step:
        after = replace(state, language=language)
        return _stay(after, screens.menu(after, world), *([SetLanguage()] if state.case else []))

    return act


_ANYWHERE: Mapping[str, Act] = {
    **{kind: _set_kind(kind) for kind in screens.KINDS},
    "send": _send,
    "now": _urgent,
    "menu": _menu,
    "phrase": _phrase_type,
    "p.msg": tell_held,
    "p.none": _phrase_lost,
    "go.clear": _clear_ask,
    **{f"z.{choice}": _clearing(choice) for choice in ("send", "write", "self")},
    "clean": _clean,
    "forget": _forget,
    "forget.yes": _forget_now,
    "erase": _erase,
    "erase.yes": _erase_now,
    "new": _new,
    "help": _help,
    "lang": _language_ask,
    **{f"lang.{language}": _language(language) for language in ("ru", "uk", "en")},
}
_IN_A_CASE: Mapping[str, Act] = {
    **{f"f.{kind}": _send_as(kind) for kind in screens.KINDS},
    "f.skip": _send_as(None),
    **{f"u.{urgency}": _file_as(urgency) for urgency in ("now", "days", "normal")},
    "go.card": _card,
    "c.move": tell_held,
    **{f"{way}.reach": _reach for way in ("go", "next", "s")},
    "r.push": _reach_here,
    "r.phrase": _reach_by_phrase,
    "h.any": _hours("any"),
    "h.day": _hours("day"),
    "h.eve": _hours("evening"),
    "h.mem": _remember,
    **{f"{way}.keep": _keep for way in ("go", "s")},
    "k.sum": _summarise,
    "k.quo": _quote,
    "k.sha": _share,
    "k.ok": _phrase_offer,
    "go.phrase": _phrase_offer,
    "p.show": _phrase_show,
    "p.check": _phrase_check,
}
ACTS: Mapping[str, Act] = MappingProxyType(
    {**_ANYWHERE, **{action: _of_a_case(act) for action, act in _IN_A_CASE.items()}}
)
