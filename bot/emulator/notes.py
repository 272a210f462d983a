"""
Practice notes: throwaway accounts beside the phones, with the codes that sign them in right now.

A note is ``{"title", "accounts": [{"name", "role", "passphrase", "otpauth", "link"}],
"links": [{"label", "url"}]}``, every field optional. The page is sent the current code,
never the secret it is computed from. For practice only: real accounts have no place here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pyotp

from bot.emulator.errors import ControlError

Json = dict[str, Any]
SHOWN = ("name", "role", "passphrase", "link")


def checked_notes(wishes: Json) -> Json:
    """
    Return *wishes* if they can be shown.

    Raises:
        ControlError: not the shape above, or an otpauth address that is none.
    """
    accounts, links = wishes.get("accounts", []), wishes.get("links", [])
    if not all(
        isinstance(part, list) and all(isinstance(x, dict) for x in part) for part in (accounts, links)
    ):
        raise ControlError("accounts and links are lists of objects")
    for account in accounts:
        _totp(account)
    return {"title": str(wishes.get("title", "")), "accounts": accounts, "links": links}


def shown_notes(notes: Json, now: datetime) -> Json:
    """Return the notes as the page shows them at *now*."""
    return {
        "title": notes.get("title", ""),
        "links": notes.get("links", []),
        "accounts": [_shown_account(account, now) for account in notes.get("accounts", [])],
    }


def _shown_account(account: Json, now: datetime) -> Json:
    shown: Json = {field: str(account[field]) for field in SHOWN if account.get(field)}
    totp = _totp(account)
    if totp is not None:
        shown["code"] = totp.at(now)
        shown["seconds_left"] = totp.interval - int(now.timestamp()) % totp.interval
    return shown


def _totp(account: Json) -> pyotp.TOTP | None:
    try:
        if account.get("otpauth"):
            parsed = pyotp.parse_uri(str(account["otpauth"]))
            if not isinstance(parsed, pyotp.TOTP):
                raise ControlError("only codes by time are shown")
            return parsed
        if account.get("secret"):
            return pyotp.TOTP(str(account["secret"]))
    except ValueError:
        raise ControlError("that is not an otpauth address or a secret of 112 bits or more") from None
    return None
