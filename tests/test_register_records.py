"""Published entries on disk: whole or not there, never back from the dead."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path

import msgspec
import pytest

from register import records
from register.entry import Entry
from register.errors import MalformedEntryError, NotPublishableError, RetractedError

MONDAY, TUESDAY, FRIDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 6)


@pytest.fixture
def entry() -> Entry:
    return Entry.new(title={"ru": "Отказ"}, body={"ru": "Он отказался."}, month="2026-02")


def test_an_entry_put_twice_is_published_once(tmp_path: Path, entry: Entry) -> None:
    first = records.put(tmp_path, entry, MONDAY)
    assert records.put(tmp_path, entry, FRIDAY) == first
    assert list(records.read_all(tmp_path)) == [first]
    assert first.published == first.changed == MONDAY


def test_a_correction_keeps_the_first_day_and_names_what_changed(tmp_path: Path, entry: Entry) -> None:
    records.put(tmp_path, entry, MONDAY)
    corrected = records.put(tmp_path, msgspec.structs.replace(entry, title={"ru": "Отказ роты"}), FRIDAY)
    assert (corrected.published, corrected.changed) == (MONDAY, FRIDAY)
    assert corrected.is_corrected
    assert corrected.changes[-1].fields == ("title",)


def test_what_was_taken_down_keeps_no_word_and_no_hash(tmp_path: Path, entry: Entry) -> None:
    records.put(tmp_path, entry, MONDAY)
    gone = records.retract(tmp_path, entry.id, TUESDAY, "safety")
    assert gone.is_tombstone
    (file,) = tmp_path.rglob("*.json")
    written = file.read_text(encoding="utf-8")
    assert "отказался" not in written
    assert "sha256" not in written
    assert records.get(tmp_path, entry.id) == gone


def test_what_was_taken_down_never_comes_back(tmp_path: Path, entry: Entry) -> None:
    records.put(tmp_path, entry, MONDAY)
    records.retract(tmp_path, entry.id, TUESDAY, "safety")
    with pytest.raises(RetractedError):
        records.put(tmp_path, entry, FRIDAY)
    assert records.retract(tmp_path, entry.id, FRIDAY, "erroneous").reason == "safety"


def test_an_entry_taken_down_before_it_was_published_cannot_be_published(
    tmp_path: Path, entry: Entry
) -> None:
    records.retract(tmp_path, entry.id, MONDAY)
    with pytest.raises(RetractedError):
        records.put(tmp_path, entry, TUESDAY)


def test_a_notice_is_not_put(tmp_path: Path, entry: Entry) -> None:
    with pytest.raises(NotPublishableError, match="kind_is_never_public"):
        records.put(tmp_path, msgspec.structs.replace(entry, item_type="notice"), MONDAY)
    assert not list(tmp_path.rglob("*.json"))


@pytest.mark.parametrize("public_id", ["", "../secrets", "ab/../../x", "OOOOOOOOOO", "0123456789a"])
def test_no_path_is_made_of_what_is_no_id(tmp_path: Path, public_id: str) -> None:
    with pytest.raises(MalformedEntryError):
        records.retract(tmp_path, public_id, MONDAY)


def test_half_a_file_is_an_error_and_not_an_absence(tmp_path: Path, entry: Entry) -> None:
    records.put(tmp_path, entry, MONDAY)
    (file,) = tmp_path.rglob("*.json")
    file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(MalformedEntryError):
        list(records.read_all(tmp_path))


def test_what_a_crash_left_aside_is_not_read(tmp_path: Path, entry: Entry) -> None:
    put = records.put(tmp_path, entry, MONDAY)
    (tmp_path / entry.id[:2] / f"{entry.id}.new").write_bytes(b"{")
    assert list(records.read_all(tmp_path)) == [put]


def test_a_publication_at_the_same_moment_does_not_undo_a_retraction(
    tmp_path: Path, entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever publishes has read that nothing was taken down; a retraction waits until that is written."""
    records.put(tmp_path, entry, MONDAY)
    corrected = msgspec.structs.replace(entry, title={"ru": "Иначе"})
    going = threading.Thread(target=records.retract, args=(tmp_path, entry.id, FRIDAY, "safety"))
    write = records._write

    def interrupted(folder: Path, record: records.Published) -> None:
        if record.entry is not None:
            going.start()
            going.join(timeout=0.3)  # it would be done by now if nothing held it
        write(folder, record)

    monkeypatch.setattr(records, "_write", interrupted)
    records.put(tmp_path, corrected, TUESDAY)
    going.join(timeout=30)
    left = records.get(tmp_path, entry.id)
    assert left is not None
    assert left.is_tombstone
