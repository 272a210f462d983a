"""Hand-made lists: read whole or not at all, known again at the second reading, written out to the byte."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from register import exporting, importing
from register.entry import Block, Entry
from register.entry import dumps as dumps_entry
from register.errors import ImportErrors
from register.importing import Imported
from register.lists import HandMade
from register.outline import Item, Outline, dumps, loads
from register.proposals import accept_follow_up, accept_split

SMALL = """\
This list tells of refusals. It is far from complete (Harbour Post, Jan 9).
Write to list@post.example if you know of more.
• Twelve sailors refused to leave. Their captain let them go (Harbour Post, Jan 10 / Jan 12). \
Two were later dismissed (Quay Radio, Feb 2).
We are not going, and that is all — one of the sailors
• A pilot gave an interview. Here is a part of it (The Lantern, Mar 3: 1, 2):
Lantern: Why did you refuse?
Pilot: Because we were told it was a drill.
L: And then?
P: Then it was not.
<…> I would do it again.
The union Free Decks tells of a cook who left his ship. Nobody looked for him (Free Decks, Mar 5).
• Relatives report a case in which a clerk refused. We do not report the sources of this for security reasons.
• A stoker refused twice (Quay Radio, April 30).
Dona adesso per sostenere il nostro lavoro quotidiano con una piccola offerta.
"""


def of(text: str, **options: Any) -> Imported:
    return importing.read(text.encode(), year=2031, **options)


def test_a_list_never_seen_before_is_read_by_its_form() -> None:
    found = of(SMALL)
    figures = found.figures()
    assert (figures["stories"], figures["entries"], figures["notices"]) == (5, 6, 2)
    assert figures["source_references"] == 1 + 2 + 1 + 2 + 1 + 1
    assert figures["quotes"] == 1 + 5
    assert figures["follow_ups"] == 1
    assert [item.kind for item in found.outline.items] == [
        "context", "notice", "story", "story", "story", "story", "story", "notice",
    ]  # fmt: skip
    outlets = {source.outlet for entry in found.entries for source in entry.sources}
    assert outlets == {"Harbour Post", "Quay Radio", "The Lantern", "Free Decks"}


def test_a_story_without_bullet_after_an_interview_is_its_own() -> None:
    interview, cook = of(SMALL).entries[3:5]
    assert "left his ship" not in interview.written
    assert cook.sources[0].outlet == "Free Decks"
    assert any(proposal.kind == "no_bullet" and proposal.entry == cook.id for proposal in of(SMALL).proposals)


def test_what_stands_in_the_footer_is_kept_and_never_public() -> None:
    footer = of(SMALL).entries[-1]
    assert footer.item_type == "notice"
    assert not footer.is_publishable


def test_a_story_without_source_is_graded_as_withheld() -> None:
    clerk = of(SMALL).entries[5]
    assert clerk.sources == ()
    assert clerk.corroboration.grade == "withheld"
    assert "security reasons" in clerk.corroboration.wording[0]


@pytest.mark.parametrize("ending", ["", "\n", "\n\n"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_list_comes_out_as_it_went_in(ending: str, newline: str, mark: str) -> None:
    text = mark + (SMALL.rstrip("\n").replace("\n•", "\n\n•") + ending).replace("\n", newline)
    found = of(text)
    assert exporting.text(found.outline, found.entries) == text.encode()


def test_an_edited_entry_changes_only_its_own_lines() -> None:
    found = of(SMALL)
    edited = msgspec.structs.replace(found.entries[2], body={"en": (Block(text="All twelve stayed."),)})
    entries = [edited if entry.id == edited.id else entry for entry in found.entries]
    before = SMALL.splitlines()
    after = exporting.text(found.outline, entries).decode().splitlines()
    assert after == [*before[:2], "• All twelve stayed.", *before[4:]]


def test_a_heading_between_stories_is_no_part_of_either() -> None:
    text = SMALL.replace("• A pilot", "\nMarch\n\n• A pilot")
    found = of(text)
    words = {entry.written: entry.item_type for entry in found.entries}
    assert words["March"] == "notice"
    assert exporting.text(found.outline, found.entries) == text.encode()


def test_the_last_words_of_an_interview_are_no_heading() -> None:
    text = (
        "• A pilot speaks (The Lantern, Mar 3):\nP: Why?\nNo comment\n• A cook refused (Quay Radio, Mar 4)."
    )
    assert [item.kind for item in of(text).outline.items] == ["story", "story"]


def test_a_title_does_not_end_inside_a_parenthesis() -> None:
    found = of("• The commander (Col. Smith) resigned. He left (Quay Radio, Feb 2).")
    assert found.entries[0].title["en"] == "The commander (Col. Smith) resigned"


def test_a_second_reading_changes_nothing() -> None:
    first = of(SMALL)
    again = of(SMALL, existing=first.entries).figures()
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 6)
    assert importing.manifest(first.entries) == importing.manifest(of(SMALL).entries)


def test_a_renewed_list_keeps_the_ids_and_tells_new_from_changed() -> None:
    first = of(SMALL)
    renewed = SMALL.replace("Two were later", "Three were later").replace(
        "• A stoker", "• A diver refused to dive (Quay Radio, May 1).\n• A stoker"
    )
    second = of(renewed, existing=first.entries)
    figures = second.figures()
    assert (figures["added"], figures["changed"], figures["unchanged"]) == (1, 1, 5)
    assert {entry.id for entry in first.entries} < {entry.id for entry in second.entries}
    assert exporting.text(second.outline, second.entries) == renewed.encode()


def test_what_an_editor_made_of_a_story_outlives_the_next_reading() -> None:
    first = of(SMALL)
    sailors = msgspec.structs.replace(
        first.entries[2], title={"en": "Twelve sailors", "ru": "Двенадцать моряков"}
    )
    existing = [sailors if entry.id == sailors.id else entry for entry in first.entries]
    renewed = of(SMALL.replace("Two were later", "Three were later"), existing=existing)
    kept = next(entry for entry in renewed.entries if entry.id == sailors.id)
    assert kept.title["ru"] == "Двенадцать моряков"
    assert "Three were" in kept.written


DAMAGED = [
    (SMALL.replace("Jan 12", "Jan 42"), 3, "day that does not exist"),
    (SMALL.replace("Jan 10 /", "Jam 10 /"), 3, "month"),
    (SMALL.replace("(Quay Radio, Feb 2)", "(, Feb 2)"), 3, "no outlet"),
    (SMALL.replace("(Quay Radio, Feb 2)", "(Quay Radio, Feb 2 and more)"), 3, "cannot be read"),
    (SMALL.replace("(Free Decks, Mar 5)", "(Free Decks, Ma"), 11, "not closed"),
    (SMALL.replace("• A stoker refused twice (Quay Radio, April 30).", "•"), 13, "alone"),
    (SMALL.replace("captain", "cap\ufffdtain"), 3, "lost"),
    (SMALL.replace("captain", "cap\x00tain"), 3, "control"),
    (SMALL.replace("\nPilot", "\r\nPilot"), 6, "mixed"),
    (SMALL + "\n• A stoker refused twice (Quay Radio, April 30).", 16, "line 13"),
    (SMALL.replace("(Quay Radio, Feb 2)", "(Quay (Radio), Feb 2)"), 3, "cannot be read"),
    (SMALL.replace("(Quay Radio, Feb 2)", "(Quay Radio, May 2: a, b)"), 3, "cannot be read"),
    (SMALL.replace("(Quay Radio, Feb 2)", "(Quay Radio, Febuary 2)"), 3, "month"),
    (SMALL.replace("(Quay Radio, Feb 2)", "(Quay Radio, February 2nd)"), 3, "cannot be read"),
    (SMALL.replace("(Quay Radio, Feb 2)", "(Quay Radio; Feb 2)"), 3, "cannot be read"),
    (SMALL.replace("(Quay Radio, Feb 2)", "(Quay Radio, 04/05/2022)"), 3, "two ways"),
    (SMALL.replace("(Quay Radio, Feb 2)", "(Quay Radio Feb 2)"), 3, "comma is missing"),
    (SMALL.replace("(Quay Radio, Feb 2)", "(Quay Radio: Feb 2)"), 3, "comma is missing"),
    (SMALL.replace("(Quay Radio, Feb 2)", "(Quay Radio, Feb)"), 3, "no day"),
    (SMALL.replace("(Quay Radio, Feb 2)", "(Quay Radio, May)"), 3, "no day"),
    (SMALL.replace("(Quay Radio, Feb 2)", "(Радио, апрель)"), 3, "no day"),
    (SMALL.replace("(Quay Radio, Feb 2)", "(Quay Radio, May 13, p. 3)"), 3, "cannot be read"),
    (SMALL.replace("(Quay Radio, Feb 2)", "(Quay Radio, 21st May)"), 3, "cannot be read"),
    (SMALL.replace("(Quay Radio, Feb 2)", "(Quay Radio, May'22)"), 3, "cannot be read"),
    (SMALL.replace("(Quay Radio, Feb 2)", "(Quay Radio, 31.04.2022)"), 3, "day that does not exist"),
    (SMALL.replace("(Quay Radio, Feb 2)", "(Радио, 7 аперля)"), 3, "month"),
    (SMALL.replace("captain", "cap\u202etain"), 3, "hidden characters"),
    (SMALL.replace("• ", ""), 1, "no story"),
    ("", 1, "no story"),
]


@pytest.mark.parametrize(("text", "line", "why"), DAMAGED, ids=[why for *_, why in DAMAGED])
def test_a_damaged_list_is_refused_with_its_line(text: str, line: int, why: str) -> None:
    with pytest.raises(ImportErrors) as refused:
        of(text)
    assert any(at == line and why in said for at, said in refused.value.refused), refused.value.refused


def test_bytes_that_are_no_text_are_refused_with_their_line() -> None:
    with pytest.raises(ImportErrors) as refused:
        importing.read(SMALL.encode()[:600] + b"\xff" + SMALL.encode()[600:])
    assert refused.value.refused == ((SMALL[:600].count("\n") + 1, "this is not UTF-8 text"),)


@pytest.mark.parametrize(
    "last",
    ["• A diver refused to", "• A diver refused (Quay Radio, May 1). He was", "She told that the captain,"],
)
def test_a_file_that_ends_within_a_sentence_is_refused(last: str) -> None:
    cut = SMALL.rsplit("Dona", 1)[0] + last
    with pytest.raises(ImportErrors) as refused:
        of(cut)
    assert [(line, "within a sentence" in why) for line, why in refused.value.refused] == [(14, True)]
    assert of(f"{cut}\n").stories, "a line that was ended is as its author left it"
    for whole in (
        "• A diver refused (Quay Radio, May 1)",
        "We go nowhere — one of the divers",
        "“We go nowhere”",
    ):
        assert of(SMALL.rsplit("Dona", 1)[0] + whole).stories


def test_a_line_without_end_is_refused_and_not_read() -> None:
    with pytest.raises(ImportErrors, match=r"line 1: the line is longer than 100,000 characters"):
        of("• " + "(a, " * 250_000)


def test_every_fault_is_told_not_the_first() -> None:
    with pytest.raises(ImportErrors) as refused:
        of(SMALL.replace("Jan 12", "Jan 42").replace("April 30", "April 31"))
    assert [line for line, _ in refused.value.refused] == [3, 13]


def test_a_fault_in_the_only_story_is_not_told_as_a_list_without_stories() -> None:
    with pytest.raises(ImportErrors) as refused:
        of("• A stoker refused (Quay Radio, April 31).")
    assert [why for _, why in refused.value.refused] == ["a citation names a day that does not exist"]


def test_a_fixed_space_in_a_citation_costs_no_source() -> None:
    found = of(SMALL.replace("Feb 2)", "Feb\u00a02)"))
    assert found.source_references == of(SMALL).source_references
    assert b"Feb\xc2\xa02)" in exporting.text(found.outline, found.entries)


CITED = {
    "(BBC, Important Stories, Jan 2, 2023)": [("BBC", "2023-01-02"), ("Important Stories", "2023-01-02")],
    "(The Insider, iStories, and 7x7, Jan 2)": [
        ("The Insider", "2031-01-02"), ("iStories", "2031-01-02"), ("7x7", "2031-01-02"),
    ],
    "(BBC, Apr 1, Meduza, Apr 2, 2023)": [("BBC", "2023-04-01"), ("Meduza", "2023-04-02")],
    "(Суспільне, 1 березня 2024 / 3 березня)": [("Суспільне", "2024-03-01"), ("Суспільне", "2024-03-03")],
    "(Baza, Feb 1, 2023; BBC, Apr 1; Meduza, Apr 2, 2024)": [
        ("Baza", "2023-02-01"), ("BBC", "2023-04-01"), ("Meduza", "2024-04-02"),
    ],
    "(Taiga.info, Dec 31 / Jan 2)": [("Taiga.info", "None"), ("Taiga.info", "None")],
    "(Meduza, Dec 31, 2022 / Jan 2)": [("Meduza", "2022-12-31"), ("Meduza", "None")],
    "(BBC, Dec 30; Meduza, Jan 2, 2023)": [("BBC", "None"), ("Meduza", "2023-01-02")],
    "(Baza, Apr 1; BBC, Mar 29; Meduza, Apr 7)": [
        ("Baza", "2031-04-01"), ("BBC", "2031-03-29"), ("Meduza", "2031-04-07"),
    ],
    "(DOXA, May 15: 1, 2, BBC, May 16)": [
        ("DOXA", "2031-05-15"), ("DOXA", "2031-05-15"), ("BBC", "2031-05-16"),
    ],
    "(Meduza, Dec 31, 2022 / Jan 2, 2023)": [("Meduza", "2022-12-31"), ("Meduza", "2023-01-02")],
    "(Baza, Apr 7; Apr 9)": [("Baza", "2031-04-07"), ("Baza", "2031-04-09")],
    "(Baza, 7 April 2023)": [("Baza", "2023-04-07")],
    "(Baza,  Apr  7)": [("Baza", "2031-04-07")],
    "(Agora, a group of lawyers, Apr 3)": [("Agora, a group of lawyers", "2031-04-03")],
    "(Harbour Media, Inc., Apr 3)": [("Harbour Media, Inc.", "2031-04-03")],
    "(The Times, London, Apr 3)": [("The Times, London", "2031-04-03")],
    "(BBC, Moscow, Meduza, Apr 3)": [("BBC, Moscow", "2031-04-03"), ("Meduza", "2031-04-03")],
    "(BBC, Apr 4, and Meduza, Apr 5)": [("BBC", "2031-04-04"), ("Meduza", "2031-04-05")],
    "(see “The Lantern”, Apr 3)": [("The Lantern", "2031-04-03")],
    "[The Lantern, Apr 3]": [("The Lantern", "2031-04-03")],
    "[they said so, Apr 3]": [],
    "(«Медиазона», 7 апреля)": [("Медиазона", "2031-04-07")],
    "(Медуза, 3 марта 2023 г.; Люди Байкала, 12.05.2022)": [
        ("Медуза", "2023-03-03"), ("Люди Байкала", "2022-05-12"),
    ],
    "(Ґрати, 5 трав. / 6 травня 2022 року)": [("Ґрати", "2022-05-05"), ("Ґрати", "2022-05-06")],
    "(Baza, 07.04)": [("Baza", "2031-04-07")],
    "(Baza, 2022-06-01)": [("Baza", "2022-06-01")],
    "(Baza,May 19)": [("Baza", "2031-05-19")],
    "(Baza, May 20,2022)": [("Baza", "2022-05-20")],
    "(Baza, 10.04.22)": [("Baza", "2022-04-10")],
    "(Kommersant, No. 83, May 12)": [("Kommersant, No. 83", "2031-05-12")],
    "(имя известно редакции, 7 апреля он пропал)": [],
    "(Memorial, April 2022)": [("Memorial", "None")],
    "(Bucha, April 2022)": [],
    "(on Friday, May 5)": [],
    "(в среду, 7 апреля)": [],
    "(who had left, Apr 3)": [],
    "(AK, 5.45)": [],
    "(since Apr 4)": [],
    "(BBC, Jan 3, 2024; CIT, Dec 30)": [("BBC", "2024-01-03"), ("CIT", "None")],
    "(BBC, Dec 2023; CIT, Jan 5)": [("BBC", "None"), ("CIT", "None")],
    "(BBC, May 3, 2023; CIT, Feb 29)": [("BBC", "2023-05-03"), ("CIT", "None")],
    "(March)": [],
    "(on Friday, May 5, he left)": [],
    "(three of them, 12 in all)": [],
}  # fmt: skip


def test_a_mark_within_the_text_hides_no_story() -> None:
    with pytest.raises(ImportErrors, match="byte order mark"):
        of(SMALL + "\n\ufeff• One more story without a source.\n")


@pytest.mark.parametrize(("written", "sources"), CITED.items())
def test_a_citation_names_every_outlet_with_its_day(written: str, sources: list[tuple[str, str]]) -> None:
    text = SMALL.replace("(Quay Radio, Feb 2)", written)
    found = of(text)
    read = [(one.outlet, str(one.day)) for one in found.entries[2].sources if one.as_written == written]
    assert read == sources
    assert exporting.text(found.outline, found.entries) == text.encode()


OUTLETS = ("BBC", "7x7", "iStories", "Радио Порт", "Baza, Berlin", "«Маяк»")
DAYS = (
    "Apr 3",
    "3 April",
    "Sept. 3, 2022",
    "3 апреля",
    "3 трав. 2023 р.",
    "03.04.2022",
    "2022-04-03",
    "May 2022",
)


@given(
    st.lists(
        st.tuples(st.lists(st.sampled_from(OUTLETS), min_size=1, max_size=3), st.sampled_from(DAYS)),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([", ", "; ", " , ", ";", ",\u00a0", " / ", ": ", " "]),
    st.sampled_from(["()", "[]", "（）"]),
)
@settings(deadline=None)
def test_no_outlet_of_a_bracket_is_lost_in_silence(
    named: list[tuple[list[str], str]], between: str, brackets: str
) -> None:
    inside = between.join(f"{', '.join(outlets)}, {day}" for outlets, day in named)
    text = f"• A stoker refused {brackets[0]}{inside}{brackets[1]}."
    try:
        found = of(text)
    except ImportErrors:
        return
    assert exporting.text(found.outline, found.entries) == text.encode()
    told = {source.outlet for source in found.entries[0].sources}
    days = {source.day_as_written for source in found.entries[0].sources}
    if brackets == "[]" and not told:
        return  # a gloss
    assert told == {outlet.strip("«»") for outlets, _ in named for outlet in outlets}
    assert days == {day for _, day in named}


RUSSIAN = """\
Мы собираем случаи отказов. Список неполон (Маяк, 7 апреля).
Пишите нам: list@post.example
• Двенадцать матросов отказались выходить в море (Маяк, 7 апреля; Радио Порт, 9 апр. 2023 г.).
Мы никуда не пойдём — один из матросов
• Лётчик дал интервью. Вот часть его (Фонарь, 03.03.2023):
Ф: Почему вы отказались?
Л: Нам сказали, что это учения.
Позже его уволили (Фонарь, 5 мая).
"""


def test_a_list_in_russian_is_read_as_russian() -> None:
    found = of(RUSSIAN)
    assert [item.kind for item in found.outline.items] == ["context", "notice", "story", "story"]
    assert {entry.original for entry in found.entries} == {"ru"}
    sailors, pilot = found.entries[2:]
    assert sailors.is_refusal
    assert sailors.title == {"ru": "Двенадцать матросов отказались выходить в море"}
    assert [block.kind for block in pilot.body["ru"]] == ["paragraph", "turn", "turn", "paragraph"]
    assert found.figures()["follow_ups"] == 1
    assert exporting.text(found.outline, found.entries) == RUSSIAN.encode()


def test_an_outlet_whose_name_begins_with_a_figure_asks_questions() -> None:
    found = of(SMALL.replace("Lantern: Why", "7x7: Why"))
    assert next(block.by for block in found.entries[3].body["en"] if block.kind == "turn") == "7x7"


@pytest.mark.parametrize("commas", ["a,  ", "A, Jan 1, ", "A, ", "1 ", "A, Jan 1 / "])
def test_a_hostile_citation_is_read_at_once(commas: str) -> None:
    with suppress(ImportErrors):
        of(SMALL.replace("(Quay Radio, Feb 2)", f"({commas * 3000}x)"))


def test_lines_that_stand_twice_are_two_and_known_again() -> None:
    cook = "The union Free Decks tells of a cook (Free Decks, Mar 5).\n"
    text = (
        f"{SMALL}• A diver refused (Quay Radio, May 1).\n{cook}• A mate refused (Quay Radio, May 2).\n{cook}"
    )
    found = of(text)
    assert len({entry.id for entry in found.entries}) == len(found.entries)
    assert exporting.text(found.outline, found.entries) == text.encode()
    assert set(of(text, existing=found.entries).fates.values()) == {"unchanged"}


def test_a_story_of_another_list_that_reads_alike_is_not_taken_for_an_edit() -> None:
    first = of("• Twelve sailors of the fleet refused to leave port (Quay Radio, Feb 2).", document="one")
    other = of(
        "• Thirty sailors of the fleet refused to leave port (Quay Radio, Mar 9).",
        document="two",
        existing=first.entries,
    )
    assert list(other.fates.values()) == ["added"]


def test_two_transcriptions_without_a_name_do_not_meet() -> None:
    def told(title: str, document: str, existing: Any = ()) -> Imported:
        entry = {
            "id": "R1", "item_type": "report", "title": title, "lines": [1, 1], "kind": "case",
            "text": f"{title}.", "spans": [f"{title}."],
            "corroboration": {"explicit_status": "sources_withheld"},
        }  # fmt: skip
        data = json.dumps({"entries": [entry]}).encode()
        return importing.read(data, document=document, existing=existing)

    first = told("A cook refused", "one.json")
    assert list(told("A clerk refused", "two.json", first.entries).fates.values()) == ["added"]
    assert list(told("A cook refused twice", "one.json", first.entries).fates.values()) == ["changed"]


def coded(text: str, spans: list[str], key: str = "R1") -> dict[str, Any]:
    return {
        "id": key, "item_type": "report", "title": "A cook", "lines": [1, 1], "kind": "case",
        "text": text, "spans": spans, "corroboration": {"explicit_status": "none_stated"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ([coded("A cook (Quay, Febuary 3).", ["A cook"])], "month that does not exist"),
        (
            [coded("A cook. A mate. A boy.", [one], one) for one in ("A cook.", "A mate.")],
            "stand in none of its spans",
        ),
    ],
)
def test_words_of_a_transcription_are_not_lost_in_silence(entries: list[dict[str, Any]], why: str) -> None:
    with pytest.raises(ImportErrors) as refused:
        importing.read(json.dumps({"entries": entries}, indent=1).encode())
    assert any(why in said for _, said in refused.value.refused)


def test_an_entry_the_register_would_refuse_is_refused_with_its_line() -> None:
    entry = {
        "id": "R1", "item_type": "report", "title": "A cook", "lines": [1, 1], "kind": "case",
        "text": "A cook.", "spans": ["A cook."], "corroboration": {"explicit_status": "none_stated"},
        "sources": [{"outlet": "Quay", "url": "javascript:alert(1)"}],
    }  # fmt: skip
    with pytest.raises(ImportErrors) as refused:
        importing.read(json.dumps({"entries": [entry]}, indent=1).encode())
    assert refused.value.refused == ((4, "the register would refuse this: address not of the web"),)


def test_days_without_a_year_stay_open_where_no_year_is_given() -> None:
    found = importing.read(SMALL.encode())
    days = [source.day for entry in found.entries for source in entry.sources]
    assert days and set(days) == {None}
    assert exporting.text(found.outline, found.entries) == SMALL.encode()


def test_an_accepted_follow_up_moves_its_source() -> None:
    found = of(SMALL)
    proposal = next(one for one in found.proposals if one.kind == "follow_up")
    entry = next(entry for entry in found.entries if entry.id == proposal.entry)
    accepted = accept_follow_up(entry, proposal)
    assert accepted.updates[0].day == proposal.day
    assert [source.outlet for source in accepted.sources] == ["Harbour Post", "Harbour Post"]
    assert accepted.updates[0].sources[0].role == "update"


def test_an_accepted_part_names_its_whole() -> None:
    found = of(SMALL.replace("Two were", "For example, two were"))
    proposal = next(one for one in found.proposals if one.kind == "split")
    entry = next(entry for entry in found.entries if entry.id == proposal.entry)
    part = accept_split(entry, proposal)
    assert part.parent == entry.id
    assert part.id != entry.id
    assert part.sources


def test_an_outline_read_back_is_the_same() -> None:
    outline = of(SMALL).outline
    assert loads(dumps(outline)) == outline


words = st.text(
    alphabet=st.characters(whitelist_categories=("L", "N", "Zs", "Po"), blacklist_characters="()"),
    max_size=60,
)


@given(st.lists(words, min_size=1, max_size=8), st.sampled_from(["• ", "- ", "● "]))
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_whatever_is_not_refused_comes_out_to_the_byte(lines: list[str], bullet: str) -> None:
    text = "\n".join(f"{bullet}{line}" if place % 2 == 0 else line for place, line in enumerate(lines))
    try:
        found = of(text)
    except ImportErrors:
        return
    assert exporting.text(found.outline, found.entries) == text.encode()


def long_list(stories: int) -> str:
    """Write a list of many stories in the form of the small one."""
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return "\n".join(
        f"• Group number {n} refused to leave for duty {n * 7919 % 10007}. It stayed (Gazette {n % 40}, "
        f"{months[n % 12]} {n % 28 + 1})." + (f"\nWe number {n} said no — soldier {n}" if n % 3 == 0 else "")
        for n in range(stories)
    )


@pytest.mark.parametrize("stories", [200, pytest.param(2000, marks=pytest.mark.full)])
def test_a_long_list_comes_out_as_it_went_in(stories: int) -> None:
    text = long_list(stories)
    found = of(text)
    assert found.stories == stories
    assert exporting.text(found.outline, found.entries) == text.encode()
    again = of(text, existing=found.entries).figures()
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, stories)


# The list of 2022


def test_the_text_of_the_2022_list_is_read_in_full(shared: Path) -> None:
    raw = (shared / "data" / "refusals-2022.txt").read_bytes()
    found = importing.read(raw, year=2022)
    figures = found.figures()
    assert figures["stories"] == 18
    assert figures["notices"] == 2
    assert figures["source_references"] == 38
    assert figures["follow_ups"] == 10
    assert len({source.outlet for entry in found.entries for source in entry.sources}) == 15
    assert exporting.text(found.outline, found.entries) == raw
    again = importing.read(raw, year=2022, existing=found.entries).figures()
    assert (again["added"], again["changed"]) == (0, 0)


def test_the_transcription_of_2022_is_read_in_full(shared: Path) -> None:
    found = importing.read((shared / "data" / "seed_entries.json").read_bytes())
    figures = found.figures()
    expected = {
        "stories": 18,
        "entries": 54,
        "notices": 2,
        "source_references": 38,
        "quotes": 26,
        "follow_ups": 10,
    }
    assert {name: figures[name] for name in expected} == expected
    assert (
        exporting.text(found.outline, found.entries) == (shared / "data" / "refusals-2022.txt").read_bytes()
    )
    again = importing.read((shared / "data" / "seed_entries.json").read_bytes(), existing=found.entries)
    assert again.figures()["unchanged"] == 54


def test_text_and_transcription_know_each_other(shared: Path) -> None:
    coded = importing.read((shared / "data" / "seed_entries.json").read_bytes())
    text = importing.read(
        (shared / "data" / "refusals-2022.txt").read_bytes(), year=2022, existing=coded.entries
    )
    stories = [item.id for item in text.outline.items if item.kind == "story"]
    assert len(stories) == 18
    assert {text.fates[one] for one in stories} == {"unchanged"}


def test_text_and_transcription_can_be_imported_in_any_order_and_again(shared: Path) -> None:
    text = (shared / "data" / "refusals-2022.txt").read_bytes()
    coded = (shared / "data" / "seed_entries.json").read_bytes()

    def step(body: bytes, waits: HandMade) -> HandMade:
        found = importing.read(
            body, year=2022, document="refusals-2022.txt", existing=waits.entries, stood=[waits.outline]
        )
        return importing.together([waits], found.news)

    first = importing.read(text, year=2022, document="refusals-2022.txt").news
    both = step(coded, first)
    assert len(both.entries) == 56
    for again in (text, b"\xef\xbb\xbf" + coded, text):
        assert step(again, both) == both
    edited = step(text.replace(b"58 contract servicemen", b"59 contract servicemen"), both)
    assert len(edited.entries) == 56
    assert len({dumps_entry(one) for one in edited.entries} - {dumps_entry(one) for one in both.entries}) == 1


def test_the_entry_without_public_source_is_withheld(shared: Path) -> None:
    found = importing.read((shared / "data" / "seed_entries.json").read_bytes())
    item = next(item for item in found.outline.items if item.key == "R10")
    entry = next(entry for entry in found.entries if entry.id == item.id)
    assert entry.corroboration.grade == "withheld"


def test_nothing_of_the_transcription_is_lost(shared: Path) -> None:
    raw = json.loads((shared / "data" / "seed_entries.json").read_bytes())
    found = importing.read(json.dumps(raw).encode())
    keys = {item.id: item.key for item in found.outline.items}
    for seed, entry, item in zip(raw["entries"], found.entries, found.outline.items, strict=True):
        assert plain(as_seed(entry, item, keys)) == plain({k: v for k, v in seed.items() if k != "text"}), (
            seed["id"]
        )


def test_a_broken_transcription_is_refused_with_its_line(shared: Path) -> None:
    raw = (shared / "data" / "seed_entries.json").read_text(encoding="utf-8")
    at = raw.index('"id": "R05"')
    line = raw[:at].count("\n") + 1
    for broken, why in (
        (raw[:at] + raw[at:].replace('"58 contract servicemen"', '"59 of them"', 1), "not in its text"),
        (raw.replace('"id": "R05"', '"id": "R04"'), "two entries"),
    ):
        with pytest.raises(ImportErrors) as refused:
            importing.read(broken.encode())
        assert any(number == line and why in said for number, said in refused.value.refused)
    with pytest.raises(ImportErrors):
        importing.read(raw.encode()[:90_000])


def as_seed(entry: Entry, item: Item, keys: dict[str, str]) -> dict[str, Any]:
    """Write an entry back as the transcription had it."""

    def source(one: Any) -> dict[str, Any]:
        return {
            "outlet": one.outlet, "outlet_full": one.outlet_full, "date_as_written": one.day_as_written,
            "date": one.day and str(one.day), "as_written": one.as_written, "role": one.role, "url": one.url,
            "link_no": one.link_no, "inherited_from_parent": one.inherited,
        }  # fmt: skip

    def bare(marks: tuple[Any, ...]) -> list[str]:
        return [mark.words["en"] for mark in marks]

    quoted = ("text", "speaker", "attributed_as", "lines", "kind")
    counted = ("as_written", "count_of", "qualifier", "value", "min", "max", "unit", "approximate")
    placed = ("role", "as_written", "name", "kind", "country")
    same = ("item_type", "is_refusal", "identity", "identity_note", "notes", "attribution")
    return {
        **{name: getattr(entry, name) for name in same},
        "id": item.key,
        "parent": keys.get(entry.parent or ""),
        "kind": item.kind,
        "lines": [item.first, item.last],
        "title": entry.title["en"],
        "bulleted": item.is_bulleted,
        "spans": item.spans,
        "service_status": entry.service,
        "roles_ranks": entry.roles,
        "forces": [
            {"branch": f.coded_as, "formation": f.formation, "unit": f.unit, "as_written": f.as_written}
            for f in entry.forces
        ],
        "persons_named": [msgspec.to_builtins(person) for person in entry.persons],
        "counts": [
            {**{name: getattr(count, name) for name in counted}, "countable_as_refusers": count.countable}
            for count in entry.counts
        ],
        "places": [{name: getattr(place, name) for name in placed} for place in entry.places],
        "dates": [
            {
                "role": span.role,
                "as_written": span.as_written,
                "precision": span.precision,
                "value": span.start and str(span.start),
                "end": span.end and str(span.end),
                "qualifier": span.qualifier,
            }
            for span in entry.dates
        ],
        "what_refused": entry.what_refused.get("en"),
        "grounds": bare(entry.grounds),
        "pressure": bare(entry.pressure),
        "outcome": bare(entry.outcome),
        "legal": msgspec.to_builtins(entry.legal),
        "sources": [source(one) for one in entry.sources],
        "corroboration": {
            "explicit_status": entry.corroboration.stated,
            "basis": entry.corroboration.basis,
            "wording": entry.corroboration.wording,
        },
        "quotes": [{name: getattr(quote, name) for name in quoted} for quote in entry.quotes],
        "updates": [
            {
                "text": update.text["en"],
                "kind": update.kind,
                "date": update.day and str(update.day),
                "sources": [source(one) for one in update.sources],
            }
            for update in entry.updates
        ],
        "relations": [{"type": r.type, "target": keys[r.target], "why": r.why} for r in entry.relations],
        "editor_glosses": entry.glosses,
    }


def plain(value: Any) -> Any:
    """Drop what says nothing, and make lists of tuples, so that two ways of writing compare."""
    if isinstance(value, dict):
        return {
            key: plain(inner) for key, inner in value.items() if plain(inner) not in (None, [], {}, False, "")
        }
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def test_an_outline_with_no_entries_writes_nothing() -> None:
    assert exporting.text(Outline(document="x", items=(Item(id="0000000000", first=1, last=1),)), ()) == b""
