"""The screens about a code phrase: offered, shown, asked back, typed with a slip."""

from __future__ import annotations

from intake.replies import PHRASE_LASTS, Button, Say
from intake.screens import button, rows
from intake.state import State


def offer(state: State) -> Say:
    """Offer a code phrase, or say that there is one."""
    if state.confirmed:
        return Say(rows(state, ("p.again",), ("menu",)), key="phrase.have", replaces=True)
    if state.reach == "phrase":
        return Say(rows(state, ("p.show",), ("menu",)), key="phrase.needed", replaces=True)
    return Say(rows(state, ("p.show",), ("s.end", "menu")), key="phrase.offer", replaces=True)


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
    """Ask two words back, in the place of the phrase: written down, it need not stand there any longer."""
    first, second = (place for place, _ in state.asked)
    keyboard = ((_another(state), button(state, "button.menu", "menu")),)
    return Say(keyboard, key="phrase.ask", params={"a": first, "b": second}, replaces=True)


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
    keyboard = ((_another(state),), *rows(state, ("p.msg",), ("menu",)))
    return Say(keyboard, key="phrase.wrong", params=params)


def _another(state: State) -> Button:
    """Return the button that shows another phrase: the first one is never shown again."""
    return button(state, "button.p.new", "p.show")
