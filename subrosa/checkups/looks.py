"""What an officer sees of the bot without opening the chat, as Telegram shows it now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.errors import BotError
from bot.looks import UnseenError, read_back
from bot.telegram import Endpoint, read_token
from intake import identity
from subrosa.checkups import Finding, ok, red, warn
from subrosa.settings import Settings

HINT = 'subrosa hub sets a neutral one at its start: telegram.identity = "neutral"'


def check_looks(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Hold every bot's name, user name, texts and commands against the list of words that give us away."""
    del now
    endpoint = Endpoint(settings.telegram.api_base_url)
    for path in settings.telegram.token_files:
        try:
            seen = read_back(read_token(path), endpoint)
        except UnseenError:
            yield warn("outside look", "could not be read back from Telegram", "try again when it answers")
            continue
        except BotError:
            continue  # the checkup of tokens says so
        yield from _judge(settings, seen)


def _judge(settings: Settings, seen: dict[str, str]) -> Iterator[Finding]:
    user_name = seen["@"]
    if identity.forbidden_in_user_name(user_name):
        yield red("outside look", "the user name says what this is", "make another bot at BotFather")
    telling = [language for language, text in seen.items() if identity.forbidden_in(text)]
    if telling:
        yield red("outside look", f"says what this is ({', '.join(telling)})", HINT)
    unset = [one for one in identity.LANGUAGES if seen[one] != identity.load(one).visible()]
    if unset and settings.telegram.identity == "neutral":
        yield warn("outside look", f"is not the neutral one yet ({', '.join(unset)})", HINT)
    if not telling and not unset:
        yield ok("outside look", "is neutral in every language")
