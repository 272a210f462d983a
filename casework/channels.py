"""
The three ways a notice leaves the house: mail, a web hook, a staff bot.

Each is a function ``send(address, subject, text)`` that returns when the other side took the message. An
error carries neither address nor answer: both may name a person.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

import httpx

from casework.errors import CaseworkError

Send = Callable[[str, str, str], None]

# Nobody at the other end should be able to hold up the notices of others for long.
TIMEOUT = 15.0


class ChannelError(CaseworkError):
    """A notice could not be delivered."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail server that takes our notices."""

    host: str
    port: int
    sender: str
    security: str = "starttls"  # starttls | tls | none (a relay on this machine)
    user: str = ""
    password: str = field(default="", repr=False)


def mail(server: Mail) -> Send:
    """Return a channel whose addresses are mail addresses."""

    def send(address: str, subject: str, text: str) -> None:
        try:
            with _connect(server) as smtp:
                if server.user:
                    smtp.login(server.user, server.password)
                smtp.send_message(_message(server.sender, address, subject, text))
        except (OSError, smtplib.SMTPException, ValueError):
            raise ChannelError from None

    return send


def webhook(client: httpx.Client) -> Send:
    """Return a channel whose addresses are web addresses that take ``{"text": …}``."""

    def send(address: str, subject: str, text: str) -> None:
        _post(client, address, {"text": f"{subject}\n{text}"})

    return send


def staff_bot(client: httpx.Client, base_url: str, token: str) -> Send:
    """Return a channel whose addresses are chats with a bot of the staff's own, never the tipsters' bot."""

    def send(address: str, subject: str, text: str) -> None:
        body = {"chat_id": address, "text": f"{subject}\n{text}", "protect_content": True}
        _post(client, f"{base_url.rstrip('/')}/bot{token}/sendMessage", body)

    return send


def http_client() -> httpx.Client:
    """Return a client that follows nobody elsewhere and reads no proxy from its surroundings."""
    return httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False)


def _post(client: httpx.Client, address: str, body: dict[str, object]) -> None:
    try:
        client.post(address, json=body).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        raise ChannelError from None


def _connect(server: Mail) -> smtplib.SMTP:
    # The greeting would otherwise name this machine to the mail server.
    if server.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, "localhost", timeout=TIMEOUT, context=context)
    smtp = smtplib.SMTP(server.host, server.port, "localhost", timeout=TIMEOUT)
    if server.security == "starttls":
        try:
            smtp.starttls(context=ssl.create_default_context())
        except BaseException:
            smtp.close()
            raise
    return smtp


def _message(sender: str, address: str, subject: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = address
    message["Subject"] = subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2] or "localhost")
    message.set_content(text, cte="base64")  # every server takes it
    return message
