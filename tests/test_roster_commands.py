"""The roster at the shell: drafts, roots that sign elsewhere, forks refused in words, new roots pinned."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import click
import pytest
from sqlalchemy import select

from bot.guard import sole_hub
from casework import rosters
from casework.tables import JournalRow, RosterNote
from crypto import keyring
from crypto.errors import CryptoError
from crypto.roster import Anchor, Roster, sign, words
from crypto.signature import SigningKey
from desk import keyrings
from subrosa import configuration, founding, keyfiles, rostering
from subrosa.__main__ import run
from subrosa.founding import Founded
from subrosa.opening import now, open_database
from subrosa.settings import Settings


@dataclass
class Shell:
    """An operator at the shell of one practice house."""

    folder: Path
    founded: Founded
    capture: pytest.CaptureFixture[str]

    @property
    def settings(self) -> Settings:
        """Read the configuration as it lies now."""
        return configuration.load(self.founded.config)

    @property
    def root(self) -> str:
        """The root key the house was founded with."""
        return str(self.founded.root_key)

    def call(self, *words: str) -> tuple[int, str]:
        """Run a command; return its exit code and everything it printed."""
        code = run(["--config", str(self.founded.config), *words])
        out, err = self.capture.readouterr()
        assert "Traceback" not in out + err
        return code, out + err

    def done(self, *words: str) -> str:
        """Run a command that succeeds."""
        code, said = self.call(*words)
        assert code == 0, said
        return said

    def roster(self) -> Roster:
        """Return the roster in force."""
        with open_database(self.settings).read() as session:
            return rosters.current(session, self.settings.anchor)

    def passphrase_file(self, name: str) -> str:
        """Put somebody's passphrase into a file."""
        path = self.folder / f"{name}.typed"
        path.write_text(next(one.passphrase for one in self.founded.staff if one.id == name))
        return str(path)

    def write_note(self, roster: Roster, *roots: SigningKey) -> str:
        """Sign *roster* and put it into a file."""
        path = self.folder / f"{roster.version}-{roster.digest.hex()[:6]}.note"
        path.write_bytes(rostering.sign_all(roster, roots))
        return str(path)


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Found a practice house."""
    founded = founding.found(
        tmp_path / "house",
        cast=founding.CAST,
        profile=keyring.PRACTICE,
        now=now(),
        values={"house.practice": True},
    )
    return Shell(tmp_path, founded, capsys)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Turn the clock of the command line forward by so many days."""

    def turn(days: int) -> None:
        for module in ("roster", "staff", "doctor"):
            monkeypatch.setattr(f"subrosa.commands.{module}.now", lambda: now() + timedelta(days=days))

    return turn


def follow(roster: Roster, **changes: object) -> Roster:
    """Return a roster that follows *roster*."""
    return replace(founding.next_roster(roster, roster.staff, now()), **changes)  # type: ignore[arg-type]


def old_root(shell: Shell) -> SigningKey:
    return keyfiles.read_root(shell.founded.root_key)


# --- drafts and roots that sign elsewhere ---


def test_changes_gather_in_a_draft_that_the_root_signs_and_the_hub_accepts(shell: Shell) -> None:
    file = str(shell.folder / "next.roster")
    shell.done("staff", "add", "lawyer-3", "--role", "lawyer", "--draft", file)
    said = shell.done("roster", "draft", file, "--revoke", "editor-2")
    assert "unsigned" in said and "editor-2 REVOKED" in said and "lawyer-3: lawyer" in said
    assert shell.roster().version == 1
    code, said = shell.call("roster", "accept", file)
    assert (code, "nobody signed it" in said) == (1, True)
    shell.done("roster", "sign", file, "--root", shell.root, "--yes")
    shell.done("roster", "accept", file)
    roster = shell.roster()
    assert roster.version == 2
    assert roster.find("lawyer-3") is not None
    assert roster.find("editor-2").revoked  # type: ignore[union-attr]
    assert shell.done("roster", "accept", file)  # again changes nothing
    assert json.loads(shell.done("journal", "verify", "--json"))["rows"] == 2


