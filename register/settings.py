"""What a register is told about itself. A frozen value; reading a file is not its business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from register.honesty import Honesty
from register.vocabulary import LANGUAGES, Language


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """
    How the site calls itself, where it lives, and where its copies are.

    ``base_url`` is used in feeds and citations only; pages link to one another relatively, so that a copy
    works from any folder. ``bots`` and ``channel`` are names in Telegram, without
    the @. ``key`` is the register's public signing key, shown for comparison.
    """

    base_url: str = ""
    names: Mapping[Language, str] = field(default_factory=dict)
    languages: tuple[Language, ...] = LANGUAGES
    mirrors: tuple[str, ...] = ()
    bots: tuple[str, ...] = ()
    channel: str = ""
    key: bytes | None = None
    honesty: Honesty = field(default_factory=Honesty)

    def address(self, path: str) -> str:
        """Return the full address of *path*, or *path* itself where no base is known."""
        return f"{self.base_url.rstrip('/')}/{path}" if self.base_url else path
