"""
What can go wrong at the stand-in, drawn as a tree.

    EmulatorError
    ├ ApiError       an answer of the Bot API that is not "ok"; carries the official text
    └ ControlError   the person or test that drives the stand-in asked for the impossible
"""

from __future__ import annotations

from typing import Any

PREFIXES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    413: "Request Entity Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
}


class EmulatorError(Exception):
    """The stand-in cannot do this."""


class ApiError(EmulatorError):
    """The Bot API refuses the call."""

    def __init__(self, code: int, description: str, parameters: dict[str, Any] | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


class ControlError(EmulatorError):
    """The control API refuses the call."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status


def bad_request(text: str) -> ApiError:
    """Word a 400 as the official server does."""
    return _refusal(400, text)


def forbidden(text: str) -> ApiError:
    """Word a 403 as the official server does."""
    return _refusal(403, text)


def conflict(text: str) -> ApiError:
    """Word a 409 as the official server does."""
    return _refusal(409, text)


def unauthorized(text: str = "") -> ApiError:
    """Word a 401 as the official server does: bare for a revoked token, with a reason for a malformed one."""
    return _refusal(401, text)


def not_found(text: str = "") -> ApiError:
    """Word a 404 as the official server does."""
    return _refusal(404, text)


def flood(retry_after: int) -> ApiError:
    """Word a 429 as the official server does, with the seconds to wait in *parameters* too."""
    return ApiError(429, f"Too Many Requests: retry after {retry_after}", {"retry_after": retry_after})


def _refusal(code: int, text: str) -> ApiError:
    return ApiError(code, f"{PREFIXES[code]}: {text}" if text else PREFIXES[code])
