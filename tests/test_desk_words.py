"""Every sentence of the desk stands in both catalogues, and every page asks only for sentences that exist."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.pofile import read_po

from casework import cases, deadlines, journal, lives, permits, releases, splits
from casework.rosters import ROLE_OF_TEAM
from crypto.roster import ROLES
from desk import errors, words
from desk.pages import acts, card, group, ties
from desk.visit import PLACES
from register.entry import Entry

FOLDER = words.CATALOGUES
TEMPLATES = FOLDER.parent / "templates"
ZONE = ZoneInfo("Europe/Moscow")
ASKED = re.compile(r"""\b[tn]\(\s*(["'])([a-z_.0-9]+)\1""")
SAID = re.compile(r'"(notice\.[a-z_]+)"')
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def keys_of(language: str) -> dict[str, tuple[str, ...]]:
    with (FOLDER / f"{language}.po").open("rb") as source:
        messages = [message for message in read_po(source) if message.id]
    found = {}
    for message in messages:
        key = message.id[0] if isinstance(message.id, tuple) else message.id
        found[key] = message.string if isinstance(message.string, tuple) else (message.string,)
    return found


def test_both_catalogues_say_the_same_things_with_the_same_values() -> None:
    ru, en = keys_of("ru"), keys_of("en")
    assert ru.keys() == en.keys()
    for key, forms in ru.items():
        assert all(forms), key
        assert all(en[key]), key
        assert {*PLACEHOLDER.findall("".join(forms))} == {*PLACEHOLDER.findall("".join(en[key]))}, key


def test_every_sentence_a_page_asks_for_exists() -> None:
    known = keys_of("en").keys()
    asked = {key for page in TEMPLATES.glob("*.html") for _, key in ASKED.findall(page.read_text())}
    said = {key for page in FOLDER.parent.rglob("*.py") for key in SAID.findall(page.read_text())}
    missing = {key for key in asked | said if not key.endswith((".", "_"))} - known
    assert not missing, sorted(missing)
    assert len(asked) > 200


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_code_of_the_house_has_a_word(language: str) -> None:
    say = words.load(ZONE)[language]
    codes = {
        "give_back": cases.GIVE_BACK_CODES,
        "decline": cases.DECLINE_CODES,
        "outcome": cases.OUTCOMES,
        "status": lives.CASE_STATES,
        "entry": lives.ENTRY_STATES,
        "reply": lives.REPLY_STATES,
        "journal": tuple(journal.ACTS),
        "role": tuple(ROLES),
        "team": tuple(ROLE_OF_TEAM),
        "reason": releases.REASONS,
        "take_down": releases.CODES,
        "topic": acts.TOPICS,
        "relation": acts.RELATIONS,
        "card.reason": card.REASONS,
        "deadline": deadlines.KINDS,
        "party": group.ROLES,
        "tie": (*ties.RELATIONS, splits.SPLIT),
        "deadline.short": deadlines.KINDS,
        "deadline.state": deadlines.STATES,
        "nav": tuple(name for name, _path, _roles in PLACES),
        # Whatever a correction changes is named to whoever approves it; title and text are shown as words.
        "words": tuple({*Entry.__struct_fields__} - {"id", "title", "body", "corrections"}),
    }
    missing = [
        f"{kind}.{code}" for kind, found in codes.items() for code in found if not say.knows(f"{kind}.{code}")
    ]
    assert not missing
    assert permits.WHO


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_refusal_has_a_title_and_a_sentence(language: str) -> None:
    say = words.load(ZONE)[language]
    for error in (errors.DeskError, *errors.DeskError.__subclasses__()):
        assert say.knows(error.key), error
        assert say.knows(f"{error.key}.title"), error


def test_spans_and_moments_read_as_the_language_writes_them() -> None:
    ru, en = (words.load(ZONE)[language] for language in ("ru", "en"))
    assert ru.left(timedelta(minutes=21)) == "21 минута"
    # A promise of an hour runs up to a quarter longer in the rows; nobody is shown more than was promised.
    assert ru.left(timedelta(minutes=74)) == "1 час"
    assert ru.left(timedelta(hours=-3)) == "просрочено: 3 часа"
    assert en.left(timedelta(days=2)) == "2 days left"
    assert en.moment("2026-03-10T12:00:00+00:00") == "10 Mar, 15:00"
    assert en.moment("not a time") == ""
    assert words.preferred("uk-UA,uk;q=0.9,en;q=0.8") == "ru"
    assert words.preferred("de, en;q=0.5") == "en"
    assert words.preferred("") == "ru"


def test_pages_carry_no_script_but_the_one_that_keeps_what_is_written_and_no_inline_style() -> None:
    keeps, keeping = '<script src="{{ keeping }}" defer></script>', ("draft.html", "case.html", "answer.html")
    assert all((TEMPLATES / page).read_text().count(keeps) == 1 for page in keeping)
    for page in TEMPLATES.glob("*.html"):
        text = page.read_text()
        if page.name in keeping:
            text = text.replace(keeps, "")
        assert "<script" not in text, page.name
        assert not re.search(r"\s(style|on\w+)=", text), page.name
        assert "|safe" not in text.replace(" ", ""), page.name


def test_the_stylesheet_is_one_and_small() -> None:
    sheets = list((FOLDER.parent / "static").glob("*.css"))
    assert [sheet.name for sheet in sheets] == ["desk.css"]
    assert sheets[0].stat().st_size < 40_000
    assert "http" not in sheets[0].read_text()
    assert Path(FOLDER / "ru.po").exists()
