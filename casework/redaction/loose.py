"""
Shapes too loose for a gate, and good enough for a suggestion: a click too many is cheap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# User names without @, streets without their word, wards, documents in small letters, birth years.
_SHAPES = (
    (
        re.compile(r"(?<![\w@./])[A-Za-z][A-Za-z0-9]*_\w{2,}|(?<![\w@./])[A-Za-z]{3,}\.\d{2,}(?!\w)"),
        "telegram",
    ),
    (
        re.compile(r"(?<!\w)[А-ЯЁ][а-яё]{4,},?\s+\d{1,3}(?:[-/]\d{1,3}|,?\s+(?:комн|кв|ком)\w*\.?\s*\d+)"),
        "address",
    ),
    (
        re.compile(
            r"(?<!\w)(?:ул(?:иц[аеуы]|\.)?|вул(?:иця|\.)?|пер(?:еулок|\.)|просп(?:ект|\.))\s+[а-яёіїє-]{4,20}"
            r"(?:\s+[а-яёіїє]{4,20})?,?\s*(?:д\.?|дом|буд\.?)?\s*\d{1,3}\w?(?!\w)",
            re.I,
        ),
        "address",
    ),
    (
        re.compile(
            r"(?<=жив[её]м )[а-яё]{4,20}ая,?\s+\d{1,3}(?!\w)|(?<=живу )[а-яё]{4,20}ая,?\s+\d{1,3}(?!\w)", re.I
        ),
        "address",
    ),
    (
        re.compile(
            r"(?<=паспорт )(?:сери\w+ )?[а-яёіїє]{2}\s?№?\s?\d{6}(?!\d)|"
            r"(?:(?<=военник )|(?<=билет ))[а-яё]{2}\s?№?\s?\d{7}(?!\d)",
            re.I,
        ),
        "military_id",
    ),
    (re.compile(r"(?<!\w)(?:палат|комнат|кварт|кабинет)\w*\s+№?\s?\d{1,4}"), "address"),
    (re.compile(r"(?<!\d)19\d\d\s?(?:г\.?\s?р\.?|года рождения|р\.\s?н\.|року народження)"), "date"),
)
# What a word for a nickname introduces, with a capital or without.
_NICKNAMES = (
    re.compile(
        r"(?:позывн\w+|позивн\w+|кличк\w+|погонял\w+|прозвищ\w+|прізвиськ\w+|callsign|nickname)\s*"
        r"(?:(?:был|была|мой|мне|мені|дали|у меня|has been|was|is)\s+|[-—:«\"“]\s*){0,3}"
        r"(?P<nick>[^\W\d_]{3,20})",
        re.I,
    ),
    re.compile(
        r"(?<!\w)(?P<nick>[^\W\d_]{3,20}(?:ом|ем|ой|ей|ём))\s+(?:зовут|звали|кличут|прозвали)\s+(?:меня|его|её|ее)",
        re.I,
    ),
)


def find(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield ``(start, end, kind)`` of what may identify somebody in *text*."""
    for pattern, kind in _SHAPES:
        yield from ((*match.span(), kind) for match in pattern.finditer(text))
    for pattern in _NICKNAMES:
        yield from ((*match.span("nick"), "nickname") for match in pattern.finditer(text))
