"""
Response clocks: until when somebody answers, and what happens when nobody does.

Urgent one hour, days twelve hours, normal three working days, unless the house says otherwise. A stored
instant is rounded up to 15 minutes and dies when its clock is met, so that no row tells when somebody wrote.

An accept clock that runs out climbs: stand-in, duty list, coordinators, who hear of it until somebody
accepts. A reply clock that runs out tells the assignee and the second holder. Steps are claimed by
compare-and-set from rows, so a hub that slept fires each of them once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from casework.rows import Rows
from casework.tables import Clock

ACCEPT = "accept"
REPLY = "reply"
ORPHAN = "orphan"  # an accepted case whose people are all gone
WITHDRAWN = "withdrawn"  # taken back by its tipster while it is held: nothing stops this one
# The steps an unaccepted case climbs, in order.
STEPS = ("accept", "accept_duty", "accept_house")

GRAIN = timedelta(minutes=15)
# What a clock that ran out is marked with until it is met: said in time, or by a hub that was not there.
TOLD, TOLD_LATE = "told", "told_late"
# So long after a clock ran out it counts as late that somebody hears of it.
LATE = timedelta(minutes=15)
MOSCOW = timezone(timedelta(hours=3))

WorkingDay = Callable[[date], bool]


def is_weekday(day: date) -> bool:
    """Tell whether *day* is Monday to Friday; knows no holidays."""
    return day.weekday() < 5


@dataclass(frozen=True, slots=True)
class Times:
    """How long each urgency may wait, and in whose days."""

    now: timedelta = timedelta(hours=1)
    days: timedelta = timedelta(hours=12)
    normal: int = 3  # working days
    step: timedelta = timedelta(hours=1)  # between two steps of an unaccepted case
    zone: tzinfo = MOSCOW
    working_day: WorkingDay = is_weekday


@dataclass(frozen=True, slots=True)
class Hours:
    """When somebody of the house is usually at a desk."""

    opens: time = time(9)
    closes: time = time(21)
    zone: tzinfo = MOSCOW
    working_day: WorkingDay = is_weekday


def due(urgency: str, now: datetime, times: Times) -> datetime:
    """Return until when a case of *urgency* is to be answered, rounded up to :data:`GRAIN`."""
    if urgency == "now":
        return _round_up(now + times.now)
    if urgency == "days":
        return _round_up(now + times.days)
    return _round_up(_after_working_days(now, times))


def honest_hour(now: datetime, urgency: str, on_duty: int, times: Times, hours: Hours) -> datetime:
    """
    Return the hour until which a tipster may honestly be told to expect an answer.

    With nobody on duty, waiting begins when the house opens next.
    """
    begins = now if on_duty else next_opening(now, hours)
    return _round_up(due(urgency, begins, times), timedelta(hours=1))


def is_open(now: datetime, hours: Hours) -> bool:
    """Tell whether *now* is a working hour there."""
    return next_opening(now, hours) == now


def next_opening(now: datetime, hours: Hours) -> datetime:
    """Return *now* while the house is open, else when it opens next."""
    local = now.astimezone(hours.zone)
    if hours.working_day(local.date()) and hours.opens <= local.time() < hours.closes:
        return now
    day = local.date()
    if local.time() >= hours.opens:
        day += timedelta(days=1)
    while not hours.working_day(day):
        day += timedelta(days=1)
    return datetime.combine(day, hours.opens, hours.zone).astimezone(UTC)


def start(rows: Rows, case: bytes, kind: str, until: datetime) -> None:
    """Add a clock to what a worker will write."""
    rows.add(Clock, case=case, kind=kind, due=until)


def restart(session: Session, case: bytes, kind: str, until: datetime) -> None:
    """Set the clock of *kind*, unless one already runs that ends sooner."""
    running = session.get(Clock, (case, kind))
    if running is None:
        session.add(Clock(case=case, kind=kind, due=until))
    elif until < running.due:
        running.due = until


def stop(session: Session, case: bytes, *kinds: str) -> None:
    """End the clocks of these *kinds*, or every one that waits for staff when none is named."""
    wanted = delete(Clock).where(Clock.case == case)
    session.execute(wanted.where(Clock.kind.in_(kinds) if kinds else Clock.kind != WITHDRAWN))


@dataclass(frozen=True, slots=True)
class Breach:
    """A clock that ran out, claimed by whoever got this."""

    case: bytes
    kind: str


def claim_overdue(session: Session, now: datetime, times: Times, limit: int = 100) -> list[Breach]:
    """
    Take the clocks that ran out and set each to its next step.

    One that was to be told more than :data:`LATE` ago is marked so, until it is met; it too fires once.
    A clock is given to one caller only, once per step, however long nobody asked. The last step comes again
    until the case is accepted; a reply clock does so daily until the reply.
    """
    waiting = select(Clock).where(Clock.due <= now, Clock.kind != WITHDRAWN)
    late = session.scalars(waiting.order_by(Clock.due).limit(limit)).all()
    claimed = []
    for clock in late:
        kind = _next_step(clock.kind)
        is_late = clock.missed == TOLD_LATE or now - clock.due > LATE
        again = _round_up(now + (times.step if clock.kind in STEPS else timedelta(days=1)))
        taken = session.execute(
            update(Clock)
            .where(Clock.case == clock.case, Clock.kind == clock.kind, Clock.due == clock.due)
            .values(kind=kind, due=again, missed=TOLD_LATE if is_late else TOLD)
            .execution_options(synchronize_session=False)
        )
        if _count(taken):
            claimed.append(Breach(clock.case, clock.kind))
    return claimed


def _count(result: object) -> int:
    return int(getattr(result, "rowcount", 0))


def _next_step(kind: str) -> str:
    if kind not in STEPS:
        return kind
    return STEPS[min(STEPS.index(kind) + 1, len(STEPS) - 1)]


def _after_working_days(now: datetime, times: Times) -> datetime:
    """Return the same local hour that many working days later."""
    local = now.astimezone(times.zone)
    day, left = local.date(), times.normal
    while left:
        day += timedelta(days=1)
        left -= times.working_day(day)
    return datetime.combine(day, local.time(), times.zone).astimezone(UTC)


def _round_up(at: datetime, grain: timedelta = GRAIN) -> datetime:
    """Round *at* up to a whole *grain* of the day."""
    at = at.astimezone(UTC)
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + -((midnight - at) // grain) * grain
