"""
What stands before every page: whose host this is, where a form comes from, and what a browser may do with it.

* A `Host` that is not ours is refused: a hostile page could otherwise point its own name at this address.
* A form must come from a page of ours: `Origin` where the browser sends one, `Sec-Fetch-Site` besides.
* Nothing is cached, framed, sniffed or referred on; no script runs. The pages of a draft and of a case
  may load one file of ours, named in full: the one that keeps what is being written.
"""

from __future__ import annotations

from collections.abc import Mapping

from desk.errors import ForgedFormError
from desk.settings import Settings

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)

KEEPING = "/static/keep.js"


def keeping_policy(settings: Settings) -> str:
    """Return the policy of a page that may load a script: this one, by its whole address."""
    scheme = "https" if settings.is_https else "http"
    places = " ".join(f"{scheme}://{host}{KEEPING}" for host in sorted(settings.hosts))
    return f"{POLICY}; script-src {places}; connect-src 'self'"


HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "X-Robots-Tag": "noindex, nofollow",
}


def check(settings: Settings, method: str, headers: Mapping[str, str]) -> None:
    """
    Check that a request is for this desk and, where it changes something, from a page of this desk.

    Raises:
        ForgedFormError: it is not.
    """
    host = headers.get("host", "")
    if host not in settings.hosts:
        raise ForgedFormError
    if method != "POST":
        return
    scheme = "https" if settings.is_https else "http"
    if headers.get("origin", f"{scheme}://{host}") != f"{scheme}://{host}":
        raise ForgedFormError
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise ForgedFormError
