"""What a thief carries off: every key that lies in the hub's folders, tried on whatever is locked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from casework.errors import CaseworkError, KeyMissingError
from casework.families import Family
from crypto.errors import CryptoError
from crypto.lock import Key
from crypto.xwing import Identity

T = TypeVar("T")


@dataclass(frozen=True)
class Loot:
    """Keys by the family they were found in. Nothing is spared because it is meant for something else."""

    families: Mapping[str, Mapping[int, Key]]
    identities: Mapping[str, Sequence[Identity]]

    def __repr__(self) -> str:
        return f"<Loot {sorted(self.families)}>"

    @classmethod
    def gather(cls, *folders: Path) -> Loot:
        """Read every file of keys in *folders*; what is damaged yields nothing."""
        found: dict[str, Mapping[int, Key]] = {}
        for path in (one for folder in folders for one in sorted(folder.glob("*.key"))):
            try:
                family = Family.load(path)
            except KeyMissingError:
                continue
            found[path.stem] = {n: Key(n, key.secret) for n, key in family.keys.items()}
        return cls.of(found)

    @classmethod
    def of(cls, families: Mapping[str, Mapping[int, Key]]) -> Loot:
        """Take these keys, each also as one that sealed files could be for."""
        identities = {
            name: [Identity.from_seed(key.secret) for key in keys.values()] for name, keys in families.items()
        }
        return cls(families, identities)

    def __len__(self) -> int:
        return sum(len(keys) for keys in self.families.values())

    def secrets(self) -> Iterator[bytes]:
        """Return the bytes of every key."""
        for keys in self.families.values():
            for key in keys.values():
                yield key.secret

    def unlock(self, open_with: Callable[[Mapping[int, Key]], T]) -> tuple[str, T] | None:
        """Try every family on a locked row; return which one opened it, and what was in it."""
        for name, keys in self.families.items():
            opened = attempt(partial(open_with, keys))
            if opened is not None:
                return name, opened
        return None

    def open(self, open_with: Callable[[Identity], T]) -> tuple[str, T] | None:
        """Try every key as one that sealed files are for; return which one opened it, and what was in it."""
        for name, identities in self.identities.items():
            for identity in identities:
                opened = attempt(partial(open_with, identity))
                if opened is not None:
                    return name, opened
        return None


# A row may hold anything: whoever writes the database, or seals to a public half, made it.
FAULTS = (CryptoError, CaseworkError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def attempt(open_it: Callable[[], T]) -> T | None:
    """Return what *open_it* opens, or none when it stays shut."""
    try:
        return open_it()
    except FAULTS:
        return None
