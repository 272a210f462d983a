"""
Numbers of the register's issues: each greater than every one before, whatever was lost.

A reader who has seen a number refuses a copy with a smaller one. So the number is kept with the house, and
where the site and what its builder remembers are both gone, a restored house may be older than its last
issue as well: then some are skipped.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.tables import House

# More issues than a house signs between two copies of its database: one every two seconds for half an hour.
SKIPPED = 1000


def draw_issue(session: Session, seen: int) -> int:
    """Return the number of the next issue; *seen* is the last the builder knows, 0 where that was lost."""
    house = session.scalars(select(House).with_for_update()).one()
    last = max(seen, house.issue)
    if seen == 0 and house.issue:
        last += SKIPPED
    house.issue = last + 1
    return house.issue
