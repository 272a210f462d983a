"""
Runs: several messages of one chat, answered in one go and committed together.

Reading the conversation and its case, and writing the thread, cost more than a message itself. So what a
person sent while the message before was still in work is taken along, as long as nothing that an answer
writes changes what the next one is answered by. The rows are then those of one by one, in fewer statements.
Whatever begins, files, moves or ends something ends the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.hear import Heard
from casework.tables import Case, Chunk, Deletion, Item, Outbox, Writing
from intake.filing import Outcome
from intake.replies import Receipt, Reply
from intake.state import State

# Messages of one run: the others wait for the whole of it.
LONGEST = 16

_ADDED = frozenset(kind.__tablename__ for kind in (Item, Chunk, Outbox, Deletion))
# Items that only readers at a desk look at; addresses and mailboxes are part of what a case is known by.
_TOLD = frozenset({"message", "file", "answers", "card"})
# What the rows of a case are written by; only while it stays is what was read of them still so.
_LASTING = (
    "case", "own", "filed", "clearing", "remember", "language",
    "kind", "urgency", "reach", "hours", "wrote_before",
)  # fmt: skip
_CHANGED = frozenset({Writing.__tablename__, Deletion.__tablename__})


def is_plain(heard: Heard | None) -> bool:
    """Tell whether *heard* can be answered at once: nothing to fetch, no tap that waits for its answer."""
    return heard is not None and heard.file_id is None and heard.query is None


def is_quiet(before: State | None, outcome: Outcome) -> bool:
    """Tell whether the next message would be answered the same had *outcome* been committed."""
    after = outcome.state
    if before is None or after is None or outcome.leaves or outcome.severs or outcome.silences:
        return False
    if outcome.erase is not None or outcome.mailboxes or outcome.phrases or not _stays(before, after):
        return False
    rows = outcome.rows
    return (
        not rows.drops
        and not rows.steps
        and all(
            table.name in _ADDED and (table.name != Item.__tablename__ or values["kind"] in _TOLD)
            for table, values in rows.inserts
        )
        and all(
            table.name in _CHANGED or (table.name == Case.__tablename__ and set(values) <= {"touched"})
            for table, _where, values in rows.changes
        )
    )


def _stays(before: State, after: State) -> bool:
    """Tell whether the conversation is about the same case in the same way."""
    return all(getattr(before, name) == getattr(after, name) for name in _LASTING)


def join(outcomes: Sequence[Outcome]) -> Outcome:
    """Return the one outcome of a whole run; receipts that follow each other become one."""
    last = outcomes[-1]
    if len(outcomes) == 1:
        return last
    rows = outcomes[0].rows
    for outcome in outcomes[1:]:
        rows.extend(outcome.rows)
    rows.fold()
    return replace(last, rows=rows, replies=_merged([one for each in outcomes for one in each.replies]))


def _merged(replies: Sequence[Reply]) -> tuple[Reply, ...]:
    merged: list[Reply] = []
    for reply in replies:
        before = merged[-1] if merged else None
        if isinstance(reply, Receipt) and isinstance(before, Receipt):
            merged[-1] = before.merged(reply)
        else:
            merged.append(reply)
    return tuple(merged)
