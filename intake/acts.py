"""What a button does, as a type; and the commonest of its answers."""

from __future__ import annotations

from collections.abc import Callable

from intake.effects import Effect
from intake.replies import Say
from intake.state import State
from intake.world import Step, World

Act = Callable[[State, World], Step]


def stay(state: State, say: Say, *effects: Effect) -> Step:
    """Return a step to *state* that says one thing."""
    return Step(state, (say,), effects)
