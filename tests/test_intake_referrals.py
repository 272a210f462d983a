"""A full house says so, and names other places exactly as far as somebody vouches for them."""

from __future__ import annotations

import pytest

from casework.tables import StaffState
from intake import referrals, texts
from intake.replies import Elsewhere, Say, Span
from tests.house import House
from tests.phone import Phone

LIST = """
as_of = 2026-11-01
reviewed_by = "{who}"
[[place]]
name.ru = "Другие"
how.ru = "бот @other"
name.en = "Others"
how.en = "the bot @other"
"""
FULL = Say((), key="filed.legal.full", params={"time": Span("hours", 12), "places": Elsewhere()})


def filed(house: House) -> str:
    tess = Phone(house)
    tess.write("нас держат в яме")
    tess.press("legal")
    return " ".join(tess.press("u.normal"))


def test_only_when_nobody_on_duty_can_carry_more_the_tipster_hears_of_it(sqlite_house: House) -> None:
    assert "сколько он может вести" not in filed(sqlite_house)
    with sqlite_house.database.write() as session:
        session.get_one(StaffState, "alice").case_limit = 0
    assert "сколько он может вести" not in filed(sqlite_house), "Bob still can"
    with sqlite_house.database.write() as session:
        session.get_one(StaffState, "bob").case_limit = 0
    told = filed(sqlite_house)
    assert "сколько он может вести" in told
    assert "обратиться" not in told, "the list is empty as shipped"


@pytest.mark.parametrize("language", ["ru", "uk", "en"])
def test_other_places_wear_their_day_and_whether_anybody_checked(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {}
    for who in ("", "alice"):
        found = referrals.parse(LIST.format(who=who))
        monkeypatch.setattr(referrals, "load", lambda found=found: found)
        said[who] = texts.render(FULL, language).text
        assert referrals.unreviewed() == (() if who else ("referrals",))
        assert "01.11.2026" in said[who]
        assert "@other" in said[who]
    assert said[""] != said["alice"]
    assert texts.say("elsewhere.unchecked", language).format(day="01.11.2026") in said[""]


@pytest.mark.parametrize("broken", ["", "as_of = 2026-11-01\n[[place]]\nname.en = 'X'\nhow.en = 'Y'\n"])
def test_a_list_without_its_day_or_its_russian_words_is_refused(broken: str) -> None:
    with pytest.raises(ValueError, match="other places"):
        referrals.parse(broken)
