"""
What was given away besides what was told: one line, after filing, with the choice to take it back out.

Rules:
* Nothing is refused, changed or put off: it is sealed as it came, and Telegram has had it already.
* One line for a whole album, and each thing is said once in a case. A guess is worded as one.
* What a file gives away that came hours late is said as soon as its chat is heard again.
* Unless somebody says otherwise it stays, sealed for whoever has the case. What is dropped leaves the case's
  rows; it is no erasure, and copies on the second medium keep it for as long as they last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from intake import screens
from intake.acts import Act, stay
from intake.effects import AddMessage, Drop
from intake.giveaways import KINDS
from intake.replies import Say
from intake.state import State
from intake.world import Step, World

# Sent for nothing else; what is said of them is said at once.
CARDS = ("contact", "location")
# How many things that gave something away can be dropped one kind at a time.
REMEMBERED = 40


@dataclass(frozen=True)
class Belated:
    """A file that came late: its case, its item, the note that stood for it, and what it gives away."""

    case: str
    item: str
    note: str
    kinds: tuple[str, ...]

    def payload(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return {"case": self.case, "item": self.item, "note": self.note, "kinds": list(self.kinds)}

    @classmethod
    def read(cls, payload: Mapping[str, Any]) -> Belated:
        """Read what :meth:`payload` wrote."""
        return cls(payload["case"], payload["item"], payload["note"], tuple(map(str, payload["kinds"])))


def hear_late(state: State, came: Iterable[Belated]) -> State:
    """
    Take in what files gave away that came while nobody wrote; each once.

    What the name or caption of one gave away was noticed when its note came: dropping that drops the file.
    """
    for one in came:
        if one.item in state.belated or one.case not in (state.case, state.own):
            continue
        kinds = (*one.kinds, *(kind for kind, item in state.doubtful if item == one.note))
        found = tuple((kind, one.item) for kind in dict.fromkeys(kinds))
        state = replace(
            note(state, one.kinds),
            doubtful=(*state.doubtful, *found)[-REMEMBERED:],
            belated=(*state.belated, one.item)[-REMEMBERED:],
        )
    return state


def note(state: State, noticed: tuple[str, ...]) -> State:
    """Remember what is to be said of what came, unless it was said before."""
    kinds = {state.coach, *noticed} - {"", *state.coached.split()}
    return replace(state, coach=next((kind for kind in KINDS if kind in kinds), ""))


def say(state: State) -> tuple[State, tuple[Say, ...]]:
    """Say what waits to be said, once the case is handed over."""
    if not state.coach or not state.filed:
        return state, ()
    after = replace(state, coach="", coached=f"{state.coached} {state.coach}".strip())
    return after, (line(after, state.coach),)


def line(state: State, kind: str) -> Say:
    """Say what one kind of thing gives away, with the choice to keep it or to drop it."""
    key = f"told.{kind}" if kind in CARDS else f"coach.{kind}"
    return Say(screens.rows(state, ("x.keep", f"x.{kind}"), ("menu",)), key=key)


def keep(state: State, _world: World) -> Step:
    """Leave it where it is."""
    return stay(state, replace(screens.told(state, "coach.kept"), replaces=True))


def drop(kind: str) -> Act:
    """Return the act that takes what gave away *kind* out of the case again."""

    def act(state: State, _world: World) -> Step:
        items = tuple(item for of, item in state.doubtful if of == kind)
        if not items or state.case is None:
            return stay(state, screens.told(state, "coach.too_late"))
        left = tuple(pair for pair in state.doubtful if pair[1] not in items)
        after = replace(state, doubtful=left, seq=state.seq + 1)
        said = replace(screens.told(after, "coach.dropped"), replaces=True)
        return stay(after, said, Drop(items), AddMessage("", state.seq, marks=("dropped",)))

    return act
