"""
The lives of things: one table of transitions each, and nowhere else.

    case    writing -> new -> accepted -> open <-> waiting(source|authority|us) -> closed -> erased
            new -> declined | spam | merged        closed, declined, spam -> reopened by a person
    entry   draft -> review -> approved -> scheduled -> published -> corrected | retracted
            whatever is not public yet -> discarded
    reply   sealed -> sent | waiting -> shown -> gone; whatever did not arrive -> failed

A table maps (state, act) to the state after it. What it does not name cannot happen: doors draw their
buttons from :func:`acts_from`, and every act passes :func:`step`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from casework.errors import WrongStateError

Life = Mapping[tuple[str, str], str]

WAITING = ("waiting_source", "waiting_authority", "waiting_us")
ACTIVE = ("accepted", "open", *WAITING)
ENDED = ("closed", "declined", "spam", "merged")
CASE_STATES = ("writing", "new", *ACTIVE, *ENDED, "erased")
ENTRY_STATES = (
    "draft",
    "review",
    "approved",
    "scheduled",
    "published",
    "corrected",
    "retracted",
    "discarded",
)
REPLY_STATES = ("sealed", "sent", "waiting", "shown", "gone", "failed")


def _case() -> Life:
    table = {
        ("writing", "file"): "new",
        ("new", "accept"): "accepted",
        ("new", "give-back"): "new",
        ("new", "decline"): "declined",
        ("new", "spam"): "spam",
        ("new", "hear"): "new",
        ("closed", "reopen"): "open",
        ("declined", "reopen"): "new",
        ("spam", "reopen"): "new",
        # Whoever writes again is looked at again; only what was judged spam stays where it is.
        ("closed", "hear"): "open",
        ("declined", "hear"): "new",
        ("spam", "hear"): "spam",
        ("merged", "hear"): "merged",
    }
    for state in ACTIVE:
        table |= {
            (state, "note"): state,
            (state, "reply"): "open",
            (state, "ask"): "waiting_source",
            (state, "close"): "closed",
            (state, "brief"): state,
            (state, "split"): state,
            (state, "lend"): state,
            (state, "pass-up"): state,
            (state, "hear"): "open",
        }
        table |= {(state, f"wait-{whom}"): f"waiting_{whom}" for whom in ("authority", "us")}
    for state in ("new", *ACTIVE):
        table |= {(state, "assign"): state, (state, "merge"): "merged"}
    for state in ("new", *ACTIVE, *ENDED):
        table |= {(state, "mute"): state, (state, "unmute"): state}
    for state in CASE_STATES[:-1]:
        table[state, "erase"] = "erased"
    return MappingProxyType(table)


def _entry() -> Life:
    table = {
        ("draft", "save"): "draft",
        ("draft", "freeze"): "review",
        ("review", "sign"): "review",
        ("review", "verdict"): "review",
        ("review", "approve"): "approved",
        ("approved", "verdict"): "approved",
        ("scheduled", "verdict"): "scheduled",
        ("approved", "approve"): "approved",
        ("approved", "release"): "scheduled",
        ("scheduled", "refuse"): "review",
        ("scheduled", "publish"): "published",
        ("published", "supersede"): "corrected",
        ("published", "take-down"): "retracted",
        ("corrected", "take-down"): "retracted",
    }
    for state in ("review", "approved", "scheduled"):
        # Any edit takes a frozen text back to the desk, and what was said of it is void.
        table[state, "save"] = "draft"
        table[state, "take-down"] = "draft"
        # What the gate found after somebody approved, nobody has approved.
        table[state, "block"] = "review"
    for state in ("draft", "review", "approved", "scheduled"):
        table[state, "embargo"] = state
        table[state, "discard"] = "discarded"
    return MappingProxyType(table)


CASE: Life = _case()
ENTRY: Life = _entry()
REPLY: Life = MappingProxyType(
    {
        ("sealed", "push"): "sent",
        ("sealed", "fail"): "failed",
        ("sealed", "show"): "shown",
        ("sent", "show"): "shown",
        ("sent", "fail"): "failed",
        ("waiting", "show"): "shown",
        ("waiting", "fail"): "failed",  # its phrase was replaced by another
        ("failed", "show"): "shown",
        ("failed", "push"): "sent",
        ("shown", "show"): "shown",
        # Put on its way to the screen, it counts as shown; what never arrives there was not.
        ("shown", "lose"): "failed",
        ("shown", "recall"): "waiting",
        ("sealed", "recall"): "waiting",
        ("shown", "clear"): "gone",
        ("gone", "show"): "shown",
    }
)


def step(life: Life, state: str, act: str) -> str:
    """
    Return the state after *act*.

    Raises:
        WrongStateError: a thing in *state* does not allow it.
    """
    try:
        return life[state, act]
    except KeyError:
        raise WrongStateError(act) from None


def acts_from(state: str, life: Life = CASE) -> tuple[str, ...]:
    """Return the acts a thing in *state* allows, in the order of its table. Does not say who may do them."""
    return tuple(act for (at, act) in life if at == state)
