"""
What can go wrong at the desk. Each names the catalogue key of the sentence a person reads, and its status.

    DeskError
    ├ NotSignedInError       303 to the sign-in page
    ├ LockedError            401 the sitting waits for its PIN
    ├ WrongSignInError       401 one sentence for every cause
    ├ ForbiddenError         403 this role may not do this
    ├ ForgedFormError        403 the form does not come from this session
    ├ MissingError           404 there is none, or it is not yours
    ├ StaleFormError         409 somebody was faster
    ├ ConflictError(reasons) 409 the state of the thing forbids it; every reason
    ├ TooLargeError          413 more than the desk takes
    ├ IncompleteError(field) 422 a field is empty or wrong
    ├ TooManyError           429 a limit of the house
    ├ BusyError              503 too many at once
    ├ HubSilentError         503 the keeper does not answer
    ├ KeyAwaitedError        503 the newest key has not been passed to this person yet
    └ NotStoredError         503 the database takes nothing: no space, or it is away
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class DeskError(Exception):
    """The desk could not do this."""

    status: ClassVar[int] = 500
    key: ClassVar[str] = "error.internal"


class NotSignedInError(DeskError):
    """Sign in first."""

    status = 303
    key = "error.signed_out"


class LockedError(DeskError):
    """This sitting waits for its PIN."""

    status = 401
    key = "error.locked"


class WrongSignInError(DeskError):
    """Name, passphrase and code do not belong together."""

    status = 401
    key = "error.wrong_sign_in"


class ForbiddenError(DeskError):
    """Your role may not do this."""

    status = 403
    key = "error.forbidden"


class ForgedFormError(DeskError):
    """This form does not come from your session."""

    status = 403
    key = "error.forged"


class MissingError(DeskError):
    """There is no such thing here, or it is not yours to see."""

    status = 404
    key = "error.missing"


class StaleFormError(DeskError):
    """Somebody changed this while you were reading."""

    status = 409
    key = "error.stale"


class ConflictError(DeskError):
    """This cannot be done as things stand."""

    status = 409
    key = "error.conflict"

    def __init__(self, reasons: Sequence[str] = ()) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = tuple(reasons)


class TooLargeError(DeskError):
    """That is more than the desk takes at once."""

    status = 413
    key = "error.too_large"


class IncompleteError(DeskError):
    """A field is empty or wrong."""

    status = 422
    key = "error.incomplete"

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class TooManyError(DeskError):
    """That is too often in too short a time."""

    status = 429
    key = "error.too_many"


class BusyError(DeskError):
    """Too many at once. Try again in a moment."""

    status = 503
    key = "error.busy"


class HubSilentError(DeskError):
    """The hub does not answer, so nothing sealed can be opened now."""

    status = 503
    key = "error.hub_silent"


class KeyAwaitedError(DeskError):
    """This got a new key that you do not hold yet. A colleague's desk passes it on by itself."""

    status = 503
    key = "error.key_awaited"


class NotStoredError(DeskError):
    """The database takes and gives nothing: the disk is full, or it is away."""

    status = 503
    key = "error.not_stored"
