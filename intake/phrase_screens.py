"""The screens about a code phrase: offered, shown, asked back, typed with a slip."""

from __future__ import annotations

from intake.replies import PHRASE_LASTS, Say
from intake.screens import rows
from intake.state import State


def offer(state: State) -> Say:
    """Offer a code phrase, or say that there is one."""
    if state.confirmed:
        return Say(rows(state, ("menu",)), key="phrase.have", replaces=True)
    key = "phrase.needed" if state.reach == "phrase" else "phrase.offer"
    return Say(rows(state, ("p.show",), ("menu",)), key=key, replaces=True)


def show(state: State, words: tuple[str, ...]) -> Say:
    """Show the code phrase, for a while."""
    lines = "\n".join(f"{place}. {word}" for place, word in enumerate(words, 1))
    return Say(
        rows(state, ("p.check",), ("menu",)),
        lasts=PHRASE_LASTS,
        key="phrase.words",
        params={"words": lines},
        replaces=True,
    )


def ask_back(state: State) -> Say:
    """Ask two words back."""
    first, second = (place for place, _ in state.asked)
    return Say(
        rows(state, ("p.show", "menu")), key="phrase.ask", params={"a": first, "b": second}, replaces=False
    )


def problem(state: State, key: str, **params: str | int) -> Say:
    """Say what is wrong with a phrase, as exactly as can be; it may also have been a message."""
    return Say(
        rows(state, ("phrase",), ("p.msg",), ("p.none", "menu")), lasts=PHRASE_LASTS, key=key, params=params
    )


def type_it(state: State) -> Say:
    """Ask for a code phrase."""
    return Say(rows(state, ("p.none",), ("menu",)), key="phrase.type", replaces=True)


def unknown(state: State) -> Say:
    """Say that a phrase is whole but leads nowhere."""
    return Say(rows(state, ("phrase", "p.none"), ("menu",)), lasts=PHRASE_LASTS, key="phrase.unknown")


def again(state: State) -> Say:
    """Say that the two words were others."""
    first, second = (place for place, _ in state.asked) if state.asked else (1, 2)
    params = {"a": first, "b": second}
    return Say(rows(state, ("p.show",), ("p.msg",), ("menu",)), key="phrase.wrong", params=params)