def test_whoever_signs_sees_what_they_sign_and_may_refuse(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = shell.folder / "next.roster"
    shell.done("roster", "draft", str(file), "--revoke", "lawyer-1")
    before = file.read_bytes()
    monkeypatch.setattr(click, "confirm", lambda *_a, **_k: (_ for _ in ()).throw(click.Abort))
    code, said = shell.call("roster", "sign", str(file), "--root", shell.root)
    assert code == 1
    assert "lawyer-1 REVOKED" in said and "read aloud: " in said
    assert file.read_bytes() == before


def test_two_of_three_roots_sign_or_nothing_happens(shell: Shell) -> None:
    roots = [SigningKey.generate() for _ in range(3)]
    files = [shell.folder / f"root-{n}.key" for n in range(3)]
    for path, root in zip(files, roots, strict=True):
        keyfiles.write_root(path, root)
    note = shell.write_note(follow(shell.roster()), *roots)
    pin(shell, note, [root.public.hex() for root in roots], "2")
    code, said = shell.call("staff", "add", "x", "--role", "editor", "--root", str(files[0]))
    assert (code, "2 root keys sign" in said) == (2, True)
    twice = ("--root", str(files[0]), "--root", str(files[0]))
    assert shell.call("staff", "add", "x", "--role", "editor", *twice)[0] == 2
    assert keyrings.find(shell.settings.desk.keyring_dir, "x") is None
    draft = str(shell.folder / "third.roster")
    shell.done("roster", "draft", draft)
    shell.done("roster", "sign", draft, "--root", str(files[0]), "--yes")
    code, said = shell.call("roster", "accept", draft)
    assert (code, "1 of the pinned root keys signed it, 2 must" in said) == (1, True)
    shell.done("roster", "sign", draft, "--root", str(files[2]), "--yes")
    shell.done("roster", "accept", draft)
    shell.done("staff", "add", "x", "--role", "editor", "--root", str(files[1]), "--root", str(files[2]))
    assert shell.roster().version == 4


# --- what is refused, in words ---


def test_an_older_roster_is_refused_in_words(shell: Shell) -> None:
    first = shell.write_note(follow(shell.roster()), old_root(shell))
    shell.done("roster", "accept", first)
    shell.done("staff", "revoke", "lawyer-2", "--root", shell.root)
    code, said = shell.call("roster", "accept", first)
    assert (code, "it is version 2, and version 3 is in force" in said) == (1, True)
    assert shell.roster().find("lawyer-2").revoked  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["same version", "another past"])
def test_a_fork_is_an_alarm_with_the_words_of_both(shell: Shell, kind: str) -> None:
    shell.done("staff", "revoke", "lawyer-2", "--root", shell.root)
    held = shell.roster()
    if kind == "same version":
        other = replace(held, expires=held.expires + timedelta(days=1))
    else:
        other = follow(held, previous=b"\x07" * 32)
    code, said = shell.call("roster", "accept", shell.write_note(other, old_root(shell)))
    assert code == 1
    assert "an ALARM: the root keys signed two rosters" in said
    assert " ".join(words(held)) in said and " ".join(words(other)) in said
    assert shell.roster() == held


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"version": 3}, "version 2 is missing"),
        ({"hub_signing": SigningKey.generate().public}, "another hub"),
        ({"issued": now().date() - timedelta(9), "expires": now().date() - timedelta(1)}, "it expired"),
    ],
)
def test_a_roster_that_does_not_fit_is_refused_in_words(
    shell: Shell, change: dict[str, object], why: str
) -> None:
    code, said = shell.call(
        "roster", "accept", shell.write_note(follow(shell.roster(), **change), old_root(shell))
    )
    assert (code, why in said) == (1, True), said


# --- time ---


def test_after_the_grace_nobody_is_enrolled_until_the_roster_is_renewed(
    shell: Shell, later: Callable[[int], None]
) -> None:
    later(90 + 30)
    shell.done("staff", "add", "lawyer-3", "--role", "lawyer", "--root", shell.root)
    shell.done("staff", "revoke", "lawyer-3", "--root", shell.root)
    later(120 + 90 + 31)
    code, said = shell.call("staff", "add", "lawyer-4", "--role", "lawyer", "--root", shell.root)
    assert (code, "nobody is enrolled" in said) == (1, True)
    assert keyrings.find(shell.settings.desk.keyring_dir, "lawyer-4") is None
    shown = json.loads(shell.done("roster", "show", "--json"))
    assert (shown["days_left"], shown["grace_over"]) == (-31, True)
    shell.done("staff", "revoke", "lawyer-2", "--root", shell.root)  # and renews it
    assert not json.loads(shell.done("roster", "show", "--json"))["grace_over"]
    shell.done("staff", "add", "lawyer-4", "--role", "lawyer", "--root", shell.root)


