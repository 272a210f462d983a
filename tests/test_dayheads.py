"""A day's head that lies elsewhere shows what no chain shows: that its keys wrote another past."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from casework import dayheads, journal
from casework.database import connect
from casework.dayheads import DayHead, NotADayHeadError, RewrittenError
from casework.tables import JournalRow
from crypto.signature import SigningKey
from crypto.xwing import Identity
from subrosa import backup, configuration, escrow
from subrosa.escrow import Escrow
from tests.house import House
from tests.test_backup import escrow_of, moved, settings_for
from tests.test_command_line import call, call_json, home

__all__ = ["home"]


def work(house: House, *acts: str) -> None:
    """Let Alice do *acts* today, and the hub take them."""
    with house.database.write() as session:
        for act in acts:
            journal.write(session, act, by=house.actor("alice"), day=house.now.date())
        journal.countersign(session, house.strongbox.signing, house.roster)


def end_day(house: House, target: Escrow) -> None:
    """Let the day end, and the hub back up a few minutes later, and once more."""
    house.now = house.now.replace(hour=0, minute=5) + timedelta(days=1)
    settings = configuration.load(target.medium.parent / "there" / "subrosa.toml")
    for _n in range(2):
        backup.back_up(settings, house.database, house.strongbox, target, house.now)
        house.now += timedelta(minutes=15)


@pytest.fixture
def target(sqlite_house: House, tmp_path: Path) -> Escrow:
    """Give the house three days of work and a second medium."""
    settings_for(tmp_path / "there", sqlite_house, "sqlite:///database/house.db")
    made = escrow_of(sqlite_house, tmp_path, Identity.generate())
    for acts in (("accept", "note"), ("reply",), ("note", "close")):
        work(sqlite_house, *acts)
        end_day(sqlite_house, made)
    return made


def hold(house: House, text: str) -> int:
    """Verify the chain, then hold it against the lines of *text*; return how many there are."""
    with house.database.read() as session:
        journal.verify_chain(session, house.anchor)
        days = dayheads.read_all(text, house.strongbox.signing.public)
        dayheads.hold(session, days)
    return len(days)


def rewrite(house: House, after: int, *acts: str) -> None:
    """Put *acts* in place of every row after *after*, with every key there is."""
    with house.database.write() as session:
        session.execute(delete(JournalRow).where(JournalRow.n > after))
    work(house, *acts)


def test_the_hub_leaves_one_signed_line_a_day(sqlite_house: House, target: Escrow) -> None:
    text = escrow.day_heads(target.medium)
    assert [line.split()[:2] for line in text.splitlines()] == [
        ["2026-03-10", "2"], ["2026-03-11", "3"], ["2026-03-12", "5"]
    ]  # fmt: skip
    assert hold(sqlite_house, text) == 3
    assert stat.S_IMODE((target.medium / escrow.HEADS).stat().st_mode) == 0o600
    work(sqlite_house, "note")
    assert hold(sqlite_house, text) == 3, "what comes later changes no day before"


@pytest.mark.parametrize(
    ("after", "acts", "what"),
    [
        (0, ("accept", "close", "reply", "note", "close"), "until 2026-03-10, rows 1 to 2"),
        (2, ("close", "note", "close"), "2026-03-11, rows 3 to 3"),
        (3, ("note", "note", "note"), "2026-03-12, rows 4 to 5"),
        (4, (), "2026-03-12, rows 4 to 5"),  # cut off
    ],
)
def test_the_day_that_was_rewritten_is_named_although_its_chain_holds(
    sqlite_house: House, target: Escrow, after: int, acts: tuple[str, ...], what: str
) -> None:
    rewrite(sqlite_house, after, *acts)
    with sqlite_house.database.read() as session:
        assert journal.verify_chain(session, sqlite_house.anchor)
    with pytest.raises(RewrittenError) as caught:
        hold(sqlite_house, escrow.day_heads(target.medium))
    assert caught.value.what == what


def test_a_day_without_a_line_is_counted_to_the_next(sqlite_house: House, target: Escrow) -> None:
    first, _second, third = escrow.day_heads(target.medium).splitlines(keepends=True)
    rewrite(sqlite_house, 2, "close", "note", "close")
    with pytest.raises(RewrittenError) as caught:
        hold(sqlite_house, third + first)
    assert caught.value.what == "between 2026-03-11 and 2026-03-12, rows 3 to 5"


def test_a_line_the_hub_did_not_sign_proves_nothing(sqlite_house: House, target: Escrow) -> None:
    house, text = sqlite_house, escrow.day_heads(target.medium)
    with house.database.read() as session:
        strangers = DayHead.take(session, SigningKey.generate(), house.now).write()
    first, rest = text.split("\n", 1)
    wrong = [
        strangers,
        first.replace("2026-03-10", "2026-03-09"),
        first.replace(" 2 ", " 3 "),
        first.replace(" 2 ", " 02 "),
        first + " ",
        first.upper(),
        "\ufffd",
        "",
    ]
    for line in wrong:
        with pytest.raises(NotADayHeadError) as caught:
            hold(house, f"{line}\n{rest}")
        assert caught.value.what == "line 1"


def test_a_restore_breaks_no_head(sqlite_house: House, tmp_path: Path) -> None:
    house, key = sqlite_house, Identity.generate()
    settings = settings_for(tmp_path / "there", house, "sqlite:///database/house.db")
    medium = escrow_of(house, tmp_path, key)
    work(house, "accept", "note")
    end_day(house, medium)
    work(house, "close")  # after the copy: lost
    backup.restore(settings, medium.medium, key, house.now)
    again, database = moved(house, settings, timedelta())
    assert hold(again, escrow.day_heads(medium.medium)) == 1
    database.close()


def test_the_shell_says_which_day(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no daily heads" in call(capsys, home, "journal", "verify")[1]
    root = str(home / "offline" / "root.key")
    assert call(capsys, home, "staff", "add", "lawyer-3", "--role", "lawyer", "--root", root)[0] == 0
    assert call(capsys, home, "backup")[0] == 0
    assert call_json(capsys, home, "journal", "verify")["days"] == 1
    kept = home / "on-a-stick"
    (home / "medium" / escrow.HEADS).rename(kept)
    assert "1 daily heads hold" in call(capsys, home, "journal", "verify", "--heads", str(kept))[1]
    settings = configuration.load(home / "subrosa.toml")
    database = connect(settings.database.url)
    with database.write() as session:
        session.execute(delete(JournalRow).where(JournalRow.n == journal.count(session)))
    database.close()
    assert call(capsys, home, "journal", "verify")[0] == 0, "the chain that is left holds"
    code, _, err = call(capsys, home, "journal", "verify", "--heads", str(kept))
    assert code == 1
    assert kept.read_text()[:10] in err and err.count("\n") == 1
