"""The public channel, where a house has one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.channel_calls import read_own_token
from bot.errors import BotError, ChannelError
from subrosa.checkups import Finding, ok, red
from subrosa.settings import Settings


def check_channel(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Look at the token of the publishing bot: whoever has it writes in the channel."""
    del now
    if not settings.register.channel:
        return
    path = settings.register.channel_token_file
    try:
        read_own_token(path, *settings.telegram.token_files)
    except ChannelError:
        yield red(
            "channel", "the tipsters' bot would publish", f"make another bot, put its token into {path}"
        )
        return
    except BotError:
        yield red("channel", "a token is missing", f"put the publishing bot's token into {path}, mode 600")
        return
    if path.stat().st_mode & 0o077:
        yield red("channel", "others on this machine may read its token", f"chmod 600 {path}")
    else:
        yield ok("channel", "has a bot of its own, its token closed to others")
