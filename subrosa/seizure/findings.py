"""What a rehearsal tells: counts and days in plain words, never an id of a chat nor a word of anybody."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One thing a thief gets, or tried and did not.

    *count* is how many opened, or are there to be read; *tried* how many were tried; *days* on how many
    different days they arose; *opened_by* which of the keys found there opened them.
    """

    code: str
    count: int
    text: str
    tried: int = 0
    days: int = 0
    opened_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """
    How far one staff keyring goes in one place, with one set of epoch keys.

    *content* and *identity* are the cases whose words and cards opened, by the id that ``erase`` takes.
    """

    place: str  # database | backup
    epoch: str  # today | earlier | none
    content: tuple[str, ...]
    identity: tuple[str, ...]
    drafts: int
    grants: int


@dataclass(frozen=True, slots=True)
class Yield:
    """What a seizure yields, and what it does not."""

    disk: tuple[Finding, ...]
    running: tuple[Finding, ...]
    closed: tuple[Finding, ...]
    backup: tuple[Finding, ...]
    keyring: tuple[Reach, ...]
    token: tuple[str, ...]
    first_minutes: tuple[str, ...]


TOKEN = (
    "every message that still stands in any chat with the bot, and who wrote it: a token signs in",
    "every message from now on, until the token is revoked; and the bot's voice in every chat",
    "not what was deleted from the chats in time; what Telegram keeps of that, nobody here knows",
)
FIRST_MINUTES = (
    "revoke the token at BotFather: until then the thief reads what stands in the chats, and what comes",
    "cut the machine's power if you still can: what lies in memory and runtime_dir goes with it",
    "suspend whoever was signed in at a desk on it, from another desk, and have a second make it last",
    "see that second medium and escrow key are elsewhere, and apart from each other",
    "if it printed the register or posted to a channel: say elsewhere that new keys follow, revoke its token",
    "warn those with something pending by another way, then restore elsewhere with a new token",
)
