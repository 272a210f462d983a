"""What the conversation may know of a case."""

from __future__ import annotations

from dataclasses import dataclass

from casework.keys import PublicKey


@dataclass(frozen=True, repr=False)
class Began:
    """
    The case a tipster began, when it was merged into another person's.

    The thread goes on in the other; what leads to this tipster alone (chat, mailboxes) lies here, so that no
    answer meant for somebody else can come to them, and their own erasure takes it along.
    """

    id: bytes
    content: PublicKey | None  # none: a new one must be made
    next_content: int
    couriers: tuple[bytes, ...]
    chats: tuple[bytes, ...]

    def __repr__(self) -> str:
        return "<Began>"


@dataclass(frozen=True, repr=False)
class CaseFacts:
    """What an answer to a case's tipster depends on: clear columns, and the keys to seal to."""

    id: bytes
    team: str
    status: str
    urgency: str
    language: str
    assignee: str | None
    content: PublicKey | None  # none: nobody living holds the newest key, so a new one must be made
    identity: PublicKey | None
    next_content: int  # the generation a key made now would get
    next_identity: int
    may_summarise: bool
    may_quote: bool
    may_share: bool
    writing: bytes | None  # the locked row of a case still being written
    couriers: tuple[bytes, ...]  # items with a courier address: push works only while there is one
    clocks: frozenset[str]  # kinds that run
    told: bool  # somebody has a notice waiting that its tipster wrote
    second: str | None = None
    people: tuple[str, ...] = ()  # who answers for it, by its columns: whom to tell
    parties: tuple[str, ...] = ()  # who does as signed: whom to grant keys
    chats: tuple[bytes, ...] = ()  # items that let desks write to the mailbox of a chat's own buttons
    held: bool = (
        False  # what its tipster began, or a part of it, is kept for a court: taking it back waits 72 hours
    )
    keepers: tuple[str, ...] = ()  # who answers for the parts that are kept
    is_taken_back: bool = False  # the 72 hours run already
    wants_word: bool = False
    may_picture: bool = False
    shown: tuple[bytes, ...] = ()  # digests of texts that were shown and can be answered
    is_muted: bool = False  # its people take in nothing more from the chat that tells it
    began: Began | None = None  # the case that was asked for, when it was merged into this one

    def __repr__(self) -> str:
        return f"<CaseFacts {self.status}>"

    @property
    def own(self) -> bytes | None:
        """Return the id of the case its tipster began, when that was merged into this one."""
        return None if self.began is None else self.began.id

    @property
    def my_couriers(self) -> tuple[bytes, ...]:
        """Return the items by which lines reach the one tipster who is asked about."""
        return self.couriers if self.began is None else self.began.couriers

    @property
    def my_chats(self) -> tuple[bytes, ...]:
        """Return the items that lead to the mailbox of this tipster's own buttons."""
        return self.chats if self.began is None else self.began.chats

    @property
    def is_writing(self) -> bool:
        """Tell whether it is still being written."""
        return self.writing is not None
