"""What the desk leaves behind: no word, name, phrase or code in any log, database file or temporary file."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

import pytest

from casework.database import Database
from desk import answering
from tests.deskhouse import DeskHouse, open_desk

# Words that stand nowhere by chance.
SAID = "зелёная-канарейка-говорит"
NOTED = "синяя-канарейка-замечает"
ANSWERED = "жёлтая-канарейка-отвечает"
NAMED = "Канарейкин-Безымянный"
FILED = "канарейка-в-файле.bin"
REASONED = "канарейка-объясняет-зачем"
INSIDE = b"canary inside a file \xd0\xb0"
CANARIES = [word.encode() for word in (SAID, NOTED, ANSWERED, NAMED, FILED, REASONED)] + [INSIDE]


def work(desk: DeskHouse) -> None:
    """Do everything at a desk that touches words."""
    files = ((FILED, "application/octet-stream", INSIDE * 9000),)
    case = desk.file_case(assignee="alice", text=SAID, files=files, card={"kind": "text", "text": NAMED})
    where = f"/case/{case.hex()}"
    alice = desk.sign_in("alice")
    for wrong in (desk.passphrases["alice"][:-1], NAMED):
        desk.browser().post("/sign-in", {"name": NAMED, "passphrase": wrong, "code": "123456"})
    assert SAID in alice.page(where)
    alice.do(where, f"{where}/accept", second="bob")
    alice.do(where, f"{where}/note", note=NOTED)
    paper = {"file": (FILED, INSIDE * 90_000, "application/octet-stream")}
    alice.upload(where, f"{where}/reply", paper, text=ANSWERED, mode="reply", file_is_safe="1")
    assert ANSWERED in alice.page(where)
    alice.do(where, f"{where}/card", reason="other", words=REASONED)
    assert NAMED in alice.page(f"{where}/card")
    item = alice.page(where).split(f"{where}/file/")[1].split('"')[0]
    assert INSIDE in alice.do(f"{where}/file/{item}", f"{where}/file/{item}/export").content


def test_nothing_a_desk_handles_is_logged_or_lies_on_a_disk(
    sqlite_database: Database,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spill = tmp_path / "spill"
    spill.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spill))
    kept: list[bytes] = []
    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", lambda *_, **__: kept.append(b"spooled"))
    with caplog.at_level(logging.DEBUG), open_desk(sqlite_database, tmp_path) as desk:
        work(desk)
        secrets = [*CANARIES, desk.passphrases["alice"].encode(), desk.secrets["alice"].encode()]
        said = "\n".join([record.getMessage() for record in caplog.records] + [caplog.text]).encode()
        assert len(said) > 1000, "the log was listened to"
        bodies = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert not [secret for secret in secrets if secret in said]
    assert not [(path.name, secret) for path, body in bodies.items() for secret in secrets if secret in body]
    assert any(path.name.endswith("-wal") for path in bodies), "the write-ahead log was searched too"
    assert not kept
    assert not list(spill.iterdir())


def test_a_fault_of_ours_shows_and_logs_only_its_kind(
    sqlite_database: Database,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(SAID)

    with open_desk(sqlite_database, tmp_path) as desk:
        alice = desk.sign_in("alice")
        monkeypatch.setattr(answering, "_pass", broken)
        answer = alice.get("/queue")
    assert answer.status_code == 500
    assert SAID not in answer.text
    assert SAID not in caplog.text
    assert "RuntimeError" in caplog.text


def test_what_holds_words_or_keys_does_not_say_them_when_printed(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed: list[str] = []
    real = answering._pass

    def watching(visit: answering.Visit, route: answering.Route) -> answering.Reply:
        reply = real(visit, route)
        printed.extend(
            map(repr, (visit, reply, visit.form, visit.signed_in, visit.desk, visit.desk.sessions))
        )
        return reply

    with open_desk(sqlite_database, tmp_path) as desk:
        case = desk.file_case(assignee="alice", text=SAID, card={"kind": "text", "text": NAMED})
        where = f"/case/{case.hex()}"
        alice = desk.sign_in("alice")
        alice.do(where, f"{where}/accept", second="bob")
        monkeypatch.setattr(answering, "_pass", watching)
        alice.do(where, f"{where}/note", note=NOTED)
        alice.page(where)
    assert len(printed) > 10
    for secret in (SAID, NOTED, NAMED, desk.passphrases["alice"]):
        assert not any(secret in one for one in printed)
