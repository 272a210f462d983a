"""
What can go wrong in casework. The class docstring is the sentence a person reads.

    CaseworkError
    ├ NotAllowedError(act)        this person may not do this act
    ├ WrongStateError(act)        the thing is no longer in a state that allows the act
    ├ StaleError                  somebody changed it first
    ├ NotFoundError               there is no such thing, or it is not for this person
    ├ NotReleasableError(reasons) every reason, not the first
    ├ KeyMissingError             a key the hub needs is not on file
    ├ LimitReachedError           too many in too short a time
    └ SchemaMismatchError         the database belongs to another version
"""

from __future__ import annotations

from collections.abc import Sequence


class CaseworkError(Exception):
    """Something in the casework could not be done."""


class NotAllowedError(CaseworkError):
    """You may not do this."""

    def __init__(self, act: str) -> None:
        super().__init__(act)
        self.act = act


class WrongStateError(CaseworkError):
    """This can no longer be done: its state has changed."""

    def __init__(self, act: str) -> None:
        super().__init__(act)
        self.act = act


class StaleError(CaseworkError):
    """Somebody else was faster. Look again and decide anew."""


class NotFoundError(CaseworkError):
    """There is no such thing here, or it is not yours to see."""


class NotReleasableError(CaseworkError):
    """This draft may not become public."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = tuple(reasons)


class KeyMissingError(CaseworkError):
    """A key this needs is not on file."""


class LimitReachedError(CaseworkError):
    """Too many at once. Try again later."""


class SchemaMismatchError(CaseworkError):
    """This database belongs to another version of the program. Run `subrosa upgrade` with the newest one."""