def test_a_roster_that_brings_somebody_new_after_the_grace_is_refused(
    shell: Shell, later: Callable[[int], None]
) -> None:
    file = str(shell.folder / "next.roster")
    later(119)
    shell.done("staff", "add", "lawyer-3", "--role", "lawyer", "--draft", file)
    shell.done("roster", "sign", file, "--root", shell.root, "--yes")
    later(121)
    code, said = shell.call("roster", "accept", file)
    assert (code, "nobody is enrolled" in said) == (1, True)


@pytest.mark.parametrize(
    ("days", "level"), [(59, "ok"), (60, "warn"), (76, "warn"), (87, "red"), (91, "red"), (121, "red")]
)
def test_the_doctor_says_when_a_roster_ends(
    shell: Shell, later: Callable[[int], None], days: int, level: str
) -> None:
    later(days)
    _code, said = shell.call("doctor", "--json")
    findings = json.loads(said.splitlines()[0])
    assert next(one["level"] for one in findings if one["name"] == "roster") == level


# --- a lost root ---


def pin(
    shell: Shell, note: str, roots: list[str], threshold: str = "1", typed: list[str] | None = None
) -> str:
    """Pin *roots*; the two who read aloud read what `roster anchor` says, or *typed*."""
    aloud = shell.done("roster", "anchor", *roots, "--threshold", threshold).strip()
    read = iter([aloud, aloud.upper()] if typed is None else typed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(click, "prompt", lambda *_a, **_k: next(read))
        code, said = shell.call("roster", "repin", note, *roots, "--threshold", threshold)
    return said if code == 0 else f"failed: {said}"


def test_a_new_root_is_pinned_by_words_and_old_signatures_stay_good(shell: Shell) -> None:
    shell.done("staff", "add", "lawyer-3", "--role", "lawyer", "--root", shell.root)
    public = shell.done("roster", "root", str(shell.folder / "new.key")).strip()
    file = str(shell.folder / "next.roster")
    shell.done("roster", "draft", file)
    shell.done("roster", "sign", file, "--root", str(shell.folder / "new.key"), "--yes")
    before = shell.founded.config.read_text()
    assert pin(shell, file, [public]).startswith("pinned 1 root keys")
    assert shell.settings.anchor == Anchor((bytes.fromhex(public),), 1)
    changed = set(shell.founded.config.read_text().splitlines()) ^ set(before.splitlines())
    assert {line.split(" ")[0] for line in changed} == {"roots"}
    # Rows of before stand under rosters that only the lost root signed.
    assert json.loads(shell.done("journal", "verify", "--json"))["rows"] == 3
    with open_database(shell.settings).read() as session:
        newest = select(JournalRow.act).order_by(JournalRow.n.desc()).limit(1)
        assert session.scalar(newest) == "repin"
        assert rosters.at_version(session, 1, shell.settings.anchor).version == 1
    code, _ = shell.call("staff", "revoke", "lawyer-3", "--root", shell.root)
    assert code == 1
    shell.done("staff", "revoke", "lawyer-3", "--root", str(shell.folder / "new.key"))
    assert not pin(shell, file, [public]).startswith("pinned")  # by then another roster is in force


def test_a_repin_waits_for_no_running_hub(shell: Shell) -> None:
    new, before = SigningKey.generate(), shell.founded.config.read_text()
    note = shell.write_note(follow(shell.roster()), new)
    with sole_hub(shell.settings.hub.state_dir):
        assert pin(shell, note, [new.public.hex()]).startswith("failed")
    assert (shell.founded.config.read_text(), shell.roster().version) == (before, 1)


def test_a_repin_cut_short_before_the_configuration_can_be_done_again(shell: Shell) -> None:
    new = SigningKey.generate()
    note = shell.write_note(follow(shell.roster()), new)
    before = shell.founded.config.read_text()
    assert pin(shell, note, [new.public.hex()]).startswith("pinned")
    shell.founded.config.write_text(before)
    assert shell.call("roster", "show")[0] == 1
    assert pin(shell, note, [new.public.hex()]).startswith("pinned")
    assert json.loads(shell.done("journal", "verify", "--json"))["rows"] == 2


def test_a_desk_on_another_machine_pins_only_what_the_hub_has_in_force(shell: Shell) -> None:
    new = SigningKey.generate()
    note = shell.write_note(follow(shell.roster()), new)
    elsewhere = shell.folder / "house" / "desk.toml"
    text = shell.founded.config.read_text().replace('"state"', '"nothing-here"')
    elsewhere.write_text(text)
    desk = replace(shell, founded=replace(shell.founded, config=elsewhere))
    assert "the hub does not have it in force" in pin(desk, note, [new.public.hex()])
    assert elsewhere.read_text() == text
    assert pin(shell, note, [new.public.hex()]).startswith("pinned")
    assert pin(desk, note, [new.public.hex()]).startswith("pinned")
    assert desk.roster() == shell.roster()


@pytest.mark.parametrize("harm", ["words", "second reader", "mallory's note", "newcomer", "fork"])
def test_a_repin_that_does_not_hold_changes_nothing(shell: Shell, harm: str) -> None:
    new, typed = SigningKey.generate(), None
    signer, roster = new, follow(shell.roster())
    aloud = " ".join(words(Anchor((new.public,), 1)))
    wrong = " ".join(words(Anchor((SigningKey.generate().public,), 1)))
    if harm == "words":
        typed = [wrong, wrong]
    elif harm == "second reader":
        typed = [aloud, wrong]
    elif harm == "mallory's note":
        signer = SigningKey.generate()
    elif harm == "newcomer":
        _locked, _words, mallory = keyring.create("mallory", keyring.PRACTICE)
        roster = replace(roster, staff=(*roster.staff, mallory.entry(frozenset({"lawyer"}))))
    else:
        roster = replace(roster, previous=b"\x07" * 32)
    before = shell.founded.config.read_text()
    held = shell.roster()
    assert pin(shell, shell.write_note(roster, signer), [new.public.hex()], typed=typed).startswith("failed")
    assert shell.founded.config.read_text() == before
    assert shell.roster() == held
    assert json.loads(shell.done("journal", "verify", "--json"))["rows"] == 1


def test_a_stolen_old_root_rewrites_no_past(shell: Shell) -> None:
    """Mallory has the lost root and the database: an old roster of hers does not count any more."""
    new = SigningKey.generate()
    stolen, first = old_root(shell), shell.roster()
    assert pin(shell, shell.write_note(follow(first), new), [new.public.hex()]).startswith("pinned")
    _locked, _words, mallory = keyring.create("mallory", keyring.PRACTICE)
    hers = replace(first, staff=(*first.staff, mallory.entry(frozenset({"lawyer"}))))
    with open_database(shell.settings).write() as session:
        row = session.get_one(RosterNote, 1)
        row.note = sign(hers, stolen)
    with open_database(shell.settings).read() as session, pytest.raises(CryptoError):
        rosters.at_version(session, 1, shell.settings.anchor)


# --- keyrings ---


def test_a_passphrase_is_changed_and_a_second_copy_has_its_own(shell: Shell) -> None:
    folder, typed = shell.settings.desk.keyring_dir, shell.passphrase_file("lawyer-1")
    old = keyrings.find(folder, "lawyer-1")
    elsewhere = shell.folder / "laptop"
    elsewhere.mkdir()
    said = shell.done("staff", "copy", "lawyer-1", str(elsewhere), "--passphrase-file", typed)
    second = said.split("passphrase")[1].split()[0]
    assert keyrings.find(folder, "lawyer-1") == old
    copied = keyrings.find(elsewhere, "lawyer-1")
    assert old is not None and copied is not None
    here = keyring.unlock(old, Path(typed).read_text())
    there = keyring.unlock(copied, second)
    assert there.identity.seed == here.identity.seed
    assert keyrings.read_secret(elsewhere, there) == keyrings.read_secret(folder, here)
    assert shell.call("staff", "copy", "lawyer-1", str(elsewhere), "--passphrase-file", typed)[0] == 1
    said = shell.done("staff", "passphrase", "lawyer-1", "--passphrase-file", typed)
    renewed = keyrings.find(folder, "lawyer-1")
    assert renewed is not None
    with pytest.raises(keyring.WrongPassphraseError):
        keyring.unlock(renewed, Path(typed).read_text())
    assert keyring.unlock(renewed, said.split()[-1]).signing.seed == here.signing.seed


def test_a_wrong_passphrase_changes_no_keyring(shell: Shell) -> None:
    folder = shell.settings.desk.keyring_dir
    before = keyrings.find(folder, "editor-1")
    typed = shell.passphrase_file("lawyer-1")
    code, said = shell.call("staff", "passphrase", "editor-1", "--passphrase-file", typed)
    assert code == 1
    assert Path(typed).read_text() not in said
    assert keyrings.find(folder, "editor-1") == before
    assert shell.call("staff", "passphrase", "nobody", "--passphrase-file", typed)[0] == 2
