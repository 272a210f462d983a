"""Clearing the chat, forgetting it, erasing everything, beginning anew: each says what happens first."""

from __future__ import annotations

from dataclasses import replace

from intake import screens
from intake.acts import Act, stay
from intake.effects import DropCourier, Erase, FileCase, Sweep, TakeBack
from intake.state import State
from intake.world import Step, World


def clear_ask(state: State, _world: World) -> Step:
    """Ask when the chat is to be cleared."""
    after = replace(state, stage="free")
    # The screen says that it happens in ten minutes; so it does.
    sweep = () if state.clearing == "self" else (Sweep("soon"),)
    return stay(after, screens.clear(after), *sweep)


def clearing(choice: str) -> Act:
    """Return the act that sets when the chat is cleared."""

    def act(state: State, _world: World) -> Step:
        first = state.clearing is None and state.filed
        after = replace(state, clearing=choice, stage="card" if first else "free")
        sweep = Sweep({"self": "never", "write": "now"}.get(choice, "soon"))
        if not first:
            return stay(after, screens.told(after, f"clear.{choice}"), sweep)
        # The answer takes the place of the question, so that the next question stands last.
        answer = replace(screens.told(after, f"clear.{choice}"), keyboard=(), replaces=True)
        return Step(after, (answer, replace(screens.card(after), replaces=False)), (sweep,))

    return act


def clean(state: State, _world: World) -> Step:
    """Clear the chat now."""
    return stay(state, screens.cleaned(state), Sweep("now"))


def forget(state: State, _world: World) -> Step:
    """Say what forgetting this chat means."""
    if state.case is None:
        return stay(state, screens.told(state, "forget.nothing"))
    return stay(state, screens.forget(state))


def forget_now(state: State, world: World) -> Step:
    """Forget this chat and keep the case; what was not filed is filed first."""
    goodbye = (screens.goodbye("forget.done", world),)
    if state.case is None:
        return Step(state, goodbye, (Sweep("now"),), forgets=True)
    handed_over = () if state.filed else (FileCase(),)
    return Step(state, goodbye, (DropCourier(), *handed_over, Sweep("now")), forgets=True)


def erase(state: State, world: World) -> Step:
    """Say what erasing means."""
    if state.case is None:
        return stay(state, screens.told(state, "erase.nothing"))
    return stay(state, screens.erase(state, world))


def erase_now(state: State, world: World) -> Step:
    """Erase the case and forget the chat."""
    if state.case is None:
        return stay(state, screens.told(state, "erase.nothing"))
    if screens.is_held(world):
        said = screens.goodbye("erase.done.held", world)
        return Step(state, (said,), (DropCourier(), TakeBack(), Sweep("now")), forgets=True)
    return Step(state, (screens.goodbye("erase.done", world),), (Erase(), Sweep("now")), forgets=True)


def new(state: State, world: World) -> Step:
    """Begin another conversation; one that is not sent yet goes on."""
    if state.case is not None and not state.filed:
        return stay(state, screens.menu(state, world))
    after = screens.fresh(state)
    return stay(after, screens.hello(after, world))
