"""What nobody could read: sealed as it came, filed with the default team, named to the coordinators."""

from __future__ import annotations

from datetime import datetime

from casework import keys, notices
from casework.errors import KeyMissingError
from casework.rows import Rows
from intake import handover, opening
from intake.snapshot import House
from intake.state import State
from intake.work import Random, Work


def seal_raw(raw: bytes, house: House, now: datetime, random: Random) -> Rows:
    """
    Return the rows of a case that holds *raw* as a file.

    Raises:
        KeyMissingError: the house has nobody who could open it, so it must be kept where it is.
    """
    if not house.staffing.teams():
        raise KeyMissingError("team")
    state = State(case=random(16).hex(), handle=random(32).hex(), reach="phrase")
    work = Work(house, 0, now, random, state)
    opening.begin(work)
    head = {
        "at": work.at,
        "caption": "",
        "form": "update",
        "mime": "application/json",
        "name": "update.json",
        "seq": 0,
        "size": len(raw),
    }
    work.seal_file(keys.CONTENT, "tipster", head, raw)
    handover.file(work)
    notices.add(work.rows, notices.UNPARSED, house.staffing.coordinators(), work.case, now)
    return work.rows
