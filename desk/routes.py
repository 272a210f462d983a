"""Every address of the desk, and who may ask for it. What is not here does not exist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from desk.visit import Reply, Visit

Page = Callable[[Visit], Reply]

ROLES = frozenset({"coordinator", "lawyer", "consultant", "editor", "custodian"})
OPEN: frozenset[str] = frozenset()
CASEWORKERS = frozenset({"lawyer", "consultant", "editor"})
# Who may answer for a case, and say what its days and people are.
TAKERS = frozenset({"lawyer", "editor"})
LAWYERS = frozenset({"lawyer"})
EDITORS = frozenset({"editor"})

WORK = "work"
# Argon2 takes 256 MiB and a second of one core; its lane is two wide.
UNLOCK = "unlock"
# A preview takes a child process; its lane is two wide.
PICTURE = "picture"


@dataclass(frozen=True)
class Route:
    """One address with one method, the page behind it, and the roles that may use it."""

    method: Literal["GET", "POST"]
    path: str
    page: Page
    # Empty: whoever reaches the desk, signed in or not.
    roles: frozenset[str]
    lane: str = WORK
    # The size of body it takes beside the fields of a form.
    takes_file: bool = False

    @property
    def is_open(self) -> bool:
        """Tell whether it needs no session."""
        return not self.roles
