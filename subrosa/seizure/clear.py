"""What can be read without any key: the files of the house, searched for what must not stand in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy.engine import make_url

from subrosa.settings import Settings

_PORTION = 1024 * 1024
# Shorter numbers turn up in any file by chance.
_SHORTEST = 7


def files_of(settings: Settings) -> list[Path]:
    """Return the files a thief finds: the hub's folders, the database, logs beside the configuration."""
    found = [
        path for folder in (settings.hub.state_dir, settings.hub.runtime_dir) for path in folder.rglob("*")
    ]
    url = make_url(settings.database.url)
    if url.get_backend_name() == "sqlite" and url.database:
        database = Path(url.database)
        found += database.parent.glob(f"{database.name}*")
    found += settings.path.parent.glob("*.log")
    return sorted({path for path in found if path.is_file()})


def standing(
    files: Iterable[Path], chats: Iterable[int], secrets: Iterable[bytes], tokens: Iterable[bytes]
) -> int:
    """
    Return in how many of *files* a chat, a key, a token or a password stands in clear.

    Files of keys are searched for chats and tokens only: that keys stand in them is what they are for.
    """
    numbers = [str(chat).encode() for chat in chats if len(str(chat)) >= _SHORTEST]
    words = [*numbers, *(token for token in tokens if len(token) >= _SHORTEST)]
    keys = [one for secret in secrets for one in (secret, secret.hex().encode())]
    return sum(_holds(path, words if path.suffix == ".key" else [*words, *keys]) for path in files)


def _holds(path: Path, needles: list[bytes]) -> bool:
    longest = max((len(one) for one in needles), default=1)
    return any(needle in part for part in _parts(path, longest) for needle in needles)


def _parts(path: Path, overlap: int) -> Iterator[bytes]:
    """Read a file in portions that overlap, so that nothing hides on a border."""
    try:
        with path.open("rb") as source:
            before = b""
            while portion := source.read(_PORTION):
                yield before + portion
                before = portion[-overlap:]
    except OSError:
        return
