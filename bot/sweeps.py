"""
When what stands in a chat is to be taken out again: rows of deletions for each thing that came in.

What was sent is remembered when it was sent, by the outbox.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot import rows as build
from bot.hear import Heard
from casework.rows import Rows
from crypto.lock import Key
from intake.filing import Outcome

# A tapped message older than this is answered by a new one, which can still be deleted for two days.
EDITABLE = timedelta(hours=24)


def keeps(outcome: Outcome) -> bool:
    """Tell whether the tipster clears this chat by hand."""
    return outcome.clearing == "self"


def editable(heard: Heard, now: datetime) -> int | None:
    """Return the number of the message tapped, if the answer may take its place."""
    if heard.query is None or heard.at is None or now - heard.at > EDITABLE:
        return None
    return heard.event.message


def add(rows: Rows, key: Key, run: Sequence[Heard], outcome: Outcome, now: datetime) -> None:
    """
    Have the messages that *outcome* answers deleted in their time.

    A tap adds nothing: the line that announced an answer keeps its button, because the answer itself leaves
    after an hour and may be asked for again for two weeks.
    """
    first = run[0]
    if first.query is not None:
        return
    build.deletion(
        rows,
        key,
        first.chat,
        list(dict.fromkeys(heard.event.message for heard in run)),
        min(heard.at or now for heard in run),
        now if outcome.leaves else _after(outcome.fades, now),
        keep=keeps(outcome),
        fixed=outcome.leaves,
        door=first.door,
    )


def _after(time: timedelta | None, now: datetime) -> datetime | None:
    return None if time is None else now + time
