"""Every command ends in 0, 1 or 2, says what happened in one line, and never shows a traceback."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from casework import erasure
from casework.database import connect
from casework.tables import Case
from crypto import keyring
from subrosa import configuration, founding
from subrosa.__main__ import COMMANDS, run
from subrosa.commands import erase
from subrosa.opening import now


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Found a practice house and return its folder."""
    folder = tmp_path / "house"
    founding.found(
        folder, cast=founding.CAST, profile=keyring.PRACTICE, now=now(), values={"house.practice": True}
    )
    return folder


def call(capsys: pytest.CaptureFixture[str], home: Path | None, *arguments: str) -> tuple[int, str, str]:
    """Run one command on the house and return its exit code and both outputs."""
    config = () if home is None else ("--config", str(home / "subrosa.toml"))
    code = run([*config, *arguments])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


def call_json(capsys: pytest.CaptureFixture[str], home: Path, *arguments: str) -> Any:
    """Run one command that prints JSON."""
    code, out, _err = call(capsys, home, *arguments, "--json")
    assert code == 0
    return json.loads(out)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str], command: str) -> None:
    code, out, _ = call(capsys, None, command, "--help")
    assert code == 0
    assert len(out.splitlines()) > 4


@pytest.mark.parametrize("wrong", [["nonsense"], ["erase"], ["journal", "burn"], ["stats", "--loud"]])
def test_wrong_usage_is_exit_code_two_and_one_line(
    capsys: pytest.CaptureFixture[str], wrong: list[str]
) -> None:
    code, out, err = call(capsys, None, *wrong)
    assert (code, out) == (2, "")
    assert err.startswith("subrosa: error: ")
    assert err.splitlines()[1] in (f"hint: subrosa {' '.join(wrong[:1])} --help", "hint: subrosa --help")


def test_what_is_not_there_is_said_with_what_to_do(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, home, "erase", "ab" * 16, "--yes")
    assert (code, err.splitlines()[0]) == (
        1,
        "subrosa: error: no case has this id: mistyped, or erased already",
    )
    (home / "state" / "epoch.key").unlink()
    code, _, err = call(capsys, home, "upgrade")
    said, hint = err.splitlines()
    assert (code, said) == (
        1,
        "subrosa: error: a key of the hub, or what it remembers, is missing or damaged: epoch",
    )
    assert "subrosa restore" in hint


def test_init_makes_the_house_the_contract_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "NORMAL", keyring.PRACTICE)
    code, out, _ = call(capsys, None, "init", str(tmp_path / "new"), "--unattended")
    made = json.loads(out)
    assert code == 0
    assert Path(made["config"]).exists()
    roles = sorted(role for person in made["staff"] for role in person["roles"])
    assert roles == ["coordinator", "custodian", "editor", "editor", "lawyer", "lawyer"]
    for person in made["staff"]:
        assert set(person) == {"id", "roles", "passphrase", "totp_secret"}
        assert len(person["passphrase"].split("-")) == 6
    everything = b"".join(path.read_bytes() for path in (tmp_path / "new").rglob("*") if path.is_file())
    for person in made["staff"]:
        assert person["passphrase"].encode() not in everything
        assert person["totp_secret"].encode() not in everything
    for folder in ("state", "runtime", "offline", "keyrings"):
        assert stat.S_IMODE((tmp_path / "new" / folder).stat().st_mode) == 0o700
    code, _, err = call(capsys, None, "init", str(tmp_path / "new"), "--unattended")
    assert code == 2
    assert "already" in err


