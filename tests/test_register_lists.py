"""A hand-made list on its way: into review whole, decided by an editor, public, and written out again."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from casework import notices, releases
from casework.tables import Approval, Draft, Manifest, ManifestSignature, Notice, Press, Published
from crypto.signature import SigningKey
from register import exporting, importing, lists, proposals, records
from register.entry import Block, Correction, Entry, dumps, fingerprint
from register.errors import RegisterError
from register.importing import Imported
from register.lists import HandMade
from register.proposals import accept
from register.recognising import recognise
from register.settings import SiteSettings
from subrosa.chores import Chores
from subrosa.printing import Printer
from tests.cases import as_
from tests.house import House
from tests.test_printing import chores_of, send
from tests.test_register_import import SMALL, of

TOLD = SMALL.replace("Two were later", "For example, two were later")


@pytest.fixture
def house(sqlite_house: House) -> House:
    return sqlite_house


@pytest.fixture
def chores(house: House, tmp_path: Path) -> Chores:
    return chores_of(house, tmp_path)


def waiting(found: Imported) -> HandMade:
    news = found.news
    return lists.unpack(lists.pack(news.entries, news.outline, news.proposals))


def release(home: House, body: bytes) -> bytes:
    """Let two people sign *body*; return its digest."""
    with home.database.write() as session:
        digest = releases.land_manifest(session, body, home.actor("olga"), home.now.date())
        for who in ("carol", "dan"):
            releases.sign_manifest(session, digest, as_(home, who))
    return digest


def written(folder: Path) -> bytes:
    """Write out the one list in *folder* from what is public now."""
    (listed,) = lists.kept(folder)
    assert listed.outline is not None
    public = [one.entry for one in records.read_all(folder) if one.entry is not None]
    return exporting.text(listed.outline, [*public, *listed.notices])


def test_a_packed_list_reads_back_with_its_outline_notices_and_proposals() -> None:
    found = of(TOLD)
    listed = waiting(found)
    assert {dumps(one) for one in listed.entries} == {dumps(one) for one in found.entries}
    assert listed.outline == found.outline
    assert sorted(listed.proposals, key=repr) == sorted(found.proposals, key=repr)
    assert [one.item_type for one in listed.notices] == ["notice", "notice"]


@pytest.mark.parametrize(
    "line",
    [b"{", b'{"format":"subrosa-list-2"}', b'{"format":"subrosa-proposal-1","kind":"burn"}', b"[]",
     b'{"format": "subrosa-list-1","document":"a"}', b"\xff"],
)  # fmt: skip
def test_a_line_that_is_nothing_of_a_list_is_an_error(line: bytes) -> None:
    with pytest.raises(RegisterError):
        lists.unpack(line + b"\n")


def test_what_an_editor_accepts_becomes_follow_ups_and_parts_and_leaves_the_text_alone() -> None:
    listed = waiting(of(TOLD))
    chosen = [one for one in listed.proposals if one.kind in proposals.ACCEPTABLE]
    assert {one.kind for one in chosen} == {"follow_up", "split"}
    after = proposals.accept(listed.entries, chosen)
    assert listed.outline is not None
    assert exporting.text(listed.outline, after) == TOLD.encode()
    sailors = next(one for one in after if one.written.startswith("Twelve"))
    assert [update.sources[0].outlet for update in sailors.updates] == ["Quay Radio"]
    (part,) = [one for one in after if one.parent == sailors.id]
    assert part.written.startswith("For example, two were later dismissed")
    assert proposals.open_ones(listed.proposals, after) == tuple(
        one for one in listed.proposals if one.kind not in proposals.ACCEPTABLE
    )


def test_an_interview_told_apart_takes_its_turns_along() -> None:
    text = SMALL.replace(
        "• A pilot gave an interview. Here is",
        "• A pilot refused (Quay Radio, Mar 1).\nLater he gave an interview. Here is",
    )
    listed = waiting(of(text))
    (lead,) = [one for one in listed.proposals if one.kind == "split" and one.text.endswith(":")]
    part = next(one for one in proposals.accept(listed.entries, [lead]) if one.parent)
    assert [block.kind for block in part.body["en"]] == ["paragraph", *["turn"] * 5]
    assert len(part.quotes) == 5


def test_what_was_accepted_outlives_the_next_reading_and_is_not_proposed_again() -> None:
    listed = waiting(of(TOLD))
    after = proposals.accept(listed.entries, listed.proposals)
    again = of(TOLD, existing=after)
    assert set(again.fates.values()) == {"unchanged"}
    assert not [one for one in again.proposals if one.kind in proposals.ACCEPTABLE]
    renewed = of(TOLD.replace("let them go", "set them free"), existing=after)
    (changed,) = [one for one in renewed.entries if renewed.fates[one.id] == "changed"]
    assert [source.outlet for source in changed.sources] == ["Harbour Post", "Harbour Post"]
    assert changed.updates[0].sources[0].outlet == "Quay Radio"


def test_a_translation_is_behind_once_the_list_says_something_else() -> None:
    first = of(SMALL)
    told = msgspec.structs.replace(first.entries[2], title={"en": "Twelve", "ru": "Двенадцать"})
    renewed = of(SMALL.replace("Two were later", "Three were later"), existing=[told])
    assert next(one for one in renewed.entries if one.id == told.id).outdated == ("ru",)


def test_what_was_taken_down_does_not_come_back_with_the_next_reading() -> None:
    first = of(SMALL)
    gone = first.entries[2].id
    again = of(SMALL, existing=[one for one in first.entries if one.id != gone], gone={gone})
    figures = again.figures()
    assert (figures["added"], figures["unchanged"], figures["taken_down"]) == (0, 5, 1)
    assert gone not in {one.id for one in again.entries}
    assert not again.news.entries


def test_a_released_list_is_written_out_again_from_what_is_public(house: House, chores: Chores) -> None:
    news = of(SMALL).news
    digest = release(house, lists.pack(news.entries, news.outline, news.proposals))
    chores.publish()
    folder = chores.printer.records
    assert written(folder) == SMALL.encode()
    with house.database.read() as session:
        row = session.get_one(Manifest, digest)
        assert (row.state, row.body) == ("public", b"")
    edited = records.get(folder, next(one.id for one in news.entries if one.written.startswith("Twelve")))
    assert edited is not None
    assert edited.entry is not None
    told = msgspec.structs.replace(edited.entry, body={"en": (Block(text="All twelve stayed."),)})
    records.put(folder, told, date(2031, 1, 1))
    before = SMALL.splitlines()
    assert written(folder).decode().splitlines() == [*before[:2], "• All twelve stayed.", *before[4:]]


def test_what_is_taken_down_lives_on_in_no_kept_list(house: House, chores: Chores) -> None:
    found = of(SMALL)
    outline = msgspec.structs.replace(
        found.outline,
        items=tuple(msgspec.structs.replace(item, spans=("Twelve sailors",)) for item in found.outline.items),
    )
    release(house, lists.pack(found.entries, outline, found.proposals))
    chores.publish()
    gone = next(one.id for one in found.entries if one.written.startswith("Twelve"))
    with house.database.write() as session:
        releases.order_take_down(session, gone, "safety", as_(house, "alice"))
    chores.take_down()
    chores.pack()
    for path in (*chores.printer.records.rglob("*"), *chores.printer.output.rglob("*")):
        assert not path.is_file() or b"Twelve sailors" not in path.read_bytes(), path
    with house.database.read() as session:
        assert all(b"Twelve sailors" not in row.body for row in session.query(Manifest))
    assert b"Twelve" not in written(chores.printer.records)


def test_notices_reach_no_page_and_no_file_of_the_site(house: House, chores: Chores) -> None:
    news = of(SMALL).news
    release(house, lists.pack(news.entries, news.outline))
    chores.publish()
    chores.pack()
    assert any("Twelve sailors" in path.read_text() for path in chores.printer.output.rglob("*.html"))
    for path in chores.printer.output.rglob("*"):
        assert not path.is_file() or b"Dona adesso" not in path.read_bytes(), path


def test_a_list_decided_upon_has_to_be_signed_anew(house: House) -> None:
    body, other = lists.pack(of(SMALL).entries), lists.pack(of(TOLD).entries)
    with house.database.write() as session:
        digest = releases.land_manifest(session, body, house.actor("olga"), house.now.date())
        releases.sign_manifest(session, digest, as_(house, "carol"))
        replaced = releases.replace_manifest(session, digest, other, as_(house, "dan"))
        assert session.get(Manifest, digest) is None
        assert session.query(ManifestSignature).count() == 0
        assert releases.sign_manifest(session, replaced, as_(house, "dan")).state == "review"


def test_a_withdrawn_list_can_be_imported_again_and_no_old_signature_counts(house: House) -> None:
    body = lists.pack(of(SMALL).entries)
    with house.database.write() as session:
        digest = releases.land_manifest(session, body, house.actor("olga"), house.now.date())
        releases.sign_manifest(session, digest, as_(house, "carol"))
        assert releases.withdraw_manifest(session, digest, as_(house, "dan")).body == b""
        releases.land_manifest(session, body, house.actor("olga"), house.now.date())
        assert releases.manifests_in_review(session) == [body]
        assert releases.sign_manifest(session, digest, as_(house, "dan")).state == "review"


def test_the_list_of_2022_comes_out_again_with_everything_accepted(shared: Path) -> None:
    data = (shared / "data/refusals-2022.txt").read_bytes()
    listed = waiting(importing.read(data, year=2022, document="refusals-2022.txt"))
    kinds = [one.kind for one in listed.proposals]
    assert kinds.count("follow_up") == 10
    assert kinds.count("split") >= 12
    after: tuple[Entry, ...] = proposals.accept(listed.entries, listed.proposals)
    assert listed.outline is not None
    assert exporting.text(listed.outline, after) == data
    assert sum(len(one.updates) for one in after) == 10


def shown(chores: Chores, public_id: str) -> Entry:
    record = records.get(chores.printer.records, public_id)
    assert record is not None
    assert record.entry is not None
    return record.entry


def correct(chores: Chores, public_id: str, *blocks: Block) -> Entry:
    """Take the name out of an entry, or put other words in its place, as a correction at the desk does."""
    before = shown(chores, public_id)
    clean = tuple(
        msgspec.structs.replace(one, text=one.text.replace("Captain Brand", "Their captain"))
        for one in before.body["en"]
    )
    told = msgspec.structs.replace(before, body={"en": blocks or clean})
    records.put(chores.printer.records, told, date(2031, 1, 1))
    return told


def read_again(chores: Chores, text: str) -> Imported:
    folder = chores.printer.records
    noted = [notice for one in lists.kept(folder) for notice in one.notices]
    return of(text, document="small.txt", existing=noted, public=records.read_all(folder))


def packed(found: Imported) -> bytes:
    news = found.news
    return lists.pack(news.entries, news.outline, news.proposals, news.bases)


NAMED = SMALL.replace("Their captain", "Captain Brand")


@pytest.fixture
def sailors(house: House, chores: Chores) -> str:
    """Publish a list with a name in it, and return the id of the entry that has it."""
    found = of(NAMED, document="small.txt")
    release(house, packed(found))
    chores.publish()
    return next(one.id for one in found.entries if "Brand" in one.written)


def test_a_list_read_again_leaves_what_was_corrected_here(chores: Chores, sailors: str) -> None:
    correct(chores, sailors)
    again = read_again(chores, NAMED)
    assert again.fates[sailors] == "unchanged"
    assert again.figures()["corrected_here"] == [{"line": 3, "id": sailors, "in_review": False}]
    assert not again.news.entries


def test_a_list_that_says_something_new_keeps_ours_until_its_signers_choose(
    house: House, chores: Chores, sailors: str
) -> None:
    ours = correct(chores, sailors)
    renewed = NAMED.replace("Two were later", "Three were later").replace("refused twice", "refused again")
    again = read_again(chores, renewed)
    assert again.figures()["corrected_here"] == [{"line": 3, "id": sailors, "in_review": True}]
    (basis,) = [one for one in again.news.bases if one.entry == sailors]
    assert basis.is_corrected
    assert basis.keeps_ours
    release(house, packed(again))
    chores.publish()
    assert shown(chores, sailors) == ours
    assert b"refused again" in written(chores.printer.records)
    # What was decided is not asked again, and words the list has had before bring nothing back.
    assert read_again(chores, renewed).fates[sailors] == "unchanged"


def test_words_chosen_from_the_list_take_the_place_of_ours(
    house: House, chores: Chores, sailors: str
) -> None:
    correct(chores, sailors)
    again = read_again(chores, NAMED.replace("Two were later", "Three were later")).news
    bases = [msgspec.structs.replace(one, keeps_ours=False) for one in again.bases]
    release(house, lists.pack(again.entries, again.outline, again.proposals, bases))
    chores.publish()
    assert "Three were later" in shown(chores, sailors).written
    assert read_again(chores, NAMED).fates[sailors] == "changed"


def test_what_was_corrected_while_a_list_waited_is_not_undone_by_its_release(
    house: House, chores: Chores, sailors: str
) -> None:
    body = packed(read_again(chores, NAMED.replace("Two were later", "Three were later")))
    digest = release(house, body)
    ours = correct(chores, sailors)
    chores.publish()
    assert shown(chores, sailors) == ours
    with house.database.read() as session:
        assert session.get(Manifest, digest) is None
        assert session.query(ManifestSignature).count() == 2  # of the first list
        (instead,) = releases.manifests_in_review(session)
    (basis,) = lists.unpack(instead).bases
    assert basis.keeps_ours
    release(house, instead)
    chores.publish()
    assert shown(chores, sailors) == ours


def test_a_correction_that_waits_for_its_batch_undoes_no_list_that_came_before_it(
    house: House, chores: Chores, sailors: str
) -> None:
    before = shown(chores, sailors)
    ours = msgspec.structs.replace(before, body={"en": (Block(text="Their captain was named."),)})
    day = house.now.date()
    send(house, ours, due=day + timedelta(days=1))
    chores.publish()
    assert shown(chores, sailors) == before
    release(house, packed(read_again(chores, NAMED.replace("Two were later", "Three were later"))))
    chores.publish()
    lists_words = shown(chores, sailors)
    assert "Three were later" in lists_words.written
    house.now += timedelta(days=1)
    chores.publish()
    assert shown(chores, sailors) == lists_words
    with house.database.read() as session:
        (draft,) = session.scalars(select(Draft))
        # Its words lie with the author, and nobody's signature stands over them any more.
        assert (draft.status, draft.digest, draft.sealed) == ("draft", None, b"sealed")
        assert not session.query(Approval).count() and not session.query(Press).count()
        told = session.scalars(select(Notice.staff).where(Notice.kind == notices.FAILED)).all()
        assert told == [draft.author]
        row = session.get_one(Published, sailors)
        assert (row.state, row.digest.hex()) == ("corrected", fingerprint(lists_words))


def test_a_correction_of_what_a_list_leaves_alone_goes_out_in_its_batch(
    house: House, chores: Chores, sailors: str
) -> None:
    before = shown(chores, sailors)
    ours = msgspec.structs.replace(before, body={"en": (Block(text="Their captain was named."),)})
    send(house, ours, due=house.now.date() + timedelta(days=1))
    release(house, packed(read_again(chores, NAMED.replace("refused twice", "refused again"))))
    chores.publish()
    house.now += timedelta(days=1)
    chores.publish()
    assert shown(chores, sailors) == ours


def test_a_list_taken_in_half_before_a_crash_is_taken_in_whole(
    house: House, chores: Chores, sailors: str
) -> None:
    renewed = NAMED.replace("Two were later", "Three were later").replace("refused twice", "refused again")
    body = packed(read_again(chores, renewed))
    release(house, body)
    first, *_ = lists.unpack(body).publishable
    records.put(chores.printer.records, first, house.now.date())
    chores.publish()
    assert written(chores.printer.records) == renewed.encode()


def test_a_story_rewritten_here_from_top_to_bottom_is_known_or_said_to_be_lost(
    chores: Chores, sailors: str
) -> None:
    correct(chores, sailors, Block(text="Nothing of what we told was so."))
    again = read_again(chores, NAMED)
    assert set(again.fates.values()) == {"unchanged"}
    again = read_again(chores, NAMED.replace("Two were later", "Three were later"))
    assert sailors not in again.fates
    assert again.figures()["corrected_here"] == [{"line": None, "id": sailors, "in_review": False}]


REWRITTEN = NAMED.replace(
    "Twelve sailors refused to leave. Captain Brand let them go (Harbour Post, Jan 10 / Jan 12).",
    "A dozen seamen stayed ashore, and nobody stopped them (Harbour Post, Jan 10 / Jan 12).",
)


def test_a_story_rewritten_here_and_in_its_list_is_proposed_as_the_same_and_known_once_accepted(
    house: House, chores: Chores, sailors: str
) -> None:
    ours = correct(chores, sailors, Block(text="Nothing of what we told was so."))
    again = read_again(chores, REWRITTEN)
    ((new, fate),) = [(one, fate) for one, fate in again.fates.items() if fate != "unchanged"]
    assert fate == "added"
    assert again.perhaps_known() == [{"line": 3, "id": new, "public": sailors}]
    (proposal,) = [one for one in again.news.proposals if one.kind == "same"]
    follow_up = [one for one in again.news.proposals if one.kind == "follow_up"]
    record = records.get(chores.printer.records, sailors)
    assert record is not None
    assert again.news.outline is not None
    lost = msgspec.structs.replace(again.news.outline, left=(sailors, "0123456789"))
    entries = accept(again.news.entries, follow_up)
    told = recognise(replace(again.news, entries=entries, outline=lost), proposal, record)
    assert {one.id for one in told.entries} == {sailors}
    assert told.outline is not None
    assert told.outline.left == ("0123456789",)
    assert sailors in {item.id for item in told.outline.items}
    assert [one.text["en"] for one in told.entries[0].updates] == [
        "Two were later dismissed (Quay Radio, Feb 2)."
    ]
    assert not [one for one in told.proposals if one.kind == "same"]
    assert told.bases[-1].keeps_ours
    body = lists.pack(told.entries, told.outline, told.proposals, told.bases)
    # Waiting or public, it is known from now on, and what was corrected here stays.
    waiting = lists.unpack(body).entries
    assert (
        of(REWRITTEN, document="small.txt", existing=waiting, public=[record]).fates[sailors] == "unchanged"
    )
    release(house, body)
    chores.publish()
    assert shown(chores, sailors) == ours
    once_more = read_again(chores, REWRITTEN)
    assert set(once_more.fates.values()) == {"unchanged"}
    assert not once_more.perhaps_known()


def test_without_a_report_in_common_only_the_same_place_in_the_list_proposes_a_story(
    chores: Chores, sailors: str
) -> None:
    moved = "\n".join(
        "• A dozen seamen stayed ashore in the spring (Quay Radio, Jun 1)." if "Brand" in line else line
        for line in NAMED.splitlines()
        if "one of the sailors" not in line
    )
    (kept,) = lists.kept(chores.printer.records)
    noted, public = kept.notices, list(records.read_all(chores.printer.records))
    here = of(moved, document="small.txt", existing=noted, public=public, before=kept.outline)
    assert [one["public"] for one in here.perhaps_known()] == [sailors]
    # Two stand there now: nothing says which of them it is.
    two = moved.replace("• A dozen", "• Somebody else refused (Quay Radio, Jun 3).\n• A dozen")
    for text, before in ((two, kept.outline), (moved, None)):
        assert not of(
            text, document="small.txt", existing=noted, public=public, before=before
        ).perhaps_known()


def test_a_coded_list_read_again_keeps_translations_and_what_readers_were_told(shared: Path) -> None:
    data = (shared / "data/seed_entries.json").read_bytes()
    first = importing.read(data).publishable[0]
    told = Correction(day=date(2031, 1, 1), text={"en": "A name was taken out."})
    ours = msgspec.structs.replace(first, title={**first.title, "ru": "Отказ"}, corrections=(told,))
    known = records.first(ours, date(2031, 1, 1))
    assert importing.read(data, public=[known]).fates[first.id] == "unchanged"
    renewed = data.replace(json.dumps(first.title["en"], ensure_ascii=False).encode(), b'"Another title"', 1)
    again = importing.read(renewed, public=[known])
    theirs = next(one for one in again.entries if one.id == first.id)
    assert (theirs.title, theirs.corrections) == ({"en": "Another title", "ru": "Отказ"}, (told,))
    assert theirs.outdated == ("ru",)
    (basis,) = [one for one in again.bases if one.entry == first.id]
    assert basis.keeps_ours


def test_a_list_that_took_a_correction_over_has_nothing_to_say(chores: Chores, sailors: str) -> None:
    correct(chores, sailors)
    again = read_again(chores, SMALL)
    assert again.fates[sailors] == "unchanged"
    assert again.figures()["corrected_here"] == []


LINE = "• Sailors of ship number {n} refused to leave in {word}, and {name} let them go (Quay, Mar {n}).\n"
AT_FIRST, AT_LAST = (("import", 0), ("release", 0)), (("import", 0), ("release", 0), ("release", 0))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("correct"), st.integers(0, 2)),
        st.tuples(st.just("edit"), st.integers(0, 2)),
        st.tuples(st.sampled_from(["import", "release"]), st.just(0)),
    ),
    max_size=14,
)


@settings(max_examples=25, deadline=None)
@example(steps=[("edit", 0), ("edit", 1), ("edit", 2), ("import", 0), ("correct", 1), ("release", 0)])
@given(steps=STEPS)
def test_whatever_happens_in_whatever_order_no_list_brings_a_removed_name_back(
    steps: list[tuple[str, int]],
) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        now = datetime(2031, 3, 1, tzinfo=UTC)
        printer = Printer(folder / "records", folder / "site", SiteSettings(), SigningKey.generate())
        edits = [0, 0, 0]
        waiting: list[bytes] = []
        clean: set[str] = set()

        def read() -> None:
            lines = (
                LINE.format(n=n, word=f"{'deep ' * edit}winter", name="Captain Brand")
                for n, edit in enumerate(edits, 1)
            )
            waits = [lists.unpack(body) for body in waiting]
            found = of(
                "".join(lines),
                document="ships.txt",
                existing=[entry for one in waits for entry in one.entries],
                public=records.read_all(printer.records),
            )
            news = importing.together(waits, found.news)
            if found.news.entries:
                waiting[:] = [lists.pack(news.entries, news.outline, news.proposals, news.bases)]

        def release() -> None:
            while waiting:
                body = waiting.pop()
                instead = printer.overtaken(body)
                if instead is not None:
                    waiting.append(instead)
                    return
                printer.shown_of(body)
                printer.take_in_list(body, now)

        for step, which in (
            ("import", 0),
            ("release", 0),
            *steps,
            ("import", 0),
            ("release", 0),
            ("release", 0),
        ):
            public = sorted(
                (one for one in records.read_all(printer.records) if one.entry), key=lambda one: one.id
            )
            match step:
                case "edit":
                    edits[which] += 1
                case "import":
                    read()
                case "release":
                    release()
                case "correct":
                    entry = public[which].entry
                    assert entry is not None
                    words = entry.written.replace("Captain Brand", "their captain")
                    told = msgspec.structs.replace(entry, body={"en": (Block(text=words),)})
                    records.put(printer.records, told, now.date())
                    clean.add(entry.id)
            assert len(list(records.read_all(printer.records))) in (0, 3)
            for one in records.read_all(printer.records):
                assert one.entry is not None
                assert one.id not in clean or "Brand" not in one.entry.written
