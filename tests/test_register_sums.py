"""The list of sums: what is put into the list that lies there reads as if it were written anew."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from register import examples, records, site, sums
from register.entry import Entry
from register.settings import SiteSettings
from register.sources import Folder
from register.state import opened, state_file

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
paths = st.text("ab/.ё", min_size=1, max_size=5)
listed = st.dictionaries(paths, st.integers(0, 9).map(lambda n: f"{n}" * 64), min_size=1, max_size=12)


@given(listed, st.dictionaries(paths, st.none() | st.just("f" * 64), max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_list_renewed_in_part_is_the_list_written_anew(
    tmp_path: Path, before: dict[str, str], renewed: dict[str, str | None]
) -> None:
    def ordered(lines: dict[str, str]) -> list[tuple[str, str]]:
        return sorted(lines.items(), key=lambda line: line[0].encode())

    sums.write(tmp_path, ordered(before))
    sums.place(tmp_path)
    told = sums.renew(tmp_path, renewed)
    sums.place(tmp_path)
    data = (tmp_path / sums.SUMS).read_bytes()
    after = {path: one for path, one in (before | renewed).items() if one is not None}
    assert told == sums.write(tmp_path, ordered(after))
    assert told == sums.Listed(len(after), hashlib.sha256(data).hexdigest())


def test_after_every_change_the_list_says_what_the_builder_knows(tmp_path: Path) -> None:
    folder, output = tmp_path / "records", tmp_path / "site"
    records.keep(folder, examples.load())
    living = [record for record in examples.load() if record.entry]

    def add() -> None:
        new = Entry.new(title={"ru": "Новая"}, body={"ru": "Слово."}, month="2026-02")
        records.put(folder, new, date(2026, 3, 9))

    def correct() -> None:
        assert living[0].entry is not None
        records.put(folder, msgspec.structs.replace(living[0].entry, title={"ru": "Иначе"}), date(2026, 3, 9))

    def retract() -> None:
        records.retract(folder, living[1].id, date(2026, 3, 9))

    def lose() -> None:
        (output / sums.SUMS).write_bytes(b"")

    for act in (None, add, correct, retract, lose, add):
        if act:
            act()
        site.build(Folder(folder), output, settings=SiteSettings(), now=NOW)
        with opened(state_file(output)) as state:
            made = state.db.execute("SELECT sha256 || '  ' || path FROM file ORDER BY path").fetchall()
        assert [line for (line,) in made] == (output / sums.SUMS).read_text(encoding="utf-8").splitlines()
