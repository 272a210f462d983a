"""What the conversation may know of a case, and of what waits for its tipster."""

from __future__ import annotations

from dataclasses import dataclass, field

from crypto.xwing import Recipient


@dataclass(frozen=True)
class KeyFacts:
    """A sealing key of a case: what the hub may seal to. *living*: somebody unsuspended can open it."""

    generation: int
    recipient: Recipient
    living: bool


@dataclass(frozen=True, repr=False)
class CaseFacts:
    """The clear columns of one case that an answer to its tipster depends on."""

    id: bytes
    kind: str
    team: str
    status: str
    urgency: str
    language: str
    assignee: str | None
    content: KeyFacts | None
    identity: KeyFacts | None
    may_summarise: bool = False
    may_quote: bool = False
    may_share: bool = False
    writing: bytes | None = None  # the locked row of a case still being written
    writing_spool: int = 0

    def __repr__(self) -> str:
        return f"<CaseFacts {self.status}>"

    @property
    def is_writing(self) -> bool:
        """Tell whether it is still being written."""
        return self.writing is not None


@dataclass(frozen=True, repr=False)
class Letter:
    """One reply that waits in a mailbox, opened; *content* is the bytes of a file."""

    item: str
    kind: str  # text | file
    text: str = ""
    name: str = ""
    mime: str = ""
    at: str = ""
    content: bytes | None = field(default=None)
    shown: bool = False

    def __repr__(self) -> str:
        return f"<Letter {self.kind}>"
