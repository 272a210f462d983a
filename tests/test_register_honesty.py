"""What the register says of its own work: rounded, with its uncertainty, or that nothing is known."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from crypto.signature import SigningKey
from register import candour, examples, honesty, site
from register.errors import MalformedHonestyError
from register.honesty import Answers, GateRate, Honesty
from register.settings import SiteSettings
from register.sources import Held
from register.voice import speak

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
ENGLISH = speak("en")


def page(tmp_path: Path, told: Honesty) -> str:
    site.build(
        Held(examples.load()),
        tmp_path / "site",
        settings=SiteSettings(honesty=told),
        now=NOW,
        signing=SigningKey.from_seed(bytes(32)),
    )
    return (tmp_path / "site/en/honesty.html").read_text(encoding="utf-8")


def test_what_nobody_counted_is_said_not_to_be_counted(tmp_path: Path) -> None:
    told = page(tmp_path, Honesty())
    assert "Not counted yet." in told
    assert "How often has not been measured yet." in told
    assert "Too few yet for a rate." in told


def test_new_figures_reach_their_page_and_no_other(tmp_path: Path) -> None:
    page(tmp_path, Honesty())
    before = {path: path.stat().st_ino for path in (tmp_path / "site").rglob("*.html")}
    told = page(tmp_path, Honesty(Answers("2026-02", 30, 15), GateRate(date(2026, 3, 1), 120, 4)))
    assert "February 2026: half of those who got a first answer had it within 30 hours." in told
    assert "about 15 were waiting" in told
    assert "it let through 4 of 120 texts" in told
    assert "knew the set" in told
    changed = {path.name for path, inode in before.items() if path.stat().st_ino != inode}
    assert changed == {"honesty.html"}


def test_fewer_than_five_who_wait_are_not_counted() -> None:
    assert "fewer than five" in candour.answers(ENGLISH, Answers("2026-02", 6, 0))[1]
    assert "within 6 hours" in candour.answers(ENGLISH, Answers("2026-02", 6, 0))[0]


def test_a_long_wait_is_told_in_days() -> None:
    assert "within 4 days" in candour.answers(ENGLISH, Answers("2026-02", 100, 0))[0]


@pytest.mark.parametrize(
    ("leaked", "documents", "low", "high"),
    # Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_wilsons(leaked: int, documents: int, low: float, high: float) -> None:
    found = GateRate(date(2026, 3, 1), documents, leaked).interval
    assert found == pytest.approx((low, high), abs=5e-5)


def test_no_leak_on_a_small_set_does_not_read_as_no_leaks() -> None:
    assert "between 0 and 16.1%" in " ".join(candour.gate(ENGLISH, GateRate(date(2026, 3, 1), 20, 0)))


def test_texts_the_rules_never_met_are_told_apart() -> None:
    rate = GateRate(date(2026, 3, 1), 20, 0, GateRate(date(2026, 3, 1), 500, 50))
    assert "Of 500 new texts" in " ".join(candour.gate(ENGLISH, rate))
    assert "it did not stop 50" in " ".join(candour.gate(ENGLISH, rate))


def test_corrections_are_told_per_hundred_entries() -> None:
    assert "per hundred entries: 2.5" in candour.corrections(ENGLISH, 5, 200, 3)[0]


def test_a_rate_is_read_strictly(tmp_path: Path) -> None:
    gate = tmp_path / "gate.json"
    assert honesty.measured(gate) is None
    gate.write_text(json.dumps({"day": "2026-03-01", "documents": 120, "leaked": 4}))
    assert honesty.measured(gate) == GateRate(date(2026, 3, 1), 120, 4)
    for broken in ('{"day": "2026-03-01", "documents": 3, "leaked": 4}', '{"who": "Tess"}', "{", ""):
        gate.write_text(broken)
        with pytest.raises(MalformedHonestyError, match=r"gate\.json"):
            honesty.measured(gate)


def test_the_rate_that_came_with_the_program_can_be_read() -> None:
    honesty.measured()
