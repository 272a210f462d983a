"""The whole register in a few files: they follow the site, and never tell more than it does."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from crypto.signature import SigningKey
from register import bundle, examples, packing, records, search, site, zipping
from register.entry import Entry
from register.errors import MalformedEntryError, TamperedBundleError
from register.public import public
from register.records import Published
from register.settings import SiteSettings
from register.sources import Folder, Held, Source
from tests.crowd import crowd

KEY = SigningKey.from_seed(b"register key for tests, 32 bytes")
NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
DAY = NOW.date()
SETTINGS = SiteSettings()


def build(source: Source, output: Path) -> site.BuildReport:
    return site.build(source, output, settings=SETTINGS, now=NOW, signing=KEY)


def pack(source: Source, output: Path) -> packing.PackReport | None:
    return packing.pack(source, output, settings=SETTINGS, now=NOW, signing=KEY)


@pytest.fixture
def kept(tmp_path: Path) -> Folder:
    records.keep(tmp_path / "records", examples.load())
    return Folder(tmp_path / "records")


@pytest.fixture
def output(kept: Folder, tmp_path: Path) -> Path:
    build(kept, tmp_path / "site")
    assert pack(kept, tmp_path / "site")
    return tmp_path / "site"


def problems(folder: Path) -> tuple[str, ...]:
    with pytest.raises(TamperedBundleError) as refused:
        bundle.verify(folder, KEY.public)
    return refused.value.problems


def test_the_archive_is_the_bundle(output: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(output / bundle.ARCHIVE) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "unpacked")
    unpacked = bundle.verify(tmp_path / "unpacked", KEY.public)
    assert unpacked == bundle.verify(output, KEY.public)


def test_the_same_site_gives_the_same_archive(output: Path, tmp_path: Path) -> None:
    build(Held(examples.load()), tmp_path / "other")
    pack(Held(examples.load()), tmp_path / "other")
    assert (tmp_path / "other" / bundle.ARCHIVE).read_bytes() == (output / bundle.ARCHIVE).read_bytes()


def test_an_archive_that_mallory_changed_or_brought_is_named(output: Path) -> None:
    archive, note = output / bundle.ARCHIVE, output / bundle.ARCHIVE_NOTE
    honest = archive.read_bytes()
    archive.write_bytes(honest[:-1] + bytes([honest[-1] ^ 1]))
    assert problems(output) == (f"{bundle.ARCHIVE}: changed",)
    archive.write_bytes(honest)
    signed = note.read_bytes()
    note.write_bytes((output / bundle.RECALL).read_bytes())
    assert problems(output) == (f"{bundle.ARCHIVE_NOTE}: signed as something else",)
    note.write_bytes(signed.replace(b"sum ", b"Sum "))
    assert len(problems(output)) == 1
    note.unlink()
    assert len(problems(output)) == 1
    archive.unlink()
    bundle.verify(output, KEY.public)


def test_an_older_archive_beside_a_newer_site_is_named_if_it_holds_what_was_taken_down(
    output: Path, kept: Folder, tmp_path: Path
) -> None:
    archive, note = ((output / name).read_bytes() for name in (bundle.ARCHIVE, bundle.ARCHIVE_NOTE))
    going, changing = (record for record in examples.load()[:2])
    assert changing.entry is not None
    records.put(kept.path, msgspec.structs.replace(changing.entry, title={"ru": "Иначе"}), DAY)
    build(kept, output)
    bundle.verify(output, KEY.public)
    site.take_down(
        output, going.id, folder=kept.path, reason="safety", settings=SETTINGS, now=NOW, signing=KEY
    )
    (output / bundle.ARCHIVE).write_bytes(archive)
    (output / bundle.ARCHIVE_NOTE).write_bytes(note)
    assert problems(output) == (f"{bundle.ARCHIVE}: holds what was taken down since",)


def test_a_record_nobody_can_read_is_said_and_no_older_whole_stays(output: Path, kept: Folder) -> None:
    """It is not left out, and what another entry was corrected from does not stay for want of it."""
    broken = next(record.id for record in examples.load() if record.entry)
    other = examples.load()[1]
    assert other.entry is not None
    records.put(kept.path, msgspec.structs.replace(other.entry, title={"ru": "Иначе"}), DAY)
    build(kept, output)
    (kept.path / broken[:2] / f"{broken}.json").write_bytes(b"{")
    for _again in range(2):
        with pytest.raises(MalformedEntryError):
            pack(kept, output)
    assert not (output / "data/register.json").exists()
    assert not (output / bundle.ARCHIVE).exists()
    assert not [path for path in (output / "search").rglob("*") if path.is_file()]
    assert not (output.parent / ".site.packing").exists()
    bundle.verify(output, KEY.public)


def test_nothing_is_packed_twice(output: Path, kept: Folder) -> None:
    assert pack(kept, output) is None
    build(kept, output)
    assert pack(kept, output) is None


def test_a_folder_that_was_never_built_is_left_alone(tmp_path: Path, kept: Folder) -> None:
    assert pack(kept, tmp_path / "nothing") is None
    assert not list(tmp_path.glob("*nothing*"))


def everything(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_what_was_taken_down_is_gone_from_the_whole_before_the_whole_is_made_again(
    output: Path, kept: Folder
) -> None:
    secret = "Ясеневый переулок"
    entry = Entry.new(title={"ru": secret}, body={"ru": f"{secret}, дом три."}, month="2026-02")
    records.put(kept.path, entry, DAY)
    build(kept, output)
    assert pack(kept, output)
    assert secret.encode() in (output / "data/register.json").read_bytes()
    assert "ясеневый".encode() in everything(output / "search")
    site.take_down(
        output, entry.id, folder=kept.path, reason="safety", settings=SETTINGS, now=NOW, signing=KEY
    )
    for name in ("data/register.json", "data/register.csv", bundle.ARCHIVE, bundle.ARCHIVE_NOTE):
        assert not (output / name).exists(), name
    assert not [path for path in (output / "search").rglob("*") if path.is_file()]
    assert secret.encode() not in everything(output)
    assert secret.encode() not in everything(output.parent)
    bundle.verify(output, KEY.public)
    assert pack(kept, output)
    assert secret.encode() not in everything(output)
    with zipfile.ZipFile(output / bundle.ARCHIVE) as archive:
        assert f"ru/entries/{entry.id}.html" in archive.namelist()
        assert all(secret.encode() not in archive.read(name) for name in archive.namelist())
    bundle.verify(output, KEY.public)


@pytest.mark.parametrize("step", ["register.bundle.drop_archive", "register.builder.Builder._make"])
def test_a_stop_at_any_step_leaves_no_whole_that_names_what_was_taken_down(
    step: str, output: Path, kept: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = Entry.new(title={"ru": "Ясеневый переулок"}, body={"ru": "Дом три."}, month="2026-02")
    records.put(kept.path, entry, DAY)
    build(kept, output)
    assert pack(kept, output)
    records.retract(kept.path, entry.id, DAY)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(step, die)
        with pytest.raises(KeyboardInterrupt):
            build(kept, output)
    build(kept, output)
    assert "Ясеневый".encode() not in everything(output)
    assert "ясеневый".encode() not in everything(output)
    assert not (output / bundle.ARCHIVE).exists()
    bundle.verify(output, KEY.public)


def test_what_was_withdrawn_is_in_no_whole_though_nothing_was_built_since(output: Path, kept: Folder) -> None:
    entry = Entry.new(title={"ru": "Ясеневый переулок"}, body={"ru": "Дом три."}, month="2026-02")
    records.put(kept.path, entry, DAY)
    build(kept, output)
    assert pack(kept, output)
    site.withdraw(output, entry.id, folder=kept.path, reason="safety", now=NOW)
    whole = [output / "data", output / "search"]
    assert all("ясеневый" not in everything(one).decode().casefold() for one in whole)
    assert not (output / bundle.ARCHIVE).exists()


class Meanwhile:
    """A source during whose reading something is taken down."""

    def __init__(self, inner: Folder, output: Path, going: str) -> None:
        self.inner, self.output, self.going = inner, output, going

    def scan(self) -> Iterator[tuple[str, str]]:
        return self.inner.scan()

    def read(self, public_id: str) -> Published:
        found = self.inner.read(public_id)
        if self.going:
            going, self.going = self.going, ""
            site.take_down(
                self.output,
                going,
                folder=self.inner.path,
                reason="safety",
                settings=SETTINGS,
                now=NOW,
                signing=KEY,
            )
        return found


def test_a_take_down_while_the_whole_is_being_written_is_not_undone(kept: Folder, tmp_path: Path) -> None:
    output = tmp_path / "site"
    build(kept, output)
    going = next(record for record in examples.load() if record.entry)
    assert going.entry is not None
    assert pack(Meanwhile(kept, output, going.id), output) is None
    assert not (output / "data/register.json").exists()
    assert not (output / bundle.ARCHIVE).exists()
    assert not (tmp_path / ".site.packing").exists()
    bundle.verify(output, KEY.public)
    assert pack(kept, output)
    told = json.loads((output / "data/register.json").read_bytes())["entries"]
    assert [one["status"] for one in told if one["id"] == going.id] == ["retracted"]


def test_a_corrected_entry_reaches_the_whole(output: Path, kept: Folder) -> None:
    old = next(record for record in examples.load() if record.entry)
    assert old.entry is not None
    records.put(
        kept.path, msgspec.structs.replace(old.entry, title={"ru": "Иначе говоря"}), date(2026, 3, 10)
    )
    build(kept, output)
    before = bundle.verify(output, KEY.public)
    assert pack(kept, output)
    assert "Иначе говоря".encode() in (output / "data/register.json").read_bytes()
    assert bundle.verify(output, KEY.public).number == before.number + 1


def test_an_archive_of_more_files_than_a_short_field_counts_is_read_by_common_tools() -> None:
    archive = io.BytesIO()
    many = ((f"{n:05}.txt", [b"x" * (n % 3)]) for n in range(65_600))
    assert zipping.write(archive, many, DAY) == 65_600
    with zipfile.ZipFile(archive) as read:
        assert len(read.namelist()) == 65_600
        assert read.read("65599.txt") == b"x"
        assert read.getinfo("00002.txt").date_time[:3] == (2026, 3, 9)


def index_of(folder: Path, entries: Iterable[Published]) -> dict[str, bytes]:
    folder.mkdir()
    names = search.write(folder, (search.Page(public(record)) for record in entries), ("ru",))
    return {name: (folder / name).read_bytes() for name in names}


def told(data: bytes) -> dict[str, list[str]]:
    """Read one file of the index as the script does."""
    found: dict[str, list[str]] = json.loads(data.removeprefix(b"subrosa(").removesuffix(b")\n"))
    return found


def test_every_word_of_an_entry_leads_to_it_and_the_files_can_be_found(tmp_path: Path) -> None:
    entry = Entry.new(title={"ru": "Ёлка в части"}, body={"ru": "Не пое\u0301хали. Рапорт!"})
    files = index_of(tmp_path / "index", [records.first(entry, DAY)])
    contents = told(files["ru/index.js"])
    words = {word: ids for _, name in contents["words"] for word, ids in told(files[name]).items()}
    assert words == {word: [entry.id] for word in ("елка", "части", "поехали", "рапорт", entry.id)}
    (title,) = (line for _, name in contents["titles"] for line in told(files[name]).items())
    assert title == (entry.id, ["Ёлка в части", "ru", None])


def test_an_entry_is_found_by_what_stands_beside_its_text_in_the_language_of_the_reader(
    tmp_path: Path,
) -> None:
    entry = Entry.new(
        title={"en": "Twelve refused"}, body={"en": "They went home."}, branch="rosgvardiya", subject="RU-BRY"
    )
    page = search.Page(public(records.first(entry, DAY)), coded=search.coded(entry))
    (tmp_path / "index").mkdir()
    search.write(tmp_path / "index", [page], ("ru", "en"))
    ru, en = (everything(tmp_path / "index" / language).decode() for language in ("ru", "en"))
    assert '"росгвардия":' in ru
    assert '"брянская":' in ru
    assert '"bryansk":' in en
    assert '"росгвардия":' not in en


def test_one_entry_more_changes_few_files_of_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_OF_WORDS", (500, 4000))
    monkeypatch.setattr(search, "_OF_TITLES", (500, 4000))
    published = list(crowd(400))
    before = index_of(tmp_path / "before", published[1:])
    after = index_of(tmp_path / "after", published)
    digests = {hashlib.sha256(data).digest() for data in before.values()}
    new = [name for name, data in after.items() if hashlib.sha256(data).digest() not in digests]
    assert len(after) > 25
    # The table of contents, the file of its title, and those of the eight or nine words it has.
    assert len(new) <= 12


def test_a_word_of_every_entry_leads_to_the_newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST", 5)
    published = list(crowd(20))
    files = index_of(tmp_path / "index", published)
    every = [told(files[name]) for _, name in told(files["ru/index.js"])["words"]]
    (listed,) = (ids for words in every for word, ids in words.items() if word == "отказ")
    assert listed == [record.id for record in published[:5]]


def test_a_marked_name_is_found_in_no_form_and_in_no_script(tmp_path: Path) -> None:
    told = {
        "ru": "Гребенюка отпустили, Гребенюком гордятся, а Максиму обещали отпуск.",
        "uk": "Гребенюкові обіцяли відпустку.",
        "en": "Grebenyuk's leave: Hrebeniuk was promised leave.",
    }
    entry = Entry.new(title={"ru": "Отпуск", "uk": "Відпустка", "en": "Leave"}, body=told)  # type: ignore[arg-type]
    for n, name in enumerate(("Maxim Grebenyuk", "Максим Гребенюк")):
        folder = tmp_path / str(n)
        folder.mkdir()
        page = search.Page(public(records.first(entry, DAY)), (name,))
        names = search.write(folder, [page], ("ru", "uk", "en"))
        index = "".join((folder / one).read_text() for one in names)
        for form in ("гребенюк", "максим", "grebenyuk", "hrebeniuk"):
            assert form not in index, (name, form)
        for word in ("отпустили", "обещали", "відпустку", "promised"):
            assert word in index, (name, word)
