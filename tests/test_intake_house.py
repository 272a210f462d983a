"""What the house says of itself: its own times, its own escrow, the hours it lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from casework import post
from casework.clocks import Times
from intake import events, machine, outlook, texts
from intake.outage import Outage
from intake.replies import Say, Span
from intake.state import State
from subrosa import outage
from tests.house import House
from tests.phone import Phone, cases, read
from tests.test_intake_machine import world

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
LOST = Outage(NOW - timedelta(hours=5), NOW - timedelta(hours=2), NOW + timedelta(days=30))


def said(step: object) -> list[str]:
    return [texts.render(reply, "ru").text for reply in getattr(step, "replies", ())]


@pytest.mark.parametrize(
    ("times", "urgency", "words"),
    [
        (Times(), "now", "в течение часа"),
        (Times(now=timedelta(minutes=30)), "now", "в течение 30 минут"),
        (Times(), "days", "в течение 12 часов"),
        (Times(days=timedelta(hours=21)), "days", "в течение 21 часа"),
        (Times(), "normal", "в течение 3 рабочих дней"),
        (Times(normal=1), "normal", "в течение одного рабочего дня"),
    ],
)
def test_a_tipster_hears_the_times_of_this_house(times: Times, urgency: str, words: str) -> None:
    """No sentence promises what the settings do not."""
    began = machine.step(None, events.Text(1, text="x"), world()).state
    step = machine.step(
        began,
        events.Tap(1, action=f"u.{urgency}"),
        world(waits=outlook.waits(times), case=_writing(began)),
    )
    assert words in said(step)[0]


def _writing(state: State) -> object:
    from tests.test_intake_machine import facts

    assert state.case is not None
    return facts(state.case, writing=True)


def test_erasing_names_how_long_this_house_keeps_copies() -> None:
    """Fourteen days in the settings are fourteen days in the sentence."""
    began = machine.step(None, events.Text(1, text="x"), world()).state
    for action in ("erase", "erase.yes"):
        step = machine.step(began, events.Tap(1, action=action), world(escrow_days=14, case=_writing(began)))
        assert "14 дней" in said(step)[0]


@pytest.mark.parametrize("language", ["ru", "uk", "en"])
@pytest.mark.parametrize("unit", ["minutes", "hours", "working", "days"])
def test_every_span_can_be_said(language: str, unit: str) -> None:
    """One, a few, twenty-one: the number is there unless it is one."""
    for count in (1, 2, 5, 11, 21, 22):
        line = texts.render(Say(key="erase.done", params={"time": Span(unit, count)}), language).text
        assert "{" not in line
        assert str(count) in line or count == 1


def test_not_at_night_means_from_nine_to_ten() -> None:
    """By Moscow's clock, as the button says."""

    def rings(hour: int) -> datetime:
        return post.quiet_until(datetime(2026, 3, 10, hour, tzinfo=UTC), "waking")

    assert rings(10) == datetime(2026, 3, 10, 10, tzinfo=UTC)
    assert rings(18) == datetime(2026, 3, 10, 18, tzinfo=UTC)  # 21:00 in Moscow
    assert rings(19) == datetime(2026, 3, 11, 6, tzinfo=UTC)
    assert rings(2) == datetime(2026, 3, 10, 6, tzinfo=UTC)


def test_whoever_wants_no_line_at_night_is_asked_no_more(sqlite_house: House) -> None:
    """The choice goes with the address."""
    tess = Phone(sqlite_house)
    tess.write("x")
    tess.press("u.now")
    tess.press("h.wak")
    (courier,) = read(sqlite_house, "alice", cases(sqlite_house)[0].id, "courier")
    assert courier["hours"] == "waking"


def test_every_chat_hears_once_which_hours_are_lost() -> None:
    """Also who returns by phrase or button; another outage is told again; nobody after thirty days."""
    first = machine.step(None, events.Command(name="start"), world(outage=LOST))
    assert sum("пропало" in line for line in said(first)) == 1
    second = machine.step(first.state, events.Text(1, text="x"), world(outage=LOST))
    assert not any("пропало" in line for line in said(second))
    other = Outage(NOW, NOW + timedelta(hours=1), NOW + timedelta(days=31))
    assert any(
        "пропало" in line for line in said(machine.step(first.state, events.Text(1), world(outage=other)))
    )
    unknown = machine.step(State(), events.PhraseTyped(1, text="a"), world(outage=LOST))
    assert any("пропало" in line for line in said(unknown))


def test_what_a_restore_left_is_read_and_a_damaged_file_stops_nobody(tmp_path: Path) -> None:
    """A hub without the file, or with a broken one, runs."""
    assert outage.read(tmp_path) is None
    file = tmp_path / "restored.json"
    for broken in (b"", b"[]", b'{"from": 1}', b"\xff"):
        file.write_bytes(broken)
        assert outage.read(tmp_path) is None
    instants = {"from": LOST.since, "until": LOST.until, "tell_until": LOST.tell_until}
    file.write_text(json.dumps({name: when.isoformat() for name, when in instants.items()}))
    assert outage.read(tmp_path) == LOST
