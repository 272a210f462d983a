"""The bell and the alarm word at the same moment: whichever commits first, no line reaches the chat."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import select, text

from bot.answer import Answerer, Prepared
from bot.hear import Heard
from bot.push import speak
from bot.rows import Numbers
from casework import canonical, post
from casework.rows import write
from casework.tables import Case, Item, Outbox
from crypto import context, lock
from intake import events, snapshot
from intake.limits import Budgets
from tests.house import House
from tests.phone import reply

CHAT = 4711


class Tess:
    """Tess at a hub's answerer; what is said to her is left unsent."""

    def __init__(self, house: House) -> None:
        self.house = house
        read = partial(snapshot.read_house, strongbox=house.strongbox, anchor=house.anchor)
        self.answerer = Answerer(
            house.database, house.strongbox, read, Numbers(1), Budgets(os.urandom(32)), lambda: house.now
        )
        self.message = 0

    def answered(self, event: events.Event) -> Prepared:
        return self.answerer.answer(Heard(CHAT, event, at=self.house.now), self.house.now)

    def commit(self, prepared: Prepared, before_commit: Callable[[], object] = lambda: None) -> None:
        """Do what the hub's writer does with one update."""
        with self.house.database.write() as session:
            self.answerer.withdraw(session, prepared)
            write(session, [prepared.rows])
            self.answerer.commit(session, prepared, self.house.now.date())
            session.flush()
            before_commit()

    def say(self, words: str) -> None:
        self.message += 1
        self.commit(self.answered(events.Text(self.message, text=words)))

    def tap(self, action: str) -> None:
        self.commit(self.answered(events.Tap(1, action=action)))


def _agreed(house: House) -> Tess:
    """Tess's case is with Alice, she has an alarm word, and an answer waits to be announced."""
    tess = Tess(house)
    tess.say("нас держат в яме")
    tess.tap("legal")
    tess.tap("u.normal")
    tess.tap("a.ask")
    tess.say("черемуха")
    with house.database.read() as session:
        case = session.scalars(select(Case.id)).one()
    reply(house, "alice", case, "Ответ.")
    return tess


def _lines(house: House) -> list[str]:
    """Return the lines that ring for an answer and wait to be said."""
    with house.database.read() as session:
        rows = session.scalars(select(Outbox).where(Outbox.item.is_not(None))).all()
    keys = house.strongbox.spools
    opened = [lock.unlock(keys[row.spool], row.locked, context.named("outbox", row.id)) for row in rows]
    return [str(canonical.loads(one)["text"]) for one in opened]


def _ring(house: House, before_commit: Callable[[], object] = lambda: None) -> None:
    with house.database.write() as session:
        post.ring(session, house.strongbox, speak, house.now, limit=1)
        session.flush()
        before_commit()


@pytest.mark.parametrize("first", ["bell", "alarm"])
def test_no_line_slips_out_between_the_bell_and_the_alarm_word(house: House, first: str) -> None:
    """Each begins while the other has written and not committed."""
    tess = _agreed(house)
    alarm = tess.answered(events.Text(99, text="черемуха"))
    assert alarm.outcome.severs
    acts: dict[str, Callable[..., None]] = {
        "bell": partial(_ring, house),
        "alarm": partial(tess.commit, alarm),
    }
    second = threading.Thread(target=acts["alarm" if first == "bell" else "bell"])

    def meanwhile() -> None:
        second.start()
        if house.database.is_sqlite:
            return  # it waits for the whole database
        # It waits for the row of the case; without that it would go on to its end.
        while second.is_alive() and not _is_waiting(house):
            second.join(0.01)

    acts[first](meanwhile)
    second.join(30)
    assert not second.is_alive()
    assert _lines(house) == []
    with house.database.read() as session:
        states = session.scalars(select(Item.state).where(Item.kind == "reply")).all()
    # It waits in its mailbox, for whoever comes back with a button or a phrase.
    assert states == ["waiting"]


def _is_waiting(house: House) -> bool:
    with house.database.engine.connect() as connection:
        asked = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return bool(connection.execute(asked).scalar())
