"""The bundle: whoever changed a byte is named, with our tool and with common ones."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crypto.signature import SigningKey
from register import bundle, examples, packing, site, sums
from register.errors import TamperedBundleError
from register.settings import SiteSettings
from register.shelf import Gone
from register.sources import Held
from subrosa.__main__ import run

KEY = SigningKey.from_seed(b"register key for tests, 32 bytes")
NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("register") / "site"
    site.build(Held(examples.load()), output, settings=SiteSettings(), now=NOW, signing=KEY)
    return output


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "mirror"))


def problems(folder: Path, public: bytes = KEY.public, **options: int) -> tuple[str, ...]:
    with pytest.raises(TamperedBundleError) as refused:
        bundle.verify(folder, public, **options)
    return refused.value.problems


def test_an_honest_copy_verifies_and_says_how_old_it_is(copy: Path) -> None:
    manifest = bundle.verify(copy, KEY.public)
    assert (manifest.number, manifest.entries) == (1, 9)
    assert manifest.day == NOW.date()


def test_any_changed_byte_is_named(tmp_path: Path) -> None:
    copy, held = tmp_path / "site", Held(examples.load())
    site.build(held, copy, settings=SiteSettings(), now=NOW, signing=KEY)
    assert packing.pack(held, copy, settings=SiteSettings(), now=NOW, signing=KEY)
    # Every kind of file, each changed in one bit.
    kinds = {path.suffix + path.parent.name: path for path in sorted(copy.rglob("*")) if path.is_file()}
    assert {".jsru", ".zipsite", ".csvdata", ".bibentries"} <= kinds.keys()
    for path in kinds.values():
        name = path.relative_to(copy).as_posix()
        honest = path.read_bytes()
        path.write_bytes(honest[:-2] + bytes([honest[-2] ^ 1]) + honest[-1:])
        assert any(problem.startswith(f"{name}:") for problem in problems(copy)), name
        path.write_bytes(honest)
    bundle.verify(copy, KEY.public)


def test_a_removed_entry_and_an_added_file_are_named(copy: Path) -> None:
    page = next((copy / "ru" / "entries").glob("*.html"))
    page.unlink()
    (copy / "ru" / "extra.html").write_text("<script>")
    found = problems(copy)
    assert f"ru/entries/{page.name}: missing" in found
    assert "ru/extra.html: added" in found


def test_an_entry_removed_together_with_its_lines_is_named(copy: Path) -> None:
    going = next(record.id for record in examples.load() if not record.is_tombstone)
    lines = (copy / bundle.SUMS).read_text().splitlines()
    for path in [path for path in copy.rglob(f"{going}.*") if path.is_file()]:
        path.unlink()
    (copy / bundle.SUMS).write_text("".join(f"{line}\n" for line in lines if f"/{going}." not in line))
    found = problems(copy)
    assert found[0] == "SHA256SUMS: changed"
    assert [one.partition(":")[0] for one in found[1:]] == [going]
    assert "removed with its lines" in found[1]


def test_a_link_in_place_of_a_file_is_named(copy: Path) -> None:
    page = copy / "ru" / "index.html"
    page.rename(copy.parent / "elsewhere.html")
    page.symlink_to(copy.parent / "elsewhere.html")
    assert problems(copy) == ("ru/index.html: changed",)


def test_what_is_no_plain_file_is_named_and_never_waited_for(copy: Path) -> None:
    page, index = copy / "ru" / "index.html", copy / "en" / "index.html"
    page.unlink()
    os.mkfifo(page)
    index.unlink()
    index.mkdir()
    os.mkfifo(copy / "pipe")
    (copy / "stray").symlink_to("ru")
    (copy / "no \udcff text.html").write_text("added")
    # Sums of Mallory's own lead nobody to wait for a pipe either.
    names = ("pipe", "pipe/x.html", "stray/x.html", "no\0name.html")
    for lines in ("", *(f"{'0' * 64}  {name}\n" for name in names)):
        with (copy / bundle.SUMS).open("a") as listed:
            listed.write(lines)
        found = problems(copy)
        assert {"ru/index.html: changed", "en/index.html: missing", "stray: added"} <= {*found}
        assert "no \\xff text.html: added" in found
        json.dumps(found, ensure_ascii=False).encode()


def test_a_folder_that_shows_nothing_is_named(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden, scan = copy / "ru" / "hidden", os.scandir
    hidden.mkdir()

    def scandir(path: str) -> object:
        if Path(path) == hidden:
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert problems(copy) == ("ru/hidden: added",)


@pytest.mark.parametrize(
    "name", [bundle.MANIFEST, bundle.SUMS, bundle.RECALL, bundle.ARCHIVE, bundle.ARCHIVE_NOTE]
)
def test_what_the_sums_cannot_name_is_a_plain_file_too(copy: Path, name: str) -> None:
    elsewhere = copy.parent / "elsewhere"
    shutil.copytree(copy, elsewhere)
    (copy / name).unlink(missing_ok=True)
    for lay in (Path.mkdir, os.mkfifo, lambda place: place.symlink_to(elsewhere / name)):
        lay(copy / name)
        assert any(one.startswith((f"{name}:", f"{bundle.ARCHIVE}:")) for one in problems(copy))
        (copy / name).rmdir() if (copy / name).is_dir() else (copy / name).unlink()


def test_sums_that_mallory_made_anew_do_not_pass(copy: Path) -> None:
    lay_page_with_its_sum(copy)
    assert "SHA256SUMS: changed" in problems(copy)


def test_another_key_and_a_missing_manifest_are_said(copy: Path) -> None:
    stranger = SigningKey.from_seed(bytes(32))
    assert problems(copy, stranger.public) == ("manifest.txt: not signed by this key",)
    (copy / bundle.MANIFEST).unlink()
    assert problems(copy) == ("manifest.txt: missing",)


def test_a_recall_list_does_not_pass_for_a_manifest(copy: Path) -> None:
    (copy / bundle.MANIFEST).write_bytes((copy / bundle.RECALL).read_bytes())
    assert problems(copy) == ("manifest.txt: signed as something else",)


def test_an_older_copy_is_refused_by_who_saw_a_newer_one(copy: Path) -> None:
    assert problems(copy, at_least=2) == ("manifest.txt: number 1 is older than 2",)


def test_a_manifest_of_an_earlier_issue_beside_newer_files_is_named(copy: Path) -> None:
    earlier = (copy / bundle.MANIFEST).read_bytes()
    (copy / "en" / "index.html").write_text("newer")
    listed = (copy / bundle.SUMS).read_text().splitlines()
    newer = bundle.sha256(copy / "en" / "index.html")
    lines = [f"{newer}  en/index.html" if one.endswith("  en/index.html") else one for one in listed]
    (copy / bundle.SUMS).write_text("\n".join(lines) + "\n")
    told = sums.Listed(len(lines), bundle.sha256(copy / bundle.SUMS))
    bundle.sign(copy, KEY, told, number=2, day=NOW.date(), entries=9)
    assert bundle.verify(copy, KEY.public).number == 2
    (copy / bundle.MANIFEST).write_bytes(earlier)
    assert any(one.startswith("manifest.txt: issue 1 is not that of the files") for one in problems(copy))


def test_a_newer_recall_list_names_what_an_older_copy_must_delete(copy: Path) -> None:
    living = next(one for one in examples.load() if not one.is_tombstone)
    gone = next(one for one in examples.load() if one.is_tombstone)
    newer = bundle.recall([Gone(gone.id, NOW.date(), "safety"), Gone(living.id, NOW.date(), "safety")], KEY)
    with pytest.raises(TamperedBundleError) as found:
        bundle.check_recalled(copy, newer, KEY.public)
    assert found.value.problems == (f"{living.id}: was taken down; delete it",)
    bundle.check_recalled(copy, (copy / bundle.RECALL).read_bytes(), KEY.public)


def test_an_older_recall_list_is_told_from_the_newer_one_in_the_copy(copy: Path) -> None:
    newer = (copy / bundle.RECALL).read_bytes()
    assert b"\nnumber 1\nday " in newer
    with pytest.raises(TamperedBundleError) as found:
        bundle.check_recalled(copy, bundle.recall([], KEY), KEY.public)
    assert found.value.problems == ("recall.txt: the copy's own list is newer: number 1, not 0",)


def test_the_command_says_which_file_and_which_issue(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ask = ["register", "verify", str(copy), "--key", KEY.public.hex()]
    assert run(ask) == 0
    assert "genuine: 9 entries, issue 1" in capsys.readouterr().out
    assert run([*ask, "--seen", "2"]) == 1
    assert "manifest.txt: number 1 is older than 2" in capsys.readouterr().err
    (copy / "en" / "index.html").write_text("other")
    (copy / "evil\x1b[2J.html").write_text("added")
    assert run([*ask, "--json"]) == 1
    out, err = capsys.readouterr()
    assert "en/index.html: changed" in json.loads(out)["problems"]
    assert "en/index.html: changed" in err
    assert "evil?[2J.html: added" in err
    assert "\x1b" not in err
    assert "subrosa: error: this copy is not the register that was signed" in err


def test_the_recall_list_names_what_was_taken_down(copy: Path) -> None:
    gone = [record.id for record in examples.load() if record.is_tombstone]
    assert bundle.recalled((copy / bundle.RECALL).read_bytes(), KEY.public) == tuple(gone)
    with pytest.raises(TamperedBundleError):
        bundle.recalled((copy / bundle.RECALL).read_bytes().replace(b"consent", b"CONSENT"), KEY.public)


common_tools = pytest.mark.skipif(
    not all(map(shutil.which, ("openssl", "xxd", "sha256sum"))), reason="common tools are absent"
)


def test_a_recall_list_can_be_read_however_much_was_taken_down() -> None:
    gone = [Gone(f"{number:010}", NOW.date(), "consent_withdrawn") for number in range(30_000)]
    assert len(bundle.recalled(bundle.recall(gone, KEY), KEY.public)) == len(gone)


def commands_of(copy: Path) -> list[str]:
    """Return the commands that the instructions of a copy tell people to type."""
    text = (copy / bundle.HOW_TO).read_text()
    commands = [line.strip() for line in text.splitlines() if re.match(r"    [(a-z]", line)]
    return [line for line in commands if not re.fullmatch(r"[0-9a-f]{64}", line)]


def follow(copy: Path, key: bytes, *, stops: bool = True) -> subprocess.CompletedProcess[str]:
    """Do what the instructions of a copy say, and stop where they fail, or go on regardless."""
    script = "\n".join(["set -e"] * stops + commands_of(copy))
    return subprocess.run(
        ["sh", "-c", script], cwd=copy, input=f"{key.hex()}\n", capture_output=True, text=True, timeout=30
    )


def lay_page_with_its_sum(copy: Path) -> str:
    """Change a page and its line in the sums; return the sum of the sums."""
    page = copy / "en" / "index.html"
    page.write_bytes(page.read_bytes() + b"<p>Mallory</p>")
    lines = (copy / bundle.SUMS).read_text().splitlines()
    new = [
        f"{bundle.sha256(page)}  en/index.html" if one.endswith("  en/index.html") else one for one in lines
    ]
    (copy / bundle.SUMS).write_text("\n".join(new) + "\n")
    return bundle.sha256(copy / bundle.SUMS)


@common_tools
def test_the_written_instructions_work_with_common_tools(copy: Path) -> None:
    before = sorted(copy.rglob("*"))
    done = follow(copy, KEY.public)
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()[1:]
    assert said == ["Signature Verified Successfully", "SHA256SUMS: OK", "SHA256SUMS", "manifest.txt"]
    assert sorted(copy.rglob("*")) == before
    assert follow(copy, SigningKey.from_seed(bytes([7]) * 32).public).returncode != 0


@common_tools
def test_the_written_instructions_name_what_was_added(copy: Path) -> None:
    (copy / "ru" / "added page.html").write_text("<script>")
    # Names that repeat one another line by line, that differ in a line end only, that move a cursor.
    for name in ("a\n./ru/hidden.html", "b\n./a", "b", "ru/hidden.html", "c\nd", "c?d", "e\x1b[2K"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text("added")
    index = copy / "ru" / "index.html"
    index.rename(copy.parent / "elsewhere.html")
    index.symlink_to(copy.parent / "elsewhere.html")
    said = follow(copy, KEY.public, stops=False).stdout
    named = said.splitlines()[3:]
    assert {"ru/added page.html", "ru/hidden.html", "c?d", "ru/index.html", "./ru/index.html"} <= {*named}
    assert "\x1b" not in said


@common_tools
def test_sums_that_nobody_signed_do_not_pass_the_written_instructions(copy: Path) -> None:
    forged, manifest = lay_page_with_its_sum(copy), copy / bundle.MANIFEST
    text, signature = manifest.read_text().split("\n\n")
    # Written over the true sum on a terminal; beside it; after the signature; before everything.
    for over in (f"sums \x1b[1A\r\x1b[2K{forged}", f"sums {forged}", f"sums {forged}\x1b[8m"):
        for lines in (
            [text, "", over, signature],
            [text, "", signature + over, signature],
            [over, text, "", signature],
            ["", over, text, "", signature],
        ):
            manifest.write_text("\n".join(lines))
            assert follow(copy, KEY.public).returncode != 0
            said = follow(copy, KEY.public, stops=False).stdout
            # Whoever goes on all the same still does not read both sentences, and no letter of Mallory's.
            assert not {"Signature Verified Successfully", "SHA256SUMS: OK"} <= {*said.splitlines()}
            assert "\x1b" not in said
            with pytest.raises(TamperedBundleError):
                bundle.verify(copy, KEY.public)