def test_config_may_stand_before_or_after_the_command(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = str(home / "subrosa.toml")
    assert call(capsys, None, "--config", config, "stats")[0] == 0
    assert call(capsys, None, "stats", "--config", config)[0] == 0
    assert call(capsys, None, "stats", "--config", config + ".none")[0] == 1


def test_the_doctor_names_what_is_red_and_fails(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, home, "doctor")
    assert code == 1
    assert "token: there is no token file" in out
    assert err.startswith("subrosa: error: something is red")
    (home / "telegram.token").write_text("1:x")
    (home / "telegram.token").chmod(0o600)
    assert call(capsys, home, "backup")[0] == 0
    code, out, _ = call(capsys, home, "doctor")
    assert code == 0, out
    (home / "state").chmod(0o755)
    assert "state_dir: others" in call(capsys, home, "doctor")[1]


def test_the_doctor_refuses_practice_keyrings_in_a_real_house(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = home / "subrosa.toml"
    config.write_text(config.read_text().replace("practice = true", "practice = false"))
    code, out, _ = call(capsys, home, "doctor")
    assert code == 1
    assert "keyrings: made for practice" in out


def test_staff_come_and_go_and_the_journal_says_so(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = str(home / "offline" / "root.key")
    added = call_json(capsys, home, "staff", "add", "lawyer-3", "--role", "lawyer", "--root", root)
    assert len(added["words"]) == 12
    assert call(capsys, home, "staff", "add", "lawyer-3", "--role", "lawyer", "--root", root)[0] == 2
    assert call(capsys, home, "staff", "revoke", "lawyer-3", "--root", root)[0] == 0
    shown = call_json(capsys, home, "roster", "show")
    assert shown["version"] == 3
    assert [one["revoked"] for one in shown["staff"] if one["id"] == "lawyer-3"] == [True]
    assert call_json(capsys, home, "journal", "verify")["rows"] == 3


def test_a_roster_signed_by_a_stranger_is_refused(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    founding.found(
        other, cast=founding.CAST, profile=keyring.PRACTICE, now=now(), values={"house.practice": True}
    )
    stranger = str(other / "offline" / "root.key")
    code, _, err = call(capsys, home, "staff", "add", "mallory", "--role", "lawyer", "--root", stranger)
    assert code == 1
    assert err.startswith("subrosa: error: ")
    assert call_json(capsys, home, "roster", "show")["version"] == 1


def test_a_database_of_a_newer_version_is_left_alone(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = connect(configuration.load(home / "subrosa.toml").database.url)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE house SET schema_number = 99"))
    database.close()
    for command in (["stats"], ["upgrade"], ["backup"], ["seizure"]):
        code, _, err = call(capsys, home, *command)
        assert code == 1
        assert "another version" in err


def test_the_doctor_of_a_newer_house_asks_for_the_newer_program(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = connect(configuration.load(home / "subrosa.toml").database.url)
    for number, hint in ((99, "install the newer program"), (1, "subrosa upgrade")):
        with database.engine.begin() as connection:
            connection.execute(text("UPDATE house SET schema_number = :n"), {"n": number})
        found = json.loads(call(capsys, home, "doctor", "--json")[1])
        assert [one["hint"] for one in found if one["name"] == "database"] == [hint]
    database.close()


def test_a_house_that_is_not_there_is_not_made(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = home / "database"
    for path in folder.iterdir():
        path.unlink()
    for command in (["stats"], ["upgrade"], ["desk"], ["doctor"]):
        code, out, err = call(capsys, home, *command)
        assert code == 1
        assert "not there" in out + err
        assert list(folder.iterdir()) == [], command


def test_a_database_that_cannot_be_read_is_told_in_plain_words(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = home / "database" / "house.db"
    file.write_bytes(b"x" * len(file.read_bytes()))
    code, _, err = call(capsys, home, "stats")
    assert code == 1
    assert err.splitlines()[0] == "subrosa: error: the database cannot be read"
    assert err.splitlines()[1].startswith("hint: look at database.url")
    config = home / "subrosa.toml"
    away = "postgresql+psycopg://nobody@127.0.0.1:9/none?connect_timeout=2"
    url = configuration.load(config).database.url
    lines = [
        f'url = "{away}"' if line.startswith("url = ") else line for line in config.read_text().splitlines()
    ]
    config.write_text("\n".join(lines))
    assert configuration.load(config).database.url != url
    code, _, err = call(capsys, home, "stats")
    assert code == 1
    assert err.splitlines()[0] == "subrosa: error: the database does not answer"


def test_a_backup_without_the_medium_names_its_setting(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "medium").rename(home / "elsewhere")
    code, _, err = call(capsys, home, "backup")
    assert code == 1
    assert err.splitlines() == [
        "subrosa: error: the second medium is not there",
        "hint: mount it, or set escrow.medium",
    ]


def test_a_desk_on_a_taken_port_says_so_in_one_line(home: Path) -> None:
    config = home / "subrosa.toml"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config.write_text(config.read_text().replace("port = 8480", f"port = {port}"))
        code, err = apart(home, "desk")
    assert code == 1
    assert "listens" not in err
    assert "library.spoke" not in err
    assert [line.split(":")[0] for line in err.splitlines()][-2:] == ["subrosa", "hint"]
    config.write_text(config.read_text().replace(f"port = {port}", "port = 99999"))
    code, err = apart(home, "desk")
    assert code == 1
    assert "desk.port" in err


def test_a_missing_key_is_named_without_its_value(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "state" / "epoch.key").unlink()
    code, _, err = call(capsys, home, "backup")
    assert code == 1
    assert "key" in err


def test_seizure_says_what_a_thief_gets(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = call_json(capsys, home, "seizure")
    codes = {one["code"] for part in ("disk", "running", "closed") for one in found[part]}
    assert {"token", "chats", "words", "press", "links", "items", "grants"} <= codes


def test_secrets_are_never_taken_as_arguments(home: Path) -> None:
    import importlib

    for name in COMMANDS:
        command = importlib.import_module(f"subrosa.commands.{name}").command
        stack = [command, *getattr(command, "commands", {}).values()]
        for one in stack:
            for parameter in one.params:
                assert not {"token", "passphrase", "password", "secret"} & set(parameter.name.split("_"))
    assert os.fspath(home)


def test_a_drill_prints_a_line_for_each_promise_and_fails_with_the_first_broken_one(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("restore", "--drill", "--identity", str(home / "offline" / "escrow.key"))
    code, out, err = call(capsys, home, *words)
    assert (code, out.count("FAILED")) == (1, 1)
    assert err.startswith("subrosa: error: ")
    assert call(capsys, home, "backup")[0] == 0
    code, out, _ = call(capsys, home, *words)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["ok"] * 6
    assert "drill: passed" in call(capsys, home, "doctor")[1]
    # In earnest, on another machine: nothing but the configuration, the medium and the escrow key.
    other = home.parent / "other"
    other.mkdir()
    shutil.copy(home / "subrosa.toml", other)
    medium = ("--medium", str(home / "medium"))
    assert call(capsys, other, "restore", *medium, *words[2:])[0] == 0
    assert (other / "escrow.recipient").read_bytes() == (home / "escrow.recipient").read_bytes()


def test_an_erasure_says_what_is_done_and_what_waits(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database, day, case = connect(f"sqlite:///{home / 'database' / 'house.db'}"), now().date(), bytes(16)
    with database.write() as session:
        session.add(
            Case(id=case, kind="legal", team="legal", status="closed", urgency="normal", language="ru",
                 opened=day, touched=day)
        )  # fmt: skip
    database.close()
    code, out, _ = call(capsys, home, "erase", case.hex(), "--yes")
    assert (code, "about 10 minutes from now" in out, "WARNING" in out) == (0, True, False)
    done = erasure.Report(1, 1, 0, 0, 0, log_truncated=False, escrow_days=7)
    erase._tell(replace(done, key_renewed=False, mailboxes_known=False))
    said = capsys.readouterr().out
    assert "the second medium is away" in said and "about 10 minutes" not in said
    assert said.count("WARNING") == 2


def apart(home: Path, command: str) -> tuple[int, str]:
    """Run a command that serves in a process of its own; return its exit code and what it complained of."""
    words = [sys.executable, "-m", "subrosa", "--config", str(home / "subrosa.toml"), command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stderr


def test_a_hub_without_a_token_says_so_in_one_line(home: Path) -> None:
    for content in (None, "not a token at all"):
        if content is not None:
            (home / "telegram.token").write_text(content)
        code, err = apart(home, "hub")
        assert code == 1
        assert err.splitlines()[-1].startswith("subrosa: error: ")
        assert "token" in err.splitlines()[-1]


@pytest.mark.parametrize("command", ["hub", "desk", "doctor"])
def test_an_unknown_setting_is_named_and_nothing_starts(home: Path, command: str) -> None:
    config = home / "subrosa.toml"
    config.write_text(config.read_text() + "\n[hub2]\nx = 1\n")
    code, err = apart(home, command)
    assert code == 1
    assert "hub2" in err
