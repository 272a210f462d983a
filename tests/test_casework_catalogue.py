"""Every sentence the rules of the house say exists in every language, with the same blanks to fill."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import casework
from casework import catalogue, notices, releases
from casework.releases import press

FOLDER = Path(casework.__file__).parent / "catalogues"
OURS = ("notice.", "routing.", "post.", "release.")


def sentences(language: str) -> dict[str, str]:
    """Return our sentences in *language* by their keys."""
    with (FOLDER / f"{language}.po").open("rb") as source:
        messages = read_po(source, abort_invalid=True)
    return {one.id: one.string for one in messages if str(one.id).startswith(OURS)}


def blanks(text: str) -> list[str]:
    """Return the blanks to fill in *text*."""
    return sorted(re.findall(r"\{\w+\}", text))


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_no_sentence_is_missing_in_any_language(language: str) -> None:
    russian, own = sentences("ru"), sentences(language)
    assert set(own) == set(russian)
    for key, text in own.items():
        assert text.strip(), key
        assert blanks(text) == blanks(russian[key]), key


def test_every_kind_of_notice_and_every_reason_against_a_release_has_its_sentence() -> None:
    wanted = {f"notice.{kind}.{part}" for kind in notices.KINDS for part in ("subject", "text")}
    wanted |= {f"release.{code}" for code in (*releases.REASONS, press.UNREADABLE)}
    assert wanted == {key for key in sentences("ru") if key.startswith(("notice.", "release."))}


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_what_appears_on_a_locked_screen_gives_nobody_away(language: str) -> None:
    own = sentences(language)
    seen = " ".join(text.lower() for key, text in own.items() if key.startswith(("post.", "notice.")))
    for word in ("отказ", "відмов", "refus", "адвокат", "юрист", "lawyer", "войн", "війн", "war ", "солдат"):
        assert word not in seen
