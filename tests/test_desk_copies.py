"""The redacted copy beside a draft: accepted, coarsened or left as told, one by one or all of a kind."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from casework import keys, sheets
from casework.database import Database
from casework.redaction import copies, marking, suggest
from casework.redaction.detectors import Detectors
from casework.tables import Item, JournalRow
from tests.deskhouse import Browser, DeskHouse, open_desk
from tests.test_desk_drafts import begin

FIRST = (
    "Меня зовут Анна Кошкина, мой муж Игорь Кошкин служит в 155-й бригаде морской пехоты. Двенадцатого марта "
    "он отказался. Игорю угрожали. Игоря Кошкина держат в Краснокаменске, ему 27 лет. "
    "Телефон +7 914 555-01-23."
)
SECOND = "Из Краснокаменска Игоря Кошкина увезли. игорю звонили."


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path, detectors: Detectors) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path, detectors=lambda: detectors) as opened:
        yield opened


def values(carol: Browser, draft: str, label: str) -> list[str]:
    """Return the choices behind the buttons of *label*."""
    found = re.findall(r'name="choice" value="([^"]+)"[^>]*>([^<]*)</button>', carol.page(draft))
    return [unescape(value) for value, said in found if unescape(said) == label]


def choose(carol: Browser, draft: str, choice: str) -> int:
    return carol.do(draft, f"{draft}/choose", choice=choice).status_code


def copy_of(carol: Browser, draft: str) -> str:
    """Return the copy as the page shows it."""
    return "\n".join(
        unescape(text) for text in re.findall(r'<div class="said">([^<]*)</div>', carol.page(draft))
    )


def unmaskings(desk: DeskHouse) -> int:
    with desk.house.database.read() as session:
        return len(session.scalars(select(JournalRow.n).where(JournalRow.act == "unmask")).all())


def test_one_person_has_one_placeholder_in_every_form_and_message(detectors: Detectors) -> None:
    told = {"a": FIRST, "b": SECOND}
    groups = marking.groups(copies.marks(detectors, told, "ru"), suggest.PLACEHOLDERS)
    named = {one.placeholder: [told[m.item][m.start : m.end] for m in one.marks] for one in groups}
    assert named["[человек 2]"] == [
        "Игорь Кошкин", "Игорю", "Игоря Кошкина", "Игоря Кошкина", "игорю",
    ]  # fmt: skip
    assert named["[человек 1]"] == ["Анна Кошкина"]
    assert named["[место 1]"] == ["Краснокаменске", "Краснокаменска"]


def test_all_at_once_makes_a_copy_without_a_word_of_what_it_replaced(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft = begin(desk, carol, FIRST)
    assert choose(carol, draft, "accept kind any") == 303
    copy = copy_of(carol, draft)
    assert copy.startswith("Меня зовут [человек 1], мой муж [человек 2] служит в [часть 1] морской пехоты.")
    assert "All suggestions are decided" in carol.page(draft)
    assert unmaskings(desk) == 0
    with desk.house.database.read() as session:
        rows = session.scalars(select(Item).where(Item.kind == sheets.KIND)).all()
    (sealed,) = rows
    held = next(s for s in desk.app.state.desk.sessions.living(desk.house.now) if s.staff.staff == "carol")
    payload = keys.open_item(sealed, held.opened[sealed.case, keys.CONTENT, sealed.generation])
    assert payload["sheet"] == "copy"
    for secret in ("Кошкин", "Игор", "914", "155", "Краснокаменск", "27"):
        assert secret not in json.dumps(payload["rows"], ensure_ascii=False).replace(
            payload["rows"][0]["id"], ""
        )


def test_the_ladder_the_words_themselves_and_undo_each_take_one_click(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft = begin(desk, carol, FIRST)
    for label in ("в марте", "Забайкальском крае", "части морской пехоты", "от 25 до 30 лет"):
        (choice,) = values(carol, draft, label)
        assert choose(carol, draft, choice) == 303
    copy = copy_of(carol, draft)
    assert "В марте он отказался" in copy
    assert "держат в Забайкальском крае, ему от 25 до 30 лет" in copy
    (place,) = [value for value in values(carol, draft, "военнослужащий") if value.startswith("rung0 all ")]
    assert choose(carol, draft, place) == 303
    assert "мой муж военнослужащий служит" in copy_of(carol, draft)
    assert "Военнослужащему угрожали" in copy_of(carol, draft), "every place has the rung in its own case"
    assert carol.do(draft, f"{draft}/undo-copy").status_code == 303
    one, *_rest = [value for value in values(carol, draft, "Leave it") if value.startswith("keep one ")]
    assert choose(carol, draft, one) == 303
    assert unmaskings(desk) == 1, "words left as they are can be read, and the journal says so"
    after = copy_of(carol, draft)
    assert after.count("[человек 2]") == copy.count("[человек 2]") - 1
    assert "Игорь Кошкин" in after
    assert carol.do(draft, f"{draft}/undo-copy").status_code == 303
    assert copy_of(carol, draft) == copy


def test_two_spellings_are_made_one_and_two_of_one_name_are_made_two_by_hand(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft = begin(desk, carol, "Сергей Ковалёв отказался. Кавалев был ранен. Кавалева увезли, Кавалев дома.")
    choose(carol, draft, "accept kind name")
    before = copy_of(carol, draft)
    assert before.endswith("[человек 2] был ранен. [человек 3] увезли, [человек 2] дома.")
    joins = [value for value in values(carol, draft, "make them one") if value.startswith("join ")]
    first, second, third = (value.removeprefix("join ") for value in joins)
    assert carol.do(draft, f"{draft}/choose", choice=f"join {second}", **{f"into {first}": first}).is_error
    for one in (second, third):
        done = carol.do(draft, f"{draft}/choose", choice=f"join {one}", **{f"into {one}": first})
        assert done.status_code == 303
    assert copy_of(carol, draft).count("[человек 1]") == 4
    parts = [value for value in values(carol, draft, "somebody else") if value.startswith("part ")]
    assert len(parts) == 4
    assert choose(carol, draft, parts[-1]) == 303
    after = copy_of(carol, draft)
    assert after.count("[человек 1]") == 3 and after.endswith("[человек 2] дома.")
    assert choose(carol, draft, "accept kind any") == 303
    assert copy_of(carol, draft) == after, "a choice of another kind leaves who is who alone"
    for _ in range(2):
        assert carol.do(draft, f"{draft}/undo-copy").status_code == 303
    assert copy_of(carol, draft).count("[человек 1]") == 4
    for wrong in ("join", "part", "part " + "0" * 32 + ":0:1", f"join {first}"):
        assert carol.do(draft, f"{draft}/choose", choice=wrong, **{f"into {first}": first}).is_error, wrong
    assert unmaskings(desk) == 0


def test_the_copy_is_taken_over_into_the_draft_and_can_be_taken_back(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft = begin(desk, carol, FIRST)
    page = carol.page(draft)
    assert "take-copy" not in page
    choose(carol, draft, "accept kind any")
    assert carol.do(draft, f"{draft}/take-copy").status_code == 303
    written = re.findall(r'<textarea id="body_ru"[^>]*>([^<]*)<', carol.page(draft))
    assert unescape(written[0]).startswith("Меня зовут [человек 1]")
    assert carol.do(draft, f"{draft}/undo").status_code == 303
    assert "Меня зовут [" not in "".join(re.findall(r'name="body_ru"[^>]*>([^<]*)<', carol.page(draft)))


def test_nobody_else_chooses_and_a_stale_or_foreign_choice_changes_nothing(desk: DeskHouse) -> None:
    carol, dan = desk.sign_in("carol"), desk.sign_in("dan")
    draft = begin(desk, carol, FIRST)
    fields = carol.form(draft, f"{draft}/choose")
    for choice in (
        "",
        "keep",
        "keep one x",
        f"keep one {'0' * 32}:0:5",
        "rung9 kind name",
        "rung7 kind place",
    ):
        assert (
            carol.post(f"{draft}/choose", {**fields, "choice": choice, "once": f"x {choice}"}).status_code
            == 422
        )
    tokens = dan.form("/account", "/account/duty")
    answer = dan.post(f"{draft}/choose", {**tokens, "version": fields["version"], "choice": "keep kind any"})
    assert answer.status_code == 404
    choose(carol, draft, "accept kind any")
    assert carol.post(f"{draft}/choose", {**fields, "choice": "keep kind any"}).status_code == 409
    assert carol.do(draft, f"{draft}/choose", choice="keep kind any").status_code == 303
    assert unmaskings(desk) == 1


def test_whatever_was_decided_only_words_left_on_purpose_stay(detectors: Detectors) -> None:
    marks = copies.marks(detectors, {"a": FIRST}, "ru")
    groups = marking.groups(marks, suggest.PLACEHOLDERS)
    names = {mark.place: one.placeholder for one in groups for mark in one.marks}
    decisions = st.lists(st.sampled_from(("accept", "keep", "=кто-то", "", "?")), min_size=12, max_size=12)

    @settings(max_examples=200, deadline=None)
    @given(decisions)
    def holds(decided: list[str]) -> None:
        choices = {mark.place: choice for mark, choice in zip(marks, decided, strict=False) if choice}
        written = copies.redact(FIRST, marks, marking.read_choices(marking.write_choices(choices)), names)
        kept = " ".join(FIRST[mark.start : mark.end] for mark in marks if choices.get(mark.place) == "keep")
        for secret in ("Анна", "Игорю", "Краснокаменске", "914 555", "27", "155"):
            assert (secret in written) == (secret in kept)

    holds()


def test_what_was_chosen_is_read_without_a_dictionary() -> None:
    code = "import sys, casework.redaction.marking; print('casework.redaction.lexicon' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "False"
