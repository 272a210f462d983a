"""
The outlets that one bracket of a hand-made list names, and what stands there and is none.

* ``BBC, The Insider``, ``BBC, and 7x7``: two. What follows begins with a capital, a figure or a mark.
* ``The Times, London``, ``BBC, Russian Service``, ``Harbour Media, Inc.``, ``Agora, a group``: one.
  A place, a house's own desk, a firm's "Inc." and what begins small belong to the name before.
* ``see Baza``, ``«Baza»``: Baza.
* ``Friday``, ``Bucha``, ``who had left``: none. A bracket that names nothing else is text.
"""

from __future__ import annotations

import re
from pathlib import Path

from register.places import subject_of

# How the name of a further outlet begins: with a capital, a figure, a mark, or as "iStories" does.
_NAME = re.compile(r"\W*(?:[^\W\d_a-zа-яёіїєґ]|\d|[a-z][A-Z])")
# What belongs to the name before it: a firm's form, the number of an issue, a house's own desk.
_FIRM = re.compile(
    r"(?:Inc|Ltd|LLC|GmbH|AG|SA|Jr|Sr)\.?|(?:No\.|№) ?\d.*|.* (?:Service|Bureau|Edition|служба|бюро|редакция)"
)
_BESIDE = re.compile(
    r"(?:and|also|see(?: also)?|via|according to|confirmed by|quoted by|и|а также|см\.|та|також|див\.)\s+"
)
_QUOTED = re.compile(r"[«“„\"‘](?P<name>[^«»“”„\"‘’]+)[»”“\"’]")
_WEEKDAY = re.compile(
    r"(?:(?:on|late|early|this|last|в|во|у)\s+)?"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day(?:\s(?:morning|afternoon|evening|night))?"
    r"|(?:во?\s+)?(?:понедельник|вторник|сред[ау]|четверг|пятниц[ау]|суббот[ау]|воскресенье)"
    r"|(?:[ву]\s+)?(?:понеділок|вівторок|серед[ау]|четвер|п.ятниц[юя]|субот[ау]|неділ[юя])",
    re.IGNORECASE,
)
# Where papers are made, and what is written of this war from; Russia's own regions and towns come with the
# table of federal subjects.
_CITIES = frozenset((Path(__file__).parent / "data" / "cities.txt").read_text(encoding="utf-8").splitlines())


def named(text: str) -> list[str]:
    """Name every outlet that *text*, cut at commas, names; a nameless one is empty."""
    found: list[str] = []
    for part in (one.strip() for one in text.split(",")):
        name = _plain(part)
        if found and (not _NAME.match(name) or _FIRM.fullmatch(name) or _is_place(name)):
            found[-1] += f", {part}"
        else:
            found.append(name)
    return found


def is_none(name: str) -> bool:
    """Tell whether *name* stands before a day without being an outlet: a weekday, a place, plain words."""
    is_plain = " " in name and not any(
        letter.isupper() or not (letter.isalpha() or letter == " ") for letter in name
    )
    return bool(_WEEKDAY.fullmatch(name)) or _is_place(name) or is_plain


def is_name(name: str) -> bool:
    """Tell whether *name* begins as names do."""
    return _NAME.match(name) is not None


def _plain(part: str) -> str:
    name = _BESIDE.sub("", part, count=1) if _BESIDE.match(part) else part
    quoted = _QUOTED.fullmatch(name)
    return quoted["name"] if quoted else name


def _is_place(name: str) -> bool:
    return name.casefold().removeprefix("the ") in _CITIES or subject_of(name) is not None
