"""``subrosa register import`` and ``export`` on a house: figures, faulty lines, the same text again."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from casework import releases
from crypto import keyring
from register import lists, records
from register.entry import Block
from subrosa import configuration, founding
from subrosa.__main__ import run
from subrosa.opening import now, open_database
from subrosa.settings import Settings
from tests.test_register_import import SMALL


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "house"
    founding.found(
        folder, cast=founding.CAST, profile=keyring.PRACTICE, now=now(), values={"house.practice": True}
    )
    (tmp_path / "harbour.txt").write_bytes(SMALL.encode())
    return folder


def settings_of(home: Path) -> Settings:
    return configuration.load(home / "subrosa.toml")


def call(capsys: pytest.CaptureFixture[str], home: Path, *arguments: str) -> tuple[int, str, str]:
    code = run(["--config", str(home / "subrosa.toml"), "register", *arguments])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


def figures(capsys: pytest.CaptureFixture[str], home: Path, file: Path) -> Any:
    code, out, _ = call(capsys, home, "import", str(file), "--year", "2031", "--json")
    assert code == 0
    return json.loads(out)


def waiting(home: Path) -> list[bytes]:
    with open_database(settings_of(home)).read() as session:
        return releases.manifests_in_review(session)


def publish(home: Path) -> None:
    """Let the register take in what waits, as the hub does once two people have signed."""
    folder = settings_of(home).register.records_dir
    for body in waiting(home):
        listed = lists.unpack(body)
        for entry in listed.publishable:
            records.put(folder, entry, date(2031, 1, 1))
        lists.keep(folder, listed)


def test_a_list_lands_once_and_comes_out_to_the_byte(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = figures(capsys, home, tmp_path / "harbour.txt")
    assert (first["stories"], first["entries"], first["notices"], first["added"]) == (5, 6, 2, 6)
    again = figures(capsys, home, tmp_path / "harbour.txt")
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 6)
    assert len(waiting(home)) == 1
    assert call(capsys, home, "export")[0] == 2
    publish(home)
    target = tmp_path / "out.txt"
    assert call(capsys, home, "export", "--to", str(target))[0] == 0
    assert target.read_bytes() == SMALL.encode()


def test_one_corrected_entry_changes_its_own_lines_only(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures(capsys, home, tmp_path / "harbour.txt")
    publish(home)
    folder = settings_of(home).register.records_dir
    (sailors,) = [
        one.entry for one in records.read_all(folder) if one.entry and one.entry.written.startswith("Twelve")
    ]
    told = msgspec.structs.replace(sailors, body={"en": (Block(text="All twelve stayed."),)})
    records.put(folder, told, date(2031, 1, 2))
    code, out, _ = call(capsys, home, "export", "harbour.txt")
    assert code == 0
    before = SMALL.splitlines()
    assert out.splitlines() == [*before[:2], "• All twelve stayed.", *before[4:]]


def test_a_list_edited_while_it_waits_takes_the_place_of_the_one_that_waits(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures(capsys, home, tmp_path / "harbour.txt")
    edited = SMALL.replace("let them go", "set them free").replace(
        "• A stoker refused twice (Quay Radio, April 30).\n", ""
    )
    (tmp_path / "harbour.txt").write_text(edited)
    (tmp_path / "other.txt").write_text("• A diver refused to dive (Quay Radio, May 1).\n")
    assert figures(capsys, home, tmp_path / "other.txt")["added"] == 1
    found = figures(capsys, home, tmp_path / "harbour.txt")
    assert (found["added"], found["changed"], found["unchanged"]) == (0, 1, 4)
    assert len(waiting(home)) == 2
    publish(home)
    assert call(capsys, home, "export", "harbour.txt")[1] == edited
    folder = settings_of(home).register.records_dir
    assert not any(b"stoker" in path.read_bytes() for path in folder.rglob("*.json"))


def test_a_file_cut_short_does_not_empty_the_list_that_waits(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    divers = "".join(f"• Diver {n} refused (Quay Radio, May {n}).\n" for n in range(1, 9))
    whole = SMALL.replace("Dona", f"{divers}Dona")
    file = tmp_path / "harbour.txt"
    file.write_text(whole)
    figures(capsys, home, file)
    (before,) = waiting(home)
    file.write_text(SMALL)
    code, out, err = call(capsys, home, "import", str(file), "--json")
    left = json.loads(out)["left"]
    assert (code, len(left)) == (1, 8)
    assert "8 entries of this list are no longer in the file" in err
    assert "nothing was imported" in err
    assert all(one in err for one in left)
    assert waiting(home) == [before]
    code, out, _ = call(capsys, home, "import", str(file), "--shorter")
    assert code == 0
    assert "8 entries of this list are no longer in the file" in out
    (after,) = waiting(home)
    outline = lists.unpack(after).outline
    assert outline is not None
    assert sorted(outline.left) == sorted(left)
    # Those who sign are still told when the list lands once more, and it needs no leave a second time.
    assert call(capsys, home, "import", str(file))[0] == 0
    assert waiting(home) == [after]
    file.write_text(SMALL.replace("stoker refused twice", "stoker refused thrice"))
    assert sorted(figures(capsys, home, file)["left"]) == sorted(left)
    file.write_text(whole)
    assert figures(capsys, home, file)["left"] == []
    publish(home)
    file.write_text(SMALL)
    assert call(capsys, home, "import", str(file))[0] == 1, "what is public of a list is not let go either"


def test_stories_in_another_order_are_news_though_no_word_changed(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures(capsys, home, tmp_path / "harbour.txt")
    publish(home)
    lines = SMALL.splitlines(keepends=True)
    turned = "".join([*lines[:2], lines[11], *lines[2:11], *lines[12:]])
    (tmp_path / "harbour.txt").write_text(turned)
    found = figures(capsys, home, tmp_path / "harbour.txt")
    assert (found["added"], found["changed"]) == (0, 0)
    publish(home)
    code, out, _ = call(capsys, home, "export")
    assert (code, out) == (0, turned)


def test_what_was_taken_down_is_left_out_of_import_and_export(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures(capsys, home, tmp_path / "harbour.txt")
    publish(home)
    folder = settings_of(home).register.records_dir
    gone = next(one.id for one in records.read_all(folder) if one.entry and "stoker" in one.entry.written)
    records.retract(folder, gone, date(2031, 1, 2), "safety")
    found = figures(capsys, home, tmp_path / "harbour.txt")
    assert (found["added"], found["unchanged"], found["taken_down"]) == (0, 5, 1)
    assert "stoker" not in call(capsys, home, "export")[1]


def test_a_damaged_list_leaves_nothing_behind_and_names_its_lines(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.txt"
    broken.write_text(SMALL.replace("Jan 12", "Jan 42").replace("April 30", "April 31"))
    code, out, err = call(capsys, home, "import", str(broken), "--json")
    assert code == 1
    assert [one["line"] for one in json.loads(out)["refused"]] == [3, 13]
    assert "subrosa: error:" in err
    assert waiting(home) == []
