"""The parameters of one call, however they travelled: query string, form, multipart or JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from bot.emulator.errors import bad_request

TRUE = frozenset({"true", "1", "yes"})


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with the call."""

    name: str
    mime_type: str
    content: bytes

    def __repr__(self) -> str:
        return f"<Upload {len(self.content)} bytes>"


class Params:
    """Read parameters by type, the same from a form, where all are strings, as from a JSON body."""

    def __init__(self, values: dict[str, Any], uploads: dict[str, Upload]) -> None:
        self.values = values
        self.uploads = uploads

    def text(self, name: str) -> str:
        """Return a string, empty where absent."""
        value = self.values.get(name)
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        return value if isinstance(value, str) else json.dumps(value)

    def integer(self, name: str, default: int = 0) -> int:
        """Return a whole number; what is not one reads as *default*, as on the official server."""
        try:
            return int(self.text(name).strip() or default)
        except ValueError:
            return default

    def number(self, name: str) -> float:
        """Return a number; absent, or something else, is zero."""
        try:
            return float(self.text(name).strip() or 0)
        except ValueError:
            return 0.0

    def flag(self, name: str) -> bool:
        """Return a yes or no; absent is no."""
        return self.text(name).strip().lower() in TRUE

    def json(self, name: str, complaint: str) -> Any:
        """
        Return an object or list, None where absent.

        Raises:
            ApiError: not JSON; the answer says *complaint*.
        """
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(complaint) from None

    def upload(self, name: str) -> Upload | None:
        """Return the file sent as *name*, directly or through an ``attach://`` reference."""
        reference = self.text(name)
        if reference.startswith("attach://"):
            return self.uploads.get(reference.removeprefix("attach://"))
        return self.uploads.get(name)

    def for_record(self) -> dict[str, Any]:
        """Return the parameters for the record of calls: files by name, size and digest."""
        files = {
            name: {
                "file_name": u.name,
                "size": len(u.content),
                "sha256": hashlib.sha256(u.content).hexdigest(),
            }
            for name, u in self.uploads.items()
        }
        return {**self.values, **files}
