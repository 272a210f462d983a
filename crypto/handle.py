"""Handles: the secret on a button. Kept nowhere but in the chat, and used like a code phrase.

Callback data: 43 characters of URL-safe base64 and 1 to 21 characters that name the action; Telegram
allows 64 bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from crypto.encoding import decode_url, encode_url
from crypto.errors import MalformedError
from crypto.mailbox import Mailbox, derive

Random = Callable[[int], bytes]

SIZE = 32
TEXT_SIZE = 43
DATA_LIMIT = 64

_ACTION = re.compile(r"[a-z0-9._:-]{1,21}\Z")


@dataclass(frozen=True)
class Handle:
    """Thirty-two random bytes that lead back to one mailbox."""

    raw: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.raw) != SIZE:
            raise MalformedError("handle: wrong length")

    def data(self, action: str) -> str:
        """Return the callback data of the button that does *action* with this handle."""
        if not _ACTION.match(action):
            raise ValueError("crypto: an action is 1 to 21 of a-z 0-9 . _ : -")
        return encode_url(self.raw) + action

    def mailbox(self) -> Mailbox:
        """Return the mailbox that this handle opens."""
        return derive(self.raw)


def generate(random: Random) -> Handle:
    """Make a new handle from *random*, such as `os.urandom`."""
    return Handle(random(SIZE))


def parse(data: str) -> tuple[str, Handle]:
    """Return action and handle of a button's callback data.

    Raises:
        MalformedError: not the data of such a button.
    """
    action = data[TEXT_SIZE:]
    if not _ACTION.match(action):
        raise MalformedError("handle: no action")
    return action, Handle(decode_url(data[:TEXT_SIZE], part="handle"))
