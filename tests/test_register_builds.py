"""Builds: a change touches what it must, a crash is mended, and what was taken down goes at once."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

from register import bundle, examples, records, site
from register.entry import Entry
from register.errors import MalformedEntryError, NotOurFolderError
from register.records import Published
from register.settings import SiteSettings
from register.sources import Folder
from register.state import State, beside, opened, state_file
from tests.crowd import crowd
from tests.sites import DAY, KEY, NOW, SETTINGS, build, everything, pack

ROOT = Path(__file__).resolve().parents[1]


def test_a_second_build_writes_nothing(tmp_path: Path) -> None:
    first = build(examples.load(), tmp_path / "site")
    again = build(examples.load(), tmp_path / "site", now=datetime(2027, 1, 1, tzinfo=UTC))
    assert (again.written, again.removed, again.number) == (0, 0, first.number)


def test_a_new_entry_writes_its_own_pages_and_few_more(tmp_path: Path) -> None:
    published = list(crowd(400))
    build(published[1:], tmp_path / "site")
    report = build(published, tmp_path / "site")
    assert report.number == 2
    assert report.written < 80
    bundle.verify(tmp_path / "site", KEY.public, at_least=2)


def test_taking_down_leaves_nothing_of_an_entry_anywhere(tmp_path: Path) -> None:
    folder, output = tmp_path / "records", tmp_path / "site"
    secret = "Ясеневый переулок"
    entry = Entry.new(
        title={"ru": secret}, body={"ru": f"{secret}, дом три."}, month="2026-02", subject="RU-TUL"
    )
    records.keep(folder, examples.load())
    records.put(folder, entry, DAY)
    build(Folder(folder), output)
    assert secret.encode() in everything(output)
    site.take_down(output, entry.id, folder=folder, reason="safety", settings=SETTINGS, now=NOW, signing=KEY)
    assert secret.encode() not in everything(output) + everything(folder)
    assert entry.id in bundle.recalled((output / bundle.RECALL).read_bytes(), KEY.public)
    assert "Запись снята" in (output / f"ru/entries/{entry.id}.html").read_text()
    assert not (output / f"data/entries/{entry.id}.bib").exists()
    assert not (output / "ru/by/subject-ru-tul.html").exists()
    bundle.verify(output, KEY.public)


def test_a_build_cut_short_is_finished_by_the_next_and_leaves_no_stray(tmp_path: Path) -> None:
    output = tmp_path / "site"
    secret = Entry.new(title={"ru": "Лишнее"}, body={"ru": "Лишнее слово"}, month="2026-02")

    class KilledError(Exception):
        pass

    def kill(done: int, owed: int) -> None:
        if done == owed // 2:
            raise KilledError

    published = [*examples.load(), records.first(secret, DAY)]
    with pytest.raises(KilledError):
        build(published, output, progress=kill)
    (output / "ru" / ".half.html.new").write_text("Лишнее")
    build(examples.load(), output)
    assert "Лишнее".encode() not in everything(output)
    bundle.verify(output, KEY.public)


def test_a_page_written_by_a_build_that_crashed_does_not_outlive_a_take_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, output = tmp_path / "records", tmp_path / "site"
    records.keep(folder, examples.load())
    build(Folder(folder), output)
    secret = Entry.new(title={"ru": "Лишнее"}, body={"ru": "Лишнее слово"}, month="2026-02")
    records.put(folder, secret, DAY)

    class KilledError(Exception):
        pass

    paid = State.paid

    def kill(state: State, kind: str, names: list[str]) -> None:
        if any(name.startswith("month/") for name in names):
            raise KilledError
        paid(state, kind, names)

    with monkeypatch.context() as patch:
        patch.setattr(State, "paid", kill)
        with pytest.raises(KilledError):
            build(Folder(folder), output)
    lists = [path for path in (output / "ru").rglob("*.html") if "Лишнее".encode() in path.read_bytes()]
    assert any(path.parent.name == "by" for path in lists), "the crash came before any list was written"
    take_down(output, secret.id, folder)
    assert "Лишнее".encode() not in everything(output)
    bundle.verify(output, KEY.public)


def test_what_a_power_cut_took_is_made_again(tmp_path: Path) -> None:
    output = tmp_path / "site"
    build(examples.load(), output)
    pack(examples.load(), output)
    entry = next(record.id for record in examples.load() if record.entry)
    (output / f"ru/entries/{entry}.html").write_bytes(b"")
    (output / "ru/by/branch-marines.html").unlink()
    (output / "data/register.json").write_bytes(b"half")
    (output / "en/index.html").write_text("an older one")
    beside(output, "unfinished").touch()
    build(examples.load(), output)
    bundle.verify(output, KEY.public)
    assert pack(examples.load(), output)
    bundle.verify(output, KEY.public)
    build(examples.load(), tmp_path / "other")
    pack(examples.load(), tmp_path / "other")
    assert (tmp_path / "other" / bundle.SUMS).read_bytes() == (output / bundle.SUMS).read_bytes()


class Counting(Folder):
    """A folder that counts how many records are read."""

    reads: ClassVar[list[str]] = []

    def read(self, public_id: str) -> Published:
        self.reads.append(public_id)
        return super().read(public_id)


def test_one_correction_reads_one_record_and_whatever_feeds_quote(tmp_path: Path) -> None:
    folder, output = tmp_path / "records", tmp_path / "site"
    records.keep(folder, crowd(300))
    build(Folder(folder), output)
    old = next(crowd(1))
    assert old.entry is not None
    records.put(folder, msgspec.structs.replace(old.entry, title={"ru": "Иначе"}), DAY)
    Counting.reads.clear()
    report = build(Counting(folder), output)
    # Taken in, made, and the fifty texts of the JSON feed where it is among the newest, in three languages.
    assert len(Counting.reads) <= 2 + 3 * 50
    assert Counting.reads[:2] == [old.id, old.id]
    assert report.written < 60
    assert "Иначе" in (output / f"ru/entries/{old.id}.html").read_text()


def test_a_take_down_does_not_wait_for_the_end_of_a_long_build(tmp_path: Path) -> None:
    folder, output = tmp_path / "records", tmp_path / "site"
    published = list(crowd(400))
    going = published[7].id
    records.keep(folder, published)
    others: list[threading.Thread] = []
    seen: list[int] = []

    def progress(done: int, owed: int) -> None:
        if not others:
            others.append(threading.Thread(target=take_down, args=(output, going, folder)))
            others[0].start()
            wait_for(beside(output, "bell"))
        elif going in (output / bundle.RECALL).read_text() and not seen:
            page = (output / f"ru/entries/{going}.html").read_text()
            assert "Запись снята" in page
            seen.append(owed - done)

    build(Folder(folder), output)
    # Other settings: everything is made again, which takes longest when there is already something to hide.
    build(Folder(folder), output, settings=SiteSettings(), progress=progress)
    others[0].join(timeout=30)
    assert max(seen) > 100, "the take-down came after the build"
    bundle.verify(output, KEY.public)


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 10
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_change_of_settings_makes_every_page_again(tmp_path: Path) -> None:
    output = tmp_path / "site"
    build(examples.load(), output)
    fewer = SiteSettings(names={"ru": "Иной реестр"}, languages=("ru",))
    build(examples.load(), output, settings=fewer)
    assert not (output / "en" / "index.html").exists()
    assert all("Иной реестр" in path.read_text() for path in (output / "ru").rglob("*.html"))
    bundle.verify(output, KEY.public)


def test_an_output_that_was_emptied_is_filled_again(tmp_path: Path) -> None:
    output = tmp_path / "site"
    build(examples.load(), output)
    shutil.rmtree(output)
    report = build(examples.load(), output)
    assert report.number == 2
    bundle.verify(output, KEY.public, at_least=2)


def test_a_lost_state_is_made_again_from_what_lies_there(tmp_path: Path) -> None:
    output = tmp_path / "site"
    build(examples.load(), output)
    state_file(output).unlink()
    gone = examples.load()[1:]
    report = build(gone, output)
    assert report.number == 2
    bundle.verify(output, KEY.public)
    assert not (output / f"ru/entries/{examples.load()[0].id}.html").exists()


def test_a_folder_with_other_things_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(NotOurFolderError):
        build(examples.load(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_state_that_names_files_elsewhere_deletes_nothing(tmp_path: Path) -> None:
    output = tmp_path / "site"
    build(examples.load(), output)
    outside = tmp_path / "precious.txt"
    outside.write_text("x")
    with opened(state_file(output)) as state:
        state.keep("../precious.txt", "", "")
        state.drop(["../precious.txt"])
    build(examples.load()[1:], output)
    assert outside.exists()


def taken_down_within(number: int, folder: Path) -> float:
    """Build and pack a register of *number* entries; return the seconds one take-down takes."""
    kept, output = folder / "records", folder / "site"
    published = list(crowd(number))
    records.keep(kept, published)
    build(Folder(kept), output)
    assert pack(Folder(kept), output)
    going = published[77].id
    began = time.monotonic()
    take_down(output, going, kept)
    took = time.monotonic() - began
    assert "Запись снята" in (output / f"ru/entries/{going}.html").read_text()
    assert going in bundle.recalled((output / bundle.RECALL).read_bytes(), KEY.public)
    assert not (output / bundle.ARCHIVE).exists()
    bundle.verify(output, KEY.public)
    return took


def test_an_entry_is_taken_down_within_ten_seconds(tmp_path: Path) -> None:
    assert taken_down_within(150, tmp_path) < 10


@pytest.mark.full
def test_one_of_five_thousand_entries_is_taken_down_within_ten_seconds(tmp_path: Path) -> None:
    assert taken_down_within(5000, tmp_path) < 10


@pytest.mark.full
@pytest.mark.timeout(900)
def test_from_the_click_to_gone_everywhere_takes_ten_seconds_at_five_thousand_entries() -> None:
    words = [sys.executable, "-m", "benchmarks.take_down", "--entries", "5000", "--json"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, timeout=880)
    assert json.loads(done.stdout)["gone_seconds"] <= 10


@pytest.mark.full
@pytest.mark.timeout(900)
def test_fifty_thousand_entries_keep_to_their_times() -> None:
    words = [sys.executable, "-m", "benchmarks.register", "--entries", "50000", "--json"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, timeout=880)
    figures = json.loads(done.stdout)
    assert figures["full_seconds"] <= 300
    assert figures["correction_seconds"] <= 2
    assert figures["take_down_seconds"] <= 10
    assert figures["peak_memory_mib"] <= 200
    assert figures["largest_page_bytes"] <= 60_000


def test_a_broken_record_elsewhere_does_not_keep_an_entry_up(tmp_path: Path) -> None:
    folder, output = tmp_path / "records", tmp_path / "site"
    records.keep(folder, examples.load())
    build(Folder(folder), output)
    going, broken = (record.id for record in examples.load()[:2])
    (folder / broken[:2] / f"{broken}.json").write_bytes(b"{")
    with pytest.raises(MalformedEntryError, match=broken):
        take_down(output, going, folder)
    assert "Запись снята" in (output / f"ru/entries/{going}.html").read_text()
    assert going in bundle.recalled((output / bundle.RECALL).read_bytes(), KEY.public)
    bundle.verify(output, KEY.public)
    take_down(output, broken, folder)
    assert "Запись снята" in (output / f"ru/entries/{broken}.html").read_text()
    bundle.verify(output, KEY.public)


def take_down(output: Path, public_id: str, folder: Path) -> None:
    site.take_down(output, public_id, folder=folder, reason="safety", settings=SETTINGS, now=NOW, signing=KEY)


def test_two_builders_do_not_meet(tmp_path: Path) -> None:
    output = tmp_path / "site"
    seen: list[str] = []

    def second() -> None:
        build(examples.load()[1:], output)
        seen.append("second")

    other = threading.Thread(target=second)

    def progress(done: int, owed: int) -> None:
        if done == owed:
            other.start()
            # The other is waiting; whatever it did would show in the state of this build.
            time.sleep(0.1)
            assert not seen

    build(examples.load(), output, progress=progress)
    other.join(timeout=20)
    assert seen == ["second"]
    bundle.verify(output, KEY.public)
